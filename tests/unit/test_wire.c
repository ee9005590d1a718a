/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_wire.c - an answer arrives as it was sent, or not at all
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "sim/lab/wire.h"

/* name_make - a text from malloc, as groups want it */
static char *
name_make(const char *text)
{
    char *name = malloc(strlen(text) + 1);

    assert_non_null(name);
    memcpy(name, text, strlen(text) + 1);
    return name;
}

/* group_fill - numbers that are all different, from `from` on */
static void
group_fill(struct result_group *group, int64_t from)
{
    int64_t *const counts[] = {&group->submitted,   &group->delivered,
                               &group->returned,    &group->rejected,
                               &group->attempts,    &group->deferrals,
                               &group->connections, &group->refused};

    for (int i = 0; i < 8; i++) {
        *counts[i] = from + i;
    }
    hist_add(&group->latency_ns, from * 1000);
    hist_add(&group->first_attempt_ns, from);
}

/* An answer in which no two counters are equal: the wire carries the counters
 * of struct result from simulated_ns to violations, which lie together. */
static void
answer_make(struct wire_answer *answer)
{
    struct result *result = &answer->result;
    const uint64_t word = 5;
    int64_t *counter = &result->simulated_ns;
    int64_t number = 1000;

    *answer = (struct wire_answer){.is_ok = true};
    answer->log = name_make("a warning\n");
    memcpy(answer->scheduler.name, "jobctl", 7);
    result_init(result);
    digest_record(&result->digest, &word, 1);
    for (; counter <= &result->violations; counter++) {
        *counter = number++;
    }
    result->submit_first_ns = 3;
    result->final_last_ns = 4;
    result->delivered_60s_max = 5;
    result->step_ns = 6;
    result->queued_integral = (base_u128)1 << 100;
    result->sojourn_sum = 7;
    hist_add_count(&result->latency_ns, INT64_C(1) << 40, 9);
    hist_add(&result->first_attempt_ns, 12);
    group_fill(&result->priorities[1], 50);
    result->hosts = calloc(2, sizeof *result->hosts);
    result->channels = calloc(1, sizeof *result->channels);
    result->steps = calloc(2, sizeof *result->steps);
    assert_true(result->hosts && result->channels && result->steps);
    result->hosts_count = 2;
    result->channels_count = 1;
    for (int i = 0; i < 2; i++) {
        result_group_init(&result->hosts[i]);
        result->hosts[i].name = name_make(i == 0 ? "a.example" : "b.example");
        group_fill(&result->hosts[i], INT64_C(100) * (i + 1));
    }
    result_group_init(&result->channels[0]);
    result->channels[0].name = name_make("tcp_local");
    result->steps_count = 2;
    result->steps_capacity = 2;
    result->steps[1].connections = 77;
}

static void
hists_equal(const struct hist *a, const struct hist *b)
{
    assert_int_equal(a->count, b->count);
    assert_true(a->sum == b->sum);
    assert_true(a->min == b->min && a->max == b->max);
    assert_int_equal(a->buckets_count, b->buckets_count);
    if (a->buckets_count > 0) {
        assert_memory_equal(a->counts, b->counts,
                            a->buckets_count * sizeof *a->counts);
    }
}

static void
groups_equal(const struct result_group *a, const struct result_group *b)
{
    assert_true((a->name == NULL) == (b->name == NULL));
    if (a->name != NULL) {
        assert_string_equal(a->name, b->name);
    }
    assert_memory_equal(&a->submitted, &b->submitted, 8 * sizeof(int64_t));
    hists_equal(&a->latency_ns, &b->latency_ns);
    hists_equal(&a->first_attempt_ns, &b->first_attempt_ns);
}

static void
results_equal(const struct result *a, const struct result *b)
{
    char a_digest[DIGEST_TEXT_SIZE];
    char b_digest[DIGEST_TEXT_SIZE];

    digest_format(&a->digest, a_digest);
    digest_format(&b->digest, b_digest);
    assert_string_equal(a_digest, b_digest);
    for (const int64_t *x = &a->simulated_ns, *y = &b->simulated_ns;
         x <= &a->delivered_60s_max; x++, y++) {
        assert_true(*x == *y);
    }
    assert_true(a->step_ns == b->step_ns);
    assert_true(a->queued_integral == b->queued_integral);
    assert_true(a->sojourn_sum == b->sojourn_sum);
    hists_equal(&a->latency_ns, &b->latency_ns);
    hists_equal(&a->first_attempt_ns, &b->first_attempt_ns);
    for (int i = 0; i < RESULT_PRIORITIES_COUNT; i++) {
        groups_equal(&a->priorities[i], &b->priorities[i]);
    }
    assert_int_equal(a->hosts_count, b->hosts_count);
    for (uint32_t i = 0; i < a->hosts_count; i++) {
        groups_equal(&a->hosts[i], &b->hosts[i]);
    }
    assert_int_equal(a->channels_count, b->channels_count);
    groups_equal(&a->channels[0], &b->channels[0]);
    assert_int_equal(a->steps_count, b->steps_count);
    assert_memory_equal(a->steps, b->steps, a->steps_count * sizeof *a->steps);
}

static void
test_wire_carries_the_whole_answer(void **state)
{
    (void)state;
    struct wire_answer sent;
    struct wire_answer got;
    struct wire_buffer buffer = {0};

    answer_make(&sent);
    wire_put(&buffer, &sent);
    assert_true(wire_get(&buffer, &got));
    assert_true(got.is_ok);
    assert_string_equal(got.log, "a warning\n");
    assert_string_equal(got.scheduler.name, "jobctl");
    results_equal(&sent.result, &got.result);
    wire_answer_free(&sent);
    wire_answer_free(&got);
    wire_buffer_free(&buffer);
}

/* Every length but the whole one is refused, and asan sees nothing lost. */
static void
test_wire_refuses_an_answer_cut_anywhere(void **state)
{
    (void)state;
    struct wire_answer sent;
    struct wire_buffer buffer = {0};
    size_t whole;

    answer_make(&sent);
    wire_put(&buffer, &sent);
    whole = buffer.size;
    for (size_t size = 0; size < whole; size += size < 2000 ? 1 : 97) {
        struct wire_answer got;

        buffer.size = size;
        assert_false(wire_get(&buffer, &got));
        assert_null(got.log);
        assert_null(got.result.hosts);
    }
    wire_answer_free(&sent);
    wire_buffer_free(&buffer);
}

static void
test_wire_carries_a_failure_and_its_reason(void **state)
{
    (void)state;
    struct wire_answer sent = {.is_ok = false};
    struct wire_answer got;
    struct wire_buffer buffer = {0};

    sent.log = name_make("no such channel");
    wire_put(&buffer, &sent);
    assert_true(wire_get(&buffer, &got));
    assert_false(got.is_ok);
    assert_string_equal(got.log, "no such channel");
    wire_answer_free(&got);
    wire_buffer_free(&buffer);
    free(sent.log);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_carries_the_whole_answer),
        cmocka_unit_test(test_wire_refuses_an_answer_cut_anywhere),
        cmocka_unit_test(test_wire_carries_a_failure_and_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
