/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_sql.c - see store_sql.h
 */
#include "sim/lab/store_sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* is_refusal - the system's, or another process's; not the file's own fault */
static bool
is_refusal(int code)
{
    return code == SQLITE_IOERR || code == SQLITE_FULL || code == SQLITE_BUSY ||
           code == SQLITE_LOCKED || code == SQLITE_PERM ||
           code == SQLITE_READONLY || code == SQLITE_NOMEM;
}

void
store_sql_complain(const struct store *store, const char *doing,
                   struct diag *diag)
{
    const int code = sqlite3_errcode(store->db);
    struct stat status;
    char what[80];

    snprintf(what, sizeof what, "cannot %s", doing);
    if (stat(store->path, &status) == 0 && S_ISDIR(status.st_mode)) {
        diag_system(diag, store->path, what, EISDIR);
        return;
    }
    if (code == SQLITE_CANTOPEN && sqlite3_system_errno(store->db) != 0) {
        diag_system(diag, store->path, what, sqlite3_system_errno(store->db));
        return;
    }
    diag->refused_count += is_refusal(code);
    diag_error(diag, (struct src_loc){.file = store->path}, "%s: %s%s", what,
               sqlite3_errmsg(store->db),
               code == SQLITE_CORRUPT ? "; the file is damaged" : "");
}

bool
store_sql_exec(struct store *store, const char *sql, struct diag *diag)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK) {
        return true;
    }
    store_sql_complain(store, "write results", diag);
    return false;
}

sqlite3_stmt *
store_sql_prepare(struct store *store, const char *sql, struct diag *diag)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        store_sql_complain(store, "use results", diag);
    }
    return stmt;
}

void
store_sql_text(sqlite3_stmt *stmt, int place, const char *text)
{
    int rc = text == NULL
                 ? sqlite3_bind_null(stmt, place)
                 : sqlite3_bind_text(stmt, place, text, -1, SQLITE_STATIC);

    ASSERT(rc == SQLITE_OK);
}

void
store_sql_i64(sqlite3_stmt *stmt, int place, int64_t value)
{
    int rc = sqlite3_bind_int64(stmt, place, value);

    ASSERT(rc == SQLITE_OK);
}

void
store_sql_value(sqlite3_stmt *stmt, int place, struct metric_value value)
{
    int rc = value.state == METRIC_DEFINED
                 ? sqlite3_bind_double(stmt, place, value.value)
                 : sqlite3_bind_null(stmt, place);

    ASSERT(rc == SQLITE_OK);
}

bool
store_sql_step(struct store *store, sqlite3_stmt *stmt, struct diag *diag)
{
    bool is_done = sqlite3_step(stmt) == SQLITE_DONE;

    if (!is_done) {
        store_sql_complain(store, "write results", diag);
    }
    sqlite3_reset(stmt);
    return is_done;
}

int64_t
store_sql_ask(const struct store *store, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t answer = -1;

    if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        answer = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_finalize(stmt);
    return answer;
}

int64_t
store_sql_id(const char *sha256_text)
{
    char first[17]; /* 64 bits in hexadecimal */

    ASSERT(strlen(sha256_text) == 64);
    memcpy(first, sha256_text, 16);
    first[16] = '\0';
    return (int64_t)(strtoull(first, NULL, 16) >> 1);
}
