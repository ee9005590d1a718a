/* SPDX-License-Identifier: MIT */
/*
 * arrivals.h - new mail: what is dropped into QUEUE/new, and made for a test
 *
 * One thread looks into QUEUE/new, numbers each message, moves it to
 * QUEUE/taken under that number, and posts it. Once all its files are in the
 * queue the dispatcher removes it from there. What is left in `taken` by a
 * program that was killed is submitted again, as new and under its number,
 * after the files that had been made of it were removed: nothing of it can have
 * been delivered, for deliveries wait until it is gone from `taken` (unless the
 * directory will not let it go: that is said, and tried again).
 *
 * A MESSAGE  is written elsewhere and renamed into QUEUE/new (names that begin
 *            with a dot are left alone). Lines, in any order:
 *                to ADDRESS [CHANNEL]    at least one
 *                size BYTES              1024
 *                priority urgent | normal | nonurgent
 *                source CHANNEL          none
 *                deferred SECONDS       not before, since 1970 UTC
 *                null-sender
 *            The host is what follows the last @ of the address. One that
 *            cannot be read goes to QUEUE/rejected.
 * AGAIN      Recipients for whom no file could be created are put into a file of
 *            QUEUE/taken that replaces the message's (with lines again and
 *            submitted NS) and come again, some seconds later, as a message
 *            with a number of its own; the files that there are stand. As long
 *            as that file cannot be written either, a program that is killed
 *            submits the whole message again at its next start, and those who
 *            were in files that stood may get it twice.
 * NUMBERS    come from QUEUE/next-message, a block at a time, so that none is
 *            given twice whatever happens.
 * GENERATOR  RATE a second, COUNT in all, 1 to 3 recipients uN.I@hostK.example.
 */
#ifndef SCHED_LIVE_ARRIVALS_H
#define SCHED_LIVE_ARRIVALS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "posts.h"
#include "spool.h"

struct arrival_recipient {
    char *address;    /* owned */
    const char *host; /* within the address */
    uint32_t channel;
};

struct arrival {
    uint64_t message;
    int64_t submitted_ns; /* UTC */
    int64_t size_bytes;
    struct arrival_recipient *recipients;
    uint32_t recipients_count;
    uint32_t source; /* channel, or SCHED_NONE */
    uint32_t priority;
    uint32_t flags;
    int64_t deferred_ns; /* UTC; SCHED_NO_TIME: at once */
    struct arrival *next;
    bool is_taken;    /* there is a file in QUEUE/taken */
    bool is_again;    /* its other recipients are in files that stand */
    bool is_saved;    /* and the file in QUEUE/taken says so */
    bool is_unread;   /* the file is there, and could not be read yet */
    bool is_rejected; /* the file goes to QUEUE/rejected */
};

struct arrivals {
    /* Set by the caller. */
    const struct spool *spool;
    struct posts *posts;
    char *const *channels;
    uint32_t channels_count;
    uint32_t channel; /* for those that name none */
    uint32_t hosts_count;
    uint64_t seed;
    int64_t rate_ns; /* between two that are made */
    uint64_t made_max;
    /* Its own. */
    pthread_t id;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t next_message;
    uint64_t reserved_until;
    uint64_t made_count;
    int new_folder;
    int taken_folder;
    int rejected_folder;
    struct arrival *again;  /* what is to be done with QUEUE/taken; owned */
    uint32_t again_count;   /* on that list, or in the thread's hands */
    uint32_t pending_count; /* posted and not yet submitted */
    bool is_idle;           /* nothing to be made, and QUEUE/new was empty */
    bool is_troubled;       /* the thread's: the directory would not have it */
    bool is_quitting;
};

/* Looks after QUEUE/taken first. False with errno. */
bool arrivals_begin(struct arrivals *arrivals);
void arrivals_end(struct arrivals *arrivals);

/* Each ends a submit; the arrival is theirs. Its files are in the queue, or it
 * was refused for good: it is done with. */
void arrivals_done(struct arrivals *arrivals, struct arrival *arrival,
                   bool is_rejected);
/* These recipients are in no file: they come again. */
void arrivals_again(struct arrivals *arrivals, struct arrival *arrival,
                    const bool *left);
/* Nothing is on its way, and nothing was to come when it last looked. */
bool arrivals_are_idle(struct arrivals *arrivals);

void arrival_free(struct arrival *arrival);

#endif
