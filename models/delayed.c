/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * delayed.c - see delayed.h
 */
#include "models/delayed.h"

#include <stdlib.h>

#include "sim/kernel/base.h"

void
delayed_push(struct delayed_heap *heap, struct delayed delayed)
{
    if (heap->count == heap->capacity) {
        uint32_t n = heap->capacity;
        heap->capacity = n == 0 ? 64 : 2 * n;
        heap->items =
            base_realloc(heap->items, heap->capacity * sizeof(struct delayed));
    }
    uint32_t place = heap->count++;
    while (place > 0 &&
           heap->items[(place - 1) / 2].due_at_ns > delayed.due_at_ns) {
        heap->items[place] = heap->items[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    heap->items[place] = delayed;
}

struct delayed
delayed_pop(struct delayed_heap *heap)
{
    const struct delayed first = heap->items[0];
    const struct delayed last = heap->items[--heap->count];
    uint32_t place = 0;

    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count &&
            heap->items[child + 1].due_at_ns < heap->items[child].due_at_ns) {
            child++;
        }
        if (heap->items[child].due_at_ns >= last.due_at_ns) {
            break;
        }
        heap->items[place] = heap->items[child];
        place = child;
    }
    heap->items[place] = last;
    return first;
}

void
delayed_free(struct delayed_heap *heap)
{
    free(heap->items);
}
