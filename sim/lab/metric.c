/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * metric.c - see metric.h
 */
#include "sim/lab/metric.h"

#include <stddef.h>
#include <string.h>

#include "sim/kernel/diag.h"

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

struct metric_value
metric_of(const struct metric *metric, const struct result *result)
{
    const void *field = (const char *)result + metric->offset;

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
