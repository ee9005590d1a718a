/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_diag.c - what a user reads about what he wrote
 *
 * Pinned: the form of a line, the line of source and the caret, that nothing
 * of the user's reaches the terminal raw, the limit, "did you mean". The
 * texts expected are written out by hand.
 */
#include "sim/kernel/diag.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static int
setup(void **state)
{
    *state = malloc(sizeof(struct diag));
    assert_non_null(*state);
    diag_init(*state);
    return 0;
}

static int
teardown(void **state)
{
    diag_free(*state);
    free(*state);
    return 0;
}

static void
test_diag_gives_the_place_that_is_known(void **state)
{
    struct diag *diag = *state;

    diag_error(diag, (struct src_loc){"a.yaml", 17, 14}, "must be %d", 3);
    diag_error(diag, (struct src_loc){"a.yaml", 17, 0}, "no column");
    diag_warning(diag, (struct src_loc){"a.yaml", 0, 9}, "no line");
    diag_error(diag, (struct src_loc){NULL, 0, 0}, "no file");
    assert_string_equal(diag->text, "a.yaml:17:14: error: must be 3\n"
                                    "a.yaml:17: error: no column\n"
                                    "a.yaml: warning: no line\n"
                                    "error: no file\n");
    assert_int_equal(diag->errors_count, 3);
    assert_int_equal(diag->warnings_count, 1);
}

static void
test_diag_shows_the_line_and_a_caret(void **state)
{
    static const char text[] = "one: 1\n\tdepth: 0\r\nlast";
    struct diag *diag = *state;

    diag_text(diag, "a", text, sizeof text - 1);
    diag_error(diag, (struct src_loc){"a", 2, 9}, "x");
    diag_error(diag, (struct src_loc){"a", 3, 5}, "at the end of the text");
    diag_error(diag, (struct src_loc){"a", 1, 0}, "the whole line");
    diag_error(diag, (struct src_loc){"a", 4, 1}, "no such line");
    diag_error(diag, (struct src_loc){"b", 1, 1}, "another file");
    assert_string_equal(diag->text, "a:2:9: error: x\n"
                                    "     depth: 0\n"
                                    "            ^\n"
                                    "a:3:5: error: at the end of the text\n"
                                    "    last\n"
                                    "        ^\n"
                                    "a:1: error: the whole line\n"
                                    "    one: 1\n"
                                    "a:4:1: error: no such line\n"
                                    "b:1:1: error: another file\n");
}

static void
test_diag_shows_no_control_bytes(void **state)
{
    /* ESC, a C1 control as UTF-8, a stray continuation byte; then the caret
     * under the 'z' behind a two-byte letter (column 7, sixth character). */
    static const char text[] = "\x1b\xc2\x9b\x9f\xc3\xa4z";
    struct diag *diag = *state;

    diag_text(diag, "a", text, sizeof text - 1);
    diag_error(diag, (struct src_loc){"a", 1, 7}, "bell \a newline \n %s",
               "\xc3\xa4");
    assert_string_equal(diag->text, "a:1:7: error: bell ? newline ? \xc3\xa4\n"
                                    "    ????\xc3\xa4z\n"
                                    "         ^\n");
}

static void
test_diag_cuts_a_long_line_around_the_column(void **state)
{
    struct diag *diag = *state;
    char text[300];
    const uint32_t columns[] = {1, 150, 300, 301, 4000000000u};

    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        uint32_t at = columns[i] < 301 ? columns[i] : 301;

        text[at - 1 < 300 ? at - 1 : 299] = 'C';
        diag_free(diag);
        diag_text(diag, "a", text, sizeof text);
        diag_error(diag, (struct src_loc){"a", 1, columns[i]}, "m");

        const char *line = strchr(diag->text, '\n') + 1;
        const char *caret_line = strchr(line, '\n') + 1;
        size_t caret = strcspn(caret_line, "^");

        assert_true(caret_line - line <= 81);
        assert_int_equal(caret_line[caret], '^');
        assert_int_equal(line[at < 301 ? caret : caret - 1], 'C');
        assert_true((strstr(line, "xxx...\n") != NULL) == (at < 300));
        memset(text, 'x', sizeof text);
    }
}

static void
test_diag_keeps_a_limited_number_and_counts_the_rest(void **state)
{
    struct diag *diag = *state;
    char line[80];
    FILE *out = tmpfile();
    uint32_t lines = 0;

    assert_non_null(out);
    for (uint32_t i = 0; i < DIAG_ERRORS_MAX + 7; i++) {
        diag_error(diag, (struct src_loc){"a", i + 1, 0}, "wrong");
    }
    assert_int_equal(diag->errors_count, DIAG_ERRORS_MAX + 7);
    diag_print(diag, out);
    rewind(out);
    while (fgets(line, sizeof line, out) != NULL) {
        lines++;
    }
    fclose(out);
    assert_int_equal(lines, DIAG_ERRORS_MAX + 1);
    assert_string_equal(line, "and 7 more like these\n");
}

static void
test_diag_appends_lines_of_others(void **state)
{
    struct diag *diag = *state;

    diag_append(diag, "imta.cnf:1: error: a\nimta.cnf:2: warning: b", 1, 1);
    diag_append(diag, "", 0, 0);
    diag_error(diag, (struct src_loc){NULL, 0, 0}, "c");
    assert_string_equal(
        diag->text, "imta.cnf:1: error: a\nimta.cnf:2: warning: b\nerror: c\n");
    assert_int_equal(diag->errors_count, 2);
    assert_int_equal(diag->warnings_count, 1);
}

static void
test_diag_cuts_a_message_that_does_not_end(void **state)
{
    struct diag *diag = *state;
    char word[3000];

    memset(word, 'w', sizeof word);
    word[sizeof word - 1] = '\0';
    diag_error(diag, (struct src_loc){NULL, 0, 0}, "%s", word);
    /* "error: ", 1023 bytes, "...", newline. */
    assert_int_equal(diag->text_size, 7 + 1023 + 3 + 1);
    assert_int_equal(strlen(diag->text), diag->text_size);
}

static void
test_diag_nearest_is_the_first_of_the_nearest(void **state)
{
    const char *const words[] = {"maxjobs", "threaddepth", "threadwidth",
                                 "master", "masters"};
    char endless[200];

    (void)state;
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    assert_ptr_equal(diag_nearest("thraeddepth", words, 5), words[1]);
    assert_ptr_equal(diag_nearest("maxjob", words, 5), words[0]);
    assert_ptr_equal(diag_nearest("mastert", words, 5), words[3]);
    assert_ptr_equal(diag_nearest("masters", words, 5), words[4]);
    /* From "maxjobs" to "mxbs" three letters of seven: more than a third. */
    assert_null(diag_nearest("mxbs", words, 5));
    assert_null(diag_nearest("ab", words, 5));
    assert_null(diag_nearest("", words, 5));
    assert_null(diag_nearest(endless, words, 5));
    assert_null(diag_nearest("maxjobs", words, 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_diag_gives_the_place_that_is_known),
        TEST(test_diag_shows_the_line_and_a_caret),
        TEST(test_diag_shows_no_control_bytes),
        TEST(test_diag_cuts_a_long_line_around_the_column),
        TEST(test_diag_keeps_a_limited_number_and_counts_the_rest),
        TEST(test_diag_appends_lines_of_others),
        TEST(test_diag_cuts_a_message_that_does_not_end),
        TEST(test_diag_nearest_is_the_first_of_the_nearest),
    };

    return cmocka_run_group_tests_name("diag", tests, NULL, NULL);
}
