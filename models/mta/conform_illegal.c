/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform_illegal.c - events that no host may send, between legal ones
 *
 * Each must be answered ERR_ARGUMENT or ERR_UNSUPPORTED and leave the instance
 * as it was: its digest at once, and everything it does afterwards.
 */
#include <inttypes.h>

#include "models/mta/conform_world.h"

#define NEVER_ISSUED_JOB     UINT32_C(4000000000)
#define NEVER_ISSUED_MESSAGE UINT64_C(1000000000000)

void
world_forbidden(struct world *world, const struct sched_event *event,
                int64_t now_ns, const char *what)
{
    const uint64_t before = world_state(world);

    if (world->broken[0] != '\0') {
        return;
    }
    const int32_t status =
        world->instance.table->event(world->instance.self, now_ns, event);
    if (status != SCHED_ERR_ARGUMENT && status != SCHED_ERR_UNSUPPORTED) {
        world_break(world, "%s is answered %s, expected ERR_ARGUMENT", what,
                    conform_status_name(status));
    } else if (world_state(world) != before) {
        world_break(world, "%s is refused, but has changed the state", what);
    }
}

/* thread_in - a thread in this state; NULL: there is none */
static const struct world_thread *
thread_in(const struct world *world, enum world_thread_state state,
          uint32_t *job, uint32_t *thread)
{
    for (uint32_t i = world->jobs_count; i-- > 0;) {
        const struct world_job *found = &world->jobs[i];
        for (uint32_t k = 0; k < found->threads_count; k++) {
            if (found->state == WORLD_JOB_RUNNING &&
                found->threads[k].state == state) {
                *job = i + 1;
                *thread = k;
                return &found->threads[k];
            }
        }
    }
    return NULL;
}

static void
illegal_kind(struct world *world, uint64_t variant)
{
    struct sched_event event = {.kind = variant % 2 == 0 ? 0 : 4711};

    world_forbidden(world, &event, world->now_ns,
                    "an event of a kind that does not exist");
}

static void
illegal_time(struct world *world, uint64_t variant)
{
    (void)variant;
    world_forbidden(world, &(struct sched_event){.kind = SCHED_EVENT_WAKE},
                    world->told_ns - 1, "a WAKE from the past");
}

/* illegal_job - reports of a job that was never started */
static void
illegal_job(struct world *world, uint64_t variant)
{
    static const uint32_t kinds[] = {SCHED_EVENT_JOB_STARTED,
                                     SCHED_EVENT_JOB_FAILED,
                                     SCHED_EVENT_JOB_EXITED};
    const struct sched_event event = {
        .kind = kinds[variant % 3],
        .u.job = {.job = variant % 2 == 0 ? 0 : NEVER_ISSUED_JOB}};

    world_forbidden(world, &event, world->now_ns,
                    "a report of a job that never was");
}

/* illegal_running - a job that runs starts again */
static void
illegal_running(struct world *world, uint64_t variant)
{
    for (uint32_t i = 0; i < world->jobs_count; i++) {
        if (world->jobs[i].state == WORLD_JOB_RUNNING) {
            world_forbidden(
                world,
                &(struct sched_event){.kind = variant % 2 == 0
                                                  ? SCHED_EVENT_JOB_STARTED
                                                  : SCHED_EVENT_JOB_FAILED,
                                      .u.job = {.job = i + 1}},
                world->now_ns, "the start of a job that has started before");
            return;
        }
    }
}

/* illegal_gone - a job that is gone is reported once more */
static void
illegal_gone(struct world *world, uint64_t variant)
{
    for (uint32_t i = 0; i < world->jobs_count; i++) {
        if (world->jobs[i].state == WORLD_JOB_GONE) {
            world_forbidden(
                world,
                &(struct sched_event){.kind = variant % 2 == 0
                                                  ? SCHED_EVENT_JOB_STARTED
                                                  : SCHED_EVENT_JOB_EXITED,
                                      .u.job = {.job = i + 1}},
                world->now_ns, "a report of a job that is gone");
            return;
        }
    }
}

static void
illegal_thread(struct world *world, uint64_t variant)
{
    const struct sched_event event = {
        .kind = variant % 2 == 0 ? SCHED_EVENT_THREAD_READY
                                 : SCHED_EVENT_THREAD_ENDED,
        .u.thread = {.job = variant % 3 == 0 ? NEVER_ISSUED_JOB
                                             : world->jobs_count,
                     .thread = NEVER_ISSUED_JOB}};

    world_forbidden(world, &event, world->now_ns,
                    "a report of a thread that never was");
}

/* illegal_ready - a thread asks for work that has asked before */
static void
illegal_ready(struct world *world, uint64_t variant)
{
    struct sched_event event = {.kind = SCHED_EVENT_THREAD_READY};

    if (thread_in(world, variant % 2 == 0 ? WORLD_IDLE : WORLD_BUSY,
                  &event.u.thread.job, &event.u.thread.thread) != NULL) {
        world_forbidden(world, &event, world->now_ns,
                        "THREAD_READY of a thread that was ready before");
    }
}

