/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_qmgr.c - random worlds around the other scheduler
 *
 * A world knows the least a host must: in which file each recipient is, and
 * what each agent does. Events are drawn at random, actions are refused, agents
 * crash and memory fails now and then. Held in every step: the scheduler's own
 * check; each recipient is in one live file or final; no agent gets work that
 * did not ask, nor two deliveries at once; a channel's limit of agents and a
 * destination's of deliveries are not exceeded. In the end everything is
 * allowed to succeed, and no recipient may be left.
 *
 * A failure is repeated by PROP_SEED=n make check T=prop_qmgr.
 */
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/host_script.h"

enum {
    MESSAGES_MAX = 3000,
    RECIPIENTS_MAX = 12,
    JOBS_MAX = 20000,
    HOSTS_COUNT = 5,
    CHANNELS_COUNT = 3,
    AGENTS_MAX = 4, /* of one channel */
    LIMIT = 3,      /* of one destination */
    STEPS = 3000,
    WORLDS = 24
};

enum agent_is { NONE, ASKED, RUNS, ASKS, WORKS, ENDS, ENDED };

struct agent {
    enum agent_is is;
    uint32_t channel;
    int is_told; /* STOP_JOB was given */
    struct sched_deliver work;
};

struct world {
    struct host_script *host;
    uint64_t random;
    uint32_t file_of[MESSAGES_MAX + 1][RECIPIENTS_MAX]; /* 0: final */
    struct agent agents[JOBS_MAX];
    uint32_t jobs_count;
    uint32_t refusals_percent;
    uint32_t live_count[CHANNELS_COUNT];
    uint32_t busy_count[CHANNELS_COUNT][HOSTS_COUNT];
};

static const char channels_text[] = "defaults notices 1 2 4 7\n\n"
                                    "l\nlocal.example\n\n"
                                    "tcp_a smtp single_sys \\\n maxjobs 2\n"
                                    "a-d\n\n"
                                    "tcp_b smtp daemon b.example\nb-d\n";

static uint32_t
below(struct world *world, uint32_t limit)
{
    return (uint32_t)test_random_below(&world->random, limit);
}

static struct agent *
agent_of(struct world *world, uint32_t job, enum agent_is is)
{
    assert_in_range(job, 1, world->jobs_count);
    if (is != NONE) {
        assert_int_equal(world->agents[job].is, is);
    }
    return &world->agents[job];
}

/* --- Actions ---------------------------------------------------------------- */

/* file_put - these recipients, and only these, go from one file to another */
static void
file_put(struct world *world, uint64_t message, const uint32_t *recipients,
         uint32_t count, const uint32_t from_to[2])
{
    uint32_t there = 0;

    assert_in_range(message, 1, MESSAGES_MAX);
    assert_true(count > 0);
    for (uint32_t i = 0; i < RECIPIENTS_MAX; i++) {
        there += world->file_of[message][i] == from_to[0];
        assert_true(from_to[0] == from_to[1] ||
                    world->file_of[message][i] != from_to[1]);
    }
    assert_true(from_to[0] == UINT32_MAX || there == count);
    for (uint32_t i = 0; i < count; i++) {
        assert_in_range(recipients[i], 0, RECIPIENTS_MAX - 1);
        assert_true(i == 0 || recipients[i] > recipients[i - 1]);
        assert_int_equal(world->file_of[message][recipients[i]], from_to[0]);
        world->file_of[message][recipients[i]] = from_to[1];
    }
}

static uint32_t *
busy_of(struct world *world, const struct sched_deliver *deliver)
{
    const uint32_t host = deliver->host == SCHED_NONE ? 0 : deliver->host;

    assert_in_range(host, 0, HOSTS_COUNT - 1);
    return &world->busy_count[deliver->channel][host];
}

static void
on_deliver(struct world *world, const struct sched_deliver *deliver)
{
    struct agent *agent = agent_of(world, deliver->job, ASKS);
    const uint32_t same[2] = {deliver->file, deliver->file};

    assert_int_equal(deliver->thread, 0);
    assert_int_equal(deliver->channel, agent->channel);
    file_put(world, deliver->message, deliver->recipients,
             deliver->recipients_count, same);
    agent->is = WORKS;
    agent->work = *deliver;
    *busy_of(world, deliver) += 1;
    assert_true(*busy_of(world, deliver) <= LIMIT);
}

