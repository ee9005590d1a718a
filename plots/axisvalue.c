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

/* lower - of ASCII: a function; no locale */
static char
lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        c = (char)(c - 'A' + 'a');
    }
    return c;
}

/* unit_s - seconds of a unit, of the time part or of the days; -1: none */
static int64_t
unit_s(char unit, bool is_time)
{
    switch (lower(unit)) {
    case 'h':
        return is_time ? 3600 : -1;
    case 'm':
        return is_time ? 60 : -1;
    case 's':
        return is_time ? 1 : -1;
    case 'w':
        return is_time ? -1 : 604800;
    case 'd':
        return is_time ? -1 : 86400;
    default:
        return -1;
    }
}

/* count_read - its digits; -1: none, or too much. *text moves past them */
static int64_t
count_read(const char **text)
{
    int64_t count = isdigit((unsigned char)**text) ? 0 : -1;

    for (; isdigit((unsigned char)**text); ++*text) {
        count = count * 10 + (**text - '0');
        if (count > MINUTES_MOST) {
            return -1;
        }
    }
    return count;
}

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

    if (lower(*text++) != 'p') {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (!is_time && lower(*text) == 't') {
            is_time = true;
            continue;
        }
        const int64_t count = count_read(&text);
        const int64_t size = unit_s(*text, is_time);
        if (count < 0 || size < 0) {
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
