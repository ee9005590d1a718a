/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_conf.c - any bytes, read as the MTA's own files
 *
 * Five texts in one, apart by lines `%%`: imta.cnf, job_controller.cnf,
 * tcp_local_option, the file "more" that others may include, and overrides,
 * one `path=value` a line. A sixth that is not empty makes unknown words
 * errors, and its lines are set when all is read. Each input is read twice:
 * the second time one allocation fails.
 */
#include <stdlib.h>
#include <string.h>

#include "scheduler/core/conf.h"
#include "sim/kernel/base.h"
#include "tests/fuzz/fuzz.h"

enum { OVERRIDES_MAX = 16, TEXTS_COUNT = 4, MESSAGES_SIZE = 4096 };

struct heap {
    int64_t live_bytes;
    uint64_t allocations_count;
    uint64_t fail_at; /* from 1; 0: none */
};

static void *
allocate(void *context, uint64_t bytes)
{
    struct heap *heap = context;

    if (++heap->allocations_count == heap->fail_at) {
        return NULL;
    }
    heap->live_bytes += (int64_t)bytes;
    return base_alloc(bytes);
}

static void
release(void *context, void *memory, uint64_t bytes)
{
    struct heap *heap = context;

    heap->live_bytes -= (int64_t)bytes;
    free(memory);
}

/* overrides_cut - `path=value` lines; how many */
static uint32_t
overrides_cut(char *lines, struct sched_override *overrides)
{
    uint32_t count = 0;

    for (char *line = lines; line != NULL && count < OVERRIDES_MAX;) {
        char *newline = strchr(line, '\n');
        char *equals = NULL;

        if (newline != NULL) {
            *newline = '\0';
        }
        equals = strchr(line, '=');
        if (equals != NULL) {
            *equals = '\0';
            overrides[count++] =
                (struct sched_override){line, equals + 1, "--set"};
        }
        line = newline != NULL ? newline + 1 : NULL;
    }
    return count;
}

static void
channels_check(const struct conf *conf)
{
    for (uint32_t i = 0; i < conf_channels_count(conf); i++) {
        const struct conf_channel *channel = conf_channel(conf, i);

        ASSERT(channel->pool < conf_pools_count(conf));
        ASSERT(channel->maxjobs > 0 && channel->threaddepth > 0);
        ASSERT(channel->max_client_threads > 0);
        for (uint32_t class = 0; class < CONF_CLASSES_COUNT; class ++) {
            ASSERT(channel->backoff[class].count >= 1);
            ASSERT(channel->backoff[class].count <= CONF_INTERVALS_MAX);
            ASSERT(channel->notices[class].count >= 1);
            ASSERT(channel->notices[class].count <= CONF_NOTICES_MAX);
            ASSERT(channel->backoff[class].ns[0] > 0);
        }
    }
}

static void
describe_all(const struct conf *conf)
{
    struct sched_setting row = {.owner = 0};
    uint32_t rows_count = 0;

    while (conf_describe(conf, rows_count, &row) == SCHED_OK) {
        ASSERT(memchr(row.path, '\0', sizeof row.path) != NULL);
        ASSERT(memchr(row.value, '\0', sizeof row.value) != NULL);
        ASSERT(memchr(row.origin, '\0', sizeof row.origin) != NULL);
        ASSERT(row.numbers_count <= SCHED_SETTING_NUMBERS_MAX);
        rows_count++;
    }
    ASSERT(rows_count > conf_channels_count(conf));
}

/* set_late - accepted or refused, the configuration stays whole */
static void
set_late(struct conf *conf, const struct sched_override *late, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char messages[MESSAGES_SIZE];
        struct sched_created created = {.messages = messages,
                                        .messages_size = sizeof messages};
        const int32_t status =
            conf_set(conf, late[i].path, late[i].value, &created);

        ASSERT(memchr(messages, '\0', sizeof messages) != NULL);
        ASSERT((status == SCHED_OK) == (created.errors_count == 0) ||
               status == SCHED_ERR_MEMORY);
    }
    channels_check(conf);
    describe_all(conf);
}

/* One reading: what is given, and what is set afterwards. */
struct reading {
    struct sched_config config;
    struct sched_text texts[TEXTS_COUNT];
    char *parts[TEXTS_COUNT]; /* their bytes, owned */
    struct sched_override overrides[OVERRIDES_MAX];
    struct sched_override late[OVERRIDES_MAX];
    uint32_t late_count;
};

/* load - and what is true of the answer */
static void
load(struct reading *reading, struct heap *heap)
{
    char messages[MESSAGES_SIZE];
    struct sched_created created = {.messages = messages,
                                    .messages_size = sizeof messages};
    struct conf *conf = NULL;
    int32_t status = SCHED_OK;

    reading->config.allocator =
        (struct sched_allocator){heap, allocate, release};
    status = conf_new(&reading->config, &created, &conf);
    ASSERT(memchr(messages, '\0', sizeof messages) != NULL);
    switch (status) {
    case SCHED_OK:
        ASSERT(created.errors_count == 0);
        channels_check(conf);
        describe_all(conf);
        set_late(conf, reading->late, reading->late_count);
        break;
    case SCHED_TEXT_NEEDED:
        ASSERT(created.needed_role != 0 && conf == NULL);
        break;
    case SCHED_ERR_CONFIGURATION:
        ASSERT(created.errors_count > 0 && conf == NULL);
        break;
    default:
        ASSERT(status == SCHED_ERR_MEMORY && heap->fail_at > 0);
        ASSERT(conf == NULL);
        break;
    }
    conf_free(conf);
    ASSERT(heap->live_bytes == 0);
}

/* texts_cut - the first parts */
static void
texts_cut(const uint8_t **bytes, size_t *size, struct reading *reading)
{
    static const char *const names[] = {"imta.cnf", "job_controller.cnf",
                                        "tcp_local_option", "more"};
    static const uint32_t roles[] = {SCHED_TEXT_CHANNELS, SCHED_TEXT_JOBS,
                                     SCHED_TEXT_OPTIONS, SCHED_TEXT_INCLUDED};

    for (uint32_t i = 0; i < TEXTS_COUNT; i++) {
        size_t part_size = 0;

        reading->parts[i] = fuzz_part(bytes, size, false, &part_size);
        reading->texts[i] = (struct sched_text){.name = names[i],
                                                .bytes = reading->parts[i],
                                                .bytes_size = part_size,
                                                .role = roles[i]};
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct reading reading = {.late_count = 0};
    struct heap heap = {.fail_at = 0};
    const size_t whole_size = size;
    size_t part_size = 0;
    char *overrides = NULL;
    char *late = NULL;

    texts_cut(&bytes, &size, &reading);
    overrides = fuzz_part(&bytes, &size, true, &part_size);
    late = fuzz_part(&bytes, &size, true, &part_size);
    reading.config.texts = reading.texts;
    reading.config.texts_count = TEXTS_COUNT;
    reading.config.overrides = reading.overrides;
    reading.config.overrides_count =
        overrides_cut(overrides, reading.overrides);
    reading.config.is_strict = *late != '\0';
    reading.late_count = overrides_cut(late, reading.late);
    load(&reading, &heap);
    heap = (struct heap){.fail_at = 1 + whole_size % heap.allocations_count};
    load(&reading, &heap);
    for (uint32_t i = 0; i < TEXTS_COUNT; i++) {
        free(reading.parts[i]);
    }
    free(overrides);
    free(late);
    return 0;
}
