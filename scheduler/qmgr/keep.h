/* SPDX-License-Identifier: MIT */
/*
 * keep.h - memory from the host's allocator, and a table of what was kept
 *
 * ERRORS     "No memory" is an answer: NULL, or false.
 * COST       The table is O(1) a call; it holds at most half its slots.
 */
#ifndef SCHED_QMGR_KEEP_H
#define SCHED_QMGR_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "../sched_abi.h"

/* Zeroed, or NULL. */
void *keep_take(const struct sched_allocator *allocator, uint64_t bytes);
/* NULL is fine. */
void keep_give(const struct sched_allocator *allocator, void *memory,
               uint64_t bytes);
/* A larger zeroed area that begins with the old one's bytes, which is given
 * back; NULL: the old one is as it was. */
void *keep_grow(const struct sched_allocator *allocator, void *old,
                uint64_t old_bytes, uint64_t bytes);

struct keep_slot {
    uint64_t key;
    void *value; /* NULL: free */
};

/* Pointers by number. Nothing ever walks it, so its order is nobody's. */
struct keep_table {
    struct keep_slot *slots;
    uint32_t slots_count; /* a power of two, or 0 */
    uint32_t used_count;
};

void keep_table_free(struct keep_table *table,
                     const struct sched_allocator *allocator);
/* Makes room for one more; false: no memory. */
bool keep_table_reserve(struct keep_table *table,
                        const struct sched_allocator *allocator);
/* NULL: none has this key. */
void *keep_table_get(const struct keep_table *table, uint64_t key);
/* A key that is not in it yet, after a reserve. */
void keep_table_add(struct keep_table *table, uint64_t key, void *value);
void keep_table_drop(struct keep_table *table, uint64_t key);

#endif
