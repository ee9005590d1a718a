/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story.c - the records of a message, one after the other; see story.h
 */
#include "sim/cmd/story.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/figures.h"
#include "sim/cmd/story_parts.h"

enum { LINE_SIZE = 96 }; /* what the line did, in words */

/* --- The configuration --------------------------------------------------- */

const char *
story_setting(const struct story *story, const char *group, const char *name,
              const char *key)
{
    char path[3 * STORY_NAME_SIZE];
    const char *value = "";

    snprintf(path, sizeof path, "%s.%s.%s", group, name, key);
    for (uint32_t i = 0; i < story->settings->rows_count; i++) {
        if (strcmp(story->settings->rows[i].path, path) == 0) {
            value = story->settings->rows[i].value;
        }
    }
    return value;
}

/* story_channel - of the number: channels are described in their order */
const char *
story_channel(const struct story *story, uint32_t channel,
              char name[STORY_NAME_SIZE])
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < story->settings->rows_count; i++) {
        const char *path = story->settings->rows[i].path;
        const char *end = strrchr(path, '.');

        if (strncmp(path, "channel.", 8) == 0 && end != NULL &&
            strcmp(end, ".direction") == 0 && count++ == channel) {
            snprintf(name, STORY_NAME_SIZE, "%.*s", (int)(end - path - 8),
                     path + 8);
            return name;
        }
    }
    snprintf(name, STORY_NAME_SIZE, "channel %" PRIu32, channel);
    return name;
}

uint32_t
story_channel_number(const struct story *story, const char *name)
{
    char found[STORY_NAME_SIZE];
    uint32_t channel = 0;

    while (strcmp(story_channel(story, channel, found), name) != 0 &&
           strncmp(found, "channel ", 8) != 0) {
        channel++;
    }
    return channel;
}

const char *
story_channel_setting(const struct story *story, uint32_t channel,
                      const char *key)
{
    char name[STORY_NAME_SIZE];

    return story_setting(story, "channel", story_channel(story, channel, name),
                         key);
}

/* --- Records ------------------------------------------------------------- */

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

static void
submit_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)story_word(line, "message");
    const uint64_t parent = (uint64_t)story_word(line, "parent");
    const int64_t recipients = story_word(line, "recipients");
    const int64_t bytes = story_word(line, "bytes");

    if (!is_related(story, message)) {
        if (parent == 0 || !is_related(story, parent)) {
            return;
        }
        story->messages =
            base_realloc(story->messages, (story->messages_count + 1) *
                                              sizeof story->messages[0]);
        story->messages[story->messages_count++] = message;
    }
    /* What is made of another waits since it was made. */
    story->submitted_ns = parent == 0 ? story_word(line, "submitted") : now_ns;
    story->deferred_ns = strstr(line, " deferred=") == NULL
                             ? INT64_MIN
                             : story_word(line, "deferred");
    struct beat *beat = beat_new(story, now_ns, "submitted", message, 0);
    beat_say(beat, "submitted, %" PRId64 " bytes, %" PRId64 " recipient%s",
             bytes, recipients, recipients == 1 ? "" : "s");
    if (parent != 0) {
        beat_say(beat, "%.*s, made of message %" PRIu64, STORY_REASON_SIZE,
                 beat->line, parent);
    }
    beat_number(beat, "bytes", bytes);
    beat_number(beat, "recipients", recipients);
    if (parent == 0) {
        beat_text(beat, "parent", NULL);
    } else {
        beat_number(beat, "parent", (int64_t)parent);
    }
    beat_seconds(beat, "submitted_s", story_word(line, "submitted"));
}

/* others_count - mail of the same queue that goes while ours waits */
static void
others_count(struct story *story, const char *line)
{
    const uint32_t channel =
        story_process(story, story_word(line, "job"))->channel;

    for (uint32_t i = 0; i < story->tracks_count; i++) {
        struct track *track = story->tracks[i];
        track->ahead += !track->is_tried && track->channel == channel &&
                        track->host == story_word(line, "host");
    }
}

/* restart_line - the processes die, and attempts with them; times are lost */
static void
restart_line(struct story *story, const char *line, int64_t now_ns)
{
    for (uint32_t i = 0; i < story->tracks_count; i++) {
        struct track *track = story->tracks[i];
        if (!track->is_live) {
            continue;
        }
        struct beat *beat =
            beat_new(story, now_ns, "restart", track->message, track->number);
        if (track->is_tried) {
            beat_say(beat, "the Job Controller is restarted; the attempt has"
                           " no outcome");
            beat_seconds(beat, "in_delivery_s", now_ns - track->since_ns);
            track->tried_ns += now_ns - track->since_ns;
            wait_begin(track, now_ns);
        } else {
            beat_say(beat, "the Job Controller is restarted; a scan is to show"
                           " it the file again");
            beat_text(beat, "in_delivery_s", NULL);
            wait_stop(story, track, now_ns);
            track->due_ns = 0;
        }
        track->is_unknown = true;
        track->is_counted = false;
    }
    for (uint32_t i = 0; i < story->processes_count; i++) {
        story->processes[i].is_live = false;
    }
    story->up_ns = now_ns + story_word(line, "for");
}

