/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace.c - reading and writing recorded traffic; see trace.h
 *
 * A line is read whole and cut up in place: the texts of a message are parts
 * of it, the blanks, commas and colons between them turned into NULs.
 */
#include "models/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/civil.h"

#define MAGIC "mtasim-trace 1"

static const char priority_letters[] = "UNL";

struct trace {
    FILE *file;
    const char *path;
    char *zone; /* NULL: none */
    char *line; /* the current one, without its end */
    uint64_t line_size;
    uint64_t line_capacity;
    uint32_t line_number;
    bool is_line_kept; /* read ahead: the next line_read() gives it again */
    int64_t start_wall_ns;
    int64_t last_at_ns;
    struct trace_recipient *recipients;
    uint32_t recipients_capacity;
};

/* A place in the line being cut up. */
struct cursor {
    struct trace *trace;
    struct diag *diag;
    char *at;
};

static bool
text_is_valid(const char *text, unsigned char forbidden)
{
    size_t size = 0;

    for (; text[size] != '\0'; size++) {
        const unsigned char c = (unsigned char)text[size];

        if (c <= ' ' || c == 0x7f || c == ',' || c == forbidden) {
            return false;
        }
    }
    return size > 0 && size <= TRACE_TEXT_BYTES_MAX;
}

bool
trace_channel_is_valid(const char *channel)
{
    return text_is_valid(channel, ':') && strcmp(channel, "-") != 0;
}

bool
trace_domain_is_valid(const char *domain)
{
    return text_is_valid(domain, ',');
}

