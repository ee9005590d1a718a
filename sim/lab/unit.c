/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unit.c - scaled integers out of texts; see unit.h
 */
#include "sim/lab/unit.h"

#include <string.h>

#define VALUE_MAX (INT64_C(1) << 62)

struct scale {
    const char *name;
    int64_t factor;
};

/* A decimal as written: digits / 10^places. */
struct decimal {
    uint64_t digits;
    uint64_t divisor;
};

enum {
    DIGITS_MAX = 18 /* of a decimal: 10^18 < 2^63 */
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* refuse - the way every parser says no */
static bool
refuse(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

/* decimal_read - the number at *text, moving past it */
static bool
decimal_read(const char **text, struct decimal *decimal, const char **why)
{
    const char *c = *text;
    int digits_count = 0;
    bool is_fraction = false;

    *decimal = (struct decimal){.digits = 0, .divisor = 1};
    if (*c == '-') {
        return refuse(why, "it must not be negative");
    }
    if (!is_digit(*c)) {
        return refuse(why, "it must start with a digit");
    }
    for (; is_digit(*c) || (*c == '.' && !is_fraction); c++) {
        if (*c == '.') {
            is_fraction = true;
            if (!is_digit(c[1])) {
                return refuse(why, "a digit must follow the decimal point");
            }
            continue;
        }
        if (++digits_count > DIGITS_MAX) {
            return refuse(why, "it has more than 18 digits");
        }
        decimal->digits = decimal->digits * 10 + (uint64_t)(*c - '0');
        decimal->divisor *= is_fraction ? 10 : 1;
    }
    *text = c;
    return true;
}

/* decimal_scale - digits * factor / divisor, if that is a whole number */
static bool
decimal_scale(const struct decimal *decimal, int64_t factor, int64_t *value,
              const char **why)
{
    const base_u128 product = (base_u128)decimal->digits * (uint64_t)factor;

    if (product / decimal->divisor > (base_u128)VALUE_MAX) {
        return refuse(why, "it is too large");
    }
    if (product % decimal->divisor != 0) {
        return refuse(why, "it is finer than can be counted");
    }
    *value = (int64_t)(product / decimal->divisor);
    return true;
}

/* scale_get - the factor of a unit; 0: no such unit */
static int64_t
scale_get(const struct scale *scales, const char *name, size_t name_size)
{
    for (; scales->name != NULL; scales++) {
        if (strlen(scales->name) == name_size &&
            memcmp(scales->name, name, name_size) == 0) {
            return scales->factor;
        }
    }
    return 0;
}

/* scaled_read - one number with one unit that is the rest of the text */
static bool
scaled_read(const char *text, const struct scale *scales, const char *form,
            int64_t *value, const char **why)
{
    struct decimal decimal;

    if (!decimal_read(&text, &decimal, why)) {
        return false;
    }

    const int64_t factor = scale_get(scales, text, strlen(text));

    if (factor == 0 && !(decimal.digits == 0 && *text == '\0')) {
        return refuse(why, form);
    }
    return decimal_scale(&decimal, factor, value, why);
}

/* letter_is - ISO 8601 letters come in either case */
static bool
letter_is(char c, char lower)
{
    return c == lower || c == (char)(lower - 'a' + 'A');
}

/* iso_factor - of a designator; weeks and days before the T, the rest after */
static int64_t
iso_factor(char c, bool is_time)
{
    if (!is_time) {
        return letter_is(c, 'w')   ? 7 * NS_PER_DAY
               : letter_is(c, 'd') ? NS_PER_DAY
                                   : 0;
    }
    return letter_is(c, 'h')   ? NS_PER_HOUR
           : letter_is(c, 'm') ? NS_PER_MIN
           : letter_is(c, 's') ? NS_PER_S
                               : 0;
}

/* part_add - one number and unit of a duration; units get smaller */
static bool
part_add(const struct decimal *decimal, int64_t factor, int64_t *factor_last,
         int64_t *ns, const char **why)
{
    int64_t part = 0;

    if (factor >= *factor_last) {
        return refuse(why, "its units must get smaller: 1h30m");
    }
    *factor_last = factor;
    if (!decimal_scale(decimal, factor, &part, why)) {
        return false;
    }
    if (part > VALUE_MAX - *ns) {
        return refuse(why, "it is too large");
    }
    *ns += part;
    return true;
}

/* iso_read - after the p of pt30m or p1dt12h */
static bool
iso_read(const char *text, int64_t *ns, const char **why)
{
    static const char form[] = "an ISO 8601 duration looks like pt30m, p1d";
    int64_t factor_last = INT64_MAX;
    bool is_time = false;
    bool has_part = false;

    *ns = 0;
    while (*text != '\0') {
        struct decimal decimal;

        if (letter_is(*text, 't') && !is_time) {
            is_time = true;
            has_part = false;
            text++;
            continue;
        }
        if (!decimal_read(&text, &decimal, why)) {
            return refuse(why, form);
        }

        const int64_t factor = iso_factor(*text, is_time);

        if (factor == 0) {
            return refuse(why, form);
        }
        text++;
        has_part = true;
        if (!part_add(&decimal, factor, &factor_last, ns, why)) {
            return false;
        }
    }
    return has_part ? true : refuse(why, form);
}

bool
unit_duration_parse(const char *text, int64_t *ns, const char **why)
{
    static const struct scale scales[] = {
        {"ns", 1},          {"us", NS_PER_US}, {"ms", NS_PER_MS},
        {"s", NS_PER_S},    {"m", NS_PER_MIN}, {"min", NS_PER_MIN},
        {"h", NS_PER_HOUR}, {"d", NS_PER_DAY}, {"w", 7 * NS_PER_DAY},
        {NULL, 0},
    };
    int64_t factor_last = INT64_MAX;

    *ns = 0;
    if (strcmp(text, "0") == 0) {
        return true;
    }
    if (letter_is(*text, 'p')) {
        return iso_read(text + 1, ns, why);
    }
    do {
        struct decimal decimal;

        if (!decimal_read(&text, &decimal, why)) {
            return false;
        }

        const size_t unit_size = strspn(text, "abcdefghijklmnopqrstuvwxyz");
        const int64_t factor = scale_get(scales, text, unit_size);

        if (factor == 0) {
            return refuse(why, "a duration has a unit of ms, s, m, h, d: 40ms, "
                               "30s, 1h30m");
        }
        text += unit_size;
        if (!part_add(&decimal, factor, &factor_last, ns, why)) {
            return false;
        }
    } while (*text != '\0');
    return true;
}

bool
unit_bytes_parse(const char *text, int64_t *bytes, const char **why)
{
    static const struct scale scales[] = {
        {"B", 1},
        {"kB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"KiB", 1024},
        {"MiB", 1048576},
        {"GiB", 1073741824},
        {NULL, 0},
    };

    return scaled_read(text, scales,
                       "a size has a unit of B, kB, MB, GB (thousands), KiB, "
                       "MiB, GiB: 8kB, 24KiB",
                       bytes, why);
}

bool
unit_bit_rate_parse(const char *text, int64_t *bits_per_s, const char **why)
{
    static const struct scale scales[] = {
        {"bit/s", 1},           {"kbit/s", 1000}, {"Mbit/s", 1000000},
        {"Gbit/s", 1000000000}, {NULL, 0},
    };

    *bits_per_s = 0;
    if (strcmp(text, "unlimited") == 0) {
        return true;
    }
    if (!scaled_read(text, scales,
                     "a rate has a unit of bit/s, kbit/s, Mbit/s, Gbit/s: "
                     "100Mbit/s",
                     bits_per_s, why)) {
        return false;
    }
    return *bits_per_s > 0
               ? true
               : refuse(why, "nothing passes at rate 0; no limit is written "
                             "unlimited");
}

bool
unit_arrivals_parse(const char *text, int64_t *thousandths_per_hour,
                    const char **why)
{
    static const struct scale scales[] = {
        {"/s", 3600000}, {"/min", 60000}, {"/m", 60000},
        {"/h", 1000},    {NULL, 0},
    };

    if (!scaled_read(text, scales,
                     "a rate of arrivals has a unit of /s, /min, /h: 10/s",
                     thousandths_per_hour, why)) {
        return false;
    }
    return *thousandths_per_hour > 0
               ? true
               : refuse(why, "it must be more than 0; take the source out if "
                             "it sends nothing");
}

bool
unit_probability_parse(const char *text, int64_t *ppm, const char **why)
{
    static const struct scale scales[] = {
        {"%", PPM / 100},
        {"ppm", 1},
        {"", PPM},
        {NULL, 0},
    };

    if (!scaled_read(text, scales,
                     "a probability is written 2%, 2000ppm or 0.02", ppm,
                     why)) {
        return false;
    }
    return *ppm <= PPM ? true : refuse(why, "it is more than 100%");
}

bool
unit_integer_parse(const char *text, int64_t *value, const char **why)
{
    static const struct scale scales[] = {{"", 1}, {NULL, 0}};

    return scaled_read(text, scales, "it must be a whole number in digits",
                       value, why);
}

bool
unit_number_parse(const char *text, int64_t *millionths, const char **why)
{
    static const struct scale scales[] = {{"", PPM}, {NULL, 0}};

    return scaled_read(text, scales, "it must be a number such as 0.75",
                       millionths, why);
}

bool
unit_weight_parse(const char *text, int64_t *millionths, const char **why)
{
    static const struct scale scales[] = {
        {"", PPM},
        {"%", PPM / 100},
        {NULL, 0},
    };

    return scaled_read(text, scales, "a share is written 3, 0.3 or 30%",
                       millionths, why);
}

/* digits_read - exactly n digits at *text, moving past them; -1: not */
static int64_t
digits_read(const char **text, int n)
{
    int64_t value = 0;

    for (; n > 0; n--, (*text)++) {
        if (!is_digit(**text)) {
            return -1;
        }
        value = value * 10 + (**text - '0');
    }
    return value;
}

/* char_read - moves past one expected character */
static bool
char_read(const char **text, char c)
{
    if (**text != c) {
        return false;
    }
    (*text)++;
    return true;
}

static bool
is_leap_year(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t
month_days(int64_t year, int64_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap_year(year) ? 1 : 0);
}

/* civil_days - days from 1970-01-01 to a date of the Gregorian calendar. The
 * year is taken to start in March, so that the leap day is its last. */
static int64_t
civil_days(int64_t year, int64_t month, int64_t day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t m = month <= 2 ? month + 9 : month - 3; /* March is 0 */
    const int64_t day_of_year = (153 * m + 2) / 5 + day - 1;

    return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

bool
unit_date_parse(const char *text, int64_t *ns, const char **why)
{
    static const char form[] =
        "a date is written 2006-03-12T08:00:00Z, without another zone";
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    int64_t clock_s = 0;

    year = digits_read(&text, 4);
    if (year < 0 || !char_read(&text, '-') ||
        (month = digits_read(&text, 2)) < 0 || !char_read(&text, '-') ||
        (day = digits_read(&text, 2)) < 0) {
        return refuse(why, form);
    }
    if (char_read(&text, 'T')) {
        int64_t hour = digits_read(&text, 2);
        int64_t minute = char_read(&text, ':') ? digits_read(&text, 2) : -1;
        int64_t second = char_read(&text, ':') ? digits_read(&text, 2) : 0;

        if (hour < 0 || minute < 0 || second < 0) {
            return refuse(why, form);
        }
        if (hour > 23 || minute > 59 || second > 59) {
            return refuse(why, "there is no such time of day");
        }
        clock_s = (hour * 60 + minute) * 60 + second;
        (void)char_read(&text, 'Z');
    }
    if (*text != '\0') {
        return refuse(why, form);
    }
    if (year < 1970 || year > 2199) {
        return refuse(why, "its year must be 1970 to 2199");
    }
    if (month < 1 || month > 12 || day < 1 || day > month_days(year, month)) {
        return refuse(why, "there is no such day");
    }
    *ns = civil_days(year, month, day) * NS_PER_DAY + clock_s * NS_PER_S;
    return true;
}
