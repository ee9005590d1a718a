/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * directory.c - hosts in one growing array, found by an open-addressing table
 * of their names (FNV-1a, fixed salt) that is never iterated. See directory.h
 */
#include "models/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/greylist.h"
#include "sim/kernel/arena.h"

struct directory {
    const struct destination_params *params;
    struct destination_luck *luck; /* one for each params */
    uint32_t *first;               /* host number, one for each params */
    uint32_t params_count;
    struct arena *names;
    struct destination *hosts;
    uint32_t hosts_count;
    uint32_t hosts_capacity;
    uint32_t *table; /* host number + 1; 0: empty */
    uint32_t table_capacity;
};

/* folded - ASCII lower case; names of hosts have no other letters */
static char
folded(char c)
{
    if (c >= 'A' && c <= 'Z') {
        c = (char)(c - 'A' + 'a');
    }
    return c;
}

/* place_of - where a name is in the table, or would be */
static uint32_t
place_of(const struct directory *directory, const char *name)
{
    const uint32_t mask = directory->table_capacity - 1;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (const char *p = name; *p != '\0'; p++) {
        hash = (hash ^ (uint8_t)folded(*p)) * UINT64_C(0x100000001b3);
    }
    uint32_t place = (uint32_t)(hash >> 32) & mask;
    while (directory->table[place] != 0) {
        const char *other = directory->hosts[directory->table[place] - 1].name;
        const char *p = name;
        while (*p != '\0' && folded(*p) == *other) {
            p++;
            other++;
        }
        if (*p == '\0' && *other == '\0') {
            break;
        }
        place = (place + 1) & mask;
    }
    return place;
}

static void
table_grow(struct directory *directory)
{
    free(directory->table);
    directory->table_capacity *= 2;
    directory->table =
        base_alloc(directory->table_capacity * sizeof directory->table[0]);
    for (uint32_t i = 0; i < directory->hosts_count; i++) {
        directory->table[place_of(directory, directory->hosts[i].name)] = i + 1;
    }
}

/* host_add - a new host with this name, folded */
static uint32_t
host_add(struct directory *directory, const char *name, uint32_t params_index)
{
    char *copy = arena_text(directory->names, name);
    uint32_t number = directory->hosts_count;

    for (char *c = copy; *c != '\0'; c++) {
        *c = folded(*c);
    }
    if (number == directory->hosts_capacity) {
        directory->hosts_capacity = number == 0 ? 64 : 2 * number;
        directory->hosts =
            base_realloc(directory->hosts, directory->hosts_capacity *
                                               sizeof directory->hosts[0]);
    }
    const struct destination_params *params = &directory->params[params_index];
    directory->hosts[number] = (struct destination){
        .params = params,
        .luck = &directory->luck[params_index],
        .name = copy,
        .number = number,
        .greylist = params->greylist_ns > 0 ? greylist_new() : NULL,
    };
    directory->hosts_count++;
    if (2 * (uint64_t)directory->hosts_count > directory->table_capacity) {
        table_grow(directory);
    } else {
        directory->table[place_of(directory, copy)] = number + 1;
    }
    return number;
}

/* group_add - the hosts of one destination of the scenario */
static void
group_add(struct directory *directory, uint32_t params_index)
{
    const struct destination_params *params = &directory->params[params_index];
    const int prefix = (int)strcspn(params->name, ".");
    char name[320];

    directory->first[params_index] = directory->hosts_count;
    if (params->hosts_count <= 1) {
        host_add(directory, params->name, params_index);
        return;
    }
    for (uint32_t k = 1; k <= params->hosts_count; k++) {
        snprintf(name, sizeof name, "%.*s-%u%s", prefix, params->name, k,
                 params->name + prefix);
        host_add(directory, name, params_index);
    }
}

struct directory *
directory_new(const struct destination_params *params, uint32_t params_count,
              uint64_t seed, uint32_t replication)
{
    struct directory *directory = base_alloc(sizeof *directory);

    ASSERT(params_count >= 1);
    directory->params = params;
    directory->params_count = params_count;
    directory->names = arena_new(0);
    directory->luck = base_alloc(params_count * sizeof directory->luck[0]);
    directory->first = base_alloc(params_count * sizeof directory->first[0]);
    directory->table_capacity = 128;
    directory->table =
        base_alloc(directory->table_capacity * sizeof directory->table[0]);
    for (uint32_t i = 0; i < params_count; i++) {
        destination_luck_init(&directory->luck[i], &params[i], seed,
                              replication);
        if (i + 1 < params_count) {
            group_add(directory, i);
        }
    }
    return directory;
}

void
directory_free(struct directory *directory)
{
    if (directory == NULL) {
        return;
    }
    for (uint32_t i = 0; i < directory->hosts_count; i++) {
        greylist_free(directory->hosts[i].greylist);
    }
    arena_free(directory->names);
    free(directory->hosts);
    free(directory->luck);
    free(directory->first);
    free(directory->table);
    free(directory);
}

uint32_t
directory_count(const struct directory *directory)
{
    return directory->hosts_count;
}

struct destination *
directory_host(struct directory *directory, uint32_t number)
{
    ASSERT(number < directory->hosts_count);
    return &directory->hosts[number];
}

uint32_t
directory_first(const struct directory *directory,
                const struct destination_params *params)
{
    ASSERT(params >= directory->params);
    ASSERT(params < directory->params + directory->params_count - 1);
    return directory->first[params - directory->params];
}

uint32_t
directory_find(struct directory *directory, const char *name)
{
    uint32_t found = directory->table[place_of(directory, name)];

    return found != 0 ? found - 1
                      : host_add(directory, name, directory->params_count - 1);
}
