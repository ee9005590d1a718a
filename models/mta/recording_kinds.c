/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recording_kinds.c - see recording_kinds.h
 */
#include "models/mta/recording_kinds.h"

#include <stddef.h>
#include <string.h>

#include "scheduler/sched_abi.h"

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
        key, RECORDING_NUMBERS, offsetof(struct sched_action, u.member),       \
            offsetof(struct sched_action, u.count)                             \
    }
#define JOB_EVENT(name)                                                        \
    {                                                                          \
        name,                                                                  \
        {                                                                      \
            EVENT("job", RECORDING_U32, job.job)                               \
        }                                                                      \
    }
#define FILE_ACTION(name)                                                      \
    {                                                                          \
        name,                                                                  \
        {                                                                      \
            ACTION("message", RECORDING_U64, file.message),                    \
                ACTION("file", RECORDING_U32, file.file),                      \
                ACTION("value", RECORDING_U32, file.value)                     \
        }                                                                      \
    }
#define THREAD_ACTION(name)                                                    \
    {                                                                          \
        name,                                                                  \
        {                                                                      \
            ACTION("job", RECORDING_U32, thread.job),                          \
                ACTION("thread", RECORDING_U32, thread.thread)                 \
        }                                                                      \
    }

static const struct recording_kind events[] = {
    [SCHED_EVENT_SUBMIT] =
        {"submit",
         {EVENT("message", RECORDING_U64, submit.message),
          EVENT("parent", RECORDING_U64, submit.parent),
          EVENT("session", RECORDING_U64, submit.session),
          EVENT("submitted", RECORDING_I64, submit.submitted_at_ns),
          EVENT("deferred", RECORDING_I64, submit.deferred_until_ns),
          EVENT("size", RECORDING_I64, submit.size_bytes),
          EVENT("source", RECORDING_U32, submit.source_channel),
          EVENT("priority", RECORDING_U32, submit.priority),
          EVENT("flags", RECORDING_U32, submit.flags),
          EVENT_LIST("to", RECORDING_ROUTES, submit.recipients,
                     submit.recipients_count)}},
    [SCHED_EVENT_JOB_STARTED] = JOB_EVENT("job-started"),
    [SCHED_EVENT_JOB_FAILED] = JOB_EVENT("job-failed"),
    [SCHED_EVENT_JOB_EXITED] = JOB_EVENT("job-exited"),
    [SCHED_EVENT_THREAD_READY] = {"thread-ready",
                                  {EVENT("job", RECORDING_U32, thread.job),
                                   EVENT("thread", RECORDING_U32,
                                         thread.thread)}},
    [SCHED_EVENT_THREAD_ENDED] = {"thread-ended",
                                  {EVENT("job", RECORDING_U32, thread.job),
                                   EVENT("thread", RECORDING_U32,
                                         thread.thread)}},
    [SCHED_EVENT_OUTCOME] =
        {"outcome",
         {EVENT("job", RECORDING_U32, outcome.job),
          EVENT("thread", RECORDING_U32, outcome.thread),
          EVENT("message", RECORDING_U64, outcome.message),
          EVENT("file", RECORDING_U32, outcome.file),
          EVENT("phase", RECORDING_U32, outcome.phase),
          EVENT("result", RECORDING_U32, outcome.result),
          EVENT("recipients", RECORDING_U32, outcome.recipients_count),
          EVENT_LIST("results", RECORDING_RESULTS, outcome.results,
                     outcome.recipients_count)}},
    [SCHED_EVENT_SESSION_CLOSED] =
        {"session-closed",
         {EVENT("job", RECORDING_U32, thread.job),
          EVENT("thread", RECORDING_U32, thread.thread),
          EVENT("host", RECORDING_U32, thread.host)}},
    [SCHED_EVENT_SCANNED] =
        {"scanned",
         {EVENT("channel", RECORDING_U32, scanned.channel),
          EVENT("more", RECORDING_U32, scanned.has_more),
          EVENT("cursor-message", RECORDING_U64, scanned.cursor_message),
          EVENT("cursor-file", RECORDING_U32, scanned.cursor_file),
          EVENT("count", RECORDING_U32, scanned.files_count),
          EVENT_LIST("files", RECORDING_FILES, scanned.files,
                     scanned.files_count)}},
    [SCHED_EVENT_WAKE] = {"wake", {{0}}},
    [SCHED_EVENT_REFUSED] = {"refused",
                             {EVENT("action", RECORDING_U64, refused.action),
                              EVENT("reason", RECORDING_U32, refused.reason)}},
    [SCHED_EVENT_WALL_OFFSET] = {"wall-offset",
                                 {EVENT("offset", RECORDING_I64,
                                        wall.wall_offset_ns)}},
    [SCHED_EVENT_COMMAND] = {"command",
                             {EVENT("command", RECORDING_U32, command.command),
                              EVENT("path", RECORDING_TEXT, command.path),
                              EVENT("value", RECORDING_TEXT, command.value),
                              EVENT("message", RECORDING_U64, command.message),
                              EVENT("file", RECORDING_U32, command.file)}},
    [SCHED_EVENT_STRESS] = {"stress",
                            {EVENT("channel", RECORDING_U32, stress.channel)}},
};

