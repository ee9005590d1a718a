/* SPDX-License-Identifier: MIT */
/*
 * idle.c - threads and jobs without work, and when they end
 *
 * A channel's idle threads are in a heap by (job, number), for whoever wakes
 * one, and in a list by the time they have been idle, for their end; its idle
 * jobs are in such a list too. So are those that the host refused to stop: each
 * is told again REFUSED_RETRY_NS after it was, until it is stopped or has ended
 * by itself; else a job would hold its slot for ever.
 */
#include "engine.h"

static int
idle_before(const struct engine *engine, uint32_t a, uint32_t b)
{
    const struct thread *thread_a = &engine->threads[a];
    const struct thread *thread_b = &engine->threads[b];
    const uint32_t id_a = engine->jobs[thread_a->job].id;
    const uint32_t id_b = engine->jobs[thread_b->job].id;

    return id_a != id_b ? id_a < id_b : thread_a->number < thread_b->number;
}

static uint32_t *
idle_place(const struct engine *engine, uint32_t thread)
{
    return &engine->threads[thread].idle_place;
}

/* --- Lists by time: what is appended is the youngest ------------------------ */

static void
threads_append(struct engine *engine, struct list *list, struct thread *thread)
{
    const uint32_t slot = thread_slot(engine, thread);

    thread->idle_since_ns = engine->now_ns;
    thread->idle_prev = list->tail;
    thread->idle_next = MEMORY_NONE;
    if (list->tail == MEMORY_NONE) {
        list->head = slot;
        engine->idle_is_stale = 1;
    } else {
        engine->threads[list->tail].idle_next = slot;
    }
    list->tail = slot;
}

static void
threads_unlink(struct engine *engine, struct list *list,
               const struct thread *thread)
{
    if (thread->idle_prev == MEMORY_NONE) {
        list->head = thread->idle_next;
        engine->idle_is_stale = 1;
    } else {
        engine->threads[thread->idle_prev].idle_next = thread->idle_next;
    }
    if (thread->idle_next == MEMORY_NONE) {
        list->tail = thread->idle_prev;
    } else {
        engine->threads[thread->idle_next].idle_prev = thread->idle_prev;
    }
}

static void
jobs_append(struct engine *engine, struct list *list, struct job *job)
{
    const uint32_t slot = job_slot(engine, job);

    job->idle_since_ns = engine->now_ns;
    job->idle_prev = list->tail;
    job->idle_next = MEMORY_NONE;
    if (list->tail == MEMORY_NONE) {
        list->head = slot;
        engine->idle_is_stale = 1;
    } else {
        engine->jobs[list->tail].idle_next = slot;
    }
    list->tail = slot;
}

static void
jobs_unlink(struct engine *engine, struct list *list, const struct job *job)
{
    if (job->idle_prev == MEMORY_NONE) {
        list->head = job->idle_next;
        engine->idle_is_stale = 1;
    } else {
        engine->jobs[job->idle_prev].idle_next = job->idle_next;
    }
    if (job->idle_next == MEMORY_NONE) {
        list->tail = job->idle_prev;
    } else {
        engine->jobs[job->idle_next].idle_prev = job->idle_prev;
    }
}

/* --- Who is in them --------------------------------------------------------- */

void
idle_thread_add(struct engine *engine, struct channel *channel,
                struct thread *thread)
{
    heap_push(&channel->idle, engine, thread_slot(engine, thread), idle_before,
              idle_place);
    threads_append(engine, &channel->idle_threads, thread);
}

void
idle_thread_remove(struct engine *engine, struct channel *channel,
                   struct thread *thread)
{
    heap_remove(&channel->idle, engine, thread->idle_place, idle_before,
                idle_place);
    threads_unlink(engine, &channel->idle_threads, thread);
}

void
idle_job_add(struct engine *engine, struct job *job)
{
    job->is_idle = 1;
    jobs_append(engine, &engine->channels[job->channel].idle_jobs, job);
}

void
idle_job_remove(struct engine *engine, struct job *job)
{
    job->is_idle = 0;
    jobs_unlink(engine, &engine->channels[job->channel].idle_jobs, job);
}

void
idle_thread_refused(struct engine *engine, struct thread *thread)
{
    thread->state = THREAD_STOP_REFUSED;
    threads_append(engine, &engine->refused_threads, thread);
}

void
idle_thread_unrefuse(struct engine *engine, struct thread *thread)
{
    thread->state = THREAD_STOPPING;
    threads_unlink(engine, &engine->refused_threads, thread);
}

