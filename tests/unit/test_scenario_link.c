/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_scenario_link.c - links, routers and stacks of a scenario
 *
 * tests/fixtures/router: one link that says nothing of TCP, one with two
 * routers, one with a fault for ever and another for a while.
 */
#include "tests/support/support.h"

#include <string.h>

#include "sim/lab/scenario.h"
#include "sim/lab/scenario_link.h"

#define ROUTER "tests/fixtures/router"

struct fixture {
    struct scenario scenario;
    struct diag diag;
    bool is_loaded;
};

static void
open_router(struct fixture *f, const char *first, const char *second)
{
    const char *const sets[] = {first, second};

    diag_init(&f->diag);
    f->is_loaded = scenario_load(&f->scenario, ROUTER, sets,
                                 first == NULL    ? 0
                                 : second == NULL ? 1
                                                  : 2,
                                 &f->diag);
}

static void
close_router(struct fixture *f)
{
    scenario_free(&f->scenario);
    diag_free(&f->diag);
}

/* opened - where an error is a failure */
static struct fixture
opened(const char *first, const char *second)
{
    struct fixture f;

    open_router(&f, first, second);
    if (!f.is_loaded) {
        fail_msg("%s", f.diag.text);
    }
    return f;
}

static const struct link_params *
link_of(const struct fixture *f, const char *name)
{
    for (uint32_t i = 0; i < f->scenario.links_count; i++) {
        if (strcmp(f->scenario.links[i].name, name) == 0) {
            return &f->scenario.links[i];
        }
    }
    fail_msg("no link %s", name);
    return NULL;
}

static void
test_scenario_link_that_says_nothing_of_tcp_is_plain(void **state)
{
    struct fixture f = opened(NULL, NULL);

    (void)state;
    assert_int_equal(link_of(&f, "lan")->model, LINK_PLAIN);
    assert_int_equal(link_of(&f, "default")->model, LINK_PLAIN);
    assert_int_equal(link_of(&f, "wan")->model, LINK_AUTO);
    assert_int_equal(link_of(&f, "two")->model, LINK_AUTO);
    close_router(&f);
}

static void
test_scenario_link_of_which_tcp_is_said_is_not_plain(void **state)
{
    static const char *const sets[] = {
        "links.lan.loss=0.1%",
        "links.lan.queue=64KiB",
        "links.lan.rate_down=1Mbit/s",
        "links.lan.window_scaling=track",
        "links.lan.shared=yes",
        "links.lan.server=bsd",
        "links.lan.server_shift=none",
        "mta.tcp.stack=windows-2003",
        "mta.tcp.window_scaling=off",
        "mta.tcp.window_clamp=64KiB",
        "destinations.near.example.client_window_scaling=off",
    };

    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        struct fixture f = opened(sets[i], NULL);
        assert_int_equal(link_of(&f, "lan")->model, LINK_AUTO);
        close_router(&f);
        f = opened(sets[i], strstr(sets[i], "shared") == NULL
                                ? "links.lan.model=plain"
                                : "links.lan.model=segment");
        assert_int_not_equal(link_of(&f, "lan")->model, LINK_AUTO);
        close_router(&f);
    }
}

static void
test_scenario_link_that_says_the_default_is_plain(void **state)
{
    /* Its key cannot tell it from one that says nothing. */
    struct fixture f =
        opened("links.lan.queue=128KiB", "mta.tcp.window_scaling=on");

    (void)state;
    assert_int_equal(link_of(&f, "lan")->model, LINK_PLAIN);
    close_router(&f);
}

static void
test_scenario_link_hops_are_a_path(void **state)
{
    struct fixture f = opened(NULL, NULL);
    const struct link_params *two = link_of(&f, "two");
    const struct path_params *path = two->path;

    (void)state;
    assert_int_equal(path->hops_count, 2);
    assert_int_equal(path->hops[0].rate_bits_per_s[TCP_CLIENT], 1000000);
    assert_int_equal(path->hops[0].rate_bits_per_s[TCP_SERVER], 8000000);
    assert_int_equal(path->hops[0].delay_ns[TCP_CLIENT], 5 * NS_PER_MS);
    assert_int_equal(path->hops[0].queue_bytes[TCP_SERVER], 65536);
    assert_int_equal(path->hops[0].middleboxes_count, 0);
    assert_int_equal(path->hops[1].loss_ppm[TCP_CLIENT], 1000);
    assert_int_equal(path->hops[1].middleboxes_count, 1);
    assert_int_equal(path->hops[1].middleboxes[0].fault, MIDDLEBOX_CLAMP);
    assert_int_equal(path->hops[1].middleboxes[0].value, 8192);
    assert_int_equal(two->rtt_ns, 40 * NS_PER_MS);
    close_router(&f);
}

static void
test_scenario_link_has_the_fault_of_the_instant(void **state)
{
    struct fixture f = opened(NULL, NULL);
    struct scenario_link link;

    (void)state;
    assert_true(scenario_link_get(&f.scenario, "wan", 0, &link, &f.diag));
    assert_int_equal(link.path.hops[0].middleboxes_count, 1);
    assert_int_equal(link.path.hops[0].middleboxes[0].fault, MIDDLEBOX_SET_SYN);
    assert_int_equal(link.path.hops[0].middleboxes[0].value, 3);
    assert_true(
        scenario_link_get(&f.scenario, "wan", 10 * NS_PER_MIN, &link, &f.diag));
    assert_int_equal(link.path.hops[0].middleboxes[0].fault, MIDDLEBOX_TRACK);
    assert_true(
        scenario_link_get(&f.scenario, "wan", 30 * NS_PER_MIN, &link, &f.diag));
    assert_int_equal(link.path.hops[0].middleboxes[0].fault, MIDDLEBOX_SET_SYN);
    assert_int_equal(f.diag.errors_count, 0);
    assert_false(scenario_link_get(&f.scenario, "wam", 0, &link, &f.diag));
    assert_non_null(strstr(f.diag.text, "did you mean wan?"));
    close_router(&f);
}

