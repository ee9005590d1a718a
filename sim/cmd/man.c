/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * man.c - see man.h
 */
#include "sim/cmd/man.h"

#include <inttypes.h>
#include <string.h>

#include "sim/cmd/commands.h"
#include "sim/lab/metric.h"
#include "sim/lab/schema.h"

enum { LINE_WIDTH = 74 };

/* word_put - what mdoc would take for something else is escaped */
static void
word_put(const char *word, size_t size, FILE *out)
{
    if (word[0] == '.' || word[0] == '\'') {
        fputs("\\&", out);
    }
    for (size_t i = 0; i < size; i++) {
        if (word[i] == '\\') {
            fputs("\\e", out);
        } else {
            putc(word[i], out);
        }
    }
}

/* is_end - a sentence ends with this word */
static bool
is_end(const char *word, size_t size)
{
    return size > 1 && (word[size - 1] == '.' || word[size - 1] == '?');
}

void
man_text(const char *text, FILE *out)
{
    size_t column = 0;
    bool is_ended = true;

    while (*text != '\0') {
        const size_t size = strcspn(text, " \n");

        if (size > 0) {
            if (column > 0) {
                const bool is_new = is_ended || column + size > LINE_WIDTH;

                putc(is_new ? '\n' : ' ', out);
                column = is_new ? 0 : column + 1;
            }
            word_put(text, size, out);
            column += size;
            is_ended = is_end(text, size);
            text += size;
        }
        text += *text != '\0';
    }
    putc('\n', out);
}

static void
commands_print(FILE *out)
{
    const struct command *command = NULL;

    fputs(".Sh COMMANDS\n", out);
    for (uint32_t i = 0; (command = commands_at(i)) != NULL; i++) {
        fprintf(out, ".Ss %s\n.Nm\n.Cm %s\n.Op Ar option ...\n", command->name,
                command->name);
        if (command->operands != NULL && *command->operands != '\0') {
            fprintf(out, ".Ar %s\n", command->operands);
        }
        fputs(".Pp\n", out);
        fprintf(out, "%c%s.\n", command->summary[0] - 'a' + 'A',
                command->summary + 1);
        man_text(command->about, out);
        options_man(command->rows, out);
    }
}

static void
scenario_print(FILE *out)
{
    const struct schema_row *row = NULL;

    fputs(".Sh THE SCENARIO\n", out);
    man_text("One strict YAML file. Everything in it can be set from the"
             " command line by its path; paths that begin with channel., job.,"
             " pool. or option. belong to the scheduler, whose own files the"
             " scenario names. A star stands for a name of the user's choice.",
             out);
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; (row = schema_row_at(i)) != NULL; i++) {
        fprintf(out, ".It Li \\&%s\n", row->pattern);
        man_text(schema_type_text(row->type), out);
        if (row->choices != NULL && row->choices[0] != '\0') {
            fputs("of: ", out);
            man_text(row->choices, out);
        }
        if (row->standard == NULL) {
            fputs("(must be given)\n", out);
        } else if (row->standard[0] != '\0') {
            fprintf(out, "(default: %s)\n", row->standard);
        }
        if (row->help != NULL && row->help[0] != '\0') {
            fputs(".br\n", out);
            man_text(row->help, out);
        }
    }
    fputs(".El\n", out);
}

static void
metrics_print(FILE *out)
{
    fputs(".Sh METRICS\n.Bl -tag -width Ds\n", out);
    for (uint32_t i = 0; i < metric_count(); i++) {
        const struct metric *metric = metric_at(i);

        fprintf(out, ".It Li %s%s%s\n", metric->name,
                metric->unit[0] != '\0' ? " , No " : "", metric->unit);
        man_text(metric->help, out);
    }
    for (uint32_t i = 0; metric_group_at(i) != NULL; i++) {
        fprintf(out, ".It Li host.NAME.%s\n", metric_group_at(i));
        man_text("the same of one host; and channel.NAME, and priority.NAME of"
                 " urgent, normal, nonurgent",
                 out);
    }
    fputs(".El\n", out);
}

void
man_print(FILE *out)
{
    commands_print(out);
    scenario_print(out);
    metrics_print(out);
    fputs(".Sh EXIT CODES\n.Bl -tag -width 4n\n", out);
    commands_exits_man(out);
    fputs(".El\n", out);
}
