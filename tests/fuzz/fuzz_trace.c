/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_trace.c - any bytes, read as a trace; what was read can be written, and
 * reads the same
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/trace.h"
#include "sim/kernel/diag.h"
#include "tests/fuzz/fuzz.h"

/* copy_write - the trace, as far as it is good, written anew */
static void
copy_write(struct trace *trace, FILE *out, struct diag *diag)
{
    struct trace_message message;
    int64_t latest_ns = 0;
    int got = 0;

    ASSERT(trace_write_head(out, trace_start_wall_ns(trace)));
    if (trace_zone(trace) != NULL) {
        ASSERT(trace_write_zone(out, trace_zone(trace)));
    }
    while ((got = trace_next(trace, &message, diag)) > 0) {
        ASSERT(message.at_ns >= latest_ns && message.size_bytes >= 1);
        ASSERT(message.recipients_count >= 1 && message.priority <= 2);
        latest_ns = message.at_ns;
        ASSERT(trace_write(out, &message));
    }
    ASSERT((got == 0) == (diag->errors_count == 0));
}

/* copy_of - of these bytes; free() it. NULL: it was no trace */
static char *
copy_of(const void *bytes, size_t size, size_t *copy_size, bool *is_good)
{
    char *path = fuzz_path("in.trace");
    char *copy = NULL;
    struct diag diag;
    struct trace *trace = NULL;

    diag_init(&diag);
    fuzz_write(path, bytes, size);
    trace = trace_open(path, &diag);
    ASSERT((trace != NULL) == (diag.errors_count == 0));
    if (trace != NULL) {
        FILE *out = open_memstream(&copy, copy_size);

        ASSERT(out != NULL);
        copy_write(trace, out, &diag);
        ASSERT(fclose(out) == 0);
    }
    *is_good = diag.errors_count == 0;
    trace_close(trace);
    diag_free(&diag);
    free(path);
    return copy;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size_t copy_size = 0;
    size_t again_size = 0;
    bool is_good = false;
    char *text = fuzz_text(bytes, size);
    char *copy = copy_of(text, size, &copy_size, &is_good);

    if (copy != NULL) {
        char *again = copy_of(copy, copy_size, &again_size, &is_good);

        ASSERT(again != NULL && is_good && again_size == copy_size);
        ASSERT(memcmp(again, copy, copy_size) == 0);
        free(again);
    }
    free(copy);
    free(text);
    return 0;
}
