/* SPDX-License-Identifier: MIT */
/*
 * memory.c - see memory.h
 */
#include "memory.h"

#include <string.h>

void *
memory_take(const struct sched_allocator *allocator, uint64_t bytes)
{
    void *memory = allocator->allocate(allocator->context, bytes);

    if (memory != NULL) {
        memset(memory, 0, (size_t)bytes);
    }
    return memory;
}

void
memory_give(const struct sched_allocator *allocator, void *memory,
            uint64_t bytes)
{
    if (memory != NULL) {
        allocator->release(allocator->context, memory, bytes);
    }
}

void *
memory_regrow(const struct sched_allocator *allocator, void *old,
              uint64_t old_bytes, uint64_t bytes)
{
    void *grown = memory_take(allocator, bytes);

    if (grown == NULL) {
        return NULL;
    }
    if (old != NULL) {
        memcpy(grown, old, (size_t)old_bytes);
        memory_give(allocator, old, old_bytes);
    }
    return grown;
}

void
pages_init(struct pages *pages, uint32_t record_bytes, uint32_t shift)
{
    memset(pages, 0, sizeof *pages);
    pages->record_bytes = record_bytes;
    pages->shift = shift;
    pages->free_head = MEMORY_NONE;
}

static uint64_t
page_bytes(const struct pages *pages)
{
    return ((uint64_t)pages->record_bytes << pages->shift) + MEMORY_LINE_BYTES;
}

void
pages_free(struct pages *pages, const struct sched_allocator *allocator)
{
    for (uint32_t i = 0; i < pages->pages_count; i++) {
        memory_give(allocator, pages->pages[i].memory, page_bytes(pages));
    }
    memory_give(allocator, pages->pages,
                (uint64_t)pages->pages_capacity * sizeof *pages->pages);
    pages_init(pages, pages->record_bytes, pages->shift);
}

/* page_add - room for 2^shift more records; 0 if there is none */
static int
page_add(struct pages *pages, const struct sched_allocator *allocator)
{
    if (pages->pages_count == UINT32_MAX >> pages->shift) {
        return 0;
    }
    if (pages->pages_count == pages->pages_capacity) {
        const uint32_t capacity =
            pages->pages_capacity == 0 ? 16 : pages->pages_capacity * 2;
        struct page *grown =
            memory_regrow(allocator, pages->pages,
                          (uint64_t)pages->pages_capacity * sizeof *grown,
                          (uint64_t)capacity * sizeof *grown);

        if (grown == NULL) {
            return 0;
        }
        pages->pages = grown;
        pages->pages_capacity = capacity;
    }
    struct page page = {.memory = memory_take(allocator, page_bytes(pages))};
    if (page.memory == NULL) {
        return 0;
    }
    page.records = page.memory;
    page.records +=
        MEMORY_LINE_BYTES - (uintptr_t)page.memory % MEMORY_LINE_BYTES;
    pages->pages[pages->pages_count++] = page;
    return 1;
}

uint32_t
pages_take(struct pages *pages, const struct sched_allocator *allocator)
{
    uint32_t slot = pages->free_head;

    if (slot == MEMORY_NONE) {
        if (pages->used_count == pages->pages_count << pages->shift &&
            !page_add(pages, allocator)) {
            return MEMORY_NONE;
        }
        slot = pages->used_count++;
        pages->taken_count++;
        return slot; /* fresh pages are zero */
    }
    void *record = pages_at(pages, slot, pages->shift, pages->record_bytes);
    memcpy(&pages->free_head, record, sizeof pages->free_head);
    memset(record, 0, pages->record_bytes);
    pages->taken_count++;
    return slot;
}

void
pages_give(struct pages *pages, uint32_t slot)
{
    void *record = pages_at(pages, slot, pages->shift, pages->record_bytes);

    memset(record, 0, pages->record_bytes);
    memcpy(record, &pages->free_head, sizeof pages->free_head);
    pages->free_head = slot;
    pages->taken_count--;
}

void
words_init(struct words *words)
{
    memset(words, 0, sizeof *words);
    words->fill_page = MEMORY_NONE;
    words->free_pages = MEMORY_NONE;
    for (uint32_t i = 0; i <= WORDS_CLASSES_COUNT; i++) {
        words->free_blocks[i] = MEMORY_NONE;
    }
}

