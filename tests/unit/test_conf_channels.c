/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_conf_channels.c - imta.cnf: rules, blocks, defaults, keywords
 *
 * Pinned: what is skipped, which of two values holds, the numbers of the
 * administration guide's own examples, and the exact words of the commonest
 * messages. Not pinned: the words of the others.
 */
#include <string.h>

#include "tests/support/conf_fixture.h"
#include "tests/support/support.h"

#define MINUTES_NS(n) ((n)*INT64_C(60000000000))
#define HOURS_NS(n)   MINUTES_NS(INT64_C(60) * (n))
#define DAYS_NS(n)    HOURS_NS(INT64_C(24) * (n))

enum { URGENT, NORMAL, NONURGENT };

static struct conf_fixture *
load(void **state, const char *channels)
{
    struct conf_fixture *fixture = *state;

    conf_fixture_init(fixture, channels, CONF_FIXTURE_JOBS);
    conf_fixture_must_load(fixture);
    return fixture;
}

/* refuse - loads what must be refused, for its messages */
static struct conf_fixture *
refuse(void **state, const char *channels)
{
    struct conf_fixture *fixture = *state;

    conf_fixture_init(fixture, channels, CONF_FIXTURE_JOBS);
    assert_int_equal(conf_fixture_load(fixture), SCHED_ERR_CONFIGURATION);
    assert_null(fixture->conf);
    return fixture;
}

static void
assert_intervals(const struct conf_intervals *intervals, const int64_t *minutes,
                 uint32_t count)
{
    assert_int_equal(intervals->count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(intervals->ns[i], MINUTES_NS(minutes[i]));
    }
}

/* --- Layout ------------------------------------------------------------------ */

static void
test_conf_channels_are_in_the_order_of_the_file(void **state)
{
    struct conf_fixture *f = load(state, "b x_env_to\nb-host\n\n"
                                         "a\na-host alias\nmore.alias\n");

    assert_int_equal(conf_channels_count(f->conf), 2);
    assert_string_equal(conf_channel(f->conf, 0)->name, "b");
    assert_string_equal(conf_channel(f->conf, 1)->name, "a");
    assert_string_equal(
        conf_fixture_setting(f, "channel.a.official_host").value, "a-host");
    assert_int_equal(f->created.warnings_count, 0);
}

static void
test_conf_channels_rewrite_rules_are_skipped(void **state)
{
    struct conf_fixture *f = load(state, "! rules\n"
                                         "<IMTA_TABLE:internet.rules\n"
                                         "$* $E$F$U%$H$V$H@mail.example.org\n"
                                         ".example.org $U%$H@ims-ms-daemon\n"
                                         "\n"
                                         "! more of them\n"
                                         "far.example $U%$D@tcp-daemon\n"
                                         "\n"
                                         "tcp_local maxjobs 3\ntcp-daemon\n");

    assert_int_equal(conf_channels_count(f->conf), 1);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->maxjobs, 3);
}

static void
test_conf_channels_first_paragraph_may_be_a_block(void **state)
{
    struct conf_fixture *f =
        load(state, "! no rules here\ndefaults maxjobs 7\n\n"
                    "tcp_local filter \"ssrd:$A\"\ntcp-daemon");

    assert_int_equal(conf_fixture_channel(f, "tcp_local")->maxjobs, 7);
}

static void
test_conf_channels_crlf_bom_and_joined_lines_are_read(void **state)
{
    struct conf_fixture *f = load(state, "\xef\xbb\xbftcp_local maxjobs \\\r\n"
                                         "  3 threaddepth 4\r\n"
                                         "tcp-daemon\r\n\r\n"
                                         "l\r\nhere\r\n");

    assert_int_equal(conf_channels_count(f->conf), 2);
    assert_int_equal(conf_channel(f->conf, 0)->maxjobs, 3);
    assert_int_equal(conf_channel(f->conf, 0)->threaddepth, 4);
    assert_string_equal(
        conf_fixture_setting(f, "channel.tcp_local.threaddepth").origin,
        "imta.cnf:2:5");
}

