/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_export.c - mtasim export: a run as the log a mail host would have written
 *
 * The run's traffic is quantised to what the log can carry (lab/export.h), so
 * that the replay of the log is this very run: same digest, same log.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "models/mta/host.h"
#include "sim/cmd/commands.h"
#include "sim/cmd/launch.h"
#include "sim/kernel/civil.h"
#include "sim/lab/export.h"
#include "sim/lab/export_run.h"
#include "sim/lab/json.h"

#define SOURCE_CHANNEL "tcp_intranet" /* import.h: a log's without channels */

enum { SETS_A_SOURCE = 4, SET_SIZE = 400, SET_PART_SIZE = 64 };

/* In the order of enum export_format. */
static const char *const formats[] = {"sun", "postfix", "postfix-rfc3339",
                                      NULL};

/* One call of the command. */
struct work {
    struct command_call *call;
    struct launch launch;
    struct export_run run;
    const char *path;
    enum export_format format;
    uint64_t events_count;
};

static void
on_mail(void *context, const struct mta_mail_event *event)
{
    struct work *work = context;

    export_run_mail(&work->run, event);
    work->events_count++;
}

/* set_add - "traffic.NAME.KEY=VALUE" behind the sets */
static void
set_add(struct arena *arena, const char **sets, uint32_t *count,
        const char *source, const char *rest)
{
    const char *quote = strchr(source, '.') != NULL ? "'" : "";
    char text[SET_SIZE];
    int size = snprintf(text, sizeof text, "traffic.%s%s%s.%s", quote, source,
                        quote, rest);

    ASSERT(size > 0 && size < SET_SIZE); /* SCHEMA_NAME_MAX is 255 */
    sets[(*count)++] = arena_text(arena, text);
}

/* sets_make - what quantises every source of traffic, as --set texts */
static const char **
sets_make(const struct launch *plain, enum export_format format,
          struct arena *arena, uint32_t *count)
{
    const struct export_quantum quantum = export_quantum(format);
    const struct scenario *scenario = &plain->scenario;
    const char **sets = arena_take(
        arena,
        ((uint64_t)scenario->traffic_count * SETS_A_SOURCE + 1) * sizeof *sets);
    char time[SET_PART_SIZE];
    char size[SET_PART_SIZE];

    snprintf(time, sizeof time, "quantum.time=%" PRId64 "us",
             quantum.time_ns / NS_PER_US);
    snprintf(size, sizeof size, "quantum.size=%" PRId64 "B",
             quantum.size_bytes);
    *count = 0;
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        const char *name = scenario->traffic[i].name;

        set_add(arena, sets, count, name, time);
        set_add(arena, sets, count, name, size);
        if (!quantum.keeps_priority) {
            set_add(arena, sets, count, name, "priority=normal");
        }
        if (!quantum.keeps_channels) {
            set_add(arena, sets, count, name, "channel=" SOURCE_CHANNEL);
        }
    }
    return sets;
}

/* import_line - the command that makes a trace of the log */
static const char *
import_line(struct work *work)
{
    struct arena *arena = work->launch.arena;
    const struct civil start =
        civil_from_ns(work->launch.scenario.start_wall_ns);
    char text[CIVIL_TEXT_SIZE + 80];
    char stamp[CIVIL_TEXT_SIZE];
    const char *line = NULL;

    civil_format(work->launch.scenario.start_wall_ns, stamp);
    snprintf(text, sizeof text, "mtasim import --format %s --start %s",
             work->format == EXPORT_SUN ? "sun" : "postfix", stamp);
    line = arena_text(arena, text);
    if (work->format == EXPORT_POSTFIX) {
        snprintf(text, sizeof text, " --year %" PRId32, start.year);
        line = launch_join(arena, line, text);
    }
    line = launch_join(arena, line, " --out ");
    line = launch_join(
        arena, line,
        launch_quote(arena, launch_join(arena, work->path, ".trace")));
    line = launch_join(arena, line, " ");
    return launch_join(arena, line, launch_quote(arena, work->path));
}

