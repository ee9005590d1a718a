/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform_laws.c - what an action may be, and what it does to the small world
 *
 * The laws are those of every scheduler, in the words of sched_abi.h; rules of
 * one policy are the oracle's affair (conform_run.c).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/conform_world.h"

/* How long things take, in the world: any time will do. */
#define SOON_NS (20 * NS_PER_MS)
#define OFTEN   3  /* refuse_kind: one of so many */
#define SELDOM  60 /* else */
#define FAILS   16 /* one start of so many fails */
#define EXITS   12 /* one job of so many exits by itself */

static uint32_t
illegal(struct world *world, const char *what, uint64_t message, uint32_t file)
{
    world_break(world, "%s (message %" PRIu64 ", file %u)", what, message,
                file);
    return SCHED_REFUSED_ILLEGAL;
}

/* is_refused - by chance, as the plan has it */
static bool
is_refused(struct world *world, uint32_t kind)
{
    const uint32_t wanted = world->plan.refuse_kind;

    if (wanted == UINT32_MAX || world->is_draining) {
        return false;
    }
    return wanted == kind ? world_roll(world, OFTEN) == 0
                          : wanted == 0 && world_roll(world, SELDOM) == 0;
}

/* indices_are - ascending, of the message, not final, and all in this file */
static bool
indices_are(const struct world_message *message, const uint32_t *indices,
            uint32_t count, uint32_t file)
{
    for (uint32_t i = 0; i < count; i++) {
        if (indices[i] >= message->recipients_count ||
            (i > 0 && indices[i] <= indices[i - 1]) ||
            message->recipients[indices[i]].is_final ||
            message->recipients[indices[i]].file != file) {
            return false;
        }
    }
    return count > 0;
}

/* --- Files ---------------------------------------------------------------- */

/* is_routed - in the channel of all its recipients, in the queue of one's host
 * (or the channel's one queue) */
static bool
is_routed(const struct world_message *message,
          const struct sched_create *create)
{
    bool is_host = create->host == SCHED_NONE;

    for (uint32_t i = 0; i < create->recipients_count; i++) {
        const struct world_recipient *to =
            &message->recipients[create->recipients[i]];
        if (to->channel != create->channel) {
            return false;
        }
        is_host = is_host || to->host == create->host;
    }
    return is_host;
}

static uint32_t
act_create(struct world *world, const struct sched_create *create)
{
    struct world_message *message = world_message(world, create->message);

    if (message == NULL || create->message != world->submitted) {
        return illegal(world,
                       "CREATE for a message that is not being submitted",
                       create->message, create->file);
    }
    if (create->file == 0 || world_file(message, create->file) != NULL) {
        return illegal(world, "CREATE of a file number used before",
                       create->message, create->file);
    }
    if (create->priority >= SCHED_PRIORITIES_COUNT ||
        create->state > SCHED_FILE_UNTRACKED) {
        return illegal(world, "CREATE with no such priority or state",
                       create->message, create->file);
    }
    if (!indices_are(message, create->recipients, create->recipients_count,
                     0)) {
        return illegal(world,
                       "CREATE with recipients that are not there, final, or "
                       "in another file",
                       create->message, create->file);
    }
    if (!is_routed(message, create)) {
        return illegal(world,
                       "CREATE for another channel or host than its "
                       "recipients have",
                       create->message, create->file);
    }
    if (is_refused(world, SCHED_ACTION_CREATE)) {
        message->is_excused = true;
        return SCHED_REFUSED_IO;
    }
    message->files = base_realloc(message->files, (message->files_count + 1) *
                                                      sizeof message->files[0]);
    message->files[message->files_count++] = (struct world_file){
        .number = create->file,
        .channel = create->channel,
        .host = create->host,
        .recipients_count = create->recipients_count,
        .priority = create->priority,
        .state = create->state == SCHED_FILE_HELD        ? WORLD_HELD
                 : create->state == SCHED_FILE_UNTRACKED ? WORLD_UNTRACKED
                                                         : WORLD_READY};
    world->live_count++;
    for (uint32_t i = 0; i < create->recipients_count; i++) {
        message->recipients[create->recipients[i]].file = create->file;
    }
    return 0;
}

