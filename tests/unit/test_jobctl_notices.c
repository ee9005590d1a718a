/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_notices.c - warnings, when the ages or their units are changed
 *
 * Pinned: a value is warned of by the first return run that finds the file at
 * that age or above, if the run before found it below; whatever the list was
 * then. Mail comes at half past twelve at night, as the return run does, so
 * that its ages there are whole days.
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

enum { CHANNEL_L, CHANNEL_A, NEVER_WARNED = 0 };

#define DAY (24 * HOST_H)

/* host_with - one file, queued at 00:30 of day 0; nothing is ever started */
static struct host_script *
host_with(const char *path, const char *value)
{
    const struct host_setup setup = {
        .channels = CHANNELS,
        .jobs = JOBS,
        .overrides = {{"channel.tcp_a.direction", "slave", "test"},
                      {path, value, "test"}}};
    struct host_script *host = host_script_new(&setup);

    host->now_ns = 30 * HOST_MIN;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    return host;
}

/* run_warns - the run at that age warns of this value, of none or returns it */
static void
run_warns(struct host_script *host, int64_t age_ns, uint32_t kind,
          uint32_t value)
{
    host_wake(host, 30 * HOST_MIN + age_ns);
    if (value == NEVER_WARNED) {
        assert_int_equal(host->actions_count, 0);
        return;
    }
    assert_int_equal(host->actions_count, 2);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_NOTIFY);
    assert_int_equal(host->actions[1].kind, kind);
    assert_int_equal(host->actions[1].u.file.value, value);
}

static void
notices_set(struct host_script *host, const char *value)
{
    assert_int_equal(host_set(host, "channel.tcp_a.notices", value), SCHED_OK);
}

static void
test_jobctl_other_notices_neither_repeat_a_warning_nor_lose_one(void **state)
{
    struct host_script *host = host_with("channel.tcp_a.notices", "1 2 4 7");

    (void)state;
    run_warns(host, 1 * DAY, SCHED_ACTION_WARN, 1);
    run_warns(host, 2 * DAY, SCHED_ACTION_WARN, 2);
    run_warns(host, 3 * DAY, SCHED_ACTION_WARN, NEVER_WARNED);
    notices_set(host, "3 5 9"); /* 3 was passed; 5 is only their second */
    run_warns(host, 4 * DAY, SCHED_ACTION_WARN, NEVER_WARNED);
    run_warns(host, 5 * DAY, SCHED_ACTION_WARN, 5);
    notices_set(host, "1 2 3 4 9"); /* four of them, and all are passed */
    run_warns(host, 6 * DAY, SCHED_ACTION_WARN, NEVER_WARNED);
    notices_set(host, "7 8");
    run_warns(host, 7 * DAY, SCHED_ACTION_WARN, 7);
    run_warns(host, 8 * DAY, SCHED_ACTION_RETURN, 8);
    host_script_free(host);
}

static void
test_jobctl_other_units_count_from_the_age_last_looked_at(void **state)
{
    struct host_script *host = host_with("option.return_units", "1");

    (void)state;
    notices_set(host, "1 2 30 60");
    run_warns(host, 1 * HOST_H, SCHED_ACTION_WARN, 1);
    run_warns(host, 2 * HOST_H, SCHED_ACTION_WARN, 2);
    /* In days it has not reached one. */
    assert_int_equal(host_set(host, "option.return_units", "0"), SCHED_OK);
    run_warns(host, 1 * DAY, SCHED_ACTION_WARN, 1);
    run_warns(host, 2 * DAY, SCHED_ACTION_WARN, 2);
    /* In hours it is past 30. */
    assert_int_equal(host_set(host, "option.return_units", "1"), SCHED_OK);
    run_warns(host, 49 * HOST_H, SCHED_ACTION_WARN, NEVER_WARNED);
    run_warns(host, 59 * HOST_H, SCHED_ACTION_WARN, NEVER_WARNED);
    run_warns(host, 60 * HOST_H, SCHED_ACTION_RETURN, 60);
    host_script_free(host);
}

static void
test_jobctl_ages_of_many_years_are_told_apart(void **state)
{
    /* The largest value, 10,000 days, is 240,000 hours. */
    struct host_script *host =
        host_with("channel.tcp_a.notices", "8000 9000 10000");

    (void)state;
    run_warns(host, 8500 * DAY, SCHED_ACTION_WARN, 8000);
    run_warns(host, 8999 * DAY, SCHED_ACTION_WARN, NEVER_WARNED);
    run_warns(host, 9000 * DAY, SCHED_ACTION_WARN, 9000);
    run_warns(host, 9001 * DAY, SCHED_ACTION_WARN, NEVER_WARNED);
    run_warns(host, 10000 * DAY, SCHED_ACTION_RETURN, 10000);
    host_script_free(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_jobctl_other_notices_neither_repeat_a_warning_nor_lose_one),
        cmocka_unit_test(
            test_jobctl_other_units_count_from_the_age_last_looked_at),
        cmocka_unit_test(test_jobctl_ages_of_many_years_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
