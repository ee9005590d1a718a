/* SPDX-License-Identifier: MIT */
/*
 * conf_channels.c - imta.cnf: rewrite rules (skipped), defaults, blocks
 *
 * RULES      Rewrite rules come first, up to a blank line, and mean nothing to
 *            scheduling. As our own files have none, a paragraph before the
 *            first channel block is taken for rules when its first line that
 *            is no comment and no include looks like one: its first word
 *            begins with $, ., [, * or %, or its second holds $, % or @. No
 *            channel's name begins so, and no keyword holds these. What rules
 *            include is not read.
 * BLOCKS     A paragraph: name and keywords; official host; aliases. `defaults`
 *            and `nodefaults` are paragraphs of one line.
 */
#include "conf_build.h"

#include <stddef.h>
#include <string.h>

enum state {
    BETWEEN, /* the next line begins a paragraph */
    IN_RULES,
    IN_BLOCK,
    IN_DEFAULTS,
    IN_ERROR /* the rest of the paragraph is passed over */
};

struct blocks {
    enum state state;
    bool has_block; /* then there are no more rewrite rules */
    struct conf_draft *draft;
    struct conf_value defaults[CONF_CHANNEL_KEYS_COUNT];
};

/* Words of a line, with one word of foresight. */
struct words {
    struct conf_cursor *line;
    struct conf_say *say;
    struct conf_word next;
    bool has_next;
};

static bool
words_peek(struct words *words)
{
    if (!words->has_next) {
        words->has_next = conf_word_next(words->line, words->say, &words->next);
    }
    return words->has_next;
}

/* --- Keywords ------------------------------------------------------------- */

/* skip_args - passes over what cannot be a keyword */
static void
skip_args(struct words *words)
{
    while (words_peek(words)) {
        char first = text_first(words->next.text);

        if (!words->next.is_quoted && !text_is_digit(first) && first != '+' &&
            first != '-') {
            return;
        }
        words->has_next = false;
    }
}

static bool
next_is_keyword(const struct words *words)
{
    return !words->next.is_quoted &&
           conf_keyword_find(words->next.text).state != CONF_KEYWORD_UNKNOWN;
}

static void
skip_ignored(struct words *words, const struct conf_keyword *keyword)
{
    for (uint32_t i = 0; i < keyword->args_max && words_peek(words); i++) {
        if (i >= keyword->args_min && next_is_keyword(words)) {
            return;
        }
        words->has_next = false;
    }
}

static void
say_unknown(struct conf_build *build, const struct conf_word *word)
{
    struct conf_nearest nearest = conf_nearest_begin(&build->say, word->text);
    void (*tell)(struct conf_say *, const struct conf_place *, const char *,
                 ...) = build->is_strict ? conf_error : conf_warn;

    conf_keyword_nearest(&nearest);
    if (nearest.best) {
        tell(&build->say, &word->place,
             "expected a keyword, found %q; did you mean %s?", &word->text,
             nearest.best);
    } else {
        tell(&build->say, &word->place,
             "expected a keyword, found %q; it has no effect, remove it",
             &word->text);
    }
}

/* gather_args - the words that belong to the keyword of `key` */
static void
gather_args(struct words *words, enum conf_key key, struct conf_args *args)
{
    bool is_text = conf_setting(key)->kind == CONF_KIND_TEXT;
    bool is_list = conf_value_args_max(key) > 1;

    while (words_peek(words)) {
        bool is_first = args->count == 0;
        bool is_taken = is_first
                            ? is_text || !next_is_keyword(words)
                            : is_list && conf_value_goes_on(key, &words->next);
        if (!is_taken) {
            return;
        }
        if (args->count < CONF_ARGS_MAX) {
            args->words[args->count++] = words->next;
        }
        words->has_next = false;
    }
}

/* warn_order - `notices` after a specific one, which it would replace in some
 * versions of the product */
