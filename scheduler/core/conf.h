/* SPDX-License-Identifier: MIT */
/*
 * conf.h - the Job Controller's configuration, read, resolved and checked
 *
 * Reads imta.cnf channel blocks, job_controller.cnf and channel option files
 * from memory, applies overrides, and resolves every value a decision needs,
 * so that the engine never looks at a keyword. The same tables that parse a
 * keyword describe it: there is no second list.
 *
 * RULES      Rewrite rules at the head of imta.cnf are passed over. As a file
 *            may have none, a paragraph before the first channel block is
 *            taken for rules when its first line that is no comment and no
 *            include has a first word that begins with $ . [ * or %, or a
 *            second word that holds $, % or @. Their includes are not read.
 * MISSING    Without any text of role CHANNELS or JOBS, and for an include that
 *            was not given, the answer is SCHED_TEXT_NEEDED.
 * PRECEDENCE override > channel line (last occurrence) > latest `defaults` >
 *            option file or job_controller.cnf section > built-in.
 *            A specific backoff or notices keyword beats the general one,
 *            whatever their order.
 * PATHS      Those of `describe`. Keywords that exclude each other are one
 *            setting: direction, protocol (smtp ...), splitting (single ...),
 *            immediacy (imm... and periodic), caching. An override may name
 *            the keyword too: channel.NAME.single_sys.
 * UNITS      Durations in ns, ages of notices in ns (days or hours already
 *            multiplied out by RETURN_UNITS).
 * OWNERSHIP  conf_new() allocates through the host's allocator; conf_free().
 * ERRORS     All of them, as "file:line:column: error: expected, found, what to
 *            do" lines in sched_created.messages.
 */
#ifndef SCHED_CORE_CONF_H
#define SCHED_CORE_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "../sched_abi.h"

enum {
    CONF_NAME_SIZE = 33,     /* channel names: 32 significant characters */
    CONF_POOL_NAME_MAX = 11, /* the seed's limit on pool names */
    CONF_INTERVALS_MAX = 8,  /* backoff */
    CONF_NOTICES_MAX = 5,
    CONF_CLASSES_COUNT = 3,   /* urgent, normal, nonurgent */
    CONF_PRIORITIES_COUNT = 5 /* and second class, third class */
};

enum conf_direction { CONF_MASTER, CONF_SLAVE, CONF_BIDIRECTIONAL };

enum conf_splitting {
    CONF_MULTIPLE,   /* one file a channel */
    CONF_SINGLE_SYS, /* one file a destination host */
    CONF_SINGLE      /* one file a recipient */
};

enum conf_start_policy {
    CONF_START_EDGE,
    CONF_START_EDGE_CAPPED,
    CONF_START_LEVEL
};

enum conf_affinity { CONF_AFFINITY_HOST, CONF_AFFINITY_PRIORITY };

enum conf_compat { CONF_COMPAT_GUIDE, CONF_COMPAT_PRODUCT };

/* Lowest priority that starts jobs at once (compat = guide). */
enum conf_immediacy {
    CONF_IMMURGENT,
    CONF_IMMNORMAL,
    CONF_IMMNONURGENT,
    CONF_IMMEDIATE /* second class too */
};

#define CONF_NO_LIMIT UINT32_MAX

struct conf_intervals {
    int64_t ns[CONF_INTERVALS_MAX];
    uint32_t count; /* 1 or more; the last one repeats */
    uint32_t zero;
};

struct conf_notices {
    int64_t ns[CONF_NOTICES_MAX]; /* strictly increasing; the last returns */
    uint32_t values[CONF_NOTICES_MAX]; /* as written, for WARN and RETURN */
    uint32_t count;
};

