/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * style.h - the house style: one look for every picture
 *
 * White ground, left and bottom axis, light horizontal grid, a bold title with
 * a grey line under it, series told apart by colour and marker and named at
 * the end of their line instead of in a key.
 *
 * The layout is done here, in pixels, and not by gnuplot: margins follow from
 * the widths of what stands in them, and labels from the data, pushed apart
 * until none covers another. Widths of text are estimated for DejaVu Sans.
 *
 * For the terminal (GNUPLOT_ASCII) the same calls give gnuplot's own title,
 * axis labels and key: a grid of characters has no room for more.
 *
 * UNITS      Pixels from the top left corner of the picture, CSS size.
 * COST       Nothing beside gnuplot itself.
 */
#ifndef PLOTS_STYLE_H
#define PLOTS_STYLE_H

#include <stdbool.h>
#include <stdint.h>

#include "plots/gnuplot.h"
#include "plots/ticks.h"

#define STYLE_SERIES_MAX 7 /* colours that can be told apart */
#define STYLE_WIDTH_PX   860
#define STYLE_HEIGHT_PX  480
#define STYLE_TEXT_SIZE  256 /* bytes of a text after it was cut to fit */

#define STYLE_FONT_PX       13
#define STYLE_FONT_SMALL_PX 11
#define STYLE_FONT_TITLE_PX 15

#define STYLE_INK        "#1f2933"
#define STYLE_MUTED      "#616e7c"
#define STYLE_GRID       "#e4e7eb"
#define STYLE_FAULT_FILL "#fdeceb"
#define STYLE_FAULT_TEXT "#b42318"

/* One plotting area. left < right, top < bottom. */
struct style_area {
    double left_px;
    double right_px;
    double top_px;
    double bottom_px;
};

struct style_frame {
    uint32_t width_px;
    uint32_t height_px;
    struct style_area area;
};

enum style_align { STYLE_LEFT, STYLE_CENTER, STYLE_RIGHT };

struct style_label {
    double x_px;
    double y_px; /* of the middle of the text */
    enum style_align align;
    uint32_t font_px;
    const char *colour; /* "#rrggbb" */
    bool is_bold;
    bool is_vertical;
    double width_px_max; /* the text is cut to it; 0: not */
};

/* Edges of the area that all pictures share, and the share of its height at
 * which what lies beyond the scale is marked. */
#define STYLE_AREA_TOP_PX  78
#define STYLE_AREA_FOOT_PX 66 /* under the area */
#define STYLE_EDGE_SHARE   0.975

/* Colour of a series, Okabe-Ito reordered; and gnuplot's point type. */
const char *style_colour(uint32_t series);
uint32_t style_marker(uint32_t series);
uint32_t style_marker_open(uint32_t series); /* the same, hollow */

/* Estimated width. Counts characters, not bytes. */
double style_text_width_px(const char *text, uint32_t font_px);

/* Copies text, ended by three dots where it would be wider than width_px. */
void style_text_fit(char fitted[STYLE_TEXT_SIZE], const char *text,
                    uint32_t font_px, double width_px);

/*
 * Moves positions apart until neighbours are at least gap_px apart and all lie
 * in low_px..high_px, moving as little as the order allows. Order: position,
 * then index. Where there is no room for all, they share it evenly.
 */
void style_spread(double *at_px, uint32_t count, double gap_px, double low_px,
                  double high_px);

/* Pixels where `value` lies between from_px (low) and to_px (high). */
double style_axis_px(const struct ticks *axis, double value, double from_px,
                     double to_px);

/* Width for labels right of the area, for the widest of the names. */
double style_end_margin_px(const char *const *names, uint32_t count,
                           uint32_t width_px);
/* Width left of the area, for tick labels and the axis label. */
double style_tick_margin_px(const struct ticks *axis);

/* Colours, borders, grid; once a script. */
void style_begin(struct gnuplot *gp);
void style_titles(struct gnuplot *gp, const struct style_frame *frame,
                  const char *title, const char *subtitle);
/* Ranges, ticks and labels of an area. `x_label` NULL: x has bare ticks. */
void style_axes(struct gnuplot *gp, const struct style_frame *frame,
                const struct ticks *x, const char *x_label,
                const struct ticks *y, const char *y_label);
/* Between the panels of a multiplot: forgets labels; divides the terminal. */
void style_panel_begin(struct gnuplot *gp, uint32_t panel,
                       uint32_t panels_count);
void style_label(struct gnuplot *gp, const struct style_frame *frame,
                 const struct style_label *label, const char *text);
/* Names of the series right of the area, at their last values' heights. */
void style_end_labels(struct gnuplot *gp, const struct style_frame *frame,
                      const char *const *names, const double *at_px,
                      uint32_t count);
/* Vertical grid lines too. */
void style_grid_vertical(struct gnuplot *gp);
/* The high end of a logarithmic axis that leaves room above the horizon for
 * STYLE_EDGE_SHARE. */
double style_edge_high(double low, double horizon);
/* "> 4 h" left of the y axis, at the height of y. */
void style_horizon_label(struct gnuplot *gp, const struct style_frame *frame,
                         const struct ticks *axis, double y, double horizon_s);
/* " title ..." for the terminal, " notitle" elsewhere. */
void style_plot_title(struct gnuplot *gp, const char *name);
/* "plot " before the first element of a plot, ", " before the others. */
void style_plot_next(struct gnuplot *gp, bool *is_first);

#endif
