/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_packet.c - any bytes, read as a packet that a host has sent
 *
 * The first byte chooses a middlebox; the rest is read as it is, then again
 * with its checksums mended, so that what stands behind them is reached. What
 * can be read goes through the middlebox and is written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "models/tcp/middlebox.h"
#include "models/tcp/packet.h"
#include "sim/kernel/base.h"
#include "tests/fuzz/fuzz.h"

static const struct packet_ends ends = {.addresses = {1, 2},
                                        .first_seqs = {7, UINT32_MAX - 7},
                                        .ports = {40000, 25}};

static void
segment_must_equal(const struct tcp_segment *a, const struct tcp_segment *b)
{
    ASSERT(a->seq == b->seq && a->ack == b->ack);
    ASSERT(a->payload_bytes == b->payload_bytes);
    ASSERT(a->flags == b->flags && a->options == b->options);
    ASSERT(a->window == b->window && a->shift == b->shift);
    ASSERT(a->mss_bytes == b->mss_bytes);
    ASSERT(a->timestamp_ms == b->timestamp_ms);
    ASSERT(a->timestamp_echo_ms == b->timestamp_echo_ms);
    ASSERT(a->sacks_count == b->sacks_count);
    for (uint32_t i = 0; i < a->sacks_count; i++) {
        ASSERT(a->sacks[i].from == b->sacks[i].from);
        ASSERT(a->sacks[i].until == b->sacks[i].until);
    }
}

/* packet_again - written and read, it says the same */
static void
packet_again(const struct packet *packet)
{
    static const int64_t near[TCP_SIDES_COUNT] = {1, 1};
    uint8_t *bytes = base_alloc(65536);
    const uint32_t count = packet_write(bytes, 65536, &ends, TCP_SERVER,
                                        &packet->segment, packet->payload);
    struct packet again;

    if (count > 0) {
        ASSERT(count == tcp_segment_ip_bytes(&packet->segment));
        ASSERT(packet_read(&again, bytes, count) == PACKET_OK);
        packet_relate(&again, &ends, TCP_SERVER, near);
        segment_must_equal(&again.segment, &packet->segment);
        ASSERT(packet->segment.payload_bytes == 0 ||
               memcmp(again.payload, packet->payload,
                      again.segment.payload_bytes) == 0);
    }
    free(bytes);
}

static void
packet_try(const uint8_t *bytes, uint32_t count, uint8_t choice)
{
    static const int64_t near[TCP_SIDES_COUNT] = {1, 1};
    const struct middlebox_params params = {
        .fault = (enum middlebox_fault)(choice % MIDDLEBOX_FAULTS_COUNT),
        .value = 1 + choice / MIDDLEBOX_FAULTS_COUNT % TCP_SHIFT_MAX};
    struct middlebox box;
    struct packet packet;

    if (packet_read(&packet, bytes, count) != PACKET_OK) {
        return;
    }
    ASSERT(packet.ip_bytes <= count);
    ASSERT(packet.payload >= bytes);
    ASSERT(packet.payload + packet.segment.payload_bytes ==
           bytes + packet.ip_bytes);
    ASSERT(packet.segment.sacks_count <= TCP_SACKS_MAX);
    packet_relate(&packet, &ends, TCP_SERVER, near);
    middlebox_init(&box, &params);
    for (int i = 0; i < 2; i++) {
        if (middlebox_pass(&box, &packet.segment, TCP_SERVER)) {
            packet_again(&packet);
        }
        (void)middlebox_pass(&box, &packet.segment, TCP_CLIENT);
    }
}

static uint32_t
sum_of(const uint8_t *bytes, uint32_t count)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    }
    return sum;
}

static void
sum_set(uint8_t *place, uint32_t sum)
{
    sum = 0xffff - (sum % 0xffff == 0 && sum > 0 ? 0xffff : sum % 0xffff);
    place[0] = (uint8_t)(sum >> 8);
    place[1] = (uint8_t)sum;
}

/* sums_mend - of a packet that is as long as its bytes */
static void
sums_mend(uint8_t *bytes, uint32_t count)
{
    const uint32_t header = (uint32_t)(bytes[0] & 0xf) * 4;

    if (header < PACKET_IP_BYTES || header + PACKET_TCP_BYTES > count ||
        count > 65535) {
        return;
    }
    uint8_t *tcp = bytes + header;

    bytes[0] = (uint8_t)(0x40 | header / 4);
    bytes[2] = (uint8_t)(count >> 8);
    bytes[3] = (uint8_t)count;
    bytes[6] &= 0x40;
    bytes[7] = 0;
    bytes[9] = 6;
    bytes[10] = bytes[11] = 0;
    sum_set(bytes + 10, sum_of(bytes, header));
    tcp[16] = tcp[17] = 0;
    sum_set(tcp + 16, 6 + (count - header) + sum_of(bytes + 12, 8) +
                          sum_of(tcp, count - header));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2 || size > 65536) {
        return 0;
    }
    const uint32_t count = (uint32_t)size - 1;
    uint8_t *copy = base_alloc(count);

    memcpy(copy, bytes + 1, count);
    packet_try(copy, count, bytes[0]);
    sums_mend(copy, count);
    packet_try(copy, count, bytes[0]);
    free(copy);
    return 0;
}
