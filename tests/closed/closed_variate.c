/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * closed_variate.c - every constant of variate_table.h worked out again, and
 * every sampler held to GSL's distribution function
 *
 * Three ways: the tables against long double; quantiles on a grid of u, far
 * tails included, against GSL's inverse; draws of Philox with fixed seeds
 * against GSL's distribution function by Kolmogorov-Smirnov and chi-square.
 *
 * Tolerances: a sample is a whole number, so half a unit; beyond that 1e-10 of
 * the value, which is more than the normal quantile's 1.3e-11 times a sigma of
 * 2 and GSL's own error. The two statistics may reach their 99.9 % points:
 * the seeds are fixed, so a pass stays a pass.
 */
#include "sim/kernel/variate.h"

#include <float.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/kernel/chance.h"
#include "sim/kernel/variate_table.h"
#include "tests/support/support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define GRID   1500
#define DRAWS  100000
#define BINS   64
#define KS_MAX 1.949 /* of sqrt(n) D: 99.9 %; Stephens 1974, table 1A */

_Static_assert(LDBL_MANT_DIG >= 64, "the tables have 64 bits");

/* Amounts as large as VARIATE_MAX lets the last u be, so that rounding to whole
 * numbers hides nothing. */
static const struct variate variates[] = {
    {VARIATE_UNIFORM, 1000, INT64_C(1000000000000), 0},
    {VARIATE_EXPONENTIAL, INT64_C(1000000000000), 0, 0},
    {VARIATE_LOGNORMAL, INT64_C(1000000000000), 0, 300000},
    {VARIATE_LOGNORMAL, INT64_C(1000000000), 0, 2000000},
    {VARIATE_WEIBULL, INT64_C(1000000000000), 0, 500000},
    {VARIATE_WEIBULL, INT64_C(1000000000000), 0, 1000000},
    {VARIATE_WEIBULL, INT64_C(1000000000000), 0, 7500000},
    {VARIATE_PARETO, INT64_C(1000000), INT64_C(1000000000000), 1100000},
    {VARIATE_PARETO, INT64_C(1000000), VARIATE_MAX, 2500000},
    {VARIATE_PARETO, INT64_C(1000000000), INT64_C(1100000000), 700000},
};

/* --- The tables ------------------------------------------------------------*/

static void
test_variate_log_table_is_what_it_says(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < VARIATE_LOG_ROWS; i++) {
        const struct variate_log_row *row = &variate_log_table[i];
        const base_u128 inverse = ((base_u128)128 << 64) / (129 + i);
        const long double neg_log = logl(ldexpl((long double)inverse, -63));

        assert_true(row->inverse == (uint64_t)inverse);
        assert_true(fabsl(ldexpl((long double)row->neg_log, -64) - neg_log) <=
                    0x1p-63L);
    }
}

static void
test_variate_exp_table_is_what_it_says(void **state)
{
    (void)state;
    for (int i = 0; i < VARIATE_EXP_ROWS; i++) {
        const long double power = exp2l((long double)i / 64);
        const long double entry =
            ldexpl((long double)variate_exp_table[i], -63);

        assert_true(fabsl(entry - power) <= 0x1p-62L);
    }
}

/* The x with P(X > x) = e^-y, by Newton's method on the logarithm of the
 * complementary error function, which is concave: no step goes astray. */
static long double
normal_upper_of(long double y)
{
    const long double root_2 = sqrtl(2.0L);
    const long double root_2_pi = sqrtl(8.0L * atanl(1.0L));
    long double x = 1.0L;

    for (int i = 0; i < 50; i++) {
        const long double tail = erfcl(x / root_2) / 2;
        const long double density = expl(-x * x / 2) / root_2_pi;

        x += (logl(tail) + y) * tail / density;
    }
    return x;
}

/* row_value - the polynomial of variate_table.h, in long double */
static long double
row_value(const struct variate_normal_row *row, long double t)
{
    long double slope = 0;

    for (int i = VARIATE_NORMAL_TERMS - 1; i >= 0; i--) {
        const long double q = ldexpl((long double)row->q[i], -63);
        slope = slope * t + (i % 2 == 0 ? q : -q);
    }
    return ldexpl((long double)row->first, -59) + t * slope;
}

