/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * enqueue.c - mail comes in: traffic, what the host makes, what comes again
 *
 * Traffic is submitted when it arrives. While there is no scheduler, and for
 * what the host makes within a turn, the submit waits in a queue.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/world.h"

static void on_submit(void *arg, uint64_t data);
static void on_arrivals(void *arg, uint64_t data);
static void on_comeback(void *arg, uint64_t data);

/* source_advance - fetches a source's next message and waits for its time */
static void
source_advance(struct host *host, uint32_t index)
{
    struct source *source = &host->sources[index];
    int status = traffic_next(source->traffic, &source->next, host->diag);

    if (status < 0) {
        host->has_failed = true;
        evq_stop(host->evq);
    } else if (status == 1) {
        /* Quantised arrivals of a burst may lie before the last one run. */
        int64_t at_ns = i64_max(source->next.at_ns, host_now_ns(host));
        evq_push(host->evq, at_ns, CLASS_SUBMIT, on_submit, host, index);
    }
}

void
enqueue_begin(struct host *host)
{
    for (uint32_t i = 0; i < host->params->traffic_count; i++) {
        source_advance(host, i);
    }
}

/* --- Where it goes ------------------------------------------------------ */

uint32_t
enqueue_channel(const struct host *host, const struct traffic_recipient *to)
{
    if (to->channel != NULL) {
        return settings_channel(&host->settings, to->channel);
    }
    const struct destination *destination =
        directory_host(host->directory, to->host);
    return host->channel_of[destination->params - host->params->destinations];
}

uint32_t
enqueue_to_host(const struct host *host, uint32_t channel, uint32_t domain)
{
    uint32_t daemon = host->daemon_host[channel];

    return daemon == SCHED_NONE ? domain : daemon;
}

uint32_t
enqueue_queue_host(const struct host *host, uint32_t channel, uint32_t domain)
{
    return host->settings.programs[channel].has_host_queues
               ? enqueue_to_host(host, channel, domain)
               : SCHED_NONE;
}

bool
enqueue_route(struct host *host, const struct traffic_message *traffic,
              struct mail_message *message, struct src_loc where)
{
    struct mail_recipient *recipients = mail_recipients(message);

    if (traffic->recipients_count > host->submit_capacity) {
        host->submit_capacity = traffic->recipients_count;
        host->submit_recipients = base_realloc(
            host->submit_recipients,
            traffic->recipients_count * sizeof host->submit_recipients[0]);
    }
    for (uint32_t i = 0; i < traffic->recipients_count; i++) {
        const struct traffic_recipient *to = &traffic->recipients[i];
        uint32_t channel = enqueue_channel(host, to);
        if (channel == UINT32_MAX) {
            host_fail(host, where,
                      "message %" PRIu64 ": expected a destination channel of "
                      "imta.cnf, found \"%s\"; add it there, or import the log "
                      "without that channel",
                      message->id, to->channel);
            return false;
        }
        recipients[i].host = to->host;
        host->submit_recipients[i] = (struct sched_recipient){
            channel, enqueue_to_host(host, channel, to->host)};
    }
    const uint32_t source =
        traffic->source == NULL
            ? SCHED_NONE
            : settings_channel(&host->settings, traffic->source);
    message->size_bytes =
        (uint32_t)i64_min(traffic->size_bytes, MAIL_BYTES_MAX);
    message->priority = (uint8_t)traffic->priority;
    message->is_null_sender = traffic->is_null_sender;
    message->source = source == SCHED_NONE ? UINT16_MAX : (uint16_t)source;
    return true;
}

/* --- Submits ------------------------------------------------------------ */

/* assigned_check - the law that a submit is answered for each recipient */
static void
assigned_check(struct host *host, uint64_t id)
{
    struct mail_message *message = mail_message(host->mail, id);

    if (message == NULL || host->has_failed) {
        return;
    }
    const struct mail_recipient *recipients = mail_recipients(message);
    for (uint32_t i = 0; i < message->recipients_count; i++) {
        if (recipients[i].state == MAIL_QUEUED &&
            recipients[i].file == MAIL_NO_FILE) {
            oracle_violation(host->oracle, host_now_ns(host),
                             "law: recipient %u of message %" PRIu64
                             " was put into no file",
                             i, id);
            return;
        }
    }
}

