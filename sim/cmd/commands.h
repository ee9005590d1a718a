/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands.h - the commands: what they are called, what they take, who does it
 *
 * A command gets its options read and its operands counted, prints its results
 * on stdout and everything else on stderr, and returns what the program exits
 * with.
 *
 * EXIT CODES The enum below is the table that `mtasim help exit-codes` prints.
 */
#ifndef SIM_CMD_COMMANDS_H
#define SIM_CMD_COMMANDS_H

#include <stdint.h>
#include <stdio.h>

#include "sim/cmd/options.h"
#include "sim/kernel/base.h"
#include "sim/kernel/diag.h"

enum commands_exit {
    EXIT_DONE = 0,
    EXIT_CHECK_FAILED = 1, /* or a regression was found */
    EXIT_USER_ERROR = 2,
    EXIT_RUNS_FAILED = 3,
    EXIT_UNDECIDED = 4,
    EXIT_HELPER_MISSING = 69,
    EXIT_IO_ERROR = 74,
    EXIT_INTERRUPTED = 130
};

/* What a command works with. */
struct command_call {
    const struct command *command;
    const struct options *options;
    struct diag *diag; /* is printed to stderr after the command */
    int argc;          /* the words behind `mtasim`, as typed */
    char *const *argv;
};

typedef int command_fn(struct command_call *call);

struct command {
    const char *name;
    const char *operands; /* for help: "SCENARIO" */
    uint32_t operands_least;
    uint32_t operands_most;
    const char *summary; /* half a sentence */
    const char *about;   /* some lines for --help and the manual page */
    const struct option_row *rows;
    command_fn *run;
};

/* In the order of help; NULL after the last. */
const struct command *commands_at(uint32_t index);
const struct command *commands_get(const char *name); /* NULL: none */
const char *commands_nearest(const char *name);       /* NULL: none near */

/* What `mtasim COMMAND --help` prints. */
void commands_help(const struct command *command, FILE *out);

/* The commands with their summaries. */
void commands_overview(FILE *out);

/* A line an exit code; the same as items of an mdoc list. */
void commands_exit_codes(FILE *out);
void commands_exits_man(FILE *out);

/* The program: argv[0] is its name. */
int commands_main(int argc, char **argv);

/* Each in a file of its name. */
command_fn cmd_run;
command_fn cmd_sweep;
command_fn cmd_check;
command_fn cmd_verify;
command_fn cmd_plot;
command_fn cmd_import;
command_fn cmd_export;
command_fn cmd_doctor;
command_fn cmd_show;
command_fn cmd_explain;
command_fn cmd_link;
command_fn cmd_diagnose;
command_fn cmd_replay;
command_fn cmd_merge;
command_fn cmd_help;

#endif
