/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world_files.h - the queue directory of a random host
 *
 * Each file as a host must know it: what is left of its recipients, attempts,
 * when it was warned about, whether it is held.
 */
#ifndef TESTS_REFERENCE_WORLD_FILES_H
#define TESTS_REFERENCE_WORLD_FILES_H

#include "tests/reference/world.h"

/* A number below the limit, of the decision now being made. */
uint32_t world_draw(struct world *world, uint32_t limit);

/* It must be there. */
struct world_file *world_file_of(struct world *world, uint64_t message,
                                 uint32_t number);
void world_file_remove(struct world *world, struct world_file *file);
/* The i-th of an earlier life. */
void world_file_of_before(struct world *world, uint32_t i);
void world_file_created(struct world *world, const struct sched_create *create);
/* Its attempt is over: a REWRITE may follow. */
void world_file_after(struct world *world, const struct sched_outcome *outcome);
void world_file_rewritten(struct world *world,
                          const struct sched_rewrite *rewrite);

/* Decisions: the answer to the scan that was asked for, and the release of a
   held file. 0: there is none. */
int world_draw_scanned(struct world *world, struct sched_event *event);
int world_draw_release(struct world *world, struct sched_event *event);

#endif
