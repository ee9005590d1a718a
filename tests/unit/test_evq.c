/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_evq.c - the order of events, and what a stale id does
 *
 * Pinned: (due, class, push order); an id goes stale with its event, even when
 * the slot is used again; a full queue says so; pushing into the past is a
 * bug; seq may wrap unseen; cancelled events cost bounded memory. Not pinned:
 * how the heap lies in memory. Random work: tests/props/prop_evq.c.
 */
#include "sim/kernel/evq.h"

#include "tests/support/support.h"

enum { EVENTS_MAX = 1000, MARKS_MAX = 4096 };

/* Every event writes its data down here. */
struct journal {
    struct evq *q;
    uint64_t marks[MARKS_MAX];
    uint32_t marks_count;
};

static struct journal
journal_new(uint32_t events_max)
{
    return (struct journal){.q = evq_new(events_max)};
}

static void
mark(void *arg, uint64_t data)
{
    struct journal *journal = arg;

    assert_true(journal->marks_count < MARKS_MAX);
    journal->marks[journal->marks_count++] = data;
}

static struct evq_id
push(struct journal *journal, int64_t due_at_ns, uint32_t class, uint64_t data)
{
    return evq_push(journal->q, due_at_ns, class, mark, journal, data);
}

static void
assert_marks(const struct journal *journal, const uint64_t *marks,
             uint32_t count)
{
    assert_int_equal(journal->marks_count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(journal->marks[i], marks[i]);
    }
}

static void
test_evq_ties_run_in_push_order(void **state)
{
    struct journal journal = journal_new(EVENTS_MAX);

    (void)state;
    for (uint64_t i = 0; i < EVENTS_MAX; i++) {
        push(&journal, 7, 3, i);
    }
    assert_int_equal(evq_run(journal.q, 7), EVENTS_MAX);
    for (uint64_t i = 0; i < EVENTS_MAX; i++) {
        assert_int_equal(journal.marks[i], i);
    }
    evq_free(journal.q);
}

static void
test_evq_order_is_instant_then_class_then_push(void **state)
{
    struct journal journal = journal_new(EVENTS_MAX);

    (void)state;
    push(&journal, 20, 0, 6);
    push(&journal, 10, 15, 4);
    push(&journal, 10, 1, 2);
    push(&journal, 10, 15, 5);
    push(&journal, 10, 0, 1);
    push(&journal, 10, 1, 3);
    push(&journal, 0, 15, 0);
    evq_run(journal.q, INT64_MAX);
    assert_marks(&journal, (const uint64_t[]){0, 1, 2, 3, 4, 5, 6}, 7);
    evq_free(journal.q);
}

static void
test_evq_runs_up_to_an_instant_inclusive(void **state)
{
    struct journal journal = journal_new(EVENTS_MAX);

    (void)state;
    push(&journal, 10, EVQ_CLASS_MAX, 1);
    push(&journal, 11, 0, 2);
    assert_int_equal(evq_run(journal.q, -1), 0);
    assert_int_equal(evq_run(journal.q, 9), 0);
    assert_int_equal(evq_now_ns(journal.q), 0);
    assert_int_equal(evq_run(journal.q, 10), 1);
    assert_int_equal(evq_now_ns(journal.q), 10);
    assert_int_equal(evq_next_at_ns(journal.q), 11);
    assert_false(evq_run_one(journal.q, 10));
    assert_true(evq_run_one(journal.q, INT64_MAX));
    assert_int_equal(evq_next_at_ns(journal.q), INT64_MAX);
    assert_false(evq_run_one(journal.q, INT64_MAX));
    evq_free(journal.q);
}

static void
test_evq_takes_the_last_instant_there_is(void **state)
{
    struct journal journal = journal_new(EVENTS_MAX);

    (void)state;
    push(&journal, EVQ_AT_NS_MAX, EVQ_CLASS_MAX, 1);
    assert_int_equal(evq_next_at_ns(journal.q), EVQ_AT_NS_MAX);
    assert_int_equal(evq_run(journal.q, EVQ_AT_NS_MAX), 1);
    expect_assert_failure(
        evq_push(journal.q, EVQ_AT_NS_MAX + 1, 0, mark, &journal, 0));
    evq_free(journal.q);
}

static void
test_evq_push_into_the_past_is_a_bug(void **state)
{
    struct journal journal = journal_new(EVENTS_MAX);

    (void)state;
    expect_assert_failure(push(&journal, -1, 0, 0));
    push(&journal, 10, 5, 0);
    evq_run(journal.q, 10);
    expect_assert_failure(push(&journal, 9, 0, 0));
    expect_assert_failure(push(&journal, 10, EVQ_CLASS_MAX + 1, 0));
    /* The same instant is not the past, whatever the class. */
    push(&journal, 10, 0, 1);
    assert_int_equal(evq_run(journal.q, 10), 1);
    evq_free(journal.q);
}

