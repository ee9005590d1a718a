/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform_steps.c - what happens next in the small world, drawn from its seed
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/conform_world.h"

enum {
    HOST_BAD = 2,             /* takes nothing while there is new mail */
    HOSTS = 9,                /* destination hosts; the first gets a third */
    WAKES_AT_ONCE_MAX = 10000 /* slices are 1,000 files */
};

/* The order of events of one instant. */
enum { RANK_COMMAND, RANK_OUTCOME, RANK_WAKE, RANK_SUBMIT, RANK_REPORT };

#define ORDER(RANK, SEQUENCE) ((uint64_t)(RANK) << 56 | (SEQUENCE))

/* --- What is on its way ------------------------------------------------------ */

void
world_later(struct world *world, int64_t after_ns, uint32_t kind, uint32_t job,
            uint32_t thread)
{
    const uint64_t rank =
        kind == SCHED_EVENT_OUTCOME ? RANK_OUTCOME : RANK_REPORT;

    if (world->pending_count == world->pending_room) {
        world->pending_room = world->pending_room * 2 + 64;
        world->pending = base_realloc(
            world->pending, world->pending_room * sizeof world->pending[0]);
    }
    world->pending[world->pending_count++] =
        (struct world_pending){.at_ns = world->now_ns + after_ns,
                               .order = ORDER(rank, world->sequence++),
                               .kind = kind,
                               .job = job,
                               .thread = thread};
}

/* pending_first - the place of what comes first; pending_count: nothing */
static uint32_t
pending_first(const struct world *world)
{
    uint32_t first = 0;

    for (uint32_t i = 1; i < world->pending_count; i++) {
        const struct world_pending *a = &world->pending[i];
        const struct world_pending *b = &world->pending[first];
        if (a->at_ns < b->at_ns ||
            (a->at_ns == b->at_ns && a->order < b->order)) {
            first = i;
        }
    }
    return first;
}

/* --- Traffic ------------------------------------------------------------------ */

/* message_add - with recipients of its own; its id */
static uint64_t
message_add(struct world *world, uint32_t count)
{
    if (world->messages_count == world->messages_room) {
        world->messages_room = world->messages_room * 2 + 256;
        world->messages = base_realloc(
            world->messages, world->messages_room * sizeof world->messages[0]);
    }
    struct world_message *message = &world->messages[world->messages_count++];
    *message = (struct world_message){.recipients_count = count,
                                      .submitted_at_ns =
                                          world->now_ns - world->plan.age_ns};
    message->recipients = base_alloc(count * sizeof message->recipients[0]);
    for (uint32_t i = 0; i < count; i++) {
        message->recipients[i].channel =
            (uint32_t)world_roll(world, world->settings.programs_count);
        message->recipients[i].host =
            world_roll(world, 3) == 0 ? 1
                                      : 1 + (uint32_t)world_roll(world, HOSTS);
    }
    return world->messages_count;
}

/* submit - a message, in buffers that are spoiled afterwards */
static void
submit(struct world *world, uint64_t id, uint64_t parent)
{
    struct world_message *message = world_message(world, id);
    const uint32_t count = message->recipients_count;
    struct sched_recipient *recipients =
        base_alloc(count * sizeof recipients[0]);
    const bool is_deferred = world_roll(world, 20) == 0;

    for (uint32_t i = 0; i < count; i++) {
        recipients[i] = (struct sched_recipient){message->recipients[i].channel,
                                                 message->recipients[i].host};
    }
    const struct sched_event event = {
        .kind = SCHED_EVENT_SUBMIT,
        .u.submit = {.message = id,
                     .parent = parent,
                     .session = parent == 0 ? id / 3 + 1 : 0,
                     .submitted_at_ns = message->submitted_at_ns,
                     .deferred_until_ns =
                         is_deferred
                             ? world->now_ns +
                                   (int64_t)world_roll(world, 7200) * NS_PER_S
                             : SCHED_NO_TIME,
                     .size_bytes = (int64_t)world_roll(world, 1 << 18),
                     .recipients = recipients,
                     .recipients_count = count,
                     .source_channel = world_roll(world, 2) == 0
                                           ? SCHED_NONE
                                           : message->recipients[0].channel,
                     .priority = (uint32_t)world_roll(world, 3),
                     .flags = message->flags}};
    world->submitted = id;
    world_event(world, &event);
    world->submitted = 0;
    memset(recipients, 0xdd, count * sizeof recipients[0]);
    free(recipients);
}

