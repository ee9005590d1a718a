/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of a results file that pictures are made from, written by hand. */
#include "tests/support/support.h"

#include <math.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plots/axisvalue.h"
#include "plots/plots.h"
#include "plots/results.h"

/* Tables as in the file, without what is not read. */
static const char schema[] =
    "PRAGMA user_version = 2;"
    "CREATE TABLE experiment (id INTEGER PRIMARY KEY, name, title);"
    "CREATE TABLE point (id INTEGER PRIMARY KEY, experiment);"
    "CREATE TABLE point_param (point, ordinal, name, value, label);"
    "CREATE TABLE fault_window (point, ordinal, label, at_ns, for_ns);"
    "CREATE TABLE run (id INTEGER PRIMARY KEY, point, replication,"
    " program_sha256, scheduler_sha256, scheduler_name, scheduler_version,"
    " status, simulated_ns, step_ns);"
    "CREATE TABLE metric_def (id INTEGER PRIMARY KEY, name);"
    "CREATE TABLE metric (run, metric, value, why);"
    "CREATE TABLE histogram (run, what, bucket, least_ns, count);"
    "CREATE TABLE series (run, step, queued, threads, connections);"
    "CREATE TABLE population (run, kind, name, submitted, latency_p95_s);"
    "CREATE TABLE student_t975 (df, t);"
    "INSERT INTO student_t975 VALUES (1, 12.706), (2, 4.303), (3, 3.182);"
    "INSERT INTO metric_def VALUES (1, 'throughput'), (2, 'latency.p50'),"
    " (3, 'latency.p95'), (4, 'latency.p99'), (5, 'submitted');"
    "INSERT INTO experiment VALUES (1, 'wscale', NULL);";

/* Three values of threaddepth, three replications each, an hour long. Point p,
 * replication r: throughput 8 p + 2 r; p99 beyond the horizon in one run. */
static const char rows[] =
    "INSERT INTO point VALUES (10, 1), (11, 1), (12, 1);"
    "INSERT INTO point_param (point, ordinal, name, value) VALUES (10, 0, "
    "'threaddepth', 16),"
    " (11, 0, 'threaddepth', 4), (12, 0, 'threaddepth', 128);"
    "INSERT INTO fault_window VALUES"
    " (11, 0, 'link', 600000000000, 60000000000);"
    "WITH p(p) AS (VALUES (10), (11), (12)), r(r) AS (VALUES (0), (1), (2))"
    " INSERT INTO run SELECT p * 10 + r, p, r, 'prog', 'sha', 'jobctl', '1',"
    " 'ok', 3600000000000, 1800000000000 FROM p, r;"
    "INSERT INTO run VALUES (999, 10, 3, 'prog', 'sha', 'jobctl', '1',"
    " 'failed', NULL, NULL);"
    "INSERT INTO metric SELECT id, 1, 8 * (point - 10) + 2 * replication + 10,"
    " NULL FROM run WHERE status = 'ok';"
    "INSERT INTO metric SELECT id, 2, 1.5, NULL FROM run WHERE status = 'ok';"
    "INSERT INTO metric SELECT id, 3, 20, NULL FROM run WHERE status = 'ok';"
    "INSERT INTO metric SELECT id, 4, 300, NULL FROM run WHERE status = 'ok'"
    " AND id <> 121;"
    "INSERT INTO metric VALUES (121, 4, NULL, 'beyond the horizon');"
    "INSERT INTO metric SELECT id, 5, 100, NULL FROM run WHERE status = 'ok';"
    "INSERT INTO histogram SELECT id, 0, 1, 1000000000, 50 FROM run"
    " WHERE status = 'ok';"
    "INSERT INTO histogram SELECT id, 0, 2, 2000000000, 40 FROM run"
    " WHERE status = 'ok';"
    "INSERT INTO histogram SELECT id, 1, 1, 1, 100 FROM run;"
    "INSERT INTO population SELECT id, 'host', 'small.example', 10, 2 +"
    " replication FROM run WHERE status = 'ok';"
    "INSERT INTO population SELECT id, 'host', 'giant.example', 90,"
    " CASE WHEN id <> 121 THEN 7 END FROM run WHERE status = 'ok';"
    "INSERT INTO population SELECT id, 'channel', 'tcp_local', 100, 7 FROM run;"
    "INSERT INTO series SELECT id, 0, replication * 100, 4, 3 FROM run"
    " WHERE status = 'ok';"
    "INSERT INTO series SELECT id, 1, 0, 5, 3 FROM run WHERE status = 'ok';";

