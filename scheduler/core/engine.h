/* SPDX-License-Identifier: MIT */
/*
 * engine.h - the Job Controller's state, and the functions that change it
 *
 * One instance. A file waits in its host's queue (ready), in the one heap of
 * retries (delayed), or is with a thread (active). A job is a process; its
 * threads each ask for a file, deliver it, and ask again. A thread is bound to
 * a host while it delivers to it or is being started for it; a host without
 * bound threads is unserved. The backlog of a host is ready + active.
 *
 * STARTS     Only an insertion (a file becoming ready) starts a thread or a
 *            job, and only when the host is unserved or its backlog passes a
 *            multiple of threaddepth: see start.c. What finds no resource
 *            waits in the channel's want heap, until a thread asks (job.c) or
 *            a job's exit frees a slot (start.c).
 * MEMORY     Jobs and threads are allocated when a limit is set, up to that
 *            limit. Later only SUBMIT, SCANNED and COMMAND allocate, before
 *            they change anything. So no other event can fail for lack of
 *            memory.
 * ORDER      Nothing is ever decided by a slot number, an address or a hash:
 *            files by (priority, eligible, message, file), jobs and threads
 *            by number, channels by configuration order.
 * BUGS       ENGINE_CHECK(): the instance is dead from then on and says so.
 */
#ifndef SCHED_CORE_ENGINE_H
#define SCHED_CORE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "../sched_abi.h"
#include "conf.h"
#include "heap.h"
#include "memory.h"

enum {
    SLICE_FILES_MAX = 1000, /* files in one wake, of each bulk work */
    SUBMIT_RECIPIENTS_MAX = 1 << 19,
    FILE_NUMBER_STRIDE = SUBMIT_RECIPIENTS_MAX * 2,
    FILE_SHIFT = 10, /* records in a page: 2^FILE_SHIFT */
    HOST_SHIFT = 9,
    FAMILY_SHIFT = 12
};

/* GUESS: how long what the host refused waits for the next try. */
#define REFUSED_RETRY_NS (INT64_C(10) * 1000000000)

enum file_state {
    FILE_NEW = 0, /* made, not yet in its queue */
    FILE_READY,
    FILE_ACTIVE,
    FILE_DELAYED,
    FILE_HELD,      /* until a command releases it */
    FILE_UNTRACKED, /* its CREATE is on the way out; then it is forgotten */
    FILE_LEAVING    /* its RETURN is on the way out */
};

struct file { /* 64 bytes: one cache line a queued message */
    uint64_t message;
    int64_t submitted_at_ns;
    int64_t eligible_at_ns; /* ready since, or delayed until */
    uint32_t number;
    uint32_t host;       /* slot */
    uint32_t next;       /* ready: the queue. Delayed: place in the heap.
                            Held: the list of those */
    uint32_t prev;       /* active: the thread's slot */
    uint32_t later;      /* all files, in the order of creation */
    uint32_t earlier;    /*   (and of rewriting) */
    uint32_t recipients; /* the one index; FILE_IS_MANY: a block (room
                            for, number of, indices...) */
    uint32_t family;     /* message of several files: its slot; or none */
    uint32_t looked_hours : 24; /* its age when a return run last looked */
    uint32_t priority : 8;
    uint16_t attempts; /* that many, or more */
    uint8_t state;     /* enum file_state */
    uint8_t flags;     /* FILE_IS_... */
};

#define FILE_IS_MANY UINT8_C(1) /* `recipients` is a block */
#define FILE_IS_NULL UINT8_C(2) /* null sender: nobody is to be notified */
/* Delayed until a run of the periodic job: that is an instant on the wall. */
#define FILE_IS_WAITING UINT8_C(8)
/* From a scan. Numbers given to others of its message are not known, so that
   what it is rewritten to gets numbers of its own: each FILE_NUMBER_STRIDE
   above the last. A message has fewer than that otherwise, as it has at most
   SUBMIT_RECIPIENTS_MAX files, and each rewriting ends a recipient. */
#define FILE_IS_LOADED UINT8_C(4)

_Static_assert(sizeof(struct file) == 64, "a file is one cache line");

/* What the files of one message share. */
struct family {
    uint32_t number_last;
    uint32_t files_count;
};

