/* SPDX-License-Identifier: MIT */
/*
 * crew_worker.c - what a delivery thread does
 *
 * The file is changed before the outcome is posted, as by a delivery program:
 *
 *     nobody is left            removed
 *     all failed temporarily    renamed, with one attempt more
 *     some are done             the envelope says who, in place of the old one;
 *                               the rewrite that follows is one rename
 */
#include "crew_worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"

/* GUESS: a client gives up after ten times what a slow answer takes. */
enum { TIMEOUT_FACTOR = 10 };

/* An attempt under way. */
struct attempt {
    const struct task *task;
    struct envelope envelope;
    uint64_t ordinal;
    uint32_t done_count;
    uint32_t temporary_count;
};

void
task_free(struct task *task)
{
    if (task != NULL) {
        free(task->recipients);
        free(task);
    }
}

void
worker_job_check(struct crew *crew, struct crew_job *job)
{
    if (job->live_count == 0 && (job->is_stopping || job->is_crashed) &&
        !job->is_exit_posted) {
        struct post *post = post_new(POST_JOB_EXITED);

        job->is_exit_posted = true;
        post->job = job->id;
        posts_put(crew->posts, post);
    }
}

static struct post *
post_of(const struct worker *worker, enum post_kind kind)
{
    struct post *post = post_new(kind);

    post->job = worker->job->id;
    post->thread = worker->number;
    post->host = worker->host;
    return post;
}

/* tell - a post with nothing more in it */
static void
tell(const struct worker *worker, enum post_kind kind)
{
    posts_put(worker->crew->posts, post_of(worker, kind));
}

static bool
is_over(const struct worker *worker)
{
    return worker->crew->is_quitting || worker->job->is_crashed;
}

/* rest - sleeps. False: woken, since all is over. */
static bool
rest(struct worker *worker, int64_t for_ns)
{
    struct crew *crew = worker->crew;
    const struct timespec until = live_timespec(live_now_ns() + for_ns);
    int error = 0;

    pthread_mutex_lock(&crew->lock);
    while (!is_over(worker) && error == 0) {
        error = pthread_cond_timedwait(&worker->wake, &crew->lock, &until);
    }
    const bool is_good = !is_over(worker);
    pthread_mutex_unlock(&crew->lock);
    return is_good;
}

/* crash - the process ends, and every thread in it */
static void
crash(struct worker *worker)
{
    struct crew *crew = worker->crew;

    pthread_mutex_lock(&crew->lock);
    worker->job->is_crashed = true;
    for (struct worker *other = worker->job->workers; other != NULL;
         other = other->next) {
        pthread_cond_signal(&other->wake);
    }
    pthread_mutex_unlock(&crew->lock);
}

/* --- An attempt ---------------------------------------------------------------- */

/* recipient_of - in the envelope; NULL: not there, or done */
static struct envelope_recipient *
recipient_of(struct envelope *envelope, uint32_t index)
{
    for (uint32_t i = 0; i < envelope->recipients_count; i++) {
        struct envelope_recipient *to = &envelope->recipients[i];
        if (to->index == index && to->state == ENVELOPE_WAITING) {
            return to;
        }
    }
    return NULL;
}

/* hand_over - to the sink, recipient by recipient */
static void
hand_over(const struct worker *worker, struct attempt *attempt,
          uint8_t *results)
{
    const struct sink *sink = worker->crew->sink;
    const struct spool_place *place = &attempt->task->place;

    for (uint32_t i = 0; i < attempt->task->recipients_count; i++) {
        struct envelope_recipient *to =
            recipient_of(&attempt->envelope, attempt->task->recipients[i]);
        if (to == NULL) {
            results[i] = SCHED_RESULT_MISSING;
            continue;
        }
        if (sink_has(sink, SINK_TEMPORARY, attempt->ordinal, to->index)) {
            results[i] = SCHED_RESULT_TEMPORARY;
            attempt->temporary_count++;
            continue;
        }
        const bool is_refused =
            sink_has(sink, SINK_PERMANENT, attempt->ordinal, to->index);
        results[i] =
            is_refused ? SCHED_RESULT_PERMANENT : SCHED_RESULT_DELIVERED;
        to->state = ENVELOPE_DONE;
        attempt->done_count++;
        sink_log(sink, is_refused ? "refused" : "delivered", place->message,
                 place->file, to->index, to->address);
    }
}

static uint32_t
waiting_count(const struct envelope *envelope)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < envelope->recipients_count; i++) {
        count += envelope->recipients[i].state == ENVELOPE_WAITING;
    }
    return count;
}

/* file_change - the directory tells what came of it; also in the post */
static void
file_change(const struct worker *worker, const struct attempt *attempt,
            struct post *post)
{
    const struct spool *spool = worker->crew->spool;
    const struct spool_place *place = &attempt->task->place;
    struct spool_place after = *place;
    bool is_good = true;

    post->attempts = place->attempts;
    post->is_gone = waiting_count(&attempt->envelope) == 0;
    if (post->is_gone) {
        is_good = spool_remove(spool, place) || errno == ENOENT;
    } else if (attempt->done_count > 0) {
        is_good = spool_write(spool, place, &attempt->envelope);
    }
    post->is_behind = !is_good; /* a name that is behind does no harm */
    if (is_good && attempt->temporary_count > 0) {
        after.attempts += after.attempts < SPOOL_ATTEMPTS_MAX;
        is_good = spool_move(spool, place, &after);
        post->attempts = is_good ? after.attempts : post->attempts;
    }
    if (!is_good) {
        live_say("message %llx file %u cannot be changed: %s",
                 (unsigned long long)place->message, place->file,
                 strerror(errno));
    }
}

