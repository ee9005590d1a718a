/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * population.h - which hosts, channels and priorities a metric can be of
 *
 * The names that the runs of a scenario will have figures for, known before they
 * are made: a metric of a host that is nowhere would be undefined in all of them.
 * A replayed trace and a backlog name hosts of their own; with one of these every
 * host is believed. Channels are the scheduler's; where it was not asked, every
 * channel is.
 *
 * OWNERSHIP  Names are copied into the arena.
 */
#ifndef SIM_LAB_POPULATION_H
#define SIM_LAB_POPULATION_H

#include <stdbool.h>
#include <stdint.h>

#include "models/mta/host.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/diag.h"
#include "sim/lab/metric.h"
#include "sim/lab/scenario.h"

struct population_names {
    const char **names;
    uint32_t count;
    uint32_t capacity;
};

struct population {
    struct arena *arena; /* set by the caller */
    struct population_names hosts;
    struct population_names channels;
    bool has_other_hosts;
};

/* Adds the hosts of a scenario; of several, all are known. */
void population_scenario(struct population *population,
                         const struct scenario *scenario);

/* Adds the channels while a scheduler is described: its rows are heard. */
struct mta_observer population_observer(struct population *population);

/* False: the metric is of a host, channel or priority that is nowhere; reported,
 * with the nearest name. */
MUST_USE bool population_check(const struct population *population,
                               const struct metric *metric, struct diag *diag);

#endif
