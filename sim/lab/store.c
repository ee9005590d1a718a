/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.c - opens, closes and asks results files; see store.h
 */
#include "sim/lab/store.h"

#include <gsl/gsl_cdf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lab/store_schema.h"
#include "sim/lab/store_sql.h"

enum { BUSY_MS = 30000, STUDENT_DF_MAX = 200, SQL_SIZE = 400 };

/* key_add - one named text of the key, with its length so that no two lists
 * of texts look alike */
static void
key_add(struct sha256 *sha, const char *name, const char *text)
{
    char head[80];
    int size = snprintf(head, sizeof head, "%s %zu ", name, strlen(text));

    ASSERT(size > 0 && (size_t)size < sizeof head);
    sha256_add(sha, head, (size_t)size);
    sha256_add(sha, text, strlen(text));
    sha256_add(sha, "\n", 1);
}

void
store_key(const struct store_identity *identity, char key[SHA256_TEXT_SIZE])
{
    struct sha256 sha;
    char number[24];

    sha256_init(&sha);
    key_add(&sha, "mtasim", "run key 1");
    key_add(&sha, "scenario", identity->canonical);
    for (uint32_t i = 0; i < identity->params_count; i++) {
        key_add(&sha, "param", identity->params[i].name);
        key_add(&sha, "value", identity->params[i].value);
    }
    snprintf(number, sizeof number, "%" PRIu32, identity->replication);
    key_add(&sha, "replication", number);
    snprintf(number, sizeof number, "%" PRIu64, identity->seed);
    key_add(&sha, "seed", number);
    key_add(&sha, "program", identity->program_sha256);
    key_add(&sha, "scheduler", identity->scheduler_sha256);
    sha256_end(&sha, key);
}

static const char *
better_name(enum metric_better better)
{
    switch (better) {
    case METRIC_HIGHER:
        return "higher";
    case METRIC_LOWER:
        return "lower";
    case METRIC_NEITHER:
        return "neither";
    }
    UNREACHABLE("every direction is above");
}

