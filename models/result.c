/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * result.c - a run's measurements begin empty and end released; see result.h
 */
#include "models/result.h"

#include <stdlib.h>

#include "sim/kernel/base.h"

/* group_free - releases what a group owns, not the group */
static void
group_free(struct result_group *group)
{
    free(group->name);
    group->name = NULL;
    hist_free(&group->latency_ns);
    hist_free(&group->first_attempt_ns);
}

/* groups_free - releases an array of groups */
static void
groups_free(struct result_group *groups, uint32_t groups_count)
{
    for (uint32_t i = 0; i < groups_count; i++) {
        group_free(&groups[i]);
    }
    free(groups);
}

void
result_line_init(struct result_line *line)
{
    *line = (struct result_line){.stalled_bytes_least = -1,
                                 .stalled_bytes_most = -1};
}

void
result_line_add(struct result_line *line, enum result_fate fate,
                enum result_model model, int64_t passed_bytes)
{
    line->fates[fate]++;
    line->models[model]++;
    if (fate == RESULT_STALLED_DATA) {
        line->stalled_bytes_least =
            line->stalled_bytes_least < 0
                ? passed_bytes
                : i64_min(line->stalled_bytes_least, passed_bytes);
        line->stalled_bytes_most =
            i64_max(line->stalled_bytes_most, passed_bytes);
    }
}

int64_t
result_line_afflicted(const struct result_line *line)
{
    int64_t count = 0;

    for (int i = 0; i < RESULT_IN_TIME; i++) {
        count += line->fates[i];
    }
    return count;
}

const char *
result_fate_name(enum result_fate fate)
{
    static const char *const names[RESULT_FATES_COUNT] = {
        "no connection",   "no banner", "stalled in dialogue",
        "stalled in DATA", "slow",      "in time"};

    return names[fate];
}

bool
result_is_slow(int64_t line_ns, int64_t plain_ns)
{
    return line_ns > NS_PER_S && (line_ns - NS_PER_S) / 4 > plain_ns;
}

void
result_group_init(struct result_group *group)
{
    *group = (struct result_group){0};
    result_line_init(&group->line);
    hist_init(&group->latency_ns);
    hist_init(&group->first_attempt_ns);
}

void
result_init(struct result *result)
{
    *result = (struct result){0};
    result_line_init(&result->line);
    digest_init(&result->digest);
    hist_init(&result->latency_ns);
    hist_init(&result->first_attempt_ns);
    for (int i = 0; i < RESULT_PRIORITIES_COUNT; i++) {
        result_group_init(&result->priorities[i]);
    }
    result->submit_first_ns = INT64_MAX;
    result->final_last_ns = INT64_MIN;
}

void
result_free(struct result *result)
{
    digest_free(&result->digest);
    hist_free(&result->latency_ns);
    hist_free(&result->first_attempt_ns);
    groups_free(result->channels, result->channels_count);
    groups_free(result->hosts, result->hosts_count);
    for (int i = 0; i < RESULT_PRIORITIES_COUNT; i++) {
        group_free(&result->priorities[i]);
    }
    for (uint32_t i = 0; i < result->links_count; i++) {
        free(result->links[i].name);
    }
    free(result->links);
    free(result->steps);
    *result = (struct result){0};
}

int64_t
result_throughput_ppm_per_s(const struct result *result)
{
    base_i128 per_ns_scale = (base_i128)PPM * NS_PER_S;
    base_i128 span_ns;
    base_i128 rate;

    ASSERT(result->delivered >= 0);
    if (result->final_last_ns == INT64_MIN ||
        result->final_last_ns <= result->submit_first_ns) {
        return 0;
    }
    span_ns = (base_i128)result->final_last_ns - result->submit_first_ns;
    rate = result->delivered * per_ns_scale / span_ns;
    return rate > INT64_MAX ? INT64_MAX : (int64_t)rate;
}