/* arrival_give - tells the scheduler of a message */
static void
arrival_give(struct host *host, const struct arrival *arrival)
{
    const struct mail_message *message =
        mail_message(host->mail, arrival->message);
    struct sched_event event = {.kind = SCHED_EVENT_SUBMIT};

    event.u.submit = (struct sched_submit){
        .message = message->id,
        .parent = arrival->parent,
        .session = arrival->session,
        .submitted_at_ns = message->submitted_at_ns,
        .deferred_until_ns = arrival->deferred_until_ns,
        .size_bytes = message->size_bytes,
        .recipients = arrival->to,
        .recipients_count = message->recipients_count,
        .source_channel =
            message->source == UINT16_MAX ? SCHED_NONE : message->source,
        .priority = message->priority,
        .flags = message->is_null_sender ? SCHED_SUBMIT_NULL_SENDER : 0,
    };
    host->arriving = arrival;
    host_feed(host, &event);
    host->arriving = NULL;
    assigned_check(host, arrival->message);
}

/* queue_put - keeps an arrival, with recipients of its own */
static void
queue_put(struct arrival_queue *queue, const struct arrival *arrival,
          uint32_t recipients_count)
{
    const size_t bytes = recipients_count * sizeof arrival->to[0];
    struct sched_recipient *to = base_alloc(bytes);

    if (queue->count == queue->capacity) {
        const uint32_t n = queue->capacity;
        queue->capacity = n == 0 ? 16 : 2 * n;
        queue->arrivals = base_realloc(
            queue->arrivals, queue->capacity * sizeof queue->arrivals[0]);
        /* What had wrapped around comes after what had not. */
        memcpy(queue->arrivals + n, queue->arrivals,
               queue->first * sizeof queue->arrivals[0]);
    }
    memcpy(to, arrival->to, bytes);
    const uint32_t place = (queue->first + queue->count++) % queue->capacity;
    queue->arrivals[place] = *arrival;
    queue->arrivals[place].to = to;
}

void
enqueue_resume(struct host *host)
{
    if (!host->arrivals.is_due && host->arrivals.count > 0) {
        host->arrivals.is_due = true;
        evq_push(host->evq, host_now_ns(host), CLASS_SUBMIT, on_arrivals, host,
                 0);
    }
}

