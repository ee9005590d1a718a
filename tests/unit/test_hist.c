/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_hist.c - the buckets' edges, and quantiles worked by hand
 *
 * Quantiles of random values against a sorted array are in prop_hist.c.
 */
#include "sim/kernel/hist.h"

#include "tests/support/support.h"

static int
setup(void **state)
{
    static struct hist hist;

    hist_init(&hist);
    *state = &hist;
    return 0;
}

static int
teardown(void **state)
{
    hist_free(*state);
    return 0;
}

static void
test_hist_values_below_256_have_their_own_bucket(void **state)
{
    (void)state;
    for (int64_t value = 0; value < 256; value++) {
        assert_int_equal(hist_bucket(value), value);
        assert_int_equal(hist_bucket_least((uint32_t)value), value);
    }
}

/* 256 to 511 in 128 buckets of 2: 256 and 257 share bucket 256, 511 is in 383;
 * 512 to 1023 in buckets of 4 from 384. */
static void
test_hist_each_power_of_two_has_128_buckets(void **state)
{
    (void)state;
    assert_int_equal(hist_bucket(256), 256);
    assert_int_equal(hist_bucket(257), 256);
    assert_int_equal(hist_bucket(258), 257);
    assert_int_equal(hist_bucket(511), 383);
    assert_int_equal(hist_bucket(512), 384);
    assert_int_equal(hist_bucket(515), 384);
    assert_int_equal(hist_bucket(516), 385);
    assert_int_equal(hist_bucket(HIST_VALUE_MAX), HIST_BUCKET_MAX);
}

static void
test_hist_buckets_meet_without_gap_or_overlap(void **state)
{
    (void)state;
    for (uint32_t bucket = 1; bucket <= HIST_BUCKET_MAX; bucket++) {
        const int64_t least = hist_bucket_least(bucket);

        assert_int_equal(hist_bucket(least), bucket);
        assert_int_equal(hist_bucket(least - 1), bucket - 1);
    }
}

static void
test_hist_values_out_of_range_are_a_bug(void **state)
{
    expect_assert_failure(hist_add(*state, -1));
    expect_assert_failure(hist_add(*state, HIST_VALUE_MAX + 1));
    expect_assert_failure(hist_bucket_least(HIST_BUCKET_MAX + 1));
}

static void
test_hist_empty_has_no_quantile(void **state)
{
    struct hist *hist = *state;

    assert_int_equal(hist->count, 0);
    assert_null(hist->counts);
    assert_int_equal(hist_quantile(hist, 0, 0), INT64_MAX);
    assert_int_equal(hist_quantile(hist, PPM, 0), INT64_MAX);
    assert_int_equal(hist_quantile(hist, 500000, 10), INT64_MAX);
}

/* Of 10, 20, 30, 40: half of 4 is 2, the second; 50.0001 % of 4 is above 2, so
 * the third; 75 % is the third, 100 % the fourth, 0 % the first. */
static void
test_hist_quantile_rounds_its_rank_up(void **state)
{
    struct hist *hist = *state;

    for (int64_t value = 10; value <= 40; value += 10) {
        hist_add(hist, value);
    }
    assert_int_equal(hist_quantile(hist, 0, 4), 10);
    assert_int_equal(hist_quantile(hist, 250000, 4), 10);
    assert_int_equal(hist_quantile(hist, 500000, 4), 20);
    assert_int_equal(hist_quantile(hist, 500001, 4), 30);
    assert_int_equal(hist_quantile(hist, 750000, 4), 30);
    assert_int_equal(hist_quantile(hist, PPM, 4), 40);
}

/* 4 of 8 arrived: the median is the last that did, 51 % never came. */
static void
test_hist_counts_the_missing_as_longer_than_everything(void **state)
{
    struct hist *hist = *state;

    for (int64_t value = 10; value <= 40; value += 10) {
        hist_add(hist, value);
    }
    assert_int_equal(hist_quantile(hist, 250000, 8), 20);
    assert_int_equal(hist_quantile(hist, 500000, 8), 40);
    assert_int_equal(hist_quantile(hist, 510000, 8), INT64_MAX);
    expect_assert_failure((void)hist_quantile(hist, 500000, 3));
}

/* 1000 to 1003 share a bucket, whose middle, rounded down, is 1001. */
static void
test_hist_quantile_is_the_middle_of_its_bucket(void **state)
{
    struct hist *hist = *state;

    hist_add(hist, 1000);
    hist_add(hist, 1003);
    assert_int_equal(hist_quantile(hist, 500000, 2), 1001);
}

static void
test_hist_quantile_stays_between_min_and_max(void **state)
{
    struct hist *hist = *state;

    hist_add(hist, 1000000007);
    assert_int_equal(hist_quantile(hist, 500000, 1), 1000000007);
    assert_int_equal(hist_quantile(hist, PPM, 1), 1000000007);
}

/* 4 times 2^62 is 2^64: one more than 64 bits hold. */
static void
test_hist_sum_is_exact_beyond_64_bits(void **state)
{
    struct hist *hist = *state;

    hist_add_count(hist, HIST_VALUE_MAX, 4);
    hist_add(hist, 3);
    assert_int_equal((uint64_t)(hist->sum >> 64), 1);
    assert_int_equal((uint64_t)hist->sum, 3);
    assert_int_equal(hist->count, 5);
    assert_int_equal(hist->min, 3);
    assert_int_equal(hist->max, HIST_VALUE_MAX);
}

static void
test_hist_adding_none_changes_nothing(void **state)
{
    struct hist *hist = *state;

    hist_add_count(hist, 1000, 0);
    assert_int_equal(hist->count, 0);
    assert_null(hist->counts);
    assert_int_equal(hist->max, -1);
}

static void
test_hist_count_beyond_64_bits_is_a_bug(void **state)
{
    struct hist *hist = *state;

    hist_add_count(hist, 1, UINT64_MAX);
    expect_assert_failure(hist_add(hist, 1));
    assert_int_equal(hist_quantile(hist, PPM, UINT64_MAX), 1);
}

static void
test_hist_merging_an_empty_one_changes_nothing(void **state)
{
    struct hist *hist = *state;
    struct hist empty;

    hist_init(&empty);
    hist_add(hist, 7);
    hist_merge(hist, &empty);
    assert_int_equal(hist->count, 1);
    assert_int_equal(hist->min, 7);
    assert_int_equal(hist->max, 7);
    hist_merge(&empty, hist);
    assert_int_equal(hist_quantile(&empty, 500000, 1), 7);
    hist_free(&empty);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hist_values_below_256_have_their_own_bucket),
        TEST(test_hist_each_power_of_two_has_128_buckets),
        TEST(test_hist_buckets_meet_without_gap_or_overlap),
        TEST(test_hist_values_out_of_range_are_a_bug),
        TEST(test_hist_empty_has_no_quantile),
        TEST(test_hist_quantile_rounds_its_rank_up),
        TEST(test_hist_counts_the_missing_as_longer_than_everything),
        TEST(test_hist_quantile_is_the_middle_of_its_bucket),
        TEST(test_hist_quantile_stays_between_min_and_max),
        TEST(test_hist_sum_is_exact_beyond_64_bits),
        TEST(test_hist_adding_none_changes_nothing),
        TEST(test_hist_count_beyond_64_bits_is_a_bug),
        TEST(test_hist_merging_an_empty_one_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
