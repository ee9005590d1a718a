/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * format.h - a text printed into an arena, as long as it needs to be
 */
#ifndef SIM_LAB_FORMAT_H
#define SIM_LAB_FORMAT_H

#include "sim/kernel/arena.h"
#include "sim/kernel/base.h"

char *format_arena(struct arena *arena, const char *format, ...)
    PRINTF_LIKE(2, 3);

#endif
