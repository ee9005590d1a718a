/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_dialogue.c - when an attempt ends, and how, worked by hand
 *
 * RTT 100 ms, no rate limit, messages of one segment, service 7 ms: the body
 * takes half an RTT, so end of data to its reply is 100 + 7 ms. Replies are
 * forced: a share of 100 % is no chance.
 */
#include "models/dialogue.h"

#include "models/greylist.h"
#include "tests/support/support.h"

#define MS NS_PER_MS

enum { RECIPIENTS = 3 };

struct bench {
    struct link_params link;
    struct destination_params to_params;
    struct destination_luck luck;
    struct destination to;
    struct dialogue_params params;
    struct link_state state;
    struct mail_recipient recipients[RECIPIENTS];
    uint32_t indices[RECIPIENTS];
    uint8_t results[RECIPIENTS];
    struct dialogue dialogue;
};

static void
bench_init(struct bench *b, uint32_t count)
{
    *b = (struct bench){
        .link = {.rtt_ns = 100 * MS, .segment_bytes = 1460},
        .to_params = {.name = "far.example",
                      .service = {VARIATE_CONSTANT, 7 * MS, 0, 0},
                      .banner_delay = {VARIATE_CONSTANT, 0, 0, 0}},
        .params = {.connect_timeout_ns = 120 * NS_PER_S,
                   .greeting_timeout_ns = 300 * NS_PER_S,
                   .dot_timeout_ns = 600 * NS_PER_S},
    };
    b->to_params.link = &b->link;
    destination_luck_init(&b->luck, &b->to_params, 1, 0);
    b->to = (struct destination){.params = &b->to_params, .luck = &b->luck};
    for (uint32_t i = 0; i < RECIPIENTS; i++) {
        b->indices[i] = i;
        b->results[i] = 77; /* whoever is not answered keeps this */
    }
    b->dialogue = (struct dialogue){
        .params = &b->params,
        .to = &b->to,
        .link = &b->state,
        .recipients = b->recipients,
        .indices = b->indices,
        .results = b->results,
        .message = 1,
        .size_bytes = 1000,
        .recipients_count = count,
    };
}

/* whole - connect, greet and transact, as an uncapped host has it */
static void
whole(struct bench *b, int64_t now_ns)
{
    struct dialogue *d = &b->dialogue;

    if (dialogue_connect(d, now_ns)) {
        link_open(&b->state, LINK_PLAIN, NULL, 0, now_ns);
        dialogue_greet(d);
        dialogue_walk(d, now_ns + b->link.rtt_ns + b->link.rtt_ns / 2,
                      now_ns + b->link.rtt_ns);
    }
}

/* ends - phase, instant, state of the connection, one result for all */
static void
ends(const struct bench *b, enum smtp_phase phase, int64_t at_ns,
     bool is_broken, enum dialogue_result result)
{
    assert_int_equal(b->dialogue.phase, phase);
    assert_int_equal(b->dialogue.end_at_ns, at_ns);
    assert_int_equal(b->dialogue.is_broken, is_broken);
    for (uint32_t i = 0; i < b->dialogue.recipients_count; i++) {
        assert_int_equal(b->results[i], result);
    }
}

static void
test_dialogue_delivers_in_seven_round_trips(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 1);
    whole(&b, 5000 * MS);
    /* Handshake, greeting, EHLO, MAIL, RCPT, DATA, body and dot; service. */
    ends(&b, SMTP_DOT, (5000 + 7 * 100 + 7) * MS, false, DIALOGUE_DELIVERED);
    assert_int_equal(b.recipients[0].is_delivered, 0);
}

static void
test_dialogue_asks_for_each_recipient(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 3);
    whole(&b, 0);
    ends(&b, SMTP_DOT, (9 * 100 + 7) * MS, false, DIALOGUE_DELIVERED);
}

static void
test_dialogue_pipelining_takes_one_round_trip_up_to_data(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 3);
    b.params.is_pipelining = true;
    whole(&b, 0);
    ends(&b, SMTP_DOT, (5 * 100 + 7) * MS, false, DIALOGUE_DELIVERED);
}

static void
test_dialogue_on_an_open_connection_starts_with_mail(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 1);
    link_open(&b.state, LINK_PLAIN, NULL, 0, 0);
    dialogue_mail(&b.dialogue);
    dialogue_walk(&b.dialogue, 0, 0);
    ends(&b, SMTP_DOT, (4 * 100 + 7) * MS, false, DIALOGUE_DELIVERED);
}

static void
test_dialogue_an_odd_round_trip_loses_nothing(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 1);
    b.link.rtt_ns = 3;
    whole(&b, 0);
    ends(&b, SMTP_DOT, INT64_C(7) * 3 + 7 * MS, false, DIALOGUE_DELIVERED);
}

