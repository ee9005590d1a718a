/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep.h - many runs of one scenario: every point of a grid, several times
 *
 * An axis is a parameter and its values; the grid has a point for every
 * combination, the last axis moving fastest. All points have the same seed:
 * replication r meets the same luck at each of them, so that points are
 * compared by differences (common random numbers).
 *
 * A sweep is a list of runs, known by their keys before any is made. Those
 * that the results file has are not made again; so a sweep that was
 * interrupted, killed, or asked for more replications makes what is missing.
 *
 * ORDER      Replication-major: a sweep stopped early has every point about
 *            equally often. Each run is a process of its own, a crash in a
 *            scheduler loses one run; this process alone writes, one
 *            transaction a run, as they finish. What is in the file does not
 *            depend on that order or on the number of processes.
 * SIGNALS    The first SIGINT or SIGTERM lets the running ones finish and be
 *            written, the second stops them.
 * OWNERSHIP  sweep_new() copies what it keeps but the request itself, whose
 *            texts outlive the sweep.
 */
#ifndef SIM_LAB_SWEEP_H
#define SIM_LAB_SWEEP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/kernel/diag.h"
#include "sim/kernel/sha256.h"
#include "sim/lab/population.h"
#include "sim/lab/run.h"
#include "sim/lab/scenario.h"
#include "sim/lab/store.h"

#define SWEEP_RUNS_MAX 1000000
#define SWEEP_JOBS_MAX 1024

/* run_once(), or a test's own. Called in a process of its own. */
typedef bool sweep_run_fn(const struct run_request *request,
                          struct result *result, struct mta_about *scheduler,
                          struct diag *diag);

/* run_describe(): what the scheduler says of the configuration of a point. */
typedef bool sweep_describe_fn(const struct run_request *request,
                               struct mta_about *scheduler, struct diag *diag);

struct sweep_request {
    const char *scenario_path;
    const char *const *sets; /* "path=value" of every run */
    uint32_t sets_count;
    const struct scenario_axis *axes; /* in the place of the scenario's axis
                                         of that path, or behind all */
    uint32_t axes_count;
    uint32_t replications; /* 0: as many as the scenario says */
    uint32_t jobs;         /* processes at once; 0: one a core */
    uint64_t seed;
    const char *scheduler_path;
    const char *database_path;
    const char *program_sha256; /* of this program's sources */
    uint32_t shard_index;       /* below shard_count */
    uint32_t shard_count;       /* 0: not divided */
    sweep_run_fn *run;
    sweep_describe_fn *describe; /* NULL: nobody is asked before the runs */
    FILE *progress;              /* NULL: quiet */
    bool is_terminal;            /* progress is one: a line is written over */
    const char *command;         /* to say how to go on; NULL: not said */
};

/* What a sweep is made of, for who lists or sums it up. */
struct sweep_run {
    char key[SHA256_TEXT_SIZE];
    uint32_t point;
    uint32_t replication;
    bool is_ours; /* in our shard */
};

struct sweep {
    const struct sweep_request *request;
    struct arena *arena;
    struct scenario_axis *axes;
    uint32_t axes_count;
    struct store_point *points;
    uint32_t points_count;
    uint32_t replications;
    int64_t horizon_ns;     /* of the scenario before any axis moves */
    struct sweep_run *runs; /* replications x points, in the order of making */
    uint32_t runs_count;
    const char **measure; /* the scenario's own choice of metrics */
    uint32_t measure_count;
    struct population population; /* of all points */
    char scheduler_sha256[SHA256_TEXT_SIZE];
};

struct sweep_outcome {
    uint32_t planned; /* in our shard */
    uint32_t had;     /* of these, in the file before */
    uint32_t done;
    uint32_t failed;
    uint32_t alarms; /* keys that came back with another digest */
    bool is_interrupted;
    bool is_io_error; /* the results file could not be written */
};

/*
 * An axis from the command line: "path=1,2,5", "path=10..50:10" (whole
 * numbers, step 1 if not said), or both. Commas within brackets and
 * parentheses do not divide. Lives in the arena; false: complained.
 */
MUST_USE bool sweep_axis_parse(const char *text, struct arena *arena,
                               struct scenario_axis *axis, struct diag *diag);

/* No value may stand twice: it would be one run made twice. */
MUST_USE bool sweep_axis_check(const struct scenario_axis *axis,
                               struct diag *diag);

/* Loads the scenario at every point, asks the scheduler what it says of its
 * configuration there, and names all runs. NULL: complained. */
MUST_USE struct sweep *sweep_new(const struct sweep_request *request,
                                 struct diag *diag);
void sweep_free(struct sweep *sweep);

/* The run of this point and replication. */
const struct sweep_run *sweep_run_at(const struct sweep *sweep, uint32_t point,
                                     uint32_t replication);

/* Which value of an axis a point has. */
uint32_t sweep_value_at(const struct sweep *sweep, uint32_t point,
                        uint32_t axis);

/* Loads the scenario as it is at this point; scenario_free() releases it. */
MUST_USE bool sweep_point_load(const struct sweep *sweep, uint32_t point,
                               struct scenario *scenario, struct diag *diag);

/* "mtasim run ..." that makes this run alone, quoted for a shell; to be
 * released with free(). NULL: no memory for it. */
char *sweep_command(const struct sweep *sweep, const struct sweep_run *run);

/* One line for each run: there or missing, key, replication, parameters. */
void sweep_list(const struct sweep *sweep, struct store *store, FILE *out);

/* Makes what is missing. Complaints of runs go to their rows in the file, and
 * the first lines of the first ones to diag. */
void sweep_execute(const struct sweep *sweep, struct store *store,
                   struct sweep_outcome *outcome, struct diag *diag);

/* What the program ends with: 0, 3 some failed, 74, 130; 1 for an alarm. */
int sweep_exit_code(const struct sweep_outcome *outcome);

#endif
