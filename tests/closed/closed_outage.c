/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * closed_outage.c - how long mail waits after a big host was down for six hours
 *
 * The host refuses at once; 25,000 messages come evenly over the outage, with
 * the built-in backoff and no limit that binds. A message's attempts lie on its
 * own schedule, so the time from the end of the outage to its delivery follows
 * from its arrival alone: quantiles 45/111 (urgent), 60/222 (normal), 90/222
 * (nonurgent) minutes for p50/p95, computed apart from this program by walking
 * the lists for one arrival a minute. Tolerance 2 %: the arrivals here are
 * finer than there. Each delivery is also checked one by one against the list.
 */
#include <stdlib.h>

#include "tests/support/lab.h"
#include "tests/support/support.h"

#define OUTAGE_NS (6 * NS_PER_HOUR)
#define MESSAGES  25000

static const int64_t minutes[3][8] = {{30, 60, 60, 120, 120, 120, 240, 240},
                                      {60, 120, 120, 240, 240, 240, 480, 480},
                                      {120, 240, 240, 480, 480, 480, 960, 960}};

static int
i64_compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* delivered_after_ns - by the list: first attempt after the outage's end */
static int64_t
delivered_after_ns(uint32_t priority, int64_t arrival_ns)
{
    int64_t at_ns = arrival_ns;

    for (int i = 0; at_ns < OUTAGE_NS; i++) {
        at_ns += minutes[priority][i] * NS_PER_MIN;
    }
    return at_ns - OUTAGE_NS;
}

static void
quantiles_are(uint32_t priority, const char *set, int64_t p50_min,
              int64_t p95_min)
{
    const char *sets[] = {"traffic.mail.arrivals=even(25000, at 0s, over 6h)",
                          "horizon=24h", set, NULL};
    struct lab_log log;
    struct result result;
    int64_t *waits_ns = base_alloc(MESSAGES * sizeof waits_ns[0]);
    uint32_t count = 0;

    lab_run(&(struct lab_run){.fixture = "outage", .sets = sets, .log = &log},
            &result);
    assert_int_equal(result.delivered, MESSAGES);
    for (uint32_t i = 0; i < log.count; i++) {
        const struct mta_mail_event *event = &log.events[i];
        if (event->kind != MTA_MAIL_DELIVERED) {
            continue;
        }
        const int64_t wait_ns = event->at_ns - OUTAGE_NS;
        assert_int_equal(wait_ns,
                         delivered_after_ns(priority, event->submitted_at_ns));
        waits_ns[count++] = wait_ns;
    }
    assert_int_equal(count, MESSAGES);
    qsort(waits_ns, count, sizeof waits_ns[0], i64_compare);
    const int64_t p50_ns = waits_ns[MESSAGES / 2];
    const int64_t p95_ns = waits_ns[MESSAGES * 95 / 100];
    assert_in_range(p50_ns, p50_min * NS_PER_MIN * 98 / 100,
                    p50_min * NS_PER_MIN * 102 / 100);
    assert_in_range(p95_ns, p95_min * NS_PER_MIN * 98 / 100,
                    p95_min * NS_PER_MIN * 102 / 100);
    free(waits_ns);
    lab_log_free(&log);
    result_free(&result);
}

static void
test_outage_urgent_mail_waits_45_and_111_minutes(void **state)
{
    (void)state;
    quantiles_are(0, "traffic.mail.priority=urgent", 45, 111);
}

static void
test_outage_normal_mail_waits_60_and_222_minutes(void **state)
{
    (void)state;
    quantiles_are(1, "traffic.mail.priority=normal", 60, 222);
}

static void
test_outage_nonurgent_mail_waits_90_and_222_minutes(void **state)
{
    (void)state;
    quantiles_are(2, "traffic.mail.priority=nonurgent", 90, 222);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outage_urgent_mail_waits_45_and_111_minutes),
        cmocka_unit_test(test_outage_normal_mail_waits_60_and_222_minutes),
        cmocka_unit_test(test_outage_nonurgent_mail_waits_90_and_222_minutes),
    };
    return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
