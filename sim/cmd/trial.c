/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial.c - see trial.h
 */
#include "sim/cmd/trial.h"

#include <string.h>

#include "models/session.h"
#include "sim/kernel/evq.h"

enum {
    EVENTS_MAX = 1 << 24,
    EVQ_CLASS = 0,
    COMMAND_DOWN_BYTES = 8,
    TURN_BANNER = 0,
    LINE_BYTES = 78 /* of a message */
};

/* A trial under way. */
struct work {
    struct trial *trial;
    const struct tcp_watch *watch;
    struct session *session;
    struct evq *evq;
    struct tcp_progress before[TCP_SIDES_COUNT]; /* the turn */
    bool is_over;
};

static const struct {
    const char *name;
    const char *reply_name;
    int64_t command_bytes;
    int64_t reply_bytes;
} dialogue[] = {
    {"", "banner", 0, TRIAL_BANNER_BYTES}, {"EHLO", "its reply", 25, 170},
    {"MAIL FROM", "its reply", 52, 14},    {"RCPT TO", "its reply", 34, 14},
    {"DATA", "its reply", 6, 37},          {"message", "its reply", 0, 30},
};

_Static_assert(sizeof dialogue / sizeof dialogue[0] == TRIAL_TURNS_MAX,
               "every turn has its place");

const char *
trial_outcome_name(enum trial_outcome outcome)
{
    switch (outcome) {
    case TRIAL_NO_CONNECTION:
        return "no-connection";
    case TRIAL_NO_BANNER:
        return "no-banner";
    case TRIAL_STALLED_DIALOGUE:
        return "stalled-dialogue";
    case TRIAL_STALLED_DATA:
        return "stalled-data";
    case TRIAL_DELIVERED:
        return "delivered";
    case TRIAL_OUTCOMES_COUNT:
        break;
    }
    UNREACHABLE("every outcome is above");
}

void
trial_params_init(struct trial_params *params)
{
    struct hop_params *hop = &params->path.hops[0];

    *params = (struct trial_params){
        .path = {.name = "link", .hops_count = 1},
        .stacks = {*tcp_stack_named("linux"), *tcp_stack_named("linux")},
        .sender = TCP_CLIENT,
        .banner_bytes = TRIAL_BANNER_BYTES,
        .size_bytes = 50000,
        .connect_timeout_ns = TRIAL_CONNECT_TIMEOUT_NS,
        .reply_timeout_ns = TRIAL_REPLY_TIMEOUT_NS,
    };
    for (uint32_t side = 0; side < TCP_SIDES_COUNT; side++) {
        hop->rate_bits_per_s[side] = 10000000;
        hop->delay_ns[side] = 10 * NS_PER_MS;
        hop->queue_bytes[side] = 128 * 1024;
    }
}

void
trial_params_clear(struct trial_params *params)
{
    for (uint32_t i = 0; i < params->path.hops_count; i++) {
        params->path.hops[i].middleboxes_count = 0;
    }
}

/* turns_make - the dialogue with this trial's sizes */
static void
turns_make(struct trial *trial)
{
    const struct trial_params *params = trial->params;
    const bool is_up = params->sender == TCP_CLIENT;

    trial->turns_count = is_up ? TRIAL_TURNS_MAX : 3;
    for (uint32_t i = 0; i < trial->turns_count; i++) {
        struct trial_turn *turn = &trial->turns[i];

        *turn = (struct trial_turn){.name = dialogue[i].name,
                                    .reply_name = dialogue[i].reply_name};
        turn->legs[TCP_CLIENT].bytes = dialogue[i].command_bytes;
        turn->legs[TCP_SERVER].bytes = dialogue[i].reply_bytes;
        for (uint32_t side = 0; side < TCP_SIDES_COUNT; side++) {
            struct trial_leg *leg = &turn->legs[side];

            leg->said_at_ns = leg->first_at_ns = leg->there_at_ns = -1;
        }
    }
    trial->turns[TURN_BANNER].legs[TCP_SERVER].bytes = params->banner_bytes;

    struct trial_turn *body = &trial->turns[trial->turns_count - 1];

    if (is_up) {
        body->legs[TCP_CLIENT].bytes = params->size_bytes;
    } else {
        body->name = "command";
        body->reply_name = "body";
        body->legs[TCP_CLIENT].bytes = COMMAND_DOWN_BYTES;
        body->legs[TCP_SERVER].bytes = params->size_bytes;
    }
}

