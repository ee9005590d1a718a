/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_host.c - wrong schedulers are reported by name, and end nothing
 *
 * tests/support/schedulers/ holds objects that break one rule each: most are
 * the real scheduler behind a forger, told by the setting option.tamper what to
 * do (tamper.c). Each is run by the host on the fixture "closed"; pinned are
 * the words of the report, and that the run goes on to its end unless the
 * scheduler itself cannot.
 */
#include "models/mta/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lab/run.h"
#include "tests/support/support.h"

enum { SETS_MAX = 16 };

/* A run and what came of it. */
struct bench {
    bool is_good;
    struct result result;
    struct diag diag;
    struct mta_about about;
    uint32_t refused_count;
    uint32_t wakes_at_once; /* at the instant of the line before */
    int64_t line_ns;
};

static void
on_line(void *context, const char *text)
{
    struct bench *b = context;

    const int64_t at_ns = strtoll(text, NULL, 10);

    b->refused_count += strstr(text, " host refused ") != NULL;
    b->wakes_at_once +=
        strstr(text, " host wake") != NULL && at_ns == b->line_ns;
    b->line_ns = at_ns;
}

static void
object_path(const char *object, char *path, size_t size)
{
    const char *build = getenv("MTASIM_BUILD");
    const bool is_real = strcmp(object, "jobctl") == 0;

    snprintf(path, size, "%s/%s%s.so", build == NULL ? "build/debug" : build,
             is_real ? "" : "tests/support/schedulers/", object);
}

/* bench_run - the fixture with these settings, NULL at the end */
static void
bench_run(struct bench *b, const char *object, const char *const *sets)
{
    char path[256];
    struct scenario scenario;
    uint32_t count = 0;
    const struct mta_observer observer = {
        .context = b, .line = on_line, .line_until = UINT64_MAX};

    while (sets[count] != NULL) {
        count++;
    }
    *b = (struct bench){.is_good = false};
    object_path(object, path, sizeof path);
    diag_init(&b->diag);
    result_init(&b->result);
    if (!scenario_load(&scenario, "tests/fixtures/closed", sets, count,
                       &b->diag)) {
        fail_msg("%s", b->diag.text);
    }
    const struct run_request request = {.scenario = &scenario,
                                        .scheduler_path = path,
                                        .seed = RUN_SEED_DEFAULT,
                                        .observer = &observer};
    b->is_good = run_once(&request, &b->result, &b->about, &b->diag);
    scenario_free(&scenario);
}

static void
bench_free(struct bench *b)
{
    result_free(&b->result);
    diag_free(&b->diag);
}

/* says - the report has these words */
static void
says(const struct bench *b, const char *words)
{
    const char *text = b->diag.text == NULL ? "" : b->diag.text;

    if (strstr(text, words) == NULL) {
        fail_msg("expected \"%s\" in: %s", words, text);
    }
}

/* 40 messages in 20 s, 1 s of service each, one server at a time. */
#define BUSY                                                                   \
    "traffic.mail.arrivals=even(40, at 0s, over 20s)",                         \
        "destinations.far.example.service=1s", "channel.tcp_local.maxjobs=1",  \
        "channel.tcp_local.max_client_threads=1", "horizon=1h"
#define FAILING                                                                \
    "destinations.far.example.temporary=100%", "traffic.mail.priority=normal"

/* breaks - forged like this, the run ends well and is reported so */
static void
breaks(const char *object, const char *const *sets, const char *words)
{
    struct bench b;

    bench_run(&b, object, sets);
    if (!b.is_good) {
        fail_msg("%s", b.diag.text);
    }
    assert_true(b.result.violations > 0);
    says(&b, "violation at ");
    says(&b, words);
    bench_free(&b);
}

#define BREAKS(WORDS, ...)                                                     \
    breaks("tamper", (const char *[]){__VA_ARGS__, NULL}, WORDS)

static void
test_host_the_forger_itself_changes_nothing(void **state)
{
    static const char *const sets[] = {BUSY, NULL};
    static const char *const forged[] = {BUSY, "option.tamper=none", NULL};
    struct bench a, b;
    char digests[2][DIGEST_TEXT_SIZE];

    (void)state;
    bench_run(&a, "jobctl", sets);
    bench_run(&b, "tamper", forged);
    assert_true(a.is_good && b.is_good);
    assert_int_equal(b.result.violations, 0);
    assert_int_equal(b.result.delivered, 40);
    assert_string_equal(b.about.name, "tamper");
    digest_format(&a.result.digest, digests[0]);
    digest_format(&b.result.digest, digests[1]);
    assert_string_equal(digests[0], digests[1]);
    bench_free(&a);
    bench_free(&b);
}

