/* SPDX-License-Identifier: MIT */
/*
 * conf_text.c - see conf_text.h
 */
#include "conf_text.h"

#include <stddef.h>

enum { CURLY_BYTES = 3 };

/* A word's bytes may hold a joint ("\" and the end of the line) only between
 * words: inside of one it ends the word, as any blank does. */

/* advance - one byte on, the place with it */
static void
advance(struct conf_cursor *cursor)
{
    unsigned char byte = (unsigned char)*cursor->at++;

    if (byte == '\n') {
        cursor->place.line++;
        cursor->place.column = 1;
    } else if ((byte & 0xc0) != 0x80) { /* not inside a character */
        cursor->place.column++;
    }
}

/* line_end - the end of the physical line that begins at `at` */
static const char *
line_end(const char *at, const char *end)
{
    while (at < end && *at != '\n') {
        at++;
    }
    return at;
}

/* ends_in_joint - whether the line's last mark is a backslash */
static bool
ends_in_joint(const char *from, const char *end)
{
    if (end > from && end[-1] == '\r') {
        end--;
    }
    return end > from && end[-1] == '\\';
}

bool
conf_line_next(struct conf_cursor *text, bool joins, struct conf_cursor *line)
{
    if (text->at == text->end) {
        return false;
    }
    const char *from = text->at;
    const char *end = line_end(from, text->end);
    uint32_t lines_count = 1;

    while (joins && *text->at != '!' && end < text->end &&
           ends_in_joint(from, end)) {
        from = end + 1;
        end = line_end(from, text->end);
        lines_count++;
    }
    *line = *text;
    line->end = end > text->at && end[-1] == '\r' ? end - 1 : end;
    text->at = end < text->end ? end + 1 : end;
    text->place.line += lines_count;
    text->place.column = 1;
    return true;
}

/* joint_size - the bytes of a backslash and the end of line after it, or 0 */
static uint32_t
joint_size(const struct conf_cursor *line)
{
    const char *at = line->at;

    if (*at != '\\') {
        return 0;
    }
    if (line->end - at >= 2 && at[1] == '\n') {
        return 2;
    }
    if (line->end - at >= 3 && at[1] == '\r' && at[2] == '\n') {
        return 3;
    }
    return at + 1 == line->end ? 1 : 0; /* of the last line of a text */
}

/* is_curly - whether a typographic double quote (U+201C to U+201F) is here */
static bool
is_curly(const struct conf_cursor *line)
{
    const unsigned char *at = (const unsigned char *)line->at;

    return line->end - line->at >= CURLY_BYTES && at[0] == 0xe2 &&
           at[1] == 0x80 && at[2] >= 0x9c && at[2] <= 0x9f;
}

static void
skip_bytes(struct conf_cursor *line, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        advance(line);
    }
}

static void
skip_blanks(struct conf_cursor *line)
{
    while (line->at < line->end) {
        uint32_t count = text_is_blank(*line->at) ? 1 : joint_size(line);

        if (count == 0) {
            return;
        }
        skip_bytes(line, count);
    }
}

/* skip_quote - steps over a quote of either kind, false if none is here */
static bool
skip_quote(struct conf_cursor *line, struct conf_say *say)
{
    if (line->at < line->end && *line->at == '"') {
        advance(line);
        return true;
    }
    if (line->at < line->end && is_curly(line)) {
        conf_warn(say, &line->place,
                  "expected \", found a typographic quote; taken for \"");
        skip_bytes(line, CURLY_BYTES);
        return true;
    }
    return false;
}

/* quoted_next - the rest of a word whose opening quote was stepped over */
static void
quoted_next(struct conf_cursor *line, struct conf_say *say,
            struct conf_word *word)
{
    const char *from = line->at;

    word->is_quoted = true;
    while (line->at < line->end && *line->at != '\n' && *line->at != '"' &&
           !is_curly(line)) {
        advance(line);
    }
    word->text = (struct text_slice){from, (uint64_t)(line->at - from)};
    if (!skip_quote(line, say)) {
        conf_error(say, &word->place,
                   "expected a closing \", found the end of the line; "
                   "close the quote that opens here");
    }
}

bool
conf_word_next(struct conf_cursor *line, struct conf_say *say,
               struct conf_word *word)
{
    skip_blanks(line);
    if (line->at >= line->end) {
        return false;
    }
    *word = (struct conf_word){.place = line->place};
    if (skip_quote(line, say)) {
        quoted_next(line, say, word);
        return true;
    }
    const char *from = line->at;
    while (line->at < line->end && !text_is_blank(*line->at) &&
           *line->at != '\n' && joint_size(line) == 0) {
        advance(line);
    }
    if (line->at == from) {
        advance(line); /* a lone end of line inside a joined one */
        return conf_word_next(line, say, word);
    }
    word->text = (struct text_slice){from, (uint64_t)(line->at - from)};
    return true;
}

struct conf_word
conf_line_rest(const struct conf_cursor *line)
{
    struct conf_cursor cursor = *line;

    skip_blanks(&cursor);
    struct text_slice rest = {cursor.at, (uint64_t)(cursor.end - cursor.at)};
    return (struct conf_word){text_trim(rest), cursor.place, false};
}

bool
conf_line_is_blank(const struct conf_cursor *line)
{
    struct conf_cursor cursor = *line;

    skip_blanks(&cursor);
    return cursor.at == cursor.end;
}

bool
conf_line_is_comment(const struct conf_cursor *line)
{
    return line->at < line->end && *line->at == '!';
}

bool
conf_line_is_include(const struct conf_cursor *line)
{
    return line->at < line->end && *line->at == '<';
}
