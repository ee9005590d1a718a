/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_digest.c - what a digest tells apart, where it puts its marks, and one
 * value that holds on every machine
 *
 * Not here: collisions in general, which 2^64 records would be needed for.
 */
#include "sim/kernel/digest.h"

#include <stdbool.h>
#include <string.h>

#include "tests/support/support.h"

#define ONE(word) &(const uint64_t){word}, 1

struct pair {
    struct digest left;
    struct digest right;
};

static int
setup(void **state)
{
    static struct pair pair;

    digest_init(&pair.left);
    digest_init(&pair.right);
    *state = &pair;
    return 0;
}

static int
teardown(void **state)
{
    struct pair *pair = *state;

    digest_free(&pair->left);
    digest_free(&pair->right);
    return 0;
}

static bool
is_same(const struct pair *pair)
{
    char left[DIGEST_TEXT_SIZE];
    char right[DIGEST_TEXT_SIZE];

    digest_format(&pair->left, left);
    digest_format(&pair->right, right);
    return strcmp(left, right) == 0;
}

/* Expected texts: the step of digest.c followed in Python, 2026-11-21. */
static void
test_digest_is_the_same_on_every_machine(void **state)
{
    struct digest *digest = &((struct pair *)*state)->left;
    char text[DIGEST_TEXT_SIZE];

    digest_format(digest, text);
    assert_string_equal(text, "1042cdfb0d873d498a17f81911e60e9b");
    digest_record(digest, (const uint64_t[]){1, 2, 3}, 3);
    digest_record(digest, ONE(UINT64_MAX));
    digest_bytes(digest, "hello, world", 12);
    digest_bytes(digest, NULL, 0);
    digest_format(digest, text);
    assert_string_equal(text, "8a0c83c8c231155df3a4f4b519fb85a3");
    assert_int_equal(digest->records_count, 4);
}

static void
test_digest_of_equal_records_is_equal(void **state)
{
    struct pair *pair = *state;

    digest_record(&pair->left, (const uint64_t[]){1, 2}, 2);
    assert_false(is_same(pair));
    digest_record(&pair->right, (const uint64_t[]){1, 2}, 2);
    assert_true(is_same(pair));
}

static void
test_digest_tells_the_order_of_words(void **state)
{
    struct pair *pair = *state;

    digest_record(&pair->left, (const uint64_t[]){1, 2}, 2);
    digest_record(&pair->right, (const uint64_t[]){2, 1}, 2);
    assert_false(is_same(pair));
}

static void
test_digest_tells_the_order_of_records(void **state)
{
    struct pair *pair = *state;

    digest_record(&pair->left, ONE(1));
    digest_record(&pair->left, ONE(2));
    digest_record(&pair->right, ONE(2));
    digest_record(&pair->right, ONE(1));
    assert_false(is_same(pair));
}

static void
test_digest_tells_where_a_record_ends(void **state)
{
    struct pair *pair = *state;

    digest_record(&pair->left, (const uint64_t[]){1, 2}, 2);
    digest_record(&pair->left, ONE(3));
    digest_record(&pair->right, ONE(1));
    digest_record(&pair->right, (const uint64_t[]){2, 3}, 2);
    assert_int_equal(pair->left.records_count, pair->right.records_count);
    assert_false(is_same(pair));
}

static void
test_digest_tells_one_zero_from_two(void **state)
{
    struct pair *pair = *state;

    digest_record(&pair->left, (const uint64_t[]){0, 0}, 2);
    digest_record(&pair->right, ONE(0));
    assert_false(is_same(pair));
}

static void
test_digest_tells_bytes_from_words(void **state)
{
    struct pair *pair = *state;

    digest_bytes(&pair->left, "\1\0\0\0\0\0\0\0", 8);
    digest_record(&pair->right, ONE(1));
    assert_false(is_same(pair));
}

static void
test_digest_tells_trailing_zero_bytes(void **state)
{
    struct pair *pair = *state;

    digest_bytes(&pair->left, "a\0", 2);
    digest_bytes(&pair->right, "a", 1);
    assert_false(is_same(pair));
}

