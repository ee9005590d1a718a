/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep.c - plans a sweep: points, keys; see sweep.h
 */
#include "sim/lab/sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/arena.h"

enum { KEY_SHOWN = 12 };

static const struct src_loc command_line = {.file = "command line"};

/* --- Axes ---------------------------------------------------------------- */

/* axis_copy - into the sweep's own memory */
static struct scenario_axis
axis_copy(struct arena *arena, const struct scenario_axis *from)
{
    struct scenario_axis axis = {.values_count = from->values_count};

    axis.path = arena_text(arena, from->path);
    axis.values = arena_take(arena, from->values_count * sizeof *axis.values);
    axis.labels = arena_take(arena, from->values_count * sizeof *axis.labels);
    for (uint32_t i = 0; i < from->values_count; i++) {
        axis.values[i] = arena_text(arena, from->values[i]);
        axis.labels[i] = NULL;
        if (from->labels != NULL && from->labels[i] != NULL) {
            axis.labels[i] = arena_text(arena, from->labels[i]);
        }
    }
    return axis;
}

/* axes_take - the scenario's, then those of the request on top */
static void
axes_take(struct sweep *sweep, const struct scenario *scenario)
{
    const struct sweep_request *request = sweep->request;

    sweep->axes = arena_take(sweep->arena, ((uint64_t)scenario->sweep_count +
                                            request->axes_count + 1) *
                                               sizeof *sweep->axes);
    for (uint32_t i = 0; i < scenario->sweep_count; i++) {
        sweep->axes[sweep->axes_count++] =
            axis_copy(sweep->arena, &scenario->sweep[i]);
    }
    for (uint32_t i = 0; i < request->axes_count; i++) {
        uint32_t at = 0;

        while (at < sweep->axes_count &&
               strcmp(sweep->axes[at].path, request->axes[i].path) != 0) {
            at++;
        }
        sweep->axes[at] = axis_copy(sweep->arena, &request->axes[i]);
        sweep->axes_count += at == sweep->axes_count;
    }
}

/* --- Points -------------------------------------------------------------- */

/* axis_origin - what the user would call a value of this axis */
static const char *
axis_origin(const struct sweep *sweep, const char *path)
{
    for (uint32_t i = 0; i < sweep->request->axes_count; i++) {
        if (strcmp(sweep->request->axes[i].path, path) == 0) {
            return "--param";
        }
    }
    return "sweep";
}

/* point_sets - the request's settings and then this point's, but for what stays
 * as configured, and where each is from; they live as long as the sweep, since
 * a scenario may borrow them */
static const char **
point_sets(const struct sweep *sweep, const struct store_point *point,
           const char **origins, uint32_t *sets_count)
{
    const struct sweep_request *request = sweep->request;
    uint64_t count = (uint64_t)request->sets_count + point->params_count + 1;
    const char **sets = arena_take(sweep->arena, count * sizeof *sets);

    for (uint32_t i = 0; i < request->sets_count; i++) {
        sets[i] = request->sets[i];
        origins[i] = "--set";
    }
    *sets_count = request->sets_count;
    for (uint32_t i = 0; i < point->params_count; i++) {
        const struct store_param *param = &point->params[i];
        size_t size = strlen(param->name) + strlen(param->value) + 2;
        char *set = arena_take(sweep->arena, size);

        snprintf(set, size, "%s=%s", param->name, param->value);
        if (*param->value != '\0') {
            origins[*sets_count] = axis_origin(sweep, param->name);
            sets[(*sets_count)++] = set;
        }
    }
    return sets;
}

bool
sweep_point_load(const struct sweep *sweep, uint32_t point,
                 struct scenario *scenario, struct diag *diag)
{
    const struct store_point *at = &sweep->points[point];
    const char **origins =
        arena_take(sweep->arena, ((uint64_t)sweep->request->sets_count +
                                  at->params_count + 1) *
                                     sizeof *origins);
    uint32_t sets_count = 0;
    const char **sets = point_sets(sweep, at, origins, &sets_count);

    return scenario_load_as(scenario, sweep->request->scenario_path, sets,
                            origins, sets_count, diag);
}

/* scheduler_ask - what it says of this configuration; it is asked too where the
 * rest of the scenario is wrong, to report all in one go */
