/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/picture_sequence.h"

#include <math.h>

#include "plots/style.h"

#define KEY_PX       16 /* a row of marks under the subtitle */
#define TOP_PX       (STYLE_AREA_TOP_PX + KEY_PX)
#define SEQUENCE_PX  300
#define GAP_PX       26
#define WINDOWS_PX   150
#define HEADROOM     1.06
#define STEP_PX      0.5
#define JOIN_PX      0.7 /* bars nearer than this are one */
#define WINDOW_LEAST 1   /* bytes: a logarithm wants more than nothing */
#define LINES_COUNT  3

enum { UPPER, LOWER, PANELS_COUNT };

struct canvas {
    struct gnuplot *gp;
    const struct picture_sequence *sequence;
    struct style_frame frame;
    struct ticks x;
    struct ticks y[PANELS_COUNT];
};

/* The first lines share their colours with those of the lower panel. */
static const char *const upper_names[LINES_COUNT] = {
    "acknowledged", "may send: believed", "may send: offered"};
static const char *const lower_names[LINES_COUNT] = {
    "congestion window", "window, believed", "window, offered"};

/* How a fate is marked: at the middle of a segment; sent again, at its end. */
static const struct {
    const char *name;
    const char *glyph;
    const char *colour;
    uint32_t point;
} marks[PICTURE_SEQUENCE_MARKS_COUNT] = {
    [PICTURE_SEQUENCE_SENT] = {"sent", "\xe2\x96\x8c", STYLE_INK, 0},
    [PICTURE_SEQUENCE_RESENT] = {"sent again", "\xe2\x96\xb2", "#E69F00", 9},
    [PICTURE_SEQUENCE_BOX_DROP] = {"dropped by the middlebox", "\xc3\x97",
                                   "#b42318", 2},
    [PICTURE_SEQUENCE_LOST] = {"lost on the line", "+", "#CC79A7", 1},
    [PICTURE_SEQUENCE_OVERFLOW] = {"dropped by the full queue", "\xe2\x97\x8b",
                                   "#56B4E9", 6},
};

uint32_t
picture_sequence_height_px(void)
{
    return TOP_PX + SEQUENCE_PX + GAP_PX + WINDOWS_PX + STYLE_AREA_FOOT_PX;
}

static void
panel_set(struct canvas *c, uint32_t panel)
{
    struct style_area *area = &c->frame.area;

    area->top_px = panel == UPPER ? TOP_PX : TOP_PX + SEQUENCE_PX + GAP_PX;
    area->bottom_px =
        area->top_px + (panel == UPPER ? SEQUENCE_PX : WINDOWS_PX);
}

static double
believed_window(const struct picture_sequence_belief *belief)
{
    return fmax(belief->edge_bytes - belief->acked_bytes, WINDOW_LEAST);
}

/* axes_make - the stream as far as it was sent: an edge that lies far beyond
 * must not press the segments flat */
static void
axes_make(struct canvas *c)
{
    const struct picture_sequence *s = c->sequence;
    double sent = 1, least = 65535, most = 65535;

    for (uint32_t i = 0; i < s->segments_count; i++) {
        if (s->segments[i].time_s <= s->horizon_s) {
            sent = fmax(sent, s->segments[i].to_bytes);
        }
    }
    for (uint32_t i = 0; i < s->beliefs_count; i++) {
        const double window = believed_window(&s->beliefs[i]);
        const double congestion = s->beliefs[i].congestion_bytes;

        least = fmin(least, window);
        most = fmax(most, fmax(window, congestion));
    }
    for (uint32_t i = 0; i < s->offers_count; i++) {
        most = fmax(most, s->offers[i].window_bytes);
    }
    ticks_time_linear(&c->x, s->horizon_s, 8);
    ticks_linear(&c->y[UPPER], 0, sent * HEADROOM, 5);
    c->y[UPPER].high = sent * HEADROOM;
    while (c->y[UPPER].at[c->y[UPPER].count - 1] > c->y[UPPER].high) {
        c->y[UPPER].count--;
    }
    ticks_log(&c->y[LOWER], pow(10, floor(log10(least))), most * 1.5);
}

