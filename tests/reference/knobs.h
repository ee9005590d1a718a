/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * knobs.h - random configurations that can be made simpler, one knob at a time
 *
 * A knob is one path of the configuration with a few values; the first is the
 * plain one. A configuration is a value for each knob; those that are not
 * plain are given to `create` as overrides of one fixed pair of texts.
 */
#ifndef TESTS_REFERENCE_KNOBS_H
#define TESTS_REFERENCE_KNOBS_H

#include <stdint.h>
#include <stdio.h>

#include "scheduler/sched_abi.h"

enum {
    KNOBS_MAX = 192,
    KNOBS_PATH_SIZE = 64,
    KNOBS_CHANNELS = 4, /* that have knobs: numbers 1 to 4 */
    KNOBS_CHANNELS_ALL = 7
};

/* Of the world around the scheduler, not of its configuration. */
enum world_knob {
    WORLD_HOSTS,
    WORLD_CHANNELS,
    WORLD_RECIPIENTS,
    WORLD_REFUSALS_PERCENT,
    WORLD_LOSSES_PERCENT, /* jobs that fail or exit, threads that end */
    WORLD_TEMPORARY_PERCENT,
    WORLD_LATE_PERCENT, /* wakes */
    WORLD_HURRY,        /* how long nothing happens: small, middle, large */
    WORLD_BACKLOG,      /* files in the queue directory at the start */
    WORLD_RESTARTS,     /* of the scheduler: 1 */
    WORLD_DATES,        /* Deferred-delivery: how many seconds is one */
    WORLD_SESSIONS,     /* inbound: numbers 1 to this */
    WORLD_CHANGES,      /* of settings, in a thousand decisions */
    WORLD_STRESS,       /* reports, in a thousand decisions */
    WORLD_CROWD,        /* recipients of a message that comes as many files */
    WORLD_KNOBS_COUNT
};

struct knobs {
    uint8_t chosen[KNOBS_MAX];
};

uint32_t knobs_count(void);
void knobs_random(struct knobs *knobs, uint64_t seed);
uint32_t knobs_world(const struct knobs *knobs, enum world_knob knob);
/* Another value for one knob of the configuration, to be set while it runs; not
   of those that the rules leave out. The value is a constant. */
const char *knobs_change(const struct knobs *knobs, uint64_t random,
                         char path[KNOBS_PATH_SIZE]);
/* Each recipient on this channel is a file of its own, or two are. */
int knobs_is_split(const struct knobs *knobs, uint32_t channel);
/* Those that are not plain. */
void knobs_print(const struct knobs *knobs, FILE *out);
/* A new instance of the scheduler; free its memory by destroy(). */
void *knobs_create(const struct knobs *knobs, const struct sched_object *object,
                   int64_t now_ns, int64_t wall_offset_ns);

#endif
