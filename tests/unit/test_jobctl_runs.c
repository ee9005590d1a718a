/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_runs.c - what waits for a run of the periodic or the return job
 *
 * Pinned: a run is an instant on the wall, wherever the clock is put; a retry
 * and a sender's date are not. What is due at its instant goes before.
 */
#include "tests/support/support.h"

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys pool SMTP_POOL\na-daemon\n\n"                       \
    "tcp_p smtp single_sys periodic deferred pool SMTP_POOL\np-daemon\n"
#define JOBS                                                                   \
    "post_time=00:00/04:00\nreturn_time=00:30/24:00\n"                         \
    "[POOL=SMTP_POOL]\njob_limit=10\n"                                         \
    "[CHANNEL=*]\nmaster_command=master\nthread_idle=0\njob_idle=0\n"          \
    "max_life_age=0\nmax_life_conns=0\n"

enum { CHANNEL_L, CHANNEL_A, CHANNEL_P };

#define WEEK (7 * 24 * HOST_H)

/* at_one - it is one o'clock: the periodic job runs at four, eight, twelve */
static struct host_script *
at_one(void)
{
    const struct host_setup setup = {
        .channels = CHANNELS, .jobs = JOBS, .wall_offset_ns = HOST_H};

    return host_script_new(&setup);
}

static void
submit(struct host_script *host, uint32_t channel, int64_t deferred_until_ns)
{
    const struct sched_recipient recipient = {channel, 1};

    host_event(host, &(struct sched_event){
                         .kind = SCHED_EVENT_SUBMIT,
                         .u.submit = {.message = ++host->message_last,
                                      .submitted_at_ns = host->now_ns,
                                      .deferred_until_ns = deferred_until_ns,
                                      .recipients = &recipient,
                                      .recipients_count = 1,
                                      .source_channel = SCHED_NONE,
                                      .priority = SCHED_PRIORITY_NORMAL}});
}

/* goes_at_once - does mail of that class, on a channel with that keyword? */
static int
goes_at_once(const char *immediacy, const char *compat, uint32_t priority)
{
    const struct host_setup setup = {
        .channels = CHANNELS,
        .jobs = JOBS,
        .overrides = {{"channel.tcp_a.immediacy", immediacy, "test"},
                      {"channel.tcp_a.nonurgentblocklimit", "0", "test"},
                      {"option.compat", compat, "test"}},
        .wall_offset_ns = HOST_H};
    struct host_script *host = host_script_new(&setup);
    const struct sched_recipient recipient = {CHANNEL_A, 1};
    const int is_second_class = priority > SCHED_PRIORITY_NONURGENT;

    host_submit_as(host, &(struct sched_submit){
                             .deferred_until_ns = SCHED_NO_TIME,
                             .size_bytes = is_second_class,
                             .recipients = &recipient,
                             .recipients_count = 1,
                             .source_channel = SCHED_NONE,
                             .priority = priority - (uint32_t)is_second_class});
    assert_int_equal(
        host_action(host, SCHED_ACTION_CREATE, 0)->u.create.priority, priority);
    const int starts = host_actions(host, SCHED_ACTION_START_JOB) > 0;
    assert_true(starts || host->wake_at_ns == 3 * HOST_H);
    host_script_free(host);
    return starts;
}

static void
test_jobctl_immediacy_is_the_lowest_class_that_goes_at_once(void **state)
{
    static const char *const words[] = {"periodic", "immurgent", "immnormal",
                                        "immnonurgent", "immediate"};

    (void)state;
    for (uint32_t word = 0; word < 5; word++) {
        for (uint32_t priority = SCHED_PRIORITY_URGENT;
             priority <= SCHED_PRIORITY_SECONDCLASS; priority++) {
            assert_int_equal(goes_at_once(words[word], "guide", priority),
                             priority < word);
            assert_int_equal(goes_at_once(words[word], "product", priority), 1);
        }
    }
}

