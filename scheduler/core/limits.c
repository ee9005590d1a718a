/* SPDX-License-Identifier: MIT */
/*
 * limits.c - how many jobs and threads there may be, and room for them
 *
 * Job and thread records are allocated when a limit is set, at create or by a
 * live change, for all that it allows: a start never asks for memory. Records
 * never move while they are in use. A job slot belongs to one channel and has a
 * block of thread slots; when the channel may have more threads in a job, each
 * slot gets a larger block, and takes it with its next job: a process has the
 * max_client_threads that it was started with.
 *
 * A limit that is lowered ends nothing: there are too many jobs until they end
 * by themselves.
 */
#include "engine.h"

struct limits {
    uint32_t jobs;
    uint32_t threads; /* in a job */
};

static int
can_start(const struct conf_channel *conf)
{
    return conf->has_master && conf->direction != CONF_SLAVE;
}

static struct limits
limits_of(const struct engine *engine, const struct conf_channel *conf)
{
    const uint32_t pool_max = conf_pool(engine->conf, conf->pool)->job_limit;
    struct limits limits = {
        .jobs = conf->maxjobs < pool_max ? conf->maxjobs : pool_max,
        .threads =
            conf->max_client_threads == 0 ? 1 : conf->max_client_threads};

    if (!can_start(conf)) {
        limits.jobs = 0;
    }
    return limits;
}

/* wanted - the job and thread records that a channel lacks; *limits: what it
 * is to have room for */
static void
wanted(const struct engine *engine, const struct channel *channel,
       struct limits *limits, uint64_t *jobs, uint64_t *threads)
{
    *limits = limits_of(engine, channel->conf);
    if (limits->jobs < channel->jobs_room) {
        limits->jobs = channel->jobs_room;
    }
    if (limits->threads < channel->threads_room) {
        limits->threads = channel->threads_room;
    }
    const uint32_t blocks = limits->threads > channel->threads_room
                                ? limits->jobs
                                : limits->jobs - channel->jobs_room;
    *jobs = limits->jobs - channel->jobs_room;
    *threads = (uint64_t)blocks * limits->threads;
}

/* records_grow - the arrays themselves; they may be larger than needed */
static int32_t
records_grow(struct engine *engine, uint64_t jobs, uint64_t threads)
{
    if (jobs > UINT32_MAX / 8 || threads > UINT32_MAX / 8) {
        return SCHED_ERR_LIMIT;
    }
    if (jobs > engine->jobs_size) {
        struct job *grown = memory_regrow(
            &engine->allocator, engine->jobs,
            (uint64_t)engine->jobs_size * sizeof *grown, jobs * sizeof *grown);

        if (grown == NULL) {
            return SCHED_ERR_MEMORY;
        }
        engine->jobs = grown;
        engine->jobs_size = (uint32_t)jobs;
    }
    if (threads > engine->threads_size) {
        struct thread *grown =
            memory_regrow(&engine->allocator, engine->threads,
                          (uint64_t)engine->threads_size * sizeof *grown,
                          threads * sizeof *grown);

        if (grown == NULL) {
            return SCHED_ERR_MEMORY;
        }
        engine->threads = grown;
        engine->threads_size = (uint32_t)threads;
    }
    return job_table_reserve(engine, (uint32_t)jobs);
}

/* channel_assign - its new records, out of those that are nobody's */
static void
channel_assign(struct engine *engine, struct channel *channel)
{
    struct limits limits;
    uint64_t jobs = 0;
    uint64_t threads = 0;

    wanted(engine, channel, &limits, &jobs, &threads);
    for (uint32_t i = 0; limits.threads > channel->threads_room &&
                         i < engine->jobs_used && channel->jobs_room > 0;
         i++) {
        struct job *job = &engine->jobs[i];

        if (job->channel == channel->index) {
            job->spare = engine->threads_used;
            job->spare_room = limits.threads;
            engine->threads_used += limits.threads;
        }
    }
    channel->threads_room = limits.threads;
    for (; channel->jobs_room < limits.jobs; channel->jobs_room++) {
        const uint32_t slot = engine->jobs_used++;

        engine->jobs[slot] = (struct job){.channel = channel->index,
                                          .threads = engine->threads_used,
                                          .threads_room = limits.threads,
                                          .next = channel->free_jobs};
        channel->free_jobs = slot;
        engine->threads_used += limits.threads;
    }
}

int32_t
limits_reserve(struct engine *engine)
{
    uint64_t jobs_count = engine->jobs_used;
    uint64_t threads_count = engine->threads_used;

    for (uint32_t i = 0; i < engine->channels_count; i++) {
        struct channel *channel = &engine->channels[i];
        struct limits limits;
        uint64_t jobs = 0;
        uint64_t threads = 0;

        wanted(engine, channel, &limits, &jobs, &threads);
        jobs_count += jobs;
        threads_count += threads;
        if (threads_count > UINT32_MAX / 8) {
            return SCHED_ERR_LIMIT;
        }
        int32_t status = heap_reserve(&channel->idle, &engine->allocator,
                                      limits.jobs * limits.threads);
        if (status == SCHED_OK &&
            engine->options->affinity == CONF_AFFINITY_PRIORITY) {
            status = heap_reserve(&channel->best, &engine->allocator,
                                  channel->hosts_count);
        }
        if (status != SCHED_OK) {
            return status;
        }
    }
    /* One more of each, so that there is always an array. */
    int32_t status = records_grow(engine, jobs_count + 1, threads_count + 1);
    if (status == SCHED_OK) {
        status = action_reserve(engine, 0);
    }
    if (status != SCHED_OK) {
        return status;
    }
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        channel_assign(engine, &engine->channels[i]);
    }
    return SCHED_OK;
}

static uint32_t
larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

void
limits_apply(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->pools_count; i++) {
        engine->pools[i].jobs_max = conf_pool(engine->conf, i)->job_limit;
        engine->pools[i].jobs_count = 0;
    }
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        struct channel *channel = &engine->channels[i];
        const struct limits limits = limits_of(engine, channel->conf);

        channel->can_start = can_start(channel->conf) ? 1 : 0;
        channel->jobs_max = limits.jobs;
        if (limits.jobs > 0) { /* one is left under any stress */
            channel->jobs_max = limits.jobs > channel->stress_jobs
                                    ? limits.jobs - channel->stress_jobs
                                    : 1;
        }
        channel->jobs_ceiling = larger(channel->jobs_max, channel->jobs_count);
        channel->threads_max = limits.threads;
        engine->pools[channel->conf->pool].jobs_count += channel->jobs_count;
    }
    for (uint32_t i = 0; i < engine->pools_count; i++) {
        struct pool *pool = &engine->pools[i];

        pool->jobs_ceiling = larger(pool->jobs_max, pool->jobs_count);
    }
}

void
limits_free(struct engine *engine)
{
    for (uint32_t i = 0; engine->channels != NULL && i < engine->channels_count;
         i++) {
        heap_free(&engine->channels[i].idle, &engine->allocator);
    }
    memory_give(&engine->allocator, engine->jobs,
                (uint64_t)engine->jobs_size * sizeof *engine->jobs);
    memory_give(&engine->allocator, engine->threads,
                (uint64_t)engine->threads_size * sizeof *engine->threads);
    memory_give(&engine->allocator, engine->jobs_table,
                (uint64_t)engine->jobs_table_size * sizeof *engine->jobs_table);
}
