/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_oracle.c - every rule fires where it is broken, and only there
 *
 * Violations are planted at the oracle's own door, no scheduler takes part.
 * Two channels share a pool of 3 slots, a third has a pool of its own; intervals
 * are 100 and 200 ns, notices 1000 and 5000 ns.
 */
#include "models/oracle.h"

#include <string.h>

#include "models/hands.h"

#include "tests/support/support.h"

enum { A, B, APART, CHANNELS };
enum { URGENT, NORMAL, NONURGENT };

#define RETRY                                                                  \
    {                                                                          \
        .interval_ns = {100, 200}, .intervals_count = 2,                       \
        .notice_age_ns = {1000, 5000}, .notices_count = 2                      \
    }
#define CHANNEL(NAME, POOL)                                                    \
    {                                                                          \
        .name = NAME, .pool = POOL, .maxjobs = 2, .threads_max = 2, .retry = { \
            RETRY,                                                             \
            RETRY,                                                             \
            RETRY                                                              \
        }                                                                      \
    }
static const struct program_params programs[CHANNELS] = {
    CHANNEL("a", 0), CHANNEL("b", 0), CHANNEL("apart", 1)};
static const struct pool_params pools[] = {{"shared", 3}, {"own", 3}};

struct bench {
    struct mail *mail;
    struct oracle *oracle;
};

static struct bench
bench_new(bool is_policy, bool is_host_open)
{
    const struct oracle_params params = {
        .programs = programs,
        .pools = pools,
        .programs_count = CHANNELS,
        .pools_count = 2,
        .is_policy = is_policy,
        .is_host_open = is_host_open,
    };
    struct bench b = {.mail = mail_new(1000)};

    b.oracle = oracle_new(&params, b.mail);
    return b;
}

static void
bench_free(struct bench *b)
{
    oracle_free(b->oracle);
    mail_free(b->mail);
}

/* fired - so many violations until now, the last with these words */
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
file(struct bench *b, uint32_t channel, uint32_t host, uint32_t priority)
{
    struct mail_message *message = mail_submit(b->mail, 0, 1);
    const uint32_t slot = mail_create(b->mail, message, 1);

    mail_file_at(b->mail, slot)->channel = (uint16_t)channel;
    mail_file_at(b->mail, slot)->priority = (uint8_t)priority;
    mail_assign(b->mail, slot, mail_recipients(message));
    oracle_submitted(b->oracle, 1);
    oracle_created(b->oracle, slot, host);
    return slot;
}

/* deliver - and the file is under way, as the host has it */
static void
deliver(struct bench *b, int64_t now_ns, uint32_t slot, uint32_t host,
        bool is_moving)
{
    oracle_delivering(b->oracle, now_ns, slot, host, is_moving);
    mail_file_at(b->mail, slot)->state = MAIL_FILE_ACTIVE;
}

/* delay - the attempt under way fails */
static void
delay(struct bench *b, int64_t now_ns, uint32_t slot, uint32_t host)
{
    mail_file_at(b->mail, slot)->attempts++;
    oracle_attempted(b->oracle, now_ns, slot, host, true);
}

/* leave - the file's only recipient is final */
static void
leave(struct bench *b, uint32_t slot)
{
    struct mail_message *message =
        mail_message_of(b->mail, mail_file_at(b->mail, slot));

    oracle_finished(b->oracle, 1);
    mail_finish(b->mail, message, mail_recipients(message), MAIL_DELIVERED);
}

/* --- Laws --------------------------------------------------------------- */

static void
test_oracle_recipients_are_conserved(void **state)
{
    struct bench b = bench_new(false, false);

    (void)state;
    oracle_check(b.oracle, 0);
    const uint32_t one = file(&b, A, 1, NORMAL);
    file(&b, A, 2, NORMAL);
    oracle_check(b.oracle, 0);
    leave(&b, one);
    oracle_check(b.oracle, 0);
    fired(&b, 0, "");
    oracle_finished(b.oracle, 1); /* one final that is still queued */
    oracle_check(b.oracle, 0);
    fired(&b, 1, "law: 2 recipients submitted, 2 final, 1 queued");
    oracle_submitted(b.oracle, 2); /* one lost */
    oracle_check(b.oracle, 0);
    fired(&b, 2, "law: 4 recipients submitted, 2 final, 1 queued");
    bench_free(&b);
}

