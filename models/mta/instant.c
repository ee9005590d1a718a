/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * instant.c - the state at one instant, and what one message's files wait for:
 * for an observer
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

/* One channel's queues, by the host's number + 1; 0: mail for no host. */
struct queues {
    struct mta_state_host *of;
    uint32_t capacity;
    uint32_t files;
    int64_t bytes;
    int64_t oldest_ns; /* time of submission */
};

static void
tell(const struct host *host, struct mta_state *state)
{
    const struct mta_observer *observer = host->params->observer;

    state->at_ns = host_now_ns(host);
    observer->state(observer->context, state);
}

static const char *
host_name(const struct host *host, uint32_t number)
{
    return number == SCHED_NONE ? "*"
                                : directory_host(host->directory, number)->name;
}

/* --- Queues -------------------------------------------------------------- */

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

static uint32_t
age_column(int64_t age_ns)
{
    uint32_t column = 0;

    while (column + 1 < MTA_STATE_AGES_COUNT && age_ns >= MTA_STATE_AGE_NS
                                                              << column) {
        column++;
    }
    return column;
}

static void
queues_count(struct queues *queues, const struct mail_message *message,
             const struct mail_file *file, uint32_t host, int64_t now_ns)
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
    struct mta_state_host *queue = &queues->of[number];
    if (file->state == MAIL_FILE_HELD) {
        queue->held++;
    } else if (file->state == MAIL_FILE_DELAYED ||
               (file->flags & MAIL_FILE_IS_HIDDEN) != 0) {
        queue->delayed++;
    } else {
        queue->active++;
    }
    queue->ages[age_column(now_ns - message->submitted_at_ns)]++;
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
                             spool_queue_host(host, file, to->file, to->host),
                             host_now_ns(host));
            }
        }
    }
}

/* queues_pack - those that have mail, by their hosts' numbers; how many */
static uint32_t
queues_pack(const struct host *host, struct queues *queues)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < queues->capacity; i++) {
        struct mta_state_host *queue = &queues->of[i];

        if (queue->active + queue->delayed + queue->held > 0) {
            queue->name = host_name(host, i - 1);
            queues->of[count++] = *queue;
        }
    }
    return count;
}

static void
channel_tell(const struct host *host, uint32_t channel)
{
    struct queues queues;

    queues_read(host, channel, &queues);
    if (queues.files > 0) {
        struct mta_state state = {.kind = MTA_STATE_QUEUE,
                                  .channel =
                                      host->settings.programs[channel].name,
                                  .files_count = queues.files,
                                  .bytes = queues.bytes,
                                  .submitted_ns = queues.oldest_ns,
                                  .hosts = queues.of,
                                  .hosts_count = queues_pack(host, &queues)};
        tell(host, &state);
    }
    free(queues.of);
}

/* --- Jobs ---------------------------------------------------------------- */

static void
pool_tell(const struct host *host, uint32_t pool)
{
    struct mta_state state = {.kind = MTA_STATE_POOL,
                              .name = host->settings.pools[pool].name,
                              .job_limit =
                                  host->settings.pools[pool].job_limit};

    for (uint32_t i = 0; i < host->jobs_count; i++) {
        const struct job *job = &host->jobs[i];
        state.jobs_count += job->state != JOB_GONE &&
                            host->settings.programs[job->channel].pool == pool;
    }
    tell(host, &state);
}

static struct mta_state_thread
thread_state(const struct host *host, uint32_t slot)
{
    static const char *const states[] = {"starting", "idle", "busy", "ending"};
    const struct thread *thread = slab_at(host->threads, slot);
    const bool is_busy = thread->state == THREAD_BUSY;

    return (struct mta_state_thread){
        .state = states[thread->state],
        .host = is_busy || thread->is_connected != 0
                    ? host_name(host, thread->host)
                    : NULL,
        .message = is_busy ? thread->message : 0,
        .since_ns = is_busy ? thread->started_at_ns : 0,
        .thread = thread->number};
}

static void
job_tell(const struct host *host, uint32_t id)
{
    const struct job *job = &host->jobs[id - 1];
    struct mta_state_thread *threads =
        base_alloc((job->threads_count + 1) * sizeof threads[0]);
    struct mta_state state = {.kind = MTA_STATE_JOB,
                              .name = job->state == JOB_STARTING ? "starting"
                                      : job->is_stopping         ? "stopping"
                                                                 : "running",
                              .channel =
                                  host->settings.programs[job->channel].name,
                              .job = id,
                              .threads = threads};

    for (uint32_t n = 0; n < job->threads_count; n++) {
        if (job->threads[n] != 0) {
            threads[state.threads_count++] =
                thread_state(host, job->threads[n] - 1);
        }
    }
    tell(host, &state);
    free(threads);
}

/* --- What the scheduler says ----------------------------------------------- */