static void
test_variate_normal_table_is_what_it_says(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VARIATE_NORMAL_ROWS; i++) {
        const struct variate_normal_row *row = &variate_normal_table[i];
        const int octave = (int)(i + 3) / 8 - 1;
        const long double width = ldexpl(0.125L, octave);
        const long double y = width * (8 + (i + 3) % 8);

        assert_true(fabsl(row_value(row, 0) - normal_upper_of(y)) < 0x1p-54L);
        for (int part = 1; part <= 32 && i + 1 < VARIATE_NORMAL_ROWS; part++) {
            const long double t = part / 32.0L;
            const long double x = normal_upper_of(y + width * t);

            assert_true(fabsl(row_value(row, t) - x) < 1.3e-11L);
        }
    }
}

/* --- The functions ---------------------------------------------------------*/

/* grid_u - the i-th of GRID: both tails down to the last u, and the bulk */
static uint64_t
grid_u(uint32_t i)
{
    const uint64_t bulk = UINT64_C(36893488147419103) * (i % 500 + 1);

    switch (i / 500) {
    case 0:
        return bulk >> (i % 64);
    case 1:
        return ~(bulk >> (i % 64));
    default:
        return bulk;
    }
}

static long double
lower_of(uint64_t u)
{
    return ldexpl((long double)u + 0.5L, -64);
}

static void
test_variate_functions_agree_with_long_double(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < GRID; i++) {
        const uint64_t u = grid_u(i);
        const long double y = ldexpl((long double)variate_neg_log(u), -56);
        const long double y_of =
            u >> 63 == 0 ? -logl(lower_of(u)) : -log1pl(-lower_of(~u));
        const int64_t x = (int64_t)(u >> 4) - (INT64_C(1) << 59);
        const long double e = ldexpl((long double)variate_exp(x), -32);
        const long double e_of = expl(ldexpl((long double)x, -56));

        assert_true(fabsl(y - y_of) < 0x1p-56L);
        assert_true(fabsl(e - e_of) < 0x1p-32L + e_of * 0x1p-53L);
    }
}

static void
test_variate_normal_agrees_with_gsl(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < GRID; i++) {
        const uint64_t u = grid_u(i);
        const double x = ldexp((double)variate_normal(u), -56);
        const double x_of = u >> 63 == 0
                                ? gsl_cdf_ugaussian_Pinv((double)lower_of(u))
                                : gsl_cdf_ugaussian_Qinv((double)lower_of(~u));

        assert_true(fabs(x - x_of) < 1e-10);
    }
}

/* --- The samplers ----------------------------------------------------------*/

/* pareto_quantile - GSL's unbounded one, at the tail that the bound leaves */
static double
pareto_quantile(const struct variate *variate, double upper)
{
    const double least = (double)variate->a;
    const double alpha = (double)variate->shape_ppm / PPM;
    const double beyond = gsl_cdf_pareto_Q((double)variate->b, alpha, least);

    return gsl_cdf_pareto_Qinv(upper * (1 - beyond) + beyond, alpha, least);
}

/* The quantile with this much below and that much above, from whichever of the
 * two is the smaller and so the more precise. */
static double
quantile_of(const struct variate *variate, double lower, double upper)
{
    const double a = (double)variate->a;
    const double shape = (double)variate->shape_ppm / PPM;
    const bool is_low = lower < upper;

    switch (variate->kind) {
    case VARIATE_CONSTANT:
        return a;
    case VARIATE_UNIFORM:
        return gsl_cdf_flat_Pinv(lower, a, (double)variate->b + 1) - 0.5;
    case VARIATE_EXPONENTIAL:
        return is_low ? gsl_cdf_exponential_Pinv(lower, a)
                      : gsl_cdf_exponential_Qinv(upper, a);
    case VARIATE_LOGNORMAL:
        return is_low ? gsl_cdf_lognormal_Pinv(lower, log(a), shape)
                      : gsl_cdf_lognormal_Qinv(upper, log(a), shape);
    case VARIATE_WEIBULL:
        return is_low ? gsl_cdf_weibull_Pinv(lower, a, shape)
                      : gsl_cdf_weibull_Qinv(upper, a, shape);
    case VARIATE_PARETO:
        return pareto_quantile(variate, upper);
    }
    UNREACHABLE("every kind has its case");
}

static void
check_quantile(size_t k, uint64_t u)
{
    const double value = (double)variate_sample(&variates[k], u);
    const double truth =
        quantile_of(&variates[k], (double)lower_of(u), (double)lower_of(~u));

    if (fabs(value - truth) > 0.501 + 1e-10 * truth) {
        fail_msg("variate %zu at %" PRIu64 ": %.17g, GSL has %.17g", k, u,
                 value, truth);
    }
}

