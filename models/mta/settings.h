/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings.h - what the scheduler says of its configuration, for the models
 *
 * Reads the rows of `describe` into the models' own terms. There is no second
 * parser: the simulated host, the oracle and the command line know the
 * scheduler's configuration from these rows and nowhere else.
 *
 * LIMITS     65534 channels; rows for others are passed over.
 * ERRORS     A scheduler that does not describe what a host must know (pool,
 *            maxjobs, threads of a channel; job_limit of a pool) is reported.
 */
#ifndef MODELS_MTA_SETTINGS_H
#define MODELS_MTA_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/pool.h"
#include "models/program.h"
#include "scheduler/sched_abi.h"
#include "sim/kernel/diag.h"

struct settings {
    struct program_params *programs; /* by channel number */
    struct pool_params *pools;
    uint32_t programs_count;
    uint32_t pools_count;
    bool is_host_open; /* see models/oracle.h */
};

MUST_USE bool settings_read(struct settings *settings,
                            const struct sched_object *table, const void *self,
                            const char *scheduler_path, struct diag *diag);
void settings_free(struct settings *settings);

/* Reads all of it again, after a live change or a new instance, into the same
 * memory: who points to a channel or a pool sees what is in force now. False:
 * it does not describe the same channels and pools any more; reported. */
MUST_USE bool settings_refresh(struct settings *settings,
                               const struct sched_object *table,
                               const void *self, const char *scheduler_path,
                               struct diag *diag);

/* A channel's number; UINT32_MAX: there is none of this name. */
uint32_t settings_channel(const struct settings *settings, const char *name);

#endif