void
story_line(struct story *story, const char *line)
{
    char *end = NULL;
    const int64_t now_ns = strtoll(line, &end, 10);
    const char *what = end;

    /* Behind the time a number, and who did it. */
    for (int i = 0; i < 2 && *what == ' '; i++) {
        what += 1 + strcspn(what + 1, " ");
    }
    if (end == line || *what != ' ') {
        return;
    }
    what++;
    waits_count(story, now_ns);
    if (story_jobs_line(story, what, line, now_ns)) {
        return;
    }
    if (strncmp(what, "restart ", 8) == 0) {
        restart_line(story, line, now_ns);
    } else if (strncmp(what, "submit ", 7) == 0) {
        submit_line(story, line, now_ns);
    } else if (is_related(story, (uint64_t)story_word(line, "message"))) {
        (void)story_files_line(story, what, line, now_ns);
    } else if (strncmp(what, "deliver ", 8) == 0) {
        others_count(story, line);
    }
}

/* --- What the host tells ------------------------------------------------- */

/* backlog_mail - a recipient of a file that is there as the run begins */
static void
backlog_mail(struct story *story, struct track *track,
             const struct mta_mail_event *event)
{
    static const char *const priorities[] = {"urgent", "normal", "nonurgent"};
    const char *priority =
        priorities[event->priority < 2 ? event->priority : 2];
    char age[FIGURES_SIZE];

    if (track == NULL) {
        track = track_add(story, event->message, event->file,
                          event->submitted_at_ns);
        track->backlog = beat_new(story, event->at_ns, "created",
                                  event->message, event->file);
        track->channel = story_channel_number(story, event->channel);
        track->priority = event->priority;
        track->is_unknown = true;
        wait_part(track, "before-run", NULL, event->at_ns,
                  "in the queue, before the run began");
    }
    struct beat *beat = track->backlog;
    const int64_t recipients =
        beat->values_count == 0 ? 1 : beat->values[1].number + 1;
    figures_duration(age, (double)(event->at_ns - event->submitted_at_ns) /
                              (double)NS_PER_S);
    beat_say(beat,
             "is in %s as the run begins, enqueued %s before, %" PRId64
             " recipient%s, priority %s",
             event->channel, age, recipients, recipients == 1 ? "" : "s",
             priority);
    if (recipients > 1) {
        beat->values[1].number = recipients;
        return;
    }
    beat_text(beat, "channel", event->channel);
    beat_number(beat, "recipients", recipients);
    beat_text(beat, "priority", priority);
    beat_text(beat, "state", "backlog");
    beat_text(beat, "rule", NULL);
}

/* line_text - what the line did to the attempt; empty: nothing */
static void
line_text(char text[LINE_SIZE], const struct mta_mail_event *event)
{
    text[0] = '\0';
    if (event->host == NULL || event->fate == RESULT_IN_TIME) {
        return;
    }
    if (event->fate == RESULT_STALLED_DATA) {
        snprintf(text, LINE_SIZE,
                 "; on the line: %s after %" PRId64 " of %" PRId64 " bytes",
                 result_fate_name(event->fate), event->passed_bytes,
                 event->size_bytes);
    } else {
        snprintf(text, LINE_SIZE, "; on the line: %s",
                 result_fate_name(event->fate));
    }
}

