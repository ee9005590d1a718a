/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_list.c - see store_list.h
 */
#include "sim/lab/store_list.h"

#include <stdlib.h>
#include <string.h>

#include "sim/lab/store_sql.h"

/* Columns of the query below. */
enum {
    COLUMN_KEY,
    COLUMN_EXPERIMENT,
    COLUMN_TITLE,
    COLUMN_PATH,
    COLUMN_CANONICAL,
    COLUMN_SEED,
    COLUMN_PROGRAM,
    COLUMN_SCHEDULER,
    COLUMN_NAME,
    COLUMN_VERSION,
    COLUMN_DIGEST,
    COLUMN_LOG,
    COLUMN_REPLICATION,
    COLUMN_EVENTS,
    COLUMN_SIMULATED,
    COLUMN_WALL,
    COLUMN_POINT
};

#define PARAM_VALUE(ordinal)                                                   \
    "(SELECT value FROM point_param WHERE point = p.id AND"                    \
    " ordinal = " ordinal ")"

static const char runs_sql[] =
    "SELECT r.key, e.name, e.title, x.scenario_path, p.canonical, r.seed,"
    " r.program_sha256, r.scheduler_sha256, r.scheduler_name,"
    " r.scheduler_version, r.digest, l.text, r.replication,"
    " coalesce(r.events, 0), coalesce(r.simulated_ns, 0),"
    " coalesce(x.wall_ns, 0), p.id"
    " FROM run r JOIN point p ON p.id = r.point"
    " JOIN experiment e ON e.id = p.experiment"
    " LEFT JOIN execution x ON x.run = r.id LEFT JOIN log l ON l.run = r.id"
    " WHERE substr(r.key, 1, length(?1)) = ?1"
    " ORDER BY e.name, e.id, " PARAM_VALUE("0") ", " PARAM_VALUE(
        "1") ", " PARAM_VALUE("2") ", p.id, r.replication, r.key";

static const char *
text_at(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

/* row_fill - all but the parameters; texts live until the next step */
static struct store_list_row
row_fill(sqlite3_stmt *stmt)
{
    return (struct store_list_row){
        .key = text_at(stmt, COLUMN_KEY),
        .experiment = text_at(stmt, COLUMN_EXPERIMENT),
        .title = text_at(stmt, COLUMN_TITLE),
        .scenario_path = text_at(stmt, COLUMN_PATH),
        .canonical = text_at(stmt, COLUMN_CANONICAL),
        .seed = text_at(stmt, COLUMN_SEED),
        .program_sha256 = text_at(stmt, COLUMN_PROGRAM),
        .scheduler_sha256 = text_at(stmt, COLUMN_SCHEDULER),
        .scheduler_name = text_at(stmt, COLUMN_NAME),
        .scheduler_version = text_at(stmt, COLUMN_VERSION),
        .digest = text_at(stmt, COLUMN_DIGEST),
        .log = text_at(stmt, COLUMN_LOG),
        .replication = (uint32_t)sqlite3_column_int64(stmt, COLUMN_REPLICATION),
        .events = sqlite3_column_int64(stmt, COLUMN_EVENTS),
        .simulated_ns = sqlite3_column_int64(stmt, COLUMN_SIMULATED),
        .wall_ns = sqlite3_column_int64(stmt, COLUMN_WALL),
    };
}

static char *
text_copy(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = base_alloc(size);

    memcpy(copy, text, size);
    return copy;
}

/* params_read - names and values, copied: there are several rows of them */
static void
params_read(sqlite3_stmt *stmt, int64_t point, struct store_param *params,
            uint32_t *count)
{
    *count = 0;
    sqlite3_reset(stmt);
    store_sql_i64(stmt, 1, point);
    while (*count < STORE_LIST_PARAMS_MAX && sqlite3_step(stmt) == SQLITE_ROW) {
        params[*count].name = text_copy(text_at(stmt, 0));
        params[*count].value = text_copy(text_at(stmt, 1));
        ++*count;
    }
}

static void
params_free(struct store_param *params, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)params[i].name);
        free((void *)(uintptr_t)params[i].value);
    }
}

int64_t
store_list(struct store *store, const char *key_start, store_list_fn *fn,
           void *context, struct diag *diag)
{
    sqlite3_stmt *runs = store_sql_prepare(store, runs_sql, diag);
    sqlite3_stmt *params = store_sql_prepare(
        store,
        "SELECT name, value FROM point_param WHERE point = ? ORDER BY ordinal",
        diag);
    int64_t count = runs != NULL && params != NULL ? 0 : -1;
    int status = SQLITE_ROW;

    if (count == 0) {
        store_sql_text(runs, 1, key_start);
    }
    while (count >= 0 && (status = sqlite3_step(runs)) == SQLITE_ROW) {
        struct store_list_row row = row_fill(runs);

        params_read(params, sqlite3_column_int64(runs, COLUMN_POINT),
                    row.params, &row.params_count);
        fn(context, &row);
        params_free(row.params, row.params_count);
        count++;
    }
    if (count >= 0 && status != SQLITE_DONE) {
        store_sql_complain(store, "read runs", diag);
        count = -1;
    }
    sqlite3_finalize(runs);
    sqlite3_finalize(params);
    return count;
}
