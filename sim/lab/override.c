/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * override.c - from the top of a document down a path; see override.h
 */
#include "sim/lab/override.h"

#include <string.h>

#include "sim/lab/format.h"

/* A walk down a path. `node` is NULL where the document has nothing. */
struct walk {
    const char *path;
    const char *rest; /* not yet walked; "" at the end */
    struct doc_node *node;
    const struct schema_row *row;
    struct src_loc where;
    struct arena *arena;
    struct diag *diag;
    bool is_create; /* nodes that are missing are made */
};

const char *
override_advice(struct arena *arena, const char *wrong,
                const char *const *names, size_t names_count,
                const struct diag *diag)
{
    enum { NAMES_SHOWN = 5 };
    const char *near = NULL;
    const char *text = "";

    if (diag->errors_count >= DIAG_ERRORS_MAX) {
        return text;
    }
    near = diag_nearest(wrong, names, names_count);
    if (near != NULL) {
        return format_arena(arena, "; did you mean %s?", near);
    }
    for (size_t i = 0; i < names_count && i < NAMES_SHOWN; i++) {
        text = format_arena(arena, "%s%s%.255s", text,
                            i == 0 ? "; there are: " : ", ", names[i]);
    }
    return names_count > NAMES_SHOWN ? format_arena(arena, "%s, ...", text)
                                     : text;
}

/* arena_piece - a copy of the first bytes of a text */
static char *
arena_piece(struct arena *arena, const char *text, size_t size)
{
    char *piece = arena_take(arena, size + 1);

    memcpy(piece, text, size);
    return piece; /* NUL-terminated: arena_take() zeroes */
}

/* key_report - the path is wrong at `rest`, in a section */
static void
key_report(const struct walk *walk, const char *key)
{
    const char *near = schema_nearest(walk->row->pattern, key);
    const int done_size = (int)(walk->rest - walk->path);

    if (near != NULL) {
        diag_error(walk->diag, walk->where,
                   "no setting has the path %.200s; did you mean %.*s%s%.100s?",
                   walk->path, done_size, walk->path, near,
                   walk->rest + strlen(key));
    } else {
        diag_error(walk->diag, walk->where,
                   "no setting has the path %.200s: %.80s is not known there; "
                   "`mtasim help scenario` lists the keys",
                   walk->path, key);
    }
}

/* kind_of - what a row's node is in the tree */
static enum doc_kind
kind_of(const struct schema_row *row)
{
    if (schema_type_is_single(row->type)) {
        return DOC_TEXT;
    }
    return row->type == SCHEMA_LIST || row->type == SCHEMA_TEXTS ? DOC_LIST
                                                                 : DOC_MAP;
}

/* advance - past a segment and the dot behind it */
static void
advance(struct walk *walk, size_t size)
{
    walk->rest += size;
    if (*walk->rest == '.') {
        walk->rest++;
    }
}

/* phases_widen - `temporary: 1%` to { rcpt: 1% }, to have room for others */
static void
phases_widen(struct walk *walk)
{
    struct doc_node *node = walk->node;
    struct doc_node *only = NULL;

    if (node == NULL || node->kind != DOC_TEXT || !walk->is_create) {
        return;
    }
    only = doc_node_new(walk->arena, DOC_TEXT, node->where);
    only->text = node->text;
    node->kind = DOC_MAP;
    node->text = NULL;
    doc_append(node, "rcpt", node->where, only);
}

/* child_enter - to a child by key, made if there is none and it may be */
static bool
child_enter(struct walk *walk, const char *key, const struct schema_row *row)
{
    struct doc_node *child = doc_get(walk->node, key);

    if (child == NULL && walk->is_create) {
        if (walk->node->kind != DOC_MAP) {
            diag_error(walk->diag, walk->where,
                       "%.200s cannot be set: what is above it is not a "
                       "mapping",
                       walk->path);
            return false;
        }
        child = doc_node_new(walk->arena, kind_of(row), walk->where);
        doc_append(walk->node, key, walk->where, child);
    }
    walk->node = child;
    walk->row = row;
    return true;
}

