/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_tcp_scoreboard.c - what became of each segment, against a naive record
 *
 * Segments are sent, arrive in any order or are lost, are SACKed by a receiver
 * that shows its latest stretches, acknowledged, judged, sent again. The
 * reference keeps every segment in an array and looks at all of them each time;
 * after every acknowledgement both must agree on each segment and on the
 * counts. The scoreboard's functions are called as recovery.c does.
 * SOURCE: RFC 2018, RFC 8985 (RACK, without its growing reordering window).
 */
#include <stdlib.h>
#include <string.h>

#include "tests/support/oneend.h"
#include "tests/support/support.h"

enum {
    HISTORIES = 300,
    STEPS = 400,
    SEGMENTS_MAX = 4096,
    PACKETS_MAX = 4096,
    RTT_MIN_US = 8000,
    SRTT_US = 12000
};

struct known {
    int64_t seq;
    int64_t until;
    int64_t sent_at_ns;
    bool is_received; /* by the receiver */
    bool is_sacked;   /* as the sender knows */
    bool is_acked;
    bool is_lost;
    bool is_again;
    bool is_twice;
};

struct packet {
    uint32_t segment;
    int64_t sent_at_ns;
};

struct history {
    struct oneend *one;
    uint64_t random;
    struct known known[SEGMENTS_MAX];
    uint32_t known_count;
    struct packet packets[PACKETS_MAX]; /* under way */
    uint32_t packets_count;
    /* The latest that is known to have arrived */
    int64_t rack_at_ns;
    int64_t rack_until;
    int64_t rack_rtt_us;
};

static uint64_t
below(struct history *h, uint64_t limit)
{
    return test_random_below(&h->random, limit);
}

static int64_t
now_ns(const struct history *h)
{
    return evq_now_ns(h->one->evq);
}

static void
packet_add(struct history *h, uint32_t segment)
{
    assert_true(h->packets_count < PACKETS_MAX);
    h->packets[h->packets_count++] = (struct packet){segment, now_ns(h)};
}

static struct packet
packet_take(struct history *h)
{
    /* Mostly in order, sometimes one overtakes. */
    const uint64_t choice = below(h, 8) == 0 ? below(h, 4) : 0;
    const uint32_t at = choice < h->packets_count ? (uint32_t)choice : 0;
    const struct packet packet = h->packets[at];

    h->packets_count--;
    memmove(&h->packets[at], &h->packets[at + 1],
            (h->packets_count - at) * sizeof packet);
    return packet;
}

static void
send_new(struct history *h)
{
    struct sender *snd = &h->one->end->snd;

    for (uint64_t n = 1 + below(h, 6); n > 0 && h->known_count < SEGMENTS_MAX;
         n--) {
        const struct sent sent = {.seq = snd->next,
                                  .sent_at_ns = now_ns(h),
                                  .bytes = 1 + (uint32_t)below(h, 1460)};

        ring_push(&snd->ring, &sent);
        snd->next += sent.bytes;
        h->known[h->known_count] = (struct known){
            .seq = sent.seq, .until = snd->next, .sent_at_ns = now_ns(h)};
        packet_add(h, h->known_count++);
    }
}

/* --- The receiver ------------------------------------------------------------- */

/* stretch - of received segments, around one */
static struct tcp_sack
stretch(const struct history *h, uint32_t at)
{
    uint32_t first = at;
    uint32_t last = at;

    while (first > 0 && h->known[first - 1].is_received) {
        first--;
    }
    while (last + 1 < h->known_count && h->known[last + 1].is_received) {
        last++;
    }
    return (struct tcp_sack){h->known[first].seq, h->known[last].until};
}

/* answer_make - what the receiver says when this segment has come: the stretch
 * around it, then others from the end */
static struct tcp_segment
answer_make(const struct history *h, uint32_t at)
{
    struct tcp_segment answer = {.flags = TCP_ACK, .ack = 1};
    uint32_t in_order = 0;

    while (in_order < h->known_count && h->known[in_order].is_received) {
        answer.ack = h->known[in_order++].until;
    }
    if (at >= in_order) {
        answer.sacks[answer.sacks_count++] = stretch(h, at);
    }
    for (uint32_t i = h->known_count;
         i > in_order && answer.sacks_count < TCP_SACKS_MAX; i--) {
        if (h->known[i - 1].is_received) {
            const struct tcp_sack other = stretch(h, i - 1);
            bool is_there = false;
            for (uint32_t k = 0; k < answer.sacks_count; k++) {
                is_there = is_there || answer.sacks[k].from == other.from;
            }
            if (!is_there) {
                answer.sacks[answer.sacks_count++] = other;
            }
        }
    }
    return answer;
}

/* --- The reference ------------------------------------------------------------ */

