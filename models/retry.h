/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retry.h - what a retry schedule says, stated apart from the scheduler
 *
 * MODEL      The k-th failure of a file (k from 1) is followed by the k-th
 *            interval, the last one repeating, counted from the end of the
 *            failed attempt. Age counts from the first submit; a file may be
 *            returned once its age has reached the last notices value, and a
 *            warning sent once it has reached the first.
 * SOURCE     2005Q4 Administration Guide, message processing and delivery:
 *            backoff and notices keywords.
 */
#ifndef MODELS_RETRY_H
#define MODELS_RETRY_H

#include <stdint.h>

#define RETRY_INTERVALS_MAX 8
#define RETRY_NOTICES_MAX   5
#define RETRY_CLASSES_COUNT 3 /* urgent, normal, nonurgent and below */

struct retry_params {
    int64_t interval_ns[RETRY_INTERVALS_MAX];
    uint32_t intervals_count; /* at least 1 */
    int64_t notice_age_ns[RETRY_NOTICES_MAX];
    uint32_t notices_count; /* at least 1 */
};

/* The class that a priority's lists belong to. */
static inline uint32_t
retry_class(uint32_t priority)
{
    return priority < RETRY_CLASSES_COUNT ? priority : RETRY_CLASSES_COUNT - 1;
}

/* When a file may be tried again whose failures-th attempt ended then. */
int64_t retry_due_ns(const struct retry_params *params, uint32_t failures,
                     int64_t ended_at_ns);

/* Least age at which the file may be returned; a warning sent. */
int64_t retry_return_age_ns(const struct retry_params *params);
int64_t retry_warning_age_ns(const struct retry_params *params);

#endif
