/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.h - the answer of a run, as bytes from a worker process to the sweep
 *
 * Both ends are the same program on the same machine, so numbers go as they
 * lie in memory. Histograms, series and groups are whole; the digest comes
 * without its marks, which nobody asks for after the run.
 *
 * ERRORS     An answer that was cut short, by a worker that died, is told from
 *            a whole one; nothing is taken from it.
 */
#ifndef SIM_LAB_WIRE_H
#define SIM_LAB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/result.h"
#include "sim/lab/run.h"

struct wire_buffer {
    uint8_t *bytes; /* from malloc; wire_buffer_free() */
    size_t size;
    size_t capacity;
};

void wire_buffer_free(struct wire_buffer *buffer);
void wire_buffer_add(struct wire_buffer *buffer, const void *bytes,
                     size_t size);

struct wire_answer {
    bool is_ok;           /* a result; else the run failed */
    char *log;            /* what was reported, "" for nothing */
    struct result result; /* empty unless is_ok */
    struct mta_about scheduler;
};

/* Appends the whole answer to the buffer. */
void wire_put(struct wire_buffer *buffer, const struct wire_answer *answer);

/* false: not a whole answer, and *answer holds nothing. */
MUST_USE bool wire_get(const struct wire_buffer *buffer,
                       struct wire_answer *answer);
void wire_answer_free(struct wire_answer *answer);

#endif
