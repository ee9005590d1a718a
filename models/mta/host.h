/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host.h - the simulated mail host: a scheduler object at work in the model
 *
 * Feeds a loaded scheduler with the traffic, carries out its actions through
 * machine, program, dialogue, link and destination, and gives it what came of
 * them; measures, and lets the oracle judge every decision.
 *
 * VALID FOR  A file with recipients at several hosts (keyword multiple) is
 *            delivered to the host of its first one, by that host's rules.
 * ORDER      At one instant: what reaches the remote side, outcomes, the wake,
 *            submits, job and thread reports; sampling last.
 * DRAWS      By (message, recipient) and attempt, see the models; a process
 *            start by (channel, ordinal).
 * UNITS      ns since the start of the run.
 * OWNERSHIP  Everything given is borrowed for the run. The result is the
 *            caller's: result_init() before, result_free() after.
 * ERRORS     What the scheduler says of its configuration, a malformed trace,
 *            a limit that was reached (named by its key) go to diag: false.
 * COST       About one event of the kernel and two of the scheduler an attempt;
 *            see models/mail.h for memory.
 */
#ifndef MODELS_MTA_HOST_H
#define MODELS_MTA_HOST_H

#include <stdbool.h>
#include <stdint.h>

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
};

/* Sees a run without touching it. NULL functions are not called. */
struct mta_observer {
    void *context;
    /* Records line_from to line_until - 1, counted from 0, as text. */
    void (*line)(void *context, const char *text);
    uint64_t line_from;
    uint64_t line_until;
    void (*mail)(void *context, const struct mta_mail_event *event);
    /* At the end of each step of the time series: how far it has come. */
    void (*step)(void *context, int64_t at_ns, int64_t events);
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

struct mta_params {
    const char *scheduler_path;
    const struct mta_text *texts;
    const struct mta_override *overrides;
    const struct destination_params *destinations; /* the last is "*" */
    const struct traffic_params *traffic;
    const struct machine_params *machine;
    const struct dialogue_params *dialogue;
    const char *default_channel; /* NULL: tcp_local, else the first with
                                    host queues */
    const struct mta_observer *observer;
    uint64_t seed;
    int64_t start_wall_ns;
    int64_t horizon_ns;
    int64_t step_ns;
    uint32_t replication;
    uint32_t texts_count;
    uint32_t overrides_count;
    uint32_t destinations_count;
    uint32_t traffic_count;
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
