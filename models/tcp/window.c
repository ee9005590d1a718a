/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * window.c - the window that is offered
 *
 * The application reads at once, so the buffer holds only what lies beyond a
 * hole. The window a Linux host offers starts at half its buffer, grows by two
 * segments for each full one that comes, up to what the buffer has room for
 * (by the share of data in the memory that segments take), and the buffer grows
 * once a round trip with what the application has read.
 */
#include "models/tcp/endpoint_parts.h"

/* Measured on a 6.18 kernel behind a TUN device: a segment of 1448 bytes takes
 * 2304, one of 510 takes 1280 (tests/validation/tcp). */
#define SKB_HEAD    256 /* memory of a segment that is not the data's buffer, */
#define SKB_ROOM    436 /* which has this beside the data */
#define SKB_MIN     512
#define RATIO_FIRST 128 /* of memory that is data, before any came, */
#define RATIO_ONE   256 /* in these units */

void
window_init(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    rcv->clamp_hard = end->stack->window_clamp_bytes > 0
                          ? end->stack->window_clamp_bytes
                          : INT64_MAX / 4;
    rcv->buffer = 2 * end->stack->window_first_bytes;
    rcv->ratio = RATIO_FIRST;
}

static int64_t
round_down(int64_t bytes, int64_t unit)
{
    return bytes > unit ? bytes / unit * unit : bytes;
}

/* first_window - as it is when the mss of the data is known */
static int64_t
first_window(const struct tcp_endpoint *end, int64_t mss)
{
    const int64_t space =
        i64_min(end->stack->window_first_bytes, end->rcv.clamp_hard);

    return i64_min(round_down(space, mss), TCP_WINDOW_MAX);
}

uint16_t
window_syn_field(const struct tcp_endpoint *end)
{
    const int64_t mss = end->side == TCP_SERVER && end->has_timestamps
                            ? end->stack->mss_bytes - 12
                            : end->stack->mss_bytes;

    return (uint16_t)first_window(end, mss);
}

/* room_in - bytes of data that so much memory holds */
static int64_t
room_in(const struct receiver *rcv, int64_t memory)
{
    return memory * rcv->ratio / RATIO_ONE;
}

/* free_memory - of the buffer, beside what lies beyond holes */
static int64_t
free_memory(const struct receiver *rcv)
{
    return rcv->buffer - rcv->ofo_bytes * RATIO_ONE / rcv->ratio;
}

static int64_t
segment_max(const struct tcp_endpoint *end)
{
    return end->stack->mss_bytes - (end->has_timestamps ? 12 : 0);
}

/* clamp_set - the most this buffer lets it offer */
static void
clamp_set(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    rcv->clamp = i64_max(i64_min(room_in(rcv, rcv->buffer), rcv->clamp_hard),
                         end->stack->mss_bytes);
}

void
window_established(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    /* Linux forgets, when the ceiling rises, that without scaling there is no
     * showing more than 65535: it goes on to take in what it cannot offer. */
    if (!end->is_scaling && !end_is_linux(end)) {
        rcv->clamp_hard = i64_min(rcv->clamp_hard, TCP_WINDOW_MAX);
    }
    rcv->window = window_syn_field(end);
    rcv->window_at = rcv->next;
    clamp_set(end);
    if (end_is_linux(end)) { /* room for a segment is kept back at first */
        rcv->clamp =
            i64_max(rcv->clamp - segment_max(end), 2 * segment_max(end));
    }
    rcv->limit = i64_min(rcv->window, rcv->clamp);
    rcv->space = i64_min(rcv->limit, 10 * segment_max(end));
    rcv->space_seq = rcv->next;
    rcv->space_at_us = end_now_us(end);
    rcv->edge = rcv->next + rcv->window;
    rcv->mss = (int32_t)i64_max(
        i64_min(i64_min(end->snd.mss, rcv->window / 2), MSS_DEFAULT), MSS_MIN);
}

/* offered - what is left of the last offer */
static int64_t
offered(const struct receiver *rcv)
{
    return i64_max(rcv->window_at + rcv->window - rcv->next, 0);
}

static int64_t
align(int64_t bytes, int32_t shift)
{
    const int64_t unit = INT64_C(1) << shift;

    return (bytes + unit - 1) / unit * unit;
}

/* window_choose - RFC 9293, 3.8.6.2.2: no offer that invites small segments */
int64_t
window_choose(const struct tcp_endpoint *end)
{
    const struct receiver *rcv = &end->rcv;
    const int64_t free_bytes =
        i64_min(i64_min(i64_min(rcv->clamp, rcv->limit), rcv->clamp_hard),
                i64_max(room_in(rcv, free_memory(rcv)), 0));
    const int64_t mss = i64_min(rcv->mss, rcv->clamp);
    int64_t window = rcv->window;

    if (end->receive_shift > 0) {
        return align(free_bytes, end->receive_shift);
    }
    if (window <= free_bytes - mss || window > free_bytes) {
        window = free_bytes / mss * mss;
    } else if (mss == rcv->clamp && free_bytes > window + rcv->clamp / 2) {
        window = free_bytes;
    }
    return window;
}

