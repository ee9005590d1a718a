/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_life.c - how jobs and threads end, and what memory does
 *
 * Pinned: limits of age and of requests, idle exits, what a draining job may
 * still do, and that no allocation that fails leaves a trace.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys pool SMTP_POOL normalblocklimit 100"                \
    " nonurgentblocklimit 1000\na-daemon\n\n"                                  \
    "tcp_d smtp single_sys deferred pool SMTP_POOL\nd-daemon\n"
#define JOBS                                                                   \
    "[POOL=SMTP_POOL]\njob_limit=10\n"                                         \
    "[CHANNEL=*]\nmaster_command=master\n"

enum { CHANNEL_L, CHANNEL_A, CHANNEL_D };

static struct host_setup
setup_with(const struct sched_override *overrides, uint32_t count)
{
    /* Noon: twelve and a half hours before the next return run. */
    struct host_setup setup = {
        .channels = CHANNELS, .jobs = JOBS, .wall_offset_ns = 12 * HOST_H};

    for (uint32_t i = 0; i < count; i++) {
        setup.overrides[i] = overrides[i];
        setup.overrides[i].where = "test";
    }
    return setup;
}

static struct host_script *
host_with(const struct sched_override *overrides, uint32_t count)
{
    const struct host_setup setup = setup_with(overrides, count);

    return host_script_new(&setup);
}

/* deliver_all - one after the other; how many */
static uint32_t
deliver_all(struct host_script *host)
{
    uint32_t count = 0;

    while (host_actions(host, SCHED_ACTION_DELIVER) > 0) {
        const struct sched_action deliver =
            *host_action(host, SCHED_ACTION_DELIVER, 0);

        count++;
        host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
    }
    return count;
}

static void
test_jobctl_request_over_max_life_conns_gets_no_work(void **state)
{
    const struct sched_override overrides[] = {
        {.path = "job.tcp_a.max_life_conns", .value = "3"},
        {.path = "channel.tcp_a.maxjobs", .value = "1"}};
    struct host_script *host = host_with(overrides, 2);

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    }
    host_job_up(host, 1); /* the first request */
    assert_int_equal(deliver_all(host), 3);
    assert_int_equal(host->actions_count, 2);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_STOP_THREAD);
    assert_int_equal(host->actions[1].kind, SCHED_ACTION_STOP_JOB);
    /* It holds its slot to the end; then the rest of the mail gets it. */
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    host_thread(host, SCHED_EVENT_THREAD_ENDED, 1, 0);
    assert_int_equal(host->actions_count, 0);
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    assert_int_equal(host->actions_count, 1);
    host_job_up(host, 2);
    assert_int_equal(deliver_all(host), 3);
    host_script_free(host);
}

static void
test_jobctl_aged_job_stops_idle_threads_at_once_and_others_as_they_ask(
    void **state)
{
    const struct sched_override overrides[] = {
        {.path = "job.tcp_a.max_life_age", .value = "100"},
        {.path = "job.tcp_a.thread_idle", .value = "0"},
        {.path = "job.tcp_a.job_idle", .value = "0"}};
    struct host_script *host = host_with(overrides, 3);
    struct sched_action deliver[3];

    (void)state;
    for (uint32_t h = 0; h < 3; h++) {
        host_submit(host, CHANNEL_A, h, SCHED_PRIORITY_NORMAL);
    }
    host_job(host, SCHED_EVENT_JOB_STARTED, 1);
    for (uint32_t n = 0; n < 3; n++) {
        host_thread(host, SCHED_EVENT_THREAD_READY, 1, n);
        deliver[n] = *host_action(host, SCHED_ACTION_DELIVER, 0);
    }
    host_outcome(host, &deliver[1], SCHED_RESULT_DELIVERED); /* idle */
    host->now_ns = 100 * HOST_S - 1;
    host_submit(host, CHANNEL_A, 0, SCHED_PRIORITY_NORMAL);
    host_outcome(host, &deliver[0], SCHED_RESULT_DELIVERED);
    deliver[0] = *host_action(host, SCHED_ACTION_DELIVER, 0);
    host->now_ns = 100 * HOST_S;
    host_outcome(host, &deliver[2], SCHED_RESULT_DELIVERED);
    assert_int_equal(host->actions_count, 2);
    assert_int_equal(host->actions[0].u.thread.thread, 1);
    assert_int_equal(host->actions[1].u.thread.thread, 2);
    /* A host without a thread does not go to the draining job. */
    host_submit(host, CHANNEL_A, 9, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_outcome(host, &deliver[0], SCHED_RESULT_DELIVERED);
    assert_int_equal(host->actions_count, 2);
    assert_int_equal(host->actions[1].kind, SCHED_ACTION_STOP_JOB);
    host_script_free(host);
}

static void
test_jobctl_idle_thread_ends_after_its_time_then_the_job(void **state)
{
    struct host_script *host = host_with(NULL, 0);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    host->now_ns = HOST_S;
    assert_int_equal(deliver_all(host), 1);
    assert_int_equal(host->wake_at_ns, 31 * HOST_S);
    host_wake(host, 31 * HOST_S - 1); /* too early: nothing */
    assert_int_equal(host->actions_count, 0);
    host_wake(host, 31 * HOST_S);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_STOP_THREAD);
    host_thread(host, SCHED_EVENT_THREAD_ENDED, 1, 0);
    assert_int_equal(host->wake_at_ns, 61 * HOST_S);
    /* New mail finds the job and a free thread slot in it. */
    host->now_ns = 40 * HOST_S;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 1);
    assert_int_equal(
        host_action(host, SCHED_ACTION_START_THREAD, 0)->u.thread.thread, 1);
    host_thread(host, SCHED_EVENT_THREAD_READY, 1, 1);
    assert_int_equal(deliver_all(host), 1);
    host_wake(host, 70 * HOST_S);
    host_thread(host, SCHED_EVENT_THREAD_ENDED, 1, 1);
    host_wake(host, 100 * HOST_S);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_STOP_JOB);
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    assert_int_equal(host->wake_at_ns, 12 * HOST_H + 30 * HOST_MIN);
    host_script_free(host);
}

