/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_sweep.c - the grid, each run once, the same content however it is made
 *
 * The runs are made up here (a result that is a plain function of scenario,
 * seed and replication); scenario, processes, pipes and results file are the
 * real ones. messages_max is the swept parameter: 13 fails, 14 breaks an
 * assertion, 15 is killed, 17 takes for ever.
 */
#include "tests/support/support.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/kernel/arena.h"
#include "sim/lab/summary.h"
#include "sim/lab/sweep.h"

#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* Files of a test in a folder of its own. */
struct place {
    char folder[64];
    char yaml[96];
    char imta[96];
    char object[96];
    char one[96];
    char two[96];
    struct diag diag;
    struct arena *arena;
    struct scenario_axis axis;
    struct sweep_request request;
};

static void
file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* made_up_run - delivered = messages_max * (replication + 1), in 1 s */
static bool
made_up_run(const struct run_request *request, struct result *result,
            struct mta_about *scheduler, struct diag *diag)
{
    uint32_t x = request->scenario->messages_max;
    const uint64_t words[] = {x, request->seed, request->replication};

    if (x == 13) {
        diag_error(diag, (struct src_loc){0}, "13 is no good");
        return false;
    }
    if (x == 14) {
        fprintf(stderr, "the scheduler broke an assertion\n");
        abort();
    }
    if (x == 15) {
        kill(getpid(), SIGKILL);
    }
    if (x == 17) {
        poll(NULL, 0, 60000);
    }
    poll(NULL, 0, 20); /* so that there is time to be interrupted in */
    digest_record(&result->digest, words, 3);
    result->simulated_ns = NS_PER_S;
    result->delivered = (int64_t)x * (request->replication + 1);
    result->submitted = result->delivered;
    result->submit_first_ns = 0;
    result->final_last_ns = NS_PER_S;
    result->kernel_events = 1000;
    hist_add_count(&result->latency_ns, 50, (uint64_t)result->delivered);
    snprintf(scheduler->name, sizeof scheduler->name, "made-up");
    sha256_text("object", 6, scheduler->sha256);
    return true;
}

static int
place_setup(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    snprintf(place->folder, sizeof place->folder, "/tmp/mtasim-sweep-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->yaml, sizeof place->yaml, "%s/scenario.yaml",
             place->folder);
    snprintf(place->imta, sizeof place->imta, "%s/imta.cnf", place->folder);
    snprintf(place->object, sizeof place->object, "%s/made-up.so",
             place->folder);
    snprintf(place->one, sizeof place->one, "%s/one.db", place->folder);
    snprintf(place->two, sizeof place->two, "%s/two.db", place->folder);
    file_write(place->yaml, "title: made up\n"
                            "horizon: 1h\n"
                            "mta: { channels: imta.cnf }\n"
                            "traffic:\n"
                            "  - { name: t, arrivals: poisson(1/s),"
                            " to: { example.net: 1 } }\n"
                            "destinations:\n"
                            "  example.net: { link: wan }\n"
                            "links:\n"
                            "  wan: { rtt: 40ms, rate: 100Mbit/s }\n"
                            "sweep:\n"
                            "  messages_max: [1, 2, 4]\n"
                            "measure: [throughput]\n"
                            "replications: 3\n");
    file_write(place->imta, "tcp_local smtp\nmta.example\n");
    file_write(place->object, "object");
    diag_init(&place->diag);
    place->arena = arena_new(0);
    place->request = (struct sweep_request){
        .scenario_path = place->yaml,
        .seed = 7,
        .jobs = 2,
        .scheduler_path = place->object,
        .database_path = place->one,
        .program_sha256 = SHA_A,
        .run = made_up_run,
    };
    *state = place;
    return 0;
}

static int
place_teardown(void **state)
{
    struct place *place = *state;

    remove(place->yaml);
    remove(place->imta);
    remove(place->object);
    remove(place->one);
    remove(place->two);
    assert_int_equal(rmdir(place->folder), 0);
    diag_free(&place->diag);
    arena_free(place->arena);
    free(place);
    return 0;
}

/* sweep_open - the plan, which must be there */
static struct sweep *
sweep_open(struct place *place)
{
    struct sweep *sweep = sweep_new(&place->request, &place->diag);

    if (sweep == NULL) {
        diag_print(&place->diag, stderr);
    }
    assert_non_null(sweep);
    return sweep;
}

