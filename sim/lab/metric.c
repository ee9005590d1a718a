/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * metric.c - see metric.h
 */
#include "sim/lab/metric.h"

#include <stddef.h>
#include <string.h>

#include "sim/lab/format.h"

enum { PEAK_WINDOW_S = 60 };

#define COUNT(field)                                                           \
    .kind = METRIC_COUNT, .offset = offsetof(struct result, field)
#define HIST(field) .offset = offsetof(struct result, field)

/* Clang-format would make one column of it. */
/* clang-format off */
static const struct metric table[] = {
    {.name = "throughput", .unit = "msg/s", .id = 1, .better = METRIC_HIGHER,
     .kind = METRIC_THROUGHPUT,
     .help = "delivered / (last final outcome - first submit)"},
    {.name = "throughput_peak", .unit = "msg/s", .id = 2,
     .better = METRIC_HIGHER, .kind = METRIC_PEAK_RATE,
     .help = "delivered in the busiest 60 s, per second"},
    {.name = "latency.mean", .unit = "s", .id = 10, .better = METRIC_LOWER,
     .kind = METRIC_MEAN, HIST(latency_ns),
     .help = "submit to delivery, if nothing is left"},
    {.name = "latency.p50", .unit = "s", .id = 11, .better = METRIC_LOWER,
     .kind = METRIC_QUANTILE, HIST(latency_ns), .ppm = 500000,
     .help = "submit to delivery, over all submitted"},
    {.name = "latency.p90", .unit = "s", .id = 12, .better = METRIC_LOWER,
     .kind = METRIC_QUANTILE, HIST(latency_ns), .ppm = 900000,
     .help = "submit to delivery, over all submitted"},
    {.name = "latency.p95", .unit = "s", .id = 13, .better = METRIC_LOWER,
     .kind = METRIC_QUANTILE, HIST(latency_ns), .ppm = 950000,
     .help = "submit to delivery, over all submitted"},
    {.name = "latency.p99", .unit = "s", .id = 14, .better = METRIC_LOWER,
     .kind = METRIC_QUANTILE, HIST(latency_ns), .ppm = 990000,
     .help = "submit to delivery, over all submitted"},
    {.name = "latency.p99.9", .unit = "s", .id = 15, .better = METRIC_LOWER,
     .kind = METRIC_QUANTILE, HIST(latency_ns), .ppm = 999000,
     .help = "submit to delivery, over all submitted"},
    {.name = "latency.max", .unit = "s", .id = 16, .better = METRIC_LOWER,
     .kind = METRIC_QUANTILE, HIST(latency_ns), .ppm = PPM,
     .help = "submit to delivery, over all submitted"},
    {.name = "first_attempt.mean", .unit = "s", .id = 20,
     .better = METRIC_LOWER, .kind = METRIC_MEAN, HIST(first_attempt_ns),
     .help = "submit to first attempt, if nothing is left"},
    {.name = "first_attempt.p50", .unit = "s", .id = 21,
     .better = METRIC_LOWER, .kind = METRIC_QUANTILE, HIST(first_attempt_ns),
     .ppm = 500000, .help = "submit to first attempt, over all submitted"},
    {.name = "first_attempt.p90", .unit = "s", .id = 22,
     .better = METRIC_LOWER, .kind = METRIC_QUANTILE, HIST(first_attempt_ns),
     .ppm = 900000, .help = "submit to first attempt, over all submitted"},
    {.name = "first_attempt.p95", .unit = "s", .id = 23,
     .better = METRIC_LOWER, .kind = METRIC_QUANTILE, HIST(first_attempt_ns),
     .ppm = 950000, .help = "submit to first attempt, over all submitted"},
    {.name = "first_attempt.p99", .unit = "s", .id = 24,
     .better = METRIC_LOWER, .kind = METRIC_QUANTILE, HIST(first_attempt_ns),
     .ppm = 990000, .help = "submit to first attempt, over all submitted"},
    {.name = "first_attempt.p99.9", .unit = "s", .id = 25,
     .better = METRIC_LOWER, .kind = METRIC_QUANTILE, HIST(first_attempt_ns),
     .ppm = 999000, .help = "submit to first attempt, over all submitted"},
    {.name = "first_attempt.max", .unit = "s", .id = 26,
     .better = METRIC_LOWER, .kind = METRIC_QUANTILE, HIST(first_attempt_ns),
     .ppm = PPM, .help = "submit to first attempt, over all submitted"},
    {.name = "backlog_mean", .unit = "", .id = 30, .better = METRIC_LOWER,
     .kind = METRIC_BACKLOG_MEAN,
     .help = "recipients queued, mean over simulated time"},
    {.name = "backlog_peak", .unit = "", .id = 31, .better = METRIC_LOWER,
     .kind = METRIC_BACKLOG_PEAK,
     .help = "recipients queued, largest at the end of a step"},
    {.name = "submitted", .unit = "", .id = 40, .better = METRIC_NEITHER,
     COUNT(submitted), .help = "recipients"},
    {.name = "delivered", .unit = "", .id = 41, .better = METRIC_HIGHER,
     COUNT(delivered), .help = "recipients"},
    {.name = "returned", .unit = "", .id = 42, .better = METRIC_LOWER,
     COUNT(returned), .help = "recipients sent back to the sender"},
    {.name = "held", .unit = "", .id = 43, .better = METRIC_LOWER,
     COUNT(held), .help = "recipients in held messages"},
    {.name = "rejected", .unit = "", .id = 44, .better = METRIC_LOWER,
     COUNT(rejected), .help = "recipients refused at submit"},
    {.name = "queued", .unit = "", .id = 45, .better = METRIC_LOWER,
     COUNT(queued), .help = "recipients left at the end"},
    {.name = "duplicates", .unit = "", .id = 46, .better = METRIC_LOWER,
     COUNT(duplicates), .help = "deliveries beyond the first"},
    {.name = "submissions", .unit = "", .id = 50, .better = METRIC_NEITHER,
     COUNT(submissions), .help = "messages submitted"},
    {.name = "files", .unit = "", .id = 51, .better = METRIC_NEITHER,
     COUNT(files), .help = "message files made"},
    {.name = "attempts", .unit = "", .id = 52, .better = METRIC_LOWER,
     COUNT(attempts), .help = "files tried, with repetition"},
    {.name = "deferrals", .unit = "", .id = 53, .better = METRIC_LOWER,
     COUNT(deferrals), .help = "temporary failures"},
    {.name = "warnings", .unit = "", .id = 54, .better = METRIC_LOWER,
     COUNT(warnings), .help = "delay notices sent"},
    {.name = "notices", .unit = "", .id = 55, .better = METRIC_LOWER,
     COUNT(notices), .help = "notifications of any kind"},
    {.name = "restarts", .unit = "", .id = 56, .better = METRIC_NEITHER,
     COUNT(restarts), .help = "of the scheduler"},
    {.name = "connections", .unit = "", .id = 60, .better = METRIC_LOWER,
     COUNT(connections), .help = "opened"},
    {.name = "connections_refused", .unit = "", .id = 61,
     .better = METRIC_LOWER, COUNT(connections_refused),
     .help = "answered by 421"},
    {.name = "connections_peak", .unit = "", .id = 62,
     .better = METRIC_NEITHER, COUNT(connections_peak),
     .help = "open at once"},
    {.name = "no_connection", .unit = "", .id = 63, .better = METRIC_LOWER,
     COUNT(line.fates[RESULT_NO_CONNECTION]),
     .help = "attempts without a connection"},
    {.name = "no_banner", .unit = "", .id = 64, .better = METRIC_LOWER,
     COUNT(line.fates[RESULT_NO_BANNER]),
     .help = "attempts that waited for a greeting in vain"},
    {.name = "stalled_dialogue", .unit = "", .id = 65,
     .better = METRIC_LOWER, COUNT(line.fates[RESULT_STALLED_DIALOGUE]),
     .help = "attempts that waited for another reply in vain"},
    {.name = "stalled_data", .unit = "", .id = 66, .better = METRIC_LOWER,
     COUNT(line.fates[RESULT_STALLED_DATA]),
     .help = "attempts whose text, or the reply to its dot, stood still"},
    {.name = "slow", .unit = "", .id = 67, .better = METRIC_LOWER,
     COUNT(line.fates[RESULT_SLOW]),
     .help = "attempts that a line without faults would do in a fourth"},
    {.name = "by_rounds", .unit = "", .id = 68, .better = METRIC_NEITHER,
     COUNT(line.models[RESULT_ROUND]),
     .help = "attempts modelled round trip by round trip"},
    {.name = "by_segments", .unit = "", .id = 69, .better = METRIC_NEITHER,
     COUNT(line.models[RESULT_SEGMENT]),
     .help = "attempts modelled segment by segment"},
    {.name = "job_starts", .unit = "", .id = 70, .better = METRIC_LOWER,
     COUNT(job_starts), .help = "processes started"},
    {.name = "thread_starts", .unit = "", .id = 71, .better = METRIC_LOWER,
     COUNT(thread_starts), .help = "threads started"},
    {.name = "jobs_peak", .unit = "", .id = 72, .better = METRIC_NEITHER,
     COUNT(jobs_peak), .help = "processes at once"},
    {.name = "threads_peak", .unit = "", .id = 73, .better = METRIC_NEITHER,
     COUNT(threads_peak), .help = "threads at once"},
    {.name = "events", .unit = "", .id = 80, .better = METRIC_NEITHER,
     COUNT(events), .help = "handed to the scheduler"},
    {.name = "violations", .unit = "", .id = 90, .better = METRIC_LOWER,
     COUNT(violations), .help = "rules the oracle saw broken"},
};
/* clang-format on */