/* metric_defs_write - the table of metrics; those known already stay */
static bool
metric_defs_write(struct store *store, struct diag *diag)
{
    sqlite3_stmt *stmt = store_sql_prepare(
        store, "INSERT OR IGNORE INTO metric_def VALUES (?, ?, ?, ?, ?)", diag);
    bool is_ok = stmt != NULL;

    for (uint32_t i = 0; is_ok && i < metric_count(); i++) {
        const struct metric *metric = metric_at(i);

        store_sql_i64(stmt, 1, metric->id);
        store_sql_text(stmt, 2, metric->name);
        store_sql_text(stmt, 3, metric->unit);
        store_sql_text(stmt, 4, better_name(metric->better));
        store_sql_text(stmt, 5, metric->help);
        is_ok = store_sql_step(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return is_ok;
}

/* student_write - t at 0.975, for intervals made in SQL */
static bool
student_write(struct store *store, struct diag *diag)
{
    sqlite3_stmt *stmt = store_sql_prepare(
        store, "INSERT INTO student_t975 VALUES (?, ?)", diag);
    bool is_ok = stmt != NULL;

    for (int df = 1; is_ok && df <= STUDENT_DF_MAX; df++) {
        store_sql_i64(stmt, 1, df);
        store_sql_value(stmt, 2,
                        (struct metric_value){METRIC_DEFINED,
                                              gsl_cdf_tdist_Pinv(0.975, df)});
        is_ok = store_sql_step(store, stmt, diag);
    }
    sqlite3_finalize(stmt);
    return is_ok;
}

/* schema_write - all of the schema, within a transaction */
static bool
schema_write(struct store *store, struct diag *diag)
{
    char marks[SQL_SIZE];

    for (const char *const *sql = store_schema_statements(); *sql; sql++) {
        if (!store_sql_exec(store, *sql, diag)) {
            return false;
        }
    }
    snprintf(marks, sizeof marks,
             "PRAGMA application_id = %d; PRAGMA user_version = %d",
             STORE_APPLICATION_ID, STORE_SCHEMA_VERSION);
    return store_sql_exec(store, marks, diag) && student_write(store, diag);
}

/* schema_make - the schema if the file is still empty, the metrics anyway;
 * another process may be about the same */
static bool
schema_make(struct store *store, struct diag *diag)
{
    bool is_ok;

    if (!store_sql_exec(store, "BEGIN IMMEDIATE", diag)) {
        return false;
    }
    is_ok = store_sql_ask(store, "PRAGMA user_version") > 0 ||
            schema_write(store, diag);
    is_ok = is_ok && metric_defs_write(store, diag) &&
            store_sql_exec(store, "COMMIT", diag);
    if (!is_ok) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return is_ok;
}

/* schema_check - whose file this is, and how old; an empty one is fine */
static bool
schema_check(struct store *store, struct diag *diag)
{
    struct src_loc where = {.file = store->path};
    int64_t tables = store_sql_ask(store, "SELECT count(*) FROM sqlite_schema");
    int64_t version = store_sql_ask(store, "PRAGMA user_version");

    if (tables < 0) {
        store_sql_complain(store, "read results", diag);
        return false;
    }
    if (tables > 0 &&
        store_sql_ask(store, "PRAGMA application_id") != STORE_APPLICATION_ID) {
        diag_error(diag, where, "this is not a results file of mtasim");
        return false;
    }
    if (version > STORE_SCHEMA_VERSION) {
        diag_error(diag, where,
                   "written by a newer mtasim: schema %" PRId64
                   ", this one knows up to %d",
                   version, STORE_SCHEMA_VERSION);
        return false;
    }
    if (tables > 0 && version > 0 && version < STORE_SCHEMA_VERSION) {
        diag_error(diag, where,
                   "written by an older mtasim: schema %" PRId64
                   ", this one writes %d; make the runs again into another"
                   " file",
                   version, STORE_SCHEMA_VERSION);
        return false;
    }
    return true;
}

/* connection_set - the settings of every connection; page_size and WAL only
 * take hold where nothing is written yet, so they come first */
static bool
connection_set(struct store *store, enum store_mode mode, struct diag *diag)
{
    return (mode == STORE_READ || store_sql_exec(store,
                                                 "PRAGMA page_size = 8192;"
                                                 "PRAGMA journal_mode = WAL;"
                                                 "PRAGMA synchronous = NORMAL;",
                                                 diag)) &&
           store_sql_exec(store,
                          "PRAGMA foreign_keys = ON;"
                          "PRAGMA cache_size = -65536;"
                          "PRAGMA temp_store = MEMORY;"
                          "PRAGMA trusted_schema = OFF;",
                          diag);
}

struct store *
store_open(const char *path, enum store_mode mode, struct diag *diag)
{
    struct store *store = base_alloc(sizeof *store);
    int flags = mode == STORE_READ ? SQLITE_OPEN_READONLY
                                   : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

    store->path = base_alloc(strlen(path) + 1);
    memcpy(store->path, path, strlen(path) + 1);
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK) {
        store_sql_complain(store, "open results", diag);
    } else if (sqlite3_busy_timeout(store->db, BUSY_MS) == SQLITE_OK &&
               schema_check(store, diag) && connection_set(store, mode, diag) &&
               (mode == STORE_READ || schema_make(store, diag))) {
        return store;
    }
    sqlite3_close(store->db);
    free(store->path);
    free(store);
    return NULL;
}

void
store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    if (sqlite3_db_readonly(store->db, "main") == 0) {
        /* Does not wait: who still has the file open will do it. */
        sqlite3_busy_timeout(store->db, 0);
        sqlite3_exec(store->db,
                     "PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)", NULL,
                     NULL, NULL);
        sqlite3_exec(store->db, "PRAGMA journal_mode = DELETE", NULL, NULL,
                     NULL);
    }
    sqlite3_close(store->db);
    free(store->path);
    free(store);
}

enum store_presence
store_has(struct store *store, const char *key)
{
    sqlite3_stmt *stmt = NULL;
    enum store_presence presence = STORE_ABSENT;

    if (sqlite3_prepare_v2(store->db,
                           "SELECT status = 'ok' FROM run WHERE key = ?", -1,
                           &stmt, NULL) != SQLITE_OK) {
        return STORE_ABSENT;
    }
    store_sql_text(stmt, 1, key);
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        presence = sqlite3_column_int(stmt, 0) != 0 ? STORE_DONE : STORE_FAILED;
    }
    sqlite3_finalize(stmt);
    return presence;
}

/* group_metric - of a host, channel or priority; the file has no row of those
 * that the run does not know, and NULL for what is longer than the horizon */
static struct metric_value
group_metric(struct store *store, const char *key, const struct metric *metric)
{
    struct metric_value value = {.state = METRIC_UNDEFINED};
    sqlite3_stmt *stmt = NULL;
    char sql[SQL_SIZE];

    snprintf(sql, sizeof sql,
             "SELECT %s, submitted FROM population WHERE run = ?"
             " AND kind = ? AND name = ?",
             metric->column);
    if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        return value;
    }
    store_sql_i64(stmt, 1, store_sql_id(key));
    store_sql_text(stmt, 2, metric->group);
    store_sql_text(stmt, 3, metric->group_name);
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        if (sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
            value.state = METRIC_DEFINED;
            value.value = sqlite3_column_double(stmt, 0);
        } else if (sqlite3_column_int64(stmt, 1) > 0) {
            value.state = METRIC_BEYOND;
        }
    }
    sqlite3_finalize(stmt);
    return value;
}

