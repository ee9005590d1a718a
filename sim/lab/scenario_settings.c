/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_settings.c - overrides of the MTA's files, and sweeps; see
 * scenario.h
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/lab/format.h"
#include "sim/lab/override.h"
#include "sim/lab/scenario_load.h"
#include "sim/lab/unit.h"

enum { OVERRIDES_MAX = 10000, AXES_MAX = 16, PATH_BYTES_MAX = 1000 };

/* where_text - "scenario.yaml:12:5" */
static const char *
where_text(struct arena *arena, struct src_loc where)
{
    if (where.line == 0) {
        return where.file;
    }
    return format_arena(arena, "%s:%" PRIu32 ":%" PRIu32, where.file,
                        where.line, where.column);
}

void
load_override_add(struct load *load, const char *path, const char *value,
                  struct src_loc where)
{
    struct scenario *scenario = load->scenario;
    struct scenario_override *override = NULL;

    if (scenario->overrides == NULL) {
        scenario->overrides = arena_take(
            load->arena, OVERRIDES_MAX * sizeof *scenario->overrides);
    }
    /* One that is set again keeps its place and changes its value. */
    for (uint32_t i = 0; i < scenario->overrides_count; i++) {
        if (strcmp(scenario->overrides[i].path, path) == 0) {
            override = &scenario->overrides[i];
        }
    }
    if (override == NULL && scenario->overrides_count == OVERRIDES_MAX) {
        diag_error(load->diag, where,
                   "there are more than %d settings of the MTA; put them into "
                   "its own files",
                   OVERRIDES_MAX);
        return;
    }
    if (override == NULL) {
        override = &scenario->overrides[scenario->overrides_count++];
    }
    *override =
        (struct scenario_override){.path = arena_text(load->arena, path),
                                   .value = arena_text(load->arena, value),
                                   .where = where_text(load->arena, where)};
}

/* list_text - the texts of a list with blanks between, as the MTA's files have
 * them; NULL: it holds no texts, reported */
static const char *
list_text(struct load *load, const struct doc_node *list)
{
    size_t size = 1;
    char *text = NULL;

    for (const struct doc_node *child = list->first; child != NULL;
         child = child->next) {
        if (child->kind != DOC_TEXT) {
            diag_error(load->diag, child->where,
                       "a value of a list must be a text, found %s",
                       doc_kind_text(child));
            return NULL;
        }
        size += strlen(child->text) + 1;
    }
    text = arena_take(load->arena, size);
    size = 0;
    for (const struct doc_node *child = list->first; child != NULL;
         child = child->next) {
        const size_t length = strlen(child->text);

        if (size > 0) {
            text[size++] = ' ';
        }
        memcpy(text + size, child->text, length);
        size += length;
    }
    return text;
}

void
load_settings(struct load *load, const char *path, const struct doc_node *node,
              load_setting_fn *fn)
{
    if (strlen(path) > PATH_BYTES_MAX) {
        diag_error(load->diag, node->where,
                   "the path of a setting has at most %d characters",
                   PATH_BYTES_MAX);
        return;
    }
    if (node->kind == DOC_MAP) {
        for (const struct doc_node *child = node->first; child != NULL;
             child = child->next) {
            load_settings(load,
                          *path == '\0' ? child->key
                                        : format_arena(load->arena, "%s.%s",
                                                       path, child->key),
                          child, fn);
        }
        return;
    }

    const char *value =
        node->kind == DOC_LIST ? list_text(load, node) : node->text;

    if (value != NULL) {
        fn(load, path, value, node->where);
    }
}

void
load_overrides(struct load *load)
{
    if (load->root->kind != DOC_MAP) {
        return;
    }
    for (const struct doc_node *child = load->root->first; child != NULL;
         child = child->next) {
        const struct schema_row *row = schema_get(child->key);
        const bool is_section = row != NULL && row->type == SCHEMA_SETTINGS &&
                                child->kind == DOC_MAP;

        if (is_section || schema_path_is_setting(child->key)) {
            load_settings(load, child->key, child, load_override_add);
        }
    }
}

const char *
scenario_axis_label(const struct scenario_axis *axis, uint32_t index)
{
    if (axis->labels != NULL && axis->labels[index] != NULL) {
        return axis->labels[index];
    }
    return *axis->values[index] == '\0' ? "default" : axis->values[index];
}

/* texts_grow - room for one more, doubled when it is full */
static const char **
texts_grow(const struct load *load, const char **texts, uint32_t count)
{
    const char **grown = texts;

    if ((count & (count - 1)) == 0) {
        grown = arena_take(load->arena,
                           (count == 0 ? 1 : count * 2) * sizeof *grown);
        if (count > 0) {
            memcpy(grown, texts, count * sizeof *grown);
        }
    }
    return grown;
}

/* axis_add - one value, label NULL: it has none; false: there are too many,
 * reported */
static bool
axis_add(struct load *load, struct scenario_axis *axis, const char *value,
         const char *label, struct src_loc where)
{
    const uint32_t count = axis->values_count;

    if (count == SCENARIO_AXIS_VALUES_MAX) {
        diag_error(load->diag, where, "%.100s has more than %d values",
                   axis->path, SCENARIO_AXIS_VALUES_MAX);
        return false;
    }
    axis->values = texts_grow(load, axis->values, count);
    axis->labels = texts_grow(load, axis->labels, count);
    axis->labels[count] = label;
    axis->values[axis->values_count++] = value;
    return true;
}