enum { TABLE_COUNT = sizeof table / sizeof table[0] };

uint32_t
metric_count(void)
{
    return TABLE_COUNT;
}

const struct metric *
metric_at(uint32_t index)
{
    ASSERT(index < TABLE_COUNT);
    return &table[index];
}

const struct metric *
metric_get(const char *name)
{
    for (uint32_t i = 0; i < TABLE_COUNT; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

const char *
metric_nearest(const char *name)
{
    const char *names[TABLE_COUNT];

    for (uint32_t i = 0; i < TABLE_COUNT; i++) {
        names[i] = table[i].name;
    }
    return diag_nearest(name, names, TABLE_COUNT);
}

/* --- Groups -------------------------------------------------------------- */

#define GROUP_COUNT(text, field, column_name, way)                             \
    {                                                                          \
        .name = (text), .unit = "", .better = (way), .kind = METRIC_COUNT,     \
        .offset = offsetof(struct result_group, field),                        \
        .column = (column_name)                                                \
    }
#define GROUP_TIME(text, field, share_ppm, column_name)                        \
    {                                                                          \
        .name = (text), .unit = "s", .better = METRIC_LOWER,                   \
        .kind = METRIC_QUANTILE,                                               \
        .offset = offsetof(struct result_group, field), .ppm = (share_ppm),    \
        .column = (column_name)                                                \
    }

/* clang-format off */
static const struct metric group_table[] = {
    GROUP_COUNT("submitted", submitted, "submitted", METRIC_NEITHER),
    GROUP_COUNT("delivered", delivered, "delivered", METRIC_HIGHER),
    GROUP_COUNT("returned", returned, "returned", METRIC_LOWER),
    GROUP_COUNT("rejected", rejected, "rejected", METRIC_LOWER),
    GROUP_COUNT("attempts", attempts, "attempts", METRIC_LOWER),
    GROUP_COUNT("deferrals", deferrals, "deferrals", METRIC_LOWER),
    GROUP_COUNT("connections", connections, "connections", METRIC_LOWER),
    GROUP_COUNT("connections_refused", refused, "refused", METRIC_LOWER),
    GROUP_TIME("latency.p50", latency_ns, 500000, "latency_p50_s"),
    GROUP_TIME("latency.p95", latency_ns, 950000, "latency_p95_s"),
    GROUP_TIME("latency.p99", latency_ns, 990000, "latency_p99_s"),
    GROUP_TIME("first_attempt.p50", first_attempt_ns, 500000,
               "first_attempt_p50_s"),
    GROUP_TIME("first_attempt.p95", first_attempt_ns, 950000,
               "first_attempt_p95_s"),
    GROUP_TIME("first_attempt.p99", first_attempt_ns, 990000,
               "first_attempt_p99_s"),
};
/* clang-format on */

enum { GROUP_TABLE_COUNT = sizeof group_table / sizeof group_table[0] };

const char *
metric_group_at(uint32_t index)
{
    return index < GROUP_TABLE_COUNT ? group_table[index].name : NULL;
}

static const char *const groups[] = {"host", "channel", "priority"};

/* group_of - "host" of "host.NAME.latency.p95"; NULL: of no group */
static const char *
group_of(const char *name)
{
    const size_t size = strcspn(name, ".");

    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (name[size] == '.' && strlen(groups[i]) == size &&
            strncmp(groups[i], name, size) == 0) {
            return groups[i];
        }
    }
    return NULL;
}

/* tail_size - bytes of ".latency.p95" at the end of a text; 0: it is not there
 * or nothing stands before it */
static size_t
tail_size(const char *text, const char *tail)
{
    const size_t size = strlen(text);
    const size_t tail_bytes = strlen(tail) + 1;

    return size > tail_bytes && text[size - tail_bytes] == '.' &&
                   strcmp(text + size - tail_bytes + 1, tail) == 0
               ? tail_bytes
               : 0;
}

/* group_find - the metric of a group; NULL: no group has such a one, reported */
static const struct metric *
group_find(const char *name, const char *group, struct arena *arena,
           struct diag *diag)
{
    const char *rest = name + strlen(group) + 1;
    const char *known = group_table[0].name;

    for (size_t i = 0; i < GROUP_TABLE_COUNT; i++) {
        const size_t tail = tail_size(rest, group_table[i].name);
        char *group_name = NULL;
        struct metric *metric = NULL;

        if (tail == 0) {
            continue;
        }
        group_name = arena_text(arena, rest);
        group_name[strlen(rest) - tail] = '\0';
        metric = arena_take(arena, sizeof *metric);
        *metric = group_table[i];
        metric->name = arena_text(arena, name);
        metric->help = "of one population";
        metric->group = group;
        metric->group_name = group_name;
        return metric;
    }
    for (size_t i = 1; i < GROUP_TABLE_COUNT; i++) {
        known = format_arena(arena, "%s, %s", known, group_table[i].name);
    }
    diag_error(diag, (struct src_loc){0},
               "there is no metric '%s'; %s.NAME. is followed by one of: %s",
               name, group, known);
    return NULL;
}

const struct metric *
metric_find(const char *name, struct arena *arena, struct diag *diag)
{
    const struct metric *metric = metric_get(name);
    const char *group = group_of(name);
    const char *nearest = NULL;

    if (metric != NULL) {
        return metric;
    }
    if (group != NULL) {
        return group_find(name, group, arena, diag);
    }
    nearest = metric_nearest(name);
    diag_error(diag, (struct src_loc){0}, "there is no metric '%s'%s%s%s", name,
               nearest == NULL ? "; mtasim help metrics lists them"
                               : "; did you mean '",
               nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'?");
    return NULL;
}

/* group_get - the group of this name in a result; NULL: it has none */
static const struct result_group *
group_get(const struct metric *metric, const struct result *result)
{
    const struct result_group *all = result->priorities;
    uint32_t count = RESULT_PRIORITIES_COUNT;

    if (strcmp(metric->group, "host") == 0) {
        all = result->hosts;
        count = result->hosts_count;
    } else if (strcmp(metric->group, "channel") == 0) {
        all = result->channels;
        count = result->channels_count;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (all[i].name != NULL &&
            strcmp(all[i].name, metric->group_name) == 0) {
            return &all[i];
        }
    }
    return NULL;
}

/* --- Values -------------------------------------------------------------- */

static struct metric_value
value_defined(double value)
{
    return (struct metric_value){METRIC_DEFINED, value};
}

static struct metric_value
value_missing(enum metric_state state)
{
    return (struct metric_value){state, 0};
}

struct metric_value
metric_quantile_s(const struct hist *hist, int64_t submitted, int32_t ppm)
{
    int64_t ns;

    ASSERT(submitted >= 0);
    if (submitted == 0) {
        return value_missing(METRIC_UNDEFINED);
    }
    ns = hist_quantile(hist, ppm, (uint64_t)submitted);
    if (ns == INT64_MAX) {
        return value_missing(METRIC_BEYOND);
    }
    return value_defined((double)ns / (double)NS_PER_S);
}

/* throughput_of - nothing delivered is a rate of 0; no time is no rate */
static struct metric_value
throughput_of(const struct result *result)
{
    if (result->submitted == 0) {
        return value_missing(METRIC_UNDEFINED);
    }
    if (result->delivered > 0 &&
        result->final_last_ns <= result->submit_first_ns) {
        return value_missing(METRIC_UNDEFINED);
    }
    return value_defined((double)result_throughput_ppm_per_s(result) / PPM);
}

static struct metric_value
mean_of(const struct hist *hist, const struct result *result)
{
    if (result->queued > 0 || result->held > 0) {
        return value_missing(METRIC_BEYOND);
    }
    if (hist->count == 0) {
        return value_missing(METRIC_UNDEFINED);
    }
    return value_defined((double)hist->sum / (double)hist->count /
                         (double)NS_PER_S);
}

static struct metric_value
backlog_mean_of(const struct result *result)
{
    if (result->simulated_ns <= 0) {
        return value_missing(METRIC_UNDEFINED);
    }
    return value_defined((double)result->queued_integral /
                         (double)result->simulated_ns);
}

static struct metric_value
backlog_peak_of(const struct result *result)
{
    int64_t peak = 0;

    if (result->steps_count == 0) {
        return value_missing(METRIC_UNDEFINED);
    }
    for (uint32_t i = 0; i < result->steps_count; i++) {
        peak = i64_max(peak, result->steps[i].queued);
    }
    return value_defined((double)peak);
}

static struct metric_value
group_value(const struct metric *metric, const struct result *result)
{
    const struct result_group *group = group_get(metric, result);
    const void *field = NULL;

    if (group == NULL) {
        return value_missing(METRIC_UNDEFINED);
    }
    field = (const char *)group + metric->offset;
    return metric->kind == METRIC_COUNT
               ? value_defined((double)*(const int64_t *)field)
               : metric_quantile_s(field, group->submitted, metric->ppm);
}

struct metric_value
metric_of(const struct metric *metric, const struct result *result)
{
    const void *field = (const char *)result + metric->offset;

    if (metric->group != NULL) {
        return group_value(metric, result);
    }
    switch (metric->kind) {
    case METRIC_COUNT:
        return value_defined((double)*(const int64_t *)field);
    case METRIC_THROUGHPUT:
        return throughput_of(result);
    case METRIC_PEAK_RATE:
        return value_defined((double)result->delivered_60s_max / PEAK_WINDOW_S);
    case METRIC_MEAN:
        return mean_of(field, result);
    case METRIC_QUANTILE:
        return metric_quantile_s(field, result->submitted, metric->ppm);
    case METRIC_BACKLOG_MEAN:
        return backlog_mean_of(result);
    case METRIC_BACKLOG_PEAK:
        return backlog_peak_of(result);
    }
    UNREACHABLE("every kind of metric is above");
}

const char *
metric_state_name(enum metric_state state)
{
    switch (state) {
    case METRIC_DEFINED:
        return "ok";
    case METRIC_UNDEFINED:
        return "undefined";
    case METRIC_BEYOND:
        return "beyond the horizon";
    }
    UNREACHABLE("every state is above");
}
