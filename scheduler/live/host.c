/* SPDX-License-Identifier: MIT */
/*
 * host.c - the turn, the clock, and what the posts become
 */
#include "host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"

/* GUESS: how often signals, the wall clock and the end are looked at. */
#define LOOK_NS (LIVE_NS_PER_S / 20)
/* GUESS: a jump of the wall clock that is worth telling. */
#define WALL_JUMP_NS (LIVE_NS_PER_S / 2)

/* --- The turn --------------------------------------------------------------- */

/* later - the next instant: the clock's, or just after the last event */
static int64_t
later(const struct host *host)
{
    const int64_t now_ns = live_now_ns();

    return now_ns > host->now_ns ? now_ns : host->now_ns + 1;
}

static void
failed(struct host *host, const char *what, int32_t status)
{
    live_say("the scheduler's %s answered %" PRId32, what, status);
    host->has_failed = true;
}

/* give - hands an event over; what the scheduler said */
static int32_t
give(struct host *host, const struct sched_event *event)
{
    host->counts.events++;
    recording_event(&host->recording, host->now_ns, event);
    const int32_t status =
        host->config->object->event(host->self, host->now_ns, event);
    if (status != SCHED_OK) {
        recording_status(&host->recording, status);
    }
    return status;
}

/* pull - takes what is wanted, until nothing more is */
static void
pull(struct host *host)
{
    struct sched_action action;

    while (!host->has_failed) {
        memset(&action, 0, sizeof action);
        int32_t status = host->config->object->next(host->self, &action);
        if (status < 0) {
            failed(host, "next", status);
            return;
        }
        recording_action(&host->recording, host->now_ns, &action);
        if (action.kind == SCHED_ACTION_NONE) {
            host->wish_ns = action.u.wake_at_ns;
            return;
        }
        host->counts.actions++;
        const uint32_t reason = action_do(host, &action);
        if (reason != 0) {
            struct sched_event refused = {.kind = SCHED_EVENT_REFUSED};

            refused.u.refused.action = action.action;
            refused.u.refused.reason = reason;
            host->counts.refused[reason]++;
            status = give(host, &refused);
            if (status < 0) {
                failed(host, "event", status);
            }
        }
    }
}

/* flush - what a turn was */
static void
flush(struct host *host)
{
    if (!recording_flush(&host->recording)) {
        live_say("the recording cannot be written: %s", strerror(errno));
        host->has_failed = true;
    }
}

/* may_fail - what a host may send at any time, and is told when it is not taken */
static bool
may_fail(uint32_t kind)
{
    return kind == SCHED_EVENT_SUBMIT || kind == SCHED_EVENT_COMMAND ||
           kind == SCHED_EVENT_STRESS;
}

/* host_feed - a whole turn. Any other error is the end. */
int32_t
host_feed(struct host *host, const struct sched_event *event)
{
    host->now_ns = later(host);
    const int32_t status = give(host, event);
    if (status == SCHED_ERR_BUG || (status < 0 && !may_fail(event->kind) &&
                                    status != SCHED_ERR_UNSUPPORTED)) {
        failed(host, "event", status);
        return status;
    }
    pull(host);
    flush(host);
    return status;
}

/* --- What posts become -------------------------------------------------------- */

/* submit_fill - the event of an arrival */
static struct sched_submit
submit_fill(struct host *host, const struct arrival *arrival,
            struct sched_recipient *to)
{
    const int64_t offset_ns = live_utc_ns() - live_now_ns();
    const int64_t submitted_ns = arrival->submitted_ns - offset_ns;

    for (uint32_t i = 0; i < arrival->recipients_count; i++) {
        to[i].channel = arrival->recipients[i].channel;
        to[i].host = names_number(&host->names, arrival->recipients[i].host);
    }
    return (struct sched_submit){
        .message = arrival->message,
        .submitted_at_ns =
            submitted_ns < host->now_ns ? submitted_ns : host->now_ns,
        .deferred_until_ns = arrival->deferred_ns == SCHED_NO_TIME
                                 ? SCHED_NO_TIME
                                 : arrival->deferred_ns - offset_ns,
        .size_bytes = arrival->size_bytes,
        .recipients = to,
        .recipients_count = arrival->recipients_count,
        .source_channel = arrival->source,
        .priority = arrival->priority,
        .flags = arrival->flags,
    };
}

/* left_count - recipients for whom there is no file */
static uint32_t
left_count(const struct host *host, uint32_t count)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < count; i++) {
        left += host->left[i];
    }
    return left;
}

