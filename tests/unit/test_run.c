/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_run.c - a run is a function of scenario, scheduler, seed, replication
 *
 * One process, many runs: nothing of one is left for the next. And the luck of
 * a message is its own: other settings, another order of work, the same service
 * at the same attempt.
 */
#include "sim/lab/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/mta/host.h"
#include "tests/support/lab.h"
#include "tests/support/support.h"

/* A busy hour with everything that is drawn. */
#define DRAWN                                                                  \
    "traffic.mail.arrivals=poisson(0.2/s)",                                    \
        "traffic.mail.size=lognormal(8kB, 1.1)",                               \
        "traffic.mail.recipients=uniform(1, 3)",                               \
        "traffic.mail.priority=mixed(urgent 20%, nonurgent 30%)",              \
        "destinations.far.example.service=exponential(9s)",                    \
        "destinations.far.example.temporary=20%",                              \
        "destinations.far.example.permanent=2%",                               \
        "destinations.far.example.connections_max=3",                          \
        "machine.process_start=exponential(200ms)",                            \
        "channel.tcp_local.maxjobs=4",                                         \
        "channel.tcp_local.max_client_threads=2", "horizon=4h"

struct made {
    char digest[DIGEST_TEXT_SIZE];
    int64_t delivered;
    int64_t violations;
};

/* run - the scenario above; sees: whoever watches */
static struct made
run(uint64_t seed, uint32_t replication, const struct mta_observer *sees)
{
    static const char *const sets[] = {DRAWN};
    const char *build = getenv("MTASIM_BUILD");
    char path[256];
    struct scenario scenario;
    struct result result;
    struct mta_about about;
    struct diag diag;
    struct made made;

    snprintf(path, sizeof path, "%s/jobctl.so",
             build == NULL ? "build/debug" : build);
    diag_init(&diag);
    result_init(&result);
    assert_true(scenario_load(&scenario, "tests/fixtures/closed", sets,
                              sizeof sets / sizeof sets[0], &diag));
    const struct run_request request = {.scenario = &scenario,
                                        .scheduler_path = path,
                                        .seed = seed,
                                        .replication = replication,
                                        .observer = sees};
    if (!run_once(&request, &result, &about, &diag)) {
        fail_msg("%s", diag.text);
    }
    digest_format(&result.digest, made.digest);
    made.delivered = result.delivered;
    made.violations = result.violations;
    scenario_free(&scenario);
    result_free(&result);
    diag_free(&diag);
    return made;
}

static void
test_run_is_the_same_again_and_in_any_order(void **state)
{
    const struct made one = run(1, 0, NULL), two = run(2, 0, NULL);
    const struct made two_again = run(2, 0, NULL), one_again = run(1, 0, NULL);

    (void)state;
    assert_string_equal(one.digest, one_again.digest);
    assert_string_equal(two.digest, two_again.digest);
    assert_int_equal(one.delivered, one_again.delivered);
    assert_true(one.delivered > 1000);
    assert_int_equal(one.violations, 0);
}

static void
test_run_another_seed_or_replication_is_another_run(void **state)
{
    const struct made made[] = {run(1, 0, NULL), run(2, 0, NULL),
                                run(1, 1, NULL), run(2, 1, NULL)};

    (void)state;
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(made[i].digest, made[k].digest);
        }
    }
}

/* What an observer was shown. */
struct seen {
    uint64_t lines;
    uint64_t mails;
    uint64_t settings;
};

static void
on_line(void *context, const char *text)
{
    struct seen *seen = context;

    assert_non_null(strchr(text, ' '));
    seen->lines++;
}

static void
on_mail(void *context, const struct mta_mail_event *event)
{
    struct seen *seen = context;

    assert_non_null(event->domain);
    seen->mails++;
}

static void
on_setting(void *context, const char *path, const char *value, const char *unit,
           const char *origin, const char *help)
{
    struct seen *seen = context;

    assert_true(path[0] != '\0' && value != NULL && unit != NULL);
    assert_true(origin != NULL && help != NULL);
    seen->settings++;
}

static void
test_run_is_not_changed_by_being_watched(void **state)
{
    struct seen seen = {0, 0, 0};
    const struct mta_observer observer = {
        .context = &seen,
        .line = on_line,
        .line_from = 10,
        .line_until = 200,
        .mail = on_mail,
        .setting = on_setting,
    };
    const struct made alone = run(1, 0, NULL), watched = run(1, 0, &observer);

    (void)state;
    assert_string_equal(alone.digest, watched.digest);
    assert_int_equal(seen.lines, 190);
    assert_true(seen.mails > 1000);
    assert_true(seen.settings > 50);
}

