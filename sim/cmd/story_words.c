/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story_words.c - a story's times, settings and waits in words
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/figures.h"
#include "sim/cmd/story_parts.h"
#include "sim/kernel/civil.h"

void
story_duration(FILE *out, int64_t ns)
{
    char text[FIGURES_SIZE];

    figures_duration(text, (double)ns / (double)NS_PER_S);
    fputs(text, out);
}

/* clock_say - the wall clock, to the second */
static void
clock_say(FILE *out, int64_t wall_ns)
{
    char text[CIVIL_TEXT_SIZE];

    civil_format(wall_ns / NS_PER_S * NS_PER_S, text);
    text[10] = ' ';
    fprintf(out, "%.19s", text);
}

/* story_beat - begins a line: since the start, and by the wall clock */
FILE *
story_beat(struct story *story, int64_t at_ns)
{
    fprintf(story->out, "%14.6f s  ", (double)at_ns / (double)NS_PER_S);
    clock_say(story->out, story->start_wall_ns + at_ns);
    fputs("  ", story->out);
    return story->out;
}

void
story_times(const char *text, int64_t start_wall_ns, FILE *out)
{
    while (*text != '\0') {
        char *end = NULL;
        const int64_t ns =
            *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : 0;

        if (end != NULL && strncmp(end, " ns", 3) == 0) {
            story_duration(out, ns);
            fputs(" (", out);
            clock_say(out, start_wall_ns + ns);
            fputc(')', out);
            text = end + 3;
        } else if (end != NULL) {
            fprintf(out, "%.*s", (int)(end - text), text);
            text = end;
        } else {
            fputc(*text++, out);
        }
    }
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

/* story_setting - its value, "" if there is none */
static const char *
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

const char *
story_channel_setting(const struct story *story, uint32_t channel,
                      const char *key)
{
    char name[STORY_NAME_SIZE];

    return story_setting(story, "channel", story_channel(story, channel, name),
                         key);
}

/* part_say - a part of a wait, if it took any time */
static void
part_say(struct story *story, int64_t from_ns, int64_t until_ns,
         const char *what)
{
    if (until_ns > from_ns) {
        fprintf(story->out, "%41swaited ", "");
        story_duration(story->out, until_ns - from_ns);
        fprintf(story->out, ": %s\n", what);
    }
}

/* no_process - why none was there: which limit was reached */
static void
no_process(const struct story *story, const struct track *track, char *text,
           size_t size)
{
    const char *pool = story_channel_setting(story, track->channel, "pool");
    const char *limit = story_setting(story, "pool", pool, "job_limit");
    const char *most = story_channel_setting(story, track->channel, "maxjobs");

    if (limit[0] != '\0' && track->pool_jobs >= strtoul(limit, NULL, 10)) {
        snprintf(text, size, "no job slot: pool %s was at its JOB_LIMIT of %s",
                 pool, limit);
    } else if (most[0] != '\0' &&
               track->channel_jobs >= strtoul(most, NULL, 10)) {
        snprintf(text, size,
                 "no job slot: the channel was at its maxjobs of"
                 " %s",
                 most);
    } else {
        snprintf(text, size,
                 "no process was started for it yet (the channel had %" PRIu32
                 ", maxjobs %s; the pool %" PRIu32 ", JOB_LIMIT %s)",
                 track->channel_jobs, most, track->pool_jobs, limit);
    }
}

/* not_due - why it was not to go before due_ns: the place in the list */
static void
not_due(const struct story *story, const struct track *track, char *text,
        size_t size)
{
    static const char *const keys[] = {"urgentbackoff", "normalbackoff",
                                       "nonurgentbackoff"};
    const char *key = keys[track->priority < 2 ? track->priority : 2];
    const char *list = story_channel_setting(story, track->channel, key);
    uint32_t places = 1;

    for (const char *c = list; *c != '\0'; c++) {
        places += *c == ' ';
    }
    if (track->is_backoff) {
        snprintf(text, size, "%s, place %" PRIu32 " of \"%s\"", key,
                 track->failures < places ? track->failures : places, list);
    } else {
        snprintf(text, size, "a periodic run, or its sender's deferral");
    }
}

/* story_wait - the wait that ends now, in its parts */
void
story_wait(struct story *story, const struct track *track, int64_t job,
           int64_t thread, int64_t now_ns)
{
    const struct process *process = story_process(story, job);
    const int64_t known = thread < process->threads_count;
    const int64_t marks[] = {track->due_ns,
                             process->asked_ns,
                             process->ready_ns < 0 ? process->asked_ns
                                                   : process->ready_ns,
                             known != 0 ? process->thread_asked_ns[thread] : 0,
                             known != 0 ? process->thread_ready_ns[thread] : 0,
                             now_ns};
    char texts[6][STORY_REASON_SIZE] = {
        "", "", "the process was starting", "", "the thread was starting", ""};
    int64_t from_ns = track->since_ns;

    if (track->is_held) {
        part_say(story, from_ns, now_ns, "held (holdlimit), and then released");
        return;
    }
    not_due(story, track, texts[0], STORY_REASON_SIZE);
    no_process(story, track, texts[1], STORY_REASON_SIZE);
    snprintf(texts[3], STORY_REASON_SIZE,
             "no thread: threaddepth %s, max_client_threads %s; %" PRIu32
             " other messages of its queue went before it",
             story_channel_setting(story, track->channel, "threaddepth"),
             story_channel_setting(story, track->channel, "max_client_threads"),
             track->ahead);
    snprintf(texts[5], STORY_REASON_SIZE,
             "every thread for it was at other mail (threaddepth %s, "
             "max_client_threads %s); %" PRIu32
             " other messages of its queue went before it",
             story_channel_setting(story, track->channel, "threaddepth"),
             story_channel_setting(story, track->channel, "max_client_threads"),
             track->ahead);
    for (int i = 0; i < 6; i++) {
        const int64_t until_ns = i64_min(marks[i], now_ns);
        part_say(story, from_ns, until_ns, texts[i]);
        from_ns = i64_max(from_ns, until_ns);
    }
    if (track->reason[0] != '\0' && now_ns > track->since_ns) {
        fprintf(story->out, "%41sthe scheduler, as the wait began: ", "");
        story_times(track->reason, story->start_wall_ns, story->out);
        fputc('\n', story->out);
    }
}
