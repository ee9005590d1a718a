/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_postfix.c - a line of a Postfix log, as syslog writes it
 *
 *     STAMP HOST postfix/PROGRAM[PID]: QID: TEXT
 *
 * where STAMP is "Mar 12 08:00:01" or RFC 3339. Lines that are of use:
 *
 *     qmgr    from=<SENDER>, size=N, nrcpt=N (queue active)      arrival
 *     any     to=<RECIPIENT>, ..., status=sent|deferred|bounced  a recipient
 *     qmgr    removed                                            the end
 *     bounce  sender ... notification: QID2      QID2 is the host's own mail
 */
#include <stdlib.h>
#include <string.h>

#include "models/trace.h"
#include "sim/kernel/civil.h"
#include "sim/lab/import_parts.h"

#define SOURCE_DEFAULT "tcp_intranet"
#define SIZE_BYTES_MAX (INT64_C(1) << 50)
/* A stamp without a year that lies further back than this is of next year. */
#define NEW_YEAR_NS (180 * NS_PER_DAY)

/* What precedes the text of a line. */
struct entry {
    int64_t wall_ns;
    struct import_slice host;
    struct import_slice instance; /* "postfix", or another of several */
    struct import_slice program;
    struct import_slice qid;
    const char *text;
};

static bool
starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static struct import_slice
word(const char **at)
{
    const char *start = *at + strspn(*at, " \t");
    const struct import_slice slice = {start, strcspn(start, " \t")};

    *at = start + slice.size;
    return slice;
}

/* --- Stamps ---------------------------------------------------------------- */

static bool
two_digits(const char *at, int32_t *value)
{
    /* Days of one digit are padded with a blank. */
    const int tens = at[0] == ' ' ? '0' : at[0];

    if (tens < '0' || tens > '9' || at[1] < '0' || at[1] > '9') {
        return false;
    }
    *value = (tens - '0') * 10 + (at[1] - '0');
    return true;
}

/* year_guess - which year makes the stamp follow what was read so far */
static bool
year_guess(struct import *import, struct civil *civil, int64_t *wall_ns)
{
    const int64_t latest = import->latest_wall_ns;

    civil->year = import->year;
    if (!civil_is_valid(civil)) {
        /* The 29th of February, of the year that begins or ended. */
        civil->year += civil->year % 4 == 3 ? 1 : -1;
        if (!civil_is_valid(civil)) {
            return false;
        }
    }
    *wall_ns = civil_to_ns(civil);
    if (latest != INT64_MIN && *wall_ns < latest - NEW_YEAR_NS) {
        civil->year++;
        import->year = civil->year;
    } else if (latest != INT64_MIN && *wall_ns > latest + NEW_YEAR_NS) {
        civil->year--; /* a late line of the old year */
    }
    if (!civil_is_valid(civil)) {
        return false;
    }
    *wall_ns = civil_to_ns(civil);
    return true;
}

/* stamp_syslog - "Mar 12 08:00:01" */
static bool
stamp_syslog(struct import *import, const char **at, int64_t *wall_ns)
{
    const char *p = *at;
    struct civil civil = {.month = civil_month_find(p)};

    /* Each test stops at the line's end, so none reads beyond it. */
    if (civil.month == 0 || p[3] != ' ' || !two_digits(p + 4, &civil.day) ||
        p[6] != ' ' || !two_digits(p + 7, &civil.hour) || p[9] != ':' ||
        !two_digits(p + 10, &civil.minute) || p[12] != ':' ||
        !two_digits(p + 13, &civil.second) || p[15] != ' ') {
        return false;
    }
    *at = p + 15;
    if (import->request->year == 0) {
        diag_error(import->diag, import->where,
                   "the stamps of this log have no year; give the year of its "
                   "first line");
        import->is_broken = true;
        return false;
    }
    return year_guess(import, &civil, wall_ns);
}

