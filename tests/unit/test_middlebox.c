/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_middlebox.c - each fault does what its box does, and no more
 *
 * Windows and numbers of the filters' tests are those of packets that went
 * through such a box between two Linux 6.18 kernels (shift 8 both, where not
 * said otherwise).
 */
#include "models/tcp/middlebox.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"

struct bench {
    struct middlebox_params params;
    struct middlebox box;
};

static void
bench_init(struct bench *bench, const char *fault)
{
    const char *expected = NULL;

    assert_true(middlebox_parse(&bench->params, fault, &expected));
    middlebox_init(&bench->box, &bench->params);
}

static struct tcp_segment
syn(uint16_t window, uint8_t shift)
{
    return (struct tcp_segment){.flags = TCP_SYN,
                                .window = window,
                                .options = TCP_OPTION_MSS | TCP_OPTION_SCALE |
                                           TCP_OPTION_SACK_PERMITTED |
                                           TCP_OPTION_TIMESTAMP,
                                .shift = shift,
                                .mss_bytes = 1460,
                                .timestamp_ms = 7};
}

static struct tcp_segment
synack(uint16_t window, uint8_t shift)
{
    struct tcp_segment segment = syn(window, shift);

    segment.flags |= TCP_ACK;
    segment.ack = 1;
    return segment;
}

static struct tcp_segment
data(int64_t seq, uint32_t bytes, int64_t ack, uint16_t window)
{
    return (struct tcp_segment){.flags = TCP_ACK | TCP_PSH,
                                .seq = seq,
                                .ack = ack,
                                .payload_bytes = bytes,
                                .window = window,
                                .options = TCP_OPTION_TIMESTAMP};
}

static bool
up(struct bench *bench, struct tcp_segment segment)
{
    return middlebox_pass(&bench->box, &segment, TCP_CLIENT);
}

static bool
down(struct bench *bench, struct tcp_segment segment)
{
    return middlebox_pass(&bench->box, &segment, TCP_SERVER);
}

static void
handshake(struct bench *bench, uint16_t syn_window, uint8_t client_shift,
          uint16_t first_window)
{
    assert_true(up(bench, syn(syn_window, client_shift)));
    assert_true(down(bench, synack(65160, 8)));
    assert_true(up(bench, data(1, 0, 1, first_window)));
}

/* shift_after - of a SYN or SYN-ACK with shift 8: -1, the option is gone */
static int
shift_after(const char *fault, enum tcp_side from)
{
    struct bench bench;
    struct tcp_segment segment =
        from == TCP_CLIENT ? syn(64240, 8) : synack(65160, 8);

    bench_init(&bench, fault);
    assert_true(middlebox_pass(&bench.box, &segment, from));
    assert_int_equal(segment.window, from == TCP_CLIENT ? 64240 : 65160);
    assert_int_equal(segment.mss_bytes, 1460);
    assert_int_equal(segment.options | TCP_OPTION_SCALE,
                     TCP_OPTION_MSS | TCP_OPTION_SCALE |
                         TCP_OPTION_SACK_PERMITTED | TCP_OPTION_TIMESTAMP);
    return (segment.options & TCP_OPTION_SCALE) != 0 ? segment.shift : -1;
}

static void
test_middlebox_none_changes_nothing(void **state)
{
    struct bench bench;
    struct tcp_segment segment = data(1, 1448, 9, 251);
    const struct tcp_segment before = segment;

    (void)state;
    bench_init(&bench, "none");
    assert_true(middlebox_pass(&bench.box, &segment, TCP_CLIENT));
    assert_memory_equal(&segment, &before, sizeof before);
    assert_int_equal(shift_after("none", TCP_CLIENT), 8);
    assert_int_equal(shift_after("none", TCP_SERVER), 8);
    assert_int_equal(bench.box.changed_count + bench.box.dropped_count, 0);
}

static void
test_middlebox_strip_takes_the_option_from_the_syn_it_names(void **state)
{
    (void)state;
    assert_int_equal(shift_after("strip-syn", TCP_CLIENT), -1);
    assert_int_equal(shift_after("strip-syn", TCP_SERVER), 8);
    assert_int_equal(shift_after("strip-synack", TCP_CLIENT), 8);
    assert_int_equal(shift_after("strip-synack", TCP_SERVER), -1);
    assert_int_equal(shift_after("strip-both", TCP_CLIENT), -1);
    assert_int_equal(shift_after("strip-both", TCP_SERVER), -1);
}

