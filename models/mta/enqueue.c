/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * enqueue.c - mail comes in, is put into files, moves between them, and goes
 */
#include <inttypes.h>

#include "models/mta/world.h"

static void on_submit(void *arg, uint64_t data);

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

/* channel_of - where a recipient's mail goes */
static uint32_t
channel_of(const struct host *host, const struct traffic_recipient *to)
{
    if (to->channel != NULL) {
        return settings_channel(&host->settings, to->channel);
    }
    const struct destination *destination =
        directory_host(host->directory, to->host);
    return host->channel_of[destination->params - host->params->destinations];
}

/* to_host - whom the channel connects to for this domain */
static uint32_t
to_host(const struct host *host, uint32_t channel, uint32_t domain)
{
    uint32_t daemon = host->daemon_host[channel];

    return daemon == SCHED_NONE ? domain : daemon;
}

uint32_t
enqueue_queue_host(const struct host *host, uint32_t channel, uint32_t domain)
{
    return host->settings.programs[channel].has_host_queues
               ? to_host(host, channel, domain)
               : SCHED_NONE;
}

/* recipients_route - fills in message and event. False: an unknown channel. */
static bool
recipients_route(struct host *host, const struct source *source,
                 struct mail_message *message, struct src_loc where)
{
    const struct traffic_message *next = &source->next;
    struct mail_recipient *recipients = mail_recipients(message);

    if (next->recipients_count > host->submit_capacity) {
        host->submit_capacity = next->recipients_count;
        host->submit_recipients = base_realloc(
            host->submit_recipients,
            next->recipients_count * sizeof host->submit_recipients[0]);
    }
    for (uint32_t i = 0; i < next->recipients_count; i++) {
        uint32_t channel = channel_of(host, &next->recipients[i]);
        if (channel == UINT32_MAX) {
            host_fail(host, where,
                      "message %" PRIu64 ": expected a destination channel of "
                      "imta.cnf, found \"%s\"; add it there, or import the log "
                      "without that channel",
                      message->id, next->recipients[i].channel);
            return false;
        }
        recipients[i].host = next->recipients[i].host;
        host->submit_recipients[i] = (struct sched_recipient){
            channel, to_host(host, channel, next->recipients[i].host)};
    }
    return true;
}

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

/* message_submit - tells the scheduler of the message that has come */
static void
message_submit(struct host *host, const struct source *source,
               struct mail_message *message)
{
    const struct traffic_message *next = &source->next;
    struct sched_event event = {.kind = SCHED_EVENT_SUBMIT};
    const uint64_t id = message->id;
    uint32_t channel = SCHED_NONE;

    if (next->source != NULL) {
        channel = settings_channel(&host->settings, next->source);
    }
    message->size_bytes = (uint32_t)i64_min(next->size_bytes, MAIL_BYTES_MAX);
    message->priority = (uint8_t)next->priority;
    message->is_null_sender = next->is_null_sender;
    message->source = channel == SCHED_NONE ? UINT16_MAX : (uint16_t)channel;
    event.u.submit = (struct sched_submit){
        .message = id,
        .submitted_at_ns = message->submitted_at_ns,
        .deferred_until_ns = SCHED_NO_TIME,
        .size_bytes = message->size_bytes,
        .recipients = host->submit_recipients,
        .recipients_count = message->recipients_count,
        .source_channel = channel,
        .priority = message->priority,
        .flags = next->is_null_sender ? SCHED_SUBMIT_NULL_SENDER : 0,
    };
    oracle_submitted(host->oracle, message->recipients_count);
    measure_submitted(host, message);
    host_feed(host, &event);
    assigned_check(host, id);
}

static void
on_submit(void *arg, uint64_t data)
{
    struct host *host = arg;
    const struct source *source = &host->sources[data];
    const struct src_loc where = host->params->traffic[data].where;
    struct mail_message *message = mail_submit(host->mail, host_now_ns(host),
                                               source->next.recipients_count);

    if (message == NULL) {
        host_fail(host, where,
                  "messages_max: %u messages are queued and the next does not "
                  "fit; raise messages_max, or shorten the horizon",
                  host->params->messages_max);
        return;
    }
    if (recipients_route(host, source, message, where)) {
        message_submit(host, source, message);
    }
    if (!host->has_failed) {
        source_advance(host, (uint32_t)data);
    }
}

/* --- Actions ------------------------------------------------------------ */

/* indices_check - recipients of the message, queued, in the file with this
 * slot + 1 (MAIL_NO_FILE: in none) */
