/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gnuplot.h - a pipe to gnuplot that user text cannot break out of
 *
 * No shell is started and no start-up file is read: posix_spawnp(gnuplot -d -).
 * Text goes in single quotes, where gnuplot expands nothing; what would end
 * such a string (a newline, a quote) never gets through. Data rows are numbers
 * printed here, so none can be equal to the line that ends the block. No path
 * is ever sent: the picture comes back on gnuplot's output, into a file beside
 * the target, and takes its name only when gnuplot was content.
 *
 * The same calls write the script to a file instead (gnuplot_script).
 *
 * UNITS      Widths and heights are CSS pixels; PNG is drawn at twice that.
 * OWNERSHIP  struct gnuplot is the caller's; gnuplot_open() or
 *            gnuplot_script(), then gnuplot_close() in every case but a failed
 *            open. The path is copied, a script's FILE borrowed.
 * ERRORS     enum gnuplot_status; error[] then holds a sentence's end.
 *            SIGPIPE is ignored between open and close.
 * COST       One process a picture: 15 ms for SVG, 80 ms for PNG.
 */
#ifndef PLOTS_GNUPLOT_H
#define PLOTS_GNUPLOT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "sim/kernel/base.h"

#define GNUPLOT_PNG_SCALE 2

/* What a caller prints when gnuplot is absent, before it exits 69. */
#define GNUPLOT_INSTALL_LINES                                                  \
    "gnuplot was not found on PATH.\n"                                         \
    "  Debian, Ubuntu: sudo apt-get install gnuplot-nox\n"                     \
    "  Fedora:         sudo dnf install gnuplot-minimal\n"                     \
    "  macOS:          brew install gnuplot\n"

enum gnuplot_status {
    GNUPLOT_OK,
    GNUPLOT_NOT_INSTALLED,
    GNUPLOT_FAILED, /* it ran and refused something */
    GNUPLOT_IO      /* the picture could not be written */
};

enum gnuplot_format { GNUPLOT_SVG, GNUPLOT_PNG, GNUPLOT_ASCII };

struct gnuplot {
    FILE *in; /* commands */
    enum gnuplot_format format;
    uint32_t blocks_count; /* data blocks so far */
    bool is_script;
    pid_t pid;
    FILE *complaints; /* gnuplot's standard error */
    char *path;
    char *path_temporary;
    struct sigaction sigpipe;
    char error[256];
};

/* Starts gnuplot to draw into `path`. Not GNUPLOT_OK: nothing to close. */
MUST_USE enum gnuplot_status gnuplot_open(struct gnuplot *gp,
                                          enum gnuplot_format format,
                                          const char *path, uint32_t width_px,
                                          uint32_t height_px);

/* The same commands into `script`; nothing is started. */
void gnuplot_script(struct gnuplot *gp, enum gnuplot_format format,
                    FILE *script, uint32_t width_px, uint32_t height_px);

/* Waits for gnuplot and renames the picture into place. */
MUST_USE enum gnuplot_status gnuplot_close(struct gnuplot *gp);

/* A command or a part of one. Never user text. */
void gnuplot_printf(struct gnuplot *gp, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* Text as a single-quoted string. Control bytes become spaces, bytes that are
 * not UTF-8 question marks, ' and ` their typographic forms. */
void gnuplot_text(struct gnuplot *gp, const char *text);

/* The same where gnuplot takes a printf format (labels of tics). */
void gnuplot_tic_text(struct gnuplot *gp, const char *text);

/* Begins a data block and returns its number: $d0, $d1, ... */
uint32_t gnuplot_data_begin(struct gnuplot *gp);
/* Numbers only; what is not finite is sent as a gap. */
void gnuplot_data_row(struct gnuplot *gp, const double *values,
                      uint32_t values_count);
void gnuplot_data_end(struct gnuplot *gp);

#endif