static void
test_host_reports_a_delivery_that_cannot_be(void **state)
{
    (void)state;
    BREAKS("law: file 1 of message 1 is given to thread 0 of job 1", BUSY,
           "option.tamper=twice");
    BREAKS("law: file 1 of message 1 is given to thread 0 of job 1", BUSY,
           "option.tamper=deliver-busy");
    BREAKS("law: file 1 of message 1 is given to thread 0 of job 1", BUSY,
           "option.tamper=deliver-host");
}

static void
test_host_reports_a_lost_recipient(void **state)
{
    (void)state;
    BREAKS("law: recipient 2 of message 1 was put into no file", BUSY,
           "traffic.mail.recipients=3", "option.tamper=lose");
}

static void
test_host_reports_files_that_cannot_be(void **state)
{
    (void)state;
    BREAKS("law: a file that cannot be is created of message 1", BUSY,
           "option.tamper=create-again");
    BREAKS("law: a file that cannot be is created of message 1", BUSY,
           "option.tamper=create-far");
    BREAKS("law: a file that cannot be is created of message 1", BUSY,
           "option.tamper=wrong-host");
    BREAKS("law: a file that cannot be is created of message 1", BUSY,
           "option.tamper=wrong-channel");
    BREAKS("law: rejection after acceptance of message 1", BUSY,
           "option.tamper=reject-late");
    BREAKS("law: return, warning or hold of a file in use of message 1000000",
           BUSY, "option.tamper=ghost-file");
    BREAKS("law: return, warning or hold of a file in use of message 1", BUSY,
           "option.tamper=return-busy");
}

static void
test_host_reports_a_rewrite_of_what_it_may_not(void **state)
{
    (void)state;
    BREAKS("law: rewrite of message 1", BUSY, "option.tamper=rewrite-busy");
    BREAKS("law: rewrite of message 1", BUSY, "option.tamper=rewrite-far");
}

static void
test_host_reports_jobs_and_threads_that_cannot_be(void **state)
{
    (void)state;
    BREAKS("law: job 77 is started, expected 1 with thread 0", BUSY,
           "option.tamper=job-number");
    BREAKS("law: thread 0 of job 77 is started, which cannot start it", BUSY,
           "option.tamper=thread-nowhere");
    BREAKS("law: thread 0 of job 1 is stopped at work", BUSY,
           "option.tamper=stop-busy");
}

static void
test_host_reports_more_jobs_and_threads_than_described(void **state)
{
    (void)state;
    BREAKS("policy: job 2 of tcp_local (maxjobs 1)", BUSY,
           "channel.tcp_local.maxjobs=5", "channel.tcp_local.threaddepth=1",
           "option.tamper=jobs");
    BREAKS("law: thread 2 of a job of tcp_local, which can hold 1", BUSY,
           "channel.tcp_local.max_client_threads=5",
           "channel.tcp_local.threaddepth=1", "option.tamper=threads");
}

static void
test_host_reports_a_retry_that_comes_early(void **state)
{
    (void)state;
    BREAKS("policy: attempt 2 of message 1 comes 3600000000000 ns before its "
           "retry is due",
           FAILING, "horizon=24h", "option.tamper=early");
}

static void
test_host_reports_a_return_that_comes_early(void **state)
{
    (void)state;
    BREAKS("is returned at an age of", FAILING, "horizon=10d",
           "channel.tcp_local.notices=1 2", "option.tamper=notices");
    BREAKS("is warned about at an age of", FAILING, "horizon=10d",
           "channel.tcp_local.notices=1 2", "option.tamper=notices");
}

static void
test_host_reports_priority_upside_down(void **state)
{
    (void)state;
    BREAKS("policy: a file of priority", BUSY,
           "traffic.mail.priority=mixed(urgent 50%, nonurgent 50%)",
           "option.tamper=priority");
}

static void
test_host_laws_bind_other_schools_too_policy_does_not(void **state)
{
    static const char *const early[] = {FAILING, "horizon=24h",
                                        "option.tamper=early", NULL};
    static const char *const twice[] = {BUSY, "option.tamper=twice", NULL};
    struct bench b;

    (void)state;
    bench_run(&b, "other_school", early);
    assert_true(b.is_good);
    assert_int_equal(b.result.violations, 0);
    bench_free(&b);
    breaks("other_school", twice, "law: file 1 of message 1");
}

static void
test_host_holds_a_file_once(void **state)
{
    static const char *const sets[] = {BUSY, "option.tamper=hold-twice", NULL};
    struct bench b;

    (void)state;
    bench_run(&b, "tamper", sets);
    assert_true(b.is_good);
    says(&b, "law: return, warning or hold of a file in use of message 1");
    assert_int_equal(b.result.held, 40);
    assert_int_equal(b.result.queued, 0);
    assert_int_equal(b.result.submitted, 40);
    bench_free(&b);
}

