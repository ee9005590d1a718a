/* SPDX-License-Identifier: MIT */
/*
 * conf_value.c - see conf_value.h
 */
#include "conf_value.h"

#include <stddef.h>

#include "conf.h"
#include "conf_duration.h"

enum { FORM_BYTES = 160, AFTER_SECONDS_MAX = 86400 };

_Static_assert((int)CONF_NUMBERS_MAX >= (int)CONF_INTERVALS_MAX &&
                   (int)CONF_NUMBERS_MAX >= (int)CONF_NOTICES_MAX &&
                   (int)CONF_NUMBERS_MAX == SCHED_SETTING_NUMBERS_MAX,
               "a value holds the longest list, a row holds a value");

uint32_t
conf_value_args_max(enum conf_key key)
{
    switch ((enum conf_kind)conf_setting(key)->kind) {
    case CONF_KIND_INTERVALS:
        return CONF_INTERVALS_MAX;
    case CONF_KIND_AGES:
        return CONF_NOTICES_MAX;
    case CONF_KIND_INTEGER:
    case CONF_KIND_SWITCH:
    case CONF_KIND_CHOICE:
    case CONF_KIND_TEXT:
    case CONF_KIND_SECONDS:
    case CONF_KIND_DELAY:
    case CONF_KIND_SCHEDULE:
        break;
    }
    return 1;
}

bool
conf_value_goes_on(enum conf_key key, const struct conf_word *word)
{
    char first = text_first(word->text);

    if (word->is_quoted) {
        return true;
    }
    if (conf_setting(key)->kind == CONF_KIND_INTERVALS) {
        return conf_duration_is_likely(word->text) || text_is_digit(first);
    }
    return text_is_digit(first) || first == '-' || first == '+';
}

static void
put_choices(struct text_out *out, const char *const *choices)
{
    text_put_string(out, "one of ");
    for (uint32_t i = 0; choices[i]; i++) {
        text_format(out, "%s%s", i > 0 ? ", " : "", choices[i]);
    }
}

void
conf_value_put_form(struct text_out *out, enum conf_key key)
{
    const struct conf_setting *setting = conf_setting(key);

    switch ((enum conf_kind)setting->kind) {
    case CONF_KIND_INTEGER:
        text_format(
            out, "a whole number from %d to %d%s", setting->min, setting->max,
            (setting->where & CONF_UNLIMITED_OK) != 0 ? ", or unlimited" : "");
        return;
    case CONF_KIND_SWITCH:
        text_put_string(out, "1 or 0");
        return;
    case CONF_KIND_CHOICE:
        put_choices(out, setting->choices);
        return;
    case CONF_KIND_TEXT:
        text_format(out, "1 to %d characters", setting->max);
        return;
    case CONF_KIND_SECONDS:
        text_put_string(out, "seconds, or a duration such as 30m, from 0 to "
                             "3650 days");
        return;
    case CONF_KIND_DELAY:
        text_format(out, "+N seconds, from +0 to +%d", setting->max);
        return;
    case CONF_KIND_INTERVALS:
        text_format(out,
                    "1 to %d durations such as pt30m or p1d, each above 0 and "
                    "at most p3650d",
                    (int64_t)CONF_INTERVALS_MAX);
        return;
    case CONF_KIND_AGES:
        text_format(out,
                    "1 to %d whole numbers from %d to %d, each above the one "
                    "before it",
                    (int64_t)CONF_NOTICES_MAX, setting->min, setting->max);
        return;
    case CONF_KIND_SCHEDULE:
        text_format(out,
                    "HH:MM or HH:MM/hh:mm, with at least %d minutes between "
                    "runs and at most 24 hours",
                    setting->min);
        return;
    }
}

/* say_wrong - that a word, or the lack of one, is not what is expected */
static bool
say_wrong(struct conf_parse *parse, enum conf_key key,
          const struct conf_args *args, uint32_t index)
{
    char buffer[FORM_BYTES];
    struct text_out form;

    text_out_init(&form, buffer, sizeof buffer);
    conf_value_put_form(&form, key);
    if (index < args->count) {
        conf_error(parse->say, &args->words[index].place,
                   "%s: expected %s, found %q; write it so, or leave it out",
                   conf_setting(key)->name, buffer, &args->words[index].text);
    } else {
        conf_error(parse->say, &args->place,
                   "%s: expected %s, found nothing; add a value, or leave it "
                   "out",
                   conf_setting(key)->name, buffer);
    }
    return false;
}

