/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slab.c - pages of equal records and a list of the free ones; see slab.h
 *
 * Page p holds PAGE_RECORDS records, so a slot splits into page and place by
 * shifting. A free record (even generation) keeps the next free slot + 1 in
 * its second word; records never used yet are not on the list.
 */
#include "sim/kernel/slab.h"

#include <stdlib.h>
#include <string.h>

#include "sim/kernel/base.h"

enum { PAGE_BITS = 8, PAGE_RECORDS = 1 << PAGE_BITS };

/* What every record begins with. Only the first word is there for good. */
struct head {
    uint32_t generation; /* odd: alive; 0: never used */
    uint32_t next_free;  /* slot + 1 while free; the owner's while alive */
};

struct slab {
    unsigned char **pages;
    uint32_t pages_count;
    uint32_t pages_max;
    uint32_t record_bytes;
    uint32_t records_max;
    uint32_t slots_count; /* used at some time */
    uint32_t alive_count;
    uint32_t first_free; /* slot + 1; last freed, first used; 0: none */
};

struct slab *
slab_new(uint32_t record_bytes, uint32_t records_max)
{
    ASSERT(record_bytes >= sizeof(struct head));
    ASSERT(record_bytes % sizeof(uint64_t) == 0);
    ASSERT(records_max > 0 && records_max < UINT32_MAX - PAGE_RECORDS);

    struct slab *slab = base_alloc(sizeof *slab);

    slab->record_bytes = record_bytes;
    slab->records_max = records_max;
    return slab;
}

void
slab_free(struct slab *slab)
{
    if (slab == NULL) {
        return;
    }
    for (uint32_t i = 0; i < slab->pages_count; i++) {
        free(slab->pages[i]);
    }
    free(slab->pages);
    free(slab);
}

/* page_bytes - of the page that begins at slot `first`: the last is shorter */
static uint64_t
page_bytes(const struct slab *slab, uint32_t first)
{
    uint32_t left = slab->records_max - first;

    return (uint64_t)slab->record_bytes *
           (left < PAGE_RECORDS ? left : PAGE_RECORDS);
}

/* page_add - room for the slots from slots_count on */
static void
page_add(struct slab *slab)
{
    if (slab->pages_count == slab->pages_max) {
        slab->pages_max = slab->pages_max == 0 ? 4 : slab->pages_max * 2;
        slab->pages = base_realloc(slab->pages, (uint64_t)slab->pages_max *
                                                    sizeof *slab->pages);
    }
    slab->pages[slab->pages_count++] =
        base_alloc(page_bytes(slab, slab->slots_count));
}

void *
slab_at(const struct slab *slab, uint32_t slot)
{
    ASSERT(slot < slab->slots_count);

    return slab->pages[slot >> PAGE_BITS] +
           (uint64_t)(slot % PAGE_RECORDS) * slab->record_bytes;
}

uint64_t
slab_take(struct slab *slab)
{
    uint32_t slot = 0;
    struct head *head = NULL;

    if (slab->first_free != 0) {
        slot = slab->first_free - 1;
        head = slab_at(slab, slot);
        slab->first_free = head->next_free;
    } else {
        if (slab->slots_count == slab->records_max) {
            return 0;
        }
        if (slab->slots_count % PAGE_RECORDS == 0) {
            page_add(slab);
        }
        slot = slab->slots_count++;
        head = slab_at(slab, slot);
    }
    ASSERT(head->generation % 2 == 0);

    uint32_t generation = head->generation + 1;

    memset(head, 0, slab->record_bytes);
    head->generation = generation;
    slab->alive_count++;
    return (uint64_t)generation << 32 | (slot + 1);
}

void *
slab_get(const struct slab *slab, uint64_t handle)
{
    uint32_t slot = (uint32_t)handle - 1; /* of 0: UINT32_MAX */
    uint32_t generation = (uint32_t)(handle >> 32);

    if (slot >= slab->slots_count || generation % 2 == 0) {
        return NULL;
    }

    struct head *head = slab_at(slab, slot);

    return head->generation == generation ? head : NULL;
}

void *
slab_must_get(const struct slab *slab, uint64_t handle)
{
    void *record = slab_get(slab, handle);

    ASSERT(record != NULL);
    return record;
}

void
slab_release(struct slab *slab, uint64_t handle)
{
    struct head *head = slab_must_get(slab, handle);

    head->generation++;
    head->next_free = slab->first_free;
    slab->first_free = (uint32_t)handle;
    slab->alive_count--;
}

uint32_t
slab_count(const struct slab *slab)
{
    return slab->alive_count;
}

uint32_t
slab_slots(const struct slab *slab)
{
    return slab->slots_count;
}

uint64_t
slab_bytes(const struct slab *slab)
{
    uint64_t bytes =
        sizeof *slab + (uint64_t)slab->pages_max * sizeof *slab->pages;

    for (uint32_t i = 0; i < slab->pages_count; i++) {
        bytes += page_bytes(slab, i * PAGE_RECORDS);
    }
    return bytes;
}

void
slab_check(const struct slab *slab)
{
    uint32_t alive = 0;
    uint32_t freed = 0;

    for (uint32_t slot = 0; slot < slab->slots_count; slot++) {
        const struct head *head = slab_at(slab, slot);

        ASSERT(head->generation > 0);
        alive += head->generation % 2;
    }
    ASSERT(alive == slab->alive_count);
    for (uint32_t next = slab->first_free; next != 0;) {
        const struct head *head = slab_at(slab, next - 1);

        ASSERT(head->generation % 2 == 0 && freed < slab->slots_count);
        next = head->next_free;
        freed++;
    }
    ASSERT(alive + freed == slab->slots_count);
}
