/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reference_stress.c - see reference.h: channels and sessions that hold back
 */
#include "tests/support/support.h"

#include "tests/reference/reference_state.h"

#define HOUR_NS INT64_C(3600000000000)

/* --- Stress ---------------------------------------------------------------- */

void
ref_stress_init(struct reference *r)
{
    for (uint32_t c = 0; c < REFERENCE_CHANNELS_MAX; c++) {
        r->put_off[c].at_ns = SCHED_NEVER;
        r->stress[c] = (struct channel_stress){.factor = 1,
                                               .divisor = 1,
                                               .deaf_until_ns = INT64_MIN,
                                               .relief_at_ns = SCHED_NEVER};
    }
}

/* ref_depth - the threaddepth that counts */
uint32_t
ref_depth(const struct reference *r, uint32_t channel)
{
    const struct channel_stress *s = &r->stress[channel];
    const uint64_t depth =
        ref_channel_of(r, channel)->threaddepth * s->factor / s->divisor;

    return depth > UINT32_MAX ? UINT32_MAX : (uint32_t)depth;
}

/* ref_jobs_max - D34, and what stress has taken; one is always left */
uint32_t
ref_jobs_max(const struct reference *r, uint32_t channel)
{
    const struct reference_channel *c = ref_channel_of(r, channel);
    const uint32_t of_pool = r->settings.job_limit[c->pool];
    const uint32_t max = c->maxjobs < of_pool ? c->maxjobs : of_pool;
    const uint32_t taken = r->stress[channel].jobs;

    if (max == 0) {
        return 0;
    }
    return taken < max ? max - taken : 1;
}

void
ref_stressed(struct reference *r, uint32_t channel)
{
    const struct reference_settings *settings = &r->settings;
    struct channel_stress *s = &r->stress[channel];

    if (!settings->has_stress) {
        return;
    }
    if (r->now_ns < s->deaf_until_ns) {
        RULE(r, STRESS_DEAF);
        return;
    }
    RULE(r, STRESSED);
    s->deaf_until_ns = r->now_ns + settings->stress_blackout_ns;
    s->relief_at_ns = r->now_ns + settings->stress_time_ns;
    s->factor *= settings->stress_factor;
    if (s->factor > UINT32_MAX) {
        s->factor = UINT32_MAX;
    }
    for (uint32_t i = 0; i < settings->stress_jobs; i++) {
        if (ref_channel_of(r, channel)->delivers &&
            ref_jobs_max(r, channel) > 1) {
            s->jobs++;
        }
    }
}

static void
relieve(struct reference *r, uint32_t channel)
{
    const struct reference_settings *settings = &r->settings;
    struct channel_stress *s = &r->stress[channel];
    const uint32_t jobs = settings->unstress_jobs > 0 ? settings->unstress_jobs
                                                      : settings->stress_jobs;
    const uint32_t factor = settings->unstress_factor > 0
                                ? settings->unstress_factor
                                : settings->stress_factor;

    RULE(r, STRESS_RELIEF);
    s->divisor *= factor;
    if (s->divisor >= s->factor || factor == 1) {
        s->factor = 1;
        s->divisor = 1;
    }
    s->jobs -= jobs < s->jobs ? jobs : s->jobs;
    s->relief_at_ns = s->factor == 1 && s->jobs == 0
                          ? SCHED_NEVER
                          : r->now_ns + settings->stress_time_ns;
    ref_give_slots(r, ref_channel_of(r, channel)->pool, SCHED_NONE);
}

void
ref_stress_timers(struct reference *r)
{
    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        if (r->stress[c].relief_at_ns <= r->now_ns) {
            relieve(r, c);
        }
    }
}

/* --- Sessions -------------------------------------------------------------- */

int
ref_session_is_full(struct reference *r, const struct sched_submit *s)
{
    struct session *session = NULL;

    if (s->session == 0 || s->parent != 0 || s->source_channel == SCHED_NONE ||
        ref_channel_of(r, s->source_channel)->transactions_max == UINT32_MAX) {
        return 0;
    }
    for (uint32_t i = 0; i < r->sessions_count; i++) {
        if (r->sessions[i].number == s->session &&
            r->sessions[i].channel == s->source_channel) {
            session = &r->sessions[i];
        }
    }
    if (session == NULL) {
        assert_true(r->sessions_count < REFERENCE_SESSIONS_MAX);
        session = &r->sessions[r->sessions_count++];
        session->number = s->session;
        session->channel = s->source_channel;
    } else if (r->now_ns - session->last_ns >= HOUR_NS) {
        RULE(r, SESSION_FORGOTTEN);
        session->count = 0;
    }
    session->last_ns = r->now_ns;
    session->count++;
    return session->count >
           ref_channel_of(r, s->source_channel)->transactions_max;
}
