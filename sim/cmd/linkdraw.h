/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * linkdraw.h - the time-sequence graph of a trial
 *
 * Of both directions the one that tells most is drawn: the one whose words were
 * longer on their way, all together. Of a stream that trickles, byte by byte
 * as it were, the beginning: there each step can be seen.
 */
#ifndef SIM_CMD_LINKDRAW_H
#define SIM_CMD_LINKDRAW_H

#include "plots/gnuplot.h"
#include "sim/cmd/trial.h"
#include "sim/cmd/witness.h"

/* The format by the path's ending, .svg or .png. False: it has neither. */
MUST_USE bool linkdraw_format(const char *path, enum gnuplot_format *format);

/* Draws into the file. Not GNUPLOT_OK: error (256 bytes) says why. */
MUST_USE enum gnuplot_status linkdraw(const struct witness *witness,
                                      const struct trial *trial,
                                      const struct trial *clean,
                                      const char *path, char *error);

#endif
