/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stat.h - how sure a number is: intervals, paired differences, many at once
 *
 * The observation is the replication: one run gives one value of a metric, and
 * intervals are over runs, never over messages within a run (these depend on
 * each other). Two points under the same luck (common random numbers) are
 * compared by their differences, replication by replication.
 *
 * VALID FOR  Means that are roughly normal: ten replications or more. With 3
 *            replications and a coefficient of variation of 0.1 an interval
 *            of nominally 95 % was measured to cover 90 %.
 * SOURCE     Student's t by gsl_cdf_tdist_Pinv; Holm 1979, "A simple
 *            sequentially rejective multiple test procedure".
 */
#ifndef SIM_LAB_STAT_H
#define SIM_LAB_STAT_H

#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/base.h"

struct stat_interval {
    size_t count;
    double mean;       /* 0 if count is 0 */
    double sd;         /* of the sample; 0 below 2 */
    double half_width; /* mean +- this; INFINITY below 2 observations */
};

/* level: 0.95 for 95 %. Does not change values. */
struct stat_interval stat_mean(const double *values, size_t count,
                               double level);

/* a[i] - b[i], where i is the replication. */
struct stat_paired {
    struct stat_interval difference;
    double correlation; /* of a and b; 0 where one of them never varies */
    double p;           /* two-sided, of no difference; 1 below 2 pairs */
};

struct stat_paired stat_paired(const double *a, const double *b, size_t count,
                               double level);

/* The one-sided upper bound of the mean at this level: INFINITY below 2. */
double stat_upper(const struct stat_interval *interval, double level);

/* p-values adjusted for being many, in the order given: reject where adjusted
 * is below alpha and the chance of any false alarm is below alpha. */
void stat_holm(const double *p, size_t count, double *adjusted);

/*
 * The laboratory's generator for resampling and designs: the kernel's Philox,
 * counting up. gsl_rng_set() takes the seed; a stream with a name comes from
 * stat_rng_new(), to be released by gsl_rng_free().
 */
const gsl_rng_type *stat_rng_type(void);
MUST_USE gsl_rng *stat_rng_new(uint64_t seed, const char *name);

#endif
