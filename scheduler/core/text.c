/* SPDX-License-Identifier: MIT */
/*
 * text.c - see text.h
 */
#include "text.h"

#include <stddef.h>
#include <string.h>

enum {
    NUMBER_DIGITS_MAX = 18, /* so that no product of ten overflows */
    QUOTED_BYTES_MAX = 48   /* GUESS: enough to find the place in a file */
};

struct text_slice
text_of(const char *string)
{
    return (struct text_slice){string, string ? strlen(string) : 0};
}

char
text_lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return c;
}

bool
text_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

bool
text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

char
text_first(struct text_slice text)
{
    if (text.size > 0) {
        return text.bytes[0];
    }
    return '\0';
}

struct text_slice
text_trim(struct text_slice text)
{
    while (text.size > 0 && text_is_blank(text.bytes[0])) {
        text.bytes++;
        text.size--;
    }
    while (text.size > 0 && text_is_blank(text.bytes[text.size - 1])) {
        text.size--;
    }
    return text;
}

bool
text_equal(struct text_slice a, struct text_slice b)
{
    return a.size == b.size && (!a.size || !memcmp(a.bytes, b.bytes, a.size));
}

bool
text_equal_nocase(struct text_slice a, struct text_slice b,
                  uint64_t significant)
{
    uint64_t a_size = a.size < significant ? a.size : significant;
    uint64_t b_size = b.size < significant ? b.size : significant;

    if (a_size != b_size) {
        return false;
    }
    for (uint64_t i = 0; i < a_size; i++) {
        if (text_lower(a.bytes[i]) != text_lower(b.bytes[i])) {
            return false;
        }
    }
    return true;
}

bool
text_starts_nocase(struct text_slice text, struct text_slice prefix)
{
    return text.size >= prefix.size &&
           text_equal_nocase(text, prefix, prefix.size);
}

bool
text_contains(struct text_slice text, char c)
{
    for (uint64_t i = 0; i < text.size; i++) {
        if (text.bytes[i] == c) {
            return true;
        }
    }
    return false;
}

bool
text_to_i64(struct text_slice text, int64_t *number)
{
    bool is_negative = text.size > 0 && text.bytes[0] == '-';
    uint64_t at = text.size > 0 && (is_negative || text.bytes[0] == '+');
    int64_t sum = 0;

    if (text.size == at || text.size - at > NUMBER_DIGITS_MAX) {
        return false;
    }
    for (; at < text.size; at++) {
        if (!text_is_digit(text.bytes[at])) {
            return false;
        }
        sum = sum * 10 + (text.bytes[at] - '0');
    }
    *number = is_negative ? -sum : sum;
    return true;
}

void
text_out_init(struct text_out *out, char *bytes, uint64_t size)
{
    *out = (struct text_out){bytes, bytes ? size : 0, 0, false};
    if (bytes && size > 0) {
        bytes[0] = '\0';
    }
}

void
text_put(struct text_out *out, struct text_slice text)
{
    uint64_t room = out->size > 0 ? out->size - 1 - out->length : 0;

    if (text.size > room) {
        out->is_full = true;
        text.size = room;
    }
    if (text.size > 0) {
        memcpy(out->bytes + out->length, text.bytes, text.size);
        out->length += text.size;
        out->bytes[out->length] = '\0';
    }
}

void
text_put_string(struct text_out *out, const char *string)
{
    text_put(out, text_of(string));
}

void
text_put_i64(struct text_out *out, int64_t number)
{
    char digits[20];
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    uint32_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        text_put_string(out, "-");
    }
    text_put(out, (struct text_slice){digits + at, sizeof digits - at});
}

/* put_quoted - a user's bytes, made fit to stand in a message */
static void
put_quoted(struct text_out *out, const struct text_slice *text)
{
    uint64_t size =
        text->size < QUOTED_BYTES_MAX ? text->size : QUOTED_BYTES_MAX;

    text_put_string(out, "'");
    for (uint64_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text->bytes[i];
        bool is_printable = byte >= 0x20 && byte != 0x7f;

        text_put(out,
                 (struct text_slice){is_printable ? text->bytes + i : "?", 1});
    }
    text_put_string(out, size < text->size ? "...'" : "'");
}

void
text_vformat(struct text_out *out, const char *format, va_list args)
{
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            text_put(out, (struct text_slice){at, 1});
            continue;
        }
        at++;
        if (*at == 's') {
            text_put_string(out, va_arg(args, const char *));
        } else if (*at == 'd') {
            text_put_i64(out, va_arg(args, int64_t));
        } else if (*at == 'q') {
            put_quoted(out, va_arg(args, const struct text_slice *));
        } else if (*at == '%') {
            text_put_string(out, "%");
        } else {
            return; /* our own format is wrong: say no more */
        }
    }
}

void
text_format(struct text_out *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_vformat(out, format, args);
    va_end(args);
}
