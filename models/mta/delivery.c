/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * delivery.c - an attempt: begun, ended, and what came of it
 *
 * Where the connection is arithmetic the whole attempt is, and its end the only
 * event; what it has to wait for lies in dial.c and circuit.c.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "models/mta/world.h"

static void on_outcome(void *arg, uint64_t data);

uint64_t
delivery_handle(const struct host *host, const struct thread *thread)
{
    uint32_t slot = jobs_thread(host, thread->job, thread->number);

    ASSERT(slot != 0);
    return (uint64_t)thread->generation << 32 | slot;
}

struct dialogue
delivery_dialogue(struct host *host, struct thread *thread)
{
    struct mail_message *message = mail_message(host->mail, thread->message);
    const bool is_one = thread->recipients_count == 1;

    ASSERT(message != NULL);
    return (struct dialogue){
        .params = host->params->dialogue,
        .to = directory_host(host->directory, thread->host),
        .link = &thread->link,
        .recipients = mail_recipients(message),
        .indices = is_one ? &thread->index_one : thread->indices,
        .results = is_one ? &thread->result_one : thread->results,
        .message = mail_origin(message),
        .luck = mail_luck(message),
        .size_bytes = message->size_bytes,
        .recipients_count = thread->recipients_count,
        .asked_count = thread->asked_count,
        .phase = (enum smtp_phase)thread->phase,
    };
}

/* is_slow - it took far longer on the line than it would without its faults */
static bool
is_slow(struct host *host, const struct thread *thread,
        const struct dialogue *dialogue)
{
    const struct link_params *link = dialogue->to->params->link;
    struct link_state plain;

    if (thread->link.model == LINK_PLAIN) {
        return false;
    }
    link_open(&plain, LINK_PLAIN, NULL, 0, host_now_ns(host));
    return result_is_slow(dialogue->end_at_ns - thread->line_from_ns -
                              dialogue->think_ns,
                          (dialogue->turns_count + 1) * link->rtt_ns +
                              link_transfer_ns(link, &plain, host_now_ns(host),
                                               dialogue->size_bytes));
}

/* fate_of - what the line did to an attempt that has ended */
static enum result_fate
fate_of(struct host *host, const struct thread *thread,
        const struct dialogue *dialogue)
{
    if (!dialogue->is_given_up && dialogue->phase != SMTP_CONNECT) {
        return is_slow(host, thread, dialogue) ? RESULT_SLOW : RESULT_IN_TIME;
    }
    switch (dialogue->phase) {
    case SMTP_CONNECT:
        return RESULT_NO_CONNECTION;
    case SMTP_GREETING:
        return RESULT_NO_BANNER;
    case SMTP_EHLO:
    case SMTP_MAIL:
    case SMTP_RCPT:
    case SMTP_DATA:
        return RESULT_STALLED_DIALOGUE;
    case SMTP_DOT:
        return RESULT_STALLED_DATA;
    case SMTP_PHASES_COUNT:
        break;
    }
    UNREACHABLE("all phases are above");
}

void
delivery_end(struct host *host, struct thread *thread,
             const struct dialogue *dialogue, int64_t passed_bytes)
{
    thread->phase = (uint8_t)dialogue->phase;
    thread->is_broken = dialogue->is_broken;
    thread->fate = (uint8_t)fate_of(host, thread, dialogue);
    thread->passed_bytes = passed_bytes;
    thread->ends_at_ns = dialogue->end_at_ns;
    evq_push(host->evq, dialogue->end_at_ns, CLASS_OUTCOME, on_outcome, host,
             delivery_handle(host, thread));
}

/* attempt_abort - the attempt was made, without an outcome; what the server had
 * accepted when its client died it has */
