/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_settings.c - what a scheduler describes, in the models' own terms
 *
 * The scheduler is a table of rows here; only `describe` is ever called.
 */
#include "models/mta/settings.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"

/* One row, as little of it as a test needs. */
struct row {
    const char *path;
    const char *value;
    const char *unit;
    uint32_t type;
    uint32_t owner;
    uint32_t numbers_count;
    int64_t numbers[SCHED_SETTING_NUMBERS_MAX];
};

/* A table of rows; it ends where a path is NULL, or never. */
struct table {
    const struct row *rows;
    bool is_endless;
};

static int32_t
describe(const void *self, uint32_t index, struct sched_setting *setting)
{
    const struct table *table = self;

    if (table->is_endless && index > 0) {
        index = 1;
    }
    const struct row *row = &table->rows[index];
    if (row->path == NULL) {
        return SCHED_END;
    }
    snprintf(setting->path, sizeof setting->path, "%s", row->path);
    snprintf(setting->value, sizeof setting->value, "%s",
             row->value == NULL ? "" : row->value);
    snprintf(setting->unit, sizeof setting->unit, "%s",
             row->unit == NULL ? "" : row->unit);
    setting->type = row->type;
    setting->owner = row->owner;
    setting->numbers_count = row->numbers_count;
    memcpy(setting->numbers, row->numbers, sizeof row->numbers);
    return SCHED_OK;
}

static const struct sched_object object = {.describe = describe};

/* read - whether the rows make settings; errors are left in diag */
static bool
read_rows(const struct table *table, struct settings *settings,
          struct diag *diag)
{
    diag_init(diag);
    return settings_read(settings, &object, table, "fake.so", diag);
}

#define INTEGER(PATH, OWNER, N)                                                \
    {                                                                          \
        .path = PATH, .type = SCHED_SETTING_INTEGER, .owner = OWNER,           \
        .numbers_count = 1, .numbers = {                                       \
            N                                                                  \
        }                                                                      \
    }
#define TEXT(PATH, OWNER, VALUE)                                               \
    {                                                                          \
        .path = PATH, .value = VALUE, .type = SCHED_SETTING_TEXT,              \
        .owner = OWNER                                                         \
    }
#define ENOUGH(NAME, OWNER, POOL)                                              \
    TEXT("channel." NAME ".pool", OWNER, POOL),                                \
        INTEGER("channel." NAME ".maxjobs", OWNER, 4),                         \
        INTEGER("channel." NAME ".max_client_threads", OWNER, 10)

static void
test_settings_channels_and_pools_are_read(void **state)
{
    const struct row rows[] = {
        ENOUGH("l", 0, "DEFAULT"),
        ENOUGH("tcp_local", 1, "SMTP_POOL"),
        INTEGER("channel.tcp_local.threaddepth", 1, 5),
        INTEGER("channel.tcp_local.attempt_transactions_per_session", 1, 9),
        INTEGER("channel.tcp_local.host_queues", 1, 1),
        TEXT("channel.tcp_local.daemon", 1, "smart.example"),
        INTEGER("job.tcp_local.maxjobs", 1, 77), /* another family */
        INTEGER("pool.DEFAULT.job_limit", 0, 10),
        INTEGER("pool.SMTP_POOL.job_limit", 1, 3),
        {NULL, 0, 0, 0, 0, 0, {0}}};
    const struct table table = {rows, false};
    struct settings settings;
    struct diag diag;

    (void)state;
    assert_true(read_rows(&table, &settings, &diag));
    assert_int_equal(settings.programs_count, 2);
    const struct program_params *tcp = &settings.programs[1];
    assert_string_equal(tcp->name, "tcp_local");
    assert_string_equal(tcp->daemon, "smart.example");
    assert_int_equal(tcp->maxjobs, 4);
    assert_int_equal(tcp->threads_max, 10);
    assert_int_equal(tcp->threaddepth, 5);
    assert_int_equal(tcp->transactions_per_session, 9);
    assert_true(tcp->has_host_queues);
    assert_false(settings.programs[0].has_host_queues);
    assert_int_equal(settings.pools[settings.programs[0].pool].job_limit, 10);
    assert_int_equal(settings.pools[tcp->pool].job_limit, 3);
    assert_int_equal(settings_channel(&settings, "tcp_local"), 1);
    assert_int_equal(settings_channel(&settings, "tcp"), UINT32_MAX);
    assert_false(settings.is_host_open);
    settings_free(&settings);
    diag_free(&diag);
}

