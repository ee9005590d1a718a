/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packet.h - a segment as the bytes of an IPv4 packet, and back
 *
 * What the model says in a struct tcp_segment is written as a host would send
 * it, for captures that other programs read; and what real hosts send is read
 * into a struct tcp_segment, so that the model's middlebox can handle it.
 *
 * MODEL      IPv4 without options, not fragmented, identification 0 (RFC 6864,
 *            4.1), 64 hops to live; TCP options in Linux's order. A payload
 *            that is not given is the text of packet_payload().
 * VALID FOR  Reading keeps what struct tcp_segment has a place for: urgent
 *            pointers and unknown options are passed over. A connection that
 *            carries more than 2 GiB one way between two packets seen wraps.
 * UNITS      Addresses and ports in host byte order.
 * COST       O(bytes): the checksums.
 * SOURCE     RFC 791, 3.1; RFC 9293, 3.1; RFC 1071; Linux tcp_output.c,
 *            tcp_options_write() for the order of the options.
 */
#ifndef MODELS_TCP_PACKET_H
#define MODELS_TCP_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/segment.h"

#define PACKET_IP_BYTES     20
#define PACKET_TCP_BYTES    20
#define PACKET_HEADERS_MAX  100 /* 20 + 20 + 40 of options, and slack */
#define PACKET_OPTIONS_MAX  40
#define PACKET_ADDRESS_FROM 0 /* of the two in struct packet */
#define PACKET_ADDRESS_TO   1

/* Who the two sides are; the same for all packets of a connection. */
struct packet_ends {
    uint32_t addresses[TCP_SIDES_COUNT];
    uint32_t first_seqs[TCP_SIDES_COUNT]; /* the number of each side's SYN */
    uint16_t ports[TCP_SIDES_COUNT];
};

/*
 * Writes a packet of `from`. The payload may be NULL: packet_payload() then.
 * Returns its length, or 0: bytes_max is too small, or the segment has no
 * place in IPv4 (65535 bytes) or its options none in TCP (40).
 */
uint32_t packet_write(uint8_t *bytes, uint32_t bytes_max,
                      const struct packet_ends *ends, enum tcp_side from,
                      const struct tcp_segment *segment,
                      const uint8_t *payload);

/* The made-up byte at a place of a side's stream (the first is 1): lines of 78
 * characters that say which side and where. */
uint8_t packet_payload(enum tcp_side from, int64_t seq);

enum packet_status {
    PACKET_OK,
    PACKET_CUT,       /* shorter than it says, or than its headers */
    PACKET_NOT_TCP,   /* not IPv4, or another protocol */
    PACKET_FRAGMENT,  /* of a larger packet */
    PACKET_MALFORMED, /* lengths that contradict each other */
    PACKET_IP_SUM,    /* a checksum is wrong */
    PACKET_TCP_SUM
};

/* A packet as it was read. */
struct packet {
    uint32_t addresses[2]; /* source, destination */
    uint16_t ports[2];
    uint32_t seq; /* as on the wire */
    uint32_t ack;
    uint32_t sack_froms[TCP_SACKS_MAX];
    uint32_t sack_untils[TCP_SACKS_MAX];
    uint32_t ip_bytes;          /* of the whole packet, as its header says */
    const uint8_t *payload;     /* in the bytes that were read */
    struct tcp_segment segment; /* all but seq, ack and the SACKs' edges */
};

/* Reads bytes_count bytes, which may go on behind the packet (padding). On
 * failure nothing in *packet means anything. Options that are malformed end
 * the options: that is what Linux does. */
enum packet_status packet_read(struct packet *packet, const uint8_t *bytes,
                               uint32_t bytes_count);

/* "the TCP checksum is wrong" */
const char *packet_status_text(enum packet_status status);

/*
 * Completes packet->segment with numbers relative to the connection's; they
 * are the ones nearest to near_seqs, the relative numbers (by side) that the
 * connection has come to, so that streams of more than 4 GiB do not wrap.
 */
void packet_relate(struct packet *packet, const struct packet_ends *ends,
                   enum tcp_side from, const int64_t near_seqs[2]);

#endif
