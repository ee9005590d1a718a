/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_scenario.c - a million messages, all of it: scheduler, dialogue, link,
 * oracle and digest on; and what a queued message costs in memory
 *
 *     bench_scenario [--json FILE]       from the root of the tree, release
 *
 * Speed: tests/fixtures/million as it is, the best and the median of RUNS runs
 * in one process; and the same with its link by round trips, run in turns with
 * the plain one. Memory: the same scenario with a host that takes an hour for
 * a message, so that a million are queued at its end (ready), and with one that
 * refuses (delayed); each in a process of its own, the resident set at its
 * peak less that of the same run with a thousand messages, over the queued.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/lab/run.h"

enum { RUNS = 5 };

/* The scheduler is to know all of them, as one with a large MAX_MESSAGES does:
 * what it leaves on disk costs it nothing. */
#define TRACKED "option.max_messages=2000000"

struct measured {
    int64_t wall_ns;
    int64_t recipients;
    int64_t events;
    int64_t queued;
    int64_t peak_rss_bytes;
    int64_t violations;
};

/* run - one run of the fixture; ends the program if it cannot be made */
static struct measured
run(const char *const *sets)
{
    const char *build = getenv("MTASIM_BUILD");
    char scheduler[256];
    struct scenario scenario;
    struct mta_about about;
    struct result result;
    struct diag diag;
    uint32_t sets_count = 0;

    while (sets[sets_count] != NULL) {
        sets_count++;
    }
    snprintf(scheduler, sizeof scheduler, "%s/jobctl.so",
             build == NULL ? "build/release" : build);
    diag_init(&diag);
    result_init(&result);
    bool is_good = scenario_load(&scenario, "tests/fixtures/million", sets,
                                 sets_count, &diag);
    if (is_good) {
        const struct run_request request = {.scenario = &scenario,
                                            .scheduler_path = scheduler,
                                            .seed = RUN_SEED_DEFAULT};
        is_good = run_once(&request, &result, &about, &diag);
        scenario_free(&scenario);
    }
    if (!is_good) {
        diag_print(&diag, stderr);
        exit(2);
    }
    const struct measured measured = {result.wall_ns,        result.submitted,
                                      result.events,         result.queued,
                                      result.peak_rss_bytes, result.violations};
    result_free(&result);
    diag_free(&diag);
    return measured;
}

/* run_apart - the same in a process of its own, for its memory */
static struct measured
run_apart(const char *const *sets)
{
    struct measured measured = {0};
    int ends[2];
    int status = 0;

    fflush(stdout);
    if (pipe(ends) != 0) {
        perror("pipe");
        exit(74);
    }
    pid_t child = fork();
    if (child == 0) {
        measured = run(sets);
        _exit(write(ends[1], &measured, sizeof measured) !=
              (ssize_t)sizeof measured);
    }
    close(ends[1]);
    if (child < 0 ||
        read(ends[0], &measured, sizeof measured) != (ssize_t)sizeof measured ||
        waitpid(child, &status, 0) < 0 || status != 0) {
        fprintf(stderr, "a run in a process of its own failed\n");
        exit(74);
    }
    close(ends[0]);
    return measured;
}

static int
compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* bytes_per_message - by two sizes of the same run, so that what does not grow
 * drops out; the sets make both kinds of destinations keep their mail waiting */
static double
bytes_per_message(const char *smarthost, const char *others)
{
    const char *many[] = {
        "traffic.mail.arrivals=burst(1000000, at 0s, over 1h)",
        smarthost,
        others,
        "horizon=1h",
        TRACKED,
        NULL};
    const char *few[] = {"traffic.mail.arrivals=burst(1000, at 0s, over 1h)",
                         smarthost,
                         others,
                         "horizon=1h",
                         TRACKED,
                         NULL};
    const struct measured large = run_apart(many);
    const struct measured small = run_apart(few);

    if (large.queued - small.queued < 900000) {
        fprintf(stderr, "the mail did not stay: %" PRId64 " queued\n",
                large.queued);
        exit(1);
    }
    return (double)(large.peak_rss_bytes - small.peak_rss_bytes) /
           (double)(large.queued - small.queued);
}

int
main(int argc, char **argv)
{
    const char *const none[] = {NULL};
    const char *const rounds[] = {"links.wan.model=round", NULL};
    int64_t walls_ns[RUNS];
    int64_t rounds_ns[RUNS];
    struct measured last = {0};
    FILE *json = NULL;

    if (argc == 3 && strcmp(argv[1], "--json") == 0) {
        json = fopen(argv[2], "w");
        if (json == NULL) {
            perror(argv[2]);
            return 74;
        }
    } else if (argc != 1) {
        fprintf(stderr, "usage: bench_scenario [--json FILE]\n");
        return 2;
    }
    for (int i = 0; i < RUNS; i++) {
        last = run(none);
        walls_ns[i] = last.wall_ns;
        rounds_ns[i] = run(rounds).wall_ns;
    }
    qsort(walls_ns, RUNS, sizeof walls_ns[0], compare);
    qsort(rounds_ns, RUNS, sizeof rounds_ns[0], compare);
    const double rounds_ratio = (double)rounds_ns[0] / (double)walls_ns[0];
    const double best_s = (double)walls_ns[0] / 1e9;
    const int64_t median_ns = walls_ns[RUNS / 2];
    const double median_s = (double)median_ns / 1e9;
    const double ready =
        bytes_per_message("destinations.smarthost.example.service=3600s",
                          "destinations.others.example.service=3600s");
    const double delayed = bytes_per_message(
        "destinations.smarthost.example.temporary.connect=100%",
        "destinations.others.example.temporary.connect=100%");
    const double per_million = 1e6 / (double)last.recipients;

    printf("whole scenario, oracle and digest on: %" PRId64
           " messages, %" PRId64 " events, %" PRId64 " violations\n",
           last.recipients, last.events, last.violations);
    printf("  a million messages   best %.2f s, median %.2f s of %d   "
           "max. 3.00 %s\n",
           best_s * per_million, median_s * per_million, RUNS,
           median_s * per_million <= 3.0 ? "ok" : "MISS");
    printf("  by round trips       best %.2f s: %.2f times the plain link   "
           "max. 1.50 %s\n",
           (double)rounds_ns[0] / 1e9 * per_million, rounds_ratio,
           rounds_ratio <= 1.5 ? "ok" : "MISS");
    printf("  events a second      %.2f M\n",
           (double)last.events / median_s / 1e6);
    printf("  memory, queued       ready %.0f, delayed %.0f bytes a message   "
           "max. 200 %s\n",
           ready, delayed, ready <= 200 && delayed <= 200 ? "ok" : "MISS");
    if (json != NULL) {
        fprintf(json,
                "{\"scenario\": {\"messages\": %" PRId64
                ", \"events\": %" PRId64
                ", \"best_s\": %.3f, \"median_s\": %.3f, "
                "\"rounds_ratio\": %.3f, "
                "\"ready_bytes\": %.1f, \"delayed_bytes\": %.1f}}\n",
                last.recipients, last.events, best_s, median_s, rounds_ratio,
                ready, delayed);
        if (fclose(json) != 0) {
            perror("--json");
            return 74;
        }
    }
    return 0;
}
