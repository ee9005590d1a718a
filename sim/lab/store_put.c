/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_put.c - writes one run, all of it or nothing; see store.h
 */
#include "sim/lab/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lab/store_sql.h"

/* Everything that the writing functions need. */
struct put {
    struct store *store;
    const struct store_run *run;
    struct diag *diag;
    int64_t run_id;
    int64_t point_id;
    int64_t experiment_id;
};

/* point_key - names a point: its world, and which parameters were moved */
static void
point_key(const struct store_point *point, char key[SHA256_TEXT_SIZE])
{
    const struct store_identity identity = {
        .canonical = point->canonical,
        .params = point->params,
        .params_count = point->params_count,
        .program_sha256 = "",
        .scheduler_sha256 = "",
    };

    store_key(&identity, key);
}

static bool
experiment_write(struct put *put)
{
    const struct store_experiment *experiment = &put->run->point->experiment;
    char sha[SHA256_TEXT_SIZE];
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store, "INSERT OR IGNORE INTO experiment VALUES (?, ?, ?, ?, ?)",
        put->diag);
    bool is_ok;

    if (stmt == NULL) {
        return false;
    }
    sha256_text(experiment->canonical, strlen(experiment->canonical), sha);
    put->experiment_id = store_sql_id(sha);
    store_sql_i64(stmt, 1, put->experiment_id);
    store_sql_text(stmt, 2, experiment->name);
    store_sql_text(stmt, 3, experiment->title);
    store_sql_text(stmt, 4, sha);
    store_sql_text(stmt, 5, experiment->canonical);
    is_ok = store_sql_step(put->store, stmt, put->diag);
    sqlite3_finalize(stmt);
    return is_ok;
}

/* param_bind - a number as a number, so that SQL sorts and plots it; hex,
 * nan and inf stay what they are */
static void
param_bind(sqlite3_stmt *stmt, int place, const char *value)
{
    char *end = NULL;
    double number;

    if (value[0] != '\0' && strspn(value, "+-.0123456789eE") == strlen(value)) {
        long long whole = strtoll(value, &end, 10);

        if (*end == '\0' && strlen(value) <= 18) {
            store_sql_i64(stmt, place, whole);
            return;
        }
        number = strtod(value, &end);
        if (*end == '\0') {
            store_sql_value(stmt, place,
                            (struct metric_value){METRIC_DEFINED, number});
            return;
        }
    }
    store_sql_text(stmt, place, value);
}

static bool
params_write(struct put *put)
{
    const struct store_point *point = put->run->point;
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store, "INSERT OR IGNORE INTO point_param VALUES (?, ?, ?, ?, ?)",
        put->diag);
    bool is_ok = stmt != NULL;

    for (uint32_t i = 0; is_ok && i < point->params_count; i++) {
        store_sql_i64(stmt, 1, put->point_id);
        store_sql_i64(stmt, 2, i);
        store_sql_text(stmt, 3, point->params[i].name);
        param_bind(stmt, 4, point->params[i].value);
        store_sql_text(stmt, 5, point->params[i].label);
        is_ok = store_sql_step(put->store, stmt, put->diag);
    }
    sqlite3_finalize(stmt);
    return is_ok;
}

static bool
faults_write(struct put *put)
{
    const struct store_point *point = put->run->point;
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store, "INSERT OR IGNORE INTO fault_window VALUES (?, ?, ?, ?, ?)",
        put->diag);
    bool is_ok = stmt != NULL;

    for (uint32_t i = 0; is_ok && i < point->faults_count; i++) {
        store_sql_i64(stmt, 1, put->point_id);
        store_sql_i64(stmt, 2, i);
        store_sql_text(stmt, 3, point->faults[i].label);
        store_sql_i64(stmt, 4, point->faults[i].at_ns);
        store_sql_i64(stmt, 5, point->faults[i].for_ns);
        is_ok = store_sql_step(put->store, stmt, put->diag);
    }
    sqlite3_finalize(stmt);
    return is_ok;
}

