/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_recording.c - recordings: each kind of event comes back as it was
 *
 * The line of each kind is pinned, by hand from the format's page; what is read
 * from it is written again to the same line.
 */
#include "models/mta/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/support.h"

enum { PATH_SIZE = 64 };

static const char head[] =
    "recording 1\nobject name=\"x\" version=\"1\" policy=\"\"\n"
    "text role=1 bytes=10 name=\"imta%20.cnf\"\nbegin 1\n\nl\n"
    "begin 5 wall-offset=-7 strict=1\n";

static const char *const events[] = {
    "event -3 submit message=18446744073709551615 parent=2 session=3 "
    "submitted=-9 deferred=-9223372036854775808 size=10 source=4294967295 "
    "priority=1 flags=1 to=0:4294967295,1:2",
    "event 1 job-started job=7",
    "event 1 job-failed job=8",
    "event 1 job-exited job=9",
    "event 2 thread-ready job=7 thread=1",
    "event 2 thread-ended job=7 thread=4294967295",
    "event 2 session-closed job=7 thread=1 host=5",
    "event 3 outcome job=7 thread=1 message=4 file=1 phase=6 result=0 "
    "recipients=3 results=0,2,1",
    "event 3 outcome job=7 thread=1 message=4 file=1 phase=0 result=1 "
    "recipients=3 results=-",
    "event 4 scanned channel=4294967295 more=1 cursor-message=9 cursor-file=2 "
    "count=2 files=8/1/0/3/1/0/0/0/-5/-9223372036854775808/100/0;"
    "9/2/1/4294967295/2/40/1/1/5/6/200/0,2,4",
    "event 4 scanned channel=1 more=0 cursor-message=0 cursor-file=0 count=0 "
    "files=-",
    "event 5 wake",
    "event 5 refused action=12 reason=3",
    "event 5 wall-offset offset=-3600000000000",
    "event 6 command command=1 path=\"a%20%22b%25\" value=\"%c3%a4\" message=0 "
    "file=0",
    "event 6 command command=2 path=- value=\"\" message=4 file=1",
    "event 7 stress channel=2",
};

enum { EVENTS_COUNT = sizeof events / sizeof events[0] };

/* A recording in a file of its own. */
struct fixture {
    char path[PATH_SIZE];
    struct diag diag;
    struct recording_reader reader;
};

static void
fixture_open(struct fixture *fixture, const char *text)
{
    snprintf(fixture->path, sizeof fixture->path, "/tmp/test_recording.XXXXXX");
    int fd = mkstemp(fixture->path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "w");
    fputs(text, out);
    fclose(out);
    diag_init(&fixture->diag);
    assert_true(
        recording_open(&fixture->reader, fixture->path, &fixture->diag));
}

static void
fixture_close(struct fixture *fixture)
{
    recording_close(&fixture->reader);
    diag_free(&fixture->diag);
    unlink(fixture->path);
}

static void
test_every_event_comes_back_as_it_was(void **state)
{
    struct fixture fixture;
    struct recording_item item;
    char text[8192];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", head);

    (void)state;
    for (size_t i = 0; i < EVENTS_COUNT; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s\n", events[i]);
    }
    fixture_open(&fixture, text);
    assert_true(recording_next(&fixture.reader, &item));
    assert_int_equal(item.kind, RECORDING_BEGIN);
    for (size_t i = 0; i < EVENTS_COUNT; i++) {
        char *line = NULL;
        size_t size = 0;

        assert_true(recording_next(&fixture.reader, &item));
        assert_int_equal(item.kind, RECORDING_EVENT);
        FILE *out = open_memstream(&line, &size);
        recording_event(out, item.now_ns, &item.event);
        fclose(out);
        line[size - 1] = '\0'; /* its end of line */
        assert_string_equal(line, events[i]);
        free(line);
    }
    assert_false(recording_next(&fixture.reader, &item));
    assert_false(fixture.reader.has_failed);
    assert_false(fixture.reader.is_cut);
    fixture_close(&fixture);
}

static void
test_configuration_is_whole_though_a_text_looks_like_a_line(void **state)
{
    struct fixture fixture;
    struct recording_item item;

    (void)state;
    fixture_open(&fixture, head);
    assert_true(recording_next(&fixture.reader, &item));
    assert_int_equal(item.config.now_ns, 5);
    assert_int_equal(item.config.wall_offset_ns, -7);
    assert_int_equal(item.config.is_strict, 1);
    assert_int_equal(item.config.texts_count, 1);
    assert_string_equal(item.config.texts[0].name, "imta .cnf");
    assert_int_equal(item.config.texts[0].bytes_size, 10);
    assert_memory_equal(item.config.texts[0].bytes, "begin 1\n\nl", 10);
    fixture_close(&fixture);
}

