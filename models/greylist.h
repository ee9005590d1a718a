/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * greylist.h - a host that lets strangers wait
 *
 * MODEL      A recipient not seen before is answered 4xx, and again until
 *            `delay` has passed since it was first seen; then it passes, for
 *            good. Each (message, recipient) is a triplet of its own.
 * VALID FOR  Mail between people who have not written before; real greylists
 *            know most correspondents. Entries do not expire.
 * COST       O(1); 16 bytes at most two thirds full for each recipient seen.
 * SOURCE     RFC 6647, 2.1.
 */
#ifndef MODELS_GREYLIST_H
#define MODELS_GREYLIST_H

#include <stdbool.h>
#include <stdint.h>

struct greylist;

struct greylist *greylist_new(void);
void greylist_free(struct greylist *greylist);

/* Whether it lets this recipient through now; remembers that it came. */
bool greylist_passes(struct greylist *greylist, uint64_t entity, int64_t now_ns,
                     int64_t delay_ns);

#endif