static uint32_t
act_reject(struct world *world, const struct sched_reject *reject)
{
    struct world_message *message = world_message(world, reject->message);

    if (message == NULL || reject->message != world->submitted ||
        message->files_count > 0 || message->is_rejected) {
        return illegal(world,
                       "REJECT of a message that has files or is not "
                       "being submitted",
                       reject->message, 0);
    }
    if (reject->reason < 400 || reject->reason > 599) {
        return illegal(world, "REJECT without a 4xx or 5xx reason",
                       reject->message, 0);
    }
    if (is_refused(world, SCHED_ACTION_REJECT)) {
        message->is_excused = true;
        return SCHED_REFUSED_IO;
    }
    message->is_rejected = true;
    return 0;
}

static uint32_t
act_rewrite(struct world *world, const struct sched_rewrite *rewrite)
{
    struct world_message *message = world_message(world, rewrite->message);
    struct world_file *file =
        message == NULL ? NULL : world_file(message, rewrite->file);

    if (file == NULL || file->state != WORLD_READY) {
        return illegal(world, "REWRITE of a file that is not at rest",
                       rewrite->message, rewrite->file);
    }
    if (rewrite->new_file == 0 ||
        world_file(message, rewrite->new_file) != NULL) {
        return illegal(world, "REWRITE to a file number used before",
                       rewrite->message, rewrite->new_file);
    }
    if (rewrite->recipients_count != file->recipients_count ||
        !indices_are(message, rewrite->recipients, rewrite->recipients_count,
                     rewrite->file)) {
        return illegal(world, "REWRITE of other recipients than are left",
                       rewrite->message, rewrite->file);
    }
    if (is_refused(world, SCHED_ACTION_REWRITE)) {
        return SCHED_REFUSED_IO;
    }
    struct world_file fresh = *file;
    fresh.number = rewrite->new_file;
    file->state = WORLD_GONE;
    message->files = base_realloc(message->files, (message->files_count + 1) *
                                                      sizeof message->files[0]);
    message->files[message->files_count++] = fresh;
    for (uint32_t i = 0; i < rewrite->recipients_count; i++) {
        message->recipients[rewrite->recipients[i]].file = rewrite->new_file;
    }
    return 0;
}

/* file_return - all its recipients are final */
static void
file_return(struct world *world, struct world_message *message,
            struct world_file *file)
{
    for (uint32_t i = 0; i < message->recipients_count; i++) {
        if (message->recipients[i].file == file->number) {
            message->recipients[i].is_final = true;
        }
    }
    file->state = WORLD_GONE;
    world->live_count--;
}

/* act_file - HOLD, RETURN, WARN, NOTIFY */
static uint32_t
act_file(struct world *world, const struct sched_action *action)
{
    const struct sched_file_action *what = &action->u.file;
    struct world_message *message = world_message(world, what->message);
    struct world_file *file =
        message == NULL ? NULL : world_file(message, what->file);

    if (file == NULL) {
        return illegal(world,
                       "HOLD, RETURN, WARN or NOTIFY of a file that "
                       "never was",
                       what->message, what->file);
    }
    if (action->kind == SCHED_ACTION_NOTIFY) { /* of one that may be gone */
        return is_refused(world, action->kind) ? SCHED_REFUSED_IO : 0;
    }
    if (file->state == WORLD_ACTIVE || file->state == WORLD_GONE ||
        (action->kind == SCHED_ACTION_HOLD && file->state == WORLD_HELD)) {
        return illegal(world,
                       "HOLD, RETURN or WARN of a file that is with a "
                       "thread, gone, or held already",
                       what->message, what->file);
    }
    if (is_refused(world, action->kind)) {
        return SCHED_REFUSED_IO;
    }
    if (action->kind == SCHED_ACTION_RETURN) {
        file_return(world, message, file);
    } else if (action->kind == SCHED_ACTION_HOLD) {
        file->state = WORLD_HELD;
    }
    return 0;
}

