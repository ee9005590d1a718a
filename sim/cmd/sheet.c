/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sheet.c - see sheet.h
 */
#include "sim/cmd/sheet.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/figures.h"
#include "sim/kernel/civil.h"
#include "sim/lab/metric.h"

enum {
    GROUPS_SHOWN = 10,
    SETTINGS_SHOWN = 12,
    SHA_SHOWN = 12,
    INDENT = 2,
    SETTINGS_FIRST = 64
};

/* --- Settings ------------------------------------------------------------ */

void
sheet_setting_add(void *context, const char *path, const char *value,
                  const char *unit, const char *origin, const char *help)
{
    struct sheet_settings *settings = context;
    struct arena *arena = settings->arena;

    if (settings->rows_count == settings->rows_capacity) {
        uint32_t capacity = settings->rows_capacity * 2 + SETTINGS_FIRST;
        struct sheet_setting *rows = arena_take(arena, capacity * sizeof *rows);

        for (uint32_t i = 0; i < settings->rows_count; i++) {
            rows[i] = settings->rows[i];
        }
        settings->rows = rows;
        settings->rows_capacity = capacity;
    }
    settings->rows[settings->rows_count++] = (struct sheet_setting){
        .path = arena_text(arena, path),
        .value = arena_text(arena, value),
        .unit = arena_text(arena, unit),
        .origin = arena_text(arena, origin),
        .help = arena_text(arena, help),
    };
}

void
sheet_settings_print(const struct sheet_settings *settings, FILE *out)
{
    size_t path_width = 0;
    size_t value_width = 0;

    for (uint32_t i = 0; i < settings->rows_count; i++) {
        size_t path = strlen(settings->rows[i].path);
        size_t value = strlen(settings->rows[i].value);

        path_width = path > path_width ? path : path_width;
        value_width = value > value_width ? value : value_width;
    }
    for (uint32_t i = 0; i < settings->rows_count; i++) {
        const struct sheet_setting *row = &settings->rows[i];

        fprintf(out, "%-*s  %-*s  %s\n", (int)path_width, row->path,
                (int)value_width, row->value, row->origin);
    }
}

/* is_of_busy - it says something about a channel that had work to do, or about
 * the whole */
static bool
is_of_busy(const struct sheet_setting *row, const struct result *result)
{
    const char *name = NULL;

    if (strncmp(row->path, "channel.", 8) == 0) {
        name = row->path + 8;
    } else if (strncmp(row->path, "job.", 4) == 0) {
        name = row->path + 4;
    }
    for (uint32_t i = 0; name != NULL && i < result->channels_count; i++) {
        const struct result_group *channel = &result->channels[i];
        size_t size = strlen(channel->name);

        if (channel->attempts > 0 && strncmp(name, channel->name, size) == 0 &&
            name[size] == '.') {
            return true;
        }
    }
    return name == NULL;
}

/* changed_print - what is not as it is by default, up to a dozen lines */
static void
changed_print(const struct sheet_settings *settings,
              const struct result *result, FILE *out)
{
    uint32_t changed = 0;

    for (uint32_t i = 0; i < settings->rows_count; i++) {
        const struct sheet_setting *row = &settings->rows[i];

        if (strcmp(row->origin, "built-in") == 0 || !is_of_busy(row, result)) {
            continue;
        }
        if (changed == 0) {
            fputs("\nset, not default\n", out);
        }
        if (++changed <= SETTINGS_SHOWN) {
            fprintf(out, "%*s%s = %s  (%s)\n", INDENT, "", row->path,
                    row->value, row->origin);
        }
    }
    if (changed > SETTINGS_SHOWN) {
        fprintf(out, "%*sand %" PRIu32 " more: --settings shows all\n", INDENT,
                "", changed - SETTINGS_SHOWN);
    }
}

/* --- The whole run ------------------------------------------------------- */

