/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_store.c - a run is in the file whole or not at all, and once
 */
#include "tests/support/support.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/lab/store.h"

#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* A folder of its own for each test, and the names of files in it. */
struct place {
    char folder[64];
    char one[96];
    char two[96];
    struct diag diag;
};

static int
place_setup(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    snprintf(place->folder, sizeof place->folder, "/tmp/mtasim-store-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->one, sizeof place->one, "%s/one.db", place->folder);
    snprintf(place->two, sizeof place->two, "%s/two.db", place->folder);
    diag_init(&place->diag);
    *state = place;
    return 0;
}

static int
place_teardown(void **state)
{
    struct place *place = *state;

    remove(place->one);
    remove(place->two);
    assert_int_equal(rmdir(place->folder), 0); /* no -wal, no journal is left */
    diag_free(&place->diag);
    free(place);
    return 0;
}

/* A run with a bit of everything; luck changes the numbers. */
static void
result_make(struct result *result, uint64_t luck)
{
    const uint64_t words[] = {luck};

    result_init(result);
    digest_record(&result->digest, words, 1);
    result->simulated_ns = 100 * NS_PER_S;
    result->wall_ns = 5;
    result->events = 30;
    result->submitted = 10;
    result->delivered = 10;
    result->submit_first_ns = 0;
    result->final_last_ns = (int64_t)(luck + 1) * NS_PER_S;
    for (int64_t i = 1; i <= 10; i++) {
        hist_add(&result->latency_ns, i * 1000);
        hist_add(&result->first_attempt_ns, i);
    }
    result->hosts = calloc(1, sizeof *result->hosts);
    result->steps = calloc(2, sizeof *result->steps);
    assert_true(result->hosts != NULL && result->steps != NULL);
    result->hosts_count = 1;
    result_group_init(&result->hosts[0]);
    result->hosts[0].name = malloc(2);
    assert_non_null(result->hosts[0].name);
    memcpy(result->hosts[0].name, "h", 2);
    result->hosts[0].submitted = 4;
    hist_add_count(&result->hosts[0].latency_ns, 100, 3);
    result->steps_count = 2;
    result->step_ns = 50 * NS_PER_S;
    result->steps[1].queued = 3;
}

static const struct mta_about scheduler = {
    .sha256 = SHA_A, .name = "jobctl", .version = "1.0"};

/* What a run is put with; the caller fills replication and result. */
struct setting {
    struct store_param param;
    struct store_point point;
    struct scenario_fault fault;
    struct store_run run;
    char key[SHA256_TEXT_SIZE];
};

static void
setting_make(struct setting *setting, const char *depth, uint32_t replication,
             const struct result *result)
{
    memset(setting, 0, sizeof *setting);
    setting->param = (struct store_param){"channel.l.threaddepth", depth, NULL};
    setting->fault = (struct scenario_fault){1, 2, "wan: strip-synack"};
    setting->point = (struct store_point){
        .experiment = {.name = "smarthost",
                       .title = "A title",
                       .path = "s/scenario.yaml",
                       .canonical = "horizon: 1\n"},
        .canonical = depth,
        .params = &setting->param,
        .params_count = 1,
        .faults = &setting->fault,
        .faults_count = 1,
    };
    store_key(&(struct store_identity){.canonical = depth,
                                       .params = &setting->param,
                                       .params_count = 1,
                                       .replication = replication,
                                       .seed = 7,
                                       .program_sha256 = SHA_B,
                                       .scheduler_sha256 = SHA_A},
              setting->key);
    setting->run = (struct store_run){
        .point = &setting->point,
        .key = setting->key,
        .scheduler = &scheduler,
        .program_sha256 = SHA_B,
        .seed = 7,
        .replication = replication,
        .result = result,
        .log = result == NULL ? "it broke" : NULL,
    };
}

/* put - one run at depth, replication, with this luck; 0: a failed one */
static enum store_status
put(struct store *store, struct diag *diag, const char *depth,
    uint32_t replication, uint64_t luck)
{
    struct setting setting;
    struct result result;
    enum store_status status;

    result_make(&result, luck);
    setting_make(&setting, depth, replication, luck == 0 ? NULL : &result);
    status = store_put(store, &setting.run, diag);
    result_free(&result);
    return status;
}

static struct store *
open_new(const char *path, struct diag *diag)
{
    struct store *store = store_open(path, STORE_WRITE, diag);

    assert_non_null(store);
    return store;
}

/* ask - the first column of the first row of a query on a file */
static double
ask(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    double answer;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    answer = sqlite3_column_double(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return answer;
}

static void
answer_is(const char *path, const char *sql, double expected)
{
    double answer = ask(path, sql);

    if (fabs(answer - expected) > 1e-9) {
        fail_msg("%s gives %.17g, not %.17g", sql, answer, expected);
    }
}

/* content - all rows of all tables but execution, as one SHA-256 */
static void
content(const char *path, char sha[SHA256_TEXT_SIZE])
{
    static const char *const tables[] = {
        "experiment", "point",  "point_param", "fault_window", "run", "metric",
        "histogram",  "series", "population",  "metric_def",   "log"};
    struct sha256 sum;
    sqlite3 *db = NULL;

    sha256_init(&sum);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[64];
        sqlite3_stmt *stmt = NULL;

        snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1, 2%s", tables[i],
                 strcmp(tables[i], "log") == 0 ? "" : ", 3");
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
                         SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            for (int c = 0; c < sqlite3_column_count(stmt); c++) {
                const char *text = (const char *)sqlite3_column_text(stmt, c);

                text = text == NULL ? "NULL" : text;
                sha256_add(&sum, text, strlen(text) + 1);
            }
        }
        sqlite3_finalize(stmt);
    }
    sqlite3_close(db);
    sha256_end(&sum, sha);
}

