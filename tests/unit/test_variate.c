/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_variate.c - monotone everywhere rows of the tables meet, right at
 * values worked out with 240 bits, the same integers from every compiler
 *
 * Whether the samplers have the distributions they are named for is asked in
 * closed_variate.c, of GSL.
 */
#include "sim/kernel/variate.h"

#include "sim/kernel/chance.h"
#include "sim/kernel/digest.h"
#include "tests/support/support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Largest error of the normal quantile: 1.3e-11 is 936749 units of 2^-56. */
#define NORMAL_ERROR_MAX 940000

struct expected {
    uint64_t u;
    int64_t neg_log;
    int64_t normal;
};

/* mpmath 1.3.0 with 240 bits, rounded to nearest, 2026-11-21. */
static const struct expected expected[] = {
    {0, INT64_C(3246523679445986789), INT64_C(-659708441970182701)},
    {1, INT64_C(3167360321144061243), INT64_C(-651106572150057938)},
    {UINT64_C(0xff), INT64_C(2797145891244609251),
     INT64_C(-609309661084858776)},
    {UINT64_C(0x100000), INT64_C(2197646764034476266),
     INT64_C(-534951236585635715)},
    {UINT64_C(0x10000000000), INT64_C(1198716435487716200),
     INT64_C(-381523637497405385)},
    {UINT64_C(0x200000000000000), INT64_C(349625627017260115),
     INT64_C(-174203486154702513)},
    {UINT64_C(0x2000000000000000), INT64_C(149839554435968621),
     INT64_C(-82891408652916342)},
    {UINT64_C(0x4000000000003039), INT64_C(99893036290645554),
     INT64_C(-48602108602372531)},
    {UINT64_C(0x7fffffffffffffff), INT64_C(49946518145322874), 0},
    {UINT64_C(0x8000000000000000), INT64_C(49946518145322874), 0},
    {UINT64_C(0xc000000000000000), INT64_C(20729677988720202),
     INT64_C(48602108602372683)},
    {UINT64_C(0xfe00000000000000), INT64_C(565160497454030),
     INT64_C(174203486154702513)},
    {UINT64_C(0xfdffffffffffffff), INT64_C(565160497454030),
     INT64_C(174203486154702513)},
    {UINT64_C(0xffffffffc0000000), INT64_C(4194304),
     INT64_C(464334418125393077)},
    {UINT64_MAX, 0, INT64_C(659708441970182701)},
};

struct expected_exp {
    int64_t x;
    int64_t exp;
};

static const struct expected_exp expected_exp[] = {
    {INT64_C(-1801439850948198400), 0},           /* -25 */
    {INT64_C(-1441151880758558720), 9},           /* -20 */
    {INT64_C(-72057594037927936), 1580030169},    /* -1 */
    {INT64_C(-70368744177664), 4290775039},       /* -1/1024 */
    {0, INT64_C(4294967296)},                     /* 0 */
    {INT64_C(72057594037927936), 11674931555},    /* 1 */
    {INT64_C(48038396025285290), 8365454008},     /* 2/3 */
    {INT64_C(720575940379279360), 94602950235157} /* 10 */
};

/* One of each kind, large, so that a step back in the last bits shows. */
static const struct variate large[] = {
    {VARIATE_CONSTANT, 7, 0, 0},
    {VARIATE_UNIFORM, 3, VARIATE_MAX, 0},
    {VARIATE_EXPONENTIAL, VARIATE_MAX / 64, 0, 0},
    {VARIATE_LOGNORMAL, VARIATE_MAX / 1024, 0, 500000},
    {VARIATE_LOGNORMAL, NS_PER_S, 0, 3000000},
    {VARIATE_WEIBULL, VARIATE_MAX / 1024, 0, 2000000},
    {VARIATE_WEIBULL, NS_PER_S, 0, 500000},
    {VARIATE_PARETO, NS_PER_S, VARIATE_MAX, 1100000},
    {VARIATE_PARETO, 1, INT64_C(1) << 40, 50000},
};

