/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * override.h - one place of a scenario by its path, to look at or to set
 *
 * A path is the keys from the top with dots between: links.wan.rtt. Elements of
 * lists go by their name (traffic.users.size), faults by their label or
 * position from 1. A name may have dots: the longest name that exists and fits
 * is meant (destinations.smarthost.example.net.link), or the one in quotes
 * (destinations.'a.b'.link).
 *
 * Setting creates keys that the schema knows, and shares of traffic; it does
 * not create links, destinations and sources, whose names would then only be
 * misspelt.
 *
 * ERRORS     To diag, with the nearest path that exists.
 */
#ifndef SIM_LAB_OVERRIDE_H
#define SIM_LAB_OVERRIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/diag.h"
#include "sim/lab/doc.h"
#include "sim/lab/schema.h"

/* "; did you mean X?", or "; there are: A, B" when none is near; "" when diag is
 * full and nobody would read it. The text lives in the arena. */
const char *override_advice(struct arena *arena, const char *wrong,
                            const char *const *names, size_t names_count,
                            const struct diag *diag);

/* The row that a path means in this document; NULL: none, reported. */
const struct schema_row *override_row(struct doc_node *root, const char *path,
                                      struct src_loc where, struct arena *arena,
                                      struct diag *diag);

/*
 * Puts a value in its place, in the tree; a value that starts with { or [ is
 * read as YAML. Its type is not checked here. False: no such path, or the value
 * is not YAML; reported.
 */
bool override_set(struct doc_node *root, const char *path, const char *value,
                  struct src_loc where, struct arena *arena, struct diag *diag);

#endif
