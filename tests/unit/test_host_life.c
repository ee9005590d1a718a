/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_host_life.c - what outlives a scheduler: scans, restarts, a backlog; and
 * what the postmaster does to one that lives
 *
 * The scheduler is tests/support/fake.h: its one thread serves far.example in
 * 1 s a message, nothing else takes time but a scan, 1 ms a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/fake.h"
#include "tests/support/support.h"

#define EVEN(N, OVER)                                                          \
    {                                                                          \
        .arrivals = TRAFFIC_EVEN, .messages_count = (N), .over_ns = (OVER),    \
        .priority = 1                                                          \
    }

/* --- Backlog and scans -------------------------------------------------- */

/* trace_new - a file with this text; its path, to be given to trace_end() */
static char *
trace_new(const char *text)
{
    static const char template[] = "/tmp/test_host_life.XXXXXX";
    char *path = malloc(sizeof template);

    assert_non_null(path);
    memcpy(path, template, sizeof template);
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    return path;
}

static void
trace_end(char *path)
{
    unlink(path);
    free(path);
}

/* Two days before the start, and the start itself. */
#define BACKLOG                                                                \
    "mtasim-trace 1\nstart 1969-12-30T00:00:00Z\n"                             \
    "0 - U 500 - -:far.example,-:near.example,l:far.example\n"                 \
    "172800000000000 - N 700 0 -:far.example\n"

static void
test_life_backlog_is_found_by_the_scan_with_its_age(void **state)
{
    struct fake fake = {.scan_max = 10};
    char *path = trace_new(BACKLOG);
    struct fake_run run = {.fake = &fake, .backlog_path = path};

    (void)state;
    fake_run_good(&run);
    assert_int_equal(run.result.delivered, 4);
    assert_int_equal(run.result.files, 3); /* one a channel and queue */
    assert_int_equal(fake.submits_count, 0);
    assert_int_equal(fake.found_count, 3);
    assert_int_equal(fake.scanned_at_ns[0], 3 * NS_PER_MS);
    const struct fake_file *found = fake.found;
    assert_int_equal(found[0].scanned.message, 1);
    assert_int_equal(found[0].scanned.file, 1);
    assert_int_equal(found[0].scanned.channel, FAKE_LOCAL);
    assert_int_equal(found[0].scanned.host, SCHED_NONE);
    assert_int_equal(found[0].scanned.submitted_at_ns, -2 * NS_PER_DAY);
    assert_true(found[0].scanned.returned_at_ns == SCHED_NO_TIME);
    assert_int_equal(found[0].scanned.size_bytes, 500);
    assert_int_equal(found[0].scanned.priority, 0);
    assert_int_equal(found[0].indices_count, 2);
    assert_int_equal(found[0].indices[0], 0);
    assert_int_equal(found[0].indices[1], 1);
    assert_int_equal(found[1].scanned.file, 2);
    assert_int_equal(found[1].scanned.channel, FAKE_L);
    assert_int_equal(found[1].indices[0], 2);
    assert_int_equal(found[2].scanned.message, 2);
    assert_int_equal(found[2].scanned.submitted_at_ns, 0);
    assert_int_equal(found[2].scanned.flags, SCHED_SUBMIT_NULL_SENDER);
    fake_run_free(&run);
    trace_end(path);
}

static void
test_life_scan_goes_on_after_its_cursor(void **state)
{
    struct fake fake = {.scan_max = 1};
    char *path = trace_new(BACKLOG);
    struct fake_run run = {.fake = &fake, .backlog_path = path};

    (void)state;
    fake_run_good(&run);
    assert_int_equal(fake.batches_count, 3); /* has_more was right */
    assert_int_equal(fake.found_count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fake.scanned_at_ns[i], (i + 1) * NS_PER_MS);
    }
    assert_int_equal(run.result.delivered, 4);
    fake_run_free(&run);
    trace_end(path);
}

