/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_jobctl.c - random worlds around the Job Controller
 *
 * A world keeps the least a host must know: where each recipient is, and what
 * each job and thread does. Events are drawn at random, legal ones and
 * illegal ones, actions are refused and memory fails now and then. Held in
 * every step: the scheduler's own check; each recipient is in one live file or
 * final; no thread gets work that did not ask; no limit is exceeded; an event
 * that is not accepted leaves the state's digest as it was. In the end
 * everything is allowed to succeed, and no recipient may be left.
 *
 * A failure is repeated by PROP_SEED=n make check T=prop_jobctl.
 */
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/host_script.h"

enum {
    MESSAGES_MAX = 4000,
    RECIPIENTS_MAX = 12,
    JOBS_MAX = 20000,
    THREADS_MAX = 4, /* of one job at a time */
    NUMBERS_MAX = 2048,
    STEPS = 4000,
    WORLDS = 24,
    POOL_MAX = 4,
    DRAIN_ROUNDS = 32,
    CHANNELS_COUNT = 5
};

enum job_is { JOB_NONE, JOB_ASKED, JOB_RUNS };
enum thread_is {
    THREAD_NONE,
    THREAD_COMES,
    THREAD_ASKS,
    THREAD_WORKS,
    THREAD_ENDS
};

struct job {
    enum job_is is;
    uint32_t channel;
    int is_told;
    uint32_t threads_count;
    uint8_t thread_is[NUMBERS_MAX];
};

struct world {
    struct host_script *host;
    uint64_t random;
    /* 0: final, or not there yet; else the number of its live file. */
    uint32_t file_of[MESSAGES_MAX + 1][RECIPIENTS_MAX];
    uint32_t recipients_count[MESSAGES_MAX + 1];
    struct job *jobs[JOBS_MAX];
    uint32_t live[64]; /* ids of jobs that are */
    uint32_t live_count;
    struct sched_deliver busy[64];
    uint32_t busy_count;
    uint32_t refusals_ppm;
    uint64_t created;
};

static const char channels_text[] =
    "defaults immnonurgent notices 1 2 4 7\n\n"
    "l\nlocal.example\n\n"
    "tcp_a smtp single_sys pool SMTP_POOL threaddepth 2 maxjobs 2\na-d\n\n"
    "tcp_b smtp single pool SMTP_POOL threaddepth 1 filesperjob 3\nb-d\n\n"
    "tcp_c smtp slave pool SMTP_POOL\nc-d\n\n"
    "tcp_d smtp multiple addrsperfile 2 pool SMTP_POOL immurgent"
    " normalblocklimit 4\nd-d\n";
static const char jobs_text[] =
    "[POOL=SMTP_POOL]\njob_limit=4\n"
    "[CHANNEL=*]\nmaster_command=m\nmax_life_conns=9\nmax_life_age=300\n";

static uint32_t
below(struct world *world, uint32_t limit)
{
    return (uint32_t)test_random_below(&world->random, limit);
}

/* --- Actions ---------------------------------------------------------------- */

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
    }
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

static struct job *
job_of(struct world *world, uint32_t id)
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
                start->channel == 4);
    for (uint32_t i = 0; i < world->live_count; i++) {
        of_channel += world->jobs[world->live[i]]->channel == start->channel;
    }
    assert_true(world->live_count < POOL_MAX);
    assert_true(start->channel != 1 || of_channel <= 2);
    world->live[world->live_count++] = start->job;
    struct job *job = calloc(1, sizeof *job);
    assert_non_null(job);
    job->is = JOB_ASKED;
    job->channel = start->channel;
    job->threads_count = 1;
    job->thread_is[start->thread] = THREAD_COMES;
    world->jobs[start->job] = job;
}

