/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doctor.h - the patient of `mtasim doctor`, and one check in its own process
 *
 * OWNERSHIP  A patient's texts are in its arena. doctor_texts() reads the files
 *            of a folder as a mail host has them: imta.cnf, job_controller.cnf,
 *            *_option, and all others as what these include.
 */
#ifndef SIM_CMD_DOCTOR_H
#define SIM_CMD_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "models/mta/conform.h"
#include "sim/cmd/commands.h"
#include "sim/kernel/arena.h"

/* What a check came to, and the processor time it took. */
struct doctor_finding {
    const struct conform_check *check;
    struct conform_answer answer;
    int64_t cpu_ns;
    bool has_ended; /* the process, without an answer */
};

/* The texts of this folder; NULL: conform_texts. False: reported. */
MUST_USE bool doctor_texts(struct conform_subject *subject, const char *folder,
                           struct arena *arena, struct diag *diag);

/* --set PATH=VALUE, each an override. False: reported. */
MUST_USE bool doctor_overrides(struct conform_subject *subject,
                               const struct options *options,
                               struct arena *arena, struct diag *diag);

/* Runs the check in a process that may crash, or be ended after `limit_s`
 * seconds: both are findings. */
void doctor_examine(const struct conform_subject *subject,
                    const struct conform_check *check, unsigned limit_s,
                    struct doctor_finding *finding);

#endif
