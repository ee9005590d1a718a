/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connection.c - two ends and the path between them; see connection.h
 *
 * Packets of one direction never overtake each other, so each hop and direction
 * is a queue of packets under way with one event pending for its head: the run's
 * event queue holds two entries a hop and the timers, however large the window.
 *
 * MEMORY  8 kB a connection at rest; 76 bytes a packet under way with what its
 *         sender keeps of it, twice that at most while the arrays grow. SACK
 *         blocks take 16 bytes each.
 */
#include "models/tcp/connection.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FLIGHT_FIRST 16

/* A segment without the places for SACK blocks, which few have: what is under
 * way in a thousand connections does not fit the caches as it is. */
#define HEAD_BYTES offsetof(struct tcp_segment, sacks)

struct packet {
    int64_t due_at_ns;
    unsigned char head[HEAD_BYTES];
};

/* Packets on their way over one hop in one direction; their blocks lie in the
 * same order in a ring of their own. */
struct flight {
    struct packet *items; /* a ring */
    uint32_t capacity;
    uint32_t first;
    uint32_t count;
    struct evq_id event;
    int64_t last_due_at_ns; /* none comes before it, even if the way is shorter
                               from now on */
    struct tcp_sack *sacks; /* a ring */
    uint32_t sacks_capacity;
    uint32_t sacks_first;
    uint32_t sacks_count;
};

struct tcp_connection {
    struct tcp_connection_params params;
    struct tcp_endpoint *ends[TCP_SIDES_COUNT];
    struct flight flights[PATH_HOPS_MAX][TCP_SIDES_COUNT];
    struct hop_line own[PATH_HOPS_MAX];
    struct middlebox boxes[PATH_HOPS_MAX][PATH_MIDDLEBOXES_MAX];
    uint32_t loss_count[PATH_HOPS_MAX][TCP_SIDES_COUNT]; /* draws made */
};

static void on_arrival(void *arg, uint64_t data);

static struct hop_queue *
queue_of(struct tcp_connection *connection, uint32_t hop, enum tcp_side from)
{
    const struct tcp_connection_params *params = &connection->params;

    if (params->lines != NULL && params->lines[hop] != NULL) {
        return params->lines[hop]->queue[from];
    }
    if (connection->own[hop].queue[from] == NULL) {
        connection->own[hop].queue[from] = hop_queue_new();
    }
    return connection->own[hop].queue[from];
}

static void
see(const struct tcp_connection *connection, enum tcp_sight sight,
    enum tcp_side from, uint32_t hop, const struct tcp_segment *segment)
{
    const struct tcp_watch *watch = connection->params.watch;

    if (watch != NULL) {
        watch->see(watch->arg, connection, evq_now_ns(connection->params.evq),
                   sight, from, hop, segment);
    }
}

/* --- Packets under way ---------------------------------------------------- */

static void
flight_wait(struct tcp_connection *connection, struct flight *flight,
            uint32_t hop, enum tcp_side from)
{
    const struct packet *head = &flight->items[flight->first];

    flight->event = evq_push(connection->params.evq, head->due_at_ns,
                             connection->params.evq_class, on_arrival,
                             connection, (uint64_t)hop << 1 | (uint64_t)from);
    ASSERT(flight->event.generation != 0);
}

static void
flight_grow(struct flight *flight)
{
    const uint32_t capacity =
        flight->capacity == 0 ? FLIGHT_FIRST : 2 * flight->capacity;
    struct packet *items = base_alloc(capacity * sizeof *items);

    for (uint32_t i = 0; i < flight->count; i++) {
        items[i] = flight->items[(flight->first + i) & (flight->capacity - 1)];
    }
    free(flight->items);
    flight->items = items;
    flight->capacity = capacity;
    flight->first = 0;
}

