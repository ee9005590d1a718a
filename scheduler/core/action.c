/* SPDX-License-Identifier: MIT */
/*
 * action.c - actions on their way to the host, and what it refuses
 *
 * An event leaves its actions in a ring; each is built from the records when
 * it is pulled. The last one given stays remembered until the next pull, for
 * the host may refuse it before that and not later.
 */
#include <string.h>

#include "engine.h"

/* ring_bound - the most that one event can leave, beside a submit's own: each
 * job and thread does one thing at most (a new job one START_JOB), a wake
 * returns or warns for one slice, and notifies. */
static uint64_t
ring_bound(const struct engine *engine)
{
    return ((uint64_t)engine->jobs_size + engine->threads_size) * 2 +
           UINT64_C(2) * SLICE_FILES_MAX + 16;
}

int32_t
action_reserve(struct engine *engine, uint64_t count)
{
    const uint64_t wanted = ring_bound(engine) + count + engine->outgoing_count;
    uint32_t size = engine->outgoing_size == 0 ? 256 : engine->outgoing_size;

    while (size < wanted) {
        if (size > UINT32_MAX / 2) {
            return SCHED_ERR_LIMIT;
        }
        size *= 2;
    }
    if (size == engine->outgoing_size) {
        return SCHED_OK;
    }
    struct outgoing *ring =
        memory_take(&engine->allocator, (uint64_t)size * sizeof *ring);
    if (ring == NULL) {
        return SCHED_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < engine->outgoing_count; i++) {
        ring[i] = engine->outgoing[(engine->outgoing_first + i) &
                                   (engine->outgoing_size - 1)];
    }
    memory_give(&engine->allocator, engine->outgoing,
                (uint64_t)engine->outgoing_size * sizeof *ring);
    engine->outgoing = ring;
    engine->outgoing_size = size;
    engine->outgoing_first = 0;
    return SCHED_OK;
}

void
action_push(struct engine *engine, uint32_t kind, uint32_t slot, uint32_t value,
            uint64_t message)
{
    ENGINE_CHECK(engine, engine->outgoing_count < engine->outgoing_size);
    if (engine->outgoing_count == engine->outgoing_size) {
        return;
    }
    engine->outgoing[(engine->outgoing_first + engine->outgoing_count++) &
                     (engine->outgoing_size - 1)] = (struct outgoing){
        .message = message, .kind = kind, .slot = slot, .value = value};
}

/* --- Building ------------------------------------------------------------- */

static void
build_create(struct engine *engine, const struct outgoing *outgoing,
             struct sched_action *action)
{
    const struct file *file = file_at(engine, outgoing->slot);
    const struct host *host = host_at(engine, file->host);
    struct sched_create *create = &action->u.create;

    create->message = file->message;
    create->recipients =
        file_recipients(engine, file, &create->recipients_count);
    create->file = file->number;
    create->channel = host->channel;
    create->host = host->number;
    create->priority = file->priority;
    create->state = SCHED_FILE_READY;
    if (file->state == FILE_HELD) {
        create->state = SCHED_FILE_HELD;
    } else if (file->state == FILE_UNTRACKED) {
        create->state = SCHED_FILE_UNTRACKED;
        engine->last.value = SCHED_FILE_UNTRACKED; /* see action_settle() */
    }
}

static void
build_deliver(const struct engine *engine, const struct outgoing *outgoing,
              struct sched_action *action)
{
    const struct thread *thread = &engine->threads[outgoing->slot];
    const struct file *file = file_at(engine, thread->file);
    const struct host *host = host_at(engine, file->host);
    struct sched_deliver *deliver = &action->u.deliver;

    deliver->message = file->message;
    deliver->recipients =
        file_recipients(engine, file, &deliver->recipients_count);
    deliver->file = file->number;
    deliver->job = engine->jobs[thread->job].id;
    deliver->thread = thread->number;
    deliver->channel = host->channel;
    deliver->host = host->number;
}

static void
build_rewrite(const struct engine *engine, const struct outgoing *outgoing,
              struct sched_action *action)
{
    const struct file *file = file_at(engine, outgoing->slot);
    struct sched_rewrite *rewrite = &action->u.rewrite;

    rewrite->message = file->message;
    rewrite->recipients =
        file_recipients(engine, file, &rewrite->recipients_count);
    rewrite->file = outgoing->value;
    rewrite->new_file = file->number;
}

static void
build_job(const struct engine *engine, const struct outgoing *outgoing,
          struct sched_action *action)
{
    const struct job *job = &engine->jobs[outgoing->slot];

    action->u.job.job = job->id;
    action->u.job.channel = job->channel;
    action->u.job.thread = 0; /* START_JOB: its first one has number 0 */
}

