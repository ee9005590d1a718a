/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_trial.c - one delivery over one path, and what is said of it
 *
 * Pinned: when each word is there on a path of 20 ms without a rate between
 * hosts without latency; the class of outcome of typical faults; what typing
 * into a blank screen brings; what the dialogue's texts end with. The times
 * with faults are held to the kernel elsewhere (tests/validation).
 */
#include "sim/cmd/trial.h"

#include <string.h>

#include "sim/cmd/linkwords.h"
#include "tests/support/support.h"

#define MS NS_PER_MS

/* A path of 10 ms each way and nothing else, between hosts that take no time.
 */
static void
params_make(struct trial_params *params, const char *client, const char *server)
{
    trial_params_init(params);
    params->stacks[TCP_CLIENT] = *tcp_stack_named(client);
    params->stacks[TCP_SERVER] = *tcp_stack_named(server);
    for (uint32_t side = 0; side < TCP_SIDES_COUNT; side++) {
        params->stacks[side].latency_ns = 0;
        params->stacks[side].tick_ns = 0;
        params->path.hops[0].rate_bits_per_s[side] = 0;
    }
}

static void
fault_set(struct trial_params *params, const char *fault)
{
    struct hop_params *hop = &params->path.hops[0];
    const char *expected = NULL;

    assert_true(middlebox_parse(&hop->middleboxes[0], fault, &expected));
    hop->middleboxes_count = 1;
}

/*
 * SYN 0 to 10, SYN-ACK to 20: connected. Accepted and said at 30, banner there
 * at 40; EHLO, MAIL, RCPT, DATA 20 each: the last reply is there at 120. A
 * message of one segment: there at 130, its reply at 140.
 */
static void
test_trial_each_turn_takes_a_round_trip(void **state)
{
    struct trial_params params;
    struct trial trial;

    (void)state;
    params_make(&params, "linux", "linux");
    params.size_bytes = 1000;
    trial_run(&trial, &params, NULL);
    assert_int_equal(trial.outcome, TRIAL_DELIVERED);
    assert_int_equal(trial.connected_at_ns, 20 * MS);
    assert_int_equal(trial.turns[0].legs[TCP_SERVER].said_at_ns, 30 * MS);
    assert_int_equal(trial.turns[0].legs[TCP_SERVER].there_at_ns, 40 * MS);
    assert_int_equal(trial.turns[4].legs[TCP_SERVER].there_at_ns, 120 * MS);
    assert_int_equal(trial.turns[5].legs[TCP_CLIENT].there_at_ns, 130 * MS);
    assert_int_equal(trial.end_at_ns, 140 * MS);
    assert_int_equal(trial.body_ns, 20 * MS);
    assert_int_equal(trial.body_bytes, 1000);
}

static enum trial_outcome
outcome_of(const char *fault, enum tcp_side sender)
{
    struct trial_params params;
    struct trial trial;

    params_make(&params, "windows-2008", "linux");
    params.sender = sender;
    params.size_bytes = 1000000;
    params.limit_ns = 20 * NS_PER_S;
    params.reply_timeout_ns = 20 * NS_PER_S;
    params.stacks[TCP_CLIENT].drops_scale_on_retry = false;
    fault_set(&params, fault);
    trial_run(&trial, &params, NULL);
    return trial.outcome;
}

static void
test_trial_outcomes_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(outcome_of("drop-syn", TCP_CLIENT), TRIAL_NO_CONNECTION);
    assert_int_equal(outcome_of("track", TCP_CLIENT), TRIAL_NO_BANNER);
    assert_int_equal(outcome_of("strip-synack", TCP_CLIENT),
                     TRIAL_STALLED_DATA);
    assert_int_equal(outcome_of("strip-syn", TCP_CLIENT), TRIAL_DELIVERED);
    assert_int_equal(outcome_of("set-syn=0", TCP_SERVER), TRIAL_STALLED_DATA);
}

