/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * histories.h - a property over random histories, each named by its seed
 *
 * A test program of one property: HISTORIES_TEST(test, "prop_x") in its list,
 * and histories_each() as the test. PROP_SEED=n repeats one history, PROP_RUNS=n
 * makes n of them; a failure names the seed and how to repeat it.
 */
#ifndef TESTS_SUPPORT_HISTORIES_H
#define TESTS_SUPPORT_HISTORIES_H

#include <stdint.h>

#include "tests/support/support.h"

#define HISTORIES_TEST(test, program)                                          \
    cmocka_unit_test_prestate_setup_teardown((test), histories_setup,          \
                                             histories_teardown,               \
                                             (void *)(uintptr_t)(program))

/* Runs the seeds 1 to count, or what the environment asks for. */
void histories_each(void **state, uint64_t count, void (*run)(uint64_t seed));

int histories_setup(void **state);
int histories_teardown(void **state);

#endif