static void
warn_order(struct conf_build *build, const struct conf_args *args,
           const struct conf_value *values)
{
    for (uint32_t key = CONF_KEY_URGENTNOTICES;
         key <= CONF_KEY_NONURGENTNOTICES; key++) {
        const struct conf_value *value = &values[key];

        if (value->rank != CONF_RANK_BUILTIN &&
            value->place.line == args->place.line &&
            value->place.name == args->place.name) {
            conf_warn(&build->say, &args->place,
                      "expected notices before %s, found it after; %s stays "
                      "in force, put notices first",
                      conf_setting((enum conf_key)key)->name,
                      conf_setting((enum conf_key)key)->name);
        }
    }
}

/* read_deferred - the limit that may follow; without one, none holds */
static void
read_deferred(struct conf_build *build, struct words *words,
              const struct conf_place *place, enum conf_rank rank,
              struct conf_value *values)
{
    struct conf_args args = {.place = *place};
    struct conf_value *limit = &values[CONF_KEY_DEFERRED_LIMIT];

    if (!words_peek(words) ||
        !conf_value_goes_on(CONF_KEY_DEFERRED_LIMIT, &words->next)) {
        if (limit->rank <= (uint32_t)rank) {
            *limit = (struct conf_value){{0}, NULL, *place, 1, rank};
        }
        return;
    }
    args.words[args.count++] = words->next;
    words->has_next = false;
    (void)conf_build_set(build, CONF_KEY_DEFERRED_LIMIT, &args, rank, limit);
}

static void
read_setting(struct conf_build *build, struct words *words,
             const struct conf_keyword *keyword, enum conf_rank rank,
             struct conf_value *values)
{
    struct conf_args args = {.place = words->next.place};
    struct conf_value *value = &values[keyword->key];

    words->has_next = false;
    if (keyword->has_value) {
        if (value->rank <= (uint32_t)rank) {
            *value = (struct conf_value){
                {keyword->value}, NULL, args.place, 1, rank};
        }
        if (keyword->key == CONF_KEY_DEFERRED && keyword->value != 0) {
            read_deferred(build, words, &args.place, rank, values);
        }
        skip_args(words);
        return;
    }
    gather_args(words, keyword->key, &args);
    if (conf_build_set(build, keyword->key, &args, rank, value) &&
        keyword->key == CONF_KEY_NOTICES) {
        warn_order(build, &args, values);
    }
}

/* read_keywords - all that follows a name on its line */
static void
read_keywords(struct conf_build *build, struct conf_cursor *line,
              enum conf_rank rank, struct conf_value *values)
{
    struct words words = {.line = line, .say = &build->say};

    while (words_peek(&words) && conf_build_goes_on(build, &words.next.place)) {
        struct conf_keyword keyword = conf_keyword_find(words.next.text);

        switch (keyword.state) {
        case CONF_KEYWORD_SETTING:
            read_setting(build, &words, &keyword, rank, values);
            break;
        case CONF_KEYWORD_IGNORED:
            words.has_next = false;
            skip_ignored(&words, &keyword);
            break;
        case CONF_KEYWORD_UNKNOWN:
            say_unknown(build, &words.next);
            words.has_next = false;
            skip_args(&words);
            break;
        }
    }
}

/* --- Blocks --------------------------------------------------------------- */

static bool
is_name(struct text_slice name)
{
    for (uint64_t i = 0; i < name.size; i++) {
        char c = text_lower(name.bytes[i]);

        if (!(c >= 'a' && c <= 'z') && !text_is_digit(c) && c != '_' &&
            c != '-' && c != '.') {
            return false;
        }
    }
    return name.size > 0 && name.size < CONF_NAME_SIZE;
}

uint32_t
conf_find_channel(const struct conf *conf, struct text_slice name)
{
    for (uint32_t i = 0; i < conf->channels_count; i++) {
        if (text_equal_nocase(name, text_of(conf->drafts[i]->name),
                              UINT64_MAX)) {
            return i;
        }
    }
    return SCHED_NONE;
}

