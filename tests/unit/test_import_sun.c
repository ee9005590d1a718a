/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_import_sun.c - small logs read by hand, and what the import makes of
 * them
 */
#include "sim/lab/import.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/logfiles.h"
#include "tests/support/logimport.h"
#include "tests/support/support.h"

#define FIXTURE(name) "tests/fixtures/logs/" name
#define LINE(time, size, to)                                                   \
    "12-Mar-2006 " time " tcp_a tcp_b E " size " s@x rfc822;" to " " to "\n"

static const struct import_request sun = {.format = IMPORT_SUN};

static struct logimport
import_file(const struct import_request *request, const char *path)
{
    struct import_request own = *request;

    own.paths = &path;
    own.paths_count = 1;
    return logimport_run(&own);
}

static uint64_t
code(const struct logimport *result, char letter)
{
    return result->report.codes[letter - 'A'];
}

static void
test_sun_default_format_gives_its_arrivals_in_order_of_time(void **state)
{
    (void)state;
    struct logimport r = import_file(&sun, FIXTURE("sun.log"));

    assert_true(r.is_done);
    assert_string_equal(
        r.trace, "mtasim-trace 1\n"
                 "start 2006-03-12T09:14:02Z\n"
                 "310000000 tcp_intranet N 4096 - tcp_local:far.example\n"
                 "68000000000 tcp_intranet N 4096 - tcp_local:dead.example\n"
                 "358000000000 tcp_local N 12288 - ims-ms:ims-ms-daemon\n"
                 "141359400000000 tcp_local N 2048 0 process:corp.example\n");
    assert_int_equal(r.report.lines, 11);
    assert_int_equal(r.report.messages, 4);
    assert_int_equal(r.report.recipients, 4);
    assert_int_equal(r.report.connections, 2);
    assert_int_equal(r.report.skipped_internal, 1);
    /* Lines 4 and 5 are earlier than the third. Connections have no say. */
    assert_int_equal(r.report.late_lines, 2);
    assert_int_equal(r.report.unparsable, 0);
    assert_int_equal(code(&r, 'E'), 5);
    assert_int_equal(code(&r, 'D'), 1);
    assert_int_equal(code(&r, 'Q'), 1);
    assert_int_equal(code(&r, 'W'), 1);
    assert_int_equal(code(&r, 'R'), 1);
    logimport_free(&r);
}

static void
test_sun_internal_mail_is_kept_when_asked_for(void **state)
{
    (void)state;
    struct import_request request = sun;
    struct logimport r;

    request.keep_internal = true;
    r = import_file(&request, FIXTURE("sun.log"));
    assert_int_equal(r.report.messages, 5);
    assert_int_equal(r.report.skipped_internal, 0);
    assert_non_null(
        strstr(r.trace, " process N 6144 0 tcp_intranet:corp.example\n"));
    logimport_free(&r);
}

/* <1@a> comes twice: a second apart is one message, nineteen seconds are two,
 * and so is another source channel. */
static void
test_sun_records_with_one_message_id_are_one_message(void **state)
{
    (void)state;
    struct logimport r = import_file(&sun, FIXTURE("sun_ids.log"));

    assert_true(r.is_done);
    assert_string_equal(
        r.trace,
        "mtasim-trace 1\n"
        "start 2006-03-12T08:00:00Z\n"
        "400000000 tcp_local U 1024 0 tcp_local:c.example\n"
        "500000000 tcp_local L 3072 - "
        "tcp_local:far.example,ims-ms:ims-ms-daemon,tcp_local:d.example\n"
        "20000000000 tcp_local N 3072 - tcp_local:d.example\n"
        "20000000000 tcp_auth N 3072 - tcp_local:d.example\n");
    assert_int_equal(r.report.late_lines, 1);
    assert_int_equal(r.report.skipped_internal, 1);
    logimport_free(&r);
}

static void
test_sun_xml_says_the_same(void **state)
{
    (void)state;
    struct logimport r = import_file(&sun, FIXTURE("sun_xml.log"));

    assert_true(r.is_done);
    assert_string_equal(r.trace,
                        "mtasim-trace 1\n"
                        "start 2006-03-12T09:14:02Z\n"
                        "310000000 tcp_intranet U 4096 - "
                        "tcp_local:far.example,tcp_local:b.example\n"
                        "118500000000 tcp_intranet N 9216 0 l:c.example\n");
    assert_int_equal(r.report.connections, 1);
    assert_int_equal(r.report.others, 1);
    assert_int_equal(code(&r, 'D'), 1);
    logimport_free(&r);
}

