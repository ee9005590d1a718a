/* SPDX-License-Identifier: MIT */
/*
 * conf_override.c - one value replaced, by its path
 *
 * Paths are those of the description. A name may end in `*` and then stands
 * for all that begin so; at least one must. Keywords that are choices may be
 * named too: channel.NAME.single_sys is channel.NAME.splitting = single_sys.
 */
#include "conf_build.h"

#include <stddef.h>
#include <string.h>

struct target {
    enum conf_family family;
    enum conf_key key;
    struct text_slice name; /* without its `*` */
    bool is_wildcard;
    bool has_value; /* the path's last word says the value */
    int64_t value;
    struct conf_place place;
};

static bool
equal(struct text_slice text, const char *word)
{
    return text_equal_nocase(text, text_of(word), UINT64_MAX);
}

/* --- The path --------------------------------------------------------------- */

/* split - "family.name.key" (or "option.key") into slices */
static bool
split(struct text_slice path, struct text_slice parts[3])
{
    uint64_t first = 0;
    uint64_t last = path.size;

    while (first < path.size && path.bytes[first] != '.') {
        first++;
    }
    while (last > 0 && path.bytes[last - 1] != '.') {
        last--;
    }
    parts[0] = (struct text_slice){path.bytes, first};
    parts[1] = (struct text_slice){path.bytes, 0};
    parts[2] = (struct text_slice){path.bytes + last, path.size - last};
    if (first == path.size) {
        return false;
    }
    if (last > first + 1) {
        parts[1] =
            (struct text_slice){path.bytes + first + 1, last - first - 2};
    }
    return parts[2].size > 0;
}

static bool
find_family(struct conf_build *build, struct text_slice word,
            struct target *target)
{
    struct conf_nearest nearest = conf_nearest_begin(&build->say, word);

    for (uint32_t i = CONF_FAMILY_CHANNEL; i <= CONF_FAMILY_OPTION; i++) {
        const char *name = conf_family_name((enum conf_family)i);

        if (equal(word, name)) {
            target->family = (enum conf_family)i;
            return true;
        }
        conf_nearest_try(&nearest, name);
    }
    conf_error(&build->say, &target->place,
               "expected a path that begins with channel, job, pool or option, "
               "found %q; %s%s",
               &word,
               nearest.best ? "did you mean "
                            : "such as channel.NAME.threaddepth",
               nearest.best ? nearest.best : "");
    return false;
}

/* find_keyword - a choice, or a switch with `no` before it, by its own name */
static bool
find_keyword(struct text_slice word, struct target *target)
{
    struct conf_keyword keyword = conf_keyword_find(word);

    if (target->family != CONF_FAMILY_CHANNEL ||
        keyword.state != CONF_KEYWORD_SETTING || !keyword.has_value ||
        equal(word, conf_setting(keyword.key)->name)) {
        return false;
    }
    target->key = keyword.key;
    target->has_value = true;
    target->value = keyword.value;
    return true;
}

static bool
find_key(struct conf_build *build, struct text_slice word,
         const struct text_slice *name, struct target *target)
{
    if (conf_setting_find(target->family, CONF_ANYWHERE, word, &target->key) ||
        find_keyword(word, target)) {
        return true;
    }
    struct conf_nearest nearest = conf_nearest_begin(&build->say, word);
    const char *family = conf_family_name(target->family);
    for (uint32_t key = conf_family_first(target->family);
         key < conf_family_end(target->family); key++) {
        if (conf_setting((enum conf_key)key)->where != 0) {
            conf_nearest_try(&nearest, conf_setting((enum conf_key)key)->name);
        }
    }
    if (target->family == CONF_FAMILY_CHANNEL) {
        conf_keyword_nearest(&nearest);
    }
    if (!nearest.best) {
        conf_error(&build->say, &target->place,
                   "expected a setting after %s., found %q; the description "
                   "of the configuration lists all of them",
                   family, &word);
    } else if (target->family == CONF_FAMILY_OPTION) {
        conf_error(&build->say, &target->place,
                   "expected a setting, found %q; did you mean option.%s?",
                   &word, nearest.best);
    } else {
        char shown[CONF_NAME_SIZE + 1];
        struct text_out out;

        text_out_init(&out, shown, sizeof shown);
        text_put(&out, *name);
        conf_error(&build->say, &target->place,
                   "expected a setting, found %q; did you mean %s.%s.%s?",
                   &word, family, shown, nearest.best);
    }
    return false;
}

/* --- What it is applied to ---------------------------------------------------- */

