/* SPDX-License-Identifier: MIT */
/*
 * conf_say.c - see conf_say.h
 */
#include "conf_say.h"

#include <stddef.h>

enum {
    HINTS_MAX = 64,     /* GUESS: more than anyone reads */
    HINT_BYTES_MAX = 40 /* longer words are no misspelt keywords */
};

void
conf_say_init(struct conf_say *say, struct sched_created *created)
{
    *say = (struct conf_say){.created = created};
    text_out_init(&say->out, created->messages, created->messages_size);
    created->errors_count = 0;
    created->warnings_count = 0;
}

void
conf_place_put(struct text_out *out, const struct conf_place *place)
{
    text_put_string(out, place->name);
    if (place->line > 0) {
        text_format(out, ":%d:%d", (int64_t)place->line,
                    (int64_t)place->column);
    }
}

static void
put_line(struct conf_say *say, const struct conf_place *place, const char *kind,
         const char *format, va_list args)
{
    struct text_out before = say->out;

    if (before.is_full) {
        return;
    }
    conf_place_put(&say->out, place);
    text_put_string(&say->out, kind);
    text_vformat(&say->out, format, args);
    text_put_string(&say->out, "\n");
    if (say->out.is_full) {
        say->out.length = before.length;
        if (before.size > 0) {
            before.bytes[before.length] = '\0';
        }
    }
}

void
conf_error(struct conf_say *say, const struct conf_place *place,
           const char *format, ...)
{
    va_list args;

    say->created->errors_count++;
    va_start(args, format);
    put_line(say, place, ": error: ", format, args);
    va_end(args);
}

void
conf_warn(struct conf_say *say, const struct conf_place *place,
          const char *format, ...)
{
    va_list args;

    say->created->warnings_count++;
    va_start(args, format);
    put_line(say, place, ": warning: ", format, args);
    va_end(args);
}

struct conf_nearest
conf_nearest_begin(struct conf_say *say, struct text_slice wanted)
{
    struct conf_nearest nearest = {wanted, NULL, 0};

    if (say->hints_count >= HINTS_MAX || say->out.is_full ||
        wanted.size > HINT_BYTES_MAX) {
        nearest.wanted.size = 0;
    } else {
        say->hints_count++;
    }
    /* One slip in a short word, up to three in a long one. */
    nearest.distance = nearest.wanted.size <= 3   ? 2
                       : nearest.wanted.size <= 8 ? 3
                                                  : 4;
    return nearest;
}

static uint32_t
least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* edit_distance - slips (Levenshtein, without case) between two words */
static uint32_t
edit_distance(struct text_slice a, struct text_slice b)
{
    uint32_t row[HINT_BYTES_MAX + 1];

    for (uint32_t i = 0; i <= a.size; i++) {
        row[i] = i;
    }
    for (uint32_t j = 1; j <= b.size; j++) {
        uint32_t corner = row[0];

        row[0] = j;
        for (uint32_t i = 1; i <= a.size; i++) {
            uint32_t same =
                text_lower(a.bytes[i - 1]) == text_lower(b.bytes[j - 1]) ? 0
                                                                         : 1;
            uint32_t step = least(row[i], row[i - 1]) + 1;
            uint32_t above = row[i];

            row[i] = least(corner + same, step);
            corner = above;
        }
    }
    return row[a.size];
}

void
conf_nearest_try(struct conf_nearest *nearest, const char *word)
{
    struct text_slice other = text_of(word);
    uint64_t size = nearest->wanted.size;

    if (size == 0 || other.size > HINT_BYTES_MAX ||
        other.size + nearest->distance <= size ||
        size + nearest->distance <= other.size) {
        return; /* the lengths alone put it too far */
    }
    uint32_t distance = edit_distance(nearest->wanted, other);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = word;
    }
}
