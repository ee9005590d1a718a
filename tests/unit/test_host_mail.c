/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_host_mail.c - mail that the host makes, and mail that comes again
 *
 * The scheduler is tests/support/fake.h: its thread for far.example takes 1 s a
 * message, expanding takes 10 ms a recipient, nothing else takes time.
 */
#include <string.h>

#include "tests/support/fake.h"
#include "tests/support/support.h"

#define MADE (UINT64_C(1) << 43)
#define EVEN(N, OVER)                                                          \
    .arrivals = TRAFFIC_EVEN, .messages_count = (N), .over_ns = (OVER),        \
    .priority = 1

static void
test_mail_expanded_recipients_move_and_are_counted_once(void **state)
{
    struct fake fake = {.expands = true};
    struct fake_run run = {
        .fake = &fake,
        .traffic = {EVEN(2, 200 * NS_PER_S),
                    .recipients = {VARIATE_CONSTANT, 4, 0, 0}}};

    (void)state;
    fake_run_good(&run); /* at 50 and 150 s */
    assert_int_equal(run.result.submitted, 8);
    assert_int_equal(run.result.submissions, 2);
    assert_int_equal(run.result.delivered, 8);
    assert_int_equal(run.result.files, 10);
    assert_int_equal(run.result.channels[FAKE_REPROCESS].submitted, 0);
    assert_int_equal(run.result.channels[FAKE_LOCAL].submitted, 8);
    assert_int_equal(run.result.channels[FAKE_LOCAL].delivered, 8);
    assert_int_equal(fake.submits_count, 4);
    /* The message, and 40 ms later its re-submit, before the next arrives. */
    const struct sched_submit *again = &fake.submits[1];
    assert_true(again->message == MADE + 1);
    assert_int_equal(again->parent, 1);
    assert_int_equal(again->submitted_at_ns, 50 * NS_PER_S);
    assert_int_equal(fake.submits_at_ns[1], 50 * NS_PER_S + 40 * NS_PER_MS);
    assert_int_equal(again->recipients_count, 4);
    assert_int_equal(again->session, 0);
    assert_int_equal(fake.submits[2].message, 2); /* ids of traffic go on */
    /* 40 ms, then one after the other: 1.04, 2.04, 3.04, 4.04 s, twice. */
    assert_true(run.result.latency_ns.sum == (base_u128)2 * 10160 * NS_PER_MS);
    assert_true(run.result.first_attempt_ns.sum ==
                (base_u128)2 * 6160 * NS_PER_MS);
    fake_run_free(&run);
}

static void
test_mail_moved_has_the_luck_it_would_have_had(void **state)
{
    int64_t deferrals[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fake fake = {.expands = i == 1};
        struct fake_run run = {
            .fake = &fake,
            .temporary_ppm = 300000,
            .permanent_ppm = 200000,
            .traffic = {EVEN(30, 300 * NS_PER_S),
                        .recipients = {VARIATE_CONSTANT, 2, 0, 0}}};
        fake_run_good(&run);
        deferrals[i] = run.result.deferrals;
        assert_in_range(run.result.returned, 5, 35);
        assert_int_equal(run.result.delivered + run.result.returned, 60);
        fake_run_free(&run);
    }
    assert_int_equal(deferrals[0], deferrals[1]);
}

static void
test_mail_notices_without_a_destination_are_counted(void **state)
{
    struct fake fake = {.notifies = true};
    struct fake_run run = {.fake = &fake,
                           .permanent_ppm = 1000000,
                           .traffic = {EVEN(3, 30 * NS_PER_S)}};

    (void)state;
    fake_run_good(&run);
    assert_int_equal(run.result.notices, 3);
    assert_int_equal(run.result.submitted, 3);
    assert_int_equal(fake.submits_count, 3);
    fake_run_free(&run);
}

static void
test_mail_notice_goes_through_process_to_its_destination(void **state)
{
    struct fake fake = {.notifies = true};
    struct fake_run run = {.fake = &fake,
                           .permanent_ppm = 1000000,
                           .has_notices = true,
                           .traffic = {EVEN(1, 20 * NS_PER_S)}};

    (void)state;
    fake_run_good(&run); /* it comes, and fails, at 10 s */
    assert_int_equal(run.result.notices, 1);
    assert_int_equal(run.result.submitted, 2);
    assert_int_equal(run.result.delivered, 1);
    assert_int_equal(run.result.returned, 1);
    assert_int_equal(run.result.hosts[1].delivered, 1); /* near.example */
    assert_int_equal(run.result.channels[FAKE_PROCESS].submitted, 0);
    assert_int_equal(fake.submits_count, 3);
    const struct sched_submit *notice = &fake.submits[1];
    assert_true(notice->message == MADE + 1);
    assert_int_equal(notice->parent, 1);
    assert_int_equal(notice->flags, SCHED_SUBMIT_NULL_SENDER);
    assert_int_equal(notice->size_bytes, 4000);
    assert_int_equal(notice->submitted_at_ns, 10 * NS_PER_S);
    const struct sched_submit *again = &fake.submits[2];
    assert_true(again->message == MADE + 2);
    assert_true(again->parent == MADE + 1);
    assert_int_equal(again->source_channel, FAKE_PROCESS);
    assert_int_equal(again->flags, SCHED_SUBMIT_NULL_SENDER);
    assert_int_equal(fake.submits_at_ns[2], 10010 * NS_PER_MS);
    fake_run_free(&run);
}