static int64_t
distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

static void
test_variate_neg_log_is_right_to_its_last_unit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        const int64_t value = (int64_t)variate_neg_log(expected[i].u);

        assert_true(distance(value, expected[i].neg_log) <= 1);
    }
}

static void
test_variate_normal_is_right_to_13_in_10_to_the_12(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        const int64_t value = variate_normal(expected[i].u);

        assert_true(distance(value, expected[i].normal) <= NORMAL_ERROR_MAX);
    }
}

static void
test_variate_normal_is_symmetric(void **state)
{
    (void)state;
    uint64_t random = 1;

    for (int i = 0; i < 100000; i++) {
        const uint64_t u = test_random_below(&random, UINT64_MAX) >> (i % 64);

        assert_true(variate_normal(u) == -variate_normal(~u));
    }
}

static void
test_variate_exp_is_right_to_16_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(expected_exp); i++) {
        const int64_t value = variate_exp(expected_exp[i].x);

        assert_true(distance(value, expected_exp[i].exp) <= 1);
    }
    /* 21.4: 63 bits of result; 2^-54 of it is 469. */
    assert_true(distance(variate_exp(INT64_C(1542032512411657830)),
                         INT64_C(8450098550020792531)) < 1000);
}

static void
test_variate_exp_saturates(void **state)
{
    (void)state;
    assert_int_equal(variate_exp(INT64_C(22) << 56), INT64_MAX);
    assert_int_equal(variate_exp(INT64_MAX), INT64_MAX);
    assert_int_equal(variate_exp(-(INT64_C(23) << 56)), 0);
    assert_int_equal(variate_exp(INT64_MIN), 0);
}

/* around - the first of `width` numbers around u, without wrapping */
static uint64_t
around(uint64_t u, uint64_t width)
{
    const uint64_t first = u < width / 2 ? 0 : u - width / 2;

    return first > UINT64_MAX - width ? UINT64_MAX - width : first;
}

/* border - where row i of the logarithm's table begins in octave k */
static uint64_t
border(uint32_t k, uint64_t i)
{
    return (128 + i) << 56 >> k;
}

/* 64 octaves of 128 rows, 400 u each: 3.3 million. */
static void
test_variate_neg_log_falls_across_all_its_borders(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < 64; k++) {
        for (uint64_t i = 0; i < 128; i++) {
            const uint64_t first = around(border(k, i), 400);
            uint64_t last = variate_neg_log(first);

            for (uint64_t u = first + 1; u < first + 400; u++) {
                const uint64_t next = variate_neg_log(u);

                assert_true(next <= last);
                last = next;
            }
        }
    }
}

static void
check_normal_rises_around(uint64_t middle, uint64_t width)
{
    const uint64_t first = around(middle, width);
    int64_t last = variate_normal(first);

    for (uint64_t u = first + 1; u < first + width; u++) {
        const int64_t next = variate_normal(u);

        assert_true(next >= last);
        last = next;
    }
}

