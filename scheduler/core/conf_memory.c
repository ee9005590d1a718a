/* SPDX-License-Identifier: MIT */
/*
 * conf_memory.c - see conf_memory.h
 */
#include "conf_memory.h"

#include <stddef.h>
#include <string.h>

enum {
    ALIGNMENT_BYTES = 16,
    CHUNK_BYTES = 1024 /* GUESS: for what is small; the rest has its own */
};

struct conf_memory_chunk {
    struct conf_memory_chunk *next;
    uint64_t bytes; /* all of it, this header included */
    uint64_t used;  /* the same */
    uint64_t zero;
};

_Static_assert(sizeof(struct conf_memory_chunk) % ALIGNMENT_BYTES == 0,
               "what follows the header is aligned");

void
conf_memory_init(struct conf_memory *memory,
                 const struct sched_allocator *allocator)
{
    *memory = (struct conf_memory){*allocator, NULL};
}

void
conf_memory_free(struct conf_memory *memory)
{
    while (memory->chunks) {
        struct conf_memory_chunk *chunk = memory->chunks;

        memory->chunks = chunk->next;
        memory->allocator.release(memory->allocator.context, chunk,
                                  chunk->bytes);
    }
}

/* chunk_new - puts a chunk with room for `bytes` in front */
static struct conf_memory_chunk *
chunk_new(struct conf_memory *memory, uint64_t bytes)
{
    uint64_t size = sizeof(struct conf_memory_chunk) + bytes;

    if (size < CHUNK_BYTES) {
        size = CHUNK_BYTES;
    }
    struct conf_memory_chunk *chunk =
        memory->allocator.allocate(memory->allocator.context, size);
    if (chunk) {
        *chunk =
            (struct conf_memory_chunk){memory->chunks, size, sizeof *chunk, 0};
        memory->chunks = chunk;
    }
    return chunk;
}

void *
conf_memory_take(struct conf_memory *memory, uint64_t bytes)
{
    struct conf_memory_chunk *chunk = memory->chunks;

    if (bytes > INT64_MAX / 2) {
        return NULL;
    }
    bytes = (bytes + ALIGNMENT_BYTES - 1) & ~(uint64_t)(ALIGNMENT_BYTES - 1);
    if (!chunk || chunk->bytes - chunk->used < bytes) {
        chunk = chunk_new(memory, bytes);
    }
    if (!chunk) {
        return NULL;
    }
    char *taken = (char *)chunk + chunk->used;
    chunk->used += bytes;
    memset(taken, 0, bytes);
    return taken;
}

char *
conf_memory_copy(struct conf_memory *memory, struct text_slice text)
{
    char *copy = conf_memory_take(memory, text.size + 1);

    if (copy && text.size > 0) {
        memcpy(copy, text.bytes, text.size);
    }
    return copy;
}
