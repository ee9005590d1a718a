/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * service.c - mail that the host makes: re-submits of service channels, notices
 *
 * A service channel (reprocess, process) takes a file apart and puts each
 * recipient into its real channel: the recipients move into a new message,
 * with their age, their attempts and their luck, and are never out of the
 * queue. A notice is a new message.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/world.h"

static void on_service_done(void *arg, uint64_t data);

void
service_begin(struct host *host, struct thread *thread, uint64_t handle)
{
    const struct machine_params *machine = host->params->machine;
    const uint32_t index =
        thread->recipients_count == 1 ? thread->index_one : thread->indices[0];
    const struct mail_message *message =
        mail_message(host->mail, thread->message);
    const uint32_t *luck = mail_luck(message);
    int64_t cost_ns = machine->per_message.a;

    if (machine->per_message.kind != VARIATE_CONSTANT) {
        cost_ns = variate_sample(
            &machine->per_message,
            chance_u64(&host->per_message,
                       chance_entity(mail_origin(message),
                                     luck == NULL ? index : luck[index]),
                       mail_recipient(message, index)->attempts, 0));
    }
    cost_ns += machine->expand_per_recipient_ns * thread->recipients_count;
    thread->phase = SMTP_DOT;
    thread->ends_at_ns = host_now_ns(host) + cost_ns;
    evq_push(host->evq, thread->ends_at_ns, CLASS_OUTCOME, on_service_done,
             host, handle);
}

/* is_process - mail comes from this channel then; from reprocess* it comes as
 * from where it first came */
static bool
is_process(const struct host *host, uint32_t channel)
{
    return strncmp(host->settings.programs[channel].name, "process", 7) == 0;
}

/* recipients_move - a file's recipients into a new message; NULL: no room */
static struct mail_message *
recipients_move(struct host *host, const struct thread *thread,
                uint32_t channel)
{
    struct mail_message *from = mail_message(host->mail, thread->message);
    const uint32_t *luck = mail_luck(from);
    const uint32_t count = thread->recipients_count;
    struct mail_message *into =
        mail_make(host->mail, from->submitted_at_ns, count, mail_origin(from));

    if (into == NULL) {
        enqueue_full(host, (struct src_loc){"scenario", 0, 0});
        return NULL;
    }
    into->size_bytes = from->size_bytes;
    into->priority = from->priority;
    into->is_null_sender = from->is_null_sender;
    into->notices = from->notices;
    into->source = is_process(host, channel) ? (uint16_t)channel : from->source;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t index =
            count == 1 ? thread->index_one : thread->indices[i];
        struct mail_recipient *old = &mail_recipients(from)[index];
        struct mail_recipient *new = &mail_recipients(into)[i];

        new->host = old->host;
        new->attempts = old->attempts;
        new->is_delivered = old->is_delivered;
        mail_luck(into)[i] = luck == NULL ? index : luck[index];
        mail_finish(host->mail, from, old, MAIL_MOVED);
    }
    return into;
}

/* resubmit - a message that has moved, into its real channels */
static void
resubmit(struct host *host, struct mail_message *message, uint64_t parent)
{
    const uint32_t count = message->recipients_count;
    struct sched_recipient one, *to = &one;

    if (count > 1) {
        to = base_alloc(count * sizeof to[0]);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct traffic_recipient recipient = {
            mail_recipient(message, i)->host, NULL};
        const uint32_t channel = enqueue_channel(host, &recipient);
        to[i] = (struct sched_recipient){
            channel, enqueue_to_host(host, channel, recipient.host)};
    }
    enqueue_later(host, &(struct arrival){
                            .message = message->id,
                            .parent = parent,
                            .deferred_until_ns = SCHED_NO_TIME,
                            .to = to,
                            .source = SCHED_NONE,
                        });
    if (count > 1) {
        free(to);
    }
}

static void
on_service_done(void *arg, uint64_t data)
{
    struct host *host = arg;
    struct thread *thread = slab_get(host->threads, data);

    if (thread == NULL) {
        return; /* it died at its work */
    }
    const struct mail_file *file = mail_file_at(host->mail, thread->file);
    const uint32_t channel = file->channel;
    const uint64_t parent = thread->message;
    const struct sched_event event = {
        .kind = SCHED_EVENT_OUTCOME,
        .u.outcome = {.message = parent,
                      .file = file->number,
                      .job = thread->job,
                      .thread = thread->number,
                      .recipients_count = thread->recipients_count,
                      .result = SCHED_RESULT_DELIVERED,
                      .phase = SCHED_PHASE_DOT}};

    oracle_attempted(host->oracle, host_now_ns(host), thread->file, SCHED_NONE,
                     false);
    struct mail_message *message = recipients_move(host, thread, channel);
    if (message == NULL) {
        return;
    }
    resubmit(host, message, parent);
    thread->state = THREAD_IDLE;
    oracle_thread_asks(host->oracle, host->jobs[thread->job - 1].channel);
    host->threads_busy--;
    host->turn_thread = data;
    host_feed(host, &event);
    host->turn_thread = 0;
}

