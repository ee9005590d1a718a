/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * knobs.c - see knobs.h
 */
#include "tests/reference/knobs.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

enum { VALUES_MAX = 6 };

struct knob {
    const char *family; /* "channel", "job"; "": path is whole; NULL: world */
    const char *key;
    const char *values[VALUES_MAX]; /* to NULL; the plain one is first */
};

static const char *const names[KNOBS_CHANNELS] = {"tcp_a", "tcp_b", "tcp_c",
                                                  "tcp_d"};

/* Channels 5 and 6 are single-threaded and anonymous, and have no knobs. */
static const char channels_text[] =
    "defaults immnonurgent notices 1 2 4 7\n\n"
    "l\nlocal.example\n\n"
    "tcp_a smtp single_sys expandchannel reprocess pool POOL_A\na-d\n\n"
    "tcp_b smtp single_sys pool POOL_A\nb-d\n\n"
    "tcp_c smtp single_sys pool POOL_A\nc-d\n\n"
    "tcp_d smtp single_sys pool POOL_A\nd-d\n\n"
    "reprocess pool POOL_A maxjobs 2\nreprocess-d\n\n"
    "conversion pool POOL_B threaddepth 3\nconversion-d\n";
static const char jobs_text[] = "[POOL=POOL_A]\njob_limit=8\n"
                                "[POOL=POOL_B]\njob_limit=8\n"
                                "[CHANNEL=*]\nmaster_command=m\n";

static const struct knob by_channel[] = {
    {"channel", "pool", {"POOL_A", "POOL_B"}},
    {"channel", "maxjobs", {"100", "1", "2", "3"}},
    {"channel", "threaddepth", {"10", "1", "2", "3"}},
    {"channel", "max_client_threads", {"4", "1", "2", "3"}},
    {"channel", "splitting", {"single_sys", "multiple", "single"}},
    {"channel", "addrsperfile", {"0", "2", "1"}},
    {"channel", "filesperjob", {"0", "0", "0", "1", "2", "5"}},
    {"channel",
     "immediacy",
     {"immnonurgent", "immnormal", "immurgent", "immediate", "periodic"}},
    {"channel", "period", {"1", "1", "2", "3"}},
    {"channel",
     "direction",
     {"bidirectional", "bidirectional", "bidirectional", "bidirectional",
      "master", "slave"}},
    {"channel", "deferred", {"0", "1"}},
    {"channel", "deferred_limit", {"0", "0", "20", "60"}},
    {"channel", "urgentblocklimit", {"1000", "1"}},
    {"channel", "normalblocklimit", {"1000", "3"}},
    {"channel", "nonurgentblocklimit", {"1000", "5"}},
    {"channel",
     "backoff",
     {"pt1m", "pt10s pt20s pt1m", "pt5m pt1h", "pt2s", "pt1s pt40m"}},
    {"channel", "urgentbackoff", {"pt1m", "pt3s", "pt10s pt1h"}},
    {"channel", "notices", {"1 2 4 7", "1 2", "2 3 5"}},
    {"channel", "nonurgentnotices", {"1 2 4 7", "1", "1 2 3 4 9"}},
    {"channel", "after", {"+0", "+0", "+0", "+3", "+60"}},
    {"channel", "urgentafter", {"+0", "+0", "+0", "+1", "+20"}},
    {"channel", "nonurgentafter", {"+0", "+0", "+0", "+10", "+600"}},
    {"channel", "secondclassafter", {"+0", "+0", "+0", "+5", "+90"}},
    {"channel", "transactionlimit", {"1000", "1", "2", "5"}},
    {"channel", "disconnecttransactionlimit", {"unlimited", "1", "3"}},
    {"job", "anon_host", {"0", "0", "0", "1"}},
    {"job", "max_life_conns", {"0", "1", "3", "9"}},
    {"job", "max_life_age", {"0", "5", "60", "600"}},
    {"job", "thread_idle", {"pt30s", "0", "pt5s", "pt2m"}},
    {"job", "job_idle", {"pt1m", "0", "pt5s", "pt30s"}},
};

