/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_doctor.c - mtasim doctor: is this object a scheduler, is all here?
 *
 * One line a check, and under what does not hold what to do about it. Without
 * --scheduler it is the program's own health check too: libraries, gnuplot,
 * the terminal, and whether this machine computes the reference digest.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/cmd/commands.h"
#include "sim/cmd/doctor.h"
#include "sim/cmd/launch.h"
#include "sim/cmd/program.h"
#include "sim/lab/json.h"
#include "sim/lab/libraries.h"

enum { LIMIT_S = 120, FINDINGS_MAX = 64, TEXT_SIZE = 256 };

/* A fact about the program. */
struct fact {
    const char *name;
    char text[TEXT_SIZE];
    bool is_wrong;
};

enum { FACTS_MAX = 8 };

/* One call of the command. */
struct work {
    struct command_call *call;
    struct arena *arena;
    struct conform_subject subject;
    struct doctor_finding findings[FINDINGS_MAX];
    struct fact facts[FACTS_MAX];
    uint32_t findings_count;
    uint32_t facts_count;
    uint32_t verdicts[CONFORM_NOT_CHECKED + 1]; /* how many of each */
};

static const char *const verdict_names[] = {
    [CONFORM_OK] = "ok",
    [CONFORM_NOT_OK] = "not ok",
    [CONFORM_NOT_CLAIMED] = "not claimed",
    [CONFORM_NOT_CHECKED] = "not checked"};

/* --- The object --------------------------------------------------------------- */

/* is_wanted - by --only, or because nothing is said */
static bool
is_wanted(const struct options *options, const char *name)
{
    const struct option_value *only = &options->values[OPTION_ONLY];

    for (uint32_t i = 0; i < only->texts_count; i++) {
        if (strcmp(only->texts[i], name) == 0) {
            return true;
        }
    }
    return only->texts_count == 0;
}

/* only_check - that there are such checks; false: reported */
static bool
only_check(const struct command_call *call)
{
    const struct option_value *only = &call->options->values[OPTION_ONLY];
    const char *names[FINDINGS_MAX];
    uint32_t count = 0;
    bool is_good = true;

    while (conform_at(count) != NULL && count < FINDINGS_MAX) {
        names[count] = conform_at(count)->name;
        count++;
    }
    for (uint32_t i = 0; i < only->texts_count; i++) {
        if (conform_get(only->texts[i]) == NULL) {
            const char *nearest = diag_nearest(only->texts[i], names, count);
            diag_error(call->diag, (struct src_loc){.file = "--only"},
                       "there is no check '%s'%s%s", only->texts[i],
                       nearest == NULL ? "" : "; did you mean ",
                       nearest == NULL ? "" : nearest);
            is_good = false;
        }
    }
    return is_good;
}

/* cost_tell - the one check that is information: with the time it took */
static void
cost_tell(struct doctor_finding *finding)
{
    struct conform_answer *answer = &finding->answer;

    if (answer->events_count > 0 && finding->cpu_ns > 0 &&
        answer->verdict == CONFORM_OK) {
        snprintf(answer->text, sizeof answer->text,
                 "%.0f events/s with the world around it, %" PRIu64
                 " bytes a queued message",
                 (double)answer->events_count * 1e9 / (double)finding->cpu_ns,
                 answer->bytes_per_message);
    }
}

static void
finding_print(const struct doctor_finding *finding)
{
    const struct conform_answer *answer = &finding->answer;

    printf("  %-12s %-17s %s\n", verdict_names[answer->verdict],
           finding->check->name, finding->check->claim);
    if (answer->text[0] != '\0') {
        printf("  %-12s %-17s   %s\n", "", "", answer->text);
    }
    if (answer->verdict == CONFORM_NOT_OK &&
        finding->check->advice[0] != '\0') {
        printf("  %-12s %-17s   to do: %s\n", "", "", finding->check->advice);
    }
}

/* is_of_a_life - whether an instance must live for it, as in life.laws */
static bool
is_of_a_life(const char *name)
{
    return strncmp(name, "file.", 5) != 0 && strncmp(name, "create.", 7) != 0;
}

