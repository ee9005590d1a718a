/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_trace.c - what a trace says is read, and what is written is read again
 */
#include "models/trace.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/logfiles.h"
#include "tests/support/support.h"

#define HEAD "mtasim-trace 1\nstart 2006-03-12T08:00:00Z\n"

static const char *
file_of(const char *text)
{
    const char *path = logfiles_path("test_trace.trace");

    logfiles_write(path, text, strlen(text));
    return path;
}

static void
test_trace_line_of_the_manual_is_read(void **state)
{
    (void)state;
    struct diag diag;
    struct trace *trace = NULL;
    struct trace_message m;

    diag_init(&diag);
    trace =
        trace_open(file_of(HEAD "zone Europe/Berlin\n"
                                "1250000000 tcp_intranet N 8192 - "
                                "tcp_local:far.example,tcp_local:b.example\n"
                                "1250000000 - U 1 0 -:[2001:db8::1]\n"),
                   &diag);
    assert_non_null(trace);
    assert_int_equal(trace_start_wall_ns(trace), 1142150400 * NS_PER_S);
    assert_string_equal(trace_zone(trace), "Europe/Berlin");

    assert_int_equal(trace_next(trace, &m, &diag), 1);
    assert_int_equal(m.at_ns, 1250000000);
    assert_string_equal(m.source, "tcp_intranet");
    assert_int_equal(m.priority, 1);
    assert_int_equal(m.size_bytes, 8192);
    assert_false(m.is_null_sender);
    assert_int_equal(m.recipients_count, 2);
    assert_string_equal(m.recipients[0].channel, "tcp_local");
    assert_string_equal(m.recipients[0].domain, "far.example");
    assert_string_equal(m.recipients[1].domain, "b.example");

    assert_int_equal(trace_next(trace, &m, &diag), 1);
    assert_null(m.source);
    assert_int_equal(m.priority, 0);
    assert_true(m.is_null_sender);
    assert_null(m.recipients[0].channel);
    assert_string_equal(m.recipients[0].domain, "[2001:db8::1]");

    assert_int_equal(trace_next(trace, &m, &diag), 0);
    assert_int_equal(diag.errors_count, 0);
    trace_close(trace);
    diag_free(&diag);
}

static void
test_trace_what_is_written_is_read_again(void **state)
{
    (void)state;
    static const char text[] =
        HEAD "0 - L 1 - -:a\n"
             "9223372036854775807 x U 9223372036854775807 0 y:b,-:c\n";
    const char *path = logfiles_path("test_trace.again");
    struct diag diag;
    struct trace *trace = NULL;
    struct trace_message m;
    FILE *out = fopen(path, "w");
    char *bytes = NULL;
    size_t size = 0;

    diag_init(&diag);
    trace = trace_open(file_of(text), &diag);
    assert_non_null(trace);
    assert_null(trace_zone(trace));
    assert_non_null(out);
    assert_true(trace_write_head(out, trace_start_wall_ns(trace)));
    while (trace_next(trace, &m, &diag) > 0) {
        assert_true(trace_write(out, &m));
    }
    assert_int_equal(fclose(out), 0);
    bytes = logfiles_read(path, &size);
    assert_string_equal(bytes, text);
    free(bytes);
    trace_close(trace);
    diag_free(&diag);
}

static void
test_trace_malformed_lines_are_reported_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *place;
    } bad[] = {
        {"", ":1:1: "},
        {"mtasim-trace 2\n", ":1:1: "},
        {"mtasim-trace 1\n", ":2:1: "},
        {"mtasim-trace 1\nstart yesterday\n", ":2:1: "},
        {HEAD "x - N 1 - -:a\n", ":3:1: "},
        {HEAD "-1 - N 1 - -:a\n", ":3:1: "},
        {HEAD "9223372036854775808 - N 1 - -:a\n", ":3:1: "},
        {HEAD "5 - N 1 - -:a\n4 - N 1 - -:a\n", ":4:1: "},
        {HEAD "5  N 1 - -:a\n", ":3:3: "},
        {HEAD "5 a,b N 1 - -:a\n", ":3:3: "},
        {HEAD "5 - X 1 - -:a\n", ":3:5: "},
        {HEAD "5 - NN 1 - -:a\n", ":3:5: "},
        {HEAD "5 - N 0 - -:a\n", ":3:7: "},
        {HEAD "5 - N 1x - -:a\n", ":3:7: "},
        {HEAD "5 - N 1 1 -:a\n", ":3:9: "},
        {HEAD "5 - N 1 -\n", ":3:10: "},
        {HEAD "5 - N 1 - a\n", ":3:11: "},
        {HEAD "5 - N 1 - -:\n", ":3:13: "},
        {HEAD "5 - N 1 - -:a,\n", ":3:15: "},
        {HEAD "5 - N 1 - -:a b\n", ":3:13: "},
        {HEAD "\n", ":3:1: "},
        {HEAD "5\n", ":3:2: "},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct diag diag;
        struct trace *trace = NULL;
        struct trace_message m;
        int got = -1;

        diag_init(&diag);
        trace = trace_open(file_of(bad[i].text), &diag);
        if (trace != NULL) {
            do {
                got = trace_next(trace, &m, &diag);
            } while (got > 0);
        }
        if (got != -1 || diag.errors_count != 1 ||
            strstr(diag.text, bad[i].place) == NULL) {
            fail_msg("%s gave %s", bad[i].text,
                     diag.text == NULL ? "nothing" : diag.text);
        }
        trace_close(trace);
        diag_free(&diag);
    }
}

static void
test_trace_that_is_not_there_is_reported(void **state)
{
    (void)state;
    struct diag diag;

    diag_init(&diag);
    assert_null(trace_open("/no/such.trace", &diag));
    assert_int_equal(diag.errors_count, 1);
    assert_non_null(strstr(diag.text, "/no/such.trace"));
    diag_free(&diag);
}

static void
test_trace_texts_that_would_break_a_line_are_invalid(void **state)
{
    (void)state;
    char long_text[TRACE_TEXT_BYTES_MAX + 2];

    memset(long_text, 'a', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    assert_false(trace_domain_is_valid(long_text));
    long_text[sizeof long_text - 2] = '\0';
    assert_true(trace_domain_is_valid(long_text));
    assert_false(trace_domain_is_valid(""));
    assert_false(trace_domain_is_valid("a b"));
    assert_false(trace_domain_is_valid("a,b"));
    assert_false(trace_domain_is_valid("a\n"));
    assert_true(trace_domain_is_valid("[IPv6:::1]"));
    assert_true(trace_domain_is_valid("b\xc3\xbc"
                                      "cher.example"));
    assert_false(trace_channel_is_valid("-"));
    assert_false(trace_channel_is_valid("a:b"));
    assert_true(trace_channel_is_valid("ims-ms"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trace_line_of_the_manual_is_read),
        cmocka_unit_test(test_trace_what_is_written_is_read_again),
        cmocka_unit_test(
            test_trace_malformed_lines_are_reported_at_their_place),
        cmocka_unit_test(test_trace_that_is_not_there_is_reported),
        cmocka_unit_test(test_trace_texts_that_would_break_a_line_are_invalid),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
