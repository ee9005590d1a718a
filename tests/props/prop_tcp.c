/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_tcp.c - random stacks, paths, faults and writes: what always holds
 *
 * Two ends write to each other in pieces, at random instants, over one to three
 * hops with random rates, queues, losses and a middlebox that may mishandle
 * window scaling. Whatever happens:
 *
 *     - all that was written arrives, or an end says that it has failed: the
 *       queue never runs dry with neither, unless a window of 0 is probed for
 *       ever and the probes are answered (RFC 9293, 3.8.6.1); on a path without
 *       loss and fault none fails;
 *     - nothing new goes beyond the window its sender believes in, nothing but
 *       a probe beyond what congestion allows;
 *     - no acknowledgement is of what was not sent, none goes back;
 *     - the counts of the scoreboard are those of its segments;
 *     - events are bounded by segments; after the free none is pending.
 *
 * PROP_SEED=n repeats one history, PROP_RUNS=n makes more of them.
 */
#include <stdbool.h>
#include <string.h>

#include "models/tcp/connection.h"
#include "models/tcp/endpoint_parts.h"
#include "tests/support/histories.h"
#include "tests/support/support.h"

enum {
    HISTORIES = 1500,
    EVENTS_MAX = 4096,
    PIECES_MAX = 6,
    /* An event may be an arrival at each of three hops or a timer. */
    EVENTS_PER_SEGMENT = 3 + 3,
    EVENTS_BESIDE = 200
};

#define HORIZON_NS (40 * NS_PER_DAY)

struct host {
    struct tcp_stack stack;
    int64_t written;
    int64_t acked; /* as told */
    int64_t ack_seen;
    uint64_t sent_count;
    bool is_connected;
    bool is_closed; /* by its application */
    bool is_end_seen;
    bool has_failed;
    bool is_aborted;
};

struct history {
    struct evq *evq;
    struct tcp_connection *connection;
    struct path_params path;
    struct path_params path_later;
    struct path_luck luck;
    struct host hosts[TCP_SIDES_COUNT];
    uint64_t random;
    uint64_t news_count;
    bool is_clean; /* neither loss nor fault, only queues */
    bool is_free;
};

static uint64_t
below(struct history *history, uint64_t limit)
{
    return test_random_below(&history->random, limit);
}

static bool
one_in(struct history *history, uint64_t n)
{
    return below(history, n) == 0;
}

/* spread - from low to high, small ones as often as large ones */
static int64_t
spread(struct history *history, int64_t low, int64_t high)
{
    int64_t doublings = 0;

    while (low << (doublings + 1) <= high) {
        doublings++;
    }
    const int64_t base = low << below(history, (uint64_t)doublings + 1);
    return i64_min(base + (int64_t)below(history, (uint64_t)base), high);
}

/* --- What is made ---------------------------------------------------------- */

static void
stack_draw(struct history *history, struct tcp_stack *stack)
{
    static const int64_t ticks_ns[] = {0, NS_PER_MS, 4 * NS_PER_MS,
                                       10 * NS_PER_MS};
    uint32_t count = 0;

    while (tcp_stack_name(count) != NULL) {
        count++;
    }
    *stack = *tcp_stack_named(tcp_stack_name((uint32_t)below(history, count)));
    if (one_in(history, 2)) {
        stack->shift = (int32_t)below(history, 16) - 1;
    }
    if (one_in(history, 3)) {
        stack->congestion = one_in(history, 2) ? TCP_RENO : TCP_CUBIC;
        stack->sws = one_in(history, 2) ? TCP_SWS_LINUX : TCP_SWS_BSD;
        stack->tuning = (enum tcp_tuning)below(history, 3);
    }
    if (one_in(history, 3)) {
        stack->mss_bytes = (int32_t)spread(history, MSS_MIN, 1460);
    }
    if (one_in(history, 3)) {
        stack->window_first_bytes = spread(history, 1024, 1 << 20);
        stack->window_max_bytes =
            i64_max(stack->window_max_bytes, stack->window_first_bytes);
    }
    stack->window_clamp_bytes =
        one_in(history, 6) ? spread(history, 2048, 1 << 18) : 0;
    stack->has_sack = !one_in(history, 5);
    stack->has_timestamps = !one_in(history, 4);
    stack->tick_ns = ticks_ns[below(history, 4)];
    stack->initial_window = 1 + (int32_t)below(history, 12);
}

