/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.c - see json.h
 */
#include "sim/lab/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DECIMAL_PLACES_MAX = 18, DOUBLE_DIGITS_MAX = 17 };

#define PLAIN_BELOW 1e15 /* whole numbers below are exact, and short */

void
json_init(struct json *json, FILE *out)
{
    *json = (struct json){.out = out};
}

bool
json_end(struct json *json)
{
    ASSERT(json->depth == 0);
    ASSERT(!json->has_key);
    fputc('\n', json->out);
    return fflush(json->out) == 0 && !ferror(json->out);
}

/* line_begin - a new line, indented to the present depth */
static void
line_begin(struct json *json)
{
    fprintf(json->out, "\n%*s", (int)(2 * json->depth), "");
}

/* value_begin - what stands before any value: comma, line, or nothing */
static void
value_begin(struct json *json)
{
    if (json->has_key) {
        json->has_key = false;
        return;
    }
    ASSERT(json->depth > 0 || !json->has_member[0]); /* one value at the top */
    if (json->depth > 0) {
        ASSERT(json->closer[json->depth - 1] == ']'); /* else a key is due */
        if (json->has_member[json->depth]) {
            fputc(',', json->out);
        }
        line_begin(json);
    }
    json->has_member[json->depth] = true;
}

/* level_begin - opens an object or an array */
static void
level_begin(struct json *json, char opener, char closer)
{
    value_begin(json);
    ASSERT(json->depth < JSON_DEPTH_MAX);
    json->closer[json->depth] = closer;
    json->depth++;
    json->has_member[json->depth] = false;
    fputc(opener, json->out);
}

/* level_end - closes what was opened last, which must be of this kind */
static void
level_end(struct json *json, char closer)
{
    bool had_member;

    ASSERT(json->depth > 0);
    ASSERT(!json->has_key);
    ASSERT(json->closer[json->depth - 1] == closer);
    had_member = json->has_member[json->depth];
    json->depth--;
    if (had_member) {
        line_begin(json);
    }
    fputc(closer, json->out);
}

void
json_object_begin(struct json *json)
{
    level_begin(json, '{', '}');
}

void
json_object_end(struct json *json)
{
    level_end(json, '}');
}

void
json_array_begin(struct json *json)
{
    level_begin(json, '[', ']');
}

void
json_array_end(struct json *json)
{
    level_end(json, ']');
}

/* utf8_size - bytes of the sequence at p that is whole and shortest, no
 * surrogate and not past U+10FFFF (RFC 3629, 4); 0: there is none */
static size_t
utf8_size(const unsigned char *p)
{
    size_t size = p[0] < 0x80   ? 1
                  : p[0] < 0xc2 ? 0
                  : p[0] < 0xe0 ? 2
                  : p[0] < 0xf0 ? 3
                  : p[0] < 0xf5 ? 4
                                : 0;

    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80) { /* a NUL stops here, too */
            return 0;
        }
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
        return 0;
    }
    return size;
}

/* text_put - a string in quotes, escaped */
static void
text_put(FILE *out, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    fputc('"', out);
    while (*p != '\0') {
        size_t size = utf8_size(p);

        if (*p == '"' || *p == '\\') {
            fprintf(out, "\\%c", *p);
        } else if (*p == '\n') {
            fputs("\\n", out);
        } else if (*p == '\t') {
            fputs("\\t", out);
        } else if (*p < 0x20 || *p == 0x7f) {
            fprintf(out, "\\u%04x", (unsigned)*p);
        } else if (size == 0) {
            fputs("\xef\xbf\xbd", out);
        } else {
            fwrite(p, 1, size, out);
        }
        p += size == 0 ? 1 : size;
    }
    fputc('"', out);
}

void
json_key(struct json *json, const char *key)
{
    ASSERT(json->depth > 0);
    ASSERT(json->closer[json->depth - 1] == '}');
    ASSERT(!json->has_key);
    if (json->has_member[json->depth]) {
        fputc(',', json->out);
    }
    line_begin(json);
    json->has_member[json->depth] = true;
    text_put(json->out, key);
    fputs(": ", json->out);
    json->has_key = true;
}

void
json_text(struct json *json, const char *text)
{
    if (text == NULL) {
        json_null(json);
        return;
    }
    value_begin(json);
    text_put(json->out, text);
}

void
json_i64(struct json *json, int64_t value)
{
    value_begin(json);
    fprintf(json->out, "%" PRId64, value);
}

void
json_u64(struct json *json, uint64_t value)
{
    value_begin(json);
    fprintf(json->out, "%" PRIu64, value);
}

void
json_bool(struct json *json, bool value)
{
    value_begin(json);
    fputs(value ? "true" : "false", json->out);
}

void
json_null(struct json *json)
{
    value_begin(json);
    fputs("null", json->out);
}

void
json_decimal(struct json *json, int64_t value, uint32_t places)
{
    char text[JSON_NUMBER_SIZE];

    json_decimal_format(text, value, places);
    value_begin(json);
    fputs(text, json->out);
}

void
json_double(struct json *json, double value)
{
    char text[JSON_NUMBER_SIZE];

    json_double_format(text, value);
    value_begin(json);
    fputs(text, json->out);
}

void
json_decimal_format(char text[JSON_NUMBER_SIZE], int64_t value, uint32_t places)
{
    /* INT64_MIN has no positive twin: negate as unsigned. */
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t unit = 1;

    ASSERT(places <= DECIMAL_PLACES_MAX);
    for (uint32_t i = 0; i < places; i++) {
        unit *= 10;
    }
    int length = snprintf(text, JSON_NUMBER_SIZE, "%s%" PRIu64,
                          value < 0 ? "-" : "", magnitude / unit);

    if (magnitude % unit == 0) {
        return;
    }
    length += snprintf(text + length, JSON_NUMBER_SIZE - (size_t)length,
                       ".%0*" PRIu64, (int)places, magnitude % unit);
    while (text[length - 1] == '0') {
        text[--length] = '\0';
    }
}

void
json_double_format(char text[JSON_NUMBER_SIZE], double value)
{
    if (!isfinite(value)) {
        memcpy(text, "null", sizeof "null");
        return;
    }
    for (int digits = 1; digits <= DOUBLE_DIGITS_MAX; digits++) {
        double back;

        snprintf(text, JSON_NUMBER_SIZE, "%.*g", digits, value);
        back = strtod(text, NULL);
        if (!(back < value) && !(back > value)) {
            break;
        }
    }
    /* 30, not 3e+01: whole numbers stand as people write them. */
    if (strchr(text, 'e') != NULL && fabs(value) < PLAIN_BELOW &&
        !(trunc(value) < value) && !(trunc(value) > value)) {
        snprintf(text, JSON_NUMBER_SIZE, "%.0f", value);
    }
}
