/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plots.h - from a results file to pictures: the one entry
 *
 * One axis of the sweep is the x of throughput and latency (the first that is
 * numeric, else the first); the others, and the scheduler objects where there
 * are several, make the series. A series that has no axis of its own shows
 * latency as p50, p95 and p99; several show p95. Destinations with the most mail have a picture of their
 * own: p95 of each. Pictures over time and of the
 * distribution show every cell up to PLOTS_SERIES_MAX; of more, the first, the
 * last, the one with the best throughput, and others evenly between.
 *
 * OWNERSHIP  struct plots_result is filled by plots_draw() in every case;
 *            plots_result_free().
 * ERRORS     enum plots_status; error[] holds the sentence. What was written
 *            before stays.
 */
#ifndef PLOTS_PLOTS_H
#define PLOTS_PLOTS_H

#include <stdint.h>
#include <stdio.h>

#include "plots/gnuplot.h"
#include "sim/kernel/base.h"

#define PLOTS_SERIES_MAX 6

enum plots_picture {
    PLOTS_THROUGHPUT,
    PLOTS_LATENCY,
    PLOTS_HOSTS,
    PLOTS_BACKLOG,
    PLOTS_CDF,
    PLOTS_TAIL,
    PLOTS_PICTURES_COUNT
};

#define PLOTS_ALL ((1u << PLOTS_PICTURES_COUNT) - 1)

struct plots_request {
    const char *database;
    const char *experiment; /* NULL: the one with the most points */
    const char *folder;     /* made if it is not there */
    const char *title;      /* NULL: that of the picture */
    uint32_t pictures;      /* bits 1u << enum plots_picture */
    uint32_t formats;       /* bits 1u << enum gnuplot_format */
    double knee_x; /* a guide in throughput, as a number of x; 0: none */
    FILE *script;  /* not NULL: the scripts go here, and nothing is drawn */
};

struct plots_result {
    char **paths; /* written, in order */
    uint32_t count;
    char error[512];
};

enum plots_status {
    PLOTS_OK,
    PLOTS_NOT_INSTALLED, /* caller prints GNUPLOT_INSTALL_LINES, exits 69 */
    PLOTS_NO_RESULTS,    /* the file, or what was asked of it, is not there */
    PLOTS_IO,
    PLOTS_FAILED /* gnuplot refused */
};

MUST_USE enum plots_status plots_draw(const struct plots_request *request,
                                      struct plots_result *result);
void plots_result_free(struct plots_result *result);

/* "throughput", "latency", "hosts", "backlog", "cdf", "tail": also the file's
 * name. */
const char *plots_picture_name(enum plots_picture picture);

#endif
