/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * instant.c - the state at one instant, in words, and what one message's files
 * wait for: for an observer
 *
 * Queues are told as the host sees them, so that this works with every
 * scheduler; what the scheduler itself says of its state, if it says anything,
 * comes after. It numbers hosts; here they get their names.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/world.h"

enum { FILE_TEXT_SIZE = 1024, STATE_TEXT_SIZE = 1 << 22 };

/* The queue of a channel for one host. */
struct queue {
    uint32_t active;
    uint32_t delayed;
    uint32_t held;
};

/* One channel's queues, by the host's number + 1; 0: mail for no host. */
struct queues {
    struct queue *of;
    uint32_t capacity;
    uint32_t files;
    int64_t bytes;
    int64_t oldest_ns; /* time of submission */
};

/* is_first_of_file - is no earlier recipient in the same file? */
static bool
is_first_of_file(const struct mail_message *message, uint32_t index)
{
    const uint32_t file = mail_recipient(message, index)->file;

    for (uint32_t i = 0; i < index; i++) {
        if (mail_recipient(message, i)->file == file) {
            return false;
        }
    }
    return true;
}

static void
queues_count(struct queues *queues, const struct mail_message *message,
             const struct mail_file *file, uint32_t host)
{
    const uint32_t number = host + 1; /* SCHED_NONE: the first */

    if (number >= queues->capacity) {
        const uint32_t before = queues->capacity;
        queues->capacity = 2 * (number + 8);
        queues->of =
            base_realloc(queues->of, queues->capacity * sizeof queues->of[0]);
        memset(queues->of + before, 0,
               (queues->capacity - before) * sizeof queues->of[0]);
    }
    struct queue *queue = &queues->of[number];
    if (file->state == MAIL_FILE_HELD) {
        queue->held++;
    } else if (file->state == MAIL_FILE_DELAYED ||
               (file->flags & MAIL_FILE_IS_HIDDEN) != 0) {
        queue->delayed++;
    } else {
        queue->active++;
    }
    queues->files++;
    queues->bytes += message->size_bytes;
    queues->oldest_ns = i64_min(queues->oldest_ns, message->submitted_at_ns);
}

/* queues_read - all files of a channel */
static void
queues_read(const struct host *host, uint32_t channel, struct queues *queues)
{
    *queues = (struct queues){.oldest_ns = INT64_MAX};
    for (struct mail_message *message = mail_after(host->mail, 0);
         message != NULL; message = mail_after(host->mail, message->id)) {
        for (uint32_t i = 0; i < message->recipients_count; i++) {
            const struct mail_recipient *to = mail_recipient(message, i);
            const struct mail_file *file = mail_file_of(host->mail, to);

            if (file != NULL && file->channel == channel &&
                is_first_of_file(message, i)) {
                queues_count(queues, message, file,
                             spool_queue_host(host, file, to->file, to->host));
            }
        }
    }
}

static const char *
host_name(const struct host *host, uint32_t number)
{
    return number == SCHED_NONE ? "*"
                                : directory_host(host->directory, number)->name;
}

/* queues_say - a channel as `imsimta qm messages` lists it */
static void
queues_say(const struct host *host, const struct queues *queues, FILE *out)
{
    fprintf(out, "  %-40s %9s %9s %9s\n", "host", "active", "delayed", "held");
    for (uint32_t i = 0; i < queues->capacity; i++) {
        const struct queue *queue = &queues->of[i];

        if (queue->active + queue->delayed + queue->held > 0) {
            fprintf(out, "  %-40s %9" PRIu32 " %9" PRIu32 " %9" PRIu32 "\n",
                    host_name(host, i - 1), queue->active, queue->delayed,
                    queue->held);
        }
    }
}

static void
thread_say(const struct host *host, uint32_t slot, FILE *out)
{
    static const char *const states[] = {"starting", "idle", "busy", "ending"};
    const struct thread *thread = slab_at(host->threads, slot);

    fprintf(out, "  thread %" PRIu32 ": %s", thread->number,
            states[thread->state]);
    if (thread->state == THREAD_BUSY) {
        fprintf(out, ", message %" PRIu64 " to %s since %" PRId64 " ns",
                thread->message, host_name(host, thread->host),
                thread->started_at_ns);
    } else if (thread->is_connected != 0) {
        fprintf(out, ", connected to %s", host_name(host, thread->host));
    }
    fputc('\n', out);
}

static void
jobs_say(const struct host *host, FILE *out)
{
    for (uint32_t i = 0; i < host->jobs_count; i++) {
        const struct job *job = &host->jobs[i];

        if (job->state == JOB_GONE) {
            continue;
        }
        fprintf(out, "job %" PRIu32 ", channel %s: %s, %" PRIu32 " threads\n",
                i + 1, host->settings.programs[job->channel].name,
                job->state == JOB_STARTING ? "starting"
                : job->is_stopping         ? "stopping"
                                           : "running",
                job->live_count);
        for (uint32_t n = 0; n < job->threads_count; n++) {
            if (job->threads[n] != 0) {
                thread_say(host, job->threads[n] - 1, out);
            }
        }
    }
}

