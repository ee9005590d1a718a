/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.c - scenario, seed, scheduler object; see session.h
 */
#include "sim/cmd/session.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/lab/format.h"

enum { PATH_SIZE = 4096 };

static const struct src_loc command_line = {.file = "command line"};

const char *
session_join(struct arena *arena, const char *a, const char *b)
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
session_quote(struct arena *arena, const char *word)
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
session_words(struct arena *arena, int argc, char *const *argv)
{
    const char *line = "mtasim";

    for (int i = 0; i < argc; i++) {
        line = session_join(arena, line, " ");
        line = session_join(arena, line, session_quote(arena, argv[i]));
    }
    return line;
}

const char *
session_program_path(struct arena *arena)
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
session_scheduler_path(const char *given, struct arena *arena,
                       struct diag *diag)
{
    const char *path = given;

    if (path == NULL) {
        const char *program = session_program_path(arena);
        char *folder = arena_text(arena, program != NULL ? program : "./");

        strrchr(folder, '/')[1] = '\0';
        path = session_join(arena, folder, "jobctl.so");
    } else if (strchr(path, '/') == NULL) {
        path = session_join(arena, "./", path); /* no search along a path */
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
scheduler_takes(const struct session *session, struct diag *diag)
{
    const struct run_request request = session_request(session);
    struct mta_about scheduler;

    return !session->scenario.has_files || session->scheduler_path == NULL ||
           run_describe(&request, &scheduler, diag);
}

bool
session_open_with(struct session *session, struct command_call *call,
                  const char *scenario_path, const char *const *more_sets,
                  uint32_t more_sets_count)
{
    const struct options *options = call->options;
    const struct option_value *sets = &options->values[OPTION_SET];
    const char *given = options_text(options, OPTION_SCHEDULER, NULL);
    const char **all = NULL;
    bool is_good = false;

    *session = (struct session){
        .arena = arena_new(0),
        .scenario_path = scenario_path,
        .seed = options_number(options, OPTION_SEED, RUN_SEED_DEFAULT),
        .replication = (uint32_t)options_number(options, OPTION_REPLICATION, 0),
        .has_scheduler = given != NULL,
    };
    session->sets_count = sets->texts_count + more_sets_count;
    all = arena_take(session->arena,
                     ((uint64_t)session->sets_count + 1) * sizeof *all);
    for (uint32_t i = 0; i < session->sets_count; i++) {
        all[i] = i < sets->texts_count ? sets->texts[i]
                                       : more_sets[i - sets->texts_count];
    }
    session->sets = all;
    is_good = scenario_load(&session->scenario, scenario_path, session->sets,
                            session->sets_count, call->diag);
    session->scheduler_path =
        session_scheduler_path(given, session->arena, call->diag);
    if (!is_good && !scheduler_takes(session, call->diag)) {
        return false;
    }
    return is_good && session->scheduler_path != NULL;
}

bool
session_open(struct session *session, struct command_call *call,
             const char *scenario_path)
{
    return session_open_with(session, call, scenario_path, NULL, 0);
}

void
session_close(struct session *session)
{
    base_crash_line_set(NULL); /* it lies in the arena */
    scenario_free(&session->scenario);
    arena_free(session->arena);
    *session = (struct session){0};
}

struct run_request
session_request(const struct session *session)
{
    return (struct run_request){
        .scenario = &session->scenario,
        .scheduler_path = session->scheduler_path,
        .seed = session->seed,
        .replication = session->replication,
    };
}

const char *
session_command(const struct session *session)
{
    struct arena *arena = session->arena;
    const char *line = session_join(
        arena, "mtasim run ", session_quote(arena, session->scenario_path));
    char number[64];

    for (uint32_t i = 0; i < session->sets_count; i++) {
        line = session_join(arena, line, " --set ");
        line =
            session_join(arena, line, session_quote(arena, session->sets[i]));
    }
    snprintf(number, sizeof number,
             " --seed %" PRIu64 " --replication %" PRIu32, session->seed,
             session->replication);
    line = session_join(arena, line, number);
    if (session->has_scheduler) {
        line = session_join(arena, line, " --scheduler ");
        line = session_join(arena, line,
                            session_quote(arena, session->scheduler_path));
    }
    return line;
}

bool
session_run(struct session *session, const struct mta_observer *observer,
            struct result *result, struct mta_about *scheduler,
            struct diag *diag)
{
    struct run_request request = session_request(session);

    request.observer = observer;
    base_crash_line_set(session_command(session));
    return run_once(&request, result, scheduler, diag);
}

bool
session_flush(struct diag *diag)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return true;
    }
    diag_error(diag, command_line, "the results could not be written: %s",
               strerror(errno));
    return false;
}
