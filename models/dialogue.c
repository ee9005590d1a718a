/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialogue.c - the whole dialogue is arithmetic; see dialogue.h
 *
 * Nothing here waits for anybody: what another connection can influence, the
 * concurrency cap, lies between dialogue_connect() and dialogue_greet(), where
 * the host has an event. So an attempt on an open connection is one event.
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
    link_open(dialogue->link, now_ns);
    dialogue->end_at_ns = now_ns + rtt_ns + rtt_ns / 2;
    return true;
}

bool
dialogue_greet(struct dialogue *dialogue, int64_t now_ns,
               int64_t connected_at_ns)
{
    const struct destination_params *to = dialogue->to->params;
    const int64_t rtt_ns = to->link->rtt_ns;
    const int64_t give_up_at_ns =
        connected_at_ns + dialogue->params->greeting_timeout_ns;
    int64_t at_ns = now_ns + rtt_ns - rtt_ns / 2;

    if (to->banner_delay.kind != VARIATE_CONSTANT || to->banner_delay.a != 0) {
        uint64_t u = chance_u64(&dialogue->to->luck->banner,
                                entity(dialogue, 0), attempt(dialogue, 0), 0);
        at_ns += variate_sample(&to->banner_delay, u);
    }
    if (at_ns > give_up_at_ns) {
        dialogue_fail(dialogue, give_up_at_ns, SMTP_GREETING,
                      DIALOGUE_TEMPORARY);
        return false;
    }
    enum destination_reply reply = reply_to(dialogue, SMTP_GREETING);
    if (reply != DESTINATION_2XX) {
        dialogue_fail(dialogue, at_ns, SMTP_GREETING, refusal(reply));
        return false;
    }
    at_ns += rtt_ns;
    reply = reply_to(dialogue, SMTP_EHLO);
    if (reply != DESTINATION_2XX) {
        dialogue_fail(dialogue, at_ns, SMTP_EHLO, refusal(reply));
        return false;
    }
    dialogue->end_at_ns = at_ns;
    return true;
}

/* recipients_ask - RCPT for each; how many were accepted */
static uint32_t
recipients_ask(struct dialogue *dialogue, int64_t at_ns)
{
    uint32_t accepted_count = 0;

    for (uint32_t i = 0; i < dialogue->recipients_count; i++) {
        enum destination_reply reply = destination_reply(
            dialogue->to, SMTP_RCPT, entity(dialogue, i), attempt(dialogue, i));
        if (reply == DESTINATION_2XX && dialogue->to->greylist != NULL &&
            !greylist_passes(dialogue->to->greylist, entity(dialogue, i), at_ns,
                             dialogue->to->params->greylist_ns)) {
            reply = DESTINATION_4XX;
        }
        dialogue->results[i] =
            (uint8_t)(reply == DESTINATION_2XX ? DIALOGUE_DELIVERED
                                               : refusal(reply));
        accepted_count += reply == DESTINATION_2XX;
    }
    return accepted_count;
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

/* body_send - DATA's text, service, the reply to the dot */
static void
body_send(struct dialogue *dialogue, int64_t now_ns)
{
    const struct destination_params *to = dialogue->to->params;
    const int64_t rtt_ns = to->link->rtt_ns;
    int64_t service_ns = to->service.a;
    const int64_t arrived_at_ns =
        now_ns + link_transfer_ns(to->link, dialogue->link, now_ns,
                                  dialogue->size_bytes);
    const int64_t give_up_at_ns =
        arrived_at_ns - rtt_ns / 2 + dialogue->params->dot_timeout_ns;
    const enum destination_reply reply = reply_to(dialogue, SMTP_DOT);

    if (to->service.kind != VARIATE_CONSTANT) {
        uint64_t u = chance_u64(&dialogue->to->luck->service,
                                entity(dialogue, 0), attempt(dialogue, 0), 0);
        service_ns = variate_sample(&to->service, u);
    }
    const int64_t at_ns = arrived_at_ns + service_ns + rtt_ns - rtt_ns / 2;
    if (at_ns > give_up_at_ns) {
        if (reply == DESTINATION_2XX) {
            accepted_mark(dialogue);
        }
        accepted_fail(dialogue, give_up_at_ns, SMTP_DOT, DIALOGUE_TEMPORARY);
        dialogue->is_broken = true;
        return;
    }
    if (reply != DESTINATION_2XX) {
        accepted_fail(dialogue, at_ns, SMTP_DOT, refusal(reply));
        return;
    }
    dialogue->phase = SMTP_DOT;
    dialogue->end_at_ns = at_ns;
}

void
dialogue_transact(struct dialogue *dialogue, int64_t now_ns)
{
    const int64_t rtt_ns = dialogue->to->params->link->rtt_ns;
    const bool is_pipelining = dialogue->params->is_pipelining;
    int64_t at_ns = now_ns + rtt_ns;

    enum destination_reply reply = reply_to(dialogue, SMTP_MAIL);
    if (reply != DESTINATION_2XX) {
        dialogue_fail(dialogue, at_ns, SMTP_MAIL, refusal(reply));
        dialogue->is_broken = false;
        return;
    }
    if (!is_pipelining) {
        at_ns += rtt_ns * (int64_t)dialogue->recipients_count;
    }
    if (recipients_ask(dialogue, at_ns) == 0) {
        dialogue->phase = SMTP_RCPT;
        dialogue->end_at_ns = at_ns;
        return;
    }
    if (!is_pipelining) {
        at_ns += rtt_ns;
    }
    reply = reply_to(dialogue, SMTP_DATA);
    if (reply != DESTINATION_2XX) {
        accepted_fail(dialogue, at_ns, SMTP_DATA, refusal(reply));
        return;
    }
    body_send(dialogue, at_ns);
}