/* section_step - one key of a section */
static bool
section_step(struct walk *walk)
{
    const size_t size = strcspn(walk->rest, ".");
    const char *key = arena_piece(walk->arena, walk->rest, size);
    const struct schema_row *row = NULL;
    char full[SCHEMA_PATTERN_MAX];

    if (schema_join(full, walk->row->pattern, key) && size > 0 &&
        strcmp(key, "*") != 0) {
        row = schema_get(full);
    }
    if (row == NULL) {
        key_report(walk, key);
        return false;
    }
    if (walk->row->type == SCHEMA_BY_PHASE) {
        phases_widen(walk);
    }
    advance(walk, size);
    return child_enter(walk, key, row);
}

/* quoted_size - of a segment in quotes, with them; 0: it has none */
static size_t
quoted_size(const char *rest)
{
    const char *end = NULL;

    if (*rest != '\'' && *rest != '"') {
        return 0;
    }
    end = strchr(rest + 1, *rest);
    return end != NULL && (end[1] == '.' || end[1] == '\0')
               ? (size_t)(end - rest) + 1
               : 0;
}

/* label_of - what a child of a list or mapping is called; NULL: nothing */
static const char *
label_of(const struct doc_node *child)
{
    const struct doc_node *label = NULL;

    if (child->key != NULL) {
        return child->key;
    }
    label = doc_get(child, "name");
    if (label == NULL) {
        label = doc_get(child, "label");
    }
    return label != NULL && label->kind == DOC_TEXT ? label->text : NULL;
}

/* name_fits - the label is the whole rest, or a dot follows it there */
static bool
name_fits(const char *label, const char *rest, size_t quoted)
{
    const size_t size = strlen(label);

    if (quoted > 0) {
        return size == quoted - 2 && strncmp(label, rest + 1, size) == 0;
    }
    return size > 0 && strncmp(label, rest, size) == 0 &&
           (rest[size] == '.' || rest[size] == '\0');
}

/* position_is - rest starts with this number */
static bool
position_is(const char *rest, uint32_t position)
{
    char text[16];

    snprintf(text, sizeof text, "%u", position);
    return name_fits(text, rest, 0);
}

/* tail_is_valid - whether the rest after a name could be walked */
static bool
tail_is_valid(const struct schema_row *element, const char *tail)
{
    char full[SCHEMA_PATTERN_MAX];

    return *tail == '\0' || (schema_join(full, element->pattern, tail) &&
                             schema_get(full) != NULL);
}

/* segment_guess - how much of the rest is meant as a name that is not there:
 * as little as leaves a valid path */
static size_t
segment_guess(const struct schema_row *element, const char *rest)
{
    size_t size = strcspn(rest, ".");

    while (rest[size] == '.' && !tail_is_valid(element, rest + size + 1)) {
        size += 1 + strcspn(rest + size + 1, ".");
    }
    return size;
}

/* name_report - the path is wrong at `rest`, among names */
static void
name_report(const struct walk *walk, const char *name)
{
    const struct doc_node *node = walk->node;
    const uint32_t count_max = node != NULL ? node->children_count : 0;
    const char **labels =
        arena_take(walk->arena, (count_max + 1) * sizeof *labels);
    size_t count = 0;

    for (const struct doc_node *child = count_max > 0 ? node->first : NULL;
         child != NULL; child = child->next) {
        if (label_of(child) != NULL) {
            labels[count++] = label_of(child);
        }
    }
    diag_error(walk->diag, walk->where,
               "no setting has the path %.200s: %.*s has no %.80s%s",
               walk->path, (int)(walk->rest - walk->path - 1), walk->path, name,
               override_advice(walk->arena, name, labels, count, walk->diag));
}