static void
test_life_scan_of_a_channel_finds_that_channels_files(void **state)
{
    struct fake fake = {.scan_max = 10, .scan_channel = FAKE_LOCAL};
    char *path = trace_new(BACKLOG);
    struct fake_run run = {.fake = &fake, .backlog_path = path};

    (void)state;
    fake_run_good(&run);
    assert_int_equal(fake.found_count, 2);
    assert_int_equal(fake.scanned_at_ns[0], 2 * NS_PER_MS);
    assert_int_equal(run.result.delivered, 3);
    assert_int_equal(run.result.queued, 1);
    fake_run_free(&run);
    trace_end(path);
}

static void
test_life_backlog_of_the_future_is_an_error(void **state)
{
    struct fake fake = {.scan_max = 10};
    char *path = trace_new("mtasim-trace 1\nstart 1970-01-01T00:00:00Z\n"
                           "7000000000 - U 500 - -:far.example\n");
    struct fake_run run = {.fake = &fake, .backlog_path = path};

    (void)state;
    fake_run(&run);
    assert_false(run.is_good);
    fake_run_says(&run, "found some from 7 s after it");
    fake_run_free(&run);
    trace_end(path);
}

static void
test_life_backlog_is_delivered_as_if_it_came_at_the_start(void **state)
{
    char text[8192] = "mtasim-trace 1\nstart 1970-01-01T00:00:00Z\n";
    struct fake fakes[2] = {{.scan_max = 1000}, {.scan_max = 0}};
    struct fake_run runs[2] = {{.fake = &fakes[0], .temporary_ppm = 300000},
                               {.fake = &fakes[1], .temporary_ppm = 300000}};

    (void)state;
    for (int i = 0; i < 60; i++) {
        const size_t size = strlen(text);

        snprintf(text + size, sizeof text - size,
                 "0 - N 500 - -:far.example\n");
    }
    char *path = trace_new(text);
    runs[0].backlog_path = path;
    runs[1].traffic = (struct traffic_params){
        .arrivals = TRAFFIC_REPLAY, .messages_count = 60, .replay_path = path};
    fake_run_good(&runs[0]);
    fake_run_good(&runs[1]);
    /* The same luck, message by message: only the scan's 60 ms are between. */
    assert_int_equal(runs[0].result.delivered, 60);
    assert_int_equal(runs[1].result.delivered, 60);
    assert_int_equal(runs[0].result.deferrals, runs[1].result.deferrals);
    assert_true(runs[0].result.deferrals > 0);
    assert_true(runs[0].result.latency_ns.sum - runs[1].result.latency_ns.sum ==
                (base_u128)60 * 60 * NS_PER_MS);
    fake_run_free(&runs[0]);
    fake_run_free(&runs[1]);
    trace_end(path);
}

/* --- Untracked files ---------------------------------------------------- */

static void
test_life_untracked_file_waits_for_a_scan(void **state)
{
    const struct mta_change restart[] = {
        {.kind = MTA_CHANGE_RESTART, .at_ns = 60 * NS_PER_S}};
    struct fake fake = {.tracked_max = 2, .scan_max = 10};
    struct fake_run run = {.fake = &fake, .traffic = EVEN(5, 10 * NS_PER_S)};

    (void)state;
    fake_run_good(&run);
    assert_int_equal(run.result.delivered, 2);
    assert_int_equal(run.result.queued, 3);
    fake_run_free(&run);
    fake = (struct fake){.tracked_max = 2, .scan_max = 10};
    run = (struct fake_run){.fake = &fake,
                            .traffic = EVEN(5, 10 * NS_PER_S),
                            .changes = restart,
                            .changes_count = 1};
    fake_run_good(&run);
    assert_int_equal(run.result.delivered, 5);
    fake_run_free(&run);
}

static void
test_life_untracked_file_that_is_given_out_breaks_the_law(void **state)
{
    struct fake fake = {.tracked_max = 2, .gives_untracked = true};
    struct fake_run run = {.fake = &fake, .traffic = EVEN(5, 10 * NS_PER_S)};

    (void)state;
    fake_run(&run);
    assert_true(run.is_good);
    assert_int_equal(run.result.violations, 3);
    fake_run_says(&run, "law: file 1 of message 3 is given out, but no scan");
    fake_run_free(&run);
}

