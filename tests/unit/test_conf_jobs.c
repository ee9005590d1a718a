/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_conf_jobs.c - job_controller.cnf: globals, pools, sections
 *
 * Pinned: which section serves which channel, what is inherited, the built-in
 * values, and that channels nobody delivers for are warned of.
 */
#include <string.h>

#include "scheduler/core/text.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/support.h"

#define S_NS(n) ((n)*INT64_C(1000000000))

static struct conf_fixture *
load(void **state, const char *channels, const char *jobs)
{
    struct conf_fixture *fixture = *state;

    conf_fixture_init(fixture, channels, jobs);
    conf_fixture_must_load(fixture);
    return fixture;
}

static struct conf_fixture *
refuse(void **state, const char *channels, const char *jobs)
{
    struct conf_fixture *fixture = *state;

    conf_fixture_init(fixture, channels, jobs);
    assert_int_equal(conf_fixture_load(fixture), SCHED_ERR_CONFIGURATION);
    return fixture;
}

static const char *
command_of(const struct conf_fixture *fixture, const char *channel)
{
    static char value[192];
    char path[96];
    struct text_out out;

    text_out_init(&out, path, sizeof path);
    text_format(&out, "job.%s.master_command", channel);
    memcpy(value, conf_fixture_setting(fixture, path).value, sizeof value);
    return value;
}

static void
test_conf_jobs_exact_beats_longest_prefix_beats_shorter(void **state)
{
    struct conf_fixture *f = load(state,
                                  "tcp_local\nh\n\ntcp_bulk\nh\n\n"
                                  "tcp_b\nh\n\nother\nh\n\nTCP_X\nh\n",
                                  "[POOL=DEFAULT]\n"
                                  "[CHANNEL=*]\nmaster_command=any\n"
                                  "[CHANNEL=tcp_*]\nmaster_command=tcp\n"
                                  "[CHANNEL=tcp_b*]\nmaster_command=b\n"
                                  "[CHANNEL=tcp_b*]\nmaster_command=late\n"
                                  "[CHANNEL=tcp_b]\nmaster_command=exact\n");

    assert_string_equal(command_of(f, "tcp_local"), "tcp");
    assert_string_equal(command_of(f, "tcp_bulk"), "b");
    assert_string_equal(command_of(f, "tcp_b"), "exact");
    assert_string_equal(command_of(f, "other"), "any");
    assert_string_equal(command_of(f, "TCP_X"), "tcp");
}

static void
test_conf_jobs_global_options_are_inherited(void **state)
{
    struct conf_fixture *f =
        load(state, "a\nh\n\nb\nh\n",
             "max_life_age = 60\nMAX_LIFE_CONNS=5\njob_limit=3\n"
             "thread_idle=2m\nmaster_command=bin/any thing\n"
             "[POOL=P]\n[POOL=Q]\njob_limit=4\n"
             "[CHANNEL=a]\nmax_life_age=0\njob_idle=0\n"
             "[CHANNEL=b]\n");
    const struct conf_channel *a = conf_fixture_channel(f, "a");
    const struct conf_channel *b = conf_fixture_channel(f, "b");

    assert_int_equal(a->max_life_age_ns, 0);
    assert_int_equal(b->max_life_age_ns, S_NS(60));
    assert_int_equal(a->max_life_conns, 5);
    assert_int_equal(a->thread_idle_ns, S_NS(120));
    assert_int_equal(a->job_idle_ns, 0);
    assert_int_equal(b->job_idle_ns, S_NS(60));
    assert_int_equal(a->has_master, 1);
    assert_string_equal(command_of(f, "b"), "bin/any thing");
    assert_int_equal(conf_pools_count(f->conf), 2);
    assert_int_equal(conf_pool(f->conf, 0)->job_limit, 3);
    assert_int_equal(conf_pool(f->conf, 1)->job_limit, 4);
    assert_string_equal(conf_pool(f->conf, 1)->name, "Q");
}

static void
test_conf_jobs_builtin_values(void **state)
{
    struct conf_fixture *f =
        load(state, "a\nh\n", "[POOL=P]\n[CHANNEL=a]\nmaster_command=m\n");
    const struct conf_channel *a = conf_fixture_channel(f, "a");
    const struct conf_options *options = conf_options(f->conf);

    assert_int_equal(a->max_life_age_ns, S_NS(1800));
    assert_int_equal(a->max_life_conns, 300);
    assert_int_equal(a->thread_idle_ns, S_NS(30));
    assert_int_equal(a->job_idle_ns, S_NS(60));
    assert_int_equal(conf_pool(f->conf, 0)->job_limit, 10);
    assert_int_equal(options->max_messages, 100000);
    assert_int_equal(options->block_size, 1024);
    assert_int_equal(options->rebuild_parallel_channel, 12);
    assert_int_equal(options->start_policy, CONF_START_EDGE);
    assert_int_equal(options->affinity, CONF_AFFINITY_HOST);
    assert_int_equal(options->compat, CONF_COMPAT_GUIDE);
    assert_int_equal(options->return_first_ns, S_NS(1800));
    assert_int_equal(options->return_period_ns, S_NS(86400));
    assert_int_equal(options->post_first_ns, 0);
    assert_int_equal(options->post_period_ns, S_NS(14400));
    assert_int_equal(options->synch_period_ns, S_NS(14400));
}