void
words_free(struct words *words, const struct sched_allocator *allocator)
{
    for (uint32_t i = 0; i < words->pages_count; i++) {
        memory_give(allocator, words->pages[i].words,
                    (uint64_t)words->pages[i].words_count *
                        sizeof *words->pages[i].words);
    }
    memory_give(allocator, words->pages,
                (uint64_t)words->pages_capacity * sizeof *words->pages);
    words_init(words);
}

/* size_class - the least c with 2^c >= count, at least 1 */
static uint32_t
size_class(uint32_t count)
{
    uint32_t class = 1;

    while (class < WORDS_CLASSES_COUNT && (UINT32_C(1) << class) < count) {
        class ++;
    }
    return class;
}

/* words_page_add - a page of so many words; its entry, or MEMORY_NONE */
static uint32_t
words_page_add(struct words *words, const struct sched_allocator *allocator,
               uint32_t count)
{
    uint32_t entry = words->free_pages;

    if (entry == MEMORY_NONE && words->pages_count == words->pages_capacity) {
        const uint32_t capacity =
            words->pages_capacity == 0 ? 16 : words->pages_capacity * 2;
        struct words_page *grown = NULL;

        if (capacity <= (UINT32_MAX >> WORDS_PAGE_SHIFT)) {
            grown =
                memory_regrow(allocator, words->pages,
                              (uint64_t)words->pages_capacity * sizeof *grown,
                              (uint64_t)capacity * sizeof *grown);
        }
        if (grown == NULL) {
            return MEMORY_NONE;
        }
        words->pages = grown;
        words->pages_capacity = capacity;
    }
    uint32_t *fresh = memory_take(allocator, (uint64_t)count * sizeof *fresh);
    if (fresh == NULL) {
        return MEMORY_NONE;
    }
    if (entry == MEMORY_NONE) {
        entry = words->pages_count++;
    } else {
        words->free_pages = words->pages[entry].zero;
    }
    words->pages[entry] =
        (struct words_page){.words = fresh, .words_count = count};
    return entry;
}

uint32_t
words_take(struct words *words, const struct sched_allocator *allocator,
           uint32_t count)
{
    if (count > UINT32_C(1) << WORDS_PAGE_SHIFT) {
        const uint32_t entry = words_page_add(words, allocator, count);

        return entry == MEMORY_NONE ? entry : entry << WORDS_PAGE_SHIFT;
    }
    const uint32_t class = size_class(count);
    const uint32_t size = UINT32_C(1) << class;
    uint32_t block = words->free_blocks[class];

    if (block != MEMORY_NONE) {
        words->free_blocks[class] = *words_at(words, block);
        return block;
    }
    /* What is left of a page that is too short is not used again: at most
     * one block's worth a page. */
    if (words->fill_page == MEMORY_NONE ||
        words->fill_used + size > UINT32_C(1) << WORDS_PAGE_SHIFT) {
        const uint32_t entry =
            words_page_add(words, allocator, UINT32_C(1) << WORDS_PAGE_SHIFT);

        if (entry == MEMORY_NONE) {
            return MEMORY_NONE;
        }
        words->fill_page = entry;
        words->fill_used = 0;
    }
    block = words->fill_page << WORDS_PAGE_SHIFT | words->fill_used;
    words->fill_used += size;
    return block;
}

void
words_give(struct words *words, const struct sched_allocator *allocator,
           uint32_t block, uint32_t count)
{
    if (count > UINT32_C(1) << WORDS_PAGE_SHIFT) {
        struct words_page *page = &words->pages[block >> WORDS_PAGE_SHIFT];

        memory_give(allocator, page->words,
                    (uint64_t)page->words_count * sizeof *page->words);
        page->words = NULL;
        page->words_count = 0;
        page->zero = words->free_pages;
        words->free_pages = block >> WORDS_PAGE_SHIFT;
        return;
    }
    const uint32_t class = size_class(count);

    *words_at(words, block) = words->free_blocks[class];
    words->free_blocks[class] = block;
}
