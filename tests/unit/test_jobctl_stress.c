/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_stress.c - a channel backs off when its target is stressed
 */
#include "tests/support/support.h"

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys maxjobs 6 threaddepth 2 pool SMTP_POOL\na-daemon\n"
#define JOBS(options)                                                          \
    options "[POOL=SMTP_POOL]\njob_limit=10\n"                                 \
            "[CHANNEL=*]\nmaster_command=master\nthread_idle=0\njob_idle=0\n"  \
            "max_life_age=0\nmax_life_conns=0\n"

enum { CHANNEL_L, CHANNEL_A };

static struct host_script *
setup_with(const char *jobs)
{
    const struct host_setup setup = {
        .channels = CHANNELS,
        .jobs = jobs,
        .overrides = {{"channel.tcp_a.max_client_threads", "1", "test"}}};

    return host_script_new(&setup);
}

static void
stress(struct host_script *host, int64_t at_ns)
{
    host->now_ns = at_ns;
    host_event(host, &(struct sched_event){.kind = SCHED_EVENT_STRESS,
                                           .u.stress = {.channel = CHANNEL_A}});
}

/* jobs_for - how many start when mail for so many hosts comes in */
static uint32_t
jobs_for(struct host_script *host, uint32_t hosts)
{
    uint32_t jobs = 0;

    for (uint32_t i = 0; i < hosts; i++) {
        host_submit(host, CHANNEL_A, 100 + i, SCHED_PRIORITY_NORMAL);
        jobs += host_actions(host, SCHED_ACTION_START_JOB);
    }
    return jobs;
}

static void
test_jobctl_stress_is_ignored_unless_it_is_on(void **state)
{
    struct host_script *host = setup_with(JOBS(""));

    (void)state;
    stress(host, 0);
    assert_int_equal(jobs_for(host, 8), 6);
    host->now_ns = 0;
    assert_int_equal(
        host_send(host, &(struct sched_event){.kind = SCHED_EVENT_STRESS,
                                              .u.stress = {.channel = 2}}),
        SCHED_ERR_ARGUMENT);
    host_script_free(host);
}

static void
test_jobctl_stress_takes_jobs_down_to_one_and_gives_them_back(void **state)
{
    struct host_script *host = setup_with(JOBS("stress=1\n"));

    (void)state;
    stress(host, 0);               /* 6 - 2 */
    stress(host, 60 * HOST_S - 1); /* in the blackout */
    assert_int_equal(jobs_for(host, 8), 4);
    stress(host, 60 * HOST_S);  /* 2 */
    stress(host, 120 * HOST_S); /* 1: not less */
    for (uint32_t job = 1; job <= 4; job++) {
        host_job_up(host, job);
        host_job(host, SCHED_EVENT_JOB_EXITED, job);
        /* Only the last one's slot is given again: the limit is one. */
        assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), job == 4);
    }
    assert_int_equal(host->wake_at_ns, 240 * HOST_S);
    host_wake(host, 240 * HOST_S);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 2); /* 3 */
    assert_int_equal(host->wake_at_ns, 360 * HOST_S);
    host_wake(host, 360 * HOST_S);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 2); /* 5 */
    host_wake(host, 480 * HOST_S);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1); /* 6 */
    assert_int_equal(host->wake_at_ns, 30 * HOST_MIN); /* the return job */
    host_script_free(host);
}

static void
test_jobctl_stress_multiplies_threaddepth(void **state)
{
    struct host_script *host = setup_with(JOBS("StressFactor=3\n"
                                               "StressJobs=0\n"));
    uint32_t jobs = 0;

    (void)state;
    stress(host, 0); /* threaddepth 6 */
    for (uint32_t i = 1; i <= 12; i++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
        jobs += host_actions(host, SCHED_ACTION_START_JOB);
        assert_int_equal(jobs, 1 + i / 6);
    }
    host_wake(host, 120 * HOST_S); /* 2 again: with the 14th */
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_script_free(host);
}

/* 2 x 5 / 2: threaddepth itself is divided, not the factor. */
static void
test_jobctl_stress_rounds_threaddepth_down_after_the_division(void **state)
{
    struct host_script *host = setup_with(JOBS("StressFactor=5\n"
                                               "StressJobs=0\n"
                                               "UnstressFactor=2\n"));
    uint32_t jobs = 0;

    (void)state;
    stress(host, 0);
    host_wake(host, 120 * HOST_S);
    for (uint32_t i = 1; i <= 6; i++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
        jobs += host_actions(host, SCHED_ACTION_START_JOB);
        assert_int_equal(jobs, i < 5 ? 1 : 2);
    }
    host_wake(host, 240 * HOST_S); /* 2 x 5 / 4: as configured, but once more */
    host_wake(host, 360 * HOST_S);
    assert_int_equal(host->wake_at_ns, 30 * HOST_MIN); /* the return job */
    host_script_free(host);
}

#define TEST(name) cmocka_unit_test(name)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_jobctl_stress_is_ignored_unless_it_is_on),
        TEST(test_jobctl_stress_takes_jobs_down_to_one_and_gives_them_back),
        TEST(test_jobctl_stress_multiplies_threaddepth),
        TEST(test_jobctl_stress_rounds_threaddepth_down_after_the_division),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
