/* SPDX-License-Identifier: MIT */
/*
 * job.c - jobs and their threads: what work they get, and how they end
 *
 * A thread asks for work when it is ready and with each outcome. It gets the
 * first file of the host it is bound to; if that has none, of the best host
 * that wants a thread; if there is none, it idles until a start rule wakes it.
 * A job that is too old, or has asked too often, gets nothing more: it drains.
 */
#include "engine.h"

/* working_change - one more or one less thread that is not idle */
static void
working_change(struct engine *engine, struct job *job, int is_more)
{
    if (is_more) {
        job->working_count++;
    } else {
        job->working_count--;
    }
    const int is_idle = job->state == JOB_RUNNING && !job->is_draining &&
                        job->working_count == 0;
    if (is_idle && !job->is_idle) {
        idle_job_add(engine, job);
    } else if (!is_idle && job->is_idle) {
        idle_job_remove(engine, job);
    }
}

/* --- Binding --------------------------------------------------------------- */

static void
thread_bind(struct engine *engine, struct thread *thread, uint32_t host)
{
    thread->host = host;
    host_at(engine, host)->threads_count++;
    queue_refresh(engine, host, 0);
}

static void
thread_unbind(struct engine *engine, struct thread *thread)
{
    const uint32_t host = thread->host;

    if (host != MEMORY_NONE) {
        thread->host = MEMORY_NONE;
        host_at(engine, host)->threads_count--;
        queue_refresh(engine, host, 0);
    }
}

/* --- Looking up ------------------------------------------------------------ */

struct job *
job_find(const struct engine *engine, uint32_t id)
{
    const uint32_t mask = engine->jobs_table_size - 1;
    uint32_t at = id & mask;

    while (engine->jobs_table[at] != MEMORY_NONE) {
        struct job *job = &engine->jobs[engine->jobs_table[at]];

        if (job->id == id) {
            return job;
        }
        at = (at + 1) & mask;
    }
    return NULL;
}

/* table_add - ids go up by one, so that neighbours are rare */
static void
table_add(struct engine *engine, const struct job *job)
{
    const uint32_t mask = engine->jobs_table_size - 1;
    uint32_t at = job->id & mask;

    while (engine->jobs_table[at] != MEMORY_NONE) {
        at = (at + 1) & mask;
    }
    engine->jobs_table[at] = job_slot(engine, job);
}

int32_t
job_table_reserve(struct engine *engine, uint32_t jobs)
{
    uint32_t size = engine->jobs_table_size == 0 ? 16 : engine->jobs_table_size;

    while (size < jobs * 2) {
        size *= 2;
    }
    if (size == engine->jobs_table_size) {
        return SCHED_OK;
    }
    uint32_t *table =
        memory_take(&engine->allocator, (uint64_t)size * sizeof *table);
    if (table == NULL) {
        return SCHED_ERR_MEMORY;
    }
    memory_give(&engine->allocator, engine->jobs_table,
                (uint64_t)engine->jobs_table_size * sizeof *table);
    engine->jobs_table = table;
    engine->jobs_table_size = size;
    for (uint32_t i = 0; i < size; i++) {
        table[i] = MEMORY_NONE;
    }
    for (uint32_t i = 0; i < engine->jobs_used; i++) {
        if (engine->jobs[i].state != JOB_FREE) {
            table_add(engine, &engine->jobs[i]);
        }
    }
    return SCHED_OK;
}

/* table_remove - and those behind it move up, so that no gap hides them */
static void
table_remove(struct engine *engine, const struct job *job)
{
    const uint32_t mask = engine->jobs_table_size - 1;
    const uint32_t slot = job_slot(engine, job);
    uint32_t gap = job->id & mask;

    while (engine->jobs_table[gap] != slot) {
        gap = (gap + 1) & mask;
    }
    for (uint32_t at = (gap + 1) & mask; engine->jobs_table[at] != MEMORY_NONE;
         at = (at + 1) & mask) {
        const uint32_t home = engine->jobs[engine->jobs_table[at]].id & mask;

        if (((at - home) & mask) >= ((at - gap) & mask)) {
            engine->jobs_table[gap] = engine->jobs_table[at];
            gap = at;
        }
    }
    engine->jobs_table[gap] = MEMORY_NONE;
}

