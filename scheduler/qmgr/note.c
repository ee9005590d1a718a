/* SPDX-License-Identifier: MIT */
/*
 * note.c - see note.h
 */
#include "note.h"

#include <stddef.h>
#include <string.h>

struct note_piece
note_piece(const char *string)
{
    return (struct note_piece){string, strlen(string)};
}

static char
lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return c;
}

bool
note_equal(struct note_piece a, struct note_piece b)
{
    if (a.size != b.size) {
        return false;
    }
    for (uint64_t i = 0; i < a.size; i++) {
        if (lower(a.bytes[i]) != lower(b.bytes[i])) {
            return false;
        }
    }
    return true;
}

bool
note_is(struct note_piece piece, const char *word)
{
    return note_equal(piece, note_piece(word));
}

bool
note_begins(struct note_piece piece, const char *word)
{
    const struct note_piece start = note_piece(word);

    if (piece.size < start.size) {
        return false;
    }
    piece.size = start.size;
    return note_equal(piece, start);
}

bool
note_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' ||
           c == '\v';
}

struct note_piece
note_trim(struct note_piece piece)
{
    while (piece.size > 0 && note_is_blank(piece.bytes[0])) {
        piece.bytes++;
        piece.size--;
    }
    while (piece.size > 0 && note_is_blank(piece.bytes[piece.size - 1])) {
        piece.size--;
    }
    return piece;
}

struct note_piece
note_word(struct note_piece *line)
{
    *line = note_trim(*line);
    struct note_piece word = {line->bytes, 0};
    const bool is_quoted = line->size > 0 && line->bytes[0] == '"';

    while (word.size < line->size &&
           (is_quoted ? word.size == 0 || line->bytes[word.size] != '"'
                      : !note_is_blank(line->bytes[word.size]))) {
        word.size++;
    }
    line->bytes += word.size;
    line->size -= word.size;
    if (is_quoted) {
        word.bytes++;
        word.size--;
        if (line->size > 0) { /* the closing quote */
            line->bytes++;
            line->size--;
        }
    }
    return word;
}

bool
note_line(struct note_piece *text, struct note_piece *line)
{
    uint64_t size = 0;

    if (text->size == 0) {
        return false;
    }
    while (size < text->size && text->bytes[size] != '\n') {
        size++;
    }
    *line = (struct note_piece){text->bytes, size};
    size += size < text->size;
    text->bytes += size;
    text->size -= size;
    if (line->size > 0 && line->bytes[line->size - 1] == '\r') {
        line->size--;
    }
    return true;
}

/* --- Building ------------------------------------------------------------- */

void
note_put(char *to, uint64_t size, struct note_piece piece)
{
    uint64_t at = strlen(to);

    for (uint64_t i = 0; i < piece.size && at + 1 < size; i++) {
        to[at++] = piece.bytes[i];
    }
    to[at] = '\0';
}

void
note_put_text(char *to, uint64_t size, const char *text)
{
    note_put(to, size, note_piece(text));
}

void
note_put_number(char *to, uint64_t size, int64_t number)
{
    char digits[24];
    uint32_t at = sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    note_put(to, size, (struct note_piece){&digits[at], sizeof digits - at});
}

void
note_put_place(char *to, uint64_t size, const struct note_place *place)
{
    note_put_text(to, size, place->name);
    if (place->line > 0) {
        note_put_text(to, size, ":");
        note_put_number(to, size, place->line);
        note_put_text(to, size, ":");
        note_put_number(to, size, place->column);
    }
}

/* say - one line, if there is room for all of it */
static void
say(struct note *note, const struct note_place *place, const char *kind,
    const char *const parts[3], struct note_piece found)
{
    struct sched_created *created = note->created;
    enum { FOUND_MAX = 60 };
    char line[512];

    line[0] = '\0';
    note_put_place(line, sizeof line, place);
    note_put_text(line, sizeof line, kind);
    note_put_text(line, sizeof line, parts[0]);
    note_put_text(line, sizeof line, ", found '");
    found.size = found.size > FOUND_MAX ? FOUND_MAX : found.size;
    note_put(line, sizeof line, found);
    note_put_text(line, sizeof line, "'; ");
    note_put_text(line, sizeof line, parts[1]);
    line[sizeof line - 2] = '\0';
    note_put_text(line, sizeof line, "\n");
    const uint64_t size = strlen(line);
    if (note->length + size < created->messages_size) {
        memcpy(created->messages + note->length, line, (size_t)size + 1);
        note->length += size;
    }
}

void
note_error(struct note *note, const struct note_place *place,
           const char *expected, struct note_piece found, const char *hint)
{
    const char *const parts[3] = {expected, hint, NULL};

    note->created->errors_count++;
    say(note, place, ": error: expected ", parts, found);
}

void
note_warn(struct note *note, const struct note_place *place,
          const char *expected, struct note_piece found, const char *hint)
{
    const char *const parts[3] = {expected, hint, NULL};

    if (note->is_strict) {
        note_error(note, place, expected, found, hint);
        return;
    }
    note->created->warnings_count++;
    say(note, place, ": warning: expected ", parts, found);
}
