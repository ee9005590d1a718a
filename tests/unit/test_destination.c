/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_destination.c - outages, replies by chance, popularity
 *
 * Frequencies are held to five standard deviations of a binomial; popularity
 * to pow() in long double, which models/ may not use.
 */
#include "models/destination.h"

#include <math.h>

#include "tests/support/support.h"

static const struct destination_outage outages[] = {
    {100, 200, DESTINATION_REFUSE},
    {200, 250, DESTINATION_TIMEOUT}, /* the next moment */
    {400, 401, DESTINATION_DNS},     /* one nanosecond */
};

static void
test_destination_outages_hold_from_first_to_before_last(void **state)
{
    const struct destination_params params = {.outages = outages,
                                              .outages_count = 3};

    (void)state;
    assert_null(destination_outage_at(&params, 0));
    assert_null(destination_outage_at(&params, 99));
    assert_ptr_equal(destination_outage_at(&params, 100), &outages[0]);
    assert_ptr_equal(destination_outage_at(&params, 199), &outages[0]);
    assert_ptr_equal(destination_outage_at(&params, 200), &outages[1]);
    assert_ptr_equal(destination_outage_at(&params, 249), &outages[1]);
    assert_null(destination_outage_at(&params, 250));
    assert_null(destination_outage_at(&params, 399));
    assert_ptr_equal(destination_outage_at(&params, 400), &outages[2]);
    assert_null(destination_outage_at(&params, 401));
    assert_null(destination_outage_at(&params, INT64_MAX));
}

/* outage_walk - the first of those that cover the instant; NULL: none */
static const struct destination_outage *
outage_walk(const struct destination_params *params, int64_t at_ns)
{
    for (uint32_t i = 0; i < params->outages_count; i++) {
        const struct destination_outage *outage = &params->outages[i];

        if (outage->from_ns <= at_ns && at_ns < outage->until_ns) {
            return outage;
        }
    }
    return NULL;
}

static void
test_destination_outage_is_found_as_by_walking_the_list(void **state)
{
    enum { COUNT = 33 };
    struct destination_outage many[COUNT];

    (void)state;
    for (uint32_t count = 0; count <= COUNT; count++) {
        const struct destination_params params = {.outages = many,
                                                  .outages_count = count};
        for (uint32_t i = 0; i < count; i++) {
            many[i] = (struct destination_outage){10 * i + 3, 10 * i + 7,
                                                  DESTINATION_DNS};
        }
        for (int64_t at_ns = 0; at_ns < 10 * COUNT + 10; at_ns++) {
            assert_ptr_equal(destination_outage_at(&params, at_ns),
                             outage_walk(&params, at_ns));
        }
    }
}

struct bench {
    struct destination_params params;
    struct destination_luck luck;
    struct destination to;
};

static void
bench_init(struct bench *b, const char *name, int32_t temporary_ppm,
           int32_t permanent_ppm)
{
    *b = (struct bench){.params = {.name = name}};
    b->params.temporary_ppm[SMTP_RCPT] = temporary_ppm;
    b->params.permanent_ppm[SMTP_RCPT] = permanent_ppm;
    destination_luck_init(&b->luck, &b->params, 7, 0);
    b->to = (struct destination){.params = &b->params, .luck = &b->luck};
}

static void
test_destination_replies_come_in_their_shares(void **state)
{
    enum { DRAWS = 100000 };
    struct bench b;
    uint32_t count[3] = {0};

    (void)state;
    bench_init(&b, "far.example", 200000, 50000);
    for (uint32_t i = 0; i < DRAWS; i++) {
        count[destination_reply(&b.to, SMTP_RCPT, chance_entity(i + 1, 0),
                                0)]++;
    }
    /* Standard deviations of 126 and 69. */
    assert_in_range(count[DESTINATION_4XX], 20000 - 630, 20000 + 630);
    assert_in_range(count[DESTINATION_5XX], 5000 - 345, 5000 + 345);
}