static void
test_dialogue_ends_where_a_command_is_refused(void **state)
{
    static const struct {
        int64_t at_ms; /* without and with pipelining */
        int64_t pipelined_ms;
        bool is_broken;
    } expected[SMTP_PHASES_COUNT] = {
        [SMTP_CONNECT] = {100, 100, true}, [SMTP_GREETING] = {200, 200, true},
        [SMTP_EHLO] = {300, 300, true},    [SMTP_MAIL] = {400, 400, false},
        [SMTP_RCPT] = {700, 400, false},   [SMTP_DATA] = {800, 400, false},
        [SMTP_DOT] = {907, 507, false},
    };

    (void)state;
    for (int phase = 0; phase < SMTP_PHASES_COUNT; phase++) {
        for (int i = 0; i < 4; i++) {
            const bool is_permanent = (i & 1) != 0, is_pipelining = i >= 2;
            struct bench b;
            bench_init(&b, 3);
            b.params.is_pipelining = is_pipelining;
            (is_permanent ? b.to_params.permanent_ppm
                          : b.to_params.temporary_ppm)[phase] = PPM;
            whole(&b, 0);
            ends(&b, (enum smtp_phase)phase,
                 (is_pipelining ? expected[phase].pipelined_ms
                                : expected[phase].at_ms) *
                     MS,
                 expected[phase].is_broken,
                 is_permanent ? DIALOGUE_PERMANENT : DIALOGUE_TEMPORARY);
        }
    }
}

/* seen - a greylist that has known recipient `index` for long */
static struct greylist *
seen(uint32_t index)
{
    struct greylist *greylist = greylist_new();

    assert_false(greylist_passes(greylist, chance_entity(1, index),
                                 -NS_PER_HOUR, NS_PER_MIN));
    return greylist;
}

static void
test_dialogue_accepted_recipients_go_on_alone(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 3);
    b.to_params.greylist_ns = NS_PER_MIN;
    b.to.greylist = seen(1);
    whole(&b, 0);
    assert_int_equal(b.dialogue.phase, SMTP_DOT);
    assert_int_equal(b.dialogue.end_at_ns, 907 * MS);
    assert_int_equal(b.results[0], DIALOGUE_TEMPORARY);
    assert_int_equal(b.results[1], DIALOGUE_DELIVERED);
    assert_int_equal(b.results[2], DIALOGUE_TEMPORARY);
    greylist_free(b.to.greylist);
}

static void
test_dialogue_a_5xx_at_the_dot_leaves_earlier_4xx_alone(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 3);
    b.to_params.greylist_ns = NS_PER_MIN;
    b.to_params.permanent_ppm[SMTP_DOT] = PPM;
    b.to.greylist = seen(1);
    whole(&b, 0);
    assert_int_equal(b.results[0], DIALOGUE_TEMPORARY);
    assert_int_equal(b.results[1], DIALOGUE_PERMANENT);
    assert_int_equal(b.results[2], DIALOGUE_TEMPORARY);
    greylist_free(b.to.greylist);
}

static void
test_dialogue_an_outage_is_met_in_its_own_time(void **state)
{
    static const int64_t wait_ns[] = {[DESTINATION_REFUSE] = 100 * MS,
                                      [DESTINATION_TIMEOUT] = 120 * NS_PER_S,
                                      [DESTINATION_DNS] = 0};

    (void)state;
    for (int kind = DESTINATION_REFUSE; kind <= DESTINATION_DNS; kind++) {
        const struct destination_outage outage = {
            0, NS_PER_HOUR, (enum destination_outage_kind)kind};
        struct bench b;
        bench_init(&b, 2);
        b.to_params.outages = &outage;
        b.to_params.outages_count = 1;
        whole(&b, 30 * MS);
        ends(&b, SMTP_CONNECT, 30 * MS + wait_ns[kind], true,
             DIALOGUE_TEMPORARY);
    }
}

static void
test_dialogue_a_late_greeting_is_not_waited_for(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 1);
    /* It comes 1 RTT and the delay after the client's handshake. */
    b.to_params.banner_delay.a = 300 * NS_PER_S - 100 * MS;
    whole(&b, 0);
    assert_int_equal(b.dialogue.phase, SMTP_DOT);
    bench_init(&b, 1);
    b.to_params.banner_delay.a = 300 * NS_PER_S - 100 * MS + 1;
    whole(&b, 0);
    ends(&b, SMTP_GREETING, 300 * NS_PER_S + 100 * MS, true,
         DIALOGUE_TEMPORARY);
}

