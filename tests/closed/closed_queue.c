/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * closed_queue.c - the host as a textbook queue: M/M/1, M/M/c, Little's law
 *
 * Poisson arrivals to one destination with exponential service, c jobs of one
 * thread, threaddepth 1, no cost for starts and dialogue, no life or idle
 * limits: jobs are servers, and a message waits from submit to its attempt.
 *
 * The mean wait over replications must lie in the 99 % interval (Student) that
 * the replications themselves give. Seeds are fixed. The run starts empty; at
 * a load of 0.7 and 50,000 s the bias this brings is below a hundredth of the
 * interval.
 */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stdio.h>

#include "tests/support/lab.h"
#include "tests/support/support.h"

enum { REPLICATIONS = 20 };

/* wait_mmc_s - Erlang C: mean wait with c servers, rates a second */
static double
wait_mmc_s(int c, double lambda, double mu)
{
    const double a = lambda / mu;
    double term = 1, sum = 0;

    for (int k = 0; k < c; k++) {
        sum += term;
        term *= a / (k + 1);
    }
    /* term is a^c / c! */
    const double tail = term / (1 - a / c);
    return tail / (sum + tail) / (c * mu - lambda);
}

static void
wait_is(int c, const char *arrivals, double lambda)
{
    char maxjobs[64];
    const char *sets[] = {arrivals,
                          maxjobs,
                          "destinations.far.example.service=exponential(1s)",
                          "channel.tcp_local.max_client_threads=1",
                          "channel.tcp_local.threaddepth=1",
                          "horizon=50000s",
                          NULL};
    double means_s[REPLICATIONS];
    const double expected_s = wait_mmc_s(c, lambda, 1.0);

    snprintf(maxjobs, sizeof maxjobs, "channel.tcp_local.maxjobs=%d", c);
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        struct result result;
        lab_run(&(struct lab_run){.fixture = "closed",
                                  .sets = sets,
                                  .replication = r},
                &result);
        means_s[r] = (double)result.first_attempt_ns.sum /
                     (double)result.first_attempt_ns.count / 1e9;
        assert_true(result.queued_integral == result.sojourn_sum);
        assert_true(result.queued_integral > 0);
        result_free(&result);
    }
    const double mean_s = gsl_stats_mean(means_s, 1, REPLICATIONS);
    const double half_s = gsl_cdf_tdist_Pinv(0.995, REPLICATIONS - 1) *
                          gsl_stats_sd(means_s, 1, REPLICATIONS) /
                          sqrt(REPLICATIONS);
    print_message(
        "M/M/%d: wait %.4f s expected, %.4f +- %.4f s (99 %%, n=%d)\n", c,
        expected_s, mean_s, half_s, REPLICATIONS);
    assert_true(fabs(mean_s - expected_s) < half_s);
    assert_true(half_s < 0.05 * expected_s); /* or it would prove little */
}

static void
test_queue_one_job_waits_as_mm1(void **state)
{
    (void)state;
    wait_is(1, "traffic.mail.arrivals=poisson(0.7/s)", 0.7);
}

static void
test_queue_three_jobs_wait_as_mm3(void **state)
{
    (void)state;
    wait_is(3, "traffic.mail.arrivals=poisson(2.1/s)", 2.1);
}

static void
test_queue_eight_jobs_wait_as_mm8(void **state)
{
    (void)state;
    wait_is(8, "traffic.mail.arrivals=poisson(5.6/s)", 5.6);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue_one_job_waits_as_mm1),
        cmocka_unit_test(test_queue_three_jobs_wait_as_mm3),
        cmocka_unit_test(test_queue_eight_jobs_wait_as_mm8),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
