/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema.h - the one table of everything a scenario can say
 *
 * A row is a path pattern ("links.*.rtt"), its type, default, range and where
 * the default comes from. Made from it: the errors for unknown keys and wrong
 * values, `mtasim help scenario`, the table of the manual page, the canonical
 * text of a scenario, and which paths --set and sweep may name.
 *
 * UNITS      Values are integers in the smallest unit of their type: ns,
 *            bytes, bits per second, parts per million, thousandths of
 *            messages an hour; numbers without unit in millionths.
 */
#ifndef SIM_LAB_SCHEMA_H
#define SIM_LAB_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"
#include "sim/kernel/variate.h"
#include "sim/lab/doc.h"

#define SCHEMA_PATTERN_MAX 64
#define SCHEMA_NAME_MAX    255
#define SCHEMA_YEARS_MAX   (3650 * NS_PER_DAY) /* of every duration */

enum schema_type {
    SCHEMA_SECTION,  /* mapping with the keys of the rows below it */
    SCHEMA_NAMES,    /* mapping whose keys are names the user chose */
    SCHEMA_LIST,     /* list of sections */
    SCHEMA_TEXTS,    /* list of texts */
    SCHEMA_SETTINGS, /* mapping of any depth, for the scheduler */
    SCHEMA_AXES,     /* mapping of paths to lists of values */
    SCHEMA_BY_PHASE, /* section of probabilities, or one, meant for rcpt */
    SCHEMA_TEXT,     /* from here on: single values */
    SCHEMA_NAME,
    SCHEMA_FILE,
    SCHEMA_BOOL,
    SCHEMA_CHOICE,
    SCHEMA_INTEGER,
    SCHEMA_DATE,
    SCHEMA_DURATION,
    SCHEMA_BYTES,
    SCHEMA_BIT_RATE,
    SCHEMA_PROBABILITY,
    SCHEMA_WEIGHT,
    SCHEMA_TIMES,    /* durations at random */
    SCHEMA_SIZES,    /* bytes at random */
    SCHEMA_COUNTS,   /* whole numbers at random */
    SCHEMA_ZIPF,     /* zipf(s) */
    SCHEMA_ARRIVALS, /* poisson(...), even(...), burst(...), replay(FILE) */
    SCHEMA_PRIORITY, /* a priority, or mixed(...) */
    SCHEMA_RETRY,    /* drop, or retry(15m): 0, or ns */
    SCHEMA_FAULT     /* of window scaling: "set-syn=3" */
};

struct schema_row {
    const char *pattern;
    const char *standard; /* the default as text; "": none or see help;
                             NULL: must be given */
    const char *choices;  /* "refuse timeout dns", in the order of the enum */
    const char *help;     /* what it is; source of the default */
    int64_t least;        /* of integers, durations, bytes */
    int64_t most;
    enum schema_type type;
    bool is_of_run; /* a run's outcome depends on it: it is in the key */
};

/* Where numbers[] of an SCHEMA_ARRIVALS and an SCHEMA_PRIORITY value are. */
enum {
    SCHEMA_ARRIVALS_KIND,
    SCHEMA_ARRIVALS_RATE,
    SCHEMA_ARRIVALS_COUNT,
    SCHEMA_ARRIVALS_AT,
    SCHEMA_ARRIVALS_OVER,
    SCHEMA_NUMBERS_COUNT,
    SCHEMA_PRIORITY_LEVEL = 0,
    SCHEMA_PRIORITY_IS_MIXED,
    SCHEMA_PRIORITY_URGENT,
    SCHEMA_PRIORITY_NONURGENT,
    SCHEMA_FAULT_KIND = 0, /* of an SCHEMA_FAULT: struct middlebox_params */
    SCHEMA_FAULT_VALUE,
    SCHEMA_FAULT_DIRECTIONS
};

struct schema_value {
    int64_t numbers[SCHEMA_NUMBERS_COUNT]; /* most types: numbers[0] */
    struct variate variate;                /* TIMES, SIZES, COUNTS */
    const char *text;                      /* TEXT, NAME, FILE; replay's file */
};

/* The rows in order; NULL after the last. */
const struct schema_row *schema_row_at(size_t index);

/* By pattern; NULL: no such row. */
const struct schema_row *schema_get(const char *pattern);

/* "links.*" and "rtt" to "links.*.rtt"; the top is "". False: too long. */
MUST_USE bool schema_join(char joined[SCHEMA_PATTERN_MAX], const char *pattern,
                          const char *key);

/* True: the row is a direct key of the section with this pattern. */
bool schema_row_is_in(const struct schema_row *row, const char *pattern);

/* The key nearest to a wrong one in a section; NULL: none is near. */
const char *schema_nearest(const char *pattern, const char *key);

/* What to say of a key that is not there but meant to come; NULL: nothing. */
const char *schema_note_get(const char *pattern);

/* True: letters, digits, '.', '_', '-', at most SCHEMA_NAME_MAX; or "*". */
bool schema_name_is_valid(const char *name);

/* True: the path starts with channel., job., pool. or option.: the scheduler
 * reads and checks it. */
bool schema_path_is_setting(const char *path);

/* True: the type is a single value. */
bool schema_type_is_single(enum schema_type type);
const char *schema_type_text(enum schema_type type); /* "a duration" */

/* Reads one value. Texts it holds live in the arena or are `text` itself. */
MUST_USE bool schema_value_parse(const struct schema_row *row, const char *text,
                                 struct arena *arena,
                                 struct schema_value *value, const char **why);

/* The value that a row has when nobody gives one. */
struct schema_value schema_standard(const struct schema_row *row,
                                    struct arena *arena);

/* Writes the value in numbers of the smallest unit: equal texts, equal values.
 * Returns its length, as snprintf() does. */
int schema_value_format(const struct schema_row *row,
                        const struct schema_value *value, char *out,
                        size_t out_size);

/* Reports everything in the tree that has no row, or no right value. */
void schema_check(const struct doc_node *root, struct arena *arena,
                  struct diag *diag);

/* Reports a value that the row does not take. False: reported. */
bool schema_text_check(const struct schema_row *row, const char *path,
                       const char *text, struct src_loc where,
                       struct arena *arena, struct diag *diag);

void schema_help(FILE *out);

#endif
