/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_delivery.c - connections through the whole host, worked by hand
 *
 * One message a second from 0.5 s on, no costs but what a test sets; samples
 * each second. One job with one or more threads, threaddepth 1, so that each
 * message up to the limit has a thread.
 */
#include "tests/support/lab.h"
#include "tests/support/support.h"

#define S NS_PER_S

/* deliver - the fixture with these settings on top */
#define DELIVER(RESULT, LOG, ...)                                              \
    lab_run(                                                                   \
        &(struct lab_run){.fixture = "closed",                                 \
                          .sets = (const char *[]){COMMON, __VA_ARGS__, NULL}, \
                          .log = (LOG)},                                       \
        (RESULT))
#define COMMON                                                                 \
    "step=1s", "channel.tcp_local.threaddepth=1", "channel.tcp_local.maxjobs=1"

/* event - the n-th event of a kind */
static const struct mta_mail_event *
event_of(const struct lab_log *log, enum mta_mail_kind kind, uint32_t n)
{
    for (uint32_t i = 0; i < log->count; i++) {
        if (log->events[i].kind == kind && n-- == 0) {
            return &log->events[i];
        }
    }
    fail_msg("no such event");
    return NULL;
}

static void
test_delivery_takes_seven_round_trips_and_costs(void **state)
{
    struct lab_log log;
    struct result result;

    (void)state;
    /* Process 200 ms, thread 5, message 2, then 7 RTT of 100 and 30 ms. */
    DELIVER(&result, &log, "traffic.mail.arrivals=even(1, at 0s, over 1s)",
            "links.none.rtt=100ms", "dialogue.pipelining=false",
            "machine.process_start=200ms", "machine.thread_start=5ms",
            "machine.per_message=2ms", "destinations.far.example.service=30ms",
            "horizon=10s");
    const struct mta_mail_event *event = event_of(&log, MTA_MAIL_DELIVERED, 0);
    assert_int_equal(event->tried_at_ns, 705 * NS_PER_MS);
    assert_int_equal(event->at_ns, (705 + 2 + 700 + 30) * NS_PER_MS);
    assert_int_equal(event->phase, SMTP_DOT);
    assert_int_equal(result.latency_ns.max, (205 + 732) * NS_PER_MS);
    lab_log_free(&log);
    result_free(&result);
}

static void
test_delivery_goes_on_on_an_open_connection(void **state)
{
    struct result result;

    (void)state;
    /* One thread, always behind: one connection for all... */
    DELIVER(&result, NULL, "traffic.mail.arrivals=even(60, at 0s, over 60s)",
            "channel.tcp_local.max_client_threads=1",
            "destinations.far.example.service=2s", "horizon=10m");
    assert_int_equal(result.delivered, 60);
    assert_int_equal(result.connections, 1);
    result_free(&result);
    /* ...or one for seven each, as the host wants it: 60 / 7, up. */
    DELIVER(&result, NULL, "traffic.mail.arrivals=even(60, at 0s, over 60s)",
            "channel.tcp_local.max_client_threads=1",
            "destinations.far.example.messages_per_connection=7",
            "destinations.far.example.service=2s", "horizon=10m");
    assert_int_equal(result.delivered, 60);
    assert_int_equal(result.connections, 9);
    result_free(&result);
}

static void
test_delivery_closes_a_connection_that_nobody_needs(void **state)
{
    struct result result;

    (void)state;
    /* Each is done before the next one comes. */
    DELIVER(&result, NULL, "traffic.mail.arrivals=even(60, at 0s, over 60s)",
            "channel.tcp_local.max_client_threads=1",
            "destinations.far.example.service=100ms", "horizon=10m");
    assert_int_equal(result.connections, 60);
    assert_int_equal(result.connections_peak, 1);
    assert_int_equal(result.steps[30].connections, 0);
    result_free(&result);
}

static void
test_delivery_waits_for_a_greeting_with_its_connection_open(void **state)
{
    struct lab_log log;
    struct result result;

    (void)state;
    /* The greeting would take an hour; the client gives up after 5 minutes. */
    DELIVER(&result, &log, "traffic.mail.arrivals=even(1, at 0s, over 1s)",
            "destinations.far.example.banner_delay=1h", "horizon=10m");
    const struct mta_mail_event *event = event_of(&log, MTA_MAIL_DEFERRED, 0);
    assert_int_equal(event->phase, SMTP_GREETING);
    assert_int_equal(event->at_ns, 300 * S + S / 2);
    for (uint32_t i = 0; i < result.steps_count; i++) {
        /* From 0.5 s to 300.5 s. */
        assert_int_equal(result.steps[i].connections, i < 300);
        assert_int_equal(result.steps[i].busy_threads, i < 300);
    }
    lab_log_free(&log);
    result_free(&result);
}

