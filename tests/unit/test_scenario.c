/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_scenario.c - a folder and settings become checked parameters
 *
 * tests/fixtures/scenario/full has every section; minimal has only what must be
 * there. The other scenarios are written here and stand in for the minimal
 * one's: each gives one error, at a place.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/lab/scenario.h"
#include "sim/lab/schema.h"

#define FULL    "tests/fixtures/scenario/full"
#define MINIMAL "tests/fixtures/scenario/minimal"

struct fixture {
    struct scenario scenario;
    struct diag diag;
    bool is_loaded;
};

/* open_scenario - with settings up to a NULL */
static void
open_scenario(struct fixture *fixture, const char *path,
              const char *const *sets)
{
    uint32_t sets_count = 0;

    while (sets != NULL && sets[sets_count] != NULL) {
        sets_count++;
    }
    diag_init(&fixture->diag);
    fixture->is_loaded = scenario_load(&fixture->scenario, path, sets,
                                       sets_count, &fixture->diag);
}

static void
close_scenario(struct fixture *fixture)
{
    scenario_free(&fixture->scenario);
    diag_free(&fixture->diag);
}

/* opened - the same, where an error is a failure */
static struct fixture
opened(const char *path, const char *const *sets)
{
    struct fixture fixture;

    open_scenario(&fixture, path, sets);
    if (!fixture.is_loaded) {
        fail_msg("%s", fixture.diag.text);
    }
    return fixture;
}

/* written - the minimal scenario's folder with another scenario.yaml in it; the
 * caller removes both with unlink() and rmdir() by written_remove(). */
struct written {
    char folder[64];
    char path[96];
    char channels[96];
};

static void
file_write(const char *path, const char *text)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static void
written_make(struct written *written, const char *yaml)
{
    strcpy(written->folder, "/tmp/mtasim-test-XXXXXX");
    assert_non_null(mkdtemp(written->folder));
    snprintf(written->path, sizeof written->path, "%s/scenario.yaml",
             written->folder);
    snprintf(written->channels, sizeof written->channels, "%s/imta.cnf",
             written->folder);
    file_write(written->path, yaml);
    file_write(written->channels, "tcp_local smtp\ntcp-daemon\n");
}

static void
written_remove(const struct written *written)
{
    unlink(written->path);
    unlink(written->channels);
    rmdir(written->folder);
}

static void
test_scenario_full_reads_every_section(void **state)
{
    struct fixture fixture = opened(FULL, NULL);
    const struct scenario *s = &fixture.scenario;

    (void)state;
    assert_string_equal(s->name, "full");
    assert_string_equal(s->path, FULL "/scenario.yaml");
    assert_string_equal(s->title,
                        "One smart host, which threaddepth serves it best?");
    assert_int_equal(s->horizon_ns, 4 * NS_PER_HOUR);
    assert_int_equal(s->step_ns, 60 * NS_PER_S);
    assert_int_equal(s->messages_max, 500000);
    assert_true(s->is_strict);
    assert_string_equal(s->default_channel, "tcp_local");
    assert_int_equal(s->machine.process_start.kind, VARIATE_EXPONENTIAL);
    assert_int_equal(s->machine.thread_start.a, 5 * NS_PER_MS);
    assert_int_equal(s->machine.processes_max, 400);
    assert_false(s->dialogue.is_pipelining);
    assert_int_equal(s->dialogue.greeting_timeout_ns, 5 * NS_PER_MIN);
    assert_int_equal(s->replications, 20);
    assert_int_equal(s->measure_count, 3);
    assert_string_equal(s->measure[1], "latency.p99");
    assert_int_equal(s->links_count, 2);
    assert_string_equal(s->links[0].name, "wan");
    assert_int_equal(s->links[0].rtt_ns, 40 * NS_PER_MS);
    assert_int_equal(s->links[0].rate_bits_per_s, 100000000);
    assert_int_equal(s->links[0].segment_bytes, 1460);
    assert_string_equal(s->links[1].name, "default");
    close_scenario(&fixture);
}

