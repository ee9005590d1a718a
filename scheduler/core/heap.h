/* SPDX-License-Identifier: MIT */
/*
 * heap.h - which of many comes first: a 4-ary heap of 32-bit slots
 *
 * The records themselves stay where they are; each remembers its place, so
 * that any one can leave or move at O(log n). The comparison must be total:
 * no two slots are equal, so the order does not depend on history.
 *
 * COST       4 bytes an item. Four children a node: fewer levels, and the
 *            items compared lie in one cache line.
 */
#ifndef SCHED_CORE_HEAP_H
#define SCHED_CORE_HEAP_H

#include <stdint.h>

#include "memory.h"

struct engine;

struct heap {
    uint32_t *items;
    uint32_t count;
    uint32_t capacity;
};

/* Does a come before b? */
typedef int heap_before_fn(const struct engine *engine, uint32_t a, uint32_t b);
/* Where the record remembers its place. */
typedef uint32_t *heap_place_fn(const struct engine *engine, uint32_t item);

int32_t heap_reserve(struct heap *heap, const struct sched_allocator *allocator,
                     uint32_t capacity);
void heap_free(struct heap *heap, const struct sched_allocator *allocator);

static inline void
heap_rise(struct heap *heap, const struct engine *engine, uint32_t at,
          heap_before_fn *before, heap_place_fn *place)
{
    const uint32_t item = heap->items[at];

    while (at > 0) {
        const uint32_t parent = (at - 1) / 4;

        if (!before(engine, item, heap->items[parent])) {
            break;
        }
        heap->items[at] = heap->items[parent];
        *place(engine, heap->items[at]) = at;
        at = parent;
    }
    heap->items[at] = item;
    *place(engine, item) = at;
}

static inline void
heap_sink(struct heap *heap, const struct engine *engine, uint32_t at,
          heap_before_fn *before, heap_place_fn *place)
{
    const uint32_t item = heap->items[at];

    for (;;) {
        const uint64_t first = (uint64_t)at * 4 + 1;

        if (first >= heap->count) {
            break;
        }
        uint32_t best = (uint32_t)first;
        for (uint32_t i = best + 1; i < heap->count && i < first + 4; i++) {
            if (before(engine, heap->items[i], heap->items[best])) {
                best = i;
            }
        }
        if (!before(engine, heap->items[best], item)) {
            break;
        }
        heap->items[at] = heap->items[best];
        *place(engine, heap->items[at]) = at;
        at = best;
    }
    heap->items[at] = item;
    *place(engine, item) = at;
}

/* Needs room: heap_reserve() came before. */
static inline void
heap_push(struct heap *heap, const struct engine *engine, uint32_t item,
          heap_before_fn *before, heap_place_fn *place)
{
    heap->items[heap->count] = item;
    heap_rise(heap, engine, heap->count++, before, place);
}

static inline void
heap_remove(struct heap *heap, const struct engine *engine, uint32_t at,
            heap_before_fn *before, heap_place_fn *place)
{
    const uint32_t item = heap->items[at];
    const uint32_t last = heap->items[--heap->count];

    if (at < heap->count) {
        heap->items[at] = last;
        *place(engine, last) = at;
        heap_sink(heap, engine, at, before, place);
        heap_rise(heap, engine, *place(engine, last), before, place);
    }
    *place(engine, item) = MEMORY_NONE;
}

/* The item's key has changed, either way. */
static inline void
heap_moved(struct heap *heap, const struct engine *engine, uint32_t at,
           heap_before_fn *before, heap_place_fn *place)
{
    const uint32_t item = heap->items[at];

    heap_rise(heap, engine, at, before, place);
    heap_sink(heap, engine, *place(engine, item), before, place);
}

#endif
