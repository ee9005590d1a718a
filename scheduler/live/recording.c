/* SPDX-License-Identifier: MIT */
/*
 * recording.c - see recording.h; the format is in RECORDING.md
 *
 * What each kind carries is a table: its keys, in the order of the line, and
 * where the value stands in the struct.
 */
#include "recording.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

enum type { U32, U64, I64, TEXT, NUMBERS, ROUTES, RESULTS, FILES };

struct field {
    const char *key;
    uint32_t type; /* enum type */
    uint16_t at;
    uint16_t count_at; /* NUMBERS, ROUTES, RESULTS, FILES */
};

#define FIELDS_MAX 12

struct kind {
    const char *name; /* NULL: there is no such kind */
    struct field fields[FIELDS_MAX];
};

#define EVENT(key, type, member)                                               \
    {                                                                          \
        key, type, offsetof(struct sched_event, u.member), 0                   \
    }
#define EVENT_LIST(key, type, member, count)                                   \
    {                                                                          \
        key, type, offsetof(struct sched_event, u.member),                     \
            offsetof(struct sched_event, u.count)                              \
    }
#define ACTION(key, type, member)                                              \
    {                                                                          \
        key, type, offsetof(struct sched_action, u.member), 0                  \
    }
#define ACTION_LIST(key, member, count)                                        \
    {                                                                          \
        key, NUMBERS, offsetof(struct sched_action, u.member),                 \
            offsetof(struct sched_action, u.count)                             \
    }
#define JOB_EVENT(name)                                                        \
    {                                                                          \
        name,                                                                  \
        {                                                                      \
            EVENT("job", U32, job.job)                                         \
        }                                                                      \
    }
#define FILE_ACTION(name)                                                      \
    {                                                                          \
        name,                                                                  \
        {                                                                      \
            ACTION("message", U64, file.message),                              \
                ACTION("file", U32, file.file),                                \
                ACTION("value", U32, file.value)                               \
        }                                                                      \
    }
#define THREAD_ACTION(name)                                                    \
    {                                                                          \
        name,                                                                  \
        {                                                                      \
            ACTION("job", U32, thread.job),                                    \
                ACTION("thread", U32, thread.thread)                           \
        }                                                                      \
    }

static const struct kind events[] = {
    [SCHED_EVENT_SUBMIT] = {"submit",
                            {EVENT("message", U64, submit.message),
                             EVENT("parent", U64, submit.parent),
                             EVENT("session", U64, submit.session),
                             EVENT("submitted", I64, submit.submitted_at_ns),
                             EVENT("deferred", I64, submit.deferred_until_ns),
                             EVENT("size", I64, submit.size_bytes),
                             EVENT("source", U32, submit.source_channel),
                             EVENT("priority", U32, submit.priority),
                             EVENT("flags", U32, submit.flags),
                             EVENT_LIST("to", ROUTES, submit.recipients,
                                        submit.recipients_count)}},
    [SCHED_EVENT_JOB_STARTED] = JOB_EVENT("job-started"),
    [SCHED_EVENT_JOB_FAILED] = JOB_EVENT("job-failed"),
    [SCHED_EVENT_JOB_EXITED] = JOB_EVENT("job-exited"),
    [SCHED_EVENT_THREAD_READY] = {"thread-ready",
                                  {EVENT("job", U32, thread.job),
                                   EVENT("thread", U32, thread.thread)}},
    [SCHED_EVENT_THREAD_ENDED] = {"thread-ended",
                                  {EVENT("job", U32, thread.job),
                                   EVENT("thread", U32, thread.thread)}},
    [SCHED_EVENT_OUTCOME] =
        {"outcome",
         {EVENT("job", U32, outcome.job), EVENT("thread", U32, outcome.thread),
          EVENT("message", U64, outcome.message),
          EVENT("file", U32, outcome.file), EVENT("phase", U32, outcome.phase),
          EVENT("result", U32, outcome.result),
          EVENT("recipients", U32, outcome.recipients_count),
          EVENT_LIST("results", RESULTS, outcome.results,
                     outcome.recipients_count)}},
    [SCHED_EVENT_SESSION_CLOSED] = {"session-closed",
                                    {EVENT("job", U32, thread.job),
                                     EVENT("thread", U32, thread.thread),
                                     EVENT("host", U32, thread.host)}},
    [SCHED_EVENT_SCANNED] =
        {"scanned",
         {EVENT("channel", U32, scanned.channel),
          EVENT("more", U32, scanned.has_more),
          EVENT("cursor-message", U64, scanned.cursor_message),
          EVENT("cursor-file", U32, scanned.cursor_file),
          EVENT("count", U32, scanned.files_count),
          EVENT_LIST("files", FILES, scanned.files, scanned.files_count)}},
    [SCHED_EVENT_WAKE] = {"wake", {{0}}},
    [SCHED_EVENT_REFUSED] = {"refused",
                             {EVENT("action", U64, refused.action),
                              EVENT("reason", U32, refused.reason)}},
    [SCHED_EVENT_WALL_OFFSET] = {"wall-offset",
                                 {EVENT("offset", I64, wall.wall_offset_ns)}},
    [SCHED_EVENT_COMMAND] = {"command",
                             {EVENT("command", U32, command.command),
                              EVENT("path", TEXT, command.path),
                              EVENT("value", TEXT, command.value),
                              EVENT("message", U64, command.message),
                              EVENT("file", U32, command.file)}},
    [SCHED_EVENT_STRESS] = {"stress", {EVENT("channel", U32, stress.channel)}},
};

