/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/picture_band.h"

#include <math.h>
#include <stdio.h>

#include "plots/style.h"

#define LOG_SPAN       20   /* x is logarithmic from this ratio on */
#define X_PADDING      0.03 /* of the axis, free at both ends */
#define X_LABEL_GAP_PX 14   /* between labels of x */

/* What every step of one drawing knows. */
struct canvas {
    struct gnuplot *gp;
    const struct picture_band *band;
    struct style_frame frame;
    struct ticks x;
    struct ticks y;
    uint32_t blocks[STYLE_SERIES_MAX];
    bool is_beyond; /* some value is longer than the horizon */
};

static double
x_of(const struct picture_band *band, uint32_t point)
{
    return band->x == NULL ? point : band->x[point];
}

/* y_range - of all means and bands that are finite. */
static void
y_range(struct canvas *c, double *low, double *high)
{
    const struct picture_band *band = c->band;
    *low = (double)INFINITY;
    *high = -(double)INFINITY;
    for (uint32_t s = 0; s < band->series_count; s++) {
        const struct picture_band_series *series = &band->series[s];
        const double *const all[] = {series->mean, series->low, series->high};
        for (uint32_t i = 0; i < 3 * band->points_count; i++) {
            const double *values = all[i / band->points_count];
            const double value =
                values == NULL ? (double)NAN : values[i % band->points_count];
            if (isinf(value)) {
                c->is_beyond = true;
            } else if (!isnan(value) && (!band->y_is_time || value > 0)) {
                *low = fmin(*low, value);
                *high = fmax(*high, value);
            }
        }
    }
}

static void
y_axis(struct canvas *c)
{
    double low = 0;
    double high = 0;

    y_range(c, &low, &high);
    if (!c->band->y_is_time) {
        low = isfinite(low) ? fmin(low, 0) : 0;
        high = isfinite(high) && high > low ? high : low + 1;
        ticks_linear(&c->y, low, high, 5);
        return;
    }
    if (!isfinite(low)) {
        low = high = c->band->horizon_s > 0 ? c->band->horizon_s / 10 : 1;
    }
    ticks_time_log(&c->y, low * 0.8, high * 1.25);
    if (c->is_beyond) {
        high = style_edge_high(c->y.low, fmax(high, c->band->horizon_s));
        ticks_time_log(&c->y, low * 0.8, high);
        ticks_end(&c->y, c->band->horizon_s); /* above is the label's place */
    }
}

/* x_axis_numeric - one tick a value, or fewer where they would touch. */
static void
x_axis_numeric(struct canvas *c)
{
    const struct picture_band *band = c->band;
    const double first = band->x[0];
    const double last = band->x[band->points_count - 1];

    c->x = (struct ticks){.is_log = first > 0 && last / first > LOG_SPAN};
    if (c->x.is_log) {
        const double padding = pow(last / first, X_PADDING);
        c->x.low = first / padding;
        c->x.high = last * padding;
    } else {
        const double span = last > first ? last - first : 1;
        c->x.low = first - span * X_PADDING;
        c->x.high = last + span * X_PADDING;
    }
}

static void
x_tick_text(const struct picture_band *band, uint32_t point,
            char text[STYLE_TEXT_SIZE], double width_px)
{
    if (band->x_names == NULL) {
        ticks_number_format(text, band->x[point]);
    } else {
        style_text_fit(text, band->x_names[point], STYLE_FONT_PX, width_px);
    }
}

