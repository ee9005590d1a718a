/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connection.h - two ends and the path between them, in an event queue
 *
 * Every packet is an event at each hop's far end; a hop's line is the
 * connection's own, or one that the caller owns and many share. The
 * application is whoever gets the news.
 *
 * OWNERSHIP  The connection owns its ends and its own lines; params, stacks and
 *            shared lines are borrowed and outlive it.
 * COST       About two events a data segment with its acknowledgement shared
 *            by two; timers are re-armed without touching the queue unless
 *            they move nearer. Memory: see connection.c.
 */
#ifndef MODELS_TCP_CONNECTION_H
#define MODELS_TCP_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/endpoint.h"
#include "models/tcp/path.h"

struct tcp_connection; /* opaque */

/* Where a packet is seen. */
enum tcp_sight {
    TCP_SIGHT_SENT,     /* as the sender made it */
    TCP_SIGHT_PASSED,   /* beyond a middlebox that changed it */
    TCP_SIGHT_BOX_DROP, /* a middlebox dropped it */
    TCP_SIGHT_LOST,     /* random loss */
    TCP_SIGHT_OVERFLOW, /* the queue was full */
    TCP_SIGHT_ARRIVED   /* as the receiver gets it */
};

struct tcp_watch {
    void (*see)(void *arg, const struct tcp_connection *connection,
                int64_t at_ns, enum tcp_sight sight, enum tcp_side from,
                uint32_t hop, const struct tcp_segment *segment);
    void *arg;
};

struct tcp_connection_params {
    const struct path_params *path;
    const struct tcp_stack *stacks[TCP_SIDES_COUNT];
    const struct path_luck *luck;  /* NULL: no hop is lossy */
    struct hop_line *const *lines; /* by hop; NULL, or an entry NULL: its own */
    uint64_t entity;               /* names its draws; below 2^64 */
    struct evq *evq;
    uint32_t evq_class;
    void (*notify)(void *arg, enum tcp_side side, enum tcp_news news);
    void *notify_arg;
    const struct tcp_watch *watch; /* NULL: nobody looks */
};

/* Nothing happens before tcp_connection_open(): then the client's SYN. */
struct tcp_connection *tcp_connection_new(
    const struct tcp_connection_params *params);

/* Drops packets under way and timers; may not be called from its own news. */
void tcp_connection_free(struct tcp_connection *connection);

/* As new, with its memory. */
void tcp_connection_reset(struct tcp_connection *connection,
                          const struct tcp_connection_params *params);

void tcp_connection_open(struct tcp_connection *connection);

/* From now on another set of faults is on the way (a window of time begins or
 * ends); the boxes forget what they have seen if their kind changes. The hops
 * are as many. What is sent over a shorter way does not overtake. */
void tcp_connection_path_set(struct tcp_connection *connection,
                             const struct path_params *path);

struct tcp_endpoint *tcp_connection_end(struct tcp_connection *connection,
                                        enum tcp_side side);
const struct tcp_endpoint *tcp_connection_end_const(
    const struct tcp_connection *connection, enum tcp_side side);

#endif
