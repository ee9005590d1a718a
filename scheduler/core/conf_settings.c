/* SPDX-License-Identifier: MIT */
/*
 * conf_settings.c - see conf_settings.h
 */
#include "conf_settings.h"

#include <stddef.h>

#define COUNT_MAX INT64_C(1000000000) /* GUESS: above any real setting */

/* The order of these is that of the enums in conf.h. */
static const char *const direction_choices[] = {"master", "slave",
                                                "bidirectional", NULL};
static const char *const protocol_choices[] = {
    "nosmtp",      "smtp",    "smtp_cr", "smtp_crlf",
    "smtp_crorlf", "smtp_lf", "lmtp",    NULL};
static const char *const splitting_choices[] = {"multiple", "single_sys",
                                                "single", NULL};
static const char *const immediacy_choices[] = {
    "immurgent", "immnormal", "immnonurgent", "immediate", "periodic", NULL};
static const char *const caching_choices[] = {
    "cacheeverything", "cachefailures", "cachesuccesses", "nocache", NULL};
static const char *const start_policy_choices[] = {"edge", "edge-capped",
                                                   "level", NULL};
static const char *const affinity_choices[] = {"host", "priority", NULL};
static const char *const compat_choices[] = {"guide", "product", NULL};

#define AFTER(title, text)                                                     \
    {                                                                          \
        .name = (title), .kind = CONF_KIND_DELAY, .where = CONF_IN_CHANNELS,   \
        .max = 86400, .help = (text)                                           \
    }
#define BACKOFF(title, text)                                                   \
    {                                                                          \
        .name = (title), .kind = CONF_KIND_INTERVALS, .min = 1,                \
        .where = CONF_IN_CHANNELS, .help = (text)                              \
    }
#define NOTICES(title, text)                                                   \
    {                                                                          \
        .name = (title), .kind = CONF_KIND_AGES, .min = 1, .max = 10000,       \
        .where = CONF_IN_CHANNELS, .help = (text)                              \
    }
#define BLOCKLIMIT(title, places, text)                                        \
    {                                                                          \
        .name = (title), .kind = CONF_KIND_INTEGER, .max = COUNT_MAX,          \
        .where = (places) | CONF_UNLIMITED_OK, .builtin = CONF_UNLIMITED,      \
        .unit = "blocks", .help = (text)                                       \
    }