static void
test_jobctl_idle_thread_takes_the_host_that_a_draining_job_leaves(void **state)
{
    const struct sched_override overrides[] = {
        {.path = "job.tcp_a.max_life_conns", .value = "2"},
        {.path = "channel.tcp_a.max_client_threads", .value = "1"}};
    struct host_script *host = host_with(overrides, 2);
    struct sched_action deliver[2];

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    for (uint32_t n = 0; n < 2; n++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    }
    host_job_up(host, 1);
    deliver[0] = *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_job_up(host, 2);
    deliver[1] = *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver[1], SCHED_RESULT_DELIVERED); /* job 2 idles */
    host_outcome(host, &deliver[0], SCHED_RESULT_DELIVERED);
    deliver[0] = *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver[0], SCHED_RESULT_DELIVERED); /* its third */
    assert_int_equal(host->actions_count, 3);
    assert_int_equal(host->actions[0].kind, SCHED_ACTION_STOP_THREAD);
    assert_int_equal(host->actions[1].kind, SCHED_ACTION_STOP_JOB);
    assert_int_equal(host->actions[2].kind, SCHED_ACTION_DELIVER);
    assert_int_equal(host->actions[2].u.deliver.job, 2);
    assert_int_equal(host->actions[2].u.deliver.message, 4);
    host_script_free(host);
}

static void
test_jobctl_large_mail_loses_its_class(void **state)
{
    static const struct {
        int64_t size_bytes;
        uint32_t given;
        uint32_t effective;
    } cases[] = {{102400, 1, 1},  {102401, 1, 2},  {102401, 0, 0},
                 {1024000, 2, 2}, {1024001, 2, 3}, {1024001, 1, 3}};
    const struct sched_recipient recipient = {CHANNEL_A, 1};
    struct host_script *host = host_with(NULL, 0);

    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        host_event(host, &(struct sched_event){
                             .kind = SCHED_EVENT_SUBMIT,
                             .u.submit = {.message = ++host->message_last,
                                          .deferred_until_ns = SCHED_NO_TIME,
                                          .size_bytes = cases[i].size_bytes,
                                          .recipients = &recipient,
                                          .recipients_count = 1,
                                          .source_channel = SCHED_NONE,
                                          .priority = cases[i].given}});
        assert_int_equal(
            host_action(host, SCHED_ACTION_CREATE, 0)->u.create.priority,
            cases[i].effective);
    }
    host_script_free(host);
}

