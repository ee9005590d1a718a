/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.c - slow start on an otherwise ideal line; see link.h
 *
 * A message is below 2^32 bytes and rates start at 1 bit/s, so the whole of it
 * can take 2^65 ns: products are made in 128 bits and what is longer than
 * LINK_SENDING_NS_MAX is cut there, far beyond every horizon.
 */
#include "models/link.h"

/* segment_ns - wire time of one full segment */
static int64_t
segment_ns(const struct link_params *params)
{
    if (params->rate_bits_per_s == 0) {
        return 0;
    }
    return i64_div_ceil(params->segment_bytes * BITS_PER_BYTE * NS_PER_S,
                        params->rate_bits_per_s);
}

/* flow_ns - wire time of so many segments, cut at LINK_SENDING_NS_MAX */
static int64_t
flow_ns(int64_t segments, int64_t wire_ns)
{
    const base_u128 flow = (base_u128)(uint64_t)segments * (uint64_t)wire_ns;

    return flow > (uint64_t)LINK_SENDING_NS_MAX ? LINK_SENDING_NS_MAX
                                                : (int64_t)flow;
}

void
link_open(struct link_state *state, int64_t now_ns)
{
    *state = (struct link_state){LINK_INITIAL_SEGMENTS, now_ns};
}

int64_t
link_transfer_ns(const struct link_params *params, struct link_state *state,
                 int64_t now_ns, int64_t bytes)
{
    const int64_t wire_ns = segment_ns(params);
    const int64_t round_ns = params->rtt_ns + wire_ns;
    const int64_t rto_ns = i64_max(NS_PER_S, 2 * params->rtt_ns);
    int64_t segments = i64_div_ceil(bytes, params->segment_bytes);
    int64_t sending_ns = 0;

    ASSERT(bytes >= 0);
    if (now_ns - state->sent_at_ns > rto_ns) {
        state->window_segments = LINK_INITIAL_SEGMENTS;
    }
    /* Rounds that do not fill the pipe; ends because the window doubles. */
    while (segments > state->window_segments &&
           flow_ns(state->window_segments, wire_ns) < round_ns &&
           state->window_segments < LINK_WINDOW_MAX) {
        sending_ns += round_ns;
        segments -= state->window_segments;
        state->window_segments *= 2;
    }
    sending_ns =
        i64_min(sending_ns + flow_ns(segments, wire_ns), LINK_SENDING_NS_MAX);
    state->sent_at_ns = now_ns + sending_ns;
    return sending_ns + params->rtt_ns / 2;
}
