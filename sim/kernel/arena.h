/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena.h - memory that lives as long as a run, released at once
 */
#ifndef SIM_KERNEL_ARENA_H
#define SIM_KERNEL_ARENA_H

#include <stdint.h>

struct arena; /* opaque */

struct arena *arena_new(uint64_t bytes_max); /* 0: no limit */
void arena_free(struct arena *arena);

/* Zeroed, 16-byte aligned. Past bytes_max: ends the program with a sentence. */
void *arena_take(struct arena *arena, uint64_t bytes);
char *arena_text(struct arena *arena, const char *text); /* a copy */
uint64_t arena_bytes(const struct arena *arena);

#endif
