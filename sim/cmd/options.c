/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.c - reads the command line by a table of rows; see options.h
 */
#include "sim/cmd/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/man.h"

enum {
    ROWS_MAX = 64,
    LETTERS_SIZE = 2 * ROWS_MAX + 3,
    NAME_SIZE = 64,
    LONG_BASE = 256, /* getopt's answers for long options: above all letters */
    HELP_COLUMN = 30
};

static const struct src_loc command_line = {.file = "command line"};

static uint32_t
rows_count(const struct option_row *rows)
{
    uint32_t count = 0;

    while (rows[count].id != OPTION_NONE) {
        count++;
    }
    ASSERT(count < ROWS_MAX);
    return count;
}

/* letters_make - getopt's short options: operands anywhere, own complaints */
static void
letters_make(const struct option_row *rows, char letters[LETTERS_SIZE])
{
    uint32_t at = 0;

    letters[at++] = '-'; /* operands come as the argument of option 1 */
    letters[at++] = ':';
    for (; rows->id != OPTION_NONE; rows++) {
        if (rows->letter != 0) {
            letters[at++] = rows->letter;
            if (rows->kind != OPTION_FLAG) {
                letters[at++] = ':';
            }
        }
    }
    letters[at] = '\0';
}

static void
longs_make(const struct option_row *rows, struct option longs[ROWS_MAX])
{
    uint32_t i = 0;

    for (; rows[i].id != OPTION_NONE; i++) {
        longs[i] = (struct option){
            .name = rows[i].name,
            .has_arg =
                rows[i].kind == OPTION_FLAG ? no_argument : required_argument,
            .val = LONG_BASE + (int)i,
        };
    }
    longs[i] = (struct option){0};
}

/* row_of - the row of getopt's answer */
static const struct option_row *
row_of(const struct option_row *rows, int answer)
{
    if (answer >= LONG_BASE) {
        return &rows[answer - LONG_BASE];
    }
    while (rows->id != OPTION_NONE && rows->letter != (char)answer) {
        rows++;
    }
    return rows->id == OPTION_NONE ? NULL : rows;
}

/* word_name - "seed" of "--seed=7" */
static void
word_name(const char *word, char name[NAME_SIZE])
{
    size_t size = strcspn(word, "=");

    snprintf(name, NAME_SIZE, "%.*s", (int)(size < NAME_SIZE ? size : 0), word);
}

/* unknown_report - an option that the command does not have */
static void
unknown_report(const struct option_row *rows, const char *word,
               struct diag *diag)
{
    const char *names[ROWS_MAX];
    uint32_t count = 0;
    const char *nearest = NULL;
    char name[NAME_SIZE];

    for (uint32_t i = 0; rows[i].id != OPTION_NONE; i++) {
        if (!rows[i].is_hidden) {
            names[count++] = rows[i].name;
        }
    }
    word_name(strncmp(word, "--", 2) == 0 ? word + 2 : word, name);
    nearest = diag_nearest(name, names, count);
    if (nearest != NULL) {
        diag_error(diag, command_line,
                   "there is no option %.*s; did you mean --%s?",
                   (int)strcspn(word, "="), word, nearest);
    } else {
        diag_error(diag, command_line,
                   "there is no option %.*s; --help lists them",
                   (int)strcspn(word, "="), word);
    }
}

/* number_read - a whole number in the row's range; false: reported */
static bool
number_read(const struct option_row *row, const char *text, uint64_t *number,
            struct diag *diag)
{
    char *end = NULL;

    errno = 0;
    *number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 ||
        *number < row->least || *number > row->most) {
        diag_error(diag, command_line,
                   "--%s must be a whole number, %" PRIu64 " to %" PRIu64
                   ", found '%s'",
                   row->name, row->least, row->most, text);
        return false;
    }
    return true;
}

static void
value_add(struct option_value *value, const char *text)
{
    value->texts = base_realloc(value->texts, (value->texts_count + 1) *
                                                  sizeof *value->texts);
    value->texts[value->texts_count++] = text;
}

static void
operand_add(struct options *options, const char *operand)
{
    options->operands =
        base_realloc(options->operands,
                     (options->operands_count + 1) * sizeof *options->operands);
    options->operands[options->operands_count++] = operand;
}

/* is_abbreviated - getopt takes --rep for --replication; we do not */
static bool
is_abbreviated(const struct option_row *row, const char *word)
{
    char name[NAME_SIZE];

    if (strncmp(word, "--", 2) != 0) {
        return false;
    }
    word_name(word + 2, name);
    return strcmp(name, row->name) != 0;
}

/* answer_take - one answer of getopt; false: reported */
static bool
answer_take(struct options *options, const struct option_row *rows, int answer,
            const char *word, struct diag *diag)
{
    const struct option_row *row = NULL;

    if (answer == 1) {
        operand_add(options, optarg);
        return true;
    }
    if (answer != '?' && answer != ':') {
        row = row_of(rows, answer);
    } else if (optopt != 0) { /* known, but for its argument */
        row = row_of(rows, optopt);
    }
    if (row == NULL || (answer != ':' && is_abbreviated(row, word))) {
        unknown_report(rows, word, diag);
        return false;
    }
    if (answer == ':') {
        diag_error(diag, command_line, "--%s wants %s", row->name,
                   row->argument);
        return false;
    }
    if (answer == '?') {
        diag_error(diag, command_line, "--%s takes no value", row->name);
        return false;
    }
    value_add(&options->values[row->id],
              row->kind == OPTION_FLAG ? "" : optarg);
    return row->kind != OPTION_NUMBER ||
           number_read(row, optarg, &options->values[row->id].number, diag);
}

