/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spool.c - files: made, rewritten, held, returned, found by nobody
 */
#include <inttypes.h>

#include "models/mta/world.h"

/* indices_check - recipients of the message, queued, in the file with this
 * slot + 1 (MAIL_NO_FILE: in none) */
static bool
indices_check(struct mail_message *message, const uint32_t *indices,
              uint32_t count, uint32_t file)
{
    const struct mail_recipient *recipients = mail_recipients(message);

    for (uint32_t i = 0; i < count; i++) {
        if (indices[i] >= message->recipients_count ||
            (i > 0 && indices[i] <= indices[i - 1]) ||
            recipients[indices[i]].state != MAIL_QUEUED ||
            recipients[indices[i]].file != file) {
            return false;
        }
    }
    return count > 0;
}

/* illegal - an action that the contract forbids: a law is broken */
static bool
illegal(struct host *host, uint32_t *reason, const char *what, uint64_t message)
{
    oracle_violation(host->oracle, host_now_ns(host),
                     "law: %s of message %" PRIu64, what, message);
    *reason = SCHED_REFUSED_ILLEGAL;
    return false;
}

/* file_fill - the new file's recipients */
static void
file_fill(struct host *host, uint32_t file, struct mail_message *message,
          const uint32_t *indices, uint32_t count)
{
    struct mail_recipient *recipients = mail_recipients(message);

    for (uint32_t i = 0; i < count; i++) {
        mail_assign(host->mail, file, &recipients[indices[i]]);
    }
}

uint32_t
spool_queue_host(const struct host *host, const struct mail_file *file,
                 uint32_t file_slot, uint32_t domain)
{
    return (file->flags & MAIL_FILE_IS_MIXED) != 0
               ? host->mixed_hosts[file_slot - 1]
               : enqueue_queue_host(host, file->channel, domain);
}

/* mixed_keep - the file stays in this queue, whoever is left in it */
static void
mixed_keep(struct host *host, struct mail_file *file, uint32_t file_slot,
           uint32_t queue_host)
{
    if (file_slot > host->mixed_capacity) {
        host->mixed_capacity = 2 * file_slot;
        host->mixed_hosts =
            base_realloc(host->mixed_hosts,
                         host->mixed_capacity * sizeof host->mixed_hosts[0]);
    }
    file->flags |= MAIL_FILE_IS_MIXED;
    host->mixed_hosts[file_slot - 1] = queue_host;
}

/* mixed_note - keeps the queue of a new file that has recipients at others */
static void
mixed_note(struct host *host, const struct mail_message *message,
           const struct sched_create *create, uint32_t file_slot)
{
    for (uint32_t i = 1; i < create->recipients_count; i++) {
        const uint32_t domain =
            mail_recipient(message, create->recipients[i])->host;
        if (enqueue_queue_host(host, create->channel, domain) != create->host) {
            mixed_keep(host, mail_file_at(host->mail, file_slot), file_slot,
                       create->host);
            return;
        }
    }
}

/* create_is_routed - the file is in the channel its recipients were submitted
 * for, and in their host's queue; or all of it waits to be expanded */
static bool
create_is_routed(const struct host *host, const struct mail_message *message,
                 const struct sched_create *create)
{
    const struct arrival *arrival = host->arriving;
    const uint32_t domain =
        mail_recipient(message, create->recipients[0])->host;

    if (arrival == NULL || arrival->message != message->id) {
        return false;
    }
    const bool is_expanded =
        host->settings.programs[create->channel].is_service &&
        arrival->parent == 0;
    for (uint32_t i = 0; i < create->recipients_count; i++) {
        const uint32_t index = create->recipients[i];
        if (arrival->to[index].channel != create->channel && !is_expanded) {
            return false;
        }
    }
    return create->host == enqueue_queue_host(host, create->channel, domain);
}

/* first_wait - whether a file that was not tried yet may have to wait for what
 * only its scheduler knows: a periodic run, the end of a deferral */
static uint8_t
first_wait(const struct host *host, const struct mail_file *file)
{
    const struct program_params *program =
        &host->settings.programs[file->channel];
    const bool is_deferred =
        program->has_deferred && host->arriving != NULL &&
        host->arriving->deferred_until_ns > host_now_ns(host);

    return is_deferred || file->priority >= program->immediate_count
               ? MAIL_FILE_IS_HIDDEN
               : 0;
}