static void
test_dialogue_a_late_250_is_a_delivery_nobody_knows_of(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 1);
    /* The reply comes 1 RTT and the service after the client's last byte. */
    b.to_params.service.a = 600 * NS_PER_S - 100 * MS;
    whole(&b, 0);
    ends(&b, SMTP_DOT, 600 * NS_PER_S + 600 * MS, false, DIALOGUE_DELIVERED);
    bench_init(&b, 3);
    b.to_params.service.a = 600 * NS_PER_S - 100 * MS + 1;
    b.to_params.greylist_ns = NS_PER_MIN;
    b.to.greylist = seen(2);
    whole(&b, 0);
    /* DATA's reply comes at 800 ms: the last byte leaves then. */
    ends(&b, SMTP_DOT, 600 * NS_PER_S + 800 * MS, true, DIALOGUE_TEMPORARY);
    assert_int_equal(b.recipients[0].is_delivered, 0);
    assert_int_equal(b.recipients[1].is_delivered, 0);
    assert_int_equal(b.recipients[2].is_delivered, 1);
    greylist_free(b.to.greylist);
}

static void
test_dialogue_a_late_4xx_has_delivered_nothing(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b, 1);
    b.to_params.service.a = 600 * NS_PER_S;
    b.to_params.temporary_ppm[SMTP_DOT] = PPM;
    whole(&b, 0);
    ends(&b, SMTP_DOT, 600 * NS_PER_S + 600 * MS, true, DIALOGUE_TEMPORARY);
    assert_int_equal(b.recipients[0].is_delivered, 0);
}

static void
test_dialogue_attempts_have_luck_of_their_own(void **state)
{
    uint32_t delivered = 0, again = 0;

    (void)state;
    for (uint32_t attempt = 0; attempt < 1000; attempt++) {
        struct bench b;
        bench_init(&b, 1);
        b.recipients[0].attempts = (uint16_t)attempt;
        b.to_params.temporary_ppm[SMTP_DATA] = PPM / 2;
        whole(&b, 0);
        delivered += b.results[0] == DIALOGUE_DELIVERED;
        bench_init(&b, 1);
        b.recipients[0].attempts = (uint16_t)attempt;
        b.to_params.temporary_ppm[SMTP_DATA] = PPM / 2;
        whole(&b, NS_PER_DAY); /* when does not matter */
        again += b.results[0] == DIALOGUE_DELIVERED;
    }
    assert_in_range(delivered, 420, 580); /* 5 standard deviations */
    assert_int_equal(delivered, again);
}

/* turns - the commands and replies of a new connection that all goes well on,
 * up to the text's reply */
static void
turns(struct bench *b, const int64_t (*expected)[2], uint32_t count)
{
    dialogue_greet(&b->dialogue);
    for (uint32_t i = 0; i < count; i++) {
        const struct dialogue_turn turn = dialogue_turn(&b->dialogue);
        assert_int_equal(turn.command_bytes, expected[i][0]);
        assert_int_equal(turn.reply_bytes, expected[i][1]);
        assert_int_equal(dialogue_step(&b->dialogue, (int64_t)i),
                         i + 1 < count);
    }
    assert_int_equal(b->dialogue.end_at_ns, count - 1);
}

static void
test_dialogue_says_what_is_sent_and_awaited(void **state)
{
    static const int64_t one_by_one[][2] = {
        {0, 96}, {25, 170}, {52, 14}, {34, 14}, {34, 14}, {6, 37}, {1000, 37}};
    /* MAIL, two RCPT and DATA in one go, and their four replies. */
    static const int64_t pipelined[][2] = {
        {0, 96}, {25, 170}, {52 + 2 * 34 + 6, 3 * 14 + 37}, {1000, 37}};
    struct bench b;

    (void)state;
    bench_init(&b, 2);
    turns(&b, one_by_one, 7);
    bench_init(&b, 2);
    b.params.is_pipelining = true;
    turns(&b, pipelined, 4);
}

static void
test_dialogue_each_phase_has_its_timeout(void **state)
{
    static const struct {
        enum smtp_phase phase;
        int64_t timeout_ns;
        int64_t block_ns;
    } expected[] = {{SMTP_GREETING, 300 * NS_PER_S, 0},
                    {SMTP_EHLO, 11, 0},
                    {SMTP_MAIL, 11, 0},
                    {SMTP_RCPT, 11, 0},
                    {SMTP_DATA, 12, 0},
                    {SMTP_DOT, 600 * NS_PER_S, 13}};
    struct bench b;

    (void)state;
    bench_init(&b, 1);
    b.params.command_timeout_ns = 11;
    b.params.data_timeout_ns = 12;
    b.params.block_timeout_ns = 13;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        b.dialogue.phase = expected[i].phase;
        const struct dialogue_turn turn = dialogue_turn(&b.dialogue);
        assert_int_equal(turn.timeout_ns, expected[i].timeout_ns);
        assert_int_equal(turn.block_timeout_ns, expected[i].block_ns);
    }
}

