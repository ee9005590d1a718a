/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diag.c - messages with their place and the line they speak of; see diag.h
 */
#include "sim/kernel/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_BYTES_MIN = 256,
    MESSAGE_BYTES_MAX = 1024, /* of one message; the rest is cut */
    SOURCE_WIDTH = 76,        /* of a line of source, so that 80 hold it */
    UTF8_BYTES_MAX = 4,
    NEAREST_BYTES_MAX = 64 /* longer words have no near ones */
};

/* The caret's own line starts as the source's does. */
#define INDENT     "    "
#define ELLIPSIS   "..."
#define ELLIPSIS_N (sizeof ELLIPSIS - 1)

struct diag_text {
    const char *file;
    const char *bytes;
    size_t size;
};

void
diag_init(struct diag *diag)
{
    *diag = (struct diag){0};
}

void
diag_free(struct diag *diag)
{
    free(diag->text);
    free(diag->texts);
    diag_init(diag);
}

void
diag_text(struct diag *diag, const char *file, const char *bytes, size_t size)
{
    diag->texts = base_realloc(diag->texts, ((uint64_t)diag->texts_count + 1) *
                                                sizeof *diag->texts);
    diag->texts[diag->texts_count++] = (struct diag_text){file, bytes, size};
}

/* --- The text so far -------------------------------------------------------- */

/* text_add - appends `size` bytes and keeps the NUL behind them */
static void
text_add(struct diag *diag, const char *bytes, size_t size)
{
    size_t needed = diag->text_size + size + 1;

    if (needed > diag->text_capacity) {
        size_t capacity = diag->text_capacity * 2;

        capacity = capacity < TEXT_BYTES_MIN ? TEXT_BYTES_MIN : capacity;
        capacity = capacity < needed ? needed : capacity;
        diag->text = base_realloc(diag->text, capacity);
        diag->text_capacity = capacity;
    }
    memcpy(diag->text + diag->text_size, bytes, size);
    diag->text_size += size;
    diag->text[diag->text_size] = '\0';
}

static void
text_add_string(struct diag *diag, const char *string)
{
    text_add(diag, string, strlen(string));
}

static void
text_add_number(struct diag *diag, uint32_t number)
{
    char digits[sizeof "4294967295"];
    int size = snprintf(digits, sizeof digits, "%u", (unsigned)number);

    text_add(diag, digits, (size_t)size);
}

