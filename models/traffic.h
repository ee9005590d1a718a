/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traffic.h - who sends what to whom, and when
 *
 * A source produces messages one after the other, in order of time; nothing is
 * held but the next one. Several sources run side by side.
 *
 * MODEL      poisson(rate)                 exponential gaps
 *            even(n, at, over)             n arrivals, (i + 1/2) * over / n
 *            burst(n, at, over)            n arrivals, uniform over a window,
 *                                          in order
 *            replay                        a trace, see trace.h
 * DRAWS      "traffic/<name>/gap", ".../size", ".../destination",
 *            ".../recipients" by the ordinal of the message in its source.
 * UNITS      ns since the start of the run, bytes, messages.
 */
#ifndef MODELS_TRAFFIC_H
#define MODELS_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "models/destination.h"
#include "sim/kernel/variate.h"

enum traffic_arrivals {
    TRAFFIC_POISSON,
    TRAFFIC_EVEN,
    TRAFFIC_BURST,
    TRAFFIC_REPLAY
};

/* Share of the mail that goes to one destination (or group). */
struct traffic_share {
    const struct destination_params *destination;
    int64_t weight; /* any unit; > 0 */
};

struct traffic_params {
    const char *name;
    const char *channel; /* source channel; NULL: none */
    enum traffic_arrivals arrivals;
    int64_t rate_per_hour; /* poisson: messages an hour, in thousandths */
    int64_t messages_count; /* even, burst; poisson: 0 or at most */
    int64_t at_ns;          /* start */
    int64_t over_ns;        /* even, burst: length; poisson: 0: to horizon */
    struct variate size;    /* bytes */
    struct variate recipients; /* recipients a message, at least 1 */
    uint32_t priority;      /* 0 urgent, 1 normal, 2 nonurgent */
    int32_t urgent_ppm;     /* else drawn: shares of urgent and nonurgent; */
    int32_t nonurgent_ppm;  /* used where is_mixed */
    bool is_mixed;
    bool is_null_sender;
    const struct traffic_share *to;
    uint32_t to_count;
    const char *replay_path; /* replay: our own trace */
    int64_t quantum_ns;      /* arrivals rounded down to this; 0 or 1: not */
    int64_t quantum_bytes;   /* sizes rounded up to this; 0 or 1: not */
    struct src_loc where;
};

#endif