static void
test_middlebox_set_keeps_the_option_and_writes_another_shift(void **state)
{
    (void)state;
    assert_int_equal(shift_after("set-syn", TCP_CLIENT), 0);
    assert_int_equal(shift_after("set-syn=0", TCP_SERVER), 8);
    assert_int_equal(shift_after("set-synack", TCP_CLIENT), 8);
    assert_int_equal(shift_after("set-synack=3", TCP_SERVER), 3);
    assert_int_equal(shift_after("set-both=14", TCP_CLIENT), 14);
    assert_int_equal(shift_after("set-both=14", TCP_SERVER), 14);
}

static void
test_middlebox_set_adds_no_option_where_none_was(void **state)
{
    struct bench bench;
    struct tcp_segment segment = syn(64240, 0);

    (void)state;
    segment.options = TCP_OPTION_MSS;
    bench_init(&bench, "set-syn=5");
    assert_true(middlebox_pass(&bench.box, &segment, TCP_CLIENT));
    assert_int_equal(segment.options, TCP_OPTION_MSS);
    assert_int_equal(segment.shift, 0);
    assert_int_equal(bench.box.changed_count, 0);
}

static void
test_middlebox_rewriting_leaves_what_is_no_syn_alone(void **state)
{
    static const char *const faults[] = {"strip-both", "set-both=0", "drop-syn",
                                         "drop-synack"};

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct bench bench;
        struct tcp_segment segment = data(1, 96, 1, 255);

        bench_init(&bench, faults[i]);
        /* Illegal there, so nobody looks for it. */
        segment.options |= TCP_OPTION_SCALE;
        segment.shift = 8;
        assert_true(middlebox_pass(&bench.box, &segment, TCP_SERVER));
        assert_int_equal(segment.shift, 8);
        assert_true((segment.options & TCP_OPTION_SCALE) != 0);
    }
}

static void
test_middlebox_drop_eats_syns_with_the_option_alone(void **state)
{
    struct bench bench;
    struct tcp_segment plain = syn(64240, 0);

    (void)state;
    plain.options = TCP_OPTION_MSS;
    bench_init(&bench, "drop-syn");
    assert_false(up(&bench, syn(64240, 8)));
    assert_false(up(&bench, syn(64240, 0))); /* shift 0 is the option, too */
    assert_true(up(&bench, plain));
    assert_true(down(&bench, synack(65160, 8)));
    assert_int_equal(bench.box.dropped_count, 2);

    plain.flags |= TCP_ACK;
    bench_init(&bench, "drop-synack");
    assert_true(up(&bench, syn(64240, 8)));
    assert_false(down(&bench, synack(65160, 8)));
    assert_true(down(&bench, plain));
    assert_int_equal(bench.box.dropped_count, 1);
}

static void
test_middlebox_track_stops_the_banner_that_exceeds_the_raw_window(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, "track");
    handshake(&bench, 7300, 8, 29);
    assert_false(down(&bench, data(1, 96, 1, 510)));
    assert_false(down(&bench, data(1, 96, 1, 510))); /* for ever */
    assert_false(down(&bench, data(1, 30, 1, 510)));
    assert_true(down(&bench, data(1, 29, 1, 510))); /* ends at the edge */
    assert_int_equal(bench.box.dropped_count, 3);
}

static void
test_middlebox_track_counts_the_window_of_the_synack(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, "track");
    handshake(&bench, 64240, 8, 251);
    assert_true(up(&bench, data(118, 0, 332, 251)));
    assert_true(down(&bench, data(332, 0, 40662, 315)));
    /* 1 + 65160 is the edge, whatever little windows come later. */
    assert_true(up(&bench, data(62382, 1448, 332, 251)));
    assert_false(up(&bench, data(63830, 1448, 332, 251)));
    assert_true(up(&bench, data(63830, 1331, 332, 251)));
    assert_false(up(&bench, data(63830, 1332, 332, 251)));
    /* What has passed may pass again. */
    assert_true(up(&bench, data(118, 1448, 332, 251)));
}

static void
test_middlebox_track_goes_on_as_acknowledgements_move_the_edge(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, "track");
    handshake(&bench, 64240, 8, 251);
    assert_true(down(&bench, data(1, 96, 1, 255)));
    assert_false(down(&bench, data(97, 170, 1, 255))); /* 267 > 252 */
    assert_true(up(&bench, data(1, 25, 97, 251)));
    assert_true(down(&bench, data(97, 170, 26, 255))); /* 267 <= 348 */
}