static void
test_delivery_is_refused_where_the_host_is_full(void **state)
{
    struct lab_log log;
    struct result result;

    (void)state;
    /* Ten come while two places are taken for a minute: eight are refused. */
    DELIVER(&result, &log, "traffic.mail.arrivals=even(10, at 0s, over 10s)",
            "destinations.far.example.connections_max=2",
            "destinations.far.example.service=1m", "horizon=30m");
    assert_int_equal(result.delivered, 2);
    assert_int_equal(result.connections_refused, 8);
    assert_int_equal(result.connections, 10);
    assert_int_equal(result.connections_peak, 3); /* and who is refused */
    const struct mta_mail_event *event = event_of(&log, MTA_MAIL_DEFERRED, 0);
    assert_int_equal(event->phase, SMTP_GREETING);
    assert_int_equal(event->message, 3);
    lab_log_free(&log);
    result_free(&result);
}

static void
test_delivery_waits_in_line_where_the_host_queues(void **state)
{
    struct lab_log log;
    struct result result;

    (void)state;
    /* Three, one place, 10 s each: they are served in order, 0.5 + 10 n. */
    DELIVER(&result, &log, "traffic.mail.arrivals=even(3, at 0s, over 3s)",
            "destinations.far.example.connections_max=1",
            "destinations.far.example.at_limit=queue",
            "destinations.far.example.service=10s", "horizon=1m");
    for (uint32_t n = 0; n < 3; n++) {
        const struct mta_mail_event *event =
            event_of(&log, MTA_MAIL_DELIVERED, n);
        assert_int_equal(event->message, n + 1);
        assert_int_equal(event->at_ns, INT64_C(10) * (n + 1) * S + S / 2);
    }
    assert_int_equal(result.connections_refused, 0);
    assert_int_equal(result.steps[5].connections, 3); /* waiting is open */
    lab_log_free(&log);
    result_free(&result);
}

static void
test_delivery_leaves_the_line_when_the_client_gives_up(void **state)
{
    struct lab_log log;
    struct result result;

    (void)state;
    /* The second waits 3 s and goes at 4.5 s; the third, from 2.5 s on, at
     * 5.5 s. The first is done at 5.25 s: it is the third's turn. */
    DELIVER(&result, &log, "traffic.mail.arrivals=even(3, at 0s, over 3s)",
            "destinations.far.example.connections_max=1",
            "destinations.far.example.at_limit=queue",
            "dialogue.greeting_timeout=3s",
            "destinations.far.example.service=4750ms", "horizon=1m");
    const struct mta_mail_event *late = event_of(&log, MTA_MAIL_DEFERRED, 0);
    assert_int_equal(late->message, 2);
    assert_int_equal(late->at_ns, 4 * S + S / 2);
    const struct mta_mail_event *third = event_of(&log, MTA_MAIL_DELIVERED, 1);
    assert_int_equal(third->message, 3);
    assert_int_equal(third->at_ns, 10 * S);
    assert_int_equal(result.delivered, 2);
    lab_log_free(&log);
    result_free(&result);
}

static void
test_delivery_of_a_part_moves_the_rest_to_a_new_file(void **state)
{
    struct lab_log log;
    struct result result;
    uint32_t deferred = 0;

    (void)state;
    DELIVER(&result, &log, "traffic.mail.arrivals=even(200, at 0s, over 200s)",
            "traffic.mail.recipients=5",
            "destinations.far.example.temporary.rcpt=30%",
            "destinations.far.example.permanent.rcpt=10%", "horizon=40h");
    assert_int_equal(result.submitted, 1000);
    assert_int_equal(result.submitted,
                     result.delivered + result.returned + result.queued);
    assert_int_equal(result.duplicates, 0);
    assert_true(result.files > 300); /* one each, and one for most rests */
    for (uint32_t i = 0; i < log.count; i++) {
        deferred += log.events[i].kind == MTA_MAIL_DEFERRED;
    }
    assert_in_range(deferred, 300, 600);
    lab_log_free(&log);
    result_free(&result);
}

static void
test_delivery_that_nobody_knows_of_is_a_duplicate_later(void **state)
{
    struct result result;

    (void)state;
    /* The reply takes longer than the client's patience, for most. */
    DELIVER(&result, NULL, "traffic.mail.arrivals=even(20, at 0s, over 20s)",
            "destinations.far.example.service=exponential(10s)",
            "dialogue.dot_timeout=8s", "channel.tcp_local.backoff=pt1m",
            "horizon=3h");
    assert_int_equal(result.delivered, 20);
    assert_true(result.duplicates > 0);
    assert_true(result.duplicates <= result.deferrals);
    result_free(&result);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivery_takes_seven_round_trips_and_costs),
        cmocka_unit_test(test_delivery_goes_on_on_an_open_connection),
        cmocka_unit_test(test_delivery_closes_a_connection_that_nobody_needs),
        cmocka_unit_test(
            test_delivery_waits_for_a_greeting_with_its_connection_open),
        cmocka_unit_test(test_delivery_is_refused_where_the_host_is_full),
        cmocka_unit_test(test_delivery_waits_in_line_where_the_host_queues),
        cmocka_unit_test(
            test_delivery_leaves_the_line_when_the_client_gives_up),
        cmocka_unit_test(test_delivery_of_a_part_moves_the_rest_to_a_new_file),
        cmocka_unit_test(
            test_delivery_that_nobody_knows_of_is_a_duplicate_later),
    };
    return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
