/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_traffic.c - who sends what to whom, and when
 *
 * Seeds are fixed. Distributions are held to theirs by the greatest distance
 * of the empirical distribution function (Kolmogorov, Smirnov): below 1.95 /
 * sqrt(n), which chance exceeds once in 1,000 tries; counts to five standard
 * deviations.
 */
#include "models/traffic.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/directory.h"
#include "tests/support/logfiles.h"
#include "tests/support/support.h"

#define KS_BOUND 1.95

static const struct destination_params hosts[] = {
    {.name = "a.example"},
    {.name = "b.example"},
    {.name = "group.example", .hosts_count = 10, .zipf_ppm = PPM},
    {.name = "*"},
};
static const struct traffic_share to_a[] = {{&hosts[0], 1}};
static const struct traffic_share to_three[] = {
    {&hosts[0], 5}, {&hosts[1], 2}, {&hosts[2], 3}};

/* plain - constant messages to a.example */
static struct traffic_params
plain(const char *name, enum traffic_arrivals arrivals)
{
    return (struct traffic_params){
        .name = name,
        .arrivals = arrivals,
        .size = {VARIATE_CONSTANT, 1000, 0, 0},
        .recipients = {VARIATE_CONSTANT, 1, 0, 0},
        .priority = 1,
        .to = to_a,
        .to_count = 1,
    };
}

struct bench {
    struct directory *directory;
    struct traffic *traffic;
    struct diag diag;
};

static void
bench_open(struct bench *b, const struct traffic_params *params,
           int64_t horizon_ns)
{
    diag_init(&b->diag);
    b->directory =
        directory_new(hosts, sizeof hosts / sizeof hosts[0], 20060312, 0);
    b->traffic =
        traffic_new(params, b->directory, 20060312, 0, horizon_ns, &b->diag);
}

static void
bench_close(struct bench *b)
{
    traffic_free(b->traffic);
    directory_free(b->directory);
    diag_free(&b->diag);
}

/* arrivals - the times of all messages; how many */
static uint32_t
arrivals(const struct traffic_params *params, int64_t horizon_ns,
         int64_t *at_ns, uint32_t most)
{
    struct traffic_message message;
    struct bench b;
    uint32_t n = 0;

    bench_open(&b, params, horizon_ns);
    while (traffic_next(b.traffic, &message, &b.diag) == 1) {
        assert_true(n < most);
        assert_true(message.at_ns < horizon_ns);
        assert_true(n == 0 || message.at_ns >= at_ns[n - 1]);
        at_ns[n++] = message.at_ns;
    }
    bench_close(&b);
    return n;
}

enum { MANY = 40000 };
static int64_t times_ns[MANY];

static void
test_traffic_poisson_has_the_mean_and_variance_of_its_rate(void **state)
{
    enum { BINS = 1000, PER_BIN = 20 };
    struct traffic_params params = plain("p", TRAFFIC_POISSON);
    double sum = 0, squares = 0;
    uint32_t counts[BINS] = {0};

    (void)state;
    params.rate_per_hour = INT64_C(3600) * PER_BIN * 1000; /* 20 a second */
    const uint32_t n =
        arrivals(&params, (int64_t)BINS * NS_PER_S, times_ns, MANY);
    for (uint32_t i = 0; i < n; i++) {
        counts[times_ns[i] / NS_PER_S]++;
    }
    for (int i = 0; i < BINS; i++) {
        sum += counts[i];
        squares += (double)counts[i] * counts[i];
    }
    const double mean = sum / BINS;
    const double variance = (squares - sum * mean) / (BINS - 1);
    assert_true(fabs(mean - PER_BIN) < 5 * sqrt((double)PER_BIN / BINS));
    /* Of a sample's variance: 2 v^2 / (n - 1), and v / n for a Poisson. */
    assert_true(fabs(variance - PER_BIN) <
                5 * PER_BIN * sqrt(2.0 / (BINS - 1) + 1.0 / (PER_BIN * BINS)));
}

