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

enum { COLUMN_GAP = 2, HEAD_SIZE = 400, VALUE_WIDTH_MAX = 24 };

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
        const char *unit = metrics[i]->unit;
        const bool is_in_cells = *unit == '\0' || strcmp(unit, "s") == 0;

        snprintf(cell_at(table, 0, sweep->axes_count + 1 + i), HEAD_SIZE,
                 is_in_cells ? "%s" : "%s, %s", metrics[i]->name, unit);
    }
}

/* value_text - what stands for a value in the table: its label, itself, or a
 * number where it is too long */
static const char *
value_text(const struct scenario_axis *axis, uint32_t index,
           char text[HEAD_SIZE])
{
    const char *label = scenario_axis_label(axis, index);

    if (text_width(label) > VALUE_WIDTH_MAX) {
        snprintf(text, HEAD_SIZE, "(%" PRIu32 ")", index + 1);
    } else {
        snprintf(text, HEAD_SIZE, "%s", label);
    }
    return text;
}

/* is_short - something else than the value stands in the table */
static bool
is_short(const struct scenario_axis *axis, uint32_t index)
{
    char text[HEAD_SIZE];

    return strcmp(value_text(axis, index, text), axis->values[index]) != 0;
}

/* legend_print - what the short names of an axis's values stand for */
static void
legend_print(const struct scenario_axis *axis, FILE *out)
{
    char text[HEAD_SIZE];
    size_t width = 0;

    for (uint32_t i = 0; i < axis->values_count; i++) {
        const size_t here =
            is_short(axis, i) ? text_width(value_text(axis, i, text)) : 0;

        width = here > width ? here : width;
    }
    if (width > 0) {
        fprintf(out, "\n%s\n", axis->path);
    }
    for (uint32_t i = 0; i < axis->values_count; i++) {
        const char *value = axis->values[i];

        if (is_short(axis, i)) {
            value_text(axis, i, text);
            fprintf(out, "  %s%*s  %s\n", text, (int)(width - text_width(text)),
                    "", *value == '\0' ? "as configured" : value);
        }
    }
}

/* --- The knees in words -------------------------------------------------- */

/* A metric that has a knee. */
struct found {
    const char *name;
    struct summary_knee knee;
};

/* What a sentence is about. */
enum sentence {
    SENTENCE_BEST,     /* this value alone has the best mean */
    SENTENCE_SHARED,   /* several have the very same */
    SENTENCE_SMALLEST, /* that is surely as good, where it is another */
    SENTENCE_SAME      /* at every value */
};

/* is_told - whether the sentence has this metric */
static bool
is_told(const struct sweep *sweep, const struct found *found,
        enum sentence sentence)
{
    const struct summary_knee *knee = &found->knee;
    const bool is_same = knee->ties + 1 == sweep->points_count;

    switch (sentence) {
    case SENTENCE_BEST:
        return knee->ties == 0;
    case SENTENCE_SHARED:
        return knee->ties > 0 && !is_same;
    case SENTENCE_SMALLEST:
        return knee->point != knee->best && !is_same;
    case SENTENCE_SAME:
        return is_same;
    }
    UNREACHABLE("every sentence is above");
}

/* names_tell - "throughput, latency.p50 and latency.p95": those of a sentence
 * that are at this point. How many. */
static uint32_t
names_tell(const struct sweep *sweep, const struct found *found,
           uint32_t found_count, enum sentence sentence, uint32_t point,
           FILE *out)
{
    const char *last = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < found_count; i++) {
        const struct summary_knee *knee = &found[i].knee;

        if (!is_told(sweep, &found[i], sentence) ||
            (sentence == SENTENCE_SMALLEST ? knee->point : knee->best) !=
                point) {
            continue;
        }
        if (last != NULL && out != NULL) {
            fprintf(out, "%s%s", count > 1 ? ", " : "", last);
        }
        last = found[i].name;
        count++;
    }
    if (last != NULL && out != NULL) {
        fprintf(out, "%s%s", count > 1 ? " and " : "", last);
    }
    return count;
}

/* values_tell - "INTRO 10 for throughput; 1 for latency.p50 and latency.p95.", or
 * nothing */
