/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world_hands.c - see world_hands.h
 */
#include "tests/reference/world_hands.h"

#include <string.h>

#include "tests/reference/world_files.h"
#include "tests/support/support.h"

int
world_chance(struct world *world, enum world_knob percent)
{
    return world_draw(world, 100) < knobs_world(&world->knobs, percent);
}

/* --- Jobs and threads ------------------------------------------------------- */

struct world_job *
world_job_of(struct world *world, uint32_t id)
{
    for (uint32_t i = 0; i < world->jobs_count; i++) {
        if (world->jobs[i].id == id) {
            return &world->jobs[i];
        }
    }
    fail_msg("no job %u", id);
    return NULL;
}

static struct world_thread *
thread_of(struct world *world, uint32_t id, uint32_t number)
{
    struct world_job *job = world_job_of(world, id);

    for (uint32_t i = 0; i < job->threads_count; i++) {
        if (job->threads[i].number == number) {
            return &job->threads[i];
        }
    }
    fail_msg("no thread %u.%u", id, number);
    return NULL;
}

void
world_job_remove(struct world *world, uint32_t id)
{
    struct world_job *job = world_job_of(world, id);

    *job = world->jobs[--world->jobs_count];
}

static void
thread_add(struct world_job *job, uint32_t number)
{
    assert_true(job->threads_count < WORLD_THREADS_MAX);
    job->threads[job->threads_count++] =
        (struct world_thread){.is = WORLD_THREAD_COMES, .number = number};
}

void
world_thread_remove(struct world_job *job, struct world_thread *thread)
{
    const uint32_t at = (uint32_t)(thread - job->threads);

    job->threads_count--;
    memmove(thread, thread + 1, (job->threads_count - at) * sizeof *thread);
}

/* --- Actions ---------------------------------------------------------------- */

/* refused - what that leaves to be remembered */
static void
refused(struct world *world, const struct sched_action *action, uint32_t reason)
{
    const struct sched_thread_action *t = &action->u.thread;

    if (action->kind == SCHED_ACTION_STOP_JOB &&
        reason == SCHED_REFUSED_UNKNOWN) {
        world_job_remove(world, action->u.job.job);
    } else if (action->kind == SCHED_ACTION_STOP_THREAD &&
               reason == SCHED_REFUSED_UNKNOWN) {
        world_thread_remove(world_job_of(world, t->job),
                            thread_of(world, t->job, t->thread));
    } else if (action->kind == SCHED_ACTION_REWRITE) {
        struct sched_rewrite stays = action->u.rewrite;

        stays.new_file = stays.file;
        world_file_rewritten(world, &stays);
    } else if (action->kind == SCHED_ACTION_RETURN &&
               reason == SCHED_REFUSED_UNKNOWN) {
        world_file_remove(world, world_file_of(world, action->u.file.message,
                                               action->u.file.file));
    }
}

uint32_t
world_action(struct world *world, const struct sched_action *action)
{
    const struct sched_thread_action *t = &action->u.thread;
    struct world_thread *thread;

    if (action->kind != SCHED_ACTION_NONE &&
        world_chance(world, WORLD_REFUSALS_PERCENT)) {
        const uint32_t reason = SCHED_REFUSED_LIMIT + world_draw(world, 4);

        refused(world, action, reason);
        return reason;
    }
    switch (action->kind) {
    case SCHED_ACTION_START_JOB:
        assert_true(world->jobs_count < WORLD_JOBS_MAX);
        world->jobs[world->jobs_count] =
            (struct world_job){.id = action->u.job.job};
        thread_add(&world->jobs[world->jobs_count++], action->u.job.thread);
        break;
    case SCHED_ACTION_STOP_JOB:
        world_job_of(world, action->u.job.job)->is_told = 1;
        break;
    case SCHED_ACTION_START_THREAD:
        assert_true(world_job_of(world, t->job)->runs);
        thread_add(world_job_of(world, t->job), t->thread);
        break;
    case SCHED_ACTION_STOP_THREAD:
        thread = thread_of(world, t->job, t->thread);
        assert_int_equal(thread->is, WORLD_THREAD_ASKS);
        thread->is = WORLD_THREAD_ENDS;
        break;
    case SCHED_ACTION_DELIVER:
        thread =
            thread_of(world, action->u.deliver.job, action->u.deliver.thread);
        assert_int_equal(thread->is, WORLD_THREAD_ASKS);
        thread->is = WORLD_THREAD_WORKS;
        thread->work = action->u.deliver;
        break;
    case SCHED_ACTION_CREATE:
        world_file_created(world, &action->u.create);
        break;
    case SCHED_ACTION_REWRITE:
        world_file_rewritten(world, &action->u.rewrite);
        break;
    case SCHED_ACTION_RETURN:
        world_file_remove(world, world_file_of(world, action->u.file.message,
                                               action->u.file.file));
        break;
    case SCHED_ACTION_WARN:
        world_file_of(world, action->u.file.message, action->u.file.file)
            ->returned_at_ns = world->now_ns;
        break;
    case SCHED_ACTION_SCAN:
        world->is_scan_asked = 1;
        world->scan = action->u.scan;
        break;
    default:
        break;
    }
    return 0;
}
