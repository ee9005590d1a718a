/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_symptom.c - how well a prediction agrees with what was told
 *
 * Pinned: what each question's answer is worth against what was simulated, the
 * mean over those that were told, and the words for it. The percentages are
 * those of the table in symptom.h, worked by hand.
 */
#include "sim/cmd/symptom.h"

#include "sim/kernel/base.h"
#include "tests/support/support.h"

/* A delivery in order, and nothing told. */
static const struct prediction fine = {
    .connects = true,
    .banner_first_ns = 40 * NS_PER_MS,
    .banner_ns = 40 * NS_PER_MS,
    .small = SYMPTOM_GOOD,
    .large = SYMPTOM_GOOD,
    .others_fine = true,
    .stalled_after_bytes = -1,
};
static const struct symptom nothing = {.stalled_after_bytes = -1};

static void
test_symptom_all_that_was_told_agrees(void **state)
{
    struct symptom told = nothing;

    (void)state;
    told.connect = told.banner = told.small = told.large = SYMPTOM_GOOD;
    told.others_fine = SYMPTOM_GOOD;
    told.ehlo_helps = SYMPTOM_BAD;
    assert_int_equal(symptom_agreement(&told, &fine), 100);
}

/* Of four points two hold: small mails, connect. */
static void
test_symptom_agreement_is_the_mean_of_what_was_told(void **state)
{
    struct symptom told = nothing;

    (void)state;
    told.connect = told.small = SYMPTOM_GOOD;
    told.large = told.others_fine = SYMPTOM_BAD;
    assert_int_equal(symptom_agreement(&told, &fine), 50);
}

static void
test_symptom_no_banner_means_no_banner_for_long(void **state)
{
    struct symptom told = nothing;
    struct prediction p = fine;

    (void)state;
    told.banner = SYMPTOM_BAD;
    assert_int_equal(symptom_agreement(&told, &p), 0);
    p.banner_first_ns = p.banner_ns = -1;
    assert_int_equal(symptom_agreement(&told, &p), 100);
    p.banner_first_ns = 5 * NS_PER_S; /* text, but after a blank screen */
    assert_int_equal(symptom_agreement(&told, &p), 80);
    p.connects = false; /* that is another symptom */
    assert_int_equal(symptom_agreement(&told, &p), 0);
}

/* Full to a factor of 1.5, half to 3. */
static void
test_symptom_late_banner_agrees_by_its_time(void **state)
{
    struct symptom told = nothing;
    struct prediction p = fine;

    (void)state;
    told.banner = SYMPTOM_SLOW;
    told.banner_ns = 10 * NS_PER_S;
    p.banner_ns = 15 * NS_PER_S;
    assert_int_equal(symptom_agreement(&told, &p), 100);
    p.banner_ns = 16 * NS_PER_S;
    assert_int_equal(symptom_agreement(&told, &p), 50);
    p.banner_ns = 4 * NS_PER_S;
    assert_int_equal(symptom_agreement(&told, &p), 50);
    p.banner_ns = 31 * NS_PER_S;
    assert_int_equal(symptom_agreement(&told, &p), 0);
}

/* Full to a factor of 1.25, half to 2. */
static void
test_symptom_stall_agrees_by_its_bytes(void **state)
{
    struct symptom told = nothing;
    struct prediction p = fine;

    (void)state;
    told.stalled_after_bytes = 64000;
    assert_int_equal(symptom_agreement(&told, &p), 0);
    p.stalled_after_bytes = 80000;
    assert_int_equal(symptom_agreement(&told, &p), 100);
    p.stalled_after_bytes = 33000;
    assert_int_equal(symptom_agreement(&told, &p), 50);
    p.stalled_after_bytes = 31999;
    assert_int_equal(symptom_agreement(&told, &p), 0);
}

static void
test_symptom_what_crawls_may_be_called_slow_or_failed(void **state)
{
    struct symptom told = nothing;
    struct prediction p = fine;

    (void)state;
    p.large = SYMPTOM_BAD;
    p.large_crawls = true;
    told.large = SYMPTOM_SLOW;
    assert_int_equal(symptom_agreement(&told, &p), 80);
    told.large = SYMPTOM_BAD;
    assert_int_equal(symptom_agreement(&told, &p), 100);
    p.large_crawls = false;
    told.large = SYMPTOM_SLOW;
    assert_int_equal(symptom_agreement(&told, &p), 0);
}

static void
test_symptom_missing_names_what_does_not_fit(void **state)
{
    struct symptom told = nothing;
    char text[SYMPTOM_TEXT_SIZE];

    (void)state;
    told.banner = SYMPTOM_BAD;
    told.small = SYMPTOM_GOOD;
    told.large = SYMPTOM_SLOW;
    symptom_missing(text, &told, &fine);
    assert_string_equal(text, "banner; large mails");
}

static void
test_symptom_words_say_what_was_told(void **state)
{
    struct symptom told = nothing;
    char text[SYMPTOM_TEXT_SIZE];

    (void)state;
    told.banner = SYMPTOM_BAD;
    told.ehlo_helps = SYMPTOM_GOOD;
    told.large = SYMPTOM_BAD;
    told.stalled_after_bytes = 20145;
    symptom_format(text, &told);
    assert_string_equal(text, "no banner; typing EHLO helps; large mails fail;"
                              " stalled after 20,145 bytes");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_symptom_all_that_was_told_agrees),
        cmocka_unit_test(test_symptom_agreement_is_the_mean_of_what_was_told),
        cmocka_unit_test(test_symptom_no_banner_means_no_banner_for_long),
        cmocka_unit_test(test_symptom_late_banner_agrees_by_its_time),
        cmocka_unit_test(test_symptom_stall_agrees_by_its_bytes),
        cmocka_unit_test(test_symptom_what_crawls_may_be_called_slow_or_failed),
        cmocka_unit_test(test_symptom_missing_names_what_does_not_fit),
        cmocka_unit_test(test_symptom_words_say_what_was_told),
    };
    return cmocka_run_group_tests_name("symptom", tests, NULL, NULL);
}
