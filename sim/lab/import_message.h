/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_message.h - the two kinds of records that the import sorts, as bytes
 *
 * Only this program reads them, within one run, so they are in the machine's
 * own byte order, but for times in keys, which must sort as bytes.
 */
#ifndef SIM_LAB_IMPORT_MESSAGE_H
#define SIM_LAB_IMPORT_MESSAGE_H

#include "models/trace.h"
#include "sim/lab/import_parts.h"

#define IMPORT_KEY_TIME_BYTES 8
/* A head and four texts, all parts of one line. */
#define IMPORT_RECORD_BYTES_MAX (IMPORT_LINE_BYTES_MAX * 4 + 64)

/* A message being read; `message` and its texts live until the next. */
struct import_message_reader {
    struct trace_message message;
    struct trace_recipient *recipients;
    uint32_t recipients_capacity;
};

/* Earlier is less, as bytes, also before 1970. */
void import_key_time(char key[IMPORT_KEY_TIME_BYTES], int64_t wall_ns);

/* Bytes written to data, IMPORT_RECORD_BYTES_MAX at most. */
uint32_t import_record_encode(const struct import_record *record, char *data);

/* The texts are parts of data. */
void import_record_decode(struct import_record *record, const char *data);

/* The head of a message; after it come source and, for each recipient, channel
 * and domain, all with their NUL. */
struct import_message_head {
    int64_t wall_ns;
    int64_t size_bytes;
    uint32_t recipients_count;
    uint32_t priority;
    uint32_t is_null_sender;
    uint32_t zero; /* padding */
};

/* message.at_ns is wall time. The texts are parts of the sorted record. */
void import_message_decode(struct import_message_reader *reader,
                           const struct sort_record *sorted);
void import_message_reader_free(struct import_message_reader *reader);

#endif
