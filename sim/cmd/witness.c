/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * witness.c - see witness.h
 */
#include "sim/cmd/witness.h"

#include <stdlib.h>

#include "sim/kernel/base.h"

void
witness_init(struct witness *witness, int64_t mss_bytes)
{
    ASSERT(mss_bytes > 0);
    *witness = (struct witness){.mss_bytes = mss_bytes};
}

void
witness_free(struct witness *witness)
{
    free(witness->packets);
    free(witness->samples);
    *witness = (struct witness){0};
}

/* room - an array for one more, doubled when it is full */
static void *
room(void *items, uint32_t count, uint32_t *max, uint64_t item_bytes)
{
    if (count < *max) {
        return items;
    }
    *max = *max == 0 ? 256 : 2 * *max;
    return base_realloc(items, *max * item_bytes);
}

/* heard - what the sample's side will believe once it has read this segment,
 * which is on its doorstep */
static void
heard(struct witness_sample *sample, const struct tcp_belief *belief,
      const struct tcp_segment *segment)
{
    const bool is_scaled =
        belief->is_scaling && (segment->flags & TCP_SYN) == 0;
    const int64_t window = (int64_t)segment->window
                           << (is_scaled ? belief->send_shift : 0);

    if ((segment->flags & TCP_ACK) != 0 && segment->ack >= sample->acked_seq) {
        sample->acked_seq = segment->ack;
        sample->window_edge = segment->ack + window;
    }
}

/* sample_take - of a side at an instant; `came` is what it reads next, or NULL
 */
static void
sample_take(struct witness *witness, const struct tcp_connection *connection,
            int64_t at_ns, enum tcp_side side, const struct tcp_segment *came)
{
    const struct tcp_endpoint *end = tcp_connection_end_const(connection, side);
    const struct tcp_progress progress = tcp_endpoint_progress(end);
    const struct tcp_belief belief = tcp_endpoint_belief(end);
    struct witness_sample *sample = NULL;

    witness->samples = room(witness->samples, witness->samples_count,
                            &witness->samples_max, sizeof *witness->samples);
    sample = &witness->samples[witness->samples_count++];
    *sample = (struct witness_sample){
        .at_ns = at_ns,
        .side = side,
        .acked_seq = progress.acked_seq,
        .window_edge = progress.window_edge,
        .congestion_bytes = progress.window_segments * witness->mss_bytes,
        .offered_edge =
            1 + tcp_endpoint_received_bytes(end) + belief.receive_window_bytes,
        .offered_bytes = belief.receive_window_bytes,
    };
    if (came != NULL) {
        heard(sample, &belief, came);
    }
}

static void
packet_add(struct witness *witness, int64_t at_ns, enum tcp_side from,
           const struct tcp_segment *segment)
{
    const int64_t end = segment->seq + tcp_segment_length(segment);

    witness->packets = room(witness->packets, witness->packets_count,
                            &witness->packets_max, sizeof *witness->packets);
    witness->packets[witness->packets_count++] = (struct witness_packet){
        .sent_at_ns = at_ns,
        .end_at_ns = -1,
        .from = from,
        .sent = *segment,
        .arrived = *segment,
        .is_resent =
            end > segment->seq && segment->seq < witness->sent_until[from],
    };
    witness->sent_until[from] = i64_max(witness->sent_until[from], end);
}

static bool
is_same(const struct witness_packet *packet, enum tcp_side from,
        const struct tcp_segment *segment)
{
    return packet->from == from && packet->fate == WITNESS_UNDER_WAY &&
           packet->sent.seq == segment->seq &&
           packet->sent.payload_bytes == segment->payload_bytes &&
           packet->sent.flags == segment->flags &&
           packet->sent.ack == segment->ack &&
           packet->sent.timestamp_ms == segment->timestamp_ms;
}

/* packet_find - the oldest under way that looks like this; it is there. A
 * timestamp may have been cleared on the way: then without it. */
static struct witness_packet *
packet_find(struct witness *witness, enum tcp_side from,
            const struct tcp_segment *segment)
{
    struct witness_packet *packets = witness->packets;
    struct tcp_segment likeness = *segment;

    while (packets[witness->oldest[from]].from != from ||
           packets[witness->oldest[from]].fate != WITNESS_UNDER_WAY) {
        witness->oldest[from]++;
        ASSERT(witness->oldest[from] < witness->packets_count);
    }
    for (uint32_t i = witness->oldest[from]; i < witness->packets_count; i++) {
        if ((segment->options & TCP_OPTION_TIMESTAMP) == 0) {
            likeness.timestamp_ms = packets[i].sent.timestamp_ms;
        }
        if (is_same(&packets[i], from, &likeness)) {
            return &packets[i];
        }
    }
    UNREACHABLE("what is seen on the way was sent");
}

void
witness_see(void *arg, const struct tcp_connection *connection, int64_t at_ns,
            enum tcp_sight sight, enum tcp_side from, uint32_t hop,
            const struct tcp_segment *segment)
{
    static const enum witness_fate fates[] = {
        [TCP_SIGHT_SENT] = WITNESS_UNDER_WAY,
        [TCP_SIGHT_PASSED] = WITNESS_UNDER_WAY,
        [TCP_SIGHT_BOX_DROP] = WITNESS_BOX_DROP,
        [TCP_SIGHT_LOST] = WITNESS_LOST,
        [TCP_SIGHT_OVERFLOW] = WITNESS_OVERFLOW,
        [TCP_SIGHT_ARRIVED] = WITNESS_ARRIVED,
    };
    struct witness *witness = arg;
    struct witness_packet *packet = NULL;

    if (sight == TCP_SIGHT_SENT) {
        packet_add(witness, at_ns, from, segment);
        sample_take(witness, connection, at_ns, from, NULL);
        return;
    }
    packet = packet_find(witness, from, segment);
    packet->hop = hop;
    packet->arrived = *segment;
    if (sight == TCP_SIGHT_PASSED) {
        packet->is_changed = true;
        return;
    }
    packet->fate = fates[sight];
    packet->end_at_ns = at_ns;
    if (sight == TCP_SIGHT_ARRIVED) {
        sample_take(witness, connection, at_ns, tcp_other(from), segment);
    }
}