static void
attempt_abort(struct host *host, struct thread *thread)
{
    const struct dialogue dialogue = delivery_dialogue(host, thread);
    const int64_t rtt_ns = dialogue.to->params->link->rtt_ns;
    const bool is_accepted =
        thread->circuit != 0
            ? circuit_is_decided(host, thread)
            : thread->ends_at_ns != INT64_MAX && thread->phase == SMTP_DOT &&
                  host_now_ns(host) >=
                      thread->ends_at_ns - (rtt_ns - rtt_ns / 2);

    for (uint32_t i = 0; i < dialogue.recipients_count; i++) {
        struct mail_recipient *recipient =
            &dialogue.recipients[dialogue.indices[i]];
        if (recipient->attempts < UINT16_MAX) {
            recipient->attempts++;
        }
        if (is_accepted && dialogue.results[i] == DIALOGUE_DELIVERED) {
            recipient->is_delivered = 1;
        }
    }
}

void
delivery_kill(struct host *host, struct thread *thread)
{
    /* A thread of a service channel has no host. */
    if (thread->state == THREAD_BUSY && thread->host != SCHED_NONE) {
        attempt_abort(host, thread);
    }
    dial_drop(host, thread);
}

/* --- Attempts ----------------------------------------------------------- */

/* attempt_begin - the thread's program sets to work */
static void
attempt_begin(struct host *host, struct thread *thread, uint32_t number,
              uint64_t entity, uint32_t attempts)
{
    const struct variate *per_message = &host->params->machine->per_message;
    const int64_t now_ns = host_now_ns(host);
    int64_t cost_ns = per_message->a;

    if (per_message->kind != VARIATE_CONSTANT) {
        cost_ns = variate_sample(
            per_message, chance_u64(&host->per_message, entity, attempts, 0));
    }
    if (!dial_serves(host, thread, number, now_ns)) {
        dial_quit(host, thread);
        thread->host = number;
        dial_open(host, thread, now_ns + cost_ns, entity, attempts);
        return;
    }
    thread->connection_messages++;
    thread->line_from_ns = now_ns + cost_ns;
    if (thread->circuit != 0) {
        circuit_mail(host, thread, now_ns + cost_ns);
        return;
    }
    struct dialogue dialogue = delivery_dialogue(host, thread);
    dialogue_mail(&dialogue);
    dialogue_walk(&dialogue, now_ns + cost_ns, 0);
    delivery_end(host, thread, &dialogue, 0);
}

/* indices_keep - the file's recipients, for as long as the attempt takes */
static void
indices_keep(struct thread *thread, const struct sched_deliver *deliver)
{
    const uint32_t count = deliver->recipients_count;

    thread->recipients_count = count;
    if (count == 1) {
        thread->index_one = deliver->recipients[0];
        return;
    }
    if (count > thread->capacity) {
        thread->capacity = count;
        thread->indices =
            base_realloc(thread->indices, count * sizeof(uint32_t));
        thread->results = base_realloc(thread->results, count);
    }
    for (uint32_t i = 0; i < count; i++) {
        thread->indices[i] = deliver->recipients[i];
    }
}

/* deliver_is_legal - thread, file and recipients are what they must be */
static bool
deliver_is_legal(struct host *host, const struct sched_deliver *deliver,
                 struct mail_message *message, const struct mail_file *file)
{
    const uint32_t slot = jobs_thread(host, deliver->job, deliver->thread);

    if (slot == 0 ||
        ((struct thread *)slab_at(host->threads, slot - 1))->state !=
            THREAD_IDLE ||
        file == NULL || file->state == MAIL_FILE_ACTIVE ||
        file->state == MAIL_FILE_PARTED || file->state == MAIL_FILE_HELD ||
        deliver->recipients_count != file->recipients_count ||
        file->channel != host->jobs[deliver->job - 1].channel ||
        file->channel != deliver->channel) {
        return false;
    }
    const struct mail_recipient *recipients = mail_recipients(message);
    for (uint32_t i = 0; i < deliver->recipients_count; i++) {
        const uint32_t index = deliver->recipients[i];
        if (index >= message->recipients_count ||
            (i > 0 && index <= deliver->recipients[i - 1]) ||
            mail_file_of(host->mail, &recipients[index]) != file) {
            return false;
        }
    }
    const struct mail_recipient *first = &recipients[deliver->recipients[0]];
    return deliver->host ==
           spool_queue_host(host, file, first->file, first->host);
}