static void
build_thread(const struct engine *engine, const struct outgoing *outgoing,
             struct sched_action *action)
{
    const struct thread *thread = &engine->threads[outgoing->slot];

    action->u.thread.job = engine->jobs[thread->job].id;
    action->u.thread.thread = thread->number;
}

static void
build_file(const struct engine *engine, const struct outgoing *outgoing,
           struct sched_action *action)
{
    const struct file *file = file_at(engine, outgoing->slot);

    action->u.file.message = file->message;
    action->u.file.file = file->number;
    action->u.file.value = outgoing->value;
}

static void
build(struct engine *engine, const struct outgoing *outgoing,
      struct sched_action *action)
{
    switch ((enum sched_action_kind)outgoing->kind) {
    case SCHED_ACTION_CREATE:
        build_create(engine, outgoing, action);
        break;
    case SCHED_ACTION_REJECT:
        action->u.reject.message = outgoing->message;
        action->u.reject.reason = outgoing->value;
        break;
    case SCHED_ACTION_START_JOB:
    case SCHED_ACTION_STOP_JOB:
        build_job(engine, outgoing, action);
        break;
    case SCHED_ACTION_START_THREAD:
    case SCHED_ACTION_STOP_THREAD:
        build_thread(engine, outgoing, action);
        break;
    case SCHED_ACTION_DELIVER:
        build_deliver(engine, outgoing, action);
        break;
    case SCHED_ACTION_REWRITE:
        build_rewrite(engine, outgoing, action);
        break;
    case SCHED_ACTION_RETURN:
    case SCHED_ACTION_WARN:
        build_file(engine, outgoing, action);
        break;
    case SCHED_ACTION_NOTIFY:
        action->u.file.message = outgoing->message;
        action->u.file.file = outgoing->slot;
        action->u.file.value = outgoing->value;
        break;
    case SCHED_ACTION_NONE:
    case SCHED_ACTION_HOLD:
    case SCHED_ACTION_SCAN:
        ENGINE_CHECK(engine, 0);
        break;
    }
}

void
action_settle(struct engine *engine)
{
    if (engine->last.kind == SCHED_ACTION_RETURN ||
        (engine->last.kind == SCHED_ACTION_CREATE &&
         engine->last.value == SCHED_FILE_UNTRACKED)) {
        file_forget(engine, engine->last.slot);
    }
    engine->last.kind = SCHED_ACTION_NONE;
}

void
action_next(struct engine *engine, struct sched_action *action)
{
    memset(action, 0, sizeof *action);
    while (engine->outgoing_count > 0) {
        const struct outgoing outgoing =
            engine->outgoing[engine->outgoing_first];

        engine->outgoing_first =
            (engine->outgoing_first + 1) & (engine->outgoing_size - 1);
        engine->outgoing_count--;
        if (outgoing.kind == SCHED_ACTION_NONE) {
            continue;
        }
        action->kind = outgoing.kind;
        action->action = ++engine->action_last;
        engine->last = outgoing;
        build(engine, &outgoing, action);
        return;
    }
    if (engine->scan.state == SCAN_DUE) {
        scan_build(engine, action);
        action->kind = SCHED_ACTION_SCAN;
        action->action = ++engine->action_last;
        engine->last = (struct outgoing){.kind = SCHED_ACTION_SCAN};
        return;
    }
    action->u.wake_at_ns = timer_wish(engine);
}

/* --- Refusals --------------------------------------------------------------- */

/* soon - when something that was refused is tried again */
static int64_t
soon(const struct engine *engine)
{
    return engine->now_ns > SCHED_NEVER - 1 - REFUSED_RETRY_NS
               ? SCHED_NEVER - 1
               : engine->now_ns + REFUSED_RETRY_NS;
}

/* file_off_thread - an active file is with nobody */
static void
file_off_thread(struct engine *engine, uint32_t slot)
{
    struct file *file = file_at(engine, slot);
    struct host *host = host_at(engine, file->host);

    host->active_count--;
    host_channel(engine, host)->backlog--;
    file->state = FILE_NEW;
    queue_refresh(engine, file->host, 0);
}

/* refused_create - the file does not exist; its DELIVER is taken back */
static void
refused_create(struct engine *engine, uint32_t slot)
{
    const struct file *file = file_at(engine, slot);

    if (file->state != FILE_ACTIVE) {
        file_forget(engine, slot);
        return;
    }
    const uint32_t thread = file->prev;
    for (uint32_t i = 0; i < engine->outgoing_count; i++) {
        struct outgoing *outgoing =
            &engine->outgoing[(engine->outgoing_first + i) &
                              (engine->outgoing_size - 1)];

        if (outgoing->kind == SCHED_ACTION_DELIVER &&
            outgoing->slot == thread) {
            outgoing->kind = SCHED_ACTION_NONE;
        }
    }
    file_off_thread(engine, slot);
    file_forget(engine, slot);
    job_ask(engine, &engine->threads[thread]);
}

