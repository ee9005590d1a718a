/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world.c - see world.h
 */
#include "tests/reference/world.h"

#include <string.h>

#include "tests/reference/world_files.h"
#include "tests/reference/world_hands.h"
#include "tests/support/support.h"

#define MS_NS INT64_C(1000000)
#define S_NS  INT64_C(1000000000)

void
world_init(struct world *world, const struct knobs *knobs, uint64_t seed)
{
    memset(world, 0, sizeof *world);
    world->knobs = *knobs;
    world->seed = seed;
    world->random = seed ^ UINT64_C(0x9d1c);
    world->wish_ns = SCHED_NEVER;
    world->wall_offset_ns = (int64_t)world_draw(world, 100000) * S_NS +
                            (int64_t)world_draw(world, 2);
    const uint32_t count = knobs_world(knobs, WORLD_BACKLOG);
    for (uint32_t i = 0; i < count; i++) {
        world_file_of_before(world, i);
    }
}

/* --- Events ----------------------------------------------------------------- */

/* draw_crowd - many recipients, of whom each is a file, or two are; 0: not now
 */
static uint32_t
draw_crowd(struct world *world)
{
    const uint32_t most = knobs_world(&world->knobs, WORLD_CROWD);
    const uint32_t hosts = knobs_world(&world->knobs, WORLD_HOSTS);
    const uint32_t channels = knobs_world(&world->knobs, WORLD_CHANNELS);
    uint32_t channel = channels;

    while (channel > 0 && !knobs_is_split(&world->knobs, channel)) {
        channel--;
    }
    if (most == 0 || channel == 0 ||
        world->files_count > WORLD_CROWDED - most ||
        world_draw(world, 12) > 0) {
        return 0;
    }
    for (uint32_t i = 0; i < most; i++) {
        world->recipients[i].channel = channel;
        world->recipients[i].host = world_draw(world, hosts);
    }
    return most;
}

/* draw_source - where a new message comes from, and by which session */
static void
draw_source(struct world *world, struct sched_submit *s)
{
    const uint32_t sessions = knobs_world(&world->knobs, WORLD_SESSIONS);

    s->source_channel = world_draw(world, 2) == 0 ? SCHED_NONE : 1;
    if (sessions > 0 && world_draw(world, 4) > 0) {
        s->session = 1 + world_draw(world, sessions);
        s->source_channel = 1 + world_draw(world, 2);
    }
}

/* draw_date - of a crowd, often an instant at which return runs begin: ten
   minutes past the hour */
static int64_t
draw_date(struct world *world, int is_crowd)
{
    const int64_t wall_s = (world->now_ns + world->wall_offset_ns) / S_NS;

    if (is_crowd && world_draw(world, 2) == 0) {
        return (wall_s / 3600 * 3600 + 4200) * S_NS - world->wall_offset_ns;
    }
    return world->now_ns + ((int64_t)world_draw(world, 100) - 20) * S_NS *
                               knobs_world(&world->knobs, WORLD_DATES);
}

static int
draw_submit(struct world *world, struct sched_event *event)
{
    const uint32_t hosts = knobs_world(&world->knobs, WORLD_HOSTS);
    const uint32_t channels = knobs_world(&world->knobs, WORLD_CHANNELS);
    const uint32_t most = knobs_world(&world->knobs, WORLD_RECIPIENTS);
    uint32_t count = world_draw(world, 3) > 0 ? 1 : 1 + world_draw(world, most);
    struct sched_submit *s = &event->u.submit;

    for (uint32_t i = 0; i < count; i++) {
        world->recipients[i].channel = 1 + world_draw(world, channels);
        world->recipients[i].host = world_draw(world, hosts);
    }
    const uint32_t crowd = draw_crowd(world);
    count = crowd > 0 ? crowd : count;
    event->kind = SCHED_EVENT_SUBMIT;
    s->message = world->decision + UINT64_C(1) + WORLD_BACKLOG_MAX;
    s->submitted_at_ns = world->now_ns;
    if (world_draw(world, 8) == 0 || crowd > 0) { /* no limit for a crowd */
        s->parent = 1;
        s->submitted_at_ns -= (int64_t)world_draw(world, 200) * 3600 * S_NS;
    }
    s->deferred_until_ns = SCHED_NO_TIME;
    if (world_draw(world, crowd > 0 ? 2 : 6) == 0) {
        s->deferred_until_ns = draw_date(world, crowd > 0);
    }
    s->size_bytes =
        (int64_t)world_draw(world, 3) * 3 * 1024 + world_draw(world, 2);
    s->recipients = world->recipients;
    s->recipients_count = count;
    draw_source(world, s);
    s->priority = world_draw(world, 3);
    s->flags = world_draw(world, 5) == 0 ? SCHED_SUBMIT_NULL_SENDER : 0;
    world->submit = *s;
    return 1;
}

