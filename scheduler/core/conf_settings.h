/* SPDX-License-Identifier: MIT */
/*
 * conf_settings.h - the one table of everything that can be set
 *
 * A row says how a value is written, its range, its built-in value, and how it
 * is described. Reading a channel line, an option file, job_controller.cnf or
 * an override, and describing the result, all go by this table; so does "did
 * you mean". What the real product knows and scheduling does not need is in
 * a second table of names and arities, so that real files load.
 *
 * SOURCE  Ranges and built-in values: Sun Java System Messaging Server 6
 *         2005Q4 Administration Guide and Reference, where not marked GUESS.
 */
#ifndef SCHED_CORE_CONF_SETTINGS_H
#define SCHED_CORE_CONF_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* In the order of description. */
enum conf_key {
    /* channel.NAME: imta.cnf and the option file */
    CONF_KEY_DIRECTION,
    CONF_KEY_PROTOCOL,
    CONF_KEY_POOL,
    CONF_KEY_DAEMON,
    CONF_KEY_SPLITTING,
    CONF_KEY_ADDRSPERFILE,
    CONF_KEY_IMMEDIACY,
    CONF_KEY_PERIOD,
    CONF_KEY_MAXJOBS,
    CONF_KEY_THREADDEPTH,
    CONF_KEY_FILESPERJOB,
    CONF_KEY_BACKOFF,
    CONF_KEY_URGENTBACKOFF,
    CONF_KEY_NORMALBACKOFF,
    CONF_KEY_NONURGENTBACKOFF,
    CONF_KEY_NOTICES,
    CONF_KEY_URGENTNOTICES,
    CONF_KEY_NORMALNOTICES,
    CONF_KEY_NONURGENTNOTICES,
    CONF_KEY_DEFERRED,
    CONF_KEY_DEFERRED_LIMIT,
    CONF_KEY_AFTER,
    CONF_KEY_URGENTAFTER,
    CONF_KEY_NORMALAFTER,
    CONF_KEY_NONURGENTAFTER,
    CONF_KEY_SECONDCLASSAFTER,
    CONF_KEY_THIRDCLASSAFTER,
    CONF_KEY_URGENTBLOCKLIMIT,
    CONF_KEY_NORMALBLOCKLIMIT,
    CONF_KEY_NONURGENTBLOCKLIMIT,
    CONF_KEY_EXPANDLIMIT,
    CONF_KEY_EXPANDCHANNEL,
    CONF_KEY_HOLDLIMIT,
    CONF_KEY_TRANSACTIONLIMIT,
    CONF_KEY_DISCONNECTTRANSACTIONLIMIT,
    CONF_KEY_CACHING,
    CONF_KEY_SERVICE,
    CONF_KEY_LOGGING,
    CONF_KEY_MAX_CLIENT_THREADS,
    CONF_KEY_ATTEMPT_TRANSACTIONS_PER_SESSION,
    CONF_KEY_OFFICIAL_HOST, /* from here on: results, not settings */
    CONF_KEY_HOST_QUEUES,
    CONF_KEY_HAS_MASTER,
    CONF_CHANNEL_KEYS_COUNT,

    /* job.NAME: CHANNEL sections of job_controller.cnf */
    CONF_KEY_MASTER_COMMAND = CONF_CHANNEL_KEYS_COUNT,
    CONF_KEY_SLAVE_COMMAND,
    CONF_KEY_ANON_HOST,
    CONF_KEY_MAX_LIFE_AGE,
    CONF_KEY_MAX_LIFE_CONNS,
    CONF_KEY_THREAD_IDLE,
    CONF_KEY_JOB_IDLE,
    CONF_JOB_KEYS_END,

    /* pool.NAME */
    CONF_KEY_JOB_LIMIT = CONF_JOB_KEYS_END,
    CONF_POOL_KEYS_END,

    /* option. */
    CONF_KEY_START_POLICY = CONF_POOL_KEYS_END,
    CONF_KEY_AFFINITY,
    CONF_KEY_COMPAT,
    CONF_KEY_MAX_MESSAGES,
    CONF_KEY_SYNCH_TIME,
    CONF_KEY_REBUILD_PARALLEL_CHANNEL,
    CONF_KEY_BLOCK_SIZE,
    CONF_KEY_URGENT_BLOCK_LIMIT,
    CONF_KEY_NORMAL_BLOCK_LIMIT,
    CONF_KEY_NON_URGENT_BLOCK_LIMIT,
    CONF_KEY_RETURN_UNITS,
    CONF_KEY_RETURN_TIME,
    CONF_KEY_POST_TIME,
    CONF_KEY_STRESS,
    CONF_KEY_STRESSBLACKOUT,
    CONF_KEY_STRESSFACTOR,
    CONF_KEY_STRESSJOBS,
    CONF_KEY_STRESSTIME,
    CONF_KEY_UNSTRESSFACTOR,
    CONF_KEY_UNSTRESSJOBS,
    CONF_KEYS_COUNT
};

