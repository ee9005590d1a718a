/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * endpoint.c - an end's life; see endpoint.h
 *
 * What the model leaves out: pacing (off for Reno and CUBIC), ECN, D-SACK,
 * PAWS, keepalives, path MTU discovery, urgent data, simultaneous open, the
 * half-closed states beyond a FIN and its acknowledgement, a reader that is
 * slower than the network, the memory limits of the host.
 */
#include <stdlib.h>

#include "models/tcp/endpoint_parts.h"

#define CACHE_LINE 64

/* --- Life ----------------------------------------------------------------- */

static void
end_init(struct tcp_endpoint *end, const struct tcp_stack *stack,
         enum tcp_side side, const struct tcp_port *port)
{
    const struct sent_ring ring = end->snd.ring;
    int64_t *again_seqs = end->snd.again_seqs;
    const uint32_t again_capacity = end->snd.again_capacity;

    end->snd = (struct sender){.ring = ring,
                               .again_seqs = again_seqs,
                               .again_capacity = again_capacity};
    scoreboard_reset(&end->snd);
    end->rcv = (struct receiver){.ofo = end->rcv.ofo,
                                 .ofo_capacity = end->rcv.ofo_capacity};
    end->port = *port;
    end->stack = stack;
    end->side = side;
    end->state = side == TCP_CLIENT ? TCP_STATE_CLOSED : TCP_STATE_LISTEN;
    end->is_scaling = false;
    end->has_timestamps = stack->has_timestamps;
    end->has_sack = false;
    end->send_shift = 0;
    end->receive_shift = 0;
    end->offered_shift = stack->shift;
    end->syn_sent_count = end->syn_answers_count = 0;
    sender_init(end);
    receiver_init(end);
}

struct tcp_endpoint *
tcp_endpoint_new(const struct tcp_stack *stack, enum tcp_side side,
                 const struct tcp_port *port)
{
    struct tcp_endpoint *end = base_alloc(sizeof *end);

    ASSERT(stack->shift >= TCP_SHIFT_NONE && stack->shift <= TCP_SHIFT_MAX);
    ASSERT(stack->mss_bytes >= MSS_MIN);
    end_init(end, stack, side, port);
    return end;
}

static void
timers_kill(struct tcp_endpoint *end)
{
    alarm_kill(end, &end->snd.alarm);
    alarm_kill(end, &end->rcv.delayed);
    alarm_kill(end, &end->rcv.compressed);
    end->snd.retry = RETRY_NONE;
}

void
tcp_endpoint_free(struct tcp_endpoint *end)
{
    if (end == NULL) {
        return;
    }
    timers_kill(end);
    scoreboard_free(&end->snd);
    free(end->rcv.ofo);
    free(end);
}

void
tcp_endpoint_reset(struct tcp_endpoint *end, const struct tcp_stack *stack,
                   enum tcp_side side, const struct tcp_port *port)
{
    timers_kill(end);
    end_init(end, stack, side, port);
}

void
end_tell(struct tcp_endpoint *end, enum tcp_news news)
{
    end->port.notify(end->port.arg, end->side, news);
}

void
end_fail(struct tcp_endpoint *end)
{
    timers_kill(end);
    end->state = TCP_STATE_DEAD;
    end_tell(end, TCP_NEWS_FAILED);
}

/* --- Handshake ------------------------------------------------------------ */

/* syn_send - SYN of a client, SYN-ACK of a server */
static void
syn_send(struct tcp_endpoint *end)
{
    const struct tcp_stack *stack = end->stack;
    struct tcp_segment segment = {.flags = TCP_SYN,
                                  .options = TCP_OPTION_MSS,
                                  .mss_bytes = (uint16_t)stack->mss_bytes,
                                  .window = window_syn_field(end)};
    const bool is_server = end->side == TCP_SERVER;

    if (is_server) {
        segment.flags |= TCP_ACK;
        segment.ack = end->rcv.next;
    }
    if (is_server ? end->has_sack : stack->has_sack) {
        segment.options |= TCP_OPTION_SACK_PERMITTED;
    }
    if (end->has_timestamps) {
        segment.options |= TCP_OPTION_TIMESTAMP;
        segment.timestamp_ms = (uint32_t)(end_now_us(end) / US_PER_MS);
        segment.timestamp_echo_ms = end->rcv.echo_ms;
    }
    if (is_server ? end->is_scaling : end->offered_shift != TCP_SHIFT_NONE) {
        segment.options |= TCP_OPTION_SCALE;
        segment.shift = (uint8_t)end->offered_shift;
    }
    end->syn_at_ns = end_now_ns(end);
    end->syn_sent_count++;
    sender_transmit(end, &segment);
}