static bool
indices_check(struct mail_message *message, const uint32_t *indices,
              uint32_t count, uint32_t file)
{
    const struct mail_recipient *recipients = mail_recipients(message);

    for (uint32_t i = 0; i < count; i++) {
        if (indices[i] >= message->recipients_count ||
            (i > 0 && indices[i] <= indices[i - 1]) ||
            recipients[indices[i]].state != MAIL_QUEUED ||
            recipients[indices[i]].file != file) {
            return false;
        }
    }
    return count > 0;
}

/* illegal - an action that the contract forbids: a law is broken */
static bool
illegal(struct host *host, uint32_t *reason, const char *what, uint64_t message)
{
    oracle_violation(host->oracle, host_now_ns(host),
                     "law: %s of message %" PRIu64, what, message);
    *reason = SCHED_REFUSED_ILLEGAL;
    return false;
}

/* file_fill - the new file's recipients */
static void
file_fill(struct host *host, uint32_t file, struct mail_message *message,
          const uint32_t *indices, uint32_t count)
{
    struct mail_recipient *recipients = mail_recipients(message);

    for (uint32_t i = 0; i < count; i++) {
        mail_assign(host->mail, file, &recipients[indices[i]]);
    }
}

/* create_is_routed - the file is in the channel its recipients were submitted
 * for, and in their host's queue */
static bool
create_is_routed(const struct host *host, struct mail_message *message,
                 const struct sched_create *create)
{
    const struct mail_recipient *recipients = mail_recipients(message);
    const uint32_t domain = recipients[create->recipients[0]].host;

    for (uint32_t i = 0; i < create->recipients_count; i++) {
        const uint32_t index = create->recipients[i];
        if (host->submit_recipients[index].channel != create->channel) {
            return false;
        }
    }
    return create->host == enqueue_queue_host(host, create->channel, domain);
}

bool
enqueue_create(struct host *host, const struct sched_create *create,
               uint32_t *reason)
{
    struct mail_message *message = mail_message(host->mail, create->message);

    if (message == NULL || create->channel >= host->settings.programs_count ||
        create->priority >= SCHED_PRIORITIES_COUNT || create->file == 0 ||
        mail_file(host->mail, message, create->file) != NULL ||
        !indices_check(message, create->recipients, create->recipients_count,
                       MAIL_NO_FILE) ||
        !create_is_routed(host, message, create)) {
        return illegal(host, reason, "a file that cannot be is created",
                       create->message);
    }
    uint32_t slot = mail_create(host->mail, message, create->file);
    ASSERT(slot != MAIL_NO_FILE);
    struct mail_file *file = mail_file_at(host->mail, slot);
    file->channel = (uint16_t)create->channel;
    file->priority = (uint8_t)create->priority;
    file->state =
        create->state == SCHED_FILE_HELD ? MAIL_FILE_HELD : MAIL_FILE_READY;
    file_fill(host, slot, message, create->recipients,
              create->recipients_count);
    host->held_count +=
        create->state == SCHED_FILE_HELD ? create->recipients_count : 0;
    host->result->files++;
    const uint32_t domain =
        mail_recipients(message)[create->recipients[0]].host;
    oracle_created(host->oracle, slot,
                   enqueue_queue_host(host, create->channel, domain));
    for (uint32_t i = 0; i < create->recipients_count; i++) {
        measure_tell(host, MTA_MAIL_ENQUEUED, message, file,
                     create->recipients[i], NULL);
    }
    return true;
}

bool
enqueue_reject(struct host *host, const struct sched_reject *reject,
               uint32_t *reason)
{
    struct mail_message *message = mail_message(host->mail, reject->message);

    if (message == NULL) {
        return illegal(host, reason, "rejection", reject->message);
    }
    struct mail_recipient *recipients = mail_recipients(message);
    const uint32_t count = message->recipients_count;
    for (uint32_t i = 0; i < count; i++) {
        if (recipients[i].state != MAIL_QUEUED ||
            recipients[i].file != MAIL_NO_FILE) {
            return illegal(host, reason, "rejection after acceptance",
                           reject->message);
        }
    }
    oracle_finished(host->oracle, count);
    for (uint32_t i = 0; i < count; i++) {
        measure_tell(host, MTA_MAIL_REJECTED, message, NULL, i, NULL);
        measure_finished(host, message, SCHED_NONE, recipients[i].host,
                         MAIL_REJECTED);
        mail_finish(host->mail, message, &recipients[i], MAIL_REJECTED);
    }
    return true;
}