static bool
parse_integer(const struct conf_setting *setting, struct text_slice word,
              int64_t *number)
{
    if ((setting->where & CONF_UNLIMITED_OK) != 0 &&
        text_equal_nocase(word, text_of("unlimited"), UINT64_MAX)) {
        *number = CONF_UNLIMITED;
        return true;
    }
    return text_to_i64(word, number) && *number >= setting->min &&
           *number <= setting->max;
}

static bool
parse_switch(struct text_slice word, int64_t *number)
{
    static const char *const words[] = {"0",   "1",  "no",    "yes",
                                        "off", "on", "false", "true"};

    for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_equal_nocase(word, text_of(words[i]), UINT64_MAX)) {
            *number = i % 2;
            return true;
        }
    }
    return false;
}

static bool
parse_choice(const struct conf_setting *setting, struct text_slice word,
             int64_t *number)
{
    for (uint32_t i = 0; setting->choices[i]; i++) {
        if (text_equal_nocase(word, text_of(setting->choices[i]),
                              CONF_KEYWORD_BYTES)) {
            *number = i;
            return true;
        }
    }
    return false;
}

static bool
parse_seconds(struct text_slice word, int64_t *ns)
{
    int64_t seconds = 0;

    if (text_to_i64(word, &seconds)) {
        *ns = 0;
        if (seconds < 0 || seconds > CONF_DURATION_MAX / CONF_NS_PER_S) {
            return false;
        }
        *ns = seconds * CONF_NS_PER_S;
        return true;
    }
    return conf_duration_parse(word, ns) || conf_duration_parse_plain(word, ns);
}

/* parse_delay - "+N"; a bare N was an instant in the product, and a delay in
 * its ancestors: taken for a delay */
static bool
parse_delay(struct conf_parse *parse, const struct conf_args *args, int64_t *ns)
{
    const struct conf_word *word = &args->words[0];
    int64_t seconds = 0;

    if (!text_to_i64(word->text, &seconds)) {
        return args->is_relaxed && parse_seconds(word->text, ns) &&
               *ns <= AFTER_SECONDS_MAX * CONF_NS_PER_S;
    }
    if (seconds < 0 || seconds > AFTER_SECONDS_MAX) {
        return false;
    }
    if (!args->is_relaxed && word->text.bytes[0] != '+') {
        conf_warn(parse->say, &word->place,
                  "expected +%d, found %q; taken for +%d seconds", seconds,
                  &word->text, seconds);
    }
    *ns = seconds * CONF_NS_PER_S;
    return true;
}

static bool
parse_schedule(enum conf_key key, struct text_slice word, int64_t numbers[2])
{
    uint64_t size = 0;
    int64_t first = 0;
    int64_t period = CONF_NS_PER_DAY;

    while (size < word.size && word.bytes[size] != '/') {
        size++;
    }
    if (!conf_clock_parse((struct text_slice){word.bytes, size}, &first)) {
        return false;
    }
    if (size < word.size) {
        struct text_slice rest = {word.bytes + size + 1, word.size - size - 1};

        if (!conf_clock_parse(rest, &period)) {
            return false;
        }
    } else if (key == CONF_KEY_SYNCH_TIME) {
        period = first; /* "02:00": every two hours */
    }
    if (period < conf_setting(key)->min * CONF_NS_PER_MIN) {
        return false;
    }
    numbers[0] = first;
    numbers[1] = period;
    return true;
}

/* parse_text - a copy, if it is fit to be printed and not too long */
static bool
parse_text(struct conf_parse *parse, enum conf_key key,
           const struct conf_args *args, struct conf_value *value)
{
    struct text_slice word = args->words[0].text;

    for (uint64_t i = 0; i < word.size; i++) {
        unsigned char byte = (unsigned char)word.bytes[i];

        if (byte < 0x20 || byte == 0x7f) {
            return say_wrong(parse, key, args, 0);
        }
    }
    if (word.size == 0 || word.size > (uint64_t)conf_setting(key)->max) {
        return say_wrong(parse, key, args, 0);
    }
    const char *copy = conf_memory_copy(parse->memory, word);
    if (!copy) {
        parse->has_memory = false;
        return false;
    }
    value->text = copy;
    value->count = 0;
    return true;
}

