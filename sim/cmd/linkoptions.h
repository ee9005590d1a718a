/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * linkoptions.h - a trial as the command line describes it
 *
 * ERRORS     Everything wrong goes to diag, each with its option.
 */
#ifndef SIM_CMD_LINKOPTIONS_H
#define SIM_CMD_LINKOPTIONS_H

#include "sim/cmd/options.h"
#include "sim/cmd/trial.h"
#include "sim/lab/unit.h"

/* As unit_bytes_parse(); a number alone is bytes: windows and banners are often
 * told so. */
MUST_USE bool linkoptions_bytes_parse(const char *text, int64_t *bytes,
                                      const char **why);

/* An option's amount, in its unit; *value stays as it is where the option is
 * not given. False: it is no such amount or out of range, reported. */
struct linkoptions_amount {
    enum option_id id;
    const char *name;
    unit_fn *parse;
    int64_t least;
    int64_t most;
    const char *range; /* "1 ms to 1 h" */
};

MUST_USE bool linkoptions_amount_read(const struct options *options,
                                      const struct linkoptions_amount *amount,
                                      int64_t *value, struct diag *diag);

/* The path's own options (--rtt to --fault), as far as they are given, over
 * what the first hop of params holds. False:
 * something was wrong, reported. */
MUST_USE bool linkoptions_path_read(const struct options *options,
                                    struct trial_params *params,
                                    struct diag *diag);

/* The ends and the mail. */
MUST_USE bool linkoptions_ends_read(const struct options *options,
                                    struct trial_params *params,
                                    struct diag *diag);

/* The stack of this name into *stack. False: there is none, reported. */
MUST_USE bool linkoptions_stack_read(const struct options *options,
                                     enum option_id id, const char *name,
                                     struct tcp_stack *stack,
                                     struct diag *diag);

#endif