/* x_ticks - from the right, so that the last value always has its label. */
static void
x_ticks(struct canvas *c)
{
    const struct picture_band *band = c->band;
    const double width = c->frame.area.right_px - c->frame.area.left_px;
    const double room = fmax(width / band->points_count - X_LABEL_GAP_PX, 60);
    double free_px = (double)INFINITY; /* labels end left of here */

    for (uint32_t i = band->points_count; i-- > 0;) {
        char text[STYLE_TEXT_SIZE];
        x_tick_text(band, i, text, room);
        const double at = style_axis_px(&c->x, x_of(band, i), 0, width);
        const double half = style_text_width_px(text, STYLE_FONT_PX) / 2;
        const bool is_drawn = at + half <= free_px && c->x.count < TICKS_MAX;
        if (is_drawn) {
            snprintf(c->x.text[c->x.count], TICKS_TEXT_SIZE, "%.*s",
                     TICKS_TEXT_SIZE - 1, text);
            c->x.at[c->x.count] = x_of(band, i);
            c->x.count++;
            free_px = at - half - X_LABEL_GAP_PX;
        }
    }
}

static void
layout(struct canvas *c)
{
    const struct picture_band *band = c->band;
    const char *names[STYLE_SERIES_MAX];

    for (uint32_t s = 0; s < band->series_count; s++) {
        names[s] = band->series[s].name;
    }
    y_axis(c);
    c->frame = (struct style_frame){.width_px = STYLE_WIDTH_PX,
                                    .height_px = STYLE_HEIGHT_PX};
    c->frame.area.left_px = style_tick_margin_px(&c->y);
    c->frame.area.right_px =
        STYLE_WIDTH_PX -
        style_end_margin_px(names, band->series_count, STYLE_WIDTH_PX);
    c->frame.area.top_px = STYLE_AREA_TOP_PX;
    c->frame.area.bottom_px = STYLE_HEIGHT_PX - STYLE_AREA_FOOT_PX;
    if (band->x != NULL) {
        x_axis_numeric(c);
    } else {
        c->x = (struct ticks){.low = -0.5,
                              .high = (double)band->points_count - 0.5};
    }
    x_ticks(c);
}

/* edge_y - where an open marker stands: just under the top edge. */
static double
edge_y(const struct canvas *c)
{
    const double share = STYLE_EDGE_SHARE;
    return c->y.is_log ? c->y.low * pow(c->y.high / c->y.low, share)
                       : c->y.low + (c->y.high - c->y.low) * share;
}

/* within - a value as it is sent: beyond the horizon is cut at the edge. */
static double
within(const struct canvas *c, double value)
{
    if (isinf(value)) {
        return value > 0 ? edge_y(c) : c->y.low;
    }
    return c->y.is_log ? fmax(value, c->y.low) : value;
}

/* rows: x, mean, low, high, mean where it lies beyond the horizon. */
static void
data(struct canvas *c)
{
    const struct picture_band *band = c->band;
    for (uint32_t s = 0; s < band->series_count; s++) {
        const struct picture_band_series *series = &band->series[s];
        c->blocks[s] = gnuplot_data_begin(c->gp);
        for (uint32_t i = 0; i < band->points_count; i++) {
            const double mean = series->mean[i];
            /* A band that lies beyond as a whole is no band. */
            const bool has_band = series->low != NULL && series->high != NULL &&
                                  !isinf(series->low[i]);
            const double row[] = {
                x_of(band, i),
                isfinite(mean) ? within(c, mean) : (double)NAN,
                has_band ? within(c, series->low[i]) : (double)NAN,
                has_band ? within(c, series->high[i]) : (double)NAN,
                isinf(mean) ? edge_y(c) : (double)NAN,
            };
            gnuplot_data_row(c->gp, row, 5);
        }
        gnuplot_data_end(c->gp);
    }
}

