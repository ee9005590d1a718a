/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_oracle_hidden.c - what waits for a reason nobody sees raises no alarm,
 * and hides no other; restarts, stress and live changes
 *
 * As in test_oracle.c, violations are planted at the oracle's own door.
 */
#include <string.h>

#include "models/oracle.h"
#include "tests/support/support.h"

enum { A, B, AFTER, CHANNELS };
enum { URGENT, NORMAL };

struct bench {
    struct program_params programs[CHANNELS];
    struct pool_params pools[2];
    struct mail *mail;
    struct oracle *oracle;
};

static void
bench_new(struct bench *b)
{
    *b = (struct bench){.pools = {{"shared", 3}, {"own", 1}}};
    for (uint32_t i = 0; i < CHANNELS; i++) {
        b->programs[i] = (struct program_params){.name = "a",
                                                 .maxjobs = 2,
                                                 .threads_max = 2,
                                                 .starts_unseen = i == AFTER};
        b->programs[i].name[0] = (char)('a' + i);
    }
    const struct oracle_params params = {.programs = b->programs,
                                         .pools = b->pools,
                                         .programs_count = CHANNELS,
                                         .pools_count = 2,
                                         .is_policy = true};
    b->mail = mail_new(1000);
    b->oracle = oracle_new(&params, b->mail);
}

static void
bench_free(struct bench *b)
{
    oracle_free(b->oracle);
    mail_free(b->mail);
}

static void
fired(const struct bench *b, int64_t count, const char *words)
{
    assert_int_equal(oracle_violations_count(b->oracle), count);
    if (count > 0) {
        const char *text =
            oracle_violation_text(b->oracle, (uint32_t)count - 1);
        if (strstr(text, words) == NULL) {
            fail_msg("expected \"%s\" in \"%s\"", words, text);
        }
    }
}

/* file - a new message of one recipient in a ready file; its slot + 1 */
static uint32_t
file(struct bench *b, uint32_t channel, uint32_t host, uint32_t priority,
     uint32_t flags)
{
    struct mail_message *message = mail_submit(b->mail, 0, 1);
    const uint32_t slot = mail_create(b->mail, message, 1);
    struct mail_file *made = mail_file_at(b->mail, slot);

    made->channel = (uint16_t)channel;
    made->priority = (uint8_t)priority;
    made->flags = (uint8_t)flags;
    mail_assign(b->mail, slot, mail_recipients(message));
    oracle_submitted(b->oracle, 1);
    oracle_created(b->oracle, slot, host);
    return slot;
}

static void
deliver(struct bench *b, int64_t now_ns, uint32_t slot, uint32_t host,
        bool is_moving)
{
    oracle_delivering(b->oracle, now_ns, slot, host, is_moving);
    mail_file_at(b->mail, slot)->state = MAIL_FILE_ACTIVE;
}

static void
test_hidden_file_is_passed_over_without_an_alarm(void **state)
{
    struct bench b;

    (void)state;
    bench_new(&b);
    file(&b, A, 1, URGENT, MAIL_FILE_IS_HIDDEN);
    file(&b, A, 2, URGENT, MAIL_FILE_IS_HIDDEN);
    deliver(&b, 0, file(&b, A, 1, NORMAL, 0), 1, false);
    deliver(&b, 0, file(&b, A, 3, NORMAL, 0), 3, true);
    file(&b, B, 1, URGENT, MAIL_FILE_IS_HIDDEN);
    oracle_job_started(b.oracle, 0, A, true);
    fired(&b, 0, "");
    bench_free(&b);
}

static void
test_hidden_file_does_not_hide_another(void **state)
{
    struct bench b;

    (void)state;
    bench_new(&b);
    file(&b, A, 1, URGENT, MAIL_FILE_IS_HIDDEN);
    file(&b, A, 1, URGENT, 0);
    deliver(&b, 0, file(&b, A, 1, NORMAL, MAIL_FILE_IS_HIDDEN), 1, false);
    fired(&b, 1, "policy: a file of priority 1 goes before 1 of priority 0");
    bench_free(&b);
}

static void
test_hidden_file_is_as_any_other_once_it_was_tried(void **state)
{
    struct bench b;

    (void)state;
    bench_new(&b);
    const uint32_t urgent = file(&b, A, 1, URGENT, MAIL_FILE_IS_HIDDEN);
    deliver(&b, 0, urgent, 1, false);
    mail_file_at(b.mail, urgent)->attempts++;
    oracle_attempted(b.oracle, 10, urgent, 1, true); /* due at once */
    deliver(&b, 11, file(&b, A, 1, NORMAL, 0), 1, false);
    fired(&b, 1, "policy: a file of priority 1 goes before 1 of priority 0");
    bench_free(&b);
}

static void
test_hidden_file_that_leaves_was_never_counted(void **state)
{
    struct bench b;

    (void)state;
    bench_new(&b);
    const uint32_t hidden = file(&b, A, 1, URGENT, MAIL_FILE_IS_HIDDEN);
    const uint32_t seen = file(&b, A, 1, URGENT, 0);
    oracle_removed(b.oracle, hidden, 1);
    deliver(&b, 0, file(&b, A, 1, NORMAL, 0), 1, false);
    fired(&b, 1, "goes before 1 of priority 0"); /* the other one is there */
    oracle_removed(b.oracle, seen, 1);
    deliver(&b, 0, file(&b, A, 1, NORMAL, 0), 1, false);
    fired(&b, 1, "");
    bench_free(&b);
}