static void
test_digest_reads_bytes_at_any_alignment(void **state)
{
    struct pair *pair = *state;
    const char shifted[] = "?the quick brown fox";

    digest_bytes(&pair->left, shifted + 1, sizeof shifted - 2);
    digest_bytes(&pair->right, "the quick brown fox", sizeof shifted - 2);
    assert_true(is_same(pair));
}

/* Every single-bit change of a word shows at once, and is still there after
 * a thousand equal records: nothing fades. */
static void
test_digest_never_forgets_one_changed_bit(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        struct pair pair;

        digest_init(&pair.left);
        digest_init(&pair.right);
        digest_record(&pair.left, ONE(0));
        digest_record(&pair.right, ONE(UINT64_C(1) << bit));
        assert_false(is_same(&pair));
        for (uint64_t i = 0; i < 1000; i++) {
            digest_record(&pair.left, ONE(i));
            digest_record(&pair.right, ONE(i));
        }
        assert_int_not_equal(pair.left.a, pair.right.a);
        assert_int_not_equal(pair.left.b, pair.right.b);
    }
}

/* 200 blocks are more than the 64 and the 128 marks allocated at first. */
static void
test_digest_marks_the_end_of_each_block(void **state)
{
    struct digest *digest = &((struct pair *)*state)->left;

    for (uint64_t i = 1; i <= UINT64_C(200) * DIGEST_RECORDS_PER_MARK; i++) {
        digest_record(digest, ONE(i));
        assert_int_equal(digest->marks_count, i / DIGEST_RECORDS_PER_MARK);
        if (i % DIGEST_RECORDS_PER_MARK == 0) {
            assert_int_equal(digest->marks[digest->marks_count - 1],
                             digest->a ^ digest->b);
        }
    }
}

/* The record that differs is the first of the third block. */
static void
test_digest_marks_locate_the_first_difference(void **state)
{
    struct pair *pair = *state;
    const uint64_t odd_one = UINT64_C(2) * DIGEST_RECORDS_PER_MARK;

    for (uint64_t i = 0; i < UINT64_C(4) * DIGEST_RECORDS_PER_MARK; i++) {
        digest_record(&pair->left, ONE(i));
        digest_record(&pair->right, ONE(i == odd_one ? 0 : i));
    }
    assert_int_equal(pair->left.marks[0], pair->right.marks[0]);
    assert_int_equal(pair->left.marks[1], pair->right.marks[1]);
    assert_int_not_equal(pair->left.marks[2], pair->right.marks[2]);
    assert_int_not_equal(pair->left.marks[3], pair->right.marks[3]);
}

static void
test_digest_format_leaves_the_digest_as_it_was(void **state)
{
    struct pair *pair = *state;

    assert_true(is_same(pair));
    assert_true(is_same(pair));
    assert_int_equal(pair->left.records_count, 0);
}

static void
test_digest_records_have_1_to_16_words(void **state)
{
    struct pair *pair = *state;
    const uint64_t words[17] = {0};

    digest_record(&pair->left, words, 16);
    expect_assert_failure(digest_record(&pair->left, words, 0));
    expect_assert_failure(digest_record(&pair->left, words, 17));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_digest_is_the_same_on_every_machine),
        TEST(test_digest_of_equal_records_is_equal),
        TEST(test_digest_tells_the_order_of_words),
        TEST(test_digest_tells_the_order_of_records),
        TEST(test_digest_tells_where_a_record_ends),
        TEST(test_digest_tells_one_zero_from_two),
        TEST(test_digest_tells_bytes_from_words),
        TEST(test_digest_tells_trailing_zero_bytes),
        TEST(test_digest_reads_bytes_at_any_alignment),
        TEST(test_digest_never_forgets_one_changed_bit),
        TEST(test_digest_marks_the_end_of_each_block),
        TEST(test_digest_marks_locate_the_first_difference),
        TEST(test_digest_format_leaves_the_digest_as_it_was),
        TEST(test_digest_records_have_1_to_16_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