static void
test_traffic_poisson_gaps_are_exponential(void **state)
{
    struct traffic_params params = plain("p", TRAFFIC_POISSON);
    static uint32_t below[101];

    (void)state;
    params.rate_per_hour = INT64_C(7000) * 1000; /* one in 514 ms */
    params.at_ns = NS_PER_MIN;
    const double mean_ns = (double)NS_PER_HOUR / 7000;
    const uint32_t n = arrivals(&params, 3 * NS_PER_HOUR, times_ns, MANY);
    assert_in_range(n, 20000, 21500);
    for (uint32_t i = 0; i < n; i++) {
        const int64_t gap_ns =
            times_ns[i] - (i == 0 ? params.at_ns : times_ns[i - 1]);
        const double p = gsl_cdf_exponential_P((double)gap_ns, mean_ns);
        for (int k = (int)ceil(p * 100); k <= 100; k++) {
            below[k]++;
        }
    }
    for (int k = 1; k < 100; k++) {
        assert_true(fabs((double)below[k] / n - k / 100.0) <
                    KS_BOUND / sqrt((double)n));
    }
}

static void
test_traffic_poisson_ends_with_its_window_or_count(void **state)
{
    struct traffic_params params = plain("p", TRAFFIC_POISSON);

    (void)state;
    params.rate_per_hour = INT64_C(3600) * 1000;
    params.at_ns = 100 * NS_PER_S;
    params.over_ns = 50 * NS_PER_S;
    const uint32_t n = arrivals(&params, NS_PER_HOUR, times_ns, MANY);
    assert_in_range(n, 15, 85); /* 50, five standard deviations */
    assert_true(times_ns[0] > 100 * NS_PER_S);
    assert_true(times_ns[n - 1] < 150 * NS_PER_S);
    params.messages_count = 7;
    assert_int_equal(arrivals(&params, NS_PER_HOUR, times_ns, MANY), 7);
}

static void
test_traffic_even_arrivals_stand_in_the_middle_of_equal_parts(void **state)
{
    struct traffic_params params = plain("e", TRAFFIC_EVEN);

    (void)state;
    params.messages_count = 4;
    params.at_ns = 1000;
    params.over_ns = 100; /* (i + 1/2) * 25, down to whole ns */
    assert_int_equal(arrivals(&params, NS_PER_HOUR, times_ns, MANY), 4);
    assert_int_equal(times_ns[0], 1012);
    assert_int_equal(times_ns[1], 1037);
    assert_int_equal(times_ns[2], 1062);
    assert_int_equal(times_ns[3], 1087);
    /* None at or after the horizon. */
    assert_int_equal(arrivals(&params, 1062, times_ns, MANY), 2);
    assert_int_equal(arrivals(&params, 1063, times_ns, MANY), 3);
    params.over_ns = 0; /* all at once */
    assert_int_equal(arrivals(&params, NS_PER_HOUR, times_ns, MANY), 4);
    assert_int_equal(times_ns[3], 1000);
}

static void
burst_is_uniform(uint32_t count, int64_t over_ns)
{
    struct traffic_params params = plain("b", TRAFFIC_BURST);
    double distance = 0;

    params.messages_count = count;
    params.at_ns = NS_PER_HOUR;
    params.over_ns = over_ns;
    assert_int_equal(arrivals(&params, NS_PER_DAY, times_ns, MANY), count);
    for (uint32_t i = 0; i < count; i++) {
        const double x = (double)(times_ns[i] - params.at_ns) / (double)over_ns;
        assert_true(x >= 0 && x <= 1);
        distance = fmax(distance, fabs(x - (double)i / count));
        distance = fmax(distance, fabs(x - (double)(i + 1) / count));
    }
    print_message("burst of %u: %.4f, bound %.4f\n", count, distance,
                  KS_BOUND / sqrt(count));
    assert_true(distance < KS_BOUND / sqrt(count));
}