/* job_gone - with its threads and their attempts */
static void
job_gone(struct world *world, uint32_t id)
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
    struct job *job = job_of(world, id);

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
        assert_int_equal(job_of(world, action->u.job.job)->is_told, 0);
        job_of(world, action->u.job.job)->is_told = 1;
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
        thread_is(world, d->job, d->thread, THREAD_ASKS, THREAD_WORKS);
        world->busy[world->busy_count++] = *d;
        break;
    case SCHED_ACTION_REWRITE:
        on_rewrite(world, &action->u.rewrite);
        break;
    case SCHED_ACTION_RETURN:
        file_final(world, action->u.file.message, action->u.file.file);
        break;
    case SCHED_ACTION_WARN:
    case SCHED_ACTION_REJECT:
    case SCHED_ACTION_NOTIFY:
        break;
    case SCHED_ACTION_NONE:
    case SCHED_ACTION_HOLD:
    case SCHED_ACTION_SCAN:
        fail_msg("action kind %u", action->kind);
    }
}

static uint32_t
on_action(void *arg, const struct sched_action *action)
{
    struct world *world = arg;

    if (below(world, 1000000) < world->refusals_ppm) {
        /* STOP_... may not be refused for good by a host that goes on. */
        if (action->kind == SCHED_ACTION_START_JOB) {
            return SCHED_REFUSED_LIMIT;
        }
        if (action->kind == SCHED_ACTION_START_THREAD ||
            action->kind == SCHED_ACTION_DELIVER ||
            action->kind == SCHED_ACTION_REWRITE ||
            action->kind == SCHED_ACTION_RETURN ||
            action->kind == SCHED_ACTION_CREATE) {
            return SCHED_REFUSED_IO;
        }
    }
    accept_action(world, action);
    return 0;
}

/* --- Legal events ------------------------------------------------------------ */

static void
submit(struct world *world)
{
    static const uint32_t channels[] = {1, 2, 3, 4, 1, 2, 4};
    struct sched_recipient recipients[RECIPIENTS_MAX];
    const uint32_t count =
        below(world, 3) > 0 ? 1 : 1 + below(world, RECIPIENTS_MAX);
    struct host_script *host = world->host;

    if (host->message_last == MESSAGES_MAX) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        recipients[i].channel = channels[below(world, 7)];
        recipients[i].host = below(world, 5);
    }
    const uint64_t message = ++host->message_last;
    const struct sched_event event = {
        .kind = SCHED_EVENT_SUBMIT,
        .u.submit = {.message = message,
                     .submitted_at_ns =
                         host->now_ns - (int64_t)below(world, 9) * HOST_H,
                     .deferred_until_ns = SCHED_NO_TIME,
                     .size_bytes = below(world, 8192),
                     .recipients = recipients,
                     .recipients_count = count,
                     .source_channel = SCHED_NONE,
                     .priority = below(world, 3)}};
    const uint64_t digest = host->object->state_digest(host->self);
    const uint64_t created = world->created;

    world->recipients_count[message] = count;
    if (below(world, 8) == 0) {
        host->memory.fail_at =
            host->memory.requests_count + 1 + below(world, 3);
    }
    if (host_send(host, &event) != SCHED_OK) {
        assert_int_equal(host->status, SCHED_ERR_MEMORY);
        assert_int_equal(digest, host->object->state_digest(host->self));
        host->message_last--;
    } else if (world->refusals_ppm == 0) {
        assert_int_equal(world->created - created, count);
    }
    host->memory.fail_at = 0;
}

static void
send_outcome(struct world *world, int is_good)
{
    uint8_t results[RECIPIENTS_MAX];
    const uint32_t which =
        world->busy_count > 0 ? below(world, world->busy_count) : 0;

    if (world->busy_count == 0) {
        return;
    }
    const struct sched_deliver d = world->busy[which];
    uint32_t r[RECIPIENTS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < RECIPIENTS_MAX; i++) {
        if (world->file_of[d.message][i] == d.file) {
            r[count++] = i;
        }
    }
    assert_int_equal(count, d.recipients_count);
    const uint32_t mood = below(world, 4);
    for (uint32_t i = 0; i < count; i++) {
        results[i] = (uint8_t)(mood == 3 ? below(world, 4) : mood % 2);
        if (is_good) {
            results[i] = SCHED_RESULT_DELIVERED;
        }
        if (results[i] != SCHED_RESULT_TEMPORARY) {
            world->file_of[d.message][r[i]] = 0;
        }
    }
    world->busy[which] = world->busy[--world->busy_count];
    job_of(world, d.job)->thread_is[d.thread] = THREAD_ASKS;
    host_event(world->host,
               &(struct sched_event){.kind = SCHED_EVENT_OUTCOME,
                                     .u.outcome = {.message = d.message,
                                                   .results = results,
                                                   .file = d.file,
                                                   .job = d.job,
                                                   .thread = d.thread,
                                                   .recipients_count = count,
                                                   .phase = SCHED_PHASE_DOT}});
}