static bool
point_write(struct put *put)
{
    char key[SHA256_TEXT_SIZE];
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store, "INSERT OR IGNORE INTO point VALUES (?, ?, ?, ?)",
        put->diag);
    bool is_ok;

    if (stmt == NULL) {
        return false;
    }
    point_key(put->run->point, key);
    put->point_id = store_sql_id(key);
    store_sql_i64(stmt, 1, put->point_id);
    store_sql_i64(stmt, 2, put->experiment_id);
    store_sql_text(stmt, 3, key);
    store_sql_text(stmt, 4, put->run->point->canonical);
    is_ok = store_sql_step(put->store, stmt, put->diag);
    sqlite3_finalize(stmt);
    return is_ok && params_write(put) && faults_write(put);
}

/* measured_bind - the columns of a run that a failed one leaves NULL */
static void
measured_bind(sqlite3_stmt *stmt, const struct result *result,
              const char *digest)
{
    if (result == NULL) {
        return; /* what is not bound is NULL */
    }
    store_sql_text(stmt, 11, digest);
    store_sql_i64(stmt, 12, result->events);
    store_sql_i64(stmt, 13, result->actions);
    store_sql_i64(stmt, 14, result->kernel_events);
    store_sql_i64(stmt, 15, result->simulated_ns);
    store_sql_i64(stmt, 16, result->step_ns);
}

static bool
run_write(struct put *put, const char *digest)
{
    const struct store_run *run = put->run;
    char seed[24];
    sqlite3_stmt *stmt =
        store_sql_prepare(put->store,
                          "INSERT INTO run VALUES"
                          " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                          put->diag);
    bool is_ok;

    if (stmt == NULL) {
        return false;
    }
    snprintf(seed, sizeof seed, "%" PRIu64, run->seed);
    store_sql_i64(stmt, 1, put->run_id);
    store_sql_text(stmt, 2, run->key);
    store_sql_i64(stmt, 3, put->point_id);
    store_sql_i64(stmt, 4, run->replication);
    store_sql_text(stmt, 5, seed);
    store_sql_text(stmt, 6, run->program_sha256);
    store_sql_text(stmt, 7, run->scheduler->sha256);
    store_sql_text(stmt, 8, run->scheduler->name);
    store_sql_text(stmt, 9, run->scheduler->version);
    store_sql_text(stmt, 10, run->result != NULL ? "ok" : "failed");
    measured_bind(stmt, run->result, digest);
    is_ok = store_sql_step(put->store, stmt, put->diag);
    sqlite3_finalize(stmt);
    return is_ok;
}

static bool
execution_write(struct put *put)
{
    const struct result *result = put->run->result;
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store, "INSERT INTO execution VALUES (?, ?, ?, ?, ?)", put->diag);
    bool is_ok;

    if (stmt == NULL) {
        return false;
    }
    store_sql_i64(stmt, 1, put->run_id);
    store_sql_i64(stmt, 2, result != NULL ? result->wall_ns : 0);
    if (result != NULL && result->peak_rss_bytes > 0) {
        store_sql_i64(stmt, 3, result->peak_rss_bytes);
    }
    store_sql_text(stmt, 4, put->run->point->experiment.path);
    store_sql_text(stmt, 5, put->run->command);
    is_ok = store_sql_step(put->store, stmt, put->diag);
    sqlite3_finalize(stmt);
    return is_ok;
}

static bool
metrics_write(struct put *put)
{
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store, "INSERT INTO metric VALUES (?, ?, ?, ?)", put->diag);
    bool is_ok = stmt != NULL;

    for (uint32_t i = 0; is_ok && i < metric_count(); i++) {
        const struct metric *metric = metric_at(i);
        struct metric_value value = metric_of(metric, put->run->result);
        bool is_defined = value.state == METRIC_DEFINED;

        store_sql_i64(stmt, 1, put->run_id);
        store_sql_i64(stmt, 2, metric->id);
        store_sql_value(stmt, 3, value);
        store_sql_text(stmt, 4,
                       is_defined ? NULL : metric_state_name(value.state));
        is_ok = store_sql_step(put->store, stmt, put->diag);
    }
    sqlite3_finalize(stmt);
    return is_ok;
}

