/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shard.h - which part of a sweep this process is to make
 *
 * "2/8" is the third of eight parts, counted from 0. "auto" asks the engine
 * that started the process, by its environment, in this order:
 *
 *     Slurm array               SLURM_ARRAY_TASK_ID, _MIN, _STEP, _COUNT
 *     Open MPI                  OMPI_COMM_WORLD_RANK, _SIZE
 *     MPICH and others (PMI)    PMI_RANK, PMI_SIZE
 *     Slurm step (srun)         SLURM_PROCID, SLURM_NTASKS
 *     Kubernetes indexed job    JOB_COMPLETION_INDEX and MTASIM_SHARDS
 *     GNU parallel              PARALLEL_SEQ (from 1) and MTASIM_SHARDS
 *
 * Nothing of these is linked.
 */
#ifndef SIM_LAB_SHARD_H
#define SIM_LAB_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

struct shard {
    uint32_t index; /* below count */
    uint32_t count; /* at least 1 */
};

/* The environment: getenv(), or a test's own. */
typedef char *shard_env_fn(const char *name);

/* false: complained about the text, or about what the engine says. */
MUST_USE bool shard_parse(const char *text, shard_env_fn *env,
                          struct shard *shard, struct diag *diag);

#endif