/* --- What the packets tell ----------------------------------------------- */

static struct trial_turn *
turn_now(struct trial *trial)
{
    ASSERT(trial->turns_begun > 0); /* the first is begun before the SYN */
    return &trial->turns[trial->turns_begun - 1];
}

static bool
is_body(const struct trial *trial)
{
    return trial->turns_begun == trial->turns_count;
}

static void
offer_see(struct trial *trial, int64_t at_ns, enum tcp_sight sight,
          enum tcp_side from, const struct tcp_segment *segment)
{
    struct trial_offer *offer = &trial->offers[from];

    if (sight == TCP_SIGHT_SENT) {
        offer->sent_at_ns = offer->is_sent ? offer->sent_at_ns : at_ns;
        offer->is_sent = true;
        offer->sent_count++;
        offer->sent = *segment;
    } else if (sight == TCP_SIGHT_ARRIVED && !offer->has_arrived) {
        offer->has_arrived = true;
        offer->arrived_at_ns = at_ns;
        offer->original = offer->sent; /* retries are far apart */
        offer->arrived = *segment;
    }
}

static void
leg_see(struct trial_leg *leg, enum tcp_sight sight)
{
    switch (sight) {
    case TCP_SIGHT_BOX_DROP:
        leg->box_drops++;
        return;
    case TCP_SIGHT_LOST:
        leg->losses++;
        return;
    case TCP_SIGHT_OVERFLOW:
        leg->overflows++;
        return;
    case TCP_SIGHT_SENT:
    case TCP_SIGHT_PASSED:
    case TCP_SIGHT_ARRIVED:
        return;
    }
    UNREACHABLE("every sight is above");
}

static void
counts_see(struct trial *trial, enum tcp_sight sight)
{
    trial->segments_count += sight == TCP_SIGHT_SENT;
    trial->box_changes_count += sight == TCP_SIGHT_PASSED;
    trial->box_drops_count += sight == TCP_SIGHT_BOX_DROP;
    trial->losses_count += sight == TCP_SIGHT_LOST;
    trial->overflows_count += sight == TCP_SIGHT_OVERFLOW;
}

/* legs_look - how far both legs of the turn have come by now */
static void
legs_look(struct work *work)
{
    struct trial *trial = work->trial;
    struct trial_turn *turn = turn_now(trial);
    const int64_t now_ns = evq_now_ns(work->evq);
    const int64_t there[TCP_SIDES_COUNT] = {
        session_command_received_bytes(work->session),
        session_reply_received_bytes(work->session)};

    for (uint32_t side = 0; side < TCP_SIDES_COUNT; side++) {
        struct trial_leg *leg = &turn->legs[side];

        if (there[side] <= leg->there_bytes) {
            continue;
        }
        leg->there_bytes = i64_min(there[side], leg->bytes);
        if (leg->first_at_ns < 0) {
            leg->first_at_ns = now_ns;
        }
        if (leg->there_bytes == leg->bytes && leg->there_at_ns < 0) {
            leg->there_at_ns = now_ns;
            if (side == TCP_CLIENT) { /* nobody thinks before the reply */
                turn->legs[TCP_SERVER].said_at_ns = now_ns;
            }
        }
        if (is_body(trial) && (enum tcp_side)side == trial->params->sender) {
            trial->body_last_at_ns = now_ns;
        }
    }
}

