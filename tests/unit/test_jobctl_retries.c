/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_retries.c - what becomes of a file after an attempt
 *
 * Pinned: the instants of the retries, what a partial success leaves, when
 * mail is warned about and returned. The backoff example and the notices are
 * worked by hand below.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys pool SMTP_POOL"                                     \
    " urgentbackoff \"pt30m\" \"pt1h\" \"pt2h\" \"pt3h\" \"pt4h\" \"pt5h\""    \
    " \"pt8h\" \"pt16h\"\na-daemon\n\n"                                        \
    "tcp_m smtp multiple pool SMTP_POOL\nm-daemon\n\n"                         \
    "tcp_s smtp single pool SMTP_POOL\ns-daemon\n\n"                           \
    "tcp_x smtp single_sys addrsperfile 2 pool SMTP_POOL\nx-daemon\n"
#define JOBS                                                                   \
    "[POOL=SMTP_POOL]\njob_limit=10\n"                                         \
    "[CHANNEL=*]\nmaster_command=master\nthread_idle=0\njob_idle=0\n"          \
    "max_life_age=0\nmax_life_conns=0\n"

enum { CHANNEL_L, CHANNEL_A, CHANNEL_M, CHANNEL_S, CHANNEL_X };

#define DAY (24 * HOST_H)

/* The wall clock of the tests that do not care: far from any return run. */
static struct host_script *
setup_at(int64_t wall_ns)
{
    const struct host_setup setup = {
        .channels = CHANNELS, .jobs = JOBS, .wall_offset_ns = wall_ns};

    return host_script_new(&setup);
}

/* fail_times - the file fails at once each time; when it was tried */
static void
fail_times(struct host_script *host, uint32_t priority, int64_t *at_ns,
           uint32_t count)
{
    host_submit(host, CHANNEL_A, 1, priority);
    host_job_up(host, 1);
    for (uint32_t i = 0;; i++) {
        const struct sched_action deliver =
            *host_action(host, SCHED_ACTION_DELIVER, 0);

        at_ns[i] = host->now_ns;
        if (i + 1 == count) {
            return;
        }
        host->now_ns += HOST_S; /* the attempt takes one second */
        host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
        while (host_actions(host, SCHED_ACTION_DELIVER) == 0) {
            host_wake(host, host->wake_at_ns); /* return runs come between */
        }
    }
}

static void
test_jobctl_retry_times_are_those_of_the_guides_example(void **state)
{
    /* "pt30m" "pt1h" "pt2h" "pt3h" "pt4h" "pt5h" "pt8h" "pt16h", and 16
     * hours again; the first day's notices only warn. */
    static const int64_t waits_min[] = {30,  60,  120, 180, 240,
                                        300, 480, 960, 960};
    struct host_script *host = setup_at(0);
    int64_t at_ns[10];
    int64_t expected_ns = 0;

    (void)state;
    fail_times(host, SCHED_PRIORITY_URGENT, at_ns, 10);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(at_ns[i], expected_ns);
        /* Counted from the end of the attempt, one second long. */
        expected_ns += HOST_S + (i < 9 ? waits_min[i] : 0) * HOST_MIN;
    }
    host_script_free(host);
}

static void
test_jobctl_built_in_intervals_are_the_guides_and_the_last_repeats(void **state)
{
    static const int64_t waits_min[2][9] = {
        {60, 120, 120, 240, 240, 240, 480, 480, 480},
        {120, 240, 240, 480, 480, 480, 960, 960, 960}};

    (void)state;
    for (uint32_t class = 0; class < 2; class ++) {
        struct host_script *host = setup_at(0);
        int64_t at_ns[10];

        fail_times(host, SCHED_PRIORITY_NORMAL + class, at_ns, 10);
        for (uint32_t i = 0; i < 9; i++) {
            assert_int_equal(at_ns[i + 1] - at_ns[i],
                             HOST_S + waits_min[class][i] * HOST_MIN);
        }
        host_script_free(host);
    }
}

