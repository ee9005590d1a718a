/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_help.c - mtasim help: commands and topics
 */
#include <stdio.h>
#include <string.h>

#include "sim/cmd/commands.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/man.h"
#include "sim/lab/metric.h"
#include "sim/lab/scenario.h"

enum { TOPICS_MAX = 64 };

static const struct src_loc command_line = {.file = "command line"};

static const char *
better_text(enum metric_better better)
{
    switch (better) {
    case METRIC_HIGHER:
        return "higher";
    case METRIC_LOWER:
        return "lower";
    case METRIC_NEITHER:
        return "-";
    }
    UNREACHABLE("every direction is above");
}

static void
metrics_print(FILE *out)
{
    fprintf(out, "%-20s %-6s %-7s %s\n", "name", "unit", "better", "what");
    for (uint32_t i = 0; i < metric_count(); i++) {
        const struct metric *metric = metric_at(i);

        fprintf(out, "%-20s %-6s %-7s %s\n", metric->name,
                metric->unit[0] != '\0' ? metric->unit : "-",
                better_text(metric->better), metric->help);
    }
    fputs("\nhost.NAME., channel.NAME. and priority.NAME. (urgent, normal,"
          " nonurgent), followed by:\n",
          out);
    for (uint32_t i = 0; metric_group_at(i) != NULL; i++) {
        fprintf(out, "%s%s", i == 0 ? "" : ", ", metric_group_at(i));
    }
    fputc('\n', out);
}

/* What is not the help of a command. */
static const struct {
    const char *name;
    void (*print)(FILE *out);
} topics[] = {
    {"scenario", scenario_help},
    {"metrics", metrics_print},
    {"exit-codes", commands_exit_codes},
};

enum { TOPICS_COUNT = sizeof topics / sizeof topics[0] };

/* topic_unknown - and what may have been meant */
static int
topic_unknown(const char *topic, struct diag *diag)
{
    const char *names[TOPICS_MAX];
    size_t count = 0;
    const char *nearest = NULL;

    for (size_t i = 0; i < TOPICS_COUNT; i++) {
        names[count++] = topics[i].name;
    }
    for (uint32_t i = 0; commands_at(i) != NULL && count < TOPICS_MAX; i++) {
        names[count++] = commands_at(i)->name;
    }
    nearest = diag_nearest(topic, names, count);
    diag_error(diag, command_line, "there is no help on '%s'%s%s%s", topic,
               nearest != NULL ? "; did you mean " : "",
               nearest != NULL ? nearest : "; mtasim help lists commands",
               nearest != NULL ? "?" : "");
    return EXIT_USER_ERROR;
}

int
cmd_help(struct command_call *call)
{
    const char *topic =
        call->options->operands_count > 0 ? call->options->operands[0] : NULL;
    bool is_found = false;

    if (options_has(call->options, OPTION_MAN)) {
        man_print(stdout);
        return launch_flush(call->diag) ? EXIT_DONE : EXIT_IO_ERROR;
    }
    if (topic == NULL) {
        commands_overview(stdout);
        fputs("Topics of mtasim help: scenario, metrics, exit-codes.\n",
              stdout);
        is_found = true;
    }
    for (size_t i = 0; topic != NULL && i < TOPICS_COUNT; i++) {
        if (strcmp(topics[i].name, topic) == 0) {
            topics[i].print(stdout);
            is_found = true;
        }
    }
    if (!is_found && commands_get(topic) != NULL) {
        commands_help(commands_get(topic), stdout);
        is_found = true;
    }
    if (!is_found) {
        return topic_unknown(topic, call->diag);
    }
    return launch_flush(call->diag) ? EXIT_DONE : EXIT_IO_ERROR;
}