static void
on_arrival(struct host *host, struct post *post)
{
    struct arrival *arrival = post->arrival;
    const uint32_t count = arrival->recipients_count;
    struct sched_recipient *to = live_alloc(count * sizeof *to);
    struct sched_event event = {.kind = SCHED_EVENT_SUBMIT};

    event.u.submit = submit_fill(host, arrival, to);
    host->counts.submits++;
    host->submitting = arrival;
    host->left = live_alloc(count * sizeof host->left[0]);
    memset(host->left, true, count * sizeof host->left[0]);
    host->is_rejected = false;
    crew_hold(&host->crew);
    (void)host_feed(host, &event);
    host->submitting = NULL;
    if (!host->is_rejected && left_count(host, count) > 0) {
        arrivals_again(&host->arrivals, arrival, host->left);
        host->counts.again++;
    } else {
        arrivals_done(&host->arrivals, arrival, host->is_rejected);
    }
    post->arrival = NULL; /* it is theirs now */
    crew_go(&host->crew);
    free(host->left);
    free(to);
}

/* behind - the directory does not have it yet as the delivery left it */
static void
behind(struct host *host, const struct post *post, const struct file *file)
{
    uint32_t *done = live_alloc(post->recipients_count * sizeof *done);
    uint32_t count = 0;

    for (uint32_t i = 0; i < post->recipients_count; i++) {
        if (post->results[i] == SCHED_RESULT_DELIVERED ||
            post->results[i] == SCHED_RESULT_PERMANENT) {
            done[count++] = post->recipients[i];
        }
    }
    if (post->is_gone) {
        mends_add_gone(&host->mends, &file->place);
    } else {
        mends_add_done(&host->mends, &file->place, done, count);
    }
    free(done);
}

/* on_outcome - the directory has changed already, or would not */
static void
on_outcome(struct host *host, const struct post *post)
{
    struct file *file = files_find(&host->files, post->message, post->file);
    struct sched_event event = {.kind = SCHED_EVENT_OUTCOME};
    bool is_delivered = false;

    if (file != NULL && post->is_behind) {
        behind(host, post, file);
    }

    for (uint32_t i = 0; i < post->recipients_count; i++) {
        is_delivered =
            is_delivered || post->results[i] == SCHED_RESULT_DELIVERED;
    }
    if (file != NULL && post->is_gone) {
        files_remove(&host->files, file);
        host->queued_count--;
    } else if (file != NULL) {
        /* After a success, what is left is as if never tried. */
        file->place.attempts = post->attempts;
        file->attempts_rewrite = is_delivered ? 0 : post->attempts;
    }
    event.u.outcome = (struct sched_outcome){
        .message = post->message,
        .results = post->results,
        .file = post->file,
        .job = post->job,
        .thread = post->thread,
        .recipients_count = post->recipients_count,
        .phase = post->phase,
    };
    (void)host_feed(host, &event);
}

static void
on_job(struct host *host, const struct post *post, uint32_t kind)
{
    struct sched_event event = {.kind = kind};

    if (kind != SCHED_EVENT_JOB_STARTED) {
        crew_reap(&host->crew, post->job, 0, true);
    }
    event.u.job.job = post->job;
    (void)host_feed(host, &event);
}

static void
on_thread(struct host *host, const struct post *post, uint32_t kind)
{
    struct sched_event event = {.kind = kind};

    if (kind == SCHED_EVENT_THREAD_ENDED) {
        crew_reap(&host->crew, post->job, post->thread, false);
    }
    event.u.thread.job = post->job;
    event.u.thread.thread = post->thread;
    event.u.thread.host = kind == SCHED_EVENT_SESSION_CLOSED ? post->host : 0;
    (void)host_feed(host, &event);
}

static void
on_post(struct host *host, struct post *post)
{
    switch (post->kind) {
    case POST_JOB_STARTED:
        on_job(host, post, SCHED_EVENT_JOB_STARTED);
        return;
    case POST_JOB_FAILED:
        on_job(host, post, SCHED_EVENT_JOB_FAILED);
        return;
    case POST_JOB_EXITED:
        on_job(host, post, SCHED_EVENT_JOB_EXITED);
        return;
    case POST_THREAD_READY:
        on_thread(host, post, SCHED_EVENT_THREAD_READY);
        return;
    case POST_THREAD_ENDED:
        on_thread(host, post, SCHED_EVENT_THREAD_ENDED);
        return;
    case POST_SESSION_CLOSED:
        on_thread(host, post, SCHED_EVENT_SESSION_CLOSED);
        return;
    case POST_OUTCOME:
        on_outcome(host, post);
        return;
    case POST_SCAN:
        scan_answer(host, &post->scan);
        return;
    case POST_ARRIVAL:
        on_arrival(host, post);
        return;
    case POST_COMMAND:
        command_do(host, post->command);
        return;
    }
}