static const struct kind actions[] = {
    [SCHED_ACTION_NONE] = {"none", {ACTION("wake", I64, wake_at_ns)}},
    [SCHED_ACTION_CREATE] = {"create",
                             {ACTION("message", U64, create.message),
                              ACTION("file", U32, create.file),
                              ACTION("channel", U32, create.channel),
                              ACTION("host", U32, create.host),
                              ACTION("priority", U32, create.priority),
                              ACTION("state", U32, create.state),
                              ACTION_LIST("recipients", create.recipients,
                                          create.recipients_count)}},
    [SCHED_ACTION_REJECT] = {"reject",
                             {ACTION("message", U64, reject.message),
                              ACTION("reason", U32, reject.reason)}},
    [SCHED_ACTION_START_JOB] = {"start-job",
                                {ACTION("job", U32, job.job),
                                 ACTION("channel", U32, job.channel),
                                 ACTION("thread", U32, job.thread)}},
    [SCHED_ACTION_STOP_JOB] = {"stop-job",
                               {ACTION("job", U32, job.job),
                                ACTION("channel", U32, job.channel)}},
    [SCHED_ACTION_START_THREAD] = THREAD_ACTION("start-thread"),
    [SCHED_ACTION_STOP_THREAD] = THREAD_ACTION("stop-thread"),
    [SCHED_ACTION_DELIVER] = {"deliver",
                              {ACTION("job", U32, deliver.job),
                               ACTION("thread", U32, deliver.thread),
                               ACTION("message", U64, deliver.message),
                               ACTION("file", U32, deliver.file),
                               ACTION("channel", U32, deliver.channel),
                               ACTION("host", U32, deliver.host),
                               ACTION_LIST("recipients", deliver.recipients,
                                           deliver.recipients_count)}},
    [SCHED_ACTION_REWRITE] = {"rewrite",
                              {ACTION("message", U64, rewrite.message),
                               ACTION("file", U32, rewrite.file),
                               ACTION("new", U32, rewrite.new_file),
                               ACTION_LIST("recipients", rewrite.recipients,
                                           rewrite.recipients_count)}},
    [SCHED_ACTION_HOLD] = FILE_ACTION("hold"),
    [SCHED_ACTION_RETURN] = FILE_ACTION("return"),
    [SCHED_ACTION_WARN] = FILE_ACTION("warn"),
    [SCHED_ACTION_NOTIFY] = FILE_ACTION("notify"),
    [SCHED_ACTION_SCAN] = {"scan",
                           {ACTION("channel", U32, scan.channel),
                            ACTION("max", U32, scan.files_max),
                            ACTION("cursor-message", U64, scan.cursor_message),
                            ACTION("cursor-file", U32, scan.cursor_file)}},
};

