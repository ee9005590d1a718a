/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * middlebox.h - a router on the way that mishandles window scaling
 *
 * MODEL      A function on each packet that passes, with a state for each
 *            connection:
 *
 *     strip-syn, strip-synack, strip-both     the option is taken out
 *     set-syn, set-synack, set-both           its shift becomes `value`
 *     drop-syn, drop-synack                   a SYN with the option is lost
 *     track        stateful filter made on the SYN-ACK, ignorant of scaling:
 *                  forwards what ends at or below the highest (ack + raw
 *                  window) that the other side has shown; windows of SYNs do
 *                  not count, but the SYN-ACK's does
 *     track-syn    the same; the windows of both SYNs count
 *     track-start  drops what starts beyond the oldest unacknowledged byte +
 *                  the last raw window
 *     clamp        the window field is at most `value`
 *     clear        option kinds (`value`: TCP_OPTION_ bits) are taken out of
 *                  every segment, in the directions of `directions`
 *
 * VALID FOR  One connection's packets in both directions pass the same box. It
 *            never reorders, delays, fragments or answers (no RST).
 * COST       O(1) a packet.
 * SOURCE     The documented cases are listed in doc/window-scaling.md.
 */
#ifndef MODELS_TCP_MIDDLEBOX_H
#define MODELS_TCP_MIDDLEBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/segment.h"

enum middlebox_fault {
    MIDDLEBOX_NONE,
    MIDDLEBOX_STRIP_SYN,
    MIDDLEBOX_STRIP_SYNACK,
    MIDDLEBOX_STRIP_BOTH,
    MIDDLEBOX_SET_SYN,
    MIDDLEBOX_SET_SYNACK,
    MIDDLEBOX_SET_BOTH,
    MIDDLEBOX_DROP_SYN,
    MIDDLEBOX_DROP_SYNACK,
    MIDDLEBOX_TRACK,
    MIDDLEBOX_TRACK_SYN,
    MIDDLEBOX_TRACK_START,
    MIDDLEBOX_CLAMP,
    MIDDLEBOX_CLEAR,
    MIDDLEBOX_FAULTS_COUNT
};

struct middlebox_params {
    enum middlebox_fault fault;
    int32_t value;      /* set-*: shift 0-14; clamp: 0-65535; clear: options */
    uint8_t directions; /* clear: bit 1 << enum tcp_side; 0: both */
};

/* What it has seen of one side: the state of track*. Zeroed at first. */
struct middlebox_view {
    int64_t edge;         /* the highest ack + window of this side */
    int64_t acknowledged; /* the highest ack */
    int64_t window;       /* the last one, raw */
    bool is_seen;
};

struct middlebox {
    const struct middlebox_params *params;
    struct middlebox_view views[TCP_SIDES_COUNT];
    uint64_t changed_count; /* packets changed */
    uint64_t dropped_count;
};

void middlebox_init(struct middlebox *box,
                    const struct middlebox_params *params);

/* What it does with a packet of `from`: true, passed on, perhaps changed. */
bool middlebox_pass(struct middlebox *box, struct tcp_segment *segment,
                    enum tcp_side from);

/* "strip-synack"; the names above. */
const char *middlebox_fault_name(enum middlebox_fault fault);

/* "window-scale" of TCP_OPTION_SCALE; one option of those that clear takes. */
const char *middlebox_option_name(int32_t option);

/* By name, with its value: "track", "set-syn=3" (no value: 0), "clamp=8192",
 * "clear=window-scale+timestamp". False: *what_expected says what it wants. */
bool middlebox_parse(struct middlebox_params *params, const char *text,
                     const char **what_expected);

#endif