/* range_parse - "1..32" or "4..32:4"; false: it is none of these */
static bool
range_parse(const char *text, int64_t range[3])
{
    char copy[64];
    char *dots = NULL;
    char *colon = NULL;
    const char *why = NULL;

    if (strlen(text) >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, strlen(text) + 1);
    dots = strstr(copy, "..");
    if (dots == NULL) {
        return false;
    }
    *dots = '\0';
    colon = strchr(dots + 2, ':');
    range[2] = 1;
    if (colon != NULL) {
        *colon = '\0';
    }
    return unit_integer_parse(copy, &range[0], &why) &&
           unit_integer_parse(dots + 2, &range[1], &why) &&
           (colon == NULL || unit_integer_parse(colon + 1, &range[2], &why));
}

/* values_add - what one text stands for: itself, or a range */
static void
values_add(struct load *load, struct scenario_axis *axis, const char *text,
           struct src_loc where)
{
    int64_t range[3];

    if (*text == '\0') {
        diag_error(load->diag, where,
                   "a value of %.100s is missing; for what is configured say"
                   " { label: default }",
                   axis->path);
        return;
    }
    if (!range_parse(text, range)) {
        (void)axis_add(load, axis, text, NULL, where);
        return;
    }
    if (range[2] == 0 || range[1] < range[0]) {
        diag_error(load->diag, where,
                   "a range is written LEAST..MOST or LEAST..MOST:STEP, found "
                   "%s",
                   text);
        return;
    }
    for (int64_t value = range[0]; value <= range[1]; value += range[2]) {
        char number[24];

        snprintf(number, sizeof number, "%" PRId64, value);
        if (!axis_add(load, axis, arena_text(load->arena, number), NULL,
                      where)) {
            return;
        }
    }
}

/* value_text - of a value of an axis, a text or a list; NULL: neither, reported
 */
static const char *
value_text(struct load *load, const struct doc_node *node)
{
    if (node->kind == DOC_MAP) {
        diag_error(load->diag, node->where,
                   "a value of a sweep is a text or a list of texts");
        return NULL;
    }
    return node->kind == DOC_TEXT ? node->text : list_text(load, node);
}

/* labelled_add - { value: ..., label: ... }; without value, or with an empty
 * one: as configured */
static void
labelled_add(struct load *load, struct scenario_axis *axis,
             const struct doc_node *node)
{
    const struct doc_node *label = doc_get(node, "label");
    const struct doc_node *given = doc_get(node, "value");
    const char *value = given == NULL ? "" : value_text(load, given);
    bool is_good = value != NULL && (label == NULL || label->kind == DOC_TEXT);

    for (const struct doc_node *child = node->first; child != NULL;
         child = child->next) {
        is_good = is_good && (child == label || child == given);
    }
    if (!is_good || (label == NULL && given == NULL) ||
        (label != NULL && *label->text == '\0')) {
        diag_error(load->diag, node->where,
                   "a value with a name is written { value: ..., label: ... };"
                   " { label: default } is as configured");
        return;
    }
    (void)axis_add(load, axis, value, label != NULL ? label->text : NULL,
                   node->where);
}

/* axis_values - of the list or single text of an axis */
static void
axis_values(struct load *load, struct scenario_axis *axis,
            const struct doc_node *node)
{
    if (node->kind == DOC_TEXT) {
        values_add(load, axis, node->text, node->where);
        return;
    }
    if (node->kind == DOC_MAP || node->first == NULL) {
        diag_error(load->diag, node->where,
                   "%.100s must be a list of values or a range: [1, 2, 5], "
                   "1..32",
                   axis->path);
        return;
    }
    for (const struct doc_node *child = node->first; child != NULL;
         child = child->next) {
        if (child->kind == DOC_TEXT) {
            values_add(load, axis, child->text, child->where);
        } else if (child->kind == DOC_LIST) {
            const char *text = list_text(load, child);

            if (text != NULL) {
                (void)axis_add(load, axis, text, NULL, child->where);
            }
        } else {
            labelled_add(load, axis, child);
        }
    }
}

/* axis_check - a path of the scenario, and values of its type */
static void
axis_check(struct load *load, const struct scenario_axis *axis,
           const struct doc_node *node)
{
    const struct schema_row *row = NULL;

    if (schema_path_is_setting(axis->path)) {
        return; /* the scheduler's to check */
    }
    row = override_row(load->root, axis->path, node->key_where, load->arena,
                       load->diag);
    if (row == NULL) {
        return;
    }
    if (!schema_type_is_single(row->type) && row->type != SCHEMA_BY_PHASE) {
        diag_error(load->diag, node->key_where,
                   "%.100s is %s; a sweep varies single values", axis->path,
                   schema_type_text(row->type));
        return;
    }
    for (uint32_t i = 0; i < axis->values_count; i++) {
        if (*axis->values[i] != '\0') {
            (void)schema_text_check(row, axis->path, axis->values[i],
                                    node->where, load->arena, load->diag);
        }
    }
}

void
load_sweep(struct load *load)
{
    struct scenario *scenario = load->scenario;
    const struct doc_node *sweep = doc_get(load->root, "sweep");

    if (sweep == NULL || sweep->kind != DOC_MAP || sweep->first == NULL) {
        return;
    }
    if (sweep->children_count > AXES_MAX) {
        diag_error(load->diag, sweep->where,
                   "a sweep has at most %d axes, found %" PRIu32, AXES_MAX,
                   sweep->children_count);
        return;
    }
    scenario->sweep = arena_take(load->arena, sweep->children_count *
                                                  sizeof *scenario->sweep);
    for (const struct doc_node *child = sweep->first; child != NULL;
         child = child->next) {
        struct scenario_axis *axis = &scenario->sweep[scenario->sweep_count++];

        axis->path = child->key;
        axis_values(load, axis, child);
        axis_check(load, axis, child);
    }
}
