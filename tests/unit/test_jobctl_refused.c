/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_refused.c - what becomes of files that the host refused, and of
 * jobs and threads that it refused to stop
 */
#include "tests/support/support.h"

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys pool SMTP_POOL\na-daemon\n"
#define JOBS                                                                   \
    "[POOL=SMTP_POOL]\njob_limit=10\n"                                         \
    "[CHANNEL=*]\nmaster_command=master\nthread_idle=0\njob_idle=0\n"

enum { CHANNEL_L, CHANNEL_A };

static const struct host_setup setup = {
    .channels = CHANNELS, .jobs = JOBS, .wall_offset_ns = 12 * HOST_H};

static void
test_jobctl_refused_rewrite_leaves_the_old_file_and_no_gap(void **state)
{
    static const struct sched_recipient recipients[] = {
        {CHANNEL_A, 1}, {CHANNEL_A, 1}, {CHANNEL_A, 1}, {CHANNEL_A, 2}};
    struct host_script *host = host_script_new(&setup);
    uint8_t results[] = {SCHED_RESULT_DELIVERED, SCHED_RESULT_TEMPORARY,
                         SCHED_RESULT_TEMPORARY};

    (void)state;
    host_submit_many(host, recipients, 4);
    host_job_up(host, 1);
    host->refuse_kind = SCHED_ACTION_REWRITE;
    host->refuse_reason = SCHED_REFUSED_IO;
    for (uint32_t left = 3; left > 1; left--) {
        const struct sched_deliver d =
            host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver;

        assert_int_equal(d.file, 1);
        assert_int_equal(d.recipients_count, left);
        host_event(host, &(struct sched_event){
                             .kind = SCHED_EVENT_OUTCOME,
                             .u.outcome = {.message = d.message,
                                           .file = d.file,
                                           .job = d.job,
                                           .thread = d.thread,
                                           .results = results,
                                           .recipients_count = left,
                                           .phase = SCHED_PHASE_DOT}});
        const struct sched_rewrite r =
            host_action(host, SCHED_ACTION_REWRITE, 0)->u.rewrite;
        assert_int_equal(r.file, 1);
        assert_int_equal(r.new_file, 3); /* there was none */
    }
    host_script_free(host);
}

/* The thread that was to have the file asks again, and gets the next. */
static void
test_jobctl_refused_create_takes_its_delivery_back(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    host->refuse_kind = SCHED_ACTION_CREATE;
    host->refuse_reason = SCHED_REFUSED_IO;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host->actions_count, 1);
    host->refuse_kind = 0;
    const uint64_t next = host_submit(host, CHANNEL_A, 1, 1);
    assert_int_equal(
        host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver.message, next);
    host_script_free(host);
}

static void
test_jobctl_refused_return_is_tried_again_by_the_next_run(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    assert_int_equal(host_set(host, "channel.tcp_a.direction", "slave"),
                     SCHED_OK);
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host->refuse_kind = SCHED_ACTION_RETURN;
    host->refuse_reason = SCHED_REFUSED_IO;
    host_wake(host, 7 * 24 * HOST_H + 12 * HOST_H + 30 * HOST_MIN);
    assert_int_equal(host_actions(host, SCHED_ACTION_RETURN), 1);
    assert_int_equal(host->wake_at_ns, host->now_ns + 10 * HOST_S);
    host->refuse_kind = 0;
    host_wake(host, host->wake_at_ns);
    assert_int_equal(host->actions_count, 0); /* ready, and to be returned */
    host_wake(host, 8 * 24 * HOST_H + 12 * HOST_H + 30 * HOST_MIN);
    assert_int_equal(host_actions(host, SCHED_ACTION_RETURN), 1);
    host_script_free(host);
}

/* refused_to_stop - two messages wait for the pool's one job, which ends after
 * the first: its thread was told to stop, and it; `kind` is refused */
static struct host_script *
refused_to_stop(uint32_t kind, uint32_t reason)
{
    const struct host_setup one = {
        .channels = CHANNELS,
        .jobs = JOBS,
        .overrides = {{"pool.SMTP_POOL.job_limit", "1", "test"},
                      {"job.tcp_a.max_life_conns", "1", "test"}},
        .wall_offset_ns = 12 * HOST_H};
    struct host_script *host = host_script_new(&one);

    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host->refuse_kind = kind;
    host->refuse_reason = reason;
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_STOP_THREAD);
    assert_int_equal(host->actions[1].kind, SCHED_ACTION_STOP_JOB);
    return host;
}

/* only_action - of the last turn */
static void
only_action(const struct host_script *host, uint32_t kind)
{
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, kind);
}

