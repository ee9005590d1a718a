/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_tcp_congestion.c - how cwnd grows and what a loss makes of it
 *
 * Pinned: slow start by acknowledged segments; Reno's one segment a window;
 * CUBIC's curve against C (t - K)^3 + W computed here in doubles, its fast
 * convergence and its Reno-friendly floor; that a window which is not used does
 * not grow; HyStart's exit by delay. The ends here are never sent to: their
 * fields are set, the clock is moved by an empty event.
 * SOURCE: RFC 5681, RFC 9438, and Linux's constants (beta 717/1024, C 0.4).
 */
#include <math.h>
#include <stdlib.h>

#include "models/tcp/endpoint_parts.h"
#include "tests/support/support.h"

#define BETA (717.0 / 1024)
#define C    0.4

struct fixture {
    struct evq *evq;
    struct tcp_stack stack;
    struct tcp_endpoint *end;
};

static void
transmit(void *arg, enum tcp_side side, const struct tcp_segment *segment)
{
    (void)arg;
    (void)side;
    (void)segment;
}

static void
notify(void *arg, enum tcp_side side, enum tcp_news news)
{
    (void)arg;
    (void)side;
    (void)news;
}

static int
setup(void **state)
{
    struct fixture *f = base_alloc(sizeof *f);

    f->evq = evq_new(16);
    f->stack = *tcp_stack_named("linux");
    f->stack.tick_ns = NS_PER_MS;
    const struct tcp_port port = {transmit, notify, NULL, f->evq, 0};
    f->end = tcp_endpoint_new(&f->stack, TCP_SERVER, &port);
    f->end->snd.is_cwnd_limited = true;
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    tcp_endpoint_free(f->end);
    evq_free(f->evq);
    free(f);
    return 0;
}

static void
clock_move(struct fixture *f, int64_t by_ns)
{
    const int64_t at_ns = evq_now_ns(f->evq) + by_ns;

    (void)evq_push(f->evq, at_ns, 0, test_no_op, NULL, 0);
    evq_run(f->evq, at_ns);
}

static void
avoid(struct fixture *f, int64_t acked, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        congestion_avoid(f->end, acked);
    }
}

static void
test_tcp_congestion_cube_root_is_the_largest_whole_one(void **state)
{
    uint64_t random = 1;

    (void)state;
    assert_int_equal(congestion_cube_root(0), 0);
    assert_int_equal(congestion_cube_root(1), 1);
    assert_int_equal(congestion_cube_root(7), 1);
    assert_int_equal(congestion_cube_root(8), 2);
    assert_int_equal(congestion_cube_root(UINT64_MAX), 2642245);
    for (int i = 0; i < 20000; i++) {
        const uint64_t a = test_random_below(&random, UINT64_MAX) >>
                           test_random_below(&random, 64);
        const base_u128 root = congestion_cube_root(a);
        assert_true(root * root * root <= a);
        assert_true((root + 1) * (root + 1) * (root + 1) > a);
    }
}

static void
test_tcp_congestion_slow_start_adds_what_was_acknowledged(void **state)
{
    struct fixture *f = *state;

    avoid(f, 2, 5);
    assert_int_equal(f->end->snd.cwnd, 20);
}

/* From 10 with a threshold of 13: three of five are slow start's, the other
 * two count towards 1 in 13. */
static void
test_tcp_congestion_slow_start_stops_at_the_threshold(void **state)
{
    struct fixture *f = *state;

    f->stack.congestion = TCP_RENO;
    f->end->snd.ssthresh = 13;
    avoid(f, 5, 1);
    assert_int_equal(f->end->snd.cwnd, 13);
    assert_int_equal(f->end->snd.cwnd_count, 2);
}

/* 20 acknowledged make 21; 21 more make 22; in pieces of two as in one. */
static void
test_tcp_congestion_reno_adds_one_a_window(void **state)
{
    struct fixture *f = *state;

    f->stack.congestion = TCP_RENO;
    f->end->snd.cwnd = 20;
    f->end->snd.ssthresh = 10;
    avoid(f, 1, 19);
    assert_int_equal(f->end->snd.cwnd, 20);
    avoid(f, 1, 1);
    assert_int_equal(f->end->snd.cwnd, 21);
    avoid(f, 2, 10);
    assert_int_equal(f->end->snd.cwnd, 21);
    avoid(f, 1, 1);
    assert_int_equal(f->end->snd.cwnd, 22);
}

