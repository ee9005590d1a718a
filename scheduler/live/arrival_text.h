/* SPDX-License-Identifier: MIT */
/*
 * arrival_text.h - a message as a file of QUEUE/taken; the lines are in
 * arrivals.h
 *
 * ERRORS     NULL or false with errno; EINVAL: it is no message.
 */
#ifndef SCHED_LIVE_ARRIVAL_TEXT_H
#define SCHED_LIVE_ARRIVAL_TEXT_H

#include "arrivals.h"

/* Submitted now, with no recipients. */
struct arrival *arrival_new(uint64_t message);
void arrival_recipient_add(struct arrival *arrival, const char *address,
                           uint32_t channel);
struct arrival *arrival_read(const struct arrivals *arrivals, const char *name,
                             uint64_t message);
/* Its recipients come again. In place of what is there; whole or not at all, and
 * meanwhile under a name that begins with a dot. */
bool arrival_write(const struct arrivals *arrivals,
                   const struct arrival *arrival, const char *name);

#endif
