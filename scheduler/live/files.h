/* SPDX-License-Identifier: MIT */
/*
 * files.h - where each file that the scheduler may name is: a hash table
 *
 * Of files that are only in the directory, not yet scanned, it knows nothing.
 */
#ifndef SCHED_LIVE_FILES_H
#define SCHED_LIVE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "spool.h"

struct file {
    struct spool_place place;  /* .message 0: a free place of the table */
    uint32_t attempts_rewrite; /* of what is left of it, when it is rewritten */
};

struct files {
    struct file *table;
    uint32_t count;
    uint32_t size;
};

/* NULL: not known. Good until the next add or remove. */
struct file *files_find(const struct files *files, uint64_t message,
                        uint32_t file);
/* One that is there already is replaced. */
void files_add(struct files *files, const struct spool_place *place);
void files_remove(struct files *files, struct file *file);
void files_free(struct files *files);

#endif
