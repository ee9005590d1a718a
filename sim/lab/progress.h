/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.h - how far many runs have come, and when they will be done
 *
 *     12/70 runs, 3 running, 1.2 M events/s, ETA 0:41
 *
 * On a terminal one line, written over at most ten times a second; elsewhere a
 * line of its own within the first second and then every ten.
 *
 * MODEL      The time left: the mean of the finished runs, times those left,
 *            over the processes that work on them.
 * UNITS      ns of a monotonic clock, given by the caller.
 */
#ifndef SIM_LAB_PROGRESS_H
#define SIM_LAB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
    FILE *out; /* NULL: nothing is written */
    bool is_terminal;
    uint32_t runs_count; /* to be made, without those that were there */
    uint32_t jobs;
    int64_t start_ns;
    int64_t next_ns; /* not before this */
    uint32_t done;
    uint32_t failed; /* of those done */
    int64_t events;
    int64_t runs_ns; /* time of the finished ones, one by one */
    bool has_line;   /* an unfinished line stands on the terminal */
};

void progress_init(struct progress *progress, FILE *out, bool is_terminal,
                   uint32_t runs_count, uint32_t jobs, int64_t now_ns);

/* A run is finished: how long it took, and its events (0 for a failed one). */
void progress_add(struct progress *progress, int64_t run_ns, int64_t events,
                  bool is_failed);

/* Writes if it is time to. */
void progress_show(struct progress *progress, uint32_t running, int64_t now_ns);

/* Writes the last state, whatever the time, and ends the line. */
void progress_end(struct progress *progress, int64_t now_ns);

/* The line without its end. */
#define PROGRESS_LINE_SIZE 160
void progress_format(const struct progress *progress, uint32_t running,
                     int64_t now_ns, char line[PROGRESS_LINE_SIZE]);

#endif
