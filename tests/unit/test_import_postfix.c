/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_import_postfix.c - small logs read by hand, and what the import makes
 * of them
 */
#include "sim/lab/import.h"

#include <string.h>

#include "tests/support/logimport.h"
#include "tests/support/support.h"

#define FIXTURE "tests/fixtures/logs/postfix.log"

/* One line of a log, at a stamp; programs of the host mta. */
#define QMGR(stamp, text) stamp " mta postfix/qmgr[1]: " text "\n"
#define SMTP(stamp, text) stamp " mta postfix/smtp[2]: " text "\n"
#define ACTIVE(stamp, qid, size)                                               \
    QMGR(stamp, qid ": from=<s@x>, size=" size ", nrcpt=1 (queue active)")
#define SENT(stamp, qid, to)                                                   \
    SMTP(stamp, qid ": to=<" to ">, relay=x, delay=1, status=sent (ok)")

static const struct import_request postfix = {.format = IMPORT_POSTFIX,
                                              .year = 2005};

static struct logimport
import_fixture(const struct import_request *request)
{
    static const char *const paths[] = {FIXTURE};
    struct import_request own = *request;

    own.paths = paths;
    own.paths_count = 1;
    return logimport_run(&own);
}

/* Two messages of one id, an id that another host also has, recipients that
 * were tried twice, a notification, a year that ends. */
static void
test_postfix_first_activation_is_the_arrival(void **state)
{
    (void)state;
    struct logimport r = import_fixture(&postfix);

    assert_true(r.is_done);
    assert_string_equal(
        r.trace,
        "mtasim-trace 1\n"
        "start 2005-12-31T23:59:59Z\n"
        "0 tcp_intranet N 5120 - -:b.example,-:far.example,-:far.example\n"
        "2000000000 tcp_intranet N 700 0 -:localhost\n"
        "9000000000 tcp_intranet N 10 - -:z.example\n");
    assert_int_equal(r.report.lines, 23);
    assert_int_equal(r.report.messages, 3);
    assert_int_equal(r.report.recipients, 5);
    assert_int_equal(r.report.late_lines, 1);
    assert_int_equal(r.report.skipped_internal, 1);
    assert_int_equal(r.report.no_recipient, 1); /* the one of mta2 */
    assert_int_equal(r.report.no_arrival, 1);   /* D000000009 */
    assert_int_equal(r.report.unparsable, 0);
    assert_int_equal(r.report.codes['E' - 'A'], 6);
    assert_int_equal(r.report.codes['D' - 'A'], 5);
    assert_int_equal(r.report.codes['Q' - 'A'], 1);
    assert_int_equal(r.report.codes['R' - 'A'], 2);
    logimport_free(&r);
}

static void
test_postfix_notifications_are_kept_when_asked_for(void **state)
{
    (void)state;
    struct import_request request = postfix;
    struct logimport r;

    request.keep_internal = true;
    request.source_channel = "tcp_auth";
    r = import_fixture(&request);
    assert_non_null(r.trace);
    assert_non_null(
        strstr(r.trace, "\n7000000000 tcp_auth N 2000 0 -:a.example\n"));
    assert_int_equal(r.report.skipped_internal, 0);
    logimport_free(&r);
}

static void
test_postfix_stamps_of_rfc3339_keep_fractions_and_one_zone(void **state)
{
    (void)state;
    struct import_request request = postfix;
    struct logimport r;

    request.year = 0;
    /* Clocks go back from +02:00 to +01:00 between the two. */
    r = logimport_text(
        &request,
        ACTIVE("2006-10-29T02:59:59.250000+02:00", "A0001", "7")
            SENT("2006-10-29T02:59:59.500000+02:00", "A0001", "a@a")
                ACTIVE("2006-10-29T02:00:00.000001+01:00", "A0002", "8")
                    SENT("2006-10-29T02:00:01.000000+01:00", "A0002", "b@b"));
    assert_string_equal(r.trace, "mtasim-trace 1\n"
                                 "start 2006-10-29T02:59:59Z\n"
                                 "250000000 tcp_intranet N 7 - -:a\n"
                                 "1000001000 tcp_intranet N 8 - -:b\n");
    assert_int_equal(r.report.late_lines, 0);
    logimport_free(&r);
}

