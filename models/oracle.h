/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oracle.h - the referee: holds every decision of a run to the rules
 *
 * Laws bind any scheduler: recipients are conserved, none is tried again after
 * it was final, files and threads exist and are free, a file that the scheduler
 * was never told of or has forgotten is not given out before a scan has named
 * it, granted slots stay within what a process can hold. Policy binds objects that claim to be a Job
 * Controller: maxjobs and JOB_LIMIT, no retry early, no return before notices,
 * priority within one host's queue and when a slot or a thread is given away,
 * no mail passed over by idle hands.
 *
 * The oracle knows the rules from models/pool.h and models/retry.h, with the
 * figures of `describe`; it shares no code with any scheduler.
 *
 * MODEL      Priority when a thread goes over to another host: no other host of
 *            the channel that nobody serves has a better head, except as many
 *            as threads are starting (they may be for those), and not while a
 *            process starts, which may have been asked for more. Likewise when
 *            a job's exit frees a slot of a pool. A retry counts as ready from
 *            the instant after it was due.
 *            After each turn, no thread is idle and no channel stalled while
 *            a host has ready mail and nobody: see models/hands.h.
 * VALID FOR  What it cannot see it does not judge: which host a starting thread
 *            is meant for, and whether a start was due that did not come, as
 *            long as the channel has any hand at all. Nor
 *            whether a hidden file (MAIL_FILE_IS_HIDDEN: deferred, waiting for
 *            a periodic run, forgotten for want of room, orphaned by a restart)
 *            is ready: it is passed over until it is tried. A channel with
 *            `after`, without a program, or under stress may leave a slot of
 *            its pool to others.
 * ERRORS     A violation is recorded: the count, and the first ones in words.
 * COST       O(1) a decision; 48 bytes a host; 24 bytes a delayed file, and a
 *            heap operation for each.
 */
#ifndef MODELS_ORACLE_H
#define MODELS_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "models/mail.h"
#include "models/pool.h"
#include "models/program.h"
#include "sim/kernel/base.h"

#define ORACLE_KEPT_MAX 20

struct oracle_params {
    const struct program_params *programs;
    const struct pool_params *pools;
    uint32_t programs_count;
    uint32_t pools_count;
    bool is_policy;    /* the object claims to be a Job Controller */
    bool is_host_open; /* affinity priority or start policy level: also hosts
                          that are served compete for a free slot or thread, so
                          which host gets it is not judged */
};

struct oracle;

/* Borrows all of it. */
struct oracle *oracle_new(const struct oracle_params *params,
                          const struct mail *mail);
void oracle_free(struct oracle *oracle);

/* Something that a law forbids, in words; for what the host itself sees. */
void oracle_violation(struct oracle *oracle, int64_t now_ns, const char *format,
                      ...) PRINTF_LIKE(3, 4);

int64_t oracle_violations_count(const struct oracle *oracle);
const char *oracle_violation_text(const struct oracle *oracle, uint32_t index);

/* What happens, in the order it happens. Files are mail_file slots + 1;
 * `host` is UINT32_MAX in an anonymous queue. */
void oracle_submitted(struct oracle *oracle, uint32_t recipients_count);
void oracle_finished(struct oracle *oracle, uint32_t recipients_count);
void oracle_created(struct oracle *oracle, uint32_t file, uint32_t host);
void oracle_job_started(struct oracle *oracle, int64_t now_ns, uint32_t channel,
                        bool is_after_exit);
void oracle_job_gone(struct oracle *oracle, uint32_t channel);
void oracle_thread_starting(struct oracle *oracle, int64_t now_ns,
                            uint32_t channel, uint32_t job_threads);
void oracle_thread_ready(struct oracle *oracle, uint32_t channel);
/* The process runs; it was told to end; a start was refused by the host. */
void oracle_job_running(struct oracle *oracle, uint32_t channel);
void oracle_job_stopping(struct oracle *oracle, uint32_t channel);
void oracle_start_refused(struct oracle *oracle, int64_t now_ns,
                          uint32_t channel);
/* A thread asks for work after an attempt; is told to end; has ended. */
void oracle_thread_asks(struct oracle *oracle, uint32_t channel);
void oracle_thread_stopping(struct oracle *oracle, uint32_t channel);
void oracle_thread_ended(struct oracle *oracle, uint32_t channel);

/* A thread is handed a file. is_moving: it has just finished one for another
 * host. */
void oracle_delivering(struct oracle *oracle, int64_t now_ns, uint32_t file,
                       uint32_t host, bool is_moving);

/* The attempt is over. is_delayed: all that is left failed for now. */
void oracle_attempted(struct oracle *oracle, int64_t now_ns, uint32_t file,
                      uint32_t host, bool is_delayed);

/* The file leaves the queue, or is about to be returned or warned about. */
void oracle_removed(struct oracle *oracle, uint32_t file, uint32_t host);
void oracle_returned(struct oracle *oracle, int64_t now_ns, uint32_t file,
                     bool is_warning);

/* The channel's program has reported stress: how many jobs the scheduler then
 * allows is its own affair. */
void oracle_stressed(struct oracle *oracle, uint32_t channel);

/* What `describe` says has changed, in the memory that was given. */
void oracle_changed(struct oracle *oracle, bool is_host_open);

/* All jobs are gone, no file is being tried, and all of them are hidden. */
void oracle_restarted(struct oracle *oracle);

/* After each event: nothing was lost, nothing appeared from nowhere. */
void oracle_check(struct oracle *oracle, int64_t now_ns);

#endif
