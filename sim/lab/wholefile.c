/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wholefile.c - write beside, then name it; see wholefile.h
 */
#define _GNU_SOURCE /* O_TMPFILE */
#include "sim/lab/wholefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMP_NAMES_MAX 100
#define OPEN_FILES     "/proc/self/fd"

/* release - a file that has not got its name goes */
static void
release(struct wholefile *file)
{
    if (file->has_name) {
        unlink(file->temp);
    }
    free(file->path);
    free(file->temp);
    *file = (struct wholefile){0};
}

/* temp_name - the i-th name for a file on its way to this path; owned */
static char *
temp_name(const char *path, int i)
{
    const size_t size = strlen(path) + 48;
    char *name = base_alloc(size);

    snprintf(name, size, "%s.tmp.%ld.%d", path, (long)getpid(), i);
    return name;
}

/* nameless_open - in the target's folder; -1: there are none here, or they
 * could not be named later. open(2), so that the user's umask decides who may
 * read it. */
static int
nameless_open(const char *path)
{
    int fd = -1;
#ifdef O_TMPFILE
    const char *slash = strrchr(path, '/');
    char *folder = base_alloc(strlen(path) + 2);

    memcpy(folder, path, strlen(path) + 1);
    if (slash == NULL) {
        memcpy(folder, ".", 2);
    } else {
        folder[slash == path ? 1 : slash - path] = '\0';
    }
    if (access(OPEN_FILES, X_OK) == 0) {
        fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    }
    free(folder);
#else
    (void)path;
#endif
    return fd;
}

/* named_open - the first free name */
static int
named_open(struct wholefile *file)
{
    int fd = -1;

    for (int i = 0; i < TEMP_NAMES_MAX; i++) {
        free(file->temp);
        file->temp = temp_name(file->path, i);
        fd = open(file->temp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) {
            break;
        }
    }
    file->has_name = fd >= 0;
    return fd;
}

/* name_give - a link cannot replace a file, a rename can: by way of a name that
 * is there for no time. False: errno says why. */
static bool
name_give(struct wholefile *file, int fd)
{
    char open_file[sizeof OPEN_FILES + 16];

    snprintf(open_file, sizeof open_file, OPEN_FILES "/%d", fd);
    for (int i = 0; i < TEMP_NAMES_MAX && !file->has_name; i++) {
        free(file->temp);
        file->temp = temp_name(file->path, i);
        file->has_name = linkat(AT_FDCWD, open_file, AT_FDCWD, file->temp,
                                AT_SYMLINK_FOLLOW) == 0;
        if (!file->has_name && errno != EEXIST) {
            break;
        }
    }
    return file->has_name;
}

bool
wholefile_open(struct wholefile *file, const char *path, struct diag *diag)
{
    struct stat there;
    int fd = -1;

    *file = (struct wholefile){0};
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        diag_error(diag, (struct src_loc){.file = path},
                   "is there and is no plain file; name another");
        return false;
    }
    file->path = base_alloc(strlen(path) + 1);
    memcpy(file->path, path, strlen(path) + 1);
    fd = nameless_open(path);
    if (fd < 0) {
        fd = named_open(file);
    }
    file->out = fd < 0 ? NULL : fdopen(fd, "w");
    if (file->out == NULL) {
        diag_system(diag, path, "cannot be written", errno);
        if (fd >= 0) {
            close(fd);
        }
        release(file);
        return false;
    }
    return true;
}

bool
wholefile_commit(struct wholefile *file, struct diag *diag)
{
    int error = 0;

    ASSERT(file->out != NULL);
    errno = 0;
    if (fflush(file->out) != 0 || ferror(file->out) ||
        fsync(fileno(file->out)) != 0 || !name_give(file, fileno(file->out))) {
        error = errno != 0 ? errno : EIO;
    }
    if (fclose(file->out) != 0 && error == 0) {
        error = errno;
    }
    if (error == 0 && rename(file->temp, file->path) != 0) {
        error = errno;
    }
    file->has_name = file->has_name && error != 0;
    if (error != 0) {
        diag_system(diag, file->path, "cannot be written", error);
    }
    release(file);
    return error == 0;
}

void
wholefile_abandon(struct wholefile *file)
{
    if (file->out != NULL) {
        fclose(file->out);
    }
    release(file);
}
