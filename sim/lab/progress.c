/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.c - see progress.h
 */
#include "sim/lab/progress.h"

#include <inttypes.h>
#include <string.h>

#include "sim/kernel/base.h"

#define TERMINAL_EVERY_NS (NS_PER_S / 10)
#define PLAIN_FIRST_NS    (NS_PER_S / 2)
#define PLAIN_EVERY_NS    (10 * NS_PER_S)

void
progress_init(struct progress *progress, FILE *out, bool is_terminal,
              uint32_t runs_count, uint32_t jobs, int64_t now_ns)
{
    ASSERT(jobs > 0);
    *progress = (struct progress){
        .out = out,
        .is_terminal = is_terminal,
        .runs_count = runs_count,
        .jobs = jobs,
        .start_ns = now_ns,
        .next_ns = is_terminal ? now_ns : now_ns + PLAIN_FIRST_NS,
    };
}

void
progress_add(struct progress *progress, int64_t run_ns, int64_t events,
             bool is_failed)
{
    progress->done++;
    progress->failed += is_failed;
    progress->events += events;
    progress->runs_ns += run_ns;
    ASSERT(progress->done <= progress->runs_count);
}

/* rate_format - 999, 12.3 k, 1.2 M events a second */
static void
rate_format(int64_t events, int64_t ns, char *text, size_t size)
{
    base_i128 per_s = ns > 0 ? (base_i128)events * NS_PER_S / ns : 0;
    int64_t rate = (int64_t)per_s;

    if (rate < 1000) {
        snprintf(text, size, "%" PRId64 " events/s", rate);
        return;
    }
    bool is_million = rate >= 1000000;
    int64_t tenths = rate / (is_million ? 100000 : 100);

    snprintf(text, size, "%" PRId64 ".%d %c events/s", tenths / 10,
             (int)(tenths % 10), is_million ? 'M' : 'k');
}

/* left_format - the time left as 0:41 or 1:02:03 */
static void
left_format(const struct progress *progress, char *text, size_t size)
{
    uint32_t left = progress->runs_count - progress->done;
    uint32_t hands = left < progress->jobs ? left : progress->jobs;
    int64_t s;

    if (progress->done == 0 || left == 0) {
        snprintf(text, size, "%s", left == 0 ? "0:00" : "?");
        return;
    }
    s = (int64_t)((base_i128)progress->runs_ns * left / progress->done / hands /
                  NS_PER_S);
    if (s >= 3600) {
        snprintf(text, size, "%" PRId64 ":%02d:%02d", s / 3600,
                 (int)(s / 60 % 60), (int)(s % 60));
    } else {
        snprintf(text, size, "%d:%02d", (int)(s / 60), (int)(s % 60));
    }
}

void
progress_format(const struct progress *progress, uint32_t running,
                int64_t now_ns, char line[PROGRESS_LINE_SIZE])
{
    char rate[40];
    char left[32];
    char failed[32] = "";

    rate_format(progress->events, now_ns - progress->start_ns, rate,
                sizeof rate);
    left_format(progress, left, sizeof left);
    if (progress->failed > 0) {
        snprintf(failed, sizeof failed, ", %" PRIu32 " failed",
                 progress->failed);
    }
    snprintf(line, PROGRESS_LINE_SIZE,
             "%" PRIu32 "/%" PRIu32 " runs, %" PRIu32 " running%s, %s, ETA %s",
             progress->done, progress->runs_count, running, failed, rate, left);
}

/* line_write - over the last one on a terminal, which is cleared behind it */
static void
line_write(struct progress *progress, uint32_t running, int64_t now_ns)
{
    char line[PROGRESS_LINE_SIZE];

    progress_format(progress, running, now_ns, line);
    fprintf(progress->out, progress->is_terminal ? "\r%s\033[K" : "%s\n", line);
    fflush(progress->out);
    progress->has_line = progress->is_terminal;
}

void
progress_show(struct progress *progress, uint32_t running, int64_t now_ns)
{
    if (progress->out == NULL || now_ns < progress->next_ns) {
        return;
    }
    line_write(progress, running, now_ns);
    progress->next_ns =
        now_ns + (progress->is_terminal ? TERMINAL_EVERY_NS : PLAIN_EVERY_NS);
}

void
progress_end(struct progress *progress, int64_t now_ns)
{
    if (progress->out == NULL) {
        return;
    }
    line_write(progress, 0, now_ns);
    if (progress->has_line) {
        fputc('\n', progress->out);
        progress->has_line = false;
    }
}