static const char *
name_at(const struct conf *conf, enum conf_family family, uint32_t index)
{
    return family == CONF_FAMILY_POOL ? conf->pool_drafts[index]->name
                                      : conf->drafts[index]->name;
}

static uint32_t
names_count(const struct conf *conf, enum conf_family family)
{
    return family == CONF_FAMILY_POOL ? conf->pools_count
                                      : conf->channels_count;
}

static bool
is_match(const struct target *target, const char *name)
{
    return target->is_wildcard
               ? text_starts_nocase(text_of(name), target->name)
               : text_equal_nocase(text_of(name), target->name, UINT64_MAX);
}

static bool
has_prefix(const char *name, const char *prefix)
{
    return text_starts_nocase(text_of(name), text_of(prefix));
}

static bool
is_expander(const char *name)
{
    return has_prefix(name, "reprocess") || has_prefix(name, "process");
}

/* has_expander - whether somebody expands and holds for this channel */
static bool
has_expander(const struct conf *conf, const struct conf_draft *draft)
{
    const char *given = draft->values[CONF_KEY_EXPANDCHANNEL].text;
    uint32_t expander =
        conf_find_channel(conf, text_of(given ? given : "reprocess"));

    return expander != SCHED_NONE && is_expander(conf->drafts[expander]->name);
}

/* can_have - whether this channel can use the setting */
static bool
can_have(const struct conf *conf, enum conf_key key, uint32_t index)
{
    const struct conf_draft *draft = conf->drafts[index];

    if (key == CONF_KEY_MAX_CLIENT_THREADS) {
        const struct conf_value *protocol = &draft->values[CONF_KEY_PROTOCOL];

        return (protocol->rank != CONF_RANK_BUILTIN &&
                protocol->numbers[0] != 0) ||
               has_prefix(draft->name, "tcp_") ||
               has_prefix(draft->name, "ims-ms");
    }
    if (key == CONF_KEY_EXPANDLIMIT) {
        return !equal(text_of(draft->name), "l") && !is_expander(draft->name) &&
               has_expander(conf, draft);
    }
    return key != CONF_KEY_HOLDLIMIT || has_expander(conf, draft);
}

static bool
is_target(const struct conf *conf, const struct target *target, uint32_t index)
{
    return is_match(target, name_at(conf, target->family, index)) &&
           (target->family == CONF_FAMILY_POOL ||
            can_have(conf, target->key, index));
}

/* find_targets - whether the path names anything that can have the setting */
static bool
find_targets(struct conf_build *build, const struct target *target)
{
    const struct conf *conf = build->conf;
    struct conf_nearest nearest = conf_nearest_begin(&build->say, target->name);
    const char *family = conf_family_name(target->family);
    bool is_named = false;

    for (uint32_t i = 0; i < names_count(conf, target->family); i++) {
        const char *name = name_at(conf, target->family, i);

        if (is_target(conf, target, i)) {
            return true;
        }
        is_named = is_named || is_match(target, name);
        conf_nearest_try(&nearest, name);
    }
    if (is_named) {
        conf_error(&build->say, &target->place,
                   "expected a channel that can have %s, found %q, which "
                   "cannot; name another",
                   conf_setting(target->key)->name, &target->name);
    } else if (nearest.best && !target->is_wildcard) {
        conf_error(&build->say, &target->place,
                   "expected a %s of the configuration, found %q; did you "
                   "mean %s.%s.%s?",
                   target->family == CONF_FAMILY_POOL ? "pool" : "channel",
                   &target->name, family, nearest.best,
                   conf_setting(target->key)->name);
    } else {
        conf_error(&build->say, &target->place,
                   "expected a %s of the configuration, found %q%s; the first "
                   "one is %s",
                   target->family == CONF_FAMILY_POOL ? "pool" : "channel",
                   &target->name, target->is_wildcard ? "*" : "",
                   names_count(conf, target->family) > 0
                       ? name_at(conf, target->family, 0)
                       : "missing");
    }
    return false;
}

static bool
path_parse(struct conf_build *build, const char *path, struct target *target)
{
    struct text_slice whole = text_of(path);
    struct text_slice parts[3];

    if (!split(whole, parts)) {
        conf_error(&build->say, &target->place,
                   "expected a path such as channel.NAME.threaddepth, found "
                   "%q",
                   &whole);
        return false;
    }
    if (!find_family(build, parts[0], target) ||
        !find_key(build, parts[2], &parts[1], target)) {
        return false;
    }
    if (conf_setting(target->key)->where == 0) {
        conf_error(&build->say, &target->place,
                   "expected a path that can be set, found %q, which follows "
                   "from others",
                   &whole);
        return false;
    }
    bool has_name = target->family != CONF_FAMILY_OPTION;
    if ((parts[1].size > 0) != has_name) {
        conf_error(&build->say, &target->place, "expected %s%s.%s, found %q",
                   conf_family_name(target->family), has_name ? ".NAME" : "",
                   conf_setting(target->key)->name, &whole);
        return false;
    }
    target->name = parts[1];
    if (has_name && parts[1].bytes[parts[1].size - 1] == '*') {
        target->is_wildcard = true;
        target->name.size--;
    }
    return !has_name || find_targets(build, target);
}

