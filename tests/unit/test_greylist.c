/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_greylist.c - strangers wait, and are known from then on
 */
#include "models/greylist.h"

#include "sim/kernel/base.h"
#include "tests/support/support.h"

static void
test_greylist_passes_from_the_delay_on(void **state)
{
    struct greylist *g = greylist_new();

    (void)state;
    assert_false(greylist_passes(g, 5, 1000, 300));
    assert_false(greylist_passes(g, 5, 1000, 300));
    assert_false(greylist_passes(g, 5, 1299, 300));
    assert_true(greylist_passes(g, 5, 1300, 300));
    assert_true(greylist_passes(g, 5, INT64_MAX, 300)); /* for good */
    greylist_free(g);
}

static void
test_greylist_counts_from_the_first_visit(void **state)
{
    struct greylist *g = greylist_new();

    (void)state;
    assert_false(greylist_passes(g, 5, 0, 300));
    assert_false(greylist_passes(g, 5, 200, 300)); /* does not start anew */
    assert_true(greylist_passes(g, 5, 300, 300));
    greylist_free(g);
}

static void
test_greylist_knows_each_recipient_apart(void **state)
{
    struct greylist *g = greylist_new();

    (void)state;
    assert_false(greylist_passes(g, 5, 0, 300));
    assert_false(greylist_passes(g, 6, 1000, 300));
    assert_true(greylist_passes(g, 5, 1000, 300));
    greylist_free(g);
}

static void
test_greylist_forgets_nobody_as_it_grows(void **state)
{
    enum { COUNT = 20000 };
    struct greylist *g = greylist_new();
    uint64_t random = 1;

    (void)state;
    for (uint64_t i = 1; i <= COUNT; i++) {
        assert_false(greylist_passes(g, i << 20, (int64_t)i, COUNT));
    }
    for (uint32_t n = 0; n < COUNT; n++) {
        const uint64_t i = 1 + test_random_below(&random, COUNT);
        assert_false(
            greylist_passes(g, i << 20, (int64_t)i + COUNT - 1, COUNT));
        assert_true(greylist_passes(g, i << 20, (int64_t)i + COUNT, COUNT));
    }
    greylist_free(g);
}

static void
test_greylist_nobody_is_a_bug(void **state)
{
    struct greylist *g = greylist_new();

    (void)state;
    expect_assert_failure((void)greylist_passes(g, 0, 0, 300));
    greylist_free(g);
    greylist_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_greylist_passes_from_the_delay_on),
        cmocka_unit_test(test_greylist_counts_from_the_first_visit),
        cmocka_unit_test(test_greylist_knows_each_recipient_apart),
        cmocka_unit_test(test_greylist_forgets_nobody_as_it_grows),
        cmocka_unit_test(test_greylist_nobody_is_a_bug),
    };
    return cmocka_run_group_tests_name("greylist", tests, NULL, NULL);
}
