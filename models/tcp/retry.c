/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retry.c - the timer of what was not answered
 *
 * One timer, for one thing at a time: the retransmission timeout, the tail loss
 * probe before it, the wait for a late segment, and the probe of a window that
 * has no room for the next segment while nothing is out: Linux then sends what
 * fits, after an RTO; BSD after its persist interval.
 */
#include "models/tcp/endpoint_parts.h"

#define RTO_MIN_PROBE_US 200000
#define PERSIST_MIN_US   (5 * US_PER_S) /* BSD */
#define PERSIST_MAX_US   (60 * US_PER_S)
#define PROBE_SLACK_US   2000 /* TCP_TIMEOUT_MIN of a tail loss probe */
#define BACKOFF_MAX      15

static void on_retry(void *arg, uint64_t data);

void
retry_set(struct tcp_endpoint *end, enum retry_kind kind, int64_t after_us)
{
    end->snd.retry = kind;
    alarm_set(end, &end->snd.alarm, on_retry, i64_max(after_us, 1));
}

void
retry_off(struct tcp_endpoint *end)
{
    end->snd.retry = RETRY_NONE;
    alarm_off(&end->snd.alarm);
}

int64_t
retry_rto_us(const struct tcp_endpoint *end)
{
    const int64_t rto_us = end->snd.rto_us;
    const uint32_t shift = end->snd.backoff > 20 ? 20 : end->snd.backoff;

    return i64_min(rto_us << shift, RTO_MAX_US);
}

void
retry_rto_rearm(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    int64_t rto_us = retry_rto_us(end);

    if (packets_out(snd) == 0) {
        retry_off(end);
        return;
    }
    if (snd->retry == RETRY_REORDER || snd->retry == RETRY_PROBE_TAIL) {
        rto_us -= head_age_us(end); /* not a full RTO again */
    }
    retry_set(end, RETRY_RTO, rto_us);
}

/* retry_tail_probe - false: none is due here */
bool
retry_tail_probe(struct tcp_endpoint *end, bool is_ack)
{
    struct sender *snd = &end->snd;
    int64_t after_us = US_PER_S;

    if (packets_out(snd) == 0 || !end->has_sack ||
        end->stack->sws != TCP_SWS_LINUX || snd->phase > PHASE_OPEN) {
        return false;
    }
    if (snd->srtt_us8 != 0) {
        after_us = snd->srtt_us8 / 4 + (packets_out(snd) == 1
                                            ? end->stack->rto_min_ns / NS_PER_US
                                            : PROBE_SLACK_US);
    }
    const int64_t rto_us =
        is_ack ? retry_rto_us(end) : retry_rto_us(end) - head_age_us(end);
    if (rto_us > 0) {
        after_us = i64_min(after_us, rto_us);
    }
    retry_set(end, RETRY_PROBE_TAIL, after_us);
    return true;
}

void
retry_rearm(struct tcp_endpoint *end)
{
    if (!retry_tail_probe(end, true)) {
        retry_rto_rearm(end);
    }
}

/* persist_us - BSD's interval */
static int64_t
persist_us(const struct sender *snd)
{
    const int64_t base_us = snd->srtt_us8 / 8 + snd->rttvar_us4;
    const uint32_t shift = snd->backoff > 12 ? 12 : snd->backoff;

    return i64_min(i64_max(base_us << shift, PERSIST_MIN_US), PERSIST_MAX_US);
}

int64_t
retry_probe_us(const struct tcp_endpoint *end)
{
    const struct sender *snd = &end->snd;

    if (end->stack->sws == TCP_SWS_BSD) {
        return persist_us(snd);
    }
    const uint32_t shift =
        snd->backoff > BACKOFF_MAX ? BACKOFF_MAX : snd->backoff;
    return i64_min(i64_max(snd->rto_us, RTO_MIN_PROBE_US) << shift, RTO_MAX_US);
}

/* retry_probe_check - nothing is out and something waits: a timer must look after it
 */
void
retry_probe_check(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;

    if (packets_out(snd) == 0 && unsent(snd) > 0 && snd->retry == RETRY_NONE) {
        retry_set(end, RETRY_PROBE_WINDOW, retry_probe_us(end));
    }
}

/* tail_probe_send - a new segment, or the last one again; false: neither */
static bool
tail_probe_send(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    const int64_t left = unsent(snd);
    const int64_t window = snd->una + snd->window - snd->next;

    if (snd->tail_seq != 0) {
        return false; /* one an episode */
    }
    snd->is_tail_repeat = left == 0 || window < i64_min(left, snd->mss);
    if (!snd->is_tail_repeat) {
        sender_fresh(end, i64_min(left, snd->mss), false);
        snd->prr_out += snd->is_reducing;
    } else if (!sender_repeat(end, snd->ring.next - 1)) {
        return false;
    }
    snd->probes_count++;
    snd->tail_seq = snd->next;
    return true;
}

/* tail_probe - is anybody there? */
static void
tail_probe(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;

    if (packets_out(snd) == 0) {
        retry_off(end);
        retry_probe_check(end);
        return;
    }
    snd->retry = tail_probe_send(end) ? RETRY_NONE : RETRY_PROBE_TAIL;
    retry_rto_rearm(end);
}

/* window_probe - what fits of the next segment, or a segment without data */
static void
window_probe(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    const int64_t window = snd->una + snd->window - snd->next;
    const int64_t left = unsent(snd);

    snd->retry = RETRY_NONE;
    if (packets_out(snd) > 0 || left == 0) {
        return;
    }
    snd->probes_count++;
    if (window > 0) {
        sender_fresh(end, i64_min(i64_min(window, left), snd->mss), true);
        snd->backoff = end->stack->sws == TCP_SWS_BSD ? snd->backoff : 0;
        return;
    }
    if (snd->retries >= end->stack->retries) {
        end_fail(end);
        return;
    }
    snd->retries++;
    struct tcp_segment probe = {.seq = snd->una - 1};
    sender_header(end, &probe);
    sender_transmit(end, &probe);
    snd->backoff++;
    retry_set(end, RETRY_PROBE_WINDOW, retry_probe_us(end));
}

static void
timeout(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;

    if (packets_out(snd) == 0) {
        retry_off(end);
        return;
    }
    if (snd->retries >= end->stack->retries) {
        end_fail(end);
        return;
    }
    snd->timeouts_count++;
    recovery_timeout(end);
    (void)sender_repeat(end, snd->ring.first);
    snd->lost_hint = snd->ring.first;
    snd->retries++;
    snd->backoff++;
    snd->retry = RETRY_NONE;
    retry_rto_rearm(end);
}

static void
on_retry(void *arg, uint64_t data)
{
    struct tcp_endpoint *end = arg;

    (void)data;
    if (!alarm_is_due(end, &end->snd.alarm, on_retry)) {
        return;
    }
    switch (end->snd.retry) {
    case RETRY_NONE:
        return;
    case RETRY_SYN:
        end_syn_retry(end);
        return;
    case RETRY_RTO:
        timeout(end);
        return;
    case RETRY_PROBE_TAIL:
        tail_probe(end);
        return;
    case RETRY_PROBE_WINDOW:
        window_probe(end);
        return;
    case RETRY_REORDER:
        recovery_reorder_timeout(end);
        return;
    }
    UNREACHABLE("every kind is above");
}
