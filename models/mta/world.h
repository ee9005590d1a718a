/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * world.h - the parts of the simulated host, for its own files only
 *
 *     host.c      the turn: event in, actions out, the wake, the clock
 *     instance.c  the scheduler's instance: configured, described, replaced
 *     enqueue.c   mail comes in: traffic, what the host makes, rejections
 *     backlog.c   mail that is there at the start
 *     spool.c     files: create, rewrite, hold, return, warn
 *     scan.c      the queue directory is looked through
 *     service.c   service channels and notices: mail that the host makes
 *     jobs.c      processes and threads: start, ready, stop, exit
 *     delivery.c  attempts: begun, ended, their outcome
 *     dial.c      connections: made, accepted, refused, waiting, dropped
 *     circuit.c   connections made of real segments
 *     change.c    what the postmaster does: live changes, release, restart
 *     measure.c   what is counted
 *     instant.c   the state at an instant, for an observer
 */
#ifndef MODELS_MTA_WORLD_H
#define MODELS_MTA_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "models/directory.h"
#include "models/link.h"
#include "models/mail.h"
#include "models/mta/host.h"
#include "models/mta/object.h"
#include "models/mta/record.h"
#include "models/mta/settings.h"
#include "models/oracle.h"
#include "sim/kernel/evq.h"
#include "sim/kernel/slab.h"

/* Classes of kernel events, in the order of one instant. */
enum {
    CLASS_COMMAND,
    CLASS_WORLD, /* what reaches the remote side */
    CLASS_OUTCOME,
    CLASS_WAKE,
    CLASS_SUBMIT,
    CLASS_REPORT, /* jobs and threads */
    CLASS_SAMPLE = EVQ_CLASS_MAX
};

enum thread_state { THREAD_STARTING, THREAD_IDLE, THREAD_BUSY, THREAD_ENDING };

struct thread {
    uint32_t generation;
    uint32_t job; /* id */
    uint32_t number;
    uint32_t host; /* connected to, or last; SCHED_NONE: none yet */
    uint8_t state; /* enum thread_state */
    uint8_t is_connected;
    uint8_t is_counted; /* the connection counts at a capped destination */
    uint8_t phase;      /* enum smtp_phase: of the turn, of the attempt's end */
    uint32_t connection_messages; /* handed over on this connection */
    struct link_state link;
    uint64_t circuit; /* the connection, where it is made of segments; or 0 */
    /* The attempt under way. */
    uint64_t message;
    uint32_t file; /* slot + 1 */
    uint32_t recipients_count;
    uint32_t index_one; /* storage for files with one recipient */
    uint32_t capacity;  /* of the two below */
    uint32_t *indices;
    uint8_t *results;
    uint8_t result_one;
    uint8_t is_broken;  /* the connection does not outlive the attempt */
    uint8_t is_waiting; /* in a destination's listen queue */
    uint8_t fate;       /* enum result_fate, of the attempt's end */
    uint32_t asked_count;
    int64_t passed_bytes; /* of a text that stalled */
    int64_t line_from_ns; /* since when the line is at work for it */
    int64_t started_at_ns;
    int64_t ends_at_ns; /* the attempt, unless somebody ends it before */
    int64_t connected_at_ns;
    int64_t arrived_at_ns; /* the connection, at the server */
    /* In a destination's listen queue: neighbours (slot + 1) and timeout. */
    uint32_t waiting_before;
    uint32_t waiting_after;
    struct evq_id greeting_timeout;
};

enum job_state { JOB_STARTING, JOB_RUNNING, JOB_GONE };

struct job {
    uint32_t *threads; /* slot + 1 by number; 0: ended */
    uint32_t threads_capacity;
    uint32_t threads_count; /* numbers given */
    uint32_t live_count;
    uint32_t channel;
    uint8_t state; /* enum job_state */
    uint8_t is_stopping;
    uint8_t is_exiting; /* the exit is on its way */
};

/* Deliveries in each of the last 60 seconds. */
enum { RATE_SECONDS = 60 };

