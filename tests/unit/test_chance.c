/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_chance.c - Philox against its published answers, streams against a
 * second implementation, and the two ways to use 64 bits, at their borders
 *
 * Not here: whether the bits look random. That is the paper's business (it
 * passes BigCrush), and closed_variate.c's in passing.
 */
#include "sim/kernel/chance.h"

#include "tests/support/support.h"

struct known_answer {
    uint32_t counter[4];
    uint32_t key[2];
    uint32_t out[4];
};

/* Random123, kat_vectors, "philox4x32 10": zeros, ones, digits of pi. */
static const struct known_answer known_answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void
test_chance_philox_gives_the_published_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known_answers / sizeof *known_answers; i++) {
        const struct known_answer *known = &known_answers[i];
        uint32_t out[4];

        chance_philox(out, known->counter, known->key);
        assert_memory_equal(out, known->out, sizeof out);
    }
}

static void
test_chance_philox_may_write_over_its_counter(void **state)
{
    (void)state;
    uint32_t block[4] = {0, 0, 0, 0};

    chance_philox(block, block, (const uint32_t[2]){0, 0});
    assert_memory_equal(block, known_answers[0].out, sizeof block);
}

static void
test_chance_draw_is_the_first_64_bits_low_word_first(void **state)
{
    (void)state;
    const struct chance pi = {{0xa4093822, 0x299f31d0}};
    const uint64_t entity = UINT64_C(0x85a308d3243f6a88);

    assert_int_equal(chance_u64(&pi, entity, 0x13198a2e, 0x03707344),
                     UINT64_C(0x94fdccebd16cfe09));
}

/* Expected keys and draws: the text of chance.h and chance.c followed in
 * Python, with its own Philox, 2026-11-21. */
static void
test_chance_stream_is_the_same_on_every_machine(void **state)
{
    (void)state;
    const struct chance named = chance_stream(42, 7, "dest/example.org/accept");
    const struct chance empty = chance_stream(0, 0, "");
    const struct chance aligned = chance_stream(1, 0, "arrivals");

    assert_int_equal(named.key[0], 0x79c42532);
    assert_int_equal(named.key[1], 0x867b76fc);
    assert_int_equal(chance_u64(&named, UINT64_C(0x0123456789abcdef), 3, 2),
                     UINT64_C(0x452f69ee32a2853f));
    assert_int_equal(chance_u64(&empty, UINT64_C(0x0123456789abcdef), 3, 2),
                     UINT64_C(0xe69e0a45d764a417));
    assert_int_equal(chance_u64(&aligned, UINT64_C(0x0123456789abcdef), 3, 2),
                     UINT64_C(0x4559f02ff67aed3f));
}

static uint64_t
stream_key(uint64_t seed, uint32_t replication, const char *name)
{
    const struct chance chance = chance_stream(seed, replication, name);

    return (uint64_t)chance.key[1] << 32 | chance.key[0];
}

static void
test_chance_streams_differ_in_seed_replication_and_name(void **state)
{
    (void)state;
    const uint64_t keys[] = {
        stream_key(1, 0, "a"),        stream_key(0, 1, "a"),
        stream_key(0, 0, "a"),        stream_key(0, 0, "b"),
        stream_key(0, 0, ""),         stream_key(0, 0, "aa"),
        stream_key(0, 0, "aaaaaaaa"), stream_key(0, 0, "aaaaaaaaa"),
        stream_key(1, 1, "a"),        stream_key(UINT64_MAX, 0, "a"),
    };
    const size_t count = sizeof keys / sizeof *keys;

    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            assert_int_not_equal(keys[i], keys[j]);
        }
    }
}

static void
test_chance_every_part_of_the_address_counts(void **state)
{
    (void)state;
    const struct chance chance = chance_stream(1, 0, "arrivals");
    const uint64_t here = chance_u64(&chance, 5, 6, 7);

    assert_int_equal(chance_u64(&chance, 5, 6, 7), here);
    assert_int_not_equal(chance_u64(&chance, 4, 6, 7), here);
    assert_int_not_equal(chance_u64(&chance, (UINT64_C(1) << 32) | 5, 6, 7),
                         here);
    assert_int_not_equal(chance_u64(&chance, 5, 7, 7), here);
    assert_int_not_equal(chance_u64(&chance, 5, 6, 8), here);
}

/* Half of all u are below 2^63. The first tenth ends at 2^64 / 10 =
 * 1844674407370955161.6: 0 to ...161 hit, ...162 misses. */
static void
test_chance_hits_with_exactly_its_probability(void **state)
{
    (void)state;
    const uint64_t half = UINT64_C(1) << 63;

    assert_false(chance_hits(0, 0));
    assert_true(chance_hits(0, 1));
    assert_true(chance_hits(UINT64_MAX, PPM));
    assert_false(chance_hits(UINT64_MAX, PPM - 1));
    assert_true(chance_hits(half - 1, 500000));
    assert_false(chance_hits(half, 500000));
    assert_true(chance_hits(UINT64_C(1844674407370955161), 100000));
    assert_false(chance_hits(UINT64_C(1844674407370955162), 100000));
}

/* Of three numbers, 0 has u up to 2^64 / 3 = 6148914691236517205.33. */
static void
test_chance_below_divides_the_range_evenly(void **state)
{
    (void)state;
    assert_int_equal(chance_below(UINT64_MAX, 1), 0);
    assert_int_equal(chance_below(UINT64_C(6148914691236517205), 3), 0);
    assert_int_equal(chance_below(UINT64_C(6148914691236517206), 3), 1);
    assert_int_equal(chance_below(UINT64_MAX, 3), 2);
    assert_int_equal(chance_below(UINT64_MAX, UINT64_MAX), UINT64_MAX - 1);
}

static void
test_chance_entity_keeps_message_and_recipient_apart(void **state)
{
    (void)state;
    assert_int_equal(chance_entity(1, 0), 1048576);
    assert_int_equal(chance_entity(0, 1048575), 1048575);
    assert_int_equal(chance_entity((UINT64_C(1) << 44) - 1, 1048575),
                     UINT64_MAX);
}

static void
test_chance_stream_without_a_name_is_a_bug(void **state)
{
    (void)state;
    expect_assert_failure((void)chance_stream(0, 0, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chance_philox_gives_the_published_answers),
        cmocka_unit_test(test_chance_philox_may_write_over_its_counter),
        cmocka_unit_test(test_chance_draw_is_the_first_64_bits_low_word_first),
        cmocka_unit_test(test_chance_stream_is_the_same_on_every_machine),
        cmocka_unit_test(
            test_chance_streams_differ_in_seed_replication_and_name),
        cmocka_unit_test(test_chance_every_part_of_the_address_counts),
        cmocka_unit_test(test_chance_hits_with_exactly_its_probability),
        cmocka_unit_test(test_chance_below_divides_the_range_evenly),
        cmocka_unit_test(test_chance_entity_keeps_message_and_recipient_apart),
        cmocka_unit_test(test_chance_stream_without_a_name_is_a_bug),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
