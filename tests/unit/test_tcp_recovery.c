/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_tcp_recovery.c - one end against a script in which segments are missing
 *
 * Pinned: when something is sent again, which segment it is, what the windows
 * are afterwards. The end is a Linux server with segments of 1460 bytes, ten of
 * them out, a round trip of 20 ms: RTO 220 ms, tail loss probe after 42.
 */
#include "tests/support/oneend.h"
#include "tests/support/support.h"

#define MS  NS_PER_MS
#define S   NS_PER_S
#define RTT (20 * MS)
#define MSS 1460

#define AT(segment) (1 + MSS * INT64_C(segment)) /* where it begins */

static int
teardown(void **state)
{
    oneend_free(*state);
    return 0;
}

/* sender - with `bytes` written at RTT and what may leave sent */
static struct oneend *
sender(enum tcp_congestion congestion, bool has_sack, int64_t bytes)
{
    struct tcp_stack stack = *tcp_stack_named("linux");

    stack.congestion = congestion;
    stack.has_sack = has_sack;
    struct oneend *one = oneend_new(&stack, TCP_SERVER);
    oneend_connect(one, RTT, 7, 64240, 2000);
    tcp_endpoint_write(one->end, bytes);
    one->read_count = one->sent_count;
    return one;
}

static void
next_is(struct oneend *one, int64_t at_ns, int64_t seq)
{
    assert_int_equal(oneend_next_at_ns(one), at_ns);
    assert_int_equal(oneend_next(one)->seq, seq);
}

static void
next_is_none(const struct oneend *one)
{
    assert_int_equal(oneend_next_at_ns(one), -1);
}

static int64_t
cwnd(const struct oneend *one)
{
    return tcp_endpoint_progress(one->end).window_segments;
}

static void
test_tcp_recovery_begins_when_three_are_sacked(void **state)
{
    struct oneend *one = *state = sender(TCP_RENO, true, 10 * MSS);

    oneend_wait(one, RTT);
    oneend_sack(one, 1, 2000, AT(1), AT(2));
    oneend_sack(one, 1, 2000, AT(1), AT(3));
    next_is_none(one);
    oneend_sack(one, 1, 2000, AT(1), AT(4));
    next_is(one, 2 * RTT, AT(0));
    next_is_none(one);
    assert_int_equal(tcp_endpoint_progress(one->end).reductions_count, 1);
    /* Half; and one more for the seven that the last one acknowledges. */
    assert_int_equal(tcp_endpoint_progress(one->end).threshold_segments, 5);
    oneend_receive(one, TCP_ACK, 1, AT(10), 2000, 0);
    assert_int_equal(cwnd(one), 6);
    next_is_none(one);
}

/* With one SACKed it may be late, not lost: a quarter of a round trip. */
static void
test_tcp_recovery_waits_a_quarter_of_a_round_trip_for_a_late_one(void **state)
{
    struct oneend *one = *state = sender(TCP_CUBIC, true, 10 * MSS);

    oneend_wait(one, RTT);
    oneend_sack(one, 1, 2000, AT(1), AT(2));
    oneend_wait(one, RTT / 4 - 1);
    next_is_none(one);
    oneend_wait(one, 5 * MS);
    assert_int_equal(oneend_next(one)->seq, AT(0));
    next_is_none(one);
}

static void
test_tcp_recovery_late_segment_changes_nothing(void **state)
{
    struct oneend *one = *state = sender(TCP_CUBIC, true, 10 * MSS);

    oneend_wait(one, RTT);
    oneend_sack(one, 1, 2000, AT(1), AT(2));
    oneend_wait(one, MS);
    oneend_receive(one, TCP_ACK, 1, AT(10), 2000, 0);
    oneend_wait(one, S);
    next_is_none(one);
    assert_int_equal(tcp_endpoint_progress(one->end).reductions_count, 0);
}

/*
 * RFC 6937, from a window of 20 to 10: of n delivered ceil(10 n / 20) leave.
 * Three delivered: two leave, of which the first is the lost one. Then 4: none
 * more, 5: the third, 6: none, 7: the fourth.
 */
static void
test_tcp_recovery_sends_one_for_two_delivered(void **state)
{
    struct oneend *one = *state = sender(TCP_RENO, true, 1);
    static const bool leaves[] = {false, true, false, true, false, true};

    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK, 1, 2, 2000, 0);
    one->end->snd.cwnd = 20;
    tcp_endpoint_write(one->end, 40 * MSS);
    const int64_t base = 2;
    assert_int_equal(one->end->snd.next, base + 20 * MSS);
    one->read_count = one->sent_count;
    oneend_wait(one, RTT);
    oneend_sack(one, base, 2000, base + MSS, base + 4 * MSS);
    next_is(one, 3 * RTT, base);
    next_is(one, 3 * RTT, base + 20 * MSS);
    next_is_none(one);
    for (int64_t i = 0; i < 6; i++) {
        oneend_sack(one, base, 2000, base + MSS, base + (5 + i) * MSS);
        if (leaves[i]) {
            assert_int_equal(oneend_next(one)->payload_bytes, MSS);
        }
        next_is_none(one);
    }
}