/* missing - the file is not there, or cannot be read now */
static void
missing(const struct task *task, struct post *post, int error)
{
    const bool is_gone = error == ENOENT;

    post->is_gone = is_gone;
    post->attempts = task->place.attempts;
    memset(post->results,
           is_gone ? SCHED_RESULT_MISSING : SCHED_RESULT_TEMPORARY,
           task->recipients_count);
    if (!is_gone) {
        live_say("message %llx file %u cannot be read: %s",
                 (unsigned long long)task->place.message, task->place.file,
                 strerror(error));
    }
}

/* work - sleeps, hands over, changes the file. False: all is over. */
static bool
work(struct worker *worker, struct attempt *attempt, struct post *post)
{
    const struct sink *sink = worker->crew->sink;
    const uint64_t n = attempt->ordinal;
    const bool is_lost = sink_has(sink, SINK_CRASH, n, 0);

    if (sink_has(sink, SINK_TIMEOUT, n, 0)) {
        post->phase = SCHED_PHASE_CONNECT;
        memset(post->results, SCHED_RESULT_TEMPORARY, post->recipients_count);
        attempt->temporary_count = post->recipients_count;
        if (!rest(worker, TIMEOUT_FACTOR * sink->time_max_ns)) {
            return false;
        }
    } else {
        post->phase = SCHED_PHASE_DOT;
        if (!rest(worker, sink_time_ns(sink, n))) {
            return false;
        }
        if (!is_lost || n % 2 == 0) {
            hand_over(worker, attempt, post->results);
        }
    }
    if (is_lost) {
        crash(worker);
        return false;
    }
    file_change(worker, attempt, post);
    return true;
}

/* connect_to - another host is another session */
static void
connect_to(struct worker *worker, uint32_t host)
{
    if (worker->is_connected && worker->host != host) {
        tell(worker, POST_SESSION_CLOSED);
    }
    worker->is_connected = true;
    worker->host = host;
}

/* deliver - one task. False: the thread is to end. */
static bool
deliver(struct worker *worker, struct task *task, uint64_t ordinal)
{
    struct attempt attempt = {.task = task, .ordinal = ordinal};
    struct post *post = post_of(worker, POST_OUTCOME);
    bool is_good = true;

    post->message = task->place.message;
    post->file = task->place.file;
    post->recipients_count = task->recipients_count;
    post->results = live_alloc(task->recipients_count);
    connect_to(worker, task->host);
    if (spool_read(worker->crew->spool, &task->place, &attempt.envelope)) {
        is_good = work(worker, &attempt, post);
        envelope_free(&attempt.envelope);
    } else {
        missing(task, post, errno);
    }
    if (!is_good) {
        post_free(post);
        return false; /* the task stays with the worker, and goes with it */
    }
    post->recipients = task->recipients;
    task->recipients = NULL;
    /* What was done is told even if the process crashes meanwhile: its end is
     * posted later, by its last thread. With the outcome the thread asks for
     * more, so it must be seen to be idle, or gone, by then. */
    pthread_mutex_lock(&worker->crew->lock);
    worker->task = NULL;
    worker->is_gone = sink_has(worker->crew->sink, SINK_END, ordinal, 0);
    is_good = !worker->is_gone;
    posts_put(worker->crew->posts, post);
    pthread_mutex_unlock(&worker->crew->lock);
    task_free(task);
    return is_good;
}

/* --- A life -------------------------------------------------------------------- */

/* task_wait - the next task; NULL: it is to end */
static struct task *
task_wait(struct worker *worker, uint64_t *ordinal)
{
    struct crew *crew = worker->crew;
    struct task *task = NULL;

    pthread_mutex_lock(&crew->lock);
    while (!is_over(worker) && !worker->is_stopping &&
           (worker->task == NULL || crew->is_held)) {
        pthread_cond_wait(&worker->wake, &crew->lock);
    }
    if (!is_over(worker) && !worker->is_stopping) {
        task = worker->task;
        *ordinal = ++crew->attempts_count;
    }
    pthread_mutex_unlock(&crew->lock);
    return task;
}

/* begin - the start of the process, in its first thread. False: it failed. */
static bool
begin(struct worker *worker)
{
    struct crew *crew = worker->crew;

    if (!worker->is_first) {
        return true;
    }
    if (rest(worker, crew->start_ns) &&
        sink_has(crew->sink, SINK_START, worker->job->id,
                 (uint64_t)live_now_ns())) {
        return false;
    }
    tell(worker, POST_JOB_STARTED);
    return true;
}

/* leave - the thread is no more; and with the last one maybe the job */
static void
leave(struct worker *worker, bool is_failed)
{
    struct crew *crew = worker->crew;
    struct crew_job *job = worker->job;

    pthread_mutex_lock(&crew->lock);
    worker->is_gone = true;
    job->live_count--;
    crew->threads_count--;
    if (is_failed) {
        job->is_exit_posted = true;
        tell(worker, POST_JOB_FAILED);
    } else if (!is_over(worker)) {
        if (worker->is_connected) {
            tell(worker, POST_SESSION_CLOSED);
        }
        tell(worker, POST_THREAD_ENDED);
    }
    worker_job_check(crew, job);
    pthread_mutex_unlock(&crew->lock);
}

void *
worker_main(void *arg)
{
    struct worker *worker = arg;
    uint64_t ordinal = 0;
    bool is_good = begin(worker);
    const bool is_failed = !is_good;

    if (is_good) {
        tell(worker, POST_THREAD_READY);
    }
    while (is_good) {
        struct task *task = task_wait(worker, &ordinal);
        is_good = task != NULL && deliver(worker, task, ordinal);
    }
    leave(worker, is_failed);
    return NULL;
}
