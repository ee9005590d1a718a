/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_packet.c - a segment is the same after it was bytes
 */
#include "models/tcp/packet.h"

#include <stdlib.h>
#include <string.h>

#include "sim/kernel/chance.h"
#include "tests/support/support.h"

/* 10.0.0.1 port 0x9c40 to 10.0.0.2 port 25; the server's numbers wrap soon. */
static const struct packet_ends ends = {
    .addresses = {0x0a000001, 0x0a000002},
    .ports = {40000, 25},
    .first_seqs = {0x11223344, 0xfffffff0},
};

static const struct tcp_segment syn = {
    .flags = TCP_SYN,
    .window = 64240,
    .options = TCP_OPTION_MSS | TCP_OPTION_SACK_PERMITTED |
               TCP_OPTION_TIMESTAMP | TCP_OPTION_SCALE,
    .mss_bytes = 1460,
    .shift = 8,
    .timestamp_ms = 0x01020304,
};

static void
test_packet_options_stand_in_the_order_of_linux(void **state)
{
    static const uint8_t expected[] = {2, 4,  5, 180,       /* MSS 1460 */
                                       4, 2,                /* SACK permitted */
                                       8, 10, 1, 2,   3, 4, /* timestamp */
                                       0, 0,  0, 0,         /* echo */
                                       1, 3,  3, 8};        /* scale */
    static const uint8_t bare[] = {2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 8};
    uint8_t bytes[PACKET_HEADERS_MAX];
    struct tcp_segment plain = syn;

    (void)state;
    assert_int_equal(
        packet_write(bytes, sizeof bytes, &ends, TCP_CLIENT, &syn, NULL), 60);
    assert_int_equal(bytes[20 + 12] >> 4, 10);
    assert_memory_equal(bytes + 40, expected, sizeof expected);

    plain.options &= (uint8_t)~TCP_OPTION_TIMESTAMP;
    assert_int_equal(
        packet_write(bytes, sizeof bytes, &ends, TCP_CLIENT, &plain, NULL), 52);
    assert_memory_equal(bytes + 40, bare, sizeof bare);
}

static void
test_packet_header_fields_stand_where_the_rfcs_put_them(void **state)
{
    static const uint8_t ip[] = {0x45, 0, 0,  44, 0, 0, 0x40, 0, 64, 6,
                                 0,    0, 10, 0,  0, 2, 10,   0, 0,  1};
    static const uint8_t tcp[] = {0,    25,   0x9c, 0x40, 0,    0,    0, 85,
                                  0x11, 0x22, 0x33, 0x4b, 0x50, 0x18, 1, 2};
    const struct tcp_segment segment = {.flags = TCP_ACK | TCP_PSH,
                                        .seq = 101,
                                        .ack = 7,
                                        .window = 0x0102,
                                        .payload_bytes = 4};
    uint8_t bytes[64];

    (void)state;
    assert_int_equal(packet_write(bytes, sizeof bytes, &ends, TCP_SERVER,
                                  &segment, (const uint8_t *)"220\n"),
                     44);
    bytes[10] = 0; /* the sums have a test of their own */
    bytes[11] = 0;
    assert_memory_equal(bytes, ip, sizeof ip);
    assert_memory_equal(bytes + 20, tcp, sizeof tcp); /* seq has wrapped */
    assert_memory_equal(bytes + 40, "220\n", 4);
}

static void
test_packet_sums_are_those_of_rfc_1071(void **state)
{
    const struct tcp_segment segment = {
        .flags = TCP_ACK, .seq = 1, .ack = 1, .window = 1, .payload_bytes = 1};
    uint8_t bytes[64];

    (void)state;
    assert_int_equal(packet_write(bytes, sizeof bytes, &ends, TCP_CLIENT,
                                  &segment, (const uint8_t *)"A"),
                     41);
    /* IP: 4500 + 0029 + 4000 + 4006 + 0a00 + 0001 + 0a00 + 0002 = d932. */
    assert_int_equal(bytes[10] << 8 | bytes[11], 0xffff - 0xd932);
    /* TCP: 0a00 + 0001 + 0a00 + 0002 + 0006 + 0015 of the pseudo-header make
     * 141e; with 9c40 + 0019 + 1122 + 3345 + ffff + fff1 + 5010 + 0001 and
     * 4100, the odd byte padded, it is 385df, folded 85e2. */
    assert_int_equal(bytes[36] << 8 | bytes[37], 0xffff - 0x85e2);
}