struct host { /* a queue: (channel, destination host) */
    uint32_t channel;
    uint32_t number; /* the host's number for it; SCHED_NONE: anonymous */
    uint32_t head[SCHED_PRIORITIES_COUNT];
    uint32_t tail[SCHED_PRIORITIES_COUNT];
    uint32_t ready_count;
    uint32_t active_count;
    uint32_t threads_count; /* bound to it */
    uint32_t want_place;    /* in the channel's heaps, or none */
    uint32_t best_place;
    uint32_t delayed_count; /* for people */
};

enum thread_state {
    THREAD_FREE = 0,
    THREAD_PENDING,  /* will be started when its job has started */
    THREAD_STARTING, /* until it asks for work, for the first time */
    THREAD_IDLE,     /* asked, and there was none */
    THREAD_BUSY,
    THREAD_STOPPING,
    THREAD_STOP_REFUSED /* it is to be told again */
};

struct thread {
    int64_t idle_since_ns;
    uint32_t number;     /* within the job, never used twice */
    uint32_t job;        /* slot */
    uint32_t host;       /* bound to, or none */
    uint32_t file;       /* busy: the file's slot */
    uint32_t idle_place; /* in the channel's heap of idle threads */
    uint32_t idle_next;  /* idle threads of the channel, longest first; or
                            those whose stop was refused, idle_since_ns then */
    uint32_t idle_prev;
    uint32_t state; /* enum thread_state */
};

enum job_state { JOB_FREE = 0, JOB_STARTING, JOB_RUNNING };

struct job {
    int64_t started_at_ns;
    int64_t idle_since_ns; /* running: without busy thread since. Its stop was
                              refused: since then */
    uint64_t requests_count;
    uint32_t id;
    uint32_t channel;
    uint32_t threads;      /* its first thread slot; a job slot belongs to
                                one channel for ever */
    uint32_t threads_room; /* slots there */
    uint32_t threads_max;  /* the limit it was started with */
    uint32_t spare;        /* a larger block of slots, for its next life */
    uint32_t spare_room;   /* 0: none */
    uint32_t zero;
    uint32_t threads_count; /* not free */
    uint32_t working_count; /* pending, starting or busy */
    uint32_t stopping_count;
    uint32_t number_next;
    uint32_t next; /* jobs of the channel by id; or free slots */
    uint32_t prev;
    uint32_t idle_next; /* idle jobs of the channel, longest first; or those
                           whose stop was refused */
    uint32_t idle_prev;
    uint8_t state; /* enum job_state */
    uint8_t is_draining;
    uint8_t is_stop_told;
    uint8_t is_idle;         /* in the list */
    uint8_t is_stop_refused; /* in that other list: it is to be told again */
    uint8_t zero2[3];
};

/* A list through records, by slots. */
struct list {
    uint32_t head;
    uint32_t tail;
};

struct channel {
    const struct conf_channel *conf;
    uint32_t index;
    uint32_t jobs_max; /* the smaller of maxjobs and the pool's limit */
    uint32_t
        jobs_ceiling;     /* more, when the limit was lowered, until they end */
    uint32_t jobs_room;   /* records */
    uint32_t threads_max; /* in a new job */
    uint32_t threads_room; /* records, in the block of a new job */
    uint32_t can_start;    /* has a master program and is not slave-only */
    uint32_t jobs_count;   /* slots held: starting, running, draining */
    uint32_t threads_free; /* thread slots of jobs that are not draining */
    uint32_t is_refused;   /* a start was refused: none until then */
    int64_t refused_until_ns;
    uint32_t hosts_count;
    uint64_t backlog;         /* ready + active */
    struct heap want;         /* hosts that should have a (further) thread */
    struct heap best;         /* affinity priority: hosts with ready files */
    struct heap idle;         /* idle threads by (job, number) */
    struct list idle_threads; /* by idle_since_ns */
    struct list idle_jobs;
    struct list jobs; /* by id */
    uint32_t free_jobs;
    uint32_t stress_factor;   /* threaddepth counts so many times, */
    uint32_t stress_divisor;  /* divided by this; both 1: as configured */
    uint32_t stress_jobs;     /* taken from jobs_max */
    int64_t stress_deaf_ns;   /* reports before it are ignored */
    int64_t stress_relief_ns; /* the next step back, or NEVER */
    uint32_t is_left;         /* it has untracked files */
    uint32_t is_scanned;      /* the scan under way has not come to its end */
    uint32_t cursor_file;
    uint64_t cursor_message; /* how far it has come */
    int64_t after_at_ns; /* a job was decided on and starts then; or NEVER */
    uint32_t after_host; /* for whom */
};

