/* SPDX-License-Identifier: MIT */
/*
 * control.h - the postmaster's way in: a UNIX socket, QUEUE/control
 *
 * One connection at a time says one line and gets one answer, lines that begin
 * with "ok" or "error: ". A line becomes a post, so that a command has its
 * place among what happens; what the commands are is in command.c.
 *
 * THREADS    One, that waits for connections and for answers.
 * SAFETY     Only who owns the process may connect (mode 0600). A peer that
 *            says nothing for five seconds is left; a line is at most
 *            CONTROL_LINE_MAX bytes.
 * ERRORS     false with errno; ENAMETOOLONG: a socket's path is short (108).
 */
#ifndef SCHED_LIVE_CONTROL_H
#define SCHED_LIVE_CONTROL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "posts.h"

#define CONTROL_NAME "control"
enum { CONTROL_LINE_MAX = 1024 };

struct control {
    /* Set by the caller. */
    const char *folder; /* the queue directory */
    struct posts *posts;
    /* Its own. */
    pthread_t id;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    char *answer; /* owned; NULL: none yet */
    int listener;
    int quit[2]; /* a pipe: what is written to it ends the thread */
    bool is_quitting;
};

bool control_begin(struct control *control);
void control_end(struct control *control);

/* The dispatcher's: to the command that was taken last; copied. */
void control_answer(struct control *control, const char *text);

/* A client: says the line to who has the queue, and prints the answer. False:
 * it was an error. Nobody there: errno, and nothing is printed. */
bool control_tell(const char *folder, const char *line, FILE *out);

#endif
