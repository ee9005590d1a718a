/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_result.c - empty results, their release, and the throughput
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "models/result.h"

static void
test_result_begins_empty_and_without_times(void **state)
{
    (void)state;
    struct result result;

    memset(&result, 0xa5, sizeof result);
    result_init(&result);
    assert_int_equal(result.submitted, 0);
    assert_true(result.submit_first_ns == INT64_MAX);
    assert_true(result.final_last_ns == INT64_MIN);
    assert_int_equal(result.latency_ns.count, 0);
    assert_null(result.channels);
    assert_int_equal(result_throughput_ppm_per_s(&result), 0);
    result_free(&result);
}

/* With asan: nothing is lost, nothing is freed twice. */
static void
test_result_free_releases_groups_names_and_steps(void **state)
{
    (void)state;
    struct result result;

    result_init(&result);
    hist_add(&result.latency_ns, 5);
    result.hosts = calloc(2, sizeof *result.hosts);
    assert_non_null(result.hosts);
    result.hosts_count = 2;
    for (int i = 0; i < 2; i++) {
        result_group_init(&result.hosts[i]);
        result.hosts[i].name = malloc(2);
        assert_non_null(result.hosts[i].name);
        memcpy(result.hosts[i].name, "h", 2);
        hist_add(&result.hosts[i].first_attempt_ns, 7);
    }
    result.steps = calloc(3, sizeof *result.steps);
    result_free(&result);
    assert_null(result.hosts);
    assert_int_equal(result.hosts_count, 0);
    result_free(&result); /* once more is fine */
}

/* 90 delivered from 1 s to 61 s: 1.5 a second. */
static void
test_result_throughput_is_over_first_submit_to_last_final(void **state)
{
    (void)state;
    struct result result;

    result_init(&result);
    result.delivered = 90;
    result.submit_first_ns = NS_PER_S;
    result.final_last_ns = 61 * NS_PER_S;
    assert_int_equal(result_throughput_ppm_per_s(&result), 1500000);
    result.final_last_ns = 61 * NS_PER_S + 1; /* rounds down */
    assert_int_equal(result_throughput_ppm_per_s(&result), 1499999);
    result_free(&result);
}

static void
test_result_throughput_without_time_is_zero(void **state)
{
    (void)state;
    struct result result;

    result_init(&result);
    result.delivered = 1;
    result.submit_first_ns = 5;
    result.final_last_ns = 5;
    assert_int_equal(result_throughput_ppm_per_s(&result), 0);
    result_free(&result);
}

/* 10^12 delivered in 1 ns is 10^27 ppm/s: past 2^63, so the largest there is. */
static void
test_result_throughput_saturates(void **state)
{
    (void)state;
    struct result result;

    result_init(&result);
    result.delivered = INT64_C(1000000000000);
    result.submit_first_ns = 0;
    result.final_last_ns = 1;
    assert_true(result_throughput_ppm_per_s(&result) == INT64_MAX);
    result_free(&result);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_begins_empty_and_without_times),
        cmocka_unit_test(test_result_free_releases_groups_names_and_steps),
        cmocka_unit_test(
            test_result_throughput_is_over_first_submit_to_last_final),
        cmocka_unit_test(test_result_throughput_without_time_is_zero),
        cmocka_unit_test(test_result_throughput_saturates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