static void
put_clock(struct host_script *host, int64_t wall_offset_ns)
{
    host_event(host, &(struct sched_event){
                         .kind = SCHED_EVENT_WALL_OFFSET,
                         .u.wall = {.wall_offset_ns = wall_offset_ns}});
}

static void
test_jobctl_clock_moves_the_mail_that_waits_for_a_run(void **state)
{
    struct host_script *host = at_one();

    (void)state;
    submit(host, CHANNEL_P, SCHED_NO_TIME);
    assert_int_equal(host->wake_at_ns, 3 * HOST_H);
    put_clock(host, 2 * HOST_H);
    assert_int_equal(host->wake_at_ns, 2 * HOST_H);
    put_clock(host, 0);
    assert_int_equal(host->wake_at_ns, 4 * HOST_H);
    put_clock(host, 5 * HOST_H); /* past the run: it is due */
    assert_int_equal(host->wake_at_ns, 0);
    host_wake(host, 0);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_script_free(host);
}

static void
test_jobctl_clock_moves_no_retry_past_the_mail_that_waits_for_a_run(
    void **state)
{
    struct host_script *host = at_one();

    (void)state;
    submit(host, CHANNEL_A, SCHED_NO_TIME);
    host_job_up(host, 1);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    const int64_t retry_ns = host->wake_at_ns;
    assert_in_range(retry_ns, 1, 3 * HOST_H - 1); /* by the built-in backoff */
    for (int i = 0; i < 9; i++) {
        submit(host, CHANNEL_P, SCHED_NO_TIME);
    }
    put_clock(host, 4 * HOST_H - 1); /* the nine are due in a nanosecond */
    assert_int_equal(host->wake_at_ns, 1);
    host_wake(host, 1);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    assert_int_equal(host->wake_at_ns, retry_ns);
    host_script_free(host);
}

/* The run at four finds the date to come, that at eight finds it over. */
static void
test_jobctl_dated_mail_waits_for_the_first_run_after_its_date(void **state)
{
    struct host_script *host = at_one();

    (void)state;
    submit(host, CHANNEL_P, 4 * HOST_H); /* at five */
    assert_int_equal(host->wake_at_ns, 7 * HOST_H);
    host_wake(host, 7 * HOST_H);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_script_free(host);
}

/* Of 1,500 files whose retry is due with the return run that is to take them,
   each is ready before that looks at the first. */
static void
test_jobctl_return_run_waits_until_all_that_is_due_is_ready(void **state)
{
    const struct host_setup setup = {
        .channels = CHANNELS, .jobs = JOBS, .wall_offset_ns = 30 * HOST_MIN};
    struct host_script *host = host_script_new(&setup);

    (void)state;
    assert_int_equal(host_set(host, "channel.tcp_a.normalbackoff", "p7d"),
                     SCHED_OK);
    for (uint32_t i = 0; i < 1500; i++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    }
    host_job_up(host, 1);
    for (uint32_t i = 0; i < 1500; i++) {
        const struct sched_action deliver =
            *host_action(host, SCHED_ACTION_DELIVER, 0);

        host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    }
    while (host->wake_at_ns < WEEK) {
        host_wake(host, host->wake_at_ns); /* nights before */
    }
    host_wake(host, WEEK);
    assert_int_equal(host_actions(host, SCHED_ACTION_DELIVER), 1);
    assert_int_equal(host_actions(host, SCHED_ACTION_RETURN), 0);
    assert_int_equal(host->wake_at_ns, WEEK);
    host_wake(host, WEEK);
    assert_in_range(host_actions(host, SCHED_ACTION_RETURN), 998, 1000);
    host_script_free(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_jobctl_immediacy_is_the_lowest_class_that_goes_at_once),
        cmocka_unit_test(test_jobctl_clock_moves_the_mail_that_waits_for_a_run),
        cmocka_unit_test(
            test_jobctl_clock_moves_no_retry_past_the_mail_that_waits_for_a_run),
        cmocka_unit_test(
            test_jobctl_dated_mail_waits_for_the_first_run_after_its_date),
        cmocka_unit_test(
            test_jobctl_return_run_waits_until_all_that_is_due_is_ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
