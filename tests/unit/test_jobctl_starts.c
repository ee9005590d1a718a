/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_starts.c - when the Job Controller starts threads and jobs
 *
 * Pinned: how many threads n messages for one host leave, under every limit;
 * who gets a freed slot; which host a free thread takes. Not pinned: what a
 * start costs, which is the host's.
 */
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys pool SMTP_POOL\na-daemon\n\n"                       \
    "tcp_b smtp single_sys pool SMTP_POOL\nb-daemon\n\n"                       \
    "tcp_c smtp slave pool SMTP_POOL\nc-daemon\n"
#define JOBS                                                                   \
    "[POOL=SMTP_POOL]\njob_limit=10\n"                                         \
    "[CHANNEL=*]\nmaster_command=master\n"

enum { CHANNEL_L, CHANNEL_A, CHANNEL_B, CHANNEL_C };

static uint32_t
least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* setup_with - the channels above, and these overrides */
static struct host_script *
setup_with(const struct sched_override *overrides, uint32_t count)
{
    struct host_setup setup = {.channels = CHANNELS, .jobs = JOBS};

    for (uint32_t i = 0; i < count; i++) {
        setup.overrides[i] = overrides[i];
        setup.overrides[i].where = "test";
    }
    return host_script_new(&setup);
}

/* setup_fill - channel a with these limits */
static struct host_script *
setup_fill(uint32_t depth, uint32_t jobs, uint32_t threads, const char *policy)
{
    char depth_text[16];
    char jobs_text[16];
    char threads_text[16];
    const struct sched_override overrides[] = {
        {.path = "channel.tcp_a.threaddepth", .value = depth_text},
        {.path = "channel.tcp_a.maxjobs", .value = jobs_text},
        {.path = "channel.tcp_a.max_client_threads", .value = threads_text},
        {.path = "option.start_policy", .value = policy}};

    snprintf(depth_text, sizeof depth_text, "%u", depth);
    snprintf(jobs_text, sizeof jobs_text, "%u", jobs);
    snprintf(threads_text, sizeof threads_text, "%u", threads);
    return setup_with(overrides, 4);
}

struct counted {
    uint32_t jobs;
    uint32_t threads;
};

/* count_starts - as if every start succeeded and nothing was delivered. A job
 * that was started reports so, or its further threads would wait. */
static void
count_starts(struct host_script *host, struct counted *counted)
{
    const uint32_t jobs = host_actions(host, SCHED_ACTION_START_JOB);

    assert_true(jobs <= 1);
    counted->threads += host_actions(host, SCHED_ACTION_START_THREAD);
    if (jobs > 0) {
        counted->jobs++;
        counted->threads++;
        host_job(host, SCHED_EVENT_JOB_STARTED,
                 host_action(host, SCHED_ACTION_START_JOB, 0)->u.job.job);
        counted->threads += host_actions(host, SCHED_ACTION_START_THREAD);
    }
}

static void
fill(uint32_t depth, uint32_t jobs, uint32_t threads, const char *policy)
{
    struct host_script *host = setup_fill(depth, jobs, threads, policy);
    const uint32_t jobs_max = least(jobs, 10); /* JOB_LIMIT */
    struct counted counted = {0, 0};

    for (uint32_t n = 1; n <= 300; n++) {
        host_submit(host, CHANNEL_A, 7, SCHED_PRIORITY_NORMAL);
        count_starts(host, &counted);
        assert_int_equal(counted.threads,
                         least(least(n, 1 + n / depth), jobs_max * threads));
        assert_true(counted.jobs <= jobs_max);
        assert_int_equal(counted.jobs,
                         (counted.threads + threads - 1) / threads);
    }
    host_script_free(host);
}

static void
test_jobctl_fill_leaves_one_thread_and_one_more_for_each_threaddepth(
    void **state)
{
    static const uint32_t depths[] = {1, 2, 3, 10, 128};
    static const uint32_t limits[][2] = {{1, 1}, {1, 10}, {3, 4},
                                         {7, 1}, {12, 3}, {50, 100}};
    static const char *const policies[] = {"edge", "edge-capped", "level"};

    (void)state;
    for (uint32_t d = 0; d < 5; d++) {
        for (uint32_t l = 0; l < 6; l++) {
            for (uint32_t p = 0; p < 3; p++) {
                fill(depths[d], limits[l][0], limits[l][1], policies[p]);
            }
        }
    }
}

