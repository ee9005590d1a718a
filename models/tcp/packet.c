/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet.c - see packet.h
 */
#include "models/tcp/packet.h"

#include <stddef.h>
#include <string.h>

#include "sim/kernel/base.h"

enum {
    IP_VERSION_4 = 4,
    IP_PROTOCOL_TCP = 6,
    IP_DONT_FRAGMENT = 0x4000,
    IP_MORE_FRAGMENTS = 0x2000,
    IP_OFFSET_MASK = 0x1fff,
    IP_HOPS_TO_LIVE = 64
};

/* Option kinds: RFC 9293, 3.1; RFC 2018; RFC 7323. */
enum {
    KIND_END = 0,
    KIND_NOP = 1,
    KIND_MSS = 2,
    KIND_SCALE = 3,
    KIND_SACK_PERMITTED = 4,
    KIND_SACK = 5,
    KIND_TIMESTAMP = 8
};

#define LINE_BYTES 78
#define PACKET_MAX 65535

static void
put16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void
put32(uint8_t *bytes, uint32_t value)
{
    put16(bytes, value >> 16);
    put16(bytes + 2, value & 0xffff);
}

static uint16_t
get16(const uint8_t *bytes)
{
    return (uint16_t)((uint32_t)bytes[0] << 8 | bytes[1]);
}

