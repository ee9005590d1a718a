/* SPDX-License-Identifier: MIT */
/*
 * command.c - what the postmaster may say; see control.h
 *
 *     set PATH VALUE          a live change of a setting, as `describe` has it
 *     release MESSAGE FILE    a held file goes on; numbers as in the log
 *     release all | CHANNEL   all of them
 *     stress CHANNEL          its target says that it cannot keep up
 *     explain MESSAGE FILE    what it waits for, by the scheduler
 *     state                   what the scheduler says of itself
 *     counts                  what the host has counted
 *     end                     jobctld ends in good order
 *
 * The first three are events, and so in the recording; the others change
 * nothing that the scheduler sees. More the seam does not offer: a channel is
 * stopped by setting what it is limited by.
 *
 * RELEASE    The directory first, then the scheduler: a held file that it does
 *            not know yet is shown to it by a scan.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "live.h"

enum { ANSWER_SIZE = 1 << 16, WORD_MAX = 256 };

static void answer(struct host *host, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
answer(struct host *host, const char *format, ...)
{
    char *text = live_alloc(ANSWER_SIZE);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, ANSWER_SIZE, format, arguments);
    va_end(arguments);
    control_answer(&host->control, text);
    free(text);
}

/* status_answer - the scheduler's own */
static void
status_answer(struct host *host, int32_t status)
{
    if (status >= 0) {
        answer(host, "ok\n");
    } else {
        answer(host, "error: the scheduler does not take it (%" PRId32 "%s)\n",
               status,
               status == SCHED_ERR_ARGUMENT      ? ", wrong path or value"
               : status == SCHED_ERR_UNSUPPORTED ? ", not known to it"
                                                 : "");
    }
}

/* --- Events --------------------------------------------------------------------- */

static void
set(struct host *host, const char *path, const char *value)
{
    struct sched_event event = {.kind = SCHED_EVENT_COMMAND};

    event.u.command = (struct sched_command){
        .path = path, .value = value, .command = SCHED_COMMAND_SET};
    host->counts.commands++;
    status_answer(host, host_feed(host, &event));
}

/* release_one - false with errno: the directory will not have it. A scheduler
 * that does not know of it is told nothing by that, and a scan will show it. */
static bool
release_one(struct host *host, const struct spool_place *held)
{
    struct file *file = files_find(&host->files, held->message, held->file);
    struct sched_event event = {.kind = SCHED_EVENT_COMMAND};
    struct spool_place to = *held;

    to.is_held = false;
    if (!spool_move(&host->spool, held, &to)) {
        return false;
    }
    host->queued_count++;
    if (file == NULL) {
        return true;
    }
    file->place = to;
    event.u.command = (struct sched_command){.message = held->message,
                                             .file = held->file,
                                             .command = SCHED_COMMAND_RELEASE};
    host->counts.commands++;
    (void)host_feed(host, &event);
    return true;
}

/* release - those that are meant: a message's file, or (0) a channel's */
static void
release(struct host *host, uint32_t channel, uint64_t message, uint32_t file)
{
    struct spool_place *places = NULL;
    uint32_t count = 0;
    uint32_t released = 0;
    uint32_t failed = 0;
    int error = 0;
    bool has_more = false;

    if (!spool_list(&host->spool,
                    &(struct spool_query){0, 0, channel, UINT32_MAX}, &places,
                    &count, &has_more)) {
        answer(host, "error: the queue directory: %s\n", strerror(errno));
        return;
    }
    for (uint32_t i = 0; i < count && !host->has_failed; i++) {
        const struct spool_place *held = &places[i];
        if (held->is_held && (message == 0 || (held->message == message &&
                                               held->file == file))) {
            errno = 0;
            const bool is_good = release_one(host, held);
            error = is_good ? error : errno;
            released += is_good;
            failed += !is_good;
        }
    }
    free(places);
    if (failed > 0) {
        answer(host, "error: %" PRIu32 " released, %" PRIu32 " not: %s\n",
               released, failed, strerror(error));
    } else if (message != 0 && released == 0) {
        answer(host, "error: no such file is held\n");
    } else {
        answer(host, "ok: %" PRIu32 " released\n", released);
    }
}

