/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * man.h - the sections of the manual page that are tables of this program
 *
 * Commands with their options, what a scenario can say, metrics, exit codes:
 * from the same rows that the program works with. doc/mtasim.1 has them
 * between two marks; a test sees that they are these.
 */
#ifndef SIM_CMD_MAN_H
#define SIM_CMD_MAN_H

#include <stdio.h>

/* As mdoc(7). */
void man_print(FILE *out);

/* Running text: sentences on lines of their own, nothing taken for a macro. */
void man_text(const char *text, FILE *out);

#endif
