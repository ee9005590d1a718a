/* SPDX-License-Identifier: MIT */
/*
 * sched_abi.h - the seam between a mail scheduler and whatever hosts it
 *
 * A scheduler is a state machine without hands. The host tells it what
 * happened and when (`event`); it answers what to do next, one action a call,
 * and finally when it wants to be asked again (`next`). It calls nothing: no
 * clock, no file, no thread, no random source, no allocator but the one it is
 * given. So one object serves a live host and a simulated one, a recording
 * replays exactly, and two versions can be driven side by side.
 *
 * LOADING    A shared object with one exported function, sched_entry(), that
 *            returns a constant struct sched_object. abi_major must be equal;
 *            members are only ever appended, and each side reads no further
 *            than the other's struct_size (absent: zero or NULL).
 * TIME       int64_t ns on the host's own axis, never decreasing; it passes
 *            only in `event`. Wall-clock time, civil and local, counted as ns
 *            since 1970-01-01T00:00, is now_ns + wall_offset_ns.
 * TURN       host: event(now, e), then next() until SCHED_ACTION_NONE. At one
 *            instant events come in this order: commands, outcomes, wake,
 *            submits, job and thread reports. An action is accepted, or a
 *            SCHED_EVENT_REFUSED comes before the next one is pulled.
 * IDENTITY   Numbered by the host, never reused: messages, destination hosts.
 *            By the scheduler, for the life of one instance: jobs (from 1),
 *            threads (from 0 within their job), actions (from 1). A file is
 *            (message, file number), numbered from 1 within its message by
 *            the scheduler. Channels are numbered from 0 in the order of
 *            imta.cnf, as `describe` lists them.
 * FILES      SUBMIT is answered, before `next` runs dry, by CREATEs or one
 *            REJECT. Every recipient is in exactly one live file, or final.
 *            A file whose recipients are all final is gone without a word.
 * BUFFERS    Pointers in events, actions and settings are borrowed: the
 *            callee's until it returns (events, create), the caller's until
 *            its next call into the instance (actions, settings).
 * ERRORS     Negative int32_t, enum sched_error. SCHED_ERR_ARGUMENT and
 *            _UNSUPPORTED leave the instance as it was; after _BUG it is dead
 *            and answers _BUG to everything but destroy.
 * TYPES      Fixed-width integers; padding is explicit and zero.
 *
 * scheduler/README.md tells how to write one; tests pin every offset here.
 */
#ifndef SCHED_ABI_H
#define SCHED_ABI_H

#include <stdint.h>

#define SCHED_ABI_MAGIC UINT64_C(0x31444548435354d4)
#define SCHED_ABI_MAJOR 1
#define SCHED_ABI_MINOR 0

#define SCHED_NEVER   INT64_MAX  /* an instant that does not come */
#define SCHED_NONE    UINT32_MAX /* no channel, no recipient, no host */
#define SCHED_NO_TIME INT64_MIN  /* a date that was not given */

enum sched_error {
    SCHED_OK = 0,
    SCHED_END = 1,                /* describe: no setting has this index */
    SCHED_TEXT_NEEDED = 2,        /* create: see sched_created.needed_name */
    SCHED_ERR_ARGUMENT = -1,      /* an id never issued, an event out of turn */
    SCHED_ERR_CONFIGURATION = -2, /* create: see sched_created.messages */
    SCHED_ERR_MEMORY = -3,        /* the allocator said no; still usable */
    SCHED_ERR_UNSUPPORTED = -4,   /* a kind this object does not know */
    SCHED_ERR_LIMIT = -5,         /* a numbering or a table is exhausted */
    SCHED_ERR_BUG = -6            /* an invariant broke: the instance is dead */
};

/* Lower is more urgent. The last two come about by size demotion only. */
enum sched_priority {
    SCHED_PRIORITY_URGENT = 0,
    SCHED_PRIORITY_NORMAL = 1,
    SCHED_PRIORITY_NONURGENT = 2,
    SCHED_PRIORITY_SECONDCLASS = 3,
    SCHED_PRIORITY_THIRDCLASS = 4,
    SCHED_PRIORITIES_COUNT = 5
};

/* What became of one recipient in one attempt. */
enum sched_result {
    SCHED_RESULT_DELIVERED = 0,
    SCHED_RESULT_TEMPORARY = 1,
    SCHED_RESULT_PERMANENT = 2,
    SCHED_RESULT_MISSING = 3 /* the file was not there: forget it */
};

/* How far the attempt had come. */
enum sched_phase {
    SCHED_PHASE_CONNECT = 0,
    SCHED_PHASE_GREETING = 1,
    SCHED_PHASE_EHLO = 2,
    SCHED_PHASE_MAIL = 3,
    SCHED_PHASE_RCPT = 4,
    SCHED_PHASE_DATA = 5,
    SCHED_PHASE_DOT = 6
};