static void
stress(struct host *host, uint32_t channel)
{
    struct sched_event event = {.kind = SCHED_EVENT_STRESS};

    event.u.stress.channel = channel;
    host->counts.stresses++;
    status_answer(host, host_feed(host, &event));
}

/* --- Questions ------------------------------------------------------------------ */

static void
explain(struct host *host, uint64_t message, uint32_t file)
{
    const struct sched_object *object = host->config->object;
    char *text = live_alloc(ANSWER_SIZE);
    int32_t status = SCHED_ERR_UNSUPPORTED;

    if (object->struct_size > offsetof(struct sched_object, explain) &&
        object->explain != NULL) {
        status =
            object->explain(host->self, message, file, text, ANSWER_SIZE - 8);
    }
    if (status == SCHED_OK) {
        answer(host, "ok\n%s\n", text);
    } else {
        answer(host, "error: it says nothing of it\n");
    }
    free(text);
}

static void
counts(struct host *host)
{
    const struct host_counts *counted = &host->counts;

    answer(host,
           "ok\nqueued %" PRIu64 "\nsubmits %" PRIu64 "\nattempts %" PRIu64
           "\nagain %" PRIu64 "\nto-mend %" PRIu32 "\n",
           host->queued_count, counted->submits, counted->attempts,
           counted->again, host->mends.count);
}

/* --- Lines ---------------------------------------------------------------------- */

/* channel_number - SCHED_NONE: there is none of this name */
static uint32_t
channel_number(const struct host *host, const char *name)
{
    for (uint32_t i = 0; i < host->config->channels_count; i++) {
        if (strcmp(host->config->channels[i], name) == 0) {
            return i;
        }
    }
    return SCHED_NONE;
}

/* file_read - "MESSAGE FILE" */
static bool
file_read(const char *message_text, const char *file_text, uint64_t *message,
          uint32_t *file)
{
    char *end = NULL;
    char *file_end = NULL;

    *message = strtoull(message_text, &end, 10);
    const unsigned long long number = strtoull(file_text, &file_end, 10);
    *file = (uint32_t)number;
    return *message != 0 && *end == '\0' && number != 0 &&
           number <= UINT32_MAX && *file_end == '\0';
}

/* release_do - "release FIRST [SECOND]" */
static void
release_do(struct host *host, const char *first, const char *second)
{
    const uint32_t channel = channel_number(host, first);
    uint64_t message = 0;
    uint32_t file = 0;

    if (second[0] != '\0') {
        if (file_read(first, second, &message, &file)) {
            release(host, SCHED_NONE, message, file);
        } else {
            answer(host, "error: expected MESSAGE FILE\n");
        }
    } else if (strcmp(first, "all") == 0 || channel != SCHED_NONE) {
        release(host, channel, 0, 0);
    } else {
        answer(host, "error: no channel %s\n", first);
    }
}

void
command_do(struct host *host, const char *line)
{
    char verb[WORD_MAX] = "";
    char first[WORD_MAX] = "";
    char second[CONTROL_LINE_MAX] = "";
    uint64_t message = 0;
    uint32_t file = 0;
    const int words =
        sscanf(line, "%255s %255s %1023[^\n]", verb, first, second);

    if (words == 3 && strcmp(verb, "set") == 0) {
        set(host, first, second);
    } else if (words >= 2 && strcmp(verb, "release") == 0) {
        release_do(host, first, second);
    } else if (words == 2 && strcmp(verb, "stress") == 0 &&
               channel_number(host, first) != SCHED_NONE) {
        stress(host, channel_number(host, first));
    } else if (words == 3 && strcmp(verb, "explain") == 0 &&
               file_read(first, second, &message, &file)) {
        explain(host, message, file);
    } else if (words == 1 && strcmp(verb, "state") == 0) {
        explain(host, 0, 0);
    } else if (words == 1 && strcmp(verb, "counts") == 0) {
        counts(host);
    } else if (words == 1 && strcmp(verb, "end") == 0) {
        host->is_ending = true;
        answer(host, "ok\n");
    } else {
        answer(host,
               "error: expected set PATH VALUE, release all|CHANNEL|MESSAGE "
               "FILE, stress CHANNEL, explain MESSAGE FILE, state, counts or "
               "end\n");
    }
}
