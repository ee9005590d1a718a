/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * receiver.c - what came, and when to acknowledge it
 *
 * An acknowledgement goes at once when more than one segment (as large as the
 * peer's seem to be) is unacknowledged, beside a hole, while quick ones last,
 * or when a pushed piece was read and the connection is no dialogue; else with
 * the delayed timer.
 */
#include "models/tcp/endpoint_parts.h"

#define QUICK_MAX      16     /* TCP_MAX_QUICKACKS */
#define ATO_MIN_US     40000  /* TCP_ATO_MIN */
#define DELACK_MIN_US  40000  /* TCP_DELACK_MIN */
#define DELACK_MAX_US  200000 /* TCP_DELACK_MAX */
#define PUSH_MAX_US    500000 /* HZ / 2 */
#define COMPRESSED_MAX 44     /* tcp_comp_sack_nr */
#define COMPRESSED_US  1000   /* tcp_comp_sack_delay_ns */
#define TCP_HEADER     20
#define REFUSED_GAP_US 500000 /* tcp_invalid_ratelimit */

static void on_delayed(void *arg, uint64_t data);
static void on_compressed(void *arg, uint64_t data);

void
receiver_init(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    rcv->delayed.due_at_ns = -1;
    rcv->compressed.due_at_ns = -1;
    rcv->mss = MSS_DEFAULT;
    rcv->refused_at_us = -REFUSED_GAP_US;
    window_init(end);
}

/* --- When to acknowledge -------------------------------------------------- */

static void
quick_more(struct receiver *rcv, int32_t max)
{
    int64_t quick = rcv->window / (2 * (int64_t)rcv->mss);

    if (quick == 0) {
        quick = 2;
    }
    quick = i64_min(quick, max);
    rcv->quick = (int32_t)i64_max(rcv->quick, quick);
}

void
receiver_quick(struct tcp_endpoint *end)
{
    quick_more(&end->rcv, QUICK_MAX);
    end->rcv.is_ping_pong = false;
    end->rcv.ato_us = ATO_MIN_US;
}

/* mss_measure - how large are the peer's segments? */
static void
mss_measure(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct receiver *rcv = &end->rcv;
    const int32_t last = rcv->last_bytes;
    const int32_t bytes = (int32_t)segment->payload_bytes;
    const bool is_pushed = (segment->flags & (TCP_PSH | TCP_FIN)) != 0;
    const int32_t options = end->has_timestamps ? 12 : 0;

    rcv->last_bytes = 0;
    if (bytes >= rcv->mss) {
        if (bytes != rcv->mss && end_is_linux(end)) {
            window_ratio(end, segment);
        }
        rcv->mss = (int32_t)i64_min(bytes, end->stack->mss_bytes);
        if (is_pushed) {
            rcv->pending |= ACK_PUSHED;
        }
        return;
    }
    const int32_t whole =
        bytes + TCP_HEADER + (int32_t)tcp_segment_options_bytes(segment);
    if (whole >= MSS_DEFAULT + TCP_HEADER ||
        (whole >= MSS_MIN + TCP_HEADER && !is_pushed)) {
        const int32_t pure = whole - TCP_HEADER - options;
        rcv->last_bytes = pure;
        if (pure == last) {
            rcv->mss = pure;
            return;
        }
    }
    if (rcv->pending & ACK_PUSHED) {
        rcv->pending |= ACK_PUSHED_TWICE;
    }
    rcv->pending |= ACK_PUSHED;
}

/* arrival_note - the delayed acknowledgement's interval follows the gaps */
static void
arrival_note(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct receiver *rcv = &end->rcv;
    const int64_t now_us = end_now_us(end);

    rcv->pending |= ACK_SCHEDULED;
    mss_measure(end, segment);
    window_rtt_by_round(end);
    if (rcv->ato_us == 0) {
        quick_more(rcv, QUICK_MAX);
        rcv->ato_us = ATO_MIN_US;
    } else {
        const int64_t gap_us = now_us - rcv->last_at_us;
        if (gap_us <= ATO_MIN_US / 2) {
            rcv->ato_us = rcv->ato_us / 2 + ATO_MIN_US / 2;
        } else if (gap_us < rcv->ato_us) {
            rcv->ato_us = i64_min(rcv->ato_us / 2 + gap_us, end->snd.rto_us);
        } else if (gap_us > end->snd.rto_us) {
            quick_more(rcv, QUICK_MAX);
        }
    }
    rcv->last_at_us = now_us;
    window_grow(end, segment);
}

static bool
is_quick(const struct receiver *rcv)
{
    return rcv->quick > 0 && !rcv->is_ping_pong;
}

static void
ack_later(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;
    int64_t ato_us = rcv->ato_us;

    if (!end_is_linux(end)) {
        if (rcv->delayed.due_at_ns < 0) {
            alarm_set(end, &rcv->delayed, on_delayed,
                      end->stack->delayed_ack_ns / NS_PER_US);
        }
        return;
    }
    if (ato_us > DELACK_MIN_US) {
        int64_t max_us = rcv->is_ping_pong || (rcv->pending & ACK_PUSHED)
                             ? DELACK_MAX_US
                             : PUSH_MAX_US;
        if (end->snd.srtt_us8 > 0) {
            max_us =
                i64_min(max_us, i64_max(end->snd.srtt_us8 / 8, DELACK_MIN_US));
        }
        ato_us = i64_min(ato_us, max_us);
    }
    ato_us = i64_min(ato_us, end->stack->delayed_ack_ns * 5 / NS_PER_US);
    if (rcv->delayed.due_at_ns >= 0) {
        const int64_t left_us =
            (rcv->delayed.due_at_ns - end_now_ns(end)) / NS_PER_US;
        if (left_us <= ato_us / 4) {
            sender_pure_ack(end);
            return;
        }
        if (left_us <= ato_us) {
            return;
        }
    }
    alarm_set(end, &rcv->delayed, on_delayed, ato_us);
}

static void
on_delayed(void *arg, uint64_t data)
{
    struct tcp_endpoint *end = arg;
    struct receiver *rcv = &end->rcv;

    (void)data;
    if (!alarm_is_due(end, &rcv->delayed, on_delayed) ||
        !(rcv->pending & ACK_SCHEDULED)) {
        return;
    }
    if (rcv->is_ping_pong) {
        rcv->is_ping_pong = false;
        rcv->ato_us = ATO_MIN_US;
    } else {
        rcv->ato_us = i64_min(2 * rcv->ato_us, end->snd.rto_us);
    }
    sender_pure_ack(end);
}

static void
on_compressed(void *arg, uint64_t data)
{
    struct tcp_endpoint *end = arg;

    (void)data;
    if (alarm_is_due(end, &end->rcv.compressed, on_compressed) &&
        end->rcv.compressed_acks > 0) {
        sender_pure_ack(end);
    }
}

/* hole_ack - duplicates beyond the third may wait a little for company */
static void
hole_ack(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    if (!end->has_sack || !end_is_linux(end) ||
        rcv->compressed_acks >= COMPRESSED_MAX ||
        rcv->duplicate_acks < DUP_THRESHOLD) {
        if (rcv->duplicate_acks < DUP_THRESHOLD) {
            rcv->duplicate_acks++;
        }
        sender_pure_ack(end);
        return;
    }
    rcv->compressed_acks++;
    if (rcv->compressed.due_at_ns >= 0) {
        return;
    }
    int64_t rtt_us = rcv->rtt_us;
    if (end->snd.srtt_us8 > 0 &&
        (rtt_us == 0 || end->snd.srtt_us8 / 8 < rtt_us)) {
        rtt_us = end->snd.srtt_us8 / 8;
    }
    const int64_t after_us = i64_max(i64_min(COMPRESSED_US, rtt_us / 20), 1);
    alarm_at(end, &rcv->compressed, on_compressed,
             end_now_ns(end) + after_us * NS_PER_US);
}

void
receiver_ack_check(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    if (!(rcv->pending & ACK_SCHEDULED)) {
        return;
    }
    const int64_t waiting = rcv->next - rcv->window_at;
    if (!end_is_linux(end)) {
        if (rcv->ofo_count > 0 || (rcv->pending & ACK_NOW) ||
            waiting >= 2 * (int64_t)end->snd.mss_full) {
            sender_pure_ack(end);
        } else {
            ack_later(end);
        }
        return;
    }
    if ((waiting > rcv->mss && window_choose(end) >= rcv->window) ||
        is_quick(rcv) || (rcv->pending & ACK_NOW)) {
        sender_pure_ack(end);
    } else if (rcv->ofo_count > 0) {
        hole_ack(end);
    } else {
        ack_later(end);
    }
    /* The application has read all by now. */
    if ((rcv->pending & ACK_SCHEDULED) && rcv->next > rcv->window_at &&
        (rcv->next - rcv->window_at > rcv->mss ||
         (rcv->pending & ACK_PUSHED_TWICE) ||
         ((rcv->pending & ACK_PUSHED) && !rcv->is_ping_pong))) {
        sender_pure_ack(end);
    }
}

void
receiver_ack_sent(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    if (rcv->quick > 0) {
        const int32_t count = (rcv->pending & ACK_SCHEDULED) != 0;
        if (count >= rcv->quick) {
            rcv->quick = 0;
            rcv->ato_us = ATO_MIN_US;
        } else {
            rcv->quick -= count;
        }
    }
    rcv->pending = 0;
    rcv->compressed_acks = 0;
    alarm_off(&rcv->compressed);
    alarm_off(&rcv->delayed);
}

void
receiver_data_sent(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    if (end_now_us(end) - rcv->last_at_us < rcv->ato_us) {
        rcv->is_ping_pong = true; /* an answer: this is a dialogue */
    }
}

/* A segment that brings nothing new is answered at once. */
void
receiver_duplicate(struct tcp_endpoint *end)
{
    receiver_quick(end);
    end->rcv.pending |= ACK_SCHEDULED;
    sender_pure_ack(end);
}

/* What is outside the window is answered too; but of segments without data only
 * one in half a second. Else two ends that have both sent more than the other
 * offers answer each other's acknowledgements for ever. */
void
receiver_refuse(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct receiver *rcv = &end->rcv;
    const int64_t now_us = end_now_us(end);

    if (tcp_segment_length(segment) == 0) {
        if (now_us - rcv->refused_at_us < REFUSED_GAP_US) {
            return;
        }
        rcv->refused_at_us = now_us;
    }
    receiver_duplicate(end);
}

void
receiver_data(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct receiver *rcv = &end->rcv;
    const int64_t until = segment->seq + (int64_t)segment->payload_bytes;
    const bool had_hole = rcv->ofo_count > 0;

    if (segment->flags & TCP_FIN) {
        rcv->fin_seq = until;
    }
    if (until <= rcv->next && rcv->fin_seq != rcv->next) {
        receiver_duplicate(end);
        return;
    }
    window_rtt_by_echo(end, segment);
    if (segment->seq > rcv->next) {
        rcv->pending |= ACK_SCHEDULED;
        order_add(
            rcv, (struct tcp_sack){segment->seq,
                                   segment->seq + tcp_segment_length(segment)});
        if (end->has_sack) {
            window_grow(end, segment);
        }
        return;
    }
    rcv->next = i64_max(rcv->next, until);
    rcv->duplicate_acks = 0;
    if (had_hole) {
        order_join(rcv);
        if (rcv->ofo_count == 0) {
            rcv->pending |= ACK_NOW; /* the hole is filled */
        }
    }
    if (segment->payload_bytes > 0) {
        arrival_note(end, segment);
    }
    if (rcv->fin_seq != 0 && rcv->next == rcv->fin_seq) {
        rcv->next++;
        rcv->pending |= ACK_SCHEDULED | ACK_NOW;
    }
}
