/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order.c - stretches of data beyond holes, and the SACK blocks that tell of
 * them (RFC 2018: the latest first)
 */
#include <stdlib.h>
#include <string.h>

#include "models/tcp/endpoint_parts.h"

#define OFO_FIRST 8 /* OFO_MAX is this times a power of 2 */

void
order_sacks(const struct tcp_endpoint *end, struct tcp_segment *segment)
{
    const struct receiver *rcv = &end->rcv;
    const uint32_t max = end->has_timestamps ? 3 : TCP_SACKS_MAX;

    if (rcv->blocks_count == 0) {
        return;
    }
    segment->options |= TCP_OPTION_SACK;
    segment->sacks_count =
        (uint8_t)(rcv->blocks_count < max ? rcv->blocks_count : max);
    memcpy(segment->sacks, rcv->blocks,
           segment->sacks_count * sizeof *segment->sacks);
}

/* block_first - the stretch that a segment came into leads the next SACK */
static void
block_first(struct receiver *rcv, struct tcp_sack stretch)
{
    struct tcp_sack blocks[TCP_SACKS_MAX];
    uint32_t count = 0;

    blocks[count++] = stretch;
    for (uint32_t i = 0; i < rcv->blocks_count && count < TCP_SACKS_MAX; i++) {
        if (rcv->blocks[i].until < stretch.from ||
            rcv->blocks[i].from > stretch.until) {
            blocks[count++] = rcv->blocks[i];
        }
    }
    memcpy(rcv->blocks, blocks, sizeof blocks);
    rcv->blocks_count = count;
}

/* blocks_clean - what is in order now needs no SACK */
static void
blocks_clean(struct receiver *rcv)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < rcv->blocks_count; i++) {
        if (rcv->blocks[i].until > rcv->next) {
            rcv->blocks[kept++] = rcv->blocks[i];
        }
    }
    rcv->blocks_count = kept;
}

static void
ofo_grow(struct receiver *rcv)
{
    const uint32_t capacity =
        rcv->ofo_capacity == 0 ? OFO_FIRST : 2 * rcv->ofo_capacity;

    rcv->ofo = base_realloc(rcv->ofo, capacity * sizeof *rcv->ofo);
    rcv->ofo_capacity = capacity;
}

/* order_add - a stretch beyond a hole; when all places are taken, the segment is
 * dropped, as by a full buffer */
void
order_add(struct receiver *rcv, struct tcp_sack stretch)
{
    uint32_t at = rcv->ofo_count;
    int64_t before = 0; /* bytes of the stretches that it takes in */

    while (at > 0 && rcv->ofo[at - 1].from > stretch.from) {
        at--;
    }
    if (at > 0 && rcv->ofo[at - 1].until >= stretch.from) {
        at--;
        before = rcv->ofo[at].until - rcv->ofo[at].from;
        stretch.from = rcv->ofo[at].from;
        stretch.until = i64_max(stretch.until, rcv->ofo[at].until);
    } else {
        if (rcv->ofo_count == OFO_MAX) {
            return;
        }
        if (rcv->ofo_count == rcv->ofo_capacity) {
            ofo_grow(rcv);
        }
        memmove(&rcv->ofo[at + 1], &rcv->ofo[at],
                (rcv->ofo_count - at) * sizeof *rcv->ofo);
        rcv->ofo_count++;
    }
    uint32_t last = at + 1;
    while (last < rcv->ofo_count && rcv->ofo[last].from <= stretch.until) {
        stretch.until = i64_max(stretch.until, rcv->ofo[last].until);
        before += rcv->ofo[last].until - rcv->ofo[last].from;
        last++;
    }
    memmove(&rcv->ofo[at + 1], &rcv->ofo[last],
            (rcv->ofo_count - last) * sizeof *rcv->ofo);
    rcv->ofo_count -= last - at - 1;
    rcv->ofo[at] = stretch;
    rcv->ofo_bytes += stretch.until - stretch.from - before;
    block_first(rcv, stretch);
}

/* order_join - stretches that are in order now */
void
order_join(struct receiver *rcv)
{
    uint32_t count = 0;

    while (count < rcv->ofo_count && rcv->ofo[count].from <= rcv->next) {
        rcv->next = i64_max(rcv->next, rcv->ofo[count].until);
        rcv->ofo_bytes -= rcv->ofo[count].until - rcv->ofo[count].from;
        count++;
    }
    if (count > 0) {
        memmove(rcv->ofo, &rcv->ofo[count],
                (rcv->ofo_count - count) * sizeof *rcv->ofo);
        rcv->ofo_count -= count;
    }
    blocks_clean(rcv);
}
