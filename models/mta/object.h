/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * object.h - a scheduler object, loaded: any shared object that speaks the seam
 *
 * ERRORS     A file that is not there, no scheduler, or of another ABI is
 *            reported to diag with what was expected.
 */
#ifndef MODELS_MTA_OBJECT_H
#define MODELS_MTA_OBJECT_H

#include <stdbool.h>

#include "scheduler/sched_abi.h"
#include "sim/kernel/diag.h"
#include "sim/kernel/sha256.h"

struct object {
    void *library;
    const struct sched_object *table;
    char sha256[SHA256_TEXT_SIZE];
};

MUST_USE bool object_open(struct object *object, const char *path,
                          struct diag *diag);
/* One that is linked in or made by a test: no library, and its hash is "". */
MUST_USE bool object_adopt(struct object *object,
                           const struct sched_object *table, const char *name,
                           struct diag *diag);
void object_close(struct object *object);

#endif
