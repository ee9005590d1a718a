/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_mail.c - random submits, creates, moves and ends against plain arrays
 *
 * The reference is a table of messages with, for each recipient, its state and
 * the number of its file; after every step the counts and one random message
 * are compared, now and then all of them. PROP_SEED=n repeats one history.
 */
#include "models/mail.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "tests/support/support.h"

enum {
    HISTORIES = 30,
    STEPS = 3000,
    IDS_MAX = STEPS + 1,
    TO_MAX = 6,
    MESSAGES_MAX = 400
};

struct recipient {
    enum mail_state state;
    uint32_t file; /* number; 0: none */
};

struct message {
    uint32_t count;
    uint32_t files_made;
    struct recipient to[TO_MAX];
};

struct reference {
    struct message messages[IDS_MAX]; /* by id */
    uint64_t id_last;
};

/* is_live - whether a message has a recipient that is not final */
static bool
is_live(const struct message *message)
{
    for (uint32_t i = 0; i < message->count; i++) {
        if (message->to[i].state == MAIL_QUEUED) {
            return true;
        }
    }
    return false;
}

/* file_size - how many recipients a file of the message has */
static uint32_t
file_size(const struct message *message, uint32_t number)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < message->count; i++) {
        n += message->to[i].state == MAIL_QUEUED &&
             message->to[i].file == number;
    }
    return n;
}

/* message_is - the store and the reference agree on one message */
static void
message_is(const struct mail *mail, const struct reference *r, uint64_t id)
{
    const struct message *expected = &r->messages[id];
    struct mail_message *message = mail_message(mail, id);

    if (!is_live(expected)) {
        assert_null(message);
        return;
    }
    assert_non_null(message);
    assert_true(message->id == id);
    assert_int_equal(message->recipients_count, expected->count);
    assert_int_equal(message->submitted_at_ns, id * 10);
    for (uint32_t i = 0; i < expected->count; i++) {
        const struct mail_recipient *to = &mail_recipients(message)[i];
        const struct mail_file *file = mail_file_of(mail, to);
        const uint32_t number = expected->to[i].file;
        assert_int_equal(to->state, expected->to[i].state);
        if (to->state != MAIL_QUEUED || number == 0) {
            assert_null(file);
            continue;
        }
        assert_int_equal(file->number, number);
        assert_int_equal(file->recipients_count, file_size(expected, number));
        assert_ptr_equal(mail_message_of(mail, file), message);
        assert_ptr_equal(mail_file(mail, message, number), file);
    }
    assert_null(mail_file(mail, message, expected->files_made + 1));
}

/* counts_are - messages, files and recipients of the whole store */
static void
counts_are(const struct mail *mail, const struct reference *r)
{
    uint32_t messages = 0, files = 0, queued = 0;

    for (uint64_t id = 1; id <= r->id_last; id++) {
        const struct message *message = &r->messages[id];
        messages += is_live(message);
        for (uint32_t i = 0; i < message->count; i++) {
            queued += message->to[i].state == MAIL_QUEUED;
        }
        for (uint32_t number = 1; number <= message->files_made; number++) {
            files += file_size(message, number) > 0;
        }
        message_is(mail, r, id);
    }
    assert_int_equal(mail_messages_count(mail), messages);
    assert_int_equal(mail_files_count(mail), files);
    assert_int_equal(mail_queued_count(mail), queued);
    assert_true(mail_id_last(mail) == r->id_last);
}

static void
submit(struct mail *mail, struct reference *r, uint64_t *random)
{
    const uint32_t count = 1 + (uint32_t)test_random_below(random, TO_MAX);
    const bool is_full = mail_messages_count(mail) == MESSAGES_MAX;
    const int64_t at_ns = (int64_t)(r->id_last + 1) * 10;
    const struct mail_message *message = mail_submit(mail, at_ns, count);

    assert_int_equal(message == NULL, is_full);
    if (message != NULL) {
        assert_true(message->id == ++r->id_last);
        r->messages[r->id_last] = (struct message){.count = count};
    }
}

/* file_some - some of those in no file come into a new one */
static void
file_some(struct mail *mail, struct reference *r, uint64_t id, uint64_t *random)
{
    struct mail_message *message = mail_message(mail, id);
    struct message *expected = &r->messages[id];
    uint32_t slot = MAIL_NO_FILE;

    for (uint32_t i = 0; i < expected->count; i++) {
        if (expected->to[i].state != MAIL_QUEUED || expected->to[i].file != 0 ||
            test_random_below(random, 3) == 0) {
            continue;
        }
        if (slot == MAIL_NO_FILE) {
            slot = mail_create(mail, message, ++expected->files_made);
        }
        mail_assign(mail, slot, &mail_recipients(message)[i]);
        expected->to[i].file = expected->files_made;
    }
}

/* touch_one - one recipient leaves its file, or for good */
static void
touch_one(struct mail *mail, struct reference *r, uint64_t id, uint64_t *random)
{
    struct mail_message *message = mail_message(mail, id);
    struct message *expected = &r->messages[id];
    const uint64_t i = test_random_below(random, expected->count);
    struct recipient *to = &expected->to[i];

    if (to->state != MAIL_QUEUED) {
        return;
    }
    if (to->file != 0 && test_random_below(random, 3) == 0) {
        mail_unassign(mail, message, &mail_recipients(message)[i]);
        to->file = 0;
        return;
    }
    to->state = MAIL_DELIVERED + (enum mail_state)test_random_below(random, 3);
    mail_finish(mail, message, &mail_recipients(message)[i], to->state);
}

static void
history_run(uint64_t seed)
{
    static struct reference r;
    struct mail *mail = mail_new(MESSAGES_MAX);
    uint64_t random = seed;
    const uint64_t submits = 10 + test_random_below(&random, 40);

    r.id_last = 0;
    for (uint32_t step = 0; step < STEPS; step++) {
        if (r.id_last == 0 || test_random_below(&random, 100) < submits) {
            submit(mail, &r, &random);
            continue;
        }
        const uint64_t id = 1 + test_random_below(&random, r.id_last);
        if (is_live(&r.messages[id])) {
            if (test_random_below(&random, 2) == 0) {
                file_some(mail, &r, id, &random);
            } else {
                touch_one(mail, &r, id, &random);
            }
        }
        message_is(mail, &r, id);
        if (step % 500 == 0) {
            counts_are(mail, &r);
        }
    }
    counts_are(mail, &r);
    mail_free(mail);
}

static void
test_mail_agrees_with_plain_arrays(void **state)
{
    const char *seed = getenv("PROP_SEED");

    (void)state;
    if (seed != NULL) {
        history_run(strtoull(seed, NULL, 10));
        return;
    }
    for (uint64_t i = 1; i <= HISTORIES; i++) {
        print_message("PROP_SEED=%" PRIu64 " make check T=prop_mail\n", i);
        history_run(i);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail_agrees_with_plain_arrays),
    };
    return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
