/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recording.c - the writer; see recording.h
 */
#include "models/mta/recording.h"

#include <inttypes.h>
#include <string.h>

#include "models/mta/recording_kinds.h"

/* text_put - so that it is one word: no blank, no line end, never empty */
static void
text_put(FILE *out, const char *text)
{
    if (text == NULL) {
        fputc('-', out);
        return;
    }
    fputc('"', out);
    for (const char *p = text; *p != '\0'; p++) {
        const unsigned char c = (unsigned char)*p;

        if (c <= ' ' || c == '%' || c == '"' || c >= 0x7f) {
            fprintf(out, "%%%02x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void
numbers_put(FILE *out, const uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        fprintf(out, "%s%" PRIu32, i == 0 ? "" : ",", numbers[i]);
    }
    if (count == 0) {
        fputc('-', out);
    }
}

static void
files_put(FILE *out, const struct sched_scanned_file *files, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct sched_scanned_file *file = &files[i];

        fprintf(out,
                "%s%" PRIu64 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32
                "/%" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%" PRId64 "/%" PRId64
                "/%" PRId64 "/",
                i == 0 ? "" : ";", file->message, file->file, file->channel,
                file->host, file->priority, file->attempts, file->is_held,
                file->flags, file->submitted_at_ns, file->returned_at_ns,
                file->size_bytes);
        numbers_put(out, file->recipients, file->recipients_count);
    }
    if (count == 0) {
        fputc('-', out);
    }
}

static void
list_put(FILE *out, const struct recording_field *field, const void *memory,
         uint32_t count)
{
    if (memory == NULL) {
        count = 0;
    }
    if (field->type == RECORDING_NUMBERS) {
        numbers_put(out, memory, count);
    } else if (field->type == RECORDING_FILES) {
        files_put(out, memory, count);
    } else if (count == 0) {
        fputc('-', out);
    } else if (field->type == RECORDING_RESULTS) {
        const uint8_t *results = memory;
        for (uint32_t i = 0; i < count; i++) {
            fprintf(out, "%s%u", i == 0 ? "" : ",", results[i]);
        }
    } else {
        const struct sched_recipient *to = memory;
        for (uint32_t i = 0; i < count; i++) {
            fprintf(out, "%s%" PRIu32 ":%" PRIu32, i == 0 ? "" : ",",
                    to[i].channel, to[i].host);
        }
    }
}

static void
field_put(FILE *out, const struct recording_field *field, const void *what)
{
    const char *base = what;
    uint64_t word = 0;
    uint32_t number = 0;
    const void *memory = NULL;

    fprintf(out, " %s=", field->key);
    switch ((enum recording_type)field->type) {
    case RECORDING_U32:
        memcpy(&number, base + field->at, sizeof number);
        fprintf(out, "%" PRIu32, number);
        return;
    case RECORDING_U64:
        memcpy(&word, base + field->at, sizeof word);
        fprintf(out, "%" PRIu64, word);
        return;
    case RECORDING_I64:
        memcpy(&word, base + field->at, sizeof word);
        fprintf(out, "%" PRId64, (int64_t)word);
        return;
    case RECORDING_TEXT:
        memcpy(&memory, base + field->at, sizeof memory);
        text_put(out, memory);
        return;
    case RECORDING_NUMBERS:
    case RECORDING_ROUTES:
    case RECORDING_RESULTS:
    case RECORDING_FILES:
        memcpy(&memory, base + field->at, sizeof memory);
        memcpy(&number, base + field->count_at, sizeof number);
        list_put(out, field, memory, number);
        return;
    }
}

static void
fields_put(FILE *out, const struct recording_kind *kind, const void *what)
{
    for (uint32_t i = 0;
         i < RECORDING_FIELDS_MAX && kind->fields[i].key != NULL; i++) {
        field_put(out, &kind->fields[i], what);
    }
    fputc('\n', out);
}

void
recording_begin(FILE *out, const struct sched_object *object,
                const struct sched_config *config)
{
    if (out == NULL) {
        return;
    }
    fprintf(out, "recording 1\nobject name=");
    text_put(out, object->name);
    fprintf(out, " version=");
    text_put(out, object->version);
    fprintf(out, " policy=");
    text_put(out, object->policy);
    fputc('\n', out);
    for (uint32_t i = 0; i < config->texts_count; i++) {
        const struct sched_text *text = &config->texts[i];

        fprintf(out,
                "text role=%" PRIu32 " bytes=%" PRIu64 " name=", text->role,
                text->bytes_size);
        text_put(out, text->name);
        fputc('\n', out);
        fwrite(text->bytes, 1, text->bytes_size, out);
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < config->overrides_count; i++) {
        fprintf(out, "override path=");
        text_put(out, config->overrides[i].path);
        fprintf(out, " value=");
        text_put(out, config->overrides[i].value);
        fprintf(out, " where=");
        text_put(out, config->overrides[i].where);
        fputc('\n', out);
    }
    fprintf(out,
            "begin %" PRId64 " wall-offset=%" PRId64 " strict=%" PRIu32 "\n",
            config->now_ns, config->wall_offset_ns, config->is_strict);
}

void
recording_event(FILE *out, int64_t now_ns, const struct sched_event *event)
{
    if (out != NULL) {
        const struct recording_kind *kind = recording_event_kind(event->kind);

        fprintf(out, "event %" PRId64 " %s", now_ns, kind->name);
        fields_put(out, kind, event);
    }
}

void
recording_status(FILE *out, int32_t status)
{
    if (out != NULL && status != SCHED_OK) {
        fprintf(out, "status %" PRId32 "\n", status);
    }
}

void
recording_action(FILE *out, int64_t now_ns, const struct sched_action *action)
{
    if (out != NULL) {
        const struct recording_kind *kind = recording_action_kind(action->kind);

        fprintf(out, "action %" PRId64 " %" PRIu64 " %s", now_ns,
                action->action, kind->name);
        fields_put(out, kind, action);
    }
}

void
recording_end(FILE *out, int64_t now_ns)
{
    if (out != NULL) {
        fprintf(out, "end %" PRId64 "\n", now_ns);
    }
}