static void
test_scenario_sources_take_after_the_first(void **state)
{
    struct fixture fixture = opened(FULL, NULL);
    const struct scenario *s = &fixture.scenario;
    const struct traffic_params *users = &s->traffic[0];
    const struct traffic_params *letter = &s->traffic[1];

    (void)state;
    assert_int_equal(s->traffic_count, 2);
    assert_int_equal(users->arrivals, TRAFFIC_POISSON);
    assert_int_equal(users->rate_per_hour, 36000000);
    assert_true(users->is_mixed);
    assert_int_equal(users->urgent_ppm, 50000);
    assert_int_equal(users->nonurgent_ppm, 100000);
    assert_int_equal(users->to_count, 3);
    assert_ptr_equal(users->to[0].destination, &s->destinations[0]);
    assert_int_equal(users->to[0].weight, 700000);
    assert_int_equal(users->quantum_ns, 0);

    assert_int_equal(letter->arrivals, TRAFFIC_BURST);
    assert_int_equal(letter->messages_count, 5000);
    assert_int_equal(letter->at_ns, NS_PER_HOUR);
    assert_int_equal(letter->over_ns, 2 * NS_PER_MIN);
    assert_int_equal(letter->priority, 2);
    assert_false(letter->is_mixed);
    assert_string_equal(letter->channel, "tcp_intranet");
    assert_int_equal(letter->size.kind, VARIATE_LOGNORMAL);
    assert_int_equal(letter->size.a, 8000);
    assert_int_equal(letter->recipients.a, 1);
    assert_int_equal(letter->to_count, 3);
    assert_ptr_equal(letter->to[2].destination, &s->destinations[1]);
    assert_int_equal(letter->quantum_ns, 10 * NS_PER_MS);
    assert_int_equal(letter->quantum_bytes, 1024);
    close_scenario(&fixture);
}

static void
test_scenario_destinations_take_after_the_star(void **state)
{
    struct fixture fixture = opened(FULL, NULL);
    const struct scenario *s = &fixture.scenario;
    const struct destination_params *smart = &s->destinations[0];
    const struct destination_params *example = &s->destinations[1];
    const struct destination_params *group = &s->destinations[2];
    const struct destination_params *star = &s->destinations[3];

    (void)state;
    assert_int_equal(s->destinations_count, 4);
    assert_string_equal(star->name, "*");
    assert_int_equal(smart->connections_max, 50);
    assert_int_equal(smart->service.shape_ppm, 750000);
    assert_int_equal(smart->temporary_ppm[SMTP_CONNECT], 30000);
    assert_string_equal(smart->channel, "tcp_local");
    assert_ptr_equal(smart->link, &s->links[0]);

    assert_int_equal(example->connections_max, 5);
    assert_int_equal(example->temporary_ppm[SMTP_RCPT], 10000);
    assert_int_equal(example->temporary_ppm[SMTP_CONNECT], 0);
    assert_int_equal(example->permanent_ppm[SMTP_MAIL], 5000);
    assert_int_equal(example->permanent_ppm[SMTP_DOT], 2000);

    assert_int_equal(group->hosts_count, 300);
    assert_int_equal(group->zipf_ppm, 1200000);
    assert_int_equal(group->at_limit, DESTINATION_QUEUE);
    assert_int_equal(group->greylist_ns, 5 * NS_PER_MIN);
    assert_int_equal(group->temporary_ppm[SMTP_CONNECT], 0);
    assert_int_equal(star->hosts_count, 1);
    close_scenario(&fixture);
}

static void
test_scenario_outages_are_sorted_by_destination(void **state)
{
    struct fixture fixture = opened(FULL, NULL);
    const struct scenario *s = &fixture.scenario;
    const struct destination_params *smart = &s->destinations[0];

    (void)state;
    assert_int_equal(smart->outages_count, 2);
    assert_int_equal(smart->outages[0].from_ns, NS_PER_HOUR);
    assert_int_equal(smart->outages[0].until_ns, 65 * NS_PER_MIN);
    assert_int_equal(smart->outages[0].kind, DESTINATION_DNS);
    assert_int_equal(smart->outages[1].from_ns, 2 * NS_PER_HOUR);
    assert_int_equal(smart->outages[1].kind, DESTINATION_REFUSE);
    for (uint32_t i = 1; i < s->destinations_count; i++) {
        assert_int_equal(s->destinations[i].outages_count, 1);
    }
    assert_int_equal(s->faults_count, 2);
    assert_string_equal(s->faults[0].label, "smarthost.example.net: refuse");
    assert_int_equal(s->faults[0].for_ns, 20 * NS_PER_MIN);
    assert_string_equal(s->faults[1].label, "resolver down");
    close_scenario(&fixture);
}

