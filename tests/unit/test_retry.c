/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_retry.c - the k-th failure is followed by the k-th interval
 */
#include "models/retry.h"

#include "sim/kernel/base.h"
#include "tests/support/support.h"

static const struct retry_params params = {
    .interval_ns = {10, 20, 40},
    .intervals_count = 3,
    .notice_age_ns = {300, 600, 900},
    .notices_count = 3,
};

static void
test_retry_counts_from_the_end_of_the_failed_attempt(void **state)
{
    (void)state;
    assert_int_equal(retry_due_ns(&params, 1, 1000), 1010);
    assert_int_equal(retry_due_ns(&params, 2, 1000), 1020);
    assert_int_equal(retry_due_ns(&params, 3, 1000), 1040);
}

static void
test_retry_the_last_interval_repeats(void **state)
{
    (void)state;
    assert_int_equal(retry_due_ns(&params, 4, 5), 45);
    assert_int_equal(retry_due_ns(&params, UINT16_MAX, 5), 45);
}

static void
test_retry_warns_at_the_first_notice_and_returns_at_the_last(void **state)
{
    const struct retry_params one = {.notice_age_ns = {7}, .notices_count = 1};

    (void)state;
    assert_int_equal(retry_warning_age_ns(&params), 300);
    assert_int_equal(retry_return_age_ns(&params), 900);
    assert_int_equal(retry_warning_age_ns(&one), 7);
    assert_int_equal(retry_return_age_ns(&one), 7);
}

static void
test_retry_classes_below_nonurgent_are_nonurgent(void **state)
{
    (void)state;
    assert_int_equal(retry_class(0), 0);
    assert_int_equal(retry_class(1), 1);
    assert_int_equal(retry_class(2), 2);
    assert_int_equal(retry_class(3), 2);
    assert_int_equal(retry_class(4), 2);
}

static void
test_retry_without_a_failure_or_a_schedule_is_a_bug(void **state)
{
    const struct retry_params none = {0};

    (void)state;
    expect_assert_failure((void)retry_due_ns(&params, 0, 0));
    expect_assert_failure((void)retry_due_ns(&none, 1, 0));
    expect_assert_failure((void)retry_return_age_ns(&none));
    expect_assert_failure((void)retry_warning_age_ns(&none));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retry_counts_from_the_end_of_the_failed_attempt),
        cmocka_unit_test(test_retry_the_last_interval_repeats),
        cmocka_unit_test(
            test_retry_warns_at_the_first_notice_and_returns_at_the_last),
        cmocka_unit_test(test_retry_classes_below_nonurgent_are_nonurgent),
        cmocka_unit_test(test_retry_without_a_failure_or_a_schedule_is_a_bug),
    };
    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
