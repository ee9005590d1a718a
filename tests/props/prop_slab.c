/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_slab.c - random takes and releases against a list of who is alive
 *
 * Every record carries its own handle; every handle ever given is asked for
 * again and again, the living and the stale. PROP_SEED=n repeats one history.
 */
#include "sim/kernel/slab.h"

#include <string.h>

#include "tests/support/histories.h"
#include "tests/support/support.h"

enum { HISTORIES = 100, STEPS = 4000, RECORDS_MAX = 700, HANDLES_MAX = STEPS };

struct record {
    uint32_t generation; /* the slab's */
    uint32_t padding;
    uint64_t handle;
    uint64_t words[3];
};

struct given {
    uint64_t handle;
    int is_alive;
};

static void
assert_as_given(struct slab *slab, const struct given *given)
{
    struct record *record = slab_get(slab, given->handle);

    if (!given->is_alive) {
        assert_null(record);
        return;
    }
    assert_non_null(record);
    assert_true(record->handle == given->handle);
}

static void
history_run(uint64_t seed)
{
    static struct given given[HANDLES_MAX];
    struct slab *slab = slab_new(sizeof(struct record), RECORDS_MAX);
    uint64_t random = seed;
    uint64_t releases = 20 + test_random_below(&random, 60);
    uint32_t given_count = 0;
    uint32_t alive = 0;

    for (uint32_t i = 0; i < STEPS; i++) {
        uint64_t pick =
            given_count == 0 ? 0 : test_random_below(&random, given_count);

        if (test_random_below(&random, 100) >= releases) {
            uint64_t handle = slab_take(slab);

            assert_true((handle == 0) == (alive == RECORDS_MAX));
            if (handle != 0) {
                struct record *record = slab_must_get(slab, handle);

                assert_true(record->handle == 0 && record->words[2] == 0);
                record->handle = handle;
                record->words[2] = UINT64_MAX;
                given[given_count++] = (struct given){handle, 1};
                alive++;
            }
        } else if (given_count > 0 && given[pick].is_alive) {
            slab_release(slab, given[pick].handle);
            given[pick].is_alive = 0;
            alive--;
        }
        if (given_count > 0) {
            assert_as_given(slab, &given[pick]);
        }
        assert_int_equal(slab_count(slab), alive);
        if (i % 50 == 0) {
            slab_check(slab);
        }
    }
    for (uint32_t i = 0; i < given_count; i++) {
        assert_as_given(slab, &given[i]);
    }
    slab_free(slab);
}

static void
test_slab_knows_the_living_from_the_stale(void **state)
{
    histories_each(state, HISTORIES, history_run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HISTORIES_TEST(test_slab_knows_the_living_from_the_stale, "prop_slab"),
    };

    return cmocka_run_group_tests_name("prop_slab", tests, NULL, NULL);
}