/* shown - bytes of the banner after 4.5 s; EHLO is typed after 3, or not */
static int64_t
shown(const char *fault, const char *server, bool is_typed)
{
    struct trial_params params;
    struct trial trial;

    params_make(&params, "windows-2008", server);
    fault_set(&params, fault);
    params.look_at_ns = 4500 * MS;
    params.type_at_ns = is_typed ? 3 * NS_PER_S : 0;
    trial_run(&trial, &params, NULL);
    assert_int_equal(trial.outcome, TRIAL_NO_BANNER);
    return trial.turns[0].legs[TCP_SERVER].there_bytes;
}

/* A BSD sender waits 5 s for its persist timer. What it owes an acknowledgement
 * for takes along what fits the window that it believes in: 7300 >> 8 and one,
 * 29. A filter that drops the banner drops it however often it is sent. */
static void
test_trial_typing_helps_against_a_small_window_only(void **state)
{
    (void)state;
    assert_int_equal(shown("set-syn=0", "bsd", false), 0);
    assert_int_equal(shown("set-syn=0", "bsd", true), 29);
    assert_int_equal(shown("track", "linux", false), 0);
    assert_int_equal(shown("track", "linux", true), 0);
}

static void
test_trial_beliefs_part_where_the_shift_was_changed(void **state)
{
    struct trial_params params;
    struct trial trial;

    (void)state;
    params_make(&params, "windows-2008", "linux");
    fault_set(&params, "set-syn=0");
    trial_run(&trial, &params, NULL);
    assert_int_equal(linkwords_write_shift(&trial, TCP_CLIENT), 8);
    assert_int_equal(linkwords_read_shift(&trial, TCP_SERVER), 0);
    assert_int_equal(linkwords_belief_of(&trial, TCP_CLIENT),
                     LINKWORDS_TOO_SMALL);
    assert_int_equal(linkwords_belief_of(&trial, TCP_SERVER), LINKWORDS_AGREE);
    assert_int_equal(trial.offers[TCP_CLIENT].sent.shift, 8);
    assert_int_equal(trial.offers[TCP_CLIENT].arrived.shift, 0);
}

/* Every command and reply is a line: its last two bytes are CR LF. */
static void
test_trial_words_end_their_lines(void **state)
{
    struct trial_params params;
    struct trial trial;

    (void)state;
    params_make(&params, "linux", "linux");
    trial_run(&trial, &params, NULL);
    for (uint32_t side = 0; side < TCP_SIDES_COUNT; side++) {
        int64_t end = 1;

        for (uint32_t i = 0; i < trial.turns_count; i++) {
            const int64_t bytes = trial.turns[i].legs[side].bytes;

            end += bytes;
            if (bytes > 0) {
                assert_int_equal(
                    trial_text(&trial, (enum tcp_side)side, end - 2), '\r');
                assert_int_equal(
                    trial_text(&trial, (enum tcp_side)side, end - 1), '\n');
            }
        }
    }
    assert_int_equal(trial_text(&trial, TCP_SERVER, 1), '2');
    assert_int_equal(trial_text(&trial, TCP_CLIENT, 1), 'E');
}

static void
test_trial_numbers_are_grouped(void **state)
{
    char text[32];

    (void)state;
    assert_string_equal(linkwords_bytes(text, 0), "0");
    assert_string_equal(linkwords_bytes(text, 999), "999");
    assert_string_equal(linkwords_bytes(text, 1000), "1,000");
    assert_string_equal(linkwords_bytes(text, 16445440), "16,445,440");
    assert_string_equal(linkwords_bytes(text, -123456), "-123,456");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trial_each_turn_takes_a_round_trip),
        cmocka_unit_test(test_trial_outcomes_are_told_apart),
        cmocka_unit_test(test_trial_typing_helps_against_a_small_window_only),
        cmocka_unit_test(test_trial_beliefs_part_where_the_shift_was_changed),
        cmocka_unit_test(test_trial_words_end_their_lines),
        cmocka_unit_test(test_trial_numbers_are_grouped),
    };
    return cmocka_run_group_tests_name("trial", tests, NULL, NULL);
}
