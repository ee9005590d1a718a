/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/plots.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plots/picture_band.h"
#include "plots/picture_series.h"
#include "plots/picture_tail.h"
#include "plots/results.h"
#include "plots/style.h"

#define TEXT_SIZE    256
#define POINTS_MAX   256 /* of an axis, in one picture */
#define PATH_EXTRA   64  /* bytes of a file name and its ending */
#define PANELS_COUNT 2

const char *
plots_picture_name(enum plots_picture picture)
{
    static const char *const names[PLOTS_PICTURES_COUNT] = {
        "throughput", "latency", "backlog", "cdf", "tail"};
    ASSERT(picture < PLOTS_PICTURES_COUNT);
    return names[picture];
}

/* What the drawing of one picture knows. */
struct job {
    const struct plots_request *request;
    struct results *results;
    enum plots_picture picture;
    char title[TEXT_SIZE];
    char subtitle[TEXT_SIZE];
    uint32_t height_px;
    struct picture_band band;
    struct picture_series series;
    struct picture_cdf cdf;
};

/* --- Naming ----------------------------------------------------------------*/

/* cell_name - its values on all axes but `x_axis` (-1: on all). Names of axes
 * are left out where only one is told. */
static void
cell_name(const struct results *results, const struct results_cell *cell,
          int x_axis, char name[TEXT_SIZE])
{
    uint32_t used = 0;

    name[0] = '\0';
    for (uint32_t a = 0; a < results->axes_count; a++) {
        const struct results_axis *axis = &results->axes[a];
        if ((int)a == x_axis) {
            continue;
        }
        const int length = snprintf(
            name + used, TEXT_SIZE - used, "%s%s%s%s", used == 0 ? "" : ", ",
            axis->is_numeric ? axis->name : "", axis->is_numeric ? " " : "",
            axis->values[cell->values[a]].text);
        used += (uint32_t)length;
        if (used >= TEXT_SIZE) {
            return;
        }
    }
}

static void
runs_text(const struct results *results, char text[TEXT_SIZE])
{
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;

    for (uint32_t i = 0; i < results->cells_count; i++) {
        const uint32_t count = results->cells[i].runs_count;
        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    if (least == most) {
        snprintf(text, TEXT_SIZE, "%u replication%s", most,
                 most == 1 ? "" : "s");
    } else {
        snprintf(text, TEXT_SIZE, "%u to %u replications", least, most);
    }
}

/* titles - the picture's own, or the caller's with the picture's under it. */
static void
titles(struct job *job, const char *what, const char *how)
{
    char runs[TEXT_SIZE];
    const char *own = job->request->title;

    runs_text(job->results, runs);
    snprintf(job->title, TEXT_SIZE, "%s", own == NULL ? what : own);
    snprintf(job->subtitle, TEXT_SIZE, "%.80s%s%.60s %.40s; scenario %.70s",
             own == NULL ? "" : what, own == NULL ? "" : "; ", how, runs,
             job->results->name);
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
    return data->values + (series * 3 + row) * data->points_count;
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

static void
band_put(struct job *job, struct band_data *data, uint32_t series,
         const struct results_cell *cell, uint32_t point, const char *metric)
{
    const struct results_mean mean = results_metric(job->results, cell, metric);
    band_row(data, series, 0)[point] = mean.mean;
    band_row(data, series, 1)[point] = mean.low;
    band_row(data, series, 2)[point] = mean.high;
}

/* points_make - x and its labels. No axis: one point that has the scenario's
 * name. */
static void
points_make(const struct job *job, int x_axis, struct band_data *data)
{
    if (x_axis < 0) {
        data->points_count = 1;
        data->x_names[0] = job->results->name;
        return;
    }
    const struct results_axis *axis = &job->results->axes[x_axis];
    data->points_count =
        axis->values_count < POINTS_MAX ? axis->values_count : POINTS_MAX;
    for (uint32_t i = 0; i < data->points_count; i++) {
        data->x[i] = axis->values[i].number;
        data->x_names[i] = axis->values[i].text;
    }
}

static bool
has_one_series(const struct results *results, int x_axis)
{
    return results->axes_count == (x_axis < 0 ? 0 : 1);
}

/* metrics_put - the quantiles of one cell, a series each. */
static void
quantiles_put(struct job *job, struct band_data *data,
              const struct results_cell *cell, uint32_t point)
{
    static const char *const metrics[] = {"latency.p50", "latency.p95",
                                          "latency.p99"};
    static const char *const names[] = {"p50", "p95", "p99"};
    for (uint32_t i = 0; i < 3; i++) {
        band_put(job, data, series_find(data, names[i]), cell, point,
                 metrics[i]);
    }
}

static void
band_fill(struct job *job, int x_axis, struct band_data *data)
{
    const struct results *results = job->results;
    const bool is_latency = job->picture == PLOTS_LATENCY;
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
            quantiles_put(job, data, cell, point);
            continue;
        }
        cell_name(results, cell, x_axis, name);
        const uint32_t s = series_find(data, name);
        if (s != UINT32_MAX) {
            band_put(job, data, s, cell, point,
                     is_latency ? "latency.p95" : "throughput");
        }
    }
}

