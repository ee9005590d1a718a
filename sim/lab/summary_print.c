/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary_print.c - the summary of a sweep as a table and as JSON
 */
#include "sim/lab/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/base.h"

enum { COLUMN_GAP = 2, HEAD_SIZE = 128 };

/* A table of texts, [rows][columns], each cell of CELL_SIZE bytes. */
struct table {
    char (*cells)[HEAD_SIZE];
    uint32_t rows_count;
    uint32_t columns_count;
};

static char *
cell_at(const struct table *table, uint32_t row, uint32_t column)
{
    return table->cells[(size_t)row * table->columns_count + column];
}

/* text_width - columns on the screen: bytes but those that continue UTF-8 */
static size_t
text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static void
table_print(const struct table *table, FILE *out)
{
    size_t *widths = base_alloc(table->columns_count * sizeof *widths);

    for (uint32_t row = 0; row < table->rows_count; row++) {
        for (uint32_t c = 0; c < table->columns_count; c++) {
            size_t width = text_width(cell_at(table, row, c));

            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    for (uint32_t row = 0; row < table->rows_count; row++) {
        for (uint32_t c = 0; c < table->columns_count; c++) {
            const char *text = cell_at(table, row, c);
            size_t pad = widths[c] - text_width(text);

            fprintf(out, "%*s%s", (int)(pad + (c > 0 ? COLUMN_GAP : 0)), "",
                    text);
        }
        fputc('\n', out);
    }
    free(widths);
}

/* axis_name - the last word of the path, unless another axis ends alike */
static const char *
axis_name(const struct sweep *sweep, uint32_t index)
{
    const char *path = sweep->axes[index].path;
    const char *dot = strrchr(path, '.');
    const char *name = dot == NULL ? path : dot + 1;

    for (uint32_t i = 0; i < sweep->axes_count; i++) {
        const char *other = strrchr(sweep->axes[i].path, '.');

        if (i != index && other != NULL && strcmp(other + 1, name) == 0) {
            return path;
        }
    }
    return name;
}

static void
head_fill(const struct sweep *sweep, const struct metric *const *metrics,
          uint32_t metrics_count, const struct table *table)
{
    for (uint32_t i = 0; i < sweep->axes_count; i++) {
        snprintf(cell_at(table, 0, i), HEAD_SIZE, "%s", axis_name(sweep, i));
    }
    snprintf(cell_at(table, 0, sweep->axes_count), HEAD_SIZE, "n");
    for (uint32_t i = 0; i < metrics_count; i++) {
        snprintf(cell_at(table, 0, sweep->axes_count + 1 + i), HEAD_SIZE,
                 metrics[i]->unit[0] == '\0' ? "%s" : "%s, %s",
                 metrics[i]->name, metrics[i]->unit);
    }
}

/* knees_print - a sentence for each metric that has a better side */
static void
knees_print(const struct sweep *sweep, struct store *store,
            const struct metric *const *metrics, uint32_t metrics_count,
            FILE *out)
{
    for (uint32_t i = 0; i < metrics_count; i++) {
        struct summary_knee knee = summary_knee(sweep, store, metrics[i]);

        if (knee.status != SUMMARY_KNEE_FOUND) {
            continue;
        }
        fprintf(out,
                "%s: %s = %s is the smallest within 1 %% of the best"
                " (best mean at %s)\n",
                metrics[i]->name, axis_name(sweep, 0),
                sweep->axes[0].values[knee.point],
                sweep->axes[0].values[knee.best]);
    }
}

void
summary_print(const struct sweep *sweep, struct store *store,
              const struct metric *const *metrics, uint32_t metrics_count,
              FILE *out)
{
    struct table table = {
        .rows_count = sweep->points_count + 1,
        .columns_count = sweep->axes_count + 1 + metrics_count,
    };
    uint32_t n_column = sweep->axes_count;

    table.cells = base_alloc((uint64_t)table.rows_count * table.columns_count *
                             sizeof *table.cells);
    head_fill(sweep, metrics, metrics_count, &table);
    for (uint32_t p = 0; p < sweep->points_count; p++) {
        const struct store_point *point = &sweep->points[p];

        for (uint32_t i = 0; i < point->params_count; i++) {
            snprintf(cell_at(&table, p + 1, i), HEAD_SIZE, "%s",
                     point->params[i].value);
        }
        for (uint32_t i = 0; i < metrics_count; i++) {
            struct summary_cell cell =
                summary_cell(sweep, store, p, metrics[i]);

            snprintf(cell_at(&table, p + 1, n_column), HEAD_SIZE, "%" PRIu32,
                     cell.count);
            summary_format(&cell, sweep->horizon_ns,
                           cell_at(&table, p + 1, n_column + 1 + i));
        }
    }
    table_print(&table, out);
    free(table.cells);
    knees_print(sweep, store, metrics, metrics_count, out);
}

/* cell_json - null where there is no mean, with the reason beside it */
static void
cell_json(const struct summary_cell *cell, struct json *json)
{
    bool is_whole =
        cell->count > 0 && cell->beyond_count == 0 && cell->missing_count == 0;

    json_object_begin(json);
    json_key(json, "n");
    json_u64(json, cell->count);
    json_key(json, "mean");
    json_double(json, is_whole ? cell->interval.mean : (double)NAN);
    json_key(json, "ci95_half_width");
    json_double(json, is_whole ? cell->interval.half_width : (double)NAN);
    json_key(json, "beyond_horizon");
    json_u64(json, cell->beyond_count);
    json_key(json, "undefined");
    json_u64(json, cell->missing_count);
    json_object_end(json);
}

static void
point_json(const struct sweep *sweep, struct store *store, uint32_t index,
           const struct metric *const *metrics, uint32_t metrics_count,
           struct json *json)
{
    const struct store_point *point = &sweep->points[index];

    json_object_begin(json);
    json_key(json, "params");
    json_object_begin(json);
    for (uint32_t i = 0; i < point->params_count; i++) {
        json_key(json, point->params[i].name);
        json_text(json, point->params[i].value);
    }
    json_object_end(json);
    json_key(json, "metrics");
    json_object_begin(json);
    for (uint32_t i = 0; i < metrics_count; i++) {
        struct summary_cell cell =
            summary_cell(sweep, store, index, metrics[i]);

        json_key(json, metrics[i]->name);
        cell_json(&cell, json);
    }
    json_object_end(json);
    json_object_end(json);
}

void
summary_json(const struct sweep *sweep, struct store *store,
             const struct metric *const *metrics, uint32_t metrics_count,
             struct json *json)
{
    json_array_begin(json);
    for (uint32_t p = 0; p < sweep->points_count; p++) {
        point_json(sweep, store, p, metrics, metrics_count, json);
    }
    json_array_end(json);
}
