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
    "tcp_p smtp periodic period 3 pool SMTP_POOL\np-daemon\n\n"                \
    "tcp_s smtp immediate nonurgentblocklimit 10 after +30"                    \
    " nonurgentafter +60 secondclassafter +90 thirdclassafter +120"            \
    " pool SMTP_POOL\ns-daemon\n"
#define JOBS                                                                   \
    "[POOL=SMTP_POOL]\njob_limit=10\n"                                         \
    "[CHANNEL=*]\nmaster_command=master\nthread_idle=0\njob_idle=0\n"

enum { CHANNEL_L, CHANNEL_A, CHANNEL_F, CHANNEL_P, CHANNEL_S };

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

/* submit_large - nonurgent mail of eleven blocks: second class on tcp_s */
static void
submit_large(struct host_script *host)
{
    const struct sched_recipient recipient = {CHANNEL_S, 1};

    host_submit_as(
        host, &(struct sched_submit){.deferred_until_ns = SCHED_NO_TIME,
                                     .size_bytes = 10 * 1024 + 1,
                                     .recipients = &recipient,
                                     .recipients_count = 1,
                                     .source_channel = SCHED_NONE,
                                     .priority = SCHED_PRIORITY_NONURGENT});
    assert_int_equal(
        host_action(host, SCHED_ACTION_CREATE, 0)->u.create.priority,
        SCHED_PRIORITY_SECONDCLASS);
}

static void
test_jobctl_secondclassafter_delays_what_its_size_made_second_class(
    void **state)
{
    struct host_setup plain = setup;
    struct host_script *host = host_script_new(&setup);

    (void)state;
    submit_large(host);
    assert_int_equal(host->wake_at_ns, 90 * HOST_S);
    host_submit(host, CHANNEL_S, 2, SCHED_PRIORITY_NONURGENT);
    assert_int_equal(host->wake_at_ns, 60 * HOST_S); /* the earlier wins */
    host_script_free(host);
    /* Without one of its own it is `after`, not that of nonurgent mail. */
    plain.channels = "l\nlocal.example\n\na\na\n\nf\nf\n\np\np\n\n"
                     "tcp_s smtp immediate nonurgentblocklimit 10 after +30 "
                     "nonurgentafter +60\ns-daemon\n";
    plain.overrides[0].path = NULL;
    host = host_script_new(&plain);
    submit_large(host);
    assert_int_equal(host->wake_at_ns, 30 * HOST_S);
    host_script_free(host);
}

/* No mail becomes third class here; but a queue directory may hold some. */
static void
test_jobctl_thirdclassafter_delays_third_class_mail_of_a_scan(void **state)
{
    const uint32_t recipient = 0;
    const struct sched_scanned_file file = {.message = 7,
                                            .returned_at_ns = SCHED_NO_TIME,
                                            .recipients = &recipient,
                                            .recipients_count = 1,
                                            .file = 1,
                                            .channel = CHANNEL_S,
                                            .host = 1,
                                            .priority =
                                                SCHED_PRIORITY_THIRDCLASS};
    struct host_script *host = host_script_unscanned(&setup);

    (void)state;
    assert_int_equal(host_scanned(host, &file, 1, 0), SCHED_OK);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    assert_int_equal(host->wake_at_ns, 120 * HOST_S);
    host_wake(host, 120 * HOST_S);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
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
        TEST(
            test_jobctl_secondclassafter_delays_what_its_size_made_second_class),
        TEST(test_jobctl_thirdclassafter_delays_third_class_mail_of_a_scan),
        TEST(test_jobctl_after_does_not_delay_threads_of_a_running_job),
        TEST(test_jobctl_after_lets_filesperjob_start_its_jobs_together),
        TEST(test_jobctl_after_does_not_lose_the_start_for_a_deep_backlog),
        TEST(test_jobctl_after_starts_nothing_for_whom_another_start_serves),
        TEST(test_jobctl_periodic_channel_is_served_by_every_nth_periodic_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
