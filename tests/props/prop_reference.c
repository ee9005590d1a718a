/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_reference.c - the Job Controller decides as its rules say
 *
 * The rules are told a second time, naively, in tests/reference. Random hosts
 * with random configurations feed the same events to both; each answer must
 * be the same, action by action, in the same order, with the same next wish.
 * Random hosts have mail of an earlier life, answer scans, release held mail,
 * change settings, report stress, refuse and restart. The first difference is
 * shrunk to a short story and told.
 *
 * A failure is repeated by PROP_SEED=n make check T=prop_reference. With
 * PROP_SHRINK=0 it is told as it is.
 * SOAK_EVENTS=n runs until so many events agreed, and says which rules they
 * have reached.
 */
#include "tests/support/support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/reference/story.h"

enum {
    DECISIONS_COUNT = 400,
    EVENTS_COUNT = 500000,
    PROGRESS_EVENTS = 500000
};

static uint64_t
number_of(const char *variable, uint64_t otherwise)
{
    const char *given = getenv(variable);

    return given != NULL ? strtoull(given, NULL, 10) : otherwise;
}

static void
tell(struct story *story)
{
    if (getenv("PROP_SHRINK") == NULL) {
        story_shrink(story);
    }
    printf("They disagree. PROP_SEED=%" PRIu64 ", with\n", story->seed);
    knobs_print(&story->knobs, stdout);
    story_run(story, NULL, stdout, NULL);
    fflush(stdout);
    fail_msg("PROP_SEED=%" PRIu64 " make check T=prop_reference", story->seed);
}

static void
prop_reference_takes_the_same_decisions(void **state)
{
    const char *given = getenv("PROP_SEED");
    const uint64_t events_max = number_of("SOAK_EVENTS", EVENTS_COUNT);
    struct story_counts *counts = calloc(1, sizeof *counts);
    struct story *story = calloc(1, sizeof *story);
    uint64_t said = 0;
    uint64_t seed = number_of("PROP_SEED", 1);

    (void)state;
    assert_non_null(counts);
    assert_non_null(story);
    do {
        /* Short ones show what happens at the start, long ones what builds
           up. */
        story_draw(story, seed,
                   seed % 16 == 0 ? STORY_DECISIONS_MAX : DECISIONS_COUNT);
        if (story_run(story, NULL, NULL, counts)) {
            tell(story);
        }
        if (counts->events_count / PROGRESS_EVENTS > said) {
            said = counts->events_count / PROGRESS_EVENTS;
            printf("%" PRIu64 " events agree, seed %" PRIu64 "\n",
                   counts->events_count, seed);
            fflush(stdout);
        }
        seed++;
    } while (given == NULL && counts->events_count < events_max);
    if (getenv("SOAK_EVENTS") != NULL) {
        story_print_counts(counts, stdout);
    }
    free(story);
    free(counts);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prop_reference_takes_the_same_decisions)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