static void
test_sun_without_ids_same_time_sender_and_size_are_one_message(void **state)
{
    (void)state;
    struct logimport r = logimport_text(
        &sun,
        LINE("08:00:00.01", "1", "a@a") LINE("08:00:00.01", "1", "b@b")
            LINE("08:00:00.01", "2", "c@c") LINE("08:00:00.02", "1", "d@d")
                LINE("08:00:00.01", "1", "e@e"));

    assert_non_null(r.trace);
    assert_non_null(strstr(r.trace, "\n10000000 tcp_a N 1024 - "
                                    "tcp_b:a,tcp_b:b,tcp_b:e\n"
                                    "10000000 tcp_a N 2048 - tcp_b:c\n"
                                    "20000000 tcp_a N 1024 - tcp_b:d\n"));
    logimport_free(&r);
}

static void
test_sun_node_is_skipped_when_announced(void **state)
{
    (void)state;
    static const char line[] = "12-Mar-2006 08:00:00.00 node1 1f.2 tcp_a tcp_b "
                               "E 1 s@x rfc822;a@b a@b\n";
    struct import_request request = sun;
    struct logimport r;

    request.has_node = true;
    r = logimport_text(&request, line);
    assert_non_null(r.trace);
    assert_non_null(strstr(r.trace, "\n0 tcp_a N 1024 - tcp_b:b\n"));
    logimport_free(&r);
    r = logimport_text(&sun, line);
    assert_false(r.is_done);
    assert_non_null(strstr(r.diag, ":1:36: error: expected a code"));
    logimport_free(&r);
}

static void
text_append(char *text, size_t text_size, const char *more)
{
    const size_t size = strlen(text);

    assert_true(size + strlen(more) < text_size);
    memcpy(text + size, more, strlen(more) + 1);
}

static void
test_sun_one_bad_line_in_a_hundred_is_left_out(void **state)
{
    (void)state;
    struct import_request request = sun;
    char text[16384] = "12-Mar-2006 25:00:00.00 tcp_a tcp_b E 1 s r;a@b a@b\n";
    struct logimport r;

    for (int i = 0; i < 98; i++) {
        text_append(text, sizeof text, LINE("08:00:00.01", "1", "a@a"));
    }
    r = logimport_text(&sun, text); /* 1 of 99 is more than 1 % */
    assert_false(r.is_done);
    assert_true(r.report.is_refused);
    assert_non_null(strstr(r.diag, ":1:24: error: "));
    logimport_free(&r);

    text_append(text, sizeof text, LINE("08:00:00.01", "1", "a@a"));
    r = logimport_text(&sun, text);
    assert_true(r.is_done);
    assert_int_equal(r.report.unparsable, 1);
    assert_int_equal(r.report.recipients, 99);
    assert_non_null(strstr(r.diag, ":1:24: warning: "));
    logimport_free(&r);

    request.is_strict = true;
    r = logimport_text(&request, text);
    assert_false(r.is_done);
    assert_true(r.report.is_refused);
    logimport_free(&r);
}

static void
test_sun_bad_lines_are_shown_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *place;
    } bad[] = {
        {"hello\n", ":1:1: error: expected a stamp"},
        {"12-Mai-2006 08:00:00.00 a b E 1 s r;a@b a@b\n", ":1:4: "},
        {"30-Feb-2006 08:00:00.00 a b E 1 s r;a@b a@b\n", ":1:24: "},
        {"12-Mar-2006 08:00:00.00\n", ":1:24: error: expected a source"},
        {"12-Mar-2006 08:00:00.00 a b e 1\n", ":1:29: error: expected a code"},
        {"12-Mar-2006 08:00:00.00 a b E x s r;a@b a@b\n", ":1:29: "},
        {"12-Mar-2006 08:00:00.00 a b E 1 s r;a@b\n", ":1:29: "},
        {"12-Mar-2006 08:00:00.00 a b E 1 s r;a@b a@\n", ":1:29: "},
        {"12-Mar-2006 08:00:00.00 a b E 1 s r;a@b a@x,y\n", ":1:29: "},
        {"12-Mar-2006 08:00:00.00 a  E 1 s r;a@b a@b\n", ":1:28: "},
        {"12-Mar-2006 08:00:00.00 a b E 99999999999999 s r;a@b a@b\n",
         ":1:29: "},
        {"<en ts=\"2006-03-12\" sc=\"a\" dc=\"b\"/>\n", ":1:34: "},
        {"<en ts=\"12-Mar-2006\" ac=\"E\"/>\n", ":1:9: "},
        {"<en ac=\"E\"/>\n", ":1:11: "},
        {"<en ts=\"2006-03-12T08:00:00\" ac=\"E\"/>\n", ": error: expected"},
        {"<en ts=\"2006-03-12T08:00:00\" ac=\"E\" sz=\"1\"/>\n",
         ": error: no valid source"},
        {"<en ts=\"2006-03-12T08:00:00\" ac=\"E\" sz=\"1\n", ": error: "},
        {"ab\tc\x01\n", ":1:5: error: a control character"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct logimport r = logimport_text(&sun, bad[i].line);

        if (r.is_done || r.report.unparsable != 1 ||
            strstr(r.diag, bad[i].place) == NULL) {
            fail_msg("%s gave %s", bad[i].line, r.diag);
        }
        logimport_free(&r);
    }
}

