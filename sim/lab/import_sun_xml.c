/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_sun_xml.c - a line of a Sun mail.log with LOG_FORMAT=4
 *
 *     <en ts="2006-03-12T09:14:02.31" sc="SRC" dc="DST" ac="E" sz="4" .../>
 *
 * One element a line: en tells of mail, co of a connection, he of a header.
 */
#include <string.h>

#include "sim/kernel/civil.h"
#include "sim/lab/import_sun.h"

/* unescape - the five entities of XML, in place. Its new length */
static size_t
unescape(char *text, size_t size)
{
    static const struct {
        const char *entity;
        char c;
    } known[] = {{"&lt;", '<'},
                 {"&gt;", '>'},
                 {"&amp;", '&'},
                 {"&quot;", '"'},
                 {"&apos;", '\''}};
    size_t kept = 0;

    for (size_t i = 0; i < size; kept++) {
        size_t used = 1;

        text[kept] = text[i];
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            const size_t entity_size = strlen(known[k].entity);

            if (i + entity_size <= size &&
                memcmp(text + i, known[k].entity, entity_size) == 0) {
                text[kept] = known[k].c;
                used = entity_size;
            }
        }
        i += used;
    }
    return kept;
}

/* attribute_read - name="value"; the value is unescaped where it stands. 1, 0
 * at the element's end, -1 */
static int
attribute_read(char **at, struct import_slice *name, struct import_slice *value)
{
    char *p = *at + strspn(*at, " \t");
    char *end = NULL;

    if (strncmp(p, "/>", 2) == 0 || *p == '>') {
        return 0;
    }
    *name = (struct import_slice){p, strcspn(p, "= \t")};
    p += name->size;
    if (p[0] != '=' || p[1] != '"') {
        return -1;
    }
    p += 2;
    end = strchr(p, '"');
    if (end == NULL) {
        return -1;
    }
    *value = (struct import_slice){p, unescape(p, (size_t)(end - p))};
    *at = end + 1;
    return 1;
}

/* attribute_take - the field of that name; others are of no use */
static bool
attribute_take(struct import_sun_entry *entry, struct import_slice name,
               struct import_slice value)
{
    const struct {
        const char *name;
        struct import_slice *field;
    } fields[] = {
        {"sc", &entry->source},   {"dc", &entry->channel},
        {"ac", &entry->code},     {"sz", &entry->size},
        {"so", &entry->sender},   {"de", &entry->recipient},
        {"fi", &entry->file},     {"mi", &entry->message_id},
        {"pr", &entry->priority},
    };
    int64_t offset_ns = 0;
    const char *end = NULL;

    if (import_is(name, "ts")) {
        return civil_parse(value.at, &entry->wall_ns, &offset_ns, &end) &&
               end == value.at + value.size;
    }
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (import_is(name, fields[i].name)) {
            *fields[i].field = value;
        }
    }
    return true;
}

bool
import_sun_xml(struct import *import, const char *line, char *copy,
               struct import_sun_entry *entry)
{
    char *at = copy + strcspn(copy, " \t>");
    const struct import_slice element = {copy, (size_t)(at - copy)};
    struct import_slice name = {0};
    struct import_slice value = {0};
    int got = 0;

    entry->wall_ns = INT64_MIN;
    if (!import_is(element, "<en")) {
        if (import_is(element, "<co")) {
            import->report->connections++;
        } else {
            import->report->others++;
        }
        return false;
    }
    while ((got = attribute_read(&at, &name, &value)) > 0) {
        if (!attribute_take(entry, name, value)) {
            import_bad(import, line, line + (value.at - copy),
                       "expected a date and a time");
            return false;
        }
    }
    if (got < 0 || entry->wall_ns == INT64_MIN ||
        !import_sun_is_code(entry->code)) {
        import_bad(import, line, line + (at - copy),
                   "expected an element with ts, sc, ac, sz and de");
        return false;
    }
    if (import_is(entry->sender, "<>")) {
        entry->sender.size = 0;
    }
    return true;
}