static void
test_traffic_burst_is_uniform_in_order(void **state)
{
    (void)state;
    burst_is_uniform(40000, 2 * NS_PER_MIN);
    burst_is_uniform(1000, NS_PER_HOUR);
    burst_is_uniform(30000, 3 * NS_PER_MS); /* one in 100 ns */
}

static void
test_traffic_burst_extremes_lie_as_they_should(void **state)
{
    /* Of three uniforms the least has 1 - (1 - x)^3, the most x^3: over many
     * sources, each with its own luck. */
    enum { SOURCES = 2000 };
    double least = 0, most = 0;

    (void)state;
    for (int s = 0; s < SOURCES; s++) {
        char name[16];
        snprintf(name, sizeof name, "b%d", s);
        struct traffic_params params = plain(name, TRAFFIC_BURST);
        params.messages_count = 3;
        params.over_ns = NS_PER_S;
        assert_int_equal(arrivals(&params, NS_PER_DAY, times_ns, MANY), 3);
        least += (double)times_ns[0] / 1e9 / SOURCES;
        most += (double)times_ns[2] / 1e9 / SOURCES;
    }
    /* Beta(1, 3) and Beta(3, 1): mean 1/4 and 3/4, variance 3/80. */
    assert_true(fabs(least - 0.25) < 5 * sqrt(3.0 / 80 / SOURCES));
    assert_true(fabs(most - 0.75) < 5 * sqrt(3.0 / 80 / SOURCES));
}

static void
test_traffic_shares_and_popularity_are_kept(void **state)
{
    enum { MESSAGES = 30000 };
    struct traffic_params params = plain("s", TRAFFIC_EVEN);
    struct traffic_message message;
    struct bench b;
    uint32_t counts[12] = {0};

    (void)state;
    params.messages_count = MESSAGES;
    params.over_ns = NS_PER_HOUR;
    params.recipients.a = 2;
    params.to = to_three;
    params.to_count = 3;
    bench_open(&b, &params, NS_PER_DAY);
    while (traffic_next(b.traffic, &message, &b.diag) == 1) {
        assert_int_equal(message.recipients_count, 2);
        for (int i = 0; i < 2; i++) {
            assert_null(message.recipients[i].channel);
            counts[message.recipients[i].host]++;
        }
    }
    for (uint32_t host = 0; host < 12; host++) {
        /* Harmonic numbers: the k-th of ten has 1/k of 2.928968. */
        const double p = host == 0   ? 0.5
                         : host == 1 ? 0.2
                                     : 0.3 / (host - 1) / 2.9289683;
        const double n = 2 * MESSAGES;
        assert_true(fabs(counts[host] - n * p) < 5 * sqrt(n * p * (1 - p)));
    }
    bench_close(&b);
}

static void
test_traffic_priorities_are_fixed_or_mixed(void **state)
{
    enum { MESSAGES = 20000 };
    struct traffic_params params = plain("m", TRAFFIC_EVEN);
    struct traffic_message message;
    uint32_t counts[3] = {0};
    struct bench b;

    (void)state;
    params.messages_count = MESSAGES;
    params.over_ns = NS_PER_HOUR;
    params.is_mixed = true;
    params.urgent_ppm = 100000;
    params.nonurgent_ppm = 300000;
    bench_open(&b, &params, NS_PER_DAY);
    while (traffic_next(b.traffic, &message, &b.diag) == 1) {
        counts[message.priority]++;
    }
    bench_close(&b);
    assert_in_range(counts[0], 2000 - 215, 2000 + 215);
    assert_in_range(counts[2], 6000 - 325, 6000 + 325);
    params.is_mixed = false;
    bench_open(&b, &params, NS_PER_DAY);
    assert_int_equal(traffic_next(b.traffic, &message, &b.diag), 1);
    assert_int_equal(message.priority, 1);
    bench_close(&b);
}