static void
sacks_grow(struct flight *flight)
{
    const uint32_t capacity =
        flight->sacks_capacity == 0 ? FLIGHT_FIRST : 2 * flight->sacks_capacity;
    struct tcp_sack *sacks = base_alloc(capacity * sizeof *sacks);

    for (uint32_t i = 0; i < flight->sacks_count; i++) {
        sacks[i] = flight->sacks[(flight->sacks_first + i) &
                                 (flight->sacks_capacity - 1)];
    }
    free(flight->sacks);
    flight->sacks = sacks;
    flight->sacks_capacity = capacity;
    flight->sacks_first = 0;
}

static void
sacks_add(struct flight *flight, const struct tcp_segment *segment)
{
    while (flight->sacks_count + segment->sacks_count >
           flight->sacks_capacity) {
        sacks_grow(flight);
    }
    for (uint32_t i = 0; i < segment->sacks_count; i++) {
        flight->sacks[(flight->sacks_first + flight->sacks_count++) &
                      (flight->sacks_capacity - 1)] = segment->sacks[i];
    }
}

static void
sacks_take(struct flight *flight, struct tcp_segment *segment)
{
    for (uint32_t i = 0; i < segment->sacks_count; i++) {
        segment->sacks[i] = flight->sacks[flight->sacks_first];
        flight->sacks_first =
            (flight->sacks_first + 1) & (flight->sacks_capacity - 1);
    }
    flight->sacks_count -= segment->sacks_count;
}

static void
flight_add(struct tcp_connection *connection, uint32_t hop, enum tcp_side from,
           const struct tcp_segment *segment, int64_t due_at_ns)
{
    struct flight *flight = &connection->flights[hop][from];

    if (flight->count == flight->capacity) {
        flight_grow(flight);
    }
    struct packet *packet =
        &flight
             ->items[(flight->first + flight->count) & (flight->capacity - 1)];
    packet->due_at_ns = i64_max(due_at_ns, flight->last_due_at_ns);
    flight->last_due_at_ns = packet->due_at_ns;
    memcpy(packet->head, segment, HEAD_BYTES);
    if (segment->sacks_count > 0) {
        sacks_add(flight, segment);
    }
    flight->count++;
    if (flight->count == 1) {
        flight_wait(connection, flight, hop, from);
    }
}

/* flight_take - the first packet's segment */
static void
flight_take(struct flight *flight, struct tcp_segment *segment)
{
    memcpy(segment, flight->items[flight->first].head, HEAD_BYTES);
    if (segment->sacks_count > 0) {
        sacks_take(flight, segment);
    }
    flight->first = (flight->first + 1) & (flight->capacity - 1);
    flight->count--;
}

/* --- Hops ----------------------------------------------------------------- */

/* boxes_pass - false: one of them drops it */
static bool
boxes_pass(struct tcp_connection *connection, uint32_t hop, enum tcp_side from,
           struct tcp_segment *segment)
{
    const uint32_t count = connection->params.path->hops[hop].middleboxes_count;

    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = from == TCP_CLIENT ? i : count - 1 - i;
        struct middlebox *box = &connection->boxes[hop][at];
        const uint64_t changed = box->changed_count;
        if (!middlebox_pass(box, segment, from)) {
            see(connection, TCP_SIGHT_BOX_DROP, from, hop, segment);
            return false;
        }
        if (box->changed_count != changed) {
            see(connection, TCP_SIGHT_PASSED, from, hop, segment);
        }
    }
    return true;
}

static bool
is_lost(struct tcp_connection *connection, uint32_t hop, enum tcp_side from)
{
    const struct tcp_connection_params *params = &connection->params;
    const int32_t ppm = params->path->hops[hop].loss_ppm[from];

    if (ppm == 0) {
        return false;
    }
    ASSERT(params->luck != NULL);
    const uint64_t u = chance_u64(&params->luck->loss[from], params->entity,
                                  hop, connection->loss_count[hop][from]++);
    return chance_hits(u, ppm);
}

