/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_check.c - mtasim check: a scheduler against a baseline
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/cmd/commands.h"
#include "sim/cmd/figures.h"
#include "sim/cmd/launch.h"
#include "sim/lab/check.h"
#include "sim/lab/json.h"
#include "sim/lab/population.h"
#include "sim/lab/unit.h"

enum { REPLICATIONS = 5, INDENT = 2 };

static const struct src_loc command_line = {.file = "command line"};

static const char *const sides[CHECK_SIDES] = {"baseline", "candidate"};

/* Compared whatever the scenario measures. */
static const char *const always[] = {
    "throughput", "latency.p50", "latency.p95", "latency.p99",  "delivered",
    "returned",   "queued",      "duplicates",  "backlog_mean", NULL};

/* One call of the command. */
struct work {
    struct command_call *call;
    struct arena *arena;
    struct json json;
    const char *paths[CHECK_SIDES];
    uint64_t seed;
    uint32_t replications;
    int64_t tolerance_ppm;
    bool is_json;
    bool are_decisions_free; /* --allow-decisions */
    bool has_failed;         /* on some scenario */
};

/* One of its scenarios. */
struct trial {
    struct scenario scenario;
    const struct metric *metrics[CHECK_METRICS_MAX];
    uint32_t metrics_count;
    struct check_report report;
    bool has_passed;
};

/* --- Metrics ------------------------------------------------------------- */

/* metric_add - unless it is there; false: no such metric, reported */
static bool
metric_add(const struct work *work, struct trial *trial, const char *name)
{
    const struct metric *metric =
        metric_find(name, work->arena, work->call->diag);
    struct population population = {.arena = work->arena};

    population_scenario(&population, &trial->scenario);
    if (metric == NULL ||
        !population_check(&population, metric, work->call->diag)) {
        return false;
    }
    for (uint32_t i = 0; i < trial->metrics_count; i++) {
        if (strcmp(trial->metrics[i]->name, metric->name) == 0) {
            return true;
        }
    }
    if (trial->metrics_count < CHECK_METRICS_MAX) {
        trial->metrics[trial->metrics_count++] = metric;
    }
    return true;
}

/* metrics_choose - those of the command line; else the usual ones and what
 * the scenario measures */
static bool
metrics_choose(const struct work *work, struct trial *trial)
{
    const struct option_value *given =
        &work->call->options->values[OPTION_METRIC];
    bool is_good = true;

    for (uint32_t i = 0; i < given->texts_count; i++) {
        is_good = metric_add(work, trial, given->texts[i]) && is_good;
    }
    if (given->texts_count > 0) {
        return is_good;
    }
    for (const char *const *name = always; *name != NULL; name++) {
        is_good = metric_add(work, trial, *name) && is_good;
    }
    for (uint32_t i = 0; i < trial->scenario.measure_count; i++) {
        is_good =
            metric_add(work, trial, trial->scenario.measure[i]) && is_good;
    }
    return is_good;
}

/* --- For people ---------------------------------------------------------- */

/* parting_print - the last common record and the two that differ */
static void
parting_print(const struct check_report *report)
{
    const struct check_parting *parting = &report->parting;
    const char *line =
        parting->lines[0] != NULL ? parting->lines[0] : parting->lines[1];
    char when[FIGURES_SIZE];

    printf("%*sother decisions in %" PRIu32 " of %" PRIu32 " replications\n",
           INDENT, "", report->differing_count, report->replications);
    if (!parting->is_found) {
        return;
    }
    figures_duration(when, (double)check_line_ns(line) / (double)NS_PER_S);
    printf("%*sfirst in replication %" PRIu32 ", %s after the start:\n", INDENT,
           "", report->differing_first, when);
    printf("%*sboth       %s\n", 2 * INDENT, "",
           parting->before != NULL ? parting->before : "(nothing yet)");
    for (int side = 0; side < CHECK_SIDES; side++) {
        printf("%*s%-9s  %s\n", 2 * INDENT, "", sides[side],
               parting->lines[side] != NULL ? parting->lines[side]
                                            : "(no more records)");
    }
}

/* mean_add - a cell: the mean, or why there is none */
static void
mean_add(struct figures_table *table, const struct check_metric *metric,
         int side, int64_t horizon_ns)
{
    struct metric_value value = {METRIC_DEFINED, metric->mean[side].mean};
    char text[FIGURES_SIZE];

    if (metric->beyond_count[side] > 0) {
        value = (struct metric_value){METRIC_BEYOND, 0};
    } else if (metric->pairs == 0) {
        value = (struct metric_value){METRIC_UNDEFINED, 0};
    }
    figures_metric(text, metric->metric, value, horizon_ns);
    figures_table_text(table, text);
}