/* --- Configuration ------------------------------------------------------ */

enum sched_text_role {
    SCHED_TEXT_CHANNELS = 1, /* imta.cnf */
    SCHED_TEXT_JOBS = 2,     /* job_controller.cnf */
    SCHED_TEXT_OPTIONS = 3,  /* a channel option file; name ends in
                                <channel>_option */
    SCHED_TEXT_INCLUDED = 4  /* what another text includes */
};

struct sched_text {
    const char *name; /* NUL-terminated; stands in messages as it is */
    const char *bytes;
    uint64_t bytes_size;
    uint32_t role; /* enum sched_text_role */
    uint32_t zero;
};

/* Replaces one value of the effective configuration, by its path. */
struct sched_override {
    const char *path;  /* "channel.tcp_local.threaddepth" */
    const char *value; /* as the file would have it: "5", "pt5m pt10m" */
    const char *where; /* for messages: "scenario.yaml:12:3", "--set" */
};

struct sched_allocator {
    void *context;
    /* 16-byte aligned, or NULL. */
    void *(*allocate)(void *context, uint64_t bytes);
    void (*release)(void *context, void *memory, uint64_t bytes);
};

struct sched_config {
    const struct sched_text *texts;
    const struct sched_override *overrides;
    uint32_t texts_count;
    uint32_t overrides_count;
    struct sched_allocator allocator;
    int64_t now_ns;
    int64_t wall_offset_ns;
    uint32_t is_strict; /* unknown keywords are errors */
    uint32_t zero;
};

struct sched_created {
    void *self;     /* the instance, on SCHED_OK */
    char *messages; /* the caller's buffer: "file:line:column: error: ..."
                           lines, NUL-terminated, filled on any answer */
    uint64_t messages_size;
    uint32_t errors_count;
    uint32_t warnings_count;
    uint32_t needed_role; /* on SCHED_TEXT_NEEDED */
    uint32_t zero;
    char needed_name[256];
};

enum sched_setting_type {
    SCHED_SETTING_INTEGER = 1,  /* numbers[0] */
    SCHED_SETTING_DURATION = 2, /* numbers[..] in ns; a list has several */
    SCHED_SETTING_LIST = 3,     /* numbers[..], integers */
    SCHED_SETTING_TEXT = 4,     /* value only */
    SCHED_SETTING_CHOICE = 5,   /* value only, out of a fixed set */
    SCHED_SETTING_SWITCH = 6    /* numbers[0] is 0 or 1 */
};

#define SCHED_SETTING_NUMBERS_MAX 8

/*
 * One row of the effective configuration. Path families:
 *     channel.NAME.KEYWORD   imta.cnf and the channel's option file
 *     job.NAME.OPTION        job_controller.cnf, as it applies to channel NAME
 *     pool.NAME.OPTION       job_controller.cnf, pools
 *     option.OPTION          global options
 * Rows come in a fixed order: channels in the order of imta.cnf, each with its
 * channel rows then its job rows; pools; options.
 */
struct sched_setting {
    char path[96];
    char unit[16]; /* "s", "ns", "threads", "messages", "" ... */
    char value[192];
    char origin[96]; /* "imta.cnf:12:9", "built-in", "--set" */
    char help[96];   /* a line for people */
    uint32_t type;   /* enum sched_setting_type */
    uint32_t owner;  /* the channel's or pool's number; SCHED_NONE: option */
    uint32_t numbers_count;
    uint32_t is_overridable;
    int64_t numbers[SCHED_SETTING_NUMBERS_MAX];
};

/* --- Events: host to scheduler ------------------------------------------ */

enum sched_event_kind {
    SCHED_EVENT_SUBMIT = 1,
    SCHED_EVENT_JOB_STARTED = 2,  /* the process runs; its first thread's
                                     THREAD_READY follows */
    SCHED_EVENT_JOB_FAILED = 3,   /* it could not be started: slot is free */
    SCHED_EVENT_JOB_EXITED = 4,   /* with its threads; attempts under way
                                     ended without outcome */
    SCHED_EVENT_THREAD_READY = 5, /* it asks for work, for the first time */
    SCHED_EVENT_THREAD_ENDED = 6,
    SCHED_EVENT_OUTCOME = 7, /* and the thread asks for work again */
    SCHED_EVENT_SESSION_CLOSED = 8,
    SCHED_EVENT_SCANNED = 9,
    SCHED_EVENT_WAKE = 10,
    SCHED_EVENT_REFUSED = 11,
    SCHED_EVENT_WALL_OFFSET = 12,
    SCHED_EVENT_COMMAND = 13,
    SCHED_EVENT_STRESS = 14
};

