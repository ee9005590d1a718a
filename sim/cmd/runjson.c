/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runjson.c - see runjson.h
 */
#include "sim/cmd/runjson.h"

#include "sim/lab/json.h"
#include "sim/lab/metric.h"

enum { NS_PLACES = 9, SHARE_PLACES = 6 };

static void
put_text(struct json *json, const char *key, const char *text)
{
    json_key(json, key);
    json_text(json, text);
}

static void
put_i64(struct json *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_i64(json, value);
}

static void
put_seconds(struct json *json, const char *key, int64_t ns)
{
    json_key(json, key);
    json_decimal(json, ns, NS_PLACES);
}

/* put_value - null unless it is defined */
static void
put_value(struct json *json, const char *key, struct metric_value value)
{
    json_key(json, key);
    if (value.state == METRIC_DEFINED) {
        json_double(json, value.value);
    } else {
        json_null(json);
    }
}

static void
put_metric(struct json *json, const char *key, const char *name,
           const struct result *result)
{
    put_value(json, key, metric_of(metric_get(name), result));
}

static void
scheduler_put(struct json *json, const struct launch *launch,
              const struct mta_about *scheduler)
{
    json_key(json, "scheduler");
    json_object_begin(json);
    put_text(json, "path", launch->scheduler_path);
    put_text(json, "sha256", scheduler->sha256);
    put_text(json, "name", scheduler->name);
    put_text(json, "version", scheduler->version);
    put_text(json, "policy", scheduler->policy);
    json_object_end(json);
}

static void
recipients_put(struct json *json, const struct result *result)
{
    json_key(json, "recipients");
    json_object_begin(json);
    put_i64(json, "submitted", result->submitted);
    put_i64(json, "delivered", result->delivered);
    put_i64(json, "returned", result->returned);
    put_i64(json, "held", result->held);
    put_i64(json, "rejected", result->rejected);
    put_i64(json, "queued", result->queued);
    put_i64(json, "duplicates", result->duplicates);
    json_object_end(json);
}

static void
work_put(struct json *json, const struct result *result)
{
    put_i64(json, "submissions", result->submissions);
    put_i64(json, "files", result->files);
    put_i64(json, "attempts", result->attempts);
    put_i64(json, "deferrals", result->deferrals);
    put_i64(json, "warnings", result->warnings);
    put_i64(json, "notices", result->notices);
    put_i64(json, "restarts", result->restarts);
    put_i64(json, "connections", result->connections);
    put_i64(json, "connections_refused", result->connections_refused);
    put_i64(json, "connections_peak", result->connections_peak);
    put_i64(json, "job_starts", result->job_starts);
    put_i64(json, "thread_starts", result->thread_starts);
    put_i64(json, "jobs_peak", result->jobs_peak);
    put_i64(json, "threads_peak", result->threads_peak);
}

/* line_put - what the line did to attempts, and how it was modelled */
static void
line_put(struct json *json, const char *key, const struct result_line *line)
{
    static const char *const fates[RESULT_FATES_COUNT] = {
        "no_connection", "no_banner", "stalled_dialogue",
        "stalled_data",  "slow",      "in_time"};
    static const char *const models[RESULT_MODELS_COUNT] = {"plain", "round",
                                                            "segment"};

    json_key(json, key);
    json_object_begin(json);
    for (int i = 0; i < RESULT_FATES_COUNT; i++) {
        put_i64(json, fates[i], line->fates[i]);
    }
    if (line->stalled_bytes_least >= 0) {
        put_i64(json, "stalled_bytes_least", line->stalled_bytes_least);
        put_i64(json, "stalled_bytes_most", line->stalled_bytes_most);
    }
    json_key(json, "by");
    json_object_begin(json);
    for (int i = 0; i < RESULT_MODELS_COUNT; i++) {
        put_i64(json, models[i], line->models[i]);
    }
    json_object_end(json);
    json_object_end(json);
}

static void
links_put(struct json *json, const struct result *result)
{
    json_key(json, "links");
    json_object_begin(json);
    for (uint32_t i = 0; i < result->links_count; i++) {
        line_put(json, result->links[i].name, &result->links[i].line);
    }
    json_object_end(json);
}

/* times_put - "latency_s": all percentiles of "latency" in the table */
static void
times_put(struct json *json, const char *key, const char *stem,
          const struct result *result)
{
    static const char *const parts[] = {"mean", "p50",   "p90", "p95",
                                        "p99",  "p99.9", "max", NULL};

    json_key(json, key);
    json_object_begin(json);
    for (const char *const *part = parts; *part != NULL; part++) {
        char name[64];

        snprintf(name, sizeof name, "%s.%s", stem, *part);
        put_metric(json, *part, name, result);
    }
    json_object_end(json);
}

/* group_mean - only if all of the group was delivered */
static struct metric_value
group_mean(const struct hist *hist, int64_t submitted)
{
    if (submitted == 0) {
        return (struct metric_value){METRIC_UNDEFINED, 0};
    }
    if (hist->count < (uint64_t)submitted) {
        return (struct metric_value){METRIC_BEYOND, 0};
    }
    return (struct metric_value){METRIC_DEFINED, (double)hist->sum /
                                                     (double)hist->count /
                                                     (double)NS_PER_S};
}