struct thread *
job_find_thread(const struct engine *engine, const struct job *job,
                uint32_t number)
{
    const uint32_t size = job->threads_room;
    uint32_t at = number % size;

    for (uint32_t i = 0; i < size; i++) {
        struct thread *thread = &engine->threads[job->threads + at];

        if (thread->state != THREAD_FREE && thread->number == number) {
            return thread;
        }
        at = at + 1 == size ? 0 : at + 1;
    }
    return NULL;
}

/* --- Starting -------------------------------------------------------------- */

/* thread_new - the next number, in a free slot near where it is looked for */
static struct thread *
thread_new(struct engine *engine, struct job *job)
{
    const uint32_t size = job->threads_room;
    uint32_t at = job->number_next % size;

    while (engine->threads[job->threads + at].state != THREAD_FREE) {
        at = at + 1 == size ? 0 : at + 1;
    }
    struct thread *thread = &engine->threads[job->threads + at];
    *thread = (struct thread){.number = job->number_next++,
                              .job = job_slot(engine, job),
                              .host = MEMORY_NONE,
                              .file = MEMORY_NONE,
                              .idle_place = MEMORY_NONE};
    job->threads_count++;
    engine->channels[job->channel].threads_free--;
    working_change(engine, job, 1);
    return thread;
}

void
job_start(struct engine *engine, struct channel *channel, uint32_t host)
{
    const uint32_t slot = channel->free_jobs;

    ENGINE_CHECK(engine, slot != MEMORY_NONE);
    if (slot == MEMORY_NONE) {
        return;
    }
    struct job *job = &engine->jobs[slot];
    const int is_larger = job->spare_room > job->threads_room;
    const uint32_t threads = is_larger ? job->spare : job->threads;
    const uint32_t room = is_larger ? job->spare_room : job->threads_room;

    channel->free_jobs = job->next;
    *job = (struct job){.id = ++engine->job_last,
                        .channel = channel->index,
                        .threads = threads,
                        .threads_room = room,
                        .threads_max = channel->threads_max,
                        .state = JOB_STARTING,
                        .next = MEMORY_NONE,
                        .prev = channel->jobs.tail};
    if (channel->jobs.tail == MEMORY_NONE) {
        channel->jobs.head = slot;
    } else {
        engine->jobs[channel->jobs.tail].next = slot;
    }
    channel->jobs.tail = slot;
    table_add(engine, job);
    channel->jobs_count++;
    channel->threads_free += channel->threads_max;
    engine->pools[channel->conf->pool].jobs_count++;

    struct thread *thread = thread_new(engine, job);
    thread->state = THREAD_STARTING;
    thread_bind(engine, thread, host);
    action_push(engine, SCHED_ACTION_START_JOB, slot, 0, 0);
}

void
job_start_thread(struct engine *engine, struct job *job, uint32_t host)
{
    struct thread *thread = thread_new(engine, job);

    thread->state = THREAD_PENDING;
    thread_bind(engine, thread, host);
    if (job->state == JOB_RUNNING) {
        thread->state = THREAD_STARTING;
        action_push(engine, SCHED_ACTION_START_THREAD,
                    thread_slot(engine, thread), 0, 0);
    }
}

void
job_started(struct engine *engine, struct job *job)
{
    const uint32_t size = job->threads_room;

    job->state = JOB_RUNNING;
    job->started_at_ns = engine->now_ns;
    /* Numbers are still the places of the threads. */
    for (uint32_t i = 0; i < size; i++) {
        struct thread *thread = &engine->threads[job->threads + i];

        if (thread->state == THREAD_PENDING) {
            thread->state = THREAD_STARTING;
            action_push(engine, SCHED_ACTION_START_THREAD, job->threads + i, 0,
                        0);
        }
    }
}

