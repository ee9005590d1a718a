/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake.h - a small scheduler that a test can look into, and its host
 *
 * First come, first served; a file for each recipient; one job of one thread a
 * channel, started with its first file; what fails is tried again at once. It
 * scans the queue directory when it is created. It claims no policy. Channels:
 * l (0), tcp_local (1), process (2), reprocess (3), all without host queues.
 *
 * The world: the hosts far.example, with a service of 1 s after the dot, and
 * near.example, with none; no other costs, but for a scan of 1 ms a file and
 * 10 ms for a recipient to expand.
 */
#ifndef TESTS_SUPPORT_FAKE_H
#define TESTS_SUPPORT_FAKE_H

#include "models/mta/host.h"
#include "models/result.h"
#include "scheduler/sched_abi.h"

enum { FAKE_L, FAKE_LOCAL, FAKE_PROCESS, FAKE_REPROCESS, FAKE_CHANNELS };
enum { FAKE_FILES_MAX = 256, FAKE_INDICES_MAX = 8 };

struct fake_file {
    struct sched_scanned_file scanned; /* as found by a scan */
    int64_t at_ns;
    uint64_t message;
    uint32_t file;
    uint32_t channel;
    uint32_t host;
    uint32_t indices_count;
    uint32_t indices[FAKE_INDICES_MAX];
    bool is_ready; /* and not at work */
    bool is_busy;
    bool is_held;
};

struct fake {
    /* What it does. */
    uint32_t scan_max;     /* files of a batch; 0: it never scans */
    uint32_t scan_channel; /* 0: all */
    uint32_t tracked_max;  /* later files are untracked; 0: no limit */
    bool gives_untracked;  /* and delivers them nevertheless */
    bool holds;            /* each new file */
    bool expands;          /* each new message goes to reprocess, in one file */
    bool hides_senders;    /* asks for notices about mail without a sender */
    bool notifies;         /* of what failed for good */
    uint32_t rejects;      /* new messages: with this reply; 0: none */
    int64_t warns_at_ns;   /* once, about every file; 0: never */
    /* What it saw. */
    struct sched_submit submits[FAKE_FILES_MAX];
    int64_t submits_at_ns[FAKE_FILES_MAX];
    uint32_t submits_count;
    struct fake_file found[FAKE_FILES_MAX]; /* by scans, in order */
    uint32_t found_count;
    int64_t scanned_at_ns[FAKE_FILES_MAX]; /* each batch */
    uint32_t batches_count;
    uint32_t refused_count;
    uint32_t stress_count;
    uint32_t creations_count; /* of instances */
    int64_t created_at_ns;
    uint32_t has_set;
};

/* A run of the fake, with these parameters on top of the usual ones. */
struct fake_run {
    struct fake *fake;
    const struct mta_change *changes;
    uint32_t changes_count;
    const char *backlog_path;
    bool has_notices;              /* to near.example */
    struct traffic_params traffic; /* to, where and such are filled in */
    int32_t temporary_ppm;         /* of far.example, to RCPT */
    int32_t permanent_ppm;
    uint32_t connections_max; /* of far.example; 0: no limit */
    int64_t rtt_ns;
    int64_t horizon_ns; /* 0: an hour */
    void (*line)(void *context, const char *text);
    void *context;
    /* The answer. */
    struct result result;
    struct diag diag;
    bool is_good;
};

/* Fills in the answer, which is the caller's: fake_run_free(). */
void fake_run(struct fake_run *run);
void fake_run_free(struct fake_run *run);

/* It must end well and without violations; prints what was wrong. */
void fake_run_good(struct fake_run *run);

/* The reports have these words. */
void fake_run_says(const struct fake_run *run, const char *words);

#endif
