/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_arena.c - memory for a run: zeroed, aligned, apart, limited
 */
#include "sim/kernel/arena.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/support.h"

static int
setup(void **state)
{
    *state = arena_new(0);
    return 0;
}

static int
teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void
test_arena_gives_zeroed_aligned_bytes_apart(void **state)
{
    enum { TAKES = 3000 };
    static unsigned char *taken[TAKES];
    static size_t sizes[TAKES];
    uint64_t random = 1;

    for (size_t i = 0; i < TAKES; i++) {
        /* Mostly small, some larger than a block. */
        sizes[i] = test_random_below(&random, i % 100 == 0 ? 100000 : 200);
        taken[i] = arena_take(*state, sizes[i]);
        assert_int_equal((uintptr_t)taken[i] % 16, 0);
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_int_equal(taken[i][j], 0);
        }
        memset(taken[i], (int)(i % 251) + 1, sizes[i]);
    }
    for (size_t i = 0; i < TAKES; i++) { /* nobody wrote over another's */
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_int_equal(taken[i][j], i % 251 + 1);
        }
    }
}

static void
test_arena_copies_text(void **state)
{
    char text[] = "imta.cnf";
    char *copy = arena_text(*state, text);
    char *empty = arena_text(*state, "");

    text[0] = 'x';
    assert_string_equal(copy, "imta.cnf");
    assert_string_equal(empty, "");
}

static void
test_arena_counts_what_it_holds(void **state)
{
    assert_int_equal(arena_bytes(*state), 0);
    arena_take(*state, 1000000);
    assert_in_range(arena_bytes(*state), 1000000, 1000064);
}

/* Takes `bytes` twice from an arena of 10,000 in a child; its exit code. */
static int
exit_code_of(uint64_t bytes)
{
    fflush(stdout);

    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct arena *arena = arena_new(10000);

        if (freopen("/dev/null", "w", stderr) == NULL) {
            _exit(99);
        }
        arena_take(arena, bytes);
        arena_take(arena, bytes);
        arena_free(arena);
        _exit(0);
    }

    int status = 0;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
test_arena_past_its_limit_ends_the_program(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of(4900), 0);
    assert_int_equal(exit_code_of(5000), 3); /* 2 * 5000 and a block's head */
    assert_int_equal(exit_code_of(UINT64_MAX - 7), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_arena_gives_zeroed_aligned_bytes_apart),
        TEST(test_arena_copies_text),
        TEST(test_arena_counts_what_it_holds),
        TEST(test_arena_past_its_limit_ends_the_program),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