static void
test_jobctl_refused_stop_of_a_job_is_told_again_each_ten_seconds(void **state)
{
    struct host_script *host =
        refused_to_stop(SCHED_ACTION_STOP_JOB, SCHED_REFUSED_IO);

    (void)state;
    host_thread(host, SCHED_EVENT_THREAD_ENDED, 1, 0);
    assert_int_equal(host->actions_count, 0);
    for (int64_t n = 1; n <= 3; n++) {
        assert_int_equal(host->wake_at_ns, n * 10 * HOST_S);
        host_wake(host, n * 10 * HOST_S - 1); /* it does not storm */
        assert_int_equal(host->actions_count, 0);
        host->refuse_kind = n < 3 ? SCHED_ACTION_STOP_JOB : 0;
        host_wake(host, n * 10 * HOST_S);
        only_action(host, SCHED_ACTION_STOP_JOB);
        assert_int_equal(host->actions[0].u.job.job, 1);
    }
    assert_true(host->wake_at_ns > HOST_H); /* that was it */
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    only_action(host, SCHED_ACTION_START_JOB);
    host_script_free(host);
}

static void
test_jobctl_job_that_is_not_known_any_more_leaves_its_slot(void **state)
{
    struct host_script *host =
        refused_to_stop(SCHED_ACTION_STOP_JOB, SCHED_REFUSED_UNKNOWN);

    (void)state;
    assert_int_equal(host->actions_count, 3);
    assert_int_equal(host->actions[2].kind, SCHED_ACTION_START_JOB);
    assert_int_equal(host->actions[2].u.job.job, 2);
    assert_true(host->wake_at_ns > HOST_H);
    host_script_free(host);
}

static void
test_jobctl_job_that_ends_by_itself_is_not_told_again(void **state)
{
    struct host_script *host =
        refused_to_stop(SCHED_ACTION_STOP_JOB, SCHED_REFUSED_LIMIT);

    (void)state;
    host->now_ns = 4 * HOST_S;
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    only_action(host, SCHED_ACTION_START_JOB);
    assert_true(host->wake_at_ns > HOST_H);
    host_wake(host, 10 * HOST_S);
    assert_int_equal(host->actions_count, 0);
    host_script_free(host);
}

static void
test_jobctl_refused_stop_of_a_thread_is_told_again(void **state)
{
    struct host_script *host =
        refused_to_stop(SCHED_ACTION_STOP_THREAD, SCHED_REFUSED_IO);

    (void)state;
    host->refuse_kind = 0;
    assert_int_equal(host->wake_at_ns, 10 * HOST_S);
    host_wake(host, 10 * HOST_S);
    only_action(host, SCHED_ACTION_STOP_THREAD);
    assert_int_equal(host->actions[0].u.thread.job, 1);
    assert_int_equal(host->actions[0].u.thread.thread, 0);
    assert_true(host->wake_at_ns > HOST_H);
    host_script_free(host);
}

/* A process that is not known any more has no threads: STOP_JOB comes last. */
static void
test_jobctl_nothing_is_said_of_a_job_after_it_was_told_to_stop(void **state)
{
    const struct host_setup idle = {
        .channels = CHANNELS,
        .jobs = JOBS,
        .overrides = {{"job.tcp_a.thread_idle", "30", "test"},
                      {"job.tcp_a.job_idle", "40", "test"}},
        .wall_offset_ns = 12 * HOST_H};
    struct host_script *host = host_script_new(&idle);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    host->refuse_kind = SCHED_ACTION_STOP_THREAD;
    host->refuse_reason = SCHED_REFUSED_IO;
    host_wake(host, 30 * HOST_S);
    only_action(host, SCHED_ACTION_STOP_THREAD);
    host->refuse_kind = SCHED_ACTION_STOP_JOB;
    host->refuse_reason = SCHED_REFUSED_UNKNOWN;
    host_wake(host, 40 * HOST_S);
    assert_int_equal(host->actions_count, 2);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_STOP_THREAD);
    assert_int_equal(host->actions[1].kind, SCHED_ACTION_STOP_JOB);
    host_script_free(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_jobctl_refused_rewrite_leaves_the_old_file_and_no_gap),
        cmocka_unit_test(test_jobctl_refused_create_takes_its_delivery_back),
        cmocka_unit_test(
            test_jobctl_refused_return_is_tried_again_by_the_next_run),
        cmocka_unit_test(
            test_jobctl_refused_stop_of_a_job_is_told_again_each_ten_seconds),
        cmocka_unit_test(
            test_jobctl_job_that_is_not_known_any_more_leaves_its_slot),
        cmocka_unit_test(test_jobctl_job_that_ends_by_itself_is_not_told_again),
        cmocka_unit_test(test_jobctl_refused_stop_of_a_thread_is_told_again),
        cmocka_unit_test(
            test_jobctl_nothing_is_said_of_a_job_after_it_was_told_to_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
