/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * format.c - see format.h
 */
#include "sim/lab/format.h"

#include <stdarg.h>
#include <stdio.h>

char *
format_arena(struct arena *arena, const char *format, ...)
{
    va_list args;
    int size = 0;
    char *text = NULL;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ASSERT(size >= 0);
    text = arena_take(arena, (uint64_t)size + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return text;
}
