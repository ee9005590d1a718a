/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story.c - the records of a message, one after the other; see story.h
 */
#include "sim/cmd/story.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/story_parts.h"

/* A new file's state, as the record of its creation has it. */
enum { STATE_HELD = 1, STATE_UNTRACKED = 2 };

/* --- Files --------------------------------------------------------------- */

static bool
is_related(const struct story *story, uint64_t message)
{
    for (uint32_t i = 0; i < story->messages_count; i++) {
        if (story->messages[i] == message) {
            return true;
        }
    }
    return false;
}

static struct track *
track_find(struct story *story, uint64_t message, int64_t number)
{
    for (uint32_t i = 0; i < story->tracks_count; i++) {
        if (story->tracks[i].message == message &&
            story->tracks[i].number == number) {
            return &story->tracks[i];
        }
    }
    return NULL;
}

static struct track *
track_add(struct story *story, uint64_t message, int64_t number, int64_t now_ns)
{
    struct track *track = NULL;

    story->tracks = base_realloc(story->tracks, (story->tracks_count + 1) *
                                                    sizeof story->tracks[0]);
    track = &story->tracks[story->tracks_count++];
    *track = (struct track){.message = message,
                            .number = (uint32_t)number,
                            .host = -1,
                            .since_ns = now_ns,
                            .submitted_ns = now_ns};
    return track;
}

static void
wait_begin(struct story *story, struct track *track, int64_t now_ns)
{
    track->since_ns = now_ns;
    track->due_ns = 0;
    track->ahead = 0;
    track->is_tried = false;
    track->has_delivered = false;
    track->reason[0] = '\0';
    track->channel_jobs = story_jobs_count(story, track->channel, false);
    track->pool_jobs = story_jobs_count(story, track->channel, true);
}

static void
create_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)story_word(line, "message");
    const int64_t number = story_word(line, "file");
    const int64_t state = story_word(line, "state");
    struct track *track = track_add(story, message, number, now_ns);
    char name[STORY_NAME_SIZE];

    track->channel = (uint32_t)story_word(line, "channel");
    track->host = story_word(line, "host");
    track->priority = (uint32_t)story_word(line, "priority");
    track->is_held = state == STATE_HELD;
    wait_begin(story, track, now_ns);
    fprintf(
        story_beat(story, now_ns),
        "message %" PRIu64 ", file %" PRId64 ": put into %s, %" PRId64
        " recipient%s, priority %s%s\n",
        message, number, story_channel(story, track->channel, name),
        story_word(line, "recipients"),
        story_word(line, "recipients") == 1 ? "" : "s",
        (const char *const[]){"urgent", "normal", "nonurgent", "secondclass",
                              "thirdclass"}[story_word(line, "priority") % 5],
        state == STATE_HELD        ? ", held (holdlimit)"
        : state == STATE_UNTRACKED ? ", untracked (max_messages)"
                                   : "");
}

static void
deliver_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)story_word(line, "message");
    const int64_t number = story_word(line, "file");
    const int64_t job = story_word(line, "job");
    struct track *track = track_find(story, message, number);

    if (track == NULL) { /* found in the queue by a scan */
        track = track_add(story, message, number, now_ns);
        track->channel = story_process(story, job)->channel;
        track->host = story_word(line, "host");
    }
    fprintf(story_beat(story, now_ns),
            "message %" PRIu64 ", file %" PRId64 ": attempt %" PRIu32
            ", job %" PRId64 ", thread %" PRId64 "; it had waited ",
            message, number, track->attempts + 1, job,
            story_word(line, "thread"));
    story_duration(story->out, now_ns - track->since_ns);
    fputc('\n', story->out);
    story_wait(story, track, job, story_word(line, "thread"), now_ns);
    track->waited_ns += now_ns - track->since_ns;
    track->since_ns = now_ns;
    track->is_tried = true;
    track->is_held = false;
}

/* total_say - to the end of an attempt that delivered */
static void
total_say(struct story *story, const struct track *track, int64_t now_ns)
{
    fprintf(story->out, "%41ssubmit to delivery ", "");
    story_duration(story->out, now_ns - track->submitted_ns);
    fputs(" = waited ", story->out);
    story_duration(story->out, track->waited_ns);
    fputs(" + in delivery ", story->out);
    story_duration(story->out, track->tried_ns);
    fputc('\n', story->out);
}

