/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import.h - a mail host's log becomes a trace of the traffic it saw
 *
 * Arrivals are found, put together to messages, and written in order of time
 * as a trace (models/trace.h). What became of the mail is not taken over: the
 * simulator finds that out again. No address reaches the trace.
 *
 * SUN        mail.log*, LOG_FORMAT 1, 2 or 4 (XML). Every E record is a
 *            recipient. Records are one message when they share the message
 *            id, source channel and sender; without ids, the file name; without
 *            names, the time, source channel, sender and size. LOG_NODE must be
 *            announced (has_node), LOG_PROCESS is seen. E records by
 *            reprocess, process and conversion are the host's own mail over
 *            again and are skipped, unless keep_internal.
 *            LOSES  time below 10 ms; size below IMPORT_BLOCK_BYTES (the block
 *            is rounded up in the log); priority without LOG_PRIORITY (normal).
 * POSTFIX    syslog. The first "queue active" of a queue id is the arrival;
 *            to= lines of its deliveries give the recipients; "removed" ends
 *            the id, which may come again. Recipients of a message are put in
 *            order of address (runs of digits by value), so that the trace
 *            does not depend on who was slow. Notifications (announced by
 *            bounce) are skipped, unless keep_internal.
 *            LOSES  time below 1 s (1 us with RFC 3339 stamps); priority; both
 *            channels (the source is source_channel); recipients never tried
 *            within the log. A message that was in the queue when the log
 *            began is dated by its first retry.
 * TIME       Of the log's wall clock. Syslog stamps have no year: `year` is
 *            that of the first line, and counts on over new year. Offsets in
 *            RFC 3339 stamps are turned into that of the first line. The hour
 *            that a clock set back shows twice is read as it stands; its
 *            second half comes out as late lines.
 *
 * UNITS      ns, bytes.
 * ERRORS     A line that makes no sense is counted and the import goes on. It
 *            is refused in the end, and nothing is written, when more than 1 %
 *            of the lines were such, or any at all with is_strict, or when no
 *            message was found. Bad lines go to diag with file:line:column: the
 *            first IMPORT_WARNINGS_MAX as warnings, or all as errors when it
 *            is refused.
 * COST       memory_bytes twice, and the largest message; disk beside out_path
 *            of about the size of what is kept. Logs may be of any size.
 * SOURCE     Sun: Sun Java System Messaging Server 6.3 Administration Guide,
 *            chapter 25, "MTA Message and Connection Logs". Postfix:
 *            qmgr(8), smtp(8), bounce(8) and what they write.
 */
#ifndef SIM_LAB_IMPORT_H
#define SIM_LAB_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

#define IMPORT_BLOCK_BYTES    1024 /* BLOCK_SIZE, option.dat, default */
#define IMPORT_LINE_BYTES_MAX 65536
#define IMPORT_WARNINGS_MAX   5
#define IMPORT_CODES_COUNT    26

enum import_format { IMPORT_SUN, IMPORT_POSTFIX };

struct import_request {
    const char *const *paths; /* read one after the other */
    uint32_t paths_count;
    enum import_format format;
    const char *out_path;
    int32_t year;               /* postfix; 0: stamps must carry it */
    const char *zone;           /* recorded, nothing else; NULL: not known */
    const char *source_channel; /* postfix; NULL: tcp_intranet */
    bool has_node;              /* sun: LOG_NODE */
    bool keep_internal;
    bool is_strict;
    bool has_start; /* else the second of the first message */
    int64_t start_wall_ns;
    uint64_t memory_bytes; /* 0: SORT_MEMORY_DEFAULT */
};

struct import_report {
    uint64_t lines;
    uint64_t records;     /* lines understood that tell of a message */
    uint64_t connections; /* lines that tell of a connection */
    uint64_t others;      /* lines of no use: other programs, blank lines */
    uint64_t late_lines;  /* earlier than a line before them */
    uint64_t unparsable;
    uint64_t skipped_internal; /* recipients (sun), messages (postfix) */
    uint64_t messages;         /* written */
    uint64_t recipients;       /* written */
    uint64_t no_recipient;     /* postfix: messages left out: none was tried */
    uint64_t no_arrival;       /* postfix: to= lines of unknown messages */
    uint64_t before_start;     /* messages left out: before start_wall_ns */
    uint64_t codes[IMPORT_CODES_COUNT]; /* sun: by letter; postfix: E arrival,
                                         * D sent, Q deferred, R bounced */
    int64_t start_wall_ns;
    bool is_refused; /* too many bad lines, or no message */
};

/* Fills in the report in any case. False: nothing was written, diag says why. */
MUST_USE bool import_run(const struct import_request *request,
                         struct import_report *report, struct diag *diag);

#endif
