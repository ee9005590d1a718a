/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_conf_override.c - values replaced by path, before and after the start
 *
 * Pinned: rank, wildcards, the forms of values, what a wrong path or value is
 * told, and that a live change that is refused changes nothing.
 */
#include <string.h>

#include "tests/support/conf_fixture.h"
#include "tests/support/support.h"

#define S_NS(n) ((n)*INT64_C(1000000000))

static const char channels[] = "tcp_local threaddepth 4 pool SMTP_POOL\nh\n\n"
                               "tcp_bulk urgentbackoff pt1m\nh\n\n"
                               "ims-ms\nh\n\n"
                               "reprocess\nh\n";
static const char jobs[] = "[POOL=DEFAULT]\n[POOL=SMTP_POOL]\n"
                           "[CHANNEL=*]\nmaster_command=bin/deliver\n";

/* with - loads with one override */
static int32_t
with(void **state, const char *path, const char *value)
{
    struct conf_fixture *fixture = *state;

    conf_free(fixture->conf);
    conf_fixture_init(fixture, channels, jobs);
    conf_fixture_override(fixture, path, value);
    return conf_fixture_load(fixture);
}

static void
assert_refused(void **state, const char *path, const char *value,
               const char *message)
{
    struct conf_fixture *fixture = *state;

    assert_int_equal(with(state, path, value), SCHED_ERR_CONFIGURATION);
    assert_string_equal(fixture->messages, message);
}

