/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pace.h - how far one run has come, for those who wait for it
 *
 *     43 %, 1.72 h of 4 h simulated, 1.2 M events/s, 0:41 left
 *
 * On a terminal one line, after a second (most runs are over by then), that is
 * written over at most ten times a second; elsewhere a line every ten seconds.
 * It is told at the steps of the time series, so it
 * may be silent for as long as one of them takes.
 *
 * MODEL      Time left: what is not yet simulated, at the speed so far.
 */
#ifndef SIM_CMD_PACE_H
#define SIM_CMD_PACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct pace {
    FILE *out; /* NULL: nothing is written */
    bool is_terminal;
    bool has_line; /* an unfinished line stands on the terminal */
    int64_t horizon_ns;
    int64_t begun_ns; /* of a monotonic clock */
    int64_t next_ns;
};

void pace_init(struct pace *pace, FILE *out, int64_t horizon_ns);
void pace_show(struct pace *pace, int64_t at_ns, int64_t events);

/* Takes the line away again. */
void pace_end(struct pace *pace);

/* The line, after this much of the clock. */
#define PACE_LINE_SIZE 600
void pace_format(const struct pace *pace, int64_t clock_ns, int64_t at_ns,
                 int64_t events, char line[PACE_LINE_SIZE]);

#endif
