/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_tcp_connection.c - packets on their way over hops, and a connection's life
 *
 * Pinned: that packets of one direction stay in order and arrive when the hops
 * say; what is seen where, also by middleboxes and of losses; that connections
 * on one line share it; that a connection which is used again is as a new one,
 * and leaves nothing in the queue when it is freed. How an end behaves is in
 * test_tcp_endpoint.c.
 */
#include "models/tcp/connection.h"

#include <stdlib.h>
#include <string.h>

#include "sim/kernel/digest.h"
#include "tests/support/support.h"

#define MS NS_PER_MS
#define US NS_PER_US

enum { SEEN_MAX = 4096 };

struct seen {
    int64_t at_ns;
    enum tcp_sight sight;
    enum tcp_side from;
    uint32_t hop;
    struct tcp_segment segment;
};

struct world {
    struct evq *evq;
    struct path_params path;
    struct path_luck luck;
    struct tcp_stack stack;
    struct hop_line line;
    struct hop_line *lines[2];
    struct tcp_watch watch;
    struct tcp_connection *connection;
    int64_t up_bytes; /* written when connected */
    int64_t down_bytes;
    struct seen seen[SEEN_MAX];
    uint32_t seen_count;
    struct digest digest;
};

static void
see(void *arg, const struct tcp_connection *connection, int64_t at_ns,
    enum tcp_sight sight, enum tcp_side from, uint32_t hop,
    const struct tcp_segment *segment)
{
    struct world *world = arg;
    const uint64_t words[] = {
        (uint64_t)at_ns,        (uint64_t)sight << 8 | (uint64_t)from,
        (uint64_t)segment->seq, (uint64_t)segment->ack,
        segment->payload_bytes, segment->window,
        segment->sacks_count};

    (void)connection;
    digest_record(&world->digest, words, 7);
    if (world->seen_count < SEEN_MAX) {
        world->seen[world->seen_count++] =
            (struct seen){at_ns, sight, from, hop, *segment};
    }
}

static void
on_news(void *arg, enum tcp_side side, enum tcp_news news)
{
    struct world *world = arg;
    struct tcp_endpoint *end = tcp_connection_end(world->connection, side);

    if (news == TCP_NEWS_CONNECTED) {
        tcp_endpoint_write(end, side == TCP_CLIENT ? world->up_bytes
                                                   : world->down_bytes);
    }
}

/* Two hops: 1 ms and a byte a microsecond, 10 ms without a limit. */
static int
setup(void **state)
{
    struct world *world = base_alloc(sizeof *world);

    world->evq = evq_new(1024);
    world->path.name = "test";
    world->path.hops_count = 2;
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        world->path.hops[0].delay_ns[side] = MS;
        world->path.hops[0].rate_bits_per_s[side] = 8000000;
        world->path.hops[1].delay_ns[side] = 10 * MS;
    }
    world->stack = *tcp_stack_named("linux");
    world->stack.latency_ns = 0;
    world->watch = (struct tcp_watch){see, world};
    digest_init(&world->digest);
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    struct world *world = *state;

    tcp_connection_free(world->connection);
    hop_queue_free(world->line.queue[TCP_CLIENT]);
    hop_queue_free(world->line.queue[TCP_SERVER]);
    evq_free(world->evq);
    digest_free(&world->digest);
    free(world);
    return 0;
}

static struct tcp_connection_params
params_of(struct world *world)
{
    path_luck_init(&world->luck, &world->path, 1, 0);
    return (struct tcp_connection_params){
        .path = &world->path,
        .stacks = {&world->stack, &world->stack},
        .luck = &world->luck,
        .lines = world->lines[0] == NULL ? NULL : world->lines,
        .entity = 1,
        .evq = world->evq,
        .notify = on_news,
        .notify_arg = world,
        .watch = &world->watch,
    };
}

static void
begin(struct world *world)
{
    const struct tcp_connection_params params = params_of(world);

    world->connection = tcp_connection_new(&params);
    tcp_connection_open(world->connection);
}

