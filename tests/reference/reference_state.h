/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reference_state.h - what the naive scheduler remembers
 *
 * Files are in the order in which they came to be; jobs in that of their
 * numbers, as are the threads in each. Nothing is kept that can be counted.
 */
#ifndef TESTS_REFERENCE_REFERENCE_STATE_H
#define TESTS_REFERENCE_REFERENCE_STATE_H

#include "tests/reference/reference.h"

enum file_is {
    FILE_READY,
    FILE_ACTIVE,
    FILE_DELAYED,  /* after a failure, until due_ns */
    FILE_DEFERRED, /* by its Deferred-delivery: date, until due_ns */
    FILE_WAITS,    /* for the periodic run */
    FILE_HELD,     /* until a command releases it */
    FILE_LEAVES    /* is being returned, until the host has taken it back */
};

struct file {
    enum file_is is;
    uint64_t message;
    uint32_t number;
    uint32_t number_last; /* of all files that its message ever had */
    uint32_t channel;
    uint32_t host; /* of its queue: SCHED_NONE if that is anonymous */
    uint32_t priority;
    uint32_t attempts;
    int has_null_sender;
    int is_scanned; /* it came by a scan: see REFERENCE_STRIDE */
    int64_t submitted_at_ns;
    int64_t eligible_at_ns; /* READY since */
    int64_t due_ns;
    int64_t run_at_ns;        /* FILE_WAITS: for which run, on the wall */
    int64_t age_looked_at_ns; /* by the last return run; or -1 */
    uint32_t recipients[REFERENCE_RECIPIENTS_MAX];
    uint32_t recipients_count;
};

enum thread_is {
    THREAD_WANTED, /* its process does not run yet */
    THREAD_STARTS, /* asked for, did not report yet */
    THREAD_IDLE,
    THREAD_BUSY,
    THREAD_STOPS
};

struct thread {
    enum thread_is is;
    uint32_t number;
    uint32_t host; /* it serves, unless idle or stopping */
    uint64_t message;
    uint32_t file;         /* in its hands, when busy */
    int64_t stop_again_ns; /* its stop was refused; 0: not */
    uint64_t stop_nth;     /* in the order of the refusals */
    int64_t idle_since_ns;
    uint64_t idle_nth; /* in the order in which threads became idle */
};

struct job {
    uint32_t id;
    uint32_t channel;
    int runs; /* else it is starting */
    int drains;
    int told_to_stop;
    int64_t stop_again_ns; /* that was refused; 0: not */
    uint64_t stop_nth;     /* in the order of the refusals */
    uint32_t asked_count;
    uint32_t next_thread;
    uint32_t threads_max; /* of its process */
    int64_t started_at_ns;
    int64_t quiet_since_ns; /* no thread busy since */
    uint64_t quiet_nth;
    struct thread threads[REFERENCE_THREADS_MAX];
    uint32_t threads_count;
};

/* How far the host has been asked for what lies in its queue directory. */
enum scan_is {
    SCAN_NOT,
    SCAN_DUE,
    SCAN_ASKED,
    SCAN_REFUSED /* until scan_again_ns */
};

struct channel_scan {
    int has_left; /* files on the disk that are not tracked */
    int is_read;  /* by the scan under way, from the cursor on */
    uint64_t cursor_message;
    uint32_t cursor_file;
};

/* How a channel is stressed: threaddepth counts factor / divisor times. */
struct channel_stress {
    uint64_t factor;
    uint64_t divisor;
    uint32_t jobs; /* taken from its limit */
    int64_t deaf_until_ns;
    int64_t relief_at_ns; /* or SCHED_NEVER */
};

/* A job start that `after` has put off. */
struct put_off {
    int64_t at_ns; /* or SCHED_NEVER */
    uint32_t host;
};

struct session {
    uint64_t number;
    int64_t last_ns;
    uint32_t channel;
    uint32_t count;
};

struct answer {
    struct sched_action action;
    uint32_t recipients[REFERENCE_RECIPIENTS_MAX];
};

struct reference {
    struct reference_settings settings;
    int64_t now_ns;
    int64_t wall_offset_ns;
    int64_t return_due_ns; /* on the wall */
    int return_runs;
    int64_t return_began_ns;
    uint32_t return_at; /* the file it looks at next */
    int64_t paused_until_ns[REFERENCE_CHANNELS_MAX]; /* 0: not paused */
    int64_t created_at_ns;
    enum scan_is scan_is;
    struct sched_scan scan; /* the question */
    int64_t scan_again_ns;
    int64_t synch_at_ns; /* the next of SYNCH_TIME */
    int host_cannot_scan;
    struct channel_scan scans[REFERENCE_CHANNELS_MAX];
    struct channel_stress stress[REFERENCE_CHANNELS_MAX];
    struct put_off put_off[REFERENCE_CHANNELS_MAX];
    struct session sessions[REFERENCE_SESSIONS_MAX];
    uint32_t sessions_count;
    struct file files[REFERENCE_FILES_MAX];
    uint32_t files_count;
    struct job jobs[REFERENCE_JOBS_MAX];
    uint32_t jobs_count;
    uint32_t next_job;
    uint64_t next_action;
    uint64_t idle_count; /* of threads and jobs that became idle */
    struct answer answers[REFERENCE_ACTIONS_MAX];
    uint32_t answers_count;
    uint32_t answers_given;
    uint64_t counts[REFERENCE_RULES_COUNT];
};

#define RULE(reference, name) ((reference)->counts[REFERENCE_RULE_##name]++)

