/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wording.h - times of a run in words, for what mtasim explain says
 */
#ifndef SIM_CMD_WORDING_H
#define SIM_CMD_WORDING_H

#include <stdint.h>
#include <stdio.h>

#include "sim/lab/json.h"

/* "205 ms", "3 h" */
void wording_duration(FILE *out, int64_t ns);

/* The wall clock, to the second: "2006-03-12 08:00:10". */
void wording_clock(FILE *out, int64_t wall_ns);

/* Text with its every "NUMBER ns" as a time, "12.3 s (08:00:12)". */
void wording_times(FILE *out, const char *text, int64_t start_wall_ns);
/* The same as a value, without an end of line; NULL is null. */
void wording_times_json(struct json *json, const char *text,
                        int64_t start_wall_ns);

/* Members of an object. */
void wording_text_put(struct json *json, const char *key, const char *text);
void wording_u64_put(struct json *json, const char *key, uint64_t value);
void wording_seconds_put(struct json *json, const char *key, int64_t ns);
/* "KEY_s" and "KEY": since the start of the run, and by the wall clock. */
void wording_instant_put(struct json *json, const char *key, int64_t at_ns,
                         int64_t start_wall_ns);

#endif