static uint32_t
act_scan(struct world *world, const struct sched_scan *scan)
{
    if (scan->files_max == 0 || world->scan.files_max != 0 ||
        (scan->channel != SCHED_NONE &&
         scan->channel >= world->settings.programs_count)) {
        return illegal(world,
                       "SCAN for nothing, of no channel, or before the "
                       "last one is answered",
                       scan->cursor_message, scan->cursor_file);
    }
    if (is_refused(world, SCHED_ACTION_SCAN)) {
        return SCHED_REFUSED_IO;
    }
    world->scan = *scan;
    world_later(world, SOON_NS, SCHED_EVENT_SCANNED, 0, 0);
    return 0;
}

/* --- Jobs ------------------------------------------------------------------ */

/* jobs_fit - jobs and threads, as describe() declares them */
static bool
jobs_fit(const struct world *world, uint32_t channel)
{
    const struct program_params *program = &world->settings.programs[channel];
    uint32_t in_channel = 0, in_pool = 0;

    for (uint32_t i = 0; i < world->jobs_count; i++) {
        const struct world_job *job = &world->jobs[i];
        if (job->state != WORLD_JOB_GONE) {
            in_channel += job->channel == channel;
            in_pool +=
                world->settings.programs[job->channel].pool == program->pool;
        }
    }
    return in_channel < program->maxjobs &&
           in_pool < world->settings.pools[program->pool].job_limit;
}

static void
thread_add(struct world_job *job, enum world_thread_state state)
{
    job->threads = base_realloc(job->threads, (job->threads_count + 1) *
                                                  sizeof job->threads[0]);
    job->threads[job->threads_count++] = (struct world_thread){.state = state};
    job->live_count += state != WORLD_ENDED;
}

static uint32_t
act_start_job(struct world *world, const struct sched_job_action *start)
{
    if (start->job != world->jobs_count + 1 || start->thread != 0 ||
        start->channel >= world->settings.programs_count) {
        world_break(world,
                    "START_JOB of job %u, thread %u, channel %u, where job %u "
                    "with thread 0 would be next",
                    start->job, start->thread, start->channel,
                    world->jobs_count + 1);
        return SCHED_REFUSED_ILLEGAL;
    }
    if (!jobs_fit(world, start->channel)) {
        world_break(world,
                    "START_JOB beyond the maxjobs or job_limit that "
                    "describe() declares for channel %s",
                    world->settings.programs[start->channel].name);
        return SCHED_REFUSED_LIMIT;
    }
    if (world->jobs_count == world->jobs_room) {
        world->jobs_room = world->jobs_room * 2 + 16;
        world->jobs =
            base_realloc(world->jobs, world->jobs_room * sizeof world->jobs[0]);
    }
    struct world_job *job = &world->jobs[world->jobs_count++];
    *job = (struct world_job){.channel = start->channel};
    if (world->plan.refuses_starts ||
        is_refused(world, SCHED_ACTION_START_JOB)) {
        job->state = WORLD_JOB_GONE;
        return SCHED_REFUSED_LIMIT;
    }
    thread_add(job, WORLD_STARTING);
    const bool fails = !world->is_draining && !world->plan.is_quiet &&
                       world_roll(world, FAILS) == 0;
    world_later(world, (int64_t)world_roll(world, 10) * SOON_NS,
                fails ? SCHED_EVENT_JOB_FAILED : SCHED_EVENT_JOB_STARTED,
                start->job, 0);
    if (!fails && !world->plan.is_quiet && world_roll(world, EXITS) == 0) {
        world_later(world, (int64_t)world_roll(world, 600) * NS_PER_S,
                    SCHED_EVENT_JOB_EXITED, start->job, 0);
    }
    return 0;
}

