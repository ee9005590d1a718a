/* SPDX-License-Identifier: MIT */
/*
 * verify.c - counts again what the state has counted, and compares
 */
#include <stddef.h>

#include "manager.h"

static int32_t
broken(char *text, uint64_t text_size, const char *what)
{
    if (text_size > 0) {
        text[0] = '\0';
        note_put_text(text, text_size, what);
    }
    return SCHED_ERR_BUG;
}

/* parts_are_good - a message's parts are where its state says */
static bool
parts_are_good(const struct message *message)
{
    uint32_t left_count = 0;
    uint32_t open_count = 0;

    for (uint32_t i = 0; i < message->parts_count; i++) {
        const struct part *part = &message->parts[i];
        left_count += part->count > 0;
        open_count += part->state != PART_RESTING;
        if (part->state != PART_RESTING && part->count == 0) {
            return false;
        }
    }
    return left_count == message->left_count &&
           open_count == message->open_count &&
           (message->state == MESSAGE_ACTIVE) == (open_count > 0);
}

/* target_is_good - its queue, its room, and whether it may be served */
static bool
target_is_good(const struct target *target)
{
    uint32_t waiting_count = 0;
    uint32_t room = 0;

    for (const struct part *part = target->first; part != NULL;
         part = part->after) {
        waiting_count++;
        if (part->state != PART_WAITING || part->target != target) {
            return false;
        }
    }
    if (!target->is_dead && target->window.width > target->busy_count) {
        room = target->window.width - target->busy_count;
        room = room < waiting_count ? room : waiting_count;
    }
    return waiting_count == target->waiting_count && room == target->room &&
           target->is_in_ring == (room > 0) &&
           (!target->is_dead || waiting_count == 0) && target->window.width > 0;
}

/* agents_are_good - states add up, and who is busy has something in hand */
static bool
agents_are_good(const struct channel *channel)
{
    uint32_t starting_count = 0;

    for (uint32_t i = 0; i < channel->agents_max; i++) {
        const struct agent *agent = &channel->all[i];
        starting_count += agent->state == AGENT_STARTING;
        if ((agent->state == AGENT_BUSY) != (agent->part != NULL) ||
            (agent->state == AGENT_FREE) != (agent->job == 0) ||
            (agent->part != NULL && agent->part->state != PART_BUSY)) {
            return false;
        }
    }
    return starting_count == channel->starting_count;
}

int32_t
verify_state(const struct manager *m, char *text, uint64_t text_size)
{
    uint32_t messages_count = 0;
    uint32_t active_count = 0;
    uint32_t deferred_count = 0;
    uint64_t busy_count = 0;

    for (const struct message *message = m->messages_first; message != NULL;
         message = message->later) {
        messages_count++;
        active_count += message->state == MESSAGE_ACTIVE;
        deferred_count += message->state == MESSAGE_DEFERRED;
        if (!parts_are_good(message)) {
            return broken(text, text_size, "a message's parts");
        }
    }
    if (messages_count != m->messages_count ||
        active_count != m->active_count || deferred_count != m->heap_count) {
        return broken(text, text_size, "the number of messages in a queue");
    }
    for (const struct target *target = m->newest; target != NULL;
         target = target->older) {
        busy_count += target->busy_count;
        if (!target_is_good(target)) {
            return broken(text, text_size, "a destination's queue");
        }
    }
    for (uint32_t i = 0; i < m->channels_count; i++) {
        for (uint32_t k = 0; k < m->channels[i].agents_max; k++) {
            busy_count -= m->channels[i].all[k].state == AGENT_BUSY;
        }
        if (!agents_are_good(&m->channels[i])) {
            return broken(text, text_size, "a channel's agents");
        }
    }
    return busy_count == 0
               ? SCHED_OK
               : broken(text, text_size, "deliveries and busy agents");
}