/* text_put - so that it is one word: no blank, no line end, never empty */
static void
text_put(FILE *out, const char *text)
{
    if (text == NULL) {
        fputc('-', out);
        return;
    }
    fputc('"', out);
    for (const char *p = text; *p != '\0'; p++) {
        const unsigned char c = (unsigned char)*p;

        if (c <= ' ' || c == '%' || c == '"' || c >= 0x7f) {
            fprintf(out, "%%%02x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void
numbers_put(FILE *out, const uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        fprintf(out, "%s%" PRIu32, i == 0 ? "" : ",", numbers[i]);
    }
    if (count == 0) {
        fputc('-', out);
    }
}

static void
files_put(FILE *out, const struct sched_scanned_file *files, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct sched_scanned_file *file = &files[i];

        fprintf(out,
                "%s%" PRIu64 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%" PRIu32
                "/%" PRIu32 "/%" PRIu32 "/%" PRIu32 "/%" PRId64 "/%" PRId64
                "/%" PRId64 "/",
                i == 0 ? "" : ";", file->message, file->file, file->channel,
                file->host, file->priority, file->attempts, file->is_held,
                file->flags, file->submitted_at_ns, file->returned_at_ns,
                file->size_bytes);
        numbers_put(out, file->recipients, file->recipients_count);
    }
    if (count == 0) {
        fputc('-', out);
    }
}

static void
list_put(FILE *out, const struct field *field, const void *memory,
         uint32_t count)
{
    if (memory == NULL) {
        count = 0;
    }
    if (field->type == NUMBERS) {
        numbers_put(out, memory, count);
    } else if (field->type == FILES) {
        files_put(out, memory, count);
    } else if (count == 0) {
        fputc('-', out);
    } else if (field->type == RESULTS) {
        const uint8_t *results = memory;
        for (uint32_t i = 0; i < count; i++) {
            fprintf(out, "%s%u", i == 0 ? "" : ",", results[i]);
        }
    } else {
        const struct sched_recipient *to = memory;
        for (uint32_t i = 0; i < count; i++) {
            fprintf(out, "%s%" PRIu32 ":%" PRIu32, i == 0 ? "" : ",",
                    to[i].channel, to[i].host);
        }
    }
}

static void
field_put(FILE *out, const struct field *field, const void *what)
{
    const char *base = what;
    uint64_t word = 0;
    uint32_t number = 0;
    const void *memory = NULL;

    fprintf(out, " %s=", field->key);
    switch ((enum type)field->type) {
    case U32:
        memcpy(&number, base + field->at, sizeof number);
        fprintf(out, "%" PRIu32, number);
        return;
    case U64:
        memcpy(&word, base + field->at, sizeof word);
        fprintf(out, "%" PRIu64, word);
        return;
    case I64:
        memcpy(&word, base + field->at, sizeof word);
        fprintf(out, "%" PRId64, (int64_t)word);
        return;
    case TEXT:
        memcpy(&memory, base + field->at, sizeof memory);
        text_put(out, memory);
        return;
    case NUMBERS:
    case ROUTES:
    case RESULTS:
    case FILES:
        memcpy(&memory, base + field->at, sizeof memory);
        memcpy(&number, base + field->count_at, sizeof number);
        list_put(out, field, memory, number);
        return;
    }
}

static void
fields_put(FILE *out, const struct kind *kind, const void *what)
{
    for (uint32_t i = 0; i < FIELDS_MAX && kind->fields[i].key != NULL; i++) {
        field_put(out, &kind->fields[i], what);
    }
    fputc('\n', out);
}

void
recording_object(struct recording *recording, const struct sched_object *object)
{
    if (recording->out == NULL) {
        return;
    }
    fprintf(recording->out, "recording 1\nobject name=");
    text_put(recording->out, object->name);
    fprintf(recording->out, " version=");
    text_put(recording->out, object->version);
    fprintf(recording->out, " policy=");
    text_put(recording->out, object->policy);
    fputc('\n', recording->out);
}

void
recording_begin(struct recording *recording, const struct sched_config *config)
{
    FILE *out = recording->out;

    if (out == NULL) {
        return;
    }
    for (uint32_t i = 0; i < config->texts_count; i++) {
        const struct sched_text *text = &config->texts[i];

        fprintf(out,
                "text role=%" PRIu32 " bytes=%" PRIu64 " name=", text->role,
                text->bytes_size);
        text_put(out, text->name);
        fputc('\n', out);
        fwrite(text->bytes, 1, text->bytes_size, out);
        fputc('\n', out);
    }
    for (uint32_t i = 0; i < config->overrides_count; i++) {
        fprintf(out, "override path=");
        text_put(out, config->overrides[i].path);
        fprintf(out, " value=");
        text_put(out, config->overrides[i].value);
        fprintf(out, " where=");
        text_put(out, config->overrides[i].where);
        fputc('\n', out);
    }
    fprintf(out,
            "begin %" PRId64 " wall-offset=%" PRId64 " strict=%" PRIu32 "\n",
            config->now_ns, config->wall_offset_ns, config->is_strict);
}

void
recording_event(struct recording *recording, int64_t now_ns,
                const struct sched_event *event)
{
    if (recording->out != NULL) {
        const struct kind *kind = &events[event->kind];

        fprintf(recording->out, "event %" PRId64 " %s", now_ns, kind->name);
        fields_put(recording->out, kind, event);
    }
}

void
recording_status(struct recording *recording, int32_t status)
{
    if (recording->out != NULL) {
        fprintf(recording->out, "status %" PRId32 "\n", status);
    }
}

void
recording_action(struct recording *recording, int64_t now_ns,
                 const struct sched_action *action)
{
    static const struct kind unknown = {"unknown", {{0}}};

    if (recording->out != NULL) {
        const uint32_t count = sizeof actions / sizeof actions[0];
        const struct kind *kind =
            action->kind < count ? &actions[action->kind] : &unknown;

        fprintf(recording->out, "action %" PRId64 " %" PRIu64 " %s", now_ns,
                action->action, kind->name);
        fields_put(recording->out, kind, action);
    }
}

void
recording_end(struct recording *recording, int64_t now_ns)
{
    if (recording->out != NULL) {
        fprintf(recording->out, "end %" PRId64 "\n", now_ns);
    }
}

bool
recording_flush(struct recording *recording)
{
    return recording->out == NULL ||
           (fflush(recording->out) == 0 && ferror(recording->out) == 0);
}
