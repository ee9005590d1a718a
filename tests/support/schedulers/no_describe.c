/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * no_describe.c - one function is missing
 */
#include "tests/support/schedulers/broken.h"

BROKEN(SCHED_ABI_MAGIC, sizeof(struct sched_object), SCHED_ABI_MAJOR, "", NULL)
