/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * launch.c - scenario, seed, scheduler object; see launch.h
 */
#include "sim/cmd/launch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/lab/format.h"

enum { PATH_SIZE = 4096 };

static const struct src_loc command_line = {.file = "command line"};

const char *
launch_join(struct arena *arena, const char *a, const char *b)
{
    return format_arena(arena, "%s%s", a, b);
}

/* is_plain - no shell makes anything else of it */
static bool
is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=./:,@%";

    return *word != '\0' && word[strspn(word, plain)] == '\0';
}

const char *
launch_quote(struct arena *arena, const char *word)
{
    size_t size = 3;
    char *quoted = NULL;
    char *to = NULL;

    if (is_plain(word)) {
        return word;
    }
    for (const char *c = word; *c != '\0'; c++) {
        size += *c == '\'' ? 4 : 1;
    }
    quoted = arena_take(arena, size);
    to = quoted;
    *to++ = '\'';
    for (const char *c = word; *c != '\0'; c++) {
        if (*c == '\'') {
            for (const char *escaped = "'\\''"; *escaped != '\0'; escaped++) {
                *to++ = *escaped;
            }
        } else {
            *to++ = *c;
        }
    }
    *to = '\'';
    return quoted;
}

const char *
launch_words(struct arena *arena, int argc, char *const *argv)
{
    const char *line = "mtasim";

    for (int i = 0; i < argc; i++) {
        line = launch_join(arena, line, " ");
        line = launch_join(arena, line, launch_quote(arena, argv[i]));
    }
    return line;
}

const char *
launch_program_path(struct arena *arena)
{
    char path[PATH_SIZE];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);

    if (size <= 0) {
        return NULL;
    }
    path[size] = '\0';
    return arena_text(arena, path);
}

const char *
launch_scheduler_path(const char *given, struct arena *arena, struct diag *diag)
{
    const char *path = given;

    if (path == NULL) {
        const char *program = launch_program_path(arena);
        char *folder = arena_text(arena, program != NULL ? program : "./");

        strrchr(folder, '/')[1] = '\0';
        path = launch_join(arena, folder, "jobctl.so");
    } else if (strchr(path, '/') == NULL) {
        path = launch_join(arena, "./", path); /* no search along a path */
    }
    if (access(path, R_OK) != 0) {
        diag_error(diag, (struct src_loc){.file = path},
                   "no scheduler object can be read here: %s; %s",
                   strerror(errno),
                   given == NULL ? "build it (make), or name one with"
                                   " --scheduler PATH"
                                 : "name another with --scheduler PATH");
        return NULL;
    }
    return path;
}

/* scheduler_takes - what the scheduler says of its configuration, also where the
 * scenario is wrong and will not be run: all errors in one go */
static bool
scheduler_takes(const struct launch *launch, struct diag *diag)
{
    const struct run_request request = launch_request(launch);
    struct mta_about scheduler;

    return !launch->scenario.has_files || launch->scheduler_path == NULL ||
           run_describe(&request, &scheduler, diag);
}

bool
launch_open_with(struct launch *launch, struct command_call *call,
                 const char *scenario_path, const char *const *more_sets,
                 uint32_t more_sets_count)
{
    const struct options *options = call->options;
    const struct option_value *sets = &options->values[OPTION_SET];
    const char *given = options_text(options, OPTION_SCHEDULER, NULL);
    const char **all = NULL;
    bool is_good = false;

    *launch = (struct launch){
        .arena = arena_new(0),
        .scenario_path = scenario_path,
        .seed = options_number(options, OPTION_SEED, RUN_SEED_DEFAULT),
        .replication = (uint32_t)options_number(options, OPTION_REPLICATION, 0),
        .has_scheduler = given != NULL,
    };
    launch->sets_count = sets->texts_count + more_sets_count;
    all = arena_take(launch->arena,
                     ((uint64_t)launch->sets_count + 1) * sizeof *all);
    for (uint32_t i = 0; i < launch->sets_count; i++) {
        all[i] = i < sets->texts_count ? sets->texts[i]
                                       : more_sets[i - sets->texts_count];
    }
    launch->sets = all;
    is_good = scenario_load(&launch->scenario, scenario_path, launch->sets,
                            launch->sets_count, call->diag);
    launch->scheduler_path =
        launch_scheduler_path(given, launch->arena, call->diag);
    if (!is_good && !scheduler_takes(launch, call->diag)) {
        return false;
    }
    return is_good && launch->scheduler_path != NULL;
}

bool
launch_open(struct launch *launch, struct command_call *call,
            const char *scenario_path)
{
    return launch_open_with(launch, call, scenario_path, NULL, 0);
}

void
launch_close(struct launch *launch)
{
    base_crash_line_set(NULL); /* it lies in the arena */
    scenario_free(&launch->scenario);
    arena_free(launch->arena);
    *launch = (struct launch){0};
}

struct run_request
launch_request(const struct launch *launch)
{
    return (struct run_request){
        .scenario = &launch->scenario,
        .scheduler_path = launch->scheduler_path,
        .seed = launch->seed,
        .replication = launch->replication,
    };
}

const char *
launch_command(const struct launch *launch)
{
    struct arena *arena = launch->arena;
    const char *line = launch_join(arena, "mtasim run ",
                                   launch_quote(arena, launch->scenario_path));
    char number[64];

    for (uint32_t i = 0; i < launch->sets_count; i++) {
        line = launch_join(arena, line, " --set ");
        line = launch_join(arena, line, launch_quote(arena, launch->sets[i]));
    }
    snprintf(number, sizeof number,
             " --seed %" PRIu64 " --replication %" PRIu32, launch->seed,
             launch->replication);
    line = launch_join(arena, line, number);
    if (launch->has_scheduler) {
        line = launch_join(arena, line, " --scheduler ");
        line = launch_join(arena, line,
                           launch_quote(arena, launch->scheduler_path));
    }
    return line;
}

bool
launch_run(struct launch *launch, const struct mta_observer *observer,
           struct result *result, struct mta_about *scheduler,
           struct diag *diag)
{
    struct run_request request = launch_request(launch);

    request.observer = observer;
    base_crash_line_set(launch_command(launch));
    return run_once(&request, result, scheduler, diag);
}

bool
launch_flush(struct diag *diag)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return true;
    }
    diag_error(diag, command_line, "the results could not be written: %s",
               strerror(errno));
    return false;
}
