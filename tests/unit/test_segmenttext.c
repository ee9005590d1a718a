/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_segmenttext.c - packets are printed as tcpdump prints them
 *
 * Pinned: the texts, held to what tcpdump 4.99 prints for the same packets
 * (with relative numbers), and what is said of a packet's fate.
 */
#include "sim/cmd/segmenttext.h"

#include "tests/support/support.h"

static void
test_segmenttext_syn_has_its_options_in_order(void **state)
{
    const struct tcp_segment syn = {
        .flags = TCP_SYN,
        .window = 64240,
        .options = TCP_OPTION_MSS | TCP_OPTION_SCALE |
                   TCP_OPTION_SACK_PERMITTED | TCP_OPTION_TIMESTAMP,
        .mss_bytes = 1460,
        .shift = 8,
        .timestamp_ms = 7,
    };
    char text[SEGMENTTEXT_SIZE];

    (void)state;
    segmenttext_format(text, &syn);
    assert_string_equal(text, "Flags [S], seq 0, win 64240, options"
                              " [mss 1460,sackOK,TS val 7 ecr 0,nop,wscale 8],"
                              " length 0");
}

static void
test_segmenttext_data_names_its_first_and_last_place(void **state)
{
    const struct tcp_segment data = {
        .flags = TCP_PSH | TCP_ACK,
        .seq = 1,
        .ack = 26,
        .window = 255,
        .payload_bytes = 96,
    };
    char text[SEGMENTTEXT_SIZE];

    (void)state;
    segmenttext_format(text, &data);
    assert_string_equal(text,
                        "Flags [P.], seq 1:97, ack 26, win 255, length 96");
}

static void
test_segmenttext_bare_ack_has_no_place_but_its_holes(void **state)
{
    const struct tcp_segment ack = {
        .flags = TCP_ACK,
        .seq = 26,
        .ack = 97,
        .window = 251,
        .options = TCP_OPTION_SACK,
        .sacks_count = 2,
        .sacks = {{1545, 2993}, {4441, 5889}},
    };
    char text[SEGMENTTEXT_SIZE];

    (void)state;
    segmenttext_format(text, &ack);
    assert_string_equal(text, "Flags [.], ack 97, win 251, options"
                              " [nop,nop,sack 2 {1545:2993}{4441:5889}],"
                              " length 0");
}

static void
test_segmenttext_fate_names_what_was_changed_and_what_was_lost(void **state)
{
    struct witness_packet packet = {
        .fate = WITNESS_ARRIVED,
        .sent = {.options = TCP_OPTION_SCALE | TCP_OPTION_SACK_PERMITTED,
                 .shift = 8,
                 .window = 5000},
    };
    char text[SEGMENTTEXT_SIZE];

    (void)state;
    packet.arrived = packet.sent;
    segmenttext_fate(text, &packet);
    assert_string_equal(text, "");
    packet.is_changed = true;
    packet.arrived.shift = 0;
    packet.arrived.window = 1000;
    segmenttext_fate(text, &packet);
    assert_string_equal(text, "wscale 8 became 0, win 5000 became 1000");
    packet.arrived = packet.sent;
    packet.arrived.options = TCP_OPTION_SACK_PERMITTED;
    packet.fate = WITNESS_OVERFLOW;
    segmenttext_fate(text, &packet);
    assert_string_equal(text, "wscale removed, dropped by the full queue");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segmenttext_syn_has_its_options_in_order),
        cmocka_unit_test(test_segmenttext_data_names_its_first_and_last_place),
        cmocka_unit_test(test_segmenttext_bare_ack_has_no_place_but_its_holes),
        cmocka_unit_test(
            test_segmenttext_fate_names_what_was_changed_and_what_was_lost),
    };
    return cmocka_run_group_tests_name("segmenttext", tests, NULL, NULL);
}