static void
test_scenario_files_follow_includes_and_options(void **state)
{
    static const struct {
        const char *name;
        uint32_t role;
    } expected[] = {
        {"imta.cnf", 1},          {"more/domains.rules", 4},
        {"more/nested.rules", 4}, {"tcp_intranet_option", 3},
        {"tcp_local_option", 3},  {"job_controller.cnf", 2},
    };
    struct fixture fixture = opened(FULL, NULL);

    (void)state;
    assert_int_equal(fixture.scenario.files_count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        const struct scenario_file *file = &fixture.scenario.files[i];

        assert_string_equal(file->name, expected[i].name);
        assert_int_equal(file->role, expected[i].role);
        assert_int_equal(file->bytes_size, strlen(file->bytes));
    }
    close_scenario(&fixture);
}

static void
test_scenario_settings_become_overrides(void **state)
{
    static const char *const sets[] = {"channel.tcp_local.threaddepth=9",
                                       "pool.P.job_limit=3", NULL};
    struct fixture fixture = opened(FULL, sets);
    const struct scenario *s = &fixture.scenario;

    (void)state;
    assert_int_equal(s->overrides_count, 4);
    assert_string_equal(s->overrides[0].path, "channel.tcp_local.threaddepth");
    assert_string_equal(s->overrides[0].value, "9");
    assert_string_equal(s->overrides[0].where, "--set");
    assert_string_equal(s->overrides[1].path, "channel.tcp_local.backoff");
    assert_string_equal(s->overrides[1].value, "pt5m pt10m");
    assert_string_equal(s->overrides[1].where, FULL "/scenario.yaml:41:41");
    assert_string_equal(s->overrides[2].path, "job.SMTP_POOL.JOB_LIMIT");
    assert_string_equal(s->overrides[3].path, "pool.P.job_limit");
    close_scenario(&fixture);
}

static void
test_scenario_sweeps_expand_ranges(void **state)
{
    static const char *const values[] = {"1", "2", "4", "8", "12", "128"};
    struct fixture fixture = opened(FULL, NULL);
    const struct scenario_axis *axis = &fixture.scenario.sweep[0];

    (void)state;
    assert_int_equal(fixture.scenario.sweep_count, 2);
    assert_string_equal(axis->path, "channel.tcp_local.threaddepth");
    assert_int_equal(axis->values_count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_string_equal(axis->values[i], values[i]);
    }
    assert_string_equal(fixture.scenario.sweep[1].values[1], "40ms");
    close_scenario(&fixture);
}

static void
test_scenario_sweeps_name_values_and_leave_one_as_configured(void **state)
{
    struct written written;
    struct fixture fixture;

    (void)state;
    written_make(&written,
                 "horizon: 1h\nmta: { channels: imta.cnf }\n"
                 "traffic: [ { name: t, arrivals: poisson(1/s), "
                 "to: { a.example: 1 } } ]\n"
                 "destinations: { a.example: {} }\n"
                 "sweep: { channel.x.normalbackoff: [ { label: default },\n"
                 "  { value: pt5m pt10m, label: short }, pt1h,\n"
                 "  { value: [pt2h, pt4h] } ] }\n");
    fixture = opened(written.path, NULL);

    const struct scenario_axis *axis = &fixture.scenario.sweep[0];

    assert_int_equal(axis->values_count, 4);
    assert_string_equal(axis->values[0], "");
    assert_string_equal(scenario_axis_label(axis, 0), "default");
    assert_string_equal(axis->values[1], "pt5m pt10m");
    assert_string_equal(scenario_axis_label(axis, 1), "short");
    assert_string_equal(scenario_axis_label(axis, 2), "pt1h");
    assert_string_equal(axis->values[3], "pt2h pt4h");
    assert_string_equal(scenario_axis_label(axis, 3), "pt2h pt4h");
    close_scenario(&fixture);
    written_remove(&written);
}

