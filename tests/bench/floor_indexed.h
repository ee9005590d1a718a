/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * floor_indexed.h - the bare indexed 4-ary heap that cancel is measured against
 *
 * As floor_heap.h, but each record knows the position of its entry, so that an
 * event is taken out where it lies. Every move of an entry writes a position.
 * An id is the bare number of the record: whoever uses it after its event is
 * gone harms himself.
 */
#ifndef TESTS_BENCH_FLOOR_INDEXED_H
#define TESTS_BENCH_FLOOR_INDEXED_H

#include "tests/bench/floor_heap.h"

struct floor_indexed_record {
    floor_fn *fn;
    void *arg;
    uint64_t data;
    uint32_t position;
    uint32_t next_free;
};

struct floor_indexed {
    struct floor_entry *heap;
    struct floor_indexed_record *records;
    uint64_t now;
    uint32_t count;
    uint32_t seq;
    uint32_t free_id;
    bool has_hole;
    bool is_stopped;
    void *memory;
};

static inline void
floor_indexed_init(struct floor_indexed *h, uint32_t capacity)
{
    *h = (struct floor_indexed){.free_id = 0};
    h->heap = floor_entries_new(capacity, &h->memory);
    h->records = base_alloc(capacity * sizeof *h->records);
    for (uint32_t i = 0; i < capacity; i++) {
        h->records[i].next_free = i + 1;
    }
}

static inline void
floor_indexed_free(struct floor_indexed *h)
{
    free(h->memory);
    free(h->records);
}

static inline void
floor_indexed_put(struct floor_indexed *h, uint32_t hole,
                  struct floor_entry entry)
{
    floor_put(&h->heap[hole], entry);
    h->records[entry.id].position = hole;
}

static inline void
floor_indexed_sink(struct floor_indexed *h, uint32_t hole,
                   struct floor_entry entry)
{
    struct floor_entry *heap = h->heap;
    uint32_t count = h->count;
    bool is_large = count >= FLOOR_FETCH_MIN;

    for (uint32_t child = hole * 4 + 1; child < count; child = hole * 4 + 1) {
        if (is_large) {
            floor_fetch(heap, child);
        }
        child += floor_least(&heap[child]);
        if (floor_is_before(&entry, &heap[child])) {
            break;
        }
        floor_indexed_put(h, hole, heap[child]);
        hole = child;
    }
    floor_indexed_put(h, hole, entry);
}

static inline void
floor_indexed_rise(struct floor_indexed *h, uint32_t hole,
                   struct floor_entry entry)
{
    struct floor_entry *heap = h->heap;

    while (hole > 0 && floor_is_before(&entry, &heap[(hole - 1) / 4])) {
        floor_indexed_put(h, hole, heap[(hole - 1) / 4]);
        hole = (hole - 1) / 4;
    }
    floor_indexed_put(h, hole, entry);
}

static inline uint32_t
floor_indexed_push(struct floor_indexed *h, uint64_t time, floor_fn *fn,
                   void *arg, uint64_t data)
{
    uint32_t id = h->free_id;
    struct floor_indexed_record *record = &h->records[id];
    struct floor_entry entry = {time, h->seq++, id};

    h->free_id = record->next_free;
    record->fn = fn;
    record->arg = arg;
    record->data = data;
    if (h->has_hole) {
        h->has_hole = false;
        floor_indexed_sink(h, 0, entry);
    } else {
        floor_fence(h->heap, h->count + 4);
        floor_indexed_rise(h, h->count++, entry);
    }
    return id;
}

/* floor_indexed_cancel - the last entry fills the place, then finds its own */
static inline void
floor_indexed_cancel(struct floor_indexed *h, uint32_t id)
{
    uint32_t hole = h->records[id].position;
    struct floor_entry last = h->heap[--h->count];

    h->records[id].next_free = h->free_id;
    h->free_id = id;
    floor_fence(h->heap, h->count);
    if (hole == h->count) {
        return;
    }
    if (hole > 0 && floor_is_before(&last, &h->heap[(hole - 1) / 4])) {
        floor_indexed_rise(h, hole, last);
    } else {
        floor_indexed_sink(h, hole, last);
    }
}

/* floor_indexed_run - events until one sets is_stopped */
static inline void
floor_indexed_run(struct floor_indexed *h)
{
    while (!h->is_stopped && h->count > 0) {
        struct floor_entry root = h->heap[0];
        struct floor_indexed_record *record = &h->records[root.id];
        floor_fn *fn = record->fn;
        void *arg = record->arg;
        uint64_t data = record->data;

        record->next_free = h->free_id;
        h->free_id = root.id;
        h->now = root.time;
        h->has_hole = true;
        fn(arg, data);
        if (h->has_hole) {
            struct floor_entry last = h->heap[--h->count];

            h->has_hole = false;
            floor_fence(h->heap, h->count);
            if (h->count > 0) {
                floor_indexed_sink(h, 0, last);
            }
        }
    }
}

#endif
