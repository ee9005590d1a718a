/* SPDX-License-Identifier: MIT */
/*
 * conf_jobs.c - job_controller.cnf: options, pools, channel and job sections
 */
#include "conf_build.h"

#include <stddef.h>
#include <string.h>

enum section_kind {
    IN_GLOBALS, /* before the first section */
    IN_POOL,
    IN_CHANNEL,
    IN_PERIODIC,
    IN_WRONG /* a section that was refused: its lines are passed over */
};

struct jobs {
    enum section_kind kind;
    struct conf_pool_draft *pool;
    struct conf_section *section;
    struct conf_value *schedule; /* PERIODIC: NULL for a job of no effect */
    enum conf_key schedule_key;
};

uint32_t
conf_find_pool(const struct conf *conf, struct text_slice name)
{
    for (uint32_t i = 0; i < conf->pools_count; i++) {
        if (text_equal_nocase(name, text_of(conf->pool_drafts[i]->name),
                              UINT64_MAX)) {
            return i;
        }
    }
    return SCHED_NONE;
}

static struct conf_pool_draft *
pool_new(struct conf *conf, struct text_slice name)
{
    struct conf_pool_draft *pool =
        conf_memory_take(&conf->memory, sizeof *pool);
    uint32_t count = conf->pools_count;

    if (!pool) {
        return NULL;
    }
    if ((count & (count - 1)) == 0) { /* full: 0, 1, 2, 4, 8 ... */
        uint64_t room = count == 0 ? 1 : 2 * (uint64_t)count;
        struct conf_pool_draft **pools = conf_memory_take(
            &conf->memory, room * sizeof(struct conf_pool_draft *));

        if (!pools) {
            return NULL;
        }
        if (count > 0) {
            memcpy(pools, conf->pool_drafts,
                   count * sizeof(struct conf_pool_draft *));
        }
        conf->pool_drafts = pools;
    }
    memcpy(pool->name, name.bytes, name.size);
    conf->pool_drafts[conf->pools_count++] = pool;
    return pool;
}

static bool
is_pool_name(struct text_slice name)
{
    for (uint64_t i = 0; i < name.size; i++) {
        char c = text_lower(name.bytes[i]);

        if (!(c >= 'a' && c <= 'z') && !text_is_digit(c) && c != '_' &&
            c != '-') {
            return false;
        }
    }
    return name.size > 0 && name.size <= CONF_POOL_NAME_MAX;
}

static void
begin_pool(struct conf_build *build, struct jobs *jobs,
           const struct conf_word *name)
{
    struct conf *conf = build->conf;

    if (!is_pool_name(name->text)) {
        conf_error(&build->say, &name->place,
                   "expected a pool's name of 1 to %d letters, digits, _ or "
                   "-, found %q; choose a shorter one",
                   (int64_t)CONF_POOL_NAME_MAX, &name->text);
    } else if (conf_find_pool(conf, name->text) != SCHED_NONE) {
        conf_error(&build->say, &name->place,
                   "expected a new pool, found %q again; join the sections",
                   &name->text);
    } else if (conf->pools_count == CONF_POOLS_MAX) {
        conf_error(&build->say, &name->place,
                   "expected at most %d pools, found %q beyond",
                   (int64_t)CONF_POOLS_MAX, &name->text);
    } else {
        jobs->pool = pool_new(conf, name->text);
        if (!jobs->pool) {
            build->status = SCHED_ERR_MEMORY;
            return;
        }
        jobs->pool->place = name->place;
        jobs->kind = IN_POOL;
    }
}

static void
begin_channel(struct conf_build *build, struct jobs *jobs,
              const struct conf_word *name)
{
    struct conf *conf = build->conf;
    struct text_slice pattern = name->text;
    bool is_wildcard =
        pattern.size > 0 && pattern.bytes[pattern.size - 1] == '*';

    pattern.size -= is_wildcard;
    if (text_contains(pattern, '*') || (pattern.size == 0 && !is_wildcard) ||
        conf->sections_count == CONF_SECTIONS_MAX) {
        conf_error(&build->say, &name->place,
                   "expected a channel's name, * only at its end, in at most "
                   "%d sections, found %q",
                   (int64_t)CONF_SECTIONS_MAX, &name->text);
        return;
    }
    struct conf_section *section =
        conf_memory_take(&conf->memory, sizeof *section);
    if (!section) {
        build->status = SCHED_ERR_MEMORY;
        return;
    }
    section->pattern = pattern;
    section->is_wildcard = is_wildcard;
    section->place = name->place;
    if (conf->last_section) {
        conf->last_section->next = section;
    } else {
        conf->sections = section;
    }
    conf->last_section = section;
    conf->sections_count++;
    jobs->section = section;
    jobs->kind = IN_CHANNEL;
}

