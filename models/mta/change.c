/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * change.c - what the postmaster does: live changes, release, restart; and
 * what a delivery program reports of stress
 */
#include <inttypes.h>
#include <stdlib.h>

#include "models/mta/world.h"

/* refused - the scheduler does not take it: the scenario is wrong */
static void
refused(struct host *host, const struct mta_change *change, int32_t status,
        const char *what)
{
    host_fail(host, change->where,
              "%s: refused by the scheduler (%s) at %" PRId64 " s", what,
              status == SCHED_ERR_UNSUPPORTED
                  ? "it knows no such thing"
                  : "the value or the path is wrong",
              host_now_ns(host) / NS_PER_S);
}

static void
set(struct host *host, const struct mta_change *change)
{
    struct sched_event event = {.kind = SCHED_EVENT_COMMAND};

    event.u.command = (struct sched_command){
        .path = change->path,
        .value = change->value,
        .command = SCHED_COMMAND_SET,
    };
    int32_t status = host_command(host, &event);
    if (status < 0) {
        refused(host, change, status, change->path);
        return;
    }
    if (host->has_failed) {
        return;
    }
    if (!settings_refresh(&host->settings, host->object.table, host->self,
                          host->params->scheduler_path, host->diag)) {
        host->has_failed = true;
        evq_stop(host->evq);
        return;
    }
    oracle_changed(host->oracle, host->settings.is_host_open);
}

/* A held file, while all of them are collected. */
struct held {
    uint64_t message;
    uint32_t file;
};

/* held_collect - the held files of a channel (SCHED_NONE: all), in order of
 * their first recipient; how many */
static uint32_t
held_collect(struct host *host, uint32_t channel, struct held **held)
{
    uint32_t count = 0, capacity = 0;

    for (struct mail_message *message = mail_after(host->mail, 0);
         message != NULL; message = mail_after(host->mail, message->id)) {
        for (uint32_t i = 0; i < message->recipients_count; i++) {
            struct mail_file *file =
                mail_file_of(host->mail, mail_recipient(message, i));
            if (file == NULL || file->state != MAIL_FILE_HELD ||
                (channel != SCHED_NONE && file->channel != channel) ||
                (count > 0 && (*held)[count - 1].message == message->id &&
                 (*held)[count - 1].file == file->number)) {
                continue;
            }
            if (count == capacity) {
                capacity = capacity == 0 ? 64 : 2 * capacity;
                *held = base_realloc(*held, capacity * sizeof **held);
            }
            (*held)[count++] = (struct held){message->id, file->number};
        }
    }
    return count;
}

/* release_one - the file goes on; the scheduler is told if it knows of it */
static void
release_one(struct host *host, const struct mta_change *change,
            const struct held *held)
{
    struct mail_message *message = mail_message(host->mail, held->message);
    struct mail_file *file =
        message == NULL ? NULL : mail_file(host->mail, message, held->file);
    struct sched_event event = {.kind = SCHED_EVENT_COMMAND};
    uint32_t i = 0;

    if (file == NULL || file->state != MAIL_FILE_HELD) {
        return; /* the one before has set this one free, too */
    }
    while (mail_file_of(host->mail, mail_recipient(message, i)) != file) {
        i++;
    }
    const bool is_known = (file->flags & MAIL_FILE_IS_UNKNOWN) == 0;
    spool_release(host, file, mail_recipient(message, i)->file);
    if (!is_known) {
        return; /* a scan will find it */
    }
    event.u.command = (struct sched_command){
        .message = held->message,
        .file = held->file,
        .command = SCHED_COMMAND_RELEASE,
    };
    int32_t status = host_command(host, &event);
    if (status < 0) {
        refused(host, change, status, "release");
    }
}

static void
release(struct host *host, const struct mta_change *change)
{
    const uint32_t channel =
        change->channel == NULL
            ? SCHED_NONE
            : settings_channel(&host->settings, change->channel);
    struct held *held = NULL;
    const uint32_t count = held_collect(host, channel, &held);

    for (uint32_t i = 0; i < count && !host->has_failed; i++) {
        release_one(host, change, &held[i]);
    }
    free(held);
}

static void
stress(struct host *host, const struct mta_change *change)
{
    struct sched_event event = {.kind = SCHED_EVENT_STRESS};

    event.u.stress.channel = settings_channel(&host->settings, change->channel);
    oracle_stressed(host->oracle, event.u.stress.channel);
    int32_t status = host_command(host, &event);
    if (status < 0) {
        refused(host, change, status, "stress");
    }
}

static void
on_restarted(void *arg, uint64_t data)
{
    (void)data;
    instance_replace(arg);
}

static void
restart(struct host *host, const struct mta_change *change)
{
    host->result->restarts++;
    record_restart(&host->record, host_now_ns(host), change->for_ns);
    instance_destroy(host);
    if (change->for_ns == 0) {
        instance_replace(host);
    } else {
        evq_push(host->evq, host_now_ns(host) + change->for_ns, CLASS_COMMAND,
                 on_restarted, host, 0);
    }
}

static void
on_change(void *arg, uint64_t data)
{
    struct host *host = arg;
    const struct mta_change *change = &host->params->changes[data];

    if (host->is_down) {
        host_fail(host, change->where,
                  "expected a scheduler to be there, but it is being restarted "
                  "at %" PRId64 " s",
                  host_now_ns(host) / NS_PER_S);
        return;
    }
    switch (change->kind) {
    case MTA_CHANGE_SET:
        set(host, change);
        return;
    case MTA_CHANGE_RELEASE:
        release(host, change);
        return;
    case MTA_CHANGE_RESTART:
        restart(host, change);
        return;
    case MTA_CHANGE_STRESS:
        stress(host, change);
        return;
    }
    UNREACHABLE("all kinds are above");
}

bool
change_begin(struct host *host)
{
    const uint32_t errors_before = host->diag->errors_count;

    for (uint32_t i = 0; i < host->params->changes_count; i++) {
        const struct mta_change *change = &host->params->changes[i];
        if (change->channel != NULL &&
            settings_channel(&host->settings, change->channel) == UINT32_MAX) {
            diag_error(host->diag, change->where,
                       "expected a channel of imta.cnf, found \"%s\"",
                       change->channel);
        }
        if (change->at_ns <= host->params->horizon_ns) {
            evq_push(host->evq, change->at_ns, CLASS_COMMAND, on_change, host,
                     i);
        }
    }
    return host->diag->errors_count == errors_before;
}