static const struct knob others[] = {
    {"", "option.start_policy", {"edge", "edge", "edge-capped", "level"}},
    {"", "option.affinity", {"host", "host", "priority"}},
    {"", "option.compat", {"guide", "product"}},
    {"", "option.return_units", {"0", "1"}},
    {"", "option.return_time", {"00:30/24:00", "00:10/01:00"}},
    {"", "option.post_time", {"00:00/04:00", "00:10/00:20"}},
    {"", "option.max_messages", {"100000", "100000", "10", "24"}},
    {"", "option.synch_time", {"04:00/04:00", "00:30/00:30"}},
    {"", "option.rebuild_parallel_channel", {"12", "1", "2"}},
    {"", "option.stress", {"0", "1"}},
    {"", "option.stressblackout", {"60", "0", "5"}},
    {"", "option.stressfactor", {"5", "1", "2", "3"}},
    {"", "option.stressjobs", {"2", "0", "1", "4"}},
    {"", "option.stresstime", {"120", "1", "10"}},
    {"", "option.unstressfactor", {"0", "2", "3"}},
    {"", "option.unstressjobs", {"0", "1", "3"}},
    {"", "channel.tcp_a.expandlimit", {"100", "1", "2"}},
    {"", "channel.tcp_a.holdlimit", {"100", "2", "4"}},
    {"", "pool.POOL_A.job_limit", {"8", "1", "2", "3", "5"}},
    {"", "pool.POOL_B.job_limit", {"8", "1", "2", "4"}},
};

static const struct knob world[WORLD_KNOBS_COUNT] = {
    [WORLD_HOSTS] = {NULL, "hosts", {"1", "2", "4", "12"}},
    [WORLD_CHANNELS] = {NULL, "channels", {"1", "2", "4", "6"}},
    [WORLD_RECIPIENTS] = {NULL, "recipients", {"1", "3", "8"}},
    [WORLD_REFUSALS_PERCENT] = {NULL, "refusals", {"0", "0", "3", "20"}},
    [WORLD_LOSSES_PERCENT] = {NULL, "losses", {"0", "2", "20"}},
    [WORLD_TEMPORARY_PERCENT] = {NULL, "temporary", {"0", "10", "40", "90"}},
    [WORLD_LATE_PERCENT] = {NULL, "late", {"0", "0", "0", "10"}},
    [WORLD_HURRY] = {NULL, "hurry", {"0", "1", "2"}},
    [WORLD_BACKLOG] = {NULL, "backlog", {"0", "0", "5", "40"}},
    [WORLD_RESTARTS] = {NULL, "restarts", {"0", "0", "1"}},
    [WORLD_DATES] = {NULL, "dates", {"1", "60", "900"}},
    [WORLD_SESSIONS] = {NULL, "sessions", {"0", "0", "2", "9"}},
    [WORLD_CHANGES] = {NULL, "changes", {"0", "0", "4", "60"}},
    [WORLD_STRESS] = {NULL, "stress", {"0", "0", "4", "60"}},
    [WORLD_CROWD] = {NULL, "crowd", {"0", "0", "0", "0", "0", "1500"}},
};

enum {
    BY_CHANNEL = sizeof by_channel / sizeof by_channel[0],
    OTHERS = sizeof others / sizeof others[0],
    OTHERS_AT = KNOBS_CHANNELS * BY_CHANNEL,
    WORLD_AT = OTHERS_AT + OTHERS,
    COUNT = WORLD_AT + WORLD_KNOBS_COUNT
};
_Static_assert((int)COUNT <= (int)KNOBS_MAX, "room for every knob");

static const struct knob *
knob_at(uint32_t i)
{
    if (i < OTHERS_AT) {
        return &by_channel[i % BY_CHANNEL];
    }
    return i < WORLD_AT ? &others[i - OTHERS_AT] : &world[i - WORLD_AT];
}

uint32_t
knobs_count(void)
{
    return COUNT;
}

void
knobs_random(struct knobs *knobs, uint64_t seed)
{
    uint64_t random = seed;

    memset(knobs, 0, sizeof *knobs);
    /* In some worlds nearly all is plain, in some nearly nothing. */
    const uint64_t plain = test_random_below(&random, 100);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t count = 0;

        while (count < VALUES_MAX && knob_at(i)->values[count] != NULL) {
            count++;
        }
        const uint64_t value = test_random_below(&random, count);
        if (i >= WORLD_AT || test_random_below(&random, 100) >= plain) {
            knobs->chosen[i] = (uint8_t)value;
        }
    }
}

uint32_t
knobs_world(const struct knobs *knobs, enum world_knob knob)
{
    const uint32_t i = WORLD_AT + (uint32_t)knob;

    return (uint32_t)strtoul(knob_at(i)->values[knobs->chosen[i]], NULL, 10);
}