/* job_step - a job starts, fails, exits, or its threads report */
static void
job_step(struct world *world, uint32_t id, int is_good)
{
    struct job *job = world->jobs[id];

    if (job->is == JOB_ASKED) {
        if (!is_good && below(world, 6) == 0) {
            job_gone(world, id);
            host_job(world->host, SCHED_EVENT_JOB_FAILED, id);
        } else {
            job->is = JOB_RUNS;
            host_job(world->host, SCHED_EVENT_JOB_STARTED, id);
        }
        return;
    }
    if ((job->is_told && job->threads_count == 0) ||
        (!is_good && below(world, 60) == 0)) {
        job_gone(world, id);
        host_job(world->host, SCHED_EVENT_JOB_EXITED, id);
        return;
    }
    for (uint32_t n = 0; n < NUMBERS_MAX; n++) {
        if (job->thread_is[n] == THREAD_COMES) {
            job->thread_is[n] = THREAD_ASKS;
            host_thread(world->host, SCHED_EVENT_THREAD_READY, id, n);
            return;
        }
        if (job->thread_is[n] == THREAD_ENDS ||
            (!is_good && job->thread_is[n] == THREAD_ASKS &&
             below(world, 40) == 0)) {
            job->thread_is[n] = THREAD_NONE;
            job->threads_count--;
            host_thread(world->host, SCHED_EVENT_THREAD_ENDED, id, n);
            return;
        }
    }
}

static void
time_step(struct world *world)
{
    struct host_script *host = world->host;
    static const int64_t steps_ns[] = {0,           1,        HOST_S,
                                       20 * HOST_S, HOST_MIN, HOST_H};
    int64_t to_ns = host->now_ns + steps_ns[below(world, 6)];

    if (host->wake_at_ns <= to_ns) {
        to_ns = host->wake_at_ns;
        /* It may come late; but then nothing else comes before it here. */
        host_wake(host, to_ns < host->now_ns ? host->now_ns : to_ns);
    } else {
        host->now_ns = to_ns;
        if (below(world, 4) == 0) {
            host_wake(host, to_ns); /* early, uncalled for */
        }
    }
}

/* --- Illegal events ---------------------------------------------------------- */

static void
illegal(struct world *world)
{
    struct host_script *host = world->host;
    struct sched_event event = {.kind = 1 + below(world, 16)};
    const struct sched_recipient wrong = {CHANNELS_COUNT + below(world, 2), 0};
    const uint64_t digest = host->object->state_digest(host->self);
    const int64_t now_ns = host->now_ns;

    switch (event.kind) {
    case SCHED_EVENT_SUBMIT:
        event.u.submit.message = host->message_last + 1;
        event.u.submit.recipients = &wrong;
        event.u.submit.recipients_count = below(world, 2);
        event.u.submit.source_channel = SCHED_NONE;
        break;
    case SCHED_EVENT_JOB_STARTED:
    case SCHED_EVENT_JOB_FAILED:
    case SCHED_EVENT_JOB_EXITED:
    case SCHED_EVENT_THREAD_READY:
    case SCHED_EVENT_THREAD_ENDED:
    case SCHED_EVENT_SESSION_CLOSED:
        event.u.thread.job = JOBS_MAX + below(world, 9);
        break;
    case SCHED_EVENT_OUTCOME:
        event.u.outcome.message = 1 + below(world, 9);
        event.u.outcome.file = 1;
        event.u.outcome.recipients_count = 99;
        if (world->busy_count > 0) {
            event.u.outcome.job = world->busy[0].job;
            event.u.outcome.thread = world->busy[0].thread;
        }
        break;
    case SCHED_EVENT_REFUSED:
        event.u.refused.action = below(world, 99);
        event.u.refused.reason = SCHED_REFUSED_LIMIT;
        break;
    case SCHED_EVENT_WAKE: /* is never illegal, but for time */
    case SCHED_EVENT_WALL_OFFSET:
        host->now_ns = -1; /* before the instance was */
        break;
    default:
        break;
    }
    const int32_t status = host_send(host, &event);
    assert_true(status == SCHED_ERR_ARGUMENT ||
                status == SCHED_ERR_UNSUPPORTED);
    assert_int_equal(digest, host->object->state_digest(host->self));
    host->now_ns = now_ns;
}

