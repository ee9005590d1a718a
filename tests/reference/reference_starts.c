/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reference_starts.c - see reference.h: slots, and who is started for whom
 */
#include "tests/support/support.h"

#include <string.h>

#include "tests/reference/reference_state.h"

/* --- Jobs and threads ------------------------------------------------------- */

struct job *
ref_job_find(struct reference *r, uint32_t id)
{
    for (uint32_t j = 0; j < r->jobs_count; j++) {
        if (r->jobs[j].id == id) {
            return &r->jobs[j];
        }
    }
    return NULL;
}

struct thread *
ref_thread_find(struct job *job, uint32_t number)
{
    for (uint32_t t = 0; t < job->threads_count; t++) {
        if (job->threads[t].number == number) {
            return &job->threads[t];
        }
    }
    return NULL;
}

/* jobs_of - starting, running and draining ones */
static uint32_t
jobs_of(const struct reference *r, uint32_t channel)
{
    uint32_t count = 0;

    for (uint32_t j = 0; j < r->jobs_count; j++) {
        count += r->jobs[j].channel == channel;
    }
    return count;
}

static int
has_slot(const struct reference *r, uint32_t channel)
{
    const struct reference_channel *c = ref_channel_of(r, channel);
    const uint32_t limit = r->settings.job_limit[c->pool];
    uint32_t of_pool = 0;

    for (uint32_t j = 0; j < r->jobs_count; j++) {
        of_pool += ref_channel_of(r, r->jobs[j].channel)->pool == c->pool;
    }
    return of_pool < limit && jobs_of(r, channel) < ref_jobs_max(r, channel);
}

static int
is_paused(const struct reference *r, uint32_t channel)
{
    return r->paused_until_ns[channel] != 0;
}

static struct thread *
thread_add(struct job *job, uint32_t host)
{
    assert_true(job->threads_count < REFERENCE_THREADS_MAX);
    struct thread *thread = &job->threads[job->threads_count++];

    memset(thread, 0, sizeof *thread);
    thread->is = job->runs ? THREAD_STARTS : THREAD_WANTED;
    thread->number = job->next_thread++;
    thread->host = host;
    return thread;
}

static void
job_start(struct reference *r, uint32_t channel, uint32_t host)
{
    assert_true(r->jobs_count < REFERENCE_JOBS_MAX);
    struct job *job = &r->jobs[r->jobs_count++];

    memset(job, 0, sizeof *job);
    job->id = r->next_job++;
    job->channel = channel;
    job->threads_max = ref_channel_of(r, channel)->threads_max;
    const struct thread *thread = thread_add(job, host);
    struct sched_action *a = ref_answer(r, SCHED_ACTION_START_JOB, NULL);
    a->u.job.job = job->id;
    a->u.job.channel = channel;
    a->u.job.thread = thread->number;
}

void
ref_deliver(struct reference *r, struct job *job, struct thread *thread,
            struct file *file)
{
    file->is = FILE_ACTIVE;
    thread->is = THREAD_BUSY;
    thread->host = file->host;
    thread->message = file->message;
    thread->file = file->number;
    struct sched_deliver *d =
        &ref_answer(r, SCHED_ACTION_DELIVER, file)->u.deliver;
    d->message = file->message;
    d->file = file->number;
    d->recipients_count = file->recipients_count;
    d->job = job->id;
    d->thread = thread->number;
    d->channel = job->channel;
    d->host = file->host;
}

/* --- The rules ---------------------------------------------------------------- */

enum hand { HAND_NONE, HAND_IDLE, HAND_THREAD, HAND_JOB };

/* wake_idle - the idle thread with the lowest (job, thread) takes the host */
static int
wake_idle(struct reference *r, uint32_t channel, uint32_t host)
{
    for (uint32_t j = 0; j < r->jobs_count; j++) {
        struct job *job = &r->jobs[j];

        for (uint32_t t = 0; job->channel == channel && t < job->threads_count;
             t++) {
            if (job->threads[t].is == THREAD_IDLE) {
                ref_deliver(r, job, &job->threads[t],
                            ref_head_of_host(r, channel, host));
                return 1;
            }
        }
    }
    return 0;
}