/* parse_list - intervals or ages, all of the words */
static bool
parse_list(struct conf_parse *parse, enum conf_key key,
           const struct conf_args *args, struct conf_value *list)
{
    const struct conf_setting *setting = conf_setting(key);
    bool is_ages = setting->kind == CONF_KIND_AGES;

    for (uint32_t i = 0; i < args->count; i++) {
        struct text_slice word = args->words[i].text;
        int64_t *number = &list->numbers[i];
        bool is_good = false;

        if (i == conf_value_args_max(key)) {
            return say_wrong(parse, key, args, i);
        }
        if (is_ages) {
            is_good = parse_integer(setting, word, number) &&
                      (i == 0 || *number > list->numbers[i - 1]);
        } else {
            is_good = (conf_duration_parse(word, number) ||
                       (args->is_relaxed &&
                        conf_duration_parse_plain(word, number))) &&
                      *number > 0;
        }
        if (!is_good) {
            return say_wrong(parse, key, args, i);
        }
    }
    list->count = args->count;
    return true;
}

bool
conf_value_parse(struct conf_parse *parse, enum conf_key key,
                 const struct conf_args *args, struct conf_value *value)
{
    const struct conf_setting *setting = conf_setting(key);
    struct text_slice word = args->words[0].text;
    struct conf_value read = {.count = 1};
    bool is_good = false;

    if (args->count == 0) {
        return say_wrong(parse, key, args, 0);
    }
    if (args->count > conf_value_args_max(key)) {
        return say_wrong(parse, key, args, conf_value_args_max(key));
    }
    switch ((enum conf_kind)setting->kind) {
    case CONF_KIND_INTEGER:
        is_good = parse_integer(setting, word, &read.numbers[0]);
        break;
    case CONF_KIND_SWITCH:
        is_good = parse_switch(word, &read.numbers[0]);
        break;
    case CONF_KIND_CHOICE:
        is_good = parse_choice(setting, word, &read.numbers[0]);
        break;
    case CONF_KIND_TEXT:
        if (!parse_text(parse, key, args, &read)) {
            return false;
        }
        is_good = true;
        break;
    case CONF_KIND_SECONDS:
        is_good = parse_seconds(word, &read.numbers[0]);
        break;
    case CONF_KIND_DELAY:
        is_good = parse_delay(parse, args, &read.numbers[0]);
        break;
    case CONF_KIND_INTERVALS:
    case CONF_KIND_AGES:
        if (!parse_list(parse, key, args, &read)) {
            return false;
        }
        is_good = true;
        break;
    case CONF_KIND_SCHEDULE:
        is_good = parse_schedule(key, word, read.numbers);
        read.count = 2;
        break;
    }
    if (!is_good) {
        return say_wrong(parse, key, args, 0);
    }
    *value = read;
    return true;
}

static void
put_number(struct text_out *out, const struct conf_setting *setting,
           int64_t number)
{
    if (setting->kind == CONF_KIND_CHOICE) {
        text_put_string(out, setting->choices[number]);
    } else if (setting->kind == CONF_KIND_INTERVALS ||
               setting->kind == CONF_KIND_SECONDS ||
               setting->kind == CONF_KIND_DELAY) {
        conf_duration_format(out, number);
    } else if (setting->kind == CONF_KIND_SCHEDULE) {
        conf_clock_format(out, number);
    } else if (number == CONF_UNLIMITED) {
        text_put_string(out, "unlimited");
    } else {
        text_put_i64(out, number);
    }
}

void
conf_value_put(struct text_out *out, enum conf_key key,
               const struct conf_value *value)
{
    const struct conf_setting *setting = conf_setting(key);

    if (setting->kind == CONF_KIND_TEXT) {
        text_put_string(out, value->text ? value->text : "");
        return;
    }
    for (uint32_t i = 0; i < value->count; i++) {
        if (i > 0) {
            text_put_string(out,
                            setting->kind == CONF_KIND_SCHEDULE ? "/" : " ");
        }
        put_number(out, setting, value->numbers[i]);
    }
}