/* refused_deliver - no attempt was made; neither file nor thread is trusted
 * with another at once, so that a host that says no to all is left alone */
static void
refused_deliver(struct engine *engine, struct thread *thread)
{
    const uint32_t slot = thread->file;

    thread->file = MEMORY_NONE;
    file_off_thread(engine, slot);
    file_delay(engine, slot, soon(engine));
    job_rest(engine, thread);
}

static void
refused_start(struct engine *engine, uint32_t kind, uint32_t slot)
{
    const uint32_t job_of =
        kind == SCHED_ACTION_START_JOB ? slot : engine->threads[slot].job;
    struct job *job = &engine->jobs[job_of];
    struct channel *channel = &engine->channels[job->channel];

    start_refused(engine, channel);
    if (kind == SCHED_ACTION_START_JOB) {
        start_exited(engine, job);
        start_freed(engine, channel->conf->pool);
    } else {
        (void)job_lose_thread(engine, &engine->threads[slot]);
    }
}

static void
refused_stop_thread(struct engine *engine, struct thread *thread,
                    uint32_t reason)
{
    if (reason == SCHED_REFUSED_UNKNOWN) {
        (void)job_lose_thread(engine, thread);
    } else {
        idle_thread_refused(engine, thread);
    }
}

/* refused_stop_job - it holds its slot for as long as it lives */
static void
refused_stop_job(struct engine *engine, struct job *job, uint32_t reason)
{
    const uint32_t pool = engine->channels[job->channel].conf->pool;

    if (reason == SCHED_REFUSED_UNKNOWN) {
        start_exited(engine, job);
        start_freed(engine, pool);
    } else {
        idle_job_refused(engine, job);
    }
}

/* refused_rewrite - the old file stands, what is known to be final stays so;
 * there is no file of the new number, so that it may come again */
static void
refused_rewrite(struct engine *engine, uint32_t slot, uint32_t number)
{
    struct file *file = file_at(engine, slot);

    lookup_remove(engine, slot);
    file->number = number;
    lookup_add(engine, slot);
    if (file->family != MEMORY_NONE && (file->flags & FILE_IS_LOADED) == 0) {
        family_at(engine, file->family)->number_last--;
    }
}

static void
refused_return(struct engine *engine, uint32_t slot, uint32_t reason)
{
    if (reason == SCHED_REFUSED_UNKNOWN) {
        file_forget(engine, slot);
    } else {
        file_delay(engine, slot, soon(engine));
    }
}

int32_t
action_refused(struct engine *engine, const struct sched_refused *refused)
{
    const struct outgoing last = engine->last;

    if (last.kind == SCHED_ACTION_NONE ||
        refused->action != engine->action_last ||
        refused->reason < SCHED_REFUSED_LIMIT ||
        refused->reason > SCHED_REFUSED_IO) {
        return SCHED_ERR_ARGUMENT;
    }
    const int32_t status = action_reserve(engine, 0);
    if (status != SCHED_OK) {
        return status;
    }
    engine->last.kind = SCHED_ACTION_NONE;
    switch ((enum sched_action_kind)last.kind) {
    case SCHED_ACTION_CREATE:
        refused_create(engine, last.slot);
        break;
    case SCHED_ACTION_START_JOB:
    case SCHED_ACTION_START_THREAD:
        refused_start(engine, last.kind, last.slot);
        break;
    case SCHED_ACTION_STOP_THREAD:
        refused_stop_thread(engine, &engine->threads[last.slot],
                            refused->reason);
        break;
    case SCHED_ACTION_STOP_JOB:
        refused_stop_job(engine, &engine->jobs[last.slot], refused->reason);
        break;
    case SCHED_ACTION_DELIVER:
        refused_deliver(engine, &engine->threads[last.slot]);
        break;
    case SCHED_ACTION_REWRITE:
        refused_rewrite(engine, last.slot, last.value);
        break;
    case SCHED_ACTION_SCAN:
        scan_refused(engine, refused->reason, soon(engine));
        break;
    case SCHED_ACTION_RETURN:
        refused_return(engine, last.slot, refused->reason);
        break;
    case SCHED_ACTION_NONE:
    case SCHED_ACTION_REJECT:
    case SCHED_ACTION_HOLD:
    case SCHED_ACTION_WARN:
    case SCHED_ACTION_NOTIFY:
        break;
    }
    return SCHED_OK;
}
