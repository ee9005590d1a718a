/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_tcp_endpoint.c - one end against a script of segments
 *
 * Pinned: the handshake's options and shifts, when a SYN is sent again, what is
 * read and written in window fields, how a window smaller than a segment is
 * met, when an end acknowledges, closes, fails. Recovery from losses is in
 * test_tcp_recovery.c. The other side is written out in each test; round trips
 * are 20 ms, so that Linux's first RTO is 20 + 200 ms.
 */
#include "tests/support/oneend.h"
#include "tests/support/support.h"

#define MS  NS_PER_MS
#define S   NS_PER_S
#define RTT (20 * MS)

static const struct tcp_stack *
stack_of(const char *name)
{
    const struct tcp_stack *stack = tcp_stack_named(name);

    assert_non_null(stack);
    return stack;
}

static struct oneend *
linux_end(enum tcp_side side)
{
    return oneend_new(stack_of("linux"), side);
}

static int
teardown(void **state)
{
    oneend_free(*state);
    return 0;
}

/* forget - what was sent so far is not the test's */
static void
forget(struct oneend *one)
{
    one->read_count = one->sent_count;
}

static void
next_is_data(struct oneend *one, int64_t at_ns, int64_t seq, uint32_t bytes)
{
    assert_int_equal(oneend_next_at_ns(one), at_ns);
    const struct tcp_segment *segment = oneend_next(one);
    assert_int_equal(segment->seq, seq);
    assert_int_equal(segment->payload_bytes, bytes);
}

static void
next_is_none(const struct oneend *one)
{
    assert_int_equal(oneend_next_at_ns(one), -1);
}

/* --- Handshake ------------------------------------------------------------- */

/* 44 segments of 1460 are the most whole ones in 65536: 64240. */
static void
test_tcp_endpoint_syn_offers_what_the_stack_has(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    tcp_endpoint_open(one->end);
    const struct tcp_segment *syn = oneend_next(one);
    assert_int_equal(syn->flags, TCP_SYN);
    assert_int_equal(syn->seq, 0);
    assert_int_equal(syn->mss_bytes, 1460);
    assert_int_equal(syn->shift, 10);
    assert_int_equal(syn->window, 64240);
    assert_int_equal(syn->options, TCP_OPTION_MSS | TCP_OPTION_SCALE |
                                       TCP_OPTION_SACK_PERMITTED |
                                       TCP_OPTION_TIMESTAMP);
}

/* 64240 / 1024 = 62.7: shown as 63 of them, in the third segment and after. */
static void
test_tcp_endpoint_field_is_rounded_up_to_the_shift(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, 7, 65160, 0);
    (void)oneend_next(one);
    const struct tcp_segment *ack = oneend_next(one);
    assert_int_equal(ack->flags, TCP_ACK);
    assert_int_equal(ack->ack, 1);
    assert_int_equal(ack->window, 63);
    assert_int_equal(one->news[0], TCP_NEWS_CONNECTED);
}

/* 7300 bytes in units of 16384 is one unit, not none. */
static void
test_tcp_endpoint_largest_shift_never_shows_nothing(void **state)
{
    struct tcp_stack stack = *stack_of("linux");

    stack.shift = 14;
    stack.window_first_bytes = 8192;
    struct oneend *one = *state = oneend_new(&stack, TCP_CLIENT);
    oneend_connect(one, RTT, 7, 65160, 0);
    assert_int_equal(oneend_next(one)->window, 7300);
    assert_int_equal(oneend_next(one)->window, 1);
}

static void
test_tcp_endpoint_syn_window_is_never_scaled(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, 7, 1000, 0);
    struct tcp_belief belief = tcp_endpoint_belief(one->end);
    assert_true(belief.is_scaling);
    assert_int_equal(belief.send_shift, 7);
    assert_int_equal(belief.receive_shift, 10);
    assert_int_equal(belief.send_window_bytes, 1000);
    oneend_receive(one, TCP_ACK, 1, 1, 1000, 0);
    assert_int_equal(tcp_endpoint_belief(one->end).send_window_bytes, 128000);
}