static struct tcp_segment
segment_random(const struct chance *chance, uint32_t i)
{
    const uint64_t a = chance_u64(chance, i, 0, 0);
    const uint64_t b = chance_u64(chance, i, 0, 1);
    struct tcp_segment segment = {
        .seq = (int64_t)(a % 5000000000),
        .flags = (uint8_t)(b % 32),
        .window = (uint16_t)(b >> 8),
        .payload_bytes = (uint32_t)(b >> 24) % 1449,
        .options = (uint8_t)((b >> 40) % 32),
    };

    if ((segment.flags & TCP_ACK) != 0) {
        segment.ack = (int64_t)(a >> 20) % 5000000000;
    }
    if ((segment.options & TCP_OPTION_MSS) != 0) {
        segment.mss_bytes = (uint16_t)(a >> 7);
    }
    if ((segment.options & TCP_OPTION_SCALE) != 0) {
        segment.shift = (uint8_t)(a % 15);
    }
    if ((segment.options & TCP_OPTION_TIMESTAMP) != 0) {
        segment.timestamp_ms = (uint32_t)(a >> 3);
        segment.timestamp_echo_ms = (uint32_t)(b >> 3);
    }
    if ((segment.options & TCP_OPTION_SACK) != 0) {
        segment.options &= TCP_OPTION_SACK | TCP_OPTION_TIMESTAMP;
        segment.mss_bytes = 0;
        segment.shift = 0;
        segment.sacks_count = (uint8_t)(1 + a % 3);
        for (uint32_t k = 0; k < segment.sacks_count; k++) {
            segment.sacks[k].from = segment.ack + 1000 * (int64_t)k;
            segment.sacks[k].until = segment.sacks[k].from + 500;
        }
    }
    return segment;
}

static void
segment_must_equal(const struct tcp_segment *a, const struct tcp_segment *b)
{
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->ack, b->ack);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->window, b->window);
    assert_int_equal(a->options, b->options);
    assert_int_equal(a->shift, b->shift);
    assert_int_equal(a->mss_bytes, b->mss_bytes);
    assert_int_equal(a->payload_bytes, b->payload_bytes);
    assert_int_equal(a->timestamp_ms, b->timestamp_ms);
    assert_int_equal(a->timestamp_echo_ms, b->timestamp_echo_ms);
    assert_int_equal(a->sacks_count, b->sacks_count);
    for (uint32_t i = 0; i < a->sacks_count; i++) {
        assert_int_equal(a->sacks[i].from, b->sacks[i].from);
        assert_int_equal(a->sacks[i].until, b->sacks[i].until);
    }
}

static void
test_packet_what_is_written_is_read(void **state)
{
    const struct chance chance = chance_stream(1, 0, "test/packet");

    (void)state;
    for (uint32_t i = 0; i < 2000; i++) {
        const enum tcp_side from = i % 2 == 0 ? TCP_CLIENT : TCP_SERVER;
        const struct tcp_segment segment = segment_random(&chance, i);
        const int64_t near[2] = {
            from == TCP_CLIENT ? segment.seq + 70000 : segment.ack - 70000,
            from == TCP_SERVER ? segment.seq - 70000 : segment.ack + 70000};
        uint8_t bytes[1600];
        struct packet packet;
        const uint32_t count =
            packet_write(bytes, sizeof bytes, &ends, from, &segment, NULL);

        assert_int_equal(count, tcp_segment_ip_bytes(&segment));
        assert_int_equal(packet_read(&packet, bytes, count), PACKET_OK);
        assert_int_equal(packet.ip_bytes, count);
        assert_int_equal(packet.addresses[0], ends.addresses[from]);
        assert_int_equal(packet.addresses[1], ends.addresses[tcp_other(from)]);
        assert_int_equal(packet.ports[0], ends.ports[from]);
        assert_int_equal(packet.ports[1], ends.ports[tcp_other(from)]);
        packet_relate(&packet, &ends, from, near);
        segment_must_equal(&packet.segment, &segment);
        if (segment.payload_bytes > 0) {
            assert_int_equal(packet.payload[0],
                             packet_payload(from, segment.seq));
        }
    }
}

