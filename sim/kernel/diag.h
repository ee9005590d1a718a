/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diag.h - what is wrong with what a user wrote: all of it, each with its place
 *
 * A parser reports and goes on; the command prints everything at the end and
 * exits 2, or 74 where it was the system that refused. A line reads
 *
 *     scenario.yaml:17:14: error: threaddepth must be 1 to 1000, found 0; ...
 *
 * and, where the text of the file was registered with diag_text(), is followed
 * by the line of source and a caret under the column.
 *
 * UNITS      Lines and columns (bytes) count from 1; 0 says "not known".
 * OWNERSHIP  A struct diag owns its text; diag_init(), diag_free(). File names
 *            in struct src_loc are borrowed and outlive the diag.
 * ERRORS     After DIAG_ERRORS_MAX errors the rest is counted, not kept; so
 *            with warnings. A message is one line: control characters and what
 *            is no UTF-8 become '?', past 1023 bytes it is cut.
 */
#ifndef SIM_KERNEL_DIAG_H
#define SIM_KERNEL_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/kernel/base.h"

#define DIAG_ERRORS_MAX 100

struct src_loc {
    const char *file; /* as the user named it; NULL: no file */
    uint32_t line;
    uint32_t column;
};

struct diag_text; /* a registered file */

struct diag {
    char *text; /* finished lines, NUL-terminated; NULL while empty */
    size_t text_size;
    size_t text_capacity;
    uint32_t errors_count;
    uint32_t refused_count; /* of the errors: diag_system() */
    uint32_t warnings_count;
    uint32_t dropped_count; /* of these, errors and warnings not kept */
    struct diag_text *texts;
    uint32_t texts_count;
};

void diag_init(struct diag *diag);
void diag_free(struct diag *diag);

/* Registers a file's bytes, for the source line under a message. Borrowed. */
void diag_text(struct diag *diag, const char *file, const char *bytes,
               size_t size);

/* Says what was expected, what was found, and what to do. */
void diag_error(struct diag *diag, struct src_loc where, const char *format,
                ...) PRINTF_LIKE(3, 4);
void diag_warning(struct diag *diag, struct src_loc where, const char *format,
                  ...) PRINTF_LIKE(3, 4);

/*
 * "FILE: error: WHAT: strerror(error)": the system did not read or write as it
 * was asked. Counted in refused_count too, unless the name is what is wrong: no
 * such file, no such folder, a folder where a file should be.
 */
void diag_system(struct diag *diag, const char *file, const char *what,
                 int error);

/* Appends lines that are already formatted (from the scheduler object). */
void diag_append(struct diag *diag, const char *lines, uint32_t errors_count,
                 uint32_t warnings_count);

/* Writes all that was reported, and the count of what was not kept. */
void diag_print(const struct diag *diag, FILE *out);

/*
 * The candidate nearest to `word` by edit distance, for "did you mean"; NULL:
 * none is near (distance at most a third of the longer word's length).
 * Ties: the first.
 */
const char *diag_nearest(const char *word, const char *const *candidates,
                         size_t candidates_count);

#endif