/* windows_look - the least that the sender of a leg under way believes in */
static void
windows_look(struct work *work)
{
    struct trial_turn *turn = turn_now(work->trial);
    struct tcp_connection *connection = session_connection(work->session);

    for (uint32_t i = 0; i < TCP_SIDES_COUNT; i++) {
        const enum tcp_side side = (enum tcp_side)i;
        struct trial_leg *leg = &turn->legs[side];

        if (leg->bytes == 0 || leg->there_at_ns >= 0 || leg->said_at_ns < 0) {
            continue;
        }
        const int64_t window =
            tcp_endpoint_belief(tcp_connection_end_const(connection, side))
                .send_window_bytes;

        if (leg->window_least_bytes == 0 || window < leg->window_least_bytes) {
            leg->window_least_bytes = window;
        }
        leg->window_most_bytes = i64_max(leg->window_most_bytes, window);
    }
}

static void
on_sight(void *arg, const struct tcp_connection *connection, int64_t at_ns,
         enum tcp_sight sight, enum tcp_side from, uint32_t hop,
         const struct tcp_segment *segment)
{
    struct work *work = arg;
    struct trial *trial = work->trial;
    struct trial_turn *turn = turn_now(trial);

    counts_see(trial, sight);
    if ((segment->flags & TCP_SYN) != 0) {
        offer_see(trial, at_ns, sight, from, segment);
    } else if (segment->payload_bytes > 0) {
        leg_see(&turn->legs[from], sight);
    }
    if (sight == TCP_SIGHT_SENT) {
        trial->last[from] = *segment;
    }
    if (!work->is_over) {
        legs_look(work);
        windows_look(work);
    }
    if (work->watch != NULL) {
        work->watch->see(work->watch->arg, connection, at_ns, sight, from, hop,
                         segment);
    }
}

/* --- The dialogue -------------------------------------------------------- */

static void
progress_take(struct work *work, struct tcp_progress progress[TCP_SIDES_COUNT])
{
    struct tcp_connection *connection = session_connection(work->session);

    for (uint32_t i = 0; i < TCP_SIDES_COUNT; i++) {
        progress[i] = tcp_endpoint_progress(
            tcp_connection_end_const(connection, (enum tcp_side)i));
    }
}

/* turn_close - what its legs cost */
static void
turn_close(struct work *work)
{
    struct trial_turn *turn = turn_now(work->trial);
    struct tcp_progress now[TCP_SIDES_COUNT];

    legs_look(work);
    progress_take(work, now);
    for (uint32_t i = 0; i < TCP_SIDES_COUNT; i++) {
        const struct tcp_progress *before = &work->before[i];
        struct trial_leg *leg = &turn->legs[i];

        leg->resent = (uint32_t)(now[i].resent_count - before->resent_count);
        leg->timeouts =
            (uint32_t)(now[i].timeouts_count - before->timeouts_count);
        leg->probes = (uint32_t)(now[i].probes_count - before->probes_count);
    }
}

static void
finish(struct work *work, bool is_given_up)
{
    struct trial *trial = work->trial;

    work->is_over = true;
    trial->has_given_up = is_given_up;
    trial->end_at_ns = evq_now_ns(work->evq);
    turn_close(work);
    if (trial->connected_at_ns < 0) {
        trial->outcome = TRIAL_NO_CONNECTION;
    } else if (trial->turns_begun == 1) {
        trial->outcome = TRIAL_NO_BANNER;
    } else if (!is_body(trial)) {
        trial->outcome = TRIAL_STALLED_DIALOGUE;
    } else {
        trial->outcome = TRIAL_STALLED_DATA;
    }
    evq_stop(work->evq);
}

/* on_limit - a body's time counts from its first byte said, whatever the send
 * buffer has taken by then; and somebody who looks at a time has seen enough */
