/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recovery.c - what an acknowledgement means
 *
 * OPEN      nothing is missing
 * DISORDER  something was SACKed, nothing is lost yet
 * RECOVERY  segments are lost; cwnd goes down by proportional rate reduction
 * LOSS      a retransmission timeout: all is lost that was not SACKed, unless
 *           F-RTO finds out that the timeout was for nothing
 *
 * SOURCE  RFC 6675, 6937 (with the conservative bound when something was just
 *         lost), 5682 (F-RTO with SACK), 6298, 8985, 7.4 (tail loss probe).
 */
#include "models/tcp/endpoint_parts.h"

/* --- Round trip times ----------------------------------------------------- */

static void
deviation_update(struct tcp_endpoint *end, int64_t rtt_us)
{
    struct sender *snd = &end->snd;
    int64_t m = rtt_us - snd->srtt_us8 / 8;

    snd->srtt_us8 += m;
    if (m < 0) {
        m = -m - snd->mdev_us4 / 4;
        if (m > 0) {
            m /= 8; /* a fall is no reason to expect a rise */
        }
    } else {
        m -= snd->mdev_us4 / 4;
    }
    snd->mdev_us4 += m;
    if (snd->mdev_us4 > snd->mdev_max_us4) {
        snd->mdev_max_us4 = snd->mdev_us4;
        snd->rttvar_us4 = i64_max(snd->rttvar_us4, snd->mdev_max_us4);
    }
    if (snd->una > snd->rtt_seq) {
        if (snd->mdev_max_us4 < snd->rttvar_us4) {
            snd->rttvar_us4 -= (snd->rttvar_us4 - snd->mdev_max_us4) / 4;
        }
        snd->rtt_seq = snd->next;
        snd->mdev_max_us4 = end->stack->rto_min_ns / NS_PER_US;
    }
}

void
recovery_rtt_sample(struct tcp_endpoint *end, int64_t rtt_us)
{
    struct sender *snd = &end->snd;

    rtt_us = i64_max(rtt_us, 1);
    snd->rtt_min_us = i64_min(snd->rtt_min_us, rtt_us);
    if (snd->srtt_us8 == 0) {
        snd->srtt_us8 = 8 * rtt_us;
        snd->mdev_us4 = 2 * rtt_us;
        snd->rttvar_us4 =
            i64_max(snd->mdev_us4, end->stack->rto_min_ns / NS_PER_US);
        snd->mdev_max_us4 = snd->rttvar_us4;
        snd->rtt_seq = snd->next;
    } else {
        deviation_update(end, rtt_us);
    }
    snd->rto_us = i64_min(snd->srtt_us8 / 8 + snd->rttvar_us4, RTO_MAX_US);
    snd->backoff = 0;
}

static void
rtt_take(struct tcp_endpoint *end, const struct tcp_segment *segment,
         const struct ack_sum *sum)
{
    int64_t rtt_us = sum->rtt_us >= 0 ? sum->rtt_us : sum->sack_rtt_us;

    if (rtt_us < 0 && end->has_timestamps && sum->is_data_acked &&
        segment->timestamp_echo_ms != 0) {
        rtt_us = end_echo_age_us(end, segment->timestamp_echo_ms);
    }
    if (rtt_us >= 0) {
        recovery_rtt_sample(end, rtt_us);
    }
}

/* --- Entering and leaving ------------------------------------------------- */

static void
reduction_begin(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;

    snd->high_seq = snd->next;
    snd->tail_seq = 0;
    snd->cwnd_count = 0;
    snd->prior_cwnd = snd->cwnd;
    snd->prr_delivered = 0;
    snd->prr_out = 0;
    snd->ssthresh = congestion_ssthresh(end);
    snd->reductions_count++;
}

static void
recovery_enter(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;

    if (!snd->is_reducing) {
        reduction_begin(end);
        snd->is_reducing = true;
    }
    snd->high_seq = snd->next;
    snd->phase = PHASE_RECOVERY;
}

static void
reduction_end(struct sender *snd)
{
    if (snd->is_reducing) {
        snd->is_reducing = false;
        snd->cwnd = snd->ssthresh;
    }
}

/* prr - how much may leave for what has arrived */
static void
prr(struct sender *snd, const struct ack_sum *sum)
{
    const int64_t delivered = sum->acked_count + sum->sacked_count;
    const int64_t delta = snd->ssthresh - in_flight(snd);
    int64_t count;

    if (delivered <= 0 || snd->prior_cwnd == 0) {
        return;
    }
    snd->prr_delivered += delivered;
    if (delta < 0) {
        count =
            i64_div_ceil(snd->ssthresh * snd->prr_delivered, snd->prior_cwnd) -
            snd->prr_out;
    } else {
        count = i64_max(snd->prr_delivered - snd->prr_out, delivered);
        if (sum->is_una_advanced && sum->lost_count == 0) {
            count++;
        }
        count = i64_min(delta, count);
    }
    count = i64_max(count, snd->prr_out > 0 ? 0 : 1);
    snd->cwnd = in_flight(snd) + count;
}

