/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialogue.c - one machine of steps, and the walk through it; see dialogue.h
 *
 * Nothing in the walk waits for anybody: what another connection can influence,
 * the concurrency cap, lies before the greeting, where the host has an event.
 * So an attempt on an open connection is one event.
 */
#include "models/dialogue.h"

#include "models/greylist.h"

/* entity - whom a draw is for: the connection or message is its first one */
static uint64_t
entity(const struct dialogue *dialogue, uint32_t place)
{
    const uint32_t index = dialogue->indices[place];

    return chance_entity(dialogue->message, dialogue->luck == NULL
                                                ? index
                                                : dialogue->luck[index]);
}

static uint32_t
attempt(const struct dialogue *dialogue, uint32_t place)
{
    return dialogue->recipients[dialogue->indices[place]].attempts;
}

/* refusal - a reply other than 2xx as a result */
static enum dialogue_result
refusal(enum destination_reply reply)
{
    return reply == DESTINATION_5XX ? DIALOGUE_PERMANENT : DIALOGUE_TEMPORARY;
}

static enum destination_reply
reply_to(const struct dialogue *dialogue, enum smtp_phase phase)
{
    return destination_reply(dialogue->to, phase, entity(dialogue, 0),
                             attempt(dialogue, 0));
}

void
dialogue_fail(struct dialogue *dialogue, int64_t now_ns, enum smtp_phase phase,
              enum dialogue_result result)
{
    for (uint32_t i = 0; i < dialogue->recipients_count; i++) {
        dialogue->results[i] = (uint8_t)result;
    }
    dialogue->phase = phase;
    dialogue->is_broken = true;
    dialogue->end_at_ns = now_ns;
}

bool
dialogue_connect(struct dialogue *dialogue, int64_t now_ns)
{
    const struct destination_params *to = dialogue->to->params;
    const struct destination_outage *outage =
        to->outages_count == 0 ? NULL : destination_outage_at(to, now_ns);
    const int64_t rtt_ns = to->link->rtt_ns;

    if (outage != NULL) {
        int64_t wait_ns = 0; /* DESTINATION_DNS: at once */
        if (outage->kind == DESTINATION_REFUSE) {
            wait_ns = rtt_ns;
        } else if (outage->kind == DESTINATION_TIMEOUT) {
            wait_ns = dialogue->params->connect_timeout_ns;
        }
        dialogue_fail(dialogue, now_ns + wait_ns, SMTP_CONNECT,
                      DIALOGUE_TEMPORARY);
        return false;
    }
    enum destination_reply reply = reply_to(dialogue, SMTP_CONNECT);
    if (reply != DESTINATION_2XX) {
        dialogue_fail(dialogue, now_ns + rtt_ns, SMTP_CONNECT, refusal(reply));
        return false;
    }
    return true;
}

void
dialogue_greet(struct dialogue *dialogue)
{
    dialogue->phase = SMTP_GREETING;
}

void
dialogue_mail(struct dialogue *dialogue)
{
    dialogue->phase = SMTP_MAIL;
    dialogue->asked_count = 0;
}

/* --- Turns ---------------------------------------------------------------- */

/* banner_ns, service_ns - how long the server thinks, by chance where it
 * varies */
static int64_t
banner_ns(const struct dialogue *dialogue)
{
    const struct variate *delay = &dialogue->to->params->banner_delay;

    if (delay->kind == VARIATE_CONSTANT) {
        return delay->a;
    }
    return variate_sample(delay, chance_u64(&dialogue->to->luck->banner,
                                            entity(dialogue, 0),
                                            attempt(dialogue, 0), 0));
}

static int64_t
service_ns(const struct dialogue *dialogue)
{
    const struct variate *service = &dialogue->to->params->service;

    if (service->kind == VARIATE_CONSTANT) {
        return service->a;
    }
    return variate_sample(service, chance_u64(&dialogue->to->luck->service,
                                              entity(dialogue, 0),
                                              attempt(dialogue, 0), 0));
}

/* mail_turn - MAIL, and with pipelining what follows it up to DATA */
static struct dialogue_turn
mail_turn(const struct dialogue *dialogue)
{
    const int64_t count = dialogue->recipients_count;
    struct dialogue_turn turn = {
        .command_bytes = DIALOGUE_MAIL_BYTES,
        .reply_bytes = DIALOGUE_OK_BYTES,
        .timeout_ns = dialogue->params->command_timeout_ns,
    };

    if (dialogue->params->is_pipelining) {
        turn.command_bytes += count * DIALOGUE_RCPT_BYTES + DIALOGUE_DATA_BYTES;
        turn.reply_bytes +=
            count * DIALOGUE_OK_BYTES + DIALOGUE_DATA_REPLY_BYTES;
    }
    return turn;
}

