/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_host.c - whatever is asked of it, the host loses nothing
 *
 * tests/fixtures/host/busy.yaml, where everything that the seam has happens at
 * once, with settings and instants at random, under the real scheduler:
 *
 *   - no law and no rule is broken, every event through (the oracle);
 *   - what came is delivered, returned, held, rejected or queued;
 *   - a second run has the same digest;
 *   - messages of traffic have the ids of their arrival in any case.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lab/run.h"
#include "tests/support/support.h"

enum { WORLDS = 60, SETS_MAX = 16, SET_BYTES = 96 };

struct world {
    char texts[SETS_MAX][SET_BYTES];
    const char *sets[SETS_MAX];
    uint32_t count;
};

/* set - one more, to this word */
static void
set(struct world *w, const char *path, const char *word)
{
    assert_true(w->count < SETS_MAX);
    snprintf(w->texts[w->count], SET_BYTES, "%s=%s", path, word);
    w->sets[w->count] = w->texts[w->count];
    w->count++;
}

/* add - one more, to this number of a unit */
static void
add(struct world *w, const char *path, const char *unit, uint64_t value)
{
    char number[32];

    snprintf(number, sizeof number, "%llu%s", (unsigned long long)value, unit);
    set(w, path, number);
}

/* world_make - settings that matter to what is tried here */
static void
world_make(struct world *w, uint64_t *random)
{
    *w = (struct world){.count = 0};
    add(w, "option.max_messages", "", 10 + test_random_below(random, 600));
    add(w, "channel.tcp_local.max_client_threads", "",
        1 + test_random_below(random, 10));
    add(w, "channel.tcp_intranet.expandlimit", "",
        test_random_below(random, 7));
    add(w, "channel.tcp_intranet.holdlimit", "",
        3 + test_random_below(random, 5));
    add(w, "channel.tcp_intranet.transactionlimit", "",
        1 + test_random_below(random, 9));
    /* Nothing else can be done while a scheduler is being restarted. */
    add(w, "events.1.at", "ms", test_random_below(random, 190000));
    add(w, "events.7.at", "ms", 400000 + test_random_below(random, 400000));
    add(w, "events.4.restart", "ms", test_random_below(random, 90000));
    add(w, "destinations.far.example.connections_max", "",
        test_random_below(random, 6));
    add(w, "links.wan.rtt", "ms", test_random_below(random, 300));
    add(w, "machine.scan_per_file", "us", test_random_below(random, 20000));
    if (test_random_below(random, 3) == 0) {
        set(w, "option.compat", "product");
    }
    if (test_random_below(random, 3) == 0) {
        set(w, "option.affinity", "priority");
    }
    if (test_random_below(random, 2) == 0) {
        set(w, "channel.tcp_local.immediacy", "immurgent");
    }
    if (test_random_below(random, 3) == 0) {
        set(w, "channel.tcp_local.splitting", "multiple");
    }
}

/* What is seen of traffic: ids go up by one, those made are from 2^43 on. */
struct seen {
    uint64_t traffic_last;
    uint64_t made_last;
};

static void
on_line(void *context, const char *text)
{
    struct seen *seen = context;
    const char *submit = strstr(text, " host submit message=");

    if (submit == NULL) {
        return;
    }
    const uint64_t id = strtoull(strchr(submit, '=') + 1, NULL, 10);
    if (id > UINT64_C(1) << 43) {
        /* What waits to be submitted may come after what is made later. */
        seen->made_last = id > seen->made_last ? id : seen->made_last;
    } else {
        assert_true(id == seen->traffic_last + 1);
        seen->traffic_last = id;
    }
}

static void
world_run(const struct world *w, struct result *result, bool is_watched)
{
    const char *build = getenv("MTASIM_BUILD");
    char path[256];
    struct scenario scenario;
    struct mta_about about;
    struct diag diag;
    struct seen seen = {.traffic_last = 5}; /* of the backlog */
    const struct mta_observer observer = {
        .context = &seen, .line = on_line, .line_until = UINT64_MAX};

    snprintf(path, sizeof path, "%s/jobctl.so",
             build == NULL ? "build/debug" : build);
    diag_init(&diag);
    result_init(result);
    bool is_good = scenario_load(&scenario, "tests/fixtures/host/busy.yaml",
                                 w->sets, w->count, &diag);
    if (is_good) {
        const struct run_request request = {.scenario = &scenario,
                                            .scheduler_path = path,
                                            .seed = RUN_SEED_DEFAULT,
                                            .observer =
                                                is_watched ? &observer : NULL};
        is_good = run_once(&request, result, &about, &diag);
        scenario_free(&scenario);
    }
    if (!is_good || result->violations > 0) {
        diag_print(&diag, stderr);
        for (uint32_t i = 0; i < w->count; i++) {
            print_error("--set %s ", w->sets[i]);
        }
        fail();
    }
    diag_free(&diag);
}

static void
prop_host_loses_nothing_in_any_world(void **state)
{
    uint64_t random = 20060312;
    int64_t duplicates = 0, restarts = 0, notices = 0, rejected = 0;

    (void)state;
    for (int i = 0; i < WORLDS; i++) {
        struct world world;
        struct result first, second;
        char digests[2][DIGEST_TEXT_SIZE];

        world_make(&world, &random);
        world_run(&world, &first, true);
        world_run(&world, &second, false);
        assert_int_equal(first.submitted, first.delivered + first.returned +
                                              first.held + first.rejected +
                                              first.queued);
        assert_true(first.queued_integral == first.sojourn_sum);
        digest_format(&first.digest, digests[0]);
        digest_format(&second.digest, digests[1]);
        assert_string_equal(digests[0], digests[1]);
        duplicates += first.duplicates;
        restarts += first.restarts;
        notices += first.notices;
        rejected += first.rejected;
        result_free(&first);
        result_free(&second);
    }
    print_message("%d worlds: %lld restarts, %lld duplicates, %lld notices, "
                  "%lld rejected\n",
                  WORLDS, (long long)restarts, (long long)duplicates,
                  (long long)notices, (long long)rejected);
    /* It would prove little if none of it had happened. */
    assert_int_equal(restarts, 3 * WORLDS);
    assert_true(duplicates > 0);
    assert_true(notices > 0);
    assert_true(rejected > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prop_host_loses_nothing_in_any_world),
    };
    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
