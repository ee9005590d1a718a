/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_show.c - mtasim show: the runs of a results file, or one of them
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cmd/commands.h"
#include "sim/cmd/figures.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/program.h"
#include "sim/lab/json.h"
#include "sim/lab/store.h"

enum { KEY_SHOWN = 12, DIGEST_SHOWN = 12 };

/* One call of the command. */
struct work {
    struct command_call *call;
    struct store *store;
    struct json json;
    bool is_json;
    bool is_command; /* only the line that repeats it */
    bool is_one;     /* a run was named */
};

/* version_compare - is this the program that made the run? */
static void
version_compare(const struct work *work, const struct store_row *row)
{
    if (strcmp(row->program_sha256, program_sha256()) != 0) {
        diag_warning(work->call->diag, (struct src_loc){0},
                     "the run was made by another version of mtasim (%.*s)",
                     KEY_SHOWN, row->program_sha256);
    }
}

/* --- JSON ---------------------------------------------------------------- */

static void
put_text(struct json *json, const char *key, const char *text)
{
    json_key(json, key);
    json_text(json, text);
}

static void
metrics_json(struct work *work, const char *key)
{
    struct json *json = &work->json;

    json_key(json, "metrics");
    json_object_begin(json);
    for (uint32_t i = 0; i < metric_count(); i++) {
        const struct metric *metric = metric_at(i);
        struct metric_value value = store_metric(work->store, key, metric);

        json_key(json, metric->name);
        if (value.state == METRIC_DEFINED) {
            json_double(json, value.value);
        } else {
            json_null(json);
        }
    }
    json_object_end(json);
}

static void
run_json(struct work *work, const struct store_row *row)
{
    struct json *json = &work->json;

    json_object_begin(json);
    put_text(json, "key", row->key);
    put_text(json, "scenario", row->experiment);
    put_text(json, "params", row->params);
    json_key(json, "replication");
    json_u64(json, row->replication);
    json_key(json, "seed");
    json_u64(json, strtoull(row->seed, NULL, 10));
    json_key(json, "ok");
    json_bool(json, row->digest != NULL);
    put_text(json, "digest", row->digest);
    json_key(json, "events");
    json_i64(json, row->events);
    json_key(json, "scheduler");
    json_object_begin(json);
    put_text(json, "sha256", row->scheduler_sha256);
    put_text(json, "name", row->scheduler_name);
    put_text(json, "version", row->scheduler_version);
    json_object_end(json);
    put_text(json, "program_sha256", row->program_sha256);
    put_text(json, "command", row->command);
    put_text(json, "log", row->log);
    if (work->is_one) {
        metrics_json(work, row->key);
    }
    json_object_end(json);
}

/* --- For people ---------------------------------------------------------- */

static void
head_print(void)
{
    printf("%-*s  status  %-*s  %-9s  %11s  scenario and parameters\n",
           KEY_SHOWN, "run", DIGEST_SHOWN, "digest", "scheduler",
           "replication");
}

static void
line_print(const struct store_row *row)
{
    printf("%-*.*s  %-6s  %-*.*s  %-9s  %11" PRIu32 "  %s%s%s\n", KEY_SHOWN,
           KEY_SHOWN, row->key, row->status, DIGEST_SHOWN, DIGEST_SHOWN,
           row->digest != NULL ? row->digest : "-", row->scheduler_version,
           row->replication, row->experiment, row->params != NULL ? " " : "",
           row->params != NULL ? row->params : "");
}

static void
metrics_print(struct work *work, const struct store_row *row)
{
    struct figures_table table;

    figures_table_init(&table, 2);
    for (uint32_t i = 0; i < metric_count(); i++) {
        const struct metric *metric = metric_at(i);
        char text[FIGURES_SIZE];

        figures_metric(text, metric,
                       store_metric(work->store, row->key, metric),
                       (int64_t)(row->simulated_s * (double)NS_PER_S));
        figures_table_text(&table, metric->name);
        figures_table_text(&table, text);
    }
    putchar('\n');
    figures_table_end(&table, 0, stdout);
}

static void
run_print(struct work *work, const struct store_row *row)
{
    printf("run         %s\nscenario    %s %s\n", row->key, row->experiment,
           row->params != NULL ? row->params : "");
    printf("seed        %s, replication %" PRIu32 "\n", row->seed,
           row->replication);
    printf("scheduler   %s %s, %.*s\n", row->scheduler_name,
           row->scheduler_version, KEY_SHOWN, row->scheduler_sha256);
    printf("digest      %s\n",
           row->digest != NULL ? row->digest : "none: the run failed");
    if (row->command != NULL) {
        printf("again       %s\n", row->command);
    }
    if (row->log != NULL && row->log[0] != '\0') {
        printf("\n%s", row->log);
    }
    if (row->digest != NULL) {
        metrics_print(work, row);
    }
}

/* on_run - a row of the list */
static void
on_run(void *context, const struct store_row *row)
{
    struct work *work = context;

    if (work->is_json) {
        run_json(work, row);
    } else if (work->is_command) {
        puts(row->command != NULL ? row->command : "# not recorded");
    } else if (work->is_one) {
        run_print(work, row);
    } else {
        line_print(row);
    }
    if (work->is_one) {
        version_compare(work, row);
    }
}

static void
on_count(void *context, const struct store_row *row)
{
    (void)context;
    (void)row;
}

/* run_is_one - the start of a key means one run; false: reported */
static bool
run_is_one(struct work *work, const char *key_start)
{
    const struct src_loc where = {.file = work->call->options->operands[0]};
    const int64_t count =
        store_rows(work->store, key_start, on_count, NULL, work->call->diag);

    if (count == 0) {
        diag_error(work->call->diag, where,
                   "no run has a key that begins with '%s'; mtasim show lists"
                   " them",
                   key_start);
    } else if (count > 1) {
        diag_error(work->call->diag, where,
                   "%" PRId64 " runs have keys that begin with '%s'; say more"
                   " of it",
                   count, key_start);
    }
    return count == 1;
}

static int
show_do(struct work *work)
{
    const struct options *options = work->call->options;
    const char *key_start =
        options->operands_count > 1 ? options->operands[1] : "";
    bool is_good = true;

    work->is_one = key_start[0] != '\0';
    if (!store_has_results(work->store, work->call->diag)) {
        return EXIT_USER_ERROR;
    }
    if (work->is_one && !run_is_one(work, key_start)) {
        return EXIT_USER_ERROR;
    }
    if (work->is_json) {
        json_init(&work->json, stdout);
        json_array_begin(&work->json);
    } else if (!work->is_one && !work->is_command) {
        head_print();
    }
    is_good =
        store_rows(work->store, key_start, on_run, work, work->call->diag) >= 0;
    if (work->is_json) {
        json_array_end(&work->json);
        is_good = json_end(&work->json) && is_good;
    }
    is_good = launch_flush(work->call->diag) && is_good;
    return is_good ? EXIT_DONE : EXIT_IO_ERROR;
}

int
cmd_show(struct command_call *call)
{
    struct work work = {
        .call = call,
        .is_json = options_has(call->options, OPTION_JSON),
        .is_command = options_has(call->options, OPTION_COMMAND),
    };
    int code = EXIT_USER_ERROR;

    work.store = store_open(call->options->operands[0], STORE_READ, call->diag);
    if (work.store != NULL) {
        code = show_do(&work);
    }
    store_close(work.store);
    return code;
}
