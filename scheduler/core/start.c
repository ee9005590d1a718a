/* SPDX-License-Identifier: MIT */
/*
 * start.c - when threads and jobs are started
 *
 * An insertion is a file that becomes ready: new mail, a retry that is due.
 * For an insertion into the queue of host h of channel c:
 *
 *   h unserved     an idle thread of c takes it (lowest job, then thread);
 *                  else the job with the fewest threads starts one more; else
 *                  a new job, if the channel's and the pool's limits allow;
 *                  else h stays in the want heap.
 *   h served       the same, but only when this insertion takes the backlog of
 *                  h to a multiple of threaddepth (edge), and with edge-capped
 *                  only while h has fewer than 1 + floor(backlog/threaddepth)
 *                  threads. What finds nothing is dropped.
 *   filesperjob    besides, the channel is to have one job for each n files of
 *                  its backlog, rounded up, and at most maxjobs.
 *
 * Not an insertion, and never a reason for a new job: a host that its thread
 * leaves with ready mail, for the job drains or there is more urgent mail
 * elsewhere, goes to an idle thread; one whose thread was lost at work, to an
 * idle or a new one in the jobs there are. A thread that ends otherwise leaves
 * its place to the channel's best want, unless its job drains.
 *
 * When a job's exit frees a slot, the pool's best want gets it: by the priority
 * of its first file, then since when that is eligible, then the order of
 * configuration. The new job begins with one thread.
 *
 * With `after` +N a job that an insertion asks for starts N seconds later, by
 * the priority of the host's first file; there is one such start a channel, and an
 * earlier one takes its place. What arrives meanwhile rides along: when the
 * time has come, the best want gets the job and the others get threads in it.
 * With no want, the host it was for gets it, if its backlog asks for more
 * threads still, or filesperjob for more jobs.
 *
 * With the start policy `level` the want heaps hold every host that has fewer
 * threads than 1 + floor(backlog/threaddepth), and are served after each event:
 * by the hands that are there, then, one new job at a time, as a freed slot is.
 */
#include "engine.h"

/* has_slot - may the channel start a job now? */
static int
has_slot(const struct engine *engine, const struct channel *channel)
{
    const struct pool *pool = &engine->pools[channel->conf->pool];

    return channel->can_start && !channel->is_refused &&
           channel->jobs_count < channel->jobs_max &&
           pool->jobs_count < pool->jobs_max &&
           engine->job_last < SCHED_NONE - 1;
}

/* job_for - the job with the fewest threads, and a free one; or NULL */
static struct job *
job_for(const struct engine *engine, const struct channel *channel)
{
    struct job *best = NULL;

    if (channel->threads_free == 0 || channel->is_refused) {
        return NULL;
    }
    for (uint32_t slot = channel->jobs.head; slot != MEMORY_NONE;
         slot = engine->jobs[slot].next) {
        struct job *job = &engine->jobs[slot];

        if (!job->is_draining && job->threads_count < job->threads_max &&
            (best == NULL || job->threads_count < best->threads_count)) {
            best = job;
        }
    }
    return best;
}

/* delay_of - `after`, by the priority of the host's first file */
static int64_t
delay_of(const struct engine *engine, const struct channel *channel,
         uint32_t slot)
{
    const uint32_t first = queue_first(host_at(engine, slot));

    return channel->conf
        ->after_ns[first == MEMORY_NONE
                       ? SCHED_PRIORITY_NORMAL /* for filesperjob */
                       : file_at(engine, first)->priority];
}

/* start_job - now, or after the channel's delay; 0: not now */
static int
start_job(struct engine *engine, struct channel *channel, uint32_t slot)
{
    const int64_t after_ns = delay_of(engine, channel, slot);

    if (after_ns <= 0) {
        job_start(engine, channel, slot);
        return 1;
    }
    const int64_t at_ns = engine->now_ns > SCHED_NEVER - 1 - after_ns
                              ? SCHED_NEVER - 1
                              : engine->now_ns + after_ns;
    if (at_ns < channel->after_at_ns) {
        channel->after_at_ns = at_ns;
        channel->after_host = slot;
    }
    if (at_ns < engine->after_wish_ns) {
        engine->after_wish_ns = at_ns;
    }
    return 0;
}