static void
test_conf_channels_an_include_that_is_missing_is_asked_for(void **state)
{
    struct conf_fixture *f = *state;

    conf_fixture_init(f, "l\nhere\n\n<more.cnf\n", CONF_FIXTURE_JOBS);
    assert_int_equal(conf_fixture_load(f), SCHED_TEXT_NEEDED);
    assert_string_equal(f->created.needed_name, "more.cnf");
    assert_int_equal(f->created.needed_role, SCHED_TEXT_INCLUDED);

    conf_fixture_text(f, SCHED_TEXT_INCLUDED, "more.cnf",
                      "tcp_local maxjobs 0x\ntcp-daemon\n");
    assert_int_equal(conf_fixture_load(f), SCHED_ERR_CONFIGURATION);
    assert_non_null(strstr(f->messages, "more.cnf:1:19: error: maxjobs"));
}

static void
test_conf_channels_an_include_of_itself_is_an_error(void **state)
{
    struct conf_fixture *f = *state;

    conf_fixture_init(f, "l\nhere\n\n<a\n", CONF_FIXTURE_JOBS);
    conf_fixture_text(f, SCHED_TEXT_INCLUDED, "a", "<b\n");
    conf_fixture_text(f, SCHED_TEXT_INCLUDED, "b", "<a\n");
    assert_int_equal(conf_fixture_load(f), SCHED_ERR_CONFIGURATION);
    assert_string_equal(f->messages,
                        "b:1:1: error: expected another text, found 'a', which "
                        "includes this one; remove one of the two lines\n");
}

static void
test_conf_channels_files_that_are_missing_are_asked_for(void **state)
{
    struct conf_fixture *f = *state;

    conf_fixture_init(f, NULL, CONF_FIXTURE_JOBS);
    assert_int_equal(conf_fixture_load(f), SCHED_TEXT_NEEDED);
    assert_int_equal(f->created.needed_role, SCHED_TEXT_CHANNELS);
    conf_fixture_init(f, "l\nhere\n", NULL);
    assert_int_equal(conf_fixture_load(f), SCHED_TEXT_NEEDED);
    assert_int_equal(f->created.needed_role, SCHED_TEXT_JOBS);
}

/* --- Precedence --------------------------------------------------------------- */

static void
test_conf_channels_line_beats_defaults_and_last_one_wins(void **state)
{
    struct conf_fixture *f =
        load(state, "defaults maxjobs 2 threaddepth 3\n\n"
                    "a maxjobs 5 maxjobs 6 slave master\nh\n\n"
                    "defaults maxjobs 4\n\nb\nh\n\n"
                    "nodefaults\n\nc\nh\n");

    assert_int_equal(conf_fixture_channel(f, "a")->maxjobs, 6);
    assert_int_equal(conf_fixture_channel(f, "a")->direction, CONF_MASTER);
    assert_int_equal(conf_fixture_channel(f, "a")->threaddepth, 3);
    assert_int_equal(conf_fixture_channel(f, "b")->maxjobs, 4);
    assert_int_equal(conf_fixture_channel(f, "b")->threaddepth, 3);
    assert_int_equal(conf_fixture_channel(f, "c")->maxjobs, 100);
    assert_int_equal(conf_fixture_channel(f, "c")->threaddepth, 10);
}

static void
test_conf_channels_specific_backoff_beats_general_in_any_order(void **state)
{
    struct conf_fixture *f =
        load(state, "defaults urgentbackoff pt1m\n\n"
                    "a normalbackoff pt2m backoff pt3m\nh\n");
    const struct conf_channel *a = conf_fixture_channel(f, "a");

    assert_intervals(&a->backoff[URGENT], (const int64_t[]){1}, 1);
    assert_intervals(&a->backoff[NORMAL], (const int64_t[]){2}, 1);
    assert_intervals(&a->backoff[NONURGENT], (const int64_t[]){3}, 1);
}