/* object_examine - every check; where it cannot be loaded, no more than that;
 * where life.laws has crashed or hung, no other life */
static void
object_examine(struct work *work, bool is_told)
{
    const struct options *options = work->call->options;
    const unsigned limit_s =
        (unsigned)options_number(options, OPTION_LIMIT, LIMIT_S);
    bool is_there = true;
    bool is_alive = true;

    for (uint32_t i = 0; is_there && conform_at(i) != NULL; i++) {
        const struct conform_check *check = conform_at(i);
        struct doctor_finding *finding = &work->findings[work->findings_count];

        if (!is_wanted(options, check->name)) {
            continue;
        }
        work->findings_count++;
        if (is_alive || !is_of_a_life(check->name)) {
            doctor_examine(&work->subject, check, limit_s, finding);
        } else {
            *finding = (struct doctor_finding){
                .check = check,
                .answer = {.verdict = CONFORM_NOT_CHECKED,
                           .text = "see life.laws"}};
        }
        cost_tell(finding);
        work->verdicts[finding->answer.verdict]++;
        if (is_told) {
            finding_print(finding);
            fflush(stdout);
        }
        is_alive = is_alive && (strcmp(check->name, "life.laws") != 0 ||
                                !finding->has_ended);
        is_there = strcmp(check->name, "file.loads") != 0 ||
                   finding->answer.verdict == CONFORM_OK;
    }
}

/* --- The program ----------------------------------------------------------------- */

static struct fact *
fact_add(struct work *work, const char *name)
{
    struct fact *fact = &work->facts[work->facts_count++];

    fact->name = name;
    return fact;
}

/* gnuplot_find - along PATH, as the plots do */
static void
gnuplot_find(char text[TEXT_SIZE])
{
    const char *path = getenv("PATH");
    char file[TEXT_SIZE];

    while (path != NULL && *path != '\0') {
        const size_t n = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/gnuplot", (int)n, path);
        if (access(file, X_OK) == 0) {
            snprintf(text, TEXT_SIZE, "%s", file);
            return;
        }
        path += n + (path[n] == ':');
    }
    snprintf(text, TEXT_SIZE, "not found: all but `mtasim plot` works");
}

static void
terminal_tell(char text[TEXT_SIZE])
{
    struct winsize size = {0};

    if (isatty(STDOUT_FILENO) == 0) {
        snprintf(text, TEXT_SIZE, "none: output goes to a file or a pipe");
    } else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        snprintf(text, TEXT_SIZE, "%u columns", size.ws_col);
    } else {
        snprintf(text, TEXT_SIZE, "of unknown width");
    }
}

/* digest_tell - whether this machine computes what others do */
static void
digest_tell(struct work *work, struct fact *fact)
{
    char digest[DIGEST_TEXT_SIZE] = "";

    if (!conform_run_digest(work->subject.path, digest, work->call->diag)) {
        fact->is_wrong = true;
        snprintf(fact->text, sizeof fact->text, "could not be computed");
        return;
    }
    fact->is_wrong = strcmp(digest, conform_reference_digest) != 0;
    snprintf(fact->text, sizeof fact->text, "%s%s", digest,
             fact->is_wrong ? ", NOT the one of other machines: results of this"
                              " one cannot be compared with theirs"
                            : ", as on every machine");
}

static void
program_examine(struct work *work)
{
    snprintf(fact_add(work, "program")->text, TEXT_SIZE, "sources %s",
             program_sha256());
    snprintf(fact_add(work, "GSL")->text, TEXT_SIZE, "%s", libraries_gsl());
    snprintf(fact_add(work, "SQLite")->text, TEXT_SIZE, "%s",
             libraries_sqlite());
    snprintf(fact_add(work, "libyaml")->text, TEXT_SIZE, "%s",
             libraries_yaml());
    gnuplot_find(fact_add(work, "gnuplot")->text);
    terminal_tell(fact_add(work, "terminal")->text);
    digest_tell(work, fact_add(work, "digest"));
}

/* --- The report ------------------------------------------------------------------- */

