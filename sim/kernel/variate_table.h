/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * variate_table.h - the constants behind variate.c; nobody else's business
 *
 * Every number here is a function value rounded once, worked out with 240 bits
 * and written down as an integer; closed_variate.c works all of them out again
 * with the C library's long double and compares.
 *
 * LOG        Row i is for mantissas m from 1 + i/128 up to 1 + (i + 1)/128:
 *            `inverse` = 1 / (1 + (i + 1)/128), rounded down, and `neg_log` =
 *            ln(2 inverse) of that rounded number; both in units of 2^-64. The
 *            last row is (1/2, 0) exactly: the logarithm of 1 is 0.
 * EXP        Entry i is 2^(i/64), rounded down, units of 2^-63.
 * NORMAL     The upper quantile x of the standard normal, P(X > x) = e^-y, as a
 *            polynomial of degree 6 in each eighth of an octave of y, from
 *            y = 0.6875 (below ln 2, where x is 0) to 48 (above 65 ln 2, the
 *            largest y there is). With t from 0 to 1 across the row,
 *                x = first / 2^59
 *                    + t (q[0] - q[1] t + q[2] t^2 - ... - q[5] t^5) / 2^63,
 *            interpolating at the Chebyshev-Lobatto points, both ends among
 *            them. Largest error 1.3e-11, in the row from y = 32. The last row
 *            holds the far end of the one before it.
 */
#ifndef SIM_KERNEL_VARIATE_TABLE_H
#define SIM_KERNEL_VARIATE_TABLE_H

#include <stdint.h>

#define VARIATE_LOG_ROWS     128
#define VARIATE_EXP_ROWS     64
#define VARIATE_NORMAL_ROWS  50
#define VARIATE_NORMAL_TERMS 6

struct variate_log_row {
    uint64_t inverse;
    uint64_t neg_log;
};

struct variate_normal_row {
    int64_t first;
    uint64_t q[VARIATE_NORMAL_TERMS];
};

extern const struct variate_log_row variate_log_table[VARIATE_LOG_ROWS];
extern const uint64_t variate_exp_table[VARIATE_EXP_ROWS];
extern const struct variate_normal_row
    variate_normal_table[VARIATE_NORMAL_ROWS];

#endif