static void
test_tcp_endpoint_shift_above_fourteen_is_read_as_fourteen(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, 15, 1, 0);
    assert_int_equal(tcp_endpoint_belief(one->end).send_shift, 14);
    oneend_receive(one, TCP_ACK, 1, 1, 3, 0);
    assert_int_equal(tcp_endpoint_belief(one->end).send_window_bytes,
                     3 * 16384);
}

/* The SYN-ACK came without the option: what the client offered is void. */
static void
test_tcp_endpoint_client_without_an_answer_scales_nothing(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, TCP_SHIFT_NONE, 65160, 0);
    const struct tcp_belief belief = tcp_endpoint_belief(one->end);
    assert_false(belief.is_scaling);
    assert_int_equal(belief.send_shift, 0);
    assert_int_equal(belief.receive_shift, 0);
    (void)oneend_next(one);
    assert_true(oneend_next(one)->window > 60000);
}

static void
test_tcp_endpoint_server_answers_only_what_was_offered(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);

    oneend_connect(one, RTT, TCP_SHIFT_NONE, 64240, 64240);
    const struct tcp_segment *syn_ack = oneend_next(one);
    assert_int_equal(syn_ack->flags, TCP_SYN | TCP_ACK);
    assert_int_equal(syn_ack->ack, 1);
    assert_int_equal(syn_ack->options,
                     TCP_OPTION_MSS | TCP_OPTION_SACK_PERMITTED);
    assert_false(tcp_endpoint_belief(one->end).is_scaling);
}

/* A SYN whose shift was rewritten to 0: scaling is on, and the client's field
 * of 251 is taken for 251 bytes. */
static void
test_tcp_endpoint_server_believes_the_shift_that_came(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);

    oneend_connect(one, RTT, 0, 64240, 251);
    const struct tcp_belief belief = tcp_endpoint_belief(one->end);
    assert_true(belief.is_scaling);
    assert_int_equal(belief.send_shift, 0);
    assert_int_equal(belief.receive_shift, 10);
    assert_int_equal(belief.send_window_bytes, 251);
}

static void
syns_are_at(struct oneend *one, const int64_t *at_s, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(oneend_next_at_ns(one), at_s[i] * S);
        assert_int_equal(oneend_next(one)->flags, TCP_SYN);
    }
    next_is_none(one);
}

/* Four linear ones, then doubling from 1 s six times; 64 s after the last. */
static void
test_tcp_endpoint_linux_sends_eleven_syns_and_gives_up(void **state)
{
    static const int64_t at_s[] = {0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67};
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    tcp_endpoint_open(one->end);
    oneend_run(one, 131 * S - 1);
    syns_are_at(one, at_s, 11);
    assert_int_equal(one->news_count, 0);
    oneend_run(one, 131 * S);
    assert_int_equal(one->news_count, 1);
    assert_int_equal(one->news[0], TCP_NEWS_FAILED);
    oneend_run(one, 1000 * S);
    next_is_none(one);
}

/* 3 s, then 6, then 12 of waiting; the third SYN has no option. */
static void
test_tcp_endpoint_windows_drops_the_option_at_the_third_syn(void **state)
{
    struct oneend *one = *state =
        oneend_new(stack_of("windows-2008"), TCP_CLIENT);

    tcp_endpoint_open(one->end);
    oneend_run(one, 20 * S);
    static const int64_t at_s[] = {0, 3, 9};
    syns_are_at(one, at_s, 3);
    assert_true(one->sent[0].options & TCP_OPTION_SCALE);
    assert_int_equal(one->sent[0].shift, 8);
    assert_true(one->sent[1].options & TCP_OPTION_SCALE);
    assert_false(one->sent[2].options & TCP_OPTION_SCALE);
    oneend_run(one, 21 * S);
    assert_int_equal(one->news[0], TCP_NEWS_FAILED);
}

