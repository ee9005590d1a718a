/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialogue.h - SMTP command by command: when an attempt ends, and how
 *
 * A stepping machine of turns: a turn is what the client sends in one go and
 * the reply it waits for. When the reply has come, the next step decides what
 * it says and which turn follows. Who runs the turns knows how long they take:
 * dialogue_walk() by the arithmetic of models/link.h, at once; models/session.h
 * segment by segment. What is decided is the same.
 *
 * MODEL      New connection: greeting, EHLO. Then MAIL, RCPT each, DATA (with
 *            pipelining: MAIL, all RCPT and DATA together one turn), the body
 *            and its reply after the service time. A reply of 4xx or 5xx ends
 *            the transaction where it comes; of several recipients those that
 *            were accepted go on. RSET and QUIT are not waited for.
 * TIMEOUTS   The client gives up on a reply that takes longer than the phase's
 *            timeout, counted from its own last byte, for the greeting from
 *            when it is connected; segment by segment also on a body of which
 *            nothing passes for block_timeout. When it gives up on a dot that
 *            would have been answered 250, the remote host has the message
 *            nevertheless: a later delivery is a duplicate.
 * VALID FOR  A host whose replies have the sizes below (GUESS: typical ones).
 * UNITS      ns since the start of the run.
 * COST       A step a turn; a draw for each command that can fail.
 * SOURCE     RFC 5321; RFC 2920 (pipelining).
 */
#ifndef MODELS_DIALOGUE_H
#define MODELS_DIALOGUE_H

#include <stdbool.h>
#include <stdint.h>

#include "models/destination.h"
#include "models/link.h"
#include "models/mail.h"

/* GUESS: typical sizes. */
enum {
    DIALOGUE_BANNER_BYTES = 96,
    DIALOGUE_EHLO_BYTES = 25,
    DIALOGUE_EHLO_REPLY_BYTES = 170,
    DIALOGUE_MAIL_BYTES = 52,
    DIALOGUE_RCPT_BYTES = 34,
    DIALOGUE_OK_BYTES = 14, /* the reply to MAIL and RCPT */
    DIALOGUE_DATA_BYTES = 6,
    DIALOGUE_DATA_REPLY_BYTES = 37,
    DIALOGUE_DOT_REPLY_BYTES = 37,
    DIALOGUE_421_BYTES = 60
};

struct dialogue_params {
    bool is_pipelining;
    int64_t connect_timeout_ns;  /* GUESS: 2 min, a common client setting */
    int64_t greeting_timeout_ns; /* RFC 5321, 4.5.3.2.1: 5 min */
    int64_t command_timeout_ns;  /* 4.5.3.2.2 and 3: 5 min; 0: for ever */
    int64_t data_timeout_ns;     /* 4.5.3.2.4: 2 min; 0: for ever */
    int64_t block_timeout_ns;    /* 4.5.3.2.5: 3 min; 0: for ever */
    int64_t dot_timeout_ns;      /* 4.5.3.2.6: 10 min */
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
    /* Where it stands: */
    uint32_t asked_count; /* recipients */
    uint32_t turns_count; /* begun, */
    int64_t think_ns;     /* and what the server has thought in them */
    /* The answer: */
    enum smtp_phase phase; /* of the turn; where the first failure, or the end,
                              was met */
    bool is_broken;        /* no connection is left after this */
    bool is_given_up;      /* a timeout, or the connection, ended it */
    int64_t end_at_ns;
};

enum dialogue_result {
    DIALOGUE_DELIVERED,
    DIALOGUE_TEMPORARY,
    DIALOGUE_PERMANENT
};

/* What is said next, and waited for. */
struct dialogue_turn {
    int64_t command_bytes; /* of the greeting none */
    int64_t reply_bytes;
    int64_t think_ns;   /* the server's, from the command's last byte */
    int64_t timeout_ns; /* the client's; 0: none */
    int64_t block_timeout_ns;
};

/*
 * Whether a new connection's SYN will be answered, at now_ns: true. False: it
 * failed, all results are set, at end_at_ns.
 */
MUST_USE bool dialogue_connect(struct dialogue *dialogue, int64_t now_ns);

/* The turns of a new connection begin, or those of another message on it. */
void dialogue_greet(struct dialogue *dialogue);
void dialogue_mail(struct dialogue *dialogue);

/* The turn that phase stands at. */
struct dialogue_turn dialogue_turn(const struct dialogue *dialogue);

/* Its reply has come, at now_ns. True: the next turn follows; false: the
 * attempt has ended, all results are set. */
MUST_USE bool dialogue_step(struct dialogue *dialogue, int64_t now_ns);

/* The client has given up waiting for it; has_all: the server has, or will
 * have, all that the turn sends. */
void dialogue_give_up(struct dialogue *dialogue, int64_t now_ns, bool has_all);

/*
 * All turns to the end by arithmetic: from now_ns, the client's instant. For
 * the greeting: from the server's acceptance at now_ns on its side, and
 * connected_at_ns is when the client began to wait for it.
 */
void dialogue_walk(struct dialogue *dialogue, int64_t now_ns,
                   int64_t connected_at_ns);

/* Ends the attempt, and the connection, here for all recipients. */
void dialogue_fail(struct dialogue *dialogue, int64_t now_ns,
                   enum smtp_phase phase, enum dialogue_result result);

#endif