uint16_t
window_field(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;
    const int64_t left = offered(rcv);
    int64_t window = window_choose(end);

    if (window < left) { /* never take back what was offered */
        window = align(left, end->receive_shift);
    }
    rcv->window = window;
    rcv->window_at = rcv->next;
    const int64_t field = i64_min(window >> end->receive_shift, TCP_WINDOW_MAX);
    rcv->edge = i64_max(rcv->edge, rcv->next + (field << end->receive_shift));
    return (uint16_t)field;
}

bool
window_accepts(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    const struct receiver *rcv = &end->rcv;
    const int64_t until = segment->seq + tcp_segment_length(segment);

    /* Linux tests against what it has in mind, others against what they have
     * shown. */
    const int64_t edge =
        end_is_linux(end) ? rcv->next + offered(rcv) : rcv->edge;
    return until >= rcv->window_at && segment->seq <= edge;
}

/* Dynamic right-sizing: twice what was read in a round trip, and
 * more if that grows */
void
window_read(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;
    const int64_t now_us = end_now_us(end);

    if (rcv->rtt_us == 0 || now_us - rcv->space_at_us < rcv->rtt_us ||
        end->stack->tuning == TCP_TUNING_FIXED) {
        return;
    }
    const int64_t read = rcv->next - rcv->space_seq;
    if (read > rcv->space) {
        int64_t window = 2 * read;
        window +=
            2 * (int64_t)((base_i128)window * (read - rcv->space) / rcv->space);
        if (rcv->ofo_count > 0) {
            window += rcv->ofo[rcv->ofo_count - 1].until - rcv->next;
        }
        window = i64_min(window, end->stack->window_max_bytes);
        const int64_t buffer = window * RATIO_ONE / rcv->ratio;
        if (buffer > rcv->buffer) {
            rcv->buffer = buffer;
            clamp_set(end);
        }
        rcv->space = read;
    }
    rcv->space_seq = rcv->next;
    rcv->space_at_us = now_us;
}

static void
rtt_take(struct receiver *rcv, int64_t us)
{
    rcv->rtt_us = rcv->rtt_us == 0 ? us : i64_min(rcv->rtt_us, us);
}

/* window_rtt_by_echo - by the echo of a timestamp; the smallest counts most */
void
window_rtt_by_echo(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct receiver *rcv = &end->rcv;

    if (!end->has_timestamps ||
        segment->timestamp_echo_ms == rcv->rtt_echo_ms ||
        segment->payload_bytes < (uint32_t)rcv->mss) {
        return;
    }
    rcv->rtt_echo_ms = segment->timestamp_echo_ms;
    rtt_take(rcv, end_echo_age_us(end, segment->timestamp_echo_ms));
}

/* window_rtt_by_round - a round trip at most: the time a whole window took to come */
void
window_rtt_by_round(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;
    const int64_t now_us = end_now_us(end);

    if (rcv->round_end == 0 || rcv->next >= rcv->round_end) {
        if (rcv->round_end != 0) {
            rtt_take(rcv, i64_max(now_us - rcv->round_at_us, 1));
        }
        rcv->round_end = rcv->next + rcv->window;
        rcv->round_at_us = now_us;
    }
}

/* memory_bytes - what a segment takes of the buffer: a power of 2 for its data
 */
static int64_t
memory_bytes(const struct tcp_segment *segment)
{
    int64_t bytes = SKB_MIN;

    while (bytes < (int64_t)segment->payload_bytes + SKB_ROOM) {
        bytes *= 2;
    }
    return bytes + SKB_HEAD;
}

void
window_grow(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct receiver *rcv = &end->rcv;
    int64_t room = rcv->clamp - rcv->limit;
    int64_t more = 2 * segment_max(end);

    if (segment->payload_bytes < 128 || room <= 0) {
        return;
    }
    if (end_is_linux(end)) {
        int64_t waste = memory_bytes(segment);
        room =
            i64_min(room, room_in(rcv, free_memory(rcv) - waste) - rcv->limit);
        waste = room_in(rcv, waste);
        if (waste > (int64_t)segment->payload_bytes) {
            /* It wastes its memory: grow only far from the ceiling. */
            more = 0;
            waste /= 2;
            for (int64_t window = end->stack->window_max_bytes / 2;
                 rcv->limit <= window; window /= 2) {
                if (waste <= (int64_t)segment->payload_bytes) {
                    more = 2 * (int64_t)rcv->mss;
                    break;
                }
                waste /= 2;
            }
        }
        if (more == 0 || room <= 0) {
            return;
        }
    }
    more = i64_max(more, 2 * (int64_t)segment->payload_bytes);
    rcv->limit += i64_min(room, more);
    rcv->quick |= 1;
}

/* window_ratio - what of their memory is data in segments of a new size; the
 * ceiling follows, and what is offered is not held to be beyond the limit */
void
window_ratio(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct receiver *rcv = &end->rcv;
    const int32_t ratio = (int32_t)((int64_t)segment->payload_bytes *
                                    RATIO_ONE / memory_bytes(segment));
    const int64_t before = rcv->clamp;

    if (ratio == rcv->ratio) {
        return;
    }
    rcv->ratio = ratio > 0 ? ratio : 1;
    clamp_set(end);
    if (rcv->clamp < before) {
        rcv->limit = i64_min(rcv->limit, rcv->clamp);
    } else {
        rcv->limit = i64_max(rcv->limit, i64_min(rcv->window, rcv->clamp));
    }
    rcv->space = i64_min(rcv->space, rcv->clamp);
}
