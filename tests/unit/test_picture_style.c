/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

#include "plots/style.h"
#include "plots/ticks.h"

static void
assert_number(double value, const char *expected)
{
    char text[TICKS_TEXT_SIZE];
    ticks_number_format(text, value);
    assert_string_equal(text, expected);
}

static void
test_ticks_numbers_have_separated_thousands(void **state)
{
    (void)state;
    assert_number(0, "0");
    assert_number(0.25, "0.25");
    assert_number(999, "999");
    assert_number(999.6, "1,000");
    assert_number(1500, "1,500");
    assert_number(-1234567, "-1,234,567");
    assert_number(100000, "100,000");
}

static void
assert_time(double value_s, const char *expected)
{
    char text[TICKS_TEXT_SIZE];
    ticks_time_format(text, value_s);
    assert_string_equal(text, expected);
}

static void
test_ticks_times_are_said_as_people_say_them(void **state)
{
    (void)state;
    assert_time(0, "0");
    assert_time(0.1, "100 ms");
    assert_time(0.0015, "1.5 ms");
    assert_time(1, "1 s");
    assert_time(59.9, "59.9 s");
    assert_time(60, "1 min");
    assert_time(75, "75 s"); /* 1.25 min would need two decimals */
    assert_time(90, "1.5 min");
    assert_time(100.123, "1.7 min");
    assert_time(1800, "30 min");
    assert_time(14400, "4 h");
    assert_time(86400, "1 d");
}

