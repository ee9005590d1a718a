/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_import.c - mtasim import: a mail host's log becomes a trace
 */
#define _XOPEN_SOURCE 700 /* realpath() */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/cmd/commands.h"
#include "sim/cmd/launch.h"
#include "sim/kernel/civil.h"
#include "sim/lab/import.h"
#include "sim/lab/json.h"

static const struct src_loc command_line = {.file = "command line"};

/* In the order of enum import_format. */
static const char *const formats[] = {"sun", "postfix", NULL};

/* request_fill - false: reported */
static bool
request_fill(const struct command_call *call, struct import_request *request)
{
    const struct options *options = call->options;
    const char *start = options_text(options, OPTION_START, NULL);
    const char *end = NULL;
    int64_t offset_ns = 0;
    uint32_t format = 0;
    bool is_good = true;

    *request = (struct import_request){
        .paths = options->operands,
        .paths_count = options->operands_count,
        .out_path = options_text(options, OPTION_OUT, NULL),
        .year = (int32_t)options_number(options, OPTION_YEAR, 0),
        .zone = options_text(options, OPTION_ZONE, NULL),
        .source_channel = options_text(options, OPTION_SOURCE_CHANNEL, NULL),
        .has_node = options_has(options, OPTION_NODE),
        .keep_internal = options_has(options, OPTION_KEEP_INTERNAL),
        .is_strict = options_has(options, OPTION_STRICT),
        .has_start = start != NULL,
    };
    if (!options_has(options, OPTION_FORMAT)) {
        diag_error(call->diag, command_line,
                   "say --format sun or --format postfix");
        is_good = false;
    }
    if (request->out_path == NULL) {
        diag_error(call->diag, command_line,
                   "say --out TRACE, where the trace goes");
        is_good = false;
    }
    if (start != NULL &&
        (!civil_parse(start, &request->start_wall_ns, &offset_ns, &end) ||
         *end != '\0')) {
        diag_error(call->diag, command_line,
                   "--start must be a date like 2006-03-12T08:00:00Z, found"
                   " '%s'",
                   start);
        is_good = false;
    }
    is_good = options_choice(options, OPTION_FORMAT, formats, 0, &format,
                             call->diag) &&
              is_good;
    request->format = format == 0 ? IMPORT_SUN : IMPORT_POSTFIX;
    return is_good;
}

/* What the report has, for both ways to print it. */
struct count {
    const char *name;
    const char *words;
    uint64_t value;
};

enum { COUNTS_COUNT = 11 };

static void
counts_fill(const struct import_report *report,
            struct count counts[COUNTS_COUNT])
{
    const struct count all[COUNTS_COUNT] = {
        {"messages", "messages written", report->messages},
        {"recipients", "recipients written", report->recipients},
        {"lines", "lines read", report->lines},
        {"records", "tell of a message", report->records},
        {"connections", "tell of a connection", report->connections},
        {"others", "of no use here", report->others},
        {"late_lines", "earlier than a line before", report->late_lines},
        {"unparsable", "not understood", report->unparsable},
        {"skipped_internal", "the host's own mail, left out",
         report->skipped_internal},
        {"no_recipient", "messages never tried, left out",
         report->no_recipient},
        {"before_start", "messages before the start, left out",
         report->before_start},
    };

    for (int i = 0; i < COUNTS_COUNT; i++) {
        counts[i] = all[i];
    }
}

static bool
report_json(const struct import_request *request,
            const struct import_report *report)
{
    struct count counts[COUNTS_COUNT];
    char start[CIVIL_TEXT_SIZE];
    struct json json;

    counts_fill(report, counts);
    civil_format(report->start_wall_ns, start);
    json_init(&json, stdout);
    json_object_begin(&json);
    json_key(&json, "trace");
    json_text(&json, request->out_path);
    json_key(&json, "start");
    json_text(&json, start);
    for (int i = 0; i < COUNTS_COUNT; i++) {
        json_key(&json, counts[i].name);
        json_u64(&json, counts[i].value);
    }
    json_key(&json, "codes");
    json_object_begin(&json);
    for (int i = 0; i < IMPORT_CODES_COUNT; i++) {
        const char letter[] = {(char)('A' + i), '\0'};

        if (report->codes[i] > 0) {
            json_key(&json, letter);
            json_u64(&json, report->codes[i]);
        }
    }
    json_object_end(&json);
    json_object_end(&json);
    return json_end(&json);
}

static void
report_print(const struct import_request *request,
             const struct import_report *report)
{
    struct count counts[COUNTS_COUNT];
    char start[CIVIL_TEXT_SIZE];
    char whole[PATH_MAX];

    /* A scenario looks for its files beside itself: say where this one is. */
    if (realpath(request->out_path, whole) == NULL) {
        snprintf(whole, sizeof whole, "%s", request->out_path);
    }
    counts_fill(report, counts);
    civil_format(report->start_wall_ns, start);
    printf("%s: start %s\n", request->out_path, start);
    for (int i = 0; i < COUNTS_COUNT; i++) {
        if (counts[i].value > 0 || i < 3) {
            printf("  %10" PRIu64 "  %s\n", counts[i].value, counts[i].words);
        }
    }
    fputs("            by code:", stdout);
    for (int i = 0; i < IMPORT_CODES_COUNT; i++) {
        if (report->codes[i] > 0) {
            printf(" %c %" PRIu64, (char)('A' + i), report->codes[i]);
        }
    }
    printf(
        "\nto replay it, put into a scenario.yaml (a path there that does not"
        " begin with /\nis relative to the scenario's folder):\n\n"
        "start: %s\n"
        "traffic: [ { name: log, arrivals: replay(%s) } ]\n",
        start, whole);
}

int
cmd_import(struct command_call *call)
{
    struct import_request request;
    struct import_report report = {0};

    if (!request_fill(call, &request) ||
        !import_run(&request, &report, call->diag)) {
        return EXIT_USER_ERROR;
    }
    if (!options_has(call->options, OPTION_JSON)) {
        report_print(&request, &report);
    } else if (!report_json(&request, &report)) {
        return EXIT_IO_ERROR;
    }
    return launch_flush(call->diag) ? EXIT_DONE : EXIT_IO_ERROR;
}
