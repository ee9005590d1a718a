/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shard.c - see shard.h
 */
#include "sim/lab/shard.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct src_loc command_line = {.file = "command line"};

/* How an engine says it. Index = (rank - first) / step. */
struct engine {
    const char *rank;
    const char *count;
    const char *first; /* NULL: first_is */
    const char *step;  /* NULL: 1 */
    int64_t first_is;
};

static const struct engine engines[] = {
    {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
     "SLURM_ARRAY_TASK_STEP", 0},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", NULL, NULL, 0},
    {"PMI_RANK", "PMI_SIZE", NULL, NULL, 0},
    {"SLURM_PROCID", "SLURM_NTASKS", NULL, NULL, 0},
    {"JOB_COMPLETION_INDEX", "MTASIM_SHARDS", NULL, NULL, 0},
    {"PARALLEL_SEQ", "MTASIM_SHARDS", NULL, NULL, 1},
};

/* number_read - a whole number from 0 to 2^31 - 1 and nothing behind it */
static bool
number_read(const char *text, int64_t *number)
{
    char *end = NULL;

    if (text == NULL || *text < '0' || *text > '9') {
        return false;
    }
    errno = 0;
    *number = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0 && *number <= INT32_MAX;
}

/* engine_ask - false: what it says is no part of anything */
static bool
engine_ask(const struct engine *engine, shard_env_fn *env, struct shard *shard)
{
    int64_t rank = 0;
    int64_t count = 0;
    int64_t first = engine->first_is;
    int64_t step = 1;

    if (!number_read(env(engine->rank), &rank) ||
        !number_read(env(engine->count), &count)) {
        return false;
    }
    if (engine->first != NULL && env(engine->first) != NULL &&
        !number_read(env(engine->first), &first)) {
        return false;
    }
    if (engine->step != NULL && env(engine->step) != NULL &&
        !number_read(env(engine->step), &step)) {
        return false;
    }
    if (step < 1 || rank < first || (rank - first) % step != 0 ||
        (rank - first) / step >= count) {
        return false; /* an array like 1,3,7 is not a range */
    }
    *shard = (struct shard){(uint32_t)((rank - first) / step), (uint32_t)count};
    return true;
}

static bool
auto_ask(shard_env_fn *env, struct shard *shard, struct diag *diag)
{
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
        const struct engine *engine = &engines[i];
        const char *count = env(engine->count);

        if (env(engine->rank) == NULL) {
            continue;
        }
        if (engine_ask(engine, env, shard)) {
            return true;
        }
        diag_error(diag, command_line,
                   "--shard auto: %s is '%s' and %s is %s%s%s; they must give"
                   " a part from 0 and a number of parts",
                   engine->rank, env(engine->rank), engine->count,
                   count == NULL ? "" : "'", count == NULL ? "not set" : count,
                   count == NULL ? "" : "'");
        return false;
    }
    diag_error(diag, command_line,
               "--shard auto: neither Slurm, MPI, Kubernetes nor GNU parallel"
               " has started this; say --shard I/N");
    return false;
}

bool
shard_parse(const char *text, shard_env_fn *env, struct shard *shard,
            struct diag *diag)
{
    const char *slash = strchr(text, '/');
    char index_text[16] = "";
    int64_t index = 0;
    int64_t count = 0;

    if (strcmp(text, "auto") == 0) {
        return auto_ask(env, shard, diag);
    }
    if (slash != NULL && (size_t)(slash - text) < sizeof index_text) {
        memcpy(index_text, text, (size_t)(slash - text));
    }
    if (slash == NULL || !number_read(index_text, &index) ||
        !number_read(slash + 1, &count) || index >= count) {
        diag_error(diag, command_line,
                   "--shard must be I/N with I from 0 to N - 1, or auto;"
                   " found '%s'",
                   text);
        return false;
    }
    *shard = (struct shard){(uint32_t)index, (uint32_t)count};
    return true;
}