static void
submit_next(struct world *world)
{
    const uint64_t kind = world_roll(world, 40);
    const uint32_t count = kind == 0   ? 30 + (uint32_t)world_roll(world, 200)
                           : kind < 25 ? 1
                                       : 1 + (uint32_t)world_roll(world, 5);
    const uint64_t id = message_add(world, world->plan.is_quiet ? 1 : count);

    world->submits_count++;
    world->messages[id - 1].flags =
        world_roll(world, 10) == 0 ? SCHED_SUBMIT_NULL_SENDER : 0;
    world->submit_at_ns =
        world_roll(world, 4) == 0
            ? world->now_ns
            : world->now_ns +
                  (int64_t)world_roll(
                      world, (uint64_t)(2 * world->plan.submit_every_ns) + 1);
    submit(world, id, 0);
}

/* --- Outcomes ------------------------------------------------------------------ */

/* results_draw - what became of each recipient; true: the same of all */
static bool
results_draw(struct world *world, uint8_t *results, uint32_t count,
             uint32_t host)
{
    const uint64_t kind = world_roll(world, 100);
    bool is_same = true;
    uint8_t all = SCHED_RESULT_DELIVERED;

    if (!world->is_draining) {
        all = kind < 55   ? SCHED_RESULT_DELIVERED
              : kind < 90 ? SCHED_RESULT_TEMPORARY
              : kind < 96 ? SCHED_RESULT_PERMANENT
                          : SCHED_RESULT_MISSING;
    }
    const bool is_mixed = !world->is_draining && world_roll(world, 3) == 0;
    if (!world->is_draining && host == HOST_BAD) {
        all = SCHED_RESULT_TEMPORARY;
    }
    for (uint32_t i = 0; i < count; i++) {
        results[i] =
            is_mixed && host != HOST_BAD ? (uint8_t)world_roll(world, 4) : all;
        is_same = is_same && results[i] == results[0];
    }
    return is_same;
}

/* outcome_apply - to the world's own files */
static void
outcome_apply(struct world *world, const struct world_thread *thread,
              const uint8_t *results)
{
    struct world_message *message = world_message(world, thread->message);
    struct world_file *file = world_file(message, thread->file);

    file->state = WORLD_READY;
    for (uint32_t i = 0; i < thread->indices_count; i++) {
        if (results[i] != SCHED_RESULT_TEMPORARY) {
            message->recipients[thread->indices[i]].is_final = true;
            file->recipients_count--;
        }
    }
    if (file->recipients_count == 0) {
        file->state = WORLD_GONE;
        world->live_count--;
    } else {
        file->attempts++;
    }
}

static void
on_outcome(struct world *world, uint32_t job, uint32_t number)
{
    struct world_thread *thread = world_thread(world, job, number);

    if (thread == NULL || thread->state != WORLD_BUSY) {
        return; /* its job has exited */
    }
    const uint32_t count = thread->indices_count;
    const struct world_recipient *to =
        &world_message(world, thread->message)->recipients[thread->indices[0]];
    uint8_t *results = base_alloc(count);
    const bool is_same = results_draw(world, results, count, to->host);
    const bool is_list = !is_same || world_roll(world, 2) == 0;
    const struct sched_event event = {
        .kind = SCHED_EVENT_OUTCOME,
        .u.outcome = {
            .message = thread->message,
            .results = is_list ? results : NULL,
            .file = thread->file,
            .job = job,
            .thread = number,
            .recipients_count = count,
            .result = is_list ? 0 : results[0],
            .phase = results[0] == SCHED_RESULT_DELIVERED
                         ? SCHED_PHASE_DOT
                         : (uint32_t)world_roll(world, SCHED_PHASE_DOT + 1)}};
    outcome_apply(world, thread, results);
    thread->state = WORLD_IDLE;
    world_thread_rest(thread);
    world_event(world, &event);
    memset(results, 0xdd, count);
    free(results);
}

