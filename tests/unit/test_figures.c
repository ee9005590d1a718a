/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_figures.c - numbers as people read them
 *
 * Pinned: units and digits of times, what stands where there is no value.
 */
#include <stdio.h>

#include "sim/cmd/figures.h"
#include "sim/kernel/base.h"
#include "tests/support/support.h"

static const char *
duration(double seconds)
{
    static _Thread_local char text[FIGURES_SIZE];

    figures_duration(text, seconds);
    return text;
}

static void
test_figures_durations_have_three_digits_and_a_unit_that_fits(void **state)
{
    (void)state;
    assert_string_equal(duration(0), "0 s");
    assert_string_equal(duration(0.0000425), "42.5 us");
    assert_string_equal(duration(0.35), "350 ms");
    assert_string_equal(duration(1.2345), "1.23 s");
    assert_string_equal(duration(119.6), "120 s");
    assert_string_equal(duration(270), "4.5 min");
    assert_string_equal(duration(14400), "4 h");
    assert_string_equal(duration(7 * 86400.0), "7 d");
}

static void
test_figures_what_is_beyond_the_horizon_says_so(void **state)
{
    char text[FIGURES_SIZE];

    (void)state;
    figures_time(text, (struct metric_value){METRIC_BEYOND, 0},
                 4 * NS_PER_HOUR);
    assert_string_equal(text, "> 4 h");
    figures_time(text, (struct metric_value){METRIC_UNDEFINED, 0}, NS_PER_HOUR);
    assert_string_equal(text, "-");
    figures_metric(text, metric_get("throughput"),
                   (struct metric_value){METRIC_DEFINED, 12.34}, NS_PER_HOUR);
    assert_string_equal(text, "12.3 msg/s");
}

static void
test_figures_tables_are_set_right_but_for_the_first_column(void **state)
{
    struct figures_table table;
    char text[64] = "";
    FILE *out = tmpfile();

    (void)state;
    assert_non_null(out);
    figures_table_init(&table, 2);
    figures_table_text(&table, "a");
    figures_table_i64(&table, 1000);
    figures_table_text(&table, "b\xc2\xb1"
                               "c"); /* three columns wide */
    figures_table_i64(&table, 7);
    figures_table_end(&table, 1, out);
    rewind(out);
    text[fread(text, 1, sizeof text - 1, out)] = '\0';
    fclose(out);
    assert_string_equal(text, " a    1000\n b\xc2\xb1"
                              "c     7\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_figures_durations_have_three_digits_and_a_unit_that_fits),
        cmocka_unit_test(test_figures_what_is_beyond_the_horizon_says_so),
        cmocka_unit_test(
            test_figures_tables_are_set_right_but_for_the_first_column),
    };
    return cmocka_run_group_tests_name("figures", tests, NULL, NULL);
}
