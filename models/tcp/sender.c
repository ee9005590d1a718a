/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sender.c - segments leave: acknowledgements, data for the first time and again
 */
#include "models/tcp/endpoint_parts.h"

void
sender_init(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;

    snd->una = 0;
    snd->next = 0;
    snd->written = 1;
    snd->queued = 1;
    snd->mss_full = end->stack->mss_bytes;
    snd->mss = snd->mss_full;
    snd->cwnd = end->stack->initial_window;
    snd->ssthresh = WINDOW_FOR_EVER;
    snd->rto_us = end->stack->rto_first_ns / NS_PER_US;
    snd->rtt_min_us = INT64_MAX / 2;
    snd->alarm.due_at_ns = -1;
    congestion_init(end);
}

/* sender_mss_bound - segments at most half the largest window that was seen */
void
sender_mss_bound(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    const int64_t header = end->has_timestamps ? 32 : 20;

    snd->mss = snd->mss_full;
    if (end->stack->sws == TCP_SWS_LINUX) {
        const int64_t cut = snd->window_max > MSS_DEFAULT ? snd->window_max / 2
                                                          : snd->window_max;
        if (cut > 0 && snd->mss > cut) {
            snd->mss = (int32_t)i64_max(cut, 68 - header);
        }
    }
}

void
sender_established(struct tcp_endpoint *end)
{
    sender_mss_bound(end);
    end->snd.last_sent_at_ns = end_now_ns(end);
}

/* --- Segments ------------------------------------------------------------ */

void
sender_header(struct tcp_endpoint *end, struct tcp_segment *segment)
{
    segment->flags |= TCP_ACK;
    segment->ack = end->rcv.next;
    segment->window = window_field(end);
    if (end->has_timestamps) {
        segment->options |= TCP_OPTION_TIMESTAMP;
        segment->timestamp_ms = (uint32_t)(end_now_us(end) / US_PER_MS);
        segment->timestamp_echo_ms = end->rcv.echo_ms;
    }
    if (end->has_sack) {
        order_sacks(end, segment);
    }
}

void
sender_transmit(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    end->snd.sent_count++;
    end->port.transmit(end->port.arg, end->side, segment);
    if (segment->flags & TCP_ACK) {
        receiver_ack_sent(end);
    }
}

void
sender_rst(struct tcp_endpoint *end)
{
    struct tcp_segment segment = {.seq = end->snd.next, .flags = TCP_RST};

    if (end->state >= TCP_STATE_SYN_RECEIVED) {
        segment.flags |= TCP_ACK;
        segment.ack = end->rcv.next;
    }
    end->snd.sent_count++;
    end->port.transmit(end->port.arg, end->side, &segment);
}

/* data_send - bytes of the stream, first or again */
static void
data_send(struct tcp_endpoint *end, const struct sent *sent, bool is_pushed)
{
    struct tcp_segment segment = {.seq = sent->seq,
                                  .payload_bytes = sent->bytes};

    if (is_pushed && sent->bytes > 0) {
        segment.flags |= TCP_PSH;
    }
    if (sent->flags & SENT_FIN) {
        segment.flags |= TCP_FIN;
    }
    sender_header(end, &segment);
    receiver_data_sent(end);
    end->snd.last_sent_at_ns = end_now_ns(end);
    sender_transmit(end, &segment);
}

/* sender_fresh - the next bytes for the first time */
void
sender_fresh(struct tcp_endpoint *end, int64_t bytes, bool is_pushed)
{
    struct sender *snd = &end->snd;
    const bool was_empty = packets_out(snd) == 0;
    struct sent sent = {.seq = snd->next,
                        .sent_at_ns = end_now_ns(end),
                        .bytes = (uint32_t)bytes};

    if (snd->next + bytes == snd->queued) {
        is_pushed = true;
        if (snd->is_closing && snd->queued == snd->written) {
            sent.flags |= SENT_FIN;
            snd->is_fin_sent = true;
        }
    }
    if (was_empty) {
        congestion_idle_end(end);
    }
    if (bytes < snd->mss) {
        snd->small_end = snd->next + bytes;
    }
    data_send(end, &sent, is_pushed);
    snd->next += bytes + ((sent.flags & SENT_FIN) != 0);
    ring_push(&snd->ring, &sent);
    if (was_empty || snd->retry == RETRY_PROBE_TAIL) {
        retry_rto_rearm(end);
    }
}

/* owed_piece - BSD's tcp_output() lets what fits the window go along with an
 * acknowledgement that is owed, however little it is */
static int64_t
owed_piece(const struct tcp_endpoint *end)
{
    const struct sender *snd = &end->snd;
    const int64_t window = snd->una + snd->window - snd->next;

    if (end->stack->sws != TCP_SWS_BSD || end->state != TCP_STATE_ESTABLISHED ||
        in_flight(snd) >= snd->cwnd) {
        return 0;
    }
    return i64_min(i64_min(unsent(snd), window), snd->mss);
}

