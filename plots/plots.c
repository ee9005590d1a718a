/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/plots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plots/collect.h"
#include "plots/picture_band.h"
#include "plots/picture_series.h"
#include "plots/picture_tail.h"
#include "plots/results.h"
#include "plots/style.h"

#define PATH_EXTRA 64 /* bytes of a file name and its ending */

const char *
plots_picture_name(enum plots_picture picture)
{
    static const char *const names[PLOTS_PICTURES_COUNT] = {
        "throughput", "latency", "hosts", "backlog", "cdf", "tail"};
    ASSERT(picture < PLOTS_PICTURES_COUNT);
    return names[picture];
}

static void
picture_draw(const struct collect *c, struct gnuplot *gp)
{
    switch (c->picture) {
    case PLOTS_THROUGHPUT:
    case PLOTS_LATENCY:
    case PLOTS_HOSTS:
        picture_band_draw(gp, &c->band);
        return;
    case PLOTS_BACKLOG:
        picture_series_draw(gp, &c->series);
        return;
    case PLOTS_CDF:
        picture_cdf_draw(gp, &c->cdf);
        return;
    case PLOTS_TAIL:
        picture_tail_draw(gp, &c->cdf);
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

/* picture_write - one picture in one format, to a file or as a script. */
static enum plots_status
picture_write(const struct plots_request *request, const struct collect *c,
              enum gnuplot_format format, struct plots_result *result)
{
    static const char *const endings[] = {"svg", "png", "txt"};
    struct gnuplot gp;
    char *path = NULL;

    if (request->script != NULL) {
        gnuplot_script(&gp, format, request->script, STYLE_WIDTH_PX,
                       c->height_px);
    } else {
        const size_t size = strlen(request->folder) + PATH_EXTRA;
        path = base_alloc(size);
        snprintf(path, size, "%s/%s.%s", request->folder,
                 plots_picture_name(c->picture), endings[format]);
        const enum gnuplot_status opened =
            gnuplot_open(&gp, format, path, STYLE_WIDTH_PX, c->height_px);
        if (opened != GNUPLOT_OK) {
            snprintf(result->error, sizeof result->error, "%s", gp.error);
            free(path);
            return status_of(opened);
        }
    }
    picture_draw(c, &gp);
    const enum gnuplot_status closed = gnuplot_close(&gp);
    if (closed != GNUPLOT_OK) {
        snprintf(result->error, sizeof result->error, "%s: %s",
                 plots_picture_name(c->picture), gp.error);
        free(path);
    } else if (path != NULL) {
        path_keep(result, path);
    }
    return status_of(closed);
}

static enum plots_status
picture_write_all(const struct plots_request *request, const struct collect *c,
                  struct plots_result *result)
{
    static const enum gnuplot_format formats[] = {GNUPLOT_SVG, GNUPLOT_PNG,
                                                  GNUPLOT_ASCII};
    enum plots_status status = PLOTS_OK;
    for (uint32_t i = 0; i < 3 && status == PLOTS_OK; i++) {
        if ((request->formats & (1u << formats[i])) != 0) {
            status = picture_write(request, c, formats[i], result);
        }
    }
    return status;
}

/*
 * is_wanted - a single point over no axis says little, a single destination
 * nothing that latency does not say: only where asked.
 */
static bool
is_wanted(const struct plots_request *request, struct results *results,
          enum plots_picture picture)
{
    char hosts[2][RESULTS_TEXT_SIZE];

    if ((request->pictures & (1u << picture)) == 0) {
        return false;
    }
    if (request->pictures != PLOTS_ALL || picture > PLOTS_HOSTS) {
        return true;
    }
    return results->cells_count > 1 &&
           (picture != PLOTS_HOSTS ||
            results_hosts_read(results, hosts, 2) == 2);
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

    ASSERT(request->script != NULL || request->folder != NULL);
    *result = (struct plots_result){0};
    if (!results_open(&results, request->database, request->experiment)) {
        snprintf(result->error, sizeof result->error, "%s", results.error);
        return PLOTS_NO_RESULTS;
    }
    enum plots_status status = folder_make(request, result);
    if (status == PLOTS_OK && !(results.horizon_s > 0)) {
        snprintf(result->error, sizeof result->error,
                 "its runs took no simulated time");
        status = PLOTS_NO_RESULTS;
    }
    for (uint32_t p = 0; p < PLOTS_PICTURES_COUNT && status == PLOTS_OK; p++) {
        struct collect c = {.results = &results,
                            .picture = (enum plots_picture)p,
                            .own_title = request->title,
                            .knee_x = request->knee_x};
        if (is_wanted(request, &results, c.picture)) {
            collect_make(&c);
            status = picture_write_all(request, &c, result);
            collect_free(&c);
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