/* --- Notices ------------------------------------------------------------ */

/* One count for each kind of notice, in a message's 16 bits. */
enum { NOTICE_KINDS = 3, NOTICE_BITS = 5, NOTICE_LAST = 20 };

_Static_assert(NOTICE_KINDS *(NOTICE_LAST + 1) <= MAIL_LUCK_NOTICES,
               "each has luck of its own");

void
service_outcome_turn(struct host *host, const struct mail_message *message,
                     uint32_t file)
{
    host->outcome = (struct outcome_turn){
        .message = message->id,
        .origin = mail_origin(message),
        .file = file,
        .notices = message->notices,
        .is_null_sender = message->is_null_sender,
    };
}

/* notice_luck - the recipient index that a notice draws by; counts it */
static uint32_t
notice_luck(uint16_t *notices, uint32_t kind)
{
    const uint32_t shift = (kind - 1) * NOTICE_BITS;
    const uint32_t ordinal = (uint32_t)*notices >> shift & 31;

    if (ordinal < NOTICE_LAST) {
        *notices = (uint16_t)(*notices + (1u << shift));
    }
    return MAIL_RECIPIENTS_MAX + (kind - 1) * (NOTICE_LAST + 1) + ordinal;
}

/* notice_make - the mail that tells the sender */
static void
notice_make(struct host *host, uint64_t parent, uint64_t origin, uint32_t luck)
{
    const uint32_t domain = host->notices_host;
    struct sched_recipient to = {host->process,
                                 enqueue_to_host(host, host->process, domain)};
    struct mail_message *message =
        mail_make(host->mail, host_now_ns(host), 1, origin);

    if (message == NULL) {
        enqueue_full(host, host->params->notices_to->where);
        return;
    }
    message->size_bytes =
        (uint32_t)i64_min(host->params->notice_bytes, MAIL_BYTES_MAX);
    message->priority = SCHED_PRIORITY_NORMAL;
    message->is_null_sender = true;
    message->source = UINT16_MAX;
    mail_recipients(message)[0].host = domain;
    mail_luck(message)[0] = luck;
    oracle_submitted(host->oracle, 1);
    measure_submitted(host, message);
    enqueue_later(host, &(struct arrival){
                            .message = message->id,
                            .parent = parent,
                            .deferred_until_ns = SCHED_NO_TIME,
                            .to = &to,
                            .source = SCHED_NONE,
                        });
}

bool
service_notify(struct host *host, const struct sched_file_action *notify,
               uint32_t *reason)
{
    struct mail_message *message = mail_message(host->mail, notify->message);
    struct outcome_turn *turn = &host->outcome;
    const bool is_of_turn = turn->message == notify->message &&
                            turn->file == notify->file && turn->message != 0 &&
                            notify->value == SCHED_NOTICE_FAILURE;
    const bool is_of_file =
        message != NULL && mail_file(host->mail, message, notify->file) != NULL;
    const bool is_null_sender =
        message == NULL ? turn->is_null_sender : message->is_null_sender;

    if (notify->value < SCHED_NOTICE_WARNING ||
        notify->value > SCHED_NOTICE_FAILURE || (!is_of_turn && !is_of_file) ||
        is_null_sender) {
        oracle_violation(host->oracle, host_now_ns(host),
                         "law: notice %u about file %u of message %" PRIu64
                         ", %s",
                         notify->value, notify->file, notify->message,
                         is_null_sender ? "which has no sender"
                                        : "which is not there to be told of");
        *reason = SCHED_REFUSED_ILLEGAL;
        return false;
    }
    host->result->notices++;
    if (host->params->notices_to != NULL) {
        const uint64_t origin =
            message == NULL ? turn->origin : mail_origin(message);
        const uint32_t luck =
            notice_luck(message == NULL ? &turn->notices : &message->notices,
                        notify->value);
        notice_make(host, notify->message, origin, luck);
    }
    return true;
}
