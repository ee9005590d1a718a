/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * logimport.h - an import and what came of it, for the tests of the formats
 */
#ifndef TESTS_SUPPORT_LOGIMPORT_H
#define TESTS_SUPPORT_LOGIMPORT_H

#include <stdbool.h>

#include "sim/lab/import.h"

struct logimport {
    bool is_done;
    struct import_report report;
    char *trace; /* its text; NULL: nothing was written */
    char *diag;  /* what was reported, "" for nothing */
};

/* Imports paths[] as the request says, to a file of the build's folder. The
 * request's out_path is set to it. */
struct logimport logimport_run(const struct import_request *request);
void logimport_free(struct logimport *result);

/* The same of a log given as text; the request's paths are not used. */
struct logimport logimport_text(const struct import_request *request,
                                const char *text);

#endif
