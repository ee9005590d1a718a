/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reference.h - the rules of the Job Controller, as slowly as they can be told
 *
 * A second scheduler, written from the rules: it shares no line, no table and
 * no data structure with scheduler/core. All state is in a few plain arrays;
 * who serves a host, how deep a backlog is, whether a slot is free is counted
 * anew, file by file, each time it is asked. So there is no second copy of a
 * fact that could go stale, and a rule reads here as it is said. Tests feed it
 * what they feed the real one and compare every action.
 *
 * READS      The configuration from the rows of `describe`, as hosts do.
 * ACTIONS    reference_event() works out all of them; reference_next() hands
 *            them over one by one, and then SCHED_ACTION_NONE with the wish.
 *            A REFUSED may come between, as over the seam.
 * CHANGES    After a COMMAND to set something, reference_change() takes the
 *            rows as they are then; reference_event() does what follows.
 * SILENT     Where the rules leave a choice, it is the scheduler's own:
 *            - Files are numbered in the order of their first recipients.
 *            - A thread that was asked for is busy, and serves its host, until
 *              it has reported.
 *            - A job started by filesperjob is for the host just inserted.
 *            - A host that loses its thread looks for another in the jobs that
 *              are left; a thread that was stopped leaves its place to the best
 *              host, unless its job drains; when a job exits, the best hosts
 *              do, one for each thread lost. When a thread goes to another host
 *              or drains, an idle one takes what it leaves.
 *            - A thread whose DELIVER was refused is idle: no other file is
 *              tried.
 *            - start_policy level: no more threads than files; first the hands
 *              that are there, channel by channel, the best head first; then a
 *              new job, for whom a freed slot would be.
 *            - A job that drains stops its idle threads first.
 *            - In a wake: what is due, in the order of its instants (retries,
 *              dates, periodic runs); idle exits, channel by channel, in the
 *              order in which they became idle; pauses that end; starts that
 *              were put off; steps back from stress; the return job; scans.
 *            - `period n`: runs have numbers, counted from 1970-01-01. Mail
 *              that is not immediate waits for the first run after it came, or
 *              after its date; a run is an instant on the wall.
 *            - A wall clock set forward misses no return run; one set back
 *              repeats none, unless by more than a period.
 *            - A file that came by a scan gets numbers of its own when it is
 *              rewritten, each 2^20 above the last.
 *            - A scan that was for all channels goes on with each apart, after
 *              the same file. Each question's share of the room is the same;
 *              at least ten files, at most a thousand.
 *            - A return run goes through the files in the order in which they
 *              came to be, by their ages at its begin; a rewritten file is the
 *              youngest. While a file is due still, it waits.
 *            - `after` is that of the host's best file (none: of normal mail).
 *              While a start is put off, its channel is given no slot. The best
 *              unserved host gets the job, or else the host it was put off
 *              for: if it has fewer threads than 1 + floor(B / td), or its
 *              channel fewer jobs than filesperjob asks for.
 *              filesperjob's starts are put off together. With start_policy
 *              level each channel that lacks threads puts one off.
 *            - A message of a session counts, accepted or not, while its
 *              channel has a limit.
 *            - Stress multiplies and divides threaddepth in one go, rounding
 *              down once; each report's times are those set at its instant. It
 *              takes no job that leaves none, and that is not remembered.
 *            - A channel made a slave starts and wakes nobody; threads at work
 *              go on with its mail until they run dry.
 *            - A live change ends no wait that has begun. A process has the
 *              max_client_threads that were set when it was started.
 *            - Refused: a CREATE takes its DELIVER back, and the thread asks
 *              again; the old file of a REWRITE stands, for those that are
 *              left, and the new number comes again; a RETURN's file waits as
 *              that of a refused DELIVER does; a thread or job told to stop
 *              goes on stopping and is told again ten seconds later: in a wake
 *              before the idle exits, threads first, those refused first first.
 *              What is said to be unknown is gone. Of a WARN, NOTIFY or REJECT
 *              nothing follows.
 *            - Other notices count from the age at which a return run last
 *              looked at the file, and so do other units. Files stay in the
 *              queues that they came to when anon_host is changed.
 * LEAVES OUT illegal events; an allocator that says no; more than 4,096
 *            sessions.
 * BUFFERS    Pointers in actions are good until the next call.
 * COST       files x hosts for an event; up to REFERENCE_FILES_MAX files.
 */
#ifndef TESTS_REFERENCE_REFERENCE_H
#define TESTS_REFERENCE_REFERENCE_H

#include <stdint.h>

#include "scheduler/sched_abi.h"

enum {
    REFERENCE_CHANNELS_MAX = 8,
    REFERENCE_POOLS_MAX = 4,
    REFERENCE_FILES_MAX = 4096,
    REFERENCE_RECIPIENTS_MAX = 8,
    REFERENCE_JOBS_MAX = 64,
    REFERENCE_THREADS_MAX = 8, /* in one job */
    REFERENCE_ACTIONS_MAX = 8192,
    REFERENCE_SESSIONS_MAX = 4096,
    REFERENCE_SLICE_MAX = 1000, /* files in one go */
    REFERENCE_STRIDE = 1 << 20  /* see SILENT: files that came by a scan */
};

