/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_near.c - which scenario may have been meant; see scenario_load.h
 */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "sim/lab/format.h"
#include "sim/lab/override.h"
#include "sim/lab/scenario_load.h"

enum { FOLDERS_MAX = 100 };

/* Scenarios that are there, by folder and last part. */
struct nearby {
    const char *names[FOLDERS_MAX];
    const char *paths[FOLDERS_MAX];
    size_t count;
};

/* folder_list - what in this folder has a scenario.yaml, in order of bytes */
static void
folder_list(struct load *load, const char *folder, struct nearby *nearby)
{
    DIR *listing = opendir(*folder != '\0' ? folder : ".");
    const size_t first = nearby->count;

    if (listing == NULL) {
        return;
    }
    for (const struct dirent *entry = readdir(listing);
         entry != NULL && nearby->count < FOLDERS_MAX;
         entry = readdir(listing)) {
        const char *path =
            format_arena(load->arena, "%s%s", folder, entry->d_name);
        const char *yaml = format_arena(load->arena, "%s/scenario.yaml", path);
        size_t at = nearby->count;

        if (entry->d_name[0] == '.' || access(yaml, R_OK) != 0) {
            continue;
        }
        for (; at > first && strcmp(nearby->paths[at - 1], path) > 0; at--) {
            nearby->paths[at] = nearby->paths[at - 1];
            nearby->names[at] = nearby->names[at - 1];
        }
        nearby->paths[at] = path;
        nearby->names[at] = path + strlen(folder);
        nearby->count++;
    }
    closedir(listing);
}

const char *
load_near(struct load *load, const char *path)
{
    const size_t size = strlen(path);
    char *wanted = arena_text(load->arena, path);
    const char *folder = NULL;
    const char *near = NULL;
    struct nearby nearby = {.count = 0};

    if (size > 1 && wanted[size - 1] == '/') {
        wanted[size - 1] = '\0';
    }
    folder = load_folder(load->arena, wanted);
    folder_list(load, folder, &nearby);
    if (strcmp(folder, "scenarios/") != 0) {
        folder_list(load, "scenarios/", &nearby);
    }
    wanted += strlen(folder);
    near = diag_nearest(wanted, nearby.names, nearby.count);
    for (size_t i = 0; near != NULL && i < nearby.count; i++) {
        if (strcmp(nearby.names[i], near) == 0) {
            return format_arena(load->arena, "; did you mean %s?",
                                nearby.paths[i]);
        }
    }
    return override_advice(load->arena, wanted, nearby.paths, nearby.count,
                           load->diag);
}
