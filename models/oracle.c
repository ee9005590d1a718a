/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oracle.c - see oracle.h
 *
 * For each queue (channel and host) the oracle counts the files that are ready,
 * by priority; for each channel, the queues that nobody serves, by the priority
 * of their head. Files that failed lie in a heap by the instant they are due;
 * those due before now are moved over before a decision is judged.
 */
#include "models/oracle.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/delayed.h"
#include "models/hands.h"

#define PRIORITIES_COUNT 5
#define NO_HEAD          PRIORITIES_COUNT
#define NO_HOST          UINT32_MAX

struct queue {
    uint32_t ready[PRIORITIES_COUNT];
    uint32_t active;
    uint32_t channel;
    uint32_t host;
    uint32_t next; /* of the same host, in another channel; + 1 */
    uint32_t head; /* counted in its channel's unserved[head]; or NO_HEAD */
};

struct channel {
    const struct program_params *params;
    uint32_t jobs_count;
    struct hands hands;
    uint32_t anonymous; /* its queue + 1; 0: none yet */
    bool is_stressed;
    bool is_touched;  /* in the list of those to be judged after this turn */
    bool is_at_fault; /* and that was said */
    uint32_t unserved[PRIORITIES_COUNT];
};

struct oracle {
    struct oracle_params params;
    const struct mail *mail;
    struct pool *pools;
    struct channel *channels;
    uint32_t *touched; /* channels */
    uint32_t touched_count;
    struct queue *queues;
    uint32_t queues_count;
    uint32_t queues_capacity;
    uint32_t *by_host; /* first queue + 1 */
    uint32_t by_host_capacity;
    struct delayed_heap delayed;
    int64_t submitted;
    int64_t finished;
    int64_t violations_count;
    char *texts[ORACLE_KEPT_MAX];
};

struct oracle *
oracle_new(const struct oracle_params *params, const struct mail *mail)
{
    struct oracle *oracle = base_alloc(sizeof *oracle);

    oracle->params = *params;
    oracle->mail = mail;
    oracle->pools = base_alloc(params->pools_count * sizeof(struct pool));
    for (uint32_t i = 0; i < params->pools_count; i++) {
        oracle->pools[i].params = &params->pools[i];
    }
    oracle->channels =
        base_alloc(params->programs_count * sizeof(struct channel));
    oracle->touched = base_alloc(params->programs_count * sizeof(uint32_t));
    for (uint32_t i = 0; i < params->programs_count; i++) {
        ASSERT(params->programs[i].pool < params->pools_count);
        oracle->channels[i].params = &params->programs[i];
    }
    return oracle;
}

void
oracle_free(struct oracle *oracle)
{
    if (oracle == NULL) {
        return;
    }
    for (int i = 0; i < ORACLE_KEPT_MAX; i++) {
        free(oracle->texts[i]);
    }
    free(oracle->pools);
    free(oracle->channels);
    free(oracle->touched);
    free(oracle->queues);
    free(oracle->by_host);
    delayed_free(&oracle->delayed);
    free(oracle);
}

void
oracle_violation(struct oracle *oracle, int64_t now_ns, const char *format, ...)
{
    char text[400];
    va_list arguments;

    if (oracle->violations_count++ >= ORACLE_KEPT_MAX) {
        return;
    }
    int n = snprintf(text, sizeof text,
                     "at %" PRId64 ".%09" PRId64 " s: ", now_ns / NS_PER_S,
                     now_ns % NS_PER_S);
    va_start(arguments, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, arguments);
    va_end(arguments);
    char *copy = base_alloc(sizeof text);
    snprintf(copy, sizeof text, "%s", text);
    oracle->texts[oracle->violations_count - 1] = copy;
}

int64_t
oracle_violations_count(const struct oracle *oracle)
{
    return oracle->violations_count;
}

const char *
oracle_violation_text(const struct oracle *oracle, uint32_t index)
{
    return index < ORACLE_KEPT_MAX ? oracle->texts[index] : NULL;
}

/* --- Queues ------------------------------------------------------------- */

/* queue_new - an empty queue; its number */
static uint32_t
queue_new(struct oracle *oracle, uint32_t channel, uint32_t host)
{
    if (oracle->queues_count == oracle->queues_capacity) {
        uint32_t n = oracle->queues_capacity;
        oracle->queues_capacity = n == 0 ? 64 : 2 * n;
        oracle->queues = base_realloc(oracle->queues, oracle->queues_capacity *
                                                          sizeof(struct queue));
    }
    oracle->queues[oracle->queues_count] =
        (struct queue){.channel = channel, .host = host, .head = NO_HEAD};
    return oracle->queues_count++;
}