/* A submit, but for what stands in the message. */
struct arrival {
    uint64_t message;
    uint64_t parent;
    uint64_t session;
    int64_t deferred_until_ns;
    struct sched_recipient *to;
    uint32_t source; /* whose traffic it is; SCHED_NONE: made here */
};

struct comeback; /* enqueue.c: a rejected message that will come again */

struct source {
    struct traffic *traffic;
    struct traffic_message next;
    struct comeback *comebacks; /* first and last to come */
    struct comeback *comebacks_last;
    uint64_t comebacks_count; /* so far */
};

/* First in, first out. The recipients are its own. */
struct arrival_queue {
    struct arrival *arrivals;
    uint32_t first;
    uint32_t count;
    uint32_t capacity;
    bool is_due; /* their event is pending */
};

/* What the turn of an outcome is about: the message may be gone by then. */
struct outcome_turn {
    uint64_t message; /* 0: none */
    uint64_t origin;
    uint32_t file;
    uint16_t notices;
    bool is_null_sender;
};

struct scan; /* scan.c: looking through the queue directory */

/* Shared lines of one link, by hop; NULL: each connection has its own. */
struct link_lines {
    struct hop_line *hops[PATH_HOPS_MAX];
};

struct host {
    const struct mta_params *params;
    struct result *result;
    struct diag *diag;
    struct object object;
    void *self; /* the scheduler's instance */
    struct settings settings;
    struct evq *evq;
    struct mail *mail;
    struct directory *directory;
    struct oracle *oracle;
    struct record record;
    struct slab *threads;
    struct slab *circuits;
    struct link_luck *link_luck;   /* by link */
    struct link_lines *link_lines; /* likewise */
    struct job *jobs;              /* by id - 1 */
    uint32_t jobs_count;
    uint32_t jobs_capacity;
    uint32_t processes_count;
    uint64_t *starts_count; /* of processes, by channel */
    uint32_t *daemon_host;  /* by channel; SCHED_NONE: none */
    uint32_t *channel_of;   /* by destination params: its channel */
    struct source *sources;
    struct sched_recipient *submit_recipients;
    uint32_t submit_capacity;
    struct arrival_queue arrivals; /* to be submitted as soon as may be */
    struct scan *scans;            /* being answered */
    uint32_t *mixed_hosts;         /* by file slot: the queue of a mixed file */
    uint32_t mixed_capacity;
    uint32_t process;      /* the channel of notices; or SCHED_NONE */
    uint32_t notices_host; /* whom they go to */
    int64_t warned_at_ns;  /* last WARN or RETURN; SCHED_NO_TIME */
    /* The scheduler's lives: events of an earlier one are stale. */
    uint32_t life;
    bool is_down; /* between two of them */
    /* The turn. */
    const struct arrival *arriving; /* the submit being handled; NULL: none */
    struct outcome_turn outcome;
    uint64_t turn_thread; /* whose outcome is being handled; 0: none's */
    bool is_after_exit;   /* a job's exit is being handled */
    bool has_failed;      /* the run ends with what diag says */
    /* The wake. */
    int64_t wish_at_ns;
    int64_t wake_at_ns; /* pending; INT64_MAX: none */
    struct evq_id wake;
    int64_t wake_events; /* events there had been after the last wake */
    uint32_t idle_wakes;
    /* Chance. */
    struct chance process_start;
    struct chance thread_start;
    struct chance per_message;
    struct chance connection;
    /* Measuring. */
    int64_t connections_open;
    int64_t threads_live;
    int64_t threads_busy;
    int64_t held_count; /* recipients */
    int64_t queued_changed_at_ns;
    base_i128 queued_since;  /* sum of submit times of the queued, ns */
    struct result_step step; /* flows of the step under way */
    int64_t rate_second;
    int64_t rate_sum;
    int32_t rate[RATE_SECONDS];
    uint32_t *group_of; /* hosts: by directory number, its result group + 1 */
    uint32_t group_of_capacity;
};

/* host.c */
void host_feed(struct host *host, const struct sched_event *event);
/* The same for a command, which may be refused: the scheduler's answer. */
int32_t host_command(struct host *host, const struct sched_event *event);
/* Takes what the scheduler wants done, until it has no more. */
void host_pull(struct host *host);
void host_fail(struct host *host, struct src_loc where, const char *format, ...)
    PRINTF_LIKE(3, 4);
