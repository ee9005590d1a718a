/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * civil.c - calendar arithmetic; see civil.h
 *
 * Years are counted from March, so that the leap day is the last of its year,
 * and in eras of 400 years, each 146097 days long.
 */
#include "sim/kernel/civil.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAYS_PER_ERA      146097
#define DAYS_0000_TO_1970 719468 /* from 0000-03-01 to 1970-01-01 */

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr",
                                        "May", "Jun", "Jul", "Aug",
                                        "Sep", "Oct", "Nov", "Dec"};

static bool
is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t
days_in_month(int32_t year, int32_t month)
{
    static const int8_t days[12] = {31, 28, 31, 30, 31, 30,
                                    31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool
civil_is_valid(const struct civil *civil)
{
    return civil->year >= CIVIL_YEAR_MIN && civil->year <= CIVIL_YEAR_MAX &&
           civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= days_in_month(civil->year, civil->month) &&
           civil->hour >= 0 && civil->hour < 24 && civil->minute >= 0 &&
           civil->minute < 60 && civil->second >= 0 && civil->second < 60 &&
           civil->nanosecond >= 0 && civil->nanosecond < NS_PER_S;
}

int64_t
civil_to_ns(const struct civil *civil)
{
    ASSERT(civil_is_valid(civil));

    /* All years are positive here, so division rounds as it should. */
    const int64_t year = civil->month <= 2 ? civil->year - 1 : civil->year;
    const int64_t era = year / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t month = (civil->month + 9) % 12; /* March is 0 */
    const int64_t day_of_year = (153 * month + 2) / 5 + civil->day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    const int64_t days = era * DAYS_PER_ERA + day_of_era - DAYS_0000_TO_1970;

    return days * NS_PER_DAY + civil->hour * NS_PER_HOUR +
           civil->minute * NS_PER_MIN + civil->second * NS_PER_S +
           civil->nanosecond;
}

/* floor_div - rounds down, also below zero; for divisor > 0 */
static int64_t
floor_div(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

struct civil
civil_from_ns(int64_t wall_ns)
{
    const int64_t days_1970 = floor_div(wall_ns, NS_PER_DAY);
    const int64_t in_day = wall_ns - days_1970 * NS_PER_DAY;
    const int64_t days = days_1970 + DAYS_0000_TO_1970; /* > 0: after 1677 */
    const int64_t era = days / DAYS_PER_ERA;
    const int64_t day_of_era = days - era * DAYS_PER_ERA;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                                 day_of_era / 36524 - day_of_era / 146096) /
                                365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month = (5 * day_of_year + 2) / 153; /* March is 0 */

    return (struct civil){
        .year = (int32_t)(year_of_era + era * 400 + (month >= 10)),
        .month = (int32_t)(month < 10 ? month + 3 : month - 9),
        .day = (int32_t)(day_of_year - (153 * month + 2) / 5 + 1),
        .hour = (int32_t)(in_day / NS_PER_HOUR),
        .minute = (int32_t)(in_day / NS_PER_MIN % 60),
        .second = (int32_t)(in_day / NS_PER_S % 60),
        .nanosecond = (int32_t)(in_day % NS_PER_S),
    };
}

int32_t
civil_weekday(int64_t wall_ns)
{
    /* 1970-01-01 was a Thursday. */
    const int64_t days = floor_div(wall_ns, NS_PER_DAY) + 4;

    return (int32_t)(days - floor_div(days, 7) * 7);
}

const char *
civil_month_name(int32_t month)
{
    ASSERT(month >= 1 && month <= 12);
    return month_names[month - 1];
}

int32_t
civil_month_find(const char *text)
{
    for (int32_t month = 0; month < 12; month++) {
        bool is_same = true;

        for (int i = 0; i < 3 && is_same; i++) {
            /* ASCII letters of two cases differ in this bit alone. */
            is_same = (text[i] | 0x20) == (month_names[month][i] | 0x20);
        }
        if (is_same) {
            return month + 1;
        }
    }
    return 0;
}

/* digits - exactly `count` digits as a number; false: there are not as many */
static bool
digits(const char **at, int count, int32_t *value)
{
    int32_t sum = 0;

    for (int i = 0; i < count; i++) {
        const char c = (*at)[i];

        if (c < '0' || c > '9') {
            return false;
        }
        sum = sum * 10 + (c - '0');
    }
    *at += count;
    *value = sum;
    return true;
}

/* fraction - the digits after the point as ns; what is finer is dropped */
static bool
fraction(const char **at, int32_t *nanosecond)
{
    int32_t unit_ns = 100000000;
    int32_t sum = 0;
    const char *p = *at;

    while (*p >= '0' && *p <= '9') {
        sum += (*p - '0') * unit_ns;
        unit_ns /= 10;
        p++;
    }
    if (p == *at) {
        return false;
    }
    *at = p;
    *nanosecond = sum;
    return true;
}

static bool
time_of_day(const char **at, struct civil *civil)
{
    if (!digits(at, 2, &civil->hour) || *(*at)++ != ':' ||
        !digits(at, 2, &civil->minute)) {
        return false;
    }
    if (**at == ':') {
        ++*at;
        if (!digits(at, 2, &civil->second)) {
            return false;
        }
        if (**at == '.') {
            ++*at;
            return fraction(at, &civil->nanosecond);
        }
    }
    return true;
}

/* zone - Z, an offset, or nothing */
static bool
zone(const char **at, int64_t *offset_ns)
{
    const char sign = **at;
    int32_t hours = 0;
    int32_t minutes = 0;

    *offset_ns = 0;
    if (sign == 'Z' || sign == 'z') {
        ++*at;
    } else if (sign == '+' || sign == '-') {
        ++*at;
        if (!digits(at, 2, &hours) || *(*at)++ != ':' ||
            !digits(at, 2, &minutes) || hours > 23 || minutes > 59) {
            return false;
        }
        *offset_ns = hours * NS_PER_HOUR + minutes * NS_PER_MIN;
        if (sign == '-') {
            *offset_ns = -*offset_ns;
        }
    }
    return true;
}

bool
civil_parse(const char *text, int64_t *wall_ns, int64_t *offset_ns,
            const char **end)
{
    struct civil civil = {0};
    int64_t offset = 0;
    const char *at = text;

    if (!digits(&at, 4, &civil.year) || *at++ != '-' ||
        !digits(&at, 2, &civil.month) || *at++ != '-' ||
        !digits(&at, 2, &civil.day)) {
        return false;
    }
    /* A blank may also be the end of a bare date: only digits make it ours. */
    if (*at == 'T' || *at == 't' ||
        (*at == ' ' && at[1] >= '0' && at[1] <= '9')) {
        at++;
        if (!time_of_day(&at, &civil) || !zone(&at, &offset)) {
            return false;
        }
    }
    if (!civil_is_valid(&civil)) {
        return false;
    }
    *wall_ns = civil_to_ns(&civil);
    *offset_ns = offset;
    *end = at;
    return true;
}

void
civil_format(int64_t wall_ns, char text[CIVIL_TEXT_SIZE])
{
    const struct civil c = civil_from_ns(wall_ns);
    int used = snprintf(text, CIVIL_TEXT_SIZE,
                        "%04" PRId32 "-%02" PRId32 "-%02" PRId32 "T%02" PRId32
                        ":%02" PRId32 ":%02" PRId32 ".%09" PRId32,
                        c.year, c.month, c.day, c.hour, c.minute, c.second,
                        c.nanosecond);

    ASSERT(used > 0 && used < CIVIL_TEXT_SIZE - 1);
    while (text[used - 1] == '0') { /* ends at the point at the latest */
        used--;
    }
    if (text[used - 1] == '.') {
        used--;
    }
    memcpy(text + used, "Z", 2);
}
