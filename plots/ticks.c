/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/ticks.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sim/kernel/base.h"

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))

/* A step is taken as reached when a value is this share of it short of it:
 * 0.1 + 0.1 + 0.1 is not 0.3. */
#define ROUNDING 1e-9

/* A step may be this share of the wished one, so that 6,500 asked to have 5
 * ticks gets steps of 1,000 and not of 2,000. */
#define STEP_SLACK 0.75

/* Within this ratio a logarithmic axis of time has ticks in between. */
#define FINE_SPAN 100

static void
tick_add(struct ticks *ticks, double at, const char *text)
{
    if (ticks->count < TICKS_MAX) {
        ticks->at[ticks->count] = at;
        snprintf(ticks->text[ticks->count], TICKS_TEXT_SIZE, "%s", text);
        ticks->count++;
    }
}

void
ticks_number_format(char text[TICKS_TEXT_SIZE], double value)
{
    char digits[TICKS_TEXT_SIZE];
    const double size = fabs(value);
    uint32_t length = 0;

    if (size < 999.5) {
        snprintf(text, TICKS_TEXT_SIZE, "%.3g", value);
        return;
    }
    if (size >= 1e15) {
        snprintf(text, TICKS_TEXT_SIZE, "%.2e", value);
        return;
    }
    snprintf(digits, sizeof digits, "%.0f", size);
    const uint32_t count = (uint32_t)strlen(digits);
    if (value < 0) {
        text[length++] = '-';
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            text[length++] = ',';
        }
        text[length++] = digits[i];
    }
    text[length] = '\0';
}

struct time_unit {
    double size_s;
    const char *name;
};

static const struct time_unit time_units[] = {
    {86400, "d"}, {3600, "h"},  {60, "min"},
    {1, "s"},     {1e-3, "ms"}, {1e-6, "us"},
};

static bool
is_in_tenths(double value)
{
    return fabs(value * 10 - round(value * 10)) < 1e-6;
}

void
ticks_time_format(char text[TICKS_TEXT_SIZE], double value_s)
{
    const uint32_t last = COUNT_OF(time_units) - 1;
    uint32_t unit = 0;

    if (value_s <= 0) {
        snprintf(text, TICKS_TEXT_SIZE, "0");
        return;
    }
    while (unit < last && value_s < time_units[unit].size_s * (1 - ROUNDING)) {
        unit++;
    }
    /* 75 s is no 1.2 min; but what no unit says exactly is rounded. */
    if (unit < last && !is_in_tenths(value_s / time_units[unit].size_s) &&
        is_in_tenths(value_s / time_units[unit + 1].size_s)) {
        unit++;
    }
    const double value = value_s / time_units[unit].size_s;
    const double tenths = round(value * 10) / 10;
    const bool is_whole = fabs(tenths - round(tenths)) < 0.05 || value >= 100;
    snprintf(text, TICKS_TEXT_SIZE, "%.*f %s", is_whole ? 0 : 1, value,
             time_units[unit].name);
}

/* step_125 - the least of 1, 2, 5 times a power of ten that is at least
 * `least`. */
static double
step_125(double least)
{
    const double decade = pow(10, floor(log10(least)));
    const double factor = least / decade;
    const double chosen = factor <= 1 + ROUNDING   ? 1
                          : factor <= 2 + ROUNDING ? 2
                          : factor <= 5 + ROUNDING ? 5
                                                   : 10;
    return chosen * decade;
}

void
ticks_linear(struct ticks *ticks, double low, double high, uint32_t wanted)
{
    ASSERT(isfinite(low) && isfinite(high) && low <= high);
    ASSERT(wanted >= 2 && wanted < TICKS_MAX / 2);

    *ticks = (struct ticks){.count = 0};
    const double span = high > low ? high - low : fmax(fabs(high), 1);
    const double step = step_125(span / wanted * STEP_SLACK);
    const double first = floor(low / step + ROUNDING);
    double last = ceil((high > low ? high : low + span) / step - ROUNDING);
    if (last < first + 1) {
        last = first + 1;
    }
    ticks->low = first * step;
    ticks->high = last * step;
    const int steps_count = (int)(last - first + 0.5);
    for (int i = 0; i <= steps_count; i++) {
        char text[TICKS_TEXT_SIZE];
        const double at = (first + i) * step;
        ticks_number_format(text, at);
        tick_add(ticks, at, text);
    }
}