/* --- Jobs ----------------------------------------------------------------------- */

static void
job_tell(struct world *world, uint32_t kind, uint32_t job)
{
    world_event(world,
                &(struct sched_event){.kind = kind, .u.job = {.job = job}});
}

static void
on_job_started(struct world *world, uint32_t number)
{
    struct world_job *job = world_job(world, number);

    if (job == NULL) {
        return;
    }
    job->state = WORLD_JOB_RUNNING;
    world_later(world, (int64_t)world_roll(world, 5) * 20 * NS_PER_MS,
                SCHED_EVENT_THREAD_READY, number, 0);
    job_tell(world, SCHED_EVENT_JOB_STARTED, number);
}

/* on_job_gone - it failed to start, or has exited with all it had */
static void
on_job_gone(struct world *world, uint32_t number, uint32_t kind)
{
    struct world_job *job = world_job(world, number);

    if (job == NULL) {
        return; /* it is gone already */
    }
    if (kind == SCHED_EVENT_JOB_EXITED && job->state == WORLD_JOB_STARTING) {
        world_later(world, NS_PER_S, kind, number, 0);
        return;
    }
    for (uint32_t i = 0; i < job->threads_count; i++) {
        struct world_thread *thread = &job->threads[i];
        if (thread->state == WORLD_BUSY) {
            world_file(world_message(world, thread->message), thread->file)
                ->state = WORLD_READY;
        }
        thread->state = WORLD_ENDED;
        world_thread_rest(thread);
    }
    free(job->threads);
    job->threads = NULL;
    job->threads_count = 0;
    job->state = WORLD_JOB_GONE;
    world->stops_refused -= job->is_stop_refused ? 1 : 0;
    job->is_stop_refused = false;
    job_tell(world, kind, number);
}

static void
thread_tell(struct world *world, uint32_t kind, uint32_t job, uint32_t thread,
            uint32_t host)
{
    world_event(world,
                &(struct sched_event){
                    .kind = kind,
                    .u.thread = {.job = job, .thread = thread, .host = host}});
}

static void
on_thread_ready(struct world *world, uint32_t job, uint32_t number)
{
    struct world_thread *thread = world_thread(world, job, number);

    if (thread != NULL && thread->state == WORLD_STARTING) {
        thread->state = WORLD_IDLE;
        thread_tell(world, SCHED_EVENT_THREAD_READY, job, number, 0);
    }
}

static void
on_thread_ended(struct world *world, uint32_t number, uint32_t thread_number)
{
    struct world_thread *thread = world_thread(world, number, thread_number);

    if (thread == NULL || thread->state == WORLD_ENDED) {
        return;
    }
    if (thread->state == WORLD_BUSY) {
        world_later(world, NS_PER_S, SCHED_EVENT_THREAD_ENDED, number,
                    thread_number);
        return;
    }
    struct world_job *job = world_job(world, number);
    thread->state = WORLD_ENDED;
    job->live_count--;
    const bool is_last = job->is_stopping && job->live_count == 0;
    thread_tell(world, SCHED_EVENT_THREAD_ENDED, number, thread_number, 0);
    if (is_last) {
        world_later(world, 0, SCHED_EVENT_JOB_EXITED, number, 0);
    }
}

/* --- Scans ------------------------------------------------------------------------ */

static uint32_t
scan_file(struct world *world, uint64_t id, const struct world_file *file,
          struct sched_scanned_file *out)
{
    const struct world_message *message = world_message(world, id);
    uint32_t *indices =
        base_alloc(message->recipients_count * sizeof indices[0]);
    uint32_t count = 0;