void
idle_job_refused(struct engine *engine, struct job *job)
{
    job->is_stop_refused = 1;
    jobs_append(engine, &engine->refused_jobs, job);
}

void
idle_job_unrefuse(struct engine *engine, struct job *job)
{
    job->is_stop_refused = 0;
    jobs_unlink(engine, &engine->refused_jobs, job);
}

/* --- When they end ---------------------------------------------------------- */

/* idle_due - when something idle since then is to end */
static int64_t
idle_due(int64_t since_ns, int64_t idle_ns)
{
    return idle_ns <= 0 || since_ns > SCHED_NEVER - idle_ns
               ? SCHED_NEVER
               : since_ns + idle_ns;
}

/* stop_again - threads first: a job ends when its threads have */
static void
stop_again(struct engine *engine)
{
    while (engine->refused_threads.head != MEMORY_NONE) {
        const uint32_t slot = engine->refused_threads.head;
        struct thread *thread = &engine->threads[slot];

        if (idle_due(thread->idle_since_ns, REFUSED_RETRY_NS) >
            engine->now_ns) {
            break;
        }
        idle_thread_unrefuse(engine, thread);
        action_push(engine, SCHED_ACTION_STOP_THREAD, slot, 0, 0);
    }
    while (engine->refused_jobs.head != MEMORY_NONE) {
        const uint32_t slot = engine->refused_jobs.head;
        struct job *job = &engine->jobs[slot];

        if (idle_due(job->idle_since_ns, REFUSED_RETRY_NS) > engine->now_ns) {
            break;
        }
        idle_job_unrefuse(engine, job);
        action_push(engine, SCHED_ACTION_STOP_JOB, slot, 0, 0);
    }
}

void
idle_exits(struct engine *engine)
{
    stop_again(engine); /* a STOP_JOB is the last that is said of a job */
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        struct channel *channel = &engine->channels[i];
        const struct conf_channel *conf = channel->conf;

        while (channel->idle_threads.head != MEMORY_NONE) {
            struct thread *thread =
                &engine->threads[channel->idle_threads.head];

            if (idle_due(thread->idle_since_ns, conf->thread_idle_ns) >
                engine->now_ns) {
                break;
            }
            job_stop_thread(engine, thread);
        }
        while (channel->idle_jobs.head != MEMORY_NONE) {
            struct job *job = &engine->jobs[channel->idle_jobs.head];

            if (idle_due(job->idle_since_ns, conf->job_idle_ns) >
                engine->now_ns) {
                break;
            }
            job_drain(engine, job);
        }
    }
}

/* stop_again_at - when the first of them is due */
static int64_t
stop_again_at(const struct engine *engine)
{
    const uint32_t thread = engine->refused_threads.head;
    const uint32_t job = engine->refused_jobs.head;
    int64_t at_ns = SCHED_NEVER;

    if (thread != MEMORY_NONE) {
        at_ns =
            idle_due(engine->threads[thread].idle_since_ns, REFUSED_RETRY_NS);
    }
    if (job != MEMORY_NONE) {
        const int64_t due_ns =
            idle_due(engine->jobs[job].idle_since_ns, REFUSED_RETRY_NS);

        at_ns = due_ns < at_ns ? due_ns : at_ns;
    }
    return at_ns;
}

int64_t
idle_wish(struct engine *engine)
{
    if (!engine->idle_is_stale) {
        return engine->idle_wish_ns;
    }
    int64_t wish_ns = stop_again_at(engine);

    for (uint32_t i = 0; i < engine->channels_count; i++) {
        const struct channel *channel = &engine->channels[i];
        int64_t due_ns = SCHED_NEVER;

        if (channel->idle_threads.head != MEMORY_NONE) {
            due_ns = idle_due(
                engine->threads[channel->idle_threads.head].idle_since_ns,
                channel->conf->thread_idle_ns);
            wish_ns = due_ns < wish_ns ? due_ns : wish_ns;
        }
        if (channel->idle_jobs.head != MEMORY_NONE) {
            due_ns =
                idle_due(engine->jobs[channel->idle_jobs.head].idle_since_ns,
                         channel->conf->job_idle_ns);
            wish_ns = due_ns < wish_ns ? due_ns : wish_ns;
        }
    }
    engine->idle_wish_ns = wish_ns;
    engine->idle_is_stale = 0;
    return wish_ns;
}
