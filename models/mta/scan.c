/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scan.c - the scheduler has the queue directory looked through
 *
 * How many files there are to find is settled when it asks, for the time it
 * takes; what is found is what lies there when the answer comes.
 */
#include <stdlib.h>

#include "models/mta/world.h"

/* A scheduler asks for a batch, or for a few at a time. */
enum { SCANS_AT_ONCE_MAX = 64 };

/* One that is being answered. */
struct scan {
    struct sched_scan asked;
    uint32_t files_count; /* that will be given at most */
    bool is_busy;
};

/* A batch as it is put together; recipients by their place until all are in. */
struct batch {
    struct sched_scanned_file *files;
    uint32_t *firsts; /* of each file's recipients */
    uint32_t *recipients;
    uint64_t *keys; /* of one message: file number and recipient, sorted */
    uint32_t files_count;
    uint32_t files_max;
    uint32_t recipients_count;
    uint32_t recipients_capacity;
    uint32_t keys_capacity;
    bool has_more;
};

static void
batch_free(struct batch *batch)
{
    free(batch->files);
    free(batch->firsts);
    free(batch->recipients);
    free(batch->keys);
}

/* sift - moves a key down to where it belongs in a heap with the largest first */
static void
sift(uint64_t *keys, uint32_t place, uint32_t count)
{
    const uint64_t key = keys[place];

    for (uint32_t child = 2 * place + 1; child < count; child = 2 * place + 1) {
        child += child + 1 < count && keys[child + 1] > keys[child];
        if (keys[child] <= key) {
            break;
        }
        keys[place] = keys[child];
        place = child;
    }
    keys[place] = key;
}

static void
keys_sort(uint64_t *keys, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;) {
        sift(keys, i, count);
    }
    for (uint32_t i = count; i-- > 1;) {
        const uint64_t key = keys[0];
        keys[0] = keys[i];
        keys[i] = key;
        sift(keys, 0, i);
    }
}

/* keys_of - the recipients of a message that are in files of the channel, with
 * a number above `after`, by file; how many */
static uint32_t
keys_of(const struct host *host, const struct mail_message *message,
        uint32_t channel, uint32_t after, struct batch *batch)
{
    const uint32_t recipients_count = message->recipients_count;
    uint32_t count = 0;

    if (batch->keys_capacity < recipients_count) {
        batch->keys_capacity = recipients_count;
        batch->keys =
            base_realloc(batch->keys, recipients_count * sizeof batch->keys[0]);
    }
    for (uint32_t i = 0; i < recipients_count; i++) {
        const struct mail_file *file =
            mail_file_of(host->mail, mail_recipient(message, i));
        if (file != NULL && file->number > after &&
            (channel == SCHED_NONE || channel == file->channel)) {
            batch->keys[count++] = (uint64_t)file->number << 20 | i;
        }
    }
    keys_sort(batch->keys, count);
    return count;
}

/* recipient_put - one more recipient of the batch's last file */
static void
recipient_put(struct batch *batch, uint32_t index)
{
    if (batch->recipients_count == batch->recipients_capacity) {
        const uint32_t n = batch->recipients_capacity;
        batch->recipients_capacity = n == 0 ? 256 : 2 * n;
        batch->recipients =
            base_realloc(batch->recipients, batch->recipients_capacity *
                                                sizeof batch->recipients[0]);
    }
    batch->recipients[batch->recipients_count++] = index;
}

/* file_put - a file as a scan tells of it. False: the batch is full. */
static bool
file_put(struct host *host, struct batch *batch,
         const struct mail_message *message, uint32_t index)
{
    const struct mail_recipient *first = mail_recipient(message, index);
    const struct mail_file *file = mail_file_of(host->mail, first);
    const uint32_t n = batch->files_count;

    if (n == batch->files_max) {
        batch->has_more = true;
        return false;
    }
    if (batch->files != NULL) {
        batch->firsts[n] = batch->recipients_count;
        batch->files[n] = (struct sched_scanned_file){
            .message = message->id,
            .submitted_at_ns = message->submitted_at_ns,
            .returned_at_ns = (file->flags & MAIL_FILE_IS_WARNED) != 0
                                  ? host->warned_at_ns
                                  : SCHED_NO_TIME,
            .size_bytes = message->size_bytes,
            .recipients_count = file->recipients_count,
            .file = file->number,
            .channel = file->channel,
            .host = spool_queue_host(host, file, first->file, first->host),
            .priority = file->priority,
            .attempts = file->attempts,
            .is_held = file->state == MAIL_FILE_HELD,
            .flags = message->is_null_sender ? SCHED_SUBMIT_NULL_SENDER : 0,
        };
    }
    batch->files_count++;
    return true;
}

