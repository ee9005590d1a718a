/* SPDX-License-Identifier: MIT */
/*
 * mends.h - what a delivery should have changed in the queue directory, and the
 * directory would not: a file that should be gone, or an envelope that does
 * not say yet who is done
 *
 * The mail was delivered, so the scheduler is told so. Until the directory says
 * the same, a scan does not show a file that should be gone, and nothing is done
 * with a file whose envelope is behind: it is brought up to date first, or the
 * action is refused. All of it is tried again at intervals. A program killed
 * meanwhile delivers to them again.
 *
 * THREADS    The dispatcher's alone.
 */
#ifndef SCHED_LIVE_MENDS_H
#define SCHED_LIVE_MENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "spool.h"

struct mend;

struct mends {
    struct mend *first;
    uint32_t count;
};

/* The file should be gone. */
void mends_add_gone(struct mends *mends, const struct spool_place *place);
/* These recipients are done; the list is copied. */
void mends_add_done(struct mends *mends, const struct spool_place *place,
                    const uint32_t *done, uint32_t done_count);

/* It should be gone. */
bool mends_is_gone(const struct mends *mends, uint64_t message, uint32_t file);
/* Brings a file up to date. False with errno: the directory still will not. */
bool mends_settle(struct mends *mends, const struct spool *spool,
                  uint64_t message, uint32_t file);
/* Tries all; how many are left is in the count. */
void mends_retry(struct mends *mends, const struct spool *spool);
void mends_free(struct mends *mends);

#endif
