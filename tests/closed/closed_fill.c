/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * closed_fill.c - how many threads a queue gets while it only fills
 *
 * A message comes every second and no attempt ends within the run, starts cost
 * nothing. Then the n-th message of a host leaves min(n, 1 + n / threaddepth)
 * threads, until the jobs a channel may have are full of threads. The sample at
 * the end of each second shows threads and connections.
 */
#include <stdio.h>

#include "tests/support/lab.h"
#include "tests/support/support.h"

enum { MESSAGES = 300 };

/* The limits of a run. */
struct limits {
    int64_t threaddepth;
    int64_t maxjobs;
    int64_t job_limit;
    int64_t threads; /* MAX_CLIENT_THREADS */
};

static int64_t
expected_threads(const struct limits *limits, int64_t n)
{
    const int64_t wanted = i64_min(n, 1 + n / limits->threaddepth);

    return i64_min(wanted, i64_min(limits->maxjobs, limits->job_limit) *
                               limits->threads);
}

static void
fill_is(const struct limits *limits)
{
    char depth[64], maxjobs[64], job_limit[64], threads[64];
    const char *sets[] = {"traffic.mail.arrivals=even(300, at 0s, over 300s)",
                          "destinations.far.example.service=1h",
                          "destinations.far.example.connections_max=0",
                          "horizon=300s",
                          "step=1s",
                          depth,
                          maxjobs,
                          job_limit,
                          threads,
                          NULL};
    struct result result;

    snprintf(depth, sizeof depth, "channel.tcp_local.threaddepth=%d",
             (int)limits->threaddepth);
    snprintf(maxjobs, sizeof maxjobs, "channel.tcp_local.maxjobs=%d",
             (int)limits->maxjobs);
    snprintf(job_limit, sizeof job_limit, "pool.SMTP_POOL.job_limit=%d",
             (int)limits->job_limit);
    snprintf(threads, sizeof threads, "channel.tcp_local.max_client_threads=%d",
             (int)limits->threads);
    lab_run(&(struct lab_run){.fixture = "closed", .sets = sets}, &result);
    assert_int_equal(result.steps_count, MESSAGES);
    for (int64_t n = 1; n <= MESSAGES; n++) {
        const struct result_step *step = &result.steps[n - 1];
        const int64_t expected = expected_threads(limits, n);
        assert_int_equal(step->queued, n); /* none leaves */
        assert_int_equal(step->threads, expected);
        assert_int_equal(step->busy_threads, expected);
        assert_int_equal(step->connections, expected);
        assert_true(step->jobs <= i64_min(limits->maxjobs, limits->job_limit));
        assert_true(step->jobs * limits->threads >= expected);
    }
    assert_int_equal(result.connections_peak,
                     expected_threads(limits, MESSAGES));
    assert_int_equal(result.delivered, 0);
    result_free(&result);
}

static const int64_t depths[] = {1, 2, 3, 5, 10, 128};

static void
test_fill_without_limits_has_one_more_thread_for_each_threaddepth(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        fill_is(&(struct limits){depths[i], 100, 100, 100});
    }
}

static void
test_fill_stops_at_the_jobs_times_their_threads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        fill_is(&(struct limits){depths[i], 2, 100, 3});
        fill_is(&(struct limits){depths[i], 100, 1, 2});
        fill_is(&(struct limits){depths[i], 7, 5, 1});
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_fill_without_limits_has_one_more_thread_for_each_threaddepth),
        cmocka_unit_test(test_fill_stops_at_the_jobs_times_their_threads),
    };
    return cmocka_run_group_tests_name("fill", tests, NULL, NULL);
}