static bool
histogram_write(struct put *put, int what, const struct hist *hist)
{
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store, "INSERT INTO histogram VALUES (?, ?, ?, ?, ?)", put->diag);
    bool is_ok = stmt != NULL;

    for (uint32_t i = 0; is_ok && i < hist->buckets_count; i++) {
        if (hist->counts[i] == 0) {
            continue;
        }
        store_sql_i64(stmt, 1, put->run_id);
        store_sql_i64(stmt, 2, what);
        store_sql_i64(stmt, 3, i);
        store_sql_i64(stmt, 4, hist_bucket_least(i));
        store_sql_i64(stmt, 5, (int64_t)hist->counts[i]);
        is_ok = store_sql_step(put->store, stmt, put->diag);
    }
    sqlite3_finalize(stmt);
    return is_ok;
}

static bool
series_write(struct put *put)
{
    const struct result *result = put->run->result;
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store, "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        put->diag);
    bool is_ok = stmt != NULL;

    for (uint32_t i = 0; is_ok && i < result->steps_count; i++) {
        const struct result_step *step = &result->steps[i];

        store_sql_i64(stmt, 1, put->run_id);
        store_sql_i64(stmt, 2, i);
        store_sql_i64(stmt, 3, step->submitted);
        store_sql_i64(stmt, 4, step->delivered);
        store_sql_i64(stmt, 5, step->deferred);
        store_sql_i64(stmt, 6, step->queued);
        store_sql_i64(stmt, 7, step->jobs);
        store_sql_i64(stmt, 8, step->threads);
        store_sql_i64(stmt, 9, step->busy_threads);
        store_sql_i64(stmt, 10, step->connections);
        is_ok = store_sql_step(put->store, stmt, put->diag);
    }
    sqlite3_finalize(stmt);
    return is_ok;
}

/* group_bind - the columns of one population but for run and kind */
static void
group_bind(sqlite3_stmt *stmt, const struct result_group *group,
           const char *name)
{
    const int64_t counts[] = {
        group->submitted, group->delivered, group->returned,    group->rejected,
        group->attempts,  group->deferrals, group->connections, group->refused};
    const int32_t ppm[] = {500000, 950000, 990000};

    store_sql_text(stmt, 3, name);
    for (int i = 0; i < 8; i++) {
        store_sql_i64(stmt, 4 + i, counts[i]);
    }
    for (int i = 0; i < 3; i++) {
        store_sql_value(
            stmt, 12 + i,
            metric_quantile_s(&group->latency_ns, group->submitted, ppm[i]));
        store_sql_value(stmt, 15 + i,
                        metric_quantile_s(&group->first_attempt_ns,
                                          group->submitted, ppm[i]));
    }
}

/* groups_write - a row each; names NULL: they have their own */
static bool
groups_write(struct put *put, const char *kind,
             const struct result_group *groups, uint32_t groups_count,
             const char *const *names)
{
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store,
        "INSERT INTO population VALUES"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        put->diag);
    bool is_ok = stmt != NULL;

    for (uint32_t i = 0; is_ok && i < groups_count; i++) {
        const char *name = names != NULL ? names[i] : groups[i].name;

        ASSERT(name != NULL);
        store_sql_i64(stmt, 1, put->run_id);
        store_sql_text(stmt, 2, kind);
        group_bind(stmt, &groups[i], name);
        is_ok = store_sql_step(put->store, stmt, put->diag);
    }
    sqlite3_finalize(stmt);
    return is_ok;
}

