/* SPDX-License-Identifier: MIT */
/*
 * memory.h - everything the engine keeps, taken from the host's allocator
 *
 * Three shapes. Pages hold records of one kind, reached by a 32-bit slot;
 * they never move and a free slot is used again. Words hold short lists of
 * 32-bit numbers (the recipients of a file) in blocks of powers of two. An
 * array that must grow is copied to a larger one.
 *
 * ERRORS     "No memory" is an answer (NULL, MEMORY_NONE, SCHED_ERR_MEMORY)
 *            and changes nothing that the caller can see.
 * COST       A page is about 64 KiB. Taking and giving a slot or a block is
 *            O(1).
 */
#ifndef SCHED_CORE_MEMORY_H
#define SCHED_CORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "../sched_abi.h"

#define MEMORY_NONE UINT32_MAX /* no slot, no block */

/* Zeroed, or NULL. */
void *memory_take(const struct sched_allocator *allocator, uint64_t bytes);
/* NULL is fine. */
void memory_give(const struct sched_allocator *allocator, void *memory,
                 uint64_t bytes);
/* A zeroed area of `bytes` that begins with the old one's; the old one is
   released. NULL: the old one is as it was. */
void *memory_regrow(const struct sched_allocator *allocator, void *old,
                    uint64_t old_bytes, uint64_t bytes);

/* A page begins at a cache line, wherever the allocator put its memory. */
struct page {
    unsigned char *records;
    void *memory;
};

/* Records of one size. The first four bytes of a free one are a link. */
struct pages {
    struct page *pages;
    uint32_t pages_count;
    uint32_t pages_capacity;
    uint32_t record_bytes;
    uint32_t shift;      /* a page holds 2^shift records */
    uint32_t used_count; /* slots that were ever used */
    uint32_t free_head;
    uint32_t taken_count;
    uint32_t zero;
};

void pages_init(struct pages *pages, uint32_t record_bytes, uint32_t shift);
void pages_free(struct pages *pages, const struct sched_allocator *allocator);

/* A slot with a zeroed record, or MEMORY_NONE. */
uint32_t pages_take(struct pages *pages,
                    const struct sched_allocator *allocator);
void pages_give(struct pages *pages, uint32_t slot);

static inline void *
pages_at(const struct pages *pages, uint32_t slot, uint32_t shift,
         uint32_t record_bytes)
{
    return pages->pages[slot >> shift].records +
           (size_t)(slot & ((UINT32_C(1) << shift) - 1)) * record_bytes;
}

enum {
    MEMORY_LINE_BYTES = 64,  /* of a cache */
    WORDS_PAGE_SHIFT = 14,   /* a page is 2^14 words: 64 KiB */
    WORDS_CLASSES_COUNT = 14 /* blocks of 2^1 to 2^14 words; larger ones have
                                a page of their own */
};

struct words_page {
    uint32_t *words;
    uint32_t words_count;
    uint32_t zero;
};

struct words {
    struct words_page *pages;
    uint32_t pages_count;
    uint32_t pages_capacity;
    uint32_t fill_page; /* where small blocks are cut from; or none */
    uint32_t fill_used;
    uint32_t free_pages; /* entries of released large blocks, linked */
    uint32_t free_blocks[WORDS_CLASSES_COUNT + 1];
};

void words_init(struct words *words);
void words_free(struct words *words, const struct sched_allocator *allocator);

/* A block for `count` numbers, count > 0, or MEMORY_NONE. */
uint32_t words_take(struct words *words,
                    const struct sched_allocator *allocator, uint32_t count);
void words_give(struct words *words, const struct sched_allocator *allocator,
                uint32_t block, uint32_t count);

static inline uint32_t *
words_at(const struct words *words, uint32_t block)
{
    return words->pages[block >> WORDS_PAGE_SHIFT].words +
           (block & ((UINT32_C(1) << WORDS_PAGE_SHIFT) - 1));
}

#endif