/* by_host_reserve - room for this host's number */
static void
by_host_reserve(struct oracle *oracle, uint32_t host)
{
    uint32_t n = oracle->by_host_capacity;

    if (host < n) {
        return;
    }
    n = host < 32 ? 64 : 2 * host;
    oracle->by_host = base_realloc(oracle->by_host, n * sizeof(uint32_t));
    for (uint32_t i = oracle->by_host_capacity; i < n; i++) {
        oracle->by_host[i] = 0;
    }
    oracle->by_host_capacity = n;
}

static struct queue *
queue_of(struct oracle *oracle, uint32_t channel, uint32_t host)
{
    uint32_t *link;

    if (host == NO_HOST) {
        link = &oracle->channels[channel].anonymous;
    } else {
        by_host_reserve(oracle, host);
        link = &oracle->by_host[host];
        while (*link != 0 && oracle->queues[*link - 1].channel != channel) {
            link = &oracle->queues[*link - 1].next;
        }
    }
    if (*link == 0) {
        uint32_t next = 0;
        if (host != NO_HOST) { /* the array may move: link in at the front */
            next = oracle->by_host[host];
            link = &oracle->by_host[host];
        }
        *link = queue_new(oracle, channel, host) + 1;
        oracle->queues[*link - 1].next = next;
    }
    return &oracle->queues[*link - 1];
}

/* touch - the channel is judged after this turn */
static void
touch(struct oracle *oracle, uint32_t channel)
{
    if (!oracle->channels[channel].is_touched) {
        oracle->channels[channel].is_touched = true;
        oracle->touched[oracle->touched_count++] = channel;
    }
}

static void
note(struct oracle *oracle, uint32_t channel, enum hands_event event)
{
    hands_note(&oracle->channels[channel].hands, event);
    touch(oracle, channel);
}

/* queue_count - keeps the channel's count of unserved queues after a change */
static void
queue_count(struct oracle *oracle, struct queue *queue)
{
    struct channel *channel = &oracle->channels[queue->channel];
    uint32_t head = NO_HEAD;

    if (queue->active == 0) {
        head = 0;
        while (head < NO_HEAD && queue->ready[head] == 0) {
            head++;
        }
    }
    if (head == queue->head) {
        return;
    }
    touch(oracle, queue->channel);
    if (queue->head != NO_HEAD) {
        channel->unserved[queue->head]--;
    }
    if (head != NO_HEAD) {
        channel->unserved[head]++;
    }
    queue->head = head;
}

/* is_counted - the file is ready, for all to see */
static bool
is_counted(const struct mail_file *file)
{
    return file->state == MAIL_FILE_READY &&
           (file->flags & MAIL_FILE_IS_HIDDEN) == 0;
}

static void
ready_add(struct oracle *oracle, const struct mail_file *file, uint32_t host)
{
    struct queue *queue = queue_of(oracle, file->channel, host);

    queue->ready[file->priority]++;
    queue_count(oracle, queue);
}

static void
ready_drop(struct oracle *oracle, const struct mail_file *file, uint32_t host)
{
    struct queue *queue = queue_of(oracle, file->channel, host);

    ASSERT(queue->ready[file->priority] > 0);
    queue->ready[file->priority]--;
    queue_count(oracle, queue);
}

/* --- Delayed files ------------------------------------------------------ */

/* delayed_release - files due before now are ready */
static void
delayed_release(struct oracle *oracle, int64_t now_ns)
{
    while (oracle->delayed.count > 0 &&
           oracle->delayed.items[0].due_at_ns < now_ns) {
        const struct delayed delayed = delayed_pop(&oracle->delayed);
        struct mail_file *file = mail_file_at(oracle->mail, delayed.file);
        /* The file may be gone and its slot taken, even by one that is due
         * at the same instant for another host. */
        if (file->generation == delayed.generation &&
            file->state == MAIL_FILE_DELAYED &&
            file->due_at_ns == delayed.due_at_ns) {
            file->state = MAIL_FILE_READY;
            ready_add(oracle, file, delayed.host);
        }
    }
}

/* --- What happens ------------------------------------------------------- */

void
oracle_submitted(struct oracle *oracle, uint32_t recipients_count)
{
    oracle->submitted += recipients_count;
}

void
oracle_finished(struct oracle *oracle, uint32_t recipients_count)
{
    oracle->finished += recipients_count;
}

