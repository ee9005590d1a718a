/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/collect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plots/style.h"

#define TEXT_SIZE    COLLECT_TEXT_SIZE
#define POINTS_MAX   256 /* of an axis, in one picture */
#define PANELS_COUNT 2

/* --- Naming ----------------------------------------------------------------*/

/* axis_label - the last part of a dotted name, where that is unmistakable. */
static const char *
axis_label(const struct results *results, uint32_t axis)
{
    const char *name = results->axes[axis].name;
    const char *dot = strrchr(name, '.');

    for (uint32_t a = 0; a < results->axes_count && dot != NULL; a++) {
        const char *other = strrchr(results->axes[a].name, '.');
        if (a != axis && other != NULL && strcmp(other, dot) == 0) {
            return name;
        }
    }
    return dot == NULL || dot[1] == '\0' ? name : dot + 1;
}

static uint32_t
axes_told(const struct results *results, int x_axis)
{
    return results->axes_count - (x_axis < 0 ? 0 : 1);
}

/* axes_text - "threaddepth / maxjobs; " where names have two values or more. */
static void
axes_text(const struct results *results, int x_axis, char text[TEXT_SIZE])
{
    uint32_t used = 0;

    text[0] = '\0';
    for (uint32_t a = 0; axes_told(results, x_axis) > 1 &&
                         a < results->axes_count && used < TEXT_SIZE;
         a++) {
        if ((int)a != x_axis) {
            used += (uint32_t)snprintf(text + used, TEXT_SIZE - used, "%s%s",
                                       used == 0 ? "" : " / ",
                                       axis_label(results, a));
        }
    }
    if (used > 0 && used + 2 < TEXT_SIZE) {
        snprintf(text + used, TEXT_SIZE - used, "; ");
    }
}

/* cell_name - its values on all axes but `x_axis` (-1: on all). The name of the
 * axis is left out where values tell it, and where there are several: the
 * subtitle then has them, for names have little room. */
static void
cell_name(const struct results *results, const struct results_cell *cell,
          int x_axis, char name[TEXT_SIZE])
{
    const bool has_one = axes_told(results, x_axis) == 1;
    uint32_t used = 0;

    name[0] = '\0';
    for (uint32_t a = 0; a < results->axes_count && used < TEXT_SIZE; a++) {
        const struct results_axis *axis = &results->axes[a];
        const bool has_name = has_one && axis->is_numeric;
        if ((int)a != x_axis) {
            used += (uint32_t)snprintf(
                name + used, TEXT_SIZE - used, "%s%s%s%s",
                used == 0 ? "" : " / ", has_name ? axis_label(results, a) : "",
                has_name ? " " : "", axis->values[cell->values[a]].label);
        }
    }
}

