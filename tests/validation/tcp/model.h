/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model.h - a cell, asked of the model
 */
#ifndef TESTS_VALIDATION_TCP_MODEL_H
#define TESTS_VALIDATION_TCP_MODEL_H

#include "tests/validation/tcp/cell.h"

/* Never fails. A trace (NULL: none) is in the kernel's format. */
void model_run(struct outcome *outcome, const struct cell *cell, FILE *trace);

#endif
