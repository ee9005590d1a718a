/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_picture_sequence.c - the time-sequence graph, as it is sent to gnuplot
 *
 * Pinned: bars that follow each other at one instant are one, marks are counted
 * in the key, what lies beyond the horizon is left out, an edge far above does
 * not press the segments flat, and a picture without any segment can be drawn.
 */
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plots/picture_sequence.h"
#include "plots/style.h"

static char *
script_of(const struct picture_sequence *sequence)
{
    struct gnuplot gp;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    gnuplot_script(&gp, GNUPLOT_SVG, out, STYLE_WIDTH_PX,
                   picture_sequence_height_px());
    picture_sequence_draw(&gp, sequence);
    assert_int_equal(gnuplot_close(&gp), GNUPLOT_OK);
    fclose(out);
    return text;
}

static const struct picture_sequence_segment segments[] = {
    {.time_s = 0.1, .from_bytes = 1, .to_bytes = 1001},
    {.time_s = 0.1, .from_bytes = 1001, .to_bytes = 2001},
    {.time_s = 0.5,
     .from_bytes = 2001,
     .to_bytes = 3001,
     .mark = PICTURE_SEQUENCE_BOX_DROP},
    {.time_s = 0.7, .from_bytes = 2001, .to_bytes = 3001, .is_resent = true},
    {.time_s = 5, .from_bytes = 3001, .to_bytes = 9001},
};
static const struct picture_sequence_belief beliefs[] = {
    {0.1, 1, 257, 14480}, {0.5, 2001, 2257, 14480}, {0.9, 3001, 3257, 14480}};
static const struct picture_sequence_offer offers[] = {{0.1, 65537, 65536}};

static struct picture_sequence
example(void)
{
    return (struct picture_sequence){
        .title = "stalled",
        .subtitle = "a path",
        .stream = "bytes of the client's stream",
        .segments = segments,
        .segments_count = 5,
        .beliefs = beliefs,
        .beliefs_count = 3,
        .offers = offers,
        .offers_count = 1,
        .horizon_s = 1,
    };
}

static void
test_picture_sequence_bars_of_one_instant_are_one(void **state)
{
    const struct picture_sequence sequence = example();
    char *text = script_of(&sequence);

    (void)state;
    assert_non_null(strstr(text, "\n0.1 1 2000\n")); /* from, length */
    assert_non_null(strstr(text, "\n0.5 2001 1000\n"));
    free(text);
}

static void
test_picture_sequence_marks_are_counted_in_the_key(void **state)
{
    const struct picture_sequence sequence = example();
    char *text = script_of(&sequence);

    (void)state;
    assert_non_null(strstr(text, "dropped by the middlebox (1)"));
    assert_non_null(strstr(text, "sent again (1)"));
    assert_null(strstr(text, "lost on the line"));
    free(text);
}

/* The stream as far as it is shown ends at 3001; 6 % of room above. */
static void
test_picture_sequence_ends_at_its_horizon(void **state)
{
    const struct picture_sequence sequence = example();
    char *text = script_of(&sequence);

    (void)state;
    assert_non_null(strstr(text, "set xrange [0:1]"));
    assert_non_null(strstr(text, "set yrange [0:3181.06]"));
    assert_null(strstr(text, "\n5 3001"));
    free(text);
}

/* 256 bytes believed, 65536 offered: the lower panel shows both. */
static void
test_picture_sequence_shows_both_windows(void **state)
{
    const struct picture_sequence sequence = example();
    char *text = script_of(&sequence);

    (void)state;
    assert_non_null(strstr(text, "\n0.1 256\n"));
    assert_non_null(strstr(text, "\n0.1 65536\n"));
    assert_non_null(strstr(text, "set logscale y 10"));
    free(text);
}

static void
test_picture_sequence_of_nothing_can_be_drawn(void **state)
{
    struct picture_sequence sequence = example();

    (void)state;
    sequence.segments_count = sequence.beliefs_count = sequence.offers_count =
        0;
    char *text = script_of(&sequence);

    assert_non_null(strstr(text, "may send: believed"));
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picture_sequence_bars_of_one_instant_are_one),
        cmocka_unit_test(test_picture_sequence_marks_are_counted_in_the_key),
        cmocka_unit_test(test_picture_sequence_ends_at_its_horizon),
        cmocka_unit_test(test_picture_sequence_shows_both_windows),
        cmocka_unit_test(test_picture_sequence_of_nothing_can_be_drawn),
    };
    return cmocka_run_group_tests_name("picture_sequence", tests, NULL, NULL);
}
