/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * picture_cdf.h - how long delivery took: the whole distribution
 *
 * Share delivered over time since submission, time logarithmic. Retry rounds
 * are its steps, and what was never delivered is what its right end is short
 * of 100 %.
 *
 * OWNERSHIP  All pointers are borrowed for the call.
 */
#ifndef PLOTS_PICTURE_CDF_H
#define PLOTS_PICTURE_CDF_H

#include <stdint.h>

#include "plots/gnuplot.h"

/* share[i] of all recipients were delivered within time_s[i]; both ascending,
 * share in 0..1 of all submitted. */
struct picture_cdf_series {
    const char *name;
    const double *time_s;
    const double *share;
    uint32_t count; /* 0: nothing was delivered */
};

struct picture_cdf {
    const char *title;
    const char *subtitle;
    const struct picture_cdf_series *series;
    uint32_t series_count; /* 1..STYLE_SERIES_MAX */
    double horizon_s;      /* length of the run; the axis' right end */
};

/* STYLE_WIDTH_PX x STYLE_HEIGHT_PX. */
void picture_cdf_draw(struct gnuplot *gp, const struct picture_cdf *cdf);

/* The shortest time at which `share_least` or more is delivered, of all
 * series; NaN: none gets there. For the low end of an axis of time. */
double picture_cdf_time_least_s(const struct picture_cdf *cdf,
                                double share_least);

#endif