static void
path_of(uint32_t i, char path[KNOBS_PATH_SIZE])
{
    const struct knob *knob = knob_at(i);

    if (i < OTHERS_AT) {
        snprintf(path, KNOBS_PATH_SIZE, "%s.%s.%s", knob->family,
                 names[i / BY_CHANNEL], knob->key);
    } else {
        snprintf(path, KNOBS_PATH_SIZE, "%s%s",
                 knob->family == NULL ? "world." : "", knob->key);
    }
}

/* is_left_out - by a change of it a file would have more recipients than there
   is room for */
static int
is_left_out(const struct knobs *knobs, const struct knob *knob)
{
    const int is_crowded = knobs_world(knobs, WORLD_CROWD) > 0;

    return is_crowded && (strcmp(knob->key, "splitting") == 0 ||
                          strcmp(knob->key, "addrsperfile") == 0);
}

/* is_changed_often - what people do change while it runs, and what turns most
   over */
static int
is_changed_often(const struct knob *knob)
{
    static const char *const keys[] = {"maxjobs",
                                       "threaddepth",
                                       "max_client_threads",
                                       "direction",
                                       "after",
                                       "transactionlimit",
                                       "pool.POOL_A.job_limit",
                                       "option.max_messages",
                                       "option.start_policy",
                                       "notices",
                                       "option.return_units"};

    for (uint32_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(knob->key, keys[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *
knobs_change(const struct knobs *knobs, uint64_t random,
             char path[KNOBS_PATH_SIZE])
{
    uint32_t i = (uint32_t)test_random_below(&random, WORLD_AT);
    const int is_often = test_random_below(&random, 2) == 0;
    uint32_t count = 0;

    while (is_left_out(knobs, knob_at(i)) ||
           (is_often && !is_changed_often(knob_at(i)))) {
        i = (i + 1) % WORLD_AT;
    }
    while (count < VALUES_MAX && knob_at(i)->values[count] != NULL) {
        count++;
    }
    path_of(i, path);
    return knob_at(i)->values[test_random_below(&random, count)];
}

int
knobs_is_split(const struct knobs *knobs, uint32_t channel)
{
    for (uint32_t i = 0; channel <= KNOBS_CHANNELS && i < BY_CHANNEL; i++) {
        const uint32_t chosen = knobs->chosen[(channel - 1) * BY_CHANNEL + i];
        const char *value = by_channel[i].values[chosen];

        if ((strcmp(by_channel[i].key, "splitting") == 0 &&
             strcmp(value, "single") == 0) ||
            (strcmp(by_channel[i].key, "addrsperfile") == 0 &&
             strcmp(value, "0") != 0)) {
            return 1;
        }
    }
    return 0;
}

void
knobs_print(const struct knobs *knobs, FILE *out)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        char path[KNOBS_PATH_SIZE];

        if (knobs->chosen[i] != 0) {
            path_of(i, path);
            fprintf(out, "    %s = %s\n", path,
                    knob_at(i)->values[knobs->chosen[i]]);
        }
    }
}

static void *
allocate(void *context, uint64_t bytes)
{
    (void)context;
    return malloc(bytes == 0 ? 1 : bytes);
}

static void
release(void *context, void *memory, uint64_t bytes)
{
    (void)context;
    (void)bytes;
    free(memory);
}

void *
knobs_create(const struct knobs *knobs, const struct sched_object *object,
             int64_t now_ns, int64_t wall_offset_ns)
{
    static const struct sched_text texts[] = {
        {"imta.cnf", channels_text, sizeof channels_text - 1,
         SCHED_TEXT_CHANNELS, 0},
        {"job_controller.cnf", jobs_text, sizeof jobs_text - 1, SCHED_TEXT_JOBS,
         0}};
    char paths[WORLD_AT][KNOBS_PATH_SIZE];
    struct sched_override overrides[WORLD_AT];
    char messages[4096] = "";

    for (uint32_t i = 0; i < WORLD_AT; i++) {
        path_of(i, paths[i]);
        overrides[i].path = paths[i];
        overrides[i].value = knob_at(i)->values[knobs->chosen[i]];
        overrides[i].where = "knob";
    }
    const struct sched_config config = {.texts = texts,
                                        .texts_count = 2,
                                        .overrides = overrides,
                                        .overrides_count = WORLD_AT,
                                        .allocator = {NULL, allocate, release},
                                        .now_ns = now_ns,
                                        .wall_offset_ns = wall_offset_ns};
    struct sched_created created = {.messages = messages,
                                    .messages_size = sizeof messages};
    if (object->create(&config, &created) != SCHED_OK) {
        fail_msg("%s", messages);
    }
    return created.self;
}