bool
delivery_start(struct host *host, const struct sched_deliver *deliver,
               uint32_t *reason)
{
    struct mail_message *message = mail_message(host->mail, deliver->message);
    struct mail_file *file =
        message == NULL ? NULL : mail_file(host->mail, message, deliver->file);

    if (!deliver_is_legal(host, deliver, message, file)) {
        oracle_violation(host->oracle, host_now_ns(host),
                         "law: file %u of message %" PRIu64
                         " is given to thread %u of job %u, which cannot be",
                         deliver->file, deliver->message, deliver->thread,
                         deliver->job);
        *reason = SCHED_REFUSED_ILLEGAL;
        return false;
    }
    const uint32_t slot = jobs_thread(host, deliver->job, deliver->thread);
    struct thread *thread = slab_at(host->threads, slot - 1);
    const struct mail_recipient *recipients = mail_recipients(message);
    const struct mail_recipient *first = &recipients[deliver->recipients[0]];
    const uint32_t queue_host =
        spool_queue_host(host, file, first->file, first->host);
    const uint32_t number =
        queue_host == SCHED_NONE
            ? enqueue_to_host(host, file->channel, first->host)
            : queue_host;
    const uint64_t handle = (uint64_t)thread->generation << 32 | slot;

    oracle_delivering(host->oracle, host_now_ns(host), first->file, queue_host,
                      handle == host->turn_thread && thread->host != number);
    file->state = MAIL_FILE_ACTIVE;
    thread->state = THREAD_BUSY;
    host->threads_busy++;
    thread->message = deliver->message;
    thread->file = first->file;
    thread->started_at_ns = host_now_ns(host);
    thread->ends_at_ns = INT64_MAX; /* not known yet */
    thread->asked_count = 0;
    indices_keep(thread, deliver);
    host->result->attempts++;
    if (host->settings.programs[file->channel].is_service) {
        service_begin(host, thread, handle);
        return true;
    }
    for (uint32_t i = 0; i < deliver->recipients_count; i++) {
        const struct mail_recipient *to = &recipients[deliver->recipients[i]];
        if (to->attempts == 0) {
            measure_first_attempt(host, message, file->channel, to->host);
        }
    }
    const uint32_t *luck = mail_luck(message);
    const uint32_t index = deliver->recipients[0];
    attempt_begin(
        host, thread, number,
        chance_entity(mail_origin(message), luck == NULL ? index : luck[index]),
        first->attempts);
    return true;
}

/* --- Outcomes ----------------------------------------------------------- */

/* outcome_kind - what a log calls it */
static enum mta_mail_kind
outcome_kind(uint8_t result)
{
    switch ((enum dialogue_result)result) {
    case DIALOGUE_DELIVERED:
        return MTA_MAIL_DELIVERED;
    case DIALOGUE_TEMPORARY:
        return MTA_MAIL_DEFERRED;
    case DIALOGUE_PERMANENT:
        return MTA_MAIL_FAILED;
    }
    UNREACHABLE("all results are above");
}

/* recipient_apply - one recipient's result */
static void
recipient_apply(struct host *host, struct thread *thread,
                struct mail_message *message, uint32_t index, uint8_t result)
{
    struct mail_recipient *recipient = &mail_recipients(message)[index];
    const struct mail_file *file = mail_file_at(host->mail, thread->file);
    const uint32_t channel = file->channel;

    if (recipient->attempts < UINT16_MAX) {
        recipient->attempts++;
    }
    if (result == DIALOGUE_TEMPORARY) {
        measure_deferred(host, message, channel, recipient->host);
        return;
    }
    if (result == DIALOGUE_DELIVERED) {
        host->result->duplicates += recipient->is_delivered;
    }
    const enum mail_state state =
        result == DIALOGUE_DELIVERED ? MAIL_DELIVERED : MAIL_RETURNED;
    oracle_finished(host->oracle, 1);
    measure_finished(host, message, channel, recipient->host, state);
    mail_finish(host->mail, message, recipient, state);
}