/* start_thread - fewest threads first, then the lowest number of a job */
static int
start_thread(struct reference *r, uint32_t channel, uint32_t host)
{
    struct job *best = NULL;

    for (uint32_t j = 0; j < r->jobs_count; j++) {
        struct job *job = &r->jobs[j];

        if (job->channel == channel && !job->drains && !job->told_to_stop &&
            job->threads_count < job->threads_max &&
            (best == NULL || job->threads_count < best->threads_count)) {
            best = job;
        }
    }
    if (best == NULL) {
        return 0;
    }
    const struct thread *thread = thread_add(best, host);
    if (best->runs) {
        struct sched_action *a = ref_answer(r, SCHED_ACTION_START_THREAD, NULL);
        a->u.thread.job = best->id;
        a->u.thread.thread = thread->number;
    }
    return 1;
}

/* delay_of - `after`, by the priority of the host's first file */
static int64_t
delay_of(struct reference *r, uint32_t channel, uint32_t host)
{
    const struct file *first = ref_head_of_host(r, channel, host);

    return ref_channel_of(r, channel)
        ->after_ns[first == NULL ? SCHED_PRIORITY_NORMAL : first->priority];
}

/* put_off - D19: one a channel, the earliest; 0: it is to start now */
static int
put_off(struct reference *r, uint32_t channel, uint32_t host)
{
    const int64_t delay_ns = delay_of(r, channel, host);
    struct put_off *p = &r->put_off[channel];

    if (delay_ns == 0) {
        return 0;
    }
    if (r->now_ns + delay_ns < p->at_ns) {
        RULE(r, AFTER);
        if (p->at_ns != SCHED_NEVER) {
            RULE(r, AFTER_EARLIER);
        }
        p->at_ns = r->now_ns + delay_ns;
        p->host = host;
    }
    return 1;
}

/* find_hand - rule b's search: idle thread, new thread, new job */
static enum hand
find_hand(struct reference *r, uint32_t channel, uint32_t host)
{
    if (wake_idle(r, channel, host)) {
        return HAND_IDLE;
    }
    if (is_paused(r, channel)) {
        return HAND_NONE;
    }
    if (start_thread(r, channel, host)) {
        return HAND_THREAD;
    }
    if (has_slot(r, channel) && !put_off(r, channel, host)) {
        job_start(r, channel, host);
        return HAND_JOB;
    }
    return HAND_NONE;
}

static void
rule_unserved(struct reference *r, uint32_t channel, uint32_t host)
{
    if (jobs_of(r, channel) == 0) {
        if (!is_paused(r, channel) && has_slot(r, channel) &&
            !put_off(r, channel, host)) {
            RULE(r, FIRST_JOB);
            job_start(r, channel, host);
        } else {
            RULE(r, FIRST_JOB_WANT);
        }
        return;
    }
    switch (find_hand(r, channel, host)) {
    case HAND_IDLE:
        RULE(r, UNSERVED_IDLE);
        break;
    case HAND_THREAD:
        RULE(r, UNSERVED_THREAD);
        break;
    case HAND_JOB:
        RULE(r, UNSERVED_JOB);
        break;
    case HAND_NONE:
        RULE(r, UNSERVED_WANT);
        break;
    }
}

static void
rule_depth(struct reference *r, uint32_t channel, uint32_t host,
           uint32_t before)
{
    const uint32_t depth = ref_depth(r, channel);

    if ((before + 1) / depth <= before / depth) {
        return;
    }
    if (r->settings.policy == REFERENCE_EDGE_CAPPED &&
        ref_threads_serving(r, channel, host) >= 1 + (before + 1) / depth) {
        RULE(r, CAPPED);
        return;
    }
    switch (find_hand(r, channel, host)) {
    case HAND_IDLE:
        RULE(r, DEPTH_IDLE);
        break;
    case HAND_THREAD:
        RULE(r, DEPTH_THREAD);
        break;
    case HAND_JOB:
        RULE(r, DEPTH_JOB);
        break;
    case HAND_NONE:
        RULE(r, DEPTH_WANT);
        break;
    }
}