/* runs_text - "mean and 95 % CI of 20 replications"; of one there is neither. */
static void
runs_text(const struct results *results, const char *how, char text[TEXT_SIZE])
{
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;

    for (uint32_t i = 0; i < results->cells_count; i++) {
        const uint32_t count = results->cells[i].runs_count;
        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    if (most == 1) {
        snprintf(text, TEXT_SIZE, "1 replication");
    } else if (least == most) {
        snprintf(text, TEXT_SIZE, "%s %u replications", how, most);
    } else {
        snprintf(text, TEXT_SIZE, "%s %u to %u replications", how, least, most);
    }
}

/* titles - the picture's own, or the caller's with the picture's under it.
 * `shown` says what is left out, and may be empty. */
static void
titles(struct collect *c, const char *what, const char *shown, const char *how)
{
    char runs[TEXT_SIZE];
    const char *own = c->own_title;

    runs_text(c->results, how, runs);
    snprintf(c->title, TEXT_SIZE, "%s", own == NULL ? what : own);
    snprintf(c->subtitle, TEXT_SIZE, "%.60s%s%.70s%.62s; scenario %.50s",
             own == NULL ? "" : what, own == NULL ? "" : "; ", shown, runs,
             c->results->name);
}

/* --- Throughput and latency ------------------------------------------------*/

/* Series are told apart by their names; values are by series and x. */
struct band_data {
    char names[STYLE_SERIES_MAX][TEXT_SIZE];
    double *values; /* mean, low, high of each series */
    double x[POINTS_MAX];
    const char *x_names[POINTS_MAX];
    struct picture_band_series series[STYLE_SERIES_MAX];
    uint32_t series_count;
    uint32_t points_count;
    uint32_t left_out_count; /* cells whose series had no place */
};

static int
x_axis_choose(const struct results *results)
{
    for (uint32_t a = 0; a < results->axes_count; a++) {
        if (results->axes[a].is_numeric) {
            return (int)a;
        }
    }
    return results->axes_count > 0 ? 0 : -1;
}

static double *
band_row(struct band_data *data, uint32_t series, uint32_t row)
{
    return data->values + ((size_t)series * 3 + row) * data->points_count;
}

/* series_find - the series of this name, made where there is room for it. */
static uint32_t
series_find(struct band_data *data, const char *name)
{
    for (uint32_t s = 0; s < data->series_count; s++) {
        if (strcmp(data->names[s], name) == 0) {
            return s;
        }
    }
    if (data->series_count == PLOTS_SERIES_MAX) {
        data->left_out_count++;
        return UINT32_MAX;
    }
    snprintf(data->names[data->series_count], TEXT_SIZE, "%s", name);
    return data->series_count++;
}

/* band_put - a series that found no place has UINT32_MAX. */
static void
band_put(struct band_data *data, uint32_t series, uint32_t point,
         struct results_mean mean)
{
    if (series != UINT32_MAX) {
        band_row(data, series, 0)[point] = mean.mean;
        band_row(data, series, 1)[point] = mean.low;
        band_row(data, series, 2)[point] = mean.high;
    }
}

/* points_make - x and its labels. No axis: one point that has the scenario's
 * name. */
static void
points_make(const struct collect *c, int x_axis, struct band_data *data)
{
    if (x_axis < 0) {
        data->points_count = 1;
        data->x_names[0] = c->results->name;
        return;
    }
    const struct results_axis *axis = &c->results->axes[x_axis];
    data->points_count =
        axis->values_count < POINTS_MAX ? axis->values_count : POINTS_MAX;
    for (uint32_t i = 0; i < data->points_count; i++) {
        data->x[i] = axis->values[i].number;
        data->x_names[i] = axis->values[i].label;
    }
}

static bool
has_one_series(const struct results *results, int x_axis)
{
    return results->axes_count == (x_axis < 0 ? 0 : 1);
}

/* quantiles_put - the quantiles of one cell, a series each. */
static void
quantiles_put(struct collect *c, struct band_data *data,
              const struct results_cell *cell, uint32_t point)
{
    static const char *const metrics[] = {"latency.p50", "latency.p95",
                                          "latency.p99"};
    static const char *const names[] = {"p50", "p95", "p99"};
    for (uint32_t i = 0; i < 3; i++) {
        band_put(data, series_find(data, names[i]), point,
                 results_metric(c->results, cell, metrics[i]));
    }
}

/* hosts_put - the p95 of each destination of one cell, a series each. */
static void
hosts_put(struct collect *c, struct band_data *data,
          const struct results_cell *cell, const char *name, uint32_t point)
{
    char hosts[PLOTS_SERIES_MAX + 1][RESULTS_TEXT_SIZE];
    const uint32_t count =
        results_hosts_read(c->results, hosts, PLOTS_SERIES_MAX + 1);

    for (uint32_t i = 0; i < count; i++) {
        char series[TEXT_SIZE];
        snprintf(series, sizeof series, "%.79s%s%.160s", hosts[i],
                 name[0] == '\0' ? "" : ", ", name);
        band_put(data, series_find(data, series), point,
                 results_host_p95(c->results, cell, hosts[i]));
    }
}

static void
band_fill(struct collect *c, int x_axis, struct band_data *data)
{
    const struct results *results = c->results;
    const bool is_latency = c->picture == PLOTS_LATENCY;
    const uint32_t size = STYLE_SERIES_MAX * 3 * data->points_count;

    data->values = base_alloc(size * sizeof *data->values);
    for (uint32_t i = 0; i < size; i++) {
        data->values[i] = (double)NAN;
    }
    for (uint32_t i = 0; i < results->cells_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        const uint32_t point = x_axis < 0 ? 0 : cell->values[x_axis];
        char name[TEXT_SIZE];
        if (point >= data->points_count) {
            continue;
        }
        if (is_latency && has_one_series(results, x_axis)) {
            quantiles_put(c, data, cell, point);
            continue;
        }
        cell_name(results, cell, x_axis, name);
        if (c->picture == PLOTS_HOSTS) {
            hosts_put(c, data, cell, name, point);
            continue;
        }
        band_put(data, series_find(data, name), point,
                 results_metric(c->results, cell,
                                is_latency ? "latency.p95" : "throughput"));
    }
}

static void
band_titles(struct collect *c, const struct band_data *data, int x_axis)
{
    char what[TEXT_SIZE];
    char axes[TEXT_SIZE];
    char shown[TEXT_SIZE];
    const bool is_latency = c->picture == PLOTS_LATENCY;
    const char *measure =
        c->picture == PLOTS_HOSTS ? "95th percentile of latency by destination"
        : !is_latency             ? "Delivery throughput"
        : has_one_series(c->results, x_axis) ? "Delivery latency"
                                             : "95th percentile of latency";

    snprintf(what, sizeof what, "%s%s%s", measure,
             x_axis < 0                  ? ""
             : c->picture == PLOTS_HOSTS ? " and "
                                         : " by ",
             x_axis < 0 ? "" : axis_label(c->results, (uint32_t)x_axis));
    axes_text(c->results, x_axis, axes);
    snprintf(shown, sizeof shown, "%.*s", (int)sizeof shown - 20, axes);
    if (data->left_out_count > 0) {
        snprintf(shown, sizeof shown, "%.*sfirst %d series; ",
                 (int)sizeof shown - 20, axes, PLOTS_SERIES_MAX);
    }
    titles(c, what, shown, "mean and 95 % CI of");
}

/* knee_of - where the caller saw it; latency has none. */
static double
knee_of(const struct collect *c, bool is_numeric)
{
    const bool has_knee =
        is_numeric && c->picture == PLOTS_THROUGHPUT && c->knee_x > 0;
    return has_knee ? c->knee_x : (double)NAN;
}

static void
band_make(struct collect *c, struct band_data *data)
{
    const int x_axis = x_axis_choose(c->results);

    points_make(c, x_axis, data);
    band_fill(c, x_axis, data);
    band_titles(c, data, x_axis);
    for (uint32_t s = 0; s < data->series_count; s++) {
        data->series[s] =
            (struct picture_band_series){.name = data->names[s],
                                         .mean = band_row(data, s, 0),
                                         .low = band_row(data, s, 1),
                                         .high = band_row(data, s, 2)};
    }
    const bool is_numeric = x_axis >= 0 && c->results->axes[x_axis].is_numeric;
    const bool is_time = c->picture != PLOTS_THROUGHPUT;
    c->height_px = STYLE_HEIGHT_PX;
    c->band = (struct picture_band){
        .title = c->title,
        .subtitle = c->subtitle,
        .x_label = x_axis < 0 ? "" : c->results->axes[x_axis].name,
        .y_label = is_time ? "submission to delivery" : "throughput (msg/s)",
        .x = is_numeric ? data->x : NULL,
        .x_names = data->x_names,
        .points_count = data->points_count,
        .series = data->series,
        .series_count = data->series_count,
        .y_is_time = is_time,
        .horizon_s = c->results->horizon_s,
        .knee_x = knee_of(c, is_numeric)};
}

/* --- Over time, and distributions ------------------------------------------*/

/* cells_choose - all, or first, last, best and evenly between. Ascending. */
static uint32_t
cells_choose(struct results *results, uint32_t chosen[PLOTS_SERIES_MAX])
{
    const uint32_t count = results->cells_count;
    if (count <= PLOTS_SERIES_MAX) {
        for (uint32_t i = 0; i < count; i++) {
            chosen[i] = i;
        }
        return count;
    }
    uint32_t best = 0;
    double best_mean = -1;
    for (uint32_t i = 0; i < count; i++) {
        const double mean =
            results_metric(results, &results->cells[i], "throughput").mean;
        if (mean > best_mean) {
            best = i;
            best_mean = mean;
        }
    }
    uint32_t nearest = 1; /* of those between the first and the last */
    for (uint32_t i = 0; i < PLOTS_SERIES_MAX; i++) {
        chosen[i] = i * (count - 1) / (PLOTS_SERIES_MAX - 1);
        if (i > 0 && i < PLOTS_SERIES_MAX - 1 &&
            labs((long)chosen[i] - (long)best) <
                labs((long)chosen[nearest] - (long)best)) {
            nearest = i;
        }
    }
    if (best != 0 && best != count - 1) {
        chosen[nearest] = best;
    }
    return PLOTS_SERIES_MAX;
}

struct chosen_cells {
    uint32_t index[PLOTS_SERIES_MAX];
    uint32_t count;
    char texts[PLOTS_SERIES_MAX][TEXT_SIZE];
    const char *names[PLOTS_SERIES_MAX];
};

static void
chosen_make(const struct collect *c, struct chosen_cells *chosen)
{
    chosen->count = cells_choose(c->results, chosen->index);
    for (uint32_t i = 0; i < chosen->count; i++) {
        cell_name(c->results, &c->results->cells[chosen->index[i]], -1,
                  chosen->texts[i]);
        chosen->names[i] = chosen->texts[i];
    }
}

/* shown_text - "6 of 40 points; " where some are not shown. */
static void
shown_text(const struct collect *c, const struct chosen_cells *chosen,
           char text[TEXT_SIZE])
{
    char axes[TEXT_SIZE];

    axes_text(c->results, -1, axes);
    snprintf(text, TEXT_SIZE, "%.*s", TEXT_SIZE - 40, axes);
    if (chosen->count < c->results->cells_count) {
        snprintf(text, TEXT_SIZE, "%.*s%u of %u points; ", TEXT_SIZE - 40, axes,
                 chosen->count, c->results->cells_count);
    }
}

struct series_data {
    struct chosen_cells chosen;
    struct results_steps steps[PANELS_COUNT][PLOTS_SERIES_MAX];
    struct picture_series_line lines[PANELS_COUNT][PLOTS_SERIES_MAX];
    struct picture_series_panel panels[PANELS_COUNT];
    struct results_fault *fault_texts;
    struct picture_series_fault *faults;
    uint32_t faults_count;
};

static void
series_faults(struct collect *c, struct series_data *data)
{
    data->faults_count = results_faults_read(
        c->results, &c->results->cells[data->chosen.index[0]],
        &data->fault_texts);
    data->faults = base_alloc((data->faults_count + 1) * sizeof *data->faults);
    for (uint32_t i = 0; i < data->faults_count; i++) {
        const struct results_fault *fault = &data->fault_texts[i];
        data->faults[i] = (struct picture_series_fault){
            fault->name, fault->from_s, fault->to_s};
    }
}

static void
series_make(struct collect *c, struct series_data *data)
{
    static const enum results_column columns[PANELS_COUNT] = {RESULTS_QUEUED,
                                                              RESULTS_THREADS};
    static const char *const labels[PANELS_COUNT] = {"recipients queued",
                                                     "threads"};
    char shown[TEXT_SIZE];
    bool has_bands = false;

    chosen_make(c, &data->chosen);
    for (uint32_t p = 0; p < PANELS_COUNT; p++) {
        for (uint32_t i = 0; i < data->chosen.count; i++) {
            struct results_steps *steps = &data->steps[p][i];
            results_steps_read(c->results,
                               &c->results->cells[data->chosen.index[i]],
                               columns[p], steps);
            data->lines[p][i] = (struct picture_series_line){
                steps->time_s, steps->median, steps->low, steps->high,
                steps->count};
            has_bands = has_bands || steps->low != NULL;
        }
        data->panels[p] =
            (struct picture_series_panel){labels[p], data->lines[p]};
    }
    series_faults(c, data);
    shown_text(c, &data->chosen, shown);
    titles(c, "Queue backlog over time", shown,
           has_bands ? "median and 10th to 90th percentile of" : "median of");
    c->height_px = picture_series_height_px(PANELS_COUNT);
    c->series = (struct picture_series){.title = c->title,
                                        .subtitle = c->subtitle,
                                        .names = data->chosen.names,
                                        .names_count = data->chosen.count,
                                        .panels = data->panels,
                                        .panels_count = PANELS_COUNT,
                                        .faults = data->faults,
                                        .faults_count = data->faults_count,
                                        .horizon_s = c->results->horizon_s};
}

static void
series_free(struct series_data *data)
{
    for (uint32_t i = 0; i < PANELS_COUNT * PLOTS_SERIES_MAX; i++) {
        results_steps_free(
            &data->steps[i / PLOTS_SERIES_MAX][i % PLOTS_SERIES_MAX]);
    }
    free(data->faults);
    free(data->fault_texts);
}

struct cdf_data {
    struct chosen_cells chosen;
    struct results_shares shares[PLOTS_SERIES_MAX];
    struct picture_cdf_series series[PLOTS_SERIES_MAX];
};

static void
cdf_make(struct collect *c, struct cdf_data *data)
{
    char shown[TEXT_SIZE];

    chosen_make(c, &data->chosen);
    for (uint32_t i = 0; i < data->chosen.count; i++) {
        struct results_shares *shares = &data->shares[i];
        results_shares_read(c->results,
                            &c->results->cells[data->chosen.index[i]], shares);
        data->series[i] =
            (struct picture_cdf_series){data->chosen.names[i], shares->time_s,
                                        shares->share, shares->count};
    }
    shown_text(c, &data->chosen, shown);
    titles(c,
           c->picture == PLOTS_CDF ? "Time to delivery"
                                   : "Delivery latency by percentile",
           shown, "share of all submitted, over");
    c->height_px = STYLE_HEIGHT_PX;
    c->cdf = (struct picture_cdf){.title = c->title,
                                  .subtitle = c->subtitle,
                                  .series = data->series,
                                  .series_count = data->chosen.count,
                                  .horizon_s = c->results->horizon_s};
}

static void
cdf_free(struct cdf_data *data)
{
    for (uint32_t i = 0; i < PLOTS_SERIES_MAX; i++) {
        results_shares_free(&data->shares[i]);
    }
}

/* --- All of them -----------------------------------------------------------*/

struct collect_data {
    struct band_data band;
    struct series_data series;
    struct cdf_data cdf;
};

void
collect_make(struct collect *c)
{
    c->data = base_alloc(sizeof *c->data);
    switch (c->picture) {
    case PLOTS_THROUGHPUT:
    case PLOTS_LATENCY:
    case PLOTS_HOSTS:
        band_make(c, &c->data->band);
        return;
    case PLOTS_BACKLOG:
        series_make(c, &c->data->series);
        return;
    case PLOTS_CDF:
    case PLOTS_TAIL:
        cdf_make(c, &c->data->cdf);
        return;
    case PLOTS_PICTURES_COUNT:
        break;
    }
    UNREACHABLE("every picture is above");
}

void
collect_free(struct collect *c)
{
    free(c->data->band.values);
    series_free(&c->data->series);
    cdf_free(&c->data->cdf);
    free(c->data);
    c->data = NULL;
}
