/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_merge.c - mtasim merge: shards of a sweep become one results file
 */
#include <inttypes.h>
#include <stdio.h>

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

/* shards_check - all of them are results files; before anything is made */
static bool
shards_check(const struct command_call *call)
{
    bool is_good = true;

    for (uint32_t i = 1; i < call->options->operands_count; i++) {
        struct store *shard =
            store_open(call->options->operands[i], STORE_READ, call->diag);

        is_good = shard != NULL && is_good;
        store_close(shard);
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

    if (!shards_check(call)) {
        return EXIT_USER_ERROR;
    }
    store = store_open(options->operands[0], STORE_WRITE, call->diag);
    if (store == NULL) {
        return EXIT_IO_ERROR;
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