static void
run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK) {
        fail_msg("%s", error);
    }
    sqlite3_close(db);
}

struct place {
    char folder[64];
    char path[80];
};

static void
place_make(struct place *place, bool has_rows)
{
    snprintf(place->folder, sizeof place->folder, "/tmp/test_results_XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/r.db", place->folder);
    run_sql(place->path, schema);
    if (has_rows) {
        run_sql(place->path, rows);
    }
}

static void
place_remove(const struct place *place)
{
    unlink(place->path);
    assert_int_equal(rmdir(place->folder), 0);
}

static void
assert_near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-6)) {
        fail_msg("%.9g is not %.9g", value, expected);
    }
}

static void
test_results_order_cells_by_number_not_by_text(void **state)
{
    struct place place;
    struct results results;
    (void)state;
    place_make(&place, true);
    assert_true(results_open(&results, place.path, NULL));
    assert_int_equal(results.axes_count, 1);
    assert_string_equal(results.axes[0].name, "threaddepth");
    assert_true(results.axes[0].is_numeric);
    assert_int_equal(results.cells_count, 3);
    assert_int_equal(results.cells[0].point, 11);     /* 4 */
    assert_int_equal(results.cells[1].point, 10);     /* 16 */
    assert_int_equal(results.cells[2].point, 12);     /* 128 */
    assert_int_equal(results.cells[1].runs_count, 3); /* not the failed one */
    assert_near(results.horizon_s, 3600);
    results_close(&results);
    place_remove(&place);
}

static void
test_results_mean_has_students_interval(void **state)
{
    struct place place;
    struct results results;
    (void)state;
    place_make(&place, true);
    assert_true(results_open(&results, place.path, "wscale"));
    /* 10, 12, 14: sd 2; 4.303 * 2 / sqrt(3) = 4.968676. */
    const struct results_mean mean =
        results_metric(&results, &results.cells[1], "throughput");
    assert_near(mean.mean, 12);
    assert_near(mean.low, 12 - 4.968676);
    assert_near(mean.high, 12 + 4.968676);
    assert_true(
        isinf(results_metric(&results, &results.cells[2], "latency.p99").mean));
    assert_true(
        isnan(results_metric(&results, &results.cells[2], "nothing").mean));
    results_close(&results);
    place_remove(&place);
}

static void
test_results_steps_are_medians_with_deciles(void **state)
{
    struct place place;
    struct results results;
    struct results_steps steps;
    (void)state;
    place_make(&place, true);
    assert_true(results_open(&results, place.path, NULL));
    results_steps_read(&results, &results.cells[0], RESULTS_QUEUED, &steps);
    assert_int_equal(steps.count, 2);
    assert_near(steps.time_s[0], 1800);
    assert_near(steps.time_s[1], 3600);
    assert_near(steps.median[0], 100); /* of 0, 100, 200 */
    assert_near(steps.low[0], 20);     /* a fifth of the way from 0 to 100 */
    assert_near(steps.high[0], 180);
    results_steps_free(&steps);
    results_close(&results);
    place_remove(&place);
}

static void
test_results_shares_count_all_submitted(void **state)
{
    struct place place;
    struct results results;
    struct results_shares shares;
    (void)state;
    place_make(&place, true);
    assert_true(results_open(&results, place.path, NULL));
    results_shares_read(&results, &results.cells[0], &shares);
    assert_int_equal(shares.count, 3);
    assert_near(shares.share[0], 0.5);
    assert_near(shares.share[1], 0.5); /* nothing between 1 s and 2 s */
    assert_near(shares.time_s[1], 2 * (1 + 1.0 / 256));
    assert_near(shares.share[2], 0.9); /* ten in a hundred never arrived */
    assert_near(shares.time_s[2], 2 * (1 + 1.0 / 256));
    results_shares_free(&shares);
    results_close(&results);
    place_remove(&place);
}

