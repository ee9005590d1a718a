/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial.h - one delivery over one path, segment by segment: what came of it
 *
 * The client connects, hears the banner, says EHLO, MAIL, RCPT and DATA, sends
 * the message and hears the reply; or, downwards, it fetches a body with one
 * short command. The dialogue is the one of the validation against the Linux
 * kernel, so that its figures are comparable.
 *
 * MODEL      models/session.h over models/tcp/connection.h; nobody thinks.
 * VALID FOR  What those are; one message, one connection, nobody else on the
 *            path.
 * DRAWS      Those of the path's losses; the entity is 1.
 * UNITS      ns, bytes.
 * OWNERSHIP  struct trial is the caller's and holds no memory after
 *            trial_run(). It borrows the params.
 * SOURCE     Timeouts: RFC 5321, 4.5.3.2; the time for a connection is 2 min
 *            (GUESS: a common client setting).
 */
#ifndef SIM_CMD_TRIAL_H
#define SIM_CMD_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/connection.h"
#include "sim/kernel/base.h"

#define TRIAL_TURNS_MAX          6
#define TRIAL_BANNER_BYTES       96
#define TRIAL_CONNECT_TIMEOUT_NS (2 * NS_PER_MIN)
#define TRIAL_REPLY_TIMEOUT_NS   (5 * NS_PER_MIN)
#define TRIAL_BLOCK_TIMEOUT_NS   (3 * NS_PER_MIN)
#define TRIAL_DOT_TIMEOUT_NS     (10 * NS_PER_MIN)

struct trial_params {
    struct path_params path;
    struct tcp_stack stacks[TCP_SIDES_COUNT];
    enum tcp_side sender; /* of the body: TCP_CLIENT is a delivery */
    int64_t banner_bytes;
    int64_t size_bytes;
    int64_t connect_timeout_ns;
    int64_t reply_timeout_ns; /* of the banner and of each reply */
    int64_t limit_ns;         /* of the body; 0: the client's own timeouts */
    int64_t look_at_ns; /* the trial ends then, or before; 0: when it ends */
    int64_t type_at_ns; /* EHLO is typed, banner or not; 0: not; look_at too */
    uint64_t seed;
    uint32_t replication;
};

enum trial_outcome {
    TRIAL_NO_CONNECTION,
    TRIAL_NO_BANNER,
    TRIAL_STALLED_DIALOGUE,
    TRIAL_STALLED_DATA,
    TRIAL_DELIVERED,
    TRIAL_OUTCOMES_COUNT
};

/* What one side sends in a turn, and what befell it on its way. */
struct trial_leg {
    int64_t bytes;              /* 0: this turn has no such leg */
    int64_t said_at_ns;         /* -1: never */
    int64_t there_at_ns;        /* its last byte; -1: never */
    int64_t first_at_ns;        /* its first byte; -1: never */
    int64_t there_bytes;        /* that have arrived in order */
    int64_t window_least_bytes; /* that its sender believed in while at it; */
    int64_t window_most_bytes;  /* 0: nobody looked */
    uint32_t box_drops;
    uint32_t losses;
    uint32_t overflows;
    uint32_t resent;
    uint32_t timeouts;
    uint32_t probes;
};

struct trial_turn {
    const char *name;
    const char *reply_name;
    struct trial_leg legs[TCP_SIDES_COUNT]; /* the command, the reply */
};

/* A handshake's packet as it left and as it came. */
struct trial_offer {
    bool is_sent;
    bool has_arrived;
    uint32_t sent_count;
    int64_t sent_at_ns;          /* the first time */
    int64_t arrived_at_ns;       /* the first time; -1: never */
    struct tcp_segment sent;     /* the last time */
    struct tcp_segment original; /* of what arrived, as it was sent */
    struct tcp_segment arrived;
};

struct trial {
    const struct trial_params *params;
    enum trial_outcome outcome;
    bool has_given_up;       /* TCP itself, or RST; not the client's clock */
    int64_t connected_at_ns; /* -1: never */
    int64_t end_at_ns;       /* when the outcome was clear */
    int64_t body_ns;         /* from the command to the reply; -1: no end */
    int64_t body_bytes;      /* that reached the other application */
    int64_t body_last_at_ns; /* when the last of these came; -1: none did */
    struct trial_turn turns[TRIAL_TURNS_MAX];
    uint32_t turns_count; /* of this dialogue */
    uint32_t turns_begun;
    struct trial_offer offers[TCP_SIDES_COUNT]; /* SYN, SYN-ACK */
    struct tcp_segment last[TCP_SIDES_COUNT];   /* that each has sent */
    struct tcp_belief beliefs[TCP_SIDES_COUNT]; /* at the end */
    struct tcp_progress progress[TCP_SIDES_COUNT];
    uint64_t segments_count;
    uint64_t events_count;
    uint64_t box_changes_count;
    uint64_t box_drops_count;
    uint64_t losses_count;
    uint64_t overflows_count;
};

/* The house's trial: an empty path of 20 ms and 10 Mbit/s, Linux both ends,
 * 50 kB up. */
void trial_params_init(struct trial_params *params);

/* Runs it. `watch` sees every packet too; NULL: nobody. */
void trial_run(struct trial *trial, const struct trial_params *params,
               const struct tcp_watch *watch);

/* "stalled-data": as in JSON. */
const char *trial_outcome_name(enum trial_outcome outcome);

/* The same trial with no middlebox on its path. */
void trial_params_clear(struct trial_params *params);

/* The text of a side's stream at a place (the first byte is 1): SMTP, for
 * captures. */
uint8_t trial_text(const struct trial *trial, enum tcp_side side, int64_t seq);

#endif