static bool
report_json(struct work *work, const char *digest)
{
    struct json json;

    json_init(&json, stdout);
    json_object_begin(&json);
    json_key(&json, "log");
    json_text(&json, work->path);
    json_key(&json, "events");
    json_u64(&json, work->events_count);
    json_key(&json, "digest");
    json_text(&json, digest);
    json_key(&json, "command");
    json_text(&json, launch_command(&work->launch));
    json_key(&json, "import");
    json_text(&json, import_line(work));
    json_object_end(&json);
    return json_end(&json);
}

/* report - what was written, and the digest that a replay must have */
static bool
report(struct work *work, const struct result *result)
{
    char digest[DIGEST_TEXT_SIZE];

    digest_format(&result->digest, digest);
    if (options_has(work->call->options, OPTION_JSON)) {
        return report_json(work, digest) && launch_flush(work->call->diag);
    }
    printf("%s: %" PRIu64 " events\n", work->path, work->events_count);
    printf("digest  %s\n", digest);
    printf("again   %s\n", launch_command(&work->launch));
    printf("import  %s\n", import_line(work));
    return launch_flush(work->call->diag);
}

static int
export_do(struct work *work)
{
    struct mta_observer observer = {.context = work, .mail = on_mail};
    struct mta_about scheduler = {0};
    struct result result;
    int code = EXIT_USER_ERROR;

    work->run.log = export_open(work->format, work->path, work->call->diag);
    work->run.start_wall_ns = work->launch.scenario.start_wall_ns;
    if (work->run.log == NULL) {
        return code;
    }
    result_init(&result);
    if (!launch_run(&work->launch, &observer, &result, &scheduler,
                    work->call->diag)) {
        export_abandon(work->run.log);
    } else if (!export_close(work->run.log, work->call->diag) ||
               !report(work, &result)) {
        code = EXIT_IO_ERROR;
    } else {
        code = result.violations > 0 ? EXIT_CHECK_FAILED : EXIT_DONE;
    }
    result_free(&result);
    return code;
}

/* plain_open - the scenario as it is, to see its sources of traffic; what it
 * has to say is said by the second reading, unless there is none */
static bool
plain_open(struct command_call *call, struct launch *plain)
{
    struct diag diag;
    struct command_call quiet = *call;
    bool is_good = false;

    diag_init(&diag);
    quiet.diag = &diag;
    is_good = launch_open(plain, &quiet, call->options->operands[0]);
    if (!is_good) {
        diag_append(call->diag, diag.text != NULL ? diag.text : "",
                    diag.errors_count, diag.warnings_count);
    }
    diag_free(&diag);
    return is_good;
}

/* options_check - false: reported */
static bool
options_check(struct work *work)
{
    const struct command_call *call = work->call;
    uint32_t format = 0;

    work->path = options_text(call->options, OPTION_OUT, NULL);
    if (work->path == NULL || !options_has(call->options, OPTION_FORMAT)) {
        diag_error(call->diag, (struct src_loc){.file = "command line"},
                   "say --format sun, postfix or postfix-rfc3339, and --out"
                   " LOG");
        return false;
    }
    if (!options_choice(call->options, OPTION_FORMAT, formats, 0, &format,
                        call->diag)) {
        return false;
    }
    work->format = (enum export_format)format;
    return true;
}

int
cmd_export(struct command_call *call)
{
    struct work work = {.call = call};
    struct launch plain = {0};
    const char **sets = NULL;
    uint32_t sets_count = 0;
    int code = EXIT_USER_ERROR;

    if (!options_check(&work)) {
        return EXIT_USER_ERROR;
    }
    if (plain_open(call, &plain)) {
        sets = sets_make(&plain, work.format, plain.arena, &sets_count);
        if (launch_open_with(&work.launch, call, call->options->operands[0],
                             sets, sets_count)) {
            code = export_do(&work);
        }
        launch_close(&work.launch);
    }
    launch_close(&plain);
    return code;
}