static void
test_host_answers_what_it_does_not_know_with_a_refusal(void **state)
{
    static const char *const ghost[] = {BUSY, "option.tamper=ghost-job", NULL};
    static const char *const unknown[] = {BUSY, "option.tamper=unknown", NULL};
    struct bench b;

    (void)state;
    /* A job that has just gone is no fault: two refusals a message. */
    bench_run(&b, "tamper", ghost);
    assert_true(b.is_good);
    assert_int_equal(b.result.violations, 0);
    assert_int_equal(b.refused_count, 80);
    assert_int_equal(b.result.delivered, 40);
    bench_free(&b);
    bench_run(&b, "tamper", unknown);
    assert_true(b.is_good);
    assert_int_equal(b.refused_count, 40);
    assert_int_equal(b.result.delivered, 40);
    bench_free(&b);
}

/* ends - the run fails, with these words */
static void
ends(const char *object, const char *const *sets, const char *words)
{
    struct bench b;

    bench_run(&b, object, sets);
    assert_false(b.is_good);
    assert_int_equal(b.diag.errors_count, 1);
    says(&b, words);
    bench_free(&b);
}

#define ENDS(WORDS, ...)                                                       \
    ends("tamper", (const char *[]){__VA_ARGS__, NULL}, WORDS)

static void
test_host_ends_with_what_the_scheduler_answered(void **state)
{
    (void)state;
    ENDS("event answered -6 at ", BUSY, "option.tamper=event-error");
    ENDS("next answered -6 at ", BUSY, "option.tamper=next-error");
    ENDS("status -3", BUSY, "option.tamper=no-memory");
    ENDS("expected the file \"missing.cnf\"", BUSY, "option.tamper=needs-text");
}

static void
test_host_ends_a_scheduler_that_goes_round_in_circles(void **state)
{
    (void)state;
    ENDS("expected time to pass", BUSY, "option.tamper=wakes");
    ENDS("expected an end of actions", BUSY, "option.tamper=babble");
}

static void
test_host_takes_a_wish_in_the_past_for_now(void **state)
{
    static const char *const sets[] = {BUSY, "option.tamper=wakes-past", NULL};
    static const char *const none[] = {BUSY, "option.tamper=none", NULL};
    struct bench a, b;

    (void)state;
    bench_run(&a, "tamper", none);
    bench_run(&b, "tamper", sets);
    assert_true(a.is_good && b.is_good);
    assert_int_equal(b.result.violations, 0);
    assert_int_equal(b.result.delivered, 40);
    /* The one wish was answered, at its instant, with one wake; that changes
       nothing but their count. */
    assert_int_equal(b.wakes_at_once, a.wakes_at_once + 1);
    assert_int_equal(b.result.events, a.result.events + 1);
    assert_int_equal(b.result.actions, a.result.actions);
    bench_free(&a);
    bench_free(&b);
}

static void
test_host_starts_no_object_that_is_not_a_scheduler(void **state)
{
    static const char *const none[] = {NULL};

    (void)state;
    ends("old_abi", none, "expected ABI 1.x, found 2.0");
    ends("no_magic", none, "expected a scheduler's descriptor");
    ends("no_describe", none, "without one of them");
    ends("short_table", none, "without one of them");
    ends("no_policy", none, "without one of them");
    ends("no_entry", none, "expected an exported sched_entry()");
    ends("no_create", none, "could not be created: status -6");
    ends("not_there", none, "expected a scheduler object, found: No such file");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_the_forger_itself_changes_nothing),
        cmocka_unit_test(test_host_reports_a_delivery_that_cannot_be),
        cmocka_unit_test(test_host_reports_a_lost_recipient),
        cmocka_unit_test(test_host_reports_files_that_cannot_be),
        cmocka_unit_test(test_host_reports_a_rewrite_of_what_it_may_not),
        cmocka_unit_test(test_host_reports_jobs_and_threads_that_cannot_be),
        cmocka_unit_test(
            test_host_reports_more_jobs_and_threads_than_described),
        cmocka_unit_test(test_host_reports_a_retry_that_comes_early),
        cmocka_unit_test(test_host_reports_a_return_that_comes_early),
        cmocka_unit_test(test_host_reports_priority_upside_down),
        cmocka_unit_test(test_host_laws_bind_other_schools_too_policy_does_not),
        cmocka_unit_test(test_host_holds_a_file_once),
        cmocka_unit_test(
            test_host_answers_what_it_does_not_know_with_a_refusal),
        cmocka_unit_test(test_host_ends_with_what_the_scheduler_answered),
        cmocka_unit_test(test_host_ends_a_scheduler_that_goes_round_in_circles),
        cmocka_unit_test(test_host_takes_a_wish_in_the_past_for_now),
        cmocka_unit_test(test_host_starts_no_object_that_is_not_a_scheduler),
    };
    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
