/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * linkdraw.c - see linkdraw.h
 */
#include "sim/cmd/linkdraw.h"

#include <stdlib.h>
#include <string.h>

#include "plots/picture_sequence.h"
#include "plots/style.h"
#include "sim/cmd/figures.h"
#include "sim/cmd/linkwords.h"

enum { STEPS = 50 }; /* that can be told apart in the width of a picture */

bool
linkdraw_format(const char *path, enum gnuplot_format *format)
{
    const size_t size = strlen(path);

    if (size > 4 && strcmp(path + size - 4, ".svg") == 0) {
        *format = GNUPLOT_SVG;
        return true;
    }
    if (size > 4 && strcmp(path + size - 4, ".png") == 0) {
        *format = GNUPLOT_PNG;
        return true;
    }
    return false;
}

/* took_ns - how long this side's words were on their way, all together */
static int64_t
took_ns(const struct trial *trial, enum tcp_side side)
{
    int64_t sum_ns = 0;

    for (uint32_t i = 0; i < trial->turns_begun; i++) {
        const struct trial_leg *leg = &trial->turns[i].legs[side];

        if (leg->bytes > 0 && leg->said_at_ns >= 0) {
            sum_ns +=
                (leg->there_at_ns >= 0 ? leg->there_at_ns : trial->end_at_ns) -
                leg->said_at_ns;
        }
    }
    return sum_ns;
}

/* side_told - whose stream is drawn */
static enum tcp_side
side_told(const struct trial *trial)
{
    const enum tcp_side sender = trial->params->sender;

    return took_ns(trial, tcp_other(sender)) > took_ns(trial, sender)
               ? tcp_other(sender)
               : sender;
}

