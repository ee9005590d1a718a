/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_conf_duration.c - durations and times of day
 *
 * Pinned: the ISO 8601 form with its fixed lengths, what it refuses, the plain
 * form of overrides, and how a duration is written back.
 */
#include "scheduler/core/conf_duration.h"
#include "tests/support/support.h"

static int64_t
seconds_of(const char *text)
{
    int64_t ns = 0;

    if (!conf_duration_parse(text_of(text), &ns)) {
        return -1;
    }
    assert_int_equal(ns % 1000000000, 0);
    return ns / 1000000000;
}

static int64_t
plain_seconds_of(const char *text)
{
    int64_t ns = 0;

    return conf_duration_parse_plain(text_of(text), &ns) ? ns / 1000000000 : -1;
}

static void
test_conf_duration_m_is_months_before_t_and_minutes_after(void **state)
{
    (void)state;
    assert_int_equal(seconds_of("p1m"), 30 * 86400);
    assert_int_equal(seconds_of("pt1m"), 60);
    assert_int_equal(seconds_of("p1mt1m"), 30 * 86400 + 60);
}

static void
test_conf_duration_units_have_fixed_lengths(void **state)
{
    (void)state;
    assert_int_equal(seconds_of("P1Y"), 365 * 86400);
    assert_int_equal(seconds_of("p1w"), 7 * 86400);
    assert_int_equal(seconds_of("p2d"), 2 * 86400);
    assert_int_equal(seconds_of("PT16H"), 16 * 3600);
    assert_int_equal(seconds_of("pt5s"), 5);
    assert_int_equal(seconds_of("P1Y2M3W4DT5H6M7S"),
                     ((365 + 60 + 21 + 4) * 24 + 5) * 3600 + 6 * 60 + 7);
}

static void
test_conf_duration_fields_have_no_carry_limit(void **state)
{
    (void)state;
    assert_int_equal(seconds_of("p1dt12h"), 36 * 3600);
    assert_int_equal(seconds_of("pt36h"), 36 * 3600);
    assert_int_equal(seconds_of("pt120m"), 7200);
}

static void
test_conf_duration_refuses_what_is_no_duration(void **state)
{
    static const char *const wrong[] = {
        "",      "p",     "pt",      "p1dt",   "30m",   "1d",   "p1",
        "pt1",   "p1h",   "pt1d",    "pt1m1h", "p1d1d", "p-1d", "p+1d",
        "p1.5d", "pt1h ", "p1dtt1h", "x1d",    "p d",   "p1d2", "pt1h1h"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (seconds_of(wrong[i]) != -1) {
            fail_msg("'%s' was taken for a duration", wrong[i]);
        }
    }
}

static void
test_conf_duration_ends_at_ten_years(void **state)
{
    (void)state;
    assert_int_equal(seconds_of("p10y"), 3650 * 86400);
    assert_int_equal(seconds_of("p10yt1s"), -1);
    assert_int_equal(seconds_of("p999999999y"), -1);
    assert_int_equal(seconds_of("pt99999999999s"), -1);
}

static void
test_conf_duration_plain_needs_no_p(void **state)
{
    (void)state;
    assert_int_equal(plain_seconds_of("30s"), 30);
    assert_int_equal(plain_seconds_of("30m"), 1800);
    assert_int_equal(plain_seconds_of("1h30m"), 5400);
    assert_int_equal(plain_seconds_of("2d"), 172800);
    assert_int_equal(plain_seconds_of("1w"), 604800);
    assert_int_equal(plain_seconds_of("30"), -1);
    assert_int_equal(plain_seconds_of("30m1h"), -1);
    assert_int_equal(plain_seconds_of("ms"), -1);
}

static void
test_conf_duration_is_written_as_it_could_be_read(void **state)
{
    static const char *const same[] = {"p1d",     "pt30m", "p1dt12h",
                                       "pt1h30m", "pt5s",  "p2dt3h4m5s"};
    char buffer[32];
    struct text_out out;

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        int64_t ns = 0;

        assert_true(conf_duration_parse(text_of(same[i]), &ns));
        text_out_init(&out, buffer, sizeof buffer);
        conf_duration_format(&out, ns);
        assert_string_equal(buffer, same[i]);
    }
}

static void
test_conf_clock_goes_to_24_00(void **state)
{
    int64_t ns = 0;

    (void)state;
    assert_true(conf_clock_parse(text_of("00:30"), &ns));
    assert_int_equal(ns, 1800 * INT64_C(1000000000));
    assert_true(conf_clock_parse(text_of("24:00"), &ns));
    assert_int_equal(ns, 86400 * INT64_C(1000000000));
    assert_false(conf_clock_parse(text_of("24:01"), &ns));
    assert_false(conf_clock_parse(text_of("12:60"), &ns));
    assert_false(conf_clock_parse(text_of("1:30"), &ns));
    assert_false(conf_clock_parse(text_of("+1:30"), &ns));
    assert_false(conf_clock_parse(text_of("01:+3"), &ns));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_conf_duration_m_is_months_before_t_and_minutes_after),
        cmocka_unit_test(test_conf_duration_units_have_fixed_lengths),
        cmocka_unit_test(test_conf_duration_fields_have_no_carry_limit),
        cmocka_unit_test(test_conf_duration_refuses_what_is_no_duration),
        cmocka_unit_test(test_conf_duration_ends_at_ten_years),
        cmocka_unit_test(test_conf_duration_plain_needs_no_p),
        cmocka_unit_test(test_conf_duration_is_written_as_it_could_be_read),
        cmocka_unit_test(test_conf_clock_goes_to_24_00),
    };
    return cmocka_run_group_tests_name("conf_duration", tests, NULL, NULL);
}