static void
test_conf_channels_notices_of_l_serve_channels_without(void **state)
{
    struct conf_fixture *f = load(state, "a urgentnotices 9\nh\n\n"
                                         "l notices 1 2\nhere\n");
    const struct conf_channel *a = conf_fixture_channel(f, "a");

    assert_int_equal(a->notices[URGENT].ns[0], DAYS_NS(9));
    assert_int_equal(a->notices[NORMAL].count, 2);
    assert_int_equal(a->notices[NORMAL].ns[1], DAYS_NS(2));
}

static void
test_conf_channels_notices_after_a_specific_one_warn(void **state)
{
    struct conf_fixture *f = load(state, "a urgentnotices 1 notices 2\nh\n");

    assert_int_equal(f->created.warnings_count, 1);
    assert_int_equal(conf_fixture_channel(f, "a")->notices[URGENT].values[0],
                     1);
    assert_int_equal(conf_fixture_channel(f, "a")->notices[NORMAL].values[0],
                     2);
}

/* --- Values ------------------------------------------------------------------- */

static void
test_conf_channels_builtin_values_are_those_of_the_guide(void **state)
{
    struct conf_fixture *f = load(state, "a\nh\n");
    const struct conf_channel *a = conf_fixture_channel(f, "a");

    assert_intervals(&a->backoff[URGENT],
                     (const int64_t[]){30, 60, 60, 120, 120, 120, 240}, 7);
    assert_intervals(&a->backoff[NORMAL],
                     (const int64_t[]){60, 120, 120, 240, 240, 240, 480}, 7);
    assert_intervals(&a->backoff[NONURGENT],
                     (const int64_t[]){120, 240, 240, 480, 480, 480, 960}, 7);
    assert_int_equal(a->notices[NORMAL].count, 4);
    assert_int_equal(a->notices[NORMAL].ns[0], DAYS_NS(3));
    assert_int_equal(a->notices[NORMAL].ns[3], DAYS_NS(12));
    assert_int_equal(a->maxjobs, 100);
    assert_int_equal(a->threaddepth, 10);
    assert_int_equal(a->filesperjob, 0);
    assert_int_equal(a->direction, CONF_BIDIRECTIONAL);
    assert_int_equal(a->splitting, CONF_MULTIPLE);
    assert_int_equal(a->immediacy, CONF_IMMNORMAL);
    assert_int_equal(a->expandlimit, CONF_NO_LIMIT);
    assert_int_equal(a->blocklimit[URGENT], CONF_NO_LIMIT);
    assert_int_equal(a->is_deferred, 0);
}

static void
test_conf_channels_examples_of_the_guide_are_exact(void **state)
{
    struct conf_fixture *f =
        load(state,
             "a urgentbackoff \"pt30m\" \"pt1h\" \"pt2h\" \"pt3h\" \"pt4h\" "
             "\"pt5h\" \"pt8h\" \"pt16h\"\nh\n\n"
             "b backoff \"pt30m\" \"pt120m\" \"pt16h\" \"pt36h\" \"p3d\"\nh\n");

    assert_intervals(&conf_fixture_channel(f, "a")->backoff[URGENT],
                     (const int64_t[]){30, 60, 120, 180, 240, 300, 480, 960},
                     8);
    for (uint32_t class = URGENT; class <= NONURGENT; class ++) {
        assert_intervals(&conf_fixture_channel(f, "b")->backoff[class],
                         (const int64_t[]){30, 120, 960, 2160, 4320}, 5);
    }
}

