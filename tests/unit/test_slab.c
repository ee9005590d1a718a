/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_slab.c - records, and the handles that outlive them
 *
 * Pinned: a stale handle is NULL even when its slot is used again, zero is
 * never a handle, the limit, that a record starts zeroed and stays where it
 * is. Random work on many records: tests/props/prop_slab.c.
 */
#include "sim/kernel/slab.h"

#include "tests/support/support.h"

struct parcel {
    uint32_t generation; /* the slab's */
    uint32_t weight;
    uint64_t owner;
};

enum { PARCELS_MAX = 1000 };

static int
setup(void **state)
{
    *state = slab_new(sizeof(struct parcel), PARCELS_MAX);
    return 0;
}

static int
teardown(void **state)
{
    slab_free(*state);
    return 0;
}

static void
test_slab_stale_handle_is_null_when_the_slot_is_used_again(void **state)
{
    uint64_t old = slab_take(*state);

    slab_release(*state, old);
    assert_null(slab_get(*state, old));

    uint64_t reused = slab_take(*state);

    assert_int_equal((uint32_t)reused, (uint32_t)old);
    assert_int_not_equal(reused, old);
    assert_null(slab_get(*state, old));
    assert_non_null(slab_get(*state, reused));
    assert_ptr_equal(slab_at(*state, (uint32_t)reused - 1),
                     slab_must_get(*state, reused));
}

static void
test_slab_zero_and_strangers_are_no_handles(void **state)
{
    assert_null(slab_get(*state, 0));
    assert_null(slab_get(*state, UINT64_MAX));
    assert_null(slab_get(*state, UINT64_C(1) << 32 | 1));
    assert_int_not_equal(slab_take(*state), 0);
    assert_null(slab_get(*state, 0));
    assert_null(slab_get(*state, UINT64_C(1) << 32 | 2));
    assert_null(slab_get(*state, 1)); /* the slot, of no generation */
}

static void
test_slab_record_is_zeroed_each_time(void **state)
{
    uint64_t handle = slab_take(*state);
    struct parcel *parcel = slab_must_get(*state, handle);

    *parcel = (struct parcel){parcel->generation, 7, 9};
    slab_release(*state, handle);
    parcel = slab_must_get(*state, slab_take(*state));
    assert_int_equal(parcel->weight, 0);
    assert_int_equal(parcel->owner, 0);
    assert_int_equal(parcel->generation, 3);
}

static void
test_slab_full_says_so_until_one_is_released(void **state)
{
    uint64_t last = 0;

    for (uint32_t i = 0; i < PARCELS_MAX; i++) {
        last = slab_take(*state);
        assert_int_equal((uint32_t)last, i + 1);
    }
    assert_int_equal(slab_take(*state), 0);
    assert_int_equal(slab_count(*state), PARCELS_MAX);
    slab_release(*state, last);
    assert_int_not_equal(slab_take(*state), 0);
    slab_check(*state);
}

static void
test_slab_records_stay_where_they_are(void **state)
{
    struct parcel *first = slab_must_get(*state, slab_take(*state));

    first->weight = 42;
    for (uint32_t i = 1; i < PARCELS_MAX; i++) {
        struct parcel *other = slab_must_get(*state, slab_take(*state));

        other->weight = 1;
    }
    assert_ptr_equal(slab_at(*state, 0), first);
    assert_int_equal(first->weight, 42);
}

static void
test_slab_holds_no_bytes_beyond_its_records(void **state)
{
    for (uint32_t i = 0; i < PARCELS_MAX; i++) {
        slab_take(*state);
    }
    /* 16,000 bytes of records, the slab itself and four page addresses. */
    assert_in_range(slab_bytes(*state), 16000, 16000 + 128);
}

static void
test_slab_stale_release_is_a_bug(void **state)
{
    uint64_t handle = slab_take(*state);

    slab_release(*state, handle);
    expect_assert_failure(slab_release(*state, handle));
    expect_assert_failure(slab_must_get(*state, handle));
    expect_assert_failure(slab_at(*state, 1));
    assert_int_equal(slab_slots(*state), 1);
}

static void
test_slab_odd_record_sizes_are_a_bug(void **state)
{
    (void)state;
    expect_assert_failure(slab_new(4, 1));
    expect_assert_failure(slab_new(12, 1));
    expect_assert_failure(slab_new(8, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_slab_stale_handle_is_null_when_the_slot_is_used_again),
        TEST(test_slab_zero_and_strangers_are_no_handles),
        TEST(test_slab_record_is_zeroed_each_time),
        TEST(test_slab_full_says_so_until_one_is_released),
        TEST(test_slab_records_stay_where_they_are),
        TEST(test_slab_holds_no_bytes_beyond_its_records),
        TEST(test_slab_stale_release_is_a_bug),
        TEST(test_slab_odd_record_sizes_are_a_bug),
    };

    return cmocka_run_group_tests_name("slab", tests, NULL, NULL);
}