static void
test_sun_line_without_end_is_cut_and_counted_once(void **state)
{
    (void)state;
    const size_t size = (size_t)3 * IMPORT_LINE_BYTES_MAX;
    char *text = malloc(size + 1);
    struct logimport r;

    assert_non_null(text);
    memset(text, 'x', size);
    text[size] = '\0';
    r = logimport_text(&sun, text);
    assert_false(r.is_done);
    assert_int_equal(r.report.lines, 1);
    assert_non_null(strstr(r.diag, ":1:65536: error: the line is too long"));
    logimport_free(&r);
    free(text);
}

static void
test_sun_log_without_arrivals_is_refused(void **state)
{
    (void)state;
    struct logimport r = logimport_text(&sun, "");

    assert_false(r.is_done);
    assert_true(r.report.is_refused);
    assert_non_null(strstr(r.diag, "no message was found in 0 lines"));
    logimport_free(&r);
}

static void
test_sun_start_that_is_given_leaves_out_what_was_before(void **state)
{
    (void)state;
    struct import_request request = sun;
    struct logimport r;

    request.has_start = true;
    request.start_wall_ns = 1142150400 * NS_PER_S; /* 2006-03-12T08:00:00 */
    request.zone = "America/New_York";
    r = logimport_text(&request, LINE("07:59:59.99", "1", "a@a")
                                     LINE("08:00:01.00", "1", "b@b"));
    assert_string_equal(r.trace, "mtasim-trace 1\n"
                                 "start 2006-03-12T08:00:00Z\n"
                                 "zone America/New_York\n"
                                 "1000000000 tcp_a N 1024 - tcp_b:b\n");
    assert_int_equal(r.report.before_start, 1);
    logimport_free(&r);
}

static void
test_sun_several_files_are_one_log(void **state)
{
    (void)state;
    const char *const paths[] = {FIXTURE("sun_ids.log"), FIXTURE("sun.log")};
    struct import_request request = sun;
    struct logimport r;

    request.paths = paths;
    request.paths_count = 2;
    r = logimport_run(&request);
    assert_true(r.is_done);
    assert_int_equal(r.report.lines, 18);
    assert_int_equal(r.report.messages, 8);
    logimport_free(&r);
}

static void
test_sun_file_that_is_not_there_is_reported_and_nothing_written(void **state)
{
    (void)state;
    struct logimport r = import_file(&sun, "/no/such.log");

    assert_false(r.is_done);
    assert_false(r.report.is_refused);
    assert_non_null(strstr(r.diag, "/no/such.log"));
    logimport_free(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_sun_default_format_gives_its_arrivals_in_order_of_time),
        cmocka_unit_test(test_sun_internal_mail_is_kept_when_asked_for),
        cmocka_unit_test(test_sun_records_with_one_message_id_are_one_message),
        cmocka_unit_test(test_sun_xml_says_the_same),
        cmocka_unit_test(
            test_sun_without_ids_same_time_sender_and_size_are_one_message),
        cmocka_unit_test(test_sun_node_is_skipped_when_announced),
        cmocka_unit_test(test_sun_one_bad_line_in_a_hundred_is_left_out),
        cmocka_unit_test(test_sun_bad_lines_are_shown_at_their_place),
        cmocka_unit_test(test_sun_line_without_end_is_cut_and_counted_once),
        cmocka_unit_test(test_sun_log_without_arrivals_is_refused),
        cmocka_unit_test(
            test_sun_start_that_is_given_leaves_out_what_was_before),
        cmocka_unit_test(test_sun_several_files_are_one_log),
        cmocka_unit_test(
            test_sun_file_that_is_not_there_is_reported_and_nothing_written),
    };

    return cmocka_run_group_tests_name("import_sun", tests, NULL, NULL);
}
