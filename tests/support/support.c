/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * support.c - see support.h
 */
#include "tests/support/support.h"

#include <stdlib.h>

_Noreturn void __wrap_base_assert_fail(const char *file, int line,
                                       const char *func, const char *what);

_Noreturn void
__wrap_base_assert_fail(const char *file, int line, const char *func,
                        const char *what)
{
    (void)func;
    mock_assert(0, what, file, line); /* longjmps back into the test */
    abort();
}

void
test_no_op(void *arg, uint64_t data)
{
    (void)arg;
    (void)data;
}

uint64_t
test_random_below(uint64_t *state, uint64_t limit)
{
    /* splitmix64: Steele, Lea & Flood 2014, "Fast splittable pseudorandom
     * number generators". For limits below 2^32 the bias of % is too small
     * to matter to a test. */
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % limit;
}
