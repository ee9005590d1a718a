/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * backlog.c - mail that lies in the queue directory when the run starts
 *
 * One file for each channel and host of a message, never tried. The scheduler
 * is told nothing: its scan finds them.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "models/mta/world.h"
#include "models/trace.h"

/* file_for - the file of this message for a channel and host, made if there is
 * none among those of recipients before `index`; slot + 1 */
static uint32_t
file_for(struct host *host, struct mail_message *message, uint32_t index,
         uint32_t *files_count)
{
    const struct mail_recipient *recipients = mail_recipients(message);
    const struct sched_recipient to = host->submit_recipients[index];
    const uint32_t queue_host =
        enqueue_queue_host(host, to.channel, recipients[index].host);

    for (uint32_t i = index; i-- > 0;) {
        if (host->submit_recipients[i].channel == to.channel &&
            enqueue_queue_host(host, to.channel, recipients[i].host) ==
                queue_host) {
            return recipients[i].file;
        }
    }
    const uint32_t slot = mail_create(host->mail, message, ++*files_count);
    ASSERT(slot != MAIL_NO_FILE);
    struct mail_file *file = mail_file_at(host->mail, slot);
    file->channel = (uint16_t)to.channel;
    file->priority = message->priority;
    file->state = MAIL_FILE_READY;
    file->flags = MAIL_FILE_IS_UNKNOWN | MAIL_FILE_IS_HIDDEN;
    return slot;
}

/* message_put - one message with all its files */
static void
message_put(struct host *host, const struct traffic_message *traffic)
{
    const struct src_loc where = {host->params->backlog_path, 0, 0};
    struct mail_message *message =
        mail_submit(host->mail, traffic->at_ns, traffic->recipients_count);
    uint32_t files_count = 0;

    if (message == NULL) {
        enqueue_full(host, where);
        return;
    }
    if (!enqueue_route(host, traffic, message, where)) {
        return;
    }
    oracle_submitted(host->oracle, message->recipients_count);
    measure_submitted(host, message);
    for (uint32_t i = 0; i < message->recipients_count; i++) {
        const uint32_t slot = file_for(host, message, i, &files_count);
        mail_assign(host->mail, slot, &mail_recipients(message)[i]);
        measure_routed(host, host->submit_recipients[i].channel, 1);
        measure_tell(host, MTA_MAIL_ENQUEUED, message,
                     mail_file_at(host->mail, slot), i, NULL);
    }
    host->result->files += files_count;
}

/* traced_put - a line of the trace; its instants count from the trace's start */
static void
traced_put(struct host *host, const struct trace_message *traced,
           int64_t start_ns, struct traffic_recipient *to)
{
    const struct traffic_message traffic = {
        .at_ns = traced->at_ns + start_ns,
        .size_bytes = traced->size_bytes,
        .source = traced->source,
        .recipients = to,
        .recipients_count = traced->recipients_count,
        .priority = traced->priority,
        .is_null_sender = traced->is_null_sender,
    };

    if (traffic.at_ns > 0) {
        const struct src_loc where = {host->params->backlog_path, 0, 0};
        host_fail(host, where,
                  "mta.backlog: expected mail from before the start of the "
                  "scenario, found some from %" PRId64 " s after it",
                  traffic.at_ns / NS_PER_S);
        return;
    }
    for (uint32_t i = 0; i < traced->recipients_count; i++) {
        to[i] = (struct traffic_recipient){
            directory_find(host->directory, traced->recipients[i].domain),
            traced->recipients[i].channel};
    }
    message_put(host, &traffic);
}

void
backlog_load(struct host *host)
{
    struct trace_message traced;
    struct traffic_recipient *to = NULL;
    uint32_t capacity = 0;
    int status;

    if (host->params->backlog_path == NULL) {
        return;
    }
    struct trace *trace = trace_open(host->params->backlog_path, host->diag);
    if (trace == NULL) {
        host->has_failed = true;
        return;
    }
    const int64_t start_ns =
        trace_start_wall_ns(trace) - host->params->start_wall_ns;
    while ((status = trace_next(trace, &traced, host->diag)) == 1 &&
           !host->has_failed) {
        if (traced.recipients_count > capacity) {
            capacity = traced.recipients_count;
            to = base_realloc(to, capacity * sizeof to[0]);
        }
        traced_put(host, &traced, start_ns, to);
    }
    host->has_failed = host->has_failed || status < 0;
    free(to);
    trace_close(trace);
}
