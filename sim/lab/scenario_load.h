/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_load.h - what the parts of the scenario loader share
 *
 * schema_check() has already reported every value that is not of its type; the
 * builders here read what is there, take the default for the rest, and report
 * only what needs two places of the file to be seen.
 */
#ifndef SIM_LAB_SCENARIO_LOAD_H
#define SIM_LAB_SCENARIO_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/link.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/diag.h"
#include "sim/lab/doc.h"
#include "sim/lab/scenario.h"
#include "sim/lab/schema.h"

/* One loading. */
struct load {
    struct scenario *scenario;
    struct arena *arena;
    struct diag *diag;
    struct doc_node *root;
    const char *folder; /* of the scenario, to open files in */
};

/* An axis has no more values than this. */
#define SCENARIO_AXIS_VALUES_MAX 10000

/* A value where one was given: in a section, else in the one it takes after
 * (NULL: none); of the row with this pattern, whose last part is the key. */
struct schema_value load_value(const struct load *load,
                               const struct doc_node *section,
                               const struct doc_node *fallback,
                               const char *pattern);
int64_t load_number(const struct load *load, const struct doc_node *section,
                    const struct doc_node *fallback, const char *pattern);
struct variate load_variate(const struct load *load,
                            const struct doc_node *section,
                            const struct doc_node *fallback,
                            const char *pattern);

/* A name or text; NULL: it is empty. */
const char *load_text(const struct load *load, const struct doc_node *section,
                      const struct doc_node *fallback, const char *pattern);

/* The node with this key in the section or in the one it takes after. */
struct doc_node *load_find(const struct doc_node *section,
                           const struct doc_node *fallback, const char *key);

/* Two parts with a slash between, unless the second is absolute. */
const char *load_path(const struct load *load, const char *folder,
                      const char *name);

/* The folder part of a name, with its slash; "" if it has none. */
const char *load_folder(struct arena *arena, const char *name);

/* The whole file; NULL: errno says why not, EFBIG when it is over the limit.
 * NUL-terminated beyond its size. */
char *load_file(struct arena *arena, const char *path, uint64_t size_max,
                uint64_t *size);

/* "; did you mean scenarios/day?" or "; there are: ...", of the scenarios in the
 * folder of a path where there is none, and in scenarios/; "" without any. */
const char *load_near(struct load *load, const char *path);

/* By name; NULL: it is not there. After load_destinations(). */
const struct destination_params *load_destination_get(const struct load *load,
                                                      const char *name);
void load_destination_unknown(struct load *load, const char *name,
                              struct src_loc where);

/* The builders, each its part of the scenario. */
void load_links(struct load *load);
void load_destinations(struct load *load); /* after links */
void load_faults(struct load *load);       /* after destinations */
void load_models(struct load *load);       /* of links; after faults */
void load_traffic(struct load *load);      /* after destinations */
void load_files(struct load *load);
void load_overrides(struct load *load);
void load_override_add(struct load *load, const char *path, const char *value,
                       struct src_loc where);
void load_sweep(struct load *load);
void load_notices(struct load *load); /* after destinations */
void load_events(struct load *load);  /* after faults */

/* By name; NULL: it is not there. After load_links(). */
struct link_params *load_link_get(const struct load *load, const char *name);
void load_link_unknown(struct load *load, const char *name,
                       struct src_loc where);

/* The stack of the mail host as it meets one destination. After load_links(). */
const struct tcp_stack *load_client(const struct load *load,
                                    const struct doc_node *section,
                                    const struct doc_node *fallback);

/* A fault of a link while it lasts; *link is there. Reports an overlap. */
void load_link_fault(struct load *load, struct link_params *link,
                     const struct doc_node *node, int64_t at_ns,
                     int64_t for_ns);

/* How many of so many names an error looks at: none when diag is full, for
 * thousands of wrong names would each look at thousands. */
uint32_t load_names_count(const struct load *load, uint32_t count);

/* Calls back with each setting below a mapping, by its path. */
typedef void load_setting_fn(struct load *load, const char *path,
                             const char *value, struct src_loc where);
void load_settings(struct load *load, const char *path,
                   const struct doc_node *node, load_setting_fn *fn);

#endif
