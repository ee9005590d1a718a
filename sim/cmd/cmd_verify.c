/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_verify.c - mtasim verify: is a run a function of its inputs?
 *
 * The program runs itself twice, in processes as unlike as can be (twice.h),
 * and compares the digests. Where they differ, the block that the digests'
 * marks name is made again as text, to find the first differing event.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd/commands.h"
#include "sim/cmd/figures.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/twice.h"
#include "sim/lab/check.h"
#include "sim/lab/json.h"

enum {
    PROCESSES = 2,
    WORDS_FIXED = 16,
    NUMBER_SIZE = 48,
    FOLDER_SIZE = 4096,
    ANSWER_LINE_SIZE = 80
};

/* What one process said. */
struct answer {
    char text[DIGEST_TEXT_SIZE];
    struct digest digest; /* marks and records only */
};

/* One call of the command. */
struct work {
    struct command_call *call;
    struct launch launch;
    char **words; /* of the program's command line, NULL at the end */
    uint32_t words_count;
    struct answer answers[PROCESSES];
    struct check_parting parting;
};

static const char *const names[PROCESSES] = {"first", "second"};

/* path_whole - from the root on: the second process works elsewhere */
static const char *
path_whole(const struct work *work, const char *path)
{
    struct arena *arena = work->launch.arena;
    char folder[FOLDER_SIZE];

    if (path[0] == '/' || getcwd(folder, sizeof folder) == NULL) {
        return path;
    }
    return launch_join(
        arena, launch_join(arena, arena_text(arena, folder), "/"), path);
}

/* word_add - a copy: exec wants words that it could write to */
static void
word_add(struct work *work, const char *word)
{
    work->words[work->words_count++] = arena_text(work->launch.arena, word);
    work->words[work->words_count] = NULL;
}

/* words_make - this very run, without what is to be printed */
static bool
words_make(struct work *work)
{
    const struct launch *launch = &work->launch;
    struct arena *arena = launch->arena;
    const char *program = launch_program_path(arena);
    char number[NUMBER_SIZE];

    if (program == NULL) {
        diag_error(work->call->diag, (struct src_loc){0},
                   "the program's own file is not known (/proc/self/exe), so"
                   " it cannot be started again");
        return false;
    }
    work->words =
        arena_take(arena, ((uint64_t)launch->sets_count * 2 + WORDS_FIXED) *
                              sizeof *work->words);
    word_add(work, program);
    word_add(work, "run");
    word_add(work, path_whole(work, launch->scenario_path));
    word_add(work, "--quiet");
    word_add(work, "--scheduler");
    word_add(work, path_whole(work, launch->scheduler_path));
    word_add(work, "--seed");
    snprintf(number, sizeof number, "%" PRIu64, launch->seed);
    word_add(work, number);
    word_add(work, "--replication");
    snprintf(number, sizeof number, "%" PRIu32, launch->replication);
    word_add(work, number);
    for (uint32_t i = 0; i < launch->sets_count; i++) {
        word_add(work, "--set");
        word_add(work, launch->sets[i]);
    }
    return true;
}

/* both_start - the run in two processes; false: reported, none is left */
static bool
both_start(struct work *work, struct twice twices[PROCESSES])
{
    twices[0] = (struct twice){0};
    twices[1] = (struct twice){0};
    if (twice_start(&twices[0], TWICE_PLAIN, work->words, work->call->diag) &&
        twice_start(&twices[1], TWICE_UNLIKE, work->words, work->call->diag)) {
        return true;
    }
    twice_stop(&twices[0]);
    return false;
}

static void
mark_add(struct digest *digest, uint64_t mark)
{
    if (digest->marks_count == digest->marks_capacity) {
        digest->marks_capacity = digest->marks_capacity * 2 + 64;
        digest->marks =
            base_realloc(digest->marks, digest->marks_capacity * sizeof mark);
    }
    digest->marks[digest->marks_count++] = mark;
}

/* answer_read - the digest, the number of records, and the marks */
static bool
answer_read(FILE *in, struct answer *answer)
{
    const size_t digits = DIGEST_TEXT_SIZE - 1;
    char line[ANSWER_LINE_SIZE];

    if (in == NULL || fgets(line, sizeof line, in) == NULL ||
        strlen(line) <= digits || line[digits] != ' ') {
        return false;
    }
    snprintf(answer->text, sizeof answer->text, "%.*s", (int)digits, line);
    answer->digest.records_count = strtoull(line + digits, NULL, 10);
    while (fgets(line, sizeof line, in) != NULL) {
        mark_add(&answer->digest, strtoull(line, NULL, 16));
    }
    return true;
}