static void
test_oracle_a_job_holds_no_more_than_its_threads(void **state)
{
    struct bench b = bench_new(false, false); /* a law: for any scheduler */

    (void)state;
    oracle_thread_starting(b.oracle, 0, A, 1);
    fired(&b, 0, "");
    oracle_thread_starting(b.oracle, 0, A, 2);
    fired(&b, 1, "law: thread 3 of a job of a, which can hold 2");
    bench_free(&b);
}

/* --- Slots -------------------------------------------------------------- */

static void
test_oracle_a_channel_has_no_more_than_maxjobs(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    oracle_job_started(b.oracle, 0, A, false);
    oracle_job_started(b.oracle, 0, A, false);
    oracle_job_gone(b.oracle, A);
    oracle_job_started(b.oracle, 0, A, false);
    fired(&b, 0, "");
    oracle_job_started(b.oracle, 0, A, false);
    fired(&b, 1, "policy: job 3 of a (maxjobs 2), job 3 of pool shared");
    bench_free(&b);
}

static void
test_oracle_a_pool_has_no_more_than_job_limit(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    oracle_job_started(b.oracle, 0, A, false);
    oracle_job_started(b.oracle, 0, A, false);
    oracle_job_started(b.oracle, 0, B, false);
    oracle_job_started(b.oracle, 0, APART, false); /* its own pool */
    fired(&b, 0, "");
    oracle_job_started(b.oracle, 0, B, false);
    fired(&b, 1, "policy: job 2 of b (maxjobs 2), job 4 of pool shared");
    bench_free(&b);
}

static void
test_oracle_slots_are_policy_not_law(void **state)
{
    struct bench b = bench_new(false, false);

    (void)state;
    for (int i = 0; i < 10; i++) {
        oracle_job_started(b.oracle, 0, A, true);
    }
    fired(&b, 0, "");
    bench_free(&b);
}

static void
test_oracle_a_freed_slot_goes_to_the_best_head(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    file(&b, A, 1, NORMAL);
    file(&b, B, 1, NORMAL);
    oracle_job_started(b.oracle, 0, A, true); /* equal heads */
    fired(&b, 0, "");
    const uint32_t urgent = file(&b, B, 2, URGENT);
    oracle_job_started(b.oracle, 0, A, false); /* no slot was freed */
    fired(&b, 0, "");
    oracle_job_gone(b.oracle, A);
    oracle_job_started(b.oracle, 0, A, true);
    fired(&b, 1, "policy: a freed slot of pool shared goes to a, but b has");
    deliver(&b, 0, urgent, 2, false); /* now it is served */
    oracle_job_gone(b.oracle, A);
    oracle_job_started(b.oracle, 0, A, true);
    fired(&b, 1, "");
    bench_free(&b);
}

static void
test_oracle_a_channel_that_may_not_start_cannot_want_the_slot(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    file(&b, A, 1, NORMAL);
    file(&b, B, 1, URGENT);
    file(&b, APART, 1, URGENT); /* another pool's slots are its own */
    oracle_job_started(b.oracle, 0, B, false);
    oracle_job_started(b.oracle, 0, B, false); /* B is at maxjobs */
    oracle_thread_ready(b.oracle, B);
    oracle_thread_ready(b.oracle, B);
    oracle_job_started(b.oracle, 0, A, true);
    fired(&b, 0, "");
    bench_free(&b);
}

static void
test_oracle_a_starting_thread_may_be_meant_for_the_head(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    file(&b, A, 1, NORMAL);
    file(&b, B, 1, URGENT);
    oracle_job_started(b.oracle, 0, B, false); /* its thread is starting */
    oracle_job_started(b.oracle, 0, A, true);
    fired(&b, 0, "");
    oracle_job_running(b.oracle, B);
    oracle_thread_ready(b.oracle, B); /* it is here, and was given nothing */
    oracle_job_gone(b.oracle, A);
    oracle_job_started(b.oracle, 0, A, true);
    fired(&b, 1, "policy: a freed slot");
    bench_free(&b);
}

