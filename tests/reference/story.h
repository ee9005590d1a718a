/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story.h - one random stream of events, told to both schedulers
 *
 * A story is a configuration and a number of decisions of a random host, some
 * of them left out. Running it feeds each event to the scheduler under test
 * and to the reference and compares what they answer, action by action.
 * Shrinking leaves out all that is not needed to see the same kind of
 * disagreement: decisions, then whatever is not plain in the configuration.
 */
#ifndef TESTS_REFERENCE_STORY_H
#define TESTS_REFERENCE_STORY_H

#include <stdint.h>
#include <stdio.h>

#include "tests/reference/knobs.h"
#include "tests/reference/reference.h"

enum { STORY_DECISIONS_MAX = 2000 };

struct story {
    uint64_t seed;
    struct knobs knobs;
    uint32_t decisions_count;
    uint8_t is_left_out[STORY_DECISIONS_MAX];
};

/* What happened in streams, summed up over all of them. */
struct story_counts {
    uint64_t events[SCHED_EVENT_STRESS + 1];
    uint64_t actions[SCHED_ACTION_SCAN + 1];
    uint64_t rules[REFERENCE_RULES_COUNT];
    uint64_t events_count;
};

void story_draw(struct story *story, uint64_t seed, uint32_t decisions_count);
/* 0: they agree. Else they do not, after decision *at (may be NULL). With
   `out`, the story is told there. Counts may be NULL. */
int story_run(const struct story *story, uint32_t *at, FILE *out,
              struct story_counts *counts);
void story_shrink(struct story *story);
void story_print_counts(const struct story_counts *counts, FILE *out);

#endif
