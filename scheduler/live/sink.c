/* SPDX-License-Identifier: MIT */
/*
 * sink.c - see sink.h
 */
#include "sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "chances.h"
#include "live.h"

bool
sink_faults_read(struct sink *sink, const char *text)
{
    static const char *const names[SINK_FAULTS_COUNT] = {
        [SINK_TEMPORARY] = "temp",  [SINK_PERMANENT] = "perm",
        [SINK_TIMEOUT] = "timeout", [SINK_CRASH] = "crash",
        [SINK_END] = "end",         [SINK_START] = "start",
    };

    return chances_read(text, names, SINK_FAULTS_COUNT, sink->ppm);
}

bool
sink_has(const struct sink *sink, enum sink_fault fault, uint64_t attempt,
         uint64_t recipient)
{
    return live_mix(sink->seed + fault + 1, attempt, recipient) % CHANCES_PPM <
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
