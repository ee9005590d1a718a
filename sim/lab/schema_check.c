/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema_check.c - a document against the table; see schema.h
 */
#include <inttypes.h>
#include <string.h>

#include "sim/lab/schema.h"

struct check {
    struct arena *arena;
    struct diag *diag;
};

static void node_check(const struct check *check, const struct schema_row *row,
                       const struct doc_node *node, const char *name);

/* amount_text - a limit of a row, in the biggest unit that divides it */
static void
amount_text(enum schema_type type, int64_t value, char *out, size_t out_size)
{
    static const struct {
        const char *name;
        int64_t factor;
    } times[] = {{"d", NS_PER_DAY}, {"h", NS_PER_HOUR}, {"m", NS_PER_MIN},
                 {"s", NS_PER_S},   {"ms", NS_PER_MS},  {"ns", 1}};
    size_t i = 0;

    if (type != SCHEMA_DURATION) {
        snprintf(out, out_size, "%" PRId64 "%s", value,
                 type == SCHEMA_BYTES ? "B" : "");
        return;
    }
    while (value % times[i].factor != 0) {
        i++;
    }
    snprintf(out, out_size, "%" PRId64 "%s", value / times[i].factor,
             value == 0 ? "s" : times[i].name);
}

/* range_text - " from A to B", or nothing for a type without limits */
static void
range_text(const struct schema_row *row, char *out, size_t out_size)
{
    char least[32];
    char most[32];

    *out = '\0';
    if (row->most == 0) {
        return;
    }
    amount_text(row->type, row->least, least, sizeof least);
    amount_text(row->type, row->most, most, sizeof most);
    if (row->type == SCHEMA_DURATION && row->least == 1) {
        snprintf(out, out_size, " above 0, at most %s", most);
    } else {
        snprintf(out, out_size, " from %s to %s", least, most);
    }
}

bool
schema_text_check(const struct schema_row *row, const char *path,
                  const char *text, struct src_loc where, struct arena *arena,
                  struct diag *diag)
{
    struct schema_value value;
    const char *why = NULL;
    char range[80];

    if (schema_value_parse(row, text, arena, &value, &why)) {
        return true;
    }
    range_text(row, range, sizeof range);
    if (row->type == SCHEMA_CHOICE) {
        diag_error(diag, where, "%s must be one of: %s; found %.60s", path,
                   row->choices, *text == '\0' ? "nothing" : text);
    } else {
        diag_error(diag, where, "%s must be %s%s, found %.60s; %s", path,
                   schema_type_text(row->type), range,
                   *text == '\0' ? "nothing" : text, why);
    }
    return false;
}

/* kind_check - reports a mapping where a value belongs, and the like */
static bool
kind_check(const struct check *check, const struct doc_node *node,
           enum doc_kind kind, const char *name, const char *what)
{
    if (node->kind != kind) {
        diag_error(check->diag, node->where, "%s must be %s, found %s", name,
                   what, doc_kind_text(node));
    }
    return node->kind == kind;
}

/* unknown_report - a key without a row */
static void
unknown_report(const struct check *check, const struct schema_row *section,
               const char *full, const struct doc_node *child)
{
    const char *note = schema_note_get(full);
    const char *near = schema_nearest(section->pattern, child->key);

    if (note != NULL) {
        diag_error(check->diag, child->key_where, "unknown key %.60s: %s",
                   child->key, note);
    } else if (near != NULL) {
        diag_error(check->diag, child->key_where,
                   "unknown key %.60s; did you mean %s?", child->key, near);
    } else {
        diag_error(check->diag, child->key_where,
                   "unknown key %.60s; `mtasim help scenario` lists the keys",
                   child->key);
    }
}

/* missing_check - keys that must be there; only a source's size and such are
 * inherited, so what has no default is needed in each section */
static void
missing_check(const struct check *check, const struct schema_row *section,
              const struct doc_node *node, const char *name)
{
    const struct schema_row *row = NULL;

    for (size_t i = 0; (row = schema_row_at(i)) != NULL; i++) {
        const char *key = strrchr(row->pattern, '.');

        key = key != NULL ? key + 1 : row->pattern;
        if (row->standard == NULL && strcmp(key, "*") != 0 &&
            schema_row_is_in(row, section->pattern) &&
            doc_get(node, key) == NULL) {
            diag_error(check->diag, node->where, "%s has no %s: %s", name, key,
                       row->help);
        }
    }
}

