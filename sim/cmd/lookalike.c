/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lookalike.c - see lookalike.h
 */
#include "sim/cmd/lookalike.h"

#include <stddef.h>

#include "sim/kernel/base.h"

enum { PMTU, FIXUP, TARPIT, NAMES, BLOCKED, LOOKALIKES_COUNT };

static const struct lookalike table[LOOKALIKES_COUNT] = {
    [PMTU] = {"path MTU black hole",
              "small mails pass, large ones hang in DATA",
              "the first full-size segments are already the ones that vanish,"
              " and the same one is sent again and again while the window in"
              " the ACKs is large; ping -M do -s 1472 fails where -s 1300"
              " passes; a smaller MSS cures it, window scaling off does not"},
    [FIXUP] = {"SMTP inspection (PIX fixup smtp, esmtp inspect)",
               "mails hang, mostly at the final dot",
               "the banner is 220 and asterisks, EHLO is answered 500; windows"
               " are large and nothing is lost"},
    [TARPIT] = {"greylisting, tarpits, a slow server",
                "the banner is late, or replies are",
                "the banner comes whole, after the same time for every client,"
                " with no retransmission before it; then all is fast, or a 4xx"
                " says to come again"},
    [NAMES] = {"a server that asks for the client's name or its ident",
               "the banner is late by 5 to 30 s",
               "the same for all clients from that address; the server's own"
               " queries to port 53 or 113 stay without an answer meanwhile"},
    [BLOCKED] = {"a blocked port 25", "no connection",
                 "no client gets an answer to its SYN, with the option or"
                 " without it; or an RST comes at once"},
};

const struct lookalike *
lookalike_at(uint32_t index)
{
    return index < LOOKALIKES_COUNT ? &table[index] : NULL;
}

static bool
is_bad(enum symptom_answer answer)
{
    return answer == SYMPTOM_BAD || answer == SYMPTOM_SLOW;
}

bool
lookalike_is_possible(uint32_t index, const struct symptom *symptom)
{
    const bool has_banner = symptom->banner == SYMPTOM_GOOD;
    const bool is_told_large =
        is_bad(symptom->large) || symptom->stalled_after_bytes >= 0;

    switch (index) {
    case PMTU:
        return is_told_large && symptom->small != SYMPTOM_BAD &&
               symptom->banner != SYMPTOM_BAD;
    case FIXUP:
        return (is_told_large || is_bad(symptom->small)) &&
               symptom->banner != SYMPTOM_BAD;
    case TARPIT:
    case NAMES:
        return !has_banner && symptom->connect != SYMPTOM_BAD &&
               (is_bad(symptom->banner) || is_bad(symptom->small));
    case BLOCKED:
        return symptom->connect == SYMPTOM_BAD;
    case LOOKALIKES_COUNT:
        break;
    }
    UNREACHABLE("every one of the table is above");
}
