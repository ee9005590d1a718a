/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plots/gnuplot.h"

#define RIGHT_QUOTE "\xe2\x80\x99"
#define LEFT_QUOTE  "\xe2\x80\x98"

/* What a call wrote after the head of the script. Release with free(). */
struct recorder {
    struct gnuplot gp;
    char *text;
    size_t size;
    size_t head;
};

static void
recorder_open(struct recorder *r)
{
    FILE *script = open_memstream(&r->text, &r->size);
    assert_non_null(script);
    gnuplot_script(&r->gp, GNUPLOT_SVG, script, 860, 480);
    fflush(script);
    r->head = r->size;
}

static const char *
recorder_close(struct recorder *r)
{
    assert_int_equal(gnuplot_close(&r->gp), GNUPLOT_OK);
    fclose(r->gp.in);
    return r->text + r->head;
}

static void
assert_quoted(const char *text, const char *expected)
{
    struct recorder r;
    recorder_open(&r);
    gnuplot_text(&r.gp, text);
    assert_string_equal(recorder_close(&r), expected);
    free(r.text);
}

static void
test_gnuplot_text_never_holds_a_quote_or_a_newline(void **state)
{
    (void)state;
    assert_quoted("it's", "'it" RIGHT_QUOTE "s'");
    assert_quoted("'; system('id')", "'" RIGHT_QUOTE "; system(" RIGHT_QUOTE
                                     "id" RIGHT_QUOTE ")'");
    assert_quoted("a\nb\r\t\x7f", "'a b   '");
    assert_quoted("`id`", "'" LEFT_QUOTE "id" LEFT_QUOTE "'");
    assert_quoted("", "''");
}

static void
test_gnuplot_text_is_valid_utf8_whatever_comes_in(void **state)
{
    (void)state;
    assert_quoted("Z\xc3\xbcrich", "'Z\xc3\xbcrich'");
    assert_quoted("\xff", "'\?'");
    assert_quoted("\xc3", "'\?'");             /* cut off */
    assert_quoted("\xc0\xa7", "'\?\?'");       /* an overlong ' */
    assert_quoted("\xed\xa0\x80", "'\?\?\?'"); /* a surrogate */
    assert_quoted("\xef\xbf\xbe", "'\?\?\?'"); /* U+FFFE: not in XML */
    assert_quoted("\xc2\x85", "'\?\?'");       /* C1: next line */
    assert_quoted("\xf0\x9f\x93\xa7", "'\xf0\x9f\x93\xa7'");
}

static void
test_gnuplot_tic_text_doubles_percent_signs(void **state)
{
    struct recorder r;
    (void)state;
    recorder_open(&r);
    gnuplot_tic_text(&r.gp, "95 %s");
    assert_string_equal(recorder_close(&r), "'95 %%s'");
    free(r.text);
}

static void
test_gnuplot_rows_are_numbers_and_gaps(void **state)
{
    struct recorder r;
    (void)state;
    recorder_open(&r);
    assert_int_equal(gnuplot_data_begin(&r.gp), 0);
    gnuplot_data_row(&r.gp, (double[]){1, 0.25, (double)NAN}, 3);
    gnuplot_data_row(&r.gp, (double[]){2, -(double)INFINITY, 1e9}, 3);
    gnuplot_data_end(&r.gp);
    assert_int_equal(gnuplot_data_begin(&r.gp), 1);
    gnuplot_data_end(&r.gp);
    assert_string_equal(recorder_close(&r), "$d0 << END_OF_DATA_0\n"
                                            "1 0.25 NaN\n"
                                            "2 NaN 1000000000\n"
                                            "END_OF_DATA_0\n"
                                            "$d1 << END_OF_DATA_1\n"
                                            "END_OF_DATA_1\n");
    free(r.text);
}

/* A folder of its own for each test that starts a process. */
struct folder {
    char path[64];
};

static void
folder_make(struct folder *folder)
{
    snprintf(folder->path, sizeof folder->path, "/tmp/test_gnuplot_XXXXXX");
    assert_non_null(mkdtemp(folder->path));
}

static void
in_folder(const struct folder *folder, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", folder->path, name);
}