static void
test_scenario_minimal_has_the_defaults(void **state)
{
    struct fixture fixture = opened(MINIMAL "/scenario.yaml", NULL);
    const struct scenario *s = &fixture.scenario;

    (void)state;
    assert_string_equal(s->name, "minimal");
    assert_string_equal(s->title, "minimal");
    assert_int_equal(s->start_wall_ns,
                     (INT64_C(13219) * 86400 + 28800) * NS_PER_S);
    assert_int_equal(s->step_ns, 15 * NS_PER_S);
    assert_int_equal(s->messages_max, 10000000);
    assert_false(s->is_strict);
    assert_null(s->default_channel);
    assert_int_equal(s->replications, 10);
    assert_int_equal(s->machine.process_start.a, 200 * NS_PER_MS);
    assert_int_equal(s->machine.processes_max, 0);
    assert_true(s->dialogue.is_pipelining);
    assert_int_equal(s->dialogue.connect_timeout_ns, 2 * NS_PER_MIN);
    assert_int_equal(s->dialogue.dot_timeout_ns, 10 * NS_PER_MIN);
    assert_int_equal(s->destinations_count, 2);
    assert_string_equal(s->destinations[1].name, "*");
    assert_string_equal(s->destinations[1].link->name, "default");
    assert_null(s->destinations[0].channel);
    assert_int_equal(s->traffic[0].priority, 1);
    assert_int_equal(s->sweep_count, 0);
    assert_int_equal(s->faults_count, 0);
    close_scenario(&fixture);
}

static void
test_scenario_set_finds_names_with_dots(void **state)
{
    static const char *const sets[] = {
        "links.wan.rtt=80ms",
        "links.wan.rtt=90ms",
        "destinations.smarthost.example.net.connections_max=7",
        "destinations.'example.net'.connections_max=8",
        "destinations.example.net.temporary.dot=3%",
        "destinations.*.at_limit=queue",
        "traffic.users.arrivals=poisson(20/s)",
        "traffic.newsletter.to={ small: 1 }",
        "traffic.users.to.small=9",
        "faults.1.for=1m",
        "machine.thread_start=9ms",
        "links.default.rtt=1ms",
        NULL};
    struct fixture fixture = opened(FULL, sets);
    const struct scenario *s = &fixture.scenario;

    (void)state;
    assert_int_equal(s->links[0].rtt_ns, 90 * NS_PER_MS);
    assert_int_equal(s->links[1].rtt_ns, NS_PER_MS);
    assert_int_equal(s->destinations[0].connections_max, 7);
    assert_int_equal(s->destinations[0].at_limit, DESTINATION_QUEUE);
    assert_int_equal(s->destinations[1].connections_max, 8);
    assert_int_equal(s->destinations[1].temporary_ppm[SMTP_RCPT], 10000);
    assert_int_equal(s->destinations[1].temporary_ppm[SMTP_DOT], 30000);
    assert_int_equal(s->traffic[0].rate_per_hour, 72000000);
    assert_int_equal(s->traffic[0].to[1].weight, 9000000);
    assert_int_equal(s->traffic[1].to_count, 1);
    assert_int_equal(s->faults[0].for_ns, NS_PER_MIN);
    assert_int_equal(s->machine.thread_start.a, 9 * NS_PER_MS);
    close_scenario(&fixture);
}

