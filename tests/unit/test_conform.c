/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_conform.c - the conformance checks find every planted fault
 *
 * The Job Controller passes all of them. tests/support/schedulers/ holds the
 * same one behind a forger (tamper.c: wrong actions, lies) and in bad hands
 * (sloppy.c: memory, answers, state outside the instance), each with one fault
 * at a time, which must be told by the check that is about it. What crashes or
 * hangs is left to test_cmd_doctor.sh: here all is one process.
 */
#include "models/mta/conform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#ifdef __SANITIZE_ADDRESS__
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

static void
object_path(const char *object, char *path, size_t size)
{
    const char *build = getenv("MTASIM_BUILD");
    const bool is_real = strcmp(object, "jobctl") == 0;

    snprintf(path, size, "%s/%s%s.so", build == NULL ? "build/debug" : build,
             is_real ? "" : "tests/support/schedulers/", object);
}

/* examine - one check of an object with one fault ("": none) */
static struct conform_answer
examine(const char *object, const char *fault, const char *check)
{
    char path[256], option[64];
    struct conform_answer answer = {.verdict = CONFORM_OK};

    object_path(object, path, sizeof path);
    snprintf(option, sizeof option, "option.%s", object);
    const struct mta_override overrides[] = {{option, fault, "--set"}};
    const struct conform_subject subject = {.path = path,
                                            .texts = conform_texts,
                                            .texts_count = CONFORM_TEXTS_COUNT,
                                            .overrides = overrides,
                                            .overrides_count =
                                                fault[0] == '\0' ? 0 : 1};
    assert_non_null(conform_get(check));
    conform_get(check)->run(&subject, &answer);
    return answer;
}

/* A fault, the check that must tell it, and words it must use. */
struct planted {
    const char *fault;
    const char *check;
    const char *words;
};

static void
planted_find(const char *object, const struct planted *planted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct conform_answer answer =
            examine(object, planted[i].fault, planted[i].check);
        if (answer.verdict != CONFORM_NOT_OK ||
            strstr(answer.text, planted[i].words) == NULL) {
            fail_msg("%s: expected %s to say \"%s\", found %u: %s",
                     planted[i].fault, planted[i].check, planted[i].words,
                     answer.verdict, answer.text);
        }
    }
}

#define FIND(OBJECT, PLANTED)                                                  \
    planted_find(OBJECT, PLANTED, sizeof PLANTED / sizeof PLANTED[0])

static void
test_conform_passes_the_job_controller(void **state)
{
    (void)state;
    for (uint32_t i = 0; conform_at(i) != NULL; i++) {
        const struct conform_answer answer =
            examine("jobctl", "", conform_at(i)->name);
        uint32_t also = CONFORM_OK;

        if (IS_SANITIZED && strncmp(conform_at(i)->name, "file.", 5) == 0) {
            also = CONFORM_NOT_CHECKED;
        }
        if (answer.verdict != CONFORM_OK && answer.verdict != also) {
            fail_msg("%s: %u: %s", conform_at(i)->name, answer.verdict,
                     answer.text);
        }
    }
}

static void
test_conform_passes_the_wrappers_without_a_fault(void **state)
{
    static const char *const checks[] = {
        "create.describe", "create.errors", "create.memory", "life.laws",
        "life.refusals",   "life.drain",    "run.rules"};

    (void)state;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        assert_int_not_equal(examine("tamper", "none", checks[i]).verdict,
                             CONFORM_NOT_OK);
        assert_int_not_equal(examine("sloppy", "none", checks[i]).verdict,
                             CONFORM_NOT_OK);
    }
    assert_int_equal(examine("sloppy", "none", "events.illegal").verdict,
                     CONFORM_OK);
    assert_int_equal(examine("sloppy", "none", "events.memory").verdict,
                     CONFORM_OK);
}

static void
test_conform_says_what_is_not_claimed(void **state)
{
    (void)state;
    assert_int_equal(examine("tamper", "none", "life.check").verdict,
                     CONFORM_NOT_CLAIMED);
    assert_int_equal(examine("tamper", "none", "same.digest").verdict,
                     CONFORM_NOT_CLAIMED);
    assert_int_equal(examine("sloppy", "none", "run.rules").verdict,
                     CONFORM_NOT_CLAIMED);
}

static void
test_conform_finds_what_cannot_be_loaded(void **state)
{
    static const char *const objects[][2] = {
        {"no_entry", "exported sched_entry()"},
        {"no_magic", "a scheduler's descriptor"},
        {"no_policy", "without one of them"},
        {"no_describe", "without one of them"},
        {"short_table", "without one of them"},
        {"old_abi", "expected ABI 1.x, found 2.0"},
        {"no_such_object", "found: No such file"}};

    (void)state;
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        const struct conform_answer answer =
            examine(objects[i][0], "", "file.loads");
        assert_int_equal(answer.verdict, CONFORM_NOT_OK);
        if (strstr(answer.text, objects[i][1]) == NULL) {
            fail_msg("%s: %s", objects[i][0], answer.text);
        }
    }
    assert_int_equal(examine("no_create", "", "create.describe").verdict,
                     CONFORM_NOT_OK);
}

/* The wrappers call strcmp and more, keep counters, and have constructors. */
static void
test_conform_finds_what_a_file_should_not_have(void **state)
{
    static const struct planted planted[] = {
        {"none", "file.symbols", "abort"},
        {"none", "file.writable", ".bss"},
        {"none", "file.exports", "core_entry"}};

    (void)state;
    if (IS_SANITIZED) {
        assert_int_equal(examine("sloppy", "none", "file.symbols").verdict,
                         CONFORM_NOT_CHECKED);
        return;
    }
    FIND("sloppy", planted);
}

