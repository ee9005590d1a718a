/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h - results in one SQLite file, a run at a time
 *
 * A run is in the file as a whole or not at all: it is written in one
 * transaction. It is named by its key, a hash of everything that decides it,
 * so a sweep that was killed finds what it has, more replications join later,
 * and files merge in any order. A key that comes back with another digest
 * means that a run was not a function of its inputs: nothing is written and
 * both digests are named.
 *
 * Ids in the file are the first 63 bits of such hashes, so no content depends
 * on the order in which runs came in. What belongs to one execution and not to
 * the run (wall time, memory) has a table of its own, `execution`; all other
 * tables of two files of the same runs are equal row by row.
 *
 * The schema is in store_schema.c, with a comment at each table. For people:
 * the views v_run, v_metric, v_summary, v_histogram.
 *
 * ORDER      One process writes at a time, several may wait for each other
 *            (30 s). A connection is never used across fork().
 * ERRORS     One sentence in diag; nothing of the run has then been written.
 * COST       About 1.5 million rows a second in one transaction; 35 bytes a
 *            row (measured on 2 cores, SQLite 3.40).
 */
#ifndef SIM_LAB_STORE_H
#define SIM_LAB_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "models/result.h"
#include "sim/kernel/diag.h"
#include "sim/kernel/sha256.h"
#include "sim/lab/metric.h"
#include "sim/lab/run.h"
#include "sim/lab/scenario.h"

#define STORE_APPLICATION_ID 0x4d544131 /* "MTA1": file(1) can tell */
#define STORE_SCHEMA_VERSION 2

struct store; /* an open file */

/* A parameter of a point: the value of an axis. */
struct store_param {
    const char *name;
    const char *value; /* "": as configured */
    const char *label; /* what people call it; NULL: the value itself; in no
                          key */
};

/* What an experiment is: a scenario before any axis moves. */
struct store_experiment {
    const char *name;      /* of the scenario */
    const char *title;     /* may be NULL */
    const char *path;      /* where it was read; in no key */
    const char *canonical; /* scenario_canonical() without axes */
};

/* One place in the grid. */
struct store_point {
    struct store_experiment experiment;
    const char *canonical; /* scenario_canonical() with this point's values */
    const struct store_param *params;
    uint32_t params_count;
    const struct scenario_fault *faults;
    uint32_t faults_count;
};

struct store_run {
    const struct store_point *point;
    const char *key; /* store_key() */
    const struct mta_about *scheduler;
    const char *program_sha256; /* of the sources, fixed at build */
    uint64_t seed;
    uint32_t replication;
    const struct result *result; /* NULL: the run failed */
    const char *log;             /* its warnings, or why it failed; or NULL */
    const char *command; /* that makes this run alone; NULL: not said. In no
                            key */
};

/* What a run's key is made of, and nothing else. */
struct store_identity {
    const char *canonical; /* of the point */
    const struct store_param *params;
    uint32_t params_count;
    uint32_t replication;
    uint64_t seed;
    const char *program_sha256;
    const char *scheduler_sha256;
};

void store_key(const struct store_identity *identity,
               char key[SHA256_TEXT_SIZE]);

enum store_mode { STORE_READ, STORE_WRITE }; /* WRITE: made if not there */

/* NULL: not ours, of another version, or the system refused. */
MUST_USE struct store *store_open(const char *path, enum store_mode mode,
                                  struct diag *diag);

/* Leaves one file without companions, if nobody else has it open. */
void store_close(struct store *store);

enum store_presence { STORE_ABSENT, STORE_FAILED, STORE_DONE };

enum store_presence store_has(struct store *store, const char *key);

enum store_status {
    STORE_OK,    /* written, or it was there with the same digest */
    STORE_ALARM, /* it was there with another digest */
    STORE_IO     /* could not be written */
};

/* A run that failed gives way to one that did not; never the other way. */
MUST_USE enum store_status store_put(struct store *store,
                                     const struct store_run *run,
                                     struct diag *diag);

/* Takes over all that `path` has and this file has not. */
MUST_USE enum store_status store_merge(struct store *store, const char *path,
                                       struct diag *diag);

/* The metric of a run; UNDEFINED if the run is not there or failed. */
struct metric_value store_metric(struct store *store, const char *key,
                                 const struct metric *metric);

/* A run as it stands in the file; texts are the file's, for the call. */
struct store_row {
    const char *key;
    const char *experiment;
    const char *params; /* "a=1 b=2"; NULL: the point has none */
    const char *seed;
    const char *scheduler_name;
    const char *scheduler_version;
    const char *scheduler_sha256;
    const char *program_sha256;
    const char *status; /* "ok", "failed" */
    const char *digest; /* NULL: failed */
    const char *log;
    const char *command;
    uint32_t replication;
    int64_t events;
    double simulated_s;
    double wall_s;
};

typedef void store_row_fn(void *arg, const struct store_row *row);

/* Calls fn for every run whose key begins with this ("": all), by experiment,
 * point and replication. Returns how many; -1: complained. */
int64_t store_rows(struct store *store, const char *key_prefix,
                   store_row_fn *fn, void *arg, struct diag *diag);

/* How many runs are in the file, failed ones included; -1: not even the table
 * of them, as in an empty file. */
int64_t store_runs_count(struct store *store);

/* Whether there is something to read; an empty file opens well. */
MUST_USE bool store_has_results(struct store *store, struct diag *diag);

/* Reads the whole file: whether SQLite finds it sound; an empty one is. */
MUST_USE bool store_check(struct store *store, struct diag *diag);

#endif
