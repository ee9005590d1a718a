/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/picture_tail.h"

#include <math.h>
#include <stdbool.h>

#include "plots/style.h"

#define STEP_PX   0.5
#define NINES_MIN 2 /* the axis ends at 99 % or beyond, */
#define NINES_MAX 5 /* and at 99.999 % at the latest */

struct canvas {
    struct gnuplot *gp;
    const struct picture_cdf *cdf;
    struct style_frame frame;
    struct ticks x;
    struct ticks y;
    double ends_px[STYLE_SERIES_MAX];
    bool is_beyond; /* some series did not deliver everything */
};

static bool
is_complete(const struct picture_cdf_series *series)
{
    return series->count > 0 && series->share[series->count - 1] >= 1 - 1e-9;
}

/* nines - how far right the finest series has anything to tell. */
static uint32_t
nines(const struct picture_cdf *cdf)
{
    double finest = 1;
    for (uint32_t s = 0; s < cdf->series_count; s++) {
        for (uint32_t i = 0; i < cdf->series[s].count; i++) {
            const double rest = 1 - cdf->series[s].share[i];
            finest = rest > 1e-9 ? fmin(finest, rest) : finest;
        }
    }
    const double wanted = ceil(-log10(finest) - 1e-9);
    return (uint32_t)fmin(fmax(wanted, NINES_MIN), NINES_MAX);
}

static void
x_axis(struct canvas *c)
{
    static const char *const texts[] = {"0",      "50 %",    "90 %",    "99 %",
                                        "99.9 %", "99.99 %", "99.999 %"};
    const uint32_t count = nines(c->cdf);

    c->x = (struct ticks){.low = 1, .high = pow(10, count), .is_log = true};
    for (uint32_t i = 0; i < count + 2; i++) {
        c->x.at[i] = i == 0 ? 1 : i == 1 ? 2 : pow(10, i - 1.0);
        snprintf(c->x.text[i], TICKS_TEXT_SIZE, "%s", texts[i]);
        c->x.count++;
    }
}

static void
y_axis(struct canvas *c)
{
    const double least = picture_cdf_time_least_s(c->cdf, 0.02);
    double most = 0;

    for (uint32_t s = 0; s < c->cdf->series_count; s++) {
        const struct picture_cdf_series *series = &c->cdf->series[s];
        if (series->count > 0) {
            most = fmax(most, series->time_s[series->count - 1]);
        }
        c->is_beyond = c->is_beyond || !is_complete(series);
    }
    if (c->is_beyond) {
        most = fmax(most, c->cdf->horizon_s);
    }
    const double low = isnan(least) ? most / 100 : least;
    ticks_time_log(&c->y, low, fmax(most, low) * 1.25);
    if (c->is_beyond) {
        ticks_time_log(&c->y, low, style_edge_high(c->y.low, most));
        ticks_end(&c->y, most); /* above is the label's place */
    }
}

static double
edge_y(const struct canvas *c)
{
    return c->y.low * pow(c->y.high / c->y.low, STYLE_EDGE_SHARE);
}

/* data - rows: 1 / (1 - p), time; and the open marker as a third column. */
static void
data(struct canvas *c, uint32_t s)
{
    const struct picture_cdf_series *series = &c->cdf->series[s];
    const struct style_area *area = &c->frame.area;
    const double x_end = c->x.high * (1 - 1e-9);
    double x = 1;
    double y = c->y.low;
    double x_last = -1;
    double y_last = -1;

    gnuplot_data_begin(c->gp);
    for (uint32_t i = 0; i < series->count && x < x_end; i++) {
        const double rest = 1 - series->share[i];
        x = rest > 1 / c->x.high ? 1 / rest : c->x.high;
        y = fmax(series->time_s[i], c->y.low);
        const double x_px =
            style_axis_px(&c->x, x, area->left_px, area->right_px);
        const double y_px =
            style_axis_px(&c->y, y, area->bottom_px, area->top_px);
        if (i == 0) {
            gnuplot_data_row(c->gp, (double[]){1, y, (double)NAN}, 3);
        }
        if (fabs(x_px - x_last) >= STEP_PX || fabs(y_px - y_last) >= STEP_PX) {
            gnuplot_data_row(c->gp, (double[]){x, y, (double)NAN}, 3);
            x_last = x_px;
            y_last = y_px;
        }
    }
    if (x < x_end) {
        y = edge_y(c);
        gnuplot_data_row(c->gp, (double[]){x, (double)NAN, y}, 3);
    }
    gnuplot_data_end(c->gp);
    c->ends_px[s] = style_axis_px(&c->y, y, area->bottom_px, area->top_px);
}

static void
plot(struct canvas *c)
{
    bool is_first = true;
    for (uint32_t s = 0; s < c->cdf->series_count; s++) {
        style_plot_next(c->gp, &is_first);
        gnuplot_printf(c->gp, "$d%u using 1:2 with lines lc rgb '%s' lw 2.2", s,
                       style_colour(s));
        style_plot_title(c->gp, c->cdf->series[s].name);
        style_plot_next(c->gp, &is_first);
        gnuplot_printf(c->gp,
                       "$d%u using 1:3 with points lc rgb '%s' lw 1.2 pt %u "
                       "ps 1.1 notitle",
                       s, style_colour(s), style_marker_open(s));
    }
    gnuplot_printf(c->gp, "\n");
}

void
picture_tail_draw(struct gnuplot *gp, const struct picture_cdf *cdf)
{
    struct canvas c = {.gp = gp, .cdf = cdf};
    const char *names[STYLE_SERIES_MAX];

    ASSERT(cdf->series_count > 0 && cdf->series_count <= STYLE_SERIES_MAX);
    ASSERT(cdf->horizon_s > 0);
    x_axis(&c);
    y_axis(&c);
    for (uint32_t s = 0; s < cdf->series_count; s++) {
        names[s] = cdf->series[s].name;
    }
    c.frame = (struct style_frame){
        .width_px = STYLE_WIDTH_PX,
        .height_px = STYLE_HEIGHT_PX,
        .area = {.left_px = style_tick_margin_px(&c.y),
                 .right_px = STYLE_WIDTH_PX -
                             style_end_margin_px(names, cdf->series_count,
                                                 STYLE_WIDTH_PX),
                 .top_px = STYLE_AREA_TOP_PX,
                 .bottom_px = STYLE_HEIGHT_PX - STYLE_AREA_FOOT_PX}};
    style_begin(gp);
    style_titles(gp, &c.frame, cdf->title, cdf->subtitle);
    style_axes(gp, &c.frame, &c.x, "percentile of recipients", &c.y,
               "submission to delivery");
    style_grid_vertical(gp);
    for (uint32_t s = 0; s < cdf->series_count; s++) {
        data(&c, s);
    }
    if (c.is_beyond) {
        style_horizon_label(gp, &c.frame, &c.y, edge_y(&c), cdf->horizon_s);
    }
    style_end_labels(gp, &c.frame, names, c.ends_px, cdf->series_count);
    plot(&c);
}