struct conf_channel {
    char name[CONF_NAME_SIZE];
    char daemon[128];      /* `daemon HOST`: all mail goes there; "": none */
    uint32_t pool;         /* index into pools */
    uint32_t direction;    /* enum conf_direction */
    uint32_t splitting;    /* enum conf_splitting */
    uint32_t addrsperfile; /* 0: no limit */
    uint32_t immediacy;    /* enum conf_immediacy */
    uint32_t maxjobs;
    uint32_t threaddepth;
    int32_t filesperjob;         /* <= 0: off */
    uint32_t max_client_threads; /* threads in a job; 1: single-threaded */
    uint32_t attempt_transactions_per_session; /* 0: no limit */
    uint32_t has_host_queues; /* one queue per destination host */
    uint32_t has_master;      /* a command that delivers; else mail waits */
    uint32_t max_life_conns;  /* requests for work; 0: no limit */
    int64_t max_life_age_ns;  /* 0: no limit */
    int64_t thread_idle_ns;   /* an idle thread ends after; 0: never */
    int64_t job_idle_ns;      /* a job without busy thread ends; 0: never */
    int64_t deferred_max_ns;  /* dates further ahead are ignored; 0: none */
    uint32_t is_periodic;     /* nothing is immediate, whatever `immediacy` */
    uint32_t period;          /* served by every n-th periodic run; 1 or more */
    uint32_t is_deferred;     /* honours Deferred-delivery: dates */
    /* Recipients at submit to this source channel; CONF_NO_LIMIT: none. */
    uint32_t expandlimit;
    uint32_t expandchannel; /* a channel, or SCHED_NONE: there is none */
    uint32_t holdlimit;
    /* Messages in one inbound session; CONF_NO_LIMIT: none. */
    uint32_t transactionlimit;
    uint32_t disconnecttransactionlimit;
    uint32_t zero;
    /* Larger messages, in blocks, lose a class; CONF_NO_LIMIT: none. */
    uint32_t blocklimit[CONF_CLASSES_COUNT];
    uint32_t zero2;
    int64_t after_ns[CONF_PRIORITIES_COUNT]; /* before a job is made */
    /* By class: urgent, normal, nonurgent (and what is below). */
    struct conf_intervals backoff[CONF_CLASSES_COUNT];
    struct conf_notices notices[CONF_CLASSES_COUNT];
};

struct conf_pool {
    char name[CONF_POOL_NAME_MAX + 1];
    uint32_t job_limit;
};

struct conf_options {
    uint32_t start_policy; /* enum conf_start_policy */
    uint32_t affinity;     /* enum conf_affinity */
    uint32_t compat;       /* enum conf_compat */
    uint32_t max_messages;
    uint32_t block_size;      /* bytes in an MTA block */
    uint32_t return_units;    /* 0: days, 1: hours */
    int64_t return_first_ns;  /* return job: first run after midnight, wall */
    int64_t return_period_ns; /* and the time between runs */
    int64_t post_first_ns;    /* periodic job: the same */
    int64_t post_period_ns;
    int64_t synch_first_ns;            /* scan: first after the start */
    int64_t synch_period_ns;           /* and the time between */
    uint32_t rebuild_parallel_channel; /* channels read at once by a scan */
    uint32_t is_stress_on;
    int64_t stress_blackout_ns;
    int64_t stress_time_ns;
    uint32_t stress_factor;
    uint32_t stress_jobs;
    uint32_t unstress_factor;
    uint32_t unstress_jobs;
};

struct conf;

/*
 * Reads it all. SCHED_OK: *conf is the configuration. SCHED_TEXT_NEEDED,
 * SCHED_ERR_CONFIGURATION, SCHED_ERR_MEMORY: nothing was made.
 */
int32_t conf_new(const struct sched_config *config,
                 struct sched_created *created, struct conf **conf);
void conf_free(struct conf *conf);

uint32_t conf_channels_count(const struct conf *conf);
const struct conf_channel *conf_channel(const struct conf *conf,
                                        uint32_t index);
uint32_t conf_pools_count(const struct conf *conf);
const struct conf_pool *conf_pool(const struct conf *conf, uint32_t index);
const struct conf_options *conf_options(const struct conf *conf);

/*
 * A live change: an override that comes late. On SCHED_ERR_CONFIGURATION and
 * SCHED_ERR_MEMORY nothing has changed; *created, which may be NULL, says why.
 * What conf_channel() and the others returned stays valid, with new contents.
 */
int32_t conf_set(struct conf *conf, const char *path, const char *value,
                 struct sched_created *created);

/* May the configuration become what it is now? Anything but SCHED_OK: no. */
typedef int32_t conf_accept_fn(void *arg);
/* The same; `accept` is asked last, and its refusal is the answer. */
int32_t conf_set_if(struct conf *conf, const char *path, const char *value,
                    conf_accept_fn *accept, void *arg);

/* One row of the effective configuration; SCHED_END past the last. */
int32_t conf_describe(const struct conf *conf, uint32_t index,
                      struct sched_setting *setting);

#endif