static void
test_conform_finds_illegal_actions(void **state)
{
    static const struct planted planted[] = {
        {"twice", "life.laws", "DELIVER of a file that is"},
        {"deliver-busy", "life.laws", "DELIVER of a file that is with"},
        {"deliver-host", "life.laws", "another channel or host than its own"},
        {"lose", "life.laws", "was put into no file"},
        {"create-again", "life.laws", "CREATE of a file number used before"},
        {"create-far", "life.laws", "CREATE with recipients that are not"},
        {"wrong-host", "life.laws", "CREATE for another channel or host"},
        {"wrong-channel", "life.laws", "CREATE for another channel or host"},
        {"reject-late", "life.laws", "REJECT of a message that has files"},
        {"hold-twice", "life.laws", "held already"},
        {"ghost-file", "life.laws", "a file that never was"},
        {"return-busy", "life.laws", "HOLD, RETURN or WARN of a file that"},
        {"rewrite-busy", "life.laws", "REWRITE of a file that is not at rest"},
        {"rewrite-far", "life.laws", "REWRITE of a file that is not at rest"},
        {"ghost-job", "life.laws", "STOP_JOB of job 77"},
        {"job-number", "life.laws", "START_JOB of job 77"},
        {"thread-nowhere", "life.laws", "START_THREAD 77.0"},
        {"stop-busy", "life.laws", "which is not idle"},
        {"unknown", "life.laws", "an action of kind 99"}};

    (void)state;
    FIND("tamper", planted);
}

static void
test_conform_finds_wrong_answers_and_wishes(void **state)
{
    static const struct planted planted[] = {
        {"event-error", "life.laws", "kind 7 is answered ERR_BUG"},
        {"next-error", "life.laws", "next() answers ERR_BUG"},
        {"babble", "life.laws", "STOP_JOB of job 77"},
        {"wakes", "life.laws", "over and over"},
        {"no-memory", "create.describe", "create() answers ERR_MEMORY"},
        {"needs-text", "create.describe", "create() answers TEXT_NEEDED"}};

    (void)state;
    FIND("tamper", planted);
}

static void
test_conform_finds_more_jobs_and_threads_than_described(void **state)
{
    static const struct planted planted[] = {
        {"jobs", "life.laws", "beyond the maxjobs or job_limit"},
        {"threads", "life.laws", "beyond the max_client_threads"}};

    (void)state;
    FIND("tamper", planted);
}

/* No law of every scheduler: rules of the policy it claims. */
static void
test_conform_finds_broken_rules_of_the_policy(void **state)
{
    static const struct planted planted[] = {
        {"early", "run.rules", "before its retry is due"},
        {"notices", "run.rules", "is warned about at an age of"},
        {"priority", "run.rules", "goes before"}};

    (void)state;
    FIND("tamper", planted);
}

static void
test_conform_finds_misuse_of_memory(void **state)
{
    static const struct planted planted[] = {
        {"leak", "life.laws", "64 bytes were not given back"},
        {"leak-error", "create.memory", "64 bytes were not given back"},
        {"overrun", "life.laws", "written behind its end"},
        {"size", "life.laws", "with another size"}};

    (void)state;
    /* The address sanitizer would end the test at the overrun. */
    planted_find("sloppy", planted, IS_SANITIZED ? 2 : 4);
}

static void
test_conform_finds_events_that_are_half_done(void **state)
{
    static const struct planted planted[] = {
        {"content", "events.illegal", "is answered OK"},
        {"smeared", "events.illegal", "has changed the state"},
        {"dirty", "events.memory", "ERR_MEMORY and has changed the state"},
        {"deaf", "life.refusals", "are refused: "},
        {"mute", "create.errors", "says nothing of why"}};

    (void)state;
    FIND("sloppy", planted);
}

static void
test_conform_finds_what_no_event_decided(void **state)
{
    static const struct planted planted[] = {
        {"describe", "create.describe", "is another in a second instance"},
        {"global", "same.interleaved", "beside another instance"},
        {"noise", "same.elsewhere", "memory filled with zeroes"},
        {"digest", "same.digest", "two digests of one history"},
        {"check", "life.check", "the spoon is bent"},
        {"forgetful", "life.drain", "after all has ended"}};

    (void)state;
    FIND("sloppy", planted);
}

static void
test_conform_run_has_the_reference_digest(void **state)
{
    char path[256], digest[DIGEST_TEXT_SIZE];
    struct diag diag;

    (void)state;
    object_path("jobctl", path, sizeof path);
    diag_init(&diag);
    assert_true(conform_run_digest(path, digest, &diag));
    assert_string_equal(digest, conform_reference_digest);
    diag_free(&diag);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conform_passes_the_job_controller),
        cmocka_unit_test(test_conform_passes_the_wrappers_without_a_fault),
        cmocka_unit_test(test_conform_says_what_is_not_claimed),
        cmocka_unit_test(test_conform_finds_what_cannot_be_loaded),
        cmocka_unit_test(test_conform_finds_what_a_file_should_not_have),
        cmocka_unit_test(test_conform_finds_illegal_actions),
        cmocka_unit_test(test_conform_finds_wrong_answers_and_wishes),
        cmocka_unit_test(
            test_conform_finds_more_jobs_and_threads_than_described),
        cmocka_unit_test(test_conform_finds_broken_rules_of_the_policy),
        cmocka_unit_test(test_conform_finds_misuse_of_memory),
        cmocka_unit_test(test_conform_finds_events_that_are_half_done),
        cmocka_unit_test(test_conform_finds_what_no_event_decided),
        cmocka_unit_test(test_conform_run_has_the_reference_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
