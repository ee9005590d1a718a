/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * figures.c - see figures.h
 */
#include "sim/cmd/figures.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/kernel/base.h"

enum { GAP = 2 };

/* scaled - three significant digits, or all before the point */
static void
scaled(char text[FIGURES_SIZE], double value, const char *unit)
{
    int places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    char number[FIGURES_SIZE - 8];

    snprintf(number, sizeof number, "%.*f", places, value);
    if (strchr(number, '.') != NULL) { /* 4.00 h is 4 h */
        size_t size = strlen(number);

        while (number[size - 1] == '0') {
            number[--size] = '\0';
        }
        if (number[size - 1] == '.') {
            number[--size] = '\0';
        }
    }
    snprintf(text, FIGURES_SIZE, "%s%s%s", number, unit[0] != '\0' ? " " : "",
             unit);
}

void
figures_duration(char text[FIGURES_SIZE], double seconds)
{
    if (seconds <= 0) {
        scaled(text, 0, "s");
    } else if (seconds < 1e-3) {
        scaled(text, seconds * 1e6, "us");
    } else if (seconds < 1) {
        scaled(text, seconds * 1e3, "ms");
    } else if (seconds < 120) {
        scaled(text, seconds, "s");
    } else if (seconds < 7200) {
        scaled(text, seconds / 60, "min");
    } else if (seconds < 2 * 86400) {
        scaled(text, seconds / 3600, "h");
    } else {
        scaled(text, seconds / 86400, "d");
    }
}

void
figures_time(char text[FIGURES_SIZE], struct metric_value value_s,
             int64_t horizon_ns)
{
    char horizon[FIGURES_SIZE];

    switch (value_s.state) {
    case METRIC_DEFINED:
        if (value_s.value <= 0) { /* beside "205 ms" in its row */
            scaled(text, 0, "ms");
        } else {
            figures_duration(text, value_s.value);
        }
        return;
    case METRIC_UNDEFINED:
        snprintf(text, FIGURES_SIZE, "-");
        return;
    case METRIC_BEYOND:
        figures_duration(horizon, (double)horizon_ns / (double)NS_PER_S);
        snprintf(text, FIGURES_SIZE, "> %.*s", FIGURES_SIZE - 3, horizon);
        return;
    }
    UNREACHABLE("every state is above");
}

void
figures_rate(char text[FIGURES_SIZE], double per_s)
{
    if (per_s >= 1e6) {
        scaled(text, per_s / 1e6, "M");
    } else if (per_s >= 1e4) {
        scaled(text, per_s / 1e3, "k");
    } else {
        scaled(text, per_s, "");
    }
}

void
figures_metric(char text[FIGURES_SIZE], const struct metric *metric,
               struct metric_value value, int64_t horizon_ns)
{
    if (strcmp(metric->unit, "s") == 0 || value.state != METRIC_DEFINED) {
        figures_time(text, value, horizon_ns);
    } else {
        scaled(text, value.value, metric->unit);
    }
}

bool
figures_is_terminal(FILE *out)
{
    const char *term = getenv("TERM");

    return isatty(fileno(out)) != 0 && term != NULL &&
           strcmp(term, "dumb") != 0;
}

/* text_width - columns on the screen: bytes but those that continue UTF-8 */
static uint32_t
text_width(const char *text)
{
    uint32_t width = 0;

    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

void
figures_table_init(struct figures_table *table, uint32_t columns_count)
{
    ASSERT(columns_count > 0);
    *table = (struct figures_table){.columns_count = columns_count};
}

void
figures_table_text(struct figures_table *table, const char *text)
{
    size_t size = strlen(text) + 1;

    table->cells =
        base_realloc(table->cells,
                     ((uint64_t)table->cells_count + 1) * sizeof *table->cells);
    table->cells[table->cells_count] = base_alloc(size);
    memcpy(table->cells[table->cells_count++], text, size);
}

void
figures_table_i64(struct figures_table *table, int64_t value)
{
    char text[FIGURES_SIZE];

    snprintf(text, sizeof text, "%" PRId64, value);
    figures_table_text(table, text);
}

void
figures_table_time(struct figures_table *table, struct metric_value value_s,
                   int64_t horizon_ns)
{
    char text[FIGURES_SIZE];

    figures_time(text, value_s, horizon_ns);
    figures_table_text(table, text);
}

void
figures_table_end(struct figures_table *table, uint32_t indent, FILE *out)
{
    const uint32_t columns = table->columns_count;
    uint32_t *widths = base_alloc(columns * sizeof *widths);

    ASSERT(table->cells_count % columns == 0);
    for (uint32_t i = 0; i < table->cells_count; i++) {
        uint32_t width = text_width(table->cells[i]);

        if (width > widths[i % columns]) {
            widths[i % columns] = width;
        }
    }
    for (uint32_t i = 0; i < table->cells_count; i++) {
        const uint32_t column = i % columns;
        const char *text = table->cells[i];
        const int pad = (int)(widths[column] - text_width(text));

        if (column == 0) {
            fprintf(out, "%*s%s%*s", (int)indent, "", text, pad, "");
        } else {
            fprintf(out, "%*s%s", pad + GAP, "", text);
        }
        if (column + 1 == columns) {
            fputc('\n', out);
        }
        free(table->cells[i]);
    }
    free(table->cells);
    free(widths);
    *table = (struct figures_table){0};
}
