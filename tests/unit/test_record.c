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
    ACTION_IS("scan channel=-1 cursor=8", .kind = SCHED_ACTION_SCAN,
              .u.scan = {.channel = SCHED_NONE, .cursor_message = 8});
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

static void
test_record_one_digest_exactly_for_one_line(void **state)
{
    static struct made made[64];
    const uint32_t count = variants(made);
    uint32_t equal_count = 0;

    (void)state;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            const int is_line = strcmp(made[i].line, made[k].line) == 0;
            const int is_digest = strcmp(made[i].digest, made[k].digest) == 0;
            if (is_line != is_digest) {
                fail_msg("\"%s\" and \"%s\"", made[i].line, made[k].line);
            }
            equal_count += (uint32_t)is_line;
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
        cmocka_unit_test(test_record_one_digest_exactly_for_one_line),
        cmocka_unit_test(
            test_record_shows_the_lines_asked_for_and_changes_nothing),
        cmocka_unit_test(test_record_the_longest_line_fits),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
