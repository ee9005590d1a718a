/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.c - see record.h
 *
 * A record is built once, as named words; digest and text come from the same
 * list, so that what is printed is what was compared.
 */
#include "models/mta/record.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "models/mta/host.h"
#include "models/mta/recording.h"

#define FIELDS_MAX 12

struct field {
    const char *key;
    uint64_t word;
};

struct line {
    const char *who;
    const char *what;
    int64_t now_ns;
    struct field fields[FIELDS_MAX];
    uint32_t count;
};

static void
add(struct line *line, const char *key, uint64_t word)
{
    line->fields[line->count++] = (struct field){key, word};
}

/* list_word - a list of numbers as one word: of one number itself, of several
 * a hash; 0 for none */
static uint64_t
list_word(const uint32_t *numbers, uint32_t count)
{
    uint64_t word = 0;

    if (count == 1) {
        return numbers[0];
    }
    for (uint32_t i = 0; i < count; i++) {
        word = (word ^ (numbers[i] + 1u)) * UINT64_C(0x9e3779b97f4a7c15);
        word ^= word >> 29;
    }
    return word;
}

/* line_put - the record as text */
static void
line_put(const struct mta_observer *observer, uint64_t record,
         const struct line *line)
{
    char text[512];
    int n = snprintf(text, sizeof text, "%" PRId64 " %" PRIu64 " %s %s",
                     line->now_ns, record, line->who, line->what);

    for (uint32_t i = 0; i < line->count; i++) {
        n += snprintf(text + n, sizeof text - (size_t)n, " %s=%" PRId64,
                      line->fields[i].key, (int64_t)line->fields[i].word);
    }
    observer->line(observer->context, text);
}

/* line_end - into the digest, and to whoever watches */
static void
line_end(struct record *record, uint32_t kind, const struct line *line)
{
    const struct mta_observer *observer = record->observer;
    const uint64_t number = record->digest->records_count;
    uint64_t words[FIELDS_MAX + 2];

    words[0] = kind;
    words[1] = (uint64_t)line->now_ns;
    for (uint32_t i = 0; i < line->count; i++) {
        words[i + 2] = line->fields[i].word;
    }
    digest_record(record->digest, words, line->count + 2);
    if (observer != NULL && observer->line != NULL &&
        number >= observer->line_from && number < observer->line_until) {
        line_put(observer, number, line);
    }
}

static void
submit_fields(struct line *line, const struct sched_submit *submit)
{
    uint64_t to = 0;

    for (uint32_t i = 0; i < submit->recipients_count; i++) {
        const uint32_t pair[2] = {submit->recipients[i].channel,
                                  submit->recipients[i].host};
        to = (to ^ list_word(pair, 2)) * UINT64_C(0x9e3779b97f4a7c15);
    }
    line->what = "submit";
    add(line, "message", submit->message);
    add(line, "parent", submit->parent);
    add(line, "source", (uint64_t)(int32_t)submit->source_channel);
    add(line, "priority", submit->priority);
    add(line, "bytes", (uint64_t)submit->size_bytes);
    add(line, "flags", submit->flags);
    add(line, "submitted", (uint64_t)submit->submitted_at_ns);
    add(line, "recipients", submit->recipients_count);
    if (submit->recipients_count == 1) {
        add(line, "channel", submit->recipients[0].channel);
        add(line, "host", (uint64_t)(int32_t)submit->recipients[0].host);
    } else {
        add(line, "to", to);
    }
    if (submit->session != 0) {
        add(line, "session", submit->session);
    }
    if (submit->deferred_until_ns != SCHED_NO_TIME) {
        add(line, "deferred", (uint64_t)submit->deferred_until_ns);
    }
}

/* mix - one more word into a sum that its order matters to */
static uint64_t
mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 29;
}

/* text_word - a text as one word */
static uint64_t
text_word(const char *text)
{
    uint64_t word = 1;

    for (const char *p = text; *p != '\0'; p++) {
        word = mix(word, (unsigned char)*p);
    }
    return word;
}

