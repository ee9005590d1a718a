/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_sun.c - a line of a Sun mail.log; as an XML element: import_sun_xml.c
 *
 *     12-Mar-2006 09:14:02.31 [node] [pid] SRC DST CODE SIZE SENDER ORIG RCPT
 *         [file] [<message-id>] [priority] [diagnostic]
 *
 * Fields stand apart by blanks and some may be empty, so a line is read from
 * what is certain: the code is a capital letter of a set, followed by a size.
 * An empty sender shows as two blanks; after it comes the original recipient,
 * which begins with its type ("rfc822;").
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/trace.h"
#include "sim/kernel/civil.h"
#include "sim/lab/import_sun.h"

/* Larger than any mail, and no product with it reaches 2^63. */
#define BLOCKS_MAX (INT64_C(1) << 40)

static const char code_letters[] = "BDEJKQRVWZ";

/* --- Words ----------------------------------------------------------------- */

/* word - the next one; blanks within a quoted local part do not end it */
static struct import_slice
word(const char **at)
{
    struct import_slice slice = {0};
    bool is_quoted = false;
    const char *p = *at;

    while (*p == ' ' || *p == '\t') {
        p++;
    }
    slice.at = p;
    while (*p != '\0' && (is_quoted || (*p != ' ' && *p != '\t'))) {
        if (*p == '"' && (is_quoted || strchr(p + 1, '"') != NULL)) {
            is_quoted = !is_quoted;
        }
        p++;
    }
    slice.size = (size_t)(p - slice.at);
    *at = p;
    return slice;
}

bool
import_sun_is_code(struct import_slice slice)
{
    if (slice.size == 0 || strchr(code_letters, slice.at[0]) == NULL) {
        return false;
    }
    for (size_t i = 1; i < slice.size; i++) {
        if (slice.at[i] < 'A' || slice.at[i] > 'Z') {
            return false;
        }
    }
    return true;
}

/* is_process - 1f3a.2.7 or 1f3a.7: hexadecimal numbers with one or two dots */
static bool
is_process(struct import_slice slice)
{
    int dots = 0;
    bool is_after_digit = false;

    for (size_t i = 0; i < slice.size; i++) {
        const char c = slice.at[i];

        if (c == '.' && is_after_digit) {
            dots++;
            is_after_digit = false;
        } else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
            is_after_digit = true;
        } else {
            return false;
        }
    }
    return is_after_digit && (dots == 1 || dots == 2);
}