static void
test_scenario_set_refuses_wrong_paths(void **state)
{
    static const char *const cases[][2] = {
        {"horizn=3h", "did you mean horizon?"},
        {"traffic.users.arrival=1", "did you mean traffic.users.arrivals?"},
        {"traffic.user.arrivals=1", "did you mean users?"},
        {"links.wna.rtt=80ms", "there are: wan"},
        {"destinations.new.example.connections_max=7", "has no new.example"},
        {"links.wan.los=1%", "did you mean links.wan.loss?"},
        {"links.wan.rtt.x=1", "links.wan.rtt is a duration"},
        {"links.wan.rtt=5", "must be a duration"},
        {"links=5", "must be a mapping"},
        {"traffic.users.to.nobody=1", "no destination nobody"},
        {"sweep.a=1", "sweep is a mapping"},
        {"horizon", "PATH=VALUE"},
        {"=1", "PATH=VALUE"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const sets[] = {cases[i][0], NULL};
        struct fixture fixture;

        open_scenario(&fixture, FULL, sets);
        assert_false(fixture.is_loaded);
        if (strncmp(fixture.diag.text, "--set ", 6) != 0 ||
            strstr(fixture.diag.text, cases[i][1]) == NULL) {
            fail_msg("--set %s: %s", cases[i][0], fixture.diag.text);
        }
        close_scenario(&fixture);
    }
}

#define HEAD "horizon: 1h\nmta: { channels: imta.cnf }\n"
#define MAIL                                                                   \
    "traffic: [{ name: u, arrivals: poisson(1/s), to: { a: 1 } }]\n"           \
    "destinations: { a: {} }\n"
#define TO_ISP                                                                 \
    "traffic: [{ name: u, arrivals: poisson(1/s), to: { Isp.example: 1 } }]\n"

static const struct {
    const char *yaml;
    const char *place; /* after the file's name */
    const char *said;
} mistakes[] = {
    {HEAD MAIL "horizn: 1\n", ":5:1:", "did you mean horizon?"},
    {"mta: { channels: imta.cnf }\n" MAIL, ":1:1:", "no horizon"},
    {"horizon: 0s\nmta: { channels: imta.cnf }\n" MAIL, ":1:10:", "above 0"},
    {"horizon: 1h\n" MAIL, ":1:1:", "no mta"},
    {"horizon: 1h\nmta: { channels: no.cnf }\n" MAIL, ":2:18:", "No such file"},
    {HEAD "destinations: { a: {} }\n", ":1:1:", "no traffic"},
    {HEAD "traffic: []\n", ":3:10:", "no traffic"},
    {HEAD "traffic: { a: 1 }\n", ":3:10:", "must be a list"},
    {HEAD "traffic: [{ arrivals: poisson(1/s), to: { '*': 1 } }]\n",
     ":3:11:", "no name"},
    {HEAD "traffic: [{ name: u, to: { '*': 1 } }]\n", ":3:11:", "no arrivals"},
    {HEAD "traffic: [{ name: u, arrivals: poisson(0/s), to: { '*': 1 } "
          "}]\n",
     ":3:32:", "more than 0"},
    {HEAD "traffic: [{ name: u, arrivals: poisson(1/s), to: { '*': 0 } "
          "}]\n",
     ":3:57:", "more than 0"},
    {HEAD "traffic: [{ name: u, arrivals: even(5), to: { a: 1 } }]\n"
          "destinations: { a: {} }\n",
     ":3:32:", "over"},
    {HEAD "traffic: [{ name: u, arrivals: 'even(5, over 4000d)', to: { a: "
          "1 } }]\ndestinations: { a: {} }\n",
     ":3:32:", "3650d"},
    {HEAD "traffic: [{ name: u, arrivals: poisson(1/s), to: { '*': 1 } "
          "}]\n",
     ":3:52:", "with a name"},
    {HEAD "traffic: [{ name: u, arrivals: poisson(1/s) }]\n",
     ":3:11:", "no destinations"},
    {HEAD "traffic: [{ name: u, arrivals: poisson(1/s), to: { b: 1 } }]\n"
          "destinations: { bb: {} }\n",
     ":3:52:", "no destination b"},
    {HEAD "traffic: [{ name: u, arrivals: replay(no.trace) }]\n",
     ":3:32:", "no.trace cannot be read"},
    {HEAD MAIL "links: { wan: { level: normal } }\n",
     ":5:17:", "under mta.tcp"},
    {HEAD MAIL "links: { wan: 5 }\n", ":5:15:", "must be a mapping"},
    {HEAD MAIL "links: { 'w n': {} }\n", ":5:10:", "a name is"},
    {HEAD MAIL "faults: [{ at: 1h, for: 1h, destination: b }]\n",
     ":5:42:", "no destination b"},
    {HEAD MAIL "faults: [{ at: 1h, for: 1h, destination: a },\n"
               "  { at: 90m, for: 1m, destination: '*' }]\n",
     ":6:3:", "overlaps"},
    {HEAD MAIL "faults: [{ at: 1h, for: 1h, destination: a, outage: x }]\n",
     ":5:53:", "refuse timeout dns"},
    {HEAD MAIL "sweep: { links.wan.rtt: [1ms] }\n", ":5:10:", "links.wan.rtt"},
    {HEAD MAIL "sweep: { horizon: [1h, 2] }\n", ":5:19:", "horizon must"},
    {HEAD MAIL "sweep: { horizon: [{ valu: 1h, label: x }] }\n",
     ":5:20:", "{ value: ..., label: ... }"},
    {HEAD MAIL "sweep: { horizon: [''] }\n", ":5:20:", "{ label: default }"},
    {HEAD TO_ISP "destinations:\n  Isp.example: {}\n  b.example: {}\n"
                 "  isp.EXAMPLE: {}\n",
     ":7:3:", "the host that line 5 calls Isp.example"},
    {HEAD TO_ISP "destinations:\n  g-12.example: {}\n"
                 "  G.example: { hosts: 12 }\n  Isp.example: {}\n",
     ":5:3:", "host 12 of the group G.example of line 6"},
    {HEAD MAIL "sweep: { faults: [1] }\n", ":5:10:", "single values"},
    {HEAD MAIL "sweep: { horizon: [] }\n", ":5:19:", "list of values"},
    {HEAD MAIL "sweep: { channel.x.y: 5..1 }\n", ":5:23:", "range"},
    {HEAD MAIL "step: 1ms\n", ":5:7:", "too small"},
    {HEAD MAIL "start: 2006-02-30\n", ":5:8:", "no such day"},
    {"- 1\n", ":1:1:", "must be a mapping"},
    {HEAD MAIL "channel: 5\n", ":5:10:", "must be a mapping"},
};

static void
test_scenario_errors_have_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct written written;
        struct fixture fixture;
        char place[160];

        written_make(&written, mistakes[i].yaml);
        open_scenario(&fixture, written.folder, NULL);
        snprintf(place, sizeof place, "%s%s error: ", written.path,
                 mistakes[i].place);
        if (fixture.is_loaded || strstr(fixture.diag.text, place) == NULL ||
            strstr(fixture.diag.text, mistakes[i].said) == NULL) {
            fail_msg("%sexpected %s \"%s\", found: %s", mistakes[i].yaml,
                     mistakes[i].place, mistakes[i].said,
                     fixture.diag.text != NULL ? fixture.diag.text : "none");
        }
        close_scenario(&fixture);
        written_remove(&written);
    }
}

