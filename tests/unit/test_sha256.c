/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_sha256.c - the published answers, and that pieces make the whole
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "sim/kernel/sha256.h"

static void
hash_is(const void *bytes, size_t size, const char *expected)
{
    char text[SHA256_TEXT_SIZE];

    sha256_text(bytes, size, text);
    assert_string_equal(text, expected);
}

/* NIST, "Examples with intermediate values", SHA-256; and FIPS 180-2, B.1-3. */
static void
test_sha256_gives_the_published_answers(void **state)
{
    (void)state;
    const char *two_blocks =
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

    hash_is("", 0,
            "e3b0c44298fc1c149afbf4c8996fb924"
            "27ae41e4649b934ca495991b7852b855");
    hash_is("abc", 3,
            "ba7816bf8f01cfea414140de5dae2223"
            "b00361a396177a9cb410ff61f20015ad");
    hash_is(two_blocks, strlen(two_blocks),
            "248d6a61d20638b8e5c026930c3e6039"
            "a33ce45964ff2167f6ecedd419db06c1");
}

static void
test_sha256_of_a_million_a(void **state)
{
    (void)state;
    char *a = malloc(1000000);

    assert_non_null(a);
    memset(a, 'a', 1000000);
    hash_is(a, 1000000,
            "cdc76e5c9914fb9281a1c7e284d73e67"
            "f1809a48a497200e046d39ccc7112cd0");
    free(a);
}

/* Lengths around the padding's edge, 55, 56, 63, 64, 65, in two pieces cut at
 * every place: the answer never depends on the cut. */
static void
test_sha256_does_not_depend_on_how_bytes_arrive(void **state)
{
    (void)state;
    uint8_t bytes[130];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7);
    }
    for (size_t size = 0; size <= sizeof bytes; size++) {
        char whole[SHA256_TEXT_SIZE];

        sha256_text(bytes, size, whole);
        for (size_t cut = 0; cut <= size; cut++) {
            struct sha256 sha;
            char text[SHA256_TEXT_SIZE];

            sha256_init(&sha);
            sha256_add(&sha, bytes, cut);
            sha256_add(&sha, bytes + cut, size - cut);
            sha256_end(&sha, text);
            assert_string_equal(text, whole);
        }
    }
}

/* From coreutils: head -c 55 /dev/zero | tr '\0' x | sha256sum, and so on. */
static void
test_sha256_pads_across_the_block_edge(void **state)
{
    (void)state;
    char x[64];

    memset(x, 'x', sizeof x);
    hash_is(x, 55,
            "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072");
    hash_is(x, 56,
            "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e");
    hash_is(x, 64,
            "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_gives_the_published_answers),
        cmocka_unit_test(test_sha256_of_a_million_a),
        cmocka_unit_test(test_sha256_does_not_depend_on_how_bytes_arrive),
        cmocka_unit_test(test_sha256_pads_across_the_block_edge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
