/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_qmgr_setup.c - what the other scheduler makes of configuration texts
 *
 * Pinned: it sees the channels that the Job Controller sees, in the same order;
 * built-in values, main.cf and overrides, the last winning; what is complained
 * about, and where; the rows that a host needs. Not pinned: the words of
 * complaints beyond their place.
 */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "scheduler/sched_abi.h"
#include "tests/support/host_script.h"

static const char channels_text[] = "! rules first\n"
                                    "$* $A$E$F$U%$H$V$H@tcp_local-daemon\n"
                                    ".example.com $U%$H$D@l-daemon\n"
                                    "\n"
                                    "l\n"
                                    "mail.example.org\n"
                                    "\n"
                                    "defaults notices 1 2 4 7\n"
                                    "\n"
                                    "tcp_intranet smtp mx \\\n"
                                    "  single_sys daemon hub.example \\\n"
                                    "  maxjobs 3\r\n"
                                    "tcp_intranet-daemon\n"
                                    "! a comment within\n"
                                    "alias.example\n"
                                    "\n"
                                    "<more.cnf\n"
                                    "\n"
                                    "tcp_local smtp mx\n"
                                    "tcp-daemon";
static const char more_text[] = "process\nprocess-daemon\n\n"
                                "nodefaults\n\n"
                                "TCP_scan smtp single_sys\nscan-daemon\n";

static const char jobs_text[] =
    "[POOL=DEFAULT]\njob_limit=1\n[CHANNEL=*]\nmaster_command=m\n";

enum { TEXTS_COUNT = 4 };

struct made {
    const struct sched_object *object;
    void *self;
    int32_t status;
    struct sched_created created;
    char messages[4096];
};

static void *
take(void *context, uint64_t bytes)
{
    (void)context;
    return malloc(bytes == 0 ? 1 : bytes);
}

static void
give(void *context, void *memory, uint64_t bytes)
{
    (void)context;
    (void)bytes;
    free(memory);
}

/* make - an instance of the object; main_text may be NULL */
static void
make(struct made *made, const char *object, const char *main_text,
     const char *path, const char *value)
{
    const struct sched_text texts[TEXTS_COUNT] = {
        {"imta.cnf", channels_text, strlen(channels_text), SCHED_TEXT_CHANNELS,
         0},
        {"more.cnf", more_text, strlen(more_text), SCHED_TEXT_INCLUDED, 0},
        {"job_controller.cnf", jobs_text, strlen(jobs_text), SCHED_TEXT_JOBS,
         0},
        {"etc/main.cf", main_text, main_text == NULL ? 0 : strlen(main_text),
         SCHED_TEXT_OPTIONS, 0}};
    const struct sched_override override = {path, value, "here:1:2"};
    const struct sched_config config = {
        .texts = texts,
        .texts_count = main_text == NULL ? TEXTS_COUNT - 1 : TEXTS_COUNT,
        .overrides = &override,
        .overrides_count = path != NULL,
        .allocator = {NULL, take, give}};

    *made = (struct made){.object = host_object(object)};
    made->created.messages = made->messages;
    made->created.messages_size = sizeof made->messages;
    made->status = made->object->create(&config, &made->created);
    made->self = made->created.self;
}

static void
unmake(struct made *made)
{
    if (made->self != NULL) {
        made->object->destroy(made->self);
    }
}

/* row - by its path; false: there is none */
static int
row(const struct made *made, const char *path, struct sched_setting *setting)
{
    for (uint32_t i = 0;
         made->object->describe(made->self, i, setting) == SCHED_OK; i++) {
        if (strcmp(setting->path, path) == 0) {
            return 1;
        }
    }
    return 0;
}

static void
number_is(const struct made *made, const char *path, int64_t number)
{
    struct sched_setting setting;

    assert_true(row(made, path, &setting));
    assert_int_equal(setting.numbers_count, 1);
    assert_int_equal(setting.numbers[0], number);
}

/* pool_next - the next row of a channel's pool, which all channels have */
static int
pool_next(const struct made *made, uint32_t *index,
          struct sched_setting *setting)
{
    while (made->object->describe(made->self, (*index)++, setting) ==
           SCHED_OK) {
        const char *dot = strrchr(setting->path, '.');
        if (strncmp(setting->path, "channel.", 8) == 0 &&
            strcmp(dot, ".pool") == 0) {
            return 1;
        }
    }
    return 0;
}

static void
test_qmgr_sees_the_channels_that_the_job_controller_sees(void **state)
{
    struct made ours, theirs;
    struct sched_setting our_row, their_row;
    uint32_t our_index = 0, their_index = 0, count = 0;

    (void)state;
    make(&ours, "qmgr.so", NULL, NULL, NULL);
    make(&theirs, "jobctl.so", NULL, NULL, NULL);
    assert_int_equal(ours.status, SCHED_OK);
    assert_int_equal(theirs.status, SCHED_OK);
    while (pool_next(&theirs, &their_index, &their_row)) {
        assert_true(pool_next(&ours, &our_index, &our_row));
        assert_string_equal(our_row.path, their_row.path);
        assert_int_equal(our_row.owner, their_row.owner);
        count++;
    }
    assert_false(pool_next(&ours, &our_index, &our_row));
    assert_int_equal(count, 5); /* l tcp_intranet process TCP_scan tcp_local */
    unmake(&ours);
    unmake(&theirs);
}

