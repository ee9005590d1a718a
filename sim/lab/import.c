/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import.c - from files to lines, and from sorted messages to a trace; see
 * import.h
 */
#include "sim/lab/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "models/trace.h"
#include "sim/lab/import_message.h"
#include "sim/lab/import_parts.h"
#include "sim/lab/wholefile.h"

#define BAD_LINES_PERCENT_MAX 1

/* --- What the formats call ------------------------------------------------- */

void
import_bad(struct import *import, const char *line, const char *at,
           const char *what)
{
    if (import->is_bad) {
        return; /* once a line */
    }
    import->is_bad = true;
    import->report->unparsable++;
    if (import->bad_count < DIAG_ERRORS_MAX) {
        struct import_bad_line *bad = &import->bad[import->bad_count++];

        bad->where = import->where;
        bad->where.column = (uint32_t)(at - line) + 1;
        snprintf(bad->what, sizeof bad->what, "%s", what);
    }
}

void
import_broken(struct import *import)
{
    if (!import->is_broken) {
        diag_system(import->diag, import->request->out_path,
                    "sorting beside it failed", errno);
    }
    import->is_broken = true;
}

void
import_time(struct import *import, int64_t wall_ns)
{
    if (wall_ns < import->latest_wall_ns) {
        import->report->late_lines++;
    } else {
        import->latest_wall_ns = wall_ns;
    }
}

void
import_add(struct import *import, struct import_slice group,
           const struct import_record *record)
{
    uint32_t key_size = 0;

    ASSERT(group.size < IMPORT_LINE_BYTES_MAX);
    memcpy(import->key, group.at, group.size);
    key_size = (uint32_t)group.size;
    import->key[key_size++] = '\0';
    import_key_time(import->key + key_size, record->wall_ns);
    key_size += IMPORT_KEY_TIME_BYTES;

    const struct sort_record sorted = {
        .key = import->key,
        .data = import->data,
        .key_size = key_size,
        .data_size = import_record_encode(record, import->data),
        .seq = import->seq,
    };

    if (!import->is_broken && !sort_add(import->records, &sorted)) {
        import_broken(import);
    }
}

bool
import_domain(struct import_slice address, char *domain, size_t domain_size)
{
    size_t start = address.size;
    size_t size = 0;

    while (start > 0 && address.at[start - 1] != '@') {
        start--;
    }
    if (start == 0) {
        snprintf(domain, domain_size, "localhost");
        return true;
    }
    size = address.size - start;
    if (size > 0 && address.at[address.size - 1] == '.') {
        size--;
    }
    if (size >= domain_size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        const char c = address.at[start + i];

        domain[i] = c;
        if (c >= 'A' && c <= 'Z') {
            domain[i] = (char)(c + ('a' - 'A'));
        }
    }
    domain[size] = '\0';
    return trace_domain_is_valid(domain);
}

bool
import_is(struct import_slice slice, const char *text)
{
    return strlen(text) == slice.size &&
           memcmp(text, slice.at, slice.size) == 0;
}