static void
outcome_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)story_word(line, "message");
    const int64_t number = story_word(line, "file");
    struct track *track = track_find(story, message, number);

    if (track == NULL) {
        return;
    }
    fprintf(story_beat(story, now_ns),
            "message %" PRIu64 ", file %" PRId64
            ": the attempt ends; in delivery ",
            message, number);
    story_duration(story->out, now_ns - track->since_ns);
    fputc('\n', story->out);
    track->tried_ns += now_ns - track->since_ns;
    track->attempts++;
    if (track->has_delivered) {
        total_say(story, track, now_ns);
    }
    wait_begin(story, track, now_ns);
}

/* rewrite_line - what is left of a file goes on in a new one, as old as it */
static void
rewrite_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)story_word(line, "message");
    const int64_t number = story_word(line, "file");
    const int64_t new_number = story_word(line, "new");
    const struct track *before = track_find(story, message, number);

    if (before != NULL && new_number != number) {
        const struct track copy = *before;
        struct track *track = track_add(story, message, new_number, now_ns);
        *track = copy;
        track->number = (uint32_t)new_number;
    }
    fprintf(story_beat(story, now_ns),
            "message %" PRIu64 ", file %" PRId64
            ": what is left of it is rewritten as file %" PRId64 "\n",
            message, number, new_number);
}

static void
submit_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)story_word(line, "message");
    const uint64_t parent = (uint64_t)story_word(line, "parent");

    if (!is_related(story, message)) {
        if (parent == 0 || !is_related(story, parent)) {
            return;
        }
        story->messages =
            base_realloc(story->messages, (story->messages_count + 1) *
                                              sizeof story->messages[0]);
        story->messages[story->messages_count++] = message;
    } else if (story->submitted_ns < 0) {
        story->submitted_ns = story_word(line, "submitted");
    }
    fprintf(story_beat(story, now_ns),
            "message %" PRIu64 ": submitted, %" PRId64 " bytes, %" PRId64
            " recipient%s",
            message, story_word(line, "bytes"), story_word(line, "recipients"),
            story_word(line, "recipients") == 1 ? "" : "s");
    if (parent != 0) {
        fprintf(story->out, ", made of message %" PRIu64, parent);
    }
    fputc('\n', story->out);
}

/* others_count - mail of the same queue that goes while ours waits */
static void
others_count(struct story *story, const char *line)
{
    const uint32_t channel =
        story_process(story, story_word(line, "job"))->channel;

    for (uint32_t i = 0; i < story->tracks_count; i++) {
        struct track *track = &story->tracks[i];
        track->ahead += !track->is_tried && track->channel == channel &&
                        track->host == story_word(line, "host");
    }
}

/* restart_line - the processes die, and attempts with them */
static void
restart_line(struct story *story, int64_t now_ns)
{
    for (uint32_t i = 0; i < story->processes_count; i++) {
        story->processes[i].is_live = false;
    }
    for (uint32_t i = 0; i < story->tracks_count; i++) {
        struct track *track = &story->tracks[i];
        if (track->is_tried) {
            track->tried_ns += now_ns - track->since_ns;
            fputs("the Job Controller is restarted; the attempt has no"
                  " outcome\n",
                  story_beat(story, now_ns));
            wait_begin(story, track, now_ns);
        }
    }
}

/* file_line - hold, return, warn, notify: what is done by a rule */
static void
file_line(struct story *story, const char *what, const char *line,
          int64_t now_ns)
{
    static const struct {
        const char *what;
        const char *words;
    } rows[] = {{"hold ", "is held (holdlimit) until it is released"},
                {"return ", "is returned to its sender (notices, last value)"},
                {"warn ", "its sender is warned (notices)"},
                {"notify ", "a notice is made to its sender"},
                {"command ", "is released by the postmaster"},
                {"reject ", "is rejected"}};
    const uint64_t message = (uint64_t)story_word(line, "message");
    const int64_t number = story_word(line, "file");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strncmp(what, rows[i].what, strlen(rows[i].what)) == 0) {
            struct track *track = track_find(story, message, number);
            const char *notices =
                track == NULL
                    ? ""
                    : story_channel_setting(story, track->channel, "notices");
            fprintf(story_beat(story, now_ns),
                    "message %" PRIu64 ", file %" PRId64 ": %s", message,
                    number, rows[i].words);
            fprintf(story->out, i == 1 || i == 2 ? "; notices %s\n" : "\n",
                    notices);
            if (i == 0 && track != NULL) {
                track->is_held = true;
            }
        }
    }
}

