/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evq_heap.h - the 4-ary heap inside evq.c
 *
 * An array of 16-byte entries, the least at 0, the children of i from 4 i + 1
 * to 4 i + 4, which share a cache line. Behind the last stands a fence of
 * ARITY entries later than all events, so that a group of children is always
 * whole. Who uses the array keeps its length and its fence.
 *
 * ORDER      key, then tag. No two entries have the same tag.
 * SOURCE     see evq.h
 */
#ifndef SIM_KERNEL_EVQ_HEAP_H
#define SIM_KERNEL_EVQ_HEAP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    ARITY = 4,
    SEQ_SHIFT = 32,
    LINE_BYTES = 64, /* of a cache */
    /* Above this the heap outgrows a level-2 cache of 512 KiB or 1 MiB, and
     * fetching ahead pays; below it costs. Measured, see bench_kernel.c. */
    PREFETCH_ENTRIES_MIN = 16384
};

struct entry {
    uint64_t key; /* instant and class */
    uint64_t tag; /* seq << SEQ_SHIFT | slot */
};

/* The two words of an entry in one register. */
typedef uint64_t entry_pair __attribute__((vector_size(sizeof(struct entry))));

_Static_assert(sizeof(struct entry) * ARITY == LINE_BYTES, "siblings: a line");

static inline bool
entry_is_before(const struct entry *a, const struct entry *b)
{
    return a->key < b->key || (a->key == b->key && a->tag < b->tag);
}

static inline uint32_t
entry_seq(const struct entry *entry)
{
    return (uint32_t)(entry->tag >> SEQ_SHIFT);
}

static inline uint32_t
entry_slot(const struct entry *entry)
{
    return (uint32_t)entry->tag;
}

/*
 * entry_put - stores an entry by one store of 16 bytes
 *
 * Entries are moved 16 bytes at a time. A load that wide does not get its
 * bytes from two stores of 8 that are still under way, it waits for them: in
 * small heaps, where an entry is moved soon after it came, that costs more
 * than all else (M/M/1: 10 ns of 40).
 */
static inline void
entry_put(struct entry *at, struct entry entry)
{
    entry_pair pair = {entry.key, entry.tag};

    memcpy(at, &pair, sizeof *at);
}

/*
 * fence_put - ends the heap at `position` with an entry later than all events
 *
 * ARITY of them stand behind the last entry, so that a group of children is
 * always whole. Their keys differ within a group: ties take the slow path.
 */
static inline void
fence_put(struct entry *heap, uint32_t position)
{
    heap[position].key = UINT64_MAX - position % ARITY;
}

/* tied_least - which of four children comes first, when keys are equal */
static __attribute__((noinline, cold)) uint32_t
tied_least(const struct entry *children)
{
    uint32_t least = 0;

    for (uint32_t i = 1; i < ARITY; i++) {
        if (entry_is_before(&children[i], &children[least])) {
            least = i;
        }
    }
    return least;
}

/*
 * children_least - which of four children comes first
 *
 * On keys alone and without branches: which child is least cannot be
 * predicted, a wrong guess a level would cost more than the comparisons.
 */
static inline uint32_t
children_least(const struct entry *children)
{
    uint64_t k0 = children[0].key;
    uint64_t k1 = children[1].key;
    uint64_t k2 = children[2].key;
    uint64_t k3 = children[3].key;
    uint32_t left = k1 < k0;
    uint32_t right = 2 + (k3 < k2);
    uint64_t left_key = k1 < k0 ? k1 : k0;
    uint64_t right_key = k3 < k2 ? k3 : k2;

    if (__builtin_expect((k0 == k1) | (k2 == k3) | (left_key == right_key),
                         0)) {
        return tied_least(children);
    }
    return left ^ ((left ^ right) & -(uint32_t)(right_key < left_key));
}

/* grandchildren_fetch - asks for the four lines that the next step may read */
static inline void
grandchildren_fetch(const struct entry *heap, uint32_t first_child)
{
    const char *line =
        (const char *)heap + sizeof *heap * ((uint64_t)first_child * ARITY + 1);

    for (uint64_t i = 0; i < ARITY; i++) {
        __builtin_prefetch(line + i * LINE_BYTES);
    }
}

/* entry_sink - puts `entry` into the hole at `hole` or below it */
static inline void
entry_sink(struct entry *heap, uint32_t count, uint32_t hole,
           struct entry entry)
{
    bool is_large = count >= PREFETCH_ENTRIES_MIN;

    for (;;) {
        uint32_t child = hole * ARITY + 1;

        if (child >= count) {
            break;
        }
        if (is_large) {
            grandchildren_fetch(heap, child);
        }
        child += children_least(&heap[child]);
        if (entry_is_before(&entry, &heap[child])) {
            break;
        }
        heap[hole] = heap[child];
        hole = child;
    }
    entry_put(&heap[hole], entry);
}

/*
 * entry_sink_pair - puts `entry`, the newest of all, into the root of a heap
 * of one or two
 *
 * By stores of 8 bytes, contrary to entry_put(): here all loads are of 8, and
 * the next event waits for them (M/M/1: 3 ns of 38). Choosing without a branch
 * was no faster: the call of the next event's function is a guess as well.
 */
static inline void
entry_sink_pair(struct entry *heap, struct entry entry)
{
    uint64_t key = heap[1].key; /* of a heap of one: the fence */
    uint64_t tag = heap[1].tag;

    if (entry.key < key) {
        heap[0].key = entry.key;
        heap[0].tag = entry.tag;
    } else {
        heap[0].key = key;
        heap[0].tag = tag;
        heap[1].key = entry.key;
        heap[1].tag = entry.tag;
    }
}

/* entry_rise - puts `entry`, the newest of all, at `hole` or above it */
static inline void
entry_rise(struct entry *heap, uint32_t hole, struct entry entry)
{
    while (hole > 0) {
        uint32_t parent = (hole - 1) / ARITY;

        if (heap[parent].key <= entry.key) { /* ties: the newest is last */
            break;
        }
        heap[hole] = heap[parent];
        hole = parent;
    }
    entry_put(&heap[hole], entry);
}

#endif