static void
test_jobctl_deferred_mail_waits_for_its_date_where_dates_count(void **state)
{
    struct host_script *host = host_with(NULL, 0);

    (void)state;
    for (uint32_t channel = CHANNEL_A; channel <= CHANNEL_D; channel++) {
        const struct sched_recipient recipient = {channel, 1};

        host_event(host, &(struct sched_event){
                             .kind = SCHED_EVENT_SUBMIT,
                             .u.submit = {.message = ++host->message_last,
                                          .deferred_until_ns = HOST_H,
                                          .recipients = &recipient,
                                          .recipients_count = 1,
                                          .source_channel = SCHED_NONE,
                                          .priority = 1}});
        assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB),
                         channel == CHANNEL_A);
    }
    assert_int_equal(host->wake_at_ns, HOST_H);
    host_wake(host, HOST_H);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_script_free(host);
}

static void
test_jobctl_date_beyond_the_limit_is_no_date(void **state)
{
    const struct sched_override limit = {"channel.tcp_d.deferred_limit", "3600",
                                         NULL};
    const struct sched_recipient recipient = {CHANNEL_D, 1};
    struct sched_submit submit = {.deferred_until_ns = HOST_H,
                                  .recipients = &recipient,
                                  .recipients_count = 1,
                                  .source_channel = SCHED_NONE,
                                  .priority = SCHED_PRIORITY_NORMAL};
    struct host_script *host = host_with(&limit, 1);

    (void)state;
    host_submit_as(host, &submit); /* exactly as far as may be */
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    assert_int_equal(host->wake_at_ns, HOST_H);
    submit.deferred_until_ns = HOST_H + 1;
    host_submit_as(host, &submit);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    assert_int_equal(host_set(host, "channel.tcp_d.deferred_limit", "0"),
                     SCHED_OK); /* no limit */
    host_submit_as(host, &submit);
    host_wake(host, HOST_H);
    assert_int_equal(host->wake_at_ns, HOST_H + 1);
    host_script_free(host);
}

static void
test_jobctl_second_class_waits_for_the_periodic_run(void **state)
{
    const struct sched_recipient recipient = {CHANNEL_A, 1};
    struct host_script *host = host_with(NULL, 0);

    (void)state;
    /* It is noon and one second; the periodic job runs every four hours. */
    host->now_ns = HOST_S;
    host_event(host, &(struct sched_event){
                         .kind = SCHED_EVENT_SUBMIT,
                         .u.submit = {.message = ++host->message_last,
                                      .deferred_until_ns = SCHED_NO_TIME,
                                      .size_bytes = 2048000,
                                      .recipients = &recipient,
                                      .recipients_count = 1,
                                      .source_channel = SCHED_NONE,
                                      .priority = 2}});
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->wake_at_ns, 4 * HOST_H);
    host_wake(host, 4 * HOST_H);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_script_free(host);
}

static void
test_jobctl_create_without_memory_leaves_nothing_behind(void **state)
{
    const struct host_setup setup = setup_with(NULL, 0);

    (void)state;
    for (uint64_t n = 1;; n++) {
        struct host_script *host = calloc(1, sizeof *host);
        assert_non_null(host);
        host->memory.fail_at = n;
        const int32_t status = host_script_create(host, &setup);

        if (status == SCHED_OK) {
            assert_true(n > 5);
            host_script_free(host);
            return;
        }
        assert_int_equal(status, SCHED_ERR_MEMORY);
        assert_null(host->self);
        assert_int_equal(host->memory.bytes, 0);
        free(host);
    }
}

static void
test_jobctl_submit_without_memory_leaves_the_state_as_it_was(void **state)
{
    /* 3000 recipients over 700 hosts, and once with one file of 40,000: more
     * than fits in a page. */
    static const uint32_t hosts[] = {700, 1};
    static const uint32_t counts[] = {3000, 40000};

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct host_script *host = host_with(NULL, 0);
        struct sched_recipient *recipients =
            calloc(counts[i], sizeof *recipients);
        uint32_t refused = 0;

        assert_non_null(recipients);
        for (uint32_t r = 0; r < counts[i]; r++) {
            recipients[r] = (struct sched_recipient){CHANNEL_A, r % hosts[i]};
        }
        const struct sched_event event = {
            .kind = SCHED_EVENT_SUBMIT,
            .u.submit = {.message = 1,
                         .deferred_until_ns = SCHED_NO_TIME,
                         .recipients = recipients,
                         .recipients_count = counts[i],
                         .source_channel = SCHED_NONE,
                         .priority = 1}};
        const uint64_t digest = host->object->state_digest(host->self);
        for (uint64_t n = 1;; n++) {
            host->memory.fail_at = host->memory.requests_count + 1;
            /* The n-th time the first request fails, then the second ... */
            host->memory.fail_at += n % 3;
            if (host_send(host, &event) == SCHED_OK) {
                break;
            }
            refused++;
            assert_int_equal(host->status, SCHED_ERR_MEMORY);
            assert_int_equal(digest, host->object->state_digest(host->self));
        }
        assert_true(refused > 2);
        assert_int_equal(host_actions(host, SCHED_ACTION_CREATE), hosts[i]);
        host->memory.fail_at = 0;
        host_script_free(host);
        free(recipients);
    }
}

