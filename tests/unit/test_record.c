/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_record.c - what crosses the seam, as lines and as a digest
 *
 * Pinned: the text of a line of each kind; that two records have one digest
 * exactly when they have one line; that watching changes no digest.
 */
#include "models/mta/record.h"

#include <stdio.h>
#include <string.h>

#include "models/mta/host.h"
#include "tests/support/support.h"

enum { LINES_MAX = 64, LINE_SIZE = 512 };

struct lines {
    char text[LINES_MAX][LINE_SIZE];
    uint32_t count;
};

static void
on_line(void *context, const char *text)
{
    struct lines *lines = context;

    assert_true(lines->count < LINES_MAX);
    snprintf(lines->text[lines->count++], LINE_SIZE, "%s", text);
}

/* One record, an event or an action, and what it gave. */
struct made {
    char line[LINE_SIZE];
    char digest[DIGEST_TEXT_SIZE];
};

static struct made
make(const struct sched_event *event, const struct sched_action *action,
     int64_t now_ns)
{
    static struct lines lines;
    struct digest digest;
    const struct mta_observer observer = {
        .context = &lines, .line = on_line, .line_until = UINT64_MAX};
    struct record record = {&digest, &observer};
    struct made made = {{0}, {0}};

    lines.count = 0;
    digest_init(&digest);
    if (event != NULL) {
        record_event(&record, now_ns, event);
    } else {
        record_action(&record, now_ns, action);
    }
    assert_int_equal(lines.count, 1);
    snprintf(made.line, sizeof made.line, "%s", lines.text[0]);
    digest_format(&digest, made.digest);
    digest_free(&digest);
    return made;
}

#define EVENT_IS(TEXT, ...)                                                    \
    do {                                                                       \
        const struct sched_event event = {__VA_ARGS__};                        \
        const struct made made = make(&event, NULL, 7);                        \
        assert_string_equal(made.line, "7 0 host " TEXT);                      \
    } while (0)
#define ACTION_IS(TEXT, ...)                                                   \
    do {                                                                       \
        const struct sched_action action = {__VA_ARGS__};                      \
        const struct made made = make(NULL, &action, 7);                       \
        assert_string_equal(made.line, "7 0 sched " TEXT);                     \
    } while (0)

static void
test_record_events_read_as_lines(void **state)
{
    const struct sched_recipient to = {3, 4};

    (void)state;
    EVENT_IS("submit message=9 parent=0 source=-1 priority=2 bytes=800 flags=1 "
             "submitted=5 recipients=1 channel=3 host=4",
             .kind = SCHED_EVENT_SUBMIT,
             .u.submit = {.message = 9,
                          .submitted_at_ns = 5,
                          .deferred_until_ns = SCHED_NO_TIME,
                          .size_bytes = 800,
                          .recipients = &to,
                          .recipients_count = 1,
                          .source_channel = SCHED_NONE,
                          .priority = 2,
                          .flags = 1});
    EVENT_IS("job-started job=1", .kind = SCHED_EVENT_JOB_STARTED,
             .u.job.job = 1);
    EVENT_IS("job-failed job=1", .kind = SCHED_EVENT_JOB_FAILED,
             .u.job.job = 1);
    EVENT_IS("job-exited job=1", .kind = SCHED_EVENT_JOB_EXITED,
             .u.job.job = 1);
    EVENT_IS("thread-ready job=1 thread=2", .kind = SCHED_EVENT_THREAD_READY,
             .u.thread = {1, 2, 3, 0});
    EVENT_IS("thread-ended job=1 thread=2", .kind = SCHED_EVENT_THREAD_ENDED,
             .u.thread = {1, 2, 3, 0});
    EVENT_IS("session-closed job=1 thread=2 host=3",
             .kind = SCHED_EVENT_SESSION_CLOSED, .u.thread = {1, 2, 3, 0});
    EVENT_IS("outcome job=1 thread=2 message=9 file=4 recipients=1 result=2 "
             "phase=6",
             .kind = SCHED_EVENT_OUTCOME,
             .u.outcome = {.message = 9,
                           .file = 4,
                           .job = 1,
                           .thread = 2,
                           .recipients_count = 1,
                           .result = 2,
                           .phase = 6});
    EVENT_IS("wake", .kind = SCHED_EVENT_WAKE);
    EVENT_IS("refused action=5 reason=2", .kind = SCHED_EVENT_REFUSED,
             .u.refused = {5, 2, 0});
    EVENT_IS("wall-offset offset=-3", .kind = SCHED_EVENT_WALL_OFFSET,
             .u.wall.wall_offset_ns = -3);
    EVENT_IS("submit message=9 parent=8 source=1 priority=2 bytes=800 flags=0 "
             "submitted=5 recipients=1 channel=3 host=4 session=6 deferred=70",
             .kind = SCHED_EVENT_SUBMIT,
             .u.submit = {.message = 9,
                          .parent = 8,
                          .session = 6,
                          .submitted_at_ns = 5,
                          .deferred_until_ns = 70,
                          .size_bytes = 800,
                          .recipients = &to,
                          .recipients_count = 1,
                          .source_channel = 1,
                          .priority = 2});
    EVENT_IS("scanned channel=-1 files=0 more=1 cursor=8 file=2 contents=0",
             .kind = SCHED_EVENT_SCANNED,
             .u.scanned = {.channel = SCHED_NONE,
                           .has_more = 1,
                           .cursor_message = 8,
                           .cursor_file = 2});
    EVENT_IS("command command=2 message=9 file=1", .kind = SCHED_EVENT_COMMAND,
             .u.command = {
                 .message = 9, .file = 1, .command = SCHED_COMMAND_RELEASE});
    EVENT_IS("stress channel=3", .kind = SCHED_EVENT_STRESS,
             .u.stress.channel = 3);
}

