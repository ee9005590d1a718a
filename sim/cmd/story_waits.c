/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story_waits.c - a wait and its parts
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/story_parts.h"

void
wait_begin(struct track *track, int64_t now_ns)
{
    track->since_ns = now_ns;
    track->told_ns = now_ns;
    track->due_ns = 0;
    track->waits_count = 0;
    track->ahead = 0;
    track->is_tried = false;
    track->is_counted = false;
    track->is_backoff = false;
    track->has_delivered = false;
    track->reason[0] = '\0';
}

void
waits_count(struct story *story, int64_t now_ns)
{
    for (uint32_t i = 0; i < story->tracks_count; i++) {
        struct track *track = story->tracks[i];

        if (track->is_live && !track->is_tried && !track->is_counted &&
            !track->is_unknown && !track->is_held &&
            now_ns > i64_max(track->told_ns, track->due_ns)) {
            track->channel_jobs =
                story_jobs_count(story, track->channel, false);
            track->pool_jobs = story_jobs_count(story, track->channel, true);
            track->is_counted = true;
        }
    }
}

/* wait_part - if it took any time */
void
wait_part(struct track *track, const char *kind, const char *rule,
          int64_t until_ns, const char *text)
{
    struct wait_part *part = NULL;

    if (until_ns <= track->told_ns) {
        return;
    }
    if (track->waits_count == STORY_WAITS_MAX) {
        part = &track->waits[track->waits_count - 1];
        part->ns += until_ns - track->told_ns;
    } else {
        part = &track->waits[track->waits_count++];
        *part = (struct wait_part){
            .kind = kind, .rule = rule, .ns = until_ns - track->told_ns};
        snprintf(part->text, sizeof part->text, "%s", text);
    }
    track->told_ns = until_ns;
}

/* due_part - until it was to go: the place in the list */
static void
due_part(const struct story *story, struct track *track, int64_t now_ns)
{
    static const char *const keys[] = {"urgentbackoff", "normalbackoff",
                                       "nonurgentbackoff"};
    const char *key = keys[track->priority < 2 ? track->priority : 2];
    const char *list = story_channel_setting(story, track->channel, key);
    const int64_t until_ns = i64_min(track->due_ns, now_ns);
    char text[STORY_REASON_SIZE];
    uint32_t places = 1;

    for (const char *c = list; *c != '\0'; c++) {
        places += *c == ' ';
    }
    if (track->is_backoff) {
        snprintf(text, sizeof text, "%s, place %" PRIu32 " of \"%s\"", key,
                 track->failures < places ? track->failures : places, list);
        wait_part(track, "backoff", key, until_ns, text);
    } else if (track->due_ns == track->deferred_ns) {
        wait_part(track, "deferred", "deferred", until_ns,
                  "its sender's date (deferred)");
    } else {
        wait_part(track, "periodic", "periodic", until_ns,
                  "a periodic run, for its priority is not tried at once");
    }
}

/* jobs_part - no process had it: which limit was reached */
static void
jobs_part(const struct story *story, struct track *track, int64_t until_ns)
{
    const char *pool = story_channel_setting(story, track->channel, "pool");
    const char *limit = story_setting(story, "pool", pool, "job_limit");
    const char *most = story_channel_setting(story, track->channel, "maxjobs");
    char text[STORY_REASON_SIZE];

    if (limit[0] != '\0' && track->pool_jobs >= strtoul(limit, NULL, 10)) {
        snprintf(text, sizeof text,
                 "no job slot: pool %s was at its JOB_LIMIT of %s", pool,
                 limit);
        wait_part(track, "job-slot", "JOB_LIMIT", until_ns, text);
    } else if (most[0] != '\0' &&
               track->channel_jobs >= strtoul(most, NULL, 10)) {
        snprintf(text, sizeof text,
                 "no job slot: the channel was at its maxjobs of %s", most);
        wait_part(track, "job-slot", "maxjobs", until_ns, text);
    } else {
        snprintf(text, sizeof text,
                 "no process was started for it yet (the channel had %" PRIu32
                 ", maxjobs %s; the pool %" PRIu32 ", JOB_LIMIT %s)",
                 track->channel_jobs, most, track->pool_jobs, limit);
        wait_part(track, "job", NULL, until_ns, text);
    }
}

/* thread_part - the process had none for it, or all of them were busy */
static void
thread_part(const struct story *story, struct track *track, const char *kind,
            int64_t until_ns)
{
    char text[STORY_REASON_SIZE];

    snprintf(text, sizeof text,
             "%s (threaddepth %s, max_client_threads %s); %" PRIu32
             " other messages of its queue went before it",
             strcmp(kind, "turn") == 0 ? "every thread for it was at other mail"
                                       : "no thread",
             story_channel_setting(story, track->channel, "threaddepth"),
             story_channel_setting(story, track->channel, "max_client_threads"),
             track->ahead);
    wait_part(track, kind, "threaddepth", until_ns, text);
}

void
wait_unknown(struct story *story, struct track *track, int64_t now_ns)
{
    if (track->is_unknown) {
        wait_part(track, "no-scheduler", NULL, i64_min(story->up_ns, now_ns),
                  "the Job Controller was being restarted");
        if (track->is_untracked) {
            wait_part(track, "scan", "max_messages", now_ns,
                      "untracked (max_messages), until a scan loaded it");
        } else {
            wait_part(track, "scan", NULL, now_ns,
                      "no scan had shown it to the Job Controller yet");
        }
        track->is_unknown = false;
        track->is_untracked = false;
    }
}

/* wait_before - what it waited for before a thread was to be found */
static void
wait_before(struct story *story, struct track *track, int64_t now_ns)
{
    wait_unknown(story, track, now_ns);
    if (track->is_held) {
        wait_part(track, "held", "holdlimit", now_ns, "held (holdlimit)");
    }
    due_part(story, track, now_ns);
}

void
wait_stop(struct story *story, struct track *track, int64_t now_ns)
{
    wait_before(story, track, now_ns);
    track->channel_jobs = story_jobs_count(story, track->channel, false);
    track->pool_jobs = story_jobs_count(story, track->channel, true);
    if (track->channel_jobs > 0) {
        thread_part(story, track, "turn", now_ns);
    } else {
        jobs_part(story, track, now_ns);
    }
}

void
wait_end(struct story *story, struct track *track, int64_t job, int64_t thread,
         int64_t now_ns)
{
    const struct process *process = story_process(story, job);
    const bool is_known = thread < process->threads_count;

    wait_before(story, track, now_ns);
    jobs_part(story, track, i64_min(process->asked_ns, now_ns));
    wait_part(track, "process-start", NULL, i64_min(process->ready_ns, now_ns),
              "the process was starting");
    if (is_known) {
        thread_part(story, track, "thread",
                    i64_min(process->thread_asked_ns[thread], now_ns));
        wait_part(track, "thread-start", NULL,
                  i64_min(process->thread_ready_ns[thread], now_ns),
                  "the thread was starting");
    }
    thread_part(story, track, "turn", now_ns);
}
