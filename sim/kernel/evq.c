/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evq.c - the future event list as a 4-ary heap; see evq.h
 *
 * heap[]     what is ordered: (key, seq) and the slot of the record. key is
 *            the instant and the class in one word, so that one comparison
 *            nearly always decides. The four children of an entry share a
 *            cache line.
 * records[]  what is run: callback, seq, generation. A record does not know
 *            where its entry lies in the heap, so moving entries touches
 *            nothing else. The price is paid by cancel: it frees the record
 *            and leaves the entry, which is dead from then on, since its seq
 *            is not the record's.
 *
 * While an event runs, its place at the root of the heap is a hole, and the
 * first push of the event falls into it: one walk down instead of two walks.
 */
#include "sim/kernel/evq.h"

#include <stdlib.h>
#include <string.h>

#include "sim/kernel/evq_heap.h"

enum {
    CLASS_BITS = 4,
    CAPACITY_MIN = 64,
    /* Fewer dead entries than this are never swept. Measured with 100 timers,
     * re-armed and sometimes firing: 49 ns a step with 8, 54 with 32 (dead
     * roots are dropped one by one), 62 with 96. */
    DEAD_MIN = 12,
    HEAP_SLACK_BYTES = 2 * LINE_BYTES /* to let heap[1] begin a line */
};

#define SLOT_NONE UINT32_MAX
#define SEQ_FIRST 1 /* 0: cancelled */

struct record {
    evq_fn *fn;
    void *arg;
    uint64_t data;       /* of a free record: the next free slot */
    uint32_t seq;        /* of its heap entry; 0: cancelled */
    uint32_t generation; /* of the ids that mean this event; odd */
};

_Static_assert(sizeof(struct record) == 32, "two records: a line");
_Static_assert(EVQ_CLASS_MAX == (1 << CLASS_BITS) - 1, "a class fits its bits");
_Static_assert(EVQ_AT_NS_MAX <= INT64_MAX >> CLASS_BITS, "a key fits 63 bits");

struct evq {
    struct evq_clock clock;  /* must be first: evq.h reads it */
    struct entry *heap;      /* [entries_capacity] and a fence of ARITY */
    struct record *records;  /* [slots_capacity] */
    uint32_t entries_count;  /* in the heap: alive, dead, and the hole */
    uint32_t dead_count;     /* cancelled, their entries still in the heap */
    uint32_t next_seq;       /* UINT32_MAX: number anew first */
    uint32_t free_slot;      /* last freed, first used; SLOT_NONE */
    uint32_t slots_count;    /* in use at some time: records[0 .. this - 1] */
    uint32_t slots_capacity; /* at most events_max */
    uint32_t entries_capacity;
    uint32_t events_max;
    bool has_hole; /* heap[0] is the event that is running */
    bool is_running;
    bool is_stopped;
    void *heap_memory; /* what heap lies in */
};

/* --- Slots and the root ---------------------------------------------------- */

/* slot_free - the record's event is gone; its ids are stale by now */
static inline void
slot_free(struct evq *q, uint32_t slot)
{
    q->records[slot].data = q->free_slot;
    q->free_slot = slot;
}

/* ids_expire - makes the ids of the record's event stale */
static inline void
ids_expire(struct record *record)
{
    record->generation += 2;
}

/* root_drop - takes the root out */
static void
root_drop(struct evq *q)
{
    uint32_t count = --q->entries_count;
    struct entry last = {q->heap[count].key, q->heap[count].tag};

    fence_put(q->heap, count);
    if (count > 0) {
        entry_sink(q->heap, count, 0, last);
    }
}

/* hole_close - the event that has run pushed nothing: its place goes */
static void
hole_close(struct evq *q)
{
    q->has_hole = false;
    slot_free(q, entry_slot(&q->heap[0]));
    root_drop(q);
}

static inline bool
entry_is_alive(const struct evq *q, const struct entry *entry)
{
    return q->records[entry_slot(entry)].seq == entry_seq(entry);
}

/* --- Sweeping and numbering anew: rare, O(n) and O(n log n) ---------------- */

/* dead_sweep - rebuilds the heap from its living entries; closes the hole */
static __attribute__((noinline)) void
dead_sweep(struct evq *q)
{
    struct entry *heap = q->heap;
    uint32_t kept = 0;

    if (q->has_hole) {
        slot_free(q, entry_slot(&heap[0]));
    }
    for (uint32_t i = q->has_hole; i < q->entries_count; i++) {
        struct entry entry = heap[i];

        heap[kept] = entry;
        kept += entry_is_alive(q, &entry);
    }
    q->entries_count = kept;
    q->dead_count = 0;
    q->has_hole = false;
    for (uint32_t i = 0; i < ARITY; i++) {
        fence_put(heap, kept + i);
    }
    if (kept > 1) { /* from the last parent upwards: Floyd 1964 */
        for (uint32_t i = (kept - 2) / ARITY + 1; i-- > 0;) {
            entry_sink(heap, kept, i, heap[i]);
        }
    }
}

