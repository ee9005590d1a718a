/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * support.h - what every unit test includes, in the order cmocka wants it
 *
 * ASSERTs in the code under test arrive in expect_assert_failure(): the tests
 * are linked with --wrap=base_assert_fail (Makefile), and support.c sends the
 * wrapped call to cmocka. A failing ASSERT outside of it fails the test.
 */
#ifndef TESTS_SUPPORT_SUPPORT_H
#define TESTS_SUPPORT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* An event that does nothing. */
void test_no_op(void *arg, uint64_t data);

/* A number below `limit`, for tests only: splitmix64, seeded in the open. */
uint64_t test_random_below(uint64_t *state, uint64_t limit);

#endif