static void
band_titles(struct job *job, const struct band_data *data, int x_axis)
{
    char what[TEXT_SIZE];
    char how[TEXT_SIZE];
    const bool is_latency = job->picture == PLOTS_LATENCY;
    const char *measure = !is_latency ? "Delivery throughput"
                          : has_one_series(job->results, x_axis)
                              ? "Delivery latency"
                              : "95th percentile of latency";

    snprintf(what, sizeof what, "%s%s%s", measure, x_axis < 0 ? "" : " by ",
             x_axis < 0 ? "" : job->results->axes[x_axis].name);
    if (data->left_out_count > 0) {
        snprintf(how, sizeof how, "first %d series; mean and 95 %% CI of",
                 PLOTS_SERIES_MAX);
    } else {
        snprintf(how, sizeof how, "mean and 95 %% CI of");
    }
    titles(job, what, how);
}

static void
band_make(struct job *job, struct band_data *data)
{
    const int x_axis = x_axis_choose(job->results);

    points_make(job, x_axis, data);
    band_fill(job, x_axis, data);
    band_titles(job, data, x_axis);
    for (uint32_t s = 0; s < data->series_count; s++) {
        data->series[s] =
            (struct picture_band_series){.name = data->names[s],
                                         .mean = band_row(data, s, 0),
                                         .low = band_row(data, s, 1),
                                         .high = band_row(data, s, 2)};
    }
    const bool is_numeric =
        x_axis >= 0 && job->results->axes[x_axis].is_numeric;
    job->height_px = STYLE_HEIGHT_PX;
    job->band = (struct picture_band){
        .title = job->title,
        .subtitle = job->subtitle,
        .x_label = x_axis < 0 ? "" : job->results->axes[x_axis].name,
        .y_label = job->picture == PLOTS_LATENCY ? "submission to delivery"
                                                 : "throughput (msg/s)",
        .x = is_numeric ? data->x : NULL,
        .x_names = data->x_names,
        .points_count = data->points_count,
        .series = data->series,
        .series_count = data->series_count,
        .y_is_time = job->picture == PLOTS_LATENCY,
        .horizon_s = job->results->horizon_s,
        .knee_x = (double)NAN};
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
chosen_make(const struct job *job, struct chosen_cells *chosen)
{
    chosen->count = cells_choose(job->results, chosen->index);
    for (uint32_t i = 0; i < chosen->count; i++) {
        cell_name(job->results, &job->results->cells[chosen->index[i]], -1,
                  chosen->texts[i]);
        chosen->names[i] = chosen->texts[i];
    }
}

/* share_text - "6 of 40 points; " where some are not shown. */
static void
share_text(const struct job *job, const struct chosen_cells *chosen,
           const char *how, char text[TEXT_SIZE])
{
    if (chosen->count < job->results->cells_count) {
        snprintf(text, TEXT_SIZE, "%u of %u points; %s", chosen->count,
                 job->results->cells_count, how);
    } else {
        snprintf(text, TEXT_SIZE, "%s", how);
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
series_faults(struct job *job, struct series_data *data)
{
    data->faults_count = results_faults_read(
        job->results, &job->results->cells[data->chosen.index[0]],
        &data->fault_texts);
    data->faults = base_alloc((data->faults_count + 1) * sizeof *data->faults);
    for (uint32_t i = 0; i < data->faults_count; i++) {
        const struct results_fault *fault = &data->fault_texts[i];
        data->faults[i] = (struct picture_series_fault){
            fault->name, fault->from_s, fault->to_s};
    }
}

static void
series_make(struct job *job, struct series_data *data)
{
    static const enum results_column columns[PANELS_COUNT] = {RESULTS_QUEUED,
                                                              RESULTS_THREADS};
    static const char *const labels[PANELS_COUNT] = {"recipients queued",
                                                     "threads"};
    char how[TEXT_SIZE];
    bool has_bands = false;

    chosen_make(job, &data->chosen);
    for (uint32_t p = 0; p < PANELS_COUNT; p++) {
        for (uint32_t i = 0; i < data->chosen.count; i++) {
            struct results_steps *steps = &data->steps[p][i];
            results_steps_read(job->results,
                               &job->results->cells[data->chosen.index[i]],
                               columns[p], steps);
            data->lines[p][i] = (struct picture_series_line){
                steps->time_s, steps->median, steps->low, steps->high,
                steps->count};
            has_bands = has_bands || steps->low != NULL;
        }
        data->panels[p] =
            (struct picture_series_panel){labels[p], data->lines[p]};
    }
    series_faults(job, data);
    share_text(
        job, &data->chosen,
        has_bands ? "median and 10th to 90th percentile of" : "median of", how);
    titles(job, "Queue backlog over time", how);
    job->height_px = picture_series_height_px(PANELS_COUNT);
    job->series = (struct picture_series){.title = job->title,
                                          .subtitle = job->subtitle,
                                          .names = data->chosen.names,
                                          .names_count = data->chosen.count,
                                          .panels = data->panels,
                                          .panels_count = PANELS_COUNT,
                                          .faults = data->faults,
                                          .faults_count = data->faults_count,
                                          .horizon_s = job->results->horizon_s};
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
cdf_make(struct job *job, struct cdf_data *data)
{
    char how[TEXT_SIZE];

    chosen_make(job, &data->chosen);
    for (uint32_t i = 0; i < data->chosen.count; i++) {
        struct results_shares *shares = &data->shares[i];
        results_shares_read(
            job->results, &job->results->cells[data->chosen.index[i]], shares);
        data->series[i] =
            (struct picture_cdf_series){data->chosen.names[i], shares->time_s,
                                        shares->share, shares->count};
    }
    share_text(job, &data->chosen, "share of all submitted, over", how);
    titles(job,
           job->picture == PLOTS_CDF ? "Time to delivery"
                                     : "Delivery latency by percentile",
           how);
    job->height_px = STYLE_HEIGHT_PX;
    job->cdf = (struct picture_cdf){.title = job->title,
                                    .subtitle = job->subtitle,
                                    .series = data->series,
                                    .series_count = data->chosen.count,
                                    .horizon_s = job->results->horizon_s};
}

static void
cdf_free(struct cdf_data *data)
{
    for (uint32_t i = 0; i < PLOTS_SERIES_MAX; i++) {
        results_shares_free(&data->shares[i]);
    }
}

/* --- Output ----------------------------------------------------------------*/

static void
job_draw(const struct job *job, struct gnuplot *gp)
{
    switch (job->picture) {
    case PLOTS_THROUGHPUT:
    case PLOTS_LATENCY:
        picture_band_draw(gp, &job->band);
        return;
    case PLOTS_BACKLOG:
        picture_series_draw(gp, &job->series);
        return;
    case PLOTS_CDF:
        picture_cdf_draw(gp, &job->cdf);
        return;
    case PLOTS_TAIL:
        picture_tail_draw(gp, &job->cdf);
        return;
    case PLOTS_PICTURES_COUNT:
        break;
    }
    UNREACHABLE("every picture is above");
}

static enum plots_status
status_of(enum gnuplot_status status)
{
    switch (status) {
    case GNUPLOT_OK:
        return PLOTS_OK;
    case GNUPLOT_NOT_INSTALLED:
        return PLOTS_NOT_INSTALLED;
    case GNUPLOT_FAILED:
        return PLOTS_FAILED;
    case GNUPLOT_IO:
        return PLOTS_IO;
    }
    UNREACHABLE("every status is above");
}

static void
path_keep(struct plots_result *result, char *path)
{
    result->paths = base_realloc(result->paths,
                                 (result->count + 1) * sizeof *result->paths);
    result->paths[result->count++] = path;
}

/* job_write - one picture in one format, to a file or as a script. */
static enum plots_status
job_write(const struct job *job, enum gnuplot_format format,
          struct plots_result *result)
{
    static const char *const endings[] = {"svg", "png", "txt"};
    const struct plots_request *request = job->request;
    struct gnuplot gp;
    char *path = NULL;

    if (request->script != NULL) {
        gnuplot_script(&gp, format, request->script, STYLE_WIDTH_PX,
                       job->height_px);
    } else {
        const size_t size = strlen(request->folder) + PATH_EXTRA;
        path = base_alloc(size);
        snprintf(path, size, "%s/%s.%s", request->folder,
                 plots_picture_name(job->picture), endings[format]);
        const enum gnuplot_status opened =
            gnuplot_open(&gp, format, path, STYLE_WIDTH_PX, job->height_px);
        if (opened != GNUPLOT_OK) {
            snprintf(result->error, sizeof result->error, "%s", gp.error);
            free(path);
            return status_of(opened);
        }
    }
    job_draw(job, &gp);
    const enum gnuplot_status closed = gnuplot_close(&gp);
    if (closed != GNUPLOT_OK) {
        snprintf(result->error, sizeof result->error, "%s: %s",
                 plots_picture_name(job->picture), gp.error);
        free(path);
    } else if (path != NULL) {
        path_keep(result, path);
    }
    return status_of(closed);
}

static enum plots_status
job_write_all(const struct job *job, struct plots_result *result)
{
    static const enum gnuplot_format formats[] = {GNUPLOT_SVG, GNUPLOT_PNG,
                                                  GNUPLOT_ASCII};
    enum plots_status status = PLOTS_OK;
    for (uint32_t i = 0; i < 3 && status == PLOTS_OK; i++) {
        if ((job->request->formats & (1u << formats[i])) != 0) {
            status = job_write(job, formats[i], result);
        }
    }
    return status;
}

/* job_run - collects a picture's data, draws it, lets go of the data. */
static enum plots_status
job_run(struct job *job, struct plots_result *result)
{
    struct band_data *band = base_alloc(sizeof *band);
    struct series_data *series = base_alloc(sizeof *series);
    struct cdf_data *cdf = base_alloc(sizeof *cdf);

    if (job->picture <= PLOTS_LATENCY) {
        band_make(job, band);
    } else if (job->picture == PLOTS_BACKLOG) {
        series_make(job, series);
    } else {
        cdf_make(job, cdf);
    }
    const enum plots_status status = job_write_all(job, result);
    free(band->values);
    series_free(series);
    cdf_free(cdf);
    free(band);
    free(series);
    free(cdf);
    return status;
}

/* is_wanted - a single point over no axis says little: only where asked. */
static bool
is_wanted(const struct plots_request *request, const struct results *results,
          enum plots_picture picture)
{
    if ((request->pictures & (1u << picture)) == 0) {
        return false;
    }
    return request->pictures != PLOTS_ALL || picture > PLOTS_LATENCY ||
           results->cells_count > 1;
}

static enum plots_status
folder_make(const struct plots_request *request, struct plots_result *result)
{
    if (request->script == NULL && mkdir(request->folder, 0777) != 0 &&
        errno != EEXIST) {
        snprintf(result->error, sizeof result->error, "%s: %s", request->folder,
                 strerror(errno));
        return PLOTS_IO;
    }
    return PLOTS_OK;
}

enum plots_status
plots_draw(const struct plots_request *request, struct plots_result *result)
{
    struct results results;

    *result = (struct plots_result){0};
    if (!results_open(&results, request->database, request->experiment)) {
        snprintf(result->error, sizeof result->error, "%s: %s",
                 request->database, results.error);
        return PLOTS_NO_RESULTS;
    }
    enum plots_status status = folder_make(request, result);
    if (status == PLOTS_OK && !(results.horizon_s > 0)) {
        snprintf(result->error, sizeof result->error,
                 "%s: its runs took no simulated time", request->database);
        status = PLOTS_NO_RESULTS;
    }
    for (uint32_t p = 0; p < PLOTS_PICTURES_COUNT && status == PLOTS_OK; p++) {
        struct job job = {.request = request,
                          .results = &results,
                          .picture = (enum plots_picture)p};
        if (is_wanted(request, &results, job.picture)) {
            status = job_run(&job, result);
        }
    }
    results_close(&results);
    return status;
}

void
plots_result_free(struct plots_result *result)
{
    for (uint32_t i = 0; i < result->count; i++) {
        free(result->paths[i]);
    }
    free(result->paths);
    *result = (struct plots_result){0};
}
