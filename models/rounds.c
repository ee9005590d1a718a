/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rounds.c - see rounds.h
 *
 * What a loop of rounds would do alike until the end is done at once: a window
 * that limits every round, a line that is full. So the cost does not grow with
 * the message. Times are cut at NS_MAX, far beyond every horizon; a message is
 * below 2^32 bytes and a window below 2^30, so that no product leaves 128 bits.
 */
#include "models/rounds.h"

#include <stdio.h>

#include "sim/kernel/variate.h"

enum {
    DUPACKS = 3,           /* RFC 5681, 3.2: so many tell of a loss */
    WINDOW_SEGMENTS = 4,   /* least that a window holds, */
    REPLY_BYTES_MIN = 512, /* and that the replies' window does */
    CWND_MAX = 1 << 20,
    BETA_RENO_PPM = 500000,
    BETA_CUBIC_PPM = 700000, /* RFC 9438, 4.6 */
    LOSS_MAX_PPM = 50000,    /* expected losses a message, in millionths */
    /* GUESS: where half is lost what is sent again is lost again, and rounds
     * would go on and on. */
    LOSS_SHARE_MAX_PPM = 500000,
    OVERSHOOT_SHARE = 8,  /* a message is so many flights: the rate limits it */
    WINDOW_BYTES = 32768, /* least where rounds are accurate */
    IP_TCP_BYTES = 40,
    TIMESTAMP_BYTES = 12
};

#define NS_MAX (INT64_C(1) << 60)

static int64_t
ns_cut(base_u128 ns)
{
    return ns > (uint64_t)NS_MAX ? NS_MAX : (int64_t)ns;
}

/* wire_ns - serialisation of so much payload in so many packets */
static int64_t
wire_ns(const struct rounds *rounds, enum tcp_side from, int64_t bytes,
        int64_t packets)
{
    const int64_t rate = rounds->rate_bits_per_s[from];
    const base_u128 bits =
        ((base_u128)(uint64_t)bytes +
         (base_u128)(uint64_t)packets * (uint32_t)rounds->header_bytes) *
        BITS_PER_BYTE;

    if (rate == 0) {
        return 0;
    }
    return ns_cut((bits * (uint64_t)NS_PER_S + (uint64_t)rate - 1) /
                  (uint64_t)rate);
}

/* pipe_bytes - what the line holds in a round trip */
static int64_t
pipe_bytes(const struct rounds *rounds)
{
    return ns_cut((base_u128)(uint64_t)rounds->rate_bits_per_s[TCP_CLIENT] *
                  (uint64_t)rounds->rtt_ns / BITS_PER_BYTE /
                  (uint64_t)NS_PER_S);
}

/* flight_bytes_max - what may be on the way before the queue overflows: in slow
 * start it fills at half the rate at which is sent, so a short one earlier */
static int64_t
flight_bytes_max(const struct rounds *rounds, bool is_slow_start)
{
    const int64_t pipe = pipe_bytes(rounds), queue = rounds->queue_bytes;

    if (rounds->rate_bits_per_s[TCP_CLIENT] == 0 || queue == 0) {
        return INT64_MAX;
    }
    return is_slow_start && queue < pipe ? 2 * queue : pipe + queue;
}

void
rounds_luck_init(struct rounds_luck *luck, const char *link, uint64_t seed,
                 uint32_t replication)
{
    char name[300];

    snprintf(name, sizeof name, "link/%.255s/up", link);
    luck->loss[TCP_CLIENT] = chance_stream(seed, replication, name);
    snprintf(name, sizeof name, "link/%.255s/down", link);
    luck->loss[TCP_SERVER] = chance_stream(seed, replication, name);
}

/* loss_next - how many packets pass before the next one that does not: the
 * geometric law by inversion, ln u / ln (1 - p) */