/* stamp_rfc3339 - turned into the zone of the first such stamp */
static bool
stamp_rfc3339(struct import *import, const char **at, int64_t *wall_ns)
{
    int64_t offset_ns = 0;
    int64_t read_ns = 0;
    const char *end = NULL;

    if (!civil_parse(*at, &read_ns, &offset_ns, &end) || *end != ' ') {
        return false;
    }
    if (!import->has_offset) {
        import->has_offset = true;
        import->offset_ns = offset_ns;
    }
    *wall_ns = read_ns - offset_ns + import->offset_ns;
    *at = end;
    return true;
}

/* --- The parts of a line --------------------------------------------------- */

/* tag - "postfix/qmgr[123]:", "postfix-in/smtp[1]:", "postfix/relay/smtp[1]:".
 * False: another program's */
static bool
tag(struct import_slice word, struct entry *entry)
{
    size_t end = 0;
    size_t slash = 0;
    size_t first = 0;

    if (word.size < 9 || !starts(word.at, "postfix") ||
        word.at[word.size - 1] != ':') {
        return false;
    }
    while (end < word.size - 1 && word.at[end] != '[') {
        if (word.at[end] == '/') {
            first = first == 0 ? end : first;
            slash = end;
        }
        end++;
    }
    entry->instance = (struct import_slice){word.at, first};
    entry->program =
        (struct import_slice){word.at + slash + 1, end - slash - 1};
    return first > 0 && end > slash + 1;
}

/* is_qid - letters and digits, at least one of them a digit: so "warning" and
 * "NOQUEUE" are none. */
static bool
is_qid(struct import_slice slice)
{
    bool has_digit = false;

    for (size_t i = 0; i < slice.size; i++) {
        const char c = slice.at[i];
        const bool is_digit = c >= '0' && c <= '9';

        if (!is_digit && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')) {
            return false;
        }
        has_digit = has_digit || is_digit;
    }
    return has_digit && slice.size >= 5 && slice.size <= 32;
}

/* entry_read - False: nothing about a message */
static bool
entry_read(const char *at, struct entry *entry)
{
    struct import_slice slice = {0};

    entry->host = word(&at);
    if (!tag(word(&at), entry)) {
        return false;
    }
    slice = word(&at);
    if (slice.size == 0 || slice.at[slice.size - 1] != ':') {
        return false;
    }
    slice.size--;
    entry->qid = slice;
    entry->text = at + strspn(at, " ");
    return is_qid(slice);
}

/* --- Records --------------------------------------------------------------- */

/* add - under the id `qid` of the entry's host and instance */
static void
add(struct import *import, const struct entry *entry, struct import_slice qid,
    struct import_record *record)
{
    const struct import_slice parts[] = {entry->host, entry->instance, qid};
    const size_t capacity = entry->host.size + entry->instance.size + 64;
    char *group = base_alloc(capacity);
    size_t size = 0;

    record->wall_ns = entry->wall_ns;
    record->source = record->source == NULL ? "" : record->source;
    record->domain = record->domain == NULL ? "" : record->domain;
    record->address = record->address == NULL ? "" : record->address;
    record->channel = "";
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].size > 0) {
            memcpy(group + size, parts[i].at, parts[i].size);
        }
        size += parts[i].size;
        group[size++] = '\x01';
    }
    ASSERT(size <= capacity);
    import->report->records++;
    import_add(import, (struct import_slice){group, size}, record);
    free(group);
}

static void
code_count(struct import *import, char letter)
{
    import->report->codes[letter - 'A']++;
}

/* arrived - from=<a@b>, size=5120, nrcpt=2 (queue active) */
static void
arrived(struct import *import, const char *line, const struct entry *entry)
{
    const char *source = import->request->source_channel;
    const char *size = strstr(entry->text, ">, size=");
    struct import_record record = {
        .kind = IMPORT_ARRIVED,
        .priority = 1,
        .is_null_sender = starts(entry->text, "from=<>"),
        .source = source == NULL ? SOURCE_DEFAULT : source,
    };

    if (size == NULL) {
        import_bad(import, line, entry->text, "expected from=<...>, size=");
        return;
    }
    size += strlen(">, size=");
    if (!import_number((struct import_slice){size, strcspn(size, ", ")},
                       &record.size_bytes) ||
        record.size_bytes > SIZE_BYTES_MAX) {
        import_bad(import, line, size, "expected a size in bytes");
        return;
    }
    record.size_bytes = i64_max(record.size_bytes, 1);
    code_count(import, 'E');
    add(import, entry, entry->qid, &record);
}