static void
on_start(struct world *world, const struct sched_job_action *start)
{
    assert_int_equal(start->job, ++world->jobs_count);
    assert_true(world->jobs_count < JOBS_MAX);
    world->agents[start->job] =
        (struct agent){.is = ASKED, .channel = start->channel};
    world->live_count[start->channel]++;
    assert_true(world->live_count[start->channel] <= AGENTS_MAX);
}

static void
accept_action(struct world *world, const struct sched_action *action)
{
    const struct sched_create *create = &action->u.create;
    const struct sched_rewrite *rewrite = &action->u.rewrite;
    const struct sched_file_action *file = &action->u.file;
    uint32_t to[2] = {UINT32_MAX, 0};

    if (action->kind == SCHED_ACTION_CREATE) {
        to[1] = create->file;
        file_put(world, create->message, create->recipients,
                 create->recipients_count, to);
    } else if (action->kind == SCHED_ACTION_REWRITE) {
        to[0] = rewrite->file;
        to[1] = rewrite->new_file;
        file_put(world, rewrite->message, rewrite->recipients,
                 rewrite->recipients_count, to);
    } else if (action->kind == SCHED_ACTION_DELIVER) {
        on_deliver(world, &action->u.deliver);
    } else if (action->kind == SCHED_ACTION_START_JOB) {
        on_start(world, &action->u.job);
    } else if (action->kind == SCHED_ACTION_STOP_THREAD) {
        agent_of(world, action->u.thread.job, ASKS)->is = ENDS;
    } else if (action->kind == SCHED_ACTION_STOP_JOB) {
        struct agent *agent = agent_of(world, action->u.job.job, NONE);
        assert_int_equal(agent->is_told, 0);
        agent->is_told = 1;
    } else {
        assert_int_equal(action->kind, SCHED_ACTION_RETURN);
        for (uint32_t i = 0; i < RECIPIENTS_MAX; i++) {
            if (world->file_of[file->message][i] == file->file) {
                world->file_of[file->message][i] = 0;
            }
        }
    }
}

static uint32_t
on_action(void *arg, const struct sched_action *action)
{
    struct world *world = arg;
    const uint32_t kind = action->kind;
    const int is_refusable =
        kind == SCHED_ACTION_START_JOB || kind == SCHED_ACTION_DELIVER ||
        kind == SCHED_ACTION_RETURN || kind == SCHED_ACTION_REWRITE ||
        kind == SCHED_ACTION_STOP_JOB;

    if (is_refusable && below(world, 100) < world->refusals_percent) {
        if (kind == SCHED_ACTION_START_JOB) { /* the number is used up */
            world->agents[++world->jobs_count].is = NONE;
        }
        return SCHED_REFUSED_IO;
    }
    accept_action(world, action);
    return 0;
}

/* --- Events ----------------------------------------------------------------- */

static void
submit(struct world *world)
{
    struct host_script *host = world->host;
    struct sched_recipient recipients[RECIPIENTS_MAX];
    const uint32_t count = 1 + below(world, RECIPIENTS_MAX);

    if (host->message_last == MESSAGES_MAX) {
        return;
    }
    const uint64_t message = ++host->message_last;
    for (uint32_t i = 0; i < count; i++) {
        recipients[i] = (struct sched_recipient){below(world, CHANNELS_COUNT),
                                                 below(world, HOSTS_COUNT)};
        world->file_of[message][i] = UINT32_MAX;
    }
    if (below(world, 8) == 0) {
        host->memory.fail_at =
            host->memory.requests_count + 1 + below(world, 3);
    }
    const int32_t status = host_send(
        host,
        &(struct sched_event){.kind = SCHED_EVENT_SUBMIT,
                              .u.submit = {.message = message,
                                           .submitted_at_ns = host->now_ns,
                                           .deferred_until_ns = SCHED_NO_TIME,
                                           .recipients = recipients,
                                           .recipients_count = count,
                                           .source_channel = SCHED_NONE,
                                           .priority = below(world, 3)}});
    host->memory.fail_at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (status == SCHED_ERR_MEMORY) {
            world->file_of[message][i] = 0;
        }
        assert_true(world->file_of[message][i] != UINT32_MAX);
    }
    assert_true(status == SCHED_OK || status == SCHED_ERR_MEMORY);
}

