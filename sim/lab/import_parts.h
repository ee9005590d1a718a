/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_parts.h - what the parts of the import share; not for others
 *
 *     line --import_sun, import_postfix--> record --sort by (group, time)-->
 *     import_group --> message --sort by time--> trace
 *
 * A record is what one line says of one message. Its group is whatever tells
 * the lines of one message (for a while: ids are reused) from all others.
 */
#ifndef SIM_LAB_IMPORT_PARTS_H
#define SIM_LAB_IMPORT_PARTS_H

#include "sim/lab/import.h"
#include "sim/lab/sort.h"

/* Part of a line. */
struct import_slice {
    const char *at;
    size_t size;
};

enum import_kind {
    IMPORT_ARRIVED,   /* postfix: sender, size; recipients come apart */
    IMPORT_TRIED,     /* postfix: a recipient */
    IMPORT_REMOVED,   /* postfix: the id is free again */
    IMPORT_NOTIFIED,  /* postfix: the id is a notification's */
    IMPORT_RECIPIENT, /* sun: all of it */
};

/* Texts are "" where there is none. */
struct import_record {
    enum import_kind kind;
    uint32_t priority;
    bool is_null_sender;
    int64_t wall_ns;
    int64_t size_bytes;
    const char *source;
    const char *channel;
    const char *domain;
    const char *address; /* orders recipients, and tells them apart */
};

struct import_bad_line {
    struct src_loc where;
    char what[128];
};

struct import {
    const struct import_request *request;
    struct import_report *report;
    struct diag *diag;
    struct src_loc where;   /* of the line being read */
    uint64_t seq;           /* lines read, of all files */
    int64_t latest_wall_ns; /* of all lines so far; INT64_MIN: none */
    int32_t year;           /* postfix: of the last stamp without one */
    int64_t offset_ns;      /* postfix: the first stamp's */
    bool has_offset;
    bool is_broken; /* the system refused; reported */
    bool is_bad;    /* the line being read was found bad */
    struct sort *records;
    struct sort *messages;
    char *key; /* of the record being added */
    char *data;
    struct import_bad_line *bad; /* the first DIAG_ERRORS_MAX */
    uint32_t bad_count;
};

/* The line is no good, at `at` (a place in `line`). */
void import_bad(struct import *import, const char *line, const char *at,
                const char *what);

/* Reports that the system refused (errno); the import ends. */
void import_broken(struct import *import);

/* Every line that has a time: is it late? */
void import_time(struct import *import, int64_t wall_ns);

/* Adds a record. A group has no NUL and fits a line. */
void import_add(struct import *import, struct import_slice group,
                const struct import_record *record);

/* The domain of an address: lower case, no dot at its end; "localhost" where
 * there is none. False: it cannot stand in a trace. */
MUST_USE bool import_domain(struct import_slice address, char *domain,
                            size_t domain_size);

bool import_is(struct import_slice slice, const char *text);
bool import_number(struct import_slice slice, int64_t *value);

/* A line without its end, NUL-terminated, without control characters. */
void import_sun_line(struct import *import, const char *line);
void import_postfix_line(struct import *import, const char *line);

/* All records are in: puts messages together. */
void import_group(struct import *import);

#endif