/* hop_enter - a packet comes to a hop */
static void
hop_enter(struct tcp_connection *connection, uint32_t hop, enum tcp_side from,
          struct tcp_segment *segment)
{
    const struct path_params *path = connection->params.path;
    const struct hop_params *params = &path->hops[hop];
    int64_t latency_ns = 0;

    if (params->middleboxes_count > 0 &&
        !boxes_pass(connection, hop, from, segment)) {
        return;
    }
    if (is_lost(connection, hop, from)) {
        see(connection, TCP_SIGHT_LOST, from, hop, segment);
        return;
    }
    if (hop == (from == TCP_CLIENT ? path->hops_count - 1 : 0)) {
        latency_ns = connection->params.stacks[tcp_other(from)]->latency_ns;
    }
    const int64_t at_ns = hop_queue_pass(
        queue_of(connection, hop, from), params, from,
        evq_now_ns(connection->params.evq), tcp_segment_ip_bytes(segment));
    if (at_ns < 0) {
        see(connection, TCP_SIGHT_OVERFLOW, from, hop, segment);
        return;
    }
    flight_add(connection, hop, from, segment, at_ns + latency_ns);
}

/* arrival_expect - asks for the memory of what comes next, all at once: with a
 * thousand connections in the queue none of it is in the caches, and one miss
 * after the other was most of the time (40 % more segments a second so) */
static void
arrival_expect(const struct tcp_connection *connection, uint32_t hop,
               enum tcp_side from)
{
    const enum tcp_side to = tcp_other(from);
    const struct flight *flight = &connection->flights[hop][from];

    __builtin_prefetch(&flight->items[flight->first]);
    __builtin_prefetch(&connection->flights[hop][to]);
    __builtin_prefetch(connection->own[hop].queue[to]);
    tcp_endpoint_expect(connection->ends[to]);
}

static void
on_arrival(void *arg, uint64_t data)
{
    struct tcp_connection *connection = arg;
    const uint32_t hop = (uint32_t)(data >> 1);
    const enum tcp_side from = (data & 1) ? TCP_SERVER : TCP_CLIENT;
    struct flight *flight = &connection->flights[hop][from];
    struct tcp_segment segment = {0};

    arrival_expect(connection, hop, from);
    flight->event = EVQ_NONE;
    flight_take(flight, &segment);
    if (flight->count > 0) {
        flight_wait(connection, flight, hop, from);
    }
    const uint32_t last =
        from == TCP_CLIENT ? connection->params.path->hops_count - 1 : 0;
    if (hop != last) {
        hop_enter(connection, from == TCP_CLIENT ? hop + 1 : hop - 1, from,
                  &segment);
        return;
    }
    see(connection, TCP_SIGHT_ARRIVED, from, hop, &segment);
    tcp_endpoint_receive(connection->ends[tcp_other(from)], &segment);
}

static void
on_transmit(void *arg, enum tcp_side side, const struct tcp_segment *segment)
{
    struct tcp_connection *connection = arg;
    struct tcp_segment copy = *segment;

    see(connection, TCP_SIGHT_SENT, side, 0, segment);
    hop_enter(connection,
              side == TCP_CLIENT ? 0 : connection->params.path->hops_count - 1,
              side, &copy);
}

static void
on_news(void *arg, enum tcp_side side, enum tcp_news news)
{
    const struct tcp_connection *connection = arg;

    connection->params.notify(connection->params.notify_arg, side, news);
}

/* --- Life ----------------------------------------------------------------- */

static struct tcp_port
port_of(struct tcp_connection *connection)
{
    return (struct tcp_port){
        .transmit = on_transmit,
        .notify = on_news,
        .arg = connection,
        .evq = connection->params.evq,
        .evq_class = connection->params.evq_class,
    };
}