static void
scanned_fields(struct line *line, const struct sched_scanned *scanned)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < scanned->files_count; i++) {
        const struct sched_scanned_file *file = &scanned->files[i];
        const uint32_t words[] = {file->file,     file->channel,  file->host,
                                  file->priority, file->attempts, file->is_held,
                                  file->flags};
        sum = mix(sum, file->message);
        sum = mix(sum, (uint64_t)file->submitted_at_ns);
        sum = mix(sum, (uint64_t)file->returned_at_ns);
        sum = mix(sum, (uint64_t)file->size_bytes);
        sum = mix(sum, list_word(words, sizeof words / sizeof words[0]));
        sum = mix(sum, list_word(file->recipients, file->recipients_count));
    }
    line->what = "scanned";
    add(line, "channel", (uint64_t)(int32_t)scanned->channel);
    add(line, "files", scanned->files_count);
    add(line, "more", scanned->has_more);
    add(line, "cursor", scanned->cursor_message);
    add(line, "file", scanned->cursor_file);
    add(line, "contents", sum);
}

static void
command_fields(struct line *line, const struct sched_command *command)
{
    line->what = "command";
    add(line, "command", command->command);
    if (command->command == SCHED_COMMAND_RELEASE) {
        add(line, "message", command->message);
        add(line, "file", command->file);
    } else {
        add(line, "path", text_word(command->path));
        add(line, "value", text_word(command->value));
    }
}

static void
outcome_fields(struct line *line, const struct sched_outcome *outcome)
{
    uint64_t results = 0;

    for (uint32_t i = 0;
         outcome->results != NULL && i < outcome->recipients_count; i++) {
        results =
            (results + outcome->results[i] + 1u) * UINT64_C(0x9e3779b97f4a7c15);
    }
    line->what = "outcome";
    add(line, "job", outcome->job);
    add(line, "thread", outcome->thread);
    add(line, "message", outcome->message);
    add(line, "file", outcome->file);
    add(line, "recipients", outcome->recipients_count);
    add(line, "result", outcome->results == NULL ? outcome->result : results);
    add(line, "phase", outcome->phase);
}

static void
thread_fields(struct line *line, const char *what,
              const struct sched_thread_event *thread, bool has_host)
{
    line->what = what;
    add(line, "job", thread->job);
    add(line, "thread", thread->thread);
    if (has_host) {
        add(line, "host", (uint64_t)(int32_t)thread->host);
    }
}

FILE *
record_recording(const struct record *record)
{
    return record->observer == NULL ? NULL : record->observer->recording;
}

void
record_event(struct record *record, int64_t now_ns,
             const struct sched_event *event)
{
    struct line line;

    recording_event(record_recording(record), now_ns, event);
    line.who = "host";
    line.now_ns = now_ns;
    line.count = 0;
    switch ((enum sched_event_kind)event->kind) {
    case SCHED_EVENT_SUBMIT:
        submit_fields(&line, &event->u.submit);
        break;
    case SCHED_EVENT_JOB_STARTED:
        line.what = "job-started";
        add(&line, "job", event->u.job.job);
        break;
    case SCHED_EVENT_JOB_FAILED:
        line.what = "job-failed";
        add(&line, "job", event->u.job.job);
        break;
    case SCHED_EVENT_JOB_EXITED:
        line.what = "job-exited";
        add(&line, "job", event->u.job.job);
        break;
    case SCHED_EVENT_THREAD_READY:
        thread_fields(&line, "thread-ready", &event->u.thread, false);
        break;
    case SCHED_EVENT_THREAD_ENDED:
        thread_fields(&line, "thread-ended", &event->u.thread, false);
        break;
    case SCHED_EVENT_SESSION_CLOSED:
        thread_fields(&line, "session-closed", &event->u.thread, true);
        break;
    case SCHED_EVENT_OUTCOME:
        outcome_fields(&line, &event->u.outcome);
        break;
    case SCHED_EVENT_WAKE:
        line.what = "wake";
        break;
    case SCHED_EVENT_REFUSED:
        line.what = "refused";
        add(&line, "action", event->u.refused.action);
        add(&line, "reason", event->u.refused.reason);
        break;
    case SCHED_EVENT_WALL_OFFSET:
        line.what = "wall-offset";
        add(&line, "offset", (uint64_t)event->u.wall.wall_offset_ns);
        break;
    case SCHED_EVENT_SCANNED:
        scanned_fields(&line, &event->u.scanned);
        break;
    case SCHED_EVENT_COMMAND:
        command_fields(&line, &event->u.command);
        break;
    case SCHED_EVENT_STRESS:
        line.what = "stress";
        add(&line, "channel", event->u.stress.channel);
        break;
    }
    line_end(record, event->kind, &line);
}

