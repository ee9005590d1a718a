/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cells.h - which cells are measured
 *
 *     spec    the faults of the documented cases by shift and direction, on one
 *             way; what Windows 2008's levels make of them
 *     grid    no fault: ways, sizes, Reno and CUBIC; random loss, five seeds
 *     random  drawn over all of it by a seed; nothing was tuned on these
 */
#ifndef TESTS_VALIDATION_TCP_CELLS_H
#define TESTS_VALIDATION_TCP_CELLS_H

#include "tests/validation/tcp/cell.h"

#define CELLS_MAX   4096
#define CELLS_SEEDS 5 /* of each configuration with loss */

/* Fills cells (CELLS_MAX) with the set's; -1: no such set. For random, count
 * configurations of this seed. */
int cells_make(struct cell *cells, const char *set, uint32_t seed,
               uint32_t count);

#endif
