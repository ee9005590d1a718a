/* SPDX-License-Identifier: MIT */
/*
 * admit.c - the incoming, the active and the deferred queue
 *
 * RULES      The active queue holds so many messages and no more; incoming mail
 *            and deferred mail that is due enter it in turns, each in its order.
 *            A message whose round is over and that has recipients left waits
 *            for its own age, but no less than the least and no more than the
 *            longest backoff, and then for the next scan of the deferred queue.
 *            One that has reached the lifetime is returned instead.
 * ORDER      A scan takes what is due by scan, then in the order in which it
 *            was deferred. (The real one reads a directory.)
 */
#include <stddef.h>

#include "manager.h"

/* --- Lines ---------------------------------------------------------------- */

static void
line_push(struct line *line, struct message *message)
{
    message->after = NULL;
    if (line->last == NULL) {
        line->first = message;
    } else {
        line->last->after = message;
    }
    line->last = message;
}

static struct message *
line_pop(struct line *line)
{
    struct message *message = line->first;

    line->first = message->after;
    if (line->first == NULL) {
        line->last = NULL;
    }
    message->after = NULL;
    return message;
}

/* --- The deferred queue: a heap by scan ----------------------------------- */

static bool
is_before(const struct deferred *a, const struct deferred *b)
{
    return a->scan < b->scan || (a->scan == b->scan && a->order < b->order);
}

