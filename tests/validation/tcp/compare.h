/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare.h - how near the model comes to the kernel
 *
 * Errors are |model - kernel| / kernel: of the body's time where both were
 * delivered, of its bytes by the limit where both stalled. Where the classes
 * differ, the body counts as missed. Random loss is compared by the mean over
 * the seeds of a configuration.
 */
#ifndef TESTS_VALIDATION_TCP_COMPARE_H
#define TESTS_VALIDATION_TCP_COMPARE_H

#include "tests/validation/tcp/record.h"

/* A line a cell: both outcomes, the error, the cell. */
void compare_cells_print(FILE *file, const struct record *records,
                         int records_count);

/* The shares that are promised, as tests ("ok - ..."); true if all are kept. */
bool compare_promises_check(FILE *file, const struct record *records,
                            int records_count);

/* The same as tables, by set, with quantiles. */
void compare_shares_print(FILE *file, const struct record *records,
                          int records_count);

/* By fault, the documented cases beside each other, and what differs. */
void compare_tables_print(FILE *file, const struct record *records,
                          int records_count);

#endif
