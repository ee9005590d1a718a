/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_json.c - what is written is JSON, exact, and nested rightly
 */
#include "tests/support/support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/lab/json.h"

/* A writer into memory. */
struct sink {
    struct json json;
    FILE *file;
    char *text;
    size_t size;
};

static void
sink_open(struct sink *sink)
{
    sink->file = open_memstream(&sink->text, &sink->size);
    assert_non_null(sink->file);
    json_init(&sink->json, sink->file);
}

static void
sink_is(struct sink *sink, const char *expected)
{
    assert_true(json_end(&sink->json));
    fclose(sink->file);
    assert_string_equal(sink->text, expected);
    free(sink->text);
}

static void
test_json_nests_objects_and_arrays(void **state)
{
    (void)state;
    struct sink sink;

    sink_open(&sink);
    json_object_begin(&sink.json);
    json_key(&sink.json, "a");
    json_i64(&sink.json, -1);
    json_key(&sink.json, "b");
    json_array_begin(&sink.json);
    json_null(&sink.json);
    json_bool(&sink.json, true);
    json_array_end(&sink.json);
    json_key(&sink.json, "c");
    json_object_begin(&sink.json);
    json_object_end(&sink.json);
    json_object_end(&sink.json);
    sink_is(&sink, "{\n"
                   "  \"a\": -1,\n"
                   "  \"b\": [\n"
                   "    null,\n"
                   "    true\n"
                   "  ],\n"
                   "  \"c\": {}\n"
                   "}\n");
}

static void
text_is(const char *text, const char *expected)
{
    struct sink sink;

    sink_open(&sink);
    json_text(&sink.json, text);
    sink_is(&sink, expected);
}

static void
test_json_escapes_what_must_be_escaped(void **state)
{
    (void)state;
    text_is("a\"b\\c/d", "\"a\\\"b\\\\c/d\"\n");
    text_is("\n\t\x01\x7f", "\"\\n\\t\\u0001\\u007f\"\n");
    text_is(NULL, "null\n");
}

static void
test_json_keeps_utf8_and_replaces_other_bytes(void **state)
{
    (void)state;
    text_is("\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xa7",
            "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xa7\"\n");
    text_is("\xe9"
            "a", /* Latin-1 */
            "\"\xef\xbf\xbd"
            "a\"\n");
    text_is("\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n"); /* overlong / */
    text_is("\xed\xa0\x80", /* a surrogate: three bytes that are none */
            "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n");
    text_is("\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n"); /* cut short */
}

static void
decimal_is(int64_t value, uint32_t places, const char *expected)
{
    char text[JSON_NUMBER_SIZE];

    json_decimal_format(text, value, places);
    assert_string_equal(text, expected);
}

static void
test_json_decimals_are_exact(void **state)
{
    (void)state;
    decimal_is(40000000, 9, "0.04");
    decimal_is(1500000, 6, "1.5");
    decimal_is(3000000, 6, "3");
    decimal_is(0, 6, "0");
    decimal_is(-1, 9, "-0.000000001");
    decimal_is(-1500000, 6, "-1.5");
    decimal_is(42, 0, "42");
    decimal_is(INT64_MAX, 9, "9223372036.854775807");
    decimal_is(INT64_MIN, 18, "-9.223372036854775808");
}

static void
double_is(double value, const char *expected)
{
    char text[JSON_NUMBER_SIZE];

    json_double_format(text, value);
    assert_string_equal(text, expected);
}

static void
test_json_doubles_are_the_shortest_that_read_back(void **state)
{
    (void)state;
    double_is(0.1, "0.1");
    double_is(1.0 / 3, "0.3333333333333333");
    double_is(0.1 + 0.2, "0.30000000000000004");
    double_is(1e300, "1e+300");
    double_is((double)NAN, "null");
    double_is((double)INFINITY, "null");
}

static void
test_json_writes_whole_64_bit_integers(void **state)
{
    (void)state;
    struct sink sink;

    sink_open(&sink);
    json_array_begin(&sink.json);
    json_i64(&sink.json, INT64_MIN);
    json_u64(&sink.json, UINT64_MAX);
    json_array_end(&sink.json);
    sink_is(&sink, "[\n  -9223372036854775808,\n  18446744073709551615\n]\n");
}

static void
test_json_misuse_is_a_bug(void **state)
{
    (void)state;
    struct sink sink;

    sink_open(&sink);
    json_object_begin(&sink.json);
    expect_assert_failure(json_i64(&sink.json, 1)); /* no key */
    expect_assert_failure(json_array_end(&sink.json));
    json_key(&sink.json, "k");
    expect_assert_failure(json_key(&sink.json, "l"));
    expect_assert_failure(json_object_end(&sink.json)); /* no value */
    json_null(&sink.json);
    expect_assert_failure((void)!json_end(&sink.json)); /* still open */
    json_object_end(&sink.json);
    expect_assert_failure(json_null(&sink.json)); /* a second value */
    fclose(sink.file);
    free(sink.text);
}

static void
test_json_end_says_that_nothing_could_be_written(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    struct json json;

    if (full == NULL) {
        skip(); /* only Linux has it */
    }
    json_init(&json, full);
    json_null(&json);
    assert_false(json_end(&json));
    fclose(full);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_nests_objects_and_arrays),
        cmocka_unit_test(test_json_escapes_what_must_be_escaped),
        cmocka_unit_test(test_json_keeps_utf8_and_replaces_other_bytes),
        cmocka_unit_test(test_json_decimals_are_exact),
        cmocka_unit_test(test_json_doubles_are_the_shortest_that_read_back),
        cmocka_unit_test(test_json_writes_whole_64_bit_integers),
        cmocka_unit_test(test_json_misuse_is_a_bug),
        cmocka_unit_test(test_json_end_says_that_nothing_could_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