static void
test_run_a_full_queue_names_its_limit(void **state)
{
    static const char *const sets[] = {
        "traffic.mail.arrivals=even(11, at 0s, over 10s)",
        "destinations.far.example.service=1h", "messages_max=10"};
    const char *build = getenv("MTASIM_BUILD");
    char path[256];
    struct scenario scenario;
    struct result result;
    struct mta_about about;
    struct diag diag;

    (void)state;
    snprintf(path, sizeof path, "%s/jobctl.so",
             build == NULL ? "build/debug" : build);
    for (uint32_t fits = 0; fits <= 1; fits++) {
        diag_init(&diag);
        result_init(&result);
        /* The last one comes at 9.5 s; a horizon before that, and it fits. */
        const char *all[] = {sets[0], sets[1], sets[2],
                             fits == 1 ? "horizon=9s" : "horizon=1h"};
        assert_true(
            scenario_load(&scenario, "tests/fixtures/closed", all, 4, &diag));
        const struct run_request request = {.scenario = &scenario,
                                            .scheduler_path = path};
        assert_int_equal(run_once(&request, &result, &about, &diag), fits);
        if (fits == 0) {
            assert_int_equal(diag.errors_count, 1);
            assert_non_null(strstr(diag.text, "messages_max: 10 messages"));
        }
        scenario_free(&scenario);
        result_free(&result);
        diag_free(&diag);
    }
}

/* --- Common random numbers ---------------------------------------------- */

enum { MESSAGES = 1000, ATTEMPTS = 8 };

/* What happened to one message at one attempt. */
struct luck {
    int64_t service_ns; /* no RTT, no costs: the attempt is its service */
    int64_t at_ns;
    enum mta_mail_kind kind;
    bool is_met;
};

static void
lucks_read(const char *threaddepth, struct luck (*lucks)[ATTEMPTS])
{
    const char *const sets[] = {
        "traffic.mail.arrivals=burst(1000, at 0s, over 1m)",
        "destinations.far.example.service=exponential(2s)",
        "destinations.far.example.connections_max=0",
        "destinations.far.example.temporary.dot=30%",
        "destinations.far.example.permanent.dot=10%",
        "traffic.mail.priority=mixed(urgent 20%, nonurgent 30%)",
        "channel.tcp_local.maxjobs=2",
        "channel.tcp_local.max_client_threads=10",
        threaddepth,
        "horizon=6h",
        NULL};
    uint32_t tried[MESSAGES + 1] = {0};
    struct lab_log log;
    struct result result;

    lab_run(&(struct lab_run){.fixture = "closed", .sets = sets, .log = &log},
            &result);
    for (uint32_t i = 0; i < log.count; i++) {
        const struct mta_mail_event *event = &log.events[i];
        if (event->kind != MTA_MAIL_DELIVERED &&
            event->kind != MTA_MAIL_DEFERRED &&
            event->kind != MTA_MAIL_FAILED) {
            continue;
        }
        assert_true(event->message <= MESSAGES);
        const uint32_t attempt = tried[event->message]++;
        if (attempt < ATTEMPTS) {
            lucks[event->message - 1][attempt] =
                (struct luck){event->at_ns - event->tried_at_ns,
                              event->tried_at_ns, event->kind, true};
        }
    }
    lab_log_free(&log);
    result_free(&result);
}

static void
test_run_a_message_meets_the_same_luck_in_any_order(void **state)
{
    static struct luck narrow[MESSAGES][ATTEMPTS], wide[MESSAGES][ATTEMPTS];
    uint32_t moved = 0, compared = 0, retries = 0;

    (void)state;
    lucks_read("channel.tcp_local.threaddepth=128", narrow);
    lucks_read("channel.tcp_local.threaddepth=1", wide);
    for (int i = 0; i < MESSAGES; i++) {
        for (int k = 0; k < ATTEMPTS; k++) {
            const struct luck *a = &narrow[i][k], *b = &wide[i][k];
            if (!a->is_met || !b->is_met) {
                continue;
            }
            assert_int_equal(a->service_ns, b->service_ns);
            assert_int_equal(a->kind, b->kind);
            moved += a->at_ns != b->at_ns;
            retries += k > 0;
            compared++;
        }
    }
    assert_true(compared >= MESSAGES);
    assert_true(retries > 200);
    assert_true(moved > compared / 2); /* or it would prove little */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_is_the_same_again_and_in_any_order),
        cmocka_unit_test(test_run_another_seed_or_replication_is_another_run),
        cmocka_unit_test(test_run_is_not_changed_by_being_watched),
        cmocka_unit_test(test_run_a_full_queue_names_its_limit),
        cmocka_unit_test(test_run_a_message_meets_the_same_luck_in_any_order),
    };
    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