/*
 * seqs_renew - numbers the pending events from SEQ_FIRST, in their order
 *
 * Sorts the heap in place: each root goes behind the shrinking heap, which
 * leaves the events latest first; turned round they are sorted, and a sorted
 * array is a heap.
 */
static __attribute__((noinline, cold)) void
seqs_renew(struct evq *q)
{
    dead_sweep(q);

    struct entry *heap = q->heap;
    uint32_t count = q->entries_count;

    while (q->entries_count > 0) {
        struct entry least = heap[0];

        root_drop(q);
        /* Beyond the fence, which root_drop() needs whole. */
        heap[q->entries_count + ARITY] = least;
    }
    memmove(heap, heap + ARITY, count * sizeof *heap);
    for (uint32_t i = 0; i < count / 2; i++) {
        struct entry swapped = heap[i];

        heap[i] = heap[count - 1 - i];
        heap[count - 1 - i] = swapped;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = entry_slot(&heap[i]);

        heap[i].tag = (uint64_t)(SEQ_FIRST + i) << SEQ_SHIFT | slot;
        q->records[slot].seq = SEQ_FIRST + i;
    }
    for (uint32_t i = 0; i < ARITY; i++) {
        fence_put(heap, count + i);
    }
    q->entries_count = count;
    q->next_seq = SEQ_FIRST + count;
}

/* --- Memory --------------------------------------------------------------- */

/* entries_max - room for the pending events and for the dead among them */
static uint32_t
entries_max(const struct evq *q)
{
    return q->events_max + q->events_max / (EVQ_DEAD_SHARE - 1) + 2 * DEAD_MIN;
}

/* heap_resize - moves the heap to an array whose groups of children are each
 * in one cache line: heap[1] begins a line */
static void
heap_resize(struct evq *q, uint32_t capacity)
{
    uint64_t bytes = ((uint64_t)capacity + ARITY) * sizeof *q->heap;
    unsigned char *memory = base_alloc(bytes + HEAP_SLACK_BYTES);
    uint64_t into_line = (uintptr_t)memory % LINE_BYTES;
    struct entry *heap =
        (void *)(memory + HEAP_SLACK_BYTES - sizeof *q->heap - into_line);

    if (q->heap != NULL) {
        memcpy(heap, q->heap, q->entries_count * sizeof *heap);
    }
    for (uint32_t i = 0; i < ARITY; i++) {
        fence_put(heap, q->entries_count + i);
    }
    free(q->heap_memory);
    q->heap_memory = memory;
    q->heap = heap;
    q->entries_capacity = capacity;
}

/* heap_make_room - for one more entry, by sweeping if that gains enough */
static __attribute__((noinline, cold)) void
heap_make_room(struct evq *q)
{
    uint32_t capacity = q->entries_capacity;
    uint32_t limit = capacity < q->events_max ? q->events_max : entries_max(q);

    if (q->dead_count > capacity / (2 * EVQ_DEAD_SHARE)) {
        dead_sweep(q);
        return;
    }
    ASSERT(capacity < limit); /* evq_cancel() has kept the dead few */
    heap_resize(q, capacity < limit / 2 ? capacity * 2 : limit);
}

/* slot_make_room - more records; false: there are events_max of them */
static __attribute__((noinline, cold)) bool
slot_make_room(struct evq *q)
{
    uint32_t capacity = q->slots_capacity;

    if (capacity == q->events_max) {
        return false;
    }
    capacity = capacity < q->events_max / 2 ? capacity * 2 : q->events_max;
    q->records = base_realloc(q->records, capacity * sizeof *q->records);
    q->slots_capacity = capacity;
    return true;
}

/* slot_take - a free record, or SLOT_NONE */
static inline uint32_t
slot_take(struct evq *q)
{
    uint32_t slot = q->free_slot;

    if (__builtin_expect(slot != SLOT_NONE, 1)) {
        q->free_slot = (uint32_t)q->records[slot].data;
        return slot;
    }
    if (q->slots_count == q->slots_capacity && !slot_make_room(q)) {
        return SLOT_NONE;
    }
    slot = q->slots_count++;
    q->records[slot].generation = 1;
    return slot;
}