static void
head_print(const struct launch *launch, const struct mta_about *scheduler,
           FILE *out)
{
    const struct scenario *scenario = &launch->scenario;
    char start[CIVIL_TEXT_SIZE];
    char horizon[FIGURES_SIZE];

    civil_format(scenario->start_wall_ns, start);
    figures_duration(horizon, (double)scenario->horizon_ns / (double)NS_PER_S);
    if (scenario->title != NULL && scenario->title[0] != '\0') {
        fprintf(out, "%s\n\n", scenario->title);
    }
    fprintf(out, "scenario   %s, %s from %s\n", scenario->name, horizon, start);
    fprintf(out, "scheduler  %s %s, %.*s, %s\n", scheduler->name,
            scheduler->version, SHA_SHOWN, scheduler->sha256,
            launch->scheduler_path);
    for (uint32_t i = 0; i < launch->sets_count; i++) {
        fprintf(out, "%s%s\n", i == 0 ? "with       " : "           ",
                launch->sets[i]);
    }
}

static void
recipients_print(const struct result *result, FILE *out)
{
    static const char *const heads[] = {"recipients", "submitted", "delivered",
                                        "returned",   "held",      "rejected",
                                        "queued",     "duplicates"};
    const int64_t values[] = {
        result->submitted, result->delivered, result->returned,  result->held,
        result->rejected,  result->queued,    result->duplicates};
    struct figures_table table;

    figures_table_init(&table, sizeof heads / sizeof heads[0]);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        figures_table_text(&table, heads[i]);
    }
    figures_table_text(&table, "");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        figures_table_i64(&table, values[i]);
    }
    fputc('\n', out);
    figures_table_end(&table, 0, out);
}

static void
times_print(const struct launch *launch, const struct result *result, FILE *out)
{
    static const char *const parts[] = {"p50", "p95", "p99", "max", "mean"};
    static const char *const stems[] = {"latency", "first_attempt"};
    static const char *const heads[] = {"latency", "first attempt"};
    struct figures_table table;

    figures_table_init(&table, 1 + sizeof parts / sizeof parts[0]);
    figures_table_text(&table, "");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        figures_table_text(&table, parts[i]);
    }
    for (size_t s = 0; s < sizeof stems / sizeof stems[0]; s++) {
        figures_table_text(&table, heads[s]);
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            struct metric_value value;
            char name[64];

            snprintf(name, sizeof name, "%s.%s", stems[s], parts[i]);
            value = metric_of(metric_get(name), result);
            if (strcmp(parts[i], "mean") == 0 && value.state == METRIC_BEYOND) {
                value.state = METRIC_UNDEFINED; /* nothing can be said of it */
            }
            figures_table_time(&table, value, launch->scenario.horizon_ns);
        }
    }
    fputc('\n', out);
    figures_table_end(&table, 0, out);
}

/* metric_text - the metric of this name as text */
static const char *
metric_text(char text[FIGURES_SIZE], const char *name,
            const struct result *result, int64_t horizon_ns)
{
    const struct metric *metric = metric_get(name);

    figures_metric(text, metric, metric_of(metric, result), horizon_ns);
    return text;
}

static void
work_print(const struct launch *launch, const struct result *result, FILE *out)
{
    const int64_t horizon_ns = launch->scenario.horizon_ns;
    char a[FIGURES_SIZE];
    char b[FIGURES_SIZE];

    fprintf(out, "\nthroughput   %s, busiest minute %s\n",
            metric_text(a, "throughput", result, horizon_ns),
            metric_text(b, "throughput_peak", result, horizon_ns));
    fprintf(out, "backlog      mean %s, peak %s recipients\n",
            metric_text(a, "backlog_mean", result, horizon_ns),
            metric_text(b, "backlog_peak", result, horizon_ns));
    fprintf(out,
            "work         %" PRId64 " messages, %" PRId64 " files, %" PRId64
            " attempts, %" PRId64 " deferrals, %" PRId64 " notices of delay\n",
            result->submissions, result->files, result->attempts,
            result->deferrals, result->warnings);
    if (result->notices + result->restarts > 0) {
        fprintf(out,
                "scheduler    %" PRId64 " notifications of all kinds, %" PRId64
                " restarts\n",
                result->notices, result->restarts);
    }
    fprintf(out,
            "connections  %" PRId64 ", at once %" PRId64 ", refused %" PRId64
            "\n",
            result->connections, result->connections_peak,
            result->connections_refused);
    fprintf(out,
            "jobs         %" PRId64 ", at once %" PRId64 "; threads %" PRId64
            ", at once %" PRId64 "\n",
            result->job_starts, result->jobs_peak, result->thread_starts,
            result->threads_peak);
}