/* Two holes: both are filled in order, without a second reduction. */
static void
test_tcp_recovery_fills_all_holes_for_one_reduction(void **state)
{
    struct oneend *one = *state = sender(TCP_RENO, true, 10 * MSS);

    oneend_wait(one, RTT);
    oneend_sack(one, 1, 2000, AT(1), AT(4));
    next_is(one, 2 * RTT, AT(0));
    oneend_sack(one, 1, 2000, AT(5), AT(10));
    next_is(one, 2 * RTT, AT(4));
    next_is_none(one);
    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK, 1, AT(10), 2000, 0);
    next_is_none(one);
    assert_int_equal(tcp_endpoint_progress(one->end).reductions_count, 1);
    assert_int_equal(cwnd(one), 5);
}

/* What was sent again is lost again: something that left after it arrived. */
static void
test_tcp_recovery_sees_a_repetition_that_is_lost(void **state)
{
    struct oneend *one = *state = sender(TCP_RENO, true, 30 * MSS);

    oneend_wait(one, RTT);
    oneend_sack(one, 1, 2000, AT(1), AT(9));
    assert_int_equal(oneend_next(one)->seq, AT(0));
    assert_int_equal(oneend_next(one)->seq, AT(10));
    one->read_count = one->sent_count;
    oneend_wait(one, RTT);
    oneend_sack(one, 1, 2000, AT(1), AT(11));
    assert_int_equal(oneend_next_at_ns(one), 3 * RTT);
    assert_int_equal(oneend_next(one)->seq, AT(0));
}

/* --- Timers ------------------------------------------------------------------ */

/* Without SACK there is no tail probe: 220 ms, doubled each time, at most two
 * minutes; fifteen repetitions. */
static void
test_tcp_recovery_timeout_doubles_until_it_gives_up(void **state)
{
    struct oneend *one = *state = sender(TCP_CUBIC, false, 1000);
    int64_t at_ns = RTT;
    int64_t rto_ns = 220 * MS;

    oneend_run(one, 3600 * S);
    for (int i = 0; i < 15; i++) {
        at_ns += rto_ns;
        next_is(one, at_ns, 1);
        rto_ns = i64_min(2 * rto_ns, 120 * S);
    }
    next_is_none(one);
    assert_int_equal(one->news[one->news_count - 1], TCP_NEWS_FAILED);
}

static void
test_tcp_recovery_timeout_begins_again_with_one_segment(void **state)
{
    struct oneend *one = *state = sender(TCP_RENO, false, 10 * MSS);

    oneend_run(one, RTT + 220 * MS);
    next_is(one, RTT + 220 * MS, AT(0));
    next_is_none(one);
    assert_int_equal(cwnd(one), 1);
    assert_int_equal(tcp_endpoint_progress(one->end).threshold_segments, 5);
    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK, 1, AT(1), 2000, 0);
    next_is(one, 2 * RTT + 220 * MS, AT(1));
    next_is(one, 2 * RTT + 220 * MS, AT(2));
    next_is_none(one);
}

/* RFC 8985, 7: two round trips and 2 ms after the last segment, the last one
 * again; an RTO after that, the first one. */
static void
test_tcp_recovery_probes_the_tail_before_the_timeout(void **state)
{
    struct oneend *one = *state = sender(TCP_CUBIC, true, 10 * MSS);

    oneend_run(one, RTT + 42 * MS);
    next_is(one, RTT + 42 * MS, AT(9));
    next_is_none(one);
    assert_int_equal(tcp_endpoint_progress(one->end).probes_count, 1);
    assert_int_equal(cwnd(one), 10);
    oneend_run(one, RTT + 262 * MS);
    next_is(one, RTT + 262 * MS, AT(0));
    next_is_none(one);
    assert_int_equal(tcp_endpoint_progress(one->end).timeouts_count, 1);
}

static void
test_tcp_recovery_tail_probe_sends_new_data_if_there_is_any(void **state)
{
    struct oneend *one = *state = sender(TCP_CUBIC, true, 20 * MSS);

    oneend_run(one, RTT + 42 * MS);
    next_is(one, RTT + 42 * MS, AT(10));
    next_is_none(one);
}

