/* SPDX-License-Identifier: MIT */
/*
 * explain.c - what a file waits for, and by which rule, in a sentence
 *
 * For people. It walks the list of all files: not for the hot path.
 */
#include "engine.h"
#include "text.h"

/* rank - how many files of its host go before it */
static uint32_t
rank(const struct engine *engine, const struct host *host, uint32_t slot)
{
    uint32_t before = 0;

    for (uint32_t p = 0; p < SCHED_PRIORITIES_COUNT; p++) {
        for (uint32_t at = host->head[p]; at != MEMORY_NONE;
             at = file_at(engine, at)->next) {
            if (at == slot) {
                return before;
            }
            before++;
        }
    }
    return before;
}

/* unserved - why its host has no thread */
static const char *
unserved(const struct engine *engine, const struct channel *channel)
{
    const struct pool *pool = &engine->pools[channel->conf->pool];

    if (channel->conf->direction == CONF_SLAVE) {
        return "its channel is slave, and no job is started for it";
    }
    if (!channel->can_start) {
        return "its channel has no master_command, and no job is started";
    }
    if (channel->is_refused) {
        return "a start was refused; it is tried again soon";
    }
    if (channel->after_at_ns != SCHED_NEVER) {
        return "a job for its channel is to start, delayed by after";
    }
    if (channel->threads_free > 0) {
        return "a thread is free; the next insertion for its host starts it";
    }
    if (channel->jobs_count >= channel->jobs_max) {
        return "every thread is taken and the channel has all the jobs it may "
               "have (the smaller of maxjobs and JOB_LIMIT)";
    }
    if (pool->jobs_count >= pool->jobs_max) {
        return "every thread is taken and the pool is at its JOB_LIMIT; the "
               "exit of a job gives its slot to the best mail";
    }
    return "the next insertion for its host starts a job";
}

static void
explain_ready(const struct engine *engine, struct text_out *out, uint32_t slot)
{
    const struct file *file = file_at(engine, slot);
    const struct host *host = host_at(engine, file->host);
    const struct channel *channel = host_channel(engine, host);

    text_format(out, "ready since %d ns; %d of %d before it for its host; ",
                file->eligible_at_ns, (int64_t)rank(engine, host, slot),
                (int64_t)host->ready_count);
    if (host->threads_count > 0) {
        text_format(out,
                    "its host is served by %d threads, and gets another when "
                    "its backlog (%d) passes a multiple of threaddepth (%d)",
                    (int64_t)host->threads_count,
                    (int64_t)host->ready_count + host->active_count,
                    (int64_t)queue_depth(channel));
    } else {
        text_format(out, "its host has no thread: %s",
                    unserved(engine, channel));
    }
}

static void
explain_delayed(const struct engine *engine, struct text_out *out,
                const struct file *file)
{
    const struct conf_channel *conf =
        host_channel(engine, host_at(engine, file->host))->conf;

    if (file->attempts > 0) {
        text_format(out, "failed %d times; by its backoff tried at %d ns",
                    (int64_t)file->attempts, file->eligible_at_ns);
    } else {
        text_format(out,
                    "not before %d ns: left to the periodic job (%s, period "
                    "%d), deferred by its sender (deferred), or refused by "
                    "the host",
                    file->eligible_at_ns,
                    conf->is_periodic ? "periodic" : "its priority",
                    (int64_t)conf->period);
    }
}

int32_t
explain_file(const struct engine *engine, uint64_t message, uint32_t number,
             char *text, uint64_t text_size)
{
    struct text_out out;
    uint32_t slot = engine->oldest;

    if (message == 0) {
        return overview(engine, text, text_size);
    }
    while (slot != MEMORY_NONE && (file_at(engine, slot)->message != message ||
                                   file_at(engine, slot)->number != number)) {
        slot = file_at(engine, slot)->later;
    }
    if (slot == MEMORY_NONE) {
        return SCHED_ERR_ARGUMENT;
    }
    const struct file *file = file_at(engine, slot);
    const struct channel *channel =
        host_channel(engine, host_at(engine, file->host));
    text_out_init(&out, text, text_size);
    text_format(&out, "%s, priority %d: ", channel->conf->name,
                (int64_t)file->priority);
    switch ((enum file_state)file->state) {
    case FILE_READY:
        explain_ready(engine, &out, slot);
        break;
    case FILE_DELAYED:
        explain_delayed(engine, &out, file);
        break;
    case FILE_HELD:
        text_format(&out, "held (holdlimit) until a command releases it");
        break;
    case FILE_ACTIVE:
        text_format(&out, "with thread %d of job %d",
                    (int64_t)engine->threads[file->prev].number,
                    (int64_t)engine->jobs[engine->threads[file->prev].job].id);
        break;
    case FILE_NEW:
    case FILE_UNTRACKED:
    case FILE_LEAVING:
        text_format(&out, "being returned to its sender");
        break;
    }
    return SCHED_OK;
}
