/* SPDX-License-Identifier: MIT */
/*
 * conf_duration.c - see conf_duration.h
 */
#include "conf_duration.h"

#include <stddef.h>
#include <string.h>

enum { COUNT_DIGITS_MAX = 9 }; /* of one unit: 10 years are 315360000 s */

struct unit {
    char letter; /* lower case */
    bool is_time;
    int64_t seconds;
};

/* In the order in which they must come. */
static const struct unit units[] = {
    {'y', false, INT64_C(365) * 86400},
    {'m', false, INT64_C(30) * 86400},
    {'w', false, INT64_C(7) * 86400},
    {'d', false, INT64_C(86400)},
    {'h', true, INT64_C(3600)},
    {'m', true, INT64_C(60)},
    {'s', true, INT64_C(1)},
};

enum { UNITS_COUNT = sizeof units / sizeof units[0], MONTH_INDEX = 1 };

/* take_count - the digits at the front */
static bool
take_count(struct text_slice *text, int64_t *count)
{
    uint64_t size = 0;

    while (size < text->size && text_is_digit(text->bytes[size])) {
        size++;
    }
    struct text_slice digits = {text->bytes, size};
    if (size == 0 || size > COUNT_DIGITS_MAX || !text_to_i64(digits, count)) {
        return false;
    }
    text->bytes += size;
    text->size -= size;
    return true;
}

/*
 * take_unit - the unit letter at the front, one that comes after those before.
 * The index after it goes to *next, so that none is repeated.
 */
static const struct unit *
take_unit(struct text_slice *text, uint32_t *next, bool is_time, bool is_plain)
{
    if (text->size == 0) {
        return NULL;
    }
    for (uint32_t i = *next; i < UNITS_COUNT; i++) {
        bool is_side =
            is_plain ? i != MONTH_INDEX : units[i].is_time == is_time;

        if (is_side && units[i].letter == text_lower(text->bytes[0])) {
            text->bytes++;
            text->size--;
            *next = i + 1;
            return &units[i];
        }
    }
    return NULL;
}

/* add - the sum, unless it passes the limit */
static bool
add(int64_t *ns, int64_t count, const struct unit *unit)
{
    int64_t seconds_max = CONF_DURATION_MAX / CONF_NS_PER_S;

    if (count > seconds_max / unit->seconds) {
        return false;
    }
    *ns += count * unit->seconds * CONF_NS_PER_S;
    return *ns <= CONF_DURATION_MAX;
}

/* take_all - counts with units until the text ends */
static bool
take_all(struct text_slice text, bool is_plain, int64_t *ns)
{
    bool is_time = false;
    uint32_t next = 0;
    uint32_t taken = 0;

    *ns = 0;
    while (text.size > 0) {
        int64_t count = 0;

        if (!is_plain && !is_time && text_lower(text.bytes[0]) == 't') {
            is_time = true;
            taken = 0; /* T alone is no duration */
            text.bytes++;
            text.size--;
            continue;
        }
        if (!take_count(&text, &count)) {
            return false;
        }
        const struct unit *unit = take_unit(&text, &next, is_time, is_plain);
        if (!unit || !add(ns, count, unit)) {
            return false;
        }
        taken++;
    }
    return taken > 0;
}

bool
conf_duration_is_likely(struct text_slice text)
{
    if (text.size < 2 || text_lower(text.bytes[0]) != 'p') {
        return false;
    }
    uint64_t at = text_lower(text.bytes[1]) == 't' ? 2 : 1;
    return at < text.size && text_is_digit(text.bytes[at]);
}

bool
conf_duration_parse(struct text_slice text, int64_t *ns)
{
    if (text.size == 0 || text_lower(text.bytes[0]) != 'p') {
        return false;
    }
    return take_all((struct text_slice){text.bytes + 1, text.size - 1}, false,
                    ns);
}

bool
conf_duration_parse_plain(struct text_slice text, int64_t *ns)
{
    return take_all(text, true, ns);
}

void
conf_duration_format(struct text_out *out, int64_t ns)
{
    static const uint32_t shown[] = {3, 4, 5, 6}; /* d h m s: exact ones */
    int64_t seconds = ns / CONF_NS_PER_S;
    bool has_t = false;

    if (seconds == 0) {
        text_put_string(out, "0");
        return;
    }
    text_put_string(out, "p");
    for (uint32_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        const struct unit *unit = &units[shown[i]];
        int64_t count = seconds / unit->seconds;

        if (count == 0) {
            continue;
        }
        if (unit->is_time && !has_t) {
            has_t = true;
            text_put_string(out, "t");
        }
        text_put_i64(out, count);
        text_put(out, (struct text_slice){&unit->letter, 1});
        seconds %= unit->seconds;
    }
}

bool
conf_clock_parse(struct text_slice text, int64_t *ns)
{
    const char *colon =
        text.size == 5 && text.bytes[2] == ':' ? text.bytes + 2 : NULL;
    int64_t hours = 0;
    int64_t minutes = 0;

    if (!colon || !text_is_digit(text.bytes[0]) || !text_is_digit(colon[1]) ||
        !text_to_i64((struct text_slice){text.bytes, 2}, &hours) ||
        !text_to_i64((struct text_slice){colon + 1, 2}, &minutes)) {
        return false;
    }
    *ns = hours * CONF_NS_PER_HOUR + minutes * CONF_NS_PER_MIN;
    return minutes < 60 && *ns <= CONF_NS_PER_DAY;
}

static void
put_two_digits(struct text_out *out, int64_t number)
{
    text_put_string(out, number < 10 ? "0" : "");
    text_put_i64(out, number);
}

void
conf_clock_format(struct text_out *out, int64_t ns)
{
    put_two_digits(out, ns / CONF_NS_PER_HOUR);
    text_put_string(out, ":");
    put_two_digits(out, ns % CONF_NS_PER_HOUR / CONF_NS_PER_MIN);
}