void
oracle_created(struct oracle *oracle, uint32_t file_slot, uint32_t host)
{
    struct mail_file *file = mail_file_at(oracle->mail, file_slot);

    ASSERT(file->channel < oracle->params.programs_count);
    ASSERT(file->priority < PRIORITIES_COUNT);
    if (is_counted(file)) {
        ready_add(oracle, file, host);
    } else if (file->state == MAIL_FILE_DELAYED) {
        delayed_push(&oracle->delayed,
                     (struct delayed){file->due_at_ns, file_slot,
                                      file->generation, host, 0});
    }
}

/* head_better - whether a channel has unserved queues better than `head`,
 * beyond what its starting threads, seen or not, may be meant for */
static bool
head_better(const struct channel *channel, uint32_t head)
{
    uint32_t better_count = 0;

    for (uint32_t i = 0; i < head; i++) {
        better_count += channel->unserved[i];
    }
    return channel->hands.jobs_starting == 0 &&
           better_count > channel->hands.threads_starting;
}

/* slot_judge - a slot freed in a pool goes to the channel with the best head */
static void
slot_judge(struct oracle *oracle, int64_t now_ns, uint32_t channel)
{
    const struct channel *chosen = &oracle->channels[channel];
    const uint32_t pool = chosen->params->pool;
    uint32_t head = 0;

    while (head < NO_HEAD && chosen->unserved[head] == 0) {
        head++;
    }
    for (uint32_t i = 0; i < oracle->params.programs_count; i++) {
        const struct channel *other = &oracle->channels[i];
        if (i == channel || other->params->pool != pool ||
            other->params->starts_unseen || other->is_stressed ||
            !pool_has_slot(&oracle->pools[pool], other->jobs_count,
                           other->params->maxjobs)) {
            continue;
        }
        if (head_better(other, head)) {
            oracle_violation(
                oracle, now_ns,
                "policy: a freed slot of pool %s goes to %s, but %s has mail "
                "of better priority that nobody serves",
                oracle->pools[pool].params->name, chosen->params->name,
                other->params->name);
            return;
        }
    }
}

void
oracle_job_started(struct oracle *oracle, int64_t now_ns, uint32_t channel,
                   bool is_after_exit)
{
    struct channel *c = &oracle->channels[channel];
    struct pool *pool = &oracle->pools[c->params->pool];

    if (oracle->params.is_policy && is_after_exit &&
        !oracle->params.is_host_open) {
        delayed_release(oracle, now_ns);
        slot_judge(oracle, now_ns, channel);
    }
    if (!pool_take(pool, c->jobs_count, c->params->maxjobs) &&
        oracle->params.is_policy) {
        oracle_violation(oracle, now_ns,
                         "policy: job %u of %s (maxjobs %u), job %u of pool %s "
                         "(job_limit %u)",
                         c->jobs_count + 1, c->params->name, c->params->maxjobs,
                         pool->jobs_count, pool->params->name,
                         pool->params->job_limit);
    }
    c->jobs_count++;
    note(oracle, channel, HANDS_JOB_STARTING);
}

void
oracle_job_gone(struct oracle *oracle, uint32_t channel)
{
    struct channel *c = &oracle->channels[channel];

    ASSERT(c->jobs_count > 0);
    c->jobs_count--;
    pool_release(&oracle->pools[c->params->pool]);
    note(oracle, channel, HANDS_JOB_GONE);
    for (uint32_t i = 0; i < oracle->params.programs_count; i++) {
        if (oracle->channels[i].params->pool == c->params->pool) {
            touch(oracle, i);
        }
    }
}

void
oracle_thread_starting(struct oracle *oracle, int64_t now_ns, uint32_t channel,
                       uint32_t job_threads)
{
    struct channel *c = &oracle->channels[channel];

    if (job_threads >= c->params->threads_max) {
        oracle_violation(
            oracle, now_ns, "law: thread %u of a job of %s, which can hold %u",
            job_threads + 1, c->params->name, c->params->threads_max);
    }
    note(oracle, channel, HANDS_THREAD_STARTING);
}

void
oracle_thread_ready(struct oracle *oracle, uint32_t channel)
{
    ASSERT(oracle->channels[channel].hands.threads_starting > 0);
    note(oracle, channel, HANDS_THREAD_READY);
}

void
oracle_job_running(struct oracle *oracle, uint32_t channel)
{
    note(oracle, channel, HANDS_JOB_RUNNING);
}

void
oracle_job_stopping(struct oracle *oracle, uint32_t channel)
{
    note(oracle, channel, HANDS_JOB_STOPPING);
}

