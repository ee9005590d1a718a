/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_postfix.c - an event as lines of a Postfix syslog; see export.h
 *
 * Process ids are those of one long-lived process of each kind: the log says
 * nothing of the jobs that the simulated host ran.
 */
#include <inttypes.h>

#include "sim/kernel/civil.h"
#include "sim/lab/export_parts.h"

#define HOST "mta"

enum program { SMTPD, CLEANUP, QMGR, SMTP, BOUNCE };

/* line_begin - stamp, host, program, and the message's queue id */
static void
line_begin(FILE *out, bool is_rfc3339, int64_t wall_ns, enum program program,
           uint64_t message)
{
    static const char *const programs[] = {
        "smtpd[101]", "cleanup[102]", "qmgr[103]", "smtp[104]", "bounce[105]"};
    const struct civil c = civil_from_ns(wall_ns);

    if (is_rfc3339) {
        fprintf(out,
                "%04" PRId32 "-%02" PRId32 "-%02" PRId32 "T%02" PRId32
                ":%02" PRId32 ":%02" PRId32 ".%06" PRId64 "+00:00",
                c.year, c.month, c.day, c.hour, c.minute, c.second,
                c.nanosecond / NS_PER_US);
    } else {
        fprintf(out, "%s %2" PRId32 " %02" PRId32 ":%02" PRId32 ":%02" PRId32,
                civil_month_name(c.month), c.day, c.hour, c.minute, c.second);
    }
    fprintf(out, " " HOST " postfix/%s: ", programs[program]);
    /* Short queue ids; twelve digits, so that there is always a 0 in front,
     * which tells an id from a word. */
    fprintf(out, "%012" PRIX64 ": ", message);
}

/* enqueued - all lines of an arrival, at its first recipient */
static void
enqueued(FILE *out, bool is_rfc3339, const struct export_event *event)
{
    const int64_t wall_ns = event->wall_ns;

    if (event->origin == EXPORT_SUBMITTED) {
        line_begin(out, is_rfc3339, wall_ns, SMTPD, event->message);
        fputs("client=client." EXPORT_SENDER_DOMAIN "[192.0.2.1]\n", out);
    }
    line_begin(out, is_rfc3339, wall_ns, CLEANUP, event->message);
    fprintf(out, "message-id=<m%" PRIu64 "@" EXPORT_SENDER_DOMAIN ">\n",
            event->message);
    if (event->origin != EXPORT_SUBMITTED) {
        line_begin(out, is_rfc3339, wall_ns, BOUNCE, event->parent);
        fprintf(out, "sender %s notification: %012" PRIX64 "\n",
                event->origin == EXPORT_WARNING_NOTICE ? "delay"
                                                       : "non-delivery",
                event->message);
    }
    line_begin(out, is_rfc3339, wall_ns, QMGR, event->message);
    fputs("from=<", out);
    if (!event->is_null_sender) {
        fprintf(out, "u%" PRIu64 "@" EXPORT_SENDER_DOMAIN, event->message);
    }
    fprintf(out, ">, size=%" PRId64 ", nrcpt=%" PRIu32 " (queue active)\n",
            event->size_bytes, event->recipients_count);
}

/* seconds - to the hundredth, without trailing zeros: 0, 0.05, 1.2, 300 */
static void
seconds(FILE *out, int64_t ns)
{
    const int64_t hundredths = i64_max(ns, 0) / (10 * NS_PER_MS);
    const int64_t rest = hundredths % 100;

    fprintf(out, "%" PRId64, hundredths / 100);
    if (rest % 10 != 0) {
        fprintf(out, ".%02" PRId64, rest);
    } else if (rest != 0) {
        fprintf(out, ".%" PRId64, rest / 10);
    }
}

/* outcome - status, its RFC 3463 code, and the text that is given if none is */
static void
outcome(FILE *out, const struct export_event *event)
{
    const char *text = event->text;

    if (event->kind == EXPORT_DELIVERED) {
        fputs(", dsn=2.0.0, status=sent (", out);
        text = text == NULL ? "250 2.0.0 ok" : text;
    } else if (event->kind == EXPORT_DEFERRED) {
        fputs(", dsn=4.0.0, status=deferred (", out);
        text = text == NULL ? "temporary failure" : text;
    } else {
        fputs(", dsn=5.0.0, status=bounced (", out);
        text = text == NULL ? "permanent failure" : text;
    }
    export_text(out, text);
    fputs(")\n", out);
}

/* attempted - a to= line. delays= are: before the queue manager, in it, to
 * connect (not told apart from the next here), to transmit */
static void
attempted(FILE *out, bool is_rfc3339, const struct export_event *event)
{
    line_begin(out, is_rfc3339, event->wall_ns, SMTP, event->message);
    fprintf(out, "to=<r%" PRIu64 ".%" PRIu32 "@%s>, relay=", event->message,
            event->recipient, event->domain);
    if (event->host == NULL) {
        fputs("none", out);
    } else {
        export_text(out, event->host);
        fputs("[192.0.2.2]:25", out);
    }
    fputs(", delay=", out);
    seconds(out, event->wall_ns - event->submitted_wall_ns);
    fputs(", delays=0/", out);
    seconds(out, event->attempt_wall_ns - event->submitted_wall_ns);
    fputs("/0/", out);
    seconds(out, event->wall_ns - event->attempt_wall_ns);
    outcome(out, event);
}

static void
rejected(FILE *out, bool is_rfc3339, const struct export_event *event)
{
    line_begin(out, is_rfc3339, event->wall_ns, SMTPD, event->message);
    fputs("reject: RCPT from client." EXPORT_SENDER_DOMAIN "[192.0.2.1]: ",
          out);
    export_text(out, event->text == NULL ? "550 5.0.0 rejected" : event->text);
    fprintf(out,
            "; from=<u%" PRIu64 "@" EXPORT_SENDER_DOMAIN "> to=<r%" PRIu64
            ".%" PRIu32 "@%s> proto=ESMTP helo=<client>\n",
            event->message, event->message, event->recipient, event->domain);
}

void
export_postfix_event(FILE *out, struct export_live *live, bool is_rfc3339,
                     const struct export_event *event)
{
    switch (event->kind) {
    case EXPORT_ENQUEUED:
        if (event->recipient == 0) {
            export_live_add(live, event->message, event->recipients_count);
            enqueued(out, is_rfc3339, event);
        }
        break;
    case EXPORT_DEFERRED:
        attempted(out, is_rfc3339, event);
        break;
    case EXPORT_DELIVERED:
    case EXPORT_RETURNED:
        attempted(out, is_rfc3339, event);
        if (export_live_finish(live, event->message)) {
            line_begin(out, is_rfc3339, event->wall_ns, QMGR, event->message);
            fputs("removed\n", out);
        }
        break;
    case EXPORT_REJECTED:
        rejected(out, is_rfc3339, event);
        break;
    case EXPORT_WARNED:
        break; /* told by the notice that is enqueued for it */
    }
}
