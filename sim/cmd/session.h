/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h - what the commands that make runs have in common
 *
 * The scenario with its --set, the seed, the scheduler object, and the line of
 * shell that repeats it all.
 *
 * OWNERSHIP  session_open() fills one arena; session_close() releases it, and
 *            is called after a failed open too.
 * ERRORS     To the call's diag.
 */
#ifndef SIM_CMD_SESSION_H
#define SIM_CMD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/cmd/commands.h"
#include "sim/kernel/arena.h"
#include "sim/lab/run.h"
#include "sim/lab/scenario.h"

struct session {
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
MUST_USE bool session_open(struct session *session, struct command_call *call,
                           const char *scenario_path);

/* The same with more sets behind those of the command line. */
MUST_USE bool session_open_with(struct session *session,
                                struct command_call *call,
                                const char *scenario_path,
                                const char *const *more_sets,
                                uint32_t more_sets_count);
void session_close(struct session *session);

/* What runs this session's run. */
struct run_request session_request(const struct session *session);

/*
 * "mtasim run SCENARIO --set ... --seed 20060312 --replication 3": makes this
 * one run again. In the session's arena.
 */
const char *session_command(const struct session *session);

/* Runs it, with the line that repeats it at hand for an ASSERT that breaks. */
MUST_USE bool session_run(struct session *session,
                          const struct mta_observer *observer,
                          struct result *result,
                          struct mta_about *scheduler, struct diag *diag);

/* The path of a scheduler object: as given, or jobctl.so beside the program's
 * own file. NULL: there is none, reported. */
const char *session_scheduler_path(const char *given, struct arena *arena,
                                   struct diag *diag);

/* The file this program was started from; NULL: not known. In the arena. */
const char *session_program_path(struct arena *arena);

/* The word in quotes, if a shell would need them. In the arena. */
const char *session_quote(struct arena *arena, const char *word);

/* The words of argv as one shell line behind "mtasim". In the arena. */
const char *session_words(struct arena *arena, int argc, char *const *argv);

/* Appends to a text in the arena. */
const char *session_join(struct arena *arena, const char *a, const char *b);

/* Flushes stdout. False: it could not be written, reported. */
MUST_USE bool session_flush(struct diag *diag);

#endif
