/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_civil.c - the calendar against days counted by hand and by a naive loop
 */
#include "sim/kernel/civil.h"
#include "tests/support/support.h"

#include <string.h>

static void
test_civil_known_instants(void **state)
{
    (void)state;
    /* date -u -d 2006-03-12T08:00:00Z +%s, and so on */
    static const struct {
        const char *text;
        int64_t s;
    } known[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59Z", -1},
        {"2006-03-12T08:00:00Z", 1142150400},
        {"2000-02-29T12:00:00Z", 951825600},
        {"2100-03-01T00:00:00Z", 4107542400},
        {"1900-03-01T00:00:00Z", -2203891200},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char text[CIVIL_TEXT_SIZE];
        int64_t wall_ns = 0;
        int64_t offset_ns = 1;
        const char *end = NULL;

        assert_true(civil_parse(known[i].text, &wall_ns, &offset_ns, &end));
        assert_int_equal(wall_ns, known[i].s * NS_PER_S);
        assert_int_equal(offset_ns, 0);
        assert_int_equal(*end, 0);
        civil_format(wall_ns, text);
        assert_string_equal(text, known[i].text);
    }
}

/* The naive calendar: one day after the other, from a known Thursday. */
static void
test_civil_every_day_of_six_centuries_follows_the_one_before(void **state)
{
    (void)state;
    static const int32_t lengths[12] = {31, 28, 31, 30, 31, 30,
                                        31, 31, 30, 31, 30, 31};
    struct civil day = {.year = CIVIL_YEAR_MIN, .month = 1, .day = 1};
    int64_t wall_ns = civil_to_ns(&day);
    int32_t weekday = civil_weekday(wall_ns);

    assert_int_equal(weekday, 6); /* 1678-01-01 was a Saturday */
    while (day.year <= CIVIL_YEAR_MAX) {
        const struct civil back = civil_from_ns(wall_ns);
        const bool is_leap =
            (day.year % 4 == 0 && day.year % 100 != 0) || day.year % 400 == 0;
        const int32_t length =
            day.month == 2 && is_leap ? 29 : lengths[day.month - 1];

        assert_int_equal(civil_to_ns(&day), wall_ns);
        assert_int_equal(back.year, day.year);
        assert_int_equal(back.month, day.month);
        assert_int_equal(back.day, day.day);
        assert_int_equal(back.hour, 0);
        assert_int_equal(civil_weekday(wall_ns), weekday);
        weekday = (weekday + 1) % 7;
        wall_ns += NS_PER_DAY;
        if (++day.day > length) {
            day.day = 1;
            if (++day.month > 12) {
                day.month = 1;
                day.year++;
            }
        }
    }
}

static void
test_civil_fractions_and_offsets_are_read(void **state)
{
    (void)state;
    char text[CIVIL_TEXT_SIZE];
    int64_t wall_ns = 0;
    int64_t offset_ns = 0;
    const char *end = NULL;

    assert_true(civil_parse("2006-03-12T08:00:01.125-03:30 host", &wall_ns,
                            &offset_ns, &end));
    assert_int_equal(wall_ns, 1142150401 * NS_PER_S + 125 * NS_PER_MS);
    assert_int_equal(offset_ns, -(3 * NS_PER_HOUR + 30 * NS_PER_MIN));
    assert_string_equal(end, " host");
    civil_format(wall_ns, text);
    assert_string_equal(text, "2006-03-12T08:00:01.125Z");
    assert_true(civil_parse("2006-03-12", &wall_ns, &offset_ns, &end));
    assert_int_equal(wall_ns, 1142121600 * NS_PER_S);
    assert_true(civil_parse("2006-03-12 08:00", &wall_ns, &offset_ns, &end));
    assert_int_equal(wall_ns, 1142150400 * NS_PER_S);
}

static void
test_civil_what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2006",
        "2006-3-12",
        "2006-13-01",
        "2006-00-01",
        "2006-02-29",
        "2100-02-29",
        "2006-03-12T",
        "2006-03-12T8:00",
        "2006-03-12T24:00:00",
        "2006-03-12T08:60:00",
        "2006-03-12T08:00:60",
        "2006-03-12T08:00:00.",
        "2006-03-12T08:00:00+1",
        "2006-03-12T08:00:00+24:00",
        "1677-12-31",
        "2262-01-01",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t wall_ns = 7;
        int64_t offset_ns = 7;
        const char *end = NULL;

        assert_false(civil_parse(bad[i], &wall_ns, &offset_ns, &end));
        assert_int_equal(wall_ns, 7);
    }
}

static void
test_civil_months_are_found_by_name(void **state)
{
    (void)state;
    for (int32_t month = 1; month <= 12; month++) {
        assert_int_equal(civil_month_find(civil_month_name(month)), month);
    }
    assert_int_equal(civil_month_find("mar"), 3);
    assert_int_equal(civil_month_find("DECEMBER"), 12);
    assert_int_equal(civil_month_find("Mai"), 0);
    assert_int_equal(civil_month_find("Ja"), 0);
    assert_int_equal(civil_month_find(""), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_civil_known_instants),
        cmocka_unit_test(
            test_civil_every_day_of_six_centuries_follows_the_one_before),
        cmocka_unit_test(test_civil_fractions_and_offsets_are_read),
        cmocka_unit_test(test_civil_what_is_no_date_is_refused),
        cmocka_unit_test(test_civil_months_are_found_by_name),
    };

    return cmocka_run_group_tests_name("civil", tests, NULL, NULL);
}
