/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc.c - strict YAML on libyaml's event interface; see doc.h
 *
 * The events are used and not libyaml's document tree: the tree expands
 * aliases, drops where keys were, and cannot be told how deep is too deep.
 */
#include "sim/lab/doc.h"

#include <string.h>
#include <yaml.h>

#include "sim/lab/format.h"

#define JOINED_BYTES_MAX 1000

/* One reading. */
struct reader {
    struct arena *arena;
    const char *file;
    const char *bytes;
    size_t bytes_size;
    struct diag *diag;
    yaml_parser_t parser;
    yaml_event_t event; /* valid while has_event */
    bool has_event;
    uint32_t nodes_count;
};

static struct doc_node *value_read(struct reader *reader, uint32_t depth);

/* mark_loc - libyaml counts from 0 */
static struct src_loc
mark_loc(const struct reader *reader, const yaml_mark_t *mark)
{
    return (struct src_loc){.file = reader->file,
                            .line = (uint32_t)mark->line + 1,
                            .column = (uint32_t)mark->column + 1};
}

/* offset_loc - the place of a byte that libyaml could not even decode */
static struct src_loc
offset_loc(const struct reader *reader, size_t offset)
{
    struct src_loc loc = {.file = reader->file, .line = 1, .column = 1};

    for (size_t i = 0; i < offset && i < reader->bytes_size; i++) {
        if (reader->bytes[i] == '\n') {
            loc.line++;
            loc.column = 1;
        } else {
            loc.column++;
        }
    }
    return loc;
}

/* grammar_hint - what usually causes libyaml's complaint */
static const char *
grammar_hint(const char *problem)
{
    if (strstr(problem, "alias") != NULL || strstr(problem, "anchor") != NULL ||
        strstr(problem, "alphabetic or numeric") != NULL) {
        return "; a value that starts with * or & is written in quotes";
    }
    if (strstr(problem, "cannot start any token") != NULL) {
        return "; a value that starts with this character is written in quotes";
    }
    if (strstr(problem, "mapping values are not allowed") != NULL) {
        return "; look for a missing blank, a wrong indent, or a text with a "
               "colon that needs quotes";
    }
    if (strstr(problem, "block mapping") != NULL ||
        strstr(problem, "expected key") != NULL) {
        return "; keys of one mapping start in the same column";
    }
    return "";
}

/* grammar_error - the one error that libyaml gives */
static void
grammar_error(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem =
        parser->problem != NULL ? parser->problem : "not YAML";

    if (parser->error == YAML_READER_ERROR) {
        diag_error(reader->diag, offset_loc(reader, parser->problem_offset),
                   "not UTF-8 text: %s", problem);
        return;
    }
    diag_error(
        reader->diag, mark_loc(reader, &parser->problem_mark),
        "not YAML: %s%s%s%s", parser->context != NULL ? parser->context : "",
        parser->context != NULL ? ", " : "", problem, grammar_hint(problem));
}

/* event_next - false: a grammar error, reported */
static bool
event_next(struct reader *reader)
{
    if (reader->has_event) {
        yaml_event_delete(&reader->event);
        reader->has_event = false;
    }
    if (yaml_parser_parse(&reader->parser, &reader->event) == 0) {
        grammar_error(reader);
        return false;
    }
    reader->has_event = true;
    return true;
}

