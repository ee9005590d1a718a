/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check.h - two schedulers on one scenario: same decisions? if not, worse?
 *
 * Baseline and candidate meet the same traffic and the same luck, replication
 * by replication. If all digests are equal, every decision was the same, and
 * so is every number. Otherwise the first record in which they part is found:
 * the digests' marks say in which block, and that block is made again as text.
 * Then the metrics are compared by their paired differences.
 *
 * MODEL      A metric is worse (better) if the candidate's mean differs from
 *            the baseline's to that side and Student's paired test finds it at
 *            CHECK_ALPHA, adjusted after Holm for the metrics being many.
 *            Where a replication's value is longer than the horizon there is
 *            no mean: the candidate is then worse (better) if it was so in
 *            every replication that differs, and these are at least
 *            CHECK_SIGNS_MIN (by chance alone 1 in 32). Violations are no
 *            matter of chance: one more is worse. A difference of means that
 *            is found but is not above the tolerance, a share of the
 *            baseline's mean, is no reason to fail.
 * VALID FOR  Two replications or more; five find differences of the size of
 *            the spread between replications.
 * ERRORS     A run that failed is reported, and there is no report.
 */
#ifndef SIM_LAB_CHECK_H
#define SIM_LAB_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/kernel/diag.h"
#include "sim/kernel/digest.h"
#include "sim/lab/metric.h"
#include "sim/lab/run.h"
#include "sim/lab/scenario.h"
#include "sim/lab/stat.h"

#define CHECK_ALPHA         0.05
#define CHECK_SIGNS_MIN     5
#define CHECK_METRICS_MAX   64
#define CHECK_TOLERANCE_PPM 1000 /* GUESS: 0.1 %, below what anybody minds */

enum { CHECK_BASELINE, CHECK_CANDIDATE, CHECK_SIDES };

/* --- Where two runs part ------------------------------------------------- */

/* Records from to until - 1. */
struct check_block {
    uint64_t from;
    uint64_t until; /* UINT64_MAX: to the end */
};

/* The first block whose mark differs; the last one, without a mark, if none
 * does. It begins one record early, so that the common one before is in it. */
struct check_block check_block_find(const struct digest *a,
                                    const struct digest *b);

struct check_parting {
    bool is_found;
    char *before;             /* last common line; NULL: none was read */
    char *lines[CHECK_SIDES]; /* NULL: this one has no more */
};

/* Reads both to the first difference. */
void check_lines_compare(FILE *a, FILE *b, struct check_parting *parting);
void check_parting_free(struct check_parting *parting);

/* The simulated ns of a line; -1: it has none. */
int64_t check_line_ns(const char *line);

/* --- Baseline and candidate ---------------------------------------------- */

struct check_request {
    const struct scenario *scenario;
    const char *paths[CHECK_SIDES]; /* of the objects */
    uint64_t seed;
    uint32_t replications;
    int64_t tolerance_ppm;
    const struct metric *const *metrics;
    uint32_t metrics_count;
    FILE *progress;   /* NULL: quiet. A pair of runs counts as one. */
    bool is_terminal; /* progress is one: a line is written over */
};

enum check_verdict {
    CHECK_SAME, /* in every replication */
    CHECK_BETTER,
    CHECK_WORSE,
    CHECK_SLIGHT, /* found, but within the tolerance */
    CHECK_NOT_FOUND
};

struct check_metric {
    const struct metric *metric;
    uint32_t pairs;                         /* both sides defined */
    uint32_t beyond_count[CHECK_SIDES];     /* longer than the horizon */
    struct stat_interval mean[CHECK_SIDES]; /* of the pairs */
    struct stat_paired paired;              /* candidate - baseline */
    double p_adjusted;
    uint32_t better_count; /* replications in which the candidate was better */
    uint32_t worse_count;
    enum check_verdict verdict;
};

struct check_report {
    struct mta_about schedulers[CHECK_SIDES];
    char digests[CHECK_SIDES][DIGEST_TEXT_SIZE]; /* of the first replication
                                                    that differs, or of 0 */
    uint32_t replications;
    uint32_t differing_count; /* replications with other decisions */
    uint32_t differing_first; /* of these */
    struct check_parting parting;
    int64_t violations[CHECK_SIDES];
    struct check_metric metrics[CHECK_METRICS_MAX];
    uint32_t metrics_count;
    bool is_worse; /* a metric is */
};

/* Runs both, side by side. check_report_free() in every case. */
MUST_USE bool check_run(const struct check_request *request,
                        struct check_report *report, struct diag *diag);
void check_report_free(struct check_report *report);

const char *check_verdict_name(enum check_verdict verdict);

#endif
