/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export.c - opening, closing, and the messages under way; see export.h
 */
#include "sim/lab/export.h"

#include <stdlib.h>
#include <string.h>

#include "sim/lab/export_parts.h"
#include "sim/lab/wholefile.h"

/* An event's texts are borrowed for the call; one that waits has copies. */
struct pending {
    struct export_event event;
    char *texts; /* all of them, one behind the other */
};

struct export
{
    struct wholefile file;
    enum export_format format;
    struct export_live *live; /* postfix */
    int64_t last_wall_ns;
    struct pending *pending; /* recipients of one message, enqueued */
    uint32_t pending_count;
    uint32_t pending_capacity;
};

struct export_quantum
export_quantum(enum export_format format)
{
    switch (format) {
    case EXPORT_SUN:
        return (struct export_quantum){EXPORT_SUN_TIME_NS, EXPORT_BLOCK_BYTES,
                                       true, true};
    case EXPORT_POSTFIX:
        return (struct export_quantum){NS_PER_S, 1, false, false};
    case EXPORT_POSTFIX_RFC3339:
        return (struct export_quantum){NS_PER_US, 1, false, false};
    }
    UNREACHABLE("every format has its quantum");
}

struct export *
export_open(enum export_format format, const char *path, struct diag *diag)
{
    struct export *log = base_alloc(sizeof *log);

    if (!wholefile_open(&log->file, path, diag)) {
        free(log);
        return NULL;
    }
    log->format = format;
    log->live = export_live_new();
    log->last_wall_ns = INT64_MIN;
    return log;
}

static void
event_write(struct export *log, const struct export_event *event)
{
    if (log->format == EXPORT_SUN) {
        export_sun_event(log->file.out, event);
    } else {
        export_postfix_event(log->file.out, log->live,
                             log->format == EXPORT_POSTFIX_RFC3339, event);
    }
}

static size_t
text_size(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

/* text_copy - at *at, which moves on */
static const char *
text_copy(char **at, const char *text)
{
    const size_t size = text_size(text);
    char *copy = *at;

    if (text == NULL) {
        return NULL;
    }
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

static int
compare_recipients(const void *a, const void *b)
{
    const uint32_t x = ((const struct pending *)a)->event.recipient;
    const uint32_t y = ((const struct pending *)b)->event.recipient;

    return (x > y) - (x < y);
}

/* pending_write - a scheduler makes files of recipients in an order of its
 * own; a log that kept it would be another message when it is read again */
static void
pending_write(struct export *log)
{
    if (log->pending_count == 0) {
        return;
    }
    qsort(log->pending, log->pending_count, sizeof log->pending[0],
          compare_recipients);
    for (uint32_t i = 0; i < log->pending_count; i++) {
        event_write(log, &log->pending[i].event);
        free(log->pending[i].texts);
    }
    log->pending_count = 0;
}

static void
pending_add(struct export *log, const struct export_event *event)
{
    if (log->pending_count == log->pending_capacity) {
        log->pending_capacity = log->pending_capacity * 2 + 16;
        log->pending = base_realloc(log->pending, log->pending_capacity *
                                                      sizeof log->pending[0]);
    }
    struct pending *kept = &log->pending[log->pending_count++];
    char *at = base_alloc(text_size(event->source) + text_size(event->channel) +
                          text_size(event->domain) + text_size(event->host) +
                          text_size(event->text));

    *kept = (struct pending){.event = *event, .texts = at};
    kept->event.source = text_copy(&at, event->source);
    kept->event.channel = text_copy(&at, event->channel);
    kept->event.domain = text_copy(&at, event->domain);
    kept->event.host = text_copy(&at, event->host);
    kept->event.text = text_copy(&at, event->text);
}

void
export_event(struct export *log, const struct export_event *event)
{
    ASSERT(event->wall_ns >= log->last_wall_ns);
    ASSERT(event->recipient < event->recipients_count);
    ASSERT(event->priority <= 2);
    ASSERT(event->size_bytes >= 1);
    ASSERT(event->domain != NULL);

    log->last_wall_ns = event->wall_ns;
    if (event->kind != EXPORT_ENQUEUED ||
        (log->pending_count > 0 &&
         log->pending[0].event.message != event->message)) {
        pending_write(log);
    }
    if (event->kind == EXPORT_ENQUEUED) {
        pending_add(log, event);
    } else {
        event_write(log, event);
    }
}

bool
export_close(struct export *log, struct diag *diag)
{
    bool is_written = false;

    pending_write(log);
    is_written = wholefile_commit(&log->file, diag);
    export_live_free(log->live);
    free(log->pending);
    free(log);
    return is_written;
}

void
export_abandon(struct export *log)
{
    if (log != NULL) {
        wholefile_abandon(&log->file);
        export_live_free(log->live);
        for (uint32_t i = 0; i < log->pending_count; i++) {
            free(log->pending[i].texts);
        }
        free(log->pending);
        free(log);
    }
}

void
export_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;

        putc(c < ' ' || c == 0x7f ? '?' : c, out);
    }
}