static const struct conf_setting settings[CONF_KEYS_COUNT] = {
    [CONF_KEY_DIRECTION] = {.name = "direction",
                            .kind = CONF_KIND_CHOICE,
                            .choices = direction_choices,
                            .where = CONF_IN_CHANNELS,
                            .builtin = 2,
                            .help = "whether jobs deliver, collect or both"},
    [CONF_KEY_PROTOCOL] = {.name = "protocol",
                           .kind = CONF_KIND_CHOICE,
                           .choices = protocol_choices,
                           .where = CONF_IN_CHANNELS,
                           .help = "what the channel speaks"},
    [CONF_KEY_POOL] = {.name = "pool",
                       .alias = "queue",
                       .kind = CONF_KIND_TEXT,
                       .where = CONF_IN_CHANNELS,
                       .max = 11,
                       .help = "where its jobs run; else in the first pool"},
    [CONF_KEY_DAEMON] = {.name = "daemon",
                         .kind = CONF_KIND_TEXT,
                         .where = CONF_IN_CHANNELS,
                         .max = 127,
                         .help = "the one host that all its mail goes to"},
    [CONF_KEY_SPLITTING] = {.name = "splitting",
                            .kind = CONF_KIND_CHOICE,
                            .choices = splitting_choices,
                            .where = CONF_IN_CHANNELS,
                            .help = "one file a channel, a host or an address"},
    [CONF_KEY_ADDRSPERFILE] = {.name = "addrsperfile",
                               .kind = CONF_KIND_INTEGER,
                               .where = CONF_IN_CHANNELS,
                               .max = COUNT_MAX,
                               .unit = "recipients",
                               .help = "most recipients in a file; 0: no "
                                       "limit"},
    [CONF_KEY_IMMEDIACY] = {.name = "immediacy",
                            .kind = CONF_KIND_CHOICE,
                            .choices = immediacy_choices,
                            .where = CONF_IN_CHANNELS,
                            .builtin = 1,
                            .help = "lowest priority that is delivered at "
                                    "once"},
    [CONF_KEY_PERIOD] = {.name = "period",
                         .kind = CONF_KIND_INTEGER,
                         .where = CONF_IN_CHANNELS,
                         .min = 1,
                         .max = 1000,
                         .builtin = 1,
                         .unit = "runs",
                         .help = "served by every n-th periodic run"},
    [CONF_KEY_MAXJOBS] = {.name = "maxjobs",
                          .kind = CONF_KIND_INTEGER,
                          .where = CONF_IN_CHANNELS,
                          .min = 1,
                          .max = 1000000,
                          .builtin = 100,
                          .unit = "jobs",
                          .help = "most jobs of the channel at one time"},
    [CONF_KEY_THREADDEPTH] = {.name = "threaddepth",
                              .kind = CONF_KIND_INTEGER,
                              .where = CONF_IN_CHANNELS,
                              .min = 1,
                              .max = COUNT_MAX,
                              .builtin = 10,
                              .unit = "messages",
                              .help = "backlog that asks for one more thread"},
    [CONF_KEY_FILESPERJOB] = {.name = "filesperjob",
                              .kind = CONF_KIND_INTEGER,
                              .where = CONF_IN_CHANNELS,
                              .min = -COUNT_MAX,
                              .max = COUNT_MAX,
                              .unit = "files",
                              .help = "files that ask for one more job; 0: "
                                      "off"},
    [CONF_KEY_BACKOFF] = BACKOFF(
        "backoff",
        "waits after each failure, all priorities; the last one repeats"),
    [CONF_KEY_URGENTBACKOFF] =
        BACKOFF("urgentbackoff",
                "waits after each failure, urgent; the last one repeats"),
    [CONF_KEY_NORMALBACKOFF] =
        BACKOFF("normalbackoff",
                "waits after each failure, normal; the last one repeats"),
    [CONF_KEY_NONURGENTBACKOFF] =
        BACKOFF("nonurgentbackoff",
                "waits after each failure, nonurgent; the last one repeats"),
    [CONF_KEY_NOTICES] = NOTICES(
        "notices",
        "ages that warn the sender, all priorities; the last one returns"),
    [CONF_KEY_URGENTNOTICES] =
        NOTICES("urgentnotices",
                "ages that warn the sender, urgent; the last one returns"),
    [CONF_KEY_NORMALNOTICES] =
        NOTICES("normalnotices",
                "ages that warn the sender, normal; the last one returns"),
    [CONF_KEY_NONURGENTNOTICES] =
        NOTICES("nonurgentnotices",
                "ages that warn the sender, nonurgent; the last one returns"),
    [CONF_KEY_DEFERRED] = {.name = "deferred",
                           .kind = CONF_KIND_SWITCH,
                           .where = CONF_IN_CHANNELS,
                           .max = 1,
                           .help = "honours Deferred-delivery: dates"},
    [CONF_KEY_DEFERRED_LIMIT] = {.name = "deferred_limit",
                                 .kind = CONF_KIND_SECONDS,
                                 .where = CONF_IN_ARGUMENT,
                                 .help = "dates further ahead are ignored; 0: "
                                         "no limit"},
    [CONF_KEY_AFTER] =
        AFTER("after", "delay before a job is made for all mail"),
    [CONF_KEY_URGENTAFTER] =
        AFTER("urgentafter", "delay before a job is made for urgent mail"),
    [CONF_KEY_NORMALAFTER] =
        AFTER("normalafter", "delay before a job is made for normal mail"),
    [CONF_KEY_NONURGENTAFTER] = AFTER(
        "nonurgentafter", "delay before a job is made for nonurgent mail"),
    [CONF_KEY_SECONDCLASSAFTER] = AFTER(
        "secondclassafter", "delay before a job is made for second class mail"),
    [CONF_KEY_THIRDCLASSAFTER] = AFTER(
        "thirdclassafter", "delay before a job is made for third class mail"),
    [CONF_KEY_URGENTBLOCKLIMIT] =
        BLOCKLIMIT("urgentblocklimit", CONF_IN_CHANNELS,
                   "larger urgent mail becomes normal"),
    [CONF_KEY_NORMALBLOCKLIMIT] =
        BLOCKLIMIT("normalblocklimit", CONF_IN_CHANNELS,
                   "larger normal mail becomes nonurgent"),
    [CONF_KEY_NONURGENTBLOCKLIMIT] =
        BLOCKLIMIT("nonurgentblocklimit", CONF_IN_CHANNELS,
                   "larger nonurgent mail waits for the periodic run"),
    [CONF_KEY_EXPANDLIMIT] = {.name = "expandlimit",
                              .kind = CONF_KIND_INTEGER,
                              .where = CONF_IN_CHANNELS | CONF_UNLIMITED_OK,
                              .max = COUNT_MAX,
                              .builtin = CONF_UNLIMITED,
                              .unit = "recipients",
                              .help = "recipients beyond are expanded later"},
    [CONF_KEY_EXPANDCHANNEL] = {.name = "expandchannel",
                                .kind = CONF_KIND_TEXT,
                                .where = CONF_IN_CHANNELS,
                                .max = 32,
                                .help = "where late expansion is done"},
    [CONF_KEY_HOLDLIMIT] = {.name = "holdlimit",
                            .kind = CONF_KIND_INTEGER,
                            .where = CONF_IN_CHANNELS | CONF_UNLIMITED_OK,
                            .max = COUNT_MAX,
                            .builtin = CONF_UNLIMITED,
                            .unit = "recipients",
                            .help = "a message with more of them is held"},
    [CONF_KEY_TRANSACTIONLIMIT] = {.name = "transactionlimit",
                                   .kind = CONF_KIND_INTEGER,
                                   .where =
                                       CONF_IN_CHANNELS | CONF_UNLIMITED_OK,
                                   .min = 1,
                                   .max = COUNT_MAX,
                                   .builtin = CONF_UNLIMITED,
                                   .unit = "messages",
                                   .help = "accepted in one inbound session"},
    [CONF_KEY_DISCONNECTTRANSACTIONLIMIT] =
        {.name = "disconnecttransactionlimit",
         .kind = CONF_KIND_INTEGER,
         .where = CONF_IN_CHANNELS | CONF_UNLIMITED_OK,
         .min = 1,
         .max = COUNT_MAX,
         .builtin = CONF_UNLIMITED,
         .unit = "messages",
         .help = "after so many an inbound session is ended"},
    [CONF_KEY_CACHING] = {.name = "caching",
                          .kind = CONF_KIND_CHOICE,
                          .choices = caching_choices,
                          .where = CONF_IN_CHANNELS,
                          .builtin = 3,
                          .help = "what a job remembers of connections; no "
                                  "effect here"},
    [CONF_KEY_SERVICE] = {.name = "service",
                          .kind = CONF_KIND_SWITCH,
                          .where = CONF_IN_CHANNELS,
                          .max = 1,
                          .help = "service conversions; no effect on "
                                  "scheduling"},
    [CONF_KEY_LOGGING] = {.name = "logging",
                          .kind = CONF_KIND_SWITCH,
                          .where = CONF_IN_CHANNELS,
                          .max = 1,
                          .help = "its mail is in the transaction log"},
    [CONF_KEY_MAX_CLIENT_THREADS] = {.name = "max_client_threads",
                                     .alias = "deliver_threads",
                                     .kind = CONF_KIND_INTEGER,
                                     .where =
                                         CONF_IN_OPTIONS | CONF_MULTITHREADED,
                                     .min = 1,
                                     .max = 100000,
                                     .unit = "threads",
                                     .help = "most threads in one job"},
    [CONF_KEY_ATTEMPT_TRANSACTIONS_PER_SESSION] =
        {.name = "attempt_transactions_per_session",
         .kind = CONF_KIND_INTEGER,
         .where = CONF_IN_OPTIONS,
         .max = COUNT_MAX,
         .unit = "messages",
         .help = "most on one outbound connection; 0: no limit"},
    [CONF_KEY_OFFICIAL_HOST] = {.name = "official_host",
                                .kind = CONF_KIND_TEXT,
                                .help = "second line of the channel's block"},
    [CONF_KEY_HOST_QUEUES] = {.name = "host_queues",
                              .kind = CONF_KIND_SWITCH,
                              .help = "a queue for each destination host"},
    [CONF_KEY_HAS_MASTER] = {.name = "has_master",
                             .kind = CONF_KIND_SWITCH,
                             .help = "a command delivers; else its mail only "
                                     "waits"},

    [CONF_KEY_MASTER_COMMAND] = {.name = "master_command",
                                 .kind = CONF_KIND_TEXT,
                                 .where = CONF_IN_JOBS,
                                 .max = 180,
                                 .help = "the program that delivers, or NULL"},
    [CONF_KEY_SLAVE_COMMAND] = {.name = "slave_command",
                                .kind = CONF_KIND_TEXT,
                                .where = CONF_IN_JOBS,
                                .max = 180,
                                .help = "the program that collects, or NULL"},
    [CONF_KEY_ANON_HOST] = {.name = "anon_host",
                            .kind = CONF_KIND_SWITCH,
                            .where = CONF_IN_JOBS,
                            .max = 1,
                            .help = "one queue for all destination hosts"},
    [CONF_KEY_MAX_LIFE_AGE] = {.name = "max_life_age",
                               .alias = "max_life_time",
                               .kind = CONF_KIND_SECONDS,
                               .where = CONF_IN_JOBS,
                               .builtin = 1800,
                               .help = "a job asks for no work after; 0: no "
                                       "limit"},
    [CONF_KEY_MAX_LIFE_CONNS] = {.name = "max_life_conns",
                                 .alias = "max_life_askwork",
                                 .kind = CONF_KIND_INTEGER,
                                 .where = CONF_IN_JOBS,
                                 .max = COUNT_MAX,
                                 .builtin = 300,
                                 .unit = "requests",
                                 .help = "a job asks for work so often; 0: no "
                                         "limit"},
    /* GUESS: no manual gives the two idle times; 30 s and 60 s. */
    [CONF_KEY_THREAD_IDLE] = {.name = "thread_idle",
                              .kind = CONF_KIND_SECONDS,
                              .where = CONF_IN_JOBS,
                              .builtin = 30,
                              .help = "an idle thread ends after; 0: never"},
    [CONF_KEY_JOB_IDLE] = {.name = "job_idle",
                           .kind = CONF_KIND_SECONDS,
                           .where = CONF_IN_JOBS,
                           .builtin = 60,
                           .help = "a job without a busy thread ends after; "
                                   "0: never"},

    [CONF_KEY_JOB_LIMIT] = {.name = "job_limit",
                            .kind = CONF_KIND_INTEGER,
                            .where = CONF_IN_JOBS,
                            .min = 1,
                            .max = 1000000,
                            .builtin = 10,
                            .unit = "jobs",
                            .help = "most jobs in the pool at one time"},

    [CONF_KEY_START_POLICY] = {.name = "start_policy",
                               .kind = CONF_KIND_CHOICE,
                               .choices = start_policy_choices,
                               .where = CONF_IN_JOBS,
                               .help = "when a backlog asks for more threads"},
    [CONF_KEY_AFFINITY] = {.name = "affinity",
                           .kind = CONF_KIND_CHOICE,
                           .choices = affinity_choices,
                           .where = CONF_IN_JOBS,
                           .help = "what a thread that is done takes next"},
    [CONF_KEY_COMPAT] = {.name = "compat",
                         .kind = CONF_KIND_CHOICE,
                         .choices = compat_choices,
                         .where = CONF_IN_JOBS,
                         .help = "by the guide, or as the product behaves"},
    [CONF_KEY_MAX_MESSAGES] = {.name = "max_messages",
                               .kind = CONF_KIND_INTEGER,
                               .where = CONF_IN_JOBS,
                               .min = 10,
                               .max = COUNT_MAX,
                               .builtin = 100000,
                               .unit = "messages",
                               .help = "most that are tracked in memory"},
    [CONF_KEY_SYNCH_TIME] = {.name = "synch_time",
                             .alias = "sync_time",
                             .kind = CONF_KIND_SCHEDULE,
                             .where = CONF_IN_JOBS,
                             .min = 30,
                             .help = "first and later scans, after the start"},
    [CONF_KEY_REBUILD_PARALLEL_CHANNEL] = {.name = "rebuild_parallel_channel",
                                           .kind = CONF_KIND_INTEGER,
                                           .where = CONF_IN_JOBS,
                                           .min = 1,
                                           .max = 100,
                                           .builtin = 12,
                                           .unit = "channels",
                                           .help = "read at once by a scan"},
    [CONF_KEY_BLOCK_SIZE] = {.name = "block_size",
                             .kind = CONF_KIND_INTEGER,
                             .where = CONF_IN_JOBS,
                             .min = 1,
                             .max = COUNT_MAX,
                             .builtin = 1024,
                             .unit = "bytes",
                             .help = "what the block limits count in"},
    [CONF_KEY_URGENT_BLOCK_LIMIT] =
        BLOCKLIMIT("urgent_block_limit", CONF_IN_JOBS,
                   "urgentblocklimit of channels that have none"),
    [CONF_KEY_NORMAL_BLOCK_LIMIT] =
        BLOCKLIMIT("normal_block_limit", CONF_IN_JOBS,
                   "normalblocklimit of channels that have none"),
    [CONF_KEY_NON_URGENT_BLOCK_LIMIT] =
        BLOCKLIMIT("non_urgent_block_limit", CONF_IN_JOBS,
                   "nonurgentblocklimit of channels that have none"),
    [CONF_KEY_RETURN_UNITS] = {.name = "return_units",
                               .kind = CONF_KIND_INTEGER,
                               .where = CONF_IN_JOBS,
                               .max = 1,
                               .help = "notices count 0: days, 1: hours"},
    [CONF_KEY_RETURN_TIME] = {.name = "return_time",
                              .kind = CONF_KIND_SCHEDULE,
                              .where = CONF_IN_JOBS,
                              .min = 1,
                              .help = "return job: first run, time between"},
    [CONF_KEY_POST_TIME] = {.name = "post_time",
                            .kind = CONF_KIND_SCHEDULE,
                            .where = CONF_IN_JOBS,
                            .min = 1,
                            .help = "periodic job: first run, time between"},
    /* GUESS: the numbers of stress handling are as remembered. */
    [CONF_KEY_STRESS] = {.name = "stress",
                         .kind = CONF_KIND_SWITCH,
                         .where = CONF_IN_JOBS,
                         .max = 1,
                         .help = "backs off when targets report stress"},
    [CONF_KEY_STRESSBLACKOUT] = {.name = "stressblackout",
                                 .kind = CONF_KIND_SECONDS,
                                 .where = CONF_IN_JOBS,
                                 .builtin = 60,
                                 .help = "reports within it are ignored"},
    [CONF_KEY_STRESSFACTOR] = {.name = "stressfactor",
                               .kind = CONF_KIND_INTEGER,
                               .where = CONF_IN_JOBS,
                               .min = 1,
                               .max = 1000000,
                               .builtin = 5,
                               .help = "a report multiplies threaddepth by it"},
    [CONF_KEY_STRESSJOBS] = {.name = "stressjobs",
                             .kind = CONF_KIND_INTEGER,
                             .where = CONF_IN_JOBS,
                             .max = 1000000,
                             .builtin = 2,
                             .unit = "jobs",
                             .help = "a report takes so many jobs away"},
    [CONF_KEY_STRESSTIME] = {.name = "stresstime",
                             .kind = CONF_KIND_SECONDS,
                             .where = CONF_IN_JOBS,
                             .min = 1,
                             .builtin = 120,
                             .help = "without a report, for a step back"},
    [CONF_KEY_UNSTRESSFACTOR] = {.name = "unstressfactor",
                                 .kind = CONF_KIND_INTEGER,
                                 .where = CONF_IN_JOBS,
                                 .max = 1000000,
                                 .help = "a step back divides by it; 0: "
                                         "stressfactor"},
    [CONF_KEY_UNSTRESSJOBS] = {.name = "unstressjobs",
                               .kind = CONF_KIND_INTEGER,
                               .where = CONF_IN_JOBS,
                               .max = 1000000,
                               .unit = "jobs",
                               .help = "a step back gives so many; 0: "
                                       "stressjobs"},
};

