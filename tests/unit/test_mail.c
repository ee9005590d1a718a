/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mail.c - messages, files and recipients, and what they cost
 */
#include "models/mail.h"

#include "tests/support/support.h"

static int
setup(void **state)
{
    *state = mail_new(100000);
    return 0;
}

static int
teardown(void **state)
{
    mail_free(*state);
    return 0;
}

/* filed - a message whose recipients are all in file 1; its slot + 1 */
static uint32_t
filed(struct mail *mail, struct mail_message *message)
{
    const uint32_t slot = mail_create(mail, message, 1);

    for (uint32_t i = 0; i < message->recipients_count; i++) {
        mail_assign(mail, slot, &mail_recipients(message)[i]);
    }
    return slot;
}

static void
test_mail_ids_are_issued_in_order_and_never_again(void **state)
{
    struct mail *mail = *state;

    assert_int_equal(mail_id_last(mail), 0);
    for (uint64_t id = 1; id <= 5000; id++) {
        struct mail_message *message = mail_submit(mail, (int64_t)id, 1);
        assert_int_equal(message->id, id);
        assert_ptr_equal(mail_message(mail, id), message);
        if (id % 3 != 0) {
            mail_finish(mail, message, mail_recipients(message), MAIL_REJECTED);
            assert_null(mail_message(mail, id));
        }
    }
    assert_int_equal(mail_id_last(mail), 5000);
    assert_int_equal(mail_messages_count(mail), 5000 / 3);
    assert_null(mail_message(mail, 0));
    assert_null(mail_message(mail, 5001));
    assert_null(mail_message(mail, UINT64_MAX));
}

static void
test_mail_file_ends_with_its_last_recipient(void **state)
{
    struct mail *mail = *state;
    struct mail_message *message = mail_submit(mail, 0, 3);
    struct mail_recipient *to = mail_recipients(message);
    const uint32_t slot = filed(mail, message);

    assert_ptr_equal(mail_file(mail, message, 1), mail_file_at(mail, slot));
    assert_null(mail_file(mail, message, 2));
    assert_int_equal(mail_file_at(mail, slot)->recipients_count, 3);
    assert_ptr_equal(mail_message_of(mail, mail_file_at(mail, slot)), message);
    mail_finish(mail, message, &to[1], MAIL_DELIVERED);
    assert_null(mail_file_of(mail, &to[1]));
    assert_int_equal(mail_file_at(mail, slot)->recipients_count, 2);
    mail_unassign(mail, message, &to[0]);
    mail_unassign(mail, message, &to[2]);
    assert_int_equal(mail_files_count(mail), 0);
    assert_null(mail_file(mail, message, 1));
    assert_int_equal(mail_queued_count(mail), 2); /* in no file, not final */
    assert_ptr_equal(mail_message(mail, 1), message);
}

static void
test_mail_message_ends_with_its_last_recipient(void **state)
{
    struct mail *mail = *state;
    struct mail_message *message = mail_submit(mail, 0, 2);

    filed(mail, message);
    mail_finish(mail, message, &mail_recipients(message)[0], MAIL_DELIVERED);
    assert_int_equal(mail_messages_count(mail), 1);
    mail_finish(mail, message, &mail_recipients(message)[1], MAIL_RETURNED);
    assert_int_equal(mail_messages_count(mail), 0);
    assert_int_equal(mail_files_count(mail), 0);
    assert_int_equal(mail_queued_count(mail), 0);
    assert_null(mail_message(mail, 1));
}

static void
test_mail_answers_null_at_messages_max(void **state)
{
    struct mail *mail = mail_new(2);
    struct mail_message *first = mail_submit(mail, 0, 1);

    (void)state;
    assert_non_null(mail_submit(mail, 0, 5));
    assert_null(mail_submit(mail, 0, 1));
    assert_int_equal(mail_id_last(mail), 2); /* no id was lost */
    assert_int_equal(mail_queued_count(mail), 6);
    mail_finish(mail, first, mail_recipients(first), MAIL_DELIVERED);
    assert_int_equal(mail_submit(mail, 0, 1)->id, 3);
    mail_free(mail);
    mail_free(NULL);
}

static void
test_mail_a_recipient_in_two_places_is_a_bug(void **state)
{
    struct mail *mail = *state;
    struct mail_message *message = mail_submit(mail, 0, 2);
    struct mail_recipient *to = mail_recipients(message);
    const uint32_t slot = filed(mail, message);

    expect_assert_failure(mail_assign(mail, slot, &to[0]));
    mail_finish(mail, message, &to[0], MAIL_DELIVERED);
    expect_assert_failure(mail_assign(mail, slot, &to[0]));
    expect_assert_failure(mail_finish(mail, message, &to[0], MAIL_RETURNED));
    expect_assert_failure(mail_finish(mail, message, &to[1], MAIL_QUEUED));
    expect_assert_failure((void)mail_submit(mail, 0, 0));
    expect_assert_failure((void)mail_submit(mail, 0, MAIL_RECIPIENTS_MAX + 1));
}

/* bytes_each - memory of a message with so many recipients, each file of
 * `together` of them, in a full store */
static double
bytes_each(uint32_t recipients, uint32_t together)
{
    enum { MESSAGES = 100000 };
    struct mail *mail = mail_new(MESSAGES);

    for (uint32_t i = 0; i < MESSAGES; i++) {
        struct mail_message *message = mail_submit(mail, 0, recipients);
        for (uint32_t k = 0; k < recipients; k += together) {
            const uint32_t slot = mail_create(mail, message, 1 + k);
            for (uint32_t n = k; n < k + together; n++) {
                mail_assign(mail, slot, &mail_recipients(message)[n]);
            }
        }
    }
    const double bytes = (double)mail_bytes(mail) / MESSAGES;
    mail_free(mail);
    return bytes;
}

static void
test_mail_costs_what_the_header_says(void **state)
{
    const double one = bytes_each(1, 1), four = bytes_each(4, 4),
                 eight = bytes_each(8, 8), files = bytes_each(4, 1);

    (void)state;
    print_message("bytes a message: 1 recipient %.1f, 4 %.1f, 8 %.1f, "
                  "4 files %.1f\n",
                  one, four, eight, files);
    /* Pages of slabs are not full at their end: 2 in 100. */
    assert_true(one <= 92 * 1.02);
    assert_true(eight - four <= 4 * 12 * 1.02);
    assert_true(four - one <= 4 * 12 * 1.02);
    assert_true(files - four <= 3 * 32 * 1.02);
}

static void
test_mail_forgets_the_ids_of_those_who_left(void **state)
{
    struct mail *mail = *state;
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < 1000000; i++) {
        struct mail_message *message = mail_submit(mail, 0, 1 + i % 2);
        filed(mail, message);
        for (uint32_t k = 0; k <= i % 2; k++) {
            mail_finish(mail, message, &mail_recipients(message)[k],
                        MAIL_DELIVERED);
        }
        bytes = i == 1000 ? mail_bytes(mail) : bytes;
    }
    /* 8 bytes of directory for 1024 ids, doubling. */
    assert_true(mail_bytes(mail) <=
                bytes + UINT64_C(2) * 8 * (1000000 / 1024 + 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_mail_ids_are_issued_in_order_and_never_again),
        TEST(test_mail_file_ends_with_its_last_recipient),
        TEST(test_mail_message_ends_with_its_last_recipient),
        TEST(test_mail_answers_null_at_messages_max),
        TEST(test_mail_a_recipient_in_two_places_is_a_bug),
        TEST(test_mail_costs_what_the_header_says),
        TEST(test_mail_forgets_the_ids_of_those_who_left),
    };
    return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
