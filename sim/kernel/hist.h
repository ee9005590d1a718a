/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hist.h - quantiles from counts in logarithmic buckets
 *
 * Each power of two is divided into HIST_SUB buckets, so a quantile is within
 * 1 / (2 * HIST_SUB) of the true value; below 2 * HIST_SUB every value has its
 * own bucket and is exact. Counts are integers: histograms merge in any order
 * to the same result.
 *
 * UNITS      Values 0 to HIST_VALUE_MAX in the caller's unit.
 * OWNERSHIP  A struct hist owns its counts; hist_init(), hist_free(), after
 *            which it is empty again.
 * COST       To add: some nanoseconds. To merge, to ask: a pass over at most
 *            7169 buckets. 8 bytes a bucket, up to the largest value's.
 */
#ifndef SIM_KERNEL_HIST_H
#define SIM_KERNEL_HIST_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"

#define HIST_SUB_BITS 7
#define HIST_SUB      (1u << HIST_SUB_BITS)

#define HIST_VALUE_MAX  (INT64_C(1) << 62)
#define HIST_BUCKET_MAX ((62 - HIST_SUB_BITS + 1) * HIST_SUB)

struct hist {
    uint64_t *counts; /* grows to the largest bucket seen; NULL while empty */
    uint32_t buckets_count; /* that `counts` has room for */
    uint64_t count;
    base_u128 sum; /* of the values themselves, exact */
    int64_t min;   /* INT64_MAX while empty */
    int64_t max;   /* -1 while empty */
};

void hist_init(struct hist *hist);
void hist_free(struct hist *hist);
void hist_add(struct hist *hist, int64_t value);

/* The same value `count` times. */
void hist_add_count(struct hist *hist, int64_t value, uint64_t count);

/* Adds all of `from`; not to itself. */
void hist_merge(struct hist *into, const struct hist *from);

/*
 * The value that ceil(ppm * total / 10^6) observations, at least one, do not
 * exceed: the middle of its bucket, never beyond min and max; the last one of
 * all exactly. `total` may be larger than count: the rest counts as longer than
 * everything. INT64_MAX: it lies there, or there is no observation at all.
 */
int64_t hist_quantile(const struct hist *hist, int64_t ppm, uint64_t total);

uint32_t hist_bucket(int64_t value);        /* its index */
int64_t hist_bucket_least(uint32_t bucket); /* lower edge, inclusive */

#endif