/* --- reference.c: actions ---------------------------------------------------- */

/* The next action of the turn, to be filled in; recipients are the file's, if
   there is one. It is numbered when it is given. */
struct sched_action *ref_answer(struct reference *r, uint32_t kind,
                                const struct file *file);

/* --- reference_queue.c: files, their order, and who wants hands ------------ */

const struct reference_channel *ref_channel_of(const struct reference *r,
                                               uint32_t channel);
struct file *ref_file_find(struct reference *r, uint64_t message,
                           uint32_t number);
void ref_file_forget(struct reference *r, struct file *file);
/* Makes it the youngest. */
struct file *ref_file_last(struct reference *r, struct file *file);
uint32_t ref_class_of(uint32_t priority); /* of backoff and notices */
/* READY files: by priority, then by time, then by number. */
int ref_goes_before(const struct file *a, const struct file *b);
/* READY and ACTIVE files: of a host, or of all hosts of the channel. */
uint32_t ref_backlog(const struct reference *r, uint32_t channel, int of_all,
                     uint32_t host);
/* A host is served by threads that work for it, or were asked for to do so. */
uint32_t ref_threads_serving(const struct reference *r, uint32_t channel,
                             uint32_t host);
int ref_is_served(const struct reference *r, uint32_t channel, uint32_t host);
/* The best READY file of one host, of all, and of those that want hands: hosts
   that nobody serves; with start_policy level, all that have fewer threads
   than their backlog asks for. */
struct file *ref_head_of_host(struct reference *r, uint32_t channel,
                              uint32_t host);
struct file *ref_head_of_channel(struct reference *r, uint32_t channel);
struct file *ref_head_wanting(struct reference *r, uint32_t channel);

/* --- reference_starts.c: slots, and who is started for whom ---------------- */

struct job *ref_job_find(struct reference *r, uint32_t id);
struct thread *ref_thread_find(struct job *job, uint32_t number);
void ref_deliver(struct reference *r, struct job *job, struct thread *thread,
                 struct file *file);
/* D6, D7, D9: the file becomes READY, and hands are looked for. */
void ref_file_insert(struct reference *r, struct file *file,
                     int64_t eligible_at_ns);
/* All hosts of a channel that want hands get them, while there are any. */
void ref_serve_wanting(struct reference *r, uint32_t channel);
/* `count` threads were lost with their job: so many of the channel's hosts
   look for others, in the jobs that are left. */
void ref_hands_left(struct reference *r, uint32_t channel, uint32_t count);
/* A host has READY files, and nobody serves it. */
int ref_is_left_alone(struct reference *r, uint32_t channel, uint32_t host);
/* A host lost the thread it had, or was left by it. */
void ref_hand_lost(struct reference *r, uint32_t channel, uint32_t host);
void ref_host_left(struct reference *r, uint32_t channel, uint32_t host);
/* D11: who gets the slots that are free. */
void ref_give_slots(struct reference *r, uint32_t pool, uint32_t freed_by);
void ref_level(struct reference *r);       /* D8 */
void ref_put_off_due(struct reference *r); /* D19 */

/* --- reference_stress.c: targets that cannot keep up, and sessions --------- */

void ref_stress_init(struct reference *r);
void ref_stressed(struct reference *r, uint32_t channel);
void ref_stress_timers(struct reference *r);
uint32_t ref_depth(const struct reference *r, uint32_t channel);
uint32_t ref_jobs_max(const struct reference *r, uint32_t channel);
/* Counts the message; is it one too many? */
int ref_session_is_full(struct reference *r, const struct sched_submit *s);

/* --- reference_jobs.c: threads that ask, and jobs that end --------------- */

void ref_thread_asks(struct reference *r, struct job *job,
                     struct thread *thread);
void ref_job_event(struct reference *r, uint32_t kind, uint32_t id);
void ref_thread_event(struct reference *r, uint32_t kind,
                      const struct sched_thread_event *event);
void ref_refused(struct reference *r, const struct sched_refused *event);
void ref_idle_exits(struct reference *r);

/* --- reference_files.c: what messages become, and when ------------------- */

void ref_submit(struct reference *r, const struct sched_submit *submit);
void ref_outcome(struct reference *r, const struct sched_outcome *outcome);
void ref_timers(struct reference *r);
void ref_runs_plan(struct reference *r);
void ref_wall_moved(struct reference *r);
int64_t ref_wish(const struct reference *r);
/* The first of first, first + period, ... after an instant. */
int64_t ref_run_after(int64_t wall_ns, int64_t first_ns, int64_t period_ns);
void ref_notify(struct reference *r, const struct file *file, uint32_t why);

/* --- reference_scan.c: the memory limit, and files that come by scans ------ */

void ref_scan_first(struct reference *r);
void ref_synch_plan(struct reference *r);
/* Files that count for MAX_MESSAGES, and may there be one more? */
uint32_t ref_tracked(const struct reference *r);
int ref_has_room(const struct reference *r, uint32_t tracked);
/* Forgets a file: it is on the disk only. */
void ref_overflow(struct reference *r, struct file *file);
/* The question, if there is one to be asked now. */
void ref_scan_ask(struct reference *r);
void ref_scanned(struct reference *r, const struct sched_scanned *scanned);
void ref_scan_refused(struct reference *r, uint32_t reason);
void ref_scan_timers(struct reference *r);
int64_t ref_scan_wish(const struct reference *r);
void ref_release(struct reference *r, uint64_t message, uint32_t number);

#endif
