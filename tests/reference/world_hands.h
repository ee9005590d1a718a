/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world_hands.h - the jobs and threads of a random host, as actions told it
 *
 * world_action() is theirs, too: what it accepts is done to them and to the
 * files, and what it refuses is not.
 */
#ifndef TESTS_REFERENCE_WORLD_HANDS_H
#define TESTS_REFERENCE_WORLD_HANDS_H

#include "tests/reference/world.h"

/* So many of a hundred. */
int world_chance(struct world *world, enum world_knob percent);
/* It must be there. */
struct world_job *world_job_of(struct world *world, uint32_t id);
void world_job_remove(struct world *world, uint32_t id);
void world_thread_remove(struct world_job *job, struct world_thread *thread);

#endif