static void
known_arrived(struct history *h, struct known *known)
{
    const int64_t rtt_us = (now_ns(h) - known->sent_at_ns) / NS_PER_US;

    if (known->is_twice && rtt_us < RTT_MIN_US) {
        return; /* which transmission is not known */
    }
    if (known->sent_at_ns > h->rack_at_ns ||
        (known->sent_at_ns == h->rack_at_ns && known->until > h->rack_until)) {
        h->rack_at_ns = known->sent_at_ns;
        h->rack_until = known->until;
        h->rack_rtt_us = rtt_us;
    }
}

static void
known_update(struct history *h, const struct tcp_segment *answer)
{
    for (uint32_t i = 0; i < h->known_count; i++) {
        struct known *known = &h->known[i];
        bool is_covered = false;

        for (uint32_t k = 0; k < answer->sacks_count; k++) {
            is_covered = is_covered || (known->seq >= answer->sacks[k].from &&
                                        known->until <= answer->sacks[k].until);
        }
        const bool is_acked = known->until <= answer->ack;
        if (known->is_acked || (!is_acked && !is_covered)) {
            continue;
        }
        if (!known->is_sacked) {
            known_arrived(h, known);
        }
        known->is_acked = is_acked;
        known->is_sacked = !is_acked;
        known->is_lost = false;
        known->is_again = false;
    }
}

static uint32_t
known_sacked(const struct history *h)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < h->known_count; i++) {
        count += h->known[i].is_sacked;
    }
    return count;
}

static void
known_judge(struct history *h)
{
    const bool is_sure =
        h->one->end->snd.phase >= PHASE_RECOVERY || known_sacked(h) >= 3;
    const int64_t wait_us =
        is_sure ? 0 : i64_min(RTT_MIN_US / 4, SRTT_US); /* RFC 8985, 6.2 */

    for (uint32_t i = 0; i < h->known_count; i++) {
        struct known *known = &h->known[i];
        const bool is_before = known->sent_at_ns < h->rack_at_ns ||
                               (known->sent_at_ns == h->rack_at_ns &&
                                known->until < h->rack_until);
        const int64_t age_us = (now_ns(h) - known->sent_at_ns) / NS_PER_US;

        if (known->is_acked || known->is_sacked || !is_before) {
            continue;
        }
        if (known->is_again) {
            known->is_again = false; /* lost once more */
        } else if (!known->is_lost && age_us >= h->rack_rtt_us + wait_us) {
            known->is_lost = true;
        }
    }
}

static void
agree(const struct history *h)
{
    const struct sender *snd = &h->one->end->snd;
    uint64_t number = snd->ring.first;
    int64_t sacked = 0;
    int64_t lost = 0;
    int64_t again = 0;

    for (uint32_t i = 0; i < h->known_count; i++) {
        const struct known *known = &h->known[i];

        if (known->is_acked) {
            continue;
        }
        assert_true(number != snd->ring.next);
        const struct sent *sent = ring_at(&snd->ring, number);
        assert_int_equal(sent->seq, known->seq);
        assert_int_equal((sent->flags & SENT_SACKED) != 0, known->is_sacked);
        assert_int_equal((sent->flags & SENT_LOST) != 0, known->is_lost);
        assert_int_equal((sent->flags & SENT_AGAIN) != 0, known->is_again);
        /* What must be repeated is not before where the search begins. */
        assert_true(!known->is_lost || known->is_again ||
                    number >= snd->lost_hint);
        sacked += known->is_sacked;
        lost += known->is_lost;
        again += known->is_again;
        number++;
    }
    assert_true(number == snd->ring.next);
    assert_int_equal(snd->sacked_count, sacked);
    assert_int_equal(snd->lost_count, lost);
    assert_int_equal(snd->repeated_count, again);
}

/* --- Steps ---------------------------------------------------------------------- */

static void
arrive(struct history *h)
{
    struct tcp_endpoint *end = h->one->end;
    struct ack_sum sum = {.rtt_us = -1, .sack_rtt_us = -1};
    const struct packet packet = packet_take(h);
    uint32_t before = 0;
    uint32_t after = 0;

    h->known[packet.segment].is_received = true;
    const struct tcp_segment answer = answer_make(h, packet.segment);
    if (below(h, 10) == 0) {
        return; /* the answer is lost */
    }
    for (uint32_t i = 0; i < h->known_count; i++) {
        before += h->known[i].is_acked || h->known[i].is_sacked;
    }
    end->snd.una = i64_max(end->snd.una, answer.ack);
    scoreboard_sack(end, &answer, &sum);
    scoreboard_ack(end, answer.ack, &sum);
    known_update(h, &answer);
    for (uint32_t i = 0; i < h->known_count; i++) {
        after += h->known[i].is_acked || h->known[i].is_sacked;
    }
    assert_int_equal(sum.acked_count + sum.sacked_count, after - before);
    (void)scoreboard_judge(end, &sum);
    known_judge(h);
    agree(h);
}

