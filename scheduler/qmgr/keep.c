/* SPDX-License-Identifier: MIT */
/*
 * keep.c - see keep.h
 *
 * The table is open addressing with linear probing; a drop closes the gap by
 * moving back what came after, so there are no tombstones.
 */
#include "keep.h"

#include <stddef.h>
#include <string.h>

enum { KEEP_SLOTS_MIN = 64 };

void *
keep_take(const struct sched_allocator *allocator, uint64_t bytes)
{
    void *memory = allocator->allocate(allocator->context, bytes);

    if (memory != NULL) {
        memset(memory, 0, (size_t)bytes);
    }
    return memory;
}

void
keep_give(const struct sched_allocator *allocator, void *memory, uint64_t bytes)
{
    if (memory != NULL) {
        allocator->release(allocator->context, memory, bytes);
    }
}

void *
keep_grow(const struct sched_allocator *allocator, void *old,
          uint64_t old_bytes, uint64_t bytes)
{
    void *memory = keep_take(allocator, bytes);

    if (memory != NULL && old != NULL) {
        memcpy(memory, old, (size_t)old_bytes);
        keep_give(allocator, old, old_bytes);
    }
    return memory;
}

/* home - where a key would like to lie (Fibonacci hashing: the golden ratio) */
static uint32_t
home(const struct keep_table *table, uint64_t key)
{
    const uint64_t mixed = (key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint32_t)(mixed >> 32) & (table->slots_count - 1);
}

static uint32_t
after(const struct keep_table *table, uint32_t place)
{
    return (place + 1) & (table->slots_count - 1);
}

void
keep_table_free(struct keep_table *table,
                const struct sched_allocator *allocator)
{
    keep_give(allocator, table->slots,
              (uint64_t)table->slots_count * sizeof *table->slots);
    *table = (struct keep_table){0};
}

bool
keep_table_reserve(struct keep_table *table,
                   const struct sched_allocator *allocator)
{
    struct keep_table wider = {0};

    if (2 * ((uint64_t)table->used_count + 1) <= table->slots_count) {
        return true;
    }
    if (table->slots_count > UINT32_MAX / 2) {
        return false;
    }
    wider.slots_count =
        table->slots_count == 0 ? KEEP_SLOTS_MIN : 2 * table->slots_count;
    wider.slots =
        keep_take(allocator, (uint64_t)wider.slots_count * sizeof *wider.slots);
    if (wider.slots == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < table->slots_count; i++) {
        if (table->slots[i].value != NULL) {
            keep_table_add(&wider, table->slots[i].key, table->slots[i].value);
        }
    }
    keep_table_free(table, allocator);
    *table = wider;
    return true;
}

void *
keep_table_get(const struct keep_table *table, uint64_t key)
{
    if (table->slots_count == 0) {
        return NULL;
    }
    for (uint32_t i = home(table, key); table->slots[i].value != NULL;
         i = after(table, i)) {
        if (table->slots[i].key == key) {
            return table->slots[i].value;
        }
    }
    return NULL;
}

void
keep_table_add(struct keep_table *table, uint64_t key, void *value)
{
    uint32_t i = home(table, key);

    while (table->slots[i].value != NULL) {
        i = after(table, i);
    }
    table->slots[i] = (struct keep_slot){key, value};
    table->used_count++;
}

void
keep_table_drop(struct keep_table *table, uint64_t key)
{
    const uint32_t mask = table->slots_count - 1;
    uint32_t hole = home(table, key);

    while (table->slots[hole].key != key || table->slots[hole].value == NULL) {
        if (table->slots[hole].value == NULL) {
            return; /* not there */
        }
        hole = after(table, hole);
    }
    for (uint32_t i = after(table, hole); table->slots[i].value != NULL;
         i = after(table, i)) {
        /* It may move into the hole unless its home lies between the two. */
        const uint32_t wish = home(table, table->slots[i].key);
        if (((i - wish) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole] = (struct keep_slot){0, NULL};
    table->used_count--;
}
