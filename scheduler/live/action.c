/* SPDX-License-Identifier: MIT */
/*
 * action.c - carries out what the scheduler wants, or says why not
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chances.h"
#include "host.h"
#include "live.h"

/* io - the queue directory said no */
static uint32_t
io(const char *what, uint64_t message, uint32_t file)
{
    live_say("%s message %" PRIx64 " file %" PRIu32 ": %s", what, message, file,
             strerror(errno));
    return errno == ENOENT ? SCHED_REFUSED_UNKNOWN : SCHED_REFUSED_IO;
}

/* create_fill - the envelope of a file of the message under way; false: it
 * cannot be */
static bool
create_fill(const struct host *host, const struct sched_create *create,
            struct envelope *envelope)
{
    const struct arrival *arrival = host->submitting;

    for (uint32_t i = 0; i < create->recipients_count; i++) {
        const uint32_t index = create->recipients[i];
        if (index >= arrival->recipients_count) {
            return false;
        }
        envelope->recipients[i].index = index;
        envelope->recipients[i].address = arrival->recipients[index].address;
    }
    return true;
}

static uint32_t
create(struct host *host, const struct sched_create *create)
{
    const struct arrival *arrival = host->submitting;
    const struct spool_place place = {.message = create->message,
                                      .file = create->file,
                                      .channel = create->channel,
                                      .is_held =
                                          create->state == SCHED_FILE_HELD};

    if (arrival == NULL || arrival->message != create->message ||
        create->channel >= host->spool.channels_count ||
        create->recipients_count == 0 || create->file == 0 ||
        (create->host != SCHED_NONE && create->host >= host->names.count) ||
        files_find(&host->files, create->message, create->file) != NULL) {
        return SCHED_REFUSED_ILLEGAL;
    }
    struct envelope envelope = {
        .submitted_ns = arrival->submitted_ns,
        .returned_ns = SCHED_NO_TIME,
        .size_bytes = arrival->size_bytes,
        .priority = create->priority,
        .flags = arrival->flags,
        .host = create->host == SCHED_NONE ? (char[]){""}
                                           : host->names.texts[create->host],
        .recipients =
            live_alloc(create->recipients_count * sizeof *envelope.recipients),
        .recipients_count = create->recipients_count,
    };
    uint32_t reason = 0;
    if (!create_fill(host, create, &envelope)) {
        reason = SCHED_REFUSED_ILLEGAL;
    } else if (!spool_write(&host->spool, &place, &envelope)) {
        (void)io("create", create->message, create->file);
        reason = SCHED_REFUSED_IO;
    }
    free(envelope.recipients);
    if (reason != 0) {
        /* It may be there all the same, when its folder could not be synced. */
        if (reason == SCHED_REFUSED_IO && !spool_remove(&host->spool, &place) &&
            errno != ENOENT) {
            mends_add_gone(&host->mends, &place);
        }
        return reason; /* those recipients come again */
    }
    for (uint32_t i = 0; i < create->recipients_count; i++) {
        host->left[create->recipients[i]] = false;
    }
    files_add(&host->files, &place);
    host->queued_count += !place.is_held;
    host->counts.files++;
    return 0;
}

static uint32_t
reject(struct host *host, const struct sched_reject *reject)
{
    const struct arrival *arrival = host->submitting;

    if (arrival == NULL || arrival->message != reject->message) {
        return SCHED_REFUSED_ILLEGAL;
    }
    for (uint32_t i = 0; i < arrival->recipients_count; i++) {
        sink_log(&host->sink, "rejected", reject->message, 0, i,
                 arrival->recipients[i].address);
    }
    host->is_rejected = true;
    return 0;
}

static uint32_t
deliver(struct host *host, const struct sched_deliver *deliver)
{
    struct file *file =
        files_find(&host->files, deliver->message, deliver->file);
    struct spool_place to;

    if (file == NULL) {
        return SCHED_REFUSED_UNKNOWN;
    }
    if (!mends_settle(&host->mends, &host->spool, deliver->message,
                      deliver->file)) {
        return io("deliver", deliver->message, deliver->file);
    }
    if (file->place.is_held) { /* it was released */
        to = file->place;
        to.is_held = false;
        if (!spool_move(&host->spool, &file->place, &to)) {
            return io("release", to.message, to.file);
        }
        file->place = to;
        host->queued_count++;
    }
    struct task *task = live_alloc(sizeof *task);
    const size_t size = deliver->recipients_count * sizeof(uint32_t);
    *task = (struct task){
        .place = file->place,
        .recipients = memcpy(live_alloc(size), deliver->recipients, size),
        .recipients_count = deliver->recipients_count,
        .host = deliver->host};
    const uint32_t reason =
        crew_deliver(&host->crew, deliver->job, deliver->thread, task);
    if (reason != 0) {
        free(task->recipients);
        free(task);
    } else {
        host->counts.attempts++;
    }
    return reason;
}