static void
test_conf_channels_a_curly_quote_is_taken_with_a_warning(void **state)
{
    struct conf_fixture *f =
        load(state, "a normalbackoff \"pt30m\" \"pt1h\" \"pt8h\" \"p1d\" "
                    "\"p2d\xe2\x80\x9d \"p1w\"\nh\n");

    assert_intervals(&conf_fixture_channel(f, "a")->backoff[NORMAL],
                     (const int64_t[]){30, 60, 480, 1440, 2880, 10080}, 6);
    assert_string_equal(f->messages,
                        "imta.cnf:1:49: warning: expected \", found a "
                        "typographic quote; taken for \"\n");
}

static void
test_conf_channels_pool_after_an_unquoted_backoff_is_a_keyword(void **state)
{
    struct conf_fixture *f =
        load(state, "a backoff pt5m p1d pool DEFAULT maxjobs 3\nh\n");

    assert_int_equal(conf_fixture_channel(f, "a")->backoff[NORMAL].count, 2);
    assert_int_equal(conf_fixture_channel(f, "a")->maxjobs, 3);
}

static void
test_conf_channels_limits_and_delays_are_kept(void **state)
{
    struct conf_fixture *f =
        load(state, "a deferred after +5 urgentafter +1 expandlimit 20 "
                    "expandchannel process holdlimit 30 transactionlimit 40 "
                    "urgentblocklimit 1 normalblocklimit 2 "
                    "nonurgentblocklimit 3 period 6 daemon Relay.example "
                    "single_sys addrsperfile 99 filesperjob -3\nh\n\n"
                    "process\nh\n");
    const struct conf_channel *a = conf_fixture_channel(f, "a");

    assert_int_equal(a->is_deferred, 1);
    assert_int_equal(a->after_ns[URGENT], 1000000000);
    assert_int_equal(a->after_ns[NORMAL], INT64_C(5000000000));
    assert_int_equal(a->expandlimit, 20);
    assert_int_equal(a->expandchannel, 1);
    assert_int_equal(a->holdlimit, 30);
    assert_int_equal(a->transactionlimit, 40);
    assert_int_equal(a->blocklimit[URGENT], 1);
    assert_int_equal(a->blocklimit[NORMAL], 2);
    assert_int_equal(a->blocklimit[NONURGENT], 3);
    assert_int_equal(a->period, 6);
    assert_string_equal(a->daemon, "Relay.example");
    assert_int_equal(a->splitting, CONF_SINGLE_SYS);
    assert_int_equal(a->addrsperfile, 99);
    assert_int_equal(a->filesperjob, -3);
}

static void
test_conf_channels_deferred_may_have_a_limit(void **state)
{
    struct conf_fixture *f =
        load(state, "defaults deferred 3600 secondclassafter +7\n\n"
                    "a\nh\n\nb deferred\nh\n\n"
                    "c deferred 604800 maxjobs 2\nh\n\nd nodeferred\nh\n\n"
                    "e after +3 thirdclassafter +9\nh\n");
    const struct conf_channel *e = conf_fixture_channel(f, "e");

    assert_int_equal(conf_fixture_channel(f, "a")->deferred_max_ns,
                     INT64_C(3600000000000));
    assert_int_equal(conf_fixture_channel(f, "b")->deferred_max_ns, 0);
    assert_int_equal(conf_fixture_channel(f, "c")->deferred_max_ns,
                     INT64_C(604800000000000));
    assert_int_equal(conf_fixture_channel(f, "c")->maxjobs, 2);
    assert_int_equal(conf_fixture_channel(f, "d")->is_deferred, 0);
    assert_int_equal(e->is_deferred, 1);
    assert_int_equal(e->after_ns[NONURGENT], INT64_C(3000000000));
    assert_int_equal(e->after_ns[SCHED_PRIORITY_SECONDCLASS],
                     INT64_C(7000000000));
    assert_int_equal(e->after_ns[SCHED_PRIORITY_THIRDCLASS],
                     INT64_C(9000000000));
}

