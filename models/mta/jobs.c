/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * jobs.c - processes and threads of the delivery programs
 */
#include <inttypes.h>
#include <stdlib.h>

#include "models/mta/world.h"

static void on_thread_ready(void *arg, uint64_t data);

struct job *
jobs_get(struct host *host, uint32_t job)
{
    if (job == 0 || job > host->jobs_count ||
        host->jobs[job - 1].state == JOB_GONE) {
        return NULL;
    }
    return &host->jobs[job - 1];
}

uint32_t
jobs_thread(const struct host *host, uint32_t job, uint32_t thread)
{
    if (job == 0 || job > host->jobs_count ||
        thread >= host->jobs[job - 1].threads_count) {
        return 0;
    }
    return host->jobs[job - 1].threads[thread];
}

/* thread_make - the next thread of a job, starting; its handle */
static uint64_t
thread_make(struct host *host, uint32_t job_id)
{
    struct job *job = &host->jobs[job_id - 1];
    uint64_t handle = slab_take(host->threads);

    ASSERT(handle != 0); /* 2^24 threads at once: beyond any limit */
    if (job->threads_count == job->threads_capacity) {
        job->threads_capacity =
            job->threads_count == 0 ? 4 : 2 * job->threads_count;
        job->threads = base_realloc(job->threads, job->threads_capacity *
                                                      sizeof job->threads[0]);
    }
    struct thread *thread = slab_must_get(host->threads, handle);
    thread->job = job_id;
    thread->number = job->threads_count;
    thread->host = SCHED_NONE;
    thread->state = THREAD_STARTING;
    job->threads[job->threads_count++] = (uint32_t)handle;
    job->live_count++;
    host->result->thread_starts++;
    host->threads_live++;
    host->result->threads_peak =
        i64_max(host->result->threads_peak, host->threads_live);
    return handle;
}

/* cost - what a start costs, by chance where it varies */
static int64_t
cost(const struct variate *variate, const struct chance *chance,
     uint64_t channel, uint64_t ordinal)
{
    if (variate->kind == VARIATE_CONSTANT) {
        return variate->a;
    }
    return variate_sample(variate,
                          chance_u64(chance, channel << 40 | ordinal, 0, 0));
}

/* thread_start_later - its request for work comes after thread_start */
static void
thread_start_later(struct host *host, uint64_t handle, uint32_t channel)
{
    const int64_t start_ns =
        cost(&host->params->machine->thread_start, &host->thread_start, channel,
             (uint64_t)host->result->thread_starts);

    evq_push(host->evq, host_now_ns(host) + start_ns, CLASS_REPORT,
             on_thread_ready, host, handle);
}

static void
on_thread_ready(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct thread *thread = slab_get(host->threads, data);
    struct sched_event event = {.kind = SCHED_EVENT_THREAD_READY};

    if (thread == NULL) {
        return; /* stopped while it was starting */
    }
    thread->state = THREAD_IDLE;
    oracle_thread_ready(host->oracle, host->jobs[thread->job - 1].channel);
    event.u.thread.job = thread->job;
    event.u.thread.thread = thread->number;
    host_feed(host, &event);
}

/* job_of - the job an event is for, which carries the scheduler's life it was
 * started in; NULL: it died with that one */
static struct job *
job_of(struct host *host, uint64_t data)
{
    return data >> 32 == host->life && !host->is_down
               ? &host->jobs[(uint32_t)data - 1]
               : NULL;
}

/* job_word - what an event for a job carries */
static uint64_t
job_word(const struct host *host, uint32_t id)
{
    return (uint64_t)host->life << 32 | id;
}

static void
on_job_started(void *arg, uint64_t data)
{
    struct host *host = arg;
    const uint32_t id = (uint32_t)data;
    struct job *job = job_of(host, data);
    struct sched_event event = {.kind = SCHED_EVENT_JOB_STARTED};

    if (job == NULL) {
        return;
    }
    job->state = JOB_RUNNING;
    oracle_job_running(host->oracle, job->channel);
    if (job->threads[0] != 0) {
        const struct thread *thread =
            slab_at(host->threads, job->threads[0] - 1);
        thread_start_later(host,
                           (uint64_t)thread->generation << 32 | job->threads[0],
                           job->channel);
    }
    event.u.job.job = id;
    host_feed(host, &event);
}

bool
jobs_start(struct host *host, const struct sched_job_action *action,
           uint32_t *reason)
{
    const struct machine_params *machine = host->params->machine;

    if (action->job != host->jobs_count + 1 || action->thread != 0 ||
        action->channel >= host->settings.programs_count) {
        oracle_violation(host->oracle, host_now_ns(host),
                         "law: job %u is started, expected %u with thread 0",
                         action->job, host->jobs_count + 1);
        *reason = SCHED_REFUSED_ILLEGAL;
        return false;
    }
    if (host->jobs_count == host->jobs_capacity) {
        host->jobs_capacity = host->jobs_count == 0 ? 16 : 2 * host->jobs_count;
        host->jobs = base_realloc(host->jobs,
                                  host->jobs_capacity * sizeof host->jobs[0]);
    }
    host->jobs[host->jobs_count++] = (struct job){.channel = action->channel};
    if (machine->processes_max > 0 &&
        host->processes_count >= machine->processes_max) {
        host->jobs[action->job - 1].state = JOB_GONE;
        oracle_start_refused(host->oracle, host_now_ns(host), action->channel);
        *reason = SCHED_REFUSED_LIMIT;
        return false;
    }
    host->processes_count++;
    host->result->job_starts++;
    host->result->jobs_peak =
        i64_max(host->result->jobs_peak, host->processes_count);
    oracle_job_started(host->oracle, host_now_ns(host), action->channel,
                       host->is_after_exit);
    thread_make(host, action->job);
    int64_t start_ns =
        cost(&machine->process_start, &host->process_start, action->channel,
             ++host->starts_count[action->channel]);
    evq_push(host->evq, host_now_ns(host) + start_ns, CLASS_REPORT,
             on_job_started, host, job_word(host, action->job));
    return true;
}