static void
loss_next(struct rounds *rounds, enum tcp_side from)
{
    const int32_t ppm = rounds->loss_ppm[from];
    const uint64_t u = chance_u64(&rounds->luck->loss[from], rounds->entity,
                                  rounds->losses_count[from]++, 0);

    if (ppm == 0) {
        rounds->until_loss[from] = INT64_MAX;
        return;
    }
    const uint64_t pass =
        (uint64_t)((((base_u128)1 << 64) - 1) * (uint32_t)(PPM - ppm) / PPM);
    rounds->until_loss[from] =
        (int64_t)(variate_neg_log(u) / variate_neg_log(pass));
}

/* is_known - what this router does can be told by rounds */
static bool
is_known(const struct path_params *path)
{
    const struct hop_params *hop = &path->hops[0];

    if (path->hops_count != 1 || hop->is_shared || hop->middleboxes_count > 1) {
        return false;
    }
    switch (hop->middleboxes_count == 0 ? MIDDLEBOX_NONE
                                        : hop->middleboxes[0].fault) {
    case MIDDLEBOX_NONE:
    case MIDDLEBOX_STRIP_SYN:
    case MIDDLEBOX_STRIP_SYNACK:
    case MIDDLEBOX_STRIP_BOTH:
    case MIDDLEBOX_CLAMP:
        return true;
    case MIDDLEBOX_SET_SYN:
    case MIDDLEBOX_SET_SYNACK:
    case MIDDLEBOX_SET_BOTH:
    case MIDDLEBOX_DROP_SYN:
    case MIDDLEBOX_DROP_SYNACK:
    case MIDDLEBOX_TRACK:
    case MIDDLEBOX_TRACK_SYN:
    case MIDDLEBOX_TRACK_START:
    case MIDDLEBOX_CLEAR:
    case MIDDLEBOX_FAULTS_COUNT:
        return false;
    }
    UNREACHABLE("every fault is above");
}

/* window_seen - what a sender reads of this receiver's window: scaled by both
 * sides or by none, the field cut by a router on the way */
static int64_t
window_seen(const struct tcp_stack *receiver, bool is_scaling,
            const struct middlebox_params *box)
{
    const int32_t shift = is_scaling ? receiver->shift : 0;
    int64_t window_bytes =
        i64_max(receiver->window_first_bytes, receiver->window_max_bytes);

    if (receiver->tuning == TCP_TUNING_FIXED) {
        window_bytes = receiver->window_first_bytes;
    }
    if (receiver->window_clamp_bytes > 0) {
        window_bytes = i64_min(window_bytes, receiver->window_clamp_bytes);
    }
    int64_t field = i64_min(i64_div_ceil(window_bytes, INT64_C(1) << shift),
                            TCP_WINDOW_MAX);
    if (box != NULL && box->fault == MIDDLEBOX_CLAMP) {
        field = i64_min(field, box->value);
    }
    return field << shift;
}

bool
rounds_init(struct rounds *rounds, const struct path_params *path,
            const struct tcp_stack *client, const struct tcp_stack *server)
{
    const struct hop_params *hop = &path->hops[0];
    const struct middlebox_params *box =
        hop->middleboxes_count == 0 ? NULL : &hop->middleboxes[0];
    const enum middlebox_fault fault =
        box == NULL ? MIDDLEBOX_NONE : box->fault;
    const bool is_answered = client->shift >= 0 && server->shift >= 0 &&
                             fault != MIDDLEBOX_STRIP_SYN &&
                             fault != MIDDLEBOX_STRIP_BOTH;
    const bool has_timestamps =
        client->has_timestamps && server->has_timestamps;

    if (!is_known(path) || (is_answered && fault == MIDDLEBOX_STRIP_SYNACK)) {
        return false; /* the two sides disagree: tiny windows or too large */
    }
    *rounds = (struct rounds){
        .rtt_ns = path_rtt_ns(path),
        .rate_bits_per_s = {hop->rate_bits_per_s[TCP_CLIENT],
                            hop->rate_bits_per_s[TCP_SERVER]},
        .queue_bytes = hop->queue_bytes[TCP_CLIENT],
        .window_bytes = {window_seen(server, is_answered, box),
                         window_seen(client, is_answered, box)},
        .initial_segments = client->initial_window,
        .rto_min_ns = client->rto_min_ns,
        .rto_first_ns = client->rto_first_ns,
        .loss_ppm = {hop->loss_ppm[TCP_CLIENT], hop->loss_ppm[TCP_SERVER]},
        .segment_bytes =
            (client->mss_bytes < server->mss_bytes ? client->mss_bytes
                                                   : server->mss_bytes) -
            (has_timestamps ? TIMESTAMP_BYTES : 0),
        .header_bytes = IP_TCP_BYTES + (has_timestamps ? TIMESTAMP_BYTES : 0),
        .is_prompt = client->sws == TCP_SWS_LINUX,
        .first_bytes = server->window_first_bytes,
        .beta_ppm =
            client->congestion == TCP_CUBIC ? BETA_CUBIC_PPM : BETA_RENO_PPM,
    };
    return rounds->loss_ppm[TCP_CLIENT] <= LOSS_SHARE_MAX_PPM &&
           rounds->loss_ppm[TCP_SERVER] <= LOSS_SHARE_MAX_PPM &&
           rounds->window_bytes[TCP_CLIENT] >=
               WINDOW_SEGMENTS * (int64_t)rounds->segment_bytes &&
           rounds->window_bytes[TCP_SERVER] >= REPLY_BYTES_MIN;
}

