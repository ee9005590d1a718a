/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_run.c - what a run tells, put into the words of a log
 */
#include "sim/lab/export_run.h"

static enum export_kind
kind_of(enum mta_mail_kind kind)
{
    switch (kind) {
    case MTA_MAIL_ENQUEUED:
        return EXPORT_ENQUEUED;
    case MTA_MAIL_DELIVERED:
        return EXPORT_DELIVERED;
    case MTA_MAIL_DEFERRED:
        return EXPORT_DEFERRED;
    case MTA_MAIL_FAILED:
    case MTA_MAIL_RETURNED:
        return EXPORT_RETURNED;
    case MTA_MAIL_WARNED:
        return EXPORT_WARNED;
    case MTA_MAIL_REJECTED:
        return EXPORT_REJECTED;
    }
    UNREACHABLE("every kind has its code");
}

static const char *
phase_text(enum smtp_phase phase)
{
    switch (phase) {
    case SMTP_CONNECT:
        return "connect failed";
    case SMTP_GREETING:
        return "failed while waiting for the greeting";
    case SMTP_EHLO:
        return "failed in EHLO";
    case SMTP_MAIL:
        return "failed in MAIL FROM";
    case SMTP_RCPT:
        return "failed in RCPT TO";
    case SMTP_DATA:
        return "failed in DATA";
    case SMTP_DOT:
        return "failed at the end of data";
    case SMTP_PHASES_COUNT:
        break;
    }
    UNREACHABLE("every phase has its text");
}

/* text_of - NULL where the log has its own */
static const char *
text_of(const struct mta_mail_event *event)
{
    switch (event->kind) {
    case MTA_MAIL_DEFERRED:
    case MTA_MAIL_FAILED:
        return phase_text(event->phase);
    case MTA_MAIL_RETURNED:
        return "Message timed out";
    case MTA_MAIL_ENQUEUED:
    case MTA_MAIL_DELIVERED:
    case MTA_MAIL_WARNED:
    case MTA_MAIL_REJECTED:
        return NULL;
    }
    UNREACHABLE("every kind has its text or none");
}

void
export_run_mail(void *context, const struct mta_mail_event *event)
{
    const struct export_run *run = context;
    /* The return job tries nothing: its attempt is its verdict. */
    const int64_t tried_at_ns =
        event->host == NULL ? event->at_ns : event->tried_at_ns;

    export_event(
        run->log,
        &(struct export_event){
            .kind = kind_of(event->kind),
            .wall_ns = run->start_wall_ns + event->at_ns,
            .submitted_wall_ns = run->start_wall_ns + event->submitted_at_ns,
            .attempt_wall_ns = run->start_wall_ns + tried_at_ns,
            .message = event->message,
            .file = event->file,
            .recipient = event->recipient,
            .recipients_count = event->recipients_count,
            .attempts_count = event->attempts,
            .priority = event->priority,
            .is_null_sender = event->is_null_sender,
            .size_bytes = event->size_bytes,
            .source = event->source,
            .channel = event->channel,
            .domain = event->domain,
            .host = event->host,
            .text = text_of(event),
        });
}