static void
test_conf_channels_deferred_refuses_a_limit_that_is_none(void **state)
{
    struct conf_fixture *f = refuse(state, "a deferred -5\nh\n");

    assert_non_null(strstr(f->messages, "imta.cnf:1:12: error: deferred_limit: "
                                        "expected seconds"));
}

static void
test_conf_channels_periodic_is_no_immediacy_at_all(void **state)
{
    struct conf_fixture *f =
        load(state, "a periodic\nh\n\nb immediate\nh\n\nc immurgent\nh\n");

    assert_int_equal(conf_fixture_channel(f, "a")->is_periodic, 1);
    assert_int_equal(conf_fixture_channel(f, "b")->is_periodic, 0);
    assert_int_equal(conf_fixture_channel(f, "b")->immediacy, CONF_IMMEDIATE);
    assert_int_equal(conf_fixture_channel(f, "c")->immediacy, CONF_IMMURGENT);
}

/* --- Kinds of channel ------------------------------------------------------- */

static void
test_conf_channels_kind_decides_threads_and_queues(void **state)
{
    struct conf_fixture *f = load(state, "tcp_x\nh\n\nother smtp_crlf\nh\n\n"
                                         "ims-ms\nh\n\nreprocess\nh\n");

    assert_int_equal(conf_fixture_channel(f, "tcp_x")->max_client_threads, 10);
    assert_int_equal(conf_fixture_channel(f, "tcp_x")->has_host_queues, 1);
    assert_int_equal(conf_fixture_channel(f, "other")->max_client_threads, 10);
    assert_int_equal(conf_fixture_channel(f, "other")->has_host_queues, 1);
    assert_int_equal(conf_fixture_channel(f, "ims-ms")->max_client_threads, 15);
    assert_int_equal(conf_fixture_channel(f, "ims-ms")->has_host_queues, 0);
    assert_int_equal(conf_fixture_channel(f, "ims-ms")->threaddepth, 5);
    assert_int_equal(conf_fixture_channel(f, "reprocess")->max_client_threads,
                     1);
    assert_int_equal(conf_fixture_channel(f, "reprocess")->has_host_queues, 0);
}

static void
test_conf_channels_threaddepth_of_ims_ms_stays_five(void **state)
{
    struct conf_fixture *f = load(state, "ims-ms threaddepth 9\nh\n");

    assert_int_equal(conf_fixture_channel(f, "ims-ms")->threaddepth, 5);
    assert_int_equal(f->created.warnings_count, 1);
}

static void
test_conf_channels_option_file_sets_threads(void **state)
{
    struct conf_fixture *f = *state;

    conf_fixture_init(f, "tcp_local\nh\n\nims-ms\nh\n\nl\nh\n",
                      CONF_FIXTURE_JOBS);
    conf_fixture_text(f, SCHED_TEXT_OPTIONS, "dir/tcp_local_option",
                      "! options\nMAX_CLIENT_THREADS=4\nTRACE_LEVEL=2\n"
                      "attempt_transactions_per_session = 20\n"
                      "MAX_CLIENT_THREDS=5\n");
    conf_fixture_text(f, SCHED_TEXT_OPTIONS, "ims-ms_option",
                      "DELIVER_THREADS=7\n");
    conf_fixture_text(f, SCHED_TEXT_OPTIONS, "l_option",
                      "MAX_CLIENT_THREADS=2\n");
    conf_fixture_must_load(f);
    assert_int_equal(conf_fixture_channel(f, "tcp_local")->max_client_threads,
                     4);
    assert_int_equal(
        conf_fixture_channel(f, "tcp_local")->attempt_transactions_per_session,
        20);
    assert_int_equal(conf_fixture_channel(f, "ims-ms")->max_client_threads, 7);
    assert_int_equal(conf_fixture_channel(f, "l")->max_client_threads, 1);
    assert_int_equal(f->created.warnings_count, 2);
    assert_non_null(strstr(f->messages,
                           "dir/tcp_local_option:5:1: warning: expected a "
                           "channel option, found 'MAX_CLIENT_THREDS'; did you "
                           "mean max_client_threads?\n"));
    assert_string_equal(
        conf_fixture_setting(f, "channel.tcp_local.max_client_threads").origin,
        "dir/tcp_local_option:2:1");
}

