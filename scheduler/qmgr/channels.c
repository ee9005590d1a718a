/* SPDX-License-Identifier: MIT */
/*
 * channels.c - what imta.cnf says of channels: names, in order, and little more
 *
 * Paragraphs are separated by blank lines. Those before the first channel are
 * rewrite rules if they look like it: the first word begins with $ . [ * or %,
 * or the second holds $ % or @. `defaults` and `nodefaults` are paragraphs of
 * their own. Of a channel the first line counts: its name, `daemon HOST`, and
 * any keyword that begins with smtp. `!` in column 1 is a comment, `<NAME`
 * reads another text, a backslash at the end of a line carries on.
 */
#include <stddef.h>
#include <string.h>

#include "keep.h"
#include "setup.h"

enum { DEPTH_MAX = 8, LINE_MAX = 4096, CHANNELS_MAX = 10000 };

enum state { BETWEEN, IN_RULES, IN_BLOCK };

struct reader {
    struct setup *setup;
    const struct sched_config *config;
    struct setup_channel defaults;
    enum state state;
    uint32_t depth;
    bool has_block;
    char line[LINE_MAX]; /* joined */
};

static bool
holds(struct note_piece piece, const char *any)
{
    for (uint64_t i = 0; i < piece.size; i++) {
        for (const char *c = any; *c != '\0'; c++) {
            if (piece.bytes[i] == *c) {
                return true;
            }
        }
    }
    return false;
}

static bool
is_rule(struct note_piece line)
{
    struct note_piece first = note_word(&line);
    const struct note_piece second = note_word(&line);

    first.size = first.size > 0 ? 1 : 0;
    return holds(first, "$.[*%") || holds(second, "$%@");
}

/* keywords_read - those that matter */
static void
keywords_read(struct setup_channel *channel, struct note_piece line)
{
    for (struct note_piece word = note_word(&line); word.size > 0;
         word = note_word(&line)) {
        if (note_is(word, "daemon")) {
            word = note_word(&line);
            channel->daemon[0] = '\0';
            note_put(channel->daemon, sizeof channel->daemon, word);
        } else if (note_begins(word, "smtp")) {
            channel->is_smtp = true;
        }
    }
}

static bool
is_name(struct note_piece name)
{
    for (uint64_t i = 0; i < name.size; i++) {
        const char c = name.bytes[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.') {
            return false;
        }
    }
    return name.size > 0 && name.size < SETUP_NAME_SIZE;
}

static bool
is_taken(const struct setup *setup, struct note_piece name)
{
    for (uint32_t i = 0; i < setup->channels_count; i++) {
        if (note_is(name, setup->channels[i].name)) {
            return true;
        }
    }
    return false;
}

/* channel_new - one more, as the defaults have it; NULL: no memory */
static struct setup_channel *
channel_new(struct reader *reader)
{
    struct setup *setup = reader->setup;

    if (setup->channels_count == setup->channels_capacity) {
        const uint32_t n = setup->channels_capacity;
        const uint32_t wider = n == 0 ? 16 : 2 * n;
        struct setup_channel *channels = keep_grow(
            setup->allocator, setup->channels, (uint64_t)n * sizeof *channels,
            (uint64_t)wider * sizeof *channels);
        if (channels == NULL) {
            setup->status = SCHED_ERR_MEMORY;
            return NULL;
        }
        setup->channels = channels;
        setup->channels_capacity = wider;
    }
    struct setup_channel *channel = &setup->channels[setup->channels_count++];
    *channel = reader->defaults;
    return channel;
}

static void
block_begin(struct reader *reader, struct note_piece line,
            const struct note_place *place)
{
    struct setup *setup = reader->setup;
    const struct note_piece name = note_word(&line);

    reader->state = IN_BLOCK;
    reader->has_block = true;
    if (note_is(name, "defaults")) {
        keywords_read(&reader->defaults, line);
    } else if (note_is(name, "nodefaults")) {
        reader->defaults = (struct setup_channel){0};
    } else if (!is_name(name) || is_taken(setup, name) ||
               setup->channels_count == CHANNELS_MAX) {
        note_error(&setup->note, place,
                   "a new channel's name (1 to 32 letters, digits, _ - .)",
                   name, "rewrite rules come before all channels");
    } else {
        struct setup_channel *channel = channel_new(reader);
        if (channel != NULL) {
            note_put(channel->name, sizeof channel->name, name);
            note_put_place(channel->origin, sizeof channel->origin, place);
            keywords_read(channel, line);
        }
    }
}

static void text_read(struct reader *reader, const struct sched_text *text);

