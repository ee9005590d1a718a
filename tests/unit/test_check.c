/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_check.c - where two runs part
 *
 * Pinned: the block that the marks name, and the first differing line with the
 * common one before it. The comparison of two objects as a whole:
 * tests/cmd/cmd_check.sh.
 */
#include <stdio.h>
#include <string.h>

#include "sim/lab/check.h"
#include "tests/support/support.h"

/* A digest with `marks_count` full blocks and `rest` records more; from the
 * record `change_at` on the records are others. */
static void
digest_make(struct digest *digest, uint64_t records, uint64_t change_at)
{
    digest_init(digest);
    for (uint64_t i = 0; i < records; i++) {
        const uint64_t word = i < change_at ? i : i + 1;

        digest_record(digest, &word, 1);
    }
}

/* The block of two runs of these lengths that part at a record. */
static struct check_block
block_of(uint64_t records_a, uint64_t records_b, uint64_t change_at)
{
    struct check_block block;
    struct digest a;
    struct digest b;

    digest_make(&a, records_a, UINT64_MAX);
    digest_make(&b, records_b, change_at);
    block = check_block_find(&a, &b);
    digest_free(&a);
    digest_free(&b);
    return block;
}

enum { BLOCK = DIGEST_RECORDS_PER_MARK };

static void
test_check_block_is_the_first_whose_mark_differs(void **state)
{
    struct check_block block = block_of(4 * BLOCK, 4 * BLOCK, 2 * BLOCK + 5);

    (void)state;
    assert_int_equal(block.from, 2 * BLOCK - 1); /* one record early */
    assert_int_equal(block.until, 3 * BLOCK);
}

static void
test_check_block_at_the_start_begins_with_record_0(void **state)
{
    struct check_block block = block_of(2 * BLOCK, 2 * BLOCK, 0);

    (void)state;
    assert_int_equal(block.from, 0);
    assert_int_equal(block.until, BLOCK);
}

static void
test_check_block_without_a_mark_runs_to_the_end(void **state)
{
    struct check_block block =
        block_of(2 * BLOCK + 9, 2 * BLOCK + 9, 2 * BLOCK + 3);

    (void)state;
    assert_int_equal(block.from, 2 * BLOCK - 1);
    assert_int_equal(block.until, UINT64_MAX);
    /* The one is longer; all that both have is the same. */
    block = block_of(5 * BLOCK, 3 * BLOCK, UINT64_MAX);
    assert_int_equal(block.from, 3 * BLOCK - 1);
    assert_int_equal(block.until, UINT64_MAX);
}

/* Compares two texts as streams of lines. */
static struct check_parting
parting_of(const char *text_a, const char *text_b)
{
    struct check_parting parting;
    FILE *a = tmpfile();
    FILE *b = tmpfile();

    assert_non_null(a);
    assert_non_null(b);
    fputs(text_a, a);
    fputs(text_b, b);
    rewind(a);
    rewind(b);
    check_lines_compare(a, b, &parting);
    fclose(a);
    fclose(b);
    return parting;
}

static void
test_check_lines_part_at_the_first_difference(void **state)
{
    struct check_parting parting = parting_of("1 0 a\n2 1 b\n3 2 c\n4 3 d\n",
                                              "1 0 a\n2 1 b\n3 2 x\n4 3 d\n");

    (void)state;
    assert_true(parting.is_found);
    assert_string_equal(parting.before, "2 1 b");
    assert_string_equal(parting.lines[0], "3 2 c");
    assert_string_equal(parting.lines[1], "3 2 x");
    check_parting_free(&parting);
}

static void
test_check_lines_part_where_one_ends(void **state)
{
    struct check_parting parting = parting_of("1 0 a\n2 1 b\n", "1 0 a\n");

    (void)state;
    assert_true(parting.is_found);
    assert_string_equal(parting.lines[0], "2 1 b");
    assert_null(parting.lines[1]);
    check_parting_free(&parting);
}

static void
test_check_lines_part_at_once(void **state)
{
    struct check_parting parting = parting_of("1 0 a\n", "1 0 b\n");

    (void)state;
    assert_true(parting.is_found);
    assert_null(parting.before);
    check_parting_free(&parting);
}

static void
test_check_equal_lines_do_not_part(void **state)
{
    struct check_parting parting = parting_of("1 0 a\n", "1 0 a\n");

    (void)state;
    assert_false(parting.is_found);
    check_parting_free(&parting);
}

static void
test_check_lines_begin_with_their_time(void **state)
{
    (void)state;
    assert_int_equal(check_line_ns("1500000000 12 host wake"), 1500000000);
    assert_int_equal(check_line_ns("0 0 sched none"), 0);
    assert_int_equal(check_line_ns("wake"), -1);
    assert_int_equal(check_line_ns(""), -1);
    assert_int_equal(check_line_ns(NULL), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_block_is_the_first_whose_mark_differs),
        cmocka_unit_test(test_check_block_at_the_start_begins_with_record_0),
        cmocka_unit_test(test_check_block_without_a_mark_runs_to_the_end),
        cmocka_unit_test(test_check_lines_part_at_the_first_difference),
        cmocka_unit_test(test_check_lines_part_where_one_ends),
        cmocka_unit_test(test_check_lines_part_at_once),
        cmocka_unit_test(test_check_equal_lines_do_not_part),
        cmocka_unit_test(test_check_lines_begin_with_their_time),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
