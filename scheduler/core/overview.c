/* SPDX-License-Identifier: MIT */
/*
 * overview.c - the whole state in words, as `imsimta qm` shows a queue
 *
 * Pools; channels with their jobs; each host that has mail, with its active and
 * its delayed messages. Active means ready or with a thread. Hosts go by the
 * number that the caller gave them, in the order they were met.
 */
#include "engine.h"
#include "text.h"

static void
say_job(const struct engine *engine, struct text_out *out,
        const struct job *job)
{
    int64_t busy = 0;

    for (uint32_t i = 0; i < job->threads_room; i++) {
        busy += engine->threads[job->threads + i].state == THREAD_BUSY;
    }
    text_format(out,
                "    job %d: %s, %d of %d threads, %d busy, asked %d times\n",
                (int64_t)job->id,
                job->state == JOB_STARTING ? "starting"
                : job->is_draining         ? "draining"
                : job->is_idle             ? "idle"
                                           : "running",
                (int64_t)job->threads_count, (int64_t)job->threads_max, busy,
                (int64_t)job->requests_count);
}

/* say_reason - why the channel starts nothing, if it does not */
static void
say_reason(const struct engine *engine, struct text_out *out,
           const struct channel *channel)
{
    const struct pool *pool = &engine->pools[channel->conf->pool];

    if (channel->after_at_ns != SCHED_NEVER) {
        text_format(out, "    after: a job starts at %d ns\n",
                    channel->after_at_ns);
    }
    if (channel->is_refused) {
        text_format(out, "    a start was refused; tried again at %d ns\n",
                    channel->refused_until_ns);
    }
    if (channel->stress_relief_ns != SCHED_NEVER) {
        text_format(
            out,
            "    stress: threaddepth counts as %d, %d jobs fewer; a step "
            "back at %d ns\n",
            (int64_t)queue_depth(channel), (int64_t)channel->stress_jobs,
            channel->stress_relief_ns);
    }
    if (channel->want.count > 0 && channel->jobs_count >= channel->jobs_max) {
        text_format(out, "    %d hosts want a thread: maxjobs or JOB_LIMIT\n",
                    (int64_t)channel->want.count);
    } else if (channel->want.count > 0 && pool->jobs_count >= pool->jobs_max) {
        text_format(out, "    %d hosts want a thread: JOB_LIMIT\n",
                    (int64_t)channel->want.count);
    }
    if (channel->is_left) {
        text_format(out, "    max_messages: some of its mail is untracked\n");
    }
}

static void
say_hosts(const struct engine *engine, struct text_out *out,
          const struct channel *channel)
{
    int is_first = 1;

    for (uint32_t i = 0; i < engine->hosts.used_count && !out->is_full; i++) {
        const struct host *host = host_at(engine, i);
        const int64_t active = (int64_t)host->ready_count + host->active_count;

        if (host->channel != channel->index ||
            (active == 0 && host->delayed_count == 0)) {
            continue;
        }
        if (is_first) {
            text_format(out, "    host | active | delayed\n");
            is_first = 0;
        }
        if (host->number == SCHED_NONE) {
            text_format(out, "    *");
        } else {
            text_format(out, "    %d", (int64_t)host->number);
        }
        text_format(out, " | %d | %d\n", active, (int64_t)host->delayed_count);
    }
}

static void
say_channel(const struct engine *engine, struct text_out *out,
            const struct channel *channel)
{
    text_format(out, "channel %s: %d of %d jobs, backlog %d\n",
                channel->conf->name, (int64_t)channel->jobs_count,
                (int64_t)channel->jobs_max, (int64_t)channel->backlog);
    say_reason(engine, out, channel);
    for (uint32_t slot = channel->jobs.head;
         slot != MEMORY_NONE && !out->is_full; slot = engine->jobs[slot].next) {
        say_job(engine, out, &engine->jobs[slot]);
    }
    say_hosts(engine, out, channel);
}

int32_t
overview(const struct engine *engine, char *text, uint64_t text_size)
{
    struct text_out out;

    text_out_init(&out, text, text_size);
    text_format(&out, "messages: %d tracked of %d, %d held\n",
                (int64_t)scan_tracked(engine),
                (int64_t)engine->options->max_messages,
                (int64_t)engine->held_count);
    for (uint32_t i = 0; i < engine->pools_count && !out.is_full; i++) {
        text_format(&out, "pool %s: %d of %d jobs\n",
                    conf_pool(engine->conf, i)->name,
                    (int64_t)engine->pools[i].jobs_count,
                    (int64_t)engine->pools[i].jobs_max);
    }
    for (uint32_t i = 0; i < engine->channels_count && !out.is_full; i++) {
        say_channel(engine, &out, &engine->channels[i]);
    }
    return SCHED_OK;
}
