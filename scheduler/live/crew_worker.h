/* SPDX-License-Identifier: MIT */
/*
 * crew_worker.h - a delivery thread from the inside; for crew.c only
 *
 * Everything here is guarded by the crew's lock, but for what a worker reads of
 * its own task while it is at it.
 */
#ifndef SCHED_LIVE_CREW_WORKER_H
#define SCHED_LIVE_CREW_WORKER_H

#include "crew.h"

struct worker {
    struct crew *crew;
    struct crew_job *job;
    struct worker *next;
    struct task *task; /* NULL: idle */
    pthread_t id;
    pthread_cond_t wake;
    uint32_t number;
    uint32_t host; /* it has a session with; SCHED_NONE: none */
    bool is_first; /* it starts the job */
    bool is_connected;
    bool is_stopping;
    bool is_gone; /* it does nothing more but end */
};

struct crew_job {
    struct crew_job *next;
    struct worker *workers;
    uint32_t id;
    uint32_t channel;
    uint32_t live_count;
    bool is_stopping;
    bool is_crashed;
    bool is_exit_posted;
};

void *worker_main(void *arg); /* a struct worker */
/* With the lock: a job that is to end and has no thread has ended. */
void worker_job_check(struct crew *crew, struct crew_job *job);
void task_free(struct task *task);

#endif
