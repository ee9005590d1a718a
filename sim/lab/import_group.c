/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_group.c - records that belong together become messages
 *
 * Records come sorted by (group, time, line), so one message is built at a
 * time. A recipient is kept as its texts, "address NUL channel NUL domain NUL",
 * at an offset of one buffer.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lab/import_message.h"
#include "sim/lab/import_parts.h"

/*
 * Records of one Sun message are written as its last address is accepted,
 * within moments. The same id after a longer pause is another submission: mail
 * that was sent again, or has come back to the host.
 * GUESS: ten seconds.
 */
#define SUN_PAUSE_NS (10 * NS_PER_S)

/* A Postfix message names its recipients again at each attempt: they are
 * boiled down to the different ones when their number has doubled. */
#define BOIL_DOWN_COUNT_MIN 1024

struct builder {
    struct import *import;
    bool is_open;
    bool has_arrival;          /* postfix */
    bool is_internal;          /* postfix: a notification */
    struct import_record head; /* its source is the member below */
    char source[TRACE_TEXT_BYTES_MAX + 1];
    uint64_t seq;
    int64_t last_wall_ns;
    char *texts;
    size_t texts_size;
    size_t texts_capacity;
    uint64_t *recipients; /* offsets in texts */
    uint64_t recipients_count;
    uint64_t recipients_capacity;
    uint64_t boil_down_at;
    char *data; /* of a message, to be sorted */
    size_t data_capacity;
};

static void
builder_clear(struct builder *builder)
{
    builder->is_open = false;
    builder->has_arrival = false;
    builder->is_internal = false;
    builder->texts_size = 0;
    builder->recipients_count = 0;
    builder->boil_down_at = BOIL_DOWN_COUNT_MIN;
}

static void
builder_free(struct builder *builder)
{
    free(builder->texts);
    free(builder->recipients);
    free(builder->data);
}

static char *
text_put(char *at, const char *text)
{
    const size_t size = strlen(text) + 1;

    memcpy(at, text, size);
    return at + size;
}

static const char *
text_after(const char *text)
{
    return text + strlen(text) + 1;
}

static void
recipient_add(struct builder *builder, const struct import_record *record)
{
    const size_t size = strlen(record->address) + strlen(record->channel) +
                        strlen(record->domain) + 3;
    char *at = NULL;

    if (builder->texts_size + size > builder->texts_capacity) {
        builder->texts_capacity = (builder->texts_size + size) * 2;
        builder->texts = base_realloc(builder->texts, builder->texts_capacity);
    }
    if (builder->recipients_count == builder->recipients_capacity) {
        builder->recipients_capacity = builder->recipients_capacity * 2 + 16;
        builder->recipients =
            base_realloc(builder->recipients, builder->recipients_capacity *
                                                  sizeof *builder->recipients);
    }
    ASSERT(builder->texts != NULL);
    builder->recipients[builder->recipients_count++] = builder->texts_size;
    at = builder->texts + builder->texts_size;
    at = text_put(at, record->address);
    at = text_put(at, record->channel);
    text_put(at, record->domain);
    builder->texts_size += size;
}

/* --- Recipients in order --------------------------------------------------- */

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* digits_compare - two runs of digits by value; moves past both */
static int
digits_compare(const char **a, const char **b)
{
    size_t x = 0;
    size_t y = 0;
    int order = 0;

    while (**a == '0') {
        ++*a;
    }
    while (**b == '0') {
        ++*b;
    }
    while (is_digit((*a)[x])) {
        x++;
    }
    while (is_digit((*b)[y])) {
        y++;
    }
    order = x != y ? (x < y ? -1 : 1) : memcmp(*a, *b, x);
    *a += x;
    *b += y;
    return order;
}

