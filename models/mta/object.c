/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * object.c - see object.h
 */
#include "models/mta/object.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* file_hash - SHA-256 of the file, which is what was loaded */
static bool
file_hash(const char *path, char text[SHA256_TEXT_SIZE], struct diag *diag)
{
    const struct src_loc where = {path, 0, 0};
    struct sha256 sha;
    char bytes[8192];
    size_t n;
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        diag_error(diag, where, "expected a scheduler object, found: %s",
                   strerror(errno));
        return false;
    }
    sha256_init(&sha);
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0) {
        sha256_add(&sha, bytes, n);
    }
    bool is_read = ferror(file) == 0;
    fclose(file);
    sha256_end(&sha, text);
    if (!is_read) {
        diag_system(diag, path, "cannot be read", errno);
    }
    return is_read;
}

/* table_check - whether it is a scheduler that this program can host */
static bool
table_check(const struct sched_object *table, const char *path,
            struct diag *diag)
{
    const struct src_loc where = {path, 0, 0};

    if (table == NULL || table->magic != SCHED_ABI_MAGIC) {
        diag_error(diag, where,
                   "expected a scheduler's descriptor from sched_entry(), "
                   "found none");
        return false;
    }
    if (table->abi_major != SCHED_ABI_MAJOR) {
        diag_error(diag, where,
                   "expected ABI %d.x, found %u.%u; rebuild the object with "
                   "this program's sched_abi.h",
                   SCHED_ABI_MAJOR, table->abi_major, table->abi_minor);
        return false;
    }
    if (table->struct_size < offsetof(struct sched_object, state_digest) ||
        table->create == NULL || table->event == NULL || table->next == NULL ||
        table->destroy == NULL || table->describe == NULL ||
        table->name == NULL || table->version == NULL ||
        table->policy == NULL) {
        diag_error(diag, where,
                   "expected name, version, policy, create, event, next, "
                   "destroy and describe, found a descriptor of %u bytes "
                   "without one of them",
                   table->struct_size);
        return false;
    }
    return true;
}

bool
object_open(struct object *object, const char *path, struct diag *diag)
{
    const struct src_loc where = {path, 0, 0};
    sched_entry_fn *entry;
    char slashed[4096];

    *object = (struct object){0};
    if (!file_hash(path, object->sha256, diag)) {
        return false;
    }
    /* dlopen() would look for a bare name elsewhere. */
    snprintf(slashed, sizeof slashed, "%s%s",
             strchr(path, '/') == NULL ? "./" : "", path);
    object->library = dlopen(slashed, RTLD_NOW | RTLD_LOCAL);
    if (object->library == NULL) {
        diag_error(diag, where, "expected a shared object, found: %s",
                   dlerror());
        return false;
    }
    void *symbol = dlsym(object->library, "sched_entry");
    if (symbol == NULL) {
        diag_error(diag, where,
                   "expected an exported sched_entry(), found none");
        object_close(object);
        return false;
    }
    /* POSIX: the one way to make a function of dlsym()'s answer. */
    memcpy(&entry, &symbol, sizeof entry);
    object->table = entry();
    if (!table_check(object->table, path, diag)) {
        object_close(object);
        return false;
    }
    return true;
}

bool
object_adopt(struct object *object, const struct sched_object *table,
             const char *name, struct diag *diag)
{
    *object = (struct object){0};
    if (!table_check(table, name, diag)) {
        return false;
    }
    object->table = table;
    return true;
}

void
object_close(struct object *object)
{
    if (object->library != NULL) {
        dlclose(object->library);
    }
    object->library = NULL;
    object->table = NULL;
}
