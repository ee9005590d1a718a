/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twice.h - this program again, in a process as unlike the first as can be
 *
 * TWICE_PLAIN inherits everything. TWICE_UNLIKE differs in what may never
 * decide anything: the size and contents of the environment, the locale and
 * time zone, the stack limit, whether addresses are randomised, what fresh
 * memory contains (MALLOC_PERTURB_), which variants of memcpy and libm glibc
 * picks (GLIBC_TUNABLES), the working folder.
 */
#ifndef SIM_CMD_TWICE_H
#define SIM_CMD_TWICE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

enum twice_kind { TWICE_PLAIN, TWICE_UNLIKE };

struct twice {
    pid_t pid; /* 0: none */
    FILE *out; /* what it prints */
};

/* Starts argv[0] with these words, NULL at the end. False: reported. */
MUST_USE bool twice_start(struct twice *twice, enum twice_kind kind,
                          char *const *argv, struct diag *diag);

/* Waits; its exit code, or 128 and the signal that ended it. */
int twice_wait(struct twice *twice);

/* Ends it, though it may have more to say. */
void twice_stop(struct twice *twice);

#endif