static void
test_traffic_is_quantised_down_in_time_and_up_in_size(void **state)
{
    struct traffic_params params = plain("q", TRAFFIC_EVEN);
    struct traffic_message message;
    struct bench b;

    (void)state;
    params.messages_count = 1;
    params.over_ns = 5 * NS_PER_S; /* at 2.5 s */
    params.quantum_ns = NS_PER_S;
    params.quantum_bytes = 1024;
    params.size.a = 1025;
    bench_open(&b, &params, NS_PER_DAY);
    assert_int_equal(traffic_next(b.traffic, &message, &b.diag), 1);
    assert_int_equal(message.at_ns, 2 * NS_PER_S);
    assert_int_equal(message.size_bytes, 2048);
    bench_close(&b);
    params.quantum_bytes = 1;
    params.size.a = 0;
    bench_open(&b, &params, NS_PER_DAY);
    assert_int_equal(traffic_next(b.traffic, &message, &b.diag), 1);
    assert_int_equal(message.size_bytes, 1); /* no message is nothing */
    bench_close(&b);
}

#define HEAD "mtasim-trace 1\nstart 2006-03-12T08:00:00Z\n"

static void
test_traffic_replay_gives_the_trace_later_by_at(void **state)
{
    const char *path = logfiles_path("test_traffic.trace");
    const char text[] =
        HEAD "1000 tcp_intranet U 8192 0 tcp_local:B.example,-:new.example\n"
             "2000 - L 1 - -:a.example\n"
             "3000 - N 1 - -:a.example\n";
    struct traffic_params params = plain("r", TRAFFIC_REPLAY);
    struct traffic_message message;
    struct bench b;

    (void)state;
    logfiles_write(path, text, strlen(text));
    params.replay_path = path;
    params.at_ns = 500;
    bench_open(&b, &params, 3500); /* the third comes too late */
    assert_int_equal(traffic_next(b.traffic, &message, &b.diag), 1);
    assert_int_equal(message.at_ns, 1500);
    assert_int_equal(message.size_bytes, 8192);
    assert_string_equal(message.source, "tcp_intranet");
    assert_int_equal(message.priority, 0);
    assert_true(message.is_null_sender);
    assert_int_equal(message.recipients_count, 2);
    assert_string_equal(message.recipients[0].channel, "tcp_local");
    assert_int_equal(message.recipients[0].host, 1);
    assert_int_equal(message.recipients[1].host, 12); /* added */
    assert_null(message.recipients[1].channel);
    assert_int_equal(traffic_next(b.traffic, &message, &b.diag), 1);
    assert_int_equal(message.at_ns, 2500);
    assert_int_equal(message.priority, 2);
    assert_null(message.source);
    assert_int_equal(traffic_next(b.traffic, &message, &b.diag), 0);
    assert_int_equal(b.diag.errors_count, 0);
    bench_close(&b);
}

static void
test_traffic_replay_reports_what_is_malformed(void **state)
{
    const char *path = logfiles_path("test_traffic.trace");
    const char text[] = HEAD "1000 - N 1 - -:a.example\nrubbish\n";
    struct traffic_params params = plain("r", TRAFFIC_REPLAY);
    struct traffic_message message;
    struct bench b;

    (void)state;
    logfiles_write(path, text, strlen(text));
    params.replay_path = path;
    bench_open(&b, &params, NS_PER_DAY);
    assert_int_equal(traffic_next(b.traffic, &message, &b.diag), 1);
    assert_int_equal(traffic_next(b.traffic, &message, &b.diag), -1);
    assert_int_equal(b.diag.errors_count, 1);
    bench_close(&b);
    params.replay_path = "no/such/trace";
    bench_open(&b, &params, NS_PER_DAY);
    assert_null(b.traffic);
    assert_int_equal(b.diag.errors_count, 1);
    bench_close(&b);
}