static void
test_ticks_linear_step_by_one_two_or_five(void **state)
{
    static const struct {
        double low, high, range_low, range_high, step;
    } cases[] = {
        {0, 170, 0, 200, 50},      {0, 1782, 0, 2000, 500},
        {0, 0.7, 0, 0.8, 0.2},     {-30, 70, -40, 80, 20},
        {0, 8700, 0, 10000, 2000}, {0, 3, 0, 3, 0.5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ticks ticks;
        ticks_linear(&ticks, cases[i].low, cases[i].high, 5);
        assert_true(fabs(ticks.low - cases[i].range_low) < 1e-9);
        assert_true(fabs(ticks.high - cases[i].range_high) < 1e-9);
        assert_true(fabs(ticks.at[1] - ticks.at[0] - cases[i].step) < 1e-9);
        assert_true(fabs(ticks.at[ticks.count - 1] - ticks.high) < 1e-9);
    }
}

static void
test_ticks_of_one_value_still_have_a_range(void **state)
{
    struct ticks ticks;
    (void)state;
    ticks_linear(&ticks, 0, 0, 5);
    assert_true(ticks.high > ticks.low);
    assert_true(ticks.count >= 2);
}

static void
test_ticks_of_simulated_time_follow_the_clock(void **state)
{
    struct ticks ticks;
    (void)state;
    ticks_time_linear(&ticks, 14400, 8);
    assert_int_equal(ticks.count, 9); /* every half hour of four */
    assert_string_equal(ticks.text[1], "30 min");
    assert_string_equal(ticks.text[8], "4 h");
    ticks_time_linear(&ticks, 7 * 86400.0, 8);
    assert_int_equal(ticks.count, 8);
    assert_string_equal(ticks.text[7], "7 d");
    ticks_time_linear(&ticks, 3000 * 86400.0, 8); /* beyond the table */
    assert_true(ticks.count >= 4 && ticks.count < TICKS_MAX);
}

static void
test_ticks_of_latency_are_human_times(void **state)
{
    static const char *const expected[] = {"100 ms", "1 s",    "10 s", "1 min",
                                           "5 min",  "30 min", "2 h"};
    struct ticks ticks;
    (void)state;
    ticks_time_log(&ticks, 0.3, 14400);
    assert_int_equal(ticks.count, 7);
    for (uint32_t i = 0; i < 7; i++) {
        assert_string_equal(ticks.text[i], expected[i]);
    }
    assert_true(fabs(ticks.low - 0.1) < 1e-9);
    assert_true(fabs(ticks.high - 14400) < 1e-9);
}

/* Never more than a decade apart, up to a year: a reader can tell 1 h from 3. */
static void
test_ticks_of_long_times_are_near_enough(void **state)
{
    static const char *const expected[] = {
        "10 s", "1 min", "5 min", "30 min", "2 h", "6 h", "1 d", "3 d", "7 d"};
    struct ticks ticks;
    (void)state;
    ticks_time_log(&ticks, 10, 10 * 86400.0);
    assert_int_equal(ticks.count, 9);
    for (uint32_t i = 0; i < 9; i++) {
        assert_string_equal(ticks.text[i], expected[i]);
    }
    ticks_time_log(&ticks, 1e-6, 31536000);
    for (uint32_t i = 1; i < ticks.count; i++) {
        assert_true(ticks.at[i] / ticks.at[i - 1] < 12.5);
    }
    assert_true(fabs(ticks.at[ticks.count - 1] - 31536000) < 1);
}

static void
test_ticks_end_where_they_are_told_to(void **state)
{
    struct ticks ticks;
    (void)state;
    ticks_time_log(&ticks, 10, 86400);
    ticks_end(&ticks, 7200);
    assert_string_equal(ticks.text[ticks.count - 1], "2 h");
    assert_true(fabs(ticks.high - 86400) < 1e-9);
}

static void
test_ticks_of_a_narrow_range_lie_closer(void **state)
{
    struct ticks ticks;
    (void)state;
    ticks_time_log(&ticks, 48, 336);
    assert_int_equal(ticks.count, 4);
    assert_string_equal(ticks.text[0], "30 s");
    assert_string_equal(ticks.text[1], "1 min");
    assert_string_equal(ticks.text[2], "2 min");
    assert_string_equal(ticks.text[3], "5 min");
    assert_true(fabs(ticks.low - 30) < 1e-9);
    assert_true(fabs(ticks.high - 336) < 1e-9);
}

static void
test_style_spread_moves_only_what_is_too_near(void **state)
{
    double at[] = {100, 10, 104, 200};
    (void)state;
    style_spread(at, 4, 16, 0, 300);
    assert_true(fabs(at[1] - 10) < 1e-9);
    assert_true(fabs(at[3] - 200) < 1e-9);
    /* The two keep their middle, 102, and stand 16 apart. */
    assert_true(fabs(at[0] - 94) < 1e-9);
    assert_true(fabs(at[2] - 110) < 1e-9);
}

static void
test_style_spread_keeps_ties_in_order_and_inside(void **state)
{
    double at[] = {300, 300, 300, 299};
    (void)state;
    style_spread(at, 4, 16, 0, 300);
    assert_true(fabs(at[3] - 252) < 1e-9);
    assert_true(fabs(at[0] - 268) < 1e-9);
    assert_true(fabs(at[1] - 284) < 1e-9);
    assert_true(fabs(at[2] - 300) < 1e-9);
}

static void
test_style_spread_never_overlaps_or_leaves(void **state)
{
    uint64_t random = 1;
    (void)state;
    for (uint32_t round = 0; round < 2000; round++) {
        double at[STYLE_SERIES_MAX];
        for (uint32_t i = 0; i < STYLE_SERIES_MAX; i++) {
            at[i] = (double)test_random_below(&random, 336);
        }
        style_spread(at, STYLE_SERIES_MAX, 17, 0, 336);
        for (uint32_t i = 0; i < STYLE_SERIES_MAX; i++) {
            assert_true(at[i] >= -1e-9 && at[i] <= 336 + 1e-9);
            for (uint32_t j = 0; j < i; j++) {
                assert_true(fabs(at[i] - at[j]) >= 17 - 1e-9);
            }
        }
    }
}

static void
test_style_spread_shares_what_room_there_is(void **state)
{
    double at[] = {5, 5, 5};
    (void)state;
    style_spread(at, 3, 17, 0, 20);
    assert_true(fabs(at[0]) < 1e-9);
    assert_true(fabs(at[1] - 10) < 1e-9);
    assert_true(fabs(at[2] - 20) < 1e-9);
}

static void
test_style_text_that_fits_is_left_alone(void **state)
{
    char text[STYLE_TEXT_SIZE];
    (void)state;
    style_text_fit(text, "healthy link", 13, 200);
    assert_string_equal(text, "healthy link");
}

static void
test_style_text_is_cut_between_characters(void **state)
{
    char text[STYLE_TEXT_SIZE];
    (void)state;
    for (int width = 10; width < 120; width++) {
        style_text_fit(text,
                       "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc"
                       "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc"
                       "\xc3\xa4\xc3\xb6\xc3\xbc",
                       13, width);
        const size_t length = strlen(text);
        assert_true(length >= 3);
        assert_string_equal(text + length - 3, "...");
        assert_int_equal((length - 3) % 2, 0); /* whole letters */
        assert_true(length == 3 || style_text_width_px(text, 13) <= width);
    }
}

static void
test_style_text_of_any_length_is_cut(void **state)
{
    char text[STYLE_TEXT_SIZE];
    char endless[5000];
    (void)state;
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    style_text_fit(text, endless, 13, 1e9);
    assert_int_equal(strlen(text), STYLE_TEXT_SIZE - 1);
    style_text_fit(text, endless, 13, 100);
    assert_true(style_text_width_px(text, 13) <= 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticks_numbers_have_separated_thousands),
        cmocka_unit_test(test_ticks_times_are_said_as_people_say_them),
        cmocka_unit_test(test_ticks_linear_step_by_one_two_or_five),
        cmocka_unit_test(test_ticks_of_one_value_still_have_a_range),
        cmocka_unit_test(test_ticks_of_simulated_time_follow_the_clock),
        cmocka_unit_test(test_ticks_of_latency_are_human_times),
        cmocka_unit_test(test_ticks_of_long_times_are_near_enough),
        cmocka_unit_test(test_ticks_end_where_they_are_told_to),
        cmocka_unit_test(test_ticks_of_a_narrow_range_lie_closer),
        cmocka_unit_test(test_style_spread_moves_only_what_is_too_near),
        cmocka_unit_test(test_style_spread_keeps_ties_in_order_and_inside),
        cmocka_unit_test(test_style_spread_never_overlaps_or_leaves),
        cmocka_unit_test(test_style_spread_shares_what_room_there_is),
        cmocka_unit_test(test_style_text_that_fits_is_left_alone),
        cmocka_unit_test(test_style_text_is_cut_between_characters),
        cmocka_unit_test(test_style_text_of_any_length_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