bool
rounds_is_accurate(const struct rounds *rounds, int64_t bytes)
{
    const int64_t packets = i64_div_ceil(bytes, rounds->segment_bytes);
    const int64_t ip_bytes = bytes + packets * rounds->header_bytes;
    const int64_t most = i64_min(rounds->window_bytes[TCP_CLIENT], ip_bytes);

    if (!rounds->is_prompt || rounds->first_bytes < WINDOW_BYTES ||
        rounds->window_bytes[TCP_CLIENT] < WINDOW_BYTES) {
        return false;
    }
    if (packets * (base_i128)rounds->loss_ppm[TCP_CLIENT] >= LOSS_MAX_PPM) {
        return false;
    }
    /* A queue that holds a round trip keeps the line full through a loss: what
     * the overshoot costs is little where it comes early in a long message. */
    return most <= flight_bytes_max(rounds, true) ||
           (rounds->queue_bytes >= pipe_bytes(rounds) &&
            ip_bytes / OVERSHOOT_SHARE >= flight_bytes_max(rounds, false));
}

void
rounds_open(struct rounds *rounds, const struct rounds_luck *luck,
            uint64_t entity, int64_t now_ns)
{
    rounds->luck = luck;
    rounds->entity = entity;
    rounds->window_segments = rounds->initial_segments;
    rounds->threshold_segments = CWND_MAX;
    rounds->sent_at_ns = now_ns;
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        loss_next(rounds, (enum tcp_side)side);
    }
}

/* losses_meet - of so many packets: how many are lost; *first: the place of the
 * first one */
static int64_t
losses_meet(struct rounds *rounds, enum tcp_side from, int64_t packets,
            int64_t *first)
{
    int64_t lost_count = 0, passed = 0;

    if (rounds->until_loss[from] == INT64_MAX) {
        return 0;
    }
    while (rounds->until_loss[from] < packets - passed) {
        passed += rounds->until_loss[from] + 1;
        if (lost_count++ == 0) {
            *first = passed - 1;
        }
        loss_next(rounds, from);
    }
    rounds->until_loss[from] -= packets - passed;
    return lost_count;
}

int64_t
rounds_handshake_ns(struct rounds *rounds)
{
    int64_t first = 0, lost_ns = 0;

    /* Each try needs both its packets; Linux' first tries are a timeout apart,
     * and rounds are not for paths that lose many. */
    for (int tries = 0; tries < 4; tries++) {
        const bool is_lost = losses_meet(rounds, TCP_CLIENT, 1, &first) > 0 ||
                             losses_meet(rounds, TCP_SERVER, 1, &first) > 0;
        if (!is_lost) {
            break;
        }
        lost_ns += rounds->rto_first_ns;
    }
    return lost_ns + rounds->rtt_ns + wire_ns(rounds, TCP_CLIENT, 0, 1) +
           wire_ns(rounds, TCP_SERVER, 0, 1);
}

