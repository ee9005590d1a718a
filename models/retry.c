/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retry.c - see retry.h
 */
#include "models/retry.h"

#include "sim/kernel/base.h"

int64_t
retry_due_ns(const struct retry_params *params, uint32_t failures,
             int64_t ended_at_ns)
{
    ASSERT(failures >= 1);
    ASSERT(params->intervals_count >= 1);
    uint32_t place = failures - 1;

    if (place >= params->intervals_count) {
        place = params->intervals_count - 1;
    }
    return ended_at_ns + params->interval_ns[place];
}

int64_t
retry_return_age_ns(const struct retry_params *params)
{
    ASSERT(params->notices_count >= 1);
    return params->notice_age_ns[params->notices_count - 1];
}

int64_t
retry_warning_age_ns(const struct retry_params *params)
{
    ASSERT(params->notices_count >= 1);
    return params->notice_age_ns[0];
}
