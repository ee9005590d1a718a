/* SPDX-License-Identifier: MIT */
/*
 * queue.c - the ready files of each (channel, destination host)
 *
 * A queue is a list for each priority in the order (eligible, message, number).
 * A new file belongs at the tail, a file that lost its thread at the head; a
 * place in between is looked for from both ends at once.
 */
#include "engine.h"

/* file_before - the order within one priority */
static int
file_before(const struct file *a, const struct file *b)
{
    if (a->eligible_at_ns != b->eligible_at_ns) {
        return a->eligible_at_ns < b->eligible_at_ns;
    }
    if (a->message != b->message) {
        return a->message < b->message;
    }
    return a->number < b->number;
}

uint32_t
queue_first(const struct host *host)
{
    for (uint32_t p = 0; p < SCHED_PRIORITIES_COUNT; p++) {
        if (host->head[p] != MEMORY_NONE) {
            return host->head[p];
        }
    }
    return MEMORY_NONE;
}

int
queue_host_before(const struct engine *engine, uint32_t a, uint32_t b)
{
    const uint32_t first_a = queue_first(host_at(engine, a));
    const uint32_t first_b = queue_first(host_at(engine, b));
    const struct file *file_a = file_at(engine, first_a);
    const struct file *file_b = file_at(engine, first_b);

    if (file_a->priority != file_b->priority) {
        return file_a->priority < file_b->priority;
    }
    return file_before(file_a, file_b);
}

static uint32_t *
want_place(const struct engine *engine, uint32_t host)
{
    return &host_at(engine, host)->want_place;
}

static uint32_t *
best_place(const struct engine *engine, uint32_t host)
{
    return &host_at(engine, host)->best_place;
}

/* --- Hosts ---------------------------------------------------------------- */

/* host_hash - Fibonacci hashing; nothing is ever listed in its order */
static uint32_t
host_hash(uint32_t channel, uint32_t number)
{
    uint64_t key = (uint64_t)channel << 32 | number;

    key *= UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(key >> 32) ^ (uint32_t)(key >> 15);
}

static void
table_put(uint32_t *table, uint32_t size, uint32_t hash, uint32_t slot)
{
    uint32_t at = hash & (size - 1);

    while (table[at] != MEMORY_NONE) {
        at = (at + 1) & (size - 1);
    }
    table[at] = slot;
}

/* hosts_table_grow - keeps it at most half full */
static int32_t
hosts_table_grow(struct engine *engine)
{
    if (engine->hosts.taken_count + 1 <= engine->hosts_table_size / 2) {
        return SCHED_OK;
    }
    const uint32_t size =
        engine->hosts_table_size == 0 ? 256 : engine->hosts_table_size * 2;
    uint32_t *table =
        memory_take(&engine->allocator, (uint64_t)size * sizeof *table);

    if (table == NULL) {
        return SCHED_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < size; i++) {
        table[i] = MEMORY_NONE;
    }
    for (uint32_t slot = 0; slot < engine->hosts.used_count; slot++) {
        const struct host *host = host_at(engine, slot);

        table_put(table, size, host_hash(host->channel, host->number), slot);
    }
    memory_give(&engine->allocator, engine->hosts_table,
                (uint64_t)engine->hosts_table_size * sizeof *table);
    engine->hosts_table = table;
    engine->hosts_table_size = size;
    return SCHED_OK;
}

/* host_make - a queue for it, and room in the channel's heaps */
static uint32_t
host_make(struct engine *engine, uint32_t channel_index, uint32_t number)
{
    struct channel *channel = &engine->channels[channel_index];

    if (hosts_table_grow(engine) != SCHED_OK ||
        heap_reserve(&channel->want, &engine->allocator,
                     channel->hosts_count + 1) != SCHED_OK) {
        return MEMORY_NONE;
    }
    if (engine->options->affinity == CONF_AFFINITY_PRIORITY &&
        heap_reserve(&channel->best, &engine->allocator,
                     channel->hosts_count + 1) != SCHED_OK) {
        return MEMORY_NONE;
    }
    const uint32_t slot = pages_take(&engine->hosts, &engine->allocator);
    if (slot == MEMORY_NONE) {
        return MEMORY_NONE;
    }
    struct host *host = host_at(engine, slot);
    host->channel = channel_index;
    host->number = number;
    for (uint32_t p = 0; p < SCHED_PRIORITIES_COUNT; p++) {
        host->head[p] = MEMORY_NONE;
        host->tail[p] = MEMORY_NONE;
    }
    host->want_place = MEMORY_NONE;
    host->best_place = MEMORY_NONE;
    channel->hosts_count++;
    table_put(engine->hosts_table, engine->hosts_table_size,
              host_hash(channel_index, number), slot);
    return slot;
}

uint32_t
queue_host(struct engine *engine, uint32_t channel, uint32_t number)
{
    if (engine->hosts_table_size > 0) {
        const uint32_t mask = engine->hosts_table_size - 1;
        uint32_t at = host_hash(channel, number) & mask;

        while (engine->hosts_table[at] != MEMORY_NONE) {
            const uint32_t slot = engine->hosts_table[at];
            const struct host *host = host_at(engine, slot);

            if (host->number == number && host->channel == channel) {
                return slot;
            }
            at = (at + 1) & mask;
        }
    }
    return host_make(engine, channel, number);
}