    for (uint32_t i = 0; i < message->recipients_count; i++) {
        if (message->recipients[i].file == file->number &&
            !message->recipients[i].is_final) {
            indices[count++] = i;
        }
    }
    *out =
        (struct sched_scanned_file){.message = id,
                                    .submitted_at_ns = message->submitted_at_ns,
                                    .returned_at_ns = SCHED_NO_TIME,
                                    .size_bytes = 1024,
                                    .recipients = indices,
                                    .recipients_count = count,
                                    .file = file->number,
                                    .channel = file->channel,
                                    .host = file->host,
                                    .priority = file->priority,
                                    .attempts = file->attempts,
                                    .is_held = file->state == WORLD_HELD,
                                    .flags = message->flags};
    return count;
}

/* scan_is_next - in the scan's channel, after its cursor */
static bool
scan_is_next(const struct sched_scan *scan, uint64_t id,
             const struct world_file *file)
{
    return file->state != WORLD_GONE &&
           (scan->channel == SCHED_NONE || scan->channel == file->channel) &&
           (id > scan->cursor_message ||
            (id == scan->cursor_message && file->number > scan->cursor_file));
}

/* scanned_fill - the files asked for, by message and number, from `from` on */
static void
scanned_fill(struct world *world, const struct sched_scan *scan,
             struct sched_scanned_file *files, struct sched_scanned *scanned)
{
    const uint64_t first = scan->cursor_message == 0 ? 1 : scan->cursor_message;

    for (uint64_t id = first; id <= world->messages_count; id++) {
        struct world_message *message = world_message(world, id);
        /* Files are numbered as they are made. */
        for (uint32_t i = 0; i < message->files_count; i++) {
            struct world_file *file = &message->files[i];
            if (!scan_is_next(scan, id, file)) {
                continue;
            }
            if (scanned->files_count == scan->files_max) {
                scanned->has_more = 1;
                return;
            }
            scan_file(world, id, file, &files[scanned->files_count++]);
            scanned->cursor_message = id;
            scanned->cursor_file = file->number;
            if (file->state == WORLD_UNTRACKED) {
                file->state = WORLD_READY; /* it may be known again */
            }
        }
    }
}

static void
on_scanned(struct world *world)
{
    const struct sched_scan scan = world->scan;
    struct sched_scanned scanned = {.channel = scan.channel,
                                    .cursor_message = scan.cursor_message,
                                    .cursor_file = scan.cursor_file};
    const uint64_t room =
        scan.files_max < world->live_count ? scan.files_max : world->live_count;
    struct sched_scanned_file *files = base_alloc((room + 1) * sizeof files[0]);

    world->scan = (struct sched_scan){.files_max = 0};
    scanned_fill(world, &scan, files, &scanned);
    scanned.files = files;
    world_event(world, &(struct sched_event){.kind = SCHED_EVENT_SCANNED,
                                             .u.scanned = scanned});
    for (uint32_t i = 0; i < scanned.files_count; i++) {
        uint32_t *indices;
        memcpy(&indices, &files[i].recipients, sizeof indices);
        free(indices);
    }
    free(files);
}

/* --- What happens next --------------------------------------------------------- */

static void
happen(struct world *world, const struct world_pending *what)
{
    switch ((enum sched_event_kind)what->kind) {
    case SCHED_EVENT_OUTCOME:
        on_outcome(world, what->job, what->thread);
        break;
    case SCHED_EVENT_JOB_STARTED:
        on_job_started(world, what->job);
        break;
    case SCHED_EVENT_JOB_FAILED:
    case SCHED_EVENT_JOB_EXITED:
        on_job_gone(world, what->job, what->kind);
        break;
    case SCHED_EVENT_THREAD_READY:
        on_thread_ready(world, what->job, what->thread);
        break;
    case SCHED_EVENT_THREAD_ENDED:
        on_thread_ended(world, what->job, what->thread);
        break;
    case SCHED_EVENT_SCANNED:
        on_scanned(world);
        break;
    case SCHED_EVENT_SUBMIT:
    case SCHED_EVENT_SESSION_CLOSED:
    case SCHED_EVENT_WAKE:
    case SCHED_EVENT_REFUSED:
    case SCHED_EVENT_WALL_OFFSET:
    case SCHED_EVENT_COMMAND:
    case SCHED_EVENT_STRESS:
        break; /* made by others */
    }
}

