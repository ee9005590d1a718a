/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialogue.h - SMTP command by command: when an attempt ends, and how
 *
 * MODEL      New connection: handshake 1 RTT, greeting 1 RTT + banner delay,
 *            EHLO 1 RTT. Then MAIL 1 RTT, RCPT 1 RTT each, DATA 1 RTT (with
 *            pipelining: MAIL, all RCPT and DATA together 1 RTT), the body over
 *            the link, service time, half an RTT for the reply to the dot.
 *            A reply of 4xx or 5xx ends the transaction there (RSET 1 RTT when
 *            the connection stays open). QUIT costs the client nothing; the
 *            server sees it half an RTT later.
 * VALID FOR  The client's timeout ends what takes longer: greeting 5 min, ...
 *            (RFC 5321, 4.5.3.2).
 * SOURCE     RFC 5321; RFC 2920 (pipelining).
 */
#ifndef MODELS_DIALOGUE_H
#define MODELS_DIALOGUE_H

#include <stdbool.h>
#include <stdint.h>

#include "models/destination.h"
#include "models/link.h"

struct dialogue_params {
    bool is_pipelining;
    int64_t connect_timeout_ns;  /* GUESS: 2 min, a common client setting */
    int64_t greeting_timeout_ns; /* RFC 5321, 4.5.3.2.1: 5 min */
    int64_t dot_timeout_ns;      /* RFC 5321, 4.5.3.2.6: 10 min */
};

#endif
