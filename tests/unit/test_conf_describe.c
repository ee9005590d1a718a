/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_conf_describe.c - the effective configuration as rows; memory
 *
 * Pinned: the sample of a whole installation, the form of the rows, that each
 * described value is accepted back as an override, and that every allocation
 * may fail.
 */
#include <stdbool.h>
#include <string.h>

#include "scheduler/core/text.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/support.h"

#define S_NS(n) ((n)*INT64_C(1000000000))

static const char channels[] =
    "! imta.cnf (channel part)\n"
    "defaults notices 1 2 4 7 immnonurgent maxjobs 7 logging\n"
    "\n"
    "l defragment pool DEFAULT\n"
    "mail.example.org\n"
    "\n"
    "ims-ms pool IMS_POOL maxjobs 2 backoff \"pt5m\" \"pt10m\" \"pt30m\" "
    "\"pt1h\" \"pt2h\"\n"
    "ims-ms-daemon\n"
    "\n"
    "tcp_local smtp mx single_sys pool SMTP_POOL threaddepth 10 maxjobs 8 "
    "expandlimit 100 transactionlimit 50\n"
    "tcp-daemon\n"
    "\n"
    "tcp_bulk smtp mx single_sys pool BULK_POOL threaddepth 64 maxjobs 3 "
    "nonurgentblocklimit 2048 normalbackoff \"pt1h\" \"pt4h\" \"p1d\"\n"
    "tcp-bulk-daemon\n"
    "\n"
    "tcp_relay smtp daemon relay.example.net pool SMTP_POOL threaddepth 5 "
    "maxjobs 4\n"
    "tcp-relay-daemon\n"
    "\n"
    "reprocess pool DEFAULT\n"
    "reprocess-daemon\n"
    "\n"
    "process pool DEFAULT\n"
    "process-daemon\n";

static const char jobs[] = "! job_controller.cnf\n"
                           "tcp_port=27442\n"
                           "secret=change-me\n"
                           "slave_command=NULL\n"
                           "max_life_age=1800\n"
                           "max_life_conns=300\n"
                           "max_messages=50000\n"
                           "synch_time=02:00\n"
                           "!\n"
                           "[POOL=DEFAULT]\n"
                           "job_limit=6\n"
                           "[POOL=SMTP_POOL]\n"
                           "job_limit=12\n"
                           "[POOL=BULK_POOL]\n"
                           "job_limit=3\n"
                           "[POOL=IMS_POOL]\n"
                           "job_limit=2\n"
                           "!\n"
                           "[CHANNEL=ims-ms]\n"
                           "master_command=lib/ims_master\n"
                           "max_life_age=14400\n"
                           "[CHANNEL=tcp_*]\n"
                           "anon_host=0\n"
                           "master_command=lib/tcp_smtp_client\n"
                           "[CHANNEL=tcp_relay]\n"
                           "anon_host=1\n"
                           "master_command=lib/tcp_smtp_client\n"
                           "[CHANNEL=reprocess]\n"
                           "master_command=lib/reprocess\n"
                           "!\n"
                           "[PERIODIC_JOB=return]\n"
                           "command=lib/return_job\n"
                           "time=00:30/24:00\n"
                           "[PERIODIC_JOB=post]\n"
                           "command=lib/post_job\n"
                           "time=00:00/04:00\n";

static struct conf_fixture *
load(void **state)
{
    struct conf_fixture *fixture = *state;

    conf_fixture_init(fixture, channels, jobs);
    conf_fixture_must_load(fixture);
    return fixture;
}

static void
assert_row(const struct conf_fixture *fixture, const char *path,
           const char *value, const char *unit, const char *origin)
{
    struct sched_setting row = conf_fixture_setting(fixture, path);

    assert_string_equal(row.value, value);
    assert_string_equal(row.unit, unit);
    assert_string_equal(row.origin, origin);
}

