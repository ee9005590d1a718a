/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arena.c - blocks that are only ever filled; see arena.h
 */
#include "sim/kernel/arena.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/base.h"

enum {
    ALIGN_BYTES = 16,
    BLOCK_BYTES = 1 << 16,
    EXIT_RUN_FAILED = 3,
    SHARE_OF_BLOCK = 4 /* what takes more than 1/4 gets its own block */
};

struct block {
    struct block *older;
    uint64_t unused; /* what follows is aligned as malloc's blocks are */
};

_Static_assert(sizeof(struct block) % ALIGN_BYTES == 0, "records are aligned");
_Static_assert(_Alignof(max_align_t) % ALIGN_BYTES == 0, "so are blocks");

struct arena {
    struct block *newest; /* all of them, for arena_free() */
    unsigned char *next;  /* free bytes of the block that is being filled */
    uint64_t next_bytes;  /* how many of them */
    uint64_t bytes;
    uint64_t bytes_max; /* 0: no limit */
};

struct arena *
arena_new(uint64_t bytes_max)
{
    struct arena *arena = base_alloc(sizeof *arena);

    arena->bytes_max = bytes_max;
    return arena;
}

void
arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->newest != NULL) {
        struct block *block = arena->newest;

        arena->newest = block->older;
        free(block);
    }
    free(arena);
}

/* limit_reached - the run has more in it than its scenario allows */
_Noreturn static void
limit_reached(const struct arena *arena, uint64_t bytes)
{
    fflush(stdout);
    fprintf(stderr,
            "the run needs more memory than its limit: %" PRIu64
            " bytes are held, %" PRIu64 " more asked for, %" PRIu64
            " allowed\n",
            arena->bytes, bytes, arena->bytes_max);
    exit(EXIT_RUN_FAILED);
}

/* block_add - a block with room for `bytes`; returns its first free byte */
static unsigned char *
block_add(struct arena *arena, uint64_t bytes)
{
    uint64_t total = bytes + sizeof(struct block);
    struct block *block = base_alloc(total);

    block->older = arena->newest;
    arena->newest = block;
    arena->bytes += total;
    return (unsigned char *)block + sizeof *block;
}

/* bytes_left - what the limit still allows, a block's head set aside */
static uint64_t
bytes_left(const struct arena *arena)
{
    uint64_t held = arena->bytes + sizeof(struct block);

    if (arena->bytes_max == 0) {
        return UINT64_MAX / 2;
    }
    return held < arena->bytes_max ? arena->bytes_max - held : 0;
}

void *
arena_take(struct arena *arena, uint64_t bytes)
{
    if (bytes > UINT64_MAX / 2) { /* a size that has gone below zero */
        limit_reached(arena, bytes);
    }
    bytes = (bytes / ALIGN_BYTES + (bytes == 0 || bytes % ALIGN_BYTES != 0)) *
            ALIGN_BYTES;
    if (bytes > arena->next_bytes) {
        uint64_t left = bytes_left(arena);
        uint64_t block_bytes = BLOCK_BYTES - sizeof(struct block);

        if (bytes > left) {
            limit_reached(arena, bytes);
        }
        if (bytes > BLOCK_BYTES / SHARE_OF_BLOCK) {
            return block_add(arena, bytes);
        }
        arena->next_bytes = block_bytes < left ? block_bytes : left;
        arena->next = block_add(arena, arena->next_bytes);
    }

    void *taken = arena->next;

    arena->next += bytes;
    arena->next_bytes -= bytes;
    return taken;
}

char *
arena_text(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(arena_take(arena, size), text, size);
}

uint64_t
arena_bytes(const struct arena *arena)
{
    return arena->bytes;
}
