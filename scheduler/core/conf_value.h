/* SPDX-License-Identifier: MIT */
/*
 * conf_value.h - one value: read from words, checked by its row, written back
 */
#ifndef SCHED_CORE_CONF_VALUE_H
#define SCHED_CORE_CONF_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf_memory.h"
#include "conf_say.h"
#include "conf_settings.h"
#include "conf_text.h"

enum {
    CONF_NUMBERS_MAX = 8,
    CONF_ARGS_MAX = 10 /* two more than any keyword takes */
};

/* Where a value comes from: a higher one replaces a lower one. */
enum conf_rank {
    CONF_RANK_BUILTIN,
    CONF_RANK_GLOBAL,   /* job_controller.cnf, before its sections */
    CONF_RANK_SECTION,  /* a section of it, or a channel option file */
    CONF_RANK_DEFAULTS, /* `defaults` of imta.cnf */
    CONF_RANK_LINE,     /* the channel's own line */
    CONF_RANK_OVERRIDE
};

struct conf_value {
    int64_t numbers[CONF_NUMBERS_MAX]; /* durations in ns */
    const char *text;                  /* TEXT: never NULL once set */
    struct conf_place place;
    uint32_t count;
    uint32_t rank; /* enum conf_rank */
};

/* The words of one value. */
struct conf_args {
    struct conf_word words[CONF_ARGS_MAX];
    uint32_t count;
    struct conf_place place; /* of the name before them */
    bool is_relaxed;         /* an override: plain durations too */
};

/*
 * Reads a value of the setting `key`. On false the reason was said, or memory
 * ran out (*has_memory is false), and *value is as it was. Place and rank are
 * the caller's to set.
 */
struct conf_parse {
    struct conf_say *say;
    struct conf_memory *memory;
    bool has_memory;
};
bool conf_value_parse(struct conf_parse *parse, enum conf_key key,
                      const struct conf_args *args, struct conf_value *value);

/* Whether a word can be one more argument of a list. */
bool conf_value_goes_on(enum conf_key key, const struct conf_word *word);

/* How many arguments its keyword takes. */
uint32_t conf_value_args_max(enum conf_key key);

/* "a whole number from 1 to 100" */
void conf_value_put_form(struct text_out *out, enum conf_key key);

/* As it could be written in an override; "" if there is none. */
void conf_value_put(struct text_out *out, enum conf_key key,
                    const struct conf_value *value);

#endif
