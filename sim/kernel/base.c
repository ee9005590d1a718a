/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base.c - dying with the facts at hand; see base.h
 */
#include "sim/kernel/base.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local const char *crash_line;

void
base_crash_line_set(const char *line)
{
    crash_line = line;
}

_Noreturn void
base_assert_fail(const char *file, int line, const char *func, const char *what)
{
    fflush(stdout);
    fprintf(stderr, "%s:%d: %s: assertion failed: %s\n", file, line, func,
            what);
    if (crash_line != NULL) {
        fprintf(stderr, "repeat with: %s\n", crash_line);
    }
    abort();
}

/* memory_out - the machine has no more; nothing useful can follow */
_Noreturn static void
memory_out(uint64_t bytes)
{
    fprintf(stderr, "out of memory: asked for %" PRIu64 " bytes\n", bytes);
    exit(74);
}

void *
base_alloc(uint64_t bytes)
{
    void *p = calloc(1, bytes == 0 ? 1 : bytes);

    if (p == NULL) {
        memory_out(bytes);
    }
    return p;
}

void *
base_realloc(void *old, uint64_t bytes)
{
    void *p = realloc(old, bytes == 0 ? 1 : bytes);

    if (p == NULL) {
        memory_out(bytes);
    }
    return p;
}