static void
test_conf_override_beats_the_channel_line(void **state)
{
    struct conf_fixture *f = *state;

    assert_int_equal(with(state, "channel.tcp_local.threaddepth", "9"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->threaddepth, 9);
    struct sched_setting row =
        conf_fixture_setting(f, "channel.tcp_local.threaddepth");
    assert_string_equal(row.origin, "--set");
    assert_string_equal(row.value, "9");
}

static void
test_conf_override_of_each_family_is_applied(void **state)
{
    struct conf_fixture *f = *state;

    assert_int_equal(with(state, "job.tcp_local.max_life_age", "30m"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->max_life_age_ns,
                     S_NS(1800));
    assert_int_equal(with(state, "job.tcp_local.max_life_age", "90"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->max_life_age_ns,
                     S_NS(90));
    assert_int_equal(with(state, "pool.smtp_pool.job_limit", "3"), 0);
    assert_int_equal(conf_pool(f->conf, 1)->job_limit, 3);
    assert_int_equal(with(state, "option.start_policy", "LEVEL"), 0);
    assert_int_equal(conf_options(f->conf)->start_policy, CONF_START_LEVEL);
    assert_int_equal(with(state, "job.tcp_local.master_command", "NULL"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->has_master, 0);
    assert_int_equal(with(state, "channel.tcp_local.pool", "DEFAULT"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->pool, 0);
}

static void
test_conf_override_wildcard_applies_to_all_that_match(void **state)
{
    struct conf_fixture *f = *state;

    assert_int_equal(with(state, "channel.tcp_*.maxjobs", "2"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->maxjobs, 2);
    assert_int_equal(conf_fixture_channel(f, "tcp_bulk")->maxjobs, 2);
    assert_int_equal(conf_fixture_channel(f, "ims-ms")->maxjobs, 100);
    assert_int_equal(with(state, "pool.*.job_limit", "1"), 0);
    assert_int_equal(conf_pool(f->conf, 0)->job_limit, 1);
    assert_int_equal(conf_pool(f->conf, 1)->job_limit, 1);
}

static void
test_conf_override_wildcard_spares_what_cannot_have_it(void **state)
{
    struct conf_fixture *f = *state;

    assert_int_equal(with(state, "channel.*.max_client_threads", "3"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_bulk")->max_client_threads,
                     3);
    assert_int_equal(conf_fixture_channel(f, "ims-ms")->max_client_threads, 3);
    assert_int_equal(conf_fixture_channel(f, "reprocess")->max_client_threads,
                     1);
    assert_refused(state, "channel.reprocess.max_client_threads", "3",
                   "--set: error: expected a channel that can have "
                   "max_client_threads, found 'reprocess', which cannot; name "
                   "another\n");
}

static void
test_conf_override_general_backoff_leaves_specific_ones(void **state)
{
    struct conf_fixture *f = *state;

    assert_int_equal(with(state, "channel.*.backoff", "30s 1h30m"), 0);
    const struct conf_channel *bulk = conf_fixture_channel(f, "tcp_bulk");
    assert_int_equal(bulk->backoff[0].ns[0], S_NS(60));
    assert_int_equal(bulk->backoff[1].count, 2);
    assert_int_equal(bulk->backoff[1].ns[0], S_NS(30));
    assert_int_equal(bulk->backoff[1].ns[1], S_NS(5400));
}

static void
test_conf_override_takes_quoted_and_iso_durations(void **state)
{
    struct conf_fixture *f = *state;

    assert_int_equal(
        with(state, "channel.tcp_local.normalbackoff", "\"pt5m\" PT10M"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->backoff[1].ns[1],
                     S_NS(600));
}

static void
test_conf_override_choices_go_by_either_name(void **state)
{
    struct conf_fixture *f = *state;

    assert_int_equal(with(state, "channel.tcp_local.splitting", "single"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->splitting,
                     CONF_SINGLE);
    assert_int_equal(with(state, "channel.tcp_local.single_sys", "1"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->splitting,
                     CONF_SINGLE_SYS);
    assert_int_equal(with(state, "channel.tcp_local.nodeferred", ""), 0);
    assert_int_equal(with(state, "channel.tcp_local.deferred", "1"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->is_deferred, 1);
    assert_int_equal(with(state, "channel.tcp_local.single_sys", "0"),
                     SCHED_ERR_CONFIGURATION);
}

static void
test_conf_override_unlimited_takes_a_limit_away(void **state)
{
    struct conf_fixture *f = *state;

    assert_int_equal(with(state, "channel.tcp_local.expandlimit", "5"), 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->expandlimit, 5);
    assert_int_equal(with(state, "channel.tcp_local.expandlimit", "unlimited"),
                     0);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->expandlimit,
                     CONF_NO_LIMIT);
}

static void
test_conf_override_wrong_paths_get_the_nearest(void **state)
{
    assert_refused(state, "channel.tcp_local.threaddeph", "5",
                   "--set: error: expected a setting, found 'threaddeph'; did "
                   "you mean channel.tcp_local.threaddepth?\n");
    assert_refused(state, "channel.tcp_locl.threaddepth", "5",
                   "--set: error: expected a channel of the configuration, "
                   "found 'tcp_locl'; did you mean "
                   "channel.tcp_local.threaddepth?\n");
    assert_refused(state, "chanel.tcp_local.threaddepth", "5",
                   "--set: error: expected a path that begins with channel, "
                   "job, pool or option, found 'chanel'; did you mean "
                   "channel\n");
    assert_refused(state, "option.max_mesages", "5",
                   "--set: error: expected a setting, found 'max_mesages'; did "
                   "you mean option.max_messages?\n");
    assert_refused(state, "channel.zz*.threaddepth", "5",
                   "--set: error: expected a channel of the configuration, "
                   "found 'zz'*; the first one is tcp_local\n");
    assert_refused(state, "channel.tcp_local.host_queues", "1",
                   "--set: error: expected a path that can be set, found "
                   "'channel.tcp_local.host_queues', which follows from "
                   "others\n");
}

static void
test_conf_override_wrong_values_name_form_and_range(void **state)
{
    assert_refused(state, "channel.tcp_local.threaddepth", "0",
                   "--set: error: threaddepth: expected a whole number from 1 "
                   "to 1000000000, found '0'; write it so, or leave it out\n");
    assert_refused(state, "option.start_policy", "eager",
                   "--set: error: start_policy: expected one of edge, "
                   "edge-capped, level, found 'eager'; write it so, or leave "
                   "it out\n");
    assert_refused(state, "channel.tcp_local.pool", "SMTP_POL",
                   "--set: error: expected the name of a pool, found "
                   "'SMTP_POL'; did you mean SMTP_POOL?\n");
}

static void
test_conf_override_junk_paths_are_errors(void **state)
{
    static const char *const paths[] = {"",
                                        ".",
                                        "..",
                                        "...",
                                        "channel",
                                        "channel.",
                                        "channel..",
                                        "channel..threaddepth",
                                        "channel.*",
                                        "option.x.y",
                                        "pool.",
                                        "channel.threaddepth",
                                        "option.",
                                        "*.*.*",
                                        "pool..job_limit"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(with(state, paths[i], "1"), SCHED_ERR_CONFIGURATION);
    }
}

static void
test_conf_override_live_changes_are_seen_at_once(void **state)
{
    struct conf_fixture *f = *state;

    assert_int_equal(with(state, "channel.tcp_local.maxjobs", "5"), 0);
    const struct conf_channel *local = conf_fixture_channel(f, "tcp_local");
    assert_int_equal(conf_set(f->conf, "channel.tcp_local.maxjobs", "6", NULL),
                     SCHED_OK);
    assert_int_equal(local->maxjobs, 6);
    assert_int_equal(conf_set(f->conf, "pool.DEFAULT.job_limit", "7", NULL),
                     SCHED_OK);
    assert_int_equal(conf_pool(f->conf, 0)->job_limit, 7);
    assert_string_equal(
        conf_fixture_setting(f, "channel.tcp_local.maxjobs").origin, "live");
}

static void
test_conf_override_live_change_refused_changes_nothing(void **state)
{
    struct conf_fixture *f = *state;

    assert_int_equal(with(state, "channel.tcp_local.maxjobs", "5"), 0);
    const struct conf_channel before = *conf_fixture_channel(f, "tcp_local");
    assert_int_equal(
        conf_set(f->conf, "channel.tcp_*.maxjobs", "0", &f->created),
        SCHED_ERR_CONFIGURATION);
    assert_int_equal(f->created.errors_count, 1);

    static char too_long[40000];
    memset(too_long, 'x', sizeof too_long - 1);
    assert_int_equal(
        conf_set(f->conf, "channel.tcp_local.daemon", too_long, NULL),
        SCHED_ERR_CONFIGURATION);
    assert_memory_equal(&before, conf_fixture_channel(f, "tcp_local"),
                        sizeof before);
}

static void
test_conf_override_live_expandlimit_needs_somebody_to_expand(void **state)
{
    struct conf_fixture *f = *state;

    conf_fixture_init(f, "a\nh\n", CONF_FIXTURE_JOBS);
    conf_fixture_must_load(f);
    assert_int_equal(conf_set(f->conf, "channel.a.expandlimit", "5", NULL),
                     SCHED_ERR_CONFIGURATION);
    assert_int_equal(conf_set(f->conf, "channel.a.holdlimit", "5", NULL),
                     SCHED_ERR_CONFIGURATION);
    assert_int_equal(conf_channel(f->conf, 0)->expandlimit, CONF_NO_LIMIT);
    assert_int_equal(conf_channel(f->conf, 0)->holdlimit, CONF_NO_LIMIT);
}

static int
setup(void **state)
{
    static struct conf_fixture fixture;

    conf_fixture_init(&fixture, NULL, NULL);
    *state = &fixture;
    return 0;
}

static int
teardown(void **state)
{
    conf_fixture_free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_conf_override_beats_the_channel_line),
        TEST(test_conf_override_of_each_family_is_applied),
        TEST(test_conf_override_wildcard_applies_to_all_that_match),
        TEST(test_conf_override_wildcard_spares_what_cannot_have_it),
        TEST(test_conf_override_general_backoff_leaves_specific_ones),
        TEST(test_conf_override_takes_quoted_and_iso_durations),
        TEST(test_conf_override_choices_go_by_either_name),
        TEST(test_conf_override_unlimited_takes_a_limit_away),
        TEST(test_conf_override_wrong_paths_get_the_nearest),
        TEST(test_conf_override_wrong_values_name_form_and_range),
        TEST(test_conf_override_junk_paths_are_errors),
        TEST(test_conf_override_live_changes_are_seen_at_once),
        TEST(test_conf_override_live_change_refused_changes_nothing),
        TEST(test_conf_override_live_expandlimit_needs_somebody_to_expand),
    };
    return cmocka_run_group_tests_name("conf_override", tests, NULL, NULL);
}