/* release_held - by command, what the scheduler holds */
static void
release_held(struct world *world)
{
    for (uint64_t id = 1; id <= world->messages_count; id++) {
        for (uint32_t i = 0; world->broken[0] == '\0' && world->has_commands &&
                             i < world->messages[id - 1].files_count;
             i++) {
            struct world_file *file = &world->messages[id - 1].files[i];
            if (file->state == WORLD_HELD) {
                file->state = WORLD_READY;
                world_event(world, &(struct sched_event){
                                       .kind = SCHED_EVENT_COMMAND,
                                       .u.command = {
                                           .message = id,
                                           .file = file->number,
                                           .command = SCHED_COMMAND_RELEASE}});
            }
        }
    }
}

/* surprise - an event that comes out of nowhere, now and then */
static void
surprise(struct world *world)
{
    const int64_t hours = (int64_t)world_roll(world, 3) - 1;

    switch (world_roll(world, 200)) {
    case 0: /* the clock is set, or summer begins */
        world_event(world,
                    &(struct sched_event){
                        .kind = SCHED_EVENT_WALL_OFFSET,
                        .u.wall = {CONFORM_WALL_NS + hours * NS_PER_HOUR}});
        break;
    case 1:
        world_event(
            world,
            &(struct sched_event){
                .kind = SCHED_EVENT_STRESS,
                .u.stress = {.channel = (uint32_t)world_roll(
                                 world, world->settings.programs_count)}});
        break;
    case 2: /* a wake that nobody asked for */
        world_event(world, &(struct sched_event){.kind = SCHED_EVENT_WAKE});
        break;
    case 3:
        for (uint32_t i = 0; i < world->jobs_count; i++) {
            const struct world_job *job = &world->jobs[i];
            if (job->state == WORLD_JOB_RUNNING && job->threads_count > 0 &&
                job->threads[0].state == WORLD_IDLE) {
                thread_tell(world, SCHED_EVENT_SESSION_CLOSED, i + 1, 0, 1);
                return;
            }
        }
        break;
    case 4:
        release_held(world);
        break;
    default:
        break;
    }
}

/* wake - as wished; now and then late */
static void
wake(struct world *world, int64_t at_ns)
{
    world->wakes_at_once =
        at_ns == world->now_ns ? world->wakes_at_once + 1 : 0;
    world->now_ns = at_ns;
    if (world->wakes_at_once > WAKES_AT_ONCE_MAX) {
        world_break(world,
                    "it wishes for \"now\" over and over: %d wakes at "
                    "one instant",
                    WAKES_AT_ONCE_MAX);
        return;
    }
    world_event(world, &(struct sched_event){.kind = SCHED_EVENT_WAKE});
}

/* wake_at - when the wished wake comes */
static int64_t
wake_at(struct world *world)
{
    if (world->wish_ns == SCHED_NEVER) {
        return SCHED_NEVER;
    }
    /* The same answer until it has come: drawn from the wish. */
    uint64_t state = (uint64_t)world->wish_ns ^ world->plan.seed;
    const bool is_late = !world->is_draining && !world->plan.is_quiet &&
                         conform_roll(&state) % 8 == 0;
    const int64_t late_ns =
        is_late ? (int64_t)(conform_roll(&state) % 30) * NS_PER_S : 0;
    return i64_max(world->now_ns, world->wish_ns > SCHED_NEVER - late_ns
                                      ? world->wish_ns
                                      : world->wish_ns + late_ns);
}

