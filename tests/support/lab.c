/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lab.c - see lab.h
 */
#include "tests/support/lab.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/lab/run.h"
#include "tests/support/support.h"

static void
on_mail(void *context, const struct mta_mail_event *event)
{
    struct lab_log *log = context;

    if (log->count < LAB_EVENTS_MAX) {
        log->events[log->count++] = *event;
    }
}

/* scheduler_path - the object of the build that runs the tests */
static void
scheduler_path(char *path, size_t size, const char *name)
{
    const char *build = getenv("MTASIM_BUILD");

    snprintf(path, size, "%s/%s", build == NULL ? "build/debug" : build,
             name == NULL ? "jobctl.so" : name);
}

void
lab_run(const struct lab_run *run, struct result *result)
{
    char folder[256], scheduler[256];
    struct scenario scenario;
    struct mta_about about;
    struct diag diag;
    struct mta_observer observer = {.context = run->log, .mail = on_mail};
    uint32_t sets_count = 0;

    while (run->sets != NULL && run->sets[sets_count] != NULL) {
        sets_count++;
    }
    snprintf(folder, sizeof folder, "tests/fixtures/%s", run->fixture);
    scheduler_path(scheduler, sizeof scheduler, run->scheduler);
    diag_init(&diag);
    result_init(result);
    if (run->log != NULL) {
        run->log->events =
            base_alloc(LAB_EVENTS_MAX * sizeof run->log->events[0]);
        run->log->count = 0;
    }
    bool is_good =
        scenario_load(&scenario, folder, run->sets, sets_count, &diag);
    if (is_good) {
        const struct run_request request = {
            .scenario = &scenario,
            .scheduler_path = scheduler,
            .seed = RUN_SEED_DEFAULT,
            .replication = run->replication,
            .observer = run->log == NULL ? NULL : &observer,
        };
        is_good = run_once(&request, result, &about, &diag);
        scenario_free(&scenario);
    }
    if (!is_good || result->violations != 0) {
        diag_print(&diag, stderr);
        fail();
    }
    diag_free(&diag);
}

void
lab_log_free(struct lab_log *log)
{
    free(log->events);
    *log = (struct lab_log){0};
}
