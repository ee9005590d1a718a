/* SPDX-License-Identifier: MIT */
/*
 * window.c - see window.h
 */
#include "window.h"

#define PPM INT64_C(1000000)

/* root - the largest r with r * r <= n */
static uint64_t
root(uint64_t n)
{
    uint64_t r = 0;

    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1) {
        if ((r + bit) * (r + bit) <= n) {
            r += bit;
        }
    }
    return r;
}

/* feedback_of - for a window of this width, rounded up or down to 2^-32 */
static int64_t
feedback_of(const struct window_feedback *feedback, uint32_t width, bool is_up)
{
    const int64_t x = feedback->x_ppm;
    int64_t scale = PPM;
    int64_t one = WINDOW_ONE;

    switch ((enum window_feedback_kind)feedback->kind) {
    case WINDOW_CONSTANT:
        scale = PPM * (int64_t)feedback->divisor;
        break;
    case WINDOW_PER_WIDTH:
        scale = PPM * (int64_t)width;
        break;
    case WINDOW_PER_ROOT_WIDTH:
        /* 2^32 / sqrt(N) = sqrt(2^64 / N); 1 / sqrt(1) is not a root. */
        if (width > 1) {
            one = (int64_t)root(UINT64_MAX / width) + (is_up ? 1 : 0);
        }
        break;
    }
    return (x * one + (is_up ? scale - 1 : 0)) / scale;
}

void
window_reset(struct window *window, const struct window_rules *rules)
{
    *window = (struct window){.width = rules->initial};
    if (rules->limit > 0 && window->width > rules->limit) {
        window->width = rules->limit;
    }
}

void
window_succeed(struct window *window, const struct window_rules *rules,
               uint32_t busy_count)
{
    const uint32_t limit = rules->limit == 0 ? WINDOW_WIDTH_MAX : rules->limit;

    window->failed_cohorts = 0;
    /* What is not used is not widened. */
    if (window->width >= limit ||
        window->width >= (uint64_t)busy_count + rules->initial) {
        return;
    }
    window->success += feedback_of(&rules->positive, window->width, true);
    while (window->success >= WINDOW_ONE) {
        window->width += window->width < limit;
        window->success -= WINDOW_ONE;
        window->failure = 0;
    }
}

bool
window_fail(struct window *window, const struct window_rules *rules)
{
    window->failed_cohorts += WINDOW_ONE / window->width;
    if (rules->cohort_limit > 0 &&
        window->failed_cohorts > rules->cohort_limit * WINDOW_ONE) {
        return true;
    }
    window->failure -= feedback_of(&rules->negative, window->width, false);
    while (window->failure < 0) {
        window->width -= window->width > 1;
        window->failure += WINDOW_ONE;
        window->success = 0;
    }
    return false;
}
