/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evq.h - the future event list: what happens next, and in which order
 *
 * The queue gives events back in one total order:
 *
 *     (due_at_ns, class, seq)   earlier first; at one instant the lower class;
 *                               within a class in the order of evq_push()
 *
 * The queue hands out seq itself and never twice, so no two events compare
 * equal, and the order is a function of the calls made: not of addresses, not
 * of how the heap happens to lie. seq has 32 bits; before it would wrap, the
 * pending events are numbered anew in their order, which nobody can see.
 *
 * UNITS      due_at_ns: ns since the start of the run, 0 to EVQ_AT_NS_MAX.
 *            A class is 0 to EVQ_CLASS_MAX.
 * OWNERSHIP  The queue owns its slots. It borrows `arg`, which must live until
 *            its event has been popped or cancelled.
 * ERRORS     Past events_max the queue answers EVQ_NONE: the caller knows which
 *            limit of the scenario to name. Pushing into the past is a bug,
 *            and so is running the queue from within an event.
 * COST       push and run O(log n), cancel O(1), both amortised. 48 bytes a
 *            pending event at a full queue (a 16-byte heap entry, a 32-byte
 *            record); arrays double, so up to twice that while it fills. A
 *            cancelled event leaves its heap entry behind, which
 *            evq_next_at_ns() may have to look past; when a cancel finds more
 *            than 1 in EVQ_DEAD_SHARE and a few entries dead, all of these
 *            are swept out: 53 bytes an event at the most then.
 * LIMITS     A stale id is mistaken for a live one if its slot has been used
 *            again exactly k * 2^31 times since.
 * SOURCE     4-ary implicit heap: Johnson 1975, "Priority queues with update
 *            and finding minimum spanning trees"; LaMarca & Ladner 1996, "The
 *            influence of caches on the performance of heaps" (alignment).
 */
#ifndef SIM_KERNEL_EVQ_H
#define SIM_KERNEL_EVQ_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"

struct evq; /* opaque, but for the clock that it begins with */

struct evq_clock {
    int64_t now_ns; /* of the last event run */
};

#define EVQ_CLASS_MAX  15
#define EVQ_AT_NS_MAX  ((INT64_C(1) << 59) - 1) /* 18 years */
#define EVQ_EVENTS_MAX (UINT32_C(1) << 28)      /* 12 GiB */
#define EVQ_DEAD_SHARE 4 /* 1 in 4 heap entries may be a cancelled event's */

/* What an event does. `data` is the event's own word. May push and cancel. */
typedef void evq_fn(void *arg, uint64_t data);

/* A pending event. Safe to keep after the event is gone: it goes stale. */
struct evq_id {
    uint32_t slot;
    uint32_t generation; /* 0 only in EVQ_NONE */
};

#define EVQ_NONE ((struct evq_id){0, 0})

/* A queue for 1 to EVQ_EVENTS_MAX pending events; grows up to events_max. */
struct evq *evq_new(uint32_t events_max);
void evq_free(struct evq *q);

/* The same with the first seq given, from 1: what comes of its wrapping can be
 * seen in a short run. */
struct evq *evq_new_from(uint32_t events_max, uint32_t first_seq);

/* Adds an event, not before evq_now_ns(). EVQ_NONE: the queue is full. */
struct evq_id evq_push(struct evq *q, int64_t due_at_ns, uint32_t class,
                       evq_fn *fn, void *arg, uint64_t data);

/* Runs the next event if it is due at or before until_ns. False: none is. */
bool evq_run_one(struct evq *q, int64_t until_ns);

/* Runs all events due at or before until_ns; returns how many. The clock then
 * stands at the last event run. */
uint64_t evq_run(struct evq *q, int64_t until_ns);

/* Ends evq_run() after the event that is running. */
void evq_stop(struct evq *q);

/* Drops a pending event. False: it had fired, or was cancelled before. */
bool evq_cancel(struct evq *q, struct evq_id id);

/* The instant of the last event run, or 0. In the header because nearly every
 * event asks it. */
static inline int64_t
evq_now_ns(const struct evq *q)
{
    return ((const struct evq_clock *)(const void *)q)->now_ns;
}

uint32_t evq_count(const struct evq *q);
int64_t evq_now_ns(const struct evq *q);     /* of the last event run, or 0 */
int64_t evq_next_at_ns(const struct evq *q); /* INT64_MAX: none is pending */
uint64_t evq_bytes(const struct evq *q);     /* memory held */

/* Walks the whole queue, O(n), and asserts what it promises. */
void evq_check(const struct evq *q);

#endif
