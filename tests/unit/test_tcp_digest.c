/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_tcp_digest.c - every segment of a hundred transfers, as one number
 *
 * Pinned: when which segment leaves, with all that is in its header, of every
 * known stack behind every fault, with and without loss. What is meant to be
 * faster must not change it. What is meant to change it (a rule, a constant of
 * the model) puts the new number here, in the same commit, and says why.
 */
#include <stdio.h>
#include <string.h>

#include "models/tcp/connection.h"
#include "sim/kernel/digest.h"
#include "tests/support/support.h"

#define DIGEST     "15f9f25c8ca68f0e8857d80e5d526b87"
#define HORIZON_NS (600 * NS_PER_S)

struct run {
    struct evq *evq;
    struct tcp_connection *connection;
    struct digest digest;
    uint64_t segments_count;
};

static void
see(void *arg, const struct tcp_connection *connection, int64_t at_ns,
    enum tcp_sight sight, enum tcp_side from, uint32_t hop,
    const struct tcp_segment *segment)
{
    struct run *run = arg;
    uint64_t words[6 + 2 * TCP_SACKS_MAX] = {
        (uint64_t)at_ns << 1 | (uint64_t)from,
        (uint64_t)segment->seq,
        (uint64_t)segment->ack,
        (uint64_t)segment->payload_bytes << 32 | segment->window,
        (uint64_t)segment->timestamp_ms << 32 | segment->timestamp_echo_ms,
        (uint64_t)segment->mss_bytes << 32 | (uint64_t)segment->flags << 24 |
            (uint64_t)segment->options << 16 | (uint64_t)segment->shift << 8 |
            segment->sacks_count};

    (void)connection;
    (void)hop;
    if (sight != TCP_SIGHT_SENT) {
        return;
    }
    for (uint32_t i = 0; i < segment->sacks_count; i++) {
        words[6 + 2 * i] = (uint64_t)segment->sacks[i].from;
        words[7 + 2 * i] = (uint64_t)segment->sacks[i].until;
    }
    digest_record(&run->digest, words, 6 + 2 * (uint32_t)segment->sacks_count);
    run->segments_count++;
}

/* A banner, then a message each way. */
static void
on_news(void *arg, enum tcp_side side, enum tcp_news news)
{
    struct run *run = arg;

    if (news == TCP_NEWS_CONNECTED) {
        struct tcp_endpoint *end = tcp_connection_end(run->connection, side);

        tcp_endpoint_write(end, side == TCP_SERVER ? 96 : 25);
        tcp_endpoint_write(end, 150000);
        tcp_endpoint_close(end);
    }
}

/* transfer - over two hops: a slow, lossy one with the fault, and a fast one */
static void
transfer(struct run *run, const struct tcp_stack *client,
         enum middlebox_fault fault, int32_t loss_ppm)
{
    struct path_params path = {.name = "digest", .hops_count = 2};
    struct path_luck luck;

    for (int side = 0; side < TCP_SIDES_COUNT; side++) {
        path.hops[0].rate_bits_per_s[side] = 20000000;
        path.hops[0].delay_ns[side] = 12 * NS_PER_MS;
        path.hops[0].queue_bytes[side] = 40000;
        path.hops[0].loss_ppm[side] = loss_ppm;
        path.hops[1].rate_bits_per_s[side] = 1000000000;
        path.hops[1].delay_ns[side] = NS_PER_MS;
    }
    path.hops[0].middleboxes_count = 1;
    path.hops[0].middleboxes[0] = (struct middlebox_params){
        .fault = fault,
        .value = fault == MIDDLEBOX_CLAMP   ? 1000
                 : fault == MIDDLEBOX_CLEAR ? TCP_OPTION_SACK_PERMITTED
                                            : 0};
    path_luck_init(&luck, &path, 1, 0);
    const struct tcp_watch watch = {see, run};
    const struct tcp_connection_params params = {
        .path = &path,
        .stacks = {client, tcp_stack_named("linux")},
        .luck = &luck,
        .entity = fault,
        .evq = run->evq,
        .notify = on_news,
        .notify_arg = run,
        .watch = &watch,
    };
    run->connection = tcp_connection_new(&params);
    tcp_connection_open(run->connection);
    evq_run(run->evq, evq_now_ns(run->evq) + HORIZON_NS);
    tcp_connection_free(run->connection);
}

static void
test_tcp_digest_of_all_segments_is_as_before(void **state)
{
    struct run run = {.evq = evq_new(1024)};
    char text[DIGEST_TEXT_SIZE];

    (void)state;
    digest_init(&run.digest);
    for (uint32_t i = 0; tcp_stack_name(i) != NULL; i++) {
        for (int fault = 0; fault < MIDDLEBOX_FAULTS_COUNT; fault++) {
            const struct tcp_stack *stack = tcp_stack_named(tcp_stack_name(i));

            transfer(&run, stack, (enum middlebox_fault)fault, 0);
            transfer(&run, stack, (enum middlebox_fault)fault, 10000);
        }
    }
    digest_format(&run.digest, text);
    digest_free(&run.digest);
    evq_free(run.evq);
    if (strcmp(text, DIGEST) != 0) {
        printf("%llu segments: DIGEST is now \"%s\"\n",
               (unsigned long long)run.segments_count, text);
    }
    assert_string_equal(text, DIGEST);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp_digest_of_all_segments_is_as_before),
    };

    return cmocka_run_group_tests_name("tcp_digest", tests, NULL, NULL);
}
