/* SPDX-License-Identifier: MIT */
/*
 * live.h - what all of jobctld shares: the clock, memory, words to the operator
 *
 * TIME       ns of CLOCK_MONOTONIC; it never goes back.
 */
#ifndef SCHED_LIVE_LIVE_H
#define SCHED_LIVE_LIVE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define LIVE_NS_PER_S INT64_C(1000000000)

int64_t live_now_ns(void);
/* The wall clock: ns since 1970, UTC. */
int64_t live_utc_ns(void);
/* What is to be added to live_now_ns() for local civil time, in ns. */
int64_t live_wall_offset_ns(void);
struct timespec live_timespec(int64_t ns);
/* A condition whose deadlines are of live_now_ns(). */
void live_cond_init(pthread_cond_t *cond);

/* Zeroed memory; a program without any ends, which loses no mail. */
void *live_alloc(size_t bytes);
/* free(), of what others may only read. */
void live_free(const void *memory);

/* One line on stderr: "jobctld: ...". Any thread. */
void live_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* 64 bits that look random, a function of the three numbers alone. */
uint64_t live_mix(uint64_t seed, uint64_t a, uint64_t b);

#endif
