/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pool.h - what the limits on jobs say, stated apart from the scheduler
 *
 * MODEL      A job takes a slot of its channel's pool from the decision to
 *            start it until it has exited (or failed to start). A channel has
 *            at most min(maxjobs, JOB_LIMIT) jobs, a pool at most JOB_LIMIT.
 * SOURCE     2005Q4 Administration Guide, service job limits: maxjobs,
 *            JOB_LIMIT (the minimum of the two).
 */
#ifndef MODELS_POOL_H
#define MODELS_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct pool_params {
    char name[96];
    uint32_t job_limit;
};

struct pool {
    const struct pool_params *params;
    uint32_t jobs_count; /* slots taken */
};

/* Takes a slot for a channel that has channel_jobs already. False: a limit
 * forbids it; the slot is counted all the same. */
bool pool_take(struct pool *pool, uint32_t channel_jobs, uint32_t maxjobs);
void pool_release(struct pool *pool);

/* Whether a further job of such a channel would be allowed. */
bool pool_has_slot(const struct pool *pool, uint32_t channel_jobs,
                   uint32_t maxjobs);

#endif
