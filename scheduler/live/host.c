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

/* feed - a whole turn. What is answered to an event that a host may send at any
 * time is told; any other error is the end. */
static int32_t
feed(struct host *host, const struct sched_event *event)
{
    host->now_ns = later(host);
    const int32_t status = give(host, event);
    if (status == SCHED_ERR_BUG ||
        (status < 0 && event->kind != SCHED_EVENT_SUBMIT &&
         status != SCHED_ERR_UNSUPPORTED)) {
        failed(host, "event", status);
        return status;
    }
    pull(host);
    if (!recording_flush(&host->recording)) {
        live_say("the recording cannot be written: %s", strerror(errno));
        host->has_failed = true;
    }
    return status;
}

/* --- What posts become -------------------------------------------------------- */

static void
on_arrival(struct host *host, const struct arrival *arrival)
{
    const uint32_t count = arrival->recipients_count;
    struct sched_recipient *to = live_alloc(count * sizeof *to);
    struct sched_event event = {.kind = SCHED_EVENT_SUBMIT};
    const int64_t utc_now_ns = live_utc_ns() - live_now_ns();

    for (uint32_t i = 0; i < count; i++) {
        to[i].channel = arrival->recipients[i].channel;
        to[i].host = names_number(&host->names, arrival->recipients[i].host);
    }
    const int64_t submitted_ns = arrival->submitted_ns - utc_now_ns;
    event.u.submit = (struct sched_submit){
        .message = arrival->message,
        .submitted_at_ns =
            submitted_ns < host->now_ns ? submitted_ns : host->now_ns,
        .deferred_until_ns = SCHED_NO_TIME,
        .size_bytes = arrival->size_bytes,
        .recipients = to,
        .recipients_count = count,
        .source_channel = arrival->source,
        .priority = arrival->priority,
        .flags = arrival->flags,
    };
    host->counts.submits++;
    host->submitting = arrival;
    host->is_kept = false;
    host->is_rejected = false;
    crew_hold(&host->crew);
    if (feed(host, &event) < 0) {
        host->is_kept = true;
    }
    host->submitting = NULL;
    if (host->is_kept || host->has_failed) {
        arrivals_later(&host->arrivals);
    } else {
        arrivals_done(&host->arrivals, arrival, host->is_rejected);
    }
    crew_go(&host->crew);
    free(to);
}

/* on_outcome - the directory has changed already */
static void
on_outcome(struct host *host, const struct post *post)
{
    struct file *file = files_find(&host->files, post->message, post->file);
    struct sched_event event = {.kind = SCHED_EVENT_OUTCOME};
    bool is_delivered = false;

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
    (void)feed(host, &event);
}

static void
on_job(struct host *host, const struct post *post, uint32_t kind)
{
    struct sched_event event = {.kind = kind};

    if (kind != SCHED_EVENT_JOB_STARTED) {
        crew_reap(&host->crew, post->job, 0, true);
    }
    event.u.job.job = post->job;
    (void)feed(host, &event);
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
    (void)feed(host, &event);
}

/* scanned_file - what the directory has of it. False: it has gone by now. */
static bool
scanned_file(struct host *host, const struct spool_place *place,
             struct sched_scanned_file *file)
{
    struct envelope envelope;
    const int64_t offset_ns = live_utc_ns() - live_now_ns();
    uint32_t count = 0;

    if (!spool_read(&host->spool, place, &envelope)) {
        live_say("message %" PRIx64 " file %" PRIu32 " cannot be read: %s",
                 place->message, place->file, strerror(errno));
        return false;
    }
    uint32_t *indices =
        live_alloc(envelope.recipients_count * sizeof indices[0]);
    for (uint32_t i = 0; i < envelope.recipients_count; i++) {
        if (envelope.recipients[i].state == ENVELOPE_WAITING) {
            indices[count++] = envelope.recipients[i].index;
        }
    }
    const int64_t submitted_ns = envelope.submitted_ns - offset_ns;
    *file = (struct sched_scanned_file){
        .message = place->message,
        .submitted_at_ns =
            submitted_ns < host->now_ns ? submitted_ns : host->now_ns,
        .returned_at_ns = envelope.returned_ns == SCHED_NO_TIME
                              ? SCHED_NO_TIME
                              : envelope.returned_ns - offset_ns,
        .size_bytes = envelope.size_bytes,
        .recipients = indices,
        .recipients_count = count,
        .file = place->file,
        .channel = place->channel,
        .host = envelope.host[0] == '\0'
                    ? SCHED_NONE
                    : names_number(&host->names, envelope.host),
        .priority = envelope.priority,
        .attempts = place->attempts,
        .is_held = place->is_held,
        .flags = envelope.flags,
    };
    envelope_free(&envelope);
    if (count == 0) {
        free(indices);
    }
    return count > 0;
}

/* on_scan - the directory as it is now, so that nothing it tells is old */
static void
on_scan(struct host *host, const struct sched_scan *asked)
{
    struct spool_place *places = NULL;
    uint32_t count = 0;
    bool has_more = false;
    struct sched_event event = {.kind = SCHED_EVENT_SCANNED};

    if (!spool_list(&host->spool,
                    &(struct spool_query){asked->cursor_message,
                                          asked->cursor_file, asked->channel,
                                          asked->files_max},
                    &places, &count, &has_more)) {
        live_say("the queue directory cannot be read: %s", strerror(errno));
    }
    struct sched_scanned_file *files = live_alloc(count * sizeof *files);
    uint32_t files_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (scanned_file(host, &places[i], &files[files_count])) {
            files_count++;
            if (files_find(&host->files, places[i].message, places[i].file) ==
                NULL) {
                files_add(&host->files, &places[i]);
            }
        }
    }
    host->counts.scanned += files_count;
    event.u.scanned = (struct sched_scanned){
        .files = files,
        .files_count = files_count,
        .channel = asked->channel,
        .has_more = has_more,
        .cursor_message =
            count == 0 ? asked->cursor_message : places[count - 1].message,
        .cursor_file = count == 0 ? asked->cursor_file : places[count - 1].file,
    };
    (void)feed(host, &event);
    for (uint32_t i = 0; i < files_count; i++) {
        live_free(files[i].recipients);
    }
    free(files);
    free(places);
}

static void
on_post(struct host *host, const struct post *post)
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
        on_scan(host, &post->scan);
        return;
    case POST_ARRIVAL:
        on_arrival(host, post->arrival);
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
        (void)feed(host, &event);
    }
}

static bool
is_over(struct host *host)
{
    return host->has_failed || *host->is_told != 0 ||
           live_now_ns() >= host->until_ns ||
           (host->is_until_done && host->queued_count == 0 &&
            arrivals_are_idle(&host->arrivals));
}

static void
wake(struct host *host)
{
    const struct sched_event event = {.kind = SCHED_EVENT_WAKE};

    host->wish_ns = SCHED_NEVER;
    host->counts.wakes++;
    (void)feed(host, &event);
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
    if (!arrivals_begin(&host->arrivals) || !count_queued(host)) {
        live_say("the queue directory: %s", strerror(errno));
        host->config->object->destroy(host->self);
        return false;
    }
    pull(host);
    loop(host);
    crew_end(&host->crew);
    arrivals_end(&host->arrivals);
    recording_end(&host->recording, host->now_ns);
    (void)recording_flush(&host->recording);
    host->config->object->destroy(host->self);
    names_free(&host->names);
    files_free(&host->files);
    return !host->has_failed;
}
