/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * life.h - the least a host of the Job Controller must know
 *
 * Where each recipient is, what each job and thread does, and the queue
 * directory that a scan reads. Every action is held against it: a file is made
 * once, delivered only when it is there and not held, a thread works only when
 * it asked, no limit is exceeded, no null sender is notified.
 */
#ifndef TESTS_SUPPORT_LIFE_H
#define TESTS_SUPPORT_LIFE_H

#include <stdint.h>

#include "tests/support/host_script.h"

enum {
    MESSAGES_MAX = 4000,
    RECIPIENTS_MAX = 12,
    JOBS_MAX = 20000,
    THREADS_MAX = 4, /* of one job at a time */
    NUMBERS_MAX = 2048,
    POOL_MAX = 4,
    CHANNELS_COUNT = 7
};

enum job_is { JOB_NONE, JOB_ASKED, JOB_RUNS };
enum thread_is {
    THREAD_NONE,
    THREAD_COMES,
    THREAD_ASKS,
    THREAD_WORKS,
    THREAD_ENDS
};

struct life_job {
    enum job_is is;
    uint32_t channel;
    int is_told;
    uint32_t threads_count;
    uint8_t thread_is[NUMBERS_MAX];
};

/* What a host knows of a recipient's file. */
struct world_file {
    uint8_t channel;
    uint8_t host;
    uint8_t priority;
    uint8_t attempts;
    uint8_t is_held;
    uint8_t is_anonymous;
};

struct world {
    struct host_script *host;
    uint64_t random;
    /* 0: final, or not there yet; else the number of its live file. */
    uint32_t file_of[MESSAGES_MAX + 1][RECIPIENTS_MAX];
    struct world_file files[MESSAGES_MAX + 1][RECIPIENTS_MAX];
    uint32_t recipients_count[MESSAGES_MAX + 1];
    int64_t submitted_at_ns[MESSAGES_MAX + 1];
    uint32_t flags[MESSAGES_MAX + 1];
    uint32_t is_scan_asked; /* and not answered */
    uint32_t notified_file; /* the NOTIFY pulled last, until what it is about */
    uint64_t notified_message;
    uint64_t scans_count;
    uint64_t untracked_count;
    uint64_t held_count;
    uint64_t notices_count;
    struct life_job *jobs[JOBS_MAX];
    uint32_t live[64]; /* ids of jobs that are */
    uint32_t live_count;
    struct sched_deliver busy[64];
    uint32_t busy_count;
    uint32_t refusals_ppm;
    uint64_t created;
};

uint32_t life_below(struct world *world, uint32_t limit);

/* For host_script.on_action; arg is the world. */
uint32_t life_on_action(void *arg, const struct sched_action *action);

struct life_job *life_job(struct world *world, uint32_t id);
/* The job is no more, with its threads and their attempts. */
void life_job_gone(struct world *world, uint32_t id);
/* The host falls over and comes up again: all jobs are gone, the directory is
   as it was. The caller makes a new instance. */
void life_restart(struct world *world);

/* Answers the scan that was asked; the answer of event(). */
int32_t life_scanned(struct world *world);
/* Some held file, or 0. */
uint64_t life_held(const struct world *world, uint32_t *file);
/* The files of the message with this number are held no more. */
void life_released(struct world *world, uint64_t message, uint32_t file);

#endif
