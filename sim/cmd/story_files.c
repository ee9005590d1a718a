/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story_files.c - the files of a message: created, tried, rewritten, held
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/figures.h"
#include "sim/cmd/story_parts.h"

/* A new file's state, as the record of its creation has it. */
enum { STATE_HELD = 1, STATE_UNTRACKED = 2 };

/* A duration in words. */
struct words {
    char text[FIGURES_SIZE];
};

static struct words
words_of(int64_t ns)
{
    struct words words;

    figures_duration(words.text, (double)ns / (double)NS_PER_S);
    return words;
}

struct track *
track_find(struct story *story, uint64_t message, int64_t number)
{
    for (uint32_t i = 0; i < story->tracks_count; i++) {
        if (story->tracks[i]->message == message &&
            story->tracks[i]->number == number) {
            return story->tracks[i];
        }
    }
    return NULL;
}

struct track *
track_add(struct story *story, uint64_t message, int64_t number, int64_t now_ns)
{
    struct track *track = base_alloc(sizeof *track);

    *track = (struct track){.message = message,
                            .number = (uint32_t)number,
                            .host = -1,
                            .deferred_ns = INT64_MIN,
                            .submitted_ns = now_ns,
                            .is_live = true};
    track->waits = base_alloc(STORY_WAITS_MAX * sizeof track->waits[0]);
    wait_begin(track, now_ns);
    story->tracks = base_realloc(story->tracks, (story->tracks_count + 1) *
                                                    sizeof story->tracks[0]);
    story->tracks[story->tracks_count++] = track;
    return track;
}

static void
create_line(struct story *story, const char *line, int64_t now_ns)
{
    static const char *const priorities[] = {"urgent", "normal", "nonurgent",
                                             "secondclass", "thirdclass"};
    const uint64_t message = (uint64_t)story_word(line, "message");
    const int64_t number = story_word(line, "file");
    const int64_t state = story_word(line, "state");
    const int64_t recipients = story_word(line, "recipients");
    struct track *track =
        track_add(story, message, number, i64_min(story->submitted_ns, now_ns));
    struct beat *beat = beat_new(story, now_ns, "created", message, number);
    const char *rule = state == STATE_HELD        ? "holdlimit"
                       : state == STATE_UNTRACKED ? "max_messages"
                                                  : NULL;
    const char *word = state == STATE_HELD        ? "held"
                       : state == STATE_UNTRACKED ? "untracked"
                                                  : "ready";
    char name[STORY_NAME_SIZE];

    track->channel = (uint32_t)story_word(line, "channel");
    track->host = story_word(line, "host");
    track->priority = (uint32_t)story_word(line, "priority") % 5;
    track->deferred_ns = story->deferred_ns;
    track->is_held = state == STATE_HELD;
    track->is_unknown = state == STATE_UNTRACKED;
    track->is_untracked = track->is_unknown;
    wait_part(track, "no-scheduler", NULL, now_ns,
              "the Job Controller was being restarted");
    story_channel(story, track->channel, name);
    beat_say(beat, "put into %s, %" PRId64 " recipient%s, priority %s%s%s%s%s",
             name, recipients, recipients == 1 ? "" : "s",
             priorities[track->priority], rule == NULL ? "" : ", ",
             rule == NULL ? "" : word, rule == NULL ? "" : " (",
             rule == NULL ? "" : rule);
    if (rule != NULL) {
        beat_say(beat, "%.*s)", STORY_REASON_SIZE, beat->line);
    }
    beat_text(beat, "channel", name);
    beat_number(beat, "recipients", recipients);
    beat_text(beat, "priority", priorities[track->priority]);
    beat_text(beat, "state", word);
    beat_text(beat, "rule", rule);
}