/* named - the scheduler's text, its lines "    NUMBER | ..." with the name */
static void
named(const struct host *host, const char *text, FILE *out)
{
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        const size_t size = end == NULL ? strlen(text) : (size_t)(end - text);
        char *rest = NULL;
        const unsigned long number = strtoul(text, &rest, 10);

        if (text[0] == ' ' && rest != text && rest < text + size &&
            number <= UINT32_MAX && strncmp(rest, " |", 2) == 0) {
            fprintf(out, "    %s |%.*s\n", host_name(host, (uint32_t)number),
                    (int)(text + size - rest - 2), rest + 2);
        } else {
            fprintf(out, "%.*s\n", (int)size, text);
        }
        text += size + (end != NULL);
    }
}

/* scheduler_says - of its state, or of a file; owned, NULL: nothing */
static char *
scheduler_says(const struct host *host, uint64_t message, uint32_t file)
{
    const uint64_t size = message == 0 ? STATE_TEXT_SIZE : FILE_TEXT_SIZE;
    char *said = NULL;
    size_t said_size = 0;

    if (host->object.table->explain == NULL || host->is_down) {
        return NULL;
    }
    char *text = base_alloc(size);
    if (host->object.table->explain(host->self, message, file, text, size) ==
        SCHED_OK) {
        FILE *out = open_memstream(&said, &said_size);
        ASSERT(out != NULL);
        named(host, text, out);
        fclose(out);
    }
    free(text);
    return said;
}

/* file_tell - the file that this recipient of a message is in */
static void
file_tell(const struct host *host, const struct mail_message *message,
          uint32_t index, enum mta_state_kind kind)
{
    const struct mail_recipient *to = mail_recipient(message, index);
    const struct mail_file *file = mail_file_of(host->mail, to);
    char *text = scheduler_says(host, message->id, file->number);
    struct mta_state state = {
        .kind = kind,
        .text = text,
        .channel = host->settings.programs[file->channel].name,
        .submitted_ns = message->submitted_at_ns,
        .message = message->id,
        .file = file->number,
        .host = spool_queue_host(host, file, to->file, to->host),
        .attempts = file->attempts,
        .is_held = file->state == MAIL_FILE_HELD};

    tell(host, &state);
    free(text);
}

/* files_tell - each live file of a message */
static void
files_tell(const struct host *host, const struct mail_message *message,
           enum mta_state_kind kind)
{
    for (uint32_t i = 0; i < message->recipients_count; i++) {
        if (mail_file_of(host->mail, mail_recipient(message, i)) != NULL &&
            is_first_of_file(message, i)) {
            file_tell(host, message, i, kind);
        }
    }
}

/* --- When ---------------------------------------------------------------- */

static void
on_instant(void *arg, uint64_t data)
{
    const struct host *host = arg;
    const uint64_t watched = host->params->observer->message;
    struct mta_state state = {.kind = MTA_STATE_SCHEDULER};

    (void)data;
    for (uint32_t i = 0; i < host->settings.pools_count; i++) {
        pool_tell(host, i);
    }
    for (uint32_t i = 0; i < host->settings.programs_count; i++) {
        channel_tell(host, i);
    }
    for (uint32_t i = 0; i < host->jobs_count; i++) {
        if (host->jobs[i].state != JOB_GONE) {
            job_tell(host, i + 1);
        }
    }
    char *text = scheduler_says(host, 0, 0);
    state.text = text;
    tell(host, &state);
    free(text);
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

/* is_watching - some message's way is told as it goes */
static bool
is_watching(const struct host *host)
{
    const struct mta_observer *observer = host->params->observer;

    return observer != NULL && observer->state != NULL &&
           observer->message != 0;
}

static bool
is_watched(const struct host *host, const struct mail_message *message)
{
    return message != NULL &&
           (message->id == host->params->observer->message ||
            mail_origin(message) == host->params->observer->message);
}

/* found_tell - the watched ones of a scan's answer */
static void
found_tell(const struct host *host, const struct sched_scanned *scanned)
{
    for (uint32_t i = 0; i < scanned->files_count; i++) {
        const struct sched_scanned_file *file = &scanned->files[i];
        const struct mail_message *message =
            mail_message(host->mail, file->message);

        /* Its own turn may have ended it. */
        if (is_watched(host, message) &&
            mail_file_of(host->mail,
                         mail_recipient(message, file->recipients[0])) !=
                NULL) {
            file_tell(host, message, file->recipients[0], MTA_STATE_FOUND);
        }
    }
}

void
instant_after(struct host *host, const struct sched_event *event)
{
    const struct mail_message *message = NULL;

    if (!is_watching(host)) {
        return;
    }
    if (event->kind == SCHED_EVENT_SUBMIT) {
        message = mail_message(host->mail, event->u.submit.message);
    } else if (event->kind == SCHED_EVENT_OUTCOME) {
        message = mail_message(host->mail, event->u.outcome.message);
    } else if (event->kind == SCHED_EVENT_SCANNED) {
        found_tell(host, &event->u.scanned);
    }
    if (is_watched(host, message)) {
        files_tell(host, message, MTA_STATE_WAIT);
    }
}

void
instant_end(struct host *host)
{
    if (!is_watching(host)) {
        return;
    }
    for (struct mail_message *message = mail_after(host->mail, 0);
         message != NULL; message = mail_after(host->mail, message->id)) {
        if (is_watched(host, message)) {
            files_tell(host, message, MTA_STATE_LEFT);
        }
    }
}