void
oracle_thread_asks(struct oracle *oracle, uint32_t channel)
{
    note(oracle, channel, HANDS_THREAD_ASKS);
}

void
oracle_thread_stopping(struct oracle *oracle, uint32_t channel)
{
    note(oracle, channel, HANDS_THREAD_STOPPING);
}

void
oracle_thread_ended(struct oracle *oracle, uint32_t channel)
{
    note(oracle, channel, HANDS_THREAD_ENDED);
}

void
oracle_start_refused(struct oracle *oracle, int64_t now_ns, uint32_t channel)
{
    hands_refused(&oracle->channels[channel].hands, now_ns);
}

/* delivery_judge - the file's turn, by priority */
static void
delivery_judge(struct oracle *oracle, int64_t now_ns,
               const struct mail_file *file, const struct queue *queue,
               bool is_moving)
{
    const struct channel *channel = &oracle->channels[file->channel];

    for (uint32_t i = 0; i < file->priority; i++) {
        if (queue->ready[i] > 0) {
            oracle_violation(oracle, now_ns,
                             "policy: a file of priority %u goes before %u of "
                             "priority %u in the same queue of %s",
                             file->priority, queue->ready[i], i,
                             channel->params->name);
            return;
        }
    }
    if (is_moving && queue->active == 0 && !oracle->params.is_host_open &&
        head_better(channel, file->priority)) {
        oracle_violation(oracle, now_ns,
                         "policy: a thread of %s goes over to a host with mail "
                         "of priority %u, but another has better mail",
                         channel->params->name, file->priority);
    }
}

void
oracle_delivering(struct oracle *oracle, int64_t now_ns, uint32_t file_slot,
                  uint32_t host, bool is_moving)
{
    struct mail_file *file = mail_file_at(oracle->mail, file_slot);

    delayed_release(oracle, now_ns);
    if (file->state == MAIL_FILE_DELAYED) {
        if (oracle->params.is_policy && file->due_at_ns > now_ns) {
            oracle_violation(oracle, now_ns,
                             "policy: attempt %u of message %" PRIu64
                             " comes %" PRId64 " ns before its retry is due",
                             file->attempts + 1u,
                             mail_message_of(oracle->mail, file)->id,
                             file->due_at_ns - now_ns);
        }
        file->state = MAIL_FILE_READY;
        ready_add(oracle, file, host);
    }
    if ((file->flags & MAIL_FILE_IS_UNKNOWN) != 0) {
        oracle_violation(oracle, now_ns,
                         "law: file %u of message %" PRIu64
                         " is given out, but no scan has named it since the "
                         "scheduler forgot it",
                         file->number, mail_message_of(oracle->mail, file)->id);
    }
    if ((file->flags & MAIL_FILE_IS_HIDDEN) != 0) {
        file->flags &= (uint8_t) ~(MAIL_FILE_IS_HIDDEN | MAIL_FILE_IS_UNKNOWN);
        ready_add(oracle, file, host);
    }
    struct queue *queue = queue_of(oracle, file->channel, host);
    if (oracle->params.is_policy) {
        delivery_judge(oracle, now_ns, file, queue, is_moving);
    }
    ASSERT(queue->ready[file->priority] > 0);
    queue->ready[file->priority]--;
    queue->active++;
    queue_count(oracle, queue);
    note(oracle, file->channel, HANDS_THREAD_BUSY);
}

void
oracle_attempted(struct oracle *oracle, int64_t now_ns, uint32_t file_slot,
                 uint32_t host, bool is_delayed)
{
    struct mail_file *file = mail_file_at(oracle->mail, file_slot);
    struct queue *queue = queue_of(oracle, file->channel, host);

    ASSERT(queue->active > 0);
    queue->active--;
    queue_count(oracle, queue);
    if (!is_delayed) {
        return;
    }
    const struct retry_params *retry =
        &oracle->channels[file->channel]
             .params->retry[retry_class(file->priority)];
    file->state = MAIL_FILE_DELAYED;
    /* A scheduler of another school may retry when it likes. */
    file->due_at_ns = oracle->params.is_policy && retry->intervals_count > 0
                          ? retry_due_ns(retry, file->attempts, now_ns)
                          : now_ns;
    delayed_push(&oracle->delayed, (struct delayed){file->due_at_ns, file_slot,
                                                    file->generation, host, 0});
}