struct pool {
    uint32_t jobs_count;
    uint32_t jobs_max;
    uint32_t jobs_ceiling; /* see struct channel */
};

/* An action on its way out; pointers are looked up when it is pulled. */
struct outgoing {
    uint64_t message; /* REJECT, NOTIFY */
    uint32_t kind;    /* enum sched_action_kind; NONE: withdrawn */
    uint32_t slot;    /* of the file, job or thread; NOTIFY: file number */
    uint32_t value;   /* REJECT: reply code; REWRITE: the old number;
                         RETURN, WARN: the notices value; NOTIFY: why */
    uint32_t zero;
};

enum scan_state {
    SCAN_NONE = 0,
    SCAN_DUE,    /* the next pull asks */
    SCAN_ASKED,  /* the host is to answer */
    SCAN_REFUSED /* to be asked again */
};

struct scan {
    uint32_t state;   /* enum scan_state */
    uint32_t channel; /* asked, or SCHED_NONE: all */
    uint64_t cursor_message;
    uint32_t cursor_file;
    uint32_t files_max;
    uint32_t left_count; /* channels with untracked files */
    uint32_t is_barred;  /* the host has no scans */
    int64_t try_at_ns;
    int64_t synch_at_ns; /* the next of SYNCH_TIME, when something is left */
};

struct engine {
    struct sched_allocator allocator;
    struct conf *conf;
    const struct conf_options *options;
    int64_t now_ns;
    int64_t created_at_ns;
    int64_t wall_offset_ns;
    uint32_t is_dead;
    uint32_t channels_count;
    uint32_t pools_count;
    uint32_t zero;
    struct channel *channels;
    struct pool *pools;

    struct pages files;
    struct pages hosts;
    struct pages families;
    struct words words;
    uint32_t oldest; /* file */
    uint32_t newest;
    struct list held; /* files */
    uint32_t held_count;
    uint32_t zero2;
    struct scan scan;
    uint32_t *lookup; /* (message, number) -> file, while a scan loads */
    uint32_t lookup_size;
    uint32_t zero4;
    struct sessions *sessions; /* session.c; NULL: none was counted */

    uint32_t *hosts_table; /* (channel, number) -> slot; open addressing */
    uint32_t hosts_table_size;

    struct job *jobs;
    struct thread *threads;
    uint32_t *jobs_table; /* id -> slot; open addressing */
    uint32_t jobs_size;   /* allocated; used: given to channels */
    uint32_t jobs_used;
    uint32_t threads_size;
    uint32_t threads_used;
    uint32_t jobs_table_size;
    uint32_t job_last;

    struct heap delayed;         /* files by (eligible, message, number) */
    int64_t stress_wish_ns;      /* the first stress_relief_ns of all */
    int64_t after_wish_ns;       /* the first after_at_ns of all channels */
    int64_t refused_wish_ns;     /* the first refused_until_ns of all */
    int64_t return_next_wall_ns; /* the next return run, wall-clock */
    int64_t return_now_ns;       /* the instant of the run under way */
    uint32_t return_is_running;
    uint32_t return_cursor;
    int64_t idle_wish_ns; /* the first idle exit, or stop told again */
    uint32_t idle_is_stale;
    struct list refused_threads; /* to be told again to stop, oldest first */
    struct list refused_jobs;

    uint32_t outgoing_first; /* a ring of 2^n */
    uint32_t outgoing_count;
    uint32_t outgoing_size;
    struct outgoing *outgoing;
    uint64_t action_last;
    struct outgoing last; /* the last one given, until it is settled */

    /* SUBMIT: which file each recipient goes to; sizes in numbers. */
    uint32_t *scratch;
    uint32_t scratch_size;
    uint32_t zero3;
};

#define ENGINE_CHECK(engine, condition)                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            (engine)->is_dead = 1;                                             \
        }                                                                      \
    } while (0)

