/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * segment.h - one TCP segment, as the model, the middlebox and a capture see it
 *
 * Sequence numbers are relative to the initial ones: a SYN is at 0, the first
 * byte of data at 1, and they never wrap. The window is the 16-bit field as it
 * stands in the header; what it means is a belief of whoever reads it.
 *
 * SOURCE     RFC 9293, 3.1; RFC 7323, 2.2 and 3.2 (options); RFC 2018 (SACK).
 */
#ifndef MODELS_TCP_SEGMENT_H
#define MODELS_TCP_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Who speaks: the client opens the connection. Also the direction of a packet:
 * up is from the client, down from the server. */
enum tcp_side { TCP_CLIENT, TCP_SERVER, TCP_SIDES_COUNT };

static inline enum tcp_side
tcp_other(enum tcp_side side)
{
    return side == TCP_CLIENT ? TCP_SERVER : TCP_CLIENT;
}

/* As they stand in the header. */
enum {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10
};

/* Which options a segment carries. */
enum {
    TCP_OPTION_MSS = 0x01,
    TCP_OPTION_SCALE = 0x02,
    TCP_OPTION_SACK_PERMITTED = 0x04,
    TCP_OPTION_TIMESTAMP = 0x08,
    TCP_OPTION_SACK = 0x10
};

#define TCP_SHIFT_MAX  14 /* RFC 7323, 2.3 */
#define TCP_WINDOW_MAX 65535
#define TCP_SACKS_MAX  4    /* 3 beside a timestamp */
#define TCP_SHIFT_NONE (-1) /* no window scale option */

struct tcp_sack {
    int64_t from;
    int64_t until; /* exclusive */
};

struct tcp_segment {
    int64_t seq;
    int64_t ack; /* with TCP_ACK */
    uint32_t payload_bytes;
    uint32_t timestamp_ms; /* RFC 7323, 3: TSval, TSecr */
    uint32_t timestamp_echo_ms;
    uint16_t window; /* the field */
    uint16_t mss_bytes;
    uint8_t flags;
    uint8_t options;
    uint8_t shift; /* of the window scale option */
    uint8_t sacks_count;
    struct tcp_sack sacks[TCP_SACKS_MAX];
};

/* Sequence numbers it takes up: payload, SYN, FIN. */
static inline int64_t
tcp_segment_length(const struct tcp_segment *segment)
{
    return (int64_t)segment->payload_bytes + ((segment->flags & TCP_SYN) != 0) +
           ((segment->flags & TCP_FIN) != 0);
}

/* Bytes of TCP options with their padding: 0 to 40. */
uint32_t tcp_segment_options_bytes(const struct tcp_segment *segment);

/* Bytes on the wire: IPv4 header (20), TCP header, options, payload. */
uint32_t tcp_segment_ip_bytes(const struct tcp_segment *segment);

#endif
