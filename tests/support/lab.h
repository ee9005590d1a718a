/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lab.h - a scenario of the tests, run with settings, and what was seen of it
 *
 * Loads tests/fixtures/NAME from the root of the tree, with the scheduler
 * object of the build under test. Whatever goes wrong fails the test, with the
 * diagnostics.
 */
#ifndef TESTS_SUPPORT_LAB_H
#define TESTS_SUPPORT_LAB_H

#include <stdint.h>

#include "models/mta/host.h"
#include "models/result.h"

#define LAB_EVENTS_MAX 1000000

/* What became of recipients, in order. */
struct lab_log {
    struct mta_mail_event *events;
    uint32_t count;
};

struct lab_run {
    const char *fixture;     /* folder under tests/fixtures */
    const char *scheduler;   /* object of the build; NULL: jobctl.so */
    const char *const *sets; /* "path=value", NULL at the end; may be NULL */
    uint32_t replication;
    struct lab_log *log; /* NULL: not kept. Names in events are not valid */
};

/* The result is the caller's: result_free(). Violations fail the test. */
void lab_run(const struct lab_run *run, struct result *result);

void lab_log_free(struct lab_log *log);

#endif
