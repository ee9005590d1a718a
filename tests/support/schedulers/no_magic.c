/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * no_magic.c - something else with the right symbol
 */
#include "tests/support/schedulers/broken.h"

BROKEN(1, sizeof(struct sched_object), SCHED_ABI_MAJOR, "", broken_describe)