/* --- What is wrong ---------------------------------------------------------- */

static void
test_conf_channels_unknown_keyword_warns_with_the_nearest(void **state)
{
    struct conf_fixture *f =
        load(state, "a logging thread_depth 5 maxjobs 3\nh\n");

    assert_string_equal(f->messages,
                        "imta.cnf:1:11: warning: expected a keyword, found "
                        "'thread_depth'; did you mean threaddepth?\n");
    assert_int_equal(conf_fixture_channel(f, "a")->maxjobs, 3);
}

static void
test_conf_channels_caching_is_warned_of_once(void **state)
{
    struct conf_fixture *f = load(state, "defaults cachefailures\n\n"
                                         "a nocache\nh\n\nb\nh\n\n"
                                         "c cacheeverything\nh\n");

    assert_non_null(strstr(f->messages, "imta.cnf:1:10: warning: expected "
                                        "nocache, found cachefailures on b"));
    assert_null(strstr(f->messages, "cacheeverything"));
}

static void
test_conf_channels_unknown_keyword_is_an_error_when_strict(void **state)
{
    struct conf_fixture *f = *state;

    conf_fixture_init(f, "a immnonurgent zyzzyva\nh\n", CONF_FIXTURE_JOBS);
    f->is_strict = 1;
    assert_int_equal(conf_fixture_load(f), SCHED_ERR_CONFIGURATION);
    assert_string_equal(f->messages,
                        "imta.cnf:1:16: error: expected a keyword, found "
                        "'zyzzyva'; it has no effect, remove it\n");
}

static void
test_conf_channels_keywords_of_real_files_are_known(void **state)
{
    struct conf_fixture *f = *state;

    conf_fixture_init(
        f,
        "defaults immnonurgent\n\n"
        "tcp_local SMTP mx single_sys remotehost inner switchchannel "
        "identnonenumeric subdirs 20 maxjobs 7 pool DEFAULT maytlsserver "
        "maysaslserver saslswitchchannel tcp_auth missingrecipientpolicy 0 "
        "loopcheck slave_debug defaulthost a.example b.example nologging\n"
        "tcp-daemon\n\n"
        "ims-ms defragment subdirs 20 notices 1 7 14 21 28 backoff \"pt5m\" "
        "\"pt10m\" maxjobs 2 pool DEFAULT fileinto $U+$S@$D filter ssrd:$A\n"
        "ims-ms-daemon\n",
        CONF_FIXTURE_JOBS);
    f->is_strict = 1;
    conf_fixture_must_load(f);
    assert_string_equal(f->messages, "");
    assert_int_equal(conf_channel(f->conf, 0)->maxjobs, 7);
    assert_int_equal(conf_channel(f->conf, 1)->maxjobs, 2);
}

static void
test_conf_channels_words_that_mean_nothing_are_taken(void **state)
{
    struct conf_fixture *f =
        load(state, "a service maxjobs 2\nh\n\nb noservice maxjobs 3\nh\n\n"
                    "c logging maxjobs 4\nh\n\nd nologging maxjobs 5\nh\n");
    struct conf_channel of_a = *conf_fixture_channel(f, "a");
    static const char *const others[] = {"b", "c", "d"};

    /* But for its name and maxjobs each is the same channel. */
    for (uint32_t i = 0; i < 3; i++) {
        const struct conf_channel *other = conf_fixture_channel(f, others[i]);

        assert_int_equal(other->maxjobs, 3 + i);
        of_a.name[0] = other->name[0];
        of_a.maxjobs = other->maxjobs;
        assert_memory_equal(&of_a, other, sizeof of_a);
    }
}