/* --- Restarts ----------------------------------------------------------- */

/* Texts of the records of a run. */
struct lines {
    char restart[128];
    uint32_t restarts_count;
};

static void
on_line(void *context, const char *text)
{
    struct lines *lines = context;

    if (strstr(text, " host restart ") != NULL) {
        lines->restarts_count++;
        snprintf(lines->restart, sizeof lines->restart, "%s", text);
    }
}

static void
test_life_restart_ends_jobs_and_their_attempts(void **state)
{
    const struct mta_change restart[] = {{.kind = MTA_CHANGE_RESTART,
                                          .at_ns = 5600 * NS_PER_MS,
                                          .for_ns = 10 * NS_PER_S}};
    struct lines lines = {.restarts_count = 0};
    struct fake fake = {.scan_max = 10};
    struct fake_run run = {.fake = &fake,
                           .traffic = EVEN(10, 10 * NS_PER_S),
                           .changes = restart,
                           .changes_count = 1,
                           .line = on_line,
                           .context = &lines};

    (void)state;
    fake_run_good(&run);
    /* At 0.5, 1.5 ... 9.5 s; that of 5.5 s is under way at 5.6 s, and those of
     * 6.5 to 9.5 s arrive while nobody is there. */
    assert_int_equal(lines.restarts_count, 1);
    assert_non_null(strstr(lines.restart, "5600000000 "));
    assert_non_null(strstr(lines.restart, " for=10000000000"));
    assert_int_equal(run.result.restarts, 1);
    assert_int_equal(fake.creations_count, 2);
    assert_int_equal(fake.created_at_ns, 15600 * NS_PER_MS);
    assert_int_equal(run.result.delivered, 10);
    assert_int_equal(run.result.duplicates, 0);
    assert_int_equal(run.result.attempts, 11);
    assert_int_equal(run.result.job_starts, 2);
    /* Five and the one killed; the last five go over one. */
    assert_int_equal(run.result.connections, 7);
    /* The orphan, then what was submitted while the scan was under way. */
    assert_int_equal(fake.found_count, 5);
    assert_int_equal(fake.found[0].scanned.message, 6);
    assert_int_equal(fake.found[0].scanned.attempts, 0);
    for (uint32_t i = 6; i < 10; i++) {
        assert_int_equal(fake.submits[i].message, i + 1);
        assert_int_equal(fake.submits_at_ns[i], 15600 * NS_PER_MS);
        assert_int_equal(fake.submits[i].submitted_at_ns,
                         i * NS_PER_S + NS_PER_S / 2);
    }
    fake_run_free(&run);
}

static void
test_life_restart_of_no_length_loses_no_time(void **state)
{
    const struct mta_change restart[] = {
        {.kind = MTA_CHANGE_RESTART, .at_ns = 5600 * NS_PER_MS}};
    struct fake fake = {.scan_max = 10};
    struct fake_run run = {.fake = &fake,
                           .traffic = EVEN(10, 100 * NS_PER_S),
                           .changes = restart,
                           .changes_count = 1};

    (void)state;
    fake_run_good(&run); /* 5, 15 ... 95 s: one is under way */
    assert_int_equal(run.result.delivered, 10);
    assert_int_equal(fake.created_at_ns, 5600 * NS_PER_MS);
    /* Killed after 0.6 s, found 1 ms later, 1 s of service. */
    assert_int_equal(run.result.latency_ns.max, 1601 * NS_PER_MS);
    fake_run_free(&run);
}

