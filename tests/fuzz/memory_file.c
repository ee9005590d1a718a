/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_file.c - texts, and files of this process's own; see fuzz.h
 */
#define _XOPEN_SOURCE 700 /* nftw() */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/kernel/base.h"
#include "tests/fuzz/fuzz.h"

enum { FOLDER_SIZE = 256, TREE_FILES_MAX = 8 };

char *
fuzz_text(const uint8_t *bytes, size_t size)
{
    char *text = base_alloc(size + 1);

    if (size > 0) {
        memcpy(text, bytes, size);
    }
    text[size] = '\0';
    return text;
}

static int
tree_remove(const char *path, const struct stat *info, int kind,
            struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

/* folder_get - made when first asked for */
static const char *
folder_get(void)
{
    static char folder[FOLDER_SIZE];

    if (*folder == '\0') {
        const char *parent = getenv("TMPDIR");

        snprintf(folder, sizeof folder, "%s/mtasim-fuzz-XXXXXX",
                 parent != NULL ? parent : "/tmp");
        ASSERT(mkdtemp(folder) == folder);
    }
    return folder;
}

static void
folder_remove(void)
{
    (void)nftw(folder_get(), tree_remove, TREE_FILES_MAX, FTW_DEPTH | FTW_PHYS);
}

char *
fuzz_path(const char *name)
{
    static bool is_made;
    const char *folder = folder_get();
    const size_t size = strlen(folder) + strlen(name) + 2;
    char *path = base_alloc(size);

    if (!is_made) {
        is_made = atexit(folder_remove) == 0;
        ASSERT(is_made);
    }
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

void
fuzz_write(const char *path, const void *bytes, size_t size)
{
    FILE *out = fopen(path, "wb");

    ASSERT(out != NULL);
    ASSERT(fwrite(bytes, 1, size, out) == size);
    ASSERT(fclose(out) == 0);
}

char *
fuzz_read(const char *path, size_t *size)
{
    FILE *in = fopen(path, "rb");
    struct stat info;
    char *bytes = NULL;

    if (in == NULL) {
        return NULL;
    }
    ASSERT(fstat(fileno(in), &info) == 0);
    *size = (size_t)info.st_size;
    bytes = base_alloc(*size + 1);
    ASSERT(fread(bytes, 1, *size, in) == *size);
    bytes[*size] = '\0';
    fclose(in);
    return bytes;
}

char *
fuzz_part(const uint8_t **bytes, size_t *size, bool is_text, size_t *part_size)
{
    static const char mark[] = "%%\n";
    const size_t mark_size = sizeof mark - 1;
    size_t end = 0;
    size_t next = 0;
    char *part = NULL;

    while (end < *size &&
           (*size - end < mark_size || (end > 0 && (*bytes)[end - 1] != '\n') ||
            memcmp(*bytes + end, mark, mark_size) != 0)) {
        end++;
    }
    next = end < *size ? end + mark_size : end;
    part = base_alloc(is_text || end == 0 ? end + 1 : end);
    if (end > 0) {
        memcpy(part, *bytes, end);
    }
    if (is_text) {
        part[end] = '\0';
    }
    *part_size = end;
    *bytes += next;
    *size -= next;
    return part;
}
