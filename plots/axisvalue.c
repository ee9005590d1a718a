/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/axisvalue.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

#define WORD_SIZE    32
#define MINUTES_MOST 52560000 /* a hundred years: longer is no interval */

/*
 * interval_s - seconds of "pt1h30m", "P1W", "p2d"; -1: no such interval. No
 * years and months: they have no one length.
 */
static int64_t
interval_s(const char *text)
{
    int64_t total = 0;
    bool is_time = false;
    bool has_part = false;

    if (tolower((unsigned char)*text++) != 'p') {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (!is_time && tolower((unsigned char)*text) == 't') {
            is_time = true;
            continue;
        }
        int64_t count = 0;
        if (!isdigit((unsigned char)*text)) {
            return -1;
        }
        for (; isdigit((unsigned char)*text); text++) {
            count = count * 10 + (*text - '0');
            if (count > MINUTES_MOST) {
                return -1;
            }
        }
        const int unit = tolower((unsigned char)*text);
        const int64_t size = is_time ? (unit == 'h'   ? 3600
                                        : unit == 'm' ? 60
                                        : unit == 's' ? 1
                                                      : -1)
                                     : (unit == 'w'   ? 604800
                                        : unit == 'd' ? 86400
                                                      : -1);
        if (size < 0) {
            return -1;
        }
        total += count * size;
        has_part = true;
    }
    return has_part ? total : -1;
}

double
axisvalue_number(const char *text)
{
    static const struct {
        const char *name;
        double factor;
    } units[] = {{"", 1},         {"ms", 1e-3},    {"s", 1},
                 {"min", 60},     {"m", 60},       {"h", 3600},
                 {"d", 86400},    {"B", 1},        {"kB", 1e3},
                 {"MB", 1e6},     {"GB", 1e9},     {"kbit/s", 1e3},
                 {"Mbit/s", 1e6}, {"Gbit/s", 1e9}, {"%", 1}};
    const int64_t interval = interval_s(text);
    char *end = NULL;

    if (interval >= 0) {
        return (double)interval;
    }
    const double number = strtod(text, &end);
    if (end == text || !isfinite(number)) {
        return (double)NAN;
    }
    end += strspn(end, " ");
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (strcmp(end, units[i].name) == 0) {
            return number * units[i].factor;
        }
    }
    return (double)NAN;
}

/* word_copy - the word at `text`; what follows it. */
static const char *
word_copy(const char *text, char word[WORD_SIZE])
{
    text += strspn(text, " ");
    const size_t length = strcspn(text, " ");
    snprintf(word, WORD_SIZE, "%.*s", (int)length, text);
    return text + length;
}

double
axisvalue_order(const char *text)
{
    char word[WORD_SIZE];
    word_copy(text, word);
    return axisvalue_number(word);
}

/* interval_print - "1h30m", "2d", "0s". */
static void
interval_print(int64_t seconds, char word[WORD_SIZE])
{
    static const struct {
        int64_t size_s;
        char name;
    } units[] = {{604800, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t used = 0;

    snprintf(word, WORD_SIZE, "0s");
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        const long long count = (long long)(seconds / units[i].size_s);
        /* Days and weeks only where nothing is left over: 36h, not 1d12h. */
        if (count == 0 ||
            (units[i].size_s >= 86400 && seconds % units[i].size_s != 0)) {
            continue;
        }
        used += (size_t)snprintf(word + used, WORD_SIZE - used, "%lld%c", count,
                                 units[i].name);
        seconds %= units[i].size_s;
    }
}

void
axisvalue_label(const char *text, char *label, size_t size)
{
    const char *rest = text;
    size_t used = 0;

    label[0] = '\0';
    while (*rest != '\0' && used < size) {
        char word[WORD_SIZE];
        rest = word_copy(rest, word);
        const int64_t seconds = interval_s(word);
        if (seconds < 0) { /* not such a list: as it is written */
            snprintf(label, size, "%s", text);
            return;
        }
        interval_print(seconds, word);
        used += (size_t)snprintf(label + used, size - used, "%s%s",
                                 used == 0 ? "" : " ", word);
        rest += strspn(rest, " ");
    }
}
