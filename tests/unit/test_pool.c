/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_pool.c - min(maxjobs, JOB_LIMIT) for a channel, JOB_LIMIT for a pool
 */
#include "models/pool.h"

#include "sim/kernel/base.h"
#include "tests/support/support.h"

static const struct pool_params params = {.name = "P", .job_limit = 3};

static void
test_pool_gives_job_limit_slots_to_all_its_channels(void **state)
{
    struct pool pool = {.params = &params};

    (void)state;
    assert_true(pool_take(&pool, 0, 10)); /* one channel */
    assert_true(pool_take(&pool, 0, 10)); /* another */
    assert_true(pool_take(&pool, 1, 10));
    assert_false(pool_has_slot(&pool, 0, 10));
    assert_false(pool_take(&pool, 0, 10));
}

static void
test_pool_gives_a_channel_maxjobs_slots(void **state)
{
    struct pool pool = {.params = &params};

    (void)state;
    assert_true(pool_take(&pool, 0, 2));
    assert_true(pool_take(&pool, 1, 2));
    assert_false(pool_has_slot(&pool, 2, 2));
    assert_true(pool_has_slot(&pool, 0, 2)); /* another channel's turn */
    assert_false(pool_has_slot(&pool, 0, 0));
}

static void
test_pool_counts_a_slot_taken_against_the_rules(void **state)
{
    struct pool pool = {.params = &params};

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(pool_take(&pool, i, 10));
    }
    assert_false(pool_take(&pool, 3, 10));
    assert_int_equal(pool.jobs_count, 4);
    pool_release(&pool);
    assert_false(pool_has_slot(&pool, 0, 10)); /* still all three */
    pool_release(&pool);
    assert_true(pool_has_slot(&pool, 0, 10));
}

static void
test_pool_releasing_what_nobody_took_is_a_bug(void **state)
{
    struct pool pool = {.params = &params};

    (void)state;
    expect_assert_failure(pool_release(&pool));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_gives_job_limit_slots_to_all_its_channels),
        cmocka_unit_test(test_pool_gives_a_channel_maxjobs_slots),
        cmocka_unit_test(test_pool_counts_a_slot_taken_against_the_rules),
        cmocka_unit_test(test_pool_releasing_what_nobody_took_is_a_bug),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