static void
test_jobctl_retries_due_together_come_in_the_order_of_messages(void **state)
{
    struct host_script *host = setup_at(0);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    for (uint32_t i = 0; i < 3; i++) {
        const struct sched_action deliver =
            *host_action(host, SCHED_ACTION_DELIVER, 0);

        host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    }
    /* A younger message that became ready before the wake comes after. */
    host_wake(host, HOST_H + HOST_S);
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_wake(host, host->now_ns);
    for (uint32_t i = 1; i <= 4; i++) {
        if (i == 1) {
            /* The first wake gave the idle thread its file. */
            const struct sched_event lost = {.kind = SCHED_EVENT_JOB_EXITED,
                                             .u.job = {.job = 1}};

            host_event(host, &lost);
            host_job_up(host, 2);
        }
        const struct sched_action deliver =
            *host_action(host, SCHED_ACTION_DELIVER, 0);

        assert_int_equal(deliver.u.deliver.message, i);
        host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    }
    host_script_free(host);
}

/* outcome_each - a result for each recipient */
static void
outcome_each(struct host_script *host, const struct sched_action *deliver,
             const uint8_t *results)
{
    const struct sched_deliver d = deliver->u.deliver;

    host_event(host, &(struct sched_event){
                         .kind = SCHED_EVENT_OUTCOME,
                         .u.outcome = {.message = d.message,
                                       .results = results,
                                       .file = d.file,
                                       .job = d.job,
                                       .thread = d.thread,
                                       .recipients_count = d.recipients_count,
                                       .phase = SCHED_PHASE_RCPT}});
}

static const struct sched_recipient four[] = {
    {CHANNEL_A, 1}, {CHANNEL_A, 1}, {CHANNEL_A, 1}, {CHANNEL_A, 1}};

static void
test_jobctl_partial_success_moves_the_rest_to_a_new_file_at_once(void **state)
{
    static const uint8_t results[] = {
        SCHED_RESULT_DELIVERED, SCHED_RESULT_TEMPORARY, SCHED_RESULT_PERMANENT,
        SCHED_RESULT_TEMPORARY};
    struct host_script *host = setup_at(0);

    (void)state;
    host_submit_many(host, four, 4);
    assert_int_equal(host_actions(host, SCHED_ACTION_CREATE), 1);
    host_job_up(host, 1);
    struct sched_action deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.recipients_count, 4);
    outcome_each(host, &deliver, results);
    assert_int_equal(host->actions_count, 3);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_NOTIFY);
    const struct sched_rewrite rewrite = host->actions[1].u.rewrite;
    assert_int_equal(host->actions[1].kind, SCHED_ACTION_REWRITE);
    assert_int_equal(rewrite.file, 1);
    assert_int_equal(rewrite.new_file, 2);
    assert_int_equal(rewrite.recipients_count, 2);
    assert_int_equal(rewrite.recipients[0], 1);
    assert_int_equal(rewrite.recipients[1], 3);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.file, 2);
    assert_int_equal(deliver.u.deliver.recipients_count, 2);
    /* All that is left fails: an ordinary first failure, an hour. */
    host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    assert_int_equal(host->actions_count, 0);
    assert_int_equal(host->wake_at_ns, HOST_MIN * 30); /* the return job */
    host_wake(host, host->wake_at_ns);
    assert_int_equal(host->wake_at_ns, HOST_H);
    host_script_free(host);
}

static void
test_jobctl_refusals_without_success_do_not_cut_the_backoff_short(void **state)
{
    static const uint8_t results[] = {
        SCHED_RESULT_PERMANENT, SCHED_RESULT_TEMPORARY, SCHED_RESULT_PERMANENT,
        SCHED_RESULT_TEMPORARY};
    struct host_script *host = setup_at(DAY / 2);

    (void)state;
    host_submit_many(host, four, 4);
    host_job_up(host, 1);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    outcome_each(host, &deliver, results);
    assert_int_equal(host->actions_count, 2);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_NOTIFY);
    assert_int_equal(host->actions[1].kind, SCHED_ACTION_REWRITE);
    assert_int_equal(host->wake_at_ns, HOST_H);
    host_script_free(host);
}