bool
enqueue_rewrite(struct host *host, const struct sched_rewrite *rewrite,
                uint32_t *reason)
{
    struct mail_message *message = mail_message(host->mail, rewrite->message);
    struct mail_file *file =
        message == NULL ? NULL : mail_file(host->mail, message, rewrite->file);

    if (file == NULL || file->state == MAIL_FILE_HELD ||
        file->state == MAIL_FILE_ACTIVE || rewrite->new_file == 0 ||
        rewrite->recipients_count != file->recipients_count ||
        rewrite->recipients[0] >= message->recipients_count ||
        mail_file(host->mail, message, rewrite->new_file) != NULL) {
        return illegal(host, reason, "rewrite", rewrite->message);
    }
    struct mail_recipient *recipients = mail_recipients(message);
    const uint32_t old = recipients[rewrite->recipients[0]].file;
    if (!indices_check(message, rewrite->recipients, rewrite->recipients_count,
                       old) ||
        mail_file_at(host->mail, old) != file) {
        return illegal(host, reason, "rewrite of others' recipients",
                       rewrite->message);
    }
    const uint32_t domain = recipients[rewrite->recipients[0]].host;
    const uint32_t queue_host = enqueue_queue_host(host, file->channel, domain);
    const struct mail_file before = *file;
    oracle_removed(host->oracle, old, queue_host);
    uint32_t slot = mail_create(host->mail, message, rewrite->new_file);
    ASSERT(slot != MAIL_NO_FILE);
    for (uint32_t i = 0; i < rewrite->recipients_count; i++) {
        mail_unassign(host->mail, message, &recipients[rewrite->recipients[i]]);
    }
    file = mail_file_at(host->mail, slot);
    file->channel = before.channel;
    file->priority = before.priority;
    /* After a partial success it is as if never tried; otherwise those that
     * were refused for good are gone and the rest waits as before. */
    const bool is_delayed = before.state == MAIL_FILE_DELAYED;
    file->state = is_delayed ? MAIL_FILE_DELAYED : MAIL_FILE_READY;
    file->due_at_ns = is_delayed ? before.due_at_ns : 0;
    file->attempts = is_delayed ? before.attempts : 0;
    file_fill(host, slot, message, rewrite->recipients,
              rewrite->recipients_count);
    host->result->files++;
    oracle_created(host->oracle, slot, queue_host);
    return true;
}

/* file_return - all recipients of the file are final; it ends */
static void
file_return(struct host *host, struct mail_message *message,
            const struct mail_file *file, uint32_t slot)
{
    struct mail_recipient *recipients = mail_recipients(message);
    const uint32_t count = message->recipients_count;
    uint32_t left_count = file->recipients_count;
    const uint32_t channel = file->channel;

    oracle_finished(host->oracle, left_count);
    for (uint32_t i = 0; i < count && left_count > 0; i++) {
        if (recipients[i].file != slot) {
            continue;
        }
        measure_tell(host, MTA_MAIL_RETURNED, message, file, i, NULL);
        measure_finished(host, message, channel, recipients[i].host,
                         MAIL_RETURNED);
        left_count--;
        mail_finish(host->mail, message, &recipients[i], MAIL_RETURNED);
    }
}

/* file_warn - the sender is told that it is still here */
static void
file_warn(struct host *host, struct mail_message *message,
          const struct mail_file *file, uint32_t slot)
{
    const struct mail_recipient *recipients = mail_recipients(message);

    host->result->warnings++;
    for (uint32_t i = 0; i < message->recipients_count; i++) {
        if (recipients[i].file == slot) {
            measure_tell(host, MTA_MAIL_WARNED, message, file, i, NULL);
        }
    }
}

bool
enqueue_file(struct host *host, const struct sched_action *action,
             uint32_t *reason)
{
    const struct sched_file_action *what = &action->u.file;
    struct mail_message *message = mail_message(host->mail, what->message);
    struct mail_file *file =
        message == NULL ? NULL : mail_file(host->mail, message, what->file);

    if (file == NULL || file->state == MAIL_FILE_ACTIVE ||
        (action->kind == SCHED_ACTION_HOLD && file->state == MAIL_FILE_HELD)) {
        return illegal(host, reason, "return, warning or hold of a file in use",
                       what->message);
    }
    struct mail_recipient *recipients = mail_recipients(message);
    uint32_t i = 0;
    while (mail_file_of(host->mail, &recipients[i]) != file) {
        i++;
    }
    const uint32_t slot = recipients[i].file;
    const uint32_t queue_host =
        enqueue_queue_host(host, file->channel, recipients[i].host);
    if (action->kind == SCHED_ACTION_WARN) {
        oracle_returned(host->oracle, host_now_ns(host), slot, true);
        file_warn(host, message, file, slot);
        return true;
    }
    oracle_removed(host->oracle, slot, queue_host);
    if (action->kind == SCHED_ACTION_HOLD) {
        host->held_count += file->recipients_count;
        file->state = MAIL_FILE_HELD;
        return true;
    }
    oracle_returned(host->oracle, host_now_ns(host), slot, false);
    host->held_count -=
        file->state == MAIL_FILE_HELD ? file->recipients_count : 0;
    file_return(host, message, file, slot);
    return true;
}