static void
test_tcp_congestion_loss_halves_renos_window(void **state)
{
    struct fixture *f = *state;

    f->stack.congestion = TCP_RENO;
    f->end->snd.cwnd = 41;
    assert_int_equal(congestion_ssthresh(f->end), 20);
    f->end->snd.cwnd = 3;
    assert_int_equal(congestion_ssthresh(f->end), 2);
}

/* RFC 7661's question in Linux's form: avoidance only when cwnd limits, slow
 * start up to twice what was in flight. */
static void
test_tcp_congestion_unused_window_does_not_grow(void **state)
{
    struct fixture *f = *state;

    f->end->snd.is_cwnd_limited = false;
    f->end->snd.packets_max = 6;
    avoid(f, 1, 20);
    assert_int_equal(f->end->snd.cwnd, 12);
    f->end->snd.ssthresh = 5;
    f->end->snd.packets_max = 100;
    avoid(f, 1, 100);
    assert_int_equal(f->end->snd.cwnd, 12);
}

/* 100 * 717 / 1024 = 70; below the last maximum it remembers (1 + beta) / 2:
 * 80 * 1741 / 2048 = 68. */
static void
test_tcp_congestion_cubic_reduces_to_717_of_1024(void **state)
{
    struct fixture *f = *state;

    f->end->snd.cwnd = 100;
    assert_int_equal(congestion_ssthresh(f->end), 70);
    assert_int_equal(f->end->snd.cubic.window_max, 100);
    f->end->snd.cwnd = 80;
    assert_int_equal(congestion_ssthresh(f->end), 56);
    assert_int_equal(f->end->snd.cubic.window_max, 68);
}

/*
 * A window of acknowledgements every RTT of 200 ms, from a maximum of 1000
 * segments: K = cbrt(1000 (1 - beta) / C) = 9.08 s, and Reno's floor is far
 * below. A round follows the curve's value a round trip ahead, as RFC 9438, 4.2
 * has it, so at the end of each cwnd is W(t) of now, to within what the
 * rounding of cwnd / (target - cwnd) loses in a round and a tick in time.
 */
static void
test_tcp_congestion_cubic_follows_its_curve(void **state)
{
    const int64_t rtt_ns = 200 * NS_PER_MS;
    struct fixture *f = *state;
    struct sender *snd = &f->end->snd;

    clock_move(f, NS_PER_S);
    snd->cwnd = 1000;
    snd->cubic.is_found = true;
    snd->cubic.delay_min_us = rtt_ns / NS_PER_US;
    snd->ssthresh = congestion_ssthresh(f->end);
    snd->cwnd = snd->ssthresh;
    const double k = cbrt((1000 - (double)snd->cwnd) / C);
    assert_true(fabs(k - 9.08) < 0.01);
    const double begin_s = (double)evq_now_ns(f->evq) / 1e9;
    for (int round = 0; round < 75; round++) {
        const int64_t window = snd->cwnd;
        for (int64_t acked = 0; acked < window; acked++) {
            congestion_avoid(f->end, 1);
            clock_move(f, rtt_ns / window);
        }
        const double t = (double)evq_now_ns(f->evq) / 1e9 - begin_s;
        const double curve = C * pow(t - k, 3) + 1000;
        const double off = ((double)snd->cwnd - curve) / curve;
        assert_true(off < 0.01 && off > -0.02);
    }
    assert_true(snd->cwnd > 1050); /* 15 s: beyond the maximum again */
}

/* Short round trips: K = cbrt(10 * 0.3 / 0.4) = 2 s, but Reno with this beta
 * gains 3 (1 - beta) / (1 + beta) = 0.53 of a segment each round of 10 ms. */
