/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * closed_qmgr.c - the other scheduler, held to what is published of its model
 *
 * Pinned: the share of first attempts that a server of limited concurrency
 * refuses, for three feedbacks; that a slow connection to every second host
 * bounds the throughput; when mail that always fails is tried, and when it is
 * returned; that a dead destination costs one window of attempts.
 *
 * Published: Postfix, SCHEDULER_README, results for a concurrency-limited
 * server, 16.5 %, 24.5 % and 49.7 % deferred (and a mean client concurrency of
 * 5.17, 5.28 and 5.63; here it is five and the share of those refused), with one message to 2,000 recipients, two a delivery, a
 * server limit of 5, ten processes, 1 s a recipient; theory 1 / (1 + ceil(1 /
 * feedback)) deferred. TUNING_README: 20 connections to two hosts, one of them
 * dead, give 20 x 2 / 30 s.
 */
#include <stdio.h>

#include "tests/support/lab.h"
#include "tests/support/support.h"

#define S NS_PER_S

static void
run(const char *const *sets, struct lab_log *log, struct result *result)
{
    lab_run(&(struct lab_run){.fixture = "closed",
                              .scheduler = "qmgr.so",
                              .sets = sets,
                              .log = log},
            result);
}

/* --- A server that takes five ------------------------------------------- */

enum { DELIVERIES = 1000, RECIPIENTS = 2 };

/* concurrency_milli - deliveries under way when one begins, itself among them,
 * in the mean. One that ends at that instant has made room for it. */
static int64_t
concurrency_milli(const struct lab_log *log)
{
    const struct mta_mail_event *tried[DELIVERIES];
    int64_t sum = 0;
    uint32_t count = 0;

    for (uint32_t i = 0; i < log->count; i++) {
        const struct mta_mail_event *event = &log->events[i];
        if (event->kind != MTA_MAIL_ENQUEUED &&
            event->recipient % RECIPIENTS == 0) {
            assert_in_range(count, 0, DELIVERIES - 1);
            tried[count++] = event;
        }
    }
    assert_int_equal(count, DELIVERIES);
    for (uint32_t i = 0; i < count; i++) {
        const int64_t now_ns = tried[i]->tried_at_ns;
        for (uint32_t k = 0; k < count; k++) {
            sum += k == i || (tried[k]->tried_at_ns <= now_ns &&
                              tried[k]->at_ns > now_ns);
        }
    }
    return sum * 1000 / DELIVERIES;
}

/* share_is - of the first attempts that are deferred, in tenths of a percent,
 * within two points */
static void
share_is(const char *feedback, const char *arrivals, const char *recipients,
         int64_t share_milli)
{
    char positive[96], negative[96];
    const char *sets[] = {arrivals,
                          recipients,
                          "destinations.far.example.service=uniform(2s, 2.05s)",
                          "destinations.far.example.connections_max=5",
                          "option.process_limit=10",
                          "option.destination_recipient_limit=2",
                          "option.minimal_backoff_time=4d",
                          "option.maximal_backoff_time=4d",
                          "horizon=1h",
                          positive,
                          negative,
                          NULL};
    struct lab_log log;
    struct result result;

    snprintf(positive, sizeof positive,
             "option.destination_concurrency_positive_feedback=%s", feedback);
    snprintf(negative, sizeof negative,
             "option.destination_concurrency_negative_feedback=%s", feedback);
    run(sets, &log, &result);
    assert_int_equal(result.attempts, DELIVERIES);
    assert_int_equal(result.connections_refused, result.deferrals);
    assert_in_range(result.deferrals, share_milli - 20, share_milli + 20);
    /* All begin with five under way, those refused with six; but for the very
     * first four. */
    const int64_t concurrency = concurrency_milli(&log);
    assert_in_range(concurrency, 5000 + result.deferrals - 20,
                    5000 + result.deferrals);
    lab_log_free(&log);
    result_free(&result);
}

#define MANY_MESSAGES                                                          \
    "traffic.mail.arrivals=burst(1000, at 0s, over 1ms)",                      \
        "traffic.mail.recipients=2"
#define ONE_MESSAGE                                                            \
    "traffic.mail.arrivals=even(1, at 0s, over 2s)",                           \
        "traffic.mail.recipients=2000"

