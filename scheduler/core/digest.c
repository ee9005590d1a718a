/* SPDX-License-Identifier: MIT */
/*
 * digest.c - one number for everything that future decisions depend on
 *
 * Files in the order of creation, jobs by id, threads by number: never slots,
 * capacities or free lists. Two instances with the same digest go on alike.
 */
#include "engine.h"

uint64_t
digest_mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 29;
}

static uint64_t
mix_file(uint64_t digest, const struct engine *engine, uint32_t slot)
{
    const struct file *file = file_at(engine, slot);
    const struct host *host = host_at(engine, file->host);
    uint32_t count = 0;
    const uint32_t *recipients = file_recipients(engine, file, &count);

    digest = digest_mix(digest, file->message);
    digest = digest_mix(digest, (uint64_t)file->number << 32 | file->attempts);
    digest = digest_mix(digest, (uint64_t)file->submitted_at_ns);
    digest = digest_mix(digest, (uint64_t)file->eligible_at_ns);
    digest = digest_mix(digest, (uint64_t)host->channel << 32 | host->number);
    digest = digest_mix(digest, (uint64_t)(file->flags & ~FILE_IS_MANY) << 40 |
                                    (uint64_t)file->state << 32 |
                                    (uint64_t)file->priority << 24 |
                                    file->looked_hours);
    if (file->family != MEMORY_NONE) {
        digest =
            digest_mix(digest, family_at(engine, file->family)->number_last);
    }
    digest = digest_mix(digest, count);
    for (uint32_t i = 0; i < count; i++) {
        digest = digest_mix(digest, recipients[i]);
    }
    return digest_mix(digest, slot == engine->return_cursor);
}

static uint64_t
mix_thread(uint64_t digest, const struct engine *engine,
           const struct thread *thread)
{
    digest = digest_mix(digest, (uint64_t)thread->number << 32 | thread->state);
    if (thread->host != MEMORY_NONE) {
        const struct host *host = host_at(engine, thread->host);

        digest =
            digest_mix(digest, (uint64_t)host->channel << 32 | host->number);
    }
    if (thread->state == THREAD_BUSY) {
        const struct file *file = file_at(engine, thread->file);

        digest = digest_mix(digest, file->message);
        digest = digest_mix(digest, file->number);
    }
    return thread->state == THREAD_IDLE || thread->state == THREAD_STOP_REFUSED
               ? digest_mix(digest, (uint64_t)thread->idle_since_ns)
               : digest;
}

/* mix_job - and its threads, by number */
static uint64_t
mix_job(uint64_t digest, const struct engine *engine, const struct job *job)
{
    const uint32_t size = job->threads_room;
    uint64_t least = 0;

    digest = digest_mix(digest, (uint64_t)job->id << 32 | job->number_next);
    digest = digest_mix(digest, job->requests_count);
    digest = digest_mix(digest, job->threads_max);
    digest = digest_mix(digest, (uint64_t)job->is_stop_refused << 24 |
                                    (uint64_t)job->state << 16 |
                                    (uint64_t)job->is_draining << 8 |
                                    job->is_stop_told);
    digest = digest_mix(digest, (uint64_t)job->started_at_ns);
    digest = digest_mix(digest, job->is_idle || job->is_stop_refused
                                    ? (uint64_t)job->idle_since_ns
                                    : 0);
    for (uint32_t left = job->threads_count; left > 0; left--) {
        const struct thread *next = NULL;

        for (uint32_t i = 0; i < size; i++) {
            const struct thread *thread = &engine->threads[job->threads + i];

            if (thread->state != THREAD_FREE && thread->number >= least &&
                (next == NULL || thread->number < next->number)) {
                next = thread;
            }
        }
        if (next == NULL) {
            break;
        }
        digest = mix_thread(digest, engine, next);
        least = (uint64_t)next->number + 1;
    }
    return digest;
}

uint64_t
digest_state(const struct engine *engine)
{
    uint64_t digest = digest_mix(0, (uint64_t)engine->now_ns);

    digest = digest_mix(digest, (uint64_t)engine->wall_offset_ns);
    digest = digest_mix(digest, (uint64_t)engine->return_next_wall_ns);
    digest = digest_mix(digest, engine->return_is_running
                                    ? (uint64_t)engine->return_now_ns
                                    : UINT64_MAX);
    digest = digest_mix(digest, engine->action_last);
    digest = digest_mix(digest, (uint64_t)engine->job_last << 32 |
                                    engine->outgoing_count);
    for (uint32_t slot = engine->oldest; slot != MEMORY_NONE;
         slot = file_at(engine, slot)->later) {
        digest = mix_file(digest, engine, slot);
    }
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        const struct channel *channel = &engine->channels[i];

        digest = digest_mix(digest, channel->is_refused
                                        ? (uint64_t)channel->refused_until_ns
                                        : UINT64_MAX);
        digest = digest_mix(digest, (uint64_t)channel->jobs_max << 32 |
                                        channel->threads_max);
        digest = digest_mix(digest, (uint64_t)channel->after_at_ns);
        if (channel->after_at_ns != SCHED_NEVER) {
            digest = digest_mix(digest, channel->after_host);
        }
        digest = digest_mix(digest, (uint64_t)channel->stress_factor << 32 |
                                        channel->stress_jobs);
        if (channel->stress_divisor > 1) {
            digest = digest_mix(digest, channel->stress_divisor);
        }
        digest = digest_mix(digest, (uint64_t)channel->stress_deaf_ns);
        digest = digest_mix(digest, (uint64_t)channel->stress_relief_ns);
        for (uint32_t slot = channel->jobs.head; slot != MEMORY_NONE;
             slot = engine->jobs[slot].next) {
            digest = mix_job(digest, engine, &engine->jobs[slot]);
        }
    }
    return scan_digest(engine, session_digest(engine, digest));
}