/* A lost SYN-ACK is sent again when the SYN comes again, and by its timer. */
static void
test_tcp_endpoint_server_repeats_its_syn_ack(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);
    const struct tcp_segment syn = {.flags = TCP_SYN, .window = 64240};

    tcp_endpoint_receive(one->end, &syn);
    (void)oneend_next(one);
    oneend_run(one, 500 * MS);
    tcp_endpoint_receive(one->end, &syn);
    assert_int_equal(oneend_next_at_ns(one), 500 * MS);
    assert_int_equal(oneend_next(one)->flags, TCP_SYN | TCP_ACK);
    oneend_run(one, S);
    assert_int_equal(oneend_next_at_ns(one), S);
    assert_int_equal(oneend_next(one)->flags, TCP_SYN | TCP_ACK);
    next_is_none(one);
}

/* --- Segments ---------------------------------------------------------------- */

/* RFC 6928: ten segments before the first acknowledgement. */
static void
test_tcp_endpoint_first_window_is_ten_segments(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);

    oneend_connect(one, RTT, 7, 64240, 502);
    forget(one);
    tcp_endpoint_write(one->end, 100000);
    for (int64_t i = 0; i < 10; i++) {
        next_is_data(one, RTT, 1 + 1460 * i, 1460);
    }
    next_is_none(one);
}

/* With timestamps 12 bytes of each segment are theirs. Without the option of
 * the MSS, 536 (RFC 9293, 3.7.1). */
static void
test_tcp_endpoint_segments_are_what_the_peer_takes(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);
    const struct tcp_segment syn = {.flags = TCP_SYN,
                                    .window = 64240,
                                    .options = TCP_OPTION_TIMESTAMP,
                                    .timestamp_ms = 77};

    tcp_endpoint_receive(one->end, &syn);
    const struct tcp_segment *syn_ack = oneend_next(one);
    assert_int_equal(syn_ack->timestamp_echo_ms, 77);
    const struct tcp_segment ack = {.flags = TCP_ACK,
                                    .seq = 1,
                                    .ack = 1,
                                    .window = 64240,
                                    .options = TCP_OPTION_TIMESTAMP,
                                    .timestamp_ms = 97};
    tcp_endpoint_receive(one->end, &ack);
    tcp_endpoint_write(one->end, 1000);
    const struct tcp_segment *data = oneend_next(one);
    assert_int_equal(data->payload_bytes, 524);
    assert_int_equal(data->options, TCP_OPTION_TIMESTAMP);
    assert_int_equal(data->timestamp_echo_ms, 97); /* RFC 7323, 4.3 */
}

static void
test_tcp_endpoint_last_segment_of_a_write_is_pushed(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);

    oneend_connect(one, RTT, 7, 64240, 502);
    forget(one);
    tcp_endpoint_write(one->end, 2000);
    assert_int_equal(oneend_next(one)->flags, TCP_ACK);
    assert_int_equal(oneend_next(one)->flags, TCP_ACK | TCP_PSH);
}

/* --- Windows smaller than a segment -------------------------------------------- */

/* The server has seen no window but the third segment's: its segments become
 * that small (or half of it above 536), and leave at once, one a round trip. */
static void
test_tcp_endpoint_server_sends_pieces_of_the_window_at_once(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);

    oneend_connect(one, RTT, 0, 64240, 256);
    forget(one);
    tcp_endpoint_write(one->end, 600);
    next_is_data(one, RTT, 1, 256);
    next_is_none(one);
    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK, 1, 257, 256, 0);
    next_is_data(one, 2 * RTT, 257, 256);
    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK, 1, 513, 256, 0);
    next_is_data(one, 3 * RTT, 513, 88);
}

static void
test_tcp_endpoint_segments_are_half_of_a_window_above_536(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);

    oneend_connect(one, RTT, 0, 64240, 1000);
    forget(one);
    tcp_endpoint_write(one->end, 5000);
    next_is_data(one, RTT, 1, 500);
    next_is_data(one, RTT, 501, 500);
    next_is_none(one);
}

