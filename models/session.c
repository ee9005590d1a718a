/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.c - see session.h
 *
 * The connection's news only sets flags and pushes one event, `poke`, at the
 * same instant; that one tells the caller. So the connection is never freed,
 * nor written to, while it is in the middle of its own work.
 *
 * The two timers are lazy: a deadline that moves further away leaves its event
 * where it is, and the event, when it comes too early, is pushed again. During
 * a body the deadline moves with every acknowledgement.
 */
#include "models/session.h"

#include <stdlib.h>

#include "sim/kernel/base.h"
#include "sim/kernel/evq.h"

enum {
    NEVER = -1,
    /* A packet that comes at an instant is told of in so many events at it, at
     * most: arrival, delivery to the application, poke. */
    STEPS_OF_AN_INSTANT = 3
};

struct session {
    struct session_params params;
    struct tcp_connection *connection;
    struct session_turn turn;
    int64_t commands_bytes; /* of all turns, this one included */
    int64_t replies_bytes;
    int64_t unbuffered_bytes; /* of the command, when last looked at */
    int64_t deadline_at_ns;   /* NEVER: none */
    struct evq_id poke;
    struct evq_id deadline;
    struct evq_id think;
    bool is_connected; /* what has come about, */
    bool is_accepted;
    bool is_failed;
    bool is_closed; /* by the server */
    bool is_server_gone;
    bool is_connected_told; /* and what has been told of it */
    bool is_accepted_told;
    bool is_over;    /* timed out or failed, and told */
    bool is_asked;   /* a turn is under way */
    bool is_thought; /* the server has begun to think about it */
    bool is_telling;
    bool is_freed; /* while it was telling */
};

static struct evq *
queue(const struct session *session)
{
    return session->params.connection.evq;
}

static int64_t
now_ns(const struct session *session)
{
    return evq_now_ns(queue(session));
}

static struct tcp_endpoint *
end_of(const struct session *session, enum tcp_side side)
{
    return tcp_connection_end(session->connection, side);
}

static struct evq_id
push(struct session *session, int64_t at_ns, evq_fn *fn, uint64_t data)
{
    const struct evq_id id =
        evq_push(queue(session), at_ns, session->params.connection.evq_class,
                 fn, session, data);

    ASSERT(id.generation != 0); /* whoever sizes the queue counts on us */
    return id;
}

/* after - the instant so long from now; NEVER where that is beyond all time */
static int64_t
after(const struct session *session, int64_t ns)
{
    const int64_t now = now_ns(session);

    return ns == 0 || ns > EVQ_AT_NS_MAX - now ? NEVER : now + ns;
}

int64_t
session_command_received_bytes(const struct session *session)
{
    const int64_t before =
        session->commands_bytes - session->turn.command_bytes;

    return tcp_endpoint_received_bytes(end_of(session, TCP_SERVER)) - before;
}

int64_t
session_reply_received_bytes(const struct session *session)
{
    const int64_t before = session->replies_bytes - session->turn.reply_bytes;

    return tcp_endpoint_received_bytes(end_of(session, TCP_CLIENT)) - before;
}

static bool
is_answered(const struct session *session)
{
    return session->is_asked &&
           session_reply_received_bytes(session) >= session->turn.reply_bytes;
}

/* is_ended - the waiting has: there is a reply, or there will be none */
static bool
is_ended(const struct session *session)
{
    return session->is_failed || session->is_closed || is_answered(session);
}

/* is_news - something stands to be told that was not */
static bool
is_news(const struct session *session)
{
    return !session->is_over &&
           ((session->is_connected && !session->is_connected_told) ||
            (session->is_accepted && !session->is_accepted_told) ||
            is_ended(session));
}

/* --- The client's timeouts ----------------------------------------------- */

static void
release(struct session *session)
{
    evq_cancel(queue(session), session->poke);
    evq_cancel(queue(session), session->deadline);
    evq_cancel(queue(session), session->think);
    tcp_connection_free(session->connection);
    free(session);
}

/* tell - false: the session is gone */
static bool
tell(struct session *session, enum session_news news)
{
    ASSERT(!session->is_telling);
    session->is_telling = true;
    session->params.notify(session->params.arg, news);
    session->is_telling = false;
    if (session->is_freed) {
        release(session);
        return false;
    }
    return true;
}

/* on_deadline - all else that is due at this instant goes first, with what
 * comes of it: a reply at the deadline is in time */
static void
on_deadline(void *arg, uint64_t step)
{
    struct session *session = arg;
    const int64_t deadline_at_ns = session->deadline_at_ns;
    const bool is_due = deadline_at_ns <= now_ns(session);

    session->deadline = EVQ_NONE;
    if (deadline_at_ns == NEVER || session->is_over || is_ended(session)) {
        return; /* if it ended, the poke under way tells it */
    }
    if (!is_due || step < STEPS_OF_AN_INSTANT) {
        session->deadline =
            push(session, deadline_at_ns, on_deadline, is_due ? step + 1 : 0);
        return;
    }
    session->is_over = true;
    (void)tell(session, SESSION_TIMED_OUT);
}

/*
 * deadline_set - an event that stands earlier is left there. deadline_at_ns is
 * only ever later than a standing event's time, or the event is moved.
 */
static void
deadline_set(struct session *session, int64_t at_ns)
{
    const int64_t before = session->deadline_at_ns;

    session->deadline_at_ns = at_ns;
    if (at_ns == NEVER) {
        return;
    }
    if (before != NEVER && before <= at_ns &&
        session->deadline.generation != 0) {
        return;
    }
    evq_cancel(queue(session), session->deadline);
    session->deadline = push(session, at_ns, on_deadline, 0);
}