static void
group_times_put(struct json *json, const char *key, const struct hist *hist,
                int64_t submitted)
{
    json_key(json, key);
    json_object_begin(json);
    put_value(json, "mean", group_mean(hist, submitted));
    put_value(json, "p50", metric_quantile_s(hist, submitted, 500000));
    put_value(json, "p95", metric_quantile_s(hist, submitted, 950000));
    put_value(json, "p99", metric_quantile_s(hist, submitted, 990000));
    put_value(json, "max", metric_quantile_s(hist, submitted, PPM));
    json_object_end(json);
}

static void
group_put(struct json *json, const struct result_group *group, bool has_line)
{
    json_key(json, group->name);
    json_object_begin(json);
    put_i64(json, "submitted", group->submitted);
    put_i64(json, "delivered", group->delivered);
    put_i64(json, "returned", group->returned);
    put_i64(json, "rejected", group->rejected);
    put_i64(json, "attempts", group->attempts);
    put_i64(json, "deferrals", group->deferrals);
    put_i64(json, "connections", group->connections);
    put_i64(json, "refused", group->refused);
    if (has_line) {
        line_put(json, "line", &group->line);
    }
    group_times_put(json, "latency_s", &group->latency_ns, group->submitted);
    group_times_put(json, "first_attempt_s", &group->first_attempt_ns,
                    group->submitted);
    json_object_end(json);
}

static void
groups_put(struct json *json, const char *key,
           const struct result_group *groups, uint32_t groups_count,
           bool has_line)
{
    json_key(json, key);
    json_object_begin(json);
    for (uint32_t i = 0; i < groups_count; i++) {
        if (groups[i].name != NULL) {
            group_put(json, &groups[i], has_line);
        }
    }
    json_object_end(json);
}

/*
 * little_put - both sides of Little's law: the mean number queued, and the
 * rate of arrival times the mean time queued; they differ only by rounding
 */
static void
little_put(struct json *json, const struct result *result)
{
    const double span_ns = (double)result->simulated_ns;

    json_key(json, "littles_law");
    json_object_begin(json);
    put_value(
        json, "queued_mean",
        (struct metric_value){span_ns > 0 ? METRIC_DEFINED : METRIC_UNDEFINED,
                              (double)result->queued_integral / span_ns});
    put_value(
        json, "rate_times_sojourn",
        (struct metric_value){span_ns > 0 ? METRIC_DEFINED : METRIC_UNDEFINED,
                              (double)result->sojourn_sum / span_ns});
    json_object_end(json);
}

static void
head_put(struct json *json, const struct launch *launch,
         const struct result *result, const struct mta_about *scheduler)
{
    char digest[DIGEST_TEXT_SIZE];

    digest_format(&result->digest, digest);
    put_text(json, "scenario", launch->scenario.name);
    put_text(json, "title", launch->scenario.title);
    json_key(json, "seed");
    json_u64(json, launch->seed);
    put_i64(json, "replication", launch->replication);
    put_text(json, "digest", digest);
    put_text(json, "command", launch_command(launch));
    scheduler_put(json, launch, scheduler);
    put_seconds(json, "horizon_s", launch->scenario.horizon_ns);
    put_seconds(json, "simulated_s", result->simulated_ns);
    put_seconds(json, "wall_s", result->wall_ns);
    put_i64(json, "events", result->events);
    put_i64(json, "actions", result->actions);
    put_i64(json, "kernel_events", result->kernel_events);
    put_value(json, "events_per_s",
              (struct metric_value){result->wall_ns > 0 ? METRIC_DEFINED
                                                        : METRIC_UNDEFINED,
                                    (double)result->events * (double)NS_PER_S /
                                        (double)result->wall_ns});
    put_i64(json, "peak_rss_bytes", result->peak_rss_bytes);
}

bool
runjson_write(const struct launch *launch, const struct result *result,
              const struct mta_about *scheduler, FILE *out)
{
    struct json json;

    json_init(&json, out);
    json_object_begin(&json);
    head_put(&json, launch, result, scheduler);
    recipients_put(&json, result);
    work_put(&json, result);
    line_put(&json, "line", &result->line);
    put_metric(&json, "throughput_msg_per_s", "throughput", result);
    put_metric(&json, "throughput_peak_msg_per_s", "throughput_peak", result);
    times_put(&json, "latency_s", "latency", result);
    times_put(&json, "first_attempt_s", "first_attempt", result);
    put_metric(&json, "backlog_mean", "backlog_mean", result);
    put_metric(&json, "backlog_peak", "backlog_peak", result);
    little_put(&json, result);
    groups_put(&json, "channels", result->channels, result->channels_count,
               false);
    groups_put(&json, "hosts", result->hosts, result->hosts_count, true);
    links_put(&json, result);
    groups_put(&json, "priorities", result->priorities, RESULT_PRIORITIES_COUNT,
               false);
    put_i64(&json, "violations", result->violations);
    json_object_end(&json);
    return json_end(&json);
}