static void
test_tcp_congestion_cubic_is_never_slower_than_reno(void **state)
{
    struct fixture *f = *state;
    struct sender *snd = &f->end->snd;
    const double alpha = 3 * (1 - BETA) / (1 + BETA);

    clock_move(f, NS_PER_S);
    snd->cwnd = 20;
    snd->cubic.is_found = true;
    snd->cubic.delay_min_us = 10000;
    snd->ssthresh = congestion_ssthresh(f->end);
    snd->cwnd = snd->ssthresh;
    const double first = (double)snd->cwnd;
    for (int round = 1; round <= 100; round++) {
        const int64_t window = snd->cwnd;
        for (int64_t acked = 0; acked < window; acked++) {
            congestion_avoid(f->end, 1);
            clock_move(f, 10 * NS_PER_MS / window);
        }
    }
    /* 14 + 53, of which cubic_update() may leave a few percent behind. */
    const double gained = (double)snd->cwnd - first;
    assert_true(gained > 0.85 * 100 * alpha && gained < 1.1 * 100 * alpha);
}

/* Without a maximum to return to, one in 20 at least. */
static void
test_tcp_congestion_cubic_begins_without_memory_at_one_in_twenty(void **state)
{
    struct fixture *f = *state;
    struct sender *snd = &f->end->snd;

    clock_move(f, NS_PER_S);
    snd->cwnd = 100;
    snd->ssthresh = 100;
    snd->cubic.delay_min_us = 1000;
    avoid(f, 1, 1);
    assert_int_equal(snd->cubic.count, 20);
}

static void
test_tcp_congestion_timeout_makes_cubic_forget(void **state)
{
    struct fixture *f = *state;

    f->end->snd.cwnd = 100;
    (void)congestion_ssthresh(f->end);
    congestion_timeout(f->end);
    assert_int_equal(f->end->snd.cubic.window_max, 0);
    assert_int_equal(f->end->snd.cubic.epoch_tick, 0);
}

/* rounds - of round trips of rtt_us, the acknowledgements 3 ms apart (no
 * train) */
static void
samples(struct fixture *f, int64_t rtt_us, int count)
{
    for (int i = 0; i < count; i++) {
        clock_move(f, 3 * NS_PER_MS);
        congestion_sample(f->end, rtt_us);
    }
}

/* delay_min 80 ms, so 10 ms more is too much: 90 ms itself is not. */
static void
test_tcp_congestion_hystart_ends_slow_start_by_delay(void **state)
{
    struct fixture *f = *state;
    struct sender *snd = &f->end->snd;

    snd->cwnd = 40;
    snd->next = 1000;
    snd->una = 1;
    samples(f, 80000, 9);
    snd->una = 1001; /* the next round */
    snd->next = 2000;
    samples(f, 90000, 9);
    assert_true(snd->ssthresh == WINDOW_FOR_EVER);
    snd->una = 2001;
    snd->next = 3000;
    samples(f, 90001, 8);
    assert_true(snd->ssthresh == WINDOW_FOR_EVER);
    samples(f, 90001, 1);
    assert_int_equal(snd->ssthresh, 40);
}

static void
test_tcp_congestion_hystart_leaves_small_windows_alone(void **state)
{
    struct fixture *f = *state;
    struct sender *snd = &f->end->snd;

    snd->cwnd = 15;
    samples(f, 80000, 9);
    samples(f, 200000, 20);
    assert_true(snd->ssthresh == WINDOW_FOR_EVER);
}

#define WITH_END(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_tcp_congestion_cube_root_is_the_largest_whole_one),
        WITH_END(test_tcp_congestion_slow_start_adds_what_was_acknowledged),
        WITH_END(test_tcp_congestion_slow_start_stops_at_the_threshold),
        WITH_END(test_tcp_congestion_reno_adds_one_a_window),
        WITH_END(test_tcp_congestion_loss_halves_renos_window),
        WITH_END(test_tcp_congestion_unused_window_does_not_grow),
        WITH_END(test_tcp_congestion_cubic_reduces_to_717_of_1024),
        WITH_END(test_tcp_congestion_cubic_follows_its_curve),
        WITH_END(test_tcp_congestion_cubic_is_never_slower_than_reno),
        WITH_END(
            test_tcp_congestion_cubic_begins_without_memory_at_one_in_twenty),
        WITH_END(test_tcp_congestion_timeout_makes_cubic_forget),
        WITH_END(test_tcp_congestion_hystart_ends_slow_start_by_delay),
        WITH_END(test_tcp_congestion_hystart_leaves_small_windows_alone),
    };

    return cmocka_run_group_tests_name("tcp_congestion", tests, NULL, NULL);
}
