/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_link.c - slow start, worked by hand
 *
 * A segment of 1000 bytes at 8 Mbit/s takes 1 ms, the RTT is 40 ms: a round is
 * 41 ms, and the pipe is full from a window of 41 segments on.
 */
#include "models/link.h"

#include "tests/support/support.h"

#define MS NS_PER_MS

static const struct link_params wan = {
    .rtt_ns = 40 * MS, .rate_bits_per_s = 8000000, .segment_bytes = 1000};

/* fresh_ns - a transfer on a connection just opened at instant 0 */
static int64_t
fresh_ns(const struct link_params *params, int64_t bytes)
{
    struct link_state state;

    link_open(&state, LINK_PLAIN, NULL, 0, 0);
    return link_transfer_ns(params, &state, 0, bytes);
}

static void
test_link_the_initial_window_goes_at_once(void **state)
{
    (void)state;
    assert_int_equal(fresh_ns(&wan, 0), 20 * MS); /* half an RTT on its way */
    assert_int_equal(fresh_ns(&wan, 1), 21 * MS); /* a segment is a segment */
    assert_int_equal(fresh_ns(&wan, 1000), 21 * MS);
    assert_int_equal(fresh_ns(&wan, 1001), 22 * MS);
    assert_int_equal(fresh_ns(&wan, 10000), 30 * MS);
}

static void
test_link_the_window_doubles_each_round(void **state)
{
    (void)state;
    /* 10, then 1: a round, 1 ms, 20 ms. */
    assert_int_equal(fresh_ns(&wan, 11000), (41 + 1 + 20) * MS);
    /* 10, 20, then 5. */
    assert_int_equal(fresh_ns(&wan, 35000), (2 * 41 + 5 + 20) * MS);
    /* 10, 20, 40, then 80 >= 41: the other 100 flow. */
    assert_int_equal(fresh_ns(&wan, 170000), (3 * 41 + 100 + 20) * MS);
}

static void
test_link_the_window_is_kept_within_an_rto(void **state)
{
    struct link_state link;

    (void)state;
    link_open(&link, LINK_PLAIN, NULL, 0, 0);
    /* Sends for 87 ms: 10, 20 and 5 segments; the window is 40 then. */
    assert_int_equal(link_transfer_ns(&wan, &link, 0, 35000), 107 * MS);
    assert_int_equal(link.sent_at_ns, 87 * MS);
    assert_int_equal(link.window_segments, 40);
    /* The RTO is 1 s, as 2 RTT are less; at it the window still holds. */
    assert_int_equal(link_transfer_ns(&wan, &link, 1087 * MS, 40000), 60 * MS);
    assert_int_equal(link.sent_at_ns, 1127 * MS);
}

static void
test_link_restarts_after_an_rto_of_silence(void **state)
{
    struct link_state link;

    (void)state;
    link_open(&link, LINK_PLAIN, NULL, 0, 0);
    assert_int_equal(link_transfer_ns(&wan, &link, 0, 35000), 107 * MS);
    /* 10, 20, 10. */
    assert_int_equal(link_transfer_ns(&wan, &link, 1087 * MS + 1, 40000),
                     (2 * 41 + 10 + 20) * MS);
}

static void
test_link_a_long_rtt_has_a_long_rto(void **state)
{
    const struct link_params far = {
        .rtt_ns = 3 * NS_PER_S, .rate_bits_per_s = 0, .segment_bytes = 1000};
    struct link_state link;

    (void)state;
    link_open(&link, LINK_PLAIN, NULL, 0, 0);
    /* Sends 10, 10 more a round later: done at 3 s, window 20. */
    assert_int_equal(link_transfer_ns(&far, &link, 0, 20000), 4500 * MS);
    assert_int_equal(link_transfer_ns(&far, &link, 9 * NS_PER_S, 20000),
                     1500 * MS); /* 6 s later: no restart */
    assert_int_equal(link_transfer_ns(&far, &link, 15 * NS_PER_S + 1, 20000),
                     4500 * MS);
}

static void
test_link_without_rate_only_rounds_take_time(void **state)
{
    const struct link_params ideal = {
        .rtt_ns = 40 * MS, .rate_bits_per_s = 0, .segment_bytes = 1000};

    (void)state;
    assert_int_equal(fresh_ns(&ideal, 10000), 20 * MS);
    assert_int_equal(fresh_ns(&ideal, 11000), 60 * MS);
    assert_int_equal(fresh_ns(&ideal, 30000), 60 * MS);
    assert_int_equal(fresh_ns(&ideal, 31000), 100 * MS);
    assert_int_equal(fresh_ns(&ideal, 70000), 100 * MS);
}

static void
test_link_without_rtt_only_the_wire_takes_time(void **state)
{
    const struct link_params wire = {
        .rtt_ns = 0, .rate_bits_per_s = 8000000, .segment_bytes = 1000};
    const struct link_params nothing = {
        .rtt_ns = 0, .rate_bits_per_s = 0, .segment_bytes = 1000};

    (void)state;
    assert_int_equal(fresh_ns(&wire, 500000), 500 * MS);
    assert_int_equal(fresh_ns(&nothing, 500000), 0);
    assert_int_equal(fresh_ns(&nothing, INT64_C(0xffffffff)), 0);
}

static void
test_link_a_segment_that_does_not_divide_is_rounded_up(void **state)
{
    /* 3 bytes at 7 bit/s: 24/7 s, up to the next ns. */
    const struct link_params odd = {
        .rtt_ns = 0, .rate_bits_per_s = 7, .segment_bytes = 3};

    (void)state;
    assert_int_equal(fresh_ns(&odd, 3), INT64_C(3428571429));
}

static void
test_link_the_longest_transfer_is_cut_not_negative(void **state)
{
    const struct link_params worst = {
        .rtt_ns = NS_PER_S, .rate_bits_per_s = 1, .segment_bytes = 1460};

    (void)state;
    /* 2^32 bytes at 1 bit/s: 2^35 s, more than 2^60 ns. */
    assert_int_equal(fresh_ns(&worst, INT64_C(0xffffffff)),
                     LINK_SENDING_NS_MAX + NS_PER_S / 2);
    /* 100 segments: 1,168,000 s. */
    assert_int_equal(fresh_ns(&worst, 146000),
                     1168000 * NS_PER_S + NS_PER_S / 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_the_initial_window_goes_at_once),
        cmocka_unit_test(test_link_the_window_doubles_each_round),
        cmocka_unit_test(test_link_the_window_is_kept_within_an_rto),
        cmocka_unit_test(test_link_restarts_after_an_rto_of_silence),
        cmocka_unit_test(test_link_a_long_rtt_has_a_long_rto),
        cmocka_unit_test(test_link_without_rate_only_rounds_take_time),
        cmocka_unit_test(test_link_without_rtt_only_the_wire_takes_time),
        cmocka_unit_test(
            test_link_a_segment_that_does_not_divide_is_rounded_up),
        cmocka_unit_test(test_link_the_longest_transfer_is_cut_not_negative),
    };
    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
