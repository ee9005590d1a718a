/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export.h - what happened in a run, as the log a mail host would have written
 *
 * Fed with the events of a run in order of time, one per recipient, it writes
 * a log that the tools for such logs read, import.h among them:
 *
 *     import(export(traffic)) is the traffic, quantised to what the log can
 *     carry: export_quantum() says what that is. A run whose traffic was
 *     quantised so is repeated exactly by the replay of its own log.
 *
 * SUN        mail.log, LOG_FORMAT 1 with LOG_FILENAME, LOG_MESSAGE_ID and
 *            LOG_PRIORITY (as a word). Times are rounded down to 10 ms, sizes
 *            up to 1024-byte blocks. A file's name says how often it was
 *            tried: ZZ..., then ZY... A source channel that is not named is
 *            "-", which no MTA writes; a destination that is not, tcp_local.
 * POSTFIX    syslog: smtpd, cleanup, qmgr, smtp, bounce, qmgr. Times are
 *            rounded down to 1 s (1 us with RFC 3339 stamps); the log has no
 *            year then. Sizes are exact. Priority and channels are lost, and
 *            so are recipients that were not tried before the end: a log of
 *            this kind names them only then.
 * ADDRESSES  Made up from numbers, so that they say what belongs together and
 *            name nobody: u<message>@sender.example writes to
 *            r<message>.<recipient>@<domain>.
 * REJECTED   messages are in the log, but never were traffic: the import
 *            leaves them out.
 *
 * UNITS      ns of the wall clock (kernel/civil.h), bytes.
 * OWNERSHIP  export_open() to export_close() or export_abandon(). Texts of an
 *            event are borrowed for the call, those of EXPORT_ENQUEUED until
 *            the log is closed.
 * ERRORS     The file appears whole at export_close(), or not at all.
 * COST       A line or a few an event. Postfix: 16 bytes for each message under
 *            way, twice over.
 * SOURCE     As import.h.
 */
#ifndef SIM_LAB_EXPORT_H
#define SIM_LAB_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

enum export_format { EXPORT_SUN, EXPORT_POSTFIX, EXPORT_POSTFIX_RFC3339 };

enum export_kind {
    EXPORT_ENQUEUED,  /* accepted: E */
    EXPORT_DELIVERED, /* D */
    EXPORT_DEFERRED,  /* a temporary failure: Q */
    EXPORT_RETURNED,  /* a permanent one, or too old: R */
    EXPORT_WARNED,    /* the sender was told of the delay: W */
    EXPORT_REJECTED   /* not accepted: J */
};

/* Where a message comes from: the traffic, or the host itself. */
enum export_origin {
    EXPORT_SUBMITTED,
    EXPORT_RETURN_NOTICE,
    EXPORT_WARNING_NOTICE
};

/* What one event was to one recipient. Recipients of a message are enqueued
 * one after the other at one instant, in any order: the log has them in
 * theirs, which is what a replay must find. */
struct export_event {
    enum export_kind kind;
    enum export_origin origin;
    int64_t wall_ns;           /* not before the event before */
    int64_t submitted_wall_ns; /* of the message; enqueued: as wall_ns */
    int64_t attempt_wall_ns;   /* delivered to returned: its begin */
    uint64_t message;
    uint64_t parent; /* a notice: the message it is about */
    uint32_t file;   /* of the message, from 0 */
    uint32_t recipient;
    uint32_t recipients_count; /* of the message */
    uint32_t attempts_count;   /* of the file, before this one */
    uint32_t priority;         /* 0 urgent, 1 normal, 2 nonurgent */
    bool is_null_sender;
    int64_t size_bytes;
    const char *source;  /* channel; NULL: none */
    const char *channel; /* destination; NULL: none */
    const char *domain;
    const char *host; /* that was talked to; NULL: none */
    const char *text; /* the phase it failed in, the reply; NULL: none */
};

/* What is left of traffic that went through a log. */
struct export_quantum {
    int64_t time_ns;     /* instants are rounded down to a multiple */
    int64_t size_bytes;  /* sizes are rounded up to a multiple */
    bool keeps_priority; /* else all is normal */
    bool keeps_channels; /* else the import's source, no destination */
};

struct export; /* opaque */

struct export_quantum export_quantum(enum export_format format);

/* NULL: path cannot be written; reported. */
struct export *export_open(enum export_format format, const char *path,
                           struct diag *diag);

void export_event(struct export *log, const struct export_event *event);

/* False: not all was written, and nothing is there; reported. */
MUST_USE bool export_close(struct export *log, struct diag *diag);

/* Leaves nothing behind. */
void export_abandon(struct export *log);

#endif
