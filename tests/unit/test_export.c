/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_export.c - the lines of a log, and the way back from log to traffic
 *
 * There is no simulator in this: a made-up host delivers each recipient after
 * a delay that depends on its number alone, and some at the second attempt.
 */
#include "sim/lab/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/trace.h"
#include "sim/lab/export_parts.h"
#include "tests/support/logfiles.h"
#include "tests/support/logimport.h"
#include "tests/support/support.h"

#define START_NS       (INT64_C(1142150400) * NS_PER_S) /* 2006-03-12T08:00 */
#define RECIPIENTS_MAX 14
#define MESSAGES_COUNT 400
#define YEAR           2006

static const enum export_format formats[] = {EXPORT_SUN, EXPORT_POSTFIX,
                                             EXPORT_POSTFIX_RFC3339};

struct message {
    struct trace_message traced;
    struct trace_recipient recipients[RECIPIENTS_MAX];
};

struct traffic {
    struct message messages[MESSAGES_COUNT];
    uint32_t count;
};

/* --- The made-up host ------------------------------------------------------ */

struct happening {
    struct export_event event;
    uint64_t seq;
};

struct happenings {
    struct happening *list;
    uint64_t count;
};

static int
happening_compare(const void *a, const void *b)
{
    const struct happening *x = a;
    const struct happening *y = b;

    if (x->event.wall_ns != y->event.wall_ns) {
        return x->event.wall_ns < y->event.wall_ns ? -1 : 1;
    }
    return (x->seq > y->seq) - (x->seq < y->seq);
}

static void
happen(struct happenings *all, struct export_event event, int64_t after_ns,
       int64_t took_ns)
{
    event.wall_ns += after_ns;
    event.attempt_wall_ns = event.wall_ns - took_ns;
    all->list[all->count] = (struct happening){event, all->count};
    all->count++;
}

/* host_recipient - enqueued at once; delivered, late ones first; or deferred
 * and delivered or returned an hour later */
static void
host_recipient(struct happenings *all, const struct message *message,
               uint64_t number, uint32_t i)
{
    struct export_event event = {
        .kind = EXPORT_ENQUEUED,
        .wall_ns = START_NS + message->traced.at_ns,
        .submitted_wall_ns = START_NS + message->traced.at_ns,
        .message = number,
        .recipient = i,
        .recipients_count = message->traced.recipients_count,
        .priority = message->traced.priority,
        .is_null_sender = message->traced.is_null_sender,
        .size_bytes = message->traced.size_bytes,
        .source = message->traced.source,
        .channel = message->recipients[i].channel,
        .domain = message->recipients[i].domain,
    };
    const int64_t first_ns = (RECIPIENTS_MAX - i) * NS_PER_S;

    happen(all, event, 0, 0);
    event.host = "mx.example";
    if ((number + i) % 5 != 0) {
        event.kind = EXPORT_DELIVERED;
        happen(all, event, first_ns, NS_PER_S);
        return;
    }
    event.kind = EXPORT_DEFERRED;
    event.text = "connect: timed out";
    happen(all, event, first_ns, NS_PER_S);
    event.kind = EXPORT_WARNED;
    happen(all, event, NS_PER_HOUR / 2, 0);
    event.kind = (number + i) % 2 == 0 ? EXPORT_RETURNED : EXPORT_DELIVERED;
    event.text = NULL;
    event.attempts_count = 1;
    happen(all, event, NS_PER_HOUR + first_ns, NS_PER_S);
}

/* log_of - the log that the host writes of the traffic, as text */
static char *
log_of(const struct traffic *traffic, enum export_format format)
{
    const char *path = logfiles_path("test_export.log");
    struct happenings all = {
        calloc((size_t)MESSAGES_COUNT * RECIPIENTS_MAX * 4, sizeof *all.list),
        0};
    struct diag diag;
    struct export *log = NULL;
    char *text = NULL;
    size_t size = 0;

    assert_non_null(all.list);
    for (uint32_t m = 0; m < traffic->count; m++) {
        const struct message *message = &traffic->messages[m];

        const uint32_t count = message->traced.recipients_count;

        /* Files may be made of the recipients in any order. */
        for (uint32_t i = 0; i < count; i++) {
            host_recipient(&all, message, m + 1,
                           m % 2 == 0 ? i : count - 1 - i);
        }
    }
    qsort(all.list, all.count, sizeof *all.list, happening_compare);
    diag_init(&diag);
    log = export_open(format, path, &diag);
    assert_non_null(log);
    for (uint64_t i = 0; i < all.count; i++) {
        export_event(log, &all.list[i].event);
    }
    assert_true(export_close(log, &diag));
    assert_int_equal(diag.errors_count, 0);
    diag_free(&diag);
    free(all.list);
    text = logfiles_read(path, &size);
    assert_non_null(text);
    assert_false(logfiles_has_litter(path));
    unlink(path);
    return text;
}