static uint32_t
act_stop_job(struct world *world, const struct sched_job_action *stop)
{
    struct world_job *job = world_job(world, stop->job);

    if (job == NULL || job->is_stopping) {
        world_break(world,
                    "STOP_JOB of job %u, which does not run or was "
                    "stopped before",
                    stop->job);
        return SCHED_REFUSED_ILLEGAL;
    }
    if (job->is_stop_refused && job->stop_refused_at_ns == world->now_ns) {
        world_break(world,
                    "STOP_JOB of job %u again, at the instant of its refusal",
                    stop->job);
        return SCHED_REFUSED_ILLEGAL;
    }
    if (is_refused(world, SCHED_ACTION_STOP_JOB)) {
        /* It holds its slot until it is told again. */
        world->stops_refused += job->is_stop_refused ? 0 : 1;
        job->is_stop_refused = true;
        job->stop_refused_at_ns = world->now_ns;
        return SCHED_REFUSED_IO;
    }
    world->stops_refused -= job->is_stop_refused ? 1 : 0;
    job->is_stop_refused = false;
    job->is_stopping = true;
    if (job->live_count == 0) {
        world_later(world, 0, SCHED_EVENT_JOB_EXITED, stop->job, 0);
    }
    return 0;
}

static uint32_t
act_start_thread(struct world *world, const struct sched_thread_action *start)
{
    struct world_job *job = world_job(world, start->job);

    if (job == NULL || job->state != WORLD_JOB_RUNNING || job->is_stopping ||
        start->thread != job->threads_count) {
        world_break(world,
                    "START_THREAD %u.%u, where the job does not run or "
                    "another number would be next",
                    start->job, start->thread);
        return SCHED_REFUSED_ILLEGAL;
    }
    const uint32_t most = world->settings.programs[job->channel].threads_max;
    if (job->live_count >= (most == 0 ? 1 : most)) {
        world_break(world,
                    "START_THREAD %u.%u beyond the max_client_threads that "
                    "describe() declares",
                    start->job, start->thread);
        return SCHED_REFUSED_LIMIT;
    }
    if (is_refused(world, SCHED_ACTION_START_THREAD)) {
        thread_add(job, WORLD_ENDED);
        return SCHED_REFUSED_LIMIT;
    }
    thread_add(job, WORLD_STARTING);
    world_later(world, (int64_t)world_roll(world, 5) * SOON_NS,
                SCHED_EVENT_THREAD_READY, start->job, start->thread);
    return 0;
}

static uint32_t
act_stop_thread(struct world *world, const struct sched_thread_action *stop)
{
    struct world_thread *thread = world_thread(world, stop->job, stop->thread);

    if (thread == NULL || thread->state != WORLD_IDLE) {
        world_break(world, "STOP_THREAD %u.%u, which is not idle", stop->job,
                    stop->thread);
        return SCHED_REFUSED_ILLEGAL;
    }
    if (is_refused(world, SCHED_ACTION_STOP_THREAD)) {
        /* It may get work still, and ends by itself when it has none. */
        world_later(world, NS_PER_S, SCHED_EVENT_THREAD_ENDED, stop->job,
                    stop->thread);
        return SCHED_REFUSED_IO;
    }
    thread->state = WORLD_ENDING;
    world_later(world, 0, SCHED_EVENT_THREAD_ENDED, stop->job, stop->thread);
    return 0;
}

/* --- Deliveries ------------------------------------------------------------ */

/* deliver_check - the law that DELIVER breaks, or NULL */
static const char *
deliver_check(const struct world *world, const struct sched_deliver *deliver)
{
    struct world_message *message = world_message(world, deliver->message);
    const struct world_file *file =
        message == NULL ? NULL : world_file(message, deliver->file);
    const struct world_job *job = world_job(world, deliver->job);
    const struct world_thread *thread =
        world_thread(world, deliver->job, deliver->thread);

    if (file == NULL || file->state == WORLD_GONE) {
        return "DELIVER of a file that is gone or never was";
    }
    if (file->state != WORLD_READY) {
        return "DELIVER of a file that is with a thread, held, or forgotten";
    }
    if (thread == NULL || thread->state != WORLD_IDLE ||
        job->state != WORLD_JOB_RUNNING) {
        return "DELIVER by a thread that does not ask for work";
    }
    if (job->channel != file->channel || deliver->channel != file->channel ||
        deliver->host != file->host) {
        return "DELIVER of a file to another channel or host than its own";
    }
    if (deliver->recipients_count != file->recipients_count ||
        !indices_are(message, deliver->recipients, deliver->recipients_count,
                     deliver->file)) {
        return "DELIVER of other recipients than are left in the file";
    }
    return NULL;
}

