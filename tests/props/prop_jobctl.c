/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_jobctl.c - random worlds around the Job Controller
 *
 * A world (life.h) keeps the least a host must know. Events are drawn at random, legal ones and
 * illegal ones, actions are refused and memory fails now and then; settings
 * change, mail is held and released, there is more of it than MAX_MESSAGES, and
 * the whole Job Controller is killed and comes up again. Held in
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
#include "tests/support/life.h"

enum { STEPS = 4000, WORLDS = 24, DRAIN_ROUNDS = 32 };

static const char channels_text[] =
    "defaults immnonurgent notices 1 2 4 7\n\n"
    "l\nlocal.example\n\n"
    "tcp_a smtp single_sys pool SMTP_POOL threaddepth 2 maxjobs 2\na-d\n\n"
    "tcp_b smtp single pool SMTP_POOL threaddepth 1 filesperjob 3 after "
    "+9\nb-d\n\n"
    "tcp_c smtp slave pool SMTP_POOL\nc-d\n\n"
    "tcp_d smtp multiple addrsperfile 2 pool SMTP_POOL immurgent"
    " normalblocklimit 4\nd-d\n\n"
    "reprocess pool SMTP_POOL\nr-d\n\n"
    "tcp_in smtp slave expandlimit 4 holdlimit 9 transactionlimit 3"
    " pool SMTP_POOL after +20\nin-d\n";
static const char jobs_text[] =
    "[POOL=SMTP_POOL]\njob_limit=4\n"
    "[CHANNEL=*]\nmaster_command=m\nmax_life_conns=9\nmax_life_age=300\n";

/* --- Legal events ------------------------------------------------------------ */

static void
submit(struct world *world)
{
    static const uint32_t channels[] = {1, 2, 3, 4, 1, 2, 4};
    struct sched_recipient recipients[RECIPIENTS_MAX];
    const uint32_t count =
        life_below(world, 3) > 0 ? 1 : 1 + life_below(world, RECIPIENTS_MAX);
    struct host_script *host = world->host;

    if (host->message_last == MESSAGES_MAX) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        recipients[i].channel = channels[life_below(world, 7)];
        recipients[i].host = life_below(world, 5);
    }
    const uint64_t message = ++host->message_last;
    const struct sched_event event = {
        .kind = SCHED_EVENT_SUBMIT,
        .u.submit = {
            .message = message,
            .submitted_at_ns =
                host->now_ns - (int64_t)life_below(world, 9) * HOST_H,
            .deferred_until_ns = SCHED_NO_TIME,
            .size_bytes = life_below(world, 8192),
            .recipients = recipients,
            .recipients_count = count,
            .source_channel = life_below(world, 2) ? 6 : SCHED_NONE,
            .session = life_below(world, 40),
            .flags = life_below(world, 5) == 0 ? SCHED_SUBMIT_NULL_SENDER : 0,
            .priority = life_below(world, 3)}};
    const uint64_t digest = host->object->state_digest(host->self);
    const uint64_t created = world->created;

    world->recipients_count[message] = count;
    world->submitted_at_ns[message] = event.u.submit.submitted_at_ns;
    world->flags[message] = event.u.submit.flags;
    if (life_below(world, 8) == 0) {
        host->memory.fail_at =
            host->memory.requests_count + 1 + life_below(world, 3);
    }
    if (host_send(host, &event) != SCHED_OK) {
        assert_int_equal(host->status, SCHED_ERR_MEMORY);
        assert_int_equal(digest, host->object->state_digest(host->self));
        host->message_last--;
    } else if (world->refusals_ppm == 0 &&
               host->actions[0].kind != SCHED_ACTION_REJECT) {
        assert_int_equal(world->created - created, count);
    }
    host->memory.fail_at = 0;
}

