/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sender.c - what may be sent now, and in which pieces
 *
 * Data leaves in chunks of a few segments, as a stack with segmentation
 * offload makes them: the first segment of a chunk must fit the window whole;
 * a remainder of the window goes with it unless a small segment is out
 * (Minshall). A chunk waits for more window or cwnd while an acknowledgement is
 * expected soon. With nothing in flight and no room for the next segment a
 * timer is set: Linux then sends what fits, after an RTO; BSD after its
 * persist interval, unless what fits is half the largest window ever seen.
 */
#include "models/tcp/endpoint_parts.h"

#define US_PER_S        INT64_C(1000000)
#define CHUNK_MIN       2     /* tcp_min_tso_segs */
#define CHUNK_BYTES_MAX 65536 /* of a chunk, headers aside */
#define CHUNK_SHIFT     10    /* a chunk is what is paced in 2^-10 s, */
#define CHUNK_RTT_SHIFT 9     /* and more on the shortest paths */
#define WINDOW_SHARE    3     /* tcp_tso_win_divisor */
#define SKB_BYTES       768   /* memory of a piece of the send buffer, and */
#define SEGMENT_BYTES   2304  /* what the buffer reckons for a segment */
#define GOAL_BYTES      65279 /* of a piece */

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
    segment->window = receiver_window_field(end);
    if (end->has_timestamps) {
        segment->options |= TCP_OPTION_TIMESTAMP;
        segment->timestamp_ms = (uint32_t)(end_now_us(end) / 1000);
        segment->timestamp_echo_ms = end->rcv.echo_ms;
    }
    if (end->has_sack) {
        receiver_sacks(end, segment);
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
        sender_rto_rearm(end);
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

/* goal_bytes - of one piece of the send buffer */
static int64_t
goal_bytes(const struct sender *snd)
{
    int64_t bytes = GOAL_BYTES;

    if (snd->window_max > MSS_DEFAULT) {
        bytes = i64_min(bytes, snd->window_max / 2);
    }
    return i64_max(bytes / snd->mss, 1) * snd->mss;
}

/* memory_used - of the send buffer */
static int64_t
memory_used(const struct tcp_endpoint *end)
{
    const struct sender *snd = &end->snd;
    const int64_t bytes = snd->queued - snd->una;

    if (end->stack->sws != TCP_SWS_LINUX || bytes <= 0) {
        return bytes;
    }
    return bytes + SKB_BYTES * i64_div_ceil(bytes, goal_bytes(snd));
}

/* memory_grow - with the window of congestion, unless that is full */
static void
memory_grow(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;

    if (end->stack->sws == TCP_SWS_LINUX) {
        const int64_t memory = 2 * SEGMENT_BYTES * i64_max(10, snd->cwnd);
        snd->memory = i64_max(snd->memory,
                              i64_min(memory, end->stack->send_buffer_bytes));
    } else {
        snd->memory = end->stack->send_buffer_bytes;
    }
}

void
sender_fill(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    const int64_t goal = goal_bytes(snd);

    if (snd->memory == 0) {
        memory_grow(end);
    }
    if (goal != snd->piece_bytes || snd->next == snd->queued) {
        snd->piece_base = snd->queued;
        snd->piece_bytes = goal;
    }
    while (snd->queued < snd->written && memory_used(end) < snd->memory) {
        snd->queued += i64_min(goal, snd->written - snd->queued);
    }
}

/* chunk_segments - how many segments a chunk has, by the rate of the path */
static int64_t
chunk_segments(const struct sender *snd)
{
    if (snd->srtt_us8 == 0) {
        return CHUNK_BYTES_MAX / snd->mss;
    }
    const int64_t gain = snd->cwnd < snd->ssthresh / 2 ? 200 : 120;
    const int64_t rate =
        snd->cwnd * snd->mss * gain / 100 * 8 * US_PER_S / snd->srtt_us8;
    const int64_t short_path = snd->rtt_min_us >> CHUNK_RTT_SHIFT;
    int64_t bytes = rate >> CHUNK_SHIFT;

    if (short_path < 32) {
        bytes += CHUNK_BYTES_MAX >> short_path;
    }
    return i64_max(i64_min(bytes, CHUNK_BYTES_MAX) / snd->mss, CHUNK_MIN);
}

/* is_deferred - would waiting for the next acknowledgement make more of it? */
static bool
is_deferred(const struct tcp_endpoint *end, int64_t segments, bool *is_cwnd)
{
    const struct sender *snd = &end->snd;
    const int64_t now_ns = end_now_ns(end);

    if (snd->is_writing || snd->phase >= PHASE_RECOVERY ||
        now_ns - snd->last_sent_at_ns > NS_PER_MS || packets_out(snd) == 0) {
        return false;
    }
    const int64_t window = snd->una + snd->window - snd->next;
    const int64_t room = (snd->cwnd - in_flight(snd)) * snd->mss;
    const int64_t limit = i64_min(window, room);
    const int64_t left = i64_min(unsent(snd), CHUNK_BYTES_MAX);
    if (limit >= segments * snd->mss ||
        limit >= i64_min(snd->window, snd->cwnd * snd->mss) / WINDOW_SHARE) {
        return false;
    }
    if (sender_head_age_us(end) < snd->srtt_us8 / 16) {
        return false; /* the next one will be long in coming */
    }
    if (room < window) {
        if (room <= left) {
            *is_cwnd = true;
            return true;
        }
    } else if (window <= left) {
        return true;
    }
    return false;
}

/* is_small_out - a segment below MSS has not been acknowledged (Minshall) */
static bool
is_small_out(const struct sender *snd)
{
    return snd->small_end > snd->una && snd->small_end <= snd->next;
}

/* boundary - where the piece of the send buffer that holds seq ends */
static int64_t
boundary(const struct sender *snd, int64_t seq)
{
    if (seq < snd->piece_base) {
        return i64_min(snd->piece_base, snd->queued);
    }
    return i64_min(seq + snd->piece_bytes -
                       (seq - snd->piece_base) % snd->piece_bytes,
                   snd->queued);
}

/* head_join - the first piece takes of the next one what makes it a whole
 * chunk; once each time it is looked at */
static void
head_join(struct sender *snd, int64_t segments)
{
    if (snd->head_end <= snd->next) {
        snd->head_end = boundary(snd, snd->next);
    }
    const int64_t missing = segments * snd->mss - (snd->head_end - snd->next);
    if (missing > 0 && snd->head_end < snd->queued) {
        snd->head_end +=
            i64_min(missing, boundary(snd, snd->head_end) - snd->head_end);
    }
}

/* piece_linux - bytes of the next chunk; 0: nothing may go */
static int64_t
piece_linux(struct tcp_endpoint *end, bool *is_cwnd)
{
    struct sender *snd = &end->snd;
    const int64_t segments = chunk_segments(snd);
    const int64_t quota =
        i64_min(i64_min(i64_max(snd->cwnd / 2, 1), snd->cwnd - in_flight(snd)),
                segments);
    const int64_t window = snd->una + snd->window - snd->next;

    head_join(snd, quota);
    const int64_t left = snd->head_end - snd->next;
    const bool is_last = snd->head_end == snd->queued && !snd->is_closing;
    if (window < i64_min(left, snd->mss)) {
        return 0;
    }
    if (left <= snd->mss) {
        return left < snd->mss && is_last && packets_out(snd) > 0 &&
                       is_small_out(snd)
                   ? 0
                   : left;
    }
    if (is_deferred(end, segments, is_cwnd)) {
        return 0;
    }
    const int64_t whole = quota * snd->mss;
    if (whole <= window && (whole <= left || snd->head_end != snd->queued)) {
        return i64_min(whole, left);
    }
    const int64_t needed = i64_min(left, window);
    const int64_t part = needed % snd->mss;
    return packets_out(snd) > 0 && is_small_out(snd) && !snd->is_writing
               ? needed - part
               : needed;
}

/* piece_bsd - the rules of tcp_output(): a full segment; all there is while
 * nothing is out; half the largest window */
static int64_t
piece_bsd(const struct tcp_endpoint *end)
{
    const struct sender *snd = &end->snd;
    const int64_t left = unsent(snd);
    const int64_t window = snd->una + snd->window - snd->next;
    const int64_t piece = i64_min(i64_min(left, window), snd->mss);

    if (piece <= 0) {
        return 0;
    }
    if (piece == snd->mss || (piece == left && packets_out(snd) == 0) ||
        piece >= snd->window_max / 2) {
        return piece;
    }
    return 0;
}

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
        const int64_t piece = end->stack->sws == TCP_SWS_BSD
                                  ? piece_bsd(end)
                                  : piece_linux(end, &is_cwnd);
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
        (void)sender_tail_probe_set(end, false);
    } else {
        sender_probe_check(end);
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
        memory_grow(end);
    }
    const int64_t used = memory_used(end);
    if (snd->memory - used >= used / 2) {
        sender_fill(end);
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
        sender_rto_rearm(end);
    }
}