static void
test_conf_channels_says_all_errors_at_once(void **state)
{
    struct conf_fixture *f =
        refuse(state, "a maxjobs ten threaddepth 0 backoff p maxjobs\nh\n\n"
                      "b notices 3 3 pool NOWHERE\nh\n\n"
                      "a\nh\n\n"
                      "c\xc3\xa4\nh\n");

    assert_int_equal(f->created.errors_count, 8);
    assert_string_equal(
        f->messages,
        "imta.cnf:1:11: error: maxjobs: expected a whole number from 1 to "
        "1000000, found 'ten'; write it so, or leave it out\n"
        "imta.cnf:1:27: error: threaddepth: expected a whole number from 1 to "
        "1000000000, found '0'; write it so, or leave it out\n"
        "imta.cnf:1:37: error: backoff: expected 1 to 8 durations such as "
        "pt30m or p1d, each above 0 and at most p3650d, found 'p'; write it "
        "so, or leave it out\n"
        "imta.cnf:1:39: error: maxjobs: expected a whole number from 1 to "
        "1000000, found nothing; add a value, or leave it out\n"
        "imta.cnf:4:13: error: notices: expected 1 to 5 whole numbers from 1 "
        "to 10000, each above the one before it, found '3'; write it so, or "
        "leave it out\n"
        "imta.cnf:7:1: error: expected a new channel, found 'a' again, first "
        "on line 1; rename or remove one\n"
        "imta.cnf:10:1: error: expected a channel's name (1 to 32 letters, "
        "digits, _ - .), found 'c\xc3\xa4'; rewrite rules come before all "
        "channels\n"
        "imta.cnf:4:15: error: expected a pool of job_controller.cnf, found "
        "'NOWHERE'; the first one there is DEFAULT\n");
}

static void
test_conf_channels_lists_that_are_too_long_are_errors(void **state)
{
    refuse(state, "a backoff pt1m pt1m pt1m pt1m pt1m pt1m pt1m pt1m pt1m\nh");
    refuse(state, "a notices 1 2 3 4 5 6\nh");
    refuse(state, "a backoff pt0s\nh");
}

static void
test_conf_channels_expandlimit_where_it_must_not_be_is_an_error(void **state)
{
    refuse(state, "l expandlimit 5\nh\n\nreprocess\nh\n");
    refuse(state, "reprocess expandlimit 5\nh\n");
    refuse(state, "a expandlimit 5\nh\n"); /* nobody to expand */
    refuse(state, "a expandlimit 5 expandchannel b\nh\n\nb\nh\n");
    struct conf_fixture *f =
        load(state, "defaults expandlimit 5\n\nl\nh\n\na\nh\n\nreprocess\nh\n");

    assert_int_equal(conf_fixture_channel(f, "l")->expandlimit, CONF_NO_LIMIT);
    assert_int_equal(conf_fixture_channel(f, "a")->expandlimit, 5);
    assert_int_equal(conf_fixture_channel(f, "a")->expandchannel, 2);
}

static void
test_conf_channels_defaults_stand_alone(void **state)
{
    struct conf_fixture *f = refuse(state, "defaults maxjobs 2\na\nh\n\nb\nh");

    assert_non_null(strstr(f->messages, "imta.cnf:2:1: error: expected a blank "
                                        "line after defaults"));
}

static void
test_conf_channels_an_open_quote_is_an_error(void **state)
{
    struct conf_fixture *f = refuse(state, "a backoff \"pt5m\nh\n");

    assert_string_equal(f->messages,
                        "imta.cnf:1:11: error: expected a closing \", found "
                        "the end of the line; close the quote that opens "
                        "here\n");
}

static void
test_conf_channels_without_any_is_an_error(void **state)
{
    refuse(state, "");
    refuse(state, "! nothing\n\n\n");
    refuse(state, "$* $U@h\n");
}

