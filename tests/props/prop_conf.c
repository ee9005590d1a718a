/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_conf.c - no text brings the reader of configurations down
 *
 * Property: for random bytes, random words, mutated good files and random
 * overrides the answer is one of those that conf.h names, errors are counted
 * exactly when it says so, all memory is given back, and what was accepted can
 * be described from the first row to the last. Run with BUILD=asan. A failure
 * prints the seed: PROP_SEED=n make check T=prop_conf.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/conf_fixture.h"
#include "tests/support/support.h"

enum { ROUNDS = 1500, TEXT_SIZE = 4096, MEGABYTE = 1 << 20 };

static const char good_channels[] =
    "! rules\n$* $U%$D@tcp-daemon\n\n"
    "defaults notices 1 2 4 7 immnonurgent maxjobs 7 logging\n\n"
    "l defragment pool DEFAULT\nmail.example.org\n\n"
    "ims-ms maxjobs 2 backoff \"pt5m\" \"pt10m\" \"pt30m\"\nims-ms-daemon\n\n"
    "tcp_local smtp mx single_sys threaddepth 10 maxjobs 8 expandlimit 100 \\\n"
    " transactionlimit 50 normalbackoff \"pt1h\" \xe2\x80\x9cpt4h\xe2\x80\x9d\n"
    "tcp-daemon\n\n<more\n\nreprocess pool DEFAULT\nreprocess-daemon\n";
static const char good_jobs[] =
    "max_life_age=1800\nslave_command=NULL\nsynch_time=02:00\n<more\n"
    "[POOL=DEFAULT]\njob_limit=6\n[CHANNEL=tcp_*]\nmaster_command=m\n"
    "[CHANNEL=ims-ms]\nmaster_command=m\nmax_life_age=pt1h\n"
    "[PERIODIC_JOB=return]\ntime=00:30/24:00\n";
static const char good_options[] =
    "MAX_CLIENT_THREADS=5\nATTEMPT_TRANSACTIONS_PER_SESSION=7\n";

static const char *const words[] = {"channel",
                                    "job",
                                    "pool",
                                    "option",
                                    ".",
                                    "*",
                                    "tcp_local",
                                    "l",
                                    " ",
                                    "\n",
                                    "\"",
                                    "=",
                                    "[",
                                    "]",
                                    "<",
                                    "more",
                                    "!",
                                    "\\\n",
                                    "backoff",
                                    "pt5m",
                                    "p1d",
                                    "notices",
                                    "1",
                                    "999999999999999999",
                                    "-1",
                                    "0",
                                    "maxjobs",
                                    "single",
                                    "nopool",
                                    "\r\n",
                                    "\xe2\x80\x9d",
                                    "$",
                                    "%",
                                    "defaults",
                                    "nodefaults",
                                    "threaddepth",
                                    "POOL",
                                    "CHANNEL",
                                    "DEFAULT",
                                    "unlimited",
                                    "00:30",
                                    "24:00",
                                    "/",
                                    "+5",
                                    "after",
                                    "\n\n",
                                    "\t",
                                    "expandlimit",
                                    "expandchannel",
                                    "reprocess",
                                    "max_client_threads"};

/* put_words - words of the language in any order; NUL-terminated */
static void
put_words(uint64_t *state, char *text, size_t size)
{
    size_t length = 0;
    uint64_t left = test_random_below(state, 60);

    while (left-- > 0) {
        const char *word =
            words[test_random_below(state, sizeof words / sizeof words[0])];
        size_t word_size = strlen(word);

        if (length + word_size + 1 > size) {
            break;
        }
        memcpy(text + length, word, word_size);
        length += word_size;
    }
    text[length] = '\0';
}