static double
seconds(int64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

static enum picture_sequence_mark
mark_of(enum witness_fate fate)
{
    switch (fate) {
    case WITNESS_UNDER_WAY:
    case WITNESS_ARRIVED:
        return PICTURE_SEQUENCE_SENT;
    case WITNESS_BOX_DROP:
        return PICTURE_SEQUENCE_BOX_DROP;
    case WITNESS_LOST:
        return PICTURE_SEQUENCE_LOST;
    case WITNESS_OVERFLOW:
        return PICTURE_SEQUENCE_OVERFLOW;
    }
    UNREACHABLE("every fate is above");
}

/* segments_make - what takes up sequence numbers; the bare ACKs are the line */
static struct picture_sequence_segment *
segments_make(const struct witness *witness, enum tcp_side side,
              uint32_t *count)
{
    struct picture_sequence_segment *segments =
        base_alloc(((uint64_t)witness->packets_count + 1) * sizeof *segments);

    *count = 0;
    for (uint32_t i = 0; i < witness->packets_count; i++) {
        const struct witness_packet *packet = &witness->packets[i];
        const int64_t length = tcp_segment_length(&packet->sent);

        if (packet->from == side && length > 0) {
            segments[(*count)++] = (struct picture_sequence_segment){
                .time_s = seconds(packet->sent_at_ns),
                .from_bytes = (double)packet->sent.seq,
                .to_bytes = (double)(packet->sent.seq + length),
                .is_resent = packet->is_resent,
                .mark = mark_of(packet->fate),
            };
        }
    }
    return segments;
}

/* beliefs_make - from when it has heard of a window */
static struct picture_sequence_belief *
beliefs_make(const struct witness *witness, enum tcp_side side, uint32_t *count)
{
    struct picture_sequence_belief *beliefs =
        base_alloc(((uint64_t)witness->samples_count + 1) * sizeof *beliefs);

    *count = 0;
    for (uint32_t i = 0; i < witness->samples_count; i++) {
        const struct witness_sample *sample = &witness->samples[i];

        if (sample->side == side &&
            (*count > 0 || sample->window_edge > sample->acked_seq + 1)) {
            beliefs[(*count)++] = (struct picture_sequence_belief){
                .time_s = seconds(sample->at_ns),
                .acked_bytes = (double)sample->acked_seq,
                .edge_bytes = (double)sample->window_edge,
                .congestion_bytes = (double)sample->congestion_bytes,
            };
        }
    }
    return beliefs;
}

static struct picture_sequence_offer *
offers_make(const struct witness *witness, enum tcp_side side, uint32_t *count)
{
    struct picture_sequence_offer *offers =
        base_alloc(((uint64_t)witness->samples_count + 1) * sizeof *offers);

    *count = 0;
    for (uint32_t i = 0; i < witness->samples_count; i++) {
        const struct witness_sample *sample = &witness->samples[i];

        if (sample->side == side && (*count > 0 || sample->offered_bytes > 0)) {
            offers[(*count)++] = (struct picture_sequence_offer){
                .time_s = seconds(sample->at_ns),
                .edge_bytes = (double)sample->offered_edge,
                .window_bytes = (double)sample->offered_bytes,
            };
        }
    }
    return offers;
}

/*
 * horizon_ns - where the picture ends: with the trial, or, of a stream that
 * trickles, after so many steps that each can still be seen
 */
static int64_t
horizon_ns(const struct witness *witness, const struct trial *trial,
           enum tcp_side side)
{
    int64_t bytes = 0, at_ns = trial->end_at_ns;
    uint32_t count = 0, steps = 0;

    for (uint32_t i = 0; i < witness->packets_count; i++) {
        const struct witness_packet *packet = &witness->packets[i];

        if (packet->from == side && packet->sent.payload_bytes > 0) {
            count++;
            bytes += packet->sent.payload_bytes;
            if (packet->sent.payload_bytes < witness->mss_bytes / 2 &&
                ++steps == STEPS) {
                at_ns = packet->sent_at_ns;
            }
        }
    }
    const bool is_trickle =
        count > 2 * STEPS && bytes / count < witness->mss_bytes / 2;

    return i64_max(is_trickle ? at_ns : trial->end_at_ns, NS_PER_US);
}

/* subtitle_make - the path and its ends, in a line */
static void
subtitle_make(char text[LINKWORDS_SIZE], const struct trial *trial,
              double horizon_s)
{
    char first[FIGURES_SIZE + 16] = "", time[FIGURES_SIZE];
    const struct trial_params *params = trial->params;
    const struct hop_params *hop = &params->path.hops[0];
    char faults[LINKWORDS_SIZE], rtt[FIGURES_SIZE], rate[FIGURES_SIZE];

    linkwords_faults(faults, &params->path);
    figures_duration(rtt, seconds(path_rtt_ns(&params->path)));
    figures_rate(rate, (double)hop->rate_bits_per_s[params->sender]);
    if (horizon_s < seconds(trial->end_at_ns)) {
        figures_duration(time, horizon_s);
        snprintf(first, sizeof first, "the first %s; ", time);
    }
    snprintf(text, LINKWORDS_SIZE,
             "%sclient %s, server %s; round trip %s, %sbit/s; middlebox: %.*s",
             first, params->stacks[TCP_CLIENT].name,
             params->stacks[TCP_SERVER].name, rtt,
             hop->rate_bits_per_s[params->sender] > 0 ? rate : "any ",
             (int)(LINKWORDS_SIZE / 2), faults);
}

enum gnuplot_status
linkdraw(const struct witness *witness, const struct trial *trial,
         const struct trial *clean, const char *path, char *error)
{
    const enum tcp_side side = side_told(trial);
    char title[LINKWORDS_SIZE], subtitle[LINKWORDS_SIZE];
    struct picture_sequence sequence = {
        .title = title,
        .subtitle = subtitle,
        .stream = side == TCP_CLIENT ? "bytes of the client's stream"
                                     : "bytes of the server's stream",
        .horizon_s = seconds(horizon_ns(witness, trial, side)),
    };
    enum gnuplot_format format = GNUPLOT_SVG;
    struct gnuplot gp;

    if (!linkdraw_format(path, &format)) {
        UNREACHABLE("the command has looked at the ending");
    }
    linkwords_outcome(title, trial, clean);
    subtitle_make(subtitle, trial, sequence.horizon_s);
    enum gnuplot_status status = gnuplot_open(&gp, format, path, STYLE_WIDTH_PX,
                                              picture_sequence_height_px());

    if (status == GNUPLOT_OK) {
        struct picture_sequence_segment *segments =
            segments_make(witness, side, &sequence.segments_count);
        struct picture_sequence_belief *beliefs =
            beliefs_make(witness, side, &sequence.beliefs_count);
        struct picture_sequence_offer *offers =
            offers_make(witness, tcp_other(side), &sequence.offers_count);

        sequence.segments = segments;
        sequence.beliefs = beliefs;
        sequence.offers = offers;
        picture_sequence_draw(&gp, &sequence);
        free(segments);
        free(beliefs);
        free(offers);
        status = gnuplot_close(&gp);
    }
    snprintf(error, sizeof gp.error, "%s", gp.error);
    return status;
}
