/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reference_jobs.c - see reference.h: threads that ask, and jobs that end
 */
#include "tests/support/support.h"

#include <string.h>

#include "tests/reference/reference_state.h"

/* How long a channel starts nothing after a start that failed; and a file
   waits whose attempt the host refused, and whoever it refused to stop. */
#define PAUSE_NS INT64_C(10000000000)

/* has_busy - a thread that was asked for and did not report yet counts */
static int
has_busy(const struct job *job)
{
    for (uint32_t t = 0; t < job->threads_count; t++) {
        if (job->threads[t].is != THREAD_IDLE &&
            job->threads[t].is != THREAD_STOPS) {
            return 1;
        }
    }
    return 0;
}

static void
becomes_quiet(struct reference *r, struct job *job)
{
    job->quiet_since_ns = r->now_ns;
    job->quiet_nth = r->idle_count++;
}

static void
thread_remove(struct job *job, struct thread *thread)
{
    const uint32_t at = (uint32_t)(thread - job->threads);

    job->threads_count--;
    memmove(thread, thread + 1, (job->threads_count - at) * sizeof *thread);
}

static void
job_remove(struct reference *r, struct job *job)
{
    const uint32_t at = (uint32_t)(job - r->jobs);

    r->jobs_count--;
    memmove(job, job + 1, (r->jobs_count - at) * sizeof *job);
}

static void
thread_stop(struct reference *r, struct job *job, struct thread *thread)
{
    struct sched_action *a = ref_answer(r, SCHED_ACTION_STOP_THREAD, NULL);

    thread->is = THREAD_STOPS;
    thread->stop_again_ns = 0;
    a->u.thread.job = job->id;
    a->u.thread.thread = thread->number;
}

static void
job_stop(struct reference *r, struct job *job)
{
    struct sched_action *a = ref_answer(r, SCHED_ACTION_STOP_JOB, NULL);

    job->told_to_stop = 1;
    job->stop_again_ns = 0;
    a->u.job.job = job->id;
    a->u.job.channel = job->channel;
    a->u.job.thread = 0;
}

/* job_stop_if_done - a draining job whose threads were all told to stop */
static void
job_stop_if_done(struct reference *r, struct job *job)
{
    if (!job->drains || job->told_to_stop) {
        return;
    }
    for (uint32_t t = 0; t < job->threads_count; t++) {
        if (job->threads[t].is != THREAD_STOPS) {
            return;
        }
    }
    job_stop(r, job);
}

static void
stop_idle_threads(struct reference *r, struct job *job)
{
    for (uint32_t t = 0; t < job->threads_count; t++) {
        if (job->threads[t].is == THREAD_IDLE) {
            thread_stop(r, job, &job->threads[t]);
        }
    }
}

static void
becomes_idle(struct reference *r, struct thread *thread)
{
    thread->is = THREAD_IDLE;
    thread->idle_since_ns = r->now_ns;
    thread->idle_nth = r->idle_count++;
}

/* is_at_end - D18: at this request the job is too old, or asked too often */
static int
is_at_end(struct reference *r, struct job *job)
{
    const struct reference_channel *c = ref_channel_of(r, job->channel);

    job->asked_count++;
    if (c->life_age_ns > 0 &&
        r->now_ns - job->started_at_ns >= c->life_age_ns) {
        RULE(r, LIFE_AGE);
        return 1;
    }
    if (c->life_conns > 0 && job->asked_count > c->life_conns) {
        RULE(r, LIFE_CONNS);
        return 1;
    }
    return 0;
}

/* take_work - D14; what the thread serves now is in thread->host */
static void
take_work(struct reference *r, struct job *job, struct thread *thread)
{
    const uint32_t own = thread->host;
    struct file *file;

    if (r->settings.affinity_is_priority) {
        file = ref_head_of_channel(r, job->channel);
    } else {
        file = ref_head_of_host(r, job->channel, own);
    }
    becomes_idle(r, thread); /* its host is served by others, or by nobody */
    if (file == NULL) {
        file = ref_head_wanting(r, job->channel);
    }
    if (file == NULL) {
        RULE(r, RAN_DRY);
        return;
    }
    if (file->host == own) {
        RULE(r, OWN_HOST);
    } else {
        RULE(r, OTHER_HOST);
    }
    ref_deliver(r, job, thread, file);
}

void
ref_thread_asks(struct reference *r, struct job *job, struct thread *thread)
{
    const uint32_t own = thread->host;

    if (!job->drains && is_at_end(r, job)) {
        job->drains = 1;
        stop_idle_threads(r, job);
        thread_stop(r, job, thread);
    } else if (job->drains) {
        thread_stop(r, job, thread);
    } else {
        take_work(r, job, thread);
    }
    if (!has_busy(job)) {
        becomes_quiet(r, job);
    }
    job_stop_if_done(r, job);
    ref_host_left(r, job->channel, own);
}