bool
import_number(struct import_slice slice, int64_t *value)
{
    int64_t sum = 0;

    for (size_t i = 0; i < slice.size; i++) {
        const int digit = slice.at[i] - '0';

        if (digit < 0 || digit > 9 || sum > (INT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return slice.size > 0;
}

/* --- Files and lines ------------------------------------------------------- */

/* line_read - the next line into `line`, what is too long cut off. False: the
 * file is at its end */
static bool
line_read(FILE *file, char line[IMPORT_LINE_BYTES_MAX], size_t *size,
          bool *is_cut)
{
    int c = EOF;

    *size = 0;
    *is_cut = false;
    while ((c = getc_unlocked(file)) != EOF && c != '\n') {
        if (*size + 1 < IMPORT_LINE_BYTES_MAX) {
            line[(*size)++] = (char)c;
        } else {
            *is_cut = true;
        }
    }
    if (c == EOF && *size == 0) {
        return false;
    }
    if (*size > 0 && line[*size - 1] == '\r') {
        --*size;
    }
    line[*size] = '\0';
    return true;
}

/* line_take - one line, whatever it is */
static void
line_take(struct import *import, const char *line, size_t size, bool is_cut)
{
    import->report->lines++;
    import->seq++;
    import->where.line++;
    import->is_bad = false;
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)line[i];

        if ((c < ' ' && c != '\t') || c == 0x7f) {
            import_bad(import, line, line + i,
                       "a control character: this is no text");
            return;
        }
    }
    if (is_cut) {
        import_bad(import, line, line + size, "the line is too long");
    } else if (size == 0) {
        import->report->others++;
    } else if (import->request->format == IMPORT_SUN) {
        import_sun_line(import, line);
    } else {
        import_postfix_line(import, line);
    }
}

static void
file_read(struct import *import, const char *path, char *line)
{
    FILE *file = fopen(path, "r");
    size_t size = 0;
    bool is_cut = false;

    import->where = (struct src_loc){.file = path};
    if (file != NULL) {
        errno = 0;
        while (!import->is_broken && line_read(file, line, &size, &is_cut)) {
            line_take(import, line, size, is_cut);
        }
    }
    if (file == NULL || ferror(file)) {
        diag_system(import->diag, path, "cannot be read", errno);
        import->is_broken = true;
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* --- The trace ------------------------------------------------------------- */

/* message_write - one message of the sorted ones */
static bool
message_write(struct import *import, FILE *out,
              struct import_message_reader *reader)
{
    struct import_report *report = import->report;
    struct trace_message *message = &reader->message;
    const bool is_first = report->messages + report->before_start == 0;

    if (is_first && !import->request->has_start) {
        report->start_wall_ns =
            message->at_ns - (message->at_ns % NS_PER_S + NS_PER_S) % NS_PER_S;
    }
    if (is_first) {
        if (!trace_write_head(out, report->start_wall_ns) ||
            (import->request->zone != NULL &&
             !trace_write_zone(out, import->request->zone))) {
            return false;
        }
    }
    if (message->at_ns < report->start_wall_ns) {
        report->before_start++;
        return true;
    }
    message->at_ns -= report->start_wall_ns;
    report->messages++;
    report->recipients += message->recipients_count;
    return trace_write(out, message);
}

static void
trace_make(struct import *import, FILE *out)
{
    struct import_message_reader reader = {0};
    struct sort_record sorted;
    int got = 0;

    while ((got = sort_next(import->messages, &sorted)) > 0) {
        import_message_decode(&reader, &sorted);
        if (!message_write(import, out, &reader)) {
            break; /* the file remembers; wholefile_commit() reports */
        }
    }
    if (got < 0) {
        import_broken(import);
    }
    import_message_reader_free(&reader);
}

/* --- The whole ------------------------------------------------------------- */

/* bad_lines_report - as warnings, or as the reason for giving up */
static void
bad_lines_report(const struct import *import)
{
    const struct import_report *report = import->report;

    for (uint32_t i = 0; i < import->bad_count; i++) {
        const struct import_bad_line *bad = &import->bad[i];

        if (report->is_refused) {
            diag_error(import->diag, bad->where, "%s", bad->what);
        } else if (i < IMPORT_WARNINGS_MAX) {
            diag_warning(import->diag, bad->where, "%s; the line is left out",
                         bad->what);
        }
    }
    if (report->is_refused) {
        diag_error(import->diag,
                   (struct src_loc){.file = import->request->out_path},
                   "not written: %" PRIu64 " of %" PRIu64
                   " lines make no sense as a %s log",
                   report->unparsable, report->lines,
                   import->request->format == IMPORT_SUN ? "sun" : "postfix");
    }
}

/* is_good_enough - may what was read become a trace? */
static bool
is_good_enough(struct import *import)
{
    struct import_report *report = import->report;
    const uint64_t allowed = import->request->is_strict
                                 ? 0
                                 : report->lines * BAD_LINES_PERCENT_MAX / 100;

    if (import->is_broken) {
        return false;
    }
    report->is_refused = report->unparsable > allowed;
    bad_lines_report(import);
    return !report->is_refused;
}

static void
work(struct import *import, FILE *out)
{
    char *line = base_alloc(IMPORT_LINE_BYTES_MAX);

    for (uint32_t i = 0; i < import->request->paths_count; i++) {
        if (!import->is_broken) {
            file_read(import, import->request->paths[i], line);
        }
    }
    free(line);
    if (!is_good_enough(import)) {
        return;
    }
    import_group(import);
    if (!import->is_broken) {
        trace_make(import, out);
    }
    if (!import->is_broken && import->report->messages == 0) {
        import->report->is_refused = true;
        diag_error(import->diag,
                   (struct src_loc){.file = import->request->out_path},
                   "not written: no message was found in %" PRIu64 " lines",
                   import->report->lines);
    }
}

/* request_check - what only the import can know to be wrong */
static bool
request_check(const struct import_request *request, struct diag *diag)
{
    const struct src_loc where = {.file = request->out_path};
    struct stat in, out;

    for (uint32_t i = 0; i < request->paths_count; i++) {
        if (stat(request->out_path, &out) == 0 &&
            stat(request->paths[i], &in) == 0 && in.st_dev == out.st_dev &&
            in.st_ino == out.st_ino) {
            diag_error(diag, where, "is the log itself; name another file");
            return false;
        }
    }
    if (request->source_channel != NULL &&
        !trace_channel_is_valid(request->source_channel)) {
        diag_error(diag, where, "\"%s\" is no name for a source channel",
                   request->source_channel);
        return false;
    }
    if (request->zone != NULL && !trace_zone_is_valid(request->zone)) {
        diag_error(diag, where,
                   "the zone must be one line without control characters");
        return false;
    }
    return true;
}

bool
import_run(const struct import_request *request, struct import_report *report,
           struct diag *diag)
{
    struct wholefile file = {0};
    struct import import = {
        .request = request,
        .report = report,
        .diag = diag,
        .latest_wall_ns = INT64_MIN,
        .year = request->year,
    };
    bool is_done = false;

    *report = (struct import_report){.start_wall_ns = request->start_wall_ns};
    if (!request_check(request, diag) ||
        !wholefile_open(&file, request->out_path, diag)) {
        return false;
    }
    import.records = sort_new(request->out_path, request->memory_bytes);
    import.messages = sort_new(request->out_path, request->memory_bytes);
    import.bad = base_alloc(DIAG_ERRORS_MAX * sizeof *import.bad);
    import.key = base_alloc(IMPORT_LINE_BYTES_MAX + IMPORT_KEY_TIME_BYTES + 1);
    import.data = base_alloc(IMPORT_RECORD_BYTES_MAX);
    work(&import, file.out);
    if (import.is_broken || report->is_refused) {
        wholefile_abandon(&file);
    } else {
        is_done = wholefile_commit(&file, diag);
    }
    sort_free(import.records);
    sort_free(import.messages);
    free(import.bad);
    free(import.key);
    free(import.data);
    return is_done;
}
