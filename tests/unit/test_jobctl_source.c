/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_source.c - what depends on who submits: notices, limits
 *
 * Pinned: who is notified of what and when; what the limits of a source
 * channel (expandlimit, holdlimit, transactionlimit) make of a message.
 */
#include "tests/support/support.h"

#include <string.h>

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys pool SMTP_POOL\na-daemon\n\n"                       \
    "tcp_in smtp slave expandlimit 3 holdlimit 6 transactionlimit 2"           \
    " pool SMTP_POOL\nin-daemon\n\n"                                           \
    "tcp_list smtp slave expandlimit 0 expandchannel process"                  \
    " disconnecttransactionlimit 3 pool SMTP_POOL\nlist-daemon\n\n"            \
    "reprocess pool SMTP_POOL\nreprocess-daemon\n\n"                           \
    "process pool SMTP_POOL\nprocess-daemon\n"
#define JOBS                                                                   \
    "[POOL=SMTP_POOL]\njob_limit=10\n"                                         \
    "[CHANNEL=*]\nmaster_command=master\n"

enum {
    CHANNEL_L,
    CHANNEL_A,
    CHANNEL_IN,
    CHANNEL_LIST,
    CHANNEL_REPROCESS,
    CHANNEL_PROCESS
};

static const struct host_setup setup = {.channels = CHANNELS, .jobs = JOBS};

static const struct sched_recipient eight[] = {
    {CHANNEL_A, 1}, {CHANNEL_A, 2}, {CHANNEL_A, 1}, {CHANNEL_A, 1},
    {CHANNEL_A, 2}, {CHANNEL_A, 3}, {CHANNEL_A, 1}, {CHANNEL_A, 1}};

/* submit_from - so many recipients, from a channel, in a session */
static uint64_t
submit_from(struct host_script *host, uint32_t source, uint64_t session,
            uint32_t count)
{
    return host_submit_as(
        host, &(struct sched_submit){.recipients = eight,
                                     .recipients_count = count,
                                     .source_channel = source,
                                     .session = session,
                                     .priority = SCHED_PRIORITY_NORMAL});
}

/* --- Notices ---------------------------------------------------------------- */

static void
test_jobctl_refused_recipients_are_notified_once_an_outcome(void **state)
{
    static const uint8_t results[] = {SCHED_RESULT_PERMANENT,
                                      SCHED_RESULT_PERMANENT};
    static const struct sched_recipient two[] = {{CHANNEL_A, 1},
                                                 {CHANNEL_A, 1}};
    struct host_script *host = host_script_new(&setup);

    (void)state;
    const uint64_t message = host_submit_many(host, two, 2);
    host_job_up(host, 1);
    const struct sched_deliver d =
        host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver;
    host_event(host,
               &(struct sched_event){.kind = SCHED_EVENT_OUTCOME,
                                     .u.outcome = {.message = message,
                                                   .results = results,
                                                   .file = d.file,
                                                   .job = d.job,
                                                   .thread = d.thread,
                                                   .recipients_count = 2,
                                                   .phase = SCHED_PHASE_RCPT}});
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_NOTIFY);
    assert_int_equal(host->actions[0].u.file.message, message);
    assert_int_equal(host->actions[0].u.file.file, 1);
    assert_int_equal(host->actions[0].u.file.value, SCHED_NOTICE_FAILURE);
    host_script_free(host);
}

static void
test_jobctl_null_sender_is_never_notified(void **state)
{
    struct host_script *host = host_script_new(&setup);
    const struct sched_submit submit = {.recipients = eight,
                                        .recipients_count = 1,
                                        .source_channel = SCHED_NONE,
                                        .flags = SCHED_SUBMIT_NULL_SENDER};

    (void)state;
    host_submit_as(host, &submit);
    host_job_up(host, 1);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver, SCHED_RESULT_PERMANENT);
    assert_int_equal(host->actions_count, 0);
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    host_submit_as(host, &submit);
    host_wake(host, 8 * 24 * HOST_H);
    assert_int_equal(host_actions(host, SCHED_ACTION_RETURN), 1);
    assert_int_equal(host_actions(host, SCHED_ACTION_NOTIFY), 0);
    host_script_free(host);
}

static void
test_jobctl_missing_file_and_temporary_failure_notify_nobody(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        submit_from(host, SCHED_NONE, 0, 1);
        if (i == 0) {
            host_job_up(host, 1);
        }
        const struct sched_action deliver =
            *host_action(host, SCHED_ACTION_DELIVER, 0);
        host_outcome(host, &deliver,
                     i == 0 ? SCHED_RESULT_MISSING : SCHED_RESULT_TEMPORARY);
        assert_int_equal(host_actions(host, SCHED_ACTION_NOTIFY), 0);
    }
    host_script_free(host);
}

#define TEST(name) cmocka_unit_test(name)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_jobctl_refused_recipients_are_notified_once_an_outcome),
        TEST(test_jobctl_null_sender_is_never_notified),
        TEST(test_jobctl_missing_file_and_temporary_failure_notify_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
