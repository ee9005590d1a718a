/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * path.h - the way between two hosts: hops with a rate, a queue, a delay
 *
 * MODEL      A hop takes a packet, in either direction, in this order: its
 *            middleboxes (in the order of the packet's way), random loss, a
 *            drop-tail queue counted in IP bytes (the packet being sent is
 *            included until its last bit has left, and at that instant),
 *            serialisation at the rate, propagation. Directions do not disturb
 *            each other. A hop is one connection's own or shared by all that
 *            use it: then its queues are common. Middleboxes keep their state
 *            by connection.
 * VALID FOR  One class of traffic; no reordering, no corruption; a packet
 *            dropped by a middlebox or by chance takes no time on the line.
 * DRAWS      One for each packet that reaches the loss of a lossy hop:
 *            "path/<name>/loss/up" and "/down", by (entity of the connection,
 *            hop, packets that got there before).
 * UNITS      ns, bytes, bits per second, parts per million.
 * COST       O(1) amortised a packet and hop; 16 bytes a packet in a queue.
 */
#ifndef MODELS_TCP_PATH_H
#define MODELS_TCP_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/middlebox.h"
#include "sim/kernel/base.h"
#include "sim/kernel/chance.h"

#define PATH_HOPS_MAX        8
#define PATH_MIDDLEBOXES_MAX 4 /* of one hop */

struct hop_params {
    int64_t rate_bits_per_s[TCP_SIDES_COUNT]; /* by sender; 0: no limit */
    int64_t delay_ns[TCP_SIDES_COUNT];        /* one way */
    int64_t queue_bytes[TCP_SIDES_COUNT];     /* 0: no limit */
    int32_t loss_ppm[TCP_SIDES_COUNT];
    bool is_shared;
    uint32_t middleboxes_count;
    struct middlebox_params middleboxes[PATH_MIDDLEBOXES_MAX];
};

struct path_params {
    const char *name;
    uint32_t hops_count; /* 1 to PATH_HOPS_MAX, from the client's end */
    struct hop_params hops[PATH_HOPS_MAX];
};

/* One direction of one hop: its queue and line. Zeroed at first. */
struct hop_queue;

/* A hop as its packets meet it: shared or of one connection. */
struct hop_line {
    struct hop_queue *queue[TCP_SIDES_COUNT];
};

/* The random streams of one path. */
struct path_luck {
    struct chance loss[TCP_SIDES_COUNT];
};

void path_luck_init(struct path_luck *luck, const struct path_params *params,
                    uint64_t seed, uint32_t replication);

/* Round trip of an empty path: the delays of all hops, both ways. */
int64_t path_rtt_ns(const struct path_params *params);

struct hop_queue *hop_queue_new(void);
void hop_queue_free(struct hop_queue *queue);
void hop_queue_clear(struct hop_queue *queue); /* as new */

/*
 * A packet of ip_bytes comes to the queue at now_ns (not before the last one
 * did): when it arrives at the hop's far end, or -1: the queue is full.
 */
int64_t hop_queue_pass(struct hop_queue *queue, const struct hop_params *params,
                       enum tcp_side from, int64_t now_ns, uint32_t ip_bytes);

/* What stands in it at an instant not before its last packet. */
int64_t hop_queue_bytes(struct hop_queue *queue, int64_t now_ns);

#endif
