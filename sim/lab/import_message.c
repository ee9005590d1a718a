/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_message.c - records as bytes and back; see import_message.h
 */
#include "sim/lab/import_message.h"

#include <stdlib.h>
#include <string.h>

struct record_head {
    int64_t wall_ns;
    int64_t size_bytes;
    uint32_t priority;
    uint16_t kind;
    uint16_t is_null_sender;
};

void
import_key_time(char key[IMPORT_KEY_TIME_BYTES], int64_t wall_ns)
{
    /* The sign bit turned round: the least int64_t becomes 0. */
    const uint64_t ordered = (uint64_t)wall_ns ^ (UINT64_C(1) << 63);

    for (unsigned i = 0; i < IMPORT_KEY_TIME_BYTES; i++) {
        key[i] = (char)(unsigned char)(ordered >> (56 - 8 * i));
    }
}

static char *
text_put(char *at, const char *text)
{
    const size_t size = strlen(text) + 1;

    memcpy(at, text, size);
    return at + size;
}

static const char *
text_get(const char **at)
{
    const char *text = *at;

    *at += strlen(text) + 1;
    return text;
}

uint32_t
import_record_encode(const struct import_record *record, char *data)
{
    const struct record_head head = {
        .wall_ns = record->wall_ns,
        .size_bytes = record->size_bytes,
        .priority = record->priority,
        .kind = (uint16_t)record->kind,
        .is_null_sender = record->is_null_sender,
    };
    char *at = data;

    memcpy(at, &head, sizeof head);
    at = text_put(at + sizeof head, record->source);
    at = text_put(at, record->channel);
    at = text_put(at, record->domain);
    at = text_put(at, record->address);
    return (uint32_t)(at - data);
}

void
import_record_decode(struct import_record *record, const char *data)
{
    struct record_head head;
    const char *at = data + sizeof head;

    memcpy(&head, data, sizeof head);
    *record = (struct import_record){
        .kind = (enum import_kind)head.kind,
        .priority = head.priority,
        .is_null_sender = head.is_null_sender != 0,
        .wall_ns = head.wall_ns,
        .size_bytes = head.size_bytes,
    };
    record->source = text_get(&at);
    record->channel = text_get(&at);
    record->domain = text_get(&at);
    record->address = text_get(&at);
}

/* or_none - an empty text says that there is none */
static const char *
or_none(const char *text)
{
    return *text == '\0' ? NULL : text;
}

void
import_message_decode(struct import_message_reader *reader,
                      const struct sort_record *sorted)
{
    struct import_message_head head;
    const char *at = sorted->data + sizeof head;

    memcpy(&head, sorted->data, sizeof head);
    if (head.recipients_count > reader->recipients_capacity) {
        reader->recipients_capacity = head.recipients_count * 2;
        reader->recipients =
            base_realloc(reader->recipients, reader->recipients_capacity *
                                                 sizeof *reader->recipients);
    }
    reader->message = (struct trace_message){
        .at_ns = head.wall_ns,
        .size_bytes = head.size_bytes,
        .source = or_none(text_get(&at)),
        .recipients = reader->recipients,
        .recipients_count = head.recipients_count,
        .priority = head.priority,
        .is_null_sender = head.is_null_sender != 0,
    };
    for (uint32_t i = 0; i < head.recipients_count; i++) {
        reader->recipients[i].channel = or_none(text_get(&at));
        reader->recipients[i].domain = text_get(&at);
    }
    ASSERT(at == sorted->data + sorted->data_size);
}

void
import_message_reader_free(struct import_message_reader *reader)
{
    free(reader->recipients);
    *reader = (struct import_message_reader){0};
}
