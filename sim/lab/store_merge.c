/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_merge.c - takes over what another results file has; see store.h
 */
#include <stdio.h>
#include <string.h>

#include "sim/lab/store.h"
#include "sim/lab/store_schema.h"
#include "sim/lab/store_sql.h"

enum { SQL_SIZE = 400 };

bool
store_check(struct store *store, struct diag *diag)
{
    const struct src_loc where = {.file = store->path};
    sqlite3_stmt *stmt = NULL;
    bool is_good = false;

    stmt = store_sql_prepare(store, "PRAGMA quick_check(1)", diag);
    if (stmt == NULL) {
        return false;
    }
    if (sqlite3_step(stmt) != SQLITE_ROW) {
        store_sql_complain(store, "read results", diag);
    } else {
        const char *answer = (const char *)sqlite3_column_text(stmt, 0);

        is_good = answer != NULL && strcmp(answer, "ok") == 0;
        if (!is_good) {
            diag_error(diag, where, "the file is damaged: %s",
                       answer != NULL ? answer : "SQLite does not say how");
        }
    }
    sqlite3_finalize(stmt);
    return is_good;
}

/* merge_agrees - no key has one digest here and another there */
static bool
merge_agrees(struct store *store, const char *path, struct diag *diag)
{
    sqlite3_stmt *stmt = store_sql_prepare(
        store,
        "SELECT a.key, a.digest, b.digest FROM main.run a"
        " JOIN other.run b ON b.key = a.key AND b.digest <> a.digest"
        " ORDER BY a.key LIMIT 1",
        diag);
    bool is_row = stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW;

    if (is_row) {
        diag_error(diag, (struct src_loc){.file = path},
                   "run %s has digest %s here, but %s in %s: it is not a"
                   " function of its inputs; nothing was merged",
                   (const char *)sqlite3_column_text(stmt, 0),
                   (const char *)sqlite3_column_text(stmt, 2),
                   (const char *)sqlite3_column_text(stmt, 1), store->path);
    }
    sqlite3_finalize(stmt);
    return !is_row;
}

/* merge_tables - copies, parents first, what belongs to runs not yet here */
static bool
merge_tables(struct store *store, struct diag *diag)
{
    bool is_ok =
        store_sql_exec(store,
                       "DELETE FROM main.run WHERE status = 'failed' AND key IN"
                       " (SELECT key FROM other.run WHERE status = 'ok');"
                       "CREATE TEMP TABLE merging AS SELECT id FROM other.run"
                       " WHERE id NOT IN (SELECT id FROM main.run)",
                       diag);

    for (const char *const *t = store_schema_tables(); is_ok && *t; t++) {
        bool is_of_run = store_schema_is_of_run(*t);
        char sql[SQL_SIZE];

        snprintf(sql, sizeof sql,
                 "INSERT OR IGNORE INTO main.%s SELECT * FROM other.%s%s%s%s",
                 *t, *t, is_of_run ? " WHERE " : "",
                 is_of_run ? strcmp(*t, "run") == 0 ? "id" : "run" : "",
                 is_of_run ? " IN (SELECT id FROM merging)" : "");
        is_ok = store_sql_exec(store, sql, diag);
    }
    return is_ok && store_sql_exec(store, "DROP TABLE merging", diag);
}

/* merge_attached - the whole of `other`, or nothing */
static enum store_status
merge_attached(struct store *store, const char *path, struct diag *diag)
{
    enum store_status status = STORE_ALARM;

    if (!store_sql_exec(store, "BEGIN IMMEDIATE", diag)) {
        return STORE_IO;
    }
    if (merge_agrees(store, path, diag)) {
        status =
            merge_tables(store, diag) && store_sql_exec(store, "COMMIT", diag)
                ? STORE_OK
                : STORE_IO;
    }
    if (status != STORE_OK) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

enum store_status
store_merge(struct store *store, const char *path, struct diag *diag)
{
    struct store *other = store_open(path, STORE_READ, diag);
    sqlite3_stmt *attach;
    enum store_status status = STORE_IO;

    if (other == NULL) {
        return STORE_IO;
    }
    if (store_sql_ask(other, "PRAGMA user_version") == 0) {
        store_close(other); /* an empty file: nobody has finished a run */
        return STORE_OK;
    }
    store_close(other);
    attach = store_sql_prepare(store, "ATTACH ? AS other", diag);
    if (attach != NULL) {
        store_sql_text(attach, 1, path);
        if (store_sql_step(store, attach, diag)) {
            sqlite3_finalize(attach);
            attach = NULL;
            status = merge_attached(store, path, diag);
            sqlite3_exec(store->db, "DETACH other", NULL, NULL, NULL);
        }
    }
    sqlite3_finalize(attach);
    return status;
}
