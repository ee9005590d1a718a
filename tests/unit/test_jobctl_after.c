/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_after.c - what is put off: job starts, and mail for a later run
 */
#include "tests/support/support.h"

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys after +30 urgentafter +5 nonurgentafter +60"        \
    " maxjobs 3 pool SMTP_POOL\na-daemon\n\n"                                  \
    "tcp_f smtp single_sys after +30 filesperjob 2 pool "                      \
    "SMTP_POOL\nf-daemon\n\n"                                                  \
    "tcp_p smtp periodic period 3 pool SMTP_POOL\np-daemon\n"
#define JOBS                                                                   \
    "[POOL=SMTP_POOL]\njob_limit=10\n"                                         \
    "[CHANNEL=*]\nmaster_command=master\nthread_idle=0\njob_idle=0\n"

enum { CHANNEL_L, CHANNEL_A, CHANNEL_F, CHANNEL_P };

static const struct host_setup setup = {
    .channels = CHANNELS,
    .jobs = JOBS,
    .overrides = {{"channel.tcp_a.max_client_threads", "2", "test"}}};

static void
test_jobctl_after_delays_the_job_and_others_ride_along(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    assert_int_equal(host->wake_at_ns, 30 * HOST_S);
    host->now_ns = 20 * HOST_S;
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host->wake_at_ns, 30 * HOST_S); /* one start a channel */
    host_wake(host, 30 * HOST_S - 1);
    assert_int_equal(host->actions_count, 0);
    host_wake(host, 30 * HOST_S);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    /* Host 2 rides along: the process starts with a thread for it too. */
    host_job(host, SCHED_EVENT_JOB_STARTED, 1);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
    host_thread(host, SCHED_EVENT_THREAD_READY, 1, 0);
    assert_int_equal(host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver.host,
                     1);
    host_script_free(host);
}

static void
test_jobctl_after_is_by_class_and_the_earlier_start_wins(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NONURGENT);
    assert_int_equal(host->wake_at_ns, 60 * HOST_S);
    host->now_ns = HOST_S;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host->wake_at_ns, 31 * HOST_S);
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_URGENT);
    assert_int_equal(host->wake_at_ns, 6 * HOST_S);
    host_wake(host, 6 * HOST_S);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_wake(host, HOST_MIN + HOST_S); /* nothing is left of the others */
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    host_script_free(host);
}

static void
test_jobctl_after_does_not_delay_threads_of_a_running_job(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_wake(host, 30 * HOST_S);
    host_job_up(host, 1);
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
    host_submit(host, CHANNEL_A, 3, SCHED_PRIORITY_NORMAL); /* a second job */
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    host_wake(host, HOST_MIN);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_script_free(host);
}

static void
test_jobctl_after_lets_filesperjob_start_its_jobs_together(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        host_submit(host, CHANNEL_F, 1, SCHED_PRIORITY_NORMAL);
        assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    }
    host_wake(host, 30 * HOST_S);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 3); /* 5/2 */
    host_script_free(host);
}

/* The host is served when the time has come, and its backlog is deep still. */
static void
test_jobctl_after_does_not_lose_the_start_for_a_deep_backlog(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    assert_int_equal(host_set(host, "channel.tcp_a.threaddepth", "2"),
                     SCHED_OK);
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_wake(host, 30 * HOST_S);
    host_job_up(host, 1);
    for (uint32_t i = 2; i <= 4; i++) { /* with the second, another thread */
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
        assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), i == 2);
        assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    }
    assert_int_equal(host->wake_at_ns, HOST_MIN); /* with the fourth, a job */
    host_wake(host, HOST_MIN);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_script_free(host);
}

static void
test_jobctl_after_starts_nothing_for_whom_another_start_serves(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL); /* at 30 s */
    assert_int_equal(host_set(host, "channel.tcp_a.urgentafter", "+0"),
                     SCHED_OK);
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_URGENT);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_wake(host, 30 * HOST_S);
    assert_int_equal(host->actions_count, 0);
    host_script_free(host);
}

static void
test_jobctl_periodic_channel_is_served_by_every_nth_periodic_run(void **state)
{
    struct host_setup at_one = setup;

    (void)state;
    at_one.wall_offset_ns = HOST_H; /* runs at 0, 4, 8, 12 ... o'clock */
    struct host_script *host = host_script_new(&at_one);
    host_submit(host, CHANNEL_P, 1, SCHED_PRIORITY_URGENT);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    assert_int_equal(host->wake_at_ns, 11 * HOST_H); /* every third: at 12 */
    host_wake(host, 11 * HOST_H);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    /* The product ignores the whole family of keywords. */
    assert_int_equal(host_set(host, "option.compat", "product"), SCHED_OK);
    host_submit(host, CHANNEL_P, 2, SCHED_PRIORITY_NONURGENT);
    host_job(host, SCHED_EVENT_JOB_STARTED, 1);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
    host_script_free(host);
}

#define TEST(name) cmocka_unit_test(name)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_jobctl_after_delays_the_job_and_others_ride_along),
        TEST(test_jobctl_after_is_by_class_and_the_earlier_start_wins),
        TEST(test_jobctl_after_does_not_delay_threads_of_a_running_job),
        TEST(test_jobctl_after_lets_filesperjob_start_its_jobs_together),
        TEST(test_jobctl_after_does_not_lose_the_start_for_a_deep_backlog),
        TEST(test_jobctl_after_starts_nothing_for_whom_another_start_serves),
        TEST(test_jobctl_periodic_channel_is_served_by_every_nth_periodic_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