static void
include_read(struct reader *reader, struct note_piece name,
             const struct note_place *place)
{
    struct setup *setup = reader->setup;
    struct sched_created *created = setup->note.created;

    name = note_trim(name);
    if (reader->depth == DEPTH_MAX || name.size == 0 ||
        name.size >= sizeof created->needed_name) {
        note_error(&setup->note, place, "<NAME of a text, 8 within each other",
                   name, "put them into fewer");
        return;
    }
    for (uint32_t i = 0; i < reader->config->texts_count; i++) {
        const struct sched_text *text = &reader->config->texts[i];
        if (text->role == SCHED_TEXT_INCLUDED && note_is(name, text->name)) {
            text_read(reader, text);
            return;
        }
    }
    created->needed_role = SCHED_TEXT_INCLUDED;
    created->needed_name[0] = '\0';
    note_put(created->needed_name, sizeof created->needed_name, name);
    setup->status = SCHED_TEXT_NEEDED;
}

/* rules_follow - whether a paragraph that begins with an include has rules */
static bool
rules_follow(struct note_piece rest)
{
    struct note_piece line;

    while (note_line(&rest, &line) && note_trim(line).size > 0) {
        if (line.bytes[0] != '!' && line.bytes[0] != '<') {
            return is_rule(line);
        }
    }
    return false;
}

static void
line_read(struct reader *reader, struct note_piece line,
          const struct note_place *place, struct note_piece rest)
{
    if (line.size > 0 && line.bytes[0] == '!') {
        return;
    }
    if (note_trim(line).size == 0) {
        reader->state = BETWEEN;
        return;
    }
    const bool is_include = line.bytes[0] == '<';
    if (reader->state == BETWEEN && !reader->has_block &&
        (is_include ? rules_follow(rest) : is_rule(line))) {
        reader->state = IN_RULES;
    }
    if (reader->state == IN_RULES) {
        return;
    }
    if (is_include) {
        line.bytes++;
        line.size--;
        include_read(reader, line, place);
    } else if (reader->state == BETWEEN) {
        block_begin(reader, line, place);
    }
}

/* line_next - a line with those that carry it on, blanks where they meet */
static bool
line_next(struct reader *reader, struct note_piece *rest,
          struct note_piece *line, uint32_t *lines_count)
{
    uint64_t size = 0;

    *lines_count = 1;
    if (!note_line(rest, line)) {
        return false;
    }
    if (line->size == 0 || line->bytes[0] == '!' ||
        line->bytes[line->size - 1] != '\\') {
        return true;
    }
    for (;;) {
        const bool goes_on =
            line->size > 0 && line->bytes[line->size - 1] == '\\';
        const uint64_t bytes = line->size - goes_on;
        if (size + bytes + 1 > LINE_MAX) {
            break; /* so many keywords cannot be; the rest has no effect */
        }
        memcpy(reader->line + size, line->bytes, (size_t)bytes);
        size += bytes;
        reader->line[size++] = ' ';
        if (!goes_on || !note_line(rest, line)) {
            break;
        }
        ++*lines_count;
    }
    *line = (struct note_piece){reader->line, size};
    return true;
}

static void
text_read(struct reader *reader, const struct sched_text *text)
{
    struct note_piece rest = {text->bytes, text->bytes_size};
    struct note_place place = {text->name, 1, 1};
    struct note_piece line;
    uint32_t lines_count = 0;

    reader->depth++;
    while (reader->setup->status == SCHED_OK &&
           line_next(reader, &rest, &line, &lines_count)) {
        line_read(reader, line, &place, rest);
        place.line += lines_count;
    }
    reader->depth--;
}

void
setup_read_channels(struct setup *setup, const struct sched_config *config)
{
    struct reader *reader = keep_take(setup->allocator, sizeof *reader);
    const struct note_place place = {"imta.cnf", 0, 0};
    bool is_there = false;

    if (reader == NULL) {
        setup->status = SCHED_ERR_MEMORY;
        return;
    }
    reader->setup = setup;
    reader->config = config;
    for (uint32_t i = 0; i < config->texts_count; i++) {
        if (config->texts[i].role == SCHED_TEXT_CHANNELS) {
            is_there = true;
            text_read(reader, &config->texts[i]);
        }
    }
    keep_give(setup->allocator, reader, sizeof *reader);
    if (!is_there) {
        setup->note.created->needed_role = SCHED_TEXT_CHANNELS;
        setup->note.created->needed_name[0] = '\0';
        note_put_text(setup->note.created->needed_name,
                      sizeof setup->note.created->needed_name, "imta.cnf");
        setup->status = SCHED_TEXT_NEEDED;
    } else if (setup->status == SCHED_OK && setup->channels_count == 0) {
        note_error(&setup->note, &place, "at least one channel block",
                   note_piece(""),
                   "a line with its name, a line with its host");
    }
}