static void
values_tell(const struct sweep *sweep, const struct found *found,
            uint32_t found_count, enum sentence sentence, FILE *out)
{
    static const char *const intros[] = {
        [SENTENCE_BEST] = "The best mean is at ",
        [SENTENCE_SHARED] = "Others share the best mean with ",
        [SENTENCE_SMALLEST] = ("The smallest value that is surely within 1 %"
                               " of the best: "),
        [SENTENCE_SAME] = "The mean is the same at every "};
    bool is_first = true;

    for (uint32_t point = 0; point < sweep->points_count; point++) {
        if (names_tell(sweep, found, found_count, sentence, point, NULL) == 0) {
            continue;
        }
        fputs(is_first ? intros[sentence] : "; ", out);
        if (is_first && sentence != SENTENCE_SMALLEST) {
            fprintf(out, "%s ", axis_name(sweep, 0));
        }
        if (sentence != SENTENCE_SAME) {
            fprintf(out, "%s ", scenario_axis_label(&sweep->axes[0], point));
        }
        fputs("for ", out);
        (void)names_tell(sweep, found, found_count, sentence, point, out);
        is_first = false;
    }
    fputs(is_first ? "" : ".\n", out);
}

/* knees_print - which value has the best mean, and which smaller one does */
static void
knees_print(const struct sweep *sweep, struct store *store,
            const struct metric *const *metrics, uint32_t metrics_count,
            FILE *out)
{
    struct found *found = base_alloc((metrics_count + 1) * sizeof *found);
    uint32_t count = 0;

    for (uint32_t i = 0; i < metrics_count && sweep->points_count > 1; i++) {
        struct summary_knee knee = summary_knee(sweep, store, metrics[i]);

        if (knee.status == SUMMARY_KNEE_FOUND) {
            found[count++] = (struct found){metrics[i]->name, knee};
        }
    }
    fputs(count > 0 ? "\n" : "", out);
    values_tell(sweep, found, count, SENTENCE_BEST, out);
    values_tell(sweep, found, count, SENTENCE_SHARED, out);
    values_tell(sweep, found, count, SENTENCE_SMALLEST, out);
    values_tell(sweep, found, count, SENTENCE_SAME, out);
    free(found);
}

/* is_once - a point has one replication: no interval */
static bool
is_once(const struct table *table, uint32_t n_column)
{
    for (uint32_t row = 1; row < table->rows_count; row++) {
        if (strcmp(cell_at(table, row, n_column), "1") == 0) {
            return true;
        }
    }
    return false;
}

/* absent_tell - a host, channel or priority that no run of the table knows */
static void
absent_tell(const struct table *table, const struct metric *const *metrics,
            uint32_t metrics_count, FILE *out)
{
    const uint32_t first = table->columns_count - metrics_count;

    for (uint32_t i = 0; i < metrics_count; i++) {
        bool is_absent = metrics[i]->group != NULL;

        for (uint32_t row = 1; row < table->rows_count; row++) {
            is_absent =
                is_absent && strcmp(cell_at(table, row, first + i), "-") == 0;
        }
        if (is_absent) {
            fprintf(out, "%s: no run has mail of a %s %s.\n", metrics[i]->name,
                    metrics[i]->group, metrics[i]->group_name);
        }
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
            value_text(&sweep->axes[i], sweep_value_at(sweep, p, i),
                       cell_at(&table, p + 1, i));
        }
        for (uint32_t i = 0; i < metrics_count; i++) {
            struct summary_cell cell =
                summary_cell(sweep, store, p, metrics[i]);

            snprintf(cell_at(&table, p + 1, n_column), HEAD_SIZE, "%" PRIu32,
                     cell.count);
            summary_format(metrics[i], &cell, sweep->horizon_ns,
                           cell_at(&table, p + 1, n_column + 1 + i));
        }
    }
    table_print(&table, out);
    for (uint32_t i = 0; i < sweep->axes_count; i++) {
        legend_print(&sweep->axes[i], out);
    }
    if (is_once(&table, n_column)) {
        fputs("n = 1: one replication has no interval.\n", out);
    }
    absent_tell(&table, metrics, metrics_count, out);
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
