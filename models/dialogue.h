/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialogue.h - SMTP command by command: when an attempt ends, and how
 *
 * MODEL      New connection: handshake 1 RTT, greeting 1 RTT + banner delay,
 *            EHLO 1 RTT. Then MAIL 1 RTT, RCPT 1 RTT each, DATA 1 RTT (with
 *            pipelining: MAIL, all RCPT and DATA together 1 RTT), the body over
 *            the link, service time, half an RTT for the reply to the dot.
 *            A reply of 4xx or 5xx ends the transaction where it comes; of
 *            several recipients those that were accepted go on. RSET and QUIT
 *            are not waited for.
 * VALID FOR  The client gives up on a greeting or a reply to the dot that takes
 *            longer than its timeout, counted from its own last byte; other
 *            replies come after one RTT. When it gives up on a dot that would
 *            have been answered 250, the remote host has the message
 *            nevertheless: a later delivery is a duplicate.
 * UNITS      ns since the start of the run.
 * COST       One pass; a draw for each command that can fail.
 * SOURCE     RFC 5321; RFC 2920 (pipelining).
 */
#ifndef MODELS_DIALOGUE_H
#define MODELS_DIALOGUE_H

#include <stdbool.h>
#include <stdint.h>

#include "models/destination.h"
#include "models/link.h"
#include "models/mail.h"

struct dialogue_params {
    bool is_pipelining;
    int64_t connect_timeout_ns;  /* GUESS: 2 min, a common client setting */
    int64_t greeting_timeout_ns; /* RFC 5321, 4.5.3.2.1: 5 min */
    int64_t dot_timeout_ns;      /* RFC 5321, 4.5.3.2.6: 10 min */
};

/* One file on its way; the caller fills the first part. */
struct dialogue {
    const struct dialogue_params *params;
    const struct destination *to;
    struct link_state *link;           /* of the connection */
    struct mail_recipient *recipients; /* of the whole message */
    const uint32_t *indices;           /* those of the file; results match */
    uint8_t *results;                  /* enum dialogue_result for each index */
    uint64_t message;     /* draws are by it and the recipients' indices, */
    const uint32_t *luck; /* or by luck[index]; NULL: the indices themselves */
    int64_t size_bytes;
    uint32_t recipients_count;
    /* The answer: */
    enum smtp_phase phase; /* where the first failure, or the end, was met */
    bool is_broken;        /* no connection is left after this */
    int64_t end_at_ns;
};

enum dialogue_result {
    DIALOGUE_DELIVERED,
    DIALOGUE_TEMPORARY,
    DIALOGUE_PERMANENT
};

/*
 * From the handshake's start to the connection's arrival at the server, at
 * end_at_ns: true. False: it failed before, all results are set.
 */
MUST_USE bool dialogue_connect(struct dialogue *dialogue, int64_t now_ns);

/*
 * From the server's acceptance, at now_ns on its side, through greeting and
 * EHLO. False: it failed, all results are set. connected_at_ns: when the
 * client's handshake was complete, from which it waits for the greeting.
 */
MUST_USE bool dialogue_greet(struct dialogue *dialogue, int64_t now_ns,
                             int64_t connected_at_ns);

/* From MAIL to the reply to the dot on an open connection. */
void dialogue_transact(struct dialogue *dialogue, int64_t now_ns);

/* Ends the attempt, and the connection, here for all recipients. */
void dialogue_fail(struct dialogue *dialogue, int64_t now_ns,
                   enum smtp_phase phase, enum dialogue_result result);

#endif
