/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * result.h - what a run measured
 *
 * Counts, latency histograms, and a time series at fixed steps; for the whole
 * run and by channel, host and priority. Everything is an integer; ratios and
 * percentiles are made where they are printed.
 *
 * UNITS      ns, messages, recipients. Latency runs from submit to the final
 *            delivery of a recipient; a first attempt from submit to the start
 *            of the first attempt.
 * OWNERSHIP  result_init(), result_free(). Names are copied.
 */
#ifndef MODELS_RESULT_H
#define MODELS_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/digest.h"
#include "sim/kernel/hist.h"

/* How an attempt fared on the line, whatever the replies said. */
enum result_fate {
    RESULT_NO_CONNECTION,    /* no answer to the SYN, or refused */
    RESULT_NO_BANNER,        /* connected; the greeting never came in time */
    RESULT_STALLED_DIALOGUE, /* a reply before the text did not */
    RESULT_STALLED_DATA,     /* the text, or the reply to its dot */
    RESULT_SLOW,             /* to its end, but see result_is_slow() */
    RESULT_IN_TIME,
    RESULT_FATES_COUNT
};

/* How its connection was modelled. */
enum result_model {
    RESULT_PLAIN,
    RESULT_ROUND,
    RESULT_SEGMENT,
    RESULT_MODELS_COUNT
};

/* What the line did to attempts. */
struct result_line {
    int64_t fates[RESULT_FATES_COUNT];
    int64_t models[RESULT_MODELS_COUNT];
    int64_t stalled_bytes_least; /* of stalled texts: what had passed; */
    int64_t stalled_bytes_most;  /* -1: none was */
};

/* One link; all of the run's are there. */
struct result_link {
    char *name;
    struct result_line line;
};

/* One population of recipients. */
struct result_group {
    char *name;
    int64_t submitted; /* recipients */
    int64_t delivered;
    int64_t returned;
    int64_t rejected;
    int64_t attempts; /* recipients tried, with repetition */
    int64_t deferrals;
    int64_t connections;     /* hosts and channels only */
    int64_t refused;         /* connections answered by 421; hosts only */
    struct result_line line; /* hosts only */
    struct hist latency_ns;
    struct hist first_attempt_ns;
};

/* One step of the time series: state at its end, flows within it. */
struct result_step {
    int64_t submitted;
    int64_t delivered;
    int64_t deferred;
    int64_t queued; /* recipients not final */
    int64_t jobs;   /* running or starting */
    int64_t threads;
    int64_t busy_threads;
    int64_t connections;
};

enum { RESULT_PRIORITIES_COUNT = 3 };

struct result {
    struct digest digest;
    int64_t simulated_ns;
    int64_t wall_ns;        /* of this computer; in no digest */
    int64_t peak_rss_bytes; /* likewise; 0: not known */
    int64_t events;         /* handed to the scheduler */
    int64_t actions;        /* it gave */
    int64_t kernel_events;
    /* recipients */
    int64_t submitted;
    int64_t delivered;
    int64_t returned;
    int64_t held;
    int64_t rejected;
    int64_t queued; /* at the end */
    int64_t duplicates;
    /* messages, files, work */
    int64_t submissions;
    int64_t files;
    int64_t attempts; /* files tried, with repetition */
    int64_t deferrals;
    int64_t warnings; /* delay notices sent */
    int64_t notices;  /* notifications the scheduler had made, of any kind */
    int64_t restarts; /* of the scheduler */
    int64_t connections;
    int64_t connections_refused; /* 421 */
    int64_t connections_peak;
    int64_t job_starts;
    int64_t thread_starts;
    int64_t jobs_peak;
    int64_t threads_peak;
    int64_t violations;
    int64_t submit_first_ns;   /* INT64_MAX: none */
    int64_t final_last_ns;     /* last final outcome; INT64_MIN: none */
    int64_t delivered_60s_max; /* largest number delivered within a minute */
    struct result_line line;
    struct result_link *links;
    uint32_t links_count;
    /* Little's law: integral of the number queued, and sum of times queued. */
    base_u128 queued_integral; /* recipients x ns */
    base_u128 sojourn_sum;     /* ns, of all recipients, to the end at most */
    struct hist latency_ns;
    struct hist first_attempt_ns;
    struct result_group *channels;
    struct result_group *hosts;
    struct result_group priorities[RESULT_PRIORITIES_COUNT];
    uint32_t channels_count;
    uint32_t hosts_count;
    struct result_step *steps;
    uint32_t steps_count;
    uint32_t steps_capacity;
    int64_t step_ns;
};

/* Empty. The names of the priorities stay NULL until somebody sets them. */
void result_init(struct result *result);

/* Releases everything in it, the groups and their names included (all of them
 * from malloc). A result that is all zeroes may be freed, too. */
void result_free(struct result *result);

/* An empty group without a name, for who makes the arrays of groups. */
void result_group_init(struct result_group *group);

/* Nothing has happened on it. */
void result_line_init(struct result_line *line);

/* One more attempt; passed_bytes: of its text, if that stalled. */
void result_line_add(struct result_line *line, enum result_fate fate,
                     enum result_model model, int64_t passed_bytes);

/* Those that the line let down: all but in time. */
int64_t result_line_afflicted(const struct result_line *line);

/* "no connection", "no banner", "stalled in dialogue", ... */
const char *result_fate_name(enum result_fate fate);

/* What an attempt took on the line, the server's thinking left out, is more
 * than four times what it takes without any fault, and a second more (GUESS:
 * what a postmaster would notice). */
bool result_is_slow(int64_t line_ns, int64_t plain_ns);

/* Delivered per second between first submit and last final outcome, in
 * millionths; 0 where that is no time. */
int64_t result_throughput_ppm_per_s(const struct result *result);

#endif