static void
test_life_what_was_accepted_before_the_kill_is_a_duplicate(void **state)
{
    /* RTT 100 ms: the dot's service is over at 5 s + 0.1 (handshake) + 0.2
     * (greeting, EHLO) + 0.1 (commands) + 0.05 + 1 s = 6.45 s; the client hears
     * of it 50 ms later. */
    static const struct {
        int64_t at_ns;
        int64_t duplicates;
    } kills[] = {{6440 * NS_PER_MS, 0}, {6460 * NS_PER_MS, 1}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct mta_change restart[] = {
            {.kind = MTA_CHANGE_RESTART, .at_ns = kills[i].at_ns}};
        struct fake fake = {.scan_max = 10};
        struct fake_run run = {.fake = &fake,
                               .traffic = EVEN(1, 10 * NS_PER_S),
                               .rtt_ns = 100 * NS_PER_MS,
                               .changes = restart,
                               .changes_count = 1};
        fake_run_good(&run);
        assert_int_equal(run.result.delivered, 1);
        assert_int_equal(run.result.duplicates, kills[i].duplicates);
        fake_run_free(&run);
    }
}

static void
test_life_connections_of_the_dead_free_a_capped_host(void **state)
{
    const struct mta_change restarts[] = {
        {.kind = MTA_CHANGE_RESTART, .at_ns = 5300 * NS_PER_MS},
        {.kind = MTA_CHANGE_RESTART, .at_ns = 5310 * NS_PER_MS}};
    struct fake fake = {.scan_max = 10};
    struct fake_run run = {.fake = &fake,
                           .traffic = EVEN(2, 20 * NS_PER_S),
                           .rtt_ns = 200 * NS_PER_MS,
                           .connections_max = 1,
                           .changes = restarts,
                           .changes_count = 2};

    (void)state;
    /* The first kill meets an accepted connection, the second one that is on
     * its way to a host that is still full. */
    fake_run_good(&run);
    assert_int_equal(run.result.delivered, 2);
    assert_int_equal(run.result.connections, 4);
    fake_run_free(&run);
}

static void
test_life_warned_file_tells_when_it_was_looked_at(void **state)
{
    const struct mta_change restart[] = {
        {.kind = MTA_CHANGE_RESTART, .at_ns = 60 * NS_PER_S}};
    struct fake fake = {
        .scan_max = 10, .holds = true, .warns_at_ns = 50 * NS_PER_S};
    struct fake_run run = {.fake = &fake,
                           .traffic = EVEN(2, 110 * NS_PER_S),
                           .changes = restart,
                           .changes_count = 1};

    (void)state;
    /* Held, so that they stay; the one of 27.5 s is warned about, that of
     * 82.5 s is not there yet. */
    fake_run_good(&run);
    assert_int_equal(run.result.warnings, 1);
    assert_int_equal(run.result.notices, 1);
    assert_int_equal(run.result.held, 2);
    assert_int_equal(fake.found_count, 1);
    assert_int_equal(fake.found[0].scanned.is_held, 1);
    assert_int_equal(fake.found[0].scanned.returned_at_ns, 50 * NS_PER_S);
    fake_run_free(&run);
}

/* --- Commands ----------------------------------------------------------- */

static void
test_life_release_frees_held_mail_known_or_not(void **state)
{
    const struct mta_change known[] = {
        {.kind = MTA_CHANGE_RELEASE, .at_ns = 60 * NS_PER_S}};
    const struct mta_change unknown[] = {
        {.kind = MTA_CHANGE_RESTART, .at_ns = 60 * NS_PER_S},
        {.kind = MTA_CHANGE_RELEASE, .at_ns = 60 * NS_PER_S}};
    const struct mta_change elsewhere[] = {
        {.kind = MTA_CHANGE_RELEASE, .channel = "l", .at_ns = 60 * NS_PER_S}};
    const struct mta_change *const changes[] = {known, unknown, elsewhere};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct fake fake = {.scan_max = 10, .holds = true};
        struct fake_run run = {.fake = &fake,
                               .traffic = EVEN(3, 30 * NS_PER_S),
                               .changes = changes[i],
                               .changes_count = i == 1 ? 2 : 1};
        fake_run_good(&run);
        assert_int_equal(run.result.delivered, i == 2 ? 0 : 3);
        assert_int_equal(run.result.held, i == 2 ? 3 : 0);
        fake_run_free(&run);
    }
}

