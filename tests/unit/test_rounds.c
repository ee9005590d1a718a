/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_rounds.c - what a round trip carries, worked by hand
 *
 * Segments of 1448 bytes behind 52 bytes of headers: 1500 on the wire, 1.2 ms
 * at 10 Mbit/s. How near rounds are to segments: tests/props/prop_rounds.c.
 */
#include "models/rounds.h"

#include "tests/support/support.h"

#define MS NS_PER_MS
#define US NS_PER_US

static const struct tcp_stack linux_like = {
    .name = "linux-like",
    .congestion = TCP_CUBIC,
    .tuning = TCP_TUNING_LINUX,
    .shift = 7,
    .window_first_bytes = 65160,
    .window_max_bytes = 6291456,
    .mss_bytes = 1460,
    .initial_window = 10,
    .has_timestamps = true,
    .rto_first_ns = NS_PER_S,
    .rto_min_ns = 200 * MS,
};

struct bench {
    struct path_params path;
    struct tcp_stack client;
    struct tcp_stack server;
    struct rounds_luck luck;
    struct rounds rounds;
};

/* bench_init - an RTT, a rate both ways, a queue */
static void
bench_init(struct bench *b, int64_t rtt_ns, int64_t rate, int64_t queue_bytes)
{
    *b = (struct bench){.client = linux_like, .server = linux_like};
    b->path.hops_count = 1;
    b->path.hops[0] = (struct hop_params){
        .rate_bits_per_s = {rate, rate},
        .delay_ns = {rtt_ns / 2, rtt_ns - rtt_ns / 2},
        .queue_bytes = {queue_bytes, queue_bytes},
    };
    rounds_luck_init(&b->luck, "wan", 1, 0);
}

static void
fault_set(struct bench *b, enum middlebox_fault fault, int32_t value)
{
    b->path.hops[0].middleboxes_count = 1;
    b->path.hops[0].middleboxes[0] =
        (struct middlebox_params){.fault = fault, .value = value};
}

static int64_t
transfer_ns(struct bench *b, int64_t bytes)
{
    assert_true(rounds_init(&b->rounds, &b->path, &b->client, &b->server));
    rounds_open(&b->rounds, &b->luck, 7, 0);
    return rounds_transfer_ns(&b->rounds, 0, bytes);
}

static void
test_rounds_small_messages_take_bytes_not_segments(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 20 * MS, 10000000, 0);
    /* 2,000 bytes in two packets: 2,104 on the wire, 1,683.2 us, and half an
     * RTT. One byte: 53, 42.4 us. */
    assert_int_equal(transfer_ns(&b, 2000), 10 * MS + 1683200);
    assert_int_equal(transfer_ns(&b, 1), 10 * MS + 42400);
    assert_int_equal(transfer_ns(&b, 0), 10 * MS);
}

static void
test_rounds_double_until_the_line_is_full(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 20 * MS, 10000000, 0);
    /* 10 segments take 12 ms, less than a round of 21.2; 20 take 24: full, so
     * the 90 that are left take 108. */
    assert_int_equal(transfer_ns(&b, INT64_C(100) * 1448),
                     10 * MS + 21200 * US + 108 * MS);
    assert_true(b.rounds.steps_count <= 3);
}

static void
test_rounds_without_scaling_carry_64_kib_each(void **state)
{
    struct bench b;
    const int64_t bytes = 14480 + 28960 + 57920 + INT64_C(3) * 65535 + 100;

    (void)state;
    bench_init(&b, 100 * MS, 0, 0);
    b.server.shift = TCP_SHIFT_NONE;
    /* Rounds of 10, 20, 40 segments, three of a window, and the rest. */
    assert_int_equal(transfer_ns(&b, bytes), 600 * MS + 50 * MS);
    /* With scaling 10, 20, 40, 80, 160 segments; the last carries the rest. */
    b.server.shift = 7;
    assert_int_equal(transfer_ns(&b, bytes), 400 * MS + 50 * MS);
}

static void
test_rounds_an_idle_connection_starts_again(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 100 * MS, 0, 0);
    (void)transfer_ns(&b, INT64_C(70) * 1448); /* 10, 20, 40: cwnd is 80 */
    struct rounds kept = b.rounds;
    /* Sending took 200 ms; an RTO of 300 ms later it is the same window... */
    assert_int_equal(rounds_transfer_ns(&kept, 500 * MS, 80 * 1448), 50 * MS);
    kept = b.rounds;
    /* ...and a nanosecond after that ten segments: 10, 20, 40, the rest. */
    assert_int_equal(rounds_transfer_ns(&kept, 500 * MS + 1, 80 * 1448),
                     350 * MS);
}

