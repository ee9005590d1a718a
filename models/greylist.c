/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * greylist.c - open addressing on the entity, fixed salt; never iterated, so
 * the layout of the table decides nothing. See greylist.h
 */
#include "models/greylist.h"

#include <stdlib.h>

#include "sim/kernel/base.h"

struct entry {
    uint64_t entity; /* 0: empty (message ids start at 1) */
    int64_t seen_at_ns;
};

struct greylist {
    struct entry *entries;
    uint32_t capacity; /* a power of two */
    uint32_t count;
};

struct greylist *
greylist_new(void)
{
    struct greylist *greylist = base_alloc(sizeof *greylist);

    greylist->capacity = 64;
    greylist->entries = base_alloc(greylist->capacity * sizeof(struct entry));
    return greylist;
}

void
greylist_free(struct greylist *greylist)
{
    if (greylist != NULL) {
        free(greylist->entries);
        free(greylist);
    }
}

/* entry_find - where an entity is, or would be */
static struct entry *
entry_find(const struct greylist *greylist, uint64_t entity)
{
    const uint32_t mask = greylist->capacity - 1;
    /* Fibonacci hashing: Knuth, TAOCP 3, 6.4. */
    uint32_t place =
        (uint32_t)((entity * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & mask;

    while (greylist->entries[place].entity != 0 &&
           greylist->entries[place].entity != entity) {
        place = (place + 1) & mask;
    }
    return &greylist->entries[place];
}

static void
table_grow(struct greylist *greylist)
{
    struct greylist old = *greylist;

    greylist->capacity *= 2;
    greylist->entries = base_alloc(greylist->capacity * sizeof(struct entry));
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.entries[i].entity != 0) {
            *entry_find(greylist, old.entries[i].entity) = old.entries[i];
        }
    }
    free(old.entries);
}

bool
greylist_passes(struct greylist *greylist, uint64_t entity, int64_t now_ns,
                int64_t delay_ns)
{
    ASSERT(entity != 0);
    struct entry *entry = entry_find(greylist, entity);

    if (entry->entity == entity) {
        return now_ns - entry->seen_at_ns >= delay_ns;
    }
    *entry = (struct entry){entity, now_ns};
    greylist->count++;
    if (3 * (uint64_t)greylist->count > 2 * (uint64_t)greylist->capacity) {
        table_grow(greylist);
    }
    return false;
}
