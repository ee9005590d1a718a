/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * closed_little.c - Little's law and conservation where mail is lost on the way
 *
 * Temporary and permanent failures, a host that is full or down, returns,
 * warnings and messages to several recipients. The area under the number
 * queued is counted again from the events of the log, and so are all counts;
 * both must be the result's, to the nanosecond.
 */
#include "tests/support/lab.h"
#include "tests/support/support.h"

#define HORIZON_NS (5 * NS_PER_DAY)

static const char *const lossy[] = {
    "traffic.mail.arrivals=poisson(0.02/s, at 0s, over 3d)",
    "traffic.mail.recipients=uniform(1, 4)",
    "traffic.mail.priority=mixed(urgent 20%, nonurgent 30%)",
    "destinations.far.example.service=lognormal(20s, 1)",
    "destinations.far.example.temporary.rcpt=60%",
    "destinations.far.example.temporary.dot=20%",
    "destinations.far.example.permanent.rcpt=4%",
    "destinations.far.example.connections_max=1",
    "links.none.rtt=90ms",
    "channel.tcp_local.threaddepth=1",
    "channel.tcp_local.max_client_threads=3",
    "channel.tcp_local.maxjobs=2",
    "channel.tcp_local.notices=1 2",
    "channel.tcp_local.backoff=pt2h",
    "horizon=5d",
    NULL};

/* What the log says, recipient by recipient. */
struct counted {
    int64_t enqueued;
    int64_t delivered;
    int64_t returned; /* at once or by the return job */
    int64_t deferred;
    int64_t warned;
    base_u128 sojourn_sum;
};

static struct counted
count(const struct lab_log *log)
{
    struct counted counted = {0, 0, 0, 0, 0, 0};
    base_u128 entered_sum = 0; /* of all: until the horizon */
    base_u128 left_sum = 0;    /* of those that left: what was too much */

    for (uint32_t i = 0; i < log->count; i++) {
        const struct mta_mail_event *event = &log->events[i];
        const uint64_t rest_ns = (uint64_t)(HORIZON_NS - event->at_ns);
        switch (event->kind) {
        case MTA_MAIL_ENQUEUED:
            counted.enqueued++;
            entered_sum += rest_ns;
            break;
        case MTA_MAIL_DELIVERED:
            counted.delivered++;
            left_sum += rest_ns;
            break;
        case MTA_MAIL_FAILED:
        case MTA_MAIL_RETURNED:
            counted.returned++;
            left_sum += rest_ns;
            break;
        case MTA_MAIL_DEFERRED:
            counted.deferred++;
            break;
        case MTA_MAIL_WARNED:
            counted.warned++;
            break;
        case MTA_MAIL_REJECTED:
            fail_msg("nothing is rejected here");
        }
    }
    counted.sojourn_sum = entered_sum - left_sum;
    return counted;
}

static void
test_little_holds_where_mail_is_lost(void **state)
{
    struct lab_log log;
    struct result result;

    (void)state;
    lab_run(&(struct lab_run){.fixture = "closed", .sets = lossy, .log = &log},
            &result);
    const struct counted counted = count(&log);
    assert_true(result.queued_integral == counted.sojourn_sum);
    assert_true(result.sojourn_sum == counted.sojourn_sum);
    assert_int_equal(result.submitted, counted.enqueued);
    assert_int_equal(result.delivered, counted.delivered);
    assert_int_equal(result.returned, counted.returned);
    assert_int_equal(result.submitted, result.delivered + result.returned +
                                           result.held + result.rejected +
                                           result.queued);
    /* A scenario that loses nothing would prove nothing. */
    assert_true(counted.delivered > 1000);
    assert_true(counted.returned > 100);
    assert_true(counted.deferred > counted.delivered / 2);
    assert_true(counted.warned > 100);
    assert_true(result.connections_refused > 0);
    lab_log_free(&log);
    result_free(&result);
}

static void
test_little_channels_hosts_and_priorities_add_up(void **state)
{
    struct result result;
    int64_t delivered = 0, returned = 0, attempts = 0, deferrals = 0;

    (void)state;
    lab_run(&(struct lab_run){.fixture = "closed", .sets = lossy}, &result);
    for (uint32_t i = 0; i < RESULT_PRIORITIES_COUNT; i++) {
        delivered += result.priorities[i].delivered;
        returned += result.priorities[i].returned;
        attempts += result.priorities[i].attempts;
        deferrals += result.priorities[i].deferrals;
        assert_true(result.priorities[i].latency_ns.count ==
                    (uint64_t)result.priorities[i].delivered);
    }
    assert_int_equal(delivered, result.delivered);
    assert_int_equal(returned, result.returned);
    assert_int_equal(result.hosts[0].delivered, delivered);
    assert_int_equal(result.hosts[0].attempts, attempts);
    assert_int_equal(result.hosts[0].deferrals, deferrals);
    assert_int_equal(result.hosts[0].connections, result.connections);
    assert_int_equal(result.hosts[0].refused, result.connections_refused);
    assert_true(result.latency_ns.count == (uint64_t)result.delivered);
    /* Every try ends a recipient or defers it. */
    const int64_t by_job = attempts - deferrals - delivered;
    assert_true(by_job > 0 && by_job < returned); /* refused for good */
    result_free(&result);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_little_holds_where_mail_is_lost),
        cmocka_unit_test(test_little_channels_hosts_and_priorities_add_up),
    };
    return cmocka_run_group_tests_name("little", tests, NULL, NULL);
}