/* first_below - the least u whose -ln(u) is below y, by bisection */
static uint64_t
first_below(uint64_t y)
{
    uint64_t low = 0;
    uint64_t high = UINT64_MAX;

    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;

        if (variate_neg_log(middle) < y) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* Rows begin at each eighth of an octave of y = -ln p, 2^-1 to 2^6. Both
 * tails, and the middle, where the two halves meet. */
static void
test_variate_normal_rises_across_all_its_borders(void **state)
{
    (void)state;
    for (uint32_t octave = 55; octave < 62; octave++) {
        for (uint64_t i = 0; i < 8; i++) {
            const uint64_t y = (8 + i) << (octave - 3);
            const uint64_t u = first_below(y);

            check_normal_rises_around(u, 20000);
            check_normal_rises_around(~u, 20000);
        }
    }
    check_normal_rises_around(UINT64_C(1) << 63, 1000000);
    check_normal_rises_around(0, 100000);
    check_normal_rises_around(UINT64_MAX, 100000);
}

/* Rows begin at i ln 2 / 64, here from 2^-22 to 2^31; in units of 2^-56 that is
 * i * 780414346020669.9, off by 3 of the 1000 walked to either side. */
static void
test_variate_exp_rises_across_all_its_borders(void **state)
{
    (void)state;
    for (int64_t i = -1408; i < 1984; i++) {
        const base_i128 exact = (base_i128)i * INT64_C(7804143460206699);
        const int64_t first = (int64_t)(exact / 10) - 1000;
        int64_t last = variate_exp(first);

        for (int64_t x = first + 1; x < first + 2000; x++) {
            const int64_t next = variate_exp(x);

            assert_true(next >= last);
            last = next;
        }
    }
}

static void
check_samples_rise_around(uint64_t middle, uint64_t width)
{
    const uint64_t first = around(middle, width);

    for (size_t kind = 0; kind < COUNT(large); kind++) {
        int64_t last = variate_sample(&large[kind], first);

        for (uint64_t u = first + 1; u < first + width; u++) {
            const int64_t next = variate_sample(&large[kind], u);

            assert_true(next >= last);
            last = next;
        }
    }
}

static void
test_variate_samples_rise_across_the_borders(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < 64; k++) {
        for (uint64_t i = 0; i < 128; i += k < 2 ? 1 : 13) {
            check_samples_rise_around(border(k, i), 40);
            check_samples_rise_around(~border(k, i), 40);
        }
    }
    check_samples_rise_around(UINT64_C(1) << 57, 20000);
    check_samples_rise_around(~(UINT64_C(1) << 57), 20000);
    check_samples_rise_around(0, 20000);
    check_samples_rise_around(UINT64_MAX, 20000);
}

static void
test_variate_samples_rise_between_random_numbers(void **state)
{
    (void)state;
    uint64_t random = 2;

    for (int i = 0; i < 20000; i++) {
        const uint64_t u = test_random_below(&random, UINT64_MAX);
        const uint64_t gap = test_random_below(&random, UINT64_MAX) >> (i % 64);
        const uint64_t v = gap > UINT64_MAX - u ? UINT64_MAX : u + gap;

        for (size_t kind = 0; kind < COUNT(large); kind++) {
            assert_true(variate_sample(&large[kind], u) <=
                        variate_sample(&large[kind], v));
        }
    }
}

static int64_t
sample(enum variate_kind kind, int64_t a, int64_t b, int64_t shape_ppm,
       uint64_t u)
{
    const struct variate variate = {kind, a, b, shape_ppm};

    return variate_sample(&variate, u);
}

/* u = 2^62 is the lower quartile. Of 1 to 6 a quarter of the range ends within
 * the second sixth. The exponential's is 10^9 ln(4/3) = 287682072.45; the
 * lognormal's 10^9 e^(-0.67448975) = 509416283.9; Weibull with shape 1/2:
 * 10^9 ln(4/3)^2 = 82760974.8; Pareto(1000, 2, to 2000): R = 1/4, q = 13/16,
 * 1000 sqrt(16/13) = 1109.4. */
static void
test_variate_lower_quartiles_worked_by_hand(void **state)
{
    (void)state;
    const uint64_t u = UINT64_C(1) << 62;

    assert_int_equal(sample(VARIATE_CONSTANT, 5, 0, 0, u), 5);
    assert_int_equal(sample(VARIATE_UNIFORM, 1, 6, 0, u), 2);
    assert_int_equal(sample(VARIATE_EXPONENTIAL, NS_PER_S, 0, 0, u), 287682072);
    assert_int_equal(sample(VARIATE_LOGNORMAL, NS_PER_S, 0, 1000000, u),
                     509416284);
    assert_int_equal(sample(VARIATE_WEIBULL, NS_PER_S, 0, 500000, u), 82760975);
    assert_int_equal(sample(VARIATE_PARETO, 1000, 2000, 2000000, u), 1109);
}

