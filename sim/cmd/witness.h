/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * witness.h - remembers every packet of a trial: as it left, as it came, or
 * where it was lost
 *
 * A connection's watch tells of sights, one after the other; here they become
 * packets again. What a hop does to a packet is told when it happens, so a
 * packet is found by what no middlebox touches: its side, flags, place and
 * length, the oldest under way first.
 *
 * Beside the packets it keeps what their ends believed when they were seen:
 * the points of a time-sequence graph.
 *
 * OWNERSHIP  witness_init() to witness_free(). Give witness_see() and the
 *            witness as a struct tcp_watch.
 * COST       About 500 bytes a packet; finding one: packets under way.
 */
#ifndef SIM_CMD_WITNESS_H
#define SIM_CMD_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/connection.h"

enum witness_fate {
    WITNESS_UNDER_WAY, /* when the trial ended */
    WITNESS_ARRIVED,
    WITNESS_BOX_DROP,
    WITNESS_LOST,
    WITNESS_OVERFLOW
};

struct witness_packet {
    int64_t sent_at_ns;
    int64_t end_at_ns; /* arrival or loss; -1: under way */
    enum tcp_side from;
    enum witness_fate fate;
    uint32_t hop;    /* where it was lost, or was changed last */
    bool is_changed; /* by a middlebox */
    bool is_resent;  /* some of it was sent before */
    struct tcp_segment sent;
    struct tcp_segment arrived; /* as far as it came */
};

/* What one side believes at an instant. */
struct witness_sample {
    int64_t at_ns;
    enum tcp_side side;
    int64_t acked_seq;
    int64_t window_edge;      /* up to which it may send, as it believes */
    int64_t congestion_bytes; /* cwnd */
    int64_t offered_edge;     /* up to which it takes data, in truth */
    int64_t offered_bytes;    /* and how much that is */
};

struct witness {
    struct witness_packet *packets; /* in the order of sending */
    uint32_t packets_count;
    uint32_t packets_max;
    struct witness_sample *samples;
    uint32_t samples_count;
    uint32_t samples_max;
    uint32_t oldest[TCP_SIDES_COUNT]; /* before it, none is under way */
    int64_t sent_until[TCP_SIDES_COUNT];
    int64_t mss_bytes; /* cwnd is counted in */
};

void witness_init(struct witness *witness, int64_t mss_bytes);
void witness_free(struct witness *witness);

/* For struct tcp_watch; arg is the witness. */
void witness_see(void *arg, const struct tcp_connection *connection,
                 int64_t at_ns, enum tcp_sight sight, enum tcp_side from,
                 uint32_t hop, const struct tcp_segment *segment);

#endif
