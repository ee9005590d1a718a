/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_commands.c - what the postmaster tells a running Job Controller
 */
#include "tests/support/support.h"

#include <string.h>

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys maxjobs 1 pool SMTP_POOL\na-daemon\n\n"             \
    "tcp_b smtp single_sys pool SMTP_POOL\nb-daemon\n\n"                       \
    "tcp_in smtp slave holdlimit 2 pool SMTP_POOL\nin-daemon\n\n"              \
    "reprocess pool SMTP_POOL\nreprocess-daemon\n"
#define JOBS                                                                   \
    "[POOL=SMTP_POOL]\njob_limit=2\n"                                          \
    "[POOL=OTHER]\njob_limit=1\n"                                              \
    "[CHANNEL=*]\nmaster_command=master\nthread_idle=0\njob_idle=0\n"          \
    "max_life_age=0\nmax_life_conns=0\n"

enum { CHANNEL_L, CHANNEL_A, CHANNEL_B, CHANNEL_IN, CHANNEL_REPROCESS };

static const struct host_setup setup = {
    .channels = CHANNELS,
    .jobs = JOBS,
    .overrides = {{"channel.tcp_a.max_client_threads", "1", "test"},
                  {"channel.tcp_b.max_client_threads", "1", "test"}}};

static const struct sched_recipient three[] = {
    {CHANNEL_A, 1}, {CHANNEL_A, 2}, {CHANNEL_A, 3}};

/* release - the answer to the command */
static int32_t
release(struct host_script *host, uint64_t message, uint32_t file)
{
    return host_send(host, &(struct sched_event){
                               .kind = SCHED_EVENT_COMMAND,
                               .u.command = {.command = SCHED_COMMAND_RELEASE,
                                             .message = message,
                                             .file = file}});
}

static uint64_t
submit_held(struct host_script *host)
{
    return host_submit_as(
        host, &(struct sched_submit){.recipients = three,
                                     .recipients_count = 3,
                                     .source_channel = CHANNEL_IN,
                                     .priority = SCHED_PRIORITY_NORMAL});
}

static void
test_jobctl_released_file_is_an_insertion(void **state)
{
    struct host_script *host = host_script_new(&setup);
    uint64_t messages[3];

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        messages[i] = submit_held(host);
        assert_int_equal(host->actions_count, 1); /* CREATE, held */
    }
    host->now_ns = HOST_H;
    assert_int_equal(release(host, messages[1], 1), SCHED_OK);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_job_up(host, 1);
    const struct sched_deliver d =
        host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver;
    assert_int_equal(d.message, messages[1]);
    assert_int_equal(d.channel, CHANNEL_REPROCESS);
    assert_int_equal(d.recipients_count, 3);
    assert_int_equal(release(host, messages[1], 1), SCHED_ERR_ARGUMENT);
    assert_int_equal(release(host, messages[0], 2), SCHED_ERR_ARGUMENT);
    assert_int_equal(release(host, messages[0], 1), SCHED_OK);
    assert_int_equal(release(host, messages[2], 1), SCHED_OK);
    assert_int_equal(release(host, 99, 1), SCHED_ERR_ARGUMENT);
    host_script_free(host);
}

static void
test_jobctl_raised_limit_serves_the_wants_at_once(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    for (uint32_t i = 1; i <= 4; i++) {
        host_submit(host, CHANNEL_A, i, SCHED_PRIORITY_NORMAL);
    }
    assert_int_equal(host_set(host, "channel.tcp_a.maxjobs", "3"), SCHED_OK);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB),
                     1); /* pool 2 */
    assert_int_equal(host_set(host, "pool.SMTP_POOL.job_limit", "9"), SCHED_OK);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    for (uint32_t i = 1; i <= 3; i++) {
        host_job_up(host, i);
        assert_int_equal(
            host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver.host, i);
    }
    host_script_free(host);
}

static void
test_jobctl_lowered_limit_ends_no_job_and_starts_none(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_B, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    host_job_up(host, 2);
    assert_int_equal(host_set(host, "pool.SMTP_POOL.job_limit", "1"), SCHED_OK);
    assert_int_equal(host->actions_count, 0);
    host_submit(host, CHANNEL_B, 2, SCHED_PRIORITY_NORMAL);
    host_job(host, SCHED_EVENT_JOB_EXITED, 2); /* one is left: the limit */
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 0);
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_script_free(host);
}