/* scanned_digest - of a batch of one file, which is changed in one place */
static void
scanned_digest(int change, char text[DIGEST_TEXT_SIZE])
{
    uint32_t recipients[2] = {0, 1};
    struct sched_scanned_file file = {.message = 7,
                                      .submitted_at_ns = 1,
                                      .returned_at_ns = 2,
                                      .size_bytes = 3,
                                      .recipients = recipients,
                                      .recipients_count = 2,
                                      .file = 1,
                                      .channel = 2,
                                      .host = 3,
                                      .priority = 1,
                                      .attempts = 4};
    struct digest digest;
    struct record record = {&digest, NULL};
    struct sched_event event = {
        .kind = SCHED_EVENT_SCANNED,
        .u.scanned = {.files = &file, .files_count = 1}};

    file.message += change == 1;
    file.submitted_at_ns += change == 2;
    file.returned_at_ns += change == 3;
    file.size_bytes += change == 4;
    recipients[1] += change == 5;
    file.file += change == 6;
    file.channel += change == 7;
    file.host += change == 8;
    file.priority += change == 9;
    file.attempts += change == 10;
    file.is_held += change == 11;
    file.flags += change == 12;
    digest_init(&digest);
    record_event(&record, 0, &event);
    digest_format(&digest, text);
}

static void
test_record_scan_and_command_differ_in_all_they_hold(void **state)
{
    char texts[13][DIGEST_TEXT_SIZE];

    (void)state;
    for (int i = 0; i < 13; i++) {
        scanned_digest(i, texts[i]);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(texts[i], texts[k]);
        }
    }
    const char *const pairs[3][2] = {{"ab", "c"}, {"a", "bc"}, {"ab", "d"}};
    for (int i = 0; i < 3; i++) {
        struct digest digest;
        struct record record = {&digest, NULL};
        const struct sched_event event = {
            .kind = SCHED_EVENT_COMMAND,
            .u.command = {.path = pairs[i][0],
                          .value = pairs[i][1],
                          .command = SCHED_COMMAND_SET}};
        digest_init(&digest);
        record_event(&record, 0, &event);
        digest_format(&digest, texts[i]);
    }
    assert_string_not_equal(texts[0], texts[1]);
    assert_string_not_equal(texts[0], texts[2]);
}

