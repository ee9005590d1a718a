/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_session.c - turns of SMTP over a connection, and the client's clocks
 *
 * Pinned: when a turn's reply is there, on a path of 10 ms each way with no
 * limit of rate and hosts without latency, so that every instant is a multiple
 * of 10 ms; from when each timeout counts; which news comes and that none comes
 * after the last; that a session may be freed from within its news. Not pinned:
 * how TCP sends what is written (tests of models/tcp).
 */
#include "models/session.h"

#include <stdlib.h>

#include "sim/kernel/evq.h"
#include "tests/support/support.h"

enum { NEWS_MAX = 32, EVENTS_MAX = 1 << 16 };

#define MS NS_PER_MS

struct world {
    struct evq *evq;
    struct path_params path;
    struct path_params dead;
    struct path_luck luck;
    struct tcp_stack stack;
    struct session *session;
    struct session_turn next;  /* begun when the turn before is answered */
    enum session_news free_at; /* the news at which it frees itself, */
    bool is_freeing;           /* if it does */
    enum session_news news[NEWS_MAX];
    int64_t at_ns[NEWS_MAX];
    uint32_t news_count;
};

static void
on_news(void *arg, enum session_news news)
{
    struct world *world = arg;

    assert_true(world->news_count < NEWS_MAX);
    world->news[world->news_count] = news;
    world->at_ns[world->news_count++] = evq_now_ns(world->evq);
    if (world->is_freeing && news == world->free_at) {
        session_free(world->session);
        world->session = NULL;
    } else if (news == SESSION_ANSWERED && world->next.reply_bytes > 0) {
        const struct session_turn next = world->next;

        world->next = (struct session_turn){0};
        session_turn(world->session, &next);
    }
}

static int
setup(void **state)
{
    struct world *world = base_alloc(sizeof *world);

    world->evq = evq_new(EVENTS_MAX);
    world->path.name = "test";
    world->path.hops_count = 1;
    world->path.hops[0].delay_ns[TCP_CLIENT] = 10 * MS;
    world->path.hops[0].delay_ns[TCP_SERVER] = 10 * MS;
    world->dead = world->path;
    world->dead.hops[0].loss_ppm[TCP_CLIENT] = PPM;
    world->dead.hops[0].loss_ppm[TCP_SERVER] = PPM;
    path_luck_init(&world->luck, &world->dead, 1, 0);
    world->stack = *tcp_stack_named("linux");
    world->stack.latency_ns = 0;
    world->stack.tick_ns = 0;
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    struct world *world = *state;

    session_free(world->session);
    evq_free(world->evq);
    free(world);
    return 0;
}

/* begin - a session over this path, its banner's turn begun, its SYN sent */
static void
begin(struct world *world, const struct path_params *path,
      const struct session_turn *banner, int64_t connect_timeout_ns)
{
    const struct session_params params = {
        .connection = {.path = path,
                       .stacks = {&world->stack, &world->stack},
                       .luck = &world->luck,
                       .entity = 1,
                       .evq = world->evq},
        .notify = on_news,
        .arg = world,
    };

    world->session = session_new(&params);
    session_turn(world->session, banner);
    session_open(world->session, connect_timeout_ns);
}

static const struct session_turn banner = {.reply_bytes = 96,
                                           .timeout_ns = 300 * NS_PER_S};

static void
news_is(const struct world *world, uint32_t place, enum session_news news,
        int64_t at_ns)
{
    assert_true(place < world->news_count);
    assert_int_equal(world->news[place], news);
    assert_int_equal(world->at_ns[place], at_ns);
}

/* SYN 0 to 10 ms, SYN-ACK to 20, ACK to 30: then the server writes; 40. */
static void
test_session_banner_comes_two_round_trips_after_the_syn(void **state)
{
    struct world *world = *state;

    begin(world, &world->path, &banner, 0);
    evq_run(world->evq, NS_PER_S);
    news_is(world, 0, SESSION_CONNECTED, 20 * MS);
    news_is(world, 1, SESSION_ACCEPTED, 30 * MS);
    news_is(world, 2, SESSION_ANSWERED, 40 * MS);
    assert_int_equal(world->news_count, 3);
    assert_int_equal(session_reply_received_bytes(world->session), 96);
}

/* Asked at 40 ms, there at 50, thought about until 57, there at 67. */
static void
test_session_turn_takes_a_round_trip_and_the_thinking(void **state)
{
    struct world *world = *state;

    world->next = (struct session_turn){
        .command_bytes = 25, .reply_bytes = 170, .think_ns = 7 * MS};
    begin(world, &world->path, &banner, 0);
    evq_run(world->evq, 55 * MS);
    assert_int_equal(session_command_received_bytes(world->session), 25);
    assert_int_equal(session_reply_received_bytes(world->session), 0);
    evq_run(world->evq, NS_PER_S);
    news_is(world, 3, SESSION_ANSWERED, 67 * MS);
    assert_int_equal(world->news_count, 4);
    assert_int_equal(session_reply_received_bytes(world->session), 170);
}

/* The server thinks for 1 s; the client connects at 20 ms and waits 500. */
static void
test_session_greeting_timeout_counts_from_the_handshake(void **state)
{
    struct world *world = *state;
    const struct session_turn late = {
        .reply_bytes = 96, .think_ns = NS_PER_S, .timeout_ns = 500 * MS};

    begin(world, &world->path, &late, 0);
    evq_run(world->evq, 10 * NS_PER_S);
    news_is(world, 2, SESSION_TIMED_OUT, 520 * MS);
    assert_int_equal(world->news_count, 3);
    /* It came all the same: at 30 + 1000 + 10 ms. */
    assert_int_equal(session_reply_received_bytes(world->session), 96);
}

