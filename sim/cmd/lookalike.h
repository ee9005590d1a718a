/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lookalike.h - troubles that look like a window-scaling fault and are none
 *
 * They are not simulated here: each says when it comes into question and how
 * to tell it apart with a capture.
 */
#ifndef SIM_CMD_LOOKALIKE_H
#define SIM_CMD_LOOKALIKE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/cmd/symptom.h"

struct lookalike {
    const char *name;
    const char *looks; /* why it is taken for one */
    const char *tell;  /* how to know */
};

/* NULL past the last. */
const struct lookalike *lookalike_at(uint32_t index);

/* Does what was told leave room for it? */
bool lookalike_is_possible(uint32_t index, const struct symptom *symptom);

#endif
