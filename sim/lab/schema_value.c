/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * schema_value.c - one text of a row's type, to integers and back; see schema.h
 */
#include <inttypes.h>
#include <string.h>

#include "models/tcp/middlebox.h"
#include "models/traffic.h"
#include "sim/lab/schema.h"
#include "sim/lab/unit.h"

static const char *const priorities[] = {"urgent", "normal", "nonurgent"};

/* refuse - the way every parser says no */
static bool
refuse(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

static bool
bool_parse(const char *text, int64_t *value, const char **why)
{
    *value = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 ||
             strcmp(text, "on") == 0;
    return *value != 0 || strcmp(text, "false") == 0 ||
                   strcmp(text, "no") == 0 || strcmp(text, "off") == 0
               ? true
               : refuse(why, "it is written true or false");
}

/* choice_parse - the position of a word among the row's, from 0 */
static bool
choice_parse(const struct schema_row *row, const char *text, int64_t *value,
             const char **why)
{
    const char *word = row->choices;
    const size_t text_size = strlen(text);

    for (*value = 0; *word != '\0'; (*value)++) {
        const size_t size = strcspn(word, " ");

        if (size == text_size && memcmp(word, text, size) == 0) {
            return true;
        }
        word += size;
        word += strspn(word, " ");
    }
    *value = 0;
    return refuse(why, row->choices);
}

static bool
zipf_parse(const char *text, int64_t *value, const char **why)
{
    struct unit_call call;

    *value = 0;
    if (!unit_call_parse(text, &call, why)) {
        return false;
    }
    if (strcmp(call.name, "zipf") != 0 || call.args_count != 1) {
        return refuse(why, "zipf(1.2) makes the k-th host's share 1/k^1.2");
    }
    return unit_number_parse(call.args[0], value, why) &&
           (*value <= INT64_C(10) * PPM ? true
                                        : refuse(why, "s is at most 10"));
}

/* window_parse - "at 1h", "over 2m", "most 500" after the first argument */
static bool
window_parse(const struct unit_call *call, struct schema_value *value,
             const char **why)
{
    bool has[SCHEMA_NUMBERS_COUNT] = {false};

    for (uint32_t i = 1; i < call->args_count; i++) {
        const char *arg = call->args[i];
        const char *rest = NULL;
        int which = SCHEMA_ARRIVALS_COUNT;
        unit_fn *parse = unit_duration_parse;

        if ((rest = unit_word_skip(arg, "at")) != NULL) {
            which = SCHEMA_ARRIVALS_AT;
        } else if ((rest = unit_word_skip(arg, "over")) != NULL) {
            which = SCHEMA_ARRIVALS_OVER;
        } else if (value->numbers[SCHEMA_ARRIVALS_KIND] == TRAFFIC_POISSON &&
                   (rest = unit_word_skip(arg, "most")) != NULL) {
            parse = unit_integer_parse;
        } else {
            return refuse(why, "after the first argument come `at TIME` and "
                               "`over TIME`: burst(5000, at 1h, over 2m)");
        }
        if (has[which]) {
            return refuse(why, "an argument is there twice");
        }
        has[which] = true;
        if (!parse(rest, &value->numbers[which], why)) {
            return false;
        }
        if (parse == unit_duration_parse &&
            value->numbers[which] > SCHEMA_YEARS_MAX) {
            return refuse(why, "it is longer than 3650d");
        }
    }
    return true;
}

/* counted_parse - even and burst: how many, at, over */
static bool
counted_parse(const struct unit_call *call, struct schema_value *value,
              const char **why)
{
    int64_t count = 0;

    if (call->args_count == 0 ||
        !unit_integer_parse(call->args[0], &count, why)) {
        return refuse(why, "first comes the number of messages: burst(5000, at "
                           "1h, over 2m)");
    }
    if (count == 0) {
        return refuse(why, "it must send at least 1 message");
    }
    if (!window_parse(call, value, why)) {
        return false;
    }
    value->numbers[SCHEMA_ARRIVALS_COUNT] = count;
    return value->numbers[SCHEMA_ARRIVALS_OVER] > 0
               ? true
               : refuse(why, "how long it takes is missing: burst(5000, at 1h, "
                             "over 2m)");
}

static bool
arrivals_parse(const char *text, struct arena *arena,
               struct schema_value *value, const char **why)
{
    struct unit_call call;
    int64_t *kind = &value->numbers[SCHEMA_ARRIVALS_KIND];

    if (!unit_call_parse(text, &call, why)) {
        return false;
    }
    if (strcmp(call.name, "poisson") == 0) {
        *kind = TRAFFIC_POISSON;
        if (call.args_count == 0) {
            return refuse(why, "its rate is missing: poisson(10/s)");
        }
        return unit_arrivals_parse(
                   call.args[0], &value->numbers[SCHEMA_ARRIVALS_RATE], why) &&
               window_parse(&call, value, why);
    }
    if (strcmp(call.name, "even") == 0) {
        *kind = TRAFFIC_EVEN;
        return counted_parse(&call, value, why);
    }
    if (strcmp(call.name, "burst") == 0) {
        *kind = TRAFFIC_BURST;
        return counted_parse(&call, value, why);
    }
    if (strcmp(call.name, "replay") == 0) {
        *kind = TRAFFIC_REPLAY;
        if (call.args_count != 1) {
            return refuse(why, "it takes one file: replay(traffic.trace)");
        }
        value->text = arena_text(arena, call.args[0]);
        return true;
    }
    return refuse(why, "the arrivals are poisson, even, burst, replay");
}

/* share_add - "urgent 5%" of mixed() */
static bool
share_add(const char *arg, int64_t *numbers, const char **why)
{
    const char *rest = unit_word_skip(arg, "urgent");
    int which = SCHEMA_PRIORITY_URGENT;

    if (rest == NULL) {
        rest = unit_word_skip(arg, "nonurgent");
        which = SCHEMA_PRIORITY_NONURGENT;
    }
    if (rest == NULL || numbers[which] != 0) {
        return refuse(why, "mixed takes the shares of urgent and nonurgent, "
                           "once each: mixed(urgent 5%, nonurgent 10%)");
    }
    return unit_probability_parse(rest, &numbers[which], why);
}

static bool
priority_parse(const char *text, int64_t *numbers, const char **why)
{
    struct unit_call call;

    for (int i = 0; i < 3; i++) {
        if (strcmp(text, priorities[i]) == 0) {
            numbers[SCHEMA_PRIORITY_LEVEL] = i;
            return true;
        }
    }
    if (!unit_call_parse(text, &call, why)) {
        return false;
    }
    if (strcmp(call.name, "mixed") != 0 || call.args_count == 0) {
        return refuse(why, "it is urgent, normal, nonurgent or mixed(urgent "
                           "5%, nonurgent 10%)");
    }
    numbers[SCHEMA_PRIORITY_LEVEL] = 1;
    numbers[SCHEMA_PRIORITY_IS_MIXED] = 1;
    for (uint32_t i = 0; i < call.args_count; i++) {
        if (!share_add(call.args[i], numbers, why)) {
            return false;
        }
    }
    return numbers[SCHEMA_PRIORITY_URGENT] +
                       numbers[SCHEMA_PRIORITY_NONURGENT] <=
                   PPM
               ? true
               : refuse(why, "its shares are more than 100%");
}

/* retry_parse - 0 for drop; a message that came again at once would be refused
 * at once */
static bool
retry_parse(const char *text, int64_t *value, const char **why)
{
    struct unit_call call;

    *value = 0;
    if (strcmp(text, "drop") == 0) {
        return true;
    }
    if (!unit_call_parse(text, &call, why)) {
        return false;
    }
    if (strcmp(call.name, "retry") != 0 || call.args_count != 1) {
        return refuse(why, "it is drop or retry(15m)");
    }
    if (!unit_duration_parse(call.args[0], value, why)) {
        return false;
    }
    return *value > 0 ? true : refuse(why, "it comes again after some time");
}

/* fault_parse - a router's fault, as models/tcp/middlebox.h has it */
static bool
fault_parse(const char *text, int64_t *numbers, const char **why)
{
    struct middlebox_params params = {.fault = MIDDLEBOX_NONE};

    if (!middlebox_parse(&params, text, why)) {
        return false;
    }
    numbers[SCHEMA_FAULT_KIND] = params.fault;
    numbers[SCHEMA_FAULT_VALUE] = params.value;
    numbers[SCHEMA_FAULT_DIRECTIONS] = params.directions;
    return true;
}

/* counts_parse - recipients a message: none is no message */
static bool
counts_parse(const char *text, struct variate *variate, const char **why)
{
    if (!unit_variate_parse(text, unit_integer_parse, variate, why)) {
        return false;
    }
    return variate->kind != VARIATE_CONSTANT || variate->a > 0
               ? true
               : refuse(why, "it is at least 1");
}

/* ranged - a number of a type with limits */
static bool
ranged(const struct schema_row *row, unit_fn *parse, const char *text,
       int64_t *value, const char **why)
{
    if (!parse(text, value, why)) {
        return false;
    }
    if (*value < row->least) {
        return refuse(why, row->type == SCHEMA_DURATION && row->least == 1
                               ? "it must be more than 0"
                               : "it is too small");
    }
    return *value <= row->most ? true : refuse(why, "it is too large");
}

static bool
text_parse(const struct schema_row *row, const char *text,
           struct schema_value *value, const char **why)
{
    value->text = text;
    if (row->type == SCHEMA_TEXT || *text == '\0') {
        return *text != '\0' || row->standard != NULL
                   ? true
                   : refuse(why, "it must not be empty");
    }
    if (row->type == SCHEMA_NAME && !schema_name_is_valid(text)) {
        return refuse(why, "a name is letters, digits, dots, _ and -");
    }
    return true;
}

bool
schema_value_parse(const struct schema_row *row, const char *text,
                   struct arena *arena, struct schema_value *value,
                   const char **why)
{
    int64_t *number = &value->numbers[0];

    *value = (struct schema_value){.text = NULL};
    switch (row->type) {
    case SCHEMA_SECTION:
    case SCHEMA_NAMES:
    case SCHEMA_LIST:
    case SCHEMA_TEXTS:
    case SCHEMA_SETTINGS:
    case SCHEMA_AXES:
        return refuse(why, "a single value cannot stand here");
    case SCHEMA_TEXT:
    case SCHEMA_NAME:
    case SCHEMA_FILE:
        return text_parse(row, text, value, why);
    case SCHEMA_BOOL:
        return bool_parse(text, number, why);
    case SCHEMA_CHOICE:
        return choice_parse(row, text, number, why);
    case SCHEMA_INTEGER:
        return ranged(row, unit_integer_parse, text, number, why);
    case SCHEMA_DURATION:
        return ranged(row, unit_duration_parse, text, number, why);
    case SCHEMA_BYTES:
        return ranged(row, unit_bytes_parse, text, number, why);
    case SCHEMA_DATE:
        return unit_date_parse(text, number, why);
    case SCHEMA_BIT_RATE:
        return unit_bit_rate_parse(text, number, why);
    case SCHEMA_BY_PHASE:
    case SCHEMA_PROBABILITY:
        return unit_probability_parse(text, number, why);
    case SCHEMA_WEIGHT:
        if (!unit_weight_parse(text, number, why)) {
            return false;
        }
        return *number > 0 && *number <= INT64_C(1000000) * PPM
                   ? true
                   : refuse(why, "it must be more than 0, at most a million");
    case SCHEMA_TIMES:
        return unit_variate_parse(text, unit_duration_parse, &value->variate,
                                  why);
    case SCHEMA_SIZES:
        return unit_variate_parse(text, unit_bytes_parse, &value->variate, why);
    case SCHEMA_COUNTS:
        return counts_parse(text, &value->variate, why);
    case SCHEMA_ZIPF:
        return zipf_parse(text, number, why);
    case SCHEMA_ARRIVALS:
        return arrivals_parse(text, arena, value, why);
    case SCHEMA_PRIORITY:
        return priority_parse(text, value->numbers, why);
    case SCHEMA_RETRY:
        return retry_parse(text, number, why);
    case SCHEMA_FAULT:
        return fault_parse(text, value->numbers, why);
    }
    UNREACHABLE("every type has a parser");
}

struct schema_value
schema_standard(const struct schema_row *row, struct arena *arena)
{
    struct schema_value value = {.text = ""};
    const char *why = NULL;

    if (row->standard != NULL && *row->standard != '\0') {
        const bool is_good =
            schema_value_parse(row, row->standard, arena, &value, &why);

        ASSERT(is_good);
    }
    return value;
}

int
schema_value_format(const struct schema_row *row,
                    const struct schema_value *value, char *out,
                    size_t out_size)
{
    const struct variate *v = &value->variate;
    const int64_t *n = value->numbers;

    switch (row->type) {
    case SCHEMA_TIMES:
    case SCHEMA_SIZES:
    case SCHEMA_COUNTS:
        return snprintf(out, out_size, "%d %" PRId64 " %" PRId64 " %" PRId64,
                        (int)v->kind, v->a, v->b, v->shape_ppm);
    case SCHEMA_ARRIVALS:
    case SCHEMA_PRIORITY:
    case SCHEMA_FAULT:
        return snprintf(out, out_size,
                        "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
                        " %" PRId64,
                        n[0], n[1], n[2], n[3], n[4]);
    case SCHEMA_TEXT:
    case SCHEMA_NAME:
    case SCHEMA_FILE:
        return snprintf(out, out_size, "%s", value->text);
    case SCHEMA_SECTION:
    case SCHEMA_NAMES:
    case SCHEMA_LIST:
    case SCHEMA_TEXTS:
    case SCHEMA_SETTINGS:
    case SCHEMA_AXES:
    case SCHEMA_BY_PHASE:
    case SCHEMA_BOOL:
    case SCHEMA_CHOICE:
    case SCHEMA_INTEGER:
    case SCHEMA_DATE:
    case SCHEMA_DURATION:
    case SCHEMA_BYTES:
    case SCHEMA_BIT_RATE:
    case SCHEMA_PROBABILITY:
    case SCHEMA_WEIGHT:
    case SCHEMA_ZIPF:
    case SCHEMA_RETRY:
        return snprintf(out, out_size, "%" PRId64, n[0]);
    }
    UNREACHABLE("every type has a form");
}