static inline int64_t
host_now_ns(const struct host *host)
{
    return evq_now_ns(host->evq);
}

/* instance.c */
MUST_USE bool instance_create(struct host *host);
void instance_tell(const struct host *host); /* to the observer */
/* All that a scheduler had going ends, and so does it. */
void instance_destroy(struct host *host);
/* Another one takes over, with the configuration of the first. */
void instance_replace(struct host *host);

/* Actions. False: refused, the reason (enum sched_refusal) in *reason. */
bool spool_create(struct host *host, const struct sched_create *create,
                  uint32_t *reason);
bool spool_reject(struct host *host, const struct sched_reject *reject,
                  uint32_t *reason);
bool spool_rewrite(struct host *host, const struct sched_rewrite *rewrite,
                   uint32_t *reason);
bool spool_file(struct host *host, const struct sched_action *action,
                uint32_t *reason);
bool service_notify(struct host *host, const struct sched_file_action *notify,
                    uint32_t *reason);
bool scan_start(struct host *host, const struct sched_scan *scan,
                uint32_t *reason);
bool jobs_start(struct host *host, const struct sched_job_action *action,
                uint32_t *reason);
bool jobs_stop(struct host *host, const struct sched_job_action *action,
               uint32_t *reason);
bool jobs_thread_start(struct host *host,
                       const struct sched_thread_action *action,
                       uint32_t *reason);
bool jobs_thread_stop(struct host *host,
                      const struct sched_thread_action *action,
                      uint32_t *reason);
bool delivery_start(struct host *host, const struct sched_deliver *deliver,
                    uint32_t *reason);

/* enqueue.c: the sources' first messages. */
void enqueue_begin(struct host *host);
void enqueue_end(struct host *host);
/* Where a recipient's mail goes; SCHED_NONE: a trace named no such channel. */
uint32_t enqueue_channel(const struct host *host,
                         const struct traffic_recipient *to);
/* Whom a channel connects to for a domain; the host of its queue for it. */
uint32_t enqueue_to_host(const struct host *host, uint32_t channel,
                         uint32_t domain);
uint32_t enqueue_queue_host(const struct host *host, uint32_t channel,
                            uint32_t domain);
/* Puts traffic into a message: recipients into host->submit_recipients.
 * False: it names an unknown channel, the run has failed. */
bool enqueue_route(struct host *host, const struct traffic_message *traffic,
                   struct mail_message *message, struct src_loc where);
/* messages_max is reached: the run has failed. */
void enqueue_full(struct host *host, struct src_loc where);
/* Submits it now, or as soon as a scheduler is there. */
void enqueue_submit(struct host *host, const struct arrival *arrival);
/* Submits it at this instant, when it is the turn of submits. */
void enqueue_later(struct host *host, const struct arrival *arrival);
/* A scheduler is there again: what has waited is submitted. */
void enqueue_resume(struct host *host);
/* The message now arriving was rejected: its sender may try again later. */
void enqueue_rejected(struct host *host, const struct mail_message *message,
                      uint32_t reply);

/* backlog.c: the mail that is there at the start. */
void backlog_load(struct host *host);

/* spool.c: the host of the queue that a file (slot + 1) is in, which has a
 * recipient in this domain. */
uint32_t spool_queue_host(const struct host *host, const struct mail_file *file,
                          uint32_t file_slot, uint32_t domain);
/* All files wait, as they lie in the directory, for a new scheduler. */
void spool_orphan(struct host *host);
/* A held file is held no more. */
void spool_release(struct host *host, struct mail_file *file,
                   uint32_t file_slot);

/* instant.c: the observer's instant; after an event and all that came of it;
 * what is left when the run is over. */
void instant_begin(struct host *host);
void instant_after(struct host *host, const struct sched_event *event);
void instant_end(struct host *host);