static bool
scheduler_ask(struct sweep *sweep, const struct scenario *scenario,
              struct diag *diag)
{
    const struct sweep_request *request = sweep->request;
    const struct mta_observer observer =
        population_observer(&sweep->population);
    struct mta_about scheduler;

    if (request->describe == NULL || !scenario->has_files) {
        return true;
    }
    return request->describe(
        &(struct run_request){
            .scenario = scenario,
            .scheduler_path = request->scheduler_path,
            .seed = request->seed,
            .observer = &observer,
        },
        &scheduler, diag);
}

/* point_check - loads a point with a diag of its own: what is said of a text
 * borrows the text from the scenario, which goes away. true: the scenario is
 * loaded; what was said goes to diag only if it is not, for warnings would
 * come once a point */
static bool
point_check(struct sweep *sweep, uint32_t index, struct scenario *scenario,
            struct diag *diag)
{
    struct diag own;
    bool is_ok;

    diag_init(&own);
    is_ok = sweep_point_load(sweep, index, scenario, &own);
    is_ok = scheduler_ask(sweep, scenario, &own) && is_ok;
    if (!is_ok) {
        diag_append(diag, own.text == NULL ? "" : own.text, own.errors_count,
                    own.warnings_count);
        scenario_free(scenario);
    }
    diag_free(&own);
    return is_ok;
}

uint32_t
sweep_value_at(const struct sweep *sweep, uint32_t point, uint32_t axis)
{
    ASSERT(axis < sweep->axes_count);
    for (uint32_t i = sweep->axes_count - 1; i > axis; i--) {
        point /= sweep->axes[i].values_count; /* the last one moves fastest */
    }
    return point % sweep->axes[axis].values_count;
}

/* point_params - the values of the axes at this index of the grid */
static void
point_params(struct sweep *sweep, uint32_t index)
{
    struct store_point *point = &sweep->points[index];
    struct store_param *params =
        arena_take(sweep->arena, (sweep->axes_count + 1) * sizeof *params);

    for (uint32_t i = 0; i < sweep->axes_count; i++) {
        const struct scenario_axis *axis = &sweep->axes[i];
        const uint32_t at = sweep_value_at(sweep, index, i);

        params[i] = (struct store_param){axis->path, axis->values[at],
                                         axis->labels[at]};
        if (*axis->values[at] == '\0') {
            params[i].label = scenario_axis_label(axis, at);
        }
    }
    point->params = params;
    point->params_count = sweep->axes_count;
}

/* point_faults - copies the windows, for the pictures */
static void
point_faults(struct sweep *sweep, struct store_point *point,
             const struct scenario *scenario)
{
    struct scenario_fault *faults = arena_take(
        sweep->arena, ((uint64_t)scenario->faults_count + 1) * sizeof *faults);

    for (uint32_t i = 0; i < scenario->faults_count; i++) {
        faults[i] = scenario->faults[i];
        faults[i].label = arena_text(sweep->arena, scenario->faults[i].label);
    }
    point->faults = faults;
    point->faults_count = scenario->faults_count;
}

/* point_make - one point, its scenario loaded and checked once */
static bool
point_make(struct sweep *sweep, uint32_t index,
           const struct store_experiment *experiment, struct diag *diag)
{
    struct store_point *point = &sweep->points[index];
    struct scenario scenario;

    point->experiment = *experiment;
    point_params(sweep, index);
    if (!point_check(sweep, index, &scenario, diag)) {
        return false;
    }
    point->canonical = arena_text(sweep->arena, scenario_canonical(&scenario));
    population_scenario(&sweep->population, &scenario);
    point_faults(sweep, point, &scenario);
    scenario_free(&scenario);
    return true;
}

/* grid_count - points in the grid; 0: more runs than a sweep may have */
static uint32_t
grid_count(const struct sweep *sweep)
{
    uint64_t count = 1;

    for (uint32_t i = 0; i < sweep->axes_count; i++) {
        count *= sweep->axes[i].values_count; /* both below 2^20 */
        if (count * sweep->replications > SWEEP_RUNS_MAX) {
            return 0;
        }
    }
    return count * sweep->replications > SWEEP_RUNS_MAX ? 0 : (uint32_t)count;
}

