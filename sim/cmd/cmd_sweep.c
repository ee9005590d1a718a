/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_sweep.c - mtasim sweep: every point of a grid, many times
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/cmd/commands.h"
#include "sim/cmd/figures.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/program.h"
#include "sim/lab/json.h"
#include "sim/lab/run.h"
#include "sim/lab/shard.h"
#include "sim/lab/summary.h"
#include "sim/lab/sweep.h"

/* One call of the command. */
struct work {
    struct command_call *call;
    struct arena *arena;
    struct sweep_request request;
    struct sweep *sweep;
    struct store *store;
    const struct metric *metrics[SUMMARY_METRICS_MAX];
    uint32_t metrics_count;
    struct sweep_outcome outcome;
};

/* axes_read - every --param; false: reported */
static bool
axes_read(struct work *work)
{
    const struct option_value *params =
        &work->call->options->values[OPTION_PARAM];
    struct scenario_axis *axes = arena_take(
        work->arena, ((uint64_t)params->texts_count + 1) * sizeof *axes);
    bool is_good = true;

    for (uint32_t i = 0; i < params->texts_count; i++) {
        is_good = sweep_axis_parse(params->texts[i], work->arena, &axes[i],
                                   work->call->diag) &&
                  is_good;
    }
    work->request.axes = axes;
    work->request.axes_count = params->texts_count;
    return is_good;
}

/* shard_read - which part of it all; false: reported */
static bool
shard_read(struct work *work)
{
    const char *text = options_text(work->call->options, OPTION_SHARD, NULL);
    struct shard shard = {0};

    if (text != NULL && !shard_parse(text, getenv, &shard, work->call->diag)) {
        return false;
    }
    work->request.shard_index = shard.index;
    work->request.shard_count = shard.count;
    return true;
}

/* database_path - --out, or the scenario's name with .db. What is wrong in the
 * scenario is said when the sweep is planned */
static const char *
database_path(struct work *work)
{
    const char *given = options_text(work->call->options, OPTION_OUT, NULL);
    struct scenario scenario;
    struct diag quiet;
    const char *name = "scenario";

    if (given != NULL) {
        return given;
    }
    diag_init(&quiet);
    if (scenario_load(&scenario, work->request.scenario_path,
                      work->request.sets, work->request.sets_count, &quiet)) {
        name = arena_text(work->arena, scenario.name);
    }
    scenario_free(&scenario);
    diag_free(&quiet);
    return launch_join(work->arena, name, ".db");
}

/* request_fill - what the command line asks for; false: reported */
static bool
request_fill(struct work *work)
{
    const struct options *options = work->call->options;
    const struct option_value *sets = &options->values[OPTION_SET];
    struct diag *diag = work->call->diag;
    bool is_good = true;

    work->request = (struct sweep_request){
        .scenario_path = options->operands[0],
        .sets = sets->texts,
        .sets_count = sets->texts_count,
        .replications =
            (uint32_t)options_number(options, OPTION_REPLICATIONS, 0),
        .jobs = (uint32_t)options_number(options, OPTION_JOBS, 0),
        .seed = options_number(options, OPTION_SEED, RUN_SEED_DEFAULT),
        .program_sha256 = program_sha256(),
        .run = run_once,
        .describe = run_describe,
        .progress = options_has(options, OPTION_QUIET) ? NULL : stderr,
        .is_terminal = figures_is_terminal(stderr),
        .command =
            launch_words(work->arena, work->call->argc, work->call->argv),
    };
    is_good = axes_read(work);
    is_good = shard_read(work) && is_good;
    work->request.scheduler_path = launch_scheduler_path(
        options_text(options, OPTION_SCHEDULER, NULL), work->arena, diag);
    work->request.database_path = database_path(work);
    return is_good && work->request.scheduler_path != NULL;
}

static void
outcome_json(const struct sweep_outcome *outcome, struct json *json)
{
    json_key(json, "runs");
    json_object_begin(json);
    json_key(json, "planned");
    json_u64(json, outcome->planned);
    json_key(json, "had");
    json_u64(json, outcome->had);
    json_key(json, "done");
    json_u64(json, outcome->done);
    json_key(json, "failed");
    json_u64(json, outcome->failed);
    json_key(json, "alarms");
    json_u64(json, outcome->alarms);
    json_object_end(json);
}