static inline struct file *
file_at(const struct engine *engine, uint32_t slot)
{
    return pages_at(&engine->files, slot, FILE_SHIFT, sizeof(struct file));
}

static inline struct host *
host_at(const struct engine *engine, uint32_t slot)
{
    return pages_at(&engine->hosts, slot, HOST_SHIFT, sizeof(struct host));
}

static inline struct family *
family_at(const struct engine *engine, uint32_t slot)
{
    return pages_at(&engine->families, slot, FAMILY_SHIFT,
                    sizeof(struct family));
}

static inline struct channel *
host_channel(const struct engine *engine, const struct host *host)
{
    return &engine->channels[host->channel];
}

/* --- file.c: what a file is ---------------------------------------------- */

/* Its recipients, as indices into the message's. */
const uint32_t *file_recipients(const struct engine *engine,
                                const struct file *file, uint32_t *count);
/* The class of backoff and notices: urgent, normal, nonurgent and below. */
uint32_t file_class(const struct file *file);
/* A return run has looked at it, at that age. */
void file_looked(struct file *file, int64_t age_ns);
/* Was it younger than that, a number of whole hours, when one last looked? */
int file_was_younger(const struct file *file, int64_t age_ns);
/* Into and out of the list of all files. */
void file_link(struct engine *engine, uint32_t slot);
void file_unlink(struct engine *engine, uint32_t slot);
/* Releases a file that is in no queue; unlinked, if it is linked. */
void file_drop(struct engine *engine, uint32_t slot);
/* Takes a file out of whatever it is in but a thread, and drops it. */
void file_forget(struct engine *engine, uint32_t slot);
/* The number that a further file of its message gets. */
uint32_t file_number_next(struct engine *engine, struct file *file);
/* Holds it until it is withdrawn. */
void file_hold(struct engine *engine, uint32_t slot);
/* Delays it until then. */
void file_delay(struct engine *engine, uint32_t slot, int64_t until_ns);
/* Its sender is to hear of it, if it has one: enum sched_notice. */
void file_notify(struct engine *engine, const struct file *file,
                 uint32_t notice);
/* Not ready any more, for whatever state comes next. */
void file_withdraw(struct engine *engine, uint32_t slot);

/* --- queue.c: ready files of a host, and which host comes first ---------- */

/* The slot of (channel, number), made if there is none; or MEMORY_NONE. */
uint32_t queue_host(struct engine *engine, uint32_t channel, uint32_t number);
/* A file becomes ready: eligible_at_ns says since when. */
void queue_push(struct engine *engine, uint32_t slot);
/* A ready file leaves its queue. */
void queue_remove(struct engine *engine, uint32_t slot);
/* The first file of a host goes to a thread: its slot. The caller binds the
   thread and calls queue_refresh(). */
uint32_t queue_take(struct engine *engine, uint32_t slot);
/* The first file of a host: (priority, eligible, message, number); or none. */
uint32_t queue_first(const struct host *host);
/* Does the first file of host a come before that of b? (Both have one.) */
int queue_host_before(const struct engine *engine, uint32_t a, uint32_t b);
/* Corrects the places of a host in its channel's heaps. */
void queue_refresh(struct engine *engine, uint32_t slot, int is_head_new);
/* The same for all hosts, whatever has changed. */
void queue_refresh_all(struct engine *engine);
/* The same under stress. */
uint32_t queue_depth_stressed(const struct channel *channel);
/* The backlog that asks for one more thread. */
static inline uint32_t
queue_depth(const struct channel *channel)
{
    return channel->stress_factor == 1 && channel->conf->threaddepth > 0
               ? channel->conf->threaddepth
               : queue_depth_stressed(channel);
}
/* How many threads a host is to have, by the start policy. */
uint32_t queue_threads_wanted(const struct engine *engine,
                              const struct host *host);

/* --- job.c: jobs, their threads, and the work they get ------------------- */

/* Room in the table of ids for so many jobs. */
int32_t job_table_reserve(struct engine *engine, uint32_t jobs);
struct job *job_find(const struct engine *engine, uint32_t id);
struct thread *job_find_thread(const struct engine *engine,
                               const struct job *job, uint32_t number);
