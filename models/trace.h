/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace.h - recorded traffic: our own format, read and written as a stream
 *
 * One message a line, in order of time, fields apart by one blank:
 *
 *     mtasim-trace 1
 *     start 2006-03-12T08:00:00Z
 *     zone Europe/Berlin
 *     1250000000 tcp_intranet N 8192 - tcp_local:far.example,tcp_local:b.example
 *
 * that is: ns since start; source channel or -; priority U, N or L (urgent,
 * normal, nonurgent); bytes; flags (- or 0: null sender); recipients as
 * destination channel (or -) and domain, in order. No address is kept: a trace
 * of real mail names no person. The zone may be missing, is recorded for the
 * reader and changes nothing: start is the reading of the wall clock there.
 * Texts hold no blanks, control characters or commas, channels no colons.
 *
 * ERRORS     A malformed line is reported with file:line:column and ends the
 *            reading; so does a line earlier than the one before.
 * OWNERSHIP  trace_open() to trace_close(); the path is borrowed. A message's
 *            texts live until the next trace_next().
 * COST       One line of memory, whatever the size of the file.
 * LIMITS     TRACE_RECIPIENTS_MAX recipients a message, TRACE_LINE_BYTES_MAX a
 *            line.
 */
#ifndef MODELS_TRACE_H
#define MODELS_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

#define TRACE_RECIPIENTS_MAX 100000
#define TRACE_LINE_BYTES_MAX (UINT64_C(64) << 20)
#define TRACE_TEXT_BYTES_MAX 255 /* a channel's or a domain's name */

struct trace_recipient {
    const char *channel; /* NULL: none was named */
    const char *domain;
};

struct trace_message {
    int64_t at_ns;
    int64_t size_bytes; /* at least 1 */
    const char *source; /* NULL: none */
    const struct trace_recipient *recipients;
    uint32_t recipients_count; /* at least 1 */
    uint32_t priority;         /* 0 urgent, 1 normal, 2 nonurgent */
    bool is_null_sender;
};

struct trace; /* a trace being read */

/* NULL: it cannot be opened or is no trace; reported to diag. */
struct trace *trace_open(const char *path, struct diag *diag);
void trace_close(struct trace *trace);

/* Wall clock of the start, ns since 1970-01-01T00:00 local civil time. */
int64_t trace_start_wall_ns(const struct trace *trace);

/* 1: *message is the next one; 0: end; -1: malformed, reported to diag. */
int trace_next(struct trace *trace, struct trace_message *message,
               struct diag *diag);

/* The zone as it was recorded; NULL: none was. */
const char *trace_zone(const struct trace *trace);

/* May these stand in a trace? Not empty, not too long, no forbidden byte; a
 * channel is also not "-". */
MUST_USE bool trace_channel_is_valid(const char *channel);
MUST_USE bool trace_domain_is_valid(const char *domain);
MUST_USE bool trace_zone_is_valid(const char *zone); /* no control character */

/* Writing. False: the file could not be written (errno). Texts are valid, or
 * it is a bug. zone NULL: none is recorded. */
MUST_USE bool trace_write_head(FILE *out, int64_t start_wall_ns);
MUST_USE bool trace_write_zone(FILE *out, const char *zone);
MUST_USE bool trace_write(FILE *out, const struct trace_message *message);

#endif
