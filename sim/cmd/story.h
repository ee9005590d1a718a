/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story.h - what happened to one message, in words, as the run goes on
 *
 * Reads the records of a run (models/mta/record.h) and keeps, besides the
 * message's own, what it needs to name a wait: processes and threads and since
 * when they are there, and how much mail of the same queue went before.
 *
 * A WAIT     from when a file might go (created, or its last attempt's end) to
 *            its DELIVER, taken apart by what happened in it: backoff until it
 *            was due, no process for it, the process starting, the thread
 *            starting, other mail with the thread. The parts sum to the wait.
 * RELATED    Messages that name it, or one made of it, as their parent.
 * UNITS      ns since the start of the run.
 * OWNERSHIP  The text is the story's; story_free() releases it.
 */
#ifndef SIM_CMD_STORY_H
#define SIM_CMD_STORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "models/mta/host.h"
#include "sim/cmd/sheet.h"

struct story;

struct story *story_new(uint64_t message, int64_t start_wall_ns,
                        const struct sheet_settings *settings);
void story_free(struct story *story);

/* What an observer is told. */
void story_line(struct story *story, const char *line);
void story_mail(struct story *story, const struct mta_mail_event *event);
void story_file(struct story *story, const struct mta_state *state);

/* The run is over. False: no such message came in it. */
bool story_print(struct story *story, FILE *out);

/* Text with its every "NUMBER ns" as a time, "12.3 s (08:00:12)". */
void story_times(const char *text, int64_t start_wall_ns, FILE *out);

#endif