static inline uint32_t
job_slot(const struct engine *engine, const struct job *job)
{
    return (uint32_t)(job - engine->jobs);
}
static inline uint32_t
thread_slot(const struct engine *engine, const struct thread *thread)
{
    return (uint32_t)(thread - engine->threads);
}
/* A new job with one thread for `host`; the caller has seen to the limits. */
void job_start(struct engine *engine, struct channel *channel, uint32_t host);
/* A new thread for `host` in a job that has a free one. */
void job_start_thread(struct engine *engine, struct job *job, uint32_t host);
/* The process runs: threads that waited for it are started. */
void job_started(struct engine *engine, struct job *job);
/* The thread asks for work. */
void job_ask(struct engine *engine, struct thread *thread);
/* The thread gets the first file of a host that has one. */
void job_give(struct engine *engine, struct thread *thread, uint32_t host);
/* No thread of it gets work any more; it ends. */
void job_drain(struct engine *engine, struct job *job);
/* The thread is without work: idle, or stopping if its job is draining. */
void job_rest(struct engine *engine, struct thread *thread);
/* The thread is no more. A file it had is ready again; start_serve() is the
   caller's. Returns the host it was bound to, or none. */
uint32_t job_lose_thread(struct engine *engine, struct thread *thread);
/* The job is no more, its threads neither. */
void job_lose(struct engine *engine, struct job *job);
/* An idle thread ends. */
void job_stop_thread(struct engine *engine, struct thread *thread);

/* --- idle.c: threads and jobs without work, and when they end ------------ */

void idle_thread_add(struct engine *engine, struct channel *channel,
                     struct thread *thread);
void idle_thread_remove(struct engine *engine, struct channel *channel,
                        struct thread *thread);
void idle_job_add(struct engine *engine, struct job *job);
void idle_job_remove(struct engine *engine, struct job *job);
/* The host refused to stop it: it is told again, but not at once. */
void idle_thread_refused(struct engine *engine, struct thread *thread);
void idle_job_refused(struct engine *engine, struct job *job);
/* It has ended all the same. */
void idle_thread_unrefuse(struct engine *engine, struct thread *thread);
void idle_job_unrefuse(struct engine *engine, struct job *job);
/* Those whose time has come end; those that did not are told again. */
void idle_exits(struct engine *engine);
/* When the next such is due. */
int64_t idle_wish(struct engine *engine);

/* --- limits.c: how many jobs and threads there may be --------------------- */

/* Room for all that the configuration allows now; if there is none, nothing
   has changed that decides anything. */
int32_t limits_reserve(struct engine *engine);
/* They hold from now on. limits_reserve() came before. */
void limits_apply(struct engine *engine);
void limits_free(struct engine *engine);

/* --- start.c: when threads and jobs are started -------------------------- */

/* A file was just pushed to this host: the rules of insertion. */
void start_inserted(struct engine *engine, uint32_t slot);
/* A host that lost its thread: if it is unserved now and has ready mail, what
   is there may take it. 0: it needs nobody. */
int start_serve(struct engine *engine, uint32_t slot);
/* A thread's place is free: the best want may take it. */
void start_place(struct engine *engine, const struct channel *channel);
/* A thread left the host: an idle one, if there is any, has asked for work and
   takes what is left there. */
void start_idle(struct engine *engine, uint32_t slot);
/* A job has exited, perhaps with files under way, or failed to start: what the
   channel still has may take its hosts. The slot is start_freed()'s. */
void start_exited(struct engine *engine, struct job *job);
/* Slots of a pool are free: the best wants get them. */
void start_freed(struct engine *engine, uint32_t pool);
/* Jobs whose delay (`after`) is over are started. */
void start_delayed(struct engine *engine);
/* A start of this channel was refused. */
void start_refused(struct engine *engine, struct channel *channel);
/* Channels whose time has come try their refused starts again. */
void start_retry(struct engine *engine);
/* Start policy level: what is missing. */
void start_top_up(struct engine *engine);

/* --- the rest: one event or one duty each -------------------------------- */

int32_t submit_event(struct engine *engine, const struct sched_submit *submit);
/* A file becomes ready and the rules of insertion apply. */
void submit_insert(struct engine *engine, uint32_t slot);

/* Room for so many more files, in whatever they may ever be in. */
int32_t submit_room(struct engine *engine, uint32_t files);

