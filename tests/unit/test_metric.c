/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_metric.c - the table is sound, and numbers come out as defined
 */
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lab/metric.h"

static struct metric_value
value_of(const char *name, const struct result *result)
{
    const struct metric *metric = metric_get(name);

    assert_non_null(metric);
    return metric_of(metric, result);
}

static void
value_is(const char *name, const struct result *result, double expected)
{
    struct metric_value value = value_of(name, result);

    assert_int_equal(value.state, METRIC_DEFINED);
    assert_true(fabs(value.value - expected) < 1e-9);
}

static void
state_is(const char *name, const struct result *result,
         enum metric_state expected)
{
    assert_int_equal(value_of(name, result).state, expected);
}

static void
test_metric_names_and_ids_are_unique(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < metric_count(); i++) {
        const struct metric *metric = metric_at(i);

        assert_ptr_equal(metric_get(metric->name), metric);
        assert_true(metric->id > 0);
        assert_non_null(metric->unit);
        assert_non_null(metric->help);
        for (uint32_t j = 0; j < i; j++) {
            assert_int_not_equal(metric->id, metric_at(j)->id);
        }
    }
}

/* Stored in files: these may never move. */
static void
test_metric_ids_stay_what_they_were(void **state)
{
    (void)state;
    assert_int_equal(metric_get("throughput")->id, 1);
    assert_int_equal(metric_get("latency.p99")->id, 14);
    assert_int_equal(metric_get("first_attempt.p50")->id, 21);
    assert_int_equal(metric_get("delivered")->id, 41);
    assert_int_equal(metric_get("violations")->id, 90);
}

static void
test_metric_unknown_name_has_a_nearest_one(void **state)
{
    (void)state;
    assert_null(metric_get("troughput"));
    assert_string_equal(metric_nearest("troughput"), "throughput");
    assert_string_equal(metric_nearest("latency.p98"), "latency.p90");
    assert_null(metric_nearest("zzzzzzzzzzzz"));
}

static void
test_metric_of_nothing_submitted_is_not_defined(void **state)
{
    (void)state;
    struct result result;

    result_init(&result);
    state_is("throughput", &result, METRIC_UNDEFINED);
    state_is("latency.p99", &result, METRIC_UNDEFINED);
    state_is("latency.mean", &result, METRIC_UNDEFINED);
    state_is("backlog_mean", &result, METRIC_UNDEFINED);
    state_is("backlog_peak", &result, METRIC_UNDEFINED);
    value_is("delivered", &result, 0);
    result_free(&result);
}

/* Ten submitted: nine delivered after 100 ns (buckets of 1 ns there), one not.
 * p50 and p90 are 100 ns; p95, p99 and the maximum are on the tenth. */
static void
test_metric_percentiles_count_who_was_not_delivered(void **state)
{
    (void)state;
    struct result result;

    result_init(&result);
    result.submitted = 10;
    result.delivered = 9;
    result.queued = 1;
    hist_add_count(&result.latency_ns, 100, 9);
    value_is("latency.p50", &result, 100e-9);
    value_is("latency.p90", &result, 100e-9);
    state_is("latency.p95", &result, METRIC_BEYOND);
    state_is("latency.p99", &result, METRIC_BEYOND);
    state_is("latency.max", &result, METRIC_BEYOND);
    state_is("latency.mean", &result, METRIC_BEYOND);
    result_free(&result);
}

/* 1 s and 3 s: mean 2 s, the largest 3 s exactly, not a bucket's middle. */
static void
test_metric_mean_is_given_when_nothing_is_left(void **state)
{
    (void)state;
    struct result result;

    result_init(&result);
    result.submitted = 2;
    result.delivered = 2;
    hist_add(&result.latency_ns, NS_PER_S);
    hist_add(&result.latency_ns, 3 * NS_PER_S);
    value_is("latency.mean", &result, 2);
    assert_true(value_of("latency.max", &result).value <= 3);
    assert_true(value_of("latency.max", &result).value > 3 * (1 - 1. / 256));
    result.held = 1;
    state_is("latency.mean", &result, METRIC_BEYOND);
    result_free(&result);
}

/* Between 0 and 2 s 10 delivered, 120 in the busiest minute. */
static void
test_metric_rates_are_per_second(void **state)
{
    (void)state;
    struct result result;

    result_init(&result);
    result.submitted = 10;
    result.delivered = 10;
    result.submit_first_ns = 0;
    result.final_last_ns = 2 * NS_PER_S;
    result.delivered_60s_max = 120;
    value_is("throughput", &result, 5);
    value_is("throughput_peak", &result, 2);
    result.delivered = 0;
    result.final_last_ns = INT64_MIN;
    value_is("throughput", &result, 0); /* nothing done is a rate, none */
    result_free(&result);
}

