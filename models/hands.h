/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hands.h - the jobs and threads of a channel, as seen from outside, and
 * whether mail lies while they stand by
 *
 * MODEL      Two rules of liveness, for the end of a turn. Idle: no thread has
 *            asked for work in vain while a host has ready mail and no thread.
 *            Stalled: a channel whose jobs have no thread at all, none coming
 *            and none ending, or that has no job though there is a slot for
 *            one, has no such host: nothing would happen that could serve it.
 * VALID FOR  A host that nobody works for may be served by a thread that is
 *            starting: so many are excused. While a process starts, threads
 *            may have been asked for in it that nobody has seen: nothing is
 *            judged. After a start that the host refused, a channel may stall
 *            for HANDS_PAUSE_NS.
 * COST       O(1).
 */
#ifndef MODELS_HANDS_H
#define MODELS_HANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"

/* GUESS: how long a scheduler starts nothing after a start was refused. */
#define HANDS_PAUSE_NS (10 * NS_PER_S)

struct hands {
    uint32_t jobs_starting; /* the process does not run yet */
    uint32_t jobs_stopping;
    uint32_t threads_starting;
    uint32_t threads_busy;
    uint32_t threads_idle; /* asked, and got nothing */
    uint32_t threads_stopping;
    bool is_refused; /* a start was, at: */
    int64_t refused_at_ns;
};

enum hands_event {
    HANDS_JOB_STARTING, /* with its first thread */
    HANDS_JOB_RUNNING,
    HANDS_JOB_STOPPING,
    HANDS_JOB_GONE,
    HANDS_THREAD_STARTING,
    HANDS_THREAD_READY, /* it asks for the first time */
    HANDS_THREAD_BUSY,
    HANDS_THREAD_ASKS, /* again */
    HANDS_THREAD_STOPPING,
    HANDS_THREAD_ENDED
};

enum hands_fault { HANDS_GOOD, HANDS_IDLE, HANDS_STALLED };

/* What is counted never goes below zero. */
void hands_note(struct hands *hands, enum hands_event event);
void hands_refused(struct hands *hands, int64_t now_ns);

/* unserved_count: hosts with ready mail and nobody at work for them. can_start:
 * whether it is known that a job might be started, if there is none. */
enum hands_fault hands_judge(const struct hands *hands, int64_t now_ns,
                             uint32_t unserved_count, uint32_t jobs_count,
                             bool can_start);

#endif
