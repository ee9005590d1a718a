/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line.h - a packet as one line of text, whoever has sent it
 *
 *     30.436 S>C AP  seq=1 len=96 ack=1 win=510  DROP fault (...)
 */
#ifndef TESTS_VALIDATION_TCP_LINE_H
#define TESTS_VALIDATION_TCP_LINE_H

#include <stdio.h>

#include "models/tcp/middlebox.h"

void line_print(FILE *file, int64_t at_ns, enum tcp_side from,
                const struct tcp_segment *segment, const char *note);

/* What the middlebox is said to have done: to a packet that it ate, to one
 * that it changed. */
const char *line_drop_note(enum middlebox_fault fault);
const char *line_change_note(enum middlebox_fault fault);

#define LINE_LOST     "DROP loss"
#define LINE_OVERFLOW "DROP queue"

#endif
