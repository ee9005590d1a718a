/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_override.c - any lines, each given to --set on a scenario that has a bit
 * of everything
 */
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/diag.h"
#include "sim/lab/scenario.h"
#include "tests/fuzz/fuzz.h"

#define FULL "tests/fixtures/scenario/full/scenario.yaml"

enum { SETS_MAX = 8 };

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    const char *sets[SETS_MAX];
    uint32_t sets_count = 0;
    struct scenario scenario;
    struct diag diag;
    bool is_loaded = false;

    for (char *line = text; line != NULL && sets_count < SETS_MAX;) {
        char *newline = strchr(line, '\n');

        sets[sets_count++] = line;
        line = newline;
        if (newline != NULL) {
            *newline = '\0';
            line++;
        }
    }
    diag_init(&diag);
    is_loaded = scenario_load(&scenario, FULL, sets, sets_count, &diag);
    ASSERT(is_loaded == (diag.errors_count == 0));
    if (is_loaded) {
        ASSERT(*scenario_canonical(&scenario) != '\0');
        ASSERT(scenario.horizon_ns > 0 && scenario.traffic_count > 0);
    }
    scenario_free(&scenario);
    diag_free(&diag);
    free(text);
    return 0;
}