struct sched_recipient {
    uint32_t channel; /* destination channel */
    uint32_t host;    /* destination host, the host's number for it */
};

#define SCHED_SUBMIT_NULL_SENDER UINT32_C(1)

struct sched_submit {
    uint64_t message;
    uint64_t parent;           /* re-submit of this message's file; 0: new */
    uint64_t session;          /* inbound connection; 0: none */
    int64_t submitted_at_ns;   /* first submit: age counts from here */
    int64_t deferred_until_ns; /* Deferred-delivery:, or SCHED_NO_TIME */
    int64_t size_bytes;
    const struct sched_recipient *recipients;
    uint32_t recipients_count; /* at least 1 */
    uint32_t source_channel;   /* or SCHED_NONE */
    uint32_t priority;         /* of the header: the first three */
    uint32_t flags;            /* SCHED_SUBMIT_... */
};

struct sched_job_event { /* JOB_STARTED, JOB_FAILED, JOB_EXITED */
    uint32_t job;
    uint32_t zero;
};

struct sched_thread_event { /* THREAD_READY, THREAD_ENDED, SESSION_CLOSED */
    uint32_t job;
    uint32_t thread;
    uint32_t host; /* SESSION_CLOSED: to whom */
    uint32_t zero;
};

struct sched_outcome {
    uint64_t message;
    const uint8_t *results; /* enum sched_result for each recipient, in the
                               order of DELIVER; NULL: `result` for all */
    uint32_t file;
    uint32_t job;
    uint32_t thread;
    uint32_t recipients_count;
    uint32_t result;
    uint32_t phase; /* enum sched_phase: where it was decided */
};

struct sched_scanned_file {
    uint64_t message;
    int64_t submitted_at_ns;
    int64_t returned_at_ns; /* when the return job last looked, as far as the
                               host knows: the last WARN; or NO_TIME */
    int64_t size_bytes;
    const uint32_t *recipients;
    uint32_t recipients_count;
    uint32_t file;
    uint32_t channel;
    uint32_t host;
    uint32_t priority; /* effective */
    uint32_t attempts;
    uint32_t is_held;
    uint32_t flags; /* SCHED_SUBMIT_... */
};

struct sched_scanned {
    const struct sched_scanned_file *files;
    uint32_t files_count;
    uint32_t channel; /* as asked */
    uint32_t has_more;
    uint32_t zero;
    uint64_t cursor_message; /* of the last one given */
    uint32_t cursor_file;
    uint32_t zero2;
};

enum sched_refusal {
    SCHED_REFUSED_LIMIT = 1,   /* the machine has no room for it */
    SCHED_REFUSED_UNKNOWN = 2, /* no such job, thread or file any more. Of a
                                  STOP_JOB: and its exit is not reported */
    SCHED_REFUSED_ILLEGAL = 3, /* the contract forbids it here */
    SCHED_REFUSED_IO = 4       /* the system said no; try later */
};

struct sched_refused {
    uint64_t action;
    uint32_t reason; /* enum sched_refusal */
    uint32_t zero;
};

struct sched_wall_offset {
    int64_t wall_offset_ns;
};

enum sched_command_kind {
    SCHED_COMMAND_SET = 1,    /* path and value: a live change */
    SCHED_COMMAND_RELEASE = 2 /* message and file: held no more */
};

struct sched_command {
    const char *path;
    const char *value;
    uint64_t message;
    uint32_t file;
    uint32_t command; /* enum sched_command_kind */
};

struct sched_stress {
    uint32_t channel;
    uint32_t zero;
};

struct sched_event {
    uint32_t kind; /* enum sched_event_kind */
    uint32_t zero;
    union {
        struct sched_submit submit;
        struct sched_job_event job;
        struct sched_thread_event thread;
        struct sched_outcome outcome;
        struct sched_scanned scanned;
        struct sched_refused refused;
        struct sched_wall_offset wall;
        struct sched_command command;
        struct sched_stress stress;
    } u; /* WAKE has none */
};

/* --- Actions: scheduler to host ----------------------------------------- */

enum sched_action_kind {
    SCHED_ACTION_NONE = 0, /* nothing more; wake_at_ns is the next wish */
    SCHED_ACTION_CREATE = 1,
    SCHED_ACTION_REJECT = 2,
    SCHED_ACTION_START_JOB = 3, /* and its first thread */
    SCHED_ACTION_STOP_JOB = 4,  /* ends when its threads have ended. Refused,
                                   it holds its slot and is told again */
    SCHED_ACTION_START_THREAD = 5,
    SCHED_ACTION_STOP_THREAD = 6, /* an idle one */
    SCHED_ACTION_DELIVER = 7,
    SCHED_ACTION_REWRITE = 8, /* what was not delivered moves to a new file */
    SCHED_ACTION_HOLD = 9,
    SCHED_ACTION_RETURN = 10, /* give up: all recipients of the file final */
    SCHED_ACTION_WARN = 11,   /* tell the sender that it is still undelivered */
    SCHED_ACTION_NOTIFY = 12, /* make a notification; a SUBMIT will follow */
    SCHED_ACTION_SCAN = 13
};

