/* SPDX-License-Identifier: MIT */
/*
 * crew.c - see crew.h
 */
#include "crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crew_worker.h"
#include "live.h"

void
crew_init(struct crew *crew)
{
    pthread_mutex_init(&crew->lock, NULL);
}

/* --- Looking up: with the lock ---------------------------------------------- */

static struct crew_job *
job_find(struct crew *crew, uint32_t id)
{
    struct crew_job *job = crew->jobs;

    while (job != NULL && job->id != id) {
        job = job->next;
    }
    return job;
}

/* job_alive - that can still be asked for something */
static struct crew_job *
job_alive(struct crew *crew, uint32_t id)
{
    struct crew_job *job = job_find(crew, id);

    return job == NULL || job->is_crashed || job->is_exit_posted ? NULL : job;
}

static struct worker *
worker_alive(struct crew_job *job, uint32_t number)
{
    struct worker *worker = job->workers;

    while (worker != NULL && (worker->number != number || worker->is_gone)) {
        worker = worker->next;
    }
    return worker;
}

/* --- Starting and stopping -------------------------------------------------- */

/* worker_new - with the lock. 0, or why not. */
static uint32_t
worker_new(struct crew *crew, struct crew_job *job, uint32_t number,
           bool is_first)
{
    if (crew->threads_count >= crew->threads_max) {
        return SCHED_REFUSED_LIMIT;
    }
    struct worker *worker = live_alloc(sizeof *worker);
    *worker = (struct worker){.crew = crew,
                              .job = job,
                              .next = job->workers,
                              .number = number,
                              .host = SCHED_NONE,
                              .is_first = is_first};
    live_cond_init(&worker->wake);
    if (pthread_create(&worker->id, NULL, worker_main, worker) != 0) {
        pthread_cond_destroy(&worker->wake);
        free(worker);
        return SCHED_REFUSED_LIMIT;
    }
    job->workers = worker;
    job->live_count++;
    crew->threads_count++;
    if (crew->threads_peak < crew->threads_count) {
        crew->threads_peak = crew->threads_count;
    }
    return 0;
}

uint32_t
crew_start_job(struct crew *crew, uint32_t id, uint32_t channel,
               uint32_t thread)
{
    struct crew_job *job = live_alloc(sizeof *job);

    *job = (struct crew_job){.id = id, .channel = channel};
    pthread_mutex_lock(&crew->lock);
    uint32_t reason = job_find(crew, id) != NULL
                          ? SCHED_REFUSED_ILLEGAL
                          : worker_new(crew, job, thread, true);
    if (reason == 0) {
        job->next = crew->jobs;
        crew->jobs = job;
    }
    pthread_mutex_unlock(&crew->lock);
    if (reason != 0) {
        free(job);
    }
    return reason;
}

uint32_t
crew_start_thread(struct crew *crew, uint32_t id, uint32_t thread)
{
    pthread_mutex_lock(&crew->lock);
    struct crew_job *job = job_alive(crew, id);
    const uint32_t reason =
        job == NULL ? SCHED_REFUSED_UNKNOWN
        : job->is_stopping || worker_alive(job, thread) != NULL
            ? SCHED_REFUSED_ILLEGAL
            : worker_new(crew, job, thread, false);
    pthread_mutex_unlock(&crew->lock);
    return reason;
}

uint32_t
crew_stop_job(struct crew *crew, uint32_t id)
{
    pthread_mutex_lock(&crew->lock);
    struct crew_job *job = job_alive(crew, id);
    if (job != NULL) {
        job->is_stopping = true;
        worker_job_check(crew, job);
    }
    pthread_mutex_unlock(&crew->lock);
    return 0; /* one that has crashed has stopped: it is being reported */
}

uint32_t
crew_stop_thread(struct crew *crew, uint32_t id, uint32_t thread)
{
    uint32_t reason = SCHED_REFUSED_UNKNOWN;

    pthread_mutex_lock(&crew->lock);
    struct crew_job *job = job_alive(crew, id);
    struct worker *worker = job == NULL ? NULL : worker_alive(job, thread);
    if (worker != NULL) {
        reason = worker->task != NULL ? SCHED_REFUSED_ILLEGAL : 0;
    }
    if (reason == 0) {
        worker->is_stopping = true;
        pthread_cond_signal(&worker->wake);
    }
    pthread_mutex_unlock(&crew->lock);
    return reason;
}

uint32_t
crew_deliver(struct crew *crew, uint32_t id, uint32_t thread, struct task *task)
{
    uint32_t reason = SCHED_REFUSED_UNKNOWN;

    pthread_mutex_lock(&crew->lock);
    struct crew_job *job = job_alive(crew, id);
    struct worker *worker = job == NULL ? NULL : worker_alive(job, thread);
    if (worker != NULL) {
        reason = worker->task != NULL || worker->is_stopping
                     ? SCHED_REFUSED_ILLEGAL
                     : 0;
    }
    if (reason == 0) {
        worker->task = task;
        pthread_cond_signal(&worker->wake);
    }
    pthread_mutex_unlock(&crew->lock);
    return reason;
}

void
crew_hold(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->is_held = true;
    pthread_mutex_unlock(&crew->lock);
}

void
crew_go(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->is_held = false;
    for (struct crew_job *job = crew->jobs; job != NULL; job = job->next) {
        for (struct worker *worker = job->workers; worker != NULL;
             worker = worker->next) {
            if (worker->task != NULL) {
                pthread_cond_signal(&worker->wake);
            }
        }
    }
    pthread_mutex_unlock(&crew->lock);
}

/* --- Ends --------------------------------------------------------------------- */

/* worker_take - out of its job, if it is gone; NULL: there is none */
static struct worker *
worker_take(struct crew_job *job, uint32_t number, bool all)
{
    for (struct worker **at = &job->workers; *at != NULL; at = &(*at)->next) {
        struct worker *worker = *at;
        if (worker->is_gone && (all || worker->number == number)) {
            *at = worker->next;
            return worker;
        }
    }
    return NULL;
}

static void
worker_free(struct worker *worker)
{
    pthread_join(worker->id, NULL);
    pthread_cond_destroy(&worker->wake);
    task_free(worker->task);
    free(worker);
}

void
crew_reap(struct crew *crew, uint32_t id, uint32_t thread, bool all)
{
    struct worker *worker = NULL;

    pthread_mutex_lock(&crew->lock);
    struct crew_job *job = job_find(crew, id);
    while (job != NULL && (worker = worker_take(job, thread, all)) != NULL) {
        pthread_mutex_unlock(&crew->lock);
        worker_free(worker);
        pthread_mutex_lock(&crew->lock);
    }
    if (all && job != NULL) {
        struct crew_job **at = &crew->jobs;
        while (*at != job) {
            at = &(*at)->next;
        }
        *at = job->next;
        free(job);
    }
    pthread_mutex_unlock(&crew->lock);
}

void
crew_end(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->is_quitting = true;
    for (struct crew_job *job = crew->jobs; job != NULL; job = job->next) {
        for (struct worker *worker = job->workers; worker != NULL;
             worker = worker->next) {
            pthread_cond_signal(&worker->wake);
        }
    }
    pthread_mutex_unlock(&crew->lock);
    /* Nobody but this thread changes the lists. */
    while (crew->jobs != NULL) {
        struct crew_job *job = crew->jobs;
        while (job->workers != NULL) {
            struct worker *worker = job->workers;
            job->workers = worker->next;
            worker_free(worker);
        }
        crew->jobs = job->next;
        free(job);
    }
    pthread_mutex_destroy(&crew->lock);
}