/* text_hash - FNV-1a */
static uint32_t
text_hash(const char *text)
{
    uint32_t hash = 2166136261u;

    for (const char *c = text; *c != '\0'; c++) {
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    return hash;
}

struct doc_node *
doc_node_new(struct arena *arena, enum doc_kind kind, struct src_loc where)
{
    struct doc_node *node = arena_take(arena, sizeof *node);

    node->kind = kind;
    node->where = where;
    node->text = kind == DOC_TEXT ? "" : NULL;
    return node;
}

void
doc_append(struct doc_node *parent, const char *key, struct src_loc where,
           struct doc_node *child)
{
    ASSERT(parent->kind != DOC_TEXT);
    ASSERT((parent->kind == DOC_MAP) == (key != NULL));
    ASSERT(child->next == NULL);
    child->key = key;
    child->key_where = where;
    child->key_hash = key != NULL ? text_hash(key) : 0;
    if (parent->last == NULL) {
        parent->first = child;
    } else {
        parent->last->next = child;
    }
    parent->last = child;
    parent->children_count++;
}

struct doc_node *
doc_get(const struct doc_node *map, const char *key)
{
    if (map == NULL || map->kind != DOC_MAP) {
        return NULL;
    }
    const uint32_t hash = text_hash(key);

    for (struct doc_node *child = map->first; child != NULL;
         child = child->next) {
        if (child->key_hash == hash && strcmp(child->key, key) == 0) {
            return child;
        }
    }
    return NULL;
}

const char *
doc_kind_text(const struct doc_node *node)
{
    switch (node->kind) {
    case DOC_TEXT:
        return node->text[0] == '\0' ? "nothing" : "a value";
    case DOC_LIST:
        return "a list";
    case DOC_MAP:
        return "a mapping";
    }
    UNREACHABLE("a node is one of three kinds");
}

/* decoration_check - anchors and tags say nothing that a scenario needs */
static void
decoration_check(struct reader *reader, const yaml_char_t *anchor,
                 const yaml_char_t *tag)
{
    const struct src_loc where = mark_loc(reader, &reader->event.start_mark);

    if (anchor != NULL) {
        diag_error(reader->diag, where,
                   "anchors (&%.40s) are not allowed; write the value out",
                   (const char *)anchor);
    }
    if (tag != NULL) {
        diag_error(reader->diag, where,
                   "tags (%.40s) are not allowed; the key says what type its "
                   "value has",
                   (const char *)tag);
    }
}

/* scalar_text - a copy; a NUL inside would hide what comes after it */
static const char *
scalar_text(struct reader *reader)
{
    const char *value = (const char *)reader->event.data.scalar.value;

    if (strlen(value) != reader->event.data.scalar.length) {
        diag_error(reader->diag, mark_loc(reader, &reader->event.start_mark),
                   "a text must not contain the character NUL");
    }
    return arena_text(reader->arena, value);
}

/* node_start - false: there are too many */
static bool
node_start(struct reader *reader)
{
    if (++reader->nodes_count > DOC_NODES_MAX) {
        diag_error(reader->diag, mark_loc(reader, &reader->event.start_mark),
                   "the document has more than %d values; make groups of hosts "
                   "(hosts: n) instead of single ones",
                   DOC_NODES_MAX);
        return false;
    }
    return true;
}

/* child_add - with the checks that need the brothers; false: too many */
static bool
child_add(struct reader *reader, struct doc_node *parent, const char *key,
          struct src_loc key_where, struct doc_node *child)
{
    const struct doc_node *twin = key != NULL ? doc_get(parent, key) : NULL;

    if (parent->children_count >= DOC_KEYS_MAX) {
        diag_error(reader->diag, child->where,
                   "a mapping or list holds at most %d entries", DOC_KEYS_MAX);
        return false;
    }
    if (twin != NULL) {
        diag_error(reader->diag, key_where,
                   "%.80s is here a second time, first in line %u; keep one",
                   key, twin->key_where.line);
        return true;
    }
    doc_append(parent, key, key_where, child);
    return true;
}

/* key_read - the key that the current event is; NULL: reading must end */
static const char *
key_read(struct reader *reader, struct src_loc where)
{
    if (reader->event.type != YAML_SCALAR_EVENT) {
        diag_error(reader->diag, where,
                   reader->event.type == YAML_ALIAS_EVENT
                       ? "aliases are not allowed as keys; the name * is "
                         "written in quotes: \"*\""
                       : "a key must be a text");
        return NULL;
    }
    decoration_check(reader, reader->event.data.scalar.anchor,
                     reader->event.data.scalar.tag);

    const char *key = scalar_text(reader);

    if (strcmp(key, "<<") == 0) {
        diag_error(reader->diag, where,
                   "merge keys (<<) are not allowed; write the keys out");
    }
    return key;
}

/* is_open - a plain text whose parentheses do not close. A long one is no
 * distribution, and to go on joining it would take the square of its length. */
static bool
is_open(const struct doc_node *node)
{
    int depth = 0;

    if (node->kind != DOC_TEXT || !node->is_plain ||
        strlen(node->text) > JOINED_BYTES_MAX) {
        return false;
    }
    for (const char *c = node->text; *c != '\0'; c++) {
        depth += (*c == '(') - (*c == ')');
    }
    return depth > 0;
}

/* is_nothing - an empty text that is not written at all */
static bool
is_nothing(const struct doc_node *node)
{
    return node->kind == DOC_TEXT && node->is_plain && *node->text == '\0';
}

/* map_read - from after its start to its end event. A comma ends a plain text
 * within { }: what follows one with an open parenthesis is the rest of it, in
 * the shape of a key without a value. */
static bool
map_read(struct reader *reader, struct doc_node *map, bool is_flow,
         uint32_t depth)
{
    struct doc_node *open = NULL; /* waits for its closing parenthesis */

    for (;;) {
        if (!event_next(reader)) {
            return false;
        }
        if (reader->event.type == YAML_MAPPING_END_EVENT) {
            return true;
        }

        const struct src_loc where =
            mark_loc(reader, &reader->event.start_mark);
        const char *key = key_read(reader, where);

        if (key == NULL || !event_next(reader)) {
            return false;
        }

        struct doc_node *value = value_read(reader, depth);

        if (value == NULL) {
            return false;
        }
        if (strcmp(key, "<<") == 0) {
            continue; /* reported */
        }
        if (open != NULL && is_nothing(value)) {
            open->text = format_arena(reader->arena, "%s, %s", open->text, key);
        } else if (!child_add(reader, map, key, where, value)) {
            return false;
        } else {
            open = is_flow ? value : NULL;
        }
        open = open != NULL && is_open(open) ? open : NULL;
    }
}

/* list_read - from after its start to its end event */
static bool
list_read(struct reader *reader, struct doc_node *list, bool is_flow,
          uint32_t depth)
{
    struct doc_node *open = NULL; /* waits for its closing parenthesis */

    for (;;) {
        if (!event_next(reader)) {
            return false;
        }
        if (reader->event.type == YAML_SEQUENCE_END_EVENT) {
            return true;
        }

        struct doc_node *value = value_read(reader, depth);

        if (value == NULL) {
            return false;
        }
        if (open != NULL && value->kind == DOC_TEXT && value->is_plain) {
            open->text =
                format_arena(reader->arena, "%s, %s", open->text, value->text);
        } else if (!child_add(reader, list, NULL, value->where, value)) {
            return false;
        } else {
            open = is_flow ? value : NULL;
        }
        open = open != NULL && is_open(open) ? open : NULL;
    }
}

/* collection_read - a mapping or a list, if it is not too deep */
static struct doc_node *
collection_read(struct reader *reader, enum doc_kind kind, uint32_t depth)
{
    const struct src_loc where = mark_loc(reader, &reader->event.start_mark);

    if (depth >= DOC_DEPTH_MAX) {
        diag_error(reader->diag, where,
                   "values are nested deeper than %d; a scenario needs 5",
                   DOC_DEPTH_MAX);
        return NULL;
    }

    struct doc_node *node = doc_node_new(reader->arena, kind, where);
    const yaml_event_t *event = &reader->event;
    bool is_read = false;

    if (kind == DOC_MAP) {
        const bool is_flow =
            event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;

        is_read = map_read(reader, node, is_flow, depth + 1);
    } else {
        const bool is_flow =
            event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;

        is_read = list_read(reader, node, is_flow, depth + 1);
    }
    return is_read ? node : NULL;
}

/* value_read - the value that the current event starts; NULL: end reading */
static struct doc_node *
value_read(struct reader *reader, uint32_t depth)
{
    const yaml_event_t *event = &reader->event;
    const struct src_loc where = mark_loc(reader, &event->start_mark);
    struct doc_node *node = NULL;

    if (!node_start(reader)) {
        return NULL;
    }
    /* libyaml declares fourteen event types; only these four start a value. */
    if (event->type == YAML_SCALAR_EVENT) {
        decoration_check(reader, event->data.scalar.anchor,
                         event->data.scalar.tag);
        node = doc_node_new(reader->arena, DOC_TEXT, where);
        node->text = scalar_text(reader);
        node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        return node;
    }
    if (event->type == YAML_MAPPING_START_EVENT) {
        decoration_check(reader, event->data.mapping_start.anchor,
                         event->data.mapping_start.tag);
        return collection_read(reader, DOC_MAP, depth);
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        decoration_check(reader, event->data.sequence_start.anchor,
                         event->data.sequence_start.tag);
        return collection_read(reader, DOC_LIST, depth);
    }
    ASSERT(event->type == YAML_ALIAS_EVENT);
    diag_error(reader->diag, where,
               "aliases (*%.40s) are not allowed; write the value out",
               (const char *)event->data.alias.anchor);
    return doc_node_new(reader->arena, DOC_TEXT, where);
}

/* directives_check - %YAML and %TAG change what the rest means */
static void
directives_check(struct reader *reader)
{
    const yaml_event_t *event = &reader->event;

    if (event->data.document_start.version_directive != NULL ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end) {
        diag_error(reader->diag, mark_loc(reader, &event->start_mark),
                   "directives (%%YAML, %%TAG) are not allowed; take the line "
                   "out");
    }
}

/* document_read - the stream, which must hold one document */
static struct doc_node *
document_read(struct reader *reader)
{
    struct doc_node *root = NULL;

    for (int i = 0; i < 2; i++) { /* stream start, document start */
        if (!event_next(reader)) {
            return NULL;
        }
    }
    if (reader->event.type == YAML_STREAM_END_EVENT) {
        diag_error(reader->diag,
                   (struct src_loc){.file = reader->file, .line = 1},
                   "the file is empty; `mtasim help scenario` lists what a "
                   "scenario holds");
        return NULL;
    }
    directives_check(reader);
    if (!event_next(reader)) {
        return NULL;
    }
    root = value_read(reader, 0);
    for (int i = 0; i < 2; i++) { /* document end, stream end */
        if (root == NULL || !event_next(reader)) {
            return NULL;
        }
    }
    if (reader->event.type != YAML_STREAM_END_EVENT) {
        diag_error(reader->diag, mark_loc(reader, &reader->event.start_mark),
                   "a second document starts here; a scenario is one document");
    }
    return root;
}

/* tabs_check - in every line, so that they can all be replaced at once */
static bool
tabs_check(struct reader *reader)
{
    struct src_loc where = {.file = reader->file, .line = 1, .column = 1};
    bool is_clean = true;
    bool is_reported = false; /* in this line */

    for (size_t i = 0; i < reader->bytes_size; i++, where.column++) {
        if (reader->bytes[i] == '\t' && !is_reported) {
            diag_error(reader->diag, where,
                       "tabs are not allowed; use blanks (in a quoted text: "
                       "\\t)");
            is_clean = false;
            is_reported = true;
        } else if (reader->bytes[i] == '\n') {
            where.line++;
            where.column = 0;
            is_reported = false;
        }
    }
    return is_clean;
}

struct doc_node *
doc_parse(struct arena *arena, const char *file, const char *bytes, size_t size,
          struct diag *diag)
{
    struct reader reader = {.arena = arena,
                            .file = file,
                            .bytes = bytes,
                            .bytes_size = size,
                            .diag = diag};
    struct doc_node *root = NULL;

    if (size > DOC_BYTES_MAX) {
        diag_error(diag, (struct src_loc){.file = file},
                   "the file has %zu bytes; at most %u are read", size,
                   DOC_BYTES_MAX);
        return NULL;
    }
    if (!tabs_check(&reader)) {
        return NULL;
    }
    if (yaml_parser_initialize(&reader.parser) == 0) {
        diag_error(diag, (struct src_loc){.file = file}, "out of memory");
        return NULL;
    }
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes,
                                 size);
    root = document_read(&reader);
    if (reader.has_event) {
        yaml_event_delete(&reader.event);
    }
    yaml_parser_delete(&reader.parser);
    return root;
}