static void
create_fields(struct line *line, const struct sched_create *create)
{
    line->what = "create";
    add(line, "message", create->message);
    add(line, "file", create->file);
    add(line, "channel", create->channel);
    add(line, "host", (uint64_t)(int32_t)create->host);
    add(line, "priority", create->priority);
    add(line, "state", create->state);
    add(line, "recipients", create->recipients_count);
    add(line, "indices",
        list_word(create->recipients, create->recipients_count));
}

static void
deliver_fields(struct line *line, const struct sched_deliver *deliver)
{
    line->what = "deliver";
    add(line, "job", deliver->job);
    add(line, "thread", deliver->thread);
    add(line, "message", deliver->message);
    add(line, "file", deliver->file);
    add(line, "host", (uint64_t)(int32_t)deliver->host);
    add(line, "recipients", deliver->recipients_count);
    add(line, "indices",
        list_word(deliver->recipients, deliver->recipients_count));
}

static void
file_fields(struct line *line, const char *what,
            const struct sched_file_action *file)
{
    line->what = what;
    add(line, "message", file->message);
    add(line, "file", file->file);
    add(line, "value", file->value);
}

static void
thread_action_fields(struct line *line, const char *what,
                     const struct sched_thread_action *thread)
{
    line->what = what;
    add(line, "job", thread->job);
    add(line, "thread", thread->thread);
}

void
record_action(struct record *record, int64_t now_ns,
              const struct sched_action *action)
{
    struct line line;

    recording_action(record_recording(record), now_ns, action);
    line.who = "sched";
    line.what = "unknown";
    line.now_ns = now_ns;
    line.count = 0;
    switch ((enum sched_action_kind)action->kind) {
    case SCHED_ACTION_NONE:
        UNREACHABLE("a wish is no action: the wake that follows is recorded");
    case SCHED_ACTION_CREATE:
        create_fields(&line, &action->u.create);
        break;
    case SCHED_ACTION_REJECT:
        line.what = "reject";
        add(&line, "message", action->u.reject.message);
        add(&line, "reason", action->u.reject.reason);
        break;
    case SCHED_ACTION_START_JOB:
        line.what = "start-job";
        add(&line, "job", action->u.job.job);
        add(&line, "channel", action->u.job.channel);
        add(&line, "thread", action->u.job.thread);
        break;
    case SCHED_ACTION_STOP_JOB:
        line.what = "stop-job";
        add(&line, "job", action->u.job.job);
        break;
    case SCHED_ACTION_START_THREAD:
        thread_action_fields(&line, "start-thread", &action->u.thread);
        break;
    case SCHED_ACTION_STOP_THREAD:
        thread_action_fields(&line, "stop-thread", &action->u.thread);
        break;
    case SCHED_ACTION_DELIVER:
        deliver_fields(&line, &action->u.deliver);
        break;
    case SCHED_ACTION_REWRITE:
        line.what = "rewrite";
        add(&line, "message", action->u.rewrite.message);
        add(&line, "file", action->u.rewrite.file);
        add(&line, "new", action->u.rewrite.new_file);
        add(&line, "indices",
            list_word(action->u.rewrite.recipients,
                      action->u.rewrite.recipients_count));
        break;
    case SCHED_ACTION_HOLD:
        file_fields(&line, "hold", &action->u.file);
        break;
    case SCHED_ACTION_RETURN:
        file_fields(&line, "return", &action->u.file);
        break;
    case SCHED_ACTION_WARN:
        file_fields(&line, "warn", &action->u.file);
        break;
    case SCHED_ACTION_NOTIFY:
        file_fields(&line, "notify", &action->u.file);
        break;
    case SCHED_ACTION_SCAN:
        line.what = "scan";
        add(&line, "channel", (uint64_t)(int32_t)action->u.scan.channel);
        add(&line, "cursor", action->u.scan.cursor_message);
        add(&line, "file", action->u.scan.cursor_file);
        add(&line, "max", action->u.scan.files_max);
        break;
    }
    /* Kinds of events and actions are told apart in the digest. */
    line_end(record, action->kind + 256, &line);
}

void
record_restart(struct record *record, int64_t now_ns, int64_t for_ns)
{
    struct line line;

    line.who = "host";
    line.what = "restart";
    line.now_ns = now_ns;
    line.count = 0;
    add(&line, "for", (uint64_t)for_ns);
    line_end(record, 255, &line);
}