static void
test_rounds_know_what_the_router_leaves_of_the_window(void **state)
{
    static const struct {
        enum middlebox_fault fault;
        int32_t value;
        int64_t window_bytes; /* 0: not by rounds */
    } cases[] = {
        {MIDDLEBOX_NONE, 0, INT64_C(49152) << 7}, /* 6 MiB >> 7 */
        {MIDDLEBOX_STRIP_SYN, 0, 65535},
        {MIDDLEBOX_STRIP_BOTH, 0, 65535},
        {MIDDLEBOX_CLAMP, 8192, 8192 << 7},
        {MIDDLEBOX_CLAMP, 40, 0}, /* 5120 bytes are not four segments */
        {MIDDLEBOX_STRIP_SYNACK, 0, 0},
        {MIDDLEBOX_SET_SYN, 7, 0},
        {MIDDLEBOX_TRACK, 0, 0},
        {MIDDLEBOX_DROP_SYN, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;
        bench_init(&b, 20 * MS, 0, 0);
        fault_set(&b, cases[i].fault, cases[i].value);
        const bool is_known =
            rounds_init(&b.rounds, &b.path, &b.client, &b.server);
        assert_int_equal(is_known, cases[i].window_bytes > 0);
        if (is_known) {
            assert_int_equal(b.rounds.window_bytes[TCP_CLIENT],
                             cases[i].window_bytes);
        }
    }
}

static void
test_rounds_strip_synack_is_known_where_nobody_scales(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 20 * MS, 0, 0);
    fault_set(&b, MIDDLEBOX_STRIP_SYNACK, 0);
    b.client.shift = TCP_SHIFT_NONE;
    assert_true(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
    assert_int_equal(b.rounds.window_bytes[TCP_CLIENT], 65535);
}

static void
test_rounds_say_where_they_are_accurate(void **state)
{
    struct bench b;

    (void)state;
    /* 10 Mbit/s and 20 ms hold 25,000 bytes, the queue 10,000: in slow start
     * 20,000 may be on the way. */
    bench_init(&b, 20 * MS, 10000000, 10000);
    assert_true(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
    assert_true(rounds_is_accurate(&b.rounds, 19000));
    assert_false(rounds_is_accurate(&b.rounds, 20000));
    /* A queue of a round trip keeps the line full: good where a message is
     * eight times what fits, 400,000 bytes on the wire. */
    bench_init(&b, 20 * MS, 10000000, 25000);
    assert_true(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
    assert_true(rounds_is_accurate(&b.rounds, 48000));
    assert_false(rounds_is_accurate(&b.rounds, 50000));
    assert_false(rounds_is_accurate(&b.rounds, 380000));
    assert_true(rounds_is_accurate(&b.rounds, 400000));
    /* One packet in a thousand: up to 49 packets. */
    bench_init(&b, 20 * MS, 100000000, 250000);
    b.path.hops[0].loss_ppm[TCP_CLIENT] = 1000;
    assert_true(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
    assert_true(rounds_is_accurate(&b.rounds, 49 * 1448));
    assert_false(rounds_is_accurate(&b.rounds, 49 * 1448 + 1));
    /* A window of 8 KiB would have to grow first. */
    bench_init(&b, 20 * MS, 10000000, 25000);
    b.server.window_first_bytes = 8192;
    assert_true(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
    assert_false(rounds_is_accurate(&b.rounds, 1000));
    /* BSD holds the last piece back. */
    bench_init(&b, 20 * MS, 10000000, 25000);
    b.client.sws = TCP_SWS_BSD;
    assert_true(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
    assert_false(rounds_is_accurate(&b.rounds, 1000));
}

static void
test_rounds_lose_as_many_packets_as_was_said(void **state)
{
    struct bench b;
    int64_t sum = 0;

    (void)state;
    bench_init(&b, 20 * MS, 0, 0);
    b.path.hops[0].loss_ppm[TCP_CLIENT] = 10000; /* one in a hundred */
    assert_true(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
    for (uint64_t entity = 0; entity < 10000; entity++) {
        rounds_open(&b.rounds, &b.luck, entity, 0);
        sum += b.rounds.until_loss[TCP_CLIENT];
    }
    /* 99 pass between two losses, with a standard error of 1. */
    assert_in_range(sum / 10000, 94, 104);
    assert_true(b.rounds.until_loss[TCP_SERVER] == INT64_MAX);
}

/* What loses everything loses what is sent again too: no connection, and no
 * number of rounds brings a message across. */
static void
test_rounds_are_not_for_paths_that_lose_most(void **state)
{
    struct bench b;

    (void)state;
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        bench_init(&b, 20 * MS, 10000000, 0);
        b.path.hops[0].loss_ppm[side] = 500000;
        assert_true(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
        b.path.hops[0].loss_ppm[side] = 1000000;
        assert_false(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
    }
}

static void
test_rounds_a_lost_command_costs_a_timeout(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 20 * MS, 0, 0);
    assert_true(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
    rounds_open(&b.rounds, &b.luck, 7, 0);
    assert_int_equal(rounds_line_ns(&b.rounds, TCP_CLIENT, 25), 10 * MS);
    b.rounds.loss_ppm[TCP_CLIENT] = 1;
    b.rounds.until_loss[TCP_CLIENT] = 0;
    assert_int_equal(rounds_line_ns(&b.rounds, TCP_CLIENT, 25), 230 * MS);
    assert_int_equal(rounds_line_ns(&b.rounds, TCP_CLIENT, 25), 10 * MS);
    /* The SYN: a second. */
    b.rounds.until_loss[TCP_CLIENT] = 0;
    assert_int_equal(rounds_handshake_ns(&b.rounds), NS_PER_S + 20 * MS);
}

static void
test_rounds_a_loss_is_mended_in_the_next_round(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 100 * MS, 0, 0);
    assert_true(rounds_init(&b.rounds, &b.path, &b.client, &b.server));
    rounds_open(&b.rounds, &b.luck, 7, 0);
    b.rounds.loss_ppm[TCP_CLIENT] = 1;
    b.rounds.until_loss[TCP_CLIENT] = 3;
    /* Ten, of which one is lost; cwnd falls to 7; seven; then the last six with
     * the lost one. */
    assert_int_equal(rounds_transfer_ns(&b.rounds, 0, 23 * 1448),
                     200 * MS + 50 * MS);
    assert_int_equal(b.rounds.threshold_segments, 7);
    /* In the last round it costs a round more, */
    rounds_open(&b.rounds, &b.luck, 7, 0);
    b.rounds.until_loss[TCP_CLIENT] = 3;
    assert_int_equal(rounds_transfer_ns(&b.rounds, 0, 8 * 1448),
                     100 * MS + 50 * MS);
    /* and at its very end the probe of two. */
    rounds_open(&b.rounds, &b.luck, 7, 0);
    b.rounds.until_loss[TCP_CLIENT] = 7;
    assert_int_equal(rounds_transfer_ns(&b.rounds, 0, 8 * 1448),
                     200 * MS + 50 * MS);
}

static void
test_rounds_a_slow_line_does_not_overflow_time(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 20 * MS, 1, 0);
    assert_true(transfer_ns(&b, INT64_C(4294967295)) >= INT64_C(1) << 60);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounds_small_messages_take_bytes_not_segments),
        cmocka_unit_test(test_rounds_double_until_the_line_is_full),
        cmocka_unit_test(test_rounds_without_scaling_carry_64_kib_each),
        cmocka_unit_test(test_rounds_an_idle_connection_starts_again),
        cmocka_unit_test(test_rounds_know_what_the_router_leaves_of_the_window),
        cmocka_unit_test(test_rounds_strip_synack_is_known_where_nobody_scales),
        cmocka_unit_test(test_rounds_say_where_they_are_accurate),
        cmocka_unit_test(test_rounds_lose_as_many_packets_as_was_said),
        cmocka_unit_test(test_rounds_are_not_for_paths_that_lose_most),
        cmocka_unit_test(test_rounds_a_lost_command_costs_a_timeout),
        cmocka_unit_test(test_rounds_a_loss_is_mended_in_the_next_round),
        cmocka_unit_test(test_rounds_a_slow_line_does_not_overflow_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