static const struct recording_kind actions[] = {
    [SCHED_ACTION_NONE] = {"none", {ACTION("wake", RECORDING_I64, wake_at_ns)}},
    [SCHED_ACTION_CREATE] = {"create",
                             {ACTION("message", RECORDING_U64, create.message),
                              ACTION("file", RECORDING_U32, create.file),
                              ACTION("channel", RECORDING_U32, create.channel),
                              ACTION("host", RECORDING_U32, create.host),
                              ACTION("priority", RECORDING_U32,
                                     create.priority),
                              ACTION("state", RECORDING_U32, create.state),
                              ACTION_LIST("recipients", create.recipients,
                                          create.recipients_count)}},
    [SCHED_ACTION_REJECT] = {"reject",
                             {ACTION("message", RECORDING_U64, reject.message),
                              ACTION("reason", RECORDING_U32, reject.reason)}},
    [SCHED_ACTION_START_JOB] = {"start-job",
                                {ACTION("job", RECORDING_U32, job.job),
                                 ACTION("channel", RECORDING_U32, job.channel),
                                 ACTION("thread", RECORDING_U32, job.thread)}},
    [SCHED_ACTION_STOP_JOB] = {"stop-job",
                               {ACTION("job", RECORDING_U32, job.job),
                                ACTION("channel", RECORDING_U32, job.channel)}},
    [SCHED_ACTION_START_THREAD] = THREAD_ACTION("start-thread"),
    [SCHED_ACTION_STOP_THREAD] = THREAD_ACTION("stop-thread"),
    [SCHED_ACTION_DELIVER] =
        {"deliver",
         {ACTION("job", RECORDING_U32, deliver.job),
          ACTION("thread", RECORDING_U32, deliver.thread),
          ACTION("message", RECORDING_U64, deliver.message),
          ACTION("file", RECORDING_U32, deliver.file),
          ACTION("channel", RECORDING_U32, deliver.channel),
          ACTION("host", RECORDING_U32, deliver.host),
          ACTION_LIST("recipients", deliver.recipients,
                      deliver.recipients_count)}},
    [SCHED_ACTION_REWRITE] = {"rewrite",
                              {ACTION("message", RECORDING_U64,
                                      rewrite.message),
                               ACTION("file", RECORDING_U32, rewrite.file),
                               ACTION("new", RECORDING_U32, rewrite.new_file),
                               ACTION_LIST("recipients", rewrite.recipients,
                                           rewrite.recipients_count)}},
    [SCHED_ACTION_HOLD] = FILE_ACTION("hold"),
    [SCHED_ACTION_RETURN] = FILE_ACTION("return"),
    [SCHED_ACTION_WARN] = FILE_ACTION("warn"),
    [SCHED_ACTION_NOTIFY] = FILE_ACTION("notify"),
    [SCHED_ACTION_SCAN] =
        {"scan",
         {ACTION("channel", RECORDING_U32, scan.channel),
          ACTION("max", RECORDING_U32, scan.files_max),
          ACTION("cursor-message", RECORDING_U64, scan.cursor_message),
          ACTION("cursor-file", RECORDING_U32, scan.cursor_file)}},
};

static const struct recording_kind unknown = {"unknown", {{0}}};

const struct recording_kind *
recording_event_kind(uint32_t kind)
{
    return kind < sizeof events / sizeof events[0] && events[kind].name != NULL
               ? &events[kind]
               : &unknown;
}

const struct recording_kind *
recording_action_kind(uint32_t kind)
{
    return kind < sizeof actions / sizeof actions[0] ? &actions[kind]
                                                     : &unknown;
}

uint32_t
recording_event_number(const char *name)
{
    const uint32_t count = sizeof events / sizeof events[0];

    for (uint32_t i = 0; i < count; i++) {
        if (events[i].name != NULL && strcmp(events[i].name, name) == 0) {
            return i;
        }
    }
    return 0;
}
