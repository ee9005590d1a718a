/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep_axis.c - axes as they are typed: values, lists, ranges; see sweep.h
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/arena.h"
#include "sim/lab/sweep.h"

enum { VALUES_MAX = 10000 };

static const struct src_loc command_line = {.file = "command line"};

/* piece_size - bytes up to the comma that divides, or to the end */
static size_t
piece_size(const char *text)
{
    size_t size = 0;
    int depth = 0;

    while (text[size] != '\0' && (text[size] != ',' || depth > 0)) {
        depth += text[size] == '(' || text[size] == '[' || text[size] == '{';
        depth -= text[size] == ')' || text[size] == ']' || text[size] == '}';
        size++;
    }
    return size;
}

static const char *
piece_copy(struct arena *arena, const char *text, size_t size)
{
    char *copy = arena_take(arena, size + 1);

    while (size > 0 && text[0] == ' ') {
        text++;
        size--;
    }
    while (size > 0 && text[size - 1] == ' ') {
        size--;
    }
    memcpy(copy, text, size); /* the arena's memory is zeroed: NUL is there */
    return copy;
}

/* range_read - "10..50:10" or "1..8"; false: it is something else */
static bool
range_read(const char *text, int64_t range[3])
{
    char *end = NULL;

    errno = 0;
    range[0] = strtoll(text, &end, 10);
    if (end == text || strncmp(end, "..", 2) != 0) {
        return false;
    }
    text = end + 2;
    range[1] = strtoll(text, &end, 10);
    if (end == text) {
        return false;
    }
    range[2] = 1;
    if (*end == ':') {
        text = end + 1;
        range[2] = strtoll(text, &end, 10);
    }
    return end != text && *end == '\0' && errno == 0;
}

/* range_count - how many values; 0: none, or far too many */
static uint32_t
range_count(const int64_t range[3])
{
    base_i128 span = (base_i128)range[1] - range[0];

    if (range[2] <= 0 || span < 0 || span / range[2] >= VALUES_MAX) {
        return 0;
    }
    return (uint32_t)(span / range[2]) + 1;
}

/* values_add - a value, or all of a range; false: complained */
static bool
values_add(struct scenario_axis *axis, struct arena *arena, const char *value,
           struct diag *diag)
{
    int64_t range[3] = {0};
    uint32_t count = 1;
    bool is_range = range_read(value, range);

    if (is_range) {
        count = range_count(range);
    }
    if (value[0] == '\0' || count == 0 ||
        axis->values_count + count > VALUES_MAX) {
        diag_error(diag, command_line,
                   "%s: '%s' is no value and no range like 10..50:10 of at"
                   " most %d values",
                   axis->path, value, VALUES_MAX);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        char number[24];

        if (is_range) {
            snprintf(number, sizeof number, "%" PRId64,
                     range[0] + (int64_t)i * range[2]);
        }
        axis->values[axis->values_count++] =
            is_range ? arena_text(arena, number) : value;
    }
    return true;
}

bool
sweep_axis_check(const struct scenario_axis *axis, struct diag *diag)
{
    for (uint32_t i = 0; i < axis->values_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            const char *label = scenario_axis_label(axis, i);

            if (strcmp(axis->values[i], axis->values[j]) == 0 ||
                strcmp(label, scenario_axis_label(axis, j)) == 0) {
                diag_error(diag, command_line, "%s: the value %s stands twice",
                           axis->path, label);
                return false;
            }
        }
    }
    return axis->values_count > 0;
}

bool
sweep_axis_parse(const char *text, struct arena *arena,
                 struct scenario_axis *axis, struct diag *diag)
{
    const char *equals = strchr(text, '=');
    bool is_more = true;

    *axis = (struct scenario_axis){0};
    if (equals == NULL || equals == text) {
        diag_error(diag, command_line,
                   "'%s' must be PATH=VALUE,VALUE,... as in"
                   " channel.tcp_local.threaddepth=1,2,5",
                   text);
        return false;
    }
    axis->path = piece_copy(arena, text, (size_t)(equals - text));
    axis->values = arena_take(arena, VALUES_MAX * sizeof *axis->values);
    text = equals + 1;
    while (is_more) {
        size_t size = piece_size(text);

        if (!values_add(axis, arena, piece_copy(arena, text, size), diag)) {
            return false;
        }
        is_more = text[size] == ',';
        text += size + (is_more ? 1 : 0);
    }
    return sweep_axis_check(axis, diag);
}
