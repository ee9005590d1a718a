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
 *            A session is so many messages of a source one after the other.
 * VALID FOR  Bursts of less than one message in 100 ns: each gap is rounded
 *            down to whole ns, which pushes denser ones to their window's end.
 * DRAWS      "traffic/<name>/gap", ".../size", ".../destination",
 *            ".../recipients", ".../priority" by the ordinal of the message in
 *            its source.
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
    int64_t rate_per_hour;     /* poisson: messages an hour, in thousandths */
    int64_t messages_count;    /* even, burst; poisson: 0 or at most */
    int64_t at_ns;             /* start */
    int64_t over_ns;           /* even, burst: length; poisson: 0: to horizon */
    struct variate size;       /* bytes */
    struct variate recipients; /* recipients a message, at least 1 */
    uint32_t priority;         /* 0 urgent, 1 normal, 2 nonurgent */
    int32_t urgent_ppm;        /* else drawn: shares of urgent and nonurgent; */
    int32_t nonurgent_ppm;     /* used where is_mixed */
    bool is_mixed;
    bool is_null_sender;
    const struct traffic_share *to;
    uint32_t to_count;
    const char *replay_path; /* replay: our own trace */
    int64_t quantum_ns;      /* arrivals rounded down to this; 0 or 1: not */
    int64_t quantum_bytes;   /* sizes rounded up to this; 0 or 1: not */
    int64_t deferred_ns; /* Deferred-delivery: so long after arrival; or 0 */
    int64_t
        retry_ns; /* rejected by a 4xx, it comes again after this; 0: never */
    uint32_t session_messages; /* of one inbound session; 0: no sessions */
    struct src_loc where;
};

/* One recipient of the next message. */
struct traffic_recipient {
    uint32_t host;       /* number in the directory */
    const char *channel; /* a trace may name it; NULL: the host's own */
};

struct traffic_message {
    int64_t at_ns;
    int64_t deferred_until_ns; /* TRAFFIC_NOT_DEFERRED: it is not */
    uint64_t session;          /* of this source, from 1; 0: none */
    int64_t size_bytes;
    const char *source; /* channel; NULL: none */
    const struct traffic_recipient *recipients;
    uint32_t recipients_count;
    uint32_t priority;
    bool is_null_sender;
};

#define TRAFFIC_NOT_DEFERRED INT64_MIN

struct traffic;   /* one source at work */
struct directory; /* directory.h */

/* NULL: the trace cannot be opened, reported to diag. Borrows its arguments;
 * hosts that a trace names are added to the directory. */
struct traffic *traffic_new(const struct traffic_params *params,
                            struct directory *directory, uint64_t seed,
                            uint32_t replication, int64_t horizon_ns,
                            struct diag *diag);
void traffic_free(struct traffic *traffic);

/* 1: *message is the next one, its texts and recipients live until the next
 * call; 0: no more before the horizon; -1: the trace is malformed, in diag. */
int traffic_next(struct traffic *traffic, struct traffic_message *message,
                 struct diag *diag);

#endif
