/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shard.c - see shard.h
 */
#include "sim/cmd/shard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct src_loc command_line = {.file = "command line"};

static const struct {
    const char *index;
    const char *least; /* the index of the first task; NULL: 0 */
    const char *count;
} engines[] = {
    {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"},
    {"OMPI_COMM_WORLD_RANK", NULL, "OMPI_COMM_WORLD_SIZE"},
    {"PMI_RANK", NULL, "PMI_SIZE"},
    {"SLURM_PROCID", NULL, "SLURM_NTASKS"},
    {"JOB_COMPLETION_INDEX", NULL, "MTASIM_SHARDS"},
};

/* number_read - digits only, to `stop`; false: something else */
static bool
number_read(const char *text, char stop, uint32_t *number)
{
    char *end = NULL;
    unsigned long value = 0;

    if (text == NULL || *text < '0' || *text > '9') {
        return false;
    }
    errno = 0;
    value = strtoul(text, &end, 10);
    *number = (uint32_t)value;
    return *end == stop && errno == 0 && value <= SHARD_COUNT_MAX;
}

/* engine_ask - what the environment says; false: nothing */
static bool
engine_ask(uint32_t *index, uint32_t *count)
{
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
        uint32_t least = 0;

        if (!number_read(getenv(engines[i].index), '\0', index) ||
            !number_read(getenv(engines[i].count), '\0', count)) {
            continue;
        }
        if (engines[i].least != NULL &&
            number_read(getenv(engines[i].least), '\0', &least) &&
            least <= *index) {
            *index -= least;
        }
        return true;
    }
    return false;
}

bool
shard_parse(const char *text, uint32_t *index, uint32_t *count,
            struct diag *diag)
{
    const char *slash = NULL;

    *index = 0;
    *count = 0;
    if (text == NULL) {
        return true;
    }
    if (strcmp(text, "auto") == 0) {
        if (!engine_ask(index, count)) {
            diag_error(diag, command_line,
                       "--shard auto: no engine says which part this is;"
                       " start it from Slurm, mpirun or an indexed Kubernetes"
                       " job (with MTASIM_SHARDS), or say --shard I/N");
            return false;
        }
    } else {
        slash = strchr(text, '/');
        if (slash == NULL || !number_read(text, '/', index) ||
            !number_read(slash + 1, '\0', count)) {
            diag_error(diag, command_line,
                       "--shard must be I/N, as in 0/16, or auto, found '%s'",
                       text);
            return false;
        }
    }
    if (*index >= *count) {
        diag_error(diag, command_line,
                   "--shard: the part must be below the number of parts (they"
                   " count from 0), found %u of %u",
                   *index, *count);
        return false;
    }
    return true;
}