/* axis_set - sweeps over what the text says */
static void
axis_set(struct place *place, const char *text)
{
    assert_true(
        sweep_axis_parse(text, place->arena, &place->axis, &place->diag));
    place->request.axes = &place->axis;
    place->request.axes_count = 1;
}

/* execute - plans and makes a sweep into this file */
static struct sweep_outcome
execute(struct place *place, const char *path)
{
    struct sweep *sweep = sweep_open(place);
    struct store *store = store_open(path, STORE_WRITE, &place->diag);
    struct sweep_outcome outcome;

    assert_non_null(store);
    sweep_execute(sweep, store, &outcome, &place->diag);
    store_close(store);
    sweep_free(sweep);
    return outcome;
}

/* ask - the text in the first column of the first row */
static void
ask(const char *path, const char *sql, char *answer, size_t size)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    snprintf(answer, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void
answer_is(const char *path, const char *sql, const char *expected)
{
    char answer[8192];

    ask(path, sql, answer, sizeof answer);
    assert_string_equal(answer, expected);
}

/* Every run with all its numbers, in an order of their own. */
static const char all_runs[] =
    "SELECT count(*) || ':' || group_concat(line, ';') FROM (SELECT r.id || "
    "',' "
    "|| r.replication || ',' || r.status || ',' || coalesce(r.digest, '') ||"
    " ',' || (SELECT group_concat(coalesce(value, why)) FROM metric"
    " WHERE run = r.id) AS line FROM run r ORDER BY r.id)";

static void
same_runs(const char *one, const char *two)
{
    char a[8192];
    char b[8192];

    ask(one, all_runs, a, sizeof a);
    ask(two, all_runs, b, sizeof b);
    assert_string_equal(a, b);
}

static void
axis_is(struct place *place, const char *text, const char *expected)
{
    struct scenario_axis axis;
    char all[200] = "";
    size_t size = 0;

    assert_true(sweep_axis_parse(text, place->arena, &axis, &place->diag));
    for (uint32_t i = 0; i < axis.values_count; i++) {
        size += (size_t)snprintf(all + size, sizeof all - size, "%s|",
                                 axis.values[i]);
        assert_true(size < sizeof all);
    }
    assert_string_equal(axis.path, "p.q");
    assert_string_equal(all, expected);
}

static void
test_sweep_axis_takes_lists_ranges_and_brackets(void **state)
{
    struct place *place = *state;

    axis_is(place, "p.q=1,2,5", "1|2|5|");
    axis_is(place, "p.q=10..50:10", "10|20|30|40|50|");
    axis_is(place, "p.q=1,4..6,30s", "1|4|5|6|30s|");
    axis_is(place, "p.q=2..9:4", "2|6|");
    axis_is(place, "p.q=[30s,90s], lognormal(8kB, 1.1)",
            "[30s,90s]|lognormal(8kB, 1.1)|");
}

static void
test_sweep_axis_refuses_nonsense(void **state)
{
    struct place *place = *state;
    const char *const texts[] = {
        "p",        "=1",      "p=",   "p=1,,2",       "p=9..1",
        "p=1..9:0", "p=1,2,1", "p=1,", "p=0..99999999"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct scenario_axis axis;

        assert_false(
            sweep_axis_parse(texts[i], place->arena, &axis, &place->diag));
        assert_int_equal(place->diag.errors_count, i + 1);
    }
}

static void
test_sweep_plan_is_replication_major_with_the_last_axis_fastest(void **state)
{
    struct place *place = *state;
    struct sweep *sweep;

    axis_set(place, "links.wan.rtt=10ms,20ms");
    sweep = sweep_open(place);
    assert_int_equal(sweep->points_count, 6);
    assert_int_equal(sweep->runs_count, 18);
    assert_int_equal(sweep->runs[5].replication, 0);
    assert_int_equal(sweep->runs[6].replication, 1);
    assert_int_equal(sweep->runs[7].point, 1);
    assert_string_equal(sweep->points[1].params[0].value, "1");
    assert_string_equal(sweep->points[1].params[1].value, "20ms");
    assert_string_equal(sweep->points[2].params[0].value, "2");
    assert_string_equal(sweep->points[2].params[1].value, "10ms");
    sweep_free(sweep);
}

static void
test_sweep_axis_of_the_command_line_takes_the_scenarios_place(void **state)
{
    struct place *place = *state;
    struct sweep *sweep;

    axis_set(place, "messages_max=8,9");
    place->request.replications = 2;
    sweep = sweep_open(place);
    assert_int_equal(sweep->axes_count, 1);
    assert_int_equal(sweep->runs_count, 4);
    assert_string_equal(sweep->points[1].params[0].value, "9");
    sweep_free(sweep);
}

static void
test_sweep_refuses_a_bad_value_before_any_run(void **state)
{
    struct place *place = *state;

    axis_set(place, "messages_max=8,seven");
    assert_null(sweep_new(&place->request, &place->diag));
    assert_non_null(strstr(place->diag.text, "seven"));
}

/* Grid 1, 2, 4; replications 0 to 2: throughput x * (r + 1), mean 2 x. */
static void
test_sweep_makes_every_run_and_sums_them_up(void **state)
{
    struct place *place = *state;
    struct sweep_outcome outcome = execute(place, place->one);
    struct sweep *sweep = sweep_open(place);
    struct store *store = store_open(place->one, STORE_READ, &place->diag);
    struct summary_cell cell;

    assert_int_equal(outcome.planned, 9);
    assert_int_equal(outcome.done, 9);
    assert_int_equal(sweep_exit_code(&outcome), 0);
    assert_non_null(store);
    cell = summary_cell(sweep, store, 2, metric_get("throughput"));
    assert_int_equal(cell.count, 3);
    assert_true(fabs(cell.interval.mean - 8) < 1e-9);
    assert_true(fabs(cell.interval.sd - 4) < 1e-9); /* 4, 8, 12 */
    store_close(store);
    sweep_free(sweep);
}

static void
test_sweep_content_does_not_depend_on_jobs(void **state)
{
    struct place *place = *state;

    place->request.jobs = 1;
    execute(place, place->one);
    place->request.jobs = 7;
    execute(place, place->two);
    same_runs(place->one, place->two);
}

static void
test_sweep_again_makes_nothing_and_more_replications_only_the_new(void **state)
{
    struct place *place = *state;
    struct sweep_outcome outcome;

    (void)execute(place, place->one);
    outcome = execute(place, place->one);
    assert_int_equal(outcome.had, 9);
    assert_int_equal(outcome.done, 0);
    place->request.replications = 5;
    outcome = execute(place, place->one);
    assert_int_equal(outcome.had, 9);
    assert_int_equal(outcome.done, 6);
    execute(place, place->two);
    same_runs(place->one, place->two);
}

static void
test_sweep_shards_merge_to_the_whole(void **state)
{
    struct place *place = *state;
    struct store *store;
    uint32_t planned = 0;

    execute(place, place->one);
    store = store_open(place->two, STORE_WRITE, &place->diag);
    assert_non_null(store);
    for (uint32_t i = 0; i < 3; i++) {
        char shard[128];

        snprintf(shard, sizeof shard, "%s/shard.db", place->folder);
        place->request.shard_index = 2 - i;
        place->request.shard_count = 3;
        planned += execute(place, shard).planned;
        assert_int_equal(store_merge(store, shard, &place->diag), STORE_OK);
        remove(shard);
    }
    store_close(store);
    assert_int_equal(planned, 9);
    same_runs(place->one, place->two);
}

static void
test_sweep_goes_on_after_failures_and_keeps_why(void **state)
{
    struct place *place = *state;
    struct sweep_outcome outcome;

    axis_set(place, "messages_max=12..16");
    place->request.replications = 2;
    outcome = execute(place, place->one);
    assert_int_equal(outcome.done, 4);
    assert_int_equal(outcome.failed, 6);
    assert_int_equal(sweep_exit_code(&outcome), 3);
    answer_is(place->one,
              "SELECT count(*) FROM v_run WHERE status = 'failed' AND"
              " params = 'messages_max=13' AND log LIKE '%13 is no good%'",
              "2");
    answer_is(place->one,
              "SELECT count(*) FROM v_run WHERE params = 'messages_max=14'"
              " AND log LIKE '%broke an assertion%signal 6%'",
              "2");
    answer_is(place->one,
              "SELECT count(*) FROM v_run WHERE params = 'messages_max=15'"
              " AND log LIKE '%signal 9%'",
              "2");
    answer_is(place->one, "SELECT count(*) FROM v_run WHERE status = 'ok'",
              "4");
    /* What failed is tried again; what was made is not. */
    outcome = execute(place, place->one);
    assert_int_equal(outcome.had, 4);
    assert_int_equal(outcome.failed, 6);
}

static void
test_sweep_notices_that_the_object_has_changed(void **state)
{
    struct place *place = *state;
    struct sweep_outcome outcome;

    file_write(place->object, "another object"); /* the run says "object" */
    outcome = execute(place, place->one);
    assert_int_equal(outcome.failed, 9);
    answer_is(place->one,
              "SELECT count(*) FROM log WHERE text LIKE '%has changed%'", "9");
}

/* In a process of its own, so that it can be interrupted or killed. */
static pid_t
execute_apart(struct place *place, const char *path)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct sweep_outcome outcome = execute(place, path);

        _exit(sweep_exit_code(&outcome));
    }
    return pid;
}

