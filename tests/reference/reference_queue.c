/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reference_queue.c - see reference.h: files, their order, and who wants hands
 */
#include "tests/support/support.h"

#include <string.h>

#include "tests/reference/reference_state.h"

const struct reference_channel *
ref_channel_of(const struct reference *r, uint32_t channel)
{
    return &r->settings.channels[channel];
}

struct file *
ref_file_find(struct reference *r, uint64_t message, uint32_t number)
{
    for (uint32_t i = 0; i < r->files_count; i++) {
        if (r->files[i].message == message && r->files[i].number == number) {
            return &r->files[i];
        }
    }
    return NULL;
}

void
ref_file_forget(struct reference *r, struct file *file)
{
    const uint32_t at = (uint32_t)(file - r->files);

    r->files_count--;
    memmove(file, file + 1, (r->files_count - at) * sizeof *file);
    if (at < r->return_at) {
        r->return_at--;
    }
}

struct file *
ref_file_last(struct reference *r, struct file *file)
{
    const struct file copy = *file;

    ref_file_forget(r, file);
    r->files[r->files_count] = copy;
    return &r->files[r->files_count++];
}

uint32_t
ref_class_of(uint32_t priority)
{
    return priority > SCHED_PRIORITY_NONURGENT ? SCHED_PRIORITY_NONURGENT
                                               : priority;
}

int
ref_goes_before(const struct file *a, const struct file *b)
{
    if (a->priority != b->priority) {
        return a->priority < b->priority;
    }
    if (a->eligible_at_ns != b->eligible_at_ns) {
        return a->eligible_at_ns < b->eligible_at_ns;
    }
    if (a->message != b->message) {
        return a->message < b->message;
    }
    return a->number < b->number;
}

int
ref_is_served(const struct reference *r, uint32_t channel, uint32_t host)
{
    for (uint32_t j = 0; j < r->jobs_count; j++) {
        const struct job *job = &r->jobs[j];

        for (uint32_t t = 0; job->channel == channel && t < job->threads_count;
             t++) {
            const struct thread *thread = &job->threads[t];

            if (thread->is != THREAD_IDLE && thread->is != THREAD_STOPS &&
                thread->host == host) {
                return 1;
            }
        }
    }
    return 0;
}

uint32_t
ref_threads_serving(const struct reference *r, uint32_t channel, uint32_t host)
{
    uint32_t count = 0;

    for (uint32_t j = 0; j < r->jobs_count; j++) {
        const struct job *job = &r->jobs[j];

        for (uint32_t t = 0; job->channel == channel && t < job->threads_count;
             t++) {
            const struct thread *thread = &job->threads[t];

            count += thread->is != THREAD_IDLE && thread->is != THREAD_STOPS &&
                     thread->host == host;
        }
    }
    return count;
}

struct file *
ref_head_of_host(struct reference *r, uint32_t channel, uint32_t host)
{
    struct file *best = NULL;

    for (uint32_t i = 0; i < r->files_count; i++) {
        struct file *file = &r->files[i];

        if (file->is == FILE_READY && file->channel == channel &&
            file->host == host &&
            (best == NULL || ref_goes_before(file, best))) {
            best = file;
        }
    }
    return best;
}

static struct file *
head_unserved(struct reference *r, uint32_t channel)
{
    struct file *best = NULL;

    for (uint32_t i = 0; i < r->files_count; i++) {
        struct file *file = &r->files[i];

        if (file->is == FILE_READY && file->channel == channel &&
            (best == NULL || ref_goes_before(file, best)) &&
            !ref_is_served(r, channel, file->host)) {
            best = file;
        }
    }
    return best;
}

struct file *
ref_head_of_channel(struct reference *r, uint32_t channel)
{
    struct file *best = NULL;

    for (uint32_t i = 0; i < r->files_count; i++) {
        struct file *file = &r->files[i];

        if (file->is == FILE_READY && file->channel == channel &&
            (best == NULL || ref_goes_before(file, best))) {
            best = file;
        }
    }
    return best;
}

/* backlog - READY and ACTIVE files: of a host, or of all hosts of a channel */
uint32_t
ref_backlog(const struct reference *r, uint32_t channel, int of_all,
            uint32_t host)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < r->files_count; i++) {
        const struct file *file = &r->files[i];

        count += (file->is == FILE_READY || file->is == FILE_ACTIVE) &&
                 file->channel == channel && (of_all || file->host == host);
    }
    return count;
}

static int
lacks_threads(const struct reference *r, const struct file *file)
{
    const uint32_t channel = file->channel;
    const uint32_t files = ref_backlog(r, channel, 0, file->host);
    uint32_t wanted = 1 + files / ref_depth(r, channel);

    if (wanted > files) {
        wanted = files; /* one more would find nothing to do */
    }
    return ref_threads_serving(r, channel, file->host) < wanted;
}

/* head_lacking - best READY file of the hosts that lack threads */
static struct file *
head_lacking(struct reference *r, uint32_t channel)
{
    struct file *best = NULL;

    for (uint32_t i = 0; i < r->files_count; i++) {
        struct file *file = &r->files[i];

        if (file->is == FILE_READY && file->channel == channel &&
            (best == NULL || ref_goes_before(file, best)) &&
            lacks_threads(r, file)) {
            best = file;
        }
    }
    return best;
}

/* head_wanting - who is next to be given hands */
struct file *
ref_head_wanting(struct reference *r, uint32_t channel)
{
    return r->settings.policy == REFERENCE_LEVEL ? head_lacking(r, channel)
                                                 : head_unserved(r, channel);
}