static void
test_settings_lists_keep_order_and_unit(void **state)
{
    const struct row rows[] = {ENOUGH("a", 0, "P"),
                               {.path = "channel.a.normalbackoff",
                                .type = SCHED_SETTING_DURATION,
                                .numbers_count = 3,
                                .numbers = {5, 7, 6}},
                               {.path = "channel.a.urgentnotices",
                                .type = SCHED_SETTING_LIST,
                                .unit = "h",
                                .numbers_count = 2,
                                .numbers = {12, 24}},
                               {.path = "channel.a.nonurgentnotices",
                                .type = SCHED_SETTING_LIST,
                                .unit = "d",
                                .numbers_count = 1,
                                .numbers = {3}},
                               {.path = "channel.a.normalnotices",
                                .type = SCHED_SETTING_DURATION,
                                .unit = "d", /* ns all the same */
                                .numbers_count = 1,
                                .numbers = {NS_PER_DAY}},
                               INTEGER("pool.P.job_limit", 0, 1),
                               TEXT("option.affinity", SCHED_NONE, "priority"),
                               {NULL, 0, 0, 0, 0, 0, {0}}};
    const struct table table = {rows, false};
    struct settings settings;
    struct diag diag;

    (void)state;
    assert_true(read_rows(&table, &settings, &diag));
    const struct retry_params *retry = settings.programs[0].retry;
    assert_int_equal(retry[1].intervals_count, 3);
    assert_int_equal(retry[1].interval_ns[0], 5);
    assert_int_equal(retry[1].interval_ns[2], 6);
    assert_int_equal(retry[0].intervals_count, 0);
    assert_int_equal(retry[0].notices_count, 2);
    assert_int_equal(retry[0].notice_age_ns[1], 24 * NS_PER_HOUR);
    assert_int_equal(retry[2].notice_age_ns[0], 3 * NS_PER_DAY);
    assert_int_equal(retry[1].notice_age_ns[0], NS_PER_DAY);
    assert_true(settings.is_host_open);
    settings_free(&settings);
    diag_free(&diag);
}

static void
test_settings_a_long_pool_name_is_found(void **state)
{
#define LONG "A_POOL_WITH_A_NAME_OF_MORE_THAN_THIRTY_ONE_LETTERS"
    const struct row rows[] = {ENOUGH("a", 0, LONG),
                               ENOUGH("b", 1, LONG "_2"),
                               INTEGER("pool." LONG ".job_limit", 0, 1),
                               INTEGER("pool." LONG "_2.job_limit", 0, 2),
                               {NULL, 0, 0, 0, 0, 0, {0}}};
    const struct table table = {rows, false};
    struct settings settings;
    struct diag diag;

    (void)state;
    assert_true(read_rows(&table, &settings, &diag));
    assert_int_equal(settings.programs[0].pool, 0);
    assert_int_equal(settings.programs[1].pool, 1);
    settings_free(&settings);
    diag_free(&diag);
}

/* is_refused - with this one row left out, the channel is named */
static void
is_refused_without(uint32_t missing)
{
    const struct row all[] = {ENOUGH("a", 0, "P"),
                              INTEGER("pool.P.job_limit", 0, 1)};
    enum { ALL = sizeof all / sizeof all[0] };
    struct row rows[ALL] = {{0}};
    const struct table table = {rows, false};
    struct settings settings;
    struct diag diag;
    uint32_t n = 0;

    for (uint32_t i = 0; i < ALL; i++) {
        if (i != missing) {
            rows[n++] = all[i];
        }
    }
    assert_false(read_rows(&table, &settings, &diag));
    assert_int_equal(diag.errors_count, 1);
    assert_non_null(strstr(diag.text, "fake.so: error:"));
    assert_non_null(strstr(diag.text, "channel a"));
    settings_free(&settings);
    diag_free(&diag);
}

static void
test_settings_what_a_host_must_know_is_asked_for(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        is_refused_without(i);
    }
}

static void
test_settings_no_channel_at_all_is_refused(void **state)
{
    const struct row rows[] = {INTEGER("pool.P.job_limit", 0, 1),
                               {NULL, 0, 0, 0, 0, 0, {0}}};
    const struct table table = {rows, false};
    struct settings settings;
    struct diag diag;

    (void)state;
    assert_false(read_rows(&table, &settings, &diag));
    assert_non_null(strstr(diag.text, "at least one channel"));
    settings_free(&settings);
    diag_free(&diag);
}

static void
test_settings_a_wrong_owner_makes_no_channels(void **state)
{
    const struct row rows[] = {ENOUGH("a", 0, "P"),
                               INTEGER("channel.b.maxjobs", SCHED_NONE - 1, 1),
                               INTEGER("channel.c.maxjobs", SCHED_NONE, 1),
                               INTEGER("pool.P.job_limit", 0, 1),
                               {NULL, 0, 0, 0, 0, 0, {0}}};
    const struct table table = {rows, false};
    struct settings settings;
    struct diag diag;

    (void)state;
    assert_true(read_rows(&table, &settings, &diag));
    assert_int_equal(settings.programs_count, 1);
    settings_free(&settings);
    diag_free(&diag);
}

static void
test_settings_a_table_without_end_is_left(void **state)
{
    const struct row rows[] = {INTEGER("pool.P.job_limit", 0, 1),
                               INTEGER("channel.a.maxjobs", 0, 1)};
    const struct table table = {rows, true};
    struct settings settings;
    struct diag diag;

    (void)state;
    assert_false(read_rows(&table, &settings, &diag)); /* and it comes back */
    settings_free(&settings);
    diag_free(&diag);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_channels_and_pools_are_read),
        cmocka_unit_test(test_settings_lists_keep_order_and_unit),
        cmocka_unit_test(test_settings_a_long_pool_name_is_found),
        cmocka_unit_test(test_settings_what_a_host_must_know_is_asked_for),
        cmocka_unit_test(test_settings_no_channel_at_all_is_refused),
        cmocka_unit_test(test_settings_a_wrong_owner_makes_no_channels),
        cmocka_unit_test(test_settings_a_table_without_end_is_left),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
