/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/style.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LABEL_GAP_PX      17   /* between the middles of two lines of text */
#define LABEL_DISTANCE_PX 10   /* from the axis' end to a label */
#define HORIZON_SHARE     0.91 /* of the axis, where something lies beyond */
#define EDGE_PX           10   /* kept free at the picture's edge */
#define END_MARGIN_PX_MIN 40   /* room for half of x's last label */
#define END_MARGIN_SHARE  0.3  /* of the width, at most, for labels */

const char *
style_colour(uint32_t series)
{
    static const char *const colours[STYLE_SERIES_MAX] = {
        "#0072B2", "#D55E00", "#009E73", "#CC79A7",
        "#56B4E9", "#E69F00", "#000000",
    };
    return colours[series % STYLE_SERIES_MAX];
}

uint32_t
style_marker(uint32_t series)
{
    static const uint32_t markers[] = {7, 5, 9, 13, 11, 15, 7};
    return markers[series % STYLE_SERIES_MAX];
}

uint32_t
style_marker_open(uint32_t series)
{
    return style_marker(series) - 1;
}

/* character_em - advance width in DejaVu Sans, to about a tenth. */
static double
character_em(char c)
{
    if (c == '\0') {
        return 0;
    }
    if (strchr("ijl|'.,:;! ", c) != NULL) {
        return 0.32;
    }
    if (strchr("Ifrt()[]{}/\\-\"`", c) != NULL) {
        return 0.41;
    }
    if (strchr("mwMW%@", c) != NULL) {
        return 0.95;
    }
    if (strchr("<>=+#~&", c) != NULL) {
        return 0.82;
    }
    if (c >= 'A' && c <= 'Z') {
        return 0.70;
    }
    return 0.62;
}

double
style_text_width_px(const char *text, uint32_t font_px)
{
    double em = 0;
    for (const char *s = text; *s != '\0'; s++) {
        const unsigned char byte = (unsigned char)*s;
        if (byte < 0x80) {
            em += character_em(*s);
        } else if (byte >= 0xe0) {
            em += 1; /* far from Latin: as wide as it is high */
        } else if (byte >= 0xc0) {
            em += 0.65;
        }
    }
    return em * font_px;
}

void
style_text_fit(char fitted[STYLE_TEXT_SIZE], const char *text, uint32_t font_px,
               double width_px)
{
    static const char dots[] = "...";
    size_t length = strlen(text);

    if (length < STYLE_TEXT_SIZE &&
        style_text_width_px(text, font_px) <= width_px) {
        memcpy(fitted, text, length + 1);
        return;
    }
    const double room = width_px - style_text_width_px(dots, font_px);
    if (length > STYLE_TEXT_SIZE - sizeof dots) {
        length = STYLE_TEXT_SIZE - sizeof dots;
    }
    memcpy(fitted, text, length);
    fitted[length] = '\0';
    while (length > 0 && (style_text_width_px(fitted, font_px) > room ||
                          ((unsigned char)text[length] & 0xc0) == 0x80)) {
        fitted[--length] = '\0';
    }
    memcpy(fitted + length, dots, sizeof dots);
}

/* order_by_position - insertion sort of indices: few, and stable. */
static void
order_by_position(const double *at_px, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = i;
        while (j > 0 && at_px[order[j - 1]] > at_px[i]) {
            order[j] = order[j - 1];
            j--;
        }
        order[j] = i;
    }
}

struct cluster {
    uint32_t count;
    double wanted_sum; /* of (position - offset within the cluster) */
};

/* cluster_start - where its first member goes: the mean of what all wanted. */
static double
cluster_start(const struct cluster *cluster, double gap, double low,
              double high)
{
    const double start = cluster->wanted_sum / cluster->count;
    const double start_max = high - (cluster->count - 1) * gap;
    return fmax(low, fmin(start, start_max));
}

/*
 * Pool adjacent violators: neighbours that are too near become a cluster that
 * stands where its members on average want it; clusters that then touch merge.
 */
