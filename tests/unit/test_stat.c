/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_stat.c - intervals and tests against tables and hand calculation
 */
#include "tests/support/support.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "sim/kernel/chance.h"
#include "sim/lab/stat.h"

static void
is_near(double value, double expected, double tolerance)
{
    assert_true(fabs(value - expected) <= tolerance);
}

/* 1..5: mean 3, sd sqrt(10/4) = 1.5811; t(0.975, 4) = 2.7764 in any table;
 * half width 2.7764 * 1.5811 / sqrt(5) = 1.9632. */
static void
test_stat_mean_of_five_by_hand(void **state)
{
    (void)state;
    const double values[] = {1, 2, 3, 4, 5};
    struct stat_interval interval = stat_mean(values, 5, 0.95);

    is_near(interval.mean, 3, 1e-12);
    is_near(interval.sd, 1.5811388, 1e-7);
    is_near(interval.half_width, 1.9632432, 1e-5);
}

static void
test_stat_one_observation_has_no_interval(void **state)
{
    (void)state;
    const double value = 7;
    struct stat_interval one = stat_mean(&value, 1, 0.95);
    struct stat_interval none = stat_mean(NULL, 0, 0.95);

    is_near(one.mean, 7, 0);
    assert_true(isinf(one.half_width));
    assert_true(isinf(stat_upper(&one, 0.95)));
    assert_true(isinf(none.half_width));
    assert_int_equal(none.count, 0);
}

/* t(0.95, 4) = 2.1318: upper = 3 + 2.1318 * 0.70711 = 4.5074. */
static void
test_stat_upper_is_one_sided(void **state)
{
    (void)state;
    const double values[] = {1, 2, 3, 4, 5};
    struct stat_interval interval = stat_mean(values, 5, 0.95);

    is_near(stat_upper(&interval, 0.95), 4.5074, 1e-4);
}

/* Student's sleep data (1908, table I, as in R's `sleep`):
 * t.test(paired) gives t = -4.0621, p = 0.002833, mean -1.58,
 * 95 % interval -2.4598858 to -0.7001142, cor 0.7951702. */
static void
test_stat_paired_agrees_with_students_own_data(void **state)
{
    (void)state;
    const double a[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
    const double b[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    struct stat_paired paired = stat_paired(a, b, 10, 0.95);

    is_near(paired.difference.mean, -1.58, 1e-12);
    is_near(paired.difference.half_width, 0.8798858, 1e-6);
    is_near(paired.p, 0.002833, 1e-6);
    is_near(paired.correlation, 0.7951702, 1e-6);
}

static void
test_stat_paired_without_spread_is_certain(void **state)
{
    (void)state;
    const double a[] = {1, 2, 3};
    const double b[] = {2, 3, 4};

    is_near(stat_paired(a, a, 3, 0.95).p, 1, 0);
    is_near(stat_paired(a, b, 3, 0.95).p, 0, 0);
    is_near(stat_paired(a, b, 1, 0.95).p, 1, 0); /* one pair says nothing */
}

/* p 0.01, 0.04, 0.03, 0.005: sorted 0.005*4, 0.01*3, 0.03*2, 0.04*1, then
 * never falling: 0.02, 0.03, 0.06, 0.06. */
static void
test_stat_holm_by_hand(void **state)
{
    (void)state;
    const double p[] = {0.01, 0.04, 0.03, 0.005};
    double adjusted[4];

    stat_holm(p, 4, adjusted);
    is_near(adjusted[0], 0.03, 1e-12);
    is_near(adjusted[1], 0.06, 1e-12);
    is_near(adjusted[2], 0.06, 1e-12);
    is_near(adjusted[3], 0.02, 1e-12);
}

static void
test_stat_holm_is_at_most_one_and_treats_equals_alike(void **state)
{
    (void)state;
    const double p[] = {0.7, 0.7, 0.7};
    double adjusted[3];

    stat_holm(p, 3, adjusted);
    is_near(adjusted[0], 1, 0);
    is_near(adjusted[1], 1, 0);
    is_near(adjusted[2], 1, 0);
}

/* The generator gives the words of Philox's blocks 0, 1, ... in order. */
static void
test_stat_rng_is_the_kernels_philox(void **state)
{
    (void)state;
    gsl_rng *rng = stat_rng_new(5, "bootstrap");
    struct chance stream = chance_stream(5, 0, "bootstrap");

    for (uint32_t block = 0; block < 3; block++) {
        const uint32_t counter[4] = {block, 0, 0, 0};
        uint32_t words[4];

        chance_philox(words, counter, stream.key);
        for (int i = 0; i < 4; i++) {
            assert_true(gsl_rng_get(rng) == words[i]);
        }
    }
    gsl_rng_free(rng);
}

static void
test_stat_rng_repeats_and_serves_gsl(void **state)
{
    (void)state;
    gsl_rng *a = stat_rng_new(5, "x");
    gsl_rng *b = stat_rng_new(5, "x");
    gsl_rng *other = stat_rng_new(5, "y");
    double sum = 0;
    int differ_count = 0;

    for (int i = 0; i < 10000; i++) {
        double u = gsl_rng_uniform(a);

        assert_true(u >= 0 && u < 1);
        assert_false(u < gsl_rng_uniform(b));
        differ_count += fabs(u - gsl_rng_uniform(other)) > 0;
        sum += u;
    }
    is_near(sum / 10000, 0.5, 0.0145); /* five standard errors */
    assert_true(differ_count > 9990);
    sum = 0;
    for (int i = 0; i < 10000; i++) {
        sum += gsl_ran_gaussian(a, 1);
    }
    is_near(sum / 10000, 0, 0.05);
    gsl_rng_free(a);
    gsl_rng_free(b);
    gsl_rng_free(other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stat_mean_of_five_by_hand),
        cmocka_unit_test(test_stat_one_observation_has_no_interval),
        cmocka_unit_test(test_stat_upper_is_one_sided),
        cmocka_unit_test(test_stat_paired_agrees_with_students_own_data),
        cmocka_unit_test(test_stat_paired_without_spread_is_certain),
        cmocka_unit_test(test_stat_holm_by_hand),
        cmocka_unit_test(test_stat_holm_is_at_most_one_and_treats_equals_alike),
        cmocka_unit_test(test_stat_rng_is_the_kernels_philox),
        cmocka_unit_test(test_stat_rng_repeats_and_serves_gsl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