/* put_mutated - a good text with a few bytes changed, dropped or doubled */
static uint64_t
put_mutated(uint64_t *state, const char *good, char *text)
{
    uint64_t size = strlen(good);
    uint64_t times = test_random_below(state, 2) * test_random_below(state, 6);

    memcpy(text, good, size);
    while (times-- > 0 && size > 2) {
        uint64_t at = test_random_below(state, size - 1);

        switch (test_random_below(state, 4)) {
        case 0:
            text[at] = (char)(unsigned char)test_random_below(state, 256);
            break;
        case 1:
            memmove(text + at, text + at + 1, size - at - 1);
            size--;
            break;
        case 2:
            size = at + 1; /* cut short */
            break;
        default:
            memmove(text + at + 1, text + at, size - at);
            size++;
            break;
        }
    }
    return size;
}

static uint64_t
put_random(uint64_t *state, char *text)
{
    uint64_t size = test_random_below(state, TEXT_SIZE / 4);

    for (uint64_t i = 0; i < size; i++) {
        text[i] = (char)(unsigned char)test_random_below(state, 256);
    }
    return size;
}

/* put_text - one text of any of the three kinds; its size */
static uint64_t
put_text(uint64_t *state, const char *good, char *text)
{
    switch (test_random_below(state, 12)) {
    case 0:
        return put_random(state, text);
    case 1:
        put_words(state, text, TEXT_SIZE);
        return strlen(text);
    default:
        return put_mutated(state, good, text);
    }
}

static void
set_text(struct conf_fixture *fixture, uint32_t role, const char *name,
         const char *bytes, uint64_t size)
{
    conf_fixture_text(fixture, role, name, "");
    fixture->texts[fixture->texts_count - 1].bytes = bytes;
    fixture->texts[fixture->texts_count - 1].bytes_size = size;
}

static void
describe_all(const struct conf *conf)
{
    struct sched_setting row = {.owner = 0};
    uint32_t rows_count = 0;

    while (conf_describe(conf, rows_count, &row) == SCHED_OK) {
        assert_non_null(memchr(row.value, '\0', sizeof row.value));
        assert_true(row.numbers_count <= SCHED_SETTING_NUMBERS_MAX);
        rows_count++;
    }
    assert_true(rows_count > conf_channels_count(conf));
    for (uint32_t i = 0; i < conf_channels_count(conf); i++) {
        const struct conf_channel *channel = conf_channel(conf, i);

        assert_true(channel->pool < conf_pools_count(conf));
        assert_true(channel->maxjobs > 0 && channel->threaddepth > 0);
        assert_true(channel->max_client_threads > 0);
        for (uint32_t class = 0; class < CONF_CLASSES_COUNT; class ++) {
            assert_in_range(channel->backoff[class].count, 1,
                            CONF_INTERVALS_MAX);
            assert_in_range(channel->notices[class].count, 1, CONF_NOTICES_MAX);
            assert_true(channel->backoff[class].ns[0] > 0);
        }
    }
}

static void
check_answer(struct conf_fixture *fixture, int32_t status)
{
    const struct sched_created *created = &fixture->created;

    assert_non_null(memchr(fixture->messages, '\0', sizeof fixture->messages));
    if (status == SCHED_OK) {
        assert_int_equal(created->errors_count, 0);
        describe_all(fixture->conf);
    } else if (status == SCHED_TEXT_NEEDED) {
        assert_int_not_equal(created->needed_role, 0);
        assert_null(fixture->conf);
    } else if (status == SCHED_ERR_CONFIGURATION) {
        assert_true(created->errors_count > 0);
        assert_null(fixture->conf);
    } else {
        assert_int_equal(status, SCHED_ERR_MEMORY);
        assert_true(fixture->fail_at > 0);
    }
    conf_fixture_free(fixture);
}