static bool
points_make(struct sweep *sweep, const struct store_experiment *experiment,
            struct diag *diag)
{
    sweep->points_count = grid_count(sweep);
    if (sweep->points_count == 0) {
        diag_error(diag, command_line,
                   "the sweep has more than %d runs; divide it",
                   SWEEP_RUNS_MAX);
        return false;
    }
    sweep->points = arena_take(sweep->arena, (uint64_t)sweep->points_count *
                                                 sizeof *sweep->points);
    for (uint32_t i = 0; i < sweep->points_count; i++) {
        if (!point_make(sweep, i, experiment, diag)) {
            return false; /* the others would say the same again */
        }
    }
    return true;
}

/* --- The plan ------------------------------------------------------------ */

/* is_in_shard - by the key: stays as it is when replications are added */
static bool
is_in_shard(const struct sweep_request *request, const char *key)
{
    char first[17];

    if (request->shard_count < 2) {
        return true;
    }
    memcpy(first, key, 16);
    first[16] = '\0';
    return strtoull(first, NULL, 16) % request->shard_count ==
           request->shard_index;
}

static void
runs_name(struct sweep *sweep)
{
    sweep->runs_count = sweep->points_count * sweep->replications;
    sweep->runs = arena_take(sweep->arena,
                             (uint64_t)sweep->runs_count * sizeof *sweep->runs);
    for (uint32_t i = 0; i < sweep->runs_count; i++) {
        struct sweep_run *run = &sweep->runs[i];
        const struct store_point *point =
            &sweep->points[i % sweep->points_count];

        run->point = i % sweep->points_count;
        run->replication = i / sweep->points_count;
        store_key(
            &(struct store_identity){
                .canonical = point->canonical,
                .params = point->params,
                .params_count = point->params_count,
                .replication = run->replication,
                .seed = sweep->request->seed,
                .program_sha256 = sweep->request->program_sha256,
                .scheduler_sha256 = sweep->scheduler_sha256,
            },
            run->key);
        run->is_ours = is_in_shard(sweep->request, run->key);
    }
}

/* file_sha256 - of a file's bytes; false: complained */
static bool
file_sha256(const char *path, char text[SHA256_TEXT_SIZE], struct diag *diag)
{
    FILE *file = fopen(path, "rb");
    struct sha256 sha;
    uint8_t bytes[4096];
    size_t size = 0;
    bool is_ok;

    sha256_init(&sha);
    while (file != NULL && (size = fread(bytes, 1, sizeof bytes, file)) > 0) {
        sha256_add(&sha, bytes, size);
    }
    is_ok = file != NULL && !ferror(file);
    if (!is_ok) {
        diag_error(diag, (struct src_loc){.file = path},
                   "cannot read the scheduler object: %s", strerror(errno));
    }
    if (file != NULL) {
        fclose(file);
    }
    sha256_end(&sha, text);
    return is_ok;
}

/* scenario_take - what is the same for all points */
static void
scenario_take(struct sweep *sweep, struct scenario *scenario,
              struct store_experiment *experiment)
{
    struct arena *arena = sweep->arena;

    *experiment = (struct store_experiment){
        .name = arena_text(arena, scenario->name),
        .title =
            scenario->title == NULL ? NULL : arena_text(arena, scenario->title),
        .path = arena_text(arena, scenario->path),
        .canonical = arena_text(arena, scenario_canonical(scenario)),
    };
    axes_take(sweep, scenario);
    sweep->replications = sweep->request->replications != 0
                              ? sweep->request->replications
                              : scenario->replications;
    sweep->replications += sweep->replications == 0;
    sweep->horizon_ns = scenario->horizon_ns;
    sweep->measure_count = scenario->measure_count;
    sweep->measure = arena_take(arena, ((uint64_t)scenario->measure_count + 1) *
                                           sizeof *sweep->measure);
    for (uint32_t i = 0; i < scenario->measure_count; i++) {
        sweep->measure[i] = arena_text(arena, scenario->measure[i]);
    }
}

/* base_load - the scenario before any axis moves: what is the same everywhere */
static bool
base_load(struct sweep *sweep, struct store_experiment *experiment,
          struct diag *diag)
{
    const struct sweep_request *request = sweep->request;
    struct scenario scenario;
    struct diag own; /* as in point_check() */
    bool is_ok;