static void
test_unknown_file_may_not_be_given_out(void **state)
{
    struct bench b;
    const uint32_t flags = MAIL_FILE_IS_UNKNOWN | MAIL_FILE_IS_HIDDEN;

    (void)state;
    bench_new(&b);
    const uint32_t named = file(&b, A, 1, NORMAL, flags);
    mail_file_at(b.mail, named)->flags = MAIL_FILE_IS_HIDDEN;
    deliver(&b, 0, named, 1, false);
    fired(&b, 0, "");
    deliver(&b, 0, file(&b, A, 2, NORMAL, flags), 2, false);
    fired(&b, 1, "law: file 1 of message 2 is given out, but no scan");
    bench_free(&b);
}

static void
test_restart_ends_what_was_counted_and_limits_hold_again(void **state)
{
    struct bench b;

    (void)state;
    bench_new(&b);
    const uint32_t urgent = file(&b, A, 1, URGENT, 0);
    const uint32_t late = file(&b, A, 1, URGENT, 0);
    const uint32_t busy = file(&b, A, 2, NORMAL, 0);
    deliver(&b, 0, late, 1, false);
    oracle_attempted(b.oracle, 0, late, 1, true);
    oracle_job_started(b.oracle, 0, A, false);
    oracle_job_started(b.oracle, 0, A, false);
    deliver(&b, 5, busy, 2, false);
    fired(&b, 0, "");
    oracle_restarted(b.oracle);
    const uint32_t slots[] = {urgent, late, busy};
    for (int i = 0; i < 3; i++) {
        mail_file_at(b.mail, slots[i])->flags = MAIL_FILE_IS_HIDDEN;
        mail_file_at(b.mail, slots[i])->state = MAIL_FILE_READY;
    }
    oracle_job_started(b.oracle, 9, A, false);
    oracle_job_started(b.oracle, 9, A, false);
    oracle_check(b.oracle, 9);
    deliver(&b, 9, busy, 2, true); /* the urgent ones may not be loaded yet */
    oracle_attempted(b.oracle, 10, busy, 2, false);
    fired(&b, 0, "");
    deliver(&b, 10, late, 1, false);
    fired(&b, 0, "");
    oracle_job_started(b.oracle, 10, A, false);
    fired(&b, 1, "policy: job 3 of a (maxjobs 2)");
    bench_free(&b);
}

static void
test_slot_may_pass_by_a_channel_whose_starts_are_its_own_affair(void **state)
{
    struct bench b;

    (void)state;
    bench_new(&b);
    file(&b, A, 1, NORMAL, 0);
    file(&b, AFTER, 1, URGENT, 0);
    oracle_job_started(b.oracle, 0, A, true);
    fired(&b, 0, "");
    oracle_job_gone(b.oracle, A);
    file(&b, B, 1, URGENT, 0);
    oracle_stressed(b.oracle, B);
    oracle_job_started(b.oracle, 0, A, true);
    fired(&b, 0, "");
    oracle_job_gone(b.oracle, A);
    oracle_restarted(b.oracle); /* and stress is over */
    file(&b, A, 1, NORMAL, 0);
    file(&b, B, 2, URGENT, 0);
    oracle_job_started(b.oracle, 0, A, true);
    fired(&b, 1, "policy: a freed slot of pool shared goes to a, but b has");
    bench_free(&b);
}

static void
test_change_is_in_force_from_then_on(void **state)
{
    struct bench b;

    (void)state;
    bench_new(&b);
    oracle_job_started(b.oracle, 0, A, false);
    oracle_job_started(b.oracle, 0, A, false);
    fired(&b, 0, "");
    b.programs[A].maxjobs = 3;
    oracle_changed(b.oracle, false);
    oracle_job_started(b.oracle, 0, A, false);
    fired(&b, 0, "");
    b.programs[A].maxjobs = 1; /* nobody is killed, nobody comes */
    oracle_changed(b.oracle, false);
    oracle_job_gone(b.oracle, A);
    fired(&b, 0, "");
    oracle_job_started(b.oracle, 0, A, false);
    fired(&b, 1, "policy: job 3 of a (maxjobs 1)");
    b.programs[A].pool = 1; /* its jobs go with it: the other pool is free */
    oracle_changed(b.oracle, false);
    oracle_job_started(b.oracle, 0, B, false);
    oracle_job_started(b.oracle, 0, B, false);
    oracle_job_started(b.oracle, 0, AFTER, false);
    fired(&b, 1, "");
    bench_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hidden_file_is_passed_over_without_an_alarm),
        cmocka_unit_test(test_hidden_file_does_not_hide_another),
        cmocka_unit_test(test_hidden_file_is_as_any_other_once_it_was_tried),
        cmocka_unit_test(test_hidden_file_that_leaves_was_never_counted),
        cmocka_unit_test(test_unknown_file_may_not_be_given_out),
        cmocka_unit_test(
            test_restart_ends_what_was_counted_and_limits_hold_again),
        cmocka_unit_test(
            test_slot_may_pass_by_a_channel_whose_starts_are_its_own_affair),
        cmocka_unit_test(test_change_is_in_force_from_then_on),
    };
    return cmocka_run_group_tests_name("oracle_hidden", tests, NULL, NULL);
}