/* digests_get - both runs; false: one of them failed, reported */
static bool
digests_get(struct work *work)
{
    struct twice twices[PROCESSES];
    const uint32_t words_count = work->words_count;
    bool is_good = true;

    word_add(work, "--marks");
    if (!both_start(work, twices)) {
        return false;
    }
    for (int i = 0; i < PROCESSES; i++) {
        const bool is_read = answer_read(twices[i].out, &work->answers[i]);
        const int code = twice_wait(&twices[i]);

        if (!is_read || (code != EXIT_DONE && code != EXIT_CHECK_FAILED)) {
            diag_error(work->call->diag, (struct src_loc){0},
                       "the run in the %s process ended with %d", names[i],
                       code);
            is_good = false;
        }
    }
    work->words_count = words_count;
    return is_good;
}

/* part_find - makes the differing block again, as text */
static void
part_find(struct work *work)
{
    const struct check_block block =
        check_block_find(&work->answers[0].digest, &work->answers[1].digest);
    struct twice twices[PROCESSES];
    char lines[NUMBER_SIZE];

    snprintf(lines, sizeof lines, "%" PRIu64 ",%" PRIu64, block.from,
             block.until);
    word_add(work, "--trace");
    word_add(work, "-");
    word_add(work, "--lines");
    word_add(work, lines);
    if (both_start(work, twices)) {
        check_lines_compare(twices[0].out, twices[1].out, &work->parting);
        twice_stop(&twices[0]);
        twice_stop(&twices[1]);
    }
}

static void
report_print(const struct work *work, bool is_same)
{
    const struct check_parting *parting = &work->parting;
    char when[FIGURES_SIZE];

    if (is_same) {
        printf("%s: the same run twice, %" PRIu64 " records\ndigest  %s\n",
               work->launch.scenario.name,
               work->answers[0].digest.records_count, work->answers[0].text);
        return;
    }
    printf("%s: FAILED, the same run twice is not the same\n",
           work->launch.scenario.name);
    for (int i = 0; i < PROCESSES; i++) {
        printf("  %-6s  digest %s, %" PRIu64 " records\n", names[i],
               work->answers[i].text, work->answers[i].digest.records_count);
    }
    if (!parting->is_found) {
        puts("  made once more, they did not part where they did before");
        return;
    }
    figures_duration(when, (double)check_line_ns(parting->lines[0] != NULL
                                                     ? parting->lines[0]
                                                     : parting->lines[1]) /
                               (double)NS_PER_S);
    printf("they part %s after the start:\n  both    %s\n", when,
           parting->before != NULL ? parting->before : "(nothing yet)");
    for (int i = 0; i < PROCESSES; i++) {
        printf("  %-6s  %s\n", names[i],
               parting->lines[i] != NULL ? parting->lines[i]
                                         : "(no more records)");
    }
}

static bool
report_json(const struct work *work, bool is_same)
{
    struct json json;

    json_init(&json, stdout);
    json_object_begin(&json);
    json_key(&json, "scenario");
    json_text(&json, work->launch.scenario.name);
    json_key(&json, "passed");
    json_bool(&json, is_same);
    json_key(&json, "digests");
    json_array_begin(&json);
    for (int i = 0; i < PROCESSES; i++) {
        json_text(&json, work->answers[i].text);
    }
    json_array_end(&json);
    json_key(&json, "records");
    json_u64(&json, work->answers[0].digest.records_count);
    if (!is_same) {
        json_key(&json, "before");
        json_text(&json, work->parting.before);
        for (int i = 0; i < PROCESSES; i++) {
            json_key(&json, names[i]);
            json_text(&json, work->parting.lines[i]);
        }
    }
    json_object_end(&json);
    return json_end(&json);
}

static int
verify_do(struct work *work)
{
    bool is_same = false;
    bool is_printed = true;

    if (!words_make(work) || !digests_get(work)) {
        return EXIT_RUNS_FAILED;
    }
    is_same = strcmp(work->answers[0].text, work->answers[1].text) == 0;
    if (!is_same) {
        part_find(work);
    }
    if (options_has(work->call->options, OPTION_JSON)) {
        is_printed = report_json(work, is_same);
    } else {
        report_print(work, is_same);
    }
    if (!is_printed || !launch_flush(work->call->diag)) {
        return EXIT_IO_ERROR;
    }
    return is_same ? EXIT_DONE : EXIT_CHECK_FAILED;
}

int
cmd_verify(struct command_call *call)
{
    struct work work = {.call = call};
    int code = EXIT_USER_ERROR;

    if (launch_open(&work.launch, call, call->options->operands[0])) {
        code = verify_do(&work);
    }
    for (int i = 0; i < PROCESSES; i++) {
        free(work.answers[i].digest.marks);
    }
    check_parting_free(&work.parting);
    launch_close(&work.launch);
    return code;
}