static void
test_jobctl_unserved_host_gets_its_own_thread(void **state)
{
    struct host_script *host = setup_fill(10, 2, 3, "edge");

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_job_up(host, 1);
    assert_int_equal(host_actions(host, SCHED_ACTION_DELIVER), 1);
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
    host_submit(host, CHANNEL_A, 3, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
    /* Three threads are the limit: the next host needs a second job, which
     * counts with all its slots while it starts. */
    host_submit(host, CHANNEL_A, 4, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_submit(host, CHANNEL_A, 5, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host->actions_count, 1); /* CREATE: it waits for job 2 */
    host_job(host, SCHED_EVENT_JOB_STARTED, 2);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
    host_submit(host, CHANNEL_A, 6, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
    host_submit(host, CHANNEL_A, 7, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host->actions_count, 1); /* nothing left: it wants */
    host_script_free(host);
}

static void
test_jobctl_thread_that_ran_dry_takes_the_best_unserved_host(void **state)
{
    struct host_script *host = setup_fill(10, 1, 1, "edge");

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    host->now_ns += 1;
    const uint64_t urgent =
        host_submit(host, CHANNEL_A, 3, SCHED_PRIORITY_URGENT);
    host_job_up(host, 1);
    struct sched_action deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.host, 1); /* it was started for it */
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.message, urgent);
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.host, 2);
    host_script_free(host);
}

static void
test_jobctl_affinity_priority_leaves_its_host_for_urgent_mail(void **state)
{
    const struct sched_override overrides[] = {
        {.path = "option.affinity", .value = "priority"},
        {.path = "channel.tcp_a.maxjobs", .value = "1"},
        {.path = "channel.tcp_a.max_client_threads", .value = "1"}};
    struct host_script *host = setup_with(overrides, 3);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    struct sched_action deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_URGENT);
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.host, 2);
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    assert_int_equal(host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver.host,
                     1);
    host_script_free(host);
}

static void
test_jobctl_priority_orders_one_hosts_queue(void **state)
{
    struct host_script *host = setup_fill(128, 1, 1, "edge");
    static const uint32_t given[] = {2, 0, 1, 1, 0, 2};
    static const uint32_t expected[] = {2, 5, 3, 4, 1, 6};

    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        host->now_ns++;
        host_submit(host, CHANNEL_A, 1, given[i]);
    }
    host_job_up(host, 1);
    for (uint32_t i = 0; i < 6; i++) {
        const struct sched_action deliver =
            *host_action(host, SCHED_ACTION_DELIVER, 0);

        assert_int_equal(deliver.u.deliver.message, expected[i]);
        host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    }
    assert_int_equal(host->actions_count, 0);
    host_script_free(host);
}

static void
test_jobctl_freed_slot_goes_to_the_best_want_of_the_pool(void **state)
{
    const struct sched_override overrides[] = {
        {.path = "pool.SMTP_POOL.job_limit", .value = "1"},
        {.path = "channel.tcp_a.max_client_threads", .value = "1"},
        {.path = "channel.tcp_b.max_client_threads", .value = "1"}};
    struct host_script *host = setup_with(overrides, 3);

    (void)state;
    host_submit(host, CHANNEL_B, 1, SCHED_PRIORITY_NORMAL); /* has the slot */
    host->now_ns++;
    host_submit(host, CHANNEL_B, 2, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 3, SCHED_PRIORITY_NORMAL);
    host->now_ns++;
    host_submit(host, CHANNEL_B, 4, SCHED_PRIORITY_URGENT);
    host_job_up(host, 1);
    /* Its file under way is ready again, since before all others. First
     * urgent mail of b; then b's older file; a and b at one instant: a. */
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_START_JOB);
    assert_int_equal(host->actions[0].u.job.channel, CHANNEL_B);
    host_job_up(host, 2);
    assert_int_equal(host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver.host,
                     4);
    struct sched_action deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.host, 1);
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.host, 2);
    host->now_ns++;
    host_submit(host, CHANNEL_A, 5, SCHED_PRIORITY_NORMAL);
    host_job(host, SCHED_EVENT_JOB_EXITED, 2);
    assert_int_equal(host->actions[0].u.job.channel, CHANNEL_A);
    host_script_free(host);
}

static void
test_jobctl_edge_fires_again_and_edge_capped_does_not(void **state)
{
    (void)state;
    /* threaddepth 2: the backlog goes 1, 2 (second thread), then falls to 1
     * and rises to 2 again: edge asks for a third, edge-capped and level are
     * content with 1 + floor(2/2) = 2. */
    static const char *const policies[] = {"edge", "edge-capped", "level"};
    for (uint32_t p = 0; p < 3; p++) {
        struct host_script *host = setup_fill(2, 1, 10, policies[p]);

        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
        host_job_up(host, 1);
        const struct sched_action deliver =
            *host_action(host, SCHED_ACTION_DELIVER, 0);
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
        assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
        host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
        assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD),
                         p == 0 ? 1 : 0);
        host_script_free(host);
    }
}

