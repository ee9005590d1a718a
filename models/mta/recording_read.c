/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recording_read.c - the reader; see recording.h
 *
 * Keys come in the order of the tables, so a line is read by walking the table.
 * Lists are put into one block that is as large as any good line of that length
 * can need: a number takes at least two characters of a line, a file 24. A line
 * that asks for more has separators with nothing between them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/recording.h"
#include "models/mta/recording_kinds.h"

enum { BYTES_A_CHARACTER = 8, TEXTS_MAX = 4096, TEXT_PIECE_BYTES = 1 << 16 };

/* A line as it is read; `at` is NULL once something was not as expected. */
struct cursor {
    const char *at;
    char *memory; /* free part of the block */
    const char *memory_end;
};

/* --- Words ---------------------------------------------------------------- */

/* expect - this text comes next */
static void
expect(struct cursor *cursor, const char *text)
{
    const size_t length = strlen(text);

    if (cursor->at != NULL) {
        cursor->at =
            strncmp(cursor->at, text, length) == 0 ? cursor->at + length : NULL;
    }
}

/* has - the same, if it does */
static bool
has(struct cursor *cursor, char c)
{
    if (cursor->at == NULL || *cursor->at != c) {
        return false;
    }
    cursor->at++;
    return true;
}

static uint64_t
word_read(struct cursor *cursor, uint64_t most)
{
    char *end = NULL;

    if (cursor->at == NULL || *cursor->at < '0' || *cursor->at > '9') {
        cursor->at = NULL;
        return 0;
    }
    errno = 0;
    const uint64_t word = strtoull(cursor->at, &end, 10);
    cursor->at = errno == 0 && word <= most ? end : NULL;
    return word;
}

static uint32_t
u32_read(struct cursor *cursor)
{
    return (uint32_t)word_read(cursor, UINT32_MAX);
}

static int64_t
i64_read(struct cursor *cursor)
{
    char *end = NULL;

    if (cursor->at == NULL || *cursor->at == ' ') {
        cursor->at = NULL;
        return 0;
    }
    errno = 0;
    const int64_t number = strtoll(cursor->at, &end, 10);
    cursor->at = errno == 0 && end != cursor->at ? end : NULL;
    return number;
}

/* take - memory of the line's block, aligned for anything; NULL, and the line
 * is not as expected, when the block has no more */
static void *
take(struct cursor *cursor, size_t bytes)
{
    const size_t aligned_bytes = (bytes + 15) / 16 * 16;
    char *memory = cursor->memory;

    if (aligned_bytes > (size_t)(cursor->memory_end - memory)) {
        cursor->at = NULL;
        return NULL;
    }
    cursor->memory += aligned_bytes;
    return memory;
}

static int
hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* text_read - what text_put() wrote; NULL for "-" */
static const char *
text_read(struct cursor *cursor)
{
    if (cursor->at == NULL || has(cursor, '-')) {
        return NULL;
    }
    expect(cursor, "\"");
    if (cursor->at == NULL) {
        return NULL;
    }
    char *text = take(cursor, strcspn(cursor->at, "\"") + 1);
    char *to = text;
    if (text == NULL) {
        return NULL;
    }
    while (cursor->at != NULL && *cursor->at != '"') {
        const char *p = cursor->at;
        if (*p != '%') {
            *to++ = *p;
            cursor->at = *p == '\0' ? NULL : p + 1;
        } else if (hex_of(p[1]) < 0 || hex_of(p[2]) < 0) {
            cursor->at = NULL;
        } else {
            *to++ = (char)(hex_of(p[1]) * 16 + hex_of(p[2]));
            cursor->at = p + 3;
        }
    }
    *to = '\0';
    expect(cursor, "\"");
    return text;
}

/* --- Lists ------------------------------------------------------------------ */

/* count_of - the items of a list: one more than there are separators */
static uint32_t
count_of(const struct cursor *cursor, char separator, const char *ends)
{
    uint32_t count = 1;

    if (cursor->at == NULL || *cursor->at == '-') {
        return 0;
    }
    for (const char *p = cursor->at; strchr(ends, *p) == NULL; p++) {
        count += *p == separator;
    }
    return count;
}

static const uint32_t *
numbers_read(struct cursor *cursor, uint32_t *count)
{
    *count = count_of(cursor, ',', " ;");
    uint32_t *numbers = take(cursor, *count * sizeof numbers[0]);
    for (uint32_t i = 0; i < *count && cursor->at != NULL; i++) {
        numbers[i] = u32_read(cursor);
        if (i + 1 < *count) {
            expect(cursor, ",");
        }
    }
    if (*count == 0) {
        expect(cursor, "-");
    }
    return numbers;
}