static void
test_scenario_errors_come_all_at_once(void **state)
{
    struct written written;
    struct fixture fixture;

    (void)state;
    written_make(&written, "horizn: 1h\n"
                           "horizon: 5\n"
                           "mta: { channels: no.cnf }\n"
                           "title: &a x\n"
                           "traffic:\n"
                           "  - { name: u, arrivals: never, to: { b: 1 } }\n");
    open_scenario(&fixture, written.folder, NULL);
    assert_false(fixture.is_loaded);
    assert_int_equal(fixture.diag.errors_count, 6);
    close_scenario(&fixture);
    written_remove(&written);
}

static void
test_scenario_missing_file_is_named(void **state)
{
    struct fixture fixture;

    (void)state;
    open_scenario(&fixture, "tests/fixtures/scenario/none", NULL);
    assert_false(fixture.is_loaded);
    assert_int_equal(fixture.diag.errors_count, 1);
    assert_non_null(strstr(fixture.diag.text, "tests/fixtures/scenario/none"));
    close_scenario(&fixture);
}

/* A sweep loads scenarios into one diag: what it shows of a file must not be
 * the bytes that went with the scenario before. */
static void
test_scenario_diag_outlives_it(void **state)
{
    struct written written;
    struct fixture fixture;

    (void)state;
    written_make(&written, HEAD MAIL);
    open_scenario(&fixture, written.folder, NULL);
    assert_true(fixture.is_loaded);
    scenario_free(&fixture.scenario);
    file_write(written.path, "horizn: 1h # here\n" HEAD MAIL);
    assert_false(scenario_load(&fixture.scenario, written.folder, NULL, 0,
                               &fixture.diag));
    assert_int_equal(fixture.diag.errors_count, 1);
    assert_non_null(strstr(fixture.diag.text, "    horizn: 1h # here\n"));
    close_scenario(&fixture);
    written_remove(&written);
}

/* same_canonical - two settings of one scenario have the same text */
static bool
same_canonical(const char *path, const char *set_a, const char *set_b)
{
    const char *const sets_a[] = {set_a, NULL};
    const char *const sets_b[] = {set_b, NULL};
    struct fixture a = opened(path, sets_a);
    struct fixture b = opened(path, sets_b);
    const bool is_same = strcmp(scenario_canonical(&a.scenario),
                                scenario_canonical(&b.scenario)) == 0;

    close_scenario(&a);
    close_scenario(&b);
    return is_same;
}