static void
send_outcome(struct world *world, int is_good)
{
    uint8_t results[RECIPIENTS_MAX];
    const uint32_t which =
        world->busy_count > 0 ? life_below(world, world->busy_count) : 0;

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
    const uint32_t mood = life_below(world, 4);
    for (uint32_t i = 0; i < count; i++) {
        results[i] = (uint8_t)(mood == 3 ? life_below(world, 4) : mood % 2);
        if (is_good) {
            results[i] = SCHED_RESULT_DELIVERED;
        }
        world->files[d.message][r[i]].attempts++;
        if (results[i] != SCHED_RESULT_TEMPORARY) {
            world->file_of[d.message][r[i]] = 0;
        }
    }
    world->busy[which] = world->busy[--world->busy_count];
    life_job(world, d.job)->thread_is[d.thread] = THREAD_ASKS;
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
    struct life_job *job = world->jobs[id];

    if (job->is == JOB_ASKED) {
        if (!is_good && life_below(world, 6) == 0) {
            life_job_gone(world, id);
            host_job(world->host, SCHED_EVENT_JOB_FAILED, id);
        } else {
            job->is = JOB_RUNS;
            host_job(world->host, SCHED_EVENT_JOB_STARTED, id);
        }
        return;
    }
    if ((job->is_told && job->threads_count == 0) ||
        (!is_good && life_below(world, 60) == 0)) {
        life_job_gone(world, id);
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
             life_below(world, 40) == 0)) {
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
    int64_t to_ns = host->now_ns + steps_ns[life_below(world, 6)];

    if (host->wake_at_ns <= to_ns) {
        to_ns = host->wake_at_ns;
        /* It may come late; but then nothing else comes before it here. */
        host_wake(host, to_ns < host->now_ns ? host->now_ns : to_ns);
    } else {
        host->now_ns = to_ns;
        if (life_below(world, 4) == 0) {
            host_wake(host, to_ns); /* early, uncalled for */
        }
    }
}

static void
scanned(struct world *world)
{
    struct host_script *host = world->host;
    const uint64_t digest = host->object->state_digest(host->self);

    if (!world->is_scan_asked) {
        return;
    }
    if (life_below(world, 4) == 0) {
        host->memory.fail_at =
            host->memory.requests_count + 1 + life_below(world, 3);
    }
    if (life_scanned(world) != SCHED_OK) {
        assert_int_equal(host->status, SCHED_ERR_MEMORY);
        assert_int_equal(digest, host->object->state_digest(host->self));
    }
    host->memory.fail_at = 0;
}

/* release - one held file; 0: there is none */
static int
release(struct world *world)
{
    struct host_script *host = world->host;
    uint32_t file = 0;
    const uint64_t message = life_held(world, &file);
    if (message != 0) {
        const struct sched_event event = {
            .kind = SCHED_EVENT_COMMAND,
            .u.command = {.command = SCHED_COMMAND_RELEASE,
                          .message = message,
                          .file = file}};

        /* One that a scan has not loaded yet is not known. */
        life_released(world, message, file);
        if (host_send(host, &event) != SCHED_OK) {
            assert_int_equal(host->status, SCHED_ERR_ARGUMENT);
        }
        return 1;
    }
    return 0;
}

/* command - a live change, or the release of a held file */
static void
command(struct world *world)
{
    static const char *const sets[][2] = {
        {"channel.tcp_a.maxjobs", "1"},
        {"channel.tcp_a.maxjobs", "2"},
        {"pool.SMTP_POOL.job_limit", "1"},
        {"pool.SMTP_POOL.job_limit", "4"},
        {"channel.tcp_b.threaddepth", "3"},
        {"channel.tcp_a.max_client_threads", "1"},
        {"channel.tcp_a.max_client_threads", "4"},
        {"channel.tcp_d.max_client_threads", "4"},
        {"option.start_policy", "level"},
        {"option.start_policy", "edge"},
        {"option.affinity", "priority"},
        {"option.affinity", "host"},
        {"option.max_messages", "30"},
        {"option.max_messages", "90"},
        {"option.rebuild_parallel_channel", "1"},
        {"channel.tcp_b.after", "+3"},
        {"channel.tcp_in.holdlimit", "5"}};
    struct host_script *host = world->host;
    const uint64_t digest = host->object->state_digest(host->self);
    const uint32_t which = life_below(world, 40);

    if (which < sizeof sets / sizeof sets[0]) {
        if (life_below(world, 4) == 0) {
            host->memory.fail_at =
                host->memory.requests_count + 1 + life_below(world, 5);
        }
        if (host_set(host, sets[which][0], sets[which][1]) != SCHED_OK) {
            assert_int_equal(host->status, SCHED_ERR_MEMORY);
            assert_int_equal(digest, host->object->state_digest(host->self));
        }
        host->memory.fail_at = 0;
        return;
    }
    if (which % 2 == 0) {
        (void)release(world);
    } else {
        host_event(host, &(struct sched_event){.kind = SCHED_EVENT_STRESS,
                                               .u.stress = {.channel = 1}});
    }
}