/* attempt_lost - its file is READY again, as old as it was */
static void
attempt_lost(struct reference *r, const struct thread *thread)
{
    struct file *file = ref_file_find(r, thread->message, thread->file);

    assert_non_null(file);
    RULE(r, LOST_ATTEMPT);
    file->is = FILE_READY;
}

static void
pause_channel(struct reference *r, uint32_t channel)
{
    RULE(r, PAUSED);
    r->paused_until_ns[channel] = r->now_ns + PAUSE_NS;
}

static void
job_gone(struct reference *r, struct job *job, int has_failed)
{
    const uint32_t channel = job->channel;
    const struct job gone = *job;

    for (uint32_t t = 0; t < gone.threads_count; t++) {
        if (gone.threads[t].is == THREAD_BUSY) {
            attempt_lost(r, &gone.threads[t]);
        }
    }
    job_remove(r, job);
    if (has_failed) {
        pause_channel(r, channel);
    }
    uint32_t lost = 0;
    for (uint32_t t = 0; t < gone.threads_count; t++) {
        lost += gone.threads[t].is != THREAD_IDLE &&
                gone.threads[t].is != THREAD_STOPS;
    }
    ref_hands_left(r, channel, lost);
    ref_give_slots(r, ref_channel_of(r, channel)->pool, channel);
}

static void
job_runs(struct reference *r, struct job *job)
{
    job->runs = 1;
    job->started_at_ns = r->now_ns;
    becomes_quiet(r, job);
    for (uint32_t t = 0; t < job->threads_count; t++) {
        job->threads[t].is = THREAD_STARTS;
        if (t > 0) { /* the first comes with the process */
            struct sched_action *a =
                ref_answer(r, SCHED_ACTION_START_THREAD, NULL);
            a->u.thread.job = job->id;
            a->u.thread.thread = job->threads[t].number;
        }
    }
}

void
ref_job_event(struct reference *r, uint32_t kind, uint32_t id)
{
    struct job *job = ref_job_find(r, id);

    assert_non_null(job);
    if (kind == SCHED_EVENT_JOB_STARTED) {
        job_runs(r, job);
    } else {
        job_gone(r, job, kind == SCHED_EVENT_JOB_FAILED);
    }
}

static void
thread_lost(struct reference *r, struct job *job, struct thread *thread)
{
    const int was_busy = has_busy(job);

    thread_remove(job, thread);
    if (was_busy && !has_busy(job)) {
        becomes_quiet(r, job);
    }
    job_stop_if_done(r, job);
}

void
ref_thread_event(struct reference *r, uint32_t kind,
                 const struct sched_thread_event *event)
{
    struct job *job = ref_job_find(r, event->job);

    assert_non_null(job);
    struct thread *thread = ref_thread_find(job, event->thread);
    assert_non_null(thread);
    if (kind == SCHED_EVENT_THREAD_READY) {
        ref_thread_asks(r, job, thread);
        return;
    }
    const struct thread gone = *thread;
    if (thread->is == THREAD_BUSY) {
        attempt_lost(r, thread);
    }
    thread_lost(r, job, thread);
    if (gone.is != THREAD_IDLE && gone.is != THREAD_STOPS &&
        ref_is_left_alone(r, job->channel, gone.host)) {
        ref_hand_lost(r, job->channel, gone.host);
    } else if (!job->drains) {
        RULE(r, PLACE_FREE);
        ref_hands_left(r, job->channel, 1);
    }
}

/* --- Refusals -------------------------------------------------------------- */

static void
job_refused(struct reference *r, uint32_t id)
{
    struct job *job = ref_job_find(r, id);

    assert_non_null(job);
    RULE(r, REFUSED_JOB);
    job_gone(r, job, 1);
}

static void
thread_refused(struct reference *r, const struct sched_thread_action *action)
{
    struct job *job = ref_job_find(r, action->job);

    assert_non_null(job);
    RULE(r, REFUSED_THREAD);
    pause_channel(r, job->channel);
    thread_lost(r, job, ref_thread_find(job, action->thread));
}

static void
stop_refused(struct reference *r, const struct sched_thread_action *action,
             uint32_t reason)
{
    struct job *job = ref_job_find(r, action->job);

    assert_non_null(job);
    struct thread *thread = ref_thread_find(job, action->thread);
    RULE(r, REFUSED_STOP);
    if (reason == SCHED_REFUSED_UNKNOWN) {
        thread_lost(r, job, thread);
    } else {
        thread->stop_again_ns = r->now_ns + PAUSE_NS;
        thread->stop_nth = r->idle_count++;
    }
}

