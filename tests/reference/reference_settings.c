/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reference_settings.c - the effective configuration, from `describe` alone
 */
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/reference/reference.h"

struct row_names {
    char name[96];
    char key[96];
};

/* split - "family.NAME.key": a name may hold points, a key has none */
static void
split(const char *path, struct row_names *names)
{
    const char *first = strchr(path, '.');
    const char *last = strrchr(path, '.');

    memset(names, 0, sizeof *names);
    assert_non_null(first);
    if (last > first) {
        memcpy(names->name, first + 1, (size_t)(last - first - 1));
    }
    snprintf(names->key, sizeof names->key, "%s", last + 1);
}

static uint32_t
choice(const struct sched_setting *row, const char *const *words,
       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(row->value, words[i]) == 0) {
            return i;
        }
    }
    fail_msg("%s = %s", row->path, row->value);
    return 0;
}

static uint32_t
number(const struct sched_setting *row)
{
    const int64_t value = row->numbers[0];

    assert_true(row->numbers_count == 1 && value >= 0);
    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* by_class - urgentX, normalX, nonurgentX are 0, 1, 2; else -1 */
static int
by_class(const char *key, const char *ending)
{
    static const char *const classes[] = {"urgent", "normal", "nonurgent"};

    for (int i = 0; i < 3; i++) {
        const size_t length = strlen(classes[i]);

        if (strncmp(key, classes[i], length) == 0 &&
            strcmp(key + length, ending) == 0) {
            return i;
        }
    }
    return -1;
}

static int
class_row(struct reference_channel *channel, const char *key,
          const struct sched_setting *row)
{
    int c = by_class(key, "backoff");

    if (c >= 0) {
        channel->backoff_count[c] = row->numbers_count;
        memcpy(channel->backoff_ns[c], row->numbers, sizeof row->numbers);
        return 1;
    }
    c = by_class(key, "notices");
    if (c >= 0) {
        channel->notices_count[c] = row->numbers_count;
        for (uint32_t i = 0; i < row->numbers_count; i++) {
            channel->notices[c][i] = (uint32_t)row->numbers[i];
        }
        return 1;
    }
    c = by_class(key, "blocklimit");
    if (c >= 0) {
        channel->blocklimit[c] = row->numbers[0];
        return 1;
    }
    return 0;
}

static void
immediacy(struct reference_channel *channel, const struct sched_setting *row)
{
    static const char *const words[] = {
        "immurgent", "immnormal", "immnonurgent", "immediate", "periodic"};
    const uint32_t i = choice(row, words, 5);

    channel->is_periodic = i == 4;
    channel->immediate_priority_max =
        i >= 3 ? SCHED_PRIORITIES_COUNT : i; /* the words are in their order */
}

static void
job_row(struct reference_channel *channel, const char *key,
        const struct sched_setting *row)
{
    if (strcmp(key, "max_life_age") == 0) {
        channel->life_age_ns = row->numbers[0];
    } else if (strcmp(key, "max_life_conns") == 0) {
        channel->life_conns = number(row);
    } else if (strcmp(key, "thread_idle") == 0) {
        channel->thread_idle_ns = row->numbers[0];
    } else if (strcmp(key, "job_idle") == 0) {
        channel->job_idle_ns = row->numbers[0];
    }
}

static void
channel_row(struct reference_channel *channel, const char *key,
            const struct sched_setting *row)
{
    static const char *const splittings[] = {"multiple", "single_sys",
                                             "single"};

    if (class_row(channel, key, row)) {
        return;
    }
    if (strcmp(key, "direction") == 0) {
        channel->delivers = strcmp(row->value, "slave") != 0;
    } else if (strcmp(key, "splitting") == 0) {
        channel->splitting =
            (enum reference_splitting)choice(row, splittings, 3);
    } else if (strcmp(key, "addrsperfile") == 0) {
        channel->addrsperfile = number(row);
    } else if (strcmp(key, "immediacy") == 0) {
        immediacy(channel, row);
    } else if (strcmp(key, "period") == 0) {
        channel->period = number(row);
    } else if (strcmp(key, "maxjobs") == 0) {
        channel->maxjobs = number(row);
    } else if (strcmp(key, "threaddepth") == 0) {
        channel->threaddepth = number(row);
    } else if (strcmp(key, "filesperjob") == 0) {
        channel->filesperjob = row->numbers[0];
    } else if (strcmp(key, "deferred") == 0) {
        channel->is_deferred = row->numbers[0] != 0;
    } else if (strcmp(key, "expandlimit") == 0) {
        channel->expandlimit = number(row);
    } else if (strcmp(key, "holdlimit") == 0) {
        channel->holdlimit = number(row);
    } else if (strcmp(key, "max_client_threads") == 0) {
        channel->threads_max = number(row);
    } else if (strcmp(key, "host_queues") == 0) {
        channel->has_host_queues = row->numbers[0] != 0;
    } else if (strcmp(key, "has_master") == 0) {
        channel->delivers = channel->delivers && row->numbers[0] != 0;
    }
}

static void
option_row(struct reference_settings *settings, const char *key,
           const struct sched_setting *row)
{
    static const char *const policies[] = {"edge", "edge-capped", "level"};
    static const char *const affinities[] = {"host", "priority"};
    static const char *const compats[] = {"product", "guide"};

    if (strcmp(key, "start_policy") == 0) {
        settings->policy = (enum reference_policy)choice(row, policies, 3);
    } else if (strcmp(key, "affinity") == 0) {
        settings->affinity_is_priority = choice(row, affinities, 2) == 1;
    } else if (strcmp(key, "compat") == 0) {
        settings->is_guide = choice(row, compats, 2) == 1;
    } else if (strcmp(key, "block_size") == 0) {
        settings->block_size = row->numbers[0];
    } else if (strcmp(key, "return_units") == 0) {
        settings->unit_ns =
            INT64_C(3600000000000) * (row->numbers[0] == 0 ? 24 : 1);
    } else if (strcmp(key, "return_time") == 0) {
        settings->return_first_ns = row->numbers[0];
        settings->return_period_ns = row->numbers[1];
    } else if (strcmp(key, "post_time") == 0) {
        settings->post_first_ns = row->numbers[0];
        settings->post_period_ns = row->numbers[1];
    } else if (strcmp(key, "max_messages") == 0) {
        settings->max_messages = number(row);
    } else if (strcmp(key, "rebuild_parallel_channel") == 0) {
        settings->rebuild_parallel = number(row);
    } else if (strcmp(key, "synch_time") == 0) {
        settings->synch_first_ns = row->numbers[0];
        settings->synch_period_ns = row->numbers[1];
    }
}

/* Pools have their names only after the channels that name them. */
static void
pools_of_channels(struct reference_settings *settings,
                  const struct sched_object *object, const void *self)
{
    struct sched_setting row;
    struct sched_setting pool;

    for (uint32_t i = 0; object->describe(self, i, &row) == SCHED_OK; i++) {
        struct row_names names;

        split(row.path, &names);
        if (strncmp(row.path, "channel.", 8) != 0 ||
            strcmp(names.key, "pool") != 0) {
            continue;
        }
        for (uint32_t j = i; object->describe(self, j, &pool) == SCHED_OK;
             j++) {
            struct row_names of_pool;

            split(pool.path, &of_pool);
            if (strncmp(pool.path, "pool.", 5) == 0 &&
                strcmp(of_pool.name, row.value) == 0) {
                settings->channels[row.owner].pool = pool.owner;
            }
        }
    }
}

/* The expandchannel, by its name; without one, no limit holds. */
static void
expandchannels(struct reference_settings *settings,
               const struct sched_object *object, const void *self)
{
    struct sched_setting row;
    struct sched_setting other;

    for (uint32_t c = 0; c < settings->channels_count; c++) {
        settings->channels[c].expandchannel = SCHED_NONE;
    }
    for (uint32_t i = 0; object->describe(self, i, &row) == SCHED_OK; i++) {
        struct row_names names;

        split(row.path, &names);
        if (strcmp(names.key, "expandchannel") != 0) {
            continue;
        }
        for (uint32_t j = 0; object->describe(self, j, &other) == SCHED_OK;
             j++) {
            struct row_names of_other;

            split(other.path, &of_other);
            if (strncmp(other.path, "channel.", 8) == 0 &&
                strcmp(of_other.name, row.value) == 0) {
                settings->channels[row.owner].expandchannel = other.owner;
            }
        }
    }
}

void
reference_settings_read(struct reference_settings *settings,
                        const struct sched_object *object, const void *self)
{
    struct sched_setting row;

    memset(settings, 0, sizeof *settings);
    for (uint32_t i = 0; object->describe(self, i, &row) == SCHED_OK; i++) {
        struct row_names names;

        split(row.path, &names);
        if (strncmp(row.path, "channel.", 8) == 0) {
            assert_true(row.owner < REFERENCE_CHANNELS_MAX);
            settings->channels_count = row.owner + 1;
            channel_row(&settings->channels[row.owner], names.key, &row);
        } else if (strncmp(row.path, "job.", 4) == 0) {
            job_row(&settings->channels[row.owner], names.key, &row);
        } else if (strncmp(row.path, "pool.", 5) == 0) {
            assert_true(row.owner < REFERENCE_POOLS_MAX);
            settings->pools_count = row.owner + 1;
            settings->job_limit[row.owner] = number(&row);
        } else {
            option_row(settings, names.key, &row);
        }
    }
    pools_of_channels(settings, object, self);
    expandchannels(settings, object, self);
}
