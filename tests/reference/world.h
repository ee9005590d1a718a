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

enum {
    WORLD_JOBS_MAX = 64,
    WORLD_THREADS_MAX = 8,
    WORLD_RECIPIENTS_MAX = 8, /* of a file */
    WORLD_CROWD_MAX = 1500,
    WORLD_CROWDED = 3000, /* files: no more come in crowds */
    WORLD_FILES_MAX = 4096,
    WORLD_SCANNED_MAX = 64, /* files in one answer */
    WORLD_BACKLOG_MAX = 100 /* messages of an earlier life: numbers 1 to this */
};

/* An event that the scheduler does not see: it is destroyed, and another one
   made, which will ask for a scan. */
#define WORLD_RESTART UINT32_C(1000)
/* A decision only: a COMMAND that sets something. */
#define WORLD_CHANGE UINT32_C(1001)

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

/* A file in the queue directory. */
struct world_file {
    uint64_t message;
    int64_t submitted_at_ns;
    int64_t returned_at_ns;
    uint32_t number;
    uint32_t channel;
    uint32_t host;
    uint32_t priority;
    uint32_t attempts;
    uint32_t is_held;
    uint32_t is_known; /* to the scheduler; matters while it is held */
    uint32_t flags;
    uint32_t recipients[WORLD_RECIPIENTS_MAX];
    uint32_t recipients_count;
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
    struct world_file files[WORLD_FILES_MAX];
    uint32_t files_count;
    uint32_t is_scan_asked;
    struct sched_scan scan;
    /* What the last event borrows. */
    struct sched_submit submit;
    struct sched_scanned_file scanned[WORLD_SCANNED_MAX];
    struct sched_recipient recipients[WORLD_CROWD_MAX];
    char path[KNOBS_PATH_SIZE];
    uint8_t results[WORLD_RECIPIENTS_MAX];
};

void world_init(struct world *world, const struct knobs *knobs, uint64_t seed);
/* The event of a decision; 0: it found nothing to do. */
int world_decide(struct world *world, uint32_t decision,
                 struct sched_event *event);
/* Takes an action of the decision's turn; the reason of a refusal, or 0. */
uint32_t world_action(struct world *world, const struct sched_action *action);

#endif