static const uint8_t *
results_read(struct cursor *cursor, uint32_t count)
{
    if (has(cursor, '-')) {
        return NULL;
    }
    /* `count` was read from the line: believe what is there. */
    if (count != count_of(cursor, ',', " ")) {
        cursor->at = NULL;
        return NULL;
    }
    uint8_t *results = take(cursor, count);
    for (uint32_t i = 0; i < count && cursor->at != NULL; i++) {
        results[i] = (uint8_t)word_read(cursor, UINT8_MAX);
        if (i + 1 < count) {
            expect(cursor, ",");
        }
    }
    return results;
}

static const struct sched_recipient *
routes_read(struct cursor *cursor, uint32_t *count)
{
    *count = count_of(cursor, ',', " ");
    struct sched_recipient *to = take(cursor, *count * sizeof to[0]);
    for (uint32_t i = 0; i < *count && cursor->at != NULL; i++) {
        to[i].channel = u32_read(cursor);
        expect(cursor, ":");
        to[i].host = u32_read(cursor);
        if (i + 1 < *count) {
            expect(cursor, ",");
        }
    }
    if (*count == 0) {
        expect(cursor, "-");
    }
    return to;
}

static void
file_read(struct cursor *cursor, struct sched_scanned_file *file)
{
    uint32_t *const numbers[] = {
        &file->file,     &file->channel, &file->host, &file->priority,
        &file->attempts, &file->is_held, &file->flags};
    int64_t *const times[] = {&file->submitted_at_ns, &file->returned_at_ns,
                              &file->size_bytes};

    file->message = word_read(cursor, UINT64_MAX);
    for (uint32_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        expect(cursor, "/");
        *numbers[i] = u32_read(cursor);
    }
    for (uint32_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        expect(cursor, "/");
        *times[i] = i64_read(cursor);
    }
    expect(cursor, "/");
    file->recipients = numbers_read(cursor, &file->recipients_count);
}

static const struct sched_scanned_file *
files_read(struct cursor *cursor, uint32_t count)
{
    if (count != count_of(cursor, ';', " ")) {
        cursor->at = NULL;
        return NULL;
    }
    struct sched_scanned_file *files = take(cursor, count * sizeof files[0]);
    for (uint32_t i = 0; i < count && cursor->at != NULL; i++) {
        memset(&files[i], 0, sizeof files[i]);
        file_read(cursor, &files[i]);
        if (i + 1 < count) {
            expect(cursor, ";");
        }
    }
    if (count == 0) {
        expect(cursor, "-");
    }
    return files;
}

/* --- Events ------------------------------------------------------------------- */

/* list_read - a list into the event; its count is there already, or comes of
 * the list itself */
static void
list_read(struct cursor *cursor, const struct recording_field *field,
          char *event)
{
    const void *list = NULL;
    uint32_t count = 0;

    memcpy(&count, event + field->count_at, sizeof count);
    switch ((enum recording_type)field->type) {
    case RECORDING_NUMBERS:
        list = numbers_read(cursor, &count);
        break;
    case RECORDING_ROUTES:
        list = routes_read(cursor, &count);
        break;
    case RECORDING_RESULTS:
        list = results_read(cursor, count);
        break;
    case RECORDING_FILES:
        list = files_read(cursor, count);
        break;
    case RECORDING_U32:
    case RECORDING_U64:
    case RECORDING_I64:
    case RECORDING_TEXT:
        UNREACHABLE("no list");
    }
    memcpy(event + field->at, &list, sizeof list);
    memcpy(event + field->count_at, &count, sizeof count);
}

static void
field_read(struct cursor *cursor, const struct recording_field *field,
           char *event)
{
    uint64_t word = 0;
    uint32_t number = 0;
    const char *text = NULL;

    expect(cursor, " ");
    expect(cursor, field->key);
    expect(cursor, "=");
    if (field->type == RECORDING_U32) {
        number = u32_read(cursor);
        memcpy(event + field->at, &number, sizeof number);
    } else if (field->type == RECORDING_U64) {
        word = word_read(cursor, UINT64_MAX);
        memcpy(event + field->at, &word, sizeof word);
    } else if (field->type == RECORDING_I64) {
        word = (uint64_t)i64_read(cursor);
        memcpy(event + field->at, &word, sizeof word);
    } else if (field->type == RECORDING_TEXT) {
        text = text_read(cursor);
        memcpy(event + field->at, &text, sizeof text);
    } else if (cursor->at != NULL) {
        list_read(cursor, field, event);
    }
}

