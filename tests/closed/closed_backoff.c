/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * closed_backoff.c - when a message that always fails is tried, to the ns
 *
 * Pinned: the guide's own example; the built-in lists of each priority; with
 * costs, that an interval counts from the end of the attempt before; the return
 * at the first return job at or after the last notices value; warnings at the
 * first return job at or after the others. Expected times are sums of the
 * lists, written out here by hand.
 */
#include "tests/support/lab.h"
#include "tests/support/support.h"

#define MIN NS_PER_MIN
#define H   NS_PER_HOUR

/* The one message comes at 1 s (an even arrival over two seconds). */
#define ARRIVAL_NS NS_PER_S

/* attempts_are - the starts of all attempts, from the arrival on */
static void
attempts_are(const struct lab_log *log, const int64_t *expected_ns,
             uint32_t count)
{
    uint32_t tried = 0;

    for (uint32_t i = 0; i < log->count; i++) {
        if (log->events[i].kind == MTA_MAIL_DEFERRED) {
            assert_true(tried < count);
            assert_int_equal(log->events[i].tried_at_ns - ARRIVAL_NS,
                             expected_ns[tried]);
            tried++;
        }
    }
    assert_int_equal(tried, count);
}

static void
list_is_kept(const char *priority, const char *backoff,
             const int64_t *expected_ns, uint32_t count)
{
    const char *sets[] = {"destinations.far.example.temporary=100%", priority,
                          backoff, NULL};
    struct lab_log log;
    struct result result;

    lab_run(&(struct lab_run){.fixture = "closed", .sets = sets, .log = &log},
            &result);
    attempts_are(&log, expected_ns, count);
    lab_log_free(&log);
    result_free(&result);
}

static void
test_backoff_guide_example_is_kept_exactly(void **state)
{
    /* 0.5 1 2 3 4 5 8 16 16 h, summed up. */
    static const int64_t expected_ns[] = {
        0,         30 * MIN,  90 * MIN,   210 * MIN,  390 * MIN,
        630 * MIN, 930 * MIN, 1410 * MIN, 2370 * MIN, 3330 * MIN};

    (void)state;
    list_is_kept("traffic.mail.priority=urgent",
                 "channel.tcp_local.urgentbackoff=\"pt30m\" \"pt1h\" \"pt2h\" "
                 "\"pt3h\" \"pt4h\" \"pt5h\" \"pt8h\" \"pt16h\"",
                 expected_ns, 10);
}

static void
test_backoff_builtin_urgent_list_is_kept(void **state)
{
    /* 30 60 60 120 120 120 240 240 ... minutes within 24 h. */
    static const int64_t expected_ns[] = {
        0,         30 * MIN,  90 * MIN,  150 * MIN, 270 * MIN,
        390 * MIN, 510 * MIN, 750 * MIN, 990 * MIN, 1230 * MIN};

    (void)state;
    list_is_kept("traffic.mail.priority=urgent", "horizon=24h", expected_ns,
                 10);
}

static void
test_backoff_builtin_normal_list_is_kept(void **state)
{
    /* 60 120 120 240 240 240 480 480 ... minutes within 40 h. */
    static const int64_t expected_ns[] = {0,          60 * MIN,   180 * MIN,
                                          300 * MIN,  540 * MIN,  780 * MIN,
                                          1020 * MIN, 1500 * MIN, 1980 * MIN};

    (void)state;
    list_is_kept("traffic.mail.priority=normal", "horizon=40h", expected_ns, 9);
}

static void
test_backoff_builtin_nonurgent_list_is_kept(void **state)
{
    /* 120 240 240 480 480 480 960 ... minutes within 60 h. */
    static const int64_t expected_ns[] = {0,          120 * MIN,  360 * MIN,
                                          600 * MIN,  1080 * MIN, 1560 * MIN,
                                          2040 * MIN, 3000 * MIN};

    (void)state;
    list_is_kept("traffic.mail.priority=nonurgent", "horizon=60h", expected_ns,
                 8);
}

static void
test_backoff_counts_from_the_end_of_the_attempt(void **state)
{
    static const char *const sets[] = {
        "destinations.far.example.temporary=100%",
        "traffic.mail.priority=normal",
        "links.none.rtt=70ms",
        "machine.process_start=200ms",
        "machine.thread_start=5ms",
        "machine.per_message=2ms",
        "channel.tcp_local.normalbackoff=pt10m pt20m pt30m",
        "horizon=5h",
        NULL};
    static const int64_t interval_ns[] = {10 * MIN, 20 * MIN, 30 * MIN};
    struct lab_log log;
    struct result result;
    uint32_t tried = 0;

    (void)state;
    lab_run(&(struct lab_run){.fixture = "closed", .sets = sets, .log = &log},
            &result);
    for (uint32_t i = 1; i < log.count; i++) {
        /* The idle thread of the job that never ends takes it at once. */
        assert_int_equal(log.events[i].kind, MTA_MAIL_DEFERRED);
        if (tried > 0) {
            assert_int_equal(log.events[i].tried_at_ns -
                                 log.events[i - 1].at_ns,
                             interval_ns[tried < 3 ? tried - 1 : 2]);
        }
        tried++;
    }
    assert_in_range(tried, 9, 12);
    lab_log_free(&log);
    result_free(&result);
}

/* The scenario starts at midnight; the return job runs daily at 00:30. The
 * message comes 1 s after midnight with notices 1 2 4: its age reaches 24 h
 * between the runs of the first and of the second day's end. */
static void
test_notices_are_acted_on_by_the_next_return_job(void **state)
{
    static const char *const sets[] = {
        "destinations.far.example.temporary=100%",
        "channel.tcp_local.notices=1 2 4", "horizon=10d", NULL};
    struct lab_log log;
    struct result result;
    int64_t warned_at_ns[8] = {0}, returned_at_ns = -1;
    uint32_t warned = 0;

    (void)state;
    lab_run(&(struct lab_run){.fixture = "closed", .sets = sets, .log = &log},
            &result);
    for (uint32_t i = 0; i < log.count; i++) {
        if (log.events[i].kind == MTA_MAIL_WARNED) {
            assert_true(warned < 8);
            warned_at_ns[warned++] = log.events[i].at_ns;
        } else if (log.events[i].kind == MTA_MAIL_RETURNED) {
            assert_int_equal(returned_at_ns, -1);
            returned_at_ns = log.events[i].at_ns;
        }
    }
    assert_int_equal(warned, 2);
    assert_int_equal(warned_at_ns[0], NS_PER_DAY + 30 * MIN);
    assert_int_equal(warned_at_ns[1], 2 * NS_PER_DAY + 30 * MIN);
    assert_int_equal(returned_at_ns, 4 * NS_PER_DAY + 30 * MIN);
    assert_int_equal(result.returned, 1);
    assert_int_equal(result.queued, 0);
    lab_log_free(&log);
    result_free(&result);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backoff_guide_example_is_kept_exactly),
        cmocka_unit_test(test_backoff_builtin_urgent_list_is_kept),
        cmocka_unit_test(test_backoff_builtin_normal_list_is_kept),
        cmocka_unit_test(test_backoff_builtin_nonurgent_list_is_kept),
        cmocka_unit_test(test_backoff_counts_from_the_end_of_the_attempt),
        cmocka_unit_test(test_notices_are_acted_on_by_the_next_return_job),
    };
    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
