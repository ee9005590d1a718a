/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_source.c - what depends on who submits: notices, limits
 *
 * Pinned: who is notified of what and when; what the limits of a source
 * channel (expandlimit, holdlimit, transactionlimit) make of a message.
 */
#include "tests/support/support.h"

#include <stdlib.h>
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
    host_wake(host, INT64_C(8) * 24 * HOST_H);
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

/* --- expandlimit and holdlimit ----------------------------------------------- */

/* create_is - the n-th CREATE: channel, state, and its recipients, "012" */
static void
create_is(const struct host_script *host, uint32_t n, uint32_t channel,
          uint32_t state, const char *indices)
{
    const struct sched_action *action =
        host_action(host, SCHED_ACTION_CREATE, n);

    assert_non_null(action);
    assert_int_equal(action->u.create.file, n + 1);
    assert_int_equal(action->u.create.channel, channel);
    assert_int_equal(action->u.create.state, state);
    assert_int_equal(action->u.create.recipients_count, strlen(indices));
    for (uint32_t i = 0; i < strlen(indices); i++) {
        assert_int_equal(action->u.create.recipients[i], indices[i] - '0');
    }
}

static void
test_jobctl_recipients_beyond_expandlimit_are_one_file_for_reprocess(
    void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    submit_from(host, CHANNEL_IN, 0, 5); /* 3 go on: hosts 1, 2 and 1 */
    assert_int_equal(host_actions(host, SCHED_ACTION_CREATE), 3);
    create_is(host, 0, CHANNEL_A, SCHED_FILE_READY, "02");
    create_is(host, 1, CHANNEL_A, SCHED_FILE_READY, "1");
    create_is(host, 2, CHANNEL_REPROCESS, SCHED_FILE_READY, "34");
    submit_from(host, CHANNEL_IN, 0, 3); /* exactly n: nothing is left over */
    assert_int_equal(host_actions(host, SCHED_ACTION_CREATE), 2);
    host_script_free(host);
}

static void
test_jobctl_expandlimit_zero_expands_all_on_the_expandchannel(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    submit_from(host, CHANNEL_LIST, 0, 1);
    assert_int_equal(host_actions(host, SCHED_ACTION_CREATE), 1);
    create_is(host, 0, CHANNEL_PROCESS, SCHED_FILE_READY, "0");
    submit_from(host, CHANNEL_LIST, 0, 4);
    assert_int_equal(host_actions(host, SCHED_ACTION_CREATE), 1);
    create_is(host, 0, CHANNEL_PROCESS, SCHED_FILE_READY, "0123");
    host_script_free(host);
}

static void
test_jobctl_message_above_holdlimit_is_held_whole_and_starts_nothing(
    void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    submit_from(host, CHANNEL_IN, 0, 7); /* holdlimit 6 comes first */
    assert_int_equal(host->actions_count, 1);
    create_is(host, 0, CHANNEL_REPROCESS, SCHED_FILE_HELD, "0123456");
    host_wake(host, INT64_C(20) * 24 *
                        HOST_H); /* nor is it warned about or returned */
    assert_int_equal(host->actions_count, 0);
    submit_from(host, CHANNEL_IN, 0, 6);
    assert_int_equal(host_actions(host, SCHED_ACTION_CREATE), 3);
    create_is(host, 2, CHANNEL_REPROCESS, SCHED_FILE_READY, "345");
    host_script_free(host);
}

static void
test_jobctl_resubmit_is_exempt_from_the_limits_and_keeps_its_age(void **state)
{
    struct host_script *host = host_script_new(&setup);
    struct sched_event event = {
        .kind = SCHED_EVENT_SUBMIT,
        .u.submit = {.message = 9,
                     .parent = 4,
                     .session = 1,
                     .submitted_at_ns = 0,
                     .deferred_until_ns = SCHED_NO_TIME,
                     .recipients = eight,
                     .recipients_count = 8,
                     .source_channel = CHANNEL_IN,
                     .priority = SCHED_PRIORITY_NORMAL}};

    (void)state;
    host->now_ns = 24 * HOST_H;
    for (uint32_t i = 0; i < 3; i++) { /* transactionlimit is 2 */
        event.u.submit.message++;
        host_event(host, &event);
        assert_int_equal(host_actions(host, SCHED_ACTION_CREATE), 3);
        create_is(host, 0, CHANNEL_A, SCHED_FILE_READY, "02367");
    }
    /* Submitted a day before, so that the next night warns. */
    host_wake(host, 24 * HOST_H + 30 * HOST_MIN);
    assert_int_equal(host_actions(host, SCHED_ACTION_WARN), 9);
    host_script_free(host);
}

