/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_scenario.c - whatever is written, the loader answers
 *
 * Mutations of a full scenario and of settings: loading either gives a scenario
 * or says at least one error; it never crashes (run it with BUILD=asan), and
 * what loads has a canonical text that does not change from one load to the
 * next. A failure leaves the file and prints the seed:
 *
 *     PROP_SEED=n make check T=prop_scenario
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/kernel/base.h"
#include "sim/lab/scenario.h"

#define FULL "tests/fixtures/scenario/full/scenario.yaml"

enum { ROUNDS = 1500, TEXT_MAX = 16384 };

static const char *const tokens[] = {
    "{",
    "}",
    "[",
    "]",
    ": ",
    ", ",
    "\n",
    "\n  ",
    "- ",
    "&a ",
    "*a",
    "!!t ",
    "<<: ",
    "---\n",
    "\t",
    "'",
    "\"",
    "#",
    "%",
    "(",
    ")",
    "0",
    "-1",
    "1e9",
    "..",
    "|\n",
    ">\n",
    "9999999999999999999",
    "18446744073709551616s",
    "\xff",
    "\xc3\xa9",
    "? ",
    "a.b",
    "*",
    "\"*\": ",
    "0.0000000000001",
    "p1dt",
    "replay(x)",
    "null",
    "horizon: 2h\n",
    "traffic: 5\n",
    "destinations: []\n",
    "faults:\n",
    "link: wam",
    "to: {}",
    "hosts: 4294967295",
    "1..999999999",
};

static const char *const paths[] = {
    "horizon",
    "links.wan.rtt",
    "traffic.users.arrivals",
    "traffic.1.to",
    "destinations.example.net.temporary",
    "destinations.'small'.hosts",
    "faults.2.at",
    "sweep",
    "mta.channels",
    "channel.x.y",
    "links",
    "",
    "destinations.*.link",
    "traffic.newsletter.quantum.time",
    "a.b.c",
    "...",
};

/* One text under mutation. */
struct text {
    char bytes[TEXT_MAX];
    size_t size;
};

static uint64_t
seed_get(void)
{
    const char *given = getenv("PROP_SEED");

    return given != NULL ? strtoull(given, NULL, 10) : 20060312;
}

/* replace - `old_size` bytes at `at` by others, if they fit */
static void
replace(struct text *text, size_t at, size_t old_size, const char *bytes,
        size_t size)
{
    if (at + old_size > text->size || text->size - old_size + size > TEXT_MAX) {
        return;
    }
    memmove(text->bytes + at + size, text->bytes + at + old_size,
            text->size - at - old_size);
    memcpy(text->bytes + at, bytes, size);
    text->size += size - old_size;
}

static void
mutate(struct text *text, uint64_t *random)
{
    const size_t at = test_random_below(random, text->size + 1);
    const size_t span = test_random_below(random, 40);
    const char *token =
        tokens[test_random_below(random, sizeof tokens / sizeof *tokens)];
    char piece[40];

    switch (test_random_below(random, 4)) {
    case 0:
        piece[0] = (char)test_random_below(random, 256);
        replace(text, at, 1, piece, 1);
        return;
    case 1:
        replace(text, at, span, "", 0);
        return;
    case 2:
        if (at + span <= text->size) {
            memcpy(piece, text->bytes + at, span);
            replace(text, test_random_below(random, text->size + 1), 0, piece,
                    span);
        }
        return;
    case 3:
        replace(text, at, 0, token, strlen(token));
        return;
    }
}

static void
file_write(const char *path, const void *bytes, size_t size)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
}

static void
file_read(const char *path, struct text *text)
{
    FILE *in = fopen(path, "rb");

    assert_non_null(in);
    text->size = fread(text->bytes, 1, TEXT_MAX, in);
    assert_true(text->size > 0 && text->size < TEXT_MAX);
    fclose(in);
}

/* load_once - the canonical text, for the caller to free; NULL: refused */
static char *
load_once(const char *path, const char *set)
{
    struct scenario scenario;
    struct diag diag;
    char *canonical = NULL;
    bool is_loaded = false;

    diag_init(&diag);
    is_loaded = scenario_load(&scenario, path, &set, set != NULL, &diag);
    assert_int_equal(is_loaded, diag.errors_count == 0);
    if (is_loaded) {
        const char *text = scenario_canonical(&scenario);

        assert_true(scenario.horizon_ns > 0 && scenario.step_ns > 0);
        assert_true(scenario.traffic_count > 0);
        for (uint32_t i = 0; i < scenario.destinations_count; i++) {
            assert_non_null(scenario.destinations[i].link);
        }
        canonical = base_alloc(strlen(text) + 1);
        memcpy(canonical, text, strlen(text) + 1);
    }
    scenario_free(&scenario);
    diag_free(&diag);
    return canonical;
}

/* round_run - true: the scenario was taken */
static bool
round_run(const char *path, const char *set)
{
    char *first = load_once(path, set);
    char *second = load_once(path, set);
    const bool is_taken = first != NULL;

    assert_int_equal(first == NULL, second == NULL);
    if (is_taken) {
        assert_string_equal(first, second);
    }
    free(first);
    free(second);
    return is_taken;
}

static void
test_scenario_any_text_is_answered(void **state)
{
    const uint64_t seed = seed_get();
    uint64_t random = seed;
    struct text original;
    char folder[] = "/tmp/mtasim-prop-XXXXXX";
    char path[64];
    char channels[64];
    char jobs[64];
    uint32_t taken_count = 0;

    (void)state;
    file_read(FULL, &original);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/scenario.yaml", folder);
    snprintf(channels, sizeof channels, "%s/imta.cnf", folder);
    snprintf(jobs, sizeof jobs, "%s/job_controller.cnf", folder);
    file_write(channels, "a smtp\nb\n", 9);
    file_write(jobs, "", 0);
    print_message("PROP_SEED=%llu, last text in %s\n", (unsigned long long)seed,
                  path);
    for (int round = 0; round < ROUNDS; round++) {
        struct text text = original;

        for (uint64_t i = test_random_below(&random, 6) + 1; i > 0; i--) {
            mutate(&text, &random);
        }
        file_write(path, text.bytes, text.size);
        taken_count += round_run(path, NULL);
    }
    /* Both answers were met, or the mutations test nothing. */
    assert_in_range(taken_count, 10, ROUNDS - 100);
    unlink(path);
    unlink(channels);
    unlink(jobs);
    rmdir(folder);
}

static void
test_scenario_any_setting_is_answered(void **state)
{
    uint64_t random = seed_get();
    uint32_t taken_count = 0;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct text text = {.size = 0};
        const char *path =
            paths[test_random_below(&random, sizeof paths / sizeof *paths)];

        replace(&text, 0, 0, path, strlen(path));
        replace(&text, text.size, 0, "=", 1);
        for (uint64_t i = test_random_below(&random, 4); i > 0; i--) {
            const char *token = tokens[test_random_below(
                &random, sizeof tokens / sizeof *tokens)];

            replace(&text, text.size, 0, token, strlen(token));
        }
        if (test_random_below(&random, 2) == 0) {
            mutate(&text, &random);
        }
        text.bytes[text.size] = '\0';
        taken_count += round_run(FULL, text.bytes);
    }
    assert_in_range(taken_count, 10, ROUNDS - 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenario_any_text_is_answered),
        cmocka_unit_test(test_scenario_any_setting_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