enum reference_policy {
    REFERENCE_EDGE,
    REFERENCE_EDGE_CAPPED,
    REFERENCE_LEVEL
};

enum reference_splitting {
    REFERENCE_MULTIPLE,
    REFERENCE_SINGLE_SYS,
    REFERENCE_SINGLE
};

/* The values of one channel; units as in their names. */
struct reference_channel {
    uint32_t pool;
    int delivers; /* has a command, and is no slave */
    int has_host_queues;
    enum reference_splitting splitting;
    uint32_t addrsperfile;           /* 0: no limit */
    uint32_t immediate_priority_max; /* less urgent mail waits for a run */
    int is_periodic;                 /* and so does all other */
    uint32_t period;
    uint32_t maxjobs;
    uint32_t threaddepth;
    int64_t filesperjob; /* 0 or less: off */
    uint32_t threads_max;
    uint32_t life_conns; /* 0: no limit */
    int64_t life_age_ns;
    int64_t thread_idle_ns; /* 0: never */
    int64_t after_ns[SCHED_PRIORITIES_COUNT];
    uint32_t transactions_max; /* in one session */
    int64_t job_idle_ns;
    int is_deferred;
    int64_t deferred_max_ns; /* 0: no limit */
    uint32_t expandlimit;    /* of the source channel; UINT32_MAX: none */
    uint32_t holdlimit;
    uint32_t expandchannel; /* or SCHED_NONE */
    int64_t blocklimit[3];
    int64_t backoff_ns[3][SCHED_SETTING_NUMBERS_MAX];
    uint32_t backoff_count[3];
    uint32_t notices[3][SCHED_SETTING_NUMBERS_MAX];
    uint32_t notices_count[3];
};

struct reference_settings {
    struct reference_channel channels[REFERENCE_CHANNELS_MAX];
    uint32_t channels_count;
    uint32_t job_limit[REFERENCE_POOLS_MAX];
    uint32_t pools_count;
    enum reference_policy policy;
    int affinity_is_priority;
    int is_guide; /* else every priority is immediate */
    int64_t block_size;
    int64_t unit_ns; /* of notices: a day or an hour */
    int64_t return_first_ns;
    int64_t return_period_ns;
    int64_t post_first_ns;
    int64_t post_period_ns;
    uint32_t max_messages;
    uint32_t rebuild_parallel;
    int64_t synch_first_ns; /* after the start */
    int64_t synch_period_ns;
    int has_stress;
    int64_t stress_blackout_ns;
    int64_t stress_time_ns;
    uint32_t stress_factor;
    uint32_t stress_jobs;
    uint32_t unstress_factor; /* 0: stress_factor; so are the jobs */
    uint32_t unstress_jobs;
};

/* Reads all rows of `describe`; a row it must know and cannot read fails the
   test. */
void reference_settings_read(struct reference_settings *settings,
                             const struct sched_object *object,
                             const void *self);

