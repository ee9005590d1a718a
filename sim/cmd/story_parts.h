/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story_parts.h - the parts of a story, for its own files only
 *
 *     story.c        the message's records, one after the other
 *     story_jobs.c   processes and threads
 *     story_words.c  times, settings and waits in words
 */
#ifndef SIM_CMD_STORY_PARTS_H
#define SIM_CMD_STORY_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/cmd/story.h"

enum { STORY_REASON_SIZE = 512, STORY_NAME_SIZE = 64 };

/* A process; its threads by number. */
struct process {
    int64_t asked_ns;
    int64_t ready_ns; /* -1: not yet */
    int64_t *thread_asked_ns;
    int64_t *thread_ready_ns;
    uint32_t threads_count;
    uint32_t channel;
    bool is_live;
};

/* A file of the message, or of one made of it. */
struct track {
    uint64_t message;
    int64_t since_ns; /* it waits, or is tried, since then */
    int64_t due_ns;   /* by its backoff */
    int64_t waited_ns;
    int64_t tried_ns;
    int64_t submitted_ns;
    int64_t host;
    uint32_t number;
    uint32_t channel;
    uint32_t ahead; /* other mail of its queue handed over meanwhile */
    uint32_t attempts;
    uint32_t failures; /* as backoff counts them */
    uint32_t priority;
    uint32_t channel_jobs; /* when its wait began */
    uint32_t pool_jobs;
    bool is_tried;
    bool is_held;
    bool has_delivered; /* to someone, in the attempt under way */
    bool is_backoff;    /* due_ns is by backoff, not by a period */
    char reason[STORY_REASON_SIZE];
};

struct story {
    const struct sheet_settings *settings;
    struct process *processes; /* by id */
    struct track *tracks;
    uint64_t *messages; /* related, itself first */
    FILE *out;
    char *text;
    size_t text_size;
    int64_t start_wall_ns;
    int64_t submitted_ns; /* -1: not yet */
    uint32_t processes_count;
    uint32_t tracks_count;
    uint32_t messages_count;
};

/* story_words.c */
void story_duration(FILE *out, int64_t ns);
/* Begins a line: since the start, and by the wall clock. */
FILE *story_beat(struct story *story, int64_t at_ns);
const char *story_channel(const struct story *story, uint32_t channel,
                          char name[STORY_NAME_SIZE]);
/* A channel's keyword as it is set; "": there is none. */
const char *story_channel_setting(const struct story *story, uint32_t channel,
                                  const char *key);
/* The wait that ends now, in its parts. */
void story_wait(struct story *story, const struct track *track, int64_t job,
                int64_t thread, int64_t now_ns);

/* story_jobs.c: the value of a key of the record; 0: it has none. */
int64_t story_word(const char *line, const char *key);
/* Valid until the next call. */
struct process *story_process(struct story *story, int64_t id);
/* Live processes of a channel, or of its pool. */
uint32_t story_jobs_count(const struct story *story, uint32_t channel,
                          bool is_pool);
/* False: the record is about mail. */
bool story_jobs_line(struct story *story, const char *what, const char *line,
                     int64_t now_ns);

#endif
