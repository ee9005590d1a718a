/* SPDX-License-Identifier: MIT */
/*
 * scan.c - mail in the queue directory that is not known here, and its loading
 *
 * MAX_MESSAGES   is the most that is tracked; held files do not count. What is
 *            submitted beyond is created untracked and forgotten. Only tracked
 *            mail is delivered, warned about and returned.
 * WHEN       When what is tracked has come down to half of MAX_MESSAGES, and
 *            at each SYNCH_TIME with room left, the channels that have
 *            untracked files are scanned. With none, no scan is needed: all
 *            mail is submitted through here.
 * ORDER      Channel by channel in the order of configuration, up to
 *            REBUILD_PARALLEL_CHANNEL of them by turns, one question at a
 *            time, each channel's oldest first, until MAX_MESSAGES are
 *            tracked. A turn is at most 1,000 files, and less when there is
 *            room for fewer: the window's channels share it.
 * START      The first thing asked of a host is a scan of everything, for mail
 *            of an earlier life. Attempts and notices go on from the record;
 *            timers are lost: what is not held is ready at once.
 * KNOWN      Files that are tracked are skipped, by a table that exists while
 *            files are being loaded.
 * REFUSED    A scan is asked again ten seconds later; but a host to which it is
 *            illegal has none, is never asked again, and no file of it is left
 *            untracked.
 */
#include <string.h>

#include "engine.h"

/* GUESS: reading a directory for fewer is not worth it. */
enum { TURN_FILES_MIN = 10 };

/* synch_set - the next of SYNCH_TIME's instants after this one */
static void
synch_set(struct engine *engine)
{
    const struct conf_options *options = engine->options;
    const int64_t first_ns = engine->created_at_ns + options->synch_first_ns;

    if (options->synch_period_ns <= 0) {
        engine->scan.synch_at_ns = SCHED_NEVER;
    } else if (engine->now_ns < first_ns) {
        engine->scan.synch_at_ns = first_ns;
    } else {
        engine->scan.synch_at_ns = timer_grid_after(engine->now_ns, first_ns,
                                                    options->synch_period_ns);
    }
}

void
scan_left(struct engine *engine, struct channel *channel)
{
    if (!channel->is_left) {
        if (engine->scan.left_count == 0) {
            synch_set(engine);
        }
        channel->is_left = 1;
        engine->scan.left_count++;
    }
}

/* --- Asking ----------------------------------------------------------------- */

void
scan_init(struct engine *engine)
{
    engine->scan.state = SCAN_DUE;
    engine->scan.channel = SCHED_NONE;
    engine->scan.files_max = SLICE_FILES_MAX;
    engine->scan.try_at_ns = SCHED_NEVER;
    engine->scan.synch_at_ns = SCHED_NEVER;
}

static void
scan_end(struct engine *engine)
{
    engine->scan.state = SCAN_NONE;
    lookup_free(engine);
}

/* stop - there is no room; what was not asked for stays untracked */
static void
stop(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        struct channel *channel = &engine->channels[i];

        if (channel->is_scanned || engine->scan.channel == SCHED_NONE) {
            channel->is_scanned = 0;
            scan_left(engine, channel);
        }
    }
    scan_end(engine);
}

/* ask - the next channel of the window after the one asked last, by turns */
static void
ask(struct engine *engine)
{
    struct scan *scan = &engine->scan;
    struct channel *first = NULL;
    struct channel *next = NULL;
    uint32_t window = 0;

    for (uint32_t i = 0; i < engine->channels_count &&
                         window < engine->options->rebuild_parallel_channel;
         i++) {
        struct channel *channel = &engine->channels[i];

        if (!channel->is_scanned) {
            continue;
        }
        window++;
        first = first == NULL ? channel : first;
        if (next == NULL && scan->channel != SCHED_NONE && i > scan->channel) {
            next = channel;
        }
    }
    if (first == NULL) {
        scan_end(engine);
        return;
    }
    const uint64_t tracked = scan_tracked(engine);
    if (scan_is_full(engine, tracked)) {
        stop(engine);
        return;
    }
    const uint64_t share = (engine->options->max_messages - tracked) / window;
    next = next == NULL ? first : next;
    scan->state = SCAN_DUE;
    scan->channel = next->index;
    scan->cursor_message = next->cursor_message;
    scan->cursor_file = next->cursor_file;
    scan->files_max = share > SLICE_FILES_MAX  ? SLICE_FILES_MAX
                      : share < TURN_FILES_MIN ? TURN_FILES_MIN
                                               : (uint32_t)share;
}

/* begin - of the channels that have untracked files */
static void
begin(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        struct channel *channel = &engine->channels[i];

        if (channel->is_left) {
            channel->is_left = 0;
            channel->is_scanned = 1;
            channel->cursor_message = 0;
            channel->cursor_file = 0;
        }
    }
    engine->scan.left_count = 0;
    engine->scan.channel = SCHED_NONE;
    ask(engine);
}

static int
is_half(const struct engine *engine)
{
    return scan_tracked(engine) <= engine->options->max_messages / 2;
}

