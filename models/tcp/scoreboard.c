/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scoreboard.c - what was sent, and what has become of it
 *
 * Segments lie in a ring in the order of their sequence numbers. What a SACK
 * block adds to what the last acknowledgement's blocks said is all that is
 * looked at. A segment is lost when one that was sent later has arrived: at
 * once when three are SACKed or recovery is under way, else after a quarter of
 * a round trip (RFC 8985, without reordering).
 */
#include <stdlib.h>
#include <string.h>

#include "models/tcp/endpoint_parts.h"

#define RING_FIRST 16

void
ring_push(struct sent_ring *ring, const struct sent *sent)
{
    if (ring->next - ring->first == ring->capacity) {
        const uint32_t capacity =
            ring->capacity == 0 ? RING_FIRST : 2 * ring->capacity;
        struct sent *items = base_alloc(capacity * sizeof *items);
        for (uint64_t i = ring->first; i != ring->next; i++) {
            items[i & (capacity - 1)] = *ring_at(ring, i);
        }
        free(ring->items);
        ring->items = items;
        ring->capacity = capacity;
    }
    *ring_at(ring, ring->next++) = *sent;
}

void
ring_split(struct sent_ring *ring, uint64_t number, uint32_t bytes)
{
    ring_push(ring, ring_at(ring, ring->next - 1));
    for (uint64_t i = ring->next - 1; i != number; i--) {
        *ring_at(ring, i) = *ring_at(ring, i - 1);
    }
    struct sent *first = ring_at(ring, number);
    struct sent *second = ring_at(ring, number + 1);
    ASSERT(bytes > 0 && bytes < first->bytes);
    second->seq += bytes;
    second->bytes -= bytes;
    first->bytes = bytes;
    first->flags &= (uint8_t)~SENT_FIN;
}

void
scoreboard_free(struct sender *snd)
{
    free(snd->ring.items);
    free(snd->again_seqs);
}

void
scoreboard_reset(struct sender *snd)
{
    snd->ring.first = 0;
    snd->ring.next = 0;
    snd->again_first = 0;
    snd->again_next = 0;
}

void
scoreboard_again(struct sender *snd, int64_t seq)
{
    if (snd->again_next - snd->again_first == snd->again_capacity) {
        const uint32_t capacity =
            snd->again_capacity == 0 ? RING_FIRST : 2 * snd->again_capacity;
        int64_t *seqs = base_alloc(capacity * sizeof *seqs);
        for (uint64_t i = snd->again_first; i != snd->again_next; i++) {
            seqs[i & (capacity - 1)] =
                snd->again_seqs[i & (snd->again_capacity - 1)];
        }
        free(snd->again_seqs);
        snd->again_seqs = seqs;
        snd->again_capacity = capacity;
    }
    snd->again_seqs[snd->again_next++ & (snd->again_capacity - 1)] = seq;
}

static int64_t
end_of(const struct sent *sent)
{
    return sent->seq + (int64_t)sent->bytes + ((sent->flags & SENT_FIN) != 0);
}

