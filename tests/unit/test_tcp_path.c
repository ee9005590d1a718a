/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_tcp_path.c - a hop's queue, line and luck
 *
 * Pinned: the instant at which a packet is at the far end, to the ns; that the
 * packet on the line stands in the queue until its last bit has left; that the
 * tail is dropped; that directions differ; that losses are a function of seed,
 * name and direction. The lines are 8 Mbit/s (a byte a microsecond) unless said
 * otherwise. How a connection walks its hops is in test_tcp_connection.c.
 */
#include "models/tcp/path.h"

#include <stdlib.h>

#include "tests/support/support.h"

#define US NS_PER_US
#define MS NS_PER_MS

struct fixture {
    struct hop_queue *queue;
    struct hop_params hop;
};

static int
setup(void **state)
{
    struct fixture *f = base_alloc(sizeof *f);

    f->queue = hop_queue_new();
    f->hop.rate_bits_per_s[TCP_CLIENT] = 8000000;
    f->hop.delay_ns[TCP_CLIENT] = 10 * MS;
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    hop_queue_free(f->queue);
    free(f);
    return 0;
}

static int64_t
pass(struct fixture *f, int64_t now_ns, uint32_t bytes)
{
    return hop_queue_pass(f->queue, &f->hop, TCP_CLIENT, now_ns, bytes);
}

static void
test_tcp_path_packet_takes_serialisation_and_delay(void **state)
{
    assert_int_equal(pass(*state, 5 * MS, 1500), 5 * MS + 1500 * US + 10 * MS);
}

static void
test_tcp_path_packets_leave_one_after_the_other(void **state)
{
    assert_int_equal(pass(*state, 0, 1500), 1500 * US + 10 * MS);
    assert_int_equal(pass(*state, 0, 40), 1540 * US + 10 * MS);
    assert_int_equal(pass(*state, 1000 * US, 60), 1600 * US + 10 * MS);
    /* The line is idle from 1.6 ms on. */
    assert_int_equal(pass(*state, 2000 * US, 100), 2100 * US + 10 * MS);
}

/* 1 byte at 3 bit/s takes 8/3 s; three of them 8 s: thirds are not lost. */
static void
test_tcp_path_fractions_of_a_nanosecond_add_up(void **state)
{
    struct fixture *f = *state;

    f->hop.rate_bits_per_s[TCP_CLIENT] = 3;
    f->hop.delay_ns[TCP_CLIENT] = 0;
    assert_int_equal(pass(f, 0, 1), INT64_C(2666666666));
    assert_int_equal(pass(f, 0, 1), INT64_C(5333333333));
    assert_int_equal(pass(f, 0, 1), INT64_C(8000000000));
}

static void
test_tcp_path_line_without_a_rate_only_delays(void **state)
{
    struct fixture *f = *state;

    f->hop.rate_bits_per_s[TCP_CLIENT] = 0;
    f->hop.queue_bytes[TCP_CLIENT] = 1; /* nothing ever stands in it */
    assert_int_equal(pass(f, 7, 1500), 7 + 10 * MS);
    assert_int_equal(pass(f, 7, 1500), 7 + 10 * MS);
}

/* 3000 bytes: two packets of 1500, the one on the line included. Its last bit
 * leaves at 1.5 ms, at which instant it is still there. */
static void
test_tcp_path_packet_on_the_line_stands_in_the_queue(void **state)
{
    struct fixture *f = *state;

    f->hop.queue_bytes[TCP_CLIENT] = 3000;
    assert_true(pass(f, 0, 1500) > 0);
    assert_true(pass(f, 0, 1500) > 0);
    assert_int_equal(hop_queue_bytes(f->queue, 0), 3000);
    assert_int_equal(pass(f, 0, 1), -1);
    assert_int_equal(pass(f, 1500 * US, 1), -1);
    assert_int_equal(hop_queue_bytes(f->queue, 1500 * US + 1), 1500);
    assert_int_equal(pass(f, 1500 * US + 1, 1500), 4500 * US + 10 * MS);
    assert_int_equal(pass(f, 1500 * US + 1, 1), -1);
}

static void
test_tcp_path_dropped_packet_takes_no_time(void **state)
{
    struct fixture *f = *state;

    f->hop.queue_bytes[TCP_CLIENT] = 1600;
    assert_true(pass(f, 0, 1500) > 0);
    assert_int_equal(pass(f, 0, 101), -1);
    assert_int_equal(pass(f, 0, 100), 1600 * US + 10 * MS);
}

