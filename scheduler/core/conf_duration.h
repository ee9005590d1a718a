/* SPDX-License-Identifier: MIT */
/*
 * conf_duration.h - durations and times of day, in and out
 *
 * FORMS      Files: P[nY][nM][nW][nD][T[nH][nM][nS]] (ISO 8601), whole
 *            numbers, either case; M before T is months, after it minutes; no
 *            carry limit (pt120m is two hours). Overrides also 30s, 30m,
 *            1h30m, 2d, 1w, and plain seconds where the option counts seconds.
 * MODEL      A day has 86400 s, a week 7 days, a month 30, a year 365: a
 *            choice, as the keyword's own manual names no lengths.
 * LIMIT      Ten years.
 */
#ifndef SCHED_CORE_CONF_DURATION_H
#define SCHED_CORE_CONF_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

#define CONF_NS_PER_S     INT64_C(1000000000)
#define CONF_NS_PER_MIN   (60 * CONF_NS_PER_S)
#define CONF_NS_PER_HOUR  (3600 * CONF_NS_PER_S)
#define CONF_NS_PER_DAY   (86400 * CONF_NS_PER_S)
#define CONF_DURATION_MAX (3650 * CONF_NS_PER_DAY)

/* Whether this begins as a duration, so that a list goes on. */
bool conf_duration_is_likely(struct text_slice text);

/* False if the form is wrong or the value above the limit. 0 is accepted. */
bool conf_duration_parse(struct text_slice text, int64_t *ns);
bool conf_duration_parse_plain(struct text_slice text, int64_t *ns);

/* "pt30m", "p1dt12h", "0" */
void conf_duration_format(struct text_out *out, int64_t ns);

/* HH:MM, up to 24:00 (a period may be a whole day), as a time since 00:00. */
bool conf_clock_parse(struct text_slice text, int64_t *ns);
void conf_clock_format(struct text_out *out, int64_t ns);

#endif