static void
test_record_restart_is_a_record_with_its_length(void **state)
{
    struct digest digest[2];
    char texts[2][DIGEST_TEXT_SIZE];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct record record = {&digest[i], NULL};
        digest_init(&digest[i]);
        record_restart(&record, 5, i);
        assert_int_equal(digest[i].records_count, 1);
        digest_format(&digest[i], texts[i]);
    }
    assert_string_not_equal(texts[0], texts[1]);
}

static void
test_record_actions_read_as_lines(void **state)
{
    (void)state;
    ACTION_IS("create message=9 file=1 channel=2 host=-1 priority=3 state=1 "
              "recipients=0 indices=0",
              .kind = SCHED_ACTION_CREATE,
              .u.create = {.message = 9,
                           .file = 1,
                           .channel = 2,
                           .host = SCHED_NONE,
                           .priority = 3,
                           .state = SCHED_FILE_HELD});
    ACTION_IS("reject message=9 reason=452", .kind = SCHED_ACTION_REJECT,
              .u.reject = {9, 452, 0});
    ACTION_IS("start-job job=1 channel=2 thread=0",
              .kind = SCHED_ACTION_START_JOB, .u.job = {1, 2, 0, 0});
    ACTION_IS("stop-job job=1", .kind = SCHED_ACTION_STOP_JOB,
              .u.job = {1, 2, 0, 0});
    ACTION_IS("start-thread job=1 thread=2", .kind = SCHED_ACTION_START_THREAD,
              .u.thread = {1, 2});
    ACTION_IS("stop-thread job=1 thread=2", .kind = SCHED_ACTION_STOP_THREAD,
              .u.thread = {1, 2});
    ACTION_IS("deliver job=1 thread=2 message=9 file=4 host=5 recipients=0 "
              "indices=0",
              .kind = SCHED_ACTION_DELIVER,
              .u.deliver = {
                  .message = 9, .file = 4, .job = 1, .thread = 2, .host = 5});
    ACTION_IS("rewrite message=9 file=4 new=5 indices=0",
              .kind = SCHED_ACTION_REWRITE,
              .u.rewrite = {.message = 9, .file = 4, .new_file = 5});
    ACTION_IS("hold message=9 file=4 value=0", .kind = SCHED_ACTION_HOLD,
              .u.file = {9, 4, 0});
    ACTION_IS("return message=9 file=4 value=12", .kind = SCHED_ACTION_RETURN,
              .u.file = {9, 4, 12});
    ACTION_IS("warn message=9 file=4 value=3", .kind = SCHED_ACTION_WARN,
              .u.file = {9, 4, 3});
    ACTION_IS("notify message=9 file=4 value=3", .kind = SCHED_ACTION_NOTIFY,
              .u.file = {9, 4, 3});
    ACTION_IS("scan channel=-1 cursor=8 file=2 max=100",
              .kind = SCHED_ACTION_SCAN,
              .u.scan = {.channel = SCHED_NONE,
                         .files_max = 100,
                         .cursor_message = 8,
                         .cursor_file = 2});
    ACTION_IS("unknown", .kind = 99);
}

/* variants - records of many kinds that differ in one word or in none */
static uint32_t
variants(struct made *made)
{
    static const uint32_t lists[][3] = {{0, 1, 2}, {0, 1, 3}, {1, 0, 2}};
    static const uint8_t results[][3] = {{0, 0, 1}, {0, 1, 0}, {1, 0, 0}};
    uint32_t n = 0;

    for (uint32_t i = 0; i < 12; i++) {
        const struct sched_recipient to[2] = {{i % 2, i / 2 % 2}, {i / 4, 1}};
        const struct sched_event submit = {.kind = SCHED_EVENT_SUBMIT,
                                           .u.submit = {.message = 1,
                                                        .recipients = to,
                                                        .recipients_count = 2}};
        const struct sched_event outcome = {
            .kind = SCHED_EVENT_OUTCOME,
            .u.outcome = {.message = 1,
                          .results = i < 6 ? results[i % 3] : NULL,
                          .recipients_count = 1 + i / 2 % 3,
                          .result = i % 2}};
        const struct sched_action deliver = {
            .kind = SCHED_ACTION_DELIVER,
            .u.deliver = {.message = 1,
                          .recipients = lists[i % 3],
                          .recipients_count = i / 3,
                          .channel = i}}; /* in no line */
        const struct sched_action job = {
            .kind = i % 2 == 0 ? SCHED_ACTION_START_JOB : SCHED_ACTION_STOP_JOB,
            .u.job = {1, i / 4, 0, 0}};
        made[n++] = make(&submit, NULL, 7);
        made[n++] = make(&outcome, NULL, 7);
        made[n++] = make(NULL, &deliver, 7);
        made[n++] = make(NULL, &job, 7);
        made[n++] = make(NULL, &job, 7 + i % 2);
    }
    return n;
}

