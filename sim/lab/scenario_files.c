/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_files.c - the files a scenario names; see scenario.h
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lab/format.h"
#include "sim/lab/scenario_load.h"

/* Roles: the numbers of enum sched_text_role. */
enum { ROLE_CHANNELS = 1, ROLE_JOBS, ROLE_OPTIONS, ROLE_INCLUDED };

enum {
    INCLUDED_MAX = 16,
    FILES_MAX = 1024,
    FILE_BYTES_MAX = 64 << 20,
    READ_BYTES = 64 << 10
};

const char *
load_path(const struct load *load, const char *folder, const char *name)
{
    const size_t size = strlen(folder);

    if (*name == '/' || size == 0) {
        return arena_text(load->arena, name);
    }
    return format_arena(load->arena, "%s%s%s", folder,
                        folder[size - 1] == '/' ? "" : "/", name);
}

const char *
load_folder(struct arena *arena, const char *name)
{
    const char *slash = strrchr(name, '/');
    char *folder = arena_text(arena, name);

    folder[slash != NULL ? slash - name + 1 : 0] = '\0';
    return folder;
}

/* stream_read - all of it, into memory that grows; NULL: errno */
static char *
stream_read(FILE *stream, uint64_t size_max, uint64_t *size)
{
    char *bytes = NULL;
    uint64_t capacity = 0;

    *size = 0;
    for (;;) {
        if (capacity - *size < READ_BYTES) {
            capacity = capacity * 2 + READ_BYTES;
            bytes = base_realloc(bytes, capacity);
        }

        const size_t got = fread(bytes + *size, 1, READ_BYTES, stream);

        *size += got;
        if (*size > size_max || ferror(stream)) {
            const int error = ferror(stream) ? errno : EFBIG;

            free(bytes);
            errno = error;
            return NULL;
        }
        if (got < READ_BYTES) {
            return bytes;
        }
    }
}

char *
load_file(struct arena *arena, const char *path, uint64_t size_max,
          uint64_t *size)
{
    FILE *stream = fopen(path, "rb");
    char *bytes = NULL;
    char *copy = NULL;

    if (stream == NULL) {
        return NULL;
    }
    bytes = stream_read(stream, size_max, size);

    const int error = errno;

    fclose(stream);
    if (bytes == NULL) {
        errno = error;
        return NULL;
    }
    copy = arena_take(arena, *size + 1);
    memcpy(copy, bytes, *size);
    free(bytes);
    return copy;
}

/* file_keep - one that was read */
static void
file_keep(struct load *load, const struct scenario_file *file)
{
    struct scenario *scenario = load->scenario;

    scenario->files[scenario->files_count++] = *file;
    diag_text(load->diag, file->name, file->bytes, file->bytes_size);
}

/* has_room - for one more; else reported */
static bool
has_room(struct load *load, struct src_loc where)
{
    struct scenario *scenario = load->scenario;

    if (scenario->files == NULL) {
        scenario->files =
            arena_take(load->arena, FILES_MAX * sizeof *scenario->files);
    }
    if (scenario->files_count == FILES_MAX) {
        diag_error(load->diag, where, "the MTA has more than %d files",
                   FILES_MAX);
    }
    return scenario->files_count < FILES_MAX;
}

/* file_add - reads a file that the scenario names; false: reported */
static bool
file_add(struct load *load, const char *name, uint32_t role,
         struct src_loc where)
{
    struct scenario_file file = {
        .name = name,
        .path = load_path(load, load->folder, name),
        .role = role,
    };

    if (!has_room(load, where)) {
        return false;
    }
    file.bytes =
        load_file(load->arena, file.path, FILE_BYTES_MAX, &file.bytes_size);
    if (file.bytes == NULL) {
        diag_error(load->diag, where, "%s cannot be read: %s", file.path,
                   strerror(errno));
        return false;
    }
    file_keep(load, &file);
    return true;
}