void
ticks_time_linear(struct ticks *ticks, double high_s, uint32_t wanted)
{
    static const double steps_s[] = {
        1e-3,  2e-3,  5e-3,  0.01,  0.02,   0.05,   0.1,    0.2,
        0.5,   1,     2,     5,     10,     15,     30,     60,
        120,   300,   600,   900,   1800,   3600,   7200,   10800,
        14400, 21600, 43200, 86400, 172800, 432000, 864000,
    };
    ASSERT(high_s > 0 && wanted >= 2);

    uint32_t i = 0;
    while (i + 1 < COUNT_OF(steps_s) && steps_s[i] * wanted < high_s) {
        i++;
    }
    double step = steps_s[i];
    if (step * (TICKS_MAX - 2) < high_s) {
        step = step_125(high_s / wanted / 86400) * 86400;
    }
    *ticks = (struct ticks){.low = 0, .high = high_s};
    for (uint32_t n = 0; n * step <= high_s * (1 + ROUNDING); n++) {
        char text[TICKS_TEXT_SIZE];
        /* Between 20 h and 28 h lies 24 h, not 1 d. */
        if (step < 86400 && n * step >= 86400) {
            snprintf(text, TICKS_TEXT_SIZE, "%g h", n * step / 3600);
        } else {
            ticks_time_format(text, n * step);
        }
        tick_add(ticks, n * step, text);
    }
}

void
ticks_log(struct ticks *ticks, double low, double high)
{
    ASSERT(low > 0 && high >= low);

    const double decade_low = floor(log10(low) + ROUNDING);
    const double decade_high = ceil(log10(high) - ROUNDING);
    const double decades = decade_high - decade_low;
    const uint32_t factors_count = decades <= 3 ? 3 : 1;
    const double every = decades > 12 ? ceil(decades / 12) : 1;
    static const double factors[] = {1, 2, 5};

    *ticks = (struct ticks){.low = low, .high = high, .is_log = true};
    const int decades_count = (int)(decades / every);
    for (int d = 0; d <= decades_count; d++) {
        const double decade = pow(10, decade_low + d * every);
        for (uint32_t i = 0; i < factors_count; i++) {
            const double at = factors[i] * decade;
            if (at < low * (1 - ROUNDING) || at > high * (1 + ROUNDING)) {
                continue;
            }
            char text[TICKS_TEXT_SIZE];
            ticks_number_format(text, at);
            tick_add(ticks, at, text);
        }
    }
}

void
ticks_time_log(struct ticks *ticks, double low_s, double high_s)
{
    static const double coarse_s[] = {
        1e-6, 1e-5, 1e-4, 1e-3,  0.01,  0.1,    1,      10,      60,
        300,  1800, 7200, 21600, 86400, 259200, 604800, 2592000, 31536000,
    };
    static const double fine_s[] = {
        1e-6,  1e-5,  1e-4,  1e-3,   2e-3,   5e-3,    0.01,     0.02,
        0.05,  0.1,   0.2,   0.5,    1,      2,       5,        10,
        30,    60,    120,   300,    600,    1800,    3600,     7200,
        14400, 43200, 86400, 172800, 604800, 2592000, 31536000,
    };
    const bool is_fine = high_s / low_s < FINE_SPAN;
    const double *human_s = is_fine ? fine_s : coarse_s;
    const uint32_t last = (is_fine ? COUNT_OF(fine_s) : COUNT_OF(coarse_s)) - 1;
    uint32_t first = 0;
    ASSERT(low_s > 0 && high_s >= low_s);

    while (first < last && human_s[first + 1] <= low_s * (1 + ROUNDING)) {
        first++;
    }
    *ticks = (struct ticks){.is_log = true};
    ticks->low = fmin(human_s[first], low_s);
    ticks->high = fmax(high_s, ticks->low * 2);
    for (uint32_t i = first; i <= last; i++) {
        if (human_s[i] <= ticks->high * (1 + ROUNDING)) {
            char text[TICKS_TEXT_SIZE];
            ticks_time_format(text, human_s[i]);
            tick_add(ticks, human_s[i], text);
        }
    }
}

void
ticks_end(struct ticks *ticks, double last)
{
    while (ticks->count > 0 &&
           ticks->at[ticks->count - 1] > last * (1 + ROUNDING)) {
        ticks->count--;
    }
}
