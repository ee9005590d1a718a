/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * life.c - see life.h
 */
#include "tests/support/life.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

uint32_t
life_below(struct world *world, uint32_t limit)
{
    return (uint32_t)test_random_below(&world->random, limit);
}

static void
on_create(struct world *world, const struct sched_create *create)
{
    assert_true(create->message <= world->host->message_last);
    assert_true(create->recipients_count > 0);
    for (uint32_t i = 0; i < create->recipients_count; i++) {
        const uint32_t r = create->recipients[i];

        assert_true(r < world->recipients_count[create->message]);
        assert_int_equal(world->file_of[create->message][r], 0);
        world->file_of[create->message][r] = create->file;
        world->files[create->message][r] =
            (struct world_file){.channel = (uint8_t)create->channel,
                                .host = (uint8_t)create->host,
                                .priority = (uint8_t)create->priority,
                                .is_held = create->state == SCHED_FILE_HELD,
                                .is_anonymous = create->host == SCHED_NONE};
    }
    world->untracked_count += create->state == SCHED_FILE_UNTRACKED;
    world->held_count += create->state == SCHED_FILE_HELD;
    world->created += create->recipients_count;
}

/* file_is - exactly these recipients are in the file */
static void
file_is(const struct world *world, uint64_t message, uint32_t file,
        const uint32_t *recipients, uint32_t count)
{
    uint32_t there = 0;

    for (uint32_t i = 0; i < RECIPIENTS_MAX; i++) {
        there += world->file_of[message][i] == file;
    }
    assert_int_equal(there, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(world->file_of[message][recipients[i]], file);
    }
}

struct life_job *
life_job(struct world *world, uint32_t id)
{
    assert_true(id > 0 && id < JOBS_MAX && world->jobs[id] != NULL);
    return world->jobs[id];
}

static void
on_start_job(struct world *world, const struct sched_job_action *start)
{
    uint32_t of_channel = 1;

    assert_true(start->job < JOBS_MAX && world->jobs[start->job] == NULL);
    assert_true(start->channel == 1 || start->channel == 2 ||
                start->channel == 4 || start->channel == 5);
    for (uint32_t i = 0; i < world->live_count; i++) {
        of_channel += world->jobs[world->live[i]]->channel == start->channel;
    }
    assert_true(world->live_count < POOL_MAX);
    assert_true(start->channel != 1 || of_channel <= 2);
    world->live[world->live_count++] = start->job;
    struct life_job *job = calloc(1, sizeof *job);
    assert_non_null(job);
    job->is = JOB_ASKED;
    job->channel = start->channel;
    job->threads_count = 1;
    job->thread_is[start->thread] = THREAD_COMES;
    world->jobs[start->job] = job;
}

void
life_job_gone(struct world *world, uint32_t id)
{
    for (uint32_t i = 0; i < world->live_count; i++) {
        if (world->live[i] == id) {
            world->live[i] = world->live[--world->live_count];
        }
    }
    for (uint32_t i = 0; i < world->busy_count;) {
        if (world->busy[i].job == id) {
            world->busy[i] = world->busy[--world->busy_count];
        } else {
            i++;
        }
    }
    world->jobs[id]->is = JOB_NONE;
}

static void
thread_is(struct world *world, uint32_t id, uint32_t thread, enum thread_is was,
          enum thread_is is)
{
    struct life_job *job = life_job(world, id);

    assert_true(thread < NUMBERS_MAX);
    assert_int_equal(job->is, JOB_RUNS);
    assert_int_equal(job->thread_is[thread], was);
    job->thread_is[thread] = (uint8_t)is;
    job->threads_count += was == THREAD_NONE;
    job->threads_count -= is == THREAD_NONE;
    assert_true(job->threads_count <= THREADS_MAX);
}

static void
on_rewrite(struct world *world, const struct sched_rewrite *rewrite)
{
    file_is(world, rewrite->message, rewrite->file, rewrite->recipients,
            rewrite->recipients_count);
    for (uint32_t i = 0; i < RECIPIENTS_MAX; i++) {
        assert_int_not_equal(world->file_of[rewrite->message][i],
                             rewrite->new_file);
    }
    for (uint32_t i = 0; i < rewrite->recipients_count; i++) {
        world->file_of[rewrite->message][rewrite->recipients[i]] =
            rewrite->new_file;
    }
}

