/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_jobctl_scan.c - mail beyond MAX_MESSAGES, restarts, and how both load
 *
 * A queue directory is kept here: files in the order of messages, each in its
 * channel, with what a host knows of it.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/host_script.h"

#define CHANNELS                                                               \
    "defaults immnonurgent notices 1 2 4 7\n\n"                                \
    "l\nlocal.example\n\n"                                                     \
    "tcp_a smtp single_sys pool SMTP_POOL threaddepth 1000\na-daemon\n\n"      \
    "tcp_b smtp single_sys pool SMTP_POOL threaddepth 1000\nb-daemon\n\n"      \
    "tcp_c smtp single_sys pool SMTP_POOL threaddepth 1000\nc-daemon\n"
#define JOBS                                                                   \
    "max_messages=10\nsynch_time=01:00\n"                                      \
    "[POOL=SMTP_POOL]\njob_limit=10\n"                                         \
    "[CHANNEL=*]\nmaster_command=master\nthread_idle=0\njob_idle=0\n"          \
    "max_life_age=0\nmax_life_conns=0\n"

#define DAY (24 * HOST_H)

enum { CHANNEL_L, CHANNEL_A, CHANNEL_B, CHANNEL_C, FILES_MAX = 4000 };

static const struct host_setup setup = {.channels = CHANNELS, .jobs = JOBS};

static const uint32_t indices[] = {0, 1, 2, 3, 4, 5};

/* The queue directory, by message. */
struct directory {
    struct sched_scanned_file files[FILES_MAX];
    uint32_t count;
};

static void
directory_add(struct directory *directory, uint64_t message, uint32_t channel)
{
    directory->files[directory->count++] =
        (struct sched_scanned_file){.message = message,
                                    .returned_at_ns = SCHED_NO_TIME,
                                    .recipients = indices,
                                    .recipients_count = 1,
                                    .file = 1,
                                    .channel = channel,
                                    .host = 1,
                                    .priority = SCHED_PRIORITY_NORMAL};
}

/* answer - the scan that was asked last, from the directory */
static void
answer(struct host_script *host, const struct directory *directory)
{
    struct sched_scanned_file files[1000];
    const struct sched_scan scan = host->scan;
    uint32_t count = 0;
    uint32_t has_more = 0;

    for (uint32_t i = 0; i < directory->count; i++) {
        const struct sched_scanned_file *file = &directory->files[i];

        if ((scan.channel != SCHED_NONE && scan.channel != file->channel) ||
            file->message <= scan.cursor_message) {
            continue;
        }
        if (count == scan.files_max) {
            has_more = 1;
            break;
        }
        files[count++] = *file;
    }
    assert_int_equal(host_scanned(host, files, count, has_more), SCHED_OK);
}

/* submit_many - so many messages; the number of those left untracked */
static uint32_t
submit_many(struct host_script *host, struct directory *directory,
            uint32_t channel, uint32_t count)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < count; i++) {
        const uint64_t message =
            host_submit(host, channel, 1, SCHED_PRIORITY_NORMAL);
        const struct sched_create create =
            host_action(host, SCHED_ACTION_CREATE, 0)->u.create;

        assert_true(create.state == SCHED_FILE_READY ||
                    create.state == SCHED_FILE_UNTRACKED);
        left += create.state == SCHED_FILE_UNTRACKED;
        directory_add(directory, message, channel);
    }
    return left;
}

/* deliver - so many files by the one thread; none is left in the directory */
static void
deliver(struct host_script *host, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct sched_action *action =
            host_action(host, SCHED_ACTION_DELIVER, 0);

        assert_non_null(action);
        const struct sched_action copy = *action;
        host_outcome(host, &copy, SCHED_RESULT_DELIVERED);
    }
}

static void
directory_shift(struct directory *directory, uint32_t count)
{
    directory->count -= count;
    memmove(directory->files, directory->files + count,
            directory->count * sizeof directory->files[0]);
}

/* --- MAX_MESSAGES ------------------------------------------------------------ */

