/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_unit.c - texts with units are read exactly or refused
 *
 * Pinned: each unit's value in its smallest unit, exactness of decimals, what
 * is refused. Not pinned: the words of the reasons.
 */
#include "tests/support/support.h"

#include <string.h>

#include "sim/lab/unit.h"

struct sample {
    const char *text;
    int64_t value; /* -1: refused */
};

/* samples_check - the parser gives each value; a refusal has a reason */
static void
samples_check(unit_fn *parse, const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *why = NULL;
        int64_t value = 0;
        const bool is_good = parse(samples[i].text, &value, &why);

        if (is_good != (samples[i].value >= 0) ||
            (is_good && value != samples[i].value)) {
            fail_msg("\"%s\": %s, %lld; expected %lld", samples[i].text,
                     is_good ? "taken" : why, (long long)value,
                     (long long)samples[i].value);
        }
        if (!is_good) {
            assert_non_null(why);
        }
    }
}

#define CHECK(parse, samples)                                                  \
    samples_check(parse, samples, sizeof(samples) / sizeof *(samples))

static void
test_unit_durations_are_ns(void **state)
{
    static const struct sample samples[] = {
        {"0", 0},
        {"0s", 0},
        {"7ns", 7},
        {"40ms", 40 * NS_PER_MS},
        {"30s", 30 * NS_PER_S},
        {"1.5s", 1500000000},
        {"0.000000001s", 1},
        {"5m", 300 * NS_PER_S},
        {"5min", 300 * NS_PER_S},
        {"1h30m", 5400 * NS_PER_S},
        {"2d", 172800 * NS_PER_S},
        {"1w", 604800 * NS_PER_S},
        {"1d1h1m1s1ms", 90061001000000},
        {"pt30m", 1800 * NS_PER_S},
        {"PT30M", 1800 * NS_PER_S},
        {"p1d", 86400 * NS_PER_S},
        {"P1DT12H", 129600 * NS_PER_S},
        {"p1w", 604800 * NS_PER_S},
        {"", -1},
        {"30", -1},
        {"-5s", -1},
        {"5 m", -1},
        {"5x", -1},
        {"5mm", -1},
        {"m", -1},
        {"30m1h", -1},
        {"1m1m", -1},
        {"0.1ns", -1},
        {"1.s", -1},
        {".5s", -1},
        {"1e3s", -1},
        {"p", -1},
        {"pt", -1},
        {"p1dt", -1},
        {"p5m", -1},
        {"pt1d", -1},
        {"pt5", -1},
        {"999999999999999999d", -1},
        {"9999999999999999999s", -1},
        {"50000d50000d", -1},
    };

    (void)state;
    CHECK(unit_duration_parse, samples);
}

static void
test_unit_k_is_1000_and_ki_is_1024(void **state)
{
    static const struct sample samples[] = {
        {"0", 0},
        {"512B", 512},
        {"8kB", 8000},
        {"24KiB", 24576},
        {"2MB", 2000000},
        {"2MiB", 2097152},
        {"1GB", 1000000000},
        {"1GiB", 1073741824},
        {"1.5kB", 1500},
        {"0.5KiB", 512},
        {"8", -1},
        {"8k", -1},
        {"8KB", -1},
        {"8kb", -1},
        {"0.5B", -1},
        {"1.0001kB", -1},
        {"-1B", -1},
        {"", -1},
    };

    (void)state;
    CHECK(unit_bytes_parse, samples);
}

static void
test_unit_bit_rates_are_above_zero(void **state)
{
    static const struct sample samples[] = {
        {"64kbit/s", 64000},
        {"100Mbit/s", 100000000},
        {"2.5Gbit/s", INT64_C(2500000000)},
        {"300bit/s", 300},
        {"unlimited", 0},
        {"0Mbit/s", -1},
        {"0", -1},
        {"100", -1},
        {"100Mb/s", -1},
        {"100MB/s", -1},
    };

    (void)state;
    CHECK(unit_bit_rate_parse, samples);
}

static void
test_unit_arrivals_are_thousandths_an_hour(void **state)
{
    static const struct sample samples[] = {
        {"10/s", 36000000}, {"600/min", 36000000},
        {"3/h", 3000},      {"2.5/h", 2500},
        {"0.001/h", 1},     {"0.0001/h", -1},
        {"0/s", -1},        {"-1/s", -1},
        {"10", -1},         {"10/d", -1},
        {"/s", -1},
    };

    (void)state;
    CHECK(unit_arrivals_parse, samples);
}

static void
test_unit_probabilities_are_ppm(void **state)
{
    static const struct sample samples[] = {
        {"0.1%", 1000}, {"2000ppm", 2000},  {"0.5", 500000},
        {"1", 1000000}, {"100%", 1000000},  {"0", 0},
        {"0.0001%", 1}, {"0.00001%", -1},   {"100.1%", -1},
        {"2", -1},      {"1000001ppm", -1}, {"half", -1},
    };

    (void)state;
    CHECK(unit_probability_parse, samples);
}

static void
test_unit_integers_are_whole(void **state)
{
    static const struct sample samples[] = {
        {"0", 0},
        {"50", 50},
        {"1.5", -1},
        {"-1", -1},
        {"1,000", -1},
        {"0x10", -1},
        {"", -1},
        {"999999999999999999", 999999999999999999},
        {"1000000000000000000", -1},
    };

    (void)state;
    CHECK(unit_integer_parse, samples);
}