/* --- Work ------------------------------------------------------------------ */

void
job_give(struct engine *engine, struct thread *thread, uint32_t host)
{
    struct job *job = &engine->jobs[thread->job];

    if (thread->state == THREAD_IDLE) {
        idle_thread_remove(engine, &engine->channels[job->channel], thread);
        working_change(engine, job, 1);
    }
    thread->state = THREAD_BUSY;
    if (thread->host != host) {
        thread_unbind(engine, thread);
        thread->host = host;
        host_at(engine, host)->threads_count++;
    }
    const uint32_t file = queue_take(engine, host);

    queue_refresh(engine, host, 1);
    file_at(engine, file)->prev = thread_slot(engine, thread);
    thread->file = file;
    action_push(engine, SCHED_ACTION_DELIVER, thread_slot(engine, thread), 0,
                0);
}

/* stop_if_done - all its threads have been told to stop, or are gone */
static void
stop_if_done(struct engine *engine, struct job *job)
{
    if (job->is_draining && !job->is_stop_told &&
        job->stopping_count == job->threads_count) {
        job->is_stop_told = 1;
        action_push(engine, SCHED_ACTION_STOP_JOB, job_slot(engine, job), 0, 0);
    }
}

/* thread_stop - it is idle, or has just asked */
static void
thread_stop(struct engine *engine, struct job *job, struct thread *thread)
{
    thread->state = THREAD_STOPPING;
    job->stopping_count++;
    action_push(engine, SCHED_ACTION_STOP_THREAD, thread_slot(engine, thread),
                0, 0);
}

void
job_stop_thread(struct engine *engine, struct thread *thread)
{
    struct job *job = &engine->jobs[thread->job];

    idle_thread_remove(engine, &engine->channels[job->channel], thread);
    thread_stop(engine, job, thread);
}

/* idle_first - its idle thread with the lowest number, or NULL */
static struct thread *
idle_first(const struct engine *engine, const struct job *job)
{
    struct thread *first = NULL;

    for (uint32_t i = 0; i < job->threads_room; i++) {
        struct thread *thread = &engine->threads[job->threads + i];

        if (thread->state == THREAD_IDLE &&
            (first == NULL || thread->number < first->number)) {
            first = thread;
        }
    }
    return first;
}

void
job_drain(struct engine *engine, struct job *job)
{
    struct channel *channel = &engine->channels[job->channel];

    if (job->is_draining) {
        return;
    }
    job->is_draining = 1;
    channel->threads_free -= job->threads_max - job->threads_count;
    if (job->is_idle) {
        idle_job_remove(engine, job);
    }
    for (struct thread *thread = idle_first(engine, job); thread != NULL;
         thread = idle_first(engine, job)) {
        job_stop_thread(engine, thread);
    }
    stop_if_done(engine, job);
}

void
job_rest(struct engine *engine, struct thread *thread)
{
    struct job *job = &engine->jobs[thread->job];

    thread_unbind(engine, thread);
    if (job->is_draining) {
        thread_stop(engine, job, thread);
        working_change(engine, job, 0);
        stop_if_done(engine, job);
        return;
    }
    thread->state = THREAD_IDLE;
    idle_thread_add(engine, &engine->channels[job->channel], thread);
    working_change(engine, job, 0);
}

/* work_for - the host whose first file the thread gets, or none */
static uint32_t
work_for(const struct engine *engine, const struct channel *channel,
         const struct thread *thread)
{
    if (engine->options->affinity == CONF_AFFINITY_PRIORITY) {
        return channel->best.count > 0 ? channel->best.items[0] : MEMORY_NONE;
    }
    if (thread->host != MEMORY_NONE &&
        host_at(engine, thread->host)->ready_count > 0) {
        return thread->host;
    }
    return channel->want.count > 0 ? channel->want.items[0] : MEMORY_NONE;
}

