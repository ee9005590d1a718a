/* SPDX-License-Identifier: MIT */
/*
 * note.h - pieces of text, and what is said of a configuration
 *
 * OWNERSHIP  Pieces borrow their bytes.
 * ERRORS     Messages that do not fit the caller's buffer are only counted.
 */
#ifndef SCHED_QMGR_NOTE_H
#define SCHED_QMGR_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "../sched_abi.h"

struct note_piece {
    const char *bytes;
    uint64_t size;
};

struct note_place {
    const char *name; /* of a text; or all of it, when line is 0 */
    uint32_t line;
    uint32_t column;
};

struct note {
    struct sched_created *created;
    uint64_t length; /* of the messages so far */
    bool is_strict;
};

struct note_piece note_piece(const char *string);
bool note_equal(struct note_piece a, struct note_piece b); /* ASCII, no case */
bool note_is(struct note_piece piece, const char *word);   /* the same */
bool note_begins(struct note_piece piece, const char *word);
bool note_is_blank(char c);
struct note_piece note_trim(struct note_piece piece);
/* The next word of a line, which loses it; size 0: none is left. */
struct note_piece note_word(struct note_piece *line);
/* The next line without its end; false after the last. */
bool note_line(struct note_piece *text, struct note_piece *line);

/* Append to a NUL-terminated text, as far as there is room. */
void note_put(char *to, uint64_t size, struct note_piece piece);
void note_put_text(char *to, uint64_t size, const char *text);
void note_put_number(char *to, uint64_t size, int64_t number);
void note_put_place(char *to, uint64_t size, const struct note_place *place);

/* "PLACE: error: expected EXPECTED, found 'FOUND'; HINT" */
void note_error(struct note *note, const struct note_place *place,
                const char *expected, struct note_piece found,
                const char *hint);
/* The same as a warning; strict: as an error. */
void note_warn(struct note *note, const struct note_place *place,
               const char *expected, struct note_piece found, const char *hint);

#endif