static void
test_oracle_a_starting_process_may_be_meant_for_several_hosts(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    const uint32_t normal = file(&b, A, 1, NORMAL);
    file(&b, A, 2, URGENT);
    file(&b, A, 3, URGENT);
    oracle_job_started(b.oracle, 0, A, false); /* asked for 2, then for 3 */
    deliver(&b, 0, normal, 1, true);
    fired(&b, 0, "");
    oracle_job_running(b.oracle, A); /* one thread now, and no more unseen */
    const uint32_t other = file(&b, A, 4, NORMAL);
    deliver(&b, 0, other, 4, true);
    fired(&b, 1, "priority");
    bench_free(&b);
}

/* --- Priority ----------------------------------------------------------- */

static void
test_oracle_a_queue_goes_by_priority(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    const uint32_t normal = file(&b, A, 1, NORMAL);
    const uint32_t nonurgent = file(&b, A, 1, NONURGENT);
    file(&b, A, 2, URGENT); /* another host's queue */
    file(&b, B, 1, URGENT); /* another channel's */
    deliver(&b, 0, normal, 1, false);
    deliver(&b, 0, nonurgent, 1, false);
    fired(&b, 0, "");
    const uint32_t late = file(&b, A, 1, NONURGENT);
    const uint32_t better = file(&b, A, 1, NORMAL);
    deliver(&b, 0, late, 1, false);
    fired(&b, 1, "policy: a file of priority 2 goes before 1 of priority 1");
    deliver(&b, 0, better, 1, false);
    fired(&b, 1, "");
    bench_free(&b);
}

static void
test_oracle_a_queue_without_hosts_is_one_queue(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    const uint32_t normal = file(&b, A, UINT32_MAX, NORMAL);
    file(&b, A, UINT32_MAX, URGENT);
    deliver(&b, 0, normal, UINT32_MAX, false);
    fired(&b, 1, "policy: a file of priority 1 goes before 1 of priority 0");
    bench_free(&b);
}

static void
test_oracle_a_retry_counts_from_the_instant_after_it_is_due(void **state)
{
    for (int64_t late_ns = 0; late_ns <= 1; late_ns++) {
        struct bench b = bench_new(true, false);
        const uint32_t urgent = file(&b, A, 1, URGENT);
        deliver(&b, 0, urgent, 1, false);
        delay(&b, 50, urgent, 1); /* due at 150 */
        deliver(&b, 149, file(&b, A, 1, NORMAL), 1, false);
        fired(&b, 0, "");
        deliver(&b, 150 + late_ns, file(&b, A, 1, NORMAL), 1, false);
        fired(&b, late_ns, "policy: a file of priority 1 goes before 1");
        bench_free(&b);
    }
    (void)state;
}

static void
test_oracle_a_thread_goes_over_to_the_best_host(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    deliver(&b, 0, file(&b, A, 1, NORMAL), 1, true);
    const uint32_t urgent = file(&b, A, 2, URGENT);
    deliver(&b, 0, file(&b, A, 3, NORMAL), 3, false); /* it was idle */
    deliver(&b, 0, file(&b, A, 1, NORMAL), 1, true);  /* already served */
    fired(&b, 0, "");
    oracle_thread_starting(b.oracle, 0, A, 0);
    deliver(&b, 0, file(&b, A, 4, NORMAL), 4, true); /* one is coming */
    fired(&b, 0, "");
    oracle_thread_ready(b.oracle, A);
    deliver(&b, 0, file(&b, A, 5, NORMAL), 5, true);
    fired(&b, 1, "policy: a thread of a goes over to a host with mail of");
    deliver(&b, 0, urgent, 2, true);
    deliver(&b, 0, file(&b, A, 6, NORMAL), 6, true); /* now it is served */
    fired(&b, 1, "");
    bench_free(&b);
}

