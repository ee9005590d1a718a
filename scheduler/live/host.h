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
#include "crew.h"
#include "files.h"
#include "names.h"
#include "posts.h"
#include "recording.h"
#include "sink.h"
#include "spool.h"

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
    uint64_t refused[5]; /* by enum sched_refusal */
};

struct host {
    /* Set by the caller. */
    struct config *config;
    struct recording recording;
    int64_t until_ns;               /* ends then */
    bool is_until_done;             /* ends when nothing is queued or to come */
    volatile sig_atomic_t *is_told; /* to end */
    /* Shared with the other threads. */
    struct spool spool;
    struct posts posts;
    struct crew crew;
    struct sink sink;
    struct arrivals arrivals;
    /* Its own. */
    void *self;
    struct names names;
    struct files files;
    const struct arrival *submitting; /* in its turn */
    bool is_kept;                     /* a file of it could not be written */
    bool is_rejected;                 /* all of it */
    bool has_failed;
    uint64_t queued_count; /* files in the directory that are not held */
    int64_t now_ns;        /* of the last event */
    int64_t wish_ns;
    int64_t wall_offset_ns; /* as last told */
    struct host_counts counts;
};

/* Runs until it is told to end. False: the scheduler failed. */
bool host_run(struct host *host);

/* For host.c: carries out an action. 0, or enum sched_refusal. */
uint32_t action_do(struct host *host, const struct sched_action *action);

#endif