void
scan_wake(struct engine *engine)
{
    struct scan *scan = &engine->scan;
    const int is_synch = scan->synch_at_ns <= engine->now_ns;

    if (is_synch) {
        synch_set(engine);
    }
    if (scan->state == SCAN_REFUSED && scan->try_at_ns <= engine->now_ns) {
        scan->state = SCAN_DUE;
    }
    if (scan->state == SCAN_NONE && scan->left_count > 0 &&
        (is_half(engine) ||
         (is_synch && !scan_is_full(engine, scan_tracked(engine))))) {
        begin(engine);
    }
}

int64_t
scan_wish_now(const struct engine *engine)
{
    const struct scan *scan = &engine->scan;

    if (scan->state == SCAN_REFUSED) {
        return scan->try_at_ns;
    }
    if (scan->state != SCAN_NONE || scan->left_count == 0) {
        return SCHED_NEVER;
    }
    return is_half(engine) ? engine->now_ns : scan->synch_at_ns;
}

void
scan_changed(struct engine *engine, const struct conf_options *before)
{
    const struct conf_options *options = engine->options;

    if (engine->scan.left_count > 0 &&
        (options->synch_first_ns != before->synch_first_ns ||
         options->synch_period_ns != before->synch_period_ns)) {
        synch_set(engine);
    }
}

void
scan_build(struct engine *engine, struct sched_action *action)
{
    struct scan *scan = &engine->scan;

    scan->state = SCAN_ASKED;
    action->u.scan.channel = scan->channel;
    action->u.scan.files_max = scan->files_max;
    action->u.scan.cursor_message = scan->cursor_message;
    action->u.scan.cursor_file = scan->cursor_file;
}

void
scan_refused(struct engine *engine, uint32_t reason, int64_t again_ns)
{
    struct scan *scan = &engine->scan;

    scan->state = SCAN_REFUSED;
    scan->try_at_ns = again_ns;
    if (reason == SCHED_REFUSED_ILLEGAL) {
        scan->is_barred = 1;
        for (uint32_t i = 0; i < engine->channels_count; i++) {
            engine->channels[i].is_scanned = 0;
            engine->channels[i].is_left = 0;
        }
        scan->left_count = 0;
        scan_end(engine);
    }
}

/* --- The answer --------------------------------------------------------------- */

/* is_file - of the scan that was asked for? */
static int
is_file(const struct engine *engine, const struct sched_scanned_file *file)
{
    return file->message != 0 && file->file != 0 &&
           file->channel < engine->channels_count &&
           (engine->scan.channel == SCHED_NONE ||
            engine->scan.channel == file->channel) &&
           file->recipients != NULL && file->recipients_count > 0 &&
           file->recipients_count <= SUBMIT_RECIPIENTS_MAX &&
           file->priority < SCHED_PRIORITIES_COUNT &&
           file->submitted_at_ns <= engine->now_ns &&
           (file->flags & ~SCHED_SUBMIT_NULL_SENDER) == 0;
}

static int
is_answer(const struct engine *engine, const struct sched_scanned *scanned)
{
    const struct scan *scan = &engine->scan;

    if (scan->state != SCAN_ASKED || scanned->channel != scan->channel ||
        scanned->files_count > scan->files_max ||
        (scanned->files_count > 0 && scanned->files == NULL)) {
        return 0;
    }
    /* It must come to an end. */
    if (scanned->has_more &&
        (scanned->cursor_message < scan->cursor_message ||
         (scanned->cursor_message == scan->cursor_message &&
          scanned->cursor_file <= scan->cursor_file))) {
        return 0;
    }
    for (uint32_t i = 0; i < scanned->files_count; i++) {
        if (!is_file(engine, &scanned->files[i])) {
            return 0;
        }
    }
    return 1;
}

/* load - one file, linked but in no queue yet; MEMORY_NONE: no memory */
static uint32_t
load(struct engine *engine, const struct sched_scanned_file *scanned)
{
    const struct conf_channel *conf = engine->channels[scanned->channel].conf;
    const uint32_t host =
        queue_host(engine, scanned->channel,
                   conf->has_host_queues ? scanned->host : SCHED_NONE);
    const uint32_t slot = host == MEMORY_NONE
                              ? MEMORY_NONE
                              : pages_take(&engine->files, &engine->allocator);

    if (slot == MEMORY_NONE) {
        return MEMORY_NONE;
    }
    struct file *file = file_at(engine, slot);
    *file = (struct file){.message = scanned->message,
                          .submitted_at_ns = scanned->submitted_at_ns,
                          .eligible_at_ns = engine->now_ns,
                          .number = scanned->file,
                          .host = host,
                          .recipients = scanned->recipients[0],
                          .family = MEMORY_NONE,
                          .attempts = scanned->attempts < UINT16_MAX
                                          ? (uint16_t)scanned->attempts
                                          : UINT16_MAX,
                          .priority = (uint8_t)scanned->priority,
                          .flags = FILE_IS_LOADED};
    if (scanned->returned_at_ns != SCHED_NO_TIME) {
        file_looked(file, scanned->returned_at_ns - scanned->submitted_at_ns);
    }
    if ((scanned->flags & SCHED_SUBMIT_NULL_SENDER) != 0) {
        file->flags |= FILE_IS_NULL;
    }
    if (scanned->recipients_count > 1) {
        const uint32_t count = scanned->recipients_count;
        const uint32_t block =
            words_take(&engine->words, &engine->allocator, count + 2);

        if (block == MEMORY_NONE) {
            pages_give(&engine->files, slot);
            return MEMORY_NONE;
        }
        uint32_t *words = words_at(&engine->words, block);
        words[0] = count;
        words[1] = count;
        memcpy(words + 2, scanned->recipients, count * sizeof *words);
        file->recipients = block;
        file->flags |= FILE_IS_MANY;
    }
    file_link(engine, slot);
    return slot;
}

