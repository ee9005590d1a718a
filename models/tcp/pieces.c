/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pieces.c - in which pieces data leaves
 *
 * Linux: data lies in the send buffer in pieces and leaves in chunks of a few
 * segments, as a stack with segmentation offload makes them. The first segment
 * of a chunk must fit the window whole; a remainder of the window goes with it
 * unless a small segment is out (Minshall). A chunk waits for more window or
 * cwnd while an acknowledgement is expected soon. The buffer grows with cwnd,
 * and the application goes on writing when a third of it is free.
 * BSD: a full segment; all there is while nothing is out; or half the largest
 * window ever seen.
 */
#include "models/tcp/endpoint_parts.h"

/* The kernel's, 6.18; those of memory were measured there: how much the first
 * write takes, and what it says of its buffer (tests/validation/tcp). */
#define CHUNK_MIN       2     /* tcp_min_tso_segs */
#define CHUNK_BYTES_MAX 65536 /* of a chunk, headers aside */
#define CHUNK_SHIFT     10    /* a chunk is what is paced in 2^-10 s, */
#define CHUNK_RTT_SHIFT 9     /* more on short paths: tcp_tso_rtt_log */
#define WINDOW_SHARE    3     /* tcp_tso_win_divisor */
#define SKB_BYTES       768   /* memory of a piece of the send buffer, and */
#define SEGMENT_BYTES   2304  /* what the buffer reckons for a segment */
#define GOAL_BYTES      65279 /* of a piece: gso_max_size less headers */

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

/* pieces_memory - of the send buffer */
int64_t
pieces_memory(const struct tcp_endpoint *end)
{
    const struct sender *snd = &end->snd;
    const int64_t bytes = snd->queued - snd->una;

    if (end->stack->sws != TCP_SWS_LINUX || bytes <= 0) {
        return bytes;
    }
    return bytes + SKB_BYTES * i64_div_ceil(bytes, goal_bytes(snd));
}

/* pieces_memory_grow - with the window of congestion, unless that is full */
void
pieces_memory_grow(struct tcp_endpoint *end)
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
pieces_fill(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    const int64_t goal = goal_bytes(snd);

    if (snd->memory == 0) {
        pieces_memory_grow(end);
    }
    if (goal != snd->piece_bytes || snd->next == snd->queued) {
        snd->piece_base = snd->queued;
        snd->piece_bytes = goal;
    }
    while (snd->queued < snd->written && pieces_memory(end) < snd->memory) {
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
    if (head_age_us(end) < snd->srtt_us8 / 16) {
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

int64_t
pieces_next(struct tcp_endpoint *end, bool *is_cwnd)
{
    return end->stack->sws == TCP_SWS_BSD ? piece_bsd(end)
                                          : piece_linux(end, is_cwnd);
}
