/* SPDX-License-Identifier: MIT */
/*
 * spool.h - the queue directory: what is known of mail when all else is lost
 *
 *     QUEUE/CHANNEL/NN<message>-<file>.00     waiting
 *     QUEUE/CHANNEL/NN<message>-<file>.HELD   held
 *
 * NN is the complement of the failed attempts in two base-36 digits: ZZ, after
 * one failure ZY, after 36 YZ, at last 00 (Messaging Server's own names).
 * Message and file are hexadecimal. The content is the envelope; times in it
 * are those of the wall clock, ns since 1970 UTC, for they outlive the machine.
 *
 * SAFETY     A file comes whole or not at all: written beside, fsynced,
 *            renamed, and the folder fsynced. Attempts, number and holding are
 *            changed by one rename. After partial success the envelope is
 *            replaced by one that says who is done, in the same way. So a
 *            program killed at any moment loses no recipient; whom it was just
 *            delivering to may get it again. Attempts and deletions are not
 *            fsynced: a machine that loses power may repeat them too.
 * THREADS    Any thread may work on any file; two never work on one, for a
 *            file is with one delivery, or with the dispatcher.
 * LOCK       QUEUE/lock is held by one process at a time; a killed one lets go.
 * ERRORS     false with errno.
 */
#ifndef SCHED_LIVE_SPOOL_H
#define SCHED_LIVE_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "../sched_abi.h"
#include "faults.h"

#define SPOOL_NAME_SIZE 48

enum { SPOOL_ATTEMPTS_MAX = 1295 };

/* Where a file is: which name it has in which folder. */
struct spool_place {
    uint64_t message;
    uint32_t file;
    uint32_t channel;
    uint32_t attempts;
    bool is_held;
};

enum envelope_state { ENVELOPE_WAITING, ENVELOPE_DONE };

struct envelope_recipient {
    char *address;
    uint32_t index;
    uint32_t state; /* enum envelope_state */
};

struct envelope {
    int64_t submitted_ns; /* UTC */
    int64_t returned_ns;  /* when the return job last looked; SCHED_NO_TIME */
    int64_t size_bytes;
    char *host; /* of its queue; "": none */
    struct envelope_recipient *recipients;
    uint32_t recipients_count;
    uint32_t priority;
    uint32_t flags;
};

struct spool {
    int root;
    int lock;
    int *folders;          /* by channel */
    struct faults *faults; /* of a test; NULL, as it is opened: none */
    uint32_t channels_count;
};

/* Makes what is not there. EACCES or EAGAIN: another process has it. */
bool spool_open(struct spool *spool, const char *path, char *const *channels,
                uint32_t channels_count);
void spool_close(struct spool *spool);

void spool_name(const struct spool_place *place, char name[SPOOL_NAME_SIZE]);
/* False: no name of a queued file. The channel is left alone. */
bool spool_name_read(const char *name, struct spool_place *place);

bool spool_write(const struct spool *spool, const struct spool_place *place,
                 const struct envelope *envelope);
/* ENOENT: it is gone. EINVAL: it is no envelope. */
bool spool_read(const struct spool *spool, const struct spool_place *place,
                struct envelope *envelope);
bool spool_move(const struct spool *spool, const struct spool_place *from,
                const struct spool_place *to);
bool spool_remove(const struct spool *spool, const struct spool_place *place);

/* Which files are asked for: those after a cursor, by message and file, at most
 * `max`; of one channel or all (SCHED_NONE). */
struct spool_query {
    uint64_t message;
    uint32_t file;
    uint32_t channel;
    uint32_t max;
};
/* The places are the caller's to free. It reads whole folders: cost grows with
 * all that is queued. */
bool spool_list(const struct spool *spool, const struct spool_query *query,
                struct spool_place **places, uint32_t *count, bool *has_more);

void envelope_free(struct envelope *envelope);

#endif