static void
test_results_tell_hosts_by_their_mail(void **state)
{
    struct place place;
    struct results results;
    char names[3][RESULTS_TEXT_SIZE];
    (void)state;
    place_make(&place, true);
    assert_true(results_open(&results, place.path, NULL));
    assert_int_equal(results_hosts_read(&results, names, 3), 2);
    assert_string_equal(names[0], "giant.example");
    assert_string_equal(names[1], "small.example");
    assert_int_equal(results_hosts_read(&results, names, 1), 1);
    /* Of 2, 3, 4: mean 3, 4.303 / sqrt(3) to each side. */
    const struct results_mean small =
        results_host_p95(&results, &results.cells[0], "small.example");
    assert_near(small.mean, 3);
    assert_near(small.high, 3 + 4.303 / sqrt(3));
    /* Cells ascend by threaddepth: 4, 16, 128; run 121 is of the last. */
    assert_near(
        results_host_p95(&results, &results.cells[0], "giant.example").mean, 7);
    assert_true(isinf(
        results_host_p95(&results, &results.cells[2], "giant.example").mean));
    assert_true(isnan(
        results_host_p95(&results, &results.cells[0], "none.example").mean));
    results_close(&results);
    place_remove(&place);
}

static void
test_results_sort_lists_by_their_first_interval(void **state)
{
    struct place place;
    struct results results;
    (void)state;
    place_make(&place, true);
    run_sql(place.path, "UPDATE point_param SET value = CASE point"
                        " WHEN 10 THEN 'pt60m pt120m' WHEN 11 THEN"
                        " 'pt15m pt1h30m pt60m' ELSE 'PT5M P1D P1W' END");
    assert_true(results_open(&results, place.path, NULL));
    assert_false(results.axes[0].is_numeric);
    assert_string_equal(results.axes[0].values[0].label, "5m 1d 1w");
    assert_string_equal(results.axes[0].values[1].label, "15m 1h30m 1h");
    assert_string_equal(results.axes[0].values[2].label, "1h 2h");
    assert_string_equal(results.axes[0].values[2].text, "pt60m pt120m");
    results_close(&results);
    place_remove(&place);
}

static void
test_axisvalue_takes_only_whole_intervals(void **state)
{
    char label[16];
    (void)state;
    assert_near(axisvalue_number("pt30m"), 1800);
    assert_near(axisvalue_number("p1dt12h"), 129600);
    assert_true(isnan(axisvalue_number("pt")));
    assert_true(isnan(axisvalue_number("p30m")));
    assert_true(isnan(axisvalue_number("pt30")));
    assert_true(isnan(axisvalue_number("")));
    axisvalue_label("p1dt12h p2w pt90s", label, sizeof label);
    assert_string_equal(label, "36h 2w 1m30s");
    axisvalue_label("pt5m soon", label, sizeof label);
    assert_string_equal(label, "pt5m soon");
    axisvalue_label("pt5m pt5m pt5m pt5m pt5m pt5m", label, sizeof label);
    assert_string_equal(label, "5m 5m 5m 5m 5m ");
}

static void
test_results_read_units_as_numbers(void **state)
{
    struct place place;
    struct results results;
    (void)state;
    place_make(&place, true);
    run_sql(place.path, "UPDATE point_param SET value = CASE point"
                        " WHEN 10 THEN '10min' WHEN 11 THEN '90s'"
                        " ELSE '1h' END");
    assert_true(results_open(&results, place.path, NULL));
    assert_true(results.axes[0].is_numeric);
    assert_string_equal(results.axes[0].values[0].text, "90s");
    assert_near(results.axes[0].values[1].number, 600);
    assert_near(results.axes[0].values[2].number, 3600);
    results_close(&results);
    place_remove(&place);
}