static void
test_jobctl_missing_file_is_forgotten(void **state)
{
    struct host_script *host = setup_at(DAY / 2);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver, SCHED_RESULT_MISSING);
    assert_int_equal(host->actions_count, 0);
    assert_int_equal(host->wake_at_ns, DAY / 2 + HOST_MIN * 30);
    host_script_free(host);
}

static void
test_jobctl_lost_attempt_is_ready_again_and_not_counted(void **state)
{
    struct host_script *host = setup_at(DAY / 2);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_URGENT);
    for (uint32_t job = 1; job <= 3; job++) {
        host_job_up(host, job);
        assert_int_equal(host_actions(host, SCHED_ACTION_DELIVER), 1);
        host_job(host, SCHED_EVENT_JOB_EXITED, job);
        assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    }
    host_job_up(host, 4);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    assert_int_equal(host->wake_at_ns, 30 * HOST_MIN); /* the first interval */
    host_script_free(host);
}

/* create_is - the n-th CREATE has these recipients, "012" */
static void
create_is(const struct host_script *host, uint32_t n, uint32_t channel,
          const char *indices)
{
    const struct sched_action *action =
        host_action(host, SCHED_ACTION_CREATE, n);

    assert_non_null(action);
    assert_int_equal(action->u.create.file, n + 1);
    assert_int_equal(action->u.create.channel, channel);
    assert_int_equal(action->u.create.recipients_count, strlen(indices));
    for (uint32_t i = 0; i < strlen(indices); i++) {
        assert_int_equal(action->u.create.recipients[i], indices[i] - '0');
    }
}

static void
test_jobctl_splitting_is_by_channel_then_by_its_keyword(void **state)
{
    static const struct sched_recipient recipients[] = {
        {CHANNEL_M, 1}, {CHANNEL_X, 1}, {CHANNEL_S, 1},
        {CHANNEL_M, 2}, {CHANNEL_X, 2}, {CHANNEL_X, 1},
        {CHANNEL_S, 1}, {CHANNEL_X, 1}, {CHANNEL_M, 1}};
    struct host_script *host = setup_at(0);

    (void)state;
    host_submit_many(host, recipients, 9);
    assert_int_equal(host_actions(host, SCHED_ACTION_CREATE), 6);
    create_is(host, 0, CHANNEL_M, "038"); /* multiple: whatever the host */
    create_is(host, 1, CHANNEL_X, "15");  /* addrsperfile 2 */
    create_is(host, 2, CHANNEL_S, "2");   /* single */
    create_is(host, 3, CHANNEL_X, "4");   /* single_sys: another host */
    create_is(host, 4, CHANNEL_S, "6");
    create_is(host, 5, CHANNEL_X, "7"); /* the third for host 1 */
    host_script_free(host);
}

static void
test_jobctl_message_without_route_is_rejected_as_a_whole(void **state)
{
    static const struct sched_recipient recipients[] = {{CHANNEL_A, 1},
                                                        {SCHED_NONE, 1}};
    struct host_script *host = setup_at(0);

    (void)state;
    host_submit_many(host, recipients, 2);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_REJECT);
    assert_int_equal(host->actions[0].u.reject.reason, 550);
    host_script_free(host);
}

/* --- The return job -------------------------------------------------------- */

