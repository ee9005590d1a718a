/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena.h - memory that lives as long as a run, released at once
 *
 * OWNERSHIP  The arena owns all it gives out; nothing is given back singly.
 * ERRORS     Past bytes_max the program ends with a sentence and exit code 3,
 *            with no memory left with 74: neither is worth an answer that
 *            every caller would have to pass on.
 * COST       O(1) and up to 15 bytes of padding; blocks of 64 KiB, and one of
 *            its own for what takes more than a quarter of that.
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
uint64_t arena_bytes(const struct arena *arena);         /* memory held */

#endif