/* --- A world ------------------------------------------------------------------ */

static void
step(struct world *world)
{
    const uint32_t kind = below(world, 100);

    if (kind < 22) {
        submit(world);
    } else if (kind < 50) {
        send_outcome(world, 0);
    } else if (kind < 80 && world->live_count > 0) {
        job_step(world, world->live[below(world, world->live_count)], 0);
    } else if (kind < 95) {
        time_step(world);
    } else {
        illegal(world);
    }
}

/* drain - everything succeeds, until nothing is left or time is up */
static void
drain(struct world *world)
{
    struct host_script *host = world->host;
    const int64_t until_ns = host->now_ns + INT64_C(288) * HOST_H;

    while (host->now_ns < until_ns) {
        for (uint32_t i = 0; i < DRAIN_ROUNDS; i++) {
            if (world->live_count > 0) {
                job_step(world, world->live[i % world->live_count], 1);
            }
            send_outcome(world, 1);
        }
        if (world->busy_count == 0) {
            host_wake(host, host->wake_at_ns < host->now_ns ? host->now_ns
                                                            : host->wake_at_ns);
        }
    }
    for (uint64_t m = 1; m <= host->message_last; m++) {
        for (uint32_t r = 0; r < RECIPIENTS_MAX; r++) {
            assert_int_equal(world->file_of[m][r], 0);
        }
    }
}

static struct host_setup
setup_for(uint32_t number)
{
    static const char *const policies[] = {"edge", "edge-capped", "level"};
    static const char *const affinities[] = {"host", "priority"};
    struct host_setup setup = {.channels = channels_text, .jobs = jobs_text};
    const struct sched_override overrides[] = {
        {"option.start_policy", policies[number % 3], "test"},
        {"option.affinity", affinities[number / 3 % 2], "test"},
        {"channel.tcp_a.max_client_threads", "4", "test"},
        {"channel.tcp_b.max_client_threads", "1", "test"},
        {"channel.tcp_d.max_client_threads", "3", "test"}};

    memcpy(setup.overrides, overrides, sizeof overrides);
    return setup;
}

static void
world_run(uint64_t seed, uint32_t number)
{
    const struct host_setup setup = setup_for(number);
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->random = seed;
    world->refusals_ppm = number % 2 == 0 ? 0 : 30000;
    world->host = host_script_new(&setup);
    world->host->on_action = on_action;
    world->host->arg = world;
    for (uint32_t i = 0; i < STEPS; i++) {
        step(world);
    }
    world->refusals_ppm = 0;
    drain(world);
    host_script_free(world->host);
    for (uint32_t i = 0; i < JOBS_MAX; i++) {
        free(world->jobs[i]);
    }
    free(world);
}

static void
prop_jobctl_random_worlds_lose_nothing_and_break_no_limit(void **state)
{
    const char *given = getenv("PROP_SEED");
    const uint64_t first = given != NULL ? strtoull(given, NULL, 10) : 1;

    (void)state;
    for (uint32_t i = 0; i < (given != NULL ? 6 : WORLDS); i++) {
        const uint64_t seed = given != NULL ? first : first + i;

        printf("PROP_SEED=%llu world %u\n", (unsigned long long)seed, i % 6);
        fflush(stdout);
        world_run(seed, i % 6);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(
        prop_jobctl_random_worlds_lose_nothing_and_break_no_limit)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
