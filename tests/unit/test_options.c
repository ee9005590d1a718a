/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_options.c - what is read from a command line, and what is refused
 *
 * Pinned: both spellings of a value, order of options and operands, "--", that
 * long options are not abbreviated, ranges, nearest names; that no command's
 * table says anything twice. Not pinned: the width of the help.
 */
#include <string.h>

#include "sim/cmd/commands.h"
#include "sim/cmd/options.h"
#include "tests/support/support.h"

static const struct option_row rows[] = {
    {.id = OPTION_SET,
     .kind = OPTION_TEXTS,
     .name = "set",
     .argument = "P=V",
     .help = "sets"},
    {.id = OPTION_SEED,
     .kind = OPTION_NUMBER,
     .name = "seed",
     .argument = "N",
     .help = "seeds",
     .least = 1,
     .most = 9},
    {.id = OPTION_JSON, .letter = 'j', .name = "json", .help = "as JSON"},
    {.id = OPTION_OUT,
     .kind = OPTION_TEXT,
     .letter = 'o',
     .name = "out",
     .argument = "FILE",
     .help = "where to"},
    {.id = OPTION_NONE},
};

struct reading {
    struct options options;
    struct diag diag;
    bool is_good;
};

/* Reads words up to NULL. */
static void
read_words(struct reading *reading, const char *const *words)
{
    char *argv[16] = {NULL};
    int count = 0;

    for (; words[count] != NULL; count++) {
        argv[count] = (char *)(uintptr_t)words[count];
    }
    diag_init(&reading->diag);
    reading->is_good =
        options_read(&reading->options, rows, count, argv, &reading->diag);
}

static void
reading_free(struct reading *reading)
{
    options_free(&reading->options);
    diag_free(&reading->diag);
}

#define READ(reading, ...)                                                     \
    read_words(reading, (const char *const[]){__VA_ARGS__, NULL})

static void
test_options_values_are_read_in_both_spellings(void **state)
{
    struct reading reading;

    (void)state;
    READ(&reading, "--seed=3", "--out", "a", "-ob", "-j");
    assert_true(reading.is_good);
    assert_int_equal(options_number(&reading.options, OPTION_SEED, 0), 3);
    assert_string_equal(options_text(&reading.options, OPTION_OUT, ""), "b");
    assert_true(options_has(&reading.options, OPTION_JSON));
    assert_false(options_has(&reading.options, OPTION_SET));
    assert_int_equal(reading.options.operands_count, 0);
    reading_free(&reading);
}

static void
test_options_what_is_not_given_has_the_default(void **state)
{
    struct reading reading;

    (void)state;
    READ(&reading, "x");
    assert_int_equal(options_number(&reading.options, OPTION_SEED, 7), 7);
    assert_string_equal(options_text(&reading.options, OPTION_OUT, "d"), "d");
    reading_free(&reading);
}

static void
test_options_and_operands_come_in_any_order(void **state)
{
    struct reading reading;

    (void)state;
    READ(&reading, "one", "--set", "a=1", "two", "--set=b=2", "--", "--json");
    assert_true(reading.is_good);
    assert_int_equal(reading.options.operands_count, 3);
    assert_string_equal(reading.options.operands[0], "one");
    assert_string_equal(reading.options.operands[1], "two");
    assert_string_equal(reading.options.operands[2], "--json");
    assert_int_equal(reading.options.values[OPTION_SET].texts_count, 2);
    assert_string_equal(reading.options.values[OPTION_SET].texts[1], "b=2");
    assert_false(options_has(&reading.options, OPTION_JSON));
    reading_free(&reading);
}

static void
test_options_a_value_may_look_like_an_option(void **state)
{
    struct reading reading;

    (void)state;
    READ(&reading, "--out", "--json");
    assert_true(reading.is_good);
    assert_string_equal(options_text(&reading.options, OPTION_OUT, ""),
                        "--json");
    assert_false(options_has(&reading.options, OPTION_JSON));
    reading_free(&reading);
}

/* The words are refused, with this in what is said. */
static void
refused(const char *said, const char *const *words)
{
    struct reading reading;

    read_words(&reading, words);
    assert_false(reading.is_good);
    assert_int_equal(reading.diag.errors_count, 1);
    if (strstr(reading.diag.text, said) == NULL) {
        fail_msg("'%s' does not say '%s'", reading.diag.text, said);
    }
    reading_free(&reading);
}

#define REFUSED(said, ...)                                                     \
    refused(said, (const char *const[]){__VA_ARGS__, NULL})

