/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_scenario.c - any bytes, read as a scenario: it is loaded or refused
 *
 * The files it may name are beside it: imta.cnf, job_controller.cnf,
 * tcp_local_option and day.trace.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/diag.h"
#include "sim/lab/scenario.h"
#include "tests/fuzz/fuzz.h"

/* beside - a file in the scenario's folder */
static void
beside(const char *name, const char *text)
{
    char *path = fuzz_path(name);

    fuzz_write(path, text, strlen(text));
    free(path);
}

static void
folder_fill(void)
{
    static bool is_filled;

    if (!is_filled) {
        is_filled = true;
        beside("imta.cnf", "<rules\n\nl\nh\n\ntcp_local smtp\ntcp-daemon\n");
        beside("rules", "a $U@b\n<rules\n");
        beside("job_controller.cnf", "[POOL=DEFAULT]\njob_limit=1\n");
        beside("tcp_local_option", "MAX_CLIENT_THREADS=5\n");
        beside("day.trace", "mtasim-trace 1\nstart 2006-03-12T08:00:00Z\n");
    }
}

static void
scenario_check(struct scenario *scenario)
{
    const char *canonical = scenario_canonical(scenario);

    ASSERT(canonical != NULL && *canonical != '\0');
    ASSERT(scenario->horizon_ns > 0 && scenario->step_ns > 0);
    ASSERT(scenario->traffic_count > 0);
    for (uint32_t i = 0; i < scenario->destinations_count; i++) {
        ASSERT(scenario->destinations[i].link != NULL);
    }
    for (uint32_t i = 0; i < scenario->sweep_count; i++) {
        ASSERT(scenario->sweep[i].values_count > 0);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    char *path = fuzz_path("scenario.yaml");
    struct scenario scenario;
    struct diag diag;
    bool is_loaded = false;

    folder_fill();
    fuzz_write(path, text, size);
    diag_init(&diag);
    is_loaded = scenario_load(&scenario, path, NULL, 0, &diag);
    ASSERT(is_loaded == (diag.errors_count == 0));
    if (is_loaded) {
        scenario_check(&scenario);
    }
    scenario_free(&scenario);
    diag_free(&diag);
    free(path);
    free(text);
    return 0;
}
