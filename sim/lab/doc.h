/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doc.h - a strict YAML document as a tree that knows where it came from
 *
 * Mappings, lists and texts; nothing has a type yet, so `no` is no boolean and
 * `30s` needs no quotes. Whatever makes two readers of one file see two things
 * is an error: duplicate keys, anchors, aliases, tags, merge keys, directives,
 * several documents, tabs.
 *
 * One thing is easier than YAML: a comma within parentheses does not end a text
 * within { } or [ ], so that { service: lognormal(350ms, 0.75) } needs no
 * quotes.
 *
 * LIMITS     DOC_BYTES_MAX, DOC_DEPTH_MAX, DOC_NODES_MAX, DOC_KEYS_MAX.
 * ERRORS     All that can be seen in one reading go to diag; a violation of
 *            YAML's grammar ends the reading.
 * OWNERSHIP  Nodes and texts live in the caller's arena.
 * COST       Duplicate keys are found by comparing hashes pairwise: 10,000
 *            keys in one mapping take about 0.1 s.
 */
#ifndef SIM_LAB_DOC_H
#define SIM_LAB_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

#define DOC_BYTES_MAX (4u << 20)
#define DOC_DEPTH_MAX 16
#define DOC_NODES_MAX 200000
#define DOC_KEYS_MAX  10000 /* in one mapping or list */

enum doc_kind { DOC_TEXT, DOC_LIST, DOC_MAP };

struct doc_node {
    enum doc_kind kind;
    struct src_loc where;     /* of the value */
    struct src_loc key_where; /* child of a mapping: of its key */
    const char *key;          /* child of a mapping; else NULL */
    const char *text;         /* DOC_TEXT; else NULL */
    struct doc_node *first;   /* children, in the order of the file */
    struct doc_node *last;
    struct doc_node *next; /* sibling */
    uint32_t children_count;
    uint32_t key_hash;
    bool is_plain; /* DOC_TEXT: it stood without quotes */
};

/*
 * The document's root, a mapping or list or text; NULL: grammar error, too big,
 * or empty. A tree is also returned beside errors (look at diag->errors_count),
 * so that the caller can go on and find more.
 */
struct doc_node *doc_parse(struct arena *arena, const char *file,
                           const char *bytes, size_t size, struct diag *diag);

/* The child with this key; NULL: none, or not a mapping. */
struct doc_node *doc_get(const struct doc_node *map, const char *key);

struct doc_node *doc_node_new(struct arena *arena, enum doc_kind kind,
                              struct src_loc where);

/* Appends; a NULL key is for lists. The child is in no other tree. */
void doc_append(struct doc_node *parent, const char *key, struct src_loc where,
                struct doc_node *child);

/* "a mapping", "a list", "nothing" (an empty text), "a value". */
const char *doc_kind_text(const struct doc_node *node);

#endif
