/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reference_scan.c - see reference.h: the memory limit, and files from scans
 */
#include "tests/support/support.h"

#include <string.h>

#include "tests/reference/reference_state.h"

/* How long a scan waits that the host refused. */
#define AGAIN_NS INT64_C(10000000000)

/* Files in one answer: at most, and when there is little room. */
enum { FILES_MAX = 1000, FILES_MIN = 10 };

/* --- What is tracked --------------------------------------------------------- */

/* A file that is being returned counts until the host has taken it back. */
uint32_t
ref_tracked(const struct reference *r)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < r->files_count; i++) {
        count += r->files[i].is != FILE_HELD;
    }
    return count;
}

int
ref_has_room(const struct reference *r, uint32_t tracked)
{
    return tracked < r->settings.max_messages || r->host_cannot_scan;
}

static int
has_anything_left(const struct reference *r)
{
    int has = 0;

    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        has |= r->scans[c].has_left;
    }
    return has;
}

/* D28: the next of SYNCH_TIME's instants, counted from the start */
void
ref_synch_plan(struct reference *r)
{
    const int64_t first_ns = r->created_at_ns + r->settings.synch_first_ns;

    r->synch_at_ns =
        r->now_ns < first_ns
            ? first_ns
            : ref_run_after(r->now_ns, first_ns, r->settings.synch_period_ns);
}

static void
leaves(struct reference *r, uint32_t channel)
{
    if (!has_anything_left(r)) {
        ref_synch_plan(r);
    }
    r->scans[channel].has_left = 1;
}

void
ref_overflow(struct reference *r, struct file *file)
{
    leaves(r, file->channel);
    ref_file_forget(r, file);
}

/* --- Which question is next -------------------------------------------------- */

void
ref_scan_first(struct reference *r)
{
    r->scan_is = SCAN_DUE;
    r->scan.channel = SCHED_NONE;
    r->scan.files_max = FILES_MAX;
    r->synch_at_ns = SCHED_NEVER;
}

/* no_room - the scan ends; what it did not read is left */
static void
no_room(struct reference *r)
{
    const int is_of_all = r->scan.channel == SCHED_NONE;

    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        if (r->scans[c].is_read || is_of_all) {
            r->scans[c].is_read = 0;
            leaves(r, c);
        }
    }
    r->scan_is = SCAN_NOT;
}

/* next_question - D27: by turns, of so many channels, in their order */
static void
next_question(struct reference *r)
{
    uint32_t turns[REFERENCE_CHANNELS_MAX];
    uint32_t count = 0;
    uint32_t next = 0;
    const uint32_t tracked = ref_tracked(r);

    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        if (r->scans[c].is_read && count < r->settings.rebuild_parallel) {
            turns[count++] = c;
        }
    }
    if (count == 0) {
        r->scan_is = SCAN_NOT;
        return;
    }
    if (!ref_has_room(r, tracked)) {
        no_room(r);
        return;
    }
    while (next < count && r->scan.channel != SCHED_NONE &&
           turns[next] <= r->scan.channel) {
        next++;
    }
    const uint32_t channel = turns[next % count];
    const uint32_t share = (r->settings.max_messages - tracked) / count;
    r->scan_is = SCAN_DUE;
    r->scan.channel = channel;
    r->scan.cursor_message = r->scans[channel].cursor_message;
    r->scan.cursor_file = r->scans[channel].cursor_file;
    r->scan.files_max = share < FILES_MIN   ? FILES_MIN
                        : share > FILES_MAX ? FILES_MAX
                                            : share;
}

void
ref_scan_ask(struct reference *r)
{
    if (r->scan_is == SCAN_DUE) {
        r->scan_is = SCAN_ASKED;
        ref_answer(r, SCHED_ACTION_SCAN, NULL)->u.scan = r->scan;
    }
}

static int
is_half_empty(const struct reference *r)
{
    return ref_tracked(r) <= r->settings.max_messages / 2;
}

void
ref_scan_timers(struct reference *r)
{
    const int is_synch = r->synch_at_ns <= r->now_ns;

    if (is_synch) {
        ref_synch_plan(r);
    }
    if (r->scan_is == SCAN_REFUSED && r->scan_again_ns <= r->now_ns) {
        r->scan_is = SCAN_DUE;
    }
    if (r->scan_is != SCAN_NOT || !has_anything_left(r)) {
        return;
    }
    if (is_half_empty(r)) {
        RULE(r, SCAN_AGAIN);
    } else if (is_synch && ref_has_room(r, ref_tracked(r))) {
        RULE(r, SCAN_SYNCH);
    } else {
        return;
    }
    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        r->scans[c] = (struct channel_scan){.is_read = r->scans[c].has_left};
    }
    r->scan.channel = SCHED_NONE;
    next_question(r);
}