static void
knee(struct canvas *c)
{
    const struct style_area *area = &c->frame.area;
    if (isnan(c->band->knee_x) || c->gp->format == GNUPLOT_ASCII) {
        return;
    }
    gnuplot_printf(c->gp,
                   "set arrow from first %.10g,graph 0 to first %.10g,graph 1 "
                   "nohead lc rgb '%s' lw 1 dt 3 back\n",
                   c->band->knee_x, c->band->knee_x, STYLE_MUTED);
    char number[TICKS_TEXT_SIZE];
    char text[TICKS_TEXT_SIZE + 8];
    ticks_number_format(number, c->band->knee_x);
    snprintf(text, sizeof text, "knee: %s", number);
    const double at =
        style_axis_px(&c->x, c->band->knee_x, area->left_px, area->right_px);
    const bool is_at_end = at + 90 > area->right_px;
    const struct style_label label = {.x_px = is_at_end ? at - 6 : at + 6,
                                      .y_px = area->bottom_px - 12,
                                      .align =
                                          is_at_end ? STYLE_RIGHT : STYLE_LEFT,
                                      .font_px = STYLE_FONT_SMALL_PX,
                                      .colour = STYLE_MUTED};
    style_label(c->gp, &c->frame, &label, text);
}

/* names - each at the height of its line's last value. */
static void
names(struct canvas *c)
{
    const struct picture_band *band = c->band;
    const char *texts[STYLE_SERIES_MAX];
    double at[STYLE_SERIES_MAX];

    for (uint32_t s = 0; s < band->series_count; s++) {
        double last = (double)NAN;
        for (uint32_t i = 0; i < band->points_count; i++) {
            const double mean = band->series[s].mean[i];
            last = isnan(mean) ? last : mean;
        }
        texts[s] = band->series[s].name;
        at[s] = style_axis_px(&c->y, isnan(last) ? c->y.low : within(c, last),
                              c->frame.area.bottom_px, c->frame.area.top_px);
    }
    style_end_labels(c->gp, &c->frame, texts, at, band->series_count);
}

static void
plot(struct canvas *c)
{
    const struct picture_band *band = c->band;
    const bool is_ascii = c->gp->format == GNUPLOT_ASCII;
    const bool has_lines = band->x != NULL; /* there is nothing between names */
    bool is_first = true;

    for (uint32_t s = 0; s < band->series_count && !is_ascii; s++) {
        if (band->series[s].low != NULL && band->series[s].high != NULL) {
            style_plot_next(c->gp, &is_first);
            gnuplot_printf(c->gp, "$d%u using %s lc rgb '%s' notitle",
                           c->blocks[s],
                           has_lines ? "1:3:4 with filledcurves"
                                     : "1:2:3:4 with yerrorbars lw 1.2 pt -1",
                           style_colour(s));
        }
    }
    for (uint32_t s = 0; s < band->series_count; s++) {
        style_plot_next(c->gp, &is_first);
        gnuplot_printf(
            c->gp, "$d%u using 1:2 with %s lc rgb '%s' lw 2.2 pt %u ps %s",
            c->blocks[s], has_lines ? "linespoints" : "points", style_colour(s),
            style_marker(s), has_lines ? "0.45" : "0.7");
        style_plot_title(c->gp, band->series[s].name);
        style_plot_next(c->gp, &is_first);
        gnuplot_printf(c->gp,
                       "$d%u using 1:5 with points lc rgb '%s' lw 1.2 pt %u "
                       "ps 1.1 notitle",
                       c->blocks[s], style_colour(s), style_marker_open(s));
    }
    gnuplot_printf(c->gp, "\n");
}

void
picture_band_draw(struct gnuplot *gp, const struct picture_band *band)
{
    struct canvas c = {.gp = gp, .band = band};

    ASSERT(band->points_count > 0);
    ASSERT(band->series_count > 0);
    ASSERT(band->series_count <= STYLE_SERIES_MAX);
    layout(&c);
    style_begin(gp);
    style_titles(gp, &c.frame, band->title, band->subtitle);
    style_axes(gp, &c.frame, &c.x, band->x_label, &c.y, band->y_label);
    data(&c);
    knee(&c);
    if (c.is_beyond) {
        style_horizon_label(gp, &c.frame, &c.y, edge_y(&c), band->horizon_s);
    }
    names(&c);
    plot(&c);
}