static void
layout(struct canvas *c)
{
    double left = 0;

    axes_make(c);
    c->frame = (struct style_frame){.width_px = STYLE_WIDTH_PX,
                                    .height_px = picture_sequence_height_px()};
    for (uint32_t p = 0; p < PANELS_COUNT; p++) {
        left = fmax(left, style_tick_margin_px(&c->y[p]));
    }
    c->frame.area.left_px = left;
    c->frame.area.right_px =
        STYLE_WIDTH_PX -
        fmax(style_end_margin_px(upper_names, LINES_COUNT, STYLE_WIDTH_PX),
             style_end_margin_px(lower_names, LINES_COUNT, STYLE_WIDTH_PX));
    panel_set(c, UPPER);
}

static double
x_px(const struct canvas *c, double time_s)
{
    return style_axis_px(&c->x, time_s, c->frame.area.left_px,
                         c->frame.area.right_px);
}

static double
y_px(const struct canvas *c, uint32_t panel, double value)
{
    return style_axis_px(&c->y[panel], value, c->frame.area.bottom_px,
                         c->frame.area.top_px);
}

/* --- Lines --------------------------------------------------------------- */

/* The lines of a panel are values by index of what the sequence holds. */
struct line {
    double (*time)(const struct picture_sequence *s, uint32_t i);
    double (*value)(const struct picture_sequence *s, uint32_t i);
    uint32_t count;
};

static double
belief_time(const struct picture_sequence *s, uint32_t i)
{
    return s->beliefs[i].time_s;
}

static double
offer_time(const struct picture_sequence *s, uint32_t i)
{
    return s->offers[i].time_s;
}

static double
belief_acked(const struct picture_sequence *s, uint32_t i)
{
    return s->beliefs[i].acked_bytes;
}

static double
belief_edge(const struct picture_sequence *s, uint32_t i)
{
    return s->beliefs[i].edge_bytes;
}

static double
offer_edge(const struct picture_sequence *s, uint32_t i)
{
    return s->offers[i].edge_bytes;
}

static double
belief_congestion(const struct picture_sequence *s, uint32_t i)
{
    return fmax(s->beliefs[i].congestion_bytes, WINDOW_LEAST);
}

static double
belief_window(const struct picture_sequence *s, uint32_t i)
{
    return believed_window(&s->beliefs[i]);
}

static double
offer_window(const struct picture_sequence *s, uint32_t i)
{
    return fmax(s->offers[i].window_bytes, WINDOW_LEAST);
}

/* line_data - steps; what changes nothing to be seen is left out. The last
 * value comes back. */
static double
line_data(struct canvas *c, uint32_t panel, const struct line *line)
{
    double x_last = -1, y_last = -1, value = 0;

    gnuplot_data_begin(c->gp);
    for (uint32_t i = 0; i < line->count; i++) {
        const double time = line->time(c->sequence, i);

        if (time > c->x.high) {
            break;
        }
        /* Far above the picture is above the picture: a step to there would
         * be cut off by gnuplot as well, but not its number. */
        value = fmin(line->value(c->sequence, i), c->y[panel].high * 2);
        const double x = x_px(c, time);
        const double y = y_px(c, panel, value);

        if (i == 0 || fabs(y - y_last) >= STEP_PX ||
            (fabs(x - x_last) >= STEP_PX && fabs(y - y_last) > 0)) {
            gnuplot_data_row(c->gp, (double[]){time, value}, 2);
            x_last = x;
            y_last = y;
        }
    }
    gnuplot_data_row(c->gp, (double[]){c->x.high, value}, 2);
    gnuplot_data_end(c->gp);
    return value;
}

static void
lines_make(const struct picture_sequence *s, uint32_t panel,
           struct line lines[LINES_COUNT])
{
    const bool is_upper = panel == UPPER;