/* thread_draw - one that is so; its job in *job */
static struct world_thread *
thread_draw(struct world *world, enum world_thread_is is,
            struct world_job **job)
{
    uint32_t count = 0;

    for (int look = 0; look < 2; look++) {
        uint32_t nth = look == 0 ? 0 : world_draw(world, count);

        for (uint32_t j = 0; j < world->jobs_count; j++) {
            *job = &world->jobs[j];
            for (uint32_t t = 0; (*job)->runs && t < (*job)->threads_count;
                 t++) {
                if ((*job)->threads[t].is != is) {
                    continue;
                }
                if (look == 0) {
                    count++;
                } else if (nth-- == 0) {
                    return &(*job)->threads[t];
                }
            }
        }
        if (count == 0) {
            return NULL;
        }
    }
    return NULL;
}

static int
draw_outcome(struct world *world, struct sched_event *event)
{
    struct world_job *job;
    struct world_thread *thread = thread_draw(world, WORLD_THREAD_WORKS, &job);
    struct sched_outcome *o = &event->u.outcome;

    if (thread == NULL) {
        return 0;
    }
    const struct sched_deliver *d = &thread->work;
    const int is_mixed = world_draw(world, 3) == 0;
    for (uint32_t i = 0; i < d->recipients_count; i++) {
        if (i > 0 && !is_mixed) {
            world->results[i] = world->results[0];
        } else if (world_chance(world, WORLD_TEMPORARY_PERCENT)) {
            world->results[i] = SCHED_RESULT_TEMPORARY;
        } else {
            const uint32_t of_ten = world_draw(world, 10);
            world->results[i] = (uint8_t)(of_ten > 1    ? SCHED_RESULT_DELIVERED
                                          : of_ten == 1 ? SCHED_RESULT_PERMANENT
                                                        : SCHED_RESULT_MISSING);
        }
    }
    event->kind = SCHED_EVENT_OUTCOME;
    o->message = d->message;
    o->file = d->file;
    o->job = d->job;
    o->thread = d->thread;
    o->recipients_count = d->recipients_count;
    o->results = is_mixed ? world->results : NULL;
    o->result = world->results[0];
    o->phase = SCHED_PHASE_DOT;
    thread->is = WORLD_THREAD_ASKS;
    world_file_after(world, o);
    return 1;
}

/* draw_job - a process starts, does not, or exits */
static int
draw_job(struct world *world, struct sched_event *event)
{
    if (world->jobs_count == 0) {
        return 0;
    }
    struct world_job *job = &world->jobs[world_draw(world, world->jobs_count)];
    const uint32_t id = job->id;
    const int is_lost = world_chance(world, WORLD_LOSSES_PERCENT);

    event->u.job.job = id;
    if (!job->runs && !is_lost) {
        job->runs = 1;
        event->kind = SCHED_EVENT_JOB_STARTED;
        return 1;
    }
    if (!job->runs) {
        event->kind = SCHED_EVENT_JOB_FAILED;
    } else if ((job->is_told && job->threads_count == 0) ||
               (is_lost && world_draw(world, 3) == 0)) {
        event->kind = SCHED_EVENT_JOB_EXITED;
    } else {
        return 0;
    }
    world_job_remove(world, id);
    return 1;
}

