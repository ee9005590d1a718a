/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_progress.c - the line, its rate and its guess at what is left
 */
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/base.h"
#include "sim/lab/progress.h"

static void
line_is(const struct progress *progress, uint32_t running, int64_t now_ns,
        const char *expected)
{
    char line[PROGRESS_LINE_SIZE];

    progress_format(progress, running, now_ns, line);
    assert_string_equal(line, expected);
}

/* 12 runs of 2 s on 3 processes: 8 s gone, 9.6 M events: 1.2 M/s; 58 left at
 * 2 s by 3: 38.67 s. */
static void
test_progress_line_gives_rate_and_time_left(void **state)
{
    (void)state;
    struct progress progress;

    progress_init(&progress, NULL, false, 70, 3, NS_PER_S);
    line_is(&progress, 3, NS_PER_S, "0/70 runs, 3 running, 0 events/s, ETA ?");
    for (int i = 0; i < 12; i++) {
        progress_add(&progress, 2 * NS_PER_S, 800000, false);
    }
    line_is(&progress, 3, 9 * NS_PER_S,
            "12/70 runs, 3 running, 1.2 M events/s, ETA 0:38");
}

/* Two left for three processes: two work. An hour each: 1:00:00. */
static void
test_progress_counts_only_hands_that_have_work(void **state)
{
    (void)state;
    struct progress progress;

    progress_init(&progress, NULL, false, 3, 3, 0);
    progress_add(&progress, NS_PER_HOUR, INT64_C(1500) * 3600, true);
    line_is(&progress, 2, NS_PER_HOUR,
            "1/3 runs, 2 running, 1 failed, 1.5 k events/s, ETA 1:00:00");
}

static void
test_progress_writes_plain_lines_every_ten_seconds(void **state)
{
    (void)state;
    struct progress progress;
    char *text = NULL;
    size_t size = 0;
    int lines = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    progress_init(&progress, out, false, 9, 1, 0);
    for (int64_t now = 0; now < 30 * NS_PER_S; now += NS_PER_S / 10) {
        progress_show(&progress, 1, now);
        if (now == NS_PER_S) {
            assert_int_not_equal(size, 0); /* the first within a second */
        }
    }
    progress_end(&progress, 30 * NS_PER_S);
    fclose(out);
    for (const char *p = text; *p != '\0'; p++) {
        lines += *p == '\n';
    }
    assert_int_equal(lines, 4); /* at 0.5, 10.5, 20.5 s and the end */
    assert_null(strchr(text, '\r'));
    free(text);
}

static void
test_progress_writes_over_one_line_on_a_terminal(void **state)
{
    (void)state;
    struct progress progress;
    char *text = NULL;
    size_t size = 0;
    int times = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    progress_init(&progress, out, true, 9, 1, 0);
    for (int64_t now = 0; now < NS_PER_S; now += NS_PER_S / 100) {
        progress_show(&progress, 1, now);
    }
    progress_end(&progress, NS_PER_S);
    fclose(out);
    for (const char *p = text; *p != '\0'; p++) {
        times += *p == '\r';
    }
    assert_int_equal(times, 11); /* ten in the second, and the last */
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_progress_line_gives_rate_and_time_left),
        cmocka_unit_test(test_progress_counts_only_hands_that_have_work),
        cmocka_unit_test(test_progress_writes_plain_lines_every_ten_seconds),
        cmocka_unit_test(test_progress_writes_over_one_line_on_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
