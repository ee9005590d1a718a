/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shard.h - which part of a sweep this process makes
 *
 * Given as "3/16", or "auto": asked of the engine that started us, by its
 * environment, in this order. The first that says both is believed.
 *
 *     Slurm array         SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN of
 *                         SLURM_ARRAY_TASK_COUNT
 *     Open MPI            OMPI_COMM_WORLD_RANK of OMPI_COMM_WORLD_SIZE
 *     MPICH, PMI          PMI_RANK of PMI_SIZE
 *     srun                SLURM_PROCID of SLURM_NTASKS
 *     Kubernetes, others  JOB_COMPLETION_INDEX of MTASIM_SHARDS
 *
 * Slurm: an array whose tasks do not follow each other (--array=1,5,9) has no
 * such order; it is refused where the place would not be below the count.
 *
 * SOURCE     sbatch(1), srun(1), "OUTPUT ENVIRONMENT VARIABLES"; Open MPI,
 *            mpirun(1); Kubernetes, "Indexed Job".
 */
#ifndef SIM_CMD_SHARD_H
#define SIM_CMD_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

#define SHARD_COUNT_MAX 1000000

/* Index and count of the text; NULL: the whole, 0 of 0. False: reported. */
MUST_USE bool shard_parse(const char *text, uint32_t *index, uint32_t *count,
                          struct diag *diag);

#endif
