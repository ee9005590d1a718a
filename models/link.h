/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.h - the way to a destination, and how long bytes take over it
 *
 * A link is modelled in one of three ways. *Plain* and *round* are arithmetic:
 * the functions below say at once how long something takes. *Segment* is a
 * connection made of real segments (models/session.h), for which a link is its
 * path, its stacks and its faults. link_choose() says which for a connection.
 *
 * MODEL      Plain: a transfer of n segments starts with the connection's
 *            congestion window of w segments, w = 10 on a new connection, s =
 *            wire time of a segment. While more than w segments are left and
 *            w * s < RTT + s, a round sends w of them, takes RTT + s, and w
 *            doubles; the rest flows at the line's rate. The last byte arrives
 *            half an RTT after it was sent. Commands and replies take half an
 *            RTT each way.
 *            Restart: after more than an RTO of silence (RFC 5681, 4.1) the
 *            window starts again at 10; the RTO is taken as max(1 s, 2 RTT)
 *            (GUESS: RFC 6298's floor).
 *            Round: models/rounds.h.
 * FAULTS     A router that mishandles window scaling may be on the way for
 *            ever or for a window of time, and for a share of the link's
 *            destinations only: those whose draw, one for each name and link,
 *            falls below the share. So a destination behind a router of 5 %
 *            is behind one of 10 % too.
 * VALID FOR  Plain: no loss, no fault, a receiver that keeps up. Plain and
 *            round: each connection has the whole rate to itself, and a fault
 *            that begins is met by connections opened after.
 * DRAWS      "link/<name>/share" by a hash of the destination's name;
 *            "link/<name>/up" and "/down" by (connection, n-th loss).
 * UNITS      ns, bytes, bits per second.
 * SOURCE     Slow start: RFC 5681, 3.1. Initial window of 10: RFC 6928, 2.
 */
#ifndef MODELS_LINK_H
#define MODELS_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "models/rounds.h"
#include "models/tcp/endpoint.h"
#include "models/tcp/path.h"
#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

#define LINK_INITIAL_SEGMENTS 10 /* RFC 6928, 2 */
#define LINK_WINDOW_MAX       (INT64_C(1) << 20)
#define LINK_SENDING_NS_MAX   (INT64_C(1) << 60) /* 36 years: for ever */

enum link_model {
    LINK_PLAIN,
    LINK_AUTO, /* rounds where they are accurate, else segments */
    LINK_ROUND,
    LINK_SEGMENT,
    LINK_MODELS_COUNT
};

/* A router that mishandles window scaling, while it does. */
struct link_fault {
    int64_t from_ns;
    int64_t until_ns; /* exclusive; INT64_MAX: for ever */
    int32_t share_ppm;
    const struct path_params *path; /* the link's, with the router on it */
};

struct link_params {
    const char *name;
    int64_t rtt_ns;          /* 0: everything arrives at once */
    int64_t rate_bits_per_s; /* 0: no limit; from the mail host */
    int64_t segment_bytes;   /* MSS */
    struct src_loc where;
    enum link_model model;
    bool is_shared;                  /* connections share its lines */
    const struct path_params *path;  /* without a fault; NULL: plain only */
    const struct tcp_stack *server;  /* of the far hosts */
    const struct link_fault *faults; /* a later one stands over an earlier */
    uint32_t faults_count;
};

/* The random streams of one link. */
struct link_luck {
    struct chance share;
    struct rounds_luck rounds;
    struct path_luck path;
};

/* What a connection remembers between transfers. */
struct link_state {
    enum link_model model; /* PLAIN or ROUND; SEGMENT: none of this is its */
    int64_t window_segments;
    int64_t sent_at_ns; /* when the last transfer ended */
    struct rounds rounds;
};

/* "plain", "auto", "round", "segment" */
const char *link_model_name(enum link_model model);

void link_luck_init(struct link_luck *luck, const struct link_params *params,
                    uint64_t seed, uint32_t replication);

/* The way to a destination at an instant, with the router that is on it then.
 * NULL: a plain link. */
const struct path_params *link_path(const struct link_params *params,
                                    const struct link_luck *luck,
                                    const char *destination, int64_t now_ns);

/*
 * How a new connection is modelled whose first message has so many bytes: the
 * answer is LINK_PLAIN, LINK_ROUND or LINK_SEGMENT. For ROUND, *rounds is the
 * connection; what comes later on it is modelled so too.
 */
enum link_model link_choose(const struct link_params *params,
                            const struct path_params *path,
                            const struct tcp_stack *client, int64_t bytes,
                            struct rounds *rounds);

/* A connection begins, as link_choose() has it; entity names its draws, in the
 * streams of luck (plain: NULL). */
void link_open(struct link_state *state, enum link_model model,
               const struct link_luck *luck, uint64_t entity, int64_t now_ns);

/* ns from the SYN to when the client has its connection; the server has it
 * half an RTT later. */
int64_t link_handshake_ns(const struct link_params *params,
                          struct link_state *state);

/* ns from the client's first byte of a command to the server's having it;
 * back: from the reply's first byte to the client's having it. */
int64_t link_command_ns(const struct link_params *params,
                        struct link_state *state, int64_t bytes);
int64_t link_reply_ns(const struct link_params *params,
                      struct link_state *state, int64_t bytes);

/* ns from the start of sending to the arrival of the last byte; sending takes
 * LINK_SENDING_NS_MAX at most. */
int64_t link_transfer_ns(const struct link_params *params,
                         struct link_state *state, int64_t now_ns,
                         int64_t bytes);

#endif
