/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.h - the one table of what the command line takes, command by command
 *
 * A row is an option of a command: its name, the name of its argument, its
 * default, one line of help. From the same rows come the reading of the
 * command line, `--help`, and the tables of the manual page; so they cannot
 * differ.
 *
 *     mtasim COMMAND [OPTION]... [OPERAND]...
 *
 * Options are long (--seed 7, --seed=7), a few have a letter; they and operands
 * come in any order, "--" ends the options. Long options are not abbreviated:
 * a script would break when an option is added.
 *
 * OWNERSHIP  Values are borrowed from argv. options_free() releases the lists.
 * ERRORS     Everything wrong goes to diag, with the nearest name that exists.
 */
#ifndef SIM_CMD_OPTIONS_H
#define SIM_CMD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

enum option_id {
    OPTION_NONE, /* ends the rows of a command */
    OPTION_HELP,
    OPTION_SET,
    OPTION_SEED,
    OPTION_SCHEDULER,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_REPLICATION,
    OPTION_REPLICATIONS,
    OPTION_TRACE,
    OPTION_RECORD,
    OPTION_SETTINGS,
    OPTION_MARKS,
    OPTION_LINES,
    OPTION_PARAM,
    OPTION_JOBS,
    OPTION_OUT,
    OPTION_SHARD,
    OPTION_DRY_RUN,
    OPTION_METRIC,
    OPTION_PICTURE,
    OPTION_FORMAT,
    OPTION_SCRIPT,
    OPTION_TITLE,
    OPTION_EXPERIMENT,
    OPTION_BASELINE,
    OPTION_CANDIDATE,
    OPTION_ALLOW_DECISIONS,
    OPTION_TOLERANCE,
    OPTION_YEAR,
    OPTION_ZONE,
    OPTION_SOURCE_CHANNEL,
    OPTION_NODE,
    OPTION_KEEP_INTERNAL,
    OPTION_STRICT,
    OPTION_START,
    OPTION_COMMAND,
    OPTION_MAN,
    OPTION_MTA,
    OPTION_ONLY,
    OPTION_LIMIT,
    OPTION_MESSAGE,
    OPTION_AT,
    OPTION_LINK,
    OPTION_RTT,
    OPTION_RATE,
    OPTION_QUEUE,
    OPTION_LOSS,
    OPTION_FAULT,
    OPTION_SIZE,
    OPTION_DIRECTION,
    OPTION_CLIENT,
    OPTION_SERVER,
    OPTION_SHIFT,
    OPTION_CLIENT_SHIFT,
    OPTION_SERVER_SHIFT,
    OPTION_CLIENT_WINDOW,
    OPTION_SERVER_WINDOW,
    OPTION_CLIENT_WINDOW_MAX,
    OPTION_SERVER_WINDOW_MAX,
    OPTION_CONGESTION,
    OPTION_BANNER,
    OPTION_TIMEOUT,
    OPTION_PCAP,
    OPTION_PLOT,
    OPTION_CONNECT,
    OPTION_STALLED_AFTER,
    OPTION_SMALL_MAILS,
    OPTION_LARGE_MAILS,
    OPTION_EHLO_HELPS,
    OPTION_OUR_STACK,
    OPTION_OUR_ROLE,
    OPTION_OTHER_CLIENTS,
    OPTIONS_COUNT
};

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_TEXTS, /* may be given several times, all count */
    OPTION_NUMBER /* whole, least to most */
};

struct option_row {
    enum option_id id;
    enum option_kind kind;
    char letter;          /* 0: none */
    bool is_hidden;       /* for the program's own use: in no help */
    const char *name;     /* without the dashes */
    const char *argument; /* its name in help; NULL: a flag */
    const char *standard; /* the default, for help; NULL: none */
    const char *help;     /* one line, no full stop */
    uint64_t least;       /* NUMBER */
    uint64_t most;
};

struct option_value {
    const char **texts; /* owned; the last one counts, or all of them */
    uint32_t texts_count;
    uint64_t number;
};

struct options {
    struct option_value values[OPTIONS_COUNT];
    const char **operands; /* owned */
    uint32_t operands_count;
};

/*
 * Reads argv[0..argc - 1], the words after the command's name. False:
 * reported. options_free() in every case.
 */
MUST_USE bool options_read(struct options *options,
                           const struct option_row *rows, int argc,
                           char *const *argv, struct diag *diag);
void options_free(struct options *options);

bool options_has(const struct options *options, enum option_id id);

/* The last text given; `standard` if none was. */
const char *options_text(const struct options *options, enum option_id id,
                         const char *standard);
uint64_t options_number(const struct options *options, enum option_id id,
                        uint64_t standard);

/*
 * "a,b,c" of a TEXTS option, or several of them, as bits by the place in
 * `names` (ended by NULL); 0 if none was given. False: a name that is not
 * there, reported.
 */
MUST_USE bool options_bits(const struct options *options, enum option_id id,
                           const char *const *names, uint32_t *bits,
                           struct diag *diag);

/* The place of the option's text in `names`; `standard` if it was not given.
 * False: it is none of them, reported. */
MUST_USE bool options_choice(const struct options *options, enum option_id id,
                             const char *const *names, uint32_t standard,
                             uint32_t *choice, struct diag *diag);

/* One line an option, as `mtasim COMMAND --help` shows them. */
void options_help(const struct option_row *rows, FILE *out);

/* The same as an mdoc list. */
void options_man(const struct option_row *rows, FILE *out);

#endif