static void
test_oracle_affinity_priority_has_other_rules_between_hosts(void **state)
{
    struct bench b = bench_new(true, true);

    (void)state;
    file(&b, A, 2, URGENT);
    file(&b, B, 2, URGENT);
    deliver(&b, 0, file(&b, A, 5, NORMAL), 5, true);
    oracle_job_started(b.oracle, 0, APART, true);
    oracle_job_started(b.oracle, 0, A, true);
    fired(&b, 0, "");
    deliver(&b, 0, file(&b, A, 2, NORMAL), 2, true); /* within one: the same */
    fired(&b, 1, "policy: a file of priority 1 goes before 1 of priority 0");
    bench_free(&b);
}

static void
test_oracle_priority_is_policy_not_law(void **state)
{
    struct bench b = bench_new(false, false);

    (void)state;
    file(&b, A, 1, URGENT);
    file(&b, A, 2, URGENT);
    deliver(&b, 0, file(&b, A, 1, NONURGENT), 1, true);
    deliver(&b, 0, file(&b, A, 3, NONURGENT), 3, true);
    fired(&b, 0, "");
    bench_free(&b);
}

static void
test_oracle_a_file_that_left_is_nobodys_better(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    const uint32_t urgent = file(&b, A, 1, URGENT);
    oracle_removed(b.oracle, urgent, 1);
    leave(&b, urgent);
    deliver(&b, 0, file(&b, A, 1, NORMAL), 1, true);
    deliver(&b, 0, file(&b, A, 2, NORMAL), 2, true);
    fired(&b, 0, "");
    bench_free(&b);
}

/* --- Retries and returns ------------------------------------------------ */

static void
test_oracle_no_retry_comes_early(void **state)
{
    struct bench b = bench_new(true, false);
    const uint32_t slot = file(&b, A, 1, NORMAL);

    (void)state;
    deliver(&b, 0, slot, 1, false);
    delay(&b, 40, slot, 1);
    deliver(&b, 140, slot, 1, false); /* at the very instant */
    delay(&b, 150, slot, 1);          /* the second interval: 200 */
    fired(&b, 0, "");
    deliver(&b, 349, slot, 1, false);
    fired(&b, 1, "policy: attempt 3 of message 1 comes 1 ns before");
    delay(&b, 360, slot, 1); /* the last interval repeats */
    deliver(&b, 560, slot, 1, false);
    fired(&b, 1, "");
    bench_free(&b);
}

static void
test_oracle_other_schools_retry_when_they_like(void **state)
{
    struct bench b = bench_new(false, false);
    const uint32_t slot = file(&b, A, 1, NORMAL);

    (void)state;
    deliver(&b, 0, slot, 1, false);
    delay(&b, 40, slot, 1);
    deliver(&b, 40, slot, 1, false);
    fired(&b, 0, "");
    bench_free(&b);
}

static void
test_oracle_a_delayed_file_is_not_taken_for_another_in_its_slot(void **state)
{
    struct bench b = bench_new(true, false);
    const uint32_t slot = file(&b, A, 1, URGENT);

    (void)state;
    deliver(&b, 0, slot, 1, false);
    delay(&b, 100, slot, 1); /* due at 200 */
    oracle_removed(b.oracle, slot, 1);
    leave(&b, slot); /* returned early, by hand */
    const uint32_t other = file(&b, A, 2, URGENT);
    assert_int_equal(other, slot);
    deliver(&b, 100, other, 2, false);
    delay(&b, 100, other, 2); /* at another host, due at 200 too */
    /* At 201 host 2 has urgent mail, and host 1 has none. */
    deliver(&b, 201, file(&b, A, 1, NORMAL), 1, false);
    fired(&b, 0, "");
    deliver(&b, 201, file(&b, A, 2, NORMAL), 2, false);
    fired(&b, 1, "policy: a file of priority 1 goes before 1 of priority 0");
    deliver(&b, 201, other, 2, false);
    fired(&b, 1, "");
    bench_free(&b);
}

