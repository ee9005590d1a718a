/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sort.h - records in order of their key, more of them than fit in memory
 *
 * An external merge sort: what is added is collected up to a limit, sorted,
 * and written out as a run; reading merges the runs. The order is total:
 *
 *     (key, compared as bytes; a shorter one before a longer; seq)
 *
 * so it is a function of the records, not of the memory that was given.
 *
 * UNITS      bytes.
 * OWNERSHIP  sort_new() to sort_free(). Runs are temporary files beside
 *            `beside`; they have no name once open, so none is left behind.
 *            A record from sort_next() lives until the next call.
 * ERRORS     sort_add(), sort_next(): the system refused (errno); the sort can
 *            only be freed then.
 * COST       memory_bytes, and the largest record of each run while merging.
 *            Time O(n log n) and one pass over the disk; one more for each
 *            SORT_RUNS_MAX runs.
 * SOURCE     Knuth, The Art of Computer Programming, vol. 3, 5.4.1.
 */
#ifndef SIM_LAB_SORT_H
#define SIM_LAB_SORT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"

#define SORT_RUNS_MAX         64
#define SORT_MEMORY_DEFAULT   (UINT64_C(64) << 20)
#define SORT_RECORD_BYTES_MAX (UINT32_C(1) << 30)

struct sort; /* opaque */

struct sort_record {
    const char *key;
    const char *data;
    uint32_t key_size;
    uint32_t data_size;
    uint64_t seq; /* no two records share key and seq */
};

/* memory_bytes 0: the default. */
struct sort *sort_new(const char *beside, uint64_t memory_bytes);
void sort_free(struct sort *sort);

/* Adds a copy. Not after the first sort_next(). */
MUST_USE bool sort_add(struct sort *sort, const struct sort_record *record);

/* 1: *record is the next; 0: end; -1: the system refused (errno). */
MUST_USE int sort_next(struct sort *sort, struct sort_record *record);

uint64_t sort_runs_count(const struct sort *sort); /* written so far */

#endif
