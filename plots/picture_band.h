/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * picture_band.h - a measure over a swept parameter: means with their bands
 *
 * x is numeric (logarithmic where the values span more than 20 times) or a
 * list of names, which no line joins. A value longer than the horizon has no place on the scale: it
 * is drawn as an open marker at the top edge, under the label "> 4 h".
 *
 * OWNERSHIP  All pointers are borrowed for the call.
 */
#ifndef PLOTS_PICTURE_BAND_H
#define PLOTS_PICTURE_BAND_H

#include <stdbool.h>
#include <stdint.h>

#include "plots/gnuplot.h"

/* One line. mean, low and high have the picture's points_count. NaN: not
 * measured; INFINITY: longer than the horizon. */
struct picture_band_series {
    const char *name;
    const double *mean;
    const double *low;  /* NULL: no band */
    const double *high; /* NULL: no band */
};

struct picture_band {
    const char *title;
    const char *subtitle;
    const char *x_label;
    const char *y_label;
    const double *x;            /* ascending; NULL: names only */
    const char *const *x_names; /* labels; NULL: the numbers */
    uint32_t points_count;      /* 1.. */
    const struct picture_band_series *series;
    uint32_t series_count; /* 1..STYLE_SERIES_MAX */
    bool y_is_time;        /* seconds, on a logarithmic axis */
    double horizon_s;      /* end of the run, for "longer than" */
    double knee_x;         /* a dotted guide; NaN: none */
};

/* Draws into an open gnuplot or script. STYLE_WIDTH_PX x STYLE_HEIGHT_PX. */
void picture_band_draw(struct gnuplot *gp, const struct picture_band *band);

#endif
