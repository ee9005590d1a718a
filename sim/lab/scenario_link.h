/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario_link.h - one link of a scenario, for who tries a connection on it
 *
 * OWNERSHIP  All by value: it may be changed, and outlives the scenario but for
 *            path.name.
 */
#ifndef SIM_LAB_SCENARIO_LINK_H
#define SIM_LAB_SCENARIO_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "models/tcp/endpoint.h"
#include "models/tcp/path.h"
#include "sim/kernel/diag.h"
#include "sim/lab/scenario.h"

struct scenario_link {
    struct path_params path;
    struct tcp_stack client; /* mta.tcp */
    struct tcp_stack server; /* the link's */
};

/* A link by name, with the faults that are on it at this instant, as they meet
 * a destination that is behind them. False: there is none, reported. */
MUST_USE bool scenario_link_get(const struct scenario *scenario,
                                const char *name, int64_t at_ns,
                                struct scenario_link *link, struct diag *diag);

#endif
