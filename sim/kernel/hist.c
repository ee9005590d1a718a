/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hist.c - see hist.h
 */
#include "sim/kernel/hist.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The top bit of a value that has one: 0 to 62. */
static inline uint32_t
top_bit(uint64_t value)
{
    return 63u - (uint32_t)__builtin_clzll(value);
}

/*
 * A value's top HIST_SUB_BITS + 1 bits are its bucket within its power of two.
 * They start with a 1, so that adding HIST_SUB for each power above the first
 * runs on without a gap from the values that are their own bucket.
 */
uint32_t
hist_bucket(int64_t value)
{
    ASSERT(value >= 0);
    ASSERT(value <= HIST_VALUE_MAX);

    const uint64_t v = (uint64_t)value;

    if (v < HIST_SUB) {
        return (uint32_t)v;
    }
    const uint32_t shift = top_bit(v) - HIST_SUB_BITS;
    return shift * HIST_SUB + (uint32_t)(v >> shift);
}

int64_t
hist_bucket_least(uint32_t bucket)
{
    ASSERT(bucket <= HIST_BUCKET_MAX);

    if (bucket < 2 * HIST_SUB) {
        return bucket;
    }
    const uint32_t shift = bucket / HIST_SUB - 1;
    return (int64_t)(bucket - shift * HIST_SUB) << shift;
}

/* bucket_middle - what stands for every value in a bucket */
static int64_t
bucket_middle(uint32_t bucket)
{
    const int64_t least = hist_bucket_least(bucket);

    if (bucket < 2 * HIST_SUB) {
        return least;
    }
    return least + (((INT64_C(1) << (bucket / HIST_SUB - 1)) - 1) >> 1);
}

void
hist_init(struct hist *hist)
{
    *hist = (struct hist){.min = INT64_MAX, .max = -1};
}

void
hist_free(struct hist *hist)
{
    if (hist == NULL) {
        return;
    }
    free(hist->counts);
    hist_init(hist);
}

/* buckets_grow - makes `bucket` countable; whole powers of two at a time, so
 * that the size depends on the largest value only and not on the order */
static void
buckets_grow(struct hist *hist, uint32_t bucket)
{
    const uint32_t had = hist->buckets_count;
    const uint32_t want = (bucket / HIST_SUB + 1) * HIST_SUB;

    hist->counts = base_realloc(hist->counts, want * sizeof *hist->counts);
    memset(hist->counts + had, 0, (want - had) * sizeof *hist->counts);
    hist->buckets_count = want;
}

void
hist_add_count(struct hist *hist, int64_t value, uint64_t count)
{
    const uint32_t bucket = hist_bucket(value);

    ASSERT(count <= UINT64_MAX - hist->count);
    if (count == 0) {
        return;
    }
    if (bucket >= hist->buckets_count) {
        buckets_grow(hist, bucket);
    }
    hist->counts[bucket] += count;
    hist->count += count;
    hist->sum += (base_u128)count * (uint64_t)value;
    hist->min = i64_min(hist->min, value);
    hist->max = i64_max(hist->max, value);
}

void
hist_add(struct hist *hist, int64_t value)
{
    hist_add_count(hist, value, 1);
}

void
hist_merge(struct hist *into, const struct hist *from)
{
    ASSERT(into != from);
    ASSERT(from->count <= UINT64_MAX - into->count);

    if (from->count == 0) {
        return;
    }
    if (from->buckets_count > into->buckets_count) {
        buckets_grow(into, from->buckets_count - 1);
    }
    for (uint32_t i = 0; i < from->buckets_count; i++) {
        into->counts[i] += from->counts[i];
    }
    into->count += from->count;
    into->sum += from->sum;
    into->min = i64_min(into->min, from->min);
    into->max = i64_max(into->max, from->max);
}

/* quantile_rank - which observation is the quantile, counted from 1 */
static base_u128
quantile_rank(int64_t ppm, uint64_t total)
{
    const base_u128 rank = ((base_u128)(uint64_t)ppm * total + PPM - 1) / PPM;

    return rank == 0 ? 1 : rank;
}

int64_t
hist_quantile(const struct hist *hist, int64_t ppm, uint64_t total)
{
    ASSERT(ppm >= 0);
    ASSERT(ppm <= PPM);
    ASSERT(total >= hist->count);

    const base_u128 rank = quantile_rank(ppm, total);
    uint64_t below = 0;

    if (rank > hist->count) {
        return INT64_MAX;
    }
    if (rank == hist->count) {
        return hist->max; /* the last one is known exactly */
    }
    for (uint32_t i = 0; i < hist->buckets_count; i++) {
        below += hist->counts[i];
        if (below >= rank) {
            const int64_t middle = bucket_middle(i);
            return i64_max(hist->min, i64_min(hist->max, middle));
        }
    }
    UNREACHABLE("the buckets hold `count` observations, rank is at most that");
}
