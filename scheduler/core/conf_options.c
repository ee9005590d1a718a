/* SPDX-License-Identifier: MIT */
/*
 * conf_options.c - channel option files: NAME=value, one a line
 */
#include "conf_build.h"

#include <stddef.h>

/* channel_of - "config/tcp_local_option": tcp_local */
static struct text_slice
channel_of(struct text_slice name)
{
    struct text_slice suffix = text_of("_option");
    uint64_t from = name.size;

    if (name.size <= suffix.size) {
        return (struct text_slice){name.bytes, 0};
    }
    struct text_slice tail = {name.bytes + name.size - suffix.size,
                              suffix.size};
    if (!text_equal_nocase(tail, suffix, UINT64_MAX)) {
        return (struct text_slice){name.bytes, 0};
    }
    while (from > 0 && name.bytes[from - 1] != '/') {
        from--;
    }
    if (name.size - suffix.size <= from) {
        return (struct text_slice){name.bytes, 0};
    }
    return (struct text_slice){name.bytes + from,
                               name.size - suffix.size - from};
}

static void
say_unknown(struct conf_build *build, const struct conf_word *name)
{
    struct conf_nearest nearest = conf_nearest_begin(&build->say, name->text);
    void (*tell)(struct conf_say *, const struct conf_place *, const char *,
                 ...) = build->is_strict ? conf_error : conf_warn;

    for (uint32_t key = 0; key < CONF_CHANNEL_KEYS_COUNT; key++) {
        const struct conf_setting *setting = conf_setting((enum conf_key)key);

        if ((setting->where & CONF_IN_OPTIONS) != 0) {
            conf_nearest_try(&nearest, setting->name);
        }
    }
    if (nearest.best) {
        tell(&build->say, &name->place,
             "expected a channel option, found %q; did you mean %s?",
             &name->text, nearest.best);
    } else {
        tell(&build->say, &name->place,
             "expected a channel option, found %q; it has no effect, remove it",
             &name->text);
    }
}

static void
on_line(struct conf_reader *reader, struct conf_cursor *line,
        const struct conf_cursor *rest)
{
    struct conf_draft *draft = reader->context;
    struct conf_build *build = reader->build;
    struct conf_word name;
    struct conf_args args;
    enum conf_key key = CONF_KEYS_COUNT;

    (void)rest;
    if (conf_line_is_comment(line) || conf_line_is_blank(line)) {
        return;
    }
    if (conf_line_is_include(line)) {
        conf_read_include(reader, line);
        return;
    }
    if (!conf_read_pair(build, line, &name, &args)) {
        return;
    }
    if (conf_setting_find(CONF_FAMILY_CHANNEL, CONF_IN_OPTIONS, name.text,
                          &key)) {
        conf_read_args(build, line, key, &args);
        conf_build_set(build, key, &args, CONF_RANK_SECTION,
                       &draft->values[key]);
    } else if (!conf_option_is_ignored(name.text)) {
        say_unknown(build, &name);
    }
}

void
conf_read_options(struct conf_build *build)
{
    const struct sched_config *config = build->config;

    for (uint32_t i = 0; i < config->texts_count && build->status == SCHED_OK;
         i++) {
        const struct sched_text *text = &config->texts[i];
        struct conf_place place = {text->name, 0, 0};

        if (text->role != SCHED_TEXT_OPTIONS) {
            continue;
        }
        struct text_slice name = channel_of(text_of(text->name));
        uint32_t channel = conf_find_channel(build->conf, name);
        if (channel == SCHED_NONE) {
            conf_warn(&build->say, &place,
                      "expected the name of a channel before _option, found "
                      "%q; it has no effect, rename it",
                      &name);
            continue;
        }
        struct conf_reader reader = {.build = build,
                                     .on_line = on_line,
                                     .context = build->conf->drafts[channel]};
        conf_read_text(&reader, text);
    }
}