static void
test_oracle_many_retries_become_ready_in_any_order(void **state)
{
    enum { COUNT = 200 };
    struct bench b = bench_new(true, false);
    uint32_t slots[COUNT];
    uint64_t random = 1;

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        slots[i] = file(&b, A, i, URGENT);
        deliver(&b, 0, slots[i], i, false);
        delay(&b, (int64_t)test_random_below(&random, 1000), slots[i], i);
    }
    for (int64_t now_ns = 0; now_ns < 1200; now_ns++) {
        uint32_t due_count = 0;
        for (uint32_t i = 0; i < COUNT; i++) {
            due_count += mail_file_at(b.mail, slots[i])->due_at_ns < now_ns;
        }
        const int64_t before = oracle_violations_count(b.oracle);
        const uint32_t probe = file(&b, A, COUNT + 1, NORMAL);
        deliver(&b, now_ns, probe, COUNT + 1, true);
        /* A thread that goes over is wrong once one urgent host is due. */
        assert_int_equal(oracle_violations_count(b.oracle) - before,
                         due_count > 0);
        oracle_attempted(b.oracle, now_ns, probe, COUNT + 1, false);
        leave(&b, probe);
    }
    bench_free(&b);
}

static void
test_oracle_nothing_is_returned_before_its_notices(void **state)
{
    struct bench b = bench_new(true, false);
    const uint32_t slot = file(&b, A, 1, NONURGENT);

    (void)state;
    oracle_returned(b.oracle, 1000, slot, true);
    oracle_returned(b.oracle, 5000, slot, false);
    fired(&b, 0, "");
    oracle_returned(b.oracle, 999, slot, true);
    fired(&b, 1, "policy: message 1 is warned about at an age of");
    oracle_returned(b.oracle, 4999, slot, false);
    fired(&b, 2, "policy: message 1 is returned at an age of");
    bench_free(&b);
}

static void
test_oracle_returns_are_policy_not_law(void **state)
{
    struct bench b = bench_new(false, false);

    (void)state;
    oracle_returned(b.oracle, 0, file(&b, A, 1, NORMAL), false);
    oracle_returned(b.oracle, 0, file(&b, A, 1, NORMAL), true);
    fired(&b, 0, "");
    bench_free(&b);
}

/* --- The record --------------------------------------------------------- */

/* one_idle_thread - of channel a: it has asked in vain */
static void
one_idle_thread(struct bench *b)
{
    oracle_job_started(b->oracle, 0, A, false);
    oracle_job_running(b->oracle, A);
    oracle_thread_ready(b->oracle, A);
    oracle_check(b->oracle, 0);
}

static void
test_oracle_an_idle_thread_does_not_pass_mail_over(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    one_idle_thread(&b);
    const uint32_t one = file(&b, A, 1, NORMAL);
    deliver(&b, 0, one, 1, false);
    file(&b, A, 1, NORMAL); /* its host has a thread */
    file(&b, B, 2, NORMAL); /* and this one none, but for want of a job */
    oracle_thread_starting(b.oracle, 0, A, 1);
    file(&b, A, 2, NORMAL); /* the thread that starts may be for it */
    oracle_thread_ready(b.oracle, A);
    deliver(&b, 0, file(&b, A, 3, NORMAL), 3, false);
    oracle_job_started(b.oracle, 0, B, false);
    oracle_check(b.oracle, 1);
    fired(&b, 0, "");
    delay(&b, 2, one, 1);
    oracle_thread_asks(b.oracle, A);
    oracle_check(b.oracle, 2);
    fired(&b, 1, "2 hosts of a have mail that nobody works on");
    fired(&b, 1, "but a thread is idle");
    oracle_check(b.oracle, 3); /* said once */
    fired(&b, 1, "");
    bench_free(&b);
}

/* The only thread was stopped, mail came, and when it has ended nothing is
 * done: nor will it ever be. */
static void
test_oracle_a_channel_without_any_thread_does_not_let_mail_lie(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    one_idle_thread(&b);
    oracle_thread_stopping(b.oracle, A);
    file(&b, A, 1, NORMAL);
    oracle_check(b.oracle, 1);
    fired(&b, 0, "");
    oracle_thread_ended(b.oracle, A);
    oracle_check(b.oracle, 2);
    fired(&b, 1, "none comes and none ends");
    bench_free(&b);
}