void
oracle_removed(struct oracle *oracle, uint32_t file_slot, uint32_t host)
{
    const struct mail_file *file = mail_file_at(oracle->mail, file_slot);

    if (is_counted(file)) {
        ready_drop(oracle, file, host);
    }
}

void
oracle_returned(struct oracle *oracle, int64_t now_ns, uint32_t file_slot,
                bool is_warning)
{
    const struct mail_file *file = mail_file_at(oracle->mail, file_slot);
    const struct mail_message *message = mail_message_of(oracle->mail, file);
    const struct retry_params *retry =
        &oracle->channels[file->channel]
             .params->retry[retry_class(file->priority)];
    const int64_t age_ns = now_ns - message->submitted_at_ns;

    if (!oracle->params.is_policy || retry->notices_count == 0) {
        return; /* no such rule */
    }
    const int64_t least_ns =
        is_warning ? retry_warning_age_ns(retry) : retry_return_age_ns(retry);

    if (age_ns < least_ns) {
        oracle_violation(oracle, now_ns,
                         "policy: message %" PRIu64 " is %s at an age of "
                         "%" PRId64 " s, before %" PRId64 " s",
                         message->id, is_warning ? "warned about" : "returned",
                         age_ns / NS_PER_S, least_ns / NS_PER_S);
    }
}

void
oracle_stressed(struct oracle *oracle, uint32_t channel)
{
    oracle->channels[channel].is_stressed = true;
}

void
oracle_changed(struct oracle *oracle, bool is_host_open)
{
    oracle->params.is_host_open = is_host_open;
    for (uint32_t i = 0; i < oracle->params.pools_count; i++) {
        oracle->pools[i].jobs_count = 0;
    }
    /* A channel that has gone over to another pool has its jobs there. */
    for (uint32_t i = 0; i < oracle->params.programs_count; i++) {
        const struct channel *channel = &oracle->channels[i];
        oracle->pools[channel->params->pool].jobs_count += channel->jobs_count;
    }
}

void
oracle_restarted(struct oracle *oracle)
{
    for (uint32_t i = 0; i < oracle->params.pools_count; i++) {
        oracle->pools[i].jobs_count = 0;
    }
    for (uint32_t i = 0; i < oracle->params.programs_count; i++) {
        struct channel *channel = &oracle->channels[i];
        *channel = (struct channel){.params = channel->params,
                                    .anonymous = channel->anonymous};
    }
    for (uint32_t i = 0; i < oracle->queues_count; i++) {
        struct queue *queue = &oracle->queues[i];
        memset(queue->ready, 0, sizeof queue->ready);
        queue->active = 0;
        queue->head = NO_HEAD;
    }
    oracle->delayed.count = 0;
    oracle->touched_count = 0;
}

/* hands_check - no hand is idle, or missing, where mail waits for one */
static void
hands_check(struct oracle *oracle, int64_t now_ns, struct channel *channel)
{
    static const char *const texts[] = {
        [HANDS_IDLE] = "a thread is idle",
        [HANDS_STALLED] = "there is no thread, none comes and none ends"};
    const struct pool *pool = &oracle->pools[channel->params->pool];
    uint32_t unserved_count = 0;

    for (uint32_t i = 0; i < PRIORITIES_COUNT; i++) {
        unserved_count += channel->unserved[i];
    }
    const bool can_start =
        !channel->params->starts_unseen && !channel->is_stressed &&
        pool_has_slot(pool, channel->jobs_count, channel->params->maxjobs);
    const enum hands_fault fault =
        hands_judge(&channel->hands, now_ns, unserved_count,
                    channel->jobs_count, can_start);
    if (fault != HANDS_GOOD && !channel->is_at_fault) {
        oracle_violation(oracle, now_ns,
                         "policy: %u hosts of %s have mail that nobody works "
                         "on, but %s",
                         unserved_count, channel->params->name, texts[fault]);
    }
    channel->is_at_fault = fault != HANDS_GOOD;
}

void
oracle_check(struct oracle *oracle, int64_t now_ns)
{
    const int64_t queued = mail_queued_count(oracle->mail);

    while (oracle->touched_count > 0) {
        struct channel *channel =
            &oracle->channels[oracle->touched[--oracle->touched_count]];

        channel->is_touched = false;
        if (oracle->params.is_policy) {
            hands_check(oracle, now_ns, channel);
        }
    }

    if (oracle->submitted != oracle->finished + queued) {
        oracle_violation(oracle, now_ns,
                         "law: %" PRId64 " recipients submitted, %" PRId64
                         " final, %" PRId64 " queued",
                         oracle->submitted, oracle->finished, queued);
    }
}
