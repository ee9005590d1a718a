/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * logfiles.h - small files for the tests of traces and logs
 *
 * They lie in the build's folder (MTASIM_BUILD), under names that the tests
 * choose; a failure fails the test.
 */
#ifndef TESTS_SUPPORT_LOGFILES_H
#define TESTS_SUPPORT_LOGFILES_H

#include <stdbool.h>
#include <stddef.h>

/* The path of a file in the build's folder; valid until the end,
 * for 32 names in all. */
const char *logfiles_path(const char *name);

void logfiles_write(const char *path, const char *bytes, size_t size);

/* The whole file, NUL-terminated, to be freed. NULL: it is not there. */
char *logfiles_read(const char *path, size_t *size);

/* Is there any file beside `path` whose name begins like it and goes on? */
bool logfiles_has_litter(const char *path);

#endif
