/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * floor_heap.h - the bare 4-ary heap that evq is measured against
 *
 * What an event list costs that does nothing but its work: 16-byte entries
 * (time, seq, record) with four children in a cache line, a 32-byte callback
 * record beside it, order (time, seq). All in one translation unit, no
 * handles, no cancel, no classes, no checks, no growth. Nothing is held back:
 * branch-free choice of the child, grandchildren and the next record fetched
 * ahead in large heaps, the popped root left as a hole for the next push.
 */
#ifndef TESTS_BENCH_FLOOR_HEAP_H
#define TESTS_BENCH_FLOOR_HEAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/base.h"

#define FLOOR_FETCH_MIN 16384 /* entries: above, fetching ahead pays */

typedef void floor_fn(void *arg, uint64_t data);

struct floor_entry {
    uint64_t time;
    uint32_t seq;
    uint32_t id;
};

struct floor_record {
    floor_fn *fn;
    void *arg;
    uint64_t data;
    uint64_t next_free;
};

struct floor_heap {
    struct floor_entry *heap;
    struct floor_record *records;
    uint64_t now;
    uint32_t count;
    uint32_t seq;
    uint32_t free_id;
    bool has_hole;
    bool is_stopped;
    void *memory;
};

static inline bool
floor_is_before(const struct floor_entry *a, const struct floor_entry *b)
{
    return a->time < b->time || (a->time == b->time && a->seq < b->seq);
}

/* floor_put - by one store, as entries are loaded: two stores of 8 bytes
 * would hold up a load of 16 */
typedef uint64_t floor_pair __attribute__((vector_size(16)));

static inline void
floor_put(struct floor_entry *at, struct floor_entry entry)
{
    floor_pair pair = {entry.time, (uint64_t)entry.id << 32 | entry.seq};

    memcpy(at, &pair, sizeof *at);
}

static inline void
floor_fence(struct floor_entry *heap, uint32_t position)
{
    heap[position].time = UINT64_MAX - position % 4;
}

/* floor_entries_new - entries [1..4], [5..8], ... each in a cache line */
static inline struct floor_entry *
floor_entries_new(uint32_t capacity, void **memory)
{
    unsigned char *bytes = base_alloc(((uint64_t)capacity + 4) * 16 + 128);
    struct floor_entry *heap =
        (void *)(bytes + 128 - 16 - (uintptr_t)bytes % 64);

    *memory = bytes;
    for (uint32_t i = 0; i < 4; i++) {
        floor_fence(heap, i);
    }
    return heap;
}

static inline void
floor_heap_init(struct floor_heap *h, uint32_t capacity)
{
    *h = (struct floor_heap){.free_id = 0};
    h->heap = floor_entries_new(capacity, &h->memory);
    h->records = base_alloc(capacity * sizeof *h->records);
    for (uint32_t i = 0; i < capacity; i++) {
        h->records[i].next_free = i + 1;
    }
}

static inline void
floor_heap_free(struct floor_heap *h)
{
    free(h->memory);
    free(h->records);
}

static __attribute__((noinline, cold)) uint32_t
floor_tied(const struct floor_entry *c)
{
    uint32_t least = 0;

    for (uint32_t i = 1; i < 4; i++) {
        if (floor_is_before(&c[i], &c[least])) {
            least = i;
        }
    }
    return least;
}

static inline uint32_t
floor_least(const struct floor_entry *c)
{
    uint64_t k0 = c[0].time;
    uint64_t k1 = c[1].time;
    uint64_t k2 = c[2].time;
    uint64_t k3 = c[3].time;
    uint32_t a = k1 < k0;
    uint32_t b = 2 + (k3 < k2);
    uint64_t ka = k1 < k0 ? k1 : k0;
    uint64_t kb = k3 < k2 ? k3 : k2;

    if (__builtin_expect((k0 == k1) | (k2 == k3) | (ka == kb), 0)) {
        return floor_tied(c);
    }
    return a ^ ((a ^ b) & -(uint32_t)(kb < ka));
}

static inline void
floor_fetch(const struct floor_entry *heap, uint32_t first_child)
{
    const char *line =
        (const char *)heap + 16 * ((uint64_t)first_child * 4 + 1);

    for (uint64_t i = 0; i < 4; i++) {
        __builtin_prefetch(line + i * 64);
    }
}

static inline void
floor_sink(struct floor_heap *h, struct floor_entry entry)
{
    struct floor_entry *heap = h->heap;
    uint32_t count = h->count;
    uint32_t hole = 0;
    bool is_large = count >= FLOOR_FETCH_MIN;

    for (uint32_t child = 1; child < count; child = hole * 4 + 1) {
        if (is_large) {
            floor_fetch(heap, child);
        }
        child += floor_least(&heap[child]);
        if (floor_is_before(&entry, &heap[child])) {
            break;
        }
        if (is_large && hole == 0) {
            __builtin_prefetch(&h->records[heap[child].id]);
        }
        heap[hole] = heap[child];
        hole = child;
    }
    floor_put(&heap[hole], entry);
}

static inline void
floor_push(struct floor_heap *h, uint64_t time, floor_fn *fn, void *arg,
           uint64_t data)
{
    uint32_t id = h->free_id;
    struct floor_record *record = &h->records[id];
    struct floor_entry entry = {time, h->seq++, id};

    h->free_id = (uint32_t)record->next_free;
    record->fn = fn;
    record->arg = arg;
    record->data = data;
    if (h->has_hole) {
        h->has_hole = false;
        floor_sink(h, entry);
        return;
    }

    struct floor_entry *heap = h->heap;
    uint32_t hole = h->count++;

    floor_fence(heap, hole + 4);
    while (hole > 0 && entry.time < heap[(hole - 1) / 4].time) {
        heap[hole] = heap[(hole - 1) / 4];
        hole = (hole - 1) / 4;
    }
    floor_put(&heap[hole], entry);
}

/* floor_run - events until one sets is_stopped */
static inline void
floor_run(struct floor_heap *h)
{
    while (!h->is_stopped && h->count > 0) {
        struct floor_entry root = h->heap[0];
        struct floor_record *record = &h->records[root.id];
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
                floor_sink(h, last);
            }
        }
    }
}

#endif