/* event_read - "event NS KIND KEY=VALUE ..." */
static void
event_read(struct cursor *cursor, struct recording_item *item)
{
    char name[32] = {0};

    item->kind = RECORDING_EVENT;
    expect(cursor, "event ");
    item->now_ns = i64_read(cursor);
    expect(cursor, " ");
    const size_t length = cursor->at == NULL ? 0 : strcspn(cursor->at, " ");
    if (length == 0 || length >= sizeof name) {
        cursor->at = NULL;
        return;
    }
    memcpy(name, cursor->at, length);
    cursor->at += length;
    item->event.kind = recording_event_number(name);
    if (item->event.kind == 0) {
        cursor->at = NULL;
        return;
    }
    const struct recording_kind *kind = recording_event_kind(item->event.kind);
    for (uint32_t i = 0;
         i < RECORDING_FIELDS_MAX && kind->fields[i].key != NULL; i++) {
        field_read(cursor, &kind->fields[i], (char *)&item->event);
    }
}

/* --- Lines ---------------------------------------------------------------------- */

static bool
failed(struct recording_reader *reader, const char *what)
{
    const struct src_loc where = {reader->path, reader->line_number, 1};

    reader->has_failed = true;
    diag_error(reader->diag, where, "%s", what);
    return false;
}

/* line_get - the next whole line. False: there is none. */
static bool
line_get(struct recording_reader *reader)
{
    ssize_t length = getline(&reader->line, &reader->line_size, reader->in);

    if (length <= 0) {
        if (ferror(reader->in) != 0) {
            reader->has_failed = true;
            diag_system(reader->diag, reader->path, "cannot be read", errno);
        }
        return false;
    }
    reader->line_number++;
    if (reader->line[length - 1] != '\n') {
        reader->is_cut = true;
        return false;
    }
    reader->line[length - 1] = '\0';
    return true;
}

/* arena_copy - a text out of the line, to last as long as the instance */
static const char *
arena_copy(struct recording_reader *reader, const char *text)
{
    return text == NULL ? NULL : arena_text(reader->texts, text);
}

/* config_begin - whatever was of an earlier instance goes */
static void
config_begin(struct recording_reader *reader)
{
    arena_free(reader->texts);
    reader->texts = arena_new(0);
    reader->config_texts =
        arena_take(reader->texts, TEXTS_MAX * sizeof reader->config_texts[0]);
    reader->overrides =
        arena_take(reader->texts, TEXTS_MAX * sizeof reader->overrides[0]);
    reader->texts_count = 0;
    reader->overrides_count = 0;
}

/* bytes_read - a text, in pieces, so that a length that lies takes no memory.
 * NULL: the file ends before. */
static char *
bytes_read(struct recording_reader *reader, size_t size)
{
    size_t room = 0;
    size_t got = 0;
    char *piece = NULL;
    char *bytes = NULL;

    do {
        room = size - got < got + TEXT_PIECE_BYTES ? size
                                                   : 2 * got + TEXT_PIECE_BYTES;
        piece = base_realloc(piece, room + 1);
        got += fread(piece + got, 1, room - got, reader->in);
    } while (got == room && got < size);
    if (got == size) {
        bytes = arena_take(reader->texts, size + 1);
        memcpy(bytes, piece, size);
    }
    free(piece);
    return bytes;
}

/* text_take - "text role=1 bytes=345 name=..." and the bytes after the line */
static bool
text_take(struct recording_reader *reader, struct cursor *cursor)
{
    expect(cursor, "text role=");
    const uint32_t role = u32_read(cursor);
    expect(cursor, " bytes=");
    const uint64_t size = word_read(cursor, 1u << 30);
    expect(cursor, " name=");
    const char *name = text_read(cursor);

    if (cursor->at == NULL || name == NULL ||
        reader->texts_count == TEXTS_MAX) {
        return failed(reader, "expected a text of the configuration");
    }
    char *bytes = bytes_read(reader, size);
    if (bytes == NULL || getc(reader->in) != '\n') {
        reader->is_cut = true;
        return false;
    }
    for (uint64_t i = 0; i < size; i++) {
        reader->line_number += bytes[i] == '\n';
    }
    reader->line_number++;
    reader->config_texts[reader->texts_count++] =
        (struct sched_text){.name = arena_copy(reader, name),
                            .bytes = bytes,
                            .bytes_size = size,
                            .role = role};
    return true;
}

