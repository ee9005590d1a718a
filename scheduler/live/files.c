/* SPDX-License-Identifier: MIT */
/*
 * files.c - see files.h
 */
#include "files.h"

#include <stdlib.h>

#include "live.h"

static uint32_t
home(const struct files *files, uint64_t message, uint32_t file)
{
    return (uint32_t)live_mix(0, message, file) & (files->size - 1);
}

/* at - where it is, or would be */
static struct file *
at(const struct files *files, uint64_t message, uint32_t file)
{
    uint32_t i = home(files, message, file);

    while (files->table[i].place.message != 0 &&
           (files->table[i].place.message != message ||
            files->table[i].place.file != file)) {
        i = (i + 1) & (files->size - 1);
    }
    return &files->table[i];
}

struct file *
files_find(const struct files *files, uint64_t message, uint32_t file)
{
    struct file *found = files->size == 0 ? NULL : at(files, message, file);

    return found == NULL || found->place.message == 0 ? NULL : found;
}

static void
grow(struct files *files)
{
    const struct files old = *files;

    files->size = old.size == 0 ? 256 : 2 * old.size;
    files->table = live_alloc(files->size * sizeof files->table[0]);
    for (uint32_t i = 0; i < old.size; i++) {
        if (old.table[i].place.message != 0) {
            *at(files, old.table[i].place.message, old.table[i].place.file) =
                old.table[i];
        }
    }
    free(old.table);
}

void
files_add(struct files *files, const struct spool_place *place)
{
    if (2 * files->count >= files->size) {
        grow(files);
    }
    struct file *file = at(files, place->message, place->file);
    files->count += file->place.message == 0;
    *file = (struct file){.place = *place};
}

void
files_remove(struct files *files, struct file *file)
{
    const uint32_t mask = files->size - 1;
    uint32_t gap = (uint32_t)(file - files->table);

    /* Those behind it move up, so that no gap hides them. */
    for (uint32_t i = (gap + 1) & mask; files->table[i].place.message != 0;
         i = (i + 1) & mask) {
        const uint32_t from = home(files, files->table[i].place.message,
                                   files->table[i].place.file);
        if (((i - from) & mask) >= ((i - gap) & mask)) {
            files->table[gap] = files->table[i];
            gap = i;
        }
    }
    files->table[gap] = (struct file){0};
    files->count--;
}

void
files_free(struct files *files)
{
    free(files->table);
    *files = (struct files){0};
}
