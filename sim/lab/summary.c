/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary.c - see summary.h
 */
#include "sim/lab/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/base.h"

#define LEVEL 0.95

enum { PLACES_MAX = 9, ALONE_DIGITS = 4, DIGITS_MAX = 5 };

/* value_of - one replication; false: the run is not in the file, or failed */
static bool
value_of(const struct sweep *sweep, struct store *store, uint32_t point,
         uint32_t replication, const struct metric *metric,
         struct metric_value *value)
{
    const struct sweep_run *run = sweep_run_at(sweep, point, replication);

    if (store_has(store, run->key) != STORE_DONE) {
        return false;
    }
    *value = store_metric(store, run->key, metric);
    return true;
}

struct summary_cell
summary_cell(const struct sweep *sweep, struct store *store, uint32_t point,
             const struct metric *metric)
{
    double *values = base_alloc(sweep->replications * sizeof *values);
    struct summary_cell cell = {0};
    uint32_t defined_count = 0;

    for (uint32_t r = 0; r < sweep->replications; r++) {
        struct metric_value value;

        if (!value_of(sweep, store, point, r, metric, &value)) {
            continue;
        }
        cell.count++;
        cell.beyond_count += value.state == METRIC_BEYOND;
        cell.missing_count += value.state == METRIC_UNDEFINED;
        if (value.state == METRIC_DEFINED) {
            values[defined_count++] = value.value;
        }
    }
    cell.interval = stat_mean(values, defined_count, LEVEL);
    free(values);
    return cell;
}

/* has_mean - whether all replications have a value */
static bool
has_mean(const struct summary_cell *cell)
{
    return cell->count > 0 && cell->beyond_count == 0 &&
           cell->missing_count == 0;
}

/* places_for - decimal places that show `digits` significant digits of x */
static int
places_for(double x, int digits)
{
    int places = digits - 1 - (int)floor(log10(x));

    return places < 0 ? 0 : places > PLACES_MAX ? PLACES_MAX : places;
}

/* beyond_format - "> 4 h", in the largest unit that divides the horizon */
static void
beyond_format(int64_t horizon_ns, char text[SUMMARY_TEXT_SIZE])
{
    static const struct {
        int64_t ns;
        const char *name;
    } units[] = {{NS_PER_DAY, "d"},
                 {NS_PER_HOUR, "h"},
                 {NS_PER_MIN, "min"},
                 {NS_PER_S, "s"}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (horizon_ns >= units[i].ns && horizon_ns % units[i].ns == 0) {
            snprintf(text, SUMMARY_TEXT_SIZE, "> %" PRId64 " %s",
                     horizon_ns / units[i].ns, units[i].name);
            return;
        }
    }
    snprintf(text, SUMMARY_TEXT_SIZE, "> horizon");
}

/* time_unit - the unit in which people read a time of so many seconds */
static const char *
time_unit(double seconds, double *unit_s)
{
    static const struct {
        double below_s;
        double unit_s;
        const char *name;
    } units[] = {{1, 1e-3, "ms"},
                 {120, 1, "s"},
                 {7200, 60, "min"},
                 {2 * 86400, 3600, "h"},
                 {(double)INFINITY, 86400, "d"}};
    size_t i = 0;

    while (fabs(seconds) >= units[i].below_s) {
        i++;
    }
    *unit_s = units[i].unit_s;
    return units[i].name;
}

/* mean_format - without unit; half_width 0: all alike, NAN: there is none */
static void
mean_format(double mean, double half_width, char text[SUMMARY_TEXT_SIZE])
{
    const bool is_whole = fabs(mean - rint(mean)) <= 0;
    const int most = fabs(mean) > 0 ? places_for(fabs(mean), DIGITS_MAX) : 0;

    if (isfinite(half_width) && half_width > 0) {
        int places = places_for(half_width, 2);
        bool is_less;

        places = fabs(mean) > 0 && places > most ? most : places;
        is_less = half_width < 0.5 * pow(10, -places);
        snprintf(text, SUMMARY_TEXT_SIZE, "%.*f \u00b1 %s%.*f", places, mean,
                 is_less ? "<" : "", places,
                 is_less ? pow(10, -places) : half_width);
        return;
    }
    snprintf(text, SUMMARY_TEXT_SIZE, "%.*f%s",
             is_whole ? 0 : places_for(fabs(mean), ALONE_DIGITS), mean,
             isfinite(half_width) ? " \u00b1 0" : "");
}

void
summary_format(const struct metric *metric, const struct summary_cell *cell,
               int64_t horizon_ns, char text[SUMMARY_TEXT_SIZE])
{
    const bool is_time = strcmp(metric->unit, "s") == 0;
    double unit_s = 1;
    const char *unit = "";
    char number[SUMMARY_TEXT_SIZE];

    if (cell->beyond_count > 0) {
        beyond_format(horizon_ns, text);
        return;
    }
    if (!has_mean(cell)) {
        snprintf(text, SUMMARY_TEXT_SIZE, "-");
        return;
    }
    if (is_time) {
        unit = time_unit(cell->interval.mean, &unit_s);
    }
    mean_format(cell->interval.mean / unit_s,
                cell->interval.half_width / unit_s, number);
    snprintf(text, SUMMARY_TEXT_SIZE, "%.*s%s%s", SUMMARY_TEXT_SIZE - 8, number,
             is_time ? " " : "", unit);
}

/* --- The knee ------------------------------------------------------------ */

