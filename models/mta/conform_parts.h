/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform_parts.h - what the checks of conform.h are made of
 *
 * An allocator that counts, fails on demand and finds misuse; instances made
 * with it; the answers.
 */
#ifndef MODELS_MTA_CONFORM_PARTS_H
#define MODELS_MTA_CONFORM_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/mta/conform.h"
#include "models/mta/object.h"
#include "scheduler/sched_abi.h"

struct block; /* conform.c */

/* Every byte handed out is `garbage` first; blocks lie at addresses that
 * `scatter` moves. */
struct conform_memory {
    struct block *blocks; /* handed out now */
    uint64_t requests_count;
    uint64_t fail_at; /* this request gets NULL; 0: none does */
    uint64_t bytes;   /* handed out now */
    uint64_t scatter; /* 0: as they come */
    uint32_t refused_count;
    uint8_t garbage;
    bool is_misused; /* a wrong size was released, or bytes behind written */
};

/* One instance, at home in one allocator. */
struct conform_instance {
    const struct sched_object *table;
    struct conform_memory *memory;
    void *self;
    int32_t status;
    uint32_t errors_count;
    char messages[4096];
};

/* A number of the sequence that starts with *state; any state will do. */
uint64_t conform_roll(uint64_t *state);

/* Writes the answer; the first NOT_OK stands. */
void conform_say(struct conform_answer *answer, enum conform_verdict verdict,
                 const char *format, ...) PRINTF_LIKE(3, 4);

/* Loads the object. False: said. */
MUST_USE bool conform_open(const struct conform_subject *subject,
                           struct object *object,
                           struct conform_answer *answer);

/*
 * create() with copies of texts and overrides that are overwritten and freed
 * when it returns: what an object keeps, it must have copied. The status is
 * what create() answered. `memory` is initialised by the caller.
 */
void conform_create(struct conform_instance *instance,
                    const struct conform_subject *subject,
                    const struct sched_object *table,
                    struct conform_memory *memory, int64_t now_ns);

/* destroy(), if there is an instance; false: memory was lost or misused, said
 * to answer. */
MUST_USE bool conform_destroy(struct conform_instance *instance,
                              struct conform_answer *answer);

/* The instant that every world begins at, and its wall-clock offset. */
#define CONFORM_START_NS (INT64_C(1000) * NS_PER_S)
#define CONFORM_WALL_NS  (INT64_C(1142121600) * NS_PER_S)

/* What it answers to one event with this; 0: unknown. "MEMORY". */
const char *conform_status_name(int32_t status);

/* Each in a file of its name or of its group's: conform_file.c ... */
conform_fn conform_file_loads;
conform_fn conform_file_exports;
conform_fn conform_file_symbols;
conform_fn conform_file_writable;
conform_fn conform_create_describe;
conform_fn conform_create_errors;
conform_fn conform_create_memory;
conform_fn conform_life_laws;
conform_fn conform_life_refusals;
conform_fn conform_life_check;
conform_fn conform_life_drain;
conform_fn conform_illegal_events;
conform_fn conform_illegal_memory;
conform_fn conform_same_actions;
conform_fn conform_same_digest;
conform_fn conform_same_elsewhere;
conform_fn conform_same_interleaved;
conform_fn conform_slices;
conform_fn conform_run_rules;
conform_fn conform_cost;

#endif
