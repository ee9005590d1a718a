/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_canonical.c - what a run's key is made of; see scenario.h
 *
 * Rows come in the order of the table, names and list elements in the order of
 * the document: their order decides which of two equal events comes first, so
 * it is part of what is run.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/sha256.h"
#include "sim/lab/scenario_load.h"

enum {
    PATH_MAX_BYTES = 1024, /* five parts, the names among them below 256 */
    READ_BYTES = 64 << 10
};

/* The text so far; from the heap, for it grows. */
struct text {
    struct scenario *scenario;
    char *bytes;
    size_t size;
    size_t capacity;
};

static void node_write(struct text *text, const struct schema_row *row,
                       const struct doc_node *node, const char *path);

static void text_add(struct text *text, const char *format, ...)
    PRINTF_LIKE(2, 3);

static void
text_add(struct text *text, const char *format, ...)
{
    va_list args;
    int size = 0;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(size >= 0);
    if (text->capacity - text->size <= (size_t)size) {
        text->capacity = text->capacity * 2 + (size_t)size + 1;
        text->bytes = base_realloc(text->bytes, text->capacity);
    }
    va_start(args, format);
    vsnprintf(text->bytes + text->size, text->capacity - text->size, format,
              args);
    va_end(args);
    text->size += (size_t)size;
}

/* trace_sha - of a file too big to keep; "unreadable" if it has gone */
static void
trace_sha(const char *path, char sha_text[SHA256_TEXT_SIZE])
{
    FILE *stream = fopen(path, "rb");
    struct sha256 sha;
    char *block = NULL;
    size_t got = 0;

    snprintf(sha_text, SHA256_TEXT_SIZE, "unreadable");
    if (stream == NULL) {
        return;
    }
    block = base_alloc(READ_BYTES);
    sha256_init(&sha);
    while ((got = fread(block, 1, READ_BYTES, stream)) > 0) {
        sha256_add(&sha, block, got);
    }
    if (!ferror(stream)) {
        sha256_end(&sha, sha_text);
    }
    fclose(stream);
    free(block);
}

/* arena_of - for texts that a value needs while it is looked at */
static struct arena *
arena_of(const struct text *text)
{
    return text->scenario->arena;
}

/* is_inheritable - leaving the key out means another one's value: then saying
 * the default is saying something */
static bool
is_inheritable(const struct schema_row *row)
{
    static const char traffic[] = "traffic.*.";
    static const char destinations[] = "destinations.*.";

    return strncmp(row->pattern, traffic, sizeof traffic - 1) == 0 ||
           strncmp(row->pattern, destinations, sizeof destinations - 1) == 0;
}

/* value_write - one line, unless leaving it out would mean the same */
static void
value_write(struct text *text, const struct schema_row *row, const char *given,
            const char *path)
{
    const struct schema_value standard = schema_standard(row, arena_of(text));
    struct schema_value value;
    const char *why = NULL;
    char standard_text[SCHEMA_NAME_MAX + 1];
    char value_text[SCHEMA_NAME_MAX + 1];

    if (!schema_value_parse(row, given, arena_of(text), &value, &why)) {
        UNREACHABLE("the scenario was loaded without errors");
    }
    schema_value_format(row, &standard, standard_text, sizeof standard_text);
    schema_value_format(row, &value, value_text, sizeof value_text);
    if (row->standard == NULL || is_inheritable(row) ||
        strcmp(standard_text, value_text) != 0) {
        text_add(text, "%s=%s\n", path, value_text);
    }
}

static void
section_write(struct text *text, const struct schema_row *section,
              const struct doc_node *node, const char *path)
{
    const struct schema_row *row = NULL;

    for (size_t i = 0; (row = schema_row_at(i)) != NULL; i++) {
        const char *dot = strrchr(row->pattern, '.');
        const char *key = dot != NULL ? dot + 1 : row->pattern;
        const struct doc_node *child = NULL;
        char full[PATH_MAX_BYTES];

        if (!row->is_of_run || !schema_row_is_in(row, section->pattern)) {
            continue;
        }
        child = doc_get(node, key);
        if (child != NULL) {
            snprintf(full, sizeof full, "%s%s%s", path,
                     *path == '\0' ? "" : ".", key);
            node_write(text, row, child, full);
        }
    }
}