/* The client has seen 65160 in the SYN-ACK, so its segments stay whole and a
 * window of 100 lets none through: 100 bytes leave after each RTO of 220 ms. */
static void
test_tcp_endpoint_client_probes_with_what_fits_after_an_rto(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);
    const int64_t start_ns = RTT;

    oneend_connect(one, RTT, TCP_SHIFT_NONE, 65160, 0);
    oneend_receive(one, TCP_ACK | TCP_PSH, 1, 1, 100, 96); /* the banner */
    forget(one);
    tcp_endpoint_write(one->end, 1000);
    next_is_none(one);
    oneend_wait(one, S / 2);
    next_is_data(one, start_ns + 220 * MS, 1, 100);
    assert_true(one->sent[one->read_count - 1].flags & TCP_PSH);
}

static void
test_tcp_endpoint_probes_go_on_at_a_window_an_rto(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);
    int64_t seq = 1;
    int64_t at_ns = RTT;

    oneend_connect(one, RTT, TCP_SHIFT_NONE, 65160, 0);
    oneend_receive(one, TCP_ACK | TCP_PSH, 1, 1, 100, 96);
    forget(one);
    tcp_endpoint_write(one->end, 1000);
    for (int i = 0; i < 5; i++) {
        oneend_run(one, at_ns + 220 * MS);
        next_is_data(one, at_ns + 220 * MS, seq, 100);
        seq += 100;
        at_ns += 220 * MS + RTT;
        oneend_run(one, at_ns);
        oneend_receive(one, TCP_ACK, 97, seq, 100, 0);
        next_is_none(one);
    }
}

/* RFC 9293, 3.8.6.1: as long as probes of a window of 0 are answered, there is
 * somebody, however many there were; unanswered ones end it. */
static void
test_tcp_endpoint_answered_probes_of_no_window_never_end(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);
    uint32_t probes = 0;

    oneend_connect(one, RTT, TCP_SHIFT_NONE, 65160, 0);
    oneend_receive(one, TCP_ACK | TCP_PSH, 1, 1, 0, 96); /* the banner */
    forget(one);
    const uint32_t told = one->news_count;
    tcp_endpoint_write(one->end, 1000);
    while (probes < 40) {
        oneend_wait(one, 120 * S + S);
        while (oneend_next(one) != NULL) {
            probes++;
        }
        oneend_receive(one, TCP_ACK, 97, 1, 0, 0);
    }
    assert_int_equal(one->news_count, told);
    oneend_wait(one, 40 * 120 * S);
    assert_int_equal(one->news[one->news_count - 1], TCP_NEWS_FAILED);
}

/* FreeBSD, 5 s: 40 bytes are neither all there is nor half the largest window
 * (which the SYN showed), so the persist timer sends them. */
static void
test_tcp_endpoint_bsd_waits_five_seconds_for_a_small_window(void **state)
{
    struct oneend *one = *state = oneend_new(stack_of("bsd"), TCP_SERVER);

    oneend_connect(one, RTT, 0, 64240, 40);
    forget(one);
    tcp_endpoint_write(one->end, 96);
    oneend_run(one, RTT + 5 * S - 1);
    next_is_none(one);
    oneend_run(one, RTT + 5 * S);
    next_is_data(one, RTT + 5 * S, 1, 40);
    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK, 1, 41, 40, 0);
    next_is_none(one);
    oneend_wait(one, 10 * S);
    next_is_data(one, 2 * RTT + 10 * S, 41, 40);
}

/* All there is fits: nothing to wait for. */
static void
test_tcp_endpoint_bsd_sends_what_empties_its_buffer(void **state)
{
    struct oneend *one = *state = oneend_new(stack_of("bsd"), TCP_SERVER);

    oneend_connect(one, RTT, 0, 64240, 100);
    forget(one);
    tcp_endpoint_write(one->end, 96);
    next_is_data(one, RTT, 1, 96);
}

/* --- Acknowledgements ------------------------------------------------------------ */

/* Sixteen quick ones; then a segment of the peer's usual size, not pushed,
 * waits 40 ms for a second. */
