/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rounds.h - TCP by round trips: what a transfer takes, a step a round
 *
 * MODEL      A round sends min(cwnd, receiver's window, what is left) and takes
 *            a round trip and the wire time of a segment, or the wire time of
 *            all of it where that is longer: then the line is full and what is
 *            beyond it stands in the queue. cwnd starts at the initial window
 *            and grows by what was acknowledged in slow start, by one segment a
 *            round after. When more stands in the queue than it holds, or a
 *            packet is lost by chance, cwnd falls once in that round, to 0.7
 *            (CUBIC) or 0.5 of itself, and what was lost is sent in the next;
 *            with fewer than three packets behind it, after a probe of two
 *            round trips or an RTO. Once the line is full for good, the rest
 *            flows at its rate. A command or reply that is lost costs an RTO.
 *            The window is what the sender believes of it: with scaling, up to
 *            the receiver's largest; without, 64 KiB less one byte at most;
 *            through a router that clamps the field, the clamped one.
 * VALID FOR  No fault, strip-* or clamp (rounds_init() says no to others);
 *            accurate where rounds_is_accurate() says so. Left out: delayed
 *            acknowledgements, growth of the receive window, CUBIC's curve,
 *            timer ticks. Where it is accurate, 97 of 100 random links and messages
 *            are within a tenth of models/tcp, nearly all of the rest within a
 *            fifth: tests/props/prop_rounds.c.
 * DRAWS      One for each loss, "packets until the next one", by (entity of the
 *            connection, n-th loss of its direction).
 * UNITS      ns, bytes, bits per second.
 * COST       O(log(bytes)) steps a transfer without loss.
 * SOURCE     RFC 5681; RFC 6928; RFC 9438 (beta 0.7); RFC 6298 as Linux has it
 *            (RTO = srtt + 200 ms); RFC 8985, 7 (tail loss probe).
 */
#ifndef MODELS_ROUNDS_H
#define MODELS_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/endpoint.h"
#include "models/tcp/path.h"
#include "sim/kernel/chance.h"

/* The random streams of one link's connections: losses by sender. */
struct rounds_luck {
    struct chance loss[TCP_SIDES_COUNT];
};

/* One connection, by sender where there are two. */
struct rounds {
    int64_t rtt_ns;
    int64_t rate_bits_per_s[TCP_SIDES_COUNT]; /* 0: no limit */
    int64_t queue_bytes;                      /* up; 0: no limit */
    int64_t window_bytes[TCP_SIDES_COUNT];    /* most that it has outstanding */
    int64_t initial_segments;
    int64_t rto_min_ns;
    int64_t rto_first_ns; /* of a SYN */
    int32_t loss_ppm[TCP_SIDES_COUNT];
    int32_t segment_bytes; /* payload of a full one */
    int32_t header_bytes;  /* IP and TCP with their options */
    int32_t beta_ppm;      /* what is left of cwnd after a loss */
    bool is_prompt;        /* its sender does not hold a small piece back */
    int64_t first_bytes;   /* up: the window before it has grown */
    /* What it remembers. */
    const struct rounds_luck *luck;
    uint64_t entity;
    int64_t until_loss[TCP_SIDES_COUNT]; /* packets that pass before one that
                                            does not */
    int64_t window_segments;             /* cwnd, up */
    int64_t threshold_segments;          /* ssthresh */
    int64_t sent_at_ns;
    uint64_t steps_count; /* rounds, for the bench */
    uint32_t losses_count[TCP_SIDES_COUNT];
};

void rounds_luck_init(struct rounds_luck *luck, const char *link, uint64_t seed,
                      uint32_t replication);

/*
 * A connection over this path between these stacks. False: it has several hops
 * or a fault that rounds do not know, loses more than half of what is sent, or
 * has a window too small to fill segments.
 */
MUST_USE bool rounds_init(struct rounds *rounds, const struct path_params *path,
                          const struct tcp_stack *client,
                          const struct tcp_stack *server);

/* True: for a message of so many bytes the rounds are held to the segments:
 * no overshoot of the queue, or the line's rate is the limit for most of it;
 * a loss is unlikely; the client sends as Linux does (BSD and Windows hold the
 * last piece back until all else is acknowledged, and that may be delayed); and
 * the server's window is and begins at 32 KiB or more: of a smaller one, what is
 * not acknowledged yet is too large a part. */
bool rounds_is_accurate(const struct rounds *rounds, int64_t bytes);

void rounds_open(struct rounds *rounds, const struct rounds_luck *luck,
                 uint64_t entity, int64_t now_ns);

/* ns from the SYN to the client's having its connection. */
int64_t rounds_handshake_ns(struct rounds *rounds);

/* ns from the first byte's sending to the last one's arrival, of something
 * that fits a few segments. */
int64_t rounds_line_ns(struct rounds *rounds, enum tcp_side from,
                       int64_t bytes);

/* The same for a message of the client's, at now_ns. */
int64_t rounds_transfer_ns(struct rounds *rounds, int64_t now_ns,
                           int64_t bytes);

#endif