static void
test_jobctl_level_replaces_what_edge_lets_decay(void **state)
{
    (void)state;
    /* 40 messages, threaddepth 10, jobs of one thread. A job exits: edge has
     * its host served by the others and starts nothing; level tops up. */
    for (uint32_t level = 0; level < 2; level++) {
        struct host_script *host =
            setup_fill(10, 5, 1, level ? "level" : "edge");

        for (uint32_t n = 0; n < 40; n++) {
            host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
        }
        for (uint32_t job = 1; job <= 5; job++) {
            host_job_up(host, job);
        }
        host_job(host, SCHED_EVENT_JOB_EXITED, 3);
        assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), level);
        host_script_free(host);
    }
}

static void
test_jobctl_slave_channel_never_starts_jobs(void **state)
{
    struct host_script *host = setup_with(NULL, 0);

    (void)state;
    for (uint32_t n = 0; n < 50; n++) {
        host_submit(host, CHANNEL_C, n % 3, SCHED_PRIORITY_URGENT);
        assert_int_equal(host->actions_count, 1);
    }
    host_script_free(host);
}

static void
test_jobctl_channel_without_a_command_only_keeps_its_mail(void **state)
{
    const struct sched_override none[] = {
        {.path = "job.tcp_a.master_command", .value = "NULL"},
        {.path = "job.tcp_a.slave_command", .value = "slave"}}; /* no help */
    struct host_script *host = setup_with(none, 2);

    (void)state;
    for (uint32_t n = 0; n < 50; n++) {
        host_submit(host, CHANNEL_A, n % 3, SCHED_PRIORITY_URGENT);
        assert_int_equal(host->actions_count, 1); /* CREATE */
    }
    host_submit(host, CHANNEL_B, 1, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    assert_int_equal(
        host_action(host, SCHED_ACTION_START_JOB, 0)->u.job.channel, CHANNEL_B);
    /* With a command the three hosts are what a freed slot finds. */
    assert_int_equal(host_set(host, "job.tcp_a.master_command", "master"),
                     SCHED_OK);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 3);
    host_script_free(host);
}

static void
test_jobctl_anon_host_is_one_queue_for_all_hosts(void **state)
{
    const struct sched_override overrides[] = {
        {.path = "job.tcp_a.anon_host", .value = "1"},
        {.path = "channel.tcp_a.threaddepth", .value = "4"}};
    struct host_script *host = setup_with(overrides, 2);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    /* Two more hosts: their mail waits behind the first one's. */
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host->actions_count, 1);
    host_submit(host, CHANNEL_A, 3, SCHED_PRIORITY_URGENT);
    assert_int_equal(host->actions_count, 1);
    /* And counts for the one backlog. */
    host_submit(host, CHANNEL_A, 4, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
    host_thread(host, SCHED_EVENT_THREAD_READY, 1, 1);
    assert_int_equal(
        host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver.message, 3);
    host_script_free(host);
}

/* jobs_of - how many jobs thirty hosts get, with one thread in each */
static uint32_t
jobs_of(const char *maxjobs, const char *job_limit)
{
    const struct sched_override overrides[] = {
        {.path = "channel.tcp_a.maxjobs", .value = maxjobs},
        {.path = "pool.SMTP_POOL.job_limit", .value = job_limit},
        {.path = "channel.tcp_a.max_client_threads", .value = "1"}};
    struct host_script *host = setup_with(overrides, 3);
    uint32_t jobs = 0;

    for (uint32_t n = 0; n < 30; n++) {
        host_submit(host, CHANNEL_A, n, SCHED_PRIORITY_NORMAL);
        jobs += host_actions(host, SCHED_ACTION_START_JOB);
    }
    host_script_free(host);
    return jobs;
}

static void
test_jobctl_smaller_of_maxjobs_and_job_limit_holds(void **state)
{
    (void)state;
    assert_int_equal(jobs_of("7", "20"), 7);
    assert_int_equal(jobs_of("20", "7"), 7);
    assert_int_equal(jobs_of("100", "100"), 30);
}

