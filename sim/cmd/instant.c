/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * instant.c - see instant.h
 */
#include "sim/cmd/instant.h"

#include <inttypes.h>

#include "sim/cmd/wording.h"

/* --- As text --------------------------------------------------------------- */

/* queue_print - as `qm summarize` and `qm messages`, and the ages by qshape */
static void
queue_print(const struct mta_state *state, FILE *out)
{
    fprintf(out, "\nchannel %s: %" PRIu32 " queued, %" PRId64 " bytes, oldest ",
            state->channel, state->files_count, state->bytes);
    wording_duration(out, state->at_ns - state->submitted_ns);
    fprintf(out, "\n  %-32s %7s %7s %7s  minutes:", "host", "active", "delayed",
            "held");
    for (uint32_t i = 0; i + 1 < MTA_STATE_AGES_COUNT; i++) {
        fprintf(out, " %5d", (int)(MTA_STATE_AGE_NS / (60 * NS_PER_S)) << i);
    }
    fprintf(out, " older\n");
    for (uint32_t i = 0; i < state->hosts_count; i++) {
        const struct mta_state_host *host = &state->hosts[i];

        fprintf(out, "  %-32s %7" PRIu32 " %7" PRIu32 " %7" PRIu32 "  %8s",
                host->name, host->active, host->delayed, host->held, "");
        for (uint32_t age = 0; age < MTA_STATE_AGES_COUNT; age++) {
            fprintf(out, " %5" PRIu32, host->ages[age]);
        }
        fputc('\n', out);
    }
}

static void
job_print(const struct mta_state *state, int64_t start_wall_ns, FILE *out)
{
    fprintf(out, "\njob %" PRIu32 ", channel %s: %s, %" PRIu32 " threads\n",
            state->job, state->channel, state->name, state->threads_count);
    for (uint32_t i = 0; i < state->threads_count; i++) {
        const struct mta_state_thread *thread = &state->threads[i];

        fprintf(out, "  thread %" PRIu32 ": %s", thread->thread, thread->state);
        if (thread->message != 0) {
            fprintf(out, ", message %" PRIu64 " to %s since ", thread->message,
                    thread->host);
            wording_duration(out, thread->since_ns);
            fputs(" (", out);
            wording_clock(out, start_wall_ns + thread->since_ns);
            fputc(')', out);
        } else if (thread->host != NULL) {
            fprintf(out, ", connected to %s", thread->host);
        }
        fputc('\n', out);
    }
}

void
instant_print(const struct mta_state *state, int64_t start_wall_ns, FILE *out)
{
    switch (state->kind) {
    case MTA_STATE_POOL:
        fprintf(out, "pool %s: %" PRIu32 " of %" PRIu32 " jobs\n", state->name,
                state->jobs_count, state->job_limit);
        return;
    case MTA_STATE_QUEUE:
        queue_print(state, out);
        return;
    case MTA_STATE_JOB:
        job_print(state, start_wall_ns, out);
        return;
    case MTA_STATE_SCHEDULER:
        if (state->text != NULL) {
            fputs("\nthe scheduler says\n", out);
            wording_times(out, state->text, start_wall_ns);
        }
        return;
    case MTA_STATE_FILE:
        fprintf(out, "\nmessage %" PRIu64 ", file %" PRIu32 ": ",
                state->message, state->file);
        if (state->text == NULL) {
            fputs("the scheduler says nothing of it\n", out);
        } else {
            wording_times(out, state->text, start_wall_ns);
        }
        return;
    case MTA_STATE_WAIT:
    case MTA_STATE_FOUND:
    case MTA_STATE_LEFT:
        break;
    }
}

/* --- As JSON --------------------------------------------------------------- */

/* The members of the object that are arrays, and the one that is none. */
enum {
    SECTION_NONE,
    SECTION_POOLS,
    SECTION_CHANNELS,
    SECTION_JOBS,
    SECTION_SCHEDULER,
    SECTION_FILES,
    SECTION_END
};

static void
queue_put(struct json *json, const struct mta_state *state)
{
    json_object_begin(json);
    wording_text_put(json, "channel", state->channel);
    wording_u64_put(json, "queued", state->files_count);
    wording_u64_put(json, "bytes", (uint64_t)state->bytes);
    wording_seconds_put(json, "oldest_s", state->at_ns - state->submitted_ns);
    json_key(json, "hosts");
    json_array_begin(json);
    for (uint32_t i = 0; i < state->hosts_count; i++) {
        const struct mta_state_host *host = &state->hosts[i];

        json_object_begin(json);
        wording_text_put(json, "host", host->name);
        wording_u64_put(json, "active", host->active);
        wording_u64_put(json, "delayed", host->delayed);
        wording_u64_put(json, "held", host->held);
        json_key(json, "ages");
        json_array_begin(json);
        for (uint32_t age = 0; age < MTA_STATE_AGES_COUNT; age++) {
            json_u64(json, host->ages[age]);
        }
        json_array_end(json);
        json_object_end(json);
    }
    json_array_end(json);
    json_object_end(json);
}