struct evq *
evq_new_from(uint32_t events_max, uint32_t first_seq)
{
    ASSERT(events_max > 0 && events_max <= EVQ_EVENTS_MAX);
    ASSERT(first_seq >= SEQ_FIRST);

    struct evq *q = base_alloc(sizeof *q);
    uint32_t capacity = events_max < CAPACITY_MIN ? events_max : CAPACITY_MIN;

    q->events_max = events_max;
    q->next_seq = first_seq;
    q->free_slot = SLOT_NONE;
    q->slots_capacity = capacity;
    q->records = base_alloc(capacity * sizeof *q->records);
    heap_resize(q, capacity);
    return q;
}

struct evq *
evq_new(uint32_t events_max)
{
    return evq_new_from(events_max, SEQ_FIRST);
}

void
evq_free(struct evq *q)
{
    if (q != NULL) {
        free(q->heap_memory);
        free(q->records);
        free(q);
    }
}

/* --- Push, run, cancel ---------------------------------------------------- */

/* hole_fill - puts the new entry where the running event was, or below; passes
 * the id on, so that nothing need be kept across the call */
static __attribute__((noinline)) struct evq_id
hole_fill(struct evq *q, struct entry entry, struct evq_id id)
{
    if (q->entries_count >= PREFETCH_ENTRIES_MIN) {
        /* The next event is among the children or new: fetch its record while
         * the new entry sinks. */
        uint32_t next = 1 + children_least(&q->heap[1]);

        __builtin_prefetch(&q->records[entry_slot(&q->heap[next])]);
    }
    entry_sink(q->heap, q->entries_count, 0, entry);
    return id;
}

/* push_append - adds an event at the end of the heap */
static __attribute__((noinline)) struct evq_id
push_append(struct evq *q, uint64_t key, evq_fn *fn, void *arg, uint64_t data)
{
    if (__builtin_expect(q->next_seq == UINT32_MAX, 0)) {
        seqs_renew(q);
    }

    uint32_t slot = slot_take(q);

    if (__builtin_expect(slot == SLOT_NONE, 0)) {
        return EVQ_NONE;
    }
    if (__builtin_expect(q->entries_count == q->entries_capacity, 0)) {
        heap_make_room(q);
    }

    uint32_t seq = q->next_seq++;
    struct record *record = &q->records[slot];

    record->fn = fn;
    record->arg = arg;
    record->data = data;
    record->seq = seq;
    fence_put(q->heap, q->entries_count + ARITY);
    entry_rise(q->heap, q->entries_count++,
               (struct entry){key, (uint64_t)seq << SEQ_SHIFT | slot});
    return (struct evq_id){slot, record->generation};
}

struct evq_id
evq_push(struct evq *q, int64_t due_at_ns, uint32_t class, evq_fn *fn,
         void *arg, uint64_t data)
{
    ASSERT(due_at_ns >= q->clock.now_ns);
    ASSERT(due_at_ns <= EVQ_AT_NS_MAX);
    ASSERT(class <= EVQ_CLASS_MAX);

    uint64_t key = (uint64_t)due_at_ns << CLASS_BITS | class;

    if (!q->has_hole || q->next_seq == UINT32_MAX) {
        return push_append(q, key, fn, arg, data);
    }

    uint32_t seq = q->next_seq++;
    uint32_t slot = entry_slot(&q->heap[0]); /* of the event that is running */
    struct record *record = &q->records[slot];
    struct entry entry = {key, (uint64_t)seq << SEQ_SHIFT | slot};
    struct evq_id id = {slot, record->generation};

    record->fn = fn;
    record->arg = arg;
    record->data = data;
    record->seq = seq;
    q->has_hole = false;
    if (q->entries_count <= 2) {
        entry_sink_pair(q->heap, entry);
        return id;
    }
    return hole_fill(q, entry, id);
}

/* run_next - runs the first living event, if its key is at most key_max */
static inline bool
run_next(struct evq *q, uint64_t key_max)
{
    for (;;) {
        struct entry root = q->heap[0]; /* of an empty heap: the fence */
        struct record *record;

        if (root.key > key_max) {
            return false;
        }
        record = &q->records[entry_slot(&root)];
        if (__builtin_expect(record->seq == entry_seq(&root), 1)) {
            ids_expire(record);
            q->clock.now_ns = (int64_t)(root.key >> CLASS_BITS);
            q->has_hole = true;
            record->fn(record->arg, record->data);
            if (q->has_hole) {
                hole_close(q);
            }
            return true;
        }
        q->dead_count--;
        root_drop(q);
    }
}

