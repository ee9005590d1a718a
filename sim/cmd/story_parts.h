/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story_parts.h - the parts of a story, for its own files only
 *
 *     story.c        the message's records, one after the other
 *     story_files.c  its files
 *     story_jobs.c   processes and threads
 *     story_waits.c  a wait and its parts
 *     story_beats.c  what is told, as text and as JSON
 */
#ifndef SIM_CMD_STORY_PARTS_H
#define SIM_CMD_STORY_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/cmd/story.h"

enum {
    STORY_REASON_SIZE = 512,
    STORY_NAME_SIZE = 64,
    STORY_WAITS_MAX = 16, /* parts of one wait; the last takes the rest */
    STORY_VALUES_MAX = 8
};

/* A part of a wait. */
struct wait_part {
    const char *kind;
    const char *rule; /* NULL: none */
    int64_t ns;
    char text[STORY_REASON_SIZE];
};

/* One thing that happened. */
struct beat_value {
    const char *key;
    char *text; /* owned; NULL: a number */
    int64_t number;
    bool is_ns;
    bool is_null;
};

struct beat {
    struct beat *next;
    const char *event;
    char *line;              /* owned: what the text says of it */
    char *note;              /* owned: what the scheduler says; NULL */
    struct wait_part *waits; /* owned */
    struct beat_value values[STORY_VALUES_MAX];
    uint64_t message; /* 0: none */
    int64_t at_ns;
    uint32_t file; /* 0: the whole message */
    uint32_t waits_count;
    uint32_t values_count;
    bool has_waits;
};

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
    int64_t told_ns;  /* up to here the wait has its parts */
    int64_t due_ns;   /* by its backoff, or another date */
    int64_t deferred_ns;
    int64_t waited_ns;
    int64_t tried_ns;
    int64_t submitted_ns;
    int64_t host;
    struct wait_part *waits; /* of the wait under way */
    struct beat *backlog;    /* that it was there at the start; NULL */
    uint32_t waits_count;
    uint32_t number;
    uint32_t channel;
    uint32_t ahead; /* other mail of its queue handed over meanwhile */
    uint32_t attempts;
    uint32_t failures; /* as backoff counts them */
    uint32_t priority;
    uint32_t channel_jobs; /* when it could go */
    uint32_t pool_jobs;
    bool is_live; /* as far as is known */
    bool is_tried;
    bool is_held;
    bool is_unknown;    /* to the scheduler, until a scan shows it */
    bool is_untracked;  /* for it had no room */
    bool is_counted;    /* the jobs above are */
    bool has_delivered; /* to someone, in the attempt under way */
    bool is_backoff;    /* due_ns is by backoff */
    char reason[STORY_REASON_SIZE];
};

struct story {
    const struct sheet_settings *settings;
    struct process *processes; /* by id */
    struct track **tracks;
    uint64_t *messages; /* related, itself first */
    struct beat *beats;
    struct beat *last;
    int64_t start_wall_ns;
    int64_t up_ns; /* when there is a scheduler again, after a restart */
    /* The submit whose turn it is. */
    int64_t submitted_ns;
    int64_t deferred_ns;
    uint32_t processes_count;
    uint32_t tracks_count;
    uint32_t messages_count;
};

/* story_beats.c: texts are copied. */
struct beat *beat_new(struct story *story, int64_t at_ns, const char *event,
                      uint64_t message, int64_t file);
void beat_say(struct beat *beat, const char *format, ...) PRINTF_LIKE(2, 3);
void beat_number(struct beat *beat, const char *key, int64_t number);
void beat_seconds(struct beat *beat, const char *key, int64_t ns);
void beat_text(struct beat *beat, const char *key, const char *text);
/* Takes the track's wait, as its parts are now. */
void beat_waits(struct beat *beat, const struct track *track);
void beats_free(struct story *story);

/* story.c: a setting's value; "": there is none. */
const char *story_setting(const struct story *story, const char *group,
                          const char *name, const char *key);
const char *story_channel(const struct story *story, uint32_t channel,
                          char name[STORY_NAME_SIZE]);
uint32_t story_channel_number(const struct story *story, const char *name);
const char *story_channel_setting(const struct story *story, uint32_t channel,
                                  const char *key);

/* story_files.c: NULL: not known. */
struct track *track_find(struct story *story, uint64_t message, int64_t number);
struct track *track_add(struct story *story, uint64_t message, int64_t number,
                        int64_t now_ns);
/* False: the record is about something else. */
bool story_files_line(struct story *story, const char *what, const char *line,
                      int64_t now_ns);

/* story_waits.c */
void wait_begin(struct track *track, int64_t now_ns);
/* Counts the jobs for those who can go by now. */
void waits_count(struct story *story, int64_t now_ns);
/* What has been waited until now, and for what, if it is not handed over. */
void wait_stop(struct story *story, struct track *track, int64_t now_ns);
/* It was no scheduler's until now: for want of one, and of a scan. */
void wait_unknown(struct story *story, struct track *track, int64_t now_ns);
void wait_part(struct track *track, const char *kind, const char *rule,
               int64_t until_ns, const char *text);
/* The wait ends: this thread has it. */
void wait_end(struct story *story, struct track *track, int64_t job,
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