/* rto_ns - RFC 6298 as Linux has it, on a steady path */
static int64_t
rto_ns(const struct rounds *rounds)
{
    return rounds->rtt_ns + rounds->rto_min_ns;
}

int64_t
rounds_line_ns(struct rounds *rounds, enum tcp_side from, int64_t bytes)
{
    const int64_t packets =
        i64_max(1, i64_div_ceil(bytes, rounds->segment_bytes));
    const int64_t delay_ns = from == TCP_CLIENT
                                 ? rounds->rtt_ns / 2
                                 : rounds->rtt_ns - rounds->rtt_ns / 2;
    int64_t first = 0;
    const bool is_lost = losses_meet(rounds, from, packets, &first) > 0;

    return wire_ns(rounds, from, bytes, packets) + delay_ns +
           (is_lost ? rto_ns(rounds) : 0);
}

/* A transfer under way. */
struct transfer {
    struct rounds *rounds;
    int64_t left_bytes;
    int64_t sending_ns; /* from its start to the present round's */
    int64_t packet_ns;  /* wire time of a full one */
};

/* rest_at_once - rounds that are all alike to the end, but for the last */
static void
rest_at_once(struct transfer *transfer, int64_t flight_bytes, int64_t packets)
{
    struct rounds *rounds = transfer->rounds;
    const int64_t left_packets =
        i64_div_ceil(transfer->left_bytes, rounds->segment_bytes);
    const int64_t full_ns = wire_ns(rounds, TCP_CLIENT, flight_bytes, packets);
    const int64_t round_ns = rounds->rtt_ns + transfer->packet_ns;
    const bool is_full = full_ns >= round_ns;
    const bool is_window_all =
        flight_bytes == rounds->window_bytes[TCP_CLIENT] &&
        packets * (int64_t)(rounds->segment_bytes + rounds->header_bytes) <=
            flight_bytes_max(rounds, false);

    if (rounds->until_loss[TCP_CLIENT] < left_packets) {
        return;
    }
    if (is_full &&
        (is_window_all || flight_bytes_max(rounds, false) == INT64_MAX ||
         rounds->queue_bytes >= pipe_bytes(rounds))) {
        /* The last bytes flow out of the line with the others. */
        const int64_t bytes = transfer->left_bytes - rounds->segment_bytes;
        transfer->sending_ns = ns_cut(
            (base_u128)(uint64_t)transfer->sending_ns +
            (uint64_t)wire_ns(rounds, TCP_CLIENT, bytes, left_packets - 1));
        transfer->left_bytes -= bytes;
        rounds->until_loss[TCP_CLIENT] -=
            rounds->until_loss[TCP_CLIENT] == INT64_MAX ? 0 : left_packets - 1;
    } else if (!is_full && is_window_all) {
        const int64_t alike = (transfer->left_bytes - 1) / flight_bytes;
        transfer->sending_ns =
            ns_cut((base_u128)(uint64_t)transfer->sending_ns +
                   (base_u128)(uint64_t)alike * (uint64_t)round_ns);
        transfer->left_bytes -= alike * flight_bytes;
        rounds->until_loss[TCP_CLIENT] -=
            rounds->until_loss[TCP_CLIENT] == INT64_MAX ? 0 : alike * packets;
    }
}

/* cwnd_fall - once a round, however many were lost in it */
static void
cwnd_fall(struct rounds *rounds)
{
    rounds->threshold_segments =
        i64_max(2, rounds->window_segments * rounds->beta_ppm / PPM);
    rounds->window_segments = rounds->threshold_segments;
}

/* cwnd_grow - a round was acknowledged; only what is used grows */
static void
cwnd_grow(struct rounds *rounds, int64_t packets)
{
    const bool is_slow_start =
        rounds->window_segments < rounds->threshold_segments;

    if (is_slow_start && 2 * packets > rounds->window_segments) {
        rounds->window_segments = i64_min(
            rounds->window_segments + packets,
            i64_max(rounds->threshold_segments, rounds->window_segments + 1));
    } else if (!is_slow_start && packets >= rounds->window_segments) {
        rounds->window_segments++;
    }
    rounds->window_segments = i64_min(rounds->window_segments, CWND_MAX);
}