static void
box_draw(struct history *history, struct middlebox_params *box)
{
    box->fault = (enum middlebox_fault)below(history, MIDDLEBOX_FAULTS_COUNT);
    box->value = 0;
    box->directions = 0;
    if (box->fault == MIDDLEBOX_CLAMP) {
        box->value = (int32_t)spread(history, 64, TCP_WINDOW_MAX);
    } else if (box->fault == MIDDLEBOX_CLEAR) {
        box->value = 1 + (int32_t)below(history, 31);
        box->directions = (uint8_t)below(history, 4);
    } else if (box->fault >= MIDDLEBOX_SET_SYN &&
               box->fault <= MIDDLEBOX_SET_BOTH) {
        box->value = (int32_t)below(history, TCP_SHIFT_MAX + 1);
    }
}

static void
hop_draw(struct history *history, struct hop_params *hop)
{
    static const int32_t losses[] = {0, 0, 0, 1000, 10000, 50000, 200000};

    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        hop->rate_bits_per_s[side] =
            one_in(history, 3) ? 0
                               : spread(history, 64000, INT64_C(1000000000));
        hop->delay_ns[side] = spread(history, 1000, 300 * NS_PER_MS);
        hop->queue_bytes[side] =
            one_in(history, 2) ? 0 : spread(history, 3000, 300000);
        hop->loss_ppm[side] = losses[below(history, 7)];
        history->is_clean = history->is_clean && hop->loss_ppm[side] == 0;
    }
}

static void
path_draw(struct history *history)
{
    struct path_params *path = &history->path;

    path->name = "any";
    history->is_clean = true;
    path->hops_count = 1 + (uint32_t)below(history, 3);
    for (uint32_t i = 0; i < path->hops_count; i++) {
        hop_draw(history, &path->hops[i]);
    }
    history->path_later = *path;
    struct hop_params *hop = &path->hops[below(history, path->hops_count)];
    if (one_in(history, 2)) {
        hop->middleboxes_count = 1;
        box_draw(history, &hop->middleboxes[0]);
        history->is_clean =
            hop->middleboxes[0].fault == MIDDLEBOX_NONE && history->is_clean;
    }
    if (!one_in(history, 3)) {
        history->path_later = *path; /* the fault never goes */
    }
    path_luck_init(&history->luck, path, history->random, 0);
}

/* --- What is seen ---------------------------------------------------------- */

/* board_check - the counts are those of the segments, which lie side by side */
static void
board_check(const struct sender *snd)
{
    int64_t sacked = 0;
    int64_t lost = 0;
    int64_t repeated = 0;
    int64_t seq = snd->una;

    for (uint64_t i = snd->ring.first; i != snd->ring.next; i++) {
        const struct sent *sent = ring_at(&snd->ring, i);
        sacked += (sent->flags & SENT_SACKED) != 0;
        lost += (sent->flags & SENT_LOST) != 0;
        repeated += (sent->flags & SENT_AGAIN) != 0;
        assert_false((sent->flags & SENT_SACKED) &&
                     (sent->flags & (SENT_LOST | SENT_AGAIN)));
        assert_int_equal(sent->seq, seq);
        seq += (int64_t)sent->bytes + ((sent->flags & SENT_FIN) != 0);
    }
    assert_int_equal(seq, snd->next);
    assert_int_equal(sacked, snd->sacked_count);
    assert_int_equal(lost, snd->lost_count);
    assert_int_equal(repeated, snd->repeated_count);
}

static void
sent_check(struct history *history, enum tcp_side from,
           const struct tcp_segment *segment)
{
    struct host *host = &history->hosts[from];
    const struct tcp_endpoint *end =
        tcp_connection_end_const(history->connection, from);
    const struct sender *snd = &end->snd;

    host->sent_count++;
    if (segment->flags & (TCP_SYN | TCP_RST)) {
        return;
    }
    assert_true(segment->flags & TCP_ACK);
    assert_true(segment->ack >= host->ack_seen); /* never goes back */
    host->ack_seen = segment->ack;
    assert_true(segment->payload_bytes <= (uint32_t)end->snd.mss_full);
    if (segment->payload_bytes == 0) {
        return;
    }
    assert_true(segment->seq + (int64_t)segment->payload_bytes <= snd->written);
    if (segment->seq == snd->next) {
        assert_true(segment->seq + (int64_t)segment->payload_bytes <=
                    snd->una + snd->window);
        const bool is_probe =
            snd->retry == RETRY_PROBE_TAIL && snd->alarm.due_at_ns < 0;
        assert_true(is_probe || in_flight(snd) < snd->cwnd);
    } else {
        assert_true(segment->seq < snd->una + snd->window ||
                    segment->seq == snd->una);
    }
}

