/* SPDX-License-Identifier: MIT */
/*
 * window.h - how many deliveries one destination may have at a time
 *
 * A destination begins with a small window. Each delivery that got past the
 * handshake widens it by a feedback, each that did not narrows it, and a whole
 * step is made only when a full cycle of feedback has come together: a wider
 * window at the end of the cycle, a narrower one at its beginning.
 *
 * MODEL      g(N), f(N): x, x / n, x / N or x / sqrt(N) of the window N.
 *            Success: failed cohorts := 0; if N < limit and N < deliveries
 *            under way + initial: success += g(N); for each whole 1 in it, N
 *            grows by 1 and failure := 0.
 *            Failure: failed cohorts += 1 / N; more than the limit: dead.
 *            Otherwise failure -= f(N); while it is negative: N shrinks by 1,
 *            failure += 1, success := 0. N is never less than 1.
 *            With a server that takes C and says 421 to more, and f at the
 *            beginning of its cycle, one delivery in 1 + ceil(1 / g(C)) fails.
 * VALID FOR  Widths up to 2^20.
 * UNITS      Sums in 2^-32. Where N successes of 1 / N must make 1, g is
 *            rounded up; where N failures must not make more than 1, f and
 *            1 / N are rounded down. No floating point.
 * SOURCE     The published description of Postfix's queue manager scheduler
 *            (SCHEDULER_README, concurrency scheduling). There, the pseudo-code
 *            has a destination die of more failed cohorts than the limit, while
 *            postconf(5) has it die when they reach it; this is the pseudo-code.
 */
#ifndef SCHED_QMGR_WINDOW_H
#define SCHED_QMGR_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_ONE       (INT64_C(1) << 32)
#define WINDOW_WIDTH_MAX (1u << 20)

enum window_feedback_kind {
    WINDOW_CONSTANT,
    WINDOW_PER_WIDTH,
    WINDOW_PER_ROOT_WIDTH
};

struct window_feedback {
    int64_t x_ppm;    /* 0 to 1,000,000 */
    uint32_t kind;    /* enum window_feedback_kind */
    uint32_t divisor; /* of a constant, so that 1/3 is exact; at least 1 */
};

struct window_rules {
    struct window_feedback positive;
    struct window_feedback negative;
    uint32_t initial;      /* at least 1 */
    uint32_t limit;        /* 0: none */
    uint32_t cohort_limit; /* 0: never dead */
    uint32_t zero;
};

struct window {
    int64_t success;
    int64_t failure;
    int64_t failed_cohorts;
    uint32_t width;
    uint32_t zero;
};

void window_reset(struct window *window, const struct window_rules *rules);

/* A delivery got past the handshake, one of `busy_count` under way. */
void window_succeed(struct window *window, const struct window_rules *rules,
                    uint32_t busy_count);

/* One did not. True: the destination is dead. */
bool window_fail(struct window *window, const struct window_rules *rules);

#endif
