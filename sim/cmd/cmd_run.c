/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_run.c - mtasim run: a scenario once
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/host.h"
#include "sim/cmd/commands.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/pace.h"
#include "sim/cmd/runjson.h"
#include "sim/cmd/sheet.h"
#include "sim/lab/json.h"
#include "sim/lab/wholefile.h"

/* One call of the command. */
struct work {
    struct command_call *call;
    struct launch launch;
    struct sheet_settings settings;
    struct wholefile trace_file; /* unless it is stdout */
    FILE *trace;                 /* NULL: none */
    struct wholefile recording;
    struct mta_observer observer;
    struct pace pace;
};

static void
on_setting(void *context, const char *path, const char *value, const char *unit,
           const char *origin, const char *help)
{
    struct work *work = context;

    sheet_setting_add(&work->settings, path, value, unit, origin, help);
}

static void
on_line(void *context, const char *text)
{
    const struct work *work = context;

    fputs(text, work->trace);
    fputc('\n', work->trace);
}

static void
on_step(void *context, int64_t at_ns, int64_t events)
{
    struct work *work = context;

    pace_show(&work->pace, at_ns, events);
}

/* lines_read - "FROM,UNTIL": which records are traced */
static bool
lines_read(struct work *work)
{
    const char *text = options_text(work->call->options, OPTION_LINES, NULL);
    char *end = NULL;

    work->observer.line_until = UINT64_MAX;
    if (text == NULL) {
        return true;
    }
    work->observer.line_from = strtoull(text, &end, 10);
    if (*end == ',') {
        work->observer.line_until = strtoull(end + 1, &end, 10);
    }
    if (*end == '\0' && work->observer.line_from <= work->observer.line_until) {
        return true;
    }
    diag_error(work->call->diag, (struct src_loc){.file = "command line"},
               "--lines must be FROM,UNTIL, found '%s'", text);
    return false;
}

/* trace_open_for - where the trace goes; false: reported */
static bool
trace_open_for(struct work *work)
{
    const char *path = options_text(work->call->options, OPTION_TRACE, NULL);

    if (path == NULL) {
        return true;
    }
    if (strcmp(path, "-") == 0) {
        work->trace = stdout;
    } else {
        if (!wholefile_open(&work->trace_file, path, work->call->diag)) {
            return false;
        }
        work->trace = work->trace_file.out;
    }
    work->observer.line = on_line;
    return lines_read(work);
}

/* settings_json - the effective configuration as an array */
static bool
settings_json(const struct sheet_settings *settings)
{
    struct json json;

    json_init(&json, stdout);
    json_array_begin(&json);
    for (uint32_t i = 0; i < settings->rows_count; i++) {
        const struct sheet_setting *row = &settings->rows[i];

        json_object_begin(&json);
        json_key(&json, "path");
        json_text(&json, row->path);
        json_key(&json, "value");
        json_text(&json, row->value);
        json_key(&json, "unit");
        json_text(&json, row->unit);
        json_key(&json, "origin");
        json_text(&json, row->origin);
        json_key(&json, "help");
        json_text(&json, row->help);
        json_object_end(&json);
    }
    json_array_end(&json);
    return json_end(&json);
}

/* settings_do - `run --settings` */
static int
settings_do(struct work *work)
{
    struct run_request request = launch_request(&work->launch);
    struct mta_about scheduler = {0};

    request.observer = &work->observer;
    if (!run_describe(&request, &scheduler, work->call->diag)) {
        return EXIT_USER_ERROR;
    }
    if (!options_has(work->call->options, OPTION_JSON)) {
        sheet_settings_print(&work->settings, stdout);
    } else if (!settings_json(&work->settings)) {
        return EXIT_IO_ERROR;
    }
    return launch_flush(work->call->diag) ? EXIT_DONE : EXIT_IO_ERROR;
}

/* marks_print - for `verify`: the digest, the records, a mark a line */
static void
marks_print(const struct digest *digest)
{
    char text[DIGEST_TEXT_SIZE];

    digest_format(digest, text);
    printf("%s %" PRIu64 "\n", text, digest->records_count);
    for (size_t i = 0; i < digest->marks_count; i++) {
        printf("%016" PRIx64 "\n", digest->marks[i]);
    }
}

/* result_print - the screen, or the object; neither where the trace is */
static bool
result_print(struct work *work, const struct result *result,
             const struct mta_about *scheduler)
{
    const struct options *options = work->call->options;

    if (work->trace == stdout) {
        return launch_flush(work->call->diag);
    }
    if (options_has(options, OPTION_MARKS)) {
        marks_print(&result->digest);
        return launch_flush(work->call->diag);
    }
    if (!options_has(options, OPTION_JSON)) {
        sheet_print(&work->launch, &work->settings, result, scheduler, stdout);
        return launch_flush(work->call->diag);
    }
    return runjson_write(&work->launch, result, scheduler, stdout) &&
           launch_flush(work->call->diag);
}

/* recording_open_for - what crosses the seam goes there; false: reported */
static bool
recording_open_for(struct work *work)
{
    const char *path = options_text(work->call->options, OPTION_RECORD, NULL);

    if (path == NULL) {
        return true;
    }
    if (!wholefile_open(&work->recording, path, work->call->diag)) {
        return false;
    }
    work->observer.recording = work->recording.out;
    return true;
}

/* files_commit - what was written beside the results is whole */
static bool
files_commit(struct work *work)
{
    struct diag *diag = work->call->diag;

    return (work->trace_file.out == NULL ||
            wholefile_commit(&work->trace_file, diag)) &&
           (work->recording.out == NULL ||
            wholefile_commit(&work->recording, diag));
}

static int
run_do(struct work *work)
{
    struct result result;
    struct mta_about scheduler = {0};
    int code = EXIT_USER_ERROR;
    bool is_good = false;

    if (!trace_open_for(work) || !recording_open_for(work)) {
        wholefile_abandon(&work->trace_file);
        return EXIT_USER_ERROR;
    }
    result_init(&result);
    pace_init(&work->pace,
              options_has(work->call->options, OPTION_QUIET) ? NULL : stderr,
              work->launch.scenario.horizon_ns);
    is_good = launch_run(&work->launch, &work->observer, &result, &scheduler,
                         work->call->diag);
    pace_end(&work->pace);
    if (is_good) {
        code = result.violations > 0 ? EXIT_CHECK_FAILED : EXIT_DONE;
        if (!result_print(work, &result, &scheduler) || !files_commit(work)) {
            code = EXIT_IO_ERROR;
        }
    }
    wholefile_abandon(&work->trace_file);
    wholefile_abandon(&work->recording);
    result_free(&result);
    return code;
}

int
cmd_run(struct command_call *call)
{
    struct work work = {.call = call};
    int code = EXIT_USER_ERROR;

    work.observer = (struct mta_observer){
        .context = &work, .setting = on_setting, .step = on_step};
    if (launch_open(&work.launch, call, call->options->operands[0])) {
        work.settings.arena = work.launch.arena;
        code = options_has(call->options, OPTION_SETTINGS) ? settings_do(&work)
                                                           : run_do(&work);
    }
    launch_close(&work.launch);
    return code;
}