static void
test_jobctl_warnings_and_return_come_with_the_night_they_are_due(void **state)
{
    /* Submitted on day 0 at 09:15; return job at 00:30; notices 1 2 4 7. The
     * ages at 00:30 of day k are k days less 8 h 45 min: day 2 is the first
     * with age >= 1 day, day 3 with >= 2, day 5 with >= 4, day 8 with >= 7. */
    static const int64_t days[] = {2, 3, 5, 8};
    static const uint32_t values[] = {1, 2, 4, 7};
    struct host_script *host = setup_at(9 * HOST_H + 15 * HOST_MIN);
    uint32_t n = 0;

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    while (n < 4) {
        host_wake(host, host->wake_at_ns);
        if (host->actions_count == 0) {
            continue;
        }
        assert_int_equal(host->actions_count, 2);
        assert_int_equal(host->actions[0].kind, SCHED_ACTION_NOTIFY);
        assert_int_equal(host->actions[0].u.file.value,
                         n < 3 ? SCHED_NOTICE_WARNING : SCHED_NOTICE_RETURN);
        assert_int_equal(host->actions[1].kind,
                         n < 3 ? SCHED_ACTION_WARN : SCHED_ACTION_RETURN);
        assert_int_equal(host->actions[1].u.file.value, values[n]);
        assert_int_equal(host->now_ns, days[n] * DAY + 30 * HOST_MIN -
                                           9 * HOST_H - 15 * HOST_MIN);
        n++;
    }
    host_job_up(host, 1);
    assert_int_equal(host->actions_count, 0); /* nothing left to deliver */
    host_script_free(host);
}

static void
test_jobctl_return_job_leaves_files_under_way_to_its_next_run(void **state)
{
    struct host_script *host = setup_at(0);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_wake(host, 2 * DAY + 30 * HOST_MIN);
    assert_int_equal(host->actions_count, 0);
    host->now_ns = 3 * DAY;
    host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    host_wake(host, 3 * DAY + 30 * HOST_MIN);
    /* One warning, of the largest value reached. */
    assert_int_equal(host_actions(host, SCHED_ACTION_WARN), 1);
    assert_int_equal(host_action(host, SCHED_ACTION_WARN, 0)->u.file.value, 2);
    host_script_free(host);
}

static void
test_jobctl_return_run_is_cut_into_slices_of_a_thousand(void **state)
{
    struct host_script *host = setup_at(0);

    (void)state;
    for (uint32_t i = 0; i < 2500; i++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    }
    host_wake(host, 7 * DAY + 30 * HOST_MIN);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(host_actions(host, SCHED_ACTION_RETURN),
                         i < 2 ? 1000 : 500);
        if (i < 2) {
            assert_int_equal(host->wake_at_ns, host->now_ns);
            host_wake(host, host->wake_at_ns);
        }
    }
    assert_true(host->wake_at_ns > host->now_ns);
    host_script_free(host);
}

static void
test_jobctl_due_retries_are_cut_into_slices_of_a_thousand(void **state)
{
    struct host_script *host = setup_at(DAY / 2);

    (void)state;
    for (uint32_t i = 0; i < 2500; i++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    }
    host_job_up(host, 1);
    for (uint32_t i = 0; i < 2500; i++) {
        const struct sched_action deliver =
            *host_action(host, SCHED_ACTION_DELIVER, 0);

        host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    }
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(host->wake_at_ns, HOST_H);
        host_wake(host, HOST_H);
    }
    assert_true(host->wake_at_ns > HOST_H);
    host_script_free(host);
}

static void
test_jobctl_clock_put_forward_makes_the_return_run_due(void **state)
{
    struct host_script *host = setup_at(12 * HOST_H);

    (void)state;
    assert_int_equal(host->wake_at_ns, 12 * HOST_H + 30 * HOST_MIN);
    host_event(
        host, &(struct sched_event){.kind = SCHED_EVENT_WALL_OFFSET,
                                    .u.wall = {.wall_offset_ns = 25 * HOST_H}});
    assert_int_equal(host->wake_at_ns, 0);
    host_wake(host, 0);
    assert_int_equal(host->wake_at_ns, 23 * HOST_H + 30 * HOST_MIN);
    /* Put back again, the run of the same night is not due twice. */
    host_event(
        host, &(struct sched_event){.kind = SCHED_EVENT_WALL_OFFSET,
                                    .u.wall = {.wall_offset_ns = 24 * HOST_H}});
    assert_int_equal(host->wake_at_ns, 24 * HOST_H + 30 * HOST_MIN);
    host_script_free(host);
}

