/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_explain.c - mtasim explain: one message's story, or the state at a time
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/mta/host.h"
#include "sim/cmd/commands.h"
#include "sim/cmd/instant.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/sheet.h"
#include "sim/cmd/story.h"
#include "sim/cmd/wording.h"
#include "sim/lab/unit.h"

/* One call of the command. What is told is kept until the run has ended well. */
struct work {
    struct command_call *call;
    struct launch launch;
    struct sheet_settings settings;
    struct mta_observer observer;
    struct story *story; /* NULL: no message is asked for */
    FILE *told;          /* text: of the instant; JSON: all */
    char *told_text;
    size_t told_size;
    struct json json;
    struct instant_json instant;
    bool is_json;
};

static const struct src_loc command_line = {.file = "command line"};

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

    story_line(work->story, text);
}

static void
on_mail(void *context, const struct mta_mail_event *event)
{
    const struct work *work = context;

    story_mail(work->story, event);
}

static void
on_state(void *context, const struct mta_state *state)
{
    struct work *work = context;

    if (state->kind == MTA_STATE_WAIT || state->kind == MTA_STATE_FOUND ||
        state->kind == MTA_STATE_LEFT) {
        story_file(work->story, state);
    } else if (work->is_json) {
        instant_json_part(&work->instant, state);
    } else {
        instant_print(state, work->launch.scenario.start_wall_ns, work->told);
    }
}

/* asked_read - --message and --at; false: reported */
static bool
asked_read(struct work *work)
{
    const struct options *options = work->call->options;
    const char *at = options_text(options, OPTION_AT, NULL);
    const char *why = NULL;

    work->observer.at_ns = -1;
    work->observer.message = options_number(options, OPTION_MESSAGE, 0);
    if (at == NULL && work->observer.message == 0) {
        diag_error(work->call->diag, command_line,
                   "mtasim explain wants --message ID, --at TIME or both");
        return false;
    }
    if (at == NULL) {
        return true;
    }
    if (!unit_duration_parse(at, &work->observer.at_ns, &why)) {
        diag_error(work->call->diag, command_line, "--at %s", why);
        return false;
    }
    if (work->observer.at_ns < 0 ||
        work->observer.at_ns > work->launch.scenario.horizon_ns) {
        diag_error(work->call->diag, command_line,
                   "--at must be within the run, found '%s'", at);
        return false;
    }
    return true;
}

/* json_start - the object, up to what is told of the instant as it comes */
static void
json_start(struct work *work)
{
    struct json *json = &work->json;

    json_init(json, work->told);
    json_object_begin(json);
    wording_text_put(json, "scenario", work->launch.scenario_path);
    wording_u64_put(json, "seed", work->launch.seed);
    wording_u64_put(json, "replication", work->launch.replication);
    json_key(json, "state");
    if (work->observer.at_ns < 0) {
        json_null(json);
    } else {
        instant_json_begin(&work->instant, json, work->observer.at_ns,
                           work->launch.scenario.start_wall_ns);
    }
}

/* json_finish - and the story; false: it could not be written */
static bool
json_finish(struct work *work, const struct result *result)
{
    struct json *json = &work->json;
    char digest[DIGEST_TEXT_SIZE];

    if (work->observer.at_ns >= 0) {
        instant_json_end(&work->instant);
    }
    json_key(json, "message");
    if (work->story == NULL) {
        json_null(json);
    } else {
        json_u64(json, work->observer.message);
    }
    json_key(json, "story");
    if (work->story == NULL) {
        json_null(json);
    } else {
        story_json(work->story, json);
    }
    digest_format(&result->digest, digest);
    wording_text_put(json, "digest", digest);
    json_object_end(json);
    const bool is_good = json_end(json);
    fputs(work->told_text, stdout);
    return is_good;
}

static void
text_print(struct work *work)
{
    if (work->story != NULL) {
        story_print(work->story, stdout);
    }
    fflush(work->told);
    if (work->observer.at_ns >= 0) {
        printf("%sthe state %s after the start\n\n%s",
               work->story != NULL ? "\n" : "",
               options_text(work->call->options, OPTION_AT, ""),
               work->told_text);
    }
}

/* told_print - false: no such message, or it could not be written */
static int
told_print(struct work *work, const struct result *result)
{
    if (work->story != NULL && story_is_empty(work->story)) {
        diag_error(work->call->diag, command_line,
                   "no message %" PRIu64 " came in this run",
                   work->observer.message);
        return EXIT_USER_ERROR;
    }
    bool is_good = true;
    if (work->is_json) {
        is_good = json_finish(work, result);
    } else {
        text_print(work);
    }
    return launch_flush(work->call->diag) && is_good ? EXIT_DONE
                                                     : EXIT_IO_ERROR;
}

static int
explain_do(struct work *work)
{
    struct result result;
    struct mta_about scheduler = {0};
    int code = EXIT_USER_ERROR;

    if (work->observer.message != 0) {
        work->story =
            story_new(work->observer.message,
                      work->launch.scenario.start_wall_ns, &work->settings);
        work->observer.line = on_line;
        work->observer.line_until = UINT64_MAX;
        work->observer.mail = on_mail;
    }
    work->told = open_memstream(&work->told_text, &work->told_size);
    ASSERT(work->told != NULL);
    work->is_json = options_has(work->call->options, OPTION_JSON);
    if (work->is_json) {
        json_start(work);
    }
    result_init(&result);
    if (launch_run(&work->launch, &work->observer, &result, &scheduler,
                   work->call->diag)) {
        code = told_print(work, &result);
    }
    result_free(&result);
    fclose(work->told);
    free(work->told_text);
    story_free(work->story);
    return code;
}

int
cmd_explain(struct command_call *call)
{
    struct work work = {.call = call};
    int code = EXIT_USER_ERROR;

    work.observer = (struct mta_observer){
        .context = &work, .setting = on_setting, .state = on_state};
    if (launch_open(&work.launch, call, call->options->operands[0])) {
        work.settings.arena = work.launch.arena;
        if (asked_read(&work)) {
            code = explain_do(&work);
        }
    }
    launch_close(&work.launch);
    return code;
}
