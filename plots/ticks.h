/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ticks.h - axis ranges, tick positions, and numbers as people read them
 *
 * Linear axes step by 1, 2 or 5 times a power of ten; times step by what a
 * clock shows (1, 2, 5, 10, 15, 30 s; minutes; hours; days). A logarithmic time
 * axis has ticks at 1, 10, 100 ms, 1 s, 10 s, 1 min, 5 min, 30 min, 2 h, 6 h,
 * 1 d, 3 d and so on. Nothing here asks the locale.
 *
 * UNITS      Times are seconds, as double: these are for drawing only.
 */
#ifndef PLOTS_TICKS_H
#define PLOTS_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#define TICKS_MAX       24
#define TICKS_TEXT_SIZE 32

struct ticks {
    double low; /* the range of the axis */
    double high;
    bool is_log;
    double at[TICKS_MAX];
    char text[TICKS_MAX][TICKS_TEXT_SIZE];
    uint32_t count;
};

/* "1,500", "0.25", "-3": up to 3 significant decimals below 10, separated
 * thousands. */
void ticks_number_format(char text[TICKS_TEXT_SIZE], double value);

/* "250 ms", "1.5 s", "75 s", "4 h", "2 d": the largest unit that leaves at
 * least 1, or the next smaller one where only that is exact; one decimal at
 * most. */
void ticks_time_format(char text[TICKS_TEXT_SIZE], double value_s);

/* From low to high, rounded outwards to the step; about `wanted` ticks. */
void ticks_linear(struct ticks *ticks, double low, double high,
                  uint32_t wanted);
/* From 0 to exactly `high_s`, in one unit of the clock. */
void ticks_time_linear(struct ticks *ticks, double high_s, uint32_t wanted);
/* Powers of ten, with 2 and 5 where there are few decades. low > 0. */
void ticks_log(struct ticks *ticks, double low, double high);
/* Human times on a logarithmic axis; the range is widened to the next tick
 * below low_s, and to `high_s` itself above. low_s > 0. */
void ticks_time_log(struct ticks *ticks, double low_s, double high_s);
/* No ticks above this; the range stays. */
void ticks_end(struct ticks *ticks, double last);

#endif
