/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.c - see capture.h
 */
#include "sim/cmd/capture.h"

#include <stdlib.h>
#include <string.h>

#include "models/tcp/packet.h"
#include "sim/cmd/segmenttext.h"

/* RFC 5737: nobody's. */
#define ADDRESS_CLIENT     UINT32_C(0xc000020a) /* 192.0.2.10 */
#define ADDRESS_TRANSLATED UINT32_C(0xc6336407) /* 198.51.100.7 */
#define ADDRESS_SERVER     UINT32_C(0xcb007119) /* 203.0.113.25 */

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BYTE_ORDER = 0x1a2b3c4d,
    LINK_RAW_IP = 101,
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_APPLICATION = 4,
    OPTION_NAME = 2,
    OPTION_DESCRIPTION = 3,
    OPTION_RESOLUTION = 9,
    RESOLUTION_NS = 9, /* 10^-9 s */
    BLOCK_BYTES = 2 * 65536,
    PORT_CLIENT = 49152,
    PORT_SMTP = 25
};

/* A block is put together whole: its length stands at both its ends. Integers
 * are little-endian, whatever machine writes them. */
struct block {
    uint8_t *bytes;
    uint32_t size;
};

static void
put32(struct block *block, uint32_t value)
{
    ASSERT(block->size + 4 <= BLOCK_BYTES);
    for (uint32_t i = 0; i < 4; i++) {
        block->bytes[block->size++] = (uint8_t)(value >> (8 * i));
    }
}

static void
put16s(struct block *block, uint32_t low, uint32_t high)
{
    put32(block, low | high << 16);
}

/* put_bytes - and zeroes up to a multiple of four */
static void
put_bytes(struct block *block, const void *bytes, uint32_t size)
{
    const uint32_t padded = (size + 3) & ~UINT32_C(3);

    ASSERT(block->size + padded <= BLOCK_BYTES);
    memset(block->bytes + block->size, 0, padded);
    memcpy(block->bytes + block->size, bytes, size);
    block->size += padded;
}

static void
put_option(struct block *block, uint32_t code, const void *bytes, size_t size)
{
    ASSERT(size <= UINT16_MAX);
    put16s(block, code, (uint32_t)size);
    put_bytes(block, bytes, (uint32_t)size);
}

static void
put_option_text(struct block *block, uint32_t code, const char *text)
{
    put_option(block, code, text, strlen(text));
}

static void
block_begin(struct block *block, uint32_t type)
{
    block->size = 0;
    put32(block, type);
    put32(block, 0); /* its length */
}

static void
block_end(struct block *block, FILE *out)
{
    const uint32_t size = block->size + 4;

    put32(block, size);
    for (uint32_t i = 0; i < 4; i++) {
        block->bytes[4 + i] = (uint8_t)(size >> (8 * i));
    }
    fwrite(block->bytes, 1, block->size, out);
}

static void
section_write(struct block *block, const char *command, FILE *out)
{
    block_begin(block, BLOCK_SECTION);
    put32(block, BYTE_ORDER);
    put16s(block, 1, 0);      /* version 1.0 */
    put32(block, UINT32_MAX); /* length of the section: */
    put32(block, UINT32_MAX); /* not given */
    put_option_text(block, OPTION_COMMENT, command);
    put_option_text(block, OPTION_APPLICATION, "mtasim");
    put_option(block, OPTION_END, "", 0);
    block_end(block, out);
}

static void
interface_write(struct block *block, enum tcp_side side, FILE *out)
{
    static const char *const names[TCP_SIDES_COUNT] = {"client", "server"};
    static const char *const descriptions[TCP_SIDES_COUNT] = {
        "what the client sends, and what comes to it",
        "what the server sends, and what comes to it"};
    const uint8_t resolution = RESOLUTION_NS;

    block_begin(block, BLOCK_INTERFACE);
    put16s(block, LINK_RAW_IP, 0);
    put32(block, 0); /* packets are not cut */
    put_option_text(block, OPTION_NAME, names[side]);
    put_option_text(block, OPTION_DESCRIPTION, descriptions[side]);
    put_option(block, OPTION_RESOLUTION, &resolution, 1);
    put_option(block, OPTION_END, "", 0);
    block_end(block, out);
}