static void
file_final(struct world *world, uint64_t message, uint32_t file)
{
    uint32_t there = 0;

    for (uint32_t i = 0; i < RECIPIENTS_MAX; i++) {
        if (world->file_of[message][i] == file) {
            world->file_of[message][i] = 0;
            there++;
        }
    }
    assert_true(there > 0);
}

static void
on_notify(struct world *world, const struct sched_file_action *notify)
{
    uint32_t there = 0;

    assert_int_equal(world->flags[notify->message] & SCHED_SUBMIT_NULL_SENDER,
                     0);
    assert_true(notify->value >= SCHED_NOTICE_WARNING &&
                notify->value <= SCHED_NOTICE_FAILURE);
    world->notices_count++;
    if (notify->value == SCHED_NOTICE_FAILURE) {
        return; /* all of its recipients may be final already */
    }
    for (uint32_t i = 0; i < RECIPIENTS_MAX; i++) {
        there += world->file_of[notify->message][i] == notify->file;
    }
    assert_true(there > 0);
    world->notified_message = notify->message;
    world->notified_file = notify->file;
}

/* is_notified - the action before was the NOTIFY, unless nobody is to hear */
static void
is_notified(struct world *world, const struct sched_file_action *what)
{
    if ((world->flags[what->message] & SCHED_SUBMIT_NULL_SENDER) == 0) {
        assert_int_equal(world->notified_message, what->message);
        assert_int_equal(world->notified_file, what->file);
    }
    world->notified_message = 0;
}

static void
accept_action(struct world *world, const struct sched_action *action)
{
    const struct sched_deliver *d = &action->u.deliver;

    switch ((enum sched_action_kind)action->kind) {
    case SCHED_ACTION_CREATE:
        on_create(world, &action->u.create);
        break;
    case SCHED_ACTION_START_JOB:
        on_start_job(world, &action->u.job);
        break;
    case SCHED_ACTION_STOP_JOB:
        assert_int_equal(life_job(world, action->u.job.job)->is_told, 0);
        life_job(world, action->u.job.job)->is_told = 1;
        break;
    case SCHED_ACTION_START_THREAD:
        thread_is(world, action->u.thread.job, action->u.thread.thread,
                  THREAD_NONE, THREAD_COMES);
        break;
    case SCHED_ACTION_STOP_THREAD:
        thread_is(world, action->u.thread.job, action->u.thread.thread,
                  THREAD_ASKS, THREAD_ENDS);
        break;
    case SCHED_ACTION_DELIVER:
        file_is(world, d->message, d->file, d->recipients, d->recipients_count);
        assert_false(world->files[d->message][d->recipients[0]].is_held);
        thread_is(world, d->job, d->thread, THREAD_ASKS, THREAD_WORKS);
        world->busy[world->busy_count++] = *d;
        break;
    case SCHED_ACTION_REWRITE:
        on_rewrite(world, &action->u.rewrite);
        break;
    case SCHED_ACTION_RETURN:
        is_notified(world, &action->u.file);
        file_final(world, action->u.file.message, action->u.file.file);
        break;
    case SCHED_ACTION_WARN:
        is_notified(world, &action->u.file);
        break;
    case SCHED_ACTION_REJECT:
        break;
    case SCHED_ACTION_NOTIFY:
        on_notify(world, &action->u.file);
        break;
    case SCHED_ACTION_SCAN:
        assert_false(world->is_scan_asked);
        assert_true(action->u.scan.files_max > 0 &&
                    action->u.scan.files_max <= 1000);
        world->is_scan_asked = 1;
        world->scans_count++;
        break;
    case SCHED_ACTION_NONE:
    case SCHED_ACTION_HOLD:
        fail_msg("action kind %u", action->kind);
    }
}