/* syn_tries - by the timer: a SYN that comes again is answered at once, and
 * takes no try away */
static uint32_t
syn_tries(const struct tcp_endpoint *end)
{
    return end->syn_sent_count - end->syn_answers_count;
}

/* syn_wait_us - until the next SYN: linear at first, then doubling */
static int64_t
syn_wait_us(const struct tcp_endpoint *end)
{
    const struct tcp_stack *stack = end->stack;
    const int64_t first_us = stack->rto_first_ns / NS_PER_US;
    const uint32_t linear = end->side == TCP_CLIENT ? stack->linear_syns : 0;
    const uint32_t count = syn_tries(end);

    if (count <= linear + 1) {
        return linear == 0 ? first_us << (count - 1) : first_us;
    }
    return i64_min(first_us << (count - linear - 1), 120 * US_PER_S);
}

void
end_syn_retry(struct tcp_endpoint *end)
{
    const struct tcp_stack *stack = end->stack;
    const uint32_t linear = end->side == TCP_CLIENT ? stack->linear_syns : 0;

    if (syn_tries(end) > stack->syn_retries + linear) {
        end_fail(end);
        return;
    }
    if (stack->drops_scale_on_retry && end->side == TCP_CLIENT &&
        syn_tries(end) >= 2) {
        end->offered_shift = TCP_SHIFT_NONE;
    }
    syn_send(end);
    retry_set(end, RETRY_SYN, syn_wait_us(end));
}

void
tcp_endpoint_open(struct tcp_endpoint *end)
{
    ASSERT(end->side == TCP_CLIENT && end->state == TCP_STATE_CLOSED);
    end->state = TCP_STATE_SYN_SENT;
    end->snd.next = 1;
    syn_send(end);
    retry_set(end, RETRY_SYN, syn_wait_us(end));
}

/* options_take - what the peer's SYN says, as it was delivered */
static void
options_take(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    const struct tcp_stack *stack = end->stack;
    int32_t mss = stack->mss_bytes;

    if (segment->options & TCP_OPTION_MSS) {
        mss = (int32_t)i64_min(mss, segment->mss_bytes);
    } else {
        mss = (int32_t)i64_min(mss, MSS_DEFAULT);
    }
    end->has_timestamps =
        stack->has_timestamps && (segment->options & TCP_OPTION_TIMESTAMP) != 0;
    end->has_sack =
        stack->has_sack && (segment->options & TCP_OPTION_SACK_PERMITTED) != 0;
    end->is_scaling = end->offered_shift != TCP_SHIFT_NONE &&
                      (segment->options & TCP_OPTION_SCALE) != 0;
    end->send_shift = 0;
    end->receive_shift = 0;
    if (end->is_scaling) {
        end->send_shift =
            segment->shift > TCP_SHIFT_MAX ? TCP_SHIFT_MAX : segment->shift;
        end->receive_shift = end->offered_shift;
    }
    end->snd.mss_full = mss - (end->has_timestamps ? 12 : 0);
    end->rcv.echo_ms = segment->timestamp_ms;
    end->rcv.next = segment->seq + 1;
    end->snd.window = segment->window; /* of a SYN: never scaled */
    end->snd.window_seq = segment->seq;
}

static void
syn_arrived(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    options_take(end, segment);
    if (end->state == TCP_STATE_SYN_RECEIVED) {
        end->syn_answers_count++;
        syn_send(end); /* again: the client has not had it */
        return;
    }
    end->state = TCP_STATE_SYN_RECEIVED;
    end->snd.next = 1;
    end->syn_sent_count = end->syn_answers_count = 0;
    syn_send(end);
    retry_set(end, RETRY_SYN, syn_wait_us(end));
}

static void
established(struct tcp_endpoint *end)
{
    end->state = TCP_STATE_ESTABLISHED;
    end->snd.una = 1;
    end->snd.next = 1;
    end->snd.high_seq = 1;
    end->snd.rtt_seq = 1;
    retry_off(end);
    end->snd.backoff = 0;
    if (end->syn_sent_count == 1) {
        recovery_rtt_sample(end,
                            (end_now_ns(end) - end->syn_at_ns) / NS_PER_US);
    } else {
        end->snd.cwnd = i64_min(end->snd.cwnd, end->stack->initial_window);
        end->snd.rto_us = end->stack->rto_first_ns / NS_PER_US;
    }
    sender_established(end);
    window_established(end);
}

