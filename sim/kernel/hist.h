/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hist.h - quantiles from counts in logarithmic buckets
 *
 * Each power of two is divided into HIST_SUB buckets, so a quantile is within
 * 1 / (2 * HIST_SUB) of the true value. Counts are integers: histograms merge
 * in any order to the same result.
 *
 * UNITS      Values 0 to 2^62 in the caller's unit.
 */
#ifndef SIM_KERNEL_HIST_H
#define SIM_KERNEL_HIST_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"

#define HIST_SUB_BITS 7
#define HIST_SUB      (1 << HIST_SUB_BITS)

struct hist {
    uint64_t *counts; /* grows to the largest bucket seen; NULL while empty */
    uint32_t buckets_count;
    uint64_t count;
    base_u128 sum; /* of the values themselves, exact */
    int64_t min;
    int64_t max;
};

void hist_init(struct hist *hist);
void hist_free(struct hist *hist);
void hist_add(struct hist *hist, int64_t value);
void hist_add_count(struct hist *hist, int64_t value, uint64_t count);
void hist_merge(struct hist *into, const struct hist *from);

/*
 * The value that ceil(ppm * total / 10^6) observations do not exceed, the
 * middle of its bucket (never beyond max). `total` may be larger than count:
 * the rest counts as longer than everything. INT64_MAX: it lies there.
 */
int64_t hist_quantile(const struct hist *hist, int64_t ppm, uint64_t total);

uint32_t hist_bucket(int64_t value);            /* its index */
int64_t hist_bucket_least(uint32_t bucket);     /* lower edge, inclusive */

#endif