static void
test_session_reply_and_timeout_at_one_instant_is_a_reply(void **state)
{
    struct world *world = *state;

    world->next = (struct session_turn){
        .command_bytes = 25, .reply_bytes = 14, .timeout_ns = 20 * MS};
    begin(world, &world->path, &banner, 0);
    evq_run(world->evq, NS_PER_S);
    news_is(world, 3, SESSION_ANSWERED, 60 * MS);
    assert_int_equal(world->news_count, 4);
}

static void
test_session_timeout_a_moment_before_the_reply_wins(void **state)
{
    struct world *world = *state;

    world->next = (struct session_turn){
        .command_bytes = 25, .reply_bytes = 14, .timeout_ns = 20 * MS - 1};
    begin(world, &world->path, &banner, 0);
    evq_run(world->evq, NS_PER_S);
    news_is(world, 3, SESSION_TIMED_OUT, 60 * MS - 1);
    assert_int_equal(world->news_count, 4);
}

static void
test_session_without_a_connection_times_out(void **state)
{
    struct world *world = *state;

    begin(world, &world->dead, &banner, 5 * NS_PER_S);
    evq_run(world->evq, 1000 * NS_PER_S);
    news_is(world, 0, SESSION_TIMED_OUT, 5 * NS_PER_S);
    assert_int_equal(world->news_count, 1);
}

static void
test_session_fails_when_tcp_gives_up(void **state)
{
    struct world *world = *state;

    world->stack.syn_retries = 1;
    world->stack.linear_syns = 0;
    begin(world, &world->dead, &banner, 0);
    evq_run(world->evq, 1000 * NS_PER_S);
    assert_int_equal(world->news_count, 1);
    assert_int_equal(world->news[0], SESSION_FAILED);
}

/*
 * A body that the send buffer does not take whole, into a path that is dead
 * from 40 ms on: no progress, so the block's timeout ends it, and not the
 * reply's, which is shorter but has not begun.
 */
static void
test_session_full_buffer_without_progress_is_the_blocks_timeout(void **state)
{
    struct world *world = *state;
    const struct session_turn body = {.command_bytes = 10000000,
                                      .reply_bytes = 30,
                                      .timeout_ns = NS_PER_S,
                                      .block_timeout_ns = 3 * NS_PER_S};

    world->stack.send_buffer_bytes = 100000;
    begin(world, &world->path, &banner, 0);
    evq_run(world->evq, 40 * MS);
    tcp_connection_path_set(session_connection(world->session), &world->dead);
    session_turn(world->session, &body);
    evq_run(world->evq, 100 * NS_PER_S);
    news_is(world, 3, SESSION_TIMED_OUT, 3040 * MS);
    assert_int_equal(world->news_count, 4);
}

/*
 * 1 MB at 1 Mbit/s takes more than 8 s. Each block makes progress within 1 s,
 * and when the last byte is buffered at most 100 kB and the reply are still to
 * go, 0.9 s: neither timeout, though both are much shorter than the whole.
 */
static void
test_session_progress_puts_the_timeout_off(void **state)
{
    struct world *world = *state;
    const struct session_turn body = {.command_bytes = 1000000,
                                      .reply_bytes = 30,
                                      .timeout_ns = 1500 * MS,
                                      .block_timeout_ns = 1500 * MS};

    world->stack.send_buffer_bytes = 100000;
    world->path.hops[0].rate_bits_per_s[TCP_CLIENT] = 1000000;
    world->path.hops[0].queue_bytes[TCP_CLIENT] = 200000;
    world->next = body;
    begin(world, &world->path, &banner, 0);
    evq_run(world->evq, 100 * NS_PER_S);
    assert_int_equal(world->news_count, 4);
    assert_int_equal(world->news[3], SESSION_ANSWERED);
    assert_true(world->at_ns[3] > 8 * NS_PER_S);
}

static void
test_session_may_be_freed_from_its_news(void **state)
{
    struct world *world = *state;

    world->is_freeing = true;
    world->free_at = SESSION_CONNECTED;
    begin(world, &world->path, &banner, 60 * NS_PER_S);
    evq_run(world->evq, 100 * NS_PER_S);
    assert_int_equal(world->news_count, 1);
    assert_int_equal(evq_count(world->evq), 0);
}

static void
test_session_turn_within_a_turn_is_a_bug(void **state)
{
    struct world *world = *state;

    begin(world, &world->path, &banner, 0);
    expect_assert_failure(session_turn(world->session, &banner));
}

static void
test_session_command_before_the_connection_is_a_bug(void **state)
{
    struct world *world = *state;
    const struct session_turn command = {.command_bytes = 6, .reply_bytes = 14};

    const struct session_params params = {
        .connection = {.path = &world->path,
                       .stacks = {&world->stack, &world->stack},
                       .evq = world->evq},
        .notify = on_news,
        .arg = world,
    };

    world->session = session_new(&params);
    expect_assert_failure(session_turn(world->session, &command));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_session_banner_comes_two_round_trips_after_the_syn),
        TEST(test_session_turn_takes_a_round_trip_and_the_thinking),
        TEST(test_session_greeting_timeout_counts_from_the_handshake),
        TEST(test_session_reply_and_timeout_at_one_instant_is_a_reply),
        TEST(test_session_timeout_a_moment_before_the_reply_wins),
        TEST(test_session_without_a_connection_times_out),
        TEST(test_session_fails_when_tcp_gives_up),
        TEST(test_session_full_buffer_without_progress_is_the_blocks_timeout),
        TEST(test_session_progress_puts_the_timeout_off),
        TEST(test_session_may_be_freed_from_its_news),
        TEST(test_session_turn_within_a_turn_is_a_bug),
        TEST(test_session_command_before_the_connection_is_a_bug),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
