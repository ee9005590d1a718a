/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * civil.h - calendar arithmetic: a wall clock's reading and its ns, both ways
 *
 * An instant of civil time is ns since 1970-01-01T00:00:00 on a wall clock of
 * some place. There are no zones, no summer time and no leap seconds in it: a
 * day is 86400 s, and where an offset is written it is given to the caller.
 *
 * UNITS      ns; years are proleptic Gregorian, CIVIL_YEAR_MIN to
 *            CIVIL_YEAR_MAX, which int64_t ns can hold whole.
 * ERRORS     What was written by people goes through civil_is_valid() or a
 *            parser, which answer false. civil_to_ns() of anything else is a
 *            bug.
 * COST       O(1).
 * SOURCE     Days from civil and back: H. Hinnant, "chrono-Compatible
 *            Low-Level Date Algorithms", 2013. Text: RFC 3339, section 5.6.
 */
#ifndef SIM_KERNEL_CIVIL_H
#define SIM_KERNEL_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"

#define CIVIL_YEAR_MIN 1678
#define CIVIL_YEAR_MAX 2261

/* "2006-03-12T08:00:00.123456789Z" and NUL. */
#define CIVIL_TEXT_SIZE 31

struct civil {
    int32_t year;
    int32_t month;  /* 1 to 12 */
    int32_t day;    /* 1 to 31 */
    int32_t hour;   /* 0 to 23 */
    int32_t minute; /* 0 to 59 */
    int32_t second; /* 0 to 59 */
    int32_t nanosecond;
};

/* Is it a day of the calendar and a time of that day? */
MUST_USE bool civil_is_valid(const struct civil *civil);

int64_t civil_to_ns(const struct civil *civil); /* a valid one */
struct civil civil_from_ns(int64_t wall_ns);

/* 0 Sunday to 6 Saturday. */
int32_t civil_weekday(int64_t wall_ns);

/* "Jan" to "Dec", for 1 to 12. */
const char *civil_month_name(int32_t month);

/* The month whose English name begins so (any case, three letters are read).
 * 0: none. */
int32_t civil_month_find(const char *text);

/*
 * Reads "2006-03-12", then optionally "T08:00" (or t, or a blank), ":00",
 * ".123", then "Z", "+01:00" or nothing. Gives the reading of the clock and
 * its offset from UTC (0 where none is written); *end is the first character
 * that was not used. False: no such date; outputs untouched.
 */
MUST_USE bool civil_parse(const char *text, int64_t *wall_ns,
                          int64_t *offset_ns, const char **end);

/* "2006-03-12T08:00:00Z"; a fraction only where there is one, without trailing
 * zeros. */
void civil_format(int64_t wall_ns, char text[CIVIL_TEXT_SIZE]);

#endif