uint32_t
life_on_action(void *arg, const struct sched_action *action)
{
    struct world *world = arg;

    if (life_below(world, 1000000) < world->refusals_ppm) {
        if (action->kind == SCHED_ACTION_NOTIFY) {
            world->notified_message = action->u.file.message;
            world->notified_file = action->u.file.file;
        }
        /* STOP_... may not be refused for good by a host that goes on. */
        if (action->kind == SCHED_ACTION_START_JOB) {
            return SCHED_REFUSED_LIMIT;
        }
        if (action->kind == SCHED_ACTION_START_THREAD ||
            action->kind == SCHED_ACTION_DELIVER ||
            action->kind == SCHED_ACTION_REWRITE ||
            action->kind == SCHED_ACTION_RETURN ||
            action->kind == SCHED_ACTION_NOTIFY ||
            action->kind == SCHED_ACTION_SCAN ||
            action->kind == SCHED_ACTION_CREATE) {
            return SCHED_REFUSED_IO;
        }
    }
    accept_action(world, action);
    return 0;
}

/* --- Restarts and the queue directory ------------------------------------------ */

void
life_restart(struct world *world)
{
    for (uint32_t i = 0; i < JOBS_MAX; i++) {
        free(world->jobs[i]);
        world->jobs[i] = NULL;
    }
    world->live_count = 0;
    world->busy_count = 0;
    world->is_scan_asked = 0;
    world->notified_message = 0;
}

/* file_after - the message's lowest file above a number, or 0 */
static uint32_t
file_after(const struct world *world, uint64_t message, uint32_t number)
{
    uint32_t best = 0;

    for (uint32_t i = 0; i < RECIPIENTS_MAX; i++) {
        const uint32_t file = world->file_of[message][i];

        if (file > number && (best == 0 || file < best)) {
            best = file;
        }
    }
    return best;
}

/* file_show - as a scan gives it; 0: not of the channel asked for */
static int
file_show(const struct world *world, uint64_t message, uint32_t number,
          uint32_t *recipients, struct sched_scanned_file *shown)
{
    const uint32_t channel = world->host->scan.channel;
    const struct world_file *file = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < RECIPIENTS_MAX; i++) {
        if (world->file_of[message][i] == number) {
            file = &world->files[message][i];
            recipients[count++] = i;
        }
    }
    assert_non_null(file);
    if (channel != SCHED_NONE && channel != file->channel) {
        return 0;
    }
    *shown = (struct sched_scanned_file){
        .message = message,
        .submitted_at_ns = world->submitted_at_ns[message],
        .returned_at_ns = SCHED_NO_TIME,
        .recipients = recipients,
        .recipients_count = count,
        .file = number,
        .channel = file->channel,
        .host = file->is_anonymous ? SCHED_NONE : file->host,
        .priority = file->priority,
        .attempts = file->attempts,
        .is_held = file->is_held,
        .flags = world->flags[message]};
    return 1;
}

int32_t
life_scanned(struct world *world)
{
    static struct sched_scanned_file files[1000];
    static uint32_t recipients[1000][RECIPIENTS_MAX];
    const struct sched_scan scan = world->host->scan;
    uint32_t number = scan.cursor_file;
    uint32_t count = 0;
    uint32_t has_more = 0;

    for (uint64_t m = scan.cursor_message;
         m <= world->host->message_last && !has_more; m++) {
        for (number = file_after(world, m, number); number != 0;
             number = file_after(world, m, number)) {
            struct sched_scanned_file shown;
            uint32_t of[RECIPIENTS_MAX];

            if (!file_show(world, m, number, of, &shown)) {
                continue;
            }
            if (count == scan.files_max) {
                has_more = 1;
                break;
            }
            memcpy(recipients[count], of, sizeof of);
            shown.recipients = recipients[count];
            files[count++] = shown;
        }
    }
    world->is_scan_asked = 0;
    const int32_t status = host_scanned(world->host, files, count, has_more);
    if (status != SCHED_OK) {
        world->is_scan_asked = 1;
    }
    return status;
}

uint64_t
life_held(const struct world *world, uint32_t *file)
{
    for (uint64_t m = 1; m <= world->host->message_last; m++) {
        for (uint32_t r = 0; r < RECIPIENTS_MAX; r++) {
            if (world->file_of[m][r] != 0 && world->files[m][r].is_held) {
                *file = world->file_of[m][r];
                return m;
            }
        }
    }
    return 0;
}

void
life_released(struct world *world, uint64_t message, uint32_t file)
{
    for (uint32_t r = 0; r < RECIPIENTS_MAX; r++) {
        if (world->file_of[message][r] == file) {
            world->files[message][r].is_held = 0;
        }
    }
}
