/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story_jobs.c - the processes and threads that a story's waits are for
 */
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/story_parts.h"

enum { KEY_SIZE = 80 };

/* story_word - the value of a key of the record; 0: it has none */
int64_t
story_word(const char *line, const char *key)
{
    char wanted[KEY_SIZE];
    const char *at = NULL;

    snprintf(wanted, sizeof wanted, " %s=", key);
    at = strstr(line, wanted);
    return at == NULL ? 0 : strtoll(at + strlen(wanted), NULL, 10);
}

struct process *
story_process(struct story *story, int64_t id)
{
    const uint32_t wanted = (uint32_t)id + 1;

    if (wanted > story->processes_count) {
        const uint32_t before = story->processes_count;
        story->processes_count = 2 * wanted;
        story->processes = base_realloc(
            story->processes, story->processes_count * sizeof(struct process));
        memset(story->processes + before, 0,
               (story->processes_count - before) * sizeof(struct process));
    }
    return &story->processes[id];
}

static void
thread_note(struct process *process, int64_t thread, int64_t asked_ns,
            int64_t ready_ns)
{
    const uint32_t wanted = (uint32_t)thread + 1;

    if (wanted > process->threads_count) {
        const size_t bytes = (size_t)wanted * sizeof(int64_t);
        process->thread_asked_ns =
            base_realloc(process->thread_asked_ns, bytes);
        process->thread_ready_ns =
            base_realloc(process->thread_ready_ns, bytes);
        for (uint32_t i = process->threads_count; i < wanted; i++) {
            process->thread_asked_ns[i] = process->asked_ns;
            process->thread_ready_ns[i] = 0;
        }
        process->threads_count = wanted;
    }
    ASSERT(process->thread_asked_ns != NULL &&
           process->thread_ready_ns != NULL);
    if (asked_ns >= 0) {
        process->thread_asked_ns[thread] = asked_ns;
    }
    if (ready_ns >= 0) {
        process->thread_ready_ns[thread] = ready_ns;
    }
}

/* story_jobs_count - live ones of a channel, or of its pool */
uint32_t
story_jobs_count(const struct story *story, uint32_t channel, bool is_pool)
{
    const char *pool = story_channel_setting(story, channel, "pool");
    uint32_t count = 0;

    for (uint32_t i = 0; i < story->processes_count; i++) {
        const struct process *process = &story->processes[i];
        count += process->is_live &&
                 (process->channel == channel ||
                  (is_pool &&
                   strcmp(pool, story_channel_setting(story, process->channel,
                                                      "pool")) == 0));
    }
    return count;
}

/* story_jobs_line - a record about processes and threads; false: it is about mail */
bool
story_jobs_line(struct story *story, const char *what, const char *line,
                int64_t now_ns)
{
    struct process *process = NULL;
    const int64_t thread = story_word(line, "thread");

    if (strncmp(what, "start-job ", 10) == 0) {
        process = story_process(story, story_word(line, "job"));
        free(process->thread_asked_ns); /* ids begin anew after a restart */
        free(process->thread_ready_ns);
        *process =
            (struct process){.asked_ns = now_ns,
                             .ready_ns = -1,
                             .is_live = true,
                             .channel = (uint32_t)story_word(line, "channel")};
        thread_note(process, thread, now_ns, -1);
    } else if (strncmp(what, "job-", 4) == 0) {
        process = story_process(story, story_word(line, "job"));
        if (strncmp(what, "job-started ", 12) == 0) {
            process->ready_ns = now_ns;
        } else {
            process->is_live = false;
        }
    } else if (strncmp(what, "start-thread ", 13) == 0) {
        thread_note(story_process(story, story_word(line, "job")), thread,
                    now_ns, -1);
    } else if (strncmp(what, "thread-ready ", 13) == 0) {
        thread_note(story_process(story, story_word(line, "job")), thread, -1,
                    now_ns);
    } else {
        return false;
    }
    return true;
}