void
story_line(struct story *story, const char *line)
{
    int64_t now_ns = 0;
    int used = 0;

    if (sscanf(line, "%" SCNd64 " %*u %*s %n", &now_ns, &used) != 1) {
        return;
    }
    const char *what = line + used;
    if (story_jobs_line(story, what, line, now_ns)) {
        return;
    }
    if (strncmp(what, "restart ", 8) == 0) {
        restart_line(story, now_ns);
    } else if (strncmp(what, "submit ", 7) == 0) {
        submit_line(story, line, now_ns);
    } else if (!is_related(story, (uint64_t)story_word(line, "message"))) {
        if (strncmp(what, "deliver ", 8) == 0) {
            others_count(story, line);
        }
    } else if (strncmp(what, "create ", 7) == 0) {
        create_line(story, line, now_ns);
    } else if (strncmp(what, "deliver ", 8) == 0) {
        deliver_line(story, line, now_ns);
    } else if (strncmp(what, "outcome ", 8) == 0) {
        outcome_line(story, line, now_ns);
    } else if (strncmp(what, "rewrite ", 8) == 0) {
        rewrite_line(story, line, now_ns);
    } else {
        file_line(story, what, line, now_ns);
    }
}

void
story_mail(struct story *story, const struct mta_mail_event *event)
{
    static const char *const kinds[] = {
        "enqueued",     "delivered", "deferred (4xx, or no answer)",
        "failed (5xx)", "returned",  "warned",
        "rejected"};
    static const char *const phases[] = {"connect", "greeting", "EHLO", "MAIL",
                                         "RCPT",    "DATA",     "dot"};
    struct track *track =
        track_find(story, event->message, (int64_t)event->file);

    if (event->kind == MTA_MAIL_ENQUEUED ||
        !is_related(story, event->message)) {
        return;
    }
    fprintf(story_beat(story, event->at_ns),
            "message %" PRIu64 ", file %" PRIu32 ": recipient %" PRIu32
            " at %s: %s",
            event->message, event->file, event->recipient, event->domain,
            kinds[event->kind]);
    if (event->host != NULL && event->phase <= SMTP_DOT) {
        fprintf(story->out, " by %s, phase %s", event->host,
                phases[event->phase]);
    }
    if (event->host != NULL && event->fate != RESULT_IN_TIME) {
        fprintf(story->out, "; on the line: %s", result_fate_name(event->fate));
        if (event->fate == RESULT_STALLED_DATA) {
            fprintf(story->out, " after %" PRId64 " of %" PRId64 " bytes",
                    event->passed_bytes, event->size_bytes);
        }
    }
    fputc('\n', story->out);
    if (event->kind == MTA_MAIL_DELIVERED && track != NULL) {
        track->has_delivered = true;
    }
}

void
story_file(struct story *story, const struct mta_state *state)
{
    struct track *track =
        track_find(story, state->message, (int64_t)state->file);
    const char *due = NULL;

    if (track == NULL || track->is_tried) {
        return;
    }
    snprintf(track->reason, sizeof track->reason, "%s", state->text);
    track->reason[strcspn(track->reason, "\n")] = '\0';
    track->failures = state->attempts;
    track->is_backoff = state->attempts > 0;
    /* The host knows no time but for what it was told: the text has it. */
    due = strstr(state->text, track->is_backoff ? "tried at " : "not before ");
    track->due_ns = 0;
    if (due != NULL) {
        track->due_ns = strtoll(due + strcspn(due, "0123456789"), NULL, 10);
    }
}

/* --- Beginning and end --------------------------------------------------- */

struct story *
story_new(uint64_t message, int64_t start_wall_ns,
          const struct sheet_settings *settings)
{
    struct story *story = base_alloc(sizeof *story);

    *story = (struct story){.settings = settings,
                            .start_wall_ns = start_wall_ns,
                            .submitted_ns = -1,
                            .messages_count = 1};
    story->messages = base_alloc(sizeof story->messages[0]);
    story->messages[0] = message;
    story->out = open_memstream(&story->text, &story->text_size);
    ASSERT(story->out != NULL);
    return story;
}

void
story_free(struct story *story)
{
    if (story == NULL) {
        return;
    }
    for (uint32_t i = 0; i < story->processes_count; i++) {
        free(story->processes[i].thread_asked_ns);
        free(story->processes[i].thread_ready_ns);
    }
    fclose(story->out);
    free(story->text);
    free(story->processes);
    free(story->tracks);
    free(story->messages);
    free(story);
}

bool
story_print(struct story *story, FILE *out)
{
    fflush(story->out);
    fputs(story->text, out);
    return story->text_size > 0;
}
