/* SPDX-License-Identifier: MIT */
/*
 * file.c - one copy of a message, for some of its recipients
 */
#include "conf_duration.h"
#include "engine.h"

const uint32_t *
file_recipients(const struct engine *engine, const struct file *file,
                uint32_t *count)
{
    if ((file->flags & FILE_IS_MANY) == 0) {
        *count = 1;
        return &file->recipients;
    }
    const uint32_t *block = words_at(&engine->words, file->recipients);

    *count = block[1];
    return block + 2;
}

uint32_t
file_class(const struct file *file)
{
    return file->priority < CONF_CLASSES_COUNT ? file->priority
                                               : CONF_CLASSES_COUNT - 1;
}

/* Notices are whole days or hours, so that whole hours of an age are enough to
 * know which it had reached; those of an int64_t fit in 24 bits. */
void
file_looked(struct file *file, int64_t age_ns)
{
    const uint64_t hours =
        age_ns > 0 ? (uint64_t)(age_ns / CONF_NS_PER_HOUR) : 0;

    file->looked_hours = hours & 0xffffff;
}

int
file_was_younger(const struct file *file, int64_t age_ns)
{
    return (int64_t)file->looked_hours * CONF_NS_PER_HOUR < age_ns;
}

void
file_link(struct engine *engine, uint32_t slot)
{
    struct file *file = file_at(engine, slot);

    file->earlier = engine->newest;
    file->later = MEMORY_NONE;
    if (engine->newest == MEMORY_NONE) {
        engine->oldest = slot;
    } else {
        file_at(engine, engine->newest)->later = slot;
    }
    engine->newest = slot;
    if (engine->lookup_size > 0) {
        lookup_add(engine, slot);
    }
}

void
file_unlink(struct engine *engine, uint32_t slot)
{
    const struct file *file = file_at(engine, slot);

    if (engine->lookup_size > 0) {
        lookup_remove(engine, slot);
    }
    if (engine->return_cursor == slot) {
        engine->return_cursor = file->later;
    }
    if (file->earlier == MEMORY_NONE) {
        engine->oldest = file->later;
    } else {
        file_at(engine, file->earlier)->later = file->later;
    }
    if (file->later == MEMORY_NONE) {
        engine->newest = file->earlier;
    } else {
        file_at(engine, file->later)->earlier = file->earlier;
    }
}

void
file_drop(struct engine *engine, uint32_t slot)
{
    const struct file *file = file_at(engine, slot);

    if ((file->flags & FILE_IS_MANY) != 0) {
        const uint32_t *block = words_at(&engine->words, file->recipients);

        words_give(&engine->words, &engine->allocator, file->recipients,
                   block[0] + 2);
    }
    if (file->family != MEMORY_NONE) {
        struct family *family = family_at(engine, file->family);

        if (--family->files_count == 0) {
            pages_give(&engine->families, file->family);
        }
    }
    pages_give(&engine->files, slot);
}

void
file_hold(struct engine *engine, uint32_t slot)
{
    struct file *file = file_at(engine, slot);

    file->state = FILE_HELD;
    file->prev = engine->held.tail;
    file->next = MEMORY_NONE;
    if (engine->held.tail == MEMORY_NONE) {
        engine->held.head = slot;
    } else {
        file_at(engine, engine->held.tail)->next = slot;
    }
    engine->held.tail = slot;
    engine->held_count++;
}

static void
held_remove(struct engine *engine, uint32_t slot)
{
    const struct file *file = file_at(engine, slot);

    if (file->prev == MEMORY_NONE) {
        engine->held.head = file->next;
    } else {
        file_at(engine, file->prev)->next = file->next;
    }
    if (file->next == MEMORY_NONE) {
        engine->held.tail = file->prev;
    } else {
        file_at(engine, file->next)->prev = file->prev;
    }
    engine->held_count--;
}

void
file_withdraw(struct engine *engine, uint32_t slot)
{
    struct file *file = file_at(engine, slot);

    if (file->state == FILE_READY) {
        queue_remove(engine, slot);
    } else if (file->state == FILE_DELAYED) {
        timer_delayed_remove(engine, slot);
        host_at(engine, file->host)->delayed_count--;
    } else if (file->state == FILE_HELD) {
        held_remove(engine, slot);
    }
    file->state = FILE_NEW;
    file->flags &= (uint8_t)~FILE_IS_WAITING;
}

void
file_forget(struct engine *engine, uint32_t slot)
{
    file_withdraw(engine, slot);
    file_unlink(engine, slot);
    file_drop(engine, slot);
}

uint32_t
file_number_next(struct engine *engine, struct file *file)
{
    if ((file->flags & FILE_IS_LOADED) != 0) {
        return file->number + FILE_NUMBER_STRIDE;
    }
    if (file->family == MEMORY_NONE) {
        return file->number + 1;
    }
    return ++family_at(engine, file->family)->number_last;
}

void
file_delay(struct engine *engine, uint32_t slot, int64_t until_ns)
{
    struct file *file = file_at(engine, slot);

    file->eligible_at_ns = until_ns;
    file->state = FILE_DELAYED;
    host_at(engine, file->host)->delayed_count++;
    timer_delayed_push(engine, slot);
}

void
file_notify(struct engine *engine, const struct file *file, uint32_t notice)
{
    if ((file->flags & FILE_IS_NULL) == 0) {
        action_push(engine, SCHED_ACTION_NOTIFY, file->number, notice,
                    file->message);
    }
}