static void
test_jobctl_new_threaddepth_counts_with_later_insertions(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        host_submit(host, CHANNEL_B, 1, SCHED_PRIORITY_NORMAL);
    }
    assert_int_equal(host_set(host, "channel.tcp_b.threaddepth", "3"),
                     SCHED_OK);
    assert_int_equal(host->actions_count, 0);
    host_submit(host, CHANNEL_B, 1, SCHED_PRIORITY_NORMAL); /* the sixth */
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_script_free(host);
}

static void
test_jobctl_running_job_keeps_its_max_client_threads(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    assert_int_equal(host_set(host, "channel.tcp_a.max_client_threads", "3"),
                     SCHED_OK);
    for (uint32_t i = 2; i <= 5; i++) {
        host_submit(host, CHANNEL_A, i, SCHED_PRIORITY_NORMAL);
        assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), 0);
    }
    /* The next process of the channel has three. */
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    host_job_up(host, 2);
    for (uint32_t i = 6; i <= 9; i++) {
        host_submit(host, CHANNEL_A, i, SCHED_PRIORITY_NORMAL);
        assert_int_equal(host_actions(host, SCHED_ACTION_START_THREAD), i < 8);
    }
    host_script_free(host);
}

static void
test_jobctl_start_policy_and_affinity_change_with_mail_queued(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    for (uint32_t i = 0; i < 30; i++) {
        host_submit(host, CHANNEL_B, i % 3, i % 2);
    }
    host_job_up(host, 1);
    assert_int_equal(host_set(host, "option.start_policy", "level"), SCHED_OK);
    assert_int_equal(host_set(host, "option.affinity", "priority"), SCHED_OK);
    assert_int_equal(host_set(host, "option.start_policy", "edge"), SCHED_OK);
    assert_int_equal(host_set(host, "option.affinity", "host"), SCHED_OK);
    assert_int_equal(host_set(host, "option.affinity", "priority"), SCHED_OK);
    assert_int_equal(host_set(host, "channel.tcp_b.pool", "OTHER"), SCHED_OK);
    host_job(host, SCHED_EVENT_JOB_EXITED, 1); /* and host_send() checks all */
    host_script_free(host);
}

/* A channel that becomes a slave starts nothing, not for a retry nor for a
   place that a thread leaves. */
static void
test_jobctl_channel_made_a_slave_starts_no_thread(void **state)
{
    struct host_script *host = host_script_new(&setup);

    (void)state;
    host_submit(host, CHANNEL_B, 1, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    const struct sched_action deliver =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(host_set(host, "channel.tcp_b.direction", "slave"),
                     SCHED_OK);
    host_outcome(host, &deliver, SCHED_RESULT_TEMPORARY);
    host_wake(host, host->wake_at_ns); /* the return job */
    host_wake(host, host->wake_at_ns); /* the retry: it is ready now */
    assert_int_equal(host->actions_count, 0);
    host_thread(host, SCHED_EVENT_THREAD_ENDED, 1, 0);
    assert_int_equal(host->actions_count, 0);
    assert_int_equal(host_set(host, "channel.tcp_b.direction", "master"),
                     SCHED_OK);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    host_script_free(host);
}

/* value_of - as described */
static const char *
value_of(const struct host_script *host, const char *path)
{
    static struct sched_setting row;

    for (uint32_t i = 0;
         host->object->describe(host->self, i, &row) == SCHED_OK; i++) {
        if (strcmp(row.path, path) == 0) {
            return row.value;
        }
    }
    fail_msg("no setting %s", path);
    return NULL;
}

static void
test_jobctl_wrong_path_or_value_changes_nothing(void **state)
{
    static const char *const wrong[][2] = {
        {"channel.tcp_x.maxjobs", "3"},
        {"channel.tcp_a.maxjobs", "many"},
        {"channel.tcp_a.maxjobs", "0"},
        {"channel.tcp_b.expandchannel", "nowhere"},
        {"pool.SMTP_POOL.job_limit", "-1"},
        {"channel.l.expandlimit", "4"}, /* never on l */
        {"nonsense", "1"},
        {NULL, "1"},
        {"channel.tcp_a.maxjobs", NULL}};
    struct host_script *host = host_script_new(&setup);

    (void)state;
    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const uint64_t digest = host->object->state_digest(host->self);

        assert_int_equal(host_set(host, wrong[i][0], wrong[i][1]),
                         SCHED_ERR_ARGUMENT);
        assert_int_equal(host->object->state_digest(host->self), digest);
    }
    assert_string_equal(value_of(host, "channel.l.expandlimit"), "unlimited");
    assert_string_equal(value_of(host, "channel.tcp_a.maxjobs"), "1");
    host_script_free(host);
}

