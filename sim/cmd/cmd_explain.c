/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_explain.c - mtasim explain: one message's story, or the state at a time
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/mta/host.h"
#include "sim/cmd/commands.h"
#include "sim/cmd/figures.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/sheet.h"
#include "sim/cmd/story.h"
#include "sim/lab/unit.h"

/* One call of the command. */
struct work {
    struct command_call *call;
    struct launch launch;
    struct sheet_settings settings;
    struct mta_observer observer;
    struct story *story; /* NULL: no message is asked for */
    FILE *state;         /* what is told of the instant */
    char *state_text;
    size_t state_size;
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

/* queue_print - a channel as `imsimta qm summarize` and `messages` have it */
static void
queue_print(const struct work *work, const struct mta_state *state)
{
    char age[FIGURES_SIZE];

    figures_duration(age, (double)(state->at_ns - state->oldest_ns) /
                              (double)NS_PER_S);
    fprintf(work->state,
            "\nchannel %s: %" PRIu32 " queued, %" PRId64
            " bytes, oldest %s\n%s",
            state->channel, state->files_count, state->bytes, age, state->text);
}

static void
on_state(void *context, const struct mta_state *state)
{
    const struct work *work = context;
    const int64_t start_ns = work->launch.scenario.start_wall_ns;

    switch (state->kind) {
    case MTA_STATE_QUEUE:
        queue_print(work, state);
        break;
    case MTA_STATE_JOBS:
        fputs("\njobs and threads\n", work->state);
        story_times(state->text, start_ns, work->state);
        break;
    case MTA_STATE_SCHEDULER:
        fputs("\nthe scheduler says\n", work->state);
        story_times(state->text, start_ns, work->state);
        break;
    case MTA_STATE_WAIT:
        story_file(work->story, state);
        break;
    case MTA_STATE_FILE:
        fprintf(work->state, "\nmessage %" PRIu64 ", file %" PRIu32 ": ",
                state->message, state->file);
        story_times(state->text, start_ns, work->state);
        break;
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

/* told_print - the story, then the instant; false: no such message */
static bool
told_print(struct work *work)
{
    if (work->story != NULL && !story_print(work->story, stdout)) {
        diag_error(work->call->diag, command_line,
                   "no message %" PRIu64 " came in this run",
                   work->observer.message);
        return false;
    }
    fflush(work->state);
    if (work->observer.at_ns >= 0) {
        printf("%sthe state %s after the start%s\n%s",
               work->story != NULL ? "\n" : "",
               options_text(work->call->options, OPTION_AT, ""),
               work->state_size == 0 ? ": nothing is queued, no process runs"
                                     : "",
               work->state_text);
    }
    return true;
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
    work->state = open_memstream(&work->state_text, &work->state_size);
    ASSERT(work->state != NULL);
    result_init(&result);
    if (launch_run(&work->launch, &work->observer, &result, &scheduler,
                   work->call->diag) &&
        told_print(work)) {
        code = launch_flush(work->call->diag) ? EXIT_DONE : EXIT_IO_ERROR;
    }
    result_free(&result);
    fclose(work->state);
    free(work->state_text);
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
