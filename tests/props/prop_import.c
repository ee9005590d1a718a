/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prop_import.c - whatever the log is: no crash, and a whole trace or none
 *
 * Logs are mutated by flipping bytes, by cutting, repeating and exchanging
 * pieces, and by junk. Run it with BUILD=asan.
 */
#include "sim/lab/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/trace.h"
#include "tests/support/logfiles.h"
#include "tests/support/support.h"

#define CASES_COUNT    400
#define LOG_BYTES_MAX  20000
#define PIECE_MAX      200
#define MUTATIONS_MAX  12
#define FIXTURES_COUNT 4
#define BLANKS_COUNT   4000

static const char *const fixtures[FIXTURES_COUNT] = {
    "tests/fixtures/logs/sun.log",
    "tests/fixtures/logs/sun_ids.log",
    "tests/fixtures/logs/sun_xml.log",
    "tests/fixtures/logs/postfix.log",
};

struct text {
    char bytes[LOG_BYTES_MAX];
    size_t size;
};

/* byte_draw - more often what a parser looks at than anything */
static char
byte_draw(uint64_t *seed)
{
    static const char telling[] = " <>\"'@,;:=/.-+[]()0129EDQZzr\n\r\t&";

    if (test_random_below(seed, 4) == 0) {
        return (char)(unsigned char)test_random_below(seed, 256);
    }
    return telling[test_random_below(seed, sizeof telling)];
}

static void
mutate(struct text *text, uint64_t *seed)
{
    const size_t at = test_random_below(seed, text->size + 1);
    const size_t from = test_random_below(seed, text->size + 1);
    size_t piece = 1 + test_random_below(seed, PIECE_MAX);

    switch (test_random_below(seed, 5)) {
    case 0: /* another byte */
        if (at < text->size) {
            text->bytes[at] = byte_draw(seed);
        }
        break;
    case 1: /* a piece less */
        piece = piece < text->size - at ? piece : text->size - at;
        memmove(text->bytes + at, text->bytes + at + piece,
                text->size - at - piece);
        text->size -= piece;
        break;
    case 2: /* a piece of it again, elsewhere */
        piece = piece < text->size - from ? piece : text->size - from;
        if (at + piece <= text->size) {
            memmove(text->bytes + at, text->bytes + from, piece);
        }
        break;
    case 3: /* one byte many times: long words, long numbers */
        piece = piece < text->size - at ? piece : text->size - at;
        memset(text->bytes + at, byte_draw(seed), piece);
        break;
    default: /* the end is missing */
        if (test_random_below(seed, 10) == 0) {
            text->size = at;
        }
        break;
    }
}

static void
text_draw(struct text *text, uint64_t *seed)
{
    const uint64_t which = test_random_below(seed, FIXTURES_COUNT + 1);
    uint64_t mutations = test_random_below(seed, MUTATIONS_MAX);
    char *bytes = NULL;

    if (which == FIXTURES_COUNT) {
        text->size = test_random_below(seed, 3000);
        for (size_t i = 0; i < text->size; i++) {
            text->bytes[i] = byte_draw(seed);
        }
        return;
    }
    bytes = logfiles_read(fixtures[which], &text->size);
    assert_non_null(bytes);
    assert_true(text->size <= LOG_BYTES_MAX);
    memcpy(text->bytes, bytes, text->size);
    free(bytes);
    while (mutations-- > 0) {
        mutate(text, seed);
    }
    /* Blank lines allow for forty bad ones, so that what is left of the log
     * goes on to the stages behind the parsers. */
    if (test_random_below(seed, 2) == 0) {
        assert_true(text->size + BLANKS_COUNT <= LOG_BYTES_MAX);
        memset(text->bytes + text->size, '\n', BLANKS_COUNT);
        text->size += BLANKS_COUNT;
    }
}