/* --- Traffic --------------------------------------------------------------- */

static struct traffic *
traffic_draw(uint64_t seed)
{
    static const char *const domains[] = {"a.example", "b.example",
                                          "far.example", "[192.0.2.7]"};
    static const char *const channels[] = {"tcp_local", "ims-ms"};
    struct traffic *traffic = calloc(1, sizeof *traffic);
    int64_t at_ns = 0;

    assert_non_null(traffic);
    traffic->count = MESSAGES_COUNT;
    for (uint32_t m = 0; m < traffic->count; m++) {
        struct message *message = &traffic->messages[m];

        /* Many share a second, some a hundredth of it, some the instant. */
        at_ns += test_random_below(&seed, 4) == 0
                     ? 0
                     : (int64_t)test_random_below(&seed, 30000000);
        message->traced = (struct trace_message){
            .at_ns = at_ns,
            .size_bytes = 1 + (int64_t)test_random_below(&seed, 100000),
            .source = m % 3 == 0 ? "tcp_auth" : (m % 3 == 1 ? "b" : NULL),
            .recipients = message->recipients,
            .recipients_count =
                1 + (uint32_t)test_random_below(&seed, RECIPIENTS_MAX),
            .priority = (uint32_t)test_random_below(&seed, 3),
            .is_null_sender = test_random_below(&seed, 5) == 0,
        };
        for (uint32_t i = 0; i < message->traced.recipients_count; i++) {
            message->recipients[i] =
                (struct trace_recipient){channels[test_random_below(&seed, 2)],
                                         domains[test_random_below(&seed, 4)]};
        }
    }
    return traffic;
}

/* quantise - what of the traffic a log can carry */
static void
quantise(struct traffic *traffic, struct export_quantum quantum)
{
    for (uint32_t m = 0; m < traffic->count; m++) {
        struct message *message = &traffic->messages[m];
        struct trace_message *traced = &message->traced;

        traced->at_ns -= traced->at_ns % quantum.time_ns;
        traced->size_bytes =
            i64_div_ceil(traced->size_bytes, quantum.size_bytes) *
            quantum.size_bytes;
        if (!quantum.keeps_priority) {
            traced->priority = 1;
        }
        if (!quantum.keeps_channels) {
            traced->source = "tcp_intranet";
            for (uint32_t i = 0; i < traced->recipients_count; i++) {
                message->recipients[i].channel = NULL;
            }
        }
    }
}