    diag_init(&own);
    is_ok = scenario_load(&scenario, request->scenario_path, request->sets,
                          request->sets_count, &own);
    if (!is_ok) {
        (void)scheduler_ask(sweep, &scenario, &own);
    }
    if (own.text != NULL) {
        diag_append(diag, own.text, own.errors_count, own.warnings_count);
    }
    if (is_ok) {
        scenario_take(sweep, &scenario, experiment);
    }
    scenario_free(&scenario);
    diag_free(&own);
    return is_ok;
}

/* sets_check - a --set of what an axis moves has no effect: it is said */
static void
sets_check(const struct sweep *sweep, struct diag *diag)
{
    const struct sweep_request *request = sweep->request;

    for (uint32_t i = 0; i < request->sets_count; i++) {
        const char *set = request->sets[i];

        for (uint32_t k = 0; k < sweep->axes_count; k++) {
            const char *path = sweep->axes[k].path;

            if (strncmp(set, path, strlen(path)) == 0 &&
                set[strlen(path)] == '=') {
                diag_warning(diag, command_line,
                             "--set %s has no effect: %s is an axis of the"
                             " sweep, which wins; its values are given with"
                             " --param %s=...",
                             set, path, path);
            }
        }
    }
}

/* axes_check - all of them, to report all at once */
static bool
axes_check(const struct sweep *sweep, struct diag *diag)
{
    bool is_ok = true;

    for (uint32_t i = 0; i < sweep->axes_count; i++) {
        is_ok = sweep_axis_check(&sweep->axes[i], diag) && is_ok;
    }
    return is_ok;
}

struct sweep *
sweep_new(const struct sweep_request *request, struct diag *diag)
{
    struct sweep *sweep = base_alloc(sizeof *sweep);
    struct store_experiment experiment;
    bool is_ok = false;

    ASSERT(request->run != NULL);
    ASSERT(request->shard_count == 0 ||
           request->shard_index < request->shard_count);
    sweep->request = request;
    sweep->arena = arena_new(0);
    sweep->population.arena = sweep->arena;
    if (base_load(sweep, &experiment, diag)) {
        sets_check(sweep, diag);
        is_ok = true;
    }
    if (is_ok && axes_check(sweep, diag) &&
        file_sha256(request->scheduler_path, sweep->scheduler_sha256, diag) &&
        points_make(sweep, &experiment, diag)) {
        runs_name(sweep);
        return sweep;
    }
    sweep_free(sweep);
    return NULL;
}

void
sweep_free(struct sweep *sweep)
{
    if (sweep == NULL) {
        return;
    }
    arena_free(sweep->arena);
    free(sweep);
}

const struct sweep_run *
sweep_run_at(const struct sweep *sweep, uint32_t point, uint32_t replication)
{
    ASSERT(point < sweep->points_count);
    ASSERT(replication < sweep->replications);
    return &sweep->runs[replication * sweep->points_count + point];
}

static const char *
presence_name(enum store_presence presence)
{
    switch (presence) {
    case STORE_ABSENT:
        return "missing";
    case STORE_FAILED:
        return "failed";
    case STORE_DONE:
        return "there";
    }
    UNREACHABLE("every presence is above");
}

void
sweep_list(const struct sweep *sweep, struct store *store, FILE *out)
{
    for (uint32_t i = 0; i < sweep->runs_count; i++) {
        const struct sweep_run *run = &sweep->runs[i];
        const struct store_point *point = &sweep->points[run->point];
        enum store_presence presence =
            store == NULL ? STORE_ABSENT : store_has(store, run->key);

        if (!run->is_ours) {
            continue;
        }
        fprintf(out, "%-7s %.*s replication=%" PRIu32, presence_name(presence),
                KEY_SHOWN, run->key, run->replication);
        for (uint32_t p = 0; p < point->params_count; p++) {
            const struct store_param *param = &point->params[p];

            fprintf(out, " %s=%s", param->name,
                    param->label != NULL ? param->label : param->value);
        }
        fputc('\n', out);
    }
}

int
sweep_exit_code(const struct sweep_outcome *outcome)
{
    return outcome->is_io_error      ? 74
           : outcome->is_interrupted ? 130
           : outcome->alarms > 0     ? 1
           : outcome->failed > 0     ? 3
                                     : 0;
}