/* --- The loop ------------------------------------------------------------------- */

/* wall_look - tells when the wall clock was set, or summer begins */
static void
wall_look(struct host *host)
{
    const int64_t offset_ns = live_wall_offset_ns();
    const int64_t change_ns = offset_ns - host->wall_offset_ns;
    struct sched_event event = {.kind = SCHED_EVENT_WALL_OFFSET};

    if (change_ns > WALL_JUMP_NS || change_ns < -WALL_JUMP_NS) {
        host->wall_offset_ns = offset_ns;
        event.u.wall.wall_offset_ns = offset_ns;
        (void)host_feed(host, &event);
    }
}

static bool
is_over(struct host *host)
{
    return host->has_failed || *host->is_told != 0 ||
           live_now_ns() >= host->until_ns || host->is_ending ||
           (host->is_until_done && host->queued_count == 0 &&
            host->mends.count == 0 && arrivals_are_idle(&host->arrivals));
}

static void
wake(struct host *host)
{
    const struct sched_event event = {.kind = SCHED_EVENT_WAKE};

    host->wish_ns = SCHED_NEVER;
    host->counts.wakes++;
    (void)host_feed(host, &event);
}

static void
loop(struct host *host)
{
    int64_t look_ns = live_now_ns();

    while (!host->has_failed) {
        const int64_t now_ns = live_now_ns();

        if (now_ns >= look_ns) {
            look_ns = now_ns + LOOK_NS;
            wall_look(host);
            mends_retry(&host->mends, &host->spool);
            scan_look(host, now_ns);
            if (is_over(host)) {
                return;
            }
        }
        if (host->wish_ns <= now_ns) {
            wake(host);
        }
        /* A wish that is due again does not keep the posts waiting. */
        struct post *post = posts_take(
            &host->posts, host->wish_ns < look_ns ? host->wish_ns : look_ns);
        if (post != NULL) {
            on_post(host, post);
            post_free(post);
        }
    }
}

/* count_queued - the files of an earlier life */
static bool
count_queued(struct host *host)
{
    struct spool_place *places = NULL;
    uint32_t count = 0;
    bool has_more = false;
    const bool is_good = spool_list(
        &host->spool, &(struct spool_query){0, 0, SCHED_NONE, UINT32_MAX},
        &places, &count, &has_more);

    for (uint32_t i = 0; is_good && i < count; i++) {
        host->queued_count += !places[i].is_held;
    }
    free(places);
    return is_good;
}

/* begin - the other threads. False: said. */
static bool
begin(struct host *host)
{
    if (!arrivals_begin(&host->arrivals)) {
        live_say("the queue directory: %s", strerror(errno));
        return false;
    }
    /* After the files of a message that comes again were removed. */
    const bool is_counted = count_queued(host);
    if (!is_counted || !control_begin(&host->control)) {
        live_say("%s: %s", is_counted ? CONTROL_NAME : "the queue directory",
                 strerror(errno));
        arrivals_end(&host->arrivals);
        return false;
    }
    return true;
}

bool
host_run(struct host *host)
{
    host->now_ns = live_now_ns();
    host->wall_offset_ns = live_wall_offset_ns();
    host->wish_ns = SCHED_NEVER;
    host->self = config_create(host->config, &host->recording, host->now_ns,
                               host->wall_offset_ns);
    if (host->self == NULL) {
        return false;
    }
    if (!begin(host)) {
        host->config->object->destroy(host->self);
        return false;
    }
    atomic_store(&host->spool.faults->is_on, true);
    pull(host);
    flush(host);
    loop(host);
    control_end(&host->control);
    crew_end(&host->crew);
    arrivals_end(&host->arrivals);
    mends_retry(&host->mends, &host->spool);
    recording_end(&host->recording, host->now_ns);
    (void)recording_flush(&host->recording);
    host->config->object->destroy(host->self);
    names_free(&host->names);
    files_free(&host->files);
    mends_free(&host->mends);
    return !host->has_failed;
}