struct dialogue_turn
dialogue_turn(const struct dialogue *dialogue)
{
    const struct dialogue_params *params = dialogue->params;

    switch (dialogue->phase) {
    case SMTP_GREETING:
        return (struct dialogue_turn){0, DIALOGUE_BANNER_BYTES,
                                      banner_ns(dialogue),
                                      params->greeting_timeout_ns, 0};
    case SMTP_EHLO:
        return (struct dialogue_turn){DIALOGUE_EHLO_BYTES,
                                      DIALOGUE_EHLO_REPLY_BYTES, 0,
                                      params->command_timeout_ns, 0};
    case SMTP_MAIL:
        return mail_turn(dialogue);
    case SMTP_RCPT:
        return (struct dialogue_turn){DIALOGUE_RCPT_BYTES, DIALOGUE_OK_BYTES, 0,
                                      params->command_timeout_ns, 0};
    case SMTP_DATA:
        return (struct dialogue_turn){DIALOGUE_DATA_BYTES,
                                      DIALOGUE_DATA_REPLY_BYTES, 0,
                                      params->data_timeout_ns, 0};
    case SMTP_DOT:
        return (struct dialogue_turn){
            dialogue->size_bytes, DIALOGUE_DOT_REPLY_BYTES,
            service_ns(dialogue), params->dot_timeout_ns,
            params->block_timeout_ns};
    case SMTP_CONNECT:
    case SMTP_PHASES_COUNT:
        break;
    }
    UNREACHABLE("no turn is before the greeting");
}

/* --- Steps ---------------------------------------------------------------- */

/* recipient_ask - RCPT for one */
static void
recipient_ask(struct dialogue *dialogue, uint32_t place, int64_t at_ns)
{
    enum destination_reply reply =
        destination_reply(dialogue->to, SMTP_RCPT, entity(dialogue, place),
                          attempt(dialogue, place));

    if (reply == DESTINATION_2XX && dialogue->to->greylist != NULL &&
        !greylist_passes(dialogue->to->greylist, entity(dialogue, place), at_ns,
                         dialogue->to->params->greylist_ns)) {
        reply = DESTINATION_4XX;
    }
    dialogue->results[place] =
        (uint8_t)(reply == DESTINATION_2XX ? DIALOGUE_DELIVERED
                                           : refusal(reply));
}

/* is_any_accepted - some recipient goes on */
static bool
is_any_accepted(const struct dialogue *dialogue)
{
    for (uint32_t i = 0; i < dialogue->recipients_count; i++) {
        if (dialogue->results[i] == DIALOGUE_DELIVERED) {
            return true;
        }
    }
    return false;
}

/* accepted_fail - ends the transaction for those not refused before */
static void
accepted_fail(struct dialogue *dialogue, int64_t now_ns, enum smtp_phase phase,
              enum dialogue_result result)
{
    for (uint32_t i = 0; i < dialogue->recipients_count; i++) {
        if (dialogue->results[i] == DIALOGUE_DELIVERED) {
            dialogue->results[i] = (uint8_t)result;
        }
    }
    dialogue->phase = phase;
    dialogue->end_at_ns = now_ns;
}

/* accepted_mark - the remote host has it, and nobody here knows */
static void
accepted_mark(struct dialogue *dialogue)
{
    for (uint32_t i = 0; i < dialogue->recipients_count; i++) {
        if (dialogue->results[i] == DIALOGUE_DELIVERED) {
            dialogue->recipients[dialogue->indices[i]].is_delivered = 1;
        }
    }
}

/* session_step - the reply to the greeting or EHLO; a refusal ends it all */
static bool
session_step(struct dialogue *dialogue, int64_t now_ns)
{
    const enum destination_reply reply = reply_to(dialogue, dialogue->phase);

    if (reply != DESTINATION_2XX) {
        dialogue_fail(dialogue, now_ns, dialogue->phase, refusal(reply));
        return false;
    }
    if (dialogue->phase == SMTP_GREETING) {
        dialogue->phase = SMTP_EHLO;
    } else {
        dialogue_mail(dialogue);
    }
    return true;
}

/* data_step - the reply to DATA, alone or with those before it */
static bool
data_step(struct dialogue *dialogue, int64_t now_ns)
{
    const enum destination_reply reply = reply_to(dialogue, SMTP_DATA);

    if (reply != DESTINATION_2XX) {
        accepted_fail(dialogue, now_ns, SMTP_DATA, refusal(reply));
        return false;
    }
    dialogue->phase = SMTP_DOT;
    return true;
}

