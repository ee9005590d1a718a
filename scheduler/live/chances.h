/* SPDX-License-Identifier: MIT */
/*
 * chances.h - what is to go wrong in a test, and how often: "write=5%,read=1%"
 */
#ifndef SCHED_LIVE_CHANCES_H
#define SCHED_LIVE_CHANCES_H

#include <stdbool.h>
#include <stdint.h>

#define CHANCES_PPM UINT32_C(1000000)

/* Each name with its share, at most four decimals, into ppm by its place in
 * `names`. False: not so. */
bool chances_read(const char *text, const char *const *names, uint32_t count,
                  uint32_t *ppm);

#endif