static void
test_tcp_endpoint_acks_quickly_sixteen_times_then_waits(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);
    int64_t seq = 1;

    oneend_connect(one, RTT, 7, 65160, 0);
    for (int i = 0; i < 16; i++) {
        forget(one);
        oneend_receive(one, TCP_ACK, seq, 1, 65160, 100);
        seq += 100;
        assert_int_equal(oneend_next(one)->ack, seq);
        oneend_wait(one, MS);
    }
    oneend_receive(one, TCP_ACK, seq, 1, 65160, 100);
    oneend_wait(one, 40 * MS - 1);
    next_is_none(one);
    oneend_wait(one, 1);
    assert_int_equal(oneend_next(one)->ack, seq + 100);
}

static void
test_tcp_endpoint_acks_every_second_segment(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, 7, 65160, 0);
    for (int64_t i = 0; i < 16; i++) {
        oneend_receive(one, TCP_ACK, 1 + 100 * i, 1, 65160, 100);
    }
    forget(one);
    oneend_receive(one, TCP_ACK, 1601, 1, 65160, 100);
    next_is_none(one);
    oneend_receive(one, TCP_ACK, 1701, 1, 65160, 100);
    assert_int_equal(oneend_next(one)->ack, 1801);
}

static void
test_tcp_endpoint_acks_what_was_pushed_at_once(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, 7, 65160, 0);
    for (int64_t i = 0; i < 16; i++) {
        oneend_receive(one, TCP_ACK, 1 + 100 * i, 1, 65160, 100);
    }
    forget(one);
    oneend_receive(one, TCP_ACK | TCP_PSH, 1601, 1, 65160, 80);
    assert_int_equal(oneend_next(one)->ack, 1681);
}

/* Who answers at once takes the acknowledgement along; a command that is not
 * answered at once then waits for the timer, after which the dialogue counts
 * as over. */
static void
test_tcp_endpoint_dialogue_takes_acks_along(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);

    oneend_connect(one, RTT, 7, 64240, 502);
    one->answer_bytes = 14;
    oneend_receive(one, TCP_ACK | TCP_PSH, 1, 1, 502, 25);
    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK | TCP_PSH, 26, 15, 502, 25);
    one->answer_bytes = 0;
    forget(one);
    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK | TCP_PSH, 51, 29, 502, 25);
    next_is_none(one);
    const int64_t came_at_ns = evq_now_ns(one->evq);
    oneend_wait(one, S);
    assert_int_equal(oneend_next_at_ns(one), came_at_ns + 40 * MS);
    (void)oneend_next(one);
    oneend_receive(one, TCP_ACK | TCP_PSH, 76, 29, 502, 25);
    assert_int_equal(oneend_next(one)->ack, 101);
}

static void
test_tcp_endpoint_hole_is_answered_at_once_with_sack(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, 7, 65160, 0);
    forget(one);
    oneend_receive(one, TCP_ACK, 1461, 1, 65160, 1460);
    const struct tcp_segment *ack = oneend_next(one);
    assert_int_equal(ack->ack, 1);
    assert_int_equal(ack->sacks_count, 1);
    assert_int_equal(ack->sacks[0].from, 1461);
    assert_int_equal(ack->sacks[0].until, 2921);
    assert_int_equal(tcp_endpoint_received_bytes(one->end), 0);
    oneend_receive(one, TCP_ACK, 1, 1, 65160, 1460);
    ack = oneend_next(one);
    assert_int_equal(ack->ack, 2921);
    assert_int_equal(ack->sacks_count, 0);
    assert_int_equal(tcp_endpoint_received_bytes(one->end), 2920);
}

