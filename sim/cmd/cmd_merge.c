/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_merge.c - mtasim merge: shards of a sweep become one results file
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "sim/cmd/commands.h"
#include "sim/cmd/launch.h"
#include "sim/lab/json.h"
#include "sim/lab/store.h"

static int
status_code(enum store_status status)
{
    switch (status) {
    case STORE_OK:
        return EXIT_DONE;
    case STORE_ALARM:
        return EXIT_CHECK_FAILED;
    case STORE_IO:
        return EXIT_IO_ERROR;
    }
    UNREACHABLE("every status is above");
}

static bool
report(const struct command_call *call, int64_t before, int64_t after)
{
    const char *path = call->options->operands[0];
    struct json json;

    if (!options_has(call->options, OPTION_JSON)) {
        printf("%s: %" PRId64 " runs, %" PRId64 " of them new\n", path, after,
               after - before);
        return launch_flush(call->diag);
    }
    json_init(&json, stdout);
    json_object_begin(&json);
    json_key(&json, "database");
    json_text(&json, path);
    json_key(&json, "runs");
    json_i64(&json, after);
    json_key(&json, "new");
    json_i64(&json, after - before);
    json_object_end(&json);
    return json_end(&json) && launch_flush(call->diag);
}

/* is_sound - it is a results file, and whole; false: reported */
static bool
is_sound(const char *path, struct diag *diag)
{
    struct store *store = store_open(path, STORE_READ, diag);
    const bool is_good = store != NULL && store_check(store, diag);

    store_close(store);
    return is_good;
}

/* files_check - every file, before anything is written: the shards are sound
 * and none is what they are merged into, which is sound too if it is there */
static bool
files_check(const struct command_call *call)
{
    const char *const *paths = call->options->operands;
    struct stat target;
    struct stat shard;
    const bool has_target = stat(paths[0], &target) == 0;
    bool is_good = !has_target || is_sound(paths[0], call->diag);

    for (uint32_t i = 1; i < call->options->operands_count; i++) {
        if (has_target && stat(paths[i], &shard) == 0 &&
            shard.st_dev == target.st_dev && shard.st_ino == target.st_ino) {
            diag_error(call->diag, (struct src_loc){.file = paths[i]},
                       "is the file that the others are merged into");
            is_good = false;
        } else {
            is_good = is_sound(paths[i], call->diag) && is_good;
        }
    }
    return is_good;
}

int
cmd_merge(struct command_call *call)
{
    const struct options *options = call->options;
    struct store *store = NULL;
    int64_t before = 0;
    int code = EXIT_DONE;

    if (!files_check(call)) {
        return EXIT_USER_ERROR;
    }
    store = store_open(options->operands[0], STORE_WRITE, call->diag);
    if (store == NULL) {
        return EXIT_USER_ERROR;
    }
    before = store_runs_count(store);
    for (uint32_t i = 1; i < options->operands_count && code == EXIT_DONE;
         i++) {
        code =
            status_code(store_merge(store, options->operands[i], call->diag));
    }
    if (!report(call, before, store_runs_count(store))) {
        code = EXIT_IO_ERROR;
    }
    store_close(store);
    return code;
}
