/* SPDX-License-Identifier: MIT */
/*
 * setup.h - the configuration of a queue manager
 *
 * Which channels exist is read from imta.cnf: their names in order, whether
 * they speak SMTP, and `daemon`. Everything else in it, and all of
 * job_controller.cnf, speaks to another kind of scheduler and has no effect
 * here. What this one heeds are its own options, by three ways, the last wins:
 *
 *     built-in         as documented for Postfix
 *     main.cf          an option text whose name ends so: NAME = VALUE, with
 *                      or without `default_` before the name; `#` comments;
 *                      parameters that are not in the table have no effect
 *     overrides        option.NAME; channel.NAME.maxjobs
 *
 * A channel is what Postfix calls a transport: an own set of agents (here a
 * pool of the channel's name), at most `maxjobs` of them, which is the option
 * process_limit unless overridden. An agent is a job with one thread.
 *
 * ERRORS     file:line:column in sched_created.messages. Overrides of other
 *            channel, job and pool settings are warned about.
 */
#ifndef SCHED_QMGR_SETUP_H
#define SCHED_QMGR_SETUP_H

#include "note.h"
#include "window.h"

enum setup_option {
    SETUP_CONCURRENCY_LIMIT,
    SETUP_CONCURRENCY_INITIAL,
    SETUP_FEEDBACK_POSITIVE,
    SETUP_FEEDBACK_NEGATIVE,
    SETUP_COHORT_LIMIT,
    SETUP_RECIPIENT_LIMIT,
    SETUP_BACKOFF_MIN,
    SETUP_BACKOFF_MAX,
    SETUP_RUN_DELAY,
    SETUP_LIFETIME,
    SETUP_ACTIVE_LIMIT,
    SETUP_PROCESS_LIMIT,
    SETUP_IDLE_MAX,
    SETUP_USE_MAX,
    SETUP_THROTTLE_TIME,
    SETUP_CONNECTION_DELIVERIES,
    SETUP_OPTIONS_COUNT
};

enum { SETUP_NAME_SIZE = 33, SETUP_ORIGIN_SIZE = 96, SETUP_VALUE_SIZE = 64 };

struct setup_value {
    int64_t number; /* count, or ns; of a feedback: parts per million */
    uint32_t kind;  /* of a feedback: enum window_feedback_kind */
    uint32_t divisor;
    char text[SETUP_VALUE_SIZE];
    char origin[SETUP_ORIGIN_SIZE];
};

struct setup_channel {
    char name[SETUP_NAME_SIZE];
    char daemon[129]; /* "": none */
    char origin[SETUP_ORIGIN_SIZE];
    bool is_smtp;               /* a queue for each destination host */
    struct setup_value maxjobs; /* number 0: process_limit */
};

struct setup {
    const struct sched_allocator *allocator;
    struct note note;
    struct setup_channel *channels;
    struct setup_value options[SETUP_OPTIONS_COUNT];
    int32_t status; /* not SCHED_OK: give up */
    uint32_t channels_count;
    uint32_t channels_capacity;
};

/* Reads everything. The answer is create's. Free it in any case. */
int32_t setup_read(struct setup *setup, const struct sched_config *config,
                   struct sched_created *created);
void setup_free(struct setup *setup);

/* channels.c: what imta.cnf says. */
void setup_read_channels(struct setup *setup,
                         const struct sched_config *config);

/* setup_value.c: all of the text is a value of that kind, or false. */
bool setup_parse_count(struct note_piece piece, int64_t least, int64_t most,
                       int64_t *number);
bool setup_parse_time(struct note_piece piece, int64_t *ns);
bool setup_parse_feedback(struct note_piece piece, struct setup_value *value);

uint32_t setup_maxjobs(const struct setup *setup, uint32_t channel);
struct window_rules setup_window(const struct setup *setup);
int32_t setup_describe(const struct setup *setup, uint32_t index,
                       struct sched_setting *row);

#endif
