/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wholefile.h - a file that appears whole or not at all
 *
 * What is written goes to a file without a name in the target's folder, which
 * takes the target's name when all of it has reached the disk. A writer that is
 * killed leaves the old file, if there was one, and nothing else; where the file
 * system has no files without names, it leaves a *.tmp.* beside it.
 *
 * ERRORS     Whatever the system refuses is reported to diag by the name of
 *            the target. A target that is there and no plain file is refused:
 *            a device must not be replaced.
 * OWNERSHIP  wholefile_open() to wholefile_commit() or wholefile_abandon(),
 *            which close everything and may be called on an unopened one.
 */
#ifndef SIM_LAB_WHOLEFILE_H
#define SIM_LAB_WHOLEFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

struct wholefile {
    FILE *out;     /* to write to; NULL: not open */
    char *path;    /* owned */
    char *temp;    /* owned */
    bool has_name; /* temp is there; else it has no name yet */
};

MUST_USE bool wholefile_open(struct wholefile *file, const char *path,
                             struct diag *diag);

/* Gives it its name. False: something was not written; nothing is there. */
MUST_USE bool wholefile_commit(struct wholefile *file, struct diag *diag);

void wholefile_abandon(struct wholefile *file);

#endif
