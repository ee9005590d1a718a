/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/picture_series.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "plots/style.h"

#define PANEL_GAP_PX     22
#define PANEL_FIRST_PX   270  /* height of the first panel */
#define PANEL_OTHER_PX   130  /* and of those under it */
#define HEADROOM         1.04 /* a line never lies on the upper edge */
#define COUNT_MIN        2    /* below it ticks would be halves of a thread */
#define COLUMN_PX        2    /* of one value; finer is not seen, and large */
#define FAULT_WIDTH_PX   2    /* a shorter window is drawn this wide */
#define FAULT_ROW_PX     16
#define FAULT_ROWS_MAX   3
#define FAULT_NAMES_MAX  12 /* named in the picture */
#define FAULTS_DRAWN_MAX 200

struct canvas {
    struct gnuplot *gp;
    const struct picture_series *series;
    struct style_frame frame; /* its area is that of the panel at hand */
    struct ticks x;
    struct ticks y[PICTURE_SERIES_PANELS_MAX];
    uint32_t fault_rows; /* lines of text at the top of the first panel */
};

uint32_t
picture_series_height_px(uint32_t panels_count)
{
    return STYLE_AREA_TOP_PX + PANEL_FIRST_PX +
           (panels_count - 1) * (PANEL_GAP_PX + PANEL_OTHER_PX) +
           STYLE_AREA_FOOT_PX;
}

static double
largest(const struct picture_series_line *line)
{
    double most = 0;
    for (uint32_t i = 0; i < line->count; i++) {
        most = fmax(most, line->value[i]); /* fmax passes over NaN */
        if (line->high != NULL) {
            most = fmax(most, line->high[i]);
        }
    }
    return most;
}

static struct style_area
panel_area(const struct canvas *c, uint32_t panel)
{
    struct style_area area = c->frame.area;
    area.top_px = STYLE_AREA_TOP_PX;
    area.bottom_px = area.top_px + PANEL_FIRST_PX;
    if (panel > 0) {
        area.top_px = area.bottom_px + PANEL_GAP_PX +
                      (panel - 1) * (PANEL_GAP_PX + PANEL_OTHER_PX);
        area.bottom_px = area.top_px + PANEL_OTHER_PX;
    }
    return area;
}

/* fault_at - where a window is drawn, at least FAULT_WIDTH_PX wide. */
static void
fault_at(const struct canvas *c, const struct picture_series_fault *fault,
         double *from_px, double *to_px)
{
    const struct style_area *area = &c->frame.area;
    *from_px =
        style_axis_px(&c->x, fault->from_s, area->left_px, area->right_px);
    *to_px = style_axis_px(&c->x, fault->to_s, area->left_px, area->right_px);
    *to_px = fmax(*to_px, *from_px + FAULT_WIDTH_PX);
}

static bool
is_named_before(const struct picture_series *series, uint32_t fault)
{
    for (uint32_t i = 0; i < fault; i++) {
        if (strcmp(series->faults[i].name, series->faults[fault].name) == 0) {
            return true;
        }
    }
    return false;
}

struct fault_label {
    struct style_label label;
    const char *text;
    uint32_t row;
};

/*
 * fault_place - a name hangs off the right edge of its window, so that a narrow
 * one does not clip it; off the left edge where the picture ends. Rows are
 * filled from the top. False: there is no room in any.
 */
