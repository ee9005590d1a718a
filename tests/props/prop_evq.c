/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_evq.c - random pushes, cancels and runs against a sorted array
 *
 * The reference keeps its events sorted by (due, class, number of the push)
 * and moves them all when one comes or goes. Both are asked the same at every
 * step; evq_check() walks the queue after each. Events push and cancel from
 * within, at instants that tie often. PROP_SEED=n repeats one history.
 */
#include "sim/kernel/evq.h"

#include <string.h>

#include "tests/support/histories.h"
#include "tests/support/support.h"

enum {
    HISTORIES = 300,
    STEPS = 1500,
    EVENTS_MAX = 200,
    INSIDE_MAX = 3 /* pushes and cancels of one event */
};

struct expected {
    int64_t due_at_ns;
    uint32_t class;
    uint64_t number; /* of the push; the event's data */
    struct evq_id id;
};

struct history {
    struct evq *q;
    struct expected pending[EVENTS_MAX]; /* in the order they will run */
    uint32_t pending_count;
    struct evq_id stale; /* of some event that is gone */
    uint64_t pushes_count;
    uint64_t runs_count;
    uint64_t random;
    uint32_t spread; /* instants to choose from: few means many ties */
};

static void on_event(void *arg, uint64_t data);

/* remove_at - takes the event at `index` out of the reference */
static struct expected
remove_at(struct history *history, uint32_t index)
{
    struct expected removed = history->pending[index];

    history->pending_count--;
    memmove(&history->pending[index], &history->pending[index + 1],
            (history->pending_count - index) * sizeof removed);
    history->stale = removed.id;
    return removed;
}

static void
push(struct history *history)
{
    struct expected event = {
        .due_at_ns =
            evq_now_ns(history->q) +
            (int64_t)test_random_below(&history->random, history->spread),
        .class = (uint32_t)test_random_below(&history->random, 3),
        .number = history->pushes_count++,
    };
    uint32_t at = history->pending_count;

    event.id = evq_push(history->q, event.due_at_ns, event.class, on_event,
                        history, event.number);
    if (history->pending_count == EVENTS_MAX) {
        assert_int_equal(event.id.generation, 0);
        return;
    }
    assert_int_not_equal(event.id.generation, 0);
    while (at > 0 && (history->pending[at - 1].due_at_ns > event.due_at_ns ||
                      (history->pending[at - 1].due_at_ns == event.due_at_ns &&
                       history->pending[at - 1].class > event.class))) {
        history->pending[at] = history->pending[at - 1];
        at--;
    }
    history->pending[at] = event;
    history->pending_count++;
}

static void
cancel(struct history *history)
{
    assert_false(evq_cancel(history->q, history->stale));
    if (history->pending_count > 0) {
        uint32_t index = (uint32_t)test_random_below(&history->random,
                                                     history->pending_count);

        assert_true(evq_cancel(history->q, history->pending[index].id));
        remove_at(history, index);
    }
    assert_false(evq_cancel(history->q, history->stale));
}

static void
assert_same(const struct history *history)
{
    evq_check(history->q);
    assert_int_equal(evq_count(history->q), history->pending_count);
    assert_int_equal(evq_next_at_ns(history->q),
                     history->pending_count == 0
                         ? INT64_MAX
                         : history->pending[0].due_at_ns);
}

static void
on_event(void *arg, uint64_t data)
{
    struct history *history = arg;

    assert_true(history->pending_count > 0);

    struct expected event = remove_at(history, 0);

    history->runs_count++;
    assert_int_equal(data, event.number);
    assert_int_equal(evq_now_ns(history->q), event.due_at_ns);
    assert_same(history);
    for (uint64_t n = test_random_below(&history->random, INSIDE_MAX + 1);
         n > 0; n--) {
        if (test_random_below(&history->random, 3) == 0) {
            cancel(history);
        } else {
            push(history);
        }
        assert_same(history);
    }
    if (test_random_below(&history->random, 4) == 0) {
        evq_stop(history->q);
    }
}

static void
step(struct history *history, uint64_t mood)
{
    uint64_t what = test_random_below(&history->random, 100);

    /* The mood of a history: how much of what it does is cancelling. */
    if (what < mood) {
        cancel(history);
    } else if (what < 75) {
        push(history);
    } else if (what < 90) {
        bool expected = history->pending_count > 0;

        assert_int_equal(evq_run_one(history->q, INT64_MAX), expected);
    } else {
        uint64_t before = history->runs_count;
        uint64_t runs = evq_run(history->q, evq_now_ns(history->q) +
                                                (int64_t)(history->spread / 4));

        assert_int_equal(history->runs_count - before, runs);
    }
    assert_same(history);
}

static void
history_run(uint64_t seed)
{
    static struct history history;
    uint64_t random = seed;
    uint64_t mood = 10 + test_random_below(&random, 50);
    uint32_t seq = seed % 3 == 0 ? UINT32_MAX - 700 : 1; /* wraps midway */
    static const uint32_t spreads[] = {1, 4, 50, 1000000};

    memset(&history, 0, sizeof history);
    history.q = evq_new_from(EVENTS_MAX, seq);
    history.random = seed;
    history.spread = spreads[seed % 4];
    for (uint32_t i = 0; i < STEPS; i++) {
        step(&history, mood);
    }
    while (evq_run(history.q, INT64_MAX) > 0 && history.runs_count < 20000) {
        assert_same(&history);
    }
    evq_free(history.q);
}

static void
test_evq_does_what_a_sorted_array_does(void **state)
{
    histories_each(state, HISTORIES, history_run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HISTORIES_TEST(test_evq_does_what_a_sorted_array_does, "prop_evq"),
    };

    return cmocka_run_group_tests_name("prop_evq", tests, NULL, NULL);
}