bool
trace_zone_is_valid(const char *zone)
{
    for (; *zone != '\0'; zone++) {
        const unsigned char c = (unsigned char)*zone;

        if (c < ' ' || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* --- Reading --------------------------------------------------------------- */

/* fail - says what is wrong at `at`, a place in the line */
static int
fail(const struct cursor *cursor, const char *at, const char *what)
{
    const struct trace *trace = cursor->trace;

    diag_error(cursor->diag,
               (struct src_loc){.file = trace->path,
                                .line = trace->line_number,
                                .column = (uint32_t)(at - trace->line) + 1},
               "%s", what);
    return -1;
}

/* line_end - drops the line's end. A NUL within would hide what follows it. */
static int
line_end(struct trace *trace, struct cursor *cursor)
{
    const char *nul = NULL;

    if (trace->line_size > 0 && trace->line[trace->line_size - 1] == '\r') {
        trace->line_size--;
    }
    trace->line[trace->line_size] = '\0';
    nul = memchr(trace->line, '\0', trace->line_size);
    return nul != NULL ? fail(cursor, nul, "this is no text: a NUL byte") : 1;
}

/* line_read - the next line. 1, 0 at the end, -1 reported */
static int
line_read(struct trace *trace, struct diag *diag)
{
    struct cursor cursor = {trace, diag, NULL};
    int c = EOF;

    if (trace->is_line_kept) {
        trace->is_line_kept = false;
        return 1;
    }
    trace->line_size = 0;
    trace->line_number++;
    while ((c = getc(trace->file)) != EOF && c != '\n') {
        if (trace->line_size + 2 > trace->line_capacity) {
            if (trace->line_capacity >= TRACE_LINE_BYTES_MAX) {
                return fail(&cursor, trace->line, "the line is too long");
            }
            trace->line_capacity = trace->line_capacity * 2 + 256;
            trace->line = base_realloc(trace->line, trace->line_capacity);
        }
        trace->line[trace->line_size++] = (char)c;
    }
    if (ferror(trace->file)) {
        diag_system(diag, trace->path, "cannot be read", errno);
        return -1;
    }
    if (c == EOF && trace->line_size == 0) {
        return 0;
    }
    return line_end(trace, &cursor);
}

/* field - the text up to the next blank, which becomes its end */
static char *
field(struct cursor *cursor)
{
    char *text = cursor->at;
    char *blank = strchr(text, ' ');

    if (blank == NULL) {
        cursor->at = text + strlen(text);
    } else {
        *blank = '\0';
        cursor->at = blank + 1;
    }
    return text;
}

/* number - decimal digits only, up to INT64_MAX */
static bool
number(const char *text, int64_t *value)
{
    int64_t sum = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        const int digit = *text - '0';

        if (digit < 0 || digit > 9 || sum > (INT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

static void
recipients_grow(struct trace *trace)
{
    trace->recipients_capacity = trace->recipients_capacity * 2 + 16;
    trace->recipients =
        base_realloc(trace->recipients,
                     trace->recipients_capacity * sizeof *trace->recipients);
}

/* recipient - cuts "channel:domain" in two. 1 or -1 */
static int
recipient(const struct cursor *cursor, char *text,
          struct trace_recipient *recipient)
{
    char *colon = strchr(text, ':');

    if (colon == NULL) {
        return fail(cursor, text, "expected channel:domain");
    }
    *colon = '\0';
    *recipient = (struct trace_recipient){
        .channel = strcmp(text, "-") == 0 ? NULL : text,
        .domain = colon + 1,
    };
    if (recipient->channel != NULL && !trace_channel_is_valid(text)) {
        return fail(cursor, text, "no valid channel; - is for none");
    }
    if (!trace_domain_is_valid(colon + 1)) {
        return fail(cursor, colon + 1, "no valid domain");
    }
    return 1;
}

/* recipients - the rest of the line. 1 or -1 */
static int
recipients(struct cursor *cursor, struct trace_message *message)
{
    struct trace *trace = cursor->trace;
    char *text = cursor->at;

    while (text != NULL) {
        char *comma = strchr(text, ',');

        if (comma != NULL) {
            *comma = '\0';
        }
        if (message->recipients_count == TRACE_RECIPIENTS_MAX) {
            return fail(cursor, text, "too many recipients");
        }
        if (message->recipients_count == trace->recipients_capacity) {
            recipients_grow(trace);
        }
        if (recipient(cursor, text,
                      &trace->recipients[message->recipients_count]) < 0) {
            return -1;
        }
        message->recipients_count++;
        text = comma == NULL ? NULL : comma + 1;
    }
    message->recipients = trace->recipients;
    return 1;
}

/* properties - source, priority, size, flags. 1 or -1 */
static int
properties(struct cursor *cursor, struct trace_message *message)
{
    const char *source = field(cursor);
    const char *priority = field(cursor);
    const char *size = field(cursor);
    const char *flags = field(cursor);
    const char *letter =
        *priority == '\0' ? NULL : strchr(priority_letters, *priority);

    if (strcmp(source, "-") != 0) {
        if (!trace_channel_is_valid(source)) {
            return fail(cursor, source, "no valid channel; - is for none");
        }
        message->source = source;
    }
    if (letter == NULL || priority[1] != '\0') {
        return fail(cursor, priority, "the priority is U, N or L");
    }
    message->priority = (uint32_t)(letter - priority_letters);
    if (!number(size, &message->size_bytes) || message->size_bytes < 1) {
        return fail(cursor, size, "the size is a number of bytes, at least 1");
    }
    if (strcmp(flags, "-") != 0 && strcmp(flags, "0") != 0) {
        return fail(cursor, flags, "the flags are - or 0");
    }
    message->is_null_sender = *flags == '0';
    return 1;
}

int
trace_next(struct trace *trace, struct trace_message *message,
           struct diag *diag)
{
    const int got = line_read(trace, diag);
    struct cursor cursor = {trace, diag, trace->line};

    if (got <= 0) {
        return got;
    }
    *message = (struct trace_message){0};
    const char *at = field(&cursor);

    if (!number(at, &message->at_ns)) {
        return fail(&cursor, at, "expected the time, in ns since the start");
    }
    if (message->at_ns < trace->last_at_ns) {
        return fail(&cursor, at, "earlier than the message before");
    }
    trace->last_at_ns = message->at_ns;
    if (properties(&cursor, message) < 0) {
        return -1;
    }
    return recipients(&cursor, message);
}

/* head_read - magic, start, perhaps a zone. False: reported */
static bool
head_read(struct trace *trace, struct diag *diag)
{
    struct cursor cursor = {trace, diag, NULL};
    int64_t offset_ns = 0;
    const char *end = "";
    int got = line_read(trace, diag);

    if (got < 0) {
        return false;
    }
    if (got == 0 || strcmp(trace->line, MAGIC) != 0) {
        diag_error(
            diag, (struct src_loc){.file = trace->path, .line = 1, .column = 1},
            "is no trace: the first line must be \"" MAGIC "\"");
        return false;
    }
    got = line_read(trace, diag);
    if (got < 0) {
        return false;
    }
    if (got == 0 || strncmp(trace->line, "start ", 6) != 0 ||
        !civil_parse(trace->line + 6, &trace->start_wall_ns, &offset_ns,
                     &end) ||
        *end != '\0') {
        fail(&cursor, trace->line, "expected start and its date and time");
        return false;
    }
    got = line_read(trace, diag);
    if (got > 0 && strncmp(trace->line, "zone ", 5) == 0) {
        if (!trace_zone_is_valid(trace->line + 5)) {
            fail(&cursor, trace->line + 5, "no valid zone");
            return false;
        }
        trace->zone = base_alloc(trace->line_size);
        memcpy(trace->zone, trace->line + 5, trace->line_size - 4);
    } else {
        trace->is_line_kept = got > 0;
    }
    return got >= 0;
}

struct trace *
trace_open(const char *path, struct diag *diag)
{
    struct trace *trace = base_alloc(sizeof *trace);

    trace->path = path;
    trace->line = base_alloc(1);
    trace->file = fopen(path, "r");
    if (trace->file == NULL) {
        diag_system(diag, path, "cannot be read", errno);
    } else if (head_read(trace, diag)) {
        return trace;
    }
    trace_close(trace);
    return NULL;
}

void
trace_close(struct trace *trace)
{
    if (trace == NULL) {
        return;
    }
    if (trace->file != NULL) {
        fclose(trace->file);
    }
    free(trace->zone);
    free(trace->line);
    free(trace->recipients);
    free(trace);
}

int64_t
trace_start_wall_ns(const struct trace *trace)
{
    return trace->start_wall_ns;
}

const char *
trace_zone(const struct trace *trace)
{
    return trace->zone;
}

/* --- Writing --------------------------------------------------------------- */

bool
trace_write_head(FILE *out, int64_t start_wall_ns)
{
    char start[CIVIL_TEXT_SIZE];

    civil_format(start_wall_ns, start);
    return fprintf(out, MAGIC "\nstart %s\n", start) > 0;
}

bool
trace_write_zone(FILE *out, const char *zone)
{
    ASSERT(trace_zone_is_valid(zone));
    return fprintf(out, "zone %s\n", zone) > 0;
}

bool
trace_write(FILE *out, const struct trace_message *message)
{
    ASSERT(message->at_ns >= 0);
    ASSERT(message->size_bytes >= 1);
    ASSERT(message->priority <= 2);
    ASSERT(message->recipients_count >= 1);
    ASSERT(message->recipients_count <= TRACE_RECIPIENTS_MAX);
    ASSERT(message->source == NULL || trace_channel_is_valid(message->source));

    bool is_ok =
        fprintf(out, "%" PRId64 " %s %c %" PRId64 " %c ", message->at_ns,
                message->source == NULL ? "-" : message->source,
                priority_letters[message->priority], message->size_bytes,
                message->is_null_sender ? '0' : '-') > 0;

    for (uint32_t i = 0; i < message->recipients_count && is_ok; i++) {
        const struct trace_recipient *to = &message->recipients[i];
        const char end = i + 1 < message->recipients_count ? ',' : '\n';

        ASSERT(to->channel == NULL || trace_channel_is_valid(to->channel));
        ASSERT(trace_domain_is_valid(to->domain));
        is_ok = fprintf(out, "%s:%s%c", to->channel == NULL ? "-" : to->channel,
                        to->domain, end) > 0;
    }
    return is_ok;
}