/* knees_json - per metric: the smallest value that is as good as the best */
static void
knees_json(const struct work *work, struct json *json)
{
    const struct sweep *sweep = work->sweep;

    json_key(json, "knees");
    json_object_begin(json);
    for (uint32_t i = 0; i < work->metrics_count; i++) {
        struct summary_knee knee =
            summary_knee(sweep, work->store, work->metrics[i]);

        if (knee.status != SUMMARY_KNEE_FOUND) {
            continue;
        }
        json_key(json, work->metrics[i]->name);
        json_object_begin(json);
        json_key(json, "knee");
        json_text(json, sweep->axes[0].values[knee.point]);
        json_key(json, "best");
        json_text(json, sweep->axes[0].values[knee.best]);
        json_object_end(json);
    }
    json_object_end(json);
}

static bool
results_json(const struct work *work)
{
    struct json json;

    json_init(&json, stdout);
    json_object_begin(&json);
    json_key(&json, "database");
    json_text(&json, work->request.database_path);
    json_key(&json, "seed");
    json_u64(&json, work->request.seed);
    json_key(&json, "replications");
    json_u64(&json, work->sweep->replications);
    outcome_json(&work->outcome, &json);
    json_key(&json, "points");
    summary_json(work->sweep, work->store, work->metrics, work->metrics_count,
                 &json);
    knees_json(work, &json);
    json_object_end(&json);
    return json_end(&json);
}

/* results_print - the table, and where the results are */
static void
results_print(const struct work *work)
{
    const struct sweep_outcome *outcome = &work->outcome;
    const char *path = launch_quote(work->arena, work->request.database_path);

    summary_print(work->sweep, work->store, work->metrics, work->metrics_count,
                  stdout);
    printf("\n%s: %" PRIu32 " runs made, %" PRIu32 " were there",
           work->request.database_path, outcome->done, outcome->had);
    if (outcome->failed > 0) {
        printf(", %" PRIu32 " failed", outcome->failed);
    }
    printf(" (mtasim show %s)\npictures: mtasim plot %s\n", path, path);
}

/* runs_list - `--dry-run` */
static int
runs_list(struct work *work)
{
    /* A file that is not there has no runs; it is not made for the asking. */
    if (access(work->request.database_path, F_OK) == 0) {
        work->store = store_open(work->request.database_path, STORE_READ,
                                 work->call->diag);
        if (work->store == NULL) {
            return EXIT_USER_ERROR;
        }
    }
    sweep_list(work->sweep, work->store, stdout);
    return launch_flush(work->call->diag) ? EXIT_DONE : EXIT_IO_ERROR;
}

static int
runs_make(struct work *work)
{
    int code = EXIT_DONE;

    work->store =
        store_open(work->request.database_path, STORE_WRITE, work->call->diag);
    if (work->store == NULL) {
        return EXIT_USER_ERROR;
    }
    sweep_execute(work->sweep, work->store, &work->outcome, work->call->diag);
    code = sweep_exit_code(&work->outcome);
    if (!options_has(work->call->options, OPTION_JSON)) {
        results_print(work);
    } else if (!results_json(work)) {
        code = EXIT_IO_ERROR;
    }
    return launch_flush(work->call->diag) ? code : EXIT_IO_ERROR;
}

int
cmd_sweep(struct command_call *call)
{
    const struct option_value *metrics = &call->options->values[OPTION_METRIC];
    struct work work = {.call = call, .arena = arena_new(0)};
    int code = EXIT_USER_ERROR;

    if (request_fill(&work)) {
        work.sweep = sweep_new(&work.request, call->diag);
    }
    if (work.sweep != NULL) {
        work.metrics_count =
            summary_metrics(work.sweep, metrics->texts, metrics->texts_count,
                            work.metrics, call->diag);
    }
    if (work.metrics_count > 0) {
        code = options_has(call->options, OPTION_DRY_RUN) ? runs_list(&work)
                                                          : runs_make(&work);
    }
    store_close(work.store);
    sweep_free(work.sweep);
    arena_free(work.arena);
    return code;
}
