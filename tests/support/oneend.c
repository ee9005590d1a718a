/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/oneend.h"

#include <stdlib.h>

#include "tests/support/support.h"

static void
transmit(void *arg, enum tcp_side side, const struct tcp_segment *segment)
{
    struct oneend *one = arg;

    (void)side;
    assert_true(one->sent_count < ONEEND_SEEN_MAX);
    one->sent_at_ns[one->sent_count] = evq_now_ns(one->evq);
    one->sent[one->sent_count++] = *segment;
}

static void
notify(void *arg, enum tcp_side side, enum tcp_news news)
{
    struct oneend *one = arg;

    (void)side;
    assert_true(one->news_count < ONEEND_SEEN_MAX);
    one->news[one->news_count++] = news;
    if (news == TCP_NEWS_DATA && one->answer_bytes > 0) {
        tcp_endpoint_write(one->end, one->answer_bytes);
    }
}

struct oneend *
oneend_new(const struct tcp_stack *stack, enum tcp_side side)
{
    struct oneend *one = base_alloc(sizeof *one);

    one->evq = evq_new(64);
    one->stack = *stack;
    one->stack.tick_ns = 0;
    const struct tcp_port port = {transmit, notify, one, one->evq, 0};
    one->end = tcp_endpoint_new(&one->stack, side, &port);
    return one;
}

void
oneend_free(struct oneend *one)
{
    if (one != NULL) {
        tcp_endpoint_free(one->end);
        evq_free(one->evq);
        free(one);
    }
}

void
oneend_run(struct oneend *one, int64_t at_ns)
{
    (void)evq_push(one->evq, at_ns, EVQ_CLASS_MAX, test_no_op, NULL, 0);
    evq_run(one->evq, at_ns);
}

void
oneend_wait(struct oneend *one, int64_t after_ns)
{
    oneend_run(one, evq_now_ns(one->evq) + after_ns);
}

const struct tcp_segment *
oneend_next(struct oneend *one)
{
    return one->read_count == one->sent_count ? NULL
                                              : &one->sent[one->read_count++];
}

int64_t
oneend_next_at_ns(const struct oneend *one)
{
    return one->read_count == one->sent_count
               ? -1
               : one->sent_at_ns[one->read_count];
}

void
oneend_receive(struct oneend *one, uint8_t flags, int64_t seq, int64_t ack,
               uint16_t window, uint32_t payload_bytes)
{
    const struct tcp_segment segment = {.seq = seq,
                                        .ack = ack,
                                        .payload_bytes = payload_bytes,
                                        .window = window,
                                        .flags = flags};

    tcp_endpoint_receive(one->end, &segment);
}

void
oneend_sack(struct oneend *one, int64_t ack, uint16_t window, int64_t from,
            int64_t until)
{
    const struct tcp_segment segment = {.seq = 1,
                                        .ack = ack,
                                        .window = window,
                                        .flags = TCP_ACK,
                                        .options = TCP_OPTION_SACK,
                                        .sacks_count = 1,
                                        .sacks = {{from, until}}};

    tcp_endpoint_receive(one->end, &segment);
}

void
oneend_connect(struct oneend *one, int64_t rtt_ns, int32_t shift,
               uint16_t syn_window, uint16_t window)
{
    struct tcp_segment syn = {.flags = TCP_SYN,
                              .window = syn_window,
                              .mss_bytes = 1460,
                              .options =
                                  TCP_OPTION_MSS | TCP_OPTION_SACK_PERMITTED};

    if (shift != TCP_SHIFT_NONE) {
        syn.options |= TCP_OPTION_SCALE;
        syn.shift = (uint8_t)shift;
    }
    if (one->end->side == TCP_CLIENT) {
        tcp_endpoint_open(one->end);
        oneend_wait(one, rtt_ns);
        syn.flags |= TCP_ACK;
        syn.ack = 1;
        tcp_endpoint_receive(one->end, &syn);
    } else {
        tcp_endpoint_receive(one->end, &syn);
        oneend_wait(one, rtt_ns);
        oneend_receive(one, TCP_ACK, 1, 1, window, 0);
    }
}