static void
on_arrivals(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct arrival_queue *queue = &host->arrivals;

    (void)data;
    queue->is_due = false;
    while (queue->count > 0 && !host->is_down && !host->has_failed) {
        const struct arrival arrival = queue->arrivals[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
        arrival_give(host, &arrival);
        free(arrival.to);
    }
}

void
enqueue_later(struct host *host, const struct arrival *arrival)
{
    const struct mail_message *message =
        mail_message(host->mail, arrival->message);

    queue_put(&host->arrivals, arrival, message->recipients_count);
    if (!host->is_down) {
        enqueue_resume(host);
    }
}

void
enqueue_submit(struct host *host, const struct arrival *arrival)
{
    struct mail_message *message = mail_message(host->mail, arrival->message);

    oracle_submitted(host->oracle, message->recipients_count);
    measure_submitted(host, message);
    /* In order: behind what has waited longer. */
    if (host->is_down || host->arrivals.count > 0) {
        enqueue_later(host, arrival);
    } else {
        arrival_give(host, arrival);
    }
}

void
enqueue_full(struct host *host, struct src_loc where)
{
    host_fail(host, where,
              "messages_max: %u messages are queued and the next does not "
              "fit; raise messages_max, or shorten the horizon",
              host->params->messages_max);
}

/* session_id - of the n-th inbound session of a source, from 1 */
static uint64_t
session_id(uint64_t source, uint64_t n)
{
    return n == 0 ? 0 : (source + 1) << 40 | n;
}

static void
on_submit(void *arg, uint64_t data)
{
    struct host *host = arg;
    const struct traffic_message *next = &host->sources[data].next;
    const struct src_loc where = host->params->traffic[data].where;
    struct mail_message *message =
        mail_submit(host->mail, host_now_ns(host), next->recipients_count);

    if (message == NULL) {
        enqueue_full(host, where);
        return;
    }
    if (enqueue_route(host, next, message, where)) {
        enqueue_submit(host, &(struct arrival){
                                 .message = message->id,
                                 .session = session_id(data, next->session),
                                 .deferred_until_ns = next->deferred_until_ns,
                                 .to = host->submit_recipients,
                                 .source = (uint32_t)data,
                             });
    }
    if (!host->has_failed) {
        source_advance(host, (uint32_t)data);
    }
}

/* --- What was rejected and comes again ---------------------------------- */

struct comeback {
    struct comeback *next;
    uint64_t origin;
    int64_t deferred_until_ns;
    uint32_t size_bytes;
    uint32_t recipients_count;
    uint16_t source;
    uint8_t priority;
    uint8_t is_null_sender;
    uint32_t *hosts; /* of the recipients, then their luck */
    struct sched_recipient to[];
};

void
enqueue_rejected(struct host *host, const struct mail_message *message,
                 uint32_t reply)
{
    const struct arrival *arrival = host->arriving;

    if (arrival == NULL || arrival->message != message->id ||
        arrival->source == SCHED_NONE || reply < 400 || reply > 499 ||
        host->params->traffic[arrival->source].retry_ns == 0) {
        return;
    }
    const uint32_t count = message->recipients_count;
    const uint32_t *luck = mail_luck(message);
    struct source *source = &host->sources[arrival->source];
    struct comeback *comeback =
        base_alloc(sizeof *comeback + count * sizeof comeback->to[0]);
    *comeback = (struct comeback){
        .origin = mail_origin(message),
        .deferred_until_ns = arrival->deferred_until_ns,
        .size_bytes = message->size_bytes,
        .recipients_count = count,
        .source = message->source,
        .priority = message->priority,
        .is_null_sender = message->is_null_sender,
        .hosts = base_alloc((size_t)2 * count * sizeof comeback->hosts[0]),
    };
    for (uint32_t i = 0; i < count; i++) {
        comeback->hosts[i] = mail_recipient(message, i)->host;
        comeback->hosts[count + i] = luck == NULL ? i : luck[i];
        comeback->to[i] = arrival->to[i];
    }
    /* A source has one delay: they come in the order they went. */
    if (source->comebacks == NULL) {
        source->comebacks = comeback;
    } else {
        source->comebacks_last->next = comeback;
    }
    source->comebacks_last = comeback;
    evq_push(host->evq,
             host_now_ns(host) +
                 host->params->traffic[arrival->source].retry_ns,
             CLASS_SUBMIT, on_comeback, host, arrival->source);
}

/* comeback_free - and the next one takes its place */
static void
comeback_free(struct source *source)
{
    struct comeback *comeback = source->comebacks;

    source->comebacks = comeback->next;
    free(comeback->hosts);
    free(comeback);
}

static void
on_comeback(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct source *source = &host->sources[data];
    struct comeback *comeback = source->comebacks;
    const uint32_t count = comeback->recipients_count;
    struct mail_message *message =
        mail_make(host->mail, host_now_ns(host), count, comeback->origin);

    if (message == NULL) {
        enqueue_full(host, host->params->traffic[data].where);
        return;
    }
    message->size_bytes = comeback->size_bytes;
    message->source = comeback->source;
    message->priority = comeback->priority;
    message->is_null_sender = comeback->is_null_sender;
    for (uint32_t i = 0; i < count; i++) {
        mail_recipients(message)[i].host = comeback->hosts[i];
        mail_luck(message)[i] = comeback->hosts[count + i];
    }
    /* Sessions of its own: those of traffic are fewer than 2^39. */
    const uint64_t n = UINT64_C(1) << 39 | ++source->comebacks_count;
    enqueue_submit(host, &(struct arrival){
                             .message = message->id,
                             .session = session_id(data, n),
                             .deferred_until_ns = comeback->deferred_until_ns,
                             .to = comeback->to,
                             .source = (uint32_t)data,
                         });
    comeback_free(source);
}

void
enqueue_end(struct host *host)
{
    struct arrival_queue *queue = &host->arrivals;

    for (uint32_t i = 0; i < queue->count; i++) {
        free(queue->arrivals[(queue->first + i) % queue->capacity].to);
    }
    free(queue->arrivals);
    for (uint32_t i = 0;
         host->sources != NULL && i < host->params->traffic_count; i++) {
        while (host->sources[i].comebacks != NULL) {
            comeback_free(&host->sources[i]);
        }
    }
}