static void
job_stop_refused(struct reference *r, uint32_t id, uint32_t reason)
{
    struct job *job = ref_job_find(r, id);

    assert_non_null(job);
    RULE(r, REFUSED_STOP_JOB);
    if (reason == SCHED_REFUSED_UNKNOWN) {
        job_gone(r, job, 0);
    } else {
        job->stop_again_ns = r->now_ns + PAUSE_NS;
        job->stop_nth = r->idle_count++;
    }
}

static void
deliver_refused(struct reference *r, const struct sched_deliver *d)
{
    struct job *job = ref_job_find(r, d->job);
    struct file *file = ref_file_find(r, d->message, d->file);

    assert_non_null(job);
    assert_non_null(file);
    RULE(r, REFUSED_DELIVER);
    file->is = FILE_DELAYED;
    file->due_ns = r->now_ns + PAUSE_NS;
    /* Nor is another tried: each might be refused, by the thousand. */
    struct thread *thread = ref_thread_find(job, d->thread);
    if (job->drains) { /* since, for a CREATE was refused before */
        thread_stop(r, job, thread);
    } else {
        becomes_idle(r, thread);
    }
    if (!has_busy(job)) {
        becomes_quiet(r, job);
    }
    job_stop_if_done(r, job);
}

/* deliver_take_back - one that was not given yet; by whom? */
static struct thread *
deliver_take_back(struct reference *r, const struct file *file,
                  struct job **job)
{
    for (uint32_t i = r->answers_given; i < r->answers_count; i++) {
        const struct sched_deliver d = r->answers[i].action.u.deliver;

        if (r->answers[i].action.kind != SCHED_ACTION_DELIVER ||
            d.message != file->message || d.file != file->number) {
            continue;
        }
        RULE(r, REFUSED_TAKEN_BACK);
        r->answers_count--;
        memmove(&r->answers[i], &r->answers[i + 1],
                (r->answers_count - i) * sizeof r->answers[0]);
        *job = ref_job_find(r, d.job);
        assert_non_null(*job);
        return ref_thread_find(*job, d.thread);
    }
    fail_msg("file %u is with nobody", file->number);
    return NULL;
}

static void
create_refused(struct reference *r, const struct sched_create *create)
{
    struct file *file = ref_file_find(r, create->message, create->file);
    struct thread *thread = NULL;
    struct job *job = NULL;

    RULE(r, REFUSED_CREATE);
    if (file == NULL) { /* there was no room for it */
        return;
    }
    if (file->is == FILE_ACTIVE) {
        thread = deliver_take_back(r, file, &job);
    }
    ref_file_forget(r, file);
    if (thread != NULL) {
        ref_thread_asks(r, job, thread);
    }
}

static void
return_refused(struct reference *r, const struct sched_file_action *action,
               uint32_t reason)
{
    struct file *file = ref_file_find(r, action->message, action->file);

    assert_non_null(file);
    RULE(r, REFUSED_RETURN);
    if (reason == SCHED_REFUSED_UNKNOWN) {
        ref_file_forget(r, file);
    } else {
        file->is = FILE_DELAYED;
        file->due_ns = r->now_ns + PAUSE_NS;
    }
}

static void
rewrite_refused(struct reference *r, const struct sched_rewrite *action)
{
    struct file *file = ref_file_find(r, action->message, action->new_file);

    assert_non_null(file);
    RULE(r, REFUSED_REWRITE);
    file->number = action->file;
    for (uint32_t i = 0; i < r->files_count && !file->is_scanned; i++) {
        r->files[i].number_last -= r->files[i].message == action->message;
    }
    for (uint32_t i = r->answers_given; i < r->answers_count; i++) {
        struct sched_action *next = &r->answers[i].action;

        if (next->kind == SCHED_ACTION_DELIVER &&
            next->u.deliver.message == action->message &&
            next->u.deliver.file == action->new_file) {
            next->u.deliver.file = action->file;
            ref_thread_find(ref_job_find(r, next->u.deliver.job),
                            next->u.deliver.thread)
                ->file = action->file;
        }
    }
}