static void
test_jobctl_memory_does_not_grow_with_the_mail_that_passes(void **state)
{
    /* Messages of two to nine recipients, in one file or two. */
    static const struct sched_recipient recipients[9] = {
        {CHANNEL_A, 1}, {CHANNEL_A, 1}, {CHANNEL_A, 1},
        {CHANNEL_A, 1}, {CHANNEL_A, 1}, {CHANNEL_A, 1},
        {CHANNEL_A, 1}, {CHANNEL_A, 2}, {CHANNEL_A, 2}};
    const struct sched_override overrides[] = {
        {.path = "job.tcp_a.max_life_conns", .value = "0"},
        {.path = "channel.tcp_a.max_client_threads", .value = "1"},
        {.path = "channel.tcp_a.maxjobs", .value = "1"}};
    struct host_script *host = host_with(overrides, 3);
    int64_t bytes = 0;

    (void)state;
    for (uint32_t round = 0; round < 500; round++) {
        host_submit_many(host, recipients, 2 + round % 8);
        if (round == 0) {
            host_job_up(host, 1);
        }
        const struct sched_action deliver =
            *host_action(host, SCHED_ACTION_DELIVER, 0);
        for (uint32_t i = 0; i < 9; i++) {
            host_submit_many(host, recipients, 2 + i % 8);
        }
        host_outcome(host, &deliver, SCHED_RESULT_DELIVERED);
        assert_true(deliver_all(host) >= 9);
        if (round == 100) {
            bytes = host->memory.bytes;
        }
    }
    assert_int_equal(host->memory.bytes, bytes);
    host_script_free(host);
}

static void
test_jobctl_events_it_does_not_know_are_unsupported(void **state)
{
    static const uint32_t kinds[] = {0, SCHED_EVENT_STRESS + 1, UINT32_MAX};
    struct host_script *host = host_with(NULL, 0);

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        const struct sched_event event = {.kind = kinds[i]};

        assert_int_equal(host_send(host, &event), SCHED_ERR_UNSUPPORTED);
    }
    host_script_free(host);
}

static void
test_jobctl_event_before_all_actions_are_pulled_is_out_of_turn(void **state)
{
    const struct sched_recipient recipient = {CHANNEL_A, 1};
    const struct sched_event wake = {.kind = SCHED_EVENT_WAKE};
    const struct sched_event submit = {
        .kind = SCHED_EVENT_SUBMIT,
        .u.submit = {.message = 1,
                     .deferred_until_ns = SCHED_NO_TIME,
                     .recipients = &recipient,
                     .recipients_count = 1,
                     .source_channel = SCHED_NONE,
                     .priority = 1}};
    struct host_script *host = host_with(NULL, 0);
    const struct sched_object *object = host->object;
    struct sched_action action;

    (void)state;
    assert_int_equal(object->event(host->self, 0, &submit), SCHED_OK);
    assert_int_equal(object->event(host->self, 0, &wake), SCHED_ERR_ARGUMENT);
    assert_int_equal(object->next(host->self, &action), SCHED_OK);
    assert_int_equal(action.kind, SCHED_ACTION_CREATE);
    assert_int_equal(object->event(host->self, 0, &wake), SCHED_ERR_ARGUMENT);
    assert_int_equal(object->next(host->self, &action), SCHED_OK);
    assert_int_equal(action.kind, SCHED_ACTION_START_JOB);
    assert_int_equal(object->event(host->self, 0, &wake), SCHED_ERR_ARGUMENT);
    assert_int_equal(object->next(host->self, &action), SCHED_OK);
    assert_int_equal(action.kind, SCHED_ACTION_NONE);
    assert_int_equal(object->event(host->self, 0, &wake), SCHED_OK);
    host_script_free(host);
}