/* draft_new - one more channel, NULL without memory */
static struct conf_draft *
draft_new(struct conf *conf, struct text_slice name)
{
    struct conf_draft *draft = conf_memory_take(&conf->memory, sizeof *draft);
    uint32_t count = conf->channels_count;

    if (!draft) {
        return NULL;
    }
    if ((count & (count - 1)) == 0) { /* full: 0, 1, 2, 4, 8 ... */
        uint64_t room = count == 0 ? 1 : 2 * (uint64_t)count;
        struct conf_draft **drafts =
            conf_memory_take(&conf->memory, room * sizeof(struct conf_draft *));

        if (!drafts) {
            return NULL;
        }
        if (count > 0) {
            memcpy(drafts, conf->drafts, count * sizeof(struct conf_draft *));
        }
        conf->drafts = drafts;
    }
    memcpy(draft->name, name.bytes, name.size);
    conf->drafts[conf->channels_count++] = draft;
    return draft;
}

static void
begin_channel(struct conf_build *build, struct blocks *blocks,
              const struct conf_word *word, struct conf_cursor *line)
{
    struct conf *conf = build->conf;
    uint32_t twin = conf_find_channel(conf, word->text);

    blocks->state = IN_ERROR;
    if (!is_name(word->text)) {
        conf_error(&build->say, &word->place,
                   "expected a channel's name (1 to 32 letters, digits, "
                   "_ - .), found %q; rewrite rules come before all channels",
                   &word->text);
    } else if (twin != SCHED_NONE) {
        conf_error(&build->say, &word->place,
                   "expected a new channel, found %q again, first on line %d; "
                   "rename or remove one",
                   &word->text, (int64_t)conf->drafts[twin]->place.line);
    } else if (conf->channels_count == CONF_CHANNELS_MAX) {
        conf_error(&build->say, &word->place,
                   "expected at most %d channels, found %q beyond",
                   (int64_t)CONF_CHANNELS_MAX, &word->text);
    } else {
        struct conf_draft *draft = draft_new(conf, word->text);

        if (!draft) {
            build->status = SCHED_ERR_MEMORY;
            return;
        }
        draft->place = word->place;
        memcpy(draft->values, blocks->defaults, sizeof blocks->defaults);
        blocks->draft = draft;
        blocks->state = IN_BLOCK;
        read_keywords(build, line, CONF_RANK_LINE, draft->values);
    }
}

static void
begin_block(struct conf_build *build, struct blocks *blocks,
            struct conf_cursor *line)
{
    struct conf_word word;

    blocks->has_block = true;
    if (!conf_word_next(line, &build->say, &word)) {
        return;
    }
    if (text_equal_nocase(word.text, text_of("defaults"), UINT64_MAX)) {
        blocks->state = IN_DEFAULTS;
        read_keywords(build, line, CONF_RANK_DEFAULTS, blocks->defaults);
    } else if (text_equal_nocase(word.text, text_of("nodefaults"),
                                 UINT64_MAX)) {
        blocks->state = IN_DEFAULTS;
        memset(blocks->defaults, 0, sizeof blocks->defaults);
    } else {
        begin_channel(build, blocks, &word, line);
    }
}

/* read_host - a line after the first: official host, then aliases */
static void
read_host(struct conf_build *build, struct blocks *blocks,
          struct conf_cursor *line)
{
    enum { HOST_BYTES_MAX = 128 };
    struct conf_value *host = &blocks->draft->values[CONF_KEY_OFFICIAL_HOST];
    struct conf_word word;

    if (host->text || !conf_word_next(line, &build->say, &word)) {
        return;
    }
    if (word.text.size > HOST_BYTES_MAX) {
        conf_error(&build->say, &word.place,
                   "expected a host name of at most %d characters, found %q",
                   (int64_t)HOST_BYTES_MAX, &word.text);
        return;
    }
    host->text = conf_memory_copy(&build->conf->memory, word.text);
    host->place = word.place;
    host->rank = CONF_RANK_LINE;
    if (!host->text) {
        build->status = SCHED_ERR_MEMORY;
    }
}

