/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unit.h - texts with units, read exactly
 *
 *     duration      40ms  30s  5m  1h30m  2d  pt30m  p1d  0
 *     bytes         512B  8kB  24KiB  2MB         kB = 1000, KiB = 1024
 *     bit rate      64kbit/s  100Mbit/s  1Gbit/s  unlimited
 *     arrivals      10/s  600/min  2.5/h
 *     probability   0.1%  2000ppm  0.5
 *     number        0.75  1  12
 *     date          2006-03-12T08:00:00Z  2006-03-12
 *     amount        constant(a)  uniform(a, b)  exponential(mean)
 *                   lognormal(median, sigma)  weibull(scale, shape)
 *                   pareto(least, alpha, most); a alone is constant(a)
 *
 * Decimals are scaled as integers: no double, no rounding. A text that is finer
 * than the unit counts (0.1ns) is an error.
 *
 * ERRORS     False, and *why says in a phrase what is wrong ("... is missing a
 *            unit: 30s, 5m"); the place is the caller's.
 * SOURCE     pt30m, p1d: ISO 8601 durations as in channel options. Calendar:
 *            Gregorian, days from civil date by the 400-year cycle.
 */
#ifndef SIM_LAB_UNIT_H
#define SIM_LAB_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"
#include "sim/kernel/variate.h"

#define UNIT_CALL_ARGS_MAX 4
#define UNIT_TEXT_MAX      255 /* longer texts are no amounts */

/* A reader of one unit: text to a count of its smallest unit, >= 0. */
typedef bool unit_fn(const char *text, int64_t *value, const char **why);

MUST_USE bool unit_duration_parse(const char *text, int64_t *ns,
                                  const char **why);
MUST_USE bool unit_bytes_parse(const char *text, int64_t *bytes,
                               const char **why);
MUST_USE bool unit_bit_rate_parse(const char *text, int64_t *bits_per_s,
                                  const char **why); /* unlimited: 0 */
MUST_USE bool unit_arrivals_parse(const char *text,
                                  int64_t *thousandths_per_hour,
                                  const char **why);
MUST_USE bool unit_probability_parse(const char *text, int64_t *ppm,
                                     const char **why);
MUST_USE bool unit_integer_parse(const char *text, int64_t *value,
                                 const char **why);
MUST_USE bool unit_number_parse(const char *text, int64_t *millionths,
                                const char **why);
/* A number or a percentage, in millionths: what shares are weighed by. */
MUST_USE bool unit_weight_parse(const char *text, int64_t *millionths,
                                const char **why);
/* Civil time without zone, ns since 1970-01-01T00:00; years 1970 to 2199. */
MUST_USE bool unit_date_parse(const char *text, int64_t *ns, const char **why);

/* An amount; its parameters are read by `unit`. */
MUST_USE bool unit_variate_parse(const char *text, unit_fn *unit,
                                 struct variate *variate, const char **why);

/* "name(a, b, c)" or "name" taken apart; texts live in `buffer`. */
struct unit_call {
    const char *name;
    const char *args[UNIT_CALL_ARGS_MAX];
    uint32_t args_count;
    char buffer[UNIT_TEXT_MAX + 1];
};

MUST_USE bool unit_call_parse(const char *text, struct unit_call *call,
                              const char **why);

/* "word rest" to the rest, without blanks before it; NULL: other word. */
const char *unit_word_skip(const char *text, const char *word);

#endif