/* best_find - the first with the best mean, and how many share it;
 * points_count: none has a mean */
static void
best_find(const struct sweep *sweep, struct store *store,
          const struct metric *metric, struct summary_knee *knee,
          double *best_mean)
{
    double sign = metric->better == METRIC_HIGHER ? 1 : -1;

    knee->best = sweep->points_count;
    for (uint32_t i = 0; i < sweep->points_count; i++) {
        struct summary_cell cell = summary_cell(sweep, store, i, metric);
        double ahead = sign * (cell.interval.mean - *best_mean);

        if (!has_mean(&cell)) {
            continue;
        }
        if (knee->best == sweep->points_count || ahead > 0) {
            knee->best = i;
            knee->ties = 0;
            *best_mean = cell.interval.mean;
        } else if (!(ahead < 0)) {
            knee->ties++;
        }
    }
}

/* is_near - how much worse than the best, pair by pair, is surely little */
static bool
is_near(const struct sweep *sweep, struct store *store, uint32_t point,
        const struct metric *metric, uint32_t best, double best_mean)
{
    double sign = metric->better == METRIC_HIGHER ? 1 : -1;
    double *worse = base_alloc(sweep->replications * sizeof *worse);
    struct stat_interval interval;
    uint32_t count = 0;
    bool is_whole = true;

    for (uint32_t r = 0; r < sweep->replications; r++) {
        struct metric_value here;
        struct metric_value there;

        if (!value_of(sweep, store, point, r, metric, &here) ||
            !value_of(sweep, store, best, r, metric, &there)) {
            continue;
        }
        is_whole = is_whole && here.state == METRIC_DEFINED &&
                   there.state == METRIC_DEFINED;
        worse[count++] = sign * (there.value - here.value);
    }
    interval = stat_mean(worse, count, LEVEL);
    free(worse);
    return is_whole && count > 1 &&
           stat_upper(&interval, LEVEL) <=
               fabs(best_mean) * SUMMARY_WORSE_PPM / PPM;
}

/* comes_before - smaller as a number */
static bool
comes_before(const char *a, const char *b)
{
    char *a_end = NULL;
    char *b_end = NULL;
    double x = strtod(a, &a_end);
    double y = strtod(b, &b_end);

    /* The same unit behind both, 30s and 60s, compares by the number. */
    return a_end != a && b_end != b && strcmp(a_end, b_end) == 0 && x < y;
}

/* is_tuned_for - a better side that people choose a setting by. Of counts, fewer
 * is better too, but the fewest are had by doing nothing. */
static bool
is_tuned_for(const struct metric *metric)
{
    return metric->better != METRIC_NEITHER &&
           (metric->kind == METRIC_THROUGHPUT || metric->kind == METRIC_MEAN ||
            metric->kind == METRIC_QUANTILE);
}

/* is_of_numbers - every value is one number, with the same unit or none */
static bool
is_of_numbers(const struct scenario_axis *axis)
{
    const char *unit = NULL;

    for (uint32_t i = 0; i < axis->values_count; i++) {
        char *end = NULL;

        (void)strtod(axis->values[i], &end);
        if (end == axis->values[i] || strpbrk(end, " ,([") != NULL ||
            (unit != NULL && strcmp(unit, end) != 0)) {
            return false;
        }
        unit = end;
    }
    return true;
}

struct summary_knee
summary_knee(const struct sweep *sweep, struct store *store,
             const struct metric *metric)
{
    struct summary_knee knee = {.status = SUMMARY_KNEE_NO_VALUES};
    double best_mean = 0;
    bool is_found = false;

    if (sweep->axes_count != 1 || !is_of_numbers(&sweep->axes[0])) {
        knee.status = SUMMARY_KNEE_NOT_ONE_AXIS;
        return knee;
    }
    if (!is_tuned_for(metric)) {
        return knee;
    }
    best_find(sweep, store, metric, &knee, &best_mean);
    if (knee.best == sweep->points_count) {
        return knee;
    }
    for (uint32_t i = 0; i < sweep->points_count; i++) {
        if (is_near(sweep, store, i, metric, knee.best, best_mean) &&
            (!is_found || comes_before(sweep->axes[0].values[i],
                                       sweep->axes[0].values[knee.point]))) {
            knee.point = i;
            is_found = true;
        }
    }
    knee.status = is_found ? SUMMARY_KNEE_FOUND : SUMMARY_KNEE_TOO_FEW;
    return knee;
}

/* --- Which metrics ------------------------------------------------------- */

uint32_t
summary_metrics(const struct sweep *sweep, const char *const *names,
                uint32_t names_count,
                const struct metric *metrics[SUMMARY_METRICS_MAX],
                struct diag *diag)
{
    static const char *const usual[] = {"throughput", "latency.p50",
                                        "latency.p99"};
    bool is_ok = true;

    if (names_count == 0) {
        names = sweep->measure_count > 0 ? sweep->measure : usual;
        names_count = sweep->measure_count > 0 ? sweep->measure_count
                                               : sizeof usual / sizeof usual[0];
    }
    if (names_count > SUMMARY_METRICS_MAX) {
        names_count = SUMMARY_METRICS_MAX;
    }
    for (uint32_t i = 0; i < names_count; i++) {
        metrics[i] = metric_find(names[i], sweep->arena, diag);
        is_ok = metrics[i] != NULL &&
                population_check(&sweep->population, metrics[i], diag) && is_ok;
    }
    return is_ok ? names_count : 0;
}