static void
test_jobctl_many_short_jobs_and_threads_keep_their_numbers_apart(void **state)
{
    /* Thread numbers run past the number of slots, job ids past the size of
     * the table; each is found and none comes twice. */
    const struct sched_override overrides[] = {
        {.path = "channel.tcp_a.max_client_threads", .value = "2"},
        {.path = "job.tcp_a.thread_idle", .value = "1"},
        {.path = "job.tcp_a.max_life_conns", .value = "49"}};
    struct host_script *host = host_with(overrides, 3);
    uint32_t job = 0;
    uint32_t thread = 0;

    (void)state;
    for (uint32_t i = 0; i < 2000; i++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
        if (host_actions(host, SCHED_ACTION_START_JOB) > 0) {
            const uint32_t id =
                host_action(host, SCHED_ACTION_START_JOB, 0)->u.job.job;

            assert_int_equal(id, job + 1);
            job = id;
            thread = 0;
            host_job_up(host, job);
        } else {
            const struct sched_action *start =
                host_action(host, SCHED_ACTION_START_THREAD, 0);

            assert_non_null(start);
            assert_int_equal(start->u.thread.thread, thread + 1);
            thread = start->u.thread.thread;
            host_thread(host, SCHED_EVENT_THREAD_READY, job, thread);
        }
        assert_int_equal(deliver_all(host), 1);
        const int is_told = host_actions(host, SCHED_ACTION_STOP_JOB) > 0;
        if (!is_told) {
            host_wake(host, host->wake_at_ns);
        }
        host_thread(host, SCHED_EVENT_THREAD_ENDED, job, thread);
        if (is_told) {
            host_job(host, SCHED_EVENT_JOB_EXITED, job);
        }
    }
    /* A thread asks twice in its life: the 25th is refused at its second. */
    assert_int_equal(job, 2000 / 25);
    host_script_free(host);
}

/* explains - the sentence about a file has these words in it */
static void
explains(const struct host_script *host, uint64_t message, const char *words)
{
    char text[512] = "";

    assert_int_equal(
        host->object->explain(host->self, message, 1, text, sizeof text),
        SCHED_OK);
    if (strstr(text, words) == NULL) {
        fail_msg("\"%s\" is not in: %s", words, text);
    }
}

static void
test_jobctl_explain_names_what_a_file_waits_for(void **state)
{
    const struct sched_override overrides[] = {
        {.path = "channel.tcp_a.max_client_threads", .value = "1"},
        {.path = "channel.tcp_a.maxjobs", .value = "1"}};
    struct host_script *host = host_with(overrides, 2);
    char text[8];

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    explains(host, 1, "with thread 0 of job 1");
    explains(host, 2, "served by 1 threads");
    explains(host, 3, "the smaller of maxjobs and JOB_LIMIT");
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    explains(host, 1, "failed 1 times; by its backoff tried at 3600000000000");
    assert_int_equal(host->object->explain(host->self, 9, 1, text, sizeof text),
                     SCHED_ERR_ARGUMENT);
    /* A short buffer is filled as far as it goes. */
    assert_int_equal(host->object->explain(host->self, 1, 1, text, sizeof text),
                     SCHED_OK);
    assert_int_equal(strlen(text), sizeof text - 1);
    host_script_free(host);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobctl_request_over_max_life_conns_gets_no_work),
        cmocka_unit_test(
            test_jobctl_aged_job_stops_idle_threads_at_once_and_others_as_they_ask),
        cmocka_unit_test(
            test_jobctl_idle_thread_ends_after_its_time_then_the_job),
        cmocka_unit_test(
            test_jobctl_idle_thread_takes_the_host_that_a_draining_job_leaves),
        cmocka_unit_test(test_jobctl_large_mail_loses_its_class),
        cmocka_unit_test(
            test_jobctl_deferred_mail_waits_for_its_date_where_dates_count),
        cmocka_unit_test(test_jobctl_date_beyond_the_limit_is_no_date),
        cmocka_unit_test(test_jobctl_second_class_waits_for_the_periodic_run),
        cmocka_unit_test(
            test_jobctl_create_without_memory_leaves_nothing_behind),
        cmocka_unit_test(
            test_jobctl_submit_without_memory_leaves_the_state_as_it_was),
        cmocka_unit_test(
            test_jobctl_memory_does_not_grow_with_the_mail_that_passes),
        cmocka_unit_test(test_jobctl_explain_names_what_a_file_waits_for),
        cmocka_unit_test(test_jobctl_events_it_does_not_know_are_unsupported),
        cmocka_unit_test(
            test_jobctl_event_before_all_actions_are_pulled_is_out_of_turn),
        cmocka_unit_test(
            test_jobctl_many_short_jobs_and_threads_keep_their_numbers_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
