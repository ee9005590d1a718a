/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host_script.h - a host for a scheduler, led by the hand of a test
 *
 * The test says what happens and when; each call sends one event, pulls all
 * actions into a log, has the scheduler check its own invariants, and keeps
 * the next wish. Nothing happens by itself: jobs start, threads report and
 * outcomes come only when the test says so.
 *
 * ERRORS     An unexpected answer fails the test, with the event's name.
 */
#ifndef TESTS_SUPPORT_HOST_SCRIPT_H
#define TESTS_SUPPORT_HOST_SCRIPT_H

#include <stdint.h>

#include "scheduler/sched_abi.h"

#define HOST_S   INT64_C(1000000000)
#define HOST_MIN (60 * HOST_S)
#define HOST_H   (60 * HOST_MIN)

enum { HOST_OVERRIDES_MAX = 16, HOST_ACTIONS_MAX = 8192 };

/* What the allocator was asked; it says no to request number `fail_at`. */
struct host_memory {
    uint64_t requests_count;
    uint64_t fail_at; /* 0: never */
    int64_t bytes;    /* handed out now */
    int64_t bytes_max;
};

struct host_setup {
    const struct sched_object *object; /* NULL: the Job Controller */
    const char *channels;              /* imta.cnf */
    const char *jobs;                  /* job_controller.cnf */
    struct sched_override overrides[HOST_OVERRIDES_MAX]; /* to a NULL path */
    int64_t now_ns;
    int64_t wall_offset_ns;
};

/* Called with each action while its pointers are good; the reason of a refusal
   (enum sched_refusal), or 0. */
typedef uint32_t host_action_fn(void *arg, const struct sched_action *action);

struct host_script {
    const struct sched_object *object;
    void *self;
    struct host_memory memory;
    int64_t now_ns;
    int64_t wake_at_ns; /* the last wish */
    uint64_t message_last;
    struct sched_scan scan; /* asked last */
    int32_t status;         /* of the last event */
    uint32_t actions_count; /* of the last event */
    struct sched_action actions[HOST_ACTIONS_MAX];
    /* Refuse actions of this kind (0: none), for this reason. */
    uint32_t refuse_kind;
    uint32_t refuse_reason;
    host_action_fn *on_action; /* or NULL */
    void *arg;
};

/* An object of the build under test, by file name; it stays loaded. */
const struct sched_object *host_object(const char *name);

/* Creates an instance and answers its first scan with no files;
 * host_script_free() destroys it and expects that all
   memory comes back. */
struct host_script *host_script_new(const struct host_setup *setup);
/* The same, but its first scan is asked only: the one action in the log. */
struct host_script *host_script_unscanned(const struct host_setup *setup);
/* The same, but the answer of create() is given and may be an error. */
int32_t host_script_create(struct host_script *host,
                           const struct host_setup *setup);
void host_script_free(struct host_script *host);

/* Sends an event and pulls the actions; the answer of event(). */
int32_t host_send(struct host_script *host, const struct sched_event *event);
/* The same, and the event must be accepted. */
void host_event(struct host_script *host, const struct sched_event *event);

/* One new message for one recipient; returns its id. */
uint64_t host_submit(struct host_script *host, uint32_t channel,
                     uint32_t destination, uint32_t priority);
/* One for several recipients. */
uint64_t host_submit_many(struct host_script *host,
                          const struct sched_recipient *recipients,
                          uint32_t count);
/* One as given, but for what a test seldom says: message and times (0). */
uint64_t host_submit_as(struct host_script *host,
                        const struct sched_submit *submit);
void host_job(struct host_script *host, uint32_t kind, uint32_t job);
void host_thread(struct host_script *host, uint32_t kind, uint32_t job,
                 uint32_t thread);
/* The job and its first thread: JOB_STARTED, then THREAD_READY. */
void host_job_up(struct host_script *host, uint32_t job);
/* The outcome of the attempt that `deliver` began. */
void host_outcome(struct host_script *host, const struct sched_action *deliver,
                  uint32_t result);
/* Answers the scan of the log: SCANNED. The cursor is that of the last file. */
int32_t host_scanned(struct host_script *host,
                     const struct sched_scanned_file *files, uint32_t count,
                     uint32_t has_more);
/* A live change; its answer. */
int32_t host_set(struct host_script *host, const char *path, const char *value);
/* Goes to an instant (not before now) and wakes. */
void host_wake(struct host_script *host, int64_t at_ns);

/* The n-th action of that kind after the last event, from 0; or NULL. */
const struct sched_action *host_action(const struct host_script *host,
                                       uint32_t kind, uint32_t n);
uint32_t host_actions(const struct host_script *host, uint32_t kind);

#endif
