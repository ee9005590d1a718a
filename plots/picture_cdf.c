/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/picture_cdf.h"

#include <math.h>
#include <stdbool.h>

#include "plots/style.h"

#define SHARE_LEAST 0.002 /* the axis begins where this much is delivered */
#define STEP_PX     0.5   /* points nearer than this to the last are left out */

double
picture_cdf_time_least_s(const struct picture_cdf *cdf, double share_least)
{
    double least = (double)NAN;
    for (uint32_t s = 0; s < cdf->series_count; s++) {
        const struct picture_cdf_series *series = &cdf->series[s];
        uint32_t i = 0;
        while (i < series->count &&
               (series->share[i] < share_least || series->time_s[i] <= 0)) {
            i++;
        }
        if (i < series->count) {
            least = fmin(least, series->time_s[i]); /* fmin passes over NaN */
        }
    }
    return least;
}

static void
axes(const struct picture_cdf *cdf, struct ticks *x, struct ticks *y)
{
    static const struct {
        double at;
        const char *text;
    } shares[] = {{0, "0"},       {0.25, "25 %"}, {0.5, "50 %"},
                  {0.75, "75 %"}, {0.95, "95 %"}, {1, "100 %"}};
    const double least = picture_cdf_time_least_s(cdf, SHARE_LEAST);

    ticks_time_log(x, isnan(least) ? cdf->horizon_s / 100 : least,
                   cdf->horizon_s);
    *y = (struct ticks){.low = 0, .high = 1};
    for (uint32_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        y->at[i] = shares[i].at;
        snprintf(y->text[i], TICKS_TEXT_SIZE, "%s", shares[i].text);
        y->count++;
    }
}

/* data - one block a series: flat from its last delivery to the horizon. */
static uint32_t
data(struct gnuplot *gp, const struct style_area *area, const struct ticks *x,
     const struct picture_cdf_series *series)
{
    const uint32_t block = gnuplot_data_begin(gp);
    const double height = area->bottom_px - area->top_px;
    double x_last = -1;
    double y_last = -1;
    double share = 0;

    for (uint32_t i = 0; i < series->count; i++) {
        const double time = fmax(series->time_s[i], x->low);
        const double x_px =
            style_axis_px(x, time, area->left_px, area->right_px);
        const double y_px = series->share[i] * height;
        share = series->share[i];
        if (fabs(x_px - x_last) >= STEP_PX || fabs(y_px - y_last) >= STEP_PX) {
            gnuplot_data_row(gp, (double[]){time, share}, 2);
            x_last = x_px;
            y_last = y_px;
        }
    }
    gnuplot_data_row(gp, (double[]){x->high, share}, 2);
    gnuplot_data_end(gp);
    return block;
}

void
picture_cdf_draw(struct gnuplot *gp, const struct picture_cdf *cdf)
{
    struct style_frame frame = {.width_px = STYLE_WIDTH_PX,
                                .height_px = STYLE_HEIGHT_PX};
    struct ticks x;
    struct ticks y;
    const char *names[STYLE_SERIES_MAX];
    double ends_px[STYLE_SERIES_MAX];
    bool is_first = true;

    ASSERT(cdf->series_count > 0 && cdf->series_count <= STYLE_SERIES_MAX);
    ASSERT(cdf->horizon_s > 0);
    axes(cdf, &x, &y);
    for (uint32_t s = 0; s < cdf->series_count; s++) {
        names[s] = cdf->series[s].name;
    }
    frame.area = (struct style_area){
        .left_px = style_tick_margin_px(&y),
        .right_px =
            STYLE_WIDTH_PX -
            style_end_margin_px(names, cdf->series_count, STYLE_WIDTH_PX),
        .top_px = STYLE_AREA_TOP_PX,
        .bottom_px = STYLE_HEIGHT_PX - STYLE_AREA_FOOT_PX};
    style_begin(gp);
    style_titles(gp, &frame, cdf->title, cdf->subtitle);
    style_axes(gp, &frame, &x, "time from submission to delivery", &y,
               "share of recipients delivered");
    style_grid_vertical(gp);
    for (uint32_t s = 0; s < cdf->series_count; s++) {
        const struct picture_cdf_series *series = &cdf->series[s];
        data(gp, &frame.area, &x, series);
        ends_px[s] = style_axis_px(
            &y, series->count == 0 ? 0 : series->share[series->count - 1],
            frame.area.bottom_px, frame.area.top_px);
    }
    style_end_labels(gp, &frame, names, ends_px, cdf->series_count);
    for (uint32_t s = 0; s < cdf->series_count; s++) {
        style_plot_next(gp, &is_first);
        gnuplot_printf(gp, "$d%u using 1:2 with lines lc rgb '%s' lw 2.2", s,
                       style_colour(s));
        style_plot_title(gp, names[s]);
    }
    gnuplot_printf(gp, "\n");
}