static void
test_variate_quantiles_agree_with_gsl(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(variates); k++) {
        for (uint32_t i = 0; i < GRID; i++) {
            check_quantile(k, grid_u(i));
        }
    }
}

/* probability_of - the share of all values that is at most x */
static double
probability_of(const struct variate *variate, double x)
{
    const double a = (double)variate->a;
    const double b = (double)variate->b;
    const double shape = (double)variate->shape_ppm / PPM;

    switch (variate->kind) {
    case VARIATE_CONSTANT:
        return x < a ? 0 : 1;
    case VARIATE_UNIFORM:
        return gsl_cdf_flat_P(x, a, b + 1);
    case VARIATE_EXPONENTIAL:
        return gsl_cdf_exponential_P(x, a);
    case VARIATE_LOGNORMAL:
        return gsl_cdf_lognormal_P(x, log(a), shape);
    case VARIATE_WEIBULL:
        return gsl_cdf_weibull_P(x, a, shape);
    case VARIATE_PARETO:
        return gsl_cdf_pareto_P(x, shape, a) / gsl_cdf_pareto_P(b, shape, a);
    }
    UNREACHABLE("every kind has its case");
}

/* draw_probabilities - draws, each put through GSL's distribution function and
 * sorted: uniform if the sampler is what it says */
static void
draw_probabilities(const struct variate *variate, double *p)
{
    const struct chance chance = chance_stream(1, 0, "closed_variate");

    for (uint32_t i = 0; i < DRAWS; i++) {
        const uint64_t u = chance_u64(&chance, i, 0, 0);
        p[i] = probability_of(variate, (double)variate_sample(variate, u));
    }
    gsl_sort(p, 1, DRAWS);
}

/* ks_statistic - sqrt(n) times the largest distance to the diagonal */
static double
ks_statistic(const double *p)
{
    double most = 0;

    for (uint32_t i = 0; i < DRAWS; i++) {
        most = fmax(most, p[i] - (double)i / DRAWS);
        most = fmax(most, (double)(i + 1) / DRAWS - p[i]);
    }
    return sqrt(DRAWS) * most;
}

static double
chi_square(const double *p)
{
    const double expected = (double)DRAWS / BINS;
    uint32_t counts[BINS] = {0};
    double sum = 0;

    for (uint32_t i = 0; i < DRAWS; i++) {
        const int bin = (int)(p[i] * BINS);
        counts[bin < BINS ? bin : BINS - 1]++;
    }
    for (int i = 0; i < BINS; i++) {
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    return sum;
}

static void
test_variate_draws_have_the_distribution_gsl_has(void **state)
{
    (void)state;
    const double chi_square_max = gsl_cdf_chisq_Qinv(0.001, BINS - 1);
    double *p = base_alloc(DRAWS * sizeof *p);

    for (size_t k = 0; k < COUNT(variates); k++) {
        draw_probabilities(&variates[k], p);
        assert_true(ks_statistic(p) < KS_MAX);
        assert_true(chi_square(p) < chi_square_max);
    }
    free(p);
}

/* The two tests above can tell: a sigma 2 % off is found out. */
static void
test_variate_draws_of_another_sigma_are_told_apart(void **state)
{
    (void)state;
    const struct variate drawn = {VARIATE_LOGNORMAL, 1000000000, 0, 1020000};
    const struct variate claimed = {VARIATE_LOGNORMAL, 1000000000, 0, 1000000};
    const struct chance chance = chance_stream(1, 0, "closed_variate");
    double *p = base_alloc(DRAWS * sizeof *p);

    for (uint32_t i = 0; i < DRAWS; i++) {
        const uint64_t u = chance_u64(&chance, i, 0, 0);
        p[i] = probability_of(&claimed, (double)variate_sample(&drawn, u));
    }
    gsl_sort(p, 1, DRAWS);
    assert_true(chi_square(p) > gsl_cdf_chisq_Qinv(0.001, BINS - 1));
    free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variate_log_table_is_what_it_says),
        cmocka_unit_test(test_variate_exp_table_is_what_it_says),
        cmocka_unit_test(test_variate_normal_table_is_what_it_says),
        cmocka_unit_test(test_variate_functions_agree_with_long_double),
        cmocka_unit_test(test_variate_normal_agrees_with_gsl),
        cmocka_unit_test(test_variate_quantiles_agree_with_gsl),
        cmocka_unit_test(test_variate_draws_have_the_distribution_gsl_has),
        cmocka_unit_test(test_variate_draws_of_another_sigma_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
