/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scenario.h - the one description of a run: YAML in, checked parameters out
 *
 * A scenario is a folder with scenario.yaml, or the file itself. Everything in
 * it can be set from the command line by its path (`--set
 * links.wan.rtt=80ms`, `--set channel.tcp_local.threaddepth=5`); paths under
 * channel., job., pool. and option. belong to the scheduler, which checks them
 * itself; all others are rows of the schema table.
 *
 * FILES      mta.channels, mta.jobs, mta.options, and what lines `<file` in the
 *            first two include, relative to them; one that does not exist is
 *            left to the scheduler to miss, for it does not read all. Without
 *            mta.options, every *_option beside the channels file, in order of
 *            bytes.
 * DEFAULTS   A traffic source takes what it does not say (but for its name and
 *            arrivals) from the first source; a destination from the
 *            destination "*". The link "default" is always there.
 * OWNERSHIP  scenario_load() fills one arena; scenario_free() releases it all,
 *            and is called after a failed load too.
 * ERRORS     Reported to diag, all at once; false: there was one. Lines of source
 *            are shown for what loading finds, not for what is found later.
 */
#ifndef SIM_LAB_SCENARIO_H
#define SIM_LAB_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "models/destination.h"
#include "models/dialogue.h"
#include "models/link.h"
#include "models/machine.h"
#include "models/mta/host.h"
#include "models/traffic.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/diag.h"

/* A file the scenario names, as read. */
struct scenario_file {
    const char *name; /* as it stands in messages: path relative to scenario;
                         of included files: as the line has it */
    const char *path; /* to open it */
    const char *bytes;
    uint64_t bytes_size;
    uint32_t role; /* enum sched_text_role's numbers; 0: none of these */
};

struct scenario_override {
    const char *path;
    const char *value;
    const char *where;
};

/* One swept parameter and its values, as text. */
struct scenario_axis {
    const char *path;
    const char **values; /* "": as configured, nothing is set */
    const char **labels; /* what people call them, NULL: the value itself;
                            NULL: none has one */
    uint32_t values_count;
};

/* The label of a value, or the value; "default" for what is as configured. */
const char *scenario_axis_label(const struct scenario_axis *axis,
                                uint32_t index);

/* A fault window, for the picture; an event is one without length. */
struct scenario_fault {
    int64_t at_ns;
    int64_t for_ns;
    const char *label; /* "bigisp.example: refuse" */
};

struct doc_node; /* doc.h */

struct scenario {
    struct arena *arena;
    const struct doc_node *doc; /* what was written, with sets; for the
                                   canonical text */
    const char *name;           /* last part of the folder's name */
    const char *path;           /* scenario.yaml */
    const char *title;
    int64_t start_wall_ns; /* civil ns since 1970-01-01T00:00 */
    int64_t horizon_ns;
    int64_t step_ns;       /* of the time series */
    uint32_t messages_max; /* queued at once; the limit has this name */
    bool is_strict;
    const char *default_channel; /* for destinations that name none; NULL:
                                    tcp_local, else the first channel with host
                                    queues */
    struct scenario_file *files; /* the MTA's own: channels, jobs, options */
    uint32_t files_count;
    bool has_files; /* all of them were read: the scheduler may be asked what
                       it says of them, even if the rest is wrong */
    struct scenario_override *overrides;
    uint32_t overrides_count;
    const struct tcp_stack *client; /* the mail host's own */
    struct link_params *links;
    uint32_t links_count;
    struct destination_params *destinations; /* the last one, named "*", is
                                                what the others are made like */
    uint32_t destinations_count;
    struct traffic_params *traffic;
    uint32_t traffic_count;
    struct scenario_fault *faults;
    uint32_t faults_count;
    struct mta_change *changes; /* events, in the order of the file */
    uint32_t changes_count;
    const char *backlog_path;                    /* NULL: none */
    const struct destination_params *notices_to; /* NULL: nobody */
    int64_t notice_bytes;
    struct machine_params machine;
    struct dialogue_params dialogue;
    struct scenario_axis *sweep;
    uint32_t sweep_count;
    const char **measure;
    uint32_t measure_count;
    uint32_t replications; /* sweep: default number */
};

/* `sets` are "path=value" texts of the command line, later ones win. */
MUST_USE bool scenario_load(struct scenario *scenario, const char *path,
                            const char *const *sets, uint32_t sets_count,
                            struct diag *diag);

/* The same, where not all sets are of --set: each has the word that it is called
 * by when it is wrong ("--param"). */
MUST_USE bool scenario_load_as(struct scenario *scenario, const char *path,
                               const char *const *sets,
                               const char *const *origins, uint32_t sets_count,
                               struct diag *diag);
void scenario_free(struct scenario *scenario);

/*
 * The scenario in one canonical text: every row that a run depends on and that
 * differs from its default, in smallest units, the overrides, and the SHA-256
 * of every file it names; what a run's key is made of. Title, sweep, measure,
 * replications and labels of faults are not in it, values from `sets` are.
 * Reads replayed traces to hash them. Lives in the scenario's arena.
 */
const char *scenario_canonical(struct scenario *scenario);

/* The schema as text: key, type, unit, default, source. */
void scenario_help(FILE *out);

#endif