/* first - seen so, from this side */
static const struct seen *
first(const struct world *world, enum tcp_sight sight, enum tcp_side from)
{
    for (uint32_t i = 0; i < world->seen_count; i++) {
        if (world->seen[i].sight == sight && world->seen[i].from == from) {
            return &world->seen[i];
        }
    }
    return NULL;
}

static uint32_t
count(const struct world *world, enum tcp_sight sight, enum tcp_side from)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < world->seen_count; i++) {
        n += world->seen[i].sight == sight && world->seen[i].from == from;
    }
    return n;
}

/* A SYN of 60 bytes (20 of IP, 20, 20 of options): 60 us, 1 ms, 10 ms. Back the
 * fast hop comes first. */
static void
test_tcp_connection_packets_walk_the_hops_in_order(void **state)
{
    struct world *world = *state;

    begin(world);
    evq_run(world->evq, 30 * MS);
    const struct seen *syn = first(world, TCP_SIGHT_ARRIVED, TCP_CLIENT);
    assert_int_equal(syn->segment.flags, TCP_SYN);
    assert_int_equal(syn->at_ns, 11 * MS + 60 * US);
    assert_int_equal(syn->hop, 1);
    const struct seen *syn_ack = first(world, TCP_SIGHT_ARRIVED, TCP_SERVER);
    assert_int_equal(syn_ack->at_ns, 22 * MS + 120 * US);
    assert_int_equal(syn_ack->hop, 0);
}

static void
test_tcp_connection_host_adds_its_latency(void **state)
{
    struct world *world = *state;

    world->stack.latency_ns = 50 * US;
    begin(world);
    evq_run(world->evq, 30 * MS);
    assert_int_equal(first(world, TCP_SIGHT_ARRIVED, TCP_CLIENT)->at_ns,
                     11 * MS + 110 * US);
}

/* Without loss the sights of sending and of arriving are the same packets, in
 * the same order, and what arrives is what was sent. */
static void
test_tcp_connection_nothing_overtakes(void **state)
{
    struct world *world = *state;

    world->up_bytes = 400000;
    world->down_bytes = 100000;
    begin(world);
    evq_run(world->evq, 60 * NS_PER_S);
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        uint32_t arrived = 0;
        int64_t last_at_ns = 0;
        for (uint32_t sent = 0; sent < world->seen_count; sent++) {
            if (world->seen[sent].sight != TCP_SIGHT_SENT ||
                world->seen[sent].from != (enum tcp_side)side) {
                continue;
            }
            while (world->seen[arrived].sight != TCP_SIGHT_ARRIVED ||
                   world->seen[arrived].from != (enum tcp_side)side) {
                arrived++;
            }
            const struct seen *a = &world->seen[sent];
            const struct seen *b = &world->seen[arrived++];
            assert_int_equal(a->segment.seq, b->segment.seq);
            assert_int_equal(a->segment.ack, b->segment.ack);
            assert_int_equal(a->segment.payload_bytes,
                             b->segment.payload_bytes);
            assert_int_equal(a->segment.flags, b->segment.flags);
            assert_int_equal(a->segment.window, b->segment.window);
            assert_true(b->at_ns >= last_at_ns);
            last_at_ns = b->at_ns;
        }
    }
    assert_int_equal(tcp_endpoint_received_bytes(
                         tcp_connection_end(world->connection, TCP_SERVER)),
                     400000);
}

