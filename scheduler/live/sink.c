/* SPDX-License-Identifier: MIT */
/*
 * sink.c - see sink.h
 */
#include "sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live.h"

#define PPM 1000000u

static const char *const names[SINK_FAULTS_COUNT] = {
    [SINK_TEMPORARY] = "temp",  [SINK_PERMANENT] = "perm",
    [SINK_TIMEOUT] = "timeout", [SINK_CRASH] = "crash",
    [SINK_END] = "end",         [SINK_START] = "start",
};

/* percent_read - "10%" or "0.5%", at most four decimals, in ppm */
static bool
percent_read(const char **text, uint32_t *ppm)
{
    char *end = NULL;
    const unsigned long whole = strtoul(*text, &end, 10);
    uint32_t unit = PPM / 100;

    if (end == *text || whole > 100) {
        return false;
    }
    *ppm = (uint32_t)whole * unit;
    if (*end == '.') {
        for (end++; *end >= '0' && *end <= '9' && unit > 1; end++) {
            unit /= 10;
            *ppm += (uint32_t)(*end - '0') * unit;
        }
    }
    if (*end != '%' || *ppm > PPM) {
        return false;
    }
    *text = end + 1;
    return true;
}

bool
sink_faults_read(struct sink *sink, const char *text)
{
    for (;;) {
        uint32_t fault = 0;
        size_t length = 0;

        while (fault < SINK_FAULTS_COUNT) {
            length = strlen(names[fault]);
            if (strncmp(text, names[fault], length) == 0 &&
                text[length] == '=') {
                break;
            }
            fault++;
        }
        text += length + 1;
        if (fault == SINK_FAULTS_COUNT ||
            !percent_read(&text, &sink->ppm[fault])) {
            return false;
        }
        if (*text == '\0') {
            return true;
        }
        if (*text++ != ',') {
            return false;
        }
    }
}

bool
sink_has(const struct sink *sink, enum sink_fault fault, uint64_t attempt,
         uint64_t recipient)
{
    return live_mix(sink->seed + fault + 1, attempt, recipient) % PPM <
           sink->ppm[fault];
}

int64_t
sink_time_ns(const struct sink *sink, uint64_t attempt)
{
    const uint64_t span = (uint64_t)(sink->time_max_ns - sink->time_min_ns) + 1;

    return sink->time_min_ns +
           (int64_t)(live_mix(sink->seed, attempt, 0) % span);
}

void
sink_log(const struct sink *sink, const char *what, uint64_t message,
         uint32_t file, uint32_t index, const char *address)
{
    char line[1024];

    if (sink->log < 0) {
        return;
    }
    int n = snprintf(line, sizeof line,
                     "%s %" PRIu64 " %" PRIu32 " %" PRIu32 " %.900s\n", what,
                     message, file, index, address);
    if (write(sink->log, line, (size_t)n) != n) {
        live_say("the sink's log cannot be written");
    }
}
