/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings.c - see settings.h
 */
#include "models/mta/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What has been seen of a channel or pool, so that nothing is guessed. */
enum { SEEN_POOL = 1, SEEN_MAXJOBS = 2, SEEN_THREADS = 4, SEEN_ALL = 7 };

/* No configuration comes near: a number out of bounds is no channel's, and a
 * table without an end is none. */
enum { CHANNELS_MAX = UINT16_MAX, ROWS_MAX = 64 * CHANNELS_MAX };

struct reading {
    struct settings *settings;
    bool is_product; /* compat=product: every priority is tried at once */
    uint8_t *seen;   /* by channel */
    char (*pool_names)[96];
};

/* part - copies what stands between two dots (or to the end) */
static const char *
part(const char *path, char *out, size_t size, bool is_last)
{
    const char *end = is_last ? NULL : strrchr(path, '.');
    size_t n = end == NULL ? strlen(path) : (size_t)(end - path);

    if (n >= size) {
        n = size - 1;
    }
    memcpy(out, path, n);
    out[n] = '\0';
    return end == NULL ? path + strlen(path) : end + 1;
}

/* program_at - the channel with this number, made with defaults if new */
static struct program_params *
program_at(struct reading *reading, uint32_t owner, const char *name)
{
    struct settings *settings = reading->settings;

    while (settings->programs_count <= owner) {
        uint32_t n = ++settings->programs_count;
        settings->programs =
            base_realloc(settings->programs, n * sizeof settings->programs[0]);
        reading->seen = base_realloc(reading->seen, n);
        reading->pool_names =
            base_realloc(reading->pool_names, n * sizeof *reading->pool_names);
        settings->programs[n - 1] =
            (struct program_params){.immediate_count = SCHED_PRIORITIES_COUNT};
        reading->seen[n - 1] = 0;
        reading->pool_names[n - 1][0] = '\0';
    }
    struct program_params *program = &settings->programs[owner];
    snprintf(program->name, sizeof program->name, "%.63s", name);
    program->is_service =
        strncmp(name, "reprocess", 9) == 0 || strncmp(name, "process", 7) == 0;
    return program;
}

/* intervals_read - a backoff list */
static void
intervals_read(struct retry_params *retry, const struct sched_setting *row)
{
    retry->intervals_count = 0;
    for (uint32_t i = 0; i < row->numbers_count && i < RETRY_INTERVALS_MAX;
         i++) {
        retry->interval_ns[retry->intervals_count++] = row->numbers[i];
    }
}

/* notices_read - a notices list, in the row's unit */
static void
notices_read(struct retry_params *retry, const struct sched_setting *row)
{
    const int64_t unit_ns =
        strcmp(row->unit, "h") == 0 ? NS_PER_HOUR : NS_PER_DAY;

    retry->notices_count = 0;
    for (uint32_t i = 0; i < row->numbers_count && i < RETRY_NOTICES_MAX; i++) {
        retry->notice_age_ns[retry->notices_count++] =
            row->type == SCHED_SETTING_DURATION ? row->numbers[i]
                                                : row->numbers[i] * unit_ns;
    }
}

/* immediate_count - how many priorities, from urgent on, do not wait for a
 * periodic run before their first attempt */
static uint32_t
immediate_count(const char *immediacy)
{
    static const char *const words[] = {"periodic", "immurgent", "immnormal",
                                        "immnonurgent"};

    for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(immediacy, words[i]) == 0) {
            return i;
        }
    }
    return 3; /* immediate: what size demotes waits nevertheless */
}

/* waiting_row - what makes mail or a job wait */
static void
waiting_row(struct program_params *program, const struct sched_setting *row,
            const char *key)
{
    if (strcmp(key, "immediacy") == 0) {
        program->immediate_count = immediate_count(row->value);
        program->starts_unseen |= program->immediate_count == 0;
    } else if (strcmp(key, "deferred") == 0) {
        program->has_deferred = row->numbers[0] != 0;
    } else if (strcmp(key, "after") == 0 || strcmp(key, "urgentafter") == 0 ||
               strcmp(key, "normalafter") == 0 ||
               strcmp(key, "nonurgentafter") == 0) {
        program->starts_unseen |= row->numbers[0] > 0;
    } else if (strcmp(key, "has_master") == 0) {
        program->starts_unseen |= row->numbers[0] == 0;
    } else if (strcmp(key, "direction") == 0) {
        program->starts_unseen |= strcmp(row->value, "slave") == 0;
    }
}

static void
channel_row(struct reading *reading, const struct sched_setting *row,
            const char *name, const char *key)
{
    static const char *const backoffs[RETRY_CLASSES_COUNT] = {
        "urgentbackoff", "normalbackoff", "nonurgentbackoff"};
    static const char *const notices[RETRY_CLASSES_COUNT] = {
        "urgentnotices", "normalnotices", "nonurgentnotices"};
    struct program_params *program = program_at(reading, row->owner, name);
    const uint32_t number = (uint32_t)row->numbers[0];
    uint8_t *seen = NULL;

    ASSERT(reading->seen != NULL && reading->pool_names != NULL);
    seen = &reading->seen[row->owner];

    if (strcmp(key, "pool") == 0) {
        snprintf(reading->pool_names[row->owner], sizeof *reading->pool_names,
                 "%.95s", row->value);
        *seen |= SEEN_POOL;
    } else if (strcmp(key, "maxjobs") == 0) {
        program->maxjobs = number;
        *seen |= SEEN_MAXJOBS;
    } else if (strcmp(key, "max_client_threads") == 0) {
        program->threads_max = number;
        *seen |= SEEN_THREADS;
    } else if (strcmp(key, "threaddepth") == 0) {
        program->threaddepth = number;
    } else if (strcmp(key, "attempt_transactions_per_session") == 0) {
        program->transactions_per_session = number;
    } else if (strcmp(key, "host_queues") == 0) {
        program->has_host_queues = number != 0;
    } else if (strcmp(key, "daemon") == 0) {
        snprintf(program->daemon, sizeof program->daemon, "%.127s", row->value);
    }
    waiting_row(program, row, key);
    for (int i = 0; i < RETRY_CLASSES_COUNT; i++) {
        if (strcmp(key, backoffs[i]) == 0) {
            intervals_read(&program->retry[i], row);
        } else if (strcmp(key, notices[i]) == 0) {
            notices_read(&program->retry[i], row);
        }
    }
}

