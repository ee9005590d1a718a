/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * suspect.h - faults on trial: which of them make a symptom, and what cures it
 *
 * Every fault is put on the path between our host and others of several kinds,
 * our host being the one that connects, or the one that answers; a small and a
 * large mail are delivered, somebody waits for the banner and types EHLO, and
 * a client without window scaling tries the same. What comes out is held
 * against the symptom.
 *
 * MODEL      sim/cmd/trial.h, segment by segment. A fault is as good as the
 *            set-up that agrees best; of equals the one that agrees in more
 *            set-ups comes first, then the one that is met more often.
 * VALID FOR  One message on an otherwise empty path. How often a fault is met
 *            is a guess from documented cases, and only breaks ties.
 * COST       A few thousand segments a trial; all of it some seconds at most.
 */
#ifndef SIM_CMD_SUSPECT_H
#define SIM_CMD_SUSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/cmd/symptom.h"
#include "sim/cmd/trial.h"

#define SUSPECT_REMEDIES_MAX 6

/* A kind of broken path. */
struct suspect_fault {
    const char *fault; /* as --fault takes it */
    const char *does;  /* what the device does */
    const char *known; /* where it was met; NULL: not documented */
};

/* In the order in which they are met, as far as is known; NULL past the last.
 * The first is a path without fault. */
const struct suspect_fault *suspect_fault_at(uint32_t index);

/* What may be done about it. */
struct suspect_remedy {
    const char *name;
    const char *how; /* the commands */
};

const struct suspect_remedy *suspect_remedy_at(uint32_t index);

enum suspect_effect {
    SUSPECT_CURES,
    SUSPECT_EASES, /* better, not well */
    SUSPECT_IS_VAIN,
    SUSPECT_NOT_MADE /* it changes nothing here: it was so before */
};

/* The question. */
struct suspect_case {
    struct symptom symptom;
    struct trial_params path;     /* its path and seed count; no faults */
    const struct tcp_stack *ours; /* NULL: several are tried */
    int32_t role; /* enum tcp_side of our host; -1: both are tried */
};

/* A set-up and what came of it. */
struct suspect_setup {
    struct tcp_stack stacks[TCP_SIDES_COUNT];
    enum tcp_side ours;
    struct prediction prediction;
    uint32_t agreement;
};

/* What is known of one fault in the end. */
struct suspect {
    const struct suspect_fault *fault;
    uint32_t place; /* in the table */
    uint32_t agreement;
    uint32_t setups_count;
    uint32_t agreeing_count; /* that agree as well as the best */
    struct suspect_setup best;
    enum suspect_effect effects[SUSPECT_REMEDIES_MAX];
};

#define SUSPECTS_MAX 24

/* Tries them all; best first. Returns how many. */
uint32_t suspect_try_all(const struct suspect_case *asked,
                         struct suspect suspects[SUSPECTS_MAX]);

/* Tries the remedies on a suspect's best set-up: fills effects. */
void suspect_cure(const struct suspect_case *asked, struct suspect *suspect);

/* The trial of the suspect's best set-up with the large mail, for its story:
 * `params` holds it after. */
void suspect_show(const struct suspect_case *asked,
                  const struct suspect *suspect, struct trial_params *params,
                  struct trial *trial);

#endif
