/* SPDX-License-Identifier: MIT */
/*
 * heap.c - see heap.h
 */
#include "heap.h"

int32_t
heap_reserve(struct heap *heap, const struct sched_allocator *allocator,
             uint32_t capacity)
{
    if (capacity <= heap->capacity) {
        return SCHED_OK;
    }
    /* By a quarter, not by doubling: a queue of 100,000 retries should not
     * pay for 200,000. */
    uint32_t wanted = heap->capacity + heap->capacity / 4 + 64;
    if (wanted < capacity) {
        wanted = capacity;
    }
    uint32_t *items = memory_regrow(allocator, heap->items,
                                    (uint64_t)heap->capacity * sizeof *items,
                                    (uint64_t)wanted * sizeof *items);
    if (items == NULL) {
        return SCHED_ERR_MEMORY;
    }
    heap->items = items;
    heap->capacity = wanted;
    return SCHED_OK;
}

void
heap_free(struct heap *heap, const struct sched_allocator *allocator)
{
    memory_give(allocator, heap->items,
                (uint64_t)heap->capacity * sizeof *heap->items);
    *heap = (struct heap){0};
}
