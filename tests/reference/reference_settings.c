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

/* by_class - urgentX, normalX, nonurgentX are 0, 1, 2, and of `after` there are
 * two more; else -1 */
static int
by_class(const char *key, const char *ending)
{
    static const char *const classes[] = {"urgent", "normal", "nonurgent",
                                          "secondclass", "thirdclass"};

    for (int i = 0; i < SCHED_PRIORITIES_COUNT; i++) {
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

static int
start_row(struct reference_channel *channel, const char *key,
          const struct sched_setting *row)
{
    const int c = by_class(key, "after");

    if (c >= 0) {
        channel->after_ns[c] = row->numbers[0];
    } else if (strcmp(key, "transactionlimit") == 0 ||
               strcmp(key, "disconnecttransactionlimit") == 0) {
        if (number(row) < channel->transactions_max) {
            channel->transactions_max = number(row);
        }
    } else {
        return 0;
    }
    return 1;
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

    if (class_row(channel, key, row) || start_row(channel, key, row)) {
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
    } else if (strcmp(key, "deferred_limit") == 0) {
        channel->deferred_max_ns = row->numbers[0];
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
stress_row(struct reference_settings *settings, const char *key,
           const struct sched_setting *row)
{
    if (strcmp(key, "stress") == 0) {
        settings->has_stress = row->numbers[0] != 0;
    } else if (strcmp(key, "stressblackout") == 0) {
        settings->stress_blackout_ns = row->numbers[0];
    } else if (strcmp(key, "stresstime") == 0) {
        settings->stress_time_ns = row->numbers[0];
    } else if (strcmp(key, "stressfactor") == 0) {
        settings->stress_factor = number(row);
    } else if (strcmp(key, "stressjobs") == 0) {
        settings->stress_jobs = number(row);
    } else if (strcmp(key, "unstressfactor") == 0) {
        settings->unstress_factor = number(row);
    } else if (strcmp(key, "unstressjobs") == 0) {
        settings->unstress_jobs = number(row);
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
    } else {
        stress_row(settings, key, row);
    }
}

/* All rows at once. */
struct rows {
    struct sched_setting *row;
    uint32_t count;
};

static void
rows_read(struct rows *rows, const struct sched_object *object,
          const void *self)
{
    uint32_t room = 512;

    rows->row = malloc(room * sizeof *rows->row);
    assert_non_null(rows->row);
    rows->count = 0;
    while (object->describe(self, rows->count, &rows->row[rows->count]) ==
           SCHED_OK) {
        rows->count++;
        if (rows->count == room) {
            room *= 2;
            rows->row = realloc(rows->row, room * sizeof *rows->row);
            assert_non_null(rows->row);
        }
    }
}

/* owner_named - of the channel or pool that has this name, or SCHED_NONE */
static uint32_t
owner_named(const struct rows *rows, const char *family, const char *name)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        struct row_names names;

        if (strncmp(rows->row[i].path, family, strlen(family)) == 0) {
            split(rows->row[i].path, &names);
            if (strcmp(names.name, name) == 0) {
                return rows->row[i].owner;
            }
        }
    }
    return SCHED_NONE;
}

/* Pools have their names only after the channels that name them. Without an
   expandchannel no limit holds. */
static void
names_resolve(struct reference_settings *settings, const struct rows *rows)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct sched_setting *row = &rows->row[i];
        struct row_names names;

        if (strncmp(row->path, "channel.", 8) != 0) {
            continue;
        }
        split(row->path, &names);
        if (strcmp(names.key, "pool") == 0) {
            settings->channels[row->owner].pool =
                owner_named(rows, "pool.", row->value);
        } else if (strcmp(names.key, "expandchannel") == 0) {
            settings->channels[row->owner].expandchannel =
                owner_named(rows, "channel.", row->value);
        }
    }
}

void
reference_settings_read(struct reference_settings *settings,
                        const struct sched_object *object, const void *self)
{
    struct rows rows;

    memset(settings, 0, sizeof *settings);
    for (uint32_t c = 0; c < REFERENCE_CHANNELS_MAX; c++) {
        settings->channels[c].transactions_max = UINT32_MAX;
        settings->channels[c].expandchannel = SCHED_NONE;
    }
    rows_read(&rows, object, self);
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct sched_setting *row = &rows.row[i];
        struct row_names names;

        split(row->path, &names);
        if (strncmp(row->path, "channel.", 8) == 0) {
            assert_true(row->owner < REFERENCE_CHANNELS_MAX);
            settings->channels_count = row->owner + 1;
            channel_row(&settings->channels[row->owner], names.key, row);
        } else if (strncmp(row->path, "job.", 4) == 0) {
            job_row(&settings->channels[row->owner], names.key, row);
        } else if (strncmp(row->path, "pool.", 5) == 0) {
            assert_true(row->owner < REFERENCE_POOLS_MAX);
            settings->pools_count = row->owner + 1;
            settings->job_limit[row->owner] = number(row);
        } else {
            option_row(settings, names.key, row);
        }
    }
    names_resolve(settings, &rows);
    free(rows.row);
}
