/* SPDX-License-Identifier: MIT */
/*
 * lookup.c - files by (message, number), while a scan loads
 *
 * Open addressing, at most half full: 8 to 16 bytes a file. Between scans
 * nobody asks, and the table is given back.
 */
#include "engine.h"

static uint32_t
home_of(const struct engine *engine, uint64_t message, uint32_t number)
{
    uint64_t key = (message + ((uint64_t)number << 40 | number)) *
                   UINT64_C(0x9e3779b97f4a7c15);

    key ^= key >> 32;
    return (uint32_t)key & (engine->lookup_size - 1);
}

uint32_t
lookup_find(const struct engine *engine, uint64_t message, uint32_t number)
{
    if (engine->lookup_size == 0) {
        return MEMORY_NONE;
    }
    uint32_t at = home_of(engine, message, number);

    while (engine->lookup[at] != MEMORY_NONE) {
        const struct file *file = file_at(engine, engine->lookup[at]);

        if (file->message == message && file->number == number) {
            return engine->lookup[at];
        }
        at = (at + 1) & (engine->lookup_size - 1);
    }
    return MEMORY_NONE;
}

void
lookup_add(struct engine *engine, uint32_t slot)
{
    if (engine->lookup_size == 0) {
        return;
    }
    const struct file *file = file_at(engine, slot);
    uint32_t at = home_of(engine, file->message, file->number);

    while (engine->lookup[at] != MEMORY_NONE) {
        at = (at + 1) & (engine->lookup_size - 1);
    }
    engine->lookup[at] = slot;
}

void
lookup_remove(struct engine *engine, uint32_t slot)
{
    const uint32_t mask = engine->lookup_size - 1;

    if (engine->lookup_size == 0) {
        return;
    }
    const struct file *file = file_at(engine, slot);
    uint32_t gap = home_of(engine, file->message, file->number);
    while (engine->lookup[gap] != slot) {
        gap = (gap + 1) & mask;
    }
    /* Those behind it move up, so that no gap hides them. */
    for (uint32_t at = (gap + 1) & mask; engine->lookup[at] != MEMORY_NONE;
         at = (at + 1) & mask) {
        const struct file *other = file_at(engine, engine->lookup[at]);
        const uint32_t home = home_of(engine, other->message, other->number);

        if (((at - home) & mask) >= ((at - gap) & mask)) {
            engine->lookup[gap] = engine->lookup[at];
            gap = at;
        }
    }
    engine->lookup[gap] = MEMORY_NONE;
}

int32_t
lookup_make(struct engine *engine, uint32_t more)
{
    const uint64_t wanted = ((uint64_t)engine->files.taken_count + more) * 2;
    uint64_t size = engine->lookup_size == 0 ? 1024 : engine->lookup_size;

    while (size < wanted) {
        size *= 2;
    }
    if (size == engine->lookup_size) {
        return SCHED_OK;
    }
    if (size > UINT32_MAX / 2) {
        return SCHED_ERR_LIMIT;
    }
    uint32_t *table = memory_take(&engine->allocator, size * sizeof *table);
    if (table == NULL) {
        return SCHED_ERR_MEMORY;
    }
    lookup_free(engine);
    for (uint64_t i = 0; i < size; i++) {
        table[i] = MEMORY_NONE;
    }
    engine->lookup = table;
    engine->lookup_size = (uint32_t)size;
    for (uint32_t slot = engine->oldest; slot != MEMORY_NONE;
         slot = file_at(engine, slot)->later) {
        lookup_add(engine, slot);
    }
    return SCHED_OK;
}

int32_t
lookup_reserve(struct engine *engine, uint32_t more)
{
    return engine->lookup_size == 0 ? SCHED_OK : lookup_make(engine, more);
}

void
lookup_free(struct engine *engine)
{
    memory_give(&engine->allocator, engine->lookup,
                (uint64_t)engine->lookup_size * sizeof *engine->lookup);
    engine->lookup = NULL;
    engine->lookup_size = 0;
}
