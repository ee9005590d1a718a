/* SPDX-License-Identifier: MIT */
/*
 * names.c - see names.h
 */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "live.h"

static uint32_t
hash(const char *text)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (const char *p = text; *p != '\0'; p++) {
        h = (h ^ (unsigned char)*p) * 16777619u;
    }
    return h;
}

/* place - where the name is, or would be */
static uint32_t *
place(const struct names *names, const char *text)
{
    uint32_t at = hash(text) & (names->table_size - 1);

    while (names->table[at] != 0 &&
           strcmp(names->texts[names->table[at] - 1], text) != 0) {
        at = (at + 1) & (names->table_size - 1);
    }
    return &names->table[at];
}

static void
grow(struct names *names)
{
    const uint32_t size = names->table_size == 0 ? 64 : 2 * names->table_size;
    char **texts = live_alloc(size * sizeof *texts);

    free(names->table);
    names->table = live_alloc(size * sizeof names->table[0]);
    names->table_size = size;
    if (names->count > 0) {
        memcpy(texts, names->texts, names->count * sizeof *texts);
    }
    free(names->texts);
    names->texts = texts;
    for (uint32_t i = 0; i < names->count; i++) {
        *place(names, texts[i]) = i + 1;
    }
}

uint32_t
names_number(struct names *names, const char *text)
{
    if (2 * names->count >= names->table_size) {
        grow(names);
    }
    uint32_t *at = place(names, text);
    if (*at == 0) {
        const size_t size = strlen(text) + 1;
        names->texts[names->count] = memcpy(live_alloc(size), text, size);
        *at = ++names->count;
    }
    return *at - 1;
}

void
names_free(struct names *names)
{
    for (uint32_t i = 0; i < names->count; i++) {
        free(names->texts[i]);
    }
    free(names->texts);
    free(names->table);
    *names = (struct names){0};
}