static void
test_conf_jobs_hours_run_the_return_job_hourly(void **state)
{
    struct conf_fixture *f =
        load(state, "a notices 2\nh\n",
             "return_units=1\n[POOL=P]\n[CHANNEL=a]\nmaster_command=m\n");

    assert_int_equal(conf_options(f->conf)->return_first_ns, S_NS(1800));
    assert_int_equal(conf_options(f->conf)->return_period_ns, S_NS(3600));
    assert_int_equal(conf_channel(f->conf, 0)->notices[1].ns[0], S_NS(7200));
    assert_string_equal(conf_fixture_setting(f, "channel.a.normalnotices").unit,
                        "h");
}

static void
test_conf_jobs_global_options_are_read(void **state)
{
    struct conf_fixture *f =
        load(state, "a\nh\n",
             "! all of them\nDEBUG=0\ntcp_port=27442\nsecret=never mind\n"
             "START_POLICY=edge-capped\nAffinity=priority\ncompat=product\n"
             "max_messages=50\nsynch_time=02:00\nblock_size=512\n"
             "rebuild_parallel_channel=1\nnormal_block_limit=9\n"
             "[POOL=P]\n[CHANNEL=a]\nmaster_command=m\n"
             "[PERIODIC_JOB=return]\ncommand=lib/return\n"
             "time=01:15/12:00\n"
             "[PERIODIC_JOB=post]\ntime=00:10/01:00\n"
             "[PERIODIC_JOB=snapshot]\ntime=00:10/01:00\n");
    const struct conf_options *options = conf_options(f->conf);

    assert_string_equal(f->messages, "");
    assert_int_equal(options->start_policy, CONF_START_EDGE_CAPPED);
    assert_int_equal(options->affinity, CONF_AFFINITY_PRIORITY);
    assert_int_equal(options->compat, CONF_COMPAT_PRODUCT);
    assert_int_equal(options->max_messages, 50);
    assert_int_equal(options->synch_first_ns, S_NS(7200));
    assert_int_equal(options->synch_period_ns, S_NS(7200));
    assert_int_equal(options->block_size, 512);
    assert_int_equal(options->return_first_ns, S_NS(4500));
    assert_int_equal(options->return_period_ns, S_NS(43200));
    assert_int_equal(options->post_first_ns, S_NS(600));
    assert_int_equal(options->post_period_ns, S_NS(3600));
    assert_int_equal(conf_channel(f->conf, 0)->blocklimit[1], 9);
}

static void
test_conf_jobs_first_pool_serves_channels_that_name_none(void **state)
{
    struct conf_fixture *f =
        load(state, "a\nh\n\nb pool q\nh\n",
             "[POOL=P]\n[POOL=Q]\n[CHANNEL=*]\nmaster_command=m\n");

    assert_int_equal(conf_fixture_channel(f, "a")->pool, 0);
    assert_int_equal(conf_fixture_channel(f, "b")->pool, 1);
}

static void
test_conf_jobs_pool_names_have_eleven_characters_at_most(void **state)
{
    load(state, "a\nh\n", "[POOL=ELEVEN_CHAR]\n[CHANNEL=a]\n");
    conf_fixture_free(*state);
    struct conf_fixture *f =
        refuse(state, "a\nh\n", "[POOL=TWELVE_CHARS]\n[CHANNEL=a]\n");

    assert_non_null(strstr(f->messages,
                           "job_controller.cnf:1:7: error: expected a pool's "
                           "name of 1 to 11 letters, digits, _ or -, found "
                           "'TWELVE_CHARS'; choose a shorter one\n"));
}

static void
test_conf_jobs_unknown_pool_is_an_error_with_the_nearest(void **state)
{
    struct conf_fixture *f =
        refuse(state, "a pool SMTP_POL\nh\n",
               "[POOL=DEFAULT]\n[POOL=SMTP_POOL]\n[CHANNEL=a]\n");

    assert_non_null(strstr(f->messages,
                           "imta.cnf:1:3: error: expected a pool of "
                           "job_controller.cnf, found 'SMTP_POL'; did you mean "
                           "SMTP_POOL\n"));
}

static void
test_conf_jobs_channels_without_a_program_are_warned_of(void **state)
{
    struct conf_fixture *f =
        load(state, "a\nh\n\nb\nh\n\nc slave\nh\n\nd\nh\n",
             "master_command=any\n[POOL=P]\n"
             "[CHANNEL=b]\nmaster_command=NULL\n[CHANNEL=d]\n");

    assert_int_equal(conf_fixture_channel(f, "a")->has_master, 0);
    assert_int_equal(conf_fixture_channel(f, "b")->has_master, 0);
    assert_int_equal(conf_fixture_channel(f, "c")->has_master, 0);
    assert_int_equal(conf_fixture_channel(f, "d")->has_master, 1);
    assert_int_equal(f->created.warnings_count, 2);
    assert_non_null(strstr(f->messages, "imta.cnf:1:1: warning: expected a "
                                        "section [CHANNEL=a]"));
    assert_non_null(strstr(f->messages,
                           "job_controller.cnf:4:1: warning: expected a "
                           "master_command for b"));
}

