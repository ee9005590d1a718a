/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * variate.h - random amounts: one uniform in, one int64_t out, exactly
 *
 * One uniform a variate, by monotone inversion: a larger u never gives a
 * smaller value, so common random numbers stay common when a parameter moves.
 * Integer arithmetic throughout, from tables of constants: no libm, no floating
 * point, the same bits from every compiler and machine.
 *
 *     constant(a)
 *     uniform(a, b)                  each whole number from a to b alike
 *     exponential(mean)
 *     lognormal(median, sigma of ln)
 *     weibull(scale, shape)
 *     pareto(least, alpha, most)     cut off at most, not heaped up there
 *
 * UNITS      Amounts in the unit of the parameters (ns, bytes); shape numbers
 *            (sigma, shape, alpha) in millionths.
 * VALID FOR  Quantiles are right to 3e-11 times sigma for the lognormal, to
 *            1e-11 times the logarithm of their range for Weibull and Pareto,
 *            and to 2^-56 of the mean for the exponential, out to the first and
 *            the last u; then rounded to whole numbers.
 * COST       gcc -O2 on an AMD EPYC, 2026: uniform 2 ns, exponential 8,
 *            lognormal 31, Weibull 33, Pareto 63. 6 KB of tables.
 * SOURCE     Inversion: Devroye, "Non-uniform random variate generation", 1986,
 *            II.2. The tables: variate_table.h. GSL's distribution functions
 *            hold the samplers in tests/closed/closed_variate.c.
 */
#ifndef SIM_KERNEL_VARIATE_H
#define SIM_KERNEL_VARIATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"

enum variate_kind {
    VARIATE_CONSTANT,
    VARIATE_UNIFORM,
    VARIATE_EXPONENTIAL,
    VARIATE_LOGNORMAL,
    VARIATE_WEIBULL,
    VARIATE_PARETO
};

struct variate {
    enum variate_kind kind;
    int64_t a;         /* constant, least, mean, median, scale */
    int64_t b;         /* uniform, pareto: most */
    int64_t shape_ppm; /* sigma, shape, alpha in millionths */
};

/* True: a, b and the shape number, where the kind has them, are in range: 0 to
 * VARIATE_MAX, a <= b, a > 0 for pareto, sigma 0 to 10, shape and alpha 0.01 to
 * 100. Else *why says what is not: a constant text, NULL if all is well. */
MUST_USE bool variate_is_valid(const struct variate *variate, const char **why);

/* The value at quantile (u + 1/2) / 2^64, rounded; >= 0; saturates at
 * VARIATE_MAX. The parameters are valid (checked in debug builds). */
int64_t variate_sample(const struct variate *variate, uint64_t u);

#define VARIATE_MAX (INT64_C(1) << 58)

/* What the samplers are built of; each is monotone to the last bit. */

/* -ln((u + 1/2) / 2^64) in units of 2^-56, right to the last unit. */
uint64_t variate_neg_log(uint64_t u);

/* e^x, x in units of 2^-56, in units of 2^-32; relative error below 2^-53;
 * INT64_MAX from 31 ln 2 = 21.5 on. */
int64_t variate_exp(int64_t x);

/* The standard normal quantile at (u + 1/2) / 2^64, in units of 2^-56: -9.16 to
 * 9.16, wrong by at most 1.3e-11, variate_normal(~u) == -variate_normal(u). */
int64_t variate_normal(uint64_t u);

#endif