static void
test_jobctl_filesperjob_asks_for_a_job_each_n_files(void **state)
{
    const struct sched_override overrides[] = {
        {.path = "channel.tcp_a.filesperjob", .value = "4"},
        {.path = "channel.tcp_a.maxjobs", .value = "3"},
        {.path = "channel.tcp_a.threaddepth", .value = "1000"}};
    struct host_script *host = setup_with(overrides, 3);
    uint32_t jobs = 0;

    (void)state;
    for (uint32_t n = 1; n <= 20; n++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
        jobs += host_actions(host, SCHED_ACTION_START_JOB);
        assert_int_equal(jobs, least((n + 3) / 4, 3));
    }
    host_script_free(host);
}

static void
test_jobctl_idle_thread_with_the_lowest_number_is_woken(void **state)
{
    struct host_script *host = setup_fill(10, 2, 2, "edge");
    struct sched_action deliver[4];

    (void)state;
    for (uint32_t h = 0; h < 4; h++) {
        host_submit(host, CHANNEL_A, h, SCHED_PRIORITY_NORMAL);
    }
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t job = 2 - i / 2;

        if (i % 2 == 0) {
            host_job(host, SCHED_EVENT_JOB_STARTED, job);
        }
        host_thread(host, SCHED_EVENT_THREAD_READY, job, i % 2);
        deliver[i] = *host_action(host, SCHED_ACTION_DELIVER, 0);
    }
    for (uint32_t i = 0; i < 4; i++) {
        host->now_ns++;
        host_outcome(host, &deliver[i], SCHED_RESULT_DELIVERED);
        assert_int_equal(host->actions_count, 0);
    }
    for (uint32_t i = 0; i < 4; i++) {
        host_submit(host, CHANNEL_A, 9 + i, SCHED_PRIORITY_NORMAL);
        deliver[0] = *host_action(host, SCHED_ACTION_DELIVER, 0);
        assert_int_equal(deliver[0].u.deliver.job, 1 + i / 2);
        assert_int_equal(deliver[0].u.deliver.thread, i % 2);
    }
    host_script_free(host);
}

static void
test_jobctl_refused_start_is_tried_again_after_ten_seconds(void **state)
{
    struct host_script *host = setup_fill(10, 2, 2, "edge");

    (void)state;
    host->refuse_kind = SCHED_ACTION_START_JOB;
    host->refuse_reason = SCHED_REFUSED_LIMIT;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    assert_int_equal(host->wake_at_ns, 10 * HOST_S);
    host->now_ns = HOST_S;
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    host_wake(host, host->wake_at_ns);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    assert_int_equal(host->wake_at_ns, 20 * HOST_S);
    host->refuse_kind = 0;
    host_wake(host, host->wake_at_ns);
    const struct sched_action *start =
        host_action(host, SCHED_ACTION_START_JOB, 0);
    assert_non_null(start);
    host_job_up(host, start->u.job.job);
    assert_int_equal(
        host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver.message, 1);
    host_script_free(host);
}

static void
test_jobctl_job_that_failed_to_start_loses_no_mail(void **state)
{
    struct host_script *host = setup_fill(10, 1, 2, "edge");

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    host_job(host, SCHED_EVENT_JOB_FAILED, 1);
    assert_int_equal(host->actions_count, 0);
    assert_int_equal(host->wake_at_ns, 10 * HOST_S);
    host_wake(host, 10 * HOST_S);
    assert_int_equal(host->actions_count, 1); /* one job for both hosts */
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_START_JOB);
    host_job(host, SCHED_EVENT_JOB_STARTED, 2);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
    for (uint32_t thread = 0; thread < 2; thread++) {
        host_thread(host, SCHED_EVENT_THREAD_READY, 2, thread);
        assert_int_equal(
            host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver.message,
            thread + 1);
    }
    host_script_free(host);
}

static void
test_jobctl_new_thread_goes_to_the_job_with_the_fewest(void **state)
{
    struct host_script *host = setup_fill(10, 2, 3, "edge");
    struct sched_action deliver[4];

    (void)state;
    /* Job 1 has three threads, job 2 has one: the next goes to job 2. */
    for (uint32_t h = 1; h <= 4; h++) {
        host_submit(host, CHANNEL_A, h, SCHED_PRIORITY_NORMAL);
    }
    host_job(host, SCHED_EVENT_JOB_STARTED, 1);
    host_job(host, SCHED_EVENT_JOB_STARTED, 2);
    for (uint32_t n = 0; n < 3; n++) {
        host_thread(host, SCHED_EVENT_THREAD_READY, 1, n);
        deliver[n] = *host_action(host, SCHED_ACTION_DELIVER, 0);
    }
    host_submit(host, CHANNEL_A, 5, SCHED_PRIORITY_NORMAL);
    assert_int_equal(
        host_action(host, SCHED_ACTION_START_THREAD, 0)->u.thread.job, 2);
    /* One thread of job 1 ends: two each, and the lower job is first. */
    host_outcome(host, &deliver[1], SCHED_RESULT_DELIVERED);
    host_thread(host, SCHED_EVENT_THREAD_ENDED, 1, 1);
    host_submit(host, CHANNEL_A, 6, SCHED_PRIORITY_NORMAL);
    assert_int_equal(
        host_action(host, SCHED_ACTION_START_THREAD, 0)->u.thread.job, 1);
    host_script_free(host);
}