static void
test_jobctl_set_without_memory_leaves_the_state_as_it_was(void **state)
{
    static const char *const sets[][2] = {
        {"channel.tcp_a.maxjobs", "40"},
        {"pool.SMTP_POOL.job_limit", "50"},
        {"channel.tcp_a.max_client_threads", "30"}};
    struct host_script *host = host_script_new(&setup);
    uint32_t failures = 0;

    (void)state;
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    for (uint32_t i = 0; i < 3; i++) {
        for (uint32_t n = 1;; n++) {
            const uint64_t digest = host->object->state_digest(host->self);

            host->memory.fail_at = host->memory.requests_count + n;
            if (host_set(host, sets[i][0], sets[i][1]) == SCHED_OK) {
                break;
            }
            assert_int_equal(host->status, SCHED_ERR_MEMORY);
            assert_int_equal(host->object->state_digest(host->self), digest);
            failures++;
        }
        host->memory.fail_at = 0;
    }
    assert_true(failures >= 6);
    host_script_free(host);
}

/* --- explain -------------------------------------------------------------------- */

static void
test_jobctl_explain_of_message_zero_shows_pools_channels_and_hosts(void **state)
{
    static const char expected[] =
        "messages: 4 tracked of 100000, 1 held\n"
        "pool SMTP_POOL: 1 of 2 jobs\n"
        "pool OTHER: 0 of 1 jobs\n"
        "channel l: 0 of 2 jobs, backlog 0\n"
        "channel tcp_a: 1 of 1 jobs, backlog 3\n"
        "    1 hosts want a thread: maxjobs or JOB_LIMIT\n"
        "    job 1: running, 1 of 1 threads, 1 busy, asked 2 times\n"
        "    host | active | delayed\n"
        "    1 | 2 | 1\n"
        "    2 | 1 | 0\n"
        "channel tcp_b: 0 of 2 jobs, backlog 0\n"
        "channel tcp_in: 0 of 0 jobs, backlog 0\n"
        "channel reprocess: 0 of 2 jobs, backlog 0\n";
    struct host_script *host = host_script_new(&setup);
    char text[1024];

    (void)state;
    submit_held(host);
    for (uint32_t i = 0; i < 3; i++) {
        host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    }
    host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    host_job_up(host, 1);
    const struct sched_action copy =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &copy, SCHED_RESULT_TEMPORARY);
    assert_int_equal(host->object->explain(host->self, 0, 0, text, sizeof text),
                     SCHED_OK);
    assert_string_equal(text, expected);
    /* What does not fit is left out. */
    for (uint64_t size = 1; size < sizeof expected; size++) {
        memset(text, 'x', sizeof text);
        assert_int_equal(host->object->explain(host->self, 0, 0, text, size),
                         SCHED_OK);
        assert_int_equal(text[size], 'x');
        assert_true(strlen(text) < size);
    }
    host_script_free(host);
}

static void
test_jobctl_explain_names_the_keyword_that_a_file_waits_for(void **state)
{
    struct host_script *host = host_script_new(&setup);
    char text[512];

    (void)state;
    const uint64_t held = submit_held(host);
    host->object->explain(host->self, held, 1, text, sizeof text);
    assert_non_null(strstr(text, "holdlimit"));
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    const uint64_t second =
        host_submit(host, CHANNEL_A, 2, SCHED_PRIORITY_NORMAL);
    host->object->explain(host->self, second, 1, text, sizeof text);
    assert_non_null(strstr(text, "maxjobs and JOB_LIMIT"));
    host_job_up(host, 1);
    const struct sched_action copy =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    host_outcome(host, &copy, SCHED_RESULT_TEMPORARY);
    host->object->explain(host->self, copy.u.deliver.message, 1, text,
                          sizeof text);
    assert_non_null(strstr(text, "backoff"));
    host_script_free(host);
}

#define TEST(name) cmocka_unit_test(name)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_jobctl_released_file_is_an_insertion),
        TEST(test_jobctl_raised_limit_serves_the_wants_at_once),
        TEST(test_jobctl_lowered_limit_ends_no_job_and_starts_none),
        TEST(test_jobctl_new_threaddepth_counts_with_later_insertions),
        TEST(test_jobctl_running_job_keeps_its_max_client_threads),
        TEST(test_jobctl_start_policy_and_affinity_change_with_mail_queued),
        TEST(test_jobctl_channel_made_a_slave_starts_no_thread),
        TEST(test_jobctl_wrong_path_or_value_changes_nothing),
        TEST(test_jobctl_set_without_memory_leaves_the_state_as_it_was),
        TEST(
            test_jobctl_explain_of_message_zero_shows_pools_channels_and_hosts),
        TEST(test_jobctl_explain_names_the_keyword_that_a_file_waits_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