const struct conf_setting *
conf_setting(enum conf_key key)
{
    return &settings[key];
}

struct family {
    const char *name;
    enum conf_key first;
    enum conf_key end;
};

static const struct family families[] = {
    [CONF_FAMILY_CHANNEL] = {"channel", CONF_KEY_DIRECTION,
                             CONF_CHANNEL_KEYS_COUNT},
    [CONF_FAMILY_JOB] = {"job", CONF_KEY_MASTER_COMMAND, CONF_JOB_KEYS_END},
    [CONF_FAMILY_POOL] = {"pool", CONF_KEY_JOB_LIMIT, CONF_POOL_KEYS_END},
    [CONF_FAMILY_OPTION] = {"option", CONF_KEY_START_POLICY, CONF_KEYS_COUNT},
};

enum conf_family
conf_family_of(enum conf_key key)
{
    if (key < families[CONF_FAMILY_CHANNEL].end) {
        return CONF_FAMILY_CHANNEL;
    }
    if (key < families[CONF_FAMILY_JOB].end) {
        return CONF_FAMILY_JOB;
    }
    return key < families[CONF_FAMILY_POOL].end ? CONF_FAMILY_POOL
                                                : CONF_FAMILY_OPTION;
}

const char *
conf_family_name(enum conf_family family)
{
    return families[family].name;
}

enum conf_key
conf_family_first(enum conf_family family)
{
    return families[family].first;
}

enum conf_key
conf_family_end(enum conf_family family)
{
    return families[family].end;
}

bool
conf_setting_find(enum conf_family family, uint32_t where,
                  struct text_slice name, enum conf_key *key)
{
    for (uint32_t i = families[family].first; i < families[family].end; i++) {
        const struct conf_setting *setting = &settings[i];

        if ((where == CONF_ANYWHERE || (setting->where & where) != 0) &&
            (text_equal_nocase(name, text_of(setting->name), UINT64_MAX) ||
             (setting->alias &&
              text_equal_nocase(name, text_of(setting->alias), UINT64_MAX)))) {
            *key = (enum conf_key)i;
            return true;
        }
    }
    return false;
}