/* overflow_count - packets of this round that the queue does not take */
static int64_t
overflow_count(const struct rounds *rounds, int64_t packets)
{
    const int64_t packet = rounds->segment_bytes + rounds->header_bytes;
    const int64_t most = flight_bytes_max(
        rounds, rounds->window_segments < rounds->threshold_segments);

    return most == INT64_MAX || packets * packet <= most
               ? 0
               : packets - i64_max(1, most / packet);
}

/* repair_ns - of a loss in the last round: how much later its end arrives */
static int64_t
repair_ns(const struct transfer *transfer, int64_t first, int64_t packets)
{
    const struct rounds *rounds = transfer->rounds;
    const int64_t behind = packets - 1 - first;

    if (behind >= DUPACKS) {
        return i64_max(rounds->rtt_ns -
                           (behind - DUPACKS) * transfer->packet_ns,
                       0) +
               transfer->packet_ns;
    }
    /* A probe of the tail; what it is not itself comes a round trip later. */
    const int64_t probe_ns = packets == 1
                                 ? rto_ns(rounds)
                                 : i64_min(2 * rounds->rtt_ns, rto_ns(rounds));
    return probe_ns + (behind > 0 ? rounds->rtt_ns : 0);
}

/* round_send - one round; true: it was not the last */
static bool
round_send(struct transfer *transfer)
{
    struct rounds *rounds = transfer->rounds;
    int64_t flight_bytes =
        i64_min(rounds->window_segments * rounds->segment_bytes,
                rounds->window_bytes[TCP_CLIENT]);
    int64_t first = 0;

    if (transfer->left_bytes > flight_bytes) {
        rest_at_once(transfer, flight_bytes,
                     i64_div_ceil(flight_bytes, rounds->segment_bytes));
    }
    const bool is_last = transfer->left_bytes <= flight_bytes;
    flight_bytes = i64_min(flight_bytes, transfer->left_bytes);
    const int64_t packets = i64_div_ceil(flight_bytes, rounds->segment_bytes);
    const int64_t full_ns = wire_ns(rounds, TCP_CLIENT, flight_bytes, packets);
    int64_t lost_count = losses_meet(rounds, TCP_CLIENT, packets, &first);
    rounds->steps_count++;
    if (lost_count == 0 && !is_last) {
        lost_count = overflow_count(rounds, packets);
    }
    transfer->sending_ns +=
        is_last ? full_ns
                : i64_max(rounds->rtt_ns + transfer->packet_ns, full_ns);
    if (is_last && lost_count > 0) {
        transfer->sending_ns += repair_ns(transfer, first, packets);
    }
    transfer->left_bytes -= flight_bytes;
    if (lost_count > 0) {
        transfer->left_bytes +=
            is_last ? 0 : lost_count * rounds->segment_bytes;
        cwnd_fall(rounds);
    } else {
        cwnd_grow(rounds, packets);
    }
    transfer->sending_ns = i64_min(transfer->sending_ns, NS_MAX);
    return !is_last && transfer->sending_ns < NS_MAX;
}

int64_t
rounds_transfer_ns(struct rounds *rounds, int64_t now_ns, int64_t bytes)
{
    struct transfer transfer = {
        .rounds = rounds,
        .left_bytes = bytes,
        .packet_ns = wire_ns(rounds, TCP_CLIENT, rounds->segment_bytes, 1),
    };

    ASSERT(bytes >= 0);
    if (now_ns - rounds->sent_at_ns > rto_ns(rounds)) {
        rounds->window_segments =
            i64_min(rounds->window_segments, rounds->initial_segments);
    }
    while (round_send(&transfer)) {
    }
    rounds->sent_at_ns = now_ns + transfer.sending_ns;
    return transfer.sending_ns + rounds->rtt_ns / 2;
}