static void
test_conf_channels_messages_that_do_not_fit_are_counted(void **state)
{
    struct conf_fixture *f = *state;
    char small[90];
    struct conf *conf = NULL;

    conf_fixture_init(f, "a x1x y2y z3z\nh\n", CONF_FIXTURE_JOBS);
    conf_fixture_must_load(f); /* for the allocator's sake */
    struct sched_config config = {.texts = f->texts, .texts_count = 2};
    struct sched_created created = {.messages = small,
                                    .messages_size = sizeof small};
    struct sched_created silent = {.messages = NULL};
    conf_fixture_allocator(f, &config.allocator);
    assert_int_equal(conf_new(&config, &created, &conf), SCHED_OK);
    conf_free(conf);
    assert_int_equal(created.warnings_count, 3);
    assert_string_equal(small, "imta.cnf:1:3: warning: expected a keyword, "
                               "found 'x1x'; it has no effect, remove it\n");
    assert_int_equal(conf_new(&config, &silent, &conf), SCHED_OK);
    conf_free(conf);
    assert_int_equal(silent.warnings_count, 3);
}

static int
setup(void **state)
{
    static struct conf_fixture fixture;

    conf_fixture_init(&fixture, NULL, NULL);
    *state = &fixture;
    return 0;
}

static int
teardown(void **state)
{
    conf_fixture_free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_conf_channels_are_in_the_order_of_the_file),
        TEST(test_conf_channels_rewrite_rules_are_skipped),
        TEST(test_conf_channels_first_paragraph_may_be_a_block),
        TEST(test_conf_channels_crlf_bom_and_joined_lines_are_read),
        TEST(test_conf_channels_an_include_that_is_missing_is_asked_for),
        TEST(test_conf_channels_an_include_of_itself_is_an_error),
        TEST(test_conf_channels_files_that_are_missing_are_asked_for),
        TEST(test_conf_channels_line_beats_defaults_and_last_one_wins),
        TEST(test_conf_channels_specific_backoff_beats_general_in_any_order),
        TEST(test_conf_channels_notices_of_l_serve_channels_without),
        TEST(test_conf_channels_notices_after_a_specific_one_warn),
        TEST(test_conf_channels_builtin_values_are_those_of_the_guide),
        TEST(test_conf_channels_examples_of_the_guide_are_exact),
        TEST(test_conf_channels_a_curly_quote_is_taken_with_a_warning),
        TEST(test_conf_channels_pool_after_an_unquoted_backoff_is_a_keyword),
        TEST(test_conf_channels_limits_and_delays_are_kept),
        TEST(test_conf_channels_deferred_may_have_a_limit),
        TEST(test_conf_channels_deferred_refuses_a_limit_that_is_none),
        TEST(test_conf_channels_periodic_is_no_immediacy_at_all),
        TEST(test_conf_channels_kind_decides_threads_and_queues),
        TEST(test_conf_channels_threaddepth_of_ims_ms_stays_five),
        TEST(test_conf_channels_option_file_sets_threads),
        TEST(test_conf_channels_unknown_keyword_warns_with_the_nearest),
        TEST(test_conf_channels_caching_is_warned_of_once),
        TEST(test_conf_channels_unknown_keyword_is_an_error_when_strict),
        TEST(test_conf_channels_keywords_of_real_files_are_known),
        TEST(test_conf_channels_words_that_mean_nothing_are_taken),
        TEST(test_conf_channels_says_all_errors_at_once),
        TEST(test_conf_channels_lists_that_are_too_long_are_errors),
        TEST(test_conf_channels_expandlimit_where_it_must_not_be_is_an_error),
        TEST(test_conf_channels_defaults_stand_alone),
        TEST(test_conf_channels_an_open_quote_is_an_error),
        TEST(test_conf_channels_without_any_is_an_error),
        TEST(test_conf_channels_messages_that_do_not_fit_are_counted),
    };
    return cmocka_run_group_tests_name("conf_channels", tests, NULL, NULL);
}