static void
test_packet_any_flipped_bit_is_noticed(void **state)
{
    const struct tcp_segment segment = {
        .flags = TCP_ACK, .seq = 5, .ack = 9, .window = 3, .payload_bytes = 3};
    uint8_t bytes[64];
    struct packet packet;
    const uint32_t count =
        packet_write(bytes, sizeof bytes, &ends, TCP_CLIENT, &segment, NULL);

    (void)state;
    for (uint32_t bit = 0; bit < 8 * count; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_not_equal(packet_read(&packet, bytes, count), PACKET_OK);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(packet_read(&packet, bytes, count), PACKET_OK);
}

static void
test_packet_cut_short_is_never_read_past_its_end(void **state)
{
    uint8_t bytes[64];
    struct packet packet;
    const uint32_t count =
        packet_write(bytes, sizeof bytes, &ends, TCP_CLIENT, &syn, NULL);

    (void)state;
    for (uint32_t n = 0; n < count; n++) {
        uint8_t *exact = malloc(n == 0 ? 1 : n); /* asan watches its end */

        assert_non_null(exact);
        memcpy(exact, bytes, n);
        assert_int_equal(packet_read(&packet, exact, n), PACKET_CUT);
        free(exact);
    }
}

/* sums_mend - makes both checksums right again, naively */
static void
sums_mend(uint8_t *bytes, uint32_t ip_header, uint32_t count)
{
    uint32_t sum = 6 + count - ip_header;

    for (uint32_t i = 12; i < 20; i += 2) {
        sum += (uint32_t)bytes[i] * 256 + bytes[i + 1];
    }
    bytes[ip_header + 16] = 0;
    bytes[ip_header + 17] = 0;
    for (uint32_t i = ip_header; i < count; i++) {
        sum += (i - ip_header) % 2 == 0 ? (uint32_t)bytes[i] * 256 : bytes[i];
    }
    sum = 0xffff - (sum % 0xffff == 0 ? 0xffff : sum % 0xffff);
    bytes[ip_header + 16] = (uint8_t)(sum >> 8);
    bytes[ip_header + 17] = (uint8_t)sum;
    bytes[10] = 0;
    bytes[11] = 0;
    sum = 0;
    for (uint32_t i = 0; i < ip_header; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] * 256 : bytes[i];
    }
    sum = 0xffff - sum % 0xffff;
    bytes[10] = (uint8_t)(sum >> 8);
    bytes[11] = (uint8_t)sum;
}

static void
test_packet_says_what_is_wrong_with_it(void **state)
{
    static const struct {
        uint32_t at;
        uint8_t value;
        enum packet_status status;
    } wrong[] = {
        {0, 0x65, PACKET_NOT_TCP},         /* IPv6 */
        {0, 0x44, PACKET_MALFORMED},       /* header of 16 bytes */
        {3, 19, PACKET_MALFORMED},         /* shorter than its header */
        {3, 39, PACKET_MALFORMED},         /* half a TCP header */
        {9, 17, PACKET_NOT_TCP},           /* UDP */
        {6, 0x20, PACKET_FRAGMENT},        /* more follow */
        {7, 1, PACKET_FRAGMENT},           /* not the first */
        {20 + 12, 0x40, PACKET_MALFORMED}, /* TCP header of 16 bytes */
        {20 + 12, 0xf0, PACKET_MALFORMED}, /* longer than the packet */
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct tcp_segment segment = {.flags = TCP_ACK, .ack = 1};
        uint8_t bytes[64];
        struct packet packet;
        const uint32_t count = packet_write(bytes, sizeof bytes, &ends,
                                            TCP_CLIENT, &segment, NULL);

        bytes[wrong[i].at] = wrong[i].value;
        sums_mend(bytes, 20, count);
        assert_int_equal(packet_read(&packet, bytes, count), wrong[i].status);
    }
}

static void
test_packet_options_that_are_malformed_end_the_options(void **state)
{
    static const struct {
        uint8_t bytes[8];
        uint8_t options; /* that are read */
    } lists[] = {
        {{1, 1, 1, 3, 3, 8, 0, 0}, TCP_OPTION_SCALE},
        {{0, 3, 3, 8, 4, 2, 0, 0}, 0}, /* after the end */
        {{3, 0, 3, 3, 8, 4, 2, 0}, 0}, /* of no length */
        {{3, 1, 4, 2, 4, 2, 0, 0}, 0}, /* shorter than itself */
        {{4, 2, 8, 10, 0, 0, 0, 0}, TCP_OPTION_SACK_PERMITTED}, /* too long */
        {{1, 1, 1, 1, 1, 1, 1, 3}, 0}, /* no room for a length */
        {{254, 4, 9, 9, 3, 3, 7, 0}, TCP_OPTION_SCALE}, /* unknown: passed */
        {{3, 4, 8, 8, 4, 2, 0, 0}, TCP_OPTION_SACK_PERMITTED}, /* odd scale */
        {{5, 2, 5, 4, 0, 0, 4, 2}, TCP_OPTION_SACK_PERMITTED}, /* no SACKs */
    };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        /* Eight bytes of options: MSS and scale, then overwritten. */
        const struct tcp_segment segment = {
            .flags = TCP_SYN, .options = TCP_OPTION_MSS | TCP_OPTION_SCALE};
        uint8_t bytes[64];
        struct packet packet;
        const uint32_t count = packet_write(bytes, sizeof bytes, &ends,
                                            TCP_CLIENT, &segment, NULL);

        memcpy(bytes + 40, lists[i].bytes, 8);
        sums_mend(bytes, 20, count);
        assert_int_equal(packet_read(&packet, bytes, count), PACKET_OK);
        assert_int_equal(packet.segment.options, lists[i].options);
    }
}

