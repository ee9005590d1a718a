/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * endpoint.h - one end of a TCP connection, segment by segment
 *
 * MODEL      Handshake with options; belief and truth about both shifts kept
 *            apart; slow start, Reno or CUBIC; SACK scoreboard, proportional
 *            rate reduction, RTO with backoff, tail loss probe; window probes;
 *            the sender's silly-window rules of Linux or of BSD; delayed and
 *            quick acknowledgements; a receive window that grows by rule. The
 *            application reads at once whatever comes in order.
 * VALID FOR  endpoint.c says what is left out, tests/validation/tcp/RESULTS.md
 *            how far the model is from the kernel it is held to, measured.
 * UNITS      ns, bytes.
 * SOURCE     RFC 9293, 5681, 6298, 6582, 6675, 6928, 6937, 7323, 8985 (TLP),
 *            9438; Linux 6.x and FreeBSD's documented behaviour.
 */
#ifndef MODELS_TCP_ENDPOINT_H
#define MODELS_TCP_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/segment.h"
#include "sim/kernel/base.h"
#include "sim/kernel/evq.h"

enum tcp_congestion { TCP_RENO, TCP_CUBIC };

/* How a sender meets a window smaller than a segment. */
enum tcp_sws { TCP_SWS_LINUX, TCP_SWS_BSD };

/* How the receive buffer grows. */
enum tcp_tuning {
    TCP_TUNING_FIXED,  /* window_first_bytes, for ever */
    TCP_TUNING_LINUX,  /* dynamic right-sizing up to window_max_bytes */
    TCP_TUNING_WINDOWS /* auto-tuning up to window_max_bytes */
};

/* A TCP stack as it is set up on a host. */
struct tcp_stack {
    const char *name;
    enum tcp_congestion congestion;
    enum tcp_sws sws;
    enum tcp_tuning tuning;
    int32_t shift; /* it offers (answers, as a server); TCP_SHIFT_NONE: none */
    int64_t window_first_bytes; /* the SYN's; its field is cut at 65535 */
    int64_t window_max_bytes;
    int64_t window_clamp_bytes; /* 0: none; never shows a larger window */
    int64_t send_buffer_bytes;  /* what write() takes beyond what is acked */
    int32_t mss_bytes;          /* 1460: of the SYN's option */
    int32_t initial_window;     /* segments: RFC 6928 */
    bool has_timestamps;
    bool has_sack;
    bool drops_scale_on_retry; /* Windows: from the third SYN on */
    int64_t rto_first_ns;      /* SYN: 1 s; old Windows 3 s */
    int64_t rto_min_ns;        /* Linux 200 ms */
    int64_t delayed_ack_ns;    /* Linux 40 ms, Windows 200 ms */
    int64_t tick_ns;           /* timers fire on it: 4 ms with HZ 250; 0: no */
    int64_t latency_ns;        /* from the wire to the application: 50 us */
    uint32_t syn_retries;      /* Linux 6, four of them linear before */
    uint32_t linear_syns;      /* tcp_syn_linear_timeouts */
    uint32_t retries;          /* of data before it gives up: 15 */
};

/* By name: linux, windows-2008 (normal), windows-2008-LEVEL with LEVEL
 * disabled, highlyrestricted, restricted, normal or experimental,
 * windows-2003, bsd. NULL: no such stack. */
const struct tcp_stack *tcp_stack_named(const char *name);

/* The i-th known name, from 0; NULL past the last. */
const char *tcp_stack_name(uint32_t i);

enum tcp_news {
    TCP_NEWS_CONNECTED, /* this side's handshake is complete */
    TCP_NEWS_DATA,      /* endpoint.received_bytes has grown */
    TCP_NEWS_ACKED,     /* endpoint.acked_bytes has grown */
    TCP_NEWS_CLOSED,    /* the other side has sent FIN: no more data */
    TCP_NEWS_FAILED     /* given up: SYN or data was never answered, or RST */
};

/* What an end needs of its surroundings. Both may be called from within any
 * call of this header; transmit copies the segment. */
struct tcp_port {
    void (*transmit)(void *arg, enum tcp_side side,
                     const struct tcp_segment *segment);
    void (*notify)(void *arg, enum tcp_side side, enum tcp_news news);
    void *arg;
    struct evq *evq;
    uint32_t evq_class;
};

/* What one side believes about the windows, and what is so. */
struct tcp_belief {
    int32_t send_shift;    /* applied to the fields it reads */
    int32_t receive_shift; /* applied to the fields it writes */
    bool is_scaling;
    int64_t send_window_bytes;    /* what it may send beyond what is acked */
    int64_t receive_window_bytes; /* what it really offers */
};

struct tcp_endpoint; /* opaque */

struct tcp_endpoint *tcp_endpoint_new(const struct tcp_stack *stack,
                                      enum tcp_side side,
                                      const struct tcp_port *port);
/* Cancels its timers. */
void tcp_endpoint_free(struct tcp_endpoint *end);

/* As new, with its memory: for pools of connections. */
void tcp_endpoint_reset(struct tcp_endpoint *end, const struct tcp_stack *stack,
                        enum tcp_side side, const struct tcp_port *port);

/* Client: sends the SYN. A server listens from the start. */
void tcp_endpoint_open(struct tcp_endpoint *end);

/* The application writes so many bytes in one go; the last segment of them
 * carries PSH. Takes all; what does not fit the window waits. */
void tcp_endpoint_write(struct tcp_endpoint *end, int64_t bytes);

/* FIN after all that was written. */
void tcp_endpoint_close(struct tcp_endpoint *end);

/* RST, now; no news comes after it. */
void tcp_endpoint_abort(struct tcp_endpoint *end);

/* A segment is about to arrive: asks for the end's memory. For speed alone. */
void tcp_endpoint_expect(const struct tcp_endpoint *end);

/* A segment arrives. */
void tcp_endpoint_receive(struct tcp_endpoint *end,
                          const struct tcp_segment *segment);

int64_t tcp_endpoint_received_bytes(const struct tcp_endpoint *end);
int64_t tcp_endpoint_written_bytes(const struct tcp_endpoint *end);
int64_t tcp_endpoint_acked_bytes(const struct tcp_endpoint *end);

/* What is in flight and in the send buffer is the application's no longer:
 * bytes that write() has not been able to take yet. */
int64_t tcp_endpoint_unbuffered_bytes(const struct tcp_endpoint *end);

struct tcp_belief tcp_endpoint_belief(const struct tcp_endpoint *end);

/* For graphs and closed forms. */
struct tcp_progress {
    int64_t next_seq;           /* SND.NXT */
    int64_t acked_seq;          /* SND.UNA */
    int64_t window_edge;        /* SND.UNA + SND.WND, as it believes */
    int64_t window_segments;    /* cwnd */
    int64_t threshold_segments; /* ssthresh; INT64_MAX: none yet */
    int64_t srtt_ns;            /* 0: none yet */
    int64_t rto_ns;
    uint64_t sent_count; /* segments, with retransmissions */
    uint64_t resent_count;
    uint64_t timeouts_count;   /* RTOs */
    uint64_t probes_count;     /* of a window, and tail loss probes */
    uint64_t reductions_count; /* times fast recovery was entered */
};

struct tcp_progress tcp_endpoint_progress(const struct tcp_endpoint *end);

#endif
