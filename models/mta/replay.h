/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.h - feeds a recording to another scheduler and compares every action
 *
 * The events come at their recorded instants, whatever was decided then: a
 * recording of a live host runs in no time. What is compared are the lines of
 * the recording: each action with all that it carries, the end of each turn
 * with its wish, and the answer to an event that was refused.
 *
 * ERRORS     No recording, no scheduler, a configuration it does not take: to
 *            diag, false. A difference is no error: see the report.
 */
#ifndef MODELS_MTA_REPLAY_H
#define MODELS_MTA_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

enum { REPLAY_NEIGHBOURS = 5 };

struct replay_report {
    uint64_t instances_count;
    uint64_t events_count;
    uint64_t actions_count; /* the ends of turns not counted */
    bool is_cut;            /* the recording ends within a line */
    bool is_different;
    /* Where: lines of the recording before it, the last one last; what was
     * expected and what came; lines after it. Owned; NULL: none. */
    uint32_t line_number;
    char *before[REPLAY_NEIGHBOURS];
    char *expected;
    char *found;
    char *after[REPLAY_NEIGHBOURS];
};

MUST_USE bool replay_run(const char *recording_path, const char *scheduler_path,
                         struct replay_report *report, struct diag *diag);
void replay_report_free(struct replay_report *report);

#endif