static uint32_t
act_deliver(struct world *world, const struct sched_deliver *deliver)
{
    const char *law = deliver_check(world, deliver);

    if (law != NULL) {
        return illegal(world, law, deliver->message, deliver->file);
    }
    if (is_refused(world, SCHED_ACTION_DELIVER)) {
        return SCHED_REFUSED_IO;
    }
    struct world_thread *thread =
        world_thread(world, deliver->job, deliver->thread);
    const uint64_t size =
        deliver->recipients_count * sizeof deliver->recipients[0];
    thread->state = WORLD_BUSY;
    thread->message = deliver->message;
    thread->file = deliver->file;
    thread->indices_count = deliver->recipients_count;
    thread->indices = base_alloc(size);
    memcpy(thread->indices, deliver->recipients, size);
    world_file(world_message(world, deliver->message), deliver->file)->state =
        WORLD_ACTIVE;
    world_later(
        world,
        (int64_t)(1 + world_roll(world, world->is_draining ? 20 : 1500)) *
            SOON_NS,
        SCHED_EVENT_OUTCOME, deliver->job, deliver->thread);
    return 0;
}

/* --- All of them ----------------------------------------------------------- */

uint32_t
world_act(struct world *world, const struct sched_action *action)
{
    switch ((enum sched_action_kind)action->kind) {
    case SCHED_ACTION_CREATE:
        return act_create(world, &action->u.create);
    case SCHED_ACTION_REJECT:
        return act_reject(world, &action->u.reject);
    case SCHED_ACTION_START_JOB:
        return act_start_job(world, &action->u.job);
    case SCHED_ACTION_STOP_JOB:
        return act_stop_job(world, &action->u.job);
    case SCHED_ACTION_START_THREAD:
        return act_start_thread(world, &action->u.thread);
    case SCHED_ACTION_STOP_THREAD:
        return act_stop_thread(world, &action->u.thread);
    case SCHED_ACTION_DELIVER:
        return act_deliver(world, &action->u.deliver);
    case SCHED_ACTION_REWRITE:
        return act_rewrite(world, &action->u.rewrite);
    case SCHED_ACTION_HOLD:
    case SCHED_ACTION_RETURN:
    case SCHED_ACTION_WARN:
    case SCHED_ACTION_NOTIFY:
        return act_file(world, action);
    case SCHED_ACTION_SCAN:
        return act_scan(world, &action->u.scan);
    case SCHED_ACTION_NONE:
        break;
    }
    world_break(world, "an action of kind %u, which does not exist",
                action->kind);
    return SCHED_REFUSED_ILLEGAL;
}

/* recipient_lost - the first in no file though the submit is answered */
static uint32_t
recipient_lost(const struct world_message *message)
{
    for (uint32_t i = 0; i < message->recipients_count; i++) {
        if (message->recipients[i].file == 0) {
            return i;
        }
    }
    return SCHED_NONE;
}

void
world_turn_end(struct world *world)
{
    const struct world_message *message =
        world_message(world, world->submitted);

    if (message != NULL && !message->is_rejected && !message->is_excused) {
        const uint32_t lost = recipient_lost(message);
        if (lost != SCHED_NONE) {
            world_break(world,
                        "recipient %u of message %" PRIu64
                        " was put into no file",
                        lost, world->submitted);
        }
    }
    if (message != NULL && message->is_rejected && message->files_count > 0) {
        world_break(world, "CREATE and REJECT of message %" PRIu64,
                    world->submitted);
    }
}