bool
spool_create(struct host *host, const struct sched_create *create,
             uint32_t *reason)
{
    struct mail_message *message = mail_message(host->mail, create->message);

    if (message == NULL || create->channel >= host->settings.programs_count ||
        create->priority >= SCHED_PRIORITIES_COUNT || create->file == 0 ||
        create->state > SCHED_FILE_UNTRACKED ||
        mail_file(host->mail, message, create->file) != NULL ||
        !indices_check(message, create->recipients, create->recipients_count,
                       MAIL_NO_FILE) ||
        !create_is_routed(host, message, create)) {
        return illegal(host, reason, "a file that cannot be is created",
                       create->message);
    }
    uint32_t slot = mail_create(host->mail, message, create->file);
    ASSERT(slot != MAIL_NO_FILE);
    struct mail_file *file = mail_file_at(host->mail, slot);
    file->channel = (uint16_t)create->channel;
    file->priority = (uint8_t)create->priority;
    file->state =
        create->state == SCHED_FILE_HELD ? MAIL_FILE_HELD : MAIL_FILE_READY;
    file->flags = create->state == SCHED_FILE_UNTRACKED
                      ? MAIL_FILE_IS_UNKNOWN | MAIL_FILE_IS_HIDDEN
                      : first_wait(host, file);
    file_fill(host, slot, message, create->recipients,
              create->recipients_count);
    host->held_count +=
        create->state == SCHED_FILE_HELD ? create->recipients_count : 0;
    host->result->files++;
    measure_routed(host, create->channel, create->recipients_count);
    mixed_note(host, message, create, slot);
    oracle_created(host->oracle, slot, create->host);
    for (uint32_t i = 0; i < create->recipients_count; i++) {
        measure_tell(host, MTA_MAIL_ENQUEUED, message, file,
                     create->recipients[i], NULL);
    }
    return true;
}

bool
spool_reject(struct host *host, const struct sched_reject *reject,
             uint32_t *reason)
{
    struct mail_message *message = mail_message(host->mail, reject->message);
    const struct arrival *arrival = host->arriving;

    if (message == NULL) {
        return illegal(host, reason, "rejection", reject->message);
    }
    if (arrival == NULL || arrival->message != message->id) {
        return illegal(host, reason, "rejection after acceptance",
                       reject->message);
    }
    struct mail_recipient *recipients = mail_recipients(message);
    const uint32_t count = message->recipients_count;
    for (uint32_t i = 0; i < count; i++) {
        if (recipients[i].state != MAIL_QUEUED ||
            recipients[i].file != MAIL_NO_FILE) {
            return illegal(host, reason, "rejection after acceptance",
                           reject->message);
        }
    }
    enqueue_rejected(host, message, reject->reason);
    oracle_finished(host->oracle, count);
    for (uint32_t i = 0; i < count; i++) {
        measure_routed(host, arrival->to[i].channel, 1);
        measure_tell(host, MTA_MAIL_REJECTED, message, NULL, i, NULL);
        measure_finished(host, message, SCHED_NONE, recipients[i].host,
                         MAIL_REJECTED);
        mail_finish(host->mail, message, &recipients[i], MAIL_REJECTED);
    }
    return true;
}

bool
spool_rewrite(struct host *host, const struct sched_rewrite *rewrite,
              uint32_t *reason)
{
    struct mail_message *message = mail_message(host->mail, rewrite->message);
    struct mail_file *file =
        message == NULL ? NULL : mail_file(host->mail, message, rewrite->file);

    if (file == NULL || file->state == MAIL_FILE_HELD ||
        file->state == MAIL_FILE_ACTIVE || rewrite->new_file == 0 ||
        rewrite->recipients_count != file->recipients_count ||
        rewrite->recipients[0] >= message->recipients_count ||
        mail_file(host->mail, message, rewrite->new_file) != NULL) {
        return illegal(host, reason, "rewrite", rewrite->message);
    }
    struct mail_recipient *recipients = mail_recipients(message);
    const uint32_t old = recipients[rewrite->recipients[0]].file;
    if (!indices_check(message, rewrite->recipients, rewrite->recipients_count,
                       old) ||
        mail_file_at(host->mail, old) != file) {
        return illegal(host, reason, "rewrite of others' recipients",
                       rewrite->message);
    }
    const uint32_t domain = recipients[rewrite->recipients[0]].host;
    const uint32_t queue_host = spool_queue_host(host, file, old, domain);
    const struct mail_file before = *file;
    oracle_removed(host->oracle, old, queue_host);
    uint32_t slot = mail_create(host->mail, message, rewrite->new_file);
    ASSERT(slot != MAIL_NO_FILE);
    for (uint32_t i = 0; i < rewrite->recipients_count; i++) {
        mail_unassign(host->mail, message, &recipients[rewrite->recipients[i]]);
    }
    file = mail_file_at(host->mail, slot);
    file->channel = before.channel;
    file->priority = before.priority;
    /* After a partial success it is as if never tried; otherwise those that
     * were refused for good are gone and the rest waits as before. */
    const bool is_delayed = before.state == MAIL_FILE_DELAYED;
    file->state = is_delayed ? MAIL_FILE_DELAYED : MAIL_FILE_READY;
    file->due_at_ns = is_delayed ? before.due_at_ns : 0;
    file->attempts = is_delayed ? before.attempts : 0;
    file->flags = before.flags;
    if ((before.flags & MAIL_FILE_IS_MIXED) != 0) {
        mixed_keep(host, file, slot, queue_host);
    }
    file_fill(host, slot, message, rewrite->recipients,
              rewrite->recipients_count);
    host->result->files++;
    oracle_created(host->oracle, slot, queue_host);
    return true;
}