void
style_spread(double *at_px, uint32_t count, double gap_px, double low_px,
             double high_px)
{
    uint32_t order[64];
    struct cluster clusters[64];
    uint32_t clusters_count = 0;

    ASSERT(count <= 64);
    if (count == 0) {
        return;
    }
    const double gap = (count - 1) * gap_px > high_px - low_px
                           ? (high_px - low_px) / (count - 1)
                           : gap_px;
    order_by_position(at_px, order, count);
    for (uint32_t i = 0; i < count; i++) {
        struct cluster next = {.count = 1, .wanted_sum = at_px[order[i]]};
        while (clusters_count > 0) {
            const struct cluster *last = &clusters[clusters_count - 1];
            const double end =
                cluster_start(last, gap, low_px, high_px) + last->count * gap;
            if (end <= cluster_start(&next, gap, low_px, high_px)) {
                break;
            }
            next.wanted_sum +=
                last->wanted_sum - (double)next.count * last->count * gap;
            next.count += last->count;
            clusters_count--;
        }
        clusters[clusters_count++] = next;
    }
    uint32_t i = 0;
    for (uint32_t c = 0; c < clusters_count; c++) {
        const double start = cluster_start(&clusters[c], gap, low_px, high_px);
        for (uint32_t member = 0; member < clusters[c].count; member++) {
            at_px[order[i++]] = start + member * gap;
        }
    }
}

double
style_axis_px(const struct ticks *axis, double value, double from_px,
              double to_px)
{
    double share = 0;
    if (axis->is_log) {
        share = log(fmax(value, axis->low) / axis->low) /
                log(axis->high / axis->low);
    } else {
        share = (value - axis->low) / (axis->high - axis->low);
    }
    return from_px + fmin(fmax(share, 0), 1) * (to_px - from_px);
}

double
style_end_margin_px(const char *const *names, uint32_t count, uint32_t width_px)
{
    double widest = 0;
    for (uint32_t i = 0; i < count; i++) {
        widest = fmax(widest, style_text_width_px(names[i], STYLE_FONT_PX));
    }
    const double margin = LABEL_DISTANCE_PX + widest + EDGE_PX;
    return fmin(fmax(margin, END_MARGIN_PX_MIN), width_px * END_MARGIN_SHARE);
}

double
style_tick_margin_px(const struct ticks *axis)
{
    double widest = 0;
    for (uint32_t i = 0; i < axis->count; i++) {
        widest =
            fmax(widest, style_text_width_px(axis->text[i], STYLE_FONT_PX));
    }
    return EDGE_PX + 2 * STYLE_FONT_PX + widest + 14;
}

void
style_begin(struct gnuplot *gp)
{
    if (gp->format == GNUPLOT_ASCII) {
        gnuplot_printf(gp, "set border 3\nset tics nomirror out\n"
                           "set key top right width 2\n");
        return;
    }
    gnuplot_printf(gp,
                   "set border 3 lc rgb '%s' lw 1\n"
                   "set tics nomirror out scale 0.6 textcolor rgb '%s'\n"
                   "set grid noxtics ytics back lt 1 lc rgb '%s' lw 0.8\n"
                   "set style fill transparent solid 0.18 noborder\n"
                   "unset key\n",
                   STYLE_MUTED, STYLE_MUTED, STYLE_GRID);
}

static uint32_t
font_size(const struct gnuplot *gp, uint32_t font_px)
{
    /* pngcairo counts in points of 4/3 pixels, and draws at twice the size. */
    return gp->format == GNUPLOT_PNG ? (font_px * 3 + 1) / 2 : font_px;
}

