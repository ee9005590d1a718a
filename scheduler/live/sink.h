/* SPDX-License-Identifier: MIT */
/*
 * sink.h - where mail goes in `jobctld --sink`: it takes its time and fails as
 * told, and keeps a log of what it took
 *
 * LOG        A line each, appended by one write, before the file changes:
 *                delivered MESSAGE FILE INDEX ADDRESS
 *                refused   MESSAGE FILE INDEX ADDRESS      for good
 *                returned  MESSAGE FILE INDEX ADDRESS      by the return job
 *                rejected  MESSAGE 0 INDEX ADDRESS         at submission
 *                notice    MESSAGE FILE KIND -             no mail is made of it
 * CHANCE     In ppm. By an ordinal of the attempt, so that an attempt that is
 *            made again meets other luck.
 */
#ifndef SCHED_LIVE_SINK_H
#define SCHED_LIVE_SINK_H

#include <stdbool.h>
#include <stdint.h>

enum sink_fault {
    SINK_TEMPORARY, /* a recipient: 4xx */
    SINK_PERMANENT, /* a recipient: 5xx */
    SINK_TIMEOUT,   /* an attempt: no answer, after ten times the longest */
    SINK_CRASH,     /* an attempt: the process ends, half of them after the
                       sink took the mail */
    SINK_END,       /* an attempt: the thread ends by itself after it */
    SINK_START,     /* a process does not start */
    SINK_FAULTS_COUNT
};

struct sink {
    int log; /* -1: none */
    uint64_t seed;
    int64_t time_min_ns;
    int64_t time_max_ns;
    uint32_t ppm[SINK_FAULTS_COUNT];
};

/* "temp=10%,perm=2%,timeout=1%,crash=1%,end=1%,start=5%"; false: not so */
bool sink_faults_read(struct sink *sink, const char *text);
/* Whether it happens to (attempt, recipient). */
bool sink_has(const struct sink *sink, enum sink_fault fault, uint64_t attempt,
              uint64_t recipient);
int64_t sink_time_ns(const struct sink *sink, uint64_t attempt);
void sink_log(const struct sink *sink, const char *what, uint64_t message,
              uint32_t file, uint32_t index, const char *address);

#endif