static void
test_middlebox_track_syn_counts_the_window_of_the_syn_as_well(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, "track-syn");
    handshake(&bench, 64240, 8, 251);
    assert_true(up(&bench, data(34, 0, 43707, 315)));
    assert_true(down(&bench, data(62531, 1448, 34, 255)));
    assert_false(down(&bench, data(63979, 1448, 34, 255)));
    assert_true(down(&bench, data(63979, 262, 34, 255))); /* to 1 + 64240 */
    assert_false(down(&bench, data(63979, 263, 34, 255)));
}

static void
test_middlebox_track_start_looks_at_the_last_window_only(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, "track-start");
    handshake(&bench, 64240, 8, 251);
    assert_true(up(&bench, data(26, 8, 267, 251)));
    assert_true(down(&bench, data(267, 1448, 34, 255))); /* starts inside */
    assert_true(down(&bench, data(518, 1448, 34, 255))); /* 267 + 251 */
    assert_false(down(&bench, data(519, 1448, 34, 255)));
    assert_false(down(&bench, data(1715, 1448, 34, 255)));
    assert_true(up(&bench, data(34, 0, 1715, 263)));
    assert_true(down(&bench, data(1715, 1448, 34, 255)));
    assert_false(down(&bench, data(3163, 1448, 34, 255)));
    /* A window that shrinks is believed at once. */
    assert_true(up(&bench, data(34, 0, 1715, 0)));
    assert_false(down(&bench, data(1716, 1448, 34, 255)));
}

static void
test_middlebox_filters_learn_nothing_from_what_they_drop(void **state)
{
    struct bench bench;

    (void)state;
    bench_init(&bench, "track");
    handshake(&bench, 64240, 8, 29);
    assert_false(down(&bench, data(1, 96, 1, 65535))); /* too long */
    assert_false(up(&bench, data(60000, 5500, 1, 29)));
    assert_true(up(&bench, data(60000, 5161, 1, 29)));
}

static void
test_middlebox_filters_take_windows_of_scaled_ends_as_they_stand(void **state)
{
    struct bench bench;

    (void)state;
    /* Without scaling the same filter stops nobody who keeps to the window. */
    bench_init(&bench, "track");
    assert_true(up(&bench, syn(64240, 0)));
    assert_true(down(&bench, synack(65160, 0)));
    assert_true(up(&bench, data(1, 0, 1, 64240)));
    assert_true(down(&bench, data(1, 64240, 1, 65160)));
}

static void
test_middlebox_clamp_cuts_the_field_of_every_segment(void **state)
{
    struct bench bench;
    struct tcp_segment segments[] = {syn(64240, 8), data(1, 0, 1, 251),
                                     data(1, 0, 1, 1000), data(1, 0, 1, 1001)};

    (void)state;
    bench_init(&bench, "clamp=1000");
    for (int i = 0; i < 4; i++) {
        assert_true(middlebox_pass(&bench.box, &segments[i], TCP_CLIENT));
    }
    assert_int_equal(segments[0].window, 1000);
    assert_int_equal(segments[0].shift, 8);
    assert_int_equal(segments[1].window, 251);
    assert_int_equal(segments[2].window, 1000);
    assert_int_equal(segments[3].window, 1000);
    assert_int_equal(bench.box.changed_count, 2);
}

static void
test_middlebox_clear_takes_options_out_of_the_directions_asked(void **state)
{
    struct bench bench;
    struct tcp_segment first = syn(64240, 8);
    struct tcp_segment second = synack(65160, 8);

    (void)state;
    bench_init(&bench, "clear=window-scale+timestamp");
    assert_true(middlebox_pass(&bench.box, &first, TCP_CLIENT));
    assert_int_equal(first.options, TCP_OPTION_MSS | TCP_OPTION_SACK_PERMITTED);
    assert_int_equal(first.timestamp_ms, 0);

    bench.params.directions = 1 << TCP_CLIENT;
    assert_true(middlebox_pass(&bench.box, &second, TCP_SERVER));
    assert_int_equal(second.shift, 8);
    first = data(1, 0, 1, 1);
    first.options |= TCP_OPTION_SACK;
    first.sacks_count = 2;
    assert_true(middlebox_pass(&bench.box, &first, TCP_CLIENT));
    assert_int_equal(first.options, TCP_OPTION_SACK);
    assert_int_equal(first.sacks_count, 2);
}

static void
test_middlebox_clear_of_sack_takes_its_edges_along(void **state)
{
    struct bench bench;
    struct tcp_segment segment = data(1, 0, 1, 1);

    (void)state;
    segment.options |= TCP_OPTION_SACK;
    segment.sacks_count = 2;
    bench_init(&bench, "clear=sack");
    assert_true(middlebox_pass(&bench.box, &segment, TCP_SERVER));
    assert_int_equal(segment.options, TCP_OPTION_TIMESTAMP);
    assert_int_equal(segment.sacks_count, 0);
}

