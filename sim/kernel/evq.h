/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * evq.h - the future event list: what happens next, and in which order
 *
 * The queue gives events back in one total order:
 *
 *     (due_at_ns, class, seq)   earlier first; at one instant the lower class;
 *                               within a class in the order of evq_push()
 *
 * UNITS      due_at_ns: ns since the start of the run, 0 to EVQ_AT_NS_MAX.
 *            A class is 0 to EVQ_CLASS_MAX.
 * OWNERSHIP  The queue owns its slots. It borrows `arg`, which must live until
 *            its event has been popped or cancelled.
 * ERRORS     Past events_max the queue answers EVQ_NONE: the caller knows which
 *            limit of the scenario to name. Pushing into the past is a bug.
 */
#ifndef SIM_KERNEL_EVQ_H
#define SIM_KERNEL_EVQ_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"

struct evq; /* opaque */

#define EVQ_CLASS_MAX 15
#define EVQ_AT_NS_MAX ((INT64_C(1) << 59) - 1) /* 18 years */

/* What an event does. `data` is the event's own word. May push and cancel. */
typedef void evq_fn(void *arg, uint64_t data);

/* A pending event. Safe to keep after the event is gone: it goes stale. */
struct evq_id {
    uint32_t slot;
    uint32_t generation; /* 0 only in EVQ_NONE */
};

#define EVQ_NONE ((struct evq_id){0, 0})

struct evq *evq_new(uint32_t events_max); /* grows up to events_max */
void evq_free(struct evq *q);

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

uint32_t evq_count(const struct evq *q);
int64_t evq_now_ns(const struct evq *q); /* of the last event run, or 0 */
int64_t evq_next_at_ns(const struct evq *q); /* INT64_MAX: none is pending */
uint64_t evq_bytes(const struct evq *q); /* memory held */

/* Walks the whole queue, O(n), and asserts what it promises. */
void evq_check(const struct evq *q);

#endif