static void
test_tcp_path_queue_of_many_grows_and_keeps_its_order(void **state)
{
    struct fixture *f = *state;

    f->hop.queue_bytes[TCP_CLIENT] = 100000;
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(pass(f, 0, 100), (i + 1) * 100 * US + 10 * MS);
    }
    assert_int_equal(pass(f, 0, 1), -1);
    assert_int_equal(hop_queue_bytes(f->queue, 50000 * US + 1), 50000);
    assert_int_equal(hop_queue_bytes(f->queue, 100000 * US + 1), 0);
}

static void
test_tcp_path_cleared_queue_is_as_new(void **state)
{
    struct fixture *f = *state;

    f->hop.queue_bytes[TCP_CLIENT] = 1500;
    assert_true(pass(f, 0, 1500) > 0);
    hop_queue_clear(f->queue);
    assert_int_equal(hop_queue_bytes(f->queue, 0), 0);
    assert_int_equal(pass(f, 0, 1500), 1500 * US + 10 * MS);
}

static void
test_tcp_path_directions_have_their_own_parameters(void **state)
{
    struct fixture *f = *state;

    f->hop.rate_bits_per_s[TCP_SERVER] = 80000000;
    f->hop.delay_ns[TCP_SERVER] = 30 * MS;
    assert_int_equal(hop_queue_pass(f->queue, &f->hop, TCP_SERVER, 0, 1500),
                     150 * US + 30 * MS);
}

static void
test_tcp_path_rtt_is_the_sum_of_all_delays(void **state)
{
    struct path_params path = {.name = "p", .hops_count = 2};

    (void)state;
    path.hops[0].delay_ns[TCP_CLIENT] = 1 * MS;
    path.hops[0].delay_ns[TCP_SERVER] = 2 * MS;
    path.hops[1].delay_ns[TCP_CLIENT] = 10 * MS;
    path.hops[1].delay_ns[TCP_SERVER] = 20 * MS;
    path.hops[2].delay_ns[TCP_SERVER] = 100 * MS; /* not a hop of it */
    assert_int_equal(path_rtt_ns(&path), 33 * MS);
}

static void
test_tcp_path_luck_differs_by_direction_seed_and_name(void **state)
{
    const struct path_params one = {.name = "one", .hops_count = 1};
    const struct path_params two = {.name = "two", .hops_count = 1};
    struct path_luck luck, other;

    (void)state;
    path_luck_init(&luck, &one, 1, 0);
    path_luck_init(&other, &one, 1, 0);
    const uint64_t up = chance_u64(&luck.loss[TCP_CLIENT], 5, 0, 0);
    assert_true(up == chance_u64(&other.loss[TCP_CLIENT], 5, 0, 0));
    assert_true(up != chance_u64(&luck.loss[TCP_SERVER], 5, 0, 0));
    /* The names of the streams are part of what a result can be repeated by. */
    const struct chance by_name = chance_stream(1, 0, "path/one/loss/up");
    assert_true(up == chance_u64(&by_name, 5, 0, 0));
    path_luck_init(&other, &one, 2, 0);
    assert_true(up != chance_u64(&other.loss[TCP_CLIENT], 5, 0, 0));
    path_luck_init(&other, &one, 1, 1);
    assert_true(up != chance_u64(&other.loss[TCP_CLIENT], 5, 0, 0));
    path_luck_init(&other, &two, 1, 0);
    assert_true(up != chance_u64(&other.loss[TCP_CLIENT], 5, 0, 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_tcp_path_packet_takes_serialisation_and_delay, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_tcp_path_packets_leave_one_after_the_other, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_tcp_path_fractions_of_a_nanosecond_add_up, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_tcp_path_line_without_a_rate_only_delays, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_tcp_path_packet_on_the_line_stands_in_the_queue, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_tcp_path_dropped_packet_takes_no_time, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_tcp_path_queue_of_many_grows_and_keeps_its_order, setup,
            teardown),
        cmocka_unit_test_setup_teardown(test_tcp_path_cleared_queue_is_as_new,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_tcp_path_directions_have_their_own_parameters, setup,
            teardown),
        cmocka_unit_test(test_tcp_path_rtt_is_the_sum_of_all_delays),
        cmocka_unit_test(test_tcp_path_luck_differs_by_direction_seed_and_name),
    };

    return cmocka_run_group_tests_name("tcp_path", tests, NULL, NULL);
}
