/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform.h - does an object keep the contract of the seam? A list of checks
 *
 * Each check examines one claim of scheduler/sched_abi.h on an object: its
 * file, its configuration, and small worlds of legal and illegal events. It
 * loads the object itself and leaves nothing behind. A broken object may crash
 * or never return, so a caller runs each check in a process of its own.
 *
 * ANSWERS    OK; NOT_OK with what was seen; NOT_CLAIMED: the object does not
 *            offer it; NOT_CHECKED: it cannot be examined here, and why.
 * OWNERSHIP  Everything given is borrowed. An answer holds no pointers, so it
 *            can cross a pipe.
 * COST       Well under a second each in a release build, but for conform
 *            checks with 50,000 messages: some seconds.
 */
#ifndef MODELS_MTA_CONFORM_H
#define MODELS_MTA_CONFORM_H

#include <stdint.h>

#include "models/mta/host.h"
#include "sim/kernel/digest.h"

enum conform_verdict {
    CONFORM_OK,
    CONFORM_NOT_OK,
    CONFORM_NOT_CLAIMED,
    CONFORM_NOT_CHECKED
};

enum { CONFORM_TEXT_SIZE = 512 };

struct conform_subject {
    const char *path; /* of the shared object */
    const struct mta_text *texts;
    const struct mta_override *overrides;
    uint32_t texts_count;
    uint32_t overrides_count;
};

struct conform_answer {
    uint32_t verdict; /* enum conform_verdict */
    uint32_t zero;
    char text[CONFORM_TEXT_SIZE]; /* what was seen; "" if there is no more */
    /* The check "cost" alone: what was done, for whoever has a clock. */
    uint64_t events_count;
    uint64_t bytes_per_message;
};

typedef void conform_fn(const struct conform_subject *subject,
                        struct conform_answer *answer);

struct conform_check {
    const char *name;   /* "life.laws" */
    const char *claim;  /* what holds, if the answer is OK */
    const char *advice; /* what to do, if not */
    conform_fn *run;
};

/* In the order to run them; NULL after the last. */
const struct conform_check *conform_at(uint32_t index);
const struct conform_check *conform_get(const char *name); /* NULL: none */

/* A small site's configuration, for objects that are given no other. */
enum { CONFORM_TEXTS_COUNT = 2 };
extern const struct mta_text conform_texts[CONFORM_TEXTS_COUNT];

/*
 * The digest of a small run with the texts above and no overrides. False: it
 * could not be made, reported.
 */
MUST_USE bool conform_run_digest(const char *path, char text[DIGEST_TEXT_SIZE],
                                 struct diag *diag);

/* What jobctl 1.0.0 has there on every machine. */
extern const char conform_reference_digest[DIGEST_TEXT_SIZE];

#endif
