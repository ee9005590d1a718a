/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary.h - what a sweep found: means with intervals, and the knee
 *
 * MODEL      An observation is one replication's value. The interval is
 *            Student's, 95 %. If any replication's value is longer than the
 *            horizon there is no mean, and the cell says so. The knee of a
 *            sweep with one axis is the smallest value whose mean is not worse
 *            than the best one's by more than 1 % of it: the upper end of the
 *            one-sided 95 % interval of the paired differences (same
 *            replication, same luck) is within.
 * VALID FOR  A knee needs two replications, better ten.
 */
#ifndef SIM_LAB_SUMMARY_H
#define SIM_LAB_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/lab/json.h"
#include "sim/lab/metric.h"
#include "sim/lab/stat.h"
#include "sim/lab/store.h"
#include "sim/lab/sweep.h"

#define SUMMARY_TEXT_SIZE   64
#define SUMMARY_METRICS_MAX 64
#define SUMMARY_WORSE_PPM   10000 /* 1 %: GUESS: below what anybody minds */

/* One metric at one point. */
struct summary_cell {
    uint32_t count;                /* replications that are in the file */
    uint32_t beyond_count;         /* of these, longer than the horizon */
    uint32_t missing_count;        /* of these, not defined */
    struct stat_interval interval; /* of the others; it counts only if both
                                      are 0 */
};

struct summary_cell summary_cell(const struct sweep *sweep, struct store *store,
                                 uint32_t point, const struct metric *metric);

/*
 * "163.2 ± 1.1", "71.9 ± 2.4 min", "> 4 h", "-": times in the unit that fits
 * the mean, no more digits than the interval bears out, and at most five. All
 * replications alike: "5.517 ± 0 h"; only one: no interval, "5.517 h".
 */
void summary_format(const struct metric *metric,
                    const struct summary_cell *cell, int64_t horizon_ns,
                    char text[SUMMARY_TEXT_SIZE]);

enum summary_knee_status {
    SUMMARY_KNEE_FOUND,
    SUMMARY_KNEE_NOT_ONE_AXIS, /* or its values are no numbers */
    SUMMARY_KNEE_TOO_FEW,      /* replications */
    SUMMARY_KNEE_NO_VALUES,    /* nobody would tune for this metric: only for
                               throughput and times; or no point has a mean */
};

struct summary_knee {
    enum summary_knee_status status;
    uint32_t point; /* the knee, if found */
    uint32_t best;  /* the first point with the best mean, if found */
    uint32_t ties;  /* how many others have the very same mean */
};

struct summary_knee summary_knee(const struct sweep *sweep, struct store *store,
                                 const struct metric *metric);

/*
 * The metrics to show: those named, else the scenario's `measure`, else
 * throughput, latency.p50 and latency.p99. Returns how many; 0: complained
 * about a name, and what it may have meant; or of a host, channel or priority
 * that the scenario has not.
 */
uint32_t summary_metrics(const struct sweep *sweep, const char *const *names,
                         uint32_t names_count,
                         const struct metric *metrics[SUMMARY_METRICS_MAX],
                         struct diag *diag);

/* A table for people, a line a point; what its short names stand for; and the
 * knees in words, if there is one axis of numbers. */
void summary_print(const struct sweep *sweep, struct store *store,
                   const struct metric *const *metrics, uint32_t metrics_count,
                   FILE *out);

/* The same as one array of points, full digits. */
void summary_json(const struct sweep *sweep, struct store *store,
                  const struct metric *const *metrics, uint32_t metrics_count,
                  struct json *json);

#endif