/* file_return - all recipients of the file are final; it ends */
static void
file_return(struct host *host, struct mail_message *message,
            const struct mail_file *file, uint32_t slot)
{
    struct mail_recipient *recipients = mail_recipients(message);
    const uint32_t count = message->recipients_count;
    uint32_t left_count = file->recipients_count;
    const uint32_t channel = file->channel;

    oracle_finished(host->oracle, left_count);
    for (uint32_t i = 0; i < count && left_count > 0; i++) {
        if (recipients[i].file != slot) {
            continue;
        }
        measure_tell(host, MTA_MAIL_RETURNED, message, file, i, NULL);
        measure_finished(host, message, channel, recipients[i].host,
                         MAIL_RETURNED);
        left_count--;
        mail_finish(host->mail, message, &recipients[i], MAIL_RETURNED);
    }
}

/* file_warn - the sender is told that it is still here */
static void
file_warn(struct host *host, struct mail_message *message,
          const struct mail_file *file, uint32_t slot)
{
    const struct mail_recipient *recipients = mail_recipients(message);

    host->result->warnings++;
    for (uint32_t i = 0; i < message->recipients_count; i++) {
        if (recipients[i].file == slot) {
            measure_tell(host, MTA_MAIL_WARNED, message, file, i, NULL);
        }
    }
}

bool
spool_file(struct host *host, const struct sched_action *action,
           uint32_t *reason)
{
    const struct sched_file_action *what = &action->u.file;
    struct mail_message *message = mail_message(host->mail, what->message);
    struct mail_file *file =
        message == NULL ? NULL : mail_file(host->mail, message, what->file);

    if (file == NULL || file->state == MAIL_FILE_ACTIVE ||
        (action->kind == SCHED_ACTION_HOLD && file->state == MAIL_FILE_HELD)) {
        return illegal(host, reason, "return, warning or hold of a file in use",
                       what->message);
    }
    struct mail_recipient *recipients = mail_recipients(message);
    uint32_t i = 0;
    while (mail_file_of(host->mail, &recipients[i]) != file) {
        i++;
    }
    const uint32_t slot = recipients[i].file;
    const uint32_t queue_host =
        spool_queue_host(host, file, slot, recipients[i].host);
    if (action->kind == SCHED_ACTION_WARN) {
        oracle_returned(host->oracle, host_now_ns(host), slot, true);
        host->warned_at_ns = host_now_ns(host);
        file->flags |= MAIL_FILE_IS_WARNED;
        file_warn(host, message, file, slot);
        return true;
    }
    oracle_removed(host->oracle, slot, queue_host);
    if (action->kind == SCHED_ACTION_HOLD) {
        host->held_count += file->recipients_count;
        file->state = MAIL_FILE_HELD;
        return true;
    }
    oracle_returned(host->oracle, host_now_ns(host), slot, false);
    host->held_count -=
        file->state == MAIL_FILE_HELD ? file->recipients_count : 0;
    file_return(host, message, file, slot);
    return true;
}

void
spool_orphan(struct host *host)
{
    for (struct mail_message *message = mail_after(host->mail, 0);
         message != NULL; message = mail_after(host->mail, message->id)) {
        for (uint32_t i = 0; i < message->recipients_count; i++) {
            struct mail_file *file =
                mail_file_of(host->mail, mail_recipient(message, i));
            if (file == NULL) {
                continue;
            }
            file->flags |= MAIL_FILE_IS_UNKNOWN | MAIL_FILE_IS_HIDDEN;
            if (file->state != MAIL_FILE_HELD) {
                file->state = MAIL_FILE_READY;
                file->due_at_ns = 0;
            }
        }
    }
}

void
spool_release(struct host *host, struct mail_file *file, uint32_t file_slot)
{
    struct mail_message *message = mail_message_of(host->mail, file);
    const struct mail_recipient *recipients = mail_recipients(message);
    uint32_t i = 0;

    ASSERT(file->state == MAIL_FILE_HELD);
    while (recipients[i].file != file_slot) {
        i++;
    }
    file->state = MAIL_FILE_READY;
    host->held_count -= file->recipients_count;
    if ((file->flags & MAIL_FILE_IS_UNKNOWN) == 0) {
        /* The scheduler may have no room for it, and need not say so. */
        file->flags |= MAIL_FILE_IS_HIDDEN;
    }
    oracle_created(host->oracle, file_slot,
                   spool_queue_host(host, file, file_slot, recipients[i].host));
}
