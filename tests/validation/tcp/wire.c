/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.c - see wire.h
 */
#include "tests/validation/tcp/wire.h"

#include <stdlib.h>
#include <string.h>

#include "sim/kernel/base.h"
#include "tests/validation/tcp/line.h"

bool
wire_init(struct wire *wire, const struct cell *cell)
{
    static const char *const names[TCP_SIDES_COUNT] = {"path/cell/loss/up",
                                                       "path/cell/loss/down"};
    *wire = (struct wire){.cell = cell};
    middlebox_init(&wire->box, &cell->fault);
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        struct wire_lane *lane = &wire->lanes[side];

        lane->flights = malloc(WIRE_FLIGHTS_MAX * sizeof *lane->flights);
        lane->chance = chance_stream(cell->seed, 0, names[side]);
        if (lane->flights == NULL) {
            return false;
        }
    }
    return true;
}

void
wire_close(struct wire *wire)
{
    free(wire->lanes[TCP_CLIENT].flights);
    free(wire->lanes[TCP_SERVER].flights);
}

static void
trace_line(const struct wire *wire, enum tcp_side from,
           const struct tcp_segment *segment, int64_t now_ns, const char *note)
{
    if (wire->trace != NULL) {
        line_print(wire->trace, now_ns - wire->began_at_ns, from, segment,
                   note);
    }
}

/* pcap_write - LINKTYPE_RAW; the file's header is written by its opener */
static void
pcap_write(const struct wire *wire, const uint8_t *bytes, uint32_t count,
           int64_t now_ns)
{
    const int64_t ns = now_ns - wire->began_at_ns;
    const uint32_t header[4] = {(uint32_t)(ns / NS_PER_S),
                                (uint32_t)(ns % NS_PER_S), count, count};

    if (wire->pcap != NULL) {
        fwrite(header, sizeof header, 1, wire->pcap);
        fwrite(bytes, count, 1, wire->pcap);
    }
}

/* relate - makes out the connection's numbers; its SYNs say where they begin */
static void
relate(struct wire *wire, enum tcp_side from, struct packet *packet)
{
    const enum tcp_side to = tcp_other(from);

    if (!wire->is_known[from]) {
        wire->is_known[from] = true;
        wire->ends.first_seqs[from] = packet->seq;
        wire->ends.addresses[from] = packet->addresses[0];
        wire->ends.addresses[to] = packet->addresses[1];
        wire->ends.ports[from] = packet->ports[0];
        wire->ends.ports[to] = packet->ports[1];
    }
    packet_relate(packet, &wire->ends, from, wire->near_seqs);
    if (packet->segment.seq > wire->near_seqs[from]) {
        wire->near_seqs[from] = packet->segment.seq;
    }
}

/* box_pass - the middlebox on real bytes; the new length, 0: dropped */
static uint32_t
box_pass(struct wire *wire, enum tcp_side from, struct packet *packet,
         uint8_t *bytes, uint32_t count)
{
    const uint64_t changed_count = wire->box.changed_count;
    uint8_t payload[WIRE_PACKET_MAX];

    if (!middlebox_pass(&wire->box, &packet->segment, from)) {
        return 0;
    }
    if (wire->box.changed_count == changed_count) {
        return count;
    }
    memcpy(payload, packet->payload, packet->segment.payload_bytes);
    return packet_write(bytes, WIRE_PACKET_MAX, &wire->ends, from,
                        &packet->segment, payload);
}

static bool
is_lost(struct wire *wire, struct wire_lane *lane)
{
    const int32_t ppm = wire->cell->loss_ppm;

    return ppm > 0 && chance_hits(chance_u64(&lane->chance, WIRE_ENTITY, 0,
                                             lane->loss_draws_count++),
                                  ppm);
}

static void
queue_leave(struct wire_lane *lane, int64_t now_ns)
{
    const uint32_t mask = WIRE_FLIGHTS_MAX - 1;

    while (lane->queue_first != lane->end &&
           lane->flights[lane->queue_first & mask].sent_at_ns < now_ns) {
        lane->queue_bytes -= lane->flights[lane->queue_first & mask].count;
        lane->queue_first++;
    }
}

/* lane_push - queue and line; false: the queue is full */
static bool
lane_push(struct wire *wire, struct wire_lane *lane, const uint8_t *bytes,
          uint32_t count, int64_t now_ns)
{
    const struct cell *cell = wire->cell;

    queue_leave(lane, now_ns);
    if (lane->queue_bytes + count > cell->queue_bytes) {
        return false;
    }
    ASSERT(lane->end - lane->first < WIRE_FLIGHTS_MAX);
    struct wire_flight *flight =
        &lane->flights[lane->end & (WIRE_FLIGHTS_MAX - 1)];
    const int64_t start = lane->free_at_ns > now_ns ? lane->free_at_ns : now_ns;
    const int64_t line_ns =
        ((int64_t)count * 8 * NS_PER_S + cell->rate_bits_per_s - 1) /
        cell->rate_bits_per_s;

    lane->free_at_ns = start + line_ns;
    lane->queue_bytes += count;
    flight->sent_at_ns = lane->free_at_ns;
    flight->due_ns = lane->free_at_ns + cell->rtt_ns / 2;
    flight->count = count;
    memcpy(flight->bytes, bytes, count);
    lane->end++;
    return true;
}

void
wire_take(struct wire *wire, enum tcp_side from, uint8_t *bytes, uint32_t count,
          int64_t now_ns)
{
    struct wire_lane *lane = &wire->lanes[from];
    const uint64_t changed_count = wire->box.changed_count;
    struct packet packet;

    if (packet_read(&packet, bytes, count) != PACKET_OK) {
        return;
    }
    wire->packets_count++;
    relate(wire, from, &packet);
    pcap_write(wire, bytes, count, now_ns);
    count = box_pass(wire, from, &packet, bytes, count);
    if (count == 0) {
        trace_line(wire, from, &packet.segment, now_ns,
                   line_drop_note(wire->cell->fault.fault));
        return;
    }
    if (is_lost(wire, lane)) {
        wire->lost_count++;
        trace_line(wire, from, &packet.segment, now_ns, LINE_LOST);
        return;
    }
    if (!lane_push(wire, lane, bytes, count, now_ns)) {
        wire->overflow_count++;
        trace_line(wire, from, &packet.segment, now_ns, LINE_OVERFLOW);
        return;
    }
    trace_line(wire, from, &packet.segment, now_ns,
               wire->box.changed_count != changed_count
                   ? line_change_note(wire->cell->fault.fault)
                   : "");
}

int64_t
wire_due_ns(const struct wire *wire, enum tcp_side from)
{
    const struct wire_lane *lane = &wire->lanes[from];

    return lane->first == lane->end
               ? INT64_MAX
               : lane->flights[lane->first & (WIRE_FLIGHTS_MAX - 1)].due_ns;
}

const struct wire_flight *
wire_give(struct wire *wire, enum tcp_side from, int64_t now_ns)
{
    struct wire_lane *lane = &wire->lanes[from];
    const struct wire_flight *flight =
        &lane->flights[lane->first & (WIRE_FLIGHTS_MAX - 1)];

    queue_leave(lane, now_ns);
    lane->first++;
    if (now_ns - flight->due_ns > wire->late_ns_max) {
        wire->late_ns_max = now_ns - flight->due_ns;
    }
    return flight;
}