/* word_of - all that is drawn for the next `count` messages, as one number */
static uint64_t
word_of(struct traffic *traffic, uint32_t count, struct diag *diag)
{
    struct traffic_message m;
    uint64_t word = 0;

    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(traffic_next(traffic, &m, diag), 1);
        word = word * 31 + (uint64_t)m.at_ns;
        word = word * 31 + (uint64_t)m.size_bytes;
        word = word * 31 + m.priority;
        for (uint32_t k = 0; k < m.recipients_count; k++) {
            word = word * 31 + m.recipients[k].host;
        }
    }
    return word;
}

/* rich - a source that draws all there is to draw */
static struct traffic_params
rich(const char *name, int64_t rate_per_s)
{
    struct traffic_params params = plain(name, TRAFFIC_POISSON);

    params.rate_per_hour = rate_per_s * 3600 * 1000;
    params.size = (struct variate){VARIATE_LOGNORMAL, 8000, 0, 1100000};
    params.recipients = (struct variate){VARIATE_UNIFORM, 1, 5, 0};
    params.is_mixed = true;
    params.urgent_ppm = params.nonurgent_ppm = 300000;
    params.to = to_three;
    params.to_count = 3;
    return params;
}

static void
test_traffic_one_source_moves_no_other(void **state)
{
    const struct traffic_params one = rich("one", 10), two = rich("two", 10);
    struct bench a, b;

    (void)state;
    bench_open(&a, &one, NS_PER_DAY);
    const uint64_t alone = word_of(a.traffic, 1000, &a.diag);
    bench_close(&a);
    /* The same beside another that is ahead of it. */
    bench_open(&a, &one, NS_PER_DAY);
    bench_open(&b, &two, NS_PER_DAY);
    assert_true(word_of(b.traffic, 1000, &b.diag) != alone); /* own luck */
    assert_true(word_of(a.traffic, 1000, &a.diag) == alone);
    bench_close(&a);
    bench_close(&b);
}

static void
test_traffic_one_draw_moves_no_other(void **state)
{
    const struct traffic_params params = rich("one", 10);
    struct traffic_params other = params;
    struct traffic_message m, n;
    struct bench a, b;

    (void)state;
    bench_open(&a, &params, NS_PER_DAY);
    other.recipients.b = 2;             /* fewer recipients */
    other.size.kind = VARIATE_CONSTANT; /* no draw at all */
    other.rate_per_hour *= 2;
    bench_open(&b, &other, NS_PER_DAY);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(traffic_next(a.traffic, &m, &a.diag), 1);
        assert_int_equal(traffic_next(b.traffic, &n, &b.diag), 1);
        assert_int_equal(m.priority, n.priority);
        assert_int_equal(m.recipients[0].host, n.recipients[0].host);
        /* Twice the rate: half the time, to a ns a message. */
        assert_in_range(n.at_ns, m.at_ns / 2 - i - 1, m.at_ns / 2 + i + 1);
    }
    bench_close(&a);
    bench_close(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_traffic_poisson_has_the_mean_and_variance_of_its_rate),
        cmocka_unit_test(test_traffic_poisson_gaps_are_exponential),
        cmocka_unit_test(test_traffic_poisson_ends_with_its_window_or_count),
        cmocka_unit_test(
            test_traffic_even_arrivals_stand_in_the_middle_of_equal_parts),
        cmocka_unit_test(test_traffic_burst_is_uniform_in_order),
        cmocka_unit_test(test_traffic_burst_extremes_lie_as_they_should),
        cmocka_unit_test(test_traffic_shares_and_popularity_are_kept),
        cmocka_unit_test(test_traffic_priorities_are_fixed_or_mixed),
        cmocka_unit_test(test_traffic_is_quantised_down_in_time_and_up_in_size),
        cmocka_unit_test(test_traffic_replay_gives_the_trace_later_by_at),
        cmocka_unit_test(test_traffic_replay_reports_what_is_malformed),
        cmocka_unit_test(test_traffic_one_source_moves_no_other),
        cmocka_unit_test(test_traffic_one_draw_moves_no_other),
    };
    return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
