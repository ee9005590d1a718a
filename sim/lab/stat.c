/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stat.c - see stat.h
 */
#include "sim/lab/stat.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "sim/kernel/chance.h"

enum { PHILOX_WORDS = 4 };

struct stat_interval
stat_mean(const double *values, size_t count, double level)
{
    struct stat_interval interval = {.count = count,
                                     .half_width = (double)INFINITY};

    ASSERT(level > 0 && level < 1);
    if (count > 0) {
        interval.mean = gsl_stats_mean(values, 1, count);
    }
    if (count > 1) {
        double df = (double)count - 1;

        interval.sd = gsl_stats_sd_m(values, 1, count, interval.mean);
        interval.half_width = gsl_cdf_tdist_Pinv((1 + level) / 2, df) *
                              interval.sd / sqrt((double)count);
    }
    return interval;
}

double
stat_upper(const struct stat_interval *interval, double level)
{
    double df = (double)interval->count - 1;

    ASSERT(level > 0 && level < 1);
    if (interval->count < 2) {
        return (double)INFINITY;
    }
    return interval->mean + gsl_cdf_tdist_Pinv(level, df) * interval->sd /
                                sqrt((double)interval->count);
}

/* p_of_no_difference - two-sided t test; a difference that never varies is
 * certain, unless it is none */
static double
p_of_no_difference(const struct stat_interval *difference)
{
    double t;

    if (difference->count < 2) {
        return 1;
    }
    if (difference->sd <= 0) {
        return fabs(difference->mean) > 0 ? 0 : 1;
    }
    t = fabs(difference->mean) /
        (difference->sd / sqrt((double)difference->count));
    return 2 * gsl_cdf_tdist_Q(t, (double)difference->count - 1);
}

struct stat_paired
stat_paired(const double *a, const double *b, size_t count, double level)
{
    double *differences = base_alloc(count * sizeof *differences);
    struct stat_paired paired = {0};

    for (size_t i = 0; i < count; i++) {
        differences[i] = a[i] - b[i];
    }
    paired.difference = stat_mean(differences, count, level);
    paired.p = p_of_no_difference(&paired.difference);
    if (count > 1 && gsl_stats_sd(a, 1, count) > 0 &&
        gsl_stats_sd(b, 1, count) > 0) {
        paired.correlation = gsl_stats_correlation(a, 1, b, 1, count);
    }
    free(differences);
    return paired;
}

/* rank_of - how many come before i: smaller, or equal and earlier */
static size_t
rank_of(const double *p, size_t count, size_t i)
{
    size_t rank = 0;

    for (size_t j = 0; j < count; j++) {
        rank += p[j] < p[i] || (!(p[i] < p[j]) && j < i);
    }
    return rank;
}

void
stat_holm(const double *p, size_t count, double *adjusted)
{
    size_t *order = base_alloc(count * sizeof *order);
    double largest = 0;

    for (size_t i = 0; i < count; i++) {
        ASSERT(p[i] >= 0 && p[i] <= 1);
        order[rank_of(p, count, i)] = i;
    }
    for (size_t rank = 0; rank < count; rank++) {
        double scaled = (double)(count - rank) * p[order[rank]];

        largest = fmax(largest, fmin(scaled, 1));
        adjusted[order[rank]] = largest;
    }
    free(order);
}

/* The state GSL keeps for a generator: where in which stream. */
struct philox {
    struct chance stream;
    uint64_t block; /* the next one */
    uint32_t words[PHILOX_WORDS];
    uint32_t words_left;
};

static void
philox_start(struct philox *philox, struct chance stream)
{
    *philox = (struct philox){.stream = stream};
}

static void
philox_set(void *state, unsigned long seed)
{
    philox_start(state, chance_stream(seed, 0, "lab"));
}

static unsigned long
philox_get(void *state)
{
    struct philox *philox = state;

    if (philox->words_left == 0) {
        const uint32_t counter[PHILOX_WORDS] = {
            (uint32_t)philox->block, (uint32_t)(philox->block >> 32), 0, 0};

        chance_philox(philox->words, counter, philox->stream.key);
        philox->block++;
        philox->words_left = PHILOX_WORDS;
    }
    philox->words_left--;
    return philox->words[PHILOX_WORDS - 1 - philox->words_left];
}

static double
philox_get_double(void *state)
{
    return (double)philox_get(state) / 4294967296.0; /* 2^32: in [0, 1) */
}

static const gsl_rng_type philox_type = {
    .name = "philox4x32-10",
    .max = 0xffffffff,
    .min = 0,
    .size = sizeof(struct philox),
    .set = philox_set,
    .get = philox_get,
    .get_double = philox_get_double,
};

const gsl_rng_type *
stat_rng_type(void)
{
    return &philox_type;
}

gsl_rng *
stat_rng_new(uint64_t seed, const char *name)
{
    gsl_rng *rng = gsl_rng_alloc(&philox_type);

    ASSERT(rng != NULL); /* GSL's own handler has already ended the program */
    philox_start(gsl_rng_state(rng), chance_stream(seed, 0, name));
    return rng;
}