static void
outcome(struct world *world, uint32_t job, int is_good)
{
    struct agent *agent = agent_of(world, job, WORKS);
    const struct sched_deliver *work = &agent->work;
    const uint32_t mood = is_good ? 0 : below(world, 4);
    uint8_t results[RECIPIENTS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < RECIPIENTS_MAX; i++) {
        if (world->file_of[work->message][i] != work->file) {
            continue;
        }
        results[count] = (uint8_t)(mood == 3 ? below(world, 4) : mood % 2);
        if (results[count] != SCHED_RESULT_TEMPORARY) {
            world->file_of[work->message][i] = 0;
        }
        count++;
    }
    assert_int_equal(count, work->recipients_count);
    agent->is = ASKS;
    *busy_of(world, work) -= 1;
    host_event(world->host,
               &(struct sched_event){
                   .kind = SCHED_EVENT_OUTCOME,
                   .u.outcome = {.message = work->message,
                                 .results = results,
                                 .file = work->file,
                                 .job = job,
                                 .recipients_count = count,
                                 .phase = mood == 1 ? SCHED_PHASE_GREETING
                                                    : SCHED_PHASE_DOT}});
}

/* gone - the process, and with it its delivery */
static void
gone(struct world *world, uint32_t job, uint32_t kind)
{
    struct agent *agent = agent_of(world, job, NONE);

    if (agent->is == WORKS) {
        *busy_of(world, &agent->work) -= 1;
    }
    agent->is = NONE;
    world->live_count[agent->channel]--;
    host_job(world->host, kind, job);
}

static void
agent_step(struct world *world, uint32_t job, int is_good)
{
    struct agent *agent = agent_of(world, job, NONE);

    if (agent->is == NONE) {
        return;
    }
    if (!is_good && below(world, 50) == 0) {
        gone(world, job,
             agent->is == ASKED ? SCHED_EVENT_JOB_FAILED
                                : SCHED_EVENT_JOB_EXITED);
    } else if (agent->is == ASKED) {
        agent->is = RUNS;
        host_job(world->host, SCHED_EVENT_JOB_STARTED, job);
    } else if (agent->is == RUNS) {
        agent->is = ASKS;
        host_thread(world->host, SCHED_EVENT_THREAD_READY, job, 0);
    } else if (agent->is == WORKS) {
        outcome(world, job, is_good);
    } else if (agent->is == ENDS ||
               (!is_good && agent->is == ASKS && below(world, 20) == 0)) {
        agent->is = ENDED;
        host_thread(world->host, SCHED_EVENT_THREAD_ENDED, job, 0);
    } else if (agent->is == ENDED && agent->is_told) {
        gone(world, job, SCHED_EVENT_JOB_EXITED);
    }
}

static void
time_step(struct world *world)
{
    struct host_script *host = world->host;
    static const int64_t steps_ns[] = {0,           1,        HOST_S,
                                       20 * HOST_S, HOST_MIN, HOST_H};
    const int64_t to_ns = host->now_ns + steps_ns[below(world, 6)];

    if (host->wake_at_ns <= to_ns) {
        host_wake(host, host->wake_at_ns < host->now_ns ? host->now_ns
                                                        : host->wake_at_ns);
    } else {
        host->now_ns = to_ns;
        if (below(world, 4) == 0) {
            host_wake(host, to_ns); /* early, uncalled for */
        }
    }
}

/* illegal - nothing happens but the answer */
static void
illegal(struct world *world)
{
    struct sched_event event = {.kind = 1 + below(world, 16)};

    event.u.thread.job = JOBS_MAX; /* also a message that was not submitted */
    if (event.kind == SCHED_EVENT_SUBMIT) {
        event.u.submit.recipients_count = 0;
    } else if (event.kind == SCHED_EVENT_OUTCOME) {
        event.u.outcome.job = JOBS_MAX;
    } else if (event.kind == SCHED_EVENT_REFUSED) {
        event.u.refused.action = 1;
    } else if (event.kind == SCHED_EVENT_WAKE ||
               event.kind == SCHED_EVENT_WALL_OFFSET) {
        return;
    }
    const int32_t status = host_send(world->host, &event);
    assert_true(status == SCHED_ERR_ARGUMENT ||
                status == SCHED_ERR_UNSUPPORTED);
}

