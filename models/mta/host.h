/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host.h - the simulated mail host: a scheduler object at work in the model
 *
 * Feeds a loaded scheduler with the traffic, carries out its actions through
 * machine, program, dialogue, link and destination, and gives it what came of
 * them; measures, and lets the oracle judge every decision.
 *
 * ORDER      At one instant: commands (and restarts), what reaches the remote
 *            side, outcomes and answers to scans, the wake, submits, job and
 *            thread reports; sampling last.
 * IDS        Messages of traffic are numbered as they arrive, from 1, the
 *            backlog first, whatever the scheduler does. Those that the host
 *            makes (re-submits of service channels, notices, what comes again
 *            after a 4xx) have ids from 2^43 on.
 * DRAWS      By (message, recipient) and attempt, see the models; what is made
 *            of another message's recipients has their luck and their count of
 *            attempts, a notice that of (parent, kind, ordinal): recipient
 *            indices of the parent that it does not have. A process start by
 *            (channel, ordinal).
 * LINES      A connection to a destination is plain arithmetic, rounds, or made
 *            of real segments, as its link has it (models/link.h); the run
 *            counts how many attempts were which, and what the line did to
 *            them.
 * RESTART    Jobs and connections end at once, attempts under way without
 *            outcome; what the remote host had accepted after the dot will be
 *            a duplicate. Live changes and retry times are lost. Mail that
 *            arrives meanwhile waits and keeps its time of submission.
 * VALID FOR  A deferral (Deferred-delivery) is told with the first submit only:
 *            a service channel on the way loses it, and so does a restart.
 *            Notices go to one destination, through the channel `process`. A
 *            file with recipients at several hosts (keyword multiple) is
 *            delivered to the host of its first one, by that host's rules.
 * UNITS      ns since the start of the run.
 * OWNERSHIP  Everything given is borrowed for the run. The result is the
 *            caller's: result_init() before, result_free() after.
 * ERRORS     What the scheduler says of its configuration, a malformed trace,
 *            a limit that was reached (named by its key) go to diag: false.
 * COST       About one event of the kernel and two of the scheduler an attempt;
 *            more for one made of segments, see models/tcp/connection.h. Memory:
 *            models/mail.h.
 */
#ifndef MODELS_MTA_HOST_H
#define MODELS_MTA_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "models/destination.h"
#include "models/dialogue.h"
#include "models/machine.h"
#include "models/result.h"
#include "models/traffic.h"
#include "sim/kernel/diag.h"

/* What became of a recipient, for those who write logs. */
enum mta_mail_kind {
    MTA_MAIL_ENQUEUED,
    MTA_MAIL_DELIVERED,
    MTA_MAIL_DEFERRED, /* 4xx, timeout, no connection: stays queued */
    MTA_MAIL_FAILED,   /* 5xx */
    MTA_MAIL_RETURNED, /* by the return job */
    MTA_MAIL_WARNED,
    MTA_MAIL_REJECTED
};

struct mta_mail_event {
    enum mta_mail_kind kind;
    enum smtp_phase phase;
    int64_t at_ns;
    int64_t submitted_at_ns;
    int64_t tried_at_ns; /* start of the attempt; outcomes only */
    int64_t size_bytes;
    uint64_t message;
    const char *source;  /* channel; NULL: none */
    const char *channel; /* destination channel; NULL: rejected */
    const char *domain;  /* of the recipient */
    const char *host;    /* who was asked */
    uint32_t file;
    uint32_t attempts; /* failed ones before this */
    uint32_t recipient;
    uint32_t recipients_count; /* of the message */
    uint32_t priority;
    bool is_null_sender;
    /* Outcomes only: what the line did to the attempt. */
    enum result_fate fate;
    enum result_model model;
    int64_t passed_bytes; /* of a text that stalled */
};

enum mta_state_kind {
    /* At the observer's instant, in this order, each as often as need be. */
    MTA_STATE_POOL,
    MTA_STATE_QUEUE,     /* a channel with mail */
    MTA_STATE_JOB,       /* a process with its threads */
    MTA_STATE_SCHEDULER, /* what the scheduler says of its own state */
    MTA_STATE_FILE,      /* what it says of a file of the watched message */
    /* Of files of the watched message and of what was made of it, as it goes
     * on. */
    MTA_STATE_WAIT,  /* its wait begins: after a submit or an outcome */
    MTA_STATE_FOUND, /* a scan has shown it to the scheduler */
    MTA_STATE_LEFT   /* it is still queued as the run ends */
};

/* The first column is mail younger than five minutes, each further one twice as
 * old, the last all that is older: the columns of Postfix's qshape(1). */
enum { MTA_STATE_AGES_COUNT = 10 };
#define MTA_STATE_AGE_NS (INT64_C(5) * 60 * NS_PER_S)

/* Files of a channel for one host; "*": the one queue of a channel. */
struct mta_state_host {
    const char *name;
    uint32_t active; /* that may be tried, or is */
    uint32_t delayed;
    uint32_t held;
    uint32_t ages[MTA_STATE_AGES_COUNT];
};

