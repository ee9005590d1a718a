/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * figures.h - numbers and tables as people read them
 *
 * Three significant digits and a unit that fits; what is longer than the
 * horizon is "> 4 h", what is not defined "-". A table's first column is set
 * left, the others right.
 *
 * UNITS      ns, seconds. JSON has the full digits; nothing reads these texts.
 */
#ifndef SIM_CMD_FIGURES_H
#define SIM_CMD_FIGURES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/lab/metric.h"

#define FIGURES_SIZE 48

/* "350 ms", "12.3 s", "4.5 min", "3 h", "2.5 d" */
void figures_duration(char text[FIGURES_SIZE], double seconds);

/* A time in seconds; beyond the horizon, or not defined. */
void figures_time(char text[FIGURES_SIZE], struct metric_value value_s,
                  int64_t horizon_ns);

/* "163", "1.2 M" */
void figures_rate(char text[FIGURES_SIZE], double per_s);

/* Any metric with its unit. */
void figures_metric(char text[FIGURES_SIZE], const struct metric *metric,
                    struct metric_value value, int64_t horizon_ns);

/* May a line be written over here? A terminal, and TERM is not dumb. */
bool figures_is_terminal(FILE *out);

struct figures_table {
    char **cells; /* owned */
    uint32_t columns_count;
    uint32_t cells_count;
};

void figures_table_init(struct figures_table *table, uint32_t columns_count);

/* The next cell, row by row; the text is copied. */
void figures_table_text(struct figures_table *table, const char *text);
void figures_table_i64(struct figures_table *table, int64_t value);
void figures_table_time(struct figures_table *table,
                        struct metric_value value_s, int64_t horizon_ns);

/* Prints whole rows, each behind `indent` blanks, and releases them. */
void figures_table_end(struct figures_table *table, uint32_t indent, FILE *out);

#endif