static void
test_jobctl_partial_success_begins_the_backoff_anew(void **state)
{
    static const uint8_t results[] = {
        SCHED_RESULT_DELIVERED, SCHED_RESULT_TEMPORARY, SCHED_RESULT_TEMPORARY,
        SCHED_RESULT_TEMPORARY};
    struct host_script *host = setup_at(DAY / 2);

    (void)state;
    host_submit_many(host, four, 4);
    host_job_up(host, 1);
    struct sched_action deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    host_wake(host, HOST_H);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    /* A message that came meanwhile has waited longer than the rest. */
    host->now_ns += HOST_S;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host->now_ns += HOST_S;
    outcome_each(host, &deliver, results);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.message, 2);
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.recipients_count, 3);
    host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    assert_int_equal(host->wake_at_ns, host->now_ns + HOST_H);
    host_script_free(host);
}

static void
test_jobctl_notice_is_reached_at_its_age_to_the_nanosecond(void **state)
{
    (void)state;
    for (int64_t late_ns = 0; late_ns <= 1; late_ns++) {
        struct host_script *host = setup_at(0);

        host->now_ns = 30 * HOST_MIN + late_ns;
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
        host_wake(host, host->now_ns); /* of the first night: age 0 */
        assert_int_equal(host->actions_count, 0);
        host_wake(host, DAY + 30 * HOST_MIN);
        assert_int_equal(host_actions(host, SCHED_ACTION_WARN),
                         late_ns == 0 ? 1 : 0);
        host_script_free(host);
    }
}

static void
test_jobctl_return_run_goes_on_when_the_file_it_stands_at_is_gone(void **state)
{
    struct host_script *host = setup_at(0);
    struct sched_action deliver;

    (void)state;
    for (uint32_t i = 0; i < 1500; i++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    }
    host_job_up(host, 1);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_wake(host, 7 * DAY + 30 * HOST_MIN);
    assert_int_equal(host_actions(host, SCHED_ACTION_RETURN), 999);
    /* Message 1 is under way; the run stands at message 1001. */
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(deliver.u.deliver.message, 1001);
    host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    deliver = *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_wake(host, host->wake_at_ns);
    assert_int_equal(host_actions(host, SCHED_ACTION_RETURN), 498);
    host_script_free(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_jobctl_retry_times_are_those_of_the_guides_example),
        cmocka_unit_test(
            test_jobctl_built_in_intervals_are_the_guides_and_the_last_repeats),
        cmocka_unit_test(
            test_jobctl_retries_due_together_come_in_the_order_of_messages),
        cmocka_unit_test(
            test_jobctl_partial_success_moves_the_rest_to_a_new_file_at_once),
        cmocka_unit_test(
            test_jobctl_refusals_without_success_do_not_cut_the_backoff_short),
        cmocka_unit_test(test_jobctl_missing_file_is_forgotten),
        cmocka_unit_test(
            test_jobctl_lost_attempt_is_ready_again_and_not_counted),
        cmocka_unit_test(
            test_jobctl_splitting_is_by_channel_then_by_its_keyword),
        cmocka_unit_test(
            test_jobctl_message_without_route_is_rejected_as_a_whole),
        cmocka_unit_test(
            test_jobctl_warnings_and_return_come_with_the_night_they_are_due),
        cmocka_unit_test(
            test_jobctl_return_job_leaves_files_under_way_to_its_next_run),
        cmocka_unit_test(
            test_jobctl_return_run_is_cut_into_slices_of_a_thousand),
        cmocka_unit_test(
            test_jobctl_due_retries_are_cut_into_slices_of_a_thousand),
        cmocka_unit_test(
            test_jobctl_clock_put_forward_makes_the_return_run_due),
        cmocka_unit_test(test_jobctl_partial_success_begins_the_backoff_anew),
        cmocka_unit_test(
            test_jobctl_notice_is_reached_at_its_age_to_the_nanosecond),
        cmocka_unit_test(
            test_jobctl_return_run_goes_on_when_the_file_it_stands_at_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
