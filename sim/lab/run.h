/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.h - one run: a scenario, a scheduler object, a seed, a replication
 *
 * Builds the world from the scenario, loads the scheduler object, runs to the
 * horizon or until nothing is left to happen, and gives what was measured.
 *
 * ERRORS     The scheduler's complaints about its configuration and every limit
 *            that was reached go to diag; false: no result.
 */
#ifndef SIM_LAB_RUN_H
#define SIM_LAB_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "models/mta/host.h"
#include "models/result.h"
#include "sim/kernel/diag.h"
#include "sim/lab/scenario.h"

#define RUN_SEED_DEFAULT UINT64_C(20060312)

struct run_request {
    const struct scenario *scenario;
    const char *scheduler_path; /* the shared object */
    uint64_t seed;
    uint32_t replication;
    const struct mta_observer *observer; /* NULL: nobody watches */
};

MUST_USE bool run_once(const struct run_request *request, struct result *result,
                       struct mta_about *scheduler, struct diag *diag);

/* Loads and configures the scheduler and describes it to the observer. */
MUST_USE bool run_describe(const struct run_request *request,
                           struct mta_about *scheduler, struct diag *diag);

#endif