/* named - the scheduler's text, its lines "    NUMBER | ..." with the name */
static void
named(const struct host *host, const char *text, FILE *out)
{
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        const size_t size = end == NULL ? strlen(text) : (size_t)(end - text);
        uint32_t number = 0;
        int used = 0;

        if (sscanf(text, "    %" SCNu32 " |%n", &number, &used) == 1 &&
            used > 0) {
            fprintf(out, "    %s |%.*s\n", host_name(host, number),
                    (int)size - used, text + used);
        } else {
            fprintf(out, "%.*s\n", (int)size, text);
        }
        text += size + (end != NULL);
    }
}

/* scheduler_say - what it says of its state, or of a file */
static bool
scheduler_say(const struct host *host, uint64_t message, uint32_t file,
              FILE *out)
{
    const uint64_t size = message == 0 ? STATE_TEXT_SIZE : FILE_TEXT_SIZE;
    char *text = NULL;
    bool is_said = false;

    if (host->object.table->explain == NULL || host->is_down) {
        return false;
    }
    text = base_alloc(size);
    is_said = host->object.table->explain(host->self, message, file, text,
                                          size) == SCHED_OK;
    if (is_said) {
        named(host, text, out);
    }
    free(text);
    return is_said;
}

/* tell - ends what was said, and hands it over */
static void
tell(const struct host *host, struct mta_state *state, FILE *out, char **text)
{
    const struct mta_observer *observer = host->params->observer;

    fclose(out);
    state->at_ns = host_now_ns(host);
    state->text = *text;
    if (*text != NULL && (*text)[0] != '\0') {
        observer->state(observer->context, state);
    }
    free(*text);
    *text = NULL;
}

static FILE *
listen(char **text, size_t *size)
{
    FILE *out = open_memstream(text, size);

    ASSERT(out != NULL);
    return out;
}

static void
channel_tell(const struct host *host, uint32_t channel)
{
    struct mta_state state = {.kind = MTA_STATE_QUEUE};
    struct queues queues;
    char *text = NULL;
    size_t size = 0;

    queues_read(host, channel, &queues);
    if (queues.files > 0) {
        FILE *out = listen(&text, &size);
        state.channel = host->settings.programs[channel].name;
        state.files_count = queues.files;
        state.bytes = queues.bytes;
        state.oldest_ns = queues.oldest_ns;
        queues_say(host, &queues, out);
        tell(host, &state, out, &text);
    }
    free(queues.of);
}

/* files_tell - each live file of a message */
static void
files_tell(const struct host *host, const struct mail_message *message,
           enum mta_state_kind kind)
{
    for (uint32_t i = 0; i < message->recipients_count; i++) {
        const struct mail_file *file =
            mail_file_of(host->mail, mail_recipient(message, i));
        struct mta_state state = {.kind = kind};
        char *text = NULL;
        size_t size = 0;

        if (file == NULL || !is_first_of_file(message, i)) {
            continue;
        }
        FILE *out = listen(&text, &size);
        state.message = message->id;
        state.file = file->number;
        state.channel = host->settings.programs[file->channel].name;
        state.attempts = file->attempts;
        if (!scheduler_say(host, message->id, file->number, out)) {
            fputs("the scheduler says nothing of it\n", out);
        }
        tell(host, &state, out, &text);
    }
}

static void
on_instant(void *arg, uint64_t data)
{
    const struct host *host = arg;
    const uint64_t watched = host->params->observer->message;
    struct mta_state state = {.kind = MTA_STATE_JOBS};
    char *text = NULL;
    size_t size = 0;
    FILE *out = NULL;

    (void)data;
    for (uint32_t i = 0; i < host->settings.programs_count; i++) {
        channel_tell(host, i);
    }
    out = listen(&text, &size);
    jobs_say(host, out);
    tell(host, &state, out, &text);
    state.kind = MTA_STATE_SCHEDULER;
    out = listen(&text, &size);
    scheduler_say(host, 0, 0, out);
    tell(host, &state, out, &text);
    if (watched != 0 && mail_message(host->mail, watched) != NULL) {
        files_tell(host, mail_message(host->mail, watched), MTA_STATE_FILE);
    }
}

void
instant_begin(struct host *host)
{
    const struct mta_observer *observer = host->params->observer;

    if (observer != NULL && observer->state != NULL && observer->at_ns >= 0 &&
        observer->at_ns <= host->params->horizon_ns) {
        evq_push(host->evq, observer->at_ns, CLASS_SAMPLE, on_instant, host, 0);
    }
}

void
instant_after(struct host *host, const struct sched_event *event)
{
    const struct mta_observer *observer = host->params->observer;
    const struct mail_message *message = NULL;
    uint64_t id = 0;

    if (observer == NULL || observer->state == NULL || observer->message == 0) {
        return;
    }
    if (event->kind == SCHED_EVENT_SUBMIT) {
        id = event->u.submit.message;
    } else if (event->kind == SCHED_EVENT_OUTCOME) {
        id = event->u.outcome.message;
    }
    message = id == 0 ? NULL : mail_message(host->mail, id);
    if (message != NULL && (id == observer->message ||
                            mail_origin(message) == observer->message)) {
        files_tell(host, message, MTA_STATE_WAIT);
    }
}