/* The fifth segment and its probe are lost; later ones show it. */
static void
test_tcp_recovery_sees_a_tail_probe_that_is_lost(void **state)
{
    struct oneend *one = *state = sender(TCP_CUBIC, true, 5 * MSS);

    oneend_run(one, RTT + 42 * MS);
    next_is(one, RTT + 42 * MS, AT(4));
    oneend_receive(one, TCP_ACK, 1, AT(4), 2000, 0);
    tcp_endpoint_write(one->end, 5 * MSS);
    one->read_count = one->sent_count;
    oneend_wait(one, RTT);
    oneend_sack(one, AT(4), 2000, AT(5), AT(8));
    next_is(one, 2 * RTT + 42 * MS, AT(4));
}

/* RFC 5682: after the timeout the acknowledgement of a first transmission
 * comes. All was only late, so nothing more is sent again. */
static void
test_tcp_recovery_takes_a_needless_timeout_back(void **state)
{
    struct oneend *one = *state = sender(TCP_RENO, true, 10 * MSS);

    oneend_run(one, RTT + 262 * MS);
    assert_int_equal(cwnd(one), 1);
    one->read_count = one->sent_count;
    oneend_receive(one, TCP_ACK, 1, AT(2), 2000, 0);
    next_is_none(one);
    assert_true(cwnd(one) >= 10);
    oneend_receive(one, TCP_ACK, 1, AT(10), 2000, 0);
    oneend_wait(one, S);
    next_is_none(one);
}

/* Acknowledged at 2 RTT; the timer was for what was out then. */
static void
test_tcp_recovery_nothing_out_means_no_timer(void **state)
{
    struct oneend *one = *state = sender(TCP_CUBIC, true, 10 * MSS);

    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK, 1, AT(10), 2000, 0);
    oneend_wait(one, 1000 * S);
    next_is_none(one);
}

/* RFC 5681, 4.1: after a long silence the first window is the initial one. */
static void
test_tcp_recovery_silence_makes_the_window_small_again(void **state)
{
    struct oneend *one = *state = sender(TCP_CUBIC, true, 1);

    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK, 1, 2, 2000, 0);
    one->end->snd.cwnd = 64;
    oneend_wait(one, 60 * S);
    tcp_endpoint_write(one->end, 100 * MSS);
    assert_int_equal(one->end->snd.next, 2 + 10 * MSS);
}

/* A host of 250 ticks a second: 55 of them and the one under way, on a tick;
 * from 63 on the wheel's slots are 8 ticks wide. */
static void
test_tcp_recovery_timers_fire_on_ticks(void **state)
{
    struct oneend *one = *state = sender(TCP_CUBIC, false, 1);

    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK, 1, 2, 2000, 0);
    one->stack.tick_ns = 4 * MS;
    oneend_run(one, 41 * MS); /* in the tenth tick */
    tcp_endpoint_write(one->end, 100);
    one->read_count = one->sent_count;
    const int64_t rto_ns = tcp_endpoint_progress(one->end).rto_ns;
    assert_int_equal(i64_div_ceil(rto_ns, 4 * MS), 55);
    oneend_run(one, S);
    next_is(one, (10 + 55 + 1) * 4 * MS, 2); /* 264 ms */
    /* 440 ms are 110 ticks from the 66th: 176, and up to a multiple of 8. */
    next_is(one, 184 * 4 * MS, 2);
}

#define END(test) cmocka_unit_test_teardown(test, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        END(test_tcp_recovery_begins_when_three_are_sacked),
        END(test_tcp_recovery_waits_a_quarter_of_a_round_trip_for_a_late_one),
        END(test_tcp_recovery_late_segment_changes_nothing),
        END(test_tcp_recovery_sends_one_for_two_delivered),
        END(test_tcp_recovery_fills_all_holes_for_one_reduction),
        END(test_tcp_recovery_sees_a_repetition_that_is_lost),
        END(test_tcp_recovery_timeout_doubles_until_it_gives_up),
        END(test_tcp_recovery_timeout_begins_again_with_one_segment),
        END(test_tcp_recovery_probes_the_tail_before_the_timeout),
        END(test_tcp_recovery_tail_probe_sends_new_data_if_there_is_any),
        END(test_tcp_recovery_sees_a_tail_probe_that_is_lost),
        END(test_tcp_recovery_takes_a_needless_timeout_back),
        END(test_tcp_recovery_nothing_out_means_no_timer),
        END(test_tcp_recovery_silence_makes_the_window_small_again),
        END(test_tcp_recovery_timers_fire_on_ticks),
    };

    return cmocka_run_group_tests_name("tcp_recovery", tests, NULL, NULL);
}
