/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conform_run.c - small runs in the simulated host
 *
 * One is judged by the oracle: two destinations for two weeks, one that takes
 * most mail, one that takes none, so that retries, warnings and returns are all
 * seen. The other is an hour with a bit of all chance there is; its digest is
 * the proof that a machine computes what others do.
 */
#include <inttypes.h>
#include <string.h>

#include "models/mta/conform_parts.h"

static const char channels_text[] =
    "! imta.cnf - channels of a small site\n"
    "defaults immnonurgent notices 3 6 9 12\n"
    "\n"
    "l\n"
    "mail.example.org\n"
    "\n"
    "tcp_intranet smtp mx single_sys pool SMTP_POOL maxjobs 3 threaddepth 5\n"
    "tcp_intranet-daemon\n"
    "\n"
    "tcp_local smtp mx single_sys pool SMTP_POOL maxjobs 4 threaddepth 3\n"
    "tcp-daemon\n";

static const char jobs_text[] =
    "! job_controller.cnf - six processes for SMTP, four threads each\n"
    "tcp_port=27442\n"
    "slave_command=NULL\n"
    "!\n"
    "[POOL=DEFAULT]\n"
    "job_limit=2\n"
    "[POOL=SMTP_POOL]\n"
    "job_limit=6\n"
    "!\n"
    "[CHANNEL=tcp_*]\n"
    "master_command=lib/tcp_smtp_client\n"
    "[CHANNEL=l]\n"
    "master_command=lib/l_master\n";

const struct mta_text conform_texts[CONFORM_TEXTS_COUNT] = {
    {"imta.cnf", channels_text, sizeof channels_text - 1, SCHED_TEXT_CHANNELS},
    {"job_controller.cnf", jobs_text, sizeof jobs_text - 1, SCHED_TEXT_JOBS}};

const char conform_reference_digest[DIGEST_TEXT_SIZE] =
    "a0727d53f9fd8a9e78124e7f1466d1c1";

static const struct link_params wire = {
    .name = "wire", .rtt_ns = 20 * NS_PER_MS, .segment_bytes = 1460};

/* Takes most mail, in its own time; refuses some recipients for now, and a
 * share of PERMANENT of them for good. */
#define TAKES_MOST(NAME, PERMANENT)                                            \
    {                                                                          \
        .name = (NAME), .link = &wire, .hosts_count = 1, .connections_max = 3, \
        .service = {.kind = VARIATE_LOGNORMAL,                                 \
                    .a = NS_PER_S,                                             \
                    .shape_ppm = PPM},                                         \
        .temporary_ppm = {[SMTP_RCPT] = PPM / 5}, .permanent_ppm = {           \
            [SMTP_RCPT] = (PERMANENT)                                          \
        }                                                                      \
    }

enum { DESTINATIONS = 3 };

/* For the rules: one host takes nothing. */
static const struct destination_params rules_hosts[DESTINATIONS] = {
    {.name = "bad.example",
     .link = &wire,
     .hosts_count = 1,
     .temporary_ppm = {[SMTP_MAIL] = PPM}},
    TAKES_MOST("good.example", PPM / 20),
    TAKES_MOST("*", 0)};

/* For the digest: little that a policy could see in another way. */
static const struct destination_params digest_hosts[DESTINATIONS] = {
    TAKES_MOST("one.example", 0), TAKES_MOST("two.example", 0),
    TAKES_MOST("*", 0)};

/* run_make - into result and diag; false: it could not be made */
static bool
run_make(const struct conform_subject *subject,
         const struct destination_params *hosts, int64_t horizon_ns,
         struct result *result, struct mta_about *about, struct diag *diag)
{
    const struct traffic_share to[] = {{&hosts[0], 1}, {&hosts[1], 4}};
    const struct traffic_params traffic = {
        .name = "mail",
        .arrivals = TRAFFIC_BURST,
        .messages_count = 120,
        .over_ns = NS_PER_MIN,
        .size = {.kind = VARIATE_PARETO,
                 .a = 1024,
                 .b = 1 << 20,
                 .shape_ppm = PPM},
        .recipients = {.kind = VARIATE_UNIFORM, .a = 1, .b = 4},
        .is_mixed = true,
        .urgent_ppm = PPM / 4,
        .nonurgent_ppm = PPM / 4,
        .to = to,
        .to_count = 2};
    const struct machine_params machine = {
        .process_start = {.kind = VARIATE_EXPONENTIAL, .a = 200 * NS_PER_MS},
        .thread_start = {.kind = VARIATE_CONSTANT, .a = 5 * NS_PER_MS}};
    const struct dialogue_params dialogue = {
        .connect_timeout_ns = 2 * NS_PER_MIN,
        .greeting_timeout_ns = 5 * NS_PER_MIN,
        .dot_timeout_ns = 10 * NS_PER_MIN};
    const struct mta_params params = {.scheduler_path = subject->path,
                                      .texts = subject->texts,
                                      .texts_count = subject->texts_count,
                                      .overrides = subject->overrides,
                                      .overrides_count =
                                          subject->overrides_count,
                                      .destinations = hosts,
                                      .destinations_count = DESTINATIONS,
                                      .traffic = &traffic,
                                      .traffic_count = 1,
                                      .machine = &machine,
                                      .dialogue = &dialogue,
                                      .seed = 20060312,
                                      .start_wall_ns = CONFORM_WALL_NS,
                                      .horizon_ns = horizon_ns,
                                      .step_ns = NS_PER_HOUR,
                                      .messages_max = 1000};

    return host_run(&params, result, about, diag);
}

/* first_after - what is said after these words, cut off at the line's end */
static const char *
first_after(const struct diag *diag, const char *words)
{
    char *found = diag->text == NULL ? NULL : strstr(diag->text, words);

    if (found == NULL) {
        return "";
    }
    found += strlen(words);
    found[strcspn(found, "\n")] = '\0';
    return found;
}

void
conform_run_rules(const struct conform_subject *subject,
                  struct conform_answer *answer)
{
    struct mta_about about = {.policy = ""};
    struct result result;
    struct diag diag;

    diag_init(&diag);
    result_init(&result);
    if (!run_make(subject, rules_hosts, 14 * NS_PER_DAY, &result, &about,
                  &diag)) {
        conform_say(answer, CONFORM_NOT_OK, "%s",
                    first_after(&diag, "error: "));
    } else if (result.violations > 0) {
        conform_say(answer, CONFORM_NOT_OK,
                    "%" PRId64 " violations; the first %s", result.violations,
                    first_after(&diag, "violation "));
    } else if (about.policy[0] == '\0') {
        conform_say(answer, CONFORM_NOT_CLAIMED,
                    "it claims no policy; no law was broken");
    } else {
        conform_say(answer, CONFORM_OK, "policy %s", about.policy);
    }
    result_free(&result);
    diag_free(&diag);
}

bool
conform_run_digest(const char *path, char text[DIGEST_TEXT_SIZE],
                   struct diag *diag)
{
    const struct conform_subject subject = {
        .path = path, .texts = conform_texts, .texts_count = 2};
    struct mta_about about;
    struct result result;

    result_init(&result);
    const bool is_made =
        run_make(&subject, digest_hosts, NS_PER_HOUR, &result, &about, diag);
    if (is_made) {
        digest_format(&result.digest, text);
    }
    result_free(&result);
    return is_made;
}
