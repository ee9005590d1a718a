/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_circuit.c - deliveries over connections made of segments, whole host
 *
 * tests/fixtures/blank: a Windows 2008 host delivers 50 kB over 20 ms and
 * 10 Mbit/s through a router; what the router does, and to whom, is set by each
 * test. The first message comes at 1 s.
 */
#include "tests/support/lab.h"
#include "tests/support/support.h"

#include <string.h>

#include "models/dialogue.h"
#include "models/tcp/connection.h"

#define S  NS_PER_S
#define MS NS_PER_MS

#define DELIVER(RESULT, LOG, ...)                                              \
    lab_run(&(struct lab_run){.fixture = "blank",                              \
                              .sets = (const char *[]){__VA_ARGS__, NULL},     \
                              .log = (LOG)},                                   \
            (RESULT))
#define FAULT(text)  "links.home.window_scaling=" text
#define STACK(text)  "mta.tcp.stack=" text
#define MANY         "traffic.mail.arrivals=burst(50, at 0s, over 1s)"
#define EACH_ITS_OWN "channel.tcp_local.threaddepth=1"

/* --- The story of the blank screen ----------------------------------------- */

static void
test_circuit_delivers_where_nothing_is_wrong(void **state)
{
    struct lab_log log;
    struct result result;

    (void)state;
    DELIVER(&result, &log, FAULT("none"), "links.home.model=segment");
    assert_int_equal(result.delivered, 1);
    assert_int_equal(result.line.models[RESULT_SEGMENT], 1);
    assert_int_equal(result.line.fates[RESULT_IN_TIME], 1);
    /* Handshake, greeting, EHLO, MAIL to DATA: four round trips; the text,
     * its 41 ms on the wire, slow start from two segments. */
    assert_in_range(result.latency_ns.max, 141 * MS, 300 * MS);
    assert_int_equal(log.events[1].kind, MTA_MAIL_DELIVERED);
    assert_int_equal(log.events[1].model, RESULT_SEGMENT);
    lab_log_free(&log);
    result_free(&result);
}

static void
test_circuit_a_misread_window_makes_delivery_slow(void **state)
{
    struct result result;

    (void)state;
    /* The router says shift 0 to a server of BSD's kind: it believes in windows
     * of 32 bytes, and waits 5 s before each piece of the greeting. */
    DELIVER(&result, NULL, FAULT("set-syn=0"));
    assert_int_equal(result.delivered, 1);
    assert_int_equal(result.line.fates[RESULT_SLOW], 1);
    assert_true(result.latency_ns.max > 15 * S);
    assert_true(result.latency_ns.max < 300 * S);
    result_free(&result);
}

static void
test_circuit_a_tracking_router_lets_no_banner_pass(void **state)
{
    struct lab_log log;
    struct result result;
    int64_t attempts = 0;

    (void)state;
    DELIVER(&result, &log, FAULT("track"), "horizon=13d", "step=1h");
    for (uint32_t i = 0; i < log.count; i++) {
        const struct mta_mail_event *event = &log.events[i];
        if (event->kind != MTA_MAIL_DEFERRED) {
            continue;
        }
        attempts++;
        assert_int_equal(event->phase, SMTP_GREETING);
        assert_int_equal(event->fate, RESULT_NO_BANNER);
        /* A round trip to connect, then the greeting's five minutes. */
        assert_in_range(event->at_ns - event->tried_at_ns, 300 * S + 20 * MS,
                        300 * S + 21 * MS);
    }
    assert_int_equal(attempts, 42); /* backoff, for twelve days */
    assert_int_equal(result.line.fates[RESULT_NO_BANNER], attempts);
    assert_int_equal(result.delivered, 0);
    assert_int_equal(result.returned, 1);
    lab_log_free(&log);
    result_free(&result);
}

static void
test_circuit_every_remedy_of_the_story_delivers_at_once(void **state)
{
    static const char *const remedies[] = {
        STACK("windows-2008-disabled"),
        STACK("windows-2003"),
        STACK("windows-2008-restricted"),
        "mta.tcp.level=disabled",
        "mta.tcp.window_scaling=off",
        "mta.tcp.window_clamp=65535B",
        "destinations.far.example.client_window_scaling=off",
        "destinations.far.example.client_window_clamp=65535B",
        "links.home.server_shift=none",
        "links.home.share=0%",
    };
    static const char *const faults[] = {FAULT("set-syn=0"), FAULT("track")};

    (void)state;
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++) {
        for (int k = 0; k < 2; k++) {
            struct result result;
            DELIVER(&result, NULL, faults[k], remedies[i]);
            assert_int_equal(result.delivered, 1);
            assert_int_equal(result.line.fates[RESULT_IN_TIME], 1);
            assert_true(result.latency_ns.max < S);
            result_free(&result);
        }
    }
}