/* trace_of - the traffic as the text of a trace */
static char *
trace_of(const struct traffic *traffic)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_true(trace_write_head(out, START_NS));
    for (uint32_t m = 0; m < traffic->count; m++) {
        assert_true(trace_write(out, &traffic->messages[m].traced));
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

static struct logimport
import_log(const char *log, enum export_format format)
{
    const struct import_request request = {
        .format = format == EXPORT_SUN ? IMPORT_SUN : IMPORT_POSTFIX,
        .year = format == EXPORT_POSTFIX ? YEAR : 0,
        .has_start = true,
        .start_wall_ns = START_NS,
        .is_strict = true,
        .memory_bytes = 20000, /* so that runs are merged */
    };

    return logimport_text(&request, log);
}

/* traffic_of - a trace's text as traffic, with copies of its texts, which live
 * only until the next message */
static struct traffic *
traffic_of(const char *text, char ***texts, size_t *texts_count)
{
    const char *path = logfiles_path("test_export.trace");
    struct traffic *traffic = calloc(1, sizeof *traffic);
    struct trace *trace = NULL;
    struct trace_message m;
    struct diag diag;

    logfiles_write(path, text, strlen(text));
    diag_init(&diag);
    trace = trace_open(path, &diag);
    assert_non_null(trace);
    *texts = calloc((size_t)MESSAGES_COUNT * (RECIPIENTS_MAX * 2 + 1),
                    sizeof **texts);
    *texts_count = 0;
    while (trace_next(trace, &m, &diag) > 0) {
        struct message *message = &traffic->messages[traffic->count++];

        message->traced = m;
        message->traced.recipients = message->recipients;
        if (m.source != NULL) {
            message->traced.source = (*texts)[(*texts_count)++] =
                strdup(m.source);
        }
        for (uint32_t i = 0; i < m.recipients_count; i++) {
            const struct trace_recipient *to = &m.recipients[i];

            if (to->channel != NULL) {
                message->recipients[i].channel = (*texts)[(*texts_count)++] =
                    strdup(to->channel);
            }
            message->recipients[i].domain = (*texts)[(*texts_count)++] =
                strdup(to->domain);
        }
    }
    assert_int_equal(diag.errors_count, 0);
    trace_close(trace);
    diag_free(&diag);
    unlink(path);
    return traffic;
}

/* --- Claims ---------------------------------------------------------------- */

static void
test_export_then_import_is_the_traffic_quantised(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++) {
        struct traffic *traffic = traffic_draw(f + 1);
        char *log = log_of(traffic, formats[f]);
        struct logimport imported = import_log(log, formats[f]);
        char *expected = NULL;

        quantise(traffic, export_quantum(formats[f]));
        expected = trace_of(traffic);
        if (imported.trace == NULL || strcmp(imported.trace, expected) != 0) {
            fail_msg("format %zu: %s", f, imported.diag);
        }
        assert_int_equal(imported.report.messages, MESSAGES_COUNT);
        assert_int_equal(imported.report.late_lines, 0);
        assert_int_equal(imported.report.unparsable, 0);
        free(expected);
        logimport_free(&imported);
        free(log);
        free(traffic);
    }
}

static void
test_export_of_a_replayed_log_is_that_log(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++) {
        struct traffic *traffic = traffic_draw(f + 11);
        struct traffic *replayed = NULL;
        char *log = NULL;
        char *log_again = NULL;
        struct logimport imported;
        char **texts = NULL;
        size_t texts_count = 0;

        quantise(traffic, export_quantum(formats[f]));
        log = log_of(traffic, formats[f]);
        imported = import_log(log, formats[f]);
        assert_non_null(imported.trace);
        replayed = traffic_of(imported.trace, &texts, &texts_count);
        log_again = log_of(replayed, formats[f]);
        assert_string_equal(log_again, log);
        for (size_t i = 0; i < texts_count; i++) {
            free(texts[i]);
        }
        free(texts);
        free(log_again);
        free(replayed);
        logimport_free(&imported);
        free(log);
        free(traffic);
    }
}

/* lines_of - the log of events, as text */
static char *
lines_of(enum export_format format, const struct export_event *events,
         size_t count)
{
    const char *path = logfiles_path("test_export.lines");
    struct diag diag;
    struct export *log = NULL;
    char *text = NULL;
    size_t size = 0;

    diag_init(&diag);
    log = export_open(format, path, &diag);
    assert_non_null(log);
    for (size_t i = 0; i < count; i++) {
        export_event(log, &events[i]);
    }
    assert_true(export_close(log, &diag));
    diag_free(&diag);
    text = logfiles_read(path, &size);
    unlink(path);
    return text;
}

#define AT(seconds_ns) .wall_ns = START_NS + (seconds_ns)
#define MAIL                                                                   \
    .submitted_wall_ns = START_NS + 19999999, .message = 12,                   \
    .recipients_count = 1, .priority = 1, .size_bytes = 1025,                  \
    .source = "tcp_auth", .channel = "tcp_local", .domain = "far.example"
#define NOTICE                                                                 \
    .origin = EXPORT_RETURN_NOTICE, .is_null_sender = true, .message = 13,     \
    .parent = 12, .recipients_count = 1, .priority = 1, .size_bytes = 3000,    \
    .channel = "tcp_local", .domain = "sender.example"

