/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_hands.c - what becomes of hands that were lost or left over
 *
 * Pinned: who gets the place of a thread that ended and the hosts of a job that
 * failed, and how long each channel's starts stop.
 */
#include "tests/support/support.h"

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys pool SMTP_POOL\na-daemon\n\n"                       \
    "tcp_b smtp single_sys pool SMTP_POOL\nb-daemon\n"
#define JOBS                                                                   \
    "[POOL=SMTP_POOL]\njob_limit=10\n"                                         \
    "[CHANNEL=*]\nmaster_command=master\n"

enum { CHANNEL_L, CHANNEL_A, CHANNEL_B };

static struct host_script *
host_with(const struct sched_override *overrides, uint32_t count)
{
    /* Noon: twelve and a half hours before the next return run. */
    struct host_setup setup = {
        .channels = CHANNELS, .jobs = JOBS, .wall_offset_ns = 12 * HOST_H};

    for (uint32_t i = 0; i < count; i++) {
        setup.overrides[i] = overrides[i];
        setup.overrides[i].where = "test";
    }
    return host_script_new(&setup);
}

static void
submit(struct host_script *host, uint32_t channel, uint32_t destination)
{
    host_submit(host, channel, destination, SCHED_PRIORITY_NORMAL);
}

/* deliver - the attempt that the last event began succeeds */
static void
deliver(struct host_script *host)
{
    assert_int_equal(host_actions(host, SCHED_ACTION_DELIVER), 1);
    const struct sched_action action =
        *host_action(host, SCHED_ACTION_DELIVER, 0);

    host_outcome(host, &action, SCHED_RESULT_DELIVERED);
}

/* A host that came while the only thread was being stopped has no other. */
static void
test_jobctl_place_of_a_stopped_thread_goes_to_the_host_that_waits(void **state)
{
    const struct sched_override overrides[] = {
        {.path = "channel.tcp_a.max_client_threads", .value = "1"},
        {.path = "channel.tcp_a.maxjobs", .value = "1"},
        {.path = "job.tcp_a.thread_idle", .value = "pt5s"},
        {.path = "job.tcp_a.job_idle", .value = "0"}};
    struct host_script *host = host_with(overrides, 4);

    (void)state;
    submit(host, CHANNEL_A, 1);
    host_job_up(host, 1);
    deliver(host);
    host_wake(host, 5 * HOST_S);
    assert_int_equal(host_actions(host, SCHED_ACTION_STOP_THREAD), 1);
    submit(host, CHANNEL_A, 2);
    assert_int_equal(host->actions_count, 1); /* CREATE: it waits */
    host_thread(host, SCHED_EVENT_THREAD_ENDED, 1, 0);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_START_THREAD);
    assert_int_equal(host->actions[0].u.thread.job, 1);
    assert_int_equal(host->actions[0].u.thread.thread, 1);
    host_thread(host, SCHED_EVENT_THREAD_READY, 1, 1);
    deliver(host);
    host_script_free(host);
}

/* Each channel's ten seconds count from its own refusal. */
static void
test_jobctl_refused_starts_of_two_channels_stop_for_ten_seconds_each(
    void **state)
{
    struct host_script *host = host_with(NULL, 0);

    (void)state;
    host->refuse_kind = SCHED_ACTION_START_JOB;
    host->refuse_reason = SCHED_REFUSED_LIMIT;
    submit(host, CHANNEL_A, 1);
    host->now_ns = 4 * HOST_S;
    submit(host, CHANNEL_B, 1);
    assert_int_equal(host->wake_at_ns, 10 * HOST_S);
    host->refuse_kind = 0;
    host_wake(host, 10 * HOST_S);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_START_JOB);
    assert_int_equal(host->actions[0].u.job.channel, CHANNEL_A);
    assert_int_equal(host->wake_at_ns, 14 * HOST_S);
    host_wake(host, 14 * HOST_S);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_START_JOB);
    assert_int_equal(host->actions[0].u.job.channel, CHANNEL_B);
    host_script_free(host);
}

/* second_job_beside_an_idle_thread - it is for host 2, and does not run yet */
static struct host_script *
second_job_beside_an_idle_thread(void)
{
    const struct sched_override overrides[] = {
        {.path = "channel.tcp_a.max_client_threads", .value = "1"}};
    struct host_script *host = host_with(overrides, 1);

    submit(host, CHANNEL_A, 1);
    host_job_up(host, 1);
    const struct sched_action first =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    submit(host, CHANNEL_A, 2);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_outcome(host, &first, SCHED_RESULT_DELIVERED);
    assert_int_equal(host->actions_count, 0); /* job 2 is coming for host 2 */
    return host;
}

static void
test_jobctl_idle_thread_takes_the_host_of_a_job_that_failed(void **state)
{
    struct host_script *host = second_job_beside_an_idle_thread();

    (void)state;
    host_job(host, SCHED_EVENT_JOB_FAILED, 2);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_DELIVER);
    assert_int_equal(host->actions[0].u.deliver.job, 1);
    assert_int_equal(host->actions[0].u.deliver.host, 2);
    host_script_free(host);
}

/* One slot, two channels that want it: the first in imta.cnf has the less
 * urgent mail, for it is large there. */
static void
test_jobctl_level_gives_a_scarce_slot_to_the_best_mail(void **state)
{
    static const struct sched_recipient both[] = {{CHANNEL_A, 1},
                                                  {CHANNEL_B, 1}};
    const struct sched_override overrides[] = {
        {.path = "option.start_policy", .value = "level"},
        {.path = "pool.SMTP_POOL.job_limit", .value = "1"},
        {.path = "channel.tcp_a.normalblocklimit", .value = "1"}};
    struct host_script *host = host_with(overrides, 3);

    (void)state;
    host_event(host, &(struct sched_event){
                         .kind = SCHED_EVENT_SUBMIT,
                         .u.submit = {.message = ++host->message_last,
                                      .deferred_until_ns = SCHED_NO_TIME,
                                      .size_bytes = 4096,
                                      .recipients = both,
                                      .recipients_count = 2,
                                      .source_channel = SCHED_NONE,
                                      .priority = SCHED_PRIORITY_NORMAL}});
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    assert_int_equal(
        host_action(host, SCHED_ACTION_START_JOB, 0)->u.job.channel, CHANNEL_B);
    host_script_free(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_jobctl_place_of_a_stopped_thread_goes_to_the_host_that_waits),
        cmocka_unit_test(
            test_jobctl_refused_starts_of_two_channels_stop_for_ten_seconds_each),
        cmocka_unit_test(
            test_jobctl_idle_thread_takes_the_host_of_a_job_that_failed),
        cmocka_unit_test(
            test_jobctl_level_gives_a_scarce_slot_to_the_best_mail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
