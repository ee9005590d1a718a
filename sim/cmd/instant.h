/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * instant.h - the state at an instant of a run, in operators' shapes
 *
 * Pools; each channel with mail as `imsimta qm summarize` has it, its hosts as
 * `imsimta qm messages` and as Postfix's qshape(1) list them; processes and
 * their threads; what the scheduler itself says.
 *
 * JSON       One object, text and JSON telling the same:
 *                at_s at       since the start of the run; wall clock
 *                pools         [{pool jobs job_limit}]
 *                channels      [{channel queued bytes oldest_s hosts}], hosts:
 *                              [{host active delayed held ages}], ages: files
 *                              younger than 5, 10, 20, 40, 80, 160, 320, 640,
 *                              1280 min (and not than the one before), older
 *                jobs          [{job channel state threads}], threads:
 *                              [{thread state message host since_s}]
 *                scheduler     text, or null
 *                files         of --message: [{message file channel scheduler}]
 *            What is not there is null. Keys are only ever added.
 * OWNERSHIP  The object begins with the first part that is told, and is ended
 *            by its end function. Streams are borrowed.
 */
#ifndef SIM_CMD_INSTANT_H
#define SIM_CMD_INSTANT_H

#include <stdint.h>
#include <stdio.h>

#include "models/mta/host.h"
#include "sim/lab/json.h"

/* A part as text. */
void instant_print(const struct mta_state *state, int64_t start_wall_ns,
                   FILE *out);

struct instant_json {
    struct json *json;
    int64_t start_wall_ns;
    uint32_t section; /* whose array is open, and whether any is */
};

void instant_json_begin(struct instant_json *instant, struct json *json,
                        int64_t at_ns, int64_t start_wall_ns);
void instant_json_part(struct instant_json *instant,
                       const struct mta_state *state);
void instant_json_end(struct instant_json *instant);

#endif