static void
test_scenario_link_a_share_of_hosts_is_behind_the_router(void **state)
{
    struct fixture f = opened(NULL, NULL);
    const struct link_params *wan = link_of(&f, "wan");
    struct link_luck luck;
    uint32_t behind = 0, behind_both = 0, tracked = 0;

    (void)state;
    link_luck_init(&luck, wan, 1, 0);
    for (uint32_t i = 0; i < 10000; i++) {
        char name[32];
        snprintf(name, sizeof name, "host-%u.example", i);
        const bool is_behind = link_path(wan, &luck, name, 0) != wan->path;
        const bool is_tracked =
            link_path(wan, &luck, name, 10 * NS_PER_MIN) == wan->faults[1].path;
        behind += is_behind;
        tracked += is_tracked;
        behind_both += is_behind && is_tracked;
    }
    /* 5 % and 20 % of 10,000; five standard deviations are 109 and 200. */
    assert_in_range(behind, 391, 609);
    assert_in_range(tracked, 1800, 2200);
    assert_int_equal(behind_both, behind); /* one draw for both */
    close_router(&f);
}

static void
test_scenario_link_stacks_are_as_set(void **state)
{
    struct fixture f =
        opened("mta.tcp.window_clamp=65535B",
               "destinations.far.example.client_window_scaling=no");
    const struct destination_params *far = &f.scenario.destinations[0];

    (void)state;
    assert_int_equal(f.scenario.client->window_clamp_bytes, 65535);
    assert_int_equal(f.scenario.client->shift, 0); /* all it needs for that */
    assert_string_equal(far->name, "far.example");
    assert_int_equal(far->client->shift, TCP_SHIFT_NONE);
    assert_int_equal(far->client->window_clamp_bytes, 65535);
    assert_int_equal(link_of(&f, "wan")->server->shift, 9);
    assert_int_equal(link_of(&f, "wan")->server->mss_bytes, 1460);
    close_router(&f);
    f = opened("mta.tcp.stack=windows-2008", "mta.tcp.level=restricted");
    assert_int_equal(f.scenario.client->shift, 4);
    close_router(&f);
    f = opened("mta.tcp.stack=windows-2008", "mta.tcp.level=disabled");
    assert_int_equal(f.scenario.client->shift, TCP_SHIFT_NONE);
    close_router(&f);
    /* 1 MiB needs 65535 << 5: 65535 << 4 is 16 bytes less. */
    f = opened("mta.tcp.window_max=1MiB", NULL);
    assert_int_equal(f.scenario.client->shift, 5);
    close_router(&f);
    f = opened("mta.tcp.shift=3", "mta.tcp.congestion=reno");
    assert_int_equal(f.scenario.client->shift, 3);
    assert_int_equal(f.scenario.client->congestion, TCP_RENO);
    close_router(&f);
}

static void
test_scenario_link_errors_say_what_to_do(void **state)
{
    static const char *const cases[][3] = {
        {"links.wan.window_scaling=strip", NULL, "strip-synack"},
        {"links.wan.window_scaling=set-syn=15", NULL, "window_scaling must be"},
        {"links.wan.share=5", NULL, "share must be a probability"},
        {"links.lan.shared=yes", "links.lan.model=round", "auto or segment"},
        {"links.lan.server=plan9", NULL, "linux windows-2008"},
        {"links.lan.server_shift=15", NULL, "must be one of: stack none 0"},
        {"links.lan.rate_up=unlimited", NULL, "one direction alone"},
        {"links.two.queue=1KiB", NULL, "of each of the hops"},
        {"links.two.hops=[]", NULL, "1 to 8 hops"},
        {"links.lan.loss=1500000", NULL, "loss must be a probability"},
        {"mta.tcp.level=disabled", NULL, "level is of windows-2008"},
        {"mta.tcp.windw=1", NULL, "did you mean"},
        {"faults.1.link=wam", NULL, "did you mean wan?"},
        {"faults.1.destination=far.example", NULL, "this is of both"},
        {"faults.2.share=5%", NULL, "share is of a fault of a link"},
        {"faults.1.outage=refuse", NULL, "outage is of a fault of a dest"},
        {"faults.2={at: 15m, for: 1m, link: wan, window_scaling: track}", NULL,
         "overlaps another one"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        open_router(&f, cases[i][0], cases[i][1]);
        if (f.is_loaded || strstr(f.diag.text, cases[i][2]) == NULL) {
            fail_msg("%s: expected \"%s\", found: %s", cases[i][0], cases[i][2],
                     f.diag.text != NULL ? f.diag.text : "none");
        }
        close_router(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenario_link_that_says_nothing_of_tcp_is_plain),
        cmocka_unit_test(test_scenario_link_of_which_tcp_is_said_is_not_plain),
        cmocka_unit_test(test_scenario_link_that_says_the_default_is_plain),
        cmocka_unit_test(test_scenario_link_hops_are_a_path),
        cmocka_unit_test(test_scenario_link_has_the_fault_of_the_instant),
        cmocka_unit_test(
            test_scenario_link_a_share_of_hosts_is_behind_the_router),
        cmocka_unit_test(test_scenario_link_stacks_are_as_set),
        cmocka_unit_test(test_scenario_link_errors_say_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