/* A packet seen on one of the interfaces. */
struct view {
    const struct witness_packet *packet;
    int64_t at_ns;
    uint32_t order; /* of the packet's sending */
    enum tcp_side side;
};

/* view_compare - by time; what is sent in answer stands behind what it answers
 * at the same instant because it was sent later */
static int
view_compare(const void *a, const void *b)
{
    const struct view *left = a;
    const struct view *right = b;

    if (left->at_ns != right->at_ns) {
        return left->at_ns < right->at_ns ? -1 : 1;
    }
    if (left->order != right->order) {
        return left->order < right->order ? -1 : 1;
    }
    return (int)left->side - (int)right->side;
}

static struct view *
views_make(const struct witness *witness, uint32_t *count)
{
    struct view *views =
        base_alloc((2 * (uint64_t)witness->packets_count + 1) * sizeof *views);

    *count = 0;
    for (uint32_t i = 0; i < witness->packets_count; i++) {
        const struct witness_packet *packet = &witness->packets[i];

        views[(*count)++] =
            (struct view){packet, packet->sent_at_ns, i, packet->from};
        if (packet->fate == WITNESS_ARRIVED) {
            views[(*count)++] = (struct view){packet, packet->end_at_ns, i,
                                              tcp_other(packet->from)};
        }
    }
    return views;
}

/* ends_of - the addresses as a side sees them; the numbers begin where they
 * can be told apart, and not at 0 */
static struct packet_ends
ends_of(enum tcp_side side)
{
    return (struct packet_ends){
        .addresses = {side == TCP_CLIENT ? ADDRESS_CLIENT : ADDRESS_TRANSLATED,
                      ADDRESS_SERVER},
        .first_seqs = {1000000000, 2000000000},
        .ports = {PORT_CLIENT, PORT_SMTP},
    };
}

static void
view_write(struct block *block, const struct view *view,
           const struct trial *trial, uint8_t *payload, FILE *out)
{
    const struct witness_packet *packet = view->packet;
    const struct tcp_segment *segment =
        view->side == packet->from ? &packet->sent : &packet->arrived;
    const struct packet_ends ends = ends_of(view->side);
    const uint64_t at = (uint64_t)view->at_ns;
    uint8_t bytes[UINT16_MAX];
    char fate[SEGMENTTEXT_SIZE];

    ASSERT(segment->payload_bytes <= sizeof bytes);
    for (uint32_t i = 0; i < segment->payload_bytes; i++) {
        payload[i] = trial_text(trial, packet->from, segment->seq + (int64_t)i);
    }
    const uint32_t size = packet_write(bytes, sizeof bytes, &ends, packet->from,
                                       segment, payload);

    ASSERT(size > 0);
    block_begin(block, BLOCK_PACKET);
    put32(block, (uint32_t)view->side);
    put32(block, (uint32_t)(at >> 32));
    put32(block, (uint32_t)at);
    put32(block, size);
    put32(block, size);
    put_bytes(block, bytes, size);
    segmenttext_fate(fate, packet);
    if (fate[0] != '\0') {
        put_option_text(block, OPTION_COMMENT, fate);
        put_option(block, OPTION_END, "", 0);
    }
    block_end(block, out);
}

bool
capture_write(const struct witness *witness, const struct trial *trial,
              const char *command, FILE *out)
{
    struct block block = {.bytes = base_alloc(BLOCK_BYTES)};
    uint8_t *payload = base_alloc(UINT16_MAX);
    uint32_t count = 0;
    struct view *views = views_make(witness, &count);

    qsort(views, count, sizeof *views, view_compare);
    section_write(&block, command, out);
    interface_write(&block, TCP_CLIENT, out);
    interface_write(&block, TCP_SERVER, out);
    for (uint32_t i = 0; i < count; i++) {
        view_write(&block, &views[i], trial, payload, out);
    }
    free(views);
    free(payload);
    free(block.bytes);
    return fflush(out) == 0 && ferror(out) == 0;
}