/* --- A world ---------------------------------------------------------------- */

static uint32_t
job_oldest(const struct world *world, uint32_t from)
{
    while (from <= world->jobs_count && world->agents[from].is == NONE) {
        from++;
    }
    return from;
}

static void
agents_step(struct world *world, int is_good)
{
    const uint32_t last = world->jobs_count;

    for (uint32_t job = job_oldest(world, 1); job <= last;
         job = job_oldest(world, job + 1)) {
        if (is_good || below(world, 3) == 0) {
            agent_step(world, job, is_good);
        }
    }
}

static void
step(struct world *world)
{
    const uint32_t kind = below(world, 100);

    if (kind < 30) {
        submit(world);
    } else if (kind < 75) {
        agents_step(world, 0);
    } else if (kind < 95) {
        time_step(world);
    } else {
        illegal(world);
    }
}

static uint32_t
left(const struct world *world)
{
    uint32_t count = 0;

    for (uint64_t m = 1; m <= world->host->message_last; m++) {
        for (uint32_t r = 0; r < RECIPIENTS_MAX; r++) {
            count += world->file_of[m][r] != 0;
        }
    }
    return count;
}

/* drain - everything succeeds; within two days nothing is left */
static void
drain(struct world *world)
{
    struct host_script *host = world->host;
    const int64_t until_ns = host->now_ns + 48 * HOST_H;

    while (left(world) > 0) {
        assert_true(host->now_ns < until_ns);
        for (uint32_t i = 0; i < 4; i++) {
            agents_step(world, 1);
        }
        if (host->wake_at_ns == SCHED_NEVER) {
            host->now_ns += HOST_S;
        } else {
            host_wake(host, host->wake_at_ns < host->now_ns ? host->now_ns
                                                            : host->wake_at_ns);
        }
    }
}

static void
world_run(const struct sched_object *object, uint64_t seed, uint32_t number)
{
    const struct host_setup setup = {
        .object = object,
        .channels = channels_text,
        .jobs = "",
        .overrides = {{"option.destination_concurrency_limit", "3", "test"},
                      {"option.initial_destination_concurrency", "2", "test"},
                      {"option.destination_recipient_limit", "3", "test"},
                      {"option.process_limit", "4", "test"},
                      {"option.max_use", number % 3 == 0 ? "0" : "3", "test"},
                      {"option.message_active_limit",
                       number % 2 == 0 ? "4" : "20000", "test"},
                      {"option.maximal_queue_lifetime",
                       number % 4 == 0 ? "2h" : "5d", "test"}}};
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->random = seed;
    world->refusals_percent = number % 2 == 0 ? 0 : 3;
    world->host = host_script_new(&setup);
    world->host->on_action = on_action;
    world->host->arg = world;
    for (uint32_t i = 0; i < STEPS; i++) {
        step(world);
    }
    world->refusals_percent = 0;
    drain(world);
    host_script_free(world->host);
    free(world);
}

static void
prop_qmgr_random_worlds_lose_nothing_and_break_no_limit(void **state)
{
    const char *given = getenv("PROP_SEED");
    const uint64_t first = given != NULL ? strtoull(given, NULL, 10) : 1;
    const struct sched_object *object = host_object("qmgr.so");

    (void)state;
    for (uint32_t i = 0; i < (given != NULL ? 12 : WORLDS); i++) {
        const uint64_t seed = given != NULL ? first : first + i;

        printf("PROP_SEED=%llu world %u\n", (unsigned long long)seed, i % 12);
        fflush(stdout);
        world_run(object, seed, i % 12);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(
        prop_qmgr_random_worlds_lose_nothing_and_break_no_limit)};

    return cmocka_run_group_tests_name("prop_qmgr", tests, NULL, NULL);
}