static void
test_options_unknown_ones_are_refused_with_the_nearest(void **state)
{
    (void)state;
    REFUSED("there is no option --sead; did you mean --seed?", "--sead", "3");
    REFUSED("there is no option --jsson", "--jsson=1");
    REFUSED("there is no option --xyzzy; --help", "--xyzzy");
    REFUSED("there is no option -x", "-x");
}

static void
test_options_are_not_abbreviated(void **state)
{
    (void)state;
    REFUSED("there is no option --js", "--js");
    REFUSED("there is no option --see", "--see=3");
}

static void
test_options_values_are_wanted_where_there_are_some(void **state)
{
    (void)state;
    REFUSED("--out wants FILE", "--out");
    REFUSED("--out wants FILE", "-o");
    REFUSED("--json takes no value", "--json=1");
}

static void
test_options_numbers_are_whole_and_within_bounds(void **state)
{
    (void)state;
    REFUSED("--seed must be a whole number, 1 to 9, found '0'", "--seed", "0");
    REFUSED("found '10'", "--seed", "10");
    REFUSED("found '-1'", "--seed", "-1");
    REFUSED("found '+1'", "--seed", "+1");
    REFUSED("found '1.5'", "--seed", "1.5");
    REFUSED("found ''", "--seed", "");
    REFUSED("found '99999999999999999999'", "--seed", "99999999999999999999");
}

static void
test_options_lists_become_bits(void **state)
{
    static const char *const names[] = {"svg", "png", "ascii", NULL};
    struct reading reading;
    uint32_t bits = 0;

    (void)state;
    READ(&reading, "--set", "ascii,svg", "--set=svg");
    assert_true(options_bits(&reading.options, OPTION_SET, names, &bits,
                             &reading.diag));
    assert_int_equal(bits, 5); /* the first and the third */
    assert_true(options_bits(&reading.options, OPTION_OUT, names, &bits,
                             &reading.diag));
    assert_int_equal(bits, 0);
    reading_free(&reading);

    READ(&reading, "--set", "svg,jpg");
    assert_false(options_bits(&reading.options, OPTION_SET, names, &bits,
                              &reading.diag));
    assert_non_null(
        strstr(reading.diag.text, "'jpg' is none of: svg, png, ascii"));
    reading_free(&reading);
}

static void
test_options_choices_have_a_default(void **state)
{
    static const char *const names[] = {"sun", "postfix", NULL};
    struct reading reading;
    uint32_t choice = 9;

    (void)state;
    READ(&reading, "--out", "postfix");
    assert_true(options_choice(&reading.options, OPTION_OUT, names, 0, &choice,
                               &reading.diag));
    assert_int_equal(choice, 1);
    assert_true(options_choice(&reading.options, OPTION_SET, names, 0, &choice,
                               &reading.diag));
    assert_int_equal(choice, 0);
    reading_free(&reading);
}

static void
test_options_of_a_command_have_names_of_their_own(void **state)
{
    const struct command *command = NULL;

    (void)state;
    for (uint32_t c = 0; (command = commands_at(c)) != NULL; c++) {
        const struct option_row *row = command->rows;

        assert_ptr_equal(commands_get(command->name), command);
        for (uint32_t i = 0; row[i].id != OPTION_NONE; i++) {
            assert_non_null(row[i].help);
            assert_true((row[i].kind == OPTION_FLAG) ==
                        (row[i].argument == NULL));
            for (uint32_t j = 0; j < i; j++) {
                assert_int_not_equal(row[i].id, row[j].id);
                assert_string_not_equal(row[i].name, row[j].name);
                assert_true(row[i].letter == 0 ||
                            row[i].letter != row[j].letter);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_values_are_read_in_both_spellings),
        cmocka_unit_test(test_options_what_is_not_given_has_the_default),
        cmocka_unit_test(test_options_and_operands_come_in_any_order),
        cmocka_unit_test(test_options_a_value_may_look_like_an_option),
        cmocka_unit_test(
            test_options_unknown_ones_are_refused_with_the_nearest),
        cmocka_unit_test(test_options_are_not_abbreviated),
        cmocka_unit_test(test_options_values_are_wanted_where_there_are_some),
        cmocka_unit_test(test_options_numbers_are_whole_and_within_bounds),
        cmocka_unit_test(test_options_lists_become_bits),
        cmocka_unit_test(test_options_choices_have_a_default),
        cmocka_unit_test(test_options_of_a_command_have_names_of_their_own),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