void scan_init(struct engine *engine);
void scan_wake(struct engine *engine);
int64_t scan_wish_now(const struct engine *engine);
static inline int64_t
scan_wish(const struct engine *engine)
{
    return engine->scan.left_count == 0 && engine->scan.state != SCAN_REFUSED
               ? SCHED_NEVER
               : scan_wish_now(engine);
}
/* Options have changed. */
void scan_changed(struct engine *engine, const struct conf_options *before);
/* SCAN_DUE: asks. */
void scan_build(struct engine *engine, struct sched_action *action);
void scan_refused(struct engine *engine, uint32_t reason, int64_t again_ns);
int32_t scan_event(struct engine *engine, const struct sched_scanned *scanned);
/* Files that count for MAX_MESSAGES. */
static inline uint64_t
scan_tracked(const struct engine *engine)
{
    return (uint64_t)engine->files.taken_count - engine->held_count;
}
/* Is that all there may be? */
static inline int
scan_is_full(const struct engine *engine, uint64_t tracked)
{
    return tracked >= engine->options->max_messages && !engine->scan.is_barred;
}
/* A file of this channel is not tracked. */
void scan_left(struct engine *engine, struct channel *channel);
uint64_t scan_digest(const struct engine *engine, uint64_t digest);

/* The file, or MEMORY_NONE. */
uint32_t lookup_find(const struct engine *engine, uint64_t message,
                     uint32_t number);
/* A table with room for so many more, if there is one already; at any rate. */
int32_t lookup_reserve(struct engine *engine, uint32_t more);
int32_t lookup_make(struct engine *engine, uint32_t more);
void lookup_add(struct engine *engine, uint32_t slot);
void lookup_remove(struct engine *engine, uint32_t slot);
void lookup_free(struct engine *engine);

/* Whether the session of a message has used up its limit; counts nothing. */
int32_t session_check(struct engine *engine, const struct sched_submit *submit,
                      int *is_over);
/* One message more; session_check() came before. */
void session_count(struct engine *engine, const struct sched_submit *submit);
void session_clear(struct engine *engine);
uint64_t session_digest(const struct engine *engine, uint64_t digest);
/* What is wrong with the table, or NULL. */
const char *session_check_state(const struct engine *engine);

int32_t outcome_event(struct engine *engine,
                      const struct sched_outcome *outcome);

void timer_init(struct engine *engine);
void timer_wake(struct engine *engine);
int32_t stress_event(struct engine *engine, const struct sched_stress *stress);
void stress_wake(struct engine *engine);

int32_t command_event(struct engine *engine,
                      const struct sched_command *command);

/* Options have changed. */
void timer_changed(struct engine *engine, const struct conf_options *before);
void timer_wall_offset(struct engine *engine, int64_t wall_offset_ns);
/* The next instant that a wake is wanted at. */
int64_t timer_wish(struct engine *engine);
/* The first multiple of `period` from `first` that is after a wall time. */
int64_t timer_grid_after(int64_t wall_ns, int64_t first_ns, int64_t period_ns);
void timer_delayed_push(struct engine *engine, uint32_t slot);
void timer_delayed_remove(struct engine *engine, uint32_t slot);

void returns_start(struct engine *engine);
void returns_slice(struct engine *engine);

/* Room for so many actions beside those under way. */
int32_t action_reserve(struct engine *engine, uint64_t count);
void action_push(struct engine *engine, uint32_t kind, uint32_t slot,
                 uint32_t value, uint64_t message);
/* Builds the next action. */
void action_next(struct engine *engine, struct sched_action *action);
/* The last one given was accepted. */
void action_settle(struct engine *engine);
int32_t action_refused(struct engine *engine,
                       const struct sched_refused *refused);

uint64_t digest_mix(uint64_t digest, uint64_t word);
uint64_t digest_state(const struct engine *engine);
/* What a file waits for, by which rule; SCHED_ERR_ARGUMENT: no such file.
   Message 0: the overview. */
int32_t explain_file(const struct engine *engine, uint64_t message,
                     uint32_t number, char *text, uint64_t text_size);
/* The whole state in words. */
int32_t overview(const struct engine *engine, char *text, uint64_t text_size);
int32_t check_state(const struct engine *engine, char *text,
                    uint64_t text_size);

#endif