void
style_label(struct gnuplot *gp, const struct style_frame *frame,
            const struct style_label *label, const char *text)
{
    static const char *const aligns[] = {"left", "center", "right"};
    char fitted[STYLE_TEXT_SIZE];

    if (gp->format == GNUPLOT_ASCII) {
        return;
    }
    gnuplot_printf(gp, "set label ");
    style_text_fit(fitted, text, label->font_px,
                   label->width_px_max > 0 ? label->width_px_max
                                           : frame->width_px);
    gnuplot_text(gp, fitted);
    /* The svg terminal writes a font's name into an attribute as it is; only
     * markup, which is off, could make it bold otherwise (gnuplot 5.4). */
    const char *bold =
        gp->format == GNUPLOT_SVG ? "\" font-weight=\"bold" : ":Bold";
    gnuplot_printf(gp,
                   " at screen %.5f,%.5f %s%s font 'DejaVu Sans%s,%u' "
                   "textcolor rgb '%s' front\n",
                   label->x_px / frame->width_px,
                   1 - label->y_px / frame->height_px, aligns[label->align],
                   label->is_vertical ? " rotate by 90" : "",
                   label->is_bold ? bold : "", font_size(gp, label->font_px),
                   label->colour);
}

void
style_titles(struct gnuplot *gp, const struct style_frame *frame,
             const char *title, const char *subtitle)
{
    if (gp->format == GNUPLOT_ASCII) {
        gnuplot_printf(gp, "set title ");
        gnuplot_text(gp, title);
        gnuplot_printf(gp, "\n");
        return;
    }
    const double left = frame->area.left_px;
    const double width = frame->width_px - left - EDGE_PX;
    const struct style_label head = {.x_px = left,
                                     .y_px = 30,
                                     .font_px = STYLE_FONT_TITLE_PX,
                                     .colour = STYLE_INK,
                                     .is_bold = true,
                                     .width_px_max = width / 1.12};
    const struct style_label sub = {.x_px = left,
                                    .y_px = 54,
                                    .font_px = STYLE_FONT_SMALL_PX,
                                    .colour = STYLE_MUTED,
                                    .width_px_max = width};
    style_label(gp, frame, &head, title);
    style_label(gp, frame, &sub, subtitle);
}

static void
axis_ticks(struct gnuplot *gp, char axis, const struct ticks *ticks,
           bool is_labelled)
{
    gnuplot_printf(
        gp, ticks->is_log ? "set logscale %c 10\n" : "unset logscale %c\n",
        axis);
    gnuplot_printf(gp, "set %crange [%.10g:%.10g]\nset %ctics (", axis,
                   ticks->low, ticks->high, axis);
    for (uint32_t i = 0; i < ticks->count; i++) {
        gnuplot_printf(gp, i == 0 ? "" : ", ");
        gnuplot_tic_text(gp, is_labelled ? ticks->text[i] : "");
        gnuplot_printf(gp, " %.10g", ticks->at[i]);
    }
    gnuplot_printf(gp, ")\n");
}

static void
axis_label_ascii(struct gnuplot *gp, char axis, const char *text)
{
    gnuplot_printf(gp, "set %clabel ", axis);
    gnuplot_text(gp, text);
    gnuplot_printf(gp, "\n");
}

void
style_axes(struct gnuplot *gp, const struct style_frame *frame,
           const struct ticks *x, const char *x_label, const struct ticks *y,
           const char *y_label)
{
    const struct style_area *area = &frame->area;

    axis_ticks(gp, 'x', x, x_label != NULL);
    axis_ticks(gp, 'y', y, true);
    if (gp->format == GNUPLOT_ASCII) {
        axis_label_ascii(gp, 'x', x_label == NULL ? "" : x_label);
        axis_label_ascii(gp, 'y', y_label);
        return;
    }
    gnuplot_printf(gp,
                   "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
                   "set tmargin at screen %.5f\nset bmargin at screen %.5f\n",
                   area->left_px / frame->width_px,
                   area->right_px / frame->width_px,
                   1 - area->top_px / frame->height_px,
                   1 - area->bottom_px / frame->height_px);
    const struct style_label vertical = {
        .x_px = EDGE_PX + STYLE_FONT_PX / 2.0,
        .y_px = (area->top_px + area->bottom_px) / 2,
        .align = STYLE_CENTER,
        .font_px = STYLE_FONT_PX,
        .colour = STYLE_INK,
        .is_vertical = true,
        .width_px_max = area->bottom_px - area->top_px};
    style_label(gp, frame, &vertical, y_label);
    if (x_label != NULL) {
        const struct style_label below = {
            .x_px = (area->left_px + area->right_px) / 2,
            .y_px = area->bottom_px + 44,
            .align = STYLE_CENTER,
            .font_px = STYLE_FONT_PX,
            .colour = STYLE_INK,
            .width_px_max = area->right_px - area->left_px};
        style_label(gp, frame, &below, x_label);
    }
}

