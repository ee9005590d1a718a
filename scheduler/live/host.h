/* SPDX-License-Identifier: MIT */
/*
 * host.h - the live host: one thread that owns the scheduler's instance
 *
 * It takes what the others post, makes an event of each with the time at which
 * it was taken, pulls the actions and has them carried out. So the order in
 * which posts were taken, which the recording has, is all that the instance
 * ever sees of a world of real threads.
 *
 * TIME       CLOCK_MONOTONIC; each event is later than the one before.
 * WALL       Local civil time; a jump of it is told.
 * REFUSALS   LIMIT: no thread more. UNKNOWN: thread, job or file has meanwhile
 *            gone. IO: the queue directory said no. ILLEGAL: what cannot be.
 *            For tests some are refused that could be done (struct refusals).
 * TROUBLE    A file that was not created is submitted again, as a message of
 *            its own (arrivals.h). What a delivery could not put down is put
 *            down later (mends.h). A scan is answered when the directory can be
 *            read; a file that cannot, time and again, is left out and said.
 * COMMANDS   See command.c.
 * RESTART    The first thing the scheduler asks for is a scan; the directory
 *            answers. Nothing else outlives a life.
 */
#ifndef SCHED_LIVE_HOST_H
#define SCHED_LIVE_HOST_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "arrivals.h"
#include "config.h"
#include "control.h"
#include "crew.h"
#include "files.h"
#include "mends.h"
#include "names.h"
#include "posts.h"
#include "recording.h"
#include "sink.h"
#include "spool.h"

/* Actions that are refused though they could be done, in ppm: starts for want
 * of room (LIMIT), what is done to files as by the directory (IO). A stop
 * cannot be refused: the scheduler counts on the end that it asked for. */
enum { REFUSALS_COUNT = SCHED_ACTION_SCAN + 1 };

struct refusals {
    uint64_t seed;
    uint32_t ppm[REFUSALS_COUNT]; /* by enum sched_action_kind */
};

/* "start-job=5%,deliver=1%": names as in RECORDING.md; false: not so */
bool refusals_read(struct refusals *refusals, const char *text);

/* A scan that could not be answered yet. */
struct scan_again {
    struct sched_scan asked;
    int64_t at_ns;
    uint32_t tries;
    bool is_due;
};

struct host_counts {
    uint64_t events;
    uint64_t actions;
    uint64_t wakes;
    uint64_t submits;
    uint64_t files;
    uint64_t attempts;
    uint64_t rewrites;
    uint64_t returns;
    uint64_t job_starts;
    uint64_t thread_starts;
    uint64_t scanned;
    uint64_t commands;
    uint64_t stresses;
    uint64_t again;      /* messages made of what was not created */
    uint64_t refused[5]; /* by enum sched_refusal */
};

struct host {
    /* Set by the caller. */
    struct config *config;
    struct recording recording;
    int64_t until_ns;   /* ends then */
    bool is_until_done; /* ends when nothing is queued or to come */
    struct refusals refusals;
    volatile sig_atomic_t *is_told; /* to end */
    /* Shared with the other threads. */
    struct spool spool;
    struct posts posts;
    struct crew crew;
    struct sink sink;
    struct arrivals arrivals;
    struct control control;
    /* Its own. */
    void *self;
    struct names names;
    struct files files;
    struct mends mends;
    struct scan_again scan_again;
    const struct arrival *submitting; /* in its turn */
    bool *left;                       /* its recipients that are in no file */
    bool is_rejected;                 /* all of it */
    bool has_failed;
    bool is_ending;        /* told so by a command */
    uint64_t queued_count; /* files in the directory that are not held */
    int64_t now_ns;        /* of the last event */
    int64_t wish_ns;
    int64_t wall_offset_ns; /* as last told */
    struct host_counts counts;
};

/* Runs until it is told to end. False: the scheduler failed. */
bool host_run(struct host *host);

/* For command.c: a whole turn; what the scheduler answered to the event. */
int32_t host_feed(struct host *host, const struct sched_event *event);
/* scan.c, for host.c: answers a scan, or notes that it has to be answered. */
void scan_answer(struct host *host, const struct sched_scan *asked);
/* One that could not be answered is tried again. */
void scan_look(struct host *host, int64_t now_ns);
/* For host.c: does what a line says, and answers it. */
void command_do(struct host *host, const char *line);
/* For host.c: carries out an action. 0, or enum sched_refusal. */
uint32_t action_do(struct host *host, const struct sched_action *action);

#endif