/* ref_refused - the action that was given last */
void
ref_refused(struct reference *r, const struct sched_refused *event)
{
    const struct sched_action a = r->answers[r->answers_given - 1].action;

    assert_int_equal(a.action, event->action);
    switch (a.kind) {
    case SCHED_ACTION_CREATE:
        create_refused(r, &a.u.create);
        break;
    case SCHED_ACTION_START_JOB:
        job_refused(r, a.u.job.job);
        break;
    case SCHED_ACTION_START_THREAD:
        thread_refused(r, &a.u.thread);
        break;
    case SCHED_ACTION_STOP_THREAD:
        stop_refused(r, &a.u.thread, event->reason);
        break;
    case SCHED_ACTION_STOP_JOB:
        job_stop_refused(r, a.u.job.job, event->reason);
        break;
    case SCHED_ACTION_DELIVER:
        deliver_refused(r, &a.u.deliver);
        break;
    case SCHED_ACTION_REWRITE:
        rewrite_refused(r, &a.u.rewrite);
        break;
    case SCHED_ACTION_RETURN:
        return_refused(r, &a.u.file, event->reason);
        break;
    case SCHED_ACTION_SCAN:
        ref_scan_refused(r, event->reason);
        break;
    default:
        break;
    }
}

/* --- Idle exits ------------------------------------------------------------ */

/* idle_thread_due - of a channel's, the one that has been idle longest */
static struct thread *
idle_thread_due(struct reference *r, uint32_t channel, struct job **of_job)
{
    const int64_t limit_ns = ref_channel_of(r, channel)->thread_idle_ns;
    struct thread *best = NULL;

    for (uint32_t j = 0; j < r->jobs_count; j++) {
        struct job *job = &r->jobs[j];

        for (uint32_t t = 0; job->channel == channel && t < job->threads_count;
             t++) {
            struct thread *thread = &job->threads[t];

            if (thread->is == THREAD_IDLE && limit_ns > 0 &&
                r->now_ns - thread->idle_since_ns >= limit_ns &&
                (best == NULL || thread->idle_nth < best->idle_nth)) {
                best = thread;
                *of_job = job;
            }
        }
    }
    return best;
}

/* idle_job_due - of a channel's, the one that has been quiet longest */
static struct job *
idle_job_due(struct reference *r, uint32_t channel)
{
    const int64_t limit_ns = ref_channel_of(r, channel)->job_idle_ns;
    struct job *best = NULL;

    for (uint32_t j = 0; j < r->jobs_count; j++) {
        struct job *job = &r->jobs[j];

        if (job->channel == channel && job->runs && !job->drains &&
            !has_busy(job) && limit_ns > 0 &&
            r->now_ns - job->quiet_since_ns >= limit_ns &&
            (best == NULL || job->quiet_nth < best->quiet_nth)) {
            best = job;
        }
    }
    return best;
}

/* stop_due - of the threads whose stop was refused and is to be told again, the
   one that was refused first */
static struct thread *
stop_due(struct reference *r, struct job **of_job)
{
    struct thread *best = NULL;

    for (uint32_t j = 0; j < r->jobs_count; j++) {
        struct job *job = &r->jobs[j];

        for (uint32_t t = 0; t < job->threads_count; t++) {
            struct thread *thread = &job->threads[t];

            if (thread->stop_again_ns != 0 &&
                thread->stop_again_ns <= r->now_ns &&
                (best == NULL || thread->stop_nth < best->stop_nth)) {
                best = thread;
                *of_job = job;
            }
        }
    }
    return best;
}

/* job_stop_due - the same of jobs */
static struct job *
job_stop_due(struct reference *r)
{
    struct job *best = NULL;

    for (uint32_t j = 0; j < r->jobs_count; j++) {
        struct job *job = &r->jobs[j];

        if (job->stop_again_ns != 0 && job->stop_again_ns <= r->now_ns &&
            (best == NULL || job->stop_nth < best->stop_nth)) {
            best = job;
        }
    }
    return best;
}

/* stops_again - of those that were refused, threads first */
static void
stops_again(struct reference *r)
{
    struct job *job;
    struct thread *thread;

    while ((thread = stop_due(r, &job)) != NULL) {
        RULE(r, STOP_AGAIN);
        thread_stop(r, job, thread);
    }
    while ((job = job_stop_due(r)) != NULL) {
        RULE(r, STOP_JOB_AGAIN);
        job_stop(r, job);
    }
}

/* idle_exits - D17: channel by channel, of threads, then of jobs */
void
ref_idle_exits(struct reference *r)
{
    struct job *job;
    struct thread *thread;

    stops_again(r);
    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        while ((thread = idle_thread_due(r, c, &job)) != NULL) {
            RULE(r, THREAD_IDLE);
            thread_stop(r, job, thread);
        }
        while ((job = idle_job_due(r, c)) != NULL) {
            RULE(r, JOB_IDLE);
            job->drains = 1;
            stop_idle_threads(r, job);
            job_stop_if_done(r, job);
        }
    }
}