/* is_one - the lines are equal, and so are the digests, or neither */
static bool
is_one(const struct made *a, const struct made *b)
{
    const bool is_line = strcmp(a->line, b->line) == 0;
    const bool is_digest = strcmp(a->digest, b->digest) == 0;

    if (is_line != is_digest) {
        fail_msg("\"%s\" and \"%s\"", a->line, b->line);
    }
    return is_line;
}

static void
test_record_one_digest_exactly_for_one_line(void **state)
{
    static struct made made[64];
    const uint32_t count = variants(made);
    uint32_t equal_count = 0;

    (void)state;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            equal_count += is_one(&made[i], &made[k]);
        }
    }
    assert_in_range(equal_count, 10, count * count / 4); /* both happen */
}

/* digest_of - of ten wakes, seen by somebody or by nobody */
static void
digest_of(const struct mta_observer *observer, char text[DIGEST_TEXT_SIZE])
{
    const struct sched_event wake = {.kind = SCHED_EVENT_WAKE};
    struct digest digest;
    struct record record = {&digest, observer};

    digest_init(&digest);
    for (int64_t i = 0; i < 10; i++) {
        record_event(&record, 100 * i, &wake);
    }
    digest_format(&digest, text);
    digest_free(&digest);
}

static void
test_record_shows_the_lines_asked_for_and_changes_nothing(void **state)
{
    static struct lines lines;
    const struct mta_observer observer = {
        .context = &lines, .line = on_line, .line_from = 3, .line_until = 5};
    const struct mta_observer blind = {.line_until = 5};
    char watched[DIGEST_TEXT_SIZE], alone[DIGEST_TEXT_SIZE];

    (void)state;
    lines.count = 0;
    digest_of(&observer, watched);
    assert_int_equal(lines.count, 2);
    assert_string_equal(lines.text[0], "300 3 host wake");
    assert_string_equal(lines.text[1], "400 4 host wake");
    digest_of(NULL, alone);
    assert_string_equal(watched, alone);
    digest_of(&blind, watched);
    assert_string_equal(watched, alone);
}

static void
test_record_the_longest_line_fits(void **state)
{
    const struct sched_recipient to[2] = {{UINT32_MAX, 0}, {1, UINT32_MAX}};
    const struct sched_event event = {.kind = SCHED_EVENT_SUBMIT,
                                      .u.submit = {.message = INT64_MAX,
                                                   .parent = INT64_MAX,
                                                   .submitted_at_ns = INT64_MIN,
                                                   .size_bytes = INT64_MIN,
                                                   .recipients = to,
                                                   .recipients_count = 2,
                                                   .priority = UINT32_MAX,
                                                   .flags = UINT32_MAX}};
    const struct made made = make(&event, NULL, INT64_MAX);

    (void)state;
    assert_non_null(strstr(made.line, " recipients=2 to="));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_events_read_as_lines),
        cmocka_unit_test(test_record_actions_read_as_lines),
        cmocka_unit_test(test_record_scan_and_command_differ_in_all_they_hold),
        cmocka_unit_test(test_record_restart_is_a_record_with_its_length),
        cmocka_unit_test(test_record_one_digest_exactly_for_one_line),
        cmocka_unit_test(
            test_record_shows_the_lines_asked_for_and_changes_nothing),
        cmocka_unit_test(test_record_the_longest_line_fits),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