static void
test_lists_are_read_into_the_struct(void **state)
{
    struct fixture fixture;
    struct recording_item item;
    char text[2048];

    (void)state;
    snprintf(text, sizeof text, "%s%s\n%s\n", head, events[9], events[15]);
    fixture_open(&fixture, text);
    assert_true(recording_next(&fixture.reader, &item));
    assert_true(recording_next(&fixture.reader, &item));
    const struct sched_scanned *scanned = &item.event.u.scanned;
    assert_int_equal(scanned->files_count, 2);
    assert_int_equal(scanned->files[0].recipients_count, 1);
    assert_int_equal(scanned->files[1].attempts, 40);
    assert_int_equal(scanned->files[1].is_held, 1);
    assert_int_equal(scanned->files[1].recipients_count, 3);
    assert_int_equal(scanned->files[1].recipients[2], 4);
    assert_true(recording_next(&fixture.reader, &item));
    assert_null(item.event.u.command.path);
    assert_string_equal(item.event.u.command.value, "");
    fixture_close(&fixture);
}

static void
test_last_line_without_its_end_is_left_out(void **state)
{
    struct fixture fixture;
    struct recording_item item;
    char text[2048];

    (void)state;
    snprintf(text, sizeof text, "%s%s\nevent 9 wak", head, events[1]);
    fixture_open(&fixture, text);
    assert_true(recording_next(&fixture.reader, &item));
    assert_true(recording_next(&fixture.reader, &item));
    assert_false(recording_next(&fixture.reader, &item));
    assert_true(fixture.reader.is_cut);
    assert_false(fixture.reader.has_failed);
    fixture_close(&fixture);
}

static void
test_line_that_is_none_is_told_with_its_place(void **state)
{
    static const char *const wrong[] = {
        "event 1 job-started job=",
        "event 1 job-started job=4294967296",
        "event 1 job-started",
        "event 1 job-started job=1 more=2",
        "event 1 outcome job=7 thread=1 message=4 file=1 phase=6 result=0 "
        "recipients=4000000000 results=0,2,1",
        "event 1 scanned channel=1 more=0 cursor-message=0 cursor-file=0 "
        "count=3 files=8/1/0/3/1/0/0/0/-5/0/100/0",
        "event 1 command command=1 path=\"%zz\" value=- message=0 file=0",
        "event 1 command command=1 path=\"open value=- message=0 file=0",
        "event 1 unheard-of",
        "nothing",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fixture fixture;
        struct recording_item item;
        char text[2048];

        snprintf(text, sizeof text, "%s%s\n", head, wrong[i]);
        fixture_open(&fixture, text);
        assert_true(recording_next(&fixture.reader, &item));
        assert_false(recording_next(&fixture.reader, &item));
        assert_true(fixture.reader.has_failed);
        assert_int_equal(fixture.diag.errors_count, 1);
        fixture_close(&fixture);
    }
}

/* Each list has room for what its line can hold: one character a file is no
 * file, whatever stands before. */
static void
test_list_of_separators_alone_is_refused(void **state)
{
    enum { SEPARATORS_COUNT = 400 };
    struct fixture fixture;
    struct recording_item item;
    char separators[SEPARATORS_COUNT + 1];
    char text[2048];

    (void)state;
    memset(separators, ';', SEPARATORS_COUNT);
    separators[SEPARATORS_COUNT] = '\0';
    snprintf(text, sizeof text,
             "%sevent 4 scanned channel=1 more=0 cursor-message=0 "
             "cursor-file=0 count=%d files=8/1/0/3/1/0/0/0/-5/0/100/5%s\n",
             head, SEPARATORS_COUNT + 1, separators);
    fixture_open(&fixture, text);
    assert_true(recording_next(&fixture.reader, &item));
    assert_false(recording_next(&fixture.reader, &item));
    assert_true(fixture.reader.has_failed);
    fixture_close(&fixture);
}

/* The file is some bytes long: a gigabyte is not taken for it. */
static void
test_text_that_is_cut_off_takes_no_memory(void **state)
{
    struct fixture fixture;
    struct recording_item item;

    (void)state;
    fixture_open(&fixture, "recording 1\n"
                           "text role=1 bytes=1073741824 name=\"a\"\nx\n");
    assert_false(recording_next(&fixture.reader, &item));
    assert_true(fixture.reader.is_cut);
    assert_false(fixture.reader.has_failed);
    assert_true(arena_bytes(fixture.reader.texts) < 1 << 20);
    fixture_close(&fixture);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_comes_back_as_it_was),
        cmocka_unit_test(
            test_configuration_is_whole_though_a_text_looks_like_a_line),
        cmocka_unit_test(test_lists_are_read_into_the_struct),
        cmocka_unit_test(test_last_line_without_its_end_is_left_out),
        cmocka_unit_test(test_line_that_is_none_is_told_with_its_place),
        cmocka_unit_test(test_list_of_separators_alone_is_refused),
        cmocka_unit_test(test_text_that_is_cut_off_takes_no_memory),
    };

    return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}
