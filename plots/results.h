/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * results.h - what the pictures need from a results file
 *
 * A cell is a point of the grid under one scheduler object; its runs differ in
 * replication and seed only. Where a file holds more than one version of the
 * program, the version with the most runs is read.
 *
 * MODEL      Means with Student's t at 95 %; a value longer than the horizon
 *            in any replication makes the mean longer than the horizon.
 *            Time series: median over replications, 10th to 90th percentile.
 * OWNERSHIP  results_open(), results_close(). Arrays that are handed out are
 *            the caller's, released with free().
 * ERRORS     results_open() says what is wrong with the file; a query that
 *            fails later gives no rows.
 */
#ifndef PLOTS_RESULTS_H
#define PLOTS_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"

#define RESULTS_AXES_MAX  8
#define RESULTS_TEXT_SIZE 80

struct sqlite3;

struct results_value {
    char text[RESULTS_TEXT_SIZE];
    char label[RESULTS_TEXT_SIZE]; /* as pictures show it, axisvalue.h */
    double number; /* "30s" is 30, "2kB" is 2000; NaN: not a number */
};

/* A parameter that differs between points. Values ascend, lists by their first
 * word. */
struct results_axis {
    char name[RESULTS_TEXT_SIZE];
    struct results_value *values;
    uint32_t values_count;
    bool is_numeric; /* every value is */
};

struct results_cell {
    int64_t point;
    char scheduler_sha256[72];
    uint32_t runs_count;
    uint32_t values[RESULTS_AXES_MAX]; /* index into each axis */
};

struct results {
    struct sqlite3 *db;
    int64_t experiment;
    char name[RESULTS_TEXT_SIZE];
    char program_sha256[72];
    struct results_axis axes[RESULTS_AXES_MAX]; /* the scheduler may be one */
    uint32_t axes_count;
    struct results_cell *cells; /* in the order of the axes */
    uint32_t cells_count;
    double horizon_s;
    char error[256];
};

/* `experiment` NULL: the one with the most points. False: error[] says why,
 * and nothing is open. */
MUST_USE bool results_open(struct results *results, const char *path,
                           const char *experiment);
void results_close(struct results *results);

struct results_mean {
    double mean; /* NaN: nothing measured; INFINITY: beyond the horizon */
    double low;  /* the mean itself where there is one replication only */
    double high;
};

struct results_mean results_metric(struct results *results,
                                   const struct results_cell *cell,
                                   const char *metric);

/* The same of one destination's 95th percentile of latency. */
struct results_mean results_host_p95(struct results *results,
                                     const struct results_cell *cell,
                                     const char *host);

/* Destinations with the most mail first; returns how many, at most `most`. */
uint32_t results_hosts_read(struct results *results,
                            char names[][RESULTS_TEXT_SIZE], uint32_t most);

struct results_steps {
    double *time_s;
    double *median;
    double *low; /* NULL with 2 replications or fewer */
    double *high;
    uint32_t count;
};

enum results_column { RESULTS_QUEUED, RESULTS_THREADS, RESULTS_CONNECTIONS };

void results_steps_read(struct results *results,
                        const struct results_cell *cell,
                        enum results_column column,
                        struct results_steps *steps);
void results_steps_free(struct results_steps *steps);

/* Latency of all replications together, as shares of all submitted. */
struct results_shares {
    double *time_s;
    double *share;
    uint32_t count;
};

void results_shares_read(struct results *results,
                         const struct results_cell *cell,
                         struct results_shares *shares);
void results_shares_free(struct results_shares *shares);

struct results_fault {
    char name[RESULTS_TEXT_SIZE];
    double from_s;
    double to_s;
};

/* Fault windows of the cell's point, by time. Returns how many. */
uint32_t results_faults_read(struct results *results,
                             const struct results_cell *cell,
                             struct results_fault **faults);

#endif