/* A message: deferred, warned about, returned with a notice; one rejected. */
static const struct export_event story[] = {
    {.kind = EXPORT_ENQUEUED, AT(19999999), MAIL},
    {.kind = EXPORT_DEFERRED,
     AT(NS_PER_S),
     MAIL,
     .attempt_wall_ns = START_NS + NS_PER_S / 4,
     .host = "mx.far.example",
     .text = "greeting:\ntimed out"},
    {.kind = EXPORT_WARNED, AT(2 * NS_PER_S), MAIL, .attempts_count = 1},
    {.kind = EXPORT_RETURNED,
     AT(3 * NS_PER_S),
     MAIL,
     .attempt_wall_ns = START_NS + 3 * NS_PER_S,
     .attempts_count = 27,
     .text = "Message timed out"},
    {.kind = EXPORT_ENQUEUED, AT(3 * NS_PER_S), NOTICE},
    {.kind = EXPORT_REJECTED,
     AT(4 * NS_PER_S),
     .message = 14,
     .recipients_count = 1,
     .size_bytes = 1,
     .source = "tcp_auth",
     .channel = "tcp_local",
     .domain = "far.example"},
};

static void
test_export_sun_lines_are_those_of_the_manual(void **state)
{
    (void)state;
    char *text = lines_of(EXPORT_SUN, story, sizeof story / sizeof story[0]);

#define R12 " u12@sender.example rfc822;r12.0@far.example r12.0@far.example"
#define M12 "0000000C0000.00 <m12@sender.example> normal"
    assert_string_equal(
        text,
        "12-Mar-2006 08:00:00.01 tcp_auth     tcp_local    E 2" R12
        " /q/tcp_local/012/ZZ" M12 "\n"
        "12-Mar-2006 08:00:01.00 tcp_local                 Q 0" R12
        " /q/tcp_local/012/ZZ" M12 " dns;mx.far.example greeting:?timed out\n"
        "12-Mar-2006 08:00:02.00 tcp_local                 W 2" R12
        " /q/tcp_local/012/ZY" M12 "\n"
        "12-Mar-2006 08:00:03.00 tcp_local                 R 2" R12
        " /q/tcp_local/012/YY" M12 " Message timed out\n"
        "12-Mar-2006 08:00:03.00 process      tcp_local    E 3 "
        " rfc822;r13.0@sender.example r13.0@sender.example"
        " /q/tcp_local/013/ZZ0000000D0000.00 <m13@sender.example> normal\n"
        "12-Mar-2006 08:00:04.00 tcp_auth     tcp_local    J 1"
        " u14@sender.example rfc822;r14.0@far.example r14.0@far.example"
        " <m14@sender.example> urgent\n");
    free(text);
}

static void
test_export_postfix_lines_are_those_of_its_programs(void **state)
{
    (void)state;
    char *text =
        lines_of(EXPORT_POSTFIX, story, sizeof story / sizeof story[0]);

    assert_string_equal(
        text,
        "Mar 12 08:00:00 mta postfix/smtpd[101]: 00000000000C: "
        "client=client.sender.example[192.0.2.1]\n"
        "Mar 12 08:00:00 mta postfix/cleanup[102]: 00000000000C: "
        "message-id=<m12@sender.example>\n"
        "Mar 12 08:00:00 mta postfix/qmgr[103]: 00000000000C: "
        "from=<u12@sender.example>, size=1025, nrcpt=1 (queue active)\n"
        "Mar 12 08:00:01 mta postfix/smtp[104]: 00000000000C: "
        "to=<r12.0@far.example>, relay=mx.far.example[192.0.2.2]:25, "
        "delay=0.98, delays=0/0.23/0/0.75, dsn=4.0.0, "
        "status=deferred (greeting:?timed out)\n"
        "Mar 12 08:00:03 mta postfix/smtp[104]: 00000000000C: "
        "to=<r12.0@far.example>, relay=none, delay=2.98, delays=0/2.98/0/0, "
        "dsn=5.0.0, status=bounced (Message timed out)\n"
        "Mar 12 08:00:03 mta postfix/qmgr[103]: 00000000000C: removed\n"
        "Mar 12 08:00:03 mta postfix/cleanup[102]: 00000000000D: "
        "message-id=<m13@sender.example>\n"
        "Mar 12 08:00:03 mta postfix/bounce[105]: 00000000000C: "
        "sender non-delivery notification: 00000000000D\n"
        "Mar 12 08:00:03 mta postfix/qmgr[103]: 00000000000D: "
        "from=<>, size=3000, nrcpt=1 (queue active)\n"
        "Mar 12 08:00:04 mta postfix/smtpd[101]: 00000000000E: "
        "reject: RCPT from client.sender.example[192.0.2.1]: "
        "550 5.0.0 rejected; from=<u14@sender.example> "
        "to=<r14.0@far.example> proto=ESMTP helo=<client>\n");
    free(text);
}