/* --- Every way to fail ----------------------------------------------------- */

static void
test_circuit_a_dropped_syn_is_no_connection(void **state)
{
    struct lab_log log;
    struct result result;

    (void)state;
    /* Linux tries with the option until the client's patience ends, */
    DELIVER(&result, &log, FAULT("drop-syn"), STACK("linux"));
    assert_int_equal(log.events[1].kind, MTA_MAIL_DEFERRED);
    assert_int_equal(log.events[1].phase, SMTP_CONNECT);
    assert_int_equal(log.events[1].at_ns, 121 * S);
    assert_int_equal(result.line.fates[RESULT_NO_CONNECTION], 1);
    assert_int_equal(result.connections, 0);
    lab_log_free(&log);
    result_free(&result);
    /* Windows takes it out of the third SYN, 9 s on. */
    DELIVER(&result, NULL, FAULT("drop-syn"));
    assert_int_equal(result.line.fates[RESULT_SLOW], 1);
    assert_in_range(result.latency_ns.max, 9 * S, 10 * S);
    result_free(&result);
}

static void
test_circuit_a_stalled_text_holds_its_thread_for_a_block_timeout(void **state)
{
    struct lab_log log;
    struct result result;

    (void)state;
    /* What passes is the 64 KiB that the server's SYN-ACK showed; the rest
     * stands still for the three minutes of RFC 5321, 4.5.3.2.5, or, in the
     * send buffer as a whole, the ten of the reply to the dot. */
    DELIVER(&result, &log, FAULT("track-syn"), STACK("linux"),
            "traffic.mail.size=8MB", "dialogue.dot_timeout=20m");
    const struct mta_mail_event *event = &log.events[1];
    assert_int_equal(event->kind, MTA_MAIL_DEFERRED);
    assert_int_equal(event->phase, SMTP_DOT);
    assert_int_equal(event->fate, RESULT_STALLED_DATA);
    assert_in_range(event->passed_bytes, 1448, 65535);
    assert_in_range(event->at_ns - event->tried_at_ns, 180 * S, 185 * S);
    assert_int_equal(result.line.stalled_bytes_most, event->passed_bytes);
    assert_int_equal(result.duplicates, 0);
    lab_log_free(&log);
    result_free(&result);
}

static void
test_circuit_a_late_250_is_a_delivery_nobody_knows_of(void **state)
{
    struct result result;

    (void)state;
    /* The server has the text and takes 11 minutes; the client goes at 10. */
    DELIVER(&result, NULL, FAULT("none"), "links.home.model=segment",
            "destinations.far.example.service=11m", "horizon=4h");
    assert_true(result.line.fates[RESULT_STALLED_DATA] > 0);
    assert_int_equal(result.line.stalled_bytes_least, 50000);
    assert_int_equal(result.delivered, 0);
    result_free(&result);
}

/* --- Caps, queues, outages, restarts --------------------------------------- */

static void
test_circuit_a_full_host_says_421_over_the_wire(void **state)
{
    struct result result;

    (void)state;
    DELIVER(&result, NULL, FAULT("none"), "links.home.model=segment", MANY,
            EACH_ITS_OWN, "destinations.far.example.connections_max=3",
            "destinations.far.example.service=10s", "horizon=2m");
    assert_true(result.connections_refused > 0);
    assert_int_equal(result.connections_refused, result.deferrals);
    assert_int_equal(result.line.fates[RESULT_IN_TIME],
                     result.delivered + result.deferrals);
    result_free(&result);
}

