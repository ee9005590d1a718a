/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wholefile.c - write beside, then rename; see wholefile.h
 */
#include "sim/lab/wholefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMP_NAMES_MAX 100

static void
release(struct wholefile *file)
{
    free(file->path);
    free(file->temp);
    *file = (struct wholefile){0};
}

/* temp_open - the first free name of path.tmp.PID.N; open(2), so that the
 * user's umask decides who may read it */
static int
temp_open(struct wholefile *file)
{
    const size_t size = strlen(file->path) + 48;
    int fd = -1;

    file->temp = base_alloc(size);
    for (int i = 0; i < TEMP_NAMES_MAX; i++) {
        snprintf(file->temp, size, "%s.tmp.%ld.%d", file->path, (long)getpid(),
                 i);
        fd = open(file->temp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) {
            break;
        }
    }
    return fd;
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
    fd = temp_open(file);
    file->out = fd < 0 ? NULL : fdopen(fd, "w");
    if (file->out == NULL) {
        diag_system(diag, path, "cannot be written", errno);
        if (fd >= 0) {
            close(fd);
            unlink(file->temp);
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
        fsync(fileno(file->out)) != 0) {
        error = errno != 0 ? errno : EIO;
    }
    if (fclose(file->out) != 0 && error == 0) {
        error = errno;
    }
    if (error == 0 && rename(file->temp, file->path) != 0) {
        error = errno;
    }
    if (error != 0) {
        diag_system(diag, file->path, "cannot be written", error);
        unlink(file->temp);
    }
    release(file);
    return error == 0;
}

void
wholefile_abandon(struct wholefile *file)
{
    if (file->out != NULL) {
        fclose(file->out);
        unlink(file->temp);
    }
    release(file);
}
