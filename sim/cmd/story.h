/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story.h - what happened to one message, as the run goes on
 *
 * Reads the records of a run (models/mta/record.h) and keeps, besides the
 * message's own, what it needs to name a wait: processes and threads and since
 * when they are there, and how much mail of the same queue went before.
 *
 * A WAIT     from when a file might go (submitted, enqueued before the run, or
 *            its last attempt's end) to its DELIVER, or to the end of the run,
 *            taken apart by what happened in it. The parts sum to the wait:
 *                before-run      enqueued before the run began
 *                no-scheduler    a restart: none was there
 *                scan            not known to it until a scan showed it
 *                held            until it was released
 *                backoff         until it was due
 *                deferred        until its sender's date
 *                periodic        until a periodic run
 *                job-slot        no process, for a limit of them was reached
 *                job             no process for another reason
 *                process-start   the process was starting
 *                thread          the process had no thread for it
 *                thread-start    the thread was starting
 *                turn            its threads were at other mail
 * RELATED    Messages that name it, or one made of it, as their parent.
 * JSON       An array of objects in the order of time, text and JSON telling
 *            the same. Each has at_s (since the start of the run), at (wall
 *            clock), event, message and file (null: the whole message). Then
 *                submitted      bytes recipients parent submitted_s
 *                created        channel recipients priority state rule;
 *                               state: ready, held, untracked, backlog
 *                found          attempts: failed ones so far
 *                attempt        attempt job thread waited_s waits scheduler
 *                recipient      recipient domain became host phase
 *                attempt-ended  in_delivery_s; if it delivered to someone also
 *                               total_s total_waited_s total_in_delivery_s
 *                rewritten      new_file
 *                held released returned warned notice rejected    rule
 *                restart        in_delivery_s of the attempt it ended, or null
 *                left           state waited_s waits scheduler; state:
 *                               waiting, held, delivery (then in_delivery_s)
 *            waits are objects with for (above), rule (the keyword or option
 *            whose value made it wait, or null), waited_s and text. What is not
 *            there is null. Keys are only ever added.
 * UNITS      ns since the start of the run; seconds in JSON.
 * OWNERSHIP  All of it is the story's; story_free() releases it.
 */
#ifndef SIM_CMD_STORY_H
#define SIM_CMD_STORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "models/mta/host.h"
#include "sim/cmd/sheet.h"
#include "sim/lab/json.h"

struct story;

struct story *story_new(uint64_t message, int64_t start_wall_ns,
                        const struct sheet_settings *settings);
void story_free(struct story *story);

/* What an observer is told. */
void story_line(struct story *story, const char *line);
void story_mail(struct story *story, const struct mta_mail_event *event);
void story_file(struct story *story, const struct mta_state *state);

/* No such message came. */
bool story_is_empty(const struct story *story);

/* The run is over. */
void story_print(const struct story *story, FILE *out);
void story_json(const struct story *story, struct json *json);

#endif