static bool
fault_place(const struct canvas *c, const struct picture_series_fault *fault,
            double row_from[FAULT_ROWS_MAX][FAULT_NAMES_MAX],
            double row_to[FAULT_ROWS_MAX][FAULT_NAMES_MAX],
            uint32_t row_counts[FAULT_ROWS_MAX], struct fault_label *placed)
{
    double from = 0;
    double to = 0;
    const double width =
        style_text_width_px(fault->name, STYLE_FONT_SMALL_PX) + 6;

    fault_at(c, fault, &from, &to);
    const bool is_left = to + width > c->frame.area.right_px;
    const double text_from = is_left ? from - width : to;
    for (uint32_t row = 0; row < FAULT_ROWS_MAX; row++) {
        bool is_free = true;
        for (uint32_t i = 0; i < row_counts[row]; i++) {
            is_free = is_free && (text_from > row_to[row][i] + 4 ||
                                  text_from + width + 4 < row_from[row][i]);
        }
        if (!is_free) {
            continue;
        }
        row_from[row][row_counts[row]] = text_from;
        row_to[row][row_counts[row]++] = text_from + width;
        placed->row = row;
        placed->text = fault->name;
        placed->label = (struct style_label){
            .x_px = is_left ? from - 6 : to + 6,
            .y_px = STYLE_AREA_TOP_PX + 10 + row * FAULT_ROW_PX,
            .align = is_left ? STYLE_RIGHT : STYLE_LEFT,
            .font_px = STYLE_FONT_SMALL_PX,
            .colour = STYLE_FAULT_TEXT};
        return true;
    }
    return false;
}

/* faults_place - fills `placed`, returns how many; each name once. */
static uint32_t
faults_place(struct canvas *c, struct fault_label placed[FAULT_NAMES_MAX])
{
    double row_from[FAULT_ROWS_MAX][FAULT_NAMES_MAX] = {{0}};
    double row_to[FAULT_ROWS_MAX][FAULT_NAMES_MAX] = {{0}};
    uint32_t row_counts[FAULT_ROWS_MAX] = {0};
    uint32_t count = 0;

    c->fault_rows = 0;
    for (uint32_t i = 0; i < c->series->faults_count && count < FAULT_NAMES_MAX;
         i++) {
        if (is_named_before(c->series, i) ||
            !fault_place(c, &c->series->faults[i], row_from, row_to, row_counts,
                         &placed[count])) {
            continue;
        }
        if (placed[count].row + 1 > c->fault_rows) {
            c->fault_rows = placed[count].row + 1;
        }
        count++;
    }
    return count;
}

/* y_axes - the first panel has room for the names of faults above its data. */
static void
y_axes(struct canvas *c)
{
    for (uint32_t p = 0; p < c->series->panels_count; p++) {
        double most = 0;
        for (uint32_t s = 0; s < c->series->names_count; s++) {
            most = fmax(most, largest(&c->series->panels[p].lines[s]));
        }
        most = fmax(most, COUNT_MIN) * HEADROOM;
        if (p == 0) {
            const double taken = c->fault_rows * FAULT_ROW_PX + 4.0;
            most = most / (1 - taken / PANEL_FIRST_PX);
        }
        ticks_linear(&c->y[p], 0, most, p == 0 ? 5 : 2);
    }
}

static double
left_margin_px(const struct canvas *c)
{
    double widest = 0;
    for (uint32_t p = 0; p < c->series->panels_count; p++) {
        widest = fmax(widest, style_tick_margin_px(&c->y[p]));
    }
    return widest;
}

static void
layout(struct canvas *c, struct fault_label placed[FAULT_NAMES_MAX],
       uint32_t *placed_count)
{
    const struct picture_series *series = c->series;

    c->frame = (struct style_frame){
        .width_px = STYLE_WIDTH_PX,
        .height_px = picture_series_height_px(series->panels_count)};
    c->frame.area.right_px =
        STYLE_WIDTH_PX -
        style_end_margin_px(series->names, series->names_count, STYLE_WIDTH_PX);
    ticks_time_linear(&c->x, series->horizon_s, 8);
    /* The names of faults and the left margin depend on each other by a few
     * pixels only: the second round settles it. */
    for (uint32_t round = 0; round < 2; round++) {
        y_axes(c);
        c->frame.area.left_px = left_margin_px(c);
        *placed_count = faults_place(c, placed);
    }
    y_axes(c);
    c->frame.area = panel_area(c, 0);
}

/* column - the column of pixels a time lies in. */
static uint32_t
column(const struct canvas *c, double time_s)
{
    return (uint32_t)style_axis_px(
        &c->x, time_s, 0,
        (c->frame.area.right_px - c->frame.area.left_px) / COLUMN_PX);
}