static void
syn_ack_arrived(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    options_take(end, segment);
    end->snd.window_max = end->snd.window;
    established(end);
    sender_pure_ack(end);
    end_tell(end, TCP_NEWS_CONNECTED);
    if (end->state == TCP_STATE_ESTABLISHED) {
        sender_push(end);
    }
}

/* handshake_end - the third segment, or data that came instead of it */
static void
handshake_end(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    const int64_t of_syn = end->snd.window;

    end->snd.window = (int64_t)segment->window << end->send_shift;
    /* BSD has seen the SYN's window too, Linux begins with this one. */
    end->snd.window_max = end->stack->sws == TCP_SWS_BSD
                              ? i64_max(end->snd.window, of_syn)
                              : end->snd.window;
    end->snd.window_seq = segment->seq;
    if (end->has_timestamps && segment->seq <= end->rcv.next) {
        end->rcv.echo_ms = segment->timestamp_ms; /* RFC 7323, 4.3 */
    }
    established(end);
    end_tell(end, TCP_NEWS_CONNECTED);
}

/* --- The application ------------------------------------------------------ */

/* idle_restart - RFC 5681, 4.1: after silence the old cwnd means little */
static void
idle_restart(struct tcp_endpoint *end)
{
    struct sender *snd = &end->snd;
    const int64_t first = i64_min(end->stack->initial_window, snd->cwnd);
    int64_t idle_us = (end_now_ns(end) - snd->last_sent_at_ns) / NS_PER_US;

    if (packets_out(snd) > 0 || idle_us <= snd->rto_us) {
        return;
    }
    const int64_t floor = snd->cwnd / 2 + snd->cwnd / 4;
    if (snd->ssthresh != WINDOW_FOR_EVER) {
        snd->ssthresh = i64_max(snd->ssthresh, floor);
    }
    while ((idle_us -= snd->rto_us) > 0 && snd->cwnd > first) {
        snd->cwnd /= 2;
    }
    snd->cwnd = i64_max(snd->cwnd, first);
    snd->packets_max = 0;
    snd->is_cwnd_limited = false;
    snd->usage_seq = snd->una;
}

void
tcp_endpoint_write(struct tcp_endpoint *end, int64_t bytes)
{
    ASSERT(bytes >= 0 && !end->snd.is_closing);
    if (bytes == 0 || end->state == TCP_STATE_DEAD) {
        return;
    }
    if (end->state == TCP_STATE_ESTABLISHED) {
        idle_restart(end);
    }
    end->snd.written += bytes;
    pieces_fill(end);
    sender_push(end);
}

void
tcp_endpoint_close(struct tcp_endpoint *end)
{
    if (end->state == TCP_STATE_DEAD) {
        return;
    }
    end->snd.is_closing = true;
    sender_push(end);
}

void
tcp_endpoint_abort(struct tcp_endpoint *end)
{
    if (end->state != TCP_STATE_DEAD && end->state != TCP_STATE_CLOSED &&
        end->state != TCP_STATE_LISTEN) {
        sender_rst(end);
    }
    timers_kill(end);
    end->state = TCP_STATE_DEAD;
}

/* --- What arrives --------------------------------------------------------- */

static void
established_receive(struct tcp_endpoint *end, const struct tcp_segment *segment)
{
    const int64_t before = end->rcv.next;
    const bool was_open =
        end->rcv.fin_seq == 0 || end->rcv.next <= end->rcv.fin_seq;

    if (segment->flags & TCP_SYN) { /* a SYN-ACK again: our ACK was lost */
        sender_pure_ack(end);
        return;
    }
    if (!window_accepts(end, segment)) {
        receiver_refuse(end, segment);
        return;
    }
    if (end->has_timestamps && segment->seq <= end->rcv.window_at) {
        end->rcv.echo_ms = segment->timestamp_ms;
    }
    recovery_ack(end, segment);
    if (end->state != TCP_STATE_ESTABLISHED) {
        return;
    }
    if (tcp_segment_length(segment) > 0) {
        receiver_data(end, segment);
    } else if (segment->seq < end->rcv.next && segment->payload_bytes == 0 &&
               segment->seq == end->rcv.window_at - 1) {
        receiver_duplicate(end); /* a probe of our window */
        return;
    }
    receiver_ack_check(end);
    window_read(end);
    const bool is_fin =
        end->rcv.fin_seq != 0 && end->rcv.next > end->rcv.fin_seq && was_open;
    if (end->rcv.next - is_fin > before) {
        end_tell(end, TCP_NEWS_DATA);
    }
    if (is_fin && end->state == TCP_STATE_ESTABLISHED) {
        end_tell(end, TCP_NEWS_CLOSED);
    }
}