static void
end_paragraph(struct conf_build *build, struct blocks *blocks)
{
    struct conf_draft *draft = blocks->draft;

    if (draft && !draft->values[CONF_KEY_OFFICIAL_HOST].text &&
        build->status == SCHED_OK) {
        conf_warn(&build->say, &draft->place,
                  "expected a second line with the official host of %s, "
                  "found the end of the block; add it",
                  draft->name);
    }
    blocks->draft = NULL;
    blocks->state = BETWEEN;
}

/* --- Rewrite rules -------------------------------------------------------- */

/* plain_word - the next word, without a say about quotes */
static struct text_slice
plain_word(struct conf_cursor *line)
{
    while (line->at < line->end && text_is_blank(*line->at)) {
        line->at++;
    }
    const char *from = line->at;
    while (line->at < line->end && !text_is_blank(*line->at)) {
        line->at++;
    }
    return (struct text_slice){from, (uint64_t)(line->at - from)};
}

static bool
is_rule(struct conf_cursor line)
{
    struct text_slice pattern = plain_word(&line);
    struct text_slice template = plain_word(&line);

    return (pattern.size > 0 &&
            text_contains(text_of("$.[*%"), pattern.bytes[0])) ||
           text_contains(template, '$') || text_contains(template, '%') ||
           text_contains(template, '@');
}

/* paragraph_is_rules - looks ahead from an include that begins a paragraph */
static bool
paragraph_is_rules(struct conf_cursor rest)
{
    struct conf_cursor line;

    while (conf_line_next(&rest, true, &line) && !conf_line_is_blank(&line)) {
        if (!conf_line_is_comment(&line) && !conf_line_is_include(&line)) {
            return is_rule(line);
        }
    }
    return false;
}

/* --- Lines ---------------------------------------------------------------- */

static void
on_first_line(struct conf_reader *reader, struct blocks *blocks,
              struct conf_cursor *line, const struct conf_cursor *rest)
{
    bool is_include = conf_line_is_include(line);

    if (!blocks->has_block &&
        (is_include ? paragraph_is_rules(*rest) : is_rule(*line))) {
        blocks->state = IN_RULES;
    } else if (is_include) {
        conf_read_include(reader, line);
    } else {
        begin_block(reader->build, blocks, line);
    }
}

static void
on_line(struct conf_reader *reader, struct conf_cursor *line,
        const struct conf_cursor *rest)
{
    struct blocks *blocks = reader->context;

    if (conf_line_is_comment(line)) {
        return;
    }
    if (conf_line_is_blank(line)) {
        end_paragraph(reader->build, blocks);
        return;
    }
    if (blocks->state == BETWEEN) {
        on_first_line(reader, blocks, line, rest);
        return;
    }
    if (conf_line_is_include(line)) {
        if (blocks->state != IN_RULES) {
            conf_read_include(reader, line);
        }
        return;
    }
    if (blocks->state == IN_BLOCK) {
        read_host(reader->build, blocks, line);
    } else if (blocks->state == IN_DEFAULTS) {
        conf_error(&reader->build->say, &line->place,
                   "expected a blank line after defaults or nodefaults, found "
                   "another line; put one between them");
        blocks->state = IN_ERROR;
    }
}

void
conf_read_channels(struct conf_build *build)
{
    struct blocks *blocks =
        conf_memory_take(&build->conf->memory, sizeof *blocks);
    struct conf_reader reader = {
        .build = build, .on_line = on_line, .context = blocks, .joins = true};

    if (!blocks) {
        build->status = SCHED_ERR_MEMORY;
        return;
    }
    if (!conf_read_role(&reader, SCHED_TEXT_CHANNELS)) {
        conf_ask_for(build, SCHED_TEXT_CHANNELS, text_of("imta.cnf"));
        return;
    }
    end_paragraph(build, blocks);
    if (build->status == SCHED_OK && build->conf->channels_count == 0) {
        struct conf_place place =
            conf_place_of_role(build, SCHED_TEXT_CHANNELS);

        conf_error(&build->say, &place,
                   "expected at least one channel block, found none; add one: "
                   "a line with its name and keywords, a line with its host");
    }
}
