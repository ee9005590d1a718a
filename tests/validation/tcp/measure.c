/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure.c - see measure.h
 */
#include "tests/validation/tcp/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/kernel/base.h"
#include "tests/validation/tcp/hosts.h"
#include "tests/validation/tcp/kernel.h"

#define AGREE_PPM   20000
#define AGREE_NS    (500 * NS_PER_US)
#define LATE_NS_MAX (3 * NS_PER_MS)

/* A cell under way, in a process of its own. */
struct job {
    pid_t pid; /* 0: free */
    int pipe;
    int record;
};

struct task {
    struct kernel_report runs[MEASURE_RUNS_MAX];
    uint32_t runs_count;
    bool is_done;
};

struct round {
    struct record *records;
    struct task *tasks;
    struct job jobs[MEASURE_JOBS_MAX];
    int jobs_count;
    char *why;
    bool has_failed;
};

static void
job_start(struct round *round, struct job *job, int record)
{
    int ends[2];

    if (pipe(ends) != 0) {
        snprintf(round->why, HOSTS_WHY_MAX, "pipe: %s", strerror(errno));
        round->has_failed = true;
        return;
    }
    job->record = record;
    job->pipe = ends[0];
    job->pid = fork();
    if (job->pid == 0) {
        const struct kernel_options options = {0};
        struct kernel_report report = {0};
        char why[HOSTS_WHY_MAX] = "";
        const bool ok =
            kernel_run(&report, &round->records[record].cell, &options, why);
        const ssize_t sent = ok ? write(ends[1], &report, sizeof report)
                                : write(ends[1], why, strlen(why));

        _exit(ok && sent > 0 ? 0 : 1);
    }
    close(ends[1]);
}

/* job_end - a child has ended: what it says */
static void
job_end(struct round *round, struct job *job)
{
    struct task *task = &round->tasks[job->record];
    union {
        struct kernel_report report;
        char why[HOSTS_WHY_MAX];
    } said = {.why = "the measuring process ended early"};
    const ssize_t got = read(job->pipe, &said, sizeof said);

    if (got == (ssize_t)sizeof said.report) {
        task->runs[task->runs_count++] = said.report;
    } else {
        said.why[got > 0 && got < HOSTS_WHY_MAX ? got : HOSTS_WHY_MAX - 1] =
            '\0';
        snprintf(round->why, HOSTS_WHY_MAX, "%s", said.why);
        round->has_failed = true;
    }
    close(job->pipe);
    job->pid = 0;
}

static void
wait_for_one(struct round *round)
{
    const pid_t pid = wait(NULL);

    for (int i = 0; i < round->jobs_count; i++) {
        if (pid > 0 && round->jobs[i].pid == pid) {
            job_end(round, &round->jobs[i]);
        }
    }
}

static struct job *
job_free(struct round *round)
{
    for (;;) {
        for (int i = 0; i < round->jobs_count; i++) {
            if (round->jobs[i].pid == 0) {
                return &round->jobs[i];
            }
        }
        wait_for_one(round);
    }
}

/* round_run - every cell that is not done, once more */
static void
round_run(struct round *round, int records_count)
{
    int begun = 0;

    for (int i = 0; i < records_count && !round->has_failed; i++) {
        if (!round->tasks[i].is_done) {
            job_start(round, job_free(round), i);
            begun++;
        }
    }
    for (int i = 0; i < round->jobs_count; i++) {
        while (round->jobs[i].pid != 0) {
            wait_for_one(round);
        }
    }
    fprintf(stderr, "validate: %d of %d cells measured\n", begun,
            records_count);
}

static bool
is_near(int64_t a, int64_t b)
{
    return (a > b ? a - b : b - a) <= AGREE_NS ||
           record_error_ppm(a, b) <= AGREE_PPM;
}

static bool
is_agreed(const struct outcome *a, const struct outcome *b)
{
    return a->class == b->class && is_near(a->banner_ns, b->banner_ns) &&
           (a->class == OUTCOME_DELIVERED
                ? is_near(a->body_ns, b->body_ns)
                : record_body_error_ppm(a, b) <= AGREE_PPM);
}

/* value_of - by what runs of one class are ordered */
static int64_t
value_of(const struct outcome *outcome)
{
    return outcome->class == OUTCOME_DELIVERED ? outcome->body_ns
                                               : outcome->body_bytes;
}

/* median_of - of runs that do not agree; the class of the first */
static uint32_t
median_of(const struct task *task)
{
    for (uint32_t i = 0; i < task->runs_count; i++) {
        uint32_t below = 0;

        for (uint32_t k = 0; k < task->runs_count; k++) {
            const int64_t a = value_of(&task->runs[k].outcome);
            const int64_t b = value_of(&task->runs[i].outcome);

            below += a < b || (a == b && k < i);
        }
        if (below == task->runs_count / 2) {
            return i;
        }
    }
    return 0;
}

static bool
pair_find(const struct task *task, uint32_t *best)
{
    bool is_found = false;

    for (uint32_t i = 0; i < task->runs_count; i++) {
        for (uint32_t k = 0; k < task->runs_count; k++) {
            if (k != i &&
                is_agreed(&task->runs[i].outcome, &task->runs[k].outcome) &&
                (!is_found ||
                 task->runs[i].late_ns_max < task->runs[*best].late_ns_max)) {
                *best = i;
                is_found = true;
            }
        }
    }
    return is_found;
}

static int64_t
spread_of(const struct task *task, enum outcome_class class)
{
    int64_t least = INT64_MAX;
    int64_t most = 0;

    for (uint32_t i = 0; i < task->runs_count; i++) {
        if (task->runs[i].outcome.class == class) {
            least = i64_min(least, value_of(&task->runs[i].outcome));
            most = i64_max(most, value_of(&task->runs[i].outcome));
        }
    }
    return record_error_ppm(most, least);
}

static void
task_judge(struct task *task, struct record *record)
{
    const struct kernel_report *last = &task->runs[task->runs_count - 1];
    uint32_t best = task->runs_count - 1;

    if (record->cell.loss_ppm > 0) {
        task->is_done = last->late_ns_max <= LATE_NS_MAX ||
                        task->runs_count == MEASURE_RUNS_MAX;
    } else if (pair_find(task, &best)) {
        task->is_done = true;
    } else if (task->runs_count == MEASURE_RUNS_MAX) {
        best = median_of(task);
        task->is_done = true;
    }
    record->kernel = task->runs[best].outcome;
    record->runs_count = task->runs_count;
    record->spread_ppm = spread_of(task, record->kernel.class);
}

bool
measure_all(struct record *records, int records_count, int jobs_count,
            char *why)
{
    struct round round = {
        .records = records, .jobs_count = jobs_count, .why = why};
    bool is_done = false;

    ASSERT(jobs_count >= 1 && jobs_count <= MEASURE_JOBS_MAX);
    round.tasks = base_alloc((uint64_t)records_count * sizeof *round.tasks);
    while (!is_done && !round.has_failed) {
        round_run(&round, records_count);
        is_done = true;
        for (int i = 0; i < records_count && !round.has_failed; i++) {
            if (!round.tasks[i].is_done) {
                task_judge(&round.tasks[i], &records[i]);
                is_done = is_done && round.tasks[i].is_done;
            }
        }
    }
    free(round.tasks);
    return !round.has_failed;
}
