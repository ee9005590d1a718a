/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export.c - opening, closing, and the messages under way; see export.h
 */
#include "sim/lab/export.h"

#include <stdlib.h>
#include <string.h>

#include "sim/lab/export_parts.h"
#include "sim/lab/wholefile.h"

struct export
{
    struct wholefile file;
    enum export_format format;
    struct export_live *live; /* postfix */
    int64_t last_wall_ns;
    struct export_event *pending; /* recipients of one message, enqueued */
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

static const char *
text_copy(const char *text)
{
    const size_t size = text == NULL ? 0 : strlen(text) + 1;
    char *copy = NULL;

    if (text != NULL) {
        copy = base_alloc(size);
        memcpy(copy, text, size);
    }
    return copy;
}

/* pending_texts_free - an event's texts are borrowed for the call; those that
 * wait are copies */
static void
pending_texts_free(const struct export_event *event)
{
    free((void *)(uintptr_t)event->source);
    free((void *)(uintptr_t)event->channel);
    free((void *)(uintptr_t)event->domain);
    free((void *)(uintptr_t)event->host);
    free((void *)(uintptr_t)event->text);
}

static int
compare_recipients(const void *a, const void *b)
{
    const struct export_event *x = a;
    const struct export_event *y = b;

    return (x->recipient > y->recipient) - (x->recipient < y->recipient);
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
        event_write(log, &log->pending[i]);
        pending_texts_free(&log->pending[i]);
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
    struct export_event *kept = &log->pending[log->pending_count++];

    *kept = *event;
    kept->source = text_copy(event->source);
    kept->channel = text_copy(event->channel);
    kept->domain = text_copy(event->domain);
    kept->host = text_copy(event->host);
    kept->text = text_copy(event->text);
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
        (log->pending_count > 0 && log->pending[0].message != event->message)) {
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
            pending_texts_free(&log->pending[i]);
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
