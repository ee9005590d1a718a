/* SPDX-License-Identifier: MIT */
/*
 * target.c - destinations: whom a channel may serve, and in what order
 *
 * Destinations that have mail waiting and room in their window stand in a ring,
 * and each delivery goes to the first, who then stands last. Within one
 * destination mail is taken in the order in which it became active.
 *
 * A destination that is dead has nothing waiting: what it had was deferred when
 * it died, and what becomes active in the meantime is deferred at once. So it
 * is enough to notice that its time is over when somebody looks. Whoever has no
 * mail in the active queue is forgotten, and begins again with the initial
 * window.
 */
#include <stddef.h>

#include "manager.h"

static void
ring_drop(struct channel *channel, struct target *target)
{
    if (target->before == NULL) {
        channel->ring_first = target->after;
    } else {
        target->before->after = target->after;
    }
    if (target->after == NULL) {
        channel->ring_last = target->before;
    } else {
        target->after->before = target->before;
    }
    target->before = NULL;
    target->after = NULL;
    target->is_in_ring = false;
}

static void
ring_add(struct channel *channel, struct target *target)
{
    target->before = channel->ring_last;
    target->after = NULL;
    if (channel->ring_last == NULL) {
        channel->ring_first = target;
    } else {
        channel->ring_last->after = target;
    }
    channel->ring_last = target;
    target->is_in_ring = true;
}

/* recount - how many deliveries could begin, after any change */
static void
recount(struct manager *m, struct target *target)
{
    struct channel *channel = &m->channels[target->channel];
    uint32_t room = 0;

    if (!target->is_dead && target->window.width > target->busy_count) {
        room = target->window.width - target->busy_count;
        room = room < target->waiting_count ? room : target->waiting_count;
    }
    channel->room += room;
    channel->room -= target->room;
    target->room = room;
    if (room > 0 && !target->is_in_ring) {
        ring_add(channel, target);
    } else if (room == 0 && target->is_in_ring) {
        ring_drop(channel, target);
    }
}

struct target *
target_of(struct manager *m, uint32_t channel, uint32_t host)
{
    const uint64_t key = (uint64_t)channel << 32 | host;
    struct target *target = keep_table_get(&m->targets, key);

    if (target != NULL) {
        return target;
    }
    if (!keep_table_reserve(&m->targets, &m->allocator)) {
        return NULL;
    }
    target = keep_take(&m->allocator, sizeof *target);
    if (target == NULL) {
        return NULL;
    }
    target->channel = channel;
    target->host = host;
    target->older = m->newest;
    m->newest = target;
    window_reset(&target->window, &m->rules);
    keep_table_add(&m->targets, key, target);
    return target;
}

void
target_refresh(struct manager *m, struct target *target)
{
    if (target->is_dead && m->now_ns >= target->dead_until_ns) {
        target->is_dead = false;
        window_reset(&target->window, &m->rules);
    }
}

void
target_push(struct manager *m, struct part *part)
{
    struct target *target = part->target;

    part->state = PART_WAITING;
    part->after = NULL;
    if (target->last == NULL) {
        target->first = part;
    } else {
        target->last->after = part;
    }
    target->last = part;
    target->waiting_count++;
    recount(m, target);
}

/* pop - the first that waits */
static struct part *
pop(struct target *target)
{
    struct part *part = target->first;

    target->first = part->after;
    if (target->first == NULL) {
        target->last = NULL;
    }
    part->after = NULL;
    target->waiting_count--;
    return part;
}

struct part *
target_take(struct manager *m, uint32_t channel)
{
    struct target *target = m->channels[channel].ring_first;

    if (target == NULL) {
        return NULL;
    }
    struct part *part = pop(target);
    part->state = PART_BUSY;
    target->busy_count++;
    ring_drop(&m->channels[channel], target); /* recount puts it last */
    recount(m, target);
    return part;
}

/* die - all that waits for it is deferred */
static void
die(struct manager *m, struct target *target)
{
    target->is_dead = true;
    target->dead_until_ns = m->now_ns + manager_option(m, SETUP_BACKOFF_MIN);
    while (target->first != NULL) {
        admit_rest(m, pop(target));
    }
}

void
target_give_back(struct manager *m, struct target *target,
                 enum target_verdict verdict)
{
    target_refresh(m, target);
    switch (verdict) {
    case TARGET_SUCCEEDED:
        if (target->is_dead) { /* it lives, then */
            target->is_dead = false;
            window_reset(&target->window, &m->rules);
        } else {
            window_succeed(&target->window, &m->rules, target->busy_count);
        }
        break;
    case TARGET_FAILED:
        if (!target->is_dead && window_fail(&target->window, &m->rules)) {
            die(m, target);
        }
        break;
    case TARGET_UNKNOWN:
        break;
    }
    target->busy_count--;
    if (target->busy_count == 0 && target->waiting_count == 0 &&
        !target->is_dead) {
        window_reset(&target->window, &m->rules);
    }
    recount(m, target);
}

void
target_free_all(struct manager *m)
{
    while (m->newest != NULL) {
        struct target *target = m->newest;
        m->newest = target->older;
        keep_give(&m->allocator, target, sizeof *target);
    }
    keep_table_free(&m->targets, &m->allocator);
}
