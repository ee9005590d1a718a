/* SPDX-License-Identifier: MIT */
/*
 * conf_say.h - what is wrong with a configuration, and where
 *
 * One line a finding: "place: error: expected ..., found ...; what to do". A
 * line that does not fit into the host's buffer is left out whole; the counts
 * tell the truth all the same.
 */
#ifndef SCHED_CORE_CONF_SAY_H
#define SCHED_CORE_CONF_SAY_H

#include <stdbool.h>
#include <stdint.h>

#include "../sched_abi.h"
#include "text.h"

struct conf_place {
    const char *name; /* of a text, or of what gave an override */
    uint32_t line;    /* from 1; 0: the name says it all */
    uint32_t column;  /* from 1, in characters */
};

struct conf_say {
    struct sched_created *created; /* the counts are kept here */
    struct text_out out;
    uint32_t hints_count; /* nearest words looked for */
};

void conf_say_init(struct conf_say *say, struct sched_created *created);

/* Formats as in text.h. */
void conf_error(struct conf_say *say, const struct conf_place *place,
                const char *format, ...);
void conf_warn(struct conf_say *say, const struct conf_place *place,
               const char *format, ...);

/* "name:line:column", or the name alone. */
void conf_place_put(struct text_out *out, const struct conf_place *place);

/* Looks for the word that a misspelt one was meant to be. */
struct conf_nearest {
    struct text_slice wanted;
    const char *best; /* NULL: nothing is near */
    uint32_t distance;
};

/* With nothing wanted if hints have become too many to be of use, so that a
 * file full of junk is refused in linear time. */
struct conf_nearest conf_nearest_begin(struct conf_say *say,
                                       struct text_slice wanted);
void conf_nearest_try(struct conf_nearest *nearest, const char *word);

#endif