static void
test_variate_uniform_gives_each_number_its_share(void **state)
{
    (void)state;
    const uint64_t sixth = UINT64_C(3074457345618258602); /* 2^64 / 6, down */

    assert_int_equal(sample(VARIATE_UNIFORM, 1, 6, 0, 0), 1);
    assert_int_equal(sample(VARIATE_UNIFORM, 1, 6, 0, sixth), 1);
    assert_int_equal(sample(VARIATE_UNIFORM, 1, 6, 0, sixth + 1), 2);
    assert_int_equal(sample(VARIATE_UNIFORM, 1, 6, 0, UINT64_MAX), 6);
    assert_int_equal(sample(VARIATE_UNIFORM, 9, 9, 0, UINT64_MAX), 9);
    assert_int_equal(sample(VARIATE_UNIFORM, 0, VARIATE_MAX, 0, UINT64_MAX),
                     VARIATE_MAX);
}

static void
test_variate_saturates_at_its_maximum(void **state)
{
    (void)state;
    const int64_t most = VARIATE_MAX;

    assert_int_equal(sample(VARIATE_EXPONENTIAL, most, 0, 0, UINT64_MAX), most);
    assert_int_equal(sample(VARIATE_LOGNORMAL, most, 0, 10000000, UINT64_MAX),
                     most);
    assert_int_equal(sample(VARIATE_LOGNORMAL, 1, 0, 10000000, UINT64_MAX),
                     most);
    assert_int_equal(sample(VARIATE_WEIBULL, 1, 0, 10000, UINT64_MAX), most);
    assert_int_equal(sample(VARIATE_PARETO, 1, most, 10000, UINT64_MAX), most);
}

static void
test_variate_of_nothing_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(sample(VARIATE_EXPONENTIAL, 0, 0, 0, UINT64_MAX), 0);
    assert_int_equal(sample(VARIATE_LOGNORMAL, 0, 0, 10000000, UINT64_MAX), 0);
    assert_int_equal(sample(VARIATE_WEIBULL, 0, 0, 10000, UINT64_MAX), 0);
    assert_int_equal(sample(VARIATE_LOGNORMAL, VARIATE_MAX, 0, 10000000, 0), 0);
    assert_int_equal(sample(VARIATE_WEIBULL, VARIATE_MAX, 0, 10000, 0), 0);
}

static void
test_variate_lognormal_without_sigma_is_its_median(void **state)
{
    (void)state;
    assert_int_equal(sample(VARIATE_LOGNORMAL, 12345, 0, 0, 0), 12345);
    assert_int_equal(sample(VARIATE_LOGNORMAL, 12345, 0, 0, UINT64_MAX), 12345);
}

static void
test_variate_pareto_stays_within_its_bounds(void **state)
{
    (void)state;
    const int64_t shapes_ppm[] = {10000, 500000, 1000000, 7000000, 100000000};

    for (size_t i = 0; i < COUNT(shapes_ppm); i++) {
        assert_int_equal(
            sample(VARIATE_PARETO, 1000000, 1001000, shapes_ppm[i], 0),
            1000000);
        assert_int_equal(
            sample(VARIATE_PARETO, 1000000, 1001000, shapes_ppm[i], UINT64_MAX),
            1001000);
        assert_int_equal(
            sample(VARIATE_PARETO, 5, 5, shapes_ppm[i], UINT64_MAX), 5);
    }
}

static bool
is_valid(enum variate_kind kind, int64_t a, int64_t b, int64_t shape_ppm)
{
    const struct variate variate = {kind, a, b, shape_ppm};
    const char *why;
    const bool valid = variate_is_valid(&variate, &why);

    assert_true(valid == (why == NULL));
    return valid;
}

