/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * middlebox.c - see middlebox.h
 */
#include "models/tcp/middlebox.h"

#include <string.h>

#include "sim/kernel/base.h"

#define DIRECTIONS_ALL ((1U << TCP_SIDES_COUNT) - 1)

static const char *const fault_names[MIDDLEBOX_FAULTS_COUNT] = {
    [MIDDLEBOX_NONE] = "none",
    [MIDDLEBOX_STRIP_SYN] = "strip-syn",
    [MIDDLEBOX_STRIP_SYNACK] = "strip-synack",
    [MIDDLEBOX_STRIP_BOTH] = "strip-both",
    [MIDDLEBOX_SET_SYN] = "set-syn",
    [MIDDLEBOX_SET_SYNACK] = "set-synack",
    [MIDDLEBOX_SET_BOTH] = "set-both",
    [MIDDLEBOX_DROP_SYN] = "drop-syn",
    [MIDDLEBOX_DROP_SYNACK] = "drop-synack",
    [MIDDLEBOX_TRACK] = "track",
    [MIDDLEBOX_TRACK_SYN] = "track-syn",
    [MIDDLEBOX_TRACK_START] = "track-start",
    [MIDDLEBOX_CLAMP] = "clamp",
    [MIDDLEBOX_CLEAR] = "clear",
};

static const struct {
    const char *name;
    uint8_t option;
} option_names[] = {
    {"mss", TCP_OPTION_MSS},
    {"window-scale", TCP_OPTION_SCALE},
    {"sack-permitted", TCP_OPTION_SACK_PERMITTED},
    {"timestamp", TCP_OPTION_TIMESTAMP},
    {"sack", TCP_OPTION_SACK},
};

#define OPTION_NAMES_COUNT (sizeof option_names / sizeof option_names[0])

#define OPTIONS_ALL                                                            \
    (TCP_OPTION_MSS | TCP_OPTION_SCALE | TCP_OPTION_SACK_PERMITTED |           \
     TCP_OPTION_TIMESTAMP | TCP_OPTION_SACK)

static const char expects_fault[] =
    "none, strip-syn, strip-synack, strip-both, set-syn[=SHIFT], "
    "set-synack[=SHIFT], set-both[=SHIFT], drop-syn, drop-synack, track, "
    "track-syn, track-start, clamp=BYTES or clear=OPTION[+OPTION...]";
static const char expects_no_value[] = "no value: this fault has none";
static const char expects_shift[] = "a shift from 0 to 14";
static const char expects_window[] = "a window from 0 to 65535 bytes";
static const char expects_options[] =
    "options joined by +: mss, window-scale, sack-permitted, timestamp, sack";

static bool
params_are_sane(const struct middlebox_params *params)
{
    switch (params->fault) {
    case MIDDLEBOX_SET_SYN:
    case MIDDLEBOX_SET_SYNACK:
    case MIDDLEBOX_SET_BOTH:
        /* A box may write a shift that RFC 7323 forbids; ends read it as 14,
         * so more values would say no more. */
        return params->value >= 0 && params->value <= TCP_SHIFT_MAX;
    case MIDDLEBOX_CLAMP:
        return params->value >= 0 && params->value <= TCP_WINDOW_MAX;
    case MIDDLEBOX_CLEAR:
        return params->value > 0 && (params->value & ~OPTIONS_ALL) == 0 &&
               params->directions <= DIRECTIONS_ALL;
    case MIDDLEBOX_NONE:
    case MIDDLEBOX_STRIP_SYN:
    case MIDDLEBOX_STRIP_SYNACK:
    case MIDDLEBOX_STRIP_BOTH:
    case MIDDLEBOX_DROP_SYN:
    case MIDDLEBOX_DROP_SYNACK:
    case MIDDLEBOX_TRACK:
    case MIDDLEBOX_TRACK_SYN:
    case MIDDLEBOX_TRACK_START:
        return true;
    case MIDDLEBOX_FAULTS_COUNT:
        break;
    }
    return false;
}

void
middlebox_init(struct middlebox *box, const struct middlebox_params *params)
{
    ASSERT(params_are_sane(params));
    *box = (struct middlebox){.params = params};
}