static void
test_middlebox_parse_reads_every_name_it_writes(void **state)
{
    (void)state;
    for (int i = 0; i < MIDDLEBOX_FAULTS_COUNT; i++) {
        struct middlebox_params params = {.value = 77};
        const char *expected = NULL;
        char text[64];

        snprintf(text, sizeof text, "%s%s",
                 middlebox_fault_name((enum middlebox_fault)i),
                 i == MIDDLEBOX_CLAMP   ? "=8192"
                 : i == MIDDLEBOX_CLEAR ? "=mss"
                                        : "");
        assert_true(middlebox_parse(&params, text, &expected));
        assert_int_equal(params.fault, i);
        assert_int_equal(params.value, i == MIDDLEBOX_CLAMP   ? 8192
                                       : i == MIDDLEBOX_CLEAR ? TCP_OPTION_MSS
                                                              : 0);
    }
}

static void
test_middlebox_parse_says_what_it_wants(void **state)
{
    static const struct {
        const char *text;
        const char *expects;
    } wrong[] = {
        {"", "none, strip-syn"},
        {"strip", "none, strip-syn"},
        {"trackers", "none, strip-syn"},
        {"track=1", "no value"},
        {"track=", "no value"},
        {"set-syn=15", "0 to 14"},
        {"set-syn=", "0 to 14"},
        {"set-syn=-1", "0 to 14"},
        {"set-syn=1x", "0 to 14"},
        {"set-syn=99999999999999999999", "0 to 14"},
        {"clamp", "0 to 65535"},
        {"clamp=65536", "0 to 65535"},
        {"clear", "window-scale"},
        {"clear=", "window-scale"},
        {"clear=mss+", "window-scale"},
        {"clear=mss,sack", "window-scale"},
        {"clear=wscale", "window-scale"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct middlebox_params params;
        const char *expected = NULL;

        assert_false(middlebox_parse(&params, wrong[i].text, &expected));
        assert_non_null(strstr(expected, wrong[i].expects));
    }
}

static void
test_middlebox_with_a_value_out_of_range_is_a_bug(void **state)
{
    const struct middlebox_params shift = {MIDDLEBOX_SET_SYN, 15, 0};
    const struct middlebox_params window = {MIDDLEBOX_CLAMP, 65536, 0};
    const struct middlebox_params options = {MIDDLEBOX_CLEAR, 0, 0};
    struct middlebox box;

    (void)state;
    expect_assert_failure(middlebox_init(&box, &shift));
    expect_assert_failure(middlebox_init(&box, &window));
    expect_assert_failure(middlebox_init(&box, &options));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_middlebox_none_changes_nothing),
        cmocka_unit_test(
            test_middlebox_strip_takes_the_option_from_the_syn_it_names),
        cmocka_unit_test(
            test_middlebox_set_keeps_the_option_and_writes_another_shift),
        cmocka_unit_test(test_middlebox_set_adds_no_option_where_none_was),
        cmocka_unit_test(test_middlebox_rewriting_leaves_what_is_no_syn_alone),
        cmocka_unit_test(test_middlebox_drop_eats_syns_with_the_option_alone),
        cmocka_unit_test(
            test_middlebox_track_stops_the_banner_that_exceeds_the_raw_window),
        cmocka_unit_test(test_middlebox_track_counts_the_window_of_the_synack),
        cmocka_unit_test(
            test_middlebox_track_goes_on_as_acknowledgements_move_the_edge),
        cmocka_unit_test(
            test_middlebox_track_syn_counts_the_window_of_the_syn_as_well),
        cmocka_unit_test(
            test_middlebox_track_start_looks_at_the_last_window_only),
        cmocka_unit_test(
            test_middlebox_filters_learn_nothing_from_what_they_drop),
        cmocka_unit_test(
            test_middlebox_filters_take_windows_of_scaled_ends_as_they_stand),
        cmocka_unit_test(test_middlebox_clamp_cuts_the_field_of_every_segment),
        cmocka_unit_test(
            test_middlebox_clear_takes_options_out_of_the_directions_asked),
        cmocka_unit_test(test_middlebox_clear_of_sack_takes_its_edges_along),
        cmocka_unit_test(test_middlebox_parse_reads_every_name_it_writes),
        cmocka_unit_test(test_middlebox_parse_says_what_it_wants),
        cmocka_unit_test(test_middlebox_with_a_value_out_of_range_is_a_bug),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