/* elements_write - names and list elements; one without keys leaves its name */
static void
elements_write(struct text *text, const struct schema_row *row,
               const struct doc_node *node, const char *path)
{
    char pattern[SCHEMA_PATTERN_MAX];
    const bool is_short = schema_join(pattern, row->pattern, "*");
    const struct schema_row *element = is_short ? schema_get(pattern) : NULL;
    uint32_t position = 0;

    ASSERT(element != NULL);
    for (const struct doc_node *child = node->first; child != NULL;
         child = child->next) {
        char full[PATH_MAX_BYTES];

        position++;
        if (child->key != NULL) {
            snprintf(full, sizeof full, "%s.%s", path, child->key);
        } else {
            snprintf(full, sizeof full, "%s.%" PRIu32, path, position);
        }
        if (element->type == SCHEMA_SECTION) {
            text_add(text, "%s\n", full);
        }
        node_write(text, element, child, full);
    }
}

static void
node_write(struct text *text, const struct schema_row *row,
           const struct doc_node *node, const char *path)
{
    if (!schema_type_is_single(row->type) && is_inheritable(row)) {
        text_add(text, "%s\n", path); /* even empty, it replaces another */
    }
    if (row->type == SCHEMA_SECTION) {
        section_write(text, row, node, path);
    } else if (row->type == SCHEMA_NAMES || row->type == SCHEMA_LIST) {
        elements_write(text, row, node, path);
    } else if (row->type == SCHEMA_BY_PHASE) {
        if (node->kind == DOC_MAP) {
            section_write(text, row, node, path);
        } else {
            char full[PATH_MAX_BYTES];
            char pattern[SCHEMA_PATTERN_MAX];
            const bool is_short = schema_join(pattern, row->pattern, "rcpt");

            ASSERT(is_short);
            snprintf(full, sizeof full, "%s.rcpt", path);
            value_write(text, schema_get(pattern), node->text, full);
        }
    } else {
        value_write(text, row, node->text, path);
    }
}

/* files_write - contents by their hash; lengths before texts that are free, so
 * that no two scenarios have one text */
static void
files_write(struct text *text)
{
    const struct scenario *scenario = text->scenario;
    char sha_text[SHA256_TEXT_SIZE];

    for (uint32_t i = 0; i < scenario->overrides_count; i++) {
        const struct scenario_override *override = &scenario->overrides[i];

        text_add(text, "override %zu:%s=%zu:%s\n", strlen(override->path),
                 override->path, strlen(override->value), override->value);
    }
    for (uint32_t i = 0; i < scenario->files_count; i++) {
        const struct scenario_file *file = &scenario->files[i];

        sha256_text(file->bytes, file->bytes_size, sha_text);
        text_add(text, "file %" PRIu32 " %zu:%s %s\n", file->role,
                 strlen(file->name), file->name, sha_text);
    }
    for (uint32_t i = 0; i < scenario->changes_count; i++) {
        const struct mta_change *change = &scenario->changes[i];

        if (change->kind == MTA_CHANGE_SET) {
            text_add(text, "set %" PRId64 " %zu:%s=%zu:%s\n", change->at_ns,
                     strlen(change->path), change->path, strlen(change->value),
                     change->value);
        } else if (change->kind == MTA_CHANGE_RESTART) {
            /* Its length may be the default, which is not written above. */
            text_add(text, "restart %" PRId64 " %" PRId64 "\n", change->at_ns,
                     change->for_ns);
        }
    }
    if (scenario->backlog_path != NULL) {
        trace_sha(scenario->backlog_path, sha_text);
        text_add(text, "backlog %s\n", sha_text);
    }
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        if (scenario->traffic[i].arrivals == TRAFFIC_REPLAY) {
            trace_sha(scenario->traffic[i].replay_path, sha_text);
            text_add(text, "replay %" PRIu32 " %s\n", i + 1, sha_text);
        }
    }
}

const char *
scenario_canonical(struct scenario *scenario)
{
    struct text text = {.scenario = scenario};
    const char *canonical = NULL;

    text_add(&text, "mtasim-scenario 1\n");
    section_write(&text, schema_get(""), scenario->doc, "");
    files_write(&text);
    canonical = arena_text(scenario->arena, text.bytes);
    free(text.bytes);
    return canonical;
}
