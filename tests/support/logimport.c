/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * logimport.c - see logimport.h
 */
#include "tests/support/logimport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/logfiles.h"
#include "tests/support/support.h"

struct logimport
logimport_run(const struct import_request *request)
{
    char name[64];
    struct logimport result = {0};
    struct import_request own = *request;
    struct diag diag;
    size_t size = 0;

    /* Test programs run side by side: each has its own files. */
    snprintf(name, sizeof name, "logimport.%ld", (long)getpid());
    own.out_path = logfiles_path(name);
    unlink(own.out_path);
    diag_init(&diag);
    result.is_done = import_run(&own, &result.report, &diag);
    result.trace = logfiles_read(own.out_path, &size);
    result.diag = strdup(diag.text == NULL ? "" : diag.text);
    assert_int_equal(result.is_done, result.trace != NULL);
    assert_false(logfiles_has_litter(own.out_path));
    unlink(own.out_path);
    diag_free(&diag);
    return result;
}

void
logimport_free(struct logimport *result)
{
    free(result->trace);
    free(result->diag);
    *result = (struct logimport){0};
}

struct logimport
logimport_text(const struct import_request *request, const char *text)
{
    char name[64];
    struct import_request own = *request;
    struct logimport result;
    const char *path = NULL;

    snprintf(name, sizeof name, "logtext.%ld", (long)getpid());
    path = logfiles_path(name);
    logfiles_write(path, text, strlen(text));
    own.paths = &path;
    own.paths_count = 1;
    result = logimport_run(&own);
    unlink(path);
    return result;
}
