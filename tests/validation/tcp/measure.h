/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure.h - many cells on the kernel, several at once, until they agree
 *
 * Other work on the machine makes packets late. So a cell is measured twice,
 * and again (up to MEASURE_RUNS_MAX times) until two runs agree; of these the
 * one with the least lateness counts. A cell with random loss is one draw of
 * many and is measured once, unless its packets were late.
 */
#ifndef TESTS_VALIDATION_TCP_MEASURE_H
#define TESTS_VALIDATION_TCP_MEASURE_H

#include "tests/validation/tcp/record.h"

#define MEASURE_RUNS_MAX 5
#define MEASURE_JOBS_MAX 64

/* Fills records[i].kernel and what is about it. False: a cell could not be
 * measured; `why` (HOSTS_WHY_MAX) says why. Progress goes to stderr. */
bool measure_all(struct record *records, int records_count, int jobs_count,
                 char *why);

#endif