static void
test_scenario_canonical_is_the_meaning(void **state)
{
    (void)state;
    assert_true(same_canonical(FULL, "horizon=4h", "horizon=240m"));
    assert_true(same_canonical(FULL, "title=a", "title=b"));
    assert_true(same_canonical(FULL, "replications=3", "replications=4"));
    assert_true(same_canonical(MINIMAL, "machine.thread_start=5ms", NULL));
    assert_true(same_canonical(MINIMAL, "links.default.rtt=0.04s",
                               "links.default.rtt=40ms"));

    assert_false(same_canonical(FULL, "horizon=4h", "horizon=4h1ns"));
    assert_false(
        same_canonical(FULL, "job.N.JOB_LIMIT=1", "job.N.JOB_LIMIT=2"));
    assert_false(same_canonical(FULL, "traffic.users.size=8kB",
                                "traffic.users.size=8KiB"));
    assert_false(same_canonical(MINIMAL, "machine.thread_start=6ms", NULL));
}

/* The default said aloud hides what "*" and the first source say. */
static void
test_scenario_canonical_keeps_defaults_that_hide_others(void **state)
{
    (void)state;
    assert_false(
        same_canonical(FULL, "destinations.small.connections_max=50", NULL));
    assert_false(same_canonical(FULL, "traffic.newsletter.channel=", NULL));
    assert_false(same_canonical(FULL, "destinations.small.permanent={}", NULL));
}

static void
test_scenario_canonical_has_the_files_contents(void **state)
{
    struct written written;
    struct fixture a;
    struct fixture b;

    (void)state;
    written_make(&written, HEAD MAIL);
    a = opened(written.folder, NULL);
    file_write(written.channels, "tcp_local smtq\ntcp-daemon\n");
    b = opened(written.folder, NULL);
    assert_string_not_equal(scenario_canonical(&a.scenario),
                            scenario_canonical(&b.scenario));
    close_scenario(&a);
    close_scenario(&b);
    written_remove(&written);
}

static void
test_schema_defaults_are_of_their_type(void **state)
{
    struct arena *arena = arena_new(0);
    const struct schema_row *row = NULL;

    (void)state;
    for (size_t i = 0; (row = schema_row_at(i)) != NULL; i++) {
        struct schema_value value;
        const char *why = NULL;

        assert_ptr_equal(schema_get(row->pattern), row);
        if (row->standard != NULL && *row->standard != '\0' &&
            !schema_value_parse(row, row->standard, arena, &value, &why)) {
            fail_msg("%s: %s", row->pattern, why);
        }
    }
    arena_free(arena);
}

static void
test_schema_rows_stand_in_rows(void **state)
{
    const struct schema_row *row = NULL;

    (void)state;
    for (size_t i = 1; (row = schema_row_at(i)) != NULL; i++) {
        char above[SCHEMA_PATTERN_MAX];
        char *dot = NULL;

        snprintf(above, sizeof above, "%s", row->pattern);
        dot = strrchr(above, '.');
        *(dot != NULL ? dot : above) = '\0';
        if (schema_get(above) == NULL) {
            fail_msg("nothing holds %s", row->pattern);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenario_full_reads_every_section),
        cmocka_unit_test(test_scenario_sources_take_after_the_first),
        cmocka_unit_test(test_scenario_destinations_take_after_the_star),
        cmocka_unit_test(test_scenario_outages_are_sorted_by_destination),
        cmocka_unit_test(test_scenario_files_follow_includes_and_options),
        cmocka_unit_test(test_scenario_settings_become_overrides),
        cmocka_unit_test(test_scenario_sweeps_expand_ranges),
        cmocka_unit_test(
            test_scenario_sweeps_name_values_and_leave_one_as_configured),
        cmocka_unit_test(test_scenario_minimal_has_the_defaults),
        cmocka_unit_test(test_scenario_set_finds_names_with_dots),
        cmocka_unit_test(test_scenario_set_refuses_wrong_paths),
        cmocka_unit_test(test_scenario_errors_have_their_place),
        cmocka_unit_test(test_scenario_errors_come_all_at_once),
        cmocka_unit_test(test_scenario_missing_file_is_named),
        cmocka_unit_test(test_scenario_diag_outlives_it),
        cmocka_unit_test(test_scenario_canonical_is_the_meaning),
        cmocka_unit_test(
            test_scenario_canonical_keeps_defaults_that_hide_others),
        cmocka_unit_test(test_scenario_canonical_has_the_files_contents),
        cmocka_unit_test(test_schema_defaults_are_of_their_type),
        cmocka_unit_test(test_schema_rows_stand_in_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