static void
test_jobctl_mail_beyond_max_messages_is_untracked_and_loaded_at_half(
    void **state)
{
    struct host_script *host = host_script_new(&setup);
    struct directory *directory = calloc(1, sizeof *directory);

    (void)state;
    assert_non_null(directory);
    assert_int_equal(submit_many(host, directory, CHANNEL_A, 16), 6);
    host_job_up(host, 1);
    deliver(host, 4); /* six are tracked; half is five */
    assert_int_equal(host->wake_at_ns, HOST_MIN * 30);
    deliver(host, 1);
    assert_int_equal(host->wake_at_ns, 0);
    directory_shift(directory, 5);
    host_wake(host, 0);
    assert_int_equal(host->actions_count, 1);
    assert_int_equal(host->scan.channel, CHANNEL_A);
    assert_int_equal(host->scan.cursor_message, 0);
    answer(host, directory); /* five are known, five of six are loaded */
    assert_int_equal(host_actions(host, SCHED_ACTION_SCAN), 0);
    assert_int_equal(submit_many(host, directory, CHANNEL_A, 1), 1);
    host_wake(host, 0);
    assert_int_equal(host->actions_count, 0);
    host_job(host, SCHED_EVENT_JOB_EXITED, 1);
    host_job_up(host, 2);
    for (uint64_t m = 6; m <= 15; m++) { /* 16 and 17 are the untracked */
        const struct sched_action copy =
            *host_action(host, SCHED_ACTION_DELIVER, 0);

        assert_int_equal(copy.u.deliver.message, m);
        host_outcome(host, &copy, SCHED_RESULT_DELIVERED);
    }
    directory_shift(directory, 10);
    host_wake(host, 0);
    answer(host, directory);
    assert_int_equal(
        host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver.message, 16);
    assert_int_equal(host->actions_count, 1); /* the scan has come to its end */
    deliver(host, 2);
    assert_int_equal(host_actions(host, SCHED_ACTION_DELIVER), 0);
    host_wake(host, 0);
    assert_int_equal(host->actions_count, 0);
    free(directory);
    host_script_free(host);
}

static void
test_jobctl_synch_time_loads_what_there_is_room_for(void **state)
{
    struct host_script *host = host_script_new(&setup);
    struct directory *directory = calloc(1, sizeof *directory);

    (void)state;
    assert_non_null(directory);
    assert_int_equal(submit_many(host, directory, CHANNEL_A, 12), 2);
    host_job_up(host, 1);
    deliver(host, 1);
    directory_shift(directory, 1);
    host_wake(host, 30 * HOST_MIN); /* the return job */
    assert_int_equal(host->wake_at_ns, HOST_H);
    host_wake(host, HOST_H);
    assert_int_equal(host_actions(host, SCHED_ACTION_SCAN), 1);
    answer(host, directory);
    assert_int_equal(submit_many(host, directory, CHANNEL_A, 1), 1);
    host_wake(host, 2 * HOST_H); /* no room: nothing is asked */
    assert_int_equal(host->actions_count, 0);
    free(directory);
    host_script_free(host);
}

static void
test_jobctl_live_change_does_not_put_off_synch_time(void **state)
{
    struct host_script *host = host_script_new(&setup);
    struct directory *directory = calloc(1, sizeof *directory);

    (void)state;
    assert_non_null(directory);
    assert_int_equal(submit_many(host, directory, CHANNEL_A, 12), 2);
    host_job_up(host, 1);
    deliver(host, 1);
    host_wake(host, 30 * HOST_MIN); /* the return job */
    host->now_ns = HOST_H;          /* commands come before the wake */
    assert_int_equal(host_set(host, "channel.tcp_a.backoff", "pt5m"), SCHED_OK);
    assert_int_equal(host->wake_at_ns, HOST_H);
    assert_int_equal(host_set(host, "option.synch_time", "02:00/02:00"),
                     SCHED_OK);
    assert_int_equal(host->wake_at_ns, 2 * HOST_H);
    free(directory);
    host_script_free(host);
}

static void
test_jobctl_raised_max_messages_lets_the_untracked_in(void **state)
{
    struct host_script *host = host_script_new(&setup);
    struct directory *directory = calloc(1, sizeof *directory);

    (void)state;
    assert_non_null(directory);
    assert_int_equal(submit_many(host, directory, CHANNEL_A, 15), 5);
    assert_int_equal(host_set(host, "option.max_messages", "20"), SCHED_OK);
    assert_int_equal(host->wake_at_ns, 0); /* ten are half of it */
    host_wake(host, 0);
    answer(host, directory); /* ten that are known */
    answer(host, directory); /* and five that are not */
    assert_int_equal(host->actions_count, 0);
    assert_int_equal(submit_many(host, directory, CHANNEL_A, 6), 1);
    free(directory);
    host_script_free(host);
}

/* scan_answer_empty - all of the ten files that were asked for are delivered
 * elsewhere meanwhile: nothing fills the room */