static void
test_store_keeps_all_of_a_run(void **state)
{
    struct place *place = *state;
    struct store *store = open_new(place->one, &place->diag);

    assert_int_equal(put(store, &place->diag, "5", 2, 1), STORE_OK);
    store_close(store);
    answer_is(place->one, "SELECT count(*) FROM run", 1);
    answer_is(place->one, "SELECT replication FROM v_run", 2);
    answer_is(place->one, "SELECT seed FROM v_run", 7);
    answer_is(place->one,
              "SELECT params = 'channel.l.threaddepth=5' FROM v_run", 1);
    answer_is(place->one, "SELECT typeof(value) = 'integer' FROM point_param",
              1);
    answer_is(place->one, "SELECT length(digest) FROM run", 32);
    answer_is(place->one,
              "SELECT value FROM v_metric WHERE metric = 'delivered'", 10);
    answer_is(place->one, /* 10 in 2 s */
              "SELECT value FROM v_metric WHERE metric = 'throughput'", 5);
    answer_is(place->one,
              "SELECT sum(count) FROM v_histogram WHERE what = 'latency'", 10);
    answer_is(place->one, "SELECT sum(least_ns) FROM histogram WHERE what = 1",
              55);
    answer_is(place->one, "SELECT queued FROM series WHERE step = 1", 3);
    answer_is(place->one, "SELECT count(*) FROM series", 2);
    answer_is(place->one,
              "SELECT latency_p50_s FROM population"
              " WHERE kind = 'host' AND name = 'h'",
              100e-9);
    answer_is(place->one,
              "SELECT latency_p95_s IS NULL FROM population"
              " WHERE kind = 'host'",
              1);
    answer_is(place->one,
              "SELECT count(*) FROM population WHERE kind = 'priority'", 3);
    answer_is(place->one, "SELECT for_ns FROM fault_window", 2);
    answer_is(place->one, "SELECT wall_ns FROM execution", 5);
}

static void
test_store_same_run_again_changes_nothing(void **state)
{
    struct place *place = *state;
    struct store *store = open_new(place->one, &place->diag);

    assert_int_equal(put(store, &place->diag, "5", 0, 1), STORE_OK);
    assert_int_equal(put(store, &place->diag, "5", 0, 1), STORE_OK);
    assert_int_equal(store_runs_count(store), 1);
    assert_int_equal(place->diag.errors_count, 0);
    store_close(store);
}

static void
test_store_other_digest_is_an_alarm_that_names_both(void **state)
{
    struct place *place = *state;
    struct store *store = open_new(place->one, &place->diag);
    struct result result;
    char first[DIGEST_TEXT_SIZE];
    char second[DIGEST_TEXT_SIZE];

    result_make(&result, 1);
    digest_format(&result.digest, first);
    result_free(&result);
    result_make(&result, 2);
    digest_format(&result.digest, second);
    result_free(&result);
    assert_int_equal(put(store, &place->diag, "5", 0, 1), STORE_OK);
    assert_int_equal(put(store, &place->diag, "5", 0, 2), STORE_ALARM);
    assert_non_null(strstr(place->diag.text, first));
    assert_non_null(strstr(place->diag.text, second));
    store_close(store);
    answer_is(place->one, /* the first one stands */
              "SELECT value FROM v_metric WHERE metric = 'throughput'", 5);
}