static void
test_qmgr_a_sixth_is_deferred_with_feedback_1_over_n(void **state)
{
    (void)state;
    share_is("1/N", MANY_MESSAGES, 165);
    share_is("1/N", ONE_MESSAGE, 165);
}

static void
test_qmgr_a_quarter_is_deferred_with_feedback_1_over_root_n(void **state)
{
    (void)state;
    share_is("1/sqrt(N)", MANY_MESSAGES, 245);
    share_is("1/sqrt(N)", ONE_MESSAGE, 245);
}

static void
test_qmgr_a_half_is_deferred_with_feedback_1(void **state)
{
    (void)state;
    share_is("1", MANY_MESSAGES, 497);
    share_is("1", ONE_MESSAGE, 497);
}

/* 1 / (1 + 3) and 1 / (1 + 8), by the same theory. Three thirds are one. */
static void
test_qmgr_a_constant_feedback_can_be_a_fraction(void **state)
{
    (void)state;
    share_is("1/3", MANY_MESSAGES, 250);
    share_is("0.125", MANY_MESSAGES, 111);
}

/* --- Every second host is dead ------------------------------------------ */

/*
 * Destinations here have one address. What the scheduler sees of two hosts, one
 * of them dead, is a delivery that takes its time to connect and then succeeds
 * with the other: 30 s or nothing, 15 s in the mean. Here the greeting takes
 * that long, evenly spread with the same mean. So what is shown is that the
 * limit binds and is always in use, not how a client goes from host to host.
 */
#define SLOW_HALF "destinations.far.example.banner_delay=uniform(0s, 30s)"

static void
throughput_is(const char *limit, const char *arrivals, int64_t milli_per_s)
{
    const char *sets[] = {arrivals, limit, SLOW_HALF,
                          "destinations.far.example.connections_max=0", NULL};
    struct result result;

    run(sets, NULL, &result);
    const int64_t found = result_throughput_ppm_per_s(&result) / 1000;
    assert_int_equal(result.deferrals, 0);
    assert_int_equal(result.queued, 0);
    assert_in_range(found, milli_per_s * 90 / 100, milli_per_s * 110 / 100);
    result_free(&result);
}

static void
test_qmgr_slow_connections_bound_the_throughput(void **state)
{
    (void)state;
    throughput_is("option.destination_concurrency_limit=20",
                  "traffic.mail.arrivals=burst(5000, at 0s, over 1ms)", 1333);
    throughput_is("option.destination_concurrency_limit=100",
                  "traffic.mail.arrivals=burst(20000, at 0s, over 1ms)", 6667);
}

/* --- Backoff, return ---------------------------------------------------- */

static void
attempts_come_at(const char *arrival, const int64_t *expected_s)
{
    const char *sets[] = {"destinations.far.example.temporary=100%",
                          "horizon=6h", arrival, NULL};
    enum { ATTEMPTS = 9 };
    struct lab_log log;
    struct result result;
    uint32_t count = 0;

    run(sets, &log, &result);
    for (uint32_t i = 0; i < log.count; i++) {
        if (log.events[i].kind == MTA_MAIL_DEFERRED && count < ATTEMPTS) {
            assert_int_equal(log.events[i].tried_at_ns, expected_s[count] * S);
            count++;
        }
    }
    assert_int_equal(count, ATTEMPTS);
    lab_log_free(&log);
    result_free(&result);
}

/* After 5, 10, 20, 40, 80, 150, 220 and 290 minutes, as published. */
static void
test_qmgr_retries_come_as_published_to_mail_that_comes_with_a_scan(void **state)
{
    static const int64_t expected_s[] = {0,    300,  600,   1200, 2400,
                                         4800, 9000, 13200, 17400};

    (void)state;
    attempts_come_at("traffic.mail.arrivals=burst(1, at 0s, over 1ns)",
                     expected_s);
}

/* One that comes at 1 s just misses a scan. Its wait is its age, 300 s to
 * 4,000 s, and on to the next multiple of 300 s: 1 + 300 -> 600, 600 + 599 ->
 * 1200, 1200 + 1199 -> 2400, 2400 + 2399 -> 4800, 4800 + 4000 -> 9000, and so
 * on by 4200. */
