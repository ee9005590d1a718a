/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_list.h - what runs a results file has, one after the other
 *
 * ORDER      By experiment, the values of the parameters in the order of the
 *            axes (numbers as numbers), replication, key: that of a table.
 * OWNERSHIP  The texts of a row are borrowed for the call of the function.
 */
#ifndef SIM_LAB_STORE_LIST_H
#define SIM_LAB_STORE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/lab/store.h"

#define STORE_LIST_PARAMS_MAX 16

struct store_list_row {
    const char *key;
    const char *experiment;
    const char *title;         /* NULL: none */
    const char *scenario_path; /* where the scenario was when it ran; NULL */
    const char *canonical;     /* of the scenario at this point */
    const char *seed;
    const char *program_sha256;
    const char *scheduler_sha256;
    const char *scheduler_name;
    const char *scheduler_version;
    const char *digest; /* NULL: the run failed */
    const char *log;    /* its warnings, or why it failed; NULL */
    struct store_param params[STORE_LIST_PARAMS_MAX];
    uint32_t params_count;
    uint32_t replication;
    int64_t events;
    int64_t simulated_ns;
    int64_t wall_ns;
};

typedef void store_list_fn(void *context, const struct store_list_row *row);

/*
 * Calls fn for every run whose key begins with `key_start` ("" for all).
 * Returns how many; -1: the file could not be read, reported.
 */
MUST_USE int64_t store_list(struct store *store, const char *key_start,
                            store_list_fn *fn, void *context,
                            struct diag *diag);

#endif