    lines[0] =
        (struct line){belief_time, is_upper ? belief_acked : belief_congestion,
                      s->beliefs_count};
    lines[1] = (struct line){
        belief_time, is_upper ? belief_edge : belief_window, s->beliefs_count};
    lines[2] = (struct line){offer_time, is_upper ? offer_edge : offer_window,
                             s->offers_count};
}

/* --- Segments ------------------------------------------------------------ */

/* bars_data - of all that was sent; bars that touch in one column are one */
static void
bars_data(struct canvas *c)
{
    const struct picture_sequence *s = c->sequence;
    double from = 0, to = 0, time = 0;
    bool is_held = false;

    gnuplot_data_begin(c->gp);
    for (uint32_t i = 0; i < s->segments_count; i++) {
        const struct picture_sequence_segment *segment = &s->segments[i];

        if (segment->time_s > s->horizon_s) {
            break;
        }
        if (is_held && segment->from_bytes >= from &&
            segment->from_bytes <= to + 1 &&
            fabs(x_px(c, segment->time_s) - x_px(c, time)) < JOIN_PX) {
            to = fmax(to, segment->to_bytes);
            continue;
        }
        if (is_held) {
            gnuplot_data_row(c->gp, (double[]){time, from, to - from}, 3);
        }
        is_held = true;
        time = segment->time_s;
        from = segment->from_bytes;
        to = segment->to_bytes;
    }
    if (is_held) {
        gnuplot_data_row(c->gp, (double[]){time, from, to - from}, 3);
    }
    gnuplot_data_end(c->gp);
}

static bool
has_mark(const struct picture_sequence_segment *segment,
         enum picture_sequence_mark mark)
{
    return mark == PICTURE_SEQUENCE_RESENT ? segment->is_resent
                                           : segment->mark == mark;
}

/* marks_data - how many segments have this mark */
static uint32_t
marks_data(struct canvas *c, enum picture_sequence_mark mark)
{
    const struct picture_sequence *s = c->sequence;
    uint32_t count = 0;

    gnuplot_data_begin(c->gp);
    for (uint32_t i = 0; i < s->segments_count; i++) {
        const struct picture_sequence_segment *segment = &s->segments[i];

        if (segment->time_s <= s->horizon_s && has_mark(segment, mark)) {
            gnuplot_data_row(
                c->gp,
                (double[]){segment->time_s,
                           mark == PICTURE_SEQUENCE_RESENT
                               ? segment->to_bytes
                               : (segment->from_bytes + segment->to_bytes) / 2},
                2);
            count++;
        }
    }
    gnuplot_data_end(c->gp);
    return count;
}

/* key - the marks that are in the picture, in a row above it */
static void
key(struct canvas *c, const uint32_t counts[PICTURE_SEQUENCE_MARKS_COUNT])
{
    double x = c->frame.area.left_px;

    for (uint32_t m = 0; m < PICTURE_SEQUENCE_MARKS_COUNT; m++) {
        char text[64];

        if (m != PICTURE_SEQUENCE_SENT && counts[m] == 0) {
            continue;
        }
        if (m == PICTURE_SEQUENCE_SENT) {
            snprintf(text, sizeof text, "%s %s", marks[m].glyph, marks[m].name);
        } else {
            snprintf(text, sizeof text, "%s %s (%u)", marks[m].glyph,
                     marks[m].name, counts[m]);
        }
        const struct style_label label = {.x_px = x,
                                          .y_px = TOP_PX - 18,
                                          .font_px = STYLE_FONT_SMALL_PX,
                                          .colour = marks[m].colour};

        style_label(c->gp, &c->frame, &label, text);
        x += style_text_width_px(text, STYLE_FONT_SMALL_PX) + 18;
    }
}

/* --- Panels -------------------------------------------------------------- */

static void
lines_plot(struct canvas *c, uint32_t first_block, bool *is_first)
{
    for (uint32_t i = 0; i < LINES_COUNT; i++) {
        style_plot_next(c->gp, is_first);
        gnuplot_printf(
            c->gp, "$d%u using 1:2 with steps lc rgb '%s' lw %s notitle",
            first_block + i, style_colour(i), i == 2 ? "1.2 dt 2" : "1.6");
    }
}