static void
on_limit(void *arg, uint64_t data)
{
    struct work *work = arg;

    (void)data;
    if (!work->is_over) {
        finish(work, false);
    }
}

static void
turn_begin(struct work *work)
{
    struct trial *trial = work->trial;
    const struct trial_params *params = trial->params;
    struct trial_turn *turn = &trial->turns[trial->turns_begun++];
    struct session_turn said = {
        .command_bytes = turn->legs[TCP_CLIENT].bytes,
        .reply_bytes = turn->legs[TCP_SERVER].bytes,
        .timeout_ns = params->reply_timeout_ns,
        .block_timeout_ns = TRIAL_BLOCK_TIMEOUT_NS,
    };

    if (is_body(trial)) {
        said.timeout_ns = TRIAL_DOT_TIMEOUT_NS;
        if (params->limit_ns > 0) {
            said.timeout_ns = said.block_timeout_ns = 0;
            evq_push(work->evq, evq_now_ns(work->evq) + params->limit_ns,
                     EVQ_CLASS_MAX, on_limit, work, 0);
        }
    }
    progress_take(work, work->before);
    if (said.command_bytes > 0) {
        turn->legs[TCP_CLIENT].said_at_ns = evq_now_ns(work->evq);
    }
    session_turn(work->session, &said);
}

static void
on_answer(struct work *work)
{
    struct trial *trial = work->trial;

    turn_close(work);
    if (!is_body(trial)) {
        turn_begin(work);
        return;
    }
    trial->outcome = TRIAL_DELIVERED;
    trial->end_at_ns = evq_now_ns(work->evq);
    trial->body_ns =
        trial->end_at_ns - turn_now(trial)->legs[TCP_CLIENT].said_at_ns;
    work->is_over = true;
    evq_stop(work->evq);
}

static void
on_news(void *arg, enum session_news news)
{
    struct work *work = arg;

    switch (news) {
    case SESSION_CONNECTED:
        work->trial->connected_at_ns = evq_now_ns(work->evq);
        return;
    case SESSION_ACCEPTED:
        work->trial->turns[TURN_BANNER].legs[TCP_SERVER].said_at_ns =
            evq_now_ns(work->evq);
        return;
    case SESSION_ANSWERED:
        on_answer(work);
        return;
    case SESSION_TIMED_OUT:
        finish(work, false);
        return;
    case SESSION_FAILED:
        finish(work, true);
        return;
    }
    UNREACHABLE("every news is above");
}

/* on_type - what is typed reaches the server outside of the dialogue, which
 * waits for the banner; so the trial ends soon after */
static void
on_type(void *arg, uint64_t data)
{
    struct work *work = arg;

    (void)data;
    if (work->trial->turns_begun == 1 && work->trial->connected_at_ns >= 0) {
        tcp_endpoint_write(
            tcp_connection_end(session_connection(work->session), TCP_CLIENT),
            dialogue[1].command_bytes);
    }
}

/* --- The whole ----------------------------------------------------------- */

static void
work_run(struct work *work, const struct trial_params *params)
{
    struct trial *trial = work->trial;
    struct path_luck luck;
    const struct tcp_watch watch = {.see = on_sight, .arg = work};
    const struct session_params session = {
        .connection = {.path = &params->path,
                       .stacks = {&params->stacks[TCP_CLIENT],
                                  &params->stacks[TCP_SERVER]},
                       .luck = &luck,
                       .entity = 1,
                       .evq = work->evq,
                       .evq_class = EVQ_CLASS,
                       .watch = &watch},
        .notify = on_news,
        .arg = work,
    };

    path_luck_init(&luck, &params->path, params->seed, params->replication);
    work->session = session_new(&session);
    turn_begin(work);
    session_open(work->session, params->connect_timeout_ns);
    if (params->look_at_ns > 0) {
        evq_push(work->evq, params->look_at_ns, EVQ_CLASS_MAX, on_limit, work,
                 0);
    }
    if (params->type_at_ns > 0) {
        ASSERT(params->look_at_ns > params->type_at_ns);
        evq_push(work->evq, params->type_at_ns, EVQ_CLASS, on_type, work, 0);
    }
    trial->events_count = evq_run(work->evq, EVQ_AT_NS_MAX);
    ASSERT(work->is_over); /* the client's clocks see to it */
    progress_take(work, trial->progress);
    for (uint32_t i = 0; i < TCP_SIDES_COUNT; i++) {
        trial->beliefs[i] = tcp_endpoint_belief(tcp_connection_end(
            session_connection(work->session), (enum tcp_side)i));
    }
    session_free(work->session);
}

