/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * validate.c - asks the kernel and the model the same cells
 *
 * Usage: validate one [--trace] [--pcap FILE] [WORD...]
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/validation/tcp/hosts.h"
#include "tests/validation/tcp/kernel.h"

static FILE *
pcap_open(const char *name)
{
    /* Magic of times in ns, version 2.4, no zone, IPv4 and IPv6 packets. */
    const uint32_t header[6] = {0xa1b23c4d, 0x00040002, 0, 0, 65535, 101};
    FILE *file = fopen(name, "wb");

    if (file != NULL) {
        fwrite(header, sizeof header, 1, file);
    }
    return file;
}

static int
one(int argc, char **argv)
{
    struct cell cell = cell_default();
    struct kernel_options options = {0};
    struct kernel_report report = {0};
    char why[HOSTS_WHY_MAX];
    char text[CELL_TEXT_MAX];

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0) {
            options.trace = stdout;
        } else if (strcmp(argv[i], "--pcap") == 0 && i + 1 < argc) {
            options.pcap = pcap_open(argv[++i]);
        } else if (!cell_parse(&cell, argv[i], why, sizeof why)) {
            fprintf(stderr, "validate: no such word: %s\n", why);
            return 2;
        }
    }
    cell_format(text, &cell);
    printf("# %s\n", text);
    if (!hosts_possible(why) || !kernel_run(&report, &cell, &options, why)) {
        printf("skipped: %s\n", why);
        return 77;
    }
    outcome_print(stdout, &report.outcome);
    printf(" late_us=%lld packets=%llu lost=%llu overflow=%llu\n",
           (long long)report.late_ns_max / 1000,
           (unsigned long long)report.packets_count,
           (unsigned long long)report.lost_count,
           (unsigned long long)report.overflow_count);
    if (options.pcap != NULL) {
        fclose(options.pcap);
    }
    return 0;
}

struct job {
    pid_t pid; /* 0: free */
    int pipe;
    char text[CELL_TEXT_MAX];
};

/* job_start - the cell runs in a process of its own */
static bool
job_start(struct job *job, const struct cell *cell)
{
    int ends[2];

    if (pipe(ends) != 0) {
        return false;
    }
    cell_format(job->text, cell);
    job->pid = fork();
    if (job->pid == 0) {
        const struct kernel_options options = {0};
        struct kernel_report report = {0};
        char why[HOSTS_WHY_MAX];
        const bool ok = kernel_run(&report, cell, &options, why) &&
                        write(ends[1], &report, sizeof report) > 0;

        if (!ok) {
            fprintf(stderr, "validate: %s\n", why);
        }
        _exit(ok ? 0 : 1);
    }
    close(ends[1]);
    job->pipe = ends[0];
    return job->pid > 0;
}

static void
report_print(const struct job *job, const struct kernel_report *report)
{
    printf("%s : ", job->text);
    outcome_print(stdout, &report->outcome);
    printf(" late_us=%lld overflow=%llu\n", (long long)report->late_ns_max / 1000,
           (unsigned long long)report->overflow_count);
    fflush(stdout);
}

static void
job_wait(struct job *jobs, int jobs_count)
{
    struct kernel_report report;
    const pid_t pid = wait(NULL);

    for (int i = 0; i < jobs_count; i++) {
        if (jobs[i].pid == pid && pid > 0) {
            if (read(jobs[i].pipe, &report, sizeof report) ==
                (ssize_t)sizeof report) {
                report_print(&jobs[i], &report);
            } else {
                printf("%s : failed\n", jobs[i].text);
            }
            close(jobs[i].pipe);
            jobs[i].pid = 0;
        }
    }
}

#define JOBS_MAX 64

static int
measure(int jobs_count)
{
    struct job jobs[JOBS_MAX] = {0};
    char line[CELL_TEXT_MAX];
    char why[HOSTS_WHY_MAX];

    while (fgets(line, sizeof line, stdin) != NULL) {
        struct cell cell = cell_default();
        int i = 0;

        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }
        if (!cell_parse(&cell, line, why, sizeof why)) {
            fprintf(stderr, "validate: no such word: %s\n", why);
            return 2;
        }
        for (i = 0; i < jobs_count && jobs[i].pid != 0; i++) {
        }
        if (i == jobs_count) {
            job_wait(jobs, jobs_count);
            for (i = 0; i < jobs_count && jobs[i].pid != 0; i++) {
            }
        }
        if (!job_start(&jobs[i], &cell)) {
            return 1;
        }
    }
    for (int i = 0; i < jobs_count; i++) {
        while (jobs[i].pid != 0) {
            job_wait(jobs, jobs_count);
        }
    }
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "one") == 0) {
        return one(argc - 2, argv + 2);
    }
    if (argc == 3 && strcmp(argv[1], "measure") == 0) {
        return measure(atoi(argv[2]));
    }
    fprintf(stderr, "usage: validate one [--trace] [--pcap FILE] [WORD...]\n"
                    "       validate measure JOBS <CELLS\n");
    return 2;
}