/* The stretch that grew last leads, then the one before (RFC 2018, 4). */
static void
test_tcp_endpoint_latest_stretch_leads_the_sacks(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, 7, 65160, 0);
    oneend_receive(one, TCP_ACK, 1001, 1, 65160, 1000);
    oneend_receive(one, TCP_ACK, 5001, 1, 65160, 1000);
    forget(one);
    oneend_receive(one, TCP_ACK, 2001, 1, 65160, 1000);
    const struct tcp_segment *ack = oneend_next(one);
    assert_int_equal(ack->sacks_count, 2);
    assert_int_equal(ack->sacks[0].from, 1001);
    assert_int_equal(ack->sacks[0].until, 3001);
    assert_int_equal(ack->sacks[1].from, 5001);
    assert_int_equal(ack->sacks[1].until, 6001);
}

static void
test_tcp_endpoint_data_again_is_answered_and_not_counted(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, 7, 65160, 0);
    oneend_receive(one, TCP_ACK | TCP_PSH, 1, 1, 65160, 96);
    forget(one);
    oneend_receive(one, TCP_ACK | TCP_PSH, 1, 1, 65160, 96);
    assert_int_equal(oneend_next(one)->ack, 97);
    assert_int_equal(tcp_endpoint_received_bytes(one->end), 96);
}

/* --- The end ----------------------------------------------------------------------- */

static void
test_tcp_endpoint_fin_goes_with_the_last_data(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);

    oneend_connect(one, RTT, 7, 64240, 502);
    tcp_endpoint_write(one->end, 20000);
    forget(one);
    tcp_endpoint_close(one->end);
    oneend_wait(one, RTT);
    oneend_receive(one, TCP_ACK, 1, 14601, 502, 0);
    for (int i = 0; i < 3; i++) {
        assert_false(oneend_next(one)->flags & TCP_FIN);
    }
    const struct tcp_segment *last = oneend_next(one);
    assert_int_equal(last->flags, TCP_ACK | TCP_PSH | TCP_FIN);
    assert_int_equal(last->seq + (int64_t)last->payload_bytes, 20001);
    next_is_none(one);
    oneend_receive(one, TCP_ACK, 1, 20002, 502, 0);
    assert_int_equal(tcp_endpoint_acked_bytes(one->end), 20000);
    oneend_run(one, 1000 * S);
    next_is_none(one);
}

static void
test_tcp_endpoint_peers_fin_is_news_after_its_data(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, 7, 65160, 0);
    forget(one);
    oneend_receive(one, TCP_ACK | TCP_PSH | TCP_FIN, 1, 1, 65160, 96);
    assert_int_equal(one->news_count, 3);
    assert_int_equal(one->news[1], TCP_NEWS_DATA);
    assert_int_equal(one->news[2], TCP_NEWS_CLOSED);
    assert_int_equal(tcp_endpoint_received_bytes(one->end), 96);
    assert_int_equal(oneend_next(one)->ack, 98);
    /* Again: acknowledged again, told once. */
    oneend_receive(one, TCP_ACK | TCP_PSH | TCP_FIN, 1, 1, 65160, 96);
    assert_int_equal(oneend_next(one)->ack, 98);
    assert_int_equal(one->news_count, 3);
}

/* A SACK that left the FIN out would let its sender call it lost. */
static void
test_tcp_endpoint_fin_beyond_a_hole_is_sacked_with_its_data(void **state)
{
    struct oneend *one = *state = linux_end(TCP_CLIENT);

    oneend_connect(one, RTT, 7, 65160, 0);
    forget(one);
    oneend_receive(one, TCP_ACK | TCP_PSH | TCP_FIN, 97, 1, 65160, 30);
    const struct tcp_segment *ack = oneend_next(one);
    assert_int_equal(ack->ack, 1);
    assert_int_equal(ack->sacks[0].from, 97);
    assert_int_equal(ack->sacks[0].until, 128);
    oneend_receive(one, TCP_ACK | TCP_PSH, 1, 1, 65160, 96);
    assert_int_equal(oneend_next(one)->ack, 128);
    assert_int_equal(tcp_endpoint_received_bytes(one->end), 126);
    assert_int_equal(one->news[one->news_count - 2], TCP_NEWS_DATA);
    assert_int_equal(one->news[one->news_count - 1], TCP_NEWS_CLOSED);
    next_is_none(one);
}