void
recovery_timeout(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    const bool is_new = snd->phase < PHASE_RECOVERY;

    if (snd->phase <= PHASE_DISORDER || snd->una >= snd->high_seq ||
        (snd->phase == PHASE_LOSS && snd->retries == 0)) {
        snd->undo_ssthresh = snd->ssthresh;
        snd->undo_cwnd = snd->cwnd;
        snd->ssthresh = congestion_ssthresh(end);
        congestion_timeout(end);
        snd->is_undoable = true;
        snd->reductions_count++;
    }
    scoreboard_all_lost(snd);
    snd->is_reducing = false;
    snd->tail_seq = 0;
    snd->cwnd = in_flight(snd) + 1;
    snd->cwnd_count = 0;
    snd->phase = PHASE_LOSS;
    snd->high_seq = snd->next;
    snd->is_undecided = end->has_sack && (is_new || snd->retries > 0);
}

/* undo - the timeout was for nothing: as if it had not been */
static void
undo(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;

    for (uint64_t i = snd->ring.first; i != snd->ring.next; i++) {
        struct sent *sent = ring_at(&snd->ring, i);
        if (sent->flags & SENT_LOST) {
            sent->flags &= (uint8_t)~SENT_LOST;
            snd->lost_count--;
        }
        if (sent->flags & SENT_AGAIN) {
            sent->flags &= (uint8_t)~SENT_AGAIN;
            snd->repeated_count--;
        }
    }
    snd->cwnd = i64_max(snd->cwnd, snd->undo_cwnd);
    snd->ssthresh = i64_max(snd->ssthresh, snd->undo_ssthresh);
    snd->is_undoable = false;
    snd->is_undecided = false;
    snd->phase = PHASE_OPEN;
}

/* tail_ack - what an acknowledgement says of the tail loss probe */
static void
tail_ack(struct tcp_endpoint *end, int64_t ack, const struct ack_sum *sum)
{
    struct sender *snd = &end->snd;

    if (ack < snd->tail_seq) {
        return;
    }
    if (!snd->is_tail_repeat) {
        snd->tail_seq = 0;
    } else if (ack > snd->tail_seq) {
        reduction_begin(end); /* the probe repaired a loss */
        snd->cwnd = snd->ssthresh;
    } else if (!sum->is_una_advanced && sum->sacked_count == 0) {
        snd->tail_seq = 0;
    }
}

enum sending { SEND_NOTHING, SEND_LOST, SEND_NEW };

/* loss_go_on - an acknowledgement after a timeout */
static enum sending
loss_go_on(struct tcp_endpoint *end, const struct ack_sum *sum)
{
    struct sender *snd = &end->snd;
    const bool is_over = snd->una >= snd->high_seq;

    if (snd->is_undecided) {
        if (sum->is_original_sacked && snd->is_undoable) {
            undo(end);
            return SEND_NOTHING;
        }
        if (snd->next > snd->high_seq) {
            if (sum->sacked_count > 0 || !sum->is_una_advanced) {
                snd->is_undecided = false;
            }
        } else if (sum->is_una_advanced && !is_over) {
            snd->high_seq = snd->next;
            if (snd->queued > snd->next && snd->una + snd->window > snd->next) {
                return SEND_NEW;
            }
            snd->is_undecided = false;
        }
    }
    if (is_over) {
        snd->phase = PHASE_OPEN;
        snd->is_undoable = false;
        return SEND_NOTHING;
    }
    return SEND_LOST;
}

/* alert - something is or was wrong: what to do about it */
static enum sending
alert(struct tcp_endpoint *end, struct ack_sum *sum)
{
    struct sender *snd = &end->snd;

    if (snd->phase == PHASE_RECOVERY && snd->una >= snd->high_seq) {
        reduction_end(snd);
        snd->phase = PHASE_OPEN;
    }
    if (snd->phase == PHASE_LOSS) {
        const enum sending sending = loss_go_on(end, sum);
        const int64_t wait_us = scoreboard_judge(end, sum);
        (void)wait_us;
        if (snd->phase != PHASE_OPEN && !sum->is_repeat_lost) {
            return sending;
        }
        if (snd->phase == PHASE_OPEN && snd->lost_count == 0) {
            return sending;
        }
    } else {
        const int64_t wait_us = scoreboard_judge(end, sum);
        if (wait_us > 0) {
            retry_set(end, RETRY_REORDER, wait_us);
        }
    }
    if (snd->phase == PHASE_RECOVERY) {
        return SEND_LOST;
    }
    if (snd->lost_count == 0) {
        snd->phase = snd->sacked_count > 0 ? PHASE_DISORDER : PHASE_OPEN;
        return SEND_LOST;
    }
    recovery_enter(end);
    return SEND_LOST;
}