static void
section_check(const struct check *check, const struct schema_row *section,
              const struct doc_node *node, const char *name)
{
    if (!kind_check(check, node, DOC_MAP, name,
                    "a mapping ({} for all defaults)")) {
        return;
    }
    for (const struct doc_node *child = node->first; child != NULL;
         child = child->next) {
        char full[SCHEMA_PATTERN_MAX];
        const struct schema_row *row = NULL;

        if (*section->pattern == '\0' && schema_path_is_setting(child->key)) {
            continue;
        }
        if (schema_join(full, section->pattern, child->key) &&
            strchr(child->key, '.') == NULL && *child->key != '*') {
            row = schema_get(full);
        }
        if (row == NULL || *row->pattern == '\0') {
            unknown_report(check, section, full, child);
        } else {
            node_check(check, row, child, child->key);
        }
    }
    missing_check(check, section, node, name);
}

/* below - the row of the elements of a list or mapping of names */
static const struct schema_row *
below(const struct schema_row *row)
{
    char full[SCHEMA_PATTERN_MAX];
    const bool is_short = schema_join(full, row->pattern, "*");
    const struct schema_row *element = is_short ? schema_get(full) : NULL;

    ASSERT(element != NULL);
    return element;
}

static void
names_check(const struct check *check, const struct schema_row *row,
            const struct doc_node *node, const char *name)
{
    if (!kind_check(check, node, DOC_MAP, name, "a mapping of names")) {
        return;
    }
    for (const struct doc_node *child = node->first; child != NULL;
         child = child->next) {
        if (!schema_name_is_valid(child->key)) {
            diag_error(check->diag, child->key_where,
                       "a name is letters, digits, dots, _ and -, at most %d; "
                       "found %.60s",
                       SCHEMA_NAME_MAX, child->key);
        }
        node_check(check, below(row), child, child->key);
    }
}

static void
list_check(const struct check *check, const struct schema_row *row,
           const struct doc_node *node, const char *name)
{
    uint32_t position = 0;

    if (!kind_check(check, node, DOC_LIST, name,
                    "a list of mappings (lines that start with -)")) {
        return;
    }
    for (const struct doc_node *child = node->first; child != NULL;
         child = child->next) {
        char label[SCHEMA_PATTERN_MAX];

        snprintf(label, sizeof label, "entry %u of %.40s", ++position, name);
        node_check(check, below(row), child, label);
    }
}

static void
texts_check(const struct check *check, const struct doc_node *node,
            const char *name)
{
    if (!kind_check(check, node, DOC_LIST, name, "a list: [a, b]")) {
        return;
    }
    for (const struct doc_node *child = node->first; child != NULL;
         child = child->next) {
        if (kind_check(check, child, DOC_TEXT, name, "a list of texts") &&
            *child->text == '\0') {
            diag_error(check->diag, child->where, "%s has an empty entry",
                       name);
        }
    }
}

static void
node_check(const struct check *check, const struct schema_row *row,
           const struct doc_node *node, const char *name)
{
    if (schema_type_is_single(row->type) ||
        (row->type == SCHEMA_BY_PHASE && node->kind == DOC_TEXT)) {
        if (kind_check(check, node, DOC_TEXT, name,
                       schema_type_text(row->type))) {
            (void)schema_text_check(row, name, node->text, node->where,
                                    check->arena, check->diag);
        }
    } else if (row->type == SCHEMA_SECTION || row->type == SCHEMA_BY_PHASE) {
        section_check(check, row, node, name);
    } else if (row->type == SCHEMA_NAMES) {
        names_check(check, row, node, name);
    } else if (row->type == SCHEMA_LIST) {
        list_check(check, row, node, name);
    } else if (row->type == SCHEMA_TEXTS) {
        texts_check(check, node, name);
    } else {
        /* Settings and axes: what is in them is not in this table. */
        (void)kind_check(check, node, DOC_MAP, name, "a mapping");
    }
}

void
schema_check(const struct doc_node *root, struct arena *arena,
             struct diag *diag)
{
    const struct check check = {.arena = arena, .diag = diag};
    const struct schema_row *top = schema_get("");

    ASSERT(top != NULL);
    section_check(&check, top, root, "the scenario");
}