/* service.c: a thread of a service channel sets to work on its file. */
void service_begin(struct host *host, struct thread *thread, uint64_t handle);
/* Keeps what a notice in the turn of this outcome would need. */
void service_outcome_turn(struct host *host, const struct mail_message *message,
                          uint32_t file);

/* scan.c */
void scan_end(struct host *host);

/* change.c: what the postmaster will do. False: reported. */
MUST_USE bool change_begin(struct host *host);

/* jobs.c */
struct job *jobs_get(struct host *host, uint32_t job); /* NULL: none runs */
/* Slot + 1 of a thread that lives; 0: none. */
uint32_t jobs_thread(const struct host *host, uint32_t job, uint32_t thread);

void jobs_free(struct host *host); /* their memory */
/* All processes die, with what their threads were at. */
void jobs_kill(struct host *host);

/* delivery.c: the thread is gone, and its connection and attempt with it. */
void delivery_kill(struct host *host, struct thread *thread);
/* The dialogue of a thread's attempt, as far as it is. */
struct dialogue delivery_dialogue(struct host *host, struct thread *thread);
/* The outcome comes at the end of the dialogue; passed_bytes: of its text. */
void delivery_end(struct host *host, struct thread *thread,
                  const struct dialogue *dialogue, int64_t passed_bytes);
uint64_t delivery_handle(const struct host *host, const struct thread *thread);

/* dial.c: a new connection for this attempt, from start_ns on; entity and
 * attempts: whom it is for. */
void dial_open(struct host *host, struct thread *thread, int64_t start_ns,
               uint64_t entity, uint32_t attempts);
/* The client has its connection, and waits for the greeting. */
void dial_connected(struct host *host, struct thread *thread);
/* The connection has reached the server. */
void dial_arrived(struct host *host, struct thread *thread);
/* The thread has no connection from now on. */
void dial_drop(struct host *host, struct thread *thread);
/* QUIT, if the thread is connected. */
void dial_quit(struct host *host, struct thread *thread);
/* Whether the open connection takes another message for this host now. */
bool dial_serves(struct host *host, const struct thread *thread,
                 uint32_t number, int64_t now_ns);
/* Which of the run's links a host is on; SCHED_NONE: none of them. */
uint32_t dial_link(const struct host *host, uint32_t number);

/* circuit.c: a thread's connection, made of real segments. */
void circuit_begin(struct host *host);
void circuit_end(struct host *host);
void circuit_open(struct host *host, struct thread *thread,
                  const struct path_params *path, uint64_t entity,
                  int64_t start_ns);
void circuit_close(struct host *host, struct thread *thread);
/* The server has accepted it, or says 421. */
void circuit_greet(struct host *host, struct thread *thread);
void circuit_refuse(struct host *host, struct thread *thread);
/* Another message, from start_ns on. */
void circuit_mail(struct host *host, struct thread *thread, int64_t start_ns);
/* The server has said what became of the text: it has it, if it took it. */
bool circuit_is_decided(struct host *host, const struct thread *thread);

/* measure.c */
void measure_begin(struct host *host);
void measure_end(struct host *host);
void measure_submitted(struct host *host, const struct mail_message *message);
/* Recipients are put into a channel, or were to be and are rejected. */
void measure_routed(struct host *host, uint32_t channel,
                    uint32_t recipients_count);
void measure_first_attempt(struct host *host,
                           const struct mail_message *message, uint32_t channel,
                           uint32_t domain);
/* Before mail_finish(). */
void measure_finished(struct host *host, const struct mail_message *message,
                      uint32_t channel, uint32_t domain, enum mail_state state);
void measure_deferred(struct host *host, const struct mail_message *message,
                      uint32_t channel, uint32_t domain);
void measure_connection(struct host *host, uint32_t channel, uint32_t number,
                        int change);
void measure_refused(struct host *host, uint32_t number);
/* An attempt's end, as the line has it. */
void measure_line(struct host *host, const struct thread *thread);

/* Tells whoever writes a log. */
void measure_tell(struct host *host, enum mta_mail_kind kind,
                  const struct mail_message *message,
                  const struct mail_file *file, uint32_t recipient,
                  const struct thread *thread);

#endif