static void
test_export_notices_and_rejected_mail_are_no_traffic(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++) {
        char *text =
            lines_of(formats[f], story, sizeof story / sizeof story[0]);
        struct logimport r = import_log(text, formats[f]);

        assert_true(r.is_done);
        assert_int_equal(r.report.messages, 1);
        assert_int_equal(r.report.skipped_internal, 1);
        logimport_free(&r);
        free(text);
    }
}

/* Against an array; numbers far apart and close together, so that they collide
 * and step aside, and more than the table begins with. */
static void
test_export_live_tells_the_last_recipient(void **state)
{
    (void)state;
    enum { MESSAGES = 3000 };
    uint32_t left[MESSAGES] = {0};
    struct export_live *live = export_live_new();
    uint64_t seed = 5;
    uint32_t finished = 0;

    for (int step = 0; step < 100000; step++) {
        const uint64_t i = test_random_below(&seed, MESSAGES);
        const uint64_t message = i % 2 == 0 ? i : i << 40;

        if (left[i] == 0 && step < 50000) {
            left[i] = 1 + (uint32_t)test_random_below(&seed, 3);
            export_live_add(live, message, left[i]);
        } else {
            assert_int_equal(export_live_finish(live, message), left[i] == 1);
            finished += left[i] == 1;
            left[i] -= left[i] > 0;
        }
    }
    assert_true(finished > MESSAGES);
    export_live_free(live);
}

static void
test_export_that_cannot_be_written_is_reported(void **state)
{
    (void)state;
    static const char *const paths[] = {"/no/such/folder/x.log", "/dev/null"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct diag diag;

        diag_init(&diag);
        assert_null(export_open(EXPORT_SUN, paths[i], &diag));
        assert_int_equal(diag.errors_count, 1);
        assert_non_null(strstr(diag.text, paths[i]));
        diag_free(&diag);
    }
}

static void
test_export_that_is_abandoned_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = logfiles_path("test_export.old");
    struct diag diag;
    struct export *log = NULL;
    char *text = NULL;
    size_t size = 0;

    logfiles_write(path, "old", 3);
    diag_init(&diag);
    log = export_open(EXPORT_SUN, path, &diag);
    assert_non_null(log);
    export_event(log, &story[0]);
    export_abandon(log);
    text = logfiles_read(path, &size);
    assert_string_equal(text, "old");
    assert_false(logfiles_has_litter(path));
    free(text);
    unlink(path);
    diag_free(&diag);
}

static void
test_export_event_before_the_last_is_a_bug(void **state)
{
    (void)state;
    struct diag diag;
    struct export *log = NULL;

    diag_init(&diag);
    log = export_open(EXPORT_SUN, logfiles_path("test_export.bug"), &diag);
    assert_non_null(log);
    export_event(log, &story[1]);
    expect_assert_failure(export_event(log, &story[0]));
    export_abandon(log);
    diag_free(&diag);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_export_then_import_is_the_traffic_quantised),
        cmocka_unit_test(test_export_of_a_replayed_log_is_that_log),
        cmocka_unit_test(test_export_sun_lines_are_those_of_the_manual),
        cmocka_unit_test(test_export_postfix_lines_are_those_of_its_programs),
        cmocka_unit_test(test_export_notices_and_rejected_mail_are_no_traffic),
        cmocka_unit_test(test_export_live_tells_the_last_recipient),
        cmocka_unit_test(test_export_that_cannot_be_written_is_reported),
        cmocka_unit_test(test_export_that_is_abandoned_leaves_the_old_file),
        cmocka_unit_test(test_export_event_before_the_last_is_a_bug),
    };

    return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