static int
draw_thread(struct world *world, struct sched_event *event)
{
    struct world_job *job = NULL;
    struct world_thread *thread = NULL;
    const uint32_t is = world_draw(world, 3);

    if (world_chance(world, WORLD_LOSSES_PERCENT) &&
        world_draw(world, 3) == 0) {
        thread = thread_draw(world, (enum world_thread_is)is, &job);
    }
    if (thread == NULL) {
        thread = thread_draw(world, WORLD_THREAD_ENDS, &job);
    }
    if (thread != NULL) {
        event->kind = SCHED_EVENT_THREAD_ENDED;
        event->u.thread.job = job->id;
        event->u.thread.thread = thread->number;
        world_thread_remove(job, thread);
        return 1;
    }
    thread = thread_draw(world, WORLD_THREAD_COMES, &job);
    if (thread == NULL) {
        return 0;
    }
    thread->is = WORLD_THREAD_ASKS;
    event->kind = SCHED_EVENT_THREAD_READY;
    event->u.thread.job = job->id;
    event->u.thread.thread = thread->number;
    return 1;
}

static int
draw_closed(struct world *world, struct sched_event *event)
{
    struct world_job *job = NULL;
    const struct world_thread *thread =
        thread_draw(world, WORLD_THREAD_ASKS, &job);

    if (thread == NULL) {
        return 0;
    }
    event->kind = SCHED_EVENT_SESSION_CLOSED;
    event->u.thread.job = job->id;
    event->u.thread.thread = thread->number;
    event->u.thread.host =
        world_draw(world, knobs_world(&world->knobs, WORLD_HOSTS));
    return 1;
}

static int
draw_wall(struct world *world, struct sched_event *event)
{
    event->kind = SCHED_EVENT_WALL_OFFSET;
    world->wall_offset_ns += ((int64_t)world_draw(world, 3) - 1) * 3600 * S_NS;
    event->u.wall.wall_offset_ns = world->wall_offset_ns;
    return 1;
}

static int
draw_change(struct world *world, struct sched_event *event)
{
    struct sched_command *c = &event->u.command;

    event->kind = SCHED_EVENT_COMMAND;
    c->command = SCHED_COMMAND_SET;
    c->value = knobs_change(&world->knobs, world->random, world->path);
    c->path = world->path;
    return 1;
}

static int
draw_stress(struct world *world, struct sched_event *event)
{
    event->kind = SCHED_EVENT_STRESS;
    event->u.stress.channel =
        1 + world_draw(world, knobs_world(&world->knobs, WORLD_CHANNELS));
    return 1;
}

/* draw_restart - jobs and attempts go with the scheduler, the mail stays */
static int
draw_restart(struct world *world, struct sched_event *event)
{
    if (!knobs_world(&world->knobs, WORLD_RESTARTS)) {
        return 0;
    }
    event->kind = WORLD_RESTART;
    world->jobs_count = 0;
    world->is_scan_asked = 0;
    for (uint32_t i = 0; i < world->files_count; i++) {
        world->files[i].is_known = 0;
    }
    return 1;
}

/* --- Time ------------------------------------------------------------------- */

static int64_t
draw_step(struct world *world)
{
    static const int64_t steps_ns[3][8] = {
        {0, 0, 1, MS_NS, MS_NS, 50 * MS_NS, 400 * MS_NS, 5 * S_NS},
        {0, 0, 1, MS_NS, 300 * MS_NS, 2 * S_NS, 10 * S_NS, 40 * S_NS},
        {0, 1, MS_NS, S_NS, 10 * S_NS, 60 * S_NS, 600 * S_NS, 7200 * S_NS}};
    const uint32_t hurry = knobs_world(&world->knobs, WORLD_HURRY);

    return steps_ns[hurry][world_draw(world, 8)];
}

/* turn_class - the order of events within one instant */
static uint32_t
turn_class(uint32_t kind)
{
    switch (kind) {
    case SCHED_EVENT_WALL_OFFSET:
    case SCHED_EVENT_COMMAND:
    case WORLD_RESTART:
    case WORLD_CHANGE:
        return 0;
    case SCHED_EVENT_OUTCOME:
        return 1;
    case SCHED_EVENT_WAKE:
        return 2;
    case SCHED_EVENT_SUBMIT:
        return 3;
    default:
        return 4;
    }
}

static void
go_to(struct world *world, int64_t at_ns, uint32_t class)
{
    if (at_ns > world->now_ns) {
        world->now_ns = at_ns;
    } else if (class < world->turn_class) {
        world->now_ns++;
    }
    world->turn_class = class;
}

