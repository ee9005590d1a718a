/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_link.c - mtasim link: one delivery over one path, segment by segment
 */
#include <stdio.h>
#include <string.h>

#include "sim/cmd/capture.h"
#include "sim/cmd/commands.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/linkdraw.h"
#include "sim/cmd/linkoptions.h"
#include "sim/cmd/linkreport.h"
#include "sim/cmd/segmenttext.h"
#include "sim/lab/wholefile.h"

/* One call of the command. */
struct work {
    struct command_call *call;
    struct trial_params params;
    struct trial_params clean_params;
    struct trial trial;
    struct trial clean;
    struct witness witness;
    struct wholefile capture;
    struct arena *arena;
    const char *pcap; /* paths; NULL: not asked for */
    const char *plot;
};

static const struct src_loc command_line = {.file = "command line"};

/* outputs_check - what is to be written can be; false: reported */
static bool
outputs_check(struct work *work)
{
    const struct options *options = work->call->options;
    struct diag *diag = work->call->diag;
    enum gnuplot_format format = GNUPLOT_SVG;
    bool is_good = true;

    work->pcap = options_text(options, OPTION_PCAP, NULL);
    work->plot = options_text(options, OPTION_PLOT, NULL);
    if (work->plot != NULL && !linkdraw_format(work->plot, &format)) {
        diag_error(diag, command_line,
                   "--plot must end in .svg or .png, found '%s'", work->plot);
        is_good = false;
    }
    if (options_has(options, OPTION_TRACE) &&
        options_has(options, OPTION_JSON)) {
        diag_error(diag, command_line,
                   "--trace and --json are for the same place; say one");
        is_good = false;
    }
    return is_good;
}

static bool
params_read(struct work *work)
{
    const struct options *options = work->call->options;
    struct diag *diag = work->call->diag;
    bool is_good = true;

    trial_params_init(&work->params);
    is_good = linkoptions_path_read(options, &work->params, diag);
    is_good = linkoptions_ends_read(options, &work->params, diag) && is_good;
    return outputs_check(work) && is_good;
}

/* trials_run - the trial, and the same on a clean path to compare with */
static void
trials_run(struct work *work)
{
    const struct tcp_watch watch = {.see = witness_see, .arg = &work->witness};
    const bool is_watched = work->pcap != NULL || work->plot != NULL ||
                            options_has(work->call->options, OPTION_TRACE);

    witness_init(&work->witness,
                 work->params.stacks[work->params.sender].mss_bytes);
    trial_run(&work->trial, &work->params, is_watched ? &watch : NULL);
    work->clean_params = work->params;
    trial_params_clear(&work->clean_params);
    trial_run(&work->clean, &work->clean_params, NULL);
}

static int
plot_write(struct work *work)
{
    const struct src_loc where = {.file = work->plot};
    char error[256] = "";

    switch (linkdraw(&work->witness, &work->trial, &work->clean, work->plot,
                     error)) {
    case GNUPLOT_OK:
        return EXIT_DONE;
    case GNUPLOT_NOT_INSTALLED:
        fputs(GNUPLOT_INSTALL_LINES, stderr);
        return EXIT_HELPER_MISSING;
    case GNUPLOT_FAILED:
    case GNUPLOT_IO:
        diag_error(work->call->diag, where, "%s", error);
        return EXIT_IO_ERROR;
    }
    UNREACHABLE("every status is above");
}

static bool
capture_commit(struct work *work, const char *command)
{
    const struct src_loc where = {.file = work->pcap};

    if (work->pcap == NULL) {
        return true;
    }
    if (!capture_write(&work->witness, &work->trial, command,
                       work->capture.out)) {
        diag_error(work->call->diag, where, "it could not be written");
        return false;
    }
    return wholefile_commit(&work->capture, work->call->diag);
}

static bool
result_print(struct work *work, const char *command)
{
    const struct options *options = work->call->options;

    if (options_has(options, OPTION_JSON)) {
        return linkreport_json(&work->trial, &work->clean, command, stdout) &&
               launch_flush(work->call->diag);
    }
    if (options_has(options, OPTION_TRACE)) {
        segmenttext_print(&work->witness, stdout);
    } else {
        linkreport_print(&work->trial, &work->clean, stdout);
    }
    return launch_flush(work->call->diag);
}

static int
link_do(struct work *work)
{
    const char *command =
        launch_words(work->arena, work->call->argc, work->call->argv);
    int code = EXIT_DONE;

    if (work->pcap != NULL &&
        !wholefile_open(&work->capture, work->pcap, work->call->diag)) {
        return EXIT_IO_ERROR;
    }
    base_crash_line_set(command);
    trials_run(work);
    base_crash_line_set(NULL);
    if (!capture_commit(work, command)) {
        code = EXIT_IO_ERROR;
    } else if (work->plot != NULL) {
        code = plot_write(work);
    }
    if (!result_print(work, command)) {
        code = EXIT_IO_ERROR;
    }
    witness_free(&work->witness);
    return code;
}

int
cmd_link(struct command_call *call)
{
    struct work work = {.call = call, .arena = arena_new(0)};
    int code = EXIT_USER_ERROR;

    if (params_read(&work)) {
        code = link_do(&work);
    }
    wholefile_abandon(&work.capture);
    arena_free(work.arena);
    return code;
}