/* runs_wait - until the file has this many runs; 2 min: machines are busy */
static void
runs_wait(struct place *place, const char *path, int64_t count)
{
    for (int i = 0; i < 12000; i++) {
        struct diag diag;
        struct store *store;
        int64_t has = 0;

        diag_init(&diag);
        store = store_open(path, STORE_READ, &diag);
        if (store != NULL) {
            has = store_runs_count(store);
            store_close(store);
        }
        diag_free(&diag);
        if (has >= count) {
            return;
        }
        poll(NULL, 0, 10);
    }
    fail_msg("%s: no %d runs came", place->folder, (int)count);
}

static void
test_sweep_interrupted_keeps_what_is_done_and_goes_on(void **state)
{
    struct place *place = *state;
    pid_t pid;
    int status = 0;
    char there[32];
    struct sweep_outcome outcome;

    place->request.replications = 100;
    pid = execute_apart(place, place->one);
    runs_wait(place, place->one, 3);
    kill(pid, SIGINT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130);
    ask(place->one, "SELECT count(*) FROM run WHERE status = 'ok'", there,
        sizeof there);
    assert_true(strtol(there, NULL, 10) >= 3 && strtol(there, NULL, 10) < 300);
    answer_is(place->one, "SELECT count(*) FROM run WHERE status <> 'ok'", "0");
    place->request.replications = 10;
    outcome = execute(place, place->one);
    assert_int_equal(outcome.had + outcome.done, 30);
    assert_true(outcome.had >= 3);
}