static void
thread_put(struct json *json, const struct mta_state_thread *thread)
{
    json_object_begin(json);
    wording_u64_put(json, "thread", thread->thread);
    wording_text_put(json, "state", thread->state);
    json_key(json, "message");
    if (thread->message == 0) {
        json_null(json);
    } else {
        json_u64(json, thread->message);
    }
    wording_text_put(json, "host", thread->host);
    if (thread->message == 0) {
        json_key(json, "since_s");
        json_null(json);
    } else {
        wording_seconds_put(json, "since_s", thread->since_ns);
    }
    json_object_end(json);
}

static void
job_put(struct json *json, const struct mta_state *state)
{
    json_object_begin(json);
    wording_u64_put(json, "job", state->job);
    wording_text_put(json, "channel", state->channel);
    wording_text_put(json, "state", state->name);
    json_key(json, "threads");
    json_array_begin(json);
    for (uint32_t i = 0; i < state->threads_count; i++) {
        thread_put(json, &state->threads[i]);
    }
    json_array_end(json);
    json_object_end(json);
}

static void
pool_put(struct json *json, const struct mta_state *state)
{
    json_object_begin(json);
    wording_text_put(json, "pool", state->name);
    wording_u64_put(json, "jobs", state->jobs_count);
    wording_u64_put(json, "job_limit", state->job_limit);
    json_object_end(json);
}

/* section_open - closes what is open, up to this one */
static void
section_open(struct instant_json *instant, uint32_t section)
{
    static const char *const keys[] = {
        [SECTION_POOLS] = "pools", [SECTION_CHANNELS] = "channels",
        [SECTION_JOBS] = "jobs",   [SECTION_SCHEDULER] = "scheduler",
        [SECTION_FILES] = "files",
    };

    while (instant->section < section) {
        if (instant->section != SECTION_NONE &&
            instant->section != SECTION_SCHEDULER) {
            json_array_end(instant->json);
        }
        instant->section++;
        if (instant->section != SECTION_END) {
            json_key(instant->json, keys[instant->section]);
        }
        if (instant->section == SECTION_SCHEDULER &&
            section > SECTION_SCHEDULER) {
            json_null(instant->json); /* it was not told */
        } else if (instant->section != SECTION_SCHEDULER &&
                   instant->section != SECTION_END) {
            json_array_begin(instant->json);
        }
    }
}

void
instant_json_begin(struct instant_json *instant, struct json *json,
                   int64_t at_ns, int64_t start_wall_ns)
{
    *instant =
        (struct instant_json){.json = json, .start_wall_ns = start_wall_ns};
    json_object_begin(json);
    wording_instant_put(json, "at", at_ns, start_wall_ns);
}

void
instant_json_part(struct instant_json *instant, const struct mta_state *state)
{
    struct json *json = instant->json;

    switch (state->kind) {
    case MTA_STATE_POOL:
        section_open(instant, SECTION_POOLS);
        pool_put(json, state);
        return;
    case MTA_STATE_QUEUE:
        section_open(instant, SECTION_CHANNELS);
        queue_put(json, state);
        return;
    case MTA_STATE_JOB:
        section_open(instant, SECTION_JOBS);
        job_put(json, state);
        return;
    case MTA_STATE_SCHEDULER:
        section_open(instant, SECTION_SCHEDULER);
        wording_times_json(json, state->text, instant->start_wall_ns);
        return;
    case MTA_STATE_FILE:
        section_open(instant, SECTION_FILES);
        json_object_begin(json);
        wording_u64_put(json, "message", state->message);
        wording_u64_put(json, "file", state->file);
        wording_text_put(json, "channel", state->channel);
        json_key(json, "scheduler");
        wording_times_json(json, state->text, instant->start_wall_ns);
        json_object_end(json);
        return;
    case MTA_STATE_WAIT:
    case MTA_STATE_FOUND:
    case MTA_STATE_LEFT:
        break;
    }
}

void
instant_json_end(struct instant_json *instant)
{
    section_open(instant, SECTION_END);
    json_object_end(instant->json);
}
