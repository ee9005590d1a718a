/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * congestion.c - Reno, CUBIC, HyStart, in whole numbers
 *
 * CUBIC's curve is C (t - K)^3 + W with C = 0.4 segments/s^3 and a reduction to
 * 717/1024; time is counted in 2^-10 s, so that cubes fit 64 bits. It is
 * looked at once a tick at most.
 *
 * SOURCE  RFC 5681, 3.1; RFC 9438; RFC 9406's forerunner, Ha & Rhee 2011
 *         (HyStart), with the constants of Linux's tcp_cubic.
 */
#include "models/tcp/endpoint_parts.h"

#define BETA                 717 /* of 1024 */
#define BETA_ONE             1024
#define CUBE_SCALE           410 /* C * 1024 */
#define HZ_SHIFT             10
#define EPOCH_NS_MAX         (INT64_C(1) << 51) /* 26 days */
#define FRIENDLY_8           15 /* 8 * 3 (1 + beta) / (1 - beta) / 9, inverted */
#define HYSTART_LOW          16 /* segments */
#define HYSTART_GAP_US       2000
#define HYSTART_DELAY_MIN_US 4000
#define HYSTART_DELAY_MAX_US 16000
#define HYSTART_SAMPLES      8

uint32_t
congestion_cube_root(uint64_t a)
{
    uint64_t low = 0;
    uint64_t high = UINT64_C(2642245); /* its cube is the last below 2^64 */

    while (low < high) {
        const uint64_t middle = (low + high + 1) / 2;
        if (middle * middle * middle <= a) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return (uint32_t)low;
}

void
congestion_init(struct tcp_endpoint *end)
{
    end->snd.cubic = (struct cubic){.round_rtt_us = INT64_MAX};
}

/* round_begin - HyStart counts by rounds of data */
static void
round_begin(struct tcp_endpoint *end)
{
    struct cubic *cubic = &end->snd.cubic;

    cubic->round_at_us = end_now_us(end);
    cubic->last_ack_us = cubic->round_at_us;
    cubic->round_end_seq = end->snd.next;
    cubic->round_rtt_us = INT64_MAX;
    cubic->samples = 0;
}

int64_t
congestion_ssthresh(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    struct cubic *cubic = &snd->cubic;

    if (end->stack->congestion == TCP_RENO) {
        return i64_max(snd->cwnd / 2, 2);
    }
    cubic->epoch_tick = 0;
    cubic->window_max = snd->cwnd < cubic->window_max
                            ? snd->cwnd * (BETA_ONE + BETA) / (2 * BETA_ONE)
                            : snd->cwnd;
    return i64_max(snd->cwnd * BETA / BETA_ONE, 2);
}

void
congestion_timeout(struct tcp_endpoint *end)
{
    if (end->stack->congestion == TCP_CUBIC) {
        congestion_init(end);
        round_begin(end);
    }
}

/* congestion_idle_end - the first segment after silence moves the epoch */
void
congestion_idle_end(struct tcp_endpoint *end)
{
    struct cubic *cubic = &end->snd.cubic;
    const int64_t now = tick_now(end);
    const int64_t sent = end->stack->tick_ns == 0
                             ? end->snd.last_sent_at_ns / NS_PER_MS
                             : end->snd.last_sent_at_ns / end->stack->tick_ns;

    if (end->stack->congestion == TCP_CUBIC && cubic->epoch_tick != 0 &&
        now > sent) {
        cubic->epoch_tick = i64_min(cubic->epoch_tick + now - sent, now);
    }
}

/* units - ticks as 2^-10 s */
static int64_t
units(const struct tcp_endpoint *end, int64_t ticks)
{
    const int64_t tick_ns =
        end->stack->tick_ns == 0 ? NS_PER_MS : end->stack->tick_ns;

    /* An epoch of a month is cut there: cubes of more do not fit. */
    return (i64_min(ticks * tick_ns, EPOCH_NS_MAX) << HZ_SHIFT) / NS_PER_S;
}

static void
epoch_begin(struct tcp_endpoint *end, int64_t acked)
{
    struct sender *snd = &end->snd;
    struct cubic *cubic = &snd->cubic;

    cubic->epoch_tick = tick_now(end);
    cubic->acked = acked;
    cubic->reno_window = snd->cwnd;
    if (cubic->window_max <= snd->cwnd) {
        cubic->k = 0;
        cubic->origin = snd->cwnd;
        return;
    }
    const uint64_t factor = (UINT64_C(1) << (10 + 3 * HZ_SHIFT)) / CUBE_SCALE;
    cubic->k = congestion_cube_root(factor *
                                    (uint64_t)(cubic->window_max - snd->cwnd));
    cubic->origin = cubic->window_max;
}

/* curve_follow - the count that brings cwnd to the curve in a round trip */
static void
curve_follow(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    struct cubic *cubic = &snd->cubic;
    const int64_t t = units(end, tick_now(end) - cubic->epoch_tick +
                                     tick_us(end, cubic->delay_min_us));
    const int64_t off = t < cubic->k ? cubic->k - t : t - cubic->k;
    const base_u128 cube =
        (base_u128)(uint64_t)off * (uint64_t)off * (uint64_t)off * CUBE_SCALE;
    const int64_t delta = (int64_t)(cube >> (10 + 3 * HZ_SHIFT));
    const int64_t target =
        t < cubic->k ? cubic->origin - delta : cubic->origin + delta;

    cubic->count =
        target > snd->cwnd ? snd->cwnd / (target - snd->cwnd) : 100 * snd->cwnd;
    if (cubic->window_max == 0 && cubic->count > 20) {
        cubic->count = 20; /* nothing is known of the path yet */
    }
}

static void
cubic_update(struct tcp_endpoint *end, int64_t acked)
{
    struct sender *snd = &end->snd;
    struct cubic *cubic = &snd->cubic;
    const int64_t now = tick_now(end);

    cubic->acked += acked;
    if (cubic->last_window == snd->cwnd &&
        units(end, now - cubic->last_tick) <= (1 << HZ_SHIFT) / 32) {
        return;
    }
    if (cubic->epoch_tick == 0 || now != cubic->last_tick) {
        cubic->last_window = snd->cwnd;
        cubic->last_tick = now;
        if (cubic->epoch_tick == 0) {
            epoch_begin(end, acked);
        }
        curve_follow(end);
    }
    /* Never slower than Reno with this reduction would be. */
    const int64_t step = i64_max(snd->cwnd * FRIENDLY_8 / 8, 1);
    while (cubic->acked > step) {
        cubic->acked -= step;
        cubic->reno_window++;
    }
    if (cubic->reno_window > snd->cwnd) {
        cubic->count =
            i64_min(cubic->count, snd->cwnd / (cubic->reno_window - snd->cwnd));
    }
    cubic->count = i64_max(cubic->count, 2);
}

/* increase - one segment for every `per` acknowledged */
static void
increase(struct sender *snd, int64_t per, int64_t acked)
{
    if (snd->cwnd_count >= per) {
        snd->cwnd_count = 0;
        snd->cwnd++;
    }
    snd->cwnd_count += acked;
    if (snd->cwnd_count >= per) {
        const int64_t more = snd->cwnd_count / per;
        snd->cwnd_count -= more * per;
        snd->cwnd += more;
    }
}

void
congestion_avoid(struct tcp_endpoint *end, int64_t acked)
{
    struct sender *snd = &end->snd;

    if (!snd->is_cwnd_limited &&
        !(snd->cwnd < snd->ssthresh && snd->cwnd < 2 * snd->packets_max)) {
        return;
    }
    if (snd->cwnd < snd->ssthresh) {
        const int64_t more = i64_min(acked, snd->ssthresh - snd->cwnd);
        snd->cwnd += more;
        acked -= more;
        if (acked == 0) {
            return;
        }
    }
    if (end->stack->congestion == TCP_CUBIC) {
        cubic_update(end, acked);
        increase(snd, snd->cubic.count, acked);
    } else {
        increase(snd, snd->cwnd, acked);
    }
}

/* train_us - how long a burst may take beyond the round trip */
static int64_t
train_us(const struct sender *snd)
{
    const int64_t rate = snd->srtt_us8 == 0 ? 0
                                            : snd->cwnd * snd->mss * 2 * 8 *
                                                  1000000 / snd->srtt_us8;

    return rate == 0 ? 0 : i64_min(1000, INT64_C(65536) * 4 * 1000000 / rate);
}

static void
found(struct sender *snd)
{
    snd->cubic.is_found = true;
    snd->ssthresh = snd->cwnd;
}

static void
hystart(struct tcp_endpoint *end, int64_t rtt_us)
{
    struct sender *snd = &end->snd;
    struct cubic *cubic = &snd->cubic;
    const int64_t now_us = end_now_us(end);

    if (snd->una > cubic->round_end_seq) {
        round_begin(end);
    }
    if (snd->cwnd < HYSTART_LOW) {
        return;
    }
    if (now_us - cubic->last_ack_us <= HYSTART_GAP_US) {
        cubic->last_ack_us = now_us;
        if (now_us - cubic->round_at_us >
            (cubic->delay_min_us + train_us(snd)) / 2) {
            found(snd);
        }
    }
    cubic->round_rtt_us = i64_min(cubic->round_rtt_us, rtt_us);
    if (cubic->samples < HYSTART_SAMPLES) {
        cubic->samples++;
    } else if (cubic->round_rtt_us >
               cubic->delay_min_us + i64_min(i64_max(cubic->delay_min_us / 8,
                                                     HYSTART_DELAY_MIN_US),
                                             HYSTART_DELAY_MAX_US)) {
        found(snd);
    }
}

void
congestion_sample(struct tcp_endpoint *end, int64_t rtt_us)
{
    struct sender *snd = &end->snd;
    struct cubic *cubic = &snd->cubic;

    if (end->stack->congestion != TCP_CUBIC) {
        return;
    }
    rtt_us = i64_max(rtt_us, 1);
    if (cubic->epoch_tick != 0 &&
        units(end, tick_now(end) - cubic->epoch_tick) < 1 << HZ_SHIFT) {
        return; /* right after recovery samples mislead */
    }
    if (cubic->delay_min_us == 0 || rtt_us < cubic->delay_min_us) {
        cubic->delay_min_us = rtt_us;
    }
    if (!cubic->is_found && snd->cwnd < snd->ssthresh) {
        hystart(end, rtt_us);
    }
}