static void
test_qmgr_retries_come_at_the_scan_after_the_clamped_age(void **state)
{
    static const int64_t expected_s[] = {1,    600,   1200,  2400, 4800,
                                         9000, 13200, 17400, 21600};

    (void)state;
    attempts_come_at("traffic.mail.arrivals=even(1, at 0s, over 2s)",
                     expected_s);
}

/* The first attempt at an age of 5 d or more: 9,000 s + 101 x 4,200 s. */
static void
test_qmgr_mail_is_returned_by_the_attempt_that_finds_it_too_old(void **state)
{
    static const char *const sets[] = {
        "destinations.far.example.temporary=100%", "horizon=6d", NULL};
    struct lab_log log;
    struct result result;

    (void)state;
    run(sets, &log, &result);
    assert_int_equal(result.returned, 1);
    assert_int_equal(log.events[log.count - 1].kind, MTA_MAIL_RETURNED);
    assert_int_equal(log.events[log.count - 1].at_ns, 433200 * S);
    /* 1, 600, 1200, 2400 and 4800 s, then 102 from 9,000 s on. */
    assert_int_equal(result.attempts, 107);
    lab_log_free(&log);
    result_free(&result);
}

/* --- A dead destination ------------------------------------------------- */

/* The host says 421 a second after each connection, to a thousand messages. A
 * window of five fails: 1/5 + 1/4 + 1/3 + 1/2 > 1 by the fourth, and what waits
 * is deferred untried. All is due at the scan at 600 s and meets the next five.
 */
static void
attempts_are(const char *temporary, const char *initial, const char *horizon,
             int64_t attempts)
{
    const char *sets[] = {"traffic.mail.arrivals=burst(1000, at 1s, over 1ms)",
                          "destinations.far.example.banner_delay=1s",
                          temporary,
                          initial,
                          horizon,
                          NULL};
    struct result result;

    run(sets, NULL, &result);
    assert_int_equal(result.attempts, attempts);
    assert_int_equal(result.queued, 1000);
    result_free(&result);
}

#define REFUSES_ALL  "destinations.far.example.temporary={ greeting: 100% }"
#define REFUSES_RCPT "destinations.far.example.temporary={ rcpt: 100% }"
#define INITIAL_5    "option.initial_destination_concurrency=5"
#define INITIAL_1    "option.initial_destination_concurrency=1"

static void
test_qmgr_a_dead_destination_costs_a_window_of_attempts(void **state)
{
    (void)state;
    attempts_are(REFUSES_ALL, INITIAL_5, "horizon=599s", 5);
    attempts_are(REFUSES_ALL, INITIAL_5, "horizon=899s", 10);
}

/* One failure in a window of one is one cohort, which is not more than one. */
static void
test_qmgr_a_destination_dies_of_more_than_a_cohort(void **state)
{
    (void)state;
    attempts_are(REFUSES_ALL, INITIAL_1, "horizon=599s", 2);
}

static void
test_qmgr_a_destination_that_refuses_recipients_is_alive(void **state)
{
    (void)state;
    attempts_are(REFUSES_RCPT, INITIAL_5, "horizon=599s", 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_qmgr_a_sixth_is_deferred_with_feedback_1_over_n),
        cmocka_unit_test(
            test_qmgr_a_quarter_is_deferred_with_feedback_1_over_root_n),
        cmocka_unit_test(test_qmgr_a_half_is_deferred_with_feedback_1),
        cmocka_unit_test(test_qmgr_a_constant_feedback_can_be_a_fraction),
        cmocka_unit_test(test_qmgr_slow_connections_bound_the_throughput),
        cmocka_unit_test(
            test_qmgr_retries_come_as_published_to_mail_that_comes_with_a_scan),
        cmocka_unit_test(
            test_qmgr_retries_come_at_the_scan_after_the_clamped_age),
        cmocka_unit_test(
            test_qmgr_mail_is_returned_by_the_attempt_that_finds_it_too_old),
        cmocka_unit_test(
            test_qmgr_a_dead_destination_costs_a_window_of_attempts),
        cmocka_unit_test(test_qmgr_a_destination_dies_of_more_than_a_cohort),
        cmocka_unit_test(
            test_qmgr_a_destination_that_refuses_recipients_is_alive),
    };
    return cmocka_run_group_tests_name("qmgr", tests, NULL, NULL);
}