bool
options_read(struct options *options, const struct option_row *rows, int argc,
             char *const *argv, struct diag *diag)
{
    struct option longs[ROWS_MAX];
    char letters[LETTERS_SIZE];
    /* getopt wants a program's name first, and the vector for itself. */
    char **words = base_alloc(((uint64_t)argc + 2) * sizeof *words);
    bool is_good = true;
    int answer = 0;

    ASSERT(rows_count(rows) > 0);
    *options = (struct options){0};
    letters_make(rows, letters);
    longs_make(rows, longs);
    words[0] = (char[]){"mtasim"};
    for (int i = 0; i < argc; i++) {
        words[i + 1] = argv[i];
    }
    opterr = 0;
    optind = 1;
    for (;;) {
        const int place = optind <= argc ? optind : 0;

        answer = getopt_long(argc + 1, words, letters, longs, NULL);
        if (answer == -1) {
            break;
        }
        is_good =
            answer_take(options, rows, answer, words[place], diag) && is_good;
    }
    for (int i = optind; i < argc + 1; i++) { /* behind "--" */
        operand_add(options, words[i]);
    }
    free(words);
    return is_good;
}

void
options_free(struct options *options)
{
    for (uint32_t i = 0; i < OPTIONS_COUNT; i++) {
        free(options->values[i].texts);
    }
    free(options->operands);
    *options = (struct options){0};
}

bool
options_has(const struct options *options, enum option_id id)
{
    return options->values[id].texts_count > 0;
}

const char *
options_text(const struct options *options, enum option_id id,
             const char *standard)
{
    const struct option_value *value = &options->values[id];

    return value->texts_count > 0 ? value->texts[value->texts_count - 1]
                                  : standard;
}

uint64_t
options_number(const struct options *options, enum option_id id,
               uint64_t standard)
{
    return options_has(options, id) ? options->values[id].number : standard;
}

/* name_find - the place of the name; reported and false if it has none */
static bool
name_find(const char *const *names, const char *name, size_t size,
          uint32_t *place, struct diag *diag)
{
    char known[256] = "";
    size_t known_size = 0;

    for (*place = 0; names[*place] != NULL; ++*place) {
        if (strlen(names[*place]) == size &&
            memcmp(names[*place], name, size) == 0) {
            return true;
        }
        known_size +=
            (size_t)snprintf(known + known_size, sizeof known - known_size,
                             "%s%s", *place > 0 ? ", " : "", names[*place]);
        ASSERT(known_size < sizeof known);
    }
    diag_error(diag, command_line, "'%.*s' is none of: %s", (int)size, name,
               known);
    return false;
}

bool
options_bits(const struct options *options, enum option_id id,
             const char *const *names, uint32_t *bits, struct diag *diag)
{
    const struct option_value *value = &options->values[id];
    bool is_good = true;

    *bits = 0;
    for (uint32_t i = 0; i < value->texts_count; i++) {
        const char *text = value->texts[i];

        for (;;) {
            size_t size = strcspn(text, ",");
            uint32_t place = 0;

            if (name_find(names, text, size, &place, diag)) {
                *bits |= 1u << place;
            } else {
                is_good = false;
            }
            if (text[size] == '\0') {
                break;
            }
            text += size + 1;
        }
    }
    return is_good;
}

bool
options_choice(const struct options *options, enum option_id id,
               const char *const *names, uint32_t standard, uint32_t *choice,
               struct diag *diag)
{
    const char *text = options_text(options, id, NULL);

    *choice = standard;
    return text == NULL || name_find(names, text, strlen(text), choice, diag);
}

void
options_help(const struct option_row *rows, FILE *out)
{
    for (; rows->id != OPTION_NONE; rows++) {
        char letter[] = "-?, ";
        char head[2 * NAME_SIZE];

        if (rows->is_hidden) {
            continue;
        }
        letter[1] = rows->letter;
        snprintf(head, sizeof head, "%s--%s%s%s",
                 rows->letter != 0 ? letter : "    ", rows->name,
                 rows->argument != NULL ? " " : "",
                 rows->argument != NULL ? rows->argument : "");
        fprintf(out, "  %-*s%s%s", HELP_COLUMN, head,
                strlen(head) >= HELP_COLUMN ? " " : "", rows->help);
        if (rows->standard != NULL) {
            fprintf(out, " [%s]", rows->standard);
        }
        fputc('\n', out);
    }
}

void
options_man(const struct option_row *rows, FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (; rows->id != OPTION_NONE; rows++) {
        if (rows->is_hidden) {
            continue;
        }
        fputs(".It ", out);
        if (rows->letter != 0) {
            fprintf(out, "Fl %c , ", rows->letter);
        }
        fprintf(out, "Fl Fl %s", rows->name);
        if (rows->argument != NULL) {
            fprintf(out, " Ar %s", rows->argument);
        }
        putc('\n', out);
        man_text(rows->help, out);
        if (rows->standard != NULL) {
            fprintf(out, "(default: %s)\n", rows->standard);
        }
    }
    fputs(".El\n", out);
}