static void
test_conf_describe_sample_loads_with_two_warnings(void **state)
{
    struct conf_fixture *f = load(state);

    /* Nobody delivers for l and process. */
    assert_int_equal(f->created.warnings_count, 2);
    assert_int_equal(conf_channels_count(f->conf), 7);
    assert_int_equal(conf_pools_count(f->conf), 4);
    assert_int_equal(conf_fixture_channel(f, "tcp_relay")->has_host_queues, 0);
    assert_int_equal(conf_fixture_channel(f, "tcp_bulk")->has_host_queues, 1);
    assert_int_equal(conf_fixture_channel(f, "tcp_bulk")->blocklimit[2], 2048);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->expandchannel, 5);
    assert_int_equal(conf_fixture_channel(f, "ims-ms")->max_life_age_ns,
                     S_NS(14400));
    assert_int_equal(conf_options(f->conf)->max_messages, 50000);
}

static void
test_conf_describe_rows_say_value_unit_and_origin(void **state)
{
    struct conf_fixture *f = load(state);

    assert_row(f, "channel.tcp_local.threaddepth", "10", "messages",
               "imta.cnf:10:45");
    assert_row(f, "channel.tcp_local.max_client_threads", "10", "threads",
               "built-in");
    assert_row(f, "channel.tcp_local.pool", "SMTP_POOL", "", "imta.cnf:10:30");
    assert_row(f, "channel.tcp_relay.daemon", "relay.example.net", "",
               "imta.cnf:16:16");
    assert_row(f, "channel.tcp_local.splitting", "single_sys", "",
               "imta.cnf:10:19");
    assert_row(f, "channel.tcp_local.urgentnotices", "1 2 4 7", "d",
               "imta.cnf:2:10");
    assert_row(f, "channel.ims-ms.nonurgentbackoff",
               "pt5m pt10m pt30m pt1h pt2h", "ns", "imta.cnf:7:32");
    assert_row(f, "channel.tcp_bulk.normalbackoff", "pt1h pt4h p1d", "ns",
               "imta.cnf:13:94");
    assert_row(f, "channel.tcp_local.host_queues", "1", "", "built-in");
    assert_row(f, "channel.process.has_master", "0", "", "built-in");
    assert_row(f, "job.ims-ms.max_life_age", "pt4h", "ns",
               "job_controller.cnf:21:1");
    assert_row(f, "job.reprocess.max_life_age", "pt30m", "ns",
               "job_controller.cnf:5:1");
    assert_row(f, "pool.SMTP_POOL.job_limit", "12", "jobs",
               "job_controller.cnf:13:1");
    assert_row(f, "option.return_time", "00:30/24:00", "ns",
               "job_controller.cnf:33:1");
    assert_row(f, "option.start_policy", "edge", "", "built-in");
}

static void
test_conf_describe_numbers_are_in_ns_for_durations(void **state)
{
    struct conf_fixture *f = load(state);
    struct sched_setting row =
        conf_fixture_setting(f, "channel.tcp_bulk.normalbackoff");

    assert_int_equal(row.type, SCHED_SETTING_DURATION);
    assert_int_equal(row.numbers_count, 3);
    assert_int_equal(row.numbers[0], S_NS(3600));
    assert_int_equal(row.numbers[2], S_NS(86400));
    row = conf_fixture_setting(f, "channel.l.normalnotices");
    assert_int_equal(row.type, SCHED_SETTING_LIST);
    assert_int_equal(row.numbers_count, 4);
    assert_int_equal(row.numbers[3], 7);
    row = conf_fixture_setting(f, "channel.l.maxjobs");
    assert_int_equal(row.type, SCHED_SETTING_INTEGER);
    assert_int_equal(row.numbers[0], 7);
    row = conf_fixture_setting(f, "channel.l.direction");
    assert_int_equal(row.type, SCHED_SETTING_CHOICE);
    assert_int_equal(row.numbers_count, 0);
}

/* is_row_of - whether a row is one of `family`, named `name` (or unnamed) */
static bool
is_row_of(const struct sched_setting *row, const char *family, const char *name)
{
    char prefix[64];
    struct text_out out;

    text_out_init(&out, prefix, sizeof prefix);
    text_format(&out, name ? "%s.%s." : "%s.", family, name);
    return strncmp(row->path, prefix, out.length) == 0;
}