static void
begin_periodic(struct conf_build *build, struct jobs *jobs,
               const struct conf_word *name)
{
    jobs->kind = IN_PERIODIC;
    jobs->schedule = NULL; /* any other job does nothing to mail in queues */
    if (text_equal_nocase(name->text, text_of("return"), UINT64_MAX)) {
        jobs->schedule_key = CONF_KEY_RETURN_TIME;
        jobs->schedule = &build->conf->globals[CONF_KEY_RETURN_TIME];
    } else if (text_equal_nocase(name->text, text_of("post"), UINT64_MAX)) {
        jobs->schedule_key = CONF_KEY_POST_TIME;
        jobs->schedule = &build->conf->globals[CONF_KEY_POST_TIME];
    }
}

/* begin_section - [KIND=name] */
static void
begin_section(struct conf_build *build, struct jobs *jobs,
              struct conf_cursor *line)
{
    struct conf_word all = conf_line_rest(line);
    struct text_slice inside = {all.text.bytes + 1, all.text.size - 1};
    struct conf_word name = all;
    uint64_t size = 0;

    jobs->kind = IN_WRONG;
    while (size < inside.size && inside.bytes[size] != '=') {
        size++;
    }
    if (size == inside.size || inside.bytes[inside.size - 1] != ']') {
        conf_error(&build->say, &all.place,
                   "expected [POOL=name], [CHANNEL=name] or "
                   "[PERIODIC_JOB=name], found %q; write one of these",
                   &all.text);
        return;
    }
    struct text_slice kind = text_trim((struct text_slice){inside.bytes, size});
    name.text = text_trim(
        (struct text_slice){inside.bytes + size + 1, inside.size - size - 2});
    name.place.column += (uint32_t)(name.text.bytes - all.text.bytes);
    if (text_equal_nocase(kind, text_of("pool"), UINT64_MAX) ||
        text_equal_nocase(kind, text_of("queue"), UINT64_MAX)) {
        begin_pool(build, jobs, &name);
    } else if (text_equal_nocase(kind, text_of("channel"), UINT64_MAX)) {
        begin_channel(build, jobs, &name);
    } else if (text_equal_nocase(kind, text_of("periodic_job"), UINT64_MAX)) {
        begin_periodic(build, jobs, &name);
    } else {
        conf_error(&build->say, &all.place,
                   "expected POOL, CHANNEL or PERIODIC_JOB, found %q; write "
                   "one of these",
                   &kind);
    }
}

/* --- Options -------------------------------------------------------------- */

/* find_option - among all that may stand in this file */
static bool
find_option(struct text_slice name, enum conf_key *key)
{
    return conf_setting_find(CONF_FAMILY_JOB, CONF_IN_JOBS, name, key) ||
           conf_setting_find(CONF_FAMILY_POOL, CONF_IN_JOBS, name, key) ||
           conf_setting_find(CONF_FAMILY_OPTION, CONF_IN_JOBS, name, key);
}

static void
say_unknown(struct conf_build *build, const struct conf_word *name)
{
    struct conf_nearest nearest = conf_nearest_begin(&build->say, name->text);
    void (*tell)(struct conf_say *, const struct conf_place *, const char *,
                 ...) = build->is_strict ? conf_error : conf_warn;

    for (uint32_t key = CONF_KEY_MASTER_COMMAND; key < CONF_KEYS_COUNT; key++) {
        conf_nearest_try(&nearest, conf_setting((enum conf_key)key)->name);
    }
    if (nearest.best) {
        tell(&build->say, &name->place,
             "expected an option, found %q; did you mean %s?", &name->text,
             nearest.best);
    } else {
        tell(&build->say, &name->place,
             "expected an option, found %q; it has no effect, remove it",
             &name->text);
    }
}

/* value_of - where an option of this section goes, NULL if it has no effect */
static struct conf_value *
value_of(struct conf *conf, struct jobs *jobs, enum conf_key key)
{
    enum conf_family family = conf_family_of(key);

    switch (jobs->kind) {
    case IN_GLOBALS:
        return &conf->globals[key];
    case IN_POOL:
        return family == CONF_FAMILY_POOL ? &jobs->pool->job_limit : NULL;
    case IN_CHANNEL:
        return family == CONF_FAMILY_JOB ? &jobs->section->values[key] : NULL;
    case IN_PERIODIC:
    case IN_WRONG:
        break;
    }
    return NULL;
}

/* read_periodic - a line of a PERIODIC_JOB section */
static void
read_periodic(struct conf_build *build, struct jobs *jobs,
              const struct conf_word *name, struct conf_cursor *line,
              struct conf_args *args)
{
    if (text_equal_nocase(name->text, text_of("time"), UINT64_MAX)) {
        if (jobs->schedule) {
            conf_read_args(build, line, jobs->schedule_key, args);
            conf_build_set(build, jobs->schedule_key, args, CONF_RANK_SECTION,
                           jobs->schedule);
        }
    } else if (!conf_job_option_is_ignored(name->text)) {
        conf_warn(&build->say, &name->place,
                  "expected time or command, found %q; it has no effect, "
                  "remove it",
                  &name->text);
    }
}

