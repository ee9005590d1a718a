/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * logfiles.c - see logfiles.h
 */
#include "tests/support/logfiles.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#define PATHS_COUNT 32

const char *
logfiles_path(const char *name)
{
    /* A name keeps its place: what a test was told stays what it is. */
    static char paths[PATHS_COUNT][512];
    const char *build = getenv("MTASIM_BUILD");
    char path[sizeof paths[0]];
    size_t i = 0;

    snprintf(path, sizeof path, "%s/%s", build == NULL ? "." : build, name);
    while (i < PATHS_COUNT && paths[i][0] != '\0' &&
           strcmp(paths[i], path) != 0) {
        i++;
    }
    assert_true(i < PATHS_COUNT);
    memcpy(paths[i], path, sizeof path);
    return paths[i];
}

void
logfiles_write(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

char *
logfiles_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    char *bytes = NULL;
    long end = 0;

    if (file == NULL) {
        return NULL;
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    end = ftell(file);
    assert_true(end >= 0);
    rewind(file);
    bytes = malloc((size_t)end + 1);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (size_t)end, file);
    assert_int_equal(*size, end);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

bool
logfiles_has_litter(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    char folder[512];
    bool has_litter = false;
    struct dirent *entry = NULL;
    DIR *dir = NULL;

    snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
    dir = opendir(folder);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, name, strlen(name)) == 0 &&
            strlen(entry->d_name) > strlen(name)) {
            has_litter = true;
        }
    }
    closedir(dir);
    return has_litter;
}