static void
test_destination_only_the_command_named_is_refused(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, "far.example", PPM, 0);
    for (int phase = 0; phase < SMTP_PHASES_COUNT; phase++) {
        assert_int_equal(
            destination_reply(&b.to, (enum smtp_phase)phase, 1 << 20, 0),
            phase == SMTP_RCPT ? DESTINATION_4XX : DESTINATION_2XX);
    }
}

static void
test_destination_a_higher_4xx_rate_betters_nobody(void **state)
{
    static const int32_t rates[] = {0,      1000,   10000, 200000,
                                    500000, 949999, 950000};

    (void)state;
    for (uint32_t i = 0; i < 3000; i++) {
        enum destination_reply before = DESTINATION_2XX;
        for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
            struct bench b;
            bench_init(&b, "far.example", rates[k], 50000);
            const enum destination_reply now =
                destination_reply(&b.to, SMTP_RCPT, chance_entity(i + 1, 0), 0);
            /* 2xx may become 4xx; 5xx stays what it is. */
            assert_true(now >= before);
            assert_true(k == 0 || (before == DESTINATION_5XX) ==
                                      (now == DESTINATION_5XX));
            before = now;
        }
        assert_true(before != DESTINATION_2XX); /* 95 % and 5 %: nobody left */
    }
}

static void
test_destination_luck_is_each_hosts_own(void **state)
{
    struct bench a, b;
    uint32_t same = 0;

    (void)state;
    bench_init(&a, "a.example", 500000, 0);
    bench_init(&b, "b.example", 500000, 0);
    for (uint32_t i = 0; i < 10000; i++) {
        const uint64_t entity = chance_entity(i + 1, 0);
        same += destination_reply(&a.to, SMTP_RCPT, entity, 0) ==
                destination_reply(&b.to, SMTP_RCPT, entity, 0);
    }
    assert_in_range(same, 4750, 5250);
}

static void
popularity_is(int64_t zipf_ppm)
{
    enum { COUNT = 2000 };
    static uint64_t cumulative[COUNT];
    uint64_t before = 0;

    destination_popularity(cumulative, COUNT, zipf_ppm);
    for (uint32_t k = 1; k <= COUNT; k++) {
        const long double expected =
            ldexpl(powl((long double)k, -(long double)zipf_ppm / PPM), 32);
        const long double weight = (long double)(cumulative[k - 1] - before);
        /* Whole units of 2^-32, and never nothing. */
        assert_true(fabsl(weight - expected) <= 1.0L + expected * 1e-9L);
        assert_true(weight >= 1);
        before = cumulative[k - 1];
    }
}

static void
test_destination_popularity_is_zipf(void **state)
{
    (void)state;
    popularity_is(0);
    popularity_is(500000);
    popularity_is(PPM);
    popularity_is(1300000);
    popularity_is(INT64_C(3) * PPM);
}

static void
test_destination_popularity_without_slope_is_equal(void **state)
{
    uint64_t cumulative[5];

    (void)state;
    destination_popularity(cumulative, 5, 0);
    for (uint64_t k = 0; k < 5; k++) {
        assert_int_equal(cumulative[k], (k + 1) << 32);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_destination_outages_hold_from_first_to_before_last),
        cmocka_unit_test(
            test_destination_outage_is_found_as_by_walking_the_list),
        cmocka_unit_test(test_destination_replies_come_in_their_shares),
        cmocka_unit_test(test_destination_only_the_command_named_is_refused),
        cmocka_unit_test(test_destination_a_higher_4xx_rate_betters_nobody),
        cmocka_unit_test(test_destination_luck_is_each_hosts_own),
        cmocka_unit_test(test_destination_popularity_is_zipf),
        cmocka_unit_test(test_destination_popularity_without_slope_is_equal),
    };
    return cmocka_run_group_tests_name("destination", tests, NULL, NULL);
}
