/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base.h - what every file may assume: assertions, attributes, unit constants
 *
 * ASSERT        A bug in this program. On in every build, release included:
 *               a simulator that goes on after a broken invariant produces
 *               plausible wrong numbers, which is worse than none.
 * ASSERT_SLOW   The same for checks that cost O(n). On when SIM_SLOW_CHECKS
 *               is 1: the debug and asan builds.
 * UNREACHABLE   A place control cannot come to. Says why it cannot.
 *
 * None of these is for bad input: what a user wrote goes through diag.h, what
 * the operating system refused comes back as a status, and what the simulated
 * world refused is data.
 */
#ifndef SIM_KERNEL_BASE_H
#define SIM_KERNEL_BASE_H

#include <stdint.h>

#ifndef SIM_SLOW_CHECKS
#define SIM_SLOW_CHECKS 0
#endif

#define ASSERT(cond)                                                           \
    (__builtin_expect(!!(cond), 1)                                             \
         ? (void)0                                                             \
         : base_assert_fail(__FILE__, __LINE__, __func__, #cond))
#define ASSERT_SLOW(cond)                                                      \
    ((!SIM_SLOW_CHECKS || (cond))                                              \
         ? (void)0                                                             \
         : base_assert_fail(__FILE__, __LINE__, __func__, #cond))
#define UNREACHABLE(why) base_assert_fail(__FILE__, __LINE__, __func__, why)

#define MUST_USE              __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, arg) __attribute__((format(printf, fmt, arg)))

/* Units. All simulated time is int64_t nanoseconds: 292 years, no rounding. */
#define NS_PER_US   INT64_C(1000)
#define NS_PER_MS   INT64_C(1000000)
#define NS_PER_S    INT64_C(1000000000)
#define NS_PER_MIN  (60 * NS_PER_S)
#define NS_PER_HOUR (3600 * NS_PER_S)
#define NS_PER_DAY  (86400 * NS_PER_S)

#define BITS_PER_BYTE 8
#define PPM           1000000 /* parts per million in a whole */

/* 128-bit products and sums: gcc and clang have them on every 64-bit machine. */
__extension__ typedef unsigned __int128 base_u128;
__extension__ typedef __int128 base_i128;

static inline int64_t
i64_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static inline int64_t
i64_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Rounds up. For numerator >= 0 and denominator > 0. */
static inline int64_t
i64_div_ceil(int64_t numerator, int64_t denominator)
{
    return (numerator + denominator - 1) / denominator;
}

/* Reports where an assertion broke, with the run's crash line, and aborts. */
_Noreturn void base_assert_fail(const char *file, int line, const char *func,
                                const char *what);

/*
 * The line that base_assert_fail adds: how to repeat this run. Borrowed, must
 * outlive the run; NULL for none. The one thread-local in the program: it is
 * written once per run and read only while dying.
 */
void base_crash_line_set(const char *line);

/* malloc and realloc that end the program with a sentence when memory is out:
 * for what is not limited by the scenario. Release with free(). */
MUST_USE void *base_alloc(uint64_t bytes); /* zeroed */
MUST_USE void *base_realloc(void *old, uint64_t bytes);

#endif