/* is_left - are these exactly who waits in the envelope? */
static bool
is_left(const struct envelope *envelope, const struct sched_rewrite *rewrite)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < envelope->recipients_count; i++) {
        if (envelope->recipients[i].state == ENVELOPE_WAITING) {
            if (n == rewrite->recipients_count ||
                rewrite->recipients[n] != envelope->recipients[i].index) {
                return false;
            }
            n++;
        }
    }
    return n == rewrite->recipients_count;
}

/* rewrite - the delivery has put down who is done: a new name is all it needs,
 * and at no moment is anybody in two files or none */
static uint32_t
rewrite(struct host *host, const struct sched_rewrite *rewrite)
{
    struct file *file =
        files_find(&host->files, rewrite->message, rewrite->file);
    struct envelope envelope;

    if (file == NULL) {
        return SCHED_REFUSED_UNKNOWN;
    }
    struct spool_place to = file->place;
    to.file = rewrite->new_file;
    to.attempts = file->attempts_rewrite;
    if (to.file == 0 || files_find(&host->files, to.message, to.file) != NULL) {
        return SCHED_REFUSED_ILLEGAL;
    }
    if (!mends_settle(&host->mends, &host->spool, to.message, rewrite->file) ||
        !spool_read(&host->spool, &file->place, &envelope)) {
        return io("rewrite", to.message, rewrite->file);
    }
    const bool is_good = is_left(&envelope, rewrite);
    envelope_free(&envelope);
    if (!is_good) {
        return SCHED_REFUSED_ILLEGAL;
    }
    if (!spool_move(&host->spool, &file->place, &to)) {
        return io("rewrite", to.message, rewrite->file);
    }
    files_remove(&host->files, file);
    files_add(&host->files, &to);
    host->counts.rewrites++;
    return 0;
}

static uint32_t
hold(struct host *host, struct file *file)
{
    struct spool_place to = file->place;

    to.is_held = true;
    if (file->place.is_held) {
        return SCHED_REFUSED_ILLEGAL;
    }
    if (!spool_move(&host->spool, &file->place, &to)) {
        return io("hold", to.message, to.file);
    }
    file->place = to;
    host->queued_count--;
    return 0;
}

/* give_back - all who wait in it go back to the sender */
static uint32_t
give_back(struct host *host, struct file *file)
{
    const struct spool_place place = file->place;
    struct envelope envelope;

    if (!spool_read(&host->spool, &place, &envelope)) {
        return io("return", place.message, place.file);
    }
    for (uint32_t i = 0; i < envelope.recipients_count; i++) {
        if (envelope.recipients[i].state == ENVELOPE_WAITING) {
            sink_log(&host->sink, "returned", place.message, place.file,
                     envelope.recipients[i].index,
                     envelope.recipients[i].address);
        }
    }
    envelope_free(&envelope);
    if (!spool_remove(&host->spool, &place)) {
        return io("return", place.message, place.file);
    }
    host->queued_count -= !place.is_held;
    host->counts.returns++;
    files_remove(&host->files, file);
    return 0;
}

/* warn - the envelope keeps when, for the scan of a later life */
static uint32_t
warn(struct host *host, const struct file *file)
{
    struct envelope envelope;

    if (!spool_read(&host->spool, &file->place, &envelope)) {
        return io("warn", file->place.message, file->place.file);
    }
    envelope.returned_ns = live_utc_ns();
    const bool is_good = spool_write(&host->spool, &file->place, &envelope);
    envelope_free(&envelope);
    return is_good ? 0 : io("warn", file->place.message, file->place.file);
}