struct mta_state_thread {
    const char *state; /* "starting", "idle", "busy", "ending" */
    const char *host;  /* it delivers to, or is connected to; NULL: none */
    uint64_t message;  /* under delivery; 0: none */
    int64_t since_ns;  /* of the attempt */
    uint32_t thread;
};

/* A part of the state. Only what the kind has is set; all is borrowed. */
struct mta_state {
    enum mta_state_kind kind;
    int64_t at_ns;
    const char *name;    /* POOL; JOB: "starting", "running", "stopping" */
    const char *text;    /* SCHEDULER, FILE and later: lines; NULL: none */
    const char *channel; /* QUEUE, JOB, FILE and later */
    const struct mta_state_host *hosts;     /* QUEUE */
    const struct mta_state_thread *threads; /* JOB */
    int64_t bytes;                          /* QUEUE */
    int64_t submitted_ns; /* QUEUE: its oldest mail; FILE and later */
    uint64_t message;     /* FILE and later */
    uint32_t file;
    uint32_t host;        /* FILE and later: of its queue, by number */
    uint32_t attempts;    /* FILE and later: failed ones */
    uint32_t files_count; /* QUEUE */
    uint32_t hosts_count;
    uint32_t threads_count;
    uint32_t job;        /* JOB */
    uint32_t jobs_count; /* POOL */
    uint32_t job_limit;
    bool is_held; /* FILE and later */
};

/* Sees a run without touching it. NULL functions are not called. */
struct mta_observer {
    void *context;
    /* Records line_from to line_until - 1, counted from 0, as text. */
    void (*line)(void *context, const char *text);
    uint64_t line_from;
    uint64_t line_until;
    void (*mail)(void *context, const struct mta_mail_event *event);
    FILE *recording; /* all that crosses the seam, to be replayed; NULL: no */
    /* At the end of each step of the time series: how far it has come. */
    void (*step)(void *context, int64_t at_ns, int64_t events);
    /* The state at at_ns (negative: at none); and, of `message` (0: none) and
     * of what was made of it, the files as they begin to wait, are found by a
     * scan, and are left. */
    void (*state)(void *context, const struct mta_state *state);
    int64_t at_ns;
    uint64_t message;
    /* The scheduler's effective configuration, a row each, before the run. */
    void (*setting)(void *context, const char *path, const char *value,
                    const char *unit, const char *origin, const char *help);
};

struct mta_text {
    const char *name;
    const char *bytes;
    uint64_t bytes_size;
    uint32_t role;
};

struct mta_override {
    const char *path;
    const char *value;
    const char *where;
};

enum mta_change_kind {
    MTA_CHANGE_SET,     /* a live change of path to value */
    MTA_CHANGE_RELEASE, /* held mail of a channel goes on */
    MTA_CHANGE_RESTART, /* the scheduler is gone for a while, then a new one */
    MTA_CHANGE_STRESS   /* a channel's delivery program reports stress */
};

/* What the postmaster does while it runs; by at_ns, equal ones in order. */
struct mta_change {
    enum mta_change_kind kind;
    int64_t at_ns;
    int64_t for_ns;      /* RESTART: time without a scheduler */
    const char *path;    /* SET */
    const char *value;   /* SET */
    const char *channel; /* RELEASE (NULL: all), STRESS */
    struct src_loc where;
};

struct sched_object; /* scheduler/sched_abi.h */

struct mta_params {
    const char *scheduler_path;
    const struct sched_object *scheduler; /* NULL: loaded from the path; else
                                             this one, which the path names */
    const struct mta_text *texts;
    const struct mta_override *overrides;
    const struct destination_params *destinations; /* the last is "*" */
    const struct link_params *links; /* all that destinations are on; NULL:
                                        they are plain, and not counted */
    const struct traffic_params *traffic;
    const struct machine_params *machine;
    const struct dialogue_params *dialogue;
    const char *default_channel; /* NULL: tcp_local, else the first with
                                    host queues */
    const struct mta_change *changes;
    const char *backlog_path; /* a trace: mail that is queued at the start;
                                 NULL: none */
    const struct destination_params *notices_to; /* NULL: notices are counted,
                                                    no mail is made of them */
    const struct mta_observer *observer;
    int64_t notice_bytes;
    uint64_t seed;
    int64_t start_wall_ns;
    int64_t horizon_ns;
    int64_t step_ns;
    uint32_t replication;
    uint32_t texts_count;
    uint32_t overrides_count;
    uint32_t destinations_count;
    uint32_t links_count;
    uint32_t traffic_count;
    uint32_t changes_count;
    uint32_t messages_max;
    bool is_strict;
};

/* What the object said of itself. */
struct mta_about {
    char sha256[65];
    char name[64];
    char version[64];
    char policy[32];
};

/* Runs it. Violations are in result->violations and, in words, warnings in
 * diag. */
MUST_USE bool host_run(const struct mta_params *params, struct result *result,
                       struct mta_about *about, struct diag *diag);

/* Loads, configures and describes, but runs nothing. */
MUST_USE bool host_describe(const struct mta_params *params,
                            struct mta_about *about, struct diag *diag);

#endif
