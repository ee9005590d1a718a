/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sheet.h - a run's result on one screen
 *
 * What was run, what is set otherwise than by default, what became of the
 * mail, how long it took, what it cost; the busiest channels and hosts, the
 * priorities; and the line that repeats it.
 */
#ifndef SIM_CMD_SHEET_H
#define SIM_CMD_SHEET_H

#include <stdint.h>
#include <stdio.h>

#include "models/result.h"
#include "sim/cmd/launch.h"
#include "sim/lab/run.h"

/* A row of the scheduler's effective configuration. */
struct sheet_setting {
    const char *path;
    const char *value;
    const char *unit;
    const char *origin; /* "built-in", or where it was written */
    const char *help;
};

/* Gathers what an observer's setting() is told. In the arena. */
struct sheet_settings {
    struct arena *arena;
    struct sheet_setting *rows;
    uint32_t rows_count;
    uint32_t rows_capacity;
};

/* An observer's setting(), the context being a struct sheet_settings. */
void sheet_setting_add(void *context, const char *path, const char *value,
                       const char *unit, const char *origin, const char *help);

/* One line a setting: path, value, origin. */
void sheet_settings_print(const struct sheet_settings *settings, FILE *out);

void sheet_print(const struct launch *launch,
                 const struct sheet_settings *settings,
                 const struct result *result, const struct mta_about *scheduler,
                 FILE *out);

#endif