void
style_panel_begin(struct gnuplot *gp, uint32_t panel, uint32_t panels_count)
{
    if (gp->format != GNUPLOT_ASCII) {
        gnuplot_printf(gp, "unset label\n");
        return;
    }
    const double height = 1.0 / panels_count;
    gnuplot_printf(gp, "set origin 0,%.5f\nset size 1,%.5f\n",
                   1 - (panel + 1) * height, height);
    if (panel > 0) {
        gnuplot_printf(gp, "unset title\nunset key\n");
    }
}

void
style_end_labels(struct gnuplot *gp, const struct style_frame *frame,
                 const char *const *names, const double *at_px, uint32_t count)
{
    const struct style_area *area = &frame->area;
    double y_px[STYLE_SERIES_MAX];

    ASSERT(count <= STYLE_SERIES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        y_px[i] = at_px[i];
    }
    style_spread(y_px, count, LABEL_GAP_PX, area->top_px, area->bottom_px - 4);
    for (uint32_t i = 0; i < count; i++) {
        const struct style_label label = {
            .x_px = area->right_px + LABEL_DISTANCE_PX,
            .y_px = y_px[i],
            .font_px = STYLE_FONT_PX,
            .colour = style_colour(i),
            .width_px_max = frame->width_px - area->right_px -
                            LABEL_DISTANCE_PX - EDGE_PX / 2.0};
        style_label(gp, frame, &label, names[i]);
    }
}

void
style_grid_vertical(struct gnuplot *gp)
{
    if (gp->format != GNUPLOT_ASCII) {
        gnuplot_printf(gp, "set grid xtics\n");
    }
}

double
style_edge_high(double low, double horizon)
{
    return low * pow(horizon / low, 1 / HORIZON_SHARE);
}

void
style_horizon_label(struct gnuplot *gp, const struct style_frame *frame,
                    const struct ticks *axis, double y, double horizon_s)
{
    char time[TICKS_TEXT_SIZE];
    char text[TICKS_TEXT_SIZE + 4];
    const struct style_area *area = &frame->area;

    ticks_time_format(time, horizon_s);
    snprintf(text, sizeof text, "> %s", time);
    if (gp->format == GNUPLOT_ASCII) {
        gnuplot_printf(gp, "set ytics add (");
        gnuplot_tic_text(gp, text);
        gnuplot_printf(gp, " %.10g)\n", y);
        return;
    }
    const struct style_label label = {
        .x_px = area->left_px - 12,
        .y_px = style_axis_px(axis, y, area->bottom_px, area->top_px),
        .align = STYLE_RIGHT,
        .font_px = STYLE_FONT_PX,
        .colour = STYLE_MUTED};
    style_label(gp, frame, &label, text);
}

void
style_plot_title(struct gnuplot *gp, const char *name)
{
    if (gp->format == GNUPLOT_ASCII) {
        gnuplot_printf(gp, " title ");
        gnuplot_text(gp, name);
    } else {
        gnuplot_printf(gp, " notitle");
    }
}

void
style_plot_next(struct gnuplot *gp, bool *is_first)
{
    gnuplot_printf(gp, *is_first ? "plot " : ", \\\n     ");
    *is_first = false;
}