/* Blocks travel with their packets, through the queue of those under way. */
static void
test_tcp_connection_sacks_arrive_as_they_were_sent(void **state)
{
    struct world *world = *state;
    struct tcp_sack sent[SEEN_MAX];
    uint32_t sent_count = 0;
    uint32_t arrived_count = 0;

    world->up_bytes = 600000;
    world->path.hops[1].loss_ppm[TCP_CLIENT] = 20000;
    begin(world);
    evq_run(world->evq, 60 * NS_PER_S);
    for (uint32_t i = 0; i < world->seen_count; i++) {
        const struct seen *seen = &world->seen[i];
        for (uint32_t k = 0; k < seen->segment.sacks_count; k++) {
            if (seen->sight == TCP_SIGHT_SENT) {
                sent[sent_count++] = seen->segment.sacks[k];
            } else if (seen->sight == TCP_SIGHT_ARRIVED) {
                const struct tcp_sack *was = &sent[arrived_count++];
                assert_int_equal(seen->segment.sacks[k].from, was->from);
                assert_int_equal(seen->segment.sacks[k].until, was->until);
            }
        }
    }
    assert_int_equal(arrived_count, sent_count);
    assert_true(sent_count > 50);
}

/* Every packet that is sent arrives, is lost, or finds the queue full. */
static void
test_tcp_connection_every_packet_has_one_fate(void **state)
{
    struct world *world = *state;

    world->up_bytes = 500000;
    world->path.hops[0].queue_bytes[TCP_CLIENT] = 15000;
    world->path.hops[1].loss_ppm[TCP_CLIENT] = 10000;
    world->path.hops[0].middleboxes_count = 1;
    world->path.hops[0].middleboxes[0].fault = MIDDLEBOX_TRACK_SYN;
    begin(world);
    evq_run(world->evq, 3600 * NS_PER_S);
    assert_true(count(world, TCP_SIGHT_LOST, TCP_CLIENT) > 0);
    assert_true(count(world, TCP_SIGHT_OVERFLOW, TCP_CLIENT) > 0);
    assert_true(count(world, TCP_SIGHT_BOX_DROP, TCP_CLIENT) > 0);
    assert_true(world->seen_count < SEEN_MAX);
    assert_int_equal(count(world, TCP_SIGHT_SENT, TCP_CLIENT),
                     count(world, TCP_SIGHT_ARRIVED, TCP_CLIENT) +
                         count(world, TCP_SIGHT_LOST, TCP_CLIENT) +
                         count(world, TCP_SIGHT_OVERFLOW, TCP_CLIENT) +
                         count(world, TCP_SIGHT_BOX_DROP, TCP_CLIENT));
}

static void
test_tcp_connection_change_by_a_box_is_seen_behind_it(void **state)
{
    struct world *world = *state;

    world->path.hops[1].middleboxes_count = 1;
    world->path.hops[1].middleboxes[0].fault = MIDDLEBOX_SET_SYN;
    world->path.hops[1].middleboxes[0].value = 3;
    begin(world);
    evq_run(world->evq, 100 * MS);
    assert_int_equal(first(world, TCP_SIGHT_SENT, TCP_CLIENT)->segment.shift,
                     10);
    const struct seen *passed = first(world, TCP_SIGHT_PASSED, TCP_CLIENT);
    assert_int_equal(passed->segment.shift, 3);
    assert_int_equal(passed->hop, 1);
    assert_int_equal(passed->at_ns, MS + 60 * US);
    assert_int_equal(first(world, TCP_SIGHT_ARRIVED, TCP_CLIENT)->segment.shift,
                     3);
    assert_int_equal(count(world, TCP_SIGHT_PASSED, TCP_CLIENT), 1);
    assert_int_equal(
        tcp_endpoint_belief(tcp_connection_end(world->connection, TCP_SERVER))
            .send_shift,
        3);
}

/* Another's packet of 1000 bytes is on the line: the SYN waits 1 ms for it. On
 * a line of its own it would not. */
static void
test_tcp_connection_waits_behind_others_on_a_shared_line(void **state)
{
    struct world *world = *state;

    world->line.queue[TCP_CLIENT] = hop_queue_new();
    world->line.queue[TCP_SERVER] = hop_queue_new();
    world->lines[0] = &world->line;
    (void)hop_queue_pass(world->line.queue[TCP_CLIENT], &world->path.hops[0],
                         TCP_CLIENT, 0, 1000);
    begin(world);
    evq_run(world->evq, 30 * MS);
    assert_int_equal(first(world, TCP_SIGHT_ARRIVED, TCP_CLIENT)->at_ns,
                     12 * MS + 60 * US);
}