void
recovery_reorder_timeout(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    struct ack_sum sum = {.rtt_us = -1, .sack_rtt_us = -1};

    snd->retry = RETRY_NONE;
    if (packets_out(snd) == 0) {
        return;
    }
    (void)scoreboard_judge(end, &sum);
    if (snd->lost_count > snd->repeated_count) {
        if (snd->phase < PHASE_RECOVERY) {
            recovery_enter(end);
            snd->cwnd = in_flight(snd) + 1;
        }
        sender_repeat_lost(end);
    }
    if (snd->retry != RETRY_RTO) {
        snd->retry = RETRY_REORDER;
        retry_rto_rearm(end);
    }
}

/* --- The acknowledgement -------------------------------------------------- */

/* window_take - SND.WND, RFC 9293 3.10.7.4; true: it has changed */
static bool
window_take(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct sender *snd = &end->snd;
    const int64_t window = (int64_t)segment->window << end->send_shift;

    if (!(segment->ack > snd->una || segment->seq > snd->window_seq ||
          (segment->seq == snd->window_seq &&
           (window > snd->window || window == 0)))) {
        return false;
    }
    snd->window_seq = segment->seq;
    if (window == snd->window) {
        return true;
    }
    snd->window = window;
    if (window > snd->window_max) {
        snd->window_max = window;
        sender_mss_bound(end);
    }
    return true;
}

/* probe_ack - nothing is out: does the window let the next one through now? */
static void
probe_ack(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    const int64_t left = i64_min(snd->queued - snd->next, 65536);

    if (left <= 0 || end->stack->sws == TCP_SWS_BSD) {
        return;
    }
    if (snd->next + left <= snd->una + snd->window) {
        snd->backoff = 0;
        if (snd->retry == RETRY_PROBE_WINDOW) {
            retry_off(end);
        }
    } else if (snd->retry == RETRY_PROBE_WINDOW) {
        retry_set(end, RETRY_PROBE_WINDOW, retry_probe_us(end));
    }
}

static void
control(struct tcp_endpoint *end, const struct ack_sum *sum)
{
    struct sender *snd = &end->snd;

    if (snd->is_reducing) {
        prr(snd, sum);
    } else if (sum->is_data_acked) {
        congestion_avoid(end, sum->acked_count + sum->sacked_count);
    }
}

static void
send_after(struct tcp_endpoint *end, enum sending sending)
{
    struct sender *snd = &end->snd;

    if (sending == SEND_NEW) {
        sender_push(end);
        if (snd->next > snd->high_seq) {
            return;
        }
        snd->is_undecided = false;
    }
    if (sending != SEND_NOTHING) {
        sender_repeat_lost(end);
    }
}

void
recovery_ack(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct sender *snd = &end->snd;
    struct ack_sum sum = {.rtt_us = -1, .rtt_last_us = -1, .sack_rtt_us = -1};
    const bool had_packets = packets_out(snd) > 0;

    if (segment->ack < snd->una || segment->ack > snd->next) {
        return;
    }
    const bool is_window = window_take(end, segment);
    if (segment->ack > snd->una) {
        sum.is_una_advanced = true;
        snd->retries = 0;
        snd->una = segment->ack;
    }
    if (!had_packets) {
        snd->retries = 0; /* a probe is answered, whatever the window */
        probe_ack(end);
        sender_go_on(end);
        return;
    }
    scoreboard_sack(end, segment, &sum);
    scoreboard_ack(end, segment->ack, &sum);
    rtt_take(end, segment, &sum);
    if (sum.is_data_acked && sum.rtt_last_us >= 0) {
        congestion_sample(end, sum.rtt_last_us);
    }
    if (snd->tail_seq != 0) {
        tail_ack(end, segment->ack, &sum);
    }
    enum sending sending = SEND_NOTHING;
    const bool is_plain =
        segment->payload_bytes > 0 || is_window || sum.is_data_acked;
    if (!is_plain || sum.sacked_count > 0 || snd->phase != PHASE_OPEN) {
        sending = alert(end, &sum);
    }
    if (sum.is_data_acked && snd->retry != RETRY_REORDER) {
        retry_rearm(end);
    }
    control(end, &sum);
    send_after(end, sending);
    if (sum.is_una_advanced) {
        end_tell(end, TCP_NEWS_ACKED);
        if (end->state == TCP_STATE_DEAD) {
            return;
        }
    }
    sender_go_on(end);
}