static void
scan_answer_empty(struct host_script *host, const struct directory *directory)
{
    const uint32_t channel = host->scan.channel;
    uint32_t seen = 0;
    uint32_t has_more = 0;
    uint64_t last = 0;

    for (uint32_t i = 0; i < directory->count; i++) {
        const struct sched_scanned_file *file = &directory->files[i];

        if (file->channel == channel && seen == 10) {
            has_more |= file->message > last;
        } else if (file->channel == channel &&
                   file->message > host->scan.cursor_message) {
            last = file->message;
            seen++;
        }
    }
    const struct sched_event event = {.kind = SCHED_EVENT_SCANNED,
                                      .u.scanned = {.channel = channel,
                                                    .has_more = has_more,
                                                    .cursor_message = last,
                                                    .cursor_file = 1}};
    host_event(host, &event);
}

static void
test_jobctl_scan_goes_round_its_channels_by_turns(void **state)
{
    struct host_setup parallel = setup;
    struct directory *directory = calloc(1, sizeof *directory);
    /* 20 + 5 + 30 files; a turn of ten each, two channels at a time. */
    static const uint32_t by_twos[] = {CHANNEL_A, CHANNEL_B, CHANNEL_C,
                                       CHANNEL_A, CHANNEL_C, CHANNEL_C};
    static const uint32_t by_ones[] = {CHANNEL_A, CHANNEL_A, CHANNEL_B,
                                       CHANNEL_C, CHANNEL_C, CHANNEL_C};

    (void)state;
    assert_non_null(directory);
    for (uint32_t parallel_count = 1; parallel_count <= 2; parallel_count++) {
        parallel.overrides[0] =
            (struct sched_override){"option.rebuild_parallel_channel",
                                    parallel_count == 1 ? "1" : "2", "test"};
        parallel.overrides[1] =
            (struct sched_override){"option.max_messages", "10", "test"};
        struct host_script *host = host_script_new(&parallel);

        directory->count = 0;
        submit_many(host, directory, CHANNEL_B, 10);
        assert_int_equal(submit_many(host, directory, CHANNEL_A, 20), 20);
        assert_int_equal(submit_many(host, directory, CHANNEL_B, 5), 5);
        assert_int_equal(submit_many(host, directory, CHANNEL_C, 30), 30);
        host_job_up(host, 1);
        deliver(host, 10);
        directory_shift(directory, 10);
        host_wake(host, 0);
        for (uint32_t i = 0; i < 6; i++) {
            assert_int_equal(host->scan.channel,
                             parallel_count == 1 ? by_ones[i] : by_twos[i]);
            assert_int_equal(host->scan.files_max, 10);
            scan_answer_empty(host, directory);
        }
        assert_int_equal(host->actions_count, 0);
        host_script_free(host);
    }
    free(directory);
}

/* --- Restart ------------------------------------------------------------------- */

static void
test_jobctl_empty_directory_is_scanned_once(void **state)
{
    struct host_script *host = host_script_unscanned(&setup);

    (void)state;
    assert_int_equal(host->scan.files_max, 1000);
    assert_int_equal(host->scan.cursor_message, 0);
    /* Mail that comes meanwhile is served. */
    host_submit(host, CHANNEL_A, 1, SCHED_PRIORITY_NORMAL);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 1);
    assert_int_equal(host_scanned(host, NULL, 0, 0), SCHED_OK);
    assert_int_equal(host->actions_count, 0);
    assert_int_equal(host_scanned(host, NULL, 0, 0), SCHED_ERR_ARGUMENT);
    host_script_free(host);
}

static void
test_jobctl_restart_keeps_attempts_and_notices_and_loses_timers(void **state)
{
    struct host_setup at_noon = setup;
    struct directory *directory = calloc(1, sizeof *directory);

    (void)state;
    assert_non_null(directory);
    at_noon.now_ns = 3 * DAY; /* at midnight; return job at 00:30 */
    struct host_script *host = host_script_unscanned(&at_noon);
    /* Failed three times; warned of 1 and 2 the night before. */
    directory_add(directory, 1, CHANNEL_A);
    directory->files[0].attempts = 3;
    directory->files[0].returned_at_ns = 2 * DAY + 30 * HOST_MIN;
    /* The same, but the return job never saw it. */
    directory_add(directory, 2, CHANNEL_B);
    directory_add(directory, 3, CHANNEL_B);
    directory->files[2].is_held = 1;
    answer(host, directory);
    assert_int_equal(host->actions_count, 2);
    assert_int_equal(host_actions(host, SCHED_ACTION_START_JOB), 2);
    host_job_up(host, 1);
    const struct sched_action copy =
        *host_action(host, SCHED_ACTION_DELIVER, 0);
    assert_int_equal(copy.u.deliver.message, 1);
    host_outcome(host, &copy, SCHED_RESULT_TEMPORARY);
    /* The fourth failure of normal mail: 240 minutes. */
    host_wake(host, 3 * DAY + 30 * HOST_MIN);
    assert_int_equal(host_actions(host, SCHED_ACTION_WARN), 1);
    assert_int_equal(host_action(host, SCHED_ACTION_WARN, 0)->u.file.message,
                     2);
    assert_int_equal(host->wake_at_ns, 3 * DAY + 240 * HOST_MIN);
    /* What was held is held, and can be released. */
    host_event(host, &(struct sched_event){
                         .kind = SCHED_EVENT_COMMAND,
                         .u.command = {.command = SCHED_COMMAND_RELEASE,
                                       .message = 3,
                                       .file = 1}});
    free(directory);
    host_script_free(host);
}