/* restart - the Job Controller is killed; another finds the queue as it is */
static void
restart(struct world *world, const struct host_setup *setup)
{
    struct host_script *host = world->host;
    struct host_setup now = *setup;

    host->object->destroy(host->self);
    assert_int_equal(host->memory.bytes, 0);
    life_restart(world);
    now.now_ns = host->now_ns;
    assert_int_equal(host_script_create(host, &now), SCHED_OK);
    host_wake(host, host->now_ns);
}

/* --- Illegal events ---------------------------------------------------------- */

static void
illegal(struct world *world)
{
    struct host_script *host = world->host;
    struct sched_event event = {.kind = 1 + life_below(world, 16)};
    const struct sched_recipient wrong = {CHANNELS_COUNT + life_below(world, 2),
                                          0};
    const uint64_t digest = host->object->state_digest(host->self);
    const int64_t now_ns = host->now_ns;

    switch (event.kind) {
    case SCHED_EVENT_SUBMIT:
        event.u.submit.message = host->message_last + 1;
        event.u.submit.recipients = &wrong;
        event.u.submit.recipients_count = life_below(world, 2);
        event.u.submit.source_channel = SCHED_NONE;
        break;
    case SCHED_EVENT_JOB_STARTED:
    case SCHED_EVENT_JOB_FAILED:
    case SCHED_EVENT_JOB_EXITED:
    case SCHED_EVENT_THREAD_READY:
    case SCHED_EVENT_THREAD_ENDED:
    case SCHED_EVENT_SESSION_CLOSED:
        event.u.thread.job = JOBS_MAX + life_below(world, 9);
        break;
    case SCHED_EVENT_OUTCOME:
        event.u.outcome.message = 1 + life_below(world, 9);
        event.u.outcome.file = 1;
        event.u.outcome.recipients_count = 99;
        if (world->busy_count > 0) {
            event.u.outcome.job = world->busy[0].job;
            event.u.outcome.thread = world->busy[0].thread;
        }
        break;
    case SCHED_EVENT_REFUSED:
        event.u.refused.action = life_below(world, 99);
        event.u.refused.reason = SCHED_REFUSED_LIMIT;
        break;
    case SCHED_EVENT_WAKE: /* is never illegal, but for time */
    case SCHED_EVENT_WALL_OFFSET:
        host->now_ns = -1; /* before the instance was */
        break;
    case SCHED_EVENT_STRESS:
        event.u.stress.channel = CHANNELS_COUNT;
        break;
    case SCHED_EVENT_SCANNED: /* nobody asked like this */
        event.u.scanned.channel = 0;
        event.u.scanned.files_count = 1001;
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
step(struct world *world, const struct host_setup *setup)
{
    const uint32_t kind = life_below(world, 100);

    if (life_below(world, 900) == 0) {
        restart(world, setup);
        return;
    }
    if (life_below(world, 10) == 0) {
        scanned(world);
    }
    if (life_below(world, 25) == 0) {
        command(world);
    }

    if (kind < 22) {
        submit(world);
    } else if (kind < 50) {
        send_outcome(world, 0);
    } else if (kind < 80 && world->live_count > 0) {
        job_step(world, world->live[life_below(world, world->live_count)], 0);
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

    assert_true(host_set(host, "option.max_messages", "4000") == SCHED_OK);
    while (release(world)) {
    }
    while (host->now_ns < until_ns) {
        for (uint32_t i = 0; i < DRAIN_ROUNDS; i++) {
            if (world->live_count > 0) {
                job_step(world, world->live[i % world->live_count], 1);
            }
            send_outcome(world, 1);
        }
        while (world->is_scan_asked) {
            assert_int_equal(life_scanned(world), SCHED_OK);
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
        {"channel.tcp_d.max_client_threads", "3", "test"},
        {"option.max_messages", number < 3 ? "40" : "4000", "test"},
        {"option.stress", number % 2 == 0 ? "1" : "0", "test"}};

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
    world->host->on_action = life_on_action;
    world->host->arg = world;
    for (uint32_t i = 0; i < STEPS; i++) {
        step(world, &setup);
    }
    world->refusals_ppm = 0;
    drain(world);
    printf("%llu scans, %llu untracked, %llu held, %llu notices\n",
           (unsigned long long)world->scans_count,
           (unsigned long long)world->untracked_count,
           (unsigned long long)world->held_count,
           (unsigned long long)world->notices_count);
    host_script_free(world->host);
    life_restart(world); /* frees its jobs */
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