/* attempt_apply - the results, into the queue directory and the measures */
static void
attempt_apply(struct host *host, struct thread *thread,
              const struct dialogue *dialogue)
{
    struct mail_message *message = mail_message(host->mail, thread->message);
    struct mail_file *file = mail_file_at(host->mail, thread->file);
    const uint32_t domain = mail_recipients(message)[dialogue->indices[0]].host;
    const uint32_t queue_host =
        spool_queue_host(host, file, thread->file, domain);
    uint32_t delivered_count = 0, temporary_count = 0;

    for (uint32_t i = 0; i < dialogue->recipients_count; i++) {
        measure_tell(host, outcome_kind(dialogue->results[i]), message, file,
                     dialogue->indices[i], thread);
        delivered_count += dialogue->results[i] == DIALOGUE_DELIVERED;
        temporary_count += dialogue->results[i] == DIALOGUE_TEMPORARY;
    }
    /* With partial success the file stays as it is until it is rewritten. */
    const bool is_delayed = temporary_count > 0 && delivered_count == 0;
    if (is_delayed && file->attempts < UINT16_MAX) {
        file->attempts++;
    }
    oracle_attempted(host->oracle, host_now_ns(host), thread->file, queue_host,
                     is_delayed);
    if (temporary_count > 0 && !is_delayed) {
        file->state = MAIL_FILE_PARTED;
    }
    host->result->deferrals += temporary_count > 0;
    /* Message and file go with their last recipient, so the count is kept. */
    const uint32_t count = dialogue->recipients_count;
    for (uint32_t i = 0; i < count; i++) {
        recipient_apply(host, thread, message, dialogue->indices[i],
                        dialogue->results[i]);
    }
}

/* outcome_event - what the scheduler is told */
static struct sched_event
outcome_event(const struct thread *thread, uint32_t file_number,
              const struct dialogue *dialogue)
{
    struct sched_event event = {.kind = SCHED_EVENT_OUTCOME};

    event.u.outcome = (struct sched_outcome){
        .message = thread->message,
        .results = dialogue->recipients_count == 1 ? NULL : dialogue->results,
        .file = file_number,
        .job = thread->job,
        .thread = thread->number,
        .recipients_count = dialogue->recipients_count,
        .result = dialogue->results[0],
        .phase = thread->phase,
    };
    return event;
}

static void
on_outcome(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct thread *thread = slab_get(host->threads, data);

    if (thread == NULL) {
        return; /* it died at its work */
    }
    struct dialogue dialogue = delivery_dialogue(host, thread);
    const uint32_t file_number = mail_file_at(host->mail, thread->file)->number;
    const struct sched_event event =
        outcome_event(thread, file_number, &dialogue);

    if (thread->is_broken) {
        dial_drop(host, thread);
    }
    measure_line(host, thread);
    service_outcome_turn(host, mail_message(host->mail, thread->message),
                         file_number);
    attempt_apply(host, thread, &dialogue);
    thread->state = THREAD_IDLE;
    oracle_thread_asks(host->oracle, host->jobs[thread->job - 1].channel);
    host->threads_busy--;
    host->turn_thread = data;
    host_feed(host, &event);
    host->turn_thread = 0;
    host->outcome.message = 0;
    thread = slab_get(host->threads, data);
    if (thread != NULL && thread->state == THREAD_IDLE) {
        dial_quit(host, thread); /* nothing more for this host */
    }
}

_Static_assert((int)DIALOGUE_DELIVERED == (int)SCHED_RESULT_DELIVERED &&
                   (int)DIALOGUE_TEMPORARY == (int)SCHED_RESULT_TEMPORARY &&
                   (int)DIALOGUE_PERMANENT == (int)SCHED_RESULT_PERMANENT,
               "results cross the seam as they are");
_Static_assert((int)SMTP_CONNECT == (int)SCHED_PHASE_CONNECT &&
                   (int)SMTP_DOT == (int)SCHED_PHASE_DOT,
               "phases cross the seam as they are");
