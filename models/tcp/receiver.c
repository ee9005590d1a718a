/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * receiver.c - what came, the window that is offered, when to acknowledge
 *
 * The application reads at once, so the buffer holds only what lies beyond a
 * hole. The window a Linux host offers starts at half its buffer, grows by two
 * segments for each full one that comes, up to what the buffer has room for,
 * and the buffer grows once a round trip with what the application has read.
 * An acknowledgement goes at once when more than one segment (as large as the
 * peer's seem to be) is unacknowledged, beside a hole, while quick ones last,
 * or when a pushed piece was read and the connection is no dialogue; else with
 * the delayed timer.
 */
#include <string.h>

#include "models/tcp/endpoint_parts.h"

#define QUICK_MAX      16
#define ATO_MIN_US     40000
#define DELACK_MIN_US  40000
#define DELACK_MAX_US  200000
#define PUSH_MAX_US    500000 /* HZ / 2 */
#define SKB_HEAD       256 /* memory of a segment that is not the data's buffer, */
#define SKB_ROOM       436 /* which has this beside the data */
#define SKB_MIN        512
#define RATIO_FIRST    128 /* of memory that is data, before any came, */
#define RATIO_ONE      256 /* in these units */
#define COMPRESSED_MAX 44  /* tcp_comp_sack_nr */
#define COMPRESSED_US  1000
#define OPTION_SPACE   20
#define TCP_HEADER     20

static void on_delayed(void *arg, uint64_t data);
static void on_compressed(void *arg, uint64_t data);

/* is_linux - the receiver's rules; others follow RFC 5681's plain ones */
static bool
is_linux(const struct tcp_endpoint *end)
{
    return end->stack->tuning == TCP_TUNING_LINUX;
}

static int64_t
round_down(int64_t bytes, int64_t unit)
{
    return bytes > unit ? bytes / unit * unit : bytes;
}

void
receiver_init(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    rcv->delayed.due_at_ns = -1;
    rcv->compressed.due_at_ns = -1;
    rcv->clamp_hard = end->stack->window_clamp_bytes > 0
                          ? end->stack->window_clamp_bytes
                          : INT64_MAX / 4;
    rcv->buffer = 2 * end->stack->window_first_bytes;
    rcv->ratio = RATIO_FIRST;
    rcv->mss = MSS_DEFAULT;
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
receiver_syn_field(const struct tcp_endpoint *end)
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
receiver_established(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    /* Linux forgets, when the ceiling rises, that without scaling there is no
     * showing more than 65535: it goes on to take in what it cannot offer. */
    if (!end->is_scaling && !is_linux(end)) {
        rcv->clamp_hard = i64_min(rcv->clamp_hard, TCP_WINDOW_MAX);
    }
    rcv->window = receiver_syn_field(end);
    rcv->window_at = rcv->next;
    clamp_set(end);
    if (is_linux(end)) { /* room for a segment is kept back at first */
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

/* --- The window ----------------------------------------------------------- */

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
static int64_t
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
receiver_window_field(struct tcp_endpoint *end)
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
receiver_is_acceptable(struct tcp_endpoint *end,
                       const struct tcp_segment *segment)
{
    const struct receiver *rcv = &end->rcv;
    const int64_t until = segment->seq + tcp_segment_length(segment);

    /* Linux tests against what it has in mind, others against what they have
     * shown. */
    const int64_t edge = is_linux(end) ? rcv->next + offered(rcv) : rcv->edge;
    return until >= rcv->window_at && segment->seq <= edge;
}

/* Dynamic right-sizing: twice what was read in a round trip, and
 * more if that grows */
void
receiver_read(struct tcp_endpoint *end)
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

/* receiver_rtt - by the echo of a timestamp; the smallest counts most */
void
receiver_rtt(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct receiver *rcv = &end->rcv;

    if (!end->has_timestamps ||
        segment->timestamp_echo_ms == rcv->rtt_echo_ms ||
        segment->payload_bytes < (uint32_t)rcv->mss) {
        return;
    }
    rcv->rtt_echo_ms = segment->timestamp_echo_ms;
    rtt_take(rcv, i64_max(1000 * (end_now_us(end) / 1000 -
                                  (int64_t)segment->timestamp_echo_ms),
                          1000));
}

/* rtt_by_window - a round trip at most: the time a whole window took to come */
static void
rtt_by_window(struct tcp_endpoint *end)
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
receiver_window_grow(struct tcp_endpoint *end,
                     const struct tcp_segment *segment)
{
    struct receiver *rcv = &end->rcv;
    int64_t room = rcv->clamp - rcv->limit;
    int64_t more = 2 * segment_max(end);

    if (segment->payload_bytes < 128 || room <= 0) {
        return;
    }
    if (is_linux(end)) {
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

/* ratio_measure - what of their memory is data in segments of a new size; the
 * ceiling follows, and what is offered is not held to be beyond the limit */
static void
ratio_measure(struct tcp_endpoint *end, const struct tcp_segment *segment)
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
        if (bytes != rcv->mss && is_linux(end)) {
            ratio_measure(end, segment);
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

/* receiver_arrival - the delayed acknowledgement's interval follows the gaps */
void
receiver_arrival(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    struct receiver *rcv = &end->rcv;
    const int64_t now_us = end_now_us(end);

    rcv->pending |= ACK_SCHEDULED;
    mss_measure(end, segment);
    rtt_by_window(end);
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
    receiver_window_grow(end, segment);
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

    if (!is_linux(end)) {
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

    if (!end->has_sack || !is_linux(end) ||
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
    /* A high-resolution timer: no ticks. */
    const int64_t after_us = i64_max(i64_min(COMPRESSED_US, rtt_us / 20), 1);
    const int64_t due_at_ns = end_now_ns(end) + after_us * NS_PER_US;
    rcv->compressed.due_at_ns = due_at_ns;
    if (rcv->compressed.event.generation == 0) {
        rcv->compressed.event =
            evq_push(end->port.evq, due_at_ns, end->port.evq_class,
                     on_compressed, end, 0);
        rcv->compressed.event_at_ns = due_at_ns;
    }
}

void
receiver_ack_check(struct tcp_endpoint *end)
{
    struct receiver *rcv = &end->rcv;

    if (!(rcv->pending & ACK_SCHEDULED)) {
        return;
    }
    const int64_t waiting = rcv->next - rcv->window_at;
    if (!is_linux(end)) {
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