/* What came of a batch. */
struct batch {
    uint32_t first; /* file loaded; the others follow it in the list */
    uint32_t is_full;
};

/* load_all - all that is new and has room; all of them or none */
static int32_t
load_all(struct engine *engine, const struct sched_scanned *scanned,
         struct batch *batch)
{
    const uint32_t newest = engine->newest;
    uint64_t tracked = scan_tracked(engine);

    for (uint32_t i = 0; i < scanned->files_count; i++) {
        const struct sched_scanned_file *file = &scanned->files[i];

        if (lookup_find(engine, file->message, file->file) != MEMORY_NONE) {
            continue;
        }
        if (!file->is_held && scan_is_full(engine, tracked)) {
            batch->is_full = 1;
            continue;
        }
        const uint32_t slot = load(engine, file);
        if (slot == MEMORY_NONE) {
            while (engine->newest != newest) {
                const uint32_t last = engine->newest;

                file_unlink(engine, last);
                file_drop(engine, last);
            }
            return SCHED_ERR_MEMORY;
        }
        file_at(engine, slot)->state = file->is_held ? FILE_HELD : FILE_NEW;
        tracked += !file->is_held;
        batch->first = batch->first == MEMORY_NONE ? slot : batch->first;
    }
    return SCHED_OK;
}

/* insert_all - into their queues; held ones into their list */
static void
insert_all(struct engine *engine, uint32_t slot)
{
    const uint32_t end = engine->newest;

    for (; slot != MEMORY_NONE; slot = file_at(engine, slot)->later) {
        if (file_at(engine, slot)->state == FILE_HELD) {
            file_hold(engine, slot);
        } else {
            submit_insert(engine, slot);
        }
        if (slot == end) {
            break;
        }
    }
}

/* go_on - after an answer */
static void
go_on(struct engine *engine, const struct sched_scanned *scanned, int is_full)
{
    const int is_all = scanned->channel == SCHED_NONE;

    for (uint32_t i = 0; i < engine->channels_count; i++) {
        struct channel *channel = &engine->channels[i];

        if (!is_all && channel->index != scanned->channel) {
            continue;
        }
        /* Those who were asked together go on apart, after the same file. */
        channel->is_scanned = scanned->has_more != 0;
        channel->cursor_message = scanned->cursor_message;
        channel->cursor_file = scanned->cursor_file;
        if (is_full) {
            scan_left(engine, channel);
        }
    }
    if (is_full) {
        stop(engine);
    } else {
        ask(engine);
    }
}

int32_t
scan_event(struct engine *engine, const struct sched_scanned *scanned)
{
    struct batch batch = {.first = MEMORY_NONE};

    if (!is_answer(engine, scanned)) {
        return SCHED_ERR_ARGUMENT;
    }
    if (scanned->files_count > 0) {
        int32_t status = submit_room(engine, scanned->files_count);

        if (status == SCHED_OK) {
            status = lookup_make(engine, scanned->files_count);
        }
        if (status == SCHED_OK) {
            status = load_all(engine, scanned, &batch);
        }
        if (status != SCHED_OK) {
            return status;
        }
        insert_all(engine, batch.first);
    }
    go_on(engine, scanned, batch.is_full != 0);
    return SCHED_OK;
}

uint64_t
scan_digest(const struct engine *engine, uint64_t digest)
{
    const struct scan *scan = &engine->scan;

    digest = digest_mix(digest, (uint64_t)scan->state << 32 | scan->is_barred);
    digest =
        digest_mix(digest, (uint64_t)scan->channel << 32 | scan->files_max);
    digest = digest_mix(digest, scan->cursor_message);
    digest = digest_mix(digest, scan->cursor_file);
    digest = digest_mix(digest, (uint64_t)scan->try_at_ns);
    digest = digest_mix(digest, (uint64_t)scan->synch_at_ns);
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        const struct channel *channel = &engine->channels[i];

        digest = digest_mix(digest, (uint64_t)channel->is_left << 1 |
                                        channel->is_scanned);
        digest = digest_mix(digest, channel->cursor_message);
        digest = digest_mix(digest, channel->cursor_file);
    }
    return digest;
}
