/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collect.h - what one picture shows of a results file
 *
 * Chooses axes, series and cells (see plots.h), asks the file for them, and
 * writes the titles. Draws nothing.
 *
 * OWNERSHIP  collect_make(), collect_free(). The results are borrowed.
 */
#ifndef PLOTS_COLLECT_H
#define PLOTS_COLLECT_H

#include <stdint.h>

#include "plots/picture_band.h"
#include "plots/picture_cdf.h"
#include "plots/picture_series.h"
#include "plots/plots.h"
#include "plots/results.h"

#define COLLECT_TEXT_SIZE 256

struct collect_data; /* what the pictures point into */

struct collect {
    /* Given by the caller. */
    struct results *results;
    enum plots_picture picture;
    const char *own_title; /* NULL: the picture's */
    double knee_x;         /* 0: none */
    /* Made by collect_make(): of the three, the one of this picture. */
    struct picture_band band;
    struct picture_series series;
    struct picture_cdf cdf;
    uint32_t height_px;
    char title[COLLECT_TEXT_SIZE];
    char subtitle[COLLECT_TEXT_SIZE];
    struct collect_data *data;
};

void collect_make(struct collect *c);
void collect_free(struct collect *c);

#endif