static void
upper_draw(struct canvas *c)
{
    struct line lines[LINES_COUNT];
    uint32_t counts[PICTURE_SEQUENCE_MARKS_COUNT] = {0};
    uint32_t blocks[PICTURE_SEQUENCE_MARKS_COUNT] = {0};
    double ends_px[LINES_COUNT];
    bool is_first = true;
    const uint32_t first = c->gp->blocks_count;

    lines_make(c->sequence, UPPER, lines);
    for (uint32_t i = 0; i < LINES_COUNT; i++) {
        ends_px[i] = y_px(c, UPPER, line_data(c, UPPER, &lines[i]));
    }
    const uint32_t bars = c->gp->blocks_count;

    bars_data(c);
    for (uint32_t m = 1; m < PICTURE_SEQUENCE_MARKS_COUNT; m++) {
        blocks[m] = c->gp->blocks_count;
        counts[m] = marks_data(c, (enum picture_sequence_mark)m);
    }
    key(c, counts);
    style_end_labels(c->gp, &c->frame, upper_names, ends_px, LINES_COUNT);
    lines_plot(c, first, &is_first);
    style_plot_next(c->gp, &is_first);
    gnuplot_printf(c->gp,
                   "$d%u using 1:2:(0):3 with vectors nohead lc rgb '%s' "
                   "lw 2 notitle",
                   bars, marks[PICTURE_SEQUENCE_SENT].colour);
    style_plot_next(c->gp, &is_first);
    gnuplot_printf(c->gp,
                   "$d%u using 1:2 with points pt 7 ps 0.15 lc rgb '%s' "
                   "notitle",
                   bars, marks[PICTURE_SEQUENCE_SENT].colour);
    for (uint32_t m = 1; m < PICTURE_SEQUENCE_MARKS_COUNT; m++) {
        if (counts[m] > 0) {
            style_plot_next(c->gp, &is_first);
            gnuplot_printf(c->gp,
                           "$d%u using 1:2 with points pt %u ps %s lw 1.6 "
                           "lc rgb '%s' notitle",
                           blocks[m], marks[m].point,
                           m == PICTURE_SEQUENCE_RESENT ? "0.6" : "0.9",
                           marks[m].colour);
        }
    }
    gnuplot_printf(c->gp, "\n");
}

static void
lower_draw(struct canvas *c)
{
    struct line lines[LINES_COUNT];
    double ends_px[LINES_COUNT];
    bool is_first = true;
    const uint32_t first = c->gp->blocks_count;

    lines_make(c->sequence, LOWER, lines);
    for (uint32_t i = 0; i < LINES_COUNT; i++) {
        ends_px[i] = y_px(c, LOWER, line_data(c, LOWER, &lines[i]));
    }
    style_end_labels(c->gp, &c->frame, lower_names, ends_px, LINES_COUNT);
    lines_plot(c, first, &is_first);
    gnuplot_printf(c->gp, "\n");
}

void
picture_sequence_draw(struct gnuplot *gp,
                      const struct picture_sequence *sequence)
{
    struct canvas c = {.gp = gp, .sequence = sequence};

    ASSERT(sequence->horizon_s > 0);
    layout(&c);
    style_begin(gp);
    gnuplot_printf(gp, "set multiplot\n");
    style_panel_begin(gp, UPPER, PANELS_COUNT);
    style_titles(gp, &c.frame, sequence->title, sequence->subtitle);
    style_axes(gp, &c.frame, &c.x, NULL, &c.y[UPPER], sequence->stream);
    style_grid_vertical(gp);
    upper_draw(&c);
    panel_set(&c, LOWER);
    style_panel_begin(gp, LOWER, PANELS_COUNT);
    style_axes(gp, &c.frame, &c.x, "time since the SYN", &c.y[LOWER],
               "windows, bytes");
    lower_draw(&c);
    gnuplot_printf(gp, "unset multiplot\n");
}