/* name_new - a name that the document does not have yet */
static bool
name_new(struct walk *walk, const struct schema_row *element, size_t quoted)
{
    const size_t size =
        quoted > 0 ? quoted : segment_guess(element, walk->rest);
    const char *name =
        quoted > 0 ? arena_piece(walk->arena, walk->rest + 1, quoted - 2)
                   : arena_piece(walk->arena, walk->rest, size);
    const bool is_free = schema_type_is_single(element->type) ||
                         strcmp(name, "*") == 0 || strcmp(name, "default") == 0;

    if (walk->row->type == SCHEMA_LIST || !is_free ||
        !schema_name_is_valid(name)) {
        name_report(walk, name);
        return false;
    }
    advance(walk, size);
    return child_enter(walk, name, element);
}

/* name_step - one name of a list or of a mapping of names */
static bool
name_step(struct walk *walk)
{
    char full[SCHEMA_PATTERN_MAX];
    const bool is_short = schema_join(full, walk->row->pattern, "*");
    const struct schema_row *element = is_short ? schema_get(full) : NULL;
    const size_t quoted = quoted_size(walk->rest);
    struct doc_node *best = NULL;
    size_t best_size = 0;
    uint32_t position = 0;

    ASSERT(element != NULL);
    for (struct doc_node *child = walk->node != NULL ? walk->node->first : NULL;
         child != NULL; child = child->next) {
        const char *label = label_of(child);

        position++;
        if (label != NULL && name_fits(label, walk->rest, quoted) &&
            strlen(label) > best_size) {
            best = child;
            best_size = strlen(label);
        } else if (best == NULL && child->key == NULL &&
                   position_is(walk->rest, position)) {
            best = child;
            best_size = strcspn(walk->rest, ".");
        }
    }
    if (best == NULL) {
        return name_new(walk, element, quoted);
    }
    advance(walk, quoted > 0 ? quoted : best_size);
    walk->node = best;
    walk->row = element;
    return true;
}

/* path_walk - false: the path leads nowhere, reported */
static bool
path_walk(struct walk *walk)
{
    while (*walk->rest != '\0') {
        const enum schema_type type = walk->row->type;

        if (type == SCHEMA_SECTION || type == SCHEMA_BY_PHASE) {
            if (!section_step(walk)) {
                return false;
            }
        } else if (type == SCHEMA_NAMES || type == SCHEMA_LIST) {
            if (!name_step(walk)) {
                return false;
            }
        } else {
            diag_error(walk->diag, walk->where,
                       "no setting has the path %.200s: %.*s is %s", walk->path,
                       (int)(walk->rest - walk->path - 1), walk->path,
                       schema_type_text(type));
            return false;
        }
    }
    return true;
}

const struct schema_row *
override_row(struct doc_node *root, const char *path, struct src_loc where,
             struct arena *arena, struct diag *diag)
{
    struct walk walk = {.path = path,
                        .rest = path,
                        .node = root,
                        .row = schema_get(""),
                        .where = where,
                        .arena = arena,
                        .diag = diag};

    return path_walk(&walk) ? walk.row : NULL;
}

bool
override_set(struct doc_node *root, const char *path, const char *value,
             struct src_loc where, struct arena *arena, struct diag *diag)
{
    struct walk walk = {.path = path,
                        .rest = path,
                        .node = root,
                        .row = schema_get(""),
                        .where = where,
                        .arena = arena,
                        .diag = diag,
                        .is_create = true};
    struct doc_node *fresh = NULL;

    /* Looked up first, so that a wrong path leaves no half-made branch. */
    if (*path == '\0' || override_row(root, path, where, arena, diag) == NULL) {
        if (*path == '\0') {
            diag_error(diag, where, "the path is missing");
        }
        return false;
    }
    if (*value == '{' || *value == '[') {
        fresh = doc_parse(arena, where.file, value, strlen(value), diag);
    } else {
        fresh = doc_node_new(arena, DOC_TEXT, where);
        fresh->text = arena_text(arena, value);
    }
    if (fresh == NULL || !path_walk(&walk)) {
        return false;
    }
    walk.node->kind = fresh->kind;
    walk.node->text = fresh->text;
    walk.node->first = fresh->first;
    walk.node->last = fresh->last;
    walk.node->children_count = fresh->children_count;
    walk.node->where = where;
    return true;
}