bool
world_step(struct world *world)
{
    const uint32_t first = pending_first(world);
    const int64_t wake_ns = wake_at(world);
    const bool has_submits =
        !world->is_draining && world->submits_count < world->plan.submits_max;
    int64_t at_ns = wake_ns;
    uint64_t order = ORDER(RANK_WAKE, 0);
    enum { WAKE, PENDING, SUBMIT } what = WAKE;

    if (world->broken[0] != '\0') {
        return false;
    }
    if (has_submits && (world->submit_at_ns < at_ns)) {
        at_ns = world->submit_at_ns;
        order = ORDER(RANK_SUBMIT, 0);
        what = SUBMIT;
    }
    if (first < world->pending_count) {
        const struct world_pending *pending = &world->pending[first];
        if (pending->at_ns < at_ns ||
            (pending->at_ns == at_ns && pending->order < order)) {
            at_ns = pending->at_ns;
            what = PENDING;
        }
    }
    if (at_ns == SCHED_NEVER) {
        return false;
    }
    if (world->plan.has_illegal_events) {
        world_illegal(world);
    }
    if (what == WAKE) {
        wake(world, at_ns);
        return world->broken[0] == '\0';
    }
    world->now_ns = i64_max(world->now_ns, at_ns);
    if (what == SUBMIT) {
        submit_next(world);
    } else {
        const struct world_pending taken = world->pending[first];
        world->pending[first] = world->pending[--world->pending_count];
        happen(world, &taken);
    }
    if (world->broken[0] == '\0' && !world->is_draining &&
        !world->plan.is_quiet) {
        surprise(world);
    }
    return world->broken[0] == '\0';
}

/* held_count - files that only a command could release */
static uint64_t
held_count(const struct world *world)
{
    uint64_t count = 0;

    for (uint64_t id = 1; id <= world->messages_count; id++) {
        for (uint32_t i = 0; i < world->messages[id - 1].files_count; i++) {
            count += world->messages[id - 1].files[i].state == WORLD_HELD;
        }
    }
    return count;
}

/* lost_tell - which file waits for nothing */
static void
lost_tell(struct world *world, const char *why)
{
    for (uint64_t id = 1; id <= world->messages_count; id++) {
        for (uint32_t i = 0; i < world->messages[id - 1].files_count; i++) {
            const struct world_file *file = &world->messages[id - 1].files[i];
            if (file->state == WORLD_READY || file->state == WORLD_UNTRACKED) {
                world_break(world,
                            "file %u of message %" PRIu64 " is queued for "
                            "channel %s %s",
                            file->number, id,
                            world->settings.programs[file->channel].name, why);
                return;
            }
        }
    }
}

/* stops_drain - within an hour each job that was not stopped is told again */
static void
stops_drain(struct world *world)
{
    const int64_t until_ns = world->now_ns + NS_PER_HOUR;

    while (world->stops_refused > 0 && world->now_ns < until_ns &&
           world_step(world)) {
    }
    for (uint32_t i = 0; world->stops_refused > 0 && i < world->jobs_count;
         i++) {
        if (world->jobs[i].is_stop_refused) {
            world_break(world,
                        "job %u, whose STOP_JOB was refused, holds its slot "
                        "and was not told again in an hour",
                        i + 1);
        }
    }
}

void
world_drain(struct world *world)
{
    enum { DAYS = 100, STEPS = 3000000 };
    const int64_t until_ns = world->now_ns + DAYS * NS_PER_DAY;

    world->is_draining = true;
    stops_drain(world);
    release_held(world);
    for (uint32_t i = 0; i < STEPS && world->now_ns < until_ns; i++) {
        if (world->live_count == 0 || !world_step(world)) {
            break;
        }
        if ((i & 1023) == 0) {
            release_held(world);
            if (held_count(world) == world->live_count) {
                return;
            }
        }
    }
    if (world->live_count > 0 && held_count(world) < world->live_count) {
        lost_tell(world, "after all has ended: nothing is wished for, or "
                         "nothing came of it in 100 days");
    }
}