/* deadline_of_turn - from now: all is buffered, or there was progress */
static void
deadline_of_turn(struct session *session)
{
    deadline_set(session, after(session, session->unbuffered_bytes > 0
                                             ? session->turn.block_timeout_ns
                                             : session->turn.timeout_ns));
}

/* --- What the connection says -------------------------------------------- */

static void
on_thought(void *arg, uint64_t data)
{
    struct session *session = arg;

    (void)data;
    session->think = EVQ_NONE;
    if (!session->is_server_gone) {
        tcp_endpoint_write(end_of(session, TCP_SERVER),
                           session->turn.reply_bytes);
    }
}

/* server_look - has the server all that it answers to? */
static void
server_look(struct session *session)
{
    if (!session->is_asked || session->is_thought || !session->is_accepted ||
        session_command_received_bytes(session) < session->turn.command_bytes) {
        return;
    }
    session->is_thought = true;
    session->think =
        push(session, now_ns(session) + session->turn.think_ns, on_thought, 0);
}

/* client_look - what of the command has the send buffer taken by now? */
static void
client_look(struct session *session)
{
    const int64_t left =
        tcp_endpoint_unbuffered_bytes(end_of(session, TCP_CLIENT));

    if (session->is_asked && left < session->unbuffered_bytes) {
        session->unbuffered_bytes = left;
        deadline_of_turn(session);
    }
}

/* news_next - takes what is to be told first */
static enum session_news
news_next(struct session *session)
{
    if (session->is_connected && !session->is_connected_told) {
        session->is_connected_told = true;
        return SESSION_CONNECTED;
    }
    if (session->is_accepted && !session->is_accepted_told) {
        session->is_accepted_told = true;
        return SESSION_ACCEPTED;
    }
    session->deadline_at_ns = NEVER;
    if (is_answered(session)) {
        session->is_asked = false;
        return SESSION_ANSWERED;
    }
    session->is_over = true;
    return SESSION_FAILED;
}

static void
on_poke(void *arg, uint64_t data)
{
    struct session *session = arg;

    (void)data;
    session->poke = EVQ_NONE;
    while (is_news(session)) {
        if (!tell(session, news_next(session))) {
            return;
        }
    }
}

static void
on_client(struct session *session, enum tcp_news news)
{
    switch (news) {
    case TCP_NEWS_CONNECTED:
        session->is_connected = true;
        session->deadline_at_ns = NEVER;
        if (session->is_asked) {
            deadline_of_turn(session);
        }
        return;
    case TCP_NEWS_ACKED:
        client_look(session);
        return;
    case TCP_NEWS_CLOSED:
        session->is_closed = true;
        return;
    case TCP_NEWS_FAILED:
        session->is_failed = true;
        return;
    case TCP_NEWS_DATA:
        return;
    }
    UNREACHABLE("every news is above");
}

static void
on_connection(void *arg, enum tcp_side side, enum tcp_news news)
{
    struct session *session = arg;

    if (side == TCP_CLIENT) {
        on_client(session, news);
    } else {
        session->is_accepted =
            session->is_accepted || news == TCP_NEWS_CONNECTED;
        session->is_server_gone =
            session->is_server_gone || news == TCP_NEWS_FAILED;
        server_look(session);
    }
    if (is_news(session) && session->poke.generation == 0) {
        session->poke = push(session, now_ns(session), on_poke, 0);
    }
}

/* --- What the caller says ------------------------------------------------ */

struct session *
session_new(const struct session_params *params)
{
    struct session *session = base_alloc(sizeof *session);

    ASSERT(params->notify != NULL);
    session->params = *params;
    session->params.connection.notify = on_connection;
    session->params.connection.notify_arg = session;
    session->deadline_at_ns = NEVER;
    session->connection = tcp_connection_new(&session->params.connection);
    return session;
}

void
session_free(struct session *session)
{
    if (session == NULL) {
        return;
    }
    ASSERT(!session->is_freed);
    if (session->is_telling) {
        session->is_freed = true;
        session->is_over = true;
    } else {
        release(session);
    }
}

void
session_open(struct session *session, int64_t connect_timeout_ns)
{
    ASSERT(!session->is_connected);
    deadline_set(session, after(session, connect_timeout_ns));
    tcp_connection_open(session->connection);
}

void
session_turn(struct session *session, const struct session_turn *turn)
{
    ASSERT(!session->is_asked);
    ASSERT(!session->is_over);
    ASSERT(turn->command_bytes >= 0);
    ASSERT(turn->reply_bytes > 0);
    ASSERT(turn->think_ns >= 0);
    ASSERT(turn->command_bytes == 0 || session->is_connected);
    session->turn = *turn;
    session->commands_bytes += turn->command_bytes;
    session->replies_bytes += turn->reply_bytes;
    session->is_asked = true;
    session->is_thought = false;
    session->unbuffered_bytes = 0;
    if (turn->command_bytes > 0 && !session->is_failed) {
        tcp_endpoint_write(end_of(session, TCP_CLIENT), turn->command_bytes);
        session->unbuffered_bytes =
            tcp_endpoint_unbuffered_bytes(end_of(session, TCP_CLIENT));
    }
    if (session->is_connected) {
        deadline_of_turn(session);
    }
    server_look(session);
}

struct tcp_connection *
session_connection(struct session *session)
{
    return session->connection;
}