void
tcp_endpoint_expect(const struct tcp_endpoint *end)
{
    const unsigned char *line = (const unsigned char *)end;

    for (size_t at = 0; at < sizeof *end; at += CACHE_LINE) {
        __builtin_prefetch(line + at);
    }
}

void
tcp_endpoint_receive(struct tcp_endpoint *end,
                     const struct tcp_segment *segment)
{
    if (end->state == TCP_STATE_DEAD || end->state == TCP_STATE_CLOSED) {
        return;
    }
    if (segment->flags & TCP_RST) {
        if (end->state != TCP_STATE_LISTEN) {
            end_fail(end);
        }
        return;
    }
    const bool is_syn = (segment->flags & TCP_SYN) != 0;
    const bool is_ack = (segment->flags & TCP_ACK) != 0;
    switch (end->state) {
    case TCP_STATE_LISTEN:
        if (is_syn && !is_ack) {
            syn_arrived(end, segment);
        }
        return;
    case TCP_STATE_SYN_SENT:
        if (is_syn && is_ack && segment->ack == 1) {
            syn_ack_arrived(end, segment);
        }
        return;
    case TCP_STATE_SYN_RECEIVED:
        if (is_syn) {
            syn_arrived(end, segment);
        } else if (is_ack && segment->ack == 1) {
            handshake_end(end, segment);
            if (end->state == TCP_STATE_ESTABLISHED) {
                if (tcp_segment_length(segment) > 0) {
                    established_receive(end, segment);
                }
                sender_push(end);
            }
        }
        return;
    case TCP_STATE_ESTABLISHED:
        if (is_ack) {
            established_receive(end, segment);
        }
        return;
    case TCP_STATE_CLOSED:
    case TCP_STATE_DEAD:
        return;
    }
    UNREACHABLE("every state is above");
}

/* --- Questions ------------------------------------------------------------ */

int64_t
tcp_endpoint_received_bytes(const struct tcp_endpoint *end)
{
    const struct receiver *rcv = &end->rcv;

    if (end->state < TCP_STATE_ESTABLISHED || rcv->next == 0) {
        return 0;
    }
    return rcv->next - 1 - (rcv->fin_seq != 0 && rcv->next > rcv->fin_seq);
}

int64_t
tcp_endpoint_written_bytes(const struct tcp_endpoint *end)
{
    return end->snd.written - 1;
}

int64_t
tcp_endpoint_acked_bytes(const struct tcp_endpoint *end)
{
    return i64_max(i64_min(end->snd.una, end->snd.written) - 1, 0);
}

int64_t
tcp_endpoint_unbuffered_bytes(const struct tcp_endpoint *end)
{
    return end->snd.written - end->snd.queued;
}

struct tcp_belief
tcp_endpoint_belief(const struct tcp_endpoint *end)
{
    const int32_t shift = end->is_scaling ? end->receive_shift : 0;

    return (struct tcp_belief){
        .send_shift = end->send_shift,
        .receive_shift = end->receive_shift,
        .is_scaling = end->is_scaling,
        .send_window_bytes = end->snd.window,
        /* What lies beyond 16 bits cannot be said. */
        .receive_window_bytes =
            i64_min(end->rcv.window, (int64_t)TCP_WINDOW_MAX << shift),
    };
}

struct tcp_progress
tcp_endpoint_progress(const struct tcp_endpoint *end)
{
    const struct sender *snd = &end->snd;

    return (struct tcp_progress){
        .next_seq = snd->next,
        .acked_seq = snd->una,
        .window_edge = snd->una + snd->window,
        .window_segments = snd->cwnd,
        .threshold_segments = snd->ssthresh,
        .srtt_ns = snd->srtt_us8 / 8 * NS_PER_US,
        .rto_ns = retry_rto_us(end) * NS_PER_US,
        .sent_count = snd->sent_count,
        .resent_count = snd->resent_count,
        .timeouts_count = snd->timeouts_count,
        .probes_count = snd->probes_count,
        .reductions_count = snd->reductions_count,
    };
}
