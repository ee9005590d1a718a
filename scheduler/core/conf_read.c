/* SPDX-License-Identifier: MIT */
/*
 * conf_read.c - texts line by line, and what is common to all of them
 */
#include "conf_build.h"

#include <stddef.h>
#include <string.h>

enum { BOM_BYTES = 3 };

bool
conf_build_goes_on(struct conf_build *build, const struct conf_place *place)
{
    const struct sched_created *created = build->say.created;

    if (build->status != SCHED_OK) {
        return false;
    }
    if ((uint64_t)created->errors_count + created->warnings_count <
        CONF_FINDINGS_MAX) {
        return true;
    }
    build->status = SCHED_ERR_CONFIGURATION;
    conf_error(&build->say, place,
               "expected fewer than %d errors and warnings, found as many; "
               "is this the right file? the rest was not read",
               (int64_t)CONF_FINDINGS_MAX);
    return false;
}

bool
conf_build_set(struct conf_build *build, enum conf_key key,
               const struct conf_args *args, enum conf_rank rank,
               struct conf_value *value)
{
    struct conf_parse parse = {&build->say, &build->conf->memory, true};
    struct conf_value read = {.count = 0};

    if (!conf_value_parse(&parse, key, args, &read)) {
        if (!parse.has_memory) {
            build->status = SCHED_ERR_MEMORY;
        }
        return false;
    }
    read.rank = rank;
    read.place = args->place;
    if (value->rank <= (uint32_t)rank) {
        *value = read;
    }
    return true;
}

void
conf_read_text(struct conf_reader *reader, const struct sched_text *text)
{
    struct conf_build *build = reader->build;
    const char *bytes = text->bytes_size > 0 ? text->bytes : "";
    struct conf_cursor cursor = {bytes, bytes + text->bytes_size, {0}};
    struct conf_cursor line;

    cursor.place.name =
        conf_memory_copy(&build->conf->memory, text_of(text->name));
    if (!cursor.place.name) {
        build->status = SCHED_ERR_MEMORY;
        return;
    }
    cursor.place.line = 1;
    cursor.place.column = 1;
    if (text->bytes_size >= BOM_BYTES && !memcmp(bytes, "\xef\xbb\xbf", 3)) {
        cursor.at += BOM_BYTES; /* some editors put it there */
    }
    reader->open_names[reader->depth++] = text->name;
    while (conf_build_goes_on(build, &cursor.place) &&
           conf_line_next(&cursor, reader->joins, &line)) {
        reader->on_line(reader, &line, &cursor);
    }
    reader->depth--;
}

bool
conf_read_role(struct conf_reader *reader, uint32_t role)
{
    const struct sched_config *config = reader->build->config;
    bool is_there = false;

    for (uint32_t i = 0; i < config->texts_count; i++) {
        if (config->texts[i].role == role) {
            is_there = true;
            conf_read_text(reader, &config->texts[i]);
        }
    }
    return is_there;
}

struct conf_place
conf_place_of_role(const struct conf_build *build, uint32_t role)
{
    const struct sched_config *config = build->config;

    for (uint32_t i = 0; i < config->texts_count; i++) {
        if (config->texts[i].role == role) {
            return (struct conf_place){config->texts[i].name, 0, 0};
        }
    }
    return (struct conf_place){"", 0, 0};
}

/* is_open - whether a text of this name is being read already */
static bool
is_open(const struct conf_reader *reader, struct text_slice name)
{
    for (uint32_t i = 0; i < reader->depth; i++) {
        if (text_equal(name, text_of(reader->open_names[i]))) {
            return true;
        }
    }
    return false;
}

static const struct sched_text *
find_included(const struct sched_config *config, struct text_slice name)
{
    for (uint32_t i = 0; i < config->texts_count; i++) {
        const struct sched_text *text = &config->texts[i];

        if (text->role == SCHED_TEXT_INCLUDED &&
            text_equal(name, text_of(text->name))) {
            return text;
        }
    }
    return NULL;
}

void
conf_ask_for(struct conf_build *build, uint32_t role, struct text_slice name)
{
    struct sched_created *created = build->say.created;
    struct text_out out;

    text_out_init(&out, created->needed_name, sizeof created->needed_name);
    text_put(&out, name);
    created->needed_role = role;
    build->status = SCHED_TEXT_NEEDED;
}

void
conf_read_include(struct conf_reader *reader, const struct conf_cursor *line)
{
    struct conf_build *build = reader->build;
    struct conf_cursor after = *line;

    after.at++; /* the `<` */
    struct conf_word word = conf_line_rest(&after);
    struct text_slice name = word.text;

    if (name.size == 0 || name.size >= sizeof build->say.created->needed_name) {
        conf_error(&build->say, &line->place,
                   "expected <NAME of a text, 1 to 255 characters, found %q",
                   &name);
    } else if (is_open(reader, name)) {
        conf_error(&build->say, &line->place,
                   "expected another text, found %q, which includes this one; "
                   "remove one of the two lines",
                   &name);
    } else if (reader->depth == CONF_DEPTH_MAX ||
               build->includes_count == CONF_INCLUDES_MAX) {
        conf_error(&build->say, &line->place,
                   "expected at most %d texts within texts and %d in all, "
                   "found %q beyond; put them into fewer",
                   (int64_t)CONF_DEPTH_MAX, (int64_t)CONF_INCLUDES_MAX, &name);
    } else {
        const struct sched_text *text = find_included(build->config, name);

        build->includes_count++;
        if (text) {
            conf_read_text(reader, text);
        } else {
            conf_ask_for(build, SCHED_TEXT_INCLUDED, name);
        }
    }
}

void
conf_read_args(struct conf_build *build, struct conf_cursor *line,
               enum conf_key key, struct conf_args *args)
{
    struct conf_word rest = conf_line_rest(line);
    struct conf_word *words = args->words;

    args->count = 0;
    if (conf_setting(key)->kind == CONF_KIND_TEXT && rest.text.size > 0 &&
        rest.text.bytes[0] != '"') {
        words[args->count++] = rest; /* blanks belong to it */
        return;
    }
    while (args->count < CONF_ARGS_MAX &&
           conf_word_next(line, &build->say, &words[args->count])) {
        args->count++;
    }
}

bool
conf_read_pair(struct conf_build *build, struct conf_cursor *line,
               struct conf_word *name, struct conf_args *args)
{
    struct conf_word all = conf_line_rest(line);
    uint64_t size = 0;

    while (size < all.text.size && all.text.bytes[size] != '=') {
        size++;
    }
    *name = all;
    name->text = text_trim((struct text_slice){all.text.bytes, size});
    if (size == all.text.size || name->text.size == 0) {
        conf_error(&build->say, &all.place,
                   "expected OPTION=value, found %q; a comment begins with !",
                   &all.text);
        return false;
    }
    /* Past the `=`, so that the columns of the value are right. */
    while (*line->at != '=') {
        line->place.column += ((unsigned char)*line->at & 0xc0) != 0x80;
        line->at++;
    }
    line->at++;
    line->place.column++;
    *args = (struct conf_args){.place = all.place};
    return true;
}