static void
test_conf_jobs_anon_host_joins_the_hosts(void **state)
{
    struct conf_fixture *f =
        load(state, "tcp_a\nh\n\ntcp_b\nh\n",
             "[POOL=P]\n[CHANNEL=tcp_*]\nmaster_command=m\nanon_host=1\n"
             "[CHANNEL=tcp_b]\nmaster_command=m\nanon_host=0\n");

    assert_int_equal(conf_fixture_channel(f, "tcp_a")->has_host_queues, 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_b")->has_host_queues, 1);
    assert_int_equal(conf_fixture_channel(f, "tcp_a")->max_client_threads, 10);
}

static void
test_conf_jobs_options_in_the_wrong_section_warn(void **state)
{
    struct conf_fixture *f =
        load(state, "a\nh\n",
             "[POOL=P]\nmaster_command=m\n[CHANNEL=a]\nmaster_command=m\n"
             "job_limit=3\nmax_messages=20\nmax_lif_age=3\n");

    assert_int_equal(f->created.warnings_count, 4);
    assert_int_equal(conf_options(f->conf)->max_messages, 100000);
    assert_non_null(strstr(f->messages,
                           "job_controller.cnf:7:1: warning: expected an "
                           "option, found 'max_lif_age'; did you mean "
                           "max_life_age?\n"));
}

static void
test_conf_jobs_says_all_errors_at_once(void **state)
{
    struct conf_fixture *f =
        refuse(state, "a\nh\n",
               "max_messages=9\nsynch_time=00:29\nnonsense\n[POOL=P]\n"
               "[POOL=p]\n[POL=X]\n[CHANNEL=a*b]\n[POOL=\n"
               "[CHANNEL=a]\nmaster_command=\nmax_life_age=-1\n");

    assert_int_equal(f->created.errors_count, 9);
    assert_non_null(strstr(f->messages, "job_controller.cnf:1:14: error: "
                                        "max_messages: expected a whole number "
                                        "from 10 to 1000000000, found '9'"));
    assert_non_null(strstr(f->messages, "job_controller.cnf:2:12: error: "
                                        "synch_time: expected HH:MM"));
    assert_non_null(strstr(f->messages, "job_controller.cnf:10:1: error: "
                                        "master_command: expected"));
}

static void
test_conf_jobs_without_a_pool_is_an_error(void **state)
{
    refuse(state, "a\nh\n", "");
    refuse(state, "a\nh\n", "[CHANNEL=a]\nmaster_command=m");
}

static void
test_conf_jobs_strict_wants_the_periodic_job_that_mail_waits_for(void **state)
{
    static const char jobs[] = "[POOL=P]\n[CHANNEL=*]\nmaster_command=m\n";
    struct conf_fixture *f = *state;

    conf_fixture_init(f, "a\nh\n", jobs);
    f->is_strict = 1;
    assert_int_equal(conf_fixture_load(f), SCHED_ERR_CONFIGURATION);
    conf_fixture_init(f, "a immnonurgent\nh\n", jobs);
    f->is_strict = 1;
    conf_fixture_must_load(f);
    conf_fixture_free(f);
    conf_fixture_init(f, "a\nh\n", jobs);
    f->is_strict = 1;
    conf_fixture_override(f, "option.post_time", "00:00/02:00");
    conf_fixture_must_load(f);
    assert_int_equal(conf_options(f->conf)->post_period_ns, S_NS(7200));
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
        TEST(test_conf_jobs_exact_beats_longest_prefix_beats_shorter),
        TEST(test_conf_jobs_global_options_are_inherited),
        TEST(test_conf_jobs_builtin_values),
        TEST(test_conf_jobs_hours_run_the_return_job_hourly),
        TEST(test_conf_jobs_global_options_are_read),
        TEST(test_conf_jobs_first_pool_serves_channels_that_name_none),
        TEST(test_conf_jobs_pool_names_have_eleven_characters_at_most),
        TEST(test_conf_jobs_unknown_pool_is_an_error_with_the_nearest),
        TEST(test_conf_jobs_channels_without_a_program_are_warned_of),
        TEST(test_conf_jobs_anon_host_joins_the_hosts),
        TEST(test_conf_jobs_options_in_the_wrong_section_warn),
        TEST(test_conf_jobs_says_all_errors_at_once),
        TEST(test_conf_jobs_strict_wants_the_periodic_job_that_mail_waits_for),
        TEST(test_conf_jobs_without_a_pool_is_an_error),
    };
    return cmocka_run_group_tests_name("conf_jobs", tests, NULL, NULL);
}