static uint32_t
get32(const uint8_t *bytes)
{
    return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

/* sum_add - RFC 1071's sum, not yet folded; an odd last byte is padded */
static uint64_t
sum_add(uint64_t sum, const uint8_t *bytes, uint32_t count)
{
    uint32_t i = 0;

    for (; i + 1 < count; i += 2) {
        sum += get16(bytes + i);
    }
    if (i < count) {
        sum += (uint64_t)bytes[i] << 8;
    }
    return sum;
}

static uint16_t
sum_fold(uint64_t sum)
{
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

/* tcp_sum - of pseudo-header, header and payload: 0 when it is right */
static uint16_t
tcp_sum(const uint8_t *ip, const uint8_t *tcp, uint32_t tcp_bytes)
{
    uint64_t sum = IP_PROTOCOL_TCP + (uint64_t)tcp_bytes;

    sum = sum_add(sum, ip + 12, 8); /* both addresses */
    return sum_fold(sum_add(sum, tcp, tcp_bytes));
}

uint8_t
packet_payload(enum tcp_side from, int64_t seq)
{
    static const char text[] = "byte 00000000000000000000 of the ";
    static const char *const names[TCP_SIDES_COUNT] = {"client ", "server "};
    const int64_t place = i64_max(seq - 1, 0);
    const uint32_t column = (uint32_t)(place % LINE_BYTES);

    if (column == LINE_BYTES - 2) {
        return '\r';
    }
    if (column == LINE_BYTES - 1) {
        return '\n';
    }
    if (column >= 5 && column < 25) { /* the line's first byte, in decimal */
        int64_t number = place - column;

        for (uint32_t digit = 24; digit > column; digit--) {
            number /= 10;
        }
        return (uint8_t)('0' + number % 10);
    }
    if (column < sizeof text - 1) {
        return (uint8_t)text[column];
    }
    if (column < sizeof text - 1 + 7) {
        return (uint8_t)names[from][column - (sizeof text - 1)];
    }
    return '.';
}

static uint8_t *
sacks_write(uint8_t *at, const struct tcp_segment *segment, uint32_t first_seq)
{
    put16(at, KIND_NOP << 8 | KIND_NOP);
    put16(at + 2, KIND_SACK << 8 | (2 + 8 * (uint32_t)segment->sacks_count));
    at += 4;
    for (uint32_t i = 0; i < segment->sacks_count; i++) {
        put32(at, first_seq + (uint32_t)segment->sacks[i].from);
        put32(at + 4, first_seq + (uint32_t)segment->sacks[i].until);
        at += 8;
    }
    return at;
}

/* options_write - in Linux's order; peer_seq is the number the SACKs count
 * from */
static void
options_write(uint8_t *at, const struct tcp_segment *segment, uint32_t peer_seq)
{
    const uint32_t options = segment->options;

    if ((options & TCP_OPTION_MSS) != 0) {
        put16(at, KIND_MSS << 8 | 4);
        put16(at + 2, segment->mss_bytes);
        at += 4;
    }
    if ((options & TCP_OPTION_TIMESTAMP) != 0) {
        put16(at, (options & TCP_OPTION_SACK_PERMITTED) != 0
                      ? KIND_SACK_PERMITTED << 8 | 2
                      : KIND_NOP << 8 | KIND_NOP);
        put16(at + 2, KIND_TIMESTAMP << 8 | 10);
        put32(at + 4, segment->timestamp_ms);
        put32(at + 8, segment->timestamp_echo_ms);
        at += 12;
    } else if ((options & TCP_OPTION_SACK_PERMITTED) != 0) {
        put16(at, KIND_NOP << 8 | KIND_NOP);
        put16(at + 2, KIND_SACK_PERMITTED << 8 | 2);
        at += 4;
    }
    if ((options & TCP_OPTION_SCALE) != 0) {
        put16(at, KIND_NOP << 8 | KIND_SCALE);
        put16(at + 2, 3U << 8 | segment->shift);
        at += 4;
    }
    if ((options & TCP_OPTION_SACK) != 0) {
        at = sacks_write(at, segment, peer_seq);
    }
}

static void
ip_write(uint8_t *ip, const struct packet_ends *ends, enum tcp_side from,
         uint32_t ip_bytes)
{
    memset(ip, 0, PACKET_IP_BYTES);
    ip[0] = IP_VERSION_4 << 4 | PACKET_IP_BYTES / 4;
    put16(ip + 2, ip_bytes);
    put16(ip + 6, IP_DONT_FRAGMENT);
    ip[8] = IP_HOPS_TO_LIVE;
    ip[9] = IP_PROTOCOL_TCP;
    put32(ip + 12, ends->addresses[from]);
    put32(ip + 16, ends->addresses[tcp_other(from)]);
    put16(ip + 10, sum_fold(sum_add(0, ip, PACKET_IP_BYTES)));
}

uint32_t
packet_write(uint8_t *bytes, uint32_t bytes_max, const struct packet_ends *ends,
             enum tcp_side from, const struct tcp_segment *segment,
             const uint8_t *payload)
{
    const enum tcp_side to = tcp_other(from);
    const uint32_t options_bytes = tcp_segment_options_bytes(segment);
    const uint32_t header_bytes = PACKET_TCP_BYTES + options_bytes;
    const uint64_t ip_bytes =
        (uint64_t)PACKET_IP_BYTES + header_bytes + segment->payload_bytes;
    uint8_t *tcp = bytes + PACKET_IP_BYTES;

    if (options_bytes > PACKET_OPTIONS_MAX || ip_bytes > PACKET_MAX ||
        ip_bytes > bytes_max || segment->sacks_count > TCP_SACKS_MAX) {
        return 0;
    }
    const uint32_t tcp_bytes = (uint32_t)ip_bytes - PACKET_IP_BYTES;

    ip_write(bytes, ends, from, (uint32_t)ip_bytes);
    memset(tcp, 0, header_bytes);
    put16(tcp, ends->ports[from]);
    put16(tcp + 2, ends->ports[to]);
    put32(tcp + 4, ends->first_seqs[from] + (uint32_t)segment->seq);
    if ((segment->flags & TCP_ACK) != 0) {
        put32(tcp + 8, ends->first_seqs[to] + (uint32_t)segment->ack);
    }
    tcp[12] = (uint8_t)(header_bytes / 4 << 4);
    tcp[13] = segment->flags;
    put16(tcp + 14, segment->window);
    options_write(tcp + PACKET_TCP_BYTES, segment, ends->first_seqs[to]);
    for (uint32_t i = 0; i < segment->payload_bytes; i++) {
        tcp[header_bytes + i] =
            payload != NULL ? payload[i]
                            : packet_payload(from, segment->seq + (int64_t)i);
    }
    put16(tcp + 16, tcp_sum(bytes, tcp, tcp_bytes));
    return (uint32_t)ip_bytes;
}

/* option_read - one option of the right length; others are passed over */
static void
option_read(struct packet *packet, const uint8_t *option, uint32_t length)
{
    struct tcp_segment *segment = &packet->segment;
    const uint32_t kind = option[0];

    if (kind == KIND_MSS && length == 4) {
        segment->options |= TCP_OPTION_MSS;
        segment->mss_bytes = get16(option + 2);
    } else if (kind == KIND_SCALE && length == 3) {
        segment->options |= TCP_OPTION_SCALE;
        segment->shift = option[2];
    } else if (kind == KIND_SACK_PERMITTED && length == 2) {
        segment->options |= TCP_OPTION_SACK_PERMITTED;
    } else if (kind == KIND_TIMESTAMP && length == 10) {
        segment->options |= TCP_OPTION_TIMESTAMP;
        segment->timestamp_ms = get32(option + 2);
        segment->timestamp_echo_ms = get32(option + 6);
    } else if (kind == KIND_SACK && length >= 10 && (length - 2) % 8 == 0) {
        segment->options |= TCP_OPTION_SACK;
        segment->sacks_count = (uint8_t)((length - 2) / 8);
        for (uint32_t i = 0; i < segment->sacks_count; i++) {
            packet->sack_froms[i] = get32(option + 2 + 8 * i);
            packet->sack_untils[i] = get32(option + 6 + 8 * i);
        }
    }
}

static void
options_read(struct packet *packet, const uint8_t *options, uint32_t count)
{
    uint32_t i = 0;

    while (i < count && options[i] != KIND_END) {
        if (options[i] == KIND_NOP) {
            i++;
            continue;
        }
        if (count - i < 2 || options[i + 1] < 2 || options[i + 1] > count - i) {
            return;
        }
        option_read(packet, options + i, options[i + 1]);
        i += options[i + 1];
    }
}

/* ip_read - the IPv4 header; its length comes out */
static enum packet_status
ip_read(struct packet *packet, const uint8_t *ip, uint32_t bytes_count,
        uint32_t *header_bytes)
{
    if (bytes_count < 1) {
        return PACKET_CUT;
    }
    if (ip[0] >> 4 != IP_VERSION_4) {
        return PACKET_NOT_TCP;
    }
    *header_bytes = (uint32_t)(ip[0] & 0xf) * 4;
    if (bytes_count < PACKET_IP_BYTES) {
        return PACKET_CUT;
    }
    packet->ip_bytes = get16(ip + 2);
    if (*header_bytes < PACKET_IP_BYTES || packet->ip_bytes < *header_bytes) {
        return PACKET_MALFORMED;
    }
    if (packet->ip_bytes > bytes_count) {
        return PACKET_CUT;
    }
    if (sum_fold(sum_add(0, ip, *header_bytes)) != 0) {
        return PACKET_IP_SUM;
    }
    if (ip[9] != IP_PROTOCOL_TCP) {
        return PACKET_NOT_TCP;
    }
    if ((get16(ip + 6) & (IP_MORE_FRAGMENTS | IP_OFFSET_MASK)) != 0) {
        return PACKET_FRAGMENT;
    }
    packet->addresses[PACKET_ADDRESS_FROM] = get32(ip + 12);
    packet->addresses[PACKET_ADDRESS_TO] = get32(ip + 16);
    return PACKET_OK;
}

enum packet_status
packet_read(struct packet *packet, const uint8_t *bytes, uint32_t bytes_count)
{
    uint32_t ip_header_bytes = 0;

    *packet = (struct packet){0};
    const enum packet_status status =
        ip_read(packet, bytes, bytes_count, &ip_header_bytes);

    if (status != PACKET_OK) {
        return status;
    }
    const uint8_t *tcp = bytes + ip_header_bytes;
    const uint32_t tcp_bytes = packet->ip_bytes - ip_header_bytes;

    if (tcp_bytes < PACKET_TCP_BYTES) {
        return PACKET_MALFORMED;
    }
    const uint32_t header_bytes = (uint32_t)(tcp[12] >> 4) * 4;

    if (header_bytes < PACKET_TCP_BYTES || header_bytes > tcp_bytes) {
        return PACKET_MALFORMED;
    }
    if (tcp_sum(bytes, tcp, tcp_bytes) != 0) {
        return PACKET_TCP_SUM;
    }
    packet->ports[PACKET_ADDRESS_FROM] = get16(tcp);
    packet->ports[PACKET_ADDRESS_TO] = get16(tcp + 2);
    packet->seq = get32(tcp + 4);
    packet->ack = get32(tcp + 8);
    packet->segment.flags = tcp[13];
    packet->segment.window = get16(tcp + 14);
    packet->segment.payload_bytes = tcp_bytes - header_bytes;
    packet->payload = tcp + header_bytes;
    options_read(packet, tcp + PACKET_TCP_BYTES,
                 header_bytes - PACKET_TCP_BYTES);
    return PACKET_OK;
}

const char *
packet_status_text(enum packet_status status)
{
    switch (status) {
    case PACKET_OK:
        return "a TCP segment";
    case PACKET_CUT:
        return "shorter than it says";
    case PACKET_NOT_TCP:
        return "not TCP in IPv4";
    case PACKET_FRAGMENT:
        return "a fragment of a packet";
    case PACKET_MALFORMED:
        return "its lengths contradict each other";
    case PACKET_IP_SUM:
        return "the IP header's checksum is wrong";
    case PACKET_TCP_SUM:
        return "the TCP checksum is wrong";
    }
    UNREACHABLE("a status not of the list");
}

/* unwrap - the relative number nearest to `near` that `wire` may stand for */
static int64_t
unwrap(uint32_t wire, uint32_t first_seq, int64_t near)
{
    const uint32_t ahead = wire - first_seq - (uint32_t)(uint64_t)near;

    return ahead < UINT32_C(1) << 31 ? near + (int64_t)ahead
                                     : near - (int64_t)(UINT32_MAX - ahead) - 1;
}

void
packet_relate(struct packet *packet, const struct packet_ends *ends,
              enum tcp_side from, const int64_t near_seqs[2])
{
    const enum tcp_side to = tcp_other(from);
    struct tcp_segment *segment = &packet->segment;

    segment->seq = unwrap(packet->seq, ends->first_seqs[from], near_seqs[from]);
    segment->ack =
        (segment->flags & TCP_ACK) != 0
            ? unwrap(packet->ack, ends->first_seqs[to], near_seqs[to])
            : 0;
    for (uint32_t i = 0; i < segment->sacks_count; i++) {
        segment->sacks[i].from =
            unwrap(packet->sack_froms[i], ends->first_seqs[to], near_seqs[to]);
        segment->sacks[i].until =
            unwrap(packet->sack_untils[i], ends->first_seqs[to], near_seqs[to]);
    }
}