/* jobs_wanted - D9: one for each so many files */
static int64_t
jobs_wanted(struct reference *r, uint32_t channel)
{
    const struct reference_channel *c = ref_channel_of(r, channel);
    const int64_t files = ref_backlog(r, channel, 1, 0);

    if (c->filesperjob <= 0) {
        return 0;
    }
    const int64_t wanted = (files + c->filesperjob - 1) / c->filesperjob;
    return wanted < c->maxjobs ? wanted : c->maxjobs;
}

static void
rule_filesperjob(struct reference *r, uint32_t channel, uint32_t host)
{
    const struct reference_channel *c = ref_channel_of(r, channel);

    if (c->filesperjob <= 0 || is_paused(r, channel)) {
        return;
    }
    const int64_t wanted = jobs_wanted(r, channel);
    while (jobs_of(r, channel) < wanted && has_slot(r, channel) &&
           !put_off(r, channel, host)) {
        RULE(r, FILESPERJOB);
        job_start(r, channel, host);
    }
}

void
ref_file_insert(struct reference *r, struct file *file, int64_t eligible_at_ns)
{
    const uint32_t channel = file->channel;
    const uint32_t host = file->host;
    const uint32_t before = ref_backlog(r, channel, 0, host);

    file->is = FILE_READY;
    file->eligible_at_ns = eligible_at_ns;
    if (!ref_channel_of(r, channel)->delivers) {
        return;
    }
    const int is_level = r->settings.policy == REFERENCE_LEVEL;
    if (!is_level && !ref_is_served(r, channel, host)) {
        rule_unserved(r, channel, host);
    } else if (!is_level) { /* else topped up after the event */
        rule_depth(r, channel, host, before);
    }
    rule_filesperjob(r, channel, host);
}

void
ref_serve_wanting(struct reference *r, uint32_t channel)
{
    for (;;) {
        const struct file *head = ref_head_wanting(r, channel);

        if (head == NULL || !ref_channel_of(r, channel)->delivers ||
            find_hand(r, channel, head->host) == HAND_NONE) {
            return;
        }
    }
}

int
ref_is_left_alone(struct reference *r, uint32_t channel, uint32_t host)
{
    return ref_head_of_host(r, channel, host) != NULL &&
           !ref_is_served(r, channel, host);
}

/* hand_lost - a host lost its thread: it looks for another in the jobs
   that are left; to start a job is for D11 to decide */
void
ref_hand_lost(struct reference *r, uint32_t channel, uint32_t host)
{
    if (ref_channel_of(r, channel)->delivers &&
        ref_is_left_alone(r, channel, host) && !wake_idle(r, channel, host) &&
        !is_paused(r, channel)) {
        start_thread(r, channel, host);
    }
}

/* host_left - a thread that drains leaves its host: an idle one takes it */
void
ref_host_left(struct reference *r, uint32_t channel, uint32_t host)
{
    if (ref_channel_of(r, channel)->delivers &&
        ref_is_left_alone(r, channel, host)) {
        wake_idle(r, channel, host);
    }
}

/* hands_left - a job was lost: hosts that nobody serves look for threads in
   those that are left */
void
ref_hands_left(struct reference *r, uint32_t channel, uint32_t count)
{
    while (count-- > 0) {
        const struct file *head = ref_head_wanting(r, channel);

        if (head != NULL && ref_channel_of(r, channel)->delivers &&
            !wake_idle(r, channel, head->host) && !is_paused(r, channel)) {
            start_thread(r, channel, head->host);
        }
    }
}

/* may_start - a channel may be given a slot for this host: one that is freed,
   unless a start is put off; with level any, but `after` puts it off first */
static int
may_start(struct reference *r, const struct file *head, int is_level)
{
    return is_level ? !put_off(r, head->channel, head->host)
                    : r->put_off[head->channel].at_ns == SCHED_NEVER;
}

/* best_for_slot - D11: best head, then the one that waits longest, then the
   order of imta.cnf; of the pool's channels that may start a job */
