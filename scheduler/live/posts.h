/* SPDX-License-Identifier: MIT */
/*
 * posts.h - what threads have to tell the dispatcher, in the order of telling
 *
 * Any thread puts, the dispatcher takes. A post becomes an event when it is
 * taken: that order, not the one in which things happened, is the truth.
 *
 * OWNERSHIP  A post is made by post_new(), belongs to the queue once put, and
 *            to whoever took it: post_free().
 */
#ifndef SCHED_LIVE_POSTS_H
#define SCHED_LIVE_POSTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "../sched_abi.h"

enum post_kind {
    POST_JOB_STARTED,
    POST_JOB_FAILED,
    POST_JOB_EXITED,
    POST_THREAD_READY,
    POST_THREAD_ENDED,
    POST_SESSION_CLOSED,
    POST_OUTCOME,
    POST_SCAN,    /* answer the scan that was asked for */
    POST_ARRIVAL, /* a message to be submitted */
    POST_COMMAND  /* of the postmaster, who waits for an answer */
};

struct arrival; /* arrivals.h */

struct post {
    struct post *next;
    struct arrival *arrival; /* owned */
    uint8_t *results;        /* owned */
    uint32_t *recipients;    /* owned: indices, as the results */
    char *command;           /* owned */
    struct sched_scan scan;
    uint64_t message;
    enum post_kind kind;
    uint32_t job;
    uint32_t thread;
    uint32_t host;
    uint32_t file;
    uint32_t recipients_count;
    uint32_t phase;
    uint32_t attempts; /* of the file, after the attempt */
    bool is_gone;      /* the file */
    bool is_behind;    /* the directory would not have it so: see mends.h */
};

struct posts {
    pthread_mutex_t lock;
    pthread_cond_t came;
    struct post *first;
    struct post *last;
};

void posts_init(struct posts *posts);
void posts_free(struct posts *posts);

/* Zero but for the kind. Memory is there, or the program ends. */
struct post *post_new(enum post_kind kind);
void post_free(struct post *post);

void posts_put(struct posts *posts, struct post *post);
/* Waits until one comes or the clock (clock_ns()) says `until_ns`: NULL. */
struct post *posts_take(struct posts *posts, int64_t until_ns);

#endif