static void
test_circuit_a_listen_queue_is_first_come_first_served(void **state)
{
    struct result result;

    (void)state;
    /* Fifty for one place, each 10 s: who has waited 5 minutes gives up. */
    DELIVER(&result, NULL, FAULT("none"), "links.home.model=segment", MANY,
            EACH_ITS_OWN, "destinations.far.example.connections_max=1",
            "destinations.far.example.at_limit=queue",
            "destinations.far.example.service=10s", "horizon=8m");
    assert_in_range(result.delivered, 29, 31);
    assert_int_equal(result.line.fates[RESULT_NO_BANNER],
                     50 - result.delivered);
    assert_int_equal(result.line.fates[RESULT_SLOW], 0); /* waiting is not */
    assert_int_equal(result.connections_refused, 0);
    result_free(&result);
}

static void
test_circuit_takes_several_messages(void **state)
{
    struct result result;

    (void)state;
    DELIVER(&result, NULL, FAULT("none"), "links.home.model=segment", MANY,
            "channel.tcp_local.max_client_threads=1",
            "channel.tcp_local.maxjobs=1");
    assert_int_equal(result.delivered, 50);
    assert_int_equal(result.connections, 1);
    result_free(&result);
}

static void
test_circuit_an_outage_comes_before_the_connection(void **state)
{
    struct result result;

    (void)state;
    DELIVER(&result, NULL, FAULT("none"), "links.home.model=segment",
            "faults=[{at: 0s, for: 10m, destination: far.example}]",
            "horizon=10m");
    assert_int_equal(result.connections, 0);
    assert_int_equal(result.line.fates[RESULT_NO_CONNECTION], 1);
    result_free(&result);
}

static void
test_circuit_a_restart_kills_the_connection(void **state)
{
    struct result result;

    (void)state;
    /* All are in their slow texts when the scheduler goes, and again. */
    DELIVER(&result, NULL, FAULT("set-both=0"), STACK("linux"), MANY,
            EACH_ITS_OWN,
            "events=[{at: 10s, restart: 5s}, {at: 30s, restart: 0s}]");
    assert_int_equal(result.restarts, 2);
    assert_int_equal(result.delivered, 50);
    assert_int_equal(result.connections, 150);
    result_free(&result);
}

static void
test_circuit_what_was_said_to_the_dot_outlives_its_client(void **state)
{
    struct result result;

    (void)state;
    /* Five round trips from 1 s on: 250 is on its way back, from 10 s to 11 s,
     * when the client dies. */
    DELIVER(&result, NULL, FAULT("none"), "links.home.model=segment",
            "links.home.rtt=2s", "links.home.rate=unlimited",
            "traffic.mail.size=1kB", STACK("linux"),
            "events=[{at: 10500ms, restart: 5s}]");
    assert_int_equal(result.delivered, 1);
    assert_int_equal(result.duplicates, 1);
    result_free(&result);
    /* A second before that the text was not there yet. */
    DELIVER(&result, NULL, FAULT("none"), "links.home.model=segment",
            "links.home.rtt=2s", "links.home.rate=unlimited",
            "traffic.mail.size=1kB", STACK("linux"),
            "events=[{at: 9500ms, restart: 5s}]");
    assert_int_equal(result.delivered, 1);
    assert_int_equal(result.duplicates, 0);
    result_free(&result);
}

/* --- Links ----------------------------------------------------------------- */

static void
test_circuit_shared_lines_are_shared(void **state)
{
    struct result alone, together;

    (void)state;
    /* Fifty times 50 kB at 1 Mbit/s are 20.6 s for all of them, or 0.4 each. */
    DELIVER(&alone, NULL, FAULT("none"), "links.home.model=segment", MANY,
            EACH_ITS_OWN, "links.home.rate=1Mbit/s", STACK("linux"));
    DELIVER(&together, NULL, FAULT("none"), "links.home.shared=yes", MANY,
            EACH_ITS_OWN, "links.home.rate=1Mbit/s", STACK("linux"));
    assert_int_equal(alone.delivered, 50);
    assert_int_equal(together.delivered, 50);
    assert_true(alone.latency_ns.max < 2 * S);
    assert_in_range(together.final_last_ns, 20600 * MS, 30 * S);
    result_free(&alone);
    result_free(&together);
}