static void
test_results_schedulers_are_an_axis(void **state)
{
    struct place place;
    struct results results;
    (void)state;
    place_make(&place, true);
    run_sql(place.path,
            "INSERT INTO run SELECT id + 1000, point, replication, 'prog',"
            " 'other', 'mine', '2', 'ok', simulated_ns, step_ns FROM run"
            " WHERE status = 'ok'");
    assert_true(results_open(&results, place.path, NULL));
    assert_int_equal(results.axes_count, 2);
    assert_string_equal(results.axes[1].name, "scheduler");
    assert_string_equal(results.axes[1].values[0].text, "jobctl 1 sha");
    assert_string_equal(results.axes[1].values[1].text, "mine 2 other");
    assert_int_equal(results.cells_count, 6);
    assert_int_equal(results.cells[1].values[1], 1);
    results_close(&results);
    place_remove(&place);
}

static void
test_results_refuse_what_is_not_theirs(void **state)
{
    struct place place;
    struct results results;
    (void)state;
    assert_false(results_open(&results, "/nonexistent.db", NULL));
    assert_true(strlen(results.error) > 0);
    place_make(&place, false);
    assert_false(results_open(&results, place.path, NULL));
    assert_non_null(strstr(results.error, "no finished run"));
    run_sql(place.path, "PRAGMA user_version = 7");
    assert_false(results_open(&results, place.path, NULL));
    assert_non_null(strstr(results.error, "its version is 7"));
    FILE *file = fopen(place.path, "w");
    fputs("this is no database, however long it may be", file);
    fclose(file);
    assert_false(results_open(&results, place.path, NULL));
    assert_true(strlen(results.error) > 0);
    place_remove(&place);
}

/* The scripts of some pictures. Release with free(). */
static char *
scripts(const struct place *place, uint32_t pictures, const char *title)
{
    char *text = NULL;
    size_t size = 0;
    struct plots_result result;
    FILE *out = open_memstream(&text, &size);
    const struct plots_request request = {.database = place->path,
                                          .pictures = pictures,
                                          .formats = 1u << GNUPLOT_SVG,
                                          .title = title,
                                          .script = out};
    assert_int_equal(plots_draw(&request, &result), PLOTS_OK);
    assert_int_equal(result.count, 0);
    plots_result_free(&result);
    fclose(out);
    return text;
}

static void
test_plots_throughput_is_over_the_axis(void **state)
{
    struct place place;
    (void)state;
    place_make(&place, true);
    char *text = scripts(&place, 1u << PLOTS_THROUGHPUT, NULL);
    assert_non_null(strstr(text, "'Delivery throughput by threaddepth'"));
    assert_non_null(
        strstr(text, "'mean and 95 % CI of 3 replications; scenario wscale'"));
    assert_non_null(strstr(text, "\n4 20 15.03132"));
    assert_non_null(strstr(text, "\n16 12 7.031323"));
    assert_non_null(strstr(text, "\n128 28 "));
    free(text);
    place_remove(&place);
}

static void
test_plots_of_one_run_claim_no_statistics(void **state)
{
    struct place place;
    (void)state;
    place_make(&place, true);
    run_sql(place.path, "DELETE FROM run WHERE id <> 111;"
                        "DELETE FROM point_param");
    char *text = scripts(&place, PLOTS_ALL, NULL);
    assert_non_null(strstr(text, "'1 replication; scenario wscale'"));
    /* Nothing to compare: no throughput, no latency over an axis. */
    assert_null(strstr(text, "throughput"));
    assert_non_null(strstr(text, "'Queue backlog over time'"));
    assert_non_null(strstr(text, "'Time to delivery'"));
    free(text);
    place_remove(&place);
}

