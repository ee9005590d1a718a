/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * metric.h - the one table of what can be asked of a result, by name
 *
 * Names, units, which way is better, and how the number is had. Whatever
 * prints, stores, compares or plots a result goes through this table, so a
 * number has one name and one meaning everywhere.
 *
 * MODEL      Percentiles of latency are over all submitted recipients: who was
 *            not delivered waits longer than everybody else, so a percentile
 *            that falls on one is "longer than the horizon". The mean is given
 *            only when nothing was left in the queue or held. Thus no setting
 *            looks good by leaving its worst mail behind.
 * GROUPS     host.NAME.latency.p95, channel.NAME.delivered,
 *            priority.urgent.latency.p99: the same of one host, channel or
 *            priority, from the populations that a results file keeps. These
 *            have no row and no id here; metric_find() makes them.
 * UNITS      Seconds, messages (recipients) per second, counts.
 */
#ifndef SIM_LAB_METRIC_H
#define SIM_LAB_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "models/result.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/diag.h"

enum metric_better { METRIC_HIGHER, METRIC_LOWER, METRIC_NEITHER };

enum metric_state {
    METRIC_DEFINED,
    METRIC_UNDEFINED, /* nothing to measure, 0 / 0 */
    METRIC_BEYOND     /* longer than the horizon */
};

struct metric_value {
    enum metric_state state;
    double value; /* 0 unless DEFINED */
};

struct metric {
    const char *name;
    const char *unit; /* "s", "msg/s", "" */
    const char *help; /* half a sentence */
    uint32_t id;      /* in result files: never changed, never reused */
    enum metric_better better;
    enum metric_kind {
        METRIC_COUNT,        /* the int64_t at offset */
        METRIC_THROUGHPUT,   /* delivered per second, first submit to the end */
        METRIC_PEAK_RATE,    /* largest minute, per second */
        METRIC_MEAN,         /* of the struct hist at offset */
        METRIC_QUANTILE,     /* of the struct hist at offset */
        METRIC_BACKLOG_MEAN, /* recipients queued, over time */
        METRIC_BACKLOG_PEAK  /* largest of the time series */
    } kind;
    uint32_t offset; /* in struct result; of a group: in result_group */
    int32_t ppm;     /* QUANTILE */
    /* Of a group only, else NULL: */
    const char *group;      /* "host", "channel", "priority" */
    const char *group_name; /* of the host, channel or priority */
    const char *column;     /* of the table population */
};

uint32_t metric_count(void);
const struct metric *metric_at(uint32_t index); /* in the order of the table */

/* NULL: there is none of this name (metric_nearest() may know what was
 * meant). */
const struct metric *metric_get(const char *name);
const char *metric_nearest(const char *name); /* NULL: nothing like it */

/*
 * A metric by name, of the table or of a group; the latter lives in the arena.
 * NULL: there is none, reported with what may have been meant. Which hosts
 * there are only a run knows: of one that it has not, a metric is UNDEFINED.
 */
const struct metric *metric_find(const char *name, struct arena *arena,
                                 struct diag *diag);

/* What metrics of groups are called, for help: the index-th of them after the
 * name, "latency.p95"; NULL after the last. */
const char *metric_group_at(uint32_t index);

struct metric_value metric_of(const struct metric *metric,
                              const struct result *result);

/* The quantile of `hist` in ns where `submitted` recipients count. For the
 * groups, which have no names in the table. */
struct metric_value metric_quantile_s(const struct hist *hist,
                                      int64_t submitted, int32_t ppm);

/* The name of the state: "ok", "undefined", "beyond the horizon". */
const char *metric_state_name(enum metric_state state);

#endif