/* column_end - the first index after those in the same column as `i`. */
static uint32_t
column_end(const struct canvas *c, const struct picture_series_line *line,
           uint32_t i)
{
    const uint32_t here = column(c, line->time_s[i]);
    while (i < line->count && column(c, line->time_s[i]) == here) {
        i++;
    }
    return i;
}

/* Rows on their way out: of equal ones in a row the first and the last. */
struct rows {
    double last[3];
    uint32_t width;
    bool has_last;
    bool is_held; /* last[] equals the row before and has not been sent */
};

static bool
is_level(const struct rows *rows, const double *row)
{
    bool is_equal = rows->has_last;
    for (uint32_t i = 1; i < rows->width; i++) {
        /* NaN, a gap, equals nothing. */
        is_equal =
            is_equal && row[i] >= rows->last[i] && row[i] <= rows->last[i];
    }
    return is_equal;
}

static void
rows_flush(struct canvas *c, struct rows *rows)
{
    if (rows->is_held) {
        gnuplot_data_row(c->gp, rows->last, rows->width);
        rows->is_held = false;
    }
}

static void
rows_add(struct canvas *c, struct rows *rows, const double *row)
{
    const bool is_equal = is_level(rows, row);

    if (!is_equal) {
        rows_flush(c, rows);
        gnuplot_data_row(c->gp, row, rows->width);
    }
    rows->is_held = is_equal;
    rows->has_last = true;
    memcpy(rows->last, row, rows->width * sizeof *row);
}

/* line_data - two rows a column at most: its extremes, in order of time. */
static void
line_data(struct canvas *c, const struct picture_series_line *line)
{
    struct rows rows = {.width = 2};

    gnuplot_data_begin(c->gp);
    for (uint32_t i = 0; i < line->count;) {
        const uint32_t end = column_end(c, line, i);
        uint32_t low = i;
        uint32_t high = i;
        for (uint32_t j = i + 1; j < end; j++) {
            low = line->value[j] < line->value[low] ? j : low;
            high = line->value[j] > line->value[high] ? j : high;
        }
        const uint32_t first = low < high ? low : high;
        const uint32_t second = low < high ? high : low;
        rows_add(c, &rows, (double[]){line->time_s[first], line->value[first]});
        if (second != first) {
            rows_add(c, &rows,
                     (double[]){line->time_s[second], line->value[second]});
        }
        i = end;
    }
    rows_flush(c, &rows);
    gnuplot_data_end(c->gp);
}

/* band_data - one row a column: the widest that the band gets in it. */
static void
band_data(struct canvas *c, const struct picture_series_line *line)
{
    struct rows rows = {.width = 3};

    gnuplot_data_begin(c->gp);
    for (uint32_t i = 0; i < line->count;) {
        const uint32_t end = column_end(c, line, i);
        double low = line->low[i];
        double high = line->high[i];
        for (uint32_t j = i + 1; j < end; j++) {
            low = fmin(low, line->low[j]);
            high = fmax(high, line->high[j]);
        }
        rows_add(c, &rows, (double[]){line->time_s[i], low, high});
        i = end;
    }
    rows_flush(c, &rows);
    gnuplot_data_end(c->gp);
}

static bool
has_band(const struct canvas *c, const struct picture_series_line *line)
{
    return line->low != NULL && line->high != NULL &&
           c->gp->format != GNUPLOT_ASCII;
}

/* faults_shade - rectangles behind the data, numbered so that each panel
 * replaces those of the one before. */
