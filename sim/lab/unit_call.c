/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unit_call.c - texts of the form name(a, b); see unit.h
 */
#include <string.h>

#include "sim/lab/unit.h"

/* blanks_trim - without blanks at either end, in place */
static char *
blanks_trim(char *text)
{
    size_t size = 0;

    text += strspn(text, " \n");
    size = strlen(text);
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\n')) {
        text[--size] = '\0';
    }
    return text;
}

/* args_split - between the parentheses, at the commas */
static bool
args_split(struct unit_call *call, char *args, const char **why)
{
    for (char *arg = args; arg != NULL;) {
        char *comma = strchr(arg, ',');

        if (call->args_count == UNIT_CALL_ARGS_MAX) {
            *why = "it has too many arguments";
            return false;
        }
        if (comma != NULL) {
            *comma++ = '\0';
        }
        arg = blanks_trim(arg);
        if (*arg == '\0') {
            *why = "an argument is missing";
            return false;
        }
        call->args[call->args_count++] = arg;
        arg = comma;
    }
    return true;
}

bool
unit_call_parse(const char *text, struct unit_call *call, const char **why)
{
    const size_t size = strlen(text);
    char *name = call->buffer;
    char *open = NULL;
    char *close = NULL;

    call->args_count = 0;
    if (size > UNIT_TEXT_MAX) {
        *why = "it is too long";
        return false;
    }
    memcpy(call->buffer, text, size + 1);
    name = blanks_trim(name);
    call->name = name;
    open = strchr(name, '(');
    if (open == NULL) {
        return true;
    }
    close = strchr(name, ')');
    if (close == NULL || close[1] != '\0' || close < open) {
        *why = "its parentheses do not close at its end";
        return false;
    }
    *open = '\0';
    *close = '\0';
    call->name = blanks_trim(name);
    return args_split(call, open + 1, why);
}

const char *
unit_word_skip(const char *text, const char *word)
{
    const size_t size = strlen(word);

    if (strncmp(text, word, size) != 0 || text[size] != ' ') {
        return NULL;
    }
    return text + size + strspn(text + size, " ");
}

/* What the arguments of a distribution are. */
struct form {
    const char *name;
    const char *usage;
    enum variate_kind kind;
    uint32_t args_count;
    int8_t shape_arg; /* which is the shape number; -1: none */
    int8_t b_arg;     /* which is the second amount; -1: none */
};

static const struct form forms[] = {
    {"constant", "constant(a)", VARIATE_CONSTANT, 1, -1, -1},
    {"uniform", "uniform(least, most)", VARIATE_UNIFORM, 2, -1, 1},
    {"exponential", "exponential(mean)", VARIATE_EXPONENTIAL, 1, -1, -1},
    {"lognormal", "lognormal(median, sigma)", VARIATE_LOGNORMAL, 2, 1, -1},
    {"weibull", "weibull(scale, shape)", VARIATE_WEIBULL, 2, 1, -1},
    {"pareto", "pareto(least, alpha, most)", VARIATE_PARETO, 3, 1, 2},
};

static const struct form *
form_get(const char *name)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (strcmp(forms[i].name, name) == 0) {
            return &forms[i];
        }
    }
    return NULL;
}

bool
unit_variate_parse(const char *text, unit_fn *unit, struct variate *variate,
                   const char **why)
{
    struct unit_call call = {.name = NULL};
    const struct form *form = NULL;

    *variate = (struct variate){.kind = VARIATE_CONSTANT};
    if (strchr(text, '(') == NULL) {
        return unit(text, &variate->a, why) && variate_is_valid(variate, why);
    }
    if (!unit_call_parse(text, &call, why)) {
        return false;
    }
    form = form_get(call.name);
    if (form == NULL) {
        *why = "the distributions are constant, uniform, exponential, "
               "lognormal, weibull, pareto";
        return false;
    }
    if (call.args_count != form->args_count) {
        *why = form->usage;
        return false;
    }
    variate->kind = form->kind;
    if (!unit(call.args[0], &variate->a, why)) {
        return false;
    }
    if (form->shape_arg >= 0 && !unit_number_parse(call.args[form->shape_arg],
                                                   &variate->shape_ppm, why)) {
        return false;
    }
    if (form->b_arg >= 0 && !unit(call.args[form->b_arg], &variate->b, why)) {
        return false;
    }
    return variate_is_valid(variate, why);
}
