/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.h - the way between two real hosts, in user space
 *
 * Packets of two TUN devices are handled as models/tcp/path.h says: for each
 * direction the middlebox (the model's own code), loss (the model's own
 * draws), a drop-tail queue in IP bytes that counts the packet being sent,
 * serialisation, half the round trip.
 *
 * UNITS      ns of CLOCK_MONOTONIC, bytes.
 * ERRORS     A packet that is not TCP in IPv4 is thrown away.
 */
#ifndef TESTS_VALIDATION_TCP_WIRE_H
#define TESTS_VALIDATION_TCP_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "models/tcp/packet.h"
#include "sim/kernel/chance.h"
#include "tests/validation/tcp/cell.h"

#define WIRE_ENTITY      1 /* of the connection whose luck it is */
#define WIRE_PACKET_MAX  1600
#define WIRE_FLIGHTS_MAX 4096 /* a power of two: 100 Mbit/s, 200 ms and 1 MB */

struct wire_flight {
    int64_t sent_at_ns; /* its last bit has left the queue */
    int64_t due_ns;
    uint32_t count;
    uint8_t bytes[WIRE_PACKET_MAX];
};

/* One direction: a ring of what is in the queue or on the line. */
struct wire_lane {
    struct wire_flight *flights;
    uint32_t first;
    uint32_t queue_first; /* from here on packets have not left the queue */
    uint32_t end;
    int64_t queue_bytes;
    int64_t free_at_ns;
    struct chance chance;
    uint32_t loss_draws_count;
};

struct wire {
    const struct cell *cell;
    int64_t began_at_ns;
    struct middlebox box;
    struct wire_lane lanes[TCP_SIDES_COUNT];
    struct packet_ends ends;
    int64_t near_seqs[TCP_SIDES_COUNT];
    bool is_known[TCP_SIDES_COUNT]; /* ends.first_seqs */
    FILE *trace;                    /* NULL: none */
    FILE *pcap;
    int64_t late_ns_max; /* how late a packet was handed over, at worst */
    uint64_t packets_count;
    uint64_t lost_count;
    uint64_t overflow_count;
};

/* Allocates the rings; false: no memory. */
bool wire_init(struct wire *wire, const struct cell *cell);
void wire_close(struct wire *wire);

/* A packet that `from` has sent at now_ns. */
void wire_take(struct wire *wire, enum tcp_side from, uint8_t *bytes,
               uint32_t count, int64_t now_ns);

/* When the next packet from that side is due: INT64_MAX, none is under way. */
int64_t wire_due_ns(const struct wire *wire, enum tcp_side from);

/* Takes the due packet off the ring; valid until the next wire_take(). */
const struct wire_flight *wire_give(struct wire *wire, enum tcp_side from,
                                    int64_t now_ns);

#endif