/* serve - a thread for a host with a ready file; 0: nothing is there */
static int
serve(struct engine *engine, uint32_t host, int with_job)
{
    struct channel *channel = host_channel(engine, host_at(engine, host));

    if (!channel->can_start) {
        return 0; /* by a live change: its mail only waits now */
    }
    if (channel->idle.count > 0) {
        job_give(engine, &engine->threads[channel->idle.items[0]], host);
        return 1;
    }
    struct job *job = job_for(engine, channel);
    if (job != NULL) {
        job_start_thread(engine, job, host);
        return 1;
    }
    return with_job && has_slot(engine, channel) &&
           start_job(engine, channel, host);
}

/* is_deep - has this insertion taken the backlog past a multiple? */
static int
is_deep(const struct engine *engine, const struct host *host)
{
    const uint32_t depth = queue_depth(host_channel(engine, host));
    const uint32_t backlog = host->ready_count + host->active_count;

    if (backlog % depth != 0) { /* it grew by one */
        return 0;
    }
    return engine->options->start_policy != CONF_START_EDGE_CAPPED ||
           host->threads_count < 1 + backlog / depth;
}

/* jobs_wanted - filesperjob: one for each so many files; 0 without */
static uint64_t
jobs_wanted(const struct channel *channel)
{
    const int32_t files = channel->conf->filesperjob;

    return files <= 0
               ? 0
               : (channel->backlog + (uint64_t)files - 1) / (uint64_t)files;
}

/* start_more_jobs - filesperjob */
static void
start_more_jobs(struct engine *engine, uint32_t host)
{
    struct channel *channel = host_channel(engine, host_at(engine, host));

    while (channel->jobs_count < jobs_wanted(channel) &&
           has_slot(engine, channel) && start_job(engine, channel, host)) {
    }
}

void
start_inserted(struct engine *engine, uint32_t slot)
{
    const struct host *host = host_at(engine, slot);

    if (!host_channel(engine, host)->can_start) {
        return;
    }
    if (engine->options->start_policy != CONF_START_LEVEL &&
        (host->threads_count == 0 || is_deep(engine, host))) {
        (void)serve(engine, slot, 1);
    }
    start_more_jobs(engine, slot);
}

int
start_serve(struct engine *engine, uint32_t slot)
{
    const struct host *host = host_at(engine, slot);

    if (host->ready_count == 0 || host->threads_count > 0) {
        return 0;
    }
    (void)serve(engine, slot, 0);
    return 1;
}

void
start_place(struct engine *engine, const struct channel *channel)
{
    if (channel->want.count > 0) {
        (void)serve(engine, channel->want.items[0], 0);
    }
}

void
start_idle(struct engine *engine, uint32_t slot)
{
    const struct host *host = host_at(engine, slot);
    const struct channel *channel = host_channel(engine, host);

    if (channel->can_start && host->ready_count > 0 &&
        host->threads_count == 0 && channel->idle.count > 0) {
        job_give(engine, &engine->threads[channel->idle.items[0]], slot);
    }
}

void
start_exited(struct engine *engine, struct job *job)
{
    const struct channel *channel = &engine->channels[job->channel];
    uint32_t lost_count = 0;

    for (uint32_t i = 0; i < job->threads_room; i++) {
        const struct thread *thread = &engine->threads[job->threads + i];

        if (thread->state != THREAD_FREE && thread->host != MEMORY_NONE) {
            lost_count++;
        }
    }
    job_lose(engine, job);
    while (lost_count > 0 && channel->want.count > 0 &&
           serve(engine, channel->want.items[0], 0)) {
        lost_count--;
    }
}

/* want_before - does a's best want come before b's? */
static int
want_before(const struct engine *engine, const struct channel *a,
            const struct channel *b)
{
    const struct file *first_a =
        file_at(engine, queue_first(host_at(engine, a->want.items[0])));
    const struct file *first_b =
        file_at(engine, queue_first(host_at(engine, b->want.items[0])));

    if (first_a->priority != first_b->priority) {
        return first_a->priority < first_b->priority;
    }
    if (first_a->eligible_at_ns != first_b->eligible_at_ns) {
        return first_a->eligible_at_ns < first_b->eligible_at_ns;
    }
    return a->index < b->index;
}

