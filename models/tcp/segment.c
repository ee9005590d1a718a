/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "models/tcp/segment.h"

#define HEADERS_BYTES 40 /* IPv4 and TCP without options */

uint32_t
tcp_segment_options_bytes(const struct tcp_segment *segment)
{
    uint32_t bytes = 0;

    if (segment->options & TCP_OPTION_MSS) {
        bytes += 4;
    }
    /* Linux's order: SACK permitted shares its word with the timestamp. */
    if (segment->options & TCP_OPTION_TIMESTAMP) {
        bytes += 12;
    } else if (segment->options & TCP_OPTION_SACK_PERMITTED) {
        bytes += 4;
    }
    if (segment->options & TCP_OPTION_SCALE) {
        bytes += 4;
    }
    if (segment->options & TCP_OPTION_SACK) {
        bytes += 4 + 8 * (uint32_t)segment->sacks_count;
    }
    return bytes;
}

uint32_t
tcp_segment_ip_bytes(const struct tcp_segment *segment)
{
    return HEADERS_BYTES + tcp_segment_options_bytes(segment) +
           segment->payload_bytes;
}
