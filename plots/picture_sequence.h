/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * picture_sequence.h - one direction of a connection: a time-sequence graph
 *
 * Above, each segment as a bar from its first byte to its last, when it was
 * sent; what was sent again and what was lost, and to whom, has a mark. Lines
 * tell how far the other end has acknowledged, how far the sender believes it
 * may go, and how far the receiver would in truth take data. Below, on a
 * logarithmic scale, the three windows that hold a sender back: what was
 * offered, what the sender believes was, and its congestion window.
 *
 * Bars that would lie on each other are joined; points nearer than half a
 * pixel to the last are left out.
 *
 * UNITS      Seconds and bytes, as double: for drawing only.
 * OWNERSHIP  All pointers are borrowed for the call.
 */
#ifndef PLOTS_PICTURE_SEQUENCE_H
#define PLOTS_PICTURE_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "plots/gnuplot.h"

enum picture_sequence_mark {
    PICTURE_SEQUENCE_SENT,
    PICTURE_SEQUENCE_RESENT,
    PICTURE_SEQUENCE_BOX_DROP, /* by a middlebox */
    PICTURE_SEQUENCE_LOST,     /* by chance */
    PICTURE_SEQUENCE_OVERFLOW, /* a queue was full */
    PICTURE_SEQUENCE_MARKS_COUNT
};

struct picture_sequence_segment {
    double time_s; /* ascending */
    double from_bytes;
    double to_bytes;
    bool is_resent;
    enum picture_sequence_mark mark; /* its fate; SENT: it arrived */
};

/* What the sender thinks at time_s. */
struct picture_sequence_belief {
    double time_s; /* ascending */
    double acked_bytes;
    double edge_bytes; /* it may send up to here */
    double congestion_bytes;
};

/* What the receiver would take. */
struct picture_sequence_offer {
    double time_s; /* ascending */
    double edge_bytes;
    double window_bytes;
};

struct picture_sequence {
    const char *title;
    const char *subtitle;
    const char *stream; /* "bytes of the client's stream" */
    const struct picture_sequence_segment *segments;
    const struct picture_sequence_belief *beliefs;
    const struct picture_sequence_offer *offers;
    uint32_t segments_count;
    uint32_t beliefs_count;
    uint32_t offers_count;
    double horizon_s; /* the right end; > 0. What comes later is left out */
};

/* The width is STYLE_WIDTH_PX. */
uint32_t picture_sequence_height_px(void);

void picture_sequence_draw(struct gnuplot *gp,
                           const struct picture_sequence *sequence);

#endif