static void
test_tcp_connection_used_again_is_as_a_new_one(void **state)
{
    struct world *world = *state;
    char fresh[DIGEST_TEXT_SIZE];
    char again[DIGEST_TEXT_SIZE];

    world->up_bytes = 300000;
    world->down_bytes = 50000;
    world->path.hops[0].queue_bytes[TCP_CLIENT] = 20000;
    world->path.hops[1].loss_ppm[TCP_CLIENT] = 20000;
    world->path.hops[1].loss_ppm[TCP_SERVER] = 5000;
    begin(world);
    evq_run(world->evq, 600 * NS_PER_S);
    digest_format(&world->digest, fresh);
    assert_true(world->digest.records_count > 500);

    /* Once more from an empty queue at 0, in the middle of a transfer. */
    tcp_connection_free(world->connection);
    evq_free(world->evq);
    world->evq = evq_new(1024);
    begin(world);
    evq_run(world->evq, 200 * MS);
    assert_true(evq_count(world->evq) > 0);
    struct tcp_connection_params params = params_of(world);
    struct evq *other = evq_new(1024);
    tcp_connection_reset(world->connection, &params);
    assert_int_equal(evq_count(world->evq), 0);
    evq_free(world->evq);
    world->evq = other;
    params.evq = other;
    tcp_connection_reset(world->connection, &params);
    digest_free(&world->digest);
    digest_init(&world->digest);
    tcp_connection_open(world->connection);
    evq_run(world->evq, 600 * NS_PER_S);
    digest_format(&world->digest, again);
    assert_string_equal(fresh, again);
}

static void
test_tcp_connection_freed_leaves_no_event(void **state)
{
    struct world *world = *state;

    world->up_bytes = 300000;
    begin(world);
    evq_run(world->evq, 60 * MS);
    assert_true(evq_count(world->evq) > 0);
    tcp_connection_free(world->connection);
    world->connection = NULL;
    assert_int_equal(evq_count(world->evq), 0);
}

/* The fault goes after a second: what it had dropped is sent again. */
static void
test_tcp_connection_fault_can_end(void **state)
{
    struct world *world = *state;
    const struct path_params sound = world->path;

    world->up_bytes = 10000;
    world->path.hops[0].middleboxes_count = 1;
    world->path.hops[0].middleboxes[0].fault = MIDDLEBOX_DROP_SYN;
    begin(world);
    evq_run(world->evq, 2500 * MS);
    assert_int_equal(count(world, TCP_SIGHT_BOX_DROP, TCP_CLIENT), 3);
    tcp_connection_path_set(world->connection, &sound);
    evq_run(world->evq, 10 * NS_PER_S);
    assert_int_equal(tcp_endpoint_received_bytes(
                         tcp_connection_end(world->connection, TCP_SERVER)),
                     10000);
}

/* The second hop loses its delay while it holds a part of a window, and the first
 * hop the rest: that does not overtake. */
static void
test_tcp_connection_way_can_become_shorter(void **state)
{
    struct world *world = *state;
    struct path_params shorter = world->path;
    int64_t highest = 0;

    shorter.hops[1].delay_ns[TCP_CLIENT] = 0;
    world->up_bytes = 30000;
    begin(world);
    evq_run(world->evq, 30 * MS);
    tcp_connection_path_set(world->connection, &shorter);
    evq_run(world->evq, 10 * NS_PER_S);
    assert_int_equal(tcp_endpoint_received_bytes(
                         tcp_connection_end(world->connection, TCP_SERVER)),
                     30000);
    for (uint32_t i = 0; i < world->seen_count; i++) {
        if (world->seen[i].sight == TCP_SIGHT_ARRIVED &&
            world->seen[i].from == TCP_CLIENT) {
            assert_true(world->seen[i].segment.seq >= highest);
            highest = world->seen[i].segment.seq;
        }
    }
}