/* is_read - a file is read once, however often it is included */
static bool
is_read(const struct scenario *scenario, const char *name)
{
    for (uint32_t i = 0; i < scenario->files_count; i++) {
        if (scenario->files[i].role == ROLE_INCLUDED &&
            strcmp(scenario->files[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* included_name - what stands behind the < of a line, without blanks */
static const char *
included_name(struct load *load, const char *rest, size_t rest_size)
{
    char *name = arena_take(load->arena, rest_size + 1);

    while (rest_size > 0 && strchr(" \t\r", rest[rest_size - 1]) != NULL) {
        rest_size--;
    }
    while (rest_size > 0 && (*rest == ' ' || *rest == '\t')) {
        rest++;
        rest_size--;
    }
    memcpy(name, rest, rest_size);
    return name;
}

/* included_add - the scheduler asks for the name as the line has it. It does
 * not read what rewrite rules include, and says itself which text it misses: a
 * file that does not exist is no error here. */
static void
included_add(struct load *load, const char *folder, const char *name,
             struct src_loc where)
{
    struct scenario_file file = {
        .name = name,
        .path = load_path(load, load->folder, load_path(load, folder, name)),
        .role = ROLE_INCLUDED,
    };
    uint32_t included_count = 0;

    for (uint32_t i = 0; i < load->scenario->files_count; i++) {
        included_count += load->scenario->files[i].role == ROLE_INCLUDED;
    }
    if (included_count == INCLUDED_MAX) {
        diag_error(load->diag, where, "more than %d files are included",
                   INCLUDED_MAX);
        return;
    }
    if (!has_room(load, where)) {
        return;
    }
    file.bytes =
        load_file(load->arena, file.path, FILE_BYTES_MAX, &file.bytes_size);
    if (file.bytes != NULL) {
        file_keep(load, &file);
    } else if (errno != ENOENT) {
        diag_error(load->diag, where, "%s cannot be read: %s", file.path,
                   strerror(errno));
    }
}

/* file_scan - the lines of one file that include another */
static void
file_scan(struct load *load, const struct scenario_file *file,
          const char *folder)
{
    const char *end = file->bytes + file->bytes_size;
    struct src_loc where = {.file = file->name, .column = 1};

    for (const char *line = file->bytes; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *stop = newline != NULL ? newline : end;

        where.line++;
        if (*line == '<') {
            const char *name =
                included_name(load, line + 1, (size_t)(stop - line - 1));

            /* An empty name is the scheduler's to complain about. */
            if (*name != '\0' && !is_read(load->scenario, name)) {
                included_add(load, folder, name, where);
            }
        }
        line = stop + 1;
    }
}

/* includes_read - of the file at this position, and of what it includes: that
 * stands behind it in the same array. All names are relative to the first. */
static void
includes_read(struct load *load, uint32_t first)
{
    const char *folder =
        load_folder(load->arena, load->scenario->files[first].name);

    for (uint32_t i = first; i < load->scenario->files_count; i++) {
        file_scan(load, &load->scenario->files[i], folder);
    }
}

/* is_option_file - its name ends in _option */
static bool
is_option_file(const char *name)
{
    static const char tail[] = "_option";
    const size_t size = strlen(name);

    return size >= sizeof tail &&
           strcmp(name + size - (sizeof tail - 1), tail) == 0;
}

/* name_insert - in order of bytes */
static void
name_insert(const char **names, uint32_t count, const char *name)
{
    uint32_t i = count;

    for (; i > 0 && strcmp(names[i - 1], name) > 0; i--) {
        names[i] = names[i - 1];
    }
    names[i] = name;
}

/* options_find - every option file beside the channels file */
static void
options_find(struct load *load, const char *channels, struct src_loc where)
{
    const char *folder = load_folder(load->arena, channels);
    const char *path = load_path(load, load->folder, folder);
    const char **names = arena_take(load->arena, FILES_MAX * sizeof *names);
    uint32_t count = 0;
    DIR *listing = opendir(*path != '\0' ? path : ".");

    if (listing == NULL) {
        return; /* the channels file could not be read either: reported */
    }
    for (const struct dirent *entry = readdir(listing);
         entry != NULL && count < FILES_MAX; entry = readdir(listing)) {
        if (is_option_file(entry->d_name)) {
            name_insert(names, count++, load_path(load, folder, entry->d_name));
        }
    }
    closedir(listing);
    for (uint32_t i = 0; i < count; i++) {
        (void)file_add(load, names[i], ROLE_OPTIONS, where);
    }
}

/* options_read - those that are named, or those that are there */
static void
options_read(struct load *load, const struct doc_node *mta,
             const char *channels)
{
    const struct doc_node *list = doc_get(mta, "options");

    if (list == NULL) {
        options_find(load, channels, mta->where);
        return;
    }
    for (const struct doc_node *child = list->first; child != NULL;
         child = child->next) {
        if (child->kind == DOC_TEXT && *child->text != '\0') {
            (void)file_add(load, child->text, ROLE_OPTIONS, child->where);
        }
    }
}

void
load_files(struct load *load)
{
    const uint32_t errors_before = load->diag->errors_count;
    const struct doc_node *mta = doc_get(load->root, "mta");
    const char *channels = load_text(load, mta, NULL, "mta.channels");
    const char *jobs = load_text(load, mta, NULL, "mta.jobs");

    if (mta == NULL) {
        diag_error(load->diag, load->root->where,
                   "the scenario has no mta, which names the MTA's own files: "
                   "mta: { channels: imta.cnf, jobs: job_controller.cnf }");
        return;
    }
    if (channels != NULL && file_add(load, channels, ROLE_CHANNELS,
                                     doc_get(mta, "channels")->where)) {
        includes_read(load, 0);
        options_read(load, mta, channels);
    }
    if (jobs != NULL &&
        file_add(load, jobs, ROLE_JOBS, doc_get(mta, "jobs")->where)) {
        includes_read(load, load->scenario->files_count - 1);
    }
    load->scenario->has_files = load->scenario->files_count > 0 &&
                                load->diag->errors_count == errors_before;
}
