/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wording.c - see wording.h
 */
#include "sim/cmd/wording.h"

#include <stdlib.h>
#include <string.h>

#include "sim/cmd/figures.h"
#include "sim/kernel/civil.h"

enum { NS_PLACES = 9 };

void
wording_duration(FILE *out, int64_t ns)
{
    char text[FIGURES_SIZE];

    figures_duration(text, (double)ns / (double)NS_PER_S);
    fputs(text, out);
}

void
wording_clock(FILE *out, int64_t wall_ns)
{
    char text[CIVIL_TEXT_SIZE];

    civil_format(wall_ns - wall_ns % NS_PER_S, text);
    text[10] = ' ';
    fprintf(out, "%.19s", text);
}

void
wording_times(FILE *out, const char *text, int64_t start_wall_ns)
{
    while (*text != '\0') {
        char *end = NULL;
        const int64_t ns =
            *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : 0;

        if (end != NULL && strncmp(end, " ns", 3) == 0) {
            wording_duration(out, ns);
            fputs(" (", out);
            wording_clock(out, start_wall_ns + ns);
            fputc(')', out);
            text = end + 3;
        } else if (end != NULL) {
            fprintf(out, "%.*s", (int)(end - text), text);
            text = end;
        } else {
            fputc(*text++, out);
        }
    }
}

void
wording_times_json(struct json *json, const char *text, int64_t start_wall_ns)
{
    char *words = NULL;
    size_t size = 0;

    if (text == NULL) {
        json_null(json);
        return;
    }
    FILE *out = open_memstream(&words, &size);
    ASSERT(out != NULL);
    wording_times(out, text, start_wall_ns);
    fclose(out);
    if (size > 0 && words[size - 1] == '\n') {
        words[size - 1] = '\0';
    }
    json_text(json, words);
    free(words);
}

void
wording_text_put(struct json *json, const char *key, const char *text)
{
    json_key(json, key);
    json_text(json, text);
}

void
wording_u64_put(struct json *json, const char *key, uint64_t value)
{
    json_key(json, key);
    json_u64(json, value);
}

void
wording_seconds_put(struct json *json, const char *key, int64_t ns)
{
    json_key(json, key);
    json_decimal(json, ns, NS_PLACES);
}

void
wording_instant_put(struct json *json, const char *key, int64_t at_ns,
                    int64_t start_wall_ns)
{
    char name[64];
    char text[CIVIL_TEXT_SIZE];

    snprintf(name, sizeof name, "%s_s", key);
    wording_seconds_put(json, name, at_ns);
    civil_format(start_wall_ns + at_ns, text);
    wording_text_put(json, key, text);
}