static void
test_variate_parameters_are_held_to_their_ranges(void **state)
{
    (void)state;
    const int64_t most = VARIATE_MAX;

    for (size_t i = 0; i < COUNT(large); i++) {
        assert_true(is_valid(large[i].kind, large[i].a, large[i].b,
                             large[i].shape_ppm));
    }
    assert_true(is_valid(VARIATE_CONSTANT, most, 0, 0));
    assert_false(is_valid(VARIATE_CONSTANT, most + 1, 0, 0));
    assert_false(is_valid(VARIATE_CONSTANT, -1, 0, 0));
    assert_true(is_valid(VARIATE_UNIFORM, 4, 4, 0));
    assert_false(is_valid(VARIATE_UNIFORM, 4, 3, 0));
    assert_false(is_valid(VARIATE_UNIFORM, 4, most + 1, 0));
    assert_true(is_valid(VARIATE_LOGNORMAL, 1, 0, 10000000));
    assert_false(is_valid(VARIATE_LOGNORMAL, 1, 0, 10000001));
    assert_false(is_valid(VARIATE_LOGNORMAL, 1, 0, -1));
    assert_false(is_valid(VARIATE_WEIBULL, 1, 0, 9999));
    assert_false(is_valid(VARIATE_WEIBULL, 1, 0, 100000001));
    assert_false(is_valid(VARIATE_PARETO, 0, 5, 1000000));
    assert_false(is_valid(VARIATE_PARETO, 5, 4, 1000000));
    assert_false(is_valid(VARIATE_PARETO, 1, 5, 0));
}

/* The exact integers of 9 x 64 samples: every compiler, optimisation level and
 * machine must agree. A new constant here is a new behaviour of every run. */
static void
test_variate_samples_are_the_same_on_every_machine(void **state)
{
    (void)state;
    const struct chance chance = chance_stream(1, 0, "golden");
    struct digest digest;
    char text[DIGEST_TEXT_SIZE];

    digest_init(&digest);
    for (uint32_t n = 0; n < 64; n++) {
        const uint64_t draw = chance_u64(&chance, 0, 0, n);
        const uint64_t u = n % 4 == 0   ? draw >> n
                           : n % 4 == 1 ? ~(draw >> n)
                                        : draw;
        uint64_t record[COUNT(large) + 3];

        for (size_t kind = 0; kind < COUNT(large); kind++) {
            record[kind] = (uint64_t)variate_sample(&large[kind], u);
        }
        record[COUNT(large)] = variate_neg_log(u);
        record[COUNT(large) + 1] = (uint64_t)variate_normal(u);
        record[COUNT(large) + 2] = (uint64_t)variate_exp(variate_normal(u) * 2);
        digest_record(&digest, record, COUNT(record));
    }
    digest_format(&digest, text);
    digest_free(&digest);
    assert_string_equal(text, "409d236b5fc85c637da29955c92d6774");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variate_neg_log_is_right_to_its_last_unit),
        cmocka_unit_test(test_variate_normal_is_right_to_13_in_10_to_the_12),
        cmocka_unit_test(test_variate_normal_is_symmetric),
        cmocka_unit_test(test_variate_exp_is_right_to_16_digits),
        cmocka_unit_test(test_variate_exp_saturates),
        cmocka_unit_test(test_variate_neg_log_falls_across_all_its_borders),
        cmocka_unit_test(test_variate_normal_rises_across_all_its_borders),
        cmocka_unit_test(test_variate_exp_rises_across_all_its_borders),
        cmocka_unit_test(test_variate_samples_rise_across_the_borders),
        cmocka_unit_test(test_variate_samples_rise_between_random_numbers),
        cmocka_unit_test(test_variate_lower_quartiles_worked_by_hand),
        cmocka_unit_test(test_variate_uniform_gives_each_number_its_share),
        cmocka_unit_test(test_variate_saturates_at_its_maximum),
        cmocka_unit_test(test_variate_of_nothing_is_nothing),
        cmocka_unit_test(test_variate_lognormal_without_sigma_is_its_median),
        cmocka_unit_test(test_variate_pareto_stays_within_its_bounds),
        cmocka_unit_test(test_variate_parameters_are_held_to_their_ranges),
        cmocka_unit_test(test_variate_samples_are_the_same_on_every_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