/* run_round - whether what it made up was accepted */
static bool
run_round(uint64_t *state)
{
    static struct conf_fixture fixture;
    static char texts[4][TEXT_SIZE];
    char path[TEXT_SIZE];
    char value[TEXT_SIZE];

    conf_fixture_init(&fixture, NULL, NULL);
    set_text(&fixture, SCHED_TEXT_CHANNELS, "imta.cnf", texts[0],
             put_text(state, good_channels, texts[0]));
    set_text(&fixture, SCHED_TEXT_JOBS, "jobs", texts[1],
             put_text(state, good_jobs, texts[1]));
    set_text(&fixture, SCHED_TEXT_OPTIONS, "tcp_local_option", texts[2],
             put_text(state, good_options, texts[2]));
    put_words(state, texts[3], sizeof texts[3]);
    conf_fixture_text(&fixture, SCHED_TEXT_INCLUDED, "more",
                      test_random_below(state, 8) > 0 ? "" : texts[3]);
    if (test_random_below(state, 4) == 0) {
        put_words(state, path, sizeof path);
        put_words(state, value, sizeof value);
        conf_fixture_override(&fixture, path, value);
    }
    fixture.is_strict = test_random_below(state, 4) == 0;
    if (test_random_below(state, 4) == 0) {
        fixture.fail_at = (uint32_t)test_random_below(state, 60);
    }
    int32_t status = conf_fixture_load(&fixture);
    check_answer(&fixture, status);
    return status == SCHED_OK;
}

struct progress {
    uint64_t seed; /* of the round under way; 0: none */
    uint64_t accepted_count;
};

static void
prop_conf_no_text_brings_it_down(void **state)
{
    struct progress *progress = *state;
    const char *given = getenv("PROP_SEED");
    uint64_t first = given ? strtoull(given, NULL, 10) : 1;
    uint64_t rounds = given ? 1 : ROUNDS;

    for (uint64_t seed = first; seed < first + rounds; seed++) {
        uint64_t random = seed;

        progress->seed = seed;
        progress->accepted_count += run_round(&random);
    }
    progress->seed = 0;
    /* A property of refused texts only would be worth little. */
    assert_true(given || progress->accepted_count > ROUNDS / 20);
}

static int
setup(void **state)
{
    static struct progress progress;

    *state = &progress;
    return 0;
}

/* teardown - says which round did not end well */
static int
teardown(void **state)
{
    const struct progress *progress = *state;

    if (progress->seed != 0) {
        print_error("PROP_SEED=%llu make check T=prop_conf\n",
                    (unsigned long long)progress->seed);
    }
    return 0;
}

/* fill - a megabyte of one pattern over and over */
static void
fill(char *bytes, const char *pattern)
{
    size_t size = strlen(pattern);

    for (size_t i = 0; i < MEGABYTE; i++) {
        bytes[i] = pattern[i % size];
    }
}

static void
prop_conf_a_megabyte_of_anything_ends(void **unused)
{
    static const char *const patterns[] = {"a",
                                           "a ",
                                           "\"",
                                           "a\n\n",
                                           "[",
                                           "!",
                                           "\\\n",
                                           "x1 ",
                                           "<a\n",
                                           "\xe2\x80\x9d",
                                           "backoff pt1m ",
                                           "=\n",
                                           "a=b\n",
                                           " ",
                                           "\n",
                                           "[POOL=a]\n",
                                           "maxjobs 1 ",
                                           "1 ",
                                           "$"};
    static struct conf_fixture fixture;
    char *bytes = malloc(MEGABYTE);

    (void)unused;
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        for (uint32_t role = SCHED_TEXT_CHANNELS; role <= SCHED_TEXT_INCLUDED;
             role++) {
            fill(bytes, patterns[i]);
            conf_fixture_init(&fixture, NULL, NULL);
            set_text(&fixture, role, "tcp_a_option", bytes, MEGABYTE);
            conf_fixture_text(&fixture, SCHED_TEXT_CHANNELS, "imta.cnf",
                              "tcp_a\nh\n\n<tcp_a_option\n");
            conf_fixture_text(&fixture, SCHED_TEXT_JOBS, "jobs",
                              CONF_FIXTURE_JOBS);
            check_answer(&fixture, conf_fixture_load(&fixture));
        }
    }
    free(bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(prop_conf_no_text_brings_it_down, setup,
                                        teardown),
        cmocka_unit_test(prop_conf_a_megabyte_of_anything_ends),
    };
    return cmocka_run_group_tests_name("prop_conf", tests, NULL, NULL);
}