static void
test_plots_latency_of_one_axis_shows_three_quantiles(void **state)
{
    struct place place;
    (void)state;
    place_make(&place, true);
    char *text = scripts(&place, 1u << PLOTS_LATENCY, "Mine, not 'yours'");
    assert_non_null(strstr(text, "'Mine, not \xe2\x80\x99yours\xe2\x80\x99'"));
    assert_non_null(strstr(text, "'p50' at screen"));
    assert_non_null(strstr(text, "'p95' at screen"));
    assert_non_null(strstr(text, "'p99' at screen"));
    assert_non_null(strstr(text, "\n4 1.5 1.5 1.5 NaN\n"));
    assert_non_null(strstr(text, "\n128 NaN NaN NaN "));
    assert_non_null(strstr(text, "'> 1 h' at screen"));
    free(text);
    place_remove(&place);
}

static void
test_plots_backlog_has_faults_and_both_panels(void **state)
{
    struct place place;
    (void)state;
    place_make(&place, true);
    char *text = scripts(&place, 1u << PLOTS_BACKLOG, NULL);
    assert_non_null(strstr(text, "'threaddepth 4' at screen"));
    assert_non_null(strstr(text, "'link' at screen"));
    assert_non_null(strstr(text, "'recipients queued' at screen"));
    assert_non_null(strstr(text, "'threads' at screen"));
    assert_non_null(strstr(text, "\n1800 20 180\n3600 0 0\n"));
    free(text);
    place_remove(&place);
}

static void
test_plots_of_several_axes_name_them_once(void **state)
{
    struct place place;
    (void)state;
    place_make(&place, true);
    run_sql(place.path, "INSERT INTO point_param (point, ordinal, name, value) "
                        "VALUES (10, 1, 'maxjobs', 7),"
                        " (11, 1, 'maxjobs', 9), (12, 1, 'maxjobs', 7)");
    char *text = scripts(&place, 1u << PLOTS_BACKLOG, NULL);
    assert_non_null(strstr(text, "threaddepth / maxjobs; median"));
    assert_non_null(strstr(text, "'4 / 9' at screen"));
    assert_non_null(strstr(text, "'128 / 7' at screen"));
    free(text);
    place_remove(&place);
}

static void
test_plots_draw_every_picture_that_was_asked_for(void **state)
{
    struct place place;
    struct plots_result result;
    (void)state;
    place_make(&place, true);
    const struct plots_request request = {
        .database = place.path,
        .folder = place.folder,
        .pictures = PLOTS_ALL,
        .formats = 1u << GNUPLOT_SVG | 1u << GNUPLOT_PNG | 1u << GNUPLOT_ASCII};
    const enum plots_status status = plots_draw(&request, &result);
    if (status == PLOTS_NOT_INSTALLED) {
        plots_result_free(&result);
        place_remove(&place);
        print_message("skipped: gnuplot is not installed\n");
        skip();
    }
    assert_string_equal(result.error, "");
    assert_int_equal(status, PLOTS_OK);
    assert_int_equal(result.count, PLOTS_PICTURES_COUNT * 3);
    for (uint32_t i = 0; i < result.count; i++) {
        assert_int_equal(unlink(result.paths[i]), 0);
    }
    plots_result_free(&result);
    place_remove(&place);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_order_cells_by_number_not_by_text),
        cmocka_unit_test(test_results_mean_has_students_interval),
        cmocka_unit_test(test_results_steps_are_medians_with_deciles),
        cmocka_unit_test(test_results_shares_count_all_submitted),
        cmocka_unit_test(test_results_tell_hosts_by_their_mail),
        cmocka_unit_test(test_results_sort_lists_by_their_first_interval),
        cmocka_unit_test(test_axisvalue_takes_only_whole_intervals),
        cmocka_unit_test(test_results_read_units_as_numbers),
        cmocka_unit_test(test_results_schedulers_are_an_axis),
        cmocka_unit_test(test_results_refuse_what_is_not_theirs),
        cmocka_unit_test(test_plots_throughput_is_over_the_axis),
        cmocka_unit_test(test_plots_of_one_run_claim_no_statistics),
        cmocka_unit_test(test_plots_latency_of_one_axis_shows_three_quantiles),
        cmocka_unit_test(test_plots_backlog_has_faults_and_both_panels),
        cmocka_unit_test(test_plots_of_several_axes_name_them_once),
        cmocka_unit_test(test_plots_draw_every_picture_that_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
