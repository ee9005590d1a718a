/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_refused.c - what becomes of files that the host refused
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_jobctl_refused_rewrite_leaves_the_old_file_and_no_gap),
        cmocka_unit_test(test_jobctl_refused_create_takes_its_delivery_back),
        cmocka_unit_test(
            test_jobctl_refused_return_is_tried_again_by_the_next_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
