/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_plot.c - mtasim plot: pictures of a results file
 */
#include <stdio.h>
#include <string.h>

#include "plots/plots.h"
#include "sim/cmd/commands.h"
#include "sim/cmd/launch.h"
#include "sim/lab/json.h"
#include "sim/lab/store.h"

/* In the order of enum gnuplot_format. */
static const char *const formats[] = {"svg", "png", "ascii", NULL};

/* folder_of - "results/a.db" to "results/a-plots": not the name of a scenario's
 * own folder, which a results file beside it would have */
static const char *
folder_of(const char *database, struct arena *arena)
{
    char *folder = arena_text(arena, database);
    const char *slash = strrchr(folder, '/');
    char *dot = strrchr(folder, '.');

    if (dot != NULL && dot != folder && (slash == NULL || dot > slash + 1)) {
        *dot = '\0';
    }
    return launch_join(arena, folder, "-plots");
}

/* status_code - what the program exits with, and why */
static int
status_code(enum plots_status status, const struct plots_request *request,
            const struct plots_result *result, struct diag *diag)
{
    const struct src_loc where = {.file = request->database};

    switch (status) {
    case PLOTS_OK:
        return EXIT_DONE;
    case PLOTS_NOT_INSTALLED:
        fputs(GNUPLOT_INSTALL_LINES, stderr);
        return EXIT_HELPER_MISSING;
    case PLOTS_NO_RESULTS:
        diag_error(diag, where, "%s", result->error);
        return EXIT_USER_ERROR;
    case PLOTS_IO:
    case PLOTS_FAILED:
        diag_error(diag, (struct src_loc){0}, "%s", result->error);
        return EXIT_IO_ERROR;
    }
    UNREACHABLE("every status is above");
}

/* has_results - it is a results file, of this version, with runs in it */
static bool
has_results(const char *path, struct diag *diag)
{
    struct store *store = store_open(path, STORE_READ, diag);
    const bool is_good = store != NULL && store_has_results(store, diag);

    store_close(store);
    return is_good;
}

/* file_show - a picture of letters goes to the terminal itself */
static void
file_show(const char *path)
{
    char bytes[4096];
    size_t size = 0;
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        return;
    }
    while ((size = fread(bytes, 1, sizeof bytes, file)) > 0) {
        fwrite(bytes, 1, size, stdout);
    }
    fclose(file);
}

static bool
paths_json(const struct plots_result *result)
{
    struct json json;

    json_init(&json, stdout);
    json_object_begin(&json);
    json_key(&json, "pictures");
    json_array_begin(&json);
    for (uint32_t i = 0; i < result->count; i++) {
        json_text(&json, result->paths[i]);
    }
    json_array_end(&json);
    json_object_end(&json);
    return json_end(&json);
}

/* paths_print - what was drawn, a path a line; of letters, the thing itself */
static bool
paths_print(const struct command_call *call,
            const struct plots_request *request,
            const struct plots_result *result)
{
    if (options_has(call->options, OPTION_JSON)) {
        return paths_json(result) && launch_flush(call->diag);
    }
    for (uint32_t i = 0; i < result->count; i++) {
        if (request->formats == 1u << GNUPLOT_ASCII) {
            file_show(result->paths[i]);
        }
        puts(result->paths[i]);
    }
    return launch_flush(call->diag);
}

int
cmd_plot(struct command_call *call)
{
    const struct options *options = call->options;
    const char *names[PLOTS_PICTURES_COUNT + 1] = {NULL};
    struct plots_request request = {.database = options->operands[0]};
    struct plots_result result = {0};
    struct arena *arena = arena_new(0);
    int code = EXIT_USER_ERROR;
    bool is_good = false;

    for (uint32_t i = 0; i < PLOTS_PICTURES_COUNT; i++) {
        names[i] = plots_picture_name((enum plots_picture)i);
    }
    request.experiment = options_text(options, OPTION_EXPERIMENT, NULL);
    request.title = options_text(options, OPTION_TITLE, NULL);
    request.folder =
        options_text(options, OPTION_OUT, folder_of(request.database, arena));
    request.script = options_has(options, OPTION_SCRIPT) ? stdout : NULL;
    is_good = options_bits(options, OPTION_PICTURE, names, &request.pictures,
                           call->diag);
    is_good = options_bits(options, OPTION_FORMAT, formats, &request.formats,
                           call->diag) &&
              is_good;
    request.pictures = request.pictures == 0 ? PLOTS_ALL : request.pictures;
    request.formats =
        request.formats == 0 ? 1u << GNUPLOT_SVG : request.formats;
    if (is_good && has_results(request.database, call->diag)) {
        code = status_code(plots_draw(&request, &result), &request, &result,
                           call->diag);
        if (!paths_print(call, &request, &result)) {
            code = EXIT_IO_ERROR;
        }
        plots_result_free(&result);
    }
    arena_free(arena);
    return code;
}