static void
test_mail_notice_of_what_has_no_sender_breaks_the_law(void **state)
{
    struct fake fake = {.warns_at_ns = NS_PER_MIN, .holds = true};
    struct fake_run run = {.fake = &fake, .traffic = {EVEN(1, 20 * NS_PER_S)}};

    (void)state;
    /* The fake looks at the flags before it asks: they are hidden from it. */
    run.traffic.is_null_sender = true;
    fake.hides_senders = true;
    fake_run(&run);
    assert_true(run.is_good);
    assert_int_equal(run.result.violations, 1);
    assert_int_equal(run.result.notices, 0);
    assert_int_equal(fake.refused_count, 1);
    fake_run_says(&run, "law: notice 1 about file 1 of message 1, which has no "
                        "sender");
    fake_run_free(&run);
}

static void
test_mail_rejected_for_now_comes_again_or_not(void **state)
{
    static const struct {
        uint32_t reply;
        int64_t retry_ns;
        int64_t delivered;
    } cases[] = {
        {452, 15 * NS_PER_MIN, 4}, {452, 0, 0}, {554, 15 * NS_PER_MIN, 0}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct fake fake = {.rejects = cases[i].reply};
        struct fake_run run = {.fake = &fake,
                               .traffic = {EVEN(4, 40 * NS_PER_S),
                                           .retry_ns = cases[i].retry_ns,
                                           .session_messages = 3}};
        fake_run_good(&run); /* 5, 15, 25, 35 s */
        assert_int_equal(run.result.rejected, 4);
        assert_int_equal(run.result.delivered, cases[i].delivered);
        assert_int_equal(run.result.submitted, 4 + cases[i].delivered);
        assert_int_equal(run.result.channels[FAKE_LOCAL].submitted,
                         run.result.submitted);
        /* Three messages, then another session. */
        assert_true(fake.submits[0].session != 0);
        assert_true(fake.submits[0].session == fake.submits[2].session);
        assert_true(fake.submits[2].session != fake.submits[3].session);
        if (cases[i].delivered > 0) {
            assert_true(fake.submits[4].message == MADE + 1);
            assert_int_equal(fake.submits[4].parent, 0);
            assert_int_equal(fake.submits_at_ns[4],
                             5 * NS_PER_S + 15 * NS_PER_MIN);
            assert_int_equal(fake.submits[4].submitted_at_ns,
                             5 * NS_PER_S + 15 * NS_PER_MIN);
            assert_true(fake.submits[4].session != fake.submits[5].session);
            assert_true(fake.submits[4].session != fake.submits[0].session);
        }
        fake_run_free(&run);
    }
}

static void
test_mail_deferral_and_absence_of_sessions_are_told(void **state)
{
    struct fake fake = {.expands = true};
    struct fake_run run = {
        .fake = &fake,
        .traffic = {EVEN(1, 20 * NS_PER_S), .deferred_ns = 7 * NS_PER_S}};

    (void)state;
    fake_run_good(&run);
    assert_int_equal(fake.submits[0].deferred_until_ns, 17 * NS_PER_S);
    assert_int_equal(fake.submits[0].session, 0);
    assert_true(fake.submits[1].deferred_until_ns == SCHED_NO_TIME);
    fake_run_free(&run);
}

static void
test_mail_restart_during_expansion_loses_nothing(void **state)
{
    /* Killed in the midst of it; and at the very instant of the re-submit. */
    static const int64_t kills_ns[] = {10 * NS_PER_S + 20 * NS_PER_MS,
                                       10 * NS_PER_S + 40 * NS_PER_MS};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct mta_change restart[] = {{.kind = MTA_CHANGE_RESTART,
                                              .at_ns = kills_ns[i],
                                              .for_ns = NS_PER_S}};
        struct fake fake = {.expands = true, .scan_max = 5};
        struct fake_run run = {
            .fake = &fake,
            .changes = restart,
            .changes_count = 1,
            .traffic = {EVEN(1, 20 * NS_PER_S),
                        .recipients = {VARIATE_CONSTANT, 4, 0, 0}}};
        fake_run_good(&run);
        assert_int_equal(run.result.delivered, 4);
        assert_int_equal(fake.found_count, 1); /* the file on reprocess */
        assert_int_equal(fake.found[0].indices_count, 4);
        fake_run_free(&run);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_mail_expanded_recipients_move_and_are_counted_once),
        cmocka_unit_test(test_mail_moved_has_the_luck_it_would_have_had),
        cmocka_unit_test(test_mail_notices_without_a_destination_are_counted),
        cmocka_unit_test(
            test_mail_notice_goes_through_process_to_its_destination),
        cmocka_unit_test(test_mail_notice_of_what_has_no_sender_breaks_the_law),
        cmocka_unit_test(test_mail_rejected_for_now_comes_again_or_not),
        cmocka_unit_test(test_mail_deferral_and_absence_of_sessions_are_told),
        cmocka_unit_test(test_mail_restart_during_expansion_loses_nothing),
    };
    return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