static void
test_sweep_interrupted_twice_does_not_wait(void **state)
{
    struct place *place = *state;
    struct timespec before;
    struct timespec after;
    pid_t pid;
    int status = 0;

    axis_set(place, "messages_max=17");
    clock_gettime(CLOCK_MONOTONIC, &before);
    pid = execute_apart(place, place->one);
    poll(NULL, 0, 500);
    kill(pid, SIGINT);
    poll(NULL, 0, 500);
    assert_int_equal(waitpid(pid, &status, WNOHANG), 0); /* it does, first */
    kill(pid, SIGINT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 30);
    assert_int_equal(WEXITSTATUS(status), 130);
    answer_is(place->one, "SELECT count(*) FROM run", "0");
}

static void
test_sweep_killed_goes_on_to_the_same_content(void **state)
{
    struct place *place = *state;

    place->request.replications = 20;
    for (int64_t runs = 3; runs <= 9; runs += 3) {
        pid_t pid = execute_apart(place, place->one);

        runs_wait(place, place->one, runs);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
    execute(place, place->one);
    execute(place, place->two);
    same_runs(place->one, place->two);
    answer_is(place->one, "SELECT count(*) FROM run", "60");
}

static void
row_keep(void *arg, const struct store_row *row)
{
    snprintf(arg, 1000, "%s", row->command);
}

static void
test_sweep_keeps_the_command_that_makes_a_run_alone(void **state)
{
    struct place *place = *state;
    const char *const sets[] = {"title=it's one"};
    struct sweep *sweep;
    struct store *store;
    char command[1000];
    char expected[1000];

    place->request.sets = sets;
    place->request.sets_count = 1;
    execute(place, place->one);
    sweep = sweep_open(place);
    store = store_open(place->one, STORE_READ, &place->diag);
    assert_non_null(store);
    assert_int_equal(store_rows(store, sweep_run_at(sweep, 2, 1)->key, row_keep,
                                command, &place->diag),
                     1);
    snprintf(expected, sizeof expected,
             "mtasim run %s --set 'title=it'\\''s one' --set messages_max=4"
             " --seed 7 --replication 1 --scheduler %s",
             place->yaml, place->object);
    assert_string_equal(command, expected);
    assert_int_equal(store_rows(store, "", row_keep, command, &place->diag), 9);
    store_close(store);
    sweep_free(sweep);
}

static void
test_sweep_tells_how_far_it_is(void **state)
{
    struct place *place = *state;
    char *text = NULL;
    size_t size = 0;

    place->request.progress = open_memstream(&text, &size);
    assert_non_null(place->request.progress);
    execute(place, place->one);
    fclose(place->request.progress);
    assert_non_null(strstr(text, "9/9 runs, 0 running, "));
    assert_non_null(strstr(text, "ETA 0:00\n"));
    free(text);
}

static void
test_sweep_lists_what_is_there_and_what_is_missing(void **state)
{
    struct place *place = *state;
    struct sweep *sweep;
    struct store *store;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    place->request.replications = 1;
    execute(place, place->one);
    place->request.replications = 2;
    sweep = sweep_open(place);
    store = store_open(place->one, STORE_READ, &place->diag);
    assert_true(store != NULL && out != NULL);
    sweep_list(sweep, store, out);
    fclose(out);
    assert_non_null(strstr(text, "replication=0 messages_max=4\n"));
    assert_non_null(strstr(text, "replication=1 messages_max=4\n"));
    assert_int_equal(strncmp(text, "there", 5), 0);
    assert_non_null(strstr(text, "\nmissing "));
    store_close(store);
    sweep_free(sweep);
    free(text);
}

/* Means 2 x 1, 200, 201, 400...: with r the differences to the best, 402, are
 * 1 (r + 1) of 201 (r + 1) at 200: 0.5 %, certain enough; not at 1. */
static void
test_sweep_knee_is_the_smallest_value_near_the_best(void **state)
{
    struct place *place = *state;
    struct sweep *sweep;
    struct store *store;
    struct summary_knee knee;

    axis_set(place, "messages_max=201,200,1");
    execute(place, place->one);
    sweep = sweep_open(place);
    store = store_open(place->one, STORE_READ, &place->diag);
    assert_non_null(store);
    knee = summary_knee(sweep, store, metric_get("throughput"));
    assert_int_equal(knee.status, SUMMARY_KNEE_FOUND);
    assert_int_equal(knee.best, 0);
    assert_int_equal(knee.point, 1);
    knee = summary_knee(sweep, store, metric_get("connections_peak"));
    assert_int_equal(knee.status, SUMMARY_KNEE_NO_VALUES);
    store_close(store);
    sweep_free(sweep);
}

/* A point that stays as configured sets nothing, has its label in the file, and
 * a long value is a number in the table and stands below it. */
static void
test_sweep_table_names_values_and_says_what_they_are(void **state)
{
    struct place *place = *state;
    const char *values[] = {"", "2", "pt30m pt1h pt8h p1d p2d p1w pt9h pt10h"};
    const char *labels[] = {NULL, "two", NULL};
    const struct metric *metric = metric_get("delivered");
    struct scenario_axis axis = {"channel.tcp_local.normalbackoff", values,
                                 labels, 3};
    struct sweep *sweep;
    struct store *store;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    place->axis = axis;
    place->request.axes = &place->axis;
    place->request.axes_count = 1;
    execute(place, place->one);
    answer_is(place->one,
              "SELECT value || '|' || label FROM point_param WHERE label ="
              " 'default'",
              "|default");
    answer_is(place->one,
              "SELECT count(*) FROM v_run WHERE params LIKE"
              " '%normalbackoff=two'",
              "9");
    answer_is(place->one,
              "SELECT count(*) FROM execution WHERE command NOT LIKE"
              " '%normalbackoff%'",
              "9");
    sweep = sweep_open(place);
    store = store_open(place->one, STORE_READ, &place->diag);
    assert_true(store != NULL && out != NULL);
    summary_print(sweep, store, &metric, 1, out);
    fclose(out);
    assert_non_null(strstr(text, "    default  3  "));
    assert_non_null(strstr(text, "        (3)  3  "));
    assert_non_null(strstr(text, "\n  default  as configured\n"
                                 "  two      2\n"
                                 "  (3)      pt30m pt1h pt8h p1d p2d p1w pt9h"
                                 " pt10h\n"));
    store_close(store);
    sweep_free(sweep);
    free(text);
}

static void
cell_is(const char *metric, struct summary_cell cell, const char *expected)
{
    char text[SUMMARY_TEXT_SIZE];

    summary_format(metric_get(metric), &cell, 4 * NS_PER_HOUR, text);
    assert_string_equal(text, expected);
}

static void
test_summary_cells_have_no_more_digits_than_they_earn(void **state)
{
    (void)state;
    const struct summary_cell one = {
        .count = 1, .interval = {1, 163.234, 0, (double)INFINITY}};
    const struct summary_cell small = {.count = 5,
                                       .interval = {5, 0.123456, 1, 0.0123}};
    const struct summary_cell late = {
        .count = 3, .beyond_count = 1, .interval = {2, 7, 0, 0}};

    cell_is(
        "throughput",
        (struct summary_cell){.count = 5, .interval = {5, 163.2345, 1, 1.1}},
        "163.2 \u00b1 1.1");
    cell_is("throughput", small, "0.123 \u00b1 0.012");
    cell_is("throughput",
            (struct summary_cell){.count = 5, .interval = {5, 163.2, 1, 42}},
            "163 \u00b1 42");
    cell_is("throughput", one, "163.2");
    cell_is("queued",
            (struct summary_cell){.count = 3, .interval = {3, 7, 0, 0}},
            "7 \u00b1 0");
    cell_is("latency.p95", late, "> 4 h");
    cell_is("latency.p95", (struct summary_cell){.count = 0}, "-");
}

/* 4316 s is 71.93 min, 144 s is 2.4 min; 66606.63 s is 18.501841 h, and 0.7 s is
 * less than the fifth digit of it. */
static void
test_summary_times_have_a_unit_that_fits(void **state)
{
    (void)state;
    cell_is("latency.p95",
            (struct summary_cell){.count = 5, .interval = {5, 4316, 1, 144}},
            "71.9 \u00b1 2.4 min");
    cell_is(
        "latency.p95",
        (struct summary_cell){.count = 5, .interval = {5, 66606.63, 1, 0.7}},
        "18.502 \u00b1 <0.001 h");
    cell_is("latency.p95",
            (struct summary_cell){.count = 5, .interval = {5, 32367, 0, 0}},
            "8.991 \u00b1 0 h");
    cell_is(
        "latency.p95",
        (struct summary_cell){.count = 5, .interval = {5, 0.56875, 1, 0.0028}},
        "568.8 \u00b1 2.8 ms");
    cell_is("latency.p95",
            (struct summary_cell){.count = 2, .interval = {2, 0, 0, 0}},
            "0 \u00b1 0 ms");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sweep_axis_takes_lists_ranges_and_brackets),
        TEST(test_sweep_axis_refuses_nonsense),
        TEST(test_sweep_plan_is_replication_major_with_the_last_axis_fastest),
        TEST(test_sweep_axis_of_the_command_line_takes_the_scenarios_place),
        TEST(test_sweep_refuses_a_bad_value_before_any_run),
        TEST(test_sweep_makes_every_run_and_sums_them_up),
        TEST(test_sweep_content_does_not_depend_on_jobs),
        TEST(test_sweep_again_makes_nothing_and_more_replications_only_the_new),
        TEST(test_sweep_shards_merge_to_the_whole),
        TEST(test_sweep_goes_on_after_failures_and_keeps_why),
        TEST(test_sweep_notices_that_the_object_has_changed),
        TEST(test_sweep_interrupted_keeps_what_is_done_and_goes_on),
        TEST(test_sweep_interrupted_twice_does_not_wait),
        TEST(test_sweep_killed_goes_on_to_the_same_content),
        TEST(test_sweep_keeps_the_command_that_makes_a_run_alone),
        TEST(test_sweep_tells_how_far_it_is),
        TEST(test_sweep_lists_what_is_there_and_what_is_missing),
        TEST(test_sweep_knee_is_the_smallest_value_near_the_best),
        TEST(test_sweep_table_names_values_and_says_what_they_are),
        cmocka_unit_test(test_summary_cells_have_no_more_digits_than_they_earn),
        cmocka_unit_test(test_summary_times_have_a_unit_that_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