static bool
is_syn(const struct tcp_segment *segment)
{
    return (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static bool
is_synack(const struct tcp_segment *segment)
{
    const uint8_t both = TCP_SYN | TCP_ACK;

    return (segment->flags & both) == both;
}

static bool
has_scale(const struct tcp_segment *segment)
{
    return (segment->options & TCP_OPTION_SCALE) != 0;
}

/* options_clear - takes option kinds out, true if one was there */
static bool
options_clear(struct tcp_segment *segment, uint8_t options)
{
    const uint8_t there = segment->options & options;

    segment->options = (uint8_t)(segment->options & ~options);
    if ((there & TCP_OPTION_SCALE) != 0) {
        segment->shift = 0;
    }
    if ((there & TCP_OPTION_MSS) != 0) {
        segment->mss_bytes = 0;
    }
    if ((there & TCP_OPTION_TIMESTAMP) != 0) {
        segment->timestamp_ms = 0;
        segment->timestamp_echo_ms = 0;
    }
    if ((there & TCP_OPTION_SACK) != 0) {
        segment->sacks_count = 0;
    }
    return there != 0;
}

/* shift_set - true if the option was there with another value */
static bool
shift_set(struct tcp_segment *segment, int32_t value)
{
    if (!has_scale(segment) || segment->shift == value) {
        return false;
    }
    segment->shift = (uint8_t)value;
    return true;
}

static bool
window_clamp(struct tcp_segment *segment, int32_t value)
{
    if (segment->window <= value) {
        return false;
    }
    segment->window = (uint16_t)value;
    return true;
}

/* segment_change - what the faults that rewrite do; true if it has changed */
static bool
segment_change(const struct middlebox_params *params,
               struct tcp_segment *segment, enum tcp_side from)
{
    const bool syn = is_syn(segment);
    const bool synack = is_synack(segment);
    const uint32_t directions =
        params->directions == 0 ? DIRECTIONS_ALL : params->directions;

    switch (params->fault) {
    case MIDDLEBOX_STRIP_SYN:
        return syn && options_clear(segment, TCP_OPTION_SCALE);
    case MIDDLEBOX_STRIP_SYNACK:
        return synack && options_clear(segment, TCP_OPTION_SCALE);
    case MIDDLEBOX_STRIP_BOTH:
        return (syn || synack) && options_clear(segment, TCP_OPTION_SCALE);
    case MIDDLEBOX_SET_SYN:
        return syn && shift_set(segment, params->value);
    case MIDDLEBOX_SET_SYNACK:
        return synack && shift_set(segment, params->value);
    case MIDDLEBOX_SET_BOTH:
        return (syn || synack) && shift_set(segment, params->value);
    case MIDDLEBOX_CLAMP:
        return window_clamp(segment, params->value);
    case MIDDLEBOX_CLEAR:
        return (directions & (1U << from)) != 0 &&
               options_clear(segment, (uint8_t)params->value);
    case MIDDLEBOX_NONE:
    case MIDDLEBOX_DROP_SYN:
    case MIDDLEBOX_DROP_SYNACK:
    case MIDDLEBOX_TRACK:
    case MIDDLEBOX_TRACK_SYN:
    case MIDDLEBOX_TRACK_START:
    case MIDDLEBOX_FAULTS_COUNT:
        break;
    }
    return false;
}

/*
 * is_beyond - is the segment outside what the other side has shown?
 *
 * A side that has shown nothing yet is no reason to drop: that lets the SYN
 * through, and the SYN-ACK where the SYN's window does not count.
 */
static bool
is_beyond(const struct middlebox *box, const struct tcp_segment *segment,
          enum tcp_side from)
{
    const struct middlebox_view *view = &box->views[tcp_other(from)];

    if (!view->is_seen) {
        return false;
    }
    if (box->params->fault == MIDDLEBOX_TRACK_START) {
        return segment->seq > view->acknowledged + view->window;
    }
    return segment->seq + tcp_segment_length(segment) > view->edge;
}

/* view_update - remembers what this side shows of its window */
static void
view_update(struct middlebox *box, const struct tcp_segment *segment,
            enum tcp_side from)
{
    struct middlebox_view *view = &box->views[from];

    /* The state of track is made on the SYN-ACK; what came before is unknown to
     * it. A reset shows no window. */
    if ((box->params->fault == MIDDLEBOX_TRACK && is_syn(segment)) ||
        (segment->flags & TCP_RST) != 0) {
        return;
    }
    /* A SYN without ACK offers its window from the first byte after the other
     * side's SYN, which is number 1 of the relative numbers. */
    const int64_t ack = (segment->flags & TCP_ACK) != 0 ? segment->ack : 1;

    view->is_seen = true;
    view->acknowledged = i64_max(view->acknowledged, ack);
    view->window = segment->window;
    view->edge = i64_max(view->edge, ack + segment->window);
}

static bool
is_dropped(const struct middlebox *box, const struct tcp_segment *segment,
           enum tcp_side from)
{
    switch (box->params->fault) {
    case MIDDLEBOX_DROP_SYN:
        return is_syn(segment) && has_scale(segment);
    case MIDDLEBOX_DROP_SYNACK:
        return is_synack(segment) && has_scale(segment);
    case MIDDLEBOX_TRACK:
    case MIDDLEBOX_TRACK_SYN:
    case MIDDLEBOX_TRACK_START:
        return is_beyond(box, segment, from);
    case MIDDLEBOX_NONE:
    case MIDDLEBOX_STRIP_SYN:
    case MIDDLEBOX_STRIP_SYNACK:
    case MIDDLEBOX_STRIP_BOTH:
    case MIDDLEBOX_SET_SYN:
    case MIDDLEBOX_SET_SYNACK:
    case MIDDLEBOX_SET_BOTH:
    case MIDDLEBOX_CLAMP:
    case MIDDLEBOX_CLEAR:
    case MIDDLEBOX_FAULTS_COUNT:
        break;
    }
    return false;
}

bool
middlebox_pass(struct middlebox *box, struct tcp_segment *segment,
               enum tcp_side from)
{
    ASSERT(from == TCP_CLIENT || from == TCP_SERVER);

    /* What is dropped shows nothing: a filter looks at a packet's place first,
     * and learns from those it lets pass. */
    if (is_dropped(box, segment, from)) {
        box->dropped_count++;
        return false;
    }
    view_update(box, segment, from);
    if (segment_change(box->params, segment, from)) {
        box->changed_count++;
    }
    return true;
}

const char *
middlebox_fault_name(enum middlebox_fault fault)
{
    ASSERT(fault < MIDDLEBOX_FAULTS_COUNT);
    return fault_names[fault];
}

const char *
middlebox_option_name(int32_t option)
{
    for (size_t i = 0; i < OPTION_NAMES_COUNT; i++) {
        if (option_names[i].option == option) {
            return option_names[i].name;
        }
    }
    UNREACHABLE("clear takes the options of the table");
}

/* number_parse - all of text is a decimal number of at most max */
static bool
number_parse(const char *text, int32_t max, int32_t *value)
{
    int32_t sum = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        sum = sum * 10 + (*text - '0');
        if (sum > max) {
            return false;
        }
    }
    *value = sum;
    return true;
}

static bool
options_parse(const char *text, int32_t *value)
{
    int32_t options = 0;

    for (;;) {
        const size_t length = strcspn(text, "+");
        size_t i = 0;

        while (i < OPTION_NAMES_COUNT &&
               (strlen(option_names[i].name) != length ||
                memcmp(option_names[i].name, text, length) != 0)) {
            i++;
        }
        if (i == OPTION_NAMES_COUNT) {
            return false;
        }
        options |= option_names[i].option;
        text += length;
        if (*text == '\0') {
            *value = options;
            return true;
        }
        text++;
    }
}

/* value_parse - what stands behind the fault's name; text NULL: nothing */
static bool
value_parse(struct middlebox_params *params, const char *text,
            const char **what_expected)
{
    switch (params->fault) {
    case MIDDLEBOX_SET_SYN:
    case MIDDLEBOX_SET_SYNACK:
    case MIDDLEBOX_SET_BOTH:
        *what_expected = expects_shift;
        return text == NULL ||
               number_parse(text, TCP_SHIFT_MAX, &params->value);
    case MIDDLEBOX_CLAMP:
        *what_expected = expects_window;
        return text != NULL &&
               number_parse(text, TCP_WINDOW_MAX, &params->value);
    case MIDDLEBOX_CLEAR:
        *what_expected = expects_options;
        return text != NULL && options_parse(text, &params->value);
    case MIDDLEBOX_NONE:
    case MIDDLEBOX_STRIP_SYN:
    case MIDDLEBOX_STRIP_SYNACK:
    case MIDDLEBOX_STRIP_BOTH:
    case MIDDLEBOX_DROP_SYN:
    case MIDDLEBOX_DROP_SYNACK:
    case MIDDLEBOX_TRACK:
    case MIDDLEBOX_TRACK_SYN:
    case MIDDLEBOX_TRACK_START:
    case MIDDLEBOX_FAULTS_COUNT:
        break;
    }
    *what_expected = expects_no_value;
    return text == NULL;
}

bool
middlebox_parse(struct middlebox_params *params, const char *text,
                const char **what_expected)
{
    const size_t length = strcspn(text, "=");
    const char *value = text[length] == '=' ? text + length + 1 : NULL;

    for (int i = 0; i < MIDDLEBOX_FAULTS_COUNT; i++) {
        if (strlen(fault_names[i]) == length &&
            memcmp(fault_names[i], text, length) == 0) {
            *params =
                (struct middlebox_params){.fault = (enum middlebox_fault)i};
            return value_parse(params, value, what_expected);
        }
    }
    *what_expected = expects_fault;
    return false;
}