static void
see(void *arg, const struct tcp_connection *connection, int64_t at_ns,
    enum tcp_sight sight, enum tcp_side from, uint32_t hop,
    const struct tcp_segment *segment)
{
    struct history *history = arg;

    (void)connection;
    (void)at_ns;
    (void)hop;
    if (sight == TCP_SIGHT_SENT) {
        sent_check(history, from, segment);
    }
}

static void
on_news(void *arg, enum tcp_side side, enum tcp_news news)
{
    struct history *history = arg;
    struct host *host = &history->hosts[side];
    const struct tcp_endpoint *end =
        tcp_connection_end_const(history->connection, side);
    const struct tcp_endpoint *peer =
        tcp_connection_end_const(history->connection, tcp_other(side));

    assert_false(history->is_free);
    assert_false(host->has_failed);
    assert_false(host->is_aborted);
    assert_true(news == TCP_NEWS_CONNECTED || news == TCP_NEWS_FAILED ||
                host->is_connected);
    history->news_count++;
    switch (news) {
    case TCP_NEWS_CONNECTED:
        assert_false(host->is_connected);
        host->is_connected = true;
        return;
    case TCP_NEWS_DATA:
        assert_true(tcp_endpoint_received_bytes(end) <=
                    tcp_endpoint_written_bytes(peer));
        return;
    case TCP_NEWS_ACKED:
        assert_true(tcp_endpoint_acked_bytes(end) <=
                    tcp_endpoint_received_bytes(peer));
        return;
    case TCP_NEWS_CLOSED:
        assert_false(host->is_end_seen);
        assert_int_equal(tcp_endpoint_received_bytes(end),
                         tcp_endpoint_written_bytes(peer));
        host->is_end_seen = true;
        return;
    case TCP_NEWS_FAILED:
        host->has_failed = true;
        return;
    }
    fail_msg("no such news");
}

/* --- What is done ---------------------------------------------------------- */

static void
on_write(void *arg, uint64_t data)
{
    struct history *history = arg;
    const enum tcp_side side = data & 1 ? TCP_SERVER : TCP_CLIENT;
    struct host *host = &history->hosts[side];

    if (!host->is_closed && !host->is_aborted) {
        host->written += (int64_t)(data >> 1);
        tcp_endpoint_write(tcp_connection_end(history->connection, side),
                           (int64_t)(data >> 1));
    }
}

static void
on_close(void *arg, uint64_t data)
{
    struct history *history = arg;
    struct host *host = &history->hosts[data];

    if (!host->is_aborted) {
        host->is_closed = true;
        tcp_endpoint_close(
            tcp_connection_end(history->connection, (enum tcp_side)data));
    }
}

static void
on_abort(void *arg, uint64_t data)
{
    struct history *history = arg;

    history->hosts[data].is_aborted = true;
    tcp_endpoint_abort(
        tcp_connection_end(history->connection, (enum tcp_side)data));
}

static void
on_path(void *arg, uint64_t data)
{
    struct history *history = arg;

    (void)data;
    tcp_connection_path_set(history->connection, &history->path_later);
}

static void
actions_draw(struct history *history)
{
    const int64_t span_ns = spread(history, NS_PER_MS, 20 * NS_PER_S);

    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        for (uint64_t n = below(history, PIECES_MAX + 1); n > 0; n--) {
            const uint64_t bytes = (uint64_t)spread(history, 1, 300000);
            evq_push(history->evq, (int64_t)below(history, (uint64_t)span_ns),
                     0, on_write, history, bytes << 1 | (uint64_t)side);
        }
        if (one_in(history, 2)) {
            evq_push(history->evq, span_ns, 0, on_close, history,
                     (uint64_t)side);
        }
    }
    if (one_in(history, 20)) {
        evq_push(history->evq, (int64_t)below(history, (uint64_t)span_ns), 0,
                 on_abort, history, below(history, 2));
    }
    evq_push(history->evq, span_ns / 2, 0, on_path, history, 0);
}