static void
test_qmgr_describes_what_a_host_must_know(void **state)
{
    struct made made;
    struct sched_setting setting;

    (void)state;
    make(&made, "qmgr.so", NULL, NULL, NULL);
    assert_true(row(&made, "channel.tcp_intranet.daemon", &setting));
    assert_string_equal(setting.value, "hub.example");
    assert_true(row(&made, "channel.tcp_local.daemon", &setting));
    assert_string_equal(setting.value, "");
    assert_true(row(&made, "channel.tcp_local.pool", &setting));
    assert_string_equal(setting.value, "tcp_local");
    number_is(&made, "channel.l.host_queues", 0);
    number_is(&made, "channel.tcp_local.host_queues", 1);
    number_is(&made, "channel.tcp_intranet.maxjobs", 100);
    number_is(&made, "channel.tcp_intranet.max_client_threads", 1);
    number_is(&made, "pool.tcp_local.job_limit", 100);
    number_is(&made, "option.queue_run_delay", 300 * HOST_S);
    number_is(&made, "option.maximal_queue_lifetime", 120 * HOST_H);
    unmake(&made);
}

static void
test_qmgr_heeds_main_cf_and_overrides_win(void **state)
{
    static const char main_text[] =
        "# of a real host\n"
        "myhostname = mail.example.org\n"
        "default_destination_concurrency_limit = 7\n"
        "  and more of it\n"
        "minimal_backoff_time = 10m\n"
        "default_destination_concurrency_positive_feedback = "
        "0.5 / sqrt_concurrency\n"
        "qmgr_message_active_limit=5\n";
    struct made made;
    struct sched_setting setting;

    (void)state;
    make(&made, "qmgr.so", main_text, "option.minimal_backoff_time", "2m");
    assert_int_equal(made.status, SCHED_OK);
    number_is(&made, "option.destination_concurrency_limit", 7);
    number_is(&made, "option.message_active_limit", 5);
    number_is(&made, "option.minimal_backoff_time", 120 * HOST_S);
    assert_true(row(&made, "option.minimal_backoff_time", &setting));
    assert_string_equal(setting.origin, "here:1:2");
    assert_true(row(&made, "option.destination_concurrency_limit", &setting));
    assert_string_equal(setting.origin, "etc/main.cf:3:1");
    assert_true(row(&made, "option.destination_concurrency_positive_feedback",
                    &setting));
    assert_string_equal(setting.value, "0.5 / sqrt_concurrency");
    unmake(&made);
}

static void
test_qmgr_a_channel_can_have_its_own_limit_of_agents(void **state)
{
    struct made made;

    (void)state;
    make(&made, "qmgr.so", NULL, "channel.tcp_scan.maxjobs", "8");
    number_is(&made, "channel.TCP_scan.maxjobs", 8);
    number_is(&made, "pool.TCP_scan.job_limit", 8);
    number_is(&made, "channel.tcp_local.maxjobs", 100);
    unmake(&made);
}

static void
test_qmgr_warns_of_settings_of_the_other_scheduler(void **state)
{
    struct made made;

    (void)state;
    make(&made, "qmgr.so", NULL, "channel.tcp_local.threaddepth", "5");
    assert_int_equal(made.status, SCHED_OK);
    assert_int_equal(made.created.warnings_count, 1);
    assert_non_null(strstr(made.messages, "here:1:2: warning: "));
    unmake(&made);
}

static void
test_qmgr_says_what_it_cannot_read(void **state)
{
    static const char *const wrong[][2] = {
        {"option.minimal_backoff_time", "5 minutes"},
        {"option.minimal_backoff_time", "2h"}, /* above the maximal one */
        {"option.minimal_backoff_time", "99999999999w"},
        {"option.maximal_queue_lifetime", "-1"},
        {"option.destination_concurrency_positive_feedback", "1/M"},
        {"option.destination_concurrency_positive_feedback", "1/0"},
        {"option.destination_concurrency_positive_feedback", "./N"},
        {"option.destination_concurrency_positive_feedback", "1 N"},
        {"option.destination_concurrency_positive_feedback", "1.1"},
        {"option.destination_concurrency_positive_feedback", ""},
        {"option.initial_destination_concurrency", "0"},
        {"option.process_limit", "many"},
        {"option.threaddepth", "5"},
        {"traffic", "5"}};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct made made;

        make(&made, "qmgr.so", NULL, wrong[i][0], wrong[i][1]);
        assert_int_equal(made.status, SCHED_ERR_CONFIGURATION);
        assert_int_equal(made.created.errors_count, 1);
        assert_null(made.self);
        assert_memory_equal(made.messages, "here:1:2: error: expected ", 26);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_qmgr_sees_the_channels_that_the_job_controller_sees),
        cmocka_unit_test(test_qmgr_describes_what_a_host_must_know),
        cmocka_unit_test(test_qmgr_heeds_main_cf_and_overrides_win),
        cmocka_unit_test(test_qmgr_a_channel_can_have_its_own_limit_of_agents),
        cmocka_unit_test(test_qmgr_warns_of_settings_of_the_other_scheduler),
        cmocka_unit_test(test_qmgr_says_what_it_cannot_read),
    };
    return cmocka_run_group_tests_name("qmgr setup", tests, NULL, NULL);
}