/* By hand: 2006-03-12 is 36 years of 365 days, 9 leap days and 31 + 28 + 11
 * days after 1970-01-01: 13,219 days. The others by date(1), `date -u +%s`. */
static void
test_unit_dates_are_civil_ns(void **state)
{
    static const struct sample samples[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-02", 86400 * NS_PER_S},
        {"2006-03-12T08:00:00Z", (INT64_C(13219) * 86400 + 28800) * NS_PER_S},
        {"2006-03-12T08:00", (INT64_C(13219) * 86400 + 28800) * NS_PER_S},
        {"2000-02-29", INT64_C(951782400) * NS_PER_S},
        {"2000-03-01", INT64_C(951868800) * NS_PER_S},
        {"2100-03-01", INT64_C(4107542400) * NS_PER_S},
        {"2038-01-19T03:14:08Z", INT64_C(2147483648) * NS_PER_S},
        {"2100-02-29", -1},
        {"2006-02-30", -1},
        {"2006-13-01", -1},
        {"2006-00-01", -1},
        {"2006-01-00", -1},
        {"2006-01-01T24:00:00Z", -1},
        {"2006-01-01T23:60:00Z", -1},
        {"2006-01-01T23:00:00+01:00", -1},
        {"2006-01-01T23", -1},
        {"2006-1-1", -1},
        {"1969-12-31", -1},
        {"2200-01-01", -1},
        {"", -1},
    };

    (void)state;
    CHECK(unit_date_parse, samples);
}

static void
variate_check(const char *text, enum variate_kind kind, int64_t a, int64_t b,
              int64_t shape_ppm)
{
    struct variate variate;
    const char *why = "";

    if (!unit_variate_parse(text, unit_duration_parse, &variate, &why)) {
        fail_msg("\"%s\" is refused: %s", text, why);
    }
    assert_int_equal(variate.kind, kind);
    assert_int_equal(variate.a, a);
    assert_int_equal(variate.b, b);
    assert_int_equal(variate.shape_ppm, shape_ppm);
}

static void
test_unit_variates_take_their_parameters(void **state)
{
    (void)state;
    variate_check("1s", VARIATE_CONSTANT, NS_PER_S, 0, 0);
    variate_check("constant(1s)", VARIATE_CONSTANT, NS_PER_S, 0, 0);
    variate_check("uniform(1s, 2s)", VARIATE_UNIFORM, NS_PER_S, 2 * NS_PER_S,
                  0);
    variate_check("exponential(2s)", VARIATE_EXPONENTIAL, 2 * NS_PER_S, 0, 0);
    variate_check("lognormal(350ms, 0.75)", VARIATE_LOGNORMAL, 350 * NS_PER_MS,
                  0, 750000);
    variate_check("lognormal( 350ms ,0.75 )", VARIATE_LOGNORMAL,
                  350 * NS_PER_MS, 0, 750000);
    variate_check("weibull(1s, 0.5)", VARIATE_WEIBULL, NS_PER_S, 0, 500000);
    variate_check("pareto(1s, 1.2, 1m)", VARIATE_PARETO, NS_PER_S, NS_PER_MIN,
                  1200000);
}

static void
test_unit_variates_refuse_what_they_cannot_draw(void **state)
{
    static const char *const texts[] = {
        "gamma(1s, 2)",
        "uniform(1s)",
        "uniform(2s, 1s)",
        "exponential(1s",
        "exponential 1s)",
        "exponential(1s)x",
        "exponential()",
        "exponential(1s,)",
        "lognormal(1s, -1)",
        "lognormal(1, 1)",
        "pareto(1s, 1, 1m, 2m, 3m)",
        "()",
        "",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct variate variate;
        const char *why = NULL;

        if (unit_variate_parse(texts[i], unit_duration_parse, &variate, &why)) {
            fail_msg("\"%s\" is taken", texts[i]);
        }
        assert_non_null(why);
    }
}

static void
test_unit_calls_longer_than_the_buffer_are_refused(void **state)
{
    char text[UNIT_TEXT_MAX + 3];
    struct unit_call call;
    const char *why = NULL;

    (void)state;
    memset(text, 'a', sizeof text);
    text[UNIT_TEXT_MAX] = '\0';
    assert_true(unit_call_parse(text, &call, &why));
    text[UNIT_TEXT_MAX] = 'a';
    text[UNIT_TEXT_MAX + 1] = '\0';
    assert_false(unit_call_parse(text, &call, &why));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unit_durations_are_ns),
        cmocka_unit_test(test_unit_k_is_1000_and_ki_is_1024),
        cmocka_unit_test(test_unit_bit_rates_are_above_zero),
        cmocka_unit_test(test_unit_arrivals_are_thousandths_an_hour),
        cmocka_unit_test(test_unit_probabilities_are_ppm),
        cmocka_unit_test(test_unit_integers_are_whole),
        cmocka_unit_test(test_unit_dates_are_civil_ns),
        cmocka_unit_test(test_unit_variates_take_their_parameters),
        cmocka_unit_test(test_unit_variates_refuse_what_they_cannot_draw),
        cmocka_unit_test(test_unit_calls_longer_than_the_buffer_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