static void
on_job_exited(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct job *job = job_of(host, data);
    struct sched_event event = {.kind = SCHED_EVENT_JOB_EXITED};

    if (job == NULL) {
        return;
    }
    ASSERT(job->live_count == 0);
    job->state = JOB_GONE;
    free(job->threads);
    job->threads = NULL;
    job->threads_count = 0;
    host->processes_count--;
    oracle_job_gone(host->oracle, job->channel);
    event.u.job.job = (uint32_t)data;
    host->is_after_exit = true;
    host_feed(host, &event);
    host->is_after_exit = false;
}

/* exit_when_empty - a stopping job ends with its last thread */
static void
exit_when_empty(struct host *host, uint32_t id)
{
    struct job *job = &host->jobs[id - 1];

    if (job->is_stopping && job->live_count == 0 && !job->is_exiting) {
        job->is_exiting = 1;
        evq_push(host->evq, host_now_ns(host), CLASS_REPORT, on_job_exited,
                 host, job_word(host, id));
    }
}

bool
jobs_stop(struct host *host, const struct sched_job_action *action,
          uint32_t *reason)
{
    struct job *job = jobs_get(host, action->job);

    if (job == NULL) {
        *reason = SCHED_REFUSED_UNKNOWN;
        return false;
    }
    if (!job->is_stopping) {
        job->is_stopping = 1;
        oracle_job_stopping(host->oracle, job->channel);
        exit_when_empty(host, action->job);
    }
    return true;
}

bool
jobs_thread_start(struct host *host, const struct sched_thread_action *action,
                  uint32_t *reason)
{
    struct job *job = jobs_get(host, action->job);

    if (job == NULL || job->is_stopping || job->state != JOB_RUNNING ||
        action->thread != job->threads_count) {
        oracle_violation(host->oracle, host_now_ns(host),
                         "law: thread %u of job %u is started, which cannot "
                         "start it",
                         action->thread, action->job);
        *reason = SCHED_REFUSED_ILLEGAL;
        return false;
    }
    oracle_thread_starting(host->oracle, host_now_ns(host), job->channel,
                           job->live_count);
    const uint32_t channel = job->channel;
    thread_start_later(host, thread_make(host, action->job), channel);
    return true;
}

/* thread_free - the thread is gone */
static void
thread_free(struct host *host, uint64_t handle)
{
    struct thread *thread = slab_must_get(host->threads, handle);
    struct job *job = &host->jobs[thread->job - 1];

    job->threads[thread->number] = 0;
    job->live_count--;
    host->threads_live--;
    free(thread->indices);
    free(thread->results);
    slab_release(host->threads, handle);
}

static void
on_thread_ended(void *arg, uint64_t data)
{
    struct host *host = arg;
    const struct thread *thread = slab_get(host->threads, data);
    struct sched_event event = {.kind = SCHED_EVENT_THREAD_ENDED};

    if (thread == NULL) {
        return; /* it died first */
    }
    const uint32_t job_id = thread->job;
    event.u.thread.job = job_id;
    event.u.thread.thread = thread->number;
    thread_free(host, data);
    oracle_thread_ended(host->oracle, host->jobs[job_id - 1].channel);
    host_feed(host, &event);
    exit_when_empty(host, job_id);
}

bool
jobs_thread_stop(struct host *host, const struct sched_thread_action *action,
                 uint32_t *reason)
{
    uint32_t slot = jobs_thread(host, action->job, action->thread);
    struct thread *thread = slot == 0 ? NULL : slab_at(host->threads, slot - 1);

    if (thread == NULL) {
        *reason = SCHED_REFUSED_UNKNOWN;
        return false;
    }
    if (thread->state != THREAD_IDLE) {
        oracle_violation(host->oracle, host_now_ns(host),
                         "law: thread %u of job %u is stopped at work",
                         action->thread, action->job);
        *reason = SCHED_REFUSED_ILLEGAL;
        return false;
    }
    dial_quit(host, thread);
    thread->state = THREAD_ENDING;
    oracle_thread_stopping(host->oracle, host->jobs[action->job - 1].channel);
    evq_push(host->evq, host_now_ns(host), CLASS_REPORT, on_thread_ended, host,
             (uint64_t)thread->generation << 32 | slot);
    return true;
}

void
jobs_kill(struct host *host)
{
    for (uint32_t i = 0; i < host->jobs_count; i++) {
        struct job *job = &host->jobs[i];
        for (uint32_t k = 0; k < job->threads_count; k++) {
            if (job->threads[k] != 0) {
                struct thread *thread =
                    slab_at(host->threads, job->threads[k] - 1);
                const uint64_t handle =
                    (uint64_t)thread->generation << 32 | job->threads[k];
                delivery_kill(host, thread);
                thread_free(host, handle);
            }
        }
        free(job->threads);
    }
    host->jobs_count = 0; /* the next scheduler numbers its own */
    host->processes_count = 0;
    host->threads_busy = 0;
}

void
jobs_free(struct host *host)
{
    for (uint32_t i = 0; i < host->jobs_count; i++) {
        for (uint32_t k = 0; k < host->jobs[i].threads_count; k++) {
            if (host->jobs[i].threads[k] != 0) {
                struct thread *thread =
                    slab_at(host->threads, host->jobs[i].threads[k] - 1);
                free(thread->indices);
                free(thread->results);
            }
        }
        free(host->jobs[i].threads);
    }
    free(host->jobs);
}
