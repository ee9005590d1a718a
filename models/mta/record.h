/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.h - what crossed the seam: into the digest, and as a line of text
 *
 * Every event handed to the scheduler and every action it gave is one record:
 * a fixed list of words for the digest and, for those who watch, one line
 *
 *     <ns> <record> host <event> key=value ...
 *     <ns> <record> sched <action> key=value ...
 *
 * integers only, keys in a fixed order, no address, no name that could change.
 * Who wants to replay it gets a recording too (recording.h), in full.
 */
#ifndef MODELS_MTA_RECORD_H
#define MODELS_MTA_RECORD_H

#include <stdint.h>
#include <stdio.h>

#include "scheduler/sched_abi.h"
#include "sim/kernel/digest.h"

struct mta_observer;

struct record {
    struct digest *digest;
    const struct mta_observer *observer; /* NULL: nobody watches */
};

void record_event(struct record *record, int64_t now_ns,
                  const struct sched_event *event);
/* The scheduler ends, and another takes over so much later: neither an event
 * nor an action. */
void record_restart(struct record *record, int64_t now_ns, int64_t for_ns);
void record_action(struct record *record, int64_t now_ns,
                   const struct sched_action *action);

/* For a recording alone: an instance begins or ends, what an event was answered,
 * and the wish at the end of a turn. */
FILE *record_recording(const struct record *record); /* NULL: none */

#endif