void
trial_run(struct trial *trial, const struct trial_params *params,
          const struct tcp_watch *watch)
{
    struct work work = {.trial = trial, .watch = watch};

    ASSERT(params->banner_bytes > 0);
    ASSERT(params->size_bytes > 0);
    *trial = (struct trial){.params = params,
                            .connected_at_ns = -1,
                            .body_ns = -1,
                            .body_last_at_ns = -1};
    turns_make(trial);
    work.evq = evq_new(EVENTS_MAX);
    work_run(&work, params);
    evq_free(work.evq);
    if (is_body(trial)) {
        trial->body_bytes = turn_now(trial)->legs[params->sender].there_bytes;
    }
}

/* --- What is said -------------------------------------------------------- */

/* turn_at - the turn that a place in a side's stream belongs to; *offset from
 * its beginning */
static uint32_t
turn_at(const struct trial *trial, enum tcp_side side, int64_t seq,
        int64_t *offset)
{
    uint32_t turn = 0;

    *offset = seq - 1;
    while (turn + 1 < trial->turns_count &&
           *offset >= trial->turns[turn].legs[side].bytes) {
        *offset -= trial->turns[turn++].legs[side].bytes;
    }
    return turn;
}

/* What is said in a turn: its beginning and its end, filled up between. */
struct words {
    const char *begin;
    const char *end;
};

uint8_t
trial_text(const struct trial *trial, enum tcp_side side, int64_t seq)
{
    static const struct words up[TRIAL_TURNS_MAX][TCP_SIDES_COUNT] = {
        {{"", ""}, {"220 server.example ESMTP ", "\r\n"}},
        {{"EHLO client.example.", "\r\n"}, {"250 server.example ", "\r\n"}},
        {{"MAIL FROM:<a@client.example> BODY=8BITMIME SIZE=", "\r\n"},
         {"250 2.1.0 Ok", "\r\n"}},
        {{"RCPT TO:<b@x.server.example", ">\r\n"}, {"250 2.1.5 Ok", "\r\n"}},
        {{"DATA", "\r\n"}, {"354 End data with <CR><LF>.<CR><LF>", "\r\n"}},
        {{"Subject: a trial\r\n\r\n", "\r\n.\r\n"},
         {"250 2.0.0 Ok: queued as ", "\r\n"}},
    };
    static const struct words down[TCP_SIDES_COUNT] = {
        {"RETR 1", "\r\n"}, {"+OK\r\n", "\r\n.\r\n"}};
    int64_t offset = 0;
    const uint32_t turn = turn_at(trial, side, seq, &offset);
    const struct words *words = turn == 2 && trial->params->sender == TCP_SERVER
                                    ? &down[side]
                                    : &up[turn][side];
    const int64_t left = trial->turns[turn].legs[side].bytes - offset;
    const int64_t end_size = (int64_t)strlen(words->end);

    if (left >= 1 && left <= end_size) {
        return (uint8_t)words->end[end_size - left];
    }
    if (offset < (int64_t)strlen(words->begin)) {
        return (uint8_t)words->begin[offset];
    }
    return (uint8_t)(offset % 78 == 76 ? '\r' : offset % 78 == 77 ? '\n' : 'x');
}