/* --- The line -------------------------------------------------------------- */

/* share_text - a part of attempts in percent */
static const char *
share_text(char text[FIGURES_SIZE], int64_t part, int64_t whole)
{
    snprintf(text, FIGURES_SIZE, "%.3g %%",
             100.0 * (double)part / (double)whole);
    return text;
}

/* models_print - how attempts were modelled, where they were not all plain */
static void
models_print(const struct result_line *line, FILE *out)
{
    const int64_t *models = line->models;
    const int64_t all =
        models[RESULT_PLAIN] + models[RESULT_ROUND] + models[RESULT_SEGMENT];
    char round[FIGURES_SIZE];
    char segment[FIGURES_SIZE];

    if (models[RESULT_ROUND] + models[RESULT_SEGMENT] > 0) {
        fprintf(out,
                "lines        %s of attempts round trip by round trip, %s "
                "segment by segment\n",
                share_text(round, models[RESULT_ROUND], all),
                share_text(segment, models[RESULT_SEGMENT], all));
    }
}

/* afflicted_print - one host: what its line did to attempts */
static void
afflicted_print(const struct result_group *host, FILE *out)
{
    const struct result_line *line = &host->line;
    const char *between = "";

    fprintf(out, "%*s%s: ", INDENT, "", host->name);
    for (int i = 0; i < RESULT_IN_TIME; i++) {
        if (line->fates[i] == 0) {
            continue;
        }
        fprintf(out, "%s%" PRId64 " %s", between, line->fates[i],
                result_fate_name((enum result_fate)i));
        if (i == RESULT_STALLED_DATA) {
            fprintf(out, " (after %" PRId64 " to %" PRId64 " bytes)",
                    line->stalled_bytes_least, line->stalled_bytes_most);
        }
        between = ", ";
    }
    fprintf(out, "; %" PRId64 " in time\n", line->fates[RESULT_IN_TIME]);
}

/* line_print - the share of each model; a line for each afflicted host */
static void
line_print(const struct result *result, FILE *out)
{
    uint32_t told = 0;

    models_print(&result->line, out);
    for (uint32_t i = 0; i < result->hosts_count; i++) {
        const struct result_group *host = &result->hosts[i];

        if (host->name == NULL || result_line_afflicted(&host->line) == 0) {
            continue;
        }
        if (told == 0) {
            fputs("\nattempts that the line failed\n", out);
        }
        if (told++ < GROUPS_SHOWN) {
            afflicted_print(host, out);
        }
    }
    if (told > GROUPS_SHOWN) {
        fprintf(out, "%*sand %" PRIu32 " more hosts; --json has all\n", INDENT,
                "", told - GROUPS_SHOWN);
    }
}

/* --- Groups -------------------------------------------------------------- */

/* is_busier - more recipients, or as many and earlier in the list */
static bool
is_busier(const struct result_group *groups, uint32_t a, uint32_t b)
{
    return groups[a].submitted > groups[b].submitted ||
           (groups[a].submitted == groups[b].submitted && a < b);
}

/* busiest_pick - up to GROUPS_SHOWN of the groups with a name and something
 * to tell, the busiest first */
static uint32_t
busiest_pick(const struct result_group *groups, uint32_t groups_count,
             uint32_t picked[GROUPS_SHOWN])
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < groups_count; i++) {
        uint32_t at = count;

        if (groups[i].name == NULL ||
            groups[i].submitted + groups[i].attempts == 0) {
            continue;
        }
        while (at > 0 && is_busier(groups, i, picked[at - 1])) {
            if (at < GROUPS_SHOWN) {
                picked[at] = picked[at - 1];
            }
            at--;
        }
        if (at < GROUPS_SHOWN) {
            picked[at] = i;
            count += count < GROUPS_SHOWN;
        }
    }
    return count;
}