void
start_freed(struct engine *engine, uint32_t pool)
{
    for (;;) {
        struct channel *best = NULL;

        for (uint32_t i = 0; i < engine->channels_count; i++) {
            struct channel *channel = &engine->channels[i];

            if (channel->conf->pool == pool && channel->want.count > 0 &&
                channel->after_at_ns == SCHED_NEVER &&
                has_slot(engine, channel) &&
                (best == NULL || want_before(engine, channel, best))) {
                best = channel;
            }
        }
        if (best == NULL) {
            return;
        }
        job_start(engine, best, best->want.items[0]);
    }
}

/* due_host - who gets the job: the best want; or the host it was decided for,
 * deep when it was served already, if that has still too few threads; or its
 * channel too few jobs. Or none. */
static uint32_t
due_host(const struct engine *engine, const struct channel *channel)
{
    if (channel->want.count > 0) {
        return channel->want.items[0];
    }
    const struct host *host = host_at(engine, channel->after_host);
    const uint32_t backlog = host->ready_count + host->active_count;
    const int is_short =
        host->threads_count < 1 + backlog / queue_depth(channel) ||
        channel->jobs_count < jobs_wanted(channel);

    return engine->options->start_policy != CONF_START_LEVEL &&
                   host->ready_count > 0 && is_short
               ? channel->after_host
               : MEMORY_NONE;
}

/* start_due - the one job that was decided on, and what filesperjob adds */
static void
start_due(struct engine *engine, struct channel *channel)
{
    const uint32_t host = due_host(engine, channel);

    channel->after_at_ns = SCHED_NEVER;
    if (host == MEMORY_NONE || !has_slot(engine, channel)) {
        return; /* it is a want like any other */
    }
    do {
        job_start(engine, channel, host);
    } while (channel->jobs_count < jobs_wanted(channel) &&
             has_slot(engine, channel));
    while (channel->want.count > 0 &&
           serve(engine, channel->want.items[0], 0)) {
    }
}

void
start_delayed(struct engine *engine)
{
    if (engine->after_wish_ns > engine->now_ns) {
        return;
    }
    engine->after_wish_ns = SCHED_NEVER;
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        struct channel *channel = &engine->channels[i];

        if (channel->after_at_ns <= engine->now_ns) {
            start_due(engine, channel);
        }
        if (channel->after_at_ns < engine->after_wish_ns) {
            engine->after_wish_ns = channel->after_at_ns;
        }
    }
}

/* refused_wish_set - the first of them all */
static void
refused_wish_set(struct engine *engine)
{
    engine->refused_wish_ns = SCHED_NEVER;
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        const struct channel *channel = &engine->channels[i];

        if (channel->is_refused &&
            channel->refused_until_ns < engine->refused_wish_ns) {
            engine->refused_wish_ns = channel->refused_until_ns;
        }
    }
}

void
start_refused(struct engine *engine, struct channel *channel)
{
    channel->is_refused = 1;
    channel->refused_until_ns =
        engine->now_ns > SCHED_NEVER - 1 - REFUSED_RETRY_NS
            ? SCHED_NEVER - 1
            : engine->now_ns + REFUSED_RETRY_NS;
    refused_wish_set(engine);
}

void
start_retry(struct engine *engine)
{
    if (engine->refused_wish_ns > engine->now_ns) {
        return;
    }
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        struct channel *channel = &engine->channels[i];

        if (!channel->is_refused ||
            channel->refused_until_ns > engine->now_ns) {
            continue;
        }
        channel->is_refused = 0;
        while (channel->want.count > 0 &&
               serve(engine, channel->want.items[0], 1)) {
        }
    }
    refused_wish_set(engine);
}

/* serve_all - by the hands that are there */
static void
serve_all(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        const struct channel *channel = &engine->channels[i];

        while (channel->want.count > 0 && channel->can_start &&
               serve(engine, channel->want.items[0], 0)) {
        }
    }
}

void
start_top_up(struct engine *engine)
{
    if (engine->options->start_policy != CONF_START_LEVEL) {
        return;
    }
    for (;;) {
        struct channel *best = NULL;

        serve_all(engine);
        for (uint32_t i = 0; i < engine->channels_count; i++) {
            struct channel *channel = &engine->channels[i];

            if (channel->want.count == 0 || !has_slot(engine, channel)) {
                continue;
            }
            if (delay_of(engine, channel, channel->want.items[0]) > 0) {
                (void)start_job(engine, channel, channel->want.items[0]);
            } else if (best == NULL || want_before(engine, channel, best)) {
                best = channel;
            }
        }
        if (best == NULL) {
            return;
        }
        job_start(engine, best, best->want.items[0]);
    }
}