static void
heap_push(struct manager *m, struct deferred deferred)
{
    uint32_t place = m->heap_count++;

    while (place > 0 && is_before(&deferred, &m->heap[(place - 1) / 2])) {
        m->heap[place] = m->heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    m->heap[place] = deferred;
}

static struct message *
heap_pop(struct manager *m)
{
    struct message *message = m->heap[0].message;
    const struct deferred last = m->heap[--m->heap_count];
    uint32_t place = 0;

    for (uint32_t child = 1; child < m->heap_count; child = 2 * place + 1) {
        if (child + 1 < m->heap_count &&
            is_before(&m->heap[child + 1], &m->heap[child])) {
            child++;
        }
        if (!is_before(&m->heap[child], &last)) {
            break;
        }
        m->heap[place] = m->heap[child];
        place = child;
    }
    m->heap[place] = last;
    return message;
}

/* heap_reserve - a place for every message there is, and one more */
static bool
heap_reserve(struct manager *m)
{
    if (m->messages_count < m->heap_capacity) {
        return true;
    }
    if (m->heap_capacity > UINT32_MAX / 2) {
        return false;
    }
    const uint32_t capacity =
        m->heap_capacity == 0 ? 256 : 2 * m->heap_capacity;
    struct deferred *heap = keep_grow(
        &m->allocator, m->heap, (uint64_t)m->heap_capacity * sizeof *m->heap,
        (uint64_t)capacity * sizeof *m->heap);
    if (heap == NULL) {
        return false;
    }
    m->heap = heap;
    m->heap_capacity = capacity;
    return true;
}

static int64_t
divide_up(int64_t a, int64_t b)
{
    return a <= 0 ? 0 : (a - 1) / b + 1;
}

static int64_t
at_least(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* defer - the message waits for the scan after its backoff */
static void
defer(struct manager *m, struct message *message)
{
    const int64_t least_ns = manager_option(m, SETUP_BACKOFF_MIN);
    const int64_t most_ns = manager_option(m, SETUP_BACKOFF_MAX);
    int64_t wait_ns = at_least(m->now_ns - message->submitted_at_ns, least_ns);

    wait_ns = wait_ns < most_ns ? wait_ns : most_ns;
    message->state = MESSAGE_DEFERRED;
    heap_push(m, (struct deferred){
                     .scan = divide_up(m->now_ns + wait_ns - m->began_at_ns,
                                       manager_option(m, SETUP_RUN_DELAY)),
                     .order = m->deferrals_count++,
                     .message = message,
                 });
}

/* --- Messages ------------------------------------------------------------- */

static void
message_free(struct manager *m, struct message *message)
{
    if (message->earlier == NULL) {
        m->messages_first = message->later;
    } else {
        message->earlier->later = message->later;
    }
    if (message->later == NULL) {
        m->messages_last = message->earlier;
    } else {
        message->later->earlier = message->earlier;
    }
    m->messages_count--;
    keep_give(&m->allocator, message, message->bytes);
}

/* round_end - no part of an active message is left to try */
static void
round_end(struct manager *m, struct message *message)
{
    const int64_t age_ns = m->now_ns - message->submitted_at_ns;

    m->active_count--;
    if (message->left_count == 0) {
        message_free(m, message);
    } else if (age_ns >= manager_option(m, SETUP_LIFETIME)) {
        message->state = MESSAGE_LEAVING;
        line_push(&m->leaving, message);
    } else {
        defer(m, message);
    }
}

void
admit_rest(struct manager *m, struct part *part)
{
    struct message *message = part->message;

    part->state = PART_RESTING;
    message->open_count--;
    if (message->open_count == 0) {
        round_end(m, message);
    }
}

void
admit_drop(struct part *part)
{
    part->count = 0;
    part->message->left_count--;
}

void
admit_left(struct manager *m)
{
    struct message *message = line_pop(&m->leaving);

    m->leave_index = 0;
    if (message->left_count == 0) {
        message_free(m, message);
    } else {
        defer(m, message); /* the host would not: once more, then */
    }
}

/* activate - each of its parts waits for its destination, unless that is dead */
static void
activate(struct manager *m, struct message *message)
{
    const uint32_t count = message->parts_count;

    m->active_count++;
    message->state = MESSAGE_ACTIVE;
    message->open_count = message->left_count + 1; /* until all are in */
    for (uint32_t i = 0; i < count; i++) {
        struct part *part = &message->parts[i];
        if (part->count == 0) {
            continue;
        }
        target_refresh(m, part->target);
        if (part->target->is_dead) {
            admit_rest(m, part);
        } else {
            target_push(m, part);
        }
    }
    message->open_count--;
    if (message->open_count == 0) {
        round_end(m, message);
    }
}

void
admit_more(struct manager *m)
{
    const uint64_t limit = (uint64_t)manager_option(m, SETUP_ACTIVE_LIMIT);

    while (m->slice_left > 0 && m->active_count < limit &&
           (m->incoming.first != NULL || m->due.first != NULL)) {
        const bool is_due = m->incoming.first == NULL ||
                            (m->takes_due_next && m->due.first != NULL);
        m->takes_due_next = !is_due;
        m->slice_left--;
        activate(m, line_pop(is_due ? &m->due : &m->incoming));
    }
}

void
admit_scan(struct manager *m)
{
    const int64_t scan =
        (m->now_ns - m->began_at_ns) / manager_option(m, SETUP_RUN_DELAY);

    for (uint32_t i = 0;
         i < MANAGER_SLICE && m->heap_count > 0 && m->heap[0].scan <= scan;
         i++) {
        struct message *message = heap_pop(m);
        message->state = MESSAGE_DUE;
        line_push(&m->due, message);
    }
}

int64_t
admit_wish_ns(const struct manager *m)
{
    const uint64_t limit = (uint64_t)manager_option(m, SETUP_ACTIVE_LIMIT);

    if ((m->incoming.first != NULL || m->due.first != NULL) &&
        m->active_count < limit) {
        return m->now_ns; /* the rest of a slice */
    }
    return m->heap_count == 0
               ? SCHED_NEVER
               : m->began_at_ns +
                     m->heap[0].scan * manager_option(m, SETUP_RUN_DELAY);
}

/* --- Submits -------------------------------------------------------------- */

/* group - every recipient's target, and how many parts there will be */
static int32_t
group(struct manager *m, const struct sched_submit *submit, uint32_t limit,
      uint32_t *parts_count)
{
    *parts_count = 0;
    m->groups_count++;
    for (uint32_t i = 0; i < submit->recipients_count; i++) {
        const struct sched_recipient *to = &submit->recipients[i];
        if (to->channel >= m->channels_count) {
            return SCHED_ERR_ARGUMENT;
        }
        const bool has_hosts = m->setup.channels[to->channel].is_smtp;
        struct target *target =
            target_of(m, to->channel, has_hosts ? to->host : SCHED_NONE);
        if (target == NULL) {
            return SCHED_ERR_MEMORY;
        }
        if (target->group != m->groups_count) {
            target->group = m->groups_count;
            target->group_count = 0;
            target->group_part = SCHED_NONE;
        }
        *parts_count += target->group_count++ % limit == 0;
    }
    return SCHED_OK;
}

/* parts_lay_out - the target's parts, each with its place among recipients */
static void
parts_lay_out(struct message *message, struct target *target, uint32_t limit,
              uint32_t *first)
{
    target->group_part = message->parts_count;
    for (uint32_t left = target->group_count; left > 0;) {
        const uint32_t count = left < limit ? left : limit;
        message->parts[message->parts_count++] = (struct part){
            .message = message,
            .target = target,
            .number = ++message->numbers_count,
            .first = *first,
        };
        *first += count;
        left -= count;
    }
}

/* split - fills in the parts; within one, recipients in their order */
static void
split(struct manager *m, const struct sched_submit *submit, uint32_t limit,
      struct message *message)
{
    uint32_t first = 0;

    for (uint32_t i = 0; i < submit->recipients_count; i++) {
        const struct sched_recipient *to = &submit->recipients[i];
        const bool has_hosts = m->setup.channels[to->channel].is_smtp;
        struct target *target =
            target_of(m, to->channel, has_hosts ? to->host : SCHED_NONE);
        if (target->group_part == SCHED_NONE) {
            parts_lay_out(message, target, limit, &first);
        }
        struct part *part = &message->parts[target->group_part];
        message->recipients[part->first + part->count++] = i;
        if (part->count == limit) {
            target->group_part++;
        }
    }
    message->left_count = message->parts_count;
}

int32_t
admit_submit(struct manager *m, const struct sched_submit *submit)
{
    const int64_t option = manager_option(m, SETUP_RECIPIENT_LIMIT);
    const uint32_t limit = option == 0 ? UINT32_MAX : (uint32_t)option;
    uint32_t parts_count = 0;

    if (submit->recipients_count == 0 || submit->message == 0 ||
        submit->priority > SCHED_PRIORITY_NONURGENT ||
        (submit->source_channel != SCHED_NONE &&
         submit->source_channel >= m->channels_count)) {
        return SCHED_ERR_ARGUMENT;
    }
    const int32_t status = group(m, submit, limit, &parts_count);
    if (status != SCHED_OK) {
        return status;
    }
    const uint64_t bytes = sizeof(struct message) +
                           parts_count * sizeof(struct part) +
                           submit->recipients_count * sizeof(uint32_t);
    struct message *message =
        heap_reserve(m) ? keep_take(&m->allocator, bytes) : NULL;
    if (message == NULL) {
        return SCHED_ERR_MEMORY;
    }
    message->id = submit->message;
    message->submitted_at_ns = submit->submitted_at_ns;
    message->bytes = bytes;
    message->priority = submit->priority;
    message->parts = (struct part *)(message + 1);
    message->recipients = (uint32_t *)(message->parts + parts_count);
    split(m, submit, limit, message);
    message->earlier = m->messages_last;
    if (m->messages_last == NULL) {
        m->messages_first = message;
    } else {
        m->messages_last->later = message;
    }
    m->messages_last = message;
    m->messages_count++;
    m->creating = message;
    m->create_index = 0;
    return SCHED_OK;
}

void
admit_created(struct manager *m)
{
    struct message *message = m->creating;

    m->creating = NULL;
    if (message->left_count == 0) { /* the host refused all of it */
        message_free(m, message);
        return;
    }
    message->state = MESSAGE_INCOMING;
    line_push(&m->incoming, message);
}

void
admit_free_all(struct manager *m)
{
    while (m->messages_first != NULL) {
        message_free(m, m->messages_first);
    }
    keep_give(&m->allocator, m->heap,
              (uint64_t)m->heap_capacity * sizeof *m->heap);
}