static void
test_evq_cancel_knows_a_stale_id(void **state)
{
    struct journal journal = journal_new(EVENTS_MAX);
    struct evq_id old = push(&journal, 1, 0, 1);

    (void)state;
    assert_true(evq_cancel(journal.q, old));
    assert_false(evq_cancel(journal.q, old));

    struct evq_id reused = push(&journal, 1, 0, 2);

    assert_int_equal(reused.slot, old.slot);
    assert_int_not_equal(reused.generation, old.generation);
    assert_false(evq_cancel(journal.q, old));
    assert_false(evq_cancel(journal.q, EVQ_NONE));
    assert_false(evq_cancel(journal.q, (struct evq_id){77, 1}));
    assert_int_equal(evq_count(journal.q), 1);
    evq_run(journal.q, 1);
    assert_false(evq_cancel(journal.q, reused));
    assert_marks(&journal, (const uint64_t[]){2}, 1);
    evq_free(journal.q);
}

static void
test_evq_full_says_so_until_an_event_is_gone(void **state)
{
    struct journal journal = journal_new(3);

    (void)state;
    push(&journal, 5, 0, 0);
    push(&journal, 6, 0, 1);

    struct evq_id last = push(&journal, 7, 0, 2);

    assert_int_equal(push(&journal, 7, 0, 3).generation, 0);
    assert_int_equal(evq_count(journal.q), 3);
    assert_true(evq_cancel(journal.q, last));
    assert_int_not_equal(push(&journal, 7, 0, 4).generation, 0);
    assert_int_equal(push(&journal, 7, 0, 5).generation, 0);
    assert_true(evq_run_one(journal.q, 5));
    assert_int_not_equal(push(&journal, 7, 0, 6).generation, 0);
    evq_check(journal.q);
    evq_run(journal.q, INT64_MAX);
    assert_marks(&journal, (const uint64_t[]){0, 1, 4, 6}, 4);
    evq_free(journal.q);
}

static void
test_evq_grows_and_keeps_the_order(void **state)
{
    struct journal journal = journal_new(MARKS_MAX);

    (void)state;
    for (uint64_t i = 0; i < MARKS_MAX; i++) { /* 2731 is odd: all values */
        uint64_t at = i * 2731 % MARKS_MAX;

        assert_int_not_equal(push(&journal, (int64_t)at, 0, at).generation, 0);
    }
    evq_check(journal.q);
    evq_run(journal.q, INT64_MAX);
    for (uint64_t i = 0; i < MARKS_MAX; i++) {
        assert_int_equal(journal.marks[i], i);
    }
    evq_free(journal.q);
}

static void
test_evq_a_full_queue_holds_48_bytes_an_event(void **state)
{
    enum { FULL = 100000 };
    struct evq *q = evq_new(FULL);

    (void)state;
    for (int64_t i = 0; i < FULL; i++) {
        evq_push(q, i, 0, test_no_op, NULL, 0);
    }
    assert_in_range(evq_bytes(q), 48 * FULL, 48 * FULL + 512);
    evq_free(q);
}

static void
test_evq_cancelled_events_do_not_pile_up(void **state)
{
    enum { TIMERS = 1000, ROUNDS = 100000 };
    static struct evq_id ids[TIMERS];
    struct evq *q = evq_new(TIMERS);

    (void)state;
    for (int64_t i = 0; i < ROUNDS; i++) { /* re-armed, never fired */
        evq_cancel(q, ids[i % TIMERS]);
        ids[i % TIMERS] = evq_push(q, i + 1000000, 0, test_no_op, NULL, 0);
        assert_int_not_equal(ids[i % TIMERS].generation, 0);
    }
    evq_check(q);
    assert_int_equal(evq_count(q), TIMERS);
    /* 48 bytes, and a third more entries for the cancelled among them. */
    assert_true(evq_bytes(q) <= TIMERS * (48 + 6) + 2048);
    for (int64_t i = 0; i < TIMERS; i++) {
        assert_true(evq_cancel(q, ids[i]));
    }
    assert_int_equal(evq_count(q), 0);
    assert_int_equal(evq_next_at_ns(q), INT64_MAX);
    assert_int_equal(evq_run(q, INT64_MAX), 0);
    assert_int_equal(evq_now_ns(q), 0);
    evq_check(q);
    evq_free(q);
}

static void
test_evq_next_looks_past_cancelled_events(void **state)
{
    struct journal journal = journal_new(EVENTS_MAX);
    struct evq_id first = push(&journal, 1, 0, 1);
    struct evq_id second = push(&journal, 2, 0, 2);

    (void)state;
    push(&journal, 3, 0, 3);
    evq_cancel(journal.q, second);
    assert_int_equal(evq_next_at_ns(journal.q), 1);
    evq_cancel(journal.q, first);
    assert_int_equal(evq_next_at_ns(journal.q), 3);
    assert_int_equal(evq_run(journal.q, 2), 0);
    assert_int_equal(evq_run(journal.q, 3), 1);
    evq_free(journal.q);
}