/* difference_add - a cell: candidate against baseline in percent */
static void
difference_add(struct figures_table *table, const struct check_metric *metric)
{
    const struct stat_interval *difference = &metric->paired.difference;
    const double base = fabs(metric->mean[CHECK_BASELINE].mean);
    char text[FIGURES_SIZE] = "-";

    if (metric->verdict == CHECK_SAME) {
        snprintf(text, sizeof text, "0");
    } else if (metric->pairs > 1 && base > 0 &&
               metric->beyond_count[CHECK_BASELINE] == 0 &&
               metric->beyond_count[CHECK_CANDIDATE] == 0) {
        snprintf(text, sizeof text, "%+.3g %% \u00b1 %.2g %%",
                 100 * difference->mean / base,
                 100 * difference->half_width / base);
    }
    figures_table_text(table, text);
}

static void
metrics_print(const struct trial *trial)
{
    const struct check_report *report = &trial->report;
    struct figures_table table;

    figures_table_init(&table, 5);
    figures_table_text(&table, "metric");
    figures_table_text(&table, sides[CHECK_BASELINE]);
    figures_table_text(&table, sides[CHECK_CANDIDATE]);
    figures_table_text(&table, "difference");
    figures_table_text(&table, "verdict");
    for (uint32_t i = 0; i < report->metrics_count; i++) {
        const struct check_metric *metric = &report->metrics[i];

        figures_table_text(&table, metric->metric->name);
        mean_add(&table, metric, CHECK_BASELINE, trial->scenario.horizon_ns);
        mean_add(&table, metric, CHECK_CANDIDATE, trial->scenario.horizon_ns);
        difference_add(&table, metric);
        figures_table_text(&table, check_verdict_name(metric->verdict));
    }
    figures_table_end(&table, INDENT, stdout);
}

static void
trial_print(const struct trial *trial)
{
    const struct check_report *report = &trial->report;

    printf("%s: %s\n", trial->scenario.name,
           trial->has_passed ? "passed" : "FAILED");
    if (report->differing_count == 0) {
        printf("%*ssame decisions in %" PRIu32 " replications, digest of the"
               " first %s\n",
               INDENT, "", report->replications,
               report->digests[CHECK_BASELINE]);
    } else {
        parting_print(report);
        metrics_print(trial);
    }
    for (int side = 0; side < CHECK_SIDES; side++) {
        if (report->violations[side] > 0) {
            printf("%*s%s: %" PRId64 " violations\n", INDENT, "", sides[side],
                   report->violations[side]);
        }
    }
}

/* --- JSON ---------------------------------------------------------------- */

static void
put_text(struct json *json, const char *key, const char *text)
{
    json_key(json, key);
    json_text(json, text);
}

static void
parting_json(struct json *json, const struct check_report *report)
{
    const struct check_parting *parting = &report->parting;

    json_key(json, "parting");
    if (!parting->is_found) {
        json_null(json);
        return;
    }
    json_object_begin(json);
    json_key(json, "replication");
    json_u64(json, report->differing_first);
    put_text(json, "before", parting->before);
    for (int side = 0; side < CHECK_SIDES; side++) {
        put_text(json, sides[side], parting->lines[side]);
    }
    json_object_end(json);
}

static void
metric_json(struct json *json, const struct check_metric *metric)
{
    const bool is_whole = metric->pairs > 0 &&
                          metric->beyond_count[CHECK_BASELINE] == 0 &&
                          metric->beyond_count[CHECK_CANDIDATE] == 0;

    json_key(json, metric->metric->name);
    json_object_begin(json);
    put_text(json, "verdict", check_verdict_name(metric->verdict));
    for (int side = 0; side < CHECK_SIDES; side++) {
        json_key(json, sides[side]);
        json_double(json, is_whole ? metric->mean[side].mean : (double)NAN);
    }
    json_key(json, "difference");
    json_double(json, is_whole ? metric->paired.difference.mean : (double)NAN);
    json_key(json, "ci95_half_width");
    json_double(json,
                is_whole ? metric->paired.difference.half_width : (double)NAN);
    json_key(json, "p_adjusted");
    json_double(json, metric->p_adjusted);
    json_key(json, "replications_better");
    json_u64(json, metric->better_count);
    json_key(json, "replications_worse");
    json_u64(json, metric->worse_count);
    json_object_end(json);
}

static void
trial_json(struct json *json, const struct trial *trial)
{
    const struct check_report *report = &trial->report;

    json_object_begin(json);
    put_text(json, "scenario", trial->scenario.name);
    json_key(json, "passed");
    json_bool(json, trial->has_passed);
    json_key(json, "same_decisions");
    json_bool(json, report->differing_count == 0);
    json_key(json, "replications");
    json_u64(json, report->replications);
    json_key(json, "replications_differing");
    json_u64(json, report->differing_count);
    for (int side = 0; side < CHECK_SIDES; side++) {
        const struct mta_about *scheduler = &report->schedulers[side];

        json_key(json, sides[side]);
        json_object_begin(json);
        put_text(json, "sha256", scheduler->sha256);
        put_text(json, "name", scheduler->name);
        put_text(json, "version", scheduler->version);
        put_text(json, "digest", report->digests[side]);
        json_key(json, "violations");
        json_i64(json, report->violations[side]);
        json_object_end(json);
    }
    parting_json(json, report);
    json_key(json, "metrics");
    json_object_begin(json);
    for (uint32_t i = 0; i < report->metrics_count; i++) {
        metric_json(json, &report->metrics[i]);
    }
    json_object_end(json);
    json_object_end(json);
}