static void
test_jobctl_restart_reads_large_directories_channel_by_channel(void **state)
{
    struct host_setup large = setup;
    struct directory *directory = calloc(1, sizeof *directory);

    (void)state;
    assert_non_null(directory);
    large.overrides[0] =
        (struct sched_override){"option.max_messages", "3000", "test"};
    for (uint64_t m = 1; m <= 3500; m++) {
        directory_add(directory, m, m <= 2000 ? CHANNEL_A : CHANNEL_B);
    }
    struct host_script *host = host_script_unscanned(&large);
    answer(host, directory); /* the oldest thousand of all */
    /* Then all channels go on after them, l too. Shares of 2000 for four. */
    assert_int_equal(host->scan.channel, CHANNEL_L);
    assert_int_equal(host->scan.cursor_message, 1000);
    assert_int_equal(host->scan.files_max, 500);
    answer(host, directory);
    assert_int_equal(host->scan.channel, CHANNEL_A);
    assert_int_equal(host->scan.files_max, 666);
    answer(host, directory); /* 1666 are tracked */
    assert_int_equal(host->scan.channel, CHANNEL_B);
    assert_int_equal(host->scan.cursor_message, 1000);
    assert_int_equal(host->scan.files_max, 444);
    for (uint32_t i = 0; i < 200 && host->actions_count > 0 &&
                         host_actions(host, SCHED_ACTION_SCAN) > 0;
         i++) {
        answer(host, directory);
    }
    assert_int_equal(host_actions(host, SCHED_ACTION_SCAN), 0);
    /* Full: the next one is untracked. */
    assert_int_equal(submit_many(host, directory, CHANNEL_C, 1), 1);
    free(directory);
    host_script_free(host);
}

static void
test_jobctl_loaded_file_is_rewritten_to_a_number_nobody_has(void **state)
{
    static const uint8_t results[] = {SCHED_RESULT_DELIVERED,
                                      SCHED_RESULT_TEMPORARY};
    struct host_script *host = host_script_unscanned(&setup);
    struct directory *directory = calloc(1, sizeof *directory);

    (void)state;
    assert_non_null(directory);
    directory_add(directory, 7, CHANNEL_A);
    directory->files[0].recipients_count = 2;
    directory->files[0].recipients = indices + 3;
    directory->files[0].file = 2;
    answer(host, directory);
    host_job_up(host, 1);
    const struct sched_deliver d =
        host_action(host, SCHED_ACTION_DELIVER, 0)->u.deliver;
    assert_int_equal(d.recipients_count, 2);
    host_event(host,
               &(struct sched_event){.kind = SCHED_EVENT_OUTCOME,
                                     .u.outcome = {.message = 7,
                                                   .results = results,
                                                   .file = 2,
                                                   .job = 1,
                                                   .thread = 0,
                                                   .recipients_count = 2,
                                                   .phase = SCHED_PHASE_DOT}});
    const struct sched_rewrite rewrite =
        host_action(host, SCHED_ACTION_REWRITE, 0)->u.rewrite;
    assert_int_equal(rewrite.file, 2);
    assert_int_equal(rewrite.new_file, 2 + (1 << 20));
    free(directory);
    host_script_free(host);
}

/* --- What is not legal, and what fails ------------------------------------------ */