int64_t
ref_scan_wish(const struct reference *r)
{
    if (r->scan_is == SCAN_REFUSED) {
        return r->scan_again_ns;
    }
    if (r->scan_is != SCAN_NOT || !has_anything_left(r)) {
        return SCHED_NEVER;
    }
    return is_half_empty(r) ? r->now_ns : r->synch_at_ns;
}

/* --- What the host answers --------------------------------------------------- */

void
ref_scan_refused(struct reference *r, uint32_t reason)
{
    RULE(r, SCAN_REFUSED);
    r->scan_is = SCAN_REFUSED;
    r->scan_again_ns = r->now_ns + AGAIN_NS;
    if (reason == SCHED_REFUSED_ILLEGAL) {
        RULE(r, SCAN_BARRED);
        memset(r->scans, 0, sizeof r->scans);
        r->host_cannot_scan = 1;
        r->scan_is = SCAN_NOT;
    }
}

/* load - D29: attempts and notices go on; what is not held is READY at once */
static struct file *
load(struct reference *r, const struct sched_scanned_file *scanned)
{
    assert_true(r->files_count < REFERENCE_FILES_MAX);
    struct file *file = &r->files[r->files_count++];

    memset(file, 0, sizeof *file);
    file->is = FILE_HELD;
    file->message = scanned->message;
    file->number = scanned->file;
    file->is_scanned = 1;
    file->channel = scanned->channel;
    file->host = ref_channel_of(r, file->channel)->has_host_queues
                     ? scanned->host
                     : SCHED_NONE;
    file->priority = scanned->priority;
    file->attempts = scanned->attempts;
    file->has_null_sender = (scanned->flags & SCHED_SUBMIT_NULL_SENDER) != 0;
    file->submitted_at_ns = scanned->submitted_at_ns;
    file->age_looked_at_ns =
        scanned->returned_at_ns == SCHED_NO_TIME
            ? -1
            : scanned->returned_at_ns - scanned->submitted_at_ns;
    memcpy(file->recipients, scanned->recipients,
           scanned->recipients_count * sizeof *file->recipients);
    file->recipients_count = scanned->recipients_count;
    return file;
}

/* bring - one file of the answer; 0: there is no room for it */
static int
bring(struct reference *r, const struct sched_scanned_file *scanned)
{
    if (ref_file_find(r, scanned->message, scanned->file) != NULL) {
        RULE(r, SCAN_KNOWN);
        return 1;
    }
    if (scanned->is_held) {
        RULE(r, LOADED_HELD);
        load(r, scanned);
        return 1;
    }
    if (!ref_has_room(r, ref_tracked(r))) {
        return 0;
    }
    RULE(r, LOADED);
    ref_file_insert(r, load(r, scanned), r->now_ns);
    return 1;
}

void
ref_scanned(struct reference *r, const struct sched_scanned *scanned)
{
    int is_full = 0;

    for (uint32_t i = 0; i < scanned->files_count; i++) {
        is_full |= !bring(r, &scanned->files[i]);
    }
    for (uint32_t c = 0; c < r->settings.channels_count; c++) {
        if (scanned->channel != SCHED_NONE && scanned->channel != c) {
            continue;
        }
        r->scans[c].is_read = scanned->has_more != 0;
        r->scans[c].cursor_message = scanned->cursor_message;
        r->scans[c].cursor_file = scanned->cursor_file;
        if (is_full) {
            leaves(r, c);
        }
    }
    if (is_full) {
        RULE(r, SCAN_FULL);
        no_room(r);
        return;
    }
    if (scanned->channel == SCHED_NONE && scanned->has_more) {
        RULE(r, SCAN_APART);
    }
    next_question(r);
}

/* --- Held files -------------------------------------------------------------- */

void
ref_release(struct reference *r, uint64_t message, uint32_t number)
{
    struct file *file = ref_file_find(r, message, number);

    assert_non_null(file);
    RULE(r, RELEASED);
    if (ref_has_room(r, ref_tracked(r))) {
        ref_file_insert(r, file, r->now_ns);
    } else {
        RULE(r, RELEASE_OVERFLOW);
        ref_overflow(r, file);
    }
}
