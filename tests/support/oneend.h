/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oneend.h - one end of TCP, the other end being the test: packets by script
 *
 * What the end transmits and what it tells is kept with its time; the test
 * injects what its peer would send. Hosts have no ticks here unless a test
 * sets them, so that every instant is one that a formula gives.
 */
#ifndef TESTS_SUPPORT_ONEEND_H
#define TESTS_SUPPORT_ONEEND_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/endpoint_parts.h"

enum { ONEEND_SEEN_MAX = 256 };

struct oneend {
    struct evq *evq;
    struct tcp_stack stack;
    struct tcp_endpoint *end;
    struct tcp_segment sent[ONEEND_SEEN_MAX];
    int64_t sent_at_ns[ONEEND_SEEN_MAX];
    uint32_t sent_count;
    uint32_t read_count; /* of them, by oneend_next() */
    enum tcp_news news[ONEEND_SEEN_MAX];
    uint32_t news_count;
    int64_t answer_bytes; /* written when data comes */
};

/* An end with this stack, without ticks. */
struct oneend *oneend_new(const struct tcp_stack *stack, enum tcp_side side);
void oneend_free(struct oneend *one);

/* Runs until an instant. */
void oneend_run(struct oneend *one, int64_t at_ns);

/* An event that stands at now + after_ns, run. */
void oneend_wait(struct oneend *one, int64_t after_ns);

/* The next segment that was sent and not looked at, or NULL. */
const struct tcp_segment *oneend_next(struct oneend *one);
int64_t oneend_next_at_ns(const struct oneend *one); /* of it; -1: none */

/* The peer's segments: flags, seq, ack, window field, payload. */
void oneend_receive(struct oneend *one, uint8_t flags, int64_t seq, int64_t ack,
                    uint16_t window, uint32_t payload_bytes);
/* An ACK with one SACK block. */
void oneend_sack(struct oneend *one, int64_t ack, uint16_t window, int64_t from,
                 int64_t until);

/* The peer's SYN or SYN-ACK: mss 1460, a shift (TCP_SHIFT_NONE: no option),
 * SACK permitted, no timestamps; answered after rtt_ns. */
void oneend_connect(struct oneend *one, int64_t rtt_ns, int32_t shift,
                    uint16_t syn_window, uint16_t window);

#endif
