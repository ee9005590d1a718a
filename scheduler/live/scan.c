/* SPDX-License-Identifier: MIT */
/*
 * scan.c - the scheduler has the queue directory looked through
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "live.h"

/* GUESS: when a scan that the directory would not answer is tried again, and how
 * often for a file that cannot be read. */
#define SCAN_AGAIN_NS (LIVE_NS_PER_S / 10)
enum { SCAN_TRIES_MAX = 20 };

/* scanned_file - what the directory has of it. False: it has gone by now. */
static bool
scanned_file(struct host *host, const struct spool_place *place,
             struct sched_scanned_file *file)
{
    struct envelope envelope;
    const int64_t offset_ns = live_utc_ns() - live_now_ns();
    uint32_t count = 0;

    if (!spool_read(&host->spool, place, &envelope)) {
        const int error = errno;
        live_say("message %" PRIx64 " file %" PRIu32 " cannot be read: %s",
                 place->message, place->file, strerror(error));
        errno = error;
        return false;
    }
    errno = 0;
    uint32_t *indices =
        live_alloc(envelope.recipients_count * sizeof indices[0]);
    for (uint32_t i = 0; i < envelope.recipients_count; i++) {
        if (envelope.recipients[i].state == ENVELOPE_WAITING) {
            indices[count++] = envelope.recipients[i].index;
        }
    }
    const int64_t submitted_ns = envelope.submitted_ns - offset_ns;
    *file = (struct sched_scanned_file){
        .message = place->message,
        .submitted_at_ns =
            submitted_ns < host->now_ns ? submitted_ns : host->now_ns,
        .returned_at_ns = envelope.returned_ns == SCHED_NO_TIME
                              ? SCHED_NO_TIME
                              : envelope.returned_ns - offset_ns,
        .size_bytes = envelope.size_bytes,
        .recipients = indices,
        .recipients_count = count,
        .file = place->file,
        .channel = place->channel,
        .host = envelope.host[0] == '\0'
                    ? SCHED_NONE
                    : names_number(&host->names, envelope.host),
        .priority = envelope.priority,
        .attempts = place->attempts,
        .is_held = place->is_held,
        .flags = envelope.flags,
    };
    envelope_free(&envelope);
    if (count == 0) {
        free(indices);
    }
    return count > 0;
}

/* A scan's answer as it is put together. */
struct batch {
    struct spool_place *places;
    struct sched_scanned_file *files;
    uint32_t places_count;
    uint32_t files_count;
    bool has_more;
};

static void
batch_free(struct batch *batch)
{
    for (uint32_t i = 0; i < batch->files_count; i++) {
        live_free(batch->files[i].recipients);
    }
    free(batch->files);
    free(batch->places);
}

/* batch_fill - what the directory has now. Before a file that cannot be read it
 * ends, so that it is asked for again. False: there is nothing to answer. */
static bool
batch_fill(struct host *host, const struct sched_scan *asked,
           struct batch *batch)
{
    if (!spool_list(&host->spool,
                    &(struct spool_query){asked->cursor_message,
                                          asked->cursor_file, asked->channel,
                                          asked->files_max},
                    &batch->places, &batch->places_count, &batch->has_more)) {
        live_say("the queue directory cannot be read: %s", strerror(errno));
        return false;
    }
    batch->files = live_alloc(batch->places_count * sizeof *batch->files);
    for (uint32_t i = 0; i < batch->places_count; i++) {
        const struct spool_place *place = &batch->places[i];
        bool is_there = false;

        errno = 0;
        if (!mends_is_gone(&host->mends, place->message, place->file)) {
            is_there =
                scanned_file(host, place, &batch->files[batch->files_count]);
        }
        if (!is_there && errno != 0 && errno != ENOENT && errno != EINVAL &&
            (i > 0 || host->scan_again.tries < SCAN_TRIES_MAX)) {
            batch->places_count = i;
            batch->has_more = true;
            return i > 0;
        }
        if (is_there) {
            batch->files_count++;
            if (files_find(&host->files, place->message, place->file) == NULL) {
                files_add(&host->files, place);
            }
        }
    }
    return true;
}

/* scan_answer - the directory as it is now, so that nothing it tells is old */
void
scan_answer(struct host *host, const struct sched_scan *asked)
{
    struct batch batch = {0};
    struct sched_event event = {.kind = SCHED_EVENT_SCANNED};

    if (!batch_fill(host, asked, &batch)) {
        batch_free(&batch);
        host->scan_again =
            (struct scan_again){.asked = *asked,
                                .at_ns = host->now_ns + SCAN_AGAIN_NS,
                                .tries = host->scan_again.tries + 1,
                                .is_due = true};
        return;
    }
    const uint32_t count = batch.places_count;
    host->scan_again = (struct scan_again){0};
    host->counts.scanned += batch.files_count;
    event.u.scanned = (struct sched_scanned){
        .files = batch.files,
        .files_count = batch.files_count,
        .channel = asked->channel,
        .has_more = batch.has_more,
        .cursor_message = count == 0 ? asked->cursor_message
                                     : batch.places[count - 1].message,
        .cursor_file =
            count == 0 ? asked->cursor_file : batch.places[count - 1].file,
    };
    (void)host_feed(host, &event);
    batch_free(&batch);
}

/* scan_look - one that could not be answered is tried again */
void
scan_look(struct host *host, int64_t now_ns)
{
    if (host->scan_again.is_due && host->scan_again.at_ns <= now_ns) {
        const struct sched_scan asked = host->scan_again.asked;

        host->scan_again.is_due = false;
        scan_answer(host, &asked);
    }
}