static void
test_jobctl_answer_that_does_not_fit_the_question_is_refused(void **state)
{
    struct host_script *host = host_script_unscanned(&setup);
    struct directory *directory = calloc(1, sizeof *directory);
    const uint64_t digest = host->object->state_digest(host->self);
    struct sched_event event = {.kind = SCHED_EVENT_SCANNED};

    (void)state;
    assert_non_null(directory);
    directory_add(directory, 1, CHANNEL_A);
    for (uint32_t i = 0; i < 8; i++) {
        struct sched_scanned_file file = directory->files[0];
        struct sched_scanned *scanned = &event.u.scanned;

        *scanned = (struct sched_scanned){
            .files = &file, .files_count = 1, .channel = SCHED_NONE};
        scanned->channel = i == 0 ? CHANNEL_A : SCHED_NONE;
        file.channel = i == 1 ? 9 : CHANNEL_A;
        file.message = i == 2 ? 0 : 1;
        file.recipients_count = i == 3 ? 0 : 1;
        file.priority = i == 4 ? SCHED_PRIORITIES_COUNT : 1;
        file.submitted_at_ns = i == 5 ? 1 : 0;
        scanned->has_more = i == 6; /* but the cursor stands still */
        scanned->files_count = i == 7 ? 1001 : 1;
        assert_int_equal(host_send(host, &event), SCHED_ERR_ARGUMENT);
        assert_int_equal(host->object->state_digest(host->self), digest);
    }
    answer(host, directory);
    free(directory);
    host_script_free(host);
}

static void
test_jobctl_refused_scan_is_asked_again_and_an_illegal_one_never(void **state)
{
    static const uint32_t reasons[] = {SCHED_REFUSED_IO, SCHED_REFUSED_ILLEGAL};

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct host_script *host = calloc(1, sizeof *host);
        struct directory *directory = calloc(1, sizeof *directory);

        assert_non_null(host);
        assert_non_null(directory);
        assert_int_equal(host_script_create(host, &setup), SCHED_OK);
        host->refuse_kind = SCHED_ACTION_SCAN;
        host->refuse_reason = reasons[i];
        host_wake(host, 0);
        assert_int_equal(host_actions(host, SCHED_ACTION_SCAN), 1);
        assert_int_equal(host->wake_at_ns,
                         i == 0 ? 10 * HOST_S : 30 * HOST_MIN);
        host->refuse_kind = 0;
        host_wake(host, host->wake_at_ns);
        assert_int_equal(host_actions(host, SCHED_ACTION_SCAN), i == 0);
        /* Where nothing can be found again, nothing is left alone. */
        assert_int_equal(submit_many(host, directory, CHANNEL_A, 12),
                         i == 0 ? 2 : 0);
        free(directory);
        host_script_free(host);
    }
}

static void
test_jobctl_scanned_without_memory_leaves_the_state_as_it_was(void **state)
{
    struct host_setup large = setup;
    struct directory *directory = calloc(1, sizeof *directory);
    uint32_t failures = 0;

    (void)state;
    assert_non_null(directory);
    large.overrides[0] =
        (struct sched_override){"option.max_messages", "3000", "test"};
    for (uint64_t m = 1; m <= 900; m++) {
        directory_add(directory, m, CHANNEL_A + (uint32_t)(m % 3));
        directory->files[m - 1].host = (uint32_t)m;
        directory->files[m - 1].recipients_count = 1 + (uint32_t)(m % 5);
    }
    struct host_script *host = host_script_unscanned(&large);
    for (uint32_t n = 1;; n++) {
        const uint64_t digest = host->object->state_digest(host->self);

        host->memory.fail_at = host->memory.requests_count + n;
        if (host_scanned(host, directory->files, directory->count, 0) ==
            SCHED_OK) {
            break;
        }
        assert_int_equal(host->status, SCHED_ERR_MEMORY);
        assert_int_equal(host->object->state_digest(host->self), digest);
        failures++;
    }
    host->memory.fail_at = 0;
    assert_true(failures >= 5);
    free(directory);
    host_script_free(host);
}

#define TEST(name) cmocka_unit_test(name)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(
            test_jobctl_mail_beyond_max_messages_is_untracked_and_loaded_at_half),
        TEST(test_jobctl_synch_time_loads_what_there_is_room_for),
        TEST(test_jobctl_live_change_does_not_put_off_synch_time),
        TEST(test_jobctl_raised_max_messages_lets_the_untracked_in),
        TEST(test_jobctl_scan_goes_round_its_channels_by_turns),
        TEST(test_jobctl_empty_directory_is_scanned_once),
        TEST(test_jobctl_restart_keeps_attempts_and_notices_and_loses_timers),
        TEST(test_jobctl_restart_reads_large_directories_channel_by_channel),
        TEST(test_jobctl_loaded_file_is_rewritten_to_a_number_nobody_has),
        TEST(test_jobctl_answer_that_does_not_fit_the_question_is_refused),
        TEST(test_jobctl_refused_scan_is_asked_again_and_an_illegal_one_never),
        TEST(test_jobctl_scanned_without_memory_leaves_the_state_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
