/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * picture_tail.h - how long delivery took: the tail
 *
 * Time over percentile, on a scale of 1 / (1 - p) on which 99.9 % can be read.
 * Each shelf is one retry round. Where the rest was not delivered within the
 * run, a line ends in an open marker at the top edge, under "> 4 h".
 *
 * OWNERSHIP  All pointers are borrowed for the call.
 */
#ifndef PLOTS_PICTURE_TAIL_H
#define PLOTS_PICTURE_TAIL_H

#include "plots/gnuplot.h"
#include "plots/picture_cdf.h"

/* STYLE_WIDTH_PX x STYLE_HEIGHT_PX. */
void picture_tail_draw(struct gnuplot *gp, const struct picture_cdf *cdf);

#endif
