/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * story_beats.c - what is told, as text and as JSON
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/story_parts.h"
#include "sim/cmd/wording.h"

enum { INDENT = 41 };

static char *
copy(const char *text)
{
    const size_t size = strlen(text) + 1;

    return memcpy(base_alloc(size), text, size);
}

struct beat *
beat_new(struct story *story, int64_t at_ns, const char *event,
         uint64_t message, int64_t file)
{
    struct beat *beat = base_alloc(sizeof *beat);

    *beat = (struct beat){.event = event,
                          .message = message,
                          .at_ns = at_ns,
                          .file = (uint32_t)file};
    if (story->last == NULL) {
        story->beats = beat;
    } else {
        story->last->next = beat;
    }
    story->last = beat;
    return beat;
}

void
beat_say(struct beat *beat, const char *format, ...)
{
    char text[2 * STORY_REASON_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    free(beat->line);
    beat->line = copy(text);
}

static struct beat_value *
value_add(struct beat *beat, const char *key)
{
    ASSERT(beat->values_count < STORY_VALUES_MAX);
    struct beat_value *value = &beat->values[beat->values_count++];
    value->key = key;
    return value;
}

void
beat_number(struct beat *beat, const char *key, int64_t number)
{
    value_add(beat, key)->number = number;
}

void
beat_seconds(struct beat *beat, const char *key, int64_t ns)
{
    struct beat_value *value = value_add(beat, key);

    value->number = ns;
    value->is_ns = true;
}

void
beat_text(struct beat *beat, const char *key, const char *text)
{
    struct beat_value *value = value_add(beat, key);

    value->text = text == NULL ? NULL : copy(text);
    value->is_null = text == NULL;
}

void
beat_waits(struct beat *beat, const struct track *track)
{
    const size_t bytes = track->waits_count * sizeof beat->waits[0];

    beat->has_waits = true;
    beat->waits_count = track->waits_count;
    if (bytes > 0) {
        beat->waits = memcpy(base_alloc(bytes), track->waits, bytes);
    }
    beat->note = track->reason[0] == '\0' ? NULL : copy(track->reason);
}

void
beats_free(struct story *story)
{
    while (story->beats != NULL) {
        struct beat *beat = story->beats;

        story->beats = beat->next;
        for (uint32_t i = 0; i < beat->values_count; i++) {
            free(beat->values[i].text);
        }
        free(beat->line);
        free(beat->note);
        free(beat->waits);
        free(beat);
    }
}

/* --- As text --------------------------------------------------------------- */

static void
beat_print(const struct story *story, const struct beat *beat, FILE *out)
{
    fprintf(out, "%14.6f s  ", (double)beat->at_ns / (double)NS_PER_S);
    wording_clock(out, story->start_wall_ns + beat->at_ns);
    fprintf(out, "  message %" PRIu64, beat->message);
    if (beat->file != 0) {
        fprintf(out, ", file %" PRIu32, beat->file);
    }
    fprintf(out, ": %s\n", beat->line);
    for (uint32_t i = 0; i < beat->waits_count; i++) {
        fprintf(out, "%*swaited ", INDENT, "");
        wording_duration(out, beat->waits[i].ns);
        fprintf(out, ": %s\n", beat->waits[i].text);
    }
    if (beat->note != NULL) {
        fprintf(out, "%*sthe scheduler%s: ", INDENT, "",
                strcmp(beat->event, "left") == 0 ? "" : ", as the wait began");
        wording_times(out, beat->note, story->start_wall_ns);
        fputc('\n', out);
    }
}

void
story_print(const struct story *story, FILE *out)
{
    for (const struct beat *beat = story->beats; beat != NULL;
         beat = beat->next) {
        beat_print(story, beat, out);
    }
}

/* --- As JSON --------------------------------------------------------------- */

static void
value_put(struct json *json, const struct beat_value *value)
{
    if (value->text != NULL || value->is_null) {
        wording_text_put(json, value->key, value->text);
    } else if (value->is_ns) {
        wording_seconds_put(json, value->key, value->number);
    } else {
        json_key(json, value->key);
        json_i64(json, value->number);
    }
}

static void
waits_put(struct json *json, const struct beat *beat)
{
    json_key(json, "waits");
    json_array_begin(json);
    for (uint32_t i = 0; i < beat->waits_count; i++) {
        const struct wait_part *part = &beat->waits[i];

        json_object_begin(json);
        wording_text_put(json, "for", part->kind);
        wording_text_put(json, "rule", part->rule);
        wording_seconds_put(json, "waited_s", part->ns);
        wording_text_put(json, "text", part->text);
        json_object_end(json);
    }
    json_array_end(json);
}

void
story_json(const struct story *story, struct json *json)
{
    json_array_begin(json);
    for (const struct beat *beat = story->beats; beat != NULL;
         beat = beat->next) {
        json_object_begin(json);
        wording_instant_put(json, "at", beat->at_ns, story->start_wall_ns);
        wording_text_put(json, "event", beat->event);
        wording_u64_put(json, "message", beat->message);
        json_key(json, "file");
        if (beat->file == 0) {
            json_null(json);
        } else {
            json_u64(json, beat->file);
        }
        for (uint32_t i = 0; i < beat->values_count; i++) {
            value_put(json, &beat->values[i]);
        }
        if (beat->has_waits) {
            waits_put(json, beat);
            json_key(json, "scheduler");
            wording_times_json(json, beat->note, story->start_wall_ns);
        }
        json_object_end(json);
    }
    json_array_end(json);
}