static const struct file *
best_for_slot(struct reference *r, uint32_t pool, const struct file *best,
              int is_level)
{
    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        if (ref_channel_of(r, c)->pool != pool || is_paused(r, c) ||
            !ref_channel_of(r, c)->delivers || !has_slot(r, c)) {
            continue;
        }
        const struct file *head = ref_head_wanting(r, c);
        if (head != NULL && may_start(r, head, is_level) &&
            (best == NULL || head->priority < best->priority ||
             (head->priority == best->priority &&
              (head->eligible_at_ns < best->eligible_at_ns ||
               (head->eligible_at_ns == best->eligible_at_ns &&
                head->channel < best->channel))))) {
            best = head;
        }
    }
    return best;
}

/* give_slots - until there is no slot or nobody to serve */
void
ref_give_slots(struct reference *r, uint32_t pool, uint32_t freed_by)
{
    const struct file *best;

    while ((best = best_for_slot(r, pool, NULL, 0)) != NULL) {
        RULE(r, SLOT_GIVEN);
        if (best->channel != freed_by) {
            RULE(r, SLOT_OTHER);
        }
        job_start(r, best->channel, best->host);
    }
}

/* level_hands - idle threads and new ones, in the jobs that are there */
static void
level_hands(struct reference *r, uint32_t channel)
{
    for (;;) {
        const struct file *head = ref_head_wanting(r, channel);

        if (head == NULL || !ref_channel_of(r, channel)->delivers ||
            (!wake_idle(r, channel, head->host) &&
             (is_paused(r, channel) ||
              !start_thread(r, channel, head->host)))) {
            return;
        }
        RULE(r, LEVEL);
    }
}

/* still_wanted - who it was put off for, if more threads or jobs are to be
   had for it; with level, it would want hands */
static const struct file *
still_wanted(struct reference *r, uint32_t channel, uint32_t host)
{
    const uint32_t threads = ref_threads_serving(r, channel, host);
    const uint32_t files = ref_backlog(r, channel, 0, host);

    if (r->settings.policy == REFERENCE_LEVEL ||
        (threads >= 1 + files / ref_depth(r, channel) &&
         jobs_of(r, channel) >= jobs_wanted(r, channel))) {
        return NULL;
    }
    return ref_head_of_host(r, channel, host);
}

/* start_put_off - the job that was decided on, and those of filesperjob; then
   hands for the others in it */
static void
start_put_off(struct reference *r, uint32_t channel, uint32_t decided)
{
    const struct file *head = ref_head_wanting(r, channel);
    const int is_for_it = head == NULL;

    if (is_for_it) {
        head = still_wanted(r, channel, decided);
    }
    if (head == NULL || !ref_channel_of(r, channel)->delivers ||
        is_paused(r, channel) || !has_slot(r, channel)) {
        RULE(r, AFTER_DROPPED);
        return;
    }
    RULE(r, AFTER_JOB);
    if (is_for_it) {
        RULE(r, AFTER_SERVED);
    }
    const uint32_t host = head->host;
    job_start(r, channel, host);
    while (jobs_of(r, channel) < jobs_wanted(r, channel) &&
           has_slot(r, channel)) {
        RULE(r, AFTER_FILESPERJOB);
        job_start(r, channel, host);
    }
    while ((head = ref_head_wanting(r, channel)) != NULL &&
           (wake_idle(r, channel, head->host) ||
            start_thread(r, channel, head->host))) {
        RULE(r, AFTER_THREAD);
    }
}

void
ref_put_off_due(struct reference *r)
{
    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        struct put_off *p = &r->put_off[c];

        if (p->at_ns <= r->now_ns) {
            p->at_ns = SCHED_NEVER;
            start_put_off(r, c, p->host);
        }
    }
}

/* level - D8: threads(h) = min(1 + floor(B / td), resources); new jobs by D11 */
void
ref_level(struct reference *r)
{
    const struct file *best;

    do {
        best = NULL;
        for (uint32_t c = 0; c < r->settings.channels_count; c++) {
            level_hands(r, c);
        }
        for (uint32_t p = 0; p < r->settings.pools_count; p++) {
            best = best_for_slot(r, p, best, 1);
        }
        if (best != NULL) {
            RULE(r, LEVEL_JOB);
            job_start(r, best->channel, best->host);
        }
    } while (best != NULL);
}