/* --- The command --------------------------------------------------------- */

/* trial_judge - has the candidate passed on this scenario? */
static bool
trial_judge(const struct work *work, const struct check_report *report)
{
    if (report->violations[CHECK_CANDIDATE] >
        report->violations[CHECK_BASELINE]) {
        return false;
    }
    return work->are_decisions_free ? !report->is_worse
                                    : report->differing_count == 0;
}

/* trial_run - one scenario; what the program exits with, 0: go on */
static int
trial_run(struct work *work, const char *path)
{
    const struct option_value *sets = &work->call->options->values[OPTION_SET];
    struct trial trial = {0};
    int code = EXIT_USER_ERROR;

    if (scenario_load(&trial.scenario, path, sets->texts, sets->texts_count,
                      work->call->diag) &&
        metrics_choose(work, &trial)) {
        const struct check_request request = {
            .scenario = &trial.scenario,
            .paths = {work->paths[0], work->paths[1]},
            .seed = work->seed,
            .replications = work->replications,
            .tolerance_ppm = work->tolerance_ppm,
            .metrics = trial.metrics,
            .metrics_count = trial.metrics_count,
            .progress =
                options_has(work->call->options, OPTION_QUIET) ? NULL : stderr,
            .is_terminal = figures_is_terminal(stderr),
        };

        code = EXIT_RUNS_FAILED;
        if (check_run(&request, &trial.report, work->call->diag)) {
            code = EXIT_DONE;
            trial.has_passed = trial_judge(work, &trial.report);
            work->has_failed = work->has_failed || !trial.has_passed;
            if (work->is_json) {
                trial_json(&work->json, &trial);
            } else {
                trial_print(&trial);
                fflush(stdout);
            }
        }
        check_report_free(&trial.report);
    }
    scenario_free(&trial.scenario);
    return code;
}

/* trials_run - all of them, though one may fail; the worst code */
static int
trials_run(struct work *work)
{
    const struct options *options = work->call->options;
    int code = EXIT_DONE;

    if (work->is_json) {
        json_init(&work->json, stdout);
        json_object_begin(&work->json);
        json_key(&work->json, "scenarios");
        json_array_begin(&work->json);
    }
    for (uint32_t i = 0; i < options->operands_count; i++) {
        const int trial_code = trial_run(work, options->operands[i]);

        code = trial_code != EXIT_DONE ? trial_code : code;
    }
    if (code == EXIT_DONE && work->has_failed) {
        code = EXIT_CHECK_FAILED;
    }
    if (work->is_json) {
        json_array_end(&work->json);
        json_key(&work->json, "passed");
        json_bool(&work->json, code == EXIT_DONE);
        json_object_end(&work->json);
        if (!json_end(&work->json)) {
            code = EXIT_IO_ERROR;
        }
    } else {
        puts(code == EXIT_DONE ? "passed" : "FAILED");
    }
    return launch_flush(work->call->diag) ? code : EXIT_IO_ERROR;
}

/* tolerance_read - false: reported */
static bool
tolerance_read(struct work *work)
{
    const char *text =
        options_text(work->call->options, OPTION_TOLERANCE, NULL);
    const char *why = NULL;

    work->tolerance_ppm = CHECK_TOLERANCE_PPM;
    if (text == NULL ||
        unit_probability_parse(text, &work->tolerance_ppm, &why)) {
        return true;
    }
    diag_error(work->call->diag, command_line, "--tolerance: '%s': %s", text,
               why);
    return false;
}

int
cmd_check(struct command_call *call)
{
    const struct options *options = call->options;
    const char *baseline = options_text(options, OPTION_BASELINE, NULL);
    struct work work = {
        .call = call,
        .arena = arena_new(0),
        .seed = options_number(options, OPTION_SEED, RUN_SEED_DEFAULT),
        .replications = (uint32_t)options_number(options, OPTION_REPLICATIONS,
                                                 REPLICATIONS),
        .is_json = options_has(options, OPTION_JSON),
        .are_decisions_free = options_has(options, OPTION_ALLOW_DECISIONS),
    };
    int code = EXIT_USER_ERROR;

    if (baseline == NULL) {
        diag_error(call->diag, command_line,
                   "say --baseline PATH, the object to compare with");
    } else if (tolerance_read(&work)) {
        work.paths[CHECK_BASELINE] =
            launch_scheduler_path(baseline, work.arena, call->diag);
        work.paths[CHECK_CANDIDATE] =
            launch_scheduler_path(options_text(options, OPTION_CANDIDATE, NULL),
                                  work.arena, call->diag);
    }
    if (work.paths[CHECK_BASELINE] != NULL &&
        work.paths[CHECK_CANDIDATE] != NULL) {
        code = trials_run(&work);
    }
    arena_free(work.arena);
    return code;
}