static void
test_circuit_a_fault_begins_and_ends_for_open_connections(void **state)
{
    struct result result;

    (void)state;
    /* A text of 20 s; from 5 s on a router tracks it, for 10 s: it goes on
     * when that one has gone, before its patience ends. */
    DELIVER(&result, NULL, FAULT("none"), "links.home.rate=1Mbit/s",
            STACK("linux"), "traffic.mail.size=2500kB",
            "links.home.model=segment",
            "faults=[{at: 5s, for: 10s, link: home, window_scaling: track}]");
    assert_int_equal(result.delivered, 1);
    assert_true(result.latency_ns.max > 28 * S);
    result_free(&result);
    /* One that stays is one that stalls it. */
    DELIVER(&result, NULL, FAULT("none"), "links.home.rate=1Mbit/s",
            STACK("linux"), "traffic.mail.size=2500kB",
            "links.home.model=segment", "horizon=15m",
            "faults=[{at: 5s, for: 1h, link: home, window_scaling: track}]");
    assert_int_equal(result.line.fates[RESULT_STALLED_DATA], 1);
    result_free(&result);
}

static void
test_circuit_links_are_counted_by_model(void **state)
{
    struct result result;

    (void)state;
    DELIVER(&result, NULL, FAULT("strip-both"), STACK("linux"), MANY);
    assert_int_equal(result.line.models[RESULT_ROUND], 50);
    result_free(&result);
    /* Half the destinations are behind the router, the other half by rounds. */
    DELIVER(&result, NULL, FAULT("set-syn=0"), STACK("linux"), MANY,
            "destinations.far.example.hosts=50",
            "destinations.far.example.popularity=zipf(0)",
            "links.home.share=50%");
    assert_in_range(result.line.models[RESULT_SEGMENT], 10, 40);
    assert_int_equal(result.line.models[RESULT_ROUND] +
                         result.line.models[RESULT_SEGMENT],
                     50);
    assert_string_equal(result.links[0].name, "home");
    assert_int_equal(result.links[0].line.models[RESULT_ROUND],
                     result.line.models[RESULT_ROUND]);
    result_free(&result);
    DELIVER(&result, NULL, FAULT("track"), "links.home.model=plain", MANY);
    assert_int_equal(result.line.models[RESULT_PLAIN], 50);
    assert_int_equal(result.line.fates[RESULT_IN_TIME], 50);
    result_free(&result);
}

static void
test_circuit_runs_are_the_same_each_time(void **state)
{
    char texts[2][DIGEST_TEXT_SIZE];
    int64_t events[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct result result;
        DELIVER(&result, NULL, FAULT("track-start"), "links.home.loss=1%",
                "links.home.shared=yes", MANY, EACH_ITS_OWN, "horizon=10m");
        digest_format(&result.digest, texts[i]);
        events[i] = result.kernel_events;
        result_free(&result);
    }
    assert_string_equal(texts[0], texts[1]);
    assert_int_equal(events[0], events[1]);
}

static void
test_circuit_a_whole_scenario_mixes_models(void **state)
{
    struct result result;

    (void)state;
    /* The design's own sample, at a tenth of its traffic: small mail by rounds;
     * large mail, and all of it while the option is stripped from SYN-ACKs, by
     * segments. */
    lab_run(
        &(struct lab_run){
            .fixture = "sample",
            .sets =
                (const char *[]){"traffic.users.arrivals=poisson(1/s)",
                                 "traffic.newsletter.arrivals=burst(500, at "
                                 "1h, over 2m)",
                                 NULL}},
        &result);
    assert_true(result.submitted > 14000);
    assert_int_equal(result.submitted, result.delivered + result.queued);
    assert_int_equal(result.line.models[RESULT_PLAIN], 0);
    assert_true(result.line.models[RESULT_ROUND] > 12000);
    assert_true(result.line.models[RESULT_SEGMENT] > 1000);
    assert_true(result.line.fates[RESULT_SLOW] > 0);
    result_free(&result);
}

/* --- The blank screen itself ----------------------------------------------- */

struct screen {
    struct tcp_connection *connection;
    struct evq *q;
};

static void
on_screen(void *arg, enum tcp_side side, enum tcp_news news)
{
    struct screen *screen = arg;

    if (side == TCP_SERVER && news == TCP_NEWS_CONNECTED) {
        tcp_endpoint_write(tcp_connection_end(screen->connection, side),
                           DIALOGUE_BANNER_BYTES);
    }
}

static void
on_typed(void *arg, uint64_t data)
{
    struct screen *screen = arg;

    (void)data;
    tcp_endpoint_write(tcp_connection_end(screen->connection, TCP_CLIENT), 6);
}

/* shown_bytes - what the telnet screen of a Windows 2008 host shows at an
 * instant, behind this router, with `ehlo` typed at 2 s or not */
