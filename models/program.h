/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * program.h - the delivery program of a channel: what a job is made of
 *
 * MODEL      A job is a process with up to threads_max threads. A thread that
 *            is handed a message for the host it is connected to goes on with
 *            that connection, up to transactions_per_session messages; for
 *            another host, or when it is handed nothing, it closes it (QUIT).
 *            A thread of a service channel opens no connection: it reads the
 *            file and puts each recipient into its real channel.
 * VALID FOR  Jobs do not crash, and one job is like another.
 * SOURCE     2005Q4 Administration Guide, SMTP channel threads; Administration
 *            Reference, TCP/IP channel options.
 */
#ifndef MODELS_PROGRAM_H
#define MODELS_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "models/retry.h"

/* A channel, as the scheduler's effective configuration describes it. */
struct program_params {
    char name[64];
    char daemon[128]; /* all its mail goes to this host; "": to each its own */
    uint32_t pool;
    uint32_t maxjobs;
    uint32_t threads_max;
    uint32_t threaddepth;
    uint32_t transactions_per_session; /* 0: no limit */
    bool has_host_queues;
    bool is_service;    /* reprocess*, process*: no dialogue, mail moves on */
    bool has_deferred;  /* honours Deferred-delivery: dates */
    bool starts_unseen; /* `after`, or no program: nobody outside can tell when
                           its jobs are due to start */
    uint32_t immediate_count; /* priorities below it are tried at once; those
                                 from it on wait for a periodic run first */
    struct retry_params retry[RETRY_CLASSES_COUNT];
};

#endif