static uint32_t
draw_kind(struct world *world)
{
    static const uint8_t kinds[32] = {
        SCHED_EVENT_SUBMIT,       SCHED_EVENT_SUBMIT,
        SCHED_EVENT_SUBMIT,       SCHED_EVENT_SUBMIT,
        SCHED_EVENT_SUBMIT,       SCHED_EVENT_SUBMIT,
        SCHED_EVENT_SUBMIT,       SCHED_EVENT_SUBMIT,
        SCHED_EVENT_OUTCOME,      SCHED_EVENT_OUTCOME,
        SCHED_EVENT_OUTCOME,      SCHED_EVENT_OUTCOME,
        SCHED_EVENT_OUTCOME,      SCHED_EVENT_OUTCOME,
        SCHED_EVENT_OUTCOME,      SCHED_EVENT_OUTCOME,
        SCHED_EVENT_OUTCOME,      SCHED_EVENT_OUTCOME,
        SCHED_EVENT_JOB_STARTED,  SCHED_EVENT_JOB_STARTED,
        SCHED_EVENT_JOB_STARTED,  SCHED_EVENT_JOB_STARTED,
        SCHED_EVENT_THREAD_READY, SCHED_EVENT_THREAD_READY,
        SCHED_EVENT_THREAD_READY, SCHED_EVENT_THREAD_READY,
        SCHED_EVENT_THREAD_READY, SCHED_EVENT_THREAD_READY,
        SCHED_EVENT_THREAD_READY, SCHED_EVENT_WAKE,
        SCHED_EVENT_WAKE,         SCHED_EVENT_WAKE};

    const uint32_t rare = world_draw(world, 1000);
    const uint32_t changes = knobs_world(&world->knobs, WORLD_CHANGES);
    const uint32_t stress = knobs_world(&world->knobs, WORLD_STRESS);

    if (rare < changes) {
        return WORLD_CHANGE;
    }
    if (rare < changes + stress) {
        return SCHED_EVENT_STRESS;
    }
    switch (world_draw(world, 200)) {
    case 0:
        return SCHED_EVENT_WALL_OFFSET;
    case 1:
        return SCHED_EVENT_SESSION_CLOSED;
    case 2:
    case 3:
        return SCHED_EVENT_COMMAND;
    case 4:
        return WORLD_RESTART;
    default:
        if (world->is_scan_asked && world_draw(world, 4) == 0) {
            return SCHED_EVENT_SCANNED;
        }
        return kinds[world_draw(world, 32)];
    }
}

static int
draw(struct world *world, uint32_t kind, struct sched_event *event)
{
    switch (kind) {
    case SCHED_EVENT_SUBMIT:
        return draw_submit(world, event);
    case SCHED_EVENT_OUTCOME:
        return draw_outcome(world, event);
    case SCHED_EVENT_JOB_STARTED:
        return draw_job(world, event);
    case SCHED_EVENT_THREAD_READY:
        return draw_thread(world, event);
    case SCHED_EVENT_SESSION_CLOSED:
        return draw_closed(world, event);
    case SCHED_EVENT_WALL_OFFSET:
        return draw_wall(world, event);
    case SCHED_EVENT_SCANNED:
        return world_draw_scanned(world, event);
    case SCHED_EVENT_COMMAND:
        return world_draw_release(world, event);
    case WORLD_RESTART:
        return draw_restart(world, event);
    case WORLD_CHANGE:
        return draw_change(world, event);
    case SCHED_EVENT_STRESS:
        return draw_stress(world, event);
    default:
        event->kind = SCHED_EVENT_WAKE;
        return 1;
    }
}

int
world_decide(struct world *world, uint32_t decision, struct sched_event *event)
{
    uint64_t mix = world->seed + decision * UINT64_C(0xd1342543de82ef95);

    world->decision = decision;
    world->random = test_random_below(&mix, UINT64_MAX);
    memset(event, 0, sizeof *event);
    uint32_t kind = draw_kind(world);
    int64_t at_ns = world->now_ns + draw_step(world);
    const int is_late = world_chance(world, WORLD_LATE_PERCENT);
    if (kind == SCHED_EVENT_WAKE && world_draw(world, 2) == 0 &&
        world->wish_ns != SCHED_NEVER) {
        at_ns = world->wish_ns;
    }
    if (world->wish_ns <= at_ns && !is_late) {
        kind = SCHED_EVENT_WAKE;
        at_ns = world->wish_ns;
    }
    go_to(world, at_ns, turn_class(kind));
    return draw(world, kind, event);
}