static void
read_option(struct conf_build *build, struct jobs *jobs,
            struct conf_cursor *line)
{
    struct conf_word name;
    struct conf_args args;
    enum conf_key key = CONF_KEYS_COUNT;

    if (!conf_read_pair(build, line, &name, &args)) {
        return;
    }
    if (jobs->kind == IN_PERIODIC) {
        read_periodic(build, jobs, &name, line, &args);
        return;
    }
    if (!find_option(name.text, &key)) {
        if (!conf_job_option_is_ignored(name.text)) {
            say_unknown(build, &name);
        }
        return;
    }
    struct conf_value *value = value_of(build->conf, jobs, key);
    if (!value) {
        if (jobs->kind != IN_WRONG) {
            conf_warn(&build->say, &name.place,
                      "expected an option of this section, found %q; it has "
                      "no effect here, move it",
                      &name.text);
        }
        return;
    }
    conf_read_args(build, line, key, &args);
    conf_build_set(
        build, key, &args,
        jobs->kind == IN_GLOBALS ? CONF_RANK_GLOBAL : CONF_RANK_SECTION, value);
}

static void
on_line(struct conf_reader *reader, struct conf_cursor *line,
        const struct conf_cursor *rest)
{
    struct jobs *jobs = reader->context;
    struct text_slice text = conf_line_rest(line).text;

    (void)rest;
    if (conf_line_is_comment(line) || text.size == 0) {
        return;
    }
    if (conf_line_is_include(line)) {
        conf_read_include(reader, line);
    } else if (text.bytes[0] == '[') {
        begin_section(reader->build, jobs, line);
    } else {
        read_option(reader->build, jobs, line);
    }
}

void
conf_read_jobs(struct conf_build *build)
{
    struct jobs jobs = {.kind = IN_GLOBALS};
    struct conf_reader reader = {
        .build = build, .on_line = on_line, .context = &jobs};

    if (!conf_read_role(&reader, SCHED_TEXT_JOBS)) {
        conf_ask_for(build, SCHED_TEXT_JOBS, text_of("job_controller.cnf"));
        return;
    }
    if (build->status == SCHED_OK && build->conf->pools_count == 0) {
        struct conf_place place = conf_place_of_role(build, SCHED_TEXT_JOBS);

        conf_error(&build->say, &place,
                   "expected at least one [POOL=name] section, found none; "
                   "add [POOL=DEFAULT] with job_limit=10");
    }
}

/* --- Sections and channels ------------------------------------------------ */

static bool
is_better(const struct conf_section *section, const struct conf_section *best)
{
    if (!best) {
        return true;
    }
    if (best->is_wildcard != section->is_wildcard) {
        return best->is_wildcard; /* exact beats wildcard */
    }
    return section->pattern.size > best->pattern.size;
}

/* best_section - exact, else the longest prefix; the first one among equals */
static const struct conf_section *
best_section(const struct conf *conf, struct text_slice name)
{
    const struct conf_section *best = NULL;

    for (const struct conf_section *section = conf->sections; section;
         section = section->next) {
        bool is_match =
            section->is_wildcard
                ? text_starts_nocase(name, section->pattern)
                : text_equal_nocase(name, section->pattern, UINT64_MAX);

        if (is_match && is_better(section, best)) {
            best = section;
        }
    }
    return best;
}

void
conf_apply_sections(struct conf_build *build)
{
    struct conf *conf = build->conf;

    for (uint32_t i = 0; i < conf->channels_count; i++) {
        struct conf_draft *draft = conf->drafts[i];
        const struct conf_section *section =
            best_section(conf, text_of(draft->name));

        draft->has_section = section != NULL;
        for (uint32_t key = CONF_KEY_MASTER_COMMAND; key < CONF_JOB_KEYS_END;
             key++) {
            bool is_command =
                key == CONF_KEY_MASTER_COMMAND || key == CONF_KEY_SLAVE_COMMAND;

            /* A command stated globally is for the channels with a section. */
            if (section || !is_command) {
                draft->values[key] = conf->globals[key];
            }
            if (section && section->values[key].rank != CONF_RANK_BUILTIN) {
                draft->values[key] = section->values[key];
            }
        }
    }
    for (uint32_t i = 0; i < conf->pools_count; i++) {
        struct conf_value *limit = &conf->pool_drafts[i]->job_limit;

        if (limit->rank == CONF_RANK_BUILTIN) {
            *limit = conf->globals[CONF_KEY_JOB_LIMIT];
        }
    }
}