static bool
override_take(struct recording_reader *reader, struct cursor *cursor)
{
    struct sched_override override;

    expect(cursor, "override path=");
    override.path = arena_copy(reader, text_read(cursor));
    expect(cursor, " value=");
    override.value = arena_copy(reader, text_read(cursor));
    expect(cursor, " where=");
    override.where = arena_copy(reader, text_read(cursor));
    if (cursor->at == NULL || reader->overrides_count == TEXTS_MAX) {
        return failed(reader, "expected an override of the configuration");
    }
    reader->overrides[reader->overrides_count++] = override;
    return true;
}

static void
begin_read(const struct recording_reader *reader, struct cursor *cursor,
           struct recording_item *item)
{
    item->kind = RECORDING_BEGIN;
    expect(cursor, "begin ");
    item->now_ns = i64_read(cursor);
    expect(cursor, " wall-offset=");
    item->config.wall_offset_ns = i64_read(cursor);
    expect(cursor, " strict=");
    item->config.is_strict = u32_read(cursor);
    item->config.now_ns = item->now_ns;
    item->config.texts = reader->config_texts;
    item->config.texts_count = reader->texts_count;
    item->config.overrides = reader->overrides;
    item->config.overrides_count = reader->overrides_count;
}

/* is_word - the line begins with this word */
static bool
is_word(const struct recording_reader *reader, const char *word)
{
    return strncmp(reader->line, word, strlen(word)) == 0;
}

/* item_read - a line that is something for the caller */
static bool
item_read(struct recording_reader *reader, struct cursor *cursor,
          struct recording_item *item)
{
    item->line = reader->line;
    if (is_word(reader, "event ")) {
        event_read(cursor, item);
    } else if (is_word(reader, "begin ")) {
        begin_read(reader, cursor, item);
    } else if (is_word(reader, "status ")) {
        item->kind = RECORDING_STATUS;
        expect(cursor, "status ");
        item->status = (int32_t)i64_read(cursor);
    } else if (is_word(reader, "action ")) {
        item->kind = RECORDING_ACTION;
        return true;
    } else {
        item->kind = RECORDING_END;
        expect(cursor, "end ");
        item->now_ns = i64_read(cursor);
    }
    if (cursor->at == NULL || *cursor->at != '\0') {
        return failed(reader, "expected a line of a recording");
    }
    return true;
}

/* header_read - what belongs to the configuration. False: not this line. */
static bool
header_read(struct recording_reader *reader, struct cursor *cursor)
{
    if (is_word(reader, "recording ")) {
        if (strcmp(reader->line, "recording 1") != 0) {
            (void)failed(reader, "expected version 1 of recordings");
        }
        config_begin(reader);
        reader->is_begun = true;
        return true;
    }
    if (!reader->is_begun) {
        (void)failed(reader, "expected a recording, \"recording 1\"");
        return true;
    }
    if (is_word(reader, "text ")) {
        (void)text_take(reader, cursor);
        return true;
    }
    if (is_word(reader, "override ")) {
        (void)override_take(reader, cursor);
        return true;
    }
    return is_word(reader, "object ");
}

bool
recording_open(struct recording_reader *reader, const char *path,
               struct diag *diag)
{
    *reader = (struct recording_reader){.path = path, .diag = diag};
    reader->in = fopen(path, "rb");
    if (reader->in == NULL) {
        reader->has_failed = true;
        diag_system(diag, path, "cannot be read", errno);
    }
    return reader->in != NULL;
}

bool
recording_next(struct recording_reader *reader, struct recording_item *item)
{
    *item = (struct recording_item){.kind = RECORDING_END};
    while (!reader->has_failed && !reader->is_cut && line_get(reader)) {
        const size_t block_bytes =
            BYTES_A_CHARACTER * (reader->line_size + 1024);
        reader->block = base_realloc(reader->block, block_bytes);
        struct cursor cursor = {reader->line, reader->block,
                                reader->block + block_bytes};
        if (!header_read(reader, &cursor)) {
            return item_read(reader, &cursor, item);
        }
    }
    return false;
}

void
recording_close(struct recording_reader *reader)
{
    if (reader->in != NULL) {
        fclose(reader->in);
    }
    arena_free(reader->texts);
    free(reader->block);
    free(reader->line);
}