static void
test_jobctl_freed_slot_goes_to_the_mail_that_waits_longest(void **state)
{
    const struct sched_override overrides[] = {
        {.path = "pool.SMTP_POOL.job_limit", .value = "1"},
        {.path = "channel.tcp_a.max_client_threads", .value = "1"}};
    struct host_script *host = setup_with(overrides, 2);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host->now_ns = 1;
    host_submit(host, CHANNEL_B, 1, SCHED_PRIORITY_NORMAL);
    host->now_ns = 2;
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    host_thread(host, SCHED_EVENT_THREAD_ENDED, 1, 0);
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    assert_int_equal(host->actions[0].u.job.channel, CHANNEL_B);
    host_job_up(host, 2);
    host->now_ns = 3;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host->now_ns = 4;
    /* The file that the exit makes ready again has waited since 1. */
    host_job(host, SCHED_EVENT_JOB_EXITED, 2);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].u.job.channel, CHANNEL_B);
    host_script_free(host);
}

static void
test_jobctl_lost_work_goes_to_an_idle_thread_before_a_new_job(void **state)
{
    struct host_script *host = setup_fill(10, 2, 1, "edge");

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    host_job_up(host, 2);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].u.deliver.job, 2);
    assert_int_equal(host->actions[0].u.deliver.message, 1);
    host_script_free(host);
}

static void
test_jobctl_thread_lost_at_work_is_replaced(void **state)
{
    struct host_script *host = setup_fill(10, 2, 2, "edge");

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    host_thread(host, SCHED_EVENT_THREAD_ENDED, 1, 0);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_START_THREAD);
    assert_int_equal(host->actions[0].u.thread.thread, 1);
    host_thread(host, SCHED_EVENT_THREAD_READY, 1, 1);
    assert_int_equal(
        host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver.message, 1);
    host_script_free(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_jobctl_fill_leaves_one_thread_and_one_more_for_each_threaddepth),
        cmocka_unit_test(test_jobctl_unserved_host_gets_its_own_thread),
        cmocka_unit_test(
            test_jobctl_thread_that_ran_dry_takes_the_best_unserved_host),
        cmocka_unit_test(
            test_jobctl_affinity_priority_leaves_its_host_for_urgent_mail),
        cmocka_unit_test(test_jobctl_priority_orders_one_hosts_queue),
        cmocka_unit_test(
            test_jobctl_freed_slot_goes_to_the_best_want_of_the_pool),
        cmocka_unit_test(test_jobctl_edge_fires_again_and_edge_capped_does_not),
        cmocka_unit_test(test_jobctl_level_replaces_what_edge_lets_decay),
        cmocka_unit_test(test_jobctl_slave_channel_never_starts_jobs),
        cmocka_unit_test(
            test_jobctl_channel_without_a_command_only_keeps_its_mail),
        cmocka_unit_test(test_jobctl_anon_host_is_one_queue_for_all_hosts),
        cmocka_unit_test(test_jobctl_smaller_of_maxjobs_and_job_limit_holds),
        cmocka_unit_test(test_jobctl_filesperjob_asks_for_a_job_each_n_files),
        cmocka_unit_test(
            test_jobctl_idle_thread_with_the_lowest_number_is_woken),
        cmocka_unit_test(
            test_jobctl_refused_start_is_tried_again_after_ten_seconds),
        cmocka_unit_test(test_jobctl_job_that_failed_to_start_loses_no_mail),
        cmocka_unit_test(
            test_jobctl_new_thread_goes_to_the_job_with_the_fewest),
        cmocka_unit_test(
            test_jobctl_freed_slot_goes_to_the_mail_that_waits_longest),
        cmocka_unit_test(
            test_jobctl_lost_work_goes_to_an_idle_thread_before_a_new_job),
        cmocka_unit_test(test_jobctl_thread_lost_at_work_is_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