static void
test_life_live_change_is_told_and_a_wrong_one_ends_the_run(void **state)
{
    const struct mta_change changes[] = {
        {.kind = MTA_CHANGE_SET,
         .at_ns = 0,
         .path = "option.good",
         .value = "1"},
        {.kind = MTA_CHANGE_STRESS, .at_ns = 5, .channel = "tcp_local"},
        {.kind = MTA_CHANGE_SET,
         .at_ns = NS_PER_S,
         .path = "option.bad",
         .value = "1",
         .where = {"scenario.yaml", 12, 3}}};
    struct fake fake = {.scan_max = 10};
    struct fake_run run = {.fake = &fake,
                           .traffic = EVEN(3, 30 * NS_PER_S),
                           .changes = changes,
                           .changes_count = 2};

    (void)state;
    fake_run_good(&run);
    assert_int_equal(fake.has_set, 1);
    assert_int_equal(fake.stress_count, 1);
    assert_int_equal(run.result.delivered, 3);
    fake_run_free(&run);
    run = (struct fake_run){.fake = &fake,
                            .traffic = EVEN(3, 30 * NS_PER_S),
                            .changes = changes,
                            .changes_count = 3};
    fake_run(&run);
    assert_false(run.is_good);
    fake_run_says(&run, "scenario.yaml:12:3: error: option.bad: refused");
    fake_run_free(&run);
}

static void
test_life_nothing_can_be_changed_while_nobody_is_there(void **state)
{
    const struct mta_change changes[] = {
        {.kind = MTA_CHANGE_RESTART, .at_ns = 0, .for_ns = 10},
        {.kind = MTA_CHANGE_RELEASE,
         .at_ns = 5,
         .where = {"scenario.yaml", 12, 3}}};
    struct fake fake = {.scan_max = 10};
    struct fake_run run = {
        .fake = &fake, .changes = changes, .changes_count = 2};

    (void)state;
    fake_run(&run);
    assert_false(run.is_good);
    fake_run_says(&run, "scenario.yaml:12:3: error: expected a scheduler");
    fake_run_free(&run);
}

static void
test_life_event_of_a_channel_that_is_not_there_is_an_error(void **state)
{
    const struct mta_change changes[] = {{.kind = MTA_CHANGE_STRESS,
                                          .channel = "tcp_loca",
                                          .where = {"scenario.yaml", 12, 3}}};
    struct fake fake = {.scan_max = 10};
    struct fake_run run = {
        .fake = &fake, .changes = changes, .changes_count = 1};

    (void)state;
    fake_run(&run);
    assert_false(run.is_good);
    fake_run_says(&run, "expected a channel of imta.cnf, found \"tcp_loca\"");
    fake_run_free(&run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life_backlog_is_found_by_the_scan_with_its_age),
        cmocka_unit_test(test_life_scan_goes_on_after_its_cursor),
        cmocka_unit_test(test_life_scan_of_a_channel_finds_that_channels_files),
        cmocka_unit_test(test_life_backlog_of_the_future_is_an_error),
        cmocka_unit_test(
            test_life_backlog_is_delivered_as_if_it_came_at_the_start),
        cmocka_unit_test(test_life_untracked_file_waits_for_a_scan),
        cmocka_unit_test(
            test_life_untracked_file_that_is_given_out_breaks_the_law),
        cmocka_unit_test(test_life_restart_ends_jobs_and_their_attempts),
        cmocka_unit_test(test_life_restart_of_no_length_loses_no_time),
        cmocka_unit_test(
            test_life_what_was_accepted_before_the_kill_is_a_duplicate),
        cmocka_unit_test(test_life_connections_of_the_dead_free_a_capped_host),
        cmocka_unit_test(test_life_warned_file_tells_when_it_was_looked_at),
        cmocka_unit_test(test_life_release_frees_held_mail_known_or_not),
        cmocka_unit_test(
            test_life_live_change_is_told_and_a_wrong_one_ends_the_run),
        cmocka_unit_test(
            test_life_nothing_can_be_changed_while_nobody_is_there),
        cmocka_unit_test(
            test_life_event_of_a_channel_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