static int64_t
shown_bytes(enum middlebox_fault fault, const char *client, bool is_typed,
            int64_t at_ns)
{
    const struct path_params path = {
        .name = "home",
        .hops_count = 1,
        .hops = {{.delay_ns = {10 * MS, 10 * MS},
                  .rate_bits_per_s = {10000000, 10000000},
                  .middleboxes_count = 1,
                  .middleboxes = {{.fault = fault}}}}};
    struct screen screen = {.q = evq_new(1u << 16)};
    const struct tcp_connection_params params = {
        .path = &path,
        .stacks = {tcp_stack_named(client), tcp_stack_named("bsd")},
        .evq = screen.q,
        .notify = on_screen,
        .notify_arg = &screen};

    screen.connection = tcp_connection_new(&params);
    tcp_connection_open(screen.connection);
    if (is_typed) {
        evq_push(screen.q, 2 * S, 0, on_typed, &screen, 0);
    }
    evq_run(screen.q, at_ns);
    const int64_t bytes = tcp_endpoint_received_bytes(
        tcp_connection_end(screen.connection, TCP_CLIENT));
    tcp_connection_free(screen.connection);
    evq_free(screen.q);
    return bytes;
}

static void
test_circuit_the_screen_is_blank_for_five_seconds_or_for_ever(void **state)
{
    (void)state;
    /* Set to 0: blank for five seconds; then, to one who has typed something
     * meanwhile or has not, the greeting in pieces. */
    assert_int_equal(
        shown_bytes(MIDDLEBOX_SET_SYN, "windows-2008", false, 4900 * MS), 0);
    assert_in_range(
        shown_bytes(MIDDLEBOX_SET_SYN, "windows-2008", false, 5500 * MS), 1,
        DIALOGUE_BANNER_BYTES - 1);
    assert_in_range(shown_bytes(MIDDLEBOX_SET_SYN, "windows-2008", true, 6 * S),
                    1, DIALOGUE_BANNER_BYTES);
    /* Tracked: blank for ever, typed or not. */
    assert_int_equal(
        shown_bytes(MIDDLEBOX_TRACK, "windows-2008", false, 300 * S), 0);
    assert_int_equal(
        shown_bytes(MIDDLEBOX_TRACK, "windows-2008", true, 300 * S), 0);
    /* Without scaling: there, after a round trip and a half. */
    assert_int_equal(
        shown_bytes(MIDDLEBOX_SET_SYN, "windows-2003", false, 50 * MS),
        DIALOGUE_BANNER_BYTES);
    assert_int_equal(
        shown_bytes(MIDDLEBOX_TRACK, "windows-2003", false, 50 * MS),
        DIALOGUE_BANNER_BYTES);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_circuit_delivers_where_nothing_is_wrong),
        cmocka_unit_test(test_circuit_a_misread_window_makes_delivery_slow),
        cmocka_unit_test(test_circuit_a_tracking_router_lets_no_banner_pass),
        cmocka_unit_test(
            test_circuit_every_remedy_of_the_story_delivers_at_once),
        cmocka_unit_test(test_circuit_a_dropped_syn_is_no_connection),
        cmocka_unit_test(
            test_circuit_a_stalled_text_holds_its_thread_for_a_block_timeout),
        cmocka_unit_test(test_circuit_a_late_250_is_a_delivery_nobody_knows_of),
        cmocka_unit_test(test_circuit_a_full_host_says_421_over_the_wire),
        cmocka_unit_test(
            test_circuit_a_listen_queue_is_first_come_first_served),
        cmocka_unit_test(test_circuit_takes_several_messages),
        cmocka_unit_test(test_circuit_an_outage_comes_before_the_connection),
        cmocka_unit_test(test_circuit_a_restart_kills_the_connection),
        cmocka_unit_test(
            test_circuit_what_was_said_to_the_dot_outlives_its_client),
        cmocka_unit_test(test_circuit_shared_lines_are_shared),
        cmocka_unit_test(
            test_circuit_a_fault_begins_and_ends_for_open_connections),
        cmocka_unit_test(test_circuit_links_are_counted_by_model),
        cmocka_unit_test(test_circuit_runs_are_the_same_each_time),
        cmocka_unit_test(test_circuit_a_whole_scenario_mixes_models),
        cmocka_unit_test(
            test_circuit_the_screen_is_blank_for_five_seconds_or_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
