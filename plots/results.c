/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plots/results.h"

#include <math.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plots/axisvalue.h"

#define SCHEMA_VERSION 2
#define BUSY_MS        30000

/* Buckets are 1/128 of a power of two wide: their middle is half of that
 * above their least value. */
#define BUCKET_MIDDLE (1.0 + 1.0 / 256)

/* Neighbours are at most 1/128 apart; what is further has a gap between. */
#define BUCKET_RATIO_MOST 1.02

#define NS_PER_S_DOUBLE 1e9

/* query - prepares; each char of `types` binds one argument: i int64_t, s text.
 * NULL: the file is not as it should be (error[] then says why). */
static sqlite3_stmt *
query(struct results *results, const char *sql, const char *types, ...)
{
    sqlite3_stmt *stmt = NULL;
    va_list args;

    if (sqlite3_prepare_v2(results->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        snprintf(results->error, sizeof results->error, "%s",
                 sqlite3_errmsg(results->db));
        return NULL;
    }
    va_start(args, types);
    for (int i = 0; types[i] != '\0'; i++) {
        if (types[i] == 'i') {
            sqlite3_bind_int64(stmt, i + 1, va_arg(args, int64_t));
        } else {
            sqlite3_bind_text(stmt, i + 1, va_arg(args, const char *), -1,
                              SQLITE_TRANSIENT);
        }
    }
    va_end(args);
    return stmt;
}

static bool
next_row(sqlite3_stmt *stmt)
{
    return stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW;
}

static void
column_copy(char *text, size_t size, sqlite3_stmt *stmt, int column)
{
    const unsigned char *value = sqlite3_column_text(stmt, column);
    snprintf(text, size, "%s", value == NULL ? "" : (const char *)value);
}

/* grow - room for one more of `size` bytes; powers of two. */
static void *
grow(void *old, uint32_t count, size_t size)
{
    if ((count & (count - 1)) != 0) {
        return old;
    }
    return base_realloc(old, (count == 0 ? 1 : 2 * (uint64_t)count) * size);
}

static int
value_compare(const struct results_value *a, const struct results_value *b,
              bool is_numeric)
{
    const double left = is_numeric ? a->number : axisvalue_order(a->text);
    const double right = is_numeric ? b->number : axisvalue_order(b->text);
    if (left < right || left > right) {
        return left < right ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

/* axis_sort - insertion: the values of an axis are few. */
static void
axis_sort(struct results_axis *axis)
{
    for (uint32_t i = 1; i < axis->values_count; i++) {
        const struct results_value value = axis->values[i];
        uint32_t j = i;
        while (j > 0 && value_compare(&axis->values[j - 1], &value,
                                      axis->is_numeric) > 0) {
            axis->values[j] = axis->values[j - 1];
            j--;
        }
        axis->values[j] = value;
    }
}

/* axis_read - the distinct values a query gives; dropped if there is one. */
static void
axis_read(struct results *results, const char *name, sqlite3_stmt *stmt)
{
    struct results_axis axis = {.is_numeric = true};

    snprintf(axis.name, sizeof axis.name, "%s", name);
    while (next_row(stmt)) {
        axis.values = grow(axis.values, axis.values_count, sizeof *axis.values);
        struct results_value *value = &axis.values[axis.values_count++];
        column_copy(value->text, sizeof value->text, stmt, 0);
        value->number = axisvalue_number(value->text);
        if (sqlite3_column_type(stmt, 1) == SQLITE_NULL) {
            axisvalue_label(value->text, value->label, sizeof value->label);
        } else {
            column_copy(value->label, sizeof value->label, stmt, 1);
        }
        axis.is_numeric = axis.is_numeric && !isnan(value->number);
    }
    sqlite3_finalize(stmt);
    if (axis.values_count < 2 || results->axes_count == RESULTS_AXES_MAX) {
        free(axis.values);
        return;
    }
    axis_sort(&axis);
    results->axes[results->axes_count++] = axis;
}

/* The axis of scheduler objects, where a point ran under several. */
static const char scheduler_axis[] = "scheduler";

static void
axes_read(struct results *results)
{
    char name[RESULTS_TEXT_SIZE];
    sqlite3_stmt *names =
        query(results,
              "SELECT name FROM point_param JOIN point ON point.id = point "
              "WHERE experiment = ? GROUP BY name ORDER BY min(ordinal), name",
              "i", results->experiment);

    while (next_row(names)) {
        column_copy(name, sizeof name, names, 0);
        axis_read(results, name,
                  query(results,
                        "SELECT CAST(value AS TEXT), max(label) "
                        "FROM point_param "
                        "JOIN point ON point.id = point "
                        "WHERE experiment = ? AND name = ? GROUP BY 1",
                        "is", results->experiment, name));
    }
    sqlite3_finalize(names);
    for (uint32_t a = 0; a < results->axes_count; a++) {
        if (strcmp(results->axes[a].name, scheduler_axis) == 0) {
            return; /* a parameter tells the objects apart already */
        }
    }
    axis_read(results, scheduler_axis,
              query(results,
                    "SELECT DISTINCT scheduler_name || ' ' || "
                    "scheduler_version || ' ' || substr(scheduler_sha256, 1, 6)"
                    ", NULL FROM run JOIN point ON point.id = point "
                    "WHERE experiment = ? AND program_sha256 = ? "
                    "AND status = 'ok'",
                    "is", results->experiment, results->program_sha256));
}

static uint32_t
axis_index(const struct results_axis *axis, const char *text)
{
    for (uint32_t i = 0; i < axis->values_count; i++) {
        if (strcmp(axis->values[i].text, text) == 0) {
            return i;
        }
    }
    return 0;
}

/* cell_place - where on each axis a cell lies. */
static void
cell_place(struct results *results, struct results_cell *cell,
           const char *scheduler)
{
    for (uint32_t a = 0; a < results->axes_count; a++) {
        const struct results_axis *axis = &results->axes[a];
        char text[RESULTS_TEXT_SIZE];
        sqlite3_stmt *stmt =
            query(results,
                  "SELECT CAST(value AS TEXT) FROM point_param "
                  "WHERE point = ? AND name = ?",
                  "is", cell->point, axis->name);
        if (next_row(stmt)) {
            column_copy(text, sizeof text, stmt, 0);
        } else {
            snprintf(text, sizeof text, "%s", scheduler);
        }
        sqlite3_finalize(stmt);
        cell->values[a] = axis_index(axis, text);
    }
}

static bool
cell_is_before(const struct results *results, const struct results_cell *a,
               const struct results_cell *b)
{
    for (uint32_t i = 0; i < results->axes_count; i++) {
        if (a->values[i] != b->values[i]) {
            return a->values[i] < b->values[i];
        }
    }
    return a->point < b->point;
}

static void
cells_read(struct results *results)
{
    sqlite3_stmt *stmt =
        query(results,
              "SELECT point, scheduler_sha256, count(*), "
              "scheduler_name || ' ' || scheduler_version || ' ' || "
              "substr(scheduler_sha256, 1, 6), max(simulated_ns) "
              "FROM run JOIN point ON point.id = point "
              "WHERE experiment = ? AND program_sha256 = ? AND status = 'ok' "
              "GROUP BY point, scheduler_sha256",
              "is", results->experiment, results->program_sha256);

    while (next_row(stmt)) {
        struct results_cell cell = {.point = sqlite3_column_int64(stmt, 0)};
        char scheduler[RESULTS_TEXT_SIZE];
        column_copy(cell.scheduler_sha256, sizeof cell.scheduler_sha256, stmt,
                    1);
        cell.runs_count = (uint32_t)sqlite3_column_int64(stmt, 2);
        column_copy(scheduler, sizeof scheduler, stmt, 3);
        results->horizon_s =
            fmax(results->horizon_s,
                 (double)sqlite3_column_int64(stmt, 4) / NS_PER_S_DOUBLE);
        cell_place(results, &cell, scheduler);
        results->cells =
            grow(results->cells, results->cells_count, sizeof *results->cells);
        uint32_t i = results->cells_count++;
        while (i > 0 &&
               cell_is_before(results, &cell, &results->cells[i - 1])) {
            results->cells[i] = results->cells[i - 1];
            i--;
        }
        results->cells[i] = cell;
    }
    sqlite3_finalize(stmt);
}

/* experiment_find - false: there is none, or none of this name. */
static bool
experiment_find(struct results *results, const char *experiment)
{
    sqlite3_stmt *stmt =
        query(results,
              "SELECT e.id, e.name, r.program_sha256 "
              "FROM experiment e JOIN point p ON p.experiment = e.id "
              "JOIN run r ON r.point = p.id "
              "WHERE r.status = 'ok' AND (?1 = '' OR e.name = ?1) "
              "GROUP BY e.id, r.program_sha256 "
              "ORDER BY count(DISTINCT p.id) DESC, count(*) DESC, e.name, "
              "e.id, r.program_sha256",
              "s", experiment == NULL ? "" : experiment);
    const bool is_found = next_row(stmt);

    if (is_found) {
        results->experiment = sqlite3_column_int64(stmt, 0);
        column_copy(results->name, sizeof results->name, stmt, 1);
        column_copy(results->program_sha256, sizeof results->program_sha256,
                    stmt, 2);
    } else if (stmt != NULL) {
        snprintf(results->error, sizeof results->error,
                 "no finished run of %s is in the file",
                 experiment == NULL ? "any scenario" : experiment);
    }
    sqlite3_finalize(stmt);
    return is_found;
}

static bool
version_is_known(struct results *results)
{
    sqlite3_stmt *stmt = query(results, "PRAGMA user_version", "");
    const bool has_row = next_row(stmt);
    const int version = has_row ? sqlite3_column_int(stmt, 0) : 0;

    if (!has_row) {
        snprintf(results->error, sizeof results->error, "%s",
                 sqlite3_errmsg(results->db));
    }
    sqlite3_finalize(stmt);
    if (has_row && version != SCHEMA_VERSION) {
        snprintf(results->error, sizeof results->error,
                 "not a results file of version %d, its version is %d",
                 SCHEMA_VERSION, version);
    }
    return version == SCHEMA_VERSION;
}

bool
results_open(struct results *results, const char *path, const char *experiment)
{
    *results = (struct results){0};
    if (sqlite3_open_v2(path, &results->db, SQLITE_OPEN_READONLY, NULL) !=
        SQLITE_OK) {
        snprintf(results->error, sizeof results->error, "%s",
                 sqlite3_errmsg(results->db));
        results_close(results);
        return false;
    }
    sqlite3_busy_timeout(results->db, BUSY_MS);
    if (!version_is_known(results) || !experiment_find(results, experiment)) {
        results_close(results);
        return false;
    }
    axes_read(results);
    cells_read(results);
    return true;
}

void
results_close(struct results *results)
{
    for (uint32_t i = 0; i < results->axes_count; i++) {
        free(results->axes[i].values);
    }
    free(results->cells);
    sqlite3_close(results->db);
    results->db = NULL;
    results->cells = NULL;
    results->axes_count = results->cells_count = 0;
}

/* student_t - two-sided 95 %, of the file's own table. */
static double
student_t(struct results *results, uint32_t n)
{
    sqlite3_stmt *stmt = query(results,
                               "SELECT t FROM student_t975 WHERE df <= ? "
                               "ORDER BY df DESC LIMIT 1",
                               "i", (int64_t)n - 1);
    const double t = next_row(stmt) ? sqlite3_column_double(stmt, 0) : 1.96;
    sqlite3_finalize(stmt);
    return t;
}

#define RUNS_OF_CELL                                                           \
    " JOIN run r ON r.id = run WHERE r.point = ?1 "                            \
    "AND r.scheduler_sha256 = ?2 AND r.program_sha256 = ?3 "                   \
    "AND r.status = 'ok' "

/* mean_of - of rows (value, is beyond the horizon); finalizes the query. */
static struct results_mean
mean_of(struct results *results, sqlite3_stmt *stmt)
{
    /* Welford: one pass, no cancellation. */
    double mean = 0;
    double squares = 0;
    uint32_t n = 0;
    bool is_beyond = false;

    while (next_row(stmt)) {
        if (sqlite3_column_type(stmt, 0) == SQLITE_NULL) {
            is_beyond = is_beyond || sqlite3_column_int(stmt, 1) != 0;
            continue;
        }
        const double value = sqlite3_column_double(stmt, 0);
        const double delta = value - mean;
        n++;
        mean += delta / n;
        squares += delta * (value - mean);
    }
    sqlite3_finalize(stmt);
    if (is_beyond || n == 0) {
        const double all = is_beyond ? (double)INFINITY : (double)NAN;
        return (struct results_mean){all, all, all};
    }
    const double half =
        n < 2 ? 0 : student_t(results, n) * sqrt(squares / (n - 1) / n);
    return (struct results_mean){mean, mean - half, mean + half};
}

struct results_mean
results_metric(struct results *results, const struct results_cell *cell,
               const char *metric)
{
    return mean_of(results,
                   query(results,
                         "SELECT m.value, m.why LIKE 'beyond%' FROM metric m "
                         "JOIN metric_def d ON d.id = m.metric AND "
                         "d.name = ?4" RUNS_OF_CELL
                         "ORDER BY r.replication, r.id",
                         "isss", cell->point, cell->scheduler_sha256,
                         results->program_sha256, metric));
}

struct results_mean
results_host_p95(struct results *results, const struct results_cell *cell,
                 const char *host)
{
    return mean_of(
        results,
        query(results,
              "SELECT latency_p95_s, submitted > 0 FROM population" RUNS_OF_CELL
              "AND kind = 'host' AND name = ?4 ORDER BY r.replication, r.id",
              "isss", cell->point, cell->scheduler_sha256,
              results->program_sha256, host));
}

uint32_t
results_hosts_read(struct results *results, char names[][RESULTS_TEXT_SIZE],
                   uint32_t most)
{
    uint32_t count = 0;
    sqlite3_stmt *stmt =
        query(results,
              "SELECT g.name FROM population g JOIN run r ON r.id = g.run "
              "JOIN point p ON p.id = r.point WHERE g.kind = 'host' "
              "AND p.experiment = ?1 AND r.program_sha256 = ?2 "
              "AND r.status = 'ok' "
              "GROUP BY g.name ORDER BY sum(g.submitted) DESC, g.name",
              "is", results->experiment, results->program_sha256);

    while (count < most && next_row(stmt)) {
        column_copy(names[count++], RESULTS_TEXT_SIZE, stmt, 0);
    }
    sqlite3_finalize(stmt);
    return count;
}

/* quantile - of ascending values, between neighbours. */
static double
quantile(const double *sorted, uint32_t count, double share)
{
    const double at = share * (count - 1);
    const uint32_t below = (uint32_t)at;
    const uint32_t above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/* step_finish - one moment: what its replications make together. */
static void
step_finish(struct results_steps *steps, double time_s, const double *values,
            uint32_t count)
{
    const uint32_t i = steps->count;
    if (count == 0) {
        return;
    }
    steps->time_s = grow(steps->time_s, i, sizeof *steps->time_s);
    steps->median = grow(steps->median, i, sizeof *steps->median);
    steps->low = grow(steps->low, i, sizeof *steps->low);
    steps->high = grow(steps->high, i, sizeof *steps->high);
    steps->time_s[i] = time_s;
    steps->median[i] = quantile(values, count, 0.5);
    steps->low[i] = quantile(values, count, 0.1);
    steps->high[i] = quantile(values, count, 0.9);
    steps->count++;
}

void
results_steps_read(struct results *results, const struct results_cell *cell,
                   enum results_column column, struct results_steps *steps)
{
    static const char *const sqls[] = {
        "SELECT (step + 1) * step_ns, queued FROM series" RUNS_OF_CELL
        "ORDER BY 1, 2",
        "SELECT (step + 1) * step_ns, threads FROM series" RUNS_OF_CELL
        "ORDER BY 1, 2",
        "SELECT (step + 1) * step_ns, connections FROM series" RUNS_OF_CELL
        "ORDER BY 1, 2"};
    double *values = base_alloc((cell->runs_count + 1) * sizeof *values);
    uint32_t count = 0;
    int64_t at_ns = -1;
    sqlite3_stmt *stmt = query(results, sqls[column], "iss", cell->point,
                               cell->scheduler_sha256, results->program_sha256);

    *steps = (struct results_steps){0};
    while (next_row(stmt)) {
        const int64_t row_ns = sqlite3_column_int64(stmt, 0);
        if (row_ns != at_ns) {
            step_finish(steps, (double)at_ns / NS_PER_S_DOUBLE, values, count);
            at_ns = row_ns;
            count = 0;
        }
        if (count < cell->runs_count) {
            values[count++] = sqlite3_column_double(stmt, 1);
        }
    }
    step_finish(steps, (double)at_ns / NS_PER_S_DOUBLE, values, count);
    sqlite3_finalize(stmt);
    free(values);
    if (cell->runs_count <= 2) {
        free(steps->low);
        free(steps->high);
        steps->low = steps->high = NULL;
    }
}

void
results_steps_free(struct results_steps *steps)
{
    free(steps->time_s);
    free(steps->median);
    free(steps->low);
    free(steps->high);
    *steps = (struct results_steps){0};
}

/* submitted_sum - of all runs of a cell. */
static double
submitted_sum(struct results *results, const struct results_cell *cell)
{
    sqlite3_stmt *stmt = query(results,
                               "SELECT sum(m.value) FROM metric m "
                               "JOIN metric_def d ON d.id = m.metric AND "
                               "d.name = 'submitted'" RUNS_OF_CELL,
                               "iss", cell->point, cell->scheduler_sha256,
                               results->program_sha256);
    const double sum = next_row(stmt) ? sqlite3_column_double(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return sum;
}

static void
share_add(struct results_shares *shares, double time_s, double share)
{
    const uint32_t i = shares->count++;
    shares->time_s = grow(shares->time_s, i, sizeof *shares->time_s);
    shares->share = grow(shares->share, i, sizeof *shares->share);
    shares->time_s[i] = time_s;
    shares->share[i] = share;
}

void
results_shares_read(struct results *results, const struct results_cell *cell,
                    struct results_shares *shares)
{
    const double submitted = submitted_sum(results, cell);
    double delivered = 0;
    sqlite3_stmt *stmt = query(
        results,
        "SELECT least_ns, sum(count) FROM histogram" RUNS_OF_CELL
        "AND what = 0 GROUP BY bucket ORDER BY least_ns",
        "iss", cell->point, cell->scheduler_sha256, results->program_sha256);

    *shares = (struct results_shares){0};
    while (submitted > 0 && next_row(stmt)) {
        const uint32_t n = shares->count;
        const double time_s =
            sqlite3_column_double(stmt, 0) * BUCKET_MIDDLE / NS_PER_S_DOUBLE;
        /* Over empty buckets the share stays; it does not climb. */
        if (n > 0 && time_s > shares->time_s[n - 1] * BUCKET_RATIO_MOST) {
            share_add(shares, time_s, shares->share[n - 1]);
        }
        delivered += sqlite3_column_double(stmt, 1);
        share_add(shares, time_s, fmin(delivered / submitted, 1));
    }
    sqlite3_finalize(stmt);
}

void
results_shares_free(struct results_shares *shares)
{
    free(shares->time_s);
    free(shares->share);
    *shares = (struct results_shares){0};
}

uint32_t
results_faults_read(struct results *results, const struct results_cell *cell,
                    struct results_fault **faults)
{
    uint32_t count = 0;
    sqlite3_stmt *stmt =
        query(results,
              "SELECT label, at_ns, for_ns FROM fault_window WHERE point = ? "
              "ORDER BY at_ns, ordinal",
              "i", cell->point);

    *faults = NULL;
    while (next_row(stmt)) {
        *faults = grow(*faults, count, sizeof **faults);
        struct results_fault *fault = &(*faults)[count++];
        column_copy(fault->name, sizeof fault->name, stmt, 0);
        fault->from_s = sqlite3_column_double(stmt, 1) / NS_PER_S_DOUBLE;
        fault->to_s =
            fault->from_s + sqlite3_column_double(stmt, 2) / NS_PER_S_DOUBLE;
    }
    sqlite3_finalize(stmt);
    return count;
}