static void
faults_shade(struct canvas *c)
{
    const struct style_area *area = &c->frame.area;
    if (c->gp->format == GNUPLOT_ASCII) {
        return;
    }
    for (uint32_t i = 0; i < c->series->faults_count && i < FAULTS_DRAWN_MAX;
         i++) {
        double from = 0;
        double to = 0;
        fault_at(c, &c->series->faults[i], &from, &to);
        const double width = area->right_px - area->left_px;
        gnuplot_printf(c->gp,
                       "set object %u rect from graph %.5f,graph 0 "
                       "to graph %.5f,graph 1 behind fc rgb '%s' "
                       "fs solid 1.0 noborder\n",
                       i + 1, (from - area->left_px) / width,
                       fmin((to - area->left_px) / width, 1), STYLE_FAULT_FILL);
    }
}

/* panel_plot - bands first, then lines. Blocks are numbered as they come. */
static void
panel_plot(struct canvas *c, const struct picture_series_panel *panel)
{
    uint32_t bands[STYLE_SERIES_MAX] = {0};
    uint32_t lines[STYLE_SERIES_MAX];
    bool is_first = true;

    for (uint32_t s = 0; s < c->series->names_count; s++) {
        if (has_band(c, &panel->lines[s])) {
            bands[s] = c->gp->blocks_count;
            band_data(c, &panel->lines[s]);
        }
        lines[s] = c->gp->blocks_count;
        line_data(c, &panel->lines[s]);
    }
    for (uint32_t s = 0; s < c->series->names_count; s++) {
        if (has_band(c, &panel->lines[s])) {
            style_plot_next(c->gp, &is_first);
            gnuplot_printf(c->gp,
                           "$d%u using 1:2:3 with filledcurves lc rgb '%s' "
                           "notitle",
                           bands[s], style_colour(s));
        }
    }
    for (uint32_t s = 0; s < c->series->names_count; s++) {
        style_plot_next(c->gp, &is_first);
        gnuplot_printf(c->gp, "$d%u using 1:2 with lines lc rgb '%s' lw 1.6",
                       lines[s], style_colour(s));
        style_plot_title(c->gp, c->series->names[s]);
    }
    gnuplot_printf(c->gp, "\n");
}

/* names - each at the height of its last value in the first panel. */
static void
names(struct canvas *c)
{
    double at[STYLE_SERIES_MAX];
    for (uint32_t s = 0; s < c->series->names_count; s++) {
        const struct picture_series_line *line = &c->series->panels[0].lines[s];
        double last = 0;
        for (uint32_t i = 0; i < line->count; i++) {
            last = isnan(line->value[i]) ? last : line->value[i];
        }
        at[s] = style_axis_px(&c->y[0], last, c->frame.area.bottom_px,
                              c->frame.area.top_px);
    }
    style_end_labels(c->gp, &c->frame, c->series->names, at,
                     c->series->names_count);
}

void
picture_series_draw(struct gnuplot *gp, const struct picture_series *series)
{
    struct canvas c = {.gp = gp, .series = series};
    struct fault_label placed[FAULT_NAMES_MAX];
    uint32_t placed_count = 0;

    ASSERT(series->names_count > 0 && series->names_count <= STYLE_SERIES_MAX);
    ASSERT(series->panels_count > 0 &&
           series->panels_count <= PICTURE_SERIES_PANELS_MAX);
    ASSERT(series->horizon_s > 0);
    layout(&c, placed, &placed_count);
    style_begin(gp);
    gnuplot_printf(gp, "set multiplot\n");
    for (uint32_t p = 0; p < series->panels_count; p++) {
        const bool is_last = p + 1 == series->panels_count;
        c.frame.area = panel_area(&c, p);
        style_panel_begin(gp, p, series->panels_count);
        if (p == 0) {
            style_titles(gp, &c.frame, series->title, series->subtitle);
            names(&c);
        }
        for (uint32_t i = 0; p == 0 && i < placed_count; i++) {
            style_label(gp, &c.frame, &placed[i].label, placed[i].text);
        }
        style_axes(gp, &c.frame, &c.x, is_last ? "simulated time" : NULL,
                   &c.y[p], series->panels[p].y_label);
        faults_shade(&c);
        panel_plot(&c, &series->panels[p]);
    }
    gnuplot_printf(gp, "unset multiplot\n");
}
