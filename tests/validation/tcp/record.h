/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.h - what was measured, kept in a file of comma-separated values
 *
 * So the model can be held to the kernel again where there is no root.
 */
#ifndef TESTS_VALIDATION_TCP_RECORD_H
#define TESTS_VALIDATION_TCP_RECORD_H

#include "tests/validation/tcp/cell.h"

#define RECORD_SET_MAX 8

struct record {
    char set[RECORD_SET_MAX];
    struct cell cell;
    struct outcome kernel;
    struct outcome model;
    uint32_t runs_count;
    /* Of the runs of the same class, the most over the least, as parts per
     * million above 1: of the body's time, or of its bytes. */
    int64_t spread_ppm;
};

/* The first line names the kernel: "# Linux 6.18.44 ..."; then the columns. */
void record_head_write(FILE *file, const char *kernel);
void record_write(FILE *file, const struct record *record);

/* Reads up to records_max; the number read, or -1: a line is not one of ours,
 * its number is in *line. The kernel's name (128 bytes) comes out. */
int record_read_all(struct record *records, int records_max, FILE *file,
                    char kernel[128], int *line);

/* |a - b| in parts per million of b; INT64_MAX: b is 0 and a is not. */
int64_t record_error_ppm(int64_t a, int64_t b);

/* How far apart the bodies are: by time if both were delivered, by bytes if
 * both stalled; INT64_MAX: neither. */
int64_t record_body_error_ppm(const struct outcome *a, const struct outcome *b);

#endif