static void
test_tcp_endpoint_reset_is_told_as_failure(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);

    oneend_connect(one, RTT, 7, 64240, 502);
    tcp_endpoint_write(one->end, 5000);
    oneend_receive(one, TCP_RST, 1, 0, 0, 0);
    assert_int_equal(one->news[one->news_count - 1], TCP_NEWS_FAILED);
    forget(one);
    oneend_receive(one, TCP_ACK, 1, 5001, 502, 0);
    tcp_endpoint_write(one->end, 10);
    oneend_run(one, 1000 * S);
    next_is_none(one);
}

static void
test_tcp_endpoint_abort_sends_a_reset_and_is_silent(void **state)
{
    struct oneend *one = *state = linux_end(TCP_SERVER);

    oneend_connect(one, RTT, 7, 64240, 502);
    tcp_endpoint_write(one->end, 5000);
    const uint32_t news_count = one->news_count;
    forget(one);
    tcp_endpoint_abort(one->end);
    const struct tcp_segment *reset = oneend_next(one);
    assert_int_equal(reset->flags, TCP_RST | TCP_ACK);
    assert_int_equal(reset->seq, 5001);
    oneend_run(one, 1000 * S);
    next_is_none(one);
    assert_int_equal(one->news_count, news_count);
}

#define END(test) cmocka_unit_test_teardown(test, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        END(test_tcp_endpoint_syn_offers_what_the_stack_has),
        END(test_tcp_endpoint_field_is_rounded_up_to_the_shift),
        END(test_tcp_endpoint_largest_shift_never_shows_nothing),
        END(test_tcp_endpoint_syn_window_is_never_scaled),
        END(test_tcp_endpoint_shift_above_fourteen_is_read_as_fourteen),
        END(test_tcp_endpoint_client_without_an_answer_scales_nothing),
        END(test_tcp_endpoint_server_answers_only_what_was_offered),
        END(test_tcp_endpoint_server_believes_the_shift_that_came),
        END(test_tcp_endpoint_linux_sends_eleven_syns_and_gives_up),
        END(test_tcp_endpoint_windows_drops_the_option_at_the_third_syn),
        END(test_tcp_endpoint_server_repeats_its_syn_ack),
        END(test_tcp_endpoint_first_window_is_ten_segments),
        END(test_tcp_endpoint_segments_are_what_the_peer_takes),
        END(test_tcp_endpoint_last_segment_of_a_write_is_pushed),
        END(test_tcp_endpoint_server_sends_pieces_of_the_window_at_once),
        END(test_tcp_endpoint_segments_are_half_of_a_window_above_536),
        END(test_tcp_endpoint_client_probes_with_what_fits_after_an_rto),
        END(test_tcp_endpoint_probes_go_on_at_a_window_an_rto),
        END(test_tcp_endpoint_answered_probes_of_no_window_never_end),
        END(test_tcp_endpoint_bsd_waits_five_seconds_for_a_small_window),
        END(test_tcp_endpoint_bsd_sends_what_empties_its_buffer),
        END(test_tcp_endpoint_acks_quickly_sixteen_times_then_waits),
        END(test_tcp_endpoint_acks_every_second_segment),
        END(test_tcp_endpoint_acks_what_was_pushed_at_once),
        END(test_tcp_endpoint_dialogue_takes_acks_along),
        END(test_tcp_endpoint_hole_is_answered_at_once_with_sack),
        END(test_tcp_endpoint_latest_stretch_leads_the_sacks),
        END(test_tcp_endpoint_data_again_is_answered_and_not_counted),
        END(test_tcp_endpoint_fin_goes_with_the_last_data),
        END(test_tcp_endpoint_peers_fin_is_news_after_its_data),
        END(test_tcp_endpoint_fin_beyond_a_hole_is_sacked_with_its_data),
        END(test_tcp_endpoint_reset_is_told_as_failure),
        END(test_tcp_endpoint_abort_sends_a_reset_and_is_silent),
    };

    return cmocka_run_group_tests_name("tcp_endpoint", tests, NULL, NULL);
}
