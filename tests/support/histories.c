/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/histories.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct histories {
    const char *program;
    uint64_t running; /* seed of the history under way; 0: none */
};

void
histories_each(void **state, uint64_t count, void (*run)(uint64_t seed))
{
    struct histories *histories = *state;
    const char *seed = getenv("PROP_SEED");
    const char *runs = getenv("PROP_RUNS");

    if (runs != NULL) {
        count = strtoull(runs, NULL, 10);
    }
    for (uint64_t i = 1; i <= count && seed == NULL; i++) {
        histories->running = i;
        run(i);
    }
    if (seed != NULL) {
        histories->running = strtoull(seed, NULL, 10);
        run(histories->running);
    }
    histories->running = 0;
}

int
histories_setup(void **state)
{
    static struct histories histories;

    histories = (struct histories){.program = *state};
    *state = &histories;
    return 0;
}

int
histories_teardown(void **state)
{
    const struct histories *histories = *state;

    if (histories->running != 0) { /* an assertion did not let it end */
        printf("repeat with: PROP_SEED=%" PRIu64 " make check T=%s\n",
               histories->running, histories->program);
    }
    return 0;
}
