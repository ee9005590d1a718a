/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_link.c - mtasim link: one delivery over one path, segment by segment
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd/capture.h"
#include "sim/cmd/commands.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/linkdraw.h"
#include "sim/cmd/linkoptions.h"
#include "sim/cmd/linkreport.h"
#include "sim/cmd/segmenttext.h"
#include "sim/lab/scenario.h"
#include "sim/lab/scenario_link.h"
#include "sim/lab/unit.h"
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
    struct scenario scenario; /* loaded, where one was named */
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
    if (work->pcap != NULL && strcmp(work->pcap, "-") == 0) {
        diag_error(diag, command_line,
                   "--pcap wants the name of a file, found '-'");
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

/* link_name - the one that was named, or the only one there is; NULL: neither,
 * reported */
static const char *
link_name(struct work *work)
{
    const char *name = options_text(work->call->options, OPTION_LINK, NULL);
    const struct scenario *scenario = &work->scenario;
    const char *only = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < scenario->links_count; i++) {
        if (strcmp(scenario->links[i].name, "default") != 0) {
            only = scenario->links[i].name;
            count++;
        }
    }
    if (name != NULL || count == 0) {
        return name != NULL ? name : "default";
    }
    if (count > 1) {
        diag_error(work->call->diag, command_line,
                   "the scenario has %" PRIu32
                   " links: say which one, as in --link %s",
                   count, only);
        return NULL;
    }
    return only;
}

/* scenario_take - the path and the ends of a link of the scenario; false:
 * reported */
static bool
scenario_take(struct work *work, const char *path)
{
    static const struct linkoptions_amount at = {
        OPTION_AT,           "at",
        unit_duration_parse, 0,
        NS_PER_DAY * 3650,   "an instant of the run"};
    const struct option_value *sets = &work->call->options->values[OPTION_SET];
    struct diag *diag = work->call->diag;
    struct scenario_link link;
    const char *name = NULL;
    int64_t at_ns = 0;

    if (!linkoptions_amount_read(work->call->options, &at, &at_ns, diag) ||
        !scenario_load(&work->scenario, path, sets->texts, sets->texts_count,
                       diag)) {
        return false;
    }
    name = link_name(work);
    if (name == NULL ||
        !scenario_link_get(&work->scenario, name, at_ns, &link, diag)) {
        return false;
    }
    work->params.path = link.path;
    work->params.stacks[TCP_CLIENT] = link.client;
    work->params.stacks[TCP_SERVER] = link.server;
    return true;
}

/* stray_check - options that only mean something with a scenario */
static bool
stray_check(const struct work *work)
{
    static const struct {
        enum option_id id;
        const char *name;
    } needs[] = {{OPTION_LINK, "link"}, {OPTION_AT, "at"}, {OPTION_SET, "set"}};
    bool is_good = true;

    for (uint32_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (options_has(work->call->options, needs[i].id)) {
            diag_error(work->call->diag, command_line,
                       "--%s is of a scenario, and none is named",
                       needs[i].name);
            is_good = false;
        }
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
    is_good = options->operands_count > 0
                  ? scenario_take(work, options->operands[0])
                  : stray_check(work);
    is_good = linkoptions_path_read(options, &work->params, diag) && is_good;
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

/* places_open - the capture's, and a look whether a picture can be put where
 * it was asked for: before the work, not after. False: reported */
static bool
places_open(struct work *work)
{
    struct diag *diag = work->call->diag;
    struct wholefile picture = {0};
    bool is_good = true;

    if (work->plot != NULL) {
        is_good = wholefile_open(&picture, work->plot, diag);
        wholefile_abandon(&picture);
    }
    return (work->pcap == NULL ||
            wholefile_open(&work->capture, work->pcap, diag)) &&
           is_good;
}

static int
link_do(struct work *work)
{
    const char *command =
        launch_words(work->arena, work->call->argc, work->call->argv);
    int code = EXIT_DONE;

    if (!places_open(work)) {
        return EXIT_USER_ERROR; /* or the system's: the diag knows */
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
    scenario_free(&work.scenario);
    arena_free(work.arena);
    return code;
}