static void
test_postfix_stamps_without_a_year_want_one(void **state)
{
    (void)state;
    struct import_request request = postfix;
    struct logimport r;

    request.year = 0;
    r = import_fixture(&request);
    assert_false(r.is_done);
    assert_non_null(strstr(r.diag, ":1: error: the stamps of this log have no "
                                   "year"));
    logimport_free(&r);
}

static void
test_postfix_year_counts_on_over_new_year_and_leap_days(void **state)
{
    (void)state;
    struct import_request request = postfix;
    struct logimport r;

    request.year = 2007;
    r = logimport_text(&request,
                       ACTIVE("Dec 31 23:59:59", "A0001", "1")
                           SENT("Jan  1 00:00:00", "A0001", "a@a")
                               SENT("Dec 31 23:59:59", "A0001", "b@b")
                                   ACTIVE("Feb 29 12:00:00", "A0002", "2")
                                       SENT("Feb 29 12:00:01", "A0002", "c@c"));
    /* 2008-02-29T12:00:00 is 59.5 days and a second after the first. */
    assert_string_equal(r.trace, "mtasim-trace 1\n"
                                 "start 2007-12-31T23:59:59Z\n"
                                 "0 tcp_intranet N 1 - -:a,-:b\n"
                                 "5140801000000000 tcp_intranet N 2 - -:c\n");
    assert_int_equal(r.report.late_lines, 1);
    logimport_free(&r);
}

static void
test_postfix_recipients_are_ordered_by_address_with_numbers_by_value(
    void **state)
{
    (void)state;
    struct logimport r = logimport_text(
        &postfix, ACTIVE("Mar 12 08:00:00", "A0001", "1")
                      SENT("Mar 12 08:00:01", "A0001", "r1.10@d10")
                          SENT("Mar 12 08:00:01", "A0001", "r1.9@d9")
                              SENT("Mar 12 08:00:01", "A0001", "r1.9@d9")
                                  SENT("Mar 12 08:00:01", "A0001", "r01.9@d8")
                                      SENT("Mar 12 08:00:02", "A0001", "a@da"));

    assert_non_null(r.trace);
    assert_non_null(strstr(r.trace, " -:da,-:d8,-:d9,-:d10\n"));
    logimport_free(&r);
}

/* 3000 attempts at the same 1500 recipients: boiled down on the way. */
static void
test_postfix_many_attempts_keep_each_recipient_once(void **state)
{
    (void)state;
    enum { RECIPIENTS = 1500, ROUNDS = 20 };
    static char text[RECIPIENTS * ROUNDS * 100];
    size_t size = 0;
    struct logimport r;

    size += (size_t)sprintf(text, ACTIVE("Mar 12 08:00:00", "A0001", "1"));
    for (int i = 0; i < RECIPIENTS * ROUNDS; i++) {
        size += (size_t)sprintf(text + size,
                                SENT("Mar 12 08:00:01", "A0001", "r%d@d%d"),
                                i * 7 % RECIPIENTS, i * 7 % RECIPIENTS);
    }
    r = logimport_text(&postfix, text);
    assert_true(r.is_done);
    assert_int_equal(r.report.recipients, RECIPIENTS);
    assert_non_null(strstr(r.trace, " -:d0,-:d1,-:d2,"));
    assert_non_null(strstr(r.trace, ",-:d1499\n"));
    logimport_free(&r);
}

