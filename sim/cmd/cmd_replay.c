/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_replay.c - mtasim replay: recorded events, another scheduler
 */
#include <inttypes.h>
#include <stdio.h>

#include "models/mta/replay.h"
#include "sim/cmd/commands.h"
#include "sim/cmd/launch.h"
#include "sim/kernel/arena.h"
#include "sim/lab/json.h"

/* line_print - at most so much of it: a scan has thousands of files */
static void
line_print(const char *mark, const char *line)
{
    enum { WIDTH_MAX = 400 };

    if (line != NULL) {
        printf("%s %.*s\n", mark, WIDTH_MAX, line);
    }
}

static void
difference_print(const struct replay_report *report, const char *path)
{
    printf("%s:%" PRIu32 ": an action differs\n", path, report->line_number);
    for (uint32_t i = 0; i < REPLAY_NEIGHBOURS; i++) {
        line_print(" ", report->before[i]);
    }
    line_print("-", report->expected);
    line_print("+", report->found);
    for (uint32_t i = 0; i < REPLAY_NEIGHBOURS; i++) {
        line_print(" ", report->after[i]);
    }
}

static void
report_print(const struct replay_report *report, const char *path)
{
    if (report->is_different) {
        difference_print(report, path);
        return;
    }
    printf("identical: %" PRIu64 " events, %" PRIu64 " actions, %" PRIu64
           " instance%s%s\n",
           report->events_count, report->actions_count, report->instances_count,
           report->instances_count == 1 ? "" : "s",
           report->is_cut ? "; the recording ends within a line" : "");
}

static bool
report_json(const struct replay_report *report)
{
    struct json json;

    json_init(&json, stdout);
    json_object_begin(&json);
    json_key(&json, "identical");
    json_bool(&json, !report->is_different);
    json_key(&json, "instances");
    json_u64(&json, report->instances_count);
    json_key(&json, "events");
    json_u64(&json, report->events_count);
    json_key(&json, "actions");
    json_u64(&json, report->actions_count);
    json_key(&json, "cut");
    json_bool(&json, report->is_cut);
    if (report->is_different) {
        json_key(&json, "line");
        json_u64(&json, report->line_number);
        json_key(&json, "expected");
        json_text(&json, report->expected);
        json_key(&json, "found");
        json_text(&json, report->found);
    }
    json_object_end(&json);
    return json_end(&json);
}

int
cmd_replay(struct command_call *call)
{
    const char *path = call->options->operands[0];
    struct arena *arena = arena_new(0);
    struct replay_report report = {0};
    int code = EXIT_USER_ERROR;
    const char *scheduler = launch_scheduler_path(
        options_text(call->options, OPTION_SCHEDULER, NULL), arena, call->diag);

    if (scheduler != NULL && replay_run(path, scheduler, &report, call->diag)) {
        bool is_good = true;
        if (options_has(call->options, OPTION_JSON)) {
            is_good = report_json(&report);
        } else {
            report_print(&report, path);
        }
        code = !is_good || !launch_flush(call->diag) ? EXIT_IO_ERROR
               : report.is_different                 ? EXIT_CHECK_FAILED
                                                     : EXIT_DONE;
    }
    replay_report_free(&report);
    arena_free(arena);
    return code;
}
