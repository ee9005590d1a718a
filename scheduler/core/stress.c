/* SPDX-License-Identifier: MIT */
/*
 * stress.c - a channel whose target says that it cannot keep up
 *
 * Off unless STRESS=1 or any of the Stress options is set. A report
 * multiplies the channel's threaddepth by StressFactor and takes StressJobs
 * from its job limit, down to one; within StressBlackout of the last one that
 * counted it is ignored. After StressTime without a report, and each further
 * one, threaddepth is divided by UnstressFactor and UnstressJobs are given back,
 * until both are as configured. It is rounded down once, after all of these. No
 * job is ended.
 */
#include "engine.h"

static uint32_t
times(uint32_t a, uint32_t b)
{
    return b != 0 && a > UINT32_MAX / b ? UINT32_MAX : a * b;
}

/* changed - the limits of the channel, and under `level` its wants */
static void
changed(struct engine *engine)
{
    limits_apply(engine);
    if (engine->options->start_policy == CONF_START_LEVEL) {
        queue_refresh_all(engine);
    }
}

static int64_t
later(const struct engine *engine, int64_t delay_ns)
{
    return engine->now_ns > SCHED_NEVER - 1 - delay_ns
               ? SCHED_NEVER - 1
               : engine->now_ns + delay_ns;
}

static void
wish_set(struct engine *engine)
{
    engine->stress_wish_ns = SCHED_NEVER;
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        const int64_t relief_ns = engine->channels[i].stress_relief_ns;

        if (relief_ns < engine->stress_wish_ns) {
            engine->stress_wish_ns = relief_ns;
        }
    }
}

int32_t
stress_event(struct engine *engine, const struct sched_stress *stress)
{
    const struct conf_options *options = engine->options;

    if (stress->channel >= engine->channels_count) {
        return SCHED_ERR_ARGUMENT;
    }
    struct channel *channel = &engine->channels[stress->channel];
    if (!options->is_stress_on || engine->now_ns < channel->stress_deaf_ns) {
        return SCHED_OK;
    }
    channel->stress_deaf_ns = later(engine, options->stress_blackout_ns);
    channel->stress_relief_ns = later(engine, options->stress_time_ns);
    wish_set(engine);
    channel->stress_factor =
        times(channel->stress_factor, options->stress_factor);
    /* What takes more than all but one is not remembered. */
    const uint32_t spare = channel->jobs_max > 1 ? channel->jobs_max - 1 : 0;
    channel->stress_jobs +=
        options->stress_jobs < spare ? options->stress_jobs : spare;
    changed(engine);
    return SCHED_OK;
}

static void
relieve(struct engine *engine, struct channel *channel)
{
    const struct conf_options *options = engine->options;

    channel->stress_divisor =
        times(channel->stress_divisor, options->unstress_factor);
    if (channel->stress_divisor >= channel->stress_factor ||
        options->unstress_factor <= 1) {
        channel->stress_factor = 1;
        channel->stress_divisor = 1;
    }
    channel->stress_jobs -= options->unstress_jobs < channel->stress_jobs
                                ? options->unstress_jobs
                                : channel->stress_jobs;
    channel->stress_relief_ns =
        channel->stress_factor == 1 && channel->stress_jobs == 0
            ? SCHED_NEVER
            : later(engine, options->stress_time_ns);
    changed(engine);
    start_freed(engine, channel->conf->pool);
}

void
stress_wake(struct engine *engine)
{
    if (engine->stress_wish_ns > engine->now_ns) {
        return;
    }
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        struct channel *channel = &engine->channels[i];

        if (channel->stress_relief_ns <= engine->now_ns) {
            relieve(engine, channel);
        }
    }
    wish_set(engine);
}