static void
test_dialogue_a_round_trip_longer_than_patience_ends_it(void **state)
{
    struct bench b;

    (void)state;
    /* Counted from the client's last byte: EHLO leaves at 200 ms. */
    bench_init(&b, 2);
    b.params.command_timeout_ns = 100 * MS - 1;
    whole(&b, 0);
    ends(&b, SMTP_EHLO, 300 * MS - 1, true, DIALOGUE_TEMPORARY);
    assert_true(b.dialogue.is_given_up);
    bench_init(&b, 2);
    b.params.command_timeout_ns = 100 * MS;
    b.params.data_timeout_ns = 100 * MS - 1;
    whole(&b, 0);
    ends(&b, SMTP_DATA, 700 * MS - 1, true, DIALOGUE_TEMPORARY);
}

static void
test_dialogue_who_gives_up_half_way_has_sent_nothing(void **state)
{
    struct bench b;

    (void)state;
    /* The first and third are greylisted; then the text stalls. */
    bench_init(&b, 3);
    b.to_params.greylist_ns = NS_PER_MIN;
    b.to.greylist = seen(1);
    dialogue_mail(&b.dialogue);
    for (int i = 0; i < 5; i++) {
        assert_true(dialogue_step(&b.dialogue, i));
    }
    assert_int_equal(b.dialogue.phase, SMTP_DOT);
    dialogue_give_up(&b.dialogue, 77, false);
    ends(&b, SMTP_DOT, 77, true, DIALOGUE_TEMPORARY);
    assert_int_equal(b.recipients[1].is_delivered, 0);
    greylist_free(b.to.greylist);
    /* With all of it there, the remote host has the accepted one's. */
    bench_init(&b, 3);
    b.to_params.greylist_ns = NS_PER_MIN;
    b.to.greylist = seen(1);
    dialogue_mail(&b.dialogue);
    for (int i = 0; i < 5; i++) {
        assert_true(dialogue_step(&b.dialogue, i));
    }
    dialogue_give_up(&b.dialogue, 77, true);
    ends(&b, SMTP_DOT, 77, true, DIALOGUE_TEMPORARY);
    assert_int_equal(b.recipients[0].is_delivered, 0);
    assert_int_equal(b.recipients[1].is_delivered, 1);
    greylist_free(b.to.greylist);
    /* Between two RCPTs those not asked yet fail for now as well. */
    bench_init(&b, 3);
    dialogue_mail(&b.dialogue);
    assert_true(dialogue_step(&b.dialogue, 0));
    assert_true(dialogue_step(&b.dialogue, 1));
    dialogue_give_up(&b.dialogue, 78, false);
    ends(&b, SMTP_RCPT, 78, true, DIALOGUE_TEMPORARY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dialogue_says_what_is_sent_and_awaited),
        cmocka_unit_test(test_dialogue_each_phase_has_its_timeout),
        cmocka_unit_test(
            test_dialogue_a_round_trip_longer_than_patience_ends_it),
        cmocka_unit_test(test_dialogue_who_gives_up_half_way_has_sent_nothing),
        cmocka_unit_test(test_dialogue_delivers_in_seven_round_trips),
        cmocka_unit_test(test_dialogue_asks_for_each_recipient),
        cmocka_unit_test(
            test_dialogue_pipelining_takes_one_round_trip_up_to_data),
        cmocka_unit_test(test_dialogue_on_an_open_connection_starts_with_mail),
        cmocka_unit_test(test_dialogue_an_odd_round_trip_loses_nothing),
        cmocka_unit_test(test_dialogue_ends_where_a_command_is_refused),
        cmocka_unit_test(test_dialogue_accepted_recipients_go_on_alone),
        cmocka_unit_test(
            test_dialogue_a_5xx_at_the_dot_leaves_earlier_4xx_alone),
        cmocka_unit_test(test_dialogue_an_outage_is_met_in_its_own_time),
        cmocka_unit_test(test_dialogue_a_late_greeting_is_not_waited_for),
        cmocka_unit_test(
            test_dialogue_a_late_250_is_a_delivery_nobody_knows_of),
        cmocka_unit_test(test_dialogue_a_late_4xx_has_delivered_nothing),
        cmocka_unit_test(test_dialogue_attempts_have_luck_of_their_own),
    };
    return cmocka_run_group_tests_name("dialogue", tests, NULL, NULL);
}
