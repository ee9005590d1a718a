/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * variate.h - random amounts: one uniform in, one int64_t out, exactly
 *
 * One uniform a variate, by monotone inversion: a larger u never gives a
 * smaller value, so common random numbers stay common when a parameter moves.
 * Integer arithmetic throughout, table building included: no libm, no
 * floating point, the same bits from every compiler and machine.
 *
 *     constant(a)             a
 *     uniform(a, b)           a to b
 *     exponential(mean)
 *     lognormal(median, sigma of ln)
 *     weibull(scale, shape)
 *     pareto(least, alpha, most)     bounded
 *
 * UNITS      Amounts in the unit of the parameters (ns, bytes); shape numbers
 *            (sigma, shape, alpha) in millionths.
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

/* True: parameters are in range (a >= 0, ...); else *why says what is not. */
MUST_USE bool variate_is_valid(const struct variate *variate, const char **why);

/* The value at quantile (u + 1/2) / 2^64, rounded; >= 0; saturates at
 * VARIATE_MAX. */
int64_t variate_sample(const struct variate *variate, uint64_t u);

#define VARIATE_MAX (INT64_C(1) << 58)

/* -ln((u + 1/2) / 2^64) in units of 2^-56, and e^x for x in units of 2^-56
 * scaled to 2^-32 (saturating); the two the rest is built of. */
uint64_t variate_neg_log(uint64_t u);
int64_t variate_exp(int64_t x);

/* The standard normal quantile at (u + 1/2) / 2^64, in units of 2^-56. */
int64_t variate_normal(uint64_t u);

#endif