static uint32_t
file_do(struct host *host, const struct sched_action *action)
{
    const struct sched_file_action *what = &action->u.file;
    struct file *file = files_find(&host->files, what->message, what->file);

    if (action->kind == SCHED_ACTION_NOTIFY) {
        sink_log(&host->sink, "notice", what->message, what->file, what->value,
                 "-");
        return 0;
    }
    if (file == NULL) {
        return SCHED_REFUSED_UNKNOWN;
    }
    if (!mends_settle(&host->mends, &host->spool, what->message, what->file)) {
        return io("change", what->message, what->file);
    }
    return action->kind == SCHED_ACTION_HOLD     ? hold(host, file)
           : action->kind == SCHED_ACTION_RETURN ? give_back(host, file)
                                                 : warn(host, file);
}

/* scan - answered in its turn among the posts */
static uint32_t
scan(struct host *host, const struct sched_scan *asked)
{
    if (asked->files_max == 0 ||
        (asked->channel != SCHED_NONE &&
         asked->channel >= host->spool.channels_count)) {
        return SCHED_REFUSED_ILLEGAL;
    }
    struct post *post = post_new(POST_SCAN);
    post->scan = *asked;
    posts_put(&host->posts, post);
    return 0;
}

/* --- Refusals that are made ---------------------------------------------------- */

bool
refusals_read(struct refusals *refusals, const char *text)
{
    static const char *const names[REFUSALS_COUNT] = {
        [SCHED_ACTION_CREATE] = "create",
        [SCHED_ACTION_REJECT] = "reject",
        [SCHED_ACTION_START_JOB] = "start-job",
        [SCHED_ACTION_START_THREAD] = "start-thread",
        [SCHED_ACTION_DELIVER] = "deliver",
        [SCHED_ACTION_REWRITE] = "rewrite",
        [SCHED_ACTION_HOLD] = "hold",
        [SCHED_ACTION_RETURN] = "return",
        [SCHED_ACTION_WARN] = "warn",
        [SCHED_ACTION_NOTIFY] = "notify",
        [SCHED_ACTION_SCAN] = "scan"};

    return chances_read(text, names, REFUSALS_COUNT, refusals->ppm);
}

/* refused - for no other reason than that a test wants it; 0: it is not */
static uint32_t
refused(const struct refusals *refusals, const struct sched_action *action)
{
    const bool is_start = action->kind == SCHED_ACTION_START_JOB ||
                          action->kind == SCHED_ACTION_START_THREAD;

    if (action->kind >= REFUSALS_COUNT ||
        live_mix(refusals->seed, action->action, action->kind) % CHANCES_PPM >=
            refusals->ppm[action->kind]) {
        return 0;
    }
    return is_start ? SCHED_REFUSED_LIMIT : SCHED_REFUSED_IO;
}

uint32_t
action_do(struct host *host, const struct sched_action *action)
{
    const struct sched_job_action *job = &action->u.job;
    const struct sched_thread_action *thread = &action->u.thread;
    const uint32_t reason = refused(&host->refusals, action);

    if (reason != 0) {
        return reason;
    }
    switch ((enum sched_action_kind)action->kind) {
    case SCHED_ACTION_CREATE:
        return create(host, &action->u.create);
    case SCHED_ACTION_REJECT:
        return reject(host, &action->u.reject);
    case SCHED_ACTION_START_JOB:
        host->counts.job_starts++;
        return crew_start_job(&host->crew, job->job, job->channel, job->thread);
    case SCHED_ACTION_STOP_JOB:
        return crew_stop_job(&host->crew, job->job);
    case SCHED_ACTION_START_THREAD:
        host->counts.thread_starts++;
        return crew_start_thread(&host->crew, thread->job, thread->thread);
    case SCHED_ACTION_STOP_THREAD:
        return crew_stop_thread(&host->crew, thread->job, thread->thread);
    case SCHED_ACTION_DELIVER:
        return deliver(host, &action->u.deliver);
    case SCHED_ACTION_REWRITE:
        return rewrite(host, &action->u.rewrite);
    case SCHED_ACTION_HOLD:
    case SCHED_ACTION_RETURN:
    case SCHED_ACTION_WARN:
    case SCHED_ACTION_NOTIFY:
        return file_do(host, action);
    case SCHED_ACTION_SCAN:
        return scan(host, &action->u.scan);
    case SCHED_ACTION_NONE:
        break;
    }
    return SCHED_REFUSED_ILLEGAL;
}
