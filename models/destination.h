/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * destination.h - what a remote mail host does to those who deliver to it
 *
 * MODEL      A concurrency cap, answered by 421 in the greeting or by silence
 *            until a connection closes (a full listen queue, first come first
 *            served); a limit of messages a connection; service time after the
 *            final dot; random 4xx and 5xx replies by command; greylisting by
 *            recipient; outage windows, in which a connection is refused, not
 *            answered, or the name does not resolve.
 * VALID FOR  One address a host: no MX sets, no reputation. The host remembers
 *            its connections and, if it greylists, whom it has seen. An outage takes effect for new
 *            connections and at the next message of open ones; a message being
 *            transferred when it starts goes through.
 * DRAWS      "dest/<name>/<command>": one for each command that can fail, by
 *            (message, recipient), attempt; "dest/<name>/service",
 *            "dest/<name>/banner".
 * UNITS      ns, parts per million.
 */
#ifndef MODELS_DESTINATION_H
#define MODELS_DESTINATION_H

#include <stdbool.h>
#include <stdint.h>

#include "models/link.h"
#include "sim/kernel/base.h"
#include "sim/kernel/chance.h"
#include "sim/kernel/variate.h"

/* The order of a dialogue; also where an attempt can end. */
enum smtp_phase {
    SMTP_CONNECT,
    SMTP_GREETING,
    SMTP_EHLO,
    SMTP_MAIL,
    SMTP_RCPT,
    SMTP_DATA,
    SMTP_DOT,
    SMTP_PHASES_COUNT
};

enum destination_at_limit { DESTINATION_REPLY_421, DESTINATION_QUEUE };

enum destination_outage_kind {
    DESTINATION_REFUSE,  /* connection refused, after one RTT */
    DESTINATION_TIMEOUT, /* no answer: the client's connect timeout */
    DESTINATION_DNS      /* the name does not resolve: at once */
};

struct destination_outage {
    int64_t from_ns;
    int64_t until_ns; /* exclusive */
    enum destination_outage_kind kind;
};

struct destination_params {
    const char *name;    /* domain; with hosts_count > 1 a prefix: "small"
                            stands for small-1 ... small-n + suffix */
    const char *channel; /* the channel its mail goes to; NULL: the default */
    const struct link_params *link;
    const struct tcp_stack *client; /* our own, as it meets these hosts */
    uint32_t hosts_count;           /* a group of equal hosts; 1: one host */
    int64_t zipf_ppm;         /* group: popularity of the k-th ~ 1 / k^s */
    uint32_t connections_max; /* 0: no limit */
    enum destination_at_limit at_limit;
    uint32_t messages_per_connection; /* 0: no limit */
    struct variate service;           /* ns from the final dot to its reply */
    struct variate banner_delay;      /* ns from accept to greeting */
    int64_t greylist_ns;              /* 0: no greylisting */
    int32_t temporary_ppm[SMTP_PHASES_COUNT]; /* 4xx by command */
    int32_t permanent_ppm[SMTP_PHASES_COUNT]; /* 5xx by command */
    const struct destination_outage *outages; /* by from_ns */
    uint32_t outages_count;
    struct src_loc where;
};

struct greylist; /* greylist.h */

/* The random streams of one destination, or of a whole group. */
struct destination_luck {
    struct chance command[SMTP_PHASES_COUNT];
    struct chance service;
    struct chance banner;
};

/* One remote host. */
struct destination {
    const struct destination_params *params;
    const struct destination_luck *luck;
    const char *name;
    uint32_t number;
    uint32_t open_count; /* connections it has accepted and not seen closed */
    uint32_t waiting_first;    /* connections in its listen queue: the host's */
    uint32_t waiting_last;     /* numbers for them; 0: none */
    struct greylist *greylist; /* NULL: it does not greylist */
};

enum destination_reply { DESTINATION_2XX, DESTINATION_4XX, DESTINATION_5XX };

void destination_luck_init(struct destination_luck *luck,
                           const struct destination_params *params,
                           uint64_t seed, uint32_t replication);

/* The outage that holds at this instant, or NULL. O(log outages). */
const struct destination_outage *destination_outage_at(
    const struct destination_params *params, int64_t at_ns);

/* What it answers to a command, by chance alone. */
enum destination_reply destination_reply(const struct destination *destination,
                                         enum smtp_phase phase, uint64_t entity,
                                         uint32_t attempt);

/*
 * The weights of a group's hosts by popularity, 1 / k^s in units of 2^-32 of
 * the first one's, cumulated: cumulative[k] for k = 0 to count - 1.
 */
void destination_popularity(uint64_t *cumulative, uint32_t count,
                            int64_t zipf_ppm);

#endif
