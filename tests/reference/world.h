/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world.h - a random host: legal events, drawn one by one
 *
 * It remembers what a host must: jobs, threads and what each does, as the
 * actions told it. Decision i draws everything from (seed, i) alone, so that
 * a decision left out moves no other: what it wants is the same, only to whom
 * it happens may differ.
 */
#ifndef TESTS_REFERENCE_WORLD_H
#define TESTS_REFERENCE_WORLD_H

#include <stdint.h>

#include "scheduler/sched_abi.h"
#include "tests/reference/knobs.h"

enum { WORLD_JOBS_MAX = 64, WORLD_THREADS_MAX = 8, WORLD_RECIPIENTS_MAX = 8 };

enum world_thread_is {
    WORLD_THREAD_COMES,
    WORLD_THREAD_ASKS,
    WORLD_THREAD_WORKS,
    WORLD_THREAD_ENDS
};

struct world_thread {
    enum world_thread_is is;
    uint32_t number;
    struct sched_deliver work;
};

struct world_job {
    uint32_t id;
    int runs;
    int is_told;
    struct world_thread threads[WORLD_THREADS_MAX];
    uint32_t threads_count;
};

struct world {
    struct knobs knobs;
    uint64_t seed;
    uint64_t random; /* of the decision now being made */
    int64_t now_ns;
    int64_t wish_ns;
    int64_t wall_offset_ns;
    uint32_t turn_class; /* of the last event: order within one instant */
    uint32_t decision;
    struct world_job jobs[WORLD_JOBS_MAX];
    uint32_t jobs_count;
    /* What the last event borrows. */
    struct sched_recipient recipients[WORLD_RECIPIENTS_MAX];
    uint8_t results[WORLD_RECIPIENTS_MAX];
};

void world_init(struct world *world, const struct knobs *knobs, uint64_t seed);
/* The event of a decision; 0: it found nothing to do. */
int world_decide(struct world *world, uint32_t decision,
                 struct sched_event *event);
/* Takes an action of the decision's turn; the reason of a refusal, or 0. */
uint32_t world_action(struct world *world, const struct sched_action *action);

#endif
