/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * slab.h - records that come and go, reached by handles that go stale
 *
 * Fixed-size records in pages that never move. A handle is (slot, generation);
 * zero is never valid. The first 4 bytes of every record belong to the slab
 * (`uint32_t generation`: odd while the record lives).
 *
 * OWNERSHIP  The slab owns the records; a record's address holds while it
 *            lives. What a record points to is its user's business.
 * ERRORS     Past records_max slab_take() answers 0: the caller knows which
 *            limit of the scenario to name. A stale handle is NULL from
 *            slab_get() and a bug for slab_must_get() and slab_release().
 * ORDER      Slots are handed out from 0 up, the last released one first: a
 *            function of the calls made. Slots are dense, so that walking
 *            slab_at() over them meets every record.
 * COST       take, get, release O(1). No bytes a record beyond the record.
 * LIMITS     A handle kept while its slot is used again 2^31 times over means
 *            the newcomer.
 */
#ifndef SIM_KERNEL_SLAB_H
#define SIM_KERNEL_SLAB_H

#include <stdint.h>

struct slab; /* opaque */

/* Records of record_bytes >= 8 each, a multiple of 8, at most records_max. */
struct slab *slab_new(uint32_t record_bytes, uint32_t records_max);
void slab_free(struct slab *slab);

/* A zeroed record (but for its generation); 0: records_max is reached. The
 * handle is slot + 1 in the low 32 bits, generation in the high. */
uint64_t slab_take(struct slab *slab);

/* The record, or NULL: it is gone. */
void *slab_get(const struct slab *slab, uint64_t handle);

/* The record; a stale handle is a bug. */
void *slab_must_get(const struct slab *slab, uint64_t handle);

/* The record in a slot (handle's low half - 1), alive or not; a slot that was
 * never used is a bug. */
void *slab_at(const struct slab *slab, uint32_t slot);

/* Ends a record; its handle is stale from here on. */
void slab_release(struct slab *slab, uint64_t handle);

uint32_t slab_count(const struct slab *slab); /* alive */

/* Slots used at some time: slab_at() takes 0 to this - 1. */
uint32_t slab_slots(const struct slab *slab);

uint64_t slab_bytes(const struct slab *slab); /* memory held */

/* Walks all records, O(n), and asserts what the slab promises. */
void slab_check(const struct slab *slab);

#endif