static bool
is_conformant(const struct work *work)
{
    return work->verdicts[CONFORM_NOT_OK] == 0;
}

static bool
is_healthy(const struct work *work)
{
    for (uint32_t i = 0; i < work->facts_count; i++) {
        if (work->facts[i].is_wrong) {
            return false;
        }
    }
    return true;
}

static void
summary_print(const struct work *work)
{
    printf("%s: %" PRIu32 " ok, %" PRIu32 " not ok, %" PRIu32
           " not claimed, %" PRIu32 " not checked\n",
           is_conformant(work) ? "conformant" : "NOT CONFORMANT",
           work->verdicts[CONFORM_OK], work->verdicts[CONFORM_NOT_OK],
           work->verdicts[CONFORM_NOT_CLAIMED],
           work->verdicts[CONFORM_NOT_CHECKED]);
    for (uint32_t i = 0; i < work->facts_count; i++) {
        printf("%s%-10s %s\n", i == 0 ? "\n" : "", work->facts[i].name,
               work->facts[i].text);
    }
}

static void
findings_json(struct json *json, const struct work *work)
{
    json_array_begin(json);
    for (uint32_t i = 0; i < work->findings_count; i++) {
        const struct doctor_finding *finding = &work->findings[i];

        json_object_begin(json);
        json_key(json, "check");
        json_text(json, finding->check->name);
        json_key(json, "verdict");
        json_text(json, verdict_names[finding->answer.verdict]);
        json_key(json, "claim");
        json_text(json, finding->check->claim);
        json_key(json, "found");
        json_text(json, finding->answer.text);
        json_key(json, "todo");
        json_text(json, finding->answer.verdict == CONFORM_NOT_OK
                            ? finding->check->advice
                            : NULL);
        json_object_end(json);
    }
    json_array_end(json);
}

static bool
report_json(const struct work *work)
{
    struct json json;

    json_init(&json, stdout);
    json_object_begin(&json);
    json_key(&json, "scheduler");
    json_text(&json, work->subject.path);
    json_key(&json, "passed");
    json_bool(&json, is_conformant(work) && is_healthy(work));
    json_key(&json, "checks");
    findings_json(&json, work);
    json_key(&json, "program");
    json_object_begin(&json);
    for (uint32_t i = 0; i < work->facts_count; i++) {
        json_key(&json, work->facts[i].name);
        json_text(&json, work->facts[i].text);
    }
    json_object_end(&json);
    json_object_end(&json);
    return json_end(&json);
}

static int
doctor_do(struct work *work)
{
    const struct options *options = work->call->options;
    const bool is_json = options_has(options, OPTION_JSON);
    bool is_printed = true;

    if (!is_json) {
        printf("%s\n", work->subject.path);
    }
    object_examine(work, !is_json);
    if (!options_has(options, OPTION_SCHEDULER) &&
        !options_has(options, OPTION_ONLY)) {
        program_examine(work);
    }
    if (is_json) {
        is_printed = report_json(work);
    } else {
        summary_print(work);
    }
    if (!is_printed || !launch_flush(work->call->diag)) {
        return EXIT_IO_ERROR;
    }
    return is_conformant(work) && is_healthy(work) ? EXIT_DONE
                                                   : EXIT_CHECK_FAILED;
}

int
cmd_doctor(struct command_call *call)
{
    const struct options *options = call->options;
    struct work *work = base_alloc(sizeof *work);
    struct diag *diag = call->diag;
    int code = EXIT_USER_ERROR;

    work->call = call;
    work->arena = arena_new(0);
    work->subject.path = launch_scheduler_path(
        options_text(options, OPTION_SCHEDULER, NULL), work->arena, diag);
    const bool is_good =
        doctor_texts(&work->subject, options_text(options, OPTION_MTA, NULL),
                     work->arena, diag) &&
        doctor_overrides(&work->subject, options, work->arena, diag);
    if (only_check(call) && is_good && work->subject.path != NULL) {
        code = doctor_do(work);
    }
    arena_free(work->arena);
    free(work);
    return code;
}