/* is_inside_utf8 - not the first byte of a character */
static bool
is_inside_utf8(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/*
 * character_size - bytes of the character at `bytes`, 1 to 4; 0: not one to
 * show (a control character, or no UTF-8)
 */
static size_t
character_size(const char *bytes, size_t size)
{
    unsigned char lead = (unsigned char)bytes[0];
    size_t wanted = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

    if (lead < ' ' || lead == 0x7f || (lead >= 0x80 && lead < 0xc2) ||
        lead > 0xf4 || wanted > size) {
        return 0;
    }
    for (size_t i = 1; i < wanted; i++) {
        if (!is_inside_utf8(bytes[i])) {
            return 0;
        }
    }
    if (lead == 0xc2 && (unsigned char)bytes[1] < 0xa0) {
        return 0; /* C1: some terminals obey these as well */
    }
    return wanted;
}

/* text_add_shown - appends bytes of the user's, none of which may do anything
 * to a terminal; returns the columns they take */
static size_t
text_add_shown(struct diag *diag, const char *bytes, size_t size)
{
    size_t columns = 0;

    for (size_t i = 0; i < size; columns++) {
        size_t character = character_size(&bytes[i], size - i);

        if (character > 0) {
            text_add(diag, &bytes[i], character);
        } else { /* a tab is one column, as columns are counted */
            text_add(diag, bytes[i] == '\t' ? " " : "?", 1);
        }
        i += character > 0 ? character : 1;
    }
    return columns;
}

/* --- The line of source and the caret --------------------------------------- */

/* A part of the text: bytes of one line. */
struct span {
    const char *bytes;
    size_t size;
};

/* source_line - a line of a registered text, without its end; true: found */
static bool
source_line(const struct diag *diag, struct src_loc where, struct span *line)
{
    const struct diag_text *text = NULL;

    for (uint32_t i = 0; i < diag->texts_count && text == NULL; i++) {
        if (strcmp(diag->texts[i].file, where.file) == 0) {
            text = &diag->texts[i];
        }
    }
    if (text == NULL || text->size == 0) {
        return false;
    }

    const char *start = text->bytes;
    const char *end = text->bytes + text->size;

    for (uint32_t n = 1; n < where.line; n++) {
        const char *newline = memchr(start, '\n', (size_t)(end - start));

        if (newline == NULL) {
            return false;
        }
        start = newline + 1;
    }

    const char *stop = memchr(start, '\n', (size_t)(end - start));

    stop = stop == NULL ? end : stop;
    if (stop > start && stop[-1] == '\r') {
        stop--;
    }
    *line = (struct span){start, (size_t)(stop - start)};
    return true;
}

/* character_start - the byte at or before `at` where a character begins */
static size_t
character_start(struct span line, size_t at)
{
    size_t start = at;

    while (start > 0 && start < line.size && at - start < UTF8_BYTES_MAX &&
           is_inside_utf8(line.bytes[start])) {
        start--;
    }
    return start;
}

/*
 * source_add - the line that `where` names and a caret under its column
 *
 * Of a line wider than SOURCE_WIDTH, the part around the column. A column
 * counts bytes; the caret stands under the character they belong to.
 */
static void
source_add(struct diag *diag, struct src_loc where)
{
    struct span line;

    if (where.file == NULL || where.line == 0 ||
        !source_line(diag, where, &line)) {
        return;
    }

    size_t at = where.column == 0 ? 0 : where.column - 1;
    size_t from = 0;
    size_t to = line.size;

    at = character_start(line, at < line.size ? at : line.size);
    if (line.size > SOURCE_WIDTH) {
        size_t half = SOURCE_WIDTH / 2;
        size_t width = SOURCE_WIDTH - 2 * ELLIPSIS_N;

        from = at > half ? at - half : 0;
        from = from + width > line.size ? line.size - width : from;
        to = character_start(line, from + width); /* at or behind `at` */
        from = character_start(line, from);
    }

    size_t caret = from > 0 ? ELLIPSIS_N : 0;

    text_add_string(diag, INDENT);
    text_add_string(diag, from > 0 ? ELLIPSIS : "");
    caret += text_add_shown(diag, line.bytes + from, at - from);
    text_add_shown(diag, line.bytes + at, to - at);
    text_add_string(diag, to < line.size ? ELLIPSIS "\n" : "\n");
    if (where.column == 0) {
        return;
    }
    text_add_string(diag, INDENT);
    while (caret-- > 0) {
        text_add(diag, " ", 1);
    }
    text_add_string(diag, "^\n");
}

/* --- Messages ---------------------------------------------------------------- */

/* report - adds one message and its line of source */
static void report(struct diag *diag, struct src_loc where, const char *kind,
                   const char *format, va_list args) PRINTF_LIKE(4, 0);

static void
report(struct diag *diag, struct src_loc where, const char *kind,
       const char *format, va_list args)
{
    char message[MESSAGE_BYTES_MAX];
    int size = vsnprintf(message, sizeof message, format, args);

    ASSERT(size >= 0);

    size_t kept = strlen(message);

    if (where.file != NULL) {
        text_add_shown(diag, where.file, strlen(where.file));
        text_add_string(diag, ":");
    }
    if (where.line > 0) {
        text_add_number(diag, where.line);
        text_add_string(diag, ":");
    }
    if (where.line > 0 && where.column > 0) {
        text_add_number(diag, where.column);
        text_add_string(diag, ":");
    }
    text_add_string(diag, where.file != NULL || where.line > 0 ? " " : "");
    text_add_string(diag, kind);
    text_add_shown(diag, message, kept);
    text_add_string(diag, (size_t)size > kept ? ELLIPSIS "\n" : "\n");
    source_add(diag, where);
}

void
diag_error(struct diag *diag, struct src_loc where, const char *format, ...)
{
    if (diag->errors_count++ >= DIAG_ERRORS_MAX) {
        diag->dropped_count++;
        return;
    }

    va_list args;

    va_start(args, format);
    report(diag, where, "error: ", format, args);
    va_end(args);
}

void
diag_system(struct diag *diag, const char *file, const char *what, int error)
{
    const bool is_name = error == ENOENT || error == ENOTDIR ||
                         error == EISDIR || error == ELOOP ||
                         error == ENAMETOOLONG;

    diag->refused_count += !is_name;
    diag_error(diag, (struct src_loc){.file = file}, "%s: %s", what,
               strerror(error));
}

void
diag_warning(struct diag *diag, struct src_loc where, const char *format, ...)
{
    if (diag->warnings_count++ >= DIAG_ERRORS_MAX) {
        diag->dropped_count++;
        return;
    }

    va_list args;

    va_start(args, format);
    report(diag, where, "warning: ", format, args);
    va_end(args);
}

void
diag_append(struct diag *diag, const char *lines, uint32_t errors_count,
            uint32_t warnings_count)
{
    size_t size = strlen(lines);

    diag->errors_count += errors_count;
    diag->warnings_count += warnings_count;
    text_add(diag, lines, size);
    if (size > 0 && lines[size - 1] != '\n') {
        text_add(diag, "\n", 1);
    }
}

void
diag_print(const struct diag *diag, FILE *out)
{
    if (diag->text != NULL) {
        fputs(diag->text, out);
    }
    if (diag->dropped_count > 0) {
        fprintf(out, "and %u more like these\n", (unsigned)diag->dropped_count);
    }
}

/* --- Did you mean ------------------------------------------------------------ */

static size_t
size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * edit_distance - Levenshtein's: the fewest letters to insert, delete or
 * change. Row by row; row[j] is the distance of a's first i to b's first j.
 */
static size_t
edit_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t row[NEAREST_BYTES_MAX + 1];

    for (size_t j = 0; j <= b_size; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = size_min(changed, 1 + size_min(row[j], row[j - 1]));
        }
    }
    return row[b_size];
}

const char *
diag_nearest(const char *word, const char *const *candidates,
             size_t candidates_count)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    size_t word_size = strlen(word);

    if (word_size > NEAREST_BYTES_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < candidates_count; i++) {
        size_t size = strlen(candidates[i]);
        size_t longer = size > word_size ? size : word_size;

        if (size > NEAREST_BYTES_MAX) {
            continue;
        }

        size_t distance = edit_distance(word, word_size, candidates[i], size);

        if (distance <= longer / 3 && distance < least) {
            least = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