static void
group_add(struct figures_table *table, const struct result_group *group,
          bool has_connections, int64_t horizon_ns)
{
    static const int32_t ppm[] = {500000, 950000, 990000, PPM};

    figures_table_text(table, group->name);
    figures_table_i64(table, group->submitted);
    figures_table_i64(table, group->delivered);
    figures_table_i64(table, group->returned);
    figures_table_i64(table, group->attempts);
    figures_table_i64(table, group->deferrals);
    if (has_connections) {
        figures_table_i64(table, group->connections);
    } else {
        figures_table_text(table, "-");
    }
    for (size_t i = 0; i < sizeof ppm / sizeof ppm[0]; i++) {
        figures_table_time(
            table,
            metric_quantile_s(&group->latency_ns, group->submitted, ppm[i]),
            horizon_ns);
    }
}

static void
groups_print(const char *what, const struct result_group *groups,
             uint32_t groups_count, int64_t horizon_ns, FILE *out)
{
    static const char *const heads[] = {
        "submitted",   "delivered", "returned", "attempts", "deferrals",
        "connections", "p50",       "p95",      "p99",      "max"};
    uint32_t picked[GROUPS_SHOWN];
    uint32_t count = busiest_pick(groups, groups_count, picked);
    /* A connection has a host and a channel, but mail of any priority. */
    const bool has_connections = strcmp(what, "priority") != 0;
    struct figures_table table;

    if (count == 0) {
        return;
    }
    figures_table_init(&table, 1 + sizeof heads / sizeof heads[0]);
    figures_table_text(&table, what);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        figures_table_text(&table, heads[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        group_add(&table, &groups[picked[i]], has_connections, horizon_ns);
    }
    fputc('\n', out);
    figures_table_end(&table, 0, out);
    if (groups_count > count && count == GROUPS_SHOWN) {
        fprintf(out, "the %d busiest of %" PRIu32 "; --json has all\n",
                GROUPS_SHOWN, groups_count);
    }
}

static void
foot_print(const struct launch *launch, const struct result *result, FILE *out)
{
    char digest[DIGEST_TEXT_SIZE];
    char wall[FIGURES_SIZE];
    char simulated[FIGURES_SIZE];
    char rate[FIGURES_SIZE] = "-";

    digest_format(&result->digest, digest);
    figures_duration(wall, (double)result->wall_ns / (double)NS_PER_S);
    figures_duration(simulated,
                     (double)result->simulated_ns / (double)NS_PER_S);
    if (result->wall_ns > 0) {
        figures_rate(rate, (double)result->events * (double)NS_PER_S /
                               (double)result->wall_ns);
    }
    fprintf(out, "\nsimulated    %s in %s: %" PRId64 " events, %s events/s\n",
            simulated, wall, result->events, rate);
    if (result->violations > 0) {
        fprintf(out, "violations   %" PRId64 "\n", result->violations);
    }
    fprintf(out, "seed         %" PRIu64 ", replication %" PRIu32 "\n",
            launch->seed, launch->replication);
    fprintf(out, "digest       %s\n", digest);
    fprintf(out, "again        %s\n", launch_command(launch));
}

void
sheet_print(const struct launch *launch, const struct sheet_settings *settings,
            const struct result *result, const struct mta_about *scheduler,
            FILE *out)
{
    const int64_t horizon_ns = launch->scenario.horizon_ns;

    head_print(launch, scheduler, out);
    changed_print(settings, result, out);
    recipients_print(result, out);
    times_print(launch, result, out);
    work_print(launch, result, out);
    line_print(result, out);
    groups_print("channel", result->channels, result->channels_count,
                 horizon_ns, out);
    groups_print("host", result->hosts, result->hosts_count, horizon_ns, out);
    groups_print("priority", result->priorities, RESULT_PRIORITIES_COUNT,
                 horizon_ns, out);
    foot_print(launch, result, out);
}
