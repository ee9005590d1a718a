/* SPDX-License-Identifier: MIT */
/*
 * recording.h - writes down what crosses the seam, so that it can be replayed
 *
 * The format is in RECORDING.md. A recording holds the configuration's texts,
 * every event with all that it carries, every action, and the end of each
 * turn; lines are complete or missing: the file ends where the program did.
 *
 * OWNERSHIP  One thread writes. Texts and events are borrowed for the call.
 * ERRORS     The first failed write is kept: recording_flush() tells.
 * COST       One formatted line, and one write a turn.
 */
#ifndef SCHED_LIVE_RECORDING_H
#define SCHED_LIVE_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../sched_abi.h"

struct recording {
    FILE *out; /* NULL: nothing is recorded */
};

void recording_object(struct recording *recording,
                      const struct sched_object *object);
/* An instance begins: with what it was created. */
void recording_begin(struct recording *recording,
                     const struct sched_config *config);
void recording_event(struct recording *recording, int64_t now_ns,
                     const struct sched_event *event);
/* What `event` answered, when it was no SCHED_OK. */
void recording_status(struct recording *recording, int32_t status);
void recording_action(struct recording *recording, int64_t now_ns,
                      const struct sched_action *action);
void recording_end(struct recording *recording, int64_t now_ns);
bool recording_flush(struct recording *recording);

#endif
