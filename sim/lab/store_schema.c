/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_schema.c - see store_schema.h
 *
 * Ids are the first 63 bits of a SHA-256 of what they name. A change of any
 * table is a new STORE_SCHEMA_VERSION.
 */
#include "sim/lab/store_schema.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
static const char *const statements[] = {
    /* A scenario before any axis moves. */
    "CREATE TABLE experiment ("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " title TEXT,"
    " scenario_sha256 TEXT NOT NULL UNIQUE,"
    " canonical TEXT NOT NULL) STRICT",

    /* A place in its grid; canonical is the whole scenario there. */
    "CREATE TABLE point ("
    " id INTEGER PRIMARY KEY,"
    " experiment INTEGER NOT NULL REFERENCES experiment(id),"
    " key TEXT NOT NULL UNIQUE,"
    " canonical TEXT NOT NULL) STRICT",

    "CREATE TABLE point_param ("
    " point INTEGER NOT NULL REFERENCES point(id),"
    " ordinal INTEGER NOT NULL,"
    " name TEXT NOT NULL,"
    " value ANY NOT NULL," /* INTEGER or REAL where the text is a number; '':
                              as configured */
    " label TEXT," /* what people call the value; NULL: it has no name */
    " PRIMARY KEY (point, ordinal)) STRICT, WITHOUT ROWID",

    "CREATE TABLE fault_window ("
    " point INTEGER NOT NULL REFERENCES point(id),"
    " ordinal INTEGER NOT NULL,"
    " label TEXT NOT NULL,"
    " at_ns INTEGER NOT NULL,"
    " for_ns INTEGER NOT NULL,"
    " PRIMARY KEY (point, ordinal)) STRICT, WITHOUT ROWID",

    /* seed is a text: it has 64 bits without sign. */
    "CREATE TABLE run ("
    " id INTEGER PRIMARY KEY,"
    " key TEXT NOT NULL UNIQUE,"
    " point INTEGER NOT NULL REFERENCES point(id),"
    " replication INTEGER NOT NULL,"
    " seed TEXT NOT NULL,"
    " program_sha256 TEXT NOT NULL,"
    " scheduler_sha256 TEXT NOT NULL,"
    " scheduler_name TEXT NOT NULL,"
    " scheduler_version TEXT NOT NULL,"
    " status TEXT NOT NULL CHECK (status IN ('ok', 'failed')),"
    " digest TEXT CHECK ((digest IS NULL) = (status = 'failed')),"
    " events INTEGER,"
    " actions INTEGER,"
    " kernel_events INTEGER,"
    " simulated_ns INTEGER,"
    " step_ns INTEGER) STRICT",
    "CREATE INDEX run_point ON run (point, replication)",

    /* What differs from one execution of the same run to the next. */
    "CREATE TABLE execution ("
    " run INTEGER PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE,"
    " wall_ns INTEGER NOT NULL,"
    " peak_rss_bytes INTEGER,"
    " scenario_path TEXT NOT NULL,"
    " command TEXT) STRICT",

    "CREATE TABLE metric_def ("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE,"
    " unit TEXT NOT NULL,"
    " better TEXT NOT NULL CHECK (better IN ('higher', 'lower', 'neither')),"
    " help TEXT NOT NULL) STRICT",

    /* value NULL: why says what kind of nothing it is. */
    "CREATE TABLE metric ("
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " metric INTEGER NOT NULL REFERENCES metric_def(id),"
    " value REAL,"
    " why TEXT CHECK ((why IS NULL) = (value IS NOT NULL)),"
    " PRIMARY KEY (run, metric)) STRICT, WITHOUT ROWID",

    /* what: 0 latency, 1 first attempt. Values from least_ns up to the next
     * bucket's. */
    "CREATE TABLE histogram ("
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " what INTEGER NOT NULL CHECK (what IN (0, 1)),"
    " bucket INTEGER NOT NULL,"
    " least_ns INTEGER NOT NULL,"
    " count INTEGER NOT NULL,"
    " PRIMARY KEY (run, what, bucket)) STRICT, WITHOUT ROWID",

    /* Step i ends at (i + 1) * run.step_ns: state then, flows within. */
    "CREATE TABLE series ("
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " step INTEGER NOT NULL,"
    " submitted INTEGER NOT NULL,"
    " delivered INTEGER NOT NULL,"
    " deferred INTEGER NOT NULL,"
    " queued INTEGER NOT NULL,"
    " jobs INTEGER NOT NULL,"
    " threads INTEGER NOT NULL,"
    " busy_threads INTEGER NOT NULL,"
    " connections INTEGER NOT NULL,"
    " PRIMARY KEY (run, step)) STRICT, WITHOUT ROWID",

    /* One channel, host or priority. Quantiles count all submitted: NULL
     * means longer than the horizon, or nothing submitted. */
    "CREATE TABLE population ("
    " run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
    " kind TEXT NOT NULL CHECK (kind IN ('channel', 'host', 'priority')),"
    " name TEXT NOT NULL,"
    " submitted INTEGER NOT NULL,"
    " delivered INTEGER NOT NULL,"
    " returned INTEGER NOT NULL,"
    " rejected INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL,"
    " deferrals INTEGER NOT NULL,"
    " connections INTEGER NOT NULL,"
    " refused INTEGER NOT NULL,"
    " latency_p50_s REAL,"
    " latency_p95_s REAL,"
    " latency_p99_s REAL,"
    " first_attempt_p50_s REAL,"
    " first_attempt_p95_s REAL,"
    " first_attempt_p99_s REAL,"
    " PRIMARY KEY (run, kind, name)) STRICT, WITHOUT ROWID",

    /* Warnings of a run, or why it failed. */
    "CREATE TABLE log ("
    " run INTEGER PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE,"
    " text TEXT NOT NULL) STRICT",

    /* Student's t at 0.975, so that SQL can give intervals. */
    "CREATE TABLE student_t975 ("
    " df INTEGER PRIMARY KEY,"
    " t REAL NOT NULL) STRICT",

    "CREATE VIEW v_point AS"
    " SELECT p.id AS point, e.name AS experiment,"
    "  (SELECT group_concat(name || '=' || coalesce(label, value), ' ')"
    "   FROM (SELECT name, value, label FROM point_param"
    "         WHERE point = p.id ORDER BY ordinal)) AS params"
    " FROM point p JOIN experiment e ON e.id = p.experiment",

    "CREATE VIEW v_run AS"
    " SELECT v.experiment, v.params, r.replication, r.seed,"
    "  r.scheduler_name AS scheduler, r.scheduler_version AS version,"
    "  r.status, r.digest, r.events, r.simulated_ns / 1e9 AS simulated_s,"
    "  x.wall_ns / 1e9 AS wall_s, l.text AS log, r.key, r.id AS run"
    " FROM run r JOIN v_point v ON v.point = r.point"
    " LEFT JOIN execution x ON x.run = r.id"
    " LEFT JOIN log l ON l.run = r.id",

    "CREATE VIEW v_metric AS"
    " SELECT v.experiment, v.params, r.replication,"
    "  r.scheduler_name AS scheduler, d.name AS metric, m.value, d.unit,"
    "  m.why, d.better, r.scheduler_sha256, r.program_sha256, r.seed,"
    "  r.point, r.id AS run"
    " FROM metric m JOIN run r ON r.id = m.run"
    " JOIN metric_def d ON d.id = m.metric"
    " JOIN v_point v ON v.point = r.point",

    /* One value that is missing, and there is no mean. */
    "CREATE VIEW v_summary AS"
    " SELECT experiment, params, metric, n, mean,"
    "  sd / sqrt(n) * (SELECT t FROM student_t975 WHERE df <= n - 1"
    "                  ORDER BY df DESC LIMIT 1) AS ci95,"
    "  unit, why, scheduler, substr(scheduler_sha256, 1, 12) AS object,"
    "  substr(program_sha256, 1, 12) AS program, seed, point"
    " FROM (SELECT a.*, CASE WHEN a.missing = 0 AND a.n > 1 THEN sqrt("
    "   (SELECT sum((b.value - a.mean) * (b.value - a.mean)) FROM metric b"
    "    JOIN run r ON r.id = b.run WHERE b.metric = a.metric_id"
    "    AND r.point = a.point AND r.scheduler_sha256 = a.scheduler_sha256"
    "    AND r.program_sha256 = a.program_sha256 AND r.seed = a.seed)"
    "    / (a.n - 1)) END AS sd"
    "  FROM (SELECT m.experiment, m.params, m.scheduler, m.metric,"
    "    d.id AS metric_id, count(*) AS n,"
    "    count(*) - count(m.value) AS missing,"
    "    CASE WHEN count(*) = count(m.value) THEN avg(m.value) END AS mean,"
    "    max(m.why) AS why, m.unit, m.better, m.scheduler_sha256,"
    "    m.program_sha256, m.seed, m.point"
    "   FROM v_metric m JOIN metric_def d ON d.name = m.metric"
    "   GROUP BY m.point, m.scheduler_sha256, m.program_sha256, m.seed,"
    "    d.id) a) s"
    " ORDER BY experiment, metric, seed, object, program,"
    "  (SELECT CAST(value AS REAL) FROM point_param p"
    "   WHERE p.point = s.point AND ordinal = 0),"
    "  (SELECT CAST(value AS REAL) FROM point_param p"
    "   WHERE p.point = s.point AND ordinal = 1), params",

    "CREATE VIEW v_histogram AS"
    " SELECT run, CASE what WHEN 0 THEN 'latency' ELSE 'first_attempt' END"
    "  AS what, least_ns / 1e9 AS least_s, count FROM histogram",
    NULL};
/* clang-format on */

static const char *const tables[] = {
    "metric_def", "experiment", "point",  "point_param", "fault_window",
    "run",        "execution",  "metric", "histogram",   "series",
    "population", "log",        NULL};

/* The first of them whose rows belong to a run. */
enum { TABLES_OF_RUN = 5 };

const char *const *
store_schema_statements(void)
{
    return statements;
}

const char *const *
store_schema_tables(void)
{
    return tables;
}

bool
store_schema_is_of_run(const char *table)
{
    for (size_t i = TABLES_OF_RUN; tables[i] != NULL; i++) {
        if (strcmp(tables[i], table) == 0) {
            return true;
        }
    }
    return false;
}
