/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * picture_series.h - what happened over simulated time, in stacked panels
 *
 * Panels share the axis of time; faults are shaded in all of them and named in
 * the first. Every panel shows the same runs in the same colours, named beside
 * the first. A series longer than the picture is wide is thinned to the smallest
 * and the largest value of each column, so that no peak is lost, and where it
 * is level to its ends.
 *
 * OWNERSHIP  All pointers are borrowed for the call.
 */
#ifndef PLOTS_PICTURE_SERIES_H
#define PLOTS_PICTURE_SERIES_H

#include <stdint.h>

#include "plots/gnuplot.h"

#define PICTURE_SERIES_PANELS_MAX 3

/* Values at time_s[i]; NaN is a gap. */
struct picture_series_line {
    const double *time_s; /* ascending, within 0..horizon_s */
    const double *value;
    const double *low;  /* NULL: no band */
    const double *high; /* NULL: no band */
    uint32_t count;
};

struct picture_series_panel {
    const char *y_label;
    const struct picture_series_line *lines; /* one for each name */
};

struct picture_series_fault {
    const char *name;
    double from_s;
    double to_s;
};

struct picture_series {
    const char *title;
    const char *subtitle;
    const char *const *names;
    uint32_t names_count; /* 1..STYLE_SERIES_MAX */
    const struct picture_series_panel *panels;
    uint32_t panels_count; /* 1..PICTURE_SERIES_PANELS_MAX */
    const struct picture_series_fault *faults; /* by from_s, ascending */
    uint32_t faults_count;
    double horizon_s;
};

/* Height of the picture; the width is STYLE_WIDTH_PX. */
uint32_t picture_series_height_px(uint32_t panels_count);

void picture_series_draw(struct gnuplot *gp,
                         const struct picture_series *series);

#endif