/* measured_write - all that only a run with a result has */
static bool
measured_write(struct put *put)
{
    static const char *const priorities[RESULT_PRIORITIES_COUNT] = {
        "urgent", "normal", "nonurgent"};
    const struct result *result = put->run->result;

    return metrics_write(put) && histogram_write(put, 0, &result->latency_ns) &&
           histogram_write(put, 1, &result->first_attempt_ns) &&
           series_write(put) &&
           groups_write(put, "channel", result->channels,
                        result->channels_count, NULL) &&
           groups_write(put, "host", result->hosts, result->hosts_count,
                        NULL) &&
           groups_write(put, "priority", result->priorities,
                        RESULT_PRIORITIES_COUNT, priorities);
}

static bool
log_write(struct put *put)
{
    sqlite3_stmt *stmt;
    bool is_ok;

    if (put->run->log == NULL || put->run->log[0] == '\0') {
        return true;
    }
    stmt = store_sql_prepare(put->store, "INSERT INTO log VALUES (?, ?)",
                             put->diag);
    if (stmt == NULL) {
        return false;
    }
    store_sql_i64(stmt, 1, put->run_id);
    store_sql_text(stmt, 2, put->run->log);
    is_ok = store_sql_step(put->store, stmt, put->diag);
    sqlite3_finalize(stmt);
    return is_ok;
}

/* What is in the file under the key, against what comes now. */
enum known { KNOWN_NOT, KNOWN_SAME, KNOWN_OTHER, KNOWN_ERROR };

/* known_look - and complains where the digests differ */
static enum known
known_look(struct put *put, const char *digest)
{
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store, "SELECT digest FROM run WHERE key = ?", put->diag);
    enum known known = KNOWN_NOT;

    if (stmt == NULL) {
        return KNOWN_ERROR;
    }
    store_sql_text(stmt, 1, put->run->key);
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *old = (const char *)sqlite3_column_text(stmt, 0);

        if (old != NULL && (digest == NULL || strcmp(old, digest) == 0)) {
            known = KNOWN_SAME;
        } else if (old != NULL) {
            known = KNOWN_OTHER;
            diag_error(put->diag, (struct src_loc){.file = put->store->path},
                       "run %s came back with digest %s, was %s: it is not a"
                       " function of its inputs",
                       put->run->key, digest, old);
        }
    }
    sqlite3_finalize(stmt);
    return known;
}

/* all_write - the run in the place of a failed one, if there is one */
static bool
all_write(struct put *put, const char *digest)
{
    sqlite3_stmt *stmt = store_sql_prepare(
        put->store, "DELETE FROM run WHERE key = ?", put->diag);
    bool is_ok = stmt != NULL;

    if (is_ok) {
        store_sql_text(stmt, 1, put->run->key);
        is_ok = store_sql_step(put->store, stmt, put->diag);
    }
    sqlite3_finalize(stmt);
    return is_ok && experiment_write(put) && point_write(put) &&
           run_write(put, digest) && execution_write(put) &&
           (put->run->result == NULL || measured_write(put)) && log_write(put);
}

enum store_status
store_put(struct store *store, const struct store_run *run, struct diag *diag)
{
    struct put put = {.store = store, .run = run, .diag = diag};
    char text[DIGEST_TEXT_SIZE];
    const char *digest = NULL;
    enum store_status status = STORE_IO;

    if (run->result != NULL) {
        digest_format(&run->result->digest, text);
        digest = text;
    }
    put.run_id = store_sql_id(run->key);
    if (!store_sql_exec(store, "BEGIN IMMEDIATE", diag)) {
        return STORE_IO;
    }
    switch (known_look(&put, digest)) {
    case KNOWN_NOT:
        if (all_write(&put, digest) && store_sql_exec(store, "COMMIT", diag)) {
            return STORE_OK;
        }
        break;
    case KNOWN_SAME:
        status = STORE_OK;
        break;
    case KNOWN_OTHER:
        status = STORE_ALARM;
        break;
    case KNOWN_ERROR:
        break;
    }
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