static bool
is_there(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

/* Skips the test where gnuplot is not installed: nothing can be drawn. */
static void
open_or_skip(struct gnuplot *gp, enum gnuplot_format format, const char *path,
             const struct folder *folder)
{
    const enum gnuplot_status status = gnuplot_open(gp, format, path, 860, 480);
    if (status == GNUPLOT_NOT_INSTALLED) {
        rmdir(folder->path);
        print_message("skipped: gnuplot is not installed\n");
        skip();
    }
    assert_int_equal(status, GNUPLOT_OK);
}

static void
test_gnuplot_that_is_absent_is_told_apart(void **state)
{
    struct folder folder;
    struct gnuplot gp;
    char path[128];
    const char *path_now = getenv("PATH");
    char *old = strdup(path_now != NULL ? path_now : "");

    (void)state;
    folder_make(&folder);
    in_folder(&folder, "x.svg", path);
    setenv("PATH", folder.path, 1);
    const enum gnuplot_status status =
        gnuplot_open(&gp, GNUPLOT_SVG, path, 860, 480);
    setenv("PATH", old, 1);
    free(old);
    assert_int_equal(status, GNUPLOT_NOT_INSTALLED);
    assert_false(is_there(path));
    assert_int_equal(rmdir(folder.path), 0); /* nothing was left in it */
}

static void
test_gnuplot_cannot_write_is_an_io_error(void **state)
{
    struct gnuplot gp;
    (void)state;
    assert_int_equal(
        gnuplot_open(&gp, GNUPLOT_SVG, "/nonexistent/x.svg", 860, 480),
        GNUPLOT_IO);
    assert_non_null(strstr(gp.error, "/nonexistent/x.svg"));
}

static void
test_gnuplot_failure_leaves_the_old_picture(void **state)
{
    struct folder folder;
    struct gnuplot gp;
    char path[128];
    char line[32] = "";

    (void)state;
    folder_make(&folder);
    in_folder(&folder, "x.svg", path);
    FILE *old = fopen(path, "w");
    assert_non_null(old);
    fputs("old picture", old);
    fclose(old);
    open_or_skip(&gp, GNUPLOT_SVG, path, &folder);
    gnuplot_printf(&gp, "plot nothing_of_this_name\n");
    assert_int_equal(gnuplot_close(&gp), GNUPLOT_FAILED);
    assert_non_null(strstr(gp.error, "undefined"));
    old = fopen(path, "r");
    assert_non_null(fgets(line, sizeof line, old));
    fclose(old);
    assert_string_equal(line, "old picture");
    unlink(path);
    assert_int_equal(rmdir(folder.path), 0); /* no temporary file either */
}

static void
test_gnuplot_runs_nothing_that_stands_in_text(void **state)
{
    static const char *const forms[] = {
        "`touch %s`",
        "\"`touch %s`\"",
        "$(touch %s)",
        "'.system('touch %s').'",
        "'; system('touch %s'); x'",
        "'''; system(\"touch %s\"); x'",
        "a\nsystem(\"touch %s\")\n",
        "END_OF_DATA_0\n!touch %s\n",
        "\\'; system(\"touch %s\") #",
        "\xc0\xa7; system(\"touch %s\") #",
        "@x; !touch %s",
        "|touch %s",
    };
    struct folder folder;
    char victim[128];
    char path[128];
    char text[256];

    (void)state;
    folder_make(&folder);
    in_folder(&folder, "ran", victim);
    in_folder(&folder, "x.svg", path);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct gnuplot gp;
        const char *mark = strstr(forms[i], "%s");
        snprintf(text, sizeof text, "%.*s%s%s", (int)(mark - forms[i]),
                 forms[i], victim, mark + 2);
        open_or_skip(&gp, GNUPLOT_SVG, path, &folder);
        gnuplot_printf(&gp, "set title ");
        gnuplot_text(&gp, text);
        gnuplot_printf(&gp, "\nset label ");
        gnuplot_text(&gp, text);
        gnuplot_printf(&gp, " at 1,1\nset xtics (");
        gnuplot_tic_text(&gp, text);
        gnuplot_printf(&gp, " 1)\nplot x title ");
        gnuplot_text(&gp, text);
        gnuplot_printf(&gp, "\n");
        assert_int_equal(gnuplot_close(&gp), GNUPLOT_OK);
        assert_true(is_there(path));
        assert_false(is_there(victim));
    }
    unlink(path);
    assert_int_equal(rmdir(folder.path), 0);
}

static void
test_gnuplot_gives_sigpipe_back(void **state)
{
    struct folder folder;
    struct gnuplot gp;
    struct sigaction now;
    char path[128];

    (void)state;
    folder_make(&folder);
    in_folder(&folder, "x.txt", path);
    open_or_skip(&gp, GNUPLOT_ASCII, path, &folder);
    sigaction(SIGPIPE, NULL, &now);
    assert_true(now.sa_handler == SIG_IGN);
    gnuplot_printf(&gp, "plot x\n");
    assert_int_equal(gnuplot_close(&gp), GNUPLOT_OK);
    sigaction(SIGPIPE, NULL, &now);
    assert_true(now.sa_handler == SIG_DFL);
    unlink(path);
    assert_int_equal(rmdir(folder.path), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gnuplot_text_never_holds_a_quote_or_a_newline),
        cmocka_unit_test(test_gnuplot_text_is_valid_utf8_whatever_comes_in),
        cmocka_unit_test(test_gnuplot_tic_text_doubles_percent_signs),
        cmocka_unit_test(test_gnuplot_rows_are_numbers_and_gaps),
        cmocka_unit_test(test_gnuplot_that_is_absent_is_told_apart),
        cmocka_unit_test(test_gnuplot_cannot_write_is_an_io_error),
        cmocka_unit_test(test_gnuplot_failure_leaves_the_old_picture),
        cmocka_unit_test(test_gnuplot_runs_nothing_that_stands_in_text),
        cmocka_unit_test(test_gnuplot_gives_sigpipe_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
