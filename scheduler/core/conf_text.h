/* SPDX-License-Identifier: MIT */
/*
 * conf_text.h - a configuration text as lines, and a line as words
 *
 * WORDS      Separated by blanks. A word may stand in double quotes and then
 *            hold blanks. Typographic quotes, which word processors put into
 *            examples, are taken for double quotes, with a warning.
 * COLUMNS    Counted in characters (UTF-8), from 1.
 * COST       Every byte is looked at a fixed number of times.
 */
#ifndef SCHED_CORE_CONF_TEXT_H
#define SCHED_CORE_CONF_TEXT_H

#include <stdbool.h>

#include "conf_say.h"
#include "text.h"

struct conf_cursor {
    const char *at;
    const char *end;
    struct conf_place place; /* of `at` */
};

struct conf_word {
    struct text_slice text; /* without the quotes */
    struct conf_place place;
    bool is_quoted;
};

/* The next line without its end (LF or CRLF); false after the last. With
 * `joins`, a backslash at the end of a line carries on with the next one. */
bool conf_line_next(struct conf_cursor *text, bool joins,
                    struct conf_cursor *line);

/* The next word of a line; false if there is none. */
bool conf_word_next(struct conf_cursor *line, struct conf_say *say,
                    struct conf_word *word);

/* What is left of a line, trimmed; its place. */
struct conf_word conf_line_rest(const struct conf_cursor *line);

bool conf_line_is_blank(const struct conf_cursor *line);

/* `!` in column 1. */
bool conf_line_is_comment(const struct conf_cursor *line);

/* `<` in column 1: another text is to be read here. */
bool conf_line_is_include(const struct conf_cursor *line);

#endif