/* is_typed - does it begin with an address type, as rfc822;user@host? */
static bool
is_typed(struct import_slice slice)
{
    for (size_t i = 0; i < slice.size; i++) {
        const char c = slice.at[i];

        if (c == ';') {
            return i > 0;
        }
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return false;
}

/* is_file - a path to ZZ....00 or ZZ....HELD */
static bool
is_file(struct import_slice slice)
{
    size_t name = slice.size;
    const char *end = slice.at + slice.size;

    while (name > 0 && slice.at[name - 1] != '/') {
        name--;
    }
    if (name == 0 || slice.size - name < 5) {
        return false;
    }
    for (size_t i = name; i < name + 2; i++) {
        const char c = slice.at[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) {
            return false;
        }
    }
    return (end[-3] == '.' && end[-2] >= '0' && end[-2] <= '9' &&
            end[-1] >= '0' && end[-1] <= '9') ||
           (slice.size - name >= 7 && memcmp(end - 5, ".HELD", 5) == 0);
}

/* priority_find - LOG_PRIORITY. GUESS: its spelling is not documented; the
 * words of the Priority: header of RFC 2156, with and without the hyphen. */
static bool
priority_find(struct import_slice slice, uint32_t *priority)
{
    static const struct {
        const char *word;
        uint32_t priority;
    } known[] = {
        {"urgent", 0}, {"normal", 1}, {"nonurgent", 2}, {"non-urgent", 2}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (import_is(slice, known[i].word)) {
            *priority = known[i].priority;
            return true;
        }
    }
    return false;
}

/* --- The text form --------------------------------------------------------- */

/* number_read - up to `digits_max` digits; false: there is none */
static bool
number_read(const char **at, int digits_max, int32_t *value)
{
    int count = 0;

    *value = 0;
    while (count < digits_max && **at >= '0' && **at <= '9') {
        *value = *value * 10 + (**at - '0');
        ++*at;
        count++;
    }
    return count > 0;
}

static bool
is_next(const char **at, char c)
{
    if (**at != c) {
        return false;
    }
    ++*at;
    return true;
}

/* stamp - "12-Mar-2006 09:14:02.31"; *at stops where it goes wrong */
static bool
stamp(const char **at, int64_t *wall_ns)
{
    struct civil civil = {0};
    int32_t hundredths = 0;

    if (!number_read(at, 2, &civil.day) || !is_next(at, '-')) {
        return false;
    }
    civil.month = civil_month_find(*at);
    if (civil.month == 0) {
        return false;
    }
    *at += 3;
    if (!is_next(at, '-') || !number_read(at, 4, &civil.year) ||
        !is_next(at, ' ') || !number_read(at, 2, &civil.hour) ||
        !is_next(at, ':') || !number_read(at, 2, &civil.minute) ||
        !is_next(at, ':') || !number_read(at, 2, &civil.second)) {
        return false;
    }
    if (is_next(at, '.') && !number_read(at, 2, &hundredths)) {
        return false;
    }
    civil.nanosecond = hundredths * 10 * (int32_t)NS_PER_MS;
    if ((**at != ' ' && **at != '\0') || !civil_is_valid(&civil)) {
        return false;
    }
    *wall_ns = civil_to_ns(&civil);
    return true;
}

/* tail - what options added after the recipient, as far as it is of use. The
 * fields between (flags, user, source system) have no mark of their own: each
 * word is taken for what it looks like. */
static void
tail(const char *at, struct import_sun_entry *entry)
{
    uint32_t priority = 0;

    for (;;) {
        const struct import_slice slice = word(&at);

        if (slice.size == 0) {
            return;
        }
        if (entry->file.size == 0 && is_file(slice)) {
            entry->file = slice;
        } else if (entry->message_id.size == 0 && slice.at[0] == '<' &&
                   slice.at[slice.size - 1] == '>') {
            entry->message_id = slice;
        } else if (entry->priority.size == 0 &&
                   priority_find(slice, &priority)) {
            entry->priority = slice;
        }
    }
}

/* addresses - sender, original and current recipient, each perhaps empty */
static void
addresses(const char *at, struct import_sun_entry *entry)
{
    const bool is_sender_empty = *at == ' ' && at[1] == ' ';
    const struct import_slice slice = word(&at);

    /* The original recipient in its place also says that there is none. */
    if (!is_sender_empty && !is_typed(slice)) {
        if (!import_is(slice, "<>")) {
            entry->sender = slice;
        }
        (void)word(&at);
    }
    entry->recipient = word(&at);
    tail(at, entry);
}

/* text_entry - cuts up a line after its stamp. False: reported, or no entry */
static bool
text_entry(struct import *import, const char *line, const char *at,
           struct import_sun_entry *entry)
{
    struct import_slice slice = {0};
    const char *ahead = NULL;
    int64_t blocks = 0;

    if (import->request->has_node) {
        word(&at);
    }
    ahead = at;
    if (is_process(word(&ahead))) {
        at = ahead;
    }
    entry->source = word(&at);
    if (entry->source.size == 0) {
        import_bad(import, line, at, "expected a source channel");
        return false;
    }
    slice = word(&at);
    if (import_is(slice, "+") || import_is(slice, "-")) {
        import->report->connections++;
        return false;
    }
    ahead = at;
    if (!import_sun_is_code(slice) || !import_number(word(&ahead), &blocks)) {
        entry->channel = slice;
        slice = word(&at);
    }
    entry->code = slice;
    if (!import_sun_is_code(slice)) {
        import_bad(import, line, slice.at, "expected a code, as E, D or Q");
        return false;
    }
    entry->size = word(&at);
    addresses(at, entry);
    return true;
}

/* --- Entries --------------------------------------------------------------- */

static bool
is_internal(struct import_slice source)
{
    return import_is(source, "reprocess") || import_is(source, "process") ||
           import_is(source, "conversion");
}

/* channel_take - a channel's name as text; "-": there is none */
static bool
channel_take(struct import_slice slice, char name[TRACE_TEXT_BYTES_MAX + 1])
{
    name[0] = '\0';
    if (import_is(slice, "-")) {
        return true;
    }
    if (slice.size == 0 || slice.size > TRACE_TEXT_BYTES_MAX) {
        return false;
    }
    memcpy(name, slice.at, slice.size);
    name[slice.size] = '\0';
    return trace_channel_is_valid(name);
}

struct group {
    char *text;
    size_t size;
};

static void
group_put(struct group *group, struct import_slice slice)
{
    if (slice.size > 0) { /* one that is not there has no place either */
        memcpy(group->text + group->size, slice.at, slice.size);
        group->size += slice.size;
    }
    group->text[group->size++] = '\x01';
}

/* group_make - what all records of the entry's message share; see import.h.
 * All parts but one letter and two ends come from one line; the time stands
 * for its own digits. */
static void
group_make(const struct import_sun_entry *entry, struct group *group)
{
    if (entry->message_id.size > 0) {
        group_put(group, (struct import_slice){"i", 1});
        group_put(group, entry->message_id);
        group_put(group, entry->source);
        group_put(group, entry->sender);
    } else if (entry->file.size > 0) {
        group_put(group, (struct import_slice){"f", 1});
        group_put(group, entry->file);
    } else {
        char time[24];

        snprintf(time, sizeof time, "%" PRId64, entry->wall_ns);
        group_put(group, (struct import_slice){time, strlen(time)});
        group_put(group, entry->source);
        group_put(group, entry->sender);
        group_put(group, entry->size);
    }
}

/* enqueued - an E entry becomes a record */
static void
enqueued(struct import *import, const char *line, const char *text,
         const struct import_sun_entry *entry)
{
    char source[TRACE_TEXT_BYTES_MAX + 1];
    char channel[TRACE_TEXT_BYTES_MAX + 1];
    char domain[TRACE_TEXT_BYTES_MAX + 1];
    struct import_record record = {
        .kind = IMPORT_RECIPIENT,
        .priority = 1,
        .is_null_sender = entry->sender.size == 0,
        .wall_ns = entry->wall_ns,
        .source = source,
        .channel = channel,
        .domain = domain,
        .address = "",
    };
    /* The one field that is certain to be there. */
    const char *code = line + (entry->code.at - text);
    struct group group = {0};
    int64_t blocks = 0;

    if (!channel_take(entry->source, source)) {
        import_bad(import, line, code, "no valid source channel");
    } else if (!channel_take(entry->channel, channel)) {
        import_bad(import, line, code,
                   "no valid destination channel before the code");
    } else if (!import_number(entry->size, &blocks) || blocks > BLOCKS_MAX) {
        import_bad(import, line, code, "expected a size after the code");
    } else if (entry->recipient.size == 0 ||
               !import_domain(entry->recipient, domain, sizeof domain)) {
        import_bad(import, line, code, "no valid recipient after the code");
    } else {
        /* A message is not empty, whatever an old record says. */
        record.size_bytes = i64_max(blocks, 1) * IMPORT_BLOCK_BYTES;
        priority_find(entry->priority, &record.priority);
        group.text = base_alloc(strlen(line) + 64);
        group_make(entry, &group);
        import->report->records++;
        import_add(import, (struct import_slice){group.text, group.size},
                   &record);
        free(group.text);
    }
}

/* entry_take - counts it, and keeps it if it tells of an arrival. Its slices
 * lie in `text`, which is the line or a copy */
static void
entry_take(struct import *import, const char *line, const char *text,
           const struct import_sun_entry *entry)
{
    const char letter = entry->code.at[0];
    int64_t blocks = 0;

    if (!import_number(entry->size, &blocks)) {
        import_bad(import, line, line + (entry->code.at - text),
                   "expected a size after the code");
        return;
    }
    import_time(import, entry->wall_ns);
    if (letter == 'E' && is_internal(entry->source) &&
        !import->request->keep_internal) {
        import->report->skipped_internal++;
    } else if (letter == 'E') {
        enqueued(import, line, text, entry);
    } else {
        import->report->records++;
    }
    if (!import->is_bad) {
        import->report->codes[letter - 'A']++;
    }
}

void
import_sun_line(struct import *import, const char *line)
{
    struct import_sun_entry entry = {0};
    const char *at = line;

    if (line[0] == '<') {
        const size_t size = strlen(line) + 1;
        char *copy = base_alloc(size);

        memcpy(copy, line, size);
        if (import_sun_xml(import, line, copy, &entry)) {
            entry_take(import, line, copy, &entry);
        }
        free(copy);
    } else if (!stamp(&at, &entry.wall_ns)) {
        import_bad(import, line, at,
                   "expected a stamp, as 12-Mar-2006 09:14:02.31");
    } else if (text_entry(import, line, at, &entry)) {
        entry_take(import, line, line, &entry);
    }
}