/* --- From within an event ---------------------------------------------------- */

struct inside {
    struct evq *q;
    struct evq_id self;
    struct evq_id victim;
    uint32_t count_seen;
    int64_t next_seen_at_ns;
    bool self_cancelled;
    bool victim_cancelled;
};

static void
look_around(void *arg, uint64_t data)
{
    struct inside *inside = arg;

    (void)data;
    inside->count_seen = evq_count(inside->q);
    inside->next_seen_at_ns = evq_next_at_ns(inside->q);
    inside->self_cancelled = evq_cancel(inside->q, inside->self);
    inside->victim_cancelled = evq_cancel(inside->q, inside->victim);
    evq_check(inside->q);
    for (int64_t i = 0; i < 3; i++) {
        evq_push(inside->q, 20 - i, 0, test_no_op, NULL, 0);
        evq_check(inside->q);
    }
    evq_stop(inside->q);
}

static void
test_evq_a_running_event_is_gone_and_may_push_cancel_stop(void **state)
{
    struct inside inside = {.q = evq_new(4)};

    (void)state;
    inside.self = evq_push(inside.q, 10, 0, look_around, &inside, 0);
    inside.victim = evq_push(inside.q, 15, 0, test_no_op, NULL, 0);
    evq_push(inside.q, 16, 0, test_no_op, NULL, 0);
    assert_int_equal(evq_run(inside.q, INT64_MAX), 1); /* stopped */
    assert_int_equal(inside.count_seen, 2);
    assert_int_equal(inside.next_seen_at_ns, 15);
    assert_false(inside.self_cancelled);
    assert_true(inside.victim_cancelled);
    assert_int_equal(evq_count(inside.q), 4);
    assert_int_equal(evq_next_at_ns(inside.q), 16);
    assert_int_equal(evq_run(inside.q, INT64_MAX), 4); /* and goes on */
    assert_int_equal(evq_now_ns(inside.q), 20);
    evq_free(inside.q);
}

static void
run_again(void *arg, uint64_t data)
{
    (void)data;
    expect_assert_failure(evq_run(arg, INT64_MAX));
    expect_assert_failure(evq_run_one(arg, INT64_MAX));
}

static void
test_evq_running_from_within_an_event_is_a_bug(void **state)
{
    struct evq *q = evq_new(1);

    (void)state;
    evq_push(q, 1, 0, run_again, q, 0);
    assert_int_equal(evq_run(q, 1), 1);
    evq_free(q);
}

/* --- The wrap of seq ---------------------------------------------------------- */

static void
push_later(void *arg, uint64_t data)
{
    struct journal *journal = arg;

    mark(arg, data);
    if (data < 90) {
        evq_push(journal->q, evq_now_ns(journal->q) + 5, 0, push_later, arg,
                 data + 10);
        evq_check(journal->q);
    }
}

static void
test_evq_seq_wraps_unseen(void **state)
{
    /* Ten events tied at one instant, each pushing its follower: the seqs run
     * out in the midst of them, wherever the start lies. */
    (void)state;
    for (uint32_t start = 1; start < 120; start++) {
        struct journal journal = {
            .q = evq_new_from(EVENTS_MAX, UINT32_MAX - start)};
        struct evq_id kept = push(&journal, 1000, 0, 1000);
        struct evq_id dropped = push(&journal, 1000, 0, 1001);

        assert_true(evq_cancel(journal.q, dropped));
        for (uint64_t i = 0; i < 10; i++) {
            evq_push(journal.q, 0, 0, push_later, &journal, i);
        }
        assert_int_equal(evq_run(journal.q, 999), 100);
        for (uint64_t i = 0; i < 100; i++) {
            assert_int_equal(journal.marks[i], i);
        }
        assert_true(evq_cancel(journal.q, kept)); /* ids outlive the wrap */
        assert_int_equal(evq_count(journal.q), 0);
        evq_free(journal.q);
    }
}

#define TEST(name) cmocka_unit_test(name)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_evq_ties_run_in_push_order),
        TEST(test_evq_order_is_instant_then_class_then_push),
        TEST(test_evq_runs_up_to_an_instant_inclusive),
        TEST(test_evq_takes_the_last_instant_there_is),
        TEST(test_evq_push_into_the_past_is_a_bug),
        TEST(test_evq_cancel_knows_a_stale_id),
        TEST(test_evq_full_says_so_until_an_event_is_gone),
        TEST(test_evq_grows_and_keeps_the_order),
        TEST(test_evq_a_full_queue_holds_48_bytes_an_event),
        TEST(test_evq_cancelled_events_do_not_pile_up),
        TEST(test_evq_next_looks_past_cancelled_events),
        TEST(test_evq_a_running_event_is_gone_and_may_push_cancel_stop),
        TEST(test_evq_running_from_within_an_event_is_a_bug),
        TEST(test_evq_seq_wraps_unseen),
    };

    return cmocka_run_group_tests_name("evq", tests, NULL, NULL);
}