static void
boxes_init(struct tcp_connection *connection)
{
    const struct path_params *path = connection->params.path;

    for (uint32_t hop = 0; hop < path->hops_count; hop++) {
        for (uint32_t i = 0; i < path->hops[hop].middleboxes_count; i++) {
            middlebox_init(&connection->boxes[hop][i],
                           &path->hops[hop].middleboxes[i]);
        }
    }
}

struct tcp_connection *
tcp_connection_new(const struct tcp_connection_params *params)
{
    struct tcp_connection *connection = base_alloc(sizeof *connection);

    ASSERT(params->path->hops_count >= 1 &&
           params->path->hops_count <= PATH_HOPS_MAX);
    connection->params = *params;
    const struct tcp_port port = port_of(connection);
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        connection->ends[side] =
            tcp_endpoint_new(params->stacks[side], (enum tcp_side)side, &port);
    }
    boxes_init(connection);
    return connection;
}

static void
flights_drop(struct tcp_connection *connection)
{
    for (uint32_t hop = 0; hop < PATH_HOPS_MAX; hop++) {
        for (int side = 0; side < TCP_SIDES_COUNT; side++) {
            struct flight *flight = &connection->flights[hop][side];
            if (flight->event.generation != 0) {
                evq_cancel(connection->params.evq, flight->event);
                flight->event = EVQ_NONE;
            }
            flight->count = 0;
            flight->first = 0;
            flight->sacks_count = 0;
            flight->sacks_first = 0;
            flight->last_due_at_ns = 0;
        }
    }
}

void
tcp_connection_free(struct tcp_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    flights_drop(connection);
    for (uint32_t hop = 0; hop < PATH_HOPS_MAX; hop++) {
        for (int side = 0; side < TCP_SIDES_COUNT; side++) {
            free(connection->flights[hop][side].items);
            free(connection->flights[hop][side].sacks);
            hop_queue_free(connection->own[hop].queue[side]);
        }
    }
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        tcp_endpoint_free(connection->ends[side]);
    }
    free(connection);
}

void
tcp_connection_reset(struct tcp_connection *connection,
                     const struct tcp_connection_params *params)
{
    flights_drop(connection);
    for (uint32_t hop = 0; hop < PATH_HOPS_MAX; hop++) {
        for (int side = 0; side < TCP_SIDES_COUNT; side++) {
            if (connection->own[hop].queue[side] != NULL) {
                hop_queue_clear(connection->own[hop].queue[side]);
            }
        }
    }
    memset(connection->loss_count, 0, sizeof connection->loss_count);
    connection->params = *params;
    const struct tcp_port port = port_of(connection);
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        tcp_endpoint_reset(connection->ends[side], params->stacks[side],
                           (enum tcp_side)side, &port);
    }
    boxes_init(connection);
}

void
tcp_connection_open(struct tcp_connection *connection)
{
    tcp_endpoint_open(connection->ends[TCP_CLIENT]);
}

void
tcp_connection_path_set(struct tcp_connection *connection,
                        const struct path_params *path)
{
    ASSERT(path->hops_count == connection->params.path->hops_count);
    for (uint32_t hop = 0; hop < path->hops_count; hop++) {
        const struct hop_params *to = &path->hops[hop];
        for (uint32_t i = 0; i < to->middleboxes_count; i++) {
            struct middlebox *box = &connection->boxes[hop][i];
            if (box->params == NULL ||
                i >= connection->params.path->hops[hop].middleboxes_count ||
                box->params->fault != to->middleboxes[i].fault) {
                middlebox_init(box, &to->middleboxes[i]);
            } else {
                box->params = &to->middleboxes[i];
            }
        }
    }
    connection->params.path = path;
}

struct tcp_endpoint *
tcp_connection_end(struct tcp_connection *connection, enum tcp_side side)
{
    return connection->ends[side];
}

const struct tcp_endpoint *
tcp_connection_end_const(const struct tcp_connection *connection,
                         enum tcp_side side)
{
    return connection->ends[side];
}