/* run_checked - to the end, with the scoreboards looked at after each event */
static uint64_t
run_checked(struct history *history)
{
    uint64_t events_count = 0;

    while (evq_run_one(history->evq, HORIZON_NS)) {
        events_count++;
        if (events_count % 16 != 0) {
            continue;
        }
        for (int side = 0; side < TCP_SIDES_COUNT; side++) {
            const struct tcp_endpoint *end = tcp_connection_end_const(
                history->connection, (enum tcp_side)side);
            if (end->state == TCP_STATE_ESTABLISHED) {
                board_check(&end->snd);
            }
        }
    }
    return events_count;
}

/* is_probing - an end is shown no window at all, and asks again and again */
static bool
is_probing(const struct history *history)
{
    bool probes = false;

    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        const struct tcp_endpoint *end =
            tcp_connection_end_const(history->connection, (enum tcp_side)side);
        probes = probes ||
                 (end->state == TCP_STATE_ESTABLISHED && end->snd.window == 0 &&
                  end->snd.retry == RETRY_PROBE_WINDOW);
    }
    return probes;
}

static void
end_check(struct history *history, uint64_t events_count)
{
    const struct host *hosts = history->hosts;
    const bool is_aborted = hosts[0].is_aborted || hosts[1].is_aborted;
    const bool has_failed =
        hosts[0].has_failed || hosts[1].has_failed || is_aborted;

    assert_true(!has_failed || is_aborted || !history->is_clean);

    if (is_probing(history)) {
        return;
    }
    assert_int_equal(evq_count(history->evq), 0);
    assert_true(events_count <=
                EVENTS_BESIDE + EVENTS_PER_SEGMENT * (hosts[0].sent_count +
                                                      hosts[1].sent_count));
    for (int side = 0; side < TCP_SIDES_COUNT && !has_failed; side++) {
        const struct tcp_endpoint *end =
            tcp_connection_end_const(history->connection, (enum tcp_side)side);
        const struct tcp_endpoint *peer = tcp_connection_end_const(
            history->connection, tcp_other((enum tcp_side)side));
        assert_true(hosts[side].is_connected);
        assert_int_equal(tcp_endpoint_written_bytes(end), hosts[side].written);
        assert_int_equal(tcp_endpoint_received_bytes(peer),
                         hosts[side].written);
        assert_int_equal(tcp_endpoint_acked_bytes(end), hosts[side].written);
        assert_int_equal(hosts[tcp_other((enum tcp_side)side)].is_end_seen,
                         hosts[side].is_closed);
    }
}

static void
history_run(uint64_t seed)
{
    static struct history history;

    memset(&history, 0, sizeof history);
    history.random = seed;
    history.evq = evq_new(EVENTS_MAX);
    path_draw(&history);
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        stack_draw(&history, &history.hosts[side].stack);
    }
    const struct tcp_watch watch = {see, &history};
    const struct tcp_connection_params params = {
        .path = &history.path,
        .stacks = {&history.hosts[0].stack, &history.hosts[1].stack},
        .luck = &history.luck,
        .entity = seed,
        .evq = history.evq,
        .notify = on_news,
        .notify_arg = &history,
        .watch = &watch,
    };
    history.connection = tcp_connection_new(&params);
    tcp_connection_open(history.connection);
    actions_draw(&history);
    if (one_in(&history, 8)) { /* freed in the middle of it */
        evq_run(history.evq, (int64_t)below(&history, 20 * NS_PER_S));
        tcp_connection_free(history.connection);
        history.is_free = true;
        /* What is left are this test's own events. */
        assert_true(evq_count(history.evq) <= 2 * PIECES_MAX + 4);
    } else {
        end_check(&history, run_checked(&history));
        tcp_connection_free(history.connection);
        assert_int_equal(evq_count(history.evq), 0);
    }
    evq_free(history.evq);
}

static void
test_tcp_delivers_all_or_says_that_it_failed(void **state)
{
    histories_each(state, HISTORIES, history_run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HISTORIES_TEST(test_tcp_delivers_all_or_says_that_it_failed,
                       "prop_tcp"),
    };

    return cmocka_run_group_tests_name("prop_tcp", tests, NULL, NULL);
}