/* skip_rows - past the rows of one owner; there is at least one */
static void
skip_rows(const struct conf *conf, uint32_t *index, const char *family,
          const char *name)
{
    struct sched_setting row = {.owner = 0};
    uint32_t first = *index;

    while (conf_describe(conf, *index, &row) == SCHED_OK &&
           is_row_of(&row, family, name)) {
        assert_true(row.help[0] != '\0' && row.origin[0] != '\0');
        assert_true(strlen(row.help) < sizeof row.help - 1);
        assert_true(strlen(row.unit) < sizeof row.unit - 1);
        (*index)++;
    }
    assert_true(*index > first);
}

static void
test_conf_describe_rows_come_by_channel_then_pool_then_option(void **state)
{
    struct conf_fixture *f = load(state);
    struct sched_setting row = {.owner = 0};
    uint32_t index = 0;

    for (uint32_t i = 0; i < conf_channels_count(f->conf); i++) {
        const char *name = conf_channel(f->conf, i)->name;

        assert_int_equal(conf_describe(f->conf, index, &row), SCHED_OK);
        assert_int_equal(row.owner, i);
        skip_rows(f->conf, &index, "channel", name);
        skip_rows(f->conf, &index, "job", name);
    }
    for (uint32_t i = 0; i < conf_pools_count(f->conf); i++) {
        assert_int_equal(conf_describe(f->conf, index, &row), SCHED_OK);
        assert_int_equal(row.owner, i);
        skip_rows(f->conf, &index, "pool", conf_pool(f->conf, i)->name);
    }
    assert_int_equal(conf_describe(f->conf, index, &row), SCHED_OK);
    assert_int_equal(row.owner, SCHED_NONE);
    skip_rows(f->conf, &index, "option", NULL);
    assert_int_equal(conf_describe(f->conf, index, &row), SCHED_END);
    assert_int_equal(conf_describe(f->conf, UINT32_MAX, &row), SCHED_END);
}

static void
test_conf_describe_values_are_accepted_back(void **state)
{
    struct conf_fixture *f = load(state);
    struct sched_setting row = {.owner = 0};
    struct sched_setting again = {.owner = 0};

    for (uint32_t i = 0; conf_describe(f->conf, i, &row) == SCHED_OK; i++) {
        if (!row.is_overridable || row.value[0] == '\0' ||
            strcmp(row.path, "channel.l.expandlimit") == 0 ||
            strcmp(row.path, "channel.reprocess.expandlimit") == 0 ||
            strcmp(row.path, "channel.process.expandlimit") == 0) {
            continue;
        }
        if (conf_set(f->conf, row.path, row.value, &f->created) != SCHED_OK) {
            fail_msg("%s = %s: %s", row.path, row.value, f->messages);
        }
        assert_int_equal(conf_describe(f->conf, i, &again), SCHED_OK);
        assert_string_equal(again.value, row.value);
        assert_string_equal(again.origin, "live");
    }
}

static void
test_conf_describe_every_allocation_may_fail(void **state)
{
    struct conf_fixture *f = *state;
    uint32_t fail_at = 0;
    int32_t status = SCHED_OK;

    do {
        conf_fixture_init(f, channels, jobs);
        conf_fixture_text(f, SCHED_TEXT_OPTIONS, "tcp_local_option",
                          "max_client_threads=3\n");
        conf_fixture_override(f, "channel.*.daemon", "other.example");
        f->fail_at = ++fail_at;
        status = conf_fixture_load(f);
        if (status != SCHED_OK) {
            assert_int_equal(status, SCHED_ERR_MEMORY);
            assert_null(f->conf);
            assert_int_equal(f->live_bytes, 0);
        }
    } while (status != SCHED_OK);
    assert_true(fail_at > 2);
    assert_true(f->allocations_count < f->fail_at); /* none was left to fail */
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
        TEST(test_conf_describe_sample_loads_with_two_warnings),
        TEST(test_conf_describe_rows_say_value_unit_and_origin),
        TEST(test_conf_describe_numbers_are_in_ns_for_durations),
        TEST(test_conf_describe_rows_come_by_channel_then_pool_then_option),
        TEST(test_conf_describe_values_are_accepted_back),
        TEST(test_conf_describe_every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("conf_describe", tests, NULL, NULL);
}