static void
deliver_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)story_word(line, "message");
    const int64_t number = story_word(line, "file");
    const int64_t job = story_word(line, "job");
    const int64_t thread = story_word(line, "thread");
    struct track *track = track_find(story, message, number);
    struct beat *beat = beat_new(story, now_ns, "attempt", message, number);

    if (track == NULL) {
        track = track_add(story, message, number, now_ns);
        track->channel = story_process(story, job)->channel;
    }
    track->host = story_word(line, "host");
    wait_end(story, track, job, thread, now_ns);
    beat_say(beat,
             "attempt %" PRIu32 ", job %" PRId64 ", thread %" PRId64
             "; it had waited %s",
             track->attempts + 1, job, thread,
             words_of(now_ns - track->since_ns).text);
    beat_number(beat, "attempt", (int64_t)track->attempts + 1);
    beat_number(beat, "job", job);
    beat_number(beat, "thread", thread);
    beat_seconds(beat, "waited_s", now_ns - track->since_ns);
    if (now_ns == track->since_ns) {
        track->reason[0] = '\0';
    }
    beat_waits(beat, track);
    track->waited_ns += now_ns - track->since_ns;
    track->since_ns = now_ns;
    track->is_tried = true;
    track->is_live = true;
    track->is_held = false;
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
    struct beat *beat =
        beat_new(story, now_ns, "attempt-ended", message, number);
    const int64_t tried_ns = now_ns - track->since_ns;
    track->tried_ns += tried_ns;
    track->attempts++;
    beat_say(beat, "the attempt ends; in delivery %s", words_of(tried_ns).text);
    beat_seconds(beat, "in_delivery_s", tried_ns);
    if (track->has_delivered) {
        const int64_t total_ns = now_ns - track->submitted_ns;
        beat_say(beat,
                 "the attempt ends; in delivery %s\n%41ssubmit to delivery %s "
                 "= waited %s + in delivery %s",
                 words_of(tried_ns).text, "", words_of(total_ns).text,
                 words_of(track->waited_ns).text,
                 words_of(track->tried_ns).text);
        beat_seconds(beat, "total_s", total_ns);
        beat_seconds(beat, "total_waited_s", track->waited_ns);
        beat_seconds(beat, "total_in_delivery_s", track->tried_ns);
    }
    wait_begin(track, now_ns);
    track->is_live = false; /* until it is said to wait */
}

/* rewrite_line - what is left of a file goes on in a new one, as old as it */
static void
rewrite_line(struct story *story, const char *line, int64_t now_ns)
{
    const uint64_t message = (uint64_t)story_word(line, "message");
    const int64_t number = story_word(line, "file");
    const int64_t new_number = story_word(line, "new");
    struct track *before = track_find(story, message, number);
    struct beat *beat = beat_new(story, now_ns, "rewritten", message, number);

    if (before != NULL && new_number != number) {
        struct track *track = track_add(story, message, new_number, now_ns);
        struct wait_part *waits = track->waits;
        *track = *before;
        track->waits = waits;
        track->waits_count = 0;
        track->number = (uint32_t)new_number;
        track->is_live = true;
        before->is_live = false;
    }
    beat_say(beat, "what is left of it is rewritten as file %" PRId64,
             new_number);
    beat_number(beat, "new_file", new_number);
}

/* What is done by a rule. */
static const struct deed {
    const char *what;
    const char *event;
    const char *rule; /* NULL: none */
    const char *words;
    bool has_notices; /* of which channel they are tells more */
} deeds[] = {
    {"hold ", "held", "holdlimit", "is held (holdlimit) until it is released",
     false},
    {"return ", "returned", "notices",
     "is returned to its sender (notices, last value); notices ", true},
    {"warn ", "warned", "notices", "its sender is warned (notices); notices ",
     true},
    {"notify ", "notice", NULL, "a notice is made to its sender", false},
    {"command ", "released", NULL, "is released by the postmaster", false},
    {"reject ", "rejected", "transactionlimit",
     "is rejected (transactionlimit)", false}};

/* deed_line - hold, return, warn, notify, release, reject */
static void
deed_line(struct story *story, const struct deed *deed, const char *line,
          int64_t now_ns)
{
    const uint64_t message = (uint64_t)story_word(line, "message");
    const int64_t number = story_word(line, "file");
    struct track *track = track_find(story, message, number);
    struct beat *beat = beat_new(story, now_ns, deed->event, message, number);

    beat_say(beat, "%s%s", deed->words,
             deed->has_notices && track != NULL
                 ? story_channel_setting(story, track->channel, "notices")
                 : "");
    beat_text(beat, "rule", deed->rule);
    if (track == NULL) {
        return;
    }
    if (strcmp(deed->event, "held") == 0) {
        track->is_held = true;
    } else if (strcmp(deed->event, "released") == 0) {
        wait_part(track, "held", "holdlimit", now_ns, "held (holdlimit)");
        track->is_held = false;
    } else if (strcmp(deed->event, "returned") == 0) {
        track->is_live = false;
    }
}

bool
story_files_line(struct story *story, const char *what, const char *line,
                 int64_t now_ns)
{
    if (strncmp(what, "create ", 7) == 0) {
        create_line(story, line, now_ns);
    } else if (strncmp(what, "deliver ", 8) == 0) {
        deliver_line(story, line, now_ns);
    } else if (strncmp(what, "outcome ", 8) == 0) {
        outcome_line(story, line, now_ns);
    } else if (strncmp(what, "rewrite ", 8) == 0) {
        rewrite_line(story, line, now_ns);
    } else {
        for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
            if (strncmp(what, deeds[i].what, strlen(deeds[i].what)) == 0) {
                deed_line(story, &deeds[i], line, now_ns);
                return true;
            }
        }
        return false;
    }
    return true;
}
