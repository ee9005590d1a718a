/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recording.h - all that crosses the seam, as text that can be replayed
 *
 * The format is that of the live host, scheduler/live/RECORDING.md: for each
 * instance its configuration, then events with all that they carry, and actions
 * as they were given; so that the same events can be fed to another object.
 *
 * WRITING    Into a FILE that may be NULL: then nothing is written. Whether all
 *            of it was is the caller's to ask of the FILE.
 * READING    Line by line. A last line without its end was cut off when the
 *            writer was killed; it is left out, and reading ends there.
 * OWNERSHIP  What an item points to is the reader's until its next call.
 * ERRORS     A line that is none is reported with its place.
 */
#ifndef MODELS_MTA_RECORDING_H
#define MODELS_MTA_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "scheduler/sched_abi.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

void recording_begin(FILE *out, const struct sched_object *object,
                     const struct sched_config *config);
void recording_event(FILE *out, int64_t now_ns,
                     const struct sched_event *event);
/* What `event` answered; nothing for SCHED_OK. */
void recording_status(FILE *out, int32_t status);
/* A line; NONE has one too, with the wish. */
void recording_action(FILE *out, int64_t now_ns,
                      const struct sched_action *action);
/* The instance is destroyed. */
void recording_end(FILE *out, int64_t now_ns);

enum recording_item_kind {
    RECORDING_BEGIN, /* create: config, of which allocator is not set */
    RECORDING_EVENT,
    RECORDING_STATUS,
    RECORDING_ACTION, /* line alone */
    RECORDING_END
};

struct recording_item {
    enum recording_item_kind kind;
    int32_t status;
    int64_t now_ns;
    const char *line; /* without its end */
    struct sched_config config;
    struct sched_event event;
};

struct recording_reader {
    FILE *in;
    const char *path;
    struct diag *diag;
    struct arena *texts; /* of the instance */
    char *block;         /* lists of the line */
    struct sched_text *config_texts;
    struct sched_override *overrides;
    uint32_t texts_count;
    uint32_t overrides_count;
    char *line;
    size_t line_size;
    uint32_t line_number;
    bool is_begun;
    bool is_cut; /* the last line was left out */
    bool has_failed;
};

MUST_USE bool recording_open(struct recording_reader *reader, const char *path,
                             struct diag *diag);
/* False: the end, or has_failed, reported. */
MUST_USE bool recording_next(struct recording_reader *reader,
                             struct recording_item *item);
void recording_close(struct recording_reader *reader);

#endif