static void
test_packet_of_random_bytes_is_refused_or_consistent(void **state)
{
    const struct chance chance = chance_stream(2, 0, "test/packet");

    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        uint8_t bytes[80];
        struct packet packet;
        uint32_t count = 40 + (uint32_t)chance_u64(&chance, i, 1, 0) % 41;

        for (uint32_t k = 0; k < sizeof bytes; k++) {
            bytes[k] = (uint8_t)chance_u64(&chance, i, 0, k);
        }
        bytes[0] = (uint8_t)(0x45 + i % 4);
        bytes[2] = 0;
        bytes[3] = (uint8_t)count;
        bytes[6] = 0;
        bytes[7] = 0;
        bytes[9] = 6;
        if (count < 20 + 20 + 4 * (i % 4)) {
            continue;
        }
        sums_mend(bytes, 20 + 4 * (i % 4), count);
        if (packet_read(&packet, bytes, count) == PACKET_OK) {
            assert_true(packet.payload + packet.segment.payload_bytes ==
                        bytes + count);
            assert_true(packet.segment.sacks_count <= TCP_SACKS_MAX);
        }
    }
}

static void
test_packet_numbers_of_a_long_stream_do_not_wrap(void **state)
{
    const struct tcp_segment segment = {
        .flags = TCP_ACK, .seq = INT64_C(12345678901), .ack = 1, .window = 1};
    uint8_t bytes[64];
    struct packet packet;
    const int64_t before[2] = {segment.seq - 2000000000, 1};
    const int64_t beyond[2] = {segment.seq + 2000000000, 1};
    const int64_t far[2] = {segment.seq + INT64_C(3000000000), 1};

    (void)state;
    packet_write(bytes, sizeof bytes, &ends, TCP_CLIENT, &segment, NULL);
    assert_int_equal(packet_read(&packet, bytes, 40), PACKET_OK);
    packet_relate(&packet, &ends, TCP_CLIENT, before);
    assert_int_equal(packet.segment.seq, segment.seq);
    packet_relate(&packet, &ends, TCP_CLIENT, beyond);
    assert_int_equal(packet.segment.seq, segment.seq);
    packet_relate(&packet, &ends, TCP_CLIENT, far);
    assert_int_equal(packet.segment.seq, segment.seq + (INT64_C(1) << 32));
}

static void
test_packet_that_has_no_place_is_not_written(void **state)
{
    struct tcp_segment segment = {.flags = TCP_ACK, .payload_bytes = 65496};
    static uint8_t bytes[70000];

    (void)state;
    assert_int_equal(
        packet_write(bytes, sizeof bytes, &ends, TCP_CLIENT, &segment, NULL),
        0);
    segment.payload_bytes--;
    assert_int_equal(
        packet_write(bytes, sizeof bytes, &ends, TCP_CLIENT, &segment, NULL),
        65535);
    assert_int_equal(
        packet_write(bytes, 65534, &ends, TCP_CLIENT, &segment, NULL), 0);
    segment.payload_bytes = 0;
    segment.options = TCP_OPTION_SACK | TCP_OPTION_TIMESTAMP;
    segment.sacks_count = 4; /* 36 + 12 bytes of options */
    assert_int_equal(
        packet_write(bytes, sizeof bytes, &ends, TCP_CLIENT, &segment, NULL),
        0);
}

static void
test_packet_payload_says_which_byte_of_which_side_it_is(void **state)
{
    char line[79] = {0};

    (void)state;
    for (int i = 0; i < 78; i++) {
        line[i] = (char)packet_payload(TCP_SERVER, 1 + 78 * 1000 + i);
    }
    assert_string_equal(line, "byte 00000000000000078000 of the server "
                              "....................................\r\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packet_options_stand_in_the_order_of_linux),
        cmocka_unit_test(
            test_packet_header_fields_stand_where_the_rfcs_put_them),
        cmocka_unit_test(test_packet_sums_are_those_of_rfc_1071),
        cmocka_unit_test(test_packet_what_is_written_is_read),
        cmocka_unit_test(test_packet_any_flipped_bit_is_noticed),
        cmocka_unit_test(test_packet_cut_short_is_never_read_past_its_end),
        cmocka_unit_test(test_packet_says_what_is_wrong_with_it),
        cmocka_unit_test(
            test_packet_options_that_are_malformed_end_the_options),
        cmocka_unit_test(test_packet_of_random_bytes_is_refused_or_consistent),
        cmocka_unit_test(test_packet_numbers_of_a_long_stream_do_not_wrap),
        cmocka_unit_test(test_packet_that_has_no_place_is_not_written),
        cmocka_unit_test(
            test_packet_payload_says_which_byte_of_which_side_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
