/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_scenario_events.c - what a scenario says of events, notices, a backlog,
 * and of senders that are refused
 */
#include <string.h>

#include "sim/lab/scenario.h"
#include "tests/support/support.h"

#define BUSY "tests/fixtures/host/busy.yaml"

static void
test_events_are_read_in_order_and_marked_in_the_picture(void **state)
{
    struct scenario s;
    struct diag diag;

    (void)state;
    diag_init(&diag);
    assert_true(scenario_load(&s, BUSY, NULL, 0, &diag));
    assert_int_equal(s.changes_count, 9); /* the second event sets three */
    const struct mta_change *c = s.changes;
    assert_int_equal(c[0].kind, MTA_CHANGE_RESTART);
    assert_int_equal(c[0].at_ns, 61 * NS_PER_S);
    assert_int_equal(c[0].for_ns, 0);
    assert_int_equal(c[1].kind, MTA_CHANGE_SET);
    assert_int_equal(c[1].at_ns, 2 * NS_PER_MIN);
    assert_string_equal(c[1].path, "channel.tcp_local.threaddepth");
    assert_string_equal(c[1].value, "3");
    assert_string_equal(c[2].path, "channel.tcp_local.maxjobs");
    assert_string_equal(c[3].path, "pool.SMTP_POOL.job_limit");
    assert_int_equal(c[3].at_ns, 2 * NS_PER_MIN);
    assert_int_equal(c[4].kind, MTA_CHANGE_STRESS);
    assert_string_equal(c[4].channel, "tcp_local");
    assert_int_equal(c[5].for_ns, 17 * NS_PER_S);
    assert_int_equal(c[6].kind, MTA_CHANGE_RELEASE);
    assert_null(c[6].channel);
    assert_string_equal(c[7].channel, "reprocess");
    assert_int_equal(s.faults_count, 7);
    assert_string_equal(s.faults[0].label, "restart");
    assert_string_equal(s.faults[1].label,
                        "set channel.tcp_local.threaddepth: 3");
    assert_int_equal(s.faults[1].for_ns, 0);
    assert_string_equal(s.faults[3].label, "a pause");
    assert_int_equal(s.faults[3].for_ns, 17 * NS_PER_S);
    assert_string_equal(s.notices_to->name, "near.example");
    assert_int_equal(s.notice_bytes, 4000);
    assert_string_equal(s.backlog_path, "tests/fixtures/host/old.trace");
    assert_int_equal(s.machine.expand_per_recipient_ns, 5 * NS_PER_MS);
    assert_int_equal(s.machine.scan_per_file_ns, 500 * NS_PER_US);
    assert_int_equal(s.traffic[0].retry_ns, 15 * NS_PER_MIN);
    assert_int_equal(s.traffic[0].session_messages, 7);
    assert_int_equal(s.traffic[0].deferred_ns, 0);
    assert_int_equal(s.traffic[1].deferred_ns, 20 * NS_PER_MIN);
    assert_int_equal(s.traffic[1].retry_ns, 15 * NS_PER_MIN); /* inherited */
    scenario_free(&s);
    diag_free(&diag);
}

/* unlike - the last of the texts is none of those before */
static void
unlike(const char *const *texts, int last, const char *const *sets)
{
    for (int i = 0; i < last; i++) {
        if (strcmp(texts[last], texts[i]) == 0) {
            fail_msg("%s is not in the key", sets[i]);
        }
    }
}

static void
test_events_each_part_of_them_is_in_the_key(void **state)
{
    static const char *const sets[] = {"events.1.at=62s",
                                       "events.1.restart=1s",
                                       "events.3.stress=l",
                                       "events.5.release=l",
                                       "mta.notices_to=",
                                       "mta.notice_size=5kB",
                                       "mta.backlog=",
                                       "machine.scan_per_file=1ms",
                                       "traffic.mail.session=8",
                                       "traffic.mail.on_reject=drop",
                                       "traffic.mail.deferred=1s"};
    enum { SETS = sizeof sets / sizeof sets[0] };
    struct scenario s[SETS + 1];
    const char *texts[SETS + 1];
    struct diag diag;

    (void)state;
    diag_init(&diag);
    for (int i = 0; i <= SETS; i++) {
        if (!scenario_load(&s[i], BUSY, &sets[i], i < SETS, &diag)) {
            fail_msg("%s: %s", i < SETS ? sets[i] : "", diag.text);
        }
        texts[i] = scenario_canonical(&s[i]);
        unlike(texts, i, sets);
    }
    assert_non_null(strstr(texts[SETS], "channel.tcp_local.threaddepth"));
    assert_non_null(strstr(texts[SETS], "backlog "));
    for (int i = 0; i <= SETS; i++) {
        scenario_free(&s[i]);
    }
    diag_free(&diag);
}

/* says - with this setting the scenario is wrong, for this reason */
static void
says(const char *set, const char *words)
{
    struct scenario s;
    struct diag diag;

    diag_init(&diag);
    assert_false(scenario_load(&s, BUSY, &set, 1, &diag));
    if (strstr(diag.text, words) == NULL) {
        fail_msg("expected \"%s\" in: %s", words, diag.text);
    }
    scenario_free(&s);
    diag_free(&diag);
}

static void
test_events_that_say_nothing_or_two_things_are_errors(void **state)
{
    (void)state;
    says("events.1.release=all",
         "an event is one of set, release, restart, stress");
    says("events.3.stress=", "an event is one of");
    says("events.3.at=-1s", "at must be a duration");
    says("mta.notices_to=nobody.example",
         "there is no destination nobody.example");
    says("mta.notices_to=*", "there is no destination *");
    says("mta.backlog=none.trace", "none.trace cannot be read");
    says("traffic.mail.on_reject=retry", "it is drop or retry(15m)");
    says("traffic.mail.on_reject=retry(0s)", "it comes again after some time");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_events_are_read_in_order_and_marked_in_the_picture),
        cmocka_unit_test(test_events_each_part_of_them_is_in_the_key),
        cmocka_unit_test(test_events_that_say_nothing_or_two_things_are_errors),
    };
    return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