void
sender_pure_ack(struct tcp_endpoint *end)
{
    const int64_t piece = owed_piece(end);
    struct tcp_segment segment = {.seq = end->snd.next};

    if (piece > 0) {
        sender_fresh(end, piece, false);
        return;
    }
    sender_header(end, &segment);
    sender_transmit(end, &segment);
}

/* --- Sending -------------------------------------------------------------- */

/* usage_note - is the window of congestion what limits? RFC 7661's question */
static void
usage_note(struct sender *snd, bool is_cwnd)
{
    if (snd->una >= snd->usage_seq || is_cwnd ||
        (!snd->is_cwnd_limited && packets_out(snd) > snd->packets_max)) {
        snd->is_cwnd_limited = is_cwnd;
        snd->packets_max = packets_out(snd);
        snd->usage_seq = snd->next;
    }
}

static void
fin_send(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;

    if (snd->is_closing && !snd->is_fin_sent && snd->next == snd->written) {
        sender_fresh(end, 0, false);
    }
}

/* chunk_send - cuts it into segments; the last one is pushed */
static int64_t
chunk_send(struct tcp_endpoint *end, int64_t bytes)
{
    const int32_t mss = end->snd.mss;
    const bool is_many = bytes > mss;
    int64_t count = 0;

    while (bytes > 0) {
        const int64_t piece = i64_min(bytes, mss);
        bytes -= piece;
        sender_fresh(end, piece, is_many && bytes == 0);
        count++;
    }
    return count;
}

void
sender_push(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    int64_t sent_count = 0;
    bool is_cwnd = false;

    if (end->state != TCP_STATE_ESTABLISHED) {
        return;
    }
    if (snd->next == snd->queued && !snd->is_closing) {
        return;
    }
    while (unsent(snd) > 0) {
        if (in_flight(snd) >= snd->cwnd) {
            is_cwnd = true;
            break;
        }
        const int64_t piece = pieces_next(end, &is_cwnd);
        if (piece == 0) {
            break;
        }
        sent_count += chunk_send(end, piece);
    }
    fin_send(end);
    is_cwnd = is_cwnd || in_flight(snd) >= snd->cwnd;
    if (sent_count > 0 || is_cwnd) {
        usage_note(snd, is_cwnd);
    }
    if (sent_count > 0) {
        if (snd->is_reducing) {
            snd->prr_out += sent_count;
        }
        (void)retry_tail_probe(end, false);
    } else {
        retry_probe_check(end);
    }
}

void
sender_go_on(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;

    sender_push(end);
    if (snd->queued == snd->written) {
        return;
    }
    if (in_flight(snd) < snd->cwnd) {
        pieces_memory_grow(end);
    }
    const int64_t used = pieces_memory(end);
    if (snd->memory - used >= used / 2) {
        pieces_fill(end);
        snd->is_writing = true;
        sender_push(end);
        snd->is_writing = false;
    }
}

bool
sender_repeat(struct tcp_endpoint *end, uint64_t number)
{
    struct sender *snd = &end->snd;
    struct sent *sent = ring_at(&snd->ring, number);
    int64_t room = snd->una + snd->window - sent->seq;

    if (room <= 0) {
        if (sent->seq != snd->una) {
            return false;
        }
        room = snd->mss;
    }
    if (sent->bytes > i64_min(room, snd->mss)) {
        ring_split(&snd->ring, number, (uint32_t)i64_min(room, snd->mss));
        sent = ring_at(&snd->ring, number);
        snd->sacked_count += (sent->flags & SENT_SACKED) != 0;
        snd->lost_count += (sent->flags & SENT_LOST) != 0;
        snd->repeated_count += (sent->flags & SENT_AGAIN) != 0;
        snd->judged_hint += snd->judged_hint > number;
    }
    if (!(sent->flags & SENT_AGAIN)) {
        snd->repeated_count += (sent->flags & SENT_LOST) != 0;
    }
    if (sent->flags & SENT_LOST) {
        sent->flags |= SENT_AGAIN;
    }
    sent->flags |= SENT_TWICE;
    sent->sent_at_ns = end_now_ns(end);
    snd->resent_count++;
    data_send(end, sent, sent->seq + sent->bytes == snd->queued);
    scoreboard_again(snd, sent->seq);
    return true;
}

void
sender_repeat_lost(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    bool is_head = false;

    while (snd->lost_hint != snd->ring.next &&
           snd->lost_count > snd->repeated_count) {
        const struct sent *sent = ring_at(&snd->ring, snd->lost_hint);
        if ((sent->flags & (SENT_LOST | SENT_AGAIN)) == SENT_LOST) {
            if (in_flight(snd) >= snd->cwnd ||
                !sender_repeat(end, snd->lost_hint)) {
                break;
            }
            if (snd->is_reducing) {
                snd->prr_out++;
            }
            is_head = is_head || snd->lost_hint == snd->ring.first;
        }
        snd->lost_hint++;
    }
    if (is_head) {
        snd->retry = RETRY_NONE;
        retry_rto_rearm(end);
    }
}
