/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.h - writes JSON to a stream, a value at a time
 *
 * Nothing is kept but where it stands: what was opened is checked when it is
 * closed, a key stands before every member of an object and nowhere else, and
 * breaking either is a bug in the caller. Two spaces a level, one member a
 * line.
 *
 * Numbers do not depend on the locale. Amounts that are integers here and
 * decimals there (0.040 s of 40000000 ns) are printed from the integer, exact
 * to the last digit; doubles as the shortest text that reads back the same.
 * What has no value (not defined, longer than the horizon, not a number) is
 * null. Bytes that are not UTF-8 become U+FFFD.
 *
 * ERRORS     Of the stream; json_end() says.
 * SOURCE     RFC 8259.
 */
#ifndef SIM_LAB_JSON_H
#define SIM_LAB_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/kernel/base.h"

#define JSON_DEPTH_MAX   32
#define JSON_NUMBER_SIZE 48 /* every number as text, with its NUL */

struct json {
    FILE *out;
    uint32_t depth;
    bool has_key;                /* the next value is the one of a key */
    char closer[JSON_DEPTH_MAX]; /* what ends each level: } or ] */
    bool has_member[JSON_DEPTH_MAX + 1];
};

void json_init(struct json *json, FILE *out);

/* All that was opened is closed. Ends the line; false: it could not be
 * written. */
MUST_USE bool json_end(struct json *json);

void json_object_begin(struct json *json);
void json_object_end(struct json *json);
void json_array_begin(struct json *json);
void json_array_end(struct json *json);

/* The name of the next member. */
void json_key(struct json *json, const char *key);

void json_text(struct json *json, const char *text); /* NULL: null */
void json_i64(struct json *json, int64_t value);
void json_u64(struct json *json, uint64_t value);
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* value / 10^places without trailing zeroes: json_decimal(j, 40000000, 9)
 * writes 0.04. places 0 to 18. */
void json_decimal(struct json *json, int64_t value, uint32_t places);
void json_double(struct json *json, double value);

/* The text that json_decimal() and json_double() write; of what is not finite
 * "null". */
void json_decimal_format(char text[JSON_NUMBER_SIZE], int64_t value,
                         uint32_t places);
void json_double_format(char text[JSON_NUMBER_SIZE], double value);

#endif