/* status_letter - what became of an attempt; 0: it was none (a probe) */
static char
status_letter(const char *text)
{
    const char *status = strstr(text, ", status=");

    if (status == NULL) {
        return 0;
    }
    status += strlen(", status=");
    if (starts(status, "sent")) {
        return 'D';
    }
    if (starts(status, "deferred")) {
        return 'Q';
    }
    return starts(status, "bounced") || starts(status, "expired") ? 'R' : 0;
}

/* tried - to=<a@b>, orig_to=<...>, relay=..., delay=..., status=... */
static void
tried(struct import *import, const char *line, const struct entry *entry)
{
    const char *start = entry->text + strlen("to=<");
    const char *end = strstr(start, ">, ");
    const char letter = status_letter(entry->text);
    char domain[TRACE_TEXT_BYTES_MAX + 1];
    struct import_record record = {.kind = IMPORT_TRIED, .domain = domain};
    char *address = NULL;
    size_t size = 0;

    if (letter == 0) {
        import->report->others++;
        return;
    }
    size = end == NULL ? 0 : (size_t)(end - start);
    if (size == 0 || !import_domain((struct import_slice){start, size}, domain,
                                    sizeof domain)) {
        import_bad(import, line, start, "no valid recipient");
        return;
    }
    address = base_alloc(size + 1);
    memcpy(address, start, size);
    record.address = address;
    code_count(import, letter);
    add(import, entry, entry->qid, &record);
    free(address);
}

/* notified - "sender non-delivery notification: 3F2A01" and its kin */
static void
notified(struct import *import, const struct entry *entry)
{
    static const char mark[] = " notification: ";
    const char *at = strstr(entry->text, mark);
    struct import_record record = {.kind = IMPORT_NOTIFIED};
    struct import_slice qid = {0};

    if (at != NULL) {
        at += strlen(mark);
        qid = word(&at);
    }
    if (is_qid(qid)) {
        add(import, entry, qid, &record);
    } else {
        import->report->others++;
    }
}

/* entry_take - which of the lines of use is it? */
static void
entry_take(struct import *import, const char *line, const struct entry *entry)
{
    struct import_record removed = {.kind = IMPORT_REMOVED};
    const bool is_qmgr =
        import_is(entry->program, "qmgr") || import_is(entry->program, "nqmgr");

    if (is_qmgr && starts(entry->text, "from=<") &&
        strstr(entry->text, "(queue active)") != NULL) {
        arrived(import, line, entry);
    } else if (is_qmgr && starts(entry->text, "removed")) {
        add(import, entry, entry->qid, &removed);
    } else if (starts(entry->text, "to=<")) {
        tried(import, line, entry);
    } else if (import_is(entry->program, "bounce")) {
        notified(import, entry);
    } else {
        import->report->others++;
    }
}

void
import_postfix_line(struct import *import, const char *line)
{
    struct entry entry = {0};
    const char *at = line;
    const bool is_stamped = line[0] >= '0' && line[0] <= '9'
                                ? stamp_rfc3339(import, &at, &entry.wall_ns)
                                : stamp_syslog(import, &at, &entry.wall_ns);

    if (!is_stamped) {
        import_bad(import, line, line,
                   "expected a stamp, as \"Mar 12 08:00:01\" or "
                   "2006-03-12T08:00:01.5+01:00");
        return;
    }
    import_time(import, entry.wall_ns);
    if (entry_read(at, &entry)) {
        entry_take(import, line, &entry);
    } else {
        import->report->others++;
    }
}