void
job_ask(struct engine *engine, struct thread *thread)
{
    struct job *job = &engine->jobs[thread->job];
    const struct channel *channel = &engine->channels[job->channel];
    const struct conf_channel *conf = channel->conf;
    const int64_t age_ns = engine->now_ns - job->started_at_ns;

    job->requests_count++;
    thread->file = MEMORY_NONE;
    if ((conf->max_life_conns > 0 &&
         job->requests_count > conf->max_life_conns) ||
        (conf->max_life_age_ns > 0 && age_ns >= conf->max_life_age_ns)) {
        job_drain(engine, job);
    }
    const uint32_t left = thread->host;
    const uint32_t host =
        job->is_draining ? MEMORY_NONE : work_for(engine, channel, thread);
    if (host == MEMORY_NONE) {
        job_rest(engine, thread);
    } else {
        job_give(engine, thread, host);
    }
    if (left != MEMORY_NONE && left != host) {
        start_idle(engine, left);
    }
}

/* --- Ending ---------------------------------------------------------------- */

uint32_t
job_lose_thread(struct engine *engine, struct thread *thread)
{
    struct job *job = &engine->jobs[thread->job];
    struct channel *channel = &engine->channels[job->channel];
    const uint32_t host = thread->host;
    const uint32_t state = thread->state;
    const int is_stopping =
        state == THREAD_STOPPING || state == THREAD_STOP_REFUSED;

    thread_unbind(engine, thread);
    if (state == THREAD_BUSY) {
        struct host *queue = host_at(engine, host);

        queue->active_count--;
        channel->backlog--;
        queue_push(engine, thread->file);
    } else if (state == THREAD_IDLE) {
        idle_thread_remove(engine, channel, thread);
    } else if (is_stopping) {
        job->stopping_count--;
    }
    if (state == THREAD_STOP_REFUSED) {
        idle_thread_unrefuse(engine, thread);
    }
    thread->state = THREAD_FREE;
    job->threads_count--;
    if (!job->is_draining) {
        channel->threads_free++;
    }
    if (state != THREAD_IDLE && !is_stopping) {
        working_change(engine, job, 0);
    }
    stop_if_done(engine, job);
    return host;
}

void
job_lose(struct engine *engine, struct job *job)
{
    struct channel *channel = &engine->channels[job->channel];
    struct pool *pool = &engine->pools[channel->conf->pool];
    const uint32_t slot = job_slot(engine, job);

    job->is_stop_told = 1; /* whatever happens now, it is over */
    for (uint32_t i = 0; i < job->threads_room; i++) {
        struct thread *thread = &engine->threads[job->threads + i];

        if (thread->state != THREAD_FREE) {
            (void)job_lose_thread(engine, thread);
        }
    }
    if (job->is_idle) {
        idle_job_remove(engine, job);
    }
    if (job->is_stop_refused) {
        idle_job_unrefuse(engine, job);
    }
    if (!job->is_draining) {
        channel->threads_free -= job->threads_max;
    }
    if (job->prev == MEMORY_NONE) {
        channel->jobs.head = job->next;
    } else {
        engine->jobs[job->prev].next = job->next;
    }
    if (job->next == MEMORY_NONE) {
        channel->jobs.tail = job->prev;
    } else {
        engine->jobs[job->next].prev = job->prev;
    }
    table_remove(engine, job);
    channel->jobs_count--;
    pool->jobs_count--;
    /* Above a limit that was lowered, each end is a step towards it. */
    if (channel->jobs_ceiling > channel->jobs_max) {
        channel->jobs_ceiling--;
    }
    if (pool->jobs_ceiling > pool->jobs_max) {
        pool->jobs_ceiling--;
    }
    job->state = JOB_FREE;
    job->next = channel->free_jobs;
    channel->free_jobs = slot;
}