/* trace_check - the trace is good to its end, and as long as was said */
static void
trace_check(const char *path, const struct import_report *report)
{
    struct diag diag;
    struct trace *trace = NULL;
    struct trace_message message;
    uint64_t messages = 0;
    uint64_t recipients = 0;
    int got = 0;

    diag_init(&diag);
    trace = trace_open(path, &diag);
    assert_non_null(trace);
    while ((got = trace_next(trace, &message, &diag)) > 0) {
        messages++;
        recipients += message.recipients_count;
    }
    assert_int_equal(got, 0);
    assert_int_equal(messages, report->messages);
    assert_int_equal(recipients, report->recipients);
    trace_close(trace);
    diag_free(&diag);
}

/* import_check - 1: a trace came of it */
static int
import_check(const char *in, const char *out, uint64_t *seed)
{
    const struct import_request request = {
        .paths = &in,
        .paths_count = 1,
        .out_path = out,
        .format = test_random_below(seed, 2) == 0 ? IMPORT_SUN : IMPORT_POSTFIX,
        .year = test_random_below(seed, 8) == 0 ? 0 : 2006,
        .has_node = test_random_below(seed, 8) == 0,
        .keep_internal = test_random_below(seed, 2) == 0,
        .is_strict = test_random_below(seed, 8) == 0,
        .memory_bytes = 1 + test_random_below(seed, 4000),
    };
    struct import_report report;
    struct diag diag;
    bool is_done = false;

    unlink(out);
    diag_init(&diag);
    is_done = import_run(&request, &report, &diag);
    assert_int_equal(is_done, access(out, F_OK) == 0);
    assert_int_equal(is_done, diag.errors_count == 0);
    assert_true(report.lines >=
                report.unparsable + report.others + report.connections);
    if (is_done) {
        trace_check(out, &report);
    }
    assert_false(logfiles_has_litter(out));
    unlink(out);
    diag_free(&diag);
    return is_done;
}

static void
prop_any_log_gives_a_whole_trace_or_none(void **state)
{
    (void)state;
    static struct text text;
    const char *in = logfiles_path("prop_import.log");
    const char *out = logfiles_path("prop_import.trace");
    uint64_t seed = 20060312;
    int done = 0;

    for (int i = 0; i < CASES_COUNT; i++) {
        text_draw(&text, &seed);
        logfiles_write(in, text.bytes, text.size);
        done += import_check(in, out, &seed);
    }
    /* Both ends of the scale were met, or this test says nothing. */
    assert_in_range(done, CASES_COUNT / 10, CASES_COUNT / 2);
    unlink(in);
}

static void
prop_any_trace_is_read_to_an_end_or_an_error(void **state)
{
    (void)state;
    static const char good[] =
        "mtasim-trace 1\nstart 2006-03-12T08:00:00Z\nzone x\n"
        "0 tcp_intranet N 1 - -:a.example,tcp_local:b.example\n"
        "1000 - U 77777 0 ims-ms:c.example\n"
        "1000 - L 1 - -:d\n";
    static struct text text;
    const char *path = logfiles_path("prop_import.mutant");
    uint64_t seed = 20060313;
    int ends[2] = {0, 0};

    for (int i = 0; i < CASES_COUNT; i++) {
        uint64_t mutations = 1 + test_random_below(&seed, 3);
        struct trace_message message;
        struct trace *trace = NULL;
        struct diag diag;
        int got = -1;

        text.size = sizeof good - 1;
        memcpy(text.bytes, good, text.size);
        while (mutations-- > 0) {
            mutate(&text, &seed);
        }
        logfiles_write(path, text.bytes, text.size);
        diag_init(&diag);
        trace = trace_open(path, &diag);
        if (trace != NULL) {
            do {
                got = trace_next(trace, &message, &diag);
            } while (got > 0);
        }
        assert_int_equal(diag.errors_count, got < 0 ? 1 : 0);
        ends[got < 0]++;
        trace_close(trace);
        diag_free(&diag);
    }
    assert_true(ends[0] > 0);
    assert_true(ends[1] > CASES_COUNT / 4);
    unlink(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prop_any_log_gives_a_whole_trace_or_none),
        cmocka_unit_test(prop_any_trace_is_read_to_an_end_or_an_error),
    };

    return cmocka_run_group_tests_name("prop_import", tests, NULL, NULL);
}