/* natural_compare - r2@ before r10@; 0 only for the same text */
static int
natural_compare(const char *left, const char *right)
{
    const char *a = left;
    const char *b = right;

    while (*a != '\0' && *b != '\0') {
        if (is_digit(*a) && is_digit(*b)) {
            const int order = digits_compare(&a, &b);

            if (order != 0) {
                return order;
            }
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    if (*a != *b) {
        return *a == '\0' ? -1 : 1;
    }
    return strcmp(left, right);
}

static int
compare_addresses(const void *a, const void *b)
{
    return natural_compare(*(const char *const *)a, *(const char *const *)b);
}

/* boil_down - each recipient once, in order of address */
static void
boil_down(struct builder *builder)
{
    const uint64_t count = builder->recipients_count;
    const char **sorted = base_alloc(count * sizeof *sorted);
    char *texts = base_alloc(builder->texts_size);
    char *at = texts;
    uint64_t kept = 0;

    for (uint64_t i = 0; i < count; i++) {
        sorted[i] = builder->texts + builder->recipients[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_addresses);
    for (uint64_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0) {
            const char *channel = text_after(sorted[i]);

            builder->recipients[kept++] = (uint64_t)(at - texts);
            at = text_put(at, sorted[i]);
            at = text_put(at, channel);
            at = text_put(at, text_after(channel));
        }
    }
    memcpy(builder->texts, texts, (size_t)(at - texts));
    builder->texts_size = (size_t)(at - texts);
    builder->recipients_count = kept;
    builder->boil_down_at =
        kept * 2 < BOIL_DOWN_COUNT_MIN ? BOIL_DOWN_COUNT_MIN : kept * 2;
    free(texts);
    free(sorted);
}

/* --- Messages -------------------------------------------------------------- */

/* part_size - bytes of the message with recipients first to end - 1 */
static size_t
part_size(const struct builder *builder, uint64_t first, uint64_t end)
{
    size_t size =
        sizeof(struct import_message_head) + strlen(builder->source) + 1;

    for (uint64_t i = first; i < end; i++) {
        const char *channel =
            text_after(builder->texts + builder->recipients[i]);

        size += strlen(channel) + strlen(text_after(channel)) + 2;
    }
    return size;
}

/* part_emit - a message with recipients first to end - 1 */
static void
part_emit(struct builder *builder, uint64_t first, uint64_t end)
{
    struct import *import = builder->import;
    const size_t size = part_size(builder, first, end);
    const struct import_message_head head = {
        .wall_ns = builder->head.wall_ns,
        .size_bytes = builder->head.size_bytes,
        .recipients_count = (uint32_t)(end - first),
        .priority = builder->head.priority,
        .is_null_sender = builder->head.is_null_sender,
    };
    char key[IMPORT_KEY_TIME_BYTES + 1];
    char *at = NULL;

    if (size > builder->data_capacity) {
        builder->data_capacity = size * 2;
        builder->data = base_realloc(builder->data, builder->data_capacity);
    }
    memcpy(builder->data, &head, sizeof head);
    at = text_put(builder->data + sizeof head, builder->source);
    for (uint64_t i = first; i < end; i++) {
        const char *channel =
            text_after(builder->texts + builder->recipients[i]);

        at = text_put(at, channel);
        at = text_put(at, text_after(channel));
    }
    import_key_time(key, head.wall_ns);

    const struct sort_record sorted = {
        .key = key,
        .data = builder->data,
        .key_size = IMPORT_KEY_TIME_BYTES,
        .data_size = (uint32_t)(at - builder->data),
        /* Parts share the line: they are told apart below it. */
        .seq = builder->seq * 1024 + first / TRACE_RECIPIENTS_MAX,
    };

    if (!import->is_broken && !sort_add(import->messages, &sorted)) {
        import_broken(import);
    }
}

/* builder_flush - what was collected is a message, if it is one */
static void
builder_flush(struct builder *builder)
{
    struct import *import = builder->import;
    const bool is_postfix = import->request->format == IMPORT_POSTFIX;

    if (is_postfix && builder->recipients_count > 0) {
        boil_down(builder);
    }
    if (is_postfix && !builder->has_arrival) {
        import->report->no_arrival += builder->recipients_count;
    } else if (builder->is_internal && !import->request->keep_internal) {
        import->report->skipped_internal++;
    } else if (is_postfix && builder->recipients_count == 0) {
        import->report->no_recipient++;
    } else {
        uint64_t end = 0;

        for (uint64_t i = 0; i < builder->recipients_count; i = end) {
            end = i + TRACE_RECIPIENTS_MAX < builder->recipients_count
                      ? i + TRACE_RECIPIENTS_MAX
                      : builder->recipients_count;
            part_emit(builder, i, end);
        }
    }
    builder_clear(builder);
}

/* head_take - time, size, sender of the message come from this record */
static void
head_take(struct builder *builder, const struct import_record *record,
          uint64_t seq)
{
    builder->head = *record;
    builder->seq = seq;
    snprintf(builder->source, sizeof builder->source, "%s", record->source);
}

static void
sun_take(struct builder *builder, const struct import_record *record,
         uint64_t seq)
{
    if (builder->is_open &&
        (record->wall_ns - builder->last_wall_ns > SUN_PAUSE_NS ||
         builder->recipients_count == TRACE_RECIPIENTS_MAX)) {
        builder_flush(builder);
    }
    if (!builder->is_open) {
        head_take(builder, record, seq);
        builder->is_open = true;
    }
    builder->last_wall_ns = record->wall_ns;
    recipient_add(builder, record);
}

static void
postfix_take(struct builder *builder, const struct import_record *record,
             uint64_t seq)
{
    builder->is_open = true;
    switch (record->kind) {
    case IMPORT_NOTIFIED:
        builder->is_internal = true;
        break;
    case IMPORT_ARRIVED:
        if (!builder->has_arrival) {
            head_take(builder, record, seq);
            builder->has_arrival = true;
        }
        break;
    case IMPORT_TRIED:
        recipient_add(builder, record);
        if (builder->recipients_count >= builder->boil_down_at) {
            boil_down(builder);
        }
        break;
    case IMPORT_REMOVED:
        builder_flush(builder);
        break;
    case IMPORT_RECIPIENT:
        UNREACHABLE("a record of the other format");
    }
}

/* is_group_end - the record begins another group than `group`, which it then
 * becomes; a key is group, NUL, time */
static bool
is_group_end(char *group, size_t *group_size, const struct sort_record *sorted)
{
    const size_t size = sorted->key_size - IMPORT_KEY_TIME_BYTES;

    if (size == *group_size && memcmp(group, sorted->key, size) == 0) {
        return false;
    }
    memcpy(group, sorted->key, size);
    *group_size = size;
    return true;
}

void
import_group(struct import *import)
{
    struct builder builder = {.import = import};
    char *group = base_alloc(IMPORT_LINE_BYTES_MAX);
    size_t group_size = 0;
    struct sort_record sorted;
    int got = 0;

    builder_clear(&builder);
    while ((got = sort_next(import->records, &sorted)) > 0) {
        struct import_record record;

        import_record_decode(&record, sorted.data);
        if (is_group_end(group, &group_size, &sorted) && builder.is_open) {
            builder_flush(&builder);
        }
        if (import->request->format == IMPORT_SUN) {
            sun_take(&builder, &record, sorted.seq);
        } else {
            postfix_take(&builder, &record, sorted.seq);
        }
    }
    if (builder.is_open) {
        builder_flush(&builder);
    }
    if (got < 0) {
        import_broken(import);
    }
    builder_free(&builder);
    free(group);
}