/* repeat - the first that is lost and not under way again */
static void
repeat(struct history *h)
{
    struct sender *snd = &h->one->end->snd;

    for (uint64_t n = snd->ring.first; n != snd->ring.next; n++) {
        const struct sent *sent = ring_at(&snd->ring, n);

        if ((sent->flags & (SENT_LOST | SENT_AGAIN)) == SENT_LOST) {
            uint32_t at = 0;
            while (h->known[at].seq != sent->seq) {
                at++;
            }
            assert_true(sender_repeat(h->one->end, n));
            h->known[at].is_again = true;
            h->known[at].is_twice = true;
            h->known[at].sent_at_ns = now_ns(h);
            packet_add(h, at);
            snd->phase = PHASE_RECOVERY;
            break;
        }
    }
    agree(h);
}

static void
all_lost(struct history *h)
{
    scoreboard_all_lost(&h->one->end->snd);
    for (uint32_t i = 0; i < h->known_count; i++) {
        struct known *known = &h->known[i];

        if (!known->is_acked && !known->is_sacked) {
            known->is_lost = true;
            known->is_again = false;
        }
    }
    agree(h);
}

static void
step(struct history *h)
{
    const uint64_t what = below(h, 100);

    h->one->sent_count = 0; /* nobody reads them */
    oneend_wait(h->one, (int64_t)below(h, 4 * NS_PER_MS));
    if (what < 25) {
        send_new(h);
    } else if (what < 80 && h->packets_count > 0) {
        arrive(h);
    } else if (what < 88 && h->packets_count > 0) {
        (void)packet_take(h); /* lost on its way */
    } else if (what < 98) {
        repeat(h);
    } else if (what < 99) {
        all_lost(h);
    } else {
        h->one->end->snd.phase = PHASE_OPEN;
    }
}

static void
test_tcp_scoreboard_agrees_with_one_that_looks_at_all(void **state)
{
    static struct history h;

    (void)state;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        memset(&h, 0, sizeof h);
        h.random = seed;
        h.one = oneend_new(tcp_stack_named("linux"), TCP_SERVER);
        struct sender *snd = &h.one->end->snd;
        oneend_connect(h.one, NS_PER_MS, 14, 64240, 65535);
        snd->srtt_us8 = SRTT_US * 8;
        snd->rtt_min_us = RTT_MIN_US;
        snd->written = INT64_MAX / 2;
        for (int i = 0; i < STEPS; i++) {
            step(&h);
        }
        oneend_free(h.one);
    }
}

/* --- By hand ---------------------------------------------------------------------- */

static void
test_tcp_scoreboard_split_keeps_order_marks_and_bytes(void **state)
{
    struct oneend *one = oneend_new(tcp_stack_named("linux"), TCP_SERVER);
    struct sent_ring *ring = &one->end->snd.ring;

    (void)state;
    for (int64_t i = 0; i < 3; i++) {
        const struct sent sent = {.seq = 1 + 100 * i,
                                  .bytes = 100,
                                  .flags = i == 1 ? SENT_LOST | SENT_FIN : 0};
        ring_push(ring, &sent);
    }
    ring_split(ring, 1, 30);
    assert_int_equal(ring->next - ring->first, 4);
    assert_int_equal(ring_at(ring, 1)->seq, 101);
    assert_int_equal(ring_at(ring, 1)->bytes, 30);
    assert_int_equal(ring_at(ring, 1)->flags, SENT_LOST);
    assert_int_equal(ring_at(ring, 2)->seq, 131);
    assert_int_equal(ring_at(ring, 2)->bytes, 70);
    assert_int_equal(ring_at(ring, 2)->flags, SENT_LOST | SENT_FIN);
    assert_int_equal(ring_at(ring, 3)->seq, 201);
    oneend_free(one);
}

static void
test_tcp_scoreboard_part_of_a_segment_can_be_acknowledged(void **state)
{
    struct oneend *one = oneend_new(tcp_stack_named("linux"), TCP_SERVER);
    struct sender *snd = &one->end->snd;
    const struct sent sent = {.seq = 1, .bytes = 100};
    struct ack_sum sum = {.rtt_us = -1, .sack_rtt_us = -1};

    (void)state;
    ring_push(&snd->ring, &sent);
    scoreboard_ack(one->end, 41, &sum);
    assert_int_equal(ring_at(&snd->ring, snd->ring.first)->seq, 41);
    assert_int_equal(ring_at(&snd->ring, snd->ring.first)->bytes, 60);
    assert_int_equal(sum.acked_count, 0);
    scoreboard_ack(one->end, 101, &sum);
    assert_int_equal(sum.acked_count, 1);
    assert_int_equal(packets_out(snd), 0);
    oneend_free(one);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp_scoreboard_agrees_with_one_that_looks_at_all),
        cmocka_unit_test(test_tcp_scoreboard_split_keeps_order_marks_and_bytes),
        cmocka_unit_test(
            test_tcp_scoreboard_part_of_a_segment_can_be_acknowledged),
    };

    return cmocka_run_group_tests_name("tcp_scoreboard", tests, NULL, NULL);
}