/* 30 recipient-seconds in 10 s: 3. Peaks 4, 9, 2: 9. */
static void
test_metric_backlog_is_a_mean_over_time_and_a_peak(void **state)
{
    (void)state;
    struct result result;

    result_init(&result);
    result.simulated_ns = 10 * NS_PER_S;
    result.queued_integral = (base_u128)30 * (base_u128)NS_PER_S;
    result.steps = calloc(3, sizeof *result.steps);
    assert_non_null(result.steps);
    result.steps_count = 3;
    result.steps[0].queued = 4;
    result.steps[1].queued = 9;
    result.steps[2].queued = 2;
    value_is("backlog_mean", &result, 3);
    value_is("backlog_peak", &result, 9);
    result_free(&result);
}

/* Each count is the field of its name: set them all to different numbers. */
static void
test_metric_counts_are_the_fields_of_their_names(void **state)
{
    (void)state;
    struct result result;

    result_init(&result);
    result.returned = 3;
    result.held = 4;
    result.rejected = 5;
    result.queued = 6;
    result.duplicates = 7;
    result.attempts = 8;
    result.deferrals = 9;
    result.connections = 10;
    result.connections_refused = 11;
    result.connections_peak = 12;
    result.job_starts = 13;
    result.thread_starts = 14;
    result.jobs_peak = 15;
    result.threads_peak = 16;
    result.warnings = 17;
    result.violations = 18;
    value_is("returned", &result, 3);
    value_is("held", &result, 4);
    value_is("rejected", &result, 5);
    value_is("queued", &result, 6);
    value_is("duplicates", &result, 7);
    value_is("attempts", &result, 8);
    value_is("deferrals", &result, 9);
    value_is("connections", &result, 10);
    value_is("connections_refused", &result, 11);
    value_is("connections_peak", &result, 12);
    value_is("job_starts", &result, 13);
    value_is("thread_starts", &result, 14);
    value_is("jobs_peak", &result, 15);
    value_is("threads_peak", &result, 16);
    value_is("warnings", &result, 17);
    value_is("violations", &result, 18);
    result_free(&result);
}

/* Four recipients for one host, three delivered after 2 s: the median is 2 s,
 * p99 falls on the fourth. The name has dots, as names of hosts have. */
static void
test_metric_of_a_group_is_found_by_its_name(void **state)
{
    static char host[] = "isp.example";
    struct arena *arena = arena_new(0);
    struct result_group group;
    struct result result;
    struct diag diag;
    const struct metric *metric;

    (void)state;
    diag_init(&diag);
    result_init(&result);
    result_group_init(&group);
    group.name = host;
    group.submitted = 4;
    group.refused = 7;
    hist_add_count(&group.latency_ns, 2 * NS_PER_S, 3);
    result.hosts = &group;
    result.hosts_count = 1;
    metric = metric_find("host.isp.example.latency.p50", arena, &diag);
    assert_non_null(metric);
    assert_string_equal(metric->group_name, "isp.example");
    assert_int_equal(metric->id, 0);
    assert_true(fabs(metric_of(metric, &result).value - 2) < 0.02);
    metric = metric_find("host.isp.example.latency.p99", arena, &diag);
    assert_int_equal(metric_of(metric, &result).state, METRIC_BEYOND);
    metric = metric_find("host.isp.example.connections_refused", arena, &diag);
    assert_true(fabs(metric_of(metric, &result).value - 7) < 1e-9);
    metric = metric_find("channel.isp.example.submitted", arena, &diag);
    assert_int_equal(metric_of(metric, &result).state, METRIC_UNDEFINED);
    assert_ptr_equal(metric_find("throughput", arena, &diag),
                     metric_get("throughput"));
    assert_int_equal(diag.errors_count, 0);
    assert_null(metric_find("host.isp.example.latency.p98", arena, &diag));
    assert_null(metric_find("host.latency.p50", arena, &diag));
    assert_non_null(strstr(diag.text, "latency.p50, latency.p95"));
    result.hosts = NULL;
    result.hosts_count = 0;
    hist_free(&group.latency_ns);
    hist_free(&group.first_attempt_ns);
    result_free(&result);
    diag_free(&diag);
    arena_free(arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metric_names_and_ids_are_unique),
        cmocka_unit_test(test_metric_ids_stay_what_they_were),
        cmocka_unit_test(test_metric_unknown_name_has_a_nearest_one),
        cmocka_unit_test(test_metric_of_nothing_submitted_is_not_defined),
        cmocka_unit_test(test_metric_percentiles_count_who_was_not_delivered),
        cmocka_unit_test(test_metric_mean_is_given_when_nothing_is_left),
        cmocka_unit_test(test_metric_rates_are_per_second),
        cmocka_unit_test(test_metric_backlog_is_a_mean_over_time_and_a_peak),
        cmocka_unit_test(test_metric_of_a_group_is_found_by_its_name),
        cmocka_unit_test(test_metric_counts_are_the_fields_of_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
