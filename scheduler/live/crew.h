/* SPDX-License-Identifier: MIT */
/*
 * crew.h - jobs and their threads: real threads, in groups, that deliver
 *
 * A job of the scheduler, a process elsewhere, is here a group of threads of
 * this process; its start takes a while in its first thread. A worker waits for
 * a task, reads the envelope, hands the mail to the sink, changes or removes
 * the file, and posts the outcome. Groups come and go, crash and fail to start
 * as the sink is told to let them.
 *
 * THREADS    All functions are the dispatcher's. One lock guards jobs, workers
 *            and their tasks; it is not held over a delivery.
 * RACES      A worker may be gone before its end has been taken from the posts.
 *            What is asked of it then is refused as unknown.
 * OWNERSHIP  A task belongs to the crew once it was accepted.
 */
#ifndef SCHED_LIVE_CREW_H
#define SCHED_LIVE_CREW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "posts.h"
#include "sink.h"
#include "spool.h"

struct task {
    struct spool_place place;
    uint32_t *recipients; /* owned: indices */
    uint32_t recipients_count;
    uint32_t host; /* SCHED_NONE: the channel's own */
};

struct crew_job;

struct crew {
    pthread_mutex_t lock;
    struct crew_job *jobs;
    const struct spool *spool;
    const struct sink *sink;
    struct posts *posts;
    int64_t start_ns; /* a process start */
    uint64_t attempts_count;
    uint32_t threads_max;
    uint32_t threads_count;
    uint32_t threads_peak;
    bool is_held; /* tasks wait until crew_go() */
    bool is_quitting;
};

/* Everything but the lock is set by the caller before. */
void crew_init(struct crew *crew);
/* Attempts under way end without a trace; waits for the threads. */
void crew_end(struct crew *crew);

/* `id` is a job's. 0, or enum sched_refusal. The stop of a job that has crashed
 * is not refused: its exit is being reported. */
uint32_t crew_start_job(struct crew *crew, uint32_t id, uint32_t channel,
                        uint32_t thread);
uint32_t crew_start_thread(struct crew *crew, uint32_t id, uint32_t thread);
uint32_t crew_stop_job(struct crew *crew, uint32_t id);
uint32_t crew_stop_thread(struct crew *crew, uint32_t id, uint32_t thread);
/* On 0 the task is the crew's. */
uint32_t crew_deliver(struct crew *crew, uint32_t id, uint32_t thread,
                      struct task *task);

/* Between the two, tasks that are accepted are not begun. */
void crew_hold(struct crew *crew);
void crew_go(struct crew *crew);

/* Its end was taken from the posts: a thread's, or (all) a job's. */
void crew_reap(struct crew *crew, uint32_t id, uint32_t thread, bool all);

#endif
