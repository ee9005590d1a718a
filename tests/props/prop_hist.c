/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_hist.c - random histograms against a sorted array of the same values
 *
 * A failure prints the case's seed: PROP_SEED=n make check T=prop_hist runs
 * that case first.
 */
#include "sim/kernel/hist.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#define CASES      200
#define VALUES_MAX 300
#define PARTS      5

struct sample {
    int64_t values[VALUES_MAX]; /* in the order drawn */
    int64_t sorted[VALUES_MAX];
    uint32_t count;
};

static void
insert_sorted(int64_t *sorted, uint32_t count, int64_t value)
{
    uint32_t i = count;

    for (; i > 0 && sorted[i - 1] > value; i--) {
        sorted[i] = sorted[i - 1];
    }
    sorted[i] = value;
}

/* Values of every size: a random number of bits, then random bits; some equal
 * to the one before. */
static void
sample_draw(struct sample *sample, uint64_t *random)
{
    sample->count = (uint32_t)test_random_below(random, VALUES_MAX) + 1;
    for (uint32_t i = 0; i < sample->count; i++) {
        const uint64_t bits = test_random_below(random, 63);
        const uint64_t value =
            test_random_below(random, (UINT64_C(1) << bits) + 1);

        sample->values[i] = i > 0 && test_random_below(random, 8) == 0
                                ? sample->values[i - 1]
                                : (int64_t)value;
        insert_sorted(sample->sorted, i, sample->values[i]);
    }
}

/* The rank in the plainest way: the least r with r * 10^6 >= ppm * total. */
static uint64_t
rank_of(int64_t ppm, uint64_t total)
{
    uint64_t rank = 1;

    while (rank * PPM < (uint64_t)ppm * total) {
        rank++;
    }
    return rank;
}

static bool
is_near(int64_t quantile, int64_t truth)
{
    const int64_t off = quantile > truth ? quantile - truth : truth - quantile;

    return off <= truth / (2 * (int64_t)HIST_SUB);
}

static bool
quantiles_agree(const struct hist *hist, const struct sample *sample,
                uint64_t *random)
{
    const uint64_t missing = test_random_below(random, 3) * 20;
    const uint64_t total = sample->count + missing;

    for (int i = 0; i < 50; i++) {
        const int64_t ppm =
            i == 0 ? PPM : (int64_t)test_random_below(random, PPM + 1);
        const uint64_t rank = rank_of(ppm, total);
        const int64_t quantile = hist_quantile(hist, ppm, total);

        if (rank > sample->count
                ? quantile != INT64_MAX
                : !is_near(quantile, sample->sorted[rank - 1])) {
            return false;
        }
    }
    return true;
}

static bool
moments_agree(const struct hist *hist, const struct sample *sample)
{
    base_u128 sum = 0;

    for (uint32_t i = 0; i < sample->count; i++) {
        sum += (uint64_t)sample->values[i];
    }
    return hist->sum == sum && hist->count == sample->count &&
           hist->min == sample->sorted[0] &&
           hist->max == sample->sorted[sample->count - 1];
}

static bool
is_equal(const struct hist *x, const struct hist *y)
{
    return x->count == y->count && x->sum == y->sum && x->min == y->min &&
           x->max == y->max && x->buckets_count == y->buckets_count &&
           memcmp(x->counts, y->counts, x->buckets_count * sizeof *x->counts) ==
               0;
}

/* The same values dealt to some histograms, merged from the first to the last
 * or from the last to the first, are the one histogram of them all. */
static bool
merges_agree(const struct hist *whole, const struct sample *sample,
             uint64_t *random)
{
    struct hist parts[PARTS];
    struct hist forward;
    struct hist backward;

    hist_init(&forward);
    hist_init(&backward);
    for (int i = 0; i < PARTS; i++) {
        hist_init(&parts[i]);
    }
    for (uint32_t i = 0; i < sample->count; i++) {
        hist_add(&parts[test_random_below(random, PARTS)], sample->values[i]);
    }
    for (int i = 0; i < PARTS; i++) {
        hist_merge(&forward, &parts[i]);
        hist_merge(&backward, &parts[PARTS - 1 - i]);
    }
    const bool agree = is_equal(&forward, whole) && is_equal(&backward, whole);
    for (int i = 0; i < PARTS; i++) {
        hist_free(&parts[i]);
    }
    hist_free(&forward);
    hist_free(&backward);
    return agree;
}

static void
check_case(uint64_t seed)
{
    uint64_t random = seed;
    struct sample sample = {0};
    struct hist hist;

    hist_init(&hist);
    sample_draw(&sample, &random);
    for (uint32_t i = 0; i < sample.count; i++) {
        hist_add(&hist, sample.values[i]);
    }
    const bool quantiles = quantiles_agree(&hist, &sample, &random);
    const bool moments = moments_agree(&hist, &sample);
    const bool merges = merges_agree(&hist, &sample, &random);
    hist_free(&hist);
    if (!quantiles || !moments || !merges) {
        fail_msg("PROP_SEED=%" PRIu64 ": %s", seed,
                 !quantiles ? "quantiles"
                 : !moments ? "sum, count, min, max"
                            : "merging");
    }
}

static void
test_hist_agrees_with_a_sorted_array(void **state)
{
    (void)state;
    const char *given = getenv("PROP_SEED");
    const uint64_t first = given == NULL ? 1 : strtoull(given, NULL, 10);

    for (uint64_t seed = first; seed < first + CASES; seed++) {
        check_case(seed);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hist_agrees_with_a_sorted_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
