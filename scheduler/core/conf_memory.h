/* SPDX-License-Identifier: MIT */
/*
 * conf_memory.h - memory of a configuration: taken bit by bit, freed at once
 *
 * OWNERSHIP  Everything taken belongs to the conf_memory and lives until
 *            conf_memory_free(). It comes from the host's allocator.
 * ERRORS     NULL when the allocator says no. What was taken stays valid.
 */
#ifndef SCHED_CORE_CONF_MEMORY_H
#define SCHED_CORE_CONF_MEMORY_H

#include <stdint.h>

#include "../sched_abi.h"
#include "text.h"

struct conf_memory_chunk;

struct conf_memory {
    struct sched_allocator allocator;
    struct conf_memory_chunk *chunks; /* the newest first */
};

void conf_memory_init(struct conf_memory *memory,
                      const struct sched_allocator *allocator);
void conf_memory_free(struct conf_memory *memory);

/* Zeroed, 16-byte aligned, or NULL. */
void *conf_memory_take(struct conf_memory *memory, uint64_t bytes);

/* A NUL-terminated copy, or NULL. */
char *conf_memory_copy(struct conf_memory *memory, struct text_slice text);

#endif
