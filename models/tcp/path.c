/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * path.c - queues and lines; see path.h
 *
 * A line is known by when it will be free. What stands in the queue is kept
 * only where the queue has a limit.
 */
#include "models/tcp/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RING_FIRST 16

struct waiting {
    int64_t gone_at_ns; /* its last bit has left */
    int64_t bytes;
};

struct hop_queue {
    int64_t free_at_ns;
    int64_t rest; /* of a ns, in units of 1 / rate, the line is busy longer */
    int64_t bytes;
    struct waiting *items; /* a ring */
    uint32_t capacity;
    uint32_t first;
    uint32_t count;
};

void
path_luck_init(struct path_luck *luck, const struct path_params *params,
               uint64_t seed, uint32_t replication)
{
    static const char *const sides[TCP_SIDES_COUNT] = {"up", "down"};
    char name[256];

    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        (void)snprintf(name, sizeof name, "path/%.200s/loss/%s", params->name,
                       sides[side]);
        luck->loss[side] = chance_stream(seed, replication, name);
    }
}

int64_t
path_rtt_ns(const struct path_params *params)
{
    int64_t rtt_ns = 0;

    for (uint32_t hop = 0; hop < params->hops_count; hop++) {
        rtt_ns += params->hops[hop].delay_ns[TCP_CLIENT] +
                  params->hops[hop].delay_ns[TCP_SERVER];
    }
    return rtt_ns;
}

struct hop_queue *
hop_queue_new(void)
{
    return base_alloc(sizeof(struct hop_queue));
}

void
hop_queue_free(struct hop_queue *queue)
{
    if (queue != NULL) {
        free(queue->items);
        free(queue);
    }
}

void
hop_queue_clear(struct hop_queue *queue)
{
    queue->free_at_ns = 0;
    queue->rest = 0;
    queue->bytes = 0;
    queue->first = 0;
    queue->count = 0;
}

static void
waiting_add(struct hop_queue *queue, int64_t gone_at_ns, int64_t bytes)
{
    if (queue->count == queue->capacity) {
        const uint32_t capacity =
            queue->capacity == 0 ? RING_FIRST : 2 * queue->capacity;
        struct waiting *items = base_alloc(capacity * sizeof *items);
        for (uint32_t i = 0; i < queue->count; i++) {
            items[i] = queue->items[(queue->first + i) & (queue->capacity - 1)];
        }
        free(queue->items);
        queue->items = items;
        queue->capacity = capacity;
        queue->first = 0;
    }
    queue->items[(queue->first + queue->count) & (queue->capacity - 1)] =
        (struct waiting){gone_at_ns, bytes};
    queue->count++;
    queue->bytes += bytes;
}

/*
 * waiting_leave - what has left before now
 *
 * What leaves at this very instant is still there. Acknowledgements come at the
 * pace of the line, so such ties are the rule where a queue fills, and real
 * hosts decide them this way: of a volley, the first packet finds an idle host
 * and is late by some microseconds, and those behind it are less so. The other
 * way the mean error of 363 transfers without loss or fault is 0.85 %, not
 * 0.72 %.
 */
static void
waiting_leave(struct hop_queue *queue, int64_t now_ns)
{
    while (queue->count > 0 && queue->items[queue->first].gone_at_ns < now_ns) {
        queue->bytes -= queue->items[queue->first].bytes;
        queue->first = (queue->first + 1) & (queue->capacity - 1);
        queue->count--;
    }
}

int64_t
hop_queue_pass(struct hop_queue *queue, const struct hop_params *params,
               enum tcp_side from, int64_t now_ns, uint32_t ip_bytes)
{
    const int64_t rate = params->rate_bits_per_s[from];
    const int64_t limit = params->queue_bytes[from];

    if (rate == 0) {
        return now_ns + params->delay_ns[from];
    }
    if (limit > 0) {
        waiting_leave(queue, now_ns);
        if (queue->bytes + (int64_t)ip_bytes > limit) {
            return -1;
        }
    }
    if (queue->free_at_ns < now_ns) {
        queue->free_at_ns = now_ns;
        queue->rest = 0;
    }
    const int64_t work =
        (int64_t)ip_bytes * BITS_PER_BYTE * NS_PER_S + queue->rest;
    queue->free_at_ns += work / rate;
    queue->rest = work % rate;
    if (limit > 0) {
        waiting_add(queue, queue->free_at_ns, (int64_t)ip_bytes);
    }
    return queue->free_at_ns + params->delay_ns[from];
}

int64_t
hop_queue_bytes(struct hop_queue *queue, int64_t now_ns)
{
    waiting_leave(queue, now_ns);
    return queue->bytes;
}
