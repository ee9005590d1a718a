/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * launch.h - what the commands that make runs have in common
 *
 * The scenario with its --set, the seed, the scheduler object, and the line of
 * shell that repeats it all.
 *
 * OWNERSHIP  launch_open() fills one arena; launch_close() releases it, and
 *            is called after a failed open too.
 * ERRORS     To the call's diag.
 */
#ifndef SIM_CMD_LAUNCH_H
#define SIM_CMD_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/cmd/commands.h"
#include "sim/kernel/arena.h"
#include "sim/lab/run.h"
#include "sim/lab/scenario.h"

struct launch {
    struct arena *arena;
    struct scenario scenario;
    const char *scenario_path; /* as given */
    const char *scheduler_path;
    const char *const *sets;
    uint32_t sets_count;
    uint64_t seed;
    uint32_t replication;
    bool has_scheduler; /* one was named; not the one beside the program */
};

/* Loads the scenario of this path with the call's options. */
MUST_USE bool launch_open(struct launch *launch, struct command_call *call,
                          const char *scenario_path);

/* The same with more sets behind those of the command line. */
MUST_USE bool launch_open_with(struct launch *launch, struct command_call *call,
                               const char *scenario_path,
                               const char *const *more_sets,
                               uint32_t more_sets_count);
void launch_close(struct launch *launch);

/* What runs this launch's run. */
struct run_request launch_request(const struct launch *launch);

/*
 * "mtasim run SCENARIO --set ... --seed 20060312 --replication 3": makes this
 * one run again. In the launch's arena.
 */
const char *launch_command(const struct launch *launch);

/* Runs it, with the line that repeats it at hand for an ASSERT that breaks. */
MUST_USE bool launch_run(struct launch *launch,
                         const struct mta_observer *observer,
                         struct result *result, struct mta_about *scheduler,
                         struct diag *diag);

/* The path of a scheduler object: as given, or jobctl.so beside the program's
 * own file. NULL: there is none, reported. */
const char *launch_scheduler_path(const char *given, struct arena *arena,
                                  struct diag *diag);

/* The file this program was started from; NULL: not known. In the arena. */
const char *launch_program_path(struct arena *arena);

/* The word in quotes, if a shell would need them. In the arena. */
const char *launch_quote(struct arena *arena, const char *word);

/* The words of argv as one shell line behind "mtasim". In the arena. */
const char *launch_words(struct arena *arena, int argc, char *const *argv);

/* Appends to a text in the arena. */
const char *launch_join(struct arena *arena, const char *a, const char *b);

/* Flushes stdout. False: it could not be written, reported. */
MUST_USE bool launch_flush(struct diag *diag);

#endif