enum { CONF_OPTION_KEYS_COUNT = CONF_KEYS_COUNT - CONF_KEY_START_POLICY };

/* How a value is written. */
enum conf_kind {
    CONF_KIND_INTEGER,
    CONF_KIND_SWITCH, /* NAME and noNAME; 0 or 1 */
    CONF_KIND_CHOICE, /* in imta.cnf each choice is a keyword */
    CONF_KIND_TEXT,
    CONF_KIND_SECONDS,   /* a number of seconds, or a duration; in ns */
    CONF_KIND_DELAY,     /* +N seconds */
    CONF_KIND_INTERVALS, /* 1 to 8 durations, in ns */
    CONF_KIND_AGES,      /* 1 to 5 increasing integers */
    CONF_KIND_SCHEDULE   /* HH:MM/hh:mm: first and period, in ns */
};

enum conf_family {
    CONF_FAMILY_CHANNEL,
    CONF_FAMILY_JOB,
    CONF_FAMILY_POOL,
    CONF_FAMILY_OPTION
};

/* Where a setting may be written. */
#define CONF_IN_CHANNELS   UINT32_C(1)  /* a keyword of imta.cnf */
#define CONF_IN_OPTIONS    UINT32_C(2)  /* a line of a channel option file */
#define CONF_IN_JOBS       UINT32_C(4)  /* a line of job_controller.cnf */
#define CONF_UNLIMITED_OK  UINT32_C(8)  /* "unlimited" is a value */
#define CONF_MULTITHREADED UINT32_C(16) /* means nothing to other channels */
#define CONF_IN_ARGUMENT   UINT32_C(32) /* of another keyword of imta.cnf */

#define CONF_ANYWHERE UINT32_MAX /* for conf_setting_find(): results too */

#define CONF_UNLIMITED INT64_MAX

struct conf_setting {
    const char *name;           /* lower case, as in paths */
    const char *alias;          /* another name it goes by, or NULL */
    const char *const *choices; /* CHOICE: ends with NULL */
    const char *unit;           /* as described; NULL: "" */
    const char *help;
    int64_t min; /* of each number, as written */
    int64_t max;
    int64_t builtin; /* number, or index of the choice */
    uint32_t kind;   /* enum conf_kind */
    uint32_t where;  /* CONF_IN_..., 0: a result, described only */
};

const struct conf_setting *conf_setting(enum conf_key key);
enum conf_family conf_family_of(enum conf_key key);
const char *conf_family_name(enum conf_family family);

/* The keys of a family are those from first to before end. */
enum conf_key conf_family_first(enum conf_family family);
enum conf_key conf_family_end(enum conf_family family);

/* Finds an option by name or alias within a family, among those that may be
 * written in one of the places of `where`. */
bool conf_setting_find(enum conf_family family, uint32_t where,
                       struct text_slice name, enum conf_key *key);

/* --- Keywords of imta.cnf ------------------------------------------------ */

enum { CONF_KEYWORD_BYTES = 32 /* significant characters */ };

enum conf_keyword_state {
    CONF_KEYWORD_UNKNOWN,
    CONF_KEYWORD_IGNORED, /* of the real product, nothing to scheduling */
    CONF_KEYWORD_SETTING
};

struct conf_keyword {
    enum conf_keyword_state state;
    enum conf_key key; /* SETTING */
    bool has_value;    /* the keyword itself says the value ... */
    int64_t value;     /* ... this one */
    uint32_t args_min; /* IGNORED */
    uint32_t args_max;
};

struct conf_keyword conf_keyword_find(struct text_slice word);

struct conf_nearest;
/* Tries every keyword that has a meaning here. */
void conf_keyword_nearest(struct conf_nearest *nearest);

/* Names of option files and of job_controller.cnf that are known to the real
 * product and mean nothing here. */
bool conf_option_is_ignored(struct text_slice name);
bool conf_job_option_is_ignored(struct text_slice name);

#endif
