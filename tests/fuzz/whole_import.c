/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * whole_import.c - any log makes a whole trace or none; see fuzz.h
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/trace.h"
#include "sim/kernel/diag.h"
#include "tests/fuzz/fuzz.h"

#define YEAR          2006
#define START_WALL_NS (INT64_C(1142150400) * NS_PER_S) /* 2006-03-12T08:00 */

enum {
    PAD_LINES = 100, /* for each line: one in a hundred may be bad */
    PAD_LINES_MAX = 100000,
    MEMORY_BYTES = 1 << 20,
    MEMORY_LITTLE_BYTES = 512 /* so little that runs are written and merged */
};

/* padded - the log with blank lines behind; free() it */
static char *
padded(const char *log, size_t *size)
{
    size_t pad_size = PAD_LINES;
    char *text = NULL;

    for (size_t i = 0; i < *size && pad_size < PAD_LINES_MAX; i++) {
        pad_size += log[i] == '\n' ? PAD_LINES : 0;
    }
    text = base_alloc(*size + 1 + pad_size);
    memcpy(text, log, *size);
    memset(text + *size, '\n', 1 + pad_size);
    *size += 1 + pad_size;
    return text;
}

/* trace_check - it is good to its end, and as long as was said */
static void
trace_check(const char *path, const struct import_report *report)
{
    struct diag diag;
    struct trace *trace = NULL;
    struct trace_message message;
    uint64_t messages_count = 0;
    uint64_t recipients_count = 0;
    int got = 0;

    diag_init(&diag);
    trace = trace_open(path, &diag);
    ASSERT(trace != NULL);
    ASSERT(trace_start_wall_ns(trace) == report->start_wall_ns);
    while ((got = trace_next(trace, &message, &diag)) > 0) {
        messages_count++;
        recipients_count += message.recipients_count;
    }
    ASSERT(got == 0);
    ASSERT(messages_count == report->messages);
    ASSERT(recipients_count == report->recipients);
    trace_close(trace);
    diag_free(&diag);
}

/* import_once - the trace, for the caller to free; NULL: refused */
static char *
import_once(const struct import_request *request, size_t *size)
{
    struct import_report report;
    struct diag diag;
    char *trace = NULL;
    bool is_done = false;

    diag_init(&diag);
    is_done = import_run(request, &report, &diag);
    ASSERT(is_done == (diag.errors_count == 0));
    ASSERT(report.records + report.connections + report.others +
               report.unparsable <=
           report.lines);
    if (is_done) {
        trace_check(request->out_path, &report);
    }
    trace = fuzz_read(request->out_path, size);
    ASSERT((trace != NULL) == is_done);
    (void)unlink(request->out_path);
    diag_free(&diag);
    return trace;
}

/* import_both - the memory that is given makes no difference */
static void
import_both(struct import_request *request, bool is_twice)
{
    size_t size = 0;
    size_t again_size = 0;
    char *trace = import_once(request, &size);
    char *again = NULL;

    if (is_twice) {
        request->memory_bytes = MEMORY_LITTLE_BYTES;
        again = import_once(request, &again_size);
        ASSERT((trace == NULL) == (again == NULL) && size == again_size);
        ASSERT(trace == NULL || memcmp(trace, again, size) == 0);
    }
    free(trace);
    free(again);
}

void
fuzz_import(enum import_format format, const uint8_t *bytes, size_t size)
{
    const uint32_t bits = size > 0 ? bytes[0] : 0;
    char *in = fuzz_path("in.log");
    char *out = fuzz_path("out.trace");
    const char *path = in;
    size_t log_size = size > 0 ? size - 1 : 0;
    char *log = fuzz_text(bytes + (size > 0), log_size);
    struct import_request request = {
        .paths = &path,
        .paths_count = 1,
        .format = format,
        .out_path = out,
        .year = (bits & FUZZ_IMPORT_HAS_NODE) != 0 ? 0 : YEAR,
        .zone = "Europe/Berlin",
        .has_node = (bits & FUZZ_IMPORT_HAS_NODE) != 0,
        .keep_internal = (bits & FUZZ_IMPORT_KEEP_INTERNAL) != 0,
        .is_strict = (bits & FUZZ_IMPORT_STRICT) != 0,
        .memory_bytes = MEMORY_BYTES,
        .has_start = (bits & FUZZ_IMPORT_HAS_START) != 0,
        .start_wall_ns =
            (bits & FUZZ_IMPORT_HAS_START) != 0 ? START_WALL_NS : 0,
    };

    if ((bits & FUZZ_IMPORT_PADDED) != 0) {
        char *whole = padded(log, &log_size);

        free(log);
        log = whole;
    }
    fuzz_write(in, log, log_size);
    import_both(&request, (bits & FUZZ_IMPORT_TWICE) != 0);
    free(log);
    free(in);
    free(out);
}
