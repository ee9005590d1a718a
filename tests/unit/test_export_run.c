/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_export_run.c - a run, its log, the replay of the log: the same run
 */
#include "sim/lab/export_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/lab/import.h"
#include "sim/lab/run.h"
#include "tests/support/logfiles.h"
#include "tests/support/support.h"

#define WORLD "tests/fixtures/logs/world/"

struct outcome {
    char digest[DIGEST_TEXT_SIZE];
    char *log;
    int64_t start_wall_ns;
    int64_t delivered;
    int64_t deferrals;
};

/* run_logged - runs a scenario of the small world and keeps its log */
static struct outcome
run_logged(const char *file, const char *const *sets, uint32_t sets_count,
           enum export_format format)
{
    const char *path = logfiles_path("test_export_run.log");
    struct outcome outcome = {0};
    struct scenario scenario = {0};
    struct mta_about about;
    struct result result;
    struct diag diag;
    size_t size = 0;

    diag_init(&diag);
    result_init(&result);
    if (!scenario_load(&scenario, file, sets, sets_count, &diag)) {
        fail_msg("%s", diag.text);
    }
    struct export_run run = {export_open(format, path, &diag),
                             scenario.start_wall_ns};
    const struct mta_observer observer = {.context = &run,
                                          .mail = export_run_mail};
    const struct run_request request = {
        .scenario = &scenario,
        .scheduler_path = logfiles_path("jobctl.so"),
        .seed = RUN_SEED_DEFAULT,
        .observer = &observer,
    };

    assert_non_null(run.log);
    if (!run_once(&request, &result, &about, &diag)) {
        fail_msg("%s", diag.text);
    }
    assert_true(export_close(run.log, &diag));
    digest_format(&result.digest, outcome.digest);
    outcome.delivered = result.delivered;
    outcome.deferrals = result.deferrals;
    outcome.start_wall_ns = scenario.start_wall_ns;
    outcome.log = logfiles_read(path, &size);
    unlink(path);
    result_free(&result);
    scenario_free(&scenario);
    diag_free(&diag);
    return outcome;
}

/* log_import - the log as a trace, at `path` */
static void
log_import(const struct outcome *outcome, enum import_format format,
           const char *path)
{
    const char *in = logfiles_path("test_export_run.in");
    const struct import_request request = {
        .paths = &in,
        .paths_count = 1,
        .format = format,
        .out_path = path,
        .year = 2006,
        .is_strict = true,
        .has_start = true,
        .start_wall_ns = outcome->start_wall_ns,
    };
    struct import_report report;
    struct diag diag;

    logfiles_write(in, outcome->log, strlen(outcome->log));
    diag_init(&diag);
    if (!import_run(&request, &report, &diag)) {
        fail_msg("%s", diag.text);
    }
    diag_free(&diag);
    unlink(in);
}

/* replay_logged - runs the trace of a log in the same world */
static struct outcome
replay_logged(const char *trace, enum export_format format)
{
    char folder[2048] = "";
    char set[4200];
    const char *sets[] = {set};

    /* A scenario's files are found from its own folder. */
    if (trace[0] != '/') {
        assert_non_null(getcwd(folder, sizeof folder - 1));
    }
    snprintf(set, sizeof set, "traffic.log.arrivals=replay(%s%s%s)", folder,
             trace[0] != '/' ? "/" : "", trace);
    return run_logged(WORLD "replay.yaml", sets, 1, format);
}

static void
test_run_and_the_replay_of_its_sun_log_have_one_digest(void **state)
{
    (void)state;
    const char *trace = logfiles_path("test_export_run.trace");
    struct outcome first =
        run_logged(WORLD "scenario.yaml", NULL, 0, EXPORT_SUN);
    struct outcome again;

    assert_true(first.delivered > 1000);
    assert_true(first.deferrals > 100);
    log_import(&first, IMPORT_SUN, trace);
    again = replay_logged(trace, EXPORT_SUN);
    assert_string_equal(again.digest, first.digest);
    assert_string_equal(again.log, first.log);
    unlink(trace);
    free(first.log);
    free(again.log);
}

/* Priority and channels are lost, so the first run is another; but from its
 * log on, nothing changes any more. */
static void
test_replay_of_a_postfix_log_writes_that_log_again(void **state)
{
    (void)state;
    const char *trace = logfiles_path("test_export_run.trace");
    struct outcome first =
        run_logged(WORLD "scenario.yaml", NULL, 0, EXPORT_POSTFIX);
    struct outcome second;
    struct outcome third;

    log_import(&first, IMPORT_POSTFIX, trace);
    second = replay_logged(trace, EXPORT_POSTFIX);
    log_import(&second, IMPORT_POSTFIX, trace);
    third = replay_logged(trace, EXPORT_POSTFIX);
    assert_true(second.delivered > 1000);
    assert_string_equal(third.digest, second.digest);
    assert_string_equal(third.log, second.log);
    unlink(trace);
    free(first.log);
    free(second.log);
    free(third.log);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_run_and_the_replay_of_its_sun_log_have_one_digest),
        cmocka_unit_test(test_replay_of_a_postfix_log_writes_that_log_again),
    };

    return cmocka_run_group_tests_name("export_run", tests, NULL, NULL);
}
