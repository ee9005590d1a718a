/* SPDX-License-Identifier: MIT */
/*
 * idle.c - threads and jobs without work, and when they end
 *
 * A channel's idle threads are in a heap by (job, number), for whoever wakes
 * one, and in a list by the time they have been idle, for their end; its idle
 * jobs are in such a list too.
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

/* At the tail of the list: time does not go back. */
void
idle_thread_add(struct engine *engine, struct channel *channel,
                struct thread *thread)
{
    struct list *list = &channel->idle_threads;
    const uint32_t slot = thread_slot(engine, thread);

    heap_push(&channel->idle, engine, slot, idle_before, idle_place);
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

void
idle_thread_remove(struct engine *engine, struct channel *channel,
                   struct thread *thread)
{
    struct list *list = &channel->idle_threads;

    heap_remove(&channel->idle, engine, thread->idle_place, idle_before,
                idle_place);
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

void
idle_job_add(struct engine *engine, struct job *job)
{
    struct list *list = &engine->channels[job->channel].idle_jobs;
    const uint32_t slot = job_slot(engine, job);

    job->is_idle = 1;
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

void
idle_job_remove(struct engine *engine, struct job *job)
{
    struct list *list = &engine->channels[job->channel].idle_jobs;

    job->is_idle = 0;
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

/* idle_due - when something idle since then is to end */
static int64_t
idle_due(int64_t since_ns, int64_t idle_ns)
{
    return idle_ns <= 0 || since_ns > SCHED_NEVER - idle_ns
               ? SCHED_NEVER
               : since_ns + idle_ns;
}

void
idle_exits(struct engine *engine)
{
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

int64_t
idle_wish(struct engine *engine)
{
    if (!engine->idle_is_stale) {
        return engine->idle_wish_ns;
    }
    int64_t wish_ns = SCHED_NEVER;

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
