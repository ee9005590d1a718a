/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runjson.h - a run's result as one JSON object
 *
 * Names end in their unit. What is longer than the horizon, or not defined, is
 * null; a mean over recipients of whom some are left is null, too.
 */
#ifndef SIM_CMD_RUNJSON_H
#define SIM_CMD_RUNJSON_H

#include <stdbool.h>
#include <stdio.h>

#include "models/result.h"
#include "sim/cmd/launch.h"
#include "sim/lab/run.h"

/* False: it could not be written. */
MUST_USE bool runjson_write(const struct launch *launch,
                            const struct result *result,
                            const struct mta_about *scheduler, FILE *out);

#endif