static void
test_postfix_instances_have_their_own_ids(void **state)
{
    (void)state;
    struct logimport r = logimport_text(
        &postfix,
        "Mar 12 08:00:00 mta postfix-in/qmgr[1]: A0001: from=<>, size=1, "
        "nrcpt=1 (queue active)\n"
        "Mar 12 08:00:00 mta postfix-out/qmgr[1]: A0001: from=<>, size=2, "
        "nrcpt=1 (queue active)\n"
        "Mar 12 08:00:01 mta postfix-out/smtp[1]: A0001: to=<o@out>, "
        "relay=x, status=sent (ok)\n"
        "Mar 12 08:00:02 mta postfix-in/lmtp[1]: A0001: to=<i@in>, relay=x, "
        "status=sent (ok)\n");

    assert_non_null(r.trace);
    assert_non_null(strstr(r.trace, "\n0 tcp_intranet N 1 0 -:in\n"
                                    "0 tcp_intranet N 2 0 -:out\n"));
    logimport_free(&r);
}

static void
test_postfix_bad_lines_are_shown_at_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *place;
    } bad[] = {
        {"Mar 12 08:00 mta\n", ":1:1: error: expected a stamp"},
        {"Mar 32 08:00:00 mta x\n", ":1:1: "},
        {"Mar", ":1:1: "},
        {"2006-03-12T08:00:00Z", ":1:1: "},
        {QMGR("Mar 12 08:00:00", "A0001: from=<x> (queue active)"), ":1:45: "},
        {ACTIVE("Mar 12 08:00:00", "A0001", "x"), ":1:62: "},
        {SENT("Mar 12 08:00:00", "A0001", ""), ":1:49: "},
        {SENT("Mar 12 08:00:00", "A0001", "a@b,c"), ":1:49: "},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct logimport r = logimport_text(&postfix, bad[i].line);

        if (r.is_done || r.report.unparsable != 1 ||
            strstr(r.diag, bad[i].place) == NULL) {
            fail_msg("%s gave %s", bad[i].line, r.diag);
        }
        logimport_free(&r);
    }
}

static void
test_postfix_lines_of_others_are_of_no_use_but_no_error(void **state)
{
    (void)state;
    struct logimport r = logimport_text(
        &postfix,
        "Mar 12 08:00:00 mta kernel: out of luck\n"
        "Mar 12 08:00:00 mta postfix/smtpd[1]: warning: to=<a@b>, status=sent\n"
        "Mar 12 08:00:00 mta postfix/smtpd[1]: NOQUEUE: reject: x\n"
        "Mar 12 08:00:00 mta postfix/anvil[1]: statistics: max rate\n"
        "Mar 12 08:00:00 mta postfix/qmgr[1]: A0001: from=<x>, "
        "status=expired, returned to sender\n"
        "Mar 12 08:00:00 mta postfix/smtp[1]: A0001: to=<a@b>, "
        "status=undeliverable (probe)\n"
        "\n" ACTIVE("Mar 12 08:00:00", "A0002", "1")
            SENT("Mar 12 08:00:00", "A0002", "a@b"));

    assert_true(r.is_done);
    assert_int_equal(r.report.others, 7);
    assert_int_equal(r.report.unparsable, 0);
    assert_int_equal(r.report.messages, 1);
    logimport_free(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_postfix_first_activation_is_the_arrival),
        cmocka_unit_test(test_postfix_notifications_are_kept_when_asked_for),
        cmocka_unit_test(
            test_postfix_stamps_of_rfc3339_keep_fractions_and_one_zone),
        cmocka_unit_test(test_postfix_stamps_without_a_year_want_one),
        cmocka_unit_test(
            test_postfix_year_counts_on_over_new_year_and_leap_days),
        cmocka_unit_test(
            test_postfix_recipients_are_ordered_by_address_with_numbers_by_value),
        cmocka_unit_test(test_postfix_many_attempts_keep_each_recipient_once),
        cmocka_unit_test(test_postfix_instances_have_their_own_ids),
        cmocka_unit_test(test_postfix_bad_lines_are_shown_at_their_place),
        cmocka_unit_test(
            test_postfix_lines_of_others_are_of_no_use_but_no_error),
    };

    return cmocka_run_group_tests_name("import_postfix", tests, NULL, NULL);
}