/* message_put - a message's files with a number above `after` */
static void
message_put(struct host *host, struct batch *batch,
            const struct mail_message *message, uint32_t channel,
            uint32_t after)
{
    const uint32_t count = keys_of(host, message, channel, after, batch);
    uint32_t number = 0;

    for (uint32_t i = 0; i < count; i++) {
        const uint32_t index = (uint32_t)(batch->keys[i] & ((1u << 20) - 1));
        if (batch->keys[i] >> 20 != number) {
            number = (uint32_t)(batch->keys[i] >> 20);
            if (!file_put(host, batch, message, index)) {
                return;
            }
        }
        if (batch->files != NULL) {
            recipient_put(batch, index);
        }
    }
}

/* batch_fill - the files after the cursor, oldest message first */
static void
batch_fill(struct host *host, struct batch *batch,
           const struct sched_scan *asked)
{
    const struct mail_message *message =
        mail_message(host->mail, asked->cursor_message);
    uint32_t after = asked->cursor_file;

    if (message == NULL) {
        message = mail_after(host->mail, asked->cursor_message);
        after = 0;
    }
    while (message != NULL && !batch->has_more) {
        message_put(host, batch, message, asked->channel, after);
        message = mail_after(host->mail, message->id);
        after = 0;
    }
    for (uint32_t i = 0; batch->files != NULL && i < batch->files_count; i++) {
        batch->files[i].recipients = &batch->recipients[batch->firsts[i]];
    }
}

/* batch_known - from now on the scheduler knows of these files */
static void
batch_known(struct host *host, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->files_count; i++) {
        struct mail_file *file = mail_file_of(
            host->mail,
            mail_recipient(mail_message(host->mail, batch->files[i].message),
                           batch->files[i].recipients[0]));
        file->flags &= (uint8_t)~MAIL_FILE_IS_UNKNOWN;
    }
}

static void
on_scanned(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct scan *scan = &host->scans[(uint32_t)data];
    const struct sched_scan asked = scan->asked;
    struct batch batch = {.files_max = scan->files_count};
    struct sched_event event = {.kind = SCHED_EVENT_SCANNED};

    scan->is_busy = false;
    if (data >> 32 != host->life || host->is_down) {
        return; /* who asked is gone */
    }
    batch.files = base_alloc((batch.files_max + 1) * sizeof batch.files[0]);
    batch.firsts = base_alloc((batch.files_max + 1) * sizeof batch.firsts[0]);
    batch_fill(host, &batch, &asked);
    batch_known(host, &batch);
    event.u.scanned = (struct sched_scanned){
        .files = batch.files,
        .files_count = batch.files_count,
        .channel = asked.channel,
        .has_more = batch.has_more,
        .cursor_message = asked.cursor_message,
        .cursor_file = asked.cursor_file,
    };
    if (batch.files_count > 0) {
        const struct sched_scanned_file *last =
            &batch.files[batch.files_count - 1];
        event.u.scanned.cursor_message = last->message;
        event.u.scanned.cursor_file = last->file;
    }
    host_feed(host, &event);
    batch_free(&batch);
}

bool
scan_start(struct host *host, const struct sched_scan *asked, uint32_t *reason)
{
    struct batch batch = {.files_max = asked->files_max};
    uint32_t place = 0;

    if (asked->files_max == 0 ||
        (asked->channel != SCHED_NONE &&
         asked->channel >= host->settings.programs_count)) {
        oracle_violation(host->oracle, host_now_ns(host),
                         "law: a scan for %u files of channel %u, which "
                         "cannot be",
                         asked->files_max, asked->channel);
        *reason = SCHED_REFUSED_ILLEGAL;
        return false;
    }
    if (host->scans == NULL) {
        host->scans = base_alloc(SCANS_AT_ONCE_MAX * sizeof host->scans[0]);
    }
    while (place < SCANS_AT_ONCE_MAX && host->scans[place].is_busy) {
        place++;
    }
    if (place == SCANS_AT_ONCE_MAX) {
        *reason = SCHED_REFUSED_LIMIT;
        return false;
    }
    batch_fill(host, &batch, asked);
    host->scans[place] = (struct scan){*asked, batch.files_count, true};
    evq_push(host->evq,
             host_now_ns(host) +
                 host->params->machine->scan_per_file_ns * batch.files_count,
             CLASS_OUTCOME, on_scanned, host,
             (uint64_t)host->life << 32 | place);
    batch_free(&batch);
    return true;
}

void
scan_end(struct host *host)
{
    free(host->scans);
}