static void
test_store_failed_run_gives_way_to_a_good_one_only(void **state)
{
    struct place *place = *state;
    struct store *store = open_new(place->one, &place->diag);
    struct setting setting;

    setting_make(&setting, "5", 0, NULL);
    assert_int_equal(store_has(store, setting.key), STORE_ABSENT);
    assert_int_equal(put(store, &place->diag, "5", 0, 0), STORE_OK);
    assert_int_equal(store_has(store, setting.key), STORE_FAILED);
    assert_int_equal(put(store, &place->diag, "5", 0, 1), STORE_OK);
    assert_int_equal(store_has(store, setting.key), STORE_DONE);
    assert_int_equal(put(store, &place->diag, "5", 0, 0), STORE_OK);
    assert_int_equal(store_has(store, setting.key), STORE_DONE);
    store_close(store);
    answer_is(place->one, "SELECT count(*) FROM log", 0); /* went with it */
}

static void
test_store_failed_run_says_why_and_has_no_numbers(void **state)
{
    struct place *place = *state;
    struct store *store = open_new(place->one, &place->diag);

    assert_int_equal(put(store, &place->diag, "5", 0, 0), STORE_OK);
    store_close(store);
    answer_is(place->one, "SELECT log = 'it broke' FROM v_run", 1);
    answer_is(place->one, "SELECT status = 'failed' FROM v_run", 1);
    answer_is(place->one, "SELECT count(*) FROM metric", 0);
}

static void
test_store_content_does_not_depend_on_the_order(void **state)
{
    struct place *place = *state;
    struct store *one = open_new(place->one, &place->diag);
    struct store *two = open_new(place->two, &place->diag);
    char one_sha[SHA256_TEXT_SIZE];
    char two_sha[SHA256_TEXT_SIZE];

    for (uint32_t i = 0; i < 4; i++) {
        const char *depth = i % 2 == 0 ? "5" : "10";
        const char *other = i % 2 == 0 ? "10" : "5";

        assert_int_equal(put(one, &place->diag, depth, i / 2, i + 1), STORE_OK);
        assert_int_equal(put(two, &place->diag, other, 1 - i / 2, 4 - i),
                         STORE_OK);
    }
    store_close(one);
    store_close(two);
    content(place->one, one_sha);
    content(place->two, two_sha);
    assert_string_equal(one_sha, two_sha);
}

static void
test_store_merges_shards_into_the_whole(void **state)
{
    struct place *place = *state;
    struct store *one = open_new(place->one, &place->diag);
    struct store *two = open_new(place->two, &place->diag);
    char whole[SHA256_TEXT_SIZE];
    char merged[SHA256_TEXT_SIZE];

    assert_int_equal(put(one, &place->diag, "5", 0, 1), STORE_OK);
    assert_int_equal(put(one, &place->diag, "10", 0, 2), STORE_OK);
    assert_int_equal(put(one, &place->diag, "10", 1, 3), STORE_OK);
    store_close(one);
    content(place->one, whole);
    remove(place->one);

    one = open_new(place->one, &place->diag);
    assert_int_equal(put(one, &place->diag, "10", 1, 0), STORE_OK); /* fails */
    assert_int_equal(put(one, &place->diag, "5", 0, 1), STORE_OK);
    assert_int_equal(put(two, &place->diag, "10", 0, 2), STORE_OK);
    assert_int_equal(put(two, &place->diag, "10", 1, 3), STORE_OK);
    store_close(two);
    assert_int_equal(store_merge(one, place->two, &place->diag), STORE_OK);
    assert_int_equal(store_merge(one, place->two, &place->diag), STORE_OK);
    assert_int_equal(store_runs_count(one), 3);
    store_close(one);
    content(place->one, merged);
    assert_string_equal(merged, whole);
    assert_int_equal(place->diag.errors_count, 0);
}