static void
test_oracle_a_free_slot_does_not_let_mail_lie(void **state)
{
    struct bench b = bench_new(true, false);

    (void)state;
    file(&b, A, 1, NORMAL);
    oracle_start_refused(b.oracle, 0, A);
    oracle_check(b.oracle, 0);
    oracle_check(b.oracle, HANDS_PAUSE_NS);
    fired(&b, 0, "");
    file(&b, A, 2, NORMAL);
    oracle_check(b.oracle, HANDS_PAUSE_NS + 1);
    fired(&b, 1, "2 hosts of a have mail");
    bench_free(&b);
}

static void
test_oracle_hands_are_policy_not_law(void **state)
{
    struct bench b = bench_new(false, false);

    (void)state;
    one_idle_thread(&b);
    file(&b, A, 1, NORMAL);
    oracle_check(b.oracle, 1);
    fired(&b, 0, "");
    bench_free(&b);
}

static void
test_oracle_keeps_the_first_and_counts_all(void **state)
{
    struct bench b = bench_new(false, false);

    (void)state;
    for (int i = 0; i < 3 * ORACLE_KEPT_MAX; i++) {
        oracle_violation(b.oracle, 61 * NS_PER_S + 7, "law: number %d", i);
    }
    assert_int_equal(oracle_violations_count(b.oracle), 3 * ORACLE_KEPT_MAX);
    assert_string_equal(oracle_violation_text(b.oracle, 0),
                        "at 61.000000007 s: law: number 0");
    assert_string_equal(oracle_violation_text(b.oracle, ORACLE_KEPT_MAX - 1),
                        "at 61.000000007 s: law: number 19");
    assert_null(oracle_violation_text(b.oracle, ORACLE_KEPT_MAX));
    bench_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle_recipients_are_conserved),
        cmocka_unit_test(test_oracle_a_job_holds_no_more_than_its_threads),
        cmocka_unit_test(test_oracle_a_channel_has_no_more_than_maxjobs),
        cmocka_unit_test(test_oracle_a_pool_has_no_more_than_job_limit),
        cmocka_unit_test(test_oracle_slots_are_policy_not_law),
        cmocka_unit_test(test_oracle_a_freed_slot_goes_to_the_best_head),
        cmocka_unit_test(
            test_oracle_a_channel_that_may_not_start_cannot_want_the_slot),
        cmocka_unit_test(
            test_oracle_a_starting_thread_may_be_meant_for_the_head),
        cmocka_unit_test(
            test_oracle_a_starting_process_may_be_meant_for_several_hosts),
        cmocka_unit_test(test_oracle_a_queue_goes_by_priority),
        cmocka_unit_test(test_oracle_a_queue_without_hosts_is_one_queue),
        cmocka_unit_test(
            test_oracle_a_retry_counts_from_the_instant_after_it_is_due),
        cmocka_unit_test(test_oracle_a_thread_goes_over_to_the_best_host),
        cmocka_unit_test(
            test_oracle_affinity_priority_has_other_rules_between_hosts),
        cmocka_unit_test(test_oracle_priority_is_policy_not_law),
        cmocka_unit_test(test_oracle_a_file_that_left_is_nobodys_better),
        cmocka_unit_test(test_oracle_no_retry_comes_early),
        cmocka_unit_test(test_oracle_other_schools_retry_when_they_like),
        cmocka_unit_test(
            test_oracle_a_delayed_file_is_not_taken_for_another_in_its_slot),
        cmocka_unit_test(test_oracle_many_retries_become_ready_in_any_order),
        cmocka_unit_test(test_oracle_nothing_is_returned_before_its_notices),
        cmocka_unit_test(test_oracle_returns_are_policy_not_law),
        cmocka_unit_test(test_oracle_an_idle_thread_does_not_pass_mail_over),
        cmocka_unit_test(
            test_oracle_a_channel_without_any_thread_does_not_let_mail_lie),
        cmocka_unit_test(test_oracle_a_free_slot_does_not_let_mail_lie),
        cmocka_unit_test(test_oracle_hands_are_policy_not_law),
        cmocka_unit_test(test_oracle_keeps_the_first_and_counts_all),
    };
    return cmocka_run_group_tests_name("oracle", tests, NULL, NULL);
}