/* Which rule was at work, to see what a stream of events has reached. */
#define REFERENCE_RULES(X)                                                     \
    X(SPLIT, "a message became several files")                                 \
    X(DEMOTED, "a file lost a class by its size")                              \
    X(DEFERRED, "a file waited for its date")                                  \
    X(DEFERRED_TOO_FAR, "a date was beyond the limit of `deferred`")           \
    X(PERIODIC, "a file waited for the periodic run")                          \
    X(FIRST_JOB, "a: no job, started one")                                     \
    X(FIRST_JOB_WANT, "a: no job and no slot")                                 \
    X(UNSERVED_IDLE, "b: idle thread takes an unserved host")                  \
    X(UNSERVED_THREAD, "b: new thread for an unserved host")                   \
    X(UNSERVED_JOB, "b: new job for an unserved host")                         \
    X(UNSERVED_WANT, "b: unserved host must wait")                             \
    X(DEPTH_IDLE, "c: idle thread helps a served host")                        \
    X(DEPTH_THREAD, "c: new thread for a deep backlog")                        \
    X(DEPTH_JOB, "c: new job for a deep backlog")                              \
    X(DEPTH_WANT, "c: deep backlog, no hand, dropped")                         \
    X(CAPPED, "c: enough threads already (edge-capped)")                       \
    X(LEVEL, "level: topped up")                                               \
    X(LEVEL_JOB, "level: by a new job")                                        \
    X(FILESPERJOB, "filesperjob started a job")                                \
    X(SLOT_GIVEN, "a freed slot was given away")                               \
    X(SLOT_OTHER, "and another channel got it")                                \
    X(OWN_HOST, "a thread went on with its host")                              \
    X(OTHER_HOST, "a thread took the best unserved host")                      \
    X(RAN_DRY, "a thread became idle")                                         \
    X(PLACE_FREE, "a thread ended and left its place")                         \
    X(LIFE_AGE, "a job was too old")                                           \
    X(LIFE_CONNS, "a job had asked too often")                                 \
    X(THREAD_IDLE, "an idle thread was stopped")                               \
    X(JOB_IDLE, "an idle job was stopped")                                     \
    X(BACKOFF, "a file waits after a failure")                                 \
    X(BACKOFF_LAST, "with the last interval again")                            \
    X(DUE, "a retry, a date or a periodic run")                                \
    X(PARTIAL, "partial success: the rest at once")                            \
    X(PARTIAL_WAITS, "partly refused: the rest waits")                         \
    X(LOST_ATTEMPT, "an attempt ended without outcome")                        \
    X(WARNED, "a sender was warned")                                           \
    X(RETURNED, "a file was returned")                                         \
    X(NOTIFIED, "a sender was to be told of it")                               \
    X(NULL_SENDER, "and there was none")                                       \
    X(FAILED_FOR_GOOD, "recipients were refused for good")                     \
    X(RETURN_SKIPS_ACTIVE, "the return job passed over an active file")        \
    X(PAUSED, "starts of a channel stopped for a while")                       \
    X(PAUSE_OVER, "and went on")                                               \
    X(REFUSED_JOB, "START_JOB refused")                                        \
    X(REFUSED_THREAD, "START_THREAD refused")                                  \
    X(REFUSED_DELIVER, "DELIVER refused")                                      \
    X(EXPANDED, "expandlimit: the rest is one file elsewhere")                 \
    X(HELD, "holdlimit: all of it is held")                                    \
    X(RELEASED, "a held file was released")                                    \
    X(OVERFLOW, "no room: a file is left on the disk")                         \
    X(RELEASE_OVERFLOW, "no room for a file that was released")                \
    X(LOADED, "a scan brought a file")                                         \
    X(LOADED_HELD, "and it was held")                                          \
    X(SCAN_KNOWN, "a scan brought a file that is known")                       \
    X(SCAN_FULL, "a scan brought more than there is room for")                 \
    X(SCAN_AGAIN, "a scan for files that were left, at half")                  \
    X(SCAN_SYNCH, "and at SYNCH_TIME")                                         \
    X(SCAN_APART, "the channels of a scan went on apart")                      \
    X(SCAN_REFUSED, "SCAN refused")                                            \
    X(SCAN_BARRED, "SCAN refused for ever")                                    \
    X(REFUSED_CREATE, "CREATE refused")                                        \
    X(REFUSED_TAKEN_BACK, "and its DELIVER taken back")                        \
    X(REFUSED_STOP, "STOP_THREAD refused")                                     \
    X(STOP_AGAIN, "and told again")                                            \
    X(REFUSED_STOP_JOB, "STOP_JOB refused")                                    \
    X(STOP_JOB_AGAIN, "and told again")                                        \
    X(REFUSED_REWRITE, "REWRITE refused")                                      \
    X(REFUSED_RETURN, "RETURN refused")                                        \
    X(AFTER, "a start was put off")                                            \
    X(AFTER_EARLIER, "and came earlier for more urgent mail")                  \
    X(AFTER_JOB, "a start that was put off")                                   \
    X(AFTER_SERVED, "for a host that is served")                               \
    X(AFTER_FILESPERJOB, "and filesperjob's with it")                          \
    X(AFTER_THREAD, "a host rode along")                                       \
    X(AFTER_DROPPED, "a start that was put off found nobody, or no slot")      \
    X(SESSION_FULL, "a session had sent enough")                               \
    X(SESSION_FORGOTTEN, "a session was silent for an hour")                   \
    X(STRESSED, "a channel backed off")                                        \
    X(STRESS_DEAF, "a report came too soon after another")                     \
    X(STRESS_RELIEF, "and went a step back")                                   \
    X(CHANGED, "a setting was changed")                                        \
    X(CHANGED_SERVES, "which served somebody")                                 \
    X(DUE_SLICE, "a slice of the files that are due")                          \
    X(RETURN_SLICE, "a slice of a return run")                                 \
    X(RETURN_WAITS, "a return run waited for files that are due")

enum reference_rule {
#define X(name, text) REFERENCE_RULE_##name,
    REFERENCE_RULES(X)
#undef X
        REFERENCE_RULES_COUNT
};

const char *reference_rule_text(uint32_t rule);

struct reference;

struct reference *reference_new(const struct reference_settings *settings,
                                int64_t now_ns, int64_t wall_offset_ns);
void reference_free(struct reference *reference);
void reference_event(struct reference *reference, int64_t now_ns,
                     const struct sched_event *event);
/* The settings are others from now on. */
void reference_change(struct reference *reference, int64_t now_ns,
                      const struct reference_settings *settings);
void reference_next(struct reference *reference, struct sched_action *action);

/* How often each rule was at work: REFERENCE_RULES_COUNT numbers. */
const uint64_t *reference_counts(const struct reference *reference);

#endif
