/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_directory.c - hosts by number and by name
 *
 * Not pinned: two destinations of one scenario with the same name, or a group
 * one of whose hosts has another's name; the last one then has the name.
 */
#include "models/directory.h"

#include <stdio.h>

#include "tests/support/support.h"

static const struct destination_params params[] = {
    {.name = "Far.Example"},
    {.name = "small.example.net", .hosts_count = 300},
    {.name = "plain", .hosts_count = 2},
    {.name = "grey.example", .hosts_count = 1, .greylist_ns = 1},
    {.name = "*"},
};
enum { PARAMS = sizeof params / sizeof params[0] };

static int
setup(void **state)
{
    *state = directory_new(params, PARAMS, 1, 0);
    return 0;
}

static int
teardown(void **state)
{
    directory_free(*state);
    return 0;
}

static void
test_directory_numbers_hosts_in_the_scenarios_order(void **state)
{
    struct directory *d = *state;

    assert_int_equal(directory_count(d), 1 + 300 + 2 + 1);
    assert_int_equal(directory_first(d, &params[0]), 0);
    assert_int_equal(directory_first(d, &params[1]), 1);
    assert_int_equal(directory_first(d, &params[2]), 301);
    assert_int_equal(directory_first(d, &params[3]), 303);
    for (uint32_t i = 0; i < directory_count(d); i++) {
        assert_int_equal(directory_host(d, i)->number, i);
    }
}

static void
test_directory_names_a_groups_hosts_before_the_first_dot(void **state)
{
    struct directory *d = *state;

    assert_string_equal(directory_host(d, 1)->name, "small-1.example.net");
    assert_string_equal(directory_host(d, 300)->name, "small-300.example.net");
    assert_string_equal(directory_host(d, 301)->name, "plain-1");
    assert_ptr_equal(directory_host(d, 150)->params, &params[1]);
    /* One luck for the whole group: its draws are told apart by message. */
    assert_ptr_equal(directory_host(d, 1)->luck, directory_host(d, 300)->luck);
    assert_ptr_not_equal(directory_host(d, 0)->luck,
                         directory_host(d, 1)->luck);
}

static void
test_directory_finds_every_host_by_its_name(void **state)
{
    struct directory *d = *state;

    for (uint32_t i = 0; i < directory_count(d); i++) {
        assert_int_equal(directory_find(d, directory_host(d, i)->name), i);
    }
    assert_int_equal(directory_count(d), 304);
}

static void
test_directory_case_does_not_matter(void **state)
{
    struct directory *d = *state;

    assert_string_equal(directory_host(d, 0)->name, "far.example");
    assert_int_equal(directory_find(d, "FAR.EXAMPLE"), 0);
    assert_int_equal(directory_find(d, "small-17.Example.NET"), 17);
    /* Only A to Z: '@' and '[' are beside them. */
    const uint32_t other = directory_find(d, "[far.example]");
    assert_int_not_equal(directory_find(d, "{far.example]"), other);
}

static void
test_directory_adds_unknown_domains_as_the_star(void **state)
{
    struct directory *d = *state;
    const uint32_t number = directory_find(d, "New.Example");

    assert_int_equal(number, 304);
    assert_ptr_equal(directory_host(d, number)->params, &params[PARAMS - 1]);
    assert_string_equal(directory_host(d, number)->name, "new.example");
    assert_int_equal(directory_find(d, "new.EXAMPLE"), number);
    assert_int_equal(directory_count(d), 305);
    /* A beginning of a name is another name, and so is a longer one. */
    assert_int_equal(directory_find(d, "new.exampl"), 305);
    assert_int_equal(directory_find(d, "new.example."), 306);
    assert_int_equal(directory_find(d, ""), 307);
}

static void
test_directory_keeps_all_names_as_it_grows(void **state)
{
    enum { COUNT = 3000 };
    struct directory *d = *state;
    char name[64];

    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "d%u.example", i);
        assert_int_equal(directory_find(d, name), 304 + i);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "D%u.example", i);
        assert_int_equal(directory_find(d, name), 304 + i);
    }
    assert_int_equal(directory_find(d, "far.example"), 0);
}

static void
test_directory_only_who_greylists_has_a_greylist(void **state)
{
    struct directory *d = *state;

    assert_null(directory_host(d, 0)->greylist);
    assert_non_null(directory_host(d, 303)->greylist);
}

static void
test_directory_a_number_never_given_is_a_bug(void **state)
{
    struct directory *d = *state;

    expect_assert_failure((void)directory_host(d, 304));
    expect_assert_failure((void)directory_first(d, &params[PARAMS - 1]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_directory_numbers_hosts_in_the_scenarios_order),
        TEST(test_directory_names_a_groups_hosts_before_the_first_dot),
        TEST(test_directory_finds_every_host_by_its_name),
        TEST(test_directory_case_does_not_matter),
        TEST(test_directory_adds_unknown_domains_as_the_star),
        TEST(test_directory_keeps_all_names_as_it_grows),
        TEST(test_directory_only_who_greylists_has_a_greylist),
        TEST(test_directory_a_number_never_given_is_a_bug),
    };
    return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
