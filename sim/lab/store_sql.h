/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_sql.h - what store*.c share: the connection, and SQL with errors said
 *
 * ERRORS     Whatever SQLite refuses becomes one line in diag that names the
 *            file and SQLite's reason.
 */
#ifndef SIM_LAB_STORE_SQL_H
#define SIM_LAB_STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/diag.h"
#include "sim/lab/metric.h"

struct store {
    sqlite3 *db;
    char *path;
};

/* Says that SQLite refused, and why. */
void store_sql_complain(const struct store *store, const char *doing,
                        struct diag *diag);

MUST_USE bool store_sql_exec(struct store *store, const char *sql,
                             struct diag *diag);

/* NULL: complained. Release with sqlite3_finalize(). */
MUST_USE sqlite3_stmt *store_sql_prepare(struct store *store, const char *sql,
                                         struct diag *diag);

/* Binds; the text is borrowed until the step. NULL text is NULL. */
void store_sql_text(sqlite3_stmt *stmt, int place, const char *text);
void store_sql_i64(sqlite3_stmt *stmt, int place, int64_t value);
void store_sql_value(sqlite3_stmt *stmt, int place, struct metric_value value);

/* Runs a statement that gives no rows and makes it ready to be bound again. */
MUST_USE bool store_sql_step(struct store *store, sqlite3_stmt *stmt,
                             struct diag *diag);

/* The integer that a query without parameters gives; -1: none. */
int64_t store_sql_ask(const struct store *store, const char *sql);

/* The id in the file of what has this SHA-256 as text. */
int64_t store_sql_id(const char *sha256_text);

#endif
