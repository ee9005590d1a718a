/* SPDX-License-Identifier: MIT */
/*
 * text.h - slices of text, and text built in a buffer that never overflows
 *
 * The scheduler may not call libc's formatting, so it has the little that it
 * needs: bytes with a length, comparison without case (ASCII only, no locale),
 * and a builder that stops at the end of its buffer and says so.
 *
 * OWNERSHIP  Slices and builders borrow their bytes.
 * COST       Linear in the bytes handled; no allocation.
 */
#ifndef SCHED_CORE_TEXT_H
#define SCHED_CORE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

struct text_slice {
    const char *bytes;
    uint64_t size; /* bytes may be NULL when this is 0 */
};

/* Text under construction: always NUL-terminated when size > 0. */
struct text_out {
    char *bytes;
    uint64_t size;   /* of the buffer, the NUL included */
    uint64_t length; /* so far, without the NUL */
    bool is_full;    /* something did not fit and was left out */
};

struct text_slice text_of(const char *string);
char text_lower(char c);
bool text_is_blank(char c); /* blank, tab, CR, form feed, vertical tab */
bool text_is_digit(char c);

/* The first byte, or NUL if there is none. */
char text_first(struct text_slice text);

/* Without blanks at either end. */
struct text_slice text_trim(struct text_slice text);

bool text_equal(struct text_slice a, struct text_slice b);
/* Equal but for case; only the first `significant` bytes count. */
bool text_equal_nocase(struct text_slice a, struct text_slice b,
                       uint64_t significant);
bool text_starts_nocase(struct text_slice text, struct text_slice prefix);
bool text_contains(struct text_slice text, char c);

/* A whole number, sign allowed, all of the slice; false if it is not one or
 * has more than 18 digits. */
bool text_to_i64(struct text_slice text, int64_t *number);

void text_out_init(struct text_out *out, char *bytes, uint64_t size);
void text_put(struct text_out *out, struct text_slice text);
void text_put_string(struct text_out *out, const char *string);
void text_put_i64(struct text_out *out, int64_t number);

/*
 * Formats: %s a string, %d an int64_t, %q a `const struct text_slice *` in
 * single quotes, shortened, with what is not printable shown as `?`, %% a `%`.
 */
void text_format(struct text_out *out, const char *format, ...);
void text_vformat(struct text_out *out, const char *format, va_list args);

#endif
