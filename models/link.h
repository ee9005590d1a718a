/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.h - how long bytes take over one TCP connection
 *
 * MODEL      A transfer of n segments starts with the connection's congestion
 *            window of w segments, w = 10 on a new connection, s = wire time of
 *            a segment. While more than w segments are left and w * s <
 *            RTT + s, a round sends w of them, takes RTT + s, and w doubles;
 *            the rest flows at the line's rate. The last byte arrives half an
 *            RTT after it was sent.
 *            Restart: after more than an RTO of silence (RFC 5681, 4.1) the
 *            window starts again at 10; the RTO is taken as max(1 s, 2 RTT)
 *            (GUESS: RFC 6298's floor).
 * VALID FOR  No loss, no window-scaling fault, a receiver that keeps up. Each
 *            connection has the whole rate to itself: connections do not share
 *            the line. Delayed acknowledgements are not modelled.
 * UNITS      ns, bytes, bits per second.
 * SOURCE     Slow start: RFC 5681, 3.1. Initial window of 10: RFC 6928, 2.
 */
#ifndef MODELS_LINK_H
#define MODELS_LINK_H

#include <stdint.h>

#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

#define LINK_INITIAL_SEGMENTS 10 /* RFC 6928, 2 */
#define LINK_WINDOW_MAX       (INT64_C(1) << 20)
#define LINK_SENDING_NS_MAX   (INT64_C(1) << 60) /* 36 years: for ever */

struct link_params {
    const char *name;
    int64_t rtt_ns;          /* 0: everything arrives at once */
    int64_t rate_bits_per_s; /* 0: no limit */
    int64_t segment_bytes;   /* MSS */
    struct src_loc where;
};

/* What a connection remembers between transfers. */
struct link_state {
    int64_t window_segments;
    int64_t sent_at_ns; /* when the last transfer ended */
};

void link_open(struct link_state *state, int64_t now_ns);

/* ns from the start of sending to the arrival of the last byte; sending takes
 * LINK_SENDING_NS_MAX at most. */
int64_t link_transfer_ns(const struct link_params *params,
                         struct link_state *state, int64_t now_ns,
                         int64_t bytes);

#endif