/* find - the running number of the first segment that ends beyond seq */
static uint64_t
find(const struct sent_ring *ring, int64_t seq)
{
    uint64_t low = ring->first;
    uint64_t high = ring->next;

    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (end_of(ring_at(ring, middle)) > seq) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* arrived - the receiver has it: what RACK learns from that */
static void
arrived(struct tcp_endpoint *end, const struct sent *sent)
{
    struct sender *snd = &end->snd;
    const int64_t rtt_us = (end_now_ns(end) - sent->sent_at_ns) / NS_PER_US;

    if ((sent->flags & SENT_TWICE) && rtt_us < snd->rtt_min_us) {
        return; /* an acknowledgement of the first one */
    }
    if (sent->sent_at_ns > snd->rack_at_ns ||
        (sent->sent_at_ns == snd->rack_at_ns && end_of(sent) > snd->rack_end)) {
        snd->rack_at_ns = sent->sent_at_ns;
        snd->rack_end = end_of(sent);
        snd->rack_rtt_us = rtt_us;
    }
}

/* leave - a segment's marks no longer count */
static void
leave(struct sender *snd, const struct sent *sent)
{
    snd->sacked_count -= (sent->flags & SENT_SACKED) != 0;
    snd->lost_count -= (sent->flags & SENT_LOST) != 0;
    snd->repeated_count -= (sent->flags & SENT_AGAIN) != 0;
}

void
scoreboard_ack(struct tcp_endpoint *end, int64_t ack, struct ack_sum *sum)
{
    struct sender *snd = &end->snd;
    struct sent_ring *ring = &snd->ring;
    const int64_t now_ns = end_now_ns(end);
    bool is_clean = true;

    while (ring->first != ring->next) {
        struct sent *sent = ring_at(ring, ring->first);
        if (end_of(sent) > ack) {
            if (sent->seq < ack) { /* a part of it */
                const uint32_t part = (uint32_t)(ack - sent->seq);
                sent->seq = ack;
                sent->bytes -= part;
            }
            break;
        }
        leave(snd, sent);
        if (sent->flags & SENT_TWICE) {
            is_clean = false;
            sum->is_repeat_acked = true;
        } else if (!(sent->flags & SENT_SACKED)) {
            const int64_t rtt_us = (now_ns - sent->sent_at_ns) / NS_PER_US;
            if (sum->rtt_us < 0) {
                sum->rtt_us = rtt_us;
            }
            sum->rtt_last_us = rtt_us;
            sum->is_original_sacked =
                sum->is_original_sacked || end_of(sent) <= snd->high_seq;
        }
        if (!(sent->flags & SENT_SACKED)) {
            arrived(end, sent);
            sum->acked_count++;
        }
        ring->first++;
        sum->is_data_acked = true;
    }
    if (!is_clean) {
        sum->rtt_us = -1;
    }
    if (snd->lost_hint < ring->first) {
        snd->lost_hint = ring->first;
    }
    if (snd->judged_hint < ring->first) {
        snd->judged_hint = ring->first;
    }
}

/* sack_stretch - the segments within [from, until) have arrived; those that
 * end at or before `seen` were told before */
static void
sack_stretch(struct tcp_endpoint *end, int64_t from, int64_t seen,
             int64_t until, struct ack_sum *sum)
{
    struct sender *snd = &end->snd;
    const int64_t now_ns = end_now_ns(end);

    for (uint64_t i = find(&snd->ring, seen); i != snd->ring.next; i++) {
        struct sent *sent = ring_at(&snd->ring, i);
        if (end_of(sent) > until) {
            break;
        }
        if (sent->seq < from || (sent->flags & SENT_SACKED)) {
            continue;
        }
        arrived(end, sent);
        if (!(sent->flags & SENT_TWICE)) {
            if (sum->sack_rtt_us < 0) {
                sum->sack_rtt_us = (now_ns - sent->sent_at_ns) / NS_PER_US;
            }
            sum->is_original_sacked =
                sum->is_original_sacked || end_of(sent) <= snd->high_seq;
        }
        leave(snd, sent);
        sent->flags &= (uint8_t) ~(SENT_LOST | SENT_AGAIN);
        sent->flags |= SENT_SACKED;
        snd->sacked_count++;
        sum->sacked_count++;
    }
}

void
scoreboard_sack(struct tcp_endpoint *end, const struct tcp_segment *segment,
                struct ack_sum *sum)
{
    struct sender *snd = &end->snd;

    for (uint32_t i = 0; i < segment->sacks_count; i++) {
        const int64_t from = segment->sacks[i].from;
        int64_t seen = from;
        const int64_t until = i64_min(segment->sacks[i].until, snd->next);
        if (until <= snd->una || from >= until) {
            continue;
        }
        for (uint32_t k = 0; k < snd->seen_count; k++) {
            if (snd->seen[k].from <= seen && snd->seen[k].until > seen) {
                seen = snd->seen[k].until;
            }
        }
        if (seen < until) {
            sack_stretch(end, from, seen, until, sum);
        }
    }
    snd->seen_count = segment->sacks_count;
    memcpy(snd->seen, segment->sacks, sizeof snd->seen);
}

static void
lose(struct sender *snd, struct sent *sent, uint64_t number,
     struct ack_sum *sum)
{
    if (sent->flags & SENT_AGAIN) {
        sent->flags &= (uint8_t)~SENT_AGAIN;
        snd->repeated_count--;
        sum->is_repeat_lost = true;
    }
    if (!(sent->flags & SENT_LOST)) {
        sent->flags |= SENT_LOST;
        snd->lost_count++;
    }
    sum->lost_count++;
    if (number < snd->lost_hint) {
        snd->lost_hint = number;
    }
}

/* wait_us - before one sent before the latest arrival is called lost */
static int64_t
wait_us(const struct sender *snd)
{
    if (snd->phase >= PHASE_RECOVERY || snd->sacked_count >= DUP_THRESHOLD) {
        return 0;
    }
    return i64_min(snd->rtt_min_us / 4, snd->srtt_us8 / 8);
}

/* is_before - was it sent before the latest that is known to have arrived? */
static bool
is_before(const struct sender *snd, const struct sent *sent)
{
    return sent->sent_at_ns < snd->rack_at_ns ||
           (sent->sent_at_ns == snd->rack_at_ns &&
            end_of(sent) < snd->rack_end);
}

/* repeats_judge - repetitions, in the order they were made */
static void
repeats_judge(struct tcp_endpoint *end, struct ack_sum *sum)
{
    struct sender *snd = &end->snd;

    while (snd->again_first != snd->again_next) {
        const int64_t seq =
            snd->again_seqs[snd->again_first & (snd->again_capacity - 1)];
        const uint64_t number = find(&snd->ring, seq);
        if (number != snd->ring.next) {
            struct sent *sent = ring_at(&snd->ring, number);
            /* Another one follows it if it has been acknowledged. A tail loss
             * probe repeats what nobody has called lost. */
            if (sent->seq <= seq &&
                ((sent->flags & SENT_AGAIN) ||
                 !(sent->flags & (SENT_SACKED | SENT_LOST)))) {
                if (!is_before(snd, sent)) {
                    return;
                }
                lose(snd, sent, number, sum);
            }
        }
        snd->again_first++;
    }
}

int64_t
scoreboard_judge(struct tcp_endpoint *end, struct ack_sum *sum)
{
    struct sender *snd = &end->snd;
    const int64_t reorder_us = wait_us(snd);
    const int64_t now_ns = end_now_ns(end);

    repeats_judge(end, sum);
    while (snd->judged_hint != snd->ring.next) {
        struct sent *sent = ring_at(&snd->ring, snd->judged_hint);
        if (!(sent->flags & (SENT_SACKED | SENT_LOST | SENT_TWICE))) {
            if (!is_before(snd, sent)) {
                return 0;
            }
            const int64_t left_us = snd->rack_rtt_us + reorder_us -
                                    (now_ns - sent->sent_at_ns) / NS_PER_US;
            if (left_us > 0) {
                return left_us;
            }
            lose(snd, sent, snd->judged_hint, sum);
        }
        snd->judged_hint++;
    }
    return 0;
}

void
scoreboard_all_lost(struct sender *snd)
{
    for (uint64_t i = snd->ring.first; i != snd->ring.next; i++) {
        struct sent *sent = ring_at(&snd->ring, i);
        if (sent->flags & SENT_SACKED) {
            continue;
        }
        if (sent->flags & SENT_AGAIN) {
            sent->flags &= (uint8_t)~SENT_AGAIN;
            snd->repeated_count--;
        }
        if (!(sent->flags & SENT_LOST)) {
            sent->flags |= SENT_LOST;
            snd->lost_count++;
        }
    }
    snd->lost_hint = snd->ring.first;
    snd->judged_hint = snd->ring.next;
    snd->again_first = snd->again_next;
}
