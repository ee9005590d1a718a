/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pool.c - see pool.h
 */
#include "models/pool.h"

#include "sim/kernel/base.h"

bool
pool_has_slot(const struct pool *pool, uint32_t channel_jobs, uint32_t maxjobs)
{
    return pool->jobs_count < pool->params->job_limit &&
           channel_jobs < pool->params->job_limit && channel_jobs < maxjobs;
}

bool
pool_take(struct pool *pool, uint32_t channel_jobs, uint32_t maxjobs)
{
    bool is_allowed = pool_has_slot(pool, channel_jobs, maxjobs);

    pool->jobs_count++;
    return is_allowed;
}

void
pool_release(struct pool *pool)
{
    ASSERT(pool->jobs_count > 0);
    pool->jobs_count--;
}
