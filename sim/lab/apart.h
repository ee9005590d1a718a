/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apart.h - one run in a process of its own
 *
 * A scheduler object that crashes, hangs on to memory or writes where it must
 * not takes only its own process with it. Two can be under way side by side.
 *
 * OWNERSHIP  apart_start() to apart_finish(), or apart_lines() to
 *            apart_lines_close(); one of each pair whatever happens.
 * ERRORS     Of the run, and how its process ended, to diag.
 */
#ifndef SIM_LAB_APART_H
#define SIM_LAB_APART_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "sim/kernel/diag.h"
#include "sim/lab/run.h"

struct apart {
    pid_t pid;  /* 0: there is none */
    FILE *in;   /* what it sends */
    FILE *said; /* its stderr; NULL: not kept */
};

/* Starts the run. False: the system refused, reported. */
MUST_USE bool apart_start(struct apart *apart,
                          const struct run_request *request, struct diag *diag);

/* Waits for it. The result, initialised by the caller, has the digest's marks,
 * too. False: it failed, reported; *result is empty. */
MUST_USE bool apart_finish(struct apart *apart, struct result *result,
                           struct mta_about *scheduler, struct diag *diag);

/* Starts the run to read records line_from to line_until - 1 from apart->in, a
 * line each. */
MUST_USE bool apart_lines(struct apart *apart,
                          const struct run_request *request, uint64_t line_from,
                          uint64_t line_until, struct diag *diag);

/* Ends it, though it may still have lines. */
void apart_lines_close(struct apart *apart);

#endif