/* --- The value ---------------------------------------------------------------- */

/* check_names - that what the value names exists */
static bool
check_names(struct conf_build *build, const struct target *target,
            const struct conf_value *value)
{
    const struct conf *conf = build->conf;
    enum conf_family family = CONF_FAMILY_CHANNEL;

    if (target->key == CONF_KEY_POOL) {
        family = CONF_FAMILY_POOL;
    } else if (target->key != CONF_KEY_EXPANDCHANNEL) {
        return true;
    }
    struct text_slice name = text_of(value->text);
    struct conf_nearest nearest = conf_nearest_begin(&build->say, name);
    for (uint32_t i = 0; i < names_count(conf, family); i++) {
        const char *other = name_at(conf, family, i);

        if (equal(name, other) &&
            (family == CONF_FAMILY_POOL || is_expander(other))) {
            return true;
        }
        conf_nearest_try(&nearest, other);
    }
    conf_error(&build->say, &target->place,
               "expected the name of %s, found %q; %s%s%s",
               family == CONF_FAMILY_POOL ? "a pool"
                                          : "a reprocess or process channel",
               &name, nearest.best ? "did you mean " : "name one that exists",
               nearest.best ? nearest.best : "", nearest.best ? "?" : "");
    return false;
}

/* read_value - of a setting named by its own name */
static bool
read_value(struct conf_build *build, const struct target *target,
           const char *text, struct conf_value *value)
{
    struct text_slice slice = text_of(text);
    struct conf_cursor line = {slice.bytes, slice.bytes + slice.size,
                               target->place};
    struct conf_args args = {.place = target->place, .is_relaxed = true};

    conf_read_args(build, &line, target->key, &args);
    for (uint32_t i = 0; i < args.count; i++) {
        args.words[i].place = target->place;
    }
    if (args.count == 0 &&
        conf_setting(target->key)->kind == CONF_KIND_SWITCH) {
        *value = (struct conf_value){
            {1}, NULL, target->place, 1, CONF_RANK_OVERRIDE};
        return true;
    }
    return conf_build_set(build, target->key, &args, CONF_RANK_OVERRIDE,
                          value) &&
           check_names(build, target, value);
}

/* read_agreement - of a keyword that says its value: yes, or nothing at all */
static bool
read_agreement(struct conf_build *build, const struct target *target,
               const char *path, const char *text, struct conf_value *value)
{
    static const char *const words[] = {"", "1", "yes", "on", "true"};
    struct text_slice word = text_trim(text_of(text));

    for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (equal(word, words[i])) {
            *value = (struct conf_value){
                {target->value}, NULL, target->place, 1, CONF_RANK_OVERRIDE};
            return true;
        }
    }
    conf_error(&build->say, &target->place,
               "%s: expected 1 or nothing, found %q; set %s instead to choose "
               "another",
               path, &word, conf_setting(target->key)->name);
    return false;
}

static struct conf_value *
value_at(struct conf *conf, const struct target *target, uint32_t index)
{
    return target->family == CONF_FAMILY_POOL
               ? &conf->pool_drafts[index]->job_limit
               : &conf->drafts[index]->values[target->key];
}

bool
conf_override_apply(struct conf_build *build,
                    const struct sched_override *override)
{
    struct conf *conf = build->conf;
    struct target target = {.place = {override->where, 0, 0}};
    struct conf_value value = {.count = 0};

    target.place.name =
        conf_memory_copy(&conf->memory, text_of(override->where));
    if (!target.place.name) {
        build->status = SCHED_ERR_MEMORY;
        return false;
    }
    if (!path_parse(build, override->path, &target)) {
        return false;
    }
    if (target.has_value
            ? !read_agreement(build, &target, override->path, override->value,
                              &value)
            : !read_value(build, &target, override->value, &value)) {
        return false;
    }
    if (target.family == CONF_FAMILY_OPTION) {
        conf->globals[target.key] = value;
        return true;
    }
    for (uint32_t i = 0; i < names_count(conf, target.family); i++) {
        if (is_target(conf, &target, i)) {
            *value_at(conf, &target, i) = value;
        }
    }
    return true;
}