enum sched_file_state {
    SCHED_FILE_READY = 0,
    SCHED_FILE_HELD = 1,     /* until a command releases it */
    SCHED_FILE_UNTRACKED = 2 /* the scheduler has no room for it and forgets
                                it; a later scan brings it back */
};

/* What a NOTIFY is about. It comes before a RETURN or WARN of the same file,
 * and in the turn of the OUTCOME that refused recipients for good. */
enum sched_notice {
    SCHED_NOTICE_WARNING = 1,
    SCHED_NOTICE_RETURN = 2,
    SCHED_NOTICE_FAILURE = 3
};

struct sched_create {
    uint64_t message;
    const uint32_t *recipients; /* indices into the submit's recipients */
    uint32_t recipients_count;
    uint32_t file;
    uint32_t channel;
    uint32_t host;     /* SCHED_NONE: the channel has one anonymous queue */
    uint32_t priority; /* effective */
    uint32_t state;    /* enum sched_file_state */
};

struct sched_reject {
    uint64_t message;
    uint32_t reason; /* SMTP reply code: 4xx come again, 5xx never */
    uint32_t zero;
};

struct sched_job_action { /* START_JOB, STOP_JOB */
    uint32_t job;
    uint32_t channel;
    uint32_t thread; /* START_JOB: number of its first thread */
    uint32_t zero;
};

struct sched_thread_action { /* START_THREAD, STOP_THREAD */
    uint32_t job;
    uint32_t thread;
};

struct sched_deliver {
    uint64_t message;
    const uint32_t *recipients; /* indices, as in CREATE */
    uint32_t recipients_count;
    uint32_t file;
    uint32_t job;
    uint32_t thread;
    uint32_t channel;
    uint32_t host;
};

struct sched_rewrite {
    uint64_t message;
    const uint32_t *recipients; /* those that go on in the new file */
    uint32_t recipients_count;
    uint32_t file;
    uint32_t new_file;
    uint32_t zero;
};

struct sched_file_action { /* HOLD, RETURN, WARN, NOTIFY */
    uint64_t message;
    uint32_t file;
    uint32_t value; /* RETURN, WARN: the notices value reached; NOTIFY: enum
                       sched_notice */
};

/* Asks for files of the queue directory, oldest message first, after a cursor;
 * answered by one SCANNED with at most files_max of them. */
struct sched_scan {
    uint32_t channel; /* SCHED_NONE: all */
    uint32_t files_max;
    uint64_t cursor_message; /* after this one */
    uint32_t cursor_file;
    uint32_t zero;
};

struct sched_action {
    uint32_t kind; /* enum sched_action_kind */
    uint32_t zero;
    uint64_t action; /* its number; 0 with NONE */
    union {
        struct sched_create create;
        struct sched_reject reject;
        struct sched_job_action job;
        struct sched_thread_action thread;
        struct sched_deliver deliver;
        struct sched_rewrite rewrite;
        struct sched_file_action file;
        struct sched_scan scan;
        int64_t wake_at_ns; /* NONE: SCHED_NEVER if only events matter */
    } u;
};

/* --- The object --------------------------------------------------------- */

struct sched_object {
    uint64_t magic;
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    const char *build;   /* pointer size, endianness, compiler */
    const char *name;    /* "jobctl" */
    const char *version; /* "1.0.0" */
    const char *policy;  /* "jobctl": held to the Job Controller's rules;
                            "": to the laws of every scheduler only */
    int32_t (*create)(const struct sched_config *config,
                      struct sched_created *created);
    int32_t (*event)(void *self, int64_t now_ns,
                     const struct sched_event *event);
    int32_t (*next)(void *self, struct sched_action *action);
    void (*destroy)(void *self);
    int32_t (*describe)(const void *self, uint32_t index,
                        struct sched_setting *setting);
    /* Optional, may be NULL: */
    uint64_t (*state_digest)(const void *self);
    /* Walks its own invariants; says in `text` which one is broken. */
    int32_t (*check)(const void *self, char *text, uint64_t text_size);
    /* What a file waits for, by which rule. */
    int32_t (*explain)(const void *self, uint64_t message, uint32_t file,
                       char *text, uint64_t text_size);
};

/* The one exported symbol. */
const struct sched_object *sched_entry(void);
typedef const struct sched_object *sched_entry_fn(void);

#endif