static void
test_store_merge_refuses_a_run_with_two_digests(void **state)
{
    struct place *place = *state;
    struct store *one = open_new(place->one, &place->diag);
    struct store *two = open_new(place->two, &place->diag);

    assert_int_equal(put(one, &place->diag, "5", 0, 1), STORE_OK);
    assert_int_equal(put(two, &place->diag, "5", 0, 2), STORE_OK);
    assert_int_equal(put(two, &place->diag, "5", 1, 3), STORE_OK);
    store_close(two);
    assert_int_equal(store_merge(one, place->two, &place->diag), STORE_ALARM);
    assert_int_equal(store_runs_count(one), 1); /* nothing of it came over */
    assert_int_equal(place->diag.errors_count, 1);
    store_close(one);
}

static void
test_store_merge_of_a_missing_file_fails_and_makes_none(void **state)
{
    struct place *place = *state;
    struct store *one = open_new(place->one, &place->diag);

    assert_int_equal(store_merge(one, place->two, &place->diag), STORE_IO);
    assert_int_equal(access(place->two, F_OK), -1);
    store_close(one);
}

static void
test_store_refuses_files_of_others_and_of_other_versions(void **state)
{
    struct place *place = *state;
    sqlite3 *db = NULL;
    FILE *file = fopen(place->two, "w");

    store_close(open_new(place->one, &place->diag));
    assert_int_equal(sqlite3_open(place->one, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA user_version = 1", NULL, NULL, NULL),
        SQLITE_OK);
    assert_null(store_open(place->one, STORE_WRITE, &place->diag));
    assert_non_null(strstr(place->diag.text, "older"));
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    assert_null(store_open(place->one, STORE_READ, &place->diag));
    assert_non_null(strstr(place->diag.text, "newer"));
    assert_null(store_open(place->one, STORE_WRITE, &place->diag));

    assert_non_null(file);
    fputs("this is text and not SQLite, long enough to have a header...", file);
    fclose(file);
    assert_null(store_open(place->two, STORE_WRITE, &place->diag));
    remove(place->two);
    assert_int_equal(sqlite3_open(place->two, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_null(store_open(place->two, STORE_WRITE, &place->diag));
    assert_non_null(strstr(place->diag.text, "not a results file"));
}

static void
test_store_reading_does_not_make_a_file(void **state)
{
    struct place *place = *state;

    assert_null(store_open(place->one, STORE_READ, &place->diag));
    assert_int_equal(access(place->one, F_OK), -1);
    assert_int_equal(place->diag.errors_count, 1);
}

/* Ten in 2, 3 and 4 s; by hand 5, 10/3 and 10/4 a second:
 * mean 3.6111, sd 1.2730; t(0.975, 2) = 4.3027: ci95 3.1622. */
static void
test_store_summary_view_gives_the_interval(void **state)
{
    struct place *place = *state;
    struct store *store = open_new(place->one, &place->diag);

    for (uint32_t r = 0; r < 3; r++) {
        assert_int_equal(put(store, &place->diag, "5", r, r + 1), STORE_OK);
    }
    store_close(store);
    answer_is(place->one, "SELECT n FROM v_summary WHERE metric = 'throughput'",
              3);
    answer_is(place->one,
              "SELECT round(mean, 4) FROM v_summary"
              " WHERE metric = 'throughput'",
              3.6111);
    answer_is(place->one,
              "SELECT round(ci95, 4) FROM v_summary"
              " WHERE metric = 'throughput'",
              3.1622);
}

static void
test_store_metric_reads_back_value_and_state(void **state)
{
    struct place *place = *state;
    struct store *store = open_new(place->one, &place->diag);
    struct setting setting;
    struct result result;
    struct metric_value value;

    result_make(&result, 1);
    result.submitted = 20; /* ten of them were not delivered */
    result.queued = 10;
    setting_make(&setting, "5", 0, &result);
    assert_int_equal(store_put(store, &setting.run, &place->diag), STORE_OK);
    value = store_metric(store, setting.key, metric_get("throughput"));
    assert_int_equal(value.state, METRIC_DEFINED);
    assert_true(fabs(value.value - 5) < 1e-12);
    assert_int_equal(
        store_metric(store, setting.key, metric_get("latency.p99")).state,
        METRIC_BEYOND);
    assert_int_equal(store_metric(store, SHA_B, metric_get("queued")).state,
                     METRIC_UNDEFINED);
    result_free(&result);
    store_close(store);
}

/* Everything that decides a run moves its key; nothing runs together. */
static void
test_store_key_depends_on_each_part(void **state)
{
    (void)state;
    const struct store_param ab = {"a", "b", NULL};
    const struct store_param other = {"ab", "", NULL};
    const struct store_identity base = {.canonical = "c",
                                        .params = &ab,
                                        .params_count = 1,
                                        .program_sha256 = SHA_A,
                                        .scheduler_sha256 = SHA_B};
    struct store_identity all[8];
    char keys[8][SHA256_TEXT_SIZE];

    for (int i = 0; i < 8; i++) {
        all[i] = base;
    }
    all[1].canonical = "d";
    all[2].params = &other;
    all[3].params_count = 0;
    all[4].replication = 1;
    all[5].seed = 1;
    all[6].program_sha256 = SHA_B;
    all[7].scheduler_sha256 = SHA_A;
    for (int i = 0; i < 8; i++) {
        store_key(&all[i], keys[i]);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(keys[i], keys[j]);
        }
    }
    store_key(&base, keys[1]);
    assert_string_equal(keys[0], keys[1]);
}

/* whole_runs - what is there is whole runs, and there are some */
static void
whole_runs(const char *path)
{
    assert_true(ask(path, "SELECT count(*) FROM run") > 0);
    answer_is(path,
              "SELECT count(*) FROM run r WHERE"
              " (SELECT count(*) FROM series WHERE run = r.id) <> 2 OR"
              " (SELECT count(*) FROM population WHERE run = r.id) <> 4 OR"
              " (SELECT count(*) FROM metric WHERE run = r.id) <>"
              " (SELECT count(*) FROM metric_def)",
              0);
    answer_is(path, "SELECT count(*) FROM pragma_foreign_key_check", 0);
    answer_is(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check",
              1);
}

/* writer_start - a process that writes one run after the other; it ends with
 * 7 if a write failed with STORE_IO and was said. file_bytes_max 0: no limit */
static pid_t
writer_start(struct place *place, rlim_t file_bytes_max)
{
    const struct rlimit limit = {file_bytes_max, file_bytes_max};
    enum store_status status = STORE_OK;
    struct store *store;
    pid_t pid = fork();

    if (pid != 0) {
        return pid;
    }
    if (file_bytes_max > 0) { /* a full disk, as far as SQLite can tell */
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    store = store_open(place->one, STORE_WRITE, &place->diag);
    for (uint32_t r = 0; store != NULL && status == STORE_OK; r++) {
        status = put(store, &place->diag, "5", r, r + 1);
    }
    _exit(status == STORE_IO && place->diag.errors_count == 1 ? 7 : 1);
}

static void
test_store_killed_writer_leaves_whole_runs(void **state)
{
    struct place *place = *state;
    pid_t pid = writer_start(place, 0);

    assert_true(pid > 0);
    while (access(place->one, F_OK) != 0) {
        poll(NULL, 0, 1);
    }
    poll(NULL, 0, 200);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    store_close(open_new(place->one, &place->diag));
    whole_runs(place->one);
}

static void
test_store_full_disk_is_said_and_leaves_whole_runs(void **state)
{
    struct place *place = *state;
    int status = 0;
    pid_t pid = writer_start(place, 1 << 20);

    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    store_close(open_new(place->one, &place->diag));
    whole_runs(place->one);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_store_keeps_all_of_a_run),
        TEST(test_store_same_run_again_changes_nothing),
        TEST(test_store_other_digest_is_an_alarm_that_names_both),
        TEST(test_store_failed_run_gives_way_to_a_good_one_only),
        TEST(test_store_failed_run_says_why_and_has_no_numbers),
        TEST(test_store_content_does_not_depend_on_the_order),
        TEST(test_store_merges_shards_into_the_whole),
        TEST(test_store_merge_refuses_a_run_with_two_digests),
        TEST(test_store_merge_of_a_missing_file_fails_and_makes_none),
        TEST(test_store_refuses_files_of_others_and_of_other_versions),
        TEST(test_store_reading_does_not_make_a_file),
        TEST(test_store_summary_view_gives_the_interval),
        TEST(test_store_metric_reads_back_value_and_state),
        TEST(test_store_killed_writer_leaves_whole_runs),
        TEST(test_store_full_disk_is_said_and_leaves_whole_runs),
        cmocka_unit_test(test_store_key_depends_on_each_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