void
story_mail(struct story *story, const struct mta_mail_event *event)
{
    static const char *const kinds[] = {
        "enqueued",     "delivered", "deferred (4xx, or no answer)",
        "failed (5xx)", "returned",  "warned",
        "rejected"};
    static const char *const words[] = {"enqueued", "delivered", "deferred",
                                        "failed",   "returned",  "warned",
                                        "rejected"};
    static const char *const phases[] = {"connect", "greeting", "EHLO", "MAIL",
                                         "RCPT",    "DATA",     "dot"};
    struct track *track = NULL;
    char line[LINE_SIZE];

    if (!is_related(story, event->message)) {
        return;
    }
    track = track_find(story, event->message, (int64_t)event->file);
    if (event->kind == MTA_MAIL_ENQUEUED) {
        if (track == NULL || track->backlog != NULL) {
            backlog_mail(story, track, event);
        }
        return;
    }
    const bool has_phase = event->host != NULL && event->phase <= SMTP_DOT;
    struct beat *beat =
        beat_new(story, event->at_ns, "recipient", event->message, event->file);
    line_text(line, event);
    beat_say(beat, "recipient %" PRIu32 " at %s: %s%s%s%s%s%s",
             event->recipient, event->domain, kinds[event->kind],
             has_phase ? " by " : "", has_phase ? event->host : "",
             has_phase ? ", phase " : "", has_phase ? phases[event->phase] : "",
             line);
    beat_number(beat, "recipient", event->recipient);
    beat_text(beat, "domain", event->domain);
    beat_text(beat, "became", words[event->kind]);
    beat_text(beat, "host", has_phase ? event->host : NULL);
    beat_text(beat, "phase", has_phase ? phases[event->phase] : NULL);
    beat_text(beat, "line",
              line[0] != '\0' ? result_fate_name(event->fate) : NULL);
    if (event->kind == MTA_MAIL_DELIVERED && track != NULL) {
        track->has_delivered = true;
    }
}

/* found - a scan has shown it to the scheduler */
static void
found(struct story *story, struct track *track, const struct mta_state *state)
{
    if (!track->is_unknown) {
        return;
    }
    struct beat *beat =
        beat_new(story, state->at_ns, "found", track->message, track->number);
    beat_say(beat, "is found by a scan, with %" PRIu32 " failed attempt%s",
             state->attempts, state->attempts == 1 ? "" : "s");
    beat_number(beat, "attempts", state->attempts);
    if (track->is_held && !state->is_held) { /* released meanwhile */
        wait_part(track, "held", "holdlimit", state->at_ns, "held (holdlimit)");
    }
    track->is_held = state->is_held;
    wait_unknown(story, track, state->at_ns);
    track->attempts = state->attempts;
}

/* left - the run ends before it does */
static void
left(struct story *story, struct track *track, const struct mta_state *state)
{
    struct beat *beat =
        beat_new(story, state->at_ns, "left", track->message, track->number);
    const int64_t ns = state->at_ns - track->since_ns;
    const char *where = track->is_tried  ? "delivery"
                        : track->is_held ? "held"
                                         : "waiting";
    char text[FIGURES_SIZE];

    figures_duration(text, (double)ns / (double)NS_PER_S);
    beat_text(beat, "state", where);
    if (track->is_tried) {
        beat_say(beat, "the run ends; it is being delivered since %s", text);
        beat_seconds(beat, "in_delivery_s", ns);
        return;
    }
    beat_say(beat, "the run ends; it is still %s, and has waited %s",
             track->is_held ? "held" : "queued", text);
    wait_stop(story, track, state->at_ns);
    beat_seconds(beat, "waited_s", ns);
    beat_waits(beat, track);
}

static void
reason_keep(struct track *track, const struct mta_state *state)
{
    snprintf(track->reason, sizeof track->reason, "%s",
             state->text == NULL ? "" : state->text);
    track->reason[strcspn(track->reason, "\n")] = '\0';
}

/* due_read - until when it waits, as the scheduler says: the host knows no
 * time but for what it was told */
static void
due_read(struct track *track, const struct mta_state *state)
{
    const char *due = strstr(track->reason,
                             state->attempts > 0 ? "tried at " : "not before ");

    track->failures = state->attempts;
    track->is_backoff = state->attempts > 0;
    track->due_ns =
        due == NULL ? 0 : strtoll(due + strcspn(due, "0123456789"), NULL, 10);
}

void
story_file(struct story *story, const struct mta_state *state)
{
    struct track *track =
        track_find(story, state->message, (int64_t)state->file);

    if (track == NULL) {
        return;
    }
    track->is_live = true;
    if (state->host != UINT32_MAX) {
        track->host = state->host;
    }
    if (state->kind == MTA_STATE_LEFT) {
        reason_keep(track, state);
        left(story, track, state);
        return;
    }
    if (state->kind == MTA_STATE_FOUND) {
        found(story, track, state);
    }
    /* Its wait begins now, and not because of another file. */
    if (!track->is_tried && track->told_ns == state->at_ns) {
        reason_keep(track, state);
        due_read(track, state);
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
                            .messages_count = 1};
    story->messages = base_alloc(sizeof story->messages[0]);
    story->messages[0] = message;
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
    for (uint32_t i = 0; i < story->tracks_count; i++) {
        free(story->tracks[i]->waits);
        free(story->tracks[i]);
    }
    beats_free(story);
    free(story->processes);
    free(story->tracks);
    free(story->messages);
    free(story);
}

bool
story_is_empty(const struct story *story)
{
    return story->beats == NULL;
}
