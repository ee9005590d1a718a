/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * export_run.h - the mail events of a run, written as a log while it runs
 *
 *     struct export_run run = {export_open(...), scenario.start_wall_ns};
 *     observer = (struct mta_observer){.context = &run,
 *                                      .mail = export_run_mail};
 *
 * A recipient that the remote side refused for good and one that grew too old
 * are both "R"; the text says which. A failed attempt names the phase of the
 * dialogue that it failed in.
 */
#ifndef SIM_LAB_EXPORT_RUN_H
#define SIM_LAB_EXPORT_RUN_H

#include "models/mta/host.h"
#include "sim/lab/export.h"

struct export_run {
    struct export *log;
    int64_t start_wall_ns; /* of the run */
};

/* For mta_observer.mail; the context is a struct export_run. */
void export_run_mail(void *context, const struct mta_mail_event *event);

#endif