static void
on_start(void *arg, uint64_t data)
{
    (void)data;
    begin(arg);
}

/* progress_from - of a lossy transfer that begins so late, three seconds on */
static struct tcp_progress
progress_from(struct world *world, int64_t start_ns)
{
    world->up_bytes = 1000000;
    world->path.hops[0].loss_ppm[TCP_CLIENT] = 50000;
    evq_push(world->evq, start_ns, 0, on_start, world, 0);
    evq_run(world->evq, start_ns + 3 * NS_PER_S);
    const struct tcp_progress progress = tcp_endpoint_progress(
        tcp_connection_end(world->connection, TCP_CLIENT));
    tcp_connection_free(world->connection);
    world->connection = NULL;
    return progress;
}

/* A timestamp has 32 bits of milliseconds: after 49.7 days it begins again. The
 * starts are a power of 2 apart, so the ticks of both fall alike. */
static void
test_tcp_connection_goes_on_when_timestamps_begin_again(void **state)
{
    struct world *world = *state;
    const struct tcp_progress before =
        progress_from(world, (INT64_C(1) << 31) * MS - NS_PER_S);
    const struct tcp_progress across =
        progress_from(world, (INT64_C(1) << 32) * MS - NS_PER_S);

    assert_true(before.resent_count > 10);
    assert_int_equal(across.acked_seq, before.acked_seq);
    assert_int_equal(across.srtt_ns, before.srtt_ns);
    assert_int_equal(across.rto_ns, before.rto_ns);
    assert_int_equal(across.resent_count, before.resent_count);
}

/* A router raises both shifts, so both ends send far beyond what the other
 * offers, and each finds the other's acknowledgements out of place. Of these it
 * answers two a second. One answer for each would be hundreds of thousands of
 * segments in this minute; the data are some 700 each way. */
static void
test_tcp_connection_ends_do_not_answer_each_other_for_ever(void **state)
{
    struct world *world = *state;

    world->stack = *tcp_stack_named("bsd");
    world->up_bytes = 1000000;
    world->down_bytes = 1000000;
    world->path.hops[0].queue_bytes[TCP_CLIENT] = 131072;
    world->path.hops[0].queue_bytes[TCP_SERVER] = 131072;
    world->path.hops[0].middleboxes_count = 1;
    world->path.hops[0].middleboxes[0] = (struct middlebox_params){
        .fault = MIDDLEBOX_SET_BOTH, .value = TCP_SHIFT_MAX};
    begin(world);
    evq_run(world->evq, 60 * NS_PER_S);
    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        assert_true(
            tcp_endpoint_progress(
                tcp_connection_end(world->connection, (enum tcp_side)side))
                .sent_count < 2000);
    }
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_tcp_connection_packets_walk_the_hops_in_order),
        WORLD(test_tcp_connection_host_adds_its_latency),
        WORLD(test_tcp_connection_nothing_overtakes),
        WORLD(test_tcp_connection_sacks_arrive_as_they_were_sent),
        WORLD(test_tcp_connection_every_packet_has_one_fate),
        WORLD(test_tcp_connection_change_by_a_box_is_seen_behind_it),
        WORLD(test_tcp_connection_waits_behind_others_on_a_shared_line),
        WORLD(test_tcp_connection_used_again_is_as_a_new_one),
        WORLD(test_tcp_connection_freed_leaves_no_event),
        WORLD(test_tcp_connection_fault_can_end),
        WORLD(test_tcp_connection_way_can_become_shorter),
        WORLD(test_tcp_connection_goes_on_when_timestamps_begin_again),
        WORLD(test_tcp_connection_ends_do_not_answer_each_other_for_ever),
    };

    return cmocka_run_group_tests_name("tcp_connection", tests, NULL, NULL);
}
