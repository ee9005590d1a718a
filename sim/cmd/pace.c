/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pace.c - see pace.h
 */
#include "sim/cmd/pace.h"

#include <inttypes.h>
#include <time.h>

#include "sim/cmd/figures.h"
#include "sim/kernel/base.h"

#define TERMINAL_NS (100 * NS_PER_MS)
#define PLAIN_NS    (10 * NS_PER_S)

static int64_t
clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

void
pace_init(struct pace *pace, FILE *out, int64_t horizon_ns)
{
    *pace =
        (struct pace){.out = out,
                      .is_terminal = out != NULL && figures_is_terminal(out),
                      .horizon_ns = horizon_ns,
                      .begun_ns = clock_now_ns()};
    pace->next_ns = pace->begun_ns + (pace->is_terminal ? NS_PER_S : PLAIN_NS);
}

void
pace_format(const struct pace *pace, int64_t clock_ns, int64_t at_ns,
            int64_t events, char line[PACE_LINE_SIZE])
{
    const double spent_s =
        (double)(clock_ns - pace->begun_ns) / (double)NS_PER_S;
    const double share = (double)at_ns / (double)pace->horizon_ns;
    const double left_s = share > 0 ? spent_s * (1 - share) / share : 0;
    char at[FIGURES_SIZE];
    char horizon[FIGURES_SIZE];
    char rate[FIGURES_SIZE];

    figures_duration(at, (double)at_ns / (double)NS_PER_S);
    figures_duration(horizon, (double)pace->horizon_ns / (double)NS_PER_S);
    figures_rate(rate, spent_s > 0 ? (double)events / spent_s : 0);
    snprintf(line, PACE_LINE_SIZE,
             "%.0f %%, %s of %s simulated, %s events/s, %" PRId64 ":%02" PRId64
             " left",
             100 * share, at, horizon, rate, (int64_t)left_s / 60,
             (int64_t)left_s % 60);
}

void
pace_show(struct pace *pace, int64_t at_ns, int64_t events)
{
    const int64_t clock_ns = pace->out != NULL ? clock_now_ns() : 0;
    char line[PACE_LINE_SIZE];

    if (pace->out == NULL || clock_ns < pace->next_ns) {
        return;
    }
    pace->next_ns = clock_ns + (pace->is_terminal ? TERMINAL_NS : PLAIN_NS);
    pace_format(pace, clock_ns, at_ns, events, line);
    if (pace->is_terminal) {
        fprintf(pace->out, "\r%s\033[K", line);
        pace->has_line = true;
    } else {
        fprintf(pace->out, "%s\n", line);
    }
    fflush(pace->out);
}

void
pace_end(struct pace *pace)
{
    if (pace->has_line) {
        fputs("\r\033[K", pace->out);
        fflush(pace->out);
    }
    pace->has_line = false;
}
