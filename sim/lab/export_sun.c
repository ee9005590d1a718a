/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_sun.c - an event as a line of mail.log; see export.h
 */
#include <inttypes.h>

#include "sim/kernel/civil.h"
#include "sim/lab/export_parts.h"

#define CHANNEL_DEFAULT "tcp_local"
#define SOURCE_NONE     "-"
/* Two capital letters, falling from ZZ: names of more attempts look alike. */
#define ATTEMPTS_MAX 675
/* GUESS: queue files are spread over this many folders of a channel. */
#define FOLDERS_COUNT 100

static const char *const priority_words[] = {"urgent", "normal", "nonurgent"};

static char
code(enum export_kind kind)
{
    switch (kind) {
    case EXPORT_ENQUEUED:
        return 'E';
    case EXPORT_DELIVERED:
        return 'D';
    case EXPORT_DEFERRED:
        return 'Q';
    case EXPORT_RETURNED:
        return 'R';
    case EXPORT_WARNED:
        return 'W';
    case EXPORT_REJECTED:
        return 'J';
    }
    UNREACHABLE("every kind has its code");
}

static void
stamp(FILE *out, int64_t wall_ns)
{
    const struct civil c = civil_from_ns(wall_ns);

    fprintf(out,
            "%02" PRId32 "-%s-%04" PRId32 " %02" PRId32 ":%02" PRId32
            ":%02" PRId32 ".%02" PRId64,
            c.day, civil_month_name(c.month), c.year, c.hour, c.minute,
            c.second, c.nanosecond / EXPORT_SUN_TIME_NS);
}

/* channels - both for what comes in, the one that worked for what goes out */
static void
channels(FILE *out, const struct export_event *event)
{
    const char *channel =
        event->channel == NULL ? CHANNEL_DEFAULT : event->channel;
    const char *source = event->source == NULL ? SOURCE_NONE : event->source;

    if (event->origin != EXPORT_SUBMITTED) {
        source = "process";
    }
    if (event->kind == EXPORT_ENQUEUED || event->kind == EXPORT_REJECTED) {
        fprintf(out, " %-12s %-12s", source, channel);
    } else {
        fprintf(out, " %-12s %-12s", channel, "");
    }
}

/* file_name - /q/CHANNEL/FOLDER/ZZ<message><file>.00 */
static void
file_name(FILE *out, const struct export_event *event)
{
    const uint32_t attempts = event->attempts_count < ATTEMPTS_MAX
                                  ? event->attempts_count
                                  : ATTEMPTS_MAX;

    fprintf(out, " /q/%s/%03u/%c%c%08" PRIX64 "%04" PRIX32 ".00",
            event->channel == NULL ? CHANNEL_DEFAULT : event->channel,
            (unsigned)(event->message % FOLDERS_COUNT),
            (char)('Z' - attempts / 26), (char)('Z' - attempts % 26),
            event->message, event->file);
}

/* diagnostic - what a dialogue or the return job had to say */
static void
diagnostic(FILE *out, const struct export_event *event)
{
    if (event->kind == EXPORT_ENQUEUED) {
        return;
    }
    if (event->host != NULL) {
        fputs(" dns;", out);
        export_text(out, event->host);
    }
    if (event->text != NULL) {
        fputs(event->kind == EXPORT_DELIVERED ? " smtp;" : " ", out);
        export_text(out, event->text);
    } else if (event->kind == EXPORT_DELIVERED) {
        fputs(" smtp;250 2.0.0 ok", out);
    }
}

void
export_sun_event(FILE *out, const struct export_event *event)
{
    char recipient[64];

    snprintf(recipient, sizeof recipient, "r%" PRIu64 ".%" PRIu32,
             event->message, event->recipient);
    stamp(out, event->wall_ns);
    channels(out, event);
    /* A failed attempt logs what it handled: the models do not say, so none. */
    fprintf(out, " %c %" PRId64 " ", code(event->kind),
            event->kind == EXPORT_DEFERRED
                ? INT64_C(0)
                : i64_div_ceil(event->size_bytes, EXPORT_BLOCK_BYTES));
    if (!event->is_null_sender) {
        fprintf(out, "u%" PRIu64 "@" EXPORT_SENDER_DOMAIN, event->message);
    }
    fprintf(out, " rfc822;%s@%s %s@%s", recipient, event->domain, recipient,
            event->domain);
    if (event->kind != EXPORT_REJECTED) {
        file_name(out, event);
    }
    fprintf(out, " <m%" PRIu64 "@" EXPORT_SENDER_DOMAIN "> %s", event->message,
            priority_words[event->priority]);
    diagnostic(out, event);
    putc('\n', out);
}