/* key_limit - the last key that is due at or before until_ns >= 0 */
static uint64_t
key_limit(int64_t until_ns)
{
    uint64_t at_ns = (uint64_t)i64_min(until_ns, EVQ_AT_NS_MAX);

    return at_ns << CLASS_BITS | EVQ_CLASS_MAX;
}

bool
evq_run_one(struct evq *q, int64_t until_ns)
{
    ASSERT(!q->is_running);

    if (until_ns < 0) {
        return false;
    }
    q->is_running = true;

    bool has_run = run_next(q, key_limit(until_ns));

    q->is_running = false;
    return has_run;
}

uint64_t
evq_run(struct evq *q, int64_t until_ns)
{
    ASSERT(!q->is_running);

    uint64_t events_count = 0;

    if (until_ns < 0) {
        return 0;
    }

    uint64_t key_max = key_limit(until_ns);

    q->is_running = true;
    q->is_stopped = false;
    while (!q->is_stopped && run_next(q, key_max)) {
        events_count++;
    }
    q->is_running = false;
    return events_count;
}

void
evq_stop(struct evq *q)
{
    q->is_stopped = true;
}

bool
evq_cancel(struct evq *q, struct evq_id id)
{
    if (id.slot >= q->slots_count) { /* never was an id of this queue */
        return false;
    }

    struct record *record = &q->records[id.slot];

    if (record->generation != id.generation) {
        return false;
    }
    record->seq = 0;
    ids_expire(record);
    slot_free(q, id.slot);
    q->dead_count++;
    if (q->dead_count > q->entries_count / EVQ_DEAD_SHARE + DEAD_MIN) {
        dead_sweep(q);
    }
    return true;
}

/* --- Queries -------------------------------------------------------------- */

uint32_t
evq_count(const struct evq *q)
{
    return q->entries_count - q->dead_count - q->has_hole;
}

/* least_key - of the living entries at and below `position`, if below `key` */
static uint64_t
least_key(const struct evq *q, uint32_t position, uint64_t key)
{
    if (position >= q->entries_count || q->heap[position].key >= key) {
        return key;
    }
    if (!(position == 0 && q->has_hole) &&
        entry_is_alive(q, &q->heap[position])) {
        return q->heap[position].key;
    }
    for (uint32_t i = 1; i <= ARITY; i++) {
        key = least_key(q, position * ARITY + i, key);
    }
    return key;
}

int64_t
evq_next_at_ns(const struct evq *q)
{
    uint64_t key = least_key(q, 0, UINT64_MAX);

    return key == UINT64_MAX ? INT64_MAX : (int64_t)(key >> CLASS_BITS);
}

uint64_t
evq_bytes(const struct evq *q)
{
    return sizeof *q + HEAP_SLACK_BYTES +
           ((uint64_t)q->entries_capacity + ARITY) * sizeof *q->heap +
           (uint64_t)q->slots_capacity * sizeof *q->records;
}

/* free_slots_count - walks the list of free slots */
static uint32_t
free_slots_count(const struct evq *q)
{
    uint32_t free_slots = 0;

    for (uint32_t slot = q->free_slot; slot != SLOT_NONE;
         slot = (uint32_t)q->records[slot].data) {
        ASSERT(slot < q->slots_count && free_slots < q->slots_count);
        free_slots++;
    }
    return free_slots;
}

void
evq_check(const struct evq *q)
{
    uint32_t alive = 0;

    ASSERT(q->slots_count <= q->slots_capacity);
    ASSERT(q->slots_capacity <= q->events_max);
    ASSERT(q->entries_count <= q->entries_capacity);
    ASSERT(q->dead_count <= q->entries_capacity / EVQ_DEAD_SHARE + DEAD_MIN);

    for (uint32_t i = q->has_hole; i < q->entries_count; i++) {
        const struct entry *entry = &q->heap[i];

        ASSERT(entry->key >> CLASS_BITS >= (uint64_t)q->clock.now_ns);
        ASSERT(entry_seq(entry) >= SEQ_FIRST && entry_seq(entry) < q->next_seq);
        ASSERT(entry_slot(entry) < q->slots_count);
        ASSERT(q->records[entry_slot(entry)].generation % 2 == 1);
        ASSERT(i == 0 || (i <= ARITY && q->has_hole) ||
               entry_is_before(&q->heap[(i - 1) / ARITY], entry));
        alive += entry_is_alive(q, entry);
    }
    ASSERT(alive == evq_count(q));
    for (uint32_t i = 0; i < ARITY; i++) {
        ASSERT(q->heap[q->entries_count + i].key > UINT64_MAX - ARITY);
    }
    ASSERT(alive + free_slots_count(q) + q->has_hole == q->slots_count);
}