/* illegal_outcome - wrong in one member */
static void
illegal_outcome(struct world *world, uint64_t variant)
{
    struct sched_event event = {.kind = SCHED_EVENT_OUTCOME};
    struct sched_outcome *outcome = &event.u.outcome;
    const struct world_thread *busy =
        thread_in(world, WORLD_BUSY, &outcome->job, &outcome->thread);
    const char *what = "an OUTCOME of a message that is not with this thread";

    if (busy == NULL) {
        return;
    }
    outcome->message = busy->message;
    outcome->file = busy->file;
    outcome->recipients_count = busy->indices_count;
    outcome->phase = SCHED_PHASE_DOT;
    switch (variant % 6) {
    case 0:
        outcome->message = NEVER_ISSUED_MESSAGE;
        break;
    case 1:
        outcome->file += 1000;
        what = "an OUTCOME of another file than this thread has";
        break;
    case 2:
        outcome->recipients_count++;
        what = "an OUTCOME for more recipients than the file has";
        break;
    case 3:
        outcome->result = 77;
        what = "an OUTCOME with a result that does not exist";
        break;
    case 4:
        outcome->phase = 77;
        what = "an OUTCOME in a phase that does not exist";
        break;
    default:
        outcome->thread = NEVER_ISSUED_JOB;
        what = "an OUTCOME of a thread that never was";
        break;
    }
    world_forbidden(world, &event, world->now_ns, what);
}

/* illegal_idle - an outcome of a thread that is not at work */
static void
illegal_idle(struct world *world, uint64_t variant)
{
    struct sched_event event = {.kind = SCHED_EVENT_OUTCOME};
    struct sched_outcome *outcome = &event.u.outcome;

    (void)variant;
    if (thread_in(world, WORLD_IDLE, &outcome->job, &outcome->thread) != NULL) {
        outcome->message = 1;
        outcome->file = 1;
        outcome->recipients_count = 1;
        world_forbidden(world, &event, world->now_ns,
                        "an OUTCOME of a thread that is not at work");
    }
}

static void
illegal_submit(struct world *world, uint64_t variant)
{
    struct sched_recipient to = {0, 1};
    struct sched_event event = {
        .kind = SCHED_EVENT_SUBMIT,
        .u.submit = {.message = world->messages_count + 1,
                     .submitted_at_ns = world->now_ns,
                     .deferred_until_ns = SCHED_NO_TIME,
                     .size_bytes = 1000,
                     .recipients = &to,
                     .recipients_count = 1,
                     .source_channel = SCHED_NONE,
                     .priority = SCHED_PRIORITY_NORMAL}};
    const char *what = "a SUBMIT without message number";

    switch (variant % 5) {
    case 0:
        event.u.submit.message = 0;
        break;
    case 1:
        event.u.submit.recipients_count = 0;
        what = "a SUBMIT without recipients";
        break;
    case 2:
        to.channel = NEVER_ISSUED_JOB;
        what = "a SUBMIT to a channel that does not exist";
        break;
    case 3:
        event.u.submit.priority = SCHED_PRIORITIES_COUNT + 3;
        what = "a SUBMIT with a priority that does not exist";
        break;
    default:
        event.u.submit.source_channel = NEVER_ISSUED_JOB;
        what = "a SUBMIT by a channel that does not exist";
        break;
    }
    world_forbidden(world, &event, world->now_ns, what);
}

/* illegal_refused - nothing was asked for in this turn */
static void
illegal_refused(struct world *world, uint64_t variant)
{
    world_forbidden(
        world,
        &(struct sched_event){
            .kind = SCHED_EVENT_REFUSED,
            .u.refused = {.action = variant % 2 == 0 ? NEVER_ISSUED_MESSAGE : 1,
                          .reason = SCHED_REFUSED_IO}},
        world->now_ns, "a REFUSED where no action was given");
}

static void
illegal_session(struct world *world, uint64_t variant)
{
    world_forbidden(
        world,
        &(struct sched_event){
            .kind = SCHED_EVENT_SESSION_CLOSED,
            .u.thread = {.job = variant % 2 == 0 ? 0 : NEVER_ISSUED_JOB}},
        world->now_ns, "a SESSION_CLOSED of a job that never was");
}

static void
illegal_command(struct world *world, uint64_t variant)
{
    struct sched_event event = {
        .kind = SCHED_EVENT_COMMAND,
        .u.command = {.path = "channel.none.such", .value = "1"}};
    const char *what = "a COMMAND to set what is not described";

    event.u.command.command = SCHED_COMMAND_SET;
    if (variant % 3 == 1) {
        event.u.command.command = SCHED_COMMAND_RELEASE;
        event.u.command.message = NEVER_ISSUED_MESSAGE;
        event.u.command.file = 1;
        what = "a COMMAND to release a file that never was";
    } else if (variant % 3 == 2) {
        event.u.command.command = 4711;
        what = "a COMMAND of a kind that does not exist";
    }
    world_forbidden(world, &event, world->now_ns, what);
}

static void
illegal_stress(struct world *world, uint64_t variant)
{
    (void)variant;
    world_forbidden(
        world,
        &(struct sched_event){.kind = SCHED_EVENT_STRESS,
                              .u.stress = {.channel = NEVER_ISSUED_JOB}},
        world->now_ns, "STRESS of a channel that does not exist");
}

void
world_illegal(struct world *world)
{
    static void (*const cases[])(struct world *, uint64_t) = {
        illegal_kind,    illegal_time,    illegal_job,    illegal_running,
        illegal_gone,    illegal_thread,  illegal_ready,  illegal_outcome,
        illegal_outcome, illegal_idle,    illegal_submit, illegal_refused,
        illegal_session, illegal_command, illegal_stress};
    /* Not the world's luck: the legal events are to be the same without. */
    uint64_t state = world->plan.seed ^ world->events_count;
    const uint64_t which = conform_roll(&state);

    cases[which % (sizeof cases / sizeof cases[0])](world,
                                                    conform_roll(&state));
}