static void
test_jobctl_missing_expandchannel_is_a_load_error(void **state)
{
    const struct host_setup wrong = {.channels =
                                         "l\nlocal.example\n\n"
                                         "tcp_a smtp expandlimit 5\na-daemon\n",
                                     .jobs = JOBS};
    struct host_script *host = calloc(1, sizeof *host);

    (void)state;
    assert_non_null(host);
    assert_int_equal(host_script_create(host, &wrong), SCHED_ERR_CONFIGURATION);
    free(host);
}

/* --- transactionlimit ---------------------------------------------------------- */

/* is_accepted - one message of a session; if not, the answer is 450 */
static int
is_accepted(struct host_script *host, uint32_t source, uint64_t session)
{
    submit_from(host, source, session, 1);
    if (host->actions[0].kind == SCHED_ACTION_REJECT) {
        assert_int_equal(host->actions_count, 1);
        assert_int_equal(host->actions[0].u.reject.message, host->message_last);
        assert_int_equal(host->actions[0].u.reject.reason, 450);
        return 0;
    }
    return 1;
}

static void
test_jobctl_sessions_message_beyond_transactionlimit_is_answered_450(
    void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    for (uint64_t session = 1; session <= 2; session++) {
        assert_true(is_accepted(host, CHANNEL_IN, session));
        assert_true(is_accepted(host, CHANNEL_IN, session));
        assert_false(is_accepted(host, CHANNEL_IN, session));
        assert_false(is_accepted(host, CHANNEL_IN, session));
    }
    /* Its number on another channel is another session. */
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(is_accepted(host, CHANNEL_LIST, 1), i < 3);
    }
    for (uint32_t i = 0; i < 4; i++) { /* no session: no limit */
        assert_true(is_accepted(host, CHANNEL_IN, 0));
        assert_true(is_accepted(host, CHANNEL_A, 1));
    }
    host_script_free(host);
}

static void
test_jobctl_session_is_forgotten_after_an_hour_of_silence(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    assert_true(is_accepted(host, CHANNEL_IN, 1));
    assert_true(is_accepted(host, CHANNEL_IN, 1));
    host->now_ns = HOST_H - 1;
    assert_false(is_accepted(host, CHANNEL_IN, 1)); /* and it spoke */
    host->now_ns = 2 * HOST_H - 2;
    assert_false(is_accepted(host, CHANNEL_IN, 1));
    host->now_ns = 3 * HOST_H - 2;
    assert_true(is_accepted(host, CHANNEL_IN, 1));
    host_script_free(host);
}

static void
test_jobctl_of_4096_sessions_the_longest_silent_is_forgotten_first(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    for (uint64_t session = 1; session <= 4096; session++) {
        assert_true(is_accepted(host, CHANNEL_IN, session));
    }
    for (uint64_t session = 1; session <= 4096; session++) {
        assert_true(is_accepted(host, CHANNEL_IN, session));
    }
    assert_false(is_accepted(host, CHANNEL_IN, 1)); /* now 2 is the oldest */
    assert_true(is_accepted(host, CHANNEL_IN, 5000));
    assert_false(is_accepted(host, CHANNEL_IN, 1));
    assert_false(is_accepted(host, CHANNEL_IN, 3));
    assert_true(is_accepted(host, CHANNEL_IN, 2)); /* 4 goes for it */
    assert_true(is_accepted(host, CHANNEL_IN, 4));
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
        TEST(
            test_jobctl_recipients_beyond_expandlimit_are_one_file_for_reprocess),
        TEST(test_jobctl_expandlimit_zero_expands_all_on_the_expandchannel),
        TEST(
            test_jobctl_message_above_holdlimit_is_held_whole_and_starts_nothing),
        TEST(test_jobctl_resubmit_is_exempt_from_the_limits_and_keeps_its_age),
        TEST(test_jobctl_missing_expandchannel_is_a_load_error),
        TEST(
            test_jobctl_sessions_message_beyond_transactionlimit_is_answered_450),
        TEST(test_jobctl_session_is_forgotten_after_an_hour_of_silence),
        TEST(
            test_jobctl_of_4096_sessions_the_longest_silent_is_forgotten_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
