/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * delayed.h - files that failed, by the instant at which they are due
 *
 * A heap. Which of two files that are due at the same instant comes first is
 * of no consequence to the oracle, and not said.
 *
 * COST       24 bytes and O(log n) a file.
 */
#ifndef MODELS_DELAYED_H
#define MODELS_DELAYED_H

#include <stdint.h>

struct delayed {
    int64_t due_at_ns;
    uint32_t file;
    uint32_t generation; /* of the file */
    uint32_t host;
    uint32_t zero;
};

/* Empty when zero; the items are its own. */
struct delayed_heap {
    struct delayed *items; /* the first is due first */
    uint32_t count;
    uint32_t capacity;
};

void delayed_push(struct delayed_heap *heap, struct delayed delayed);
/* Takes the first out: there is one. */
struct delayed delayed_pop(struct delayed_heap *heap);
void delayed_free(struct delayed_heap *heap);

#endif
