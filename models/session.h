/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h - SMTP's turns over one segment-level connection
 *
 * A turn is a command of the client's and the server's reply. The first turn
 * has no command: the banner is the first data of the connection, and it flows
 * from the server. What a reply says is its caller's business; the session
 * knows sizes, thinking times and the client's timeouts, and says when the
 * reply is there or how the waiting ended.
 *
 * MODEL      The client writes the command's bytes in one go. The server's
 *            application, having read all of them, thinks, then writes the
 *            reply in one go. The client waits timeout_ns for the last byte of
 *            the reply from when its own last byte was taken by its send
 *            buffer; while the buffer is full, each stretch without progress
 *            may last block_timeout_ns (RFC 5321, 4.5.3.2.5). For a banner it
 *            waits from when its handshake is complete.
 * VALID FOR  Commands sent together (pipelining) are one turn.
 * ORDER      News comes in an event of its own at the instant that it tells
 *            of, never from within the connection's: its caller may begin a
 *            turn, abort the connection or free the session. Of several
 *            things at one instant: connected, accepted, answered, failed.
 *            The reply and the timeout at one instant: the reply.
 * OWNERSHIP  A session owns its connection. What the params point to is
 *            borrowed and outlives it.
 * UNITS      ns, bytes.
 * COST       Beside the connection's: three events a turn.
 * SOURCE     RFC 5321, 3.1 (the server speaks first), 4.5.3.2 (timeouts).
 */
#ifndef MODELS_SESSION_H
#define MODELS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/connection.h"

struct session_turn {
    int64_t command_bytes; /* 0: the client only listens */
    int64_t reply_bytes;
    int64_t think_ns;         /* the server's, from the command's last byte */
    int64_t timeout_ns;       /* the client's; 0: it waits for ever */
    int64_t block_timeout_ns; /* 0: the same */
};

enum session_news {
    SESSION_CONNECTED, /* the client's handshake is complete */
    SESSION_ACCEPTED,  /* the server's handshake is complete */
    SESSION_ANSWERED,  /* the turn's reply is there */
    SESSION_TIMED_OUT, /* the client's timeout has passed; not yet closed */
    SESSION_FAILED     /* its TCP has given up, or the server has closed */
};

struct session; /* opaque */

struct session_params {
    struct tcp_connection_params connection; /* notify is the session's */
    void (*notify)(void *arg, enum session_news news);
    void *arg;
};

/* After SESSION_TIMED_OUT or SESSION_FAILED no more news comes; what arrives
 * is still counted. */
struct session *session_new(const struct session_params *params);

/* May be called from its own news: it is gone when that returns. */
void session_free(struct session *session);

/* SYN. connect_timeout_ns later without a connection: SESSION_TIMED_OUT. */
void session_open(struct session *session, int64_t connect_timeout_ns);

/*
 * Begins a turn; the one before has been answered, the params are copied. The
 * first one may be begun before the connection is complete: the server then
 * speaks, after think_ns, as soon as it has accepted.
 */
void session_turn(struct session *session, const struct session_turn *turn);

/* Of the last turn begun: bytes that have reached the other side's application.
 */
int64_t session_command_received_bytes(const struct session *session);
int64_t session_reply_received_bytes(const struct session *session);

struct tcp_connection *session_connection(struct session *session);

#endif
