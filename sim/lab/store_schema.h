/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_schema.h - the tables and views of a results file, as SQL
 */
#ifndef SIM_LAB_STORE_SCHEMA_H
#define SIM_LAB_STORE_SCHEMA_H

#include <stdbool.h>

/* Statements of one transaction; NULL ends the list. */
const char *const *store_schema_statements(void);

/* Every table, parents first; NULL ends the list. */
const char *const *store_schema_tables(void);

/* Whether its rows belong to one run each (the column `run`; of the table run
 * itself `id`). */
bool store_schema_is_of_run(const char *table);

#endif