/* rcpt_step - the reply to one RCPT, or, pipelined, to all and DATA */
static bool
rcpt_step(struct dialogue *dialogue, int64_t now_ns)
{
    const bool is_pipelining = dialogue->params->is_pipelining;

    do {
        recipient_ask(dialogue, dialogue->asked_count++, now_ns);
    } while (is_pipelining &&
             dialogue->asked_count < dialogue->recipients_count);
    if (dialogue->asked_count < dialogue->recipients_count) {
        return true;
    }
    if (!is_any_accepted(dialogue)) {
        dialogue->end_at_ns = now_ns;
        return false;
    }
    dialogue->phase = SMTP_DATA;
    return is_pipelining ? data_step(dialogue, now_ns) : true;
}

static bool
mail_step(struct dialogue *dialogue, int64_t now_ns)
{
    const enum destination_reply reply = reply_to(dialogue, SMTP_MAIL);

    if (reply != DESTINATION_2XX) {
        dialogue_fail(dialogue, now_ns, SMTP_MAIL, refusal(reply));
        dialogue->is_broken = false;
        return false;
    }
    dialogue->phase = SMTP_RCPT;
    return dialogue->params->is_pipelining ? rcpt_step(dialogue, now_ns) : true;
}

/* dot_step - the message is there; its end, whatever it is */
static bool
dot_step(struct dialogue *dialogue, int64_t now_ns)
{
    const enum destination_reply reply = reply_to(dialogue, SMTP_DOT);

    if (reply != DESTINATION_2XX) {
        accepted_fail(dialogue, now_ns, SMTP_DOT, refusal(reply));
    }
    dialogue->end_at_ns = now_ns;
    return false;
}

bool
dialogue_step(struct dialogue *dialogue, int64_t now_ns)
{
    switch (dialogue->phase) {
    case SMTP_GREETING:
    case SMTP_EHLO:
        return session_step(dialogue, now_ns);
    case SMTP_MAIL:
        return mail_step(dialogue, now_ns);
    case SMTP_RCPT:
        return rcpt_step(dialogue, now_ns);
    case SMTP_DATA:
        return data_step(dialogue, now_ns);
    case SMTP_DOT:
        return dot_step(dialogue, now_ns);
    case SMTP_CONNECT:
    case SMTP_PHASES_COUNT:
        break;
    }
    UNREACHABLE("no turn is before the greeting");
}

void
dialogue_give_up(struct dialogue *dialogue, int64_t now_ns, bool has_all)
{
    const enum smtp_phase phase = dialogue->phase;

    dialogue->is_given_up = true;
    if (phase < SMTP_RCPT) {
        dialogue_fail(dialogue, now_ns, phase, DIALOGUE_TEMPORARY);
        return;
    }
    for (uint32_t i = dialogue->asked_count; i < dialogue->recipients_count;
         i++) {
        dialogue->results[i] = DIALOGUE_TEMPORARY;
    }
    if (phase == SMTP_DOT && has_all &&
        reply_to(dialogue, SMTP_DOT) == DESTINATION_2XX) {
        accepted_mark(dialogue);
    }
    accepted_fail(dialogue, now_ns, phase, DIALOGUE_TEMPORARY);
    dialogue->is_broken = true;
}

/* --- The walk ------------------------------------------------------------- */

void
dialogue_walk(struct dialogue *dialogue, int64_t now_ns,
              int64_t connected_at_ns)
{
    const struct link_params *link = dialogue->to->params->link;

    do {
        const struct dialogue_turn turn = dialogue_turn(dialogue);
        const bool is_greeting = dialogue->phase == SMTP_GREETING;
        int64_t arrived_at_ns = now_ns;
        dialogue->turns_count++;
        dialogue->think_ns += turn.think_ns;
        if (dialogue->phase == SMTP_DOT) {
            arrived_at_ns += link_transfer_ns(link, dialogue->link, now_ns,
                                              turn.command_bytes);
        } else if (!is_greeting) {
            arrived_at_ns +=
                link_command_ns(link, dialogue->link, turn.command_bytes);
        }
        const int64_t waits_from_ns =
            is_greeting ? connected_at_ns : arrived_at_ns - link->rtt_ns / 2;
        now_ns = arrived_at_ns + turn.think_ns +
                 link_reply_ns(link, dialogue->link, turn.reply_bytes);
        if (turn.timeout_ns > 0 && now_ns > waits_from_ns + turn.timeout_ns) {
            dialogue_give_up(dialogue, waits_from_ns + turn.timeout_ns, true);
            return;
        }
    } while (dialogue_step(dialogue, now_ns));
}