static void
pool_row(struct settings *settings, const struct sched_setting *row,
         const char *name, const char *key)
{
    if (strcmp(key, "job_limit") != 0) {
        return;
    }
    uint32_t n = ++settings->pools_count;
    settings->pools =
        base_realloc(settings->pools, n * sizeof settings->pools[0]);
    settings->pools[n - 1] =
        (struct pool_params){.job_limit = (uint32_t)row->numbers[0]};
    snprintf(settings->pools[n - 1].name, sizeof settings->pools[n - 1].name,
             "%.95s", name);
}

static void
row_read(struct reading *reading, const struct sched_setting *row)
{
    char head[96], name[96];
    const char *key = part(row->path, head, sizeof head, false);
    const char *dot = strchr(head, '.');

    part(dot == NULL ? "" : dot + 1, name, sizeof name, true);
    if (strncmp(head, "channel.", 8) == 0 && row->owner < CHANNELS_MAX) {
        channel_row(reading, row, name, key);
    } else if (strncmp(head, "pool.", 5) == 0) {
        pool_row(reading->settings, row, name, key);
    } else if (strcmp(row->path, "option.affinity") == 0) {
        reading->settings->is_host_open |= strcmp(row->value, "priority") == 0;
    } else if (strcmp(row->path, "option.start_policy") == 0) {
        reading->settings->is_host_open |= strcmp(row->value, "level") == 0;
    } else if (strcmp(row->path, "option.compat") == 0) {
        reading->is_product = strcmp(row->value, "product") == 0;
    }
}

/* pools_join - finds each channel's pool by name, and what was not told */
static bool
pools_join(struct reading *reading, struct src_loc where, struct diag *diag)
{
    struct settings *settings = reading->settings;
    const uint32_t errors_before = diag->errors_count;

    for (uint32_t i = 0; i < settings->programs_count; i++) {
        struct program_params *program = &settings->programs[i];

        ASSERT(reading->seen != NULL && reading->pool_names != NULL);
        if (reading->is_product) {
            program->immediate_count = SCHED_PRIORITIES_COUNT;
        }
        program->pool = UINT32_MAX;
        for (uint32_t k = 0; k < settings->pools_count; k++) {
            if (strcmp(settings->pools[k].name, reading->pool_names[i]) == 0) {
                program->pool = k;
            }
        }
        if (reading->seen[i] != SEEN_ALL || program->pool == UINT32_MAX) {
            diag_error(diag, where,
                       "expected the scheduler to describe pool, maxjobs and "
                       "max_client_threads of channel %s, and its pool's "
                       "job_limit, found less",
                       program->name);
        }
    }
    if (settings->programs_count == 0) {
        diag_error(diag, where,
                   "expected at least one channel, found none described");
    }
    return diag->errors_count == errors_before;
}

bool
settings_read(struct settings *settings, const struct sched_object *table,
              const void *self, const char *scheduler_path, struct diag *diag)
{
    const struct src_loc where = {scheduler_path, 0, 0};
    struct reading reading = {.settings = settings};
    struct sched_setting row;
    bool is_good;

    *settings = (struct settings){0};
    for (uint32_t i = 0; i < ROWS_MAX; i++) {
        memset(&row, 0, sizeof row);
        if (table->describe(self, i, &row) != SCHED_OK) {
            break;
        }
        row_read(&reading, &row);
    }
    is_good = pools_join(&reading, where, diag);
    free(reading.seen);
    free(reading.pool_names);
    return is_good;
}

void
settings_free(struct settings *settings)
{
    free(settings->programs);
    free(settings->pools);
    *settings = (struct settings){0};
}

uint32_t
settings_channel(const struct settings *settings, const char *name)
{
    for (uint32_t i = 0; i < settings->programs_count; i++) {
        if (strcmp(settings->programs[i].name, name) == 0) {
            return i;
        }
    }
    return UINT32_MAX;
}

bool
settings_refresh(struct settings *settings, const struct sched_object *table,
                 const void *self, const char *scheduler_path,
                 struct diag *diag)
{
    const struct src_loc where = {scheduler_path, 0, 0};
    struct settings fresh;
    bool is_good = settings_read(&fresh, table, self, scheduler_path, diag);

    if (is_good && (fresh.programs_count != settings->programs_count ||
                    fresh.pools_count != settings->pools_count)) {
        diag_error(diag, where,
                   "expected the %u channels and %u pools described before, "
                   "found %u and %u",
                   settings->programs_count, settings->pools_count,
                   fresh.programs_count, fresh.pools_count);
        is_good = false;
    }
    if (is_good) {
        ASSERT(fresh.programs != NULL && fresh.pools != NULL);
        memcpy(settings->programs, fresh.programs,
               fresh.programs_count * sizeof fresh.programs[0]);
        memcpy(settings->pools, fresh.pools,
               fresh.pools_count * sizeof fresh.pools[0]);
        settings->is_host_open = fresh.is_host_open;
    }
    settings_free(&fresh);
    return is_good;
}