struct metric_value
store_metric(struct store *store, const char *key, const struct metric *metric)
{
    struct metric_value value = {.state = METRIC_UNDEFINED};
    sqlite3_stmt *stmt = NULL;

    if (metric->group != NULL) {
        return group_metric(store, key, metric);
    }
    if (sqlite3_prepare_v2(store->db,
                           "SELECT value, why FROM metric WHERE run = ?"
                           " AND metric = ?",
                           -1, &stmt, NULL) != SQLITE_OK) {
        return value;
    }
    store_sql_i64(stmt, 1, store_sql_id(key));
    store_sql_i64(stmt, 2, metric->id);
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *why = (const char *)sqlite3_column_text(stmt, 1);

        if (why == NULL) {
            value.state = METRIC_DEFINED;
            value.value = sqlite3_column_double(stmt, 0);
        } else if (strcmp(why, metric_state_name(METRIC_BEYOND)) == 0) {
            value.state = METRIC_BEYOND;
        }
    }
    sqlite3_finalize(stmt);
    return value;
}

/* row_text - a column as text; NULL stays NULL */
static const char *
row_text(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

static void
row_read(sqlite3_stmt *stmt, struct store_row *row)
{
    *row = (struct store_row){
        .key = row_text(stmt, 0),
        .experiment = row_text(stmt, 1),
        .params = row_text(stmt, 2),
        .seed = row_text(stmt, 3),
        .scheduler_name = row_text(stmt, 4),
        .scheduler_version = row_text(stmt, 5),
        .scheduler_sha256 = row_text(stmt, 6),
        .program_sha256 = row_text(stmt, 7),
        .status = row_text(stmt, 8),
        .digest = row_text(stmt, 9),
        .log = row_text(stmt, 10),
        .command = row_text(stmt, 11),
        .replication = (uint32_t)sqlite3_column_int64(stmt, 12),
        .events = sqlite3_column_int64(stmt, 13),
        .simulated_s = sqlite3_column_double(stmt, 14),
        .wall_s = sqlite3_column_double(stmt, 15),
    };
}

int64_t
store_rows(struct store *store, const char *key_prefix, store_row_fn *fn,
           void *arg, struct diag *diag)
{
    sqlite3_stmt *stmt = store_sql_prepare(
        store,
        "SELECT r.key, v.experiment, v.params, r.seed, r.scheduler_name,"
        " r.scheduler_version, r.scheduler_sha256, r.program_sha256, r.status,"
        " r.digest, l.text, x.command, r.replication, r.events,"
        " r.simulated_ns / 1e9, x.wall_ns / 1e9"
        " FROM run r JOIN v_point v ON v.point = r.point"
        " LEFT JOIN execution x ON x.run = r.id"
        " LEFT JOIN log l ON l.run = r.id"
        " WHERE substr(r.key, 1, length(?1)) = ?1"
        " ORDER BY v.experiment,"
        " (SELECT CAST(value AS REAL) FROM point_param p"
        "  WHERE p.point = r.point AND ordinal = 0),"
        " (SELECT CAST(value AS REAL) FROM point_param p"
        "  WHERE p.point = r.point AND ordinal = 1),"
        " v.params, r.replication, r.key",
        diag);
    int64_t count = 0;
    int rc = SQLITE_ERROR;

    if (stmt == NULL) {
        return -1;
    }
    store_sql_text(stmt, 1, key_prefix);
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct store_row row;

        row_read(stmt, &row);
        fn(arg, &row);
        count++;
    }
    if (rc != SQLITE_DONE) {
        store_sql_complain(store, "read results", diag);
        count = -1;
    }
    sqlite3_finalize(stmt);
    return count;
}

bool
store_has_results(struct store *store, struct diag *diag)
{
    if (store_runs_count(store) >= 0) {
        return true;
    }
    if (store_sql_ask(store, "SELECT count(*) FROM sqlite_schema") == 0) {
        diag_error(diag, (struct src_loc){.file = store->path},
                   "is empty: it holds no results");
    } else {
        store_sql_complain(store, "read results", diag);
    }
    return false;
}

int64_t
store_runs_count(struct store *store)
{
    return store_sql_ask(store, "SELECT count(*) FROM run");
}