/* --- Places in the channel's heaps ---------------------------------------- */

uint32_t
queue_depth_stressed(const struct channel *channel)
{
    const uint32_t set = channel->conf->threaddepth;
    const uint64_t depth = (uint64_t)(set == 0 ? 1 : set) *
                           channel->stress_factor / channel->stress_divisor;

    return depth > UINT32_MAX ? UINT32_MAX : (uint32_t)depth;
}

uint32_t
queue_threads_wanted(const struct engine *engine, const struct host *host)
{
    if (engine->options->start_policy != CONF_START_LEVEL) {
        return 1;
    }
    const uint32_t backlog = host->ready_count + host->active_count;
    const uint32_t wanted =
        1 + backlog / queue_depth(host_channel(engine, host));

    /* With a threaddepth of 1 the formula asks for one more than there are
     * files to deliver. */
    return wanted < backlog ? wanted : backlog;
}

void
queue_refresh(struct engine *engine, uint32_t slot, int is_head_new)
{
    struct host *host = host_at(engine, slot);
    struct channel *channel = host_channel(engine, host);
    const int is_ready = host->ready_count > 0;
    const int is_wanting =
        is_ready && host->threads_count < queue_threads_wanted(engine, host);

    if (is_wanting && host->want_place == MEMORY_NONE) {
        heap_push(&channel->want, engine, slot, queue_host_before, want_place);
    } else if (!is_wanting && host->want_place != MEMORY_NONE) {
        heap_remove(&channel->want, engine, host->want_place, queue_host_before,
                    want_place);
    } else if (is_wanting && is_head_new) {
        heap_moved(&channel->want, engine, host->want_place, queue_host_before,
                   want_place);
    }
    if (engine->options->affinity != CONF_AFFINITY_PRIORITY) {
        return;
    }
    if (is_ready && host->best_place == MEMORY_NONE) {
        heap_push(&channel->best, engine, slot, queue_host_before, best_place);
    } else if (!is_ready && host->best_place != MEMORY_NONE) {
        heap_remove(&channel->best, engine, host->best_place, queue_host_before,
                    best_place);
    } else if (is_ready && is_head_new) {
        heap_moved(&channel->best, engine, host->best_place, queue_host_before,
                   best_place);
    }
}

void
queue_refresh_all(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->channels_count; i++) {
        engine->channels[i].best.count = 0;
    }
    for (uint32_t i = 0; i < engine->hosts.used_count; i++) {
        host_at(engine, i)->best_place = MEMORY_NONE;
    }
    for (uint32_t i = 0; i < engine->hosts.used_count; i++) {
        queue_refresh(engine, i, 0);
    }
}

/* --- Files ---------------------------------------------------------------- */

/* place_after - the file that the new one follows, or none: from both ends */
static uint32_t
place_after(const struct engine *engine, const struct host *host,
            const struct file *file)
{
    uint32_t high = host->tail[file->priority];
    uint32_t low = host->head[file->priority];

    while (high != MEMORY_NONE) {
        const struct file *last = file_at(engine, high);

        if (!file_before(file, last)) {
            return high;
        }
        const struct file *first = file_at(engine, low);
        if (file_before(file, first)) {
            return first->prev;
        }
        high = last->prev;
        low = first->next;
    }
    return MEMORY_NONE;
}

void
queue_push(struct engine *engine, uint32_t slot)
{
    struct file *file = file_at(engine, slot);
    struct host *host = host_at(engine, file->host);
    const uint32_t p = file->priority;
    const uint32_t first = queue_first(host);
    const uint32_t after = place_after(engine, host, file);

    file->state = FILE_READY;
    file->prev = after;
    if (after == MEMORY_NONE) {
        file->next = host->head[p];
        host->head[p] = slot;
    } else {
        struct file *before = file_at(engine, after);

        file->next = before->next;
        before->next = slot;
    }
    if (file->next == MEMORY_NONE) {
        host->tail[p] = slot;
    } else {
        file_at(engine, file->next)->prev = slot;
    }
    host->ready_count++;
    host_channel(engine, host)->backlog++;
    queue_refresh(engine, file->host, queue_first(host) != first);
}

/* unlink_ready - out of the list; the heaps are the caller's */
static void
unlink_ready(struct engine *engine, struct host *host, uint32_t slot)
{
    const struct file *file = file_at(engine, slot);

    if (file->prev == MEMORY_NONE) {
        host->head[file->priority] = file->next;
    } else {
        file_at(engine, file->prev)->next = file->next;
    }
    if (file->next == MEMORY_NONE) {
        host->tail[file->priority] = file->prev;
    } else {
        file_at(engine, file->next)->prev = file->prev;
    }
    host->ready_count--;
}

void
queue_remove(struct engine *engine, uint32_t slot)
{
    const struct file *file = file_at(engine, slot);
    struct host *host = host_at(engine, file->host);
    const int was_first = queue_first(host) == slot;

    unlink_ready(engine, host, slot);
    host_channel(engine, host)->backlog--;
    queue_refresh(engine, file->host, was_first);
}

uint32_t
queue_take(struct engine *engine, uint32_t slot)
{
    struct host *host = host_at(engine, slot);
    const uint32_t first = queue_first(host);

    unlink_ready(engine, host, first);
    file_at(engine, first)->state = FILE_ACTIVE;
    host->active_count++;
    return first;
}
